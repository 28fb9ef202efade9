//! What people do with an account, one flow after the other, on every curve.

use tki_device::MemoryStore;
use tki_engine::{
    Account, Another, Device, ErrorKind, Factor, Freshness, InvalidChange, OfflineCopies, Plan,
    ProviderFactor, ReadOptions, create,
};
use tki_math::Identifier;
use tki_metadata::HolderKind;
use tki_provider::Takeover;
use tki_provider::fake::{self, FakeProvider};
use tki_seal::{
    curve::CurveId,
    signature::{Input, Scheme, verify},
};
use tki_storage::{CountingStorage, MemoryStorage};
use tki_testkit::{HostileStorage, rng};

use crate::support::{
    CURVES, NOW, Person, commit, create_over, login, open, read, refresh, settle, words,
};

#[tokio::test]
async fn an_account_lives_through_loss_recovery_removal_and_a_raised_threshold() {
    let mut rng = rng("life");
    for curve in CURVES {
        let storage = MemoryStorage::new();
        let person = Person::create_on(curve, &storage, OfflineCopies::Keep, &mut rng).await;
        let login = login(&person.provider).await;
        // The laptop is lost; words and login recover on a phone and remove it in one change.
        let phone = MemoryStore::new();
        let key = {
            let device = Device::new(&phone, &mut rng);
            let factor = device.factor("phone");
            let opened = open(&storage, &[&person.words, &login]).await.unwrap();
            assert_eq!(opened.account().freshness(), Freshness::Verified);
            let change = opened.change().remove(Identifier::FIRST);
            let change = change.add(&factor, OfflineCopies::Keep);
            let prepared = change.prepare(&storage, NOW, &mut rng).await.unwrap();
            let committed = settle(prepared, &storage, &device, &mut rng).await.unwrap();
            assert!(committed.anchored);
            assert_eq!(committed.receipt.removed.len(), 1);
            assert_eq!(committed.receipt.can_lose, 1);
            opened.account().verifying_key().to_vec()
        };
        let laptop = person.device();
        let lost = laptop.factor("laptop");
        let error = read(&storage, &[&lost]).await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Removed);
        // The threshold is raised with one more paper.
        let more = words("safe", &mut rng);
        let device = Device::load(&phone).unwrap().unwrap();
        let factor = device.factor("phone");
        let opened = open(&storage, &[&factor, &login]).await.unwrap();
        let change = opened
            .change()
            .add(&more, OfflineCopies::Never)
            .threshold(3);
        let prepared = change.prepare(&storage, NOW, &mut rng).await.unwrap();
        settle(prepared, &storage, &device, &mut rng).await.unwrap();
        let two = open(&storage, &[&factor, &login]).await.err().unwrap();
        assert_eq!(two.kind(), ErrorKind::NeedMoreShares { have: 2, need: 3 });
        let three = open(&storage, &[&factor, &login, &more]).await.unwrap();
        assert_eq!(three.account().verifying_key(), key);
        let scheme = match curve {
            CurveId::Ed25519 => Scheme::Ed25519,
            CurveId::P256 => Scheme::EcdsaP256Sha256,
            CurveId::Secp256k1 => Scheme::EcdsaSha256,
        };
        let signature = three.sign(scheme, Input::Message(b"still here")).unwrap();
        verify(
            scheme,
            &key,
            Input::Message(b"still here"),
            &signature.to_bytes(),
        )
        .unwrap();
    }
}

#[tokio::test]
async fn a_first_factor_costs_two_reads_and_a_create_one_commit() {
    let mut rng = rng("counts");
    let storage = CountingStorage::new(MemoryStorage::new());
    let person = Person::create(&storage, OfflineCopies::Never, &mut rng).await;
    assert_eq!(storage.counters().commits, 1);
    assert_eq!(storage.counters().records_written, 4);
    let _before = storage.take();
    let device = person.device();
    let factor = device.factor("laptop");
    read(&storage, &[&factor]).await.unwrap();
    assert_eq!(storage.counters().records_read, 2);
    let _before = storage.take();
    open(&storage, &[&factor, &person.words]).await.unwrap();
    assert_eq!(storage.counters().records_read, 3);
}

#[tokio::test]
async fn the_device_and_copied_words_open_with_every_server_gone() {
    let mut rng = rng("offline");
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    drop(storage);
    let device = person.device();
    let factor = device.factor("laptop");
    let account = Account::read_offline(&[&factor, &person.words])
        .await
        .unwrap();
    assert_eq!(account.freshness(), Freshness::AtLeast(0));
    account
        .open()
        .unwrap()
        .sign(Scheme::Bip340, Input::Message(b"x"))
        .unwrap();
}

#[tokio::test]
async fn a_provider_with_four_calls_only_is_enough() {
    let mut rng = rng("four calls");
    let storage = MemoryStorage::new();
    let provider = FakeProvider::new([9; 32]);
    let connect = || ProviderFactor::connect("login", &provider, None, None);
    let (login, paper) = (connect().await.unwrap(), words("paper", &mut rng));
    let plan = Plan::new(CurveId::Secp256k1, 2, NOW);
    create_over(&storage, &plan, &[&login, &paper], &mut rng)
        .await
        .unwrap();
    let again = connect().await.unwrap();
    let opened = open(&storage, &[&again, &paper]).await.unwrap();
    assert_eq!(opened.account().freshness(), Freshness::Unverified);
    // The same login a second time is refused, a second account beside the first is not.
    let other = words("other", &mut rng);
    let refused = create_over(&storage, &plan, &[&again, &other], &mut rng).await;
    assert_eq!(refused.err().unwrap().kind(), ErrorKind::Exists);
    let mut beside = plan;
    beside.another = Another::Beside;
    let second = create_over(&storage, &beside, &[&again, &other], &mut rng)
        .await
        .unwrap();
    assert_ne!(second.account.id(), opened.account().id());
    // Words hold one account: whichever comes first, they say which is meant.
    for factors in [[&other as &dyn Factor, &again], [&again, &other]] {
        let opened = open(&storage, &factors).await.unwrap();
        assert_eq!(opened.account().id(), second.account.id());
        let slots: Vec<u32> = opened.account().found().map(|found| found.slot).collect();
        assert_eq!(slots.iter().sum::<u32>(), 1);
    }
    let opened = open(&storage, &[&again, &paper]).await.unwrap();
    assert_ne!(opened.account().id(), second.account.id());
    // Words of two accounts are of none; nor is another account taken than the one that is meant.
    let refused = open(&storage, &[&again, &paper, &other]).await.err();
    assert_eq!(refused.unwrap().kind(), ErrorKind::Refused);
    let mut options = ReadOptions::default();
    options.account = Some(opened.account().id());
    let refused = Account::read(&storage, &[&again, &other], options).await;
    assert_eq!(refused.err().unwrap().kind(), ErrorKind::Refused);
}

#[tokio::test]
async fn a_removed_login_can_come_back_at_the_next_slot() {
    let mut rng = rng("comes back");
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let login = login(&person.provider).await;
    let device = person.device();
    let factor = device.factor("laptop");
    let opened = open(&storage, &[&factor, &person.words]).await.unwrap();
    let provider = opened.account().holders()[1].identifier().unwrap();
    let prepared = opened
        .change()
        .remove(provider)
        .prepare(&storage, NOW, &mut rng)
        .await
        .unwrap();
    prepared.commit(&storage).await.unwrap();
    assert_eq!(
        read(&storage, &[&login]).await.err().unwrap().kind(),
        ErrorKind::Removed
    );
    let opened = open(&storage, &[&factor, &person.words]).await.unwrap();
    let change = opened.change().add(&login, OfflineCopies::Keep);
    let committed = commit(change, &storage, &mut rng).await.unwrap();
    let added = &committed.receipt.added[0];
    assert_eq!(
        (added.kind, added.identifier.get()),
        (HolderKind::Provider, 4)
    );
    let opened = open(&storage, &[&login, &person.words]).await.unwrap();
    assert_eq!(opened.account().freshness(), Freshness::Verified);
}

#[tokio::test]
async fn changes_that_cannot_work_are_refused_before_anything_is_written() {
    let mut rng = rng("invalid");
    let storage = CountingStorage::new(MemoryStorage::new());
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let login = login(&person.provider).await;
    let opened = open(&storage, &[&login, &person.words]).await.unwrap();
    let first = Identifier::FIRST;
    let unknown = Identifier::new(99).unwrap();
    let _before = storage.take();
    let paper = words("twice", &mut rng);
    let long = words(&"x".repeat(65), &mut rng);
    let changes = [
        (opened.change(), InvalidChange::Empty),
        (opened.change().threshold(1), InvalidChange::ThresholdTooLow),
        (
            opened.change().threshold(4),
            InvalidChange::ThresholdTooHigh,
        ),
        (
            opened.change().remove(first).threshold(3),
            InvalidChange::ThresholdTooHigh,
        ),
        (
            opened.change().remove(unknown),
            InvalidChange::UnknownHolder(unknown),
        ),
        (
            opened.change().remove(first).remove(first),
            InvalidChange::UnknownHolder(first),
        ),
        (
            opened
                .change()
                .add(&paper, OfflineCopies::Keep)
                .add(&paper, OfflineCopies::Keep),
            InvalidChange::DuplicateFactor,
        ),
        (
            opened.change().add(&long, OfflineCopies::Keep),
            InvalidChange::Label,
        ),
    ];
    for (change, reason) in changes {
        let error = change.prepare(&storage, NOW, &mut rng).await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::InvalidChange);
        assert_eq!(error.to_string(), reason.to_string());
    }
    assert_eq!(storage.counters().commits, 0);
    let plan = Plan::new(CurveId::Secp256k1, 3, NOW);
    let factors: [&dyn Factor; 2] = [&paper, &words("other", &mut rng)];
    let error = create(&storage, &plan, &factors, &mut rng)
        .await
        .err()
        .unwrap();
    assert_eq!(error.kind(), ErrorKind::InvalidChange);
}

#[tokio::test]
async fn a_scheme_of_the_other_curve_is_refused() {
    let mut rng = rng("scheme");
    let storage = MemoryStorage::new();
    let person = Person::create_on(CurveId::Ed25519, &storage, OfflineCopies::Keep, &mut rng).await;
    let login = login(&person.provider).await;
    let opened = open(&storage, &[&login, &person.words]).await.unwrap();
    for scheme in [Scheme::Bip340, Scheme::EcdsaKeccak256, Scheme::EcdsaSha256] {
        let error = opened.sign(scheme, Input::Message(b"x")).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }
    opened.sign(Scheme::Ed25519, Input::Message(b"x")).unwrap();
}

#[tokio::test]
async fn a_provider_that_does_not_answer_is_unavailable_and_not_a_new_user() {
    let mut rng = rng("silent provider");
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let login = login(&person.provider).await;
    person
        .provider
        .script(fake::Call::Decrypt, [fake::Outcome::Unavailable]);
    let error = open(&storage, &[&login, &person.words])
        .await
        .err()
        .unwrap();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    open(&storage, &[&login, &person.words]).await.unwrap();
}

#[tokio::test]
async fn nothing_public_links_the_records_of_an_account() {
    let mut rng = rng("unlinkable");
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let login = login(&person.provider).await;
    refresh(&storage, &[&login, &person.words], &mut rng).await;
    let records = storage.records();
    assert_eq!(records.len(), 4);
    for (position, one) in records.iter().enumerate() {
        for other in &records[position + 1..] {
            assert_ne!(one.claim().binding(), other.claim().binding());
            assert_ne!(one.claim().key(), other.claim().key());
            assert_ne!(one.writer(), other.writer());
        }
    }
}

#[tokio::test]
async fn a_login_that_an_unfinished_creation_reserved_is_taken_over_on_request_only() {
    let mut rng = rng("unfinished");
    let storage = MemoryStorage::new();
    let provider = FakeProvider::new([3; 32]);
    let login = login(&provider).await;
    let (lost, paper) = (words("lost", &mut rng), words("paper", &mut rng));
    let mut plan = Plan::new(CurveId::Secp256k1, 2, NOW);
    // The device that begins dies between the reservation and the commit.
    let begun = create(&storage, &plan, &[&login, &lost], &mut rng)
        .await
        .unwrap();
    let down = HostileStorage::new(MemoryStorage::new());
    down.take_down();
    assert_eq!(
        begun.commit(&down).await.err().unwrap().kind(),
        ErrorKind::Unavailable
    );
    let refused = create(&storage, &plan, &[&login, &paper], &mut rng)
        .await
        .err()
        .unwrap();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    plan.unfinished = Takeover::Unconfirmed;
    create_over(&storage, &plan, &[&login, &paper], &mut rng)
        .await
        .unwrap();
    let opened = open(&storage, &[&login, &paper]).await.unwrap();
    assert_eq!(opened.account().freshness(), Freshness::Verified);
    // What exists is never taken over.
    let again = create(&storage, &plan, &[&login, &lost], &mut rng)
        .await
        .err()
        .unwrap();
    assert_eq!(again.kind(), ErrorKind::Exists);
}

#[tokio::test]
async fn a_factor_that_is_given_twice_counts_once() {
    let mut rng = rng("twice");
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let login = login(&person.provider).await;
    let words = &person.words;
    let error = open(&storage, &[words, words]).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::NeedMoreShares { have: 1, need: 2 });
    open(&storage, &[words, words, &login]).await.unwrap();
}

#[tokio::test]
async fn an_anchor_that_was_not_told_vouches_for_nothing() {
    let mut rng = rng("not told");
    let storage = MemoryStorage::new();
    let provider = FakeProvider::new([4; 32]);
    let login = login(&provider).await;
    let paper = words("paper", &mut rng);
    provider.script(fake::Call::Advance, [fake::Outcome::Unavailable]);
    let plan = Plan::new(CurveId::Secp256k1, 2, NOW);
    let committed = create_over(&storage, &plan, &[&login, &paper], &mut rng)
        .await
        .unwrap();
    assert!(!committed.anchored);
    assert_eq!(committed.account.freshness(), Freshness::AtLeast(0));
    // Whoever opens it next tells the anchor.
    let opened = open(&storage, &[&login, &paper]).await.unwrap();
    assert!(opened.advance_anchors().await);
    let opened = open(&storage, &[&login, &paper]).await.unwrap();
    assert_eq!(opened.account().freshness(), Freshness::Verified);
}

#[tokio::test]
async fn too_few_factors_are_told_which_of_them_did_not_count() {
    let mut rng = rng("did not count");
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let device = person.device();
    let laptop = device.factor("laptop");
    let stranger = words("of nobody", &mut rng);
    let said = |error: tki_engine::Error| {
        let enough = ErrorKind::NeedMoreShares { have: 1, need: 2 };
        assert_eq!(error.kind(), enough);
        error.to_string()
    };
    let text = said(open(&storage, &[&laptop, &stranger]).await.err().unwrap());
    assert!(
        text.ends_with("the words factor is not one of this account"),
        "{text}"
    );

    let opened = open(&storage, &[&laptop, &person.words]).await.unwrap();
    let sheet = opened
        .account()
        .holders()
        .last()
        .unwrap()
        .identifier()
        .unwrap();
    commit(opened.change().remove(sheet), &storage, &mut rng)
        .await
        .unwrap();
    let text = said(
        open(&storage, &[&laptop, &person.words])
            .await
            .err()
            .unwrap(),
    );
    assert!(
        text.contains("the words factor was removed or replaced in version 1 by device 1 "),
        "{text}"
    );
}

//! What attacks on the design taught: one test, or a few, for each lesson of the threat model that
//! concerns the life of an account. Lessons 8 and 10 are tested in tki-seal.

use rand_chacha::ChaCha20Rng;
use tki_device::{DeviceStore as _, MemoryStore};
use tki_engine::{
    Account, Device, ErrorKind, Factor, OfflineCopies, Outcome, Plan, ProviderFactor, Residual,
    SeedFactor, create,
};
use tki_math::{Identifier, Share, Threshold, combine, split};
use tki_metadata::{ControlKey, HolderKind, Mailbox, OpeningSeed};
use tki_record::{Commit, Rule};
use tki_seal::curve::{CurveId, Secp256k1};
use tki_storage::{MemoryStorage, Storage};
use tki_testkit::{HostileStorage, rng};

use crate::support::{NOW, Person, commit, create_over, login, open, read, refresh, settle, words};

type Scalar = tki_math::SecretScalar<Secp256k1>;

/// What an attacker reads out of a mailbox with the factor that it is sealed to.
async fn plain_mailbox(storage: &dyn Storage, factor: &dyn Factor) -> Mailbox {
    let address = factor.address(0);
    let record = storage.get(&address).await.unwrap().unwrap();
    let plain = factor
        .open_sealed(&Mailbox::context(&address), record.body())
        .await
        .unwrap();
    Mailbox::decode(&plain).unwrap()
}

fn share(mailbox: &Mailbox) -> Share<Secp256k1> {
    let (identifier, value) = &mailbox.keys[0].shares[0];
    Share::new(*identifier, Scalar::from_canonical_bytes(value).unwrap())
}

/// A second copy of a device, as a thief has it.
fn stolen(store: &MemoryStore, rng: &mut ChaCha20Rng) -> MemoryStore {
    let copy = MemoryStore::new();
    copy.save(&store.load().unwrap().unwrap(), rng).unwrap();
    copy
}

/// Removes the device of the base flow with the other two factors.
async fn remove_device(
    storage: &dyn Storage,
    person: &Person,
    rng: &mut ChaCha20Rng,
) -> tki_engine::Receipt {
    let login = login(&person.provider).await;
    let opened = open(storage, &[&login, &person.words]).await.unwrap();
    let change = opened.change().remove(Identifier::FIRST);
    commit(change, storage, rng).await.unwrap().receipt
}

#[tokio::test]
async fn lesson_1_opening_seeds_are_independent_of_shares() {
    let mut rng = rng("lesson 1");
    let storage = MemoryStorage::new();
    let papers: Vec<_> = (0..3).map(|_| words("", &mut rng)).collect();
    let factors: Vec<&dyn Factor> = papers.iter().map(|paper| paper as &dyn Factor).collect();
    let plan = Plan::new(CurveId::Secp256k1, 2, NOW);
    create_over(&storage, &plan, &factors, &mut rng)
        .await
        .unwrap();
    let before: Vec<Mailbox> = [
        plain_mailbox(&storage, &papers[0]).await,
        plain_mailbox(&storage, &papers[1]).await,
    ]
    .into();
    for mailbox in &before {
        // A share used as a seed opens nothing: its address was never claimed.
        let seed = OpeningSeed::from_bytes(&mailbox.keys[0].shares[0].1);
        let as_seed = SeedFactor::new(HolderKind::Words, "", seed);
        let error = read(&storage, &[&as_seed]).await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
    // After a refresh, shares of two epochs do not combine, though every seed still opens.
    refresh(&storage, &factors, &mut rng).await;
    let account = read(&storage, &factors).await.unwrap();
    let key = account.verifying_key().to_vec();
    let after = plain_mailbox(&storage, &papers[1]).await;
    let mixed = combine(
        &[share(&before[0]), share(&after)],
        Threshold::new(2).unwrap(),
    )
    .unwrap();
    assert_ne!(
        tki_math::VerifyingKey::from_secret(&mixed)
            .unwrap()
            .to_bytes(),
        key
    );
    open(&storage, &factors[1..]).await.unwrap();
}

#[tokio::test]
async fn lesson_1_the_receipt_names_unchanged_seeds_and_archives_and_is_right() {
    let mut rng = rng("lesson 1 receipt");
    let storage = HostileStorage::new(MemoryStorage::new());
    let person = Person::create(&storage, OfflineCopies::Never, &mut rng).await;
    let thief = stolen(&person.store, &mut rng);
    let archive = storage.checkpoint();
    let receipt = remove_device(&storage, &person, &mut rng).await;
    let told = receipt.residuals.iter().any(|residual| {
        matches!(residual, Residual::UnchangedSeeds { unchanged, needed: 1, .. }
            if unchanged.iter().any(|name| name.kind == HolderKind::Words))
    });
    assert!(told, "{:?}", receipt.residuals);
    // The removed device and the words, over today's records: no.
    let device = Device::load(&thief).unwrap().unwrap();
    let factor = device.factor("thief");
    let error = open(&storage, &[&factor, &person.words])
        .await
        .err()
        .unwrap();
    assert_eq!(error.kind(), ErrorKind::NeedMoreShares { have: 1, need: 2 });
    // Over somebody's archive of the old ones: yes, as the receipt said.
    storage.roll_back_to(archive);
    open(&storage, &[&factor, &person.words]).await.unwrap();
}

#[tokio::test]
async fn lesson_2_a_claimed_mailbox_of_an_attacker_opens_no_account() {
    let mut rng = rng("lesson 2");
    let storage = HostileStorage::new(MemoryStorage::new());
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let login = login(&person.provider).await;
    // Whoever stole the login replaces its mailbox by one of an account of his own.
    let attacker = words("attacker", &mut rng);
    let elsewhere = MemoryStorage::new();
    let plan = Plan::new(CurveId::Secp256k1, 2, NOW);
    let provider = &person.provider;
    let stolen = ProviderFactor::connect("stolen", provider, Some(provider), None)
        .await
        .unwrap();
    create_over(&elsewhere, &plan, &[&stolen, &attacker], &mut rng)
        .await
        .unwrap();
    storage.plant(elsewhere.get(&stolen.address(0)).await.unwrap().unwrap());
    let device = person.device();
    let factor = device.factor("laptop");
    for factors in [
        [&factor as &dyn Factor, &login as &dyn Factor],
        [&person.words as &dyn Factor, &login as &dyn Factor],
    ] {
        let error = open(&storage, &factors).await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    }
    // The other two factors are not stopped by it.
    open(&storage, &[&factor, &person.words]).await.unwrap();
}

#[tokio::test]
async fn lesson_2_addresses_cannot_be_squatted_without_the_claim_key() {
    let mut rng = rng("lesson 2 squatting");
    let storage = HostileStorage::new(MemoryStorage::new());
    let paper = words("paper", &mut rng);
    let attacker = tki_seal::bip340::SigningKey::random(&mut rng);
    let key = paper.expose_seed().claim_key(0).public_key();
    let kind = tki_record::RecordKind::Mailbox;
    let forged = tki_testkit::forge::squatting(kind, 0, &key, &attacker, vec![1, 2, 3]);
    let honest = storage
        .inner()
        .commit(&Commit::new(vec![forged.clone()]).unwrap())
        .await;
    assert!(
        matches!(honest, Err(tki_storage::Error::Refused { .. })),
        "{honest:?}"
    );
    storage.plant(forged);
    let error = read(&storage, &[&paper]).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Refused);
}

#[tokio::test]
async fn lesson_3_a_removed_device_that_once_knew_the_key_cannot_write() {
    let mut rng = rng("lesson 3");
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Never, &mut rng).await;
    // The device assembled the key while it could, and kept it with its salt.
    let device = person.device();
    let factor = device.factor("laptop");
    let (own, paper) = (
        plain_mailbox(&storage, &factor).await,
        plain_mailbox(&storage, &person.words).await,
    );
    let secret = combine(&[share(&own), share(&paper)], Threshold::new(2).unwrap()).unwrap();
    let stale = ControlKey::derive(&secret.to_bytes(), &own.control_salt);
    let document = own.account_secret.document_address();
    remove_device(&storage, &person, &mut rng).await;
    for address in [document, person.words.address(0), factor.address(0)] {
        let record = storage.get(&address).await.unwrap().unwrap();
        let next = record
            .next(vec![7; 64], &stale.writer(&address), None)
            .unwrap();
        let refused = storage.commit(&Commit::new(vec![next]).unwrap()).await;
        let closed = address == factor.address(0);
        match refused {
            Err(tki_storage::Error::Refused { rule, .. }) => {
                assert_eq!(
                    rule,
                    if closed {
                        Rule::Closed
                    } else {
                        Rule::Signature
                    }
                );
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn lesson_4_an_outage_never_looks_like_a_new_user() {
    let mut rng = rng("lesson 4 outage");
    let storage = HostileStorage::new(MemoryStorage::new());
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let login = login(&person.provider).await;
    storage.take_down();
    let error = read(&storage, &[&login]).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let fresh = words("fresh", &mut rng);
    let plan = Plan::new(CurveId::Secp256k1, 2, NOW);
    let error = create_over(&storage, &plan, &[&login, &fresh], &mut rng)
        .await
        .err()
        .unwrap();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn lesson_4_a_storage_that_denies_the_account_is_refused_by_the_login() {
    let mut rng = rng("lesson 4 withheld");
    let storage = HostileStorage::new(MemoryStorage::new());
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let login = login(&person.provider).await;
    storage.withhold(&login.address(0));
    let error = read(&storage, &[&login]).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Refused);
    let fresh = words("fresh", &mut rng);
    let plan = Plan::new(CurveId::Secp256k1, 2, NOW);
    let error = create_over(&storage, &plan, &[&login, &fresh], &mut rng)
        .await
        .err()
        .unwrap();
    assert_eq!(error.kind(), ErrorKind::Refused);
}

/// The worked example of the papers this design grew out of gives two holders the index 2. Read
/// literally, these two hold one share and cannot combine; with an index each, any two can.
#[test]
fn lesson_5_every_holder_has_an_identifier_of_its_own() {
    let mut rng = rng("lesson 5");
    let secret = Scalar::random(&mut rng);
    let threshold = Threshold::new(2).unwrap();
    let [one, two, three] = [1, 2, 3].map(|x| Identifier::new(x).unwrap());
    let literal = split(&secret, threshold, &[one, two, two], &mut rng);
    assert!(literal.is_err());
    let dealing = split(&secret, threshold, &[one, two], &mut rng).unwrap();
    let twice = [copy(&dealing.shares()[1]), copy(&dealing.shares()[1])];
    assert!(combine(&twice, threshold).is_err());
    let dealing = split(&secret, threshold, &[one, two, three], &mut rng).unwrap();
    for (a, b) in [(0, 1), (0, 2), (1, 2)] {
        let pair = [copy(&dealing.shares()[a]), copy(&dealing.shares()[b])];
        let combined = combine(&pair, threshold).unwrap();
        assert_eq!(combined.public_point(), secret.public_point());
    }
}

/// Shares are moved, not copied, except here, where somebody holds one twice.
fn copy(share: &Share<Secp256k1>) -> Share<Secp256k1> {
    Share::new(share.identifier(), share.value().clone())
}

#[tokio::test]
async fn lesson_11_without_offline_copies_a_removed_device_and_a_found_paper_open_nothing() {
    let mut rng = rng("lesson 11 never");
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Never, &mut rng).await;
    let thief = stolen(&person.store, &mut rng);
    let receipt = remove_device(&storage, &person, &mut rng).await;
    let copies = |residual: &Residual| matches!(residual, Residual::Copies { .. });
    assert!(
        !receipt.residuals.iter().any(copies),
        "{:?}",
        receipt.residuals
    );
    let device = Device::load(&thief).unwrap().unwrap();
    assert!(device.membership().unwrap().offline_mailboxes.is_empty());
    let factor = device.factor("thief");
    let found: [&dyn Factor; 2] = [&factor, &person.words];
    let error = open(&storage, &found).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::NeedMoreShares { have: 1, need: 2 });
    let offline = Account::read_offline(&found)
        .await
        .unwrap()
        .open()
        .err()
        .unwrap();
    assert_eq!(
        offline.kind(),
        ErrorKind::NeedMoreShares { have: 1, need: 2 }
    );
    let alone = open(&storage, &[&factor]).await.err().unwrap();
    assert_eq!(alone.kind(), ErrorKind::Removed);
}

#[tokio::test]
async fn lesson_11_with_offline_copies_they_do_and_the_receipt_had_said_so() {
    let mut rng = rng("lesson 11 keep");
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let thief = stolen(&person.store, &mut rng);
    let receipt = remove_device(&storage, &person, &mut rng).await;
    let told = receipt.residuals.iter().any(|residual| {
        matches!(residual, Residual::Copies { removed, copied }
            if removed.identifier == Identifier::FIRST
                && copied.len() == 1
                && copied[0].kind == HolderKind::Words)
    });
    assert!(told, "{:?}", receipt.residuals);
    let device = Device::load(&thief).unwrap().unwrap();
    let factor = device.factor("thief");
    Account::read_offline(&[&factor, &person.words])
        .await
        .unwrap()
        .open()
        .unwrap();
}

#[tokio::test]
async fn lesson_11_devices_never_copy_the_mailbox_of_a_login() {
    let mut rng = rng("lesson 11 login");
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let thief = stolen(&person.store, &mut rng);
    remove_device(&storage, &person, &mut rng).await;
    let login = login(&person.provider).await;
    let device = Device::load(&thief).unwrap().unwrap();
    let factor = device.factor("thief");
    let kept: [&dyn Factor; 2] = [&factor, &login];
    let error = Account::read_offline(&kept)
        .await
        .unwrap()
        .open()
        .err()
        .unwrap();
    assert_eq!(error.kind(), ErrorKind::NeedMoreShares { have: 1, need: 2 });
}

#[tokio::test]
async fn lesson_12_a_device_that_dies_between_commit_and_package_finds_out() {
    let mut rng = rng("lesson 12");
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    // A new device is added and dies right after the commit.
    let store = MemoryStore::new();
    {
        let device = Device::new(&store, &mut rng);
        let factor = device.factor("phone");
        let login = login(&person.provider).await;
        let opened = open(&storage, &[&login, &person.words]).await.unwrap();
        let change = opened.change().add(&factor, OfflineCopies::Keep);
        let prepared = change.prepare(&storage, NOW, &mut rng).await.unwrap();
        prepared.announce(&device, None, &mut rng).unwrap();
        prepared.commit(&storage).await.unwrap();
    }
    // Two changes follow before it starts again.
    let login = login(&person.provider).await;
    for _ in 0..2 {
        refresh(&storage, &[&login, &person.words], &mut rng).await;
    }
    let device = Device::load(&store).unwrap().unwrap();
    let factor = device.factor("phone");
    let account = read(&storage, &[&factor]).await.unwrap();
    assert_eq!(device.outcome(&account), Some(Outcome::Happened));
    let device = device.settle(&storage, &account, &mut rng).await.unwrap();
    assert!(device.pending().is_none());
    let factor = device.factor("phone");
    open(&storage, &[&factor, &person.words]).await.unwrap();
}

#[tokio::test]
async fn lesson_12_a_device_that_dies_before_the_commit_finds_out() {
    let mut rng = rng("lesson 12 before");
    let storage = MemoryStorage::new();
    let store = MemoryStore::new();
    let paper = words("paper", &mut rng);
    let plan = Plan::new(CurveId::Secp256k1, 2, NOW);
    {
        let device = Device::new(&store, &mut rng);
        let factor = device.factor("laptop");
        let prepared = create(&storage, &plan, &[&factor, &paper], &mut rng)
            .await
            .unwrap();
        prepared.announce(&device, None, &mut rng).unwrap();
    }
    let device = Device::load(&store).unwrap().unwrap();
    assert!(device.pending().is_some() && device.membership().is_none());
    let factor = device.factor("laptop");
    // The words that were handed out are those of the second attempt, too.
    let [handed_out] = device.pending().unwrap().seeds.as_slice() else {
        panic!("one paper")
    };
    let again = SeedFactor::new(handed_out.kind, "paper", handed_out.seed.clone());
    assert_eq!(again.address(0), paper.address(0));
    let error = read(&storage, &[&factor]).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let prepared = create(&storage, &plan, &[&factor, &paper], &mut rng)
        .await
        .unwrap();
    settle(prepared, &storage, &device, &mut rng).await.unwrap();
    open(&storage, &[&factor, &paper]).await.unwrap();
}

#[tokio::test]
async fn lesson_12_an_attempt_that_lands_during_the_next_one_is_not_undone() {
    let mut rng = rng("lesson 12 late");
    let storage = HostileStorage::new(MemoryStorage::new());
    let store = MemoryStore::new();
    let paper = words("paper", &mut rng);
    let plan = Plan::new(CurveId::Secp256k1, 2, NOW);
    {
        let device = Device::new(&store, &mut rng);
        let factor = device.factor("laptop");
        let factors: [&dyn Factor; 2] = [&factor, &paper];
        let first = create(&storage, &plan, &factors, &mut rng).await.unwrap();
        first.announce(&device, None, &mut rng).unwrap();
        storage.fail_next_commit(tki_testkit::Outcome::HeldBack);
        let error = first.commit(&storage).await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    }
    let device = Device::load(&store).unwrap().unwrap();
    let factor = device.factor("laptop");
    let factors: [&dyn Factor; 2] = [&factor, &paper];
    let second = create(&storage, &plan, &factors, &mut rng).await.unwrap();
    second.announce(&device, None, &mut rng).unwrap();
    for landed in storage.release().await {
        landed.unwrap();
    }
    // Not a clean conflict: whoever took it for one would throw away words that are needed.
    let error = second.commit(&storage).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    let device = Device::load(&store).unwrap().unwrap();
    let factor = device.factor("laptop");
    let account = read(&storage, &[&factor]).await.unwrap();
    assert_eq!(device.outcome(&account), Some(Outcome::Happened));
    let device = device.settle(&storage, &account, &mut rng).await.unwrap();
    let factor = device.factor("laptop");
    open(&storage, &[&factor, &paper]).await.unwrap();
}

#[tokio::test]
async fn lesson_1_two_that_are_removed_at_once_have_the_key_together_and_the_receipt_says_so() {
    let mut rng = rng("lesson 1 together");
    let storage = HostileStorage::new(MemoryStorage::new());
    let papers: Vec<_> = (0..4).map(|_| words("", &mut rng)).collect();
    let factors: Vec<&dyn Factor> = papers.iter().map(|paper| paper as &dyn Factor).collect();
    let plan = Plan::new(CurveId::Secp256k1, 2, NOW);
    create_over(&storage, &plan, &factors, &mut rng)
        .await
        .unwrap();
    let kept = [
        plain_mailbox(&storage, &papers[2]).await,
        plain_mailbox(&storage, &papers[3]).await,
    ];
    let opened = open(&storage, &factors[..2]).await.unwrap();
    let key = opened.account().verifying_key().to_vec();
    let [three, four] = [3, 4].map(|x| Identifier::new(x).unwrap());
    let change = opened.change().unverified(tki_engine::Unverified::Accept);
    let receipt = commit(change.remove(three).remove(four), &storage, &mut rng)
        .await
        .unwrap()
        .receipt;
    let told = receipt
        .residuals
        .iter()
        .any(|residual| matches!(residual, Residual::Together { removed } if removed.len() == 2));
    assert!(told, "{:?}", receipt.residuals);
    let shares = [share(&kept[0]), share(&kept[1])];
    let secret = combine(&shares, Threshold::new(2).unwrap()).unwrap();
    assert_eq!(
        tki_math::VerifyingKey::from_secret(&secret)
            .unwrap()
            .to_bytes(),
        key
    );
}

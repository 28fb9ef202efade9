//! What those who were removed, old seeds, old shares, archives and copies of the key can still do
//! after the account has moved to another one: what a receipt said of the old key, and nothing with
//! the new.

use rand_chacha::ChaCha20Rng;
use tki_device::{DeviceStore as _, MemoryStore};
use tki_engine::{
    Account, Committed, Culprit, Device, ErrorKind, Factor, Finding, Freshness, InvalidChange,
    OfflineCopies, Opened, Plan, ProviderFactor, Residual, SeedFactor, Standpoint, health,
};
use tki_formats::PrivateKey;
use tki_math::{Identifier, SecretScalar, Share, Threshold, combine};
use tki_metadata::{ControlKey, Core, DevicePackage, HolderKind, Mailbox, Membership, OpeningSeed};
use tki_record::{Commit, Rule};
use tki_seal::curve::{CurveId, Secp256k1};
use tki_storage::{MemoryStorage, Storage};
use tki_testkit::{HostileStorage, rng};

use crate::{
    attacks::Loot,
    rotating::{begin, cancel, change, confirm},
    support::{NOW, Person, create_over, login, open, read, words},
};

type Hostile = HostileStorage<MemoryStorage>;
type Scalar = SecretScalar<Secp256k1>;

fn id(number: u128) -> Identifier {
    Identifier::new(number).unwrap()
}

/// The base flow: 2 of (device 1, login 2, words 3).
async fn stage(test: &str) -> (Hostile, Person, ChaCha20Rng) {
    let mut rng = rng(test);
    let storage = HostileStorage::new(MemoryStorage::new());
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    (storage, person, rng)
}

/// A second copy of a device, as a thief has it.
fn stolen(store: &MemoryStore, rng: &mut ChaCha20Rng) -> MemoryStore {
    let copy = MemoryStore::new();
    copy.save(&store.load().unwrap().unwrap(), rng).unwrap();
    copy
}

/// Moves the account to a new key, and gives that.
async fn moved<'f>(
    storage: &dyn Storage,
    hand: &[&'f dyn Factor],
    rng: &mut ChaCha20Rng,
) -> (Committed<'f>, Vec<u8>) {
    let old = read(storage, hand).await.unwrap().verifying_key().to_vec();
    change(storage, hand, rng, begin).await;
    let done = change(storage, hand, rng, confirm).await;
    let new = done.account.verifying_key().to_vec();
    assert_ne!(old, new);
    (done, new)
}

/// The key that somebody opens here, whole.
fn key_of(opened: &Opened<'_>) -> Vec<u8> {
    opened.export().unwrap().verifying_key()
}

/// Why these factors open nothing.
async fn refusal(storage: &dyn Storage, factors: &[&dyn Factor]) -> ErrorKind {
    open(storage, factors).await.err().unwrap().kind()
}

async fn plain_mailbox(storage: &dyn Storage, factor: &dyn Factor) -> Mailbox {
    let address = factor.address(0);
    let record = storage.get(&address).await.unwrap().unwrap();
    let context = Mailbox::context(&address);
    let plain = factor.open_sealed(&context, record.body()).await.unwrap();
    Mailbox::decode(&plain).unwrap()
}

fn share(mailbox: &Mailbox) -> Share<Secp256k1> {
    let (identifier, value) = &mailbox.keys[0].shares[0];
    Share::new(*identifier, Scalar::from_canonical_bytes(value).unwrap())
}

/// The verifying key of what two shares give.
fn of_shares(shares: &[Share<Secp256k1>]) -> Vec<u8> {
    let secret = combine(shares, Threshold::new(2).unwrap()).unwrap();
    let key = tki_math::VerifyingKey::from_secret(&secret).unwrap();
    key.to_bytes()
}

#[tokio::test]
async fn a_removed_device_with_an_unchanged_seed_and_an_archive_has_the_old_key_alone() {
    let (storage, person, mut rng) = stage("rotate, unchanged seeds").await;
    let thief = stolen(&person.store, &mut rng);
    let archive = storage.checkpoint();
    let login = login(&person.provider).await;
    let hand: [&dyn Factor; 2] = [&login, &person.words];
    let old = read(&storage, &hand)
        .await
        .unwrap()
        .verifying_key()
        .to_vec();
    let removed = change(&storage, &hand, &mut rng, |c| c.remove(id(1))).await;
    let told = |residual: &Residual| matches!(residual, Residual::UnchangedSeeds { .. });
    assert!(removed.receipt.residuals.iter().any(told));
    let (done, new) = moved(&storage, &hand, &mut rng).await;
    assert_eq!(done.receipt.residuals, [Residual::OldKey { since: 2 }]);

    let device = Device::load(&thief).unwrap().unwrap();
    let factor = device.factor("thief");
    let few = ErrorKind::NeedMoreShares { have: 1, need: 2 };
    assert_eq!(refusal(&storage, &[&factor, &person.words]).await, few);
    // Every share that he ever had, with the one that the words' seed opens today.
    let today = share(&plain_mailbox(&storage, &person.words).await);
    storage.roll_back_to(archive);
    let his = share(&plain_mailbox(&storage, &factor).await);
    let mixed = of_shares(&[his, today]);
    assert!(mixed != new && mixed != old);
    // The archive gives the old key, as the receipt of the removal had said.
    let opened = open(&storage, &[&factor, &person.words]).await.unwrap();
    assert_eq!(key_of(&opened), old);
}

#[tokio::test]
async fn copies_on_a_removed_device_give_the_old_key_alone() {
    let (storage, person, mut rng) = stage("rotate, copies").await;
    let thief = stolen(&person.store, &mut rng);
    let login = login(&person.provider).await;
    let hand: [&dyn Factor; 2] = [&login, &person.words];
    let removed = change(&storage, &hand, &mut rng, |c| c.remove(id(1))).await;
    let told = |residual: &Residual| matches!(residual, Residual::Copies { .. });
    assert!(removed.receipt.residuals.iter().any(told));
    let (_, new) = moved(&storage, &hand, &mut rng).await;
    let device = Device::load(&thief).unwrap().unwrap();
    let factor = device.factor("thief");
    let offline = Account::read_offline(&[&factor, &person.words]).await;
    assert_ne!(key_of(&offline.unwrap().open().unwrap()), new);
    let few = ErrorKind::NeedMoreShares { have: 1, need: 2 };
    assert_eq!(refusal(&storage, &[&factor, &person.words]).await, few);
}

#[tokio::test]
async fn whoever_knows_the_old_key_and_todays_salt_can_write_nothing_any_more() {
    for moves in [false, true] {
        let (storage, person, mut rng) = stage("rotate, knows the key").await;
        let login = login(&person.provider).await;
        let hand: [&dyn Factor; 2] = [&login, &person.words];
        // It was taken over while it was a factor, and kept the key.
        let known = open(&storage, &hand).await.unwrap().export().unwrap();
        let removed = change(&storage, &hand, &mut rng, |c| c.remove(id(1))).await;
        let told = |residual: &Residual| matches!(residual, Residual::MayKnowKey { .. });
        assert!(removed.receipt.residuals.iter().any(told));
        if moves {
            let (_, new) = moved(&storage, &hand, &mut rng).await;
            assert_ne!(known.verifying_key(), new);
        }
        // One of the seeds in use gives today's salt.
        let mailbox = plain_mailbox(&storage, &person.words).await;
        let scalar = known.expose_secret().scalar;
        let control = ControlKey::derive(scalar, &mailbox.control_salt);
        let document = mailbox.account_secret.document_address();
        for address in [document, person.words.address(0)] {
            let record = storage.get(&address).await.unwrap().unwrap();
            let writer = control.writer(&address);
            let next = record.next(vec![7; 64], &writer, None).unwrap();
            let written = storage.commit(&Commit::new(vec![next]).unwrap()).await;
            match written {
                // Before the move that was enough.
                Ok(()) => assert!(!moves),
                Err(tki_storage::Error::Refused { rule, .. }) => {
                    assert!(moves);
                    assert_eq!(rule, Rule::Signature);
                }
                Err(other) => panic!("{other}"),
            }
        }
    }
}

#[tokio::test]
async fn an_old_copy_of_a_key_that_was_taken_in_is_worth_nothing_with_the_new_one() {
    let mut rng = rng("rotate, old copies");
    let storage = HostileStorage::new(MemoryStorage::new());
    let (one, two) = (words("one", &mut rng), words("two", &mut rng));
    let scalar = Scalar::random(&mut rng);
    let copy = PrivateKey::from_scalar(&scalar).unwrap();
    let plan = Plan::importing(PrivateKey::from_scalar(&scalar).unwrap(), 2, NOW);
    let hand: [&dyn Factor; 2] = [&one, &two];
    let made = create_over(&storage, &plan, &hand, &mut rng).await.unwrap();
    assert_eq!(made.receipt.residuals, [Residual::OldCopies]);
    assert_eq!(made.account.verifying_key(), copy.verifying_key());
    let (done, new) = moved(&storage, &hand, &mut rng).await;
    assert_ne!(copy.verifying_key(), new);
    assert!(!done.receipt.residuals.contains(&Residual::OldCopies));
    // Not even with one of the factors: it is one share of two.
    let few = ErrorKind::NeedMoreShares { have: 1, need: 2 };
    assert_eq!(refusal(&storage, &[&one]).await, few);
    let opened = open(&storage, &hand).await.unwrap();
    assert_eq!(key_of(&opened), new);
}

#[tokio::test]
async fn an_old_seed_with_one_that_was_not_renewed_and_an_archive_has_the_old_key_alone() {
    let (storage, person, mut rng) = stage("rotate, not renewed").await;
    let archive = storage.checkpoint();
    let login = login(&person.provider).await;
    let device = person.device();
    let laptop = device.factor("laptop");
    let hand: [&dyn Factor; 2] = [&laptop, &login];
    let old = read(&storage, &hand)
        .await
        .unwrap()
        .verifying_key()
        .to_vec();
    let fresh = words("paper", &mut rng);
    let renewed = change(&storage, &hand, &mut rng, |c| c.renew(id(3), &fresh)).await;
    let told = |residual: &Residual| matches!(residual, Residual::NotRenewed { .. });
    assert!(renewed.receipt.residuals.iter().any(told));
    let (_, new) = moved(&storage, &hand, &mut rng).await;
    let thief: [&dyn Factor; 2] = [&login, &person.words];
    let few = ErrorKind::NeedMoreShares { have: 1, need: 2 };
    assert_eq!(refusal(&storage, &thief).await, few);
    storage.roll_back_to(archive);
    let unanchored = unanchored(&person).await;
    let opened = open(&storage, &[&unanchored, &person.words]).await.unwrap();
    assert_eq!(key_of(&opened), old);
    assert_ne!(old, new);
}

/// The same login where nobody remembers anything of it.
async fn unanchored(person: &Person) -> ProviderFactor<'_> {
    let provider = &person.provider;
    let login = ProviderFactor::connect("login", provider, Some(provider), None);
    login.await.unwrap()
}

#[tokio::test]
async fn as_many_as_were_needed_removed_at_once_have_the_old_key_alone() {
    let mut rng = rng("rotate, together");
    let storage = HostileStorage::new(MemoryStorage::new());
    let papers: Vec<_> = (0..4).map(|_| words("", &mut rng)).collect();
    let factors: Vec<&dyn Factor> = papers.iter().map(|paper| paper as &dyn Factor).collect();
    let plan = Plan::new(CurveId::Secp256k1, 2, NOW);
    create_over(&storage, &plan, &factors, &mut rng)
        .await
        .unwrap();
    let kept = [
        share(&plain_mailbox(&storage, &papers[2]).await),
        share(&plain_mailbox(&storage, &papers[3]).await),
    ];
    let hand = &factors[..2];
    let old = read(&storage, hand).await.unwrap().verifying_key().to_vec();
    let removed = change(&storage, hand, &mut rng, |c| c.remove(id(3)).remove(id(4))).await;
    let told = |residual: &Residual| matches!(residual, Residual::Together { .. });
    assert!(removed.receipt.residuals.iter().any(told));
    let (_, new) = moved(&storage, hand, &mut rng).await;
    assert_eq!(of_shares(&kept), old);
    assert_ne!(old, new);
    assert_eq!(refusal(&storage, &factors[2..]).await, ErrorKind::Removed);
}

#[tokio::test]
async fn an_input_that_gave_a_share_gives_none_of_the_new_key() {
    let mut rng = rng("rotate, pegged");
    let storage = HostileStorage::new(MemoryStorage::new());
    let (one, two, three) = (
        words("one", &mut rng),
        words("two", &mut rng),
        words("three", &mut rng),
    );
    let seed = || OpeningSeed::from_bytes(&[7; 32]);
    let pegged = SeedFactor::new(HolderKind::Answers, "input", seed()).pegged();
    let plan = Plan::new(CurveId::Secp256k1, 3, NOW);
    let factors: [&dyn Factor; 4] = [&one, &two, &three, &pegged];
    create_over(&storage, &plan, &factors, &mut rng)
        .await
        .unwrap();
    let old = [&one, &two].map(|paper| plain_mailbox(&storage, paper));
    let [old_one, old_two] = old;
    let shares = [share(&old_one.await), share(&old_two.await)];
    let input = || Share::new(id(4), seed().pegged_share());
    let three_of = |shares: Vec<Share<Secp256k1>>| {
        let secret = combine(&shares, Threshold::new(3).unwrap()).unwrap();
        let key = tki_math::VerifyingKey::from_secret(&secret).unwrap();
        key.to_bytes()
    };
    let [first, second] = shares;
    let hand: [&dyn Factor; 3] = [&two, &three, &pegged];
    let key = read(&storage, &hand)
        .await
        .unwrap()
        .verifying_key()
        .to_vec();
    // The input stays a point of the old key for ever; a new key is not begun beside it.
    change(&storage, &hand, &mut rng, |c| {
        c.remove(id(4)).threshold(2).rotate()
    })
    .await;
    let hand: [&dyn Factor; 2] = [&two, &three];
    let done = change(&storage, &hand, &mut rng, confirm).await;
    let new = done.account.verifying_key().to_vec();
    let today = share(&plain_mailbox(&storage, &two).await);
    assert_eq!(three_of(vec![first, second, input()]), key);
    assert_ne!(of_shares(&[today, input()]), new);
    let typed = SeedFactor::new(HolderKind::Answers, "", seed());
    assert_eq!(refusal(&storage, &[&typed]).await, ErrorKind::Removed);
}

#[tokio::test]
async fn who_was_removed_while_the_account_moved_is_shut_out_by_beginning_anew() {
    let (storage, person, mut rng) = stage("rotate, had the next key").await;
    let login = login(&person.provider).await;
    let hand: [&dyn Factor; 2] = [&login, &person.words];
    change(&storage, &hand, &mut rng, begin).await;
    let device = person.device();
    let laptop = device.factor("laptop");
    let account = read(&storage, &[&laptop]).await.unwrap();
    device.settle(&storage, &account, &mut rng).await.unwrap();
    let next = account.next_verifying_key().unwrap().to_vec();
    let thief = stolen(&person.store, &mut rng);
    let removed = change(&storage, &hand, &mut rng, |c| c.remove(id(1))).await;
    let told = |residual: &Residual| matches!(residual, Residual::HadNextKey { removed } if removed.len() == 1);
    assert!(removed.receipt.residuals.iter().any(told));
    // As the receipt said: with the words it opens its copies, and has both keys.
    let device = Device::load(&thief).unwrap().unwrap();
    let factor = device.factor("thief");
    let offline = Account::read_offline(&[&factor, &person.words]).await;
    let opened = offline.unwrap().open().unwrap().use_next_key().unwrap();
    assert_eq!(key_of(&opened), next);
    // So the next key is given up, and another is begun.
    change(&storage, &hand, &mut rng, cancel).await;
    let (done, new) = moved(&storage, &hand, &mut rng).await;
    assert_ne!(new, next);
    assert_eq!(done.receipt.residuals, [Residual::OldKey { since: 4 }]);
}

#[tokio::test]
async fn who_was_removed_while_the_account_moved_is_named_when_the_move_ends() {
    let (storage, person, mut rng) = stage("rotate, removed and confirmed").await;
    let login = login(&person.provider).await;
    let hand: [&dyn Factor; 2] = [&login, &person.words];
    change(&storage, &hand, &mut rng, begin).await;
    let device = person.device();
    let laptop = device.factor("laptop");
    let account = read(&storage, &[&laptop]).await.unwrap();
    device.settle(&storage, &account, &mut rng).await.unwrap();
    let thief = stolen(&person.store, &mut rng);
    let removed = change(&storage, &hand, &mut rng, |c| c.remove(id(1))).await;
    let removed = removed.receipt.removed;
    // What happens in between does not hide it.
    let fresh = words("paper", &mut rng);
    change(&storage, &hand, &mut rng, |c| c.rename(id(2), "server")).await;
    let done = change(&storage, &hand, &mut rng, confirm).await;
    let residuals = [
        Residual::OldKey { since: 1 },
        Residual::HadNextKey {
            removed: removed.clone(),
        },
    ];
    assert_eq!(done.receipt.residuals, residuals);
    for residual in &residuals {
        let stored = residual.to_statement();
        assert_eq!(Residual::from_statement(&stored), *residual);
    }
    let new = done.account.verifying_key().to_vec();
    // And it is so: the copies of the removed device give the key that the account has now.
    let stolen_device = Device::load(&thief).unwrap().unwrap();
    let factor = stolen_device.factor("thief");
    let offline = Account::read_offline(&[&factor, &person.words]).await;
    let opened = offline.unwrap().open().unwrap().use_next_key().unwrap();
    assert_eq!(key_of(&opened), new);
    // Health says so, too, until those who can be have new secrets.
    let old_secrets = |core: &Core| {
        let standpoint = Standpoint {
            core,
            standing: None,
            own: None,
            freshness: Freshness::Verified,
            together: &[],
            are_records_here: false,
            remembered: &[],
            now: NOW,
        };
        let mut findings = health(&standpoint).findings.into_iter();
        findings.any(|finding| matches!(finding, Finding::OldSecrets { .. }))
    };
    assert!(old_secrets(done.account.core()));
    let renewed = change(&storage, &hand, &mut rng, |c| c.renew(id(3), &fresh)).await;
    assert!(!old_secrets(renewed.account.core()));
    // A move that is begun after the removal ends it.
    let hand: [&dyn Factor; 2] = [&login, &fresh];
    let (done, newest) = moved(&storage, &hand, &mut rng).await;
    assert_ne!(newest, new);
    assert_eq!(done.receipt.residuals, [Residual::OldKey { since: 6 }]);
    assert!(!old_secrets(done.account.core()));
}

#[tokio::test]
async fn a_move_that_was_begun_anew_by_another_device_is_not_ended_for_the_first_key() {
    let (storage, person, mut rng) = stage("rotate, begun twice").await;
    let login = login(&person.provider).await;
    let hand: [&dyn Factor; 2] = [&login, &person.words];
    let begun = change(&storage, &hand, &mut rng, begin).await;
    let first = begun.account.next_verifying_key().unwrap().to_vec();
    change(&storage, &hand, &mut rng, cancel).await;
    let begun = change(&storage, &hand, &mut rng, begin).await;
    let second = begun.account.next_verifying_key().unwrap().to_vec();
    assert_ne!(first, second);
    let opened = open(&storage, &hand).await.unwrap();
    for change in [
        opened.change().confirm_rotation(&first),
        opened.change().cancel_rotation(&first),
        opened.change().confirm_rotation(&[]),
    ] {
        let error = change.prepare(&storage, NOW, &mut rng).await.err().unwrap();
        assert_eq!(error.invalid_change(), Some(InvalidChange::OtherNextKey));
    }
    let change = opened.change().confirm_rotation(&second);
    let prepared = change.prepare(&storage, NOW, &mut rng).await.unwrap();
    let done = prepared.commit(&storage).await.unwrap();
    assert_eq!(done.account.verifying_key(), second);
}

/// The laptop saw the words removed, and slept. Whoever had known the key before shows a version in
/// which the account moved on to a key of his.
async fn stage_of_forged_move(test: &str) -> (Hostile, Person, Vec<u8>) {
    let (storage, person, mut rng) = stage(test).await;
    let login = login(&person.provider).await;
    let device = person.device();
    let laptop = device.factor("laptop");
    let loot = Loot::take(&storage, &[&laptop, &login, &person.words]).await;
    let hand: [&dyn Factor; 2] = [&laptop, &login];
    let removed = change(&storage, &hand, &mut rng, |c| c.remove(id(3))).await;
    let account = &removed.account;
    device.settle(&storage, account, &mut rng).await.unwrap();
    let address = account.document_address();
    let truth = storage.get(&address).await.unwrap().unwrap();
    let key = loot.plant_move(&storage, &truth, &mut rng);
    drop(login);
    (storage, person, key)
}

#[tokio::test]
async fn a_move_to_a_key_of_a_former_writer_is_refused_by_a_device_that_slept() {
    let (storage, person, forged) = stage_of_forged_move("forged move").await;
    let login = unanchored(&person).await;
    // Nothing is wrong with it for who remembers nothing.
    let opened = open(&storage, &[&login, &person.words]).await.unwrap();
    assert_eq!(key_of(&opened), forged);
    let device = person.device();
    let laptop = device.factor("laptop");
    let error = open(&storage, &[&laptop, &login]).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    assert_eq!(error.culprits(), [Culprit::Document]);
}

#[tokio::test]
async fn a_device_that_noted_no_writer_takes_no_other_key() {
    let (storage, person, mut rng) = stage("no noted writer").await;
    let login = login(&person.provider).await;
    let hand: [&dyn Factor; 2] = [&login, &person.words];
    // As an earlier version left it.
    let bytes = person.store.load().unwrap().unwrap();
    let mut package = DevicePackage::decode(&bytes).unwrap();
    let membership = package.membership.as_mut().unwrap();
    assert!(membership.writer().is_some());
    membership.extensions.remove(Membership::WRITER);
    let bytes = package.encode().unwrap();
    person.store.save(&bytes, &mut rng).unwrap();
    let device = person.device();
    let laptop = device.factor("laptop");
    change(&storage, &hand, &mut rng, begin).await;
    open(&storage, &[&laptop, &login]).await.unwrap();
    change(&storage, &hand, &mut rng, confirm).await;
    assert_eq!(
        refusal(&storage, &[&laptop, &login]).await,
        ErrorKind::Refused
    );
    // The other factors are not stopped by it.
    open(&storage, &hand).await.unwrap();
}

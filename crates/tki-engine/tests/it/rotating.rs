//! Moving to a new key: both can be used until one is left, and every other change keeps both.

use rand_chacha::ChaCha20Rng;
use tki_device::MemoryStore;
use tki_engine::{
    Account, Branch, Change, Committed, Device, ErrorKind, Factor, HolderName, OfflineCopies,
    Opened, Outcome, Plan, Residual, SeedFactor, Unverified, read_structure,
};
use tki_formats::PrivateKey;
use tki_math::{Identifier, SecretScalar};
use tki_metadata::{Bundle, Happened, HolderKind, Mailbox, OpeningSeed, Origin, Step};
use tki_seal::{
    curve::{CurveId, Ed25519},
    signature::{Input, Scheme, verify},
};
use tki_storage::{MemoryStorage, ReadOnly, Storage};
use tki_testkit::{HostileStorage, rng};

use crate::support::{
    CURVES, NOW, Person, commit, create_over, login, open, read, refresh, settle, words,
};

const fn scheme(curve: CurveId) -> Scheme {
    match curve {
        CurveId::Ed25519 => Scheme::Ed25519,
        CurveId::P256 => Scheme::EcdsaP256Sha256,
        CurveId::Secp256k1 => Scheme::EcdsaSha256,
    }
}

fn id(number: u128) -> Identifier {
    Identifier::new(number).unwrap()
}

/// Changes an account, with nothing to vouch for it.
pub(crate) async fn change<'f>(
    storage: &dyn Storage,
    factors: &[&'f dyn Factor],
    rng: &mut ChaCha20Rng,
    with: impl for<'o> FnOnce(Change<'o, 'f>) -> Change<'o, 'f>,
) -> Committed<'f> {
    let opened = open(storage, factors).await.unwrap();
    let change = with(opened.change().unverified(Unverified::Accept));
    commit(change, storage, rng).await.unwrap()
}

pub(crate) fn begin<'o, 'f>(change: Change<'o, 'f>) -> Change<'o, 'f> {
    change.rotate()
}

pub(crate) fn confirm<'o, 'f>(change: Change<'o, 'f>) -> Change<'o, 'f> {
    let next = next_key(&change);
    change.confirm_rotation(&next)
}

pub(crate) fn cancel<'o, 'f>(change: Change<'o, 'f>) -> Change<'o, 'f> {
    let next = next_key(&change);
    change.cancel_rotation(&next)
}

/// What the account is moving to now, whatever it was before.
pub(crate) fn next_key(change: &Change<'_, '_>) -> Vec<u8> {
    let next = change.account().next_verifying_key();
    next.unwrap_or_default().to_vec()
}

fn anew<'o, 'f>(change: Change<'o, 'f>) -> Change<'o, 'f> {
    change.refresh()
}

/// Why a change cannot be.
async fn refused<'f>(
    storage: &dyn Storage,
    factors: &[&'f dyn Factor],
    rng: &mut ChaCha20Rng,
    with: impl for<'o> FnOnce(Change<'o, 'f>) -> Change<'o, 'f>,
) -> String {
    let opened = open(storage, factors).await.unwrap();
    let change = with(opened.change().unverified(Unverified::Accept));
    let error = change.prepare(storage, NOW, rng).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::InvalidChange);
    error.to_string()
}

/// The verifying key with which an opened account signs, seen to do so.
fn signs(opened: &Opened<'_>) -> Vec<u8> {
    let scheme = scheme(opened.account().curve());
    let input = Input::Message(b"mine");
    let signature = opened.sign(scheme, input).unwrap().to_bytes();
    let key = opened.verifying_key().to_vec();
    verify(scheme, &key, input, &signature).unwrap();
    assert_eq!(opened.export().unwrap().verifying_key(), key);
    key
}

/// Both keys of an account that is moving, each seen to sign.
async fn both(storage: &dyn Storage, factors: &[&dyn Factor]) -> [Vec<u8>; 2] {
    let opened = open(storage, factors).await.unwrap();
    let listed = opened.account().next_verifying_key().unwrap().to_vec();
    let current = signs(&opened);
    assert_eq!(opened.account().verifying_key(), current);
    let next = signs(&opened.use_next_key().unwrap());
    assert_eq!(next, listed);
    [current, next]
}

async fn plain_mailbox(storage: &dyn Storage, factor: &dyn Factor) -> Mailbox {
    let address = factor.address(0);
    let record = storage.get(&address).await.unwrap().unwrap();
    let context = Mailbox::context(&address);
    let plain = factor.open_sealed(&context, record.body()).await.unwrap();
    Mailbox::decode(&plain).unwrap()
}

#[tokio::test]
async fn an_account_moves_to_a_new_key_over_the_same_factors() {
    let mut rng = rng("rotate");
    for curve in CURVES {
        let storage = MemoryStorage::new();
        let person = Person::create_on(curve, &storage, OfflineCopies::Keep, &mut rng).await;
        let device = person.device();
        let (laptop, login) = (device.factor("laptop"), login(&person.provider).await);
        let quorums: [[&dyn Factor; 2]; 3] = [
            [&laptop, &login],
            [&laptop, &person.words],
            [&login, &person.words],
        ];
        let old = signs(&open(&storage, &quorums[0]).await.unwrap());
        let begun = change(&storage, &quorums[0], &mut rng, begin).await;
        let [current, next] = both(&storage, &quorums[1]).await;
        assert_eq!(current, old);
        let shown = Happened::RotationBegun { next: next.clone() };
        assert_eq!(begun.receipt.changes, [shown]);
        assert_eq!((begun.receipt.version, begun.receipt.epoch.get()), (1, 1));
        assert_eq!(begun.receipt.residuals, []);
        for quorum in &quorums {
            assert_eq!(both(&storage, quorum).await, [old.clone(), next.clone()]);
        }

        let done = change(&storage, &quorums[2], &mut rng, confirm).await;
        let shown = Happened::Rotated {
            before: old.clone(),
            after: next.clone(),
        };
        assert_eq!(done.receipt.changes, [shown]);
        assert_eq!(
            done.receipt.residuals,
            [Residual::OldKey { since: 1 }],
            "said once"
        );
        let core = done.account.core();
        assert_eq!(core.keys.len(), 1);
        assert_eq!(core.first_verifying_key, old);
        for quorum in &quorums {
            let opened = open(&storage, quorum).await.unwrap();
            assert_eq!(signs(&opened), next);
            assert_eq!(opened.account().next_verifying_key(), None);
            let none = opened.use_next_key().err().unwrap();
            assert_eq!(none.kind(), ErrorKind::InvalidChange);
        }
        // The log goes on through it: the old key named the new one, which agreed.
        let history = done.account.history().unwrap();
        assert_eq!(history.keys, [old.clone(), old.clone(), old.clone()]);
        let last = history.events.last().unwrap();
        assert_eq!(last.rotation(), Some((old.as_slice(), next.as_slice())));
        assert!(last.countersignature.is_some());
        done.signed.verify().unwrap();
        // Of the old key no mailbox has a share any more.
        let mailbox = plain_mailbox(&storage, &person.words).await;
        assert_eq!(mailbox.keys.len(), 1);
        assert_eq!(mailbox.keys[0].verifying_key, next);
        // The account goes on, and moves again.
        refresh(&storage, &quorums[0], &mut rng).await;
        change(&storage, &quorums[1], &mut rng, begin).await;
        let [current, third] = both(&storage, &quorums[2]).await;
        assert_eq!(current, next);
        assert!(third != old && third != next);
    }
}

#[tokio::test]
async fn a_move_that_is_cancelled_leaves_the_account_as_it_was() {
    let mut rng = rng("rotate cancel");
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let login = login(&person.provider).await;
    let hand: [&dyn Factor; 2] = [&login, &person.words];
    let old = signs(&open(&storage, &hand).await.unwrap());
    change(&storage, &hand, &mut rng, begin).await;
    let [_, first] = both(&storage, &hand).await;
    let dropped = change(&storage, &hand, &mut rng, cancel).await;
    let shown = Happened::RotationCancelled {
        next: first.clone(),
    };
    assert_eq!(dropped.receipt.changes, [shown]);
    assert_eq!(dropped.receipt.residuals, [Residual::DroppedKey]);
    let said = [Residual::OldKey { since: 7 }, Residual::DroppedKey];
    for residual in said {
        let stored = residual.to_statement();
        assert_eq!(Residual::from_statement(&stored), residual);
    }
    assert_eq!(signs(&open(&storage, &hand).await.unwrap()), old);
    assert_eq!(plain_mailbox(&storage, &person.words).await.keys.len(), 1);
    // Begun anew, it is another key.
    change(&storage, &hand, &mut rng, begin).await;
    let [current, second] = both(&storage, &hand).await;
    assert_eq!(current, old);
    assert_ne!(second, first);
}

#[tokio::test]
async fn every_other_change_keeps_both_keys_of_an_account_that_is_moving() {
    let mut rng = rng("rotate meanwhile");
    let storage = MemoryStorage::new();
    let (one, two, three) = (
        words("one", &mut rng),
        words("two", &mut rng),
        words("three", &mut rng),
    );
    let (four, fresh) = (words("four", &mut rng), words("one", &mut rng));
    let plan = Plan::new(CurveId::Secp256k1, 2, NOW);
    let factors: [&dyn Factor; 3] = [&one, &two, &three];
    create_over(&storage, &plan, &factors, &mut rng)
        .await
        .unwrap();
    let hand: [&dyn Factor; 2] = [&one, &two];
    change(&storage, &hand, &mut rng, begin).await;
    let keys = both(&storage, &hand).await;

    change(&storage, &hand, &mut rng, anew).await;
    assert_eq!(both(&storage, &[&one, &three]).await, keys);
    change(&storage, &hand, &mut rng, |c| c.rename(id(1), "first")).await;
    assert_eq!(both(&storage, &[&two, &three]).await, keys);
    change(&storage, &hand, &mut rng, |c| {
        c.add(&four, OfflineCopies::Never)
    })
    .await;
    assert_eq!(both(&storage, &[&three, &four]).await, keys);
    change(&storage, &hand, &mut rng, |c| c.threshold(3)).await;
    assert_eq!(both(&storage, &[&one, &three, &four]).await, keys);
    let few = open(&storage, &hand).await.err().unwrap();
    let need = ErrorKind::NeedMoreShares { have: 2, need: 3 };
    assert_eq!(few.kind(), need);
    let three_of: [&dyn Factor; 3] = [&one, &two, &four];
    let removed = change(&storage, &three_of, &mut rng, |c| c.remove(id(3))).await;
    assert_eq!(both(&storage, &three_of).await, keys);
    let told = |residual: &Residual| matches!(residual, Residual::HadNextKey { .. });
    assert!(removed.receipt.residuals.iter().any(told));
    for residual in &removed.receipt.residuals {
        let stored = residual.to_statement();
        assert_eq!(Residual::from_statement(&stored), *residual);
    }
    change(&storage, &three_of, &mut rng, |c| c.renew(id(1), &fresh)).await;
    let renewed: [&dyn Factor; 3] = [&fresh, &two, &four];
    assert_eq!(both(&storage, &renewed).await, keys);
    change(&storage, &renewed, &mut rng, confirm).await;
    assert_eq!(signs(&open(&storage, &renewed).await.unwrap()), keys[1]);
}

#[tokio::test]
async fn one_change_removes_somebody_and_begins_the_move_without_him() {
    let mut rng = rng("rotate and remove");
    let storage = HostileStorage::new(MemoryStorage::new());
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let device = person.device();
    let (laptop, login) = (device.factor("laptop"), login(&person.provider).await);
    let hand: [&dyn Factor; 2] = [&login, &person.words];
    let done = change(&storage, &hand, &mut rng, |c| c.remove(id(1)).rotate()).await;
    let told = |residual: &Residual| matches!(residual, Residual::HadNextKey { .. });
    assert!(!done.receipt.residuals.iter().any(told));
    assert_eq!(
        open(&storage, &[&laptop]).await.err().unwrap().kind(),
        ErrorKind::Removed
    );
    let keys = both(&storage, &hand).await;
    change(&storage, &hand, &mut rng, confirm).await;
    assert_eq!(signs(&open(&storage, &hand).await.unwrap()), keys[1]);
}

#[tokio::test]
async fn a_device_that_slept_through_the_move_catches_up() {
    let mut rng = rng("rotate asleep");
    let storage = HostileStorage::new(MemoryStorage::new());
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let login = login(&person.provider).await;
    let hand: [&dyn Factor; 2] = [&login, &person.words];
    for round in 0..2 {
        change(&storage, &hand, &mut rng, begin).await;
        if round == 1 {
            // It was awake once while there were two keys.
            let device = person.device();
            let laptop = device.factor("laptop");
            let account = read(&storage, &[&laptop]).await.unwrap();
            device.settle(&storage, &account, &mut rng).await.unwrap();
            storage.take_down();
            let device = person.device();
            let laptop = device.factor("laptop");
            let offline = Account::read_offline(&[&laptop, &person.words]).await;
            let opened = offline.unwrap().open().unwrap();
            signs(&opened.use_next_key().unwrap());
            storage.bring_up();
        }
        let [old, next] = both(&storage, &hand).await;
        change(&storage, &hand, &mut rng, confirm).await;
        change(&storage, &hand, &mut rng, |c| c.threshold(2).refresh()).await;

        let device = person.device();
        let laptop = device.factor("laptop");
        // What it keeps is the old key's; with the storage there is only the new.
        let offline = Account::read_offline(&[&laptop, &person.words]).await;
        assert_eq!(signs(&offline.unwrap().open().unwrap()), old);
        let opened = open(&storage, &[&laptop, &person.words]).await.unwrap();
        assert_eq!(signs(&opened), next);
        let account = opened.account();
        device.settle(&storage, account, &mut rng).await.unwrap();
        drop(opened);
        let device = person.device();
        let laptop = device.factor("laptop");
        let offline = Account::read_offline(&[&laptop, &person.words]).await;
        assert_eq!(signs(&offline.unwrap().open().unwrap()), next);
    }
}

#[tokio::test]
async fn a_device_that_dies_in_the_middle_finds_out_what_became_of_the_move() {
    let mut rng = rng("rotate crash");
    for commits in [false, true] {
        let storage = MemoryStorage::new();
        let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
        for _ in 0..2 {
            let device = person.device();
            let laptop = device.factor("laptop");
            let hand: [&dyn Factor; 2] = [&laptop, &person.words];
            let ask = |opened: &Opened<'_>| opened.account().next_verifying_key().is_some();
            let opened = open(&storage, &hand).await.unwrap();
            let is_moving = ask(&opened);
            let (change, step) = if is_moving {
                (confirm(opened.change()), Step::ConfirmRotation)
            } else {
                (opened.change().rotate(), Step::Rotate)
            };
            assert_eq!(change.steps(), core::slice::from_ref(&step));
            let prepared = change.prepare(&storage, NOW, &mut rng).await.unwrap();
            prepared.announce(&device, None, &mut rng).unwrap();
            if commits {
                prepared.commit(&storage).await.unwrap();
            }
            drop(opened);
            let device = person.device();
            let laptop = device.factor("laptop");
            let account = read(&storage, &[&laptop]).await.unwrap();
            let expected = if commits {
                Outcome::Happened
            } else {
                Outcome::DidNotHappen
            };
            assert_eq!(device.outcome(&account), Some(expected));
            let opened = open(&storage, &[&laptop, &person.words]).await.unwrap();
            assert_eq!(ask(&opened), commits && step == Step::Rotate);
            let account = opened.account();
            device.settle(&storage, account, &mut rng).await.unwrap();
        }
    }
}

#[tokio::test]
async fn of_two_who_begin_or_end_the_move_at_once_one_does() {
    let mut rng = rng("rotate race");
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let login = login(&person.provider).await;
    let hand: [&dyn Factor; 2] = [&login, &person.words];
    let opened = open(&storage, &hand).await.unwrap();
    let mut prepared = Vec::new();
    for _ in 0..2 {
        let change = opened.change().rotate();
        prepared.push(change.prepare(&storage, NOW, &mut rng).await.unwrap());
    }
    let mut ends = Vec::new();
    for prepared in prepared {
        ends.push(prepared.commit(&storage).await.err().map(|e| e.kind()));
    }
    assert_eq!(ends, [None, Some(ErrorKind::Conflict)]);
    let opened = open(&storage, &hand).await.unwrap();
    let confirm = confirm(opened.change());
    let confirm = confirm.prepare(&storage, NOW, &mut rng).await.unwrap();
    let cancel = cancel(opened.change());
    let cancel = cancel.prepare(&storage, NOW, &mut rng).await.unwrap();
    confirm.commit(&storage).await.unwrap();
    let lost = cancel.commit(&storage).await.err().unwrap();
    assert_eq!(lost.kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn a_bundle_made_while_moving_opens_with_both_keys() {
    let mut rng = rng("rotate bundle");
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let login = login(&person.provider).await;
    let hand: [&dyn Factor; 2] = [&login, &person.words];
    change(&storage, &hand, &mut rng, begin).await;
    let keys = both(&storage, &hand).await;
    let account = read(&storage, &[&person.words]).await.unwrap();
    let bundle = account.backup(&storage).await.unwrap();
    let bundle = Bundle::decode(&bundle.encode().unwrap()).unwrap();
    let view = ReadOnly::new(MemoryStorage::from_records(bundle.records.clone()).unwrap());
    assert_eq!(both(&view, &hand).await, keys);
    // Put into an empty storage, the move can be ended there.
    let restored = MemoryStorage::new();
    restored.restore(&bundle.records).await.unwrap();
    change(&restored, &hand, &mut rng, confirm).await;
    assert_eq!(signs(&open(&restored, &hand).await.unwrap()), keys[1]);
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let mut rng = rng("rotate refused");
    let storage = MemoryStorage::new();
    let (one, two) = (words("one", &mut rng), words("two", &mut rng));
    let input = OpeningSeed::from_bytes(&[7; 32]);
    let pegged = SeedFactor::new(HolderKind::Answers, "input", input).pegged();
    let plan = Plan::new(CurveId::Secp256k1, 2, NOW);
    let factors: [&dyn Factor; 3] = [&one, &two, &pegged];
    create_over(&storage, &plan, &factors, &mut rng)
        .await
        .unwrap();
    let hand: [&dyn Factor; 2] = [&one, &two];
    let text = refused(&storage, &hand, &mut rng, confirm).await;
    assert!(text.contains("not moving"), "{text}");
    let text = refused(&storage, &hand, &mut rng, cancel).await;
    assert!(text.contains("not moving"), "{text}");
    // A share that follows from an input would be a point of both keys' polynomials.
    let text = refused(&storage, &hand, &mut rng, begin).await;
    assert!(text.contains("factor 3"), "{text}");
    change(&storage, &hand, &mut rng, |c| c.remove(id(3)).rotate()).await;
    let text = refused(&storage, &hand, &mut rng, begin).await;
    assert!(text.contains("already"), "{text}");
    let peg: [&dyn Factor; 3] = [&one, &two, &pegged];
    let text = refused(&storage, &peg[..2], &mut rng, |c| {
        c.add(peg[2], OfflineCopies::Never)
    })
    .await;
    assert!(text.contains("two keys"), "{text}");
    change(&storage, &hand, &mut rng, confirm).await;
}

#[tokio::test]
async fn a_key_that_was_taken_in_is_replaced_by_one_that_was_made_here() {
    let mut rng = rng("rotate imported");
    let storage = MemoryStorage::new();
    let (one, two) = (words("one", &mut rng), words("two", &mut rng));
    let bare = PrivateKey::from_scalar(&SecretScalar::<Ed25519>::random(&mut rng)).unwrap();
    let plan = Plan::importing(bare, 2, NOW);
    let hand: [&dyn Factor; 2] = [&one, &two];
    let made = create_over(&storage, &plan, &hand, &mut rng).await.unwrap();
    assert!(made.account.is_scalar_only());
    change(&storage, &hand, &mut rng, begin).await;
    let opened = open(&storage, &hand).await.unwrap();
    assert!(opened.export().unwrap().is_scalar_only());
    let opened = opened.use_next_key().unwrap();
    assert!(!opened.export().unwrap().is_scalar_only());
    let done = change(&storage, &hand, &mut rng, confirm).await;
    assert_eq!(done.account.core().origin, Origin::Created);
    assert!(!done.receipt.scalar_only && !done.account.is_scalar_only());
}

#[tokio::test]
async fn what_follows_from_the_key_follows_from_the_one_in_use() {
    let mut rng = rng("rotate derived");
    let storage = MemoryStorage::new();
    let (one, two) = (words("one", &mut rng), words("two", &mut rng));
    let plan = Plan::new(CurveId::Secp256k1, 2, NOW);
    let hand: [&dyn Factor; 2] = [&one, &two];
    create_over(&storage, &plan, &hand, &mut rng).await.unwrap();
    let path = "m/44'/60'/0'/0/0".parse().unwrap();
    let branches = [Branch::App("mail"), Branch::Path(&path)];
    let derive = |opened: &Opened<'_>| {
        let keys = branches.map(|branch| {
            let derived = opened.derived(branch).unwrap();
            derived.verifying_key().to_vec()
        });
        let tree = opened.export_tree().unwrap();
        assert_eq!(tree.key().verifying_key(), opened.verifying_key());
        keys
    };
    let before = derive(&open(&storage, &hand).await.unwrap());
    change(&storage, &hand, &mut rng, begin).await;
    let opened = open(&storage, &hand).await.unwrap();
    assert_eq!(derive(&opened), before);
    let next = derive(&opened.use_next_key().unwrap());
    assert!(next[0] != before[0] && next[1] != before[1]);
    change(&storage, &hand, &mut rng, confirm).await;
    assert_eq!(derive(&open(&storage, &hand).await.unwrap()), next);
}

#[tokio::test]
async fn a_device_that_is_added_while_moving_has_both_keys_and_ends_the_move() {
    let mut rng = rng("rotate new device");
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let login = login(&person.provider).await;
    let hand: [&dyn Factor; 2] = [&login, &person.words];
    change(&storage, &hand, &mut rng, begin).await;
    let keys = both(&storage, &hand).await;
    let store = MemoryStore::new();
    {
        let device = Device::new(&store, &mut rng);
        let phone = device.factor("phone");
        let opened = open(&storage, &hand).await.unwrap();
        let change = opened.change().add(&phone, OfflineCopies::Keep);
        let prepared = change.prepare(&storage, NOW, &mut rng).await.unwrap();
        settle(prepared, &storage, &device, &mut rng).await.unwrap();
    }
    let device = Device::load(&store).unwrap().unwrap();
    let phone = device.factor("phone");
    let hand: [&dyn Factor; 2] = [&phone, &person.words];
    assert_eq!(both(&storage, &hand).await, keys);
    let opened = open(&storage, &hand).await.unwrap();
    let change = confirm(opened.change());
    let prepared = change.prepare(&storage, NOW, &mut rng).await.unwrap();
    settle(prepared, &storage, &device, &mut rng).await.unwrap();
    assert_eq!(signs(&open(&storage, &hand).await.unwrap()), keys[1]);
}

#[tokio::test]
async fn nested_structures_with_weights_move_too() {
    let mut rng = rng("rotate nested");
    for text in ["2 of (1, 2, all(3, 4))", "3 of (1*2, 2, 3, 4)"] {
        let storage = MemoryStorage::new();
        let papers: Vec<_> = (0..4).map(|_| words("", &mut rng)).collect();
        let all: Vec<&dyn Factor> = papers.iter().map(|paper| paper as &dyn Factor).collect();
        let names: Vec<_> = (1..5)
            .map(|x| HolderName::new(id(x), HolderKind::Words, ""))
            .collect();
        let mut plan = Plan::new(CurveId::Secp256k1, 2, NOW);
        plan.structure = Some(read_structure(text, &names).unwrap());
        create_over(&storage, &plan, &all, &mut rng).await.unwrap();
        change(&storage, &all, &mut rng, begin).await;
        let keys = both(&storage, &all).await;
        for bits in 1_u32..16 {
            let chosen = all.iter().zip(0_u32..);
            let chosen = chosen.filter(|(_, place)| bits >> place & 1 == 1);
            let chosen: Vec<&dyn Factor> = chosen.map(|(factor, _)| *factor).collect();
            if open(&storage, &chosen).await.is_ok() {
                assert_eq!(both(&storage, &chosen).await, keys);
            }
        }
        // Cancelled by few, ended by few.
        change(&storage, &all[..3], &mut rng, cancel).await;
        assert_eq!(signs(&open(&storage, &all).await.unwrap()), keys[0]);
        change(&storage, &all[..3], &mut rng, begin).await;
        let keys = both(&storage, &all).await;
        change(&storage, &all[..3], &mut rng, confirm).await;
        assert_eq!(signs(&open(&storage, &all).await.unwrap()), keys[1]);
    }
}

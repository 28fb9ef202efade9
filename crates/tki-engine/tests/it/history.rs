//! Who changed what and when: in the document, signed, and told to those who left.

use rand_chacha::ChaCha20Rng;
use tki_engine::{
    Account, ErrorKind, Factor, OfflineCopies, Plan, ReadOptions, Residual, SeedFactor, Unverified,
    create,
};
use tki_math::{Identifier, SecretScalar, Share, Threshold, VerifyingKey, combine};
use tki_metadata::{EventLog, Happened, HolderKind, Mailbox, OpeningSeed, Origin, SignedReceipt};
use tki_seal::{
    curve::{CurveId, Secp256k1},
    signature::{self, Input, Scheme},
};
use tki_storage::{KeepsHistory, MemoryStorage, Retention, Storage};
use tki_testkit::{HostileStorage, rng};

use crate::support::{CURVES, NOW, Person, commit, create_over, login, open, read, words};

fn id(number: u128) -> Identifier {
    Identifier::new(number).unwrap()
}

/// What was changed, as people read it.
fn told(account: &Account<'_>) -> Vec<String> {
    let history = account.history().unwrap();
    let told = history.events.iter().map(|event| {
        let by: Vec<String> = event.by.iter().map(ToString::to_string).collect();
        let changes: Vec<String> = event.changes.iter().map(ToString::to_string).collect();
        format!(
            "{}: {} by {}",
            event.version,
            changes.join("; "),
            by.join(", ")
        )
    });
    told.collect()
}

#[tokio::test]
async fn every_change_is_in_the_history_signed_by_the_key_and_says_who_was_at_hand() {
    for curve in CURVES {
        let mut rng = rng("history");
        let storage = MemoryStorage::new();
        let (one, two, three) = (
            words("one", &mut rng),
            words("two", &mut rng),
            words("", &mut rng),
        );
        let plan = Plan::new(curve, 2, NOW);
        create_over(&storage, &plan, &[&one, &two], &mut rng)
            .await
            .unwrap();
        let opened = open(&storage, &[&one, &two]).await.unwrap();
        let change = opened.change().unverified(Unverified::Accept);
        let change = change.add(&three, OfflineCopies::Never);
        commit(change, &storage, &mut rng).await.unwrap();
        let opened = open(&storage, &[&three, &two]).await.unwrap();
        let change = opened.change().unverified(Unverified::Accept);
        let change = change.remove(id(1)).rename(id(2), "safe");
        let prepared = change.prepare(&storage, NOW + 9, &mut rng).await.unwrap();
        prepared.commit(&storage).await.unwrap();
        let opened = open(&storage, &[&three, &two]).await.unwrap();
        let change = opened.change().unverified(Unverified::Accept).refresh();
        commit(change, &storage, &mut rng).await.unwrap();

        // One factor is enough to read it.
        let account = read(&storage, &[&three]).await.unwrap();
        assert_eq!(
            told(&account),
            [
                "0: made the key; added words 1 (one); added words 2 (two); 2 factors are needed by \
                 words 1 (one), words 2 (two)",
                "1: added words 3 by words 1 (one), words 2 (two)",
                "2: removed words 1 (one); renamed words 2 (safe), before two by words 2 (two), \
                 words 3",
                "3: every factor has a new share by words 2 (safe), words 3",
            ]
        );
        let history = account.history().unwrap();
        assert!(
            history
                .keys
                .iter()
                .all(|key| key == account.verifying_key())
        );
        let times: Vec<u64> = history.events.iter().map(|event| event.time).collect();
        assert_eq!(times, [NOW, NOW, NOW + 9, NOW]);
    }
}

#[tokio::test]
async fn a_device_shows_the_history_with_every_server_gone() {
    let mut rng = rng("history offline");
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let device = person.device();
    let factor = device.factor("laptop");
    let account = Account::read_offline(&[&factor]).await.unwrap();
    assert_eq!(told(&account).len(), 1);
}

#[tokio::test]
async fn a_receipt_proves_itself_to_whoever_knows_the_key() {
    let mut rng = rng("signed receipts");
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let login = login(&person.provider).await;
    let opened = open(&storage, &[&login, &person.words]).await.unwrap();
    let key = opened.account().verifying_key().to_vec();
    let committed = commit(opened.change().remove(id(1)), &storage, &mut rng)
        .await
        .unwrap();
    let file = committed.signed.encode().unwrap();
    let receipt = SignedReceipt::decode(&file).unwrap();
    receipt.verify().unwrap();
    assert_eq!(receipt.verifying_key, key);
    assert_eq!(receipt.facts, committed.receipt.facts());
    // Its words are those of the receipt.
    let residuals = receipt.facts.residuals.iter().map(Residual::from_statement);
    assert_eq!(residuals.collect::<Vec<_>>(), committed.receipt.residuals);
    assert_eq!(receipt.facts.keeps_history, KeepsHistory::No.code());
    assert!(receipt.facts.retention.contains("memory"));
    // The event of it is the one in the account.
    let history = committed.account.history().unwrap();
    assert_eq!(history.events.last(), Some(&receipt.event));
}

#[tokio::test]
async fn what_no_signature_of_the_account_gives_is_an_event() {
    let mut rng = rng("no event");
    let storage = MemoryStorage::new();
    let (one, two) = (words("one", &mut rng), words("two", &mut rng));
    for curve in CURVES {
        let storage = &storage;
        let mut plan = Plan::new(curve, 2, NOW);
        plan.another = tki_engine::Another::Beside;
        let prepared = create(storage, &plan, &[&one, &two], &mut rng)
            .await
            .unwrap();
        let created = prepared.commit(storage).await.unwrap();
        let event = created.signed.event.clone();
        let mut options = ReadOptions::default();
        options.account = Some(created.account.id());
        let account = Account::read(storage, &[&one, &two], options)
            .await
            .unwrap();
        let opened = account.open().unwrap();
        let key = opened.account().verifying_key().to_vec();
        let message = event.message(&opened.account().id(), curve, &key);
        for scheme in Scheme::ALL.iter().filter(|scheme| scheme.curve() == curve) {
            let input = Input::Message(&message);
            let signed = opened.sign(*scheme, input).unwrap().to_bytes();
            signature::verify(*scheme, &key, input, &signed).unwrap();
            let mut forged = event.clone();
            forged.signature = tki_metadata::EventSignature::from_bytes(signed);
            assert!(forged.verify(&created.account.id(), curve, &key).is_err());
            let ours = event.signature.to_bytes();
            assert!(signature::verify(*scheme, &key, input, &ours).is_err());
        }
    }
}

#[tokio::test]
async fn whoever_was_removed_is_told_when_and_by_whom() {
    let mut rng = rng("told by whom");
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let login = login(&person.provider).await;
    let opened = open(&storage, &[&login, &person.words]).await.unwrap();
    let change = opened.change().remove(id(1));
    let prepared = change
        .prepare(&storage, NOW + 86_400, &mut rng)
        .await
        .unwrap();
    prepared.commit(&storage).await.unwrap();
    let device = person.device();
    let factor = device.factor("laptop");
    let error = read(&storage, &[&factor]).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Removed);
    let removal = error.removal().unwrap();
    assert_eq!((removal.version, removal.time), (1, NOW + 86_400));
    let by: Vec<HolderKind> = removal.by.iter().map(|name| name.kind).collect();
    assert_eq!(by, [HolderKind::Provider, HolderKind::Words]);
    assert_eq!(
        error.to_string(),
        "this factor was removed from the account, or replaced, in version 1 by provider 2 (login), \
         words 3 (paper)"
    );
}

/// A storage that says of itself what it likes.
struct Saying<'s>(&'s MemoryStorage, Retention);

#[async_trait::async_trait]
impl Storage for Saying<'_> {
    async fn get(
        &self,
        address: &tki_record::Address,
    ) -> Result<Option<tki_record::Record>, tki_storage::Error> {
        self.0.get(address).await
    }

    async fn commit(&self, commit: &tki_record::Commit) -> Result<(), tki_storage::Error> {
        self.0.commit(commit).await
    }

    fn retention(&self) -> Retention {
        self.1.clone()
    }
}

#[tokio::test]
async fn a_receipt_quotes_what_the_storage_keeps() {
    let mut rng = rng("retention");
    let memory = MemoryStorage::new();
    let keeps = Retention::new(KeepsHistory::Yes, "every version is published");
    let storage = Saying(&memory, keeps.clone());
    let (one, two) = (words("one", &mut rng), words("two", &mut rng));
    let plan = Plan::new(CurveId::Secp256k1, 2, NOW);
    let created = create_over(&storage, &plan, &[&one, &two], &mut rng)
        .await
        .unwrap();
    assert_eq!(created.receipt.retention, keeps);
    assert_eq!(created.signed.facts.retention, "every version is published");
    created.signed.verify().unwrap();
}

#[tokio::test]
async fn an_imported_account_says_so() {
    let mut rng = rng("history of an import");
    let storage = MemoryStorage::new();
    let (one, two) = (words("one", &mut rng), words("two", &mut rng));
    let key = tki_formats::PrivateKey::random(CurveId::P256, &mut rng);
    let plan = Plan::importing(key, 2, NOW);
    let created = create_over(&storage, &plan, &[&one, &two], &mut rng)
        .await
        .unwrap();
    assert_eq!(created.account.core().origin, Origin::Imported);
    assert_eq!(created.signed.facts.changes[0], Happened::Imported);
    let log = EventLog::of(created.account.core()).unwrap().unwrap();
    assert_eq!(log.events().len(), 1);
}

/// Everything that a removed factor knew, and the key that it put together while it could.
async fn key_of(storage: &dyn Storage, factors: &[&dyn Factor]) -> tki_formats::PrivateKey {
    open(storage, factors).await.unwrap().export().unwrap()
}

/// "It may know the key: only a new key helps": whoever kept it signs, with no factor at all.
#[tokio::test]
async fn a_removed_factor_that_kept_the_key_still_uses_it() {
    let mut rng = rng("kept key");
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Never, &mut rng).await;
    let device = person.device();
    let laptop = device.factor("laptop");
    let kept = key_of(&storage, &[&laptop, &person.words]).await;
    let login = login(&person.provider).await;
    let opened = open(&storage, &[&login, &person.words]).await.unwrap();
    let committed = commit(opened.change().remove(id(1)), &storage, &mut rng)
        .await
        .unwrap();
    let residuals = &committed.receipt.residuals;
    let is_told = |residual: &Residual| matches!(residual, Residual::MayKnowKey { .. });
    assert!(residuals.iter().any(is_told));
    assert_eq!(kept.verifying_key(), committed.account.verifying_key());
    // It signs in the key's name, events too: what a log proves is that its writer could use the key.
    let scalar =
        SecretScalar::<Secp256k1>::from_canonical_bytes(kept.expose_secret().scalar).unwrap();
    let input = Input::Message(b"still here");
    let signed = signature::sign(Scheme::Bip340, &scalar, input).unwrap();
    let key = committed.account.verifying_key();
    signature::verify(Scheme::Bip340, key, input, &signed.to_bytes()).unwrap();
    // What it cannot: open the account, or write (lesson 3).
    let error = open(&storage, &[&laptop]).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Removed);
}

/// "Whoever has a copy of it can still use it without any factor."
#[tokio::test]
async fn an_old_copy_of_an_imported_key_needs_no_factor() {
    let mut rng = rng("old copy");
    let storage = MemoryStorage::new();
    let (one, two) = (words("one", &mut rng), words("two", &mut rng));
    let key = tki_formats::PrivateKey::random(CurveId::Secp256k1, &mut rng);
    let digits = key.to_hex();
    let plan = Plan::importing(key, 2, NOW);
    let created = create_over(&storage, &plan, &[&one, &two], &mut rng)
        .await
        .unwrap();
    assert_eq!(created.receipt.residuals, [Residual::OldCopies]);
    let copy = tki_formats::PrivateKey::from_hex(CurveId::Secp256k1, &digits).unwrap();
    assert_eq!(copy.verifying_key(), created.account.verifying_key());
}

/// Each sentence in its place: with one less than a receipt says, the removed has nothing.
#[tokio::test]
async fn one_less_than_a_receipt_says_opens_nothing() {
    let mut rng = rng("one less");
    let storage = HostileStorage::new(MemoryStorage::new());
    let sheets: Vec<_> = (0..4).map(|_| words("", &mut rng)).collect();
    let factors: Vec<&dyn Factor> = sheets
        .iter()
        .map(|sheet| -> &dyn Factor { sheet })
        .collect();
    let plan = Plan::new(CurveId::Secp256k1, 3, NOW);
    create_over(&storage, &plan, &factors, &mut rng)
        .await
        .unwrap();
    let archive = storage.checkpoint();
    let opened = open(&storage, &factors[..3]).await.unwrap();
    let change = opened.change().unverified(Unverified::Accept);
    let receipt = commit(change.remove(id(4)), &storage, &mut rng)
        .await
        .unwrap()
        .receipt;
    let needed = receipt.residuals.iter().find_map(|residual| {
        if let Residual::UnchangedSeeds { needed, .. } = residual {
            Some(*needed)
        } else {
            None
        }
    });
    assert_eq!(needed, Some(2));
    // With an archive of the old records, and as many seeds as are named: yes; one less: no.
    storage.roll_back_to(archive);
    let removed = factors[3];
    open(&storage, &[removed, factors[0], factors[1]])
        .await
        .unwrap();
    for other in &factors[..3] {
        let error = open(&storage, &[removed, *other]).await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::NeedMoreShares { have: 2, need: 3 });
    }
}

/// Made the same way twice, it is the same log: nothing in an event is drawn at random.
#[tokio::test]
async fn events_are_made_of_nothing_but_what_happened() {
    let mut logs = Vec::new();
    for _ in 0..2 {
        let mut rng: ChaCha20Rng = rng("same history");
        let storage = MemoryStorage::new();
        let (one, two) = (words("one", &mut rng), words("two", &mut rng));
        let plan = Plan::new(CurveId::Ed25519, 2, NOW);
        let created = create_over(&storage, &plan, &[&one, &two], &mut rng)
            .await
            .unwrap();
        logs.push(EventLog::of(created.account.core()).unwrap().unwrap());
    }
    assert_eq!(logs[0], logs[1]);
}

/// What a factor's mailbox holds.
async fn share_of(storage: &dyn Storage, factor: &dyn Factor) -> Share<Secp256k1> {
    let address = factor.address(0);
    let record = storage.get(&address).await.unwrap().unwrap();
    let context = Mailbox::context(&address);
    let plain = factor.open_sealed(&context, record.body()).await.unwrap();
    let mailbox = Mailbox::decode(&plain).unwrap();
    let (identifier, value) = &mailbox.keys[0].shares[0];
    Share::new(
        *identifier,
        SecretScalar::from_canonical_bytes(value).unwrap(),
    )
}

fn verifying_key_of(secret: &SecretScalar<Secp256k1>) -> Vec<u8> {
    VerifyingKey::from_secret(secret).unwrap().to_bytes()
}

/// "Together with the input(s) of 1 of …": nothing archived, no factor, no storage.
#[tokio::test]
async fn a_removed_share_and_a_pegged_input_give_the_key() {
    let mut rng = rng("pegged and removed");
    let storage = MemoryStorage::new();
    let sheets = ["one", "two", "three"].map(|label| words(label, &mut rng));
    let input = OpeningSeed::from_bytes(&[7; 32]);
    let peg = SeedFactor::new(HolderKind::Answers, "input", input.clone()).pegged();
    let mut factors: Vec<&dyn Factor> = sheets
        .iter()
        .map(|sheet| -> &dyn Factor { sheet })
        .collect();
    factors.push(&peg);
    let plan = Plan::new(CurveId::Secp256k1, 2, NOW);
    create_over(&storage, &plan, &factors, &mut rng)
        .await
        .unwrap();
    let kept = share_of(&storage, factors[0]).await;
    let opened = open(&storage, &factors).await.unwrap();
    let change = opened.change().unverified(Unverified::Accept);
    let committed = commit(change.remove(id(1)).threshold(3), &storage, &mut rng)
        .await
        .unwrap();
    let needed = committed.receipt.residuals.iter().find_map(|residual| {
        if let Residual::Pegged { needed, .. } = residual {
            Some(*needed)
        } else {
            None
        }
    });
    assert_eq!(needed, Some(1));
    let threshold = Threshold::new(2).unwrap();
    let typed = Share::new(id(4), input.pegged_share());
    let key = committed.account.verifying_key();
    let secret = combine(&[kept, typed], threshold).unwrap();
    assert_eq!(verifying_key_of(&secret), key);
    // The share of another input, and today's share of another holder: no.
    let kept = share_of(&storage, factors[1]).await;
    let typed = Share::new(id(4), input.pegged_share());
    let secret = combine(&[kept, typed], threshold).unwrap();
    assert_ne!(verifying_key_of(&secret), key);
}

/// "2 stolen shares of each of several epochs", where three are needed of one: with f(0) = s and
/// f(4) = p in both, 4·f(1) − 3·f(2) = (3·s − p)/2 and f(1) − f(3) = (s − p)/2.
#[tokio::test]
async fn shares_of_two_epochs_and_a_peg_that_stayed_give_the_key() {
    let mut rng = rng("two epochs");
    let storage = MemoryStorage::new();
    let sheets = ["one", "two", "three"].map(|label| words(label, &mut rng));
    let peg = SeedFactor::new(HolderKind::Answers, "", OpeningSeed::from_bytes(&[7; 32])).pegged();
    let mut factors: Vec<&dyn Factor> = sheets
        .iter()
        .map(|sheet| -> &dyn Factor { sheet })
        .collect();
    factors.push(&peg);
    let plan = Plan::new(CurveId::Secp256k1, 3, NOW);
    create_over(&storage, &plan, &factors, &mut rng)
        .await
        .unwrap();
    let first = [
        share_of(&storage, factors[0]).await,
        share_of(&storage, factors[1]).await,
    ];
    let opened = open(&storage, &factors).await.unwrap();
    let change = opened.change().unverified(Unverified::Accept);
    let committed = commit(change.refresh(), &storage, &mut rng).await.unwrap();
    let [Residual::PegsWeaken { enough: 2, .. }] = committed.receipt.residuals.as_slice() else {
        panic!("{:?}", committed.receipt.residuals);
    };
    let second = [
        share_of(&storage, factors[0]).await,
        share_of(&storage, factors[2]).await,
    ];
    let [f_1, f_2] = first.each_ref().map(|share| *share.value().expose_secret());
    let [g_1, g_3] = second
        .each_ref()
        .map(|share| *share.value().expose_secret());
    let triple = f_2 + f_2 + f_2;
    let quadruple = f_1 + f_1 + f_1 + f_1;
    let secret = SecretScalar::new((quadruple - triple) - (g_1 - g_3));
    assert_eq!(verifying_key_of(&secret), committed.account.verifying_key());
}

#[tokio::test]
async fn the_history_crosses_a_move_to_another_key() {
    for curve in CURVES {
        let mut rng = rng("history of a rotation");
        let storage = MemoryStorage::new();
        let (one, two) = (words("one", &mut rng), words("two", &mut rng));
        let plan = Plan::new(curve, 2, NOW);
        let created = create_over(&storage, &plan, &[&one, &two], &mut rng)
            .await
            .unwrap();
        let old = created.account.verifying_key().to_vec();
        let opened = open(&storage, &[&one, &two]).await.unwrap();
        let change = opened.change().unverified(Unverified::Accept).rotate();
        let begun = commit(change, &storage, &mut rng).await.unwrap();
        begun.signed.verify().unwrap();
        let opened = open(&storage, &[&one, &two]).await.unwrap();
        let change = opened.change().unverified(Unverified::Accept);
        let moved = commit(crate::rotating::confirm(change), &storage, &mut rng)
            .await
            .unwrap();
        moved.signed.verify().unwrap();
        let opened = open(&storage, &[&one, &two]).await.unwrap();
        let change = opened.change().unverified(Unverified::Accept).refresh();
        commit(change, &storage, &mut rng).await.unwrap();
        let account = read(&storage, &[&one]).await.unwrap();
        let new = account.verifying_key().to_vec();
        assert_ne!(new, old);
        let history = account.history().unwrap();
        assert_eq!(history.keys, [&*old, &*old, &*old, &*new]);
        assert_eq!(moved.signed.verifying_key, new);
        assert!(moved.signed.event.countersignature.is_some());
    }
}

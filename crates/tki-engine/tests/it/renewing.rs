//! New names, and new seeds: what is given up with the old ones, and what a crash leaves.

use rand_chacha::ChaCha20Rng;
use tki_device::{DeviceStore as _, MemoryStore};
use tki_engine::{
    Account, Change, Device, Error, ErrorKind, Factor, InvalidChange, Joining, OfflineCopies,
    Opened, Outcome, Plan, ReadOptions, Residual, SeedFactor, Unverified, with_causes,
};
use tki_math::Identifier;
use tki_metadata::{DevicePackage, HolderKind, OpeningSeed, PendingJoin, Step};
use tki_record::{Address, Record};
use tki_seal::curve::CurveId;
use tki_storage::{MemoryStorage, Storage};
use tki_testkit::rng;

use crate::support::{
    CURVES, NOW, Person, commit, create_over, login, open, read, refresh, settle, words,
};

const DEVICE: u128 = 1;
const PROVIDER: u128 = 2;
const WORDS: u128 = 3;

fn id(number: u128) -> Identifier {
    Identifier::new(number).unwrap()
}

fn package(store: &MemoryStore) -> DevicePackage {
    DevicePackage::decode(&store.load().unwrap().unwrap()).unwrap()
}

/// A store with the same content.
fn copy(store: &MemoryStore, rng: &mut ChaCha20Rng) -> MemoryStore {
    let copied = MemoryStore::new();
    copied.save(&store.load().unwrap().unwrap(), rng).unwrap();
    copied
}

/// Everything of one account that is stored now.
async fn archive(storage: &dyn Storage, account: &Account<'_>) -> Vec<Record> {
    let mut addresses: Vec<Address> = account.holders().iter().map(|h| h.mailbox).collect();
    addresses.push(account.document_address());
    let found = storage.get_many(&addresses).await.unwrap();
    found.into_iter().flatten().collect()
}

/// A storage that shows some records first, and else what another has.
struct Over<'s>(Vec<Record>, &'s dyn Storage);

#[async_trait::async_trait]
impl Storage for Over<'_> {
    async fn get(&self, address: &Address) -> Result<Option<Record>, tki_storage::Error> {
        match self.0.iter().find(|record| record.address() == *address) {
            Some(record) => Ok(Some(record.clone())),
            None => self.1.get(address).await,
        }
    }

    async fn commit(&self, commit: &tki_record::Commit) -> Result<(), tki_storage::Error> {
        self.1.commit(commit).await
    }
}

#[tokio::test]
async fn a_renamed_factor_keeps_everything_else() {
    let mut rng = rng("rename");
    for curve in CURVES {
        let storage = MemoryStorage::new();
        let person = Person::create_on(curve, &storage, OfflineCopies::Keep, &mut rng).await;
        let device = person.device();
        let factor = device.factor("");
        let opened = open(&storage, &[&factor, &person.words]).await.unwrap();
        let before = opened.account().core().clone();
        let change = opened
            .change()
            .rename(id(WORDS), "bank vault")
            .rename(id(PROVIDER), "");
        let steps = change.steps();
        assert_eq!(
            steps[0],
            Step::Rename {
                identifier: id(WORDS),
                label: "bank vault".into()
            }
        );
        let committed = commit(change, &storage, &mut rng).await.unwrap();
        let receipt = &committed.receipt;
        assert_eq!(receipt.residuals, []);
        assert_eq!((receipt.added.len(), receipt.renewed.len()), (0, 0));
        let renamed: Vec<_> = receipt
            .renamed
            .iter()
            .map(|renamed| (renamed.before.as_str(), renamed.holder.label.as_str()))
            .collect();
        assert_eq!(renamed, [("login", ""), ("paper", "bank vault")]);
        let after = committed.account.core();
        assert_eq!(after.epoch, before.epoch);
        assert_eq!(after.keys, before.keys);
        let mut expected = before.holders.clone();
        expected[1].label = String::new();
        expected[2].label = "bank vault".into();
        assert_eq!(after.holders, expected);
        // Everybody still opens.
        let login = login(&person.provider).await;
        open(&storage, &[&login, &person.words]).await.unwrap();
        open(&storage, &[&login, &factor]).await.unwrap();
    }
}

#[tokio::test]
async fn names_that_make_no_sense_are_refused() {
    let mut rng = rng("invalid names");
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let device = person.device();
    let factor = device.factor("");
    let opened = open(&storage, &[&factor, &person.words]).await.unwrap();
    let before = archive(&storage, opened.account()).await;
    let cases: Vec<(Change<'_, '_>, InvalidChange)> = vec![
        (
            opened.change().rename(id(WORDS), "a\u{1b}[2Jb"),
            InvalidChange::Label,
        ),
        (
            opened.change().rename(id(WORDS), "a\nb"),
            InvalidChange::Label,
        ),
        (
            opened.change().rename(id(WORDS), "\u{9b}"),
            InvalidChange::Label,
        ),
        (
            opened.change().rename(id(WORDS), &"a".repeat(65)),
            InvalidChange::Label,
        ),
        // What turns letters about, hides them, or ends a line.
        (
            opened.change().rename(id(WORDS), "paper\u{202e}xet.sdrow"),
            InvalidChange::Label,
        ),
        (
            opened.change().rename(id(WORDS), "pa\u{200b}per"),
            InvalidChange::Label,
        ),
        (
            opened.change().rename(id(WORDS), "paper\u{2028}device"),
            InvalidChange::Label,
        ),
        (
            opened.change().rename(id(9), "a"),
            InvalidChange::UnknownHolder(id(9)),
        ),
        (
            opened.change().rename(id(WORDS), "paper"),
            InvalidChange::Empty,
        ),
        (
            opened
                .change()
                .rename(id(WORDS), "a")
                .rename(id(WORDS), "b"),
            InvalidChange::Twice(id(WORDS)),
        ),
        (
            opened.change().rename(id(WORDS), "a").remove(id(WORDS)),
            InvalidChange::Twice(id(WORDS)),
        ),
    ];
    refuse(cases, &storage, &mut rng).await;
    assert_eq!(archive(&storage, opened.account()).await, before);
}

/// Each of these changes is refused for its reason.
async fn refuse(
    cases: Vec<(Change<'_, '_>, InvalidChange)>,
    storage: &dyn Storage,
    rng: &mut ChaCha20Rng,
) {
    for (change, expected) in cases {
        let error = commit(change, storage, rng).await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::InvalidChange);
        assert_eq!(error.to_string(), expected.to_string());
    }
}

#[tokio::test]
async fn renewals_that_make_no_sense_are_refused() {
    let mut rng = rng("invalid renewals");
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let device = person.device();
    let factor = device.factor("");
    let opened = open(&storage, &[&factor, &person.words]).await.unwrap();
    let (fresh, second) = (words("", &mut rng), words("", &mut rng));
    let of_device = device.renewal(&mut rng);
    let login = login(&person.provider).await;
    let before = archive(&storage, opened.account()).await;
    let cases: Vec<(Change<'_, '_>, InvalidChange)> = vec![
        (
            opened.change().renew(id(9), &fresh),
            InvalidChange::UnknownHolder(id(9)),
        ),
        (
            opened
                .change()
                .renew(id(WORDS), &fresh)
                .renew(id(WORDS), &second),
            InvalidChange::Twice(id(WORDS)),
        ),
        (
            opened.change().remove(id(WORDS)).renew(id(WORDS), &fresh),
            InvalidChange::Twice(id(WORDS)),
        ),
        (
            opened.change().renew(id(PROVIDER), &login),
            InvalidChange::NotRenewable(id(PROVIDER)),
        ),
        (
            opened.change().renew(id(PROVIDER), &fresh),
            InvalidChange::NotRenewable(id(PROVIDER)),
        ),
        (
            opened.change().renew(id(DEVICE), &fresh),
            InvalidChange::OtherKind(id(DEVICE)),
        ),
        (
            opened.change().renew(id(WORDS), &of_device),
            InvalidChange::OtherKind(id(WORDS)),
        ),
        (
            opened
                .change()
                .add(&fresh, OfflineCopies::Keep)
                .renew(id(WORDS), &fresh),
            InvalidChange::DuplicateFactor,
        ),
    ];
    refuse(cases, &storage, &mut rng).await;
    assert_eq!(archive(&storage, opened.account()).await, before);
}

#[tokio::test]
async fn a_seed_that_is_in_use_renews_nobody() {
    let mut rng = rng("seed in use");
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let device = person.device();
    let factor = device.factor("");
    let opened = open(&storage, &[&factor, &person.words]).await.unwrap();
    let before = archive(&storage, opened.account()).await;
    for taken in [&person.words as &dyn Factor, &factor] {
        let number = if taken.kind() == HolderKind::Words {
            WORDS
        } else {
            DEVICE
        };
        let change = opened.change().renew(id(number), taken);
        let error = commit(change, &storage, &mut rng).await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Exists);
    }
    assert_eq!(archive(&storage, opened.account()).await, before);
}

#[tokio::test]
async fn renewed_words_are_the_same_holder_and_the_old_ones_are_told() {
    let mut rng = rng("renew words");
    for curve in CURVES {
        let storage = MemoryStorage::new();
        let person = Person::create_on(curve, &storage, OfflineCopies::Keep, &mut rng).await;
        let device = person.device();
        let factor = device.factor("");
        let login = login(&person.provider).await;
        let opened = open(&storage, &[&factor, &login]).await.unwrap();
        let before = opened.account().core().clone();
        let fresh = words("", &mut rng);
        let change = opened.change().renew(id(WORDS), &fresh);
        let prepared = change.prepare(&storage, NOW + 9, &mut rng).await.unwrap();
        assert_eq!(
            prepared.steps(),
            [Step::Renew {
                identifier: id(WORDS)
            }]
        );
        let committed = settle(prepared, &storage, &device, &mut rng).await.unwrap();
        let receipt = &committed.receipt;
        assert_eq!(receipt.renewed.len(), 1);
        assert_eq!(receipt.renewed[0].identifier, id(WORDS));
        assert!(receipt.added.is_empty() && receipt.removed.is_empty());
        let [
            Residual::NotRenewed {
                renewed,
                old: 1,
                unchanged,
                needed: 1,
                ..
            },
        ] = receipt.residuals.as_slice()
        else {
            panic!("{:?}", receipt.residuals);
        };
        assert_eq!(renewed.len(), 1);
        let unchanged: Vec<_> = unchanged.iter().map(|name| name.identifier).collect();
        assert_eq!(unchanged, [id(DEVICE), id(PROVIDER)]);
        // The holder is the same but for its seed.
        let after = committed.account.core();
        assert_eq!(after.epoch.get(), before.epoch.get() + 1);
        let mut expected = before.holders.clone();
        expected[2].box_key = fresh.box_key();
        expected[2].mailbox = fresh.address(0);
        assert_eq!(after.holders, expected);
        // New words open, with each of the others; old ones are told.
        open(&storage, &[&fresh, &login]).await.unwrap();
        let device = person.device();
        let factor = device.factor("");
        open(&storage, &[&factor, &fresh]).await.unwrap();
        let error = open(&storage, &[&person.words]).await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Removed);
        let told = "this factor was removed from the account, or replaced, in version 1 by ";
        assert!(error.to_string().starts_with(told), "{error}");
        let error = open(&storage, &[&person.words, &login])
            .await
            .err()
            .unwrap();
        assert_eq!(error.kind(), ErrorKind::NeedMoreShares { have: 1, need: 2 });
    }
}

#[tokio::test]
async fn a_second_renewal_follows_the_first() {
    let mut rng = rng("renew twice");
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let login = login(&person.provider).await;
    let device = person.device();
    let factor = device.factor("");
    let sheets = [words("", &mut rng), words("", &mut rng)];
    for sheet in &sheets {
        let opened = open(&storage, &[&factor, &login]).await.unwrap();
        let change = opened.change().renew(id(WORDS), sheet).refresh();
        commit(change, &storage, &mut rng).await.unwrap();
    }
    open(&storage, &[&sheets[1], &login]).await.unwrap();
    for old in [&person.words, &sheets[0]] {
        let error = open(&storage, &[old]).await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Removed);
    }
}

#[tokio::test]
async fn an_old_seed_and_an_archive_open_nothing_that_is_newer() {
    let mut rng = rng("old seed");
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Never, &mut rng).await;
    let device = person.device();
    let factor = device.factor("");
    let login = login(&person.provider).await;
    let opened = open(&storage, &[&factor, &login]).await.unwrap();
    let old = archive(&storage, opened.account()).await;
    let fresh = words("", &mut rng);
    let change = opened.change().renew(id(WORDS), &fresh);
    let committed = commit(change, &storage, &mut rng).await.unwrap();
    let closed = storage
        .get(&person.words.address(0))
        .await
        .unwrap()
        .unwrap();
    assert!(closed.is_closed());
    let new = archive(&storage, &committed.account).await;
    // Any mixture in which one record is new, the old words' mailbox being shown as it was.
    let mailbox = |records: &[Record], address: Address| {
        let mut records = records.iter();
        records.find(|record| record.address() == address).cloned()
    };
    let paper = mailbox(&old, person.words.address(0)).unwrap();
    let document = committed.account.document_address();
    for shown in [
        // The old words, and all else of today.
        vec![paper.clone()],
        // The old document beside it, with the login of today.
        vec![paper.clone(), mailbox(&old, document).unwrap()],
        // The login of then, with today's document.
        vec![paper.clone(), mailbox(&old, login.address(0)).unwrap()],
    ] {
        let storage = Over(shown, &storage);
        let attempt = open(&storage, &[&person.words, &login]).await;
        assert_eq!(attempt.err().unwrap().kind(), ErrorKind::Refused);
        let alone = open(&storage, &[&person.words]).await.err().unwrap();
        assert!(
            matches!(
                alone.kind(),
                ErrorKind::Refused | ErrorKind::NeedMoreShares { .. }
            ),
            "{alone}"
        );
    }
    // The old words with another thief's copy of the new ones are still one factor.
    let both = Over(vec![paper], &storage);
    let attempt = open(&both, &[&person.words, &fresh]).await;
    assert_eq!(attempt.err().unwrap().kind(), ErrorKind::Refused);
    // What the receipt says is so: with an archive of everything and the seed of one that was not
    // renewed, the old seed opens the account as it was.
    let everything = Over(old, &storage);
    let thief = Opened::open(
        &everything,
        &[&person.words, &factor],
        ReadOptions::default(),
    )
    .await;
    // Only the device's own memory could know better; a thief has its seed alone.
    drop(thief);
    let stolen = SeedFactor::new(
        HolderKind::Device,
        "",
        package(&person.store).opening_seed.clone(),
    );
    open(&everything, &[&person.words, &stolen]).await.unwrap();
    assert!(!new.is_empty());
}

#[tokio::test]
async fn renewing_all_that_can_be_leaves_what_the_receipt_says() {
    let mut rng = rng("renew all");
    let storage = MemoryStorage::new();
    let (one, two, three) = (
        words("one", &mut rng),
        words("two", &mut rng),
        words("three", &mut rng),
    );
    let plan = Plan::new(CurveId::Ed25519, 2, NOW);
    create_over(&storage, &plan, &[&one, &two, &three], &mut rng)
        .await
        .unwrap();
    let opened = open(&storage, &[&one, &two]).await.unwrap();
    let fresh: Vec<_> = (0..3).map(|_| words("", &mut rng)).collect();
    // Two of three: whoever has one old seed needs the third.
    let change = opened
        .change()
        .unverified(Unverified::Accept)
        .renew(id(1), &fresh[0])
        .renew(id(2), &fresh[1]);
    let prepared = change.prepare(&storage, NOW, &mut rng).await.unwrap();
    let [
        Residual::NotRenewed {
            old: 1,
            needed: 1,
            unchanged,
            ..
        },
    ] = prepared.receipt().residuals.as_slice()
    else {
        panic!("{:?}", prepared.receipt());
    };
    assert_eq!(unchanged[0].identifier, id(3));
    let text = prepared.receipt().residuals[0].to_string();
    assert!(
        text.contains("one of the old seeds of words 1 (one), words 2 (two)"),
        "{text}"
    );
    // All three: fewer than two old seeds open nothing, whatever is archived.
    let change = opened
        .change()
        .unverified(Unverified::Accept)
        .renew(id(1), &fresh[0])
        .renew(id(2), &fresh[1])
        .renew(id(3), &fresh[2]);
    let committed = commit(change, &storage, &mut rng).await.unwrap();
    assert_eq!(committed.receipt.residuals, []);
    open(&storage, &[&fresh[0], &fresh[2]]).await.unwrap();
}

#[tokio::test]
async fn a_removal_with_everybody_else_renewed_leaves_no_seed_that_helps_the_removed() {
    let mut rng = rng("remove and renew");
    let storage = MemoryStorage::new();
    let old: Vec<_> = (0..3).map(|_| words("", &mut rng)).collect();
    let plan = Plan::new(CurveId::Secp256k1, 2, NOW);
    create_over(&storage, &plan, &[&old[0], &old[1], &old[2]], &mut rng)
        .await
        .unwrap();
    let opened = open(&storage, &[&old[0], &old[1]]).await.unwrap();
    let newer: Vec<_> = (0..2).map(|_| words("", &mut rng)).collect();
    let change = opened
        .change()
        .unverified(Unverified::Accept)
        .remove(id(3))
        .renew(id(1), &newer[0])
        .renew(id(2), &newer[1]);
    let committed = commit(change, &storage, &mut rng).await.unwrap();
    assert!(
        committed
            .receipt
            .residuals
            .iter()
            .all(|residual| !matches!(residual, Residual::UnchangedSeeds { .. })),
        "{:?}",
        committed.receipt.residuals
    );
    open(&storage, &[&newer[0], &newer[1]]).await.unwrap();
    let removed = open(&storage, &[&old[2]]).await.err().unwrap();
    assert_eq!(removed.kind(), ErrorKind::Removed);
}

/// Announces that the device renews itself, and stops there. What is committed later is returned.
async fn begin<'f>(
    storage: &dyn Storage,
    device: &Device<'_>,
    opened: &Opened<'f>,
    renewed: &'f SeedFactor<'static>,
    rng: &mut ChaCha20Rng,
) -> Result<tki_engine::Prepared<'f>, Error> {
    let change = opened.change().renew(id(DEVICE), renewed);
    let prepared = change.prepare(storage, NOW, rng).await?;
    prepared.announce(device, None, rng)?;
    Ok(prepared)
}

#[tokio::test]
async fn a_device_renews_itself() {
    let mut rng = rng("renew device");
    for curve in CURVES {
        let storage = MemoryStorage::new();
        let person = Person::create_on(curve, &storage, OfflineCopies::Keep, &mut rng).await;
        let stolen = copy(&person.store, &mut rng);
        let old_seed = package(&person.store).opening_seed.clone();
        let device = person.device();
        let factor = device.factor("");
        let opened = open(&storage, &[&factor, &person.words]).await.unwrap();
        let renewed = device.renewal(&mut rng);
        let prepared = begin(&storage, &device, &opened, &renewed, &mut rng)
            .await
            .unwrap();
        let committed = prepared.commit(&storage).await.unwrap();
        let settled = device
            .settle(&storage, &committed.account, &mut rng)
            .await
            .unwrap();
        assert!(settled.pending().is_none());
        let kept = package(&person.store);
        assert!(kept.opening_seed.ct_eq(renewed.expose_seed()));
        assert!(!kept.opening_seed.ct_eq(&old_seed));
        assert_eq!(kept.membership.unwrap().mailbox.address, renewed.address(0));
        // It opens online and offline, and was nobody else in between.
        let factor = settled.factor("");
        let opened = open(&storage, &[&factor, &person.words]).await.unwrap();
        assert_eq!(opened.account().holders()[0].label, "laptop");
        Account::read_offline(&[&factor, &person.words])
            .await
            .unwrap()
            .open()
            .unwrap();
        // What was stolen before is told that it was replaced, and opens only what it has.
        let thief = Device::load(&stolen).unwrap().unwrap();
        let thief = thief.factor("");
        let error = read(&storage, &[&thief]).await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Removed);
        assert!(with_causes(&error).contains("or replaced, in version 1"));
    }
}

#[tokio::test]
async fn a_device_that_dies_before_its_renewal_is_committed_begins_again_with_the_same_seed() {
    let mut rng = rng("dies before");
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let device = person.device();
    let factor = device.factor("");
    let opened = open(&storage, &[&factor, &person.words]).await.unwrap();
    let renewed = device.renewal(&mut rng);
    let seed = renewed.expose_seed().clone();
    drop(
        begin(&storage, &device, &opened, &renewed, &mut rng)
            .await
            .unwrap(),
    );
    // It starts again.
    let device = person.device();
    let factor = device.factor("");
    let account = read(&storage, &[&factor]).await.unwrap();
    assert_eq!(device.outcome(&account), Some(Outcome::DidNotHappen));
    assert_eq!(account.version(), 0);
    // Offline it opens as before.
    let offline = Account::read_offline(&[&factor, &person.words]).await;
    offline.unwrap().open().unwrap();
    // Opening brings nothing new: the note stays.
    let opened = open(&storage, &[&factor, &person.words]).await.unwrap();
    let device = device
        .catch_up(&storage, opened.account(), &mut rng)
        .await
        .unwrap();
    assert!(device.pending().is_some());
    // The same again has the same seed, and happens.
    let again = device.renewal(&mut rng);
    assert!(again.expose_seed().ct_eq(&seed));
    let factor = device.factor("");
    let opened = open(&storage, &[&factor, &person.words]).await.unwrap();
    let prepared = begin(&storage, &device, &opened, &again, &mut rng)
        .await
        .unwrap();
    let committed = prepared.commit(&storage).await.unwrap();
    device
        .settle(&storage, &committed.account, &mut rng)
        .await
        .unwrap();
    assert!(package(&person.store).opening_seed.ct_eq(&seed));
}

#[tokio::test]
async fn a_device_that_dies_after_its_renewal_is_committed_finds_itself() {
    let mut rng = rng("dies after");
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let device = person.device();
    let factor = device.factor("");
    let opened = open(&storage, &[&factor, &person.words]).await.unwrap();
    let renewed = device.renewal(&mut rng);
    let prepared = begin(&storage, &device, &opened, &renewed, &mut rng)
        .await
        .unwrap();
    prepared.commit(&storage).await.unwrap();
    // It starts again: by itself it finds the new address and that the renewal happened.
    let device = person.device();
    let factor = device.factor("");
    let account = read(&storage, &[&factor]).await.unwrap();
    assert_eq!(account.version(), 1);
    assert_eq!(device.outcome(&account), Some(Outcome::Happened));
    // With every server gone it still opens by its old copies.
    let offline = Account::read_offline(&[&factor, &person.words]).await;
    offline.unwrap().open().unwrap();
    // What was only read proves nothing: forgetting the note keeps both seeds.
    device.forget_pending(&mut rng).unwrap();
    let device = person.device();
    assert!(device.pending().is_some());
    let factor = device.factor("");
    let offline = Account::read_offline(&[&factor, &person.words]).await;
    offline.unwrap().open().unwrap();
    // Opened, it takes the new seed over, and the next look forgets the note.
    let opened = open(&storage, &[&factor, &person.words]).await.unwrap();
    let device = device
        .catch_up(&storage, opened.account(), &mut rng)
        .await
        .unwrap();
    assert!(
        package(&person.store)
            .opening_seed
            .ct_eq(renewed.expose_seed())
    );
    let factor = device.factor("");
    let account = read(&storage, &[&factor]).await.unwrap();
    assert_eq!(device.outcome(&account), Some(Outcome::Happened));
    device.forget_pending(&mut rng).unwrap();
    let device = person.device();
    assert!(device.pending().is_none());
    let factor = device.factor("");
    open(&storage, &[&factor, &person.words]).await.unwrap();
    Account::read_offline(&[&factor, &person.words])
        .await
        .unwrap()
        .open()
        .unwrap();
}

#[tokio::test]
async fn a_renewal_that_lost_a_race_is_forgotten() {
    let mut rng = rng("lost race");
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let device = person.device();
    let factor = device.factor("");
    let login = login(&person.provider).await;
    let opened = open(&storage, &[&factor, &person.words]).await.unwrap();
    let renewed = device.renewal(&mut rng);
    let prepared = begin(&storage, &device, &opened, &renewed, &mut rng)
        .await
        .unwrap();
    refresh(&storage, &[&login, &person.words], &mut rng).await;
    let error = prepared.commit(&storage).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    device.forget_pending(&mut rng).unwrap();
    let device = person.device();
    assert!(device.pending().is_none());
    let factor = device.factor("");
    open(&storage, &[&factor, &login]).await.unwrap();
}

#[tokio::test]
async fn a_renewal_that_arrives_during_another_change_is_not_lost() {
    let mut rng = rng("late renewal");
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let device = person.device();
    let factor = device.factor("");
    let opened = open(&storage, &[&factor, &person.words]).await.unwrap();
    let renewed = device.renewal(&mut rng);
    // The commit is on its way, and no answer came.
    let late = begin(&storage, &device, &opened, &renewed, &mut rng)
        .await
        .unwrap();
    // Meanwhile the device changes something else.
    let device = person.device();
    let factor = device.factor("");
    let opened = open(&storage, &[&factor, &person.words]).await.unwrap();
    let change = opened.change().rename(id(WORDS), "vault");
    let prepared = change.prepare(&storage, NOW, &mut rng).await.unwrap();
    prepared.announce(&device, None, &mut rng).unwrap();
    late.commit(&storage).await.unwrap();
    let error = prepared.commit(&storage).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    // The note of the change has the seed of the one before; the change did not happen.
    let device = person.device();
    let factor = device.factor("");
    let opened = open(&storage, &[&factor, &person.words]).await.unwrap();
    assert_eq!(
        device.outcome(opened.account()),
        Some(Outcome::DidNotHappen)
    );
    assert_eq!(opened.account().holders()[2].label, "paper");
    // Even if the note is dropped now, the seed is not.
    let dropped = copy(&person.store, &mut rng);
    let forgetful = Device::load(&dropped).unwrap().unwrap();
    forgetful.forget_pending(&mut rng).unwrap();
    let forgetful = Device::load(&dropped).unwrap().unwrap();
    let still = forgetful.factor("");
    open(&storage, &[&still, &person.words]).await.unwrap();
    // The same again happens, with the renewed device.
    let device = device
        .catch_up(&storage, opened.account(), &mut rng)
        .await
        .unwrap();
    assert!(
        package(&person.store)
            .opening_seed
            .ct_eq(renewed.expose_seed())
    );
    let factor = device.factor("");
    let opened = open(&storage, &[&factor, &person.words]).await.unwrap();
    let change = opened.change().rename(id(WORDS), "vault");
    let prepared = change.prepare(&storage, NOW, &mut rng).await.unwrap();
    let committed = settle(prepared, &storage, &device, &mut rng).await.unwrap();
    assert_eq!(committed.account.holders()[2].label, "vault");
    assert!(person.device().pending().is_none());
}

#[tokio::test]
async fn a_renewal_that_did_not_happen_is_not_taken_for_the_change_after_it_that_did() {
    let mut rng = rng("renewal, then a change");
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let device = person.device();
    let factor = device.factor("");
    let opened = open(&storage, &[&factor, &person.words]).await.unwrap();
    let renewed = device.renewal(&mut rng);
    // It dies before it commits its renewal, then after it has committed something else.
    let lost = begin(&storage, &device, &opened, &renewed, &mut rng).await;
    drop(lost.unwrap());
    let device = person.device();
    let factor = device.factor("");
    let opened = open(&storage, &[&factor, &person.words]).await.unwrap();
    let change = opened.change().rename(id(WORDS), "vault");
    let prepared = change.prepare(&storage, NOW, &mut rng).await.unwrap();
    prepared.announce(&device, None, &mut rng).unwrap();
    prepared.commit(&storage).await.unwrap();
    // It sees that the change happened, and forgets it, but for the seed of the renewal.
    let device = person.device();
    let factor = device.factor("");
    let account = read(&storage, &[&factor]).await.unwrap();
    assert_eq!(device.outcome(&account), Some(Outcome::Happened));
    device.forget_pending(&mut rng).unwrap();
    let device = person.device();
    let factor = device.factor("");
    let account = read(&storage, &[&factor]).await.unwrap();
    let pending = device.pending().unwrap();
    assert!(matches!(pending.steps.as_slice(), [Step::Renew { .. }]));
    assert_eq!(device.outcome(&account), Some(Outcome::DidNotHappen));
}

#[tokio::test]
async fn a_renewal_that_never_arrived_is_given_up_once_the_account_has_moved_on() {
    let mut rng = rng("never arrived");
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let device = person.device();
    let old_seed = package(&person.store).opening_seed.clone();
    let factor = device.factor("");
    let opened = open(&storage, &[&factor, &person.words]).await.unwrap();
    let renewed = device.renewal(&mut rng);
    let late = begin(&storage, &device, &opened, &renewed, &mut rng)
        .await
        .unwrap();
    let login = login(&person.provider).await;
    refresh(&storage, &[&login, &person.words], &mut rng).await;
    let device = person.device();
    let factor = device.factor("");
    let opened = open(&storage, &[&factor, &person.words]).await.unwrap();
    assert_eq!(
        device.outcome(opened.account()),
        Some(Outcome::DidNotHappen)
    );
    let device = device
        .catch_up(&storage, opened.account(), &mut rng)
        .await
        .unwrap();
    assert!(device.pending().is_none());
    assert!(package(&person.store).opening_seed.ct_eq(&old_seed));
    let error = late.commit(&storage).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn a_storage_that_denies_the_renewed_device_is_refused_or_shows_what_was() {
    let mut rng = rng("denies renewal");
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let device = person.device();
    let factor = device.factor("");
    let opened = open(&storage, &[&factor, &person.words]).await.unwrap();
    let renewed = device.renewal(&mut rng);
    let prepared = begin(&storage, &device, &opened, &renewed, &mut rng)
        .await
        .unwrap();
    prepared.commit(&storage).await.unwrap();
    // A record of somebody else at the new address.
    let device = person.device();
    let factor = device.factor("");
    let foreign = storage
        .get(&person.words.address(0))
        .await
        .unwrap()
        .unwrap();
    struct Swapped<'s>(&'s MemoryStorage, Address, Record);
    #[async_trait::async_trait]
    impl Storage for Swapped<'_> {
        async fn get(&self, address: &Address) -> Result<Option<Record>, tki_storage::Error> {
            if *address == self.1 {
                return Ok(Some(self.2.clone()));
            }
            self.0.get(address).await
        }
        async fn commit(&self, _: &tki_record::Commit) -> Result<(), tki_storage::Error> {
            Err(tki_storage::Error::Unsupported)
        }
    }
    let swapped = Swapped(&storage, renewed.address(0), foreign);
    let error = read(&swapped, &[&factor]).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Refused);
    // Both seeds are still there.
    let device = person.device();
    let factor = device.factor("");
    open(&storage, &[&factor, &person.words]).await.unwrap();
}

#[tokio::test]
async fn a_damaged_mailbox_is_mended_by_renewing_its_holder() {
    let mut rng = rng("renew damaged");
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let device = person.device();
    let factor = device.factor("");
    let login = login(&person.provider).await;
    let address = person.words.address(0);
    let foreign = storage.get(&login.address(0)).await.unwrap().unwrap();
    struct Damaged<'s>(&'s MemoryStorage, Address, Record);
    #[async_trait::async_trait]
    impl Storage for Damaged<'_> {
        async fn get(&self, address: &Address) -> Result<Option<Record>, tki_storage::Error> {
            if *address == self.1 {
                return Ok(Some(self.2.clone()));
            }
            self.0.get(address).await
        }
        async fn commit(&self, commit: &tki_record::Commit) -> Result<(), tki_storage::Error> {
            self.0.commit(commit).await
        }
    }
    let damaged = Damaged(&storage, address, foreign);
    let opened = open(&damaged, &[&factor, &login]).await.unwrap();
    let refused = commit(opened.change().refresh(), &damaged, &mut rng).await;
    assert_eq!(refused.err().unwrap().kind(), ErrorKind::Refused);
    let fresh = words("", &mut rng);
    let change = opened.change().renew(id(WORDS), &fresh);
    let committed = commit(change, &damaged, &mut rng).await.unwrap();
    assert!(committed.receipt.repaired.is_empty());
    open(&damaged, &[&fresh, &login]).await.unwrap();
}

#[tokio::test]
async fn any_factor_can_be_replaced_in_one_change() {
    let mut rng = rng("replace");
    for number in [DEVICE, PROVIDER, WORDS] {
        let storage = MemoryStorage::new();
        let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
        let device = person.device();
        let factor = device.factor("");
        let old_login = login(&person.provider).await;
        let other = tki_provider::fake::FakeProvider::new([0x5a; 32]);
        let new_login = login(&other).await;
        let store = MemoryStore::new();
        let new_device = Device::new(&store, &mut rng);
        let new_factor = new_device.factor("phone");
        let new_words = words("sheet 2", &mut rng);
        // The two that stay open it.
        let old: [&dyn Factor; 3] = [&factor, &old_login, &person.words];
        let new: [&dyn Factor; 3] = [&new_factor, &new_login, &new_words];
        let place = usize::try_from(number).unwrap() - 1;
        let stay: Vec<&dyn Factor> = (0..3).filter(|x| *x != place).map(|x| old[x]).collect();
        let opened = open(&storage, &stay).await.unwrap();
        let change = opened
            .change()
            .unverified(Unverified::Accept)
            .remove(id(number))
            .add(new[place], OfflineCopies::Keep);
        let committed = commit(change, &storage, &mut rng).await.unwrap();
        let receipt = &committed.receipt;
        assert_eq!(receipt.removed[0].identifier, id(number));
        assert_eq!(receipt.added[0].identifier, id(4));
        assert_eq!(receipt.added[0].kind, receipt.removed[0].kind);
        assert_eq!(receipt.can_lose, 1);
        assert!(
            receipt
                .residuals
                .iter()
                .any(|residual| matches!(residual, Residual::UnchangedSeeds { .. }))
        );
        open(&storage, &[new[place], stay[0]]).await.unwrap();
        open(&storage, &[new[place], stay[1]]).await.unwrap();
        let gone = open(&storage, &[old[place]]).await.err().unwrap();
        assert_eq!(gone.kind(), ErrorKind::Removed);
    }
}

#[tokio::test]
async fn new_seeds_are_in_no_text() {
    let mut rng = rng("renewal canary");
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let device = person.device();
    let factor = device.factor("");
    let opened = open(&storage, &[&factor, &person.words]).await.unwrap();
    let renewed = device.renewal(&mut rng);
    let fresh = words("", &mut rng);
    let change = opened
        .change()
        .renew(id(DEVICE), &renewed)
        .renew(id(WORDS), &fresh);
    let prepared = change.prepare(&storage, NOW, &mut rng).await.unwrap();
    prepared.announce(&device, None, &mut rng).unwrap();
    let pending = package(&person.store).pending.unwrap();
    assert_eq!(pending.seeds.len(), 2);
    let shown = format!(
        "{pending:?} {:?} {:?}",
        prepared.receipt(),
        prepared.steps()
    );
    let hex = |seed: &OpeningSeed| -> String {
        let bytes = seed.expose_secret().iter();
        bytes.map(|byte| format!("{byte:02x}")).collect()
    };
    for seed in [renewed.expose_seed(), fresh.expose_seed()] {
        assert!(!shown.contains(&hex(seed)));
    }
    assert!(matches!(
        (&pending.steps[0], &pending.steps[1]),
        (Step::Renew { .. }, Step::Renew { .. })
    ));
}

#[test]
fn labels_that_hide_something_are_refused_anew_and_read_where_they_are_stored() {
    let mut rng = rng("labels that hide something");
    for hidden in [
        '\u{ad}',
        '\u{61c}',
        '\u{2067}',
        '\u{2029}',
        '\u{feff}',
        '\u{e0041}',
    ] {
        assert!(!tki_engine::fits_label(hidden));
        let label = format!("pa{hidden}per");
        let refused = Joining::new(HolderKind::Device, &label, &mut rng).map(drop);
        let refused = refused.unwrap_err().invalid_change();
        assert_eq!(refused, Some(InvalidChange::Label), "{hidden:?}");
        // An older version wrote it.
        let stored = PendingJoin::new(HolderKind::Device, &label, &mut rng).encode();
        let read = PendingJoin::decode(&stored.unwrap()).unwrap();
        assert_eq!(read.label, label);
    }
    let names = "Großmutters Gerät – 祖母 👵 बूढ़ी";
    assert!(names.chars().all(tki_engine::fits_label));
}

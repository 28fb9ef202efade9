//! An account in a bundle: opened without its storage, and brought back into another.

use rand_chacha::ChaCha20Rng;
use tki_engine::{Account, Culprit, ErrorKind, Factor, Freshness, OfflineCopies};
use tki_math::Identifier;
use tki_metadata::Bundle;
use tki_seal::signature::{Input, Scheme};
use tki_storage::{Error, MemoryStorage, ReadOnly, Storage as _};
use tki_testkit::{HostileStorage, forge, rng};

use crate::support::{NOW, Person, commit, login, open, read, refresh};

type Hostile = HostileStorage<MemoryStorage>;

async fn stage(test: &str) -> (Hostile, Person, ChaCha20Rng) {
    let mut rng = rng(test);
    let storage = HostileStorage::new(MemoryStorage::new());
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    (storage, person, rng)
}

/// A backup as a person makes it: written to a file and read from there.
async fn backup(storage: &Hostile, factors: &[&dyn Factor]) -> Bundle {
    let account = read(storage, factors).await.unwrap();
    let bundle = account.backup(storage).await.unwrap();
    Bundle::decode(&bundle.encode().unwrap()).unwrap()
}

fn offline(bundle: &Bundle) -> ReadOnly<MemoryStorage> {
    ReadOnly::excerpt(MemoryStorage::from_records(bundle.records.clone()).unwrap())
}

fn identifier(number: u128) -> Identifier {
    Identifier::new(number).unwrap()
}

#[tokio::test]
async fn every_quorum_opens_a_bundle_without_any_storage() {
    let (storage, person, mut rng) = stage("bundle quorums").await;
    let device = person.device();
    let laptop = device.factor("laptop");
    let login = login(&person.provider).await;
    refresh(&storage, &[&laptop, &person.words], &mut rng).await;
    // One factor is enough to make it.
    let bundle = backup(&storage, &[&person.words]).await;
    assert_eq!(bundle.records.len(), 4);
    let key = read(&storage, &[&laptop])
        .await
        .unwrap()
        .verifying_key()
        .to_vec();
    storage.take_down();

    let gone = offline(&bundle);
    let quorums: [[&dyn Factor; 2]; 3] = [
        [&laptop, &login],
        [&laptop, &person.words],
        [&login, &person.words],
    ];
    for quorum in quorums {
        let opened = open(&gone, &quorum).await.unwrap();
        assert_eq!(opened.account().verifying_key(), key);
        assert_eq!(opened.account().version(), 1);
        opened
            .sign(Scheme::Bip340, Input::Message(b"offline"))
            .unwrap();
        let change = opened.change().refresh();
        let refused = commit(change, &gone, &mut rng).await.err().unwrap();
        assert_eq!(refused.kind(), ErrorKind::Unavailable);
        // It stands in for its storage in every way: a copy of a copy is the same.
        assert_eq!(opened.account().backup(&gone).await.unwrap(), bundle);
    }
    let alone: [&dyn Factor; 1] = [&person.words];
    let refused = open(&gone, &alone).await.err().unwrap();
    let few = ErrorKind::NeedMoreShares { have: 1, need: 2 };
    assert_eq!(refused.kind(), few);
}

#[tokio::test]
async fn a_lost_storage_is_filled_from_a_bundle_and_the_account_goes_on() {
    let (storage, person, mut rng) = stage("bundle restored").await;
    let login = login(&person.provider).await;
    for _ in 0..3 {
        refresh(&storage, &[&login, &person.words], &mut rng).await;
    }
    let bundle = backup(&storage, &[&login]).await;

    let elsewhere = HostileStorage::new(MemoryStorage::new());
    let lost = read(&elsewhere, &[&person.words]).await.err().unwrap();
    assert_eq!(lost.kind(), ErrorKind::NotFound);
    let restored = elsewhere.restore(&bundle.records).await.unwrap();
    assert_eq!(restored.created.len(), 4);
    let again = elsewhere.restore(&bundle.records).await.unwrap();
    assert_eq!(again.kept.len(), 4);

    {
        // The anchor knows of nothing newer.
        let opened = open(&elsewhere, &[&login, &person.words]).await.unwrap();
        assert_eq!(opened.account().freshness(), Freshness::Verified);
    }
    refresh(&elsewhere, &[&login, &person.words], &mut rng).await;
    let device = person.device();
    let laptop = device.factor("laptop");
    let opened = open(&elsewhere, &[&laptop, &person.words]).await.unwrap();
    assert_eq!(opened.account().version(), 4);
    device
        .settle(&elsewhere, opened.account(), &mut rng)
        .await
        .unwrap();
    // The bundle is an old one now, there and for the device.
    let older = elsewhere.restore(&bundle.records).await;
    assert!(matches!(older, Err(Error::Conflict { .. })));
}

#[tokio::test]
async fn a_bundle_older_than_what_a_witness_saw_is_refused() {
    let (storage, person, mut rng) = stage("bundle too old").await;
    let login = login(&person.provider).await;
    let old = backup(&storage, &[&login]).await;
    {
        let device = person.device();
        let laptop = device.factor("laptop");
        refresh(&storage, &[&laptop, &login], &mut rng).await;
        let account = read(&storage, &[&laptop]).await.unwrap();
        device.settle(&storage, &account, &mut rng).await.unwrap();
    }
    let device = person.device();
    let laptop = device.factor("laptop");
    let gone = offline(&old);
    let refill = MemoryStorage::new();
    refill.restore(&old.records).await.unwrap();
    for witness in [&laptop as &dyn Factor, &login] {
        let quorum = [witness, &person.words];
        for refused in [
            open(&gone, &quorum).await.err().unwrap(),
            open(&refill, &quorum).await.err().unwrap(),
        ] {
            assert_eq!(refused.kind(), ErrorKind::Refused, "{refused}");
            assert_eq!(refused.culprits(), [Culprit::Document]);
            assert!(
                refused.to_string().contains("has seen version 1"),
                "{refused}"
            );
        }
    }
    // Words have seen nothing, and say so.
    let account = read(&gone, &[&person.words]).await.unwrap();
    assert_eq!(account.freshness(), Freshness::Unverified);
}

#[tokio::test]
async fn a_bundle_of_mixed_records_is_refused_and_what_does_not_fit_is_named() {
    let (storage, person, mut rng) = stage("bundle mixed").await;
    let other = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let login = login(&person.provider).await;
    let quorum: [&dyn Factor; 2] = [&login, &person.words];
    let old = backup(&storage, &quorum).await;
    refresh(&storage, &quorum, &mut rng).await;
    let bundle = backup(&storage, &quorum).await;
    let theirs = backup(&storage, &[&other.words]).await;

    // Of another account: it is as if there were none.
    let absent = open(&offline(&theirs), &[&person.words]).await;
    assert_eq!(absent.err().unwrap().kind(), ErrorKind::NotFound);

    let words = person.words.address(0);
    let with = |address, from: &Bundle| {
        let mut mixed = bundle.clone();
        for record in &mut mixed.records {
            let other = from.records.iter().find(|o| o.address() == address);
            if let Some(other) = other.filter(|_| record.address() == address) {
                record.clone_from(other);
            }
        }
        mixed
    };
    // One mailbox, or the document, of an older version.
    let document = bundle.records[0].address();
    for (address, culprit) in [
        (words, Culprit::Mailbox(identifier(3))),
        (document, Culprit::Document),
    ] {
        let mixed = with(address, &old);
        let refused = open(&offline(&mixed), &quorum).await.err().unwrap();
        assert_eq!(refused.kind(), ErrorKind::Refused, "{refused}");
        assert_eq!(refused.culprits(), [culprit]);
        // Nor is it taken in beside the whole one.
        let whole = MemoryStorage::new();
        whole.restore(&bundle.records).await.unwrap();
        let conflict = whole.restore(&mixed.records).await;
        assert!(matches!(conflict, Err(Error::Conflict { .. })));
    }
    // The document of another account.
    let mut swapped = bundle.clone();
    swapped.records[0] = theirs.records[0].clone();
    let refused = open(&offline(&swapped), &quorum).await.err().unwrap();
    assert_eq!(refused.culprits(), [Culprit::Document]);
    // A record that is missing.
    let mut missing = bundle.clone();
    missing.records.remove(0);
    let refused = open(&offline(&missing), &quorum).await.err().unwrap();
    assert_eq!(refused.culprits(), [Culprit::Document]);
    // A damaged one is not even taken in.
    let mut damaged = bundle.clone();
    damaged.records[1] = forge::damaged(&damaged.records[1]);
    let refused = MemoryStorage::from_records(damaged.records.clone());
    assert!(
        matches!(&refused, Err(Error::Refused { address, .. })
            if *address == bundle.records[1].address()),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_restore_beside_a_newer_version_is_a_conflict_and_an_older_one_catches_up() {
    let (storage, person, mut rng) = stage("bundle conflict").await;
    let login = login(&person.provider).await;
    let quorum: [&dyn Factor; 2] = [&login, &person.words];
    let old = backup(&storage, &quorum).await;
    refresh(&storage, &quorum, &mut rng).await;
    let before = storage.inner().records();
    let refused = storage.restore(&old.records).await;
    assert!(
        matches!(refused, Err(Error::Conflict { found: Some(1), .. })),
        "{refused:?}"
    );
    assert_eq!(storage.inner().records(), before);

    let bundle = backup(&storage, &quorum).await;
    let behind = MemoryStorage::new();
    behind.restore(&old.records).await.unwrap();
    let restored = behind.restore(&bundle.records).await.unwrap();
    assert_eq!(restored.advanced.len(), 4);
    let opened = open(&behind, &quorum).await.unwrap();
    assert_eq!(opened.account().version(), 1);
}

/// A mailbox from before a removal has another writer: no change can be written upon it. A bundle
/// mends it, and nothing else of the storage.
#[tokio::test]
async fn a_mailbox_from_before_a_removal_is_mended_by_a_bundle() {
    let (storage, person, mut rng) = stage("bundle mends").await;
    let login = login(&person.provider).await;
    let quorum: [&dyn Factor; 2] = [&login, &person.words];
    let more = crate::support::words("more", &mut rng);
    {
        let opened = open(&storage, &quorum).await.unwrap();
        let change = opened.change().add(&more, OfflineCopies::Never);
        commit(change, &storage, &mut rng).await.unwrap();
        let opened = open(&storage, &quorum).await.unwrap();
        let change = opened.change().remove(identifier(1));
        commit(change, &storage, &mut rng).await.unwrap();
    }
    let bundle = backup(&storage, &quorum).await;
    storage.roll_back(&more.address(0), 0);
    let opened = open(&storage, &quorum).await.unwrap();
    let change = opened.change().refresh();
    let refused = commit(change, &storage, &mut rng).await.err().unwrap();
    assert_eq!(refused.culprits(), [Culprit::Mailbox(identifier(4))]);

    let restored = storage.restore(&bundle.records).await.unwrap();
    assert!(restored.advanced.iter().eq([&more.address(0)]));
    assert_eq!(restored.kept.len(), 3);
    refresh(&storage, &quorum, &mut rng).await;
    open(&storage, &[&more, &login]).await.unwrap();
}

#[tokio::test]
async fn who_was_removed_stays_removed_in_a_restored_storage() {
    let (storage, person, mut rng) = stage("bundle removed").await;
    let login = login(&person.provider).await;
    let before = backup(&storage, &[&login]).await;
    {
        let quorum: [&dyn Factor; 2] = [&login, &person.words];
        let opened = open(&storage, &quorum).await.unwrap();
        let change = opened.change().remove(identifier(1));
        commit(change, &storage, &mut rng).await.unwrap();
    }
    let bundle = backup(&storage, &[&login]).await;
    assert_eq!(bundle.records.len(), 3);

    let refill = HostileStorage::new(MemoryStorage::new());
    refill.restore(&bundle.records).await.unwrap();
    let opened = open(&refill, &[&login, &person.words]).await.unwrap();
    assert_eq!(opened.account().holders().len(), 2);
    drop(opened);
    // The removed device remembers a mailbox, and is not told that there never was one.
    let device = person.device();
    let laptop = device.factor("laptop");
    let refused = open(&refill, &[&laptop, &person.words])
        .await
        .err()
        .unwrap();
    assert_eq!(refused.kind(), ErrorKind::Refused, "{refused}");
    // Its old mailbox can be brought back; it is of no holder.
    let mailbox = laptop.address(0);
    let old: Vec<_> = before
        .records
        .into_iter()
        .filter(|record| record.address() == mailbox)
        .collect();
    refill.restore(&old).await.unwrap();
    for quorum in [[&laptop as &dyn Factor, &login], [&laptop, &person.words]] {
        let refused = open(&refill, &quorum).await.err().unwrap();
        assert_eq!(refused.kind(), ErrorKind::Refused, "{refused}");
        assert_eq!(refused.culprits(), [Culprit::Mailbox(identifier(1))]);
    }
    refresh(&refill, &[&login, &person.words], &mut rng).await;
}

#[tokio::test]
async fn what_is_missing_or_damaged_is_named_and_nothing_is_made() {
    let (storage, person, mut rng) = stage("bundle damaged").await;
    let device = person.device();
    let laptop = device.factor("laptop");
    let login = login(&person.provider).await;
    refresh(&storage, &[&laptop, &login], &mut rng).await;
    let account = read(&storage, &[&laptop]).await.unwrap();
    let words = person.words.address(0);
    let lies: [fn(&Hostile, &tki_record::Address); 3] = [
        |storage, address| storage.withhold(address),
        |storage, address| storage.damage(address),
        |storage, address| storage.roll_back(address, 0),
    ];
    for lie in lies {
        lie(&storage, &words);
        let refused = account.backup(&storage).await.err().unwrap();
        assert_eq!(refused.kind(), ErrorKind::Refused, "{refused}");
        assert_eq!(refused.culprits(), [Culprit::Mailbox(identifier(3))]);
        storage.be_honest();
    }
    let document = account.document_address();
    storage.withhold(&document);
    let refused = account.backup(&storage).await.err().unwrap();
    assert_eq!(refused.culprits(), [Culprit::Document]);
    storage.be_honest();
    storage.take_down();
    let refused = account.backup(&storage).await.err().unwrap();
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    storage.bring_up();
    account.backup(&storage).await.unwrap();
}

#[tokio::test]
async fn a_change_that_came_first_is_a_conflict_until_the_account_is_read_again() {
    let (storage, person, mut rng) = stage("bundle race").await;
    let login = login(&person.provider).await;
    let account = read(&storage, &[&person.words]).await.unwrap();
    refresh(&storage, &[&login, &person.words], &mut rng).await;
    let lost = account.backup(&storage).await.err().unwrap();
    assert_eq!(lost.kind(), ErrorKind::Conflict);
    let account = read(&storage, &[&person.words]).await.unwrap();
    let bundle = account.backup(&storage).await.unwrap();
    assert_eq!(bundle.records[0].version(), 1);
}

#[tokio::test]
async fn an_account_that_a_device_knows_by_heart_is_backed_up_too() {
    let (storage, person, mut rng) = stage("bundle by heart").await;
    let device = person.device();
    let laptop = device.factor("laptop");
    let factors: [&dyn Factor; 2] = [&laptop, &person.words];
    let account = Account::read_offline(&factors).await.unwrap();
    let bundle = account.backup(&storage).await.unwrap();
    assert_eq!(bundle, backup(&storage, &factors).await);
    let opened = open(&storage, &factors).await.unwrap();
    let prepared = opened.change().refresh().prepare(&storage, NOW, &mut rng);
    let committed = prepared.await.unwrap().commit(&storage).await.unwrap();
    let bundle = committed.account.backup(&storage).await.unwrap();
    assert_eq!(bundle.records[0].version(), 1);
    let lost = account.backup(&storage).await.err().unwrap();
    assert_eq!(lost.kind(), ErrorKind::Conflict);
}

//! Storage that lies: rolled back, forked, swapped, withheld, damaged, and answers that are lost.
//! What it shows is refused, and named.

use rand_chacha::ChaCha20Rng;
use tki_device::{DeviceStore as _, MemoryStore};
use tki_engine::{
    Account, Culprit, Device, ErrorKind, Factor, Freshness, OfflineCopies, Opened, Outcome,
    ReadOptions, Unverified,
};
use tki_math::Identifier;
use tki_storage::MemoryStorage;
use tki_testkit::{HostileStorage, Outcome as Ends, rng};

use crate::support::{NOW, Person, commit, login, open, read, refresh};

async fn stage(test: &str) -> (HostileStorage<MemoryStorage>, Person, ChaCha20Rng) {
    let mut rng = rng(test);
    let storage = HostileStorage::new(MemoryStorage::new());
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    (storage, person, rng)
}

#[tokio::test]
async fn a_rolled_back_storage_is_refused_by_a_device_that_saw_more() {
    let (storage, person, mut rng) = stage("rollback device").await;
    let old = storage.checkpoint();
    {
        let device = person.device();
        let factor = device.factor("laptop");
        refresh(&storage, &[&factor, &person.words], &mut rng).await;
        let account = read(&storage, &[&factor]).await.unwrap();
        device.settle(&storage, &account, &mut rng).await.unwrap();
    }
    storage.roll_back_to(old);
    let device = person.device();
    let factor = device.factor("laptop");
    let error = open(&storage, &[&factor, &person.words])
        .await
        .err()
        .unwrap();
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    assert_eq!(error.culprits(), [Culprit::Document]);
}

#[tokio::test]
async fn a_rolled_back_storage_is_refused_by_the_anchor_and_by_a_printed_version() {
    let (storage, person, mut rng) = stage("rollback anchor").await;
    let login = login(&person.provider).await;
    let old = storage.checkpoint();
    refresh(&storage, &[&login, &person.words], &mut rng).await;
    storage.roll_back_to(old);
    let error = read(&storage, &[&person.words, &login])
        .await
        .err()
        .unwrap();
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    // Words alone cannot know; a printed version can.
    let unknown = read(&storage, &[&person.words]).await.unwrap();
    assert_eq!(unknown.freshness(), Freshness::Unverified);
    let mut options = ReadOptions::default();
    options.at_least_version = Some(1);
    let error = Account::read(&storage, &[&person.words], options)
        .await
        .err()
        .unwrap();
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
}

#[tokio::test]
async fn a_forked_storage_is_refused() {
    let (storage, person, mut rng) = stage("fork").await;
    let other = storage.fork();
    let login = login(&person.provider).await;
    {
        let device = person.device();
        let factor = device.factor("laptop");
        refresh(&storage, &[&factor, &person.words], &mut rng).await;
        let account = read(&storage, &[&factor]).await.unwrap();
        device.settle(&storage, &account, &mut rng).await.unwrap();
    }
    // The other view gets a version of its own, and one more on top.
    for _ in 0..2 {
        refresh(&other, &[&person.words, &login], &mut rng).await;
        let device = person.device();
        let factor = device.factor("laptop");
        let error = open(&other, &[&factor, &login]).await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
        assert!(error.to_string().contains("different version 1"), "{error}");
    }
}

#[tokio::test]
async fn one_rolled_back_mailbox_is_named_and_mended_by_the_next_change() {
    let (storage, person, mut rng) = stage("old mailbox").await;
    let login = login(&person.provider).await;
    let device = person.device();
    let factor = device.factor("laptop");
    refresh(&storage, &[&factor, &login], &mut rng).await;
    storage.roll_back(&person.words.address(0), 0);
    let error = open(&storage, &[&person.words, &login])
        .await
        .err()
        .unwrap();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(
        error.culprits(),
        [Culprit::Mailbox(Identifier::new(3).unwrap())],
        "{error}"
    );
    let opened = open(&storage, &[&factor, &login]).await.unwrap();
    let prepared = opened
        .change()
        .refresh()
        .prepare(&storage, NOW, &mut rng)
        .await
        .unwrap();
    let repaired: Vec<u128> = prepared
        .receipt()
        .repaired
        .iter()
        .map(|name| name.identifier.get())
        .collect();
    assert_eq!(repaired, [3]);
    prepared.commit(&storage).await.unwrap();
    open(&storage, &[&person.words, &login]).await.unwrap();
}

#[tokio::test]
async fn a_damaged_mailbox_is_named_and_given_up_by_removing_its_holder() {
    let (storage, person, mut rng) = stage("damage").await;
    let login = login(&person.provider).await;
    let device = person.device();
    let factor = device.factor("laptop");
    storage.damage(&person.words.address(0));
    let error = open(&storage, &[&person.words, &login])
        .await
        .err()
        .unwrap();
    assert_eq!(error.kind(), ErrorKind::Refused);
    let opened = open(&storage, &[&factor, &login]).await.unwrap();
    let words = Identifier::new(3).unwrap();
    let refused = opened
        .change()
        .refresh()
        .prepare(&storage, NOW, &mut rng)
        .await
        .err()
        .unwrap();
    assert_eq!(refused.kind(), ErrorKind::Refused);
    assert_eq!(refused.culprits(), [Culprit::Mailbox(words)]);
    let prepared = opened
        .change()
        .remove(words)
        .prepare(&storage, NOW, &mut rng)
        .await
        .unwrap();
    let committed = prepared.commit(&storage).await.unwrap();
    assert_eq!(committed.account.holders().len(), 2);
    open(&storage, &[&factor, &login]).await.unwrap();
}

#[tokio::test]
async fn a_damaged_document_is_named() {
    let (storage, person, _) = stage("damaged document").await;
    let account = read(&storage, &[&person.words]).await.unwrap();
    storage.damage(&account.document_address());
    let error = read(&storage, &[&person.words]).await.err().unwrap();
    assert_eq!(error.culprits(), [Culprit::Document]);
}

#[tokio::test]
async fn swapped_records_are_refused_within_and_between_accounts() {
    let (storage, person, mut rng) = stage("swap").await;
    let other = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let documents = [
        read(&storage, &[&person.words])
            .await
            .unwrap()
            .document_address(),
        read(&storage, &[&other.words])
            .await
            .unwrap()
            .document_address(),
    ];
    let login = login(&person.provider).await;
    for [one, two] in [
        [person.words.address(0), login.address(0)],
        [person.words.address(0), other.words.address(0)],
        documents,
    ] {
        storage.swap(&one, &two);
        let error = open(&storage, &[&person.words, &login])
            .await
            .err()
            .unwrap();
        assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
        storage.be_honest();
    }
    open(&storage, &[&person.words, &login]).await.unwrap();
}

#[tokio::test]
async fn a_withheld_record_is_named() {
    let (storage, person, _) = stage("withhold").await;
    let device = person.device();
    let factor = device.factor("laptop");
    let document = read(&storage, &[&factor]).await.unwrap().document_address();
    storage.withhold(&document);
    let error = read(&storage, &[&person.words]).await.err().unwrap();
    assert_eq!(error.culprits(), [Culprit::Document]);
    storage.be_honest();
    storage.withhold(&factor.address(0));
    let error = read(&storage, &[&factor, &person.words])
        .await
        .err()
        .unwrap();
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
}

#[tokio::test]
async fn factors_of_two_accounts_do_not_mix() {
    let (storage, person, mut rng) = stage("two accounts").await;
    let other = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let error = open(&storage, &[&person.words, &other.words])
        .await
        .err()
        .unwrap();
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
}

#[tokio::test]
async fn writes_on_a_state_that_nothing_vouches_for_ask_first() {
    let (storage, person, mut rng) = stage("unverified").await;
    let more = crate::support::words("more", &mut rng);
    {
        let login = login(&person.provider).await;
        let opened = open(&storage, &[&login, &person.words]).await.unwrap();
        let change = opened.change().add(&more, OfflineCopies::Never);
        commit(change, &storage, &mut rng).await.unwrap();
    }
    let papers: [&dyn Factor; 2] = [&person.words, &more];
    let opened = open(&storage, &papers).await.unwrap();
    assert_eq!(opened.account().freshness(), Freshness::Unverified);
    let refused = opened
        .change()
        .refresh()
        .prepare(&storage, NOW, &mut rng)
        .await;
    assert_eq!(refused.err().unwrap().kind(), ErrorKind::Unverified);
    let change = opened.change().unverified(Unverified::Accept).refresh();
    commit(change, &storage, &mut rng).await.unwrap();
    let mut options = ReadOptions::default();
    options.at_least_version = Some(2);
    let opened = Opened::open(&storage, &papers, options).await.unwrap();
    assert_eq!(opened.account().freshness(), Freshness::AtLeast(2));
    let prepared = opened
        .change()
        .refresh()
        .prepare(&storage, NOW, &mut rng)
        .await
        .unwrap();
    prepared.commit(&storage).await.unwrap();
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_reading_back() {
    let (storage, person, mut rng) = stage("lost answer").await;
    let login = login(&person.provider).await;
    let factors: [&dyn Factor; 2] = [&login, &person.words];
    // It landed: the caller never learns that the answer was lost.
    let opened = open(&storage, &factors).await.unwrap();
    let prepared = opened
        .change()
        .refresh()
        .prepare(&storage, NOW, &mut rng)
        .await
        .unwrap();
    storage.fail_next_commit(Ends::LandedButUnknown);
    let committed = prepared.commit(&storage).await.unwrap();
    assert_eq!(committed.account.version(), 1);
    // It did not: the caller is told that it may still come.
    let opened = open(&storage, &factors).await.unwrap();
    let prepared = opened
        .change()
        .refresh()
        .prepare(&storage, NOW, &mut rng)
        .await
        .unwrap();
    storage.fail_next_commit(Ends::LostButUnknown);
    let error = prepared.commit(&storage).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    open(&storage, &factors).await.unwrap();
}

#[tokio::test]
async fn a_commit_that_lands_late_is_found_by_the_device_that_sent_it() {
    let (storage, person, mut rng) = stage("late").await;
    let login = login(&person.provider).await;
    {
        let device = person.device();
        let factor = device.factor("laptop");
        let opened = open(&storage, &[&factor, &person.words]).await.unwrap();
        let prepared = opened
            .change()
            .refresh()
            .prepare(&storage, NOW, &mut rng)
            .await
            .unwrap();
        prepared.announce(&device, None, &mut rng).unwrap();
        storage.fail_next_commit(Ends::HeldBack);
        let error = prepared.commit(&storage).await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    }
    let device = person.device();
    let factor = device.factor("laptop");
    let account = read(&storage, &[&factor]).await.unwrap();
    assert_eq!(device.outcome(&account), Some(Outcome::DidNotHappen));
    for answer in storage.release().await {
        answer.unwrap();
    }
    refresh(&storage, &[&login, &person.words], &mut rng).await;
    let account = read(&storage, &[&factor]).await.unwrap();
    assert_eq!(account.version(), 2);
    assert_eq!(device.outcome(&account), Some(Outcome::Happened));
}

#[tokio::test]
async fn a_package_of_another_time_is_no_way_around_the_checks() {
    let (storage, person, mut rng) = stage("old package").await;
    let old = MemoryStore::new();
    old.save(&person.store.load().unwrap().unwrap(), &mut rng)
        .unwrap();
    let login = login(&person.provider).await;
    for _ in 0..3 {
        refresh(&storage, &[&login, &person.words], &mut rng).await;
    }
    // A device that slept catches up with one mailbox and the document.
    let device = Device::load(&old).unwrap().unwrap();
    let factor = device.factor("laptop");
    let account = read(&storage, &[&factor]).await.unwrap();
    assert_eq!(account.version(), 3);
    let offline = Account::read_offline(&[&factor, &person.words])
        .await
        .unwrap();
    assert_eq!(offline.version(), 0);
    device.settle(&storage, &account, &mut rng).await.unwrap();
    let device = Device::load(&old).unwrap().unwrap();
    let factor = device.factor("laptop");
    let offline = Account::read_offline(&[&factor, &person.words])
        .await
        .unwrap();
    assert_eq!(offline.open().unwrap().account().version(), 3);
}

//! Looking through a whole storage.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use rand_core::CryptoRng;
use tki_record::{Address, MAX_BODY, Record};

use super::owner::{Owner, put, put_all};
use crate::browse::{Browse, MAX_PAGE_BYTES, MAX_PAGE_RECORDS};

const RECORDS: usize = 40;
const ROUNDS: usize = 25;

/// Pages are in the order of addresses, and together complete, with each record once: with limits
/// of every size, while nothing changes, while a commit comes after each page, and while another
/// task commits. What else is in the storage does not matter, unless it is very much.
pub async fn check_browse(storage: Arc<dyn Browse>, rng: &mut impl CryptoRng) {
    let owners: Vec<Owner> = (0..RECORDS).map(|_| Owner::new(rng)).collect();
    let mut records: Vec<Record> = owners.iter().map(|owner| owner.first(b"0")).collect();
    put_all(storage.as_ref(), &records).await.unwrap();

    check_quiet(storage.as_ref(), &records).await;
    check_between_pages(storage.as_ref(), &owners, &mut records, rng).await;
    check_meanwhile(Arc::clone(&storage), owners, records).await;
    // More than one page holds.
    for _ in 0..9 {
        let record = Owner::new(rng).first(&alloc::vec![0; MAX_BODY]);
        put(storage.as_ref(), &record).await.unwrap();
    }
    browse(storage.as_ref(), usize::MAX).await;
}

/// While nothing changes: the same whatever the limit; and pages have no more than they may.
async fn check_quiet(storage: &dyn Browse, records: &[Record]) {
    let whole = browse(storage, usize::MAX).await;
    for record in records {
        assert_eq!(whole.get(&record.address()), Some(record));
    }
    for limit in [0, 1, 7, RECORDS] {
        assert_eq!(browse(storage, limit).await, whole, "limit {limit}");
    }
    // After an address at which nothing is, and after the last.
    let (first, _) = whole.first_key_value().unwrap();
    let mut before = first.to_bytes();
    if let Some(low) = before.iter_mut().rev().find(|byte| **byte > 0) {
        *low = low.saturating_sub(1);
    }
    let page = storage.page(Some(&Address::from_bytes(before)), 1).await;
    let page = page.unwrap();
    assert_eq!(page.first().map(Record::address), Some(*first));
    let last = Address::from_bytes([0xFF; 32]);
    assert_eq!(storage.page(Some(&last), 1).await.unwrap(), []);
}

/// A commit after each page: it updates one record after the other, and creates one.
async fn check_between_pages(
    storage: &dyn Browse,
    owners: &[Owner],
    records: &mut [Record],
    rng: &mut impl CryptoRng,
) {
    let before = versions(records);
    let mut found = BTreeMap::new();
    let mut after = None;
    let mut turn: usize = 0;
    while add_page(storage, after, 3, &mut found).await {
        after = found.last_key_value().map(|(address, _)| *address);
        let position = turn % records.len();
        turn = turn.saturating_add(1);
        let record = records.get_mut(position).unwrap();
        *record = owners.get(position).unwrap().next(record, b"meanwhile");
        let created = Owner::new(rng).first(b"meanwhile");
        put_all(storage, &[record.clone(), created]).await.unwrap();
    }
    check_found(&found, &before);
}

/// Another task commits all the time.
async fn check_meanwhile(storage: Arc<dyn Browse>, owners: Vec<Owner>, mut records: Vec<Record>) {
    let before = versions(&records);
    let writes = Arc::clone(&storage);
    let writer = tokio::spawn(async move {
        for round in 0..ROUNDS {
            for (owner, record) in owners
                .iter()
                .zip(records.iter_mut())
                .skip(round % 5)
                .step_by(5)
            {
                *record = owner.next(record, &round.to_le_bytes());
                put(writes.as_ref(), record).await.unwrap();
                tokio::task::yield_now().await;
            }
        }
        records
    });
    loop {
        let is_last = writer.is_finished();
        let found = browse(storage.as_ref(), 5).await;
        check_found(&found, &before);
        if is_last {
            break;
        }
    }
    let records = writer.await.unwrap();
    let found = browse(storage.as_ref(), 5).await;
    for record in &records {
        assert_eq!(found.get(&record.address()), Some(record));
    }
}

fn versions(records: &[Record]) -> BTreeMap<Address, u64> {
    let versions = records.iter();
    versions
        .map(|record| (record.address(), record.version()))
        .collect()
}

/// Everything that was there before was found, in that version or a later one.
fn check_found(found: &BTreeMap<Address, Record>, before: &BTreeMap<Address, u64>) {
    for (address, version) in before {
        let record = found.get(address).unwrap();
        assert!(record.version() >= *version, "a version before the pages");
        record.verify().unwrap();
    }
}

/// All pages.
async fn browse(storage: &dyn Browse, limit: usize) -> BTreeMap<Address, Record> {
    let mut found = BTreeMap::new();
    let mut after = None;
    while add_page(storage, after, limit, &mut found).await {
        after = found.last_key_value().map(|(address, _)| *address);
        tokio::task::yield_now().await;
    }
    found
}

/// Adds the page after this address; false if it is empty.
async fn add_page(
    storage: &dyn Browse,
    after: Option<Address>,
    limit: usize,
    found: &mut BTreeMap<Address, Record>,
) -> bool {
    let page = storage.page(after.as_ref(), limit).await.unwrap();
    assert!(page.len() <= limit.clamp(1, MAX_PAGE_RECORDS), "too many");
    let length: usize = page.iter().map(Record::encoded_length).sum();
    assert!(page.len() == 1 || length <= MAX_PAGE_BYTES, "too long");
    add(found, page)
}

/// Adds the records of a page; false if it is empty.
fn add(found: &mut BTreeMap<Address, Record>, page: Vec<Record>) -> bool {
    let is_empty = page.is_empty();
    for record in page {
        let last = found.last_key_value().map(|(address, _)| *address);
        assert!(last < Some(record.address()), "out of order, or twice");
        found.insert(record.address(), record);
    }
    !is_empty
}

/// A snapshot is of one moment: it has all records in the order of their addresses, of each commit
/// all or none, and nothing of what is committed while it is read.
pub async fn check_snapshot(storage: Arc<dyn Browse>, rng: &mut impl CryptoRng) {
    let owners: Vec<Owner> = (0..RECORDS).map(|_| Owner::new(rng)).collect();
    let mut records: Vec<Record> = owners.iter().map(|owner| owner.first(b"0")).collect();
    put_all(storage.as_ref(), &records).await.unwrap();
    check_moment(storage.as_ref(), &owners, &mut records, rng).await;
    check_whole_commits(storage, owners, records).await;
}

/// What is committed between pages is not in it.
async fn check_moment(
    storage: &dyn Browse,
    owners: &[Owner],
    records: &mut [Record],
    rng: &mut impl CryptoRng,
) {
    let whole = browse(storage, usize::MAX).await;
    let mut snapshot = storage.snapshot().await.unwrap();
    let mut found = BTreeMap::new();
    while add(&mut found, snapshot.next(3).await.unwrap()) {
        for (owner, record) in owners.iter().zip(records.iter_mut()) {
            *record = owner.next(record, b"meanwhile");
        }
        let created = Owner::new(rng).first(b"meanwhile");
        put_all(storage, records).await.unwrap();
        put(storage, &created).await.unwrap();
    }
    assert_eq!(found, whole);
    // The last page stays the last.
    assert_eq!(snapshot.next(3).await.unwrap(), []);
}

/// While another task commits new versions of all records at once, each snapshot has one version.
async fn check_whole_commits(
    storage: Arc<dyn Browse>,
    owners: Vec<Owner>,
    mut records: Vec<Record>,
) {
    let addresses: Vec<Address> = records.iter().map(Record::address).collect();
    let writes = Arc::clone(&storage);
    let writer = tokio::spawn(async move {
        for round in 0..ROUNDS {
            for (owner, record) in owners.iter().zip(records.iter_mut()) {
                *record = owner.next(record, &round.to_le_bytes());
            }
            put_all(writes.as_ref(), &records).await.unwrap();
            tokio::task::yield_now().await;
        }
    });
    loop {
        let is_last = writer.is_finished();
        let mut snapshot = storage.snapshot().await.unwrap();
        let mut found = BTreeMap::new();
        while add(&mut found, snapshot.next(7).await.unwrap()) {
            tokio::task::yield_now().await;
        }
        let versions = addresses.iter().map(|address| found.get(address).unwrap());
        let versions: Vec<u64> = versions.map(Record::version).collect();
        assert!(
            versions.windows(2).all(|pair| pair.first() == pair.last()),
            "a commit in parts: {versions:?}"
        );
        if is_last {
            break;
        }
    }
    writer.await.unwrap();
}

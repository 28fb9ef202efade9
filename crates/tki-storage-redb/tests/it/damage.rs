//! Damage is an error and never an absence.

use std::fs;
use std::path::Path;

use rand_core::Rng;
use redb::backends::InMemoryBackend;
use redb::{
    Database, MultimapTableDefinition, StorageBackend as _, TableDefinition, WriteTransaction,
};
use tempfile::tempdir;
use tki_record::{Address, Record};
use tki_storage::{Browse, Error, Storage};
use tki_storage_redb::{Damage, RedbStorage};

use crate::owner::{Owner, commit};

const RECORDS: TableDefinition<'static, [u8; 32], &[u8]> = TableDefinition::new("records");
const ADDRESSES: TableDefinition<'static, [u8; 32], ()> = TableDefinition::new("addresses");

/// Writes bytes to the table behind the storage's back.
pub(crate) fn overwrite(path: &Path, address: &Address, bytes: &[u8]) {
    let transaction = Database::open(path).unwrap().begin_write().unwrap();
    transaction
        .open_table(RECORDS)
        .unwrap()
        .insert(address.to_bytes(), bytes)
        .unwrap();
    transaction.commit().unwrap();
}

fn remove(path: &Path, address: &Address) {
    let transaction = Database::open(path).unwrap().begin_write().unwrap();
    let mut table = transaction.open_table(RECORDS).unwrap();
    drop(table.remove(address.to_bytes()).unwrap());
    drop(table);
    transaction.commit().unwrap();
}

#[tokio::test]
async fn what_is_not_the_record_of_its_address_is_corrupt() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("records");
    let owner = Owner::new("corrupt");
    let (record, other, beside) = (owner.first(0), owner.first(1), owner.first(3));
    let address = record.address();
    RedbStorage::open(&path)
        .unwrap()
        .commit(&commit(&[record.clone(), beside.clone()]))
        .await
        .unwrap();

    let mut damaged = record.encode();
    damaged[300] ^= 1;
    for bytes in [&[][..], b"garbage", &damaged, &other.encode()] {
        overwrite(&path, &address, bytes);
        let storage = RedbStorage::open(&path).unwrap();
        let next = record.next(vec![], &owner.writer, None).unwrap();
        let fresh = owner.first(2);
        let answers = [
            storage.get(&address).await.map(drop),
            storage
                .get_many(&[other.address(), address])
                .await
                .map(drop),
            storage.commit(&commit(&[next, beside.clone()])).await,
            storage
                .commit(&commit(core::slice::from_ref(&record)))
                .await,
        ];
        for answer in answers {
            assert!(
                matches!(&answer, Err(Error::Corrupt { address: Some(a), .. }) if *a == address),
                "{answer:?}"
            );
        }
        // Others are still served and may change.
        let beside = storage.get(&beside.address()).await.unwrap().unwrap();
        let beside = beside.next(vec![], &owner.writer, None).unwrap();
        storage
            .commit(&commit(core::slice::from_ref(&beside)))
            .await
            .unwrap();
        // What is absent is known by the list of addresses, whatever stands elsewhere.
        assert_eq!(storage.get(&fresh.address()).await.unwrap(), None);
    }
    overwrite(&path, &address, &record.encode());
    let storage = RedbStorage::open(&path).unwrap();
    assert_eq!(storage.get(&owner.first(2).address()).await.unwrap(), None);
    assert_eq!(storage.get(&address).await.unwrap(), Some(record));
}

/// Pages give what can be read, name what cannot, and never end as if they were complete.
#[tokio::test]
async fn pages_go_around_damage_and_do_not_hide_it() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("records");
    let owner = Owner::new("pages");
    let mut records: Vec<Record> = (0..5).map(|slot| owner.first(slot)).collect();
    records.sort_by_key(Record::address);
    let storage = RedbStorage::open(&path).unwrap();
    storage.commit(&commit(&records)).await.unwrap();
    drop(storage);
    let address = records[2].address();
    overwrite(&path, &address, b"garbage");

    let storage = RedbStorage::open(&path).unwrap();
    let page = storage.page(None, 10).await.unwrap();
    assert_eq!(page, records[..2]);
    let error = storage.page(Some(&page[1].address()), 10).await;
    assert!(
        matches!(&error, Err(Error::Corrupt { address: Some(a), .. }) if *a == address),
        "{error:?}"
    );
    let page = storage.page(Some(&address), 10).await.unwrap();
    assert_eq!(page, records[3..]);
    let last = page[1].address();
    assert_eq!(storage.page(Some(&last), 10).await.unwrap(), []);
    drop(storage);

    // One that is missing, in the middle or at the end, and one that stands where there was none.
    remove(&path, &address);
    remove(&path, &last);
    let above = Address::from_bytes([0xFF; 32]);
    overwrite(&path, &above, b"garbage");
    let storage = RedbStorage::open(&path).unwrap();
    for (before, lost) in [
        (&records[1], address),
        (&records[3], last),
        (&records[4], above),
    ] {
        let error = storage.page(Some(&before.address()), 10).await;
        assert!(
            matches!(&error, Err(Error::Corrupt { address: Some(a), .. }) if *a == lost),
            "{error:?}"
        );
    }
    assert_eq!(storage.page(Some(&above), 10).await.unwrap(), []);
}

/// So does a snapshot.
#[tokio::test]
async fn a_snapshot_goes_around_damage_and_does_not_hide_it() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("records");
    let owner = Owner::new("snapshot");
    let mut records: Vec<Record> = (0..5).map(|slot| owner.first(slot)).collect();
    records.sort_by_key(Record::address);
    let storage = RedbStorage::open(&path).unwrap();
    storage.commit(&commit(&records)).await.unwrap();
    drop(storage);
    let address = records[2].address();
    overwrite(&path, &address, b"garbage");
    let storage = RedbStorage::open(&path).unwrap();
    let mut snapshot = storage.snapshot().await.unwrap();
    assert_eq!(snapshot.next(10).await.unwrap(), records[..2]);
    let error = snapshot.next(10).await;
    assert!(
        matches!(&error, Err(Error::Corrupt { address: Some(a), .. }) if *a == address),
        "{error:?}"
    );
    assert_eq!(snapshot.next(10).await.unwrap(), records[3..]);
    assert_eq!(snapshot.next(10).await.unwrap(), []);
    drop(snapshot);
    drop(storage);

    remove(&path, &address);
    let storage = RedbStorage::open(&path).unwrap();
    let mut snapshot = storage.snapshot().await.unwrap();
    assert_eq!(snapshot.next(10).await.unwrap(), records[..2]);
    let error = snapshot.next(10).await;
    assert!(
        matches!(&error, Err(Error::Corrupt { address: Some(a), .. }) if *a == address),
        "{error:?}"
    );
    assert_eq!(snapshot.next(10).await.unwrap(), records[3..]);
}

#[test]
fn a_file_that_is_something_else_is_not_opened() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("records");
    for content in [
        b"not a database".to_vec(),
        vec![0; 4096],
        vec![0xFF; 100_000],
    ] {
        fs::write(&path, &content).unwrap();
        let error = RedbStorage::open(&path).unwrap_err();
        assert!(
            matches!(error, Error::Corrupt { address: None, .. }),
            "{error:?}"
        );
        assert_eq!(fs::read(&path).unwrap(), content, "it is left as it was");
    }
}

/// A database of another program, or one that lacks a table, is neither opened nor completed.
#[test]
fn a_database_with_other_tables_is_not_opened() {
    const COUNTS: TableDefinition<'static, &str, u64> = TableDefinition::new("counts");
    const OTHER: TableDefinition<'static, u8, u8> = TableDefinition::new("other");
    const NUMBERS: TableDefinition<'static, u8, u8> = TableDefinition::new("records");
    const MANY: MultimapTableDefinition<'static, u8, u8> = MultimapTableDefinition::new("many");
    let tables: [fn(&WriteTransaction); 5] = [
        |transaction| drop(transaction.open_table(OTHER).unwrap()),
        |transaction| drop(transaction.open_table(RECORDS).unwrap()),
        |transaction| drop(transaction.open_multimap_table(MANY).unwrap()),
        |transaction| {
            drop(transaction.open_table(RECORDS).unwrap());
            drop(transaction.open_table(COUNTS).unwrap());
            drop(transaction.open_table(OTHER).unwrap());
        },
        |transaction| {
            drop(transaction.open_table(RECORDS).unwrap());
            drop(transaction.open_table(COUNTS).unwrap());
            drop(transaction.open_multimap_table(MANY).unwrap());
        },
    ];
    let folder = tempdir().unwrap();
    for (number, create) in tables.iter().enumerate() {
        let path = folder.path().join(number.to_string());
        let transaction = Database::create(&path).unwrap().begin_write().unwrap();
        create(&transaction);
        transaction.commit().unwrap();
        for error in [
            RedbStorage::open(&path).unwrap_err(),
            RedbStorage::check(&path).unwrap_err(),
        ] {
            assert!(
                matches!(error, Error::Corrupt { address: None, .. }),
                "{number}: {error:?}"
            );
        }
    }
    // The names are right and what is in them is not.
    let path = folder.path().join("numbers");
    let transaction = Database::create(&path).unwrap().begin_write().unwrap();
    drop(transaction.open_table(NUMBERS).unwrap());
    drop(transaction.open_table(COUNTS).unwrap());
    drop(transaction.open_table(ADDRESSES).unwrap());
    transaction.commit().unwrap();
    assert_eq!(
        RedbStorage::check(&path).unwrap().damage,
        [Damage::Database]
    );
    let storage = RedbStorage::open(&path).unwrap();
    let record = Owner::new("numbers").first(0);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let copies = core::slice::from_ref(&record);
    for answer in [
        runtime.block_on(storage.get(&record.address())).map(drop),
        runtime.block_on(storage.commit(&commit(copies))),
        runtime.block_on(storage.restore(copies)).map(drop),
    ] {
        assert!(matches!(answer, Err(Error::Corrupt { .. })), "{answer:?}");
    }
}

/// A record that was removed, or whose key was changed, behind the storage's back is not absent.
#[tokio::test]
async fn a_record_that_got_lost_is_not_absent() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("records");
    let owner = Owner::new("lost");
    let records: Vec<Record> = (0..3).map(|slot| owner.first(slot)).collect();
    let storage = RedbStorage::open(&path).unwrap();
    storage.commit(&commit(&records)).await.unwrap();
    drop(storage);
    let address = records[1].address();
    let mut elsewhere = address.to_bytes();
    elsewhere[0] ^= 1;
    for replacement in [None, Some(elsewhere)] {
        let transaction = Database::open(&path).unwrap().begin_write().unwrap();
        {
            let mut table = transaction.open_table(RECORDS).unwrap();
            table.remove(address.to_bytes()).unwrap();
            if let Some(key) = replacement {
                table.insert(key, records[1].encode().as_slice()).unwrap();
            }
        }
        transaction.commit().unwrap();
        let storage = RedbStorage::open(&path).unwrap();
        for answer in [
            storage.get(&address).await.map(drop),
            storage
                .commit(&commit(core::slice::from_ref(&records[1])))
                .await,
        ] {
            assert!(
                matches!(&answer, Err(Error::Corrupt { address: Some(a), .. }) if *a == address),
                "{answer:?}"
            );
        }
        assert_eq!(
            storage.get(&records[0].address()).await.unwrap().unwrap(),
            records[0]
        );
    }
}

/// A file of an early version has no list of addresses: it is made from the records, if all are there.
#[tokio::test]
async fn a_file_without_a_list_of_addresses_gets_one_unless_a_record_is_missing() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("records");
    let owner = Owner::new("no list");
    let records: Vec<Record> = (0..3).map(|slot| owner.first(slot)).collect();
    for (loses, is_whole) in [(None, true), (Some(1), false)] {
        let storage = RedbStorage::open(&path).unwrap();
        drop(storage.commit(&commit(&records)).await);
        drop(storage);
        let transaction = Database::open(&path).unwrap().begin_write().unwrap();
        transaction.delete_table(ADDRESSES).unwrap();
        if let Some(lost) = loses {
            let address: [u8; 32] = records.get::<usize>(lost).unwrap().address().to_bytes();
            let mut table = transaction.open_table(RECORDS).unwrap();
            table.remove(address).unwrap();
        }
        transaction.commit().unwrap();
        let opened = RedbStorage::open(&path);
        if is_whole {
            let storage = opened.unwrap();
            let absent = owner.first(9).address();
            assert_eq!(storage.get(&absent).await.unwrap(), None);
            drop(storage);
            assert!(RedbStorage::check(&path).unwrap().is_sound());
        } else {
            assert!(matches!(opened, Err(Error::Corrupt { .. })), "{opened:?}");
        }
    }
}

/// Some bytes anywhere in the file are overwritten: every record comes back as it is or as it was
/// before the last commit, or so that it does not verify, or an error does; never its absence, never
/// a panic. (Damage to the newest state can lead back to the one before: that is a rollback, which
/// readers must notice.)
#[tokio::test]
async fn a_damaged_file_never_makes_a_record_absent() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("records");
    let owner = Owner::new("damaged file");
    let before: Vec<Record> = (0..20).map(|slot| owner.first(slot)).collect();
    let now: Vec<Record> = before
        .iter()
        .map(|first| first.next(vec![8; 300], &owner.writer, None).unwrap())
        .collect();
    let storage = RedbStorage::open(&path).unwrap();
    storage.commit(&commit(&before)).await.unwrap();
    storage.commit(&commit(&now)).await.unwrap();
    drop(storage);
    let intact = fs::read(&path).unwrap();

    let mut rng = tki_testkit::rng("a damaged file");
    let mut noticed = 0;
    for _ in 0..200 {
        let mut damaged = intact.clone();
        // Most of the file is empty: damage goes where something is.
        let position = loop {
            let position = rng.next_u64() % u64::try_from(intact.len()).unwrap();
            let position = usize::try_from(position).unwrap();
            if intact[position] != 0 {
                break position;
            }
        };
        let length = usize::try_from(1 + rng.next_u32() % 16).unwrap();
        for byte in damaged.iter_mut().skip(position).take(length) {
            *byte = rng.next_u32().to_le_bytes()[0];
        }
        fs::write(&path, &damaged).unwrap();
        let Ok(storage) = RedbStorage::open(&path) else {
            noticed += 1;
            continue;
        };
        for (before, now) in before.iter().zip(&now) {
            match storage.get(&now.address()).await {
                Ok(Some(found)) if found == *now || found == *before => {}
                Ok(Some(found)) => {
                    found.verify().unwrap_err();
                    noticed += 1;
                }
                Ok(None) => panic!("damage at {position} made a record absent"),
                Err(_) => noticed += 1,
            }
        }
        // A commit on top answers too, and does no harm to what is read.
        let next = now[0].next(vec![9; 300], &owner.writer, None).unwrap();
        if storage
            .commit(&commit(&[next.clone(), owner.first(99)]))
            .await
            .is_ok()
        {
            assert_eq!(storage.get(&next.address()).await.unwrap(), Some(next));
        }
    }
    assert!(noticed > 0);
}

/// These bytes, in memory.
fn in_memory(bytes: &[u8]) -> InMemoryBackend {
    let backend = InMemoryBackend::new();
    backend
        .set_len(u64::try_from(bytes.len()).unwrap())
        .unwrap();
    backend.write(0, bytes).unwrap();
    backend
}

/// As above, for every byte of a file and for lengths all over it.
#[tokio::test]
async fn no_byte_of_a_file_makes_a_record_absent() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("records");
    let owner = Owner::new("every byte");
    let records: Vec<Record> = (0..4).map(|slot| owner.first(slot)).collect();
    let addresses: Vec<Address> = records.iter().map(Record::address).collect();
    let storage = RedbStorage::open(&path).unwrap();
    storage.commit(&commit(&records)).await.unwrap();
    drop(storage);
    let intact = fs::read(&path).unwrap();

    let flipped = (0..intact.len()).map(|at| {
        let mut damaged = intact.clone();
        damaged[at] ^= 1 << (at % 8);
        damaged
    });
    let cut = (0..intact.len())
        .step_by(509)
        .map(|length| intact[..length].to_vec());
    let mut noticed = 0;
    for (number, damaged) in flipped.chain(cut).enumerate() {
        // That is a new storage.
        if damaged.is_empty() {
            continue;
        }
        let found = match RedbStorage::with_backend(in_memory(&damaged)) {
            Ok(storage) => storage.get_many(&addresses).await,
            Err(error) => Err(error),
        };
        match found {
            Ok(found) => {
                for (found, record) in found.iter().zip(&records) {
                    let found = found.as_ref().unwrap_or_else(|| panic!("{number}: absent"));
                    if found != record {
                        found.verify().unwrap_err();
                        noticed += 1;
                    }
                }
            }
            // A read beyond the end of memory is not called what it is for a file.
            Err(Error::Corrupt { .. } | Error::Backend(_)) => noticed += 1,
            Err(error) => panic!("{number}: {error:?}"),
        }
    }
    assert!(noticed > 1000, "{noticed}");
}

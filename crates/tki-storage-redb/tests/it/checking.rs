//! Looking through a file finds what is wrong with it, and changes nothing.

use std::fs;
use std::path::{Path, PathBuf};

use rand_core::Rng;
use redb::{Database, TableDefinition};
use tempfile::{TempDir, tempdir};
use tki_record::{DecodeError, Record, Rule};
use tki_storage::{Error, Outage, Storage};
use tki_storage_redb::{Check, Damage, RedbStorage};

use crate::owner::{Owner, commit};

const RECORDS: TableDefinition<'static, [u8; 32], &[u8]> = TableDefinition::new("records");
const COUNTS: TableDefinition<'static, &str, u64> = TableDefinition::new("counts");

/// A file with these records.
async fn stage(records: &[Record]) -> (TempDir, PathBuf) {
    let folder = tempdir().unwrap();
    let path = folder.path().join("records");
    let storage = RedbStorage::open(&path).unwrap();
    storage.commit(&commit(records)).await.unwrap();
    (folder, path)
}

/// Writes to the table of records behind the storage's back.
fn write(path: &Path, changes: &[([u8; 32], Option<Vec<u8>>)]) {
    let transaction = Database::open(path).unwrap().begin_write().unwrap();
    {
        let mut table = transaction.open_table(RECORDS).unwrap();
        for (key, value) in changes {
            match value {
                Some(value) => table.insert(key, value.as_slice()).unwrap(),
                None => table.remove(key).unwrap(),
            };
        }
    }
    transaction.commit().unwrap();
}

/// Checks, and that the file is left as it was.
fn check(path: &Path) -> Result<Check, Error> {
    let before = fs::read(path).ok();
    let check = RedbStorage::check(path);
    assert_eq!(fs::read(path).ok(), before, "the file was changed");
    check
}

#[tokio::test]
async fn a_sound_file_is_counted() {
    let owner = Owner::new("sound");
    let records: Vec<Record> = (0..5).map(|slot| owner.first(slot)).collect();
    let (_folder, path) = stage(&records).await;
    let closed = records[0].close(b"notice".to_vec(), &owner.writer).unwrap();
    let storage = RedbStorage::open(&path).unwrap();
    storage
        .commit(&commit(core::slice::from_ref(&closed)))
        .await
        .unwrap();
    drop(storage);

    let found = check(&path).unwrap();
    assert!(found.is_sound(), "{found:?}");
    assert_eq!((found.records, found.closed), (5, 1));
    let lengths = records[1..].iter().chain([&closed]);
    let bytes: usize = lengths.map(Record::encoded_length).sum();
    assert_eq!(found.bytes, u64::try_from(bytes).unwrap());
    assert_eq!(found.file_bytes, fs::metadata(&path).unwrap().len());
}

#[test]
fn a_new_file_and_an_empty_one_are_sound() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("records");
    drop(RedbStorage::open(&path).unwrap());
    assert!(check(&path).unwrap().is_sound());
    fs::write(&path, b"").unwrap();
    let found = check(&path).unwrap();
    assert!(found.is_sound());
    assert_eq!((found.records, found.file_bytes), (0, 0));
}

#[tokio::test]
async fn a_file_in_use_is_busy() {
    let (_folder, path) = stage(&[Owner::new("in use").first(0)]).await;
    let storage = RedbStorage::open(&path).unwrap();
    let busy = RedbStorage::check(&path).unwrap_err();
    assert!(matches!(busy, Error::Unavailable(Outage::Busy)), "{busy:?}");
    drop(storage);
    check(&path).unwrap();
    RedbStorage::open(&path).unwrap();
}

#[test]
fn a_file_that_is_missing_or_something_else_is_an_error() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("records");
    let missing = RedbStorage::check(&path).unwrap_err();
    assert!(matches!(missing, Error::Backend(_)), "{missing:?}");
    assert!(!path.exists());
    for content in [b"not a database".to_vec(), vec![0xFF; 100_000]] {
        fs::write(&path, &content).unwrap();
        let corrupt = check(&path).unwrap_err();
        assert!(matches!(corrupt, Error::Corrupt { .. }), "{corrupt:?}");
    }
}

#[tokio::test]
async fn what_is_not_the_record_of_its_address_is_found() {
    let owner = Owner::new("not the record");
    let stranger = Owner::new("stranger");
    let records: Vec<Record> = (0..4).map(|slot| owner.first(slot)).collect();
    let (_folder, path) = stage(&records).await;
    let address = |position: usize| records[position].address();
    let unsigned = Record::first(records[2].claim().clone(), vec![1], &stranger.writer).unwrap();
    write(
        &path,
        &[
            (address(0).to_bytes(), Some(b"garbage".to_vec())),
            (address(1).to_bytes(), Some(records[0].encode())),
            (address(2).to_bytes(), Some(unsigned.encode())),
        ],
    );
    let found = check(&path).unwrap();
    assert_eq!(found.records, 1);
    let mut expected = [
        Damage::NotARecord {
            address: address(0),
            reason: DecodeError::UnknownFormat { found: b'g' },
        },
        Damage::Misplaced {
            address: address(1),
            actual: address(0),
        },
        Damage::Unproven {
            address: address(2),
            rule: Rule::Signature,
        },
    ];
    expected.sort_by_key(Damage::address);
    assert_eq!(found.damage, expected);
    for damage in &found.damage {
        let address = damage.address().unwrap();
        assert!(
            damage.to_string().contains(&address.to_string()),
            "{damage}"
        );
    }
}

#[tokio::test]
async fn a_record_that_got_lost_is_missed() {
    let owner = Owner::new("missed");
    let records: Vec<Record> = (0..3).map(|slot| owner.first(slot)).collect();
    let (_folder, path) = stage(&records).await;
    write(&path, &[(records[1].address().to_bytes(), None)]);
    let found = check(&path).unwrap();
    let lost = Damage::Count {
        expected: Some(3),
        found: 2,
    };
    let missing = Damage::Missing {
        address: records[1].address(),
    };
    assert_eq!(found.damage, [lost, missing]);
    assert_eq!((found.records, lost.address()), (2, None));

    let transaction = Database::open(&path).unwrap().begin_write().unwrap();
    transaction
        .open_table(COUNTS)
        .unwrap()
        .remove("records")
        .unwrap();
    transaction.commit().unwrap();
    let uncounted = Damage::Count {
        expected: None,
        found: 2,
    };
    assert_eq!(check(&path).unwrap().damage, [uncounted, missing]);
}

/// Whatever a reader would be shown wrongly, or not at all, is found; and nothing is reported of a
/// file that was damaged where nothing is.
#[tokio::test]
async fn damage_anywhere_is_found_if_it_can_be_seen() {
    let owner = Owner::new("damage anywhere");
    let records: Vec<Record> = (0..20).map(|slot| owner.first(slot)).collect();
    let (folder, path) = stage(&records).await;
    let intact = fs::read(&path).unwrap();
    let copy = folder.path().join("copy");
    let mut rng = tki_testkit::rng("damage anywhere");
    let mut found_damage = 0;
    for _ in 0..150 {
        let mut damaged = intact.clone();
        let position = loop {
            let position = rng.next_u64() % u64::try_from(intact.len()).unwrap();
            let position = usize::try_from(position).unwrap();
            if intact[position] != 0 {
                break position;
            }
        };
        damaged[position] ^= 1 << (rng.next_u32() % 8);
        fs::write(&path, &damaged).unwrap();
        let is_sound = matches!(check(&path), Ok(found) if found.is_sound());
        found_damage += u32::from(!is_sound);
        // Opening may repair: on a copy.
        fs::write(&copy, &damaged).unwrap();
        let Ok(storage) = RedbStorage::open(&copy) else {
            assert!(!is_sound, "damage at {position} was not found");
            continue;
        };
        for record in &records {
            let shown = storage.get(&record.address()).await;
            let is_right = matches!(shown, Ok(Some(shown)) if shown == *record);
            assert!(is_right || !is_sound, "damage at {position} was not found");
        }
    }
    assert!(found_damage > 0);
}

//! Copies of a storage in memory.

use tki_record::{Record, Rule};
use tki_storage::{Error, MemoryStorage, Storage};

use crate::owner::{Owner, commit};

#[tokio::test]
async fn a_copy_holds_the_same_records_and_goes_its_own_way() {
    let (one, two) = (Owner::new("copy one"), Owner::new("copy two"));
    let storage = MemoryStorage::new();
    storage
        .commit(&commit(&[&one.first, &two.first]))
        .await
        .unwrap();
    let copy = MemoryStorage::from_records(storage.records()).unwrap();
    assert_eq!(copy.records(), storage.records());
    let next = one.first.next(vec![], &one.writer, None).unwrap();
    copy.commit(&commit(&[&next])).await.unwrap();
    assert_eq!(storage.get(&next.address()).await.unwrap(), Some(one.first));
}

#[test]
fn a_copy_takes_in_only_what_proves_itself() {
    let (one, two) = (Owner::new("proof one"), Owner::new("proof two"));
    let forged = Record::first(one.first.claim().clone(), vec![], &two.writer).unwrap();
    let refused = MemoryStorage::from_records([two.first.clone(), forged]).unwrap_err();
    assert!(matches!(
        refused,
        Error::Refused {
            rule: Rule::Signature,
            ..
        }
    ));

    let next = one.first.next(vec![], &one.writer, None).unwrap();
    let twice = MemoryStorage::from_records([next, one.first]).unwrap_err();
    assert!(matches!(twice, Error::Conflict { found: Some(1), .. }));
}

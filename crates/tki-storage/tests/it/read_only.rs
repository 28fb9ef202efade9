//! The read-only view.

use tki_storage::{Error, MemoryStorage, Outage, ReadOnly, Storage};

use crate::owner::{Owner, commit};

#[tokio::test]
async fn it_reads_and_refuses_every_write() {
    let (one, two) = (Owner::new("looked at"), Owner::new("not written"));
    let storage = ReadOnly::new(MemoryStorage::from_records([one.first.clone()]).unwrap());
    let (first, absent) = (one.first.address(), two.first.address());
    assert_eq!(storage.get(&first).await.unwrap(), Some(one.first.clone()));
    assert_eq!(
        storage.get_many(&[absent, first]).await.unwrap(),
        [None, Some(one.first.clone())]
    );
    let writes = [
        storage.commit(&commit(&[&two.first])).await,
        storage.restore(&[two.first]).await.map(drop),
    ];
    for write in writes {
        let refused = write.unwrap_err();
        assert!(matches!(refused, Error::Unavailable(Outage::ReadOnly)));
        assert!(!refused.is_retryable());
    }
    assert_eq!(storage.inner().records(), [one.first]);
    assert_eq!(storage.into_inner().records().len(), 1);
}

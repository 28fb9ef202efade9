//! The counter.

use tki_record::Record;
use tki_storage::{Counters, CountingStorage, MemoryStorage, Storage};

use crate::owner::{Owner, commit};

#[tokio::test]
async fn reads_and_writes_are_counted_with_their_bytes() {
    let (one, two) = (Owner::new("counted one"), Owner::new("counted two"));
    let storage = CountingStorage::new(MemoryStorage::new());
    assert_eq!(storage.counters(), Counters::default());

    let bytes = |record: &Record| u64::try_from(record.encode().len()).unwrap();
    storage
        .commit(&commit(&[&one.first, &two.first]))
        .await
        .unwrap();
    storage.commit(&commit(&[&one.first])).await.unwrap_err();
    let written = storage.take();
    assert_eq!(
        (
            written.commits,
            written.commits_failed,
            written.records_written
        ),
        (1, 1, 2)
    );
    assert_eq!(written.bytes_written, bytes(&one.first) + bytes(&two.first));
    assert_eq!(written.reads, 0);

    let absent = Owner::new("counted absent").first.address();
    storage.get(&one.first.address()).await.unwrap();
    storage
        .get_many(&[two.first.address(), absent])
        .await
        .unwrap();
    let read = storage.take();
    assert_eq!((read.reads, read.records_read), (2, 3));
    assert_eq!(read.bytes_read, bytes(&one.first) + bytes(&two.first));
    assert_eq!(read.commits, 0);
    assert_eq!(storage.counters(), Counters::default());

    let second = one.first.next(vec![1], &one.writer, None).unwrap();
    storage
        .restore(&[second.clone(), two.first.clone()])
        .await
        .unwrap();
    storage.restore(&[one.first]).await.unwrap_err();
    let restored = storage.take();
    assert_eq!((restored.restores, restored.restores_failed), (1, 1));
    assert_eq!(restored.records_written, 1, "the other was kept");
    assert_eq!(restored.bytes_written, bytes(&second));
    assert_eq!(storage.inner().records().len(), 2);
    assert_eq!(storage.into_inner().records().len(), 2);
}

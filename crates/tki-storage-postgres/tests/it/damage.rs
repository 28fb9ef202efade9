//! Rows that are no records.

use tki_record::{Address, Record};
use tki_storage::{Browse, Error, Storage};

use crate::cluster::Database;
use crate::owner::{Owner, commit};

#[tokio::test]
async fn what_is_not_the_record_of_its_address_is_corrupt() {
    let Some(database) = Database::new("damage").await else {
        return;
    };
    let storage = database.storage("").await;
    let owner = Owner::new("damage");
    let mut records: Vec<Record> = (0..5).map(|slot| owner.first(slot)).collect();
    records.sort_by_key(Record::address);
    storage.commit(&commit(&records)).await.unwrap();
    let (record, other) = (&records[2], &records[3]);
    let address = record.address();
    let client = database.client().await;
    let update = "UPDATE tki_records SET header = $2, body = $3 WHERE address = $1";
    let next = record.next(vec![], &owner.writer, None).unwrap();
    for (header, body, is_header) in [
        (vec![], record.body().to_vec(), true),
        (b"garbage".to_vec(), record.body().to_vec(), true),
        (other.header().encode(), other.body().to_vec(), true),
        (record.header().encode(), b"another body".to_vec(), false),
    ] {
        let key = address.to_bytes();
        let changed = client
            .execute(update, &[&key.as_slice(), &header, &body])
            .await;
        assert_eq!(changed.unwrap(), 1);
        let mut answers = vec![
            storage.get(&address).await.map(drop),
            storage
                .get_many(&[other.address(), address])
                .await
                .map(drop),
            storage
                .page(Some(&records[1].address()), 10)
                .await
                .map(drop),
        ];
        if is_header {
            let both = [next.clone(), owner.first(9)];
            answers.push(storage.commit(&commit(&both)).await);
            answers.push(
                storage
                    .restore(core::slice::from_ref(record))
                    .await
                    .map(drop),
            );
        }
        answers
            .iter()
            .for_each(|answer| is_corrupt(answer, &address));
        let mut snapshot = storage.snapshot().await.unwrap();
        assert_eq!(snapshot.next(10).await.unwrap(), records[..2]);
        is_corrupt(&snapshot.next(10).await.map(drop), &address);
        assert_eq!(snapshot.next(10).await.unwrap(), records[3..]);
        assert_eq!(snapshot.next(10).await.unwrap(), []);
        // Others are served.
        assert_eq!(storage.page(None, 10).await.unwrap(), records[..2]);
        let rest = storage.page(Some(&address), 10).await.unwrap();
        assert_eq!(rest, records[3..]);
        assert_eq!(storage.get(&owner.first(9).address()).await.unwrap(), None);
    }
}

#[track_caller]
fn is_corrupt(answer: &Result<(), Error>, at: &Address) {
    assert!(
        matches!(answer, Err(Error::Corrupt { address: Some(address), .. }) if address == at),
        "{answer:?}"
    );
}

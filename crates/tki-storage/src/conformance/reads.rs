//! Absence, outage, and that what was stored comes back.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use tki_record::Commit;

use super::owner::{Owner, put};
use crate::error::Error;
use crate::storage::Storage;

/// A record that was never stored is known to be absent.
pub async fn check_absent(storage: &dyn Storage, rng: &mut impl CryptoRng) {
    let address = Owner::new(rng).address();
    assert_eq!(storage.get(&address).await.unwrap(), None);
    assert_eq!(
        storage.get_many(&[address, address]).await.unwrap(),
        [None, None]
    );
}

/// Against a storage that cannot be reached: every call says so, and absence is never claimed.
pub async fn check_outage(unreachable: &dyn Storage, rng: &mut impl CryptoRng) {
    let record = Owner::new(rng).first(b"body");
    let address = record.address();
    let restore = unreachable.restore(core::slice::from_ref(&record)).await;
    assert!(matches!(
        restore,
        Err(Error::Unavailable(_) | Error::Unsupported)
    ));
    let commit = Commit::new(Vec::from([record])).unwrap();
    assert!(matches!(
        unreachable.get(&address).await,
        Err(Error::Unavailable(_))
    ));
    assert!(matches!(
        unreachable.get_many(&[address]).await,
        Err(Error::Unavailable(_))
    ));
    assert!(matches!(
        unreachable.commit(&commit).await,
        Err(Error::Unavailable(_))
    ));
}

/// A read after a commit returns the committed record, field by field; an update replaces it.
pub async fn check_stored(storage: &dyn Storage, rng: &mut impl CryptoRng) {
    let owner = Owner::new(rng);
    let mut record = owner.first(b"first");
    put(storage, &record).await.unwrap();
    assert_eq!(
        storage.get(&record.address()).await.unwrap(),
        Some(record.clone())
    );
    for body in [b"".as_slice(), &[0], &[0xFF; 1000], b"last"] {
        record = owner.next(&record, body);
        put(storage, &record).await.unwrap();
        let stored = storage.get(&record.address()).await.unwrap().unwrap();
        assert_eq!(stored, record);
        stored.verify().unwrap();
    }
}

/// Many records come in the order asked, absent and repeated ones included.
pub async fn check_get_many(storage: &dyn Storage, rng: &mut impl CryptoRng) {
    assert_eq!(storage.get_many(&[]).await.unwrap(), []);
    let mut records = Vec::new();
    for number in 0..20u8 {
        let record = Owner::new(rng).first(&[number]);
        // Every third stays absent.
        if number % 3 != 0 {
            put(storage, &record).await.unwrap();
        }
        records.push((record.address(), (number % 3 != 0).then_some(record)));
    }
    records.reverse();
    records.extend_from_within(..5);
    let addresses: Vec<_> = records.iter().map(|(address, _)| *address).collect();
    let expected: Vec<_> = records.into_iter().map(|(_, record)| record).collect();
    assert_eq!(storage.get_many(&addresses).await.unwrap(), expected);
}

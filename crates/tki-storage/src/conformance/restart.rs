//! That stored means kept.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use tki_record::{Record, Rule};
use tki_seal::bip340::SigningKey;

use super::owner::{Owner, conflict, put, put_all, refused};
use crate::storage::Storage;

/// What was committed is there when the storage is opened again, and nothing else is; it goes on
/// where it was. `open` opens the same storage each time; the one before is dropped first.
pub async fn check_restart<S: Storage>(mut open: impl FnMut() -> S, rng: &mut impl CryptoRng) {
    let owners: Vec<Owner> = (0..5).map(|_| Owner::new(rng)).collect();
    let addresses: Vec<_> = owners.iter().map(Owner::address).collect();
    let mut records: Vec<Record> = owners.iter().map(|owner| owner.first(b"0")).collect();
    let stranger = SigningKey::random(rng);

    let storage = open();
    assert_eq!(
        storage.get_many(&addresses).await.unwrap(),
        alloc::vec![None; owners.len()]
    );
    put_all(&storage, &records).await.unwrap();
    drop(storage);

    for round in 1..4u8 {
        let storage = open();
        let expected: Vec<_> = records.iter().cloned().map(Some).collect();
        assert_eq!(storage.get_many(&addresses).await.unwrap(), expected);
        for (owner, record) in owners.iter().zip(records.iter_mut()) {
            conflict(&storage, &owner.first(b"anew"), Some(record.version())).await;
            let by_stranger = record.next(Vec::new(), &stranger, None).unwrap();
            refused(&storage, &by_stranger, Rule::Signature).await;
            *record = owner.next(record, &[round]);
            put(&storage, record).await.unwrap();
        }
    }
}

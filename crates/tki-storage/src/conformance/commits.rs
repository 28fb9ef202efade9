//! Versions, sizes, all or nothing.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use tki_record::{Claim, MAX_BODY, MAX_COMMIT_RECORDS, Record, RecordKind, Rule};
use tki_seal::bip340::SigningKey;

use super::owner::{Owner, conflict, put, put_all};
use crate::error::Error;
use crate::storage::Storage;

/// A record follows the stored version by exactly one; anything else is a conflict that names what
/// is stored. A commit that was accepted is a conflict when repeated.
pub async fn check_versions(storage: &dyn Storage, rng: &mut impl CryptoRng) {
    let owner = Owner::new(rng);
    let first = owner.first(b"0");
    let second = owner.next(&first, b"1");
    let third = owner.next(&second, b"2");
    conflict(storage, &second, None).await;
    put(storage, &first).await.unwrap();
    conflict(storage, &first, Some(0)).await;
    conflict(storage, &owner.first(b"another"), Some(0)).await;
    conflict(storage, &third, Some(0)).await;
    put(storage, &second).await.unwrap();
    conflict(storage, &second, Some(1)).await;
    conflict(storage, &first, Some(1)).await;
    put(storage, &third).await.unwrap();
    conflict(storage, &second, Some(2)).await;
}

/// The version is compared before anything else, over the whole commit: the loser of a race with a
/// change of writers is told that it lost, not that it may not write.
pub async fn check_versions_come_first(storage: &dyn Storage, rng: &mut impl CryptoRng) {
    let (owner, other) = (Owner::new(rng), Owner::new(rng));
    let successor = SigningKey::random(rng);
    let first = owner.first(b"0");
    put(storage, &first).await.unwrap();
    let winner = first
        .next(
            b"winner".to_vec(),
            &owner.writer,
            Some(successor.public_key()),
        )
        .unwrap();
    put(storage, &winner).await.unwrap();

    let loser = owner.next(&first, b"loser");
    conflict(storage, &loser, Some(1)).await;
    let badly_signed = first.next(b"loser".to_vec(), &other.writer, None).unwrap();
    conflict(storage, &badly_signed, Some(1)).await;

    // Refused by itself, but the commit's other record is in conflict.
    let refused = winner
        .next(b"old writer".to_vec(), &owner.writer, None)
        .unwrap();
    let absent = other.next(&other.first(b"0"), b"1");
    let answer = put_all(storage, &[refused, absent.clone()]).await;
    assert!(
        matches!(&answer, Err(Error::Conflict { address, found: None })
            if *address == absent.address()),
        "{answer:?}"
    );

    let closed = winner.close(b"notice".to_vec(), &successor).unwrap();
    put(storage, &closed).await.unwrap();
    conflict(storage, &loser, Some(2)).await;
}

/// If one record of a commit is not accepted, none is: neither a new one nor an update, wherever in
/// the commit the bad one stands.
pub async fn check_all_or_nothing(storage: &dyn Storage, rng: &mut impl CryptoRng) {
    let owners: Vec<Owner> = (0..4).map(|_| Owner::new(rng)).collect();
    let [existing, updated, created, also_created] = owners.as_slice() else {
        return;
    };
    let stranger = SigningKey::random(rng);
    let (one, two) = (existing.first(b"one"), updated.first(b"two"));
    put_all(storage, &[one.clone(), two.clone()]).await.unwrap();

    let good = [
        existing.next(&one, b"one, changed"),
        created.first(b"three"),
        also_created.first(b"four"),
    ];
    let refused = two.next(b"two, changed".to_vec(), &stranger, None).unwrap();
    let conflict = updated.first(b"two, again");
    for bad in [refused, conflict] {
        for position in 0..=good.len() {
            let mut records = good.to_vec();
            records.insert(position, bad.clone());
            let answer = put_all(storage, &records).await;
            assert!(
                matches!(&answer,
                    Err(Error::Refused { address, rule: Rule::Signature })
                    | Err(Error::Conflict { address, found: Some(0) })
                        if *address == two.address()),
                "{answer:?}"
            );
            let addresses: Vec<_> = owners.iter().map(Owner::address).collect();
            let expected = [Some(one.clone()), Some(two.clone()), None, None];
            assert_eq!(storage.get_many(&addresses).await.unwrap(), expected);
        }
    }
    let mut records = good.to_vec();
    records.push(updated.next(&two, b"two, changed"));
    put_all(storage, &records).await.unwrap();
    for record in records {
        assert_eq!(storage.get(&record.address()).await.unwrap(), Some(record));
    }
}

/// The longest body and the largest commit are stored. Larger ones cannot be built.
pub async fn check_sizes(storage: &dyn Storage, rng: &mut impl CryptoRng) {
    let owner = Owner::new(rng);
    let mut body = alloc::vec![0; MAX_BODY];
    rng.fill_bytes(&mut body);
    let first = owner.first(&body);
    put(storage, &first).await.unwrap();
    assert_eq!(
        storage.get(&first.address()).await.unwrap(),
        Some(first.clone())
    );
    put(storage, &owner.next(&first, b"")).await.unwrap();

    let slots = 0..u32::try_from(MAX_COMMIT_RECORDS).unwrap();
    let writer = owner.writer.public_key();
    let records: Vec<Record> = slots
        .map(|slot| {
            Claim::sign(
                RecordKind::Document,
                slot,
                &owner.claim_key,
                writer,
                [0; 32],
            )
        })
        .map(|claim| Record::first(claim, b"one of many".to_vec(), &owner.writer).unwrap())
        .collect();
    put_all(storage, &records).await.unwrap();
    let addresses: Vec<_> = records.iter().map(Record::address).collect();
    let stored = storage.get_many(&addresses).await.unwrap();
    assert_eq!(stored, records.into_iter().map(Some).collect::<Vec<_>>());
}

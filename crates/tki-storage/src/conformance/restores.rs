//! Taking in copies.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use tki_record::{Claim, MAX_COMMIT_RECORDS, Record, RecordKind, Restored, Rule};
use tki_seal::bip340::SigningKey;

use super::owner::{Owner, conflict, put, put_all, refused};
use crate::error::Error;
use crate::storage::Storage;

/// Whether this storage takes in copies; one that does not says so before it looks at any.
pub(super) async fn is_supported(storage: &dyn Storage) -> bool {
    match storage.restore(&[]).await {
        Ok(restored) => {
            assert_eq!(restored, Restored::default());
            true
        }
        Err(Error::Unsupported) => false,
        Err(other) => {
            assert!(matches!(other, Error::Unsupported), "{other:?}");
            false
        }
    }
}

/// A copy of any version is stored where nothing is, and goes on from there as if it had been
/// committed; repeated, the call changes nothing. As many are taken in at once as a commit holds.
pub async fn check_restores(storage: &dyn Storage, rng: &mut impl CryptoRng) {
    let owner = Owner::new(rng);
    let successor = SigningKey::random(rng);
    let first = owner.first(b"0");
    let to = Some(successor.public_key());
    let second = first.next(b"1".to_vec(), &owner.writer, to).unwrap();
    let third = second.next(b"2".to_vec(), &successor, None).unwrap();
    let closing = Owner::new(rng);
    let closed = closing
        .first(b"0")
        .close(b"notice".to_vec(), &closing.writer)
        .unwrap();

    let copies = [third.clone(), closed.clone()];
    let addresses = [third.address(), closed.address()];
    let mut created = Restored::default();
    created.created.extend(addresses);
    assert_eq!(storage.restore(&copies).await.unwrap(), created);
    let mut kept = Restored::default();
    kept.kept.extend(addresses);
    assert_eq!(storage.restore(&copies).await.unwrap(), kept);
    let stored = storage.get_many(&addresses).await.unwrap();
    assert_eq!(stored, copies.map(Some));

    conflict(storage, &first, Some(2)).await;
    refused(storage, &owner.next(&third, b"old writer"), Rule::Signature).await;
    let fourth = third.next(b"3".to_vec(), &successor, None).unwrap();
    put(storage, &fourth).await.unwrap();
    let more = closing.next(&closed, b"more");
    refused(storage, &more, Rule::Closed).await;

    let slots = 0..u32::try_from(MAX_COMMIT_RECORDS).unwrap();
    let writer = owner.writer.public_key();
    let many: Vec<Record> = slots
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
    let restored = storage.restore(&many).await.unwrap();
    assert_eq!(restored.created.len(), many.len());
    let addresses: Vec<_> = many.iter().map(Record::address).collect();
    let stored = storage.get_many(&addresses).await.unwrap();
    assert_eq!(stored, many.into_iter().map(Some).collect::<Vec<_>>());
}

/// What is stored is replaced by a later version that follows from it, over any gap, and by nothing
/// else: not by an earlier one, another of the same version, another claim, one of writers that were
/// replaced, and never once it is closed.
pub async fn check_restores_go_forward(storage: &dyn Storage, rng: &mut impl CryptoRng) {
    let owner = Owner::new(rng);
    let successor = SigningKey::random(rng);
    let to = Some(successor.public_key());
    let first = owner.first(b"0");
    let second = owner.next(&first, b"1");
    let third = second.next(b"2".to_vec(), &owner.writer, to).unwrap();
    let fourth = third.next(b"3".to_vec(), &successor, None).unwrap();
    put(storage, &first).await.unwrap();
    advanced(storage, &third).await;

    not_restored(storage, &second, 2).await;
    not_restored(storage, &owner.next(&second, b"another"), 2).await;
    let mut old = owner.next(&second, b"old writer");
    for _ in 0..2 {
        old = owner.next(&old, b"old writer");
        not_restored(storage, &old, 2).await;
    }
    let writer = owner.writer.public_key();
    let claim = Claim::sign(RecordKind::Mailbox, 0, &owner.claim_key, writer, [0xB2; 32]);
    let mut other = Record::first(claim, b"0".to_vec(), &owner.writer).unwrap();
    for _ in 0..4 {
        not_restored(storage, &other, 2).await;
        other = owner.next(&other, b"another account");
    }

    let closed = fourth.close(b"notice".to_vec(), &successor).unwrap();
    let open = fourth.next(b"4".to_vec(), &successor, None).unwrap();
    let open = open.next(b"5".to_vec(), &successor, None).unwrap();
    advanced(storage, &closed).await;
    not_restored(storage, &open, 4).await;
    not_restored(storage, &fourth, 4).await;
}

/// If one copy is not taken in, none is: wherever the bad one stands, and whatever else would have
/// been created, replaced or kept.
pub async fn check_restores_are_whole(storage: &dyn Storage, rng: &mut impl CryptoRng) {
    let owners: Vec<Owner> = (0..4).map(|_| Owner::new(rng)).collect();
    let [older, same, absent, newer] = owners.as_slice() else {
        return;
    };
    let stranger = SigningKey::random(rng);
    let (old, kept, first) = (older.first(b"0"), same.first(b"0"), newer.first(b"0"));
    let stored = newer.next(&first, b"1");
    put_all(storage, &[old.clone(), kept.clone(), first.clone()])
        .await
        .unwrap();
    put(storage, &stored).await.unwrap();

    let good = [older.next(&old, b"1"), kept.clone(), absent.first(b"0")];
    let unsigned = stored.next(b"2".to_vec(), &stranger, None).unwrap();
    let twice = newer.next(&stored, b"2");
    let cases = [
        Vec::from([unsigned]),
        Vec::from([first]),
        Vec::from([twice.clone(), twice]),
    ];
    for bad in cases {
        for position in 0..=good.len() {
            let mut copies = good.to_vec();
            copies.splice(position..position, bad.clone());
            let answer = storage.restore(&copies).await;
            assert!(
                matches!(&answer,
                    Err(Error::Refused { address, rule: Rule::Signature })
                    | Err(Error::Conflict { address, found: Some(_) })
                        if *address == stored.address()),
                "{answer:?}"
            );
            let addresses: Vec<_> = owners.iter().map(Owner::address).collect();
            let expected = [
                Some(old.clone()),
                Some(kept.clone()),
                None,
                Some(stored.clone()),
            ];
            assert_eq!(storage.get_many(&addresses).await.unwrap(), expected);
        }
    }
    let mut copies = good.to_vec();
    copies.push(stored);
    let restored = storage.restore(&copies).await.unwrap();
    assert!(restored.advanced.iter().eq([&older.address()]));
    assert!(restored.created.iter().eq([&absent.address()]));
    assert_eq!(restored.kept.len(), 2);
    for copy in copies {
        assert_eq!(storage.get(&copy.address()).await.unwrap(), Some(copy));
    }
}

async fn advanced(storage: &dyn Storage, copy: &Record) {
    let restored = storage.restore(core::slice::from_ref(copy)).await.unwrap();
    assert!(restored.advanced.contains(&copy.address()), "{restored:?}");
    let stored = storage.get(&copy.address()).await.unwrap();
    assert_eq!(stored.as_ref(), Some(copy));
}

/// The copy must be a conflict with this stored version, and the stored one must stay.
async fn not_restored(storage: &dyn Storage, copy: &Record, stored: u64) {
    let before = storage.get(&copy.address()).await.unwrap();
    let answer = storage.restore(core::slice::from_ref(copy)).await;
    assert!(
        matches!(&answer, Err(Error::Conflict { address, found })
            if *address == copy.address() && *found == Some(stored)),
        "expected a conflict with {stored}, got {answer:?}"
    );
    assert_eq!(storage.get(&copy.address()).await.unwrap(), before);
}

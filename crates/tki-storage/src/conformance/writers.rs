//! Who may replace a record, who comes after, and how it ends.

use rand_core::CryptoRng;
use tki_record::{HandOver, Record, Rule};
use tki_seal::bip340::SigningKey;

use super::owner::{Owner, Parts, conflict, put, refused};
use crate::memory::MemoryStorage;
use crate::storage::Storage;

/// A record that its writer did not sign, as it is, is refused: created or replaced.
pub async fn check_signatures(storage: &dyn Storage, rng: &mut impl CryptoRng) {
    let (owner, stranger) = (Owner::new(rng), SigningKey::random(rng));
    let unsigned = Record::first(owner.claim(), b"0".to_vec(), &stranger).unwrap();
    refused(storage, &unsigned, Rule::Signature).await;
    let first = owner.first(b"0");
    put(storage, &first).await.unwrap();

    for key in [&stranger, &owner.claim_key] {
        let by_other = first.next(b"1".to_vec(), key, None).unwrap();
        refused(storage, &by_other, Rule::Signature).await;
    }
    // The right signature on another statement: one byte of the encoded signature is flipped.
    let next = owner.next(&first, b"1");
    let mut encoded = next.encode();
    let signature_end = encoded.len().checked_sub(4 + next.body().len()).unwrap();
    if let Some(byte) = encoded.get_mut(signature_end.saturating_sub(1)) {
        *byte ^= 1;
    }
    refused(storage, &Record::decode(&encoded).unwrap(), Rule::Signature).await;
    put(storage, &next).await.unwrap();
}

/// A new hand-over is signed by the writer of its version and by nobody else, and is announced in
/// that version: not for another, not for an earlier one.
pub async fn check_new_hand_overs(storage: &dyn Storage, rng: &mut impl CryptoRng) {
    let (owner, successor) = (Owner::new(rng), SigningKey::random(rng));
    let to = successor.public_key();
    let first = owner.first(b"0");
    put(storage, &first).await.unwrap();
    let next = owner.next(&first, b"1");
    let address = first.address();
    let with = |hand_over| {
        let mut parts = Parts::of(&next);
        parts.hand_overs.push(hand_over);
        parts
    };
    let by_successor = HandOver::sign(&address, 1, to, &successor);
    let of_another_version = *HandOver::sign(&address, 2, to, &owner.writer).signature();
    for forged in [
        by_successor,
        HandOver::from_parts(1, to, of_another_version),
    ] {
        let record = with(forged).signed(&owner.writer);
        refused(storage, &record, Rule::HandOverSignature).await;
    }
    let backdated = with(HandOver::sign(&address, 0, to, &owner.writer)).signed(&successor);
    refused(storage, &backdated, Rule::HandOverBackdated).await;
    let at_once = with(HandOver::sign(&address, 1, to, &owner.writer)).signed(&successor);
    refused(storage, &at_once, Rule::Signature).await;
    let good = with(HandOver::sign(&address, 1, to, &owner.writer)).signed(&owner.writer);
    put(storage, &good).await.unwrap();
}

/// From the version after a hand-over on, the new writer writes and every old one is refused.
/// Stored hand-overs stay, and a copy of the record proves itself in another storage.
pub async fn check_hand_overs(storage: &dyn Storage, rng: &mut impl CryptoRng) {
    let owner = Owner::new(rng);
    let (second_writer, third_writer) = (SigningKey::random(rng), SigningKey::random(rng));
    let (to_second, to_third) = (second_writer.public_key(), third_writer.public_key());
    let first = owner.first(b"0");
    put(storage, &first).await.unwrap();
    let second = first
        .next(b"1".to_vec(), &owner.writer, Some(to_second))
        .unwrap();
    put(storage, &second).await.unwrap();
    refused(
        storage,
        &owner.next(&second, b"old writer"),
        Rule::Signature,
    )
    .await;
    let third = second
        .next(b"2".to_vec(), &second_writer, Some(to_third))
        .unwrap();
    put(storage, &third).await.unwrap();
    for old in [&owner.writer, &second_writer] {
        let stale = third.next(b"old writer".to_vec(), old, None).unwrap();
        refused(storage, &stale, Rule::Signature).await;
    }

    let mut undone = Parts::of(&owner.next(&third, b"3"));
    undone.hand_overs.clear();
    refused(
        storage,
        &undone.signed(&owner.writer),
        Rule::HandOversChanged,
    )
    .await;

    let fourth = third.next(b"3".to_vec(), &third_writer, None).unwrap();
    put(storage, &fourth).await.unwrap();
    let copy = storage.get(&fourth.address()).await.unwrap().unwrap();
    let restored = MemoryStorage::from_records([copy]).unwrap();
    let fifth = fourth.next(b"4".to_vec(), &third_writer, None).unwrap();
    refused(
        &restored,
        &owner.next(&fourth, b"old writer"),
        Rule::Signature,
    )
    .await;
    put(&restored, &fifth).await.unwrap();
}

/// Nothing follows a closed version, whoever signed it; it stays readable, and hands over to
/// nobody.
pub async fn check_closing(storage: &dyn Storage, rng: &mut impl CryptoRng) {
    let owner = Owner::new(rng);
    let successor = SigningKey::random(rng);
    let first = owner.first(b"0");
    put(storage, &first).await.unwrap();

    let to = Some(successor.public_key());
    let mut parts = Parts::of(&first.next(b"notice".to_vec(), &owner.writer, to).unwrap());
    parts.closed = true;
    refused(
        storage,
        &parts.signed(&owner.writer),
        Rule::HandOverWhenClosing,
    )
    .await;

    let by_stranger = first.close(b"notice".to_vec(), &successor).unwrap();
    refused(storage, &by_stranger, Rule::Signature).await;
    let closed = first.close(b"notice".to_vec(), &owner.writer).unwrap();
    put(storage, &closed).await.unwrap();
    assert_eq!(
        storage.get(&first.address()).await.unwrap(),
        Some(closed.clone())
    );

    refused(storage, &owner.next(&closed, b"more"), Rule::Closed).await;
    let again = closed.close(b"again".to_vec(), &owner.writer).unwrap();
    refused(storage, &again, Rule::Closed).await;
    conflict(storage, &owner.first(b"anew"), Some(1)).await;
}

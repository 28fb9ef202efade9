//! Who may create a record.

use rand_core::CryptoRng;
use tki_record::{Claim, Record, RecordKind, Rule};
use tki_seal::bip340::SigningKey;

use super::owner::{Owner, Parts, put, refused};
use crate::storage::Storage;

/// Only the address's own key creates a record there: a claim with another's signature, or with a
/// signature made for another address, writer or account, is refused.
pub async fn check_claims(storage: &dyn Storage, rng: &mut impl CryptoRng) {
    let (owner, attacker) = (Owner::new(rng), Owner::new(rng));
    let claim = owner.claim();
    let key = *claim.key();
    let writer = attacker.writer.public_key();
    let sign = |slot, key, signer: &SigningKey, first_writer, binding: [u8; 32]| {
        let digest = Claim::digest(RecordKind::Mailbox, slot, key, &first_writer, &binding);
        signer.sign(&digest)
    };
    let attacker_key = attacker.claim_key.public_key();
    let theirs = [0xA7; 32];
    for signature in [
        // By a key that is not the address's.
        sign(0, &key, &attacker.claim_key, writer, theirs),
        // By the address's key, for the owner's writer, not the attacker's.
        *claim.signature(),
        sign(0, &key, &owner.claim_key, owner.writer.public_key(), theirs),
        // For another account, address or slot.
        sign(0, &key, &owner.claim_key, writer, [0xA8; 32]),
        sign(0, &attacker_key, &owner.claim_key, writer, theirs),
        sign(1, &key, &owner.claim_key, writer, theirs),
    ] {
        let forged = Claim::from_parts(RecordKind::Mailbox, 0, key, writer, theirs, signature);
        let record = Record::first(forged, b"squatted".to_vec(), &attacker.writer).unwrap();
        assert_eq!(record.address(), owner.address());
        refused(storage, &record, Rule::ClaimSignature).await;
    }
    // The claim is public once it is stored, but names its writer.
    let copied = Record::first(claim, b"squatted".to_vec(), &attacker.writer).unwrap();
    refused(storage, &copied, Rule::Signature).await;
    assert_eq!(storage.get(&owner.address()).await.unwrap(), None);
    put(storage, &owner.first(b"mine")).await.unwrap();
}

/// A stored claim stays, even against its own key.
pub async fn check_claims_stay(storage: &dyn Storage, rng: &mut impl CryptoRng) {
    let owner = Owner::new(rng);
    let first = owner.first(b"0");
    put(storage, &first).await.unwrap();
    let successor = SigningKey::random(rng);
    let claim =
        |writer, binding| Claim::sign(RecordKind::Mailbox, 0, &owner.claim_key, writer, binding);
    let mut parts = Parts::of(&owner.next(&first, b"1"));
    parts.claim = claim(owner.writer.public_key(), [0xB2; 32]);
    refused(storage, &parts.signed(&owner.writer), Rule::ClaimChanged).await;

    parts = Parts::of(&owner.next(&first, b"1"));
    parts.claim = claim(successor.public_key(), *first.claim().binding());
    refused(storage, &parts.signed(&successor), Rule::ClaimChanged).await;
}

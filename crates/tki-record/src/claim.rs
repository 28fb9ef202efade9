//! Who may create a record, and for which account it was made.

use tki_seal::bip340::{InvalidSignature, PublicKey, Signature, SigningKey, Statement};
use tki_seal::transcript::{Tag, Transcript};

use crate::address::{Address, RecordKind};

/// The statement, kept in the record for ever, that the address's own key wants this first writer.
///
/// It is a signature by the claim key over `H(Claim, address, first writer, binding)`. Storage
/// checks it against the address; it cannot check the binding, which is a hash that only the
/// account's factors know how to compute: whoever reads the record checks that.
///
/// A value of this type need not be true: [`verify`](Self::verify) tells.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Claim {
    kind: RecordKind,
    slot: u32,
    key: PublicKey,
    first_writer: PublicKey,
    binding: [u8; 32],
    signature: Signature,
    /// Always `Address::derive(kind, slot, key)`; kept because it is asked for often.
    address: Address,
}

impl Claim {
    /// Claims the address of `key` for a record that `first_writer` writes.
    ///
    /// The slot is 0 for a key that was derived for one slot, and counts up for a signer that has
    /// one key only.
    #[must_use]
    pub fn sign(
        kind: RecordKind,
        slot: u32,
        key: &SigningKey,
        first_writer: PublicKey,
        binding: [u8; 32],
    ) -> Self {
        let public = key.public_key();
        let signature = key.sign(&Self::digest(kind, slot, &public, &first_writer, &binding));
        Self::from_parts(kind, slot, public, first_writer, binding, signature)
    }

    /// What a signer that lives elsewhere signs, for [`from_signature`](Self::from_signature).
    #[must_use]
    pub fn digest(
        kind: RecordKind,
        slot: u32,
        key: &PublicKey,
        first_writer: &PublicKey,
        binding: &[u8; 32],
    ) -> [u8; 32] {
        digest(&Address::derive(kind, slot, key), first_writer, binding)
    }

    /// A claim whose signature over [`digest`](Self::digest) was made elsewhere.
    ///
    /// # Errors
    /// [`InvalidSignature`] if it was not made by `key` over these values.
    pub fn from_signature(
        kind: RecordKind,
        slot: u32,
        key: PublicKey,
        first_writer: PublicKey,
        binding: [u8; 32],
        signature: Signature,
    ) -> Result<Self, InvalidSignature> {
        let claim = Self::from_parts(kind, slot, key, first_writer, binding, signature);
        claim.verify()?;
        Ok(claim)
    }

    /// A claim as found in an encoding; nothing is verified.
    #[must_use]
    pub fn from_parts(
        kind: RecordKind,
        slot: u32,
        key: PublicKey,
        first_writer: PublicKey,
        binding: [u8; 32],
        signature: Signature,
    ) -> Self {
        let address = Address::derive(kind, slot, &key);
        Self {
            kind,
            slot,
            key,
            first_writer,
            binding,
            signature,
            address,
        }
    }

    /// Checks that the address's own key made this claim.
    ///
    /// # Errors
    /// [`InvalidSignature`] if not.
    pub fn verify(&self) -> Result<(), InvalidSignature> {
        self.statement().verify()
    }

    /// What [`verify`](Self::verify) verifies.
    pub(crate) fn statement(&self) -> Statement {
        Statement {
            key: self.key,
            digest: digest(&self.address, &self.first_writer, &self.binding),
            signature: self.signature,
        }
    }

    /// The address that is claimed.
    #[must_use]
    pub const fn address(&self) -> Address {
        self.address
    }

    /// What the record is for.
    #[must_use]
    pub const fn kind(&self) -> RecordKind {
        self.kind
    }

    /// Which of the key's addresses of this kind.
    #[must_use]
    pub const fn slot(&self) -> u32 {
        self.slot
    }

    /// The claim key.
    #[must_use]
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Who writes version 0.
    #[must_use]
    pub const fn first_writer(&self) -> &PublicKey {
        &self.first_writer
    }

    /// What ties the claim to one account, checked by readers.
    #[must_use]
    pub const fn binding(&self) -> &[u8; 32] {
        &self.binding
    }

    /// The claim key's signature.
    #[must_use]
    pub const fn signature(&self) -> &Signature {
        &self.signature
    }
}

fn digest(address: &Address, first_writer: &PublicKey, binding: &[u8; 32]) -> [u8; 32] {
    // Step 2: a claim is signed over H("claim", address, first writer, binding).
    Transcript::new(Tag::Claim)
        .bytes(address.as_bytes())
        .bytes(&first_writer.to_bytes())
        .bytes(binding)
        .digest()
}

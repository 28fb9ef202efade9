//! Every key that is derived from another, one function each.
//!
//! HKDF(secret, salt, info) is HKDF-SHA3-256, an empty salt written as –. HKDF* reduces 48 bytes of
//! it to a non-zero scalar of secp256k1. T(tag, fields…) is the transcript encoding, H its digest.
//! `docs/spec/keys.md` lists the same formulas with test vectors.
//!
//! | letter | name | who knows it |
//! |---|---|---|
//! | o_i | opening seed | holder i |
//! | B_i | box key = HKDF*(o_i, –, T(box key)) | holder i; public half in the document |
//! | p_i | pegged share = HKDF*(o_i, –, T(pegged share)), on the account's curve | holder i |
//! | C_{i,j} | claim key = HKDF*(o_i, –, T(claim key, j)) | holder i |
//! | a | account secret | all holders |
//! | C_doc | document claim key = HKDF*(a, –, T(document claim key)) | all holders |
//! | β | binding key = H(binding key, account id, Y, a) | all holders |
//! | b(addr) | binding = H(claim binding, β, addr) | public; told from random by holders alone |
//! | c | chain code = HKDF(a, –, T(chain code)) | all holders |
//! | s | the account's key | nobody; assembled for one operation |
//! | κ | control key = HKDF(s, control salt, T(control key)) | who assembled s since the last removal |
//! | w(addr) | writer key = HKDF*(κ, –, T(writer key, addr)) | the same |

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use tki_math::SecretScalar;
use tki_record::{Address, RecordKind};
use tki_seal::{
    bip340::SigningKey,
    curve::{SealCurve, Secp256k1},
    kdf,
    sealed_box::BoxSecretKey,
    symmetric::{self, SymmetricKey},
    transcript::{Tag, Transcript},
};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    account::AccountId,
    error::Error,
    secrets::{AccountSecret, ControlSalt, DocumentKey, OpeningSeed},
};

impl OpeningSeed {
    /// B_i = HKDF*(o_i, –, T(box key)): what the holder's mailboxes are sealed to.
    #[must_use]
    pub fn box_key(&self) -> BoxSecretKey {
        // Step 1.1: B_i = HKDF*(o_i, –, T(box key)).
        box_key(kdf::derive_scalar(
            self.expose_secret(),
            &[],
            Transcript::new(Tag::BoxKey),
        ))
    }

    /// C_{i,j} = HKDF*(o_i, –, T(claim key, j)): claims the holder's mailbox at slot j.
    #[must_use]
    pub fn claim_key(&self, slot: u32) -> SigningKey {
        // Step 1.2: C_{i,j} = HKDF*(o_i, –, T(claim key, j)).
        let info = Transcript::new(Tag::ClaimKey).u64(u64::from(slot));
        signing_key(kdf::derive_scalar(self.expose_secret(), &[], info))
    }

    /// p_i = HKDF*(o_i, –, T(pegged share)): the share of a pegged holder, on the account's curve.
    ///
    /// # Security
    /// It is the same in every epoch: a permanent point of the account's polynomials.
    #[must_use]
    pub fn pegged_share<C: SealCurve>(&self) -> SecretScalar<C> {
        // Step 1.3: p_i = HKDF*(o_i, –, T(pegged share)).
        let info = Transcript::new(Tag::PeggedShare);
        kdf::derive_scalar(self.expose_secret(), &[], info)
    }

    /// The address of the holder's mailbox at a slot, for a holder that claims by this seed.
    #[must_use]
    pub fn mailbox_address(&self, slot: u32) -> Address {
        Address::derive(RecordKind::Mailbox, 0, &self.claim_key(slot).public_key())
    }
}

impl AccountSecret {
    /// C_doc = HKDF*(a, –, T(document claim key)): claims the address of the document.
    #[must_use]
    pub fn document_claim_key(&self) -> SigningKey {
        // Step 2.1: C_doc = HKDF*(a, –, T(document claim key)).
        let info = Transcript::new(Tag::DocumentClaimKey);
        signing_key(kdf::derive_scalar(self.expose_secret(), &[], info))
    }

    /// The address of the account document.
    #[must_use]
    pub fn document_address(&self) -> Address {
        Address::derive(
            RecordKind::Document,
            0,
            &self.document_claim_key().public_key(),
        )
    }

    /// c = HKDF(a, –, T(chain code)): with the account's key, the top of the account's tree of keys.
    ///
    /// # Security
    /// Every holder can compute it, so that no child of the top may be derived unhardened.
    #[must_use]
    pub fn chain_code(&self) -> Zeroizing<[u8; 32]> {
        // Step 5.1: c = HKDF(a, –, T(chain code)).
        kdf::derive_key(self.expose_secret(), &[], Transcript::new(Tag::ChainCode))
    }

    /// β = H(binding key, account id, Y, a), where Y is the account's verifying key at creation,
    /// [`Core::first_verifying_key`](crate::Core::first_verifying_key).
    #[must_use]
    pub fn binding_key(&self, account: &AccountId, first_verifying_key: &[u8]) -> BindingKey {
        // Step 2.2: β = H(binding key, account id, Y, a).
        let transcript = Transcript::new(Tag::BindingKey)
            .bytes(account.as_bytes())
            .bytes(first_verifying_key)
            .bytes(self.expose_secret());
        BindingKey(transcript.digest())
    }
}

/// β: what the claims of an account are bound by, so that no record of another account passes for
/// one of this.
///
/// Whoever has it, and a storage, can tell which records are the account's. So an invite carries
/// b(addr) of one address and not this. Not `Clone`: it is derived where it is needed.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct BindingKey([u8; 32]);

impl BindingKey {
    /// The key with these bytes; wiping them is left to the caller.
    #[must_use]
    pub const fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(*bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn expose_secret(&self) -> &[u8; 32] {
        &self.0
    }

    /// b(addr) = H(claim binding, β, addr): what the claim of the record at addr is bound to. Each
    /// record has its own, so that records are not linkable by their claims.
    #[must_use]
    pub fn binding(&self, address: &Address) -> [u8; 32] {
        // Step 2.3: b(addr) = H(claim binding, β, addr).
        Transcript::new(Tag::ClaimBinding)
            .bytes(&self.0)
            .bytes(address.as_bytes())
            .digest()
    }
}

impl fmt::Debug for BindingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BindingKey(..)")
    }
}

/// κ: whoever has it may write every record of the account.
///
/// Not `Clone`: it is derived where it is needed.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct ControlKey([u8; 32]);

impl ControlKey {
    /// κ = HKDF(s, control salt, T(control key)), with s in the curve's canonical encoding.
    #[must_use]
    pub fn derive(secret: &[u8; 32], salt: &ControlSalt) -> Self {
        // Step 3.1: κ = HKDF(s, control salt, T(control key)).
        let info = Transcript::new(Tag::ControlKey);
        Self(*kdf::derive_key(secret, salt.expose_secret(), info))
    }

    /// w(addr) = HKDF*(κ, –, T(writer key, addr)): signs the versions of the record at addr. Each
    /// record has its own, so that records are not linkable by their writers.
    #[must_use]
    pub fn writer(&self, address: &Address) -> SigningKey {
        // Step 3.2: w(addr) = HKDF*(κ, –, T(writer key, addr)).
        let info = Transcript::new(Tag::WriterKey).bytes(address.as_bytes());
        signing_key(kdf::derive_scalar(&self.0, &[], info))
    }
}

impl fmt::Debug for ControlKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ControlKey(..)")
    }
}

impl DocumentKey {
    /// The key that the document of this epoch is sealed under.
    #[must_use]
    pub fn to_symmetric_key(&self) -> SymmetricKey {
        SymmetricKey::from_bytes(Zeroizing::new(*self.expose_secret()))
    }
}

/// Key under which an Ed25519 account keeps the seed it was made from, so that export gives it
/// back: HKDF(s, account id, T(seed seal, Y)).
#[derive(Debug)]
pub struct SeedKey {
    key: SymmetricKey,
    context: Transcript,
}

impl SeedKey {
    /// HKDF(s, account id, T(seed seal, Y)), with s in the curve's canonical encoding and Y the
    /// verifying key of s.
    #[must_use]
    pub fn derive(secret: &[u8; 32], account: &AccountId, verifying_key: &[u8]) -> Self {
        // Step 4.1: the key is HKDF(s, account id, T(seed seal, Y)).
        let info = Transcript::new(Tag::SeedSeal).bytes(verifying_key);
        let key = SymmetricKey::from_bytes(kdf::derive_key(secret, account.as_bytes(), info));
        // Step 4.2: the context is T(seed seal, account id, Y).
        let context = Transcript::new(Tag::SeedSeal)
            .bytes(account.as_bytes())
            .bytes(verifying_key);
        Self { key, context }
    }

    /// Seals a seed, for [`crate::Key::sealed_seed`].
    #[must_use]
    pub fn seal(&self, seed: &[u8; 32], rng: &mut (impl CryptoRng + ?Sized)) -> Vec<u8> {
        symmetric::seal(&self.key, self.context.clone(), seed, rng)
    }

    /// Opens a sealed seed.
    ///
    /// # Errors
    /// [`Error::Unsealed`] if it was sealed for another account or key, or is damaged.
    pub fn open(&self, sealed: &[u8]) -> Result<Zeroizing<[u8; 32]>, Error> {
        let plaintext = symmetric::open(&self.key, self.context.clone(), sealed)
            .map_err(|_| Error::Unsealed)?;
        let seed = plaintext
            .as_slice()
            .try_into()
            .map_err(|_| Error::Unsealed)?;
        Ok(Zeroizing::new(seed))
    }
}

/// HKDF*(s, account id, T(app key, name)): the account's key for one application, with s in the
/// curve's canonical encoding.
///
/// # Security
/// It leads neither to s nor to the key of another application.
#[must_use]
pub fn app_scalar<C: SealCurve>(
    secret: &[u8; 32],
    account: &AccountId,
    name: &str,
) -> SecretScalar<C> {
    // Step 5.2: HKDF*(s, account id, T(app key, name)).
    kdf::derive_scalar(secret, account.as_bytes(), app_info(name))
}

/// HKDF(s, account id, T(app key, name)): on Ed25519 the seed of that key.
///
/// # Security
/// It leads neither to s nor to the key of another application.
#[must_use]
pub fn app_seed(secret: &[u8; 32], account: &AccountId, name: &str) -> Zeroizing<[u8; 32]> {
    // Step 5.3: HKDF(s, account id, T(app key, name)).
    kdf::derive_key(secret, account.as_bytes(), app_info(name))
}

fn app_info(name: &str) -> Transcript {
    Transcript::new(Tag::AppKey).bytes(name.as_bytes())
}

#[expect(
    clippy::expect_used,
    reason = "only zero is refused, and no derived scalar is zero"
)]
pub(crate) fn box_key(scalar: SecretScalar<Secp256k1>) -> BoxSecretKey {
    // Correctness: `derive_scalar` tries again rather than return zero.
    BoxSecretKey::from_scalar(scalar).expect("derived scalars are not zero")
}

#[expect(
    clippy::expect_used,
    reason = "only zero is refused, and no derived scalar is zero"
)]
pub(crate) fn signing_key(scalar: SecretScalar<Secp256k1>) -> SigningKey {
    // Correctness: `derive_scalar` tries again rather than return zero.
    SigningKey::from_scalar(scalar).expect("derived scalars are not zero")
}

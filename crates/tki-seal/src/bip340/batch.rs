//! Verifying several BIP-340 signatures at once, for less than one after the other.
//!
//! Signature i is (R_i, s_i) by the key P_i over m_i, with the challenge e_i = H(R_i, P_i, m_i).
//! It holds when s_i·G = R_i + e_i·P_i. All of them hold, but for a probability of 2⁻¹²⁸, when
//!
//! ```text
//! (Σ a_i·s_i)·G − Σ a_i·R_i − Σ (a_i·e_i)·P_i = 0
//! ```
//!
//! where a_0 = 1 and the other a_i are 128-bit numbers that whoever made the signatures could not
//! choose: they are digests of all the statements together. One multi-scalar multiplication does it.
//!
//! | letter | name | |
//! |---|---|---|
//! | P_i | `key` | public |
//! | R_i, s_i | the halves of `signature` | public |
//! | m_i | `digest` | public |
//! | a_i | `weight` | public, derived |
//!
//! Specification: `docs/spec/seal.md`, section 6.
//!
//! Reference: BIP-340, section "Batch Verification".
//! Deviation: the weights have 128 bits instead of 256, which keeps the stated probability and saves
//! half of the work on R_i.

#![expect(non_snake_case, reason = "P_i and R_i are points")]
#![expect(clippy::doc_markdown, reason = "letters with subscripts are not code")]

use alloc::vec::Vec;

use ff::PrimeField as _;
use k256::elliptic_curve::group::Group as _;
use k256::elliptic_curve::ops::Reduce as _;
use k256::{FieldBytes, ProjectivePoint, Scalar};
use sha2::{Digest as _, Sha256};
use tki_math::Curve as _;

use super::{InvalidSignature, PublicKey, Signature};
use crate::curve::Secp256k1;
use crate::transcript::{Tag, Transcript};

/// That this key signed this digest: true or not, as [`verify_all`] tells.
#[expect(
    clippy::exhaustive_structs,
    reason = "what a verification takes, and nothing else"
)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Statement {
    /// Who is said to have signed.
    pub key: PublicKey,
    /// What is said to be signed.
    pub digest: [u8; 32],
    /// The signature.
    pub signature: Signature,
}

impl Statement {
    /// Verifies this one alone.
    ///
    /// # Errors
    /// [`InvalidSignature`] if it is not true.
    pub fn verify(&self) -> Result<(), InvalidSignature> {
        self.key.verify(&self.digest, &self.signature)
    }
}

/// Verifies all of the statements: accepts what [`PublicKey::verify`] accepts for each, but for a
/// probability of 2⁻¹²⁸ that a false one passes. It does not say which one is false; no statements
/// are true.
///
/// # Errors
///
/// [`InvalidSignature`] if one of them is not true.
///
/// # Security
///
/// Variable time: everything here is public.
pub fn verify_all(statements: &[Statement]) -> Result<(), InvalidSignature> {
    if let [one] = statements {
        return one.verify();
    }
    // Step 6.6: weights that depend on all of the statements.
    let seed = seed(statements);
    let mut at_generator = Scalar::ZERO;
    let mut terms = Vec::with_capacity(2 * statements.len());
    for (position, statement) in (0u64..).zip(statements) {
        let a_i = weight(&seed, position);
        let (r_i, s_i) = halves(&statement.signature);
        let P_i = lift(&statement.key.to_bytes())?;
        let R_i = lift(&r_i)?;
        let e_i = challenge(&r_i, statement);
        at_generator += a_i * scalar(s_i)?;
        terms.push((-a_i, R_i));
        terms.push((-(a_i * e_i), P_i));
    }
    // Step 6.7: (Σ a_i·s_i)·G − Σ a_i·R_i − Σ (a_i·e_i)·P_i = 0.
    let sum = ProjectivePoint::mul_by_generator_vartime(&at_generator)
        + Secp256k1::multi_scalar_mul_vartime(&terms);
    if bool::from(sum.is_identity()) {
        Ok(())
    } else {
        Err(InvalidSignature)
    }
}

/// A digest of every statement, in order.
fn seed(statements: &[Statement]) -> [u8; 32] {
    let items = statements.iter().map(|statement| {
        let mut item = Vec::with_capacity(128);
        item.extend_from_slice(statement.key.as_bytes());
        item.extend_from_slice(&statement.digest);
        item.extend_from_slice(statement.signature.as_bytes());
        item
    });
    Transcript::new(Tag::SignatureBatch).list(items).digest()
}

/// a_i: 1 for the first, then 128 bits of a digest of the seed and the position.
fn weight(seed: &[u8; 32], position: u64) -> Scalar {
    if position == 0 {
        return Scalar::ONE;
    }
    let transcript = Transcript::new(Tag::SignatureBatch)
        .bytes(seed)
        .u64(position);
    let low = transcript.digest().into_iter().take(16);
    Scalar::from(low.fold(0u128, |sum, byte| (sum << 8) | u128::from(byte)))
}

/// x(R_i) and s_i as they stand in the signature.
fn halves(signature: &Signature) -> ([u8; 32], [u8; 32]) {
    let (mut r, mut s) = ([0; 32], [0; 32]);
    let (first, second) = signature.as_bytes().split_at(32);
    r.copy_from_slice(first);
    s.copy_from_slice(second);
    (r, s)
}

/// A scalar below q that is not zero: `k256` refuses a signature with s = 0, and so does this.
fn scalar(bytes: [u8; 32]) -> Result<Scalar, InvalidSignature> {
    let scalar: Option<Scalar> = Scalar::from_repr(FieldBytes::from(bytes)).into();
    scalar
        .filter(|scalar| *scalar != Scalar::ZERO)
        .ok_or(InvalidSignature)
}

/// `lift_x`: the point with this x coordinate, canonical, and an even y.
fn lift(x: &[u8; 32]) -> Result<ProjectivePoint, InvalidSignature> {
    let key = PublicKey::from_bytes(*x).parse().ok_or(InvalidSignature)?;
    Ok(ProjectivePoint::from(*key.as_affine()))
}

/// e_i: the tagged hash of BIP-340, modulo q.
fn challenge(r: &[u8; 32], statement: &Statement) -> Scalar {
    let tag = Sha256::digest(b"BIP0340/challenge");
    let hash = Sha256::new()
        .chain_update(tag)
        .chain_update(tag)
        .chain_update(r)
        .chain_update(statement.key.as_bytes())
        .chain_update(statement.digest)
        .finalize();
    Scalar::reduce(&hash)
}

//! Shares held against the commitments. Nothing here can put a key together.

use alloc::vec::Vec;

use tki_math::{AccessStructure, Curve, Identifier, PolynomialCommitment, SecretScalar, Share};
use tki_metadata::Key;
use tki_seal::{curve::CurveId, on_curve};
use zeroize::Zeroizing;

use crate::error::{Error, Reason};

/// A share in its canonical encoding.
pub(crate) type ShareBytes = Zeroizing<[u8; 32]>;

/// Checks each share against the commitments to a key: `s_i·G = Σ x_i^k·A_k`.
///
/// # Errors
/// `Refused` naming the holder of the first wrong share.
pub(crate) fn verify(
    curve: CurveId,
    structure: &AccessStructure,
    key: &Key,
    shares: &[(Identifier, ShareBytes)],
) -> Result<(), Error> {
    on_curve!(curve, C => verify_on::<C>(structure, &key.commitments, shares))
}

/// The same on a curve.
pub(crate) fn verify_on<C: Curve>(
    structure: &AccessStructure,
    commitments: &[Vec<u8>],
    shares: &[(Identifier, ShareBytes)],
) -> Result<(), Error> {
    let commitment = PolynomialCommitment::<C>::from_bytes(commitments, structure);
    let commitment = commitment.map_err(refused_by_math)?;
    for share in typed::<C>(shares)? {
        commitment
            .verify(&share)
            .map_err(|_| Reason::WrongShare(share.identifier()))?;
    }
    Ok(())
}

/// Shares as the algebra takes them.
pub(crate) fn typed<C: Curve>(shares: &[(Identifier, ShareBytes)]) -> Result<Vec<Share<C>>, Error> {
    let mut typed = Vec::with_capacity(shares.len());
    for (identifier, bytes) in shares {
        let value = SecretScalar::from_canonical_bytes(bytes)
            .map_err(|_| Reason::WrongShare(*identifier))?;
        typed.push(Share::new(*identifier, value));
    }
    Ok(typed)
}

/// Every identifier and length was checked when the document was decoded, so that the algebra
/// refuses only what we got wrong; a named holder is believed.
#[expect(clippy::needless_pass_by_value, reason = "given to map_err")]
pub(crate) fn refused_by_math(error: tki_math::Error) -> Error {
    match error.culprits().first() {
        Some(identifier) => Reason::WrongShare(*identifier).into(),
        None => Reason::Bug("the algebra refused a checked input").into(),
    }
}

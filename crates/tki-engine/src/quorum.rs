//! The only place where an account's key may be whole.
//!
//! A [`Quorum`] keeps t shares, checked against the commitments. Each operation that needs the key
//! s assembles it, uses it and wipes it before it returns; nothing here returns s.
//!
//! | letter | name | who may know it |
//! |---|---|---|
//! | s | the account's key | nobody; assembled for one operation |
//! | s_i = f(x_i) | share | its holder |
//! | A | commitments to f | public within the account |
//! | κ | control key, HKDF(s, control salt) | whoever assembled s and has the salt |

use alloc::{collections::BTreeMap, vec::Vec};

use rand_core::CryptoRng;
use tki_math::{
    AccessStructure, Curve, Identifier, PolynomialCommitment, SecretScalar, Share, combine,
    interpolate_at, split,
};
use tki_metadata::{AccountId, ControlKey, ControlSalt, Key, SeedKey};
use tki_seal::{
    curve::{CurveId, Ed25519, Secp256k1},
    ed25519_seed,
    signature::{self, Input, Scheme, SchemeSignature, SignatureError},
};
use zeroize::Zeroizing;

use crate::error::{Error, Reason};

/// A share in its canonical encoding.
pub(crate) type ShareBytes = Zeroizing<[u8; 32]>;

/// The shares of all holders under one polynomial.
pub(crate) struct Shares {
    pub(crate) commitments: Vec<Vec<u8>>,
    pub(crate) by_identifier: BTreeMap<Identifier, ShareBytes>,
}

/// Runs a block with a type alias for the curve.
macro_rules! on_curve {
    ($curve:expr, $alias:ident => $body:expr) => {
        match $curve {
            CurveId::Secp256k1 => {
                type $alias = Secp256k1;
                $body
            }
            CurveId::Ed25519 => {
                type $alias = Ed25519;
                $body
            }
            _ => Err(Reason::Bug("a curve without arithmetic").into()),
        }
    };
}

/// A key that was just made, already shared out.
pub(crate) struct NewKey {
    pub(crate) key: Key,
    pub(crate) shares: Shares,
    pub(crate) control: ControlKey,
}

/// Makes a key, shares it and forgets it.
///
/// An Ed25519 key is made from a seed (RFC 8032), which is kept sealed under HKDF(s), so that a
/// later export can give it back.
pub(crate) fn create_key(
    curve: CurveId,
    account: &AccountId,
    sharing: (&AccessStructure, &[Identifier]),
    salt: &ControlSalt,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<NewKey, Error> {
    match curve {
        CurveId::Secp256k1 => {
            let secret = SecretScalar::<Secp256k1>::random(rng);
            new_key(&secret, sharing, salt, rng)
        }
        CurveId::Ed25519 => {
            let mut seed = Zeroizing::new([0u8; 32]);
            rng.fill_bytes(seed.as_mut());
            let secret = ed25519_seed::scalar_from_seed(&seed);
            let mut new = new_key(&secret, sharing, salt, rng)?;
            let seed_key = SeedKey::derive(&secret.to_bytes(), account, &new.key.verifying_key);
            new.key.sealed_seed = Some(seed_key.seal(&seed, rng));
            Ok(new)
        }
        _ => Err(Reason::Bug("a curve without arithmetic").into()),
    }
}

fn new_key<C: Curve>(
    secret: &SecretScalar<C>,
    (structure, identifiers): (&AccessStructure, &[Identifier]),
    salt: &ControlSalt,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<NewKey, Error> {
    let shares = deal(secret, structure, identifiers, rng)?;
    let verifying_key = shares
        .commitments
        .first()
        .ok_or(Reason::Bug("a dealing without commitments"))?
        .clone();
    let control = ControlKey::derive(&secret.to_bytes(), salt);
    let key = Key::new(verifying_key, shares.commitments.clone(), None);
    Ok(NewKey {
        key,
        shares,
        control,
    })
}

fn deal<C: Curve>(
    secret: &SecretScalar<C>,
    structure: &AccessStructure,
    identifiers: &[Identifier],
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Shares, Error> {
    let dealing =
        split(secret, structure.threshold(), identifiers, rng).map_err(refused_by_math)?;
    let by_identifier = dealing
        .shares()
        .iter()
        .map(|share| (share.identifier(), share.value().to_bytes()))
        .collect();
    Ok(Shares {
        commitments: dealing.commitment().to_bytes(),
        by_identifier,
    })
}

/// Shares at least as many as the access structure asks for, each checked.
pub(crate) struct Quorum {
    curve: CurveId,
    structure: AccessStructure,
    commitments: Vec<Vec<u8>>,
    shares: Vec<(Identifier, ShareBytes)>,
}

impl Quorum {
    /// Checks every share against the commitments, and that there are enough of them.
    ///
    /// # Errors
    /// `Refused` naming the holder of a wrong share; `NeedMoreShares`.
    pub(crate) fn gather(
        curve: CurveId,
        structure: &AccessStructure,
        key: &Key,
        shares: Vec<(Identifier, ShareBytes)>,
    ) -> Result<Self, Error> {
        let mut quorum = Self {
            curve,
            structure: structure.clone(),
            commitments: key.commitments.clone(),
            shares,
        };
        // Step 3.1: each share against the commitments; the same one twice counts once.
        on_curve!(curve, C => quorum.verify_shares::<C>())?;
        quorum.shares.sort_by_key(|(identifier, _)| *identifier);
        quorum.shares.dedup_by_key(|(identifier, _)| *identifier);
        let identifiers: Vec<Identifier> = quorum.shares.iter().map(|(x, _)| *x).collect();
        let (have, need) = structure.shares_needed(&identifiers);
        if !structure.is_satisfied_by(&identifiers) {
            return Err(Reason::NeedMoreShares { have, need }.into());
        }
        // Step 3.2: enough of them, and A_0 = Y.
        // Correctness: every share is on the committed polynomial, so s·G = Σ λ_i·Y_i = A_0.
        if key.commitments.first() != Some(&key.verifying_key) {
            return Err(Reason::KeyMismatch.into());
        }
        Ok(quorum)
    }

    /// κ = HKDF(s, salt).
    pub(crate) fn control_key(&self, salt: &ControlSalt) -> Result<ControlKey, Error> {
        on_curve!(self.curve, C => {
            Ok(ControlKey::derive(&self.assemble::<C>()?.to_bytes(), salt))
        })
    }

    /// New shares of the same key under a fresh polynomial.
    pub(crate) fn reshare(
        &self,
        structure: &AccessStructure,
        identifiers: &[Identifier],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Shares, Error> {
        on_curve!(self.curve, C => {
            deal(&self.assemble::<C>()?, structure, identifiers, rng)
        })
    }

    /// The shares of these holders under the present polynomial.
    pub(crate) fn shares_at(&self, identifiers: &[Identifier]) -> Result<Shares, Error> {
        on_curve!(self.curve, C => self.interpolate::<C>(identifiers))
    }

    /// Signs with the key.
    pub(crate) fn sign(&self, scheme: Scheme, input: Input<'_>) -> Result<SchemeSignature, Error> {
        if scheme.curve() != self.curve {
            return Err(Reason::UnsupportedScheme(SignatureError::Unsupported).into());
        }
        let signed = match self.curve {
            CurveId::Secp256k1 => signature::sign_secp256k1(scheme, &self.assemble()?, input),
            CurveId::Ed25519 => signature::sign_ed25519(&self.assemble()?, input),
            _ => return Err(Reason::Bug("a curve without arithmetic").into()),
        };
        signed.map_err(|error| Reason::UnsupportedScheme(error).into())
    }

    fn verify_shares<C: Curve>(&self) -> Result<(), Error> {
        let commitment = self.commitment::<C>()?;
        for share in self.typed_shares::<C>()? {
            commitment
                .verify(&share)
                .map_err(|_| Reason::WrongShare(share.identifier()))?;
        }
        Ok(())
    }

    fn assemble<C: Curve>(&self) -> Result<SecretScalar<C>, Error> {
        combine(&self.typed_shares()?, self.structure.threshold()).map_err(refused_by_math)
    }

    fn interpolate<C: Curve>(&self, identifiers: &[Identifier]) -> Result<Shares, Error> {
        let shares = self.typed_shares::<C>()?;
        let mut by_identifier = BTreeMap::new();
        for identifier in identifiers {
            let share = interpolate_at(&shares, self.structure.threshold(), *identifier)
                .map_err(refused_by_math)?;
            by_identifier.insert(*identifier, share.value().to_bytes());
        }
        Ok(Shares {
            commitments: self.commitments.clone(),
            by_identifier,
        })
    }

    fn commitment<C: Curve>(&self) -> Result<PolynomialCommitment<C>, Error> {
        PolynomialCommitment::from_bytes(&self.commitments, self.structure.threshold())
            .map_err(refused_by_math)
    }

    fn typed_shares<C: Curve>(&self) -> Result<Vec<Share<C>>, Error> {
        let mut shares = Vec::with_capacity(self.shares.len());
        for (identifier, bytes) in &self.shares {
            let value = SecretScalar::from_canonical_bytes(bytes)
                .map_err(|_| Reason::WrongShare(*identifier))?;
            shares.push(Share::new(*identifier, value));
        }
        Ok(shares)
    }
}

/// Every identifier and length was checked when the document was decoded, so that the algebra
/// refuses only what we got wrong; a named holder is believed.
#[expect(clippy::needless_pass_by_value, reason = "given to map_err")]
fn refused_by_math(error: tki_math::Error) -> Error {
    match error.culprits().first() {
        Some(identifier) => Reason::WrongShare(*identifier).into(),
        None => Reason::Bug("the algebra refused a checked input").into(),
    }
}

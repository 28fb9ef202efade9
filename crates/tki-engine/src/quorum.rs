//! The only place where an account's key may be whole.
//!
//! A [`Quorum`] keeps t shares, checked against the commitments. Each operation that needs the key
//! s assembles it, uses it and wipes it before it returns. The one that returns s is
//! [`Opened::export`], which is asked for by name.
//!
//! | letter | name | who may know it |
//! |---|---|---|
//! | s | the account's key | nobody; assembled for one operation |
//! | s_i = f(x_i) | share | its holder |
//! | A | commitments to f | public within the account |
//! | κ | control key, HKDF(s, control salt) | whoever assembled s and has the salt |

use alloc::{collections::BTreeMap, vec::Vec};

use rand_core::CryptoRng;
use tki_formats::PrivateKey;
use tki_math::{
    AccessStructure, Curve, Identifier, Pegs, SecretScalar, Share, combine, interpolate_at, split,
};
use tki_metadata::{
    AccountId, ControlKey, ControlSalt, Core, EventSignature, Key, OpeningSeed, SeedKey, event_key,
    event_scheme,
};
use tki_seal::{
    curve::{CurveId, SealCurve},
    on_curve,
    signature::{self, Input, Scheme, SchemeSignature, SignatureError},
};

use crate::{
    account::Opened,
    create::Source,
    error::{Culprit, Error, Reason},
    read::Missing,
    shares::{self, ShareBytes, refused_by_math},
    stack,
};

mod derived;

pub use derived::{Branch, Derived};

/// The shares of all holders under one polynomial.
pub(crate) struct Shares {
    pub(crate) commitments: Vec<Vec<u8>>,
    pub(crate) by_identifier: BTreeMap<Identifier, ShareBytes>,
}

/// Over whom a key is shared, and how.
pub(crate) struct Sharing<'a> {
    pub(crate) structure: &'a AccessStructure,
    pub(crate) identifiers: &'a [Identifier],
    /// Whose shares are not drawn.
    pub(crate) pegs: Vec<Peg<'a>>,
}

/// A holder whose share is fixed.
pub(crate) struct Peg<'a> {
    pub(crate) identifier: Identifier,
    /// The seed that the share follows from; without it the holder keeps the share that it has.
    pub(crate) seed: Option<&'a OpeningSeed>,
}

/// A key that is new to the account, already shared out.
pub(crate) struct NewKey {
    pub(crate) key: Key,
    pub(crate) shares: Shares,
    pub(crate) control: ControlKey,
}

/// Makes a key or takes the given one, shares it and forgets it.
///
/// The seed of an Ed25519 key (RFC 8032) is kept sealed under HKDF(s), so that an export can give
/// it back.
pub(crate) fn share_key(
    source: &Source,
    account: &AccountId,
    sharing: &Sharing<'_>,
    salt: &ControlSalt,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<NewKey, Error> {
    stack::wiped(|| share(source, account, sharing, salt, rng))
}

fn share(
    source: &Source,
    account: &AccountId,
    sharing: &Sharing<'_>,
    salt: &ControlSalt,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<NewKey, Error> {
    let made;
    let key = match source {
        Source::Created(curve) => {
            made = PrivateKey::random(*curve, rng);
            &made
        }
        Source::Imported(key) => key,
    };
    let exposed = key.expose_secret();
    on_curve!(key.curve(), C => {
        let scalar = SecretScalar::<C>::from_canonical_bytes(exposed.scalar);
        let scalar = scalar.map_err(|_| Reason::Bug("a private key that is no scalar"))?;
        let mut new = new_key(&scalar, sharing, salt, rng)?;
        if let Some(seed) = exposed.seed {
            let seed_key = SeedKey::derive(exposed.scalar, account, &new.key.verifying_key);
            new.key.sealed_seed = Some(seed_key.seal(seed, rng));
        }
        Ok(new)
    })
}

fn new_key<C: SealCurve>(
    secret: &SecretScalar<C>,
    sharing: &Sharing<'_>,
    salt: &ControlSalt,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<NewKey, Error> {
    // A new key has no shares that a peg could keep.
    let shares = deal(secret, sharing, &[], rng)?;
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

/// Shares a secret. `kept` are the shares of the pegged holders that keep theirs.
fn deal<C: SealCurve>(
    secret: &SecretScalar<C>,
    sharing: &Sharing<'_>,
    kept: &[Share<C>],
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Shares, Error> {
    if !sharing.pegs.is_empty() {
        return deal_pegged(secret, sharing, kept, rng);
    }
    let dealing = split(secret, sharing.structure, sharing.identifiers, rng);
    let dealing = dealing.map_err(refused_by_math)?;
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

/// The same with `f(x_i) = p_i` for pegged holders. How many there may be was checked.
fn deal_pegged<C: SealCurve>(
    secret: &SecretScalar<C>,
    sharing: &Sharing<'_>,
    kept: &[Share<C>],
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Shares, Error> {
    let AccessStructure::Threshold(threshold) = sharing.structure else {
        return Err(Reason::Bug("pegs in a structure that has none").into());
    };
    let mut pegs = Pegs::new(*threshold);
    pegs.add_secret(secret).map_err(refused_by_math)?;
    for share in kept {
        pegs.add_share(share).map_err(refused_by_math)?;
    }
    for peg in &sharing.pegs {
        if let Some(seed) = peg.seed {
            let share = Share::new(peg.identifier, seed.pegged_share());
            pegs.add_share(&share).map_err(refused_by_math)?;
        }
    }
    let polynomial = pegs.draw(rng).map_err(refused_by_math)?;
    let mut by_identifier = BTreeMap::new();
    for identifier in sharing.identifiers {
        let share = polynomial.evaluate(*identifier).map_err(refused_by_math)?;
        by_identifier.insert(*identifier, share.value().to_bytes());
    }
    Ok(Shares {
        commitments: polynomial.commit().to_bytes(),
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
    /// Checks every share against the commitments, and that there are enough of them. If not, the
    /// error tells of the factors that were at hand and are no holders.
    ///
    /// # Errors
    /// `Refused` naming the holder of a wrong share; `NeedMoreShares`.
    pub(crate) fn gather(
        curve: CurveId,
        structure: &AccessStructure,
        key: &Key,
        (shares, missing): (Vec<(Identifier, ShareBytes)>, &[Missing]),
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
        let identifiers = quorum.identifiers();
        let (have, need) = structure.shares_needed(&identifiers);
        if !structure.is_satisfied_by(&identifiers) {
            let missing = missing.iter().map(|m| m.factor.clone()).collect();
            return Err(Reason::NeedMoreShares {
                have,
                need,
                missing,
                suffice: Vec::new(),
            }
            .into());
        }
        // Step 3.2: enough of them, and A_0 = Y.
        // Correctness: every share is on the committed polynomial, so s·G = Σ λ_i·Y_i = A_0.
        if key.commitments.first() != Some(&key.verifying_key) {
            return Err(Reason::KeyMismatch.into());
        }
        Ok(quorum)
    }

    /// All shares of a dealing that was just made.
    pub(crate) fn of_shares(core: &Core, shares: &Shares) -> Self {
        let all = shares.by_identifier.iter();
        Self {
            curve: core.curve,
            structure: core.structure.clone(),
            commitments: shares.commitments.clone(),
            shares: all.map(|(x, share)| (*x, share.clone())).collect(),
        }
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
        sharing: &Sharing<'_>,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Shares, Error> {
        on_curve!(self.curve, C => {
            let shares = self.typed_shares::<C>()?;
            let keeping = sharing.pegs.iter().filter(|peg| peg.seed.is_none());
            let kept = keeping.map(|peg| interpolate_at(&shares, &self.structure, peg.identifier));
            let kept: Vec<_> = kept.collect::<Result<_, _>>().map_err(refused_by_math)?;
            deal(&self.assemble::<C>()?, sharing, &kept, rng)
        })
    }

    /// The shares of these holders under the present polynomial.
    ///
    /// They may be holders of another structure than the one that was opened, if that is the same
    /// but for further members of its root.
    pub(crate) fn shares_at(
        &self,
        structure: &AccessStructure,
        identifiers: &[Identifier],
    ) -> Result<Shares, Error> {
        on_curve!(self.curve, C => self.interpolate::<C>(structure, identifiers))
    }

    /// Whose shares these are.
    pub(crate) fn identifiers(&self) -> Vec<Identifier> {
        self.shares.iter().map(|(x, _)| *x).collect()
    }

    /// Signs with the key.
    pub(crate) fn sign(&self, scheme: Scheme, input: Input<'_>) -> Result<SchemeSignature, Error> {
        if scheme.curve() != self.curve {
            return Err(Reason::UnsupportedScheme(SignatureError::Unsupported).into());
        }
        let signed: Result<_, Error> = stack::wiped(|| {
            on_curve!(self.curve, C => {
                Ok(signature::sign(scheme, &self.assemble::<C>()?, input))
            })
        });
        signed?.map_err(|error| Reason::UnsupportedScheme(error).into())
    }

    /// Signs the message of an event with the event key of this key: e = s + h.
    pub(crate) fn sign_event(
        &self,
        verifying_key: &[u8],
        message: &[u8],
    ) -> Result<EventSignature, Error> {
        let scheme = event_scheme(self.curve);
        let signed: Result<_, Error> = stack::wiped(|| {
            on_curve!(self.curve, C => {
                let key = event_key::<C>(&self.assemble()?, verifying_key);
                Ok(signature::sign(scheme, &key, Input::Message(message)))
            })
        });
        let signature = signed?.map_err(Reason::UnsupportedScheme)?;
        Ok(EventSignature::from_bytes(signature.to_bytes()))
    }

    /// The key itself, checked against its verifying key; with its seed if that was kept.
    fn export(&self, account: &AccountId, key: &Key) -> Result<PrivateKey, Error> {
        // Step 3.5: s, or the seed of s; Y is its verifying key.
        let exported = on_curve!(self.curve, C => {
            let secret = self.assemble::<C>()?;
            match &key.sealed_seed {
                Some(sealed) if C::ID == CurveId::Ed25519 => {
                    let seed_key = SeedKey::derive(&secret.to_bytes(), account, &key.verifying_key);
                    let seed = seed_key.open(sealed);
                    let seed = seed.map_err(|_| Reason::SeedMismatch(Culprit::Document))?;
                    PrivateKey::from_ed25519_seed(&seed)
                }
                _ => PrivateKey::from_scalar(&secret).map_err(|_| Reason::KeyMismatch)?,
            }
        });
        if exported.verifying_key() == key.verifying_key {
            Ok(exported)
        } else {
            Err(Reason::SeedMismatch(Culprit::Document).into())
        }
    }

    fn verify_shares<C: Curve>(&self) -> Result<(), Error> {
        shares::verify_on::<C>(&self.structure, &self.commitments, &self.shares)
    }

    fn assemble<C: Curve>(&self) -> Result<SecretScalar<C>, Error> {
        combine(&self.typed_shares()?, &self.structure).map_err(refused_by_math)
    }

    fn interpolate<C: Curve>(
        &self,
        structure: &AccessStructure,
        identifiers: &[Identifier],
    ) -> Result<Shares, Error> {
        let shares = self.typed_shares::<C>()?;
        let mut by_identifier = BTreeMap::new();
        for identifier in identifiers {
            let share = interpolate_at(&shares, structure, *identifier).map_err(refused_by_math)?;
            by_identifier.insert(*identifier, share.value().to_bytes());
        }
        Ok(Shares {
            commitments: self.commitments.clone(),
            by_identifier,
        })
    }

    fn typed_shares<C: Curve>(&self) -> Result<Vec<Share<C>>, Error> {
        shares::typed(&self.shares)
    }
}

impl Opened<'_> {
    /// Gives the key out, whole: from here on whoever sees it has it, with no factor at all.
    ///
    /// An Ed25519 key comes with the seed that it was made from, if the account knows it.
    ///
    /// # Errors
    /// `Refused` if what is kept of the seed does not give the account's key.
    pub fn export(&self) -> Result<PrivateKey, Error> {
        let (quorum, key) = self.key_in_use()?;
        stack::wiped(|| quorum.export(&self.account.id(), key))
    }
}

#[cfg(test)]
mod tests {
    use tki_formats::PrivateKey;
    use tki_math::{AccessStructure, Identifier, Threshold};
    use tki_metadata::{AccountId, ControlSalt, SeedKey};
    use tki_seal::{curve::CurveId, ed25519_seed};

    use super::{Quorum, Sharing, Source, share_key};
    use crate::error::ErrorKind;

    /// What only somebody who once opened the account could have put there.
    #[test]
    fn a_sealed_seed_that_is_not_the_keys_does_not_leave() {
        let mut rng = tki_testkit::rng("foreign seed");
        let account = AccountId::random(&mut rng);
        let salt = ControlSalt::random(&mut rng);
        let structure = AccessStructure::Threshold(Threshold::new(2).unwrap());
        let identifiers = [1, 2].map(|x| Identifier::new(x).unwrap());
        let own = [7; 32];
        let source = Source::Imported(PrivateKey::from_ed25519_seed(&own));
        let sharing = Sharing {
            structure: &structure,
            identifiers: &identifiers,
            pegs: Vec::new(),
        };
        let new = share_key(&source, &account, &sharing, &salt, &mut rng).unwrap();
        let shares = (new.shares.by_identifier.into_iter().collect(), &[][..]);
        let mut key = new.key;
        let quorum = Quorum::gather(CurveId::Ed25519, &structure, &key, shares).unwrap();
        let exported = quorum.export(&account, &key).unwrap();
        assert_eq!(*exported.to_hex(), "07".repeat(32));

        let secret = ed25519_seed::scalar_from_seed(&own).to_bytes();
        let seed_key = SeedKey::derive(&secret, &account, &key.verifying_key);
        let mut cut = key.sealed_seed.clone().unwrap();
        cut.pop();
        for sealed in [seed_key.seal(&[8; 32], &mut rng), cut, Vec::new()] {
            key.sealed_seed = Some(sealed);
            let refused = quorum.export(&account, &key).err().unwrap();
            assert_eq!(refused.kind(), ErrorKind::Refused);
        }
        key.sealed_seed = None;
        let exported = quorum.export(&account, &key).unwrap();
        assert!(exported.is_scalar_only());
        assert_eq!(exported.verifying_key(), key.verifying_key);
    }
}

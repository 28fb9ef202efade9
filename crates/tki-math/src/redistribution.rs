//! Redistribution: from one sharing to another of the same secret, for other holders and under
//! another structure, without putting the secret together.
//!
//! Each holder i of a quorum of the old structure, with weight c_i, deals its share: a polynomial g_i
//! of the new structure with g_i(0) = s_i. New holder j adds up what it is dealt,
//!
//! s'_j = Σ c_i·g_i(x_j),
//!
//! and so has its share of f' = Σ c_i·g_i, with f'(0) = Σ c_i·s_i = s. With **B**_i the commitment to
//! g_i everyone has **A**' = Σ c_i·**B**_i, and A'_0 = Y.
//!
//! | letter | name | |
//! |---|---|---|
//! | c_i | `Quorum::weights` | public |
//! | s_i | `Share::value` of an old holder | secret |
//! | g_i, its value for j | `SubShare::value` | secret |
//! | **B**_i = (B_{i,k}) | `SubCommitment` | public |
//! | Y_i = s_i·G = B_{i,0} | `images` | public |
//! | s'_j | `Share::value` of a new holder | secret |
//! | **A**' | `CheckedRedistribution::commitment` | public |
//!
//! Specification: `docs/spec/redistribution.md`.
//!
//! Reference: Desmedt and Jajodia, "Redistributing secret shares to new access structures and its
//! applications", George Mason University ISSE TR-97-01, 1997; Wong, Wang and Wing, "Verifiable
//! secret redistribution for archive systems", IEEE Security in Storage Workshop 2002, for the
//! check that the dealt constants are the old shares. Deviation: any linear structure to any other,
//! where theirs are thresholds; a new holder checks its sum first, and what it was dealt one by one
//! only when the sum is wrong.
//!
//! Assumptions: old and new holders have the old commitment and the same **B**_i; sub-shares travel
//! over private channels that show who sends; old shares are erased once the new ones are kept.

use alloc::vec::Vec;
use core::fmt;

use ff::Field;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::{
    AccessStructure, Curve, Error, Identifier, PolynomialCommitment, Quorum, SecretScalar, Share,
    SubShare, VerifyingKey,
    commitment::{check_length, debug_points, decode_points, encode_points, verify_value},
    polynomial::Coefficients,
    shamir::check_holders,
    sub_share::{name_wrong, one_of_each, received},
    vartime::share_in_group_vartime,
};

/// Who deals in a redistribution, and for which new structure: what old and new holders agree on.
///
/// s = Σ c_i·s_i over the dealers.
///
/// Reference: Desmedt and Jajodia 1997; Wong, Wang and Wing 2002.
///
/// # Examples
/// ```
/// # mod curve { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/curves/secp256k1.rs")); }
/// # use curve::Secp256k1;
/// # use rand_chacha::ChaCha20Rng;
/// # use rand_core::SeedableRng;
/// # use subtle::ConstantTimeEq;
/// # use tki_math::{Identifier, Redistribution, SecretScalar, Threshold, split};
/// # let mut rng = ChaCha20Rng::seed_from_u64(1);
/// # let secret = SecretScalar::<Secp256k1>::random(&mut rng);
/// # let ids = [1, 2, 3, 4, 5].map(Identifier::new);
/// # let ids: Vec<Identifier> = ids.into_iter().collect::<Result<_, _>>()?;
/// // From two of the holders 1, 2, 3 to three of 2, 3, 4, 5.
/// let (old, commitment) = split(&secret, Threshold::new(2)?, &ids[..3], &mut rng)?.into_parts();
/// let plan = Redistribution::new(&commitment, &[ids[0], ids[2]], Threshold::new(3)?)?;
///
/// // Each dealer deals its share; commitments go to everyone, each sub-share to one new holder.
/// let (mut commitments, mut sub_shares) = (Vec::new(), Vec::new());
/// for share in [&old[0], &old[2]] {
///     let (sub_commitment, dealt) = plan.deal(share, &ids[1..], &mut rng)?.into_parts();
///     commitments.push(sub_commitment);
///     sub_shares.extend(dealt);
/// }
///
/// // Everyone checks the commitments; each new holder checks and adds up its sub-shares.
/// let checked = plan.check(&commitments)?;
/// let mut new = Vec::new();
/// for x_j in &ids[1..] {
///     let (mine, others) = sub_shares.into_iter().partition(|sub_share| sub_share.to() == *x_j);
///     sub_shares = others;
///     let mine: Vec<_> = mine;
///     new.push(checked.receive(*x_j, &mine)?);
/// }
/// assert!(bool::from(checked.commitment().combine(&new[1..])?.ct_eq(&secret)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Eq, PartialEq)]
pub struct Redistribution<C: Curve> {
    verifying_key: VerifyingKey<C>,
    /// The dealers, with their weights for the secret.
    quorum: Quorum<C>,
    /// Invariant: Y_i of each dealer, in the quorum's order.
    images: Vec<C::Point>,
    structure: AccessStructure,
}

impl<C: Curve> Redistribution<C> {
    /// A redistribution to the new structure, dealt by a quorum among these holders of the old.
    ///
    /// Who deals is [`dealers`](Self::dealers): no more of them than it takes.
    ///
    /// # Errors
    /// As [`AccessStructure::quorum`], and as [`PolynomialCommitment::verifying_share`] without
    /// [`Error::IdentityVerifyingShare`]; for the new structure as
    /// [`AccessStructure::check`].
    ///
    /// # Security
    /// No secret input; variable time.
    pub fn new(
        old: &PolynomialCommitment<C>,
        participants: &[Identifier],
        structure: impl Into<AccessStructure>,
    ) -> Result<Self, Error> {
        // Step 1.1: a quorum, its weights c_i, and Y_i of each of its holders.
        let quorum = old.structure().quorum(participants)?;
        let images = quorum.holders().map(|x_i| {
            let terms = old.structure().terms(x_i)?;
            share_in_group_vartime::<C>(old.as_points(), &terms)
        });
        let images = images.collect::<Result<_, _>>()?;
        // Step 1.2: the new structure tells too few nothing, whatever its identifiers.
        let structure = structure.into();
        structure.check::<C>()?;
        Ok(Self {
            verifying_key: *old.verifying_key(),
            quorum,
            images,
            structure,
        })
    }

    /// The old holders who deal.
    pub fn dealers(&self) -> impl Iterator<Item = Identifier> {
        self.quorum.holders()
    }

    /// The new structure.
    #[must_use]
    pub const fn structure(&self) -> &AccessStructure {
        &self.structure
    }

    /// Deals an old share to the new holders.
    ///
    /// g_i(0) = s_i, the other coefficients uniform; new holder j gets g_i(x_j), everyone **B**_i.
    ///
    /// Reference: Desmedt and Jajodia 1997.
    ///
    /// # Errors
    /// [`Error::UnknownHolder`] when the holder is none of the [`dealers`](Self::dealers),
    /// [`Error::InvalidShare`] when its share is not the committed one; for the new holders as
    /// [`split`](crate::split).
    ///
    /// # Security
    /// Constant time in the share, but for whether it is right; variable time in the identifiers,
    /// their number and the structure. `rng` is trusted: who predicts it knows the share from
    /// one sub-share.
    pub fn deal(
        &self,
        share: &Share<C>,
        holders: &[Identifier],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<SubDealing<C>, Error> {
        // Step 2.1: a dealer, and s_i·G = Y_i.
        let from = share.identifier();
        let mut dealers = self.dealers().zip(&self.images);
        let (_, Y_i) = dealers
            .find(|(x_i, _)| *x_i == from)
            .ok_or(Error::UnknownHolder { identifier: from })?;
        if share.value().public_point() != *Y_i {
            return Err(Error::InvalidShare { identifier: from });
        }
        // Step 2.2: the new holders are as many as the new structure takes, or those it names.
        check_holders::<C>(&self.structure, holders)?;
        // Step 2.3: g_i with g_i(0) = s_i, its values and B_i.
        let g_i =
            Coefficients::<C>::random(share.value().expose_secret(), self.structure.clone(), rng);
        let deal = |x_j: &Identifier| Ok(SubShare::new(from, *x_j, g_i.evaluate(*x_j)?));
        Ok(SubDealing {
            sub_shares: holders.iter().map(deal).collect::<Result<_, Error>>()?,
            commitment: SubCommitment {
                from,
                points: g_i.commit(),
                structure: self.structure.clone(),
            },
        })
    }

    /// Checks the dealers' commitments, and adds them up to that of the new sharing.
    ///
    /// B_{i,0} = Y_i for each dealer; A'_k = Σ c_i·B_{i,k}; A'_0 = Y.
    ///
    /// Reference: Wong, Wang and Wing 2002.
    ///
    /// # Errors
    /// [`Error::WrongDealings`] names every dealer whose commitment is of another structure or does
    /// not begin with Y_i. [`Error::DuplicateIdentifier`], [`Error::MissingMessage`] and
    /// [`Error::UnknownHolder`] unless there is one commitment of each dealer.
    ///
    /// # Security
    /// No secret input; variable time.
    pub fn check(
        &self,
        commitments: &[SubCommitment<C>],
    ) -> Result<CheckedRedistribution<C>, Error> {
        // Step 3.1: one commitment of each dealer, of the new structure, with B_{i,0} = Y_i.
        let messages = commitments.iter().map(|B_i| (B_i.from, B_i));
        let commitments = one_of_each(self.dealers(), messages)?;
        let wrong = commitments.iter().zip(&self.images).map(|(B_i, Y_i)| {
            let right = B_i.structure == self.structure && B_i.points.first() == Some(Y_i);
            (B_i.from, !right)
        });
        name_wrong(wrong)?;
        // Step 3.2: A'_k = Σ c_i·B_{i,k}.
        let column = |k: usize| {
            let dealt = commitments.iter().filter_map(|B_i| B_i.points.get(k));
            let weights = self.quorum.weights().iter().map(|(_, c_i)| *c_i);
            let terms: Vec<_> = weights.zip(dealt.copied()).collect();
            C::multi_scalar_mul_vartime(&terms)
        };
        let points = (0..self.structure.coefficient_count())
            .map(column)
            .collect();
        let commitment = PolynomialCommitment::from_points(points, &self.structure)?;
        // Step 3.3: A'_0 = Y, which follows from the checks of the constants.
        if *commitment.verifying_key() != self.verifying_key {
            return Err(Error::KeyChanged);
        }
        Ok(CheckedRedistribution {
            quorum: self.quorum.clone(),
            commitments: commitments.into_iter().cloned().collect(),
            commitment,
        })
    }
}

/// The curve, the dealers and the new structure.
impl<C: Curve> fmt::Debug for Redistribution<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redistribution")
            .field("quorum", &self.quorum)
            .field("structure", &self.structure)
            .finish_non_exhaustive()
    }
}

/// A redistribution whose commitments are checked: what is left is that new holders receive.
#[derive(Clone, Eq, PartialEq)]
pub struct CheckedRedistribution<C: Curve> {
    quorum: Quorum<C>,
    /// Invariants: 1. in the quorum's order; 2. each of the new structure, with B_{i,0} = Y_i.
    commitments: Vec<SubCommitment<C>>,
    commitment: PolynomialCommitment<C>,
}

impl<C: Curve> CheckedRedistribution<C> {
    /// The commitment **A**' of the new sharing; its verifying key is that of the old.
    #[must_use]
    pub const fn commitment(&self) -> &PolynomialCommitment<C> {
        &self.commitment
    }

    /// The new share of a new holder, from what the dealers sent it.
    ///
    /// s'_j = Σ c_i·g_i(x_j), s'_j·G = Y'_j.
    ///
    /// Reference: Desmedt and Jajodia 1997; Wong, Wang and Wing 2002.
    ///
    /// # Errors
    /// [`Error::WrongDealings`] when the sum is wrong: it names every dealer whose sub-share is not
    /// on the committed g_i. [`Error::IdentifierMismatch`] when a sub-share is another holder's;
    /// [`Error::DuplicateIdentifier`], [`Error::MissingMessage`] and [`Error::UnknownHolder`]
    /// unless there is one of each dealer; for the new holder as [`PolynomialCommitment::verify`].
    ///
    /// # Security
    /// Constant time in the values, but for whether they are right; variable time in the
    /// identifiers and their number.
    pub fn receive(
        &self,
        holder: Identifier,
        sub_shares: &[SubShare<C>],
    ) -> Result<Share<C>, Error> {
        // Step 4.1: one sub-share of each dealer.
        let sub_shares = received(self.quorum.holders(), holder, sub_shares)?;
        // Step 4.2: s'_j = Σ c_i·g_i(x_j).
        let mut sum = Zeroizing::new(C::Scalar::ZERO);
        for (sub_share, (_, c_i)) in sub_shares.iter().zip(self.quorum.weights()) {
            let term = Zeroizing::new(*sub_share.value().expose_secret() * c_i);
            *sum += &*term;
        }
        let share = Share::new(holder, SecretScalar::new(*sum));
        // Step 4.3: s'_j·G = Y'_j by A'.
        match self.commitment.verify(&share) {
            Err(Error::InvalidShare { .. }) => {}
            result => return result.map(|()| share),
        }
        // Step 4.4: else everyone whose sub-share is not on its g_i.
        let wrong = sub_shares.iter().zip(&self.commitments);
        let wrong = wrong.map(|(sub_share, B_i)| (B_i.from, B_i.verify(sub_share).is_err()));
        name_wrong(wrong)?;
        // The sub-shares are right one by one: then so is their sum.
        Err(Error::InvalidShare { identifier: holder })
    }
}

/// The curve, the dealers and the new commitment.
impl<C: Curve> fmt::Debug for CheckedRedistribution<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckedRedistribution")
            .field("quorum", &self.quorum)
            .field("commitment", &self.commitment)
            .finish_non_exhaustive()
    }
}

/// What a dealer makes of its share: a sub-share for each new holder, and the commitment for
/// everyone.
pub struct SubDealing<C: Curve> {
    sub_shares: Vec<SubShare<C>>,
    commitment: SubCommitment<C>,
}

impl<C: Curve> SubDealing<C> {
    /// The commitment, and the sub-shares in the order of the new holders given.
    #[must_use]
    pub fn into_parts(self) -> (SubCommitment<C>, Vec<SubShare<C>>) {
        (self.commitment, self.sub_shares)
    }
}

impl<C: Curve> fmt::Debug for SubDealing<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubDealing")
            .field("sub_shares", &self.sub_shares)
            .field("commitment", &self.commitment)
            .finish()
    }
}

/// The commitment **B**_i of a dealer to the polynomial g_i by which it deals its share.
///
/// B_{i,k} = b_{i,k}·G; B_{i,0} = Y_i, which [`Redistribution::check`] sees to. It may be the
/// identity: a share may be zero.
///
/// Reference: Feldman 1987; Wong, Wang and Wing 2002.
#[derive(Clone, Eq, PartialEq)]
pub struct SubCommitment<C: Curve> {
    from: Identifier,
    /// Invariant: exactly as many points as the structure has coefficients.
    points: Vec<C::Point>,
    structure: AccessStructure,
}

impl<C: Curve> SubCommitment<C> {
    /// The commitment of this dealer and these points.
    ///
    /// # Errors
    /// [`Error::WrongCommitmentLength`] unless there are exactly as many points as the new
    /// structure has coefficients.
    pub fn from_points(
        from: Identifier,
        points: Vec<C::Point>,
        structure: impl Into<AccessStructure>,
    ) -> Result<Self, Error> {
        let structure = structure.into();
        check_length(points.len(), structure.coefficient_count())?;
        Ok(Self {
            from,
            points,
            structure,
        })
    }

    /// Reads the canonical encodings of B_{i,0}, B_{i,1}, ….
    ///
    /// # Errors
    /// As [`from_points`](Self::from_points), and [`Error::InvalidCoefficientCommitment`] for bytes
    /// that [`Curve::decode_point`] refuses.
    pub fn from_bytes(
        from: Identifier,
        encoded: &[impl AsRef<[u8]>],
        structure: impl Into<AccessStructure>,
    ) -> Result<Self, Error> {
        let structure = structure.into();
        let points = decode_points::<C>(encoded, structure.coefficient_count())?;
        Self::from_points(from, points, structure)
    }

    /// The canonical encodings of B_{i,0}, B_{i,1}, ….
    #[must_use]
    pub fn to_bytes(&self) -> Vec<Vec<u8>> {
        encode_points::<C>(&self.points)
    }

    /// The points B_{i,0}, B_{i,1}, ….
    #[must_use]
    pub fn as_points(&self) -> &[C::Point] {
        &self.points
    }

    /// Who deals.
    #[must_use]
    pub const fn from(&self) -> Identifier {
        self.from
    }

    /// Checks that a sub-share lies on the committed polynomial.
    ///
    /// g_i(x_j)·G = Σ x_j^k·B_{i,k}.
    ///
    /// Reference: Feldman 1987.
    ///
    /// # Errors
    /// [`Error::InvalidShare`], which names the dealer, when it does not;
    /// [`Error::IdentifierMismatch`] when it is another dealer's; for the new holder as
    /// [`PolynomialCommitment::verify`].
    ///
    /// # Security
    /// Constant time in the value; variable time in x_j and the structure.
    pub fn verify(&self, sub_share: &SubShare<C>) -> Result<(), Error> {
        if sub_share.from() != self.from {
            return Err(Error::IdentifierMismatch {
                expected: self.from,
                found: sub_share.from(),
            });
        }
        let verified = verify_value(
            &self.points,
            &self.structure,
            sub_share.to(),
            sub_share.value(),
        );
        match verified {
            Err(Error::InvalidShare { .. }) => Err(Error::InvalidShare {
                identifier: self.from,
            }),
            result => result,
        }
    }
}

/// The curve, the dealer and the points' encodings in hexadecimal.
impl<C: Curve> fmt::Debug for SubCommitment<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SubCommitment<{}>({}) ", C::NAME, self.from)?;
        debug_points::<C>(&self.points, f)
    }
}

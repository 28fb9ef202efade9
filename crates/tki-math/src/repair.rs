//! Repair: the share of one holder computed anew by a quorum of others, none of whom learns it, or
//! anything of another's share.
//!
//! With the weights c_i of a quorum for the lost share, s_x = Σ c_i·s_i. Helper i splits its summand
//! into uniform parts, one for each helper j,
//!
//! c_i·s_i = Σ_j r_{i,j},
//!
//! helper j adds up what it was dealt, σ_j = Σ_i r_{i,j}, and the holder of the lost share adds up
//! the sums: Σ_j σ_j = Σ_i c_i·s_i = s_x.
//!
//! | letter | name | |
//! |---|---|---|
//! | x, s_x | `lost`, the repaired `Share` | public, secret |
//! | c_i | `Quorum::weights` | public |
//! | r_{i,j} | `SubShare::value` from i to j | secret |
//! | R_{i,j} = r_{i,j}·G | `RepairCommitment` | public |
//! | σ_j | `SubShare::value` from j to x | secret |
//! | Y_i, Y_x | `images`, `lost_image` | public |
//!
//! Specification: `docs/spec/repair.md`.
//!
//! Reference: Nojoumian, Stinson and Grainger, "Unconditionally secure social secret sharing
//! scheme", IET Information Security 4 (4), 2010, the enrolment protocol; Stinson and Wei,
//! "Combinatorial repairability for threshold schemes", Designs, Codes and Cryptography 86, 2018;
//! Laing and Stinson, "A survey and refinement of repairable threshold schemes", Journal of
//! Mathematical Cryptology 12 (1), 2018 (IACR ePrint 2017/1155). Deviation: any linear structure,
//! where theirs are thresholds; parts are committed to, R_{i,j}, so that whoever sends a wrong one
//! is named.
//!
//! Assumptions: all helpers and the holder of the lost share have the commitment and the same
//! R_{i,j}; parts and sums travel over private channels that show who sends.

use alloc::vec::Vec;
use core::fmt;

use ff::Field;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::{
    Curve, Error, Identifier, PolynomialCommitment, Quorum, SecretScalar, Share, SubShare,
    commitment::{debug_points, decode_points, encode_points},
    sub_share::{name_wrong, one_of_each, received},
    vartime::share_in_group_vartime,
};

/// Whose share is repaired and who helps: what all of them agree on.
///
/// s_x = Σ c_i·s_i over the helpers.
///
/// Reference: Nojoumian, Stinson and Grainger 2010; Laing and Stinson 2018.
///
/// # Examples
/// ```
/// # mod curve { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/curves/secp256k1.rs")); }
/// # use curve::Secp256k1;
/// # use rand_chacha::ChaCha20Rng;
/// # use rand_core::SeedableRng;
/// # use subtle::ConstantTimeEq;
/// # use tki_math::{Identifier, Repair, SecretScalar, SubShare, Threshold, split};
/// # fn addressed(
/// #     to: Identifier,
/// #     all: &[SubShare<Secp256k1>],
/// # ) -> Vec<SubShare<Secp256k1>> {
/// #     let copy = |part: &SubShare<_>| SubShare::new(part.from(), to, part.value().clone());
/// #     all.iter().filter(|part| part.to() == to).map(copy).collect()
/// # }
/// # let mut rng = ChaCha20Rng::seed_from_u64(1);
/// # let secret = SecretScalar::<Secp256k1>::random(&mut rng);
/// # let ids = [Identifier::new(1)?, Identifier::new(2)?, Identifier::new(3)?];
/// # let (shares, commitment) = split(&secret, Threshold::new(2)?, &ids, &mut rng)?.into_parts();
/// // The holders 1 and 2 repair the share of 3.
/// let plan = Repair::new(&commitment, &ids[..2], ids[2])?;
///
/// // Each helper deals; commitments go to everyone, each part to one helper.
/// let (mut commitments, mut parts) = (Vec::new(), Vec::new());
/// for share in &shares[..2] {
///     let (part_commitment, dealt) = plan.deal(share, &mut rng)?.into_parts();
///     commitments.push(part_commitment);
///     parts.extend(dealt);
/// }
///
/// // Everyone checks the commitments; each helper checks its parts and sends their sum to 3.
/// let checked = plan.check(&commitments)?;
/// let sums = [
///     checked.add_up(ids[0], &addressed(ids[0], &parts))?,
///     checked.add_up(ids[1], &addressed(ids[1], &parts))?,
/// ];
///
/// let repaired = checked.finish(&sums)?;
/// assert!(bool::from(repaired.value().ct_eq(shares[2].value())));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Eq, PartialEq)]
pub struct Repair<C: Curve> {
    lost: Identifier,
    /// The helpers, with their weights for the lost share. Invariant: `lost` is none of them.
    quorum: Quorum<C>,
    /// Invariant: Y_i of each helper, in the quorum's order.
    images: Vec<C::Point>,
    /// Y_x.
    lost_image: C::Point,
}

impl<C: Curve> Repair<C> {
    /// A repair of the share of `lost` by a quorum among these helpers.
    ///
    /// Who helps is [`helpers`](Self::helpers): no more of them than it takes.
    ///
    /// # Errors
    /// [`Error::DuplicateIdentifier`] when the holder of the lost share is one of the helpers; as
    /// [`AccessStructure::quorum_at`](crate::AccessStructure::quorum_at).
    ///
    /// # Security
    /// No secret input; variable time.
    pub fn new(
        commitment: &PolynomialCommitment<C>,
        helpers: &[Identifier],
        lost: Identifier,
    ) -> Result<Self, Error> {
        // Step 1.1: a quorum without x, and its weights c_i for s_x.
        if helpers.contains(&lost) {
            return Err(Error::DuplicateIdentifier { identifier: lost });
        }
        let quorum = commitment.structure().quorum_at(helpers, lost)?;
        // Step 1.2: Y_i of each helper, and Y_x.
        let image = |x_i| {
            let terms = commitment.structure().terms(x_i)?;
            share_in_group_vartime::<C>(commitment.as_points(), &terms)
        };
        let images = quorum.holders().map(image).collect::<Result<_, _>>()?;
        Ok(Self {
            lost,
            quorum,
            images,
            lost_image: image(lost)?,
        })
    }

    /// The holders who help.
    pub fn helpers(&self) -> impl Iterator<Item = Identifier> {
        self.quorum.holders()
    }

    /// The holder whose share is repaired.
    #[must_use]
    pub const fn lost(&self) -> Identifier {
        self.lost
    }

    /// Splits a helper's summand into parts for all helpers, itself included.
    ///
    /// c_i·s_i = Σ_j r_{i,j}, all but the last uniform; R_{i,j} = r_{i,j}·G for everyone.
    ///
    /// Reference: Nojoumian, Stinson and Grainger 2010.
    ///
    /// # Errors
    /// [`Error::UnknownHolder`] when the holder is none of the [`helpers`](Self::helpers),
    /// [`Error::InvalidShare`] when its share is not the committed one.
    ///
    /// # Security
    /// Constant time in the share, but for whether it is right; variable time in the number of
    /// helpers. `rng` is trusted: who predicts it knows the share from one part.
    pub fn deal(
        &self,
        share: &Share<C>,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<RepairDealing<C>, Error> {
        // Step 2.1: a helper, and s_i·G = Y_i.
        let from = share.identifier();
        let mut helpers = self.quorum.weights().iter().zip(&self.images);
        let ((_, c_i), Y_i) = helpers
            .find(|((x_i, _), _)| *x_i == from)
            .ok_or(Error::UnknownHolder { identifier: from })?;
        if share.value().public_point() != *Y_i {
            return Err(Error::InvalidShare { identifier: from });
        }
        // Step 2.2: uniform r_{i,j}, but the last: what is left of c_i·s_i.
        let mut rest = Zeroizing::new(*share.value().expose_secret() * c_i);
        let mut parts = Vec::with_capacity(self.images.len());
        for (to, left) in self.helpers().zip((0..self.images.len()).rev()) {
            let r_ij = Zeroizing::new(match left {
                0 => *rest,
                _ => C::Scalar::random(rng),
            });
            *rest -= &*r_ij;
            parts.push(SubShare::new(from, to, SecretScalar::new(*r_ij)));
        }
        // Step 2.3: R_{i,j} = r_{i,j}·G.
        let points = parts.iter().map(|part| part.value().public_point());
        let commitment = RepairCommitment {
            from,
            points: points.collect(),
        };
        Ok(RepairDealing { parts, commitment })
    }

    /// Checks the helpers' commitments.
    ///
    /// Σ_j R_{i,j} = c_i·Y_i for each helper.
    ///
    /// # Errors
    /// [`Error::WrongDealings`] names every helper whose points are not as many as the helpers or
    /// do not add up. [`Error::DuplicateIdentifier`], [`Error::MissingMessage`] and
    /// [`Error::UnknownHolder`] unless there is one commitment of each helper.
    ///
    /// # Security
    /// No secret input; variable time.
    pub fn check(&self, commitments: &[RepairCommitment<C>]) -> Result<CheckedRepair<C>, Error> {
        // Step 3.1: one commitment of each helper, of one point for each, with Σ_j R_{i,j} = c_i·Y_i.
        let messages = commitments.iter().map(|R_i| (R_i.from, &R_i.points));
        let commitments: Vec<_> = one_of_each(self.helpers(), messages)?;
        let weighted = self.quorum.weights().iter().zip(&self.images);
        let wrong = commitments
            .iter()
            .zip(weighted)
            .map(|(R_i, ((x_i, c_i), Y_i))| {
                let sum: C::Point = R_i.iter().sum();
                (*x_i, R_i.len() != self.images.len() || sum != *Y_i * c_i)
            });
        name_wrong(wrong)?;
        // Step 3.2: what σ_j must be the image of: Σ_i R_{i,j}.
        let column = |j: usize| commitments.iter().filter_map(|R_i| R_i.get(j)).sum();
        Ok(CheckedRepair {
            sums: (0..commitments.len()).map(column).collect(),
            points: commitments.into_iter().cloned().collect(),
            plan: self.clone(),
        })
    }
}

/// The curve, whose share is lost and who helps.
impl<C: Curve> fmt::Debug for Repair<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repair")
            .field("lost", &self.lost)
            .field("quorum", &self.quorum)
            .finish_non_exhaustive()
    }
}

/// A repair whose commitments are checked: what is left is to add up.
#[derive(Clone, Eq, PartialEq)]
pub struct CheckedRepair<C: Curve> {
    plan: Repair<C>,
    /// Invariants: R_{i,j} for each i and j in the quorum's order, with Σ_j R_{i,j} = c_i·Y_i.
    points: Vec<Vec<C::Point>>,
    /// Invariant: Σ_i R_{i,j} for each j.
    sums: Vec<C::Point>,
}

impl<C: Curve> CheckedRepair<C> {
    /// Adds up what a helper was dealt, for the holder of the lost share.
    ///
    /// σ_j = Σ_i r_{i,j}, σ_j·G = Σ_i R_{i,j}.
    ///
    /// Reference: Nojoumian, Stinson and Grainger 2010.
    ///
    /// # Errors
    /// [`Error::WrongDealings`] when the sum is wrong: it names every helper whose part is not the
    /// committed one. [`Error::IdentifierMismatch`] when a part is for another;
    /// [`Error::DuplicateIdentifier`], [`Error::MissingMessage`] and [`Error::UnknownHolder`]
    /// unless `helper` is one and there is one part of each.
    ///
    /// # Security
    /// Constant time in the values, but for whether they are right; variable time in the number of
    /// helpers.
    pub fn add_up(&self, helper: Identifier, parts: &[SubShare<C>]) -> Result<SubShare<C>, Error> {
        // Step 4.1: one part of each helper.
        let parts = received(self.plan.helpers(), helper, parts)?;
        let position = self.plan.helpers().position(|x_j| x_j == helper);
        let unknown = Error::UnknownHolder { identifier: helper };
        let j = position.ok_or(unknown)?;
        // Step 4.2: σ_j = Σ_i r_{i,j}, and σ_j·G = Σ_i R_{i,j}.
        let sigma_j = add_up(&parts);
        if self.sums.get(j) == Some(&sigma_j.public_point()) {
            return Ok(SubShare::new(helper, self.plan.lost, sigma_j));
        }
        // Step 4.3: else everyone with r_{i,j}·G ≠ R_{i,j}.
        let wrong = parts.iter().zip(&self.points).map(|(part, R_i)| {
            let right = R_i.get(j) == Some(&part.value().public_point());
            (part.from(), !right)
        });
        name_wrong(wrong)?;
        Err(Error::InvalidShare { identifier: helper })
    }

    /// Adds up the helpers' sums to the lost share.
    ///
    /// s_x = Σ_j σ_j, s_x·G = Y_x.
    ///
    /// Reference: Nojoumian, Stinson and Grainger 2010.
    ///
    /// # Errors
    /// [`Error::WrongDealings`] when the share is wrong: it names every helper whose sum is not the
    /// committed one. [`Error::IdentifierMismatch`] when a sum is for another;
    /// [`Error::DuplicateIdentifier`], [`Error::MissingMessage`] and [`Error::UnknownHolder`]
    /// unless there is one of each helper.
    ///
    /// # Security
    /// Constant time in the values, but for whether they are right; variable time in the number of
    /// helpers.
    pub fn finish(&self, sums: &[SubShare<C>]) -> Result<Share<C>, Error> {
        // Step 5.1: one sum of each helper.
        let lost = self.plan.lost;
        let sums = received(self.plan.helpers(), lost, sums)?;
        // Step 5.2: s_x = Σ_j σ_j, and s_x·G = Y_x.
        let value = add_up(&sums);
        if value.public_point() == self.plan.lost_image {
            return Ok(Share::new(lost, value));
        }
        // Step 5.3: else everyone with σ_j·G ≠ Σ_i R_{i,j}.
        let wrong = sums
            .iter()
            .zip(&self.sums)
            .map(|(sigma_j, image)| (sigma_j.from(), sigma_j.value().public_point() != *image));
        name_wrong(wrong)?;
        Err(Error::InvalidShare { identifier: lost })
    }
}

/// The curve, whose share is lost and who helps.
impl<C: Curve> fmt::Debug for CheckedRepair<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckedRepair")
            .field("plan", &self.plan)
            .finish_non_exhaustive()
    }
}

/// The sum of these values.
fn add_up<C: Curve>(parts: &[&SubShare<C>]) -> SecretScalar<C> {
    let mut sum = Zeroizing::new(C::Scalar::ZERO);
    for part in parts {
        *sum += part.value().expose_secret();
    }
    SecretScalar::new(*sum)
}

/// What a helper makes of its share: a part for each helper, and the commitment for everyone.
pub struct RepairDealing<C: Curve> {
    parts: Vec<SubShare<C>>,
    commitment: RepairCommitment<C>,
}

impl<C: Curve> RepairDealing<C> {
    /// The commitment, and the parts in the order of the helpers.
    #[must_use]
    pub fn into_parts(self) -> (RepairCommitment<C>, Vec<SubShare<C>>) {
        (self.commitment, self.parts)
    }
}

impl<C: Curve> fmt::Debug for RepairDealing<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RepairDealing")
            .field("parts", &self.parts)
            .field("commitment", &self.commitment)
            .finish()
    }
}

/// The images of a helper's parts, in the order of the helpers.
///
/// R_{i,j} = r_{i,j}·G. Any of them may be the identity.
#[derive(Clone, Eq, PartialEq)]
pub struct RepairCommitment<C: Curve> {
    from: Identifier,
    points: Vec<C::Point>,
}

impl<C: Curve> RepairCommitment<C> {
    /// The commitment of this helper and these points; [`Repair::check`] tells whether it is right.
    #[must_use]
    pub const fn from_points(from: Identifier, points: Vec<C::Point>) -> Self {
        Self { from, points }
    }

    /// Reads the canonical encodings of a helper's R_{i,j}.
    ///
    /// # Errors
    /// [`Error::WrongCommitmentLength`] unless there are as many as the plan has helpers, and
    /// [`Error::InvalidCoefficientCommitment`] for bytes that [`Curve::decode_point`] refuses.
    pub fn from_bytes(
        from: Identifier,
        encoded: &[impl AsRef<[u8]>],
        plan: &Repair<C>,
    ) -> Result<Self, Error> {
        let points = decode_points::<C>(encoded, plan.images.len())?;
        Ok(Self { from, points })
    }

    /// The canonical encodings of the R_{i,j}.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<Vec<u8>> {
        encode_points::<C>(&self.points)
    }

    /// The points R_{i,j}.
    #[must_use]
    pub fn as_points(&self) -> &[C::Point] {
        &self.points
    }

    /// Who deals.
    #[must_use]
    pub const fn from(&self) -> Identifier {
        self.from
    }
}

/// The curve, the helper and the points' encodings in hexadecimal.
impl<C: Curve> fmt::Debug for RepairCommitment<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RepairCommitment<{}>({}) ", C::NAME, self.from)?;
        debug_points::<C>(&self.points, f)
    }
}

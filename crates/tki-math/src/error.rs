//! What can go wrong, told with public data only.

use alloc::vec::Vec;
use core::{error, fmt, slice};

use crate::{Identifier, MOST_HOLDERS, Threshold};

/// Why an operation on shares or commitments was refused.
///
/// It carries identifiers, lengths and thresholds, which are public, and never a value.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// One identifier was given twice.
    DuplicateIdentifier {
        /// The identifier.
        identifier: Identifier,
    },
    /// A refresh share or a message is another holder's.
    IdentifierMismatch {
        /// The holder at hand.
        expected: Identifier,
        /// The other.
        found: Identifier,
    },
    /// The identifier is not below the group order; possible only in the tiny groups of tests.
    IdentifierOutOfRange {
        /// The identifier.
        identifier: Identifier,
    },
    /// The commitment to the constant term is the identity: the secret would be zero.
    IdentityVerifyingKey,
    /// The holder's share is zero, so its public image is the identity.
    IdentityVerifyingShare {
        /// The holder.
        identifier: Identifier,
    },
    /// Bytes of a coefficient's commitment are not the canonical encoding of a point of the group.
    InvalidCoefficientCommitment {
        /// The coefficient's index k.
        position: usize,
    },
    /// The share does not lie on the committed polynomial.
    InvalidShare {
        /// The share's identifier.
        identifier: Identifier,
    },
    /// Among shares that were verified together, these do not lie on their committed polynomials.
    InvalidShares {
        /// Where they stand in the list, from 0.
        positions: Vec<usize>,
        /// Their identifiers, in the same order.
        identifiers: Vec<Identifier>,
    },
    /// The dealings would give another key than the old sharing's.
    KeyChanged,
    /// A gate has no levels, or one whose threshold is not above the one before.
    LevelsDoNotRise,
    /// A message of this holder is needed and is not there.
    MissingMessage {
        /// The holder.
        identifier: Identifier,
    },
    /// Fewer shares than it takes.
    NotEnoughShares {
        /// How many different ones there are.
        have: usize,
        /// How many it takes.
        need: usize,
    },
    /// At threshold 1 every share is the secret, and no refresh can change it.
    NothingToRefresh,
    /// An identifier of a ranked gate with many members is below 2⁶⁴, and so not a random one.
    RankedIdentifierTooSmall {
        /// The identifier.
        identifier: Identifier,
    },
    /// The refresh commitment has a constant term, so that it would change the key.
    RefreshChangesKey,
    /// The secret was pegged a second time.
    SecretPeggedTwice,
    /// The holders suffice by the structure, but the identifiers that a rank happens to have make
    /// their equations unsolvable.
    SingularQuorum,
    /// Two sharings of different structures met.
    StructureMismatch,
    /// Gates within gates, deeper than [`MOST_DEPTH`](crate::MOST_DEPTH).
    TooDeep,
    /// Fewer holders or members than the threshold: the secret would be lost at once.
    TooFewHolders {
        /// How many there are.
        share_count: usize,
        /// How many it would take.
        need: usize,
    },
    /// More holders than [`MOST_HOLDERS`](crate::MOST_HOLDERS).
    TooManyHolders {
        /// How many there are.
        share_count: usize,
    },
    /// The pegs leave nothing to draw.
    TooManyPegs {
        /// The number of coefficients.
        threshold: Threshold,
    },
    /// More minimal quorums than were asked for.
    TooManyQuorums {
        /// How many were asked for.
        limit: usize,
    },
    /// Holders who do not suffice would learn something of the secret, because of the identifiers
    /// that a rank happens to have.
    UnauthorisedSet {
        /// The members of the ranked gate who would.
        identifiers: Vec<Identifier>,
    },
    /// The structure names its holders, and this is none of them.
    UnknownHolder {
        /// The identifier.
        identifier: Identifier,
    },
    /// A commitment has not exactly as many points as the structure has coefficients.
    WrongCommitmentLength {
        /// The number of coefficients.
        expected: usize,
        /// The number of points.
        found: usize,
    },
    /// What these holders dealt is not what they have, or not what they committed to.
    WrongDealings {
        /// The holders.
        identifiers: Vec<Identifier>,
    },
    /// The shares do not give the secret whose commitment is known.
    WrongShares {
        /// The holders of the wrong ones.
        identifiers: Vec<Identifier>,
    },
    /// The secret is zero, which is no key.
    ZeroSecret,
}

impl Error {
    /// The holders whose message was wrong; empty when the fault is nobody's or the caller's.
    #[must_use]
    pub const fn culprits(&self) -> &[Identifier] {
        match self {
            Self::InvalidShare { identifier } | Self::IdentityVerifyingShare { identifier } => {
                slice::from_ref(identifier)
            }
            Self::InvalidShares { identifiers, .. }
            | Self::WrongDealings { identifiers }
            | Self::WrongShares { identifiers } => identifiers.as_slice(),
            Self::DuplicateIdentifier { .. }
            | Self::IdentifierMismatch { .. }
            | Self::IdentifierOutOfRange { .. }
            | Self::IdentityVerifyingKey
            | Self::InvalidCoefficientCommitment { .. }
            | Self::NotEnoughShares { .. }
            | Self::NothingToRefresh
            | Self::RefreshChangesKey
            | Self::SecretPeggedTwice
            | Self::TooManyPegs { .. }
            | Self::KeyChanged
            | Self::LevelsDoNotRise
            | Self::MissingMessage { .. }
            | Self::RankedIdentifierTooSmall { .. }
            | Self::SingularQuorum
            | Self::StructureMismatch
            | Self::TooDeep
            | Self::TooFewHolders { .. }
            | Self::TooManyHolders { .. }
            | Self::TooManyQuorums { .. }
            | Self::UnauthorisedSet { .. }
            | Self::UnknownHolder { .. }
            | Self::WrongCommitmentLength { .. }
            | Self::ZeroSecret => &[],
        }
    }

    /// What is said where there is nothing to name.
    const fn fixed_text(&self) -> &'static str {
        match self {
            Self::IdentityVerifyingKey => "the verifying key is the identity",
            Self::KeyChanged => "the dealings do not give the key",
            Self::LevelsDoNotRise => "the thresholds of the ranks do not rise",
            Self::NothingToRefresh => "a threshold of 1 leaves nothing to refresh",
            Self::RefreshChangesKey => "the refresh has a constant term",
            Self::SecretPeggedTwice => "the secret is pegged already",
            Self::SingularQuorum => "the ranks of these holders do not determine it",
            Self::StructureMismatch => "the sharings have different structures",
            Self::TooDeep => "the gates are nested too deeply",
            Self::ZeroSecret => "the secret is zero",
            Self::DuplicateIdentifier { .. }
            | Self::IdentifierMismatch { .. }
            | Self::IdentifierOutOfRange { .. }
            | Self::IdentityVerifyingShare { .. }
            | Self::InvalidCoefficientCommitment { .. }
            | Self::InvalidShare { .. }
            | Self::InvalidShares { .. }
            | Self::MissingMessage { .. }
            | Self::NotEnoughShares { .. }
            | Self::RankedIdentifierTooSmall { .. }
            | Self::TooFewHolders { .. }
            | Self::TooManyHolders { .. }
            | Self::TooManyPegs { .. }
            | Self::TooManyQuorums { .. }
            | Self::UnauthorisedSet { .. }
            | Self::UnknownHolder { .. }
            | Self::WrongCommitmentLength { .. }
            | Self::WrongDealings { .. }
            | Self::WrongShares { .. } => "",
        }
    }
}

impl fmt::Display for Error {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "what has nothing to name is gone through in `fixed_text`"
    )]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DuplicateIdentifier { identifier } => {
                write!(f, "identifier {identifier} occurs twice")
            }
            Self::IdentifierMismatch { expected, found } => {
                write!(f, "a message of {found} where one of {expected} was due")
            }
            Self::IdentifierOutOfRange { identifier } => {
                write!(f, "identifier {identifier} is not below the group order")
            }
            Self::IdentityVerifyingShare { identifier } => {
                write!(f, "the verifying share of {identifier} is the identity")
            }
            Self::InvalidCoefficientCommitment { position } => {
                write!(f, "commitment {position} is no canonical point")
            }
            Self::InvalidShare { identifier } => {
                write!(f, "the share of {identifier} does not fit the commitment")
            }
            Self::MissingMessage { identifier } => write!(f, "no message of {identifier}"),
            Self::NotEnoughShares { have, need } => {
                write!(f, "{have} shares where {need} are needed")
            }
            Self::RankedIdentifierTooSmall { identifier } => {
                write!(f, "identifier {identifier} of a rank is not random")
            }
            Self::TooFewHolders { share_count, need } => {
                write!(f, "{share_count} holders for a threshold of {need}")
            }
            Self::TooManyQuorums { limit } => write!(f, "more than {limit} quorums"),
            Self::UnauthorisedSet { identifiers } => {
                write!(f, "{} holders would learn too much", identifiers.len())
            }
            Self::UnknownHolder { identifier } => {
                write!(f, "the structure names no holder {identifier}")
            }
            Self::TooManyHolders { share_count } => {
                write!(f, "{share_count} holders, more than {MOST_HOLDERS}")
            }
            Self::TooManyPegs { threshold } => {
                write!(f, "the pegs leave no freedom at a threshold of {threshold}")
            }
            Self::WrongCommitmentLength { expected, found } => {
                write!(f, "{found} commitments where {expected} were expected")
            }
            Self::InvalidShares { identifiers, .. } | Self::WrongShares { identifiers } => {
                write!(f, "wrong shares, of {} holders", identifiers.len())
            }
            Self::WrongDealings { identifiers } => {
                write!(f, "wrong dealings, of {} holders", identifiers.len())
            }
            _ => f.write_str(self.fixed_text()),
        }
    }
}

impl error::Error for Error {}

/// Bytes that are not the canonical encoding of a scalar.
#[expect(clippy::exhaustive_structs, reason = "says nothing more, by design")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InvalidScalar;

/// Bytes that are not the canonical encoding of a point of the group, or encode the identity where
/// it is refused.
#[expect(clippy::exhaustive_structs, reason = "says nothing more, by design")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InvalidPoint;

/// Text that is not the decimal form of an identifier.
#[expect(clippy::exhaustive_structs, reason = "says nothing more, by design")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InvalidIdentifier;

/// The identifier 0, where the secret itself is.
#[expect(clippy::exhaustive_structs, reason = "says nothing more, by design")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ZeroIdentifier;

/// The threshold 0, at which nothing is secret.
#[expect(clippy::exhaustive_structs, reason = "says nothing more, by design")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ZeroThreshold;

macro_rules! parse_failure {
    ($type:ty, $message:literal) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($message)
            }
        }

        impl error::Error for $type {}
    };
}

parse_failure!(InvalidScalar, "not the canonical encoding of a scalar");
parse_failure!(
    InvalidPoint,
    "not the canonical encoding of an allowed point"
);
parse_failure!(
    InvalidIdentifier,
    "not a positive decimal number below 2^128"
);
parse_failure!(ZeroIdentifier, "an identifier is not zero");
parse_failure!(ZeroThreshold, "a threshold is not zero");

//! Why a change cannot be.

use core::fmt;

use tki_math::Identifier;
use tki_metadata::HolderKind;

/// Why a change is refused before anything is read or written.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidChange {
    /// The same factor is asked for twice.
    DuplicateFactor,
    /// The change asks for nothing.
    Empty,
    /// The label is longer than 64 bytes or holds control or format characters.
    Label,
    /// Without this factor a part of the nested structure could never be satisfied.
    LeavesTooFew(Identifier),
    /// The structure does not name this factor.
    LeftOut(Identifier),
    /// A part of the structure asks for more members than it has.
    NeverSatisfied,
    /// The account is not moving to another key.
    NoRotation,
    /// The account is moving to another key than the one that was named.
    OtherNextKey,
    /// Only devices and guardians join by an invite.
    NotInvited(HolderKind),
    /// The shares that are pegged to their holders' inputs, and the key, leave nothing to draw: the
    /// new shares would be the old ones.
    NoFreedom {
        /// How many stay pegged.
        pegged: usize,
        /// How many factors are to be needed.
        threshold: u16,
    },
    /// The seed of a login, of a passkey and of a guardian is made elsewhere: it cannot be another one.
    NotRenewable(Identifier),
    /// This factor would suffice alone: that is no sharing.
    OneSuffices(Identifier),
    /// The account is moving to another key already.
    Rotating,
    /// The share of this factor follows from its input: two keys would share it.
    PeggedToRotate(Option<Identifier>),
    /// The factor that is to take this one's place is of another kind.
    OtherKind(Identifier),
    /// Shares are pegged to inputs under a plain threshold alone.
    PegsNeedThreshold,
    /// The structure is nested too deeply, or has too many places.
    StructureTooLarge,
    /// A threshold below two is no sharing.
    ThresholdTooLow,
    /// More shares would be needed than there are holders.
    ThresholdTooHigh,
    /// There can be at most 256 holders.
    TooManyHolders,
    /// Fewer than the threshold can be pegged.
    TooManyPegs {
        /// How many would be pegged.
        pegged: usize,
        /// How many factors are to be needed.
        threshold: u16,
    },
    /// Two things are asked of one holder that exclude each other.
    Twice(Identifier),
    /// No holder has this identifier.
    UnknownHolder(Identifier),
}

impl fmt::Display for InvalidChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DuplicateFactor => f.write_str("the same factor is asked for twice"),
            Self::Empty => f.write_str("the change asks for nothing"),
            Self::Label => {
                f.write_str("the label is longer than 64 bytes or has characters that are not seen")
            }
            Self::LeavesTooFew(_)
            | Self::LeftOut(_)
            | Self::NeverSatisfied
            | Self::OneSuffices(_)
            | Self::PegsNeedThreshold
            | Self::StructureTooLarge => self.fmt_of_structure(f),
            Self::NoFreedom { pegged, threshold } => write!(
                f,
                "what is pegged ({pegged}) and the key determine all shares where {threshold} are \
                 needed: nothing would be revoked; raise the threshold, or remove or renew what is \
                 pegged"
            ),
            Self::NotInvited(kind) => write!(
                f,
                "a {kind} factor does not join by an invite: only devices and guardians do"
            ),
            Self::NotRenewable(identifier) => write!(
                f,
                "the secret of factor {identifier} is made elsewhere: it cannot be renewed, only \
                 replaced"
            ),
            Self::OtherKind(identifier) => write!(
                f,
                "factor {identifier} cannot be renewed as a factor of another kind"
            ),
            Self::NoRotation | Self::OtherNextKey | Self::PeggedToRotate(_) | Self::Rotating => {
                self.fmt_of_keys(f)
            }
            Self::ThresholdTooLow => f.write_str("the threshold must be at least 2"),
            Self::ThresholdTooHigh => {
                f.write_str("the threshold would be higher than the number of factors")
            }
            Self::TooManyHolders => f.write_str("an account has at most 256 factors"),
            Self::TooManyPegs { pegged, threshold } => write!(
                f,
                "{pegged} shares cannot be pegged where {threshold} are needed: at most {}",
                threshold.saturating_sub(1)
            ),
            Self::Twice(identifier) => {
                write!(f, "factor {identifier} is asked for twice")
            }
            Self::UnknownHolder(identifier) => {
                write!(f, "no factor has the identifier {identifier}")
            }
        }
    }
}

impl InvalidChange {
    /// What a move from one key to another refuses.
    fn fmt_of_keys(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if matches!(self, Self::NoRotation) {
            f.write_str("the account is not moving to another key")?;
        }
        if matches!(self, Self::OtherNextKey) {
            f.write_str(
                "the account is moving to another key than that: the move was given up and begun \
                 anew, or it was never to that key",
            )?;
        }
        if matches!(self, Self::Rotating) {
            f.write_str(
                "the account is moving to another key already: confirm that or cancel it first",
            )?;
        }
        if let Self::PeggedToRotate(identifier) = self {
            match identifier {
                Some(identifier) => write!(f, "the share of factor {identifier}")?,
                None => f.write_str("the share of the new factor")?,
            }
            f.write_str(
                " would follow from its input under two keys, and one would tell of the other: move \
                 to a new key without it, and add it again when that is done",
            )?;
        }
        Ok(())
    }
}

impl InvalidChange {
    /// What is wrong with an access structure.
    fn fmt_of_structure(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::LeavesTooFew(identifier) = self {
            return write!(
                f,
                "without factor {identifier} a part of the access structure could never be \
                 satisfied: set another structure first"
            );
        }
        if let Self::LeftOut(identifier) = self {
            return write!(
                f,
                "the structure does not name factor {identifier}: name it, or remove it first"
            );
        }
        if let Self::OneSuffices(identifier) = self {
            return write!(
                f,
                "factor {identifier} would suffice alone: whoever has it would have the key"
            );
        }
        f.write_str(if matches!(self, Self::PegsNeedThreshold) {
            "a share that follows from answers needs a plain threshold: replace that factor, or \
             set a threshold"
        } else if matches!(self, Self::StructureTooLarge) {
            "the structure is nested too deeply or too large: 32 levels, 1000 places"
        } else {
            "a part of the structure asks for more members than it has"
        })
    }
}

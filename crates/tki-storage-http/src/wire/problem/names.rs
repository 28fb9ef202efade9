//! The names of kinds, rules and outages: stable, since programs act on them.

use serde::{Deserialize, Serialize};
use tki_record::Rule;
use tki_storage::{Error, Outage};

/// What happened, for programs.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Kind {
    /// The record is known to be absent.
    Absent,
    /// The storage failed in a way of its own.
    Backend,
    /// Another version is stored than the one before.
    Conflict,
    /// What is stored is no record, or another's.
    Corrupt,
    /// The question cannot be understood.
    Malformed,
    /// This path does not know this method.
    MethodNotAllowed,
    /// There is no such path.
    NoSuchPath,
    /// The commit happened as a whole, or not at all.
    OutcomeUnknown,
    /// A record breaks a rule, and always will.
    Refused,
    /// The question did not arrive in time.
    Timeout,
    /// The question is larger than is taken.
    TooLarge,
    /// This client or writer asked for too much in too short a time.
    TooManyRequests,
    /// The storage cannot be used now; nothing was changed.
    Unavailable,
    /// This is not done here.
    Unsupported,
    /// The body is of another type than this path takes.
    UnsupportedMediaType,
    /// A kind that this version does not know.
    #[serde(other)]
    Other,
}

impl Kind {
    /// Every kind that a server sends.
    pub const ALL: [Self; 15] = [
        Self::Absent,
        Self::Backend,
        Self::Conflict,
        Self::Corrupt,
        Self::Malformed,
        Self::MethodNotAllowed,
        Self::NoSuchPath,
        Self::OutcomeUnknown,
        Self::Refused,
        Self::Timeout,
        Self::TooLarge,
        Self::TooManyRequests,
        Self::Unavailable,
        Self::Unsupported,
        Self::UnsupportedMediaType,
    ];

    /// The kind of a storage's error.
    #[must_use]
    pub const fn of(error: &Error) -> Self {
        match error {
            Error::Conflict { .. } => Self::Conflict,
            Error::Corrupt { .. } => Self::Corrupt,
            Error::OutcomeUnknown { .. } => Self::OutcomeUnknown,
            Error::Refused { .. } => Self::Refused,
            Error::Unavailable(_) => Self::Unavailable,
            Error::Unsupported => Self::Unsupported,
            Error::Backend(_) => Self::Backend,
            // `Error` is open to new variants.
            _ => Self::Backend,
        }
    }

    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Backend => "backend",
            Self::Conflict => "conflict",
            Self::Corrupt => "corrupt",
            Self::Malformed => "malformed",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::NoSuchPath => "no-such-path",
            Self::OutcomeUnknown => "outcome-unknown",
            Self::Refused => "refused",
            Self::Timeout => "timeout",
            Self::TooLarge => "too-large",
            Self::TooManyRequests => "too-many-requests",
            Self::Unavailable => "unavailable",
            Self::Unsupported => "unsupported",
            Self::UnsupportedMediaType => "unsupported-media-type",
            Self::Other => "other",
        }
    }

    /// The status of the answer.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::Absent | Self::NoSuchPath => 404,
            Self::MethodNotAllowed => 405,
            Self::Timeout => 408,
            Self::Conflict => 409,
            Self::TooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::Refused => 422,
            Self::TooManyRequests => 429,
            Self::Backend | Self::Corrupt | Self::Other | Self::OutcomeUnknown => 500,
            Self::Unsupported => 501,
            Self::Unavailable => 503,
        }
    }

    /// The kind in words.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Absent => "No record is here",
            Self::Backend => "The storage failed",
            Self::Conflict => "Another version is stored",
            Self::Corrupt => "What is stored is damaged",
            Self::Malformed => "The question cannot be understood",
            Self::MethodNotAllowed => "This path does not know this method",
            Self::NoSuchPath => "There is no such path",
            Self::OutcomeUnknown => "The outcome is not known",
            Self::Refused => "The record breaks a rule",
            Self::Timeout => "The question did not arrive in time",
            Self::TooLarge => "The question is too large",
            Self::TooManyRequests => "Too much was asked in too short a time",
            Self::Unavailable => "The storage cannot be used now",
            Self::Unsupported => "This is not done here",
            Self::UnsupportedMediaType => "The body is of another type",
            Self::Other => "Something else",
        }
    }
}

const RULES: [(Rule, &str); 8] = [
    (Rule::ClaimChanged, "claim-changed"),
    (Rule::ClaimSignature, "claim-signature"),
    (Rule::Closed, "closed"),
    (Rule::HandOverBackdated, "hand-over-backdated"),
    (Rule::HandOverSignature, "hand-over-signature"),
    (Rule::HandOverWhenClosing, "hand-over-when-closing"),
    (Rule::HandOversChanged, "hand-overs-changed"),
    (Rule::Signature, "signature"),
];

const OUTAGES: [(Outage, &str); 4] = [
    (Outage::Busy, "busy"),
    (Outage::DiskFull, "disk-full"),
    (Outage::ReadOnly, "read-only"),
    (Outage::Unreachable, "unreachable"),
];

pub(super) fn rule(rule: Rule) -> &'static str {
    let named = RULES.iter().find(|(one, _)| *one == rule);
    named.map_or("unknown", |(_, name)| name)
}

pub(super) fn rule_named(text: &str) -> Option<Rule> {
    let named = RULES.iter().find(|(_, name)| *name == text);
    named.map(|(rule, _)| *rule)
}

pub(super) fn outage(outage: Outage) -> &'static str {
    let named = OUTAGES.iter().find(|(one, _)| *one == outage);
    named.map_or("unreachable", |(_, name)| name)
}

pub(super) fn outage_named(text: &str) -> Option<Outage> {
    let named = OUTAGES.iter().find(|(_, name)| *name == text);
    named.map(|(outage, _)| *outage)
}

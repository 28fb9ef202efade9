//! The labels, whose values are all written in the code.

use prometheus_client::encoding::EncodeLabelSet;
use tki_record::Rule;
use tki_storage::Error;

/// What became of a commit that was accepted.
pub(super) const ACCEPTED: &str = "accepted";

/// Each of them, with what may become of one that was not.
pub(super) const OUTCOMES: [&str; 8] = [
    ACCEPTED,
    "backend",
    "conflict",
    "corrupt",
    "outcome-unknown",
    "refused",
    "unavailable",
    "unsupported",
];

/// Of the storage's errors, those that are nobody else's fault.
pub(super) const ERRORS: [&str; 4] = ["backend", "corrupt", "outcome-unknown", "unavailable"];

/// What turns requests and connections away.
pub(super) const LIMITS: [&str; 7] = [
    "client-new-records",
    "client-reads",
    "client-writes",
    "connection",
    "pace",
    "size",
    "writer-writes",
];

/// What becomes of a connection to a database.
pub(super) const STATES: [&str; 2] = ["idle", "used"];

/// The calls of a storage.
pub(super) const OPERATIONS: [&str; 6] =
    ["commit", "get", "get_many", "page", "restore", "snapshot"];

/// The rules that a record can break.
pub(super) const RULES: [&str; 8] = [
    "claim-changed",
    "claim-signature",
    "closed",
    "hand-over-backdated",
    "hand-over-signature",
    "hand-over-when-closing",
    "hand-overs-changed",
    "signature",
];

#[derive(Clone, Copy, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub(super) struct Requests {
    pub(super) route: &'static str,
    pub(super) status: u16,
}

#[derive(Clone, Copy, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub(super) struct Routes {
    pub(super) route: &'static str,
}

#[derive(Clone, Copy, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub(crate) struct Kinds {
    pub(crate) kind: &'static str,
}

#[derive(Clone, Copy, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub(super) struct States {
    pub(super) state: &'static str,
}

#[derive(Clone, Copy, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub(super) struct Operations {
    pub(super) operation: &'static str,
}

#[derive(Clone, Copy, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub(super) struct Outcomes {
    pub(super) outcome: &'static str,
}

#[derive(Clone, Copy, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub(super) struct Rules {
    pub(super) rule: &'static str,
}

/// The error in a word.
pub(crate) fn kind_of(error: &Error) -> &'static str {
    match error {
        Error::Backend(_) => "backend",
        Error::Conflict { .. } => "conflict",
        Error::Corrupt { .. } => "corrupt",
        Error::OutcomeUnknown { .. } => "outcome-unknown",
        Error::Refused { .. } => "refused",
        Error::Unavailable(_) => "unavailable",
        Error::Unsupported => "unsupported",
        _ => "other",
    }
}

/// The rule in a word.
pub(super) fn name_of(rule: Rule) -> &'static str {
    match rule {
        Rule::ClaimChanged => "claim-changed",
        Rule::ClaimSignature => "claim-signature",
        Rule::Closed => "closed",
        Rule::HandOverBackdated => "hand-over-backdated",
        Rule::HandOverSignature => "hand-over-signature",
        Rule::HandOverWhenClosing => "hand-over-when-closing",
        Rule::HandOversChanged => "hand-overs-changed",
        Rule::Signature => "signature",
        _ => "other",
    }
}

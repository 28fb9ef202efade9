//! What a server says of itself.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};

use serde::{Deserialize, Serialize};
use tki_storage::{KeepsHistory, Retention};

use super::MAX_JSON;
use super::error::WireError;

/// What a server is, and what it takes.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Version {
    /// The program.
    pub name: String,
    /// The program's version.
    pub version: String,
    /// The version of the interface: `v1`.
    pub api: String,
    /// What it keeps records in: `memory`, `redb`, `postgres`.
    pub backend: String,
    /// What it takes.
    pub limits: Limits,
    /// What it keeps of records that were overwritten.
    pub retention: RetentionAnswer,
}

/// What a server takes at once.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Limits {
    /// Addresses in one question.
    pub addresses: usize,
    /// Records in one commit or restore.
    pub records: usize,
    /// Bytes of one commit or restore.
    pub records_body: usize,
    /// Bytes of the answer to one question, unless its first record has more.
    pub answers: usize,
    /// Whether it takes in copies.
    pub restores: bool,
}

/// What a server keeps of records that were overwritten.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct RetentionAnswer {
    /// `no`, `possibly` or `yes`; whatever else it says is as good as `possibly`.
    pub keeps: String,
    /// What it keeps, for people: at most 1024 bytes are read.
    pub note: String,
}

/// The longest note that is passed on, in bytes.
const MAX_NOTE: usize = 1024;

impl Version {
    /// What this program says.
    #[must_use]
    pub fn new(
        name: &str,
        version: &str,
        backend: &str,
        limits: Limits,
        keeps: &Retention,
    ) -> Self {
        Self {
            name: name.to_string(),
            version: version.to_string(),
            api: super::API.to_string(),
            backend: backend.to_string(),
            limits,
            retention: RetentionAnswer::of(keeps),
        }
    }

    /// The JSON of the answer.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        // Correctness: strings, numbers and flags have a JSON form.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads the answer of a server.
    ///
    /// # Errors
    /// [`WireError::Json`].
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        if bytes.len() > MAX_JSON {
            return Err(WireError::Json);
        }
        serde_json::from_slice(bytes).map_err(|_| WireError::Json)
    }
}

impl Limits {
    /// The limits of this interface, with those that a server chooses.
    #[must_use]
    pub const fn new(records_body: usize, restores: bool) -> Self {
        Self {
            addresses: super::MAX_ADDRESSES,
            records: tki_record::MAX_COMMIT_RECORDS,
            records_body,
            answers: super::MAX_ANSWERS,
            restores,
        }
    }
}

impl RetentionAnswer {
    /// What a storage says.
    #[must_use]
    pub fn of(retention: &Retention) -> Self {
        let keeps = match retention.keeps {
            KeepsHistory::No => "no",
            KeepsHistory::Possibly => "possibly",
            KeepsHistory::Yes => "yes",
        };
        Self {
            keeps: keeps.to_string(),
            note: retention.note.to_string(),
        }
    }

    /// What the server's storage says, as far as it can be passed on.
    #[must_use]
    pub fn to_retention(&self) -> Retention {
        let mut retention = Retention::unknown();
        retention.keeps = match self.keeps.as_str() {
            "no" => KeepsHistory::No,
            "yes" => KeepsHistory::Yes,
            _ => KeepsHistory::Possibly,
        };
        // A note is shown to people and kept in receipts: one line of text, or none.
        if self.note.len() <= MAX_NOTE && !self.note.chars().any(char::is_control) {
            retention.note = Cow::Owned(self.note.clone());
        }
        retention
    }
}

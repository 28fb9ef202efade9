//! Why an answer is not what was asked for: RFC 9457's problem details, with a kind that a program
//! acts on.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use tki_record::Address;
use tki_storage::{Error, Outage};

use super::MAX_JSON;
use super::error::WireError;

mod names;

pub use names::Kind;

/// A problem.
///
/// # Examples
/// ```
/// use tki_storage::{Error, Outage};
/// use tki_storage_http::wire::{Kind, Problem};
///
/// let sent = Problem::of(&Error::Unavailable(Outage::DiskFull));
/// assert_eq!((sent.kind, sent.status), (Kind::Unavailable, 503));
/// let read = Problem::decode(&sent.encode())?;
/// assert!(matches!(read.into_error(), Error::Unavailable(Outage::DiskFull)));
/// # Ok::<(), tki_storage_http::wire::WireError>(())
/// ```
#[derive(Clone, Debug, Deserialize, Eq, Error, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[error("the server says: {detail}")]
#[non_exhaustive]
pub struct Problem {
    /// `urn:tki:problem:` and the kind.
    #[serde(rename = "type")]
    pub uri: String,
    /// The kind in words.
    pub title: String,
    /// The status of the answer.
    pub status: u16,
    /// What happened, for people.
    pub detail: String,
    /// What happened, for programs.
    pub kind: Kind,
    /// The record that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Of a conflict: the version that is stored; missing if nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<u64>,
    /// Of a refusal: the rule that the record breaks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Of an outage: `busy`, `disk-full`, `read-only`, `unreachable`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outage: Option<String>,
    /// What to do next, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl Problem {
    /// A problem of this kind.
    #[must_use]
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self {
            uri: format!("urn:tki:problem:{}", kind.name()),
            title: kind.title().to_string(),
            status: kind.status(),
            detail: detail.into(),
            kind,
            address: None,
            found: None,
            rule: None,
            outage: None,
            next: None,
        }
    }

    /// The record that is known to be absent.
    #[must_use]
    pub fn absent(address: &Address) -> Self {
        let mut problem = Self::new(Kind::Absent, "there is no record at this address");
        problem.address = Some(address.to_string());
        problem
    }

    /// What a storage answers. The causes of an error stay with the server: they may name files and
    /// hosts.
    #[must_use]
    pub fn of(error: &Error) -> Self {
        // Step 5.1: each error has its kind.
        let mut problem = Self::new(Kind::of(error), error.to_string());
        match error {
            Error::Conflict { address, found } => {
                problem.address = Some(address.to_string());
                problem.found = *found;
                problem.next = Some("read the record and make the change anew".to_string());
            }
            Error::Refused { address, rule } => {
                problem.detail = rule.to_string();
                problem.address = Some(address.to_string());
                problem.rule = Some(names::rule(*rule).to_string());
            }
            Error::Unavailable(outage) => {
                problem.outage = Some(names::outage(*outage).to_string());
                problem.next = Some("nothing was changed: try again later".to_string());
            }
            Error::Corrupt { address, .. } => {
                problem.address = address.as_ref().map(ToString::to_string);
            }
            Error::OutcomeUnknown { .. } => {
                problem.next = Some("read the records to learn whether it happened".to_string());
            }
            Error::Backend(_) | Error::Unsupported => {}
            // What a later version adds has its kind.
            _ => {}
        }
        problem
    }

    /// With what to do next.
    #[must_use]
    pub fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }

    /// The JSON of the problem.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        // Correctness: strings and numbers have a JSON form.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads the problem of a server.
    ///
    /// # Errors
    /// [`WireError::Json`].
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        if bytes.len() > MAX_JSON {
            return Err(WireError::Json);
        }
        serde_json::from_slice(bytes).map_err(|_| WireError::Json)
    }

    /// The error that a client reports, where the server has answered and said this. Whether an
    /// answer that is no problem of this interface leaves the outcome open is for the caller to say.
    #[must_use]
    pub fn into_error(self) -> Error {
        let address = self.address.as_deref().and_then(|text| text.parse().ok());
        let rule = self.rule.as_deref().and_then(names::rule_named);
        match (self.kind, address, rule) {
            (Kind::Conflict, Some(address), _) => Error::Conflict {
                address,
                found: self.found,
            },
            (Kind::Refused, Some(address), Some(rule)) => Error::Refused { address, rule },
            (Kind::Unavailable, ..) => {
                let named = self.outage.as_deref().and_then(names::outage_named);
                Error::Unavailable(named.unwrap_or(Outage::Unreachable))
            }
            (Kind::TooManyRequests, ..) => Error::Unavailable(Outage::Busy),
            (Kind::Unsupported, ..) => Error::Unsupported,
            (Kind::Corrupt, address, _) => Error::Corrupt {
                address,
                source: Some(Box::new(self)),
            },
            (Kind::OutcomeUnknown, ..) => Error::OutcomeUnknown {
                source: Some(Box::new(self)),
            },
            _ => Error::Backend(Box::new(self)),
        }
    }
}

//! Why a call has no result, in more words than [`tki_storage::Error`] has.

use alloc::boxed::Box;
use alloc::string::String;
use core::error::Error as StdError;

use http::StatusCode;
use thiserror::Error;
use tki_storage::BoxError;

use crate::wire::Problem;

use super::connection::Answer;

/// Why an answer is of no use, or none came.
///
/// It is the source of the [`tki_storage::Error`] that a call ends with, where that has one.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The connection broke before the answer was complete.
    #[error("the connection broke before the answer was complete")]
    Broken(#[source] BoxError),
    /// There is no connection to the server; nothing was sent.
    #[error("there is no connection to the server")]
    Connect(#[source] BoxError),
    /// The answer is none of a storage server: another program, or something on the way.
    #[error(
        "the answer is not that of a storage server: status {status}{}",
        described(content_type)
    )]
    Foreign {
        /// Its status.
        status: u16,
        /// The type of its content; empty where it has none.
        content_type: String,
    },
    /// The answer was not complete in time.
    #[error("no complete answer within {seconds} s")]
    Late {
        /// The time.
        seconds: u64,
    },
    /// The answer breaks the rules of docs/spec/http.md.
    #[error("the answer breaks the rules: {what}")]
    Malformed {
        /// Which part of it.
        what: &'static str,
    },
    /// The server speaks another version of the interface.
    #[error("the server speaks {api:?}, and this client v1")]
    OtherVersion {
        /// What it speaks.
        api: String,
    },
    /// The server says why not.
    #[error("the server says: {0}")]
    Problem(Box<Problem>),
    /// The server sends elsewhere, and is not followed.
    #[error("the server sends elsewhere, to {location}; name that address if you trust it")]
    Redirect {
        /// Where to.
        location: String,
    },
    /// The answer is larger than any that is right.
    #[error("the answer has more than {limit} bytes")]
    TooLarge {
        /// The most that is read.
        limit: usize,
    },
    /// The server's certificate is not accepted; nothing was sent.
    #[error("the server does not prove who it is")]
    Untrusted(#[source] BoxError),
}

fn described(content_type: &str) -> String {
    if content_type.is_empty() {
        return String::new();
    }
    alloc::format!(", content {content_type}")
}

impl HttpError {
    /// No connection: whether for lack of a route or of trust.
    pub(super) fn connecting(error: impl Into<BoxError>) -> Self {
        let error = error.into();
        if is_untrusted(error.as_ref()) {
            return Self::Untrusted(error);
        }
        Self::Connect(error)
    }

    pub(super) fn broken(error: impl Into<BoxError>) -> Self {
        Self::Broken(error.into())
    }

    /// An answer that is none of ours.
    pub(super) fn foreign(answer: &Answer) -> Self {
        if answer.status.is_redirection() && answer.status != StatusCode::NOT_MODIFIED {
            return Self::Redirect {
                location: answer.location.clone().unwrap_or_default(),
            };
        }
        Self::Foreign {
            status: answer.status.as_u16(),
            content_type: answer.content_type.clone(),
        }
    }

    /// Whether it is a matter of reaching the server, which may pass.
    pub(super) const fn is_outage(&self) -> bool {
        matches!(self, Self::Broken(_) | Self::Connect(_) | Self::Late { .. })
    }
}

/// Whether TLS is among the causes. An error of input and output does not give what it wraps as its
/// source, so it is asked for that.
fn is_untrusted(error: &(dyn StdError + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<rustls::Error>() {
            return true;
        }
        let io = error.downcast_ref::<std::io::Error>();
        cause = match io.and_then(std::io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    false
}

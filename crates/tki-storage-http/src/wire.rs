//! What client and server say to each other: media types, paths, limits, bodies.
//!
//! Bodies that hold records are binary, with counts and lengths big-endian; everything else is JSON.
//! The page is `docs/spec/http.md`. Every decoder here reads bytes of a stranger: it compares counts
//! and lengths with their limits, and with what is there, before it allocates.

pub mod addresses;
pub mod answers;
mod error;
pub mod problem;
mod reader;
pub mod records;
pub mod restored;
pub mod version;

pub use error::WireError;
pub use problem::{Kind, Problem};
pub use restored::RestoredAnswer;
pub use version::{Limits, RetentionAnswer, Version};

/// The media type of bodies that hold records or addresses.
pub const RECORDS: &str = "application/vnd.tki.records";

/// The media type of a [`Problem`] (RFC 9457).
pub const PROBLEM: &str = "application/problem+json";

/// The media type of every other answer.
pub const JSON: &str = "application/json";

/// The header that names a request, in questions and answers.
pub const REQUEST_ID: &str = "x-request-id";

/// The version of the interface, as it stands in its paths.
pub const API: &str = "v1";

/// `GET` and `HEAD` one record: an address of 64 lower-case digits follows.
pub const RECORD_PATH: &str = "/v1/records/";

/// `POST` addresses, to get many records.
pub const GET_PATH: &str = "/v1/records/get";

/// `POST` records, to commit them.
pub const COMMITS_PATH: &str = "/v1/commits";

/// `POST` records, to take them in as copies.
pub const RESTORES_PATH: &str = "/v1/restores";

/// `GET` what the server is: a [`Version`].
pub const VERSION_PATH: &str = "/version";

/// The most addresses that are asked for at once.
pub const MAX_ADDRESSES: usize = 1024;

/// How many bytes an answer to many addresses may have, unless its first record alone has more: what
/// does not fit is left out, and asked for again.
pub const MAX_ANSWERS: usize = 8 << 20;

/// How many bytes of records a server takes at once, unless it is told otherwise.
pub const MAX_RECORDS_BODY: usize = 16 << 20;

/// How many bytes of JSON are read.
pub const MAX_JSON: usize = 256 << 10;

/// The entity tag of a record: the digest of its header, which vouches for the body, in quotes.
#[must_use]
pub fn entity_tag(record: &tki_record::Record) -> String {
    let digest = tki_record::Address::from_bytes(record.header().digest());
    format!("\"{digest}\"")
}

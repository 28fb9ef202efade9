//! The operator's door: a Unix socket in the data directory, by which a running server gives out a
//! backup of itself and takes one in.
//!
//! redb's file is open in one process, so whoever wants a backup while the server runs has to ask the
//! server. The socket is for the user that the server runs as: it lies in his folder, its mode is
//! 0600, and whoever connects is asked of the system. Nothing of it is reached over a network.
//!
//! A client writes one line, the [`Request`] as JSON; for a restore the bytes of the backup follow.
//! The server answers with `Frame`s, the last of which is a `Report::Done` or a
//! `Report::Failed`. Where no server runs, the same conversation takes place inside one process.

mod answer;
mod frames;
mod place;
mod socket;

use serde::{Deserialize, Serialize};

pub use answer::answer;
pub(crate) use frames::Frame;
pub use place::Place;
pub(crate) use place::Stream;
pub use socket::{SOCKET, Socket};

/// What is asked for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "do")]
#[non_exhaustive]
pub enum Request {
    /// Every record of one moment, as a backup.
    #[non_exhaustive]
    Backup {
        /// Whether a backup is made all the same where records are damaged.
        leave_out_damaged: bool,
    },
    /// To take in the backup that follows.
    Restore,
}

/// How far it is, and what came of it.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Totals {
    /// Records that were read.
    pub records: u64,
    /// Those of them that are closed.
    pub closed: u64,
    /// The bytes of their encodings.
    pub bytes: u64,
    /// Damaged ones that are not among them.
    pub left_out: u64,
    /// Of a restore: nothing was stored there before.
    pub created: u64,
    /// Of a restore: an earlier version was stored there.
    pub advanced: u64,
    /// Of a restore: the same was stored there.
    pub kept: u64,
    /// Of a restore: a later version was stored there, and was left alone.
    pub newer: u64,
    /// Of a restore: something else was stored there, and was left alone.
    pub conflicts: u64,
}

/// What is said beside the bytes.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub(crate) enum Report {
    /// Something else is stored there, in this version.
    Conflict { address: String, found: u64 },
    /// A record is damaged; without an address nobody knows which.
    Damaged(Damaged),
    /// It is over.
    Done(Totals),
    /// It is over, without success.
    Failed { kind: String, message: String },
    /// It goes on.
    Progress(Totals),
}

/// A record that is none, or does not prove itself.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Damaged {
    /// Its address in hexadecimal digits, where there is a single one.
    pub address: Option<String>,
    /// What is wrong.
    pub what: String,
}

/// A record beside which something else is stored.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Conflict {
    /// Its address in hexadecimal digits.
    pub address: String,
    /// The version that is stored.
    pub found: u64,
}

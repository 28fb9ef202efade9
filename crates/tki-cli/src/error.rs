//! How a command ends when it does not succeed: what happened, and the command that mends it.

use core::error::Error as StdError;
use std::io::ErrorKind as IoKind;

use tki::ErrorKind;
use tki::storage::Outage;

use crate::describe;

mod changes;

/// What kind of failure it is. Scripts act on its name, shells on its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    BadSignature,
    Busy,
    Cancelled,
    Conflict,
    CorruptFile,
    DiskFull,
    Exists,
    Found,
    Internal,
    InvalidChange,
    NeedMoreShares,
    NoFactors,
    NoProvider,
    NotFound,
    OutcomeUnknown,
    ReadOnly,
    Refused,
    Removed,
    Unavailable,
    Unsupported,
    Unverified,
    Usage,
    WrongAnswers,
    WrongPassphrase,
    WrongWords,
}

impl Kind {
    /// The name in `--json`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::BadSignature => "bad-signature",
            Self::Busy => "busy",
            Self::Cancelled => "cancelled",
            Self::Conflict => "conflict",
            Self::CorruptFile => "corrupt-file",
            Self::DiskFull => "disk-full",
            Self::Exists => "exists",
            Self::Found => "found",
            Self::Internal => "internal",
            Self::InvalidChange => "invalid-change",
            Self::NeedMoreShares => "need-more-shares",
            Self::NoFactors => "no-factors",
            Self::NoProvider => "no-provider",
            Self::NotFound => "not-found",
            Self::OutcomeUnknown => "outcome-unknown",
            Self::ReadOnly => "read-only",
            Self::Refused => "refused",
            Self::Removed => "removed",
            Self::Unavailable => "unavailable",
            Self::Unsupported => "unsupported",
            Self::Unverified => "unverified",
            Self::Usage => "usage",
            Self::WrongAnswers => "wrong-answers",
            Self::WrongPassphrase => "wrong-passphrase",
            Self::WrongWords => "wrong-words",
        }
    }

    /// The exit code.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Internal | Self::Unsupported => 1,
            Self::InvalidChange | Self::Usage => 2,
            Self::NeedMoreShares | Self::NoFactors => 3,
            Self::BadSignature
            | Self::CorruptFile
            | Self::NotFound
            | Self::Refused
            | Self::Removed
            | Self::Unverified
            | Self::WrongAnswers
            | Self::WrongPassphrase
            | Self::WrongWords => 4,
            Self::Busy
            | Self::DiskFull
            | Self::NoProvider
            | Self::OutcomeUnknown
            | Self::ReadOnly
            | Self::Unavailable => 5,
            Self::Conflict | Self::Exists => 6,
            Self::Found => 7,
            // What a shell says of a program that Ctrl-C ended.
            Self::Cancelled => 130,
        }
    }

    /// What to do, where the place of the failure knows nothing better.
    pub(crate) const fn next(self) -> &'static str {
        match self {
            Self::BadSignature => "check message, key, scheme and signature",
            Self::Busy => "wait for the other tki to end, then run the same command again",
            Self::Cancelled | Self::Conflict => "run the same command again",
            Self::CorruptFile => {
                "restore the file from a copy, or recover on a new home: tki recover"
            }
            Self::DiskFull => "make room on the disk, then run the same command again",
            Self::Exists => "choose another name: --account NAME",
            Self::Found => "do what each finding says",
            Self::Internal => "please report this, with the output of the same command and -v",
            Self::InvalidChange | Self::Usage => "see tki --help",
            Self::NeedMoreShares => {
                "name every factor to use: --use device, provider, words:FILE, file:FILE, \
                 answers:FILE, passkey:WHERE, guardian:FILE, each with --use; the provider's \
                 passphrase: --provider-passphrase-file FILE"
            }
            Self::NoFactors => "tki recover, or tki create for a new account",
            Self::NoProvider => "say where the provider is: --provider local:PATH",
            Self::NotFound => {
                "check --storage, and that words and provider are those of this account"
            }
            Self::OutcomeUnknown => "run the same command again: it finds out and finishes",
            Self::ReadOnly => "make the home writable, then run the same command again",
            Self::Refused => "do not use this storage before you know why; see tki show --offline",
            Self::Removed => "tki recover, with factors that are still part of the account",
            Self::Unavailable => "run the same command again later, or with --offline",
            Self::Unsupported => "use a newer tki",
            Self::Unverified => {
                "give the version printed beside the words: --at-least-version N; use the provider; \
                 or --accept-unverified"
            }
            Self::WrongAnswers => "correct the answers and run the same command again",
            Self::WrongPassphrase => "run the same command again with the right passphrase",
            Self::WrongWords => "correct the words and run the same command again",
        }
    }
}

/// Why a command did not succeed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    pub(crate) message: String,
    pub(crate) next: String,
}

impl Failure {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            next: kind.next().into(),
        }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// The same with the command that mends it.
    pub(crate) fn next(mut self, next: impl Into<String>) -> Self {
        self.next = next.into();
        self
    }

    /// The same with something that explains it.
    pub(crate) fn followed_by(mut self, text: &str) -> Self {
        self.message = format!("{}; {text}", self.message);
        self
    }

    /// The same where no device keeps copies of the records that could be looked at instead.
    pub(crate) fn elsewhere(self) -> Self {
        if self.next != self.kind.next() {
            return self;
        }
        self.next(
            "look for the storage itself or a newer backup: --storage redb:PATH, or \
             --storage bundle:FILE",
        )
    }

    /// The same for a command that ran offline, where the usual advice would be wrong.
    pub(crate) fn offline(self) -> Self {
        if self.next != self.kind.next() {
            self
        } else if self.kind == Kind::NeedMoreShares {
            self.next(
                "name every factor to use: --use device, words:FILE, file:FILE, answers:FILE, \
                 passkey:WHERE, each with --use",
            )
        } else if self.kind == Kind::Unavailable {
            self.next("name the device whose copies are to be used: --use device")
        } else {
            self
        }
    }

    /// The same, saying first what was being done.
    pub(crate) fn context(mut self, what: &str) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }

    /// A failure of the file system at a path.
    pub(crate) fn file(what: &str, error: &tki_file::Error) -> Self {
        let kind = if matches!(error, tki_file::Error::AlreadyExists) {
            Kind::Exists
        } else if matches!(error, tki_file::Error::TooLarge { .. }) {
            Kind::CorruptFile
        } else if error.io_kind().is_some_and(is_wrong_place) {
            let message = format!("{what}: {}", tki::with_causes(error));
            return Self::usage(message).next("name a file, in a folder that exists");
        } else {
            error.io_kind().map_or(Kind::Unavailable, io_kind)
        };
        Self::new(kind, format!("{what}: {}", tki::with_causes(error)))
    }

    pub(crate) fn io(what: &str, error: &std::io::Error) -> Self {
        Self::new(io_kind(error.kind()), format!("{what}: {error}"))
    }
}

/// Whether no file can be at the place that was named.
const fn is_wrong_place(kind: IoKind) -> bool {
    matches!(
        kind,
        IoKind::IsADirectory | IoKind::NotADirectory | IoKind::NotFound
    )
}

fn io_kind(kind: IoKind) -> Kind {
    if matches!(kind, IoKind::StorageFull | IoKind::QuotaExceeded) {
        Kind::DiskFull
    } else if matches!(kind, IoKind::PermissionDenied | IoKind::ReadOnlyFilesystem) {
        Kind::ReadOnly
    } else {
        Kind::Unavailable
    }
}

impl From<tki::Error> for Failure {
    fn from(error: tki::Error) -> Self {
        let kind = class(&error);
        let mut message = tki::with_causes(&error);
        if let Some(removal) = error.removal() {
            message = format!("{message}, on {}", describe::date(removal.time));
        }
        let failure = Self::new(kind, message);
        if kind == Kind::Exists {
            failure.next(
                "to use it on this machine: tki recover; to see which it is: tki show --explain \
                 --use provider; to make one more, another key with another address: --another",
            )
        } else if kind == Kind::Refused && has_cause::<tki::provider::Error>(&error) {
            failure.next(
                "do not use this provider before you know why; a local one is FILE and FILE.anchors",
            )
        } else if kind == Kind::CorruptFile && has_cause::<tki::storage::Error>(&error) {
            failure.next(CORRUPT_STORAGE)
        } else if let Some(next) = error.invalid_change().and_then(changes::next) {
            failure.next(next)
        } else if has_cause::<tki::HelpError>(&error) {
            failure.next("ask the guardian again: tki guardian ask")
        } else if let Some(next) = find_cause(&error).copied().map(join_next) {
            failure.next(next)
        } else if let Some(next) = find_cause(&error).and_then(keyring_next) {
            failure.next(next)
        } else {
            failure
        }
    }
}

/// What to do about a keyring that does not open a device package.
const fn keyring_next(error: &tki::device::Error) -> Option<&'static str> {
    if matches!(error, tki::device::Error::Keyring(_)) {
        Some(
            "log in to the desktop session or unlock its keyring, then run the same command again; \
             or use other factors: --use words:FILE --use provider",
        )
    } else if matches!(error, tki::device::Error::NoKey) {
        Some(
            "use it as the user and on the machine that made it; \
             or recover on a new home: tki recover",
        )
    } else {
        None
    }
}

/// Not to recover: what is damaged is what one would recover from.
const CORRUPT_STORAGE: &str = "restore the storage from a copy; until then: tki open --offline";

/// Whether a part of this kind is what failed.
fn has_cause<E: StdError + 'static>(error: &tki::Error) -> bool {
    find_cause::<E>(error).is_some()
}

/// What failed, if it was a part of this kind.
fn find_cause<E: StdError + 'static>(error: &tki::Error) -> Option<&E> {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(found) = cause.downcast_ref() {
            return Some(found);
        }
        source = cause.source();
    }
    None
}

/// What kind of failure an error of the engine is.
pub(crate) fn class(error: &tki::Error) -> Kind {
    cause(error).unwrap_or_else(|| kind_of(error.kind()))
}

/// What the cause of an error says more exactly than its class.
fn cause(error: &tki::Error) -> Option<Kind> {
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(error) = inner.downcast_ref::<tki::device::Error>() {
            return device_kind(error);
        }
        if let Some(error) = inner.downcast_ref::<tki::storage::Error>() {
            return storage_kind(error);
        }
        if let Some(error) = inner.downcast_ref::<tki_file::Error>() {
            return error.io_kind().map(io_kind);
        }
        source = inner.source();
    }
    None
}

fn device_kind(error: &tki::device::Error) -> Option<Kind> {
    if matches!(error, tki::device::Error::WrongPassphrase) {
        Some(Kind::WrongPassphrase)
    } else if matches!(
        error,
        tki::device::Error::Corrupt | tki::device::Error::TooLarge
    ) {
        Some(Kind::CorruptFile)
    } else if matches!(error, tki::device::Error::Unsupported { .. }) {
        Some(Kind::Unsupported)
    } else if matches!(
        error,
        tki::device::Error::Keyring(_) | tki::device::Error::NoKey
    ) {
        Some(Kind::Unavailable)
    } else if let tki::device::Error::File(error) = error {
        error.io_kind().map(io_kind)
    } else {
        None
    }
}

fn storage_kind(error: &tki::storage::Error) -> Option<Kind> {
    if let tki::storage::Error::Unavailable(outage) = error {
        return Some(outage_kind(*outage));
    }
    if matches!(error, tki::storage::Error::OutcomeUnknown { .. }) {
        return Some(Kind::OutcomeUnknown);
    }
    matches!(error, tki::storage::Error::Corrupt { .. }).then_some(Kind::CorruptFile)
}

fn outage_kind(outage: Outage) -> Kind {
    if outage == Outage::Busy {
        Kind::Busy
    } else if outage == Outage::DiskFull {
        Kind::DiskFull
    } else if outage == Outage::ReadOnly {
        Kind::ReadOnly
    } else {
        Kind::Unavailable
    }
}

const fn kind_of(kind: ErrorKind) -> Kind {
    match kind {
        ErrorKind::Conflict => Kind::Conflict,
        ErrorKind::Exists => Kind::Exists,
        ErrorKind::InvalidChange => Kind::InvalidChange,
        ErrorKind::NeedMoreShares { .. } => Kind::NeedMoreShares,
        ErrorKind::NotFound => Kind::NotFound,
        ErrorKind::OutcomeUnknown => Kind::OutcomeUnknown,
        ErrorKind::Refused => Kind::Refused,
        ErrorKind::Removed => Kind::Removed,
        ErrorKind::Unavailable => Kind::Unavailable,
        ErrorKind::Unsupported => Kind::Unsupported,
        ErrorKind::Unverified => Kind::Unverified,
        ErrorKind::Bug | _ => Kind::Internal,
    }
}

impl From<tki::JoinError> for Failure {
    /// Nothing about the storage is wrong where a joining is refused.
    fn from(error: tki::JoinError) -> Self {
        Self::new(Kind::Refused, error.to_string()).next(join_next(error))
    }
}

/// To begin anew where a joining was refused, on this side or the other.
pub(crate) const JOIN_ANEW: &str = "on the other side: tki device request --again; or, as a guardian, a new: tki guardian offer \
     NAME";

const fn join_next(error: tki::JoinError) -> &'static str {
    use tki::JoinError;

    if matches!(error, JoinError::AlreadyAnswered | JoinError::OtherRequest) {
        "tki device request --again; or, as a guardian, a new: tki guardian offer NAME"
    } else if matches!(error, JoinError::Expired | JoinError::OtherAccount) {
        "where the request was made: tki device request --again; or, as a guardian, a new: \
         tki guardian offer NAME"
    } else {
        JOIN_ANEW
    }
}

impl From<tki::device::Error> for Failure {
    fn from(error: tki::device::Error) -> Self {
        let kind = device_kind(&error).unwrap_or(if error.is_unavailable() {
            Kind::Unavailable
        } else {
            Kind::Refused
        });
        let failure = Self::new(kind, tki::with_causes(&error));
        match keyring_next(&error) {
            Some(next) => failure.next(next),
            None => failure,
        }
    }
}

impl From<tki::storage::Error> for Failure {
    fn from(error: tki::storage::Error) -> Self {
        let kind = storage_kind(&error).unwrap_or(Kind::Unavailable);
        let failure = Self::new(kind, tki::with_causes(&error));
        if kind == Kind::CorruptFile {
            return failure.next(CORRUPT_STORAGE);
        }
        failure
    }
}

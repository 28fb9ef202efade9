//! What the model says of an operation.

use tki_engine::{Error, ErrorKind, with_causes};

/// How an operation ended; not at all, where the machine died.
pub(super) type Ended<T> = Option<Result<T, Error>>;

/// What the model says of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// One new version.
    Done,
    /// It is found to be done already.
    Finished,
    /// One of the two.
    Either,
    /// It would leave an account that does not work.
    Invalid,
    /// The device was renewed before, and has to take its new seed over first, by catching up.
    Renewed,
    /// Nothing vouches for what is shown.
    Unvouched,
}

impl Expected {
    /// Of an operation that met no lie.
    pub(super) fn check(self, is_fair: bool, moved: bool, ended: &Ended<()>) {
        let title = format!("{self:?}, and it was {}", text(ended));
        let is_ok = matches!(ended, Some(Ok(())));
        match self {
            Self::Done => {
                assert!(!is_fair || is_ok, "{title}");
                assert!(!is_ok || moved, "{title}");
            }
            Self::Finished => {
                assert!(!is_fair || is_ok, "{title}");
                assert!(!moved, "{title}");
            }
            // The same may have been done by an attempt that the device forgot for a later one.
            Self::Either => {
                let done = [Some(ErrorKind::InvalidChange), Some(ErrorKind::Exists)];
                let is_done = is_ok || done.contains(&kind(ended));
                assert!(!is_fair || is_done, "{title}");
            }
            Self::Invalid | Self::Renewed | Self::Unvouched => {
                assert!(!is_ok && !moved, "{title}");
            }
        }
        if is_fair && self == Self::Invalid {
            let refused = [Some(ErrorKind::InvalidChange), Some(ErrorKind::Unverified)];
            assert!(refused.contains(&kind(ended)), "{title}");
        }
        if is_fair && self == Self::Renewed {
            assert_eq!(kind(ended), Some(ErrorKind::Exists), "{title}");
        }
        if is_fair && self == Self::Unvouched {
            assert_eq!(kind(ended), Some(ErrorKind::Unverified), "{title}");
        }
    }
}

pub(super) fn text(ended: &Ended<()>) -> String {
    match ended {
        None => "dead".into(),
        Some(Ok(())) => "done".into(),
        Some(Err(error)) => with_causes(error),
    }
}

pub(super) fn kind(ended: &Ended<()>) -> Option<ErrorKind> {
    ended.as_ref()?.as_ref().err().map(Error::kind)
}

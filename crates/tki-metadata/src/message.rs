//! What people carry from one machine to another, and how the one kind is told from the other.
//!
//! Every message begins with the version of its format and a byte that says which message it is, so
//! that whoever is given the wrong one can say so.

use core::fmt;

use crate::error::Error;

/// A kind of message.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Message {
    /// [`HelpAnswer`](crate::HelpAnswer).
    HelpAnswer,
    /// [`HelpRequest`](crate::HelpRequest).
    HelpRequest,
    /// [`JoinInvite`](crate::JoinInvite).
    JoinInvite,
    /// [`JoinReply`](crate::JoinReply).
    JoinReply,
    /// [`JoinRequest`](crate::JoinRequest).
    JoinRequest,
}

impl Message {
    /// Every kind, in alphabetical order.
    pub const ALL: &'static [Self] = &[
        Self::HelpAnswer,
        Self::HelpRequest,
        Self::JoinInvite,
        Self::JoinReply,
        Self::JoinRequest,
    ];

    /// Its stored code.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::JoinRequest => 1,
            Self::JoinInvite => 2,
            Self::JoinReply => 3,
            Self::HelpRequest => 4,
            Self::HelpAnswer => 5,
        }
    }

    /// The kind with this stored code.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.code() == code)
    }

    /// What an encoded message says that it is; nothing else is looked at.
    #[must_use]
    pub fn of(encoded: &[u8]) -> Option<Self> {
        encoded.get(1).and_then(|code| Self::from_code(*code))
    }

    /// Refuses a message that says it is another one.
    pub(crate) fn check(self, encoded: &[u8]) -> Result<(), Error> {
        match Self::of(encoded) {
            Some(found) if found != self => Err(Error::OtherMessage {
                found,
                wanted: self,
            }),
            Some(_) | None => Ok(()),
        }
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HelpAnswer => "a guardian's answer",
            Self::HelpRequest => "a request for a guardian's help",
            Self::JoinInvite => "an invite",
            Self::JoinReply => "a reply to an invite",
            Self::JoinRequest => "a request to join",
        })
    }
}

//! How large a record may be, and what its parts must be like, whoever signed them.

use thiserror::Error;

/// The longest body in bytes.
pub const MAX_BODY: usize = 1 << 20;

/// The most hand-overs that a record keeps. An account hands over at each removal of a holder, so
/// this is the number of removals in its life.
pub const MAX_HAND_OVERS: usize = 4096;

/// Why these parts make no record, whoever signed them.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum ShapeError {
    /// The body is not the one that the header vouches for.
    #[error("body does not match the header")]
    BodyHash,
    /// The body is longer than [`MAX_BODY`].
    #[error("body is larger than {MAX_BODY} bytes")]
    BodyTooLarge,
    /// The hand-overs are not in the order of their versions, or one lies in the future.
    #[error("hand-overs are out of order")]
    HandOverOrder,
    /// There are more hand-overs than [`MAX_HAND_OVERS`].
    #[error("record has handed over {MAX_HAND_OVERS} times already")]
    TooManyHandOvers,
    /// There is no number for the next version.
    #[error("no version is left")]
    VersionExhausted,
}

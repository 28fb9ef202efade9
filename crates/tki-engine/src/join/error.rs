//! Why somebody does not join.

/// Why a message of a joining is not taken.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    /// Another invite was answered already: one request has one answer.
    #[error("this request has answered another invite already: begin with a new request")]
    AlreadyAnswered,
    /// The claim in the reply is not signed by the new holder.
    #[error("the reply does not claim the mailbox of the new holder")]
    BadClaim,
    /// The digits are not those that the new holder shows.
    #[error(
        "the digits are not the same on both sides: somebody may have changed the messages on \
         their way; nothing was added, begin with a new request"
    )]
    CodeDiffers,
    /// It came too late, by the clock of whoever looked.
    #[error("the invite has expired: begin with a new request")]
    Expired,
    /// The reply was made for an invite of another account.
    #[error("the invite was made for another account")]
    OtherAccount,
    /// The reply answers another invite.
    #[error("the reply is to another invite")]
    OtherInvite,
    /// The invite answers another request.
    #[error("the invite is for another request")]
    OtherRequest,
    /// The reply does not show what the request promised.
    #[error(
        "the reply is not by whoever made the request: somebody may have changed the messages on \
         their way; nothing was added, begin with a new request"
    )]
    WrongOpening,
}

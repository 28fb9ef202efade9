//! Why a provider did not do what it was asked.

use alloc::boxed::Box;

use thiserror::Error;

/// Why a provider did not do what it was asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// Something below the provider failed: its file, its transport.
    #[error("provider failed")]
    Backend(#[source] Box<dyn core::error::Error + Send + Sync>),
    /// No evaluation is left; nothing was done. Whoever runs the evaluator can grant more.
    #[error("no evaluation is left")]
    BudgetSpent,
    /// Another process is changing the anchor or the count; nothing was done. Asking again soon helps.
    #[error("provider is busy")]
    Busy,
    /// The anchor holds something else than what was assumed.
    #[error("provider's anchor holds something else")]
    Conflict,
    /// The provider refuses this request, now and later: the login does not allow it, what was to be
    /// decrypted was not sealed for it, or what was to be anchored does not verify.
    #[error("provider refuses the request")]
    Denied,
    /// The provider's answer makes no sense, or what it kept is damaged.
    #[error("provider's answer makes no sense")]
    Protocol,
    /// Too many requests; nothing was done.
    #[error("provider asks to wait {after_seconds} s")]
    RateLimited {
        /// When to ask again.
        after_seconds: u64,
    },
    /// No answer. The request may have been carried out; every request may be repeated.
    #[error("provider is unavailable")]
    Unavailable,
    /// The provider does not offer this.
    #[error("provider does not support this")]
    Unsupported,
}

impl Error {
    /// Whether the provider could not be asked, which says nothing about any account.
    #[must_use]
    pub const fn is_unavailable(&self) -> bool {
        match self {
            Self::Backend(_) | Self::Busy | Self::RateLimited { .. } | Self::Unavailable => true,
            Self::BudgetSpent
            | Self::Conflict
            | Self::Denied
            | Self::Protocol
            | Self::Unsupported => false,
        }
    }
}

impl From<tki_file::Error> for Error {
    fn from(error: tki_file::Error) -> Self {
        Self::Backend(Box::new(error))
    }
}

//! A secret of the login's own for every label.

use alloc::boxed::Box;

use async_trait::async_trait;
use zeroize::Zeroizing;

use crate::error::Error;

/// A deterministic secret for each label, which only the login gets.
#[async_trait]
pub trait Evaluator: Send + Sync {
    /// The secret for this label: 32 bytes, always the same for one label, independent for others,
    /// and independent of the keys of [`ServiceProvider`](crate::ServiceProvider).
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::RateLimited`], [`Error::Unavailable`] or [`Error::Backend`].
    async fn evaluate(&self, label: &str) -> Result<Zeroizing<[u8; 32]>, Error>;
}

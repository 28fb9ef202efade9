//! Numbered places, which are nothing at all without the feature `faults`.

use crate::error::{Error, Operation};

/// A place where a test may kill or fail; nothing at all without the feature.
#[cfg(feature = "faults")]
pub(crate) fn point(name: &str, operation: Operation) -> Result<(), Error> {
    crate::faults::point(name).map_err(Error::io(operation))
}

#[cfg(not(feature = "faults"))]
#[expect(
    clippy::unnecessary_wraps,
    reason = "the same shape as with the feature"
)]
#[expect(
    clippy::missing_const_for_fn,
    reason = "the same shape as with the feature"
)]
pub(crate) fn point(_name: &str, _operation: Operation) -> Result<(), Error> {
    Ok(())
}

//! How public points look in `Debug`.

use core::fmt;

/// Bytes shown in hexadecimal.
pub(crate) struct Hex<B>(pub(crate) B);

impl<B: AsRef<[u8]>> fmt::Debug for Hex<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .as_ref()
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

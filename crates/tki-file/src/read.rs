//! Reading a whole file, never more than the caller allows.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use crate::error::{Error, Operation};

/// The file's content, or `None` if there is no such file.
///
/// The buffer is sized once, so a caller that wipes it leaves no other copy in memory (unless the
/// file grew while it was read).
///
/// # Errors
/// - [`Error::TooLarge`] if the file has more than `limit` bytes; nothing is allocated then.
/// - [`Error::Io`] for anything else, including a folder above that is missing permissions.
pub fn read(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, Error> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(Error::Io {
                operation: Operation::Open,
                source: error,
            });
        }
    };
    let metadata = file.metadata().map_err(Error::io(Operation::Read))?;
    if metadata.is_dir() {
        // Its length says nothing, and would only seem too large.
        return Err(Error::Io {
            operation: Operation::Open,
            source: ErrorKind::IsADirectory.into(),
        });
    }
    let length = metadata.len();
    if length > limit {
        return Err(Error::TooLarge { limit });
    }
    // One byte of room more, so that the read that finds the end needs no larger buffer.
    let capacity = usize::try_from(length).unwrap_or(0).saturating_add(1);
    let mut content = Vec::with_capacity(capacity);
    // A file may grow between the two calls, and a pipe has no length: the limit holds regardless.
    file.take(limit.saturating_add(1))
        .read_to_end(&mut content)
        .map_err(Error::io(Operation::Read))?;
    if u64::try_from(content.len()).is_ok_and(|found| found > limit) {
        return Err(Error::TooLarge { limit });
    }
    Ok(Some(content))
}

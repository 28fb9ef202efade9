//! One process at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use crate::error::{Error, Operation};

/// An advisory lock on a file of its own, held until dropped.
///
/// The system releases it when the process ends, however it ends. The lock file stays: removing it
/// would let two processes lock two files of one name. Only those who ask are kept out.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock, or returns `None` at once if another holds it. How long to try again is the
    /// caller's choice.
    ///
    /// # Errors
    /// [`Error::Io`] if the lock file cannot be opened, or the file system has no locks.
    pub fn try_acquire(path: &Path) -> Result<Option<Self>, Error> {
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(Error::io(Operation::Lock))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(Error::Io {
                operation: Operation::Lock,
                source,
            }),
        }
    }
}

/// Closing alone would not release: a child that another thread is starting holds a copy of the file
/// until it runs its program.
impl Drop for Lock {
    fn drop(&mut self) {
        drop(self.file.unlock());
    }
}

#[cfg(test)]
mod tests {
    use super::Lock;

    #[test]
    fn a_copy_of_the_file_keeps_nobody_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let lock = Lock::try_acquire(&path).unwrap().unwrap();
        let inherited = lock.file.try_clone().unwrap();
        assert!(Lock::try_acquire(&path).unwrap().is_none());
        drop(lock);
        assert!(Lock::try_acquire(&path).unwrap().is_some());
        drop(inherited);
    }
}

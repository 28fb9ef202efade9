//! A file whose disk is full or fails now and then.

use core::sync::atomic::{AtomicU64, Ordering};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use redb::StorageBackend;

/// One call in so many fails.
const ONE_IN: u32 = 400;
/// The first calls do not: a server must begin.
const SPARED: u64 = 200;

/// The file of a storage.
#[derive(Debug)]
pub(crate) struct Disk {
    file: File,
    calls: AtomicU64,
    rng: Mutex<ChaCha20Rng>,
}

impl Disk {
    /// Opens the file, or creates it, for this one alone.
    pub(crate) fn open(path: &Path, seed: u64) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false);
        let file = options.open(path)?;
        // As redb locks its own files: one that was let go may still be written to.
        file.try_lock()?;
        Ok(Self {
            file,
            calls: AtomicU64::new(0),
            rng: Mutex::new(ChaCha20Rng::seed_from_u64(seed)),
        })
    }

    /// Fails now and then, with this error, and says so: whoever counts reads it.
    fn perhaps(&self, what: &str, kind: ErrorKind) -> io::Result<()> {
        let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
        let spared = self.calls.fetch_add(1, Ordering::Relaxed) < SPARED;
        if spared || !rng.next_u32().is_multiple_of(ONE_IN) {
            return Ok(());
        }
        crate::say(&format!("{DISK_FAULT} {what}"));
        Err(kind.into())
    }
}

/// What the log has for each fault.
pub(crate) const DISK_FAULT: &str = "disk fault:";

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(out, offset)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.perhaps("full", ErrorKind::StorageFull)?;
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.perhaps("sync", ErrorKind::Other)?;
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.perhaps("full", ErrorKind::StorageFull)?;
        self.file.write_all_at(data, offset)
    }
}

//! `tki-load counted`: the server over a file that counts how often it is synced.

use alloc::sync::Arc;
use core::net::SocketAddr;
use core::sync::atomic::{AtomicU64, Ordering};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use redb::StorageBackend;
use tki_storage_redb::RedbStorage;

/// Serves until it is killed.
pub(crate) async fn run(path: &Path, listen: SocketAddr) -> Result<(), crate::Failure> {
    let storage = RedbStorage::with_backend(Counted::open(path)?)?;
    super::over(Arc::new(storage), path, listen, 0).await
}

/// Where the number stands, eight bytes big-endian.
pub(crate) fn place(path: &Path) -> PathBuf {
    path.with_added_extension("syncs")
}

/// The number.
pub(crate) fn read(path: &Path) -> io::Result<u64> {
    let mut bytes = [0; 8];
    File::open(place(path))?.read_exact_at(&mut bytes, 0)?;
    Ok(u64::from_be_bytes(bytes))
}

/// The file, with every sync of it counted.
#[derive(Debug)]
struct Counted {
    file: File,
    syncs: AtomicU64,
    told: File,
}

impl Counted {
    fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false);
        Ok(Self {
            file: options.open(path)?,
            syncs: AtomicU64::new(0),
            told: options.open(place(path))?,
        })
    }
}

impl StorageBackend for Counted {
    fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(out, offset)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data()?;
        let syncs = self.syncs.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        self.told.write_all_at(&syncs.to_be_bytes(), 0)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.file.write_all_at(data, offset)
    }
}

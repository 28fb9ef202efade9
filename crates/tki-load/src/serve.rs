//! `tki-load serve`: a server over a storage that is broken on purpose, or on a disk that fails.

use alloc::sync::Arc;
use core::net::SocketAddr;
use core::sync::atomic::{AtomicU64, Ordering};
use std::path::Path;

use tki_server::backend::StorageUrl;
use tki_server::{App, Config, Surroundings};
use tki_storage::Storage;
use tki_storage_redb::RedbStorage;
use tokio::net::TcpListener;

use crate::args::Flaw;

mod broken;
pub(crate) mod counted;
pub(crate) mod disk;
pub(crate) mod empty;

/// Serves until it is killed.
pub(crate) async fn run(
    flaw: Flaw,
    path: &Path,
    listen: SocketAddr,
    seed: u64,
) -> Result<(), crate::Failure> {
    let storage: Arc<dyn Storage> = match flaw {
        Flaw::AcksEarly => Arc::new(broken::AcksEarly::new(RedbStorage::open(path)?)),
        Flaw::Tears => Arc::new(broken::Tears::new(RedbStorage::open(path)?)),
        Flaw::Disk => {
            let path = path.to_path_buf();
            // Each start and each disk fails elsewhere.
            let start = seed.wrapping_add(u64::from(std::process::id()) << 32);
            let disks = AtomicU64::new(start);
            let disk = move || disk::Disk::open(&path, disks.fetch_add(1, Ordering::Relaxed));
            Arc::new(RedbStorage::with_backends(disk)?)
        }
    };
    over(storage, path, listen, seed).await
}

/// The server's library over this storage.
async fn over(
    storage: Arc<dyn Storage>,
    path: &Path,
    listen: SocketAddr,
    seed: u64,
) -> Result<(), crate::Failure> {
    let listener = TcpListener::bind(listen).await?;
    #[expect(clippy::disallowed_methods, reason = "a binary brings the clock")]
    let surroundings = Surroundings::new(std::time::Instant::now, seed);
    let config = Config::new(StorageUrl::Redb(path.into()));
    let app = App::new(config, storage, surroundings);
    tki_server::serve(app, listener, None, core::future::pending()).await;
    Ok(())
}

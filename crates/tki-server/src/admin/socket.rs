//! The socket, and who may use it.

use alloc::sync::Arc;
use core::time::Duration;
use std::fs::{self, Permissions};
use std::io::{Error, ErrorKind};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use tki_storage::Browse;
use tokio::net::{UnixListener, UnixStream};

use super::answer;
use crate::logs::redacted;

/// The name of the socket in the data directory.
pub const SOCKET: &str = "admin.sock";

/// How long nothing is accepted after the system had no more of something, such as open files.
const BREATH: Duration = Duration::from_millis(100);

/// The superuser, who may do everything anyway.
const ROOT: u32 = 0;

/// The socket of a server that runs; removed when dropped.
#[derive(Debug)]
pub struct Socket {
    listener: UnixListener,
    path: PathBuf,
    /// Whose it is.
    user: u32,
}

impl Socket {
    /// Makes the socket in this folder. One that a dead server left is replaced.
    ///
    /// # Errors
    /// [`ErrorKind::AddrInUse`] if a server runs there, or whatever the system says.
    pub async fn open(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(SOCKET);
        match UnixStream::connect(&path).await {
            Ok(_) => return Err(ErrorKind::AddrInUse.into()),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            // Nobody listens: what is there was left.
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => fs::remove_file(&path)?,
            Err(error) => return Err(error),
        }
        let listener = UnixListener::bind(&path)?;
        fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        let user = fs::metadata(&path)?.uid();
        Ok(Self {
            listener,
            path,
            user,
        })
    }

    /// Answers whoever may ask, until it is dropped.
    pub async fn serve(self, storage: Arc<dyn Browse>) {
        loop {
            let Ok((stream, _)) = self.listener.accept().await else {
                tokio::time::sleep(BREATH).await;
                continue;
            };
            // Between making the socket and setting its mode others might have connected.
            let asks = stream.peer_cred().map(|peer| peer.uid());
            if !matches!(asks, Ok(uid) if uid == self.user || uid == ROOT) {
                tracing::warn!("another user was turned away at the admin socket");
                continue;
            }
            let storage = Arc::clone(&storage);
            tokio::spawn(async move {
                if let Err(error) = answer(stream, storage.as_ref()).await {
                    let reason = redacted(&error.to_string());
                    tracing::warn!(reason, "a backup or restore was broken off");
                }
            });
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // One that stays is replaced by the next server.
        drop(fs::remove_file(&self.path));
    }
}

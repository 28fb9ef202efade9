//! Whom a command speaks to: a server that runs, or the storage itself.

use alloc::boxed::Box;
use alloc::sync::Arc;
use std::io::{Error, ErrorKind};
use std::path::Path;

use tki_storage::Browse;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::UnixStream;

use super::{SOCKET, answer};

/// How much is on its way inside one process, in bytes.
const BUFFER: usize = 256 * 1024;

/// A storage, or the server that has it open.
#[non_exhaustive]
pub enum Place {
    /// A server that was connected to.
    Running(UnixStream),
    /// The storage, opened by this process.
    Opened(Arc<dyn Browse>),
}

impl core::fmt::Debug for Place {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Running(_) => "Running",
            Self::Opened(_) => "Opened",
        })
    }
}

/// Both directions of a conversation.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Place {
    /// The server that runs in this data directory, if one does.
    ///
    /// # Errors
    /// Whatever the system says, such as that the socket is another user's.
    pub async fn running(folder: &Path) -> Result<Option<Self>, Error> {
        match UnixStream::connect(folder.join(SOCKET)).await {
            Ok(stream) => Ok(Some(Self::Running(stream))),
            // No socket, or one that a dead server left.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::NotFound | ErrorKind::ConnectionRefused
                ) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// A conversation. That with a storage takes place in a task of its own.
    pub(crate) fn connect(self) -> Box<dyn Stream> {
        match self {
            Self::Running(stream) => Box::new(stream),
            Self::Opened(storage) => {
                let (here, there) = tokio::io::duplex(BUFFER);
                tokio::spawn(async move {
                    // Who went away is not told anything.
                    drop(answer(there, storage.as_ref()).await);
                });
                Box::new(here)
            }
        }
    }
}

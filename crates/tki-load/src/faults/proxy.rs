//! A proxy between clients and server that cuts, delays, truncates and repeats.

use alloc::sync::Arc;
use core::net::SocketAddr;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::io;
use std::sync::{Mutex, PoisonError};

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

use super::workload::below;

/// How many bytes of a connection are kept, to be sent once more.
const MAX_REPEATED: usize = 256 << 10;
/// How long an answer to what was repeated is waited for.
const REPEATED: Duration = Duration::from_secs(2);

/// How often each fault happened.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) cut: AtomicU64,
    pub(crate) truncated: AtomicU64,
    pub(crate) delayed: AtomicU64,
    pub(crate) repeated: AtomicU64,
}

/// What happens to a connection.
#[derive(Clone, Copy, Debug)]
enum Fate {
    /// Both directions end after so many bytes to the server.
    Cut(u64),
    /// Both directions end after so many bytes of answers, which may be in the middle of one.
    Truncated(u64),
    /// Every piece comes later, up to so much, until so many bytes were sent.
    Delayed(Duration, u64),
    /// What was sent is sent once more, by another connection, when this one has ended.
    Repeated(u64),
}

impl Fate {
    fn of(rng: &mut ChaCha20Rng) -> Self {
        let bytes = u64::from(rng.next_u32() % (1 << (10 + below(rng, 10))));
        match below(rng, 8) {
            0 | 1 => Self::Cut(bytes),
            2 | 3 => Self::Truncated(bytes),
            4 | 5 => Self::Delayed(Duration::from_millis(u64::from(rng.next_u32() % 50)), bytes),
            _ => Self::Repeated(bytes),
        }
    }
}

/// Accepts connections and passes them on, until it is dropped.
pub(crate) async fn run(listener: TcpListener, server: SocketAddr, seed: u64, counts: Arc<Counts>) {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let mut connections = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((client, _)) = accepted else { continue };
                let (fate, counts) = (Fate::of(&mut rng), Arc::clone(&counts));
                connections.spawn(async move { drop(pass(client, server, fate, &counts).await) });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn pass(
    client: TcpStream,
    server: SocketAddr,
    fate: Fate,
    counts: &Counts,
) -> io::Result<()> {
    let upstream = TcpStream::connect(server).await?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = upstream.into_split();
    let sent = Mutex::new(Vec::new());
    let (mut up, mut down) = (
        Pipe::new(from_client, to_server),
        Pipe::new(from_server, to_client),
    );
    match fate {
        Fate::Cut(bytes) => up.limit = bytes,
        Fate::Truncated(bytes) => down.limit = bytes,
        Fate::Delayed(delay, bytes) => (up.delay, down.delay, down.limit) = (delay, delay, bytes),
        Fate::Repeated(bytes) => (up.limit, up.kept) = (bytes, Some(&sent)),
    }
    let reached = tokio::select! {
        reached = up.run() => reached?,
        reached = down.run() => reached?,
    };
    // Both sockets are closed from here on.
    drop((up, down));
    let count = |number: &AtomicU64| number.fetch_add(1, Ordering::Relaxed);
    match fate {
        Fate::Cut(_) if reached => count(&counts.cut),
        Fate::Truncated(_) if reached => count(&counts.truncated),
        Fate::Delayed(..) => count(&counts.delayed),
        Fate::Cut(_) | Fate::Truncated(_) => 0,
        Fate::Repeated(_) => {
            let sent = sent.into_inner().unwrap_or_else(PoisonError::into_inner);
            repeat(&sent, server).await?;
            count(&counts.repeated)
        }
    };
    Ok(())
}

/// Sends this once more, and reads whatever is answered.
async fn repeat(sent: &[u8], server: SocketAddr) -> io::Result<()> {
    let mut again = TcpStream::connect(server).await?;
    again.write_all(sent).await?;
    let mut answers = Vec::new();
    let read = tokio::time::timeout(REPEATED, again.read_to_end(&mut answers)).await;
    read.map_or(Ok(()), |read| read.map(drop))
}

/// One direction of a connection.
struct Pipe<'a> {
    from: OwnedReadHalf,
    to: OwnedWriteHalf,
    limit: u64,
    delay: Duration,
    kept: Option<&'a Mutex<Vec<u8>>>,
}

impl Pipe<'_> {
    const fn new(from: OwnedReadHalf, to: OwnedWriteHalf) -> Self {
        Self {
            from,
            to,
            limit: u64::MAX,
            delay: Duration::ZERO,
            kept: None,
        }
    }

    /// Passes on what comes, until it ends or the limit is reached, and says which.
    async fn run(&mut self) -> io::Result<bool> {
        let mut buffer = vec![0; 16 << 10];
        while self.limit > 0 {
            let length = self.from.read(&mut buffer).await?;
            if length == 0 {
                return Ok(false);
            }
            if !self.delay.is_zero() {
                tokio::time::sleep(self.delay).await;
            }
            let allowed = usize::try_from(self.limit).unwrap_or(usize::MAX);
            let piece = buffer.get(..length.min(allowed)).unwrap_or_default();
            self.to.write_all(piece).await?;
            self.limit = self
                .limit
                .saturating_sub(u64::try_from(length).unwrap_or(u64::MAX));
            self.keep(piece);
        }
        Ok(true)
    }

    fn keep(&self, piece: &[u8]) {
        if let Some(kept) = self.kept {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            let room = MAX_REPEATED.saturating_sub(kept.len());
            kept.extend(piece.iter().take(room));
        }
    }
}

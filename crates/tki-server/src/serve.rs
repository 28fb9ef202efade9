//! Connections: accepted up to a number, served until the server is told to end, and then to their
//! last answer.

mod connection;
mod timed;

use alloc::sync::Arc;
use core::net::SocketAddr;
use core::sync::atomic::Ordering;
use core::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use crate::app::App;
use crate::notice::Notice;
use crate::tls::Tls;

pub(crate) use connection::Peer;

/// How long nothing is accepted after the system had no more of something, such as open files.
const BREATH: Duration = Duration::from_millis(100);

/// How a server ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Ended {
    /// Every request that had begun was answered.
    Completely,
    /// Time was up: connections were cut. What was acknowledged is kept; whoever was not answered
    /// does not know.
    Cut {
        /// How many.
        connections: usize,
    },
}

/// Serves what is accepted, until `end`; then accepts no more, answers what was asked, and returns
/// when that is done or its time is up. A commit is acknowledged only after the storage has accepted
/// it, so none that was acknowledged is lost however this ends.
pub async fn serve(
    app: Arc<App>,
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    end: impl Future<Output = ()>,
) -> Ended {
    let (ending, ended) = watch::channel(false);
    let room = Arc::new(Semaphore::new(app.config.max_connections.max(1)));
    let server = connection::Server::new(Arc::clone(&app), tls);
    let mut connections = JoinSet::new();
    let mut end = core::pin::pin!(end);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut end => break,
            accepted = accept(&app, &listener, &room) => accepted,
            Some(_) = connections.join_next() => continue,
        };
        let Some((stream, peer, permit)) = accepted else {
            continue;
        };
        let (server, ended) = (server.clone(), ended.clone());
        connections.spawn(async move {
            server.serve(stream, peer, ended).await;
            drop(permit);
        });
    }
    // Step 6.1: nothing more is accepted, and what was asked is answered.
    drop(listener);
    app.ending.store(true, Ordering::Relaxed);
    app.tell(&Notice::Ending);
    ending.send_replace(true);
    let all = async {
        while connections.join_next().await.is_some() {}
        app.work.finished().await;
    };
    // Step 6.2: until its time is up.
    let in_time = tokio::time::timeout(app.config.shutdown_timeout, all).await;
    if in_time.is_ok() {
        return Ended::Completely;
    }
    let left = connections.len();
    connections.shutdown().await;
    Ended::Cut { connections: left }
}

/// The next connection, once there is room for one: who comes meanwhile waits in the system's queue.
async fn accept(
    app: &App,
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let permit = Arc::clone(room).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer, permit)),
        Err(error) => {
            let reason = error.to_string();
            app.tell(&Notice::AcceptFailed { reason });
            tokio::time::sleep(BREATH).await;
            None
        }
    }
}

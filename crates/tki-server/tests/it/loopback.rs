//! A server with a socket, and connections on which anything can be said.
#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]

use core::net::SocketAddr;
use core::time::Duration;
use std::sync::Arc;

use tki_server::{App, Ended, Tls, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// What no answer of a server that works takes.
pub(crate) const FOREVER: Duration = Duration::from_secs(60);

/// A server that serves until it is told to end.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    end: oneshot::Sender<()>,
    ended: JoinHandle<Ended>,
}

impl Running {
    pub(crate) async fn start(app: Arc<App>) -> Self {
        Self::start_with(app, None).await
    }

    pub(crate) async fn start_with(app: Arc<App>, tls: Option<Arc<Tls>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (end, told) = oneshot::channel::<()>();
        let ended = tokio::spawn(serve(app, listener, tls, async {
            // Dropped or used: the test is over.
            drop(told.await);
        }));
        Self {
            address,
            end,
            ended,
        }
    }

    /// A connection to it.
    pub(crate) async fn connect(&self) -> Raw {
        Raw(TcpStream::connect(self.address).await.unwrap())
    }

    /// Tells it to end; what is returned waits until it has.
    pub(crate) fn end(self) -> impl Future<Output = Ended> {
        drop(self.end);
        async { timeout(FOREVER, self.ended).await.unwrap().unwrap() }
    }
}

/// A connection.
pub(crate) struct Raw(pub(crate) TcpStream);

impl Raw {
    /// Sends these bytes. A server that has heard enough may have closed.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        drop(self.0.write_all(bytes.as_ref()).await);
    }

    /// Everything that comes until the server closes; what came before a reset is kept.
    pub(crate) async fn rest(&mut self) -> String {
        let mut all = Vec::new();
        let mut some = vec![0; 4096];
        let reading = async {
            while let Ok(count @ 1..) = self.0.read(&mut some).await {
                all.extend_from_slice(&some[..count]);
            }
        };
        timeout(FOREVER, reading).await.expect("the server closes");
        String::from_utf8_lossy(&all).into_owned()
    }

    /// The head of one answer.
    pub(crate) async fn head(&mut self) -> String {
        let mut head = Vec::new();
        let reading = async {
            while !head.ends_with(b"\r\n\r\n") {
                match self.0.read_u8().await {
                    Ok(byte) => head.push(byte),
                    Err(_) => break,
                }
            }
        };
        timeout(FOREVER, reading).await.expect("the server answers");
        String::from_utf8(head).unwrap()
    }
}

/// A request on a connection that is closed after it.
pub(crate) fn request(method: &str, path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// The status of an answer.
#[track_caller]
pub(crate) fn status(answer: &str) -> u16 {
    let word = answer
        .split(' ')
        .nth(1)
        .unwrap_or_else(|| panic!("no answer: {answer:?}"));
    word.parse().unwrap()
}

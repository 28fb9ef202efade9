//! A proxy that cuts a connection at its commit, before or after the server has it.

use std::io;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// Where to cut.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cut {
    /// The server never gets the commit, and finds that its client is gone.
    Before,
    /// The server never gets the commit, and goes on waiting for it.
    BeforeAndNotNoticed,
    /// The server has committed, and answered.
    After,
}

/// What is done when it is cut, before anybody can connect again.
pub(crate) type Then = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct State {
    plan: Option<(Cut, Then)>,
    commits: usize,
    is_closed: bool,
    /// Connections that the server holds to be alive.
    kept: Vec<(OwnedReadHalf, OwnedWriteHalf)>,
}

#[derive(Clone)]
pub(crate) struct Proxy {
    state: Arc<Mutex<State>>,
    pub(crate) port: u16,
}

impl Proxy {
    pub(crate) async fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::<Mutex<State>>::default();
        let proxy = Self { state, port };
        let connections = proxy.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if !connections.state.lock().unwrap().is_closed {
                    let connections = connections.clone();
                    tokio::spawn(async move { drop(connections.carry(client, server).await) });
                }
            }
        });
        proxy
    }

    /// Cuts the next commit.
    pub(crate) fn cut(&self, cut: Cut, then: impl FnOnce() + Send + 'static) {
        self.state.lock().unwrap().plan = Some((cut, Box::new(then)));
    }

    /// From now on nobody is let through.
    pub(crate) fn close(&self) {
        self.state.lock().unwrap().is_closed = true;
    }

    /// Those that were asked for, cut or not.
    pub(crate) fn commits(&self) -> usize {
        self.state.lock().unwrap().commits
    }

    async fn carry(&self, client: TcpStream, server: u16) -> io::Result<()> {
        let server = TcpStream::connect(("127.0.0.1", server)).await?;
        let (mut from_client, mut to_client) = client.into_split();
        let (mut from_server, mut to_server) = server.into_split();
        let mut answer = vec![0; 65536];
        let mut is_started = false;
        let mut message = Vec::new();
        loop {
            tokio::select! {
                read = from_client.read_buf(&mut message) => {
                    if read? == 0 {
                        return Ok(());
                    }
                    while let Some(length) = complete(&message, is_started) {
                        let now: Vec<u8> = message.drain(..length).collect();
                        is_started = true;
                        let is_commit = now.starts_with(b"Q") && now[5..].starts_with(b"COMMIT");
                        let plan = if is_commit { self.plan() } else { None };
                        let Some((cut, then)) = plan else {
                            to_server.write_all(&now).await?;
                            continue;
                        };
                        match cut {
                            Cut::Before => drop((from_server, to_server)),
                            Cut::BeforeAndNotNoticed => {
                                self.state.lock().unwrap().kept.push((from_server, to_server));
                            }
                            Cut::After => {
                                to_server.write_all(&now).await?;
                                assert_ne!(from_server.read(&mut answer).await?, 0);
                            }
                        }
                        tokio::task::spawn_blocking(then).await.unwrap();
                        return Ok(());
                    }
                }
                read = from_server.read(&mut answer) => {
                    let length = read?;
                    if length == 0 {
                        return Ok(());
                    }
                    to_client.write_all(&answer[..length]).await?;
                }
            }
        }
    }

    fn plan(&self) -> Option<(Cut, Then)> {
        let mut state = self.state.lock().unwrap();
        state.commits += 1;
        state.plan.take()
    }
}

/// The length of the message at the beginning, if it is whole. The first has no type.
fn complete(bytes: &[u8], is_started: bool) -> Option<usize> {
    let start = usize::from(is_started);
    let length = bytes.get(start..start + 4)?;
    let length = start + u32::from_be_bytes(length.try_into().unwrap()) as usize;
    (bytes.len() >= length).then_some(length)
}

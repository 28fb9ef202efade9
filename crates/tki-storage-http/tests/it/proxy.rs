//! Something between client and server that passes requests on and cuts what comes back.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What is done to the answer of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// It does not come back at all.
    Everything,
    /// A few bytes of it come back.
    AfterSome,
    /// The request does not get there whole.
    Request,
}

/// A proxy that does so to the first commits, and to nothing else.
pub(crate) struct Proxy {
    pub(crate) url: String,
    cut: Arc<AtomicUsize>,
}

impl Proxy {
    /// Passes on to a server at this address, and cuts so many commits.
    pub(crate) async fn start(server: String, cut: Cut, times: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (server, count) = (server.clone(), Arc::clone(&count));
                tokio::spawn(async move {
                    let server = TcpStream::connect(server).await.unwrap();
                    // Ends when either side has no more to say.
                    pass(client, server, cut, times, &count).await.ok();
                });
            }
        });
        Self { url, cut: counted }
    }

    /// How many commits it has cut.
    pub(crate) fn cuts(&self) -> usize {
        self.cut.load(Ordering::SeqCst)
    }
}

async fn pass(
    mut client: TcpStream,
    mut server: TcpStream,
    cut: Cut,
    times: usize,
    count: &AtomicUsize,
) -> std::io::Result<()> {
    let (mut asked, mut said) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let mut is_cut = false;
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let bytes = &asked[..read?];
                if bytes.is_empty() {
                    return Ok(());
                }
                if bytes.starts_with(b"POST /v1/commits") {
                    is_cut = count.fetch_add(1, Ordering::SeqCst) < times;
                    if is_cut && cut == Cut::Request {
                        server.write_all(&bytes[..bytes.len() / 2]).await?;
                        return Ok(());
                    }
                }
                server.write_all(bytes).await?;
            }
            read = server.read(&mut said) => {
                let bytes = &said[..read?];
                if bytes.is_empty() {
                    return Ok(());
                }
                if is_cut {
                    let some = if cut == Cut::AfterSome { 9 } else { 0 };
                    client.write_all(&bytes[..some]).await?;
                    return Ok(());
                }
                client.write_all(bytes).await?;
            }
        }
    }
}

//! The server as a process: started, killed without warning, started again.

use core::net::SocketAddr;
use core::time::Duration;
use std::io;
use std::process::Stdio;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

/// How long a server may take until it is ready.
const READY: Duration = Duration::from_secs(60);
/// How long after one question whether it is ready comes the next.
const BREATH: Duration = Duration::from_millis(20);
/// How long it may take to answer it.
const ANSWER: Duration = Duration::from_secs(2);

/// A server, running or not.
pub(crate) struct Server {
    pub(crate) listen: SocketAddr,
    command: Vec<String>,
    log: std::path::PathBuf,
    child: Option<Child>,
}

impl Server {
    /// A program and its arguments that listen there; what it says goes to the end of the log.
    pub(crate) const fn new(
        command: Vec<String>,
        listen: SocketAddr,
        log: std::path::PathBuf,
    ) -> Self {
        Self {
            listen,
            command,
            log,
            child: None,
        }
    }

    /// Starts it, and again if it ends, until it says that it is ready.
    pub(crate) async fn start(&mut self) -> io::Result<()> {
        let end = Instant::now() + READY;
        while Instant::now() < end {
            let has_ended = match &mut self.child {
                None => true,
                Some(child) => child.try_wait()?.is_some(),
            };
            if has_ended {
                self.child = Some(self.spawn()?);
            }
            if timeout(ANSWER, is_ready(self.listen))
                .await
                .is_ok_and(|ready| ready)
            {
                return Ok(());
            }
            sleep(BREATH).await;
        }
        let said = std::fs::read_to_string(&self.log).unwrap_or_default();
        let last: Vec<&str> = said.lines().rev().take(5).collect();
        let message = format!("the server is not ready after {READY:?}; it said last: {last:?}");
        Err(io::Error::other(message))
    }

    fn spawn(&self) -> io::Result<Child> {
        let log = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(&self.log)?;
        let (program, arguments) = self
            .command
            .split_first()
            .ok_or(io::ErrorKind::InvalidInput)?;
        Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
    }

    /// The number of its process, while it runs.
    pub(crate) fn id(&self) -> Option<u32> {
        self.child.as_ref().and_then(Child::id)
    }

    /// Ends it with SIGKILL, wherever it is.
    pub(crate) async fn kill(&mut self) -> io::Result<()> {
        match self.child.take() {
            Some(mut child) => child.kill().await,
            None => Ok(()),
        }
    }
}

/// Whether it answers 200 to the question. Asked by hand: what is tested is not what asks.
async fn is_ready(listen: SocketAddr) -> bool {
    let ask = async {
        let mut stream = TcpStream::connect(listen).await?;
        let question = "GET /health/ready HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        stream.write_all(question.as_bytes()).await?;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await?;
        io::Result::Ok(answer)
    };
    ask.await.is_ok_and(|answer| answer.ends_with(b" 200"))
}

/// An address of this machine at which nobody listens.
pub(crate) async fn free_address() -> io::Result<SocketAddr> {
    tokio::net::TcpListener::bind("127.0.0.1:0")
        .await?
        .local_addr()
}

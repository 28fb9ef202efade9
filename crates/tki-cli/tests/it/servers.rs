//! Storage servers for tests: the real binary, and what stands between it and `tki`.

use alloc::sync::Arc;
use core::net::SocketAddr;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::thread;

use tempfile::TempDir;

/// The binary beside that of `tki`; built if it is not there, as when only the tests of `tki` are.
fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let folder = Path::new(env!("CARGO_BIN_EXE_tki")).parent().unwrap();
        let path = folder.join("tki-server");
        if !path.exists() {
            let status = Command::new(env!("CARGO"))
                .args([
                    "build",
                    "--quiet",
                    "--package",
                    "tki-server",
                    "--target-dir",
                ])
                .arg(folder.parent().unwrap())
                .status()
                .unwrap();
            assert!(status.success());
        }
        path
    })
}

/// Where servers of tests keep records: a file, and a database where one is at hand.
pub(crate) enum Backend {
    Redb(TempDir),
    Postgres(String),
}

impl Backend {
    /// Each of them.
    #[expect(
        clippy::disallowed_methods,
        clippy::print_stdout,
        reason = "a test that is skipped says why"
    )]
    pub(crate) fn all() -> Vec<Self> {
        let mut all = vec![Self::Redb(TempDir::new().unwrap())];
        match std::env::var("TKI_TEST_POSTGRES") {
            Ok(url) => all.push(Self::Postgres(url)),
            Err(_) => println!("skipped over postgres, because TKI_TEST_POSTGRES is not set"),
        }
        all
    }

    pub(crate) fn redb() -> Self {
        Self::Redb(TempDir::new().unwrap())
    }

    /// The file of its records, if it is one.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        match self {
            Self::Redb(folder) => Some(folder.path().join("records.redb")),
            Self::Postgres(_) => None,
        }
    }

    fn url(&self) -> String {
        match (self, self.file()) {
            (Self::Postgres(url), _) => url.clone(),
            (_, file) => format!("redb:{}", file.unwrap().display()),
        }
    }
}

/// A running server; killed with this.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Over a backend, at any port.
    pub(crate) fn start(backend: &Backend) -> Self {
        Self::with(backend, "127.0.0.1:0", &[])
    }

    /// At the port of one that was killed.
    pub(crate) fn again(backend: &Backend, address: SocketAddr) -> Self {
        Self::with(backend, &address.to_string(), &[])
    }

    /// With more options.
    #[expect(
        clippy::zombie_processes,
        reason = "one that does not begin fails its test"
    )]
    pub(crate) fn with(backend: &Backend, listen: &str, options: &[&str]) -> Self {
        let mut child = Command::new(binary())
            .args(["--storage", &backend.url(), "--listen", listen])
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // It says where it listens, on either of its outputs.
        let (said, heard) = std::sync::mpsc::channel();
        let outputs: [Box<dyn std::io::Read + Send>; 2] = [
            Box::new(child.stdout.take().unwrap()),
            Box::new(child.stderr.take().unwrap()),
        ];
        for output in outputs {
            let said = said.clone();
            thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    said.send(line).ok();
                }
            });
        }
        drop(said);
        let mut lines = String::new();
        for line in heard {
            if let Some(address) = address_in(&line) {
                return Self { child, address };
            }
            lines.push_str(&line);
        }
        panic!("the server ended: {lines}");
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends it at once, whatever it does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn address_in(line: &str) -> Option<SocketAddr> {
    let (_, after) = line.split_once("http://")?;
    let end = after.find(|c: char| !(c.is_ascii_digit() || ".:".contains(c)));
    after[..end.unwrap_or(after.len())].parse().ok()
}

/// What happens to a commit on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mishap {
    None,
    /// It does not get there.
    Request,
    /// It gets there, and its answer does not come back.
    Answer,
}

/// A proxy that hears everything, does so to the first commits, and then says that it did.
pub(crate) struct Proxy {
    pub(crate) url: String,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Proxy {
    pub(crate) fn new(
        server: SocketAddr,
        mishap: Mishap,
        times: usize,
        after: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::new(Shared {
            mishap,
            left: AtomicUsize::new(times),
            heard: Arc::clone(&heard),
            after: Box::new(after),
        });
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    if let Ok(server) = TcpStream::connect(server) {
                        pass(client, server, &shared);
                    }
                });
            }
        });
        Self { url, heard }
    }

    /// Everything that went through, in both directions.
    pub(crate) fn heard(&self) -> Vec<u8> {
        self.heard.lock().unwrap().clone()
    }
}

struct Shared {
    mishap: Mishap,
    left: AtomicUsize,
    heard: Arc<Mutex<Vec<u8>>>,
    after: Box<dyn Fn() + Send + Sync>,
}

impl Shared {
    fn note(&self, bytes: &[u8]) {
        self.heard.lock().unwrap().extend_from_slice(bytes);
    }

    /// Whether this commit is one of those that do not get through.
    fn is_next(&self) -> bool {
        let one_less = |left: usize| left.checked_sub(1);
        self.left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less)
            .is_ok()
    }
}

/// One side after the other, as requests and answers come: a client asks one thing at a time.
fn pass(mut client: TcpStream, mut server: TcpStream, shared: &Arc<Shared>) {
    let mut back = (server.try_clone().unwrap(), client.try_clone().unwrap());
    let is_cut = Arc::new(Mutex::new(false));
    let (answers, cut) = (Arc::clone(shared), Arc::clone(&is_cut));
    thread::spawn(move || {
        let mut bytes = vec![0; 1 << 16];
        while let Ok(count @ 1..) = back.0.read(&mut bytes) {
            answers.note(&bytes[..count]);
            if *cut.lock().unwrap() {
                (answers.after)();
                break;
            }
            if back.1.write_all(&bytes[..count]).is_err() {
                break;
            }
        }
        back.1.shutdown(std::net::Shutdown::Both).ok();
    });
    let mut bytes = vec![0; 1 << 16];
    while let Ok(count @ 1..) = client.read(&mut bytes) {
        let said = &bytes[..count];
        shared.note(said);
        if said.starts_with(b"POST /v1/commits") && shared.is_next() {
            match shared.mishap {
                Mishap::Answer => *is_cut.lock().unwrap() = true,
                Mishap::Request => {
                    (shared.after)();
                    break;
                }
                Mishap::None => {}
            }
        }
        if server.write_all(said).is_err() {
            break;
        }
    }
    for stream in [client, server] {
        stream.shutdown(std::net::Shutdown::Both).ok();
    }
}

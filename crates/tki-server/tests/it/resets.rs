//! Clients of HTTP/2 that open streams and take them back, or have the server take them back, without
//! an end.

use std::io::{Error, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Child;

use crate::loopback::FOREVER;
use crate::process::start;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

const CANCEL: [u8; 4] = [0, 0, 0, 8];
const ENHANCE_YOUR_CALM: [u8; 4] = [0, 0, 0, 11];

/// A server in a process of its own, whose memory is nobody else's.
struct Server {
    folder: tempfile::TempDir,
    child: Child,
    address: core::net::SocketAddr,
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (child, address) = start(folder.path());
        Self {
            folder,
            child,
            address,
        }
    }

    fn connect(&self) -> Client {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(FOREVER)).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut client = Client { stream, next: 1 };
        let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        bytes.extend(frame(SETTINGS, 0, 0, &[]));
        client.stream.write_all(&bytes).unwrap();
        client
    }

    /// What it has of the machine's memory, in KiB.
    fn memory(&self) -> u64 {
        let status = Path::new("/proc")
            .join(self.child.id().to_string())
            .join("status");
        let status = std::fs::read_to_string(status).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.unwrap()
            .trim()
            .trim_end_matches(" kB")
            .parse()
            .unwrap()
    }

    /// Another client is answered.
    fn still_works(&self) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let request = crate::loopback::request("GET", "/health/ready", "", b"");
        stream.write_all(&request).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert_eq!(crate::loopback::status(&answer), 200);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        assert!(self.folder.path().exists());
    }
}

struct Client {
    stream: TcpStream,
    /// The number of the next stream.
    next: u32,
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut bytes = length[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// The head of a request, as HPACK writes it without a table.
fn head(method: &[u8], path: &str) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in [
        (2, method),
        (4, path.as_bytes()),
        (6, b"http"),
        (1, b"x"),
        (31, b"application/vnd.tki.records"),
    ] {
        // A literal with a name of the table; its number has four bits, or a byte more.
        match name {
            31 => block.extend([15, 16]),
            name => block.push(name),
        }
        block.push(u8::try_from(value.len()).unwrap());
        block.extend(value);
    }
    block
}

impl Client {
    /// The frames of a stream that is opened, and taken back.
    fn taken_back(&mut self) -> Vec<u8> {
        let stream = self.next;
        self.next += 2;
        let mut bytes = if stream % 4 == 1 {
            let path = format!("/v1/records/{stream:064x}");
            frame(
                HEADERS,
                END_HEADERS | END_STREAM,
                stream,
                &head(b"GET", &path),
            )
        } else {
            // With the beginning of a body.
            let open = frame(HEADERS, END_HEADERS, stream, &head(b"POST", "/v1/commits"));
            [open, frame(DATA, 0, stream, &[0, 0])].concat()
        };
        bytes.extend(frame(RST_STREAM, 0, stream, &CANCEL));
        bytes
    }

    /// Returns when the server has seen all that was sent, or has cut off with this reason.
    fn seen(&mut self) -> Result<(), Option<[u8; 4]>> {
        let cut_off = |_: Error| None;
        let ping = frame(PING, 0, 0, &[7; 8]);
        // What was said before the end can be read all the same.
        drop(self.stream.write_all(&ping));
        loop {
            let (kind, flags, payload) = self.read().map_err(cut_off)?;
            match kind {
                PING if flags == 1 => return Ok(()),
                GOAWAY => return Err(payload[4..8].try_into().ok()),
                _ => {}
            }
        }
    }

    fn read(&mut self) -> Result<(u8, u8, Vec<u8>), Error> {
        let mut beginning = [0; 9];
        self.stream.read_exact(&mut beginning)?;
        let [a, b, c, kind, flags, ..] = beginning;
        let length =
            usize::try_from(u32::from_be_bytes([0, a, b, c])).map_err(|_| ErrorKind::Other)?;
        let mut payload = vec![0; length];
        self.stream.read_exact(&mut payload)?;
        Ok((kind, flags, payload))
    }
}

/// So quickly that the server looks at none of them.
#[test]
fn who_takes_back_streams_faster_than_they_are_looked_at_is_cut_off() {
    let server = Server::start();
    let mut client = server.connect();
    client.seen().unwrap();
    let flood: Vec<u8> = (0..500).flat_map(|_| client.taken_back()).collect();
    client.stream.write_all(&flood).unwrap();
    let reason = client.seen().unwrap_err();
    assert_eq!(reason, Some(ENHANCE_YOUR_CALM));
    server.still_works();
}

/// A few at a time, so that some are looked at and some are not, and over a new connection whenever one
/// is cut off: what was taken back takes no memory.
#[test]
#[cfg(target_os = "linux")]
fn who_takes_back_stream_after_stream_takes_no_memory() {
    let server = Server::start();
    let mut client = server.connect();
    let mut take_back = |count: usize| {
        for _ in 0..count {
            let some: Vec<u8> = (0..5).flat_map(|_| client.taken_back()).collect();
            let sent = client.stream.write_all(&some);
            if sent.is_err() || client.seen().is_err() {
                client = server.connect();
            }
        }
    };
    take_back(500);
    let before = server.memory();
    take_back(4000);
    let after = server.memory();
    assert!(after < before + 2048, "{before} KiB, then {after} KiB");
    server.still_works();
}

/// The client breaks a rule with each stream, so that the server takes it back.
#[test]
fn who_has_streams_taken_back_by_breaking_rules_is_cut_off() {
    let server = Server::start();
    let mut client = server.connect();
    let mut streams = 0;
    let reason = loop {
        let stream = client.next;
        client.next += 2;
        let open = frame(HEADERS, END_HEADERS, stream, &head(b"POST", "/v1/commits"));
        // More than a window may have.
        let overflow = frame(WINDOW_UPDATE, 0, stream, &[0x7f, 0xff, 0xff, 0xff]);
        client.stream.write_all(&[open, overflow].concat()).unwrap();
        streams += 1;
        assert!(streams < 200, "it goes on");
        if let Err(reason) = client.seen() {
            break reason;
        }
    };
    assert_eq!(reason, Some(ENHANCE_YOUR_CALM));
    assert!(streams > 50, "{streams}");
    server.still_works();
}

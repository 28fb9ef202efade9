//! One connection of HTTP/1.1, by hand: a client that takes as little of the machine as it can, because
//! the server shares it.

use core::net::SocketAddr;
use std::io::{self, ErrorKind};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The end of a head.
const END: &[u8] = b"\r\n\r\n";
/// The header that says how long the body is, as hyper writes it.
const LENGTH: &[u8] = b"\r\ncontent-length: ";

/// A connection that is kept.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What came back.
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
}

impl Connection {
    pub(crate) async fn open(place: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(place).await?;
        stream.set_nodelay(true)?;
        let buffer = Vec::with_capacity(1 << 16);
        Ok(Self { stream, buffer })
    }

    /// Sends a request and reads the answer to its end.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let (head, length) = loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            if let Some(end) = find(&self.buffer, END) {
                let head = end.saturating_add(END.len());
                break (head, length(self.buffer.get(..head).unwrap_or(&[])));
            }
        };
        let status = status(&self.buffer).ok_or(ErrorKind::InvalidData)?;
        // Neither has a body, whatever its head says.
        let length = if matches!(status, 204 | 304) {
            0
        } else {
            length.ok_or(ErrorKind::InvalidData)?
        };
        let whole = head.saturating_add(length);
        while self.buffer.len() < whole {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        let body = self.buffer.get(head..whole).unwrap_or(&[]);
        Ok(Answer { status, body })
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|some| some == what)
}

/// Of `HTTP/1.1 200 OK`.
fn status(head: &[u8]) -> Option<u16> {
    let digits = head.get(9..12)?;
    core::str::from_utf8(digits).ok()?.parse().ok()
}

fn length(head: &[u8]) -> Option<usize> {
    let start = find(head, LENGTH)?.saturating_add(LENGTH.len());
    let rest = head.get(start..)?;
    let digits = rest.split(|byte| *byte == b'\r').next()?;
    core::str::from_utf8(digits).ok()?.parse().ok()
}

/// A request without a body.
pub(crate) fn get(path: &str, headers: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n").into_bytes()
}

/// A request with a body of records.
pub(crate) fn post(path: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {}\r\ncontent-length: {}\r\n\r\n",
        tki_storage_http::wire::RECORDS,
        body.len()
    );
    [head.as_bytes(), body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_its_status_and_how_long_it_is() {
        let head =
            b"HTTP/1.1 404 Not Found\r\netag: \"1\"\r\ncontent-length: 120\r\ndate: now\r\n\r\n";
        assert_eq!((status(head), length(head)), (Some(404), Some(120)));
        assert_eq!(length(b"HTTP/1.1 204 No Content\r\n\r\n"), None);
        assert_eq!(find(head, END), Some(head.len() - 4));
    }

    #[tokio::test]
    async fn answers_in_pieces_are_read_to_their_end_and_no_further() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let place = listener.local_addr().unwrap();
        let serve = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut question = [0; 128];
            for _ in 0..2 {
                assert!(stream.read(&mut question).await.unwrap() > 0);
                for piece in ["HTTP/1.1 200 OK\r\ncontent-le", "ngth: 5\r\n\r\nab", "cde"] {
                    stream.write_all(piece.as_bytes()).await.unwrap();
                    tokio::task::yield_now().await;
                }
            }
        };
        let ask = async {
            let mut connection = Connection::open(place).await.unwrap();
            for _ in 0..2 {
                let answer = connection.ask(&get("/", "")).await.unwrap();
                assert_eq!((answer.status, answer.body), (200, &b"abcde"[..]));
            }
            assert!(connection.ask(&get("/", "")).await.is_err());
        };
        tokio::join!(serve, ask);
    }
}

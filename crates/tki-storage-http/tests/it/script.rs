//! A server that answers as it is told, right or wrong, and remembers what it was asked.

use alloc::sync::Arc;
use core::future::pending;
use std::sync::Mutex;

use tki_record::{Claim, Record, RecordKind};
use tki_seal::bip340::SigningKey;
use tki_storage_http::HttpStorage;
use tki_storage_http::wire::{self, Problem};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) line: String,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// What is answered, byte by byte.
#[derive(Clone)]
pub(crate) enum Reply {
    /// These bytes; then the connection is closed.
    Bytes(Vec<u8>),
    /// These bytes, and then more of the same until nobody listens.
    Endless(Vec<u8>),
    /// These bytes, and then nothing.
    Silence(Vec<u8>),
}

/// A running server.
pub(crate) struct Script {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Script {
    /// Answers the request of this number, from 0, so.
    pub(crate) async fn start(
        reply: impl Fn(usize, &Asked) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (reply, list) = (Arc::new(reply), Arc::clone(&asked));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (reply, list) = (Arc::clone(&reply), Arc::clone(&list));
                tokio::spawn(async move {
                    let Some((mut stream, question)) = read(stream).await else {
                        return;
                    };
                    let answer = {
                        let mut list = list.lock().unwrap();
                        list.push(question.clone());
                        reply(list.len() - 1, &question)
                    };
                    write(&mut stream, answer).await;
                });
            }
        });
        Self { url, asked }
    }

    /// Answers everything with the same.
    pub(crate) async fn always(reply: Reply) -> Self {
        Self::start(move |_, _| reply.clone()).await
    }

    /// What it was asked until now.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// A client of it.
    pub(crate) fn client(&self) -> HttpStorage {
        HttpStorage::builder(&self.url).build().unwrap()
    }
}

/// One request, as long as it says that it is.
async fn read(mut stream: TcpStream) -> Option<(TcpStream, Asked)> {
    let mut bytes = Vec::new();
    loop {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                let is_length = name.eq_ignore_ascii_case("content-length");
                is_length.then(|| value.trim().parse::<usize>().unwrap())
            });
            if bytes.len() >= end + 4 + length.unwrap_or(0) {
                let asked = Asked {
                    line: head.lines().next()?.to_owned(),
                    body: bytes[end + 4..].to_vec(),
                    head,
                };
                return Some((stream, asked));
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

async fn write(stream: &mut TcpStream, reply: Reply) {
    match reply {
        Reply::Bytes(bytes) => {
            stream.write_all(&bytes).await.ok();
            stream.shutdown().await.ok();
        }
        Reply::Endless(bytes) => while stream.write_all(&bytes).await.is_ok() {},
        Reply::Silence(bytes) => {
            stream.write_all(&bytes).await.ok();
            pending::<()>().await;
        }
    }
}

/// An answer with these lines in its head, and its length.
pub(crate) fn answer(status: u16, lines: &[&str], body: &[u8]) -> Vec<u8> {
    let mut bytes = format!(
        "HTTP/1.1 {status} What\r\ncontent-length: {}\r\n",
        body.len()
    );
    for line in lines {
        bytes.push_str(line);
        bytes.push_str("\r\n");
    }
    bytes.push_str("connection: close\r\n\r\n");
    [bytes.as_bytes(), body].concat()
}

/// A good answer with records.
pub(crate) fn records(body: &[u8]) -> Reply {
    Reply::Bytes(answer(200, &[&content(wire::RECORDS)], body))
}

/// A page for people.
pub(crate) fn page(status: u16) -> Reply {
    let body = b"<!doctype html><title>Log in to the network</title>";
    Reply::Bytes(answer(
        status,
        &["content-type: text/html; charset=utf-8"],
        body,
    ))
}

/// A problem, as the server would say it.
pub(crate) fn problem(problem: &Problem) -> Reply {
    let body = problem.encode();
    Reply::Bytes(answer(problem.status, &[&content(wire::PROBLEM)], &body))
}

pub(crate) fn content(kind: &str) -> String {
    format!("content-type: {kind}")
}

/// Somebody's first record.
pub(crate) fn record(name: &str) -> Record {
    let mut rng = tki_testkit::rng(name);
    let (key, writer) = (SigningKey::random(&mut rng), SigningKey::random(&mut rng));
    let claim = Claim::sign(
        RecordKind::Mailbox,
        0,
        &key,
        writer.public_key(),
        [0xB1; 32],
    );
    Record::first(claim, name.as_bytes().to_vec(), &writer).unwrap()
}

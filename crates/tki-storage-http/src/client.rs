//! `HttpStorage`: the records of a server.
//!
//! The rules are those of `docs/spec/http.md`. Nothing that the server says is trusted: each answer is
//! read within a time and a size, a record is the one that was asked for, and absence is believed only
//! where it is said in so many words.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, StatusCode};
use tki_record::{Address, Commit, MAX_ENCODED, Record, Restored};
use tki_storage::{Error, Retention, Storage};

use crate::wire::{self, answers, records};

mod builder;
mod connection;
mod error;
mod verdict;

pub use builder::{BuildError, Builder};
pub use error::HttpError;

use connection::{Answer, Call, Failed, Transport};

/// How long is waited before a call that reads is repeated, each time.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(400)];

/// The longest wait that a server may ask for.
const LONGEST_PAUSE: u64 = 5;

/// The most bytes of an answer to many addresses: what a server may fill, or one record alone, with
/// what stands around them.
const MAX_BATCH: usize = wire::MAX_ANSWERS + MAX_ENCODED + 8 * wire::MAX_ADDRESSES;

/// Records of a server that speaks `docs/spec/http.md`, over HTTP/1.1 or HTTP/2.
///
/// A call that reads is repeated twice where no answer came; one that writes only where not one byte
/// of it was sent, or where the server said that it did nothing for now. If the answer to a write is
/// lost, or makes no sense, it ends with [`Error::OutcomeUnknown`], and the caller reads back.
///
/// Clones share their connections. It needs a tokio runtime with input, output and time.
///
/// # Security
/// The server, and over `http://` everybody on the way, sees which addresses are read together, when
/// and from where. Every record must be verified by whoever reads it: see [`Storage`].
///
/// # Examples
/// ```no_run
/// use tki_record::Address;
/// use tki_storage::Storage;
/// use tki_storage_http::HttpStorage;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let storage = HttpStorage::builder("https://records.example").build()?;
/// let storage = storage.connect().await?;
/// assert_eq!(storage.get(&Address::from_bytes([7; 32])).await?, None);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct HttpStorage {
    transport: Transport,
    retention: Retention,
}

impl HttpStorage {
    /// The settings of a storage at `https://HOST`, or at `http://HOST:PORT` on this machine.
    #[must_use]
    pub fn builder(url: &str) -> Builder {
        Builder::new(url)
    }

    /// Where the server is, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        self.transport.url()
    }

    /// Asks the server what it is, once, and says from then on what it keeps of old records.
    ///
    /// A storage that was not connected says that this is not known, also when it could be asked:
    /// [`Storage::retention`] is the same each time. It works all the same.
    ///
    /// # Errors
    /// [`HttpError`], also where a server answers that is no storage of this interface.
    pub async fn connect(mut self) -> Result<Self, HttpError> {
        self.retention = self.version().await?.retention.to_retention();
        Ok(self)
    }

    /// What the server says of itself, now.
    ///
    /// # Errors
    /// [`HttpError`].
    pub async fn version(&self) -> Result<wire::Version, HttpError> {
        let answer = self.read(&json(wire::VERSION_PATH)).await?;
        if !is_json(&answer) {
            return Err(verdict::refusal(&answer));
        }
        let malformed = |_| HttpError::Malformed {
            what: "it is no description of a server",
        };
        let version = wire::Version::decode(&answer.body).map_err(malformed)?;
        if version.api != wire::API {
            return Err(HttpError::OtherVersion { api: version.api });
        }
        Ok(version)
    }

    /// Whether the server says that it can be used: that its own storage answers.
    ///
    /// # Errors
    /// [`HttpError`], with [`HttpError::Problem`] where the server says why not.
    pub async fn ready(&self) -> Result<(), HttpError> {
        let answer = self.send_once(&json("/health/ready")).await?;
        if answer.status.is_success() {
            return Ok(());
        }
        Err(verdict::refusal(&answer))
    }

    /// Sends a call that reads, and again where no answer came or the server cannot answer now.
    async fn read(&self, call: &Call) -> Result<Answer, HttpError> {
        // Step 7.4: a read is repeated where no answer came, or one that may pass.
        for pause in PAUSES {
            match self.transport.send(call).await {
                Ok(answer) if verdict::is_passing(&answer) => {
                    let Some(pause) = wait(&answer, pause) else {
                        return Ok(answer);
                    };
                    tokio::time::sleep(pause).await;
                }
                Ok(answer) => return Ok(answer),
                Err(Failed::Unanswered(error) | Failed::Unsent(error)) => {
                    if !matches!(error, HttpError::Broken(_) | HttpError::Connect(_)) {
                        return Err(error);
                    }
                    tokio::time::sleep(pause).await;
                }
            }
        }
        self.send_once(call).await
    }

    async fn send_once(&self, call: &Call) -> Result<Answer, HttpError> {
        self.transport.send(call).await.map_err(|failed| {
            let (Failed::Unanswered(error) | Failed::Unsent(error)) = failed;
            error
        })
    }

    /// Sends a call that writes, and again only where it is certain that nothing happened.
    async fn write(&self, call: &Call) -> Result<Answer, Failed> {
        // Step 7.4: a write where no connection was made, or where it was turned away.
        for pause in PAUSES {
            match self.transport.send(call).await {
                Ok(answer) if verdict::is_turned_away(&answer) => {
                    let Some(pause) = wait(&answer, pause) else {
                        return Ok(answer);
                    };
                    tokio::time::sleep(pause).await;
                }
                Err(Failed::Unsent(HttpError::Connect(_))) => tokio::time::sleep(pause).await,
                other => return other,
            }
        }
        self.transport.send(call).await
    }

    /// What is at up to [`wire::MAX_ADDRESSES`] addresses, with what the server left out.
    async fn ask(&self, addresses: &[Address]) -> Result<Vec<answers::Answer>, Error> {
        let body = wire::addresses::encode(addresses);
        let answer = self.read(&records_call(wire::GET_PATH, body)).await;
        let answer = answer.map_err(verdict::of_a_read)?;
        if !is_records(&answer) {
            return Err(verdict::read_refused(&answer, None));
        }
        answers::decode(&answer.body, addresses).map_err(|error| verdict::corrupt(None, error))
    }
}

#[async_trait]
impl Storage for HttpStorage {
    async fn get(&self, address: &Address) -> Result<Option<Record>, Error> {
        let call = Call {
            method: Method::GET,
            path: format!("{}{address}", wire::RECORD_PATH),
            body: None,
            wants: wire::RECORDS,
            at_most: MAX_ENCODED,
        };
        let answer = self.read(&call).await.map_err(verdict::of_a_read)?;
        if verdict::is_absent(&answer, address) {
            return Ok(None);
        }
        if !is_records(&answer) {
            return Err(verdict::read_refused(&answer, Some(*address)));
        }
        // Step 7.2: the record of this address, or corrupt.
        let record = Record::decode(&answer.body)
            .map_err(|error| verdict::corrupt(Some(*address), error))?;
        if record.address() != *address {
            let other = wire::WireError::OtherRecord { asked: *address };
            return Err(verdict::corrupt(Some(*address), other));
        }
        Ok(Some(record))
    }

    async fn get_many(&self, addresses: &[Address]) -> Result<Vec<Option<Record>>, Error> {
        let mut found = Vec::with_capacity(addresses.len());
        while let Some(rest) = addresses.get(found.len()..).filter(|rest| !rest.is_empty()) {
            let asked = rest.get(..wire::MAX_ADDRESSES).unwrap_or(rest);
            // The first is never left out, so that each round gets on.
            for answer in self.ask(asked).await? {
                match answer {
                    answers::Answer::Absent => found.push(None),
                    answers::Answer::Present(record) => found.push(Some(record)),
                    answers::Answer::LeftOut => break,
                }
            }
        }
        Ok(found)
    }

    async fn commit(&self, commit: &Commit) -> Result<(), Error> {
        let body = records::encode(commit.records());
        let mut call = records_call(wire::COMMITS_PATH, body);
        call.wants = wire::JSON;
        let answer = self.write(&call).await.map_err(verdict::of_a_write)?;
        if answer.status == StatusCode::NO_CONTENT {
            return Ok(());
        }
        Err(verdict::write_refused(&answer, commit.records()))
    }

    async fn restore(&self, copies: &[Record]) -> Result<Restored, Error> {
        let mut call = records_call(wire::RESTORES_PATH, records::encode(copies));
        call.wants = wire::JSON;
        let answer = self.write(&call).await.map_err(verdict::of_a_write)?;
        if !is_json(&answer) {
            return Err(verdict::write_refused(&answer, copies));
        }
        verdict::restored(&answer, copies)
    }

    /// What the server said when it was connected to; not known where it was not.
    fn retention(&self) -> Retention {
        self.retention.clone()
    }
}

fn json(path: &str) -> Call {
    Call {
        method: Method::GET,
        path: path.into(),
        body: None,
        wants: wire::JSON,
        at_most: wire::MAX_JSON,
    }
}

fn records_call(path: &str, body: Vec<u8>) -> Call {
    Call {
        method: Method::POST,
        path: path.into(),
        body: Some((wire::RECORDS, Bytes::from(body))),
        wants: wire::RECORDS,
        at_most: MAX_BATCH,
    }
}

fn is_records(answer: &Answer) -> bool {
    answer.status == StatusCode::OK && answer.content_type == wire::RECORDS
}

fn is_json(answer: &Answer) -> bool {
    answer.status == StatusCode::OK && answer.content_type == wire::JSON
}

/// How long to wait: as long as the server asks, unless that is too long.
fn wait(answer: &Answer, pause: Duration) -> Option<Duration> {
    match answer.retry_after {
        None => Some(pause),
        Some(seconds) => {
            (seconds <= LONGEST_PAUSE).then(|| Duration::from_secs(seconds).max(pause))
        }
    }
}

//! What the server does for whoever may ask.

use alloc::vec::Vec;
use std::io::Error;

use tki_record::{Address, Record};
use tki_storage::backup::{BackupError, BackupReader, BackupWriter, Piece};
use tki_storage::{Browse, Error as StorageError};
use tokio::io::{
    AsyncBufRead, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
    BufWriter,
};

use super::{Damaged, Frame, Report, Request, Totals};
use crate::described::described;
use crate::metrics::kind_of;
use crate::proof::{AT_ONCE, unproven};

/// How much of a backup is read at once, in bytes.
const PIECE: usize = 64 * 1024;

/// Answers one request on this stream.
///
/// # Errors
/// Whoever asked went away, or asked for nothing that is known.
pub async fn answer<S>(stream: S, storage: &dyn Browse) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Send,
{
    let (from, out) = tokio::io::split(stream);
    let mut from = BufReader::new(from);
    let request = Request::read(&mut from).await?;
    let mut conversation = Conversation {
        storage,
        out: BufWriter::new(out),
        totals: Totals::default(),
    };
    let ended = match request {
        Request::Backup { leave_out_damaged } => conversation.give(leave_out_damaged).await?,
        Request::Restore => conversation.take(&mut from).await?,
    };
    let report = match ended {
        Ok(()) => Report::Done(conversation.totals),
        Err(reason) => reason.report(),
    };
    conversation.say(report).await?;
    conversation.out.shutdown().await
}

/// Why something ended without success.
enum Reason {
    Backup(BackupError),
    /// So many records are damaged.
    Damage(u64),
    Storage(StorageError),
}

impl Reason {
    fn report(&self) -> Report {
        let (kind, message) = match self {
            Self::Backup(error) => ("corrupt", error.to_string()),
            Self::Damage(count) => ("corrupt", format!("{count} damaged")),
            Self::Storage(error) => (kind_of(error), described(error)),
        };
        Report::Failed {
            kind: kind.to_owned(),
            message,
        }
    }
}

impl From<StorageError> for Reason {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

impl From<BackupError> for Reason {
    fn from(error: BackupError) -> Self {
        Self::Backup(error)
    }
}

/// One request on its way.
struct Conversation<'a, W> {
    storage: &'a dyn Browse,
    out: W,
    totals: Totals,
}

impl<W: AsyncWrite + Unpin + Send> Conversation<'_, W> {
    /// Writes a backup. The outer error is that of whom it is written to.
    async fn give(&mut self, leave_out_damaged: bool) -> Result<Result<(), Reason>, Error> {
        let mut snapshot = match self.storage.snapshot().await {
            Ok(snapshot) => snapshot,
            Err(error) => return Ok(Err(error.into())),
        };
        let (mut writer, mut bytes) = BackupWriter::begin();
        loop {
            let page = match snapshot.next(AT_ONCE).await {
                Ok(page) => page,
                Err(StorageError::Corrupt { address, .. }) => {
                    let what = match address {
                        Some(_) => "what stands there is no record of this address",
                        None => "records may be missing",
                    };
                    self.damaged(address, what).await?;
                    if address.is_some() {
                        continue;
                    }
                    Vec::new()
                }
                Err(error) => return Ok(Err(error.into())),
            };
            if page.is_empty() {
                break;
            }
            if let Err(error) = self.add(&page, &mut writer, &mut bytes).await? {
                return Ok(Err(error.into()));
            }
            self.send(core::mem::take(&mut bytes)).await?;
        }
        if self.totals.left_out > 0 && !leave_out_damaged {
            return Ok(Err(Reason::Damage(self.totals.left_out)));
        }
        bytes.extend(writer.end());
        self.send(bytes).await?;
        Ok(Ok(()))
    }

    /// Adds those records of a page that prove themselves.
    async fn add(
        &mut self,
        page: &[Record],
        writer: &mut BackupWriter,
        bytes: &mut Vec<u8>,
    ) -> Result<Result<(), BackupError>, Error> {
        let unproven = unproven(page);
        for record in page {
            let address = record.address();
            if let Some((_, rule)) = unproven.iter().find(|(wrong, _)| *wrong == address) {
                self.damaged(Some(address), &rule.to_string()).await?;
                continue;
            }
            if let Err(error) = writer.record(record, bytes) {
                return Ok(Err(error));
            }
            self.count(record);
        }
        Ok(Ok(()))
    }

    /// Takes in a backup.
    async fn take(
        &mut self,
        from: &mut (impl AsyncBufRead + Unpin + Send),
    ) -> Result<Result<(), Reason>, Error> {
        let mut reader = BackupReader::new();
        let mut batch = Vec::new();
        let mut piece = alloc::vec![0; PIECE];
        loop {
            match reader.next_piece() {
                Ok(Some(Piece::Record(record))) => {
                    self.count(&record);
                    batch.push(record);
                    if batch.len() < AT_ONCE {
                        continue;
                    }
                    if let Err(reason) = self.store(&core::mem::take(&mut batch)).await? {
                        return Ok(Err(reason));
                    }
                }
                Ok(Some(Piece::End { .. })) => return self.store(&batch).await,
                Ok(None) => {
                    let length = from.read(&mut piece).await?;
                    if length == 0 {
                        return Ok(reader.finish().map(drop).map_err(Into::into));
                    }
                    reader.push(piece.get(..length).unwrap_or_default());
                }
                Err(error) => return Ok(Err(error.into())),
            }
        }
    }

    /// Takes these records in, but for those that are here already, are here in a later version, or
    /// are of another history.
    async fn store(&mut self, records: &[Record]) -> Result<Result<(), Reason>, Error> {
        let mut records = records.to_vec();
        // A commit may come between looking and taking in; then it is looked at again.
        while !records.is_empty() {
            records = match self.that_follow(&records).await? {
                Ok(records) => records,
                Err(error) => return Ok(Err(error.into())),
            };
            match self.storage.restore(&records).await {
                Ok(restored) => {
                    let count = |of: usize| u64::try_from(of).unwrap_or(u64::MAX);
                    let totals = &mut self.totals;
                    totals.created = totals.created.saturating_add(count(restored.created.len()));
                    totals.advanced = totals
                        .advanced
                        .saturating_add(count(restored.advanced.len()));
                    totals.kept = totals.kept.saturating_add(count(restored.kept.len()));
                    break;
                }
                Err(StorageError::Conflict { .. }) => {}
                Err(error) => return Ok(Err(error.into())),
            }
        }
        self.say(Report::Progress(self.totals)).await?;
        Ok(Ok(()))
    }

    /// Those of the records beside which nothing is stored, or an earlier version.
    async fn that_follow(
        &mut self,
        records: &[Record],
    ) -> Result<Result<Vec<Record>, StorageError>, Error> {
        let addresses: Vec<Address> = records.iter().map(Record::address).collect();
        let stored = match self.storage.get_many(&addresses).await {
            Ok(stored) => stored,
            Err(error) => return Ok(Err(error)),
        };
        let mut following = Vec::with_capacity(records.len());
        for (record, stored) in records.iter().zip(&stored) {
            let (new, old) = (record.header(), stored.as_ref().map(Record::header));
            match old {
                None => following.push(record.clone()),
                Some(old) if old.digest() == new.digest() => bump(&mut self.totals.kept),
                Some(old) if new.follows(old) => following.push(record.clone()),
                Some(old) if old.follows(new) => bump(&mut self.totals.newer),
                Some(old) => {
                    bump(&mut self.totals.conflicts);
                    let address = record.address().to_string();
                    let found = old.version();
                    self.say(Report::Conflict { address, found }).await?;
                }
            }
        }
        Ok(Ok(following))
    }

    async fn damaged(&mut self, address: Option<Address>, what: &str) -> Result<(), Error> {
        bump(&mut self.totals.left_out);
        let damaged = Damaged {
            address: address.map(|address| address.to_string()),
            what: what.to_owned(),
        };
        self.say(Report::Damaged(damaged)).await
    }

    fn count(&mut self, record: &Record) {
        let length = u64::try_from(record.encoded_length()).unwrap_or(u64::MAX);
        bump(&mut self.totals.records);
        if record.is_closed() {
            bump(&mut self.totals.closed);
        }
        self.totals.bytes = self.totals.bytes.saturating_add(length);
    }

    async fn send(&mut self, bytes: Vec<u8>) -> Result<(), Error> {
        Frame::Data(bytes).write(&mut self.out).await
    }

    /// Says it at once: whoever waits wants to know.
    async fn say(&mut self, report: Report) -> Result<(), Error> {
        Frame::Report(report).write(&mut self.out).await?;
        self.out.flush().await
    }
}

const fn bump(count: &mut u64) {
    *count = count.saturating_add(1);
}

//! `tki-server verify`: whether a backup, or a storage, is whole and proves itself.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use tki_record::Record;
use tki_storage::backup::{BackupError, BackupReader, Piece};

use super::failure::{Failure, FailureKind};
use super::talk::{Ended, Progress, Said, ask};
use crate::admin::{Damaged, Place, Request, Totals};
use crate::proof::{AT_ONCE, unproven};

/// How much of a file is read at once, in bytes.
const PIECE: usize = 256 * 1024;

/// What was looked at.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Verified {
    /// How much is there.
    pub totals: Totals,
    /// What is wrong; empty if nothing is.
    pub damaged: Vec<Damaged>,
    /// The hash at the end of a backup, in hexadecimal digits; none of a storage.
    pub hash: String,
}

impl Verified {
    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.damaged.is_empty()
    }
}

/// Looks through a backup: its form, its hash, the number of its records, and every signature and
/// hand-over of each.
///
/// # Errors
/// A [`Failure`] where it cannot be read, or is no whole backup; records that do not prove themselves
/// are none, but in the answer.
pub fn verify_file(path: &Path, progress: Progress<'_>) -> Result<Verified, Failure> {
    let failed = |error: std::io::Error| Failure::reading(path, &error);
    let mut file = File::open(path).map_err(failed)?;
    let mut checker = Checker::default();
    let mut piece = vec![0; PIECE];
    loop {
        let length = file.read(&mut piece).map_err(failed)?;
        if length == 0 {
            return checker.finish();
        }
        checker.read(piece.get(..length).unwrap_or_default(), progress)?;
    }
}

/// Looks through a storage: that each record can be read, is that of its address, and proves itself.
///
/// # Errors
/// A [`Failure`] where the storage does not answer.
pub async fn verify_storage(place: Place, progress: Progress<'_>) -> Result<Verified, Failure> {
    let leave_out_damaged = true;
    let request = Request::Backup { leave_out_damaged };
    let (mut from, _out) = ask(place, request).await?;
    let mut said = Said::default();
    let mut checker = Checker::default();
    let bytes = |data: &[u8]| checker.read(data, progress);
    match said.hear(&mut from, bytes, &mut |_| {}).await? {
        Ended::Done(totals) => Ok(Verified {
            totals,
            damaged: said.damaged,
            hash: String::new(),
        }),
        Ended::Failed(failure) => Err(failure),
    }
}

/// Verifies a backup piece by piece.
#[derive(Debug, Default)]
pub(super) struct Checker {
    reader: BackupReader,
    batch: Vec<Record>,
    verified: Verified,
    /// The last bytes, of which the hash is.
    tail: Vec<u8>,
}

impl Checker {
    pub(super) fn read(&mut self, bytes: &[u8], progress: Progress<'_>) -> Result<(), Failure> {
        self.tail.extend_from_slice(bytes);
        let excess = self.tail.len().saturating_sub(32);
        self.tail.drain(..excess);
        self.reader.push(bytes);
        while let Some(piece) = self.reader.next_piece().map_err(no_backup)? {
            if let Piece::Record(record) = piece {
                self.batch.push(record);
            }
            if self.batch.len() >= AT_ONCE {
                self.verify();
                progress(&self.verified.totals);
            }
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Verified, Failure> {
        self.verify();
        self.reader.finish().map_err(no_backup)?;
        self.verified.hash = self.tail.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(self.verified)
    }

    fn verify(&mut self) {
        let batch = core::mem::take(&mut self.batch);
        let Verified {
            totals, damaged, ..
        } = &mut self.verified;
        for (address, rule) in unproven(&batch) {
            totals.left_out = totals.left_out.saturating_add(1);
            damaged.push(Damaged {
                address: Some(address.to_string()),
                what: rule.to_string(),
            });
        }
        for record in &batch {
            let length = u64::try_from(record.encoded_length()).unwrap_or(u64::MAX);
            totals.records = totals.records.saturating_add(1);
            totals.closed = totals.closed.saturating_add(u64::from(record.is_closed()));
            totals.bytes = totals.bytes.saturating_add(length);
        }
    }
}

fn no_backup(error: BackupError) -> Failure {
    let next = if matches!(error, BackupError::UnknownVersion { .. }) {
        "use a newer tki-server"
    } else if error == BackupError::Magic {
        "name a file that tki-server backup wrote"
    } else {
        "use another copy of this backup, or an older one"
    };
    Failure::new(FailureKind::Corrupt, error.to_string(), next)
}

//! `tki-server restore`: the records of a backup into a storage that lacks them.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use tokio::io::AsyncWriteExt as _;

use super::failure::{Failure, FailureKind};
use super::talk::{Ended, Out, Progress, Said, ask, hang_up};
use super::verify::verify_file;
use crate::admin::{Conflict, Place, Request, Totals};

/// How much of the file is sent at once, in bytes.
const PIECE: usize = 256 * 1024;

/// A backup that was taken in.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TakenIn {
    /// What became of its records.
    pub totals: Totals,
    /// Those beside which something else was stored, which stayed.
    pub conflicts: Vec<Conflict>,
}

/// Takes in a backup, after all of it was verified. Nothing that is stored goes backwards; broken off
/// at any moment, it is run again, and goes on where it was.
///
/// # Errors
/// A [`Failure`] that says what, and how much was taken in before.
pub async fn restore(
    file: &Path,
    place: Place,
    progress: Progress<'_>,
) -> Result<TakenIn, Failure> {
    let verified = verify_file(file, &mut |_| {})?;
    if let Some(first) = verified.damaged.first() {
        let count = verified.damaged.len();
        let address = first.address.as_deref().unwrap_or_default();
        let what = &first.what;
        let message =
            format!("{count} records of the file do not prove themselves, first {address}: {what}");
        let next = "nothing was taken in; use another copy of this backup, or an older one";
        return Err(Failure::new(FailureKind::Corrupt, message, next));
    }
    let (mut from, out) = ask(place, Request::Restore).await?;
    let mut said = Said::default();
    let (ended, sent) = tokio::join!(said.hear(&mut from, |_| Ok(()), progress), send(file, out));
    match ended? {
        Ended::Done(totals) => {
            sent?;
            let conflicts = said.conflicts;
            Ok(TakenIn { totals, conflicts })
        }
        Ended::Failed(mut failure) => {
            failure.next =
                "what was taken in stays; mend the cause and run the same command again".to_owned();
            Err(failure)
        }
    }
}

/// Sends the file; what the server says is heard meanwhile.
async fn send(path: &Path, mut out: Out) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::reading(path, &error);
    let mut file = File::open(path).map_err(failed)?;
    let mut piece = vec![0; PIECE];
    loop {
        let length = file.read(&mut piece).map_err(failed)?;
        if length == 0 {
            hang_up(out).await;
            return Ok(());
        }
        let written = out.write_all(piece.get(..length).unwrap_or_default()).await;
        if written.is_err() {
            // The server said why.
            return Ok(());
        }
    }
}

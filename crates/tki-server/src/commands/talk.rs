//! What a command hears from a server, or from the storage in its place.

use alloc::boxed::Box;

use tokio::io::{AsyncRead, AsyncWriteExt as _, ReadHalf, WriteHalf};

use super::failure::{Failure, FailureKind};
use crate::admin::{Conflict, Damaged, Frame, Place, Report, Request, Stream, Totals};

/// Told from time to time how far it is.
pub type Progress<'p> = &'p mut (dyn FnMut(&Totals) + Send);

pub(super) type From = ReadHalf<Box<dyn Stream>>;
pub(super) type Out = WriteHalf<Box<dyn Stream>>;

/// Begins a conversation.
pub(super) async fn ask(place: Place, request: Request) -> Result<(From, Out), Failure> {
    let (from, mut out) = tokio::io::split(place.connect());
    let asked = request.write(&mut out).await;
    asked.map_err(|error| Failure::talking(&error))?;
    Ok((from, out))
}

/// What was said beside the bytes.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) damaged: Vec<Damaged>,
    pub(super) conflicts: Vec<Conflict>,
}

/// How a conversation ended.
pub(super) enum Ended {
    Done(Totals),
    Failed(Failure),
}

impl Said {
    /// Hears everything to the end; bytes and progress are for the caller.
    pub(super) async fn hear(
        &mut self,
        from: &mut (impl AsyncRead + Unpin),
        mut bytes: impl FnMut(&[u8]) -> Result<(), Failure>,
        progress: Progress<'_>,
    ) -> Result<Ended, Failure> {
        loop {
            let frame = Frame::read(from).await;
            let report = match frame.map_err(|error| Failure::talking(&error))? {
                Frame::Data(data) => {
                    bytes(&data)?;
                    continue;
                }
                Frame::Report(report) => report,
            };
            match report {
                Report::Conflict { address, found } => {
                    self.conflicts.push(Conflict { address, found });
                }
                Report::Damaged(damaged) => self.damaged.push(damaged),
                Report::Progress(totals) => progress(&totals),
                Report::Done(totals) => return Ok(Ended::Done(totals)),
                Report::Failed { kind, message } => {
                    let kind = FailureKind::of_server(&kind);
                    let next = "see what the log of the server says";
                    return Ok(Ended::Failed(Failure::new(kind, message, next)));
                }
            }
        }
    }
}

/// Says that nothing more follows.
pub(super) async fn hang_up(mut out: Out) {
    // Who has gone already has heard enough.
    drop(out.shutdown().await);
}

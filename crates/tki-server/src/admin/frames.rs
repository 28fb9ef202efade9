//! What stands on the socket: a line, then pieces with their lengths.

use alloc::vec::Vec;
use std::io::{Error, ErrorKind};

use tokio::io::{
    AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite,
    AsyncWriteExt as _,
};

use super::{Report, Request};

/// The longest frame, in bytes: a page of records, of which the first may be as long as it likes.
const MAX_FRAME: usize = 32 * 1024 * 1024;

/// The longest line of a request, in bytes.
const MAX_LINE: u64 = 4096;

/// A piece of an answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Frame {
    /// Bytes of a backup.
    Data(Vec<u8>),
    /// Something that is said beside them.
    Report(Report),
}

const DATA: u8 = 1;
const REPORT: u8 = 2;

impl Frame {
    pub(super) async fn write(&self, out: &mut (impl AsyncWrite + Unpin)) -> Result<(), Error> {
        let said;
        let (kind, bytes) = match self {
            Self::Data(bytes) => (DATA, bytes),
            Self::Report(report) => {
                said = serde_json::to_vec(report)?;
                (REPORT, &said)
            }
        };
        let length = u32::try_from(bytes.len()).map_err(|_| ErrorKind::InvalidInput)?;
        out.write_u8(kind).await?;
        out.write_u32(length).await?;
        out.write_all(bytes).await
    }

    /// The next piece; an answer that ends without saying how is broken off.
    pub(crate) async fn read(from: &mut (impl AsyncRead + Unpin)) -> Result<Self, Error> {
        let kind = from.read_u8().await?;
        let length = usize::try_from(from.read_u32().await?).unwrap_or(usize::MAX);
        if length > MAX_FRAME {
            return Err(ErrorKind::InvalidData.into());
        }
        let mut bytes = alloc::vec![0; length];
        from.read_exact(&mut bytes).await?;
        match kind {
            DATA => Ok(Self::Data(bytes)),
            REPORT => Ok(Self::Report(serde_json::from_slice(&bytes)?)),
            _ => Err(ErrorKind::InvalidData.into()),
        }
    }
}

impl Request {
    pub(crate) async fn write(self, out: &mut (impl AsyncWrite + Unpin)) -> Result<(), Error> {
        let mut line = serde_json::to_vec(&self)?;
        line.push(b'\n');
        out.write_all(&line).await
    }

    pub(super) async fn read(from: &mut (impl AsyncBufRead + Unpin)) -> Result<Self, Error> {
        let mut line = Vec::new();
        from.take(MAX_LINE).read_until(b'\n', &mut line).await?;
        Ok(serde_json::from_slice(&line)?)
    }
}

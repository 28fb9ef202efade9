//! A stream on which a client cannot keep the server waiting: neither for its first bytes nor for
//! taking what it is sent.

use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::io::{self, ErrorKind, IoSlice};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// What a client of HTTP/2 begins with (RFC 9113, 3.4). Until it is known whether a client does, nobody
/// else times it.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A stream with limits of time.
///
/// What happens between the first bytes and an answer is timed where it is understood: heads by
/// hyper, bodies in `body.rs`.
pub(super) struct Timed<S> {
    stream: S,
    /// Until it is known which version of HTTP is spoken.
    first: Option<Pin<Box<Sleep>>>,
    /// What is left of the preface, as long as everything that came was the beginning of it.
    preface: &'static [u8],
    write_timeout: Duration,
    /// While a write waits.
    writing: Option<Pin<Box<Sleep>>>,
}

impl<S> Timed<S> {
    /// Until it is known which version of HTTP is spoken, there is `first`; for each write `write`.
    pub(super) fn new(stream: S, first: Duration, write: Duration) -> Self {
        Self {
            stream,
            first: Some(Box::pin(sleep(first))),
            preface: PREFACE,
            write_timeout: write,
            writing: None,
        }
    }

    /// Looks whether these bytes go on as the preface does.
    fn heard(&mut self, bytes: &[u8]) {
        match self.preface.strip_prefix(bytes) {
            Some(rest) if !rest.is_empty() && !bytes.is_empty() => self.preface = rest,
            Some(_) | None => self.first = None,
        }
    }

    /// The result of a write, or an error when it has waited too long.
    fn written<T>(
        &mut self,
        context: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>>
    where
        S: Unpin,
    {
        if let Poll::Ready(result) = write(Pin::new(&mut self.stream), context) {
            self.writing = None;
            return Poll::Ready(result);
        }
        let limit = self.write_timeout;
        let writing = self.writing.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(writing.as_mut().poll(context));
        Poll::Ready(Err(ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Timed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        if let Poll::Ready(result) = Pin::new(&mut self.stream).poll_read(context, buffer) {
            if self.first.is_some() {
                self.heard(buffer.filled().get(before..).unwrap_or(&[]));
            }
            return Poll::Ready(result);
        }
        let Some(first) = &mut self.first else {
            return Poll::Pending;
        };
        ready!(first.as_mut().poll(context));
        Poll::Ready(Err(ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Timed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.written(context, |stream, context| stream.poll_write(context, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.written(context, |stream, context| {
            stream.poll_write_vectored(context, slices)
        })
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.written(context, AsyncWrite::poll_flush)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.written(context, AsyncWrite::poll_shutdown)
    }
}

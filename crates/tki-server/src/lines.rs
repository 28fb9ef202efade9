//! Lines on their way to where they are written: many with one call of the system.

use alloc::sync::Arc;
use core::mem;
use core::time::Duration;
use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use tracing_subscriber::fmt::MakeWriter;

/// How long a line waits for others at most.
const GATHER: Duration = Duration::from_millis(10);
/// From how many bytes on whoever has a line to say writes them himself.
const FULL: usize = 1 << 20;

/// Gathers lines and writes them, in their order, within a moment; what waits when the process is killed
/// is lost.
#[derive(Debug)]
pub(crate) struct Lines<W> {
    shared: Arc<Shared<W>>,
}

impl<W> Clone for Lines<W> {
    fn clone(&self) -> Self {
        let shared = Arc::clone(&self.shared);
        Self { shared }
    }
}

#[derive(Debug)]
struct Shared<W> {
    waiting: Mutex<Vec<u8>>,
    some: Condvar,
    /// Taken before `waiting`.
    out: Mutex<W>,
}

impl<W: Write + Send + 'static> Lines<W> {
    /// Lines for this writer, on a thread that ends with the process.
    ///
    /// # Errors
    /// What the system says of the thread.
    pub(crate) fn new(out: W) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            waiting: Mutex::default(),
            some: Condvar::new(),
            out: Mutex::new(out),
        });
        let lines = Self { shared };
        let writing = lines.clone();
        thread::Builder::new()
            .name("tki-server-log".into())
            .spawn(move || writing.go_on())?;
        Ok(lines)
    }

    fn go_on(&self) {
        loop {
            let none = self.waiting();
            let waited = self
                .shared
                .some
                .wait_while(none, |waiting| waiting.is_empty());
            drop(waited.unwrap_or_else(PoisonError::into_inner));
            gather();
            self.flush();
        }
    }

    /// Writes what waits.
    pub(crate) fn flush(&self) {
        let out = self.shared.out.lock();
        let mut out = out.unwrap_or_else(PoisonError::into_inner);
        let lines = mem::take(&mut *self.waiting());
        // Who has closed it does not want to read.
        drop(out.write_all(&lines));
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<u8>> {
        self.shared
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[expect(clippy::disallowed_methods, reason = "a binary may wait")]
fn gather() {
    thread::sleep(GATHER);
}

/// One line, whole.
#[derive(Debug)]
pub(crate) struct Line<'a, W>(&'a Lines<W>);

impl<W: Write + Send + 'static> Write for Line<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut waiting = self.0.waiting();
        let is_first = waiting.is_empty();
        waiting.extend_from_slice(bytes);
        let is_full = waiting.len() >= FULL;
        drop(waiting);
        if is_full {
            self.0.flush();
        } else if is_first {
            self.0.shared.some.notify_one();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a, W: Write + Send + 'static> MakeWriter<'a> for Lines<W> {
    type Writer = Line<'a, W>;

    fn make_writer(&'a self) -> Self::Writer {
        Line(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn no_line_is_lost_or_torn_or_overtaken_by_a_later_one_of_its_thread() {
        let kept = Kept::default();
        let lines = Lines::new(kept.clone()).unwrap();
        thread::scope(|scope| {
            for name in ["a", "b"] {
                let lines = &lines;
                scope.spawn(move || {
                    for number in 0..500 {
                        let line = format!("{name} {number} {}\n", "x".repeat(5000));
                        lines.make_writer().write_all(line.as_bytes()).unwrap();
                    }
                });
            }
        });
        lines.flush();
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        let mut next = [0, 0];
        for line in text.lines() {
            let [name, number, rest] = line.split(' ').collect::<Vec<_>>()[..] else {
                panic!("a torn line: {line}");
            };
            let place = usize::from(name == "b");
            assert_eq!((number.parse(), rest.len()), (Ok(next[place]), 5000));
            next[place] += 1;
        }
        assert_eq!(next, [500, 500]);
    }
}

//! A program of libfido2 as a child process.

use alloc::{boxed::Box, string::String, vec::Vec};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use zeroize::Zeroizing;

use super::answer::{self, Failure};
use crate::error::Error;

/// More than any of the programs prints: a list of some hundred credentials.
const MAX_OUTPUT: u64 = 64 * 1024;

/// One program.
pub(super) struct Program(PathBuf);

impl Program {
    pub(super) fn new(folder: Option<&Path>, name: &str) -> Self {
        Self(folder.map_or_else(|| name.into(), |folder| folder.join(name)))
    }

    /// Runs it with this input, and gives what it printed.
    ///
    /// A PIN is asked for by the program on the terminal: it never passes through here.
    pub(super) fn run(
        &self,
        arguments: &[&str],
        input: &str,
    ) -> Result<Zeroizing<String>, Failure> {
        let mut child = Command::new(&self.0)
            .args(arguments)
            // Messages of the C library in the language that they are looked for in.
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| {
                if error.kind() == ErrorKind::NotFound {
                    Error::NoTools
                } else {
                    backend(error)
                }
            })?;
        let outcome = talk(&mut child, input);
        if outcome.is_err() {
            // It may still wait for somebody to read the rest.
            drop(child.kill());
        }
        let status = child.wait().map_err(backend)?;
        let (printed, complaint) = outcome?;
        if !status.success() {
            return Err(answer::complaint(&complaint));
        }
        Ok(printed)
    }
}

/// What goes in, and both things that come out.
fn talk(child: &mut Child, input: &str) -> Result<(Zeroizing<String>, String), Error> {
    if let Some(mut stdin) = child.stdin.take() {
        // A program that ended before it read says why on its way out.
        match stdin.write_all(input.as_bytes()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => return Err(backend(error)),
            Ok(()) | Err(_) => {}
        }
    }
    let printed = read(child.stdout.take())?;
    let complaint = read(child.stderr.take())?;
    let printed = core::str::from_utf8(&printed).map_err(|_| Error::Protocol)?;
    let printed = Zeroizing::new(String::from(printed));
    Ok((printed, String::from_utf8_lossy(&complaint).into_owned()))
}

/// All of it, as long as it is not too long.
fn read(stream: Option<impl std::io::Read>) -> Result<Zeroizing<Vec<u8>>, Error> {
    let room = usize::try_from(MAX_OUTPUT).unwrap_or(0).saturating_add(1);
    // Sized up front: growing would leave unwiped copies.
    let mut bytes = Zeroizing::new(Vec::with_capacity(room.saturating_add(1)));
    if let Some(stream) = stream {
        let mut stream = stream.take(MAX_OUTPUT.saturating_add(1));
        stream.read_to_end(&mut bytes).map_err(backend)?;
    }
    if bytes.len() >= room {
        return Err(Error::Protocol);
    }
    Ok(bytes)
}

fn backend(error: std::io::Error) -> Error {
    Error::Backend(Box::new(error))
}

//! How secrets come in: from a prompt, a file, or standard input. Never from an argument or the
//! environment, where other processes could read them.

use core::cell::Cell;
use std::io::Read as _;
use std::path::Path;

use zeroize::Zeroizing;

use crate::error::{Failure, Kind};
use crate::output;
use crate::terminal;

/// Most bytes of a secret.
const MAX_SECRET: u64 = 64 * 1024;

/// Standard input, which can be read once.
#[derive(Debug, Default)]
pub(crate) struct StandardInput {
    reader: Cell<Option<&'static str>>,
}

impl StandardInput {
    /// All of a file, or of standard input for `-`.
    pub(crate) fn read(
        &self,
        path: &Path,
        what: &'static str,
        limit: u64,
    ) -> Result<Zeroizing<Vec<u8>>, Failure> {
        if path == Path::new("-") {
            return self.read_once(what, limit);
        }
        let content = tki_file::read(path, limit).map_err(|error| {
            if matches!(error, tki_file::Error::TooLarge { .. }) {
                return too_long(what, limit);
            }
            Failure::file(&format!("could not read the {what}"), &error)
                .next("name a file that can be read, or - for standard input")
        })?;
        let missing = || {
            Failure::usage(format!(
                "there is no file {} for the {what}",
                path.display()
            ))
            .next("name an existing file, or - for standard input")
        };
        Ok(Zeroizing::new(content.ok_or_else(missing)?))
    }

    fn read_once(&self, what: &'static str, limit: u64) -> Result<Zeroizing<Vec<u8>>, Failure> {
        if let Some(other) = self.reader.replace(Some(what)) {
            return Err(Failure::usage(format!(
                "standard input can be the {other} or the {what}, not both"
            ))
            .next("give one of them as a file"));
        }
        let mut content = Zeroizing::new(Vec::with_capacity(4096));
        std::io::stdin()
            .lock()
            .take(limit.saturating_add(1))
            .read_to_end(&mut content)
            .map_err(|error| Failure::io("could not read standard input", &error))?;
        if u64::try_from(content.len()).is_ok_and(|length| length > limit) {
            return Err(too_long(what, limit));
        }
        Ok(content)
    }

    /// A passphrase: the first line of a file.
    pub(crate) fn passphrase(
        &self,
        path: &Path,
        what: &'static str,
    ) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let mut content = self.read(path, what, MAX_SECRET)?;
        let end = content
            .iter()
            .position(|byte| *byte == b'\n')
            .unwrap_or(content.len());
        content.truncate(end);
        if content.last() == Some(&b'\r') {
            content.pop();
        }
        if content.is_empty() {
            return Err(Failure::usage(format!("the {what} is empty")));
        }
        Ok(content)
    }

    /// Words in a file.
    pub(crate) fn text(
        &self,
        path: &Path,
        what: &'static str,
    ) -> Result<Zeroizing<String>, Failure> {
        let mut content = self.read(path, what, MAX_SECRET)?;
        match String::from_utf8(core::mem::take(&mut *content)) {
            Ok(text) => Ok(Zeroizing::new(text)),
            Err(error) => {
                drop(Zeroizing::new(error.into_bytes()));
                Err(Failure::new(
                    Kind::WrongWords,
                    format!("the {what} are not text"),
                ))
            }
        }
    }
}

fn too_long(what: &str, limit: u64) -> Failure {
    Failure::usage(format!("the {what} is longer than {limit} bytes"))
}

/// Asks for a secret, which is not shown. Only where [`output::is_interactive`].
pub(crate) fn prompt(question: &str) -> Result<Zeroizing<String>, Failure> {
    terminal::hidden_line(&format!("{question}: "))
}

/// Asks for a new passphrase, twice.
pub(crate) fn prompt_new(question: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    loop {
        let first = prompt(question)?;
        if first.is_empty() {
            output::complain("an empty passphrase protects nothing");
            continue;
        }
        let second = prompt("the same again")?;
        if *first == *second {
            return Ok(Zeroizing::new(first.as_bytes().to_vec()));
        }
        output::complain("they differ");
    }
}

//! Data on standard output, everything else on standard error.

use std::io::{IsTerminal as _, Write as _};

use serde::Serialize;

use crate::args::Global;
use crate::colour::{self, Stream, Style};
use crate::error::Failure;
use crate::fold;
use crate::terminal;

/// The version of every JSON object that is printed.
pub(crate) const SCHEMA: u32 = 1;

/// How to talk to whoever started the command.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    json: bool,
    quiet: bool,
    verbose: bool,
}

impl Output {
    pub(crate) const fn new(global: &Global) -> Self {
        Self {
            json: global.json,
            quiet: global.quiet,
            verbose: global.verbose,
        }
    }

    /// Prints the result: an object, or its text for people.
    pub(crate) fn result(self, object: &impl Serialize, text: &str) -> Result<(), Failure> {
        self.exact_result(
            object,
            &fold::lines(text, terminal::columns(Stream::Output)),
        )
    }

    /// The same with a text that a program reads, whose lines stay as they are.
    pub(crate) fn exact_result(self, object: &impl Serialize, text: &str) -> Result<(), Failure> {
        if !self.json {
            return print(text);
        }
        let mut json = serde_json::to_string(object)
            .map_err(|error| Failure::new(crate::error::Kind::Internal, error.to_string()))?;
        json.push('\n');
        print(&json)
    }

    /// Says something to a person.
    pub(crate) fn say(self, text: &str) {
        if !self.quiet && !self.json {
            tell(text);
        }
    }

    /// Says something to a person who asked for more.
    pub(crate) fn detail(self, text: &str) {
        if self.verbose {
            self.say(text);
        }
    }

    /// Whether moving progress can be shown.
    pub(crate) fn shows_progress(self) -> bool {
        !self.quiet && !self.json && std::io::stderr().is_terminal() && terminal::can_redraw()
    }

    /// Whether what is said on standard error goes to somebody at a terminal.
    pub(crate) fn is_watched(self) -> bool {
        !self.json && std::io::stderr().is_terminal()
    }

    /// Prints why the command did not succeed.
    pub(crate) fn failure(self, failure: &Failure) {
        if self.json {
            let error = FailureObject {
                schema: SCHEMA,
                error: ErrorObject {
                    kind: failure.kind.name(),
                    message: &failure.message,
                    next: &failure.next,
                },
            };
            complain(&serde_json::to_string(&error).unwrap_or_default());
        } else {
            // Folded before it is coloured: what is a command is told by its plain text.
            let part = |style, name: &str, said: &str| {
                let text = format!("{name} {said}");
                let folded = fold::lines(&text, terminal::columns(Stream::Error));
                let painted = colour::paint(Stream::Error, style, name);
                folded.replacen(name, &painted, 1)
            };
            complain(&part(Style::Failure, "tki:", &failure.message));
            complain(&part(Style::Strong, "next:", &failure.next));
        }
    }
}

#[derive(Serialize)]
struct FailureObject<'a> {
    schema: u32,
    error: ErrorObject<'a>,
}

#[derive(Serialize)]
struct ErrorObject<'a> {
    kind: &'static str,
    message: &'a str,
    next: &'a str,
}

/// Whether somebody can be asked: there is a terminal to read from and one to write to.
pub(crate) fn is_interactive() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Writes to standard output. Whoever closed it wanted no more.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|error| Failure::io("could not write to standard output", &error)),
    }
}

/// Begins a line on standard error, which an answer ends.
pub(crate) fn ask(text: &str) {
    let mut stderr = std::io::stderr().lock();
    drop(write!(stderr, "{text}").and_then(|()| stderr.flush()));
}

/// Says something to a person, folded at the width of the terminal.
pub(crate) fn tell(text: &str) {
    complain(&fold::lines(text, terminal::columns(Stream::Error)));
}

/// Writes a line to standard error. When that is gone, there is nobody left to tell.
pub(crate) fn complain(text: &str) {
    drop(writeln!(std::io::stderr().lock(), "{text}"));
}

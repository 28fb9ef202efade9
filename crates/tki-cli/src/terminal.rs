//! The terminal itself: what it can do, and how it is put back as it was.
//!
//! Whoever is asked may press Ctrl-C at any question. The program takes the key as an answer, so that
//! it can put the terminal back and say what was changed and what was not.

use std::io::{BufRead as _, IsTerminal as _};

use zeroize::Zeroizing;

use crate::colour::Stream;
use crate::error::{Failure, Kind};
use crate::machine;
use crate::output;

/// What Ctrl-C sends.
const CTRL_C: u8 = 0x03;

/// What stands for no key in the list of special ones: 0 on Linux, 255 on macOS and the BSDs.
#[cfg(unix)]
const NO_KEY: u8 = if cfg!(any(target_os = "linux", target_os = "android")) {
    0
} else {
    0xff
};

/// Longest line that a terminal hands over: Linux cuts off what follows, macOS sooner.
const LONGEST_LINE: usize = 4095;

/// Whether lines on standard error can be drawn anew, and keys be read one by one.
pub(crate) fn can_redraw() -> bool {
    cfg!(unix) && std::io::stderr().is_terminal() && !machine::has_dumb_terminal()
}

/// The width of most terminals.
const USUAL_COLUMNS: usize = 80;

/// Rows and columns of the terminal behind standard error.
pub(crate) fn size() -> (usize, usize) {
    let (rows, columns) = console::Term::stderr().size();
    (usize::from(rows), usize::from(columns))
}

/// How wide text for people can be: as the terminal that it goes to. Where it goes elsewhere it is
/// read by people all the same, as scripts take JSON: as wide as the environment says, or as most
/// terminals.
pub(crate) fn columns(stream: Stream) -> usize {
    let (is_terminal, term) = match stream {
        Stream::Output => (std::io::stdout().is_terminal(), console::Term::stdout()),
        Stream::Error => (std::io::stderr().is_terminal(), console::Term::stderr()),
    };
    let columns = if is_terminal {
        term.size_checked().map(|(_, columns)| usize::from(columns))
    } else {
        machine::columns()
    };
    // A terminal that was told no size says 0.
    columns
        .filter(|columns| *columns > 0)
        .unwrap_or(USUAL_COLUMNS)
}

/// Whoever was asked does not want to go on.
pub(crate) fn cancelled() -> Failure {
    Failure::new(Kind::Cancelled, "cancelled, and nothing was changed")
}

fn broken(error: &std::io::Error) -> Failure {
    Failure::io("could not read from the terminal", error)
}

/// A line that is typed and not shown.
pub(crate) fn hidden_line(prompt: &str) -> Result<Zeroizing<String>, Failure> {
    let mode = Mode::hiding_lines().map_err(|error| broken(&error))?;
    output::ask(prompt);
    let read = mode.line();
    drop(mode);
    // What ended the line was not shown either.
    output::complain("");
    read
}

/// A line that is shown as it is typed.
pub(crate) fn shown_line(prompt: &str) -> Result<String, Failure> {
    if cfg!(unix) && std::io::stdin().is_terminal() {
        let mode = Mode::showing_lines().map_err(|error| broken(&error))?;
        output::ask(prompt);
        let read = mode.line();
        drop(mode);
        if read.is_err() {
            output::complain("");
        }
        return read.map(|line| line.as_str().to_owned());
    }
    output::ask(prompt);
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    if read.map_err(|error| broken(&error))? == 0 {
        return Err(closed());
    }
    Ok(line)
}

/// How the terminal takes what is typed, until it is dropped; a panic drops it, too.
#[cfg(unix)]
pub(crate) struct Mode {
    before: rustix::termios::Termios,
}

#[cfg(unix)]
impl Mode {
    /// Lines that are not shown; Ctrl-C ends one.
    fn hiding_lines() -> std::io::Result<Self> {
        use rustix::termios::{LocalModes, SpecialCodeIndex};

        Self::changed(|modes| {
            modes.local_modes -= LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ISIG;
            modes.local_modes |= LocalModes::ICANON;
            modes.special_codes[SpecialCodeIndex::VEOL] = CTRL_C;
        })
    }

    /// Lines that are shown; Ctrl-C ends one. The other keys that end or stop a program do so.
    fn showing_lines() -> std::io::Result<Self> {
        use rustix::termios::{LocalModes, SpecialCodeIndex};

        Self::changed(|modes| {
            modes.local_modes |= LocalModes::ICANON;
            modes.special_codes[SpecialCodeIndex::VINTR] = NO_KEY;
            modes.special_codes[SpecialCodeIndex::VEOL] = CTRL_C;
        })
    }

    /// Keys as they are pressed, not shown. Between two keys the terminal shows nothing either.
    pub(crate) fn taking_keys() -> Result<Self, Failure> {
        use rustix::termios::LocalModes;

        let changed = Self::changed(|modes| {
            modes.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
        });
        changed.map_err(|error| broken(&error))
    }

    fn changed(change: impl FnOnce(&mut rustix::termios::Termios)) -> std::io::Result<Self> {
        use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

        let before = tcgetattr(std::io::stdin())?;
        let mut modes = before.clone();
        change(&mut modes);
        tcsetattr(std::io::stdin(), OptionalActions::Now, &modes)?;
        Ok(Self { before })
    }

    /// Reads without the buffer of standard input, which nobody wipes.
    fn line(&self) -> Result<Zeroizing<String>, Failure> {
        let mut typed = Zeroizing::new([0; LONGEST_LINE + 1]);
        let mut length = 0;
        loop {
            let room = typed.get_mut(length..).unwrap_or_default();
            if room.is_empty() {
                return Err(Failure::usage("that is longer than a terminal's line")
                    .next("give it in a file"));
            }
            let read = rustix::io::read(std::io::stdin(), room);
            let read = read.map_err(|error| broken(&error.into()))?;
            length = length.saturating_add(read);
            match typed.get(..length).and_then(<[u8]>::split_last) {
                Some((&CTRL_C, _)) => return Err(cancelled()),
                Some((b'\n', line)) => return text(line),
                // Ctrl-D hands over what there is, and without anything it is the end.
                _ if read == 0 => return Err(closed()),
                _ => {}
            }
        }
    }
}

#[cfg(unix)]
impl Drop for Mode {
    fn drop(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};

        // A terminal that is gone needs nothing any more.
        tcsetattr(std::io::stdin(), OptionalActions::Now, &self.before).ok();
    }
}

#[cfg(unix)]
fn text(line: &[u8]) -> Result<Zeroizing<String>, Failure> {
    let text = core::str::from_utf8(line);
    let text = text.map_err(|_| Failure::usage("what was typed is not text"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// Where terminals are of another kind, a library reads the line.
#[cfg(not(unix))]
pub(crate) struct Mode;

#[cfg(not(unix))]
impl Mode {
    const fn hiding_lines() -> std::io::Result<Self> {
        Ok(Self)
    }

    const fn showing_lines() -> std::io::Result<Self> {
        Ok(Self)
    }

    pub(crate) const fn taking_keys() -> Result<Self, Failure> {
        Ok(Self)
    }

    fn line(&self) -> Result<Zeroizing<String>, Failure> {
        let typed = rpassword::read_password().map_err(|error| broken(&error))?;
        Ok(Zeroizing::new(typed))
    }
}

/// Nobody is there any more.
pub(crate) fn closed() -> Failure {
    Failure::usage("the terminal was closed before an answer came")
}

//! What is asked and is no secret: a line, yes or no, or one of some options.
//!
//! Options are chosen with the arrow keys and Enter, or by their numbers. On a terminal that cannot
//! draw anew, or is too small for that, the number is typed on a line.

use console::{Key, Term};

use crate::colour::{self, Stream, Style};
use crate::error::Failure;
use crate::output;
use crate::terminal::{self, Mode};

/// Asks something; the answer without surrounding space.
pub(crate) fn ask(question: &str) -> Result<String, Failure> {
    Ok(terminal::shown_line(&format!("{question} "))?
        .trim()
        .to_owned())
}

/// Asks for yes or no.
pub(crate) fn confirm(question: &str) -> Result<bool, Failure> {
    loop {
        match ask(&format!("{question} [y/n]"))?
            .to_ascii_lowercase()
            .as_str()
        {
            "y" | "yes" => return Ok(true),
            "n" | "no" => return Ok(false),
            _ => output::complain("the answer is y or n"),
        }
    }
}

/// Options that somebody chooses from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice<'a> {
    /// What is asked.
    pub(crate) question: &'a str,
    /// What can be chosen, a line each.
    pub(crate) options: &'a [String],
    /// What to type instead where there is nobody to ask.
    pub(crate) instead: &'a str,
}

impl Choice<'_> {
    /// The position of the option that is chosen.
    pub(crate) fn one(self) -> Result<usize, Failure> {
        if !output::is_interactive() {
            let message = format!("there is no terminal to ask on: {}", self.question);
            return Err(Failure::usage(message).next(self.instead));
        }
        let (rows, _) = terminal::size();
        let fits = self.options.len() < rows.saturating_sub(1) && self.options.len() <= MOST;
        if terminal::can_redraw() && fits {
            self.with_keys()
        } else {
            self.on_a_line()
        }
    }

    /// Numbers on a line, for every terminal.
    fn on_a_line(self) -> Result<usize, Failure> {
        output::complain(self.question);
        for (number, option) in (1..).zip(self.options) {
            output::complain(&format!("  {number}. {option}"));
        }
        let last = self.options.len();
        let expected = format!("Its number, 1 to {last}:");
        loop {
            if let Some(chosen) = position(&ask(&expected)?, last) {
                return Ok(chosen);
            }
            output::complain("that is none of the numbers above");
        }
    }

    fn with_keys(self) -> Result<usize, Failure> {
        let keys = "(arrow keys and Enter, or a number; Esc cancels)";
        let keys = colour::paint(Stream::Error, Style::Faint, keys);
        // Before the question: whoever sees it may press a key.
        let mode = Mode::taking_keys()?;
        output::complain(&format!("{} {keys}", self.question));
        let mut list = List {
            choice: self,
            place: 0,
        };
        let chosen = list.run(&Term::stderr());
        drop(mode);
        chosen
    }
}

/// Most options that have a key of their own.
const MOST: usize = 9;

/// A position from a number that was typed.
fn position(typed: &str, last: usize) -> Option<usize> {
    let number: usize = typed.parse().ok().filter(|number| *number <= last)?;
    number.checked_sub(1)
}

/// A list on the terminal, and where one is in it.
struct List<'a> {
    choice: Choice<'a>,
    place: usize,
}

impl List<'_> {
    fn run(&mut self, term: &Term) -> Result<usize, Failure> {
        self.draw();
        loop {
            #[cfg(feature = "faults")]
            crate::faults::at_a_choice();
            let key = term.read_key_raw();
            let key = key.map_err(|e| Failure::io("could not read from the terminal", &e))?;
            if let Some(chosen) = self.press(&key)? {
                self.redraw(term);
                return Ok(chosen);
            }
            self.redraw(term);
        }
    }

    /// What a key does; a result when the choice is made.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "every other key does nothing"
    )]
    fn press(&mut self, key: &Key) -> Result<Option<usize>, Failure> {
        let last = self.choice.options.len().saturating_sub(1);
        match key {
            Key::ArrowUp => self.place = self.place.checked_sub(1).unwrap_or(last),
            Key::ArrowDown if self.place == last => self.place = 0,
            Key::ArrowDown => self.place = self.place.saturating_add(1),
            Key::Home => self.place = 0,
            Key::End => self.place = last,
            Key::Escape | Key::CtrlC => return Err(terminal::cancelled()),
            Key::Enter => return Ok(Some(self.place)),
            Key::Char(digit) => {
                let number = digit.to_digit(10).and_then(|n| usize::try_from(n).ok());
                let place = number.and_then(|number| number.checked_sub(1));
                if let Some(place) = place.filter(|place| *place <= last) {
                    self.place = place;
                    return Ok(Some(place));
                }
            }
            _ => {}
        }
        Ok(None)
    }

    fn redraw(&self, term: &Term) {
        // A terminal that cannot be written to cannot be told either.
        drop(term.clear_last_lines(self.choice.options.len()));
        self.draw();
    }

    /// A row for each option, cut to the width of the terminal: a row that wrapped would be two.
    fn draw(&self) {
        let (_, columns) = terminal::size();
        for (place, option) in self.choice.options.iter().enumerate() {
            let row = self.row(place, option);
            let row = console::truncate_str(&row, columns.saturating_sub(1), "…");
            if place == self.place {
                output::complain(&colour::paint(Stream::Error, Style::Chosen, &row));
            } else {
                output::complain(&row);
            }
        }
    }

    fn row(&self, place: usize, option: &str) -> String {
        let pointer = if place == self.place { '>' } else { ' ' };
        let number = place.saturating_add(1);
        format!("{pointer} {number}. {option}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pressed(keys: &[Key]) -> Result<Option<usize>, Failure> {
        let options = ["one", "two", "three"].map(str::to_owned);
        let choice = Choice {
            question: "Which?",
            options: &options,
            instead: "--which NUMBER",
        };
        let mut list = List { choice, place: 0 };
        for key in keys {
            if let Some(chosen) = list.press(key)? {
                return Ok(Some(chosen));
            }
        }
        Ok(None)
    }

    #[track_caller]
    fn check(keys: &[Key], expected: Option<usize>) {
        let chosen = pressed(keys).expect("nobody cancelled");
        assert_eq!(chosen, expected, "{keys:?}");
    }

    #[test]
    fn arrows_go_around_and_enter_takes_the_line() {
        use Key::{ArrowDown, ArrowUp, End, Enter, Home};
        check(&[Enter], Some(0));
        check(&[ArrowDown, Enter], Some(1));
        check(&[ArrowUp, Enter], Some(2));
        check(&[ArrowUp, ArrowDown, Enter], Some(0));
        check(&[End, Home, ArrowDown, Enter], Some(1));
    }

    #[test]
    fn a_number_is_taken_at_once_and_other_keys_do_nothing() {
        check(&[Key::Char('3')], Some(2));
        for key in ['0', '4', 'x', ' '] {
            check(&[Key::Char(key)], None);
        }
    }

    #[test]
    fn escape_and_ctrl_c_cancel() {
        for key in [Key::Escape, Key::CtrlC] {
            let failure = pressed(core::slice::from_ref(&key)).err();
            let kind = failure.map(|failure| failure.kind);
            assert_eq!(kind, Some(crate::error::Kind::Cancelled));
        }
    }

    #[test]
    fn a_number_on_a_line_is_that_of_an_option() {
        assert_eq!(position("2", 3), Some(1));
        for wrong in ["", "0", "4", "x", "1,2", "-1"] {
            assert_eq!(position(wrong, 3), None, "{wrong}");
        }
    }
}

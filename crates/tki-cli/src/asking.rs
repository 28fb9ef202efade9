//! What is asked and is no secret: a line, yes or no, or one or several of some options.
//!
//! Options are chosen with the arrow keys and Enter, or by their numbers. On a terminal that cannot
//! draw anew, or is too small for that, the number is typed on a line.

use alloc::collections::BTreeSet;
use std::io::BufRead as _;

use console::{Key, Term};

use crate::colour::{self, Stream, Style};
use crate::error::Failure;
use crate::output;
use crate::terminal::{self, Mode};

/// Asks something; the answer without surrounding space.
pub(crate) fn ask(question: &str) -> Result<String, Failure> {
    output::ask(&format!("{question} "));
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    let read = read.map_err(|error| Failure::io("could not read from the terminal", &error))?;
    if read == 0 {
        return Err(terminal::closed());
    }
    Ok(line.trim().to_owned())
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
        let chosen = self.choose(Count::One)?;
        chosen.first().copied().ok_or_else(terminal::cancelled)
    }

    /// The positions of those that are chosen, at least one, in their order.
    pub(crate) fn several(self) -> Result<Vec<usize>, Failure> {
        self.choose(Count::Several)
    }

    fn choose(self, count: Count) -> Result<Vec<usize>, Failure> {
        if !output::is_interactive() {
            let message = format!("there is no terminal to ask on: {}", self.question);
            return Err(Failure::usage(message).next(self.instead));
        }
        let (rows, _) = terminal::size();
        let fits = self.options.len() < rows.saturating_sub(1) && self.options.len() <= MOST;
        if terminal::can_redraw() && fits {
            self.with_keys(count)
        } else {
            self.on_a_line(count)
        }
    }

    /// Numbers on a line, for every terminal.
    fn on_a_line(self, count: Count) -> Result<Vec<usize>, Failure> {
        output::complain(self.question);
        for (number, option) in (1..).zip(self.options) {
            output::complain(&format!("  {number}. {option}"));
        }
        let last = self.options.len();
        let expected = match count {
            Count::One => format!("Its number, 1 to {last}:"),
            Count::Several => format!("One or more numbers, 1 to {last}, for example 1,2:"),
        };
        loop {
            if let Some(chosen) = numbers(&ask(&expected)?, last, count) {
                return Ok(chosen);
            }
            output::complain("that is none of the numbers above");
        }
    }

    fn with_keys(self, count: Count) -> Result<Vec<usize>, Failure> {
        let keys = match count {
            Count::One => "(arrow keys and Enter, or a number; Esc cancels)",
            Count::Several => "(arrow keys, Space or a number to tick, Enter; Esc cancels)",
        };
        let keys = colour::paint(Stream::Error, Style::Faint, keys);
        // Before the question: whoever sees it may press a key.
        let mode = Mode::taking_keys()?;
        output::complain(&format!("{} {keys}", self.question));
        let mut list = List {
            choice: self,
            count,
            place: 0,
            ticked: BTreeSet::new(),
        };
        let chosen = list.run(&Term::stderr());
        drop(mode);
        chosen
    }
}

/// Most options that have a key of their own.
const MOST: usize = 9;

/// How many may be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Count {
    One,
    Several,
}

/// Positions from numbers with commas or spaces between them.
fn numbers(typed: &str, last: usize, count: Count) -> Option<Vec<usize>> {
    let numbers = typed.split([',', ' ']).filter(|number| !number.is_empty());
    let positions: Option<BTreeSet<usize>> = numbers
        .map(|number| {
            let number = number.parse().ok().filter(|number| *number <= last)?;
            usize::checked_sub(number, 1)
        })
        .collect();
    let positions: Vec<usize> = positions?.into_iter().collect();
    let fits = match count {
        Count::One => positions.len() == 1,
        Count::Several => !positions.is_empty(),
    };
    fits.then_some(positions)
}

/// A list on the terminal, and what is chosen of it so far.
struct List<'a> {
    choice: Choice<'a>,
    count: Count,
    place: usize,
    ticked: BTreeSet<usize>,
}

impl List<'_> {
    fn run(&mut self, term: &Term) -> Result<Vec<usize>, Failure> {
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
    fn press(&mut self, key: &Key) -> Result<Option<Vec<usize>>, Failure> {
        let last = self.choice.options.len().saturating_sub(1);
        match key {
            Key::ArrowUp => self.place = self.place.checked_sub(1).unwrap_or(last),
            Key::ArrowDown if self.place == last => self.place = 0,
            Key::ArrowDown => self.place = self.place.saturating_add(1),
            Key::Home => self.place = 0,
            Key::End => self.place = last,
            Key::Escape | Key::CtrlC => return Err(terminal::cancelled()),
            Key::Enter => return Ok(self.entered()),
            Key::Char(' ') => self.tick(),
            Key::Char(digit) => {
                let number = digit.to_digit(10).and_then(|n| usize::try_from(n).ok());
                let place = number.and_then(|number| number.checked_sub(1));
                if let Some(place) = place.filter(|place| *place <= last) {
                    self.place = place;
                    self.tick();
                    if self.count == Count::One {
                        return Ok(self.entered());
                    }
                }
            }
            _ => {}
        }
        Ok(None)
    }

    fn tick(&mut self) {
        if self.count == Count::Several && !self.ticked.remove(&self.place) {
            self.ticked.insert(self.place);
        }
    }

    /// Enter: whoever ticked nothing means the line at which he is.
    fn entered(&mut self) -> Option<Vec<usize>> {
        if self.ticked.is_empty() {
            self.ticked.insert(self.place);
        }
        Some(self.ticked.iter().copied().collect())
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
        let tick = match (self.count, self.ticked.contains(&place)) {
            (Count::One, _) => "",
            (Count::Several, true) => "[x] ",
            (Count::Several, false) => "[ ] ",
        };
        format!("{pointer} {number}. {tick}{option}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pressed(count: Count, keys: &[Key]) -> Result<Option<Vec<usize>>, Failure> {
        let options = ["one", "two", "three"].map(str::to_owned);
        let choice = Choice {
            question: "Which?",
            options: &options,
            instead: "--which NUMBER",
        };
        let mut list = List {
            choice,
            count,
            place: 0,
            ticked: BTreeSet::new(),
        };
        for key in keys {
            if let Some(chosen) = list.press(key)? {
                return Ok(Some(chosen));
            }
        }
        Ok(None)
    }

    #[track_caller]
    fn check(count: Count, keys: &[Key], expected: Option<&[usize]>) {
        let chosen = pressed(count, keys).expect("nobody cancelled");
        assert_eq!(chosen.as_deref(), expected, "{keys:?}");
    }

    #[test]
    fn arrows_go_around_and_enter_takes_the_line() {
        use Key::{ArrowDown, ArrowUp, End, Enter, Home};
        check(Count::One, &[Enter], Some(&[0]));
        check(Count::One, &[ArrowDown, Enter], Some(&[1]));
        check(Count::One, &[ArrowUp, Enter], Some(&[2]));
        check(Count::One, &[ArrowUp, ArrowDown, Enter], Some(&[0]));
        check(Count::One, &[End, Home, ArrowDown, Enter], Some(&[1]));
    }

    #[test]
    fn a_number_is_taken_at_once_and_other_keys_do_nothing() {
        check(Count::One, &[Key::Char('3')], Some(&[2]));
        for key in ['0', '4', 'x', ' '] {
            check(Count::One, &[Key::Char(key)], None);
        }
    }

    #[test]
    fn several_are_ticked_and_unticked() {
        use Key::{ArrowDown, Char, Enter};
        check(
            Count::Several,
            &[Char('3'), Char('1'), Enter],
            Some(&[0, 2]),
        );
        let unticked = [Char(' '), ArrowDown, Char(' '), Char('1'), Enter];
        check(Count::Several, &unticked, Some(&[1]));
        check(Count::Several, &[ArrowDown, Enter], Some(&[1]));
    }

    #[test]
    fn escape_and_ctrl_c_cancel() {
        for key in [Key::Escape, Key::CtrlC] {
            for count in [Count::One, Count::Several] {
                let failure = pressed(count, core::slice::from_ref(&key)).err();
                let kind = failure.map(|failure| failure.kind);
                assert_eq!(kind, Some(crate::error::Kind::Cancelled));
            }
        }
    }

    #[test]
    fn numbers_on_a_line_are_those_of_options() {
        assert_eq!(numbers("2", 3, Count::One), Some(vec![1]));
        assert_eq!(numbers(" 3,1 3", 3, Count::Several), Some(vec![0, 2]));
        for wrong in ["", "0", "4", "x", "1,4", "1,2", "-1"] {
            assert_eq!(numbers(wrong, 3, Count::One), None, "{wrong}");
        }
        assert_eq!(numbers("", 3, Count::Several), None);
    }
}

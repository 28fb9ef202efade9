//! A day in the notations that people use, as `YYYY-MM-DD` (ISO 8601).
//!
//! What could be two days is refused, and not guessed: whoever reads it years later may come from
//! elsewhere, or type it on a machine that does.

use alloc::{string::String, vec::Vec};
use core::fmt::Write as _;

use zeroize::{Zeroize, Zeroizing};

use super::{AnswerError, collect, text};

/// The day that was typed.
pub(super) fn read(typed: &str) -> Result<Zeroizing<String>, AnswerError> {
    let characters = collect(|| text::characters(typed));
    if characters.trim().is_empty() {
        return Err(AnswerError::Empty);
    }
    // Step 1.9: numbers and the names of months, in their order.
    let parts = parts(&characters)?;
    let day = match parts.as_slice() {
        [Part::Number(one), Part::Month(month), Part::Number(two)]
        | [Part::Month(month), Part::Number(one), Part::Number(two)]
        | [Part::Number(one), Part::Number(two), Part::Month(month)] => {
            let (year, day) = if one.digits == 4 {
                (one, two)
            } else {
                (two, one)
            };
            valid(year, *month, day)?
        }
        [Part::Number(one), Part::Number(two), Part::Number(three)] => of_numbers(one, two, three)?,
        [Part::Number(run)] if run.digits == 8 => of_eight_digits(run.value)?,
        _ => return Err(AnswerError::NotADate),
    };
    // Step 1.13: four digits, two, two.
    let mut form = Zeroizing::new(String::with_capacity("YYYY-MM-DD".len()));
    let Day { year, month, day } = *day;
    write!(form, "{year:04}-{month:02}-{day:02}").map_err(|_| AnswerError::NotADate)?;
    Ok(form)
}

/// What a notation may mean.
type Reading = Result<Zeroizing<Day>, AnswerError>;

/// Three numbers.
fn of_numbers(one: &Number, two: &Number, three: &Number) -> Reading {
    // Step 1.10: a year in front is followed by month and day, points stand after day and month;
    // anything else is read both ways.
    if one.digits == 4 {
        return valid(one, two.value, three);
    }
    let day_first = valid(three, two.value, one);
    if one.before_point && two.before_point {
        return day_first;
    }
    only(day_first, valid(three, one.value, two))
}

/// Eight digits in a row.
fn of_eight_digits(run: u32) -> Reading {
    // Step 1.11: the year in front, or behind day and month, or behind month and day.
    let (high, middle, low) = (run / 1_000_000, run / 10_000 % 100, run % 10_000);
    let year_first = in_calendar(run / 10_000, run / 100 % 100, run % 100);
    let day_first = in_calendar(low, middle, high);
    let month_first = in_calendar(low, high, middle);
    only(year_first, only(day_first, month_first))
}

/// The day that two readings allow.
fn only(one: Reading, other: Reading) -> Reading {
    match (one, other) {
        (Ok(one), Ok(other)) if *one == *other => Ok(one),
        (Ok(_), Ok(_)) => Err(AnswerError::AmbiguousDate),
        (Err(AnswerError::AmbiguousDate), _) | (_, Err(AnswerError::AmbiguousDate)) => {
            Err(AnswerError::AmbiguousDate)
        }
        (Ok(day), Err(_)) | (Err(_), Ok(day)) => Ok(day),
        (Err(error), Err(_)) => Err(error),
    }
}

/// The day, if its year has four digits and its day at most two.
fn valid(year: &Number, month: u32, day: &Number) -> Reading {
    if year.digits != 4 {
        return Err(AnswerError::TwoDigitYear);
    }
    if day.digits > 2 {
        return Err(AnswerError::NotADate);
    }
    in_calendar(year.value, month, day.value)
}

/// Step 1.12: a day of the Gregorian calendar, in the years 1000 to 2999.
fn in_calendar(year: u32, month: u32, day: u32) -> Reading {
    let is_leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => 0,
    };
    if (1000..3000).contains(&year) && (1..=days).contains(&day) {
        Ok(Zeroizing::new(Day { year, month, day }))
    } else {
        Err(AnswerError::NoSuchDay)
    }
}

/// The numbers and months of a text, in order.
fn parts(text: &str) -> Result<Zeroizing<Vec<Part>>, AnswerError> {
    // Room for one more than any date has, so that growing leaves no copy behind.
    let mut parts = Zeroizing::new(Vec::with_capacity(MOST_PARTS));
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_digit = first.is_ascii_digit();
        let is_same = |c: char| c.is_alphanumeric() && c.is_ascii_digit() == is_digit;
        let end = rest.find(|c| !is_same(c)).unwrap_or(rest.len());
        // What is neither letter nor digit stands by itself.
        let (run, after) = rest.split_at(end.max(first.len_utf8()));
        rest = after;
        let part = if is_digit {
            Some(number(run, after)?)
        } else if first.is_alphabetic() {
            word(run)?
        } else {
            None
        };
        if let Some(part) = part {
            if parts.len() == MOST_PARTS {
                return Err(AnswerError::NotADate);
            }
            parts.push(part);
        }
    }
    Ok(parts)
}

fn number(run: &str, after: &str) -> Result<Part, AnswerError> {
    if run.len() > 8 {
        return Err(AnswerError::NotADate);
    }
    Ok(Part::Number(Number {
        value: run.parse().map_err(|_| AnswerError::NotADate)?,
        digits: run.len(),
        before_point: after.trim_start().starts_with('.'),
    }))
}

/// A month, or nothing for a word that people put into dates.
fn word(run: &str) -> Result<Option<Part>, AnswerError> {
    for (names, month) in MONTHS.iter().zip(1..) {
        if names.contains(&run) {
            return Ok(Some(Part::Month(month)));
        }
    }
    let is_filler = FILLERS.contains(&run);
    is_filler.then_some(None).ok_or(AnswerError::NotADate)
}

#[derive(Zeroize)]
enum Part {
    Month(u32),
    Number(Number),
}

#[derive(Zeroize)]
struct Number {
    value: u32,
    digits: usize,
    before_point: bool,
}

#[derive(PartialEq, Zeroize)]
struct Day {
    year: u32,
    month: u32,
    day: u32,
}

/// One more than a date has.
const MOST_PARTS: usize = 4;

/// Months in German, English, Spanish and French, without accents, and their abbreviations.
const MONTHS: [&[&str]; 12] = [
    &[
        "january", "jan", "januar", "janner", "enero", "ene", "janvier", "janv",
    ],
    &[
        "february", "feb", "februar", "feber", "febrero", "fevrier", "fev", "fevr",
    ],
    &["march", "mar", "marz", "maerz", "mrz", "marzo", "mars"],
    &["april", "apr", "abril", "abr", "avril", "avr"],
    &["may", "mai", "mayo"],
    &["june", "jun", "juni", "junio", "juin"],
    &["july", "jul", "juli", "julio", "juillet", "juil"],
    &["august", "aug", "agosto", "ago", "aout"],
    &[
        "september",
        "sep",
        "sept",
        "septiembre",
        "setiembre",
        "septembre",
    ],
    &["october", "oct", "oktober", "okt", "octubre", "octobre"],
    &["november", "nov", "noviembre", "novembre"],
    &[
        "december",
        "dec",
        "dezember",
        "dez",
        "diciembre",
        "dic",
        "decembre",
    ],
];

/// What stands in dates beside numbers and months: `7th of`, `der`, `de`, `le 1er`, 年 and the like.
const FILLERS: &[&str] = &[
    "st", "nd", "rd", "th", "of", "the", "on", "der", "am", "den", "de", "del", "el", "le", "er",
    "\u{5e74}", "\u{6708}", "\u{65e5}",
];

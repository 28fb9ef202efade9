//! Sizes, spans of time and switches, as people write them.

use core::fmt;
use core::str::FromStr;
use core::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A number of bytes: `4096`, `64KiB`, `16MiB`, `2GiB`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(try_from = "Written")]
#[expect(clippy::exhaustive_structs, reason = "a number with a unit")]
pub struct Size(pub u64);

/// A span of time: `500ms`, `30s`, `5m`, `1h`; a number alone is in seconds.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(try_from = "Written")]
#[expect(clippy::exhaustive_structs, reason = "a number with a unit")]
pub struct Span(pub Duration);

/// Whether something is done.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "there is no third position")]
pub enum Switch {
    /// It is done.
    On,
    /// It is not done.
    Off,
}

/// The text is no such value.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("`{given}` is not {expected}")]
#[non_exhaustive]
pub struct InvalidValue {
    given: String,
    expected: &'static str,
}

/// A value in a file: a number, or text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Number(u64),
    Text(String),
}

impl Written {
    fn into_text(self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text,
        }
    }
}

const SIZES: [(&str, u64); 5] = [
    ("", 1),
    ("B", 1),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
];

const SPANS: [(&str, u64); 5] = [
    ("", 1000),
    ("ms", 1),
    ("s", 1000),
    ("m", 60_000),
    ("h", 3_600_000),
];

impl FromStr for Size {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        number(text, &SIZES, "a size, such as 16MiB").map(Self)
    }
}

impl FromStr for Span {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let milliseconds = number(text, &SPANS, "a span of time, such as 30s")?;
        Ok(Self(Duration::from_millis(milliseconds)))
    }
}

impl TryFrom<Written> for Size {
    type Error = InvalidValue;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        written.into_text().parse()
    }
}

impl TryFrom<Written> for Span {
    type Error = InvalidValue;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        written.into_text().parse()
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, size) = largest(self.0, &SIZES);
        write!(f, "{}{unit}", self.0.checked_div(size).unwrap_or(0))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX);
        let (unit, size) = largest(milliseconds, &SPANS);
        write!(f, "{}{unit}", milliseconds.checked_div(size).unwrap_or(0))
    }
}

/// The largest unit of which this is a whole number.
fn largest(value: u64, units: &[(&'static str, u64)]) -> (&'static str, u64) {
    let whole = |(unit, size): &&(&str, u64)| {
        !unit.is_empty() && value != 0 && value.checked_rem(*size) == Some(0)
    };
    let found = units.iter().filter(whole).max_by_key(|(_, size)| *size);
    found.copied().unwrap_or(("", 1))
}

fn number(text: &str, units: &[(&str, u64)], expected: &'static str) -> Result<u64, InvalidValue> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = text.strip_prefix(digits).unwrap_or("").trim();
    let size = units
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(unit));
    let number = digits.parse::<u64>().ok();
    let value = number
        .zip(size)
        .and_then(|(n, (_, size))| n.checked_mul(*size));
    value.ok_or_else(|| InvalidValue {
        given: text.to_owned(),
        expected,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_spans_are_read_as_they_are_shown() {
        for text in ["16MiB", "1KiB", "3GiB", "17B"] {
            assert_eq!(text.parse::<Size>().unwrap().to_string(), text);
        }
        for text in ["500ms", "30s", "5m", "1h", "90m"] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
        }
        assert_eq!("4096".parse(), Ok(Size(4096)));
        assert_eq!("16 mib".parse(), Ok(Size(16 << 20)));
        assert_eq!("30".parse(), Ok(Span(Duration::from_secs(30))));
        assert_eq!(Span(Duration::ZERO).to_string(), "0");
    }

    #[test]
    fn what_is_no_number_with_a_unit_is_refused() {
        for text in [
            "",
            "MiB",
            "16 MB",
            "-1",
            "1.5s",
            "99999999999999GiB",
            "0x10",
        ] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
        for text in ["", "s", "1d", "-1s"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }
}

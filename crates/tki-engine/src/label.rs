//! What a new label may be: short, and nothing that shows as something else than it is.
//!
//! Characters that are not seen can turn the order of a line about, hide a part of it, or make two
//! names look alike. So a new label has none of the general category Cf (format), no line or
//! paragraph separator (Zl, Zp), and no control character. Labels that are stored already are read
//! as they are.
//!
//! Source: Unicode 16.0, `DerivedGeneralCategory.txt`.

use tki_metadata::limits;

use crate::error::{Error, InvalidChange};

/// General category Cf, first and last of each run, ascending.
const FORMAT: [(char, char); 21] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{180e}', '\u{180e}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{202a}', '\u{202e}'),
    ('\u{2060}', '\u{2064}'),
    ('\u{2066}', '\u{206f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{fff9}', '\u{fffb}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0001}', '\u{e0001}'),
    ('\u{e0020}', '\u{e007f}'),
];

/// Line separator and paragraph separator: all that is of the categories Zl and Zp.
const SEPARATORS: [char; 2] = ['\u{2028}', '\u{2029}'];

/// Whether a new label may have this character: neither control nor format character, nor a
/// separator of lines.
///
/// # Examples
/// ```
/// assert!("Grandma’s iPad (2025) – Küche".chars().all(tki_engine::fits_label));
/// // What turns the order of letters about.
/// assert!(!tki_engine::fits_label('\u{202e}'));
/// ```
#[must_use]
pub fn fits_label(letter: char) -> bool {
    let is_format = FORMAT
        .iter()
        .any(|(first, last)| (*first..=*last).contains(&letter));
    !letter.is_control() && !is_format && !SEPARATORS.contains(&letter)
}

/// Refuses what no new label is.
pub(crate) fn check(label: &str) -> Result<(), Error> {
    if label.len() > limits::LABEL_BYTES || !label.chars().all(fits_label) {
        return Err(InvalidChange::Label.into());
    }
    Ok(())
}

//! The lists of BIP-39 and SLIP-39, how words are found in a text, and whose they are.
//!
//! The lists share 553 words, few enough that a phrase of one is told from a phrase of the other by
//! counting, even if some of it cannot be read.

use bip39::Language;

pub(crate) use crate::slip39::WORDS as SLIP39;

/// Letters of the longest word of either list.
pub(crate) const LONGEST_WORD: usize = 8;

/// How many words are looked at to tell whose they are: no phrase has more.
const COUNTED: usize = 64;

/// How many of them must be known: no phrase has fewer than twelve words.
const LEAST: usize = 10;

/// The English list of BIP-39: 2048 words.
pub(crate) fn bip39() -> &'static [&'static str] {
    Language::English.word_list()
}

/// The words of a text, without what people put around them.
pub(crate) fn words_of(text: &str) -> impl Iterator<Item = &str> {
    // Editors leave this mark at the beginning of a file.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    lines.flat_map(str::split_whitespace).filter_map(|token| {
        let word = token.trim_matches(|c: char| !c.is_alphabetic());
        let is_numbering = word.is_empty() && token.contains(|c: char| c.is_ascii_digit());
        (!is_numbering).then_some(word)
    })
}

/// The place of a word in a list.
pub(crate) fn index_of(word: &str, list: &[&str]) -> Option<u16> {
    let index = list
        .iter()
        .position(|listed| listed.eq_ignore_ascii_case(word))?;
    u16::try_from(index).ok()
}

/// Whether more words of the text are in the list of SLIP-39 than in that of BIP-39.
pub(crate) fn is_slip39(text: &str) -> bool {
    is_rather(text, SLIP39, bip39())
}

/// Whether more words of the text are in the list of BIP-39 than in that of SLIP-39.
pub(crate) fn is_bip39(text: &str) -> bool {
    is_rather(text, bip39(), SLIP39)
}

/// Whether most words are in one list, and fewer in the other: prose has some of either.
fn is_rather(text: &str, list: &[&str], other: &[&str]) -> bool {
    let all = words_of(text).take(COUNTED).count();
    let found = count(text, list);
    found >= LEAST && 4 * found >= 3 * all && found > count(text, other)
}

fn count(text: &str, list: &[&str]) -> usize {
    let known = |word: &&str| index_of(word, list).is_some();
    words_of(text).take(COUNTED).filter(known).count()
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_WORD, SLIP39, bip39, index_of};

    #[test]
    fn the_lists_are_whole_and_half_of_the_shorter_is_in_the_other() {
        for (list, length) in [(bip39(), 2048), (SLIP39, 1024)] {
            assert_eq!(list.len(), length);
            assert!(list.is_sorted());
            assert!(list.iter().all(|word| word.len() <= LONGEST_WORD));
        }
        let shared = SLIP39
            .iter()
            .filter(|word| index_of(word, bip39()).is_some());
        assert_eq!(shared.count(), 553);
    }
}

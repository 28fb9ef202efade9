//! Names and words: letters and digits, without case and accents.

use alloc::string::String;
use core::iter;

use unicode_normalization::{UnicodeNormalization as _, char::canonical_combining_class};
use zeroize::Zeroizing;

use super::{collect, digits};

/// The letters and digits of a text in their one form.
pub(super) fn read(typed: &str) -> Zeroizing<String> {
    // Step 1.7: letters, digits, and the marks that make another letter; nothing between them.
    collect(|| characters(typed).filter(|c| c.is_alphanumeric() || makes_another_letter(*c)))
}

/// The characters of a text without case and accents; punctuation and spaces are still there.
pub(crate) fn characters(typed: &str) -> impl Iterator<Item = char> {
    // Step 1.2: NFKD.
    typed
        .nfkd()
        // Step 1.3: no combining marks but those that make another letter.
        .filter(|c| canonical_combining_class(*c) == 0 || makes_another_letter(*c))
        // Step 1.4: no case: capital, then small, so that ß is ss and both sigmas are one.
        .flat_map(|c| c.to_uppercase().flat_map(char::to_lowercase))
        .filter(|c| canonical_combining_class(*c) == 0 || makes_another_letter(*c))
        // Step 1.5: letters that have an accent and no decomposition.
        .flat_map(plain)
        // Step 1.6: ASCII digits.
        .map(digits::to_ascii)
}

/// Nukta, voicing mark, virama: in the scripts that have them no accents, but part of the letter.
fn makes_another_letter(character: char) -> bool {
    matches!(canonical_combining_class(character), 7..=9)
}

/// Latin letters that Unicode does not decompose, as people write them without their keyboard.
fn plain(letter: char) -> impl Iterator<Item = char> {
    let (first, second) = match letter {
        'æ' => ('a', Some('e')),
        'đ' | 'ð' => ('d', None),
        'ħ' => ('h', None),
        'ı' => ('i', None),
        'ł' => ('l', None),
        'ø' => ('o', None),
        'œ' => ('o', Some('e')),
        'þ' => ('t', Some('h')),
        'ŧ' => ('t', None),
        other => (other, None),
    };
    iter::once(first).chain(second)
}

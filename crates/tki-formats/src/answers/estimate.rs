//! How hard answers are to guess: an estimate that is meant to be too low, and a floor below which
//! no account should rely on them.
//!
//! An estimate says how many bits of work we dare to promise for an answer whose question is known.
//! It is the smaller of two: what people's answers to the question are typically worth, and what
//! the characters of this one can be worth. Neither knows the person: whoever knows them, or has
//! read what they published, guesses better.
//!
//! ```text
//! characters:  4 bits the first, 2 each of the next 7, 1.5 each of the next 12, 1 each of the rest;
//!              none for one that repeats or continues the one before (aa, ab, 98)
//! digits:      2.5 each, with the same exception
//! floor:       59 − ⌊log₂(KiB of memory · passes)⌋, at least 30; 10 where an evaluator counts
//! ```
//!
//! Reference for the characters: NIST SP 800-63-2, Appendix A, which was withdrawn because real
//! passwords are worth less; here it is a bound among others. Specification: `docs/spec/answers.md`,
//! section 2.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::{Answer, AnswerKind};

/// Bits that the t weakest answers have to be worth where every combination has to be evaluated by
/// a server that counts.
pub const FLOOR_WITH_EVALUATOR: u32 = 10;

/// Bits that the t weakest answers have to be worth where nothing but the memory-hard derivation
/// stands between the stored bytes and a guess.
///
/// ```text
/// 59 − ⌊log₂(memory_kib · iterations)⌋, at least 30
/// ```
///
/// With 64 MiB and 8 passes that is 40: half of 2⁴⁰ guesses at half a second are 8 700 years of a
/// processor. Cheaper derivations ask for more bits, so that the work stays the same.
///
/// # Examples
/// ```
/// use tki_formats::answers::estimate::floor_without_evaluator;
///
/// assert_eq!(floor_without_evaluator(64 * 1024, 8), 40);
/// assert_eq!(floor_without_evaluator(8, 1), 56);
/// ```
#[must_use]
pub const fn floor_without_evaluator(memory_kib: u32, iterations: u32) -> u32 {
    // Step 2.6: what one guess costs is taken off the work that is asked for.
    let cost = (memory_kib as u64).saturating_mul(iterations as u64);
    let bits = match cost.checked_ilog2() {
        Some(bits) => WORK.saturating_sub(bits),
        None => WORK,
    };
    if bits > LEAST_FLOOR {
        bits
    } else {
        LEAST_FLOOR
    }
}

/// What the t weakest answers are worth together: whoever guesses chooses the easiest combination.
///
/// # Examples
/// ```
/// use tki_formats::answers::estimate::weakest;
///
/// assert_eq!(weakest([9, 14, 8, 11, 10], 3), 27);
/// ```
#[must_use]
pub fn weakest(bits: impl IntoIterator<Item = u16>, threshold: usize) -> u32 {
    // Step 2.5: the sum of the t smallest.
    let mut bits: Vec<u16> = bits.into_iter().collect();
    bits.sort_unstable();
    bits.iter().take(threshold).copied().map(u32::from).sum()
}

impl Answer {
    /// How many bits this answer is worth, given what answers to its question typically are.
    ///
    /// # Security
    /// The number says something about the answer, as its length does. Not constant time.
    ///
    /// # Examples
    /// ```
    /// use tki_formats::answers::{Answer, AnswerKind};
    ///
    /// let bits = |pin| Answer::read(AnswerKind::Digits, pin).map(|pin| pin.estimated_bits(20));
    /// assert_eq!(bits("1234"), Ok(2), "each digit follows from the one before");
    /// assert_eq!(bits("8305"), Ok(10));
    /// # Ok::<(), tki_formats::answers::AnswerError>(())
    /// ```
    #[must_use]
    pub fn estimated_bits(&self, typical: u16) -> u16 {
        let form = self.expose_secret();
        let half_bits = match self.kind() {
            // Step 2.1: a day of some hundred years.
            AnswerKind::Date => 2 * DAYS,
            AnswerKind::Digits => of_digits(form),
            AnswerKind::Secret if form.bytes().all(|byte| byte.is_ascii_digit()) => of_digits(form),
            AnswerKind::Secret => of_secret(form),
            AnswerKind::Text => of_characters(form.chars()),
        };
        // Step 2.4: never more than the question's own.
        u16::try_from(half_bits / 2)
            .unwrap_or(u16::MAX)
            .min(typical)
    }
}

/// Step 2.2: digits. Five half bits each, for people choose dates and patterns.
fn of_digits(form: &str) -> usize {
    5 * unforeseen(form.chars()).count()
}

/// Characters, in half bits.
fn of_characters(form: impl Iterator<Item = char>) -> usize {
    unforeseen(form)
        .zip(0_usize..)
        .map(|(_, place)| match place {
            0 => 8,
            1..8 => 4,
            8..20 => 3,
            _ => 2,
        })
        .sum()
}

/// Step 2.3: a password. Well-known words count as one character, and each change between small
/// letters, capitals, digits and signs inside it as one bit more.
fn of_secret(form: &str) -> usize {
    let characters: Zeroizing<Vec<char>> = Zeroizing::new(form.chars().collect());
    let mut kept = Zeroizing::new(Vec::with_capacity(characters.len()));
    let mut rest = characters.as_slice();
    while let Some((first, after)) = rest.split_first() {
        kept.push(*first);
        let known = COMMON.iter().filter(|word| begins_with(rest, word));
        let longest = known.map(|word| word.len()).max();
        rest = longest.map_or(after, |length| rest.get(length..).unwrap_or_default());
    }
    of_characters(kept.iter().copied().map(unmasked)).saturating_add(2 * changes(&kept))
}

/// Words of the list are ASCII: as many characters as bytes.
fn begins_with(text: &[char], word: &str) -> bool {
    text.len() >= word.len()
        && word
            .chars()
            .eq(text.iter().copied().map(unmasked).take(word.len()))
}

/// Changes of class between neighbours, without a capital in front and what is no letter behind,
/// where everybody puts them.
fn changes(characters: &[char]) -> usize {
    let last_letter = characters.iter().rposition(|c| c.is_alphabetic());
    let inside = characters
        .iter()
        .take(last_letter.map_or(0, |place| place + 1));
    let classes = inside.clone().copied().map(class);
    let following = classes.clone().skip(1);
    let changed = classes
        .zip(following)
        .filter(|(one, next)| one != next)
        .count();
    let has_capital_in_front = inside.copied().next().is_some_and(char::is_uppercase);
    changed.saturating_sub(usize::from(has_capital_in_front))
}

fn class(character: char) -> u8 {
    if character.is_uppercase() {
        1
    } else if character.is_alphabetic() || character.is_whitespace() {
        0
    } else if character.is_numeric() {
        2
    } else {
        3
    }
}

/// The small letter, or the one that a digit or a sign stands for, where people replace letters.
fn unmasked(character: char) -> char {
    match character.to_lowercase().next().unwrap_or(character) {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    }
}

/// The characters that do not repeat or continue the one before.
fn unforeseen(characters: impl Iterator<Item = char>) -> impl Iterator<Item = char> {
    let mut previous = None;
    characters.filter(move |character| {
        let number = u32::from(*character);
        let before = previous.replace(number);
        before.is_none_or(|before: u32| before.abs_diff(number) > 1)
    })
}

/// Days of a hundred years, in bits, less what everybody knows of a person's age.
const DAYS: usize = 14;

/// The work that a search is to cost without an evaluator, in bits: guesses times KiB and passes.
const WORK: u32 = 59;

/// What no derivation, however slow, makes up for.
const LEAST_FLOOR: u32 = 30;

/// What passwords are made of most often, as [`unmasked`] reads it.
const COMMON: &[&str] = &[
    "abc",
    "admin",
    "asdf",
    "azerty",
    "baseball",
    "batman",
    "bitcoin",
    "charlie",
    "contrasena",
    "dragon",
    "ethereum",
    "football",
    "freedom",
    "geheim",
    "hallo",
    "hello",
    "iloveyou",
    "jordan",
    "letmein",
    "login",
    "love",
    "master",
    "michael",
    "monkey",
    "motdepasse",
    "mustang",
    "ninja",
    "passwort",
    "password",
    "pokemon",
    "princess",
    "qazwsx",
    "qwer",
    "qwerty",
    "qwertz",
    "schatz",
    "secret",
    "shadow",
    "soleil",
    "solana",
    "summer",
    "sunshine",
    "superman",
    "test",
    "user",
    "wallet",
    "welcome",
    "winter",
    "zxcv",
    "zxcvbn",
];

//! The sheet that words are delivered on: for a person to keep, and for `--use words:FILE`.
//!
//! Every line but the words begins with `#`, which reading passes over. The version on it is a
//! witness: the account cannot be older than its sheet.

use core::fmt::Write as _;

use tki::SeedFactor;
use tki::formats::words::{self, WordsError};
use tki::metadata::{Core, HolderKind, OpeningSeed};
use tki::seal::transcript::{Tag, Transcript};
use zeroize::Zeroizing;

use crate::describe::{self, Addresses};
use crate::error::{Failure, Kind};
use crate::output::Output;
use crate::words_page;

/// The first line.
const TITLE: &str = "# tki recovery words";

/// What begins the line of the account's version.
const VERSION: &str = "# version";

/// The sheet for these words of an account as it will be.
pub(crate) fn render(
    factor: &SeedFactor<'_>,
    core: &Core,
    name: &str,
    now: u64,
) -> Result<Zeroizing<String>, Failure> {
    let phrase = words::encode(factor.expose_seed().expose_secret());
    let key = core
        .keys
        .first()
        .map(|key| key.verifying_key.as_slice())
        .unwrap_or_default();
    // Sized up front: growing would leave copies behind.
    let mut sheet = Zeroizing::new(String::with_capacity(4096));
    sheet.push_str(TITLE);
    sheet.push_str(
        "\n\
         #\n\
         # These 24 words are one factor of a tki account. Alone they open nothing; together with\n\
         # enough other factors they use its key. Keep them secret and apart from the others.\n\
         # They are NOT a wallet seed: a wallet would make an unrelated, empty account of them.\n\
         #\n",
    );
    let address = Addresses::of(core.curve, key).map_or_else(String::new, |a| a.to_string());
    let facts = [
        ("# account", core.account.to_string()),
        ("# name   ", name.to_owned()),
        ("# address", address),
        (VERSION, core.version.to_string()),
        ("# date   ", describe::date(now)),
    ];
    let next = core.keys.get(1).map(|key| key.verifying_key.as_slice());
    let next = next.and_then(|key| Addresses::of(core.curve, key));
    let next = next.map(|address| ("# next   ", address.to_string()));
    for (label, fact) in facts.into_iter().chain(next) {
        push(&mut sheet, format_args!("{label}  {fact}\n"))?;
    }
    sheet.push_str("#\n");
    for (position, word) in phrase.split_whitespace().enumerate() {
        let number = position + 1;
        if number % 4 == 0 {
            push(&mut sheet, format_args!("{number:>2} {word}\n"))?;
        } else {
            push(&mut sheet, format_args!("{number:>2} {word:<8}  "))?;
        }
    }
    let mut kinds = core.holders.iter().map(|holder| holder.kind);
    let (other, place) = if kinds.any(|kind| kind == HolderKind::Provider) {
        ("--use provider", "--storage URL --provider URL")
    } else {
        ("--use words:ANOTHER-FILE", "--storage URL")
    };
    push(
        &mut sheet,
        format_args!(
            "#\n\
             # To use them: tki recover --use words:THIS-FILE {other}\n\
             # On another machine say where things are: {place}\n\
             # Compare the address first, and give the version if you are asked.\n"
        ),
    )?;
    Ok(sheet)
}

/// The same with a code of the words after it: black on white, whatever colours the terminal has.
pub(crate) fn with_code(
    sheet: &str,
    factor: &SeedFactor<'_>,
) -> Result<Zeroizing<String>, Failure> {
    let phrase = words::encode(factor.expose_seed().expose_secret());
    let lines = words_page::code(&phrase)?.to_terminal();
    let length = sheet.len().saturating_add(2 * lines.len());
    let mut text = Zeroizing::new(String::with_capacity(length));
    text.push_str(sheet);
    for line in lines.lines() {
        push(&mut text, format_args!("\u{1b}[30;47m{line}\u{1b}[0m\n"))?;
    }
    Ok(text)
}

fn push(sheet: &mut String, text: core::fmt::Arguments<'_>) -> Result<(), Failure> {
    sheet
        .write_fmt(text)
        .map_err(|_| Failure::new(Kind::Internal, "a sheet could not be written"))
}

/// The hash by which a device knows the sheet that its own pending operation wrote.
pub(crate) fn hash(sheet: &[u8]) -> [u8; 32] {
    Transcript::new(Tag::RecoveryFile).bytes(sheet).digest()
}

/// Whether a text is a sheet, or the page of one.
pub(crate) fn is_sheet(text: &str) -> bool {
    let mut lines = text.lines();
    lines.any(|line| line.trim_end() == TITLE) || words_page::read(text).is_some()
}

/// The words on a sheet, or typed, and the version beside them if there is one.
pub(crate) fn parse(text: &str) -> Result<(SeedFactor<'static>, Option<u64>), WordsError> {
    let page = words_page::read(text);
    let (text, printed) = match &page {
        Some((words, version)) => (words.as_str(), *version),
        None => (text, None),
    };
    let seed = words::decode(text)?;
    let factor = SeedFactor::new(HolderKind::Words, "", OpeningSeed::from_bytes(&seed));
    let version = text.lines().find_map(|line| line.strip_prefix(VERSION));
    let version = version.and_then(|version| version.trim().parse().ok());
    Ok((factor, version.or(printed)))
}

/// What is wrong with words from a file. Says which word; near words, which are as good as the word
/// itself, only to somebody who looks at a terminal, and never to a log.
pub(crate) fn failure(error: &WordsError, output: Output) -> Failure {
    let message = if output.is_watched() {
        hint(error)
    } else {
        error.to_string()
    };
    let failure = Failure::new(Kind::WrongWords, message);
    if matches!(error, WordsError::FactorFile) {
        failure.next("use it as a file: --use file:FILE")
    } else if matches!(error, WordsError::Slip39) {
        failure.next("to make an account of the key: tki import --format slip39 FILE FILE")
    } else {
        failure
    }
}

/// The same for whoever typed them, with the words that were perhaps meant.
pub(crate) fn hint(error: &WordsError) -> String {
    if let WordsError::UnknownWord { near, .. } = error
        && !near.is_empty()
    {
        return format!("{error}; near it are: {}", near.join(", "));
    }
    error.to_string()
}

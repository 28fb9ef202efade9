//! Messages that people carry from one machine to another: armoured text, in files or on standard
//! output.

use std::path::Path;

use serde::Serialize;
use tki::formats::armour::{self, ArmourError};
use tki::metadata::{Digits, Error as FormatError, Message};
use zeroize::Zeroizing;

use crate::args::MessageOut;
use crate::asking;
use crate::codes::Code;
use crate::error::{Failure, Kind};
use crate::output::{self, SCHEMA};
use crate::session::Session;

/// A message as it is printed.
#[derive(Serialize)]
struct Printed<'a> {
    schema: u32,
    /// The armoured text, unless it went to a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// The picture of its QR code.
    #[serde(skip_serializing_if = "Option::is_none")]
    qr_file: Option<String>,
    /// The digits to compare; never part of the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(flatten)]
    says: &'a Says,
}

/// What the message that came before this one said of its sender; nobody has proven it yet.
#[derive(Default, Serialize)]
pub(crate) struct Says {
    /// Who asks to join, or for help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) label: Option<String>,
    /// What the owner calls the account that is joined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) joins: Option<String>,
}

/// Reads the content of a message.
pub(crate) fn read(session: &Session, path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let limit = u64::try_from(armour::MAX_TEXT).unwrap_or(u64::MAX);
    let content = session.input.read(path, "message", limit)?;
    // What is no text has no armour in it.
    let text = core::str::from_utf8(&content).unwrap_or_default();
    let read = armour::decode(text).map_err(|error| unreadable_text(error, path))?;
    Ok(read.content)
}

fn unreadable_text(error: ArmourError, path: &Path) -> Failure {
    let message = format!("{}: {error}", path.display());
    Failure::new(Kind::CorruptFile, message).next("copy the whole message again, from line to line")
}

/// A message that was decoded, or why not.
pub(crate) fn decoded<T>(message: Result<T, FormatError>) -> Result<T, Failure> {
    message.map_err(|error| {
        let text = tki::with_causes(&error);
        if error.is_unsupported() {
            Failure::new(Kind::Unsupported, text)
        } else if let FormatError::OtherMessage { found, .. } = error {
            Failure::usage(text).next(command_for(found))
        } else {
            Failure::new(Kind::CorruptFile, text).next("ask for the message again")
        }
    })
}

/// Where a message belongs that was given to another command.
const fn command_for(message: Message) -> &'static str {
    match message {
        Message::HelpAnswer => "it is used as a factor: tki recover --use guardian:FILE",
        Message::HelpRequest => "as the guardian: tki guardian help NAME FILE",
        Message::JoinInvite => {
            "on the new machine: tki device reply FILE; as a guardian: tki guardian accept NAME FILE"
        }
        Message::JoinReply | Message::JoinRequest => {
            "on a device of the account: tki device approve FILE; of a guardian: tki guardian \
             approve FILE"
        }
        _ => "give the message that is asked for: see tki --help",
    }
}

/// Writes a message for somebody to carry, and shows the digits that belong to it, apart from it.
pub(crate) fn write(
    session: &Session,
    message: (Message, &[u8]),
    to: &MessageOut,
    code: Option<&str>,
    says: &Says,
) -> Result<(), Failure> {
    let (kind, content) = message;
    let text = armour::encode(name(kind), content);
    let drawn = Code::of(session, &text, &to.code)?;
    if let Some(file) = &to.file {
        write_file(file, text.as_bytes())?;
    }
    let qr_file = drawn.as_ref().map_or(Ok(None), Code::write)?;
    if let Some(drawn) = &drawn {
        drawn.draw();
    }
    let printed = Printed {
        schema: SCHEMA,
        message: to.file.is_none().then_some(text.as_str()),
        file: to.file.as_ref().map(|file| file.display().to_string()),
        qr_file,
        code,
        says,
    };
    match (&to.file, code) {
        (None, code) => {
            session.output.result(&printed, &text)?;
            // Not on standard output, where they would be carried with the message.
            if let Some(code) = code.filter(|_| !session.global.json) {
                output::complain(&format!("code  {code}"));
            }
            Ok(())
        }
        (Some(_), Some(code)) => session.output.result(&printed, &format!("code  {code}\n")),
        (Some(file), None) => {
            let text = format!("file  {}\n", file.display());
            session.output.result(&printed, &text)
        }
    }
}

/// A new file. The very same content is there when the command was killed after writing it.
pub(crate) fn write_file(file: &Path, content: &[u8]) -> Result<(), Failure> {
    if holds(file, content) {
        return Ok(());
    }
    tki_file::write_new(file, content).map_err(|error| {
        Failure::file("could not write the message", &error)
            .next("name a new file: --output FILE, --qr-output FILE")
    })
}

/// Whether this message, and nothing else, is in a file already.
pub(crate) fn is_in(file: &Path, (kind, content): (Message, &[u8])) -> bool {
    holds(file, armour::encode(name(kind), content).as_bytes())
}

fn holds(file: &Path, content: &[u8]) -> bool {
    let limit = u64::try_from(content.len()).unwrap_or(u64::MAX);
    tki_file::read(file, limit).is_ok_and(|found| found.as_deref() == Some(content))
}

/// What a message is called in its armour.
const fn name(message: Message) -> &'static str {
    match message {
        Message::HelpAnswer => "HELP ANSWER",
        Message::HelpRequest => "HELP REQUEST",
        Message::JoinInvite => "INVITE",
        Message::JoinReply => "REPLY",
        Message::JoinRequest => "JOIN REQUEST",
        _ => "MESSAGE",
    }
}

/// Digits that somebody was given by eye or ear: from the command line, or asked for.
pub(crate) fn digits<const DIGITS: u32>(
    given: Option<&str>,
    question: &str,
) -> Result<Digits<DIGITS>, Failure> {
    let wrong = || {
        Failure::usage(format!("these are not {DIGITS} digits"))
            .next("run the same command again with the digits of the other side")
    };
    if let Some(given) = given {
        return Digits::parse(given).ok_or_else(wrong);
    }
    if !output::is_interactive() {
        return Err(Failure::usage("the digits of the other side are missing")
            .next("give them, as they are read to you: --code DIGITS"));
    }
    loop {
        let typed = asking::ask(question)?;
        if let Some(digits) = Digits::parse(&typed) {
            return Ok(digits);
        }
        output::complain(&format!("these are not {DIGITS} digits"));
    }
}

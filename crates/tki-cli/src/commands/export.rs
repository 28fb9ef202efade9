//! `tki export`: the key itself, whole, in a new file or, where `-` is named, on standard output.

use core::fmt::Write as _;
use std::path::Path;

use serde::Serialize;
use tki::Opened;
use tki::formats::{PrivateKey, PrivateKeyError};
use tki::seal::curve::CurveId;
use zeroize::Zeroizing;

use crate::args::{Export, FormatArg, Global};
use crate::commands::reading;
use crate::describe::{Addresses, Description, line};
use crate::error::{Failure, Kind};
use crate::output::{self, SCHEMA};
use crate::secret_input;
use crate::session::{Purpose, Session};

/// Longer than any file that is written here.
const MAX_FILE: u64 = 64 * 1024;

#[derive(Serialize)]
struct Written {
    schema: u32,
    file: String,
    format: &'static str,
    verifying_key: String,
    addresses: Addresses,
}

/// `tki export`
pub(crate) async fn run(global: &Global, arguments: &Export) -> Result<(), Failure> {
    if global.json && arguments.output == Path::new("-") {
        return Err(
            Failure::usage("on standard output the key stands alone, and is no JSON")
                .next("leave out --json, or write the key to a file: --output FILE"),
        );
    }
    let session = Session::begin(global, Purpose::Use).await?;
    reading::with_opened(&session, |opened| export(&session, opened, arguments)).await
}

fn export(session: &Session, opened: &Opened<'_>, arguments: &Export) -> Result<(), Failure> {
    let account = opened.account();
    let description = Description::of(account, session.home.account());
    let address = description.address();
    let output = session.output;
    output.say(&format!("address  {address}"));
    confirm()?;
    let content = content(&opened.export()?, arguments.format)?;
    let is_right = |found: &[u8]| {
        holds(
            found,
            arguments.format,
            account.curve(),
            account.verifying_key(),
        )
    };
    if !is_right(content.as_bytes()) {
        return Err(Failure::new(Kind::Internal, "the key does not read back"));
    }
    let file = &arguments.output;
    if file == Path::new("-") {
        output.say("Whoever sees this has the key, without any factor.");
        return output::print(&content);
    }
    write(file, &content)?;
    let found = tki_file::read(file, MAX_FILE).map(|found| found.map(Zeroizing::new));
    if !matches!(&found, Ok(Some(found)) if is_right(found)) {
        tki_file::remove(file).ok();
        let message = "the key was written and does not read back; the file is removed";
        return Err(Failure::new(Kind::Unavailable, message)
            .next("check the disk, or write it elsewhere: --output FILE"));
    }
    let written = Written {
        schema: SCHEMA,
        file: file.display().to_string(),
        format: arguments.format.name(),
        verifying_key: hex::encode(account.verifying_key()),
        addresses: address.clone(),
    };
    output.result(&written, &text(&written))
}

/// Asks; only where there is somebody to ask.
fn confirm() -> Result<(), Failure> {
    if !output::is_interactive() {
        return Ok(());
    }
    let question = "Whoever gets this key has it, without any factor and for ever. Export it?";
    if secret_input::confirm(question)? {
        return Ok(());
    }
    Err(Failure::new(Kind::InvalidChange, "nothing was exported")
        .next("to use the key without taking it out: tki sign"))
}

fn content(key: &PrivateKey, format: FormatArg) -> Result<Zeroizing<String>, Failure> {
    match format {
        FormatArg::Hex => {
            let digits = key.to_hex();
            // Sized up front: growing would leave copies behind.
            let mut line = Zeroizing::new(String::with_capacity(digits.len().saturating_add(1)));
            writeln!(line, "{}", *digits)
                .map_err(|_| Failure::new(Kind::Internal, "a line could not be written"))?;
            Ok(line)
        }
        FormatArg::Pkcs8 => key.to_pkcs8().map_err(|error| {
            let next = if error == PrivateKeyError::NoSeed {
                "write the scalar: --format hex; tki import reads it, other programs do not"
            } else {
                "use --format hex"
            };
            Failure::new(Kind::Unsupported, tki::with_causes(&error)).next(next)
        }),
    }
}

/// Whether these bytes are the account's key.
fn holds(content: &[u8], format: FormatArg, curve: CurveId, verifying_key: &[u8]) -> bool {
    let key = match format {
        FormatArg::Hex => core::str::from_utf8(content)
            .ok()
            .and_then(|text| PrivateKey::from_hex(curve, text).ok()),
        FormatArg::Pkcs8 => PrivateKey::from_pkcs8(content).ok(),
    };
    key.is_some_and(|key| key.curve() == curve && key.verifying_key() == verifying_key)
}

/// Writes a new file. The very same one is there if an earlier run was killed after writing it.
fn write(file: &Path, content: &str) -> Result<(), Failure> {
    if file.symlink_metadata().is_ok() {
        let found = tki_file::read(file, MAX_FILE).map(|found| found.map(Zeroizing::new));
        if matches!(&found, Ok(Some(found)) if found.as_slice() == content.as_bytes()) {
            return Ok(());
        }
        let message = format!("{} exists and is not overwritten", file.display());
        return Err(Failure::new(Kind::Exists, message).next("name a new file: --output FILE"));
    }
    tki_file::write_new(file, content.as_bytes())
        .map_err(|error| Failure::file("could not write the key", &error))
}

fn text(written: &Written) -> String {
    let mut text = String::new();
    let Written {
        file,
        format,
        addresses,
        ..
    } = written;
    line(&mut text, format_args!("address  {addresses}"));
    line(&mut text, format_args!("key      {file} ({format})"));
    text.push_str(
        "It was read back and is the key of this address. Whoever has the file has the key, without\n\
         any factor, also when factors are removed later. The account stays as it is.\n",
    );
    text
}

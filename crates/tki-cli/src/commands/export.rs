//! `tki export`: the key itself, whole, in a new file or, where `-` is named, on standard output.

use alloc::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use tki::formats::derivation::DerivationPath;
use tki::formats::{KeyFormat, KeyInput, KeyOutput, PrivateKey};
use tki::seal::curve::CurveId;
use tki::{Branch, Derived, Opened};
use zeroize::Zeroizing;

use crate::args::{BranchArgs, Export, Global};
use crate::asking;
use crate::commands::address::addresses;
use crate::commands::import::key_passphrase;
use crate::commands::key_options::{check_chain, check_curve, check_export, network, no_form};
use crate::commands::reading;
use crate::commands::shares;
use crate::commands::sign::no_such_key;
use crate::describe::line;
use crate::error::{Failure, Kind};
use crate::machine;
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
    addresses: BTreeMap<&'static str, String>,
}

/// `tki export`
pub(crate) async fn run(global: &Global, arguments: &Export) -> Result<(), Failure> {
    check_export(arguments)?;
    if global.json && arguments.output == Path::new("-") {
        return Err(
            Failure::usage("on standard output the key stands alone, and is no JSON")
                .next("leave out --json, or write the key to a file: --output FILE"),
        );
    }
    let session = Session::begin(global, Purpose::Use).await?;
    let next = arguments.branch.next;
    reading::with_key(&session, next, |opened| export(&session, opened, arguments)).await
}

/// What is written, and what it is held against.
struct Right<'a> {
    format: KeyFormat,
    curve: CurveId,
    verifying_key: &'a [u8],
    passphrase: Option<&'a str>,
}

fn export(session: &Session, opened: &Opened<'_>, arguments: &Export) -> Result<(), Failure> {
    let account = opened.account();
    let curve = account.curve();
    check_chain(&arguments.branch, curve)?;
    let format = arguments.format.format();
    format.map_or(Ok(()), |format| check_curve(format, curve))?;
    let addresses = known_by(opened, &arguments.branch)?;
    // A wallet makes Taproot's output key itself, from the key at the path.
    let path = arguments.branch.standard_path();
    let branch = path.as_ref().map(Branch::Path);
    let derived = match branch.or_else(|| arguments.branch.branch()) {
        Some(branch) => Some(opened.derived(branch).map_err(no_such_key)?),
        None => None,
    };
    let verifying_key = derived
        .as_ref()
        .map_or(opened.verifying_key(), Derived::verifying_key);
    let output = session.output;
    for address in addresses.values() {
        output.say(&format!("address  {address}"));
    }
    let Some(format) = format else {
        return as_shares(session, opened, derived.as_ref(), addresses, arguments);
    };
    let passphrase = passphrase(session, arguments, format)?;
    confirm()?;
    let passphrase = passphrase.as_ref().map(|passphrase| passphrase.as_str());
    let content = content(opened, derived.as_ref(), arguments, format, passphrase)?;
    let right = Right {
        format,
        curve,
        verifying_key,
        passphrase,
    };
    if !right.is(content.as_bytes()) {
        return Err(Failure::new(Kind::Internal, "the key does not read back"));
    }
    let file = &arguments.output;
    if file == Path::new("-") {
        output.say("Whoever sees this has the key, without any factor.");
        return output::print(&content);
    }
    write(file, content.as_bytes(), &right)?;
    let found = tki_file::read(file, MAX_FILE).map(|found| found.map(Zeroizing::new));
    if !matches!(&found, Ok(Some(found)) if right.is(found)) {
        tki_file::remove(file).ok();
        let message = "the key was written and does not read back; the file is removed";
        return Err(Failure::new(Kind::Unavailable, message)
            .next("check the disk, or write it elsewhere: --output FILE"));
    }
    let written = Written {
        schema: SCHEMA,
        file: file.display().to_string(),
        format: format.name(),
        verifying_key: hex::encode(verifying_key),
        addresses,
    };
    output.result(&written, &text(&written))
}

/// The address of the key on its chain.
fn known_by(
    opened: &Opened<'_>,
    branch: &BranchArgs,
) -> Result<BTreeMap<&'static str, String>, Failure> {
    let curve = opened.account().curve();
    match branch.branch() {
        None => addresses(curve, opened.verifying_key(), None),
        Some(named) => {
            let derived = opened.derived(named).map_err(no_such_key)?;
            addresses(curve, derived.verifying_key(), branch.chain)
        }
    }
}

/// The key as words, in several files.
fn as_shares(
    session: &Session,
    opened: &Opened<'_>,
    derived: Option<&Derived<'_, '_, '_>>,
    addresses: BTreeMap<&'static str, String>,
    arguments: &Export,
) -> Result<(), Failure> {
    confirm()?;
    let key = match derived {
        Some(derived) => derived.export()?,
        None => opened.export()?,
    };
    let leaving = shares::Leaving {
        output: session.output,
        input: &session.input,
        key: &key,
        addresses,
    };
    shares::export(leaving, arguments)
}

/// What a keystore is put under.
fn passphrase(
    session: &Session,
    arguments: &Export,
    format: KeyFormat,
) -> Result<Option<Zeroizing<String>>, Failure> {
    if format != KeyFormat::Keystore {
        return Ok(None);
    }
    if let Some(file) = &arguments.key_passphrase_file {
        return key_passphrase(&session.input, file).map(Some);
    }
    if !output::is_interactive() {
        return Err(Failure::usage("a keystore needs a passphrase")
            .next("give it in a file: --key-passphrase-file FILE"));
    }
    let mut typed = secret_input::prompt_new("new passphrase for the keystore")?;
    // Correctness: what was typed at a prompt is text.
    let text = String::from_utf8(core::mem::take(&mut *typed)).unwrap_or_default();
    Ok(Some(Zeroizing::new(text)))
}

/// Asks; only where there is somebody to ask.
fn confirm() -> Result<(), Failure> {
    if !output::is_interactive() {
        return Ok(());
    }
    let question = "Whoever gets this key has it, without any factor and for ever. Export it?";
    if asking::confirm(question)? {
        return Ok(());
    }
    Err(Failure::new(Kind::InvalidChange, "nothing was exported")
        .next("to use the key without taking it out: tki sign"))
}

fn content(
    opened: &Opened<'_>,
    derived: Option<&Derived<'_, '_, '_>>,
    arguments: &Export,
    format: KeyFormat,
    passphrase: Option<&str>,
) -> Result<Zeroizing<String>, Failure> {
    let network = network(arguments);
    let key = match (format, derived) {
        (KeyFormat::Xprv, None) => {
            let tree = opened.export_tree().map_err(no_such_key)?;
            let text = tree.to_xprv(network).map_err(no_form)?;
            // Sized up front: growing would leave copies behind.
            let mut line = Zeroizing::new(String::with_capacity(text.len().saturating_add(1)));
            line.push_str(&text);
            line.push('\n');
            return Ok(line);
        }
        (KeyFormat::Xprv, Some(_)) => {
            return Err(Failure::usage("an extended key is that of the whole tree")
                .next("leave out --path, --chain and --app"));
        }
        (_, Some(derived)) => derived.export()?,
        (_, None) => opened.export()?,
    };
    let mut output = KeyOutput::new().network(network);
    if let Some(passphrase) = passphrase {
        output = output.passphrase(passphrase);
    }
    key.write(format, output, &mut machine::random()?)
        .map_err(no_form)
}

impl Right<'_> {
    /// Whether these bytes are the key.
    fn is(&self, content: &[u8]) -> bool {
        // An extended key is read at its top.
        let Ok(top) = DerivationPath::from_numbers(&[]) else {
            return false;
        };
        let mut input = KeyInput::new().curve(self.curve).path(&top);
        if let Some(passphrase) = self.passphrase {
            input = input.passphrase(passphrase);
        }
        PrivateKey::read(self.format, content, input)
            .is_ok_and(|key| key.verifying_key() == self.verifying_key)
    }
}

/// Writes a new file. The same key is there in this format if an earlier run was killed after
/// writing it; salts and random numbers in it may be others.
fn write(file: &Path, content: &[u8], right: &Right<'_>) -> Result<(), Failure> {
    if file.symlink_metadata().is_ok() {
        let found = tki_file::read(file, MAX_FILE).map(|found| found.map(Zeroizing::new));
        let same = |found: &[u8]| {
            let is_random = matches!(right.format, KeyFormat::Keystore | KeyFormat::OpenSsh);
            found == content || (is_random && right.is(found))
        };
        if matches!(&found, Ok(Some(found)) if same(found)) {
            return Ok(());
        }
        let message = format!("{} exists and is not overwritten", file.display());
        return Err(Failure::new(Kind::Exists, message).next("name a new file: --output FILE"));
    }
    tki_file::write_new(file, content)
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
    for address in addresses.values() {
        line(&mut text, format_args!("address  {address}"));
    }
    line(&mut text, format_args!("key      {file} ({format})"));
    text.push_str(
        "It was read back and is the key of this address. Whoever has the file has the key, without\n\
         any factor, also when factors are removed later. The account stays as it is.\n",
    );
    text
}

//! A key as words of SLIP-39, in several files: `tki export --format slip39`, and back.

mod unfinished;

use alloc::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;
use tki::formats::PrivateKey;
use tki::formats::slip39::{self, Slip39Error, WordShare};
use tki::seal::curve::CurveId;
use zeroize::Zeroizing;

use self::unfinished::Unfinished;
use crate::args::{Export, Import};
use crate::commands::import::key_passphrase;
use crate::commands::key_options::no_form;
use crate::describe::line;
use crate::error::{Failure, Kind};
use crate::machine;
use crate::output::{Output, SCHEMA};
use crate::secret_input::StandardInput;

/// Longer than any share with its remarks.
const MAX_SHARE: u64 = 64 * 1024;

#[derive(Serialize)]
struct Written {
    schema: u32,
    folder: String,
    files: Vec<String>,
    format: &'static str,
    threshold: u8,
    shares: u8,
    verifying_key: String,
    addresses: BTreeMap<&'static str, String>,
}

/// A key that is to leave as shares, and what it is known by.
pub(crate) struct Leaving<'a> {
    pub(crate) output: Output,
    pub(crate) input: &'a StandardInput,
    pub(crate) key: &'a PrivateKey,
    pub(crate) addresses: BTreeMap<&'static str, String>,
}

/// The shares to make.
struct Sharing<'a> {
    key: &'a PrivateKey,
    address: &'a str,
    threshold: u8,
    count: u8,
    passphrase: Option<Zeroizing<String>>,
    folder: &'a Path,
}

/// Writes a folder of shares, reads them back, and says what they are.
pub(crate) fn export(leaving: Leaving<'_>, arguments: &Export) -> Result<(), Failure> {
    let Leaving {
        output,
        input,
        key,
        addresses,
    } = leaving;
    let (Some(threshold), Some(count)) = (arguments.threshold, arguments.shares) else {
        return Err(
            Failure::usage("how many shares, and how many of them are needed?")
                .next("for example: --threshold 2 --shares 3 --output FOLDER"),
        );
    };
    let file = arguments.key_passphrase_file.as_deref();
    let passphrase = file.map(|file| key_passphrase(input, file)).transpose()?;
    let known: Vec<&str> = addresses.values().map(String::as_str).collect();
    let address = known.join(" ");
    let folder = named(&arguments.output)?;
    let sharing = Sharing {
        key,
        address: &address,
        threshold,
        count,
        passphrase,
        folder: &folder,
    };
    // An earlier run may have been killed between its last file and its last word.
    if !sharing.is_there()? {
        sharing.write()?;
    }
    let lasts = tki_file::sync_parent(&folder);
    lasts.map_err(|error| {
        let folder = folder.display();
        let what = format!("the shares are in {folder}, perhaps not after a loss of power");
        Failure::file(&what, &error)
    })?;
    let files = (1..=count).map(|number| sharing.file(sharing.folder, number));
    let written = Written {
        schema: SCHEMA,
        folder: sharing.folder.display().to_string(),
        files: files.map(|file| file.display().to_string()).collect(),
        format: "slip39",
        threshold,
        shares: count,
        verifying_key: hex::encode(key.verifying_key()),
        addresses,
    };
    output.result(&written, &text(&written))
}

/// The folder by its own name, without a slash after it: its neighbour is made of that name.
fn named(output: &Path) -> Result<PathBuf, Failure> {
    let name = output.file_name().ok_or_else(|| {
        Failure::usage(format!("{} is no name for a new folder", output.display()))
            .next("name a new folder: --output FOLDER")
    })?;
    Ok(output.with_file_name(name))
}

/// What the file of one share is called.
fn file_name(number: u8, count: u8) -> String {
    format!("share-{number}-of-{count}.txt")
}

/// The key that the shares in these files hold.
pub(crate) fn import(input: &StandardInput, arguments: &Import) -> Result<PrivateKey, Failure> {
    let mut shares = Vec::with_capacity(arguments.keys.len());
    for path in &arguments.keys {
        let text = input.text(path, "words of a share")?;
        let share = WordShare::decode(&text);
        let named = |error| failure(&error).context(&path.display().to_string());
        shares.push(share.map_err(named)?);
    }
    let file = arguments.key_passphrase_file.as_deref();
    let passphrase = file.map(|file| key_passphrase(input, file)).transpose()?;
    let passphrase = passphrase.as_ref().map_or("", |text| text.as_str());
    let secret = slip39::open(&shares, passphrase).map_err(|error| failure(&error))?;
    let curve = arguments.curve.unwrap_or(CurveId::Secp256k1);
    PrivateKey::from_slip39(curve, &secret, arguments.path.as_ref()).map_err(|error| {
        Failure::usage(format!("the key: {}", tki::with_causes(&error)))
            .next("shares of a wallet need --path PATH; the curve is named by --curve")
    })
}

/// Whether the first file looks like a share, where no format is named.
pub(crate) fn is_like(content: &[u8]) -> bool {
    str::from_utf8(content).is_ok_and(slip39::is_like)
}

impl Sharing<'_> {
    fn file(&self, folder: &Path, number: u8) -> PathBuf {
        folder.join(file_name(number, self.count))
    }

    fn passphrase(&self) -> &str {
        self.passphrase.as_ref().map_or("", |text| text.as_str())
    }

    /// Whether a whole folder of shares of this very key is there already.
    fn is_there(&self) -> Result<bool, Failure> {
        if self.folder.symlink_metadata().is_err() {
            return Ok(false);
        }
        if self.holds(self.folder) {
            return Ok(true);
        }
        let message = format!("{} exists and is not overwritten", self.folder.display());
        Err(Failure::new(Kind::Exists, message).next("name a new folder: --output FOLDER"))
    }

    /// Whether every file of a folder is a share, and all of them are shares of the key.
    fn holds(&self, folder: &Path) -> bool {
        let read = |number| {
            let content = tki_file::read(&self.file(folder, number), MAX_SHARE).ok()??;
            let content = Zeroizing::new(content);
            WordShare::decode(str::from_utf8(&content).ok()?).ok()
        };
        let shares: Option<Vec<WordShare>> = (1..=self.count).map(read).collect();
        let right = |share: &WordShare| share.threshold() == self.threshold;
        shares.is_some_and(|shares| shares.iter().all(right) && self.is_key_of(&shares))
    }

    /// Whether shares open to the key.
    fn is_key_of(&self, shares: &[WordShare]) -> bool {
        let secret = slip39::open(shares, self.passphrase()).ok();
        let key =
            secret.and_then(|secret| PrivateKey::from_slip39(self.key.curve(), &secret, None).ok());
        key.is_some_and(|key| key.verifying_key() == self.key.verifying_key())
    }

    /// All shares of one sharing, or none: they come into a folder beside it first.
    fn write(&self) -> Result<(), Failure> {
        let secret = self.key.to_slip39().map_err(no_form)?;
        let mut rng = machine::random()?;
        let shares = slip39::split(
            secret.as_slice(),
            self.passphrase(),
            self.threshold,
            self.count,
            &mut rng,
        );
        let shares = shares.map_err(|error| failure(&error))?;
        let unfinished = Unfinished::create(self.folder)?;
        self.fill(unfinished.path(), &shares)
            .and_then(|()| unfinished.finish(self.folder))
            .map_err(|failure| unfinished.undo(failure))
    }

    /// Puts the shares into a folder, and reads them back.
    fn fill(&self, folder: &Path, shares: &[WordShare]) -> Result<(), Failure> {
        for share in shares {
            let sheet = self.sheet(share)?;
            let file = self.file(folder, share.number());
            tki_file::write_new(&file, sheet.as_bytes())
                .map_err(|error| Failure::file("could not write the shares", &error))?;
        }
        if self.holds(folder) {
            return Ok(());
        }
        let message = "the shares were written and do not read back";
        Err(Failure::new(Kind::Unavailable, message).next("check the disk"))
    }

    fn sheet(&self, share: &WordShare) -> Result<Zeroizing<String>, Failure> {
        use core::fmt::Write as _;

        let words = share.encode();
        // Sized up front: growing would leave copies behind.
        let mut sheet = Zeroizing::new(String::with_capacity(4096));
        let (number, count, threshold) = (share.number(), self.count, self.threshold);
        let curve = self.key.curve().name();
        let passphrase = match &self.passphrase {
            Some(_) => {
                "#\n# The passphrase that was given belongs to them; a wrong one gives another key.\n"
            }
            None => "",
        };
        let written = writeln!(
            sheet,
            "# SLIP-39 share {number} of {count}; any {threshold} of them are the key itself, with no \
             account,\n# record or login. They cannot be revoked. Keep them apart from each other.\n\
             #\n# address  {}\n# curve    {curve}\n{passphrase}#\n# To use them: tki import --format \
             slip39 --curve {curve} FILE FILE … with {threshold} of the files\n# The secret of the \
             shares is the private key, not the seed of a wallet.\n#\n{}",
            self.address,
            words.as_str(),
        );
        written.map_err(|_| Failure::new(Kind::Internal, "a share could not be written"))?;
        Ok(sheet)
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "one word for all that is damaged, now and later"
)]
fn failure(error: &Slip39Error) -> Failure {
    let (kind, next) = match error {
        Slip39Error::Bip39 => (
            Kind::WrongWords,
            "a wallet's phrase: --format bip39 --path PATH; words of a tki sheet: tki recover",
        ),
        Slip39Error::Passphrase | Slip39Error::Sharing | Slip39Error::SecretLength => {
            (Kind::Usage, "for example: --threshold 2 --shares 3")
        }
        Slip39Error::TooFewShares { .. } | Slip39Error::TooFewGroups { .. } => {
            (Kind::Usage, "name more of them: tki import FILE FILE …")
        }
        _ => (
            Kind::WrongWords,
            "correct the words, or give others, and run the same command again",
        ),
    };
    Failure::new(kind, error.to_string()).next(next)
}

fn text(written: &Written) -> String {
    let mut text = String::new();
    let Written {
        folder,
        threshold,
        shares,
        addresses,
        ..
    } = written;
    for address in addresses.values() {
        line(&mut text, format_args!("address  {address}"));
    }
    line(
        &mut text,
        format_args!("shares   {folder} ({threshold} of {shares}, slip39)"),
    );
    text.push_str(
        "They were read back and give the key of this address. Whoever has enough of them has the\n\
         key, without any factor, also when factors are removed later. The account stays as it is.\n",
    );
    text
}

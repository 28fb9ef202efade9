//! Files that are factors: written for their owner to keep, used with `--use file:FILE`.
//!
//! Where a recipient is named, the text goes through the program `age` before it is written: in the
//! clear it is never in a file.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use tki::SeedFactor;
use tki::formats::factor_file::{FactorFile, FactorFileError, FactorSeed};
use tki::metadata::{Core, HolderKind, OpeningSeed};
use zeroize::Zeroizing;

use crate::args::Global;
use crate::asking;
use crate::error::{Failure, Kind};
use crate::machine;
use crate::output;
use crate::progress::Progress;
use crate::secret_input;
use crate::session::Session;

/// What a file begins with, and `age` does not keep.
const HEAD: &str = "This is one factor of a tki account. Alone it opens nothing; together with enough \
    other factors\nit uses the account's key. Keep it secret and apart from the others.\n\
    To use it: tki recover --use file:THIS-FILE and the others, each with --use\n\n";

/// What a file that `age` wrote begins with.
const AGE: &str = "-----BEGIN AGE ENCRYPTED FILE-----";

/// How a new file is written.
#[derive(Clone)]
pub(crate) struct FileForm {
    passphrase: Option<Zeroizing<Vec<u8>>>,
    recipient: Option<String>,
}

impl FileForm {
    /// What the options say; on a terminal a passphrase is asked for.
    pub(crate) fn choose(session: &Session) -> Result<Self, Failure> {
        let Global {
            file_passphrase_file,
            age_recipient,
            ..
        } = &session.global;
        let passphrase = match file_passphrase_file {
            Some(file) => Some(session.input.passphrase(file, "passphrase of the file")?),
            None if age_recipient.is_some() || !output::is_interactive() => None,
            None if !asking::confirm("Put the file under a passphrase?")? => None,
            None => Some(secret_input::prompt_new("new passphrase of the file")?),
        };
        Ok(Self {
            passphrase,
            recipient: age_recipient.clone(),
        })
    }

    /// The file of a factor, for an account as it will be.
    pub(crate) fn render(
        &self,
        session: &Session,
        factor: &SeedFactor<'_>,
        core: &Core,
    ) -> Result<Zeroizing<String>, Failure> {
        let seed = FactorSeed::new(factor.expose_seed().expose_secret(), core.version);
        let armoured = match &self.passphrase {
            None => seed.encode(),
            Some(passphrase) => {
                let progress = Progress::start(session.output, "making the file");
                let params = machine::argon2_params();
                let sealed = seed.encode_sealed(passphrase, params, &mut machine::random()?);
                drop(progress);
                sealed.map_err(failure)?
            }
        };
        // Sized up front: growing would leave copies behind.
        let length = HEAD.len().saturating_add(armoured.len());
        let mut text = Zeroizing::new(String::with_capacity(length));
        text.push_str(HEAD);
        text.push_str(&armoured);
        match &self.recipient {
            Some(recipient) => encrypt(&text, recipient),
            None => Ok(text),
        }
    }
}

/// The factor in a file, and the version that the account had.
pub(crate) fn read(session: &Session, path: &Path) -> Result<(SeedFactor<'static>, u64), Failure> {
    let text = session.input.text(path, "factor's file")?;
    if text.contains(AGE) {
        let message = "the file is encrypted with age";
        let next = format!(
            "age --decrypt -i KEY {} | tki … --use file:-",
            path.display()
        );
        return Err(Failure::new(Kind::WrongPassphrase, message).next(next));
    }
    let file = FactorFile::decode(&text).map_err(failure)?;
    let passphrase = match &session.global.file_passphrase_file {
        _ if !file.is_sealed() => None,
        Some(file) => Some(session.input.passphrase(file, "passphrase of the file")?),
        None if output::is_interactive() => {
            let typed = secret_input::prompt("passphrase of the file")?;
            Some(Zeroizing::new(typed.as_bytes().to_vec()))
        }
        None => None,
    };
    let progress = Progress::start(session.output, "opening the file");
    let opened = file.open(passphrase.as_ref().map(|typed| typed.as_slice()));
    drop(progress);
    let opened = opened.map_err(failure)?;
    let seed = OpeningSeed::from_bytes(opened.expose_secret());
    let factor = SeedFactor::new(HolderKind::File, "", seed);
    Ok((factor, opened.account_version()))
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "one word for all that is damaged, now and later"
)]
fn failure(error: FactorFileError) -> Failure {
    let (kind, next) = match error {
        FactorFileError::KeyDerivation => (Kind::Unavailable, "free some memory, and try again"),
        FactorFileError::MissingPassphrase => (
            Kind::Usage,
            "give it in a file: --file-passphrase-file FILE",
        ),
        FactorFileError::WrongPassphrase => (
            Kind::WrongPassphrase,
            "try again: --file-passphrase-file FILE",
        ),
        FactorFileError::Unsupported { .. } => (Kind::Unsupported, "use a newer tki"),
        FactorFileError::Words => (Kind::WrongWords, "use them as words: --use words:FILE"),
        FactorFileError::OtherKind => (
            Kind::CorruptFile,
            "name the file that tki factor add file:OUT wrote",
        ),
        _ => (
            Kind::CorruptFile,
            "restore the file from a copy, or use another factor",
        ),
    };
    let message = tki::with_causes(&error);
    Failure::new(kind, message)
        .context("the factor's file")
        .next(next)
}

/// What `age` makes of a text for a recipient.
fn encrypt(text: &str, recipient: &str) -> Result<Zeroizing<String>, Failure> {
    let missing = |error: std::io::Error| {
        Failure::new(Kind::Unavailable, format!("age does not run: {error}"))
            .next("install age, or leave out --age-recipient")
    };
    let mut child = Command::new("age")
        .args(["--encrypt", "--armor", "--recipient", recipient])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(missing)?;
    if let Some(mut input) = child.stdin.take() {
        // Whether all of it arrived, what comes out tells.
        input.write_all(text.as_bytes()).ok();
    }
    let output = child.wait_with_output().map_err(missing)?;
    let encrypted = String::from_utf8(output.stdout).ok();
    match encrypted.filter(|text| output.status.success() && text.starts_with(AGE)) {
        Some(encrypted) => Ok(Zeroizing::new(encrypted)),
        None => Err(Failure::usage("age did not encrypt to this recipient")
            .next("--age-recipient takes what age-keygen prints as the public key: age1…")),
    }
}

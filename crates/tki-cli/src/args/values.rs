//! Values that options and operands have.

use core::fmt;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use clap::builder::{
    PathBufValueParser, PossibleValuesParser, StringValueParser, TypedValueParser,
};
use tki::formats::answers::AnswerKind;
use tki::formats::questions::Language;
use tki::formats::{KeyFormat, chain::Chain};
use tki::metadata::AccountId;
use tki::seal::curve::CurveId;
use tki::seal::signature::Scheme;

/// Why standard streams are refused where a file is kept.
const NEW_FILE: &str = "a new file is named, not -";

/// A backup is read back where it was written, and read twice where it is restored.
const BACKUP_FILE: &str = "a backup is a file that is named, not -";

/// Reads the path of a new file, which standard output is not.
pub(super) fn new_file() -> impl TypedValueParser<Value = PathBuf> {
    file(NEW_FILE)
}

/// Reads the path of a backup, which standard input and output are not.
pub(super) fn backup_file() -> impl TypedValueParser<Value = PathBuf> {
    file(BACKUP_FILE)
}

fn file(otherwise: &'static str) -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(move |path| {
        let is_one = path != Path::new("-");
        is_one.then_some(path).ok_or(otherwise)
    })
}

/// Reads the format of a key that leaves. No key leaves as a phrase; which format does instead is
/// said when the key is known.
pub(super) fn export_format() -> impl TypedValueParser<Value = FormatArg> {
    let formats = FormatArg::value_variants().iter();
    let values = formats.filter_map(|format| {
        let value = format.to_possible_value()?;
        Some(value.hide(*format == FormatArg::Bip39))
    });
    PossibleValuesParser::new(values).try_map(|name| FormatArg::from_str(&name, false))
}

/// Reads the name of a curve; the library has the list.
pub(super) fn curve() -> impl TypedValueParser<Value = CurveId> {
    let names = CurveId::ALL.iter().map(|curve| curve.name());
    PossibleValuesParser::new(names)
        .try_map(|name| CurveId::from_name(&name).ok_or("no curve of this name"))
}

/// Reads the code of a language; the library has the list.
pub(super) fn language() -> impl TypedValueParser<Value = Language> {
    let codes = Language::ALL.iter().map(|language| language.code());
    PossibleValuesParser::new(codes)
        .try_map(|code| Language::from_code(&code).ok_or("no language of this code"))
}

/// Reads the name of a kind of answer; the library has the list.
pub(super) fn answer_kind() -> impl TypedValueParser<Value = AnswerKind> {
    let names = AnswerKind::ALL.iter().map(|kind| kind.name());
    PossibleValuesParser::new(names)
        .try_map(|name| AnswerKind::from_name(&name).ok_or("no kind of this name"))
}

/// Reads the number of an account.
pub(super) fn account_id() -> impl TypedValueParser<Value = AccountId> {
    let digits = StringValueParser::new();
    digits.try_map(|text| {
        AccountId::from_hex(&text).ok_or("the number of an account is 64 hexadecimal digits")
    })
}

/// Reads a recipient of `age`, which is no option of its.
pub(super) fn age_recipient() -> impl TypedValueParser<Value = String> {
    StringValueParser::new().try_map(|text| {
        let is_one = text.starts_with("age1") || text.starts_with("ssh-");
        is_one
            .then_some(text)
            .ok_or("a recipient is a public key: age1… or ssh-…")
    })
}

/// Reads the name of a scheme; the library has the list.
pub(super) fn scheme() -> impl TypedValueParser<Value = Scheme> {
    let names = Scheme::ALL.iter().map(|scheme| scheme.name());
    PossibleValuesParser::new(names)
        .try_map(|name| Scheme::from_name(&name).ok_or("no scheme of this name"))
}

/// Reads the name of a chain; the library has the list.
pub(super) fn chain() -> impl TypedValueParser<Value = Chain> {
    let names = Chain::ALL.iter().map(|chain| chain.name());
    PossibleValuesParser::new(names)
        .try_map(|name| Chain::from_name(&name).ok_or("no chain of this name"))
}

/// How a private key is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatArg {
    /// A Solana keypair in base58, as wallets show it
    Base58,
    /// A phrase of BIP-39, to import the key at a path
    Bip39,
    /// Hexadecimal digits
    Hex,
    /// A JSON Web Key
    Jwk,
    /// A Web3 keystore of version 3, under a passphrase
    Keystore,
    /// OpenSSH's own file, without a passphrase
    #[value(name = "openssh")]
    OpenSsh,
    /// PKCS#8 without a passphrase, as PEM
    Pkcs8,
    /// SEC 1 without a passphrase, as PEM: EC PRIVATE KEY
    Sec1,
    /// Words of SLIP-39: several shares, some of which give the key
    Slip39,
    /// A Solana keypair as the JSON list of its tools
    Solana,
    /// Bitcoin's wallet import format
    Wif,
    /// Extended private key of BIP-32: a tree of keys
    Xprv,
}

impl FormatArg {
    /// The format of one file; shares are several.
    pub(crate) const fn format(self) -> Option<KeyFormat> {
        Some(match self {
            Self::Slip39 => return None,
            Self::Base58 => KeyFormat::Base58,
            Self::Bip39 => KeyFormat::Bip39,
            Self::Hex => KeyFormat::Hex,
            Self::Jwk => KeyFormat::Jwk,
            Self::Keystore => KeyFormat::Keystore,
            Self::OpenSsh => KeyFormat::OpenSsh,
            Self::Pkcs8 => KeyFormat::Pkcs8,
            Self::Sec1 => KeyFormat::Sec1,
            Self::Solana => KeyFormat::Solana,
            Self::Wif => KeyFormat::Wif,
            Self::Xprv => KeyFormat::Xprv,
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StoreArg {
    #[cfg(feature = "keyring")]
    Keyring,
    Passphrase,
    Plain,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum InputArg {
    Message,
    Digest,
}

/// A factor to use, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// In a file, or asked for on a terminal.
    Answers(Option<PathBuf>),
    Device,
    /// A factor's file.
    File(PathBuf),
    /// A guardian's answer.
    Guardian(PathBuf),
    Passkey(PasskeyAt),
    Provider(Option<String>),
    Words(PathBuf),
}

pub(super) fn parse_use(text: &str) -> Result<Use, String> {
    match text.split_once(':') {
        None if text == "answers" => Ok(Use::Answers(None)),
        None if text == "device" => Ok(Use::Device),
        None if text == "provider" => Ok(Use::Provider(None)),
        None if text == "words" => {
            Err("where are the words? words:FILE, or words:- to type them".into())
        }
        None if text == "guardian" => {
            Err("where is the guardian's answer? guardian:FILE; ask first: tki guardian ask".into())
        }
        Some(("answers", file)) if !file.is_empty() => Ok(Use::Answers(Some(file.into()))),
        None if text == "file" => Err("where is it? file:FILE".into()),
        Some(("file", file)) if !file.is_empty() => Ok(Use::File(file.into())),
        Some(("guardian", file)) if !file.is_empty() => Ok(Use::Guardian(file.into())),
        None if text == "passkey" => PasskeyAt::parse("").map(Use::Passkey),
        Some(("passkey", at)) => PasskeyAt::parse(at).map(Use::Passkey),
        Some(("provider", url)) if !url.is_empty() => Ok(Use::Provider(Some(url.into()))),
        Some(("words", file)) if !file.is_empty() => Ok(Use::Words(file.into())),
        _ => Err(
            "a factor is device, provider[:URL], words:FILE, file:FILE, answers:FILE, guardian:FILE \
             or passkey:WHERE"
                .into(),
        ),
    }
}

/// Where passkeys are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PasskeyAt {
    /// On a security key: this one, or the only one.
    Fido2(Option<String>),
    /// In the file of a software authenticator.
    Software(PathBuf),
}

impl PasskeyAt {
    fn parse(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "fido2" => Ok(Self::Fido2(None)),
            Some(("fido2", device)) if !device.is_empty() => Ok(Self::Fido2(Some(device.into()))),
            Some(("software", "-")) => Err(NEW_FILE.into()),
            Some(("software", file)) if !file.is_empty() => Ok(Self::Software(file.into())),
            _ => Err(
                "where is it? passkey:software:FILE, passkey:fido2 or passkey:fido2:DEVICE".into(),
            ),
        }
    }
}

impl fmt::Display for PasskeyAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fido2(None) => f.write_str("fido2"),
            Self::Fido2(Some(device)) => write!(f, "fido2:{device}"),
            Self::Software(path) => write!(f, "software:{}", path.display()),
        }
    }
}

/// A factor to make, and where what belongs to it is or goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum New {
    /// Questions, with the answers that are in this file.
    Answers(PathBuf),
    Device,
    /// A new credential on this authenticator.
    Passkey(PasskeyAt),
    /// A file with a seed, this new one.
    File(PathBuf),
    /// The login with this key file.
    Provider(Option<String>),
    /// Words, written to this new file.
    Words(Option<PathBuf>),
}

pub(super) fn parse_new(text: &str) -> Result<New, String> {
    match text.split_once(':') {
        None if text == "answers" => Err("where are the answers? answers:FILE".into()),
        None if text == "device" => Ok(New::Device),
        None if text == "provider" => Ok(New::Provider(None)),
        None if text == "words" => Ok(New::Words(None)),
        None if text == "file" => Err("where shall it go? file:OUT".into()),
        Some(("file" | "words", "-")) => Err(NEW_FILE.into()),
        Some(("answers", file)) if !file.is_empty() => Ok(New::Answers(file.into())),
        Some(("file", file)) if !file.is_empty() => Ok(New::File(file.into())),
        None if text == "passkey" => PasskeyAt::parse("").map(New::Passkey),
        Some(("passkey", at)) => PasskeyAt::parse(at).map(New::Passkey),
        Some(("provider", url)) if !url.is_empty() => Ok(New::Provider(Some(url.into()))),
        Some(("words", file)) if !file.is_empty() => Ok(New::Words(Some(file.into()))),
        _ if text.starts_with("guardian") => {
            Err("a guardian joins by offering it himself: tki guardian offer".into())
        }
        _ => Err(
            "a new factor is device, provider[:URL], words[:FILE], file:OUT, answers:FILE or \
             passkey:WHERE"
                .into(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_are_named_by_kind_and_source() {
        assert_eq!(parse_use("device"), Ok(Use::Device));
        assert_eq!(
            parse_use("provider:local:x"),
            Ok(Use::Provider(Some("local:x".into())))
        );
        assert_eq!(parse_use("words:-"), Ok(Use::Words("-".into())));
        assert_eq!(
            parse_use("guardian:answer.txt"),
            Ok(Use::Guardian("answer.txt".into()))
        );
        assert_eq!(parse_use("file:a b"), Ok(Use::File("a b".into())));
        assert_eq!(parse_new("file:a:b"), Ok(New::File("a:b".into())));
        assert!(parse_use("file").is_err());
        for (kept, wrong) in [("file:-x", "file:-"), ("words:-x", "words:-")] {
            assert!(parse_new(kept).is_ok());
            assert_eq!(parse_new(wrong), Err(NEW_FILE.into()));
        }
        assert_eq!(parse_new("passkey:software:-"), Err(NEW_FILE.into()));
        assert_eq!(parse_use("file:-"), Ok(Use::File("-".into())));
        assert!(parse_new("file:").is_err());
        assert!(parse_use("guardian").is_err());
        assert_eq!(parse_use("answers"), Ok(Use::Answers(None)));
        assert_eq!(parse_use("answers:-"), Ok(Use::Answers(Some("-".into()))));
        assert!(parse_use("answers:").is_err());
        let at = |text| parse_use(text).map_err(drop);
        let fido2 = |device: Option<&str>| Use::Passkey(PasskeyAt::Fido2(device.map(Into::into)));
        let software = Use::Passkey(PasskeyAt::Software("k".into()));
        assert_eq!(at("passkey:software:k"), Ok(software));
        assert_eq!(at("passkey:fido2"), Ok(fido2(None)));
        assert_eq!(at("passkey:fido2:/dev/k"), Ok(fido2(Some("/dev/k"))));
        for wrong in [
            "passkey",
            "passkey:",
            "passkey:software",
            "passkey:fido2:",
            "passkey:k",
        ] {
            assert!(parse_use(wrong).is_err() && parse_new(wrong).is_err());
        }
        assert!(parse_use("words").is_err());
        assert!(parse_use("provider:").is_err());
        assert!(parse_use("device:x").is_err());
    }
}

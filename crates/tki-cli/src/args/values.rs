//! Values that options and operands have.

use std::path::PathBuf;

use clap::ValueEnum;
use tki::seal::curve::CurveId;
use tki::seal::signature::Scheme;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CurveArg {
    Secp256k1,
    Ed25519,
}

impl From<CurveArg> for CurveId {
    fn from(curve: CurveArg) -> Self {
        match curve {
            CurveArg::Secp256k1 => Self::Secp256k1,
            CurveArg::Ed25519 => Self::Ed25519,
        }
    }
}

/// How a private key is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatArg {
    /// Hexadecimal digits
    Hex,
    /// PKCS#8 without a passphrase, as PEM
    Pkcs8,
}

impl FormatArg {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Hex => "hex",
            Self::Pkcs8 => "pkcs8",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum KindArg {
    Device,
    Provider,
    Words,
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemeArg {
    EcdsaSha256,
    EcdsaKeccak256,
    Bip340,
    Ed25519,
}

impl From<SchemeArg> for Scheme {
    fn from(scheme: SchemeArg) -> Self {
        match scheme {
            SchemeArg::EcdsaSha256 => Self::EcdsaSha256,
            SchemeArg::EcdsaKeccak256 => Self::EcdsaKeccak256,
            SchemeArg::Bip340 => Self::Bip340,
            SchemeArg::Ed25519 => Self::Ed25519,
        }
    }
}

/// A factor to use, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    Device,
    Provider(Option<String>),
    Words(PathBuf),
}

pub(super) fn parse_use(text: &str) -> Result<Use, String> {
    match text.split_once(':') {
        None if text == "device" => Ok(Use::Device),
        None if text == "provider" => Ok(Use::Provider(None)),
        None if text == "words" => {
            Err("where are the words? words:FILE, or words:- to type them".into())
        }
        Some(("provider", url)) if !url.is_empty() => Ok(Use::Provider(Some(url.into()))),
        Some(("words", file)) if !file.is_empty() => Ok(Use::Words(file.into())),
        _ => Err("a factor is device, provider, provider:URL or words:FILE".into()),
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
        assert!(parse_use("words").is_err());
        assert!(parse_use("provider:").is_err());
        assert!(parse_use("device:x").is_err());
    }
}

//! Which options belong to which format of a key. One that would be ignored is refused: whoever gave
//! it takes the file for something that it is not.

use std::path::Path;

use tki::formats::chain::Chain;
use tki::formats::{KeyFormat, Network, PrivateKeyError};
use tki::seal::curve::CurveId;

use crate::args::{BranchArgs, Export, FormatArg, Import};
use crate::error::Failure;

/// What can be refused before an account is opened.
pub(super) fn check_export(arguments: &Export) -> Result<(), Failure> {
    let format = arguments.format;
    let is_shares = format == FormatArg::Slip39;
    if !is_shares && (arguments.threshold.is_some() || arguments.shares.is_some()) {
        return Err(Failure::usage("only shares are several")
            .next("leave out --threshold and --shares, or name --format slip39"));
    }
    if is_shares && arguments.output == Path::new("-") {
        return Err(Failure::usage("shares go to a new folder, not -")
            .next("name the folder: --output FOLDER"));
    }
    let has_passphrase = is_shares || format == FormatArg::Keystore;
    if !has_passphrase && arguments.key_passphrase_file.is_some() {
        return Err(
            Failure::usage("the key would be in this format without the passphrase")
                .next("leave out --key-passphrase-file, or name --format keystore"),
        );
    }
    if !arguments.testnet {
        return Ok(());
    }
    if !matches!(format, FormatArg::Wif | FormatArg::Xprv) {
        return Err(Failure::usage("a key in this format is for any network")
            .next("leave out --testnet, or name --format wif or xprv"));
    }
    match arguments.branch.chain {
        None | Some(Chain::Bitcoin(Network::Test) | Chain::BitcoinTaproot(Network::Test)) => Ok(()),
        Some(chain) => {
            let message = format!("{} is no test network", chain.name());
            Err(Failure::usage(message)
                .next("leave out --testnet, or name --chain bitcoin-test or bitcoin-taproot-test"))
        }
    }
}

/// Which network a key is written for: the one that was named, or that of the chain.
pub(super) fn network(arguments: &Export) -> Network {
    let is_of_test_chain = matches!(
        arguments.branch.chain,
        Some(Chain::Bitcoin(Network::Test) | Chain::BitcoinTaproot(Network::Test))
    );
    if arguments.testnet || is_of_test_chain {
        Network::Test
    } else {
        Network::Main
    }
}

/// What can be refused before a key is read, once it is known how it is written.
pub(super) fn check_import(arguments: &Import, format: KeyFormat) -> Result<(), Failure> {
    let has_passphrase = matches!(format, KeyFormat::Bip39 | KeyFormat::Keystore);
    if arguments.key_passphrase_file.is_some() && !has_passphrase {
        let message = format!(
            "a key in this format ({}) is under no passphrase",
            format.name()
        );
        return Err(Failure::usage(message).next(
            "leave out --key-passphrase-file; it is for a keystore, a phrase or a wallet's shares",
        ));
    }
    let is_tree = matches!(format, KeyFormat::Bip39 | KeyFormat::Xprv);
    if arguments.path.is_some() && !is_tree {
        let message = format!("the file ({}) holds one key and no tree", format.name());
        return Err(Failure::usage(message)
            .next("leave out --path; it is for a phrase, an extended key or a wallet's shares"));
    }
    Ok(())
}

/// What can be refused before a passphrase is asked for, once the curve is known.
pub(super) fn check_curve(format: KeyFormat, curve: CurveId) -> Result<(), Failure> {
    let is_tree_known = curve == CurveId::Secp256k1;
    if format == KeyFormat::Bip39 {
        let next = if is_tree_known {
            "give a wallet the account's tree of keys: --format xprv"
        } else if curve == CurveId::Ed25519 {
            "give a wallet the key: --format base58 or --format solana"
        } else {
            "use --format pkcs8 or --format hex"
        };
        return Err(Failure::usage("no phrase leads to a key that exists already").next(next));
    }
    if matches!(format, KeyFormat::Keystore | KeyFormat::Xprv) && !is_tree_known {
        return Err(no_form(PrivateKeyError::NoForm));
    }
    Ok(())
}

/// That the account's key is none of the chain's is the caller's mistake.
pub(super) fn check_chain(branch: &BranchArgs, curve: CurveId) -> Result<(), Failure> {
    match branch.chain {
        Some(chain) if chain.curve() != curve => {
            let message = format!(
                "{} is a chain of another curve: its keys are of {}, the account's is of {}",
                chain.name(),
                chain.curve().name(),
                curve.name()
            );
            Err(Failure::usage(message).next("name a chain of the account's curve, or --app NAME"))
        }
        _ => Ok(()),
    }
}

/// That a format has no form for the key is the caller's mistake: another one has.
pub(super) fn no_form(error: PrivateKeyError) -> Failure {
    let next = if error == PrivateKeyError::NoSeed {
        "write the scalar: --format hex; tki import reads it, other programs do not"
    } else {
        "use --format hex or --format pkcs8"
    };
    Failure::usage(tki::with_causes(&error)).next(next)
}

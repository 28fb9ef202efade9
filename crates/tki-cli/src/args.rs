//! What can be typed. Nothing secret can: secrets come from prompts, files and standard input.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use tki::metadata::AccountId;

mod codes;
mod custody;
mod joining;
mod operands;
mod rotate;
mod standing;
mod structure;
mod values;

pub(crate) use clap_complete::Shell;
pub(crate) use codes::CodeOut;
pub(crate) use custody::{Custody, KeptArgs};
pub(crate) use joining::{
    Accept, Approve, Ask, DeviceCommand, Forget, GuardianCommand, Help, MessageOut, Offer, Reply,
    Request,
};
pub(crate) use operands::{
    AccountsCommand, AddFactor, Address, AnswerOptions, BranchArgs, CopyStorage, Create, Demo,
    Export, FactorCommand, FileArg, Import, Man, Over, Questions, ReceiptsCommand, ReceiptsOf,
    Recover, RemoveFactor, RenameFactor, Renew, ReplaceFactor, Show, Sign, StorageArg,
    StorageCommand, Verify,
};
pub(crate) use rotate::Rotate;
pub(crate) use standing::{Doctor, Drill, Health};
pub(crate) use structure::{SetStructure, SetThreshold, StructureCommand, ThresholdCommand};
use values::parse_use;
pub(crate) use values::{FormatArg, InputArg, New, PasskeyAt, StoreArg, Use};

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  anything else
  2  wrong usage, or a change that cannot be
  3  not enough factors at hand
  4  refused: wrong words, passphrase or share, bad signature, corrupt file, old state, unverified
  5  unavailable: busy, disk full, read-only, no provider, no storage
  6  conflict: lost a race, or the name exists
  7  something was found: tki doctor, tki health --strict
  130  cancelled at a question

Data goes to standard output, everything else to standard error. Secrets are never arguments.
First steps:
  tki demo
  tki create --recovery-out words.txt
  printf hello | tki sign message - --scheme bip340";

const QUESTIONS: &str = "\
Examples:
  tki questions --language de
  tki questions --check \"What is your favourite film?\"

A file of answers has a line for each, and comments; it is never an argument:
  # What stands in front of = is an id from the list, or a question of your own.
  first-teacher = Miller
  \"What stood on the gate?\" = a blue heron
  \"On which day did we leave?\" (date) = 7 March 1984
Kinds of answers: text, date, digits, and secret, of which every character counts.
To use it: tki factor add answers:FILE";

const CUSTODY: &str = "\
Examples:
  tki custody
  tki custody --keeper 3=bank --together 2,4 --svg custody.svg
  tki custody --preset balanced

A THING is a factor by its number, as tki factor list prints it, or storage, evaluator, archive,
old-copies, or backup:1 to backup:N with --backups N. Without a word from you, factors are where
their kind usually is, and what is in this home is taken with this machine.
The word self-custodial is said only where nobody without you can use the key.";

/// One key that nobody holds, used by any T of the factors its owner chose.
#[derive(Debug, Parser)]
#[command(name = "tki", version, after_help = EXIT_CODES, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options that every command takes, before or after its name.
#[derive(Args, Clone, Debug)]
pub(crate) struct Global {
    /// Folder of everything that this machine keeps
    #[arg(
        long,
        value_name = "DIR",
        global = true,
        help = "Folder of everything that this machine keeps \
                [default: TKI_HOME, or the platform's data folder]",
        help_heading = "Places"
    )]
    pub(crate) home: Option<PathBuf>,
    /// Which account of this machine
    #[arg(
        long,
        value_name = "NAME",
        global = true,
        default_value = "main",
        help_heading = "Places"
    )]
    pub(crate) account: String,
    /// Which account of the factors, where one of them holds several: its number, as tki show prints it
    #[arg(
        long,
        value_name = "NUMBER",
        global = true,
        value_parser = values::account_id(),
        help_heading = "Places"
    )]
    pub(crate) account_id: Option<AccountId>,
    /// Where records are stored
    #[arg(
        long,
        value_name = "URL",
        global = true,
        help = "Where records are stored: redb:PATH, https://HOST or http://HOST:PORT of a storage \
                server, or bundle:FILE to read a backup [default: the server that the home uses, or \
                a file in it]",
        help_heading = "Places"
    )]
    pub(crate) storage: Option<String>,
    /// Trust the certificates in this PEM file, besides the public ones, when a storage server shows one
    #[arg(long, value_name = "FILE", global = true, help_heading = "Places")]
    pub(crate) storage_ca: Option<PathBuf>,
    /// Speak http:// also to a storage server that is not this machine: others then see which records
    /// are read, and can withhold them
    #[arg(long, global = true, help_heading = "Places")]
    pub(crate) insecure_http: bool,
    /// The login: local:PATH, a key file for development and self-hosting (default: in the home)
    #[arg(long, value_name = "URL", global = true, help_heading = "Places")]
    pub(crate) provider: Option<String>,
    /// Use exactly these factors: device, provider, provider:URL, words:FILE (or words:-),
    /// `file:FILE`, answers:FILE, guardian:FILE with a guardian's answer, passkey:software:FILE,
    /// passkey:fido2[:DEVICE]
    #[arg(
        long = "use",
        value_name = "KIND[:SOURCE]",
        global = true,
        value_parser = parse_use,
        help_heading = "Factors"
    )]
    pub(crate) uses: Vec<Use>,
    /// The evaluator of answers: local:PATH, a key file that counts how often it is asked, best kept
    /// where the account's records are not
    #[arg(long, value_name = "URL", global = true, help_heading = "Places")]
    pub(crate) evaluator: Option<String>,
    /// Use this device's own copies, with every server gone
    #[arg(long, global = true, help_heading = "Factors")]
    pub(crate) offline: bool,
    /// File with the passphrase of this device, or of a guardian's file; - for standard input
    #[arg(long, value_name = "FILE|-", global = true, help_heading = "Factors")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// File with the passphrase of the provider's key file, or - for standard input
    #[arg(long, value_name = "FILE|-", global = true, help_heading = "Factors")]
    pub(crate) provider_passphrase_file: Option<PathBuf>,
    /// File with the passphrase of a software authenticator of passkeys, or - for standard input
    #[arg(long, value_name = "FILE|-", global = true, help_heading = "Factors")]
    pub(crate) passkey_passphrase_file: Option<PathBuf>,
    /// File with the passphrase of a factor's file, used or made, or - for standard input
    #[arg(long, value_name = "FILE|-", global = true, help_heading = "Factors")]
    pub(crate) file_passphrase_file: Option<PathBuf>,
    /// Encrypt a new factor's file to this recipient (age1…) with the program age
    #[arg(
        long,
        value_name = "RECIPIENT",
        value_parser = values::age_recipient(),
        global = true,
        help_heading = "Factors"
    )]
    pub(crate) age_recipient: Option<String>,
    /// How a new device keeps its package: under a passphrase, under a key in the system's keyring,
    /// or plain, which is not encrypted
    #[arg(
        long,
        value_name = "STORE",
        global = true,
        value_enum,
        default_value = "passphrase",
        help_heading = "Factors"
    )]
    pub(crate) device_store: StoreArg,
    /// Change the account although nothing vouches that this is its newest version; create one
    /// although a creation with this login was begun elsewhere and did not finish
    #[arg(long, global = true, help_heading = "Freshness")]
    pub(crate) accept_unverified: bool,
    /// The account has at least this version, as printed beside the words
    #[arg(long, value_name = "N", global = true, help_heading = "Freshness")]
    pub(crate) at_least_version: Option<u64>,
    /// Print JSON, and errors as JSON
    #[arg(long, global = true, help_heading = "Output")]
    pub(crate) json: bool,
    /// Print nothing but data and errors
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "verbose",
        help_heading = "Output"
    )]
    pub(crate) quiet: bool,
    /// Say more about what happens
    #[arg(short, long, global = true, help_heading = "Output")]
    pub(crate) verbose: bool,
}

impl Global {
    /// What a command line stands for that could not be read and asks for JSON.
    pub(crate) const fn for_json_errors() -> Self {
        Self {
            home: None,
            account: String::new(),
            account_id: None,
            storage: None,
            storage_ca: None,
            insecure_http: false,
            provider: None,
            evaluator: None,
            uses: Vec::new(),
            offline: false,
            passphrase_file: None,
            provider_passphrase_file: None,
            passkey_passphrase_file: None,
            file_passphrase_file: None,
            age_recipient: None,
            device_store: StoreArg::Passphrase,
            accept_unverified: false,
            at_least_version: None,
            json: true,
            quiet: false,
            verbose: false,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show a key being created, used, lost, recovered and revoked, in a temporary home
    #[command(after_help = "Example:\n  tki demo --seed 7")]
    Demo(Demo),
    /// Create an account: one key, shared over new factors
    #[command(after_help = "Examples:\n  tki create --recovery-out words.txt\n  \
        tki create --curve ed25519 --factor device --factor words --recovery-out words.txt\n  \
        tki create --preset balanced --recovery-out words.txt --factor file:file.txt\n  \
        tki create --factor device --factor passkey:fido2 --factor file:/media/stick/factor.txt")]
    Create(Create),
    /// Create an account around a key that exists already; its old copies still work
    #[command(
        after_help = "Examples:\n  tki import key.pem --recovery-out words.txt\n  \
        tki import - --format hex --curve ed25519 --recovery-out words.txt < key.hex\n  \
        tki import phrase.txt --path \"m/44'/60'/0'/0/0\" --recovery-out words.txt\n\
Whoever has another copy of the key can use it without any factor: destroy what is left of it."
    )]
    Import(Import),
    /// Take the key itself out of the account, into a new file
    #[command(
        after_help = "Examples:\n  tki export --format pkcs8 --output key.pem\n  \
        tki export --format wif --chain bitcoin --output key.wif\n  \
        tki export --format xprv --output tree.txt\n\
Whoever has the file has the key, without any factor and for ever. To use it here: tki sign."
    )]
    Export(Export),
    /// Prove that the factors at hand open the account, and show it
    #[command(after_help = "Example:\n  tki open --use words:words.txt --use provider")]
    Open,
    /// Show the account; one factor is enough
    #[command(after_help = "Examples:\n  tki --json show\n  tki show --explain")]
    Show(Show),
    /// Who can use the key without you, what brings it back, who can keep you from it, what destroys
    /// it; one factor is enough
    #[command(after_help = CUSTODY)]
    Custody(Custody),
    /// On a new machine: open with what is left, check the address, add this device
    #[command(
        after_help = "Example, where the old machine's files are in /mnt/tki:\n  \
        tki recover --storage redb:/mnt/tki/storage.redb --provider local:/mnt/tki/provider.key \\\n    \
        --use words:words.txt --use provider --replace 1"
    )]
    Recover(Recover),
    /// Say how the account stands: how many factors can still be lost, and what should be done
    #[command(
        after_help = "Examples:\n  tki health\n  tki health --strict --json\n  \
        tki health --lost 3"
    )]
    Health(Health),
    /// Prove that factors still bring the account back; writes nothing to the storage, and does not
    /// put the key together
    #[command(
        after_help = "Examples:\n  tki drill --use device --use words:words.txt\n  \
        tki drill --alone --use words:words.txt\n  \
        tki drill --storage bundle:account.tki --use words:words.txt --use file:factor.txt\n  \
        tki drill --offline --use device --use words:words.txt"
    )]
    Drill(Drill),
    /// List the accounts of this home, or remove one from it; asks for no secret
    #[command(
        args_conflicts_with_subcommands = true,
        after_help = "Examples:\n  tki accounts\n  tki accounts remove old"
    )]
    Accounts {
        #[command(subcommand)]
        command: Option<AccountsCommand>,
    },
    /// Show who changed what and when, as the account's key signed it; one factor is enough
    #[command(after_help = "Examples:\n  tki history\n  tki --json history --offline")]
    History,
    /// List what the changes that this machine made did, and who can still do what
    #[command(after_help = "Examples:\n  tki receipts\n  tki receipts 3\n  \
        tki receipts verify FILE")]
    Receipts(ReceiptsOf),
    /// Look for what is wrong with this home, its storage and its login, and say what mends it;
    /// changes nothing
    #[command(
        after_help = "Examples:\n  tki doctor\n  tki doctor --backup account.tki\n  \
        tki doctor --use words:words.txt --provider-passphrase-file FILE\n\
It ends with 7 if something is wrong, and with 0 if all there is are notes."
    )]
    Doctor(Doctor),
    /// List, add, remove, replace or rename factors
    #[command(subcommand, after_help = "Example:\n  tki factor list")]
    Factor(FactorCommand),
    /// Let another machine join the account, with six digits compared by eye
    #[command(
        subcommand,
        after_help = "Example, on the new machine: tki device request --output request.txt"
    )]
    Device(DeviceCommand),
    /// Guard somebody else's account, or be guarded
    // One of its own commands is called help.
    #[command(
        subcommand,
        disable_help_subcommand = true,
        after_help = "Example, as a guardian: tki guardian offer alice --output request.txt"
    )]
    Guardian(GuardianCommand),
    /// Show or set which factors suffice together; the address stays
    #[command(
        subcommand,
        after_help = "Examples:\n  tki structure show\n  \
        tki structure set \"2 of (1, 3, 2 of (4, 5, 6))\""
    )]
    Structure(StructureCommand),
    /// Change how many factors are needed
    #[command(subcommand, after_help = "Example:\n  tki threshold set 3")]
    Threshold(ThresholdCommand),
    /// Move to a new key with the same factors, where somebody may know the present one
    ///
    /// Both keys can be used until the move is confirmed or cancelled, so that the new one can be
    /// tried, and everything moved to it. Keys that follow from the account's (--chain, --path, --app)
    /// are others with the new key, too.
    #[command(after_help = "Examples, in this order:\n  tki rotate\n  \
        printf hello | tki sign message - --scheme bip340 --next\n  \
        tki rotate --confirm ADDRESS\n\
To give the new key up: tki rotate --cancel ADDRESS\n\
ADDRESS is that of the new key, or its verifying key, as tki rotate showed it: another is refused.\n\
Without a terminal, or with --yes, it has to be named.\n\
After either of the two, no factor can use the other key: what is left at its address is out of reach.")]
    Rotate(Rotate),
    /// Give every factor a new share of the same key
    #[command(after_help = "Example:\n  tki refresh")]
    Refresh,
    /// Give factors at hand new secrets of their own: this device, and words, on a new sheet
    #[command(after_help = "Examples:\n  \
        tki renew --use device --use words:words.txt --recovery-out new.txt\n  tki renew 1")]
    Renew(Renew),
    /// Write the account's sealed records into a new file, to open it while the storage is gone
    #[command(after_help = "Examples:\n  tki backup account.tki\n  \
        tki open --storage bundle:account.tki --use device --use words:words.txt")]
    Backup(FileArg),
    /// Put the records of a backup into the storage, all of them or none; needs no factor
    #[command(after_help = "Example:\n  \
        tki restore account.tki --storage redb:new.redb")]
    Restore(FileArg),
    /// List questions that answers can be given to, or say what is bad about one of your own; needs
    /// no home
    #[command(after_help = QUESTIONS)]
    Questions(Questions),
    /// Look at a storage itself, whatever it is: check, count, copy, verify
    #[command(
        subcommand,
        after_help = "Examples:\n  tki storage check\n  \
        tki storage copy redb:records.redb https://records.example"
    )]
    Storage(StorageCommand),
    /// Show the address of the account, or of a key that follows from it
    #[command(
        after_help = "Examples:\n  tki address\n  tki address --chain bitcoin-taproot --index 3\n  \
        tki address --path \"m/44'/60'/0'/0/0\"\n  tki address --app mail\n\
Such a key is the same after every change of the account, and is put together for each use."
    )]
    Address(Address),
    /// Sign with the key, which is put together for this one signature
    #[command(
        after_help = "Examples:\n  printf hello | tki sign message - --scheme bip340\n  \
        tki sign digest hash.txt --scheme ecdsa-keccak256\n  \
        tki sign digest hash.txt --scheme ecdsa-keccak256 --chain evm --index 1"
    )]
    Sign(Sign),
    /// Verify a signature; needs no home
    #[command(
        after_help = "Example (the first vector of BIP-340, prints valid):\n  \
        printf '%064d' 0 | tki verify digest - --scheme bip340 \\\n    \
        --key 02f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9 \\\n    \
        --signature e907831f80848d1069a5371b402410364bdf1c5f8307b0084c55f1ce2dca8215\\\n\
        25f66a4a85ea8b71e482a74f382d2ce5ebeee8fdb2172f477df4900d310536c0"
    )]
    Verify(Verify),
    /// Print a script that completes tki's commands in a shell
    #[command(after_help = "Example:\n  \
        tki completions bash > ~/.local/share/bash-completion/completions/tki")]
    Completions {
        /// Whose
        #[arg(value_name = "SHELL", value_enum)]
        shell: Shell,
    },
    /// Print the manual page of a command, or write those of all
    #[command(after_help = "Examples:\n  tki man factor add | man -l -\n  \
        tki man --output ~/.local/share/man/man1")]
    Man(Man),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example() {
        fn check(command: &clap::Command) {
            let help = command
                .get_after_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            assert!(help.contains("Example"), "{}", command.get_name());
            command.get_subcommands().for_each(check);
        }
        Cli::command().get_subcommands().for_each(check);
    }
}

//! What the commands take, one structure for each that takes anything.

use std::path::PathBuf;

use clap::{Args, Subcommand, value_parser};
use tki::Branch;
use tki::custody::Preset;
use tki::formats::answers::AnswerKind;
use tki::formats::chain::Chain;
use tki::formats::derivation::DerivationPath;
use tki::formats::questions::Language;
use tki::math::Identifier;
use tki::seal::curve::CurveId;
use tki::seal::signature::Scheme;

use super::values::{self, FormatArg, InputArg, New};

/// The numbers of a path end here: BIP-32 marks hardened steps with this bit.
const BELOW_HARDENED: i64 = 1 << 31;

#[derive(Args, Debug)]
pub(crate) struct Demo {
    /// The same keys and addresses at every run with this number
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
}

#[derive(Args, Debug)]
pub(crate) struct Create {
    /// Curve of the key
    #[arg(long, value_parser = values::curve(), default_value = "secp256k1")]
    pub(crate) curve: CurveId,
    #[command(flatten)]
    pub(crate) over: Over,
}

#[derive(Args, Debug)]
pub(crate) struct Import {
    /// File with the key, or - for standard input; of shares (slip39) as many as are needed
    #[arg(value_name = "FILE|-", required = true)]
    pub(crate) keys: Vec<PathBuf>,
    /// What is in it (default: seen from the file)
    #[arg(long, value_enum)]
    pub(crate) format: Option<FormatArg>,
    /// Curve of a key in hexadecimal, of a phrase or of shares [default: secp256k1]; other files say it
    #[arg(long, value_parser = values::curve())]
    pub(crate) curve: Option<CurveId>,
    /// Which key of a phrase, an extended key or a wallet's shares, such as m/44'/60'/0'/0/0
    #[arg(long, value_name = "PATH")]
    pub(crate) path: Option<DerivationPath>,
    /// File with the passphrase of a keystore or of shares, or what is added to a phrase of BIP-39
    #[arg(long, value_name = "FILE|-")]
    pub(crate) key_passphrase_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) over: Over,
}

#[derive(Args, Debug)]
pub(crate) struct Export {
    /// How the key is written
    #[arg(long, value_parser = values::export_format())]
    pub(crate) format: FormatArg,
    /// New file for the key, or - for standard output; for shares a new folder
    #[arg(long, value_name = "FILE|-")]
    pub(crate) output: PathBuf,
    /// File with the passphrase that a keystore or shares are put under, or -
    #[arg(long, value_name = "FILE|-")]
    pub(crate) key_passphrase_file: Option<PathBuf>,
    /// How many shares are needed: slip39
    #[arg(long, value_name = "T")]
    pub(crate) threshold: Option<u8>,
    /// How many shares are made: slip39
    #[arg(long, value_name = "N")]
    pub(crate) shares: Option<u8>,
    /// For Bitcoin's test network: wif and xprv
    #[arg(long)]
    pub(crate) testnet: bool,
    #[command(flatten)]
    pub(crate) branch: BranchArgs,
}

/// Which key that follows from the account's; without any of them the account's own.
#[derive(Args, Debug)]
pub(crate) struct BranchArgs {
    /// The key at this path of the account's tree, such as m/44'/60'/0'/0/0
    #[arg(long, value_name = "PATH", conflicts_with_all = ["chain", "app"], help_heading = "Key")]
    pub(crate) path: Option<DerivationPath>,
    /// The key that a wallet of this chain would use
    #[arg(
        long,
        value_name = "CHAIN",
        value_parser = values::chain(),
        conflicts_with = "app",
        help_heading = "Key"
    )]
    pub(crate) chain: Option<Chain>,
    /// The number of that key [default: 0]
    #[arg(
        long,
        value_name = "N",
        requires = "chain",
        value_parser = value_parser!(u32).range(..BELOW_HARDENED),
        help_heading = "Key"
    )]
    pub(crate) index: Option<u32>,
    /// The key for the application of this name, which shows nothing of other keys
    #[arg(long, value_name = "NAME", help_heading = "Key")]
    pub(crate) app: Option<String>,
    /// Of the key that the account is moving to: tki rotate
    #[arg(long, help_heading = "Key")]
    pub(crate) next: bool,
}

impl BranchArgs {
    pub(crate) fn branch(&self) -> Option<Branch<'_>> {
        let app = self.app.as_deref().map(Branch::App);
        let path = self.path.as_ref().map(Branch::Path);
        let index = self.index.unwrap_or(0);
        let chain = self.chain.map(|chain| Branch::Chain(chain, index));
        app.or(path).or(chain)
    }

    /// Where a wallet of the named chain looks for its key.
    pub(crate) fn standard_path(&self) -> Option<DerivationPath> {
        self.chain?.path(self.index.unwrap_or(0)).ok()
    }
}

#[derive(Args, Debug)]
pub(crate) struct Address {
    #[command(flatten)]
    pub(crate) branch: BranchArgs,
}

/// What a new account is shared over.
#[derive(Args, Debug)]
pub(crate) struct Over {
    /// How many factors are needed
    #[arg(long, value_name = "T", default_value_t = 2)]
    pub(crate) threshold: u16,
    /// Which factors suffice together, where it is not any so many, over their kinds or their numbers
    /// in the order in which they are named: "all(device, any(words, provider))"
    #[arg(long, value_name = "STRUCTURE", conflicts_with = "threshold")]
    pub(crate) structure: Option<String>,
    /// A structure to begin with; tki custody --preset NAME says who could do what with it. Its device,
    /// its login and its first words are made without a word from you; --factor says where the rest
    /// goes
    #[arg(
        long,
        value_name = "NAME",
        value_parser = super::custody::preset(),
        conflicts_with_all = ["threshold", "structure"]
    )]
    pub(crate) preset: Option<Preset>,
    /// A factor, once for each: device, provider[:URL], words[:FILE] (default: these three),
    /// `file:OUT`, answers:FILE, passkey:software:FILE, passkey:fido2[:DEVICE]
    #[arg(long = "factor", value_name = "KIND[:SOURCE]", value_parser = values::parse_new)]
    pub(crate) factors: Vec<New>,
    #[command(flatten)]
    pub(crate) recovery: RecoveryOut,
    #[command(flatten)]
    pub(crate) answers: AnswerOptions,
    /// What this device is called in the account (default: the machine's name)
    #[arg(long, value_name = "TEXT")]
    pub(crate) label: Option<String>,
    /// Make one more account although the login holds one: another key, with another address
    #[arg(long)]
    pub(crate) another: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Show {
    /// Say which inputs led to this account: factors, slots, addresses of records
    #[arg(long)]
    pub(crate) explain: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountsCommand {
    /// Destroy what this machine keeps of an account; the account and its other factors stay
    #[command(after_help = "Examples:\n  tki accounts remove old\n  \
        tki accounts remove old --yes\n\
        To take this machine's share away from the account, first: tki factor remove ID")]
    Remove {
        /// Its name, as `tki accounts` shows it
        #[arg(value_name = "NAME")]
        name: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Args, Debug)]
pub(crate) struct RecoveryOut {
    /// Write new words to this new file instead of the terminal; one that ends in .html is a page to
    /// print
    #[arg(long = "recovery-out", value_name = "FILE", value_parser = values::new_file())]
    pub(crate) file: Option<PathBuf>,
    /// Draw new words on the terminal as a QR code too
    #[arg(long)]
    pub(crate) qr: bool,
}

/// How answers are to open, where a factor of answers is made.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct AnswerOptions {
    /// How many right answers are enough [default: 3, or all if there are fewer]
    #[arg(long = "answers-needed", value_name = "T", help_heading = "Answers")]
    pub(crate) needed: Option<u16>,
    /// Make it although the answers are too easy to guess; that is recorded in the account
    #[arg(long = "accept-guessable-answers", help_heading = "Answers")]
    pub(crate) accept_guessable: bool,
    /// Let the share itself follow from the answers, all of which are needed then: the same answers
    /// give the same share in every version of the account
    #[arg(long, help_heading = "Answers")]
    pub(crate) pegged: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Questions {
    /// In which language [default: that of the environment, or English]
    #[arg(long, value_parser = values::language(), conflicts_with = "check")]
    pub(crate) language: Option<Language>,
    /// Say what is bad about this question of your own
    #[arg(long, value_name = "QUESTION")]
    pub(crate) check: Option<String>,
    /// How the answer to it is read
    #[arg(
        long,
        value_parser = values::answer_kind(),
        default_value = "text",
        requires = "check"
    )]
    pub(crate) kind: AnswerKind,
}

#[derive(Args, Debug)]
pub(crate) struct Recover {
    /// Remove this factor, the lost one, in the same change
    #[arg(long, value_name = "ID")]
    pub(crate) replace: Option<Identifier>,
    /// What this device is called in the account (default: the machine's name)
    #[arg(long, value_name = "TEXT")]
    pub(crate) label: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FactorCommand {
    /// List the factors of the account
    #[command(after_help = "Example:\n  tki factor list")]
    List,
    /// Add a factor: words, a file, a provider (a login), answers or a passkey
    ///
    /// A device joins by asking for it, tki device request on the new one, or by tki recover; a
    /// guardian by tki guardian offer, and tki guardian approve here.
    #[command(after_help = "Examples:\n  tki factor add words:second.txt\n  \
        tki factor add passkey:fido2\n  \
        tki factor add file:/media/stick/factor.txt --file-passphrase-file FILE\n  \
        tki factor add provider:local:second.key --use device --use words:words.txt\n  \
        tki factor add answers:answers.txt --evaluator local:/other/disk/evaluator.key")]
    Add(AddFactor),
    /// Remove a factor
    ///
    /// Where no factor could be lost any more, or of a part of the structure each one would be needed, it
    /// shows what is and what would be, and asks.
    #[command(after_help = "Examples:\n  tki factor remove 1\n  tki factor remove 1 --yes")]
    Remove(RemoveFactor),
    /// Remove a factor and add a new one in its place, of its kind and label or another, in one
    /// change
    #[command(
        after_help = "Examples:\n  tki factor replace 3 --recovery-out words.txt\n  \
        tki factor replace 2 --provider local:new.key --use device --use words:words.txt\n  \
        tki factor replace 4 --with answers:new.txt\n  \
        tki factor replace 5 --with passkey:software:new.passkey\n  \
        tki factor replace 6 --with file:/media/stick/factor.txt --file-passphrase-file FILE\n\
A device is replaced on the new device: tki recover --replace ID"
    )]
    Replace(ReplaceFactor),
    /// Call a factor something else
    #[command(after_help = "Example:\n  tki factor rename 1 \"old laptop\"")]
    Rename(RenameFactor),
}

#[derive(Args, Debug)]
pub(crate) struct RemoveFactor {
    /// Its identifier, as `tki factor list` shows it
    #[arg(value_name = "ID")]
    pub(crate) identifier: Identifier,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Args, Debug)]
pub(crate) struct AddFactor {
    /// What to add: provider[:URL], words[:FILE], `file:OUT`, answers:FILE, passkey:software:FILE,
    /// passkey:fido2[:DEVICE]
    #[arg(value_name = "KIND[:SOURCE]", value_parser = values::parse_new)]
    pub(crate) new: New,
    #[command(flatten)]
    pub(crate) recovery: RecoveryOut,
    #[command(flatten)]
    pub(crate) answers: AnswerOptions,
    /// What it is called in the account
    #[arg(long, value_name = "TEXT")]
    pub(crate) label: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct ReplaceFactor {
    /// Its identifier, as `tki factor list` shows it
    #[arg(value_name = "ID")]
    pub(crate) identifier: Identifier,
    /// What takes its place (default: one of its kind)
    #[arg(long, value_name = "KIND[:SOURCE]", value_parser = values::parse_new)]
    pub(crate) with: Option<New>,
    #[command(flatten)]
    pub(crate) recovery: RecoveryOut,
    #[command(flatten)]
    pub(crate) answers: AnswerOptions,
}

#[derive(Args, Debug)]
pub(crate) struct RenameFactor {
    /// Its identifier, as `tki factor list` shows it
    #[arg(value_name = "ID")]
    pub(crate) identifier: Identifier,
    /// The new name
    #[arg(value_name = "LABEL")]
    pub(crate) label: String,
}

#[derive(Args, Debug)]
pub(crate) struct Renew {
    /// Which, of those at hand (default: this device, and the words at hand)
    #[arg(value_name = "ID")]
    pub(crate) identifiers: Vec<Identifier>,
    #[command(flatten)]
    pub(crate) recovery: RecoveryOut,
}

#[derive(Debug, Subcommand)]
pub(crate) enum StorageCommand {
    /// Look through the storage without changing it: every record of a file, and that none is missing;
    /// of a server, that it answers, how quickly, and what it says of itself
    #[command(
        after_help = "Examples:\n  tki storage check redb:/backup/storage.redb\n  \
        tki storage check https://records.example"
    )]
    Check(StorageArg),
    /// Count what is stored, and what an account takes up; of a server, this home's account
    #[command(after_help = "Example:\n  tki storage stat redb:records.redb")]
    Stat(StorageArg),
    /// Copy every record to another storage; from a server, those of this home's account
    ///
    /// What is there already is kept, an older version is replaced by one that follows from it, and
    /// nothing goes backwards. Interrupted anywhere, the same command goes on. Every record is compared
    /// at the end.
    #[command(after_help = "Examples:\n  \
        tki storage copy redb:records.redb https://records.example\n  \
        tki storage copy https://records.example redb:records.redb --account main")]
    Copy(CopyStorage),
    /// Use a storage server from now on, in this home, where no command names another; copies nothing
    #[command(after_help = "Example:\n  tki storage use https://records.example")]
    Use {
        /// Where it is
        #[arg(
            value_name = "URL",
            help = "https://HOST, or http://HOST:PORT on this machine"
        )]
        url: String,
    },
    /// Verify the signatures of every record, and who may write it; of a server, those of this home's
    /// account
    #[command(after_help = "Example:\n  tki storage verify redb:records.redb")]
    Verify(StorageArg),
}

/// A storage, if it is another one than that of the home.
#[derive(Args, Debug)]
pub(crate) struct StorageArg {
    /// Which, if it is not the home's
    #[arg(
        value_name = "URL",
        help = "redb:PATH, bundle:FILE, https://HOST or http://HOST:PORT [default: --storage]"
    )]
    pub(crate) url: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct CopyStorage {
    /// Where from
    #[arg(
        value_name = "FROM",
        help = "Where from: redb:PATH, bundle:FILE, https://HOST or http://HOST:PORT"
    )]
    pub(crate) from: String,
    /// Where to
    #[arg(
        value_name = "TO",
        help = "Where to: redb:PATH, which is made if it is not there, https://HOST or \
                http://HOST:PORT"
    )]
    pub(crate) to: String,
}

/// What is signed, and how.
#[derive(Args, Debug)]
pub(crate) struct Signed {
    /// A message, which the scheme hashes as it needs, or a digest, signed as it is
    #[arg(value_name = "message|digest", value_enum)]
    pub(crate) input: InputArg,
    /// File, or - for standard input. A digest is 64 hexadecimal digits or 32 bytes
    #[arg(value_name = "FILE|-")]
    pub(crate) file: PathBuf,
    /// The kind of signature
    #[arg(long, value_parser = values::scheme())]
    pub(crate) scheme: Scheme,
}

#[derive(Args, Debug)]
pub(crate) struct Sign {
    #[command(flatten)]
    pub(crate) signed: Signed,
    #[command(flatten)]
    pub(crate) branch: BranchArgs,
}

#[derive(Args, Debug)]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) signed: Signed,
    /// The verifying key, as `tki show` prints it
    #[arg(long, value_name = "HEX")]
    pub(crate) key: String,
    /// The signature, 64 bytes
    #[arg(long, value_name = "HEX")]
    pub(crate) signature: String,
}

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct ReceiptsOf {
    /// Only those of the change that made this version, in full
    #[arg(value_name = "VERSION")]
    pub(crate) version: Option<u64>,
    #[command(subcommand)]
    pub(crate) command: Option<ReceiptsCommand>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ReceiptsCommand {
    /// Say whether a receipt's file was signed with the key of an account; needs no home
    #[command(after_help = "Example:\n  \
        tki receipts verify 3-0c0c.json --address 0x7e5f4552091a69125d5dfcb7b8c2659029395bdf")]
    Verify {
        /// The file, or - for standard input
        #[arg(value_name = "FILE|-")]
        file: PathBuf,
        /// The address that the account is known by, as tki address prints it
        #[arg(long, value_name = "ADDRESS")]
        address: Option<String>,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Man {
    /// Whose page (default: that of tki itself)
    #[arg(value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
    /// Write one page for each command into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct FileArg {
    /// The backup
    #[arg(value_name = "FILE", value_parser = values::backup_file())]
    pub(crate) file: PathBuf,
}

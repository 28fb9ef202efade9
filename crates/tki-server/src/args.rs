//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use tki_server::backend::StorageUrl;
use tki_server::config::Settings;

/// Signed records over HTTP, from any storage.
///
/// Every setting is a flag, a variable of the environment and a line of a file. A flag wins over the
/// environment, the environment over the file.
#[derive(Debug, Parser)]
#[command(
    name = "tki-server",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "The same in three ways: --max-body 4MiB, TKI_SERVER_MAX_BODY=4MiB, and in the file \
        max-body = \"4MiB\".\n\n\
        Examples:\n  \
        tki-server --data /var/lib/tki\n  \
        tki-server --storage memory: --listen 127.0.0.1:9000\n  \
        tki-server --config /etc/tki-server.toml --tls-cert fullchain.pem --tls-key key.pem --listen [::]:443\n\n\
        It ends on SIGTERM or Ctrl-C when what was asked is answered, and reads its certificate again \
        on SIGHUP.\n\
        Exit codes: 0 ended completely, 1 failed, 2 wrong settings, 5 ended with requests unanswered."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) serve: Serving,
}

/// How to serve.
#[derive(Args, Debug)]
pub(crate) struct Serving {
    /// A file of settings, in TOML
    #[arg(long, env = "TKI_SERVER_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// What else can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Say whether the settings can be followed, and what they are
    #[command(after_help = "Example:\n  tki-server check-config --config /etc/tki-server.toml")]
    CheckConfig(Box<Serving>),
    /// Write every record into one file, of one moment; the server may run
    #[command(
        after_help = "Example:\n  tki-server backup --data /var/lib/tki /backup/tki.tki-backup\n\n\
        The file is replaced when the new one is whole. Exit codes: 0 done, 4 damaged or not found, \
        5 unavailable or no room, 1 failed otherwise."
    )]
    Backup(Backup),
    /// Print the description of the interface, in OpenAPI
    #[command(after_help = "Example:\n  tki-server openapi > openapi.json")]
    Openapi,
    /// Take the records of a backup in, where they are missing; the server may run
    #[command(
        after_help = "Example:\n  tki-server restore --data /var/lib/tki /backup/tki.tki-backup\n\n\
        The whole file is verified before. Nothing that is stored goes backwards. Broken off, the same \
        command goes on. Exit codes: 0 done, 4 damaged or not found, 5 unavailable or no room, \
        6 other records are stored in the place of some, 1 failed otherwise."
    )]
    Restore(Restore),
    /// Verify every signature of a backup, or of a storage; the server may run
    #[command(
        after_help = "Examples:\n  tki-server verify /backup/tki.tki-backup\n  \
        tki-server verify --data /var/lib/tki\n\n\
        Exit codes: 0 sound, 4 damaged or not found, 5 unavailable, 1 failed otherwise."
    )]
    Verify(Verify),
}

/// Which storage is meant.
#[derive(Args, Debug)]
pub(crate) struct Which {
    /// The data folder; a server that runs there is asked [default: tki-data]
    #[arg(long, env = "TKI_SERVER_DATA", value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// The storage [default: redb:DIR/records.redb]
    #[arg(
        long,
        env = "TKI_SERVER_STORAGE",
        value_name = "URL",
        hide_env_values = true
    )]
    pub(crate) storage: Option<StorageUrl>,
}

/// How to make a backup.
#[derive(Args, Debug)]
pub(crate) struct Backup {
    #[command(flatten)]
    pub(crate) which: Which,
    /// Make a backup of the others where records are damaged, and name these
    #[arg(long)]
    pub(crate) leave_out_damaged: bool,
    /// Print one object of JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// The file
    #[arg(value_name = "OUT")]
    pub(crate) out: PathBuf,
}

/// How to take one in.
#[derive(Args, Debug)]
pub(crate) struct Restore {
    #[command(flatten)]
    pub(crate) which: Which,
    /// Print one object of JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// The file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

/// What to verify.
#[derive(Args, Debug)]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) which: Which,
    /// Print one object of JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// A backup; without one, the storage
    #[arg(value_name = "FILE", conflicts_with_all = ["data", "storage"])]
    pub(crate) file: Option<PathBuf>,
}

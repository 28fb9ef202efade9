//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use tki_server::config::Settings;

/// Signed records over HTTP, from any storage.
///
/// Every setting is a flag, a variable of the environment and a line of a file: --max-body 4MiB,
/// TKI_SERVER_MAX_BODY=4MiB, max-body = "4MiB". A flag wins over the environment, the environment
/// over the file.
#[derive(Debug, Parser)]
#[command(
    name = "tki-server",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  \
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
    /// Print the description of the interface, in OpenAPI
    #[command(after_help = "Example:\n  tki-server openapi > openapi.json")]
    Openapi,
}

//! The binary: reads the settings, runs one command, ends with its exit code.

use core::error::Error;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use tki_server::backend::StorageUrl;
use tki_server::{Config, Ended, Surroundings, commands};

/// The storage server: signed records over HTTP, from any backend.
#[derive(Debug, Parser)]
#[command(name = "tki-server", version)]
struct Arguments {
    /// Where records are kept: redb:PATH or memory:
    #[arg(long, env = "TKI_SERVER_STORAGE", value_name = "URL")]
    storage: Option<StorageUrl>,
    /// The folder of the storage where no URL is given.
    #[arg(long, env = "TKI_SERVER_DATA", value_name = "DIR", default_value = ".")]
    data: PathBuf,
    /// Where to listen.
    #[arg(long, env = "TKI_SERVER_LISTEN", value_name = "ADDR")]
    listen: Option<core::net::SocketAddr>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let storage = arguments.storage.clone();
    let storage = storage.unwrap_or_else(|| StorageUrl::Redb(arguments.data.join("records.redb")));
    let mut config = Config::new(storage);
    if let Some(listen) = arguments.listen {
        config.listen = listen;
    }
    match run(config) {
        Ok(Ended::Completely) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(5),
        Err(error) => {
            say(&format!("error: {error}"));
            let mut source = error.source();
            while let Some(error) = source {
                say(&format!("because: {error}"));
                source = error.source();
            }
            ExitCode::from(1)
        }
    }
}

fn run(config: Config) -> Result<Ended, Box<dyn Error>> {
    let mut start = [0; 8];
    #[expect(clippy::disallowed_methods, reason = "a binary brings the randomness")]
    getrandom::fill(&mut start)?;
    #[expect(clippy::disallowed_methods, reason = "a binary brings the clock")]
    let surroundings = Surroundings::new(std::time::Instant::now, u64::from_be_bytes(start));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let listening = |address| say(&format!("listening on http://{address}"));
    let end = async {
        let mut terminate =
            match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
                Ok(signal) => signal,
                Err(_) => return,
            };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    };
    let ended = runtime.block_on(commands::serve::run(config, surroundings, listening, end))?;
    Ok(ended)
}

fn say(text: &str) {
    // Who has closed it does not want to read.
    drop(writeln!(std::io::stderr(), "{text}"));
}

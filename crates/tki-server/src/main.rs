//! The binary: reads the settings, runs one command, ends with its exit code.

extern crate alloc;

mod args;
mod lines;
mod operate;
mod signals;

use core::error::Error;
use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use tki_server::commands::{check_config, serve};
use tki_server::config::Settings;
use tki_server::logs::{self, LogFormat};
use tki_server::{Config, Ended, Notice, Surroundings};
use tokio::sync::Notify;

use crate::args::{Cli, Command, Serving};
use crate::lines::Lines;

// The library's.
use {
    async_trait as _, axum as _, base64ct as _, bytes as _, http as _, http_body as _,
    http_body_util as _, hyper as _, hyper_util as _, prometheus_client as _, rustls as _,
    serde as _, sha2 as _, thiserror as _, tki_file as _, tki_record as _, tki_storage as _,
    tki_storage_http as _, tki_storage_redb as _, tokio_rustls as _, toml as _, tower as _,
    utoipa as _,
};

/// How a command ends that did not do its work.
struct Failure {
    code: u8,
    error: Box<dyn Error>,
}

const FAILED: u8 = 1;
const WRONG_SETTINGS: u8 = 2;
const UNANSWERED: u8 = 5;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        None => run(cli.serve),
        Some(Command::CheckConfig(serving)) => check(*serving),
        Some(Command::Backup(arguments)) => return operate::backup(arguments),
        Some(Command::Restore(arguments)) => return operate::restore(arguments),
        Some(Command::Verify(arguments)) => return operate::verify(arguments),
        Some(Command::Openapi) => print(&tki_server::openapi()),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(Failure { code, error }) => {
            say(&format!("error: {error}"));
            let mut cause = error.source();
            while let Some(error) = cause {
                say(&format!("  because: {error}"));
                cause = error.source();
            }
            ExitCode::from(code)
        }
    }
}

/// The settings of flags and environment, then of the file.
fn config(serving: Serving) -> Result<Config, Failure> {
    let wrong = |error: Box<dyn Error>| Failure {
        code: WRONG_SETTINGS,
        error,
    };
    let file = serving.config.as_deref().map(Settings::read).transpose();
    let file = file.map_err(|error| wrong(error.into()))?;
    let settings = serving.settings.or(file.unwrap_or_default());
    settings.config().map_err(|error| wrong(error.into()))
}

fn check(serving: Serving) -> Result<u8, Failure> {
    let config = config(serving)?;
    check_config::check(&config).map_err(|error| Failure {
        code: WRONG_SETTINGS,
        error: error.into(),
    })?;
    print(&check_config::shown(&config))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a binary brings the clock and the randomness"
)]
fn run(serving: Serving) -> Result<u8, Failure> {
    let config = config(serving)?;
    let failed = |error: Box<dyn Error>| Failure {
        code: FAILED,
        error,
    };
    let mut start = [0; 8];
    getrandom::fill(&mut start).map_err(|error| failed(error.into()))?;
    let surroundings = Surroundings::new(std::time::Instant::now, u64::from_be_bytes(start))
        .dated(unix_seconds)
        .telling(told(config.operations.log_format));
    let (format, level) = (config.operations.log_format, config.operations.log);
    let lines = Lines::new(std::io::stderr()).map_err(|error| failed(error.into()))?;
    let subscriber = logs::subscriber(format, level, lines.clone());
    tracing::subscriber::set_global_default(subscriber).map_err(|error| failed(error.into()))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| failed(error.into()))?;
    let limit = config.shutdown_timeout;
    let ended = runtime.block_on(async {
        let reload = Notify::new();
        let end = signals::end();
        tokio::select! {
            ended = serve::run(config, surroundings, &reload, end) => ended,
            never = signals::reload(&reload) => match never {},
        }
    });
    // Calls that block, such as of a database that does not answer, are not waited for for ever.
    runtime.shutdown_timeout(limit);
    lines.flush();
    match ended {
        Ok(Ended::Completely) => Ok(0),
        Ok(_) => {
            say("ended with requests unanswered: who asked does not know what became of them");
            Ok(UNANSWERED)
        }
        Err(error) => Err(failed(error.into())),
    }
}

/// Says where the server listens in words that do not depend on what is logged; the rest is logged.
fn told(format: LogFormat) -> impl Fn(&Notice) {
    move |notice| {
        let is_place = matches!(notice, Notice::Listening { .. } | Notice::Measuring { .. });
        if is_place && format == LogFormat::Text {
            say(&notice.to_string());
        } else {
            notice.log();
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a binary brings the clock")]
fn unix_seconds() -> u64 {
    let now = std::time::SystemTime::now();
    let since = now.duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

fn print(text: &str) -> Result<u8, Failure> {
    let printed = std::io::stdout().write_all(text.as_bytes());
    printed.map(|()| 0).map_err(|error| Failure {
        code: FAILED,
        error: error.into(),
    })
}

fn say(text: &str) {
    // Who has closed it does not want to read.
    drop(writeln!(std::io::stderr(), "tki-server: {text}"));
}

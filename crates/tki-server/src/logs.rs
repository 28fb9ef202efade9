//! What the server writes about what it does: one line for each event, for people or for programs.
//!
//! No line has a body, a signature, a whole address or a client; `metrics/observe.rs` says what the
//! line of a request has.

use core::str::FromStr;

use thiserror::Error;
use tki_record::Address;
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::SubscriberExt as _;

/// How a line looks.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum LogFormat {
    /// One object of JSON.
    Json,
    /// Words.
    #[default]
    Text,
}

/// How much is written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum LogLevel {
    /// Nothing.
    Off,
    /// What somebody should look at.
    Error,
    /// And what went wrong for a client.
    Warn,
    /// And every request.
    #[default]
    Info,
    /// And what only helps those who change the server.
    Debug,
}

/// There is no such format or level.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("one of: {of}")]
#[non_exhaustive]
pub struct UnknownName {
    /// Those that there are.
    pub of: &'static str,
}

impl FromStr for LogFormat {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "json" => Ok(Self::Json),
            "text" => Ok(Self::Text),
            _ => Err(UnknownName { of: "json, text" }),
        }
    }
}

impl FromStr for LogLevel {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "off" => Ok(Self::Off),
            "error" => Ok(Self::Error),
            "warn" => Ok(Self::Warn),
            "info" => Ok(Self::Info),
            "debug" => Ok(Self::Debug),
            _ => Err(UnknownName {
                of: "off, error, warn, info, debug",
            }),
        }
    }
}

impl core::fmt::Display for LogFormat {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Json => "json",
            Self::Text => "text",
        })
    }
}

impl core::fmt::Display for LogLevel {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Off => "off",
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
        })
    }
}

impl LogLevel {
    const fn filter(self) -> LevelFilter {
        match self {
            Self::Off => LevelFilter::OFF,
            Self::Error => LevelFilter::ERROR,
            Self::Warn => LevelFilter::WARN,
            Self::Info => LevelFilter::INFO,
            Self::Debug => LevelFilter::DEBUG,
        }
    }
}

/// What writes lines of this form to this writer. A binary makes it the default of its process, a
/// test that of its thread.
pub fn subscriber<W>(
    format: LogFormat,
    level: LogLevel,
    writer: W,
) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    // What libraries say of a connection can have paths, and so addresses: only what went wrong.
    let others = level.filter().min(LevelFilter::WARN);
    let targets = Targets::new()
        .with_default(others)
        .with_target("tki_server", level.filter());
    let registry = tracing_subscriber::registry().with(targets);
    let layer = fmt::layer().with_ansi(false).with_writer(writer);
    match format {
        LogFormat::Json => Box::new(registry.with(layer.json().flatten_event(true))),
        LogFormat::Text => Box::new(registry.with(layer)),
    }
}

/// What is left of a text from elsewhere in which an address or a signature may be: of everything
/// that looks like one, its beginning.
pub(crate) fn redacted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut digits = 0_usize;
    for character in text.chars() {
        digits = if character.is_ascii_alphanumeric() {
            digits.saturating_add(1)
        } else {
            0
        };
        match digits {
            ..=LONGEST_WORD => out.push(character),
            TOO_LONG => {
                out.truncate(out.len().saturating_sub(LONGEST_WORD.saturating_sub(8)));
                out.push('…');
            }
            _ => {}
        }
    }
    out
}

/// No word of a message is longer, and no encoding of 32 bytes is shorter.
const LONGEST_WORD: usize = 24;
const TOO_LONG: usize = LONGEST_WORD + 1;

/// As much of an address as a log may have: enough to find it again among those that are known.
pub(crate) fn prefix(address: &Address) -> String {
    address.to_string().chars().take(8).collect()
}

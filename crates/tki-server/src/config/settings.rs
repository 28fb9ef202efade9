//! Where settings come from: flags, the environment, a file; the first that has one decides.

use core::net::SocketAddr;
use core::time::Duration;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Deserialize;
use thiserror::Error;

use super::values::{Size, Span, Switch};
use super::{Config, ConfigError, Cors, Operations, Rates, TlsFiles};
use crate::backend::StorageUrl;
use crate::limits::clients::Net;
use crate::logs::{LogFormat, LogLevel};

/// What may be set, each as a flag, as a variable of the environment and as a line of the file: the
/// flag `--max-body` is `TKI_SERVER_MAX_BODY` and `max-body`.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Settings {
    /// Where to listen [default: 127.0.0.1:8420]
    #[arg(long, env = "TKI_SERVER_LISTEN", value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// Where records are kept: redb:PATH, postgres://… or memory: [default: redb:DIR/records.redb]
    #[arg(
        long,
        env = "TKI_SERVER_STORAGE",
        value_name = "URL",
        hide_env_values = true
    )]
    #[serde(default, deserialize_with = "parsed")]
    pub storage: Option<StorageUrl>,
    /// The folder of the embedded storage [default: tki-data]
    #[arg(long, env = "TKI_SERVER_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Whether copies of records are taken in [default: on]
    #[arg(long, env = "TKI_SERVER_RESTORES", value_name = "SWITCH")]
    pub restores: Option<Switch>,
    /// An origin whose pages may ask, `*` for any, `none` for none; may be repeated [default: *]
    #[arg(
        long,
        env = "TKI_SERVER_CORS_ORIGIN",
        value_name = "ORIGIN",
        value_delimiter = ','
    )]
    pub cors_origin: Option<Vec<String>>,

    /// The server's certificate and those above it, in PEM; read again when it changes
    #[arg(
        long,
        env = "TKI_SERVER_TLS_CERT",
        value_name = "FILE",
        help_heading = "TLS"
    )]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's key, in PEM
    #[arg(
        long,
        env = "TKI_SERVER_TLS_KEY",
        value_name = "FILE",
        help_heading = "TLS"
    )]
    pub tls_key: Option<PathBuf>,
    /// A proxy whose X-Forwarded-For is believed, as an address or a network; may be repeated
    #[arg(
        long,
        env = "TKI_SERVER_TRUSTED_PROXY",
        value_name = "NET",
        value_delimiter = ',',
        help_heading = "TLS"
    )]
    #[serde(default, deserialize_with = "all_parsed")]
    pub trusted_proxy: Option<Vec<Net>>,

    /// Whether clients and writers have limits of rate at all [default: on]
    #[arg(
        long,
        env = "TKI_SERVER_RATES",
        value_name = "SWITCH",
        help_heading = "Rates"
    )]
    pub rates: Option<Switch>,
    /// Records that a client may read in a second; 0 is no limit [default: 2000]
    #[arg(
        long,
        env = "TKI_SERVER_CLIENT_READS",
        value_name = "N",
        help_heading = "Rates"
    )]
    pub client_reads: Option<u32>,
    /// Records that a client may write in a second; 0 is no limit [default: 200]
    #[arg(
        long,
        env = "TKI_SERVER_CLIENT_WRITES",
        value_name = "N",
        help_heading = "Rates"
    )]
    pub client_writes: Option<u32>,
    /// Records that a writer may write in a second; 0 is no limit [default: 50]
    #[arg(
        long,
        env = "TKI_SERVER_WRITER_WRITES",
        value_name = "N",
        help_heading = "Rates"
    )]
    pub writer_writes: Option<u32>,
    /// Records that a client may create in a day; 0 is no limit [default: 100000]
    #[arg(
        long,
        env = "TKI_SERVER_CLIENT_NEW_RECORDS",
        value_name = "N",
        help_heading = "Rates"
    )]
    pub client_new_records: Option<u32>,

    /// When the storage has more bytes, commits are refused as on a full disk: of the file, or of
    /// the database's table with its indexes; looked at every 5 seconds [default: no limit]
    #[arg(
        long,
        env = "TKI_SERVER_MAX_STORAGE",
        value_name = "SIZE",
        help_heading = "Limits"
    )]
    pub max_storage: Option<Size>,
    /// The largest commit or restore [default: 16MiB]
    #[arg(
        long,
        env = "TKI_SERVER_MAX_BODY",
        value_name = "SIZE",
        help_heading = "Limits"
    )]
    pub max_body: Option<Size>,
    /// What all bodies and answers together may take of the memory [default: 512MiB]
    #[arg(
        long,
        env = "TKI_SERVER_MEMORY",
        value_name = "SIZE",
        help_heading = "Limits"
    )]
    pub memory: Option<Size>,
    /// How many connections there may be [default: 1024]
    #[arg(
        long,
        env = "TKI_SERVER_MAX_CONNECTIONS",
        value_name = "N",
        help_heading = "Limits"
    )]
    pub max_connections: Option<usize>,
    /// How many of them one client may have [default: 256]
    #[arg(
        long,
        env = "TKI_SERVER_CLIENT_CONNECTIONS",
        value_name = "N",
        help_heading = "Limits"
    )]
    pub client_connections: Option<usize>,

    /// How long a request waits for memory [default: 2s]
    #[arg(
        long,
        env = "TKI_SERVER_MEMORY_WAIT",
        value_name = "SPAN",
        help_heading = "Times"
    )]
    pub memory_wait: Option<Span>,
    /// How long the head of a request may take, and a connection be idle [default: 30s]
    #[arg(
        long,
        env = "TKI_SERVER_HEADER_TIMEOUT",
        value_name = "SPAN",
        help_heading = "Times"
    )]
    pub header_timeout: Option<Span>,
    /// How long a body may come at no particular pace [default: 10s]
    #[arg(
        long,
        env = "TKI_SERVER_BODY_GRACE",
        value_name = "SPAN",
        help_heading = "Times"
    )]
    pub body_grace: Option<Span>,
    /// The pace of a body after that, in a second [default: 4KiB]
    #[arg(
        long,
        env = "TKI_SERVER_BODY_RATE",
        value_name = "SIZE",
        help_heading = "Times"
    )]
    pub body_rate: Option<Size>,
    /// How long a body may take in all [default: 5m]
    #[arg(
        long,
        env = "TKI_SERVER_BODY_TIMEOUT",
        value_name = "SPAN",
        help_heading = "Times"
    )]
    pub body_timeout: Option<Span>,
    /// How long a client may take nothing of an answer [default: 30s]
    #[arg(
        long,
        env = "TKI_SERVER_WRITE_TIMEOUT",
        value_name = "SPAN",
        help_heading = "Times"
    )]
    pub write_timeout: Option<Span>,
    /// How long the storage may take [default: 30s]
    #[arg(
        long,
        env = "TKI_SERVER_STORAGE_TIMEOUT",
        value_name = "SPAN",
        help_heading = "Times"
    )]
    pub storage_timeout: Option<Span>,
    /// How long requests may go on after the server was told to end [default: 30s]
    #[arg(
        long,
        env = "TKI_SERVER_SHUTDOWN_TIMEOUT",
        value_name = "SPAN",
        help_heading = "Times"
    )]
    pub shutdown_timeout: Option<Span>,

    /// Where metrics are given out, for Prometheus: not where clients are [default: nowhere]
    #[arg(
        long,
        env = "TKI_SERVER_METRICS_LISTEN",
        value_name = "ADDR",
        help_heading = "Operations"
    )]
    pub metrics_listen: Option<SocketAddr>,
    /// How much is logged: off, error, warn, info, debug [default: info]
    #[arg(
        long,
        env = "TKI_SERVER_LOG",
        value_name = "LEVEL",
        help_heading = "Operations"
    )]
    #[serde(default, deserialize_with = "parsed")]
    pub log: Option<LogLevel>,
    /// How that looks: text, json [default: text]
    #[arg(
        long,
        env = "TKI_SERVER_LOG_FORMAT",
        value_name = "FORMAT",
        help_heading = "Operations"
    )]
    #[serde(default, deserialize_with = "parsed")]
    pub log_format: Option<LogFormat>,
    /// Records that the background check verifies in a second; 0 is no check [default: 100]
    #[arg(
        long,
        env = "TKI_SERVER_SCRUB_RATE",
        value_name = "N",
        help_heading = "Operations"
    )]
    pub scrub_rate: Option<u32>,
    /// How long the background check rests after it has seen all records [default: 1h]
    #[arg(
        long,
        env = "TKI_SERVER_SCRUB_REST",
        value_name = "SPAN",
        help_heading = "Operations"
    )]
    pub scrub_rest: Option<Span>,
}

/// A file of settings that cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FileError {
    /// It cannot be read.
    #[error("the settings in {} cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// It has a line that means nothing.
    #[error("line {line} of the settings in {}: {reason}", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// The line, from 1. It is not shown: it may hold a password.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
}

impl Settings {
    /// Settings from a file.
    ///
    /// # Errors
    /// [`FileError::Read`], [`FileError::Parse`].
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let text = std::fs::read_to_string(path).map_err(|source| FileError::Read {
            path: path.to_owned(),
            source,
        })?;
        toml::from_str(&text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start));
            let lines = before.unwrap_or("").matches('\n').count();
            FileError::Parse {
                path: path.to_owned(),
                line: lines.saturating_add(1),
                reason: error.message().to_owned(),
            }
        })
    }

    /// These settings, and the others where these say nothing.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        Self {
            listen: self.listen.or(others.listen),
            storage: self.storage.or(others.storage),
            data: self.data.or(others.data),
            restores: self.restores.or(others.restores),
            cors_origin: self.cors_origin.or(others.cors_origin),
            tls_cert: self.tls_cert.or(others.tls_cert),
            tls_key: self.tls_key.or(others.tls_key),
            trusted_proxy: self.trusted_proxy.or(others.trusted_proxy),
            rates: self.rates.or(others.rates),
            client_reads: self.client_reads.or(others.client_reads),
            client_writes: self.client_writes.or(others.client_writes),
            writer_writes: self.writer_writes.or(others.writer_writes),
            client_new_records: self.client_new_records.or(others.client_new_records),
            max_storage: self.max_storage.or(others.max_storage),
            max_body: self.max_body.or(others.max_body),
            memory: self.memory.or(others.memory),
            max_connections: self.max_connections.or(others.max_connections),
            client_connections: self.client_connections.or(others.client_connections),
            memory_wait: self.memory_wait.or(others.memory_wait),
            header_timeout: self.header_timeout.or(others.header_timeout),
            body_grace: self.body_grace.or(others.body_grace),
            body_rate: self.body_rate.or(others.body_rate),
            body_timeout: self.body_timeout.or(others.body_timeout),
            write_timeout: self.write_timeout.or(others.write_timeout),
            storage_timeout: self.storage_timeout.or(others.storage_timeout),
            shutdown_timeout: self.shutdown_timeout.or(others.shutdown_timeout),
            metrics_listen: self.metrics_listen.or(others.metrics_listen),
            log: self.log.or(others.log),
            log_format: self.log_format.or(others.log_format),
            scrub_rate: self.scrub_rate.or(others.scrub_rate),
            scrub_rest: self.scrub_rest.or(others.scrub_rest),
        }
    }

    /// The storage, which is in the data folder where no other is named.
    #[must_use]
    pub fn storage(&self) -> StorageUrl {
        let data = self.data.as_deref().unwrap_or(Path::new("tki-data"));
        let embedded = || StorageUrl::Redb(data.join("records.redb"));
        self.storage.clone().unwrap_or_else(embedded)
    }

    /// What a server with these settings is told, with the usual for what they leave open.
    ///
    /// # Errors
    /// Any [`ConfigError`].
    pub fn config(self) -> Result<Config, ConfigError> {
        let mut config = Config::new(self.storage());
        config.operations = Operations::of(&self, &config.storage);
        config.listen = self.listen.unwrap_or(config.listen);
        config.restores = self.restores != Some(Switch::Off);
        config.cors = cors(self.cors_origin)?;
        config.tls = match (self.tls_cert, self.tls_key) {
            (Some(certificate), Some(key)) => Some(TlsFiles::new(certificate, key)),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => return Err(ConfigError::HalfTls),
        };
        config.trusted_proxies = self.trusted_proxy.unwrap_or_default();
        if self.rates != Some(Switch::Off) {
            let usual = Rates::usual();
            config.rates = Rates {
                client_reads: limit(self.client_reads, usual.client_reads),
                client_writes: limit(self.client_writes, usual.client_writes),
                writer_writes: limit(self.writer_writes, usual.writer_writes),
                client_new_records: limit(self.client_new_records, usual.client_new_records),
            };
        }
        config.max_storage = self.max_storage.map(|size| size.0);
        bytes(&mut config.max_body, self.max_body);
        bytes(&mut config.memory, self.memory);
        config.max_connections = self.max_connections.unwrap_or(config.max_connections);
        let most = self.client_connections;
        config.client_connections = most.unwrap_or(config.client_connections);
        config.body_rate = self.body_rate.map_or(config.body_rate, |size| size.0);
        for (place, told) in [
            (&mut config.memory_wait, self.memory_wait),
            (&mut config.header_timeout, self.header_timeout),
            (&mut config.body_grace, self.body_grace),
            (&mut config.body_timeout, self.body_timeout),
            (&mut config.write_timeout, self.write_timeout),
            (&mut config.storage_timeout, self.storage_timeout),
            (&mut config.shutdown_timeout, self.shutdown_timeout),
        ] {
            time(place, told);
        }
        config.check()?;
        Ok(config)
    }
}

fn time(place: &mut Duration, told: Option<Span>) {
    if let Some(span) = told {
        *place = span.0;
    }
}

fn bytes(place: &mut usize, told: Option<Size>) {
    if let Some(size) = told {
        *place = usize::try_from(size.0).unwrap_or(usize::MAX);
    }
}

/// 0 is no limit.
fn limit(told: Option<u32>, usual: Option<u32>) -> Option<u32> {
    match told {
        Some(0) => None,
        Some(limit) => Some(limit),
        None => usual,
    }
}

fn cors(told: Option<Vec<String>>) -> Result<Cors, ConfigError> {
    let origins = told.unwrap_or_else(|| Vec::from(["*".to_owned()]));
    match origins
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["*"] => return Ok(Cors::Any),
        ["none"] | [] => return Ok(Cors::None),
        _ => {}
    }
    match origins.iter().find(|origin| !is_origin(origin)) {
        Some(origin) => Err(ConfigError::Origin {
            origin: origin.clone(),
        }),
        None => Ok(Cors::Only(origins)),
    }
}

/// A scheme and a host, perhaps a port, and nothing after it: what a browser sends as `Origin`.
fn is_origin(text: &str) -> bool {
    let host = text
        .strip_prefix("https://")
        .or(text.strip_prefix("http://"));
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-:[]".contains(c);
    host.is_some_and(|host| !host.is_empty() && host.chars().all(allowed))
}

/// A text of the file, read as the flag would be.
fn parsed<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: core::str::FromStr<Err: core::fmt::Display>,
{
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

fn all_parsed<'de, D, T>(deserializer: D) -> Result<Option<Vec<T>>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: core::str::FromStr<Err: core::fmt::Display>,
{
    let texts = Vec::<String>::deserialize(deserializer)?;
    let parsed = texts.iter().map(|text| text.parse());
    let all: Result<Vec<T>, _> = parsed.collect();
    all.map(Some).map_err(serde::de::Error::custom)
}

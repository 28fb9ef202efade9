//! Which database, how it is reached, and how long anything may take: all in one URL.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;
use core::time::Duration;
use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use thiserror::Error;
use tokio_postgres::Config;
use tokio_postgres::config::{SslMode, TargetSessionAttrs};

use crate::host::{elsewhere, is_local};

/// How a database is used. Made from a URL:
///
/// `postgres://USER:PASSWORD@HOST[:PORT][,HOST…]/DATABASE[?PARAMETER=VALUE&…]`
///
/// The password may be left out where the server asks for none. These parameters are our own;
/// others, such as `application_name`, `options` or `target_session_attrs`, are those of
/// `tokio-postgres`.
///
/// | parameter | meaning | otherwise |
/// |---|---|---|
/// | `sslmode` | `verify-full`: TLS, to who has a certificate for the host; `disable`: none | `disable` on this machine, else `verify-full` |
/// | `sslrootcert` | the file of certificates, in PEM, that are trusted | needed for `verify-full` |
/// | `connections` | the most connections at a time | 16 |
/// | `connect_timeout` | seconds until a connection stands | 5 |
/// | `acquire_timeout` | seconds to wait for a free connection, and to find out the outcome of a commit | 5 |
/// | `statement_timeout` | seconds for one statement | 30 |
/// | `lock_timeout` | seconds to wait for another commit to the same record | 10 |
/// | `idle_in_transaction_timeout` | seconds after which the server forgets a commit that nobody goes on with | 10 |
/// | `replica` | `HOST[:PORT]` that may be asked by `get_stale`; as often as there are replicas | none |
///
/// # Security
/// `Debug` leaves out the password, `Display` everything but host and database. The other modes of `sslmode` are refused: they encrypt to
/// whoever answers.
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    /// Host and database.
    place: String,
    pub(crate) primary: Config,
    pub(crate) replicas: Vec<Config>,
    /// The file of certificates; no TLS without it.
    pub(crate) roots: Option<PathBuf>,
    pub(crate) connections: usize,
    pub(crate) limits: Limits,
}

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) acquire: Duration,
    pub(crate) connect: Duration,
    idle: Duration,
    lock: Duration,
    statement: Duration,
}

impl Limits {
    /// Until a statement is given up that the server should have given up itself.
    pub(crate) fn answer(&self) -> Duration {
        self.statement.saturating_add(self.connect)
    }

    /// What the server is told when a connection begins.
    fn settings(&self) -> String {
        alloc::format!(
            "-c statement_timeout={} -c lock_timeout={} -c idle_in_transaction_session_timeout={}",
            self.statement.as_millis(),
            self.lock.as_millis(),
            self.idle.as_millis()
        )
    }
}

/// Why a URL says nothing.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OptionsError {
    /// It is no URL of a PostgreSQL database, or not what `tokio-postgres` understands.
    #[error("this is no postgres:// URL")]
    Url(#[source] Option<tokio_postgres::Error>),
    /// A parameter has a value that it cannot have.
    #[error("parameter {0} of the URL has no valid value")]
    Value(&'static str),
    /// `sslmode` asks for what is not offered.
    #[error("sslmode must be verify-full or disable: no other protects from who is between")]
    Mode,
    /// Nothing says which certificates to trust.
    #[error(
        "the database is elsewhere: name the certificates to trust with sslrootcert=FILE, or ask \
         for sslmode=disable"
    )]
    RootsMissing,
}

impl FromStr for PostgresOptions {
    type Err = OptionsError;

    fn from_str(url: &str) -> Result<Self, OptionsError> {
        Self::parse(url)
    }
}

impl PostgresOptions {
    /// Reads a URL. Nothing is connected yet, and no file is read.
    ///
    /// # Errors
    /// [`OptionsError`].
    pub fn parse(url: &str) -> Result<Self, OptionsError> {
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(OptionsError::Url(None));
        }
        let (place, query) = url.split_once('?').unwrap_or((url, ""));
        let mut ours = Parameters::default();
        let mut theirs = Vec::new();
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            if !ours.take(parameter)? {
                theirs.push(parameter);
            }
        }
        let url = alloc::format!("{place}?{}", theirs.join("&"));
        let mut primary = Config::from_str(&url).map_err(|error| OptionsError::Url(Some(error)))?;
        let limits = ours.limits(&primary);
        let settings = limits.settings();
        let options = match primary.get_options() {
            // What the URL says comes last, and wins.
            Some(options) => alloc::format!("{settings} {options}"),
            None => settings,
        };
        primary.options(options).connect_timeout(limits.connect);
        primary.keepalives_idle(Duration::from_secs(30));
        if primary.get_application_name().is_none() {
            primary.application_name("tki");
        }
        if primary.get_hosts().len() > 1
            && primary.get_target_session_attrs() == TargetSessionAttrs::Any
        {
            primary.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        let replicas = ours.replicas.iter();
        let mut replicas = replicas
            .map(|place| elsewhere(&primary, place).ok_or(OptionsError::Value("replica")))
            .collect::<Result<Vec<_>, _>>()?;
        let is_at_home = is_local(&primary) && replicas.iter().all(is_local);
        let roots = ours.roots(is_at_home)?;
        let mode = if roots.is_some() {
            SslMode::Require
        } else {
            SslMode::Disable
        };
        primary.ssl_mode(mode);
        for replica in &mut replicas {
            replica.ssl_mode(mode);
        }
        Ok(Self {
            place: place_of(place).into(),
            primary,
            replicas,
            roots,
            connections: ours.connections.unwrap_or(16),
            limits,
        })
    }
}

/// `postgres://HOST/DATABASE`, without user, password and parameters.
impl fmt::Display for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "postgres://{}", self.place)
    }
}

/// What follows the user and the password.
fn place_of(url: &str) -> &str {
    let (_, place) = url.split_once("://").unwrap_or(("", url));
    place.rsplit_once('@').map_or(place, |(_, place)| place)
}

/// The parameters that are our own.
#[derive(Default)]
struct Parameters {
    mode: Option<String>,
    roots: Option<PathBuf>,
    connections: Option<usize>,
    acquire: Option<Duration>,
    statement: Option<Duration>,
    lock: Option<Duration>,
    idle: Option<Duration>,
    replicas: Vec<String>,
}

impl Parameters {
    /// Whether this parameter is one of ours.
    fn take(&mut self, parameter: &str) -> Result<bool, OptionsError> {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let text = |name| {
            let decoded = percent_decode_str(value).decode_utf8();
            let decoded = decoded.map_err(|_| OptionsError::Value(name))?;
            Ok(Cow::into_owned(decoded))
        };
        let seconds = |name| {
            let seconds = text(name)?.parse().ok().filter(|seconds| *seconds > 0);
            let seconds = seconds.filter(|seconds| *seconds <= 86_400);
            Ok(Some(Duration::from_secs(
                seconds.ok_or(OptionsError::Value(name))?,
            )))
        };
        match name {
            "sslmode" => self.mode = Some(text("sslmode")?),
            "sslrootcert" => self.roots = Some(text("sslrootcert")?.into()),
            "connections" => {
                let number = text("connections")?.parse().ok();
                let number = number.filter(|number| (1..=10_000).contains(number));
                self.connections = Some(number.ok_or(OptionsError::Value("connections"))?);
            }
            "acquire_timeout" => self.acquire = seconds("acquire_timeout")?,
            "statement_timeout" => self.statement = seconds("statement_timeout")?,
            "lock_timeout" => self.lock = seconds("lock_timeout")?,
            "idle_in_transaction_timeout" => self.idle = seconds("idle_in_transaction_timeout")?,
            "replica" => self.replicas.push(text("replica")?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn limits(&self, config: &Config) -> Limits {
        let or = |limit: Option<Duration>, seconds| limit.unwrap_or(Duration::from_secs(seconds));
        Limits {
            acquire: or(self.acquire, 5),
            connect: or(config.get_connect_timeout().copied(), 5),
            idle: or(self.idle, 10),
            lock: or(self.lock, 10),
            statement: or(self.statement, 30),
        }
    }

    fn roots(&self, is_at_home: bool) -> Result<Option<PathBuf>, OptionsError> {
        let verifies = match self.mode.as_deref() {
            None => !is_at_home,
            Some("disable") => false,
            Some("verify-full") => true,
            Some(_) => return Err(OptionsError::Mode),
        };
        if !verifies {
            return Ok(None);
        }
        self.roots
            .clone()
            .map(Some)
            .ok_or(OptionsError::RootsMissing)
    }
}

//! The storages that `--storage` can name: a file of records, a server, a database, or a bundle, which
//! is only read.

use std::path::{Path, PathBuf};

use tki::storage::{Browse, MemoryStorage, ReadOnly, Storage};

use crate::args::Global;
use crate::error::{Failure, Kind};
use crate::home::{self, Home};
use crate::output::Output;
use crate::session::Purpose;

mod files;
#[cfg(feature = "http")]
mod http;
mod note;
#[cfg(feature = "postgres")]
mod postgres;
mod server;
#[cfg(not(feature = "http"))]
mod without_http;

pub(crate) use files::{open_redb, read_bundle, restore, view};
pub(crate) use server::Server;

/// Where records are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// What `tki backup` wrote.
    Bundle(PathBuf),
    /// A PostgreSQL database, by its URL, which may have a password in it.
    #[cfg(feature = "postgres")]
    Postgres(String),
    /// The embedded storage.
    Redb(PathBuf),
    /// A storage server.
    Server(Server),
}

/// A storage that was opened, and whether all of it can be seen.
pub(crate) enum Opened {
    /// Every record can be listed.
    Whole(Box<dyn Browse>),
    /// A record is seen by whoever knows its address.
    ByAddress(Box<dyn Storage>),
}

impl Opened {
    pub(crate) fn storage(&self) -> &dyn Storage {
        match self {
            Self::Whole(storage) => storage.as_ref(),
            Self::ByAddress(storage) => storage.as_ref(),
        }
    }
}

impl Place {
    /// What the options name, or what the home notes, or the home's own.
    pub(crate) fn find(global: &Global, home: &Home) -> Result<Self, Failure> {
        match &global.storage {
            Some(url) => Self::named(url, global),
            None => match note::read(home)? {
                Some(server) => Ok(Self::Server(server.or_as_said(global))),
                None => Ok(Self::Redb(home.default_storage())),
            },
        }
    }

    /// What this URL names.
    pub(crate) fn named(url: &str, global: &Global) -> Result<Self, Failure> {
        if let Ok(path) = home::strip_scheme("storage", url, "bundle") {
            return Ok(Self::Bundle(path.to_path_buf()));
        }
        if url.starts_with("http://") || url.starts_with("https://") {
            return Ok(Self::Server(Server::named(url, global)));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return database(url);
        }
        let path = home::strip_scheme("storage", url, "redb").map_err(|_| {
            let message = format!(
                "unknown storage {url}; there are redb:PATH, https://HOST, http://HOST:PORT and \
                 bundle:FILE"
            );
            Failure::usage(message).next(
                "write it as redb:PATH, as https://HOST of a storage server, or as bundle:FILE to read \
                 a backup",
            )
        })?;
        Ok(Self::Redb(path.to_path_buf()))
    }

    /// The server at a URL, and nothing else.
    pub(crate) fn server(url: &str, global: &Global) -> Result<Self, Failure> {
        let place = Self::named(url, global)?;
        if matches!(place, Self::Server(_)) {
            return Ok(place);
        }
        Err(Failure::usage(format!(
            "{} is no address of a server: those begin with https:// or http://",
            place.name()
        )))
    }

    /// As `--storage` names it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Bundle(path) => format!("bundle:{}", path.display()),
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => postgres::shown(url),
            Self::Redb(path) => format!("redb:{}", path.display()),
            Self::Server(server) => server.url.clone(),
        }
    }

    /// As a person would call it: a file by its path.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Bundle(path) | Self::Redb(path) => path.display().to_string(),
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => postgres::shown(url),
            Self::Server(server) => server.url.clone(),
        }
    }

    /// The file, where it is one.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::Bundle(path) | Self::Redb(path) => Some(path),
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => None,
            Self::Server(_) => None,
        }
    }

    /// Whether all that is in it can be listed: a server gives records by their addresses alone.
    pub(crate) const fn can_be_listed(&self) -> bool {
        !matches!(self, Self::Server(_))
    }

    /// Opens it. One that is not there is made only for a new account; the home's own may be missing
    /// where other commands work without it.
    pub(crate) async fn open(
        &self,
        purpose: Purpose,
        is_named: bool,
        output: Output,
    ) -> Result<Option<Box<dyn Storage>>, Failure> {
        let is_there = self.prepare(purpose == Purpose::Create, is_named)?;
        if !is_there {
            return Ok(None);
        }
        output.detail(&format!("storage: {}", self.shown()));
        Ok(Some(match self {
            Self::Bundle(path) => {
                let view = view(path, &read_bundle(path)?).await?;
                Box::new(ReadOnly::excerpt(view))
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => Box::new(with_faults(postgres::open(url, purpose).await?)),
            Self::Redb(path) => Box::new(with_faults(open_redb(path)?)),
            Self::Server(server) => Box::new(with_faults(server.connect(output).await?)),
        }))
    }

    /// Opens it with all that can be seen of it. One that is not there is made only to be filled.
    pub(crate) async fn open_whole(
        &self,
        purpose: Purpose,
        output: Output,
    ) -> Result<Opened, Failure> {
        self.prepare(purpose == Purpose::Create, true)?;
        output.detail(&format!("storage: {}", self.shown()));
        Ok(match self {
            Self::Bundle(path) => {
                let view: MemoryStorage = view(path, &read_bundle(path)?).await?;
                Opened::Whole(Box::new(view))
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => {
                let storage = postgres::open(url, purpose).await?;
                Opened::Whole(Box::new(with_faults(storage)))
            }
            Self::Redb(path) => Opened::Whole(Box::new(with_faults(open_redb(path)?))),
            Self::Server(server) => {
                let storage = server.connect(output).await?;
                Opened::ByAddress(Box::new(with_faults(storage)))
            }
        })
    }

    /// Whether there is something to be opened, or made.
    fn prepare(&self, may_be_made: bool, is_named: bool) -> Result<bool, Failure> {
        let Some(path) = self.file() else {
            return Ok(true);
        };
        if path.is_dir() {
            let message = format!("{} is a folder, not a storage", path.display());
            return Err(Failure::usage(message).next("name a file: --storage redb:PATH"));
        }
        let is_made = may_be_made && matches!(self, Self::Redb(_));
        if !is_made && !path.exists() {
            if !is_named {
                return Ok(false);
            }
            let message = format!("there is no storage at {}", path.display());
            return Err(Failure::new(Kind::Unavailable, message)
                .next("check --storage, or work without it: --offline"));
        }
        if is_made {
            files::check_folder(path)?;
        }
        Ok(true)
    }

    /// Remembers a server, whatever the home used before.
    pub(crate) fn choose(&self, home: &Home) -> Result<(), Failure> {
        if let Self::Server(server) = self {
            note::write(home, server)?;
        }
        Ok(())
    }

    /// Remembers a server that a new home is made with, unless the home has a storage already.
    pub(crate) fn note(&self, home: &Home) -> Result<(), Failure> {
        if let Self::Server(server) = self {
            note::write_first(home, server)?;
        }
        Ok(())
    }
}

#[cfg(feature = "faults")]
const fn with_faults<S>(storage: S) -> crate::faults::FaultyStorage<S> {
    crate::faults::FaultyStorage(storage)
}

#[cfg(not(feature = "faults"))]
const fn with_faults<S>(storage: S) -> S {
    storage
}

#[cfg(feature = "postgres")]
#[expect(
    clippy::unnecessary_wraps,
    reason = "the same shape as without the feature"
)]
fn database(url: &str) -> Result<Place, Failure> {
    Ok(Place::Postgres(url.to_owned()))
}

#[cfg(not(feature = "postgres"))]
fn database(_: &str) -> Result<Place, Failure> {
    Err(Failure::new(
        Kind::Unsupported,
        "this tki was built without the feature postgres",
    )
    .next(
        "build one that has it: cargo install --path crates/tki-cli --features postgres; or run a \
         server over the database, and name that: tki-server --storage postgres://…",
    ))
}

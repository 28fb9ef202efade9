//! What can be typed.

use core::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

/// Load on a storage server: what survives, and what it costs.
#[derive(Debug, Parser)]
#[command(name = "tki-load", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Measure what the server does in a second, beside what does less, and what it needs for it
    ///
    /// Prints a line `row value unit` for each figure; the rest is for people.
    ///
    /// Example: tki-load bench --quick
    Bench(Bench),
    /// Serve from a file whose syncs are counted in `PATH.syncs`; `bench` starts it
    #[command(hide = true)]
    Counted {
        /// Its file.
        #[arg(long)]
        path: PathBuf,
        /// Where to listen.
        #[arg(long)]
        listen: SocketAddr,
    },
    /// Answer everything with so many bytes; `bench` starts it
    #[command(hide = true)]
    Empty {
        /// Where to listen.
        #[arg(long)]
        listen: SocketAddr,
        /// How many bytes an answer has.
        #[arg(long)]
        bytes: usize,
    },
    /// Kill the server, and the database, at random moments under load, and check what clients saw
    ///
    /// Example: tki-load faults --minutes 1 --backend redb
    Faults(Faults),
    /// Serve from a storage that is broken on purpose; `faults` starts it
    #[command(hide = true)]
    Serve {
        /// What is wrong with it.
        #[arg(long)]
        flaw: Flaw,
        /// Its file.
        #[arg(long)]
        path: PathBuf,
        /// Where to listen.
        #[arg(long)]
        listen: SocketAddr,
        /// Of the faults.
        #[arg(long, default_value_t = 0)]
        seed: u64,
    },
}

/// `tki-load bench`.
#[derive(Debug, clap::Args)]
pub(crate) struct Bench {
    /// A moment of each, to see that it runs; the figures are worth nothing.
    #[arg(long)]
    pub(crate) quick: bool,
    /// How long an open and a login take from 1000 accounts on, up to so many.
    #[arg(long, value_name = "ACCOUNTS", conflicts_with = "minutes")]
    pub(crate) growth: Option<usize>,
    /// How much memory the server has under full load for so long, in minutes.
    #[arg(long, value_name = "MINUTES")]
    pub(crate) minutes: Option<f64>,
    /// Measure without PostgreSQL.
    #[arg(long)]
    pub(crate) without_postgres: bool,
    /// Where `tki` and `tki-server` are; beside this program if it is not said.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) programs: Option<PathBuf>,
    /// The script that makes a PostgreSQL.
    #[arg(long, value_name = "PATH", default_value = "xtask/setup/postgres.sh")]
    pub(crate) postgres: PathBuf,
}

/// `tki-load faults`.
#[derive(Debug, clap::Args)]
pub(crate) struct Faults {
    /// How long, in minutes; fractions are allowed.
    #[arg(long, default_value_t = 1.0)]
    pub(crate) minutes: f64,
    /// What is under load.
    #[arg(long, default_value = "redb")]
    pub(crate) backend: Backend,
    /// How many clients there are.
    #[arg(long, default_value_t = 12)]
    pub(crate) clients: usize,
    /// Of everything that is random here; printed, so that it can be given.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// The server's program; the one beside this if it is not said.
    #[arg(long, value_name = "PATH")]
    pub(crate) server: Option<PathBuf>,
    /// The script that makes a PostgreSQL.
    #[arg(long, value_name = "PATH", default_value = "xtask/setup/postgres.sh")]
    pub(crate) postgres: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What `faults` puts under load.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Backend {
    /// The server over its file.
    Redb,
    /// The server over a PostgreSQL of its own, which is killed too.
    Postgres,
    /// The server's library over a file on a disk that is full or fails now and then.
    Disk,
    /// Broken on purpose: commits are acknowledged before they are stored.
    AcksEarly,
    /// Broken on purpose: commits are stored record by record.
    Tears,
}

/// What is wrong with a storage.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Flaw {
    /// Commits are acknowledged before they are stored.
    AcksEarly,
    /// Commits are stored record by record.
    Tears,
    /// Its disk is full or fails now and then.
    Disk,
}

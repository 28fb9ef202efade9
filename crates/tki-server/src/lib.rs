#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

extern crate alloc;

// The binary's.
use {clap as _, getrandom as _};
// Of what is built next.
use {rustls as _, serde as _, serde_json as _, tokio_rustls as _, toml as _, utoipa as _};

mod app;
pub mod backend;
mod body;
pub mod commands;
pub mod config;
mod limits;
mod problem;
mod router;
mod routes;
mod serve;

pub use app::{App, Surroundings};
pub use config::Config;
pub use router::router;
pub use serve::{Ended, serve};

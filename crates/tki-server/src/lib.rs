#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), warn(unused_crate_dependencies))]

extern crate alloc;

// The binary's.
use getrandom as _;

pub mod admin;
mod app;
mod asker;
pub mod backend;
mod body;
pub mod commands;
pub mod config;
mod cors;
mod described;
mod limits;
pub mod logs;
pub mod metrics;
mod notice;
mod page;
mod problem;
mod proof;
mod readiness;
mod router;
mod routes;
pub mod scrub;
mod serve;
mod tls;
mod work;

pub use app::{App, Surroundings};
pub use config::Config;
pub use limits::clients::{InvalidNet, Net};
pub use notice::Notice;
pub use router::router;
pub use routes::openapi::document as openapi;
pub use serve::{Ended, serve};
pub use tls::{Tls, TlsError};

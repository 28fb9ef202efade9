//! The settings that are for whoever keeps the server running.

use core::net::SocketAddr;
use core::num::NonZeroU32;
use core::time::Duration;
use std::path::PathBuf;

use super::Settings;
use crate::backend::StorageUrl;
use crate::logs::{LogFormat, LogLevel};
use crate::scrub::ScrubSettings;

/// What a server does for its operator.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Operations {
    /// The folder of the admin socket and of notes; without one there are neither.
    pub data: Option<PathBuf>,
    /// Where metrics are given out; nowhere without.
    pub metrics_listen: Option<SocketAddr>,
    /// How much is written of what the server does.
    pub log: LogLevel,
    /// How that looks.
    pub log_format: LogFormat,
    /// How many records the background check verifies in a second; without, there is none.
    pub scrub_rate: Option<NonZeroU32>,
    /// How long it rests after a pass.
    pub scrub_rest: Duration,
}

/// Records that the background check verifies in a second, where nothing else is said.
const SCRUB_RATE: u32 = 100;

impl Operations {
    /// No socket, no metrics, no check.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            data: None,
            metrics_listen: None,
            log: LogLevel::Info,
            log_format: LogFormat::Text,
            scrub_rate: None,
            scrub_rest: Duration::from_secs(3600),
        }
    }

    /// Those of these settings, for a server of this storage.
    pub(crate) fn of(settings: &Settings, storage: &StorageUrl) -> Self {
        let beside = if let StorageUrl::Redb(path) = storage {
            path.parent().map(PathBuf::from)
        } else {
            None
        };
        let none = Self::none();
        Self {
            data: settings.data.clone().or(beside),
            metrics_listen: settings.metrics_listen,
            log: settings.log.unwrap_or(none.log),
            log_format: settings.log_format.unwrap_or(none.log_format),
            scrub_rate: NonZeroU32::new(settings.scrub_rate.unwrap_or(SCRUB_RATE)),
            scrub_rest: settings.scrub_rest.map_or(none.scrub_rest, |span| span.0),
        }
    }

    /// What the background check is told, if there is one.
    pub(crate) fn scrub(&self) -> Option<ScrubSettings> {
        let notes = self.data.as_ref().map(|data| data.join("scrub.notes"));
        let mut settings = ScrubSettings::new(notes);
        settings.rate = self.scrub_rate?;
        settings.rest = self.scrub_rest;
        Some(settings)
    }
}

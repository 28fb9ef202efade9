//! A storage server, as options and the home's note name it.

use std::path::PathBuf;

use crate::args::Global;

/// A storage server, and how it is spoken to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Server {
    pub(crate) url: String,
    /// Certificates that are trusted besides the public ones.
    pub(super) ca: Option<PathBuf>,
    /// Whether it may be spoken to unencrypted over a network.
    pub(super) allows_plain: bool,
    /// Whether it is the home that names it.
    pub(super) is_noted: bool,
}

impl Server {
    /// The server at a URL, with what else is said.
    pub(super) fn named(url: &str, global: &Global) -> Self {
        let noted = Self {
            url: url.trim_end_matches('/').to_owned(),
            ca: None,
            allows_plain: false,
            is_noted: false,
        };
        noted.or_as_said(global)
    }

    /// What is said comes before what is noted.
    pub(super) fn or_as_said(mut self, global: &Global) -> Self {
        if global.storage_ca.is_some() {
            self.ca.clone_from(&global.storage_ca);
        }
        self.allows_plain |= global.insecure_http;
        self
    }
}

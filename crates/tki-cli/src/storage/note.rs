//! The server that a home was made with: `HOME/storage.url`, so that later commands need not name it.
//!
//! ```text
//! https://records.example
//! storage-ca /etc/ssl/company.pem
//! insecure-http
//! ```
//!
//! The last two lines stand there only if they were said.

use std::path::PathBuf;

use super::server::Server;
use crate::error::{Failure, Kind};
use crate::home::Home;

/// Largest note.
const LARGEST: u64 = 8 * 1024;

const CA: &str = "storage-ca ";
const INSECURE: &str = "insecure-http";

/// What the home notes, if it notes anything.
pub(super) fn read(home: &Home) -> Result<Option<Server>, Failure> {
    let path = home.storage_note();
    let content = match tki_file::read(&path, LARGEST) {
        Ok(Some(content)) => content,
        Ok(None) => return Ok(None),
        Err(error) => {
            return Err(Failure::file(
                "could not read the home's note of its storage",
                &error,
            ));
        }
    };
    let damaged = || {
        let message = format!("{} does not name a storage server", path.display());
        Failure::new(Kind::CorruptFile, message)
            .next("remove that file, and name the storage: --storage https://HOST")
    };
    let text = core::str::from_utf8(&content).map_err(|_| damaged())?;
    let mut lines = text.lines();
    let url = lines.next().ok_or_else(damaged)?;
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return Err(damaged());
    }
    let mut server = Server {
        url: url.to_owned(),
        ca: None,
        allows_plain: false,
        is_noted: true,
    };
    for line in lines {
        if let Some(path) = line.strip_prefix(CA) {
            server.ca = Some(PathBuf::from(path));
        } else if line == INSECURE {
            server.allows_plain = true;
        } else {
            return Err(damaged());
        }
    }
    Ok(Some(server))
}

/// Notes a server in a home that has neither a note nor a storage of its own: what is used first is
/// what is meant later.
pub(super) fn write_first(home: &Home, server: &Server) -> Result<(), Failure> {
    if home.storage_note().exists() || home.default_storage().exists() {
        return Ok(());
    }
    write(home, server)
}

/// Notes a server in the place of whatever is noted.
pub(super) fn write(home: &Home, server: &Server) -> Result<(), Failure> {
    let mut text = format!("{}\n", server.url);
    if let Some(ca) = &server.ca {
        // Later commands may run elsewhere.
        let absolute = std::path::absolute(ca).unwrap_or_else(|_| ca.clone());
        text.push_str(&format!("{CA}{}\n", absolute.display()));
    }
    if server.allows_plain {
        text.push_str(&format!("{INSECURE}\n"));
    }
    tki_file::write(&home.storage_note(), text.as_bytes())
        .map_err(|error| Failure::file("could not note the storage in the home", &error))
}

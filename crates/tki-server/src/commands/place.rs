//! Which storage a command means, and who has it open.

use std::path::PathBuf;

use super::failure::{Failure, FailureKind};
use crate::admin::Place;
use crate::backend::StorageUrl;
use crate::config::{Operations, Settings};

/// Whether a storage that is not there yet may be made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "there is no third way")]
pub enum Missing {
    /// It is an error.
    Refuse,
    /// It is made.
    Make,
}

/// The server that runs in the data directory, or the storage itself.
///
/// # Errors
/// A [`Failure`] where neither can be had.
pub async fn place(
    data: Option<PathBuf>,
    storage: Option<StorageUrl>,
    missing: Missing,
) -> Result<Place, Failure> {
    let mut settings = Settings::default();
    (settings.data, settings.storage) = (data, storage);
    let storage = settings.storage();
    if let StorageUrl::Redb(path) = &storage {
        if let Some(folder) = Operations::of(&settings, &storage).data {
            let running = Place::running(&folder).await;
            if let Some(server) = running.map_err(|error| Failure::talking(&error))? {
                return Ok(server);
            }
        }
        if missing == Missing::Refuse && !path.exists() {
            let message = format!("there is no storage at {}", path.display());
            let next =
                "name the data directory of the server with --data, or its storage with --storage";
            return Err(Failure::new(FailureKind::NotFound, message, next));
        }
    }
    let opened = storage.open().await;
    let backend = opened.map_err(|error| Failure::opening(&storage.to_string(), &error))?;
    Ok(Place::Opened(backend.storage))
}

//! `tki storage use`: which server a home uses where no command names a storage.

use serde::Serialize;

use crate::args::Global;
use crate::error::Failure;
use crate::home::Home;
use crate::output::{Output, SCHEMA};
use crate::session::Purpose;
use crate::storage::Place;

#[derive(Serialize)]
struct Chosen {
    schema: u32,
    home: String,
    storage: String,
}

/// `tki storage use`
pub(super) async fn run(global: &Global, url: &str) -> Result<(), Failure> {
    let output = Output::new(global);
    let place = Place::server(url, global)?;
    // One that does not answer is not chosen.
    drop(place.open(Purpose::Use, true, output).await?);
    let home = Home::find(global)?;
    home.create_folder()?;
    let _lock = home.lock()?;
    place.choose(&home)?;
    let chosen = Chosen {
        schema: SCHEMA,
        home: home.folder().display().to_string(),
        storage: place.shown(),
    };
    let text = format!("this home uses {} from now on\n", chosen.storage);
    output.result(&chosen, &text)
}

//! `tki accounts remove`: this machine forgets an account. The account itself does not notice.

use std::path::Path;

use serde::Serialize;
use tki::device::{DeviceStore as _, PlainFile};

use crate::args::Global;
use crate::asking;
use crate::error::{Failure, Kind};
use crate::home::Home;
use crate::output::{self, Output, SCHEMA};

#[derive(Serialize)]
struct Removed<'a> {
    schema: u32,
    removed: &'a str,
}

/// `tki accounts remove NAME`. The package goes first: what is left of a removal that was
/// interrupted is removed by the same command.
pub(crate) fn remove(global: &Global, name: &str, yes: bool) -> Result<(), Failure> {
    let home = Home::find(global)?;
    let names = home.names()?;
    if !names.iter().any(|known| known == name) {
        let message = format!("no account of this machine is called {name}");
        return Err(Failure::new(Kind::NotFound, message).next("tki accounts shows their names"));
    }
    let account = home.of_account(name);
    if !yes {
        confirm(name)?;
    }
    let _lock = home.lock()?;
    remove_package(&account.package())?;
    account.remove_notes()?;
    account.remove_empty();
    let text = format!("This machine keeps nothing of account {name} any more.\n");
    let removed = Removed {
        schema: SCHEMA,
        removed: name,
    };
    Output::new(global).result(&removed, &text)
}

/// Asks; where nobody can be asked, the option says it.
fn confirm(name: &str) -> Result<(), Failure> {
    if !output::is_interactive() {
        return Err(
            Failure::usage("what this machine keeps of an account is destroyed for ever").next(
                format!("say that you mean it: tki accounts remove {name} --yes"),
            ),
        );
    }
    let question = format!(
        "Destroy what this machine keeps of account {name}, its device package and receipts? The \
         account and its other factors stay, and this device stays one of its factors, lost, until \
         it is removed with: tki factor remove ID."
    );
    if asking::confirm(&question)? {
        return Ok(());
    }
    Err(Failure::new(Kind::InvalidChange, "nothing was removed"))
}

/// Needs no passphrase. The key of a package in a keyring is taken out of there, too.
fn remove_package(path: &Path) -> Result<(), Failure> {
    match PlainFile::new(path).load() {
        #[cfg(feature = "keyring")]
        Err(tki::device::Error::OtherStore {
            found: tki::device::StoreKind::Keyring,
        }) => {
            let keyring = tki::device::OsKeyring::new();
            Ok(tki::device::KeyringFile::new(path, keyring).remove()?)
        }
        // Whatever it is and however damaged.
        _ => Ok(PlainFile::new(path).remove()?),
    }
}

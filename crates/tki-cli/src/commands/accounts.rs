//! `tki accounts`: the accounts of this home, as far as they show without a secret.

mod removal;

pub(crate) use removal::remove;

use std::path::Path;

use serde::Serialize;
use tki::Device;
use tki::device::{Error, PlainFile, StoreKind};
use tki::seal::passphrase_file::{FileKind, SealedFile};
use tki::seal::transcript::Tag;

use crate::args::Global;
use crate::describe::{Addresses, line};
use crate::error::{Failure, Kind};
use crate::factors;
use crate::home::Home;
use crate::output::{Output, SCHEMA};

/// Larger than any package with its header.
const MAX_FILE: u64 = 32 * 1024 * 1024;

#[derive(Serialize)]
struct List {
    schema: u32,
    accounts: Vec<Listed>,
}

/// One account.
#[derive(Serialize)]
struct Listed {
    name: String,
    /// How this machine keeps its device package; absent if it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<&'static str>,
    /// Only a plain package shows them without a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    addresses: Option<Addresses>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_version: Option<u64>,
    /// What is wrong with the package.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// `tki accounts`. Reads only, and waits for nobody: a package is replaced in one step.
pub(crate) fn run(global: &Global) -> Result<(), Failure> {
    let home = Home::find(global)?;
    let names = home.names()?;
    let accounts: Vec<Listed> = names
        .into_iter()
        .map(|name| Listed::of(&home, name))
        .collect();
    let text = text(&accounts);
    let list = List {
        schema: SCHEMA,
        accounts,
    };
    Output::new(global).result(&list, &text)
}

fn text(accounts: &[Listed]) -> String {
    let mut text = String::new();
    if accounts.is_empty() {
        line(&mut text, format_args!("No account has a device here."));
    }
    for account in accounts {
        let address = account.addresses.as_ref().map(ToString::to_string);
        let address = address.unwrap_or_default();
        let store = account.store.unwrap_or("no device");
        let name = &account.name;
        let row = format!("{name:<16} {store:<11} {address}");
        line(&mut text, format_args!("{}", row.trim_end()));
        if let Some(problem) = &account.problem {
            line(&mut text, format_args!("{:<16} ! {problem}", ""));
        }
    }
    text
}

impl Listed {
    fn of(home: &Home, name: String) -> Self {
        let path = home.of_account(&name).package();
        let mut listed = Self {
            name,
            store: None,
            addresses: None,
            account_version: None,
            problem: None,
        };
        if let Err(failure) = listed.look_at(&path) {
            listed.problem = Some(format!(
                "{}: {}; {}",
                path.display(),
                failure.message,
                failure.next
            ));
        }
        listed
    }

    fn look_at(&mut self, path: &Path) -> Result<(), Failure> {
        let store = PlainFile::new(path);
        match tki::device::DeviceStore::load(&store) {
            Ok(None) => return Ok(()),
            Ok(Some(_)) => self.store = Some(StoreKind::Plain.name()),
            Err(Error::OtherStore { found }) => {
                self.store = Some(found.name());
                return check_undamaged(path, found);
            }
            Err(error) => return Err(error.into()),
        }
        let device = Device::load(&store)?;
        let membership = device.as_ref().and_then(Device::membership);
        let Some(membership) = membership else {
            if device.as_ref().is_some_and(factors::is_joining) {
                return Err(factors::not_yet_joined());
            }
            let message = "the account was begun here and never finished";
            return Err(Failure::new(Kind::NotFound, message).next("run the same command again"));
        };
        let core = &membership.document.core;
        let key = core.keys.first();
        self.addresses = key.and_then(|key| Addresses::of(core.curve, &key.verifying_key));
        self.account_version = Some(core.version);
        Ok(())
    }
}

/// Whether a sealed package is whole, which its hash shows without the passphrase.
fn check_undamaged(path: &Path, kind: StoreKind) -> Result<(), Failure> {
    if kind != StoreKind::Passphrase {
        return Ok(());
    }
    let file = tki_file::read(path, MAX_FILE).map_err(Error::File)?;
    let file = file.unwrap_or_default();
    let (magic, _) = file.split_first_chunk().ok_or(Error::Corrupt)?;
    SealedFile::parse(FileKind::new(*magic, Tag::DeviceFile), &file).map_err(Error::from)?;
    Ok(())
}

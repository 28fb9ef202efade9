//! The receipts of an account's changes, as this machine keeps them.
//!
//! ```text
//! HOME/accounts/NAME/receipts/VERSION-OPERATION.begun.json   of a change whose end was not seen
//! HOME/accounts/NAME/receipts/VERSION-OPERATION.json         of a change that happened
//! ```
//!
//! A receipt is durable before its change is committed, so that no crash loses it. It counts once
//! the account says that the change happened: by the operation of its newest version, or by the event in
//! its log that was signed with the receipt. One whose version was made by another operation is removed.

use alloc::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tki::device::PlainFile;
use tki::metadata::SignedReceipt;
use tki::{Account, Device};

use crate::error::Failure;
use crate::home::Home;
use crate::receipt::{Named, Receipt, Signature};

/// Largest receipt: four times the largest that is signed, which it holds in hexadecimal digits, and
/// the same in sentences.
pub(crate) const MAX_RECEIPT: u64 = 16 * 1024 * 1024;

const BEGUN: &str = ".begun.json";
const HAPPENED: &str = ".json";

/// The folder of an account's receipts.
pub(crate) struct Receipts {
    folder: PathBuf,
}

/// What is in the folder.
#[derive(Default)]
pub(crate) struct Found {
    /// Of changes that happened, oldest first.
    pub(crate) happened: Vec<Receipt>,
    /// Of changes whose end was not seen.
    pub(crate) begun: Vec<Receipt>,
    /// Files that are no receipts.
    pub(crate) damaged: Vec<PathBuf>,
}

/// How sure it is what an account's history says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// Read with one factor: what it confirms is so, what it denies may yet be shown.
    Read,
    /// Proven by the key.
    Opened,
}

impl Receipts {
    pub(crate) fn of(home: &Home) -> Self {
        Self {
            folder: home.receipts(),
        }
    }

    /// Keeps the receipt of a change that is about to be committed.
    pub(crate) fn begin(&self, receipt: &Receipt) -> Result<(), Failure> {
        tki_file::create_folder(&self.folder)
            .map_err(|error| Failure::file("could not make the folder for receipts", &error))?;
        let content = receipt.encode()?;
        tki_file::write(&self.path(receipt, BEGUN), &content)
            .map_err(|error| Failure::file("could not keep the receipt", &error))
    }

    /// Forgets the receipt of a change that did not happen.
    pub(crate) fn drop_begun(&self, receipt: &Receipt) -> Result<(), Failure> {
        remove(&self.path(receipt, BEGUN))
    }

    /// Looks up in the account's history what became of the changes whose end was not seen.
    pub(crate) fn settle(&self, account: &Account<'_>, proof: Proof) -> Result<(), Failure> {
        let begun = self.found()?.begun;
        for receipt in begun {
            if matches!(receipt.signature(), Signature::Bad | Signature::Unknown) {
                // It names no change that could be looked up.
                continue;
            }
            let named = receipt.named();
            if named.account != account.id().to_string() {
                // An earlier attempt at this creation: every attempt has a number of its own.
                if named.version == 0 && account.version() == 0 && proof == Proof::Opened {
                    self.drop_begun(&receipt)?;
                }
                continue;
            }
            match fate(account, &named) {
                Some(Fate::Happened) => self.confirm(&receipt)?,
                Some(Fate::Another) if proof == Proof::Opened => self.drop_begun(&receipt)?,
                Some(Fate::Another) | None => {}
            }
        }
        Ok(())
    }

    /// Notes that a change happened.
    fn confirm(&self, receipt: &Receipt) -> Result<(), Failure> {
        // In the words of what was signed, whatever stood beside it.
        let kept = receipt.clone().reworded();
        let content = kept.encode()?;
        tki_file::write(&self.path(&kept, HAPPENED), &content)
            .map_err(|error| Failure::file("could not keep the receipt", &error))?;
        remove(&self.path(receipt, BEGUN))
    }

    /// Notes that the change with this name happened, and gives its receipt.
    pub(crate) fn confirm_operation(&self, operation: &str) -> Result<Option<Receipt>, Failure> {
        let found = self.found()?;
        if let Some(receipt) = with_operation(&found.begun, operation) {
            self.confirm(receipt)?;
            return Ok(Some(receipt.clone()));
        }
        Ok(with_operation(&found.happened, operation).cloned())
    }

    /// The receipt of the change that made this version of an account.
    pub(crate) fn of_version(
        &self,
        account: &str,
        version: u64,
    ) -> Result<Option<Receipt>, Failure> {
        let found = self.found()?.happened.into_iter();
        let mut of_account = found.filter(|receipt| receipt.account == account);
        Ok(of_account.find(|receipt| receipt.version == version))
    }

    /// Everything that is in the folder.
    pub(crate) fn found(&self) -> Result<Found, Failure> {
        let mut found = Found::default();
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(found),
            Err(error) => return Err(Failure::io("could not list the receipts", &error)),
        };
        for entry in entries {
            let entry = entry.map_err(|e| Failure::io("could not list the receipts", &e))?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with('.') || !name.ends_with(HAPPENED) {
                continue;
            }
            let into = match read(&entry.path()) {
                None => {
                    found.damaged.push(entry.path());
                    continue;
                }
                Some(receipt) if name.ends_with(BEGUN) => (&mut found.begun, receipt),
                Some(receipt) => (&mut found.happened, receipt),
            };
            into.0.push(into.1);
        }
        let key = |receipt: &Receipt| (receipt.version, receipt.time, receipt.operation.clone());
        found.happened.sort_by_key(key);
        found.begun.sort_by_key(key);
        found.damaged.sort();
        Ok(found)
    }

    fn path(&self, receipt: &Receipt, state: &str) -> PathBuf {
        let Named {
            version, operation, ..
        } = receipt.named();
        self.folder.join(format!("{version}-{operation}{state}"))
    }
}

/// Of which account the receipts of this machine are, and with which keys they may be signed.
pub(crate) struct Known {
    /// `None` if nothing says so.
    account: Option<String>,
    keys: BTreeSet<Vec<u8>>,
}

impl Known {
    /// As the device package says that can be read without a secret; without one, as the newest
    /// receipt says that is whole. From there through the moves from key to key that the receipts
    /// themselves prove.
    pub(crate) fn of(home: &Home, receipts: &[Receipt]) -> Self {
        let is_whole = |receipt: &&Receipt| {
            matches!(
                receipt.signature(),
                Signature::Verified | Signature::OtherWords
            )
        };
        let whole = receipts.iter().rev().filter(is_whole);
        let whole: Vec<SignedReceipt> = whole.filter_map(Receipt::signed).collect();
        let mut known = Self {
            account: None,
            keys: BTreeSet::new(),
        };
        match of_package(home) {
            Some((account, keys)) => {
                known.account = Some(account);
                known.keys.extend(keys);
            }
            None => {
                if let Some(newest) = whole.first() {
                    known.account = Some(newest.account.to_string());
                    known.keys.insert(newest.verifying_key.clone());
                }
            }
        }
        let of_account = |receipt: &&SignedReceipt| {
            known.account.as_deref() == Some(receipt.account.to_string().as_str())
        };
        // Each pair was signed by both of its keys.
        let moves: Vec<(&[u8], &[u8])> = whole
            .iter()
            .filter(of_account)
            .filter_map(|receipt| receipt.event.rotation())
            .collect();
        for (before, after) in moves.iter().chain(moves.iter().rev()) {
            if known.keys.contains(*before) || known.keys.contains(*after) {
                known.keys.extend([before.to_vec(), after.to_vec()]);
            }
        }
        known
    }

    /// What the signature of a receipt is worth for this account.
    pub(crate) fn signature(&self, receipt: &Receipt) -> Signature {
        let signature = receipt.signature();
        if let (Some(account), Some(signed)) = (&self.account, receipt.signed()) {
            let is_ours =
                signed.account.to_string() == *account && self.keys.contains(&signed.verifying_key);
            let is_whole = matches!(signature, Signature::Verified | Signature::OtherWords);
            if is_whole && !is_ours {
                return Signature::Foreign;
            }
        }
        signature
    }
}

/// The account and the keys of a device package that is not sealed.
fn of_package(home: &Home) -> Option<(String, Vec<Vec<u8>>)> {
    let store = PlainFile::new(home.package());
    let device = Device::load(&store).ok()??;
    let core = &device.membership()?.document.core;
    let keys = core.keys.first().map(|key| key.verifying_key.clone());
    Some((core.account.to_string(), keys.into_iter().collect()))
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Its version was made by another.
    Another,
    Happened,
}

/// What an account says of a change; nothing if its log does not reach so far.
fn fate(account: &Account<'_>, named: &Named) -> Option<Fate> {
    let is_it = |operation: String| {
        if operation == named.operation {
            Fate::Happened
        } else {
            Fate::Another
        }
    };
    if named.version >= account.version() {
        let is_newest = named.version == account.version();
        return is_newest.then(|| is_it(account.core().operation.to_string()));
    }
    let events = account.history().ok()?.events;
    let of_version = events.iter().find(|event| event.version == named.version);
    if let Some(event) = of_version {
        return Some(is_it(event.operation.to_string()));
    }
    // A version of tki that keeps no log made it: not this one.
    let reaches = events
        .first()
        .is_some_and(|event| event.version < named.version);
    let goes_on = events
        .last()
        .is_some_and(|event| event.version > named.version);
    (reaches && goes_on).then_some(Fate::Another)
}

fn with_operation<'r>(receipts: &'r [Receipt], operation: &str) -> Option<&'r Receipt> {
    receipts
        .iter()
        .find(|receipt| receipt.operation == operation)
}

/// `None` for what is no receipt of ours, or one of a later version.
fn read(path: &Path) -> Option<Receipt> {
    let content = tki_file::read(path, MAX_RECEIPT).ok()??;
    Receipt::decode(&content)
}

fn remove(path: &Path) -> Result<(), Failure> {
    tki_file::remove(path)
        .map(drop)
        .map_err(|error| Failure::file("could not remove a receipt", &error))
}

//! Which factors are kept together, as far as this machine can know.
//!
//! It knows its own device, the key file of a login that it can see, sheets and files that lie in
//! the home, and files that were named and are on the disk of the home. Of everything else it knows
//! nothing, and says so.

use std::fs;
use std::path::{Path, PathBuf};

use tki::custody::Lock;
use tki::formats::factor_file::FactorFile;
use tki::math::Identifier;
use tki::metadata::{Core, Holder, HolderKind, OpeningSeed};
use tki::provider::{Anchor as _, LocalAnchor};
use tki::{Account, Place, Together};
use zeroize::Zeroizing;

use crate::custody::facts;
use crate::session::Session;
use crate::storage;
use crate::words_file;

/// Largest file of the home that is looked into.
const LARGEST: u64 = 64 * 1024;

/// How many files of the home are looked into, and how deep folders are.
const MOST: usize = 256;
const DEEPEST: usize = 3;

/// How many accounts of a login are looked through.
const SLOTS: u32 = 16;

/// What is known to be kept together.
pub(crate) async fn together(
    session: &Session,
    account: &Account<'_>,
    inputs: &[String],
    own: Option<Identifier>,
) -> Vec<Together> {
    let core = account.core();
    let mut here: Vec<Identifier> = own.into_iter().collect();
    here.extend(login_here(session, account).await);
    here.extend(in_home(session.home.folder(), core));
    here.extend(named(session.home.folder(), account, inputs));
    here.sort();
    here.dedup();
    if here.len() < 2 {
        return Vec::new();
    }
    Vec::from([Together {
        holders: here,
        place: Place::Machine,
    }])
}

/// Factors that are known to open with a passphrase: this device, and the login whose key file is
/// here.
pub(crate) async fn remembered(
    session: &Session,
    account: &Account<'_>,
    own: Option<Identifier>,
) -> Vec<Identifier> {
    let is_locked = facts::lock_of_package(session) == Some(Lock::Passphrase);
    let mut remembered: Vec<Identifier> = own.filter(|_| is_locked).into_iter().collect();
    remembered.extend(login_here(session, account).await);
    remembered
}

/// Whether the records that were read are in this home, and no backup of this version was made here.
pub(crate) fn are_records_here(session: &Session, account: &Account<'_>) -> bool {
    let is_backed_up = session.home.backed_up() == Some(account.version());
    !is_backed_up && is_storage_here(session)
}

/// Whether the storage is in this home.
pub(crate) fn is_storage_here(session: &Session) -> bool {
    let storage::Place::Redb(path) = &session.place else {
        return false;
    };
    let (path, home) = (path.canonicalize(), session.home.folder().canonicalize());
    path.is_ok_and(|path| home.is_ok_and(|home| path.starts_with(home)))
}

/// Kinds of factors of which nobody but their owner knows where they are.
pub(crate) fn unknown(core: &Core, together: &[Together]) -> Vec<Identifier> {
    let is_elsewhere = |holder: &&Holder| {
        let kinds = [HolderKind::Words, HolderKind::File, HolderKind::Passkey];
        kinds.contains(&holder.kind) || holder.kind == HolderKind::Guardian
    };
    let identifiers = core.holders.iter().filter(is_elsewhere);
    let identifiers = identifiers.filter_map(Holder::identifier);
    let is_known = |x: &Identifier| together.iter().any(|known| known.holders.contains(x));
    identifiers.filter(|x| !is_known(x)).collect()
}

/// The login whose key file is at hand, if it is that of this account and the account has one alone.
async fn login_here(session: &Session, account: &Account<'_>) -> Option<Identifier> {
    let path = session.provider_path(None).ok()?;
    let holders = account.core().holders.iter();
    let mut logins = holders.filter(|holder| holder.kind == HolderKind::Provider);
    let (login, None) = (logins.next()?, logins.next()) else {
        return None;
    };
    if !path.is_file() {
        return None;
    }
    let anchor = LocalAnchor::open(&path);
    for slot in 0..SLOTS {
        let entry = anchor.read(slot).await.ok()??;
        if entry.claim.address() == account.document_address() {
            return login.identifier();
        }
    }
    None
}

/// Factors whose sheets and files lie in the home.
pub(crate) fn in_home(home: &Path, core: &Core) -> Vec<Identifier> {
    let mut files = Vec::new();
    collect(home, 0, &mut files);
    // Each may be a sheet: wiped when it was looked at.
    let contents = files
        .iter()
        .filter_map(|path| tki_file::read(path, LARGEST).ok().flatten());
    let contents = contents.map(Zeroizing::new);
    let seeds = contents.filter_map(|content| seed_in(core::str::from_utf8(&content).ok()?));
    let holders = seeds.filter_map(|seed| {
        let mut holders = core.holders.iter();
        holders.find(|holder| (0..4).any(|slot| seed.mailbox_address(slot) == holder.mailbox))
    });
    holders.filter_map(Holder::identifier).collect()
}

fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let Ok(metadata) = entry.path().symlink_metadata() else {
            continue;
        };
        if metadata.is_dir() && depth < DEEPEST {
            collect(&entry.path(), depth.saturating_add(1), files);
        } else if metadata.is_file() && metadata.len() <= LARGEST && files.len() < MOST {
            files.push(entry.path());
        }
    }
}

/// The seed of a sheet of words, or of a factor's file that is under no passphrase.
fn seed_in(text: &str) -> Option<OpeningSeed> {
    if words_file::is_sheet(text)
        && let Ok((factor, _)) = words_file::parse(text)
    {
        return Some(factor.expose_seed().clone());
    }
    let file = FactorFile::decode(text).ok()?;
    let opened = file.open(None).ok()?;
    Some(OpeningSeed::from_bytes(opened.expose_secret()))
}

/// Factors whose files were named, and are on the disk of the home.
fn named(home: &Path, account: &Account<'_>, inputs: &[String]) -> Vec<Identifier> {
    let found = account.found().filter_map(|found| {
        let (_, place) = inputs.get(found.factor)?.split_once(' ')?;
        let place = place.strip_prefix("software:").unwrap_or(place);
        let place = place.strip_prefix("local:").unwrap_or(place);
        let holder = found.holder?;
        same_disk(home, Path::new(place)).then(|| holder.identifier())?
    });
    found.collect()
}

#[cfg(unix)]
fn same_disk(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let disk = |path: &Path| path.metadata().ok().map(|metadata| metadata.dev());
    disk(one).is_some_and(|one| disk(other) == Some(one))
}

#[cfg(not(unix))]
const fn same_disk(_: &Path, _: &Path) -> bool {
    false
}

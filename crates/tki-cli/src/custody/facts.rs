//! What this machine knows of who keeps what, and what its owner says.

use tki::custody::{Facts, Lock, PartyId, Thing};
use tki::device::{DeviceStore as _, PlainFile, StoreKind};
use tki::math::Identifier;
use tki::metadata::{Core, HolderKind};

use crate::args::KeptArgs;
use crate::error::Failure;
use crate::session::Session;
use crate::storage::Place;
use crate::whereabouts;

/// What the owner says, for an account that is on no machine.
pub(crate) fn said(
    mut facts: Facts,
    said: &KeptArgs,
    factors: &[Identifier],
) -> Result<Facts, Failure> {
    check(said, factors)?;
    for (thing, name) in &said.keepers {
        facts.keep(*thing, PartyId::Keeper(name.clone()));
    }
    for (thing, name) in &said.places {
        facts.keep(*thing, PartyId::Place(name.clone()));
    }
    for (first, rest) in &said.together {
        for thing in rest {
            facts.keep_together(*first, *thing);
        }
    }
    for (factor, lock) in &said.locks {
        facts.lock(*factor, *lock);
    }
    facts.backups = facts.backups.max(said.backups);
    facts.is_storage_open |= said.open_storage;
    facts.has_archive &= !said.no_archive;
    if said.no_old_copies {
        facts.old_copies = Some(false);
    }
    Ok(facts)
}

/// Nothing is said of what is not there: it would be passed over in silence.
fn check(said: &KeptArgs, factors: &[Identifier]) -> Result<(), Failure> {
    let named = said
        .keepers
        .iter()
        .chain(&said.places)
        .map(|(thing, _)| *thing);
    let together = said.together.iter();
    let together =
        together.flat_map(|(first, rest)| core::iter::once(*first).chain(rest.iter().copied()));
    let locked = said.locks.iter().map(|(x, _)| Thing::Factor(*x));
    for thing in named.chain(together).chain(locked) {
        let is_there = match thing {
            Thing::Factor(x) => factors.contains(&x),
            Thing::Backup(number) => number <= said.backups,
            Thing::Storage
            | Thing::Evaluator
            | Thing::Node(_)
            | Thing::Archive
            | Thing::OldCopies => true,
        };
        if !is_there {
            let message = format!("nothing is called {thing} here");
            return Err(Failure::usage(message).next(
                "tki factor list shows the numbers of the factors; --backups N makes backup:1 to N",
            ));
        }
    }
    Ok(())
}

/// What this machine knows beside the account: what is in its home is taken with it, and so are seeds
/// that its device noted with a change.
pub(crate) fn of_machine(
    session: &Session,
    core: &Core,
    (own, noted): (Option<Identifier>, &[Identifier]),
    said: &KeptArgs,
) -> Facts {
    let mut facts = Facts::default();
    // This device, if it is a factor still; else a place of its own.
    let own = own.filter(|x| core.holder(*x).is_some());
    let here = Machine { own };
    for x in noted {
        match own {
            Some(own) => facts.note(own, *x),
            None => here.keep(&mut facts, Thing::Factor(*x), said),
        }
    }
    if let Some((x, lock)) = own.zip(lock_of_package(session)) {
        facts.lock(x, lock);
    }
    // Whoever runs a server is a party of its own, and whoever reaches it can read what is sealed.
    if let Place::Redb(_) = &session.place {
        facts.is_storage_open = false;
        here.keep(&mut facts, Thing::Storage, said);
    } else if let Place::Bundle(_) = &session.place {
        facts.backups = facts.backups.max(1);
        here.keep(&mut facts, Thing::Backup(1), said);
    }
    if session.global.evaluator.is_some() {
        here.keep(&mut facts, Thing::Evaluator, said);
    }
    let mut logins = core
        .holders
        .iter()
        .filter(|holder| holder.kind == HolderKind::Provider);
    let is_local = session.provider_path(None).is_ok_and(|path| path.exists());
    if let (Some(login), None, true) = (logins.next(), logins.next(), is_local)
        && let Some(x) = login.identifier()
    {
        // The key file of a local provider is under a passphrase.
        facts.lock(x, Lock::Passphrase);
        here.keep(&mut facts, Thing::Factor(x), said);
    }
    for x in whereabouts::in_home(session.home.folder(), core) {
        here.keep(&mut facts, Thing::Factor(x), said);
    }
    facts
}

/// Where what is on this machine is kept.
struct Machine {
    own: Option<Identifier>,
}

impl Machine {
    /// Unless the owner says that it is elsewhere.
    fn keep(&self, facts: &mut Facts, thing: Thing, said: &KeptArgs) {
        let mut named = said.keepers.iter().chain(&said.places);
        if named.any(|(named, _)| *named == thing) {
            return;
        }
        match self.own {
            Some(own) => facts.keep_together(Thing::Factor(own), thing),
            None => facts.keep(thing, PartyId::Place("this machine".to_owned())),
        }
    }
}

/// What protects this device's package, as its file says.
pub(crate) fn lock_of_package(session: &Session) -> Option<Lock> {
    match PlainFile::new(session.home.package()).load() {
        Ok(Some(_)) => Some(Lock::Open),
        Err(tki::device::Error::OtherStore {
            found: StoreKind::Passphrase | StoreKind::Keyring,
        }) => Some(Lock::Passphrase),
        _ => None,
    }
}

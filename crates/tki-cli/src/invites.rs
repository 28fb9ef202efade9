//! Invites of an account that nobody has answered yet, one file each; and requests for help of this
//! home.
//!
//! A file is gone before its answer is looked at: whoever has seen one has had his try.

use std::path::{Path, PathBuf};

use tki::Invitation;
use tki::metadata::{PendingHelp, PendingInvite};

use crate::error::{Failure, Kind};
use crate::home::Home;
use crate::machine;

/// Largest file of either kind.
const MAX_FILE: u64 = 64 * 1024;

/// The folder of an account's open invites.
pub(crate) struct Invites {
    folder: PathBuf,
}

impl Invites {
    pub(crate) fn of(home: &Home) -> Self {
        Self {
            folder: home.invites(),
        }
    }

    /// Keeps an invite until its reply comes. Those that have expired are removed.
    pub(crate) fn keep(&self, invitation: &Invitation) -> Result<(), Failure> {
        self.remove_expired();
        let content = crate::carried::decoded(invitation.pending().encode())?;
        create(&self.folder)?;
        tki_file::write_new(&self.path(&invitation.invite().hash()), &content)
            .map_err(|error| Failure::file("could not keep the invite", &error))
    }

    /// The open invite to this request, if there is one: whoever asks twice has one invite.
    pub(crate) fn to(&self, request: &[u8; 32]) -> Option<Invitation> {
        let now = machine::now();
        let pending = files(&self.folder).into_iter().find_map(|path| {
            let content = read(&path).ok().flatten()?;
            let pending = PendingInvite::decode(&content).ok()?;
            // What a killed command left of a write has another name, and counts for nothing.
            let is_whole = path == self.path(&pending.invite.hash());
            let is_open = pending.invite.request == *request && pending.invite.expires > now;
            (is_whole && is_open).then_some(pending)
        })?;
        Some(Invitation::from_pending(pending))
    }

    /// Whether this invite is open.
    pub(crate) fn has(&self, invite: &[u8; 32]) -> bool {
        self.path(invite).exists()
    }

    /// Takes an invite out, for the one reply to it: it is gone when this returns.
    pub(crate) fn take(&self, invite: &[u8; 32]) -> Result<Invitation, Failure> {
        let path = self.path(invite);
        let content = read(&path)?.ok_or_else(|| {
            Failure::new(
                Kind::Refused,
                "there is no open invite for this reply: it was answered before, has expired, or \
                 was made in another home or for another account",
            )
            .next("begin with a new request on the other side")
        })?;
        // Step 5.1 of docs/spec/invite.md: before anything of the reply is looked at.
        tki_file::remove(&path)
            .map_err(|error| Failure::file("could not use up the invite", &error))?;
        let pending = crate::carried::decoded(PendingInvite::decode(&content))?;
        Ok(Invitation::from_pending(pending))
    }

    fn remove_expired(&self) {
        let now = machine::now();
        for path in files(&self.folder) {
            let content = read(&path).ok().flatten();
            let pending = content.and_then(|content| PendingInvite::decode(&content).ok());
            if pending.is_some_and(|pending| pending.invite.expires <= now) {
                tki_file::remove(&path).ok();
            }
        }
    }

    fn path(&self, invite: &[u8; 32]) -> PathBuf {
        self.folder.join(hex::encode(invite))
    }
}

/// The folder of requests for help.
pub(crate) struct Asked {
    folder: PathBuf,
}

impl Asked {
    pub(crate) fn of(home: &Home) -> Self {
        Self {
            folder: home.asked(),
        }
    }

    /// Keeps a request until its answer comes. Those that have expired are removed.
    pub(crate) fn keep(&self, pending: &PendingHelp) -> Result<(), Failure> {
        self.remove_expired();
        let content = crate::carried::decoded(pending.encode())?;
        create(&self.folder)?;
        tki_file::write_new(&self.path(&pending.request.hash()), &content)
            .map_err(|error| Failure::file("could not keep the request", &error))
    }

    /// Those that can still be answered.
    pub(crate) fn open(&self) -> Vec<PendingHelp> {
        let now = machine::now();
        let all = files(&self.folder).into_iter().filter_map(|path| {
            let content = read(&path).ok().flatten()?;
            PendingHelp::decode(&content).ok()
        });
        all.filter(|pending| pending.request.expires > now)
            .collect()
    }

    /// The request that an answer is to. What it opens is a share: it is of no use, here or to
    /// whoever finds it, once it has expired.
    pub(crate) fn find(&self, request: &[u8; 32]) -> Result<PendingHelp, Failure> {
        self.remove_expired();
        let content = read(&self.path(request))?.ok_or_else(|| {
            Failure::new(
                Kind::Refused,
                "this answer is to a request that was not made in this home, or has expired",
            )
            .next("use the home that asked, or ask again: tki guardian ask")
        })?;
        crate::carried::decoded(PendingHelp::decode(&content))
    }

    fn remove_expired(&self) {
        let now = machine::now();
        for path in files(&self.folder) {
            let content = read(&path).ok().flatten();
            let pending = content.and_then(|content| PendingHelp::decode(&content).ok());
            if pending.is_some_and(|pending| pending.request.expires <= now) {
                tki_file::remove(&path).ok();
            }
        }
    }

    fn path(&self, request: &[u8; 32]) -> PathBuf {
        self.folder.join(hex::encode(request))
    }
}

fn create(folder: &Path) -> Result<(), Failure> {
    tki_file::create_folder(folder)
        .map_err(|error| Failure::file("could not create the home", &error))
}

fn read(path: &Path) -> Result<Option<zeroize::Zeroizing<Vec<u8>>>, Failure> {
    let content = tki_file::read(path, MAX_FILE)
        .map_err(|error| Failure::file("could not read what was kept", &error))?;
    Ok(content.map(zeroize::Zeroizing::new))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.flatten().map(|entry| entry.path()).collect()
}

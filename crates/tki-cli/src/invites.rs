//! Invites of an account that nobody has answered yet, one file each; and requests for help of this
//! home.
//!
//! A file is gone before its answer is looked at: whoever has seen one has had his try.

use std::path::{Path, PathBuf};

use tki::Invitation;
use tki::metadata::{HelpAnswer, HolderKind, PendingHelp, PendingInvite};

use crate::args::Use;
use crate::error::{Failure, Kind};
use crate::home::Home;
use crate::machine;
use crate::session::Session;

/// Most invites of an account that are open at once: each is one more that somebody in between can
/// choose to answer when he knows the digits of the other side.
const MOST_OPEN: usize = 4;

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

    /// Keeps an invite until its reply comes. Those that have expired are removed; one more than
    /// may be open is refused.
    pub(crate) fn keep(&self, invitation: &Invitation) -> Result<(), Failure> {
        self.remove_expired();
        let whole = files(&self.folder)
            .into_iter()
            .filter(|path| is_whole(path));
        if whole.count() >= MOST_OPEN {
            let message = format!("{MOST_OPEN} invites of this account are open already");
            return Err(Failure::new(Kind::Refused, message).next(
                "finish one of them, wait until one expires, or drop them all: --drop-invites",
            ));
        }
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

    /// Takes an invite of this kind out, for the one reply to it: it is gone when this returns. One
    /// of the other kind stays, since the command was the wrong one.
    pub(crate) fn take(&self, invite: &[u8; 32], kind: HolderKind) -> Result<Invitation, Failure> {
        let path = self.path(invite);
        let content = read(&path)?.ok_or_else(|| {
            Failure::new(
                Kind::Refused,
                "there is no open invite for this reply: it was answered before, has expired, was \
                 dropped, or was made in another home or for another account",
            )
            .next(crate::error::JOIN_ANEW)
        })?;
        let pending = PendingInvite::decode(&content);
        if let Ok(pending) = &pending
            && pending.request.kind != kind
        {
            return Err(other_kind(pending.request.kind));
        }
        // Step 5.1 of docs/spec/invite.md: before anything of the reply is looked at.
        tki_file::remove(&path)
            .map_err(|error| Failure::file("could not use up the invite", &error))?;
        let pending = crate::carried::decoded(pending)?;
        Ok(Invitation::from_pending(pending))
    }

    /// Drops every open invite of the account.
    pub(crate) fn drop_all(&self) -> Result<(), Failure> {
        for path in files(&self.folder) {
            tki_file::remove(&path)
                .map_err(|error| Failure::file("could not drop the open invites", &error))?;
        }
        Ok(())
    }

    /// Removes those that have expired, as far as it can.
    fn remove_expired(&self) {
        let now = machine::now();
        remove_if(&self.folder, |content| {
            PendingInvite::decode(content).is_ok_and(|pending| pending.invite.expires <= now)
        });
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
                "this answer is to a request that was not made in this home, has expired, or was \
                 used for a change already",
            )
            .next("use the home that asked, or ask again: tki guardian ask")
        })?;
        crate::carried::decoded(PendingHelp::decode(&content))
    }

    /// Removes the requests whose answers this command was given, once a change was made with
    /// them: an answer is of no use for the account as it is then.
    pub(crate) fn remove_used(session: &Session) {
        let mut used = session.answered.take();
        if used.is_empty() {
            // A change that was made before, and whose end was not seen: nothing was opened now.
            used.extend(given(session));
        }
        remove_if(&Self::of(&session.home).folder, |content| {
            let pending = PendingHelp::decode(content);
            pending.is_ok_and(|pending| used.contains(&pending.request.hash()))
        });
    }

    /// Removes those that have expired, as far as it can.
    fn remove_expired(&self) {
        let now = machine::now();
        remove_if(&self.folder, |content| {
            PendingHelp::decode(content).is_ok_and(|pending| pending.request.expires <= now)
        });
    }

    fn path(&self, request: &[u8; 32]) -> PathBuf {
        self.folder.join(hex::encode(request))
    }
}

/// Removes what has expired of either kind, in a home that this command has for itself.
pub(crate) fn remove_expired(home: &Home) {
    Invites::of(home).remove_expired();
    Asked::of(home).remove_expired();
}

/// The requests to which there are answers among the factors that were named.
fn given(session: &Session) -> Vec<[u8; 32]> {
    let answers = session.global.uses.iter().filter_map(|wanted| {
        let Use::Guardian(path) = wanted else {
            return None;
        };
        let content = crate::carried::read(session, path).ok()?;
        HelpAnswer::decode(&content).ok()
    });
    answers.map(|answer| answer.request).collect()
}

/// Removes the files of a folder whose content is such; and what a killed command left of a write,
/// which may be a part of a secret.
fn remove_if(folder: &Path, is_such: impl Fn(&[u8]) -> bool) {
    for path in files(folder) {
        let content = read(&path).ok().flatten();
        if !is_whole(&path) || content.is_some_and(|content| is_such(&content)) {
            // Where it cannot be, the next command tries again.
            tki_file::remove(&path).ok();
        }
    }
}

/// Whether it has the name of a file that was written to its end: a hash.
fn is_whole(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit()))
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

/// What to do with a message that came to the command of the other kind.
pub(crate) fn other_kind(found: HolderKind) -> Failure {
    let next = if found == HolderKind::Guardian {
        "tki guardian approve FILE"
    } else {
        "tki device approve FILE"
    };
    Failure::usage(format!("the message is of a {found}")).next(next)
}

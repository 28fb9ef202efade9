//! Moving an account to a new key, with the same factors: what mends a key that somebody may know.
//!
//! It takes two changes, so that the new key can be tried, and everything that the old one holds moved,
//! while both can be used.
//!
//! | change | keys listed | who writes next |
//! |---|---|---|
//! | begin | the current one, then the new one | as before |
//! | confirm | the new one alone | handed over to the control key of the new one |
//! | cancel | the current one alone | as before |
//!
//! In between every other change deals the shares of both keys. Specification: `docs/spec/account.md`,
//! section 7.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use tki_metadata::{
    Core, EventLog, EventSignature, Happened, Holder, HolderName, Key, Origin, Step,
};

use crate::{
    account::{Account, Opened, Which},
    change::Change,
    create::Source,
    error::{Error, InvalidChange, Reason},
    history,
    quorum::{self, Quorum, Shares, Sharing},
    receipt::{Residual, first_identifier},
};

/// What a change does about the account's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rotation {
    Begin,
    Confirm,
    Cancel,
}

impl Rotation {
    pub(crate) const fn step(self) -> Step {
        match self {
            Self::Begin => Step::Rotate,
            Self::Confirm => Step::ConfirmRotation,
            Self::Cancel => Step::CancelRotation,
        }
    }
}

impl<'f> Account<'f> {
    /// The verifying key that the account is moving to, if it is.
    #[must_use]
    pub fn next_verifying_key(&self) -> Option<&[u8]> {
        let next = self.core().keys.get(1);
        next.map(|key| key.verifying_key.as_slice())
    }
}

impl Opened<'_> {
    /// The same account, with the key that it is moving to in use: signing, exporting and deriving
    /// take that one. So it can be tried before it is the only one.
    ///
    /// # Errors
    /// `InvalidChange` if the account is not moving to another key.
    pub fn use_next_key(mut self) -> Result<Self, Error> {
        if self.next.is_none() {
            return Err(InvalidChange::NoRotation.into());
        }
        self.in_use = Which::Next;
        Ok(self)
    }

    /// The verifying key of the key that is in use.
    #[must_use]
    pub fn verifying_key(&self) -> &[u8] {
        let key = self.key_in_use();
        key.map_or(&[], |(_, key)| key.verifying_key.as_slice())
    }

    /// Signs the message of an event, for the key that the account has or the one that it moves to.
    pub(crate) fn sign_event(
        &self,
        verifying_key: &[u8],
        message: &[u8],
    ) -> Result<EventSignature, Error> {
        let quorums = core::iter::once(&self.quorum).chain(&self.next);
        let mut keys = quorums.zip(&self.account.core().keys);
        let found = keys.find(|(_, key)| key.verifying_key == verifying_key);
        let (quorum, _) = found.ok_or(Reason::Bug("an event of a key that is not listed"))?;
        quorum.sign_event(verifying_key, message)
    }

    /// The key that signs and is given out, and its shares.
    pub(crate) fn key_in_use(&self) -> Result<(&Quorum, &Key), Error> {
        let keys = &self.account.core().keys;
        let (quorum, key) = match self.in_use {
            Which::Current => (Some(&self.quorum), keys.first()),
            Which::Next => (self.next.as_ref(), keys.get(1)),
        };
        let found = quorum.zip(key);
        found.ok_or_else(|| Reason::Bug("a key in use that the account does not have").into())
    }
}

impl<'f> Change<'_, 'f> {
    /// Begins the move to a new key on the same curve, shared over the same factors in the same way.
    /// Both are kept, and both can be used, until the move is confirmed or cancelled. Every factor
    /// gets a new share of the current key, too.
    ///
    /// Who is removed in the same change never has a share of the new key.
    #[must_use]
    pub const fn rotate(self) -> Self {
        self.with_rotation(Rotation::Begin)
    }

    /// Ends the move: the new key is the only one, and from it follows who writes the account. No
    /// factor can use the old one any more: what is still at its address is out of reach, but for
    /// whoever has that key otherwise.
    ///
    /// `next` is the verifying key that its owner tried and moved to. Preparing refuses any other
    /// with [`InvalidChange::OtherNextKey`]: another device may have given that one up meanwhile and
    /// begun anew.
    ///
    /// # Security
    /// Take `next` from what was shown when the move began, not from the account as it is now.
    #[must_use]
    pub fn confirm_rotation(self, next: &[u8]) -> Self {
        self.with_rotation(Rotation::Confirm).expecting(next)
    }

    /// Gives up the new key, which is `next`; nothing else changes. What was sent to its address is
    /// out of reach, so another than `next` is refused as by [`Change::confirm_rotation`].
    #[must_use]
    pub fn cancel_rotation(self, next: &[u8]) -> Self {
        self.with_rotation(Rotation::Cancel).expecting(next)
    }

    fn expecting(mut self, next: &[u8]) -> Self {
        self.expected_next = next.to_vec();
        self
    }

    /// The account that is to be changed, as it was opened.
    #[must_use]
    pub const fn account(&self) -> &Account<'f> {
        &self.opened.account
    }

    /// What can be refused about it without reading anything.
    pub(crate) fn check_rotation(&self) -> Result<(), Error> {
        let core = self.opened.account.core();
        let is_moving = core.keys.len() > 1;
        match (self.rotation, is_moving) {
            (Some(Rotation::Begin), true) => Err(InvalidChange::Rotating.into()),
            (Some(Rotation::Confirm | Rotation::Cancel), false) => {
                Err(InvalidChange::NoRotation.into())
            }
            (Some(Rotation::Begin), false) | (None, true) => self.check_no_pegs(),
            (Some(Rotation::Confirm | Rotation::Cancel), true) => self.check_next_key(),
            (None, false) => Ok(()),
        }
    }

    fn check_next_key(&self) -> Result<(), Error> {
        // Step 7.5: the next key is the one that is named.
        let next = self.opened.account.next_verifying_key();
        if next == Some(self.expected_next.as_slice()) {
            Ok(())
        } else {
            Err(InvalidChange::OtherNextKey.into())
        }
    }

    fn check_no_pegs(&self) -> Result<(), Error> {
        // Step 7.1: an input gives one share, and two keys that share a point are no longer independent.
        let core = self.opened.account.core();
        let stays = |holder: &&Holder| !self.leaves_behind(first_identifier(holder));
        let mut kept = core.holders.iter().filter(stays);
        if let Some(pegged) = kept.find(|holder| holder.is_pegged()) {
            let identifier = Some(first_identifier(pegged));
            return Err(InvalidChange::PeggedToRotate(identifier).into());
        }
        if self.newcomers().any(|factor| factor.peg().is_some()) {
            return Err(InvalidChange::PeggedToRotate(None).into());
        }
        Ok(())
    }

    /// The keys that stay, each with the shares at hand.
    fn kept_keys(&self) -> impl Iterator<Item = (&Quorum, &Key)> {
        let Opened {
            account,
            quorum,
            next,
            ..
        } = self.opened;
        let quorums = core::iter::once(quorum).chain(next);
        let keys = quorums.zip(&account.core().keys);
        let (first, count) = match self.rotation {
            Some(Rotation::Confirm) => (1, 1),
            Some(Rotation::Cancel) => (0, 1),
            Some(Rotation::Begin) | None => (0, 2),
        };
        keys.skip(first).take(count)
    }

    /// The key from which the writers of the next version follow.
    pub(crate) fn next_writers_key(&self) -> Result<&Quorum, Error> {
        let first = self.kept_keys().next();
        let (quorum, _) = first.ok_or(Reason::Bug("a change that leaves no key"))?;
        Ok(quorum)
    }

    /// The keys of the next version, and everybody's shares of each.
    pub(crate) fn share_keys(
        &self,
        core: &Core,
        sharing: &Sharing<'_>,
        rng: &mut (dyn CryptoRng + Send),
    ) -> Result<(Vec<Key>, Vec<Shares>), Error> {
        let mut keys = Vec::with_capacity(2);
        let mut all = Vec::with_capacity(2);
        // Step 7.3: every key that is listed is dealt anew, or none is.
        for (quorum, key) in self.kept_keys() {
            let shares = if self.makes_new_polynomial() {
                quorum.reshare(sharing, rng)?
            } else {
                quorum.shares_at(sharing.structure, sharing.identifiers)?
            };
            let mut key = key.clone();
            key.commitments.clone_from(&shares.commitments);
            keys.push(key);
            all.push(shares);
        }
        if self.rotation == Some(Rotation::Begin) {
            // Step 7.2: a new key, shared over the same holders in the same way.
            let source = Source::Created(core.curve);
            let salt = &self.opened.account.snapshot.common()?.control_salt;
            let new = quorum::share_key(&source, &core.account, sharing, salt, rng)?;
            keys.push(new.key.taken_up_in(core.version));
            all.push(new.shares);
        }
        Ok((keys, all))
    }

    /// Where the key of the next version comes from: one that the account moved to is its own.
    pub(crate) const fn next_origin(&self, before: Origin) -> Origin {
        match self.rotation {
            Some(Rotation::Confirm) => Origin::Created,
            Some(Rotation::Begin | Rotation::Cancel) | None => before,
        }
    }
}

/// What the two keys leave: to whoever has the old one, and to who was removed, or got another seed,
/// while there were two.
pub(crate) fn residuals(before: &Core, after: &Core, removed: &[HolderName]) -> Vec<Residual> {
    let mut residuals = Vec::new();
    let happened = history::of_keys(before, after);
    if matches!(happened, Some(Happened::Rotated { .. })) {
        let since = after.keys.first().and_then(Key::since);
        residuals.push(Residual::OldKey {
            since: since.unwrap_or(after.version),
        });
    }
    if matches!(happened, Some(Happened::RotationCancelled { .. })) {
        residuals.push(Residual::DroppedKey);
    }
    let has_next = before.keys.get(1).is_some_and(|next| {
        let mut keys = after.keys.iter();
        keys.any(|key| key.verifying_key == next.verifying_key)
    });
    let had = if matches!(happened, Some(Happened::Rotated { .. })) {
        had_next_key(before, removed)
    } else {
        (!removed.is_empty()).then(|| removed.to_vec())
    };
    if let Some(removed) = had.filter(|_| has_next) {
        residuals.push(Residual::HadNextKey { removed });
    }
    residuals
}

/// Who had shares of the key that the account now moves to, and was removed or got another seed since
/// that key was begun; nobody by name where the log does not reach back so far.
fn had_next_key(before: &Core, removed: &[HolderName]) -> Option<Vec<HolderName>> {
    let begun = before.keys.get(1).and_then(Key::since).unwrap_or(0);
    let log = EventLog::of(before).ok().flatten().unwrap_or_default();
    let is_known = log.events().iter().any(|event| event.version <= begun);
    let mut names = removed.to_vec();
    for event in log.events().iter().filter(|event| event.version > begun) {
        for happened in &event.changes {
            if let Happened::Removed(name) | Happened::Renewed(name) = happened
                && !names.contains(name)
            {
                names.push(name.clone());
            }
        }
    }
    (!names.is_empty() || !is_known).then_some(names)
}

//! What the next version is: its holders, structure and keys, everybody's share, and the secrets that every
//! mailbox has.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use tki_metadata::{ControlSalt, Core, DocumentKey, OperationId};

use super::Change;
use crate::{
    commit::{Secrets, Writers},
    create::Newcomer,
    error::{Error, Reason},
    quorum::{Peg, Shares, Sharing},
    receipt::first_identifier,
    rotate::Rotation,
    structure,
};

impl Change<'_, '_> {
    /// What every mailbox of the next version holds, and who writes it: a removal changes the salt
    /// and with it the writers, as does another key; a new polynomial changes the document key.
    pub(super) fn next_secrets(
        &self,
        rng: &mut (dyn CryptoRng + Send),
    ) -> Result<(Secrets, Writers), Error> {
        let common = self.opened.account.snapshot.common()?;
        let mut secrets = Secrets {
            account: common.account_secret.clone(),
            salt: common.control_salt.clone(),
            document: common.document_key.clone(),
        };
        let mut writers = Writers {
            now: self.opened.control_key()?,
            next: None,
        };
        let ends = self.rotation == Some(Rotation::Confirm);
        if ends || !self.removed.is_empty() {
            secrets.salt = ControlSalt::random(rng);
            // Step 7.4: from the key that is the first of the next version.
            writers.next = Some(self.next_writers_key()?.control_key(&secrets.salt)?);
        }
        if self.makes_new_polynomial() {
            secrets.document = DocumentKey::random(rng);
        }
        Ok((secrets, writers))
    }

    /// Shares change with the structure, with a removal, with a renewal, with a key that is new or
    /// alone from now on, when it is asked for, and where those at hand do not show what they are.
    pub(crate) fn makes_new_polynomial(&self) -> bool {
        let structure = &self.opened.account.core().structure;
        let wish = self.structure.as_ref();
        let raised = wish.is_some_and(|wish| wish.changes(structure))
            || !structure::shows_all(structure, &self.opened.quorum.identifiers());
        let pegs = self.added.iter().any(|(factor, _)| factor.peg().is_some());
        let keys = matches!(self.rotation, Some(Rotation::Begin | Rotation::Confirm));
        self.refresh
            || raised
            || pegs
            || keys
            || !self.removed.is_empty()
            || !self.renewed.is_empty()
    }

    /// The core of the next version and everybody's share under it.
    pub(super) fn next_version(
        &self,
        added: &[Newcomer<'_>],
        renewed: &[Newcomer<'_>],
        now: u64,
        rng: &mut (dyn CryptoRng + Send),
    ) -> Result<(Core, Vec<Shares>), Error> {
        let account = &self.opened.account;
        let before = account.core();
        // Step 4.2: the core of the next version, and everybody's share under it.
        let mut core = before.clone();
        core.version = next_number(before.version)?;
        core.operation = OperationId::random(rng);
        core.history = before.next_history(*account.version_hash());
        core.holders
            .retain(|holder| !self.removed.contains(&first_identifier(holder)));
        for holder in &mut core.holders {
            let identifier = first_identifier(holder);
            if let Some((_, label)) = self.renamed.iter().find(|(x, _)| *x == identifier) {
                holder.label.clone_from(label);
            }
            let mut renewals = self.renewed.iter().zip(renewed);
            if let Some((_, newcomer)) = renewals.find(|((x, _), _)| *x == identifier) {
                newcomer.renew(holder);
            }
        }
        let mut new = Vec::with_capacity(added.len());
        for newcomer in added {
            let identifier = core.next_identifier;
            new.push(identifier);
            core.holders.push(newcomer.holder(identifier, now)?);
            core.next_identifier = identifier
                .next()
                .ok_or(Reason::Bug("identifiers ran out"))?;
        }
        match &self.structure {
            Some(wish) => {
                let (holders, next) = (&mut core.holders, &mut core.next_identifier);
                core.structure = structure::take_places(wish, holders, next)?;
            }
            None => structure::follow(before, &mut core, &self.removed, &new)?,
        }
        let identifiers = core.identifiers();
        if self.makes_new_polynomial() {
            core.epoch = before.epoch.next().ok_or(Reason::Bug("epochs ran out"))?;
        }
        let sharing = Sharing {
            structure: &core.structure,
            identifiers: &identifiers,
            pegs: self.pegs(&core, added, renewed),
        };
        let (keys, shares) = self.share_keys(&core, &sharing, rng)?;
        core.keys = keys;
        core.origin = self.next_origin(before.origin);
        Ok((core, shares))
    }

    /// Whose shares are not drawn: those pegged before keep theirs, those pegged now have it from
    /// their seed.
    fn pegs<'n>(
        &self,
        core: &Core,
        added: &'n [Newcomer<'_>],
        renewed: &'n [Newcomer<'_>],
    ) -> Vec<Peg<'n>> {
        let first_added = core.holders.len().saturating_sub(added.len());
        let mut pegs = Vec::new();
        for (place, holder) in core.holders.iter().enumerate() {
            let identifier = first_identifier(holder);
            let mut renewals = self.renewed.iter().zip(renewed);
            let renewal = renewals.find(|((x, _), _)| *x == identifier);
            let newcomer = match place.checked_sub(first_added) {
                Some(place) => added.get(place),
                None => renewal.map(|(_, newcomer)| newcomer),
            };
            match newcomer {
                Some(newcomer) => pegs.extend(newcomer.peg(identifier)),
                None if holder.is_pegged() => pegs.push(Peg {
                    identifier,
                    seed: None,
                }),
                None => {}
            }
        }
        pegs
    }
}

fn next_number(version: u64) -> Result<u64, Error> {
    version
        .checked_add(1)
        .ok_or_else(|| Reason::Bug("versions ran out").into())
}

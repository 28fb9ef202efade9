//! What a device remembers of how its account stands: dates of proof, and who writes what it saw
//! opened.
//!
//! Specification: `docs/spec/drill.md`, section 3.

use rand_core::CryptoRng;
use tki_math::Identifier;
use tki_metadata::{Extensions, FactorStanding, KnownWriter, Membership, Standing};
use tki_record::RecordHeader;

use crate::{
    account::Account,
    device::Device,
    drill::Drill,
    error::{Culprit, Error, Reason},
    read::Snapshot,
    receipt::first_identifier,
};

/// A use is noted again when the last one that was noted is older, in seconds: a week.
const NOTED_AGAIN: u64 = 7 * 24 * 60 * 60;

impl Device<'_> {
    /// What this device remembers of how its account stands; nothing, if it has none.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.membership()
            .map(Membership::standing)
            .unwrap_or_default()
    }

    /// The identifier of this very device in its account.
    #[must_use]
    pub fn identifier(&self) -> Option<Identifier> {
        self.membership()?.holder().map(first_identifier)
    }

    /// Notes the factors that an account was opened with, beside this device. Returns whether
    /// anything was written: what was noted within a week is not noted again.
    ///
    /// # Errors
    /// The store's.
    pub fn note_use(
        &self,
        account: &Account<'_>,
        now: u64,
        rng: &mut dyn CryptoRng,
    ) -> Result<bool, Error> {
        // Step 3.1: when it was used, at most once a week.
        let mut standing = self.standing();
        let own = self.identifier();
        let mut is_new = false;
        for holder in account.found().filter_map(|found| found.holder) {
            let identifier = first_identifier(holder);
            let mut factor = standing.of(identifier);
            let last = factor.used.unwrap_or(holder.added);
            if Some(identifier) != own && now.saturating_sub(last) >= NOTED_AGAIN {
                (factor.used, factor.lost) = (Some(now), None);
                standing.set(factor);
                is_new = true;
            }
        }
        self.keep_standing(&standing, is_new && self.is_of(account), rng)
    }

    /// Notes the factors that a drill proved. Returns whether anything was written: a drill of
    /// another account, of copies such as a backup, and one that did not see one agreed state of it,
    /// proves nothing to note.
    ///
    /// # Errors
    /// The store's.
    pub fn note_drill(
        &self,
        drill: &Drill<'_>,
        now: u64,
        rng: &mut dyn CryptoRng,
    ) -> Result<bool, Error> {
        // Step 3.4: of copies nothing, for the account itself may not open with them.
        let Some(account) = drill.account.as_ref().filter(|_| drill.is_of_storage) else {
            return Ok(false);
        };
        let mut standing = self.standing();
        let proven = drill
            .tried
            .iter()
            .filter_map(|tried| tried.result.as_ref().ok());
        let mut is_new = false;
        for holder in proven {
            let mut factor = standing.of(holder.identifier);
            (factor.drilled, factor.lost) = (Some(now), None);
            standing.set(factor);
            is_new = true;
        }
        self.keep_standing(&standing, is_new && self.is_of(account), rng)
    }

    /// Notes since when a factor is lost, or that it is not.
    ///
    /// # Errors
    /// `InvalidChange` if the account has no such factor; the store's.
    pub fn note_lost(
        &self,
        identifier: Identifier,
        since: Option<u64>,
        rng: &mut dyn CryptoRng,
    ) -> Result<bool, Error> {
        let core = self
            .membership()
            .map(|membership| &membership.document.core);
        let holder = core.and_then(|core| core.holder(identifier));
        let holder = holder.ok_or(crate::InvalidChange::UnknownHolder(identifier))?;
        let mut standing = self.standing();
        let before = standing.of(first_identifier(holder));
        standing.set(FactorStanding {
            lost: since,
            ..before
        });
        self.keep_standing(&standing, before.lost != since, rng)
    }

    fn is_of(&self, account: &Account<'_>) -> bool {
        let membership = self.membership();
        membership.is_some_and(|membership| membership.document.core.account == account.id())
    }

    fn keep_standing(
        &self,
        standing: &Standing,
        is_wanted: bool,
        rng: &mut dyn CryptoRng,
    ) -> Result<bool, Error> {
        let Some(membership) = self.membership().filter(|_| is_wanted) else {
            return Ok(false);
        };
        let mut membership = membership.clone();
        remember(&mut membership, standing)?;
        let package = &self.package;
        let pending = package.pending.clone();
        self.save(&package.opening_seed, Some(membership), pending, rng)?;
        Ok(true)
    }

    /// The new membership with what stays of what this device remembers, and what the account as it
    /// is now adds.
    pub(crate) fn remembering(
        &self,
        mut membership: Membership,
        account: &Account<'_>,
    ) -> Result<Membership, Error> {
        let before = self.membership().filter(|_| self.is_of(account));
        membership.extensions = before.map_or_else(Extensions::new, |m| m.extensions.clone());
        let mut standing = before.map(Membership::standing).unwrap_or_default();
        forget_gone(&mut standing, before, account);
        if account.proven {
            for (header, _) in headers(&account.snapshot) {
                know_writer(&mut standing, header);
            }
        }
        if standing != Standing::default() || !membership.extensions.is_empty() {
            remember(&mut membership, &standing)?;
        }
        Ok(membership)
    }
}

fn remember(membership: &mut Membership, standing: &Standing) -> Result<(), Error> {
    let set = membership.set_standing(standing);
    set.map_err(|error| Reason::MalformedRecord(Culprit::Package, error).into())
}

/// Nothing is remembered of holders that left, nor of the old seed of one that was renewed.
fn forget_gone(standing: &mut Standing, before: Option<&Membership>, account: &Account<'_>) {
    // Step 3.3: of removed holders nothing, of renewed ones neither.
    let core = account.core();
    let old = before.map(|membership| &membership.document.core);
    standing.factors.retain(|factor| {
        let mailbox = core.holder(factor.identifier).map(|holder| holder.mailbox);
        let old = old.and_then(|core| core.holder(factor.identifier));
        mailbox.is_some_and(|mailbox| old.is_none_or(|old| old.mailbox == mailbox))
    });
    let document = account.document_address();
    standing
        .writers
        .retain(|writer| writer.address == document || core.holder_at(&writer.address).is_some());
}

/// The writer of the version after this one, which the key has proven.
fn know_writer(standing: &mut Standing, header: &RecordHeader) {
    // Step 3.2: for each record, the newest version that was proven.
    let address = header.address();
    let known = standing.writer(&address).map(|writer| writer.version);
    if known.is_some_and(|known| known > header.version()) {
        return;
    }
    standing.writers.retain(|writer| writer.address != address);
    standing.writers.push(KnownWriter {
        address,
        version: header.version(),
        next: *header.writer_of(header.version().saturating_add(1)),
    });
    standing.writers.sort_by_key(|writer| writer.address);
}

/// Whoever was known to write a record is who wrote on.
pub(crate) fn check_known_writers(standing: &Standing, snapshot: &Snapshot) -> Result<(), Error> {
    // Step 2.4: no hand-over since a version that was proven is missing or was dated back.
    for (header, culprit) in headers(snapshot) {
        let Some(known) = standing.writer(&header.address()) else {
            continue;
        };
        let next = header.writer_of(known.version.saturating_add(1));
        if header.version() < known.version || *next != known.next {
            return Err(Reason::WrongWriter(culprit).into());
        }
    }
    Ok(())
}

/// The records that were read, and what they are called in errors.
fn headers(snapshot: &Snapshot) -> impl Iterator<Item = (&RecordHeader, Culprit)> {
    let document = snapshot.document_header.iter();
    let document = document.map(|header| (header, Culprit::Document));
    let mailboxes = snapshot.mailboxes.iter();
    document.chain(mailboxes.filter_map(|found| Some((found.header.as_ref()?, found.culprit()))))
}

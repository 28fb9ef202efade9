//! What a change did, and what those who left, and old seeds and keys, can still do.
//!
//! | file | what |
//! |---|---|
//! | `receipt/residual.rs` | what somebody can still do |
//! | `receipt/left.rs` | which of it a change leaves, seen from the version before |
//! | `receipt/of_earlier.rs` | the same, from the versions before that one |
//! | `receipt/sentences.rs` | each in a sentence |
//! | `receipt/statements.rs` | each as it is stored |

use alloc::{string::String, vec::Vec};

use tki_math::{AccessStructure, Epoch, Identifier};
use tki_metadata::{
    Arrangement, Core, Extensions, Happened, Holder, HolderName, OperationId, Origin, ReceiptFacts,
    WhoSuffices,
};
use tki_seal::curve::CurveId;
use tki_storage::Retention;

use crate::{history, rotate, structure::Spare};

mod left;
mod of_earlier;
mod residual;
mod sentences;
mod statements;

use left::residuals;
pub use residual::{Gone, Residual};
pub(crate) use sentences::{list, list_sets};

/// A holder that got another name.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// The holder, by its new name.
    pub holder: HolderName,
    /// What it was called before.
    pub before: String,
}

/// What a change did.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The random number of the operation.
    pub operation: OperationId,
    /// The account's version after it.
    pub version: u64,
    /// The generation of shares after it.
    pub epoch: Epoch,
    /// What changed, piece by piece: all of what follows, and what follows does not say.
    pub changes: Vec<Happened>,
    /// Who was added.
    pub added: Vec<HolderName>,
    /// Who was removed.
    pub removed: Vec<HolderName>,
    /// Who got another name.
    pub renamed: Vec<Renamed>,
    /// Who got another seed.
    pub renewed: Vec<HolderName>,
    /// Whose stored mailbox was damaged or old, and was written anew.
    pub repaired: Vec<HolderName>,
    /// Whether the key is known as a scalar only: no other program reads what an export gives.
    pub scalar_only: bool,
    /// What the removed, the old seeds of the renewed, and old copies of the key can still do.
    pub residuals: Vec<Residual>,
    /// How many factors can now be lost without losing the account.
    pub can_lose: usize,
    /// Whether one more cannot be; otherwise it was not found out.
    pub can_lose_is_exact: bool,
    /// Who holds the account now, and which of them suffice.
    pub who_suffices: WhoSuffices,
    /// What the storage keeps of the records that were replaced.
    pub retention: Retention,
}

impl Receipt {
    /// What lies between two versions; the first follows on none.
    pub(crate) fn new(
        before: Option<&Core>,
        after: &Core,
        repaired: &[Identifier],
        retention: Retention,
    ) -> Self {
        let old: &[Holder] = before.map_or(&[], |core| &core.holders);
        let fates = Fates::of(old, &after.holders);
        let names = |holders: &[&Holder]| holders.iter().map(|h| HolderName::of(h)).collect();
        let mended = fates
            .unchanged
            .iter()
            .filter(|holder| repaired.contains(&first_identifier(holder)));
        let removed: Vec<HolderName> = names(&fates.removed);
        let residuals = match before {
            Some(core) => {
                let mut all = residuals(core, after, &fates);
                all.extend(rotate::residuals(core, after, &removed));
                all
            }
            None if after.origin == Origin::Imported => alloc::vec![Residual::OldCopies],
            None => Vec::new(),
        };
        let spare = Spare::of(after);
        let mut receipt = Self {
            operation: after.operation,
            version: after.version,
            epoch: after.epoch,
            changes: Vec::new(),
            added: names(&fates.added),
            removed,
            renamed: renamed(old, &after.holders),
            renewed: names(&fates.renewed),
            repaired: mended.map(|holder| HolderName::of(holder)).collect(),
            scalar_only: is_scalar_only(after),
            residuals,
            can_lose: spare.count,
            can_lose_is_exact: spare.is_exact,
            who_suffices: WhoSuffices::of(after),
            retention,
        };
        receipt.changes = receipt.changes_between(before, after);
        receipt
    }

    /// What changed, piece by piece.
    fn changes_between(&self, before: Option<&Core>, after: &Core) -> Vec<Happened> {
        let mut changes = Vec::new();
        match before {
            None if after.origin == Origin::Imported => changes.push(Happened::Imported),
            None => changes.push(Happened::Created),
            Some(before) => changes.extend(history::of_keys(before, after)),
        }
        changes.extend(self.removed.iter().cloned().map(Happened::Removed));
        changes.extend(self.added.iter().cloned().map(Happened::Added));
        changes.extend(self.renewed.iter().cloned().map(Happened::Renewed));
        changes.extend(self.renamed.iter().map(|renamed| Happened::Renamed {
            holder: renamed.holder.clone(),
            before: renamed.before.clone(),
        }));
        if before.map(who_suffices) != Some(who_suffices(after)) {
            changes.push(who_suffices(after));
        }
        let has_new_shares = before.is_some_and(|before| before.epoch != after.epoch);
        if has_new_shares && changes.is_empty() {
            changes.push(Happened::Refreshed);
        }
        changes.extend(self.repaired.iter().cloned().map(Happened::Repaired));
        changes
    }

    /// What it says, as it is signed and stored.
    #[must_use]
    pub fn facts(&self) -> ReceiptFacts {
        let mut facts = ReceiptFacts {
            changes: self.changes.clone(),
            scalar_only: self.scalar_only,
            can_lose: u32::try_from(self.can_lose).unwrap_or(u32::MAX),
            keeps_history: self.retention.keeps.code(),
            retention: note(&self.retention.note),
            residuals: self.residuals.iter().map(Residual::to_statement).collect(),
            extensions: Extensions::new(),
        };
        facts.set_who_suffices(&self.who_suffices);
        if !self.can_lose_is_exact {
            facts.set_at_least();
        }
        facts
    }
}

/// What a storage says of itself, as far as a receipt has room for it and without what is no text: no
/// storage stands in the way of a change.
fn note(said: &str) -> String {
    let mut note = String::new();
    for c in said.chars() {
        let c = if c.is_control() { ' ' } else { c };
        if note.len().saturating_add(c.len_utf8()) > 1024 {
            break;
        }
        note.push(c);
    }
    note
}

/// Who suffices, as an event says it.
pub(crate) fn who_suffices(core: &Core) -> Happened {
    if let AccessStructure::Gate(_) = &core.structure {
        Happened::Arranged(Arrangement::of(core))
    } else {
        Happened::Structure(core.structure.clone())
    }
}

/// How many of any factors can be lost: one fewer than the smallest set without which the others do
/// not suffice. Of some structures in which factors have places in several gates, at least so many:
/// [`crate::Spare`] says whether it is.
#[must_use]
pub fn spare(core: &Core) -> usize {
    Spare::of(core).count
}

/// How many coefficients a new polynomial of this account draws: t − 1 less the pegged shares. At
/// none, nobody can be removed and nothing refreshed before something pegged is.
#[must_use]
pub fn freedom(core: &Core) -> usize {
    let pegged = core.holders.iter().filter(|holder| holder.is_pegged());
    let coefficients = core.structure.coefficient_count().saturating_sub(1);
    coefficients.saturating_sub(pegged.count())
}

/// What became of each holder from one version to the next.
struct Fates<'a> {
    added: Vec<&'a Holder>,
    removed: Vec<&'a Holder>,
    /// With another mailbox, and so with another seed.
    renewed: Vec<&'a Holder>,
    /// With the same seed.
    unchanged: Vec<&'a Holder>,
}

impl<'a> Fates<'a> {
    fn of(old: &'a [Holder], new: &'a [Holder]) -> Self {
        let mut fates = Self {
            added: Vec::new(),
            removed: Vec::new(),
            renewed: Vec::new(),
            unchanged: Vec::new(),
        };
        for before in old {
            match find(new, before) {
                None => fates.removed.push(before),
                Some(after) if after.mailbox == before.mailbox => fates.unchanged.push(after),
                Some(after) => fates.renewed.push(after),
            }
        }
        let is_new = |holder: &&Holder| find(old, holder).is_none();
        fates.added = new.iter().filter(is_new).collect();
        fates
    }
}

/// The same holder in another version.
fn find<'a>(holders: &'a [Holder], holder: &Holder) -> Option<&'a Holder> {
    let same = |other: &&Holder| first_identifier(other) == first_identifier(holder);
    holders.iter().find(same)
}

fn renamed(old: &[Holder], new: &[Holder]) -> Vec<Renamed> {
    let mut renamed = Vec::new();
    for before in old {
        if let Some(after) = find(new, before).filter(|after| after.label != before.label) {
            renamed.push(Renamed {
                holder: HolderName::of(after),
                before: before.label.clone(),
            });
        }
    }
    renamed
}

/// Whether only the scalar of the key is known, of which other programs want the seed.
pub(crate) fn is_scalar_only(core: &Core) -> bool {
    let has_seed = core
        .keys
        .first()
        .is_some_and(|key| key.sealed_seed.is_some());
    core.curve == CurveId::Ed25519 && !has_seed
}

/// The identifier by which a holder is named. Every holder of a decoded document has one.
pub(crate) fn first_identifier(holder: &Holder) -> Identifier {
    holder.identifier().unwrap_or(Identifier::FIRST)
}

//! What a change did, and what those who left, and old seeds and keys, can still do.

use alloc::{format, string::String, vec::Vec};
use core::fmt;

use tki_math::{AccessStructure, Epoch, Identifier};
use tki_metadata::{
    Arrangement, Core, Extensions, Happened, Holder, HolderKind, HolderName, OperationId, Origin,
    ReceiptFacts, Statement,
};
use tki_seal::curve::CurveId;
use tki_storage::Retention;

use crate::{
    earlier, history, rotate,
    structure::{self, Companions},
};

/// A holder that got another name.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// The holder, by its new name.
    pub holder: HolderName,
    /// What it was called before.
    pub before: String,
}

/// Something that a removed holder, an old seed, or a key's old copy can still do.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Residual {
    /// It keeps copies of these holders' old mailboxes: with their seeds (the words themselves)
    /// it still gives the key, with every server gone.
    Copies {
        /// The removed holder.
        removed: HolderName,
        /// Those whose mailboxes it has copies of.
        copied: Vec<HolderName>,
    },
    /// It may have assembled and kept the key itself while it was a factor.
    MayKnowKey {
        /// The removed holder.
        removed: HolderName,
    },
    /// The old seeds of these holders still open their old mailboxes where somebody kept them, and
    /// these others kept their seeds: together they still give the key.
    NotRenewed {
        /// Those who have new seeds.
        renewed: Vec<HolderName>,
        /// How many of their old seeds it takes.
        old: usize,
        /// Those whose seeds are the same as before, or who were removed.
        unchanged: Vec<HolderName>,
        /// How many of them it takes beside.
        needed: usize,
        /// Which of all of these will do, where it is not any so many: fewest first, and not all if
        /// they are many.
        sets: Vec<Vec<HolderName>>,
    },
    /// These holders sufficed before and do not any more: with their seeds, which did not change,
    /// archived old records still give the key.
    OldStructure {
        /// Those whose seeds are the same as before.
        unchanged: Vec<HolderName>,
        /// How many of them sufficed.
        needed: usize,
        /// Which of them did, where it was not any so many: fewest first, and not all if they are
        /// many.
        sets: Vec<Vec<HolderName>>,
    },
    /// A key that the account was to move to was given up: no factor can use it.
    DroppedKey,
    /// They were removed, or got other seeds, while the account was moving to another key, and had
    /// shares of both: nothing that is said of them is mended by that move.
    HadNextKey {
        /// The removed holders, and when the move ends those who got other seeds, too. Nobody if the
        /// account's log does not say who.
        removed: Vec<HolderName>,
    },
    /// The key existed before the account: whoever has a copy of it needs no factor.
    OldCopies,
    /// The account has moved to another key: the old one still works for whoever knows it or can put
    /// it together. Nothing of that, if it is older than this version, gives anything of the new one.
    OldKey {
        /// The version in which the new key was made.
        since: u64,
    },
    /// The inputs of these holders still give the shares that they gave before: with the old shares
    /// of the removed they still give the key, with nothing archived.
    Pegged {
        /// The removed holders.
        removed: Vec<HolderName>,
        /// Those whose shares are pegged to their inputs.
        pegged: Vec<HolderName>,
        /// How many of them all the removed together would need.
        needed: usize,
    },
    /// The new shares share points with the old ones: this many shares of each of several epochs
    /// may give the key, although fewer than are needed are of any one.
    PegsWeaken {
        /// Those whose shares are pegged to their inputs.
        pegged: Vec<HolderName>,
        /// How many shares of each epoch: the threshold less one for each of them.
        enough: usize,
    },
    /// They are as many as were needed: together they still have the key in their old shares.
    Together {
        /// The removed holders.
        removed: Vec<HolderName>,
    },
    /// With these holders' seeds, which did not change, and archived old records, its old share
    /// still gives the key.
    UnchangedSeeds {
        /// The removed holder.
        removed: HolderName,
        /// Those whose seeds are the same as before.
        unchanged: Vec<HolderName>,
        /// How many of them it would need.
        needed: usize,
        /// Which of them will do, where it is not any so many: fewest first, and not all if they
        /// are many.
        sets: Vec<Vec<HolderName>>,
    },
    /// Fewer, or others, sufficed in an earlier version, or it is not known who did: whoever kept
    /// the secrets of then needs only records of then.
    EarlierStructure {
        /// The last version in which they did.
        until: u64,
        /// The fewest that sufficed; 0 where it is not known.
        needed: usize,
    },
    /// One that a newer version stored.
    Unknown(Statement),
}

impl fmt::Display for Residual {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Copies { removed, copied } => write!(
                f,
                "{removed} keeps old copies of the mailboxes of {}: whoever has it and those \
                 factors themselves can still use the key, offline",
                list(copied)
            ),
            Self::MayKnowKey { removed } => write!(
                f,
                "{removed} could use the key together with the other factors while it was a \
                 factor; if it was taken over then, the key may be known: only a new key helps"
            ),
            Self::NotRenewed { .. } | Self::OldStructure { .. } | Self::UnchangedSeeds { .. } => {
                self.fmt_of_seeds(f)
            }
            Self::DroppedKey | Self::HadNextKey { .. } | Self::OldKey { .. } => self.fmt_of_keys(f),
            Self::OldCopies => f.write_str(
                "the key existed before: whoever has a copy of it (a file, a wallet, a backup) \
                 can still use it without any factor; destroy the copies, and where that is not \
                 certain, only a new key helps",
            ),
            Self::Pegged { .. } | Self::PegsWeaken { .. } => self.fmt_of_pegs(f),
            Self::EarlierStructure { until, needed: 0 } => write!(
                f,
                "or fewer, with somebody's archive of version {until} or before: who was enough then \
                 is not known, and whoever kept the secrets of then may still be"
            ),
            Self::EarlierStructure { until, needed } => write!(
                f,
                "or fewer or others, with somebody's archive of version {until} or before: as few as \
                 {needed} of the factors of then were enough, and still are if they kept their secrets"
            ),
            Self::Unknown(Statement { kind, .. }) => write!(
                f,
                "something that this version does not know (kind {kind}): a newer one says it"
            ),
            Self::Together { removed } => write!(
                f,
                "{} together still have the key in their old shares: they were removed at once, \
                 and were as many as were needed",
                list(removed)
            ),
        }
    }
}

impl Residual {
    /// What seeds that stayed the same leave, with old records.
    fn fmt_of_seeds(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::UnchangedSeeds {
            removed,
            unchanged,
            needed,
            sets,
        } = self
        {
            write!(
                f,
                "{removed} together with {} and somebody's archive of the old records can still \
                 use the key, because those factors kept their seeds",
                companions(*needed, unchanged, sets)
            )?;
        }
        if let Self::OldStructure {
            unchanged,
            needed,
            sets,
        } = self
        {
            write!(
                f,
                "{}, who sufficed before, can still use the key with somebody's archive of the old \
                 records, because they kept their seeds: renew those to end it",
                companions(*needed, unchanged, sets)
            )?;
        }
        let Self::NotRenewed {
            renewed,
            old,
            unchanged,
            needed,
            sets,
        } = self
        else {
            return Ok(());
        };
        if !sets.is_empty() {
            return write!(
                f,
                "whoever copied old seeds of {} can use the key with somebody's archive of the old \
                 records and the others of one of these sets, whose seeds stayed the same: {}; \
                 renew or replace those, too",
                list(renewed),
                list_sets(sets)
            );
        }
        write!(
            f,
            "whoever copied {} {} and gets at {needed} of {}, whose seeds stayed the same, can use \
             the key with somebody's archive of the old records: renew or replace those, too",
            old_seeds(*old, renewed.len()),
            list(renewed),
            list(unchanged)
        )
    }

    /// What a move from one key to another leaves.
    fn fmt_of_keys(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::OldKey { since } = self {
            write!(
                f,
                "whoever knows the old key, or can put it together from old shares, seeds, copies or \
                 records, can still use it, and take what is left at its address, which your factors \
                 cannot any more without a backup of then; nothing that is older than version {since} \
                 gives anything of the new key"
            )?;
        }
        if let Self::HadNextKey { removed } = self {
            let who = match removed.as_slice() {
                [] => "whoever was".into(),
                some => list(some) + ",",
            };
            write!(
                f,
                "{who} removed or renewed while the account was moving, had shares of the new key, \
                 too: with them, old seeds and old records that key can still be put together, and \
                 only another new one helps"
            )?;
        }
        if matches!(self, Self::DroppedKey) {
            f.write_str(
                "no factor can use the key that was given up, without a backup of the time between: \
                 what was sent to its address is out of reach",
            )?;
        }
        Ok(())
    }

    /// What pegged shares leave.
    fn fmt_of_pegs(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Pegged {
            removed,
            pegged,
            needed,
        } = self
        {
            write!(
                f,
                "{} together with {} {} can still use the key: the shares of these follow from the \
                 inputs and are what they were",
                list(removed),
                inputs(*needed),
                list(pegged)
            )?;
        }
        if let Self::PegsWeaken { pegged, enough } = self {
            write!(
                f,
                "while the shares of {} follow from inputs, {} of each of several epochs may \
                 together give the key: replace stolen factors, do not only refresh",
                list(pegged),
                stolen_shares(*enough)
            )?;
        }
        Ok(())
    }
}

/// The inputs of this many of some holders.
fn inputs(count: usize) -> String {
    match count {
        1 => "the input of one of".into(),
        count => format!("the inputs of {count} of"),
    }
}

fn stolen_shares(count: usize) -> String {
    match count {
        1 => "one stolen share".into(),
        count => format!("{count} stolen shares"),
    }
}

/// This many of the old seeds of this many holders.
fn old_seeds(old: usize, renewed: usize) -> String {
    match (old, renewed) {
        (1, 1) => "the old seed of".into(),
        (1, _) => "one of the old seeds of".into(),
        (old, _) => format!("{old} of the old seeds of"),
    }
}

/// So many of these, or one of the sets where they are listed.
fn companions(needed: usize, names: &[HolderName], sets: &[Vec<HolderName>]) -> String {
    match (needed, sets) {
        (0, _) => "nobody else".into(),
        (_, []) => format!("{needed} of {}", list(names)),
        _ => list_sets(sets),
    }
}

/// Sets of holders, any one of which will do.
pub(crate) fn list_sets(sets: &[Vec<HolderName>]) -> String {
    let set = |names: &Vec<HolderName>| {
        let names: Vec<String> = names.iter().map(|name| format!("{name}")).collect();
        names.join(" and ")
    };
    let mut texts: Vec<String> = sets.iter().map(set).collect();
    if sets.len() >= structure::MOST_SETS {
        texts.push("perhaps others".into());
    }
    texts.join(", or ")
}

pub(crate) fn list(names: &[HolderName]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("{name}")).collect();
    names.join(", ")
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
            can_lose: spare(after),
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
        ReceiptFacts {
            changes: self.changes.clone(),
            scalar_only: self.scalar_only,
            can_lose: u32::try_from(self.can_lose).unwrap_or(u32::MAX),
            keeps_history: self.retention.keeps.code(),
            retention: note(&self.retention.note),
            residuals: self.residuals.iter().map(Residual::to_statement).collect(),
            extensions: Extensions::new(),
        }
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
    structure::Spare::of(core).count
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

fn residuals(before: &Core, after: &Core, fates: &Fates<'_>) -> Vec<Residual> {
    let names = |holders: &[&Holder]| -> Vec<HolderName> {
        holders
            .iter()
            .map(|holder| HolderName::of(holder))
            .collect()
    };
    let threshold = usize::from(before.structure.threshold().get());
    let mut residuals = Vec::new();
    if !fates.removed.is_empty() && structure::is_satisfied_by(before, &fates.removed) {
        let removed = names(&fates.removed);
        residuals.push(Residual::Together { removed });
    }
    let pegged = fates.unchanged.iter().copied().filter(|h| h.is_pegged());
    let pegged: Vec<&Holder> = pegged.collect();
    let is_reshared = before.epoch != after.epoch;
    residuals.extend(of_pegs(&pegged, &fates.removed, threshold, is_reshared));
    // For each of the removed alone. Who is unchanged has the identifiers of the version before
    // only there.
    let stayed = of_version(before, &fates.unchanged);
    let unchanged = names(&fates.unchanged);
    let copied: Vec<&Holder> = fates
        .unchanged
        .iter()
        .copied()
        .filter(|h| h.offline)
        .collect();
    let copied_before = of_version(before, &copied);
    for holder in &fates.removed {
        let removed = HolderName::of(holder);
        let alone = core::slice::from_ref(holder);
        residuals.push(Residual::MayKnowKey {
            removed: removed.clone(),
        });
        let with_copies = [alone, &copied_before].concat();
        if holder.kind == HolderKind::Device && structure::is_satisfied_by(before, &with_copies) {
            residuals.push(Residual::Copies {
                removed: removed.clone(),
                copied: names(&copied),
            });
        }
        if let Some(Companions { needed, sets }) = structure::companions(before, alone, &stayed) {
            let (needed, sets) = who_need_it(before, &stayed, needed, sets);
            residuals.push(Residual::UnchangedSeeds {
                removed,
                unchanged: unchanged.clone(),
                needed,
                sets,
            });
        }
    }
    residuals.extend(not_renewed(before, fates, &stayed));
    residuals.extend(old_structure(before, after, &stayed));
    if !fates.removed.is_empty() {
        residuals.extend(earlier::structure(before));
    }
    residuals
}

/// The sets without those who suffice by themselves, and how many the smallest has.
fn who_need_it(
    before: &Core,
    stayed: &[&Holder],
    needed: usize,
    sets: Vec<Vec<HolderName>>,
) -> (usize, Vec<Vec<HolderName>>) {
    let suffices = |set: &Vec<HolderName>| {
        let members = stayed.iter().copied();
        let members = members.filter(|holder| {
            let identifier = first_identifier(holder);
            set.iter().any(|name| name.identifier == identifier)
        });
        structure::is_satisfied_by(before, &members.collect::<Vec<_>>())
    };
    let kept: Vec<_> = sets.iter().filter(|set| !suffices(set)).cloned().collect();
    match kept.first() {
        Some(first) => (first.len(), kept),
        None => (needed, sets),
    }
}

/// These holders as they were in this version.
fn of_version<'c>(core: &'c Core, holders: &[&Holder]) -> Vec<&'c Holder> {
    let then = holders
        .iter()
        .filter_map(|holder| find(&core.holders, holder));
    then.collect()
}

/// Who sufficed before and does not any more, of those who kept their seeds.
fn old_structure(before: &Core, after: &Core, stayed: &[&Holder]) -> Option<Residual> {
    if before.structure == after.structure {
        return None;
    }
    let still = |set: &[&Holder]| structure::is_satisfied_by(after, &of_version(after, set));
    let unchanged: Vec<HolderName> = stayed.iter().map(|holder| HolderName::of(holder)).collect();
    let (needed, sets) = match (
        structure::counts_alike(before),
        structure::counts_alike(after),
    ) {
        (Some(old), Some(new)) => {
            if new <= old || stayed.len() < old {
                return None;
            }
            (old, Vec::new())
        }
        _ => {
            let sets = structure::some_sets(before, stayed)?;
            let sets: Vec<_> = sets.into_iter().filter(|set| !still(set)).collect();
            let needed = sets.first()?.len();
            (needed, named(&sets))
        }
    };
    Some(Residual::OldStructure {
        unchanged,
        needed,
        sets,
    })
}

/// The names of some sets, as many as are shown.
fn named(sets: &[Vec<&Holder>]) -> Vec<Vec<HolderName>> {
    let names = |set: &Vec<&Holder>| set.iter().map(|holder| HolderName::of(holder)).collect();
    sets.iter().take(structure::MOST_SETS).map(names).collect()
}

/// What pegged shares, which stay where they are, leave to the removed and to who steals shares of
/// several epochs.
fn of_pegs(
    pegged: &[&Holder],
    removed: &[&Holder],
    threshold: usize,
    is_reshared: bool,
) -> Vec<Residual> {
    let names = |holders: &[&Holder]| holders.iter().map(|h| HolderName::of(h)).collect();
    let mut residuals = Vec::new();
    let needed = threshold.saturating_sub(removed.len()).max(1);
    if !removed.is_empty() && pegged.len() >= needed {
        residuals.push(Residual::Pegged {
            removed: names(removed),
            pegged: names(pegged),
            needed,
        });
    }
    if is_reshared && !pegged.is_empty() {
        residuals.push(Residual::PegsWeaken {
            pegged: names(pegged),
            enough: threshold.saturating_sub(pegged.len()).max(1),
        });
    }
    residuals
}

/// Any quorum of the seeds of the version before opens it where somebody kept its records. As many
/// as possible of them are those that are still in use, or were removed.
fn not_renewed(before: &Core, fates: &Fates<'_>, stayed: &[&Holder]) -> Option<Residual> {
    let others = fates.unchanged.iter().chain(&fates.removed);
    let unchanged: Vec<HolderName> = others.map(|holder| HolderName::of(holder)).collect();
    if fates.renewed.is_empty() || unchanged.is_empty() {
        return None;
    }
    let renewed = of_version(before, &fates.renewed);
    let (old, needed, sets) = match structure::counts_alike(before) {
        Some(threshold) => {
            let old = threshold.saturating_sub(unchanged.len()).max(1);
            (old, threshold.saturating_sub(old), Vec::new())
        }
        None => {
            let all = [stayed, &fates.removed, &renewed].concat();
            let sets = structure::some_sets(before, &all)?;
            let takes_old = |set: &Vec<&Holder>| renewed.iter().any(|old| set.contains(old));
            let takes_other = |set: &Vec<&Holder>| set.iter().any(|h| !renewed.contains(h));
            let sets: Vec<_> = sets
                .into_iter()
                .filter(|set| takes_old(set) && takes_other(set))
                .collect();
            let old_ones = |set: &Vec<&Holder>| set.iter().filter(|h| renewed.contains(h)).count();
            let fewest = sets.iter().min_by_key(|set| old_ones(set))?;
            let old = old_ones(fewest);
            (old, fewest.len().saturating_sub(old), named(&sets))
        }
    };
    Some(Residual::NotRenewed {
        renewed: fates.renewed.iter().map(|h| HolderName::of(h)).collect(),
        old,
        unchanged,
        needed,
        sets,
    })
}

/// The identifier by which a holder is named. Every holder of a decoded document has one.
pub(crate) fn first_identifier(holder: &Holder) -> Identifier {
    holder.identifier().unwrap_or(Identifier::FIRST)
}

//! What somebody can still do after a change.

use alloc::vec::Vec;

use tki_metadata::{HolderName, Statement};

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
    /// In an earlier version fewer or others sufficed: with the seeds of then that did not change, and
    /// records of then, this one's still gives the key.
    EarlierStructure {
        /// The removed holder, or the one that got another seed.
        gone: HolderName,
        /// Which of the two.
        how: Gone,
        /// The versions in which they did, from the first to the last.
        versions: (u64, u64),
        /// Those who had the seed then that they have, or had when they were removed.
        unchanged: Vec<HolderName>,
        /// How many of them it would need; `None` where the account's log does not say who sufficed.
        needed: Option<usize>,
        /// Which of them will do, where it is not any so many: fewest first, not all if they are
        /// many, and none who suffice at present.
        sets: Vec<Vec<HolderName>>,
    },
    /// One that a newer version stored.
    Unknown(Statement),
}

/// How a holder's seed came to be one of before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "one or the other")]
pub enum Gone {
    /// The holder was removed, and has it.
    Removed,
    /// The holder has another one.
    Renewed,
}

//! Custody: who can use the key, get it back, keep its owner from it, or destroy it.
//!
//! Computed from what the document says of the structure and the holders, and from [`Facts`] that it
//! does not say: who keeps a factor, where, and behind what lock. The answers are minimal
//! coalitions: sets of parties that together have an ability, and none of whose parts has it.
//!
//! ```text
//! use(S)     = the shares that S has or guesses satisfy the structure
//! recover(R) = the owner has as many with R, and nothing else
//! block(B)   = not recover(all but B), B without anything of the owner's
//! destroy(D) = not recover(all but D)
//! ```
//!
//! Nothing here is secret, and nothing is read or written.
//!
//! Specification: `docs/spec/custody.md`.

use alloc::{string::String, vec::Vec};

use tki_math::AccessStructure;
use tki_metadata::{Core, Origin};

mod difference;
pub(crate) mod earlier;
mod facts;
mod listed;
mod logic;
mod preset;
mod sets;
mod situation;
mod text;

pub use difference::{Difference, Moved};
pub use earlier::Past;
pub use facts::{Facts, Lock, Network, PartyId, Thing};
pub use listed::{Listed, Sheet};
pub use preset::Preset;

use earlier::Earlier;
use logic::{Minimal, Missing, Truth};
use sets::{Set, TooMany};
use situation::{Side, Situation};

/// The most coalitions that are listed for one ability, and the most that are kept on the way.
pub const MOST_COALITIONS: usize = 4096;

/// The most parties that are told apart. An account has 256 holders at most; only facts that name
/// very many keepers lead further.
pub const MOST_PARTIES: usize = 1024;

/// Something that parties can do together.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_enums, reason = "whoever lists them lists all")]
pub enum Ability {
    /// Use the key, without the owner.
    Use,
    /// Be all that is left, and still bring the key back to its owner.
    Recover,
    /// Keep the owner from using the key, by doing nothing for him.
    Block,
    /// Make the key unrecoverable, by being lost for good.
    Destroy,
}

impl Ability {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Use, Self::Recover, Self::Block, Self::Destroy];

    /// One word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Use => "use",
            Self::Recover => "recover",
            Self::Block => "block",
            Self::Destroy => "destroy",
        }
    }
}

/// Somebody, or a place, with what is kept there.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Party {
    /// Which.
    pub id: PartyId,
    /// What it keeps, ascending; of a guesser, what it guesses.
    pub keeps: Vec<Thing>,
    /// What people call it.
    pub name: String,
    /// What it keeps beside what its name says.
    pub beside: Vec<String>,
}

impl Party {
    /// What people call it, with all that is kept there.
    #[must_use]
    pub fn full_name(&self) -> String {
        if self.beside.is_empty() {
            self.name.clone()
        } else {
            alloc::format!("{} [with {}]", self.name, self.beside.join(", "))
        }
    }
}

/// Parties that together, and not with one less, have an ability; ascending.
pub type Coalition = Vec<PartyId>;

/// The minimal coalitions of an ability.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "all of them, or too many to list")]
pub enum Coalitions {
    /// All of them, the smallest first, then by the order of their parties. None: nobody can. One
    /// that is empty: it is so already, whoever does what.
    All(Vec<Coalition>),
    /// More than [`MOST_COALITIONS`], or as many on the way.
    TooMany,
}

impl Coalitions {
    /// The list, if there is one.
    #[must_use]
    pub fn listed(&self) -> Option<&[Coalition]> {
        match self {
            Self::All(coalitions) => Some(coalitions),
            Self::TooMany => None,
        }
    }
}

/// What everybody can do with the key of an account.
///
/// # Examples
/// ```
/// use tki_engine::custody::{Ability, Custody, Facts, PartyId, Preset, Thing};
/// use tki_math::Identifier;
///
/// let preset = Preset::Easy;
/// let custody = Custody::over(&preset.structure(), &preset.factors(), &preset.facts());
/// assert!(custody.is_self_custodial);
///
/// // The words are kept by the very login that is another of the factors.
/// let mut facts = preset.facts();
/// let login = Thing::Factor(Identifier::new(2)?);
/// let words = Thing::Factor(Identifier::new(3)?);
/// facts.keep_together(login, words);
/// let custody = Custody::over(&preset.structure(), &preset.factors(), &facts);
/// assert!(!custody.is_self_custodial);
/// let alone = vec![PartyId::KeeperOf(Identifier::new(2)?)];
/// assert!(custody.coalitions(Ability::Use).listed().unwrap_or_default().contains(&alone));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Custody {
    /// Everybody who occurs, ascending.
    pub parties: Vec<Party>,
    /// Whether nobody without the owner can use the key: neither one party alone, be everything
    /// guessed that can be, nor all of them together without taking something that is kept in a
    /// place of the owner's.
    pub is_self_custodial: bool,
    /// Whether it would be self-custodial but for a structure that the account had before, or may
    /// have had: with old records and unchanged seeds, that one is all it takes.
    pub is_by_earlier_structure: bool,
    /// Whether all but thieves together can use the key.
    pub others_can_use: bool,
    can_use: Coalitions,
    can_recover: Coalitions,
    can_block: Coalitions,
    can_destroy: Coalitions,
}

impl Custody {
    /// Of an account. What later versions write into the document and is not understood here counts
    /// as no protection.
    #[must_use]
    pub fn of(core: &Core, facts: &Facts) -> Self {
        let factors: Vec<Listed> = core.holders.iter().map(Listed::of).collect();
        let mut facts = facts.clone();
        if core.origin == Origin::Imported && facts.old_copies.is_none() {
            facts.old_copies = Some(true);
        }
        Self::with_past(&core.structure, &factors, &facts, &Past::of(core))
    }

    /// Of an account that has this structure over these factors, and had others before.
    #[must_use]
    pub fn with_past(
        structure: &AccessStructure,
        factors: &[Listed],
        facts: &Facts,
        past: &Past,
    ) -> Self {
        let mut custody = Self::over(structure, factors, facts);
        let situation = Situation::of(structure, factors, facts);
        // Step 5.7: old records, and seeds that are the same since an earlier structure.
        let mut sets = situation.thefts();
        sets.push(situation.all_but_places());
        let is_open = |earlier: &Earlier| {
            let mut sets = sets.iter();
            sets.any(|present| situation.opened_before(earlier, present).unwrap_or(true))
        };
        let earlier = Earlier::of(past, structure, factors);
        if custody.is_self_custodial && earlier.iter().any(is_open) {
            custody.is_self_custodial = false;
            custody.is_by_earlier_structure = true;
        }
        custody
    }

    /// Of an account that has this structure over these factors.
    #[must_use]
    pub fn over(structure: &AccessStructure, factors: &[Listed], facts: &Facts) -> Self {
        let situation = Situation::of(structure, factors, facts);
        let holds = |side, present| situation.reached(&Minimal { present }, side);
        let fails = |present| situation.reached(&Missing { present }, Side::Owner);
        // Step 5.1: all but what is the owner's own, and each alone with whatever can be guessed.
        // Parties beyond the most that are told apart might be able to anything.
        let is_beyond = situation.parties.len() > MOST_PARTIES;
        let others_can_use = is_beyond || situation.is_used_by(&situation.all_but_places());
        let mut thefts = situation.thefts().into_iter();
        let one_can_use = thefts.any(|present| situation.is_used_by(&present));
        let holds = |side, present| {
            if is_beyond {
                Err(TooMany)
            } else {
                holds(side, present)
            }
        };
        let fails = |present| {
            if is_beyond {
                Err(TooMany)
            } else {
                fails(present)
            }
        };
        Self {
            parties: situation.described(),
            is_self_custodial: !others_can_use && !one_can_use,
            is_by_earlier_structure: false,
            others_can_use,
            can_use: situation.named(holds(Side::Others, Set::EMPTY)),
            // Step 4.1: the owner remembers what he remembers.
            can_recover: situation.named(holds(Side::Owner, situation.memory())),
            // Step 4.2: all that is the owner's is at hand.
            can_block: situation.named(fails(situation.owners())),
            // Step 4.3: anything may be lost.
            can_destroy: situation.named(fails(Set::EMPTY)),
        }
    }

    /// The minimal coalitions that have an ability.
    #[must_use]
    pub const fn coalitions(&self, ability: Ability) -> &Coalitions {
        match ability {
            Ability::Use => &self.can_use,
            Ability::Recover => &self.can_recover,
            Ability::Block => &self.can_block,
            Ability::Destroy => &self.can_destroy,
        }
    }

    /// How many of any parties and memories can be lost at once without losing the key. `None` if
    /// nothing is left already, or if there are too many to list.
    #[must_use]
    pub fn losses_survived(&self) -> Option<usize> {
        let fewest = self.can_destroy.listed()?.iter().map(Vec::len).min()?;
        fewest.checked_sub(1)
    }

    /// How many things of the owner's must be stolen or guessed, at least, to use the key if all
    /// others help. `None` if it cannot be done, or if there are too many ways to list.
    #[must_use]
    pub fn efforts_with_help(&self) -> Option<usize> {
        let ways = self.can_use.listed()?.iter();
        ways.map(|way| efforts(way)).min()
    }

    /// The same if nobody helps to whom anything was entrusted.
    #[must_use]
    pub fn efforts_alone(&self) -> Option<usize> {
        let ways = self.can_use.listed()?.iter();
        let alone = ways.filter(|way| efforts(way) == way.len());
        alone.map(Vec::len).min()
    }

    /// The party with this name.
    #[must_use]
    pub fn party(&self, id: &PartyId) -> Option<&Party> {
        self.parties.iter().find(|party| party.id == *id)
    }
}

/// How many are places or guessers.
fn efforts(way: &[PartyId]) -> usize {
    let is_effort = |id: &&PartyId| id.is_place() || matches!(id, PartyId::Guesser(_));
    way.iter().filter(is_effort).count()
}

impl Situation<'_> {
    /// Each party, with all guessers: whoever takes one thing guesses whatever can be guessed.
    fn thefts(&self) -> Vec<Set> {
        let guessers = self.guessers();
        let parties = 0..self.parties.len();
        let with = |party| Set::of(party).union(&guessers);
        parties.map(with).collect()
    }

    /// Whether these parties can use the key.
    fn is_used_by(&self, present: &Set) -> bool {
        let truth = Truth { present: *present };
        self.reached(&truth, Side::Others).unwrap_or(true)
    }
}

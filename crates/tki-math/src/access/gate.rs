//! Gates: nested thresholds and ranks over holders that are named.
//!
//! A gate shares one value among its members by one polynomial f, whose constant term it is. A
//! member is a holder, or another gate, which shares the value that it gets once more.
//!
//! The members are in levels ℓ = 0, 1, … with thresholds k_0 < k_1 < …: the gate is satisfied when,
//! for every ℓ, at least k_ℓ members of the levels up to ℓ are. Its polynomial has t coefficients, t
//! the last threshold. A member x of level ℓ gets
//!
//! f⁽ʳ⁾(x), the derivative of order r = k_{ℓ−1} (r = 0 at level 0),
//!
//! so that whoever ranks lower knows nothing of the low coefficients. One level is a plain
//! threshold.
//!
//! | letter | name | |
//! |---|---|---|
//! | k_ℓ | `Level::threshold` | public |
//! | t | `Gate::threshold`, the last k_ℓ | public |
//! | r | the order of a level | public |
//! | x | `Identifier` of a holder or an inner gate | public |
//!
//! Specification: `docs/spec/access.md`, section "Gates".
//!
//! Reference: Tassa, "Hierarchical threshold secret sharing", Journal of Cryptology 20 (2), 2007,
//! §3; nesting by Benaloh and Leichter, "Generalized secret sharing and monotone functions", CRYPTO
//! 1988. Deviation: inner gates have identifiers of their own, so that a gate can be a member of a
//! ranked one.

use alloc::{collections::BTreeSet, vec, vec::Vec};

use crate::{Error, Identifier, MOST_HOLDERS, Threshold};

/// The deepest nesting, so that no walk through a structure exhausts the stack.
pub const MOST_DEPTH: usize = 32;

/// A rule over members: so many of each rank and the ranks above it.
///
/// # Examples
/// ```
/// use tki_math::{AccessStructure, Gate, Identifier, Level, Member, Threshold};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let holder = |x| Identifier::new(x).map(Member::Holder);
/// let (one, two, three) = (Threshold::new(1)?, Threshold::new(2)?, Threshold::new(3)?);
///
/// // 2 of (device 1, any of the logins 2 and 3, 2 of the friends 4, 5 and 6).
/// let login = Gate::new(one, vec![holder(2)?, holder(3)?])?;
/// let friends = Gate::new(two, vec![holder(4)?, holder(5)?, holder(6)?])?;
/// let structure: AccessStructure = Gate::new(
///     two,
///     vec![
///         holder(1)?,
///         Member::Gate(Identifier::new(7)?, login),
///         Member::Gate(Identifier::new(8)?, friends),
///     ],
/// )?
/// .into();
/// let ids = |xs: &[u128]| xs.iter().map(|x| Identifier::new(*x)).collect::<Result<Vec<_>, _>>();
/// assert!(structure.is_satisfied_by(&ids(&[3, 4, 6])?));
/// assert!(!structure.is_satisfied_by(&ids(&[2, 3, 4])?));
///
/// // 3 of five, one of the first two among them.
/// let ranked = Gate::ranked(vec![
///     Level::new(one, vec![holder(1)?, holder(2)?]),
///     Level::new(three, vec![holder(3)?, holder(4)?, holder(5)?]),
/// ])?;
/// assert!(AccessStructure::from(ranked).is_satisfied_by(&ids(&[1, 3, 5])?));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Gate {
    /// Invariants: 1. at least one level, with rising thresholds; 2. as many members up to each
    /// level as its threshold says; 3. no identifier twice in the whole tree; 4. at most
    /// `MOST_HOLDERS` holders and `MOST_DEPTH` gates above one another.
    levels: Vec<Level>,
}

impl Gate {
    /// A plain threshold: any t of the members.
    ///
    /// # Errors
    /// As [`ranked`](Self::ranked).
    pub fn new(threshold: Threshold, members: Vec<Member>) -> Result<Self, Error> {
        Self::ranked(vec![Level::new(threshold, members)])
    }

    /// A rule by rank, the highest rank first.
    ///
    /// # Errors
    /// [`Error::LevelsDoNotRise`] for no level or a threshold that is not above the one before;
    /// [`Error::TooFewHolders`] for fewer members up to a level than its threshold;
    /// [`Error::DuplicateIdentifier`]; [`Error::TooManyHolders`] and [`Error::TooDeep`] beyond
    /// [`MOST_HOLDERS`] and [`MOST_DEPTH`].
    pub fn ranked(levels: Vec<Level>) -> Result<Self, Error> {
        let gate = Self { levels };
        gate.check_levels()?;
        // Step 1.2: no identifier twice, and bounds on depth and number.
        if gate.depth() > MOST_DEPTH {
            return Err(Error::TooDeep);
        }
        let mut seen = BTreeSet::new();
        gate.check_distinct(&mut seen)?;
        let share_count = gate.holders().len();
        if share_count > MOST_HOLDERS {
            return Err(Error::TooManyHolders { share_count });
        }
        Ok(gate)
    }

    /// The levels, the highest rank first.
    #[must_use]
    pub fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// The number t of members that it takes, and of coefficients of the gate's polynomial.
    #[must_use]
    pub fn threshold(&self) -> Threshold {
        let last = self.levels.last().map(Level::threshold);
        // Correctness: there is a last level, by the first invariant.
        last.unwrap_or(Threshold::ONE)
    }

    /// All holders, in the order in which they are written.
    #[must_use]
    pub fn holders(&self) -> Vec<Identifier> {
        let mut holders = Vec::new();
        self.collect_holders(&mut holders);
        holders
    }

    /// The members with the order of the derivative that each gets.
    pub(crate) fn members(&self) -> impl Iterator<Item = (usize, &Member)> {
        let orders =
            core::iter::once(0).chain(self.levels.iter().map(|level| level.threshold.len()));
        let by_level = orders.zip(&self.levels);
        by_level.flat_map(|(order, level)| level.members.iter().map(move |member| (order, member)))
    }

    /// Whether all gates are plain thresholds.
    pub(crate) fn is_plain(&self) -> bool {
        self.levels.len() == 1
    }

    /// The gates in it that are members.
    pub(crate) fn inner_gates(&self) -> impl Iterator<Item = &Self> {
        self.members().filter_map(|(_, member)| match member {
            Member::Gate(_, gate) => Some(gate),
            Member::Holder(_) => None,
        })
    }

    /// The number of coefficients, its own and those of inner gates; of these the constant terms
    /// are given by the gate above.
    pub(crate) fn coefficient_count(&self) -> usize {
        let inner = self.inner_gates().map(|gate| gate.coefficient_count() - 1);
        self.threshold().len() + inner.sum::<usize>()
    }

    fn collect_holders(&self, holders: &mut Vec<Identifier>) {
        for (_, member) in self.members() {
            match member {
                Member::Holder(x) => holders.push(*x),
                Member::Gate(_, gate) => gate.collect_holders(holders),
            }
        }
    }

    fn check_levels(&self) -> Result<(), Error> {
        // Step 1.1: thresholds rise, and there are members enough.
        if self.levels.is_empty() {
            return Err(Error::LevelsDoNotRise);
        }
        let (mut before, mut share_count) = (0, 0);
        for level in &self.levels {
            let need = level.threshold.len();
            if need <= before {
                return Err(Error::LevelsDoNotRise);
            }
            share_count += level.members.len();
            if share_count < need {
                return Err(Error::TooFewHolders { share_count, need });
            }
            before = need;
        }
        Ok(())
    }

    fn check_distinct(&self, seen: &mut BTreeSet<Identifier>) -> Result<(), Error> {
        for (_, member) in self.members() {
            let identifier = member.identifier();
            if !seen.insert(identifier) {
                return Err(Error::DuplicateIdentifier { identifier });
            }
            if let Member::Gate(_, gate) = member {
                gate.check_distinct(seen)?;
            }
        }
        Ok(())
    }

    fn depth(&self) -> usize {
        let deepest = self.inner_gates().map(Self::depth).max();
        1 + deepest.unwrap_or(0)
    }
}

/// The members of one rank, and how many it takes of them and all ranks above.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Level {
    threshold: Threshold,
    members: Vec<Member>,
}

impl Level {
    /// A level of these members. [`Gate::ranked`] checks what levels must be to each other.
    #[must_use]
    pub const fn new(threshold: Threshold, members: Vec<Member>) -> Self {
        Self { threshold, members }
    }

    /// How many members it takes of this level and those above.
    #[must_use]
    pub const fn threshold(&self) -> Threshold {
        self.threshold
    }

    /// The members of this rank.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }
}

/// A member of a gate.
#[expect(
    clippy::exhaustive_enums,
    reason = "a leaf or a node: a tree has no third"
)]
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Member {
    /// A gate whose value is shared once more, and where its parent's polynomial gives that value.
    Gate(Identifier, Gate),
    /// A holder, who keeps a share.
    Holder(Identifier),
}

impl Member {
    /// Where the gate above is evaluated for it.
    #[must_use]
    pub const fn identifier(&self) -> Identifier {
        match self {
            Self::Gate(x, _) | Self::Holder(x) => *x,
        }
    }

    /// Whether it is the holder x.
    pub(crate) fn is_holder(&self, x: Identifier) -> bool {
        matches!(self, Self::Holder(holder) if *holder == x)
    }
}

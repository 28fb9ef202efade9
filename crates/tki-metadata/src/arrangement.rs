//! An access structure as its owner writes it: thresholds over holders, each by its first
//! identifier, and over further thresholds.
//!
//! The [`AccessStructure`] that an account stores follows from it: there every place has an
//! identifier of its own, and so has every inner gate. Which these are is decided when the change
//! is made, so that the same wish is the same step of an operation whenever it is asked for.

use alloc::{vec, vec::Vec};
use core::fmt;

use tki_math::{AccessStructure, Gate, Identifier, Level, Member, Threshold};

use crate::{
    document::core::Core,
    error::{Error, Rule},
    holder::Holder,
    limits,
};

/// A holder, or so many of some members.
///
/// A holder that is named several times counts for as many.
///
/// # Examples
/// ```
/// use tki_math::{Identifier, Threshold};
/// use tki_metadata::Arrangement;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let holder = |x| Identifier::new(x).map(Arrangement::Holder);
/// let of = |t, members| Threshold::new(t).map(|t| Arrangement::gate(t, members));
/// let friends = of(2, vec![holder(4)?, holder(5)?, holder(6)?])?;
/// let all = of(2, vec![holder(1)?, holder(3)?, holder(3)?, friends])?;
/// assert_eq!(all.to_string(), "2 of (1, 3*2, 2 of (4, 5, 6))");
/// # Ok(())
/// # }
/// ```
#[expect(
    clippy::exhaustive_enums,
    reason = "a leaf or a node: a tree has no third"
)]
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Arrangement {
    /// So many of these members.
    Gate {
        /// How many.
        threshold: Threshold,
        /// Of whom.
        members: Vec<Self>,
    },
    /// A holder, by its first identifier.
    Holder(Identifier),
}

impl Arrangement {
    /// So many of these members.
    #[must_use]
    pub const fn gate(threshold: Threshold, members: Vec<Self>) -> Self {
        Self::Gate { threshold, members }
    }

    /// The arrangement that an account has. A plain threshold is one over all of its holders.
    #[must_use]
    pub fn of(core: &Core) -> Self {
        if let AccessStructure::Gate(gate) = &core.structure {
            return Self::of_gate(core, gate);
        }
        // Any t identifiers, whoever they are.
        let places = core.identifiers().into_iter();
        let members = places.map(|x| Self::Holder(named_by(core, x)));
        Self::gate(core.structure.threshold(), members.collect())
    }

    fn of_gate(core: &Core, gate: &Gate) -> Self {
        let members = gate.levels().iter().flat_map(Level::members);
        let members = members.map(|member| match member {
            Member::Gate(_, inner) => Self::of_gate(core, inner),
            Member::Holder(x) => Self::Holder(named_by(core, *x)),
        });
        Self::gate(gate.threshold(), members.collect())
    }

    /// The holders in the order of the text, each as often as it is named.
    #[must_use]
    pub fn holders(&self) -> Vec<Identifier> {
        let mut holders = Vec::new();
        // The next one last. Without recursion: it may be nested as deeply as anybody likes.
        let mut open = vec![self];
        while let Some(part) = open.pop() {
            match part {
                Self::Gate { members, .. } => open.extend(members.iter().rev()),
                Self::Holder(x) => holders.push(*x),
            }
        }
        holders
    }

    /// Whether it can be stored and satisfied.
    ///
    /// # Errors
    /// `Refused` with [`Rule::Structure`] for a holder that stands alone and for a threshold above
    /// the number of members, [`Rule::StructureSize`] beyond what [`limits`] says.
    pub fn check(&self) -> Result<(), Error> {
        let Self::Gate { .. } = self else {
            return Err(Rule::Structure.into());
        };
        let (mut places, mut bytes) = (0_usize, 0_usize);
        let mut open = vec![(self, 1_usize)];
        while let Some((part, depth)) = open.pop() {
            match part {
                Self::Gate { threshold, members } => {
                    bytes = bytes.saturating_add(GATE_BYTES);
                    if depth > limits::STRUCTURE_DEPTH {
                        return Err(Rule::StructureSize.into());
                    }
                    if members.len() < usize::from(threshold.get()) {
                        return Err(Rule::Structure.into());
                    }
                    let depth = depth.saturating_add(1);
                    open.extend(members.iter().map(|member| (member, depth)));
                }
                Self::Holder(_) => {
                    bytes = bytes.saturating_add(PLACE_BYTES);
                    places = places.saturating_add(1);
                }
            }
            if places > limits::STRUCTURE_PLACES || bytes > limits::STRUCTURE_BYTES {
                return Err(Rule::StructureSize.into());
            }
        }
        Ok(())
    }
}

/// What a place and a gate take in the structure that an account stores.
const PLACE_BYTES: usize = 17;
const GATE_BYTES: usize = 21;

/// The first identifier of the holder that has this one.
fn named_by(core: &Core, x: Identifier) -> Identifier {
    let first = core.holder(x).and_then(Holder::identifier);
    first.unwrap_or(x)
}

/// As an [expression](tki_math::Expression), with numbers for names. One that
/// [`check`](Arrangement::check) refuses may be nested too deeply to be printed.
impl fmt::Display for Arrangement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, &|f, x| fmt::Display::fmt(&x, f))
    }
}

impl Arrangement {
    /// Writes it with the names that are given for identifiers.
    ///
    /// # Errors
    /// The formatter's.
    pub fn write(
        &self,
        f: &mut fmt::Formatter<'_>,
        name: &dyn Fn(&mut fmt::Formatter<'_>, Identifier) -> fmt::Result,
    ) -> fmt::Result {
        let (threshold, members) = match self {
            Self::Holder(x) => return name(f, *x),
            Self::Gate { threshold, members } => (usize::from(threshold.get()), members),
        };
        if threshold == 1 {
            f.write_str("any(")?;
        } else if threshold == members.len() {
            f.write_str("all(")?;
        } else {
            write!(f, "{threshold} of (")?;
        }
        let mut rest = members.as_slice();
        while let Some(member) = rest.first() {
            if rest.len() < members.len() {
                f.write_str(", ")?;
            }
            member.write(f, name)?;
            // Neighbours that are one holder are written as its weight.
            let same = |other: &&Self| matches!(member, Self::Holder(_)) && *other == member;
            let weight = rest.iter().take_while(same).count().max(1);
            if weight > 1 {
                write!(f, "*{weight}")?;
            }
            rest = rest.get(weight..).unwrap_or_default();
        }
        f.write_str(")")
    }
}

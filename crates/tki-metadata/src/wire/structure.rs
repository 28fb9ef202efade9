//! Stored access structures: a kind and a body that only the kind explains.
//!
//! Trees are written in preorder and read without recursion, so that no body exhausts the stack.

use alloc::{vec, vec::Vec};

use serde::{Deserialize, Serialize};
use tki_math::{AccessStructure, Gate, Identifier, Member, Threshold};

use super::identifier;
use crate::{
    arrangement::Arrangement,
    error::{Error, Rule},
    limits,
};

/// Body: the threshold, 2 bytes little-endian.
const THRESHOLD: u16 = 1;

/// Body: a gate; see [`Part`].
const GATES: u16 = 2;

/// Never stored: a structure for which this version has no form.
const NONE: u16 = 0;

/// A member that is a holder: its identifier, 16 bytes little-endian.
const HOLDER: u8 = 0;
/// A member that is a gate: its identifier as a holder's, then the gate.
const GATE: u8 = 1;

/// Kind and body.
#[derive(Deserialize, Serialize)]
pub(crate) struct Structure {
    pub(crate) kind: u16,
    pub(crate) body: Vec<u8>,
}

impl Structure {
    /// The stored form; kind 0 for a structure that has none: one with ranks.
    pub(crate) fn of(structure: &AccessStructure) -> Self {
        match structure {
            AccessStructure::Gate(gate) => {
                let mut body = Vec::new();
                match write_gate(gate, &mut body) {
                    Ok(()) => Self { kind: GATES, body },
                    Err(Ranked) => Self::none(),
                }
            }
            AccessStructure::Threshold(threshold) => Self {
                kind: THRESHOLD,
                body: threshold.get().to_le_bytes().to_vec(),
            },
            _ => Self::none(),
        }
    }

    const fn none() -> Self {
        Self {
            kind: NONE,
            body: Vec::new(),
        }
    }

    /// Refuses a structure that has no stored form, or too long a one.
    pub(crate) fn check(structure: &AccessStructure) -> Result<(), Error> {
        let Self { kind, body } = Self::of(structure);
        if kind == NONE {
            return Err(Error::UnsupportedStructure { kind });
        }
        if body.len() > limits::STRUCTURE_BYTES {
            return Err(Rule::StructureSize.into());
        }
        Ok(())
    }
}

/// A gate with several levels, which this version does not store.
struct Ranked;

/// Threshold and number of members, 2 bytes little-endian each, then the members.
fn write_gate(gate: &Gate, body: &mut Vec<u8>) -> Result<(), Ranked> {
    let [level] = gate.levels() else {
        return Err(Ranked);
    };
    write_head(level.threshold(), level.members().len(), body);
    for member in level.members() {
        body.push(match member {
            Member::Gate(..) => GATE,
            Member::Holder(_) => HOLDER,
        });
        body.extend(member.identifier().get().to_le_bytes());
        if let Member::Gate(_, inner) = member {
            write_gate(inner, body)?;
        }
    }
    Ok(())
}

/// Correctness: a structure has at most [`limits::STRUCTURE_PLACES`] holders, and every member is
/// one or has one, so that their number fits.
fn write_head(threshold: Threshold, members: usize, body: &mut Vec<u8>) {
    body.extend(threshold.get().to_le_bytes());
    body.extend(u16::try_from(members).unwrap_or(u16::MAX).to_le_bytes());
}

impl TryFrom<Structure> for AccessStructure {
    type Error = Error;

    fn try_from(Structure { kind, body }: Structure) -> Result<Self, Error> {
        match kind {
            THRESHOLD => {
                let body = body.as_slice().try_into().map_err(|_| Error::Malformed)?;
                Ok(Self::Threshold(threshold(body)?))
            }
            GATES => gate(&read(&body, Identified::Yes)?).map(Self::Gate),
            kind => Err(Error::UnsupportedStructure { kind }),
        }
    }
}

fn threshold(bytes: [u8; 2]) -> Result<Threshold, Error> {
    Threshold::new(u16::from_le_bytes(bytes)).map_err(|_| Error::from(Rule::Structure))
}

/// As a structure, but gates have no identifiers and holders may repeat.
pub(crate) fn write_arrangement(arrangement: &Arrangement) -> Vec<u8> {
    let mut body = Vec::new();
    // The next one last.
    let mut open = vec![arrangement];
    let mut is_root = true;
    while let Some(part) = open.pop() {
        match part {
            Arrangement::Gate { threshold, members } => {
                if !is_root {
                    body.push(GATE);
                }
                write_head(*threshold, members.len(), &mut body);
                open.extend(members.iter().rev());
            }
            Arrangement::Holder(x) => {
                body.push(HOLDER);
                body.extend(x.get().to_le_bytes());
            }
        }
        is_root = false;
    }
    body
}

/// Reads what [`write_arrangement`] writes of an arrangement that is in order.
pub(crate) fn read_arrangement(body: &[u8]) -> Result<Arrangement, Error> {
    let arrangement = arrangement(read(body, Identified::No)?);
    arrangement.check()?;
    Ok(arrangement)
}

fn arrangement(part: Part) -> Arrangement {
    match part {
        Part::Gate {
            threshold, members, ..
        } => Arrangement::gate(threshold, members.into_iter().map(arrangement).collect()),
        Part::Holder(x) => Arrangement::Holder(x),
    }
}

/// The gate of a part that is one, and of the parts in it.
fn gate(part: &Part) -> Result<Gate, Error> {
    let Part::Gate {
        threshold, members, ..
    } = part
    else {
        return Err(Error::Malformed);
    };
    let members = members.iter().map(|member| match member {
        Part::Holder(x) => Ok(Member::Holder(*x)),
        Part::Gate { identifier, .. } => {
            let identifier = identifier.ok_or(Error::Malformed)?;
            Ok(Member::Gate(identifier, gate(member)?))
        }
    });
    Gate::new(*threshold, members.collect::<Result<_, Error>>()?).map_err(refused)
}

#[expect(
    clippy::needless_pass_by_value,
    clippy::wildcard_enum_match_arm,
    reason = "given to map_err; the algebra may learn to refuse more"
)]
fn refused(error: tki_math::Error) -> Error {
    match error {
        tki_math::Error::DuplicateIdentifier { .. } => Rule::IdentifierTwice.into(),
        tki_math::Error::TooDeep | tki_math::Error::TooManyHolders { .. } => {
            Rule::StructureSize.into()
        }
        _ => Rule::Structure.into(),
    }
}

/// A gate or a holder that was read.
enum Part {
    Gate {
        /// The root has none, nor has any gate of an arrangement.
        identifier: Option<Identifier>,
        threshold: Threshold,
        members: Vec<Self>,
    },
    Holder(Identifier),
}

/// Whether inner gates have identifiers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Identified {
    Yes,
    No,
}

/// A gate some of whose members are still to be read.
struct Open {
    identifier: Option<Identifier>,
    threshold: Threshold,
    expected: usize,
    members: Vec<Part>,
}

/// Reads a tree and nothing after it.
fn read(body: &[u8], identified: Identified) -> Result<Part, Error> {
    if body.len() > limits::STRUCTURE_BYTES {
        return Err(Rule::StructureSize.into());
    }
    let mut reader = Reader(body);
    let mut open = vec![reader.head(None)?];
    loop {
        let innermost = open.last_mut().ok_or(Error::Malformed)?;
        if innermost.members.len() < innermost.expected {
            match reader.array()? {
                [HOLDER] => innermost.members.push(Part::Holder(reader.identifier()?)),
                [GATE] => {
                    let own = match identified {
                        Identified::Yes => Some(reader.identifier()?),
                        Identified::No => None,
                    };
                    if open.len() >= limits::STRUCTURE_DEPTH {
                        return Err(Rule::StructureSize.into());
                    }
                    open.push(reader.head(own)?);
                }
                _ => return Err(Error::Malformed),
            }
            continue;
        }
        let Open {
            identifier,
            threshold,
            members,
            ..
        } = open.pop().ok_or(Error::Malformed)?;
        let part = Part::Gate {
            identifier,
            threshold,
            members,
        };
        match open.last_mut() {
            Some(above) => above.members.push(part),
            None if reader.0.is_empty() => return Ok(part),
            None => return Err(Error::Malformed),
        }
    }
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (array, rest) = self.0.split_first_chunk().ok_or(Error::Malformed)?;
        self.0 = rest;
        Ok(*array)
    }

    fn identifier(&mut self) -> Result<Identifier, Error> {
        identifier(u128::from_le_bytes(self.array()?))
    }

    fn head(&mut self, identifier: Option<Identifier>) -> Result<Open, Error> {
        let threshold = threshold(self.array()?)?;
        let expected = u16::from_le_bytes(self.array()?);
        if expected < threshold.get() {
            return Err(Rule::Structure.into());
        }
        Ok(Open {
            identifier,
            threshold,
            expected: usize::from(expected),
            // Grows with what is there, not with what is announced.
            members: Vec::new(),
        })
    }
}

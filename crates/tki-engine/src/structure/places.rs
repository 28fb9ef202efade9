//! The structure of the next version: who has which place in it.
//!
//! A plain threshold stays one as long as nobody asks for more: any t of the identifiers, of which
//! every holder has one. In a nested structure every place of a holder has an identifier of its
//! own, the holder's first for the first, and so has every inner gate. Identifiers are given out
//! once, in the order of the text.

use alloc::{collections::BTreeMap, vec::Vec};

use tki_math::{AccessStructure, Gate, Identifier, Level, Member, Threshold};
use tki_metadata::{Arrangement, Core, Holder, Step};

use crate::{
    create::threshold_structure,
    error::{Error, InvalidChange, Reason},
    receipt::first_identifier,
};

/// What is asked of the structure.
#[derive(Clone, Debug)]
pub(crate) enum Wish {
    /// Another one over the holders that there will be.
    Arrangement(Arrangement),
    /// Any so many of them.
    Threshold(u16),
}

impl Wish {
    /// As it is written down; nothing for a threshold that is refused anyway.
    pub(crate) fn step(&self) -> Option<Step> {
        match self {
            Self::Arrangement(arrangement) => Some(Step::SetStructure {
                arrangement: arrangement.clone(),
            }),
            Self::Threshold(threshold) => {
                let threshold = Threshold::new(*threshold).ok()?;
                Some(Step::SetThreshold { threshold })
            }
        }
    }

    /// Whether it is more than any so many of some holders.
    pub(crate) fn is_nested(&self) -> bool {
        let Self::Arrangement(Arrangement::Gate { members, .. }) = self else {
            return false;
        };
        let holder = |member: &Arrangement| matches!(member, Arrangement::Holder(_));
        let mut rest = members.iter().enumerate();
        rest.any(|(place, member)| {
            !holder(member) || members.iter().take(place).any(|other| other == member)
        })
    }

    /// Whether everybody gets a new share for it.
    pub(crate) fn changes(&self, structure: &AccessStructure) -> bool {
        match (self, structure) {
            (Self::Threshold(wanted), AccessStructure::Threshold(threshold)) => {
                *wanted != threshold.get()
            }
            _ => true,
        }
    }
}

/// The threshold of an arrangement that names every one of these holders once, and nothing else.
fn plain(wanted: &Arrangement, holders: &[Holder]) -> Option<u16> {
    let Arrangement::Gate { threshold, members } = wanted else {
        return None;
    };
    let is_flat = members
        .iter()
        .all(|member| matches!(member, Arrangement::Holder(_)));
    (is_flat && members.len() == holders.len()).then_some(threshold.get())
}

/// Gives these holders the places that they are wanted in.
///
/// # Errors
/// `InvalidChange` for an arrangement that could never be satisfied or is too large, that names
/// somebody else or not everybody, in which one holder suffices alone, or that is nested over
/// somebody whose share is pegged.
pub(crate) fn take_places(
    wish: &Wish,
    holders: &mut [Holder],
    next: &mut Identifier,
) -> Result<AccessStructure, Error> {
    let wanted = match wish {
        Wish::Arrangement(arrangement) => arrangement,
        Wish::Threshold(threshold) => return one_place_each(*threshold, holders),
    };
    check(wanted, holders)?;
    if let Some(threshold) = plain(wanted, holders) {
        return one_place_each(threshold, holders);
    }
    if holders.iter().any(Holder::is_pegged) {
        return Err(InvalidChange::PegsNeedThreshold.into());
    }
    let mut places = Places::of(holders, *next);
    let gate = places.gate(wanted)?;
    *next = places.next;
    for holder in holders.iter_mut() {
        let used = places.used.remove(&first_identifier(holder));
        holder.identifiers = used.unwrap_or_default();
    }
    nobody_alone(gate, holders)
}

/// The account as it would be with this structure, to look at before it is asked for: who suffices,
/// and how many can be lost. Keys and version are those of before.
///
/// # Errors
/// `InvalidChange`, as for the change itself.
pub fn rearranged(core: &Core, arrangement: &Arrangement) -> Result<Core, Error> {
    let mut after = core.clone();
    let wish = Wish::Arrangement(arrangement.clone());
    let (holders, next) = (&mut after.holders, &mut after.next_identifier);
    after.structure = take_places(&wish, holders, next)?;
    Ok(after)
}

/// The account as it would be without a factor, to look at before that is removed: who suffices, and how
/// many can be lost. Keys and version are those of before.
///
/// # Errors
/// `InvalidChange`, as for the removal itself.
pub fn without(core: &Core, identifier: Identifier) -> Result<Core, Error> {
    let mut after = core.clone();
    let stays = |holder: &Holder| first_identifier(holder) != identifier;
    after.holders.retain(stays);
    follow(core, &mut after, &[identifier], &[])?;
    Ok(after)
}

/// What every arrangement keeps to.
fn check(wanted: &Arrangement, holders: &[Holder]) -> Result<(), Error> {
    wanted.check().map_err(|error| {
        if error == tki_metadata::Rule::StructureSize.into() {
            InvalidChange::StructureTooLarge
        } else {
            InvalidChange::NeverSatisfied
        }
    })?;
    let named = wanted.holders();
    let known = |x: &Identifier| holders.iter().any(|holder| first_identifier(holder) == *x);
    if let Some(stranger) = named.iter().find(|x| !known(x)) {
        return Err(InvalidChange::UnknownHolder(*stranger).into());
    }
    let mut firsts = holders.iter().map(first_identifier);
    if let Some(left_out) = firsts.find(|x| !named.contains(x)) {
        return Err(InvalidChange::LeftOut(left_out).into());
    }
    Ok(())
}

fn one_place_each(threshold: u16, holders: &mut [Holder]) -> Result<AccessStructure, Error> {
    let structure = threshold_structure(threshold, holders.len())?;
    for holder in holders {
        holder.identifiers.truncate(1);
    }
    Ok(structure)
}

/// Refuses a structure in which one holder suffices: that is no sharing.
fn nobody_alone(gate: Gate, holders: &[Holder]) -> Result<AccessStructure, Error> {
    let structure = AccessStructure::Gate(gate);
    let mut holders = holders.iter();
    match holders.find(|holder| structure.is_satisfied_by(&holder.identifiers)) {
        Some(holder) => Err(InvalidChange::OneSuffices(first_identifier(holder)).into()),
        None => Ok(structure),
    }
}

/// Identifiers that are given out.
struct Places {
    /// Those that holders have and that are not used yet, by their first.
    left: BTreeMap<Identifier, Vec<Identifier>>,
    /// Those that are used, ascending.
    used: BTreeMap<Identifier, Vec<Identifier>>,
    next: Identifier,
}

impl Places {
    fn of(holders: &[Holder], next: Identifier) -> Self {
        let left = holders.iter().map(|holder| {
            let descending = holder.identifiers.iter().rev().copied();
            (first_identifier(holder), descending.collect())
        });
        Self {
            left: left.collect(),
            used: BTreeMap::new(),
            next,
        }
    }

    fn fresh(&mut self) -> Result<Identifier, Error> {
        fresh(&mut self.next)
    }

    fn gate(&mut self, wanted: &Arrangement) -> Result<Gate, Error> {
        let Arrangement::Gate { threshold, members } = wanted else {
            return Err(Reason::Bug("an arrangement that was checked").into());
        };
        let mut placed = Vec::with_capacity(members.len());
        for member in members {
            placed.push(match member {
                Arrangement::Gate { .. } => {
                    let identifier = self.fresh()?;
                    Member::Gate(identifier, self.gate(member)?)
                }
                Arrangement::Holder(x) => Member::Holder(self.place(*x)?),
            });
        }
        gate(*threshold, placed)
    }

    /// One more place of this holder.
    fn place(&mut self, holder: Identifier) -> Result<Identifier, Error> {
        let own = self.left.get_mut(&holder).and_then(Vec::pop);
        let identifier = match own {
            Some(identifier) => identifier,
            None => self.fresh()?,
        };
        self.used.entry(holder).or_default().push(identifier);
        Ok(identifier)
    }
}

fn fresh(next: &mut Identifier) -> Result<Identifier, Error> {
    let identifier = *next;
    *next = identifier
        .next()
        .ok_or(Reason::Bug("identifiers ran out"))?;
    Ok(identifier)
}

fn gate(threshold: Threshold, members: Vec<Member>) -> Result<Gate, Error> {
    Gate::new(threshold, members).map_err(|_| InvalidChange::StructureTooLarge.into())
}

/// The structure after a change that asks for none, with `core` holding the holders that there
/// will be. In a nested one whoever comes in place of somebody takes his places, one for one in the
/// order of asking; whoever else comes is one more member of the root; whoever else goes is gone
/// from the gates that he was in.
///
/// # Errors
/// `InvalidChange` where a gate is left with too few members, or one holder would suffice.
pub(crate) fn follow(
    before: &Core,
    core: &mut Core,
    removed: &[Identifier],
    added: &[Identifier],
) -> Result<(), Error> {
    let AccessStructure::Gate(root) = &before.structure else {
        let threshold = before.structure.threshold().get();
        core.structure = threshold_structure(threshold, core.holders.len())?;
        return Ok(());
    };
    if core.holders.iter().any(Holder::is_pegged) {
        return Err(InvalidChange::PegsNeedThreshold.into());
    }
    let mut successors = BTreeMap::new();
    for (position, leaving) in removed.iter().enumerate() {
        let places = before.holder(*leaving).map(|holder| &holder.identifiers);
        let places = places.ok_or(InvalidChange::UnknownHolder(*leaving))?;
        let coming = added.get(position);
        let coming =
            coming.and_then(|x| core.holders.iter_mut().find(|h| first_identifier(h) == *x));
        let Some(coming) = coming else {
            successors.extend(
                places
                    .iter()
                    .map(|place| (*place, Successor::Nobody(*leaving))),
            );
            continue;
        };
        for (number, place) in places.iter().enumerate() {
            if number > 0 {
                coming.identifiers.push(fresh(&mut core.next_identifier)?);
            }
            let own = coming.identifiers.last().copied();
            let own = own.ok_or(Reason::Bug("a holder without identifier"))?;
            successors.insert(*place, Successor::Place(own));
        }
    }
    let further = added.iter().skip(removed.len()).copied();
    let root = replaced(root, &successors, further.map(Member::Holder).collect())?;
    core.structure = nobody_alone(root, &core.holders)?;
    Ok(())
}

/// What becomes of a place.
#[derive(Clone, Copy)]
enum Successor {
    /// Whoever left it, nobody takes it.
    Nobody(Identifier),
    Place(Identifier),
}

/// The gate with its places handed on, and these members more.
fn replaced(
    before: &Gate,
    successors: &BTreeMap<Identifier, Successor>,
    further: Vec<Member>,
) -> Result<Gate, Error> {
    let mut members = Vec::new();
    let mut left = None;
    for member in before.levels().iter().flat_map(Level::members) {
        match member {
            Member::Gate(x, inner) => {
                members.push(Member::Gate(*x, replaced(inner, successors, Vec::new())?));
            }
            Member::Holder(x) => match successors.get(x) {
                None => members.push(member.clone()),
                Some(Successor::Place(successor)) => members.push(Member::Holder(*successor)),
                Some(Successor::Nobody(leaving)) => left = Some(*leaving),
            },
        }
    }
    members.extend(further);
    let threshold = before.threshold();
    match left {
        Some(leaving) if members.len() < usize::from(threshold.get()) => {
            Err(InvalidChange::LeavesTooFew(leaving).into())
        }
        _ => gate(threshold, members),
    }
}

/// Whether these shares show everybody's: each gate is satisfied by them, or they are all its own.
/// If not, whoever rewrites all mailboxes has to make new shares.
pub(crate) fn shows_all(structure: &AccessStructure, shares: &[Identifier]) -> bool {
    if let AccessStructure::Gate(gate) = structure {
        return shows_gate(gate, shares);
    }
    // Any t of them give all others.
    true
}

fn shows_gate(gate: &Gate, shares: &[Identifier]) -> bool {
    let mut members = gate.levels().iter().flat_map(Level::members);
    let is_satisfied = || AccessStructure::from(gate.clone()).is_satisfied_by(shares);
    let is_shown = is_satisfied()
        || members.clone().all(|member| match member {
            Member::Gate(..) => true,
            Member::Holder(x) => shares.contains(x),
        });
    is_shown
        && members.all(|member| match member {
            Member::Gate(_, inner) => shows_gate(inner, shares),
            Member::Holder(_) => true,
        })
}

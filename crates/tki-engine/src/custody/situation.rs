//! Who has what, and the formulas over it.
//!
//! They are written once, over a [`Logic`], and worked out for one set of parties or for all.

use alloc::{collections::BTreeMap, string::String, vec::Vec};

use tki_math::{AccessStructure, Gate, Identifier, Member};
use tki_metadata::HolderKind;

use super::{
    Coalition, Coalitions, Party,
    earlier::Earlier,
    facts::{Facts, Lock, Network, PartyId, Thing},
    listed::{Listed, Sheet},
    logic::{Logic, Truth},
    sets::{Set, Sets, TooMany},
    text,
};
use crate::structure::suffice;

/// For whom shares are counted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Side {
    /// For parties without the owner.
    Others,
    /// For the owner, who knows what he remembers, with parties that help him.
    Owner,
}

/// A factor's identifiers, and when its share is there.
type Share<'a, L> = (&'a [Identifier], <L as Logic>::Value);

/// A structure over factors, and who keeps what.
pub(super) struct Situation<'a> {
    structure: &'a AccessStructure,
    factors: Vec<Factor<'a>>,
    /// Everybody, ascending; a party is named by its position.
    pub(super) parties: Vec<PartyId>,
    /// Who keeps each thing.
    keepers: BTreeMap<Thing, Vec<usize>>,
    is_storage_open: bool,
    network: Option<Network>,
    /// The owner's memory.
    memory: Option<usize>,
    backups: u16,
    listed: &'a [Listed],
}

struct Factor<'a> {
    listed: &'a Listed,
    x: Identifier,
    lock: Lock,
    /// What opens it, if that is answers.
    answers: Option<Sheet>,
    /// Who can guess what it takes, if that can be guessed.
    guesser: Option<usize>,
    /// The devices whose packages have its seed.
    noted_by: Vec<Identifier>,
}

impl<'a> Situation<'a> {
    pub(super) fn of(structure: &'a AccessStructure, listed: &'a [Listed], facts: &Facts) -> Self {
        let kept = facts.keepers(listed);
        let mut parties: Vec<PartyId> = kept.values().flatten().cloned().collect();
        let weak = listed.iter().filter(|factor| is_guessable(factor, facts));
        parties.extend(weak.map(|factor| PartyId::Guesser(factor.identifier())));
        if listed.iter().any(|factor| is_remembered(factor, facts)) {
            parties.push(PartyId::Memory);
        }
        parties.sort();
        parties.dedup();
        let position = |id: &PartyId| parties.binary_search(id).ok();
        let keepers = kept
            .iter()
            .map(|(thing, ids)| (*thing, ids.iter().filter_map(position).collect()))
            .collect();
        let factors = listed
            .iter()
            .map(|factor| Factor {
                listed: factor,
                x: factor.identifier(),
                lock: facts.lock_of(factor),
                answers: factor.answers(),
                guesser: position(&PartyId::Guesser(factor.identifier())),
                noted_by: facts.noted_by(factor.identifier()),
            })
            .collect();
        let memory = position(&PartyId::Memory);
        Self {
            structure,
            factors,
            keepers,
            is_storage_open: facts.is_storage_open,
            network: facts.network,
            memory,
            backups: facts.backups,
            parties,
            listed,
        }
    }

    /// Step 5.7: whether these parties have old records, and seeds that an earlier structure asks for.
    pub(super) fn opened_before(&self, earlier: &Earlier, present: &Set) -> Result<bool, TooMany> {
        let truth = &Truth { present: *present };
        let mut kept = self.has(truth, Thing::Archive)?;
        for number in 1..=self.backups {
            kept |= self.has(truth, Thing::Backup(number))?;
        }
        let mut there = Vec::new();
        let same = self.factors.iter();
        for factor in same.filter(|factor| earlier.factors.contains(&factor.x)) {
            let has_seed = match factor.answers {
                Some(sheet) => self.answered(truth, Side::Others, factor, sheet)?,
                None => self.seed(truth, Side::Others, factor)?,
            };
            if has_seed {
                there.push(factor.x);
            }
        }
        let needed = earlier.needed.as_ref();
        let enough = needed.map_or(!there.is_empty(), |needed| suffice(needed, &there));
        Ok(kept && enough)
    }

    /// When one side has shares that satisfy the structure, or the key itself.
    pub(super) fn reached<L: Logic>(&self, logic: &L, side: Side) -> Result<L::Value, TooMany> {
        let shares = self.shares(logic, side)?;
        let mut ways = alloc::vec![satisfied(logic, self.structure, &shares)?];
        if side == Side::Others {
            // Step 2.7: a key that existed before needs no share.
            ways.push(self.has(logic, Thing::OldCopies)?);
        }
        logic.any(ways)
    }

    /// The share of each factor, and when this side has it.
    fn shares<L: Logic>(&self, logic: &L, side: Side) -> Result<Vec<Share<'a, L>>, TooMany> {
        let records = self.records(logic, side)?;
        let copies = self.copies(logic, side)?;
        let mut opened = Vec::new();
        for factor in &self.factors {
            let mailbox = factor.mailbox(logic, side, &records, &copies)?;
            // Step 2.4: the seed and the mailbox.
            let share = match factor.answers {
                Some(_) => logic.any(Vec::new())?,
                None => logic.all(alloc::vec![self.seed(logic, side, factor)?, mailbox])?,
            };
            opened.push((factor.listed.identifiers.as_slice(), share));
        }
        // Step 2.5: whoever has opened one factor reads the document.
        let document = logic.any(opened.iter().map(|(_, share)| share.clone()).collect())?;
        for (factor, (_, share)) in self.factors.iter().zip(&mut opened) {
            if let Some(sheet) = factor.answers {
                // Step 2.6: answers take the document, whatever counts attempts, and the mailbox.
                let mailbox = factor.mailbox(logic, side, &records, &copies)?;
                let seed = self.answered(logic, side, factor, sheet)?;
                *share = logic.all(alloc::vec![document.clone(), seed, mailbox])?;
            }
        }
        Ok(opened)
    }

    /// Step 2.1: the seed of a factor that is not answers.
    fn seed<L: Logic>(
        &self,
        logic: &L,
        side: Side,
        factor: &Factor<'_>,
    ) -> Result<L::Value, TooMany> {
        let own = self.own_seed(logic, side, factor)?;
        logic.any(alloc::vec![own, self.noted(logic, side, factor)?])
    }

    /// Step 2.1: the seed of a factor, in the package of a device that noted it; for others alone.
    fn noted<L: Logic>(
        &self,
        logic: &L,
        side: Side,
        factor: &Factor<'_>,
    ) -> Result<L::Value, TooMany> {
        let is_meant = |device: &&Factor<'_>| {
            side == Side::Others && device.is_device() && factor.noted_by.contains(&device.x)
        };
        let devices = self.factors.iter().filter(is_meant);
        let opened = devices.map(|device| self.own_seed(logic, side, device));
        logic.any(opened.collect::<Result<_, _>>()?)
    }

    /// Step 2.1: the seed of a factor, where it is kept.
    fn own_seed<L: Logic>(
        &self,
        logic: &L,
        side: Side,
        factor: &Factor<'_>,
    ) -> Result<L::Value, TooMany> {
        let kept = self.has(logic, Thing::Factor(factor.x))?;
        let opened = match (factor.lock, side) {
            (Lock::Open, _) => kept,
            (_, Side::Owner) => logic.all(alloc::vec![kept, self.remembered(logic)?])?,
            (Lock::Passphrase, Side::Others) => {
                let guessed = party(logic, factor.guesser)?;
                logic.all(alloc::vec![kept, guessed])?
            }
            (Lock::Sealed, Side::Others) => logic.any(Vec::new())?,
        };
        let Some(network) = self.network.filter(|_| factor.is_login()) else {
            return Ok(opened);
        };
        let nodes = (1..=network.nodes).map(|number| self.has(logic, Thing::Node(number)));
        let nodes = nodes.collect::<Result<Vec<_>, _>>()?;
        let enough = logic.at_least(usize::from(network.threshold), nodes)?;
        match side {
            // Whoever vouches for the login is served by honest nodes, too.
            Side::Others => logic.any(alloc::vec![opened, enough]),
            Side::Owner => logic.all(alloc::vec![opened, enough]),
        }
    }

    /// The seed of answers, but for the document.
    fn answered<L: Logic>(
        &self,
        logic: &L,
        side: Side,
        factor: &Factor<'_>,
        sheet: Sheet,
    ) -> Result<L::Value, TooMany> {
        let evaluator = self.has(logic, Thing::Evaluator)?;
        let known = match side {
            Side::Owner => self.remembered(logic)?,
            Side::Others => party(logic, factor.guesser)?,
        };
        let is_counted = match side {
            Side::Owner => sheet.has_evaluator,
            Side::Others => !sheet.is_hopeless(),
        };
        let mut found = alloc::vec![known];
        if is_counted {
            found.push(evaluator);
        }
        let found = logic.all(found)?;
        logic.any(alloc::vec![found, self.noted(logic, side, factor)?])
    }

    /// Step 2.2: the records of all holders.
    fn records<L: Logic>(&self, logic: &L, side: Side) -> Result<L::Value, TooMany> {
        if side == Side::Others && self.is_storage_open {
            return Ok(logic.always());
        }
        let mut ways = alloc::vec![self.has(logic, Thing::Storage)?];
        for number in 1..=self.backups {
            ways.push(self.has(logic, Thing::Backup(number))?);
        }
        if side == Side::Others {
            ways.push(self.has(logic, Thing::Archive)?);
        }
        logic.any(ways)
    }

    /// Step 2.3: the copies that an opened device has.
    fn copies<L: Logic>(&self, logic: &L, side: Side) -> Result<L::Value, TooMany> {
        let devices = self.factors.iter().filter(|factor| factor.is_device());
        let opened = devices.map(|device| self.own_seed(logic, side, device));
        logic.any(opened.collect::<Result<_, _>>()?)
    }

    /// Whether somebody who is there keeps a thing.
    fn has<L: Logic>(&self, logic: &L, thing: Thing) -> Result<L::Value, TooMany> {
        let keepers = self.keepers.get(&thing).into_iter().flatten();
        logic.any(keepers.map(|keeper| logic.party(*keeper)).collect())
    }

    fn remembered<L: Logic>(&self, logic: &L) -> Result<L::Value, TooMany> {
        party(logic, self.memory)
    }

    /// Everybody but the places of the owner's.
    pub(super) fn all_but_places(&self) -> Set {
        self.those(|id| !id.is_place())
    }

    /// The owner's places, and what he remembers.
    pub(super) fn owners(&self) -> Set {
        self.those(|id| id.is_place() || *id == PartyId::Memory)
    }

    /// Everybody who guesses.
    pub(super) fn guessers(&self) -> Set {
        self.those(|id| matches!(id, PartyId::Guesser(_)))
    }

    /// What he remembers.
    pub(super) fn memory(&self) -> Set {
        self.those(|id| *id == PartyId::Memory)
    }

    fn those(&self, is_meant: impl Fn(&PartyId) -> bool) -> Set {
        let mut set = Set::EMPTY;
        for (position, id) in self.parties.iter().enumerate() {
            if is_meant(id) {
                set.insert(position);
            }
        }
        set
    }

    /// The sets by the names of their parties.
    pub(super) fn named(&self, sets: Result<Sets, TooMany>) -> Coalitions {
        let name = |set: &Set| -> Coalition {
            let parties = set.parties().filter_map(|party| self.parties.get(party));
            parties.cloned().collect()
        };
        match sets {
            Ok(sets) => Coalitions::All(sets.iter().map(name).collect()),
            Err(TooMany) => Coalitions::TooMany,
        }
    }

    /// The parties with what they keep and what they are called.
    pub(super) fn described(&self) -> Vec<Party> {
        let describe = |(position, id): (usize, &PartyId)| {
            let keeps = self.kept_by(position, id);
            Party {
                id: id.clone(),
                name: text::party_name(id, self.listed),
                beside: text::beside(id, &keeps, self.listed),
                keeps,
            }
        };
        self.parties.iter().enumerate().map(describe).collect()
    }

    fn kept_by(&self, position: usize, id: &PartyId) -> Vec<Thing> {
        if let PartyId::Guesser(x) = id {
            return alloc::vec![Thing::Factor(*x)];
        }
        if *id == PartyId::Memory {
            let remembered = self.factors.iter().filter(|factor| factor.is_remembered());
            return remembered.map(|factor| Thing::Factor(factor.x)).collect();
        }
        let kept = self.keepers.iter().filter(|(_, by)| by.contains(&position));
        kept.map(|(thing, _)| *thing).collect()
    }
}

impl Factor<'_> {
    fn is_device(&self) -> bool {
        self.listed.kind == HolderKind::Device
    }

    fn is_login(&self) -> bool {
        self.listed.kind == HolderKind::Provider
    }

    fn is_remembered(&self) -> bool {
        self.answers.is_some() || self.lock != Lock::Open
    }

    /// Step 2.4: where its mailbox is: in its own package, among the records, among the copies. For
    /// others a pegged share needs none.
    fn mailbox<L: Logic>(
        &self,
        logic: &L,
        side: Side,
        records: &L::Value,
        copies: &L::Value,
    ) -> Result<L::Value, TooMany> {
        let is_needless = self.listed.is_pegged && side == Side::Others;
        if self.is_device() || is_needless {
            return Ok(logic.always());
        }
        let mut ways = alloc::vec![records.clone()];
        if self.listed.offline {
            ways.push(copies.clone());
        }
        logic.any(ways)
    }
}

/// Step 2.8: when those who are there satisfy the structure.
fn satisfied<L: Logic>(
    logic: &L,
    structure: &AccessStructure,
    shares: &[Share<'_, L>],
) -> Result<L::Value, TooMany> {
    if let AccessStructure::Gate(gate) = structure {
        return gate_satisfied(logic, gate, shares);
    }
    // Any t identifiers, whoever has them.
    let places = shares.iter().flat_map(|(xs, share)| {
        let places = xs.iter().map(|_| share.clone());
        places.collect::<Vec<_>>()
    });
    logic.at_least(usize::from(structure.threshold().get()), places.collect())
}

/// At least k of the members up to each level.
fn gate_satisfied<L: Logic>(
    logic: &L,
    gate: &Gate,
    shares: &[Share<'_, L>],
) -> Result<L::Value, TooMany> {
    let (mut members, mut levels) = (Vec::new(), Vec::new());
    for level in gate.levels() {
        for member in level.members() {
            members.push(match member {
                Member::Holder(x) => {
                    let of = shares.iter().filter(|(xs, _)| xs.contains(x));
                    logic.any(of.map(|(_, share)| share.clone()).collect())?
                }
                Member::Gate(_, inner) => gate_satisfied(logic, inner, shares)?,
            });
        }
        levels.push(logic.at_least(usize::from(level.threshold().get()), members.clone())?);
    }
    logic.all(levels)
}

/// Whether this party is there; never, if there is none.
fn party<L: Logic>(logic: &L, party: Option<usize>) -> Result<L::Value, TooMany> {
    logic.any(party.map(|party| logic.party(party)).into_iter().collect())
}

/// Step 1.4: whether somebody who tries finds what it takes.
fn is_guessable(factor: &Listed, facts: &Facts) -> bool {
    match factor.answers() {
        Some(sheet) => sheet.is_weak(),
        None => facts.lock_of(factor) == Lock::Passphrase,
    }
}

/// Step 1.4: whether the owner has to remember something for it.
fn is_remembered(factor: &Listed, facts: &Facts) -> bool {
    factor.answers().is_some() || facts.lock_of(factor) != Lock::Open
}

/// What a text says of a factor: kind, identifier, label.
pub(super) fn factor_name(factor: &Listed) -> String {
    let (kind, x) = (factor.kind, factor.identifier());
    if factor.label.is_empty() {
        alloc::format!("{kind} {x}")
    } else {
        alloc::format!("{kind} {x} ({})", factor.label)
    }
}

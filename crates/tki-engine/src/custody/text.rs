//! Custody in sentences, for people.

use alloc::{
    borrow::ToOwned,
    collections::BTreeSet,
    format,
    string::{String, ToString},
    vec::Vec,
};

use super::{
    Ability, Coalition, Custody,
    facts::{PartyId, Thing},
    listed::Listed,
    situation::factor_name,
};

impl Custody {
    /// The plain sentences: who can use the key without the owner, what brings it back, who can keep
    /// him from it, what destroys it. What is kept together is said of each party once.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        let mut told = Told::of(self);
        let mut sentences = told.about_use();
        sentences.push(told.about_recovery());
        sentences.push(told.about_blocking());
        sentences.push(told.about_loss());
        sentences
    }

    /// A coalition as a person would say it, for this ability.
    #[must_use]
    pub fn phrase(&self, ability: Ability, coalition: &[PartyId]) -> String {
        phrase(ability, coalition, |id| {
            let party = self.party(id);
            party.map_or_else(|| id.to_string(), |party| party.name.clone())
        })
    }

    /// The same, with all that is kept together.
    pub(super) fn full_phrase(&self, ability: Ability, coalition: &[PartyId]) -> String {
        Told::of(self).phrase(ability, coalition)
    }

    fn of_size(&self, ability: Ability, size: usize) -> Vec<Coalition> {
        let all = self.coalitions(ability).listed().unwrap_or_default();
        let right = all.iter().filter(|coalition| coalition.len() == size);
        right.cloned().collect()
    }

    /// Those that use the key with a single theft, and guesses.
    fn by_one_theft(&self) -> Vec<Coalition> {
        let all = self.coalitions(Ability::Use).listed().unwrap_or_default();
        let is_guess = |id: &&PartyId| matches!(id, PartyId::Guesser(_));
        let is_meant = |some: &&Coalition| {
            let guesses = some.iter().filter(is_guess).count();
            let places = some.iter().filter(|id| id.is_place()).count();
            guesses > 0 && places == 1 && guesses + places == some.len()
        };
        all.iter().filter(is_meant).cloned().collect()
    }

    /// The first that uses the key and takes nothing of the owner's.
    fn first_without_places(&self) -> Option<Coalition> {
        let all = self.coalitions(Ability::Use).listed()?;
        let mut others = all
            .iter()
            .filter(|some| !some.iter().any(PartyId::is_place));
        others.next().cloned()
    }

    /// The one that uses the key for which the least is taken from the owner.
    fn least_stolen(&self) -> Option<Coalition> {
        let all = self.coalitions(Ability::Use).listed()?;
        let places = |some: &&Coalition| some.iter().filter(|id| id.is_place()).count();
        all.iter()
            .min_by_key(|some| (places(some), some.len()))
            .cloned()
    }
}

/// Custody as it is told, and of whom it was told already what else he keeps.
struct Told<'a> {
    custody: &'a Custody,
    named: BTreeSet<PartyId>,
}

impl<'a> Told<'a> {
    const fn of(custody: &'a Custody) -> Self {
        Self {
            custody,
            named: BTreeSet::new(),
        }
    }

    /// What people call it, with all that is kept there where it is named first.
    fn name(&mut self, id: &PartyId) -> String {
        match self.custody.party(id) {
            None => id.to_string(),
            Some(party) if self.named.insert(id.clone()) => party.full_name(),
            Some(party) => party.name.clone(),
        }
    }

    fn phrase(&mut self, ability: Ability, coalition: &[PartyId]) -> String {
        phrase(ability, coalition, |id| self.name(id))
    }

    fn about_use(&mut self) -> Vec<String> {
        // Step 5.2: the word is said where it holds, and nowhere else.
        if self.custody.is_self_custodial {
            let mut sentences = Vec::from([
                "Nobody without you can use the key, not even all of them together, unless \
                 something of yours is taken: it is self-custodial."
                    .to_owned(),
            ]);
            if let Some(least) = self.custody.least_stolen() {
                let who = self.phrase(Ability::Use, &least);
                sentences.push(format!("The least that it takes without you: {who}."));
            }
            return sentences;
        }
        if self.custody.is_by_earlier_structure {
            return Vec::from([
                "With old records others may use the key by a structure that the account had \
                 before, or may have had, and secrets that are the same since: renew those factors \
                 (tki renew), or move to another key (tki rotate)."
                    .to_owned(),
            ]);
        }
        let mut sentences = Vec::new();
        for coalition in self.custody.of_size(Ability::Use, 1) {
            let who = self.phrase(Ability::Use, &coalition);
            sentences.push(format!(
                "{} alone can use the key without you.",
                capital(&who)
            ));
        }
        for coalition in self.custody.by_one_theft().iter().take(MOST_SHOWN) {
            let who = self.phrase(Ability::Use, coalition);
            sentences.push(format!("{} can use the key without you.", capital(&who)));
        }
        let others = self.custody.first_without_places();
        if let Some(others) = others.filter(|others| others.len() > 1) {
            let who = self.phrase(Ability::Use, &others);
            sentences.push(format!(
                "{} can use the key without you, together.",
                capital(&who)
            ));
        }
        if sentences.is_empty() {
            sentences.push("Others than you can use the key.".to_owned());
        }
        sentences
    }

    fn about_recovery(&mut self) -> String {
        let Some(ways) = self.custody.coalitions(Ability::Recover).listed() else {
            return "There are too many ways to get the key back to list them.".to_owned();
        };
        match ways.first() {
            None => "You cannot get the key back with anything.".to_owned(),
            Some(way) if way.is_empty() => "You need nothing but what you remember.".to_owned(),
            Some(way) => {
                let what = self.phrase(Ability::Recover, way);
                match ways.len() {
                    1 => format!("To get the key back there is one way: {what}."),
                    count => format!(
                        "To get the key back when all else is gone there are {count} ways, such as \
                         {what}."
                    ),
                }
            }
        }
    }

    fn about_blocking(&mut self) -> String {
        let Some(coalitions) = self.custody.coalitions(Ability::Block).listed() else {
            return "There are too many who together can keep you from the key to list them."
                .to_owned();
        };
        match coalitions {
            [] => "Nobody can keep you from using the key with what is yours.".to_owned(),
            [none, ..] if none.is_empty() => "You cannot use the key at all.".to_owned(),
            some => format!(
                "By refusing, these can keep you from using the key: {}.",
                self.phrases(Ability::Block, some)
            ),
        }
    }

    fn about_loss(&mut self) -> String {
        let Some(coalitions) = self.custody.coalitions(Ability::Destroy).listed() else {
            return "There are too many losses that destroy the key to list them.".to_owned();
        };
        match coalitions.first().map(Vec::len) {
            None => "No loss destroys the key.".to_owned(),
            Some(0) => "The key cannot be used as it is.".to_owned(),
            Some(1) => {
                let alone = self.custody.of_size(Ability::Destroy, 1);
                format!(
                    "One loss for good is enough to destroy the key: {}.",
                    self.phrases(Ability::Destroy, &alone)
                )
            }
            Some(size) => format!(
                "No single loss destroys the key; {size} at once can, such as {}.",
                self.phrases(Ability::Destroy, coalitions.get(..1).unwrap_or_default())
            ),
        }
    }

    /// A few coalitions, one after the other.
    fn phrases(&mut self, ability: Ability, coalitions: &[Coalition]) -> String {
        let shown = coalitions.iter().take(MOST_SHOWN);
        let phrases: Vec<String> = shown.map(|some| self.phrase(ability, some)).collect();
        let more = coalitions.len().saturating_sub(MOST_SHOWN);
        let text = phrases.join("; ");
        if more == 0 {
            text
        } else {
            format!("{text}; and {more} more")
        }
    }
}

/// A coalition as a person would say it, for this ability, each party by the name that it is given.
fn phrase(
    ability: Ability,
    coalition: &[PartyId],
    mut name: impl FnMut(&PartyId) -> String,
) -> String {
    if ability != Ability::Use {
        let parties: Vec<String> = coalition.iter().map(name).collect();
        return listed(&parties).unwrap_or_else(|| "nothing".to_owned());
    }
    // Out of a place something is stolen, and what is guessed is guessed by whoever has it.
    let (mut stolen, mut guessed, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for id in coalition {
        let name = name(id);
        if matches!(id, PartyId::Guesser(_)) {
            guessed.push(name);
        } else if id.is_place() {
            stolen.push(name);
        } else {
            others.push(name);
        }
    }
    let stolen = listed(&stolen).map(|list| format!("steals {list}"));
    let guessed = listed(&guessed).map(|list| format!("guesses {list}"));
    let does: Vec<String> = stolen.into_iter().chain(guessed).collect();
    let whoever = listed(&does).map(|does| format!("whoever {does}"));
    match (listed(&others), whoever) {
        (Some(others), Some(whoever)) => format!("{others} with {whoever}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => "nobody".to_owned(),
    }
}

/// So many are named in a sentence.
const MOST_SHOWN: usize = 4;

/// The thing that a party is named after, if it is named after one.
const fn own_thing(id: &PartyId) -> Option<Thing> {
    match id {
        PartyId::PlaceOf(x) | PartyId::KeeperOf(x) => Some(Thing::Factor(*x)),
        PartyId::Storage => Some(Thing::Storage),
        PartyId::Evaluator => Some(Thing::Evaluator),
        PartyId::Node(number) => Some(Thing::Node(*number)),
        PartyId::Backup(number) => Some(Thing::Backup(*number)),
        PartyId::Archive => Some(Thing::Archive),
        PartyId::OldCopies => Some(Thing::OldCopies),
        PartyId::Keeper(_) | PartyId::Place(_) | PartyId::Guesser(_) | PartyId::Memory => None,
    }
}

/// What people call a party.
pub(super) fn party_name(id: &PartyId, factors: &[Listed]) -> String {
    match (id, own_thing(id)) {
        (PartyId::Keeper(name) | PartyId::Place(name), _) => name.clone(),
        (PartyId::Archive, _) => "whoever kept old records".to_owned(),
        (PartyId::OldCopies, _) => "whoever has an old copy of the key".to_owned(),
        (PartyId::Guesser(x), _) => guesser_name(&factor(factors, *x), factors, *x),
        (PartyId::Memory, _) => "what you remember".to_owned(),
        (_, Some(thing)) => thing_name(thing, factors),
        (_, None) => id.to_string(),
    }
}

/// What a party keeps beside the thing that it is named after.
pub(super) fn beside(id: &PartyId, keeps: &[Thing], factors: &[Listed]) -> Vec<String> {
    let Some(own) = own_thing(id) else {
        return Vec::new();
    };
    let others = keeps.iter().filter(|thing| **thing != own);
    others.map(|thing| thing_name(*thing, factors)).collect()
}

fn guesser_name(name: &str, factors: &[Listed], x: tki_math::Identifier) -> String {
    let listed = factors.iter().find(|listed| listed.identifier() == x);
    if listed.is_some_and(|listed| listed.answers().is_some()) {
        name.to_owned()
    } else {
        format!("the passphrase of {name}")
    }
}

/// What people call a thing.
fn thing_name(thing: Thing, factors: &[Listed]) -> String {
    match thing {
        Thing::Factor(x) => factor(factors, x),
        Thing::Storage => "the storage".to_owned(),
        Thing::Evaluator => "the evaluator".to_owned(),
        Thing::Node(number) => format!("node {number}"),
        Thing::Backup(number) => format!("backup {number}"),
        Thing::Archive => "old records".to_owned(),
        Thing::OldCopies => "an old copy of the key".to_owned(),
    }
}

fn factor(factors: &[Listed], x: tki_math::Identifier) -> String {
    let listed = factors.iter().find(|listed| listed.identifier() == x);
    listed.map_or_else(|| format!("factor {x}"), factor_name)
}

/// One after the other, with a last and.
fn listed(parts: &[String]) -> Option<String> {
    match parts.split_last() {
        None => None,
        Some((last, [])) => Some(last.clone()),
        Some((last, first)) => Some(format!("{} and {last}", first.join(", "))),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

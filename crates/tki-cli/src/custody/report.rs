//! Custody as JSON and as text.

use serde::Serialize;
use tki::custody::{Ability, Coalitions, Custody, Party, PartyId, Thing};
use tki::math::Identifier;

use super::{MOST_SHOWN, heading, nobody};
use crate::colour::{self, Stream, Style};
use crate::describe::line;
use crate::output::SCHEMA;

/// The JSON object.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    schema: u32,
    /// Absent for a structure that belongs to no account.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    self_custodial: bool,
    sentences: Vec<String>,
    parties: Vec<Named>,
    #[serde(rename = "use")]
    can_use: Option<Vec<Vec<String>>>,
    recover: Option<Vec<Vec<String>>>,
    block: Option<Vec<Vec<String>>>,
    destroy: Option<Vec<Vec<String>>>,
}

#[derive(Debug, Serialize)]
struct Named {
    id: String,
    name: String,
    keeps: Vec<String>,
}

impl Report {
    pub(crate) fn of(custody: &Custody, account: Option<String>) -> Self {
        let list = |ability| -> Option<Vec<Vec<String>>> {
            let all = custody.coalitions(ability).listed()?;
            let names = |some: &Vec<_>| some.iter().map(ToString::to_string).collect();
            Some(all.iter().map(names).collect())
        };
        let parties = custody.parties.iter().map(|party| Named {
            id: party.id.to_string(),
            name: party.name.clone(),
            keeps: party.keeps.iter().map(ToString::to_string).collect(),
        });
        Self {
            schema: SCHEMA,
            account,
            self_custodial: custody.is_self_custodial,
            sentences: custody.sentences(),
            parties: parties.collect(),
            can_use: list(Ability::Use),
            recover: list(Ability::Recover),
            block: list(Ability::Block),
            destroy: list(Ability::Destroy),
        }
    }
}

/// The same for people.
pub(crate) fn text(custody: &Custody) -> String {
    let mut text = String::new();
    for sentence in custody.sentences() {
        line(&mut text, format_args!("{sentence}"));
    }
    for ability in Ability::ALL {
        let title = format!("what {}", heading(ability));
        let title = match ability {
            Ability::Use | Ability::Block => title.replacen("what", "who", 1),
            Ability::Recover | Ability::Destroy => title,
        };
        let title = colour::paint(Stream::Output, Style::Heading, &title);
        line(&mut text, format_args!("\n{title}"));
        list(&mut text, custody, ability);
    }
    text.push_str(&places(custody));
    if is_by_guesses(custody) {
        line(&mut text, format_args!("\n{GUESSES}"));
    }
    line(&mut text, format_args!("\n{CAVEAT}"));
    text
}

/// Who keeps more than one thing, or has a name of his own.
fn places(custody: &Custody) -> String {
    let mut text = String::new();
    for party in &custody.parties {
        let is_named = matches!(party.id, PartyId::Keeper(_) | PartyId::Place(_));
        let keeps: Vec<String> = if is_named {
            party.keeps.iter().map(|thing| thing_name(*thing)).collect()
        } else {
            party.beside.clone()
        };
        if keeps.is_empty() {
            continue;
        }
        if text.is_empty() {
            let title = colour::paint(Stream::Output, Style::Heading, "who keeps what");
            line(&mut text, format_args!("\n{title}"));
        }
        let (name, keeps) = (&party.name, keeps.join(", "));
        if is_named {
            line(&mut text, format_args!("  {name}: {keeps}"));
        } else {
            line(&mut text, format_args!("  with {name}: {keeps}"));
        }
    }
    text
}

/// Whether one theft and guesses, at passphrases among others, are what keeps the word from being
/// said.
fn is_by_guesses(custody: &Custody) -> bool {
    // Answers are kept by nobody, and what is under a passphrase by somebody.
    let is_kept = |thing: &Thing| {
        let keeping = |party: &&Party| !matches!(party.id, PartyId::Guesser(_) | PartyId::Memory);
        let mut keepers = custody.parties.iter().filter(keeping);
        keepers.any(|party| party.keeps.contains(thing))
    };
    let guesses = |way: &[PartyId]| -> Vec<Identifier> {
        let guesses = way.iter().filter_map(|id| {
            if let PartyId::Guesser(x) = id {
                Some(*x)
            } else {
                None
            }
        });
        guesses.collect()
    };
    let is_meant = |way: &Vec<PartyId>| {
        let guesses = guesses(way);
        let one_theft = guesses.len().saturating_add(1) == way.len();
        one_theft && guesses.iter().any(|x| is_kept(&Thing::Factor(*x)))
    };
    let ways = custody.coalitions(Ability::Use).listed();
    let is_one_theft = ways.unwrap_or_default().iter().any(is_meant);
    is_one_theft && !custody.is_self_custodial && !custody.others_can_use
}

/// What is to be said of a passphrase that nobody guesses.
const GUESSES: &str = "A passphrase counts as one that may be guessed. Of one that nobody guesses, \
     such as six words that dice chose, say so: --lock 1=sealed, with the number of its factor.";

fn thing_name(thing: Thing) -> String {
    if let Thing::Factor(x) = thing {
        format!("factor {x}")
    } else {
        thing.to_string()
    }
}

/// What no table shows.
const CAVEAT: &str = "Each line is one way, and needs all that it names. Not counted: a machine that is taken over \
     while it is used, and removed factors (tki receipts).";

fn list(text: &mut String, custody: &Custody, ability: Ability) {
    let Coalitions::All(all) = custody.coalitions(ability) else {
        line(text, format_args!("  more ways than can be listed"));
        return;
    };
    if all.is_empty() {
        line(text, format_args!("  {}", nobody(ability)));
    }
    for some in all.iter().take(MOST_SHOWN) {
        line(text, format_args!("  {}", custody.phrase(ability, some)));
    }
    let more = all.len().saturating_sub(MOST_SHOWN);
    if more > 0 {
        line(text, format_args!("  and {more} more: --json lists all"));
    }
}

//! An account's structure for people and for scripts: which factors suffice together, how many can
//! be lost, and what another structure would make of that.

use core::fmt;

use serde::Serialize;
use tki::custody::Facts;
use tki::engine::{Spare, minimal_quorums};
use tki::math::{AccessStructure, Identifier};
use tki::metadata::{Arrangement, Core, Holder};
use tki::{Custody, HolderName, InvalidStructure, read_structure};

use crate::args::KeptArgs;
use crate::asking;
use crate::custody::facts;
use crate::describe::line;
use crate::error::{Failure, Kind};
use crate::output::{self, SCHEMA};
use crate::session::Session;

/// How many sets are listed for people, and for scripts.
const MOST_SHOWN: usize = 12;
const MOST_LISTED: usize = 256;

/// What `structure show` prints.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Shown {
    schema: u32,
    /// As `structure set` takes it.
    structure: String,
    /// The smallest sets that suffice, by identifiers; absent where they are too many.
    quorums: Option<Vec<Vec<String>>>,
    /// How many of any factors can be lost.
    can_lose: usize,
    /// Whether more may be, which was not found out.
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    can_lose_at_least: bool,
    #[serde(skip)]
    text: String,
}

impl Shown {
    pub(crate) fn of(core: &Core) -> Self {
        let quorums = minimal_quorums(core, MOST_LISTED);
        let identifiers = |quorum: &Vec<&Holder>| {
            let holders = quorum.iter().filter_map(|holder| holder.identifier());
            holders.map(|x| x.to_string()).collect()
        };
        let mut text = String::new();
        line(&mut text, format_args!("structure  {}", expression(core)));
        line(&mut text, format_args!("in words   {}", Named::of(core)));
        tell(&mut text, core, quorums.as_deref());
        let spare = Spare::of(core);
        Self {
            schema: SCHEMA,
            structure: expression(core),
            quorums: quorums.map(|quorums| quorums.iter().map(identifiers).collect()),
            can_lose: spare.count,
            can_lose_at_least: !spare.is_exact,
            text,
        }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

/// What another structure makes of custody, as far as it differs: who can use the key, get it back,
/// keep its owner from it, or destroy it.
fn compare_custody(text: &mut String, before: &Core, after: &Core, facts: &Facts) {
    let [before, after] = [before, after].map(|core| Custody::of(core, facts));
    let [now, then] = [before.sentences(), after.sentences()];
    if now == then {
        // The sentences may leave out who it is that gained or lost.
        let changes = before.changes(&after);
        if changes.is_empty() {
            line(text, format_args!("Custody stays as it is (tki custody)."));
        } else {
            line(text, format_args!("custody changes"));
        }
        for change in changes {
            line(text, format_args!("      {change}"));
        }
        return;
    }
    for (when, these, others) in [("now", &now, &then), ("then", &then, &now)] {
        line(text, format_args!("custody {when}"));
        for sentence in these.iter().filter(|sentence| !others.contains(sentence)) {
            line(text, format_args!("      {sentence}"));
        }
    }
}

/// Who suffices, and how many can be lost, line by line.
fn tell(text: &mut String, core: &Core, quorums: Option<&[Vec<&Holder>]>) {
    if plain(core).is_none() {
        line(text, format_args!("any of these sets of factors suffices:"));
        for quorum in quorums.unwrap_or_default().iter().take(MOST_SHOWN) {
            let names = quorum
                .iter()
                .map(|holder| HolderName::of(holder).to_string());
            let names: Vec<_> = names.collect();
            line(text, format_args!("  {}", names.join(" and ")));
        }
        match quorums.map(<[_]>::len) {
            Some(count) if count > MOST_SHOWN => {
                line(text, format_args!("  and {} more", count - MOST_SHOWN));
            }
            Some(_) => {}
            None => line(text, format_args!("  more than {MOST_LISTED}")),
        }
    }
    let spare = Spare::of(core);
    match (spare.count, spare.is_exact) {
        (0, _) => line(text, format_args!("No factor can be lost.")),
        (1, true) => line(text, format_args!("Any one of the factors can be lost.")),
        (count, true) => line(
            text,
            format_args!("Any {count} of the factors can be lost."),
        ),
        (count, false) => line(
            text,
            format_args!("At least any {count} of the factors can be lost."),
        ),
    }
}

/// The structure as `structure set` takes it.
pub(crate) fn expression(core: &Core) -> String {
    Arrangement::of(core).to_string()
}

/// The threshold of a structure that is any so many of the factors.
pub(crate) fn plain(core: &Core) -> Option<u16> {
    if let AccessStructure::Threshold(threshold) = &core.structure {
        Some(threshold.get())
    } else {
        None
    }
}

/// The structure with the names of factors.
pub(crate) struct Named<'c> {
    core: &'c Core,
    arrangement: Arrangement,
}

impl<'c> Named<'c> {
    pub(crate) fn of(core: &'c Core) -> Self {
        let arrangement = Arrangement::of(core);
        Self { core, arrangement }
    }
}

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |f: &mut fmt::Formatter<'_>, x: Identifier| match self.core.holder(x) {
            Some(holder) => write!(f, "{}", HolderName::of(holder)),
            None => write!(f, "{x}"),
        };
        self.arrangement.write(f, &name)
    }
}

/// The factors by their names.
pub(crate) fn names(core: &Core) -> Vec<HolderName> {
    core.holders.iter().map(HolderName::of).collect()
}

/// Reads what somebody typed.
pub(crate) fn read(text: &str, names: &[HolderName]) -> Result<Arrangement, Failure> {
    read_structure(text, names).map_err(|invalid| {
        let next = if matches!(invalid, InvalidStructure::AmbiguousName { .. }) {
            "say which by its number"
        } else if matches!(invalid, InvalidStructure::UnknownName { .. }) {
            "tki factor list shows numbers, kinds and labels; a label of several words is in quotes"
        } else {
            "tki structure set --help shows how it is written"
        };
        let message = format!("this is no structure: {invalid}");
        Failure::new(Kind::InvalidChange, message).next(next)
    })
}

/// Any so many of an account's factors.
pub(crate) fn threshold_of_all(core: &Core, threshold: u16) -> Option<Arrangement> {
    let threshold = tki::math::Threshold::new(threshold).ok()?;
    let holders = core.holders.iter().filter_map(Holder::identifier);
    let members = holders.map(Arrangement::Holder).collect();
    Some(Arrangement::gate(threshold, members))
}

/// Whether an account has this structure already, in whatever order its members stand.
pub(crate) fn is_arranged(core: &Core, wanted: &Arrangement) -> bool {
    sorted(&Arrangement::of(core)) == sorted(wanted)
}

/// The members of each gate in an order of their own.
fn sorted(arrangement: &Arrangement) -> Arrangement {
    match arrangement {
        Arrangement::Gate { threshold, members } => {
            let mut members: Vec<_> = members.iter().map(sorted).collect();
            members.sort_by_cached_key(ToString::to_string);
            Arrangement::gate(*threshold, members)
        }
        Arrangement::Holder(x) => Arrangement::Holder(*x),
    }
}

/// Shows what the structure is and what it would be, and asks. `own` is this machine's device.
pub(crate) fn confirm(
    session: &Session,
    (core, own): (&Core, Option<Identifier>),
    after: &Core,
    yes: bool,
) -> Result<(), Failure> {
    compare(session, (core, own), after);
    if yes {
        return Ok(());
    }
    if !output::is_interactive() {
        return Err(unasked());
    }
    if asking::confirm("Set it?")? {
        return Ok(());
    }
    Err(Failure::new(Kind::InvalidChange, "nothing was changed")
        .next("tki structure show shows what it is"))
}

/// That it has to be said that it is meant, where nobody can be asked.
pub(crate) fn unasked() -> Failure {
    Failure::usage("others would suffice than now, and nobody is here to be asked")
        .next("tki structure show shows what is; if it is meant, the same command with --yes")
}

/// Shows what the structure is and what it would be.
pub(crate) fn compare(session: &Session, (core, own): (&Core, Option<Identifier>), after: &Core) {
    let mut text = String::new();
    for (when, core) in [("now", core), ("then", after)] {
        line(&mut text, format_args!("{when:<6}{}", Named::of(core)));
        let quorums = minimal_quorums(core, MOST_LISTED);
        let mut told = String::new();
        tell(&mut told, core, quorums.as_deref());
        for told in told.lines() {
            line(&mut text, format_args!("      {told}"));
        }
    }
    let facts = facts::of_machine(session, core, (own, &[]), &KeptArgs::default());
    compare_custody(&mut text, core, after, &facts);
    session.output.say(text.trim_end());
}

/// Whether after a removal nothing can be lost any more, or of a part of the structure everybody is
/// needed of which not everybody was.
pub(crate) fn is_tighter(before: &Core, after: &Core) -> bool {
    let loses_all = Spare::of(before).count > 0 && Spare::of(after).count == 0;
    let [were, are] = [before, after].map(|core| gates_of_all(&Arrangement::of(core)));
    loses_all || are > were
}

/// How many gates there are of which every member is needed.
fn gates_of_all(arrangement: &Arrangement) -> usize {
    match arrangement {
        Arrangement::Holder(_) => 0,
        Arrangement::Gate { threshold, members } => {
            let inner: usize = members.iter().map(gates_of_all).sum();
            let is_all = members.len() == usize::from(threshold.get());
            inner.saturating_add(usize::from(is_all))
        }
    }
}

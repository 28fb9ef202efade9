//! What `tki custody` takes: what the account does not say of who keeps its factors.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use tki::custody::{Lock, Preset, Thing};
use tki::math::Identifier;

use super::values;

/// The heading of what says who keeps what.
const KEEPING: &str = "Who keeps what";

#[derive(Args, Debug)]
pub(crate) struct Custody {
    /// Look at this structure to begin with, and at no account; it needs no home
    #[arg(long, value_name = "NAME", value_parser = preset())]
    pub(crate) preset: Option<Preset>,
    /// Print the tables of all structures to begin with, for a document
    #[arg(long, exclusive = true)]
    pub(crate) presets: bool,
    #[command(flatten)]
    pub(crate) kept: KeptArgs,
    /// Also draw it as a picture into this new file
    #[arg(long, value_name = "FILE", value_parser = values::new_file())]
    pub(crate) svg: Option<PathBuf>,
    /// Print it as tables for a document
    #[arg(long, conflicts_with = "json")]
    pub(crate) markdown: bool,
}

/// Who keeps what. A THING is a factor by its number, as tki factor list prints it, or storage,
/// evaluator, archive, backup:1, old-copies.
#[derive(Args, Debug, Default)]
pub(crate) struct KeptArgs {
    /// Somebody else keeps this, such as 3=bank or storage=bank; the same name is the same party
    #[arg(
        long = "keeper",
        value_name = "THING=NAME",
        value_parser = parse_named,
        help_heading = KEEPING
    )]
    pub(crate) keepers: Vec<(Thing, String)>,
    /// You keep this at a place of yours, such as 3=home: what is at the same place is stolen and
    /// lost together
    #[arg(
        long = "at",
        value_name = "THING=PLACE",
        value_parser = parse_named,
        help_heading = KEEPING
    )]
    pub(crate) places: Vec<(Thing, String)>,
    /// These are together: in one place, behind one login, with one person
    #[arg(
        long,
        value_name = "THING,THING",
        value_parser = parse_together,
        help_heading = KEEPING
    )]
    pub(crate) together: Vec<(Thing, Vec<Thing>)>,
    /// What protects a factor from whoever has it: open (nothing), passphrase (which may be
    /// guessed), sealed (nobody guesses it)
    #[arg(
        long = "lock",
        value_name = "ID=LOCK",
        value_parser = parse_lock,
        help_heading = KEEPING
    )]
    pub(crate) locks: Vec<(Identifier, Lock)>,
    /// You have so many backups of the account (tki backup), each at a place of its own
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        hide_default_value = true,
        value_parser = clap::value_parser!(u16).range(..=8),
        help_heading = KEEPING
    )]
    pub(crate) backups: u16,
    /// The storage gives its records to whoever knows their addresses, as a server does
    #[arg(
        long,
        help_heading = KEEPING
    )]
    pub(crate) open_storage: bool,
    /// Nobody kept old records: the storage overwrites, and no backup of it got away
    #[arg(
        long,
        help_heading = KEEPING
    )]
    pub(crate) no_archive: bool,
    /// Of a key that was imported no copy is left
    #[arg(
        long,
        help_heading = KEEPING
    )]
    pub(crate) no_old_copies: bool,
}

/// Reads the name of a preset; the library has the list.
pub(super) fn preset() -> impl TypedValueParser<Value = Preset> {
    let names = Preset::ALL.map(|preset| PossibleValue::new(preset.name()).help(preset.summary()));
    PossibleValuesParser::new(names)
        .try_map(|name| Preset::named(&name).ok_or("no preset of this name"))
}

fn parse_thing(text: &str) -> Result<Thing, String> {
    let number = |text: &str| text.parse::<u16>().ok().filter(|number| *number > 0);
    let thing = match text.split_once(':') {
        Some(("backup", rest)) => number(rest).map(Thing::Backup),
        Some(("node", rest)) => number(rest).map(Thing::Node),
        Some(_) => None,
        None => match text {
            "storage" => Some(Thing::Storage),
            "evaluator" => Some(Thing::Evaluator),
            "archive" => Some(Thing::Archive),
            "old-copies" => Some(Thing::OldCopies),
            x => x.parse().ok().map(Thing::Factor),
        },
    };
    thing.ok_or_else(|| {
        format!(
            "{text} is no factor's number, and none of storage, evaluator, archive, backup:N, \
             old-copies"
        )
    })
}

fn parse_named(text: &str) -> Result<(Thing, String), String> {
    let (thing, name) = text.split_once('=').ok_or("write it as THING=NAME")?;
    let is_shown = name.chars().all(tki::engine::fits_label);
    if name.is_empty() || name.len() > 64 || !is_shown {
        return Err("a name has 1 to 64 bytes, and no characters that are not seen".to_owned());
    }
    Ok((parse_thing(thing)?, name.to_owned()))
}

fn parse_together(text: &str) -> Result<(Thing, Vec<Thing>), String> {
    let things: Vec<Thing> = text.split(',').map(parse_thing).collect::<Result<_, _>>()?;
    match things.split_first() {
        Some((first, rest)) if !rest.is_empty() => Ok((*first, rest.to_vec())),
        _ => Err("name two things at least, such as 2,4".to_owned()),
    }
}

fn parse_lock(text: &str) -> Result<(Identifier, Lock), String> {
    let (x, lock) = text.split_once('=').ok_or("write it as ID=LOCK")?;
    let x = x
        .parse()
        .map_err(|_| format!("{x} is no factor's number"))?;
    let lock = match lock {
        "open" => Lock::Open,
        "passphrase" => Lock::Passphrase,
        "sealed" => Lock::Sealed,
        _ => return Err("a lock is open, passphrase or sealed".to_owned()),
    };
    Ok((x, lock))
}

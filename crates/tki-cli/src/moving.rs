//! A move from one key to another, as it is asked for and as it is shown: both keys with their
//! addresses, and what comes next.

use serde::{Deserialize, Serialize};
use tki::metadata::{Happened, Key, Membership, SignedReceipt, Step};
use tki::seal::curve::CurveId;
use tki::{Account, Change};

use crate::args::Rotate;
use crate::asking;
use crate::describe::{Addresses, line};
use crate::error::{Failure, Kind};
use crate::output;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moving {
    Begin,
    Confirm,
    Cancel,
}

impl Moving {
    pub(crate) const fn asked_for(arguments: &Rotate) -> Self {
        if arguments.confirm.is_some() {
            Self::Confirm
        } else if arguments.cancel.is_some() {
            Self::Cancel
        } else {
            Self::Begin
        }
    }

    /// As the device writes it down.
    pub(crate) const fn step(self) -> Step {
        match self {
            Self::Begin => Step::Rotate,
            Self::Confirm => Step::ConfirmRotation,
            Self::Cancel => Step::CancelRotation,
        }
    }

    /// What to do where it cannot be.
    pub(crate) const fn instead(self) -> &'static str {
        match self {
            // What is pegged is a point of the present key.
            Self::Begin => {
                "tki factor replace ID, with answers that are not pegged, or tki factor remove ID; then \
                 tki rotate"
            }
            Self::Confirm | Self::Cancel => "to begin a move to a new key: tki rotate",
        }
    }

    /// The same change with this in it.
    ///
    /// Which next key was meant is settled before, by [`Moving::confirm`], for this same version.
    pub(crate) fn put_into<'o, 'f>(self, change: Change<'o, 'f>) -> Change<'o, 'f> {
        let next = change.account().next_verifying_key();
        let next = next.unwrap_or_default().to_vec();
        match self {
            Self::Begin => change.rotate(),
            Self::Confirm => change.confirm_rotation(&next),
            Self::Cancel => change.cancel_rotation(&next),
        }
    }

    /// Asks before a key is out of reach; where nobody can be asked, the option says it, and names the
    /// new key. One that is not the account's next key is refused, as is, where none is named, another
    /// than the device saw last.
    pub(crate) fn confirm(
        self,
        account: &Account<'_>,
        known: Option<&Membership>,
        arguments: &Rotate,
    ) -> Result<(), Failure> {
        let (current, next) = names(account);
        let (Some(next), Some(next_key)) = (next, account.next_verifying_key()) else {
            return Ok(());
        };
        let (kept, lost, option) = match self {
            Self::Begin => return Ok(()),
            Self::Confirm => (next.clone(), current, "--confirm"),
            Self::Cancel => (current, next.clone(), "--cancel"),
        };
        let named = named(arguments);
        let other = match named {
            Some(named) => {
                let is_next = Place::of(account.curve(), next_key).is(named);
                (!is_next).then(|| named.to_owned())
            }
            None => another_next(known, account),
        };
        if let Some(other) = other {
            return Err(self.other_key(option, &other, &next));
        }
        if named.is_none() && (arguments.yes || !output::is_interactive()) {
            return Err(unnamed(option));
        }
        if arguments.yes {
            return Ok(());
        }
        if !output::is_interactive() {
            let message = format!("afterwards no factor can use the key of {lost} any more");
            let next = format!(
                "move what it holds, then say that you mean it: tki rotate {option} ADDRESS --yes"
            );
            return Err(Failure::usage(message).next(next));
        }
        let question = format!(
            "Afterwards no factor can use the key of {lost}, and what is left there is out of reach. \
             Is {next} the address that tki rotate showed you, is nothing left at {lost}, and is {kept} \
             to be the only address?"
        );
        if asking::confirm(&question)? {
            return Ok(());
        }
        Err(Failure::new(Kind::InvalidChange, "nothing was changed"))
    }

    /// That the account is moving to another key than was meant, with both.
    fn other_key(self, option: &str, meant: &str, next: &str) -> Failure {
        let message = format!(
            "the account is moving to the key of {next}, not to that of {meant}: the move was given up \
             and begun anew since, or somebody else began it"
        );
        let next = match self {
            Self::Begin | Self::Confirm => format!(
                "if you moved anything to {meant}: export or move it with a backup of then; tki history \
                 says who changed what; if {next} is yours and holds what you moved: tki rotate {option} \
                 {next}"
            ),
            Self::Cancel => format!(
                "tki history says who changed what; if {next} is to be given up: tki rotate {option} {next}"
            ),
        };
        Failure::new(Kind::InvalidChange, message).next(next)
    }

    /// Whether this is what became of the key in a change that is done already: the same words with
    /// another address are another change.
    pub(crate) fn is_about(arguments: &Rotate, moved: Option<&Move>) -> bool {
        match (named(arguments), moved) {
            (Some(named), Some(moved)) => moved.to.is(named),
            (None, _) | (Some(_), None) => true,
        }
    }
}

/// The address or key that is named, if one is.
fn named(arguments: &Rotate) -> Option<&str> {
    let named = arguments.confirm.as_deref().or(arguments.cancel.as_deref());
    named.filter(|named| !named.is_empty())
}

/// That the key has to be named where nobody is asked.
fn unnamed(option: &str) -> Failure {
    let next = format!(
        "name the address that tki rotate showed, to which you moved or would have: tki rotate {option} \
         ADDRESS --yes"
    );
    Failure::usage("which new key is meant has to be said").next(next)
}

/// The next key that a device saw last, if the account is moving to another one.
fn another_next(known: Option<&Membership>, account: &Account<'_>) -> Option<String> {
    let seen = known?.document.core.keys.get(1)?;
    let seen = seen.verifying_key.as_slice();
    let next = account.next_verifying_key()?;
    (seen != next).then(|| Place::of(account.curve(), seen).address)
}

/// The addresses of the current key and, if there is one, of the next.
fn names(account: &Account<'_>) -> (String, Option<String>) {
    let curve = account.curve();
    let name = |key: &[u8]| Addresses::of(curve, key).map_or_else(String::new, |a| a.to_string());
    let next = account.next_verifying_key().map(name);
    (name(account.verifying_key()), next)
}

/// That the key, or the one that the account is moving to, is another one than a device remembers,
/// with both addresses.
pub(crate) fn since(known: Option<&Membership>, account: &Account<'_>) -> Option<String> {
    if let (Some(seen), (_, Some(next))) = (another_next(known, account), names(account)) {
        return Some(format!(
            "The account is moving to another new key than when this device was last used: the move to \
             {seen} was given up, and one to {next} begun. What was sent to {seen} is out of reach \
             without a backup of then; tki history says who did it."
        ));
    }
    let before = known?.document.core.keys.first()?;
    let before = before.verifying_key.as_slice();
    if before == account.verifying_key() {
        return None;
    }
    let before = Addresses::of(account.curve(), before)?;
    let (now, _) = names(account);
    Some(format!(
        "The account has moved to a new key since this device was last used: its address was {before}, \
         and is {now}."
    ))
}

/// The key that an account is moving to.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct NextKey {
    verifying_key: String,
    addresses: Addresses,
    /// The version in which it was made.
    since: Option<u64>,
}

impl NextKey {
    pub(crate) fn of(account: &Account<'_>) -> Option<Self> {
        let key: &Key = account.core().keys.get(1)?;
        Some(Self {
            verifying_key: hex::encode(&key.verifying_key),
            addresses: Addresses::of(account.curve(), &key.verifying_key)?,
            since: key.since(),
        })
    }

    /// In the list of what an account is.
    pub(crate) fn fact(&self) -> String {
        match self.since {
            Some(version) => format!("{}, since version {version}", self.addresses),
            None => self.addresses.to_string(),
        }
    }

    /// What there is to do.
    pub(crate) fn advice(&self, current: &Addresses, text: &mut String) {
        let next = &self.addresses;
        line(
            text,
            format_args!("The account is moving to a new key; both can be used:"),
        );
        line(
            text,
            format_args!("  1. try the new one: tki sign message FILE --scheme SCHEME --next"),
        );
        line(text, format_args!("  2. move everything from {current}"));
        line(text, format_args!("     to {next}"));
        line(text, format_args!("  3. tki rotate --confirm {next}"));
        line(
            text,
            format_args!("  or give the new key up: tki rotate --cancel {next}"),
        );
    }
}

/// What became of the key in a change, in a receipt.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Move {
    /// `begun`, `confirmed` or `cancelled`.
    state: String,
    /// The key before, and where it is.
    from: Place,
    /// The key that was moved to, or was to be.
    to: Place,
}

/// A key, by its address where its curve has one.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
struct Place {
    verifying_key: String,
    address: String,
}

impl Place {
    /// Whether it is called so: by its key in hex, or its address.
    fn is(&self, named: &str) -> bool {
        let is_hex = self.address.starts_with("0x");
        self.verifying_key.eq_ignore_ascii_case(named)
            || (!self.address.is_empty() && self.address == named)
            || (is_hex && self.address.eq_ignore_ascii_case(named))
    }

    fn of(curve: CurveId, key: &[u8]) -> Self {
        let address = Addresses::of(curve, key).map(|address| address.to_string());
        Self {
            verifying_key: hex::encode(key),
            address: address.unwrap_or_default(),
        }
    }
}

impl Move {
    /// What a change does about the key, if it does anything.
    pub(crate) fn of(signed: &SignedReceipt) -> Option<Self> {
        let current = signed.verifying_key.as_slice();
        let (state, from, to) = signed.facts.changes.iter().find_map(|change| {
            if let Happened::RotationBegun { next } = change {
                Some(("begun", current, next))
            } else if let Happened::Rotated { before, after } = change {
                Some(("confirmed", before.as_slice(), after))
            } else if let Happened::RotationCancelled { next } = change {
                Some(("cancelled", current, next))
            } else {
                None
            }
        })?;
        Some(Self {
            state: state.to_owned(),
            from: Place::of(signed.curve, from),
            to: Place::of(signed.curve, to),
        })
    }

    /// In the list of what was done.
    pub(crate) fn fact(&self) -> String {
        let (from, to) = (&self.from.address, &self.to.address);
        match self.state.as_str() {
            "begun" => format!("began to move from the key of {from} to a new one, {to}"),
            "confirmed" => format!("moved from the key of {from} to {to}"),
            _ => format!("gave up the new key {to}, and kept {from}"),
        }
    }
}

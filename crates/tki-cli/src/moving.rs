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
    pub(crate) const fn asked_for(arguments: Rotate) -> Self {
        if arguments.confirm {
            Self::Confirm
        } else if arguments.cancel {
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
    pub(crate) const fn put_into<'o, 'f>(self, change: Change<'o, 'f>) -> Change<'o, 'f> {
        match self {
            Self::Begin => change.rotate(),
            Self::Confirm => change.confirm_rotation(),
            Self::Cancel => change.cancel_rotation(),
        }
    }

    /// Asks before a key is out of reach; where nobody can be asked, the option says it.
    pub(crate) fn confirm(self, account: &Account<'_>, arguments: Rotate) -> Result<(), Failure> {
        let (current, next) = names(account);
        let Some(next) = next else {
            return Ok(());
        };
        let (kept, lost, option) = match self {
            Self::Begin => return Ok(()),
            Self::Confirm => (next, current, "--confirm"),
            Self::Cancel => (current, next, "--cancel"),
        };
        if arguments.yes {
            return Ok(());
        }
        if !output::is_interactive() {
            let message = format!("afterwards no factor can use the key of {lost} any more");
            let next =
                format!("move what it holds, then say that you mean it: tki rotate {option} --yes");
            return Err(Failure::usage(message).next(next));
        }
        let question = format!(
            "Afterwards no factor can use the key of {lost}, and what is left there is out of reach. \
             Is nothing left there, and is {kept} to be the only address?"
        );
        if asking::confirm(&question)? {
            return Ok(());
        }
        Err(Failure::new(Kind::InvalidChange, "nothing was changed"))
    }
}

/// The addresses of the current key and, if there is one, of the next.
fn names(account: &Account<'_>) -> (String, Option<String>) {
    let curve = account.curve();
    let name = |key: &[u8]| Addresses::of(curve, key).map_or_else(String::new, |a| a.to_string());
    let next = account.next_verifying_key().map(name);
    (name(account.verifying_key()), next)
}

/// That the key is another one than a device remembers, with both addresses.
pub(crate) fn since(known: Option<&Membership>, account: &Account<'_>) -> Option<String> {
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
        line(
            text,
            format_args!("  3. tki rotate --confirm; or give the new key up: tki rotate --cancel"),
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

//! The receipt of one change: what was done, and who can still do what. The same facts as a JSON
//! object, which is also the file that is kept, and as text.
//!
//! What counts is in `signed`: the facts themselves and the event that the account's key signed for
//! them. The words beside it are made from it, and a receipt whose words are others was edited.

use serde::{Deserialize, Serialize};
use tki::Prepared;
use tki::engine::Residual;
use tki::metadata::{Happened, HolderKind, HolderName, SignedReceipt};
use tki::storage::KeepsHistory;

use crate::advice;
use crate::describe::{self, Addresses, line};
use crate::error::{Failure, Kind};
use crate::moving::Move;
use crate::output::SCHEMA;

mod words;

use words::WORDS;

/// What a change did. Nothing in it is secret; it names factors.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Receipt {
    schema: u32,
    /// The account's number.
    pub(crate) account: String,
    /// The account's version after the change.
    pub(crate) version: u64,
    /// The generation of shares after it.
    epoch: u64,
    /// By this machine's clock, in seconds since 1970.
    pub(crate) time: u64,
    /// The random number of the operation.
    pub(crate) operation: String,
    /// Which factors were at hand.
    #[serde(default)]
    by: Vec<String>,
    /// What was done besides adding and removing.
    done: Vec<String>,
    added: Vec<String>,
    removed: Vec<String>,
    /// Who has another secret of its own.
    #[serde(default)]
    renewed: Vec<String>,
    /// What became of the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) moved: Option<Move>,
    /// Whose stored mailbox was damaged, and was written anew.
    repaired: Vec<String>,
    /// What others can still do.
    residuals: Vec<String>,
    /// How many factors can be lost.
    can_lose: usize,
    /// Whether more may be, which was not found out.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    can_lose_at_least: bool,
    /// What the storage keeps of the records that were replaced: `no`, `possibly` or `yes`.
    #[serde(default)]
    keeps_history: String,
    /// The same in the storage's words.
    #[serde(default)]
    retention: String,
    /// What ends what others can still do.
    #[serde(default)]
    advice: Vec<String>,
    /// Which words the facts were put in.
    #[serde(default)]
    words: u32,
    /// The facts and the signed event, as hexadecimal digits; empty from a version that signed none.
    #[serde(default)]
    signed: String,
}

/// The change that a receipt is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// The account's number.
    pub(crate) account: String,
    pub(crate) version: u64,
    pub(crate) operation: String,
}

/// What the signature of a receipt is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signature {
    /// The account's key signed these facts.
    Verified,
    /// The same, by a version that puts them in other words: those were not checked.
    OtherWords,
    /// It is whole, and of another account, or signed with a key that is not this account's.
    Foreign,
    /// It was made by a version that signed none.
    None,
    /// The signature is not that of the key that it names, or the facts are not what was signed.
    Bad,
    /// The facts were signed, but what stands beside them says something else.
    Edited,
    /// A newer version made it.
    Unknown,
}

impl Signature {
    /// The name in JSON.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::OtherWords => "other-words",
            Self::Foreign => "foreign",
            Self::None => "none",
            Self::Bad => "bad",
            Self::Edited => "edited",
            Self::Unknown => "unknown",
        }
    }

    /// What is wrong, for people; nothing if nothing is.
    pub(crate) const fn complaint(self) -> Option<&'static str> {
        match self {
            Self::Verified => None,
            Self::OtherWords => {
                Some("signed; its own words were not checked, and others are shown for them")
            }
            Self::Foreign => {
                Some("FOREIGN: of another account, or signed with a key that is not this one's")
            }
            Self::None => Some("not signed: made by a version of tki that signed none"),
            Self::Bad => Some("NOT WHAT WAS SIGNED: do not believe it"),
            Self::Edited => Some("EDITED: its words are not what was signed"),
            Self::Unknown => Some("signed in a way that this version does not know"),
        }
    }
}

impl Receipt {
    /// The receipt of a change that is about to be committed.
    pub(crate) fn of(prepared: &Prepared<'_>) -> Result<Self, Failure> {
        let signed = prepared.signed_receipt();
        let encoded = signed
            .encode()
            .map_err(|error| Failure::new(Kind::Internal, tki::with_causes(&error)))?;
        Ok(Self::in_words(signed, &encoded))
    }

    /// The facts, in the words of this version.
    fn in_words(signed: &SignedReceipt, encoded: &[u8]) -> Self {
        let (event, facts) = (&signed.event, &signed.facts);
        let named = |which: fn(&Happened) -> Option<&HolderName>| -> Vec<String> {
            let names = facts.changes.iter().filter_map(which);
            names.map(ToString::to_string).collect()
        };
        let residuals: Vec<Residual> = facts
            .residuals
            .iter()
            .map(Residual::from_statement)
            .collect();
        let mut by: Vec<String> = event.by.iter().map(ToString::to_string).collect();
        if event.by_others > 0 {
            by.push(format!("{} more", event.by_others));
        }
        let who = facts.who_suffices();
        // Of the devices only the one on which it was made was at hand.
        let is_device = |name: &&HolderName| name.kind == HolderKind::Device;
        let own = event.by.iter().find(is_device).map(|name| name.identifier);
        let keeps = KeepsHistory::ALL
            .into_iter()
            .find(|keeps| keeps.code() == facts.keeps_history);
        let moved = Move::of(signed);
        let fact = moved.as_ref().map(Move::fact);
        let done = facts.changes.iter().filter_map(|what| done(what, signed));
        Self {
            schema: SCHEMA,
            account: signed.account.to_string(),
            version: event.version,
            epoch: event.epoch.get(),
            time: event.time,
            operation: event.operation.to_string(),
            by,
            done: done.chain(fact).collect(),
            moved,
            added: named(|what| match_name(what, Which::Added)),
            removed: named(|what| match_name(what, Which::Removed)),
            renewed: named(|what| match_name(what, Which::Renewed)),
            repaired: named(|what| match_name(what, Which::Repaired)),
            advice: advice::after(&residuals, who.as_ref(), own),
            residuals: residuals.iter().map(ToString::to_string).collect(),
            can_lose: usize::try_from(facts.can_lose).unwrap_or(usize::MAX),
            can_lose_at_least: !facts.can_lose_is_exact(),
            keeps_history: keeps.map_or("unknown", keeps_name).into(),
            retention: facts.retention.clone(),
            words: WORDS,
            signed: hex::encode(encoded),
        }
    }

    /// The facts and their event, not verified.
    pub(crate) fn signed(&self) -> Option<SignedReceipt> {
        SignedReceipt::decode(&hex::decode(&self.signed).ok()?).ok()
    }

    /// Whether its facts were signed with the key that it names, and its words are made of them.
    pub(crate) fn signature(&self) -> Signature {
        if self.signed.is_empty() {
            return Signature::None;
        }
        let Ok(encoded) = hex::decode(&self.signed) else {
            return Signature::Bad;
        };
        let signed = match SignedReceipt::decode(&encoded) {
            Ok(signed) => signed,
            Err(error) if error.is_unsupported() => return Signature::Unknown,
            Err(_) => return Signature::Bad,
        };
        if signed.verify().is_err() {
            return Signature::Bad;
        }
        let in_words = Self::in_words(&signed, &encoded);
        if self.words == WORDS {
            return if in_words == *self {
                Signature::Verified
            } else {
                Signature::Edited
            };
        }
        // Another version has other sentences; what is no sentence is the same in all.
        if in_words.without_words() != self.clone().without_words() {
            return Signature::Edited;
        }
        Signature::OtherWords
    }

    /// What is no sentence.
    fn without_words(mut self) -> Self {
        for sentences in [&mut self.done, &mut self.residuals, &mut self.advice] {
            sentences.clear();
        }
        self.words = WORDS;
        self
    }

    /// Which change it is of: as was signed, or as it says if it has no signature.
    pub(crate) fn named(&self) -> Named {
        match self.signed() {
            Some(signed) => Named {
                account: signed.account.to_string(),
                version: signed.event.version,
                operation: signed.event.operation.to_string(),
            },
            None => Named {
                account: self.account.clone(),
                version: self.version,
                operation: self.operation.clone(),
            },
        }
    }

    /// The address of the key that signed it, not verified.
    pub(crate) fn address(&self) -> Option<String> {
        let signed = self.signed()?;
        let address = Addresses::of(signed.curve, &signed.verifying_key)?;
        Some(address.to_string())
    }

    /// Its facts in the words of this version, whatever words it brought; itself if it has none.
    pub(crate) fn reworded(self) -> Self {
        let encoded = hex::decode(&self.signed).unwrap_or_default();
        match SignedReceipt::decode(&encoded) {
            Ok(signed) => Self::in_words(&signed, &encoded),
            Err(_) => self,
        }
    }

    /// The file.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, Failure> {
        let mut content = serde_json::to_vec(self)
            .map_err(|error| Failure::new(Kind::Internal, error.to_string()))?;
        content.push(b'\n');
        Ok(content)
    }

    /// `None` for what [`Receipt::encode`] did not make. The names that make up its path are checked:
    /// the file could be anybody's.
    pub(crate) fn decode(content: &[u8]) -> Option<Self> {
        let receipt: Self = serde_json::from_slice(content).ok()?;
        let is_name = receipt.operation.chars().all(|c| c.is_ascii_hexdigit());
        (receipt.schema == SCHEMA && is_name).then_some(receipt)
    }

    /// What was done, in one line.
    pub(crate) fn summary(&self) -> String {
        let added = self.added.iter().map(|name| format!("added {name}"));
        let removed = self.removed.iter().map(|name| format!("removed {name}"));
        let renewed = self.renewed.iter().map(|name| format!("renewed {name}"));
        let done = self.done.iter().cloned();
        let all: Vec<String> = done.chain(added).chain(removed).chain(renewed).collect();
        all.join("; ")
    }

    /// The same for people.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let date = describe::date(self.time);
        line(
            &mut text,
            format_args!("receipt  version {}, {date}", self.version),
        );
        let by = self.by.iter().map(|name| ("by", name));
        let done = self.done.iter().map(|what| ("done", what));
        let added = self.added.iter().map(|name| ("added", name));
        let removed = self.removed.iter().map(|name| ("removed", name));
        let repaired = self.repaired.iter().map(|name| ("repaired", name));
        let renewed = self.renewed.iter().map(|name| ("renewed", name));
        let facts = by.chain(done).chain(added).chain(removed).chain(renewed);
        for (label, fact) in facts.chain(repaired) {
            line(&mut text, format_args!("  {label:<9}{fact}"));
        }
        match self.can_lose {
            count if self.can_lose_at_least => line(
                &mut text,
                format_args!("  At least any {count} of the factors can be lost."),
            ),
            0 => line(&mut text, format_args!("  Now no factor can be lost.")),
            1 => line(
                &mut text,
                format_args!("  Any one of the factors can be lost."),
            ),
            count => line(
                &mut text,
                format_args!("  Any {count} of the factors can be lost."),
            ),
        }
        if !self.residuals.is_empty() {
            line(
                &mut text,
                format_args!("  What can still be done, by whom:"),
            );
        }
        for residual in &self.residuals {
            line(&mut text, format_args!("  - {residual}."));
        }
        self.add_what_to_do(&mut text);
        text
    }

    /// What is kept of the old records, and what ends what can be done with them.
    fn add_what_to_do(&self, text: &mut String) {
        if self.residuals.is_empty() {
            return;
        }
        if !self.retention.is_empty() {
            line(text, format_args!("  Old records: {}.", self.retention));
        }
        if !self.advice.is_empty() {
            line(text, format_args!("  What ends it:"));
        }
        for advice in &self.advice {
            line(text, format_args!("  - {advice}"));
        }
    }
}

/// A list of a receipt.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Added,
    Removed,
    Renewed,
    Repaired,
}

fn match_name(what: &Happened, which: Which) -> Option<&HolderName> {
    let (name, of) = if let Happened::Added(name) = what {
        (name, Which::Added)
    } else if let Happened::Removed(name) = what {
        (name, Which::Removed)
    } else if let Happened::Renewed(name) = what {
        (name, Which::Renewed)
    } else if let Happened::Repaired(name) = what {
        (name, Which::Repaired)
    } else {
        return None;
    };
    (of == which).then_some(name)
}

/// What is said elsewhere, with the identifier, is not said here.
fn done(what: &Happened, signed: &SignedReceipt) -> Option<String> {
    if matches!(
        what,
        Happened::Added(_)
            | Happened::Removed(_)
            | Happened::Renewed(_)
            | Happened::Repaired(_)
            | Happened::RotationBegun { .. }
            | Happened::Rotated { .. }
            | Happened::RotationCancelled { .. }
    ) {
        return None;
    }
    Some(in_words(what, signed.curve.name()))
}

/// A piece of what changed, for people.
pub(crate) fn in_words(what: &Happened, curve: &str) -> String {
    if matches!(what, Happened::Created) {
        format!("made a {curve} key")
    } else if matches!(what, Happened::Imported) {
        format!("took in a {curve} key")
    } else if let Happened::Renamed { holder, before } = what {
        match before.as_str() {
            "" => format!("{holder} had no name before"),
            before => format!("{holder} was called {before} before"),
        }
    } else {
        what.to_string()
    }
}

const fn keeps_name(keeps: KeepsHistory) -> &'static str {
    match keeps {
        KeepsHistory::No => "no",
        KeepsHistory::Possibly => "possibly",
        KeepsHistory::Yes => "yes",
    }
}

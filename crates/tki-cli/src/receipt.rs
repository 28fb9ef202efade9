//! The receipt of one change: what was done, and who can still do what. The same facts as a JSON
//! object, which is also the file that is kept, and as text.

use serde::{Deserialize, Serialize};
use tki::Prepared;
use tki::metadata::Step;

use crate::describe::{self, line};
use crate::error::{Failure, Kind};
use crate::moving::Move;
use crate::output::SCHEMA;

/// What a change did. Nothing in it is secret; it names factors.
#[derive(Clone, Debug, Deserialize, Serialize)]
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
    /// The hash of the account document that it made.
    pub(crate) document: String,
    /// What was done besides adding and removing.
    done: Vec<String>,
    added: Vec<String>,
    removed: Vec<String>,
    /// Who has another secret of its own.
    #[serde(default)]
    renewed: Vec<String>,
    /// What became of the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    moved: Option<Move>,
    /// Whose stored mailbox was damaged, and was written anew.
    repaired: Vec<String>,
    /// What others can still do.
    residuals: Vec<String>,
    /// How many factors can be lost.
    can_lose: usize,
}

impl Receipt {
    /// The receipt of a change that is about to be committed.
    pub(crate) fn of(prepared: &Prepared<'_>, now: u64) -> Self {
        let receipt = prepared.receipt();
        let moved = Move::of(prepared.core(), &receipt.changes);
        let fact = moved.as_ref().map(Move::fact);
        let steps = prepared.steps().iter().filter_map(done);
        let renamed = receipt
            .renamed
            .iter()
            .map(|renamed| match renamed.before.as_str() {
                "" => format!("{} had no name before", renamed.holder),
                before => format!("{} was called {before} before", renamed.holder),
            });
        Self {
            schema: SCHEMA,
            account: prepared.core().account.to_string(),
            version: receipt.version,
            epoch: receipt.epoch.get(),
            time: now,
            operation: receipt.operation.to_string(),
            document: hex::encode(prepared.version_hash()),
            done: steps.chain(renamed).chain(fact).collect(),
            added: names(&receipt.added),
            removed: names(&receipt.removed),
            renewed: names(&receipt.renewed),
            moved,
            repaired: names(&receipt.repaired),
            residuals: names(&receipt.residuals),
            can_lose: receipt.can_lose,
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
        let done = self.done.iter().map(|what| ("done", what));
        let added = self.added.iter().map(|name| ("added", name));
        let removed = self.removed.iter().map(|name| ("removed", name));
        let repaired = self.repaired.iter().map(|name| ("repaired", name));
        let renewed = self.renewed.iter().map(|name| ("renewed", name));
        let facts = done.chain(added).chain(removed).chain(renewed);
        for (label, fact) in facts.chain(repaired) {
            line(&mut text, format_args!("  {label:<9}{fact}"));
        }
        match self.can_lose {
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
        text
    }
}

fn names(names: &[impl ToString]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

/// A step in words. Who was added or removed is said elsewhere, with the identifier.
fn done(step: &Step) -> Option<String> {
    if let Step::Create { curve } = step {
        Some(format!("made a {} key", curve.name()))
    } else if let Step::Import { curve, .. } = step {
        Some(format!("took in a {} key", curve.name()))
    } else if let Step::SetThreshold { threshold } = step {
        Some(format!("{} factors are needed", threshold.get()))
    } else if let Step::SetStructure { arrangement } = step {
        Some(format!("these suffice: {arrangement}"))
    } else if matches!(step, Step::Refresh) {
        Some("every factor has a new share".into())
    } else {
        None
    }
}

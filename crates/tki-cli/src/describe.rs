//! An account as it is shown: the JSON object and the text of the same facts.

use core::fmt;

use serde::Serialize;
use tki::engine::answers::sheet_of;
use tki::formats::address;
use tki::formats::answers::AnswerKind;
use tki::metadata::{Asked, Core, Holder, HolderKind, SheetQuestion};
use tki::passkey::Passkey;
use tki::seal::curve::CurveId;
use tki::seal::oprf::Element;
use tki::{Account, Freshness};

use crate::answering;
use crate::explain::Explanation;
use crate::machine;
use crate::moving::NextKey;
use crate::output::SCHEMA;
use crate::receipt::Receipt;
use crate::structure;

/// What `create`, `open`, `recover` and `show` print.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Description {
    schema: u32,
    account: String,
    name: String,
    curve: &'static str,
    verifying_key: String,
    addresses: Addresses,
    /// The key that the account is moving to.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_key: Option<NextKey>,
    threshold: u16,
    /// Which factors suffice together, as `structure set` takes it.
    structure: String,
    /// How many of any of them can be lost.
    can_lose: usize,
    /// Whether more may be, which was not found out.
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    can_lose_at_least: bool,
    epoch: u64,
    account_version: u64,
    freshness: &'static str,
    factors: Vec<Factor>,
    /// Who suffices, for people.
    #[serde(skip)]
    needed: String,
    /// How many coefficients a new polynomial draws, where shares are pegged to answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    freedom: Option<usize>,
    /// What a change did; absent where nothing was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<Receipt>,
    /// What led here, if that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Explanation>,
    /// Whether its text has what only those read who ask for more.
    #[serde(skip)]
    is_detailed: bool,
}

/// The key as chains call it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Addresses {
    Evm(String),
    /// On a curve of no chain that is known here, the key itself, which people compare then.
    Key(String),
    Solana(String),
}

/// A factor in a list.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Factor {
    identifier: String,
    kind: String,
    label: String,
    /// Of a passkey, its credential.
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<String>,
    /// What opens it, if that is answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    answers: Option<Answers>,
}

/// What a factor of answers asks, and what that is worth.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Answers {
    questions: Vec<Asking>,
    /// How many right answers are enough.
    needed: u16,
    /// What the weakest of them were worth when they were given.
    estimated_bits: u32,
    /// The public key of the evaluator that counts the attempts, if there is one.
    evaluator: Option<String>,
    /// The day on which it was accepted that they can be guessed.
    accepted_guessable: Option<String>,
    /// Whether the share itself follows from the answers.
    pegged: bool,
}

/// A question of a factor.
#[derive(Clone, Debug, Serialize)]
struct Asking {
    /// What the catalogue calls it; absent for one of the owner's.
    id: Option<String>,
    text: String,
    /// How the answer is read.
    kind: &'static str,
}

impl Addresses {
    pub(crate) fn of(curve: CurveId, key: &[u8]) -> Option<Self> {
        Some(match curve {
            CurveId::Ed25519 => Self::Solana(address::solana(key.try_into().ok()?)),
            CurveId::P256 => Self::Key(hex::encode(key)),
            CurveId::Secp256k1 => Self::Evm(address::evm(key.try_into().ok()?).ok()?),
        })
    }

    /// What it is an address of, as in JSON, and the address.
    pub(crate) fn into_named(self) -> (&'static str, String) {
        match self {
            Self::Evm(address) => ("evm", address),
            Self::Key(address) => ("key", address),
            Self::Solana(address) => ("solana", address),
        }
    }
}

impl fmt::Display for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Evm(address) | Self::Key(address) | Self::Solana(address) => f.pad(address),
        }
    }
}

impl Factor {
    fn of(holder: &Holder) -> Self {
        Self {
            identifier: holder
                .identifier()
                .map_or_else(String::new, |x| x.to_string()),
            kind: holder.kind.to_string(),
            label: holder.label.clone(),
            answers: Answers::of(holder),
            credential: Passkey::named_by(holder).map(|id| id.to_string()),
        }
    }
}

impl Answers {
    /// Nothing where a later version has written what is not understood here.
    fn of(holder: &Holder) -> Option<Self> {
        if holder.kind != HolderKind::Answers {
            return None;
        }
        let sheet = sheet_of(holder).ok()?;
        Some(Self {
            questions: sheet.questions.iter().map(Asking::of).collect(),
            needed: sheet.threshold,
            estimated_bits: sheet.estimated_bits,
            evaluator: sheet.evaluator.as_ref().map(evaluator_name),
            accepted_guessable: sheet.insisted.map(date),
            pegged: holder.is_pegged(),
        })
    }

    fn list(&self, text: &mut String) {
        let Self {
            questions, needed, ..
        } = self;
        let bits = self.estimated_bits;
        let count = questions.len();
        let guard = match &self.evaluator {
            Some(key) => format!("attempts are counted by the evaluator {key}"),
            None => "no evaluator counts attempts".into(),
        };
        line(
            text,
            format_args!(
                "      {}, worth {bits} bits; {guard}",
                answering::how_many(*needed, count)
            ),
        );
        if let Some(day) = &self.accepted_guessable {
            line(
                text,
                format_args!("      too easy to guess, which was accepted on {day}"),
            );
        }
        if self.pegged {
            line(
                text,
                format_args!("      the share follows from the answers and stays as it is"),
            );
        }
        for (number, question) in (1..).zip(questions) {
            let name = question.id.as_deref().unwrap_or("your own");
            let asked = &question.text;
            line(text, format_args!("      {number}. {asked} ({name})"));
        }
    }
}

impl Asking {
    fn of(question: &SheetQuestion) -> Self {
        let id = match &question.asked {
            Asked::Catalogue(id) => Some(id.clone()),
            Asked::Own(_) => None,
        };
        let kind = AnswerKind::from_code(question.kind);
        Self {
            id,
            text: answering::text(question, machine::language()).to_owned(),
            kind: kind.map_or("unknown", AnswerKind::name),
        }
    }
}

fn evaluator_name(key: &Element) -> String {
    hex::encode(key.to_bytes())
}

impl Description {
    pub(crate) fn of(account: &Account<'_>, name: &str) -> Self {
        let core = account.core();
        let addresses = Addresses::of(core.curve, account.verifying_key());
        let spare = tki::engine::Spare::of(core);
        Self {
            schema: SCHEMA,
            account: account.id().to_string(),
            name: name.to_owned(),
            curve: core.curve.name(),
            verifying_key: hex::encode(account.verifying_key()),
            // Correctness: an account that was read has a key of its curve.
            addresses: addresses.unwrap_or(Addresses::Evm(String::new())),
            next_key: NextKey::of(account),
            threshold: core.structure.threshold().get(),
            structure: structure::expression(core),
            can_lose: spare.count,
            can_lose_at_least: !spare.is_exact,
            needed: needed(core),
            epoch: core.epoch.get(),
            account_version: core.version,
            freshness: freshness(account.freshness()),
            factors: factors(core),
            freedom: core
                .holders
                .iter()
                .any(Holder::is_pegged)
                .then(|| tki::freedom(core)),
            receipt: None,
            explanation: None,
            is_detailed: false,
        }
    }

    /// With what only those read who ask for more.
    pub(crate) const fn in_detail(mut self, is_detailed: bool) -> Self {
        self.is_detailed = is_detailed;
        self
    }

    pub(crate) fn with_explanation(mut self, explanation: Explanation) -> Self {
        self.explanation = Some(explanation);
        self
    }

    pub(crate) fn with_receipt(mut self, receipt: Receipt) -> Self {
        self.receipt = Some(receipt);
        self
    }

    /// The address, by which people know the account.
    pub(crate) fn address(&self) -> &Addresses {
        &self.addresses
    }

    /// The same for people.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let facts = [
            ("address", self.addresses.to_string()),
            ("account", format!("{} ({})", self.name, self.account)),
            ("key", format!("{} {}", self.curve, self.verifying_key)),
            ("needed", self.needed.clone()),
            (
                "version",
                if self.is_detailed {
                    format!(
                        "{}, shares of epoch {}, {}",
                        self.account_version,
                        self.epoch,
                        self.sure()
                    )
                } else {
                    format!("{}, {}", self.account_version, self.sure())
                },
            ),
        ];
        for (label, fact) in facts {
            line(&mut text, format_args!("{label:<9}{fact}"));
            if let ("address", Some(next)) = (label, &self.next_key) {
                line(&mut text, format_args!("{:<9}{}", "next", next.fact()));
            }
        }
        line(&mut text, format_args!("factors"));
        text.push_str(&list(&self.factors));
        if let Some(freedom) = self.freedom {
            line(&mut text, format_args!("{}", budget(freedom)));
        }
        match self.can_lose {
            0 => line(
                &mut text,
                format_args!("Now no factor can be lost: add one."),
            ),
            count if self.can_lose_at_least => line(
                &mut text,
                format_args!("You can lose at least {count} of them."),
            ),
            count => line(&mut text, format_args!("You can lose {count} of them.")),
        }
        if let Some(next) = &self.next_key {
            next.advice(&self.addresses, &mut text);
        }
        if let Some(receipt) = &self.receipt {
            text.push_str(&receipt.text());
        }
        if let Some(explanation) = &self.explanation {
            text.push_str(&explanation.text());
        }
        text
    }

    fn sure(&self) -> String {
        match self.freshness {
            "verified" => "the newest as far as the provider knows".into(),
            "at-least" => "as new as anything seen before".into(),
            _ => "freshness unverified".into(),
        }
    }
}

/// Who suffices, for people.
fn needed(core: &Core) -> String {
    match structure::plain(core) {
        Some(threshold) => format!("{threshold} of {} factors", core.holders.len()),
        None => structure::expression(core),
    }
}

/// What pegged shares leave.
fn budget(freedom: usize) -> String {
    match freedom {
        0 => "Shares are pegged to answers, and nothing is left to draw: before one of them is \
              removed, no other factor can be removed and no share renewed."
            .into(),
        1 => "Shares are pegged to answers: a new polynomial has one coefficient to draw.".into(),
        left => format!(
            "Shares are pegged to answers: a new polynomial has {left} coefficients to draw."
        ),
    }
}

pub(crate) fn factors(core: &Core) -> Vec<Factor> {
    core.holders.iter().map(Factor::of).collect()
}

/// The factors, one a line.
pub(crate) fn list(factors: &[Factor]) -> String {
    let mut text = String::new();
    for factor in factors {
        let Factor {
            identifier,
            kind,
            label,
            answers,
            credential,
        } = factor;
        let credential = credential.as_ref();
        let credential = credential.map_or_else(String::new, |id| format!("  credential {id}"));
        line(
            &mut text,
            format_args!(
                "{}",
                format!("{identifier:>4}  {kind:<9} {label}{credential}").trim_end()
            ),
        );
        if let Some(answers) = answers {
            answers.list(&mut text);
        }
    }
    text
}

/// Adds a line.
pub(crate) fn line(text: &mut String, line: fmt::Arguments<'_>) {
    text.push_str(&line.to_string());
    text.push('\n');
}

const fn freshness(freshness: Freshness) -> &'static str {
    freshness.name()
}

/// The day of a time, as YYYY-MM-DD in the Gregorian calendar, UTC.
pub(crate) fn date(seconds: u64) -> String {
    // Days since 0000-03-01, in eras of 400 years, years that begin in March, months of 153 / 5.
    let days = seconds / 86_400 + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    format!("{:04}-{month:02}-{day:02}", era * 400 + year + carry)
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, day) in [
            (0, "1970-01-01"),
            (951_782_399, "2000-02-28"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_790_000_000, "2026-09-21"),
            (4_107_542_399, "2100-02-28"),
            (4_107_542_400, "2100-03-01"),
        ] {
            assert_eq!(date(seconds), day);
        }
    }
}

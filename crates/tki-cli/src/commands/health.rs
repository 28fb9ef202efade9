//! `tki health`: how the account stands, and what should be done.

use serde::Serialize;
use tki::math::Identifier;
use tki::metadata::{Core, Holder, Standing, WhoSuffices};
use tki::{Account, Device, Finding, Health, Severity, Standpoint, Together};

use crate::advice;
use crate::args::{self, Global, Use};
use crate::commands::drill;
use crate::describe::{self, Addresses, line};
use crate::error::{Failure, Kind};
use crate::factors::{self, Hand, Need};
use crate::machine;
use crate::output::SCHEMA;
use crate::reminder;
use crate::session::{Purpose, Session};
use crate::whereabouts;

/// How an account stands.
#[derive(Serialize)]
struct Shown {
    schema: u32,
    account: String,
    address: String,
    /// How many of any factors can still be lost; nothing if too few are left.
    can_lose: Option<usize>,
    /// Whether more may be, which was not found out.
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    can_lose_at_least: bool,
    threshold: u16,
    freshness: &'static str,
    factors: Vec<Dated>,
    findings: Vec<Found>,
    /// The factors of which this machine does not know where they are kept.
    kept_elsewhere: Vec<String>,
}

/// A factor, and when it was last proven, in seconds since 1970.
#[derive(Serialize)]
struct Dated {
    identifier: String,
    kind: String,
    label: String,
    added: u64,
    used: Option<u64>,
    drilled: Option<u64>,
    lost: Option<u64>,
    /// Whether it is this very device.
    here: bool,
}

/// A finding.
#[derive(Serialize)]
struct Found {
    id: &'static str,
    severity: &'static str,
    text: String,
    factors: Vec<String>,
    next: String,
}

/// `tki health`. Reads only, but for a note of what is lost.
pub(crate) async fn run(global: &Global, arguments: &args::Health) -> Result<(), Failure> {
    let session = Session::begin(global, Purpose::Use).await?;
    let is_factor = global.uses.is_empty() || global.uses.contains(&Use::Device);
    let store = drill::witness_store(&session, is_factor)?;
    let mut device = factors::load_device(&session, store.as_deref())?;
    if note_lost(device.as_ref(), arguments)? {
        device = match store.as_deref() {
            Some(store) => Device::load(store)?,
            None => None,
        };
    }
    let (device, witness) = if is_factor {
        (device, None)
    } else {
        (None, device)
    };
    let hand = Hand::gather(&session, device, Need::One).await?;
    let bound = hand.bind().await?;
    let account = hand.read(&session, &bound.list()).await?;
    let device = hand.device.as_ref().or(witness.as_ref());
    let device = device.filter(|device| is_of(device, &account));
    let standing = device.map(Device::standing);
    let own = device.and_then(Device::identifier);
    let together = whereabouts::together(&session, &account, &hand.inputs(&session), own).await;
    let remembered = whereabouts::remembered(&session, &account, own).await;
    let standpoint = Standpoint {
        core: account.core(),
        standing: standing.as_ref(),
        own,
        freshness: account.freshness(),
        together: &together,
        are_records_here: whereabouts::are_records_here(&session, &account),
        remembered: &remembered,
        now: machine::now(),
    };
    let health = tki::health(&standpoint);
    let shown = Shown::of(&account, &health, &standpoint, &together);
    session.output.result(&shown, &shown.text())?;
    let is_bad = health.findings.iter().any(is_bad);
    if arguments.strict && is_bad {
        return Err(Failure::new(Kind::Found, "there are findings"));
    }
    Ok(())
}

fn is_bad(finding: &Finding) -> bool {
    finding.severity() < Severity::Note
}

fn is_of(device: &Device<'_>, account: &Account<'_>) -> bool {
    let known = device.membership();
    known.is_some_and(|known| known.document.core.account == account.id())
}

/// Notes what its owner says of a factor. Returns whether the device was written.
fn note_lost(device: Option<&Device<'_>>, arguments: &args::Health) -> Result<bool, Failure> {
    let (identifier, since) = match (arguments.lost, arguments.found) {
        (Some(lost), _) => (lost, Some(machine::now())),
        (None, Some(found)) => (found, None),
        (None, None) => return Ok(false),
    };
    let device = device.filter(|device| device.membership().is_some());
    let device = device.ok_or_else(|| {
        let message = "this machine is no device of the account, and has nowhere to note it";
        Failure::new(Kind::NoFactors, message)
            .next("run it on a device of the account; to shut the factor out: tki factor remove ID")
    })?;
    Ok(device.note_lost(identifier, since, &mut machine::random()?)?)
}

impl Shown {
    fn of(
        account: &Account<'_>,
        health: &Health,
        standpoint: &Standpoint<'_>,
        together: &[Together],
    ) -> Self {
        let core = account.core();
        let address = Addresses::of(core.curve, account.verifying_key());
        let unknown = whereabouts::unknown(core, together);
        Self {
            schema: SCHEMA,
            account: account.id().to_string(),
            address: address.map_or_else(String::new, |address| address.to_string()),
            can_lose: health.can_lose,
            can_lose_at_least: !health.can_lose_is_exact,
            threshold: core.structure.threshold().get(),
            freshness: account.freshness().name(),
            factors: core
                .holders
                .iter()
                .map(|holder| Dated::of(holder, standpoint))
                .collect(),
            findings: health
                .findings
                .iter()
                .map(|finding| Found::of(finding, core, standpoint.own))
                .collect(),
            kept_elsewhere: unknown.iter().map(Identifier::to_string).collect(),
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        line(&mut text, format_args!("{}", self.verdict()));
        for factor in &self.factors {
            let Dated {
                identifier,
                kind,
                label,
                ..
            } = factor;
            let state = factor.state();
            line(
                &mut text,
                format_args!("{identifier:>4}  {kind:<9} {label:<16} {state}"),
            );
        }
        for Found {
            severity,
            text: said,
            next,
            ..
        } in &self.findings
        {
            line(&mut text, format_args!("{severity}: {said}"));
            line(&mut text, format_args!("    next: {next}"));
        }
        if !self.kept_elsewhere.is_empty() {
            let list = self.kept_elsewhere.join(", ");
            line(
                &mut text,
                format_args!(
                    "Not known here: where {list} are kept, and who else can get at them."
                ),
            );
        }
        text
    }

    fn verdict(&self) -> String {
        let count = self.factors.len();
        let worst = self.findings.first().map(|finding| finding.severity);
        let rest = match worst {
            Some("danger") => "something must be done",
            Some("warning") => "something should be done",
            _ => "nothing has to be done",
        };
        match self.can_lose {
            None => format!("Too few factors are left: {rest}."),
            Some(0) => format!("No factor can be lost: {rest}."),
            Some(more) if self.can_lose_at_least => {
                format!("You can lose at least {more} more of {count} factors; {rest}.")
            }
            Some(more) => format!("You can lose {more} more of {count} factors; {rest}."),
        }
    }
}

impl Dated {
    fn of(holder: &Holder, standpoint: &Standpoint<'_>) -> Self {
        let identifier = holder.identifier();
        let known = standpoint
            .standing
            .zip(identifier)
            .map(|(standing, x): (&Standing, _)| standing.of(x));
        Self {
            identifier: identifier.map_or_else(String::new, |x| x.to_string()),
            kind: holder.kind.to_string(),
            label: holder.label.clone(),
            added: holder.added,
            used: known.and_then(|known| known.used),
            drilled: known.and_then(|known| known.drilled),
            lost: known.and_then(|known| known.lost),
            here: identifier.is_some() && identifier == standpoint.own,
        }
    }

    fn state(&self) -> String {
        if let Some(lost) = self.lost {
            return format!("lost since {}", describe::date(lost));
        }
        if self.here {
            return "this device".into();
        }
        match (self.used, self.drilled) {
            (used, Some(drilled)) if Some(drilled) >= used => {
                format!("tried on {}", describe::date(drilled))
            }
            (Some(used), _) => format!("used on {}", describe::date(used)),
            (None, _) => format!("never tried since {}", describe::date(self.added)),
        }
    }
}

impl Found {
    fn of(finding: &Finding, core: &Core, own: Option<Identifier>) -> Self {
        let holders = finding.holders();
        Self {
            id: finding.name(),
            severity: match finding.severity() {
                Severity::Danger => "danger",
                Severity::Warning => "warning",
                Severity::Note => "note",
            },
            text: finding.to_string(),
            factors: holders.iter().map(|h| h.identifier.to_string()).collect(),
            next: next(finding, core, own),
        }
    }
}

/// How an unfinished move is ended, with the address that it is to.
fn moving(core: &Core) -> String {
    let next = core.keys.get(1);
    let address = next.and_then(|key| Addresses::of(core.curve, &key.verifying_key));
    let address = address.map_or_else(|| "ADDRESS".into(), |address| address.to_string());
    format!(
        "when everything is at the new address: tki rotate --confirm {address}; or to stay: tki rotate \
         --cancel {address}"
    )
}

/// The command that mends it.
fn next(finding: &Finding, core: &Core, own: Option<Identifier>) -> String {
    let threshold = core.structure.threshold().get();
    match finding {
        Finding::Blocked => "find one of the lost factors, then: tki health --found ID".into(),
        Finding::ClockBehind => "set the clock, then: tki health".into(),
        Finding::Lost { holder } => advice::replacing_lost(holder.kind, holder.identifier),
        Finding::NoFreedom => format!("tki threshold set {}", threshold.saturating_add(1)),
        Finding::Moving => moving(core),
        Finding::RecordsHere => "tki backup FILE, and keep the file elsewhere".into(),
        Finding::NoSpare { .. } => "tki factor add words --recovery-out FILE".into(),
        Finding::NoDates => "on a device of the account: tki health".into(),
        Finding::FreshnessUnverified => {
            "tki health --use provider; or with the version beside the words: tki health \
             --at-least-version N"
                .into()
        }
        Finding::NeverProven { holder, .. } | Finding::Stale { holder, .. } => {
            reminder::command(holder, core, own)
        }
        Finding::OldCopies => {
            "destroy the old copies; where that is not certain, another key: tki rotate".into()
        }
        Finding::OneMemory { .. } => {
            "tki factor add words --recovery-out FILE; or write the passphrase down, and keep it \
             apart from what it opens"
                .into()
        }
        Finding::OneIsEnough { .. } => "tki threshold set 2".into(),
        Finding::OldSecrets { holders } => {
            let commands = advice::new_secrets(holders, &WhoSuffices::of(core), own);
            let commands: Vec<String> = commands.into_iter().map(|(_, command)| command).collect();
            commands.join("; ")
        }
        Finding::SamePlace { .. } => {
            "keep them apart: move the file or sheet to another place, or add a factor that is \
             elsewhere: tki factor add words --recovery-out FILE"
                .into()
        }
        Finding::SeveralLogins { .. } => {
            "if they are, add a factor that is no login: tki factor add words --recovery-out FILE"
                .into()
        }
        Finding::WeakAnswers { holder, .. } => format!(
            "tki factor replace {} --with answers:FILE --evaluator local:PATH",
            holder.identifier
        ),
        // One of a later version of the engine.
        _ => "tki show".into(),
    }
}

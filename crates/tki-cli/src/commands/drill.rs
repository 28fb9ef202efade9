//! `tki drill`: whether factors still bring the account back, without using its key.

use core::fmt;

use serde::Serialize;
use tki::device::DeviceStore;
use tki::{Account, Device, DrillFrom, HolderName, Tried, Verdict};

use crate::args::{self, Global, Use};
use crate::describe::{Addresses, line};
use crate::error::{self, Failure, Kind};
use crate::factors::{self, Hand, Need};
use crate::machine;
use crate::output::{self, SCHEMA};
use crate::progress::Progress;
use crate::session::{Purpose, Session};
use crate::storage::Place;

/// What a drill showed.
#[derive(Serialize)]
struct Shown {
    schema: u32,
    /// Whether the factors together bring the account back.
    passed: bool,
    address: String,
    account: String,
    account_version: u64,
    freshness: &'static str,
    /// `passed`, `passed-unverified` where nothing vouches that the version is the newest, or
    /// `too-few`.
    verdict: &'static str,
    factors: Vec<Proven>,
    /// How many are needed, if they are too few and any so many will do.
    #[serde(skip_serializing_if = "Option::is_none")]
    needed: Option<usize>,
    /// Which sets would do beside them, if they are too few.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<Vec<String>>,
    /// Whether this device noted the date.
    noted: bool,
}

/// A factor that was proven.
#[derive(Serialize)]
struct Proven {
    identifier: String,
    kind: String,
    label: String,
    /// What was given for it.
    input: String,
}

/// The records that are read: the storage, or a copy of it.
fn stored<'s>(session: &'s Session, hand: &Hand<'_>) -> Result<DrillFrom<'s>, Failure> {
    let (storage, options) = (session.storage()?, hand.read_options(session));
    Ok(if matches!(session.place, Place::Bundle(_)) {
        DrillFrom::Copy(storage, options)
    } else {
        DrillFrom::Storage(storage, options)
    })
}

/// `tki drill`
pub(crate) async fn run(global: &Global, arguments: &args::Drill) -> Result<(), Failure> {
    let session = Session::begin(global, Purpose::Use).await?;
    let is_factor = global.uses.is_empty() || global.uses.contains(&Use::Device);
    let store = witness_store(&session, is_factor)?;
    let device = factors::load_device(&session, store.as_deref())?;
    let (device, witness) = if is_factor {
        (device, None)
    } else {
        (None, device)
    };
    let hand = Hand::gather(&session, device, Need::Quorum).await?;
    let bound = hand.bind().await?;
    let witness = hand.device.as_ref().or(witness.as_ref());
    let from = if global.offline {
        DrillFrom::Offline
    } else {
        stored(&session, &hand)?
    };
    let progress = Progress::start(session.output, "trying the factors");
    let membership = witness.and_then(Device::membership);
    let drill = tki::drill(from, &bound.list(), membership).await;
    drop(progress);
    let noted = note(&session, &drill, witness);
    let inputs = hand.inputs(&session);
    let few = match drill.verdict {
        Verdict::Recovers => None,
        Verdict::TooFew {
            have,
            need,
            missing,
        } => {
            let few = TooFew {
                have,
                need,
                missing,
            };
            if !arguments.alone {
                return Err(few.failure(&drill.tried));
            }
            Some(few)
        }
        Verdict::FactorFailed => return Err(failed(&drill.tried, &inputs, None)),
        Verdict::Refused(error) => return Err(failed(&drill.tried, &inputs, Some(error))),
    };
    let account = drill.account.as_ref().ok_or_else(unagreed)?;
    let mut shown = Shown::of(account, &drill.tried, &inputs);
    shown.judge(few.as_ref());
    shown.noted = noted;
    let is_noting = witness.is_some().then_some(drill.is_of_storage);
    let text = shown.text(few.as_ref(), is_noting);
    session.output.result(&shown, &text)?;
    if arguments.require_fresh && shown.passed && !shown.is_vouched_for() {
        return Err(not_fresh(shown.account_version));
    }
    Ok(())
}

fn not_fresh(version: u64) -> Failure {
    let message = format!("nothing vouches that version {version} is the newest");
    Failure::new(Kind::Unverified, message).next(
        "try it with the provider, on a device of the account, or with the version that is known: tki \
         drill --at-least-version N",
    )
}

fn unagreed() -> Failure {
    Failure::new(Kind::Internal, "a drill that passed without an account")
}

/// The store of this machine's device, also where the device is no factor of the drill: it is a
/// witness then, and notes the date. One that asks for a passphrase nobody gives is left alone.
pub(crate) fn witness_store(
    session: &Session,
    is_factor: bool,
) -> Result<Option<Box<dyn DeviceStore>>, Failure> {
    match session.device_store() {
        Err(failure) if !is_factor && failure.kind == Kind::Usage && !output::is_interactive() => {
            session
                .output
                .detail("this device needs its passphrase, and is not asked");
            Ok(None)
        }
        store => store,
    }
}

/// Notes on the device when each factor was proven. One that cannot be written stays as it is.
fn note(session: &Session, drill: &tki::Drill<'_>, device: Option<&Device<'_>>) -> bool {
    let Some(device) = device else { return false };
    let noted = machine::random().and_then(|mut rng| {
        let noted = device.note_drill(drill, machine::now(), &mut rng);
        noted.map_err(Failure::from)
    });
    noted.unwrap_or_else(|failure| {
        let reason = &failure.message;
        session
            .output
            .say(&format!("the date could not be noted: {reason}"));
        false
    })
}

/// What is missing to factors of which each is sound.
struct TooFew {
    have: usize,
    need: usize,
    missing: Vec<Vec<HolderName>>,
}

impl TooFew {
    fn failure(&self, tried: &[Tried]) -> Failure {
        let message = format!("sound by itself: {}; but {self}", sound(tried).join(", "));
        Failure::new(Kind::NeedMoreShares, message).next(
            "name every factor of the quorum to be tried, each with --use; to know only whether \
             these are still good: tki drill --alone",
        )
    }

    /// The factors of each set that would do.
    fn sets(&self) -> impl Iterator<Item = Vec<String>> {
        let names = |set: &Vec<HolderName>| set.iter().map(HolderName::to_string).collect();
        self.missing.iter().map(names)
    }
}

impl fmt::Display for TooFew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { have, need, .. } = self;
        if self.missing.is_empty() {
            return write!(f, "{need} factors are needed, {have} at hand");
        }
        let sets: Vec<String> = self.sets().map(|set| set.join(" and ")).collect();
        write!(f, "missing: {}", sets.join(", or "))
    }
}

fn sound(tried: &[Tried]) -> Vec<String> {
    let names = tried.iter().filter_map(|tried| tried.result.as_ref().ok());
    names.map(HolderName::to_string).collect()
}

/// Names the factors that are not sound, and those that are.
fn failed(tried: &[Tried], inputs: &[String], refused: Option<tki::Error>) -> Failure {
    let mut reasons = Vec::new();
    let mut first = None;
    for (position, tried) in tried.iter().enumerate() {
        if let Err(error) = &tried.result {
            let input = inputs.get(position).map_or("", String::as_str);
            reasons.push(format!("{input}: {}", tki::with_causes(error)));
            first = first.or(Some(error));
        }
    }
    let kind = first
        .or(refused.as_ref())
        .map_or(Kind::Refused, error::class);
    if let Some(error) = refused.filter(|_| reasons.is_empty()) {
        // Each by itself, but not together.
        reasons.push(tki::with_causes(&error));
    }
    let mut message = format!("not passed: {}", reasons.join("; "));
    let sound = sound(tried);
    if !sound.is_empty() {
        message = format!("{message}; sound by itself: {}", sound.join(", "));
    }
    Failure::new(kind, message).next(advice(kind))
}

const fn advice(kind: Kind) -> &'static str {
    if matches!(kind, Kind::NotFound | Kind::Removed) {
        "see which factors the account has: tki factor list; one that it lists and that does not \
         open is replaced while the others do: tki factor replace ID"
    } else if matches!(kind, Kind::Unavailable | Kind::Busy) {
        "run the same command again later; with this device's own copies: tki drill --offline"
    } else if matches!(kind, Kind::Unsupported) {
        "use a newer tki"
    } else {
        "find out what is wrong: tki doctor; a factor that is damaged is replaced while the others \
         still open: tki factor replace ID"
    }
}

impl Shown {
    fn of(account: &Account<'_>, tried: &[Tried], inputs: &[String]) -> Self {
        let address = Addresses::of(account.curve(), account.verifying_key());
        let factors = tried.iter().enumerate().filter_map(|(position, tried)| {
            let name = tried.result.as_ref().ok()?;
            Some(Proven {
                identifier: name.identifier.to_string(),
                kind: name.kind.to_string(),
                label: name.label.clone(),
                input: inputs.get(position).cloned().unwrap_or_default(),
            })
        });
        Self {
            schema: SCHEMA,
            passed: false,
            address: address.map_or_else(String::new, |address| address.to_string()),
            account: account.id().to_string(),
            account_version: account.version(),
            freshness: account.freshness().name(),
            verdict: "too-few",
            factors: factors.collect(),
            needed: None,
            missing: Vec::new(),
            noted: false,
        }
    }

    fn judge(&mut self, few: Option<&TooFew>) {
        self.passed = few.is_none();
        if let Some(few) = few {
            self.missing = few.sets().collect();
            self.needed = few.missing.is_empty().then_some(few.need);
        } else if self.is_vouched_for() {
            self.verdict = "passed";
        } else {
            self.verdict = "passed-unverified";
        }
    }

    fn is_vouched_for(&self) -> bool {
        self.freshness != "unverified"
    }

    /// `is_noting`: whether what was tried is noted, if there is a device to note it on.
    fn text(&self, few: Option<&TooFew>, is_noting: Option<bool>) -> String {
        let mut text = String::new();
        let names: Vec<String> = self.factors.iter().map(Proven::name).collect();
        let Self { address, .. } = self;
        let version = self.account_version;
        match few {
            None if self.is_vouched_for() => line(
                &mut text,
                format_args!("Passed: {} recover {address}.", names.join(" + ")),
            ),
            None => line(
                &mut text,
                format_args!(
                    "Passed as of version {version}, which may be an old one: {} recover {address}.",
                    names.join(" + ")
                ),
            ),
            Some(few) => {
                let names = names.join(", ");
                line(&mut text, format_args!("Sound: {names}, of {address}."));
                line(&mut text, format_args!("They do not recover it: {few}."));
            }
        }
        text.push_str("Nothing was written to the storage, and the key was not put together.\n");
        if !self.is_vouched_for() {
            line(
                &mut text,
                format_args!(
                    "Nothing vouches that version {version} is the newest: try it with the \
                     provider, or on a device of the account."
                ),
            );
        }
        if self.noted {
            text.push_str("This device noted the date.\n");
        } else if is_noting == Some(false) {
            text.push_str("No date was noted: copies were tried, and not the account's storage.\n");
        } else if is_noting.is_none() {
            text.push_str("No date was noted: no device of the account was at hand.\n");
        }
        text
    }
}

impl Proven {
    fn name(&self) -> String {
        let Self {
            identifier,
            kind,
            label,
            ..
        } = self;
        if label.is_empty() {
            format!("{kind} {identifier}")
        } else {
            format!("{kind} {identifier} ({label})")
        }
    }
}

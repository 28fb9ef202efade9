//! `tki factor add`, `tki factor remove`, `tki threshold set`, `tki refresh`.

use std::path::Path;

use tki::math::Identifier;
use tki::metadata::{HolderKind, Step};
use tki::provider::LocalProvider;
use tki::{Account, Device, Factor, ProviderFactor, SeedFactor};

use crate::args::{AddFactor, Global, KindArg};
use crate::change::{self, Delivery, Recorder, Report, Sheet, Wish};
use crate::describe::Description;
use crate::error::{Failure, Kind};
use crate::factors::{self, Hand, Need, PROVIDER_LABEL};
use crate::output;
use crate::pending;
use crate::secret_input;
use crate::session::{Purpose, Session};

/// What is to change.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Alteration<'a> {
    Add(&'a AddFactor),
    Remove(Identifier),
    Threshold(u16),
    Refresh,
}

/// A factor that is made for the account.
enum New {
    Words(SeedFactor<'static>, Delivery),
    Provider(LocalProvider, String),
}

/// Makes one change. This machine's device, if it has one, is among the factors: it writes down
/// what is about to happen.
pub(crate) async fn run(global: &Global, alteration: Alteration<'_>) -> Result<(), Failure> {
    if global.offline {
        return Err(Failure::usage("an account is not changed offline").next("leave out --offline"));
    }
    let session = Session::begin(global, Purpose::Use)?;
    let store = session.device_store()?;
    let (device, resolved) = pending::begin(&session, store.as_deref()).await?;
    if let Some(finished) = resolved.finished(&steps(alteration))
        && finished.wrote(recovery_file(alteration))?
    {
        return match &finished.description {
            Some(description) => session.output.result(description, &description.text()),
            None => Ok(()),
        };
    }
    let new = match alteration {
        Alteration::Add(arguments) => Some(make(&session, arguments, device.as_ref())?),
        Alteration::Remove(_) | Alteration::Threshold(_) | Alteration::Refresh => None,
    };
    let login = match &new {
        Some(New::Provider(provider, label)) => Some(factors::connect(provider, label).await?),
        _ => None,
    };
    let wish = wish(alteration, new.as_ref(), login.as_ref());

    let hand = Hand::gather(&session, device, Need::Quorum).await?;
    let bound = hand.bind().await?;
    let account = hand.read(&session, &bound.list()).await?;
    if is_done(alteration, &account) {
        session.output.say("there was nothing to change");
        let description = Description::of(&account, session.home.account());
        return session.output.result(&description, &description.text());
    }
    let opened = account.open()?;
    let own = hand.device.as_ref().and_then(pending::own_identifier);
    let leaves = wish.remove.is_some() && wish.remove == own;
    confirm(alteration, opened.account(), leaves)?;
    let recorder = Recorder {
        device: hand.device.as_ref(),
        store: store.as_deref(),
        leaves,
    };
    let sheet = match &new {
        Some(New::Words(words, delivery)) => Some(Sheet { words, delivery }),
        _ => None,
    };
    wish.carry_out(&session, &opened, recorder, sheet, Report::WithReceipt)
        .await
}

/// The file that new words are to go to.
fn recovery_file(alteration: Alteration<'_>) -> Option<&Path> {
    match alteration {
        Alteration::Add(arguments) => arguments.recovery.file.as_deref(),
        Alteration::Remove(_) | Alteration::Threshold(_) | Alteration::Refresh => None,
    }
}

/// Makes the factor that is to be added.
fn make(
    session: &Session,
    arguments: &AddFactor,
    device: Option<&Device<'_>>,
) -> Result<New, Failure> {
    let label = arguments.label.as_deref();
    match arguments.kind {
        KindArg::Device => Err(Failure::usage("a device adds itself")
            .next("on the other machine: tki recover --storage URL")),
        KindArg::Words => {
            let delivery = Delivery::choose(arguments.recovery.file.as_deref(), device)?;
            let label = label.unwrap_or("");
            let words = change::words_for(device, &steps(Alteration::Add(arguments)), label)?;
            Ok(New::Words(words, delivery))
        }
        KindArg::Provider => {
            let provider = session.provider(None, Purpose::Create)?;
            Ok(New::Provider(
                provider,
                label.unwrap_or(PROVIDER_LABEL).into(),
            ))
        }
    }
}

/// What the device wrote down if it has begun this before.
fn steps(alteration: Alteration<'_>) -> Vec<Step> {
    match alteration {
        Alteration::Add(arguments) => {
            let label = arguments.label.as_deref();
            match arguments.kind {
                KindArg::Device => Vec::new(),
                KindArg::Words => vec![change::add_step(HolderKind::Words, label.unwrap_or(""))],
                KindArg::Provider => {
                    let label = label.unwrap_or(PROVIDER_LABEL);
                    vec![change::add_step(HolderKind::Provider, label)]
                }
            }
        }
        Alteration::Remove(_) | Alteration::Threshold(_) | Alteration::Refresh => {
            wish(alteration, None, None).steps()
        }
    }
}

fn wish<'f>(
    alteration: Alteration<'_>,
    new: Option<&'f New>,
    login: Option<&'f ProviderFactor<'_>>,
) -> Wish<'f> {
    let mut wish = Wish::default();
    match alteration {
        Alteration::Add(_) => {
            wish.add = match new {
                Some(New::Words(words, _)) => Some(words),
                _ => login.map(|login| -> &dyn Factor { login }),
            }
        }
        Alteration::Remove(identifier) => wish.remove = Some(identifier),
        Alteration::Threshold(threshold) => wish.threshold = Some(threshold),
        Alteration::Refresh => wish.refresh = true,
    }
    wish
}

/// Whether the account is already as asked: identifiers are never given out twice, so one that was
/// given out and is not there was removed.
fn is_done(alteration: Alteration<'_>, account: &Account<'_>) -> bool {
    let core = account.core();
    match alteration {
        Alteration::Threshold(threshold) => core.structure.threshold().get() == threshold,
        Alteration::Remove(x) => core.holder(x).is_none() && x < core.next_identifier,
        Alteration::Add(_) | Alteration::Refresh => false,
    }
}

/// Asks before somebody is shut out; only where there is somebody to ask.
fn confirm(alteration: Alteration<'_>, account: &Account<'_>, leaves: bool) -> Result<(), Failure> {
    let Alteration::Remove(identifier) = alteration else {
        return Ok(());
    };
    let Some(holder) = account.core().holder(identifier) else {
        return Ok(());
    };
    if !output::is_interactive() {
        return Ok(());
    }
    let label = match holder.label.as_str() {
        "" => String::new(),
        label => format!(" ({label})"),
    };
    let own = if leaves {
        ", which is this very machine"
    } else {
        ""
    };
    let question = format!("Remove factor {identifier}, {}{label}{own}?", holder.kind);
    if secret_input::confirm(&question)? {
        return Ok(());
    }
    Err(Failure::new(Kind::InvalidChange, "nothing was changed"))
}

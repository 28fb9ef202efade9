//! `tki factor add`, `tki factor remove`, `tki threshold set`, `tki refresh`.

use std::path::Path;

use tki::math::Identifier;
use tki::metadata::{HolderKind, Step};
use tki::{Account, Device, Factor, ProviderFactor, SeedFactor};

use crate::args::{AddFactor, Global, KindArg};
use crate::change::{self, Recorder, Report, Wish};
use crate::commands::reading;
use crate::delivery::{self, Delivery, Sheet};
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

/// New words, and how they reach their owner.
type NewWords = (SeedFactor<'static>, Delivery);

/// Makes one change. This machine's device, if it has one, is among the factors: it writes down
/// what is about to happen.
pub(crate) async fn run(global: &Global, alteration: Alteration<'_>) -> Result<(), Failure> {
    if global.offline {
        return Err(Failure::usage("an account is not changed offline").next("leave out --offline"));
    }
    let mut session = Session::begin(global, Purpose::Use)?;
    // Adding a provider, `--provider` names the new one, and not one that is at hand.
    let new_provider = match alteration {
        Alteration::Add(arguments) if arguments.kind == KindArg::Provider => {
            session.provider_path(None)?;
            session.global.provider.take()
        }
        _ => None,
    };
    let store = session.device_store()?;
    let (device, resolved) = pending::begin(&session, store.as_deref()).await?;
    if let Some(finished) = resolved.finished(&steps(alteration))
        && finished.wrote(recovery_file(alteration))?
    {
        finished.print(&session, Report::WithReceipt)?;
        return resolved
            .note(&session, store.as_deref(), device)
            .await
            .map(drop);
    }
    let device = resolved.note(&session, store.as_deref(), device).await?;
    let words = match alteration {
        Alteration::Add(arguments) => make_words(arguments, device.as_ref())?,
        Alteration::Remove(_) | Alteration::Threshold(_) | Alteration::Refresh => None,
    };

    let hand = Hand::gather(&session, device, Need::Quorum).await?;
    let bound = hand.bind().await?;
    let account = hand.read(&session, &bound.list()).await?;
    if is_done(alteration, &account) {
        session.output.say("there was nothing to change");
        let description = Description::of(&account, session.home.account());
        return session.output.result(&description, &description.text());
    }
    let opened = account.open()?;
    reading::settle_receipts(&session, opened.account());
    // Only now: a key file is not made for an account that does not open.
    let provider = match alteration {
        Alteration::Add(arguments) if arguments.kind == KindArg::Provider => {
            Some(session.provider(new_provider.as_deref(), Purpose::Create)?)
        }
        _ => None,
    };
    let login = match (&provider, alteration) {
        (Some(provider), Alteration::Add(arguments)) => {
            Some(factors::connect(provider, provider_label(arguments)).await?)
        }
        _ => None,
    };
    let wish = wish(alteration, words.as_ref(), login.as_ref());
    let own = hand.device.as_ref().and_then(pending::own_identifier);
    let leaves = wish.remove.is_some() && wish.remove == own;
    confirm(alteration, opened.account(), leaves)?;
    let recorder = Recorder {
        device: hand.device.as_ref(),
        store: store.as_deref(),
        leaves,
    };
    let sheet = words
        .as_ref()
        .map(|(words, delivery)| Sheet { words, delivery });
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

/// Makes the words that are to be added, if it is words. A device cannot be added from here.
fn make_words(
    arguments: &AddFactor,
    device: Option<&Device<'_>>,
) -> Result<Option<NewWords>, Failure> {
    match arguments.kind {
        KindArg::Device => Err(Failure::usage("a device adds itself")
            .next("on the other machine: tki recover --storage URL")),
        KindArg::Provider => Ok(None),
        KindArg::Words => {
            let delivery = Delivery::choose(arguments.recovery.file.as_deref(), device)?;
            let label = arguments.label.as_deref().unwrap_or("");
            let words = delivery::words_for(device, &steps(Alteration::Add(arguments)), label)?;
            Ok(Some((words, delivery)))
        }
    }
}

fn provider_label(arguments: &AddFactor) -> &str {
    arguments.label.as_deref().unwrap_or(PROVIDER_LABEL)
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
                    let label = provider_label(arguments);
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
    words: Option<&'f NewWords>,
    login: Option<&'f ProviderFactor<'_>>,
) -> Wish<'f> {
    let mut wish = Wish::default();
    match alteration {
        Alteration::Add(_) => {
            wish.add = match words {
                Some((words, _)) => Some(words),
                None => login.map(|login| -> &dyn Factor { login }),
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

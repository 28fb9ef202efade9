//! `tki recover`: on a new machine, with what is left.

use std::path::PathBuf;

use tki::device::DeviceStore;
use tki::metadata::{Core, HolderKind, Step};
use tki::{Account, Device, ErrorKind, HolderName};

use crate::args::{Global, Recover};
use crate::asking::{self, Choice};
use crate::change::{self, Recorder, Report, Wish};
use crate::describe::Description;
use crate::error::{Failure, Kind};
use crate::factors::{self, Asker, Ended, Hand, Need};
use crate::machine;
use crate::output;
use crate::pending::{self, Resolved};
use crate::session::{Purpose, Session};
use crate::storage::Place;
use crate::terminal;

/// `tki recover`
pub(crate) async fn run(global: &Global, arguments: &Recover) -> Result<(), Failure> {
    if global.offline {
        return Err(Failure::usage("a device is not added offline")
            .next("to use what is there: tki open --offline"));
    }
    let mut session = Session::begin(global, Purpose::Join).await?;
    session.check_changeable()?;
    let recovered = recover(&mut session, arguments).await;
    if recovered.is_err() {
        session.home.remove_empty();
    }
    recovered
}

async fn recover(session: &mut Session, arguments: &Recover) -> Result<(), Failure> {
    let label = arguments.label.clone().unwrap_or_else(machine::name);
    let is_given = arguments.label.is_some();
    let existing = session.device_store()?;
    let (device, resolved) = match existing.as_deref() {
        Some(store) => known_device(session, store).await?,
        None => (None, Resolved::Nothing),
    };
    if let Some(finished) = resolved.finished(|found| {
        let begun = begun_label(found, &label).filter(|_| !is_given);
        found == steps(arguments, begun.unwrap_or(&label))
    }) {
        finished.print(session, report(arguments))?;
        let noted = resolved.note(session, existing.as_deref(), device).await;
        return noted.map(drop);
    }
    let device = resolved.note(session, existing.as_deref(), device).await?;
    if device
        .as_ref()
        .is_some_and(|device| device.membership().is_some())
    {
        return Err(is_member());
    }
    pending::check_asked_nobody(device.as_ref())?;

    // The address before anything else; nothing is made for those who have too few factors.
    let hand = gather(session).await?;
    let bound = hand.bind().await?;
    let account = hand.read(session, &bound.list()).await?;
    let opened = hand.open(account)?;
    session.restore_backup().await?;

    let new_store = match existing {
        None => Some(session.new_device_store()?),
        Some(_) => None,
    };
    let device = match (&new_store, device) {
        (Some(store), _) => Device::new(store.as_ref(), &mut machine::random()?),
        (None, Some(device)) => device,
        (None, None) => return Err(Failure::new(Kind::Internal, "a store without a device")),
    };
    let label = if is_given {
        label
    } else {
        unused(&label, opened.account().core())
    };
    let factor = device.factor(&label);
    let wish = Wish {
        add: Some(&factor),
        remove: arguments.replace,
        ..Wish::default()
    };
    let recorder = Recorder {
        device: Some(&device),
        ..Recorder::default()
    };
    wish.carry_out(session, &opened, recorder, &[], report(arguments))
        .await?;
    if arguments.replace.is_none() {
        remind_of_devices(session, opened.account().core());
    }
    Ok(())
}

/// A device that is lost still counts, until it is removed.
fn remind_of_devices(session: &Session, before: &Core) {
    let devices = before.holders.iter();
    let devices = devices.filter(|holder| holder.kind == HolderKind::Device);
    for name in devices.map(HolderName::of) {
        let identifier = name.identifier;
        session.output.say(&format!(
            "if {name} is lost: tki factor remove {identifier}"
        ));
    }
}

/// The name of this machine, numbered where a factor has it already.
fn unused(label: &str, core: &Core) -> String {
    let is_used = |wanted: &str| core.holders.iter().any(|holder| holder.label == wanted);
    if label.is_empty() || !is_used(label) {
        return label.to_owned();
    }
    let mut numbered = (2_u32..).map(|number| format!("{label} {number}"));
    numbered
        .find(|wanted| !is_used(wanted))
        .unwrap_or_else(|| label.to_owned())
}

/// The name that an interrupted recovery gave this machine, which may have got a number.
fn begun_label<'f>(found: &'f [Step], label: &str) -> Option<&'f str> {
    let Some(Step::Add { label: begun, .. }) = found.first() else {
        return None;
    };
    let number = begun.strip_prefix(label)?.strip_prefix(' ')?;
    number.parse::<u32>().ok().map(|_| begun.as_str())
}

/// A receipt is shown where somebody was shut out.
const fn report(arguments: &Recover) -> Report {
    if arguments.replace.is_some() {
        Report::WithReceipt
    } else {
        Report::Description
    }
}

/// What the device wrote down if it has begun this before.
fn steps(arguments: &Recover, label: &str) -> Vec<Step> {
    let add = change::add_step(HolderKind::Device, label);
    let remove = arguments.replace;
    let remove = remove.map(|identifier| Step::Remove { identifier });
    core::iter::once(add).chain(remove).collect()
}

/// A device package that is already here: of an interrupted recovery, of a device that was
/// removed, or of one that needs no recovery.
async fn known_device<'s>(
    session: &Session,
    store: &'s dyn DeviceStore,
) -> Result<(Option<Device<'s>>, Resolved), Failure> {
    let Some(device) = factors::load_device(session, Some(store))? else {
        return Ok((None, Resolved::Nothing));
    };
    if device.membership().is_none() || device.pending().is_some() {
        return pending::resolve(session, device).await;
    }
    let factor = device.factor("");
    let read = Account::read(session.storage()?, &[&factor], session.read_options(None)).await;
    match read {
        Err(error) if error.kind() == ErrorKind::Removed => {
            session
                .output
                .say("this device was removed from the account; it is added anew");
            let new = Device::new(store, &mut machine::random()?);
            Ok((Some(new), Resolved::Undone))
        }
        Err(error) => Err(error.into()),
        Ok(_) => Err(is_member()),
    }
}

fn is_member() -> Failure {
    Failure::new(
        Kind::Exists,
        "this machine is a device of the account already",
    )
    .next("tki open; to remove a lost device: tki factor remove ID")
}

/// Whoever is recovering already is not sent to `tki recover`.
fn what_is_left(failure: Failure) -> Failure {
    if failure.kind == Kind::NoFactors {
        return failure.next(
            "name what is left, and where it is: --use words:FILE --use provider \
             --provider local:PATH --storage redb:PATH",
        );
    }
    failure
}

/// The factors that are left: those that were named, or those that somebody has when asked. The
/// address is shown before anything else.
async fn gather<'s>(session: &mut Session) -> Result<Hand<'s>, Failure> {
    if session.global.uses.is_empty() && output::is_interactive() {
        return converse(session).await;
    }
    let gathered = Hand::gather(session, None, Need::Quorum).await;
    let hand = gathered.map_err(what_is_left)?;
    let bound = hand.bind().await?;
    let account = hand.read(session, &bound.list()).await?;
    if !is_the_right_one(session, &account)? {
        return Err(Failure::new(
            Kind::Refused,
            "the address is not the one expected; nothing was changed",
        )
        .next("check --storage, and that words and provider are those of this account"));
    }
    drop(account);
    drop(bound);
    Ok(hand)
}

/// Asks what there is, one after the other, until it is enough.
async fn converse<'s>(session: &mut Session) -> Result<Hand<'s>, Failure> {
    output::complain(INTRODUCTION);
    let mut hand = Hand::new(None);
    if session.storage().is_err() {
        ask_where(session).await?;
    }
    loop {
        let asker = Asker {
            need: Need::Quorum,
            meet: &|account| is_the_right_one(session, account),
            can_move: true,
        };
        match hand.ask_for_the_rest(session, &asker).await? {
            Ended::Enough => return Ok(hand),
            Ended::Elsewhere => ask_where(session).await?,
        }
    }
}

const INTRODUCTION: &str = "\
    This machine becomes a device of your account, with whatever you still have of it.\n\
    Nothing is written before the end; Ctrl-C stops at any time.";

/// Asks where the records are, until there are some.
async fn ask_where(session: &mut Session) -> Result<(), Failure> {
    let options = [
        "in a storage: a file of records",
        "in a backup: a file that tki backup made",
        "on a storage server",
        "nowhere that I know of: stop",
    ];
    loop {
        let choice = Choice {
            question: "Where are the account's records?",
            options: &options.map(str::to_owned),
            instead: "name it: --storage redb:PATH, or --storage https://HOST",
        };
        let chosen = choice.one()?;
        let question = match chosen {
            0 => "Its path, or Enter to go back:",
            1 => {
                output::complain(BACKUP);
                "Its path, or Enter to go back:"
            }
            2 => "Its address, such as https://records.example, or Enter to go back:",
            _ => return Err(terminal::cancelled()),
        };
        let typed = asking::ask(question)?;
        if typed.is_empty() {
            continue;
        }
        let place = match chosen {
            0 => Place::Redb(PathBuf::from(typed)),
            1 => Place::Bundle(PathBuf::from(typed)),
            _ => match Place::server(&typed, &session.global) {
                Ok(place) => place,
                Err(failure) => {
                    output::complain(&failure.message);
                    continue;
                }
            },
        };
        match session.move_to(place).await {
            Ok(()) => return Ok(()),
            Err(failure) => output::complain(&failure.message),
        }
    }
}

const BACKUP: &str = "\
    At the end the backup is restored into this home. If the storage that it was made from is still\n\
    there, use that one: it would know nothing of what is changed here.";

/// Shows the address before anything else; on a terminal somebody compares it.
fn is_the_right_one(session: &Session, account: &Account<'_>) -> Result<bool, Failure> {
    let description = Description::of(account, session.home.account());
    let address = description.address();
    session.output.say(&format!("address  {address}"));
    if !output::is_interactive() {
        return Ok(true);
    }
    asking::confirm("Is this the address that you know, for example from your sheet?")
}

//! `tki device request|reply|finish`: this machine becomes a device of an account that is elsewhere.

use tki::device::DeviceStore;
use tki::metadata::{HolderKind, JoinInvite, Message};
use tki::{Account, Device, ErrorKind, Joining};

use crate::args::{DeviceCommand, Global, Reply, Request};
use crate::carried::{self, Says};
use crate::commands::approve;
use crate::describe::Description;
use crate::error::{Failure, Kind};
use crate::factors;
use crate::machine;
use crate::session::{Purpose, Session};

/// `tki device`
pub(crate) async fn run(global: &Global, command: &DeviceCommand) -> Result<(), Failure> {
    match command {
        DeviceCommand::Request(arguments) => request(global, arguments).await,
        DeviceCommand::Reply(arguments) => reply(global, arguments).await,
        DeviceCommand::Approve(arguments) => {
            approve::run(global, HolderKind::Device, arguments).await
        }
        DeviceCommand::Finish => finish(global).await,
    }
}

async fn request(global: &Global, arguments: &Request) -> Result<(), Failure> {
    let session = Session::begin_apart(global, Purpose::Join).await?;
    let asked = ask(&session, arguments);
    if asked.is_err() {
        session.home.remove_empty();
    }
    asked
}

fn ask(session: &Session, arguments: &Request) -> Result<(), Failure> {
    let existing = session.device_store()?;
    let device = factors::load_device(session, existing.as_deref())?;
    let known = match &device {
        Some(device) if device.membership().is_some() => return Err(is_member()),
        Some(device) => device.joining()?,
        None => None,
    };
    let joining = match known {
        Some(joining) if arguments.again => {
            drop(joining);
            begin(session, existing.as_deref(), arguments)?
        }
        Some(joining) if joining.reply().is_some() => {
            let message = "this machine has answered an invite already";
            return Err(Failure::new(Kind::Exists, message).next(
                "when it is approved: tki device finish; to begin anew: tki device request --again",
            ));
        }
        // Asked for again, it is the same request.
        Some(joining) => joining,
        None => begin(session, existing.as_deref(), arguments)?,
    };
    let content = carried::decoded(joining.request().encode())?;
    carried::write(
        session,
        (Message::JoinRequest, &content),
        &arguments.output,
        None,
        &Says::default(),
    )?;
    session
        .output
        .say("Now, on a device of the account: tki device approve FILE");
    Ok(())
}

/// A new seed and a new request, kept when this returns.
fn begin(
    session: &Session,
    existing: Option<&dyn DeviceStore>,
    arguments: &Request,
) -> Result<Joining, Failure> {
    let label = arguments.label.clone().unwrap_or_else(machine::name);
    let mut rng = machine::random()?;
    let joining = Joining::new(HolderKind::Device, &label, &mut rng)?;
    let made;
    let store = match existing {
        Some(store) => store,
        None => {
            made = session.new_device_store()?;
            made.as_ref()
        }
    };
    Device::join(store, &joining, &mut rng)?;
    Ok(joining)
}

async fn reply(global: &Global, arguments: &Reply) -> Result<(), Failure> {
    let session = Session::begin_apart(global, Purpose::Use).await?;
    let content = carried::read(&session, &arguments.invite)?;
    let invite = carried::decoded(JoinInvite::decode(&content))?;
    let store = session.device_store()?;
    let store = store.as_deref().ok_or_else(has_not_asked)?;
    let device = factors::load_device(&session, Some(store))?.ok_or_else(has_not_asked)?;
    let mut joining = device.joining()?.ok_or_else(has_not_asked)?;
    joining.answer(&invite, machine::now())?;
    // Kept before the reply leaves: no other invite is answered from now on.
    Device::join(store, &joining, &mut machine::random()?)?;
    send_reply(&session, &joining, arguments)?;
    session.output.say(
        "Now, on the device of the account: tki device approve FILE. It asks for these digits: \
         type them there as you see them here.",
    );
    Ok(())
}

/// Writes the reply and shows the digits.
pub(crate) fn send_reply(
    session: &Session,
    joining: &Joining,
    arguments: &Reply,
) -> Result<(), Failure> {
    let reply = joining
        .reply()
        .ok_or_else(|| Failure::new(Kind::Internal, "an invite that was answered without reply"))?;
    let invite = joining.pending().invite.as_ref();
    let says = Says {
        joins: invite.map(|invite| invite.account.clone()),
        ..Says::default()
    };
    if let Some(account) = &says.joins {
        session.output.say(&format!("to join   {account}"));
    }
    let content = carried::decoded(reply.encode())?;
    let code = reply.code().to_string();
    let message = (Message::JoinReply, content.as_slice());
    carried::write(session, message, &arguments.output, Some(&code), &says)
}

async fn finish(global: &Global) -> Result<(), Failure> {
    if global.offline {
        return Err(
            Failure::usage("a device joins with the storage at hand").next("leave out --offline")
        );
    }
    let session = Session::begin(global, Purpose::Use).await?;
    let store = session.device_store()?;
    let device = factors::load_device(&session, store.as_deref())?.ok_or_else(has_not_asked)?;
    let is_new = device.membership().is_none();
    if is_new && device.joining()?.is_none() {
        return Err(has_not_asked());
    }
    let storage = session.storage()?;
    let factor = device.factor("");
    let options = session.read_options(None);
    let read = Account::read(storage, &[&factor], options).await;
    let account = read.map_err(|error| {
        if error.kind() == ErrorKind::NotFound {
            let message = "this device is not part of an account yet";
            return Failure::new(Kind::NotFound, message).next(
                "on a device of the account: tki device approve REPLY; or check --storage; if \
                     it was refused there: tki device request --again",
            );
        }
        error.into()
    })?;
    if is_new {
        let mut rng = machine::random()?;
        drop(device.settle(storage, &account, &mut rng).await?);
    }
    // Asked for again, the same is shown.
    let description = Description::of(&account, session.home.account());
    session.output.result(&description, &description.text())?;
    session
        .output
        .say("Is this the address that the other device shows? Then this one is part of it.");
    Ok(())
}

fn is_member() -> Failure {
    let message = "this machine is a device of the account already";
    Failure::new(Kind::Exists, message).next("tki open; for another account: --account NAME")
}

fn has_not_asked() -> Failure {
    let message = "this machine has not asked to join";
    Failure::new(Kind::NoFactors, message).next("tki device request")
}

//! `tki guardian`: guarding somebody else's account, and being guarded.

use serde::Serialize;
use tki::metadata::{HelpRequest, HolderKind, JoinInvite, Message, PendingHelp};
use tki::{ErrorKind, Joining};

use crate::args::{Accept, Ask, Forget, Global, GuardianCommand, Help, Offer};
use crate::asking;
use crate::carried::{self, Says};
use crate::commands::{approve, device};
use crate::error::{Failure, Kind};
use crate::guardians::Guardianship;
use crate::home::Home;
use crate::invites::Asked;
use crate::machine;
use crate::output::{self, Output, SCHEMA};
use crate::session::{Purpose, Session};

/// `tki guardian`
pub(crate) async fn run(global: &Global, command: &GuardianCommand) -> Result<(), Failure> {
    match command {
        GuardianCommand::Offer(arguments) => offer(global, arguments).await,
        GuardianCommand::Approve(arguments) => {
            approve::run(global, HolderKind::Guardian, arguments).await
        }
        GuardianCommand::Accept(arguments) => accept(global, arguments).await,
        GuardianCommand::List => list(global),
        GuardianCommand::Ask(arguments) => ask(global, arguments).await,
        GuardianCommand::Help(arguments) => help(global, arguments).await,
        GuardianCommand::Forget(arguments) => forget(global, arguments).await,
    }
}

async fn offer(global: &Global, arguments: &Offer) -> Result<(), Failure> {
    let session = Session::begin_apart(global, Purpose::Join).await?;
    let mut rng = machine::random()?;
    let joining = Joining::new(HolderKind::Guardian, &arguments.label, &mut rng)?;
    let kept = if session.home.guardianship(&arguments.name)?.exists() {
        // Killed after it was kept, or asked for again: the same offer, unless it was answered.
        let kept = Guardianship::open(&session, &arguments.name)?;
        if kept.joining.reply().is_some() {
            let message = format!("this machine guards an account {} already", arguments.name);
            return Err(Failure::new(Kind::Exists, message)
                .next("choose another name, or: tki guardian forget NAME"));
        }
        kept
    } else {
        Guardianship::create(&session, &arguments.name, joining)?
    };
    let content = carried::decoded(kept.joining.request().encode())?;
    let message = (Message::JoinRequest, content.as_slice());
    carried::write(&session, message, &arguments.output, None, &Says::default())?;
    session
        .output
        .say("Now, as the owner: tki guardian approve FILE");
    Ok(())
}

async fn accept(global: &Global, arguments: &Accept) -> Result<(), Failure> {
    let session = Session::begin_apart(global, Purpose::Use).await?;
    let content = carried::read(&session, &arguments.reply.invite)?;
    let invite = carried::decoded(JoinInvite::decode(&content))?;
    let mut kept = Guardianship::open(&session, &arguments.name)?;
    kept.joining.answer(&invite, machine::now())?;
    // Kept before the reply leaves: no other invite is answered from now on.
    kept.save()?;
    device::send_reply(&session, &kept.joining, &arguments.reply)?;
    session
        .output
        .say("Now read these digits aloud to the owner; do not send them with the message.");
    Ok(())
}

/// The names, without asking for a passphrase.
fn list(global: &Global) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct List {
        schema: u32,
        guarded: Vec<String>,
    }

    let guarded = Home::find(global)?.guarded()?;
    let text: String = guarded.iter().map(|name| format!("{name}\n")).collect();
    let list = List {
        schema: SCHEMA,
        guarded,
    };
    Output::new(global).result(&list, &text)
}

/// The owner's side.
async fn ask(global: &Global, arguments: &Ask) -> Result<(), Failure> {
    let session = Session::begin_apart(global, Purpose::Join).await?;
    let pending = request_for_help(&session, arguments)?;
    let content = carried::decoded(pending.request.encode())?;
    let code = pending.request.code().to_string();
    let message = (Message::HelpRequest, content.as_slice());
    carried::write(
        &session,
        message,
        &arguments.output,
        Some(&code),
        &Says::default(),
    )?;
    session.output.say(
        "Read these digits aloud to the guardian, who must know your voice or face; do not send \
         them with the message.",
    );
    Ok(())
}

/// A new request, kept when this returns; or the one that is in the file already, as it is when the
/// same command was killed after writing it.
fn request_for_help(session: &Session, arguments: &Ask) -> Result<PendingHelp, Failure> {
    let asked = Asked::of(&session.home);
    if let Some(file) = &arguments.output.file {
        let mut open = asked.open().into_iter();
        let written = open.find(|pending| {
            let content = pending.request.encode();
            pending.request.label == arguments.label
                && content.is_ok_and(|text| carried::is_in(file, (Message::HelpRequest, &text)))
        });
        if let Some(written) = written {
            return Ok(written);
        }
    }
    let expires = arguments.expires.saturating_mul(60);
    let expires = machine::now().saturating_add(expires);
    let pending = PendingHelp::new(&arguments.label, expires, &mut machine::random()?);
    asked.keep(&pending)?;
    Ok(pending)
}

async fn help(global: &Global, arguments: &Help) -> Result<(), Failure> {
    if global.offline {
        return Err(
            Failure::usage("a guardian helps with the storage at hand").next("leave out --offline")
        );
    }
    let session = Session::begin(global, Purpose::Use).await?;
    let content = carried::read(&session, &arguments.request)?;
    let request = carried::decoded(HelpRequest::decode(&content))?;
    session.output.say(&if request.label.is_empty() {
        "help is asked for by somebody without a name".into()
    } else {
        format!("help is asked for by {:?}", request.label)
    });
    let heard = carried::digits(
        arguments.code.as_deref(),
        "The 24 digits that the owner reads aloud:",
    )?;
    let kept = Guardianship::open(&session, &arguments.name)?;
    let mut rng = machine::random()?;
    let heard = (&request, heard);
    let answer = tki::help(
        session.storage()?,
        &kept.joining,
        heard,
        machine::now(),
        &mut rng,
    )
    .await;
    let answer = answer.map_err(refused)?;
    let content = carried::decoded(answer.encode())?;
    let message = (Message::HelpAnswer, content.as_slice());
    let says = Says {
        label: Some(request.label),
        ..Says::default()
    };
    carried::write(&session, message, &arguments.output, None, &says)?;
    session
        .output
        .say("Now, as the owner: tki recover --use guardian:FILE, with other factors");
    Ok(())
}

fn refused(error: tki::Error) -> Failure {
    let kind = error.kind();
    let failure = Failure::from(error);
    if kind == ErrorKind::NotFound {
        failure.next("the owner has not approved you yet, or check --storage")
    } else if kind == ErrorKind::Removed {
        failure.next("the owner has removed you: tki guardian forget NAME")
    } else if failure.kind == Kind::Refused {
        failure.next("let the owner read the digits again, or ask anew: tki guardian ask")
    } else {
        failure
    }
}

async fn forget(global: &Global, arguments: &Forget) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Forgotten<'a> {
        schema: u32,
        forgotten: &'a str,
    }

    let session = Session::begin_apart(global, Purpose::Use).await?;
    let name = &arguments.name;
    let path = session.home.guardianship(name)?;
    if !path.exists() {
        let message = format!("this machine guards no account {name}");
        return Err(Failure::new(Kind::NotFound, message)
            .next("tki guardian list shows those that it does"));
    }
    ask_to_forget(arguments)?;
    tki_file::remove(&path)
        .map_err(|error| Failure::file("could not remove the guardian's file", &error))?;
    let object = Forgotten {
        schema: SCHEMA,
        forgotten: name,
    };
    session
        .output
        .say("Tell the owner, who still counts on you: tki factor remove ID");
    session.output.result(&object, "forgotten\n")
}

fn ask_to_forget(arguments: &Forget) -> Result<(), Failure> {
    if arguments.yes {
        return Ok(());
    }
    let name = &arguments.name;
    if !output::is_interactive() {
        return Err(Failure::usage(
            "what makes this machine the guardian of an account is destroyed for ever",
        )
        .next(format!(
            "say that you mean it: tki guardian forget {name} --yes"
        )));
    }
    let question =
        format!("Destroy what makes this machine the guardian of {name}? It cannot be undone.");
    if asking::confirm(&question)? {
        return Ok(());
    }
    Err(Failure::new(Kind::InvalidChange, "nothing was changed"))
}

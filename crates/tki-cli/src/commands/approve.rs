//! `tki device approve`, `tki guardian approve`: the side of the account that somebody joins.

use tki::metadata::{HolderKind, JoinCode, JoinReply, JoinRequest, Message, Step};
use tki::{JoinError, RemoteFactor};

use crate::args::{Approve, Global};
use crate::carried::{self, Says};
use crate::change::{Recorder, Report, Wish};
use crate::commands::reading;
use crate::error::{Failure, Kind};
use crate::factors::{Hand, Need};
use crate::invites::{Invites, other_kind};
use crate::machine;
use crate::output;
use crate::pending;
use crate::session::{Purpose, Session};

/// Answers a request, or takes in who replied; the message tells which.
pub(crate) async fn run(
    global: &Global,
    kind: HolderKind,
    arguments: &Approve,
) -> Result<(), Failure> {
    if global.offline {
        return Err(Failure::usage("nobody joins an account offline").next("leave out --offline"));
    }
    let session = Session::begin(global, Purpose::Use).await?;
    session.check_changeable()?;
    let content = carried::read(&session, &arguments.message)?;
    if Message::of(&content) == Some(Message::JoinReply) {
        let reply = carried::decoded(JoinReply::decode(&content))?;
        if arguments.drop_invites {
            return Err(
                Failure::usage("the message is a reply, to one of the open invites")
                    .next("leave out --drop-invites, or give a request"),
            );
        }
        return take_in(&session, (kind, arguments), &reply).await;
    }
    let request = carried::decoded(JoinRequest::decode(&content))?;
    if request.kind != kind {
        return Err(other_kind(request.kind));
    }
    invite(&session, arguments, request).await
}

/// The invite, kept before it is printed.
async fn invite(
    session: &Session,
    arguments: &Approve,
    request: JoinRequest,
) -> Result<(), Failure> {
    let expires = arguments.expires.saturating_mul(60);
    let expires = machine::now().saturating_add(expires);
    let name = session.home.account();
    let kind = request.kind;
    let who = if request.label.is_empty() {
        format!("a {kind} without a name asks to join")
    } else {
        format!("{kind} {:?} asks to join", request.label)
    };
    let says = Says {
        label: Some(request.label.clone()),
        ..Says::default()
    };
    let invites = Invites::of(&session.home);
    let invitation = reading::with_account(session, |account, _| {
        if arguments.drop_invites {
            invites.drop_all()?;
        }
        // Killed after it was kept, or asked for again: the same invite.
        if let Some(open) = invites.to(&request.hash()) {
            return Ok(open);
        }
        let mut rng = machine::random()?;
        let made = account.invite(request, name, expires, &mut rng)?;
        invites.keep(&made)?;
        Ok(made)
    })
    .await?;
    session.output.say(&who);
    let content = carried::decoded(invitation.invite().encode())?;
    carried::write(
        session,
        (Message::JoinInvite, &content),
        &arguments.output,
        None,
        &says,
    )?;
    session.output.say(if kind == HolderKind::Guardian {
        "Now, as the guardian: tki guardian accept NAME FILE"
    } else {
        "Now, on the new machine: tki device reply FILE"
    });
    Ok(())
}

/// Compares the digits and makes the change.
async fn take_in(
    session: &Session,
    (kind, arguments): (HolderKind, &Approve),
    reply: &JoinReply,
) -> Result<(), Failure> {
    let invites = Invites::of(&session.home);
    let store = session.device_store()?;
    let (device, resolved) = pending::begin(session, store.as_deref()).await?;
    if !invites.has(&reply.invite)
        && let Some(finished) = resolved.finished(|steps| is_addition(steps, kind))
    {
        finished.print(session, Report::WithReceipt)?;
        let noted = resolved.note(session, store.as_deref(), device).await;
        return noted.map(drop);
    }
    let device = resolved.note(session, store.as_deref(), device).await?;
    // Whatever can fail without using up the invite comes before it is used up.
    let question = if kind == HolderKind::Guardian {
        "The six digits that the guardian reads aloud:"
    } else {
        "The six digits on the new machine's screen:"
    };
    let shown = carried::digits(arguments.code.as_deref(), question)?;
    let hand = Hand::gather(session, device, Need::Quorum).await?;
    let bound = hand.bind().await?;
    let opened = hand.open(hand.read(session, &bound.list()).await?)?;
    reading::settle_receipts(session, opened.account());
    let is_fresh = opened.account().freshness().is_vouched_for();
    if !is_fresh && !session.global.accept_unverified && !output::is_interactive() {
        let message = "nothing vouches that this is the newest version of the account";
        return Err(Failure::new(Kind::Unverified, message));
    }
    let remote = confirmed(&invites, (kind, arguments), reply, shown)?;
    let wish = Wish {
        add: Some(&remote),
        ..Wish::default()
    };
    let recorder = Recorder {
        device: hand.device.as_ref(),
        store: store.as_deref(),
        leaves: false,
    };
    wish.carry_out(session, &opened, recorder, &[], Report::WithReceipt)
        .await
}

/// The one try that an invite gives.
fn confirmed(
    invites: &Invites,
    (kind, arguments): (HolderKind, &Approve),
    reply: &JoinReply,
    shown: JoinCode,
) -> Result<RemoteFactor, Failure> {
    let invitation = invites.take(&reply.invite, kind)?;
    let candidate = invitation.receive(reply, machine::now())?;
    let remote = match candidate.confirm(shown) {
        Ok(remote) => remote,
        Err(error @ JoinError::CodeDiffers) => {
            // Step 5.5 of docs/spec/invite.md: he may have had the choice among those that are open.
            invites.drop_all()?;
            let failure = Failure::from(error);
            let next = format!(
                "{}; so does everybody else whom you have invited: all open invites were dropped",
                failure.next
            );
            return Err(failure.next(next));
        }
        Err(error) => return Err(error.into()),
    };
    Ok(match &arguments.label {
        Some(label) => remote.labelled(label),
        None => remote,
    })
}

fn is_addition(steps: &[Step], kind: HolderKind) -> bool {
    matches!(steps, [Step::Add { kind: added, .. }] if *added == kind)
}

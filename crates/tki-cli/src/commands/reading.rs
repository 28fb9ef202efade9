//! `tki open`, `tki show`, `tki factor list`, `tki structure show`: the account as it is.

use serde::Serialize;
use tki::device::DeviceStore;
use tki::{Account, Opened};

use crate::args::{Global, Show, Use};
use crate::describe::{self, Description};
use crate::error::Failure;
use crate::explain::Explanation;
use crate::factors::{self, Hand, Need};
use crate::output::SCHEMA;
use crate::receipts::{Proof, Receipts};
use crate::session::{Purpose, Session};
use crate::structure::Shown;

/// `tki open`
pub(crate) async fn open(global: &Global) -> Result<(), Failure> {
    let session = Session::begin(global, Purpose::Use).await?;
    with_opened(&session, |opened| print(&session, opened.account())).await
}

/// `tki show`
pub(crate) async fn show(global: &Global, arguments: &Show) -> Result<(), Failure> {
    let session = Session::begin(global, Purpose::Use).await?;
    with_account(&session, |account, inputs| {
        let mut description =
            Description::of(account, session.home.account()).in_detail(session.global.verbose);
        if arguments.explain {
            let explanation = Explanation::of(&session, account, inputs);
            description = description.with_explanation(explanation);
        }
        session.output.result(&description, &description.text())
    })
    .await
}

/// `tki factor list`
pub(crate) async fn list(global: &Global) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct List {
        schema: u32,
        factors: Vec<describe::Factor>,
    }

    let session = Session::begin(global, Purpose::Use).await?;
    with_account(&session, |account, _| {
        let factors = describe::factors(account.core());
        let text = describe::list(&factors);
        session.output.result(
            &List {
                schema: SCHEMA,
                factors,
            },
            &text,
        )
    })
    .await
}

/// `tki structure show`
pub(crate) async fn structure(global: &Global) -> Result<(), Failure> {
    let session = Session::begin(global, Purpose::Use).await?;
    with_account(&session, |account, _| {
        let shown = Shown::of(account.core());
        session.output.result(&shown, shown.text())
    })
    .await
}

fn print(session: &Session, account: &Account<'_>) -> Result<(), Failure> {
    let description =
        Description::of(account, session.home.account()).in_detail(session.global.verbose);
    session.output.result(&description, &description.text())
}

/// Opens the account with the factors at hand, lets the device catch up and the provider vouch, and
/// gives it to `then`.
pub(crate) async fn with_opened<T>(
    session: &Session,
    then: impl FnOnce(&Opened<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    with_key(session, false, then).await
}

/// The same, with the key in use that the account is moving to, where that is meant.
pub(crate) async fn with_key<T>(
    session: &Session,
    next: bool,
    then: impl FnOnce(&Opened<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let store = device_store(session)?;
    // What is pending stays so: only the command that began it, run again, reports its end.
    let device = factors::load_device(session, store.as_deref())?;
    let hand = Hand::gather(session, device, Need::Quorum).await?;
    let bound = hand.bind().await?;
    let opened = hand.open(hand.read(session, &bound.list()).await?)?;
    hand.keep(session, &opened).await?;
    settle_receipts(session, opened.account());
    if !next {
        return then(&opened);
    }
    if opened.account().next_verifying_key().is_none() {
        return Err(no_next_key());
    }
    then(&opened.use_next_key()?)
}

/// That there is no other key is the caller's mistake.
pub(crate) fn no_next_key() -> Failure {
    Failure::usage("the account is not moving to another key")
        .next("leave out --next; to begin a move to a new key: tki rotate")
}

/// Finds out what became of changes whose end was not seen. A home that cannot be written stays as it
/// is.
pub(crate) fn settle_receipts(session: &Session, account: &Account<'_>) {
    if session.reads_only() {
        return;
    }
    if let Err(failure) = Receipts::of(&session.home).settle(account, Proof::Opened) {
        session.output.detail(&failure.message);
    }
}

/// Reads the account with what is at hand, and gives it to `then` with what was given.
pub(crate) async fn with_account<T>(
    session: &Session,
    then: impl FnOnce(&Account<'_>, &[String]) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let store = device_store(session)?;
    let device = factors::load_device(session, store.as_deref())?;
    let hand = Hand::gather(session, device, Need::One).await?;
    let bound = hand.bind().await?;
    let account = hand.read(session, &bound.list()).await?;
    then(&account, &hand.inputs(session))
}

/// The device's store, unless `--use` names other factors.
pub(crate) fn device_store(session: &Session) -> Result<Option<Box<dyn DeviceStore>>, Failure> {
    let uses = &session.global.uses;
    let wants_device = uses.is_empty() || uses.contains(&Use::Device);
    if wants_device {
        session.device_store()
    } else {
        Ok(None)
    }
}

//! `tki factor add|remove|rename|replace`, `tki structure set`, `tki threshold set`, `tki refresh`,
//! `tki renew`, `tki rotate`.

use tki::device::DeviceStore;
use tki::math::Identifier;
use tki::passkey::Passkey;
use tki::{Account, Device, Opened};

mod alteration;
mod renewal;

pub(crate) use alteration::Alteration;
use alteration::Newcomer;

use crate::args::Global;
use crate::change::{Recorder, Report, Wish};
use crate::commands::reading;
use crate::describe::Description;
use crate::error::{Failure, Kind};
use crate::factors::{Hand, Need};
use crate::moving::Moving;
use crate::new_factors::answers::NewAnswers;
use crate::new_factors::{Joining, Made, Maker};
use crate::pending;
use crate::session::{Purpose, Session};

/// Makes one change. This machine's device, if it has one, is among the factors: it writes down
/// what is about to happen.
pub(crate) async fn run(global: &Global, alteration: Alteration<'_>) -> Result<(), Failure> {
    if global.offline {
        return Err(Failure::usage("an account is not changed offline").next("leave out --offline"));
    }
    alteration.check(global)?;
    let mut session = Session::begin(global, Purpose::Use).await?;
    session.check_changeable()?;
    let mut new_provider = None;
    if alteration.names_a_new_provider(&session)? {
        new_provider = session.global.provider.take();
    }
    let store = session.device_store()?;
    let (device, resolved) = pending::begin(&session, store.as_deref()).await?;
    if let Some(finished) = resolved.finished(|steps| alteration.is(steps, resolved.names()))
        && finished.wrote(alteration.recovery_file())?
        && alteration.is_about(finished.moved())
    {
        finished.print(&session, Report::WithReceipt)?;
        return resolved
            .note(&session, store.as_deref(), device)
            .await
            .map(drop);
    }
    let device = resolved.note(&session, store.as_deref(), device).await?;
    let mut answers = Vec::new();
    if let Some((wanted, options)) = alteration.wanted() {
        // Before anything is asked for: what its owner keeps must have somewhere to go, and what he
        // brings must do.
        wanted.delivery(device.as_ref())?;
        answers = NewAnswers::read_all(&session, &[wanted], options)?;
    }

    let hand = Hand::gather(&session, device, Need::Quorum).await?;
    let bound = hand.bind().await?;
    let account = hand.read(&session, &bound.list()).await?;
    if alteration.is_done(&account) {
        session.output.say("there was nothing to change");
        let description = Description::of(&account, session.home.account());
        return session.output.result(&description, &description.text());
    }
    let opened = hand.open(account)?;
    reading::settle_receipts(&session, opened.account());
    let alter = Alter::of(&session, &hand, store.as_deref(), alteration);
    let alter = Alter { answers, ..alter };
    alter.carry_out(&opened, new_provider.as_deref()).await
}

/// A change to an account that is open.
struct Alter<'a> {
    session: &'a Session,
    hand: &'a Hand<'a>,
    /// This device's identifier in the account.
    own: Option<Identifier>,
    recorder: Recorder<'a>,
    alteration: Alteration<'a>,
    /// Those of the factor that is to be made.
    answers: Vec<NewAnswers>,
}

impl<'a> Alter<'a> {
    fn of(
        session: &'a Session,
        hand: &'a Hand<'a>,
        store: Option<&'a dyn DeviceStore>,
        alteration: Alteration<'a>,
    ) -> Self {
        let own = hand.device.as_ref().and_then(pending::own_identifier);
        let removed = alteration.wish().remove;
        Self {
            session,
            hand,
            own,
            recorder: Recorder {
                device: hand.device.as_ref(),
                store,
                leaves: removed.is_some() && removed == own,
            },
            alteration,
            answers: Vec::new(),
        }
    }

    async fn carry_out(
        mut self,
        opened: &Opened<'_>,
        new_provider: Option<&str>,
    ) -> Result<(), Failure> {
        let newcomer = self
            .alteration
            .newcomer(Some(opened.account()), new_provider)?;
        let arrangement = self.alteration.arrangement(opened.account().core())?;
        let known = self.hand.device.as_ref().and_then(Device::membership);
        self.alteration
            .confirm(self.session, opened.account(), (self.own, known))?;
        if let Alteration::Renew(arguments) = self.alteration {
            return self.renew(opened, &arguments.identifiers).await;
        }
        // Only now: a key file is not made for an account that does not open.
        let made = match &newcomer {
            Some(newcomer) => self.make(opened.account(), newcomer).await?,
            None => None,
        };
        let joining = match &made {
            Some(made) => Some(made.joining().await?),
            None => None,
        };
        let add = joining.as_ref().map(Joining::factor);
        let handout = made.as_ref().and_then(Made::handout);
        let wish = Wish {
            add,
            // A threshold is one by its number.
            structure: arrangement
                .as_ref()
                .filter(|_| matches!(self.alteration, Alteration::Structure(_))),
            ..self.alteration.wish()
        };
        let carried_out = wish.carry_out(
            self.session,
            opened,
            self.recorder,
            handout.as_slice(),
            Report::WithReceipt,
        );
        carried_out.await.map_err(|failure| {
            if let Alteration::Rotate(arguments) = self.alteration
                && failure.kind == Kind::InvalidChange
            {
                return failure.next(Moving::asked_for(arguments).instead());
            }
            failure
        })
    }

    /// Makes the factor that is to be added.
    async fn make(
        &mut self,
        account: &Account<'_>,
        newcomer: &Newcomer,
    ) -> Result<Option<Made>, Failure> {
        let steps = self.alteration.steps(Some(newcomer));
        let answers = core::mem::take(&mut self.answers);
        let maker = Maker::new(self.session, self.recorder.device, &steps);
        let with_codes = self.alteration.draws_codes();
        let stay = account.holders().iter();
        let removed = self.alteration.wish().remove;
        let stay = stay.filter(|holder| removed.is_none() || holder.identifier() != removed);
        let mut maker = maker
            .with_answers(answers)
            .with_codes(with_codes)
            .beside_passkeys(stay.filter_map(Passkey::named_by).collect());
        maker.make(&newcomer.new, &newcomer.label).await
    }
}

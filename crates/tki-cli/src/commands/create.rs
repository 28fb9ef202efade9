//! `tki create`: one key, shared over new factors. `tki import` comes here with a key of its own.

use std::path::PathBuf;

use tki::math::Threshold;
use tki::metadata::{HolderKind, Step};
use tki::provider::Takeover;
use tki::{Account, Another, Device, Factor, Plan};

use crate::args::{Create, Global, KindArg, Over};
use crate::change::{self, Recorder, Report};
use crate::delivery::{self, Delivery, Handout};
use crate::describe::{Addresses, Description};
use crate::error::{Failure, Kind};
use crate::factors::{self, PROVIDER_LABEL};
use crate::machine;
use crate::output;
use crate::pending::{self, Finished};
use crate::secret_input::{self, StandardInput};
use crate::session::{Purpose, Session};

/// The base flow: any two of these.
const BASE: &[KindArg] = &[KindArg::Device, KindArg::Provider, KindArg::Words];

/// What is asked for, with every default filled in.
pub(crate) struct Request {
    plan: Plan,
    kinds: Vec<KindArg>,
    device_label: String,
    recovery_file: Option<PathBuf>,
    report: Report,
    /// One more although the login holds one.
    another: bool,
}

/// `tki create`
pub(crate) async fn run(global: &Global, arguments: &Create) -> Result<(), Failure> {
    check_global(global, &arguments.over)?;
    let plan = Plan::new(arguments.curve, arguments.over.threshold, machine::now());
    let request = Request::of(plan, &arguments.over, Report::Description)?;
    carry_out(global, StandardInput::default(), request).await
}

/// What can be refused before a key is made or read.
pub(crate) fn check_global(global: &Global, over: &Over) -> Result<(), Failure> {
    if global.offline {
        return Err(Failure::usage("an account is not created offline").next("leave out --offline"));
    }
    if over.kinds()?.contains(&KindArg::Words) && over.recovery.file.is_none() {
        // Before anything is made: without a terminal there is nowhere for the words to go.
        Delivery::choose(None, None).map(drop)?;
    }
    Ok(())
}

/// Makes the account that is asked for.
pub(crate) async fn carry_out(
    global: &Global,
    input: StandardInput,
    request: Request,
) -> Result<(), Failure> {
    let mut session = Session::begin(global, Purpose::Create).await?;
    session.input = input;
    session.check_changeable()?;
    let created = create_or_finish(&session, request).await;
    if created.is_err() {
        session.home.remove_empty();
    }
    created
}

/// Creates the account, or shows the one that the same command, interrupted, has made.
async fn create_or_finish(session: &Session, mut request: Request) -> Result<(), Failure> {
    let existing = session.device_store()?;
    let (device, resolved) = pending::begin(session, existing.as_deref()).await?;
    if let Some(finished) = resolved.finished(|steps| steps == request.steps()) {
        show_finished(session, finished, &request, device.as_ref()).await?;
        let noted = resolved.note(session, existing.as_deref(), device).await;
        return noted.map(drop);
    }
    let device = resolved.note(session, existing.as_deref(), device).await?;
    if device
        .as_ref()
        .is_some_and(|device| device.membership().is_some())
    {
        let message = format!("account {} exists on this machine", session.home.account());
        return Err(Failure::new(Kind::Exists, message));
    }
    let delivery = match request.has(KindArg::Words) {
        true => Some(Delivery::choose(
            request.recovery_file.as_deref(),
            device.as_ref(),
        )?),
        false => None,
    };
    request.confirm_address(session)?;
    // An interrupted creation is done again by the device that began it, or by whoever has the
    // login and says that the other device will not finish.
    if device.is_some() || session.global.accept_unverified {
        request.plan.unfinished = Takeover::Unconfirmed;
    }
    if request.another {
        request.plan.another = Another::Beside;
    }
    let new_store = match existing {
        None if request.has(KindArg::Device) => Some(session.new_device_store()?),
        _ => None,
    };
    let device = match (&new_store, device) {
        (Some(store), _) => Some(Device::new(store.as_ref(), &mut machine::random()?)),
        (None, device) => device,
    };
    create(session, &request, device.as_ref(), delivery.as_ref()).await
}

/// Makes the factors that are asked for, and the account over them.
async fn create(
    session: &Session,
    request: &Request,
    device: Option<&Device<'_>>,
    delivery: Option<&Delivery>,
) -> Result<(), Failure> {
    let provider = match request.has(KindArg::Provider) {
        true => Some(session.provider(None, Purpose::Create)?),
        false => None,
    };
    let login = match &provider {
        Some(provider) => Some(factors::connect(provider, PROVIDER_LABEL).await?),
        None => None,
    };
    if let Some(login) = login.as_ref().filter(|_| request.another) {
        warn_of_another(session, login).await?;
    }
    let words = delivery::seed_for(HolderKind::Words, device, &request.steps(), "")?;
    let device_factor = device.map(|device| device.factor(&request.device_label));
    let factors: Vec<&dyn Factor> = request
        .kinds
        .iter()
        .filter_map(|kind| -> Option<&dyn Factor> {
            match kind {
                KindArg::Device => Some(device_factor.as_ref()?),
                KindArg::Provider => Some(login.as_ref()?),
                KindArg::Words => Some(&words),
            }
        })
        .collect();
    let storage = session.storage()?;
    let prepared = tki::create(storage, &request.plan, &factors, &mut machine::random()?)
        .await
        .map_err(|error| begun_elsewhere(error.into()))?;
    let recorder = Recorder {
        device: device.filter(|_| request.has(KindArg::Device)),
        ..Recorder::default()
    };
    let handout = delivery.map(|delivery| Handout {
        factor: &words,
        delivery,
    });
    let handouts = handout.as_slice();
    change::commit(session, prepared, recorder, handouts, request.report).await
}

/// Two accounts for one login are two keys: people take the one for the other.
async fn warn_of_another(session: &Session, login: &dyn Factor) -> Result<(), Failure> {
    let storage = session.storage()?;
    let Ok(account) = Account::read(storage, &[login], session.read_options(None)).await else {
        return Ok(());
    };
    let address = Addresses::of(account.curve(), account.verifying_key());
    let address = address.map_or_else(String::new, |address| address.to_string());
    let warning = format!(
        "This login already holds account {address}. The new one is another key with another \
         address: nothing that is sent to the one is in the other."
    );
    session.output.say(&warning);
    if output::is_interactive() && !secret_input::confirm("Make another account?")? {
        return Err(Failure::new(Kind::InvalidChange, "nothing was made"));
    }
    Ok(())
}

/// A login whose creation was begun by another device is not taken away from it unasked.
fn begun_elsewhere(failure: Failure) -> Failure {
    if failure.kind == Kind::Conflict {
        return failure.next(
            "run the same command on the device that began it; if that is lost: --accept-unverified",
        );
    }
    failure
}

/// The same command again after an interruption: shows the account, and lets the provider vouch
/// for it if it is at hand.
async fn show_finished(
    session: &Session,
    finished: &Finished,
    request: &Request,
    device: Option<&Device<'_>>,
) -> Result<(), Failure> {
    let mut description = finished.description.clone();
    if let Some(device) = device
        && request.has(KindArg::Provider)
        && session.has_provider()
    {
        let provider = session.provider(None, Purpose::Use)?;
        let login = factors::connect(&provider, PROVIDER_LABEL).await?;
        let factor = device.factor("");
        let both: [&dyn Factor; 2] = [&factor, &login];
        let storage = session.storage()?;
        let options = session.read_options(None);
        let account = Account::read(storage, &both, options).await?;
        if let Ok(opened) = account.open()
            && opened.advance_anchors().await
        {
            let account = Account::read(storage, &both, options).await?;
            description = Some(Description::of(&account, session.home.account()));
        }
    }
    finished.print_as(session, description, request.report)
}

impl Request {
    pub(crate) fn of(plan: Plan, over: &Over, report: Report) -> Result<Self, Failure> {
        Ok(Self {
            plan,
            kinds: over.kinds()?,
            device_label: over.label.clone().unwrap_or_else(machine::name),
            recovery_file: over.recovery.file.clone(),
            report,
            another: over.another,
        })
    }

    fn has(&self, kind: KindArg) -> bool {
        self.kinds.contains(&kind)
    }

    /// What the device writes down, and by which it knows the operation again.
    fn steps(&self) -> Vec<Step> {
        let mut steps = vec![self.plan.step()];
        steps.extend(self.kinds.iter().map(|kind| match kind {
            KindArg::Device => change::add_step(HolderKind::Device, &self.device_label),
            KindArg::Provider => change::add_step(HolderKind::Provider, PROVIDER_LABEL),
            KindArg::Words => change::add_step(HolderKind::Words, ""),
        }));
        let threshold = Threshold::new(self.plan.threshold).ok();
        steps.extend(threshold.map(|threshold| Step::SetThreshold { threshold }));
        steps
    }

    /// The address of a key that exists already, before anything is made of it; on a terminal
    /// somebody compares it.
    fn confirm_address(&self, session: &Session) -> Result<(), Failure> {
        let Step::Import {
            curve,
            verifying_key,
        } = self.plan.step()
        else {
            return Ok(());
        };
        if let Some(address) = Addresses::of(curve, &verifying_key) {
            session.output.say(&format!("address  {address}"));
        }
        if !output::is_interactive()
            || secret_input::confirm("Is this the address of the key that you mean?")?
        {
            return Ok(());
        }
        Err(Failure::new(
            Kind::Refused,
            "the address is not the one expected; nothing was imported",
        )
        .next("check the file and --curve"))
    }
}

impl Over {
    /// The factors, of which there is one of each kind; as many as are needed, and two at least.
    fn kinds(&self) -> Result<Vec<KindArg>, Failure> {
        let kinds = if self.factors.is_empty() {
            BASE.to_vec()
        } else {
            self.factors.clone()
        };
        let mut positions = kinds.iter().enumerate();
        if positions.any(|(position, kind)| kinds.iter().take(position).any(|k| k == kind)) {
            return Err(
                Failure::usage("an account is created with one factor of each kind")
                    .next("add more afterwards: tki factor add KIND"),
            );
        }
        let threshold = self.threshold;
        if threshold < 2 || usize::from(threshold) > kinds.len() {
            let message = format!("{threshold} of {} factors cannot be needed", kinds.len());
            return Err(Failure::new(Kind::InvalidChange, message)
                .next("the threshold is at least 2 and at most the number of factors"));
        }
        Ok(kinds)
    }
}

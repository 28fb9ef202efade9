//! `tki create`: one key, shared over new factors. `tki import` comes here with a key of its own.

mod preset;

use tki::custody::Preset;
use tki::math::Identifier;
use tki::metadata::{Arrangement, Core, HolderKind, Origin, Step};
use tki::provider::Takeover;
use tki::{Account, Another, Device, Factor, HolderName, Plan};

use crate::args::{AnswerOptions, Create, Global, New, Over};
use crate::asking;
use crate::change::{self, Recorder, Report};
use crate::delivery::{Delivery, Handout};
use crate::describe::{Addresses, Description};
use crate::error::{Failure, Kind};
use crate::factors::{self, PROVIDER_LABEL};
use crate::machine;
use crate::new_factors::answers::NewAnswers;
use crate::new_factors::{Joining, Made, Maker, options};
use crate::output;
use crate::pending::{self, Finished};
use crate::secret_input::StandardInput;
use crate::session::{Purpose, Session};
use crate::structure;
use crate::whereabouts;

/// What is asked for, with every default filled in.
pub(crate) struct Request {
    plan: Plan,
    news: Vec<New>,
    answers: AnswerOptions,
    device_label: String,
    report: Report,
    /// One more although the login holds one.
    another: bool,
    /// Words on the terminal are drawn as a code too.
    with_codes: bool,
}

/// `tki create`
pub(crate) async fn run(global: &Global, arguments: &Create) -> Result<(), Failure> {
    check_global(global, &arguments.over)?;
    let plan = Plan::new(arguments.curve, arguments.over.needed(), machine::now());
    let request = Request::of(plan, &arguments.over, Report::Description)?;
    carry_out(global, StandardInput::default(), request).await
}

/// What can be refused before a key is made or read.
pub(crate) fn check_global(global: &Global, over: &Over) -> Result<(), Failure> {
    if global.offline {
        return Err(Failure::usage("an account is not created offline").next("leave out --offline"));
    }
    let news = over.news()?;
    options::check(global, &news, over.answers)?;
    if news.contains(&New::Words(None)) {
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
    pending::check_asked_nobody(device.as_ref())?;
    for new in &request.news {
        new.delivery(device.as_ref())?;
    }
    let answers = NewAnswers::read_all(session, &request.news, request.answers)?;
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
        None if request.has(HolderKind::Device) => Some(session.new_device_store()?),
        _ => None,
    };
    let device = match (&new_store, device) {
        (Some(store), _) => Some(Device::new(store.as_ref(), &mut machine::random()?)),
        (None, device) => device,
    };
    create(session, &request, answers, device.as_ref()).await
}

/// Makes the factors that are asked for, and the account over them.
async fn create(
    session: &Session,
    request: &Request,
    answers: Vec<NewAnswers>,
    device: Option<&Device<'_>>,
) -> Result<(), Failure> {
    let mut maker = Maker::new(session, device, &request.steps())
        .with_answers(answers)
        .with_codes(request.with_codes);
    maker.check_passkeys(&request.news).await?;
    let mut made = Vec::with_capacity(request.news.len());
    for new in &request.news {
        made.push(maker.make(new, &request.label(new)).await?);
    }
    let mut joining = Vec::with_capacity(made.len());
    for made in &made {
        joining.push(match made {
            Some(made) => Some(made.joining().await?),
            None => None,
        });
    }
    if request.another {
        warn_of_another(session, &joining, request).await?;
    }
    let device_factor = device.map(|device| device.factor(&request.device_label));
    let factors = joining.iter().filter_map(|joining| match joining {
        Some(joining) => Some(joining.factor()),
        None => device_factor
            .as_ref()
            .map(|factor| -> &dyn Factor { factor }),
    });
    let factors: Vec<&dyn Factor> = factors.collect();
    let storage = session.storage()?;
    let prepared = tki::create(storage, &request.plan, &factors, &mut machine::random()?)
        .await
        .map_err(|error| begun_elsewhere(error.into()))?;
    let recorder = Recorder {
        device: device.filter(|_| request.has(HolderKind::Device)),
        ..Recorder::default()
    };
    let handouts: Vec<_> = made.iter().flatten().filter_map(Made::handout).collect();
    if let Some(device) = device {
        tell_of_void_address(session, device, &handouts, prepared.core());
    }
    change::commit(session, prepared, recorder, &handouts, request.report)
        .await
        .map_err(begun_here)?;
    if whereabouts::is_storage_here(session) {
        session
            .output
            .say("Its records are on this machine: tki backup FILE, and keep the file elsewhere.");
    }
    Ok(())
}

/// The words of an attempt that came to no end are handed out again: what stood beside them is of a
/// key that nobody has.
fn tell_of_void_address(
    session: &Session,
    device: &Device<'_>,
    handouts: &[Handout<'_>],
    core: &Core,
) {
    let before = device.pending().map_or(&[][..], |note| &note.seeds);
    let is_same = |handout: &Handout<'_>| {
        let seed = handout.factor.expose_seed();
        handout.factor.kind() == HolderKind::Words
            && before.iter().any(|noted| noted.seed.ct_eq(seed))
    };
    // An import has the same address each time.
    if core.origin == Origin::Imported || !handouts.iter().any(is_same) {
        return;
    }
    let key = core.keys.first().map(|key| key.verifying_key.as_slice());
    let address = key.and_then(|key| Addresses::of(core.curve, key));
    let address = address.map_or_else(String::new, |address| address.to_string());
    session.output.say(&format!(
        "These are the same words as in the attempt before, which made no account. An address that \
         was shown then is void: cross it out. The address is now {address}"
    ));
}

/// Whoever cancels when words are shown has no account, and is shown other words the next time.
fn begun_here(failure: Failure) -> Failure {
    if failure.kind == Kind::Cancelled {
        let message = "cancelled; the account was begun, and is not made";
        return Failure::new(Kind::Cancelled, message)
            .next("run tki create again (or tki import); it shows other words");
    }
    failure
}

/// Two accounts for one login are two keys: people take the one for the other.
async fn warn_of_another(
    session: &Session,
    joining: &[Option<Joining<'_>>],
    request: &Request,
) -> Result<(), Failure> {
    let storage = session.storage()?;
    let logins = joining.iter().flatten();
    let logins = logins.filter(|joining| matches!(joining, Joining::Login(_)));
    let logins: Vec<&dyn Factor> = logins.map(Joining::factor).collect();
    let Ok(account) = Account::read(storage, &logins, session.read_options(None)).await else {
        return Ok(());
    };
    if let Step::Import {
        curve,
        verifying_key,
    } = request.plan.step()
        && (curve, verifying_key.as_slice()) == (account.curve(), account.verifying_key())
    {
        let message = "this login already holds an account of this very key";
        return Err(Failure::new(Kind::Exists, message).next(
            "to use it on this machine: tki recover; it is no other key, even with --another",
        ));
    }
    let address = Addresses::of(account.curve(), account.verifying_key());
    let address = address.map_or_else(String::new, |address| address.to_string());
    let warning = format!(
        "This login already holds account {address}. The new one is another key with another \
         address: nothing that is sent to the one is in the other."
    );
    session.output.say(&warning);
    if output::is_interactive() && !asking::confirm("Make another account?")? {
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
    if let (Some(device), Some(url)) = (device, request.login())
        && session.provider_path(url)?.exists()
    {
        let provider = session.provider(url, Purpose::Use)?;
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
    pub(crate) fn of(mut plan: Plan, over: &Over, report: Report) -> Result<Self, Failure> {
        let news = over.news()?;
        plan.structure = over.arrangement(&news)?;
        Ok(Self {
            plan,
            news,
            answers: over.answers,
            device_label: over.label.clone().unwrap_or_else(machine::name),
            report,
            another: over.another,
            with_codes: over.recovery.qr,
        })
    }

    fn has(&self, kind: HolderKind) -> bool {
        self.news.iter().any(|new| new.kind() == kind)
    }

    /// Where the first login is, if one is among the factors.
    fn login(&self) -> Option<Option<&str>> {
        self.news.iter().find_map(|new| match new {
            New::Provider(url) => Some(url.as_deref()),
            New::Answers(_) | New::Device | New::File(_) | New::Passkey(_) | New::Words(_) => None,
        })
    }

    fn label(&self, new: &New) -> String {
        if *new == New::Device {
            return self.device_label.clone();
        }
        new.usual_label()
    }

    /// What the device writes down, and by which it knows the operation again.
    fn steps(&self) -> Vec<Step> {
        let mut steps = vec![self.plan.step()];
        let adds = self.news.iter();
        steps.extend(adds.map(|new| change::add_step(new.kind(), &self.label(new))));
        steps.extend(self.plan.structure_step());
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
            || asking::confirm("Is this the address of the key that you mean?")?
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
    /// The factors, no two of which are the same; as many as are needed, and two at least.
    fn news(&self) -> Result<Vec<New>, Failure> {
        let mut news = if let Some(preset) = self.preset {
            self.filling(preset)?
        } else if self.factors.is_empty() {
            // The base flow: any two of these.
            vec![New::Device, New::Provider(None), New::Words(None)]
        } else {
            self.factors.clone()
        };
        for (position, new) in news.iter().enumerate() {
            if news.iter().take(position).any(|other| other == new) {
                let message = format!("the factor {} is named twice in the same way", new.kind());
                return Err(Failure::usage(message)
                    .next("name where each is: --factor provider:URL --factor words:FILE"));
            }
        }
        // Not when it is looked at whether two are the same: the option is for one that has none.
        let file = self.recovery.file.as_deref();
        news = news
            .into_iter()
            .map(|new| new.with_recovery_file(file))
            .collect();
        let threshold = self.needed();
        if self.structure.is_some() {
            return Ok(news);
        }
        if threshold < 2 || usize::from(threshold) > news.len() {
            let message = format!("{threshold} of {} factors cannot be needed", news.len());
            return Err(Failure::new(Kind::InvalidChange, message)
                .next("the threshold is at least 2 and at most the number of factors"));
        }
        Ok(news)
    }

    /// Who suffices, if it is not any so many: over the factors by their order.
    fn arrangement(&self, news: &[New]) -> Result<Option<Arrangement>, Failure> {
        let preset = self.preset.and_then(Preset::numbered);
        let Some(text) = preset.as_ref().or(self.structure.as_ref()) else {
            return Ok(None);
        };
        let mut names = Vec::with_capacity(news.len());
        let mut next = Some(Identifier::FIRST);
        for new in news {
            let identifier = next.ok_or_else(|| Failure::usage("too many factors"))?;
            next = identifier.next();
            let label = if *new == New::Device {
                self.label.clone().unwrap_or_default()
            } else {
                new.usual_label()
            };
            names.push(HolderName::new(identifier, new.kind(), &label));
        }
        structure::read(text, &names).map(Some)
    }
}

//! Which factors are at hand, and how one gets at them.
//!
//! With `--use`, exactly those. Without it, what this machine has: its device, then its provider if
//! more is needed; then, on a terminal, a person is asked what there is.

mod still_there;

use std::path::Path;

use tki::device::DeviceStore;
use tki::math::Identifier;
use tki::metadata::{HelpAnswer, HolderKind};
use tki::provider::LocalProvider;
use tki::{
    Account, Device, ErrorKind, Factor, HelpedFactor, Opened, ProviderFactor, ReadOptions,
    SeedFactor,
};

use crate::answering::{self, Asking};
use crate::args::{PasskeyAt, Use};
use crate::carried;
use crate::error::{Failure, Kind};
use crate::factor_files;
use crate::invites::Asked;
use crate::machine;
use crate::moving;
use crate::output;
use crate::passkeys;
use crate::progress::Progress;
use crate::reminder;
use crate::session::{Purpose, Session};
use crate::words_file;

pub(crate) use still_there::{Asker, Ended};

/// What a provider is called in an account.
pub(crate) const PROVIDER_LABEL: &str = "local";

/// How many factors a command needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// One, to read the account.
    One,
    /// Enough to use its key.
    Quorum,
}

/// The factors at hand, with what keeps them.
pub(crate) struct Hand<'s> {
    pub(crate) device: Option<Device<'s>>,
    logins: Vec<LocalProvider>,
    /// Those that are a seed at hand, such as words.
    seeds: Vec<SeedFactor<'static>>,
    /// Guardians, as their answers let them be used.
    helped: Vec<HelpedFactor>,
    /// Where each login, each seed and each answer was found.
    login_sources: Vec<String>,
    seed_sources: Vec<String>,
    helped_sources: Vec<String>,
    /// The version printed beside the words.
    printed_version: Option<u64>,
}

/// The same as the engine takes them.
pub(crate) struct Bound<'a> {
    device: Option<SeedFactor<'a>>,
    logins: Vec<ProviderFactor<'a>>,
    seeds: &'a [SeedFactor<'static>],
    helped: &'a [HelpedFactor],
}

/// Loads this machine's device, if it has one.
pub(crate) fn load_device<'s>(
    session: &Session,
    store: Option<&'s dyn DeviceStore>,
) -> Result<Option<Device<'s>>, Failure> {
    let Some(store) = store else { return Ok(None) };
    let _progress = Progress::start(session.output, "unlocking this device");
    Ok(Device::load(store)?)
}

/// Whether a device has asked to join an account and waits for it.
pub(crate) fn is_joining(device: &Device<'_>) -> bool {
    matches!(device.joining(), Ok(Some(_)))
}

pub(crate) fn not_yet_joined() -> Failure {
    let message = "this machine has asked to join, and is no device of the account yet";
    Failure::new(Kind::NotFound, message)
        .next("when it is approved: tki device finish; to ask again: tki device request")
}

impl<'s> Hand<'s> {
    /// Gets at as many factors as are needed and can be had.
    pub(crate) async fn gather(
        session: &Session,
        device: Option<Device<'s>>,
        need: Need,
    ) -> Result<Self, Failure> {
        let mut hand = Self::new(device);
        if session.global.uses.is_empty() {
            hand.take_what_there_is(session, need).await?;
        } else {
            hand.take_what_is_asked_for(session).await?;
        }
        if hand.count() > 0 {
            return Ok(hand);
        }
        let message = format!(
            "nothing on this machine opens account {}",
            session.home.account()
        );
        Err(Failure::new(Kind::NoFactors, message))
    }

    /// No factor but this one, if it is one.
    pub(crate) const fn new(device: Option<Device<'s>>) -> Self {
        Self {
            device,
            logins: Vec::new(),
            seeds: Vec::new(),
            helped: Vec::new(),
            login_sources: Vec::new(),
            seed_sources: Vec::new(),
            helped_sources: Vec::new(),
            printed_version: None,
        }
    }

    async fn take_what_is_asked_for(&mut self, session: &Session) -> Result<(), Failure> {
        // Which credential is meant the others may know; the questions are in the account, which
        // the others have to find.
        let order = |wanted: &Use| match wanted {
            Use::Passkey(_) => 1,
            Use::Answers(_) => 2,
            Use::Device | Use::File(_) | Use::Guardian(_) | Use::Provider(_) | Use::Words(_) => 0,
        };
        let mut uses: Vec<&Use> = session.global.uses.iter().collect();
        uses.sort_by_key(|wanted| order(wanted));
        for wanted in uses {
            self.take_used(session, wanted).await?;
        }
        Ok(())
    }

    /// Takes what one `--use` names.
    async fn take_used(&mut self, session: &Session, wanted: &Use) -> Result<(), Failure> {
        match wanted {
            Use::Answers(path) => self.add_answers(session, path.as_deref()).await,
            Use::Device if self.device.is_some() => Ok(()),
            Use::Device => Err(Failure::new(
                Kind::NoFactors,
                "this machine is not a device of the account",
            )),
            Use::File(path) => {
                let (factor, version) = factor_files::read(session, path)?;
                self.seeds.push(factor);
                self.seed_sources.push(format!("file {}", path.display()));
                self.printed_version = self.printed_version.max(Some(version));
                Ok(())
            }
            Use::Guardian(path) => {
                let content = carried::read(session, path)?;
                let answer = carried::decoded(HelpAnswer::decode(&content))?;
                let asked = Asked::of(&session.home).find(&answer.request)?;
                self.helped.push(HelpedFactor::open(&asked, &answer)?);
                session.answered.borrow_mut().push(answer.request);
                let source = format!("guardian {}", path.display());
                self.helped_sources.push(source);
                Ok(())
            }
            Use::Passkey(at) => self.add_passkeys(session, at).await,
            Use::Provider(_) if session.global.offline => {
                Err(Failure::usage("a provider is not asked offline")
                    .next("name other factors: --use device --use words:FILE"))
            }
            Use::Provider(url) => self.add_login(session, url.as_deref()),
            Use::Words(path) => {
                let text = session.input.text(path, "words")?;
                let words = words_file::parse(&text);
                let words = words.map_err(|e| words_file::failure(&e, session.output))?;
                self.add_words(&path.display().to_string(), words);
                Ok(())
            }
        }
    }

    /// The passkeys there that belong to the account: those that it names, if others opened it.
    async fn add_passkeys(&mut self, session: &Session, at: &PasskeyAt) -> Result<(), Failure> {
        let found = if self.count() == 0 {
            passkeys::candidates(session, at).await?
        } else {
            let bound = self.bind().await?;
            let account = self.read(session, &bound.list()).await?;
            passkeys::named(session, at, &account).await?
        };
        for factor in found {
            self.seeds.push(factor);
            self.seed_sources.push(format!("passkey {at}"));
        }
        Ok(())
    }

    /// Solves the account's questions, which the factors so far find.
    async fn add_answers(&mut self, session: &Session, path: Option<&Path>) -> Result<(), Failure> {
        let askings = self.askings(session).await?;
        let (factor, source) = match path {
            Some(path) => {
                let factor = answering::from_file(session, askings, path).await?;
                (factor, path.display().to_string())
            }
            None => (
                answering::from_terminal(session, askings).await?,
                "typed".into(),
            ),
        };
        self.seeds.push(factor);
        self.seed_sources.push(format!("answers {source}"));
        Ok(())
    }

    /// The holders that are opened by answers.
    async fn askings(&self, session: &Session) -> Result<Vec<Asking>, Failure> {
        if self.count() == 0 {
            let message = "the questions are in the account, which another factor has to find";
            return Err(Failure::new(Kind::NeedMoreShares, message)
                .next("name another one too: --use device, --use provider or --use words:FILE"));
        }
        let bound = self.bind().await?;
        let account = self.read(session, &bound.list()).await?;
        let mut askings = answering::askings(&account)?;
        if session.global.offline {
            let count = askings.len();
            askings.retain(Asking::is_kept_offline);
            if askings.len() < count {
                let message = "this device keeps no copy of what the answers open";
                return Err(Failure::new(Kind::NeedMoreShares, message)
                    .next("leave out --offline, or name other factors: --use words:FILE"));
            }
        }
        Ok(askings)
    }

    async fn take_what_there_is(&mut self, session: &Session, need: Need) -> Result<(), Failure> {
        if self.count() > 0 || !output::is_interactive() {
            let missing = self.missing(session, need).await?;
            let wants_provider = missing.provider && !session.global.offline;
            if missing.count > 0 && wants_provider && session.has_provider() {
                self.add_login(session, None)?;
            }
        }
        if !output::is_interactive() {
            return Ok(());
        }
        let asker = Asker {
            need,
            meet: &|_| Ok(true),
            can_move: false,
        };
        self.ask_for_the_rest(session, &asker).await.map(drop)
    }

    /// What is missing, as far as the factors at hand show it.
    async fn missing(&self, session: &Session, need: Need) -> Result<Missing, Failure> {
        if self.count() == 0 {
            return Ok(Missing {
                count: 1,
                provider: true,
            });
        }
        if need == Need::One {
            return Ok(Missing::default());
        }
        let bound = self.bind().await?;
        let account = self.read(session, &bound.list()).await?;
        let found = account
            .found()
            .filter_map(|found| found.holder?.identifier());
        let found: Vec<_> = found.collect();
        let has = |kind| account.holders().iter().any(|holder| holder.kind == kind);
        Ok(Missing {
            count: tki::engine::fewest_missing(account.core(), &found),
            provider: has(HolderKind::Provider),
        })
    }

    fn add_login(&mut self, session: &Session, url: Option<&str>) -> Result<(), Failure> {
        let path = session.provider_path(url)?;
        self.logins.push(session.provider(url, Purpose::Use)?);
        self.login_sources
            .push(format!("provider local:{}", path.display()));
        Ok(())
    }

    fn add_words(&mut self, source: &str, (words, version): (SeedFactor<'static>, Option<u64>)) {
        self.seeds.push(words);
        self.seed_sources.push(format!("words {source}"));
        self.printed_version = self.printed_version.max(version);
    }

    /// The holders of the account whose seeds are at hand and can be renewed.
    pub(crate) fn renewable(&self, account: &Account<'_>) -> Vec<(Identifier, HolderKind)> {
        let core = account.core();
        let holders = self.seeds.iter().filter_map(|factor| {
            let mut holders = core.holders.iter();
            holders.find(|holder| factor.box_key() == holder.box_key)
        });
        // Answers are given anew in place of the old ones.
        let renewable = holders
            .filter(|holder| holder.kind.is_renewable() && holder.kind != HolderKind::Answers);
        renewable
            .filter_map(|holder| Some((holder.identifier()?, holder.kind)))
            .collect()
    }

    /// What was given for each factor, in the order of [`Bound::list`].
    pub(crate) fn inputs(&self, session: &Session) -> Vec<String> {
        let package = session.home.package();
        let device = self.device.iter();
        let device = device.map(|_| format!("device {}", package.display()));
        let others = self.login_sources.iter().chain(&self.seed_sources);
        let others = others.chain(&self.helped_sources);
        device.chain(others.cloned()).collect()
    }

    fn count(&self) -> usize {
        let device = usize::from(self.device.is_some());
        device + self.logins.len() + self.seeds.len() + self.helped.len()
    }

    /// Connects the providers and puts all in a list.
    pub(crate) async fn bind(&self) -> Result<Bound<'_>, Failure> {
        let mut logins = Vec::with_capacity(self.logins.len());
        for provider in &self.logins {
            logins.push(connect(provider, PROVIDER_LABEL).await?);
        }
        let device = self.device.as_ref().map(|device| device.factor(""));
        Ok(Bound {
            device,
            logins,
            seeds: &self.seeds,
            helped: &self.helped,
        })
    }

    /// Reads the account with these factors, from the storage or, offline, from the device.
    pub(crate) async fn read<'f>(
        &self,
        session: &Session,
        factors: &[&'f dyn Factor],
    ) -> Result<Account<'f>, Failure> {
        if session.global.offline {
            return Ok(Account::read_offline(factors).await?);
        }
        let options = self.read_options(session);
        let account = Account::read(session.storage()?, factors, options).await;
        account.map_err(|error| self.explain(session, error.into()))
    }

    /// Opens the account. What to do is another thing where factors that were named do not count.
    pub(crate) fn open<'f>(&self, account: Account<'f>) -> Result<Opened<'f>, Failure> {
        account.open().map_err(|error| {
            let passed_over = matches!(
                error.kind(),
                ErrorKind::NeedMoreShares { have, .. } if self.count() > have
            );
            let failure = Failure::from(error);
            if let Some((one, other)) = self.given_twice() {
                let text = format!("{one} and {other} are the same factor");
                return failure
                    .followed_by(&text)
                    .next("name another factor as well");
            }
            if passed_over {
                return failure
                    .next("check that what was named is of this account: tki factor list");
            }
            failure
        })
    }

    /// Where one seed was found twice: it counts once.
    fn given_twice(&self) -> Option<(&str, &str)> {
        let given: Vec<_> = self.seeds.iter().zip(&self.seed_sources).collect();
        given
            .iter()
            .enumerate()
            .find_map(|(place, (seed, source))| {
                let mut before = given.iter().take(place);
                let same = before.find(|(earlier, _)| earlier.box_key() == seed.box_key());
                same.map(|(_, earlier)| (earlier.as_str(), source.as_str()))
            })
    }

    /// Words and a provider of which nothing is known may simply be in the wrong place.
    fn explain(&self, session: &Session, failure: Failure) -> Failure {
        if failure.kind == Kind::Refused && !session.home.package().exists() {
            return failure.elsewhere();
        }
        if failure.kind == Kind::NotFound && self.device.as_ref().is_some_and(is_joining) {
            return not_yet_joined();
        }
        let unfinished = self
            .device
            .as_ref()
            .is_some_and(|device| device.membership().is_none());
        if failure.kind == Kind::NotFound && unfinished {
            return Failure::new(
                Kind::NotFound,
                "the account was begun here and never finished",
            )
            .next("run the command that was interrupted again: tki create, or tki recover");
        }
        failure
    }

    /// What the account is held against.
    pub(crate) fn read_options(&self, session: &Session) -> ReadOptions {
        session.read_options(self.printed_version)
    }

    /// Brings the device and the anchors up to what was opened.
    pub(crate) async fn keep(&self, session: &Session, opened: &Opened<'_>) -> Result<(), Failure> {
        if session.reads_only() {
            return Ok(());
        }
        if let Some(device) = &self.device {
            self.keep_on(device, session, opened.account()).await?;
        }
        if !opened.advance_anchors().await && !self.logins.is_empty() {
            session
                .output
                .detail("the provider does not vouch for this version yet");
        }
        Ok(())
    }

    /// Brings the device up to what was opened, and notes what it was opened with.
    async fn keep_on(
        &self,
        device: &Device<'_>,
        session: &Session,
        account: &Account<'_>,
    ) -> Result<(), Failure> {
        let mut rng = machine::random()?;
        let seen = device.membership().map(|membership| &membership.seen.hash);
        let caught_up = if seen == Some(account.version_hash()) {
            None
        } else {
            let storage = session.storage()?;
            session
                .output
                .detail("this device catches up with the account");
            let current = device.catch_up(storage, account, &mut rng).await?;
            if let Some(text) = moving::since(device.membership(), account) {
                session.output.say(&text);
            }
            Some(current)
        };
        let device = caught_up.as_ref().unwrap_or(device);
        if let Err(error) = device.note_use(account, machine::now(), &mut rng) {
            // A date is not worth a failure: the account was opened.
            let reason = tki::with_causes(&error);
            let text = format!("that the factors were used could not be noted: {reason}");
            session.output.detail(&text);
        }
        reminder::remind(session, device);
        Ok(())
    }
}

#[derive(Default)]
struct Missing {
    count: usize,
    provider: bool,
}

impl<'a> Bound<'a> {
    pub(crate) fn list(&'a self) -> Vec<&'a dyn Factor> {
        let device = self.device.iter().map(|factor| -> &dyn Factor { factor });
        let logins = self.logins.iter().map(|factor| -> &dyn Factor { factor });
        let seeds = self.seeds.iter().map(|factor| -> &dyn Factor { factor });
        let helped = self.helped.iter().map(|factor| -> &dyn Factor { factor });
        device.chain(logins).chain(seeds).chain(helped).collect()
    }
}

/// A local provider as a factor.
pub(crate) async fn connect<'p>(
    provider: &'p LocalProvider,
    label: &str,
) -> Result<ProviderFactor<'p>, Failure> {
    check_anchors(provider).await?;
    Ok(ProviderFactor::connect(label, provider, Some(provider), Some(provider)).await?)
}

/// A file of anchors that cannot be read is named: it is what one can do without.
async fn check_anchors(provider: &LocalProvider) -> Result<(), Failure> {
    use tki::provider::{Anchor as _, Error};

    let anchor = provider.anchor();
    let path = anchor.path().display();
    match anchor.read(0).await {
        Err(Error::Protocol) => Err(Failure::new(
            Kind::CorruptFile,
            format!("{path}, in which the provider notes the newest versions, is damaged"),
        )
        .next(
            "restore the file from a copy, or move it away: then nothing vouches for the newest \
             version until the account was opened once",
        )),
        Err(Error::Unsupported) => {
            let message = format!("{path} is of a format that this tki does not know");
            Err(Failure::new(Kind::Unsupported, message))
        }
        // Whoever asks for more than its format learns the rest from the engine.
        Ok(_) | Err(_) => Ok(()),
    }
}

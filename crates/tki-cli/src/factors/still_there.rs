//! What a person still has, asked for one after the other until it is enough.
//!
//! Whatever turns out to be wrong is said, put aside, and asked for again; nothing is written.

use core::ops::Range;
use std::path::PathBuf;

use tki::metadata::{AccountId, Holder, HolderKind};
use tki::{Account, Factor, SeedFactor};

use super::{Hand, Need};
use crate::args::{PasskeyAt, Use};
use crate::asking::{self, Choice};
use crate::describe::Description;
use crate::error::{Failure, Kind};
use crate::output;
use crate::secret_input;
use crate::session::Session;
use crate::terminal;
use crate::words_file;

/// How often words or a passphrase may be typed.
const TRIES: usize = 5;

/// How asking came to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The factors at hand are enough.
    Enough,
    /// The records are elsewhere.
    Elsewhere,
}

/// What somebody may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StillThere {
    Kind(HolderKind),
    /// Another device, which lets this one in.
    OtherDevice,
    /// The records, somewhere else.
    Elsewhere,
    Nothing,
}

/// What is asked for by name, in this order.
const KINDS: [(HolderKind, &str); 6] = [
    (HolderKind::Words, "recovery words"),
    (HolderKind::File, "a factor's file"),
    (HolderKind::Provider, "a login: its key file and passphrase"),
    (HolderKind::Answers, "answers to the account's questions"),
    (HolderKind::Passkey, "a passkey or a security key"),
    (HolderKind::Guardian, "a guardian's answer"),
];

/// Who asks, and what for.
pub(crate) struct Asker<'a> {
    pub(crate) need: Need,
    /// Told of the account when the first factor has found it; false puts that factor aside.
    pub(crate) meet: &'a dyn Fn(&Account<'_>) -> Result<bool, Failure>,
    /// Whether another place of the records can be named.
    pub(crate) can_move: bool,
}

/// How far the factors at hand are.
struct Standing {
    account: AccountId,
    have: usize,
    need: usize,
    /// The holders that are not at hand.
    rest: Vec<(HolderKind, String)>,
}

impl Standing {
    fn of(account: &Account<'_>) -> Self {
        let found: Vec<&Holder> = account.found().filter_map(|found| found.holder).collect();
        let present = found.iter().flat_map(|holder| holder.identifiers.iter());
        let present: Vec<_> = present.copied().collect();
        let (have, need) = account.structure().shares_needed(&present);
        let holders = account.holders().iter();
        let rest = holders.filter(|holder| !found.iter().any(|f| f.mailbox == holder.mailbox));
        Self {
            account: account.id(),
            have,
            need,
            rest: rest
                .map(|holder| (holder.kind, holder.label.clone()))
                .collect(),
        }
    }

    const fn is_enough(&self, need: Need) -> bool {
        match need {
            Need::One => true,
            Need::Quorum => self.have >= self.need,
        }
    }

    /// The line of a kind of which there is one that is not at hand, with their names.
    fn option(&self, kind: HolderKind, text: &str) -> Option<(StillThere, String)> {
        let same = self.rest.iter().filter(|(other, _)| *other == kind);
        let labels: Vec<&str> = same.clone().map(|(_, label)| label.as_str()).collect();
        same.clone().next()?;
        let named: Vec<&str> = labels
            .into_iter()
            .filter(|label| !label.is_empty())
            .collect();
        let names = match named.as_slice() {
            [] => String::new(),
            names => format!(" ({})", names.join(", ")),
        };
        Some((StillThere::Kind(kind), format!("{text}{names}")))
    }

    fn say(&self) {
        let Self { have, need, .. } = self;
        output::complain(&format!("That is {have} of the {need} that are needed."));
    }
}

/// How much there was before something was taken, to put it aside.
struct Mark {
    logins: usize,
    seeds: usize,
    helped: usize,
    answered: usize,
    printed_version: Option<u64>,
}

impl Hand<'_> {
    /// Asks until it is enough, or until somebody says that there is nothing more.
    pub(crate) async fn ask_for_the_rest(
        &mut self,
        session: &Session,
        asker: &Asker<'_>,
    ) -> Result<Ended, Failure> {
        let mut asked_directly = false;
        loop {
            let standing = match self.count() {
                0 => None,
                _ => Some(self.standing(session).await?),
            };
            if standing.as_ref().is_some_and(|s| s.is_enough(asker.need)) {
                return Ok(Ended::Enough);
            }
            let options = options(standing.as_ref(), asker.can_move);
            let only = only_kind(&options).filter(|_| !asked_directly && standing.is_some());
            let chosen = match only {
                Some(kind) => StillThere::Kind(kind),
                None => choose(standing.as_ref(), &options)?,
            };
            asked_directly |= only.is_some();
            match chosen {
                StillThere::Elsewhere => return Ok(Ended::Elsewhere),
                StillThere::Nothing => return Err(terminal::cancelled()),
                StillThere::OtherDevice => output::complain(OTHER_DEVICE),
                StillThere::Kind(kind) => {
                    let met = standing.map(|standing| standing.account);
                    self.take(session, kind, met, asker).await?;
                }
            }
        }
    }

    async fn standing(&self, session: &Session) -> Result<Standing, Failure> {
        let bound = self.bind().await?;
        let account = self.read(session, &bound.list()).await?;
        Ok(Standing::of(&account))
    }

    /// Takes one factor of a kind. What is wrong with it is said, and it is put aside.
    async fn take(
        &mut self,
        session: &Session,
        kind: HolderKind,
        met: Option<AccountId>,
        asker: &Asker<'_>,
    ) -> Result<(), Failure> {
        let mark = self.mark(session);
        let before = self.count();
        let failure = match self.take_one(session, kind).await {
            Ok(()) if self.count() == before => return Ok(()),
            Ok(()) => match self.check_new(session, (&mark, met), asker).await {
                Ok(()) => return Ok(()),
                // Whoever refuses may know of a newer version: that is not put aside.
                Err(failure) if !is_mistake(failure.kind) => return Err(failure),
                Err(failure) => failure,
            },
            Err(failure) if failure.kind == Kind::Cancelled => return Err(failure),
            Err(failure) => failure,
        };
        output::complain(&failure.message);
        self.put_aside(session, &mark);
        Ok(())
    }

    async fn take_one(&mut self, session: &Session, kind: HolderKind) -> Result<(), Failure> {
        match kind {
            HolderKind::Words => self.take_words(session),
            HolderKind::Provider => self.take_login(session),
            HolderKind::File => match path("The factor's file, or Enter to go back:")? {
                Some(path) => self.take_used(session, &Use::File(path)).await,
                None => Ok(()),
            },
            HolderKind::Answers => self.add_answers(session, None).await,
            HolderKind::Passkey => {
                let question = "The file of a passkey in software, or Enter for a security key:";
                let software = path(question)?.map(PasskeyAt::Software);
                let at = software.unwrap_or(PasskeyAt::Fido2(None));
                self.add_passkeys(session, &at).await
            }
            HolderKind::Guardian => match path("The file with his answer, or Enter to go back:")? {
                Some(path) => self.take_used(session, &Use::Guardian(path)).await,
                None => {
                    output::complain(ASK_A_GUARDIAN);
                    Ok(())
                }
            },
            HolderKind::Device | _ => Ok(()),
        }
    }

    fn take_words(&mut self, session: &Session) -> Result<(), Failure> {
        if let Some(path) = path("The file with the words, or Enter to type them:")? {
            let text = session.input.text(&path, "words")?;
            let words = words_file::parse(&text);
            let words = words.map_err(|error| words_file::failure(&error, session.output))?;
            self.add_words(&path.display().to_string(), words);
        } else if let Some(words) = type_words()? {
            self.add_words("typed", words);
        }
        Ok(())
    }

    fn take_login(&mut self, session: &Session) -> Result<(), Failure> {
        let own = session.provider_path(None)?;
        let question = if own.exists() {
            format!("The login's key file, or Enter for {}:", own.display())
        } else {
            "The login's key file, or Enter to go back:".to_owned()
        };
        let url = path(&question)?.map(|path| format!("local:{}", path.display()));
        if url.is_none() && !own.exists() {
            return Ok(());
        }
        let is_typed = session.global.provider_passphrase_file.is_none();
        for left in (0..TRIES).rev() {
            match self.add_login(session, url.as_deref()) {
                Err(failure) if failure.kind == Kind::WrongPassphrase && is_typed && left > 0 => {
                    output::complain(&format!("{}; tries left: {left}", failure.message));
                }
                other => return other,
            }
        }
        Ok(())
    }

    /// Holds what was just taken against the account, by itself and together with the rest.
    async fn check_new(
        &self,
        session: &Session,
        (mark, met): (&Mark, Option<AccountId>),
        asker: &Asker<'_>,
    ) -> Result<(), Failure> {
        let bound = self.bind().await?;
        let all = bound.list();
        let new = self.new_since(mark);
        if met.is_some() && !session.global.offline {
            for factor in all.get(new.clone()).unwrap_or_default() {
                check_alone(session, *factor, met).await?;
            }
        }
        let account = self.read(session, &all).await?;
        if !account.found().any(|found| new.contains(&found.factor)) {
            let message = "that is no factor of this account";
            return Err(Failure::new(Kind::NotFound, message));
        }
        if met.is_none() && !(asker.meet)(&account)? {
            let message = "then it belongs to another account, and is put aside";
            return Err(Failure::new(Kind::NotFound, message));
        }
        let standing = Standing::of(&account);
        if !standing.is_enough(asker.need) {
            standing.say();
        }
        Ok(())
    }

    /// Where in [`super::Bound::list`] that is what was taken since.
    fn new_since(&self, mark: &Mark) -> Range<usize> {
        let device = usize::from(self.device.is_some());
        let seeds = device.saturating_add(self.logins.len());
        let helped = seeds.saturating_add(self.seeds.len());
        let (start, end) = if self.logins.len() > mark.logins {
            (device.saturating_add(mark.logins), seeds)
        } else if self.seeds.len() > mark.seeds {
            (seeds.saturating_add(mark.seeds), helped)
        } else {
            (helped.saturating_add(mark.helped), self.count())
        };
        start..end
    }

    fn mark(&self, session: &Session) -> Mark {
        Mark {
            logins: self.logins.len(),
            seeds: self.seeds.len(),
            helped: self.helped.len(),
            answered: session.answered.borrow().len(),
            printed_version: self.printed_version,
        }
    }

    fn put_aside(&mut self, session: &Session, mark: &Mark) {
        self.logins.truncate(mark.logins);
        self.login_sources.truncate(mark.logins);
        self.seeds.truncate(mark.seeds);
        self.seed_sources.truncate(mark.seeds);
        self.helped.truncate(mark.helped);
        self.helped_sources.truncate(mark.helped);
        session.answered.borrow_mut().truncate(mark.answered);
        self.printed_version = mark.printed_version;
    }
}

/// A factor of one account, which is another than the one that was found, belongs to that.
async fn check_alone(
    session: &Session,
    factor: &dyn Factor,
    met: Option<AccountId>,
) -> Result<(), Failure> {
    // A login may hold several, and is asked for the right one.
    if factor.kind() == HolderKind::Provider {
        return Ok(());
    }
    let options = session.read_options(None);
    match Account::read(session.storage()?, &[factor], options).await {
        Ok(account) if Some(account.id()) != met => {
            let description = Description::of(&account, "");
            let message = format!(
                "that is of another account, whose address is {}",
                description.address()
            );
            Err(Failure::new(Kind::NotFound, message))
        }
        // Together with the others it is seen what is wrong.
        Ok(_) | Err(_) => Ok(()),
    }
}

/// What somebody gave is wrong, rather than what the storage shows.
const fn is_mistake(kind: Kind) -> bool {
    matches!(kind, Kind::NotFound | Kind::Removed)
}

/// What can be chosen, each with its line.
fn options(standing: Option<&Standing>, can_move: bool) -> Vec<(StillThere, String)> {
    let mut options = Vec::new();
    for (kind, text) in KINDS {
        match standing {
            None if kind == HolderKind::Answers => {
                let text = format!("{text}, after another one");
                options.push((StillThere::Kind(kind), text));
            }
            None => options.push((StillThere::Kind(kind), text.to_owned())),
            Some(standing) => options.extend(standing.option(kind, text)),
        }
    }
    let other = "another device of the account";
    let is_device = |(kind, _): &(HolderKind, String)| *kind == HolderKind::Device;
    if standing.is_none_or(|standing| standing.rest.iter().any(is_device)) {
        options.push((StillThere::OtherDevice, other.to_owned()));
    }
    if can_move {
        let text = "a backup, or the storage at another place";
        options.push((StillThere::Elsewhere, text.to_owned()));
    }
    options.push((StillThere::Nothing, "nothing more: stop".to_owned()));
    options
}

/// The one kind that there is to ask for.
fn only_kind(options: &[(StillThere, String)]) -> Option<HolderKind> {
    let mut kinds = options.iter().filter_map(|(choice, _)| match choice {
        StillThere::Kind(kind) => Some(*kind),
        StillThere::Elsewhere | StillThere::Nothing | StillThere::OtherDevice => None,
    });
    let first = kinds.next();
    first.filter(|_| kinds.next().is_none())
}

fn choose(
    standing: Option<&Standing>,
    options: &[(StillThere, String)],
) -> Result<StillThere, Failure> {
    let lines: Vec<String> = options.iter().map(|(_, line)| line.clone()).collect();
    let choice = Choice {
        question: match standing {
            None => "What do you still have?",
            Some(_) => "What else do you have?",
        },
        options: &lines,
        instead: "name it: --use words:FILE --use provider",
    };
    let chosen = options.get(choice.one()?);
    Ok(chosen.map_or(StillThere::Nothing, |(chosen, _)| *chosen))
}

/// A path that somebody types; none for Enter alone.
fn path(question: &str) -> Result<Option<PathBuf>, Failure> {
    let typed = asking::ask(question)?;
    Ok((!typed.is_empty()).then(|| PathBuf::from(typed)))
}

/// Asks for words until they fit together; none for Enter alone.
fn type_words() -> Result<Option<(SeedFactor<'static>, Option<u64>)>, Failure> {
    for left in (0..TRIES).rev() {
        let text = secret_input::prompt("the 24 words (not shown)")?;
        if text.trim().is_empty() {
            return Ok(None);
        }
        match words_file::parse(&text) {
            Ok(words) => return Ok(Some(words)),
            Err(error) => {
                let hint = words_file::hint(&error);
                output::complain(&format!("{hint}; tries left: {left}"));
            }
        }
    }
    let message = "the words do not fit together";
    Err(Failure::new(Kind::WrongWords, message))
}

const OTHER_DEVICE: &str = "\
    The other device lets this machine in, and nothing else is needed for that:\n  \
    here   tki device request\n  \
    there  tki device approve FILE\n\
    Or go on with what you have here.";

const ASK_A_GUARDIAN: &str = "\
    He has to be asked first: tki guardian ask makes the request that he answers.\n\
    With his answer, run this again.";

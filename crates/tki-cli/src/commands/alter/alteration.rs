//! What a command asks to change.

use std::path::Path;

use tki::engine::{rearranged, without};
use tki::math::Identifier;
use tki::metadata::{Arrangement, Core, Holder, HolderKind, Membership, Step};
use tki::{Account, HolderName};

use crate::args::{
    AddFactor, AnswerOptions, Global, New, RemoveFactor, RenameFactor, Renew, ReplaceFactor,
    Rotate, SetStructure, SetThreshold,
};
use crate::asking;
use crate::change::{self, Wish};
use crate::error::{Failure, Kind};
use crate::moving::{Move, Moving};
use crate::new_factors::options;
use crate::output;
use crate::session::Session;
use crate::structure;

/// What is to change.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Alteration<'a> {
    Add(&'a AddFactor),
    Refresh,
    Remove(&'a RemoveFactor),
    Rename(&'a RenameFactor),
    Renew(&'a Renew),
    Replace(&'a ReplaceFactor),
    Rotate(&'a Rotate),
    Structure(&'a SetStructure),
    Threshold(&'a SetThreshold),
}

/// The factor that has to be made.
#[derive(Clone, Debug)]
pub(crate) struct Newcomer {
    pub(crate) new: New,
    pub(crate) label: String,
}

impl<'a> Alteration<'a> {
    /// What can be refused before anything is asked or read.
    pub(crate) fn check(self, global: &Global) -> Result<(), Failure> {
        if self.wanted().is_some_and(|(new, _)| new == New::Device) {
            return Err(Failure::usage("a device adds itself").next(
                "on the other machine: tki device request; or, with enough factors there: \
                 tki recover --storage URL",
            ));
        }
        match (self, self.wanted()) {
            (_, Some((new, answers))) => options::check(global, &[new], answers),
            // Of its kind, which is not known yet: a file perhaps, but never answers.
            (Self::Replace(arguments), None) => {
                options::check_answers(global, &[], arguments.answers)
            }
            (_, None) => Ok(()),
        }
    }

    /// What it makes for certain, and how answers of it are to open.
    pub(crate) fn wanted(self) -> Option<(New, AnswerOptions)> {
        match self {
            Self::Add(arguments) => Some((arguments.wanted(), arguments.answers)),
            Self::Replace(arguments) => Some((arguments.wanted()?, arguments.answers)),
            Self::Refresh
            | Self::Remove(_)
            | Self::Rename(_)
            | Self::Renew(_)
            | Self::Rotate(_)
            | Self::Structure(_)
            | Self::Threshold(_) => None,
        }
    }

    /// Whether new words on the terminal are drawn as a code too.
    pub(crate) const fn draws_codes(self) -> bool {
        match self {
            Self::Add(arguments) => arguments.recovery.qr,
            Self::Renew(arguments) => arguments.recovery.qr,
            Self::Replace(arguments) => arguments.recovery.qr,
            Self::Refresh
            | Self::Remove(_)
            | Self::Rename(_)
            | Self::Rotate(_)
            | Self::Structure(_)
            | Self::Threshold(_) => false,
        }
    }

    /// The file that new words are to go to.
    pub(crate) fn recovery_file(self) -> Option<&'a Path> {
        match self {
            Self::Add(arguments) => arguments.new.file().or(arguments.recovery.file.as_deref()),
            Self::Renew(arguments) => arguments.recovery.file.as_deref(),
            Self::Replace(arguments) => {
                let named = arguments.with.as_ref().and_then(New::file);
                named.or(arguments.recovery.file.as_deref())
            }
            Self::Refresh
            | Self::Remove(_)
            | Self::Rename(_)
            | Self::Rotate(_)
            | Self::Structure(_)
            | Self::Threshold(_) => None,
        }
    }

    /// Whether `--provider` names the login that is to be added, and not one that is at hand. In
    /// place of a factor of which nothing is known yet it does if there is none there.
    pub(crate) fn names_a_new_provider(self, session: &Session) -> Result<bool, Failure> {
        match self {
            Self::Add(arguments) => Ok(arguments.new == New::Provider(None)),
            Self::Replace(arguments) => match &arguments.with {
                Some(new) => Ok(*new == New::Provider(None)),
                None => Ok(!session.provider_path(None)?.exists()),
            },
            Self::Refresh
            | Self::Remove(_)
            | Self::Rename(_)
            | Self::Renew(_)
            | Self::Rotate(_)
            | Self::Structure(_)
            | Self::Threshold(_) => Ok(false),
        }
    }

    /// Whether these steps, which a device wrote down, are this change; `names` are the factors after
    /// it.
    pub(crate) fn is(self, steps: &[Step], names: &[HolderName]) -> bool {
        match (self, steps) {
            (Self::Structure(arguments), [Step::SetStructure { arrangement }]) => {
                structure::read(&arguments.text, names).is_ok_and(|wanted| wanted == *arrangement)
            }
            (Self::Structure(_), _) => false,
            // What is added in its place depends on what was there.
            (Self::Replace(arguments), [Step::Add { .. }, Step::Remove { identifier }]) => {
                *identifier == arguments.identifier
            }
            (Self::Replace(_), _) => false,
            // Who is renewed depends on who was at hand.
            (Self::Renew(arguments), _) => renews(steps, &arguments.identifiers),
            (Self::Add(_), _) => self
                .newcomer(None, None)
                .is_ok_and(|newcomer| self.steps(newcomer.as_ref()) == steps),
            (
                Self::Refresh
                | Self::Remove(_)
                | Self::Rename(_)
                | Self::Rotate(_)
                | Self::Threshold(_),
                _,
            ) => self.steps(None) == steps,
        }
    }

    /// Whether a change that is done is this one by the key that it names, if it names one.
    pub(crate) fn is_about(self, moved: Option<&Move>) -> bool {
        if let Self::Rotate(arguments) = self {
            Moving::is_about(arguments, moved)
        } else {
            true
        }
    }

    /// What the device writes down, and by which it knows the operation again.
    pub(crate) fn steps(self, newcomer: Option<&Newcomer>) -> Vec<Step> {
        let add = newcomer.map(|newcomer| change::add_step(newcomer.new.kind(), &newcomer.label));
        let others = self.wish().steps();
        add.into_iter().chain(others).collect()
    }

    /// The change, but for what has to be made for it.
    pub(crate) fn wish<'f>(self) -> Wish<'f>
    where
        'a: 'f,
    {
        let mut wish = Wish::default();
        match self {
            // What is set depends on the names of the factors.
            Self::Add(_) | Self::Renew(_) | Self::Structure(_) => {}
            Self::Rename(arguments) => {
                wish.rename = Some((arguments.identifier, &arguments.label));
            }
            Self::Refresh => wish.refresh = true,
            Self::Remove(arguments) => wish.remove = Some(arguments.identifier),
            Self::Replace(arguments) => wish.remove = Some(arguments.identifier),
            Self::Rotate(arguments) => wish.moving = Some(Moving::asked_for(arguments)),
            Self::Threshold(arguments) => wish.threshold = Some(arguments.threshold),
        }
        wish
    }

    /// The factor that has to be made. A replacement is like the one that it replaces, which the
    /// account shows.
    pub(crate) fn newcomer(
        self,
        account: Option<&Account<'_>>,
        new_provider: Option<&str>,
    ) -> Result<Option<Newcomer>, Failure> {
        match self {
            Self::Refresh
            | Self::Remove(_)
            | Self::Rename(_)
            | Self::Renew(_)
            | Self::Rotate(_)
            | Self::Structure(_)
            | Self::Threshold(_) => Ok(None),
            Self::Add(arguments) => {
                let new = arguments.wanted().at_login(new_provider);
                let label = arguments.label.clone();
                let label = label.unwrap_or_else(|| new.usual_label());
                Ok(Some(Newcomer { new, label }))
            }
            Self::Replace(arguments) => {
                let holder = account.and_then(|a| a.core().holder(arguments.identifier));
                let newcomer = Newcomer::like(arguments, holder)?;
                let new = newcomer.new.at_login(new_provider);
                Ok(Some(Newcomer { new, ..newcomer }))
            }
        }
    }

    /// Whether the account is already as asked: identifiers are never given out twice, so one that
    /// was given out and is not there was removed.
    pub(crate) fn is_done(self, account: &Account<'_>) -> bool {
        let core = account.core();
        match self {
            Self::Structure(_) => {
                let wanted = self.arrangement(core);
                wanted.is_ok_and(|wanted| {
                    wanted.is_some_and(|wanted| structure::is_arranged(core, &wanted))
                })
            }
            Self::Threshold(arguments) => structure::plain(core) == Some(arguments.threshold),
            Self::Remove(RemoveFactor { identifier: x, .. }) => {
                core.holder(*x).is_none() && *x < core.next_identifier
            }
            Self::Rename(arguments) => core
                .holder(arguments.identifier)
                .is_some_and(|holder| holder.label == arguments.label),
            // A second key is not made beside one that is being moved to.
            Self::Rotate(arguments) => {
                Moving::asked_for(arguments) == Moving::Begin
                    && account.next_verifying_key().is_some()
            }
            Self::Add(_) | Self::Refresh | Self::Renew(_) | Self::Replace(_) => false,
        }
    }

    /// The structure that is asked for, over the factors that there are.
    pub(crate) fn arrangement(self, core: &Core) -> Result<Option<Arrangement>, Failure> {
        match self {
            Self::Structure(arguments) => {
                structure::read(&arguments.text, &structure::names(core)).map(Some)
            }
            Self::Threshold(arguments) => {
                Ok(structure::threshold_of_all(core, arguments.threshold))
            }
            Self::Add(_)
            | Self::Refresh
            | Self::Remove(_)
            | Self::Rename(_)
            | Self::Renew(_)
            | Self::Replace(_)
            | Self::Rotate(_) => Ok(None),
        }
    }

    /// Asks before somebody is shut out, or others suffice. Where nobody can be asked, a change of who
    /// suffices takes the option for it, and so does a removal after which nothing can be lost.
    pub(crate) fn confirm(
        self,
        session: &Session,
        account: &Account<'_>,
        (own, known): (Option<Identifier>, Option<&Membership>),
    ) -> Result<(), Failure> {
        let core = account.core();
        if let (
            Self::Structure(SetStructure { yes, .. }) | Self::Threshold(SetThreshold { yes, .. }),
            Some(wanted),
        ) = (self, self.arrangement(core)?)
        {
            // What is wrong with it, the change itself says.
            return match rearranged(core, &wanted) {
                Ok(after) => structure::confirm(session, (core, own), &after, *yes),
                Err(_) => Ok(()),
            };
        }
        let (what, identifier) = match self {
            Self::Remove(arguments) => ("Remove", arguments.identifier),
            Self::Replace(arguments) => ("Replace", arguments.identifier),
            Self::Rotate(arguments) => {
                return Moving::asked_for(arguments).confirm(account, known, arguments);
            }
            Self::Add(_)
            | Self::Refresh
            | Self::Rename(_)
            | Self::Renew(_)
            | Self::Structure(_)
            | Self::Threshold(_) => return Ok(()),
        };
        let Some(holder) = account.core().holder(identifier) else {
            return Ok(());
        };
        if let Self::Remove(arguments) = self {
            if let Ok(after) = without(core, identifier)
                && structure::is_tighter(core, &after)
            {
                structure::compare(session, (core, own), &after);
                if !arguments.yes && !output::is_interactive() {
                    return Err(structure::unasked());
                }
            }
            if arguments.yes {
                return Ok(());
            }
        }
        if !output::is_interactive() {
            return Ok(());
        }
        let label = match holder.label.as_str() {
            "" => String::new(),
            label => format!(" ({label})"),
        };
        let own = if own == Some(identifier) {
            ", which is this very machine"
        } else {
            ""
        };
        let question = format!("{what} factor {identifier}, {}{label}{own}?", holder.kind);
        if asking::confirm(&question)? {
            return Ok(());
        }
        Err(Failure::new(Kind::InvalidChange, "nothing was changed"))
    }
}

/// Whether these steps renew factors: these, or if none are named whichever.
fn renews(steps: &[Step], identifiers: &[Identifier]) -> bool {
    let is_renewal = |step: &Step| {
        matches!(step, Step::Renew { identifier }
            if identifiers.is_empty() || identifiers.contains(identifier))
    };
    !steps.is_empty()
        && (identifiers.is_empty() || identifiers.len() == steps.len())
        && steps.iter().all(is_renewal)
}

impl Newcomer {
    fn like(arguments: &ReplaceFactor, holder: Option<&Holder>) -> Result<Self, Failure> {
        let identifier = arguments.identifier;
        let holder = holder.ok_or_else(|| {
            let message = format!("no factor has the identifier {identifier}");
            Failure::new(Kind::InvalidChange, message).next("tki factor list shows them")
        })?;
        if holder.kind == HolderKind::Device {
            let next = format!("on the new device: tki recover --replace {identifier}");
            return Err(Failure::usage("a device is replaced by itself").next(next));
        }
        if let Some(new) = arguments.wanted() {
            let label = if new.kind() == holder.kind {
                holder.label.clone()
            } else {
                new.usual_label()
            };
            return Ok(Self { new, label });
        }
        let file = arguments.recovery.file.as_deref();
        let new = New::of_kind(holder.kind, file).ok_or_else(|| {
            let message = format!("a {} is not made anew by itself", holder.kind);
            let next = format!("tki factor replace {identifier} --with KIND:SOURCE");
            Failure::usage(message).next(next)
        })?;
        let label = holder.label.clone();
        Ok(Self { new, label })
    }
}

impl ReplaceFactor {
    /// What takes its place, if that is said.
    fn wanted(&self) -> Option<New> {
        let file = self.recovery.file.as_deref();
        Some(self.with.clone()?.with_recovery_file(file))
    }
}

impl AddFactor {
    /// What to add, with the option for words taken in.
    pub(crate) fn wanted(&self) -> New {
        let file = self.recovery.file.as_deref();
        self.new.clone().with_recovery_file(file)
    }
}

//! Factors that a command makes, for a new account or for one that it opened.
//!
//! Each is written as it is used: `KIND[:SOURCE]`, see [`crate::args::New`].

use alloc::collections::VecDeque;
use std::path::Path;

use tki::metadata::{HolderKind, Step};
use tki::passkey::CredentialId;
use tki::provider::LocalProvider;
use tki::{Device, Factor, ProviderFactor, SeedFactor};

use crate::args::New;
use crate::delivery::{Delivery, Form, Handout};
use crate::error::{Failure, Kind};
use crate::factor_files::FileForm;
use crate::factors;
use crate::machine;
use crate::session::{Purpose, Session};

pub(crate) mod answers;
pub(crate) mod options;
mod passkey;

use answers::NewAnswers;

/// What the factors of one command are made with.
pub(crate) struct Maker<'a> {
    session: &'a Session,
    device: Option<&'a Device<'a>>,
    /// Seeds of the first attempt of the same operation, if it did not happen.
    known: Vec<Known<'a>>,
    /// Answers that were read for this command.
    answers: VecDeque<NewAnswers>,
    /// What the passkeys are made on, as far as it is open.
    authenticators: passkey::Authenticators,
    /// The credentials of the account's other passkeys.
    credentials: Vec<CredentialId>,
    /// Words on the terminal are also drawn as a code.
    with_codes: bool,
}

/// A seed of an attempt that did not happen: what was written down already stays right.
type Known<'a> = &'a tki::metadata::PendingSeed;

/// A factor that was made.
pub(crate) enum Made {
    Login(NewLogin),
    Seed(NewSeed),
}

/// A login that is to be a factor.
pub(crate) struct NewLogin {
    provider: LocalProvider,
    label: String,
}

/// A factor whose seed is at hand, and perhaps its owner's to keep.
pub(crate) struct NewSeed {
    pub(crate) factor: SeedFactor<'static>,
    /// How it reaches its owner, and as what.
    handed: Option<(Delivery, Form)>,
}

/// Made factors as the engine takes them.
pub(crate) enum Joining<'m> {
    Login(Box<ProviderFactor<'m>>),
    Seed(&'m SeedFactor<'static>),
}

impl<'a> Maker<'a> {
    /// For an operation that is written down as these steps.
    pub(crate) fn new(
        session: &'a Session,
        device: Option<&'a Device<'a>>,
        steps: &[Step],
    ) -> Self {
        let pending = device.and_then(Device::pending);
        let same = pending.filter(|pending| pending.steps == steps);
        let known = same.map_or_else(Vec::new, |pending| pending.seeds.iter().collect());
        Self {
            session,
            device,
            known,
            answers: VecDeque::new(),
            authenticators: passkey::Authenticators::default(),
            credentials: Vec::new(),
            with_codes: false,
        }
    }

    /// The same, with words on the terminal also drawn as a code.
    pub(crate) fn with_codes(mut self, with_codes: bool) -> Self {
        self.with_codes = with_codes;
        self
    }

    /// The same beside passkeys that the account has already.
    pub(crate) fn beside_passkeys(mut self, credentials: Vec<CredentialId>) -> Self {
        self.credentials = credentials;
        self
    }

    /// The same with the answers of its factors, in their order.
    pub(crate) fn with_answers(mut self, answers: Vec<NewAnswers>) -> Self {
        self.answers = answers.into();
        self
    }

    /// Makes a factor. A device makes itself.
    pub(crate) async fn make(&mut self, new: &New, label: &str) -> Result<Option<Made>, Failure> {
        match new {
            New::Answers(_) => {
                let answers = self.answers.pop_front();
                let answers = answers.ok_or_else(|| {
                    Failure::new(
                        Kind::Internal,
                        "answers were to be read before they are used",
                    )
                })?;
                Ok(Some(Made::Seed(NewSeed {
                    factor: answers.make(self.session, label).await?,
                    handed: None,
                })))
            }
            New::Device => Ok(None),
            New::Passkey(at) => {
                let factor = self.passkey(at, label).await?;
                Ok(Some(Made::Seed(NewSeed {
                    factor,
                    handed: None,
                })))
            }
            New::Provider(url) => {
                let provider = self.session.provider(url.as_deref(), Purpose::Create)?;
                Ok(Some(Made::Login(NewLogin {
                    provider,
                    label: label.into(),
                })))
            }
            New::Words(_) => {
                let factor = self.seed(HolderKind::Words, label)?;
                let form = Form::Words {
                    with_code: self.with_codes,
                };
                self.kept_by_owner(new, factor, form).map(Some)
            }
            New::File(_) => {
                let factor = self.seed(HolderKind::File, label)?;
                let form = Form::File(FileForm::choose(self.session)?);
                self.kept_by_owner(new, factor, form).map(Some)
            }
        }
    }

    /// A factor with the next known seed of this kind, else with a new one.
    fn seed(&mut self, kind: HolderKind, label: &str) -> Result<SeedFactor<'static>, Failure> {
        let position = self.known.iter().position(|known| known.kind == kind);
        match position.map(|position| self.known.remove(position)) {
            Some(known) => Ok(SeedFactor::new(kind, label, known.seed.clone())),
            None => Ok(SeedFactor::generate(kind, label, &mut machine::random()?)),
        }
    }

    fn kept_by_owner(
        &self,
        new: &New,
        factor: SeedFactor<'static>,
        form: Form,
    ) -> Result<Made, Failure> {
        let delivery = new.delivery(self.device)?;
        let handed = delivery.map(|delivery| (delivery, form));
        Ok(Made::Seed(NewSeed { factor, handed }))
    }
}

impl New {
    /// What it becomes in an account.
    pub(crate) const fn kind(&self) -> HolderKind {
        match self {
            Self::Answers(_) => HolderKind::Answers,
            Self::Device => HolderKind::Device,
            Self::Passkey(_) => HolderKind::Passkey,
            Self::File(_) => HolderKind::File,
            Self::Provider(_) => HolderKind::Provider,
            Self::Words(_) => HolderKind::Words,
        }
    }

    /// One of this kind, if it needs no more than a file to go to.
    pub(crate) fn of_kind(kind: HolderKind, file: Option<&Path>) -> Option<Self> {
        if kind == HolderKind::Provider {
            return Some(Self::Provider(None));
        }
        let file = file.map(Path::to_path_buf);
        if kind == HolderKind::File {
            return file.map(Self::File);
        }
        (kind == HolderKind::Words).then_some(Self::Words(file))
    }

    /// A login that says nothing of its place is at this one.
    pub(crate) fn at_login(self, url: Option<&str>) -> Self {
        if self == Self::Provider(None) {
            return Self::Provider(url.map(str::to_owned));
        }
        self
    }

    /// Words that say nothing of their file go to this one.
    pub(crate) fn with_recovery_file(self, file: Option<&Path>) -> Self {
        if self == Self::Words(None) {
            return Self::Words(file.map(Path::to_path_buf));
        }
        self
    }

    /// The new file that belongs to it.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::File(file) => Some(file),
            Self::Words(file) => file.as_deref(),
            Self::Answers(_) | Self::Device | Self::Passkey(_) | Self::Provider(_) => None,
        }
    }

    /// What it is called if nobody says otherwise. Several logins are told apart by their files.
    pub(crate) fn usual_label(&self) -> String {
        match self {
            Self::Provider(Some(url)) => {
                let path = Path::new(url.strip_prefix("local:").unwrap_or(url));
                let stem = path.file_stem().and_then(|stem| stem.to_str());
                stem.unwrap_or(factors::PROVIDER_LABEL).into()
            }
            Self::Provider(None) => factors::PROVIDER_LABEL.into(),
            Self::Passkey(at) => passkey::usual_label(at),
            Self::Answers(_) | Self::Device | Self::File(_) | Self::Words(_) => String::new(),
        }
    }

    /// Where what its owner keeps goes to, if there is anything: refused before anything is made or
    /// asked for.
    pub(crate) fn delivery(
        &self,
        device: Option<&Device<'_>>,
    ) -> Result<Option<Delivery>, Failure> {
        match self {
            Self::Answers(_) | Self::Device | Self::Passkey(_) | Self::Provider(_) => Ok(None),
            Self::File(file) => Delivery::to_new(file, "file:FILE", device).map(Some),
            Self::Words(file) => Delivery::choose(file.as_deref(), device).map(Some),
        }
    }
}

impl Made {
    /// As the engine takes it.
    pub(crate) async fn joining(&self) -> Result<Joining<'_>, Failure> {
        match self {
            Self::Login(login) => {
                let factor = factors::connect(&login.provider, &login.label).await?;
                Ok(Joining::Login(Box::new(factor)))
            }
            Self::Seed(seed) => Ok(Joining::Seed(&seed.factor)),
        }
    }

    /// What its owner is given.
    pub(crate) fn handout(&self) -> Option<Handout<'_>> {
        match self {
            Self::Login(_) => None,
            Self::Seed(seed) => seed.handout(),
        }
    }
}

impl NewSeed {
    pub(crate) fn handout(&self) -> Option<Handout<'_>> {
        let (delivery, form) = self.handed.as_ref()?;
        Some(Handout {
            factor: &self.factor,
            delivery,
            form,
        })
    }
}

impl Joining<'_> {
    pub(crate) fn factor(&self) -> &dyn Factor {
        match self {
            Self::Login(login) => login.as_ref(),
            Self::Seed(seed) => *seed,
        }
    }
}

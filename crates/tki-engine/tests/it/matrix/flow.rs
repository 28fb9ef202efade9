//! What owners do, and one removed holder.

use tki_engine::{Account, Device, Error, Factor, Freshness};
use tki_math::Identifier;
use tki_metadata::Core;
use tki_record::Address;
use tki_seal::curve::CurveId;
use tki_seal::signature::{Input, Scheme, verify};
use tki_storage::Storage;

use super::stage::{LAPTOP, Stage, WORDS};
use crate::owner::{Ask, Desk};
use crate::support::{login, open, read};

/// The columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// A new device, a new login and new words.
    Create,
    /// A new device and new words, with the login of the account.
    CreateAgain,
    /// With the laptop alone.
    Read,
    /// With the words alone: there is no witness.
    ReadWords,
    /// Laptop and words.
    Open,
    /// Login and words, on a machine that knows nothing.
    OpenFresh,
    /// Laptop and words.
    OpenOffline,
    /// Laptop and login.
    Sign,
    /// Laptop and words add words.
    Add,
    /// Laptop and login remove the words.
    Remove,
    /// Laptop and words.
    Refresh,
    /// Laptop and words ask for three.
    Threshold,
    /// A new machine, with login and words, takes the laptop's place.
    Recover,
    /// An addition again whose end was not seen, and which happened.
    Finish,
    /// The same, but it did not happen.
    Repeat,
    /// The laptop as it was before the phone was removed, and words.
    CatchUp,
    /// The phone, which was removed, and the words of its former owner.
    Removed,
}

/// The mailboxes that a behaviour can aim at.
pub(super) struct Targets {
    /// Of the first factor at hand.
    pub(super) first: Address,
    /// Of the second factor at hand, if there is one.
    pub(super) second: Option<Address>,
    /// Of a holder that is not at hand.
    pub(super) absent: Option<Address>,
}

impl Flow {
    pub(super) const ALL: &'static [Self] = &[
        Self::Create,
        Self::CreateAgain,
        Self::Read,
        Self::ReadWords,
        Self::Open,
        Self::OpenFresh,
        Self::OpenOffline,
        Self::Sign,
        Self::Add,
        Self::Remove,
        Self::Refresh,
        Self::Threshold,
        Self::Recover,
        Self::Finish,
        Self::Repeat,
        Self::CatchUp,
        Self::Removed,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::CreateAgain => "create again",
            Self::Read => "read",
            Self::ReadWords => "read, words only",
            Self::Open => "open",
            Self::OpenFresh => "open, fresh",
            Self::OpenOffline => "open, offline",
            Self::Sign => "sign",
            Self::Add => "add",
            Self::Remove => "remove",
            Self::Refresh => "refresh",
            Self::Threshold => "threshold",
            Self::Recover => "recover",
            Self::Finish => "finish",
            Self::Repeat => "repeat",
            Self::CatchUp => "catch up",
            Self::Removed => "removed",
        }
    }

    /// Whether it writes to an account.
    pub(super) const fn commits(self) -> bool {
        matches!(
            self,
            Self::Create
                | Self::Add
                | Self::Remove
                | Self::Refresh
                | Self::Threshold
                | Self::Recover
                | Self::Repeat
        )
    }

    /// Whether it has two factors at hand that are holders.
    pub(super) const fn has_second(self) -> bool {
        !matches!(
            self,
            Self::Create | Self::CreateAgain | Self::Read | Self::ReadWords
        )
    }

    pub(super) async fn targets(self, stage: &Stage) -> Targets {
        let laptop = stage.laptop_seed_only().address(0);
        let words = stage.person.words.address(0);
        let login = login(&stage.person.provider).await.address(0);
        let phone = Device::load(&stage.phone).unwrap().unwrap();
        let phone = phone.factor("").address(0);
        let (first, second, absent) = match self {
            Self::Create => (
                crate::support::login(&stage.new_login).await.address(0),
                None,
                None,
            ),
            Self::CreateAgain => (login, None, Some(laptop)),
            Self::Read => (laptop, None, Some(login)),
            Self::ReadWords => (words, None, Some(login)),
            Self::OpenFresh | Self::Recover => (login, Some(words), Some(laptop)),
            Self::Sign | Self::Remove => (laptop, Some(login), Some(words)),
            Self::Removed => (phone, Some(words), Some(laptop)),
            Self::Open
            | Self::OpenOffline
            | Self::Add
            | Self::Refresh
            | Self::Threshold
            | Self::Finish
            | Self::Repeat
            | Self::CatchUp => (laptop, Some(words), Some(login)),
        };
        Targets {
            first,
            second,
            absent,
        }
    }

    /// What the owner asks for.
    pub(super) fn ask(self) -> Ask {
        let mut ask = Ask::default();
        match self {
            Self::Add | Self::Finish | Self::Repeat => ask.words = Some("more".into()),
            Self::Remove => ask.remove = Identifier::new(WORDS).ok(),
            Self::Refresh => ask.refresh = true,
            Self::Threshold => ask.threshold = Some(3),
            Self::Recover => {
                ask.device = Some("tablet".into());
                ask.remove = Identifier::new(LAPTOP).ok();
            }
            Self::Create
            | Self::CreateAgain
            | Self::Read
            | Self::ReadWords
            | Self::Open
            | Self::OpenFresh
            | Self::OpenOffline
            | Self::Sign
            | Self::CatchUp
            | Self::Removed => {}
        }
        ask
    }

    /// Whether the account is what it is to be after the flow, once and not twice.
    pub(super) fn is_done(self, core: &Core, before: &Core) -> bool {
        let labelled = |label: &str| core.holders.iter().filter(|h| h.label == label).count();
        let holds = |x: u128| core.holder(Identifier::new(x).unwrap()).is_some();
        match self {
            Self::Add | Self::Finish | Self::Repeat => labelled("more") == 1,
            Self::Remove => !holds(WORDS),
            Self::Refresh => core.epoch > before.epoch,
            Self::Threshold => core.structure.threshold().get() == 3,
            Self::Recover => labelled("tablet") == 1 && !holds(LAPTOP),
            Self::Create
            | Self::CreateAgain
            | Self::Read
            | Self::ReadWords
            | Self::Open
            | Self::OpenFresh
            | Self::OpenOffline
            | Self::Sign
            | Self::CatchUp
            | Self::Removed => core.version == before.version,
        }
    }

    /// Does it, and says how fresh what it saw is known to be.
    pub(super) async fn run(
        self,
        stage: &mut Stage,
        storage: &dyn Storage,
    ) -> Result<Freshness, Error> {
        match self {
            Self::Create | Self::CreateAgain => self.create(stage, storage).await,
            Self::Add
            | Self::Remove
            | Self::Refresh
            | Self::Threshold
            | Self::Recover
            | Self::Finish
            | Self::Repeat => self.change(stage, storage).await,
            Self::Read
            | Self::ReadWords
            | Self::Open
            | Self::OpenFresh
            | Self::OpenOffline
            | Self::Sign
            | Self::CatchUp
            | Self::Removed => self.look(stage, storage).await,
        }
    }

    async fn create(self, stage: &mut Stage, storage: &dyn Storage) -> Result<Freshness, Error> {
        let provider = match self {
            Self::CreateAgain => &stage.person.provider,
            _ => &stage.new_login,
        };
        let login = login(provider).await;
        let mut desk = Desk {
            store: &stage.desk,
            sheets: &mut stage.sheets,
        };
        let curve = CurveId::Secp256k1;
        desk.create(storage, curve, &login, &mut stage.rng).await?;
        Ok(Freshness::Verified)
    }

    async fn change(self, stage: &mut Stage, storage: &dyn Storage) -> Result<Freshness, Error> {
        let login = login(&stage.person.provider).await;
        let store = match self {
            Self::Recover => &stage.desk,
            _ => &stage.person.store,
        };
        let mut desk = Desk {
            store,
            sheets: &mut stage.sheets,
        };
        let words: &dyn Factor = &stage.person.words;
        let hand: &[&dyn Factor] = match self {
            Self::Remove => &[&login],
            Self::Recover => &[&login, words],
            _ => &[words],
        };
        desk.change(storage, hand, &self.ask(), &mut stage.rng)
            .await?;
        Ok(Freshness::Verified)
    }

    async fn look(self, stage: &mut Stage, storage: &dyn Storage) -> Result<Freshness, Error> {
        let device = Device::load(match self {
            Self::CatchUp => &stage.sleeping,
            Self::Removed => &stage.phone,
            _ => &stage.person.store,
        })?;
        let device = device.unwrap();
        let factor = device.factor("");
        let login = login(&stage.person.provider).await;
        let words: &dyn Factor = &stage.person.words;
        let opened = match self {
            Self::Read => return Ok(read(storage, &[&factor]).await?.freshness()),
            Self::ReadWords => return Ok(read(storage, &[words]).await?.freshness()),
            Self::OpenOffline => Account::read_offline(&[&factor, words]).await?.open()?,
            Self::OpenFresh => open(storage, &[&login, words]).await?,
            Self::Sign => open(storage, &[&factor, &login]).await?,
            _ => open(storage, &[&factor, words]).await?,
        };
        assert_eq!(opened.account().verifying_key(), stage.key);
        match self {
            Self::Sign => {
                let input = || Input::Message(b"matrix");
                let signature = opened.sign(Scheme::Bip340, input())?;
                verify(Scheme::Bip340, &stage.key, input(), &signature.to_bytes()).unwrap();
            }
            Self::CatchUp => {
                device
                    .catch_up(storage, opened.account(), &mut stage.rng)
                    .await?;
            }
            _ => {}
        }
        Ok(opened.account().freshness())
    }

    /// What has to have been there before a behaviour begins.
    pub(super) async fn prepare(self, stage: &mut Stage) {
        match self {
            Self::Finish | Self::Repeat => stage.interrupt(self == Self::Finish).await,
            _ => {}
        }
    }
}

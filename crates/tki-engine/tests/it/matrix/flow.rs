//! What owners do, and one removed holder.

use tki_engine::{Account, Device, Error, ErrorKind, Factor, Freshness, Plan};
use tki_formats::PrivateKey;
use tki_math::Identifier;
use tki_metadata::Core;
use tki_record::Address;
use tki_seal::curve::CurveId;
use tki_seal::signature::{Input, Scheme, verify};
use tki_storage::{MemoryStorage, Storage};

use super::stage::{LAPTOP, LOGIN, Stage, WORDS};
use crate::owner::{Ask, Desk};
use crate::support::{NOW, login, open, read};

/// The columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// A new device, a new login and new words.
    Create,
    /// The same, with a key that exists already.
    Import,
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
    /// Laptop and words.
    Export,
    /// Laptop and words add words.
    Add,
    /// Laptop and login remove the words.
    Remove,
    /// Laptop and words.
    Refresh,
    /// Laptop and words ask for three.
    Threshold,
    /// Laptop and words give the login another name.
    Rename,
    /// Laptop and login give the words another seed.
    Renew,
    /// Laptop and words give the laptop another seed.
    RenewItself,
    /// A new machine, with login and words, takes the laptop's place.
    Recover,
    /// An addition again whose end was not seen, and which happened.
    Finish,
    /// The same, but it did not happen.
    Repeat,
    /// The laptop as it was before the phone was removed, and words.
    CatchUp,
    /// The laptop alone copies the records.
    BackUp,
    /// Copies of the records of this version are put back.
    Restore,
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
        Self::Import,
        Self::CreateAgain,
        Self::Read,
        Self::ReadWords,
        Self::Open,
        Self::OpenFresh,
        Self::OpenOffline,
        Self::Sign,
        Self::Export,
        Self::Add,
        Self::Remove,
        Self::Refresh,
        Self::Threshold,
        Self::Rename,
        Self::Renew,
        Self::RenewItself,
        Self::Recover,
        Self::Finish,
        Self::Repeat,
        Self::CatchUp,
        Self::BackUp,
        Self::Restore,
        Self::Removed,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Import => "import",
            Self::CreateAgain => "create again",
            Self::Read => "read",
            Self::ReadWords => "read, words only",
            Self::Open => "open",
            Self::OpenFresh => "open, fresh",
            Self::OpenOffline => "open, offline",
            Self::Sign => "sign",
            Self::Export => "export",
            Self::Add => "add",
            Self::Remove => "remove",
            Self::Refresh => "refresh",
            Self::Threshold => "threshold",
            Self::Rename => "rename",
            Self::Renew => "renew",
            Self::RenewItself => "renew itself",
            Self::Recover => "recover",
            Self::Finish => "finish",
            Self::Repeat => "repeat",
            Self::CatchUp => "catch up",
            Self::BackUp => "back up",
            Self::Restore => "restore",
            Self::Removed => "removed",
        }
    }

    /// Whether it makes an account of its own.
    pub(super) const fn makes_account(self) -> bool {
        matches!(self, Self::Create | Self::Import)
    }

    /// Whether it writes records.
    pub(super) const fn writes(self) -> bool {
        self.commits() || matches!(self, Self::Restore)
    }

    /// Whether it makes a version of an account.
    pub(super) const fn commits(self) -> bool {
        matches!(
            self,
            Self::Create
                | Self::Import
                | Self::Rename
                | Self::Renew
                | Self::RenewItself
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
            Self::Create
                | Self::Import
                | Self::CreateAgain
                | Self::Read
                | Self::ReadWords
                | Self::BackUp
        )
    }

    pub(super) async fn targets(self, stage: &Stage) -> Targets {
        let laptop = stage.laptop_seed_only().address(0);
        let words = stage.person.words.address(0);
        let login = login(&stage.person.provider).await.address(0);
        let phone = Device::load(&stage.phone).unwrap().unwrap();
        let phone = phone.factor("").address(0);
        let (first, second, absent) = match self {
            Self::Create | Self::Import => (
                crate::support::login(&stage.new_login).await.address(0),
                None,
                None,
            ),
            Self::CreateAgain => (login, None, Some(laptop)),
            Self::Read | Self::BackUp => (laptop, None, Some(login)),
            Self::ReadWords => (words, None, Some(login)),
            Self::OpenFresh | Self::Recover => (login, Some(words), Some(laptop)),
            Self::Sign | Self::Remove | Self::Renew => (laptop, Some(login), Some(words)),
            Self::Removed => (phone, Some(words), Some(laptop)),
            Self::Open
            | Self::OpenOffline
            | Self::Export
            | Self::Add
            | Self::Refresh
            | Self::Threshold
            | Self::Rename
            | Self::RenewItself
            | Self::Restore
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
            Self::Rename => ask.rename = Identifier::new(LOGIN).ok().map(|x| (x, "post".into())),
            Self::Renew => ask.renew = Identifier::new(WORDS).ok(),
            Self::RenewItself => ask.renew = Identifier::new(LAPTOP).ok(),
            Self::Recover => {
                ask.device = Some("tablet".into());
                ask.remove = Identifier::new(LAPTOP).ok();
            }
            Self::Create
            | Self::Import
            | Self::CreateAgain
            | Self::Read
            | Self::ReadWords
            | Self::Open
            | Self::OpenFresh
            | Self::OpenOffline
            | Self::Sign
            | Self::Export
            | Self::CatchUp
            | Self::BackUp
            | Self::Restore
            | Self::Removed => {}
        }
        ask
    }

    /// Whether the account is what it is to be after the flow, once and not twice.
    pub(super) fn is_done(self, core: &Core, before: &Core) -> bool {
        let labelled = |label: &str| core.holders.iter().filter(|h| h.label == label).count();
        let mailbox = |core: &Core, x: u128| {
            let holder = core.holder(Identifier::new(x).unwrap());
            holder.map(|holder| holder.mailbox)
        };
        let moved = |x: u128| mailbox(core, x) != mailbox(before, x);
        let holds = |x: u128| core.holder(Identifier::new(x).unwrap()).is_some();
        match self {
            Self::Add | Self::Finish | Self::Repeat => labelled("more") == 1,
            Self::Remove => !holds(WORDS),
            Self::Refresh => core.epoch > before.epoch,
            Self::Threshold => core.structure.threshold().get() == 3,
            Self::Rename => labelled("post") == 1 && labelled("login") == 0,
            Self::Renew => moved(WORDS) && !moved(LAPTOP),
            Self::RenewItself => moved(LAPTOP) && !moved(WORDS),
            Self::Recover => labelled("tablet") == 1 && !holds(LAPTOP),
            Self::Create
            | Self::Import
            | Self::CreateAgain
            | Self::Read
            | Self::ReadWords
            | Self::Open
            | Self::OpenFresh
            | Self::OpenOffline
            | Self::Sign
            | Self::Export
            | Self::CatchUp
            | Self::BackUp
            | Self::Restore
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
            Self::Create | Self::Import | Self::CreateAgain => self.create(stage, storage).await,
            Self::Add
            | Self::Remove
            | Self::Refresh
            | Self::Threshold
            | Self::Rename
            | Self::Renew
            | Self::RenewItself
            | Self::Recover
            | Self::Finish
            | Self::Repeat => self.change(stage, storage).await,
            Self::BackUp => back_up(stage, storage).await,
            Self::Restore => {
                storage.restore(&stage.bundle).await?;
                Ok(Freshness::Verified)
            }
            Self::Read
            | Self::ReadWords
            | Self::Open
            | Self::OpenFresh
            | Self::OpenOffline
            | Self::Sign
            | Self::Export
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
        let plan = match self {
            Self::Import => {
                let key = PrivateKey::from_hex(CurveId::Secp256k1, &"2b".repeat(32));
                Plan::importing(key.unwrap(), 2, NOW)
            }
            _ => Plan::new(CurveId::Secp256k1, 2, NOW),
        };
        desk.create(storage, plan, &login, &mut stage.rng).await?;
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
            Self::Remove | Self::Renew => &[&login],
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
            Self::Export => assert_eq!(opened.export()?.verifying_key(), stage.key),
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
            Self::Restore => {
                let device = stage.person.device();
                let factor = device.factor("");
                let storage: &dyn Storage = &*stage.storage;
                let account = read(storage, &[&factor]).await.unwrap();
                stage.bundle = account.backup(storage).await.unwrap().records;
            }
            _ => {}
        }
    }
}

/// What was copied opens the account without this storage.
async fn back_up(stage: &Stage, storage: &dyn Storage) -> Result<Freshness, Error> {
    let device = stage.person.device();
    let factor = device.factor("");
    let account = read(storage, &[&factor]).await?;
    let bundle = account.backup(storage).await?;
    let elsewhere = MemoryStorage::new();
    elsewhere.restore(&bundle.records).await?;
    match open(&elsewhere, &[&factor, &stage.person.words]).await {
        Ok(opened) => assert_eq!(opened.account().verifying_key(), stage.key),
        // What a device alone was made to believe, it copied.
        Err(error) => assert_eq!(error.kind(), ErrorKind::Refused, "{error}"),
    }
    Ok(account.freshness())
}

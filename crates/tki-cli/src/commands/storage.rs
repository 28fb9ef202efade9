//! `tki storage`: a storage itself, whatever it is.

use alloc::collections::BTreeSet;

use tki::record::{Address, Record};
use tki::storage::{Browse, Error, Snapshot};

use crate::args::{Global, StorageArg, StorageCommand};
use crate::commands::reading;
use crate::error::Failure;
use crate::factors::{self, Hand, Need};
use crate::home::Home;
use crate::output::Output;
use crate::progress::Progress;
use crate::session::{Purpose, Session};
use crate::storage::{Opened, Place};

mod check;
mod choose;
mod copy;
mod stat;
mod tally;
mod verify;

/// How many records are read at once.
const PAGE: usize = 256;

/// `tki storage`
pub(crate) async fn run(global: &Global, command: &StorageCommand) -> Result<(), Failure> {
    match command {
        StorageCommand::Check(storage) => check::run(&named(global, storage)).await,
        StorageCommand::Copy(arguments) => copy::run(global, arguments).await,
        StorageCommand::Stat(storage) => stat::run(&named(global, storage)).await,
        StorageCommand::Use { url } => choose::run(global, url).await,
        StorageCommand::Verify(storage) => verify::run(&named(global, storage)).await,
    }
}

/// The options with the storage that a command names.
fn named(global: &Global, storage: &StorageArg) -> Global {
    let mut global = global.clone();
    if storage.url.is_some() {
        global.storage.clone_from(&storage.url);
    }
    global
}

/// What is looked at: a storage with all that is in it, or the account of this home in it.
enum Source {
    /// Every record, page by page.
    Whole(Box<dyn Browse>),
    /// The records of one account, as they are now.
    Account(Vec<Record>),
}

impl Source {
    /// Opens a storage for reading. Of one whose records cannot be listed, those of this home's account
    /// are collected, which takes a factor.
    async fn open(global: &Global) -> Result<Self, Failure> {
        if global.offline {
            return Err(Failure::usage("this needs the storage").next("leave out --offline"));
        }
        let home = Home::find(global)?;
        let place = Place::find(global, &home)?;
        if place.can_be_listed() {
            let opened = place.open_whole(Purpose::Use, Output::new(global)).await?;
            if let Opened::Whole(storage) = opened {
                return Ok(Self::Whole(storage));
            }
        }
        let session = Session::begin(global, Purpose::Use).await?;
        Ok(Self::Account(of_account(&session).await?))
    }

    /// Whether it is everything that the storage has.
    const fn is_whole(&self) -> bool {
        matches!(self, Self::Whole(_))
    }

    /// Goes through all of it from the beginning: as it is at this moment, where the storage can say
    /// so, or else as each page is when it is read.
    async fn walk(&self) -> Result<Walk<'_>, Failure> {
        let pages = match self {
            Self::Account(records) => Pages::One(Some(records.clone())),
            Self::Whole(storage) => match storage.snapshot().await {
                Ok(snapshot) => Pages::OfOneMoment(snapshot),
                Err(Error::Unsupported) => Pages::Live(storage.as_ref(), None),
                Err(error) => return Err(error.into()),
            },
        };
        Ok(Walk {
            pages,
            unreadable: BTreeSet::new(),
        })
    }
}

/// What is read next.
enum Pages<'s> {
    /// What follows this address.
    Live(&'s dyn Browse, Option<Address>),
    OfOneMoment(Box<dyn Snapshot>),
    /// All at once, or nothing any more.
    One(Option<Vec<Record>>),
}

/// Goes through the records of a source, page by page, past what cannot be read.
struct Walk<'s> {
    pages: Pages<'s>,
    /// Addresses at which something is stored that is not their record.
    unreadable: BTreeSet<Address>,
}

impl Walk<'_> {
    /// The next records, or none at the end.
    async fn next(&mut self) -> Result<Option<Vec<Record>>, Failure> {
        loop {
            let page = match &mut self.pages {
                Pages::Live(storage, after) => storage.page(after.as_ref(), PAGE).await,
                Pages::OfOneMoment(snapshot) => snapshot.next(PAGE).await,
                Pages::One(records) => return Ok(records.take()),
            };
            let page = match page {
                Ok(page) => page,
                // What it goes on behind is not named twice.
                Err(Error::Corrupt {
                    address: Some(address),
                    ..
                }) if self.unreadable.insert(address) => {
                    self.went_to(address);
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            if let Some(last) = page.last() {
                self.went_to(last.address());
            }
            return Ok((!page.is_empty()).then_some(page));
        }
    }

    fn went_to(&mut self, address: Address) {
        if let Pages::Live(_, after) = &mut self.pages {
            *after = Some(address);
        }
    }
}

/// The records of the home's account: document and mailboxes, held against each other.
async fn of_account(session: &Session) -> Result<Vec<Record>, Failure> {
    let store = reading::device_store(session)?;
    let device = factors::load_device(session, store.as_deref())?;
    let hand = Hand::gather(session, device, Need::One).await?;
    let bound = hand.bind().await?;
    let factors = bound.list();
    let account = hand.read(session, &factors).await?;
    let _progress = Progress::start(session.output, "collecting the records");
    Ok(account.backup(session.storage()?).await?.records)
}

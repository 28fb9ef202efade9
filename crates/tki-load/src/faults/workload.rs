//! Clients: they read accounts of several records and change them together, at the same time.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::sync::{Mutex, PoisonError};

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng as _};
use tki_record::{Address, Claim, Commit, Record, RecordKind};
use tki_seal::bip340::SigningKey;
use tki_storage::Storage;

use super::history::{self, History, Outcome};

/// Records of an account: a document and three mailboxes.
const RECORDS: u32 = 4;
/// After so many versions an account is left alone and another one begins.
const MAX_VERSIONS: usize = 200;
/// How long a client waits after an error.
const BREATH: Duration = Duration::from_millis(20);

/// How a client reaches the server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Way {
    Straight,
    /// Through somebody who may send once more what was answered long ago: what was said not to have
    /// happened can happen then.
    Repeating,
}

/// The keys of an account: every client has them.
pub(crate) struct Account {
    writer: SigningKey,
    claims: Vec<Claim>,
}

impl Account {
    fn new(rng: &mut ChaCha20Rng) -> Self {
        let key = SigningKey::random(rng);
        let writer = SigningKey::random(rng);
        let claim = |slot| {
            let first = writer.public_key();
            Claim::sign(RecordKind::Mailbox, slot, &key, first, [0; 32])
        };
        let claims = (0..RECORDS).map(claim).collect();
        Self { writer, claims }
    }

    fn addresses(&self) -> Vec<Address> {
        self.claims.iter().map(Claim::address).collect()
    }

    /// The next version of a record, made by this commit.
    fn next(&self, claim: &Claim, stored: Option<&Record>, id: u64) -> Option<Record> {
        let mut list = stored.map_or(Ok(Vec::new()), history::list).ok()?;
        list.push(id);
        let body = history::body(&list);
        match stored {
            None => Record::first(claim.clone(), body, &self.writer).ok(),
            Some(stored) => stored.next(body, &self.writer, None).ok(),
        }
    }
}

/// What all clients share.
pub(crate) struct Workload {
    pub(crate) history: History,
    pub(crate) ends: AtomicBool,
    /// The accounts that are changed now, one place for every two clients, and those that were.
    accounts: Mutex<Vec<Vec<Arc<Account>>>>,
}

impl Workload {
    pub(crate) fn new(clients: usize, rng: &mut ChaCha20Rng) -> Self {
        let places = clients.div_ceil(2).max(1);
        let accounts = (0..places).map(|_| vec![Arc::new(Account::new(rng))]);
        Self {
            history: History::default(),
            ends: AtomicBool::new(false),
            accounts: Mutex::new(accounts.collect()),
        }
    }

    /// The addresses of all accounts that there were.
    pub(crate) fn addresses(&self) -> Vec<Address> {
        let accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let all = accounts.iter().flatten();
        all.flat_map(|account| account.addresses()).collect()
    }

    /// The account at some place, and the place.
    fn some_account(&self, rng: &mut ChaCha20Rng) -> Option<(usize, Arc<Account>)> {
        let accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let place = below(rng, accounts.len());
        let account = accounts.get(place)?.last()?;
        Some((place, Arc::clone(account)))
    }

    /// Another account in the place of this one, unless somebody was first.
    fn retire(&self, place: usize, account: &Arc<Account>, rng: &mut ChaCha20Rng) {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(accounts) = accounts.get_mut(place)
            && accounts
                .last()
                .is_some_and(|last| Arc::ptr_eq(last, account))
        {
            accounts.push(Arc::new(Account::new(rng)));
        }
    }

    /// One client, until the end.
    pub(crate) async fn run(&self, storage: &dyn Storage, way: Way, seed: u64) {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        while !self.ends.load(Ordering::SeqCst) {
            let Some((place, account)) = self.some_account(&mut rng) else {
                return;
            };
            let addresses = account.addresses();
            if below(&mut rng, 3) == 0 {
                // By another way through the server and the storage, and again while it is remembered.
                for address in addresses.iter().chain(&addresses) {
                    self.read(storage, core::slice::from_ref(address)).await;
                }
            }
            let Some(records) = self.read(storage, &addresses).await else {
                tokio::time::sleep(BREATH).await;
                continue;
            };
            let is_old = |record: &Record| record.body().len() / 8 >= MAX_VERSIONS;
            if records.iter().flatten().any(is_old) {
                self.retire(place, &account, &mut rng);
            } else if below(&mut rng, 4) > 0 {
                let outcome = self
                    .change(storage, way, &account, &records, &mut rng)
                    .await;
                if matches!(outcome, Some(Outcome::Nothing | Outcome::Unknown)) {
                    tokio::time::sleep(BREATH).await;
                }
            }
        }
    }

    /// Reads these records and notes each. `None` if there was no answer.
    pub(crate) async fn read(
        &self,
        storage: &dyn Storage,
        addresses: &[Address],
    ) -> Option<Vec<Option<Record>>> {
        let began = self.history.now();
        let records = match addresses {
            [address] => Vec::from([storage.get(address).await.ok()?]),
            _ => storage.get_many(addresses).await.ok()?,
        };
        for (address, record) in addresses.iter().zip(&records) {
            self.history.end_read(began, *address, record.as_ref());
        }
        Some(records)
    }

    /// Tries to change some of the records together.
    async fn change(
        &self,
        storage: &dyn Storage,
        way: Way,
        account: &Account,
        records: &[Option<Record>],
        rng: &mut ChaCha20Rng,
    ) -> Option<Outcome> {
        let id = self.history.begin_commit();
        let first = below(rng, records.len().saturating_sub(1));
        let all = account.claims.iter().zip(records).skip(first);
        let next: Option<Vec<Record>> = all
            .map(|(claim, stored)| account.next(claim, stored.as_ref(), id))
            .collect();
        let commit = Commit::new(next?).ok()?;
        let writes = commit.records().iter();
        let writes = writes.map(|new| (new.address(), new.version())).collect();
        let began = self.history.now();
        let outcome = match (Outcome::of(&storage.commit(&commit).await), way) {
            (Outcome::Nothing, Way::Repeating) => Outcome::Unknown,
            (outcome, _) => outcome,
        };
        self.history.end_commit(began, id, writes, outcome);
        Some(outcome)
    }
}

/// A number below this one; zero if that is zero.
pub(crate) fn below(rng: &mut ChaCha20Rng, end: usize) -> usize {
    usize::try_from(rng.next_u32())
        .unwrap_or(0)
        .checked_rem(end)
        .unwrap_or(0)
}

//! The account that every cell begins with: 2 of laptop, login and words, after a phone was removed.

use std::sync::Arc;

use rand_chacha::ChaCha20Rng;
use tki_device::{DeviceStore as _, MemoryStore};
use tki_engine::{Device, Factor, OfflineCopies, Plan, SeedFactor, create};
use tki_math::Identifier;
use tki_metadata::{Core, HolderKind};
use tki_provider::fake::FakeProvider;
use tki_record::{Address, Record};
use tki_seal::curve::CurveId;
use tki_storage::{MemoryStorage, Storage};
use tki_testkit::{Checkpoint, HostileStorage, Outcome, rng};

use super::behaviour::Behaviour;
use super::flow::Flow;
use crate::attacks::Loot;
use crate::owner::Desk;
use crate::support::{Person, commit, login, open, read, refresh, settle, words};

/// The holders' identifiers.
pub(super) const LAPTOP: u128 = 1;
pub(super) const LOGIN: u128 = 2;
pub(super) const WORDS: u128 = 3;
pub(super) const PHONE: u128 = 4;

pub(super) type Hostile = HostileStorage<MemoryStorage>;

pub(super) struct Stage {
    pub(super) storage: Arc<Hostile>,
    /// The other view, if there is one; the flow sees it.
    pub(super) fork: Option<Arc<Hostile>>,
    /// Laptop, login and words.
    pub(super) person: Person,
    /// The device that was removed in version 1, as it was.
    pub(super) phone: MemoryStore,
    /// The laptop's package as it was in version 0.
    pub(super) sleeping: MemoryStore,
    /// A machine that knows nothing, and a login that has no account.
    pub(super) desk: MemoryStore,
    pub(super) new_login: FakeProvider,
    /// Words that were handed out.
    pub(super) sheets: Vec<SeedFactor<'static>>,
    /// Somebody else's account in the same storage.
    pub(super) other: Option<Person>,
    /// Of version 0.
    pub(super) loot: Option<Loot>,
    /// Copies of the records of the last version, where the flow is to restore them.
    pub(super) bundle: Vec<Record>,
    /// Version 0.
    pub(super) before: Checkpoint,
    pub(super) document: Address,
    pub(super) core: Core,
    pub(super) key: Vec<u8>,
    pub(super) rng: ChaCha20Rng,
}

impl Stage {
    pub(super) async fn new(behaviour: Behaviour, flow: Flow) -> Self {
        let mut rng = rng(&format!("{} against {}", behaviour.name(), flow.name()));
        let storage = HostileStorage::new(MemoryStorage::new());
        let person = Person {
            store: MemoryStore::new(),
            provider: FakeProvider::new([1; 32]),
            words: words("paper", &mut rng),
        };
        let phone = MemoryStore::new();
        create_account(&storage, &person, &phone, &mut rng).await;
        let sleeping = MemoryStore::new();
        sleeping
            .save(&person.store.load().unwrap().unwrap(), &mut rng)
            .unwrap();
        let before = storage.checkpoint();
        let loot = match behaviour.needs_loot() {
            true => Some(take_loot(&storage, &person, &phone).await),
            false => None,
        };
        let fork = (behaviour == Behaviour::Forked).then(|| storage.fork());
        if let Some(fork) = &fork {
            refresh_by_phone(fork, &person, &phone, &mut rng).await;
        }
        let core = remove_phone(&storage, &person, &mut rng).await;
        let other = match behaviour.needs_other() {
            true => Some(Person::create(&storage, OfflineCopies::Keep, &mut rng).await),
            false => None,
        };
        let document = read(&storage, &[&person.words])
            .await
            .unwrap()
            .document_address();
        let key = core.keys[0].verifying_key.clone();
        let mut stage = Self {
            storage: Arc::new(storage),
            fork: fork.map(Arc::new),
            person,
            phone,
            sleeping,
            desk: MemoryStore::new(),
            new_login: FakeProvider::new([2; 32]),
            sheets: Vec::new(),
            other,
            loot,
            bundle: Vec::new(),
            before,
            document,
            core,
            key,
            rng,
        };
        flow.prepare(&mut stage).await;
        stage
    }

    /// What the flow is given.
    pub(super) fn view(&self) -> &Arc<Hostile> {
        self.fork.as_ref().unwrap_or(&self.storage)
    }

    /// The laptop without what it remembers.
    pub(super) fn laptop_seed_only(&self) -> SeedFactor<'static> {
        let laptop = self.person.device();
        let factor = laptop.factor("laptop");
        SeedFactor::new(factor.kind(), "laptop", factor.expose_seed().clone())
    }

    /// The words once more.
    pub(super) fn words(&self) -> SeedFactor<'static> {
        let seed = self.person.words.expose_seed().clone();
        SeedFactor::new(HolderKind::Words, "paper", seed)
    }

    /// An addition whose end the laptop did not see.
    pub(super) async fn interrupt(&mut self, happened: bool) {
        // The flow is about this change: rolled back is what was before it, of which the laptop
        // knows.
        if happened {
            self.before = self.storage.checkpoint();
        }
        let outcome = match happened {
            true => Outcome::HeldBack,
            false => Outcome::LostButUnknown,
        };
        self.storage.fail_next_commit(outcome);
        let mut desk = Desk {
            store: &self.person.store,
            sheets: &mut self.sheets,
        };
        let ask = Flow::Add.ask();
        let storage: &dyn Storage = &*self.storage;
        let hand: [&dyn Factor; 1] = [&self.person.words];
        desk.change(storage, &hand, &ask, &mut self.rng)
            .await
            .unwrap_err();
        for answer in self.storage.release().await {
            answer.unwrap();
        }
        self.core = read(storage, &hand).await.unwrap().core().clone();
    }
}

async fn create_account(
    storage: &Hostile,
    person: &Person,
    phone: &MemoryStore,
    rng: &mut ChaCha20Rng,
) {
    let (laptop, phone) = (Device::new(&person.store, rng), Device::new(phone, rng));
    let factors = [laptop.factor("laptop"), phone.factor("phone")];
    let login = login(&person.provider).await;
    let plan = Plan::new(CurveId::Secp256k1, 2, crate::support::NOW);
    let all: [&dyn Factor; 4] = [&factors[0], &login, &person.words, &factors[1]];
    let prepared = create(storage, &plan, &all, rng).await.unwrap();
    prepared.announce(&phone, None, rng).unwrap();
    let committed = settle(prepared, storage, &laptop, rng).await.unwrap();
    phone
        .settle(storage, &committed.account, rng)
        .await
        .unwrap();
}

async fn take_loot(storage: &Hostile, person: &Person, phone: &MemoryStore) -> Loot {
    let login = login(&person.provider).await;
    let (laptop, phone) = (person.device(), Device::load(phone).unwrap().unwrap());
    let factors = [laptop.factor(""), phone.factor("")];
    let all: [&dyn Factor; 4] = [&factors[0], &login, &person.words, &factors[1]];
    Loot::take(storage, &all).await
}

/// What the other view goes on with: the phone is a holder there, and nobody was removed.
async fn refresh_by_phone(
    fork: &Hostile,
    person: &Person,
    phone: &MemoryStore,
    rng: &mut ChaCha20Rng,
) {
    let phone = Device::load(phone).unwrap().unwrap();
    let factor = phone.factor("");
    refresh(fork, &[&factor, &person.words], rng).await;
}

/// By laptop and login, so that both know of version 1.
async fn remove_phone(storage: &Hostile, person: &Person, rng: &mut ChaCha20Rng) -> Core {
    let login = login(&person.provider).await;
    let laptop = person.device();
    let factor = laptop.factor("");
    let opened = open(storage, &[&factor, &login]).await.unwrap();
    let change = opened.change().remove(Identifier::new(PHONE).unwrap());
    let committed = commit(change, storage, rng).await.unwrap();
    laptop
        .settle(storage, &committed.account, rng)
        .await
        .unwrap();
    assert!(committed.anchored);
    committed.account.core().clone()
}

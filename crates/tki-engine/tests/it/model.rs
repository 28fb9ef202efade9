//! Long random lives of accounts, each step predicted by a small model.
//!
//! The model knows who holds the account, how many are needed, and what each device last saw. It
//! knows no cryptography. Every answer of the engine must be the one that the model expects.

use std::collections::BTreeMap;

use rand_chacha::ChaCha20Rng;
use rand_core::Rng;
use tki_device::{DeviceStore as _, MemoryStore};
use tki_engine::{
    Account, Device, Error, ErrorKind, Factor, OfflineCopies, Opened, Plan, SeedFactor, Unverified,
};
use tki_math::Identifier;
use tki_metadata::HolderKind;
use tki_provider::fake::FakeProvider;
use tki_seal::{
    curve::CurveId,
    signature::{Input, Scheme, verify},
};
use tki_storage::MemoryStorage;
use tki_testkit::rng;

use crate::rotating::{cancel, confirm};
use crate::support::{NOW, create_over, login, open, read, settle, words};

const SEQUENCES: usize = 256;
const OPERATIONS: usize = 100;
const MOST_HOLDERS: usize = 6;

/// What a device can know without any server.
struct Saw {
    version: u64,
    threshold: usize,
    /// The key of then.
    key: Vec<u8>,
    /// Positions of the words whose mailboxes it copied.
    copies: Vec<usize>,
}

/// A factor that was ever part of the account.
enum Thing {
    Words(Box<SeedFactor<'static>>),
    Device(MemoryStore),
    Login,
}

struct Model {
    threshold: usize,
    version: u64,
    epoch: u64,
    /// Everything that ever was a factor.
    things: Vec<Thing>,
    /// Identifier of each thing that is a holder now.
    live: BTreeMap<usize, u128>,
    /// Words whose mailboxes devices copy.
    offline: Vec<usize>,
    saw: BTreeMap<usize, Saw>,
    /// What holders are called that were renamed.
    names: BTreeMap<u128, String>,
    next: u128,
}

impl Model {
    fn pick(&self, rng: &mut ChaCha20Rng, count: usize) -> Vec<usize> {
        let mut live: Vec<usize> = self.live.keys().copied().collect();
        let mut picked = Vec::new();
        while picked.len() < count && !live.is_empty() {
            picked.push(live.swap_remove(below(rng, live.len())));
        }
        picked
    }

    fn copies(&self) -> Vec<usize> {
        self.offline
            .iter()
            .copied()
            .filter(|thing| self.live.contains_key(thing))
            .collect()
    }

    fn has_witness(&self, things: &[usize]) -> bool {
        things
            .iter()
            .any(|thing| !matches!(self.things[*thing], Thing::Words(_)))
    }
}

/// The operations, each of which must occur.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Operation {
    AddDevice,
    AddWords,
    CatchUp,
    CreateAgain,
    Open,
    OpenOffline,
    OpenWithRemoved,
    Rename,
    Renew,
    Reshare(Reason),
    Rotate,
    Sign,
    Unverified,
}

/// Why everybody gets a new share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    Refresh,
    Remove,
    SetThreshold,
}

const ALL: [Operation; 15] = [
    Operation::AddDevice,
    Operation::AddWords,
    Operation::CatchUp,
    Operation::CreateAgain,
    Operation::Open,
    Operation::OpenOffline,
    Operation::OpenWithRemoved,
    Operation::Rename,
    Operation::Renew,
    Operation::Reshare(Reason::Refresh),
    Operation::Reshare(Reason::Remove),
    Operation::Reshare(Reason::SetThreshold),
    Operation::Rotate,
    Operation::Sign,
    Operation::Unverified,
];

fn below(rng: &mut ChaCha20Rng, bound: usize) -> usize {
    usize::try_from(rng.next_u64() % bound as u64).unwrap()
}

/// One account and the model beside it.
struct Life {
    curve: CurveId,
    storage: MemoryStorage,
    provider: FakeProvider,
    model: Model,
    key: Vec<u8>,
    /// The key that the account is moving to.
    next_key: Option<Vec<u8>>,
}

/// Does something with the factors of these things.
macro_rules! with_factors {
    ($life:expr, $things:expr, $factors:ident => $body:expr) => {{
        let life: &Life = $life;
        let login = login(&life.provider).await;
        let devices: BTreeMap<usize, Device<'_>> = $things
            .iter()
            .filter_map(|thing| match &life.model.things[*thing] {
                Thing::Device(store) => Some((*thing, Device::load(store).unwrap().unwrap())),
                Thing::Words(_) | Thing::Login => None,
            })
            .collect();
        let device_factors: BTreeMap<usize, SeedFactor<'_>> = devices
            .iter()
            .map(|(thing, device)| (*thing, device.factor("device")))
            .collect();
        let mut $factors: Vec<&dyn Factor> = Vec::new();
        for thing in &$things {
            $factors.push(match &life.model.things[*thing] {
                Thing::Words(factor) => &**factor,
                Thing::Device(_) => &device_factors[thing],
                Thing::Login => &login,
            });
        }
        $body
    }};
}

impl Life {
    async fn begin(curve: CurveId, rng: &mut ChaCha20Rng) -> Self {
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        let storage = MemoryStorage::new();
        let provider = FakeProvider::new(seed);
        let store = MemoryStore::new();
        let paper = words("paper", rng);
        let key = {
            let device = Device::new(&store, rng);
            let (factor, login) = (device.factor("device"), login(&provider).await);
            let factors: [&dyn Factor; 3] = [&factor, &login, &paper];
            let plan = Plan::new(curve, 2, NOW);
            let committed = create_over(&storage, &plan, &factors, rng).await.unwrap();
            device
                .settle(&storage, &committed.account, rng)
                .await
                .unwrap();
            committed.account.verifying_key().to_vec()
        };
        let things = vec![
            Thing::Device(store),
            Thing::Login,
            Thing::Words(Box::new(paper)),
        ];
        let saw = Saw {
            version: 0,
            threshold: 2,
            key: key.clone(),
            copies: vec![2],
        };
        let model = Model {
            threshold: 2,
            version: 0,
            epoch: 0,
            things,
            live: BTreeMap::from([(0, 1), (1, 2), (2, 3)]),
            offline: vec![2],
            saw: BTreeMap::from([(0, saw)]),
            names: BTreeMap::new(),
            next: 4,
        };
        Self {
            curve,
            storage,
            provider,
            model,
            key,
            next_key: None,
        }
    }

    async fn step(&mut self, operation: Operation, rng: &mut ChaCha20Rng) {
        match operation {
            Operation::AddDevice | Operation::AddWords => self.add(operation, rng).await,
            Operation::CatchUp => self.catch_up(rng).await,
            Operation::CreateAgain => self.create_again(rng).await,
            Operation::Open => self.open_some(rng).await,
            Operation::OpenOffline => self.open_offline(rng).await,
            Operation::OpenWithRemoved => self.open_with_removed().await,
            Operation::Rename => self.rename(rng).await,
            Operation::Renew => self.renew(rng).await,
            Operation::Reshare(reason) => self.reshare(reason, rng).await,
            Operation::Rotate => self.rotate(rng).await,
            Operation::Sign => self.sign(rng).await,
            Operation::Unverified => self.unverified(rng).await,
        }
    }

    fn check(&self, account: &Account<'_>) {
        assert_eq!(account.verifying_key(), self.key);
        assert_eq!(account.next_verifying_key(), self.next_key.as_deref());
        assert_eq!(account.version(), self.model.version);
        assert_eq!(account.epoch().get(), self.model.epoch);
        let held: Vec<u128> = account
            .holders()
            .iter()
            .map(|h| h.identifier().unwrap().get())
            .collect();
        let mut expected: Vec<u128> = self.model.live.values().copied().collect();
        expected.sort_unstable();
        assert_eq!(held, expected);
        for holder in account.holders() {
            let name = self.model.names.get(&holder.identifier().unwrap().get());
            assert!(name.is_none_or(|name| *name == holder.label));
        }
    }

    fn check_opened(&self, opened: Result<Opened<'_>, Error>, have: usize) {
        let need = self.model.threshold;
        match opened {
            Ok(opened) => {
                assert!(have >= need);
                self.check(opened.account());
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::NeedMoreShares { have, need }),
        }
    }

    async fn open_some(&self, rng: &mut ChaCha20Rng) {
        let count = 1 + below(rng, self.model.live.len());
        let things = self.model.pick(rng, count);
        with_factors!(self, things, factors => {
            self.check_opened(open(&self.storage, &factors).await, things.len());
        });
    }

    async fn open_with_removed(&self) {
        let gone: Vec<usize> = (0..self.model.things.len())
            .filter(|t| !self.model.live.contains_key(t))
            .collect();
        if gone.is_empty() {
            return;
        }
        with_factors!(self, gone, factors => {
            match open(&self.storage, &factors).await {
                Ok(_) => panic!("removed factors opened the account"),
                Err(error) => assert_eq!(error.kind(), ErrorKind::Removed),
            }
        });
    }

    async fn sign(&self, rng: &mut ChaCha20Rng) {
        let things = self.model.pick(rng, self.model.threshold);
        let scheme = match self.curve {
            CurveId::Ed25519 => Scheme::Ed25519,
            CurveId::P256 => Scheme::EcdsaP256Sha256,
            CurveId::Secp256k1 => Scheme::EcdsaKeccak256,
        };
        with_factors!(self, things, factors => {
            let opened = open(&self.storage, &factors).await.unwrap();
            let signature = opened.sign(scheme, Input::Message(b"model")).unwrap();
            verify(scheme, &self.key, Input::Message(b"model"), &signature.to_bytes()).unwrap();
            match (opened.use_next_key(), &self.next_key) {
                (Ok(opened), Some(key)) => {
                    let signature = opened.sign(scheme, Input::Message(b"model")).unwrap();
                    verify(scheme, key, Input::Message(b"model"), &signature.to_bytes()).unwrap();
                }
                (Err(error), None) => assert_eq!(error.kind(), ErrorKind::InvalidChange),
                (Ok(_), None) | (Err(_), Some(_)) => panic!("another number of keys"),
            }
        });
    }

    async fn create_again(&self, rng: &mut ChaCha20Rng) {
        let paper = words("again", rng);
        let login = login(&self.provider).await;
        let plan = Plan::new(self.curve, 2, NOW);
        let made = create_over(&self.storage, &plan, &[&login, &paper], rng).await;
        match made {
            // A login that was removed is free for a new account; we do not make one.
            Ok(_) => panic!("a second key for one login"),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Exists),
        }
    }

    async fn unverified(&self, rng: &mut ChaCha20Rng) {
        let papers: Vec<usize> = self
            .model
            .pick(rng, MOST_HOLDERS)
            .into_iter()
            .filter(|thing| matches!(self.model.things[*thing], Thing::Words(_)))
            .collect();
        if papers.len() < self.model.threshold {
            return;
        }
        with_factors!(self, papers, factors => {
            let opened = open(&self.storage, &factors).await.unwrap();
            let refused = opened.change().refresh().prepare(&self.storage, NOW, rng).await;
            assert_eq!(refused.err().unwrap().kind(), ErrorKind::Unverified);
        });
    }

    async fn catch_up(&mut self, rng: &mut ChaCha20Rng) {
        let Some(thing) = self.live_device(rng) else {
            return;
        };
        let Thing::Device(store) = &self.model.things[thing] else {
            return;
        };
        let device = Device::load(store).unwrap().unwrap();
        let factor = device.factor("device");
        let account = read(&self.storage, &[&factor]).await.unwrap();
        self.check(&account);
        device.settle(&self.storage, &account, rng).await.unwrap();
        self.model.saw.insert(thing, self.now());
    }

    fn now(&self) -> Saw {
        let (version, threshold) = (self.model.version, self.model.threshold);
        Saw {
            version,
            threshold,
            key: self.key.clone(),
            copies: self.model.copies(),
        }
    }

    fn live_device(&self, rng: &mut ChaCha20Rng) -> Option<usize> {
        let things = self.model.pick(rng, MOST_HOLDERS);
        things
            .into_iter()
            .find(|thing| matches!(self.model.things[*thing], Thing::Device(_)))
    }

    async fn open_offline(&self, rng: &mut ChaCha20Rng) {
        let Some(device) = self.live_device(rng) else {
            return;
        };
        let mut things = vec![device];
        things.extend((0..self.model.things.len()).filter(|t| {
            matches!(self.model.things[*t], Thing::Words(_)) && t % 2 == below_two(*t)
        }));
        let saw = &self.model.saw[&device];
        let have = 1 + things
            .iter()
            .filter(|thing| saw.copies.contains(thing))
            .count();
        let need = saw.threshold;
        with_factors!(self, things, factors => {
            match Account::read_offline(&factors).await.unwrap().open() {
                Ok(opened) => {
                    assert!(have >= need);
                    assert_eq!(opened.account().version(), saw.version);
                    assert_eq!(opened.account().verifying_key(), saw.key);
                }
                Err(error) => {
                    assert!(have < need);
                    assert_eq!(error.kind(), ErrorKind::NeedMoreShares { have, need });
                }
            }
        });
    }

    async fn add(&mut self, operation: Operation, rng: &mut ChaCha20Rng) {
        if self.model.live.len() == MOST_HOLDERS {
            return;
        }
        let things = self.model.pick(rng, self.model.threshold);
        let keep = rng.next_u32().is_multiple_of(2);
        let offline = if keep {
            OfflineCopies::Keep
        } else {
            OfflineCopies::Never
        };
        let new = self.model.things.len();
        let thing = if operation == Operation::AddWords {
            let paper = words("more", rng);
            with_factors!(self, things, factors => {
                let opened = open(&self.storage, &factors).await.unwrap();
                let change = opened.change().unverified(Unverified::Accept).add(&paper, offline);
                let prepared = change.prepare(&self.storage, NOW, rng).await.unwrap();
                prepared.commit(&self.storage).await.unwrap();
            });
            if keep {
                self.model.offline.push(new);
            }
            Thing::Words(Box::new(paper))
        } else {
            let store = MemoryStore::new();
            with_factors!(self, things, factors => {
                let device = Device::new(&store, rng);
                let factor = device.factor("more");
                let opened = open(&self.storage, &factors).await.unwrap();
                let change = opened.change().unverified(Unverified::Accept).add(&factor, offline);
                let prepared = change.prepare(&self.storage, NOW, rng).await.unwrap();
                settle(prepared, &self.storage, &device, rng).await.unwrap();
            });
            Thing::Device(store)
        };
        self.model.things.push(thing);
        self.model.live.insert(new, self.model.next);
        self.model.next += 1;
        self.model.version += 1;
        if operation == Operation::AddDevice {
            self.model.saw.insert(new, self.now());
        }
    }

    /// Begins the move to another key, or ends it in one way or the other.
    async fn rotate(&mut self, rng: &mut ChaCha20Rng) {
        let things = self.model.pick(rng, self.model.threshold);
        let confirms = below(rng, 2) == 0;
        let next_key = with_factors!(self, things, factors => {
            let opened = open(&self.storage, &factors).await.unwrap();
            let change = opened.change().unverified(Unverified::Accept);
            let change = match (&self.next_key, confirms) {
                (None, _) => change.rotate(),
                (Some(_), true) => confirm(change),
                (Some(_), false) => cancel(change),
            };
            let prepared = change.prepare(&self.storage, NOW, rng).await.unwrap();
            let committed = prepared.commit(&self.storage).await.unwrap();
            committed.account.next_verifying_key().map(<[u8]>::to_vec)
        });
        let is_new = next_key.is_some();
        self.model.version += 1;
        if let Some(key) = core::mem::replace(&mut self.next_key, next_key) {
            assert!(!is_new);
            if confirms {
                self.key = key;
                self.model.epoch += 1;
            }
        } else {
            assert!(is_new);
            self.model.epoch += 1;
        }
    }

    async fn rename(&mut self, rng: &mut ChaCha20Rng) {
        let things = self.model.pick(rng, self.model.threshold);
        let target = self.model.pick(rng, 1)[0];
        let identifier = self.model.live[&target];
        let name = format!("name {}", self.model.version);
        with_factors!(self, things, factors => {
            let opened = open(&self.storage, &factors).await.unwrap();
            let change = opened.change().unverified(Unverified::Accept);
            let change = change.rename(Identifier::new(identifier).unwrap(), &name);
            let prepared = change.prepare(&self.storage, NOW, rng).await.unwrap();
            prepared.commit(&self.storage).await.unwrap();
        });
        self.model.names.insert(identifier, name);
        self.model.version += 1;
    }

    async fn renew(&mut self, rng: &mut ChaCha20Rng) {
        let target = self.model.pick(rng, 1)[0];
        match &self.model.things[target] {
            Thing::Device(_) => self.renew_device(target, rng).await,
            Thing::Words(_) => self.renew_words(target, rng).await,
            Thing::Login => {
                let fresh = words("", rng);
                let things = self.model.pick(rng, self.model.threshold);
                let login = Identifier::new(self.model.live[&target]).unwrap();
                with_factors!(self, things, factors => {
                    let opened = open(&self.storage, &factors).await.unwrap();
                    let change = opened.change().unverified(Unverified::Accept);
                    let change = change.renew(login, &fresh);
                    let refused = change.prepare(&self.storage, NOW, rng).await;
                    assert_eq!(refused.err().unwrap().kind(), ErrorKind::InvalidChange);
                });
            }
        }
    }

    /// The new words take the place of the old, which are worth nothing but offline.
    async fn renew_words(&mut self, target: usize, rng: &mut ChaCha20Rng) {
        let things = self.model.pick(rng, self.model.threshold);
        let number = self.model.live[&target];
        let fresh = words("", rng);
        with_factors!(self, things, factors => {
            let opened = open(&self.storage, &factors).await.unwrap();
            let change = opened.change().unverified(Unverified::Accept);
            let change = change.renew(Identifier::new(number).unwrap(), &fresh);
            let prepared = change.prepare(&self.storage, NOW, rng).await.unwrap();
            prepared.commit(&self.storage).await.unwrap();
        });
        let new = self.model.things.len();
        self.model.things.push(Thing::Words(Box::new(fresh)));
        self.model.live.remove(&target);
        self.model.live.insert(new, number);
        if self.model.offline.contains(&target) {
            self.model.offline.push(new);
        }
        self.model.version += 1;
        self.model.epoch += 1;
    }

    /// A device renews itself, and may die before or after the commit. What it was before is worth
    /// nothing afterwards.
    async fn renew_device(&mut self, target: usize, rng: &mut ChaCha20Rng) {
        let Thing::Device(store) = &self.model.things[target] else {
            return;
        };
        let image = MemoryStore::new();
        image.save(&store.load().unwrap().unwrap(), rng).unwrap();
        let things = self.model.pick(rng, self.model.threshold);
        let identifier = Identifier::new(self.model.live[&target]).unwrap();
        let (commits, settles) = [(false, false), (true, false), (true, true)][below(rng, 3)];
        let knew_the_seed = with_factors!(self, things, factors => {
            // What it had begun before is found out first.
            let device = Device::load(store).unwrap().unwrap();
            let factor = device.factor("");
            let account = read(&self.storage, &[&factor]).await.unwrap();
            let device = device.catch_up(&self.storage, &account, rng).await.unwrap();
            let renewed = device.renewal(rng);
            let again = device.pending().is_some_and(|pending| {
                let mut seeds = pending.seeds.iter();
                seeds.any(|new| new.seed.ct_eq(renewed.expose_seed()))
            });
            let opened = open(&self.storage, &factors).await.unwrap();
            let change = opened.change().unverified(Unverified::Accept);
            let change = change.renew(identifier, &renewed);
            let prepared = change.prepare(&self.storage, NOW, rng).await.unwrap();
            prepared.announce(&device, None, rng).unwrap();
            if commits {
                let committed = prepared.commit(&self.storage).await.unwrap();
                if settles {
                    let account = &committed.account;
                    device.settle(&self.storage, account, rng).await.unwrap();
                }
            }
            again
        });
        self.model.saw.insert(target, self.now());
        if commits {
            // An attempt that is made again has the seed that the first wrote down.
            if !knew_the_seed {
                self.model.things.push(Thing::Device(image));
            }
            self.model.version += 1;
            self.model.epoch += 1;
        }
        if settles {
            self.model.saw.insert(target, self.now());
        }
    }

    async fn reshare(&mut self, reason: Reason, rng: &mut ChaCha20Rng) {
        let things = self.model.pick(rng, self.model.threshold);
        let holders = self.model.live.len();
        let target = self.model.pick(rng, 1)[0];
        // The login stays, so that creating again always meets the account.
        let target = if matches!(self.model.things[target], Thing::Login) {
            0
        } else {
            target
        };
        let wanted = below(rng, MOST_HOLDERS + 2);
        let Some(identifier) = self.model.live.get(&target).copied() else {
            return;
        };
        let accept = if self.model.has_witness(&things) {
            Unverified::Refuse
        } else {
            Unverified::Accept
        };
        let expected = match reason {
            Reason::Refresh => true,
            Reason::Remove => holders > self.model.threshold,
            Reason::SetThreshold => wanted >= 2 && wanted <= holders,
        };
        let changed = with_factors!(self, things, factors => {
            let opened = open(&self.storage, &factors).await.unwrap();
            let change = opened.change().unverified(accept);
            let change = match reason {
                Reason::Refresh => change.refresh(),
                Reason::Remove => change.remove(Identifier::new(identifier).unwrap()),
                Reason::SetThreshold => change.threshold(u16::try_from(wanted).unwrap()),
            };
            match change.prepare(&self.storage, NOW, rng).await {
                Ok(prepared) => prepared.commit(&self.storage).await.map(|_| ()),
                Err(error) => Err(error),
            }
        });
        match changed {
            Ok(()) => assert!(expected, "{reason:?} should have been refused"),
            Err(error) => {
                assert!(!expected, "{reason:?}: {error}");
                assert_eq!(error.kind(), ErrorKind::InvalidChange);
                return;
            }
        }
        self.model.version += 1;
        match reason {
            Reason::Refresh => self.model.epoch += 1,
            Reason::Remove => {
                self.model.live.remove(&target);
                self.model.epoch += 1;
            }
            Reason::SetThreshold => {
                self.model.epoch += u64::from(wanted != self.model.threshold);
                self.model.threshold = wanted;
            }
        }
    }
}

/// Which half of the papers is at hand: a fixed rule is enough, since papers come at random.
const fn below_two(thing: usize) -> usize {
    (thing / 2) % 2
}

/// Shows what led to a failure, and nothing otherwise.
struct Trace {
    sequence: usize,
    operations: Vec<Operation>,
}

impl Drop for Trace {
    #[expect(clippy::print_stderr, reason = "shown only by a test that fails")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("sequence {}: {:?}", self.sequence, self.operations);
        }
    }
}

async fn lives(curve: CurveId) {
    let mut rng = rng(&format!("model {}", curve.name()));
    let mut occurred = BTreeMap::new();
    for sequence in 0..SEQUENCES {
        let mut life = Life::begin(curve, &mut rng).await;
        let mut trace = Trace {
            sequence,
            operations: Vec::with_capacity(OPERATIONS),
        };
        for _ in 0..OPERATIONS {
            let operation = ALL[below(&mut rng, ALL.len())];
            trace.operations.push(operation);
            life.step(operation, &mut rng).await;
            *occurred.entry(operation).or_insert(0usize) += 1;
        }
    }
    assert_eq!(occurred.len(), ALL.len(), "{occurred:?}");
}

#[tokio::test]
async fn no_life_of_a_secp256k1_account_surprises_the_model() {
    lives(CurveId::Secp256k1).await;
}

#[tokio::test]
async fn no_life_of_an_ed25519_account_surprises_the_model() {
    lives(CurveId::Ed25519).await;
}

/// Words that a device copied are the only kind it may copy.
#[test]
fn only_words_are_copied_by_default() {
    assert!(HolderKind::Words.is_offline_by_default());
    assert!(!HolderKind::Device.is_offline_by_default());
    assert!(!HolderKind::Provider.is_offline_by_default());
}

//! One life: what is done, what the model expects of it, and what must be true after every step.

mod asking;
mod expected;
mod people;
mod reading;

use core::fmt::Write as _;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use expected::{Ended, kind, text};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng as _};
use tki_engine::{Device, ErrorKind, Factor, Plan, ProviderFactor, SeedFactor, with_causes};
use tki_formats::PrivateKey;
use tki_metadata::{Core, HolderKind, OpeningSeed};
use tki_provider::fake::FakeProvider;
use tki_record::{Address, Record};
use tki_seal::curve::CurveId;
use tki_storage::MemoryStorage;
use tki_testkit::{Checkpoint, HostileStorage};

use super::Tally;
use super::disk::Disk;
use super::state::State;
use super::weather::Weather;
use crate::owner::{Ask, Desk};
use crate::support::{NOW, open, read, until_it_stalls};

pub(super) type Inner = MemoryStorage;
type Hostile = HostileStorage<Inner>;

/// Everything that is done, by name; each must be done in a run that is long enough.
pub(super) const KINDS: &[&str] = &[
    "create",
    "import",
    "export",
    "add words",
    "add login",
    "add device",
    "recover",
    "remove",
    "refresh",
    "rename",
    "renew itself",
    "renew words",
    "replace",
    "threshold",
    "ask again",
    "open",
    "sign",
    "open offline",
    "catch up",
    "back up",
    "restore",
    "a late commit lands",
    "a late commit is refused",
];

/// Logins that can be part of an account.
const LOGINS: usize = 3;
const MOST_HOLDERS: usize = 6;

pub(super) fn below(rng: &mut ChaCha20Rng, bound: usize) -> usize {
    usize::try_from(rng.next_u64() % bound as u64).unwrap()
}

/// An operation whose end a device did not see.
#[derive(Clone)]
struct Note {
    ask: Ask,
    login: Option<usize>,
    /// Whether it is in the account's history; `None` where the device was shown a lie meanwhile,
    /// or an earlier attempt arrived late.
    happened: Option<bool>,
}

/// A commit that is on its way.
struct Late {
    device: usize,
    after: State,
    /// Whether what it follows on may have been a lie.
    lied: bool,
}

pub(super) struct Life {
    curve: CurveId,
    /// The key in hexadecimal, if it was there before the account.
    imported: Option<String>,
    rng: ChaCha20Rng,
    storage: Arc<Hostile>,
    /// The other storage that is shown instead, if there is one.
    fork: Option<Arc<Hostile>>,
    /// Operations until the storage is honest again.
    lies: usize,
    disks: Vec<Disk>,
    logins: Vec<FakeProvider>,
    sheets: Vec<SeedFactor<'static>>,
    /// The mailboxes that each of them ever had; a device has none before it wrote its seed down.
    device_addresses: Vec<Vec<Address>>,
    device_seeds: BTreeMap<Address, OpeningSeed>,
    login_addresses: Vec<Address>,
    sheet_addresses: Vec<Address>,
    state: State,
    key: Vec<u8>,
    /// The hash of every version that there was.
    hashes: Hashes,
    checkpoints: Vec<Checkpoint>,
    notes: BTreeMap<usize, Note>,
    late: Vec<Late>,
    /// The version that each device saw last, and its hash.
    seen: BTreeMap<usize, (u64, [u8; 32])>,
    gone: BTreeSet<Address>,
    bundle: Option<(State, Vec<Record>)>,
    /// Whether the truth can no longer be opened, see `check_closed`.
    is_over: bool,
    tally: Tally,
    trace: Trace,
}

/// Shows what led to a failure, and nothing otherwise.
struct Trace {
    seed: u64,
    text: String,
}

impl Drop for Trace {
    #[expect(clippy::print_stderr, reason = "shown only by a test that fails")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("TKI_TEST_SEED={} TKI_LIVES=1\n{}", self.seed, self.text);
        }
    }
}

/// What is at hand, with whatever it remembers.
struct Hand<'a> {
    devices: Vec<Device<'a>>,
    logins: Vec<ProviderFactor<'a>>,
    sheets: Vec<SeedFactor<'static>>,
}

impl Hand<'_> {
    fn devices(&self) -> Vec<SeedFactor<'_>> {
        self.devices
            .iter()
            .map(|device| device.factor("device"))
            .collect()
    }

    /// All of it; a login that joins is the last.
    fn list<'h>(&'h self, devices: &'h [SeedFactor<'h>]) -> Vec<&'h dyn Factor> {
        let mut factors: Vec<&dyn Factor> = Vec::new();
        factors.extend(devices.iter().map(|factor| factor as &dyn Factor));
        factors.extend(self.sheets.iter().map(|factor| factor as &dyn Factor));
        factors.extend(self.logins.iter().map(|factor| factor as &dyn Factor));
        factors
    }
}

/// The hash of each version.
type Hashes = BTreeMap<u64, [u8; 32]>;

impl Life {
    /// Lives the life of this seed.
    pub(super) fn live(seed: u64, steps: usize) -> Tally {
        let life = async {
            let mut life = Self::begin(seed).await;
            for _ in 0..steps {
                life.step().await;
                if life.is_over {
                    break;
                }
            }
            life.end().await;
            core::mem::take(&mut life.tally)
        };
        until_it_stalls(life).unwrap()
    }

    /// Up to the account, which a device, a login and words make in one attempt or more.
    async fn begin(seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let curve = [CurveId::Secp256k1, CurveId::Ed25519][below(&mut rng, 2)];
        let imported = (below(&mut rng, 4) == 0).then(|| {
            let mut seed = [0; 32];
            rng.fill_bytes(&mut seed);
            // Below the order of either curve.
            seed[0] &= 0x0F;
            hex(&seed)
        });
        let mut logins = Vec::new();
        let mut login_addresses = Vec::new();
        for _ in 0..LOGINS {
            let mut seed = [0; 32];
            rng.fill_bytes(&mut seed);
            let provider = FakeProvider::new(seed);
            login_addresses.push(connect(&provider, true).await.address(0));
            logins.push(provider);
        }
        let mut life = Self {
            curve,
            imported,
            rng,
            storage: Arc::new(HostileStorage::new(MemoryStorage::new())),
            fork: None,
            lies: 0,
            disks: vec![Disk::new()],
            logins,
            login_addresses,
            sheets: Vec::new(),
            device_addresses: Vec::new(),
            device_seeds: BTreeMap::new(),
            sheet_addresses: Vec::new(),
            state: State::created(&[]),
            key: Vec::new(),
            hashes: BTreeMap::new(),
            checkpoints: Vec::new(),
            notes: BTreeMap::new(),
            late: Vec::new(),
            seen: BTreeMap::new(),
            gone: BTreeSet::new(),
            bundle: None,
            is_over: false,
            tally: Tally::default(),
            trace: Trace {
                seed,
                text: String::new(),
            },
        };
        while !life.try_create().await {}
        life
    }

    /// 2 of three, with a new key or one that is there already.
    fn plan(&self) -> Plan {
        match &self.imported {
            Some(text) => {
                let key = PrivateKey::from_hex(self.curve, text).unwrap();
                Plan::importing(key, 2, NOW)
            }
            None => Plan::new(self.curve, 2, NOW),
        }
    }

    /// Whether the account is there and its device knows it.
    async fn try_create(&mut self) -> bool {
        let weather = Weather::choose(&[], &mut self.rng);
        let making = if self.imported.is_some() {
            "import"
        } else {
            "create"
        };
        self.enter(making, weather);
        let storage = Arc::clone(&self.storage);
        self.arm(&storage, weather, 0);
        let mut rng = ChaCha20Rng::from_rng(&mut self.rng);
        let login = connect(&self.logins[0], true).await;
        let mut sheets = Vec::new();
        let plan = self.plan();
        let mut desk = Desk {
            store: &self.disks[0],
            sheets: &mut sheets,
        };
        let ended = until_it_stalls(desk.create(&*storage, plan, &login, &mut rng));
        drop(login);
        self.take_sheets(sheets);
        self.disarm(&storage, weather, 0, &ended);
        self.remember();
        if below(&mut self.rng, 2) == 0 {
            storage.release().await;
        }
        let mut found = None;
        for address in self.everybody() {
            let factor = self.factor_at(&address).await;
            if let Ok(account) = read(storage.inner(), &[&*factor]).await {
                let key = account.verifying_key().to_vec();
                found = Some((State::of(account.core()), key, *account.version_hash()));
            }
        }
        // It died after the last write of the attempt before: everything is done.
        let is_done = matches!(ended, Some(Ok(())))
            || kind(&ended) == Some(ErrorKind::Exists) && self.seen.contains_key(&0);
        if matches!(weather, Weather::Fair) {
            assert!(is_done, "{}", text(&ended));
        }
        if !is_done {
            return false;
        }
        let (state, key, hash) = found.unwrap();
        self.hashes.insert(0, hash);
        let device = self.device_address(0).unwrap();
        let mut sheets = self.sheet_addresses.iter();
        let sheet = sheets.find(|address| state.holds(address)).unwrap();
        assert_eq!(
            state,
            State::created(&[device, self.login_addresses[0], *sheet])
        );
        (self.state, self.key) = (state, key);
        assert!(storage.release().await.iter().all(Result::is_err));
        self.checkpoints.push(storage.checkpoint());
        self.remember();
        true
    }

    /// One thing that somebody does, under some weather.
    async fn step(&mut self) {
        if self.lies > 0 {
            self.lies -= 1;
            if self.lies == 0 {
                self.fork = None;
                self.storage.be_honest();
            }
        }
        if !self.late.is_empty() && below(&mut self.rng, 3) == 0 {
            self.release().await;
        }
        let mut weather = Weather::choose(&self.checkpoints, &mut self.rng);
        if let Weather::Lies(lie) = weather {
            if self.lies == 0 {
                self.lies = 1 + below(&mut self.rng, 3);
                let addresses: Vec<Address> = self.state.holders.values().copied().collect();
                let document = self.document().await;
                let addresses: Vec<_> = addresses.into_iter().chain([document]).collect();
                let fork = lie.begin(&self.storage, &addresses, &mut self.rng).await;
                self.fork = fork.map(Arc::new);
            } else {
                weather = Weather::Fair;
            }
        }
        match below(&mut self.rng, 16) {
            0 | 1 => self.open(weather).await,
            2 => self.open_offline(weather).await,
            3 => self.catch_up(weather).await,
            4 => self.back_up(weather).await,
            5 => self.restore(weather).await,
            6..=8 => self.ask_again(weather).await,
            _ => self.ask(weather).await,
        }
        self.check_key().await;
    }

    /// The end: with the truth, everybody who holds it opens it with everybody.
    async fn end(&mut self) {
        self.lies = 0;
        self.fork = None;
        self.storage.be_honest();
        self.release().await;
        if !self.is_over {
            for _ in 0..4 {
                self.check_key().await;
            }
        }
        for address in self.gone.clone() {
            self.check_gone(&address).await;
        }
    }

    /// The commits that were held back arrive.
    async fn release(&mut self) {
        let answers = self.storage.release().await;
        if self.lies > 0 {
            // It may have arrived at a lie, or at the truth.
            let late = core::mem::take(&mut self.late);
            let (truth, hashes) = self.truth().await;
            assert!(truth == self.state || late.iter().any(|late| late.after == truth));
            for late in late {
                self.forget_outcome(late.device);
            }
            return self.absorb(truth, hashes);
        }
        for (late, answer) in core::mem::take(&mut self.late).into_iter().zip(answers) {
            let lands = late.after.version == self.state.version + 1;
            // One that follows on a lie lands where the versions happen to meet.
            assert!(answer.is_ok() == lands || late.lied, "{answer:?}");
            let lands = answer.is_ok();
            self.enter(
                if lands {
                    "a late commit lands"
                } else {
                    "a late commit is refused"
                },
                Weather::Fair,
            );
            if lands {
                self.forget_outcome(late.device);
                self.state_moves_to(late).await;
            }
        }
    }

    fn forget_outcome(&mut self, device: usize) {
        if let Some(note) = self.notes.get_mut(&device) {
            note.happened = None;
        }
    }

    async fn state_moves_to(&mut self, late: Late) {
        let (truth, hashes) = self.truth().await;
        if late.lied {
            // It may have followed on what only the lie showed, which is the history from now on.
            assert!(truth.version >= self.state.version);
            return self.absorb(truth, hashes);
        }
        // Later ones of the same release may have come upon it.
        assert!(truth.version >= late.after.version);
        if truth.version == late.after.version {
            assert_eq!(truth, late.after);
            self.absorb(truth, hashes);
        }
    }

    // Weather.

    fn arm(&self, view: &Hostile, weather: Weather, device: usize) {
        match weather {
            Weather::Fair | Weather::Lies(_) => {}
            Weather::CallFails(nth) => view.fail_call(nth),
            Weather::Stalls(nth, when) => view.stall_call(nth, when),
            Weather::Dies(death) => self.disks[device].die_at(death),
            Weather::Commit(outcome) => view.fail_next_commit(outcome),
        }
    }

    fn disarm(&mut self, view: &Hostile, weather: Weather, device: usize, ended: &Ended<()>) {
        view.bring_up();
        self.disks[device].live_on();
        self.tally.crashes += u64::from(weather.is_deadly() && !matches!(ended, Some(Ok(()))));
        writeln!(self.trace.text, "    {}", text(ended)).unwrap();
    }

    fn enter(&mut self, kind: &str, weather: Weather) {
        self.tally.operations += 1;
        self.tally.note(kind);
        self.tally.note(weather.name());
        let is_fair = matches!(weather, Weather::Fair) || weather.is_deadly();
        self.tally.hostile += u64::from(!is_fair || self.lies > 0);
        let version = self.state.version;
        writeln!(
            self.trace.text,
            "{kind} at {version}, {weather:?}, lies {}",
            self.lies
        )
        .unwrap();
    }

    /// What is shown.
    fn view(&self) -> Arc<Hostile> {
        Arc::clone(self.fork.as_ref().unwrap_or(&self.storage))
    }

    // What is true.

    /// What is really stored.
    async fn truth(&self) -> (State, Hashes) {
        let (core, hash, _) = self.look().await;
        let known = (0..core.version).filter_map(|version| {
            let hash = core.hash_of_version(version)?;
            Some((version, *hash))
        });
        let hashes = known.chain([(core.version, hash)]).collect();
        (State::of(&core), hashes)
    }

    async fn document(&self) -> Address {
        self.look().await.2
    }

    /// With the first holder who can; those of the last version are asked first.
    async fn look(&self) -> (Core, [u8; 32], Address) {
        let holders = self.state.holders.values().copied();
        for address in holders.chain(self.everybody()) {
            let factor = self.factor_at(&address).await;
            if let Ok(account) = read(self.storage.inner(), &[&*factor]).await {
                let document = account.document_address();
                return (account.core().clone(), *account.version_hash(), document);
            }
        }
        panic!("nobody can read the account");
    }

    fn absorb(&mut self, truth: State, hashes: Hashes) {
        if truth != self.state {
            let old = self.state.holders.values();
            let gone = old.filter(|address| !truth.holds(address)).copied();
            self.gone.extend(gone.collect::<Vec<_>>());
            self.hashes = hashes;
            self.checkpoints.push(self.storage.checkpoint());
            self.state = truth;
        }
    }

    /// No device forgets a version for an older one.
    fn remember(&mut self) {
        for (device, disk) in self.disks.iter().enumerate() {
            if self.device_addresses.len() == device {
                self.device_addresses.push(Vec::new());
            }
            let Some(loaded) = Device::load(disk).unwrap() else {
                continue;
            };
            let mut seeds = vec![loaded.factor("").expose_seed().clone()];
            let pending = loaded.pending().map_or(&[][..], |pending| &pending.seeds);
            let next = pending.iter().filter(|new| new.kind == HolderKind::Device);
            seeds.extend(next.map(|new| new.seed.clone()));
            for seed in seeds {
                let address = seed.mailbox_address(0);
                if !self.device_addresses[device].contains(&address) {
                    self.device_addresses[device].push(address);
                    self.device_seeds.insert(address, seed);
                }
            }
            let Some(membership) = loaded.membership() else {
                continue;
            };
            let (version, hash) = (membership.seen.version, membership.seen.hash);
            let before = self.seen.insert(device, (version, hash));
            let is_newer = before.is_none_or(|(before, known)| {
                before < version || (before == version && known == hash)
            });
            assert!(is_newer, "device {device}");
        }
    }

    fn take_sheets(&mut self, sheets: Vec<SeedFactor<'static>>) {
        for sheet in sheets {
            let address = sheet.address(0);
            if !self.sheet_addresses.contains(&address) {
                self.sheet_addresses.push(address);
                self.sheets.push(sheet);
            }
        }
    }

    /// Holders picked at random open the truth, without anything that they remember; one who was
    /// removed does not read it.
    async fn check_key(&mut self) {
        let need = usize::from(self.state.threshold);
        let seats = self.seats();
        if seats.len() < need {
            return self.check_closed().await;
        }
        let picked = self.pick(seats, need);
        {
            let factors = self.factors_at(&picked).await;
            let opened = open(self.storage.inner(), &listed(&factors)).await;
            let opened = opened.unwrap_or_else(|error| panic!("{}", with_causes(&error)));
            assert_eq!(opened.account().verifying_key(), self.key);
            assert_eq!(State::of(opened.account().core()), self.state);
        }
        let gone: Vec<Address> = self.gone.iter().copied().collect();
        for address in self.pick(gone, 1) {
            self.check_gone(&address).await;
        }
    }

    /// Those who are left are too few, because a device has the seed of a renewal that the storage
    /// acknowledged and dropped. What such a device keeps opens offline, with words that it copied;
    /// with a login it does not, and a backup of what was acknowledged would have to be restored.
    async fn check_closed(&mut self) {
        self.is_over = true;
        let opened = self.open_what_devices_keep().await;
        self.tally.note("the storage dropped a renewal");
        self.tally.closed += u64::from(opened == 0);
    }

    async fn check_gone(&self, address: &Address) {
        let factor = self.factor_at(address).await;
        let read = read(self.storage.inner(), &[&*factor]).await;
        assert!(read.is_err(), "a removed holder reads the account");
    }
}

async fn connect(provider: &FakeProvider, with_anchor: bool) -> ProviderFactor<'_> {
    let anchor = with_anchor.then_some(provider as &dyn tki_provider::Anchor);
    ProviderFactor::connect("login", provider, Some(provider), anchor)
        .await
        .unwrap()
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}

fn again(sheet: &SeedFactor<'static>) -> SeedFactor<'static> {
    SeedFactor::new(HolderKind::Words, "sheet", sheet.expose_seed().clone())
}

fn listed<'f>(factors: &'f [Box<dyn Factor + 'f>]) -> Vec<&'f dyn Factor> {
    let mut list: Vec<&dyn Factor> = Vec::new();
    list.extend(factors.iter().map(|factor| -> &dyn Factor { &**factor }));
    list
}

//! One life: what is done, what the model expects of it, and what must be true after every step.

use core::fmt::Write as _;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng as _};
use tki_engine::{
    Account, Device, Error, ErrorKind, Factor, Opened, ProviderFactor, SeedFactor, with_causes,
};
use tki_math::Identifier;
use tki_metadata::{Core, HolderKind};
use tki_provider::{Anchor as _, fake::FakeProvider};
use tki_record::{Address, Record};
use tki_seal::curve::CurveId;
use tki_seal::signature::{Input, Scheme, verify};
use tki_storage::{MemoryStorage, Storage};
use tki_testkit::{Checkpoint, HostileStorage, Outcome};

use super::Tally;
use super::disk::Disk;
use super::state::State;
use super::weather::Weather;
use crate::owner::{Ask, Desk};
use crate::support::{open, read, until_it_stalls};

pub(super) type Inner = MemoryStorage;
type Hostile = HostileStorage<Inner>;

/// Everything that is done, by name; each must be done in a run that is long enough.
pub(super) const KINDS: &[&str] = &[
    "create",
    "add words",
    "add login",
    "add device",
    "recover",
    "remove",
    "refresh",
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
    rng: ChaCha20Rng,
    storage: Arc<Hostile>,
    /// The other storage that is shown instead, if there is one.
    fork: Option<Arc<Hostile>>,
    /// Operations until the storage is honest again.
    lies: usize,
    disks: Vec<Disk>,
    logins: Vec<FakeProvider>,
    sheets: Vec<SeedFactor<'static>>,
    /// The first mailbox of each of them; a device has none before it wrote its seed down.
    device_addresses: Vec<Option<Address>>,
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

/// How an operation ended.
type Ended<T> = Option<Result<T, Error>>;

impl Life {
    /// Lives the life of this seed.
    pub(super) fn live(seed: u64, steps: usize) -> Tally {
        let life = async {
            let mut life = Self::begin(seed).await;
            for _ in 0..steps {
                life.step().await;
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
            rng,
            storage: Arc::new(HostileStorage::new(MemoryStorage::new())),
            fork: None,
            lies: 0,
            disks: vec![Disk::new()],
            logins,
            login_addresses,
            sheets: Vec::new(),
            device_addresses: Vec::new(),
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
            tally: Tally::default(),
            trace: Trace {
                seed,
                text: String::new(),
            },
        };
        while !life.try_create().await {}
        life
    }

    /// Whether the account is there and its device knows it.
    async fn try_create(&mut self) -> bool {
        let weather = Weather::choose(&[], &mut self.rng);
        self.enter("create", weather);
        let storage = Arc::clone(&self.storage);
        self.arm(&storage, weather, 0).await;
        let mut rng = ChaCha20Rng::from_rng(&mut self.rng);
        let login = connect(&self.logins[0], true).await;
        let mut sheets = Vec::new();
        let mut desk = Desk {
            store: &self.disks[0],
            sheets: &mut sheets,
        };
        let ended = until_it_stalls(desk.create(&*storage, self.curve, &login, &mut rng));
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
        for _ in 0..4 {
            self.check_key().await;
        }
        for address in self.gone.clone() {
            self.check_gone(&address).await;
        }
    }

    // What is done.

    /// A member asks for something, or a new device for a place.
    async fn ask(&mut self, weather: Weather) {
        let members: Vec<usize> = self.fit_devices();
        let count = self.state.holders.len();
        let choice = below(&mut self.rng, 9);
        let joins = members.is_empty() || choice < 3;
        let mut ask = Ask::default();
        let mut login = None;
        let kind = if joins {
            ask.device = Some(format!("device {}", self.disks.len()));
            if choice == 0 || count >= MOST_HOLDERS {
                ask.remove = self.somebody(None);
                "recover"
            } else {
                "add device"
            }
        } else {
            match choice {
                3 if count < MOST_HOLDERS => {
                    ask.words = Some(format!("sheet {}", self.sheets.len()));
                    "add words"
                }
                4 if count < MOST_HOLDERS => {
                    login = self.free_login().await;
                    ask.login = login.is_some();
                    ask.refresh = login.is_none();
                    if ask.login { "add login" } else { "refresh" }
                }
                5 => {
                    let wanted = 1 + below(&mut self.rng, count + 1);
                    ask.threshold = u16::try_from(wanted).ok();
                    "threshold"
                }
                6 => {
                    ask.refresh = true;
                    "refresh"
                }
                _ => "remove",
            }
        };
        let device = if joins {
            self.disks.push(Disk::new());
            self.disks.len() - 1
        } else {
            members[below(&mut self.rng, members.len())]
        };
        if kind == "remove" {
            ask.remove = self.somebody(self.device_address(device));
        }
        self.carry_out(
            kind,
            device,
            Note {
                ask,
                login,
                happened: Some(false),
            },
            weather,
        )
        .await;
    }

    /// The same as before, by whoever did not see the end of it.
    async fn ask_again(&mut self, weather: Weather) {
        let devices: Vec<usize> = self.notes.keys().copied().collect();
        if devices.is_empty() {
            return self.ask(weather).await;
        }
        let device = devices[below(&mut self.rng, devices.len())];
        let address = self.device_address(device).unwrap();
        if self.gone.contains(&address) || self.is_misled(device) {
            self.notes.remove(&device);
            return;
        }
        let note = self.notes[&device].clone();
        self.carry_out("ask again", device, note, weather).await;
    }

    async fn carry_out(&mut self, kind: &str, device: usize, note: Note, weather: Weather) {
        // The same as it asked for before is the same operation.
        let before = self
            .notes
            .get(&device)
            .filter(|before| before.ask == note.ask);
        let note = before.cloned().unwrap_or(note);
        let Some(picked) = self.quorum_beside(device) else {
            return;
        };
        self.enter(kind, weather);
        writeln!(self.trace.text, "    device {device}: {:?}", note.ask).unwrap();
        let view = self.view();
        let expected = self.expected(device, &note, &picked).await;
        let mut rng = ChaCha20Rng::from_rng(&mut self.rng);
        let mut sheets: Vec<SeedFactor<'static>> = Vec::new();
        self.arm(&view, weather, device).await;
        let ended = {
            let mut hand = self.hand(&picked).await;
            if let Some(login) = note.login {
                hand.logins.push(connect(&self.logins[login], true).await);
            }
            let devices = hand.devices();
            let mut desk = Desk {
                store: &self.disks[device],
                sheets: &mut sheets,
            };
            let hand = hand.list(&devices);
            until_it_stalls(desk.change(&*view, &hand, &note.ask, &mut rng))
        };
        self.disarm(&view, weather, device, &ended);
        self.remember();
        let newcomers = self.newcomers(device, &note, &sheets);
        self.take_sheets(sheets);
        let after = newcomers.and_then(|new| self.state.after(&note.ask, &new));
        self.settle_up(device, note, weather, after, expected, &ended)
            .await;
    }

    /// Holds what happened against what was expected, and keeps what is true now.
    async fn settle_up(
        &mut self,
        device: usize,
        note: Note,
        weather: Weather,
        after: Option<State>,
        expected: Expected,
        ended: &Ended<()>,
    ) {
        let before = self.state.clone();
        let (truth, hashes) = self.truth().await;
        let moved = truth != before;
        let title = format!("{expected:?}, and it was {}", text(ended));
        if moved {
            assert_eq!(Some(&truth), after.as_ref(), "{title}");
        }
        if matches!(weather, Weather::Commit(Outcome::HeldBack))
            && kind(ended) == Some(ErrorKind::OutcomeUnknown)
        {
            let after = after.unwrap();
            let lied = self.lies > 0;
            self.late.push(Late {
                device,
                after,
                lied,
            });
        } else if self.lies == 0 {
            let is_fair = matches!(weather, Weather::Fair);
            expected.check(is_fair, moved, ended);
        }
        assert!(kind(ended) != Some(ErrorKind::Bug), "{title}");
        self.absorb(truth, hashes);
        self.keep_note(device, note, moved);
    }

    /// A device keeps a note of what is pending; so does the model.
    fn keep_note(&mut self, device: usize, note: Note, moved: bool) {
        let loaded = Device::load(&self.disks[device]).unwrap();
        let pending = loaded.as_ref().and_then(Device::pending);
        let Some(pending) = pending else {
            self.notes.remove(&device);
            return;
        };
        if pending.steps != note.ask.steps() {
            return;
        }
        let happened = match (self.lies, note.happened) {
            (0, Some(happened)) => Some(happened || moved),
            _ => None,
        };
        self.notes.insert(device, Note { happened, ..note });
    }

    /// What the model says of an operation on a storage that tells the truth.
    async fn expected(&self, device: usize, note: &Note, picked: &[Address]) -> Expected {
        let own = self.device_address(device);
        let loaded = Device::load(&self.disks[device]).unwrap();
        let pending = loaded.as_ref().and_then(Device::pending);
        let is_again = pending.is_some_and(|pending| pending.steps == note.ask.steps());
        if let (true, Some(pending)) = (is_again, pending) {
            let seeds = pending.seeds.iter();
            let mut new: Vec<Address> = seeds.map(|s| s.seed.mailbox_address(s.slot)).collect();
            let is_member = loaded
                .as_ref()
                .is_some_and(|device| device.membership().is_some());
            new.extend(own.filter(|_| !is_member));
            let is_holder = new.iter().any(|address| self.state.holds(address));
            match note.happened {
                Some(true) => return Expected::Finished,
                None if is_holder => return Expected::Finished,
                None if new.is_empty() => return Expected::Either,
                Some(false) | None => {}
            }
        }
        let placeholders = usize::from(note.ask.device.is_some())
            + usize::from(note.ask.words.is_some())
            + usize::from(note.ask.login);
        let placeholders: Vec<Address> =
            (0..placeholders).map(|_| self.login_addresses[0]).collect();
        if self.state.after(&note.ask, &placeholders).is_none() {
            return Expected::Invalid;
        }
        let is_member = own.is_some_and(|own| self.state.holds(&own));
        if is_member || self.is_vouched_for(picked).await {
            Expected::Done
        } else {
            Expected::Unvouched
        }
    }

    async fn open(&mut self, weather: Weather) {
        let all: Vec<Address> = self.state.holders.values().copied().collect();
        let count = 1 + below(&mut self.rng, all.len());
        let picked = self.pick(all, count);
        let signs = below(&mut self.rng, 2) == 0;
        self.enter(if signs { "sign" } else { "open" }, weather);
        let misled = self.misled_of(&picked).await;
        let floor = self.floor(&picked).await;
        let view = self.view();
        self.arm(&view, weather, 0).await;
        let ended = {
            let hand = self.hand(&picked).await;
            let devices = hand.devices();
            let ended = until_it_stalls(open(&*view, &hand.list(&devices)));
            if let Some(Ok(opened)) = &ended {
                assert!(
                    opened.account().version() >= floor,
                    "older than a witness saw"
                );
                self.check_opened(opened, signs);
            }
            ended.map(|ended| ended.map(drop))
        };
        self.disarm(&view, weather, 0, &ended);
        if self.lies > 0 || matches!(weather, Weather::Stalls(..) | Weather::CallFails(_)) {
            assert!(kind(&ended) != Some(ErrorKind::Bug));
            return;
        }
        let need = usize::from(self.state.threshold);
        match ended.unwrap() {
            Ok(()) => assert!(!misled && picked.len() >= need),
            Err(error) if misled => assert_eq!(error.kind(), ErrorKind::Refused, "{error}"),
            Err(error) => {
                let have = picked.len();
                assert_eq!(
                    error.kind(),
                    ErrorKind::NeedMoreShares { have, need },
                    "{error}"
                );
            }
        }
    }

    fn check_opened(&self, opened: &Opened<'_>, signs: bool) {
        assert_eq!(opened.account().verifying_key(), self.key);
        if signs {
            let scheme = match self.curve {
                CurveId::Ed25519 => Scheme::Ed25519,
                _ => Scheme::EcdsaKeccak256,
            };
            let input = || Input::Message(b"alive");
            let signature = opened.sign(scheme, input()).unwrap();
            verify(scheme, &self.key, input(), &signature.to_bytes()).unwrap();
        }
    }

    /// Every device that was ever part of the account opens what it has, if that is enough.
    async fn open_offline(&mut self, weather: Weather) {
        self.enter("open offline", weather);
        for disk in &self.disks {
            let Some(device) = Device::load(disk).unwrap() else {
                continue;
            };
            let Some(membership) = device.membership() else {
                continue;
            };
            let copies: Vec<Address> = membership
                .offline_mailboxes
                .iter()
                .map(|copy| copy.address)
                .collect();
            let core = &membership.document.core;
            let factor = device.factor("device");
            let mut factors: Vec<&dyn Factor> = vec![&factor];
            for (sheet, address) in self.sheets.iter().zip(&self.sheet_addresses) {
                if copies.contains(address) {
                    factors.push(sheet);
                }
            }
            let account = Account::read_offline(&factors).await.unwrap();
            if factors.len() >= usize::from(core.structure.threshold().get()) {
                let opened = account.open().unwrap();
                assert_eq!(opened.account().verifying_key(), self.key);
                assert_eq!(opened.account().version(), membership.seen.version);
            }
        }
    }

    /// A device opens the account with others and keeps what it sees.
    async fn catch_up(&mut self, weather: Weather) {
        let devices = self.fit_devices();
        if devices.is_empty() {
            return;
        }
        let device = devices[below(&mut self.rng, devices.len())];
        let Some(picked) = self.quorum_beside(device) else {
            return;
        };
        self.enter("catch up", weather);
        let view = self.view();
        self.arm(&view, weather, device).await;
        let mut rng = ChaCha20Rng::from_rng(&mut self.rng);
        let ended = {
            let hand = self.hand(&picked).await;
            let devices = hand.devices();
            let own = Device::load(&self.disks[device]).unwrap().unwrap();
            let factor = own.factor("device");
            let mut factors: Vec<&dyn Factor> = vec![&factor];
            factors.extend(hand.list(&devices));
            until_it_stalls(async {
                let opened = open(&*view, &factors).await?;
                own.catch_up(&*view, opened.account(), &mut rng).await?;
                Ok(())
            })
        };
        self.disarm(&view, weather, device, &ended);
        if self.lies == 0 && matches!(weather, Weather::Fair) {
            assert!(matches!(ended, Some(Ok(()))), "{}", text(&ended));
        }
        self.remember();
        if self.lies == 0 && matches!(weather, Weather::Fair) {
            assert_eq!(self.seen[&device].0, self.state.version);
        }
    }

    async fn back_up(&mut self, weather: Weather) {
        let fit = self.fit().await;
        if fit.is_empty() {
            return;
        }
        let picked = self.pick(fit, 1);
        self.enter("back up", weather);
        let view = self.view();
        self.arm(&view, weather, 0).await;
        let ended: Ended<(State, Vec<Record>)> = {
            let hand = self.hand(&picked).await;
            let devices = hand.devices();
            let factors = hand.list(&devices);
            until_it_stalls(async {
                let account = read(&*view, &factors).await?;
                let bundle = account.backup(&*view).await?;
                Ok((State::of(account.core()), bundle.records))
            })
        };
        let told = ended.as_ref().map(|ended| match ended {
            Ok(_) => String::from("done"),
            Err(error) => with_causes(error),
        });
        let is_fair = self.lies == 0 && matches!(weather, Weather::Fair);
        match ended {
            Some(Ok((state, records))) => self.bundle = Some((state, records)),
            _ => assert!(!is_fair, "{told:?}"),
        }
        self.disarm(&view, weather, 0, &Some(Ok(())));
    }

    /// The last backup, in an empty storage and in this one.
    async fn restore(&mut self, weather: Weather) {
        let Some((state, records)) = self.bundle.clone() else {
            return;
        };
        self.enter("restore", weather);
        let elsewhere = MemoryStorage::new();
        elsewhere.restore(&records).await.unwrap();
        let holders: Vec<Address> = state.holders.values().copied().collect();
        let picked = self.pick(holders, usize::from(state.threshold));
        {
            let factors = self.factors_at(&picked).await;
            let opened = open(&elsewhere, &listed(&factors)).await.unwrap();
            assert_eq!(opened.account().verifying_key(), self.key);
            assert_eq!(opened.account().version(), state.version);
        }
        let answer = self.storage.inner().restore(&records).await;
        let (truth, hashes) = self.truth().await;
        if answer.is_ok() && state.version > self.state.version {
            // What was committed to a liar and copied from there is not lost.
            assert_eq!(truth, state);
            self.absorb(truth, hashes);
        } else {
            assert_eq!(truth, self.state);
            assert!(answer.is_err() || state == self.state);
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
            assert!(
                answer.is_ok() == lands || (late.lied && answer.is_err()),
                "{answer:?}"
            );
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
                self.state_moves_to(late.after).await;
            }
        }
    }

    fn forget_outcome(&mut self, device: usize) {
        if let Some(note) = self.notes.get_mut(&device) {
            note.happened = None;
        }
    }

    async fn state_moves_to(&mut self, after: State) {
        let (truth, hashes) = self.truth().await;
        // Later ones of the same release may have come upon it.
        assert!(truth.version >= after.version);
        if truth.version == after.version {
            assert_eq!(truth, after);
            self.absorb(truth, hashes);
        }
    }

    // Weather.

    async fn arm(&self, view: &Hostile, weather: Weather, device: usize) {
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
                self.device_addresses.push(None);
            }
            let Some(loaded) = Device::load(disk).unwrap() else {
                continue;
            };
            if self.device_addresses[device].is_none() {
                self.device_addresses[device] = Some(loaded.factor("").address(0));
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
        let all: Vec<Address> = self.state.holders.values().copied().collect();
        let picked = self.pick(all, usize::from(self.state.threshold));
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

    async fn check_gone(&self, address: &Address) {
        let factor = self.factor_at(address).await;
        let read = read(self.storage.inner(), &[&*factor]).await;
        assert!(read.is_err(), "a removed holder reads the account");
    }

    // Who is at hand.

    /// Everybody who ever was a factor.
    fn everybody(&self) -> Vec<Address> {
        let devices = self.device_addresses.iter().flatten();
        let others = self.login_addresses.iter().chain(&self.sheet_addresses);
        devices.chain(others).copied().collect()
    }

    /// Whose mailbox this is, with nothing that it remembers.
    async fn factor_at(&self, address: &Address) -> Box<dyn Factor + '_> {
        if let Some(device) = self.device_at(address) {
            let device = Device::load(&self.disks[device]).unwrap().unwrap();
            let seed = device.factor("").expose_seed().clone();
            return Box::new(SeedFactor::new(HolderKind::Device, "", seed));
        }
        if let Some(login) = self.login_addresses.iter().position(|held| held == address) {
            return Box::new(connect(&self.logins[login], false).await);
        }
        let sheet = self.sheet_addresses.iter().position(|held| held == address);
        Box::new(again(&self.sheets[sheet.unwrap()]))
    }

    async fn factors_at(&self, addresses: &[Address]) -> Vec<Box<dyn Factor + '_>> {
        let mut factors = Vec::new();
        for address in addresses {
            factors.push(self.factor_at(address).await);
        }
        factors
    }

    fn device_at(&self, address: &Address) -> Option<usize> {
        let mut devices = self.device_addresses.iter();
        devices.position(|held| held.as_ref() == Some(address))
    }

    /// These, with everything that they remember.
    async fn hand(&self, picked: &[Address]) -> Hand<'_> {
        let mut hand = Hand {
            devices: Vec::new(),
            logins: Vec::new(),
            sheets: Vec::new(),
        };
        for address in picked {
            if let Some(device) = self.device_at(address) {
                hand.devices
                    .push(Device::load(&self.disks[device]).unwrap().unwrap());
            }
            if let Some(login) = self.login_addresses.iter().position(|held| held == address) {
                hand.logins.push(connect(&self.logins[login], true).await);
            }
            if let Some(sheet) = self.sheet_addresses.iter().position(|held| held == address) {
                hand.sheets.push(again(&self.sheets[sheet]));
            }
        }
        hand
    }

    fn device_address(&self, device: usize) -> Option<Address> {
        self.device_addresses.get(device).copied().flatten()
    }

    /// Whether a device believes what is not so.
    fn is_misled(&self, device: usize) -> bool {
        let seen = self.seen.get(&device);
        seen.is_some_and(|(version, hash)| self.hashes.get(version) != Some(hash))
    }

    /// The version that an anchor vouches for, and whether that is not so.
    async fn anchored(&self, login: usize) -> Option<(u64, bool)> {
        let entry = self.logins[login].read(0).await.unwrap();
        let header = entry.and_then(|entry| entry.header)?;
        let hash = self.hashes.get(&header.version());
        Some((header.version(), hash != Some(header.body_hash())))
    }

    async fn misled_of(&self, picked: &[Address]) -> bool {
        let mut devices = picked.iter().filter_map(|address| self.device_at(address));
        let mut misled = devices.any(|device| self.is_misled(device));
        for (login, address) in self.login_addresses.iter().enumerate() {
            if picked.contains(address) {
                misled |= self.anchored(login).await.is_some_and(|(_, misled)| misled);
            }
        }
        misled
    }

    /// The newest version that somebody of these saw.
    async fn floor(&self, picked: &[Address]) -> u64 {
        let devices = picked.iter().filter_map(|address| self.device_at(address));
        let seen = devices.filter_map(|device| self.seen.get(&device));
        let mut floor = seen.map(|(version, _)| *version).max().unwrap_or(0);
        for (login, address) in self.login_addresses.iter().enumerate() {
            if picked.contains(address) {
                floor = floor.max(self.anchored(login).await.map_or(0, |(version, _)| version));
            }
        }
        floor
    }

    /// Whether a device that is a member, or a login whose anchor knows the account, is among them.
    async fn is_vouched_for(&self, picked: &[Address]) -> bool {
        let mut devices = picked.iter().filter_map(|address| self.device_at(address));
        if devices.any(|device| self.seen.contains_key(&device)) {
            return true;
        }
        for (login, address) in self.login_addresses.iter().enumerate() {
            if picked.contains(address) && self.anchored(login).await.is_some() {
                return true;
            }
        }
        false
    }

    /// The holders that can be used: nothing that they believe is not so.
    async fn fit(&self) -> Vec<Address> {
        let mut fit = Vec::new();
        for address in self.state.holders.values() {
            if !self.misled_of(&[*address]).await {
                fit.push(*address);
            }
        }
        fit
    }

    /// Devices that are members, know it, and are not misled.
    fn fit_devices(&self) -> Vec<usize> {
        let members = self.seen.keys().copied().filter(|device| {
            let address = self.device_address(*device);
            address.is_some_and(|a| self.state.holds(&a)) && !self.is_misled(*device)
        });
        members.collect()
    }

    /// A login that is no holder and has no anchor for any account.
    async fn free_login(&self) -> Option<usize> {
        for (login, address) in self.login_addresses.iter().enumerate() {
            let known = self.state.holds(address) || self.gone.contains(address);
            if !known && self.anchored(login).await.is_none() {
                return Some(login);
            }
        }
        None
    }

    /// A holder to be removed: one that is misled, if there is one.
    fn somebody(&mut self, but: Option<Address>) -> Option<Identifier> {
        let misled: Vec<Address> = (0..self.disks.len())
            .filter(|device| self.is_misled(*device))
            .filter_map(|device| self.device_address(device))
            .collect();
        let holders = self
            .state
            .holders
            .iter()
            .filter(|(_, held)| Some(**held) != but);
        let holders: Vec<(u128, Address)> = holders.map(|(x, held)| (*x, *held)).collect();
        let chosen = holders.iter().find(|(_, held)| misled.contains(held));
        let random = holders[below(&mut self.rng, holders.len())];
        Identifier::new(chosen.copied().unwrap_or(random).0).ok()
    }

    /// Enough holders beside this device, at random.
    fn quorum_beside(&mut self, device: usize) -> Option<Vec<Address>> {
        let fit = until_it_stalls(self.fit()).unwrap();
        let own = self.device_address(device);
        let is_member =
            own.is_some_and(|own| fit.contains(&own)) && self.seen.contains_key(&device);
        let others: Vec<Address> = fit.into_iter().filter(|a| Some(*a) != own).collect();
        let need = usize::from(self.state.threshold) - usize::from(is_member);
        (others.len() >= need).then(|| self.pick(others, need))
    }

    fn pick(&mut self, mut from: Vec<Address>, count: usize) -> Vec<Address> {
        let mut picked = Vec::new();
        while picked.len() < count && !from.is_empty() {
            picked.push(from.swap_remove(below(&mut self.rng, from.len())));
        }
        picked
    }

    /// The mailboxes of newcomers in the order of the engine, if all of them were prepared.
    fn newcomers(
        &self,
        device: usize,
        note: &Note,
        sheets: &[SeedFactor<'static>],
    ) -> Option<Vec<Address>> {
        let mut new = Vec::new();
        if note.ask.device.is_some() {
            new.push(self.device_address(device)?);
        }
        if note.ask.words.is_some() {
            new.push(sheets.last()?.address(0));
        }
        new.extend(note.login.map(|login| self.login_addresses[login]));
        Some(new)
    }
}

/// What the model says of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    /// One new version.
    Done,
    /// It is found to be done already.
    Finished,
    /// One of the two.
    Either,
    /// It would leave an account that does not work.
    Invalid,
    /// Nothing vouches for what is shown.
    Unvouched,
}

impl Expected {
    /// Of an operation that met no lie.
    fn check(self, is_fair: bool, moved: bool, ended: &Ended<()>) {
        let title = format!("{self:?}, and it was {}", text(ended));
        let is_ok = matches!(ended, Some(Ok(())));
        match self {
            Self::Done => {
                assert!(!is_fair || is_ok, "{title}");
                assert!(!is_ok || moved, "{title}");
            }
            Self::Finished => {
                assert!(!is_fair || is_ok, "{title}");
                assert!(!moved, "{title}");
            }
            Self::Either => assert!(!is_fair || is_ok, "{title}"),
            Self::Invalid | Self::Unvouched => assert!(!is_ok && !moved, "{title}"),
        }
        if is_fair && self == Self::Invalid {
            let refused = [Some(ErrorKind::InvalidChange), Some(ErrorKind::Unverified)];
            assert!(refused.contains(&kind(ended)), "{title}");
        }
        if is_fair && self == Self::Unvouched {
            assert_eq!(kind(ended), Some(ErrorKind::Unverified), "{title}");
        }
    }
}

fn text(ended: &Ended<()>) -> String {
    match ended {
        None => "dead".into(),
        Some(Ok(())) => "done".into(),
        Some(Err(error)) => with_causes(error),
    }
}

fn kind(ended: &Ended<()>) -> Option<ErrorKind> {
    ended.as_ref()?.as_ref().err().map(Error::kind)
}

async fn connect(provider: &FakeProvider, with_anchor: bool) -> ProviderFactor<'_> {
    let anchor = with_anchor.then_some(provider as &dyn tki_provider::Anchor);
    ProviderFactor::connect("login", provider, Some(provider), anchor)
        .await
        .unwrap()
}

fn again(sheet: &SeedFactor<'static>) -> SeedFactor<'static> {
    SeedFactor::new(HolderKind::Words, "sheet", sheet.expose_seed().clone())
}

fn listed<'f>(factors: &'f [Box<dyn Factor + 'f>]) -> Vec<&'f dyn Factor> {
    let mut list: Vec<&dyn Factor> = Vec::new();
    list.extend(factors.iter().map(|factor| -> &dyn Factor { &**factor }));
    list
}

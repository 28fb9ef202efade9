//! Measures what the life of an account costs, with the storage in memory and without Argon2id.
//!
//! `cargo bench -p tki-engine --bench core` prints a line `row value unit` for each row of the table
//! in `docs/performance.md`; `cargo xtask bench core` holds them against its targets.
//!
//! Times are of the processor, not of the clock on the wall: one thread that never waits, so that
//! both agree on a machine that does nothing else, and other programs do not count on one that does.
//! Each is the median of a batch, in the quietest of several batches.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![expect(
    clippy::std_instead_of_core,
    reason = "a bench has the standard library"
)]
use std::time::Duration;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use rustix::time::{ClockId, clock_gettime};
use tki_device::MemoryStore;
use tki_engine::{
    Account, Device, Error, Factor, OfflineCopies, Opened, Plan, ProviderFactor, ReadOptions,
    SeedFactor, Unverified, create,
};
use tki_metadata::HolderKind;
use tki_provider::fake::FakeProvider;
use tki_record::Address;
use tki_seal::{bip340::SigningKey, curve::CurveId};
use tki_storage::{CountingStorage, MemoryStorage, Storage};

const BATCHES: usize = 8;
const ROUNDS: u32 = 50;
const NOW: u64 = 1_790_000_000;
/// Holders, refreshes and removals of the long life.
const HOLDERS: usize = 8;
const REFRESHES: u32 = 1_000;
const REMOVALS: u32 = 100;
/// The log of changes holds no more; from then on it grows no longer.
const LOGGED: u32 = 64;
/// After so many refreshes the peer's figures were taken, and after so many the history is full.
const AGES: [u32; 3] = [46, 300, REFRESHES];

fn main() -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let Ok(runtime) = runtime else { return Ok(()) };
    runtime.block_on(bench())
}

async fn bench() -> Result<(), Error> {
    let mut rng = ChaCha20Rng::from_seed([7; 32]);
    unit(&mut rng);
    for curve in [CurveId::Secp256k1, CurveId::Ed25519] {
        let mut best = [Duration::MAX; 3];
        for batch in 0..BATCHES {
            let medians = batch_of_lives(curve, batch, &mut rng).await?;
            for (best, median) in best.iter_mut().zip(medians) {
                *best = median.min(*best);
            }
        }
        for (what, time) in ["create", "open", "reshare"].iter().zip(best) {
            row(
                &format!("{what}-{}", curve.name()),
                milliseconds(time),
                "ms",
            );
        }
    }
    LongLife::begin(&mut rng).await?.live(&mut rng).await
}

/// What the machine's speed is told by: one verification of a BIP-340 signature.
fn unit(rng: &mut ChaCha20Rng) {
    let key = SigningKey::random(rng);
    let (public_key, signature) = (key.public_key(), key.sign(&[1; 32]));
    let mut best = Duration::MAX;
    for _ in 0..BATCHES {
        let times = (0..ROUNDS).map(|_| {
            let begin = now();
            // The result is used, or the work could be left out.
            assert!(public_key.verify(&[1; 32], &signature).is_ok());
            now().saturating_sub(begin)
        });
        best = median(times.collect()).min(best);
    }
    row("verify", milliseconds(best) * 1e3, "us");
}

/// Medians of creating, opening and resharing the base flow.
async fn batch_of_lives(
    curve: CurveId,
    batch: usize,
    rng: &mut ChaCha20Rng,
) -> Result<[Duration; 3], Error> {
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        let measured = one_life(curve, [batch as u64, u64::from(round)], rng).await?;
        for (all, one) in times.iter_mut().zip(measured) {
            all.push(one);
        }
    }
    Ok(times.map(median))
}

/// Creates, opens and reshares the base flow once: a device, a login with an anchor, words.
async fn one_life(
    curve: CurveId,
    [batch, round]: [u64; 2],
    rng: &mut ChaCha20Rng,
) -> Result<[Duration; 3], Error> {
    let storage = MemoryStorage::new();
    let mut seed = [0; 32];
    let numbers = [batch.to_le_bytes(), round.to_le_bytes()].concat();
    seed.iter_mut()
        .zip(numbers)
        .for_each(|(byte, part)| *byte = part);
    let provider = FakeProvider::new(seed);
    let device = SeedFactor::generate(HolderKind::Device, "device", rng);
    let paper = SeedFactor::generate(HolderKind::Words, "paper", rng);
    let login =
        ProviderFactor::connect("login", &provider, Some(&provider), Some(&provider)).await?;
    let factors: [&dyn Factor; 3] = [&device, &login, &paper];
    let plan = Plan::new(curve, 2, NOW);

    let begin = now();
    create(&storage, &plan, &factors, rng)
        .await?
        .commit(&storage)
        .await?;
    let created = now().saturating_sub(begin);

    let begin = now();
    let opened = Opened::open(&storage, &[&device, &paper], ReadOptions::default()).await?;
    let open = now().saturating_sub(begin);

    let begin = now();
    let change = opened.change().unverified(Unverified::Accept).refresh();
    change
        .prepare(&storage, NOW, rng)
        .await?
        .commit(&storage)
        .await?;
    Ok([created, open, now().saturating_sub(begin)])
}

/// An account that grows old, a device that sleeps through all of it, and a sheet of words that is
/// never replaced.
struct LongLife {
    storage: CountingStorage<MemoryStorage>,
    device: MemoryStore,
    paper: SeedFactor<'static>,
    /// Whoever is removed next.
    passing: Vec<SeedFactor<'static>>,
    /// Every address that was ever written to.
    addresses: Vec<Address>,
}

impl LongLife {
    async fn begin(rng: &mut ChaCha20Rng) -> Result<Self, Error> {
        let words = |rng: &mut ChaCha20Rng| SeedFactor::generate(HolderKind::Words, "", rng);
        let store = MemoryStore::new();
        let paper = words(rng);
        let passing: Vec<_> = (2..HOLDERS).map(|_| words(rng)).collect();
        let storage = CountingStorage::new(MemoryStorage::new());
        let mut addresses = Vec::new();
        {
            let device = Device::new(&store, rng);
            let factor = device.factor("device");
            let mut factors: Vec<&dyn Factor> = vec![&factor, &paper];
            factors.extend(passing.iter().map(|words| -> &dyn Factor { words }));
            let plan = Plan::new(CurveId::Secp256k1, 2, NOW);
            let prepared = create(&storage, &plan, &factors, rng).await?;
            prepared.announce(&device, None, rng)?;
            let account = prepared.commit(&storage).await?.account;
            device.settle(&storage, &account, rng).await?;
            addresses.push(account.document_address());
            addresses.extend(account.holders().iter().map(|holder| holder.mailbox));
        }
        Ok(Self {
            storage,
            device: store,
            paper,
            passing,
            addresses,
        })
    }

    async fn live(mut self, rng: &mut ChaCha20Rng) -> Result<(), Error> {
        row("login-0", self.login().await?, "ms");
        let mut age = 0;
        for next in AGES {
            while age < next {
                self.refresh(rng).await?;
                age += 1;
            }
            row(&format!("bytes-{age}"), self.bytes().await?, "bytes");
            row(&format!("reads-{age}"), self.stale_reads().await?, "reads");
            row(&format!("login-{age}"), self.login().await?, "ms");
        }
        for _ in 0..LOGGED {
            self.remove_and_add(rng).await?;
        }
        let before = self.live_bytes().await?;
        for _ in LOGGED..REMOVALS {
            self.remove_and_add(rng).await?;
        }
        // The newest hand no document down yet: they joined after the others' hand-overs.
        let grown = self.live_bytes().await? - before;
        let records = 3.0; // the document, the device's mailbox, the paper's
        row(
            "removal-bytes",
            grown / records / f64::from(REMOVALS - LOGGED),
            "bytes",
        );
        row("reads-removals", self.stale_reads().await?, "reads");
        row("login-removals", self.login().await?, "ms");
        Ok(())
    }

    async fn refresh(&self, rng: &mut ChaCha20Rng) -> Result<(), Error> {
        let [one, other] = self.two()?;
        let opened = Opened::open(&self.storage, &[one, other], ReadOptions::default()).await?;
        let change = opened.change().unverified(Unverified::Accept).refresh();
        change
            .prepare(&self.storage, NOW, rng)
            .await?
            .commit(&self.storage)
            .await?;
        Ok(())
    }

    /// The oldest of the passing goes, another comes.
    async fn remove_and_add(&mut self, rng: &mut ChaCha20Rng) -> Result<(), Error> {
        let new = SeedFactor::generate(HolderKind::Words, "", rng);
        let account = {
            let [one, other] = self.two()?;
            let opened = Opened::open(&self.storage, &[one, other], ReadOptions::default()).await?;
            // The device and the paper, which stay, come first.
            let oldest = opened.account().holders().iter().find_map(|holder| {
                let stays =
                    holder.kind == HolderKind::Device || holder.mailbox == self.paper.address(0);
                if stays { None } else { holder.identifier() }
            });
            let mut change = opened.change().unverified(Unverified::Accept);
            if let Some(oldest) = oldest {
                change = change.remove(oldest);
            }
            let change = change.add(&new, OfflineCopies::Keep);
            change
                .prepare(&self.storage, NOW, rng)
                .await?
                .commit(&self.storage)
                .await?
                .account
                .holders()
                .to_vec()
        };
        self.addresses
            .extend(account.last().map(|holder| holder.mailbox));
        self.passing.rotate_left(1);
        if let Some(last) = self.passing.last_mut() {
            *last = new;
        }
        Ok(())
    }

    /// Two factors that open the account: the paper and the newest of the passing.
    fn two(&self) -> Result<[&dyn Factor; 2], Error> {
        Ok(match self.passing.last() {
            Some(newest) => [&self.paper, newest],
            None => [&self.paper, &self.paper],
        })
    }

    /// Milliseconds of a login: opening with two factors.
    async fn login(&self) -> Result<f64, Error> {
        let mut best = Duration::MAX;
        for _ in 0..BATCHES {
            let mut times = Vec::new();
            for _ in 0..ROUNDS {
                let factors = self.two()?;
                let begin = now();
                Opened::open(&self.storage, &factors, ReadOptions::default()).await?;
                times.push(now().saturating_sub(begin));
            }
            best = median(times).min(best);
        }
        Ok(milliseconds(best))
    }

    /// Records that the device reads which has seen nothing since the account was created.
    async fn stale_reads(&self) -> Result<f64, Error> {
        let Some(device) = Device::load(&self.device)? else {
            return Ok(f64::NAN);
        };
        let factor = device.factor("device");
        let before = self.storage.counters().records_read;
        Account::read(&self.storage, &[&factor], ReadOptions::default()).await?;
        Ok((self.storage.counters().records_read - before) as f64)
    }

    /// Everything that the storage keeps of the account.
    async fn bytes(&self) -> Result<f64, Error> {
        let mut bytes = 0;
        for record in self
            .storage
            .get_many(&self.addresses)
            .await?
            .iter()
            .flatten()
        {
            bytes += record.encode().len();
        }
        Ok(bytes as f64)
    }

    /// Of those records that were there from the beginning and stay: the document, the device's
    /// mailbox and the paper's.
    async fn live_bytes(&self) -> Result<f64, Error> {
        let mut bytes = 0;
        let staying: Vec<Address> = self.addresses.iter().take(3).copied().collect();
        for record in self.storage.get_many(&staying).await?.iter().flatten() {
            bytes += record.encode().len();
        }
        Ok(bytes as f64)
    }
}

/// The time that this thread has used the processor for.
fn now() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn row(name: &str, value: f64, unit: &str) {
    println!("{name} {value:.4} {unit}");
}

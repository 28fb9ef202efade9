//! Measures what the life of an account costs, with the storage in memory and without Argon2id.
//!
//! `cargo run --release -p tki-engine --example bench_core`

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![expect(clippy::disallowed_methods, reason = "a bench reads the clock")]
#![expect(
    clippy::std_instead_of_core,
    reason = "a bench has the standard library"
)]

use std::time::{Duration, Instant};

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use tki_engine::{
    Error, Factor, Opened, Plan, ProviderFactor, ReadOptions, SeedFactor, Unverified, create,
};
use tki_metadata::HolderKind;
use tki_provider::fake::FakeProvider;
use tki_seal::curve::CurveId;
use tki_storage::{CountingStorage, MemoryStorage, Storage};

const ROUNDS: u32 = 200;
const NOW: u64 = 1_790_000_000;

fn main() -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let Ok(runtime) = runtime else { return Ok(()) };
    runtime.block_on(bench())
}

async fn bench() -> Result<(), Error> {
    let mut rng = ChaCha20Rng::from_seed([7; 32]);
    println!(
        "{:<34} {:>9} {:>9}   target   tKey JS 12 / 15",
        "2 of 3, median", "secp256k1", "ed25519"
    );
    let (mut creates, mut opens, mut reshares) = (Vec::new(), Vec::new(), Vec::new());
    for curve in [CurveId::Secp256k1, CurveId::Ed25519] {
        let mut timings = [Vec::new(), Vec::new(), Vec::new()];
        for round in 0..ROUNDS {
            let measured = one_life(curve, round, &mut rng).await?;
            for (all, one) in timings.iter_mut().zip(measured) {
                all.push(one);
            }
        }
        let [create, open, reshare] = timings.map(median);
        creates.push(create);
        opens.push(open);
        reshares.push(reshare);
    }
    print_row("new account", &creates, "1.50 ms", "69 / 76 ms");
    print_row("open and assemble", &opens, "0.75 ms", "14 / 28 ms");
    print_row("reshare", &reshares, "1.50 ms", "84 / 104 ms");
    growth(&mut rng).await
}

/// Creates, opens and reshares the base flow once.
async fn one_life(
    curve: CurveId,
    round: u32,
    rng: &mut ChaCha20Rng,
) -> Result<[Duration; 3], Error> {
    let storage = MemoryStorage::new();
    let mut seed = [0; 32];
    seed.iter_mut()
        .zip(round.to_le_bytes())
        .for_each(|(byte, part)| *byte = part);
    let provider = FakeProvider::new(seed);
    let device = SeedFactor::generate(HolderKind::Device, "device", rng);
    let paper = SeedFactor::generate(HolderKind::Words, "paper", rng);
    let login =
        ProviderFactor::connect("login", &provider, Some(&provider), Some(&provider)).await?;
    let factors: [&dyn Factor; 3] = [&device, &login, &paper];
    let plan = Plan::new(curve, 2, NOW);

    let begin = Instant::now();
    create(&storage, &plan, &factors, rng)
        .await?
        .commit(&storage)
        .await?;
    let created = begin.elapsed();

    let begin = Instant::now();
    let opened = Opened::open(&storage, &[&device, &paper], ReadOptions::default()).await?;
    let open = begin.elapsed();

    let begin = Instant::now();
    let change = opened.change().unverified(Unverified::Accept).refresh();
    change
        .prepare(&storage, NOW, rng)
        .await?
        .commit(&storage)
        .await?;
    Ok([created, open, begin.elapsed()])
}

/// What 8 holders and 46 refreshes leave in the storage, and what a stale device reads.
async fn growth(rng: &mut ChaCha20Rng) -> Result<(), Error> {
    let storage = CountingStorage::new(MemoryStorage::new());
    let papers: Vec<_> = (0..8)
        .map(|_| SeedFactor::generate(HolderKind::Words, "", rng))
        .collect();
    let factors: Vec<&dyn Factor> = papers
        .iter()
        .map(|paper| -> &dyn Factor { paper })
        .collect();
    let plan = Plan::new(CurveId::Secp256k1, 2, NOW);
    let mut account = create(&storage, &plan, &factors, rng)
        .await?
        .commit(&storage)
        .await?
        .account;
    for _ in 0..46 {
        let change = account.open()?;
        let change = change.change().unverified(Unverified::Accept).refresh();
        account = change
            .prepare(&storage, NOW, rng)
            .await?
            .commit(&storage)
            .await?
            .account;
    }
    let addresses: Vec<_> = account
        .holders()
        .iter()
        .map(|holder| holder.mailbox)
        .collect();
    let mut kept = 0;
    for address in addresses.into_iter().chain([account.document_address()]) {
        let record = storage.get(&address).await?;
        kept += record.map_or(0, |record| record.encode().len());
    }
    let stale = storage.take();
    let first = factors.first().copied();
    Opened::open(
        &storage,
        &first.into_iter().collect::<Vec<_>>(),
        ReadOptions::default(),
    )
    .await
    .err();
    let reads = storage.take().records_read;
    println!("8 holders after 46 refreshes: {kept} bytes kept (target 65536, tKey 21 MB)");
    println!("reads of a stale device: {reads} (target 2, tKey 49)");
    println!(
        "written in all: {} bytes in {} commits",
        stale.bytes_written, stale.commits
    );
    Ok(())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn print_row(what: &str, times: &[Duration], target: &str, peer: &str) {
    let cells: Vec<String> = times
        .iter()
        .map(|time| format!("{:>6.2} ms", time.as_secs_f64() * 1e3))
        .collect();
    println!("{what:<34} {}   {target}  {peer}", cells.join(" "));
}

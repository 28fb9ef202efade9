//! `tki-load bench`: what the server does in a second and what it needs for it, beside what does less.

mod accounts;
mod commits;
mod connection;
mod drive;
mod growth;
mod memory;
mod print;
mod reads;
mod records;
mod site;
mod sql;
mod stats;

use tki_seal::bip340::SigningKey;
use tokio::time::Instant;

use self::drive::microseconds;
use self::print::row;
use self::site::{Backend, Site};
use crate::Failure;
use crate::args::Bench;

/// Measures what was asked for.
pub(crate) async fn run(asked: &Bench) -> Result<(), Failure> {
    let site = Site::new(asked)?;
    row("verify", verification()?, "us");
    if let Some(most) = asked.growth {
        return growth::run(&site, most).await;
    }
    if let Some(minutes) = asked.minutes {
        return memory::run(&site, minutes).await;
    }
    let backends = site.backends();
    print::head();
    for backend in &backends {
        reads::run(&site, *backend).await?;
    }
    commits::redb(&site).await?;
    commits::syncs(&site).await?;
    if backends.contains(&Backend::Postgres) {
        commits::postgres(&site).await?;
    }
    accounts::run(&site).await
}

/// What one BIP-340 verification takes, in microseconds: the speed of the machine.
fn verification() -> Result<f64, Failure> {
    const EACH: u32 = 200;
    let key = SigningKey::random(
        &mut <rand_chacha::ChaCha20Rng as rand_core::SeedableRng>::seed_from_u64(1),
    );
    let (public, signature) = (key.public_key(), key.sign(&[7; 32]));
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let began = Instant::now();
        for _ in 0..EACH {
            public.verify(&[7; 32], &signature)?;
        }
        best = best.min(microseconds(began.elapsed()) / f64::from(EACH));
    }
    Ok(best)
}

/// A count as a figure.
#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
const fn count_of(number: u64) -> f64 {
    number as f64
}

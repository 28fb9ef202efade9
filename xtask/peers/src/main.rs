//! Measures secret sharing by this project and by its peers, side by side.
//!
//! Without arguments: the sizes of the page, on all curves. With `plot`: ours and `vsss-rs` at many
//! sizes, t two thirds of n.

mod clock;
mod work;

use std::process::ExitCode;

use tki_seal::bip340::SigningKey;
use tki_seal::curve::{Ed25519, P256, Secp256k1};

use clock::{Job, compare};
use work::{Size, Work};

/// The sizes of the page.
const SIZES: [(u16, u16); 4] = [(2, 3), (5, 9), (67, 100), (334, 500)];
/// The numbers of holders of the plot.
const PLOTTED: [u16; 8] = [3, 6, 12, 25, 50, 100, 200, 400];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => table(),
        [what] if what == "plot" => plot(),
        _ => {
            eprintln!("usage: tki-peers [plot]");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

/// Every work at every size of the page, by everybody, and ours divided by that of `vsss-rs`.
fn table() {
    unit();
    ranked("ranked-67", [7, 20, 40]);
    ranked("ranked-67-uneven", [12, 25, 30]);
    for (t, n) in SIZES {
        let size = Size { t, n };
        for work in Work::ALL {
            let mut jobs = both(work, size);
            jobs.extend(work::blahaj(work, size));
            jobs.push(work::ours::<Ed25519>("ed25519", work, size));
            jobs.push(work::ours::<P256>("p256", work, size));
            measure(work, size, &mut jobs);
        }
    }
}

/// The sizes between, by `vsss-rs` and by us.
fn plot() {
    for n in PLOTTED {
        let t = (2 * n).div_ceil(3);
        for work in Work::ALL {
            let size = Size { t, n };
            measure(work, size, &mut both(work, size));
        }
    }
}

/// Ours first, then that of `vsss-rs`, on the same curve.
fn both(work: Work, size: Size) -> Vec<Job> {
    let ours = work::ours::<Secp256k1>("tki", work, size);
    vec![ours, work::vsss(work, size)]
}

fn measure(work: Work, Size { t, n }: Size, jobs: &mut [Job]) {
    let name = format!("{}-{t}-{n}", work.name());
    let times = compare(jobs);
    for (job, time) in jobs.iter().zip(&times) {
        row(&format!("{name}-{}", job.who), *time, "us");
    }
    if let [ours, theirs, ..] = times.as_slice() {
        row(&name, ours / theirs, "x");
    }
}

/// The weights of a quorum with so many of each rank.
fn ranked(name: &str, present: [usize; 3]) {
    for time in compare(&mut [work::ranked(present)]) {
        row(name, time / 1e3, "ms");
    }
}

/// What the machine's speed is told by: one verification of a BIP-340 signature.
fn unit() {
    let key = SigningKey::random(&mut work::rng());
    let (public_key, signature) = (key.public_key(), key.sign(&[1; 32]));
    let verify = move || assert!(public_key.verify(&[1; 32], &signature).is_ok());
    for time in compare(&mut [Job::new("tki", verify)]) {
        row("verify", time, "us");
    }
}

fn row(name: &str, value: f64, unit: &str) {
    println!("{name} {value:.4} {unit}");
}

//! The targets without libFuzzer: on their seeds, on what was found once, and on small changes of
//! both.

use std::path::{Path, PathBuf};

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use tki_fuzz::{TARGETS, Target};

/// Changed inputs for each target.
const CHANGES: usize = 200;

/// Inputs that were findings, in a folder for each target.
fn regressions(target: &Target) -> Vec<Vec<u8>> {
    let folder = root().join("regressions").join(target.name);
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let read = |entry: std::io::Result<std::fs::DirEntry>| {
        std::fs::read(entry.expect("an entry").path()).expect("a regression")
    };
    entries.map(read).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

/// Cuts, repeats or overwrites something.
fn change(input: &mut Vec<u8>, rng: &mut ChaCha20Rng) {
    let place = |length: usize, rng: &mut ChaCha20Rng| rng.next_u32() as usize % (length + 1);
    let at = place(input.len(), rng);
    let byte = rng.next_u32() as u8;
    match rng.next_u32() % 5 {
        0 => input.truncate(at),
        1 => input.insert(at, byte),
        2 => {
            let copied = input[at..].to_vec();
            let at = place(input.len(), rng);
            input.splice(at..at, copied);
        }
        3 => input
            .iter_mut()
            .skip(at)
            .take(4)
            .for_each(|place| *place = 0xff),
        _ => input
            .iter_mut()
            .skip(at)
            .take(1)
            .for_each(|place| *place ^= byte),
    }
    input.truncate(1 << 16);
}

/// One test, because what a decoder allocates is counted for the whole process.
#[test]
fn every_target_holds_for_seeds_regressions_and_changes_of_them() {
    for target in TARGETS {
        let mut inputs = (target.seeds)();
        assert!(!inputs.is_empty(), "{} has no seed", target.name);
        inputs.extend(regressions(target));
        inputs.push(Vec::new());
        for input in &inputs {
            (target.run)(input);
        }
        let mut rng = ChaCha20Rng::from_seed([42; 32]);
        for number in 0..CHANGES {
            let mut input = inputs[number % inputs.len()].clone();
            for _ in 0..=rng.next_u32() % 3 {
                change(&mut input, &mut rng);
            }
            (target.run)(&input);
        }
    }
}

#[test]
fn every_target_is_a_file_and_every_regression_has_a_target() {
    let names = |folder: &str| -> Vec<String> {
        let entries = std::fs::read_dir(root().join(folder)).expect("a folder");
        let name = |entry: std::io::Result<std::fs::DirEntry>| {
            let name = entry.expect("an entry").file_name();
            name.to_string_lossy().trim_end_matches(".rs").to_owned()
        };
        let mut names: Vec<String> = entries.map(name).collect();
        names.sort();
        names
    };
    let targets: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    assert_eq!(names("fuzz_targets"), targets);
    // A target without a program is never built.
    let manifest = include_str!("../../Cargo.toml");
    for target in &targets {
        let program = format!("path = \"fuzz_targets/{target}.rs\"\n");
        assert!(manifest.contains(&program), "{target}");
    }
    for name in names("regressions") {
        assert!(
            name == "README.md" || targets.contains(&name.as_str()),
            "{name}"
        );
    }
}

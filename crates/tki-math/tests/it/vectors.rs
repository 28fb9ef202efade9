//! The crate agrees with an independent reference on every value, and refuses what it refuses.
//!
//! `xtask/vectors` is the reference; `tests/vectors/README.md` tells what each file holds. Every
//! subject below checks files and writes some: the committed ones are checked by its own test, and
//! those of the folder that `cargo xtask vectors` names by the tests of this file.

#![expect(clippy::print_stdout, reason = "a failing test shows its case")]

use std::{fs, path::PathBuf};

use rand_chacha::ChaCha20Rng;
use serde_json::Value;

use crate::{
    curves::{Ed25519, P256, Secp256k1},
    random::rng,
};

mod batch;
mod pegs;
mod rfc9591;
mod sharing;
mod values;

/// What checks the files of one subject, and what writes one, on one curve.
struct OfCurve {
    curve: &'static str,
    check: fn(&Value),
    write: fn(&mut ChaCha20Rng) -> Value,
}

/// A subject on every curve: a module with `NAME`, `check` and `write`.
macro_rules! subject {
    ($subject:ident) => {
        (
            $subject::NAME,
            &[
                subject!($subject, Secp256k1),
                subject!($subject, Ed25519),
                subject!($subject, P256),
            ],
        )
    };
    ($subject:ident, $curve:ident) => {
        OfCurve {
            curve: <$curve as tki_math::Curve>::NAME,
            check: $subject::check::<$curve>,
            write: $subject::write::<$curve>,
        }
    };
}

const SUBJECTS: &[(&str, &[OfCurve])] = &[subject!(sharing), subject!(pegs), subject!(batch)];

/// The committed files of a subject.
fn check_committed(name: &str) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let mut subjects = SUBJECTS.iter();
    let subject = subjects.find(|(found, _)| *found == name);
    for of_curve in subject.expect("a subject").1 {
        check_file(&folder, name, of_curve);
    }
}

fn check_file(folder: &std::path::Path, name: &str, of_curve: &OfCurve) {
    let path = folder.join(format!("{name}-{}.json", of_curve.curve));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let file: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(file["curve"], of_curve.curve);
    (of_curve.check)(&file);
}

/// The folder that a variable of the environment names, if there is one.
#[expect(
    clippy::disallowed_methods,
    reason = "the environment names the folder"
)]
fn folder(variable: &str) -> Option<PathBuf> {
    let folder = std::env::var_os(variable);
    if folder.is_none() {
        println!("skipped, because {variable} is not set");
    }
    folder.map(PathBuf::from)
}

#[test]
fn what_the_reference_wrote_agrees() {
    let Some(folder) = folder("TKI_VECTORS") else {
        return;
    };
    let folder = folder.join("python/tki-math");
    for (name, curves) in SUBJECTS {
        for of_curve in *curves {
            check_file(&folder, name, of_curve);
        }
    }
}

/// Writes random cases for the reference, and checks them as if they were its own.
#[test]
fn cases_for_the_reference_are_written() {
    let Some(folder) = folder("TKI_VECTORS_WRITE") else {
        return;
    };
    let folder = folder.join("tki-math");
    fs::create_dir_all(&folder).unwrap();
    for (name, curves) in SUBJECTS {
        for of_curve in *curves {
            let title = format!("{name}-{}", of_curve.curve);
            let file = (of_curve.write)(&mut rng(&title));
            (of_curve.check)(&file);
            let text = serde_json::to_string_pretty(&file).unwrap();
            fs::write(folder.join(format!("{title}.json")), text).unwrap();
        }
    }
}

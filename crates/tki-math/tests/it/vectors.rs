//! The crate agrees with an independent reference on every value, and refuses what it refuses.
//!
//! `xtask/vectors` is the reference; `tests/vectors/README.md` tells what each file holds. Every
//! subject below checks files and writes some: the committed ones are checked by its own test, and
//! those of the folder that `cargo xtask vectors` names by the tests of this file.

#![expect(clippy::print_stdout, reason = "a failing test shows its case")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use rand_chacha::ChaCha20Rng;
use serde_json::Value;
use tki_math::Curve;

use crate::{
    curves::{Ed25519, P256, Secp256k1},
    random::rng,
};

mod access;
mod batch;
mod expression;
mod pegs;
mod redistribution;
mod repair;
mod rfc9591;
mod sharing;
mod structures;
mod values;

/// What checks a file of a subject, and what writes one; on one curve, or `None` on no curve.
struct VectorFile {
    subject: &'static str,
    curve: Option<&'static str>,
    check: fn(&Value),
    write: fn(&mut ChaCha20Rng) -> Value,
}

impl VectorFile {
    fn title(&self) -> String {
        let curve = self.curve.map(|curve| format!("-{curve}"));
        [self.subject, &curve.unwrap_or_default()].concat()
    }

    /// Checks the file of this name in a folder.
    fn check_in(&self, folder: &Path) {
        let path = folder.join(self.title()).with_extension("json");
        let text = fs::read_to_string(&path);
        let text = text.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let file: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(file.get("curve").and_then(Value::as_str), self.curve);
        (self.check)(&file);
    }
}

/// A subject on every curve: a module with `NAME`, and generic `check` and `write`.
macro_rules! on_curves {
    ($($subject:ident: $($curve:ident),*;)*) => {
        &[$($(VectorFile {
            subject: $subject::NAME,
            curve: Some(<$curve as Curve>::NAME),
            check: $subject::check::<$curve>,
            write: $subject::write::<$curve>,
        },)*)*]
    };
}

const ON_CURVES: &[VectorFile] = on_curves! {
    sharing: Secp256k1, Ed25519, P256;
    access: Secp256k1, Ed25519, P256;
    pegs: Secp256k1, Ed25519, P256;
    batch: Secp256k1, Ed25519, P256;
    redistribution: Secp256k1, Ed25519, P256;
    repair: Secp256k1, Ed25519, P256;
};

const OTHERS: &[VectorFile] = &[VectorFile {
    subject: expression::NAME,
    curve: None,
    check: expression::check,
    write: expression::write,
}];

fn all_files() -> impl Iterator<Item = &'static VectorFile> {
    ON_CURVES.iter().chain(OTHERS)
}

/// The committed files of a subject.
fn check_committed(subject: &str) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let files = all_files().filter(|file| file.subject == subject);
    assert!(files.map(|file| file.check_in(&folder)).count() > 0);
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
    all_files().for_each(|file| file.check_in(&folder));
}

/// Writes random cases for the reference, and checks them as if they were its own.
#[test]
fn cases_for_the_reference_are_written() {
    let Some(folder) = folder("TKI_VECTORS_WRITE") else {
        return;
    };
    let folder = folder.join("tki-math");
    fs::create_dir_all(&folder).unwrap();
    for file in all_files() {
        let written = (file.write)(&mut rng(&file.title()));
        let text = serde_json::to_string_pretty(&written).unwrap();
        let path = folder.join(file.title()).with_extension("json");
        fs::write(path, text).unwrap();
        file.check_in(&folder);
    }
}

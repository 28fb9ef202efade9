//! Runs one function that handles secrets, with the secrets marked for valgrind's memcheck.
//!
//! `tki-taint` alone lists the targets; `tki-taint NAME` runs one, under valgrind only. What is
//! reported, and what of it is accepted, `cargo xtask taint` compares.

mod controls;
mod requests;
mod source;
mod targets;

use std::process::ExitCode;

use tki_seal::curve::{Ed25519, P256, Secp256k1};

use crate::targets::{
    bip340_sign, ed25519_seed, kdf_key, kdf_scalar, math_combine, math_commit, math_evaluate,
    math_interpolate, math_pegs, math_quorum, math_redistribute, math_refresh, math_repair,
    seal_box_open, seal_box_seal, seal_symmetric_open, seal_symmetric_seal,
};

/// A target of this name on each curve.
macro_rules! on_each_curve {
    ($name:literal, $target:ident) => {
        [
            (concat!($name, "_secp256k1"), $target::<Secp256k1> as fn()),
            (concat!($name, "_ed25519"), $target::<Ed25519> as fn()),
            (concat!($name, "_p256"), $target::<P256> as fn()),
        ]
    };
}

/// What is run, under its name.
type Target = (&'static str, fn());

/// Targets of one form. What begins with `control_` tests the tool.
const SINGLE: &[Target] = &[
    ("control_branch", controls::control_branch),
    ("control_table", controls::control_table),
    ("control_select", controls::control_select),
    ("seal_box_open", seal_box_open),
    ("seal_box_seal", seal_box_seal),
    ("seal_symmetric_open", seal_symmetric_open),
    ("seal_symmetric_seal", seal_symmetric_seal),
    ("bip340_sign", bip340_sign),
    ("kdf_key", kdf_key),
    ("ed25519_seed", ed25519_seed),
];

/// Targets that run on each curve.
const GENERIC: &[[Target; 3]] = &[
    on_each_curve!("math_combine", math_combine),
    on_each_curve!("math_interpolate", math_interpolate),
    on_each_curve!("math_evaluate", math_evaluate),
    on_each_curve!("math_commit", math_commit),
    on_each_curve!("math_quorum", math_quorum),
    on_each_curve!("math_pegs", math_pegs),
    on_each_curve!("math_refresh", math_refresh),
    on_each_curve!("math_redistribute", math_redistribute),
    on_each_curve!("math_repair", math_repair),
    on_each_curve!("kdf_scalar", kdf_scalar),
];

/// Every target.
fn targets() -> impl Iterator<Item = &'static Target> {
    SINGLE.iter().chain(GENERIC.as_flattened())
}

fn main() -> ExitCode {
    let Some(name) = std::env::args().nth(1) else {
        for (name, _) in targets() {
            println!("{name}");
        }
        return ExitCode::SUCCESS;
    };
    let Some((_, target)) = targets().find(|(target, _)| *target == name) else {
        eprintln!("no target {name}");
        return ExitCode::from(2);
    };
    if !requests::is_watched() {
        eprintln!("valgrind does not run this program: nothing would be seen");
        return ExitCode::from(2);
    }
    target();
    println!("reported: {}", requests::error_count());
    ExitCode::SUCCESS
}

//! Runs one function that handles secrets, with the secrets marked for valgrind's memcheck.
//!
//! `tki-taint` alone lists the targets; `tki-taint NAME` runs one, under valgrind only. What is
//! reported, and what of it is accepted, `cargo xtask taint` compares.

mod controls;
mod requests;
mod source;
mod targets;

use std::process::ExitCode;

use tki_seal::curve::{Ed25519, Secp256k1};

use crate::targets::{
    bip340_sign, ed25519_seed, kdf_key, kdf_scalar, math_combine, math_commit, math_evaluate,
    math_interpolate, math_refresh, seal_box_open, seal_box_seal, seal_symmetric_open,
    seal_symmetric_seal,
};

/// Every target. What begins with `control_` tests the tool.
const TARGETS: &[(&str, fn())] = &[
    ("control_branch", controls::control_branch),
    ("control_table", controls::control_table),
    ("control_select", controls::control_select),
    ("math_combine_secp256k1", math_combine::<Secp256k1>),
    ("math_combine_ed25519", math_combine::<Ed25519>),
    ("math_interpolate_secp256k1", math_interpolate::<Secp256k1>),
    ("math_interpolate_ed25519", math_interpolate::<Ed25519>),
    ("math_evaluate_secp256k1", math_evaluate::<Secp256k1>),
    ("math_evaluate_ed25519", math_evaluate::<Ed25519>),
    ("math_commit_secp256k1", math_commit::<Secp256k1>),
    ("math_commit_ed25519", math_commit::<Ed25519>),
    ("math_refresh_secp256k1", math_refresh::<Secp256k1>),
    ("math_refresh_ed25519", math_refresh::<Ed25519>),
    ("seal_box_open", seal_box_open),
    ("seal_box_seal", seal_box_seal),
    ("seal_symmetric_open", seal_symmetric_open),
    ("seal_symmetric_seal", seal_symmetric_seal),
    ("bip340_sign", bip340_sign),
    ("kdf_key", kdf_key),
    ("kdf_scalar_secp256k1", kdf_scalar::<Secp256k1>),
    ("kdf_scalar_ed25519", kdf_scalar::<Ed25519>),
    ("ed25519_seed", ed25519_seed),
];

fn main() -> ExitCode {
    let Some(name) = std::env::args().nth(1) else {
        for (name, _) in TARGETS {
            println!("{name}");
        }
        return ExitCode::SUCCESS;
    };
    let Some((_, target)) = TARGETS.iter().find(|(target, _)| *target == name) else {
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

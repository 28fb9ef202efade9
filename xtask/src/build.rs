//! What cargo does for us: formatting, lints, tests, documentation, builds for other targets.

use std::path::Path;

use crate::steps::{Failure, Outcome, Run};

/// Targets without a standard library, or without an operating system.
const BARE_TARGETS: &[&str] = &["thumbv7em-none-eabi", "wasm32-unknown-unknown"];

/// The features that the whole test run needs: the suite for storages, what fails when it is told to,
/// and `tki` onto a database. `faults` is not among them: what users get is tested as they get it. And
/// `tki` without a database is tested with the faults.
pub(crate) const TEST_FEATURES: &str = "conformance,fake,postgres";

/// The formatting is rustfmt's.
pub(crate) fn fmt(run: &mut Run) -> Result<(), Failure> {
    step(run, "fmt", "cargo xtask fmt", "fmt --all -- --check", &[])
}

/// Clippy finds nothing.
pub(crate) fn lint(run: &mut Run) -> Result<(), Failure> {
    let line = "clippy --workspace --all-targets --all-features -- -D warnings";
    step(run, "lint", "cargo xtask lint", line, &[])
}

/// The documentation builds without a warning. Libraries only: the binary of `tki-cli` has the
/// name of the facade, and the documentation of one would overwrite the other's.
pub(crate) fn doc(run: &mut Run) -> Result<(), Failure> {
    let line = "doc --workspace --no-deps --all-features --lib";
    step(
        run,
        "doc",
        "cargo xtask doc",
        line,
        &[("RUSTDOCFLAGS", "-D warnings")],
    )
}

/// Every unit, integration and documentation test.
pub(crate) fn test(run: &mut Run) -> Result<(), Failure> {
    let line = format!("test --workspace --features {TEST_FEATURES}");
    step(run, "test", "cargo xtask test", &line, &[])
}

/// The tests of the real binary that need numbered faults.
pub(crate) fn faults(run: &mut Run) -> Result<(), Failure> {
    let line = "test --package tki-cli --package tki-file --features faults";
    step(run, "faults", "cargo xtask faults", line, &[])
}

/// As many lives of accounts as are asked for, in the release build.
pub(crate) fn simulate(run: &mut Run, operands: &[String]) -> Result<(), Failure> {
    let lives = operands.first().map_or("", String::as_str);
    let line = "test --release --package tki-engine --test it lives:: -- --nocapture";
    let again = format!("cargo xtask simulate {lives}");
    run.step("simulate", &again, |run| {
        if lives.parse::<u64>().is_err() {
            return Err(format!("`{lives}` is no number of lives"));
        }
        run.cargo(line, &[("TKI_LIVES", lives)])?;
        Ok(Outcome::Done)
    })
}

/// The demo ends well.
pub(crate) fn demo(run: &mut Run) -> Result<(), Failure> {
    step(
        run,
        "demo",
        "cargo xtask demo",
        "run --release -- demo",
        &[],
    )
}

/// The crates that need no standard library, from the ground up; `tidy` compares them with what the
/// crates say of themselves.
pub(crate) const BARE_CRATES: &[&str] = &[
    "tki-math",
    "tki-seal",
    "tki-record",
    "tki-formats",
    "tki-metadata",
];

/// Whatever says `no_std` builds where there is no standard library.
pub(crate) fn no_std(run: &mut Run) -> Result<(), Failure> {
    for target in BARE_TARGETS {
        run.step(&format!("no-std {target}"), "cargo xtask no-std", |run| {
            if let Some(reason) = missing_target(run, target) {
                return Ok(Outcome::Skipped(reason));
            }
            // One at a time: together, the features of one would be those of all.
            for package in BARE_CRATES {
                let line =
                    format!("build --package {package} --no-default-features --target {target}");
                run.cargo(&line, &[])?;
            }
            println!("built for {target}: {}", BARE_CRATES.join(", "));
            Ok(Outcome::Done)
        })?;
    }
    Ok(())
}

/// Why there is no core library for this target, after rustup was asked for it; `None` if there is.
fn missing_target(run: &Run, target: &str) -> Option<String> {
    let installed = || {
        let (_, sysroot) = run.ask("rustc", &["--print", "sysroot"])?;
        Path::new(sysroot.trim())
            .join("lib/rustlib")
            .join(target)
            .join("lib")
            .is_dir()
            .then_some(())
    };
    if installed().is_some() {
        return None;
    }
    println!("rustup is asked for {target}");
    let Some((_, said)) = run.ask("rustup", &["target", "add", target]) else {
        return Some("the target is not installed and there is no rustup".to_owned());
    };
    if installed().is_some() {
        println!("rustup installed {target}");
        return None;
    }
    let last = said
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("no reason given");
    Some(format!(
        "rustup could not install the target: {}",
        last.trim()
    ))
}

/// Licences, bans and sources are gates; advisories are one where their database can be had.
pub(crate) fn deny(run: &mut Run) -> Result<(), Failure> {
    let installed = run
        .ask("cargo", &["deny", "--version"])
        .is_some_and(|(ok, _)| ok);
    let reason = "cargo-deny is not installed: bash xtask/setup/deny.sh";
    let missing = || Outcome::Skipped(reason.to_owned());
    run.step("deny", "cargo xtask deny", |run| {
        if !installed {
            return Ok(missing());
        }
        run.cargo("deny --all-features check licenses bans sources", &[])?;
        // What is fuzzed, watched or measured against is linked with more, under the same rules.
        for folder in ["fuzz", "xtask/peers", "xtask/taint"] {
            let line = format!(
                "deny --manifest-path {folder}/Cargo.toml --config deny.toml --all-features check \
                 licenses bans sources"
            );
            run.cargo(&line, &[])?;
        }
        Ok(Outcome::Done)
    })?;
    run.step("advisories", "cargo xtask deny", |run| {
        if !installed {
            return Ok(missing());
        }
        if run
            .ask("cargo", &["deny", "fetch", "db"])
            .is_none_or(|(ok, _)| !ok)
        {
            return Ok(Outcome::Skipped(
                "the advisory database cannot be fetched".to_owned(),
            ));
        }
        run.cargo("deny --all-features check --disable-fetch advisories", &[])?;
        Ok(Outcome::Done)
    })
}

/// A step that is one cargo command.
fn step(
    run: &mut Run,
    name: &str,
    rerun: &str,
    line: &str,
    set: &[(&str, &str)],
) -> Result<(), Failure> {
    run.step(name, rerun, |run| {
        run.cargo(line, set)?;
        Ok(Outcome::Done)
    })
}

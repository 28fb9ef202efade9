//! Which programs and libraries of others are here for the tests to compare with.
//!
//! A test that misses one says so and passes, where nobody reads it; so the summary of a run names
//! what was missing.

use crate::steps::{Failure, Outcome, Run};

/// The help of `cargo xtask foreign`.
pub(crate) const HELP: &str = "Tests compare with them; a test without its program proves nothing and passes. The\n\
    scripts in xtask/setup install them, as `.ci/run` does. Skipped, with their names, where\n\
    some are missing; the other tests need cargo alone.";

/// What it is called, what the shell says of it, and the script that installs it.
const TOOLS: &[(&str, &str, &str)] = &[
    ("openssl", "command -v openssl", "foreign-tools"),
    ("ssh-keygen", "command -v ssh-keygen", "foreign-tools"),
    ("python3", "command -v python3", "foreign-tools"),
    ("gdb", "command -v gdb", "foreign-tools"),
    ("curl", "command -v curl", "foreign-tools"),
    ("wallet libraries", WALLETS, "wallets"),
    ("readers of paper", PAPER, "paper"),
    ("age", "command -v age && command -v age-keygen", "paper"),
    ("chromium", "command -v chromium", "browser"),
    ("promtool", "command -v promtool", "prometheus"),
    (
        "keyring",
        "command -v dbus-run-session && command -v gnome-keyring-daemon",
        "keyring",
    ),
    (
        "PostgreSQL and a cluster of it",
        r#"test -n "$TKI_TEST_POSTGRES""#,
        "postgres",
    ),
];

// The scripts write these files when everything is installed.
const WALLETS: &str = r#"test -e "${XDG_CACHE_HOME:-$HOME/.cache}/tki/wallets/packages""#;
const PAPER: &str = r#"test -e "${XDG_CACHE_HOME:-$HOME/.cache}/tki/paper/packages""#;

/// Says what is here and what is missing.
pub(crate) fn run(run: &mut Run) -> Result<(), Failure> {
    run.step("foreign", "cargo xtask foreign", |run| {
        let mut missing = Vec::new();
        for (name, question, script) in TOOLS {
            let is_here = matches!(run.ask("sh", &["-c", question]), Some((true, _)));
            let found = if is_here { "here" } else { "missing" };
            println!("{name}: {found}");
            if !is_here {
                missing.push(format!("no {name}: bash xtask/setup/{script}.sh"));
            }
        }
        Ok(if missing.is_empty() {
            Outcome::Done
        } else {
            Outcome::Skipped(missing.join("; "))
        })
    })
}

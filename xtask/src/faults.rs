//! `faults`: the command line killed at every numbered write; and, with `--minutes`, the server and its
//! database killed at random moments under load.

use crate::build::{self, TEST_FEATURES};
use crate::steps::{Failure, Outcome, Run};

/// The text of `cargo xtask help faults`.
pub(crate) const HELP: &str = "\
Without `--minutes` the second half of `test`: the command line is built with the feature\n\
`faults` and killed at every numbered write.\n\
With it the storage server is under load for so long, while it, and for `postgres` the\n\
database, is killed with SIGKILL at random moments and a proxy cuts, delays, truncates and\n\
repeats. What the clients did and saw is checked: every record linearisable, every commit whole\n\
or absent, nothing acknowledged lost. `--backend` is redb (unless said), postgres, or disk:\n\
redb on a disk that is full or fails. Two more are broken on purpose and must be caught:\n\
acks-early and tears. The seed is printed; `--seed` gives it again.";

/// Those that are broken on purpose.
const BROKEN: [&str; 2] = ["acks-early", "tears"];
/// How long each takes part in `ci`, in minutes.
const SMOKE: [(&str, &str); 4] = [
    ("redb", "0.25"),
    ("disk", "0.1"),
    ("acks-early", "0.1"),
    ("tears", "0.1"),
];

/// `faults`, `faults --minutes M [--backend B] [--seed S]`.
pub(crate) fn run(run: &mut Run, operands: &[String]) -> Result<(), Failure> {
    if operands.is_empty() {
        return build::faults(run);
    }
    let backend = operands
        .iter()
        .position(|word| word == "--backend")
        .and_then(|at| operands.get(at.saturating_add(1)))
        .map_or("redb", String::as_str);
    under_load(run, backend, &operands.join(" "))
}

/// A moment of each, for `ci`. PostgreSQL where it is installed.
pub(crate) fn smoke(run: &mut Run) -> Result<(), Failure> {
    for (backend, minutes) in SMOKE {
        under_load(
            run,
            backend,
            &format!("--minutes {minutes} --backend {backend}"),
        )?;
    }
    let postgres = "--minutes 0.25 --backend postgres";
    let asks = ["xtask/setup/postgres.sh", "where"];
    if run.ask("bash", &asks).is_some_and(|(is_there, _)| is_there) {
        return under_load(run, "postgres", postgres);
    }
    let again = format!("cargo xtask faults {postgres}");
    run.step("faults postgres", &again, |_| {
        Ok(Outcome::Skipped(
            "there is no PostgreSQL: bash xtask/setup/postgres.sh".into(),
        ))
    })
}

fn under_load(run: &mut Run, backend: &str, line: &str) -> Result<(), Failure> {
    let again = format!("cargo xtask faults {line}");
    run.step(&format!("faults {backend}"), &again, |run| {
        // With the features of `test`, so that little is compiled once more. It puts a `tki` without
        // numbered faults in its place: not while the tests of those run.
        let build = format!("build --quiet --workspace --bins --features {TEST_FEATURES}");
        run.cargo(&build, &[])?;
        let program = run.target_folder().join("debug/tki-load");
        let mut command = std::process::Command::new(program);
        command.arg("faults").args(line.split_whitespace());
        let shown = format!("tki-load faults {line}");
        let is_broken = BROKEN.contains(&backend);
        let good = if is_broken { &[1][..] } else { &[0] };
        let root = run.root().to_path_buf();
        run.program_that(&root, command, &shown, &[], good)
            .map_err(|failure| match is_broken {
                true => format!("{failure}: a broken storage was not caught"),
                false => failure,
            })?;
        Ok(Outcome::Done)
    })
}

//! Every command, declared once: its name, its help, an example, and the function that does it.

use core::ops::RangeInclusive;

use crate::steps::{Failure, Run};
use crate::{
    bench, book, build, bundle, coverage, custody, faults, foreign, fuzz, guides, house, layering,
    mutants, packaging, readme, record, schemathesis, spec_version, stats, taint, tidy, vectors,
};

/// One command of `cargo xtask`.
pub(crate) struct Command {
    /// What is typed.
    pub(crate) name: &'static str,
    /// What follows the name, for the help.
    operands: &'static str,
    /// One line for the list.
    summary: &'static str,
    /// What it needs, skips and proves.
    help: &'static str,
    /// A line that works as it stands.
    example: &'static str,
    /// How many operands it takes, at least and at most.
    arity: RangeInclusive<usize>,
    /// Does it; every step is reported through the run.
    pub(crate) work: fn(&mut Run, &[String]) -> Result<(), Failure>,
}

/// All commands, in the order of the help.
const COMMANDS: &[Command] = &[
    Command {
        name: "ci",
        operands: "",
        summary: "everything a change must pass, cheap first",
        help: "fmt, tidy, layering, house, spec-version, book, deny, foreign, no-std, lint, doc, test, faults, schemathesis, demo, readme,\n\
               record, custody, packaging, guides, audit-bundle, a few mutants, bench, taint, fuzz, and vectors; those of others where the folder\n\
               ../shared/vectors stands beside the project.\n\
               Not `coverage`, which runs every test once more.\n\
               Stops at the first failure, names it and the command that runs it alone.",
        example: "cargo xtask ci",
        arity: 0..=0,
        work: ci,
    },
    Command {
        name: "fmt",
        operands: "",
        summary: "the formatting is rustfmt's",
        help: "Changes nothing; `cargo fmt --all` mends what it finds.",
        example: "cargo xtask fmt",
        arity: 0..=0,
        work: |run, _| build::fmt(run),
    },
    Command {
        name: "lint",
        operands: "",
        summary: "clippy, with every warning an error",
        help: "All targets and all features of the workspace.",
        example: "cargo xtask lint",
        arity: 0..=0,
        work: |run, _| build::lint(run),
    },
    Command {
        name: "test",
        operands: "",
        summary: "every test of the workspace, doctests among them",
        help: "First the crates as users get them plus their conformance suites and fakes, then the\n\
               command line with numbered faults (see `faults`). Needs nothing but cargo. A test of\n\
               other folders' vectors says `skipped` here; `vectors check` runs those.",
        example: "cargo xtask test",
        arity: 0..=0,
        work: |run, _| build::test(run).and_then(|()| build::faults(run)),
    },
    Command {
        name: "faults",
        operands: "[--minutes M [--backend B] [--seed S]]",
        summary: "the real binaries, killed at every numbered write or under load",
        help: faults::HELP,
        example: "cargo xtask faults --minutes 1 --backend postgres",
        arity: 0..=6,
        work: faults::run,
    },
    Command {
        name: "tidy",
        operands: "",
        summary: "what can be checked by reading the files",
        help: tidy::HELP,
        example: "cargo xtask tidy",
        arity: 0..=0,
        work: |run, _| tidy::run(run),
    },
    Command {
        name: "layering",
        operands: "",
        summary: "only the allowed arrows between crates",
        help: "The table is in xtask/src/layering.rs; a crate that it does not know fails.",
        example: "cargo xtask layering",
        arity: 0..=0,
        work: |run, _| layering::run(run),
    },
    Command {
        name: "doc",
        operands: "",
        summary: "the documentation builds without a warning",
        help: "Broken links between items are errors.",
        example: "cargo xtask doc",
        arity: 0..=0,
        work: |run, _| build::doc(run),
    },
    Command {
        name: "no-std",
        operands: "",
        summary: "whatever says no_std builds without the standard library",
        help: "Each such crate by itself, without its default features, for a bare-metal and a wasm\n\
               target. A target that is missing is asked of rustup;\n\
               one that cannot be had is skipped by name.",
        example: "cargo xtask no-std",
        arity: 0..=0,
        work: |run, _| build::no_std(run),
    },
    Command {
        name: "foreign",
        operands: "",
        summary: "which programs of others the tests can compare with",
        help: foreign::HELP,
        example: "cargo xtask foreign",
        arity: 0..=0,
        work: |run, _| foreign::run(run),
    },
    Command {
        name: "deny",
        operands: "",
        summary: "licences, bans, sources and advisories of the dependencies",
        help: "Needs cargo-deny, which `bash xtask/setup/deny.sh` installs, and is skipped without it.\n\
               The workspace and the fuzz targets. The advisories need their database and\n\
               are skipped where it cannot be fetched.",
        example: "cargo xtask deny",
        arity: 0..=0,
        work: |run, _| build::deny(run),
    },
    Command {
        name: "schemathesis",
        operands: "",
        summary: "the server answers as its own description says, whatever it is asked",
        help: schemathesis::HELP,
        example: "cargo xtask schemathesis",
        arity: 0..=0,
        work: |run, _| schemathesis::run(run),
    },
    Command {
        name: "demo",
        operands: "",
        summary: "the demo of the release build ends well",
        help: "What README.md promises first: `cargo run --release -- demo`.",
        example: "cargo xtask demo",
        arity: 0..=0,
        work: |run, _| build::demo(run),
    },
    Command {
        name: "record",
        operands: "[--write] [--dev]",
        summary: "docs/demo.svg shows what the demo prints today",
        help: record::HELP,
        example: "cargo xtask record --write",
        arity: 0..=2,
        work: record::run,
    },
    Command {
        name: "house",
        operands: "[--write]",
        summary: "docs/house.svg shows the crates and arrows of today",
        help: house::HELP,
        example: "cargo xtask house --write",
        arity: 0..=1,
        work: house::run,
    },
    Command {
        name: "spec-version",
        operands: "[--write]",
        summary: "the specifications have the version of the code and the hash of the vectors",
        help: spec_version::HELP,
        example: "cargo xtask spec-version --write",
        arity: 0..=1,
        work: spec_version::run,
    },
    Command {
        name: "book",
        operands: "",
        summary: "the documents as one book, without a link that leads nowhere",
        help: book::HELP,
        example: "cargo xtask book",
        arity: 0..=0,
        work: |run, _| book::run(run),
    },
    Command {
        name: "guides",
        operands: "[PAGE…] [--dev]",
        summary: "every command of the guides does what its page says",
        help: guides::HELP,
        example: "cargo xtask guides onboarding --dev",
        arity: 0..=9,
        work: guides::run,
    },
    Command {
        name: "packaging",
        operands: "[--static]",
        summary: "the server's units, image and alerts",
        help: packaging::HELP,
        example: "cargo xtask packaging",
        arity: 0..=1,
        work: packaging::run,
    },
    Command {
        name: "bench",
        operands: "core | math [--plot] | storage [--plot | --minutes M | --quick]",
        summary: "what an account, the mathematics or the server costs, held against its targets",
        help: "Measures every row of a table of docs/performance.md and fails when one is missed that\n\
               the page does not list with its reason. The last line is `core: N of M targets met`.\n\
               `math` runs secret sharing by this project and by others (xtask/peers) side by side,\n\
               in half a minute; with `--plot` it draws docs/performance-math.svg instead.\n\
               `storage` runs the server of the release build over redb and PostgreSQL, beside a handler\n\
               that does nothing and the same SQL by hand, in five minutes; with `--plot` with up to a\n\
               million accounts, drawn in docs/performance-storage.svg; with `--minutes M` under full\n\
               load for so long, watching its memory; `--quick` sees whether all of it runs.",
        example: "cargo xtask bench math",
        arity: 1..=3,
        work: bench::run,
    },
    Command {
        name: "audit-bundle",
        operands: "[CRATE] [--check]",
        summary: "a crate with all that an auditor needs, in one file",
        help: bundle::HELP,
        example: "cargo xtask audit-bundle tki-math --check",
        arity: 0..=2,
        work: bundle::run,
    },
    Command {
        name: "coverage",
        operands: "[CRATE…]",
        summary: "how many lines the tests reach, and the floors",
        help: coverage::HELP,
        example: "cargo xtask coverage tki-math tki-seal",
        arity: 0..=9,
        work: coverage::run,
    },
    Command {
        name: "fuzz",
        operands: "[TARGET] [--seconds N]",
        summary: "every decoder against bytes that nobody wrote honestly",
        help: fuzz::HELP,
        example: "cargo xtask fuzz record --seconds 10",
        arity: 0..=3,
        work: fuzz::run,
    },
    Command {
        name: "taint",
        operands: "[TARGET]",
        summary: "no branch and no address depends on a secret, under valgrind",
        help: taint::HELP,
        example: "cargo xtask taint bip340_sign",
        arity: 0..=1,
        work: taint::run,
    },
    Command {
        name: "mutants",
        operands: "[CRATE] --minutes M [--seed S] [--share I/N]",
        summary: "small changes of a crate that its tests must notice",
        help: mutants::HELP,
        example: "cargo xtask mutants --minutes 5",
        arity: 2..=7,
        work: mutants::run,
    },
    Command {
        name: "stats",
        operands: "[--json]",
        summary: "numbers about the code, for each crate",
        help: stats::HELP,
        example: "cargo xtask stats",
        arity: 0..=1,
        work: stats::run,
    },
    Command {
        name: "readme",
        operands: "[--write]",
        summary: "README.md shows what the project says today",
        help: readme::HELP,
        example: "cargo xtask readme --write",
        arity: 0..=1,
        work: readme::run,
    },
    Command {
        name: "custody",
        operands: "[--write]",
        summary: "docs/custody.md shows what the structures to begin with are worth today",
        help: custody::HELP,
        example: "cargo xtask custody --write",
        arity: 0..=1,
        work: custody::run,
    },
    Command {
        name: "simulate",
        operands: "LIVES",
        summary: "many lives of accounts, one for each seed from 1 on",
        help: "Everything that an owner does, with machines that die and a storage that lies, held\n\
               against a model; see docs/testing.md. The last line counts it all. A life that fails\n\
               shows its seed; TKI_TEST_SEED sets the first.",
        example: "cargo xtask simulate 10000",
        arity: 1..=1,
        work: build::simulate,
    },
    Command {
        name: "vectors",
        operands: "(generate DIR [--seed N] | check DIR)",
        summary: "the crates and an independent reference check each other's vectors",
        help: vectors::HELP,
        example: "cargo xtask vectors generate target/vectors",
        arity: 2..=4,
        work: vectors::run,
    },
];

/// What the arguments ask for.
pub(crate) enum Chosen {
    /// A command and its operands.
    Command(&'static Command, Vec<String>),
    /// A text to print.
    Help(String),
}

/// Reads the arguments. The error is the text of a usage error.
pub(crate) fn choose(arguments: &[String]) -> Result<Chosen, String> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] | ["help" | "--help" | "-h"] => Ok(Chosen::Help(overview())),
        ["help", name] | [name, "--help" | "-h"] => Ok(Chosen::Help(help(named(name)?))),
        [name, operands @ ..] => {
            let command = named(name)?;
            if command.arity.contains(&operands.len()) {
                let operands = operands.iter().map(ToString::to_string).collect();
                return Ok(Chosen::Command(command, operands));
            }
            Err(format!(
                "usage: cargo xtask {} {}",
                command.name, command.operands
            ))
        }
    }
}

fn named(name: &str) -> Result<&'static Command, String> {
    COMMANDS
        .iter()
        .find(|command| command.name == name)
        .ok_or_else(|| format!("no such command: {name}\n\n{}", overview()))
}

fn overview() -> String {
    let mut text = String::from("cargo xtask COMMAND\n\n");
    for command in COMMANDS {
        let called = format!("{} {}", command.name, command.operands);
        text.push_str(&format!("  {called:<18} {}\n", command.summary));
    }
    text.push_str("\n`cargo xtask help COMMAND` says more.\n");
    text
}

fn help(command: &Command) -> String {
    format!(
        "cargo xtask {} {}\n\n{}.\n{}\n\nExample:\n  {}\n",
        command.name, command.operands, command.summary, command.help, command.example
    )
}

/// The commands that `ci` is made of; `test` and `vectors` have parts.
const OF_CI: &[&str] = &[
    "fmt",
    "tidy",
    "layering",
    "house",
    "spec-version",
    "book",
    "deny",
    "foreign",
    "no-std",
    "lint",
    "doc",
    "test",
    "faults",
    "schemathesis",
    "demo",
    "readme",
    "record",
    "custody",
    "packaging",
    "guides",
    "audit-bundle",
    "mutants",
    "bench",
    "taint",
    "fuzz",
    "vectors",
    "ci",
];

/// What is typed after `cargo xtask` is understood, and runs with every change.
pub(crate) fn check_step_of_ci(typed: &str) -> Result<(), String> {
    let words: Vec<String> = typed.split_whitespace().map(str::to_owned).collect();
    match choose(&words)? {
        Chosen::Command(command, _) if OF_CI.contains(&command.name) => Ok(()),
        Chosen::Command(..) => Err(format!("`{typed}` is no step of `cargo xtask ci`")),
        Chosen::Help(_) => Ok(()),
    }
}

/// All of it, in the order of what it costs.
fn ci(run: &mut Run, _: &[String]) -> Result<(), Failure> {
    build::fmt(run)?;
    tidy::run(run)?;
    layering::run(run)?;
    house::run(run, &[])?;
    spec_version::run(run, &[])?;
    book::run(run)?;
    build::deny(run)?;
    foreign::run(run)?;
    build::no_std(run)?;
    build::lint(run)?;
    build::doc(run)?;
    build::test(run)?;
    build::faults(run)?;
    faults::smoke(run)?;
    schemathesis::run(run)?;
    build::demo(run)?;
    readme::run(run, &[])?;
    record::run(run, &[])?;
    custody::run(run, &[])?;
    packaging::run(run, &[])?;
    // The binaries of the tests are there; those of a release would all be compiled for it.
    guides::run(run, &["--dev".to_owned()])?;
    bundle::run(run, &["--check".to_owned()])?;
    mutants::run(run, &["--minutes".to_owned(), "0".to_owned()])?;
    bench::run(run, &["core".to_owned()])?;
    bench::run(run, &["math".to_owned()])?;
    bench::smoke(run)?;
    taint::run(run, &[])?;
    fuzz::run(run, &[])?;
    vectors::all(run)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(line: &str) -> Result<Chosen, String> {
        let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        choose(&arguments)
    }

    #[test]
    fn the_example_of_every_command_is_accepted() {
        for command in COMMANDS {
            let line = command
                .example
                .strip_prefix("cargo xtask ")
                .expect("starts so");
            match typed(line) {
                Ok(Chosen::Command(found, _)) => assert_eq!(found.name, command.name),
                _ => panic!("{line} is not understood"),
            }
        }
    }

    #[test]
    fn every_command_is_in_the_overview_and_has_help() {
        let Ok(Chosen::Help(text)) = typed("") else {
            panic!("no overview")
        };
        for command in COMMANDS {
            assert!(text.contains(command.summary), "{}", command.name);
            let asked = typed(&format!("help {}", command.name));
            assert!(matches!(asked, Ok(Chosen::Help(help)) if help.contains(command.example)));
        }
    }

    #[test]
    fn unknown_commands_and_wrong_operands_are_usage_errors() {
        assert!(typed("tidyy").is_err());
        assert!(typed("tidy now").is_err());
        assert!(typed("vectors check").is_err());
    }
}

//! Mutation: `cargo-mutants` changes the code in small ways, and the tests must notice each.
//!
//! The crate is tested alone, in a copy, by its integration tests: the other crates would notice
//! more, and later. Mutants are taken in parts, in an order that a seed decides, for as long as was
//! asked for; every part is a part of the whole, so that all of it is done when the time suffices.

use alloc::collections::BTreeSet;
use core::time::Duration;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::bundle;
use crate::steps::{Failure, Outcome, Run, now};
use crate::text::{prose, spans};

/// The help of `cargo xtask mutants`.
pub(crate) const HELP: &str = "Changes the crate (tki-math if nothing is said) in one small way after another, for so many\n\
    minutes, one part at least, and runs its own tests each time. Which changes, and in which order, follows from the\n\
    seed (1 if nothing is said); enough minutes do all of them. A change that no test notices is a\n\
    missing test, or is explained in docs/audit/mutants.md, or fails. Works on a copy; what came of\n\
    it is in the target folder, under `mutants`. Needs cargo-mutants, which\n\
    `bash xtask/setup/mutants.sh` installs; skipped without it.";

/// Where every accepted miss is explained.
const TRIAGE: &str = "docs/audit/mutants.md";

/// All but what is test code itself, each by the name that the page knows it by.
const WHICH: [&str; 5] = [
    "--exclude",
    "**/conformance*",
    "--exclude",
    "**/conformance/**",
    "--line-col=false",
];

/// How many mutants a part has, about.
const PART: usize = 8;

/// What the operands ask for.
#[derive(Debug, PartialEq)]
struct Request {
    package: String,
    minutes: u64,
    seed: u64,
}

impl Request {
    fn of(operands: &[String]) -> Result<Self, String> {
        let usage = || "usage: cargo xtask mutants [CRATE] --minutes M [--seed S]".to_owned();
        let (mut package, mut minutes, mut seed) = (None, None, 1);
        let mut words = operands.iter();
        while let Some(word) = words.next() {
            let mut number = || {
                let number = words.next().and_then(|number| number.parse().ok());
                number.ok_or_else(usage)
            };
            match word.as_str() {
                "--minutes" => minutes = Some(number()?),
                "--seed" => seed = number()?,
                name if !name.starts_with('-') && package.is_none() => {
                    package = Some(name.to_owned());
                }
                _ => return Err(usage()),
            }
        }
        Ok(Self {
            package: package.unwrap_or_else(|| "tki-math".to_owned()),
            minutes: minutes.ok_or_else(usage)?,
            seed,
        })
    }
}

/// `mutants [CRATE] --minutes M [--seed S]`.
pub(crate) fn run(run: &mut Run, operands: &[String]) -> Result<(), Failure> {
    let rerun = format!("cargo xtask mutants {}", operands.join(" "));
    run.step("mutants", &rerun, |run| {
        let request = Request::of(operands)?;
        if run
            .ask("cargo", &["mutants", "--version"])
            .is_none_or(|(ok, _)| !ok)
        {
            let reason = "cargo-mutants is not installed: bash xtask/setup/mutants.sh";
            return Ok(Outcome::Skipped(reason.to_owned()));
        }
        let page = run.root().join(TRIAGE);
        let page = std::fs::read_to_string(&page).map_err(|error| said(&page, &error))?;
        let found = hunt(run, &request)?;
        verdict(&found, &explained(&page))
    })
}

/// What came of the mutants that were tried, one line of `cargo mutants` for each.
#[derive(Debug, Default)]
struct Found {
    caught: Vec<String>,
    missed: Vec<String>,
    timeout: Vec<String>,
    unviable: Vec<String>,
    /// How many there are.
    all: usize,
}

impl Found {
    /// Takes in what one part left in its folder.
    fn add(&mut self, folder: &Path) {
        let lists = [
            ("caught", &mut self.caught),
            ("missed", &mut self.missed),
            ("timeout", &mut self.timeout),
            ("unviable", &mut self.unviable),
        ];
        for (name, list) in lists {
            let path = folder.join(format!("mutants.out/{name}.txt"));
            let text = std::fs::read_to_string(path).unwrap_or_default();
            list.extend(text.lines().map(str::to_owned));
        }
    }

    fn tried(&self) -> usize {
        let lists = [&self.caught, &self.missed, &self.timeout, &self.unviable];
        lists.iter().map(|list| list.len()).sum()
    }

    fn text(&self) -> String {
        format!(
            "{} of {} mutants tried: {} caught, {} missed, {} ran too long, {} did not compile",
            self.tried(),
            self.all,
            self.caught.len(),
            self.missed.len(),
            self.timeout.len(),
            self.unviable.len()
        )
    }

    fn keep(&self, folder: &Path) -> Result<(), String> {
        for (name, list) in [("missed", &self.missed), ("timeout", &self.timeout)] {
            let path = folder.join(format!("{name}.txt"));
            std::fs::write(&path, list.join("\n") + "\n").map_err(|error| said(&path, &error))?;
        }
        Ok(())
    }
}

fn hunt(run: &mut Run, request: &Request) -> Result<Found, String> {
    let copy = bundle::copy(run, &request.package, "mutants")?;
    let target = bundle::target(run);
    let folder = run.target_folder().join("mutants");
    std::fs::create_dir_all(&folder).map_err(|error| said(&folder, &error))?;
    let hunt = Hunt {
        copy,
        target,
        folder,
        package: request.package.clone(),
    };
    let mut found = Found {
        all: hunt.count(run)?,
        ..Found::default()
    };
    // Builds, and says how long the tests take that are not changed.
    hunt.test(run)?;
    let before = now();
    hunt.test(run)?;
    let timeout = now().saturating_duration_since(before).as_secs() * 5 + 20;

    let parts = found.all.div_ceil(PART).max(1);
    let started = now();
    for part in order(parts, request.seed) {
        let shard = format!("{part}/{parts}");
        let timeout = timeout.to_string();
        let arguments = [
            "--shard",
            &shard,
            "--baseline",
            "skip",
            "--timeout",
            &timeout,
        ];
        hunt.mutants(run, &arguments)?;
        found.add(&hunt.folder);
        println!("{}", found.text());
        found.keep(&hunt.folder)?;
        let took = now().saturating_duration_since(started);
        if took >= Duration::from_secs(request.minutes.saturating_mul(60)) {
            break;
        }
    }
    std::fs::remove_dir_all(&hunt.copy).map_err(|error| said(&hunt.copy, &error))?;
    Ok(found)
}

/// A copy of a crate that is changed and tested.
struct Hunt {
    copy: PathBuf,
    target: String,
    folder: PathBuf,
    package: String,
}

impl Hunt {
    /// How many mutants there are.
    fn count(&self, run: &Run) -> Result<usize, String> {
        let copy = self.copy.display().to_string();
        let mut arguments = vec!["mutants", "--list", "--dir", &copy];
        arguments.extend(["--package", &self.package]);
        arguments.extend(WHICH);
        let (ok, listed) = run.ask("cargo", &arguments).ok_or("there is no cargo")?;
        if !ok {
            return Err(format!("the mutants cannot be listed: {listed}"));
        }
        Ok(listed.lines().filter(|line| line.contains(".rs:")).count())
    }

    /// `cargo mutants` in the copy. That some were missed is no failure of it.
    fn mutants(&self, run: &mut Run, arguments: &[&str]) -> Result<String, String> {
        let mut command = self.cargo();
        command
            .args(["mutants", "--in-place", "--no-shuffle", "--colors=never"])
            .args(["--package", &self.package])
            .args(WHICH)
            .args(["--no-times", "--build-timeout=300", "--all-features"])
            .arg("--output")
            .arg(&self.folder)
            .args(arguments)
            .args(["--", "--test", "it"]);
        let shown = format!("cargo mutants {}", arguments.join(" "));
        let target = [("CARGO_TARGET_DIR", self.target.as_str())];
        // 2: some were missed; 3: some ran too long. Anything else is a failure.
        run.program_that(&self.copy, command, &shown, &target, &[0, 2, 3])
    }

    fn test(&self, run: &mut Run) -> Result<String, String> {
        let mut command = self.cargo();
        let line = "test --quiet --all-features --test it";
        command.args(line.split_whitespace());
        let target = [("CARGO_TARGET_DIR", self.target.as_str())];
        run.program_in(&self.copy, command, &format!("cargo {line}"), &target)
    }

    /// Cargo, which lets others go first where there is `nice`.
    fn cargo(&self) -> Command {
        if cfg!(unix) {
            let mut command = Command::new("nice");
            command.args(["-n", "15", "cargo"]);
            return command;
        }
        Command::new("cargo")
    }
}

/// The numbers below `count` in the order of a seed: by Fisher and Yates, with the generator
/// `SplitMix64` (Steele, Lea, Flood 2014).
fn order(count: usize, seed: u64) -> Vec<usize> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    };
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        let choices = u64::try_from(last).unwrap_or(u64::MAX).saturating_add(1);
        let other = usize::try_from(next() % choices).unwrap_or(0);
        order.swap(last, other);
    }
    order
}

/// The mutants that the page explains: the first cell of its rows.
fn explained(page: &str) -> BTreeSet<String> {
    let rows = prose(page).filter(|(_, line)| line.starts_with("| `"));
    rows.filter_map(|(_, line)| spans(line).1.first().map(|name| (*name).to_owned()))
        .collect()
}

fn verdict(found: &Found, explained: &BTreeSet<String>) -> Result<Outcome, String> {
    let unexplained: Vec<&String> = found
        .missed
        .iter()
        .filter(|mutant| !explained.contains(*mutant))
        .collect();
    for mutant in &unexplained {
        println!("not in {TRIAGE}: | `{mutant}` | |");
    }
    for mutant in &found.timeout {
        println!("ran too long: {mutant}");
    }
    println!("\n{}", found.text());
    match unexplained.len() {
        0 => Ok(Outcome::Done),
        count => Err(format!("{count} mutants that no test notices")),
    }
}

fn said(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(line: &str) -> Result<Request, String> {
        let operands: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Request::of(&operands)
    }

    #[test]
    fn operands_are_a_crate_minutes_and_a_seed() {
        let expected = Request {
            package: "tki-seal".to_owned(),
            minutes: 5,
            seed: 7,
        };
        assert_eq!(asked("tki-seal --minutes 5 --seed 7"), Ok(expected));
        assert_eq!(
            asked("--minutes 5").map(|it| it.package),
            Ok("tki-math".to_owned())
        );
        for wrong in [
            "",
            "tki-seal",
            "--minutes",
            "--minutes x",
            "a b --minutes 1",
            "--fast",
        ] {
            assert!(asked(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_order_has_every_number_once_and_follows_from_its_seed() {
        let mut first = order(40, 1);
        assert_eq!(first, order(40, 1));
        assert_ne!(first, order(40, 2));
        first.sort_unstable();
        assert_eq!(first, (0..40).collect::<Vec<_>>());
        assert!(order(0, 1).is_empty());
    }

    #[test]
    fn a_miss_is_explained_or_fails() {
        let page = "| mutant | why |\n|---|---|\n| `a.rs: replace b -> u8 with 0` | Same. |\n";
        let mutant = "a.rs: replace b -> u8 with 0".to_owned();
        let mut found = Found {
            missed: vec![mutant],
            ..Found::default()
        };
        assert!(verdict(&found, &explained(page)).is_ok());
        found.missed.push("a.rs: replace c".to_owned());
        assert!(verdict(&found, &explained(page)).is_err());
    }
}

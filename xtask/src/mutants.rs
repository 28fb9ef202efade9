//! Mutation: `cargo-mutants` changes the code in small ways, and the tests must notice each.
//!
//! The crate is tested alone, in a copy, by its unit and integration tests: the other crates would
//! notice more, and later. Mutants are taken in parts, in an order that a seed decides, for as long
//! as was asked for; every part is a part of the whole, so that all of it is done when the time
//! suffices.

use alloc::collections::BTreeMap;
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
const PART: usize = 6;

/// What the operands ask for.
#[derive(Debug, PartialEq)]
struct Request {
    package: String,
    minutes: u64,
    seed: u64,
    /// Which share of how many: several runs at once do one each.
    share: (usize, usize),
}

impl Request {
    fn of(operands: &[String]) -> Result<Self, String> {
        let usage =
            || "usage: cargo xtask mutants [CRATE] --minutes M [--seed S] [--share I/N]".to_owned();
        let (mut package, mut minutes, mut seed, mut share) = (None, None, 1, (0, 1));
        let mut words = operands.iter();
        while let Some(word) = words.next() {
            let mut number = || {
                let number = words.next().and_then(|number| number.parse().ok());
                number.ok_or_else(usage)
            };
            match word.as_str() {
                "--minutes" => minutes = Some(number()?),
                "--seed" => seed = number()?,
                "--share" => share = words.next().and_then(|it| fraction(it)).ok_or_else(usage)?,
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
            share,
        })
    }
}

/// `I/N` with I below N.
fn fraction(text: &str) -> Option<(usize, usize)> {
    let (share, shares) = text.split_once('/')?;
    let (share, shares) = (share.parse().ok()?, shares.parse().ok()?);
    (share < shares).then_some((share, shares))
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

    /// Takes in what another try of those that were missed said of them.
    fn again(&mut self, folder: &Path) {
        let mut second = Self::default();
        second.add(folder);
        for mutant in core::mem::take(&mut self.missed) {
            let list = if second.missed.contains(&mutant) {
                &mut self.missed
            } else if second.timeout.contains(&mutant) {
                &mut self.timeout
            } else {
                &mut self.caught
            };
            list.push(mutant);
        }
    }

    fn join(&mut self, part: Self) {
        self.caught.extend(part.caught);
        self.missed.extend(part.missed);
        self.timeout.extend(part.timeout);
        self.unviable.extend(part.unviable);
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

/// Every part is tried quickly first; what is missed then is tried with all tests.
fn hunt(run: &mut Run, request: &Request) -> Result<Found, String> {
    let quick = Hunt::set(run, request, Tests::Quick)?;
    let mut full = None;
    let mut found = Found {
        all: quick.count(run)?,
        ..Found::default()
    };
    let parts = found.all.div_ceil(PART).max(1);
    let (share, shares) = request.share;
    let started = now();
    let parts_in_order = order(parts, request.seed);
    for part in parts_in_order.into_iter().skip(share).step_by(shares) {
        quick.mutants(run, &["--shard", &format!("{part}/{parts}")])?;
        let mut of_part = Found::default();
        of_part.add(&quick.folder);
        if !of_part.missed.is_empty() {
            let hunt = match full.take() {
                Some(hunt) => hunt,
                None => Hunt::set(run, request, Tests::All)?,
            };
            let names: Vec<String> = of_part.missed.iter().map(|name| exactly(name)).collect();
            let each = names.iter().flat_map(|name| ["--re", name.as_str()]);
            hunt.mutants(run, &each.collect::<Vec<_>>())?;
            of_part.again(&hunt.folder);
            full = Some(hunt);
        }
        found.join(of_part);
        println!("{}", found.text());
        found.keep(&quick.folder)?;
        let took = now().saturating_duration_since(started);
        if took >= Duration::from_secs(request.minutes.saturating_mul(60)) {
            break;
        }
    }
    quick.clear()?;
    full.map_or(Ok(()), |hunt| hunt.clear())?;
    Ok(found)
}

/// A pattern for this name and no other; it is held against names with line and column.
fn exactly(name: &str) -> String {
    let mut pattern = String::from("^");
    for character in name.chars() {
        // Not every sign: with a backslash, some mean something that they do not mean without.
        if r"\.+*?()|[]{}^$#&-~".contains(character) {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('$');
    pattern.replacen(r"\.rs:", r"\.rs:([0-9]+:[0-9]+:)?", 1)
}

/// Which tests are to notice.
#[derive(Clone, Copy, PartialEq)]
enum Tests {
    /// Most of them, on one curve: the code is the same for each, and takes a third of the time to
    /// compile.
    Quick,
    /// All of them.
    All,
}

/// Tests that a quick try leaves out.
const SLOW: &[&str] = &[
    "p256",
    "ed25519",
    "every_structure_of_six",
    "exactly_the_satisfying",
];

/// A copy of a crate that is changed and tested.
struct Hunt {
    copy: PathBuf,
    target: String,
    folder: PathBuf,
    package: String,
    tests: Tests,
    /// Seconds for the tests of one mutant.
    timeout: String,
}

impl Hunt {
    /// Makes the copy, builds it, and sees how long the tests take that are not changed.
    fn set(run: &mut Run, request: &Request, tests: Tests) -> Result<Self, String> {
        let (share, shares) = request.share;
        let name = match tests {
            Tests::Quick => format!("mutants-{share}-{shares}-quick"),
            Tests::All => format!("mutants-{share}-{shares}"),
        };
        let folder = run.target_folder().join(&name);
        std::fs::create_dir_all(&folder).map_err(|error| said(&folder, &error))?;
        let mut hunt = Self {
            copy: bundle::copy(run, &request.package, &name)?,
            target: match request.share {
                // What was built for the bundle is of use.
                (0, 1) => bundle::target(run),
                // Several at once each have a place of their own to build in.
                _ => format!("{}-{share}-{shares}", bundle::target(run)),
            },
            folder,
            package: request.package.clone(),
            tests,
            timeout: String::new(),
        };
        if tests == Tests::Quick {
            hunt.quicken()?;
        }
        hunt.test(run)?;
        let before = now();
        hunt.test(run)?;
        let took = now().saturating_duration_since(before).as_secs();
        hunt.timeout = took.saturating_mul(5).saturating_add(20).to_string();
        Ok(hunt)
    }

    /// Lets every curve of the tests be the same one, where they have the form of those of
    /// `tki-math`; vectors, which tell curves apart, are left out.
    fn quicken(&self) -> Result<(), String> {
        let tests = self
            .copy
            .join("crates")
            .join(&self.package)
            .join("tests/it");
        let (curves, main) = (tests.join("curves.rs"), tests.join("main.rs"));
        let read = |path: &Path| std::fs::read_to_string(path).unwrap_or_default();
        let write = |path: &Path, text: String| {
            std::fs::write(path, text).map_err(|error| said(path, &error))
        };
        let text = read(&curves);
        if !text.contains("use secp256k1::Secp256k1;") {
            return Ok(());
        }
        let mut one = text;
        for (module, name) in [("ed25519", "Ed25519"), ("p256", "P256")] {
            one = one.replace(&format!("pub(crate) mod {module};\n"), "");
            let (before, after) = (
                format!("use {module}::{name};"),
                format!("use secp256k1::Secp256k1 as {name};"),
            );
            one = one.replace(&before, &after);
        }
        write(&curves, one)?;
        write(
            &main,
            read(&main).replace("#[cfg(test)]\nmod vectors;\n", ""),
        )
    }

    /// What follows `cargo test`.
    fn test_arguments(&self) -> Vec<&'static str> {
        let mut arguments = vec!["--lib", "--test", "it"];
        if self.tests == Tests::Quick {
            arguments.push("--");
            arguments.extend(SLOW.iter().flat_map(|name| ["--skip", name]));
        }
        arguments
    }

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
            .args(["--package", &self.package, "--timeout", &self.timeout])
            .args(WHICH)
            .args(["--no-times", "--build-timeout=300", "--all-features"])
            .args(["--baseline", "skip", "--output"])
            .arg(&self.folder)
            .args(arguments)
            .arg("--")
            .args(self.test_arguments());
        let shown = format!("cargo mutants {}", arguments.join(" "));
        let target = [("CARGO_TARGET_DIR", self.target.as_str())];
        // 2: some were missed; 3: some ran too long. Anything else is a failure.
        run.program_that(&self.copy, command, &shown, &target, &[0, 2, 3])
    }

    fn test(&self, run: &mut Run) -> Result<String, String> {
        let mut command = self.cargo();
        command.args(["test", "--quiet", "--all-features"]);
        command.args(self.test_arguments());
        let target = [("CARGO_TARGET_DIR", self.target.as_str())];
        run.program_in(&self.copy, command, "cargo test, unchanged", &target)
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

    fn clear(&self) -> Result<(), String> {
        std::fs::remove_dir_all(&self.copy).map_err(|error| said(&self.copy, &error))
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

/// The mutants that the page explains: the first cell of its rows, and how many rows it has.
fn explained(page: &str) -> BTreeMap<String, usize> {
    let rows = prose(page).filter(|(_, line)| line.starts_with("| `"));
    let mut explained = BTreeMap::new();
    for name in rows.filter_map(|(_, line)| spans(line).1.first().copied()) {
        // A bar ends a cell unless it is escaped.
        *explained.entry(name.replace("\\|", "|")).or_default() += 1;
    }
    explained
}

/// The name of a mutant without its line and column, which every change above it moves.
fn unplaced(mutant: &str) -> String {
    let Some((file, rest)) = mutant.split_once(".rs:") else {
        return mutant.to_owned();
    };
    let what = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ':');
    format!("{file}.rs:{what}")
}

fn verdict(found: &Found, explained: &BTreeMap<String, usize>) -> Result<Outcome, String> {
    // As many of one name as the page has rows for it.
    let mut left = explained.clone();
    let is_new = |mutant: &&String| match left.get_mut(&unplaced(mutant)) {
        Some(rows) if *rows > 0 => {
            *rows -= 1;
            false
        }
        _ => true,
    };
    let unexplained: Vec<&String> = found.missed.iter().filter(is_new).collect();
    for mutant in &unexplained {
        let name = unplaced(mutant).replace('|', "\\|");
        println!("not in {TRIAGE}: | `{name}` | | ({mutant})");
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
            share: (1, 2),
        };
        assert_eq!(
            asked("tki-seal --minutes 5 --seed 7 --share 1/2"),
            Ok(expected)
        );
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
            "--minutes 1 --share 2/2",
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
    fn a_second_try_says_what_is_missed() {
        let folder = std::env::temp_dir().join(format!("tki-mutants-test-{}", std::process::id()));
        let out = folder.join("mutants.out");
        std::fs::create_dir_all(&out).expect("a folder");
        std::fs::write(out.join("missed.txt"), "b\n").expect("a file");
        let mut found = Found {
            missed: vec!["a".to_owned(), "b".to_owned()],
            ..Found::default()
        };
        found.again(&folder);
        std::fs::remove_dir_all(&folder).expect("it was there");
        assert_eq!(
            (found.caught, found.missed),
            (vec!["a".to_owned()], vec!["b".to_owned()])
        );
    }

    #[test]
    fn a_pattern_is_the_name_wherever_it_stands_in_its_file() {
        let expected = r"^a\.rs:([0-9]+:[0-9]+:)? replace \+ in <b>$";
        assert_eq!(exactly("a.rs: replace + in <b>"), expected);
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
        // Where it stands does not matter, and another of the same name is another.
        found.missed = vec!["a.rs:7:21: replace b -> u8 with 0".to_owned()];
        assert!(verdict(&found, &explained(page)).is_ok());
        found
            .missed
            .push("a.rs:8:1: replace b -> u8 with 0".to_owned());
        assert!(verdict(&found, &explained(page)).is_err());
        found.missed = vec!["a.rs:9:1: replace | with ^".to_owned()];
        let row = r"| `a.rs: replace \| with ^` | Same. |";
        assert!(verdict(&found, &explained(row)).is_ok());
        found.missed = vec!["a.rs: replace c".to_owned()];
        assert!(verdict(&found, &explained(page)).is_err());
    }
}

//! The guides, carried out as they are written: every command of `docs/guide` and `docs/operations`
//! from top to bottom, in an empty home, without a network.
//!
//! `guides/page.rs` reads a page, `guides/machine.rs` is where its commands run.

mod apart;
mod machine;
mod page;

use alloc::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::build::TEST_FEATURES;
use crate::guides::apart::Apart;
use crate::guides::machine::{Machines, Network};
use crate::guides::page::{Page, Step};
use crate::steps::{Failure, Outcome, Run};

/// The help of `cargo xtask guides`.
pub(crate) const HELP: &str = "Reads every page of docs/guide and docs/operations, or the one that is named (`recovery`), and\n\
    runs its fenced blocks in their order; docs/guide/README.md says how they are written. A block that ends\n\
    otherwise than its page says, or prints something else, is named with its line.\n\
    Builds the release binaries; with --dev, as `cargo xtask ci` has it, those of the tests, which are\n\
    there when the tests were run. Needs python3, curl and openssl, and is skipped without them, and\n\
    PostgreSQL for the blocks that say so.";

/// Where the pages are: of owners, developers and auditors; and of those who keep a server.
const FOLDERS: [&str; 2] = ["docs/guide", "docs/operations"];

/// The programs that pages use, each of the crate in whose package it is.
const PROGRAMS: [(&str, &str); 2] = [("tki", "tki-cli"), ("tki-server", "tki-server")];

/// `guides [PAGE] [--dev]`.
pub(crate) fn run(run: &mut Run, operands: &[String]) -> Result<(), Failure> {
    run.step("guides", "cargo xtask guides", |run| {
        let is_dev = operands.iter().any(|operand| operand == "--dev");
        let named: Vec<_> = operands.iter().filter(|name| *name != "--dev").collect();
        let pages = pages(run.root(), &named)?;
        for (tool, version, what) in [
            ("python3", "--version", "makes a terminal"),
            ("curl", "--version", "asks a server"),
            ("openssl", "version", "makes a certificate"),
        ] {
            if !matches!(run.ask(tool, &[version]), Some((true, _))) {
                let reason = format!("there is no {tool}, which {what}: foreign-tools.sh");
                return Ok(Outcome::Skipped(reason));
            }
        }
        let programs = programs(run, is_dev)?;
        let apart = matches!(run.ask("unshare", &["-rn", "true"]), Some((true, _)));
        if !apart {
            println!("there is no unshare that works: the network is only not used");
        }
        let mut faults = 0_usize;
        let mut missing = Vec::new();
        for path in pages {
            let began = crate::steps::now();
            let result = carry_out(run.root(), &path, &programs, apart);
            let seconds = began.elapsed().as_secs_f64();
            match result {
                Ok(done) => {
                    let (path, count) = (path.display(), done.blocks);
                    println!("{path}: {count} blocks in {seconds:.1} s");
                    missing.extend(done.no_database.map(|why| format!("{path}: {why}")));
                }
                Err(fault) => {
                    faults = faults.saturating_add(1);
                    println!("{fault}");
                }
            }
        }
        if faults > 0 {
            return Err(format!("{faults} of the guides do not do what they say"));
        }
        Ok(if missing.is_empty() {
            Outcome::Done
        } else {
            Outcome::Skipped(format!("without PostgreSQL: {}", missing.join("; ")))
        })
    })
}

/// Where the programs are, once they are built. Those of the tests are built in one go with the features
/// of the tests: everything that the two share would be compiled once more for each by itself.
fn programs(run: &mut Run, is_dev: bool) -> Result<Vec<PathBuf>, String> {
    let (line, profile) = if is_dev {
        let line = format!("build --workspace --bins --features {TEST_FEATURES}");
        (line, "debug")
    } else {
        let packages = PROGRAMS.map(|(_, package)| format!("--package {package}"));
        (format!("build --release {}", packages.join(" ")), "release")
    };
    run.cargo(&line, &[])?;
    let folder = run.target_folder().join(profile);
    Ok(PROGRAMS.iter().map(|(name, _)| folder.join(name)).collect())
}

/// The pages from the root, all or those that are named.
fn pages(root: &Path, named: &[&String]) -> Result<Vec<PathBuf>, String> {
    let mut paths = Vec::new();
    for folder in FOLDERS {
        let entries = std::fs::read_dir(root.join(folder));
        let entries = entries.map_err(|error| format!("{folder}: {error}"))?;
        let names = entries.flatten().map(|entry| entry.file_name());
        let names = names
            .filter_map(|name| name.into_string().ok())
            .filter_map(|name| name.strip_suffix(".md").map(str::to_owned))
            .filter(|name| named.is_empty() || named.contains(&name));
        paths.extend(names.map(|name| Path::new(folder).join(format!("{name}.md"))));
    }
    paths.sort();
    if paths.is_empty() || (!named.is_empty() && paths.len() != named.len()) {
        return Err(format!("there is no such page in {}", FOLDERS.join(" or ")));
    }
    Ok(paths)
}

/// What was run of a page.
struct Done {
    blocks: usize,
    /// Why the blocks with a database were not.
    no_database: Option<String>,
}

/// Runs a page; the first block that does not do what the page says is the fault.
fn carry_out(root: &Path, path: &Path, programs: &[PathBuf], apart: bool) -> Result<Done, String> {
    let shown = path.display();
    let text = std::fs::read_to_string(root.join(path)).map_err(|e| format!("{shown}: {e}"))?;
    let page = Page::read(&text).map_err(|(line, fault)| format!("{shown}:{line}: {fault}"))?;
    // A server that one block starts is there for the next ones.
    let place = match apart {
        true if text.contains("tki-server") => Apart::begin(),
        _ => None,
    };
    let network = match place {
        Some(place) => Network::Shared(place),
        None if apart => Network::None,
        None => Network::Here,
    };
    let machines = Machines::new(root, programs, network);
    let mut machines = machines.map_err(|fault| format!("{shown}: {fault}"))?;
    let needs_database = page.steps.iter().any(|step| step.needs_database);
    let no_database = needs_database.then(|| machines.start_database().err());
    let no_database = no_database.flatten();
    let mut blocks = 0_usize;
    for step in &page.steps {
        if step.needs_database && no_database.is_some() {
            continue;
        }
        let fault = machines.carry_out(step).err();
        if let Some(fault) = fault {
            return Err(format!("{shown}:{}: {fault}", step.line));
        }
        blocks = blocks.saturating_add(1);
    }
    Ok(Done {
        blocks,
        no_database,
    })
}

/// Whether what was printed is what the page shows: each of its lines, in their order, where `…`
/// stands for anything, and `{name}` for something that can be typed later by that name, and is the
/// same wherever the name stands again.
fn compare(step: &Step, printed: &str, known: &Found) -> Result<Found, String> {
    let mut found = known.clone();
    let mut lines = printed.lines().map(str::trim);
    for (number, expected) in &step.expected {
        let expected = with_names(expected.trim(), &found);
        let pattern = Pattern::read(&expected);
        let Some(names) = lines.find_map(|line| pattern.find(line)) else {
            return Err(format!(
                "line {number} is not what is printed there: {expected}\n{printed}"
            ));
        };
        found.extend(names);
    }
    Ok(found)
}

/// What was printed where a page has a name.
type Found = BTreeMap<String, String>;

/// A text of the page with what is known of its names.
fn with_names(text: &str, known: &Found) -> String {
    let names = known.iter();
    names.fold(text.to_owned(), |text, (name, found)| {
        text.replace(&format!("{{{name}}}"), found)
    })
}

/// A line in which `…` and `{name}` stand for anything.
struct Pattern<'a> {
    begin: &'a str,
    /// A name, or nothing, and what follows it.
    rest: Vec<(&'a str, &'a str)>,
}

impl<'a> Pattern<'a> {
    fn read(line: &'a str) -> Self {
        let mut parts = line.split_inclusive(['…', '}']);
        let mut cut = |part: &'a str| {
            let part = part.strip_suffix(['…', '}']).unwrap_or(part);
            part.split_once('{').unwrap_or((part, ""))
        };
        let (begin, mut name) = parts.next().map_or(("", ""), &mut cut);
        let mut rest = Vec::new();
        let mut is_open = line != begin;
        for (text, next) in parts.map(&mut cut) {
            rest.push((name, text));
            (name, is_open) = (next, true);
        }
        if is_open && line.ends_with(['…', '}']) {
            rest.push((name, ""));
        }
        Self { begin, rest }
    }

    /// The names with what stands in their places, if the line is like this.
    fn find(&self, line: &str) -> Option<Found> {
        let mut found = Found::new();
        let mut line = line.strip_prefix(self.begin)?;
        let last = self.rest.len().checked_sub(1);
        for (position, (name, text)) in self.rest.iter().enumerate() {
            let (filled, after) = if Some(position) == last {
                (line.strip_suffix(text)?, "")
            } else {
                line.split_once(text)?
            };
            if !name.is_empty() {
                found.insert((*name).to_owned(), filled.to_owned());
            }
            line = after;
        }
        line.is_empty().then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a page that says this leads to.
    fn carried_out(text: &str) -> Result<usize, String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .expect("it has one");
        let page = Page::read(text).map_err(|(line, fault)| format!("{line}: {fault}"))?;
        let machines = Machines::new(root, &[PathBuf::from("/nowhere/tki")], Network::Here)?;
        for step in &page.steps {
            machines.carry_out(step)?;
        }
        Ok(page.steps.len())
    }

    #[test]
    fn a_page_is_carried_out_from_top_to_bottom_in_an_empty_home() {
        let text = "```sh\ntest -z \"$(ls -A)\"\nmkdir share\necho one > ~/file\n```\n```sh\ncat file\n```\n\n```text\none\n```\n\
             ```sh on=phone\ntest ! -e file; echo two > share/carried\n```\n\
             ```sh\ncat share/carried\n```\n```text\ntwo\n```\n";
        assert_eq!(carried_out(text), Ok(4));
    }

    #[test]
    fn a_page_with_a_command_that_fails_is_a_fault() {
        for (text, part) in [
            ("```sh\nfalse\n```\n", "ended with 1"),
            ("```sh\nfalse\necho so what\n```\n", "ended with 1"),
            ("```sh\nno-such-command-anywhere\n```\n", "ended with 127"),
            ("```sh fails=4\ntrue\n```\n", "ended with 0"),
            ("```sh fails=4\nexit 3\n```\n", "ended with 3"),
            (
                "```sh\necho one\n```\n```text\ntwo\n```\n",
                "line 5 is not what is printed",
            ),
            ("```sh\necho $TKI_HOME\n```\n", "TKI_HOME"),
            ("```bash\ntrue\n```\n", "nothing runs a block of `bash`"),
            ("```text\none\n```\n", "shows what no command printed"),
            (
                "```sh in=checkout\ncargo xtask nonsense\n```\n",
                "no such command",
            ),
            (
                "```sh in=checkout\ncargo xtask coverage\n```\n",
                "no step of `cargo xtask ci`",
            ),
        ] {
            let fault = carried_out(text).expect_err(text);
            assert!(fault.contains(part), "{text}: {fault}");
        }
    }

    #[test]
    fn a_failure_that_the_page_foretells_is_none() {
        let text = "```sh fails=4\necho refused >&2; exit 4\n```\n```text\nref…\n```\n";
        assert_eq!(carried_out(text), Ok(1));
    }

    #[test]
    fn what_is_asked_is_answered_on_a_terminal() {
        let text = "```sh\nprintf 'Who? '; read name; echo \"Hello $name\"; test -t 0\n```\n\
             ```asks\nWho? → Alice\n```\n```text\nHello Alice\n```\n";
        if std::process::Command::new("python3")
            .arg("--version")
            .output()
            .is_ok()
        {
            assert_eq!(carried_out(text), Ok(1));
            let other = "```sh\necho Hello\n```\n```asks\nWhere? → here\n```\n";
            let fault = carried_out(other).expect_err("nobody asks that");
            assert!(fault.contains("never asked: Where?"), "{fault}");
        }
    }

    #[test]
    fn a_folder_that_no_command_made_is_not_there() {
        for text in [
            "```sh\ntest -e share\n```\n",
            "```sh on=phone\necho one > share/file\n```\n",
        ] {
            assert!(carried_out(text).is_err(), "{text}");
        }
        let text = "```sh in=checkout\ncp Cargo.toml ~/kept\n```\n```sh\ntest -e kept\n```\n";
        assert_eq!(carried_out(text), Ok(2));
    }

    #[test]
    fn the_commands_of_the_checkout_are_steps_of_their_own() {
        let text = "```sh in=checkout\ncargo xtask tidy\ntest -e Cargo.toml\n```\n";
        assert_eq!(carried_out(text), Ok(1));
    }

    #[test]
    fn what_was_printed_is_typed_by_its_name() {
        let text = "```sh\necho code 12 34.\n```\n```text\ncode {digits}.\n```\n\
             ```sh\nprintf 'Which? '; read typed; echo \"got $typed\"\n```\n\
             ```asks\nWhich? → {digits}\n```\n```text\ngot 12 34\n```\n";
        if std::process::Command::new("python3")
            .arg("--version")
            .output()
            .is_ok()
        {
            assert_eq!(carried_out(text), Ok(2));
        }
    }

    #[test]
    fn a_name_stands_for_the_same_wherever_it_stands() {
        let page = |second: &str| {
            let block =
                |said: &str| format!("```sh\necho key {said}\n```\n```text\nkey {{it}}\n```\n");
            carried_out(&[block("12"), block(second)].concat())
        };
        assert_eq!(page("12"), Ok(2));
        let fault = page("13").expect_err("that is another");
        assert!(
            fault.contains("line 11 is not what is printed there: key 12"),
            "{fault}"
        );
    }

    #[test]
    fn an_ellipsis_stands_for_anything() {
        for (pattern, line) in [
            ("", ""),
            ("a", "a"),
            ("a…", "abc"),
            ("…", ""),
            ("a…c…e", "abcde"),
            ("…e", "abcde"),
            ("…b…", "abc"),
        ] {
            assert!(
                Pattern::read(pattern).find(line).is_some(),
                "{pattern} {line}"
            );
        }
        for (pattern, line) in [("a", "ab"), ("a…c…b", "abc"), ("…a", "ab"), ("b…", "ab")] {
            assert!(
                Pattern::read(pattern).find(line).is_none(),
                "{pattern} {line}"
            );
        }
        let found = Pattern::read("a {x} … {y}")
            .find("a 1 2 3 4")
            .expect("it is alike");
        assert_eq!(found.get("x").map(String::as_str), Some("1"));
        assert_eq!(found.get("y").map(String::as_str), Some("3 4"));
    }
}

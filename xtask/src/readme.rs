//! The parts of README.md that are made from the project: each follows a mark, and is compared with
//! what the project says today.

use alloc::collections::{BTreeMap, VecDeque};

use serde_json::Value;

use crate::layering;
use crate::steps::{Failure, Outcome, Run};

/// The help of `cargo xtask readme`.
pub(crate) const HELP: &str = "Compares what follows each mark in README.md: after `<!-- demo output -->` what\n\
    `tki demo --seed 1` prints (times aside), after `<!-- commands -->` the list of `tki --help`,\n\
    after `<!-- crates -->` the crates with the descriptions of their manifests.\n\
    With --write it writes them. Builds the release binary.";

const README: &str = "README.md";

/// `readme [--write]`.
pub(crate) fn run(run: &mut Run, operands: &[String]) -> Result<(), Failure> {
    run.step("readme", "cargo xtask readme", |run| {
        let write = match operands {
            [] => false,
            [flag] if flag == "--write" => true,
            _ => return Err("usage: cargo xtask readme [--write]".to_owned()),
        };
        let path = run.root().join(README);
        let old = std::fs::read_to_string(&path).map_err(|error| format!("{README}: {error}"))?;
        let mut new = old.clone();
        for part in parts(run)? {
            new = part.put(&new)?;
        }
        if timeless(&new) == timeless(&old) {
            println!("{README} is up to date");
            return Ok(Outcome::Done);
        }
        if write {
            std::fs::write(&path, calm(&old, &new))
                .map_err(|error| format!("{README}: {error}"))?;
            println!("{README} was written");
            return Ok(Outcome::Done);
        }
        for line in differences(&timeless(&old), &timeless(&new)) {
            println!("{line}");
        }
        Err(format!(
            "{README} is out of date: cargo xtask readme --write"
        ))
    })
}

/// One generated part.
struct Part {
    /// The line before it.
    mark: &'static str,
    /// All of it, up to the empty line after it.
    body: String,
}

impl Part {
    fn fenced(mark: &'static str, text: &str) -> Self {
        let body = format!("```text\n{}\n```\n", text.trim_matches('\n'));
        Self { mark, body }
    }

    /// The text with this part in its place: what follows the mark, a fenced block or a table.
    fn put(&self, text: &str) -> Result<String, String> {
        let mark = format!("{}\n", self.mark);
        let (before, after) = text
            .split_once(&mark)
            .ok_or_else(|| format!("{README} has no line {}", self.mark))?;
        let end = match after.strip_prefix("```") {
            Some(rest) => rest
                .find("\n```\n")
                .map(|at| at.saturating_add("```\n```\n".len())),
            None => after.find("\n\n").map(|at| at.saturating_add(1)),
        };
        let rest = end.and_then(|end| after.get(end..));
        let rest = rest.ok_or_else(|| format!("what follows {} has no end", self.mark))?;
        Ok(format!("{before}{mark}{}{rest}", self.body))
    }
}

fn parts(run: &mut Run) -> Result<Vec<Part>, String> {
    run.cargo("build --release --package tki-cli", &[])?;
    let binary = run.target_folder().join("release").join("tki");
    let binary = binary.to_string_lossy();
    let says = |arguments: &[&str]| match run.ask(&binary, arguments) {
        Some((true, text)) => Ok(text),
        Some((false, text)) => Err(format!("tki {} failed: {text}", arguments.join(" "))),
        None => Err(format!("there is no {binary}")),
    };
    let demo = Part::fenced("<!-- demo output -->", &says(&["demo", "--seed", "1"])?);
    let commands = Part::fenced("<!-- commands -->", &commands(&says(&["--help"])?)?);
    let arguments = ["metadata", "--no-deps", "--format-version", "1"];
    let metadata = run.ask("cargo", &arguments).ok_or("there is no cargo")?.1;
    // What cargo says beside it stands before it, in lines of its own.
    let metadata = metadata.find('{').and_then(|at| metadata.get(at..));
    let crates = Part {
        mark: "<!-- crates -->",
        body: crates(metadata.ok_or("cargo metadata says nothing")?)?,
    };
    Ok(vec![demo, commands, crates])
}

/// The list of commands in a help text.
fn commands(help: &str) -> Result<String, String> {
    let (_, list) = help
        .split_once("Commands:\n")
        .ok_or("`tki --help` lists no commands")?;
    let list = list.split("\n\n").next().unwrap_or("");
    let lines = list
        .lines()
        .map(|line| line.strip_prefix("  ").unwrap_or(line));
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

/// A table of the crates, from the ground up.
fn crates(metadata: &str) -> Result<String, String> {
    let json: Value = serde_json::from_str(metadata).map_err(|error| error.to_string())?;
    let packages = json.pointer("/packages").and_then(Value::as_array);
    let packages = packages.ok_or("cargo metadata names no packages")?;
    let mut table = String::from("| crate | holds |\n|---|---|\n");
    for name in layering::names().filter(|name| *name != "xtask") {
        let said =
            |package: &&Value| package.pointer("/name").and_then(Value::as_str) == Some(name);
        let package = packages.iter().find(said);
        let description = package
            .and_then(|package| package.pointer("/description"))
            .and_then(Value::as_str)
            .ok_or_else(|| format!("{name} has no description"))?;
        table.push_str(&format!(
            "| [{name}](crates/{name}/README.md) | {description} |\n"
        ));
    }
    Ok(table)
}

/// A text with every time replaced, so that two machines say the same.
fn timeless(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let mut words: Vec<&str> = line.split(' ').collect();
        let times: Vec<usize> = words
            .windows(2)
            .zip(1_usize..)
            .filter_map(|(pair, second)| match pair {
                [number, unit] if is_time(number, unit) => second.checked_sub(1),
                _ => None,
            })
            .collect();
        for place in times {
            if let Some(word) = words.get_mut(place) {
                *word = "…";
            }
        }
        words.join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The new text, where a line that differs by its times only stays as it was.
fn calm(old: &str, new: &str) -> String {
    let mut lines: BTreeMap<String, VecDeque<&str>> = BTreeMap::new();
    for line in old.lines() {
        lines.entry(timeless(line)).or_default().push_back(line);
    }
    let mut text = String::new();
    for line in new.lines() {
        let kept = lines.get_mut(&timeless(line)).and_then(VecDeque::pop_front);
        text.push_str(kept.unwrap_or(line));
        text.push('\n');
    }
    text
}

fn is_time(number: &str, unit: &str) -> bool {
    number.parse::<f64>().is_ok() && ["ms", "ms,", "s", "s.", "s,"].contains(&unit)
}

/// What differs between the first and the last difference: the old lines, then the new ones.
fn differences(old: &str, new: &str) -> Vec<String> {
    let [old, new]: [Vec<&str>; 2] = [old, new].map(|text| text.lines().collect());
    let head = old.iter().zip(&new).take_while(|(one, other)| one == other);
    let head = head.count();
    let rest = |lines: &[&str]| -> Vec<String> {
        let rest = lines.iter().skip(head);
        rest.map(|line| (*line).to_owned()).collect()
    };
    let [old, new] = [rest(&old), rest(&new)];
    let tail = old.iter().rev().zip(new.iter().rev());
    let tail = tail.take_while(|(one, other)| one == other).count();
    let marked = |lines: &[String], mark: char| -> Vec<String> {
        let lines = lines.iter().take(lines.len().saturating_sub(tail));
        lines.map(|line| format!("{mark} {line}")).collect()
    };
    [marked(&old, '-'), marked(&new, '+')].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_put_after_its_mark() {
        let text = "a\n<!-- b -->\n```text\nold\n```\n\nc\n<!-- d -->\n| old |\n\ne\n";
        let b = Part::fenced("<!-- b -->", "\nnew\n");
        let d = Part {
            mark: "<!-- d -->",
            body: "| new |\n".to_owned(),
        };
        let text = d
            .put(&b.put(text).expect("it is there"))
            .expect("it is there");
        let expected = "a\n<!-- b -->\n```text\nnew\n```\n\nc\n<!-- d -->\n| new |\n\ne\n";
        assert_eq!(text, expected);
        assert!(b.put("nothing").is_err());
        assert!(b.put("<!-- b -->\n```text\nno end").is_err());
    }

    #[test]
    fn times_are_no_difference_and_other_numbers_are() {
        let one = "    4.7 ms, 3 reads\nAll of it took 0.1 s. Nothing";
        let other = "    15.0 ms, 3 reads\nAll of it took 2 s. Nothing";
        assert_eq!(timeless(one), timeless(other));
        assert_ne!(timeless(one), timeless(&one.replace("3 reads", "4 reads")));
        assert_eq!(calm(one, &format!("new\n{other}")), format!("new\n{one}\n"));
        let changed = differences("a\nb\nc\nz", "a\nb\nd\ne\nz");
        assert_eq!(changed, ["- c", "+ d", "+ e"]);
    }

    #[test]
    fn the_commands_are_those_of_the_help() {
        let help = "Usage: tki\n\nCommands:\n  demo    Show\n  create  Create\n\nOptions:\n";
        assert_eq!(
            commands(help).as_deref(),
            Ok("demo    Show\ncreate  Create")
        );
        assert!(commands("Usage: tki").is_err());
    }

    #[test]
    fn a_crate_without_a_description_is_an_error() {
        assert!(crates(r#"{"packages": [{"name": "tki-math"}]}"#).is_err());
    }
}

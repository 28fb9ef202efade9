//! Steps: each is printed with its name, timed, and remembered for the summary.

use core::fmt;
use core::time::Duration;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// How a step ended that did not fail.
pub(crate) enum Outcome {
    /// It did its work.
    Done,
    /// This machine lacks what it needs; the text completes "skipped, because".
    Skipped(String),
}

/// The first step that failed.
pub(crate) struct Failure {
    step: String,
    rerun: String,
    reason: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            step,
            rerun,
            reason,
        } = self;
        write!(f, "FAILED: {step}: {reason}\nalone: {rerun}")
    }
}

/// Counts of libtest's result lines.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) ignored: u64,
}

impl Totals {
    /// The counts in a program's output: the sum of its `test result:` lines.
    pub(crate) fn of(output: &str) -> Self {
        let mut totals = Self::default();
        for line in output.lines() {
            let Some((_, counts)) = line.split_once("test result: ") else {
                continue;
            };
            let words: Vec<&str> = counts
                .split([' ', ';'])
                .filter(|word| !word.is_empty())
                .collect();
            for pair in words.windows(2) {
                let [count, what] = pair else { continue };
                let Ok(count) = count.parse::<u64>() else {
                    continue;
                };
                match *what {
                    "passed" => totals.passed = totals.passed.saturating_add(count),
                    "failed" => totals.failed = totals.failed.saturating_add(count),
                    "ignored" => totals.ignored = totals.ignored.saturating_add(count),
                    _ => {}
                }
            }
        }
        totals
    }

    fn add(&mut self, other: Self) {
        self.passed = self.passed.saturating_add(other.passed);
        self.failed = self.failed.saturating_add(other.failed);
        self.ignored = self.ignored.saturating_add(other.ignored);
    }
}

/// One invocation of xtask.
pub(crate) struct Run {
    root: PathBuf,
    started: Instant,
    done: Vec<(String, Duration)>,
    skipped: Vec<String>,
    tests: Totals,
}

impl Run {
    /// A run in the project's root folder.
    pub(crate) fn new(root: PathBuf) -> Self {
        Self {
            root,
            started: now(),
            done: Vec::new(),
            skipped: Vec::new(),
            tests: Totals::default(),
        }
    }

    /// The project's root folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where cargo builds.
    #[expect(
        clippy::disallowed_methods,
        reason = "cargo is told by the environment where to build"
    )]
    pub(crate) fn target_folder(&self) -> PathBuf {
        let told = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
        self.root.join(told)
    }

    /// Does one step. `rerun` is the command that does this step alone.
    pub(crate) fn step(
        &mut self,
        name: &str,
        rerun: &str,
        work: impl FnOnce(&mut Self) -> Result<Outcome, String>,
    ) -> Result<(), Failure> {
        println!("\n== {name}");
        let before = now();
        let result = work(self);
        let took = now().saturating_duration_since(before);
        let seconds = took.as_secs_f64();
        match result {
            Ok(Outcome::Done) => {
                println!("== {name}: passed in {seconds:.1} s");
                self.done.push((name.to_owned(), took));
                Ok(())
            }
            Ok(Outcome::Skipped(reason)) => {
                println!("== {name}: skipped, because {reason}");
                self.skipped.push(format!("{name} ({reason})"));
                Ok(())
            }
            Err(reason) => {
                println!("== {name}: failed after {seconds:.1} s");
                Err(Failure {
                    step: name.to_owned(),
                    rerun: rerun.to_owned(),
                    reason,
                })
            }
        }
    }

    /// A cargo command in the root, without input; see [`Self::program`].
    pub(crate) fn cargo(&mut self, line: &str, set: &[(&str, &str)]) -> Result<String, String> {
        let mut command = Command::new("cargo");
        command.args(line.split_whitespace());
        self.program(command, &format!("cargo {line}"), set)
    }

    /// Runs a program in the root, without input. Prints its standard output as it comes, gives it
    /// back, and adds the tests it reports to the totals. `set` adds environment variables.
    pub(crate) fn program(
        &mut self,
        command: Command,
        shown: &str,
        set: &[(&str, &str)],
    ) -> Result<String, String> {
        let root = self.root.clone();
        self.program_in(&root, command, shown, set)
    }

    /// The same in another folder.
    pub(crate) fn program_in(
        &mut self,
        folder: &Path,
        command: Command,
        shown: &str,
        set: &[(&str, &str)],
    ) -> Result<String, String> {
        self.program_that(folder, command, shown, set, &[0])
    }

    /// The same for a program that says with other codes than 0 that it did its work.
    pub(crate) fn program_that(
        &mut self,
        folder: &Path,
        mut command: Command,
        shown: &str,
        set: &[(&str, &str)],
        good: &[i32],
    ) -> Result<String, String> {
        let mut prefix = String::new();
        for (name, value) in set {
            prefix.push_str(&format!("{name}='{value}' "));
        }
        println!("$ {prefix}{shown}");
        command
            .current_dir(folder)
            .env_remove(crate::vectors::VARIABLE)
            .env_remove(crate::vectors::WRITE_VARIABLE)
            .envs(set.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut child = command
            .spawn()
            .map_err(|error| format!("cannot run `{shown}`: {error}"))?;
        let mut output = String::new();
        if let Some(stdout) = child.stdout.take() {
            for line in BufReader::new(stdout).split(b'\n') {
                let line = line.map_err(|error| format!("cannot read from `{shown}`: {error}"))?;
                let line = String::from_utf8_lossy(&line);
                println!("{line}");
                output.push_str(&line);
                output.push('\n');
            }
        }
        let status = child
            .wait()
            .map_err(|error| format!("lost `{shown}`: {error}"))?;
        self.tests.add(Totals::of(&output));
        if status.code().is_some_and(|code| good.contains(&code)) {
            Ok(output)
        } else {
            Err(format!("`{prefix}{shown}`: {status}"))
        }
    }

    /// Runs a program in the root and keeps its output to itself: what it said on both streams, and
    /// whether it succeeded. `None`: there is no such program.
    pub(crate) fn ask(&self, program: &str, arguments: &[&str]) -> Option<(bool, String)> {
        let output = Command::new(program)
            .args(arguments)
            .current_dir(&self.root)
            .stdin(Stdio::null())
            .output()
            .ok()?;
        let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
        said.push_str(&String::from_utf8_lossy(&output.stderr));
        Some((output.status.success(), said))
    }

    /// What was done, in how long; the last lines of a run.
    pub(crate) fn summary(&self) -> String {
        let mut text = String::new();
        for (name, took) in &self.done {
            text.push_str(&format!("{:>8.1} s  {name}\n", took.as_secs_f64()));
        }
        for skipped in &self.skipped {
            text.push_str(&format!(" skipped    {skipped}\n"));
        }
        let Totals {
            passed,
            failed,
            ignored,
        } = self.tests;
        if self.tests != Totals::default() {
            text.push_str(&format!(
                "tests: {passed} passed, {failed} failed, {ignored} ignored\n"
            ));
        }
        let total = now().saturating_duration_since(self.started).as_secs_f64();
        let (passed, skipped) = (self.done.len(), self.skipped.len());
        text.push_str(&format!(
            "{passed} steps passed, {skipped} skipped, in {total:.1} s"
        ));
        text
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "steps are timed for the person who waits"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run() -> Run {
        Run::new(Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf())
    }

    #[test]
    fn totals_are_the_sum_of_all_result_lines() {
        let output = "running 3 tests\n\
            test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; in 0.1s\n\
            noise 7 passed\n\
            test result: FAILED. 4 passed; 2 failed; 1 ignored; 0 measured; 9 filtered out\n";
        assert_eq!(
            Totals::of(output),
            Totals {
                passed: 7,
                failed: 2,
                ignored: 1
            }
        );
    }

    #[test]
    fn a_failure_names_the_step_and_the_command_that_runs_it_alone() {
        let result = run().step("knot", "cargo xtask knot", |_| Err("it broke".to_owned()));
        let text = result.expect_err("it failed").to_string();
        assert_eq!(text, "FAILED: knot: it broke\nalone: cargo xtask knot");
    }

    #[test]
    fn a_skipped_step_is_in_the_summary_with_its_reason() {
        let mut run = run();
        let done = run.step("knot", "-", |_| {
            Ok(Outcome::Skipped("there is no rope".to_owned()))
        });
        assert!(done.is_ok());
        assert!(run.summary().contains("knot (there is no rope)"));
        assert!(run.summary().contains("0 steps passed, 1 skipped"));
    }

    #[test]
    fn a_program_that_fails_is_an_error_with_its_line() {
        let mut command = Command::new("git");
        command.args(["diff", "--no-index", "--quiet", "Cargo.toml", "src/main.rs"]);
        let error = run()
            .program(command, "git diff", &[])
            .expect_err("they differ");
        assert!(error.starts_with("`git diff`: "), "{error}");
    }
}

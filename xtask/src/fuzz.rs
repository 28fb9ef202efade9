//! Fuzzing: the targets of `fuzz/` built with coverage by the pinned toolchain, each run for its
//! share of the time, and what came of it as a table.
//!
//! The flags are those that `cargo fuzz` gives to a nightly compiler, less the address sanitizer:
//! decision 0023 says why.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::steps::{Failure, Outcome, Run};

/// The help of `cargo xtask fuzz`.
pub(crate) const HELP: &str = "All targets, or the one named, for so many seconds in all (60 if nothing is said), with\n\
    equal shares. First their tests, which need no more than cargo and replay every regression;\n\
    then libFuzzer, which is skipped where there is no C++ compiler. Nothing but the running\n\
    counts. The corpus is kept in the target folder, under `fuzz`. Prints the table of\n\
    docs/testing.md. A finding fails, says how to repeat it, and belongs in fuzz/regressions.";

const MANIFEST: &str = "fuzz/Cargo.toml";

/// Seconds in all, unless the caller says.
const SMOKE: u64 = 60;

/// What makes the compiler count the edges that an input takes and report comparisons. The rest,
/// assertions among it, is in the profile of `fuzz/Cargo.toml`.
const FLAGS: &str = "-Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares \
    --cfg fuzzing";

/// What the operands ask for.
#[derive(Debug, PartialEq)]
struct Request {
    target: Option<String>,
    seconds: u64,
}

impl Request {
    fn of(operands: &[String]) -> Result<Self, String> {
        let usage = || "usage: cargo xtask fuzz [TARGET] [--seconds N]".to_owned();
        let mut request = Self {
            target: None,
            seconds: SMOKE,
        };
        let mut words = operands.iter();
        while let Some(word) = words.next() {
            if word == "--seconds" {
                let number = words.next().and_then(|number| number.parse().ok());
                request.seconds = number.ok_or_else(usage)?;
            } else if word.starts_with('-') || request.target.is_some() {
                return Err(usage());
            } else {
                request.target = Some(word.clone());
            }
        }
        Ok(request)
    }
}

/// `fuzz [TARGET] [--seconds N]`.
pub(crate) fn run(run: &mut Run, operands: &[String]) -> Result<(), Failure> {
    let rerun = format!("cargo xtask fuzz {}", operands.join(" "));
    let rerun = rerun.trim_end();
    run.step("fuzz tests", rerun, |run| {
        let folder = run.target_folder().display().to_string();
        let line =
            format!("test --manifest-path {MANIFEST} --no-default-features --target-dir {folder}");
        run.cargo(&line, &[])?;
        Ok(Outcome::Done)
    })?;
    run.step("fuzz", rerun, |run| fuzz(run, &Request::of(operands)?))
}

fn fuzz(run: &mut Run, request: &Request) -> Result<Outcome, String> {
    let targets = chosen(targets(run)?, request.target.as_deref())?;
    if run.ask("c++", &["--version"]).is_none() {
        return Ok(Outcome::Skipped(
            "there is no C++ compiler (c++)".to_owned(),
        ));
    }
    let host = host(run)?;
    let folder = run.target_folder();
    let line = format!(
        "build --manifest-path {MANIFEST} --release --bins --target {host} --target-dir {}",
        folder.display()
    );
    run.cargo(&line, &[("RUSTFLAGS", FLAGS)])?;

    let built = folder.join(&host).join("release");
    let scene = Scene::set(&folder.join("fuzz"), run.root())?;
    scene.stage(&built, &targets)?;
    let count = u64::try_from(targets.len()).unwrap_or(u64::MAX);
    let share = (request.seconds / count).max(1);
    println!("{} targets, {share} s each", targets.len());
    let mut rows = Vec::new();
    for target in &targets {
        let row = scene.play(&built, target, share)?;
        println!("{}", row.line());
        rows.push(row);
    }
    println!("\n{}", table(&rows));
    match rows.iter().map(|row| row.findings).sum::<usize>() {
        0 => Ok(Outcome::Done),
        count => Err(format!("{count} findings, in {}", scene.findings.display())),
    }
}

/// The targets are the files of one folder; a test in `fuzz/` compares both lists.
fn targets(run: &Run) -> Result<Vec<String>, String> {
    let folder = run.root().join("fuzz/fuzz_targets");
    let entries = std::fs::read_dir(&folder).map_err(|error| said(&folder, &error))?;
    let names = entries.filter_map(|entry| {
        let name = entry.ok()?.file_name().into_string().ok()?;
        name.strip_suffix(".rs").map(str::to_owned)
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    Ok(names)
}

fn chosen(all: Vec<String>, name: Option<&str>) -> Result<Vec<String>, String> {
    let Some(name) = name else { return Ok(all) };
    if all.iter().any(|target| target == name) {
        return Ok(vec![name.to_owned()]);
    }
    Err(format!("no target {name}; there are: {}", all.join(", ")))
}

fn host(run: &Run) -> Result<String, String> {
    run.ask("rustc", &["-vV"])
        .and_then(|(_, said)| Some(said.split_once("host: ")?.1.lines().next()?.to_owned()))
        .ok_or_else(|| "rustc does not say what it runs on".to_owned())
}

/// Where a run happens: with executables of its own, so that a build meanwhile does not disturb it.
struct Scene {
    root: PathBuf,
    corpus: PathBuf,
    findings: PathBuf,
    stage: PathBuf,
}

impl Scene {
    fn set(folder: &Path, root: &Path) -> Result<Self, String> {
        let scene = Self {
            root: root.to_path_buf(),
            corpus: folder.join("corpus"),
            findings: folder.join("findings"),
            stage: folder.join(format!("run-{}", std::process::id())),
        };
        for folder in [&scene.corpus, &scene.findings, &scene.stage] {
            std::fs::create_dir_all(folder).map_err(|error| said(folder, &error))?;
        }
        Ok(scene)
    }

    fn stage(&self, built: &Path, targets: &[String]) -> Result<(), String> {
        for target in targets {
            let program = self.stage.join(target);
            std::fs::copy(built.join(target), &program).map_err(|error| said(&program, &error))?;
        }
        Ok(())
    }

    /// Runs one target for so many seconds.
    fn play(&self, built: &Path, target: &str, seconds: u64) -> Result<Row, String> {
        let program = self.stage.join(target);
        let corpus = self.corpus.join(target);
        std::fs::create_dir_all(&corpus).map_err(|error| said(&corpus, &error))?;
        let findings = self.findings.join(format!("{target}-"));
        let before = count(&self.findings, target);
        let mut command = Command::new(&program);
        command
            .arg(&corpus)
            .args(Some(self.root.join("fuzz/regressions").join(target)).filter(|it| it.is_dir()))
            .args([
                // It stops at the first full second after these.
                &format!("-max_total_time={}", seconds.saturating_sub(1).max(1)),
                &format!("-artifact_prefix={}", findings.display()),
                "-max_len=8192",
                "-print_final_stats=1",
                "-rss_limit_mb=1024",
                "-timeout=10",
            ])
            .env("TKI_FUZZ_SEEDS", &corpus)
            .env("TMPDIR", &self.stage)
            .current_dir(&self.root)
            .stdin(Stdio::null());
        let output = command.output().map_err(|error| said(&program, &error))?;
        let said = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            println!(
                "{said}\nto repeat it: {} FILE",
                built.join(target).display()
            );
        }
        let found = count(&self.findings, target).saturating_sub(before);
        Ok(Row {
            target: target.to_owned(),
            runs: statistic(&said, "stat::number_of_executed_units:").unwrap_or(0),
            edges: last(&said, " cov: ").unwrap_or(0),
            corpus: last(&said, " corp: ").unwrap_or(0),
            seconds: last(&said, " in ").unwrap_or(seconds),
            // What fails without leaving a file is a finding too.
            findings: found.max(usize::from(!output.status.success())),
        })
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        // A stage that stays behind costs room and nothing else.
        drop(std::fs::remove_dir_all(&self.stage));
    }
}

fn said(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

/// How many findings of a target there are.
fn count(findings: &Path, target: &str) -> usize {
    let Ok(entries) = std::fs::read_dir(findings) else {
        return 0;
    };
    let prefix = format!("{target}-");
    entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
        .count()
}

/// One line of the table.
struct Row {
    target: String,
    runs: u64,
    edges: u64,
    corpus: u64,
    seconds: u64,
    findings: usize,
}

impl Row {
    fn line(&self) -> String {
        let Self {
            target,
            runs,
            edges,
            corpus,
            seconds,
            findings,
        } = self;
        format!("| `{target}` | {runs} | {edges} | {corpus} | {seconds} | {findings} |")
    }
}

/// What docs/testing.md records.
fn table(rows: &[Row]) -> String {
    let mut text = String::from("| target | runs | edges | corpus | seconds | findings |\n");
    text.push_str("|---|---|---|---|---|---|\n");
    for row in rows {
        text.push_str(&row.line());
        text.push('\n');
    }
    let runs: u64 = rows.iter().map(|row| row.runs).sum();
    let took: u64 = rows.iter().map(|row| row.seconds).sum();
    let findings: usize = rows.iter().map(|row| row.findings).sum();
    text.push_str(&format!("| all | {runs} | | | {took} | {findings} |\n"));
    text
}

/// The number that stands behind a name at the beginning of a line.
fn statistic(said: &str, name: &str) -> Option<u64> {
    said.lines()
        .find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

/// The number behind the last mention of this.
fn last(said: &str, name: &str) -> Option<u64> {
    let (_, behind) = said.rsplit_once(name)?;
    let digits = behind.find(|c: char| !c.is_ascii_digit());
    behind.get(..digits.unwrap_or(behind.len()))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(line: &str) -> Result<Request, String> {
        let operands: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Request::of(&operands)
    }

    #[test]
    fn operands_are_a_target_and_seconds_in_any_order() {
        let all = Request {
            target: None,
            seconds: SMOKE,
        };
        let one = Request {
            target: Some("record".to_owned()),
            seconds: 5,
        };
        assert_eq!(asked(""), Ok(all));
        assert_eq!(asked("record --seconds 5").as_ref(), Ok(&one));
        assert_eq!(asked("--seconds 5 record"), Ok(one));
        for wrong in ["--seconds", "--seconds x", "a b", "--minutes 1"] {
            assert!(asked(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_target_that_is_not_there_is_an_error() {
        let all = vec!["record".to_owned()];
        assert_eq!(chosen(all.clone(), Some("record")), Ok(all.clone()));
        assert!(chosen(all, Some("recrod")).is_err());
    }

    #[test]
    fn a_row_is_read_from_what_libfuzzer_says() {
        let said = "#2\tINITED cov: 6 ft: 7 corp: 1/1b exec/s: 0 rss: 27Mb\n\
            #9\tDONE   cov: 16 ft: 17 corp: 12/98b lim: 98 exec/s: 0 rss: 27Mb\n\
            Done 9 runs in 3 second(s)\n\
            stat::number_of_executed_units: 9\n";
        assert_eq!(statistic(said, "stat::number_of_executed_units:"), Some(9));
        assert_eq!(last(said, " cov: "), Some(16));
        assert_eq!(last(said, " corp: "), Some(12));
        assert_eq!(last(said, " in "), Some(3));
        assert_eq!(last("nothing", " in "), None);
    }

    #[test]
    fn the_table_ends_with_the_sum() {
        let row = |target: &str, findings| Row {
            target: target.to_owned(),
            runs: 10,
            edges: 5,
            corpus: 3,
            seconds: 2,
            findings,
        };
        let table = table(&[row("a", 0), row("b", 1)]);
        assert!(table.contains("| `a` | 10 | 5 | 3 | 2 | 0 |"));
        assert!(table.ends_with("| all | 20 | | | 4 | 1 |\n"));
    }
}

//! Coverage: which lines of each crate its tests and those of the others reach.
//!
//! Counted are the lines of `src`, less what is test code itself: conformance suites, fakes,
//! numbered faults. Doctests are not counted, and neither is what a killed process had reached.

use alloc::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::build::TEST_FEATURES;
use crate::steps::{Failure, Outcome, Run};
use crate::tree::is_test_code;

/// The help of `cargo xtask coverage`.
pub(crate) const HELP: &str = "Runs every test once more under cargo-llvm-cov, those with numbered faults too, and prints\n\
    the lines of `src` that they reach, for each crate, and for each file of a crate that is\n\
    below its floor. Test code in `src` and doctests do not count. The floors are in\n\
    xtask/src/coverage.rs. With names of crates, the tests of these alone are run, and these alone\n\
    are judged, by what their own tests reach. Needs cargo-llvm-cov and llvm-tools, which\n\
    `bash xtask/setup/coverage.sh` installs; skipped without them.";

/// Crates that have to be covered, and to how many percent of their lines.
const FLOORS: &[(&str, u64)] = &[
    ("tki-math", 95),
    ("tki-seal", 95),
    ("tki-engine", 90),
    ("tki-metadata", 90),
    ("tki-record", 90),
    ("tki-storage", 90),
];

/// `coverage [CRATE…]`.
pub(crate) fn run(run: &mut Run, operands: &[String]) -> Result<(), Failure> {
    let rerun = format!("cargo xtask coverage {}", operands.join(" "));
    run.step("coverage", rerun.trim_end(), |run| {
        let installed = run
            .ask("cargo", &["llvm-cov", "--version"])
            .is_some_and(|(ok, _)| ok);
        if !installed {
            let reason = "cargo-llvm-cov is not installed: bash xtask/setup/coverage.sh";
            return Ok(Outcome::Skipped(reason.to_owned()));
        }
        let report = run.target_folder().join("coverage.json");
        run.cargo("llvm-cov clean --workspace", &[])?;
        for line in lines(operands) {
            run.cargo(&format!("llvm-cov test --no-report {line}"), &[])?;
        }
        let line = format!(
            "llvm-cov report --json --summary-only --output-path {}",
            report.display()
        );
        run.cargo(&line, &[])?;
        let text = std::fs::read_to_string(&report)
            .map_err(|error| format!("{}: {error}", report.display()))?;
        let mut report = Report::read(&text, run.root())?;
        report.keep(operands);
        println!("\n{}", report.text());
        report.verdict(operands).map(|()| Outcome::Done)
    })
}

/// What is tested: everything, or the crates that were named.
fn lines(named: &[String]) -> Vec<String> {
    if named.is_empty() {
        return vec![
            format!("--workspace --features {TEST_FEATURES}"),
            "--package tki-cli --package tki-file --features faults".to_owned(),
        ];
    }
    // One at a time: together, the features of one would be those of all.
    named
        .iter()
        .map(|name| format!("--package {name} --all-features"))
        .collect()
}

/// Lines there are, and lines reached.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Lines {
    count: u64,
    covered: u64,
}

impl Lines {
    fn add(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        self.covered = self.covered.saturating_add(other.covered);
    }

    /// Tenths of a percent, rounded down; nothing to cover is covered.
    fn permille(self) -> u64 {
        let scaled = self.covered.saturating_mul(1000);
        scaled.checked_div(self.count).unwrap_or(1000)
    }

    fn text(self) -> String {
        let permille = self.permille();
        format!(
            "{:>3}.{} %  {:>5} of {:>5}",
            permille / 10,
            permille % 10,
            self.covered,
            self.count
        )
    }
}

/// For each crate, its files.
#[derive(Default)]
struct Report {
    crates: BTreeMap<String, BTreeMap<String, Lines>>,
}

impl Report {
    /// Reads what `llvm-cov export` wrote.
    fn read(text: &str, root: &Path) -> Result<Self, String> {
        let json: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let files = json.pointer("/data/0/files").and_then(Value::as_array);
        let mut report = Self::default();
        for file in files.ok_or("the report names no files")? {
            let number = |pointer: &str| file.pointer(pointer).and_then(Value::as_u64);
            let name = file.pointer("/filename").and_then(Value::as_str);
            let (Some(name), Some(count), Some(covered)) = (
                name,
                number("/summary/lines/count"),
                number("/summary/lines/covered"),
            ) else {
                return Err("a file without a summary of its lines".to_owned());
            };
            let path = name.replace('\\', "/");
            let root = root.to_string_lossy().replace('\\', "/");
            let path = path.strip_prefix(&root).unwrap_or(&path);
            if let Some((package, file)) = place(path) {
                let files = report.crates.entry(package.to_owned()).or_default();
                files.insert(file.to_owned(), Lines { count, covered });
            }
        }
        Ok(report)
    }

    /// Leaves out what was not asked for.
    fn keep(&mut self, named: &[String]) {
        if !named.is_empty() {
            self.crates.retain(|package, _| named.contains(package));
        }
    }

    fn total(&self, package: &str) -> Lines {
        let mut total = Lines::default();
        for lines in self
            .crates
            .get(package)
            .into_iter()
            .flat_map(BTreeMap::values)
        {
            total.add(*lines);
        }
        total
    }

    fn is_below(&self, package: &str, floor: u64) -> bool {
        self.total(package).permille() < floor.saturating_mul(10)
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for (package, files) in &self.crates {
            let floor = FLOORS.iter().find(|(name, _)| name == package);
            let said = floor.map_or(String::new(), |(_, floor)| format!("  at least {floor} %"));
            text.push_str(&format!(
                "{package:<18} {}{said}\n",
                self.total(package).text()
            ));
            if floor.is_some_and(|(name, floor)| self.is_below(name, *floor)) {
                for (file, lines) in files {
                    text.push_str(&format!("  {file:<30} {}\n", lines.text()));
                }
            }
        }
        text
    }

    /// The crates that were named are held against their floors, or all that have one.
    fn verdict(&self, named: &[String]) -> Result<(), String> {
        if let Some(name) = named.iter().find(|name| !self.crates.contains_key(*name)) {
            return Err(format!("nothing of {name} was measured"));
        }
        let asked = |package: &str| named.is_empty() || named.iter().any(|name| name == package);
        for (package, floor) in FLOORS.iter().filter(|(package, _)| asked(package)) {
            if !self.crates.contains_key(*package) {
                return Err(format!("nothing of {package} was measured"));
            }
            if self.is_below(package, *floor) {
                return Err(format!("{package} is covered to less than {floor} %"));
            }
        }
        Ok(())
    }
}

/// The crate that a path from the root belongs to, and its place in `src`; `None` for what is not
/// counted.
fn place(path: &str) -> Option<(&str, &str)> {
    let path = path.trim_start_matches('/');
    let place = path.strip_prefix("crates/")?.split_once("/src/")?;
    (!is_test_code(path)).then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(files: &[(&str, u64, u64)]) -> Report {
        let files: Vec<Value> = files
            .iter()
            .map(|(name, count, covered)| {
                serde_json::json!({
                    "filename": format!("/home/a/{name}"),
                    "summary": {"lines": {"count": count, "covered": covered}},
                })
            })
            .collect();
        let text = serde_json::json!({"data": [{"files": files}]}).to_string();
        Report::read(&text, Path::new("/home/a")).expect("a report")
    }

    #[test]
    fn only_code_of_a_crate_counts() {
        assert_eq!(place("/crates/a/src/b/c.rs"), Some(("a", "b/c.rs")));
        assert_eq!(place("crates/a/src/conformance.rs"), None);
        assert_eq!(place("crates/a/src/conformance/b.rs"), None);
        assert_eq!(place("crates/a/tests/it/main.rs"), None);
        assert_eq!(place("crates/tki-testkit/src/lib.rs"), None);
        assert_eq!(place("xtask/src/main.rs"), None);
    }

    #[test]
    fn a_crate_below_its_floor_fails_and_shows_its_files() {
        let good = [
            ("crates/tki-math/src/a.rs", 100, 95),
            ("crates/tki-seal/src/a.rs", 100, 96),
            ("crates/tki-engine/src/a.rs", 10, 9),
            ("crates/tki-metadata/src/a.rs", 10, 10),
            ("crates/tki-record/src/a.rs", 10, 10),
            ("crates/tki-storage/src/a.rs", 10, 10),
        ];
        assert_eq!(report(&good).verdict(&[]), Ok(()));
        assert!(report(&good[..5]).verdict(&[]).is_err());
        let more = [&good[..], &[("crates/tki-engine/src/b.rs", 1, 0)]].concat();
        let report = report(&more);
        assert!(report.verdict(&[]).is_err());
        assert!(report.text().contains("b.rs"), "{}", report.text());
        assert!(report.text().contains(" 81.8 %"), "{}", report.text());
    }

    #[test]
    fn only_the_crates_that_were_named_are_judged() {
        let files = [
            ("crates/tki-math/src/a.rs", 100, 95),
            ("crates/tki-seal/src/a.rs", 100, 94),
        ];
        let named = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let mut report = report(&files);
        assert_eq!(report.verdict(&named(&["tki-math"])), Ok(()));
        assert!(report.verdict(&named(&["tki-seal"])).is_err());
        assert!(report.verdict(&named(&["tki-maths"])).is_err());
        report.keep(&named(&["tki-math"]));
        assert!(!report.text().contains("tki-seal"));
    }

    #[test]
    fn a_file_without_numbers_is_an_error() {
        let text = r#"{"data": [{"files": [{"filename": "a"}]}]}"#;
        assert!(Report::read(text, Path::new("/")).is_err());
    }
}

//! Secrets under valgrind: memcheck takes marked bytes for undefined, and reports every branch and
//! every address that depends on them. What it reports is compared with what is written down.
//!
//! The idea is A. Langley's (ctgrind, 2010). The program that is watched is `xtask/taint`.

use alloc::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::bundle::locked;
use crate::steps::{Failure, Outcome, Run};
use crate::text::{is_word, prose, spans};

/// The help of `cargo xtask taint`.
pub(crate) const HELP: &str = "Builds xtask/taint as a release and runs each of its targets, or the one named, under\n\
    valgrind's memcheck with the secrets marked as undefined: it reports every branch on them and\n\
    every address that depends on them. Two mistakes made on purpose must be reported, and one\n\
    choice without a branch must not. Anything else that is reported has to be in the table of\n\
    docs/audit/taint.md, and what is in the table has to be reported. Needs Linux on x86-64 and\n\
    valgrind, which `bash xtask/setup/valgrind.sh` installs; skipped without them.";

const MANIFEST: &str = "xtask/taint/Cargo.toml";

/// Where every accepted finding is explained.
const TRIAGE: &str = "docs/audit/taint.md";

/// What must be reported, and for what.
const CONTROLS: &[(&str, Option<&str>)] = &[
    ("control_branch", Some("UninitCondition")),
    ("control_table", Some("UninitValue")),
    ("control_select", None),
];

/// Crates whose functions say nothing about where in an algorithm one is.
const PLUMBING: &[&str] = &["subtle"];

/// `taint [TARGET]`.
pub(crate) fn run(run: &mut Run, operands: &[String]) -> Result<(), Failure> {
    let rerun = format!("cargo xtask taint {}", operands.join(" "));
    let only = operands.first().map(String::as_str);
    run.step("taint", rerun.trim_end(), |run| {
        if !cfg!(all(target_arch = "x86_64", target_os = "linux")) {
            return Ok(Outcome::Skipped("this is not Linux on x86-64".to_owned()));
        }
        if run.ask("valgrind", &["--version"]).is_none() {
            let reason = "valgrind is not installed: bash xtask/setup/valgrind.sh";
            return Ok(Outcome::Skipped(reason.to_owned()));
        }
        same_versions(run.root())?;
        let program = build(run)?;
        let mut found = Findings::default();
        for target in targets(run, &program, only)? {
            let reports = watch(run, &program, &target)?;
            judge(&target, &reports, &mut found)?;
        }
        let page = run.root().join(TRIAGE);
        let page = std::fs::read_to_string(&page).map_err(|error| said(&page, &error))?;
        found.compare(&Findings::triaged(&page)?, only)?;
        Ok(Outcome::Done)
    })
}

/// What is watched is what is released.
fn same_versions(root: &Path) -> Result<(), String> {
    let read = |path: &Path| std::fs::read_to_string(path).map_err(|error| said(path, &error));
    let all = locked(&read(&root.join("Cargo.lock"))?);
    let some = locked(&read(&root.join("xtask/taint/Cargo.lock"))?);
    match some.difference(&all).next() {
        None => Ok(()),
        Some(other) => Err(format!(
            "xtask/taint/Cargo.lock has {other}, and Cargo.lock has not: copy Cargo.lock there"
        )),
    }
}

fn build(run: &mut Run) -> Result<PathBuf, String> {
    let folder = run.target_folder();
    let line = format!(
        "build --release --manifest-path {MANIFEST} --target-dir {}",
        folder.display()
    );
    run.cargo(&line, &[])?;
    Ok(folder.join("release/tki-taint"))
}

fn targets(run: &Run, program: &Path, only: Option<&str>) -> Result<Vec<String>, String> {
    let (_, listed) = run
        .ask(&program.display().to_string(), &[])
        .ok_or("the program that was built does not run")?;
    let names: Vec<String> = listed.lines().map(str::to_owned).collect();
    match only {
        None => Ok(names),
        Some(name) if names.iter().any(|known| known == name) => Ok(vec![name.to_owned()]),
        Some(name) => Err(format!("no target {name}; there are: {}", names.join(", "))),
    }
}

/// Runs one target and gives back what memcheck wrote.
fn watch(run: &mut Run, program: &Path, target: &str) -> Result<Vec<Report>, String> {
    let xml = run.target_folder().join(format!("taint-{target}.xml"));
    let mut command = Command::new("valgrind");
    command
        .args(["-q", "--error-limit=no", "--num-callers=40", "--xml=yes"])
        .arg(format!("--xml-file={}", xml.display()))
        .arg(program)
        .arg(target);
    run.program(command, &format!("valgrind tki-taint {target}"), &[])?;
    let text = std::fs::read_to_string(&xml).map_err(|error| said(&xml, &error))?;
    Ok(Report::all(&text))
}

/// A control must be reported as it is expected; what another target reports is noted.
fn judge(target: &str, reports: &[Report], found: &mut Findings) -> Result<(), String> {
    if let Some((_, expected)) = CONTROLS.iter().find(|(control, _)| *control == target) {
        let kinds: Vec<&str> = reports.iter().map(|report| report.kind.as_str()).collect();
        let expected: Vec<&str> = expected.iter().copied().collect();
        if kinds != expected {
            return Err(format!(
                "{target}: {expected:?} was expected, and {kinds:?} reported"
            ));
        }
        return Ok(());
    }
    for report in reports {
        let (place, from) = report.key();
        println!("{target}: {place}, from {from}");
        found.add(place, from, target);
    }
    Ok(())
}

/// One error of memcheck.
struct Report {
    kind: String,
    /// Those with a source outside the standard library, the innermost first.
    frames: Vec<Frame>,
}

struct Frame {
    package: String,
    path: PathBuf,
    line: usize,
}

impl Report {
    fn all(xml: &str) -> Vec<Self> {
        let errors = elements(xml, "error");
        errors
            .map(|error| Self {
                kind: element(error, "kind").to_owned(),
                // The first stack is that of the error; others say where memory came from.
                frames: elements(element(error, "stack"), "frame")
                    .filter_map(Frame::of)
                    .collect(),
            })
            .collect()
    }

    /// What it is and where, and which function of the project leads there.
    fn key(&self) -> (String, String) {
        let unknown = || "unknown".to_owned();
        let name = |frame: Option<&Frame>| frame.map_or_else(unknown, Frame::name);
        let plumbing = |frame: &&Frame| !PLUMBING.contains(&frame.package.as_str());
        let ours = |frame: &&Frame| frame.package.starts_with("tki-");
        let kind = match self.kind.as_str() {
            "UninitCondition" => "branch",
            "UninitValue" => "address",
            other => other,
        };
        let place = name(self.frames.iter().find(plumbing));
        let from = name(self.frames.iter().find(ours));
        (format!("{kind}: {place}"), from)
    }
}

impl Frame {
    fn of(xml: &str) -> Option<Self> {
        let folder = element(xml, "dir");
        let path = Path::new(folder).join(element(xml, "file"));
        let text = path.to_str()?;
        let package = if let Some((_, rest)) = text.split_once("/registry/src/") {
            let (name, _version) = rest.split('/').nth(1)?.rsplit_once('-')?;
            name.to_owned()
        } else if let Some((_, rest)) = text.rsplit_once("/crates/") {
            rest.split('/').next()?.to_owned()
        } else if text.contains("/xtask/taint/") {
            "tki-taint".to_owned()
        } else {
            return None;
        };
        Some(Self {
            package,
            line: element(xml, "line").parse().ok()?,
            path,
        })
    }

    /// `crate file function`; inlined functions have no name in memcheck's report, so that it is
    /// looked up in the source.
    fn name(&self) -> String {
        let file = self.path.file_name().unwrap_or_default().to_string_lossy();
        let text = std::fs::read_to_string(&self.path).unwrap_or_default();
        let function = enclosing(&text, self.line).unwrap_or("?");
        format!("{} {file} {function}", self.package)
    }
}

/// The function that this line is in, or that begins there.
fn enclosing(text: &str, line: usize) -> Option<&str> {
    let lines: Vec<&str> = text.lines().take(line).collect();
    lines.iter().rev().find_map(|line| {
        let code = line.trim_start();
        let (head, rest) = code.split_once("fn ")?;
        let declares = !head.starts_with("//") && (head.is_empty() || head.ends_with(' '));
        let end = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
        rest.get(..end).filter(|name| declares && !name.is_empty())
    })
}

fn elements<'a>(xml: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let parts: Vec<&str> = xml.split(open.as_str()).skip(1).collect();
    parts
        .into_iter()
        .filter_map(move |part| Some(part.split_once(close.as_str())?.0))
}

/// The first element of this name, or nothing.
fn element<'a>(xml: &'a str, name: &str) -> &'a str {
    elements(xml, name).next().unwrap_or("")
}

/// For each place and the function of the project that leads there, the targets.
#[derive(Debug, Default, PartialEq)]
struct Findings(BTreeMap<(String, String), BTreeSet<String>>);

impl Findings {
    fn add(&mut self, place: String, from: String, target: &str) {
        let targets = self.0.entry((place, from)).or_default();
        targets.insert(target.to_owned());
    }

    /// What the page accepts: the rows of its table `place`, each with a reason.
    fn triaged(page: &str) -> Result<Self, String> {
        let mut triaged = Self::default();
        let mut inside = false;
        for (number, line) in prose(page) {
            inside = line.starts_with('|') && (inside || line.starts_with("| place"));
            if !inside || line.starts_with("| place") || line.starts_with("|-") {
                continue;
            }
            let cells: Vec<&str> = line.trim_matches(['|', ' ']).split(" | ").collect();
            let [place, from, targets, reason] = cells.as_slice() else {
                return Err(format!("{TRIAGE}:{number}: a row has four cells"));
            };
            if reason.trim().is_empty() {
                return Err(format!("{TRIAGE}:{number}: a finding without a reason"));
            }
            for target in spans(targets).1 {
                let bare = |cell: &str| cell.trim().trim_matches('`').to_owned();
                triaged.add(bare(place), bare(from), target);
            }
        }
        Ok(triaged)
    }

    fn pairs(&self) -> BTreeSet<(&(String, String), &str)> {
        let all = self.0.iter();
        all.flat_map(|(key, targets)| targets.iter().map(move |target| (key, target.as_str())))
            .collect()
    }

    /// Found and triaged are the same; of a single target, its part.
    fn compare(&self, triaged: &Self, only: Option<&str>) -> Result<(), String> {
        let (found, triaged) = (self.pairs(), triaged.pairs());
        let asked = |(_, target): &&(_, &str)| only.is_none_or(|only| only == *target);
        let mut wrong = 0_usize;
        for ((place, from), target) in found.difference(&triaged) {
            println!("not in {TRIAGE}: | `{place}` | `{from}` | `{target}` | |");
            wrong = wrong.saturating_add(1);
        }
        for ((place, from), target) in triaged.difference(&found).filter(asked) {
            println!("in {TRIAGE} and no longer reported: {place}, from {from}, in {target}");
            wrong = wrong.saturating_add(1);
        }
        println!(
            "{} findings, {wrong} of them not as {TRIAGE} says",
            found.len()
        );
        match wrong {
            0 => Ok(()),
            count => Err(format!("{count} findings are not as {TRIAGE} says")),
        }
    }
}

fn said(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    const XML: &str = "<error>\n<kind>UninitCondition</kind>\n<stack>\n\
        <frame><ip>0x1</ip><file>library/core/src/option.rs</file><line>1</line></frame>\n\
        <frame><dir>/h/registry/src/index-1/subtle-2.6.1</dir><file>src/lib.rs</file><line>6</line></frame>\n\
        <frame><dir>/h/registry/src/index-1/a-b-0.1.2/src/c</dir><file>d.rs</file><line>7</line></frame>\n\
        <frame><dir>/p/crates/tki-seal</dir><file>src/e.rs</file><line>8</line></frame>\n\
        <frame><dir>/p/xtask/taint</dir><file>src/main.rs</file><line>9</line></frame>\n\
        </stack>\n<stack><frame><dir>/p/crates/tki-math</dir><file>f.rs</file><line>1</line></frame></stack>\n</error>";

    #[test]
    fn a_report_is_keyed_by_where_it_is_and_who_of_ours_leads_there() {
        let reports = Report::all(XML);
        let [report] = reports.as_slice() else {
            panic!("{} reports", reports.len())
        };
        assert_eq!(report.kind, "UninitCondition");
        assert_eq!(report.frames.len(), 4);
        let (place, from) = report.key();
        assert_eq!(
            (place.as_str(), from.as_str()),
            ("branch: a-b d.rs ?", "tki-seal e.rs ?")
        );
    }

    #[test]
    fn a_line_is_in_the_last_function_that_began() {
        let text =
            "// fn no()\npub fn one<T>(\n    a: u8,\n) {\n}\n\n    pub(crate) const fn two() {\n";
        assert_eq!(enclosing(text, 1), None);
        assert_eq!(enclosing(text, 4), Some("one"));
        assert_eq!(enclosing(text, 7), Some("two"));
    }

    #[test]
    fn controls_must_be_reported_as_they_are() {
        let mut found = Findings::default();
        let of = |kind: &str| Report {
            kind: kind.to_owned(),
            frames: Vec::new(),
        };
        let branch = of("UninitCondition");
        assert!(judge("control_branch", &[branch], &mut found).is_ok());
        assert!(judge("control_branch", &[], &mut found).is_err());
        assert!(judge("control_table", &[of("UninitCondition")], &mut found).is_err());
        assert!(judge("control_select", &[of("UninitValue")], &mut found).is_err());
        assert_eq!(found, Findings::default());
    }

    #[test]
    fn every_finding_is_triaged_and_every_triage_found() {
        let page = "| place | from | targets | why |\n|---|---|---|---|\n| `a` | `b` | `c`, `d` | Known. |\n";
        let triaged = Findings::triaged(page).expect("a table");
        let mut found = Findings::default();
        found.add("a".to_owned(), "b".to_owned(), "c");
        assert!(found.compare(&triaged, None).is_err());
        assert!(found.compare(&triaged, Some("c")).is_ok());
        found.add("a".to_owned(), "b".to_owned(), "d");
        assert!(found.compare(&triaged, None).is_ok());
        found.add("x".to_owned(), "b".to_owned(), "d");
        assert!(found.compare(&triaged, None).is_err());
        assert!(
            Findings::triaged("| place | from | targets | why |\n| a | b | `c` |  |\n").is_err()
        );
    }
}

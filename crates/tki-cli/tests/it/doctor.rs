//! `tki doctor`: each fault is planted, found by its name, answered with a command that there is,
//! and, where that can be, mended by it. Looking changes nothing.

use alloc::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Home, Run, bare, finish, keys};

mod cases;
mod forged;

pub(crate) const BASE: &[&str] = &["device", "provider", "words"];

/// A home in which nothing is wrong, with a backup beside it.
pub(crate) struct Ward {
    pub(crate) home: Home,
    /// What `tki doctor` is given.
    pub(crate) options: Vec<String>,
    /// What stands in its environment.
    pub(crate) environment: Vec<(&'static str, String)>,
}

impl Ward {
    pub(crate) fn new() -> Self {
        Self::around(Home::with(BASE, "secp256k1"))
    }

    pub(crate) fn around(home: Home) -> Self {
        let ward = Self {
            home,
            options: Vec::new(),
            environment: Vec::new(),
        };
        protect(&ward.path("passphrase"));
        if ward.path("home").exists() {
            ward.home.run(&["backup", "account.tki"]).ok();
        }
        ward
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path(name)
    }

    pub(crate) fn with(mut self, options: &[&str]) -> Self {
        self.options = options.iter().map(|&option| option.to_owned()).collect();
        self
    }

    pub(crate) fn flip(&self, name: &str, position: usize) {
        let path = self.path(name);
        let mut bytes = fs::read(&path).unwrap();
        let at = position.min(bytes.len() - 1);
        bytes[at] ^= 0x41;
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn set_byte(&self, name: &str, position: usize, value: u8) {
        let path = self.path(name);
        let mut bytes = fs::read(&path).unwrap();
        bytes[position] = value;
        fs::write(path, bytes).unwrap();
    }

    fn doctor(&self) -> Run {
        let mut arguments = vec!["--json", "doctor"];
        arguments.extend(self.options.iter().map(String::as_str));
        let mut command = self.home.command(&arguments);
        for (name, value) in &self.environment {
            command.env(name, value);
        }
        finish(command, b"")
    }

    /// What is found, and that looking leaves everything as it is.
    pub(crate) fn findings(&self) -> Vec<Value> {
        let before = everything(&self.path(""));
        let run = self.doctor();
        assert_eq!(
            everything(&self.path("")),
            before,
            "looking changed something"
        );
        let value: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}", run.err));
        assert_eq!(
            keys(&value),
            ["faults", "findings", "home", "looked_at", "schema"]
        );
        assert_eq!(run.err, "");
        let expected = if value["faults"] == 0 { 0 } else { 7 };
        assert_eq!(run.status.code(), Some(expected), "{value}");
        value["findings"].as_array().unwrap().clone()
    }

    pub(crate) fn ids(&self) -> Vec<String> {
        let findings = self.findings();
        let ids = findings.iter().map(|found| found["id"].as_str().unwrap());
        ids.map(str::to_owned).collect()
    }
}

/// Readable by its owner alone.
pub(crate) fn protect(path: &Path) {
    set_mode(path, 0o600);
}

pub(crate) fn set_mode(path: &Path, mode: u32) {
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    #[cfg(not(unix))]
    let _ = (path, mode);
}

/// Every file with its content and access.
fn everything(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, String)> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let metadata = path.symlink_metadata().unwrap();
        let about = format!("{:?} {:?}", metadata.permissions(), metadata.modified());
        if metadata.is_dir() {
            all.insert(path.clone(), (Vec::new(), about));
            all.extend(everything(&path));
        } else {
            all.insert(path.clone(), (fs::read(&path).unwrap_or_default(), about));
        }
    }
    all
}

/// What stands for a name of the owner's in an advice.
const STANDING_FOR: &[(&str, &str)] = &[("ID", "3"), ("NAME", "main")];

/// Every command of `tki` in an advice is one: with help asked for at its end it is read to there.
fn check_advice(next: &str) {
    assert_ne!(next, "");
    for (at, _) in next.match_indices("tki ") {
        let is_inside = next[..at].ends_with(|c: char| c.is_alphanumeric() || c == '/' || c == '-');
        let rest = &next[at + 4..];
        let end = rest.find([';', ',', '(', ')']).unwrap_or(rest.len());
        let words: Vec<&str> = rest[..end].split_whitespace().collect();
        if is_inside || words.first().is_some_and(|word| *word == "--version") {
            continue;
        }
        let mut arguments: Vec<&str> = words
            .iter()
            .map(|word| {
                let standing_for = STANDING_FOR.iter().find(|(name, _)| name == word);
                standing_for.map_or(*word, |(_, value)| *value)
            })
            .collect();
        arguments.push("--help");
        let run = finish(bare(&arguments), b"");
        assert!(run.status.success(), "{arguments:?}: {}", run.err);
    }
}

/// How a fault is mended.
pub(crate) enum Mend {
    /// By what it says to do, in a shell.
    Advice,
    /// By these commands, which are what it says to do with names in it.
    Run(&'static [&'static [&'static str]]),
    /// By whoever planted it.
    ByHand(fn(&mut Ward)),
    /// By nothing that a test could do.
    Never,
}

/// A fault, how it is planted, and how it is mended.
pub(crate) struct Case {
    pub(crate) id: &'static str,
    pub(crate) plant: fn() -> Ward,
    pub(crate) mend: Mend,
}

impl Case {
    fn check(&self) {
        let mut ward = (self.plant)();
        let findings = ward.findings();
        let found = findings.iter().find(|found| found["id"] == self.id);
        let found = found.unwrap_or_else(|| panic!("{}: {findings:?}", self.id));
        assert_eq!(keys(found), ["id", "next", "severity", "what", "why"]);
        for finding in &findings {
            assert_ne!(finding["what"], "");
            assert_ne!(finding["why"], "");
            check_advice(finding["next"].as_str().unwrap());
        }
        match &self.mend {
            Mend::Advice => {
                let mut shell = std::process::Command::new("sh");
                let next = found["next"].as_str().unwrap();
                shell.args(["-c", next]).current_dir(ward.path(""));
                finish(shell, b"").ok();
            }
            Mend::Run(commands) => commands.iter().for_each(|command| {
                ward.home.run(command).ok();
            }),
            Mend::ByHand(mend) => mend(&mut ward),
            Mend::Never => return,
        }
        let after = ward.ids();
        assert!(
            !after.contains(&self.id.to_owned()),
            "{}: {after:?}",
            self.id
        );
    }
}

#[test]
fn where_nothing_is_wrong_nothing_is_found() {
    let ward = Ward::new().with(&["--backup", "account.tki", "--use", "words:words.txt"]);
    let findings = ward.findings();
    assert_eq!(findings, [Value::Null; 0]);
    let text = ward.home.run(&["doctor"]).ok();
    assert!(text.starts_with("Nothing is wrong with the home"), "{text}");
    assert!(text.contains("version 0 of the account"), "{text}");
}

#[test]
fn what_is_found_is_said_to_people_too() {
    let ward = Ward::new();
    fs::remove_file(ward.path("home/storage.redb")).unwrap();
    let run = ward.home.run(&["doctor"]);
    assert_eq!(run.status.code(), Some(7));
    assert!(run.out.starts_with("One thing is wrong."), "{}", run.out);
    assert!(run.out.contains("(storage-missing)"), "{}", run.out);
    assert!(
        run.out.contains("    next: tki restore FILE"),
        "{}",
        run.out
    );
    assert_eq!(run.err, "");
}

#[test]
fn one_fault_hides_no_other() {
    let ward = Ward::new().with(&["--backup", "nowhere.tki"]);
    fs::remove_file(ward.path("home/storage.redb")).unwrap();
    ward.flip("home/provider.key.anchors", usize::MAX);
    set_mode(&ward.path("home"), 0o755);
    fs::write(ward.path("home/accounts/main/receipts/9-x.json"), "{").unwrap();
    protect(&ward.path("home/accounts/main/receipts/9-x.json"));
    let ids = ward.ids();
    let expected = [
        "folder-open",
        "receipt-damaged",
        "storage-missing",
        "anchors-damaged",
        "backup-missing",
    ];
    assert_eq!(ids, expected);
}

#[test]
fn another_command_that_runs_is_noticed() {
    let ward = Ward::new();
    let lock = fs::File::options()
        .write(true)
        .open(ward.path("home/lock"))
        .unwrap();
    lock.lock().unwrap();
    let findings = ward.findings();
    assert_eq!(findings[0]["id"], "busy");
    check_advice(findings[0]["next"].as_str().unwrap());
    lock.unlock().unwrap();
    assert_eq!(ward.ids(), [""; 0]);
}

#[test]
fn another_program_that_has_the_storage_open_is_noticed() {
    let ward = Ward::new();
    let path = ward.path("home/storage.redb");
    let storage = tki::storage_redb::RedbStorage::open(&path).unwrap();
    let run = ward.doctor();
    let value: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(value["findings"][0]["id"], "storage-busy", "{value}");
    check_advice(value["findings"][0]["next"].as_str().unwrap());
    drop(storage);
    assert_eq!(ward.ids(), [""; 0]);
}

#[test]
fn every_fault_that_is_planted_is_found_and_mended() {
    let cases = cases::all();
    // What a script may rely on is written down.
    let page = include_str!("../../../../docs/cli.md");
    for case in &cases {
        assert!(page.contains(&format!("`{}`", case.id)), "{}", case.id);
    }
    let names: BTreeSet<&str> = cases.iter().map(|case| case.id).collect();
    assert!(names.len() >= 20, "{}", names.len());
    let failed: Vec<&str> = cases
        .iter()
        .filter(|case| std::panic::catch_unwind(|| case.check()).is_err())
        .map(|case| case.id)
        .collect();
    assert_eq!(failed, [""; 0]);
}

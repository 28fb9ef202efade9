//! A home for the real binary, and what it answered.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A temporary home in which every passphrase is at hand.
pub(crate) struct Home {
    folder: TempDir,
}

/// How a run ended.
pub(crate) struct Run {
    pub(crate) status: ExitStatus,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Home {
    pub(crate) fn new() -> Self {
        let home = Self {
            folder: TempDir::new().unwrap(),
        };
        std::fs::write(home.path("passphrase"), "correct horse\n").unwrap();
        home
    }

    /// A home with an account over these factors.
    pub(crate) fn with(factors: &[&str], curve: &str) -> Self {
        let home = Self::new();
        let mut arguments = vec!["create", "--curve", curve];
        for factor in factors {
            arguments.extend(["--factor", factor]);
        }
        if factors.contains(&"words") {
            arguments.extend(["--recovery-out", "words.txt"]);
        }
        home.run(&arguments).ok();
        home
    }

    /// A home in the copy of a folder.
    pub(crate) fn holding(folder: &Path) -> Self {
        let home = Self {
            folder: TempDir::new().unwrap(),
        };
        copy_all(folder, home.folder.path());
        home
    }

    /// A path in the folder around the home, in which commands run.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The command, not yet started: plain device, passphrases from a file, no terminal.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = bare(arguments);
        command
            .current_dir(self.folder.path())
            .env("TKI_HOME", self.path("home"))
            .args([
                "--device-store",
                "plain",
                "--provider-passphrase-file",
                "passphrase",
            ]);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        finish(self.command(arguments), b"")
    }

    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Run {
        finish(self.command(arguments), input)
    }

    /// Runs with `--json` and gives the object.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let mut all = vec!["--json"];
        all.extend(arguments);
        self.run(&all).json()
    }

    /// A copy with all its files.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self {
            folder: TempDir::new().unwrap(),
        };
        copy_all(self.folder.path(), copy.folder.path());
        copy
    }
}

fn copy_all(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir(&target).unwrap();
            copy_all(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The binary with nothing of this machine's.
pub(crate) fn bare(arguments: &[impl AsRef<OsStr>]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tki"));
    command
        .args(arguments)
        .env_remove("TKI_HOME")
        .env("LC_ALL", "C")
        // Sentences are looked for on one line.
        .env("COLUMNS", "100000")
        .env("TKI_FAULT_FAST_PASSPHRASES", "1");
    command
}

/// Runs to the end with this standard input, which is no terminal.
pub(crate) fn finish(mut command: Command, input: &[u8]) -> Run {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that reads nothing may be gone already.
    child.stdin.take().unwrap().write_all(input).ok();
    let output = child.wait_with_output().unwrap();
    Run {
        status: output.status,
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Run {
    /// Asserts success and gives what was printed.
    pub(crate) fn ok(self) -> String {
        assert!(
            self.status.success(),
            "{:?}\n{}\n{}",
            self.status,
            self.out,
            self.err
        );
        self.out
    }

    /// Asserts success and gives the object that was printed.
    pub(crate) fn json(self) -> Value {
        let err = self.err.clone();
        let value: Value = serde_json::from_str(&self.ok()).unwrap();
        assert_eq!(err, "", "something was said although --json was given");
        assert_eq!(value["schema"], 1);
        value
    }

    /// What to do after a failure under `--json`.
    pub(crate) fn next(&self) -> String {
        let value: Value = serde_json::from_str(&self.err).unwrap();
        value["error"]["next"].as_str().unwrap().to_owned()
    }

    /// Asserts a failure with this code and, under `--json`, this kind; gives the message.
    pub(crate) fn fails(self, code: i32, kind: &str) -> String {
        assert_eq!(self.status.code(), Some(code), "{}\n{}", self.out, self.err);
        assert_eq!(self.out, "");
        let value: Value = serde_json::from_str(&self.err).unwrap();
        assert_eq!(keys(&value), ["error", "schema"]);
        assert_eq!(value["schema"], 1);
        assert_eq!(keys(&value["error"]), ["kind", "message", "next"]);
        assert_eq!(value["error"]["kind"], kind, "{value}");
        assert_ne!(value["error"]["next"], "");
        value["error"]["message"].as_str().unwrap().to_owned()
    }
}

/// The names of an object's members, sorted.
pub(crate) fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}

/// Whether a program of others is there; says so if not.
#[expect(clippy::print_stdout, reason = "a test that is skipped says why")]
pub(crate) fn has(program: &str, argument: &str) -> bool {
    let found = Command::new(program)
        .arg(argument)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !found {
        println!("skipped, because there is no {program}");
    }
    found
}

/// The words on a sheet.
pub(crate) fn words_on(sheet: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(sheet).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let tokens = lines.flat_map(str::split_whitespace).map(str::to_owned);
    tokens
        .filter(|token| token.chars().all(|c| c.is_ascii_lowercase()))
        .collect()
}

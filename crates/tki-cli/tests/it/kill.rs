//! The real binary, killed at every numbered file write and commit, or told there that the disk is
//! full, broken or read-only: afterwards the account opens with the old or the new version, and the
//! same command, run again, finishes what it finds.

use std::process::ExitStatus;

use serde_json::Value;

use crate::support::{Home, Run, finish, words_on};

/// An operation that is killed everywhere.
pub(crate) struct Operation {
    /// The home before it.
    pub(crate) home: Home,
    /// The command.
    pub(crate) arguments: Vec<&'static str>,
    /// How to open afterwards.
    open: Vec<&'static str>,
    /// The sheet of words that it writes.
    sheet: Option<&'static str>,
    /// The account's version before it; none when it creates the account.
    pub(crate) before: Option<u64>,
    /// Whether its effect is there, exactly once.
    pub(crate) has_effect: fn(&Value) -> bool,
}

/// How a disk fails, and what it is called.
pub(crate) const DISK_FAULTS: [(&str, &str); 3] = [
    ("full", "disk-full"),
    ("io", "unavailable"),
    ("read-only", "read-only"),
];

/// Asserts that a run on a disk that failed once named it, or did not need it: a provider that could
/// not be told does not undo a change.
#[track_caller]
pub(crate) fn check_failure(run: Run, kind: &str) {
    if run.status.success() {
        return;
    }
    let is_unknown = run.err.contains("\"outcome-unknown\"");
    let answer = Run {
        // What had happened may be printed before the failure.
        out: String::new(),
        ..run
    };
    answer.fails(5, if is_unknown { "outcome-unknown" } else { kind });
}

#[cfg(unix)]
pub(crate) fn was_killed(status: ExitStatus) -> bool {
    std::os::unix::process::ExitStatusExt::signal(&status) == Some(9)
}

#[cfg(not(unix))]
pub(crate) fn was_killed(status: ExitStatus) -> bool {
    !status.success()
}

impl Operation {
    fn command(&self, home: &Home) -> std::process::Command {
        let mut all = vec!["--json"];
        all.extend(&self.arguments);
        home.command(&all)
    }

    /// The names of the points of a run that nothing disturbs.
    fn count(&self) -> Vec<String> {
        let home = self.home.copy();
        let points = home.path("points");
        let mut command = self.command(&home);
        command.env("TKI_FAULT_COUNT", &points);
        let printed = finish(command, b"").json();
        assert!((self.has_effect)(&printed), "{printed}");
        let text = std::fs::read_to_string(points).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// Kills at every point, and lets the disk fail there.
    #[expect(clippy::print_stdout, reason = "how many points there were")]
    pub(crate) fn check(&self) {
        let points = self.count();
        assert!(
            points.iter().any(|point| point.ends_with("commit: before")),
            "{points:?}"
        );
        let mut reached = 0;
        for (number, point) in (1..).zip(&points) {
            let home = self.home.copy();
            let counted = home.path("points");
            let mut command = self.command(&home);
            command
                .env("TKI_FAULT_KILL_AT", number.to_string())
                .env("TKI_FAULT_COUNT", &counted);
            let killed = finish(command, b"");
            assert!(
                was_killed(killed.status),
                "{point}: {:?} {}",
                killed.status,
                killed.err
            );
            let counted = std::fs::read_to_string(counted).unwrap();
            assert_eq!(counted.lines().last(), Some(point.as_str()));
            reached += 1;
            self.check_after(&home, point, &killed.out);
        }
        println!(
            "{:?}: killed at {reached} of {} points",
            self.arguments,
            points.len()
        );
        assert_eq!(reached, points.len());
        self.check_failing_disk(&points);
    }

    /// Fails every point once in each way that a disk fails.
    fn check_failing_disk(&self, points: &[String]) {
        for (number, point) in (1..).zip(points) {
            for (fault, kind) in DISK_FAULTS {
                let what = format!("{point}, {fault}");
                let home = self.home.copy();
                let mut command = self.command(&home);
                command
                    .env("TKI_FAULT_FAIL_AT", number.to_string())
                    .env("TKI_FAULT_FAIL_AS", fault);
                let failed = finish(command, b"");
                let printed = failed.out.clone();
                check_failure(failed, kind);
                self.check_after(&home, &what, &printed);
            }
        }
    }

    fn check_after(&self, home: &Home, point: &str, printed: &str) {
        // The old version or the new one opens; without an account before, none or the new one.
        let seen = self.version(home);
        match (self.before, seen) {
            (Some(before), Some(seen)) => {
                assert!(seen == before || seen == before + 1, "{point}: {seen}");
            }
            (None, seen) => assert!(seen.is_none_or(|seen| seen == 0), "{point}: {seen:?}"),
            (Some(_), None) => panic!("{point}: the account does not open"),
        }
        // Whoever saw the result has no reason to run the command again; others do.
        let again = if printed.is_empty() {
            finish(self.command(home), b"").json()
        } else {
            serde_json::from_str(printed).unwrap()
        };
        assert!((self.has_effect)(&again), "{point}: {again}");
        let expected = self.before.map_or(0, |before| before + 1);
        assert_eq!(again["account_version"], expected, "{point}");
        assert_eq!(self.version(home), Some(expected), "{point}");
        self.check_receipt(home, point, expected, &again);
        if let Some(sheet) = self.sheet {
            assert_eq!(words_on(&home.path(sheet)).len(), 24, "{point}");
            let uses = format!("words:{sheet}");
            let mut open = vec!["--json", "open", "--use", &uses];
            open.extend(["--use", "device"]);
            assert!(
                finish(home.command(&open), b"").status.success(),
                "{point}: words are void"
            );
        }
    }

    /// The receipt of the change is listed, once, and is the one that was printed; none is left of an
    /// attempt that did not happen.
    fn check_receipt(&self, home: &Home, point: &str, version: u64, printed: &Value) {
        let number = version.to_string();
        let kept = home.json(&["receipts", &number]);
        let receipts = kept["receipts"].as_array().unwrap();
        assert_eq!(receipts.len(), 1, "{point}: {kept}");
        let is_printed = !self.arguments.contains(&"create");
        assert_eq!(printed.get("receipt").is_some(), is_printed, "{point}");
        if is_printed {
            assert_eq!(printed["receipt"], receipts[0], "{point}");
        }
        let folder = home.path("home/accounts/main/receipts");
        for entry in std::fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(!name.ends_with(".begun.json"), "{point}: {name}");
        }
    }

    /// The version that opens, if one does.
    fn version(&self, home: &Home) -> Option<u64> {
        let mut open = vec!["--json", "open"];
        open.extend(&self.open);
        let run = finish(home.command(&open), b"");
        let value: Value = serde_json::from_str(&run.out).ok()?;
        value["account_version"].as_u64()
    }
}

/// Kills a command at the first point of this name.
pub(crate) fn kill_at(home: &Home, arguments: &[&str], point: &str) -> Run {
    let (counting, counted) = (home.copy(), home.path("counted"));
    let mut command = counting.command(arguments);
    command.env("TKI_FAULT_COUNT", &counted);
    finish(command, b"").ok();
    let points = std::fs::read_to_string(counted).unwrap();
    let number = points.lines().position(|name| name.ends_with(point));
    let number = number.unwrap_or_else(|| panic!("no {point} in {points}")) + 1;
    let mut command = home.command(arguments);
    command.env("TKI_FAULT_KILL_AT", number.to_string());
    let killed = finish(command, b"");
    assert!(was_killed(killed.status), "{point}: {}", killed.err);
    killed
}

/// The address on a sheet of words.
fn address_on(sheet: &str) -> String {
    let mut words = sheet.split_whitespace();
    let address = words.find(|word| word.starts_with("0x") && word.len() == 42);
    address.unwrap_or_else(|| panic!("{sheet}")).to_owned()
}

#[test]
fn a_creation_again_says_that_the_words_are_the_same_and_the_address_is_not() {
    let home = Home::new();
    let create = ["create", "--recovery-out", "words.txt"];
    kill_at(&home, &create, "commit: before");
    let sheet = home.path("words.txt");
    let before = (
        words_on(&sheet),
        address_on(&std::fs::read_to_string(&sheet).unwrap()),
    );
    let again = home.run(&create);
    assert!(again.status.success(), "{}", again.err);
    let after = (
        words_on(&sheet),
        address_on(&std::fs::read_to_string(&sheet).unwrap()),
    );
    assert_eq!(before.0, after.0);
    assert_ne!(before.1, after.1);
    assert!(
        again
            .err
            .contains("the same words as in the attempt before"),
        "{}",
        again.err
    );
    assert!(
        again
            .err
            .contains(&format!("The address is now {}", after.1)),
        "{}",
        again.err
    );
    assert!(again.out.contains(&after.1), "{}", again.out);
    // A first attempt says nothing of the kind.
    let first = Home::new().run(&create);
    assert!(!first.err.contains("same words"), "{}", first.err);
}

#[test]
fn a_recovery_that_was_killed_keeps_its_numbered_name() {
    let home = Home::with(&["device", "provider", "words"], "secp256k1");
    let shown = home.json(&["show"]);
    let label = shown["factors"][0]["label"].as_str().unwrap().to_owned();
    let recover = [
        "--account",
        "second",
        "recover",
        "--use",
        "provider",
        "--use",
        "words:words.txt",
    ];
    for point in ["commit: before", "commit: after"] {
        let home = home.copy();
        kill_at(&home, &recover, point);
        home.run(&recover).ok();
        let shown = home.json(&["show"]);
        let factors = shown["factors"].as_array().unwrap().iter();
        let devices = factors.filter(|factor| factor["kind"] == "device");
        let labels: Vec<&str> = devices
            .map(|factor| factor["label"].as_str().unwrap())
            .collect();
        assert_eq!(labels, [label.as_str(), &format!("{label} 2")], "{point}");
    }
}

const DEVICE_AND_WORDS: &[&str] = &["--use", "device", "--use", "words:words.txt"];

pub(crate) fn existing(arguments: &[&'static str]) -> Operation {
    let mut all = arguments.to_vec();
    all.extend(DEVICE_AND_WORDS);
    let home = Home::with(&["device", "provider", "words"], "secp256k1");
    let open = DEVICE_AND_WORDS.to_vec();
    Operation {
        home,
        arguments: all,
        open,
        sheet: None,
        before: Some(0),
        has_effect: |_| true,
    }
}

fn factors(value: &Value) -> Vec<&str> {
    let factors = value["factors"].as_array().unwrap();
    factors
        .iter()
        .map(|factor| factor["identifier"].as_str().unwrap())
        .collect()
}

#[test]
fn create_survives_a_kill_at_every_point() {
    Operation {
        home: Home::new(),
        arguments: vec!["create", "--recovery-out", "words.txt"],
        open: Vec::new(),
        sheet: Some("words.txt"),
        before: None,
        has_effect: |value| factors(value) == ["1", "2", "3"],
    }
    .check();
}

#[test]
fn importing_survives_a_kill_at_every_point() {
    let home = Home::new();
    std::fs::write(home.path("key.hex"), format!("{:064x}", 7)).unwrap();
    let operation = Operation {
        home,
        arguments: vec!["import", "key.hex", "--recovery-out", "words.txt"],
        open: Vec::new(),
        sheet: Some("words.txt"),
        before: None,
        has_effect: |value| factors(value) == ["1", "2", "3"],
    };
    operation.check();
}

#[test]
fn importing_from_a_wallet_survives_a_kill_at_every_point() {
    let home = Home::new();
    let phrase = "test test test test test test test test test test test junk";
    std::fs::write(home.path("phrase"), phrase).unwrap();
    let import = ["import", "phrase", "--path", "m/44'/60'/0'/0/0"];
    let operation = Operation {
        home,
        arguments: [&import[..], &["--recovery-out", "words.txt"]].concat(),
        open: Vec::new(),
        sheet: Some("words.txt"),
        before: None,
        // The first address of this phrase, as every wallet shows it.
        has_effect: |value| {
            value["addresses"]["evm"] == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
        },
    };
    operation.check();
}

#[test]
fn renewing_survives_a_kill_at_every_point() {
    let mut operation = existing(&["renew", "--recovery-out", "new.txt"]);
    operation.sheet = Some("new.txt");
    operation.open = vec!["--use", "device", "--use", "provider"];
    operation.has_effect = |value| value["epoch"] == 1;
    operation.check();
}

#[test]
fn renewing_a_device_alone_survives_a_kill_at_every_point() {
    let mut operation = existing(&["renew", "1"]);
    operation.has_effect = |value| value["epoch"] == 1;
    operation.check();
}

#[test]
fn renaming_survives_a_kill_at_every_point() {
    let mut operation = existing(&["factor", "rename", "2", "server"]);
    operation.has_effect = |value| value["factors"][1]["label"] == "server";
    operation.check();
}

#[test]
fn adding_words_survives_a_kill_at_every_point() {
    let mut operation = existing(&["factor", "add", "words", "--recovery-out", "two.txt"]);
    operation.sheet = Some("two.txt");
    operation.has_effect = |value| factors(value) == ["1", "2", "3", "4"];
    operation.check();
}

#[test]
fn adding_a_file_survives_a_kill_at_every_point() {
    let mut operation = existing(&["factor", "add", "file:two.txt"]);
    operation.has_effect = |value| factors(value) == ["1", "2", "3", "4"];
    operation.check();
}

#[test]
fn adding_a_provider_survives_a_kill_at_every_point() {
    let home = Home::with(&["device", "words"], "secp256k1");
    let mut arguments = vec!["factor", "add", "provider"];
    arguments.extend(DEVICE_AND_WORDS);
    Operation {
        home,
        arguments,
        open: DEVICE_AND_WORDS.to_vec(),
        sheet: None,
        before: Some(0),
        has_effect: |value| factors(value) == ["1", "2", "3"],
    }
    .check();
}

#[test]
fn adding_a_passkey_survives_a_kill_at_every_point() {
    let mut operation = existing(&["factor", "add", "passkey:software:key"]);
    operation.has_effect = |value| factors(value) == ["1", "2", "3", "4"];
    operation.check();
    // On an authenticator that has others.
    let added = operation.home.json(&operation.arguments);
    assert_eq!(added["account_version"], 1);
    operation.before = Some(1);
    operation.has_effect = |value| factors(value) == ["1", "2", "3", "4", "5"];
    operation.open = vec!["--use", "device", "--use", "passkey:software:key"];
    operation.check();
}

#[test]
fn creating_with_a_passkey_survives_a_kill_at_every_point() {
    let passkey = ["--factor", "passkey:software:key"];
    Operation {
        home: Home::new(),
        arguments: [&["create", "--factor", "device"], &passkey[..]].concat(),
        open: vec!["--use", "device", "--use", "passkey:software:key"],
        sheet: None,
        before: None,
        has_effect: |value| factors(value) == ["1", "2"],
    }
    .check();
}

#[test]
fn replacing_words_survives_a_kill_at_every_point() {
    let mut operation = existing(&["factor", "replace", "3", "--recovery-out", "new.txt"]);
    operation.sheet = Some("new.txt");
    operation.open = vec!["--use", "device", "--use", "provider"];
    operation.has_effect = |value| factors(value) == ["1", "2", "4"] && value["epoch"] == 1;
    operation.check();
}

#[test]
fn replacing_a_provider_survives_a_kill_at_every_point() {
    let arguments = ["factor", "replace", "2", "--provider", "local:new.key"];
    let mut operation = existing(&arguments);
    operation.has_effect = |value| factors(value) == ["1", "3", "4"] && value["epoch"] == 1;
    operation.check();
}

#[test]
fn removing_survives_a_kill_at_every_point() {
    let mut operation = existing(&["factor", "remove", "2", "--yes"]);
    operation.has_effect = |value| factors(value) == ["1", "3"] && value["epoch"] == 1;
    operation.check();
}

#[test]
fn refreshing_survives_a_kill_at_every_point() {
    let mut operation = existing(&["refresh"]);
    operation.has_effect = |value| value["epoch"] == 1;
    operation.check();
}

#[test]
fn a_second_kill_while_the_first_is_mended_does_not_make_the_change_twice() {
    let operation = existing(&["refresh"]);
    let points = operation.count();
    let committed = points
        .iter()
        .position(|point| point.ends_with("commit: after"));
    let first = (committed.unwrap() + 1).to_string();
    for number in 1.. {
        let home = operation.home.copy();
        let kill = |at: &str| {
            let mut command = operation.command(&home);
            command.env("TKI_FAULT_KILL_AT", at);
            finish(command, b"")
        };
        assert!(was_killed(kill(&first).status));
        let second = kill(&number.to_string());
        if second.out.is_empty() {
            let third = finish(operation.command(&home), b"").json();
            assert_eq!(third["account_version"], 1, "{number}");
            assert_eq!(third["receipt"]["version"], 1, "{number}");
        }
        assert_eq!(operation.version(&home), Some(1), "{number}");
        if !was_killed(second.status) {
            assert!(number > 2, "nothing was killed");
            break;
        }
    }
}

#[test]
fn raising_the_threshold_survives_a_kill_at_every_point() {
    let mut operation = existing(&["threshold", "set", "3", "--yes"]);
    operation.open.extend(["--use", "provider"]);
    operation.has_effect = |value| value["threshold"] == 3 && value["epoch"] == 1;
    operation.check();
}

#[test]
fn setting_a_structure_survives_a_kill_at_every_point() {
    let text = "all(device, any(provider, words))";
    let mut operation = existing(&["structure", "set", text, "--yes"]);
    operation.has_effect = |value| value["structure"] == "all(1, any(2, 3))" && value["epoch"] == 1;
    operation.check();
}

#[test]
fn recovering_survives_a_kill_at_every_point() {
    let home = Home::with(&["device", "provider", "words"], "secp256k1");
    // The machine is lost; storage, login and words are left.
    std::fs::remove_dir_all(home.path("home/accounts")).unwrap();
    let uses = ["--use", "words:words.txt", "--use", "provider"];
    let mut arguments = vec!["recover", "--replace", "1"];
    arguments.extend(uses);
    Operation {
        home,
        arguments,
        open: uses.to_vec(),
        sheet: None,
        before: Some(0),
        has_effect: |value| factors(value) == ["2", "3", "4"] && value["epoch"] == 1,
    }
    .check();
}

#[test]
fn a_login_that_a_lost_device_reserved_is_taken_over_when_asked_for() {
    let arguments = ["create", "--recovery-out", "words.txt"];
    let operation = Operation {
        home: Home::new(),
        arguments: arguments.into(),
        open: Vec::new(),
        sheet: None,
        before: None,
        has_effect: |printed| printed["account_version"] == 0,
    };
    let points = operation.count();
    let commit = points
        .iter()
        .position(|point| point.ends_with("commit: before"));
    let home = operation.home.copy();
    let mut command = operation.command(&home);
    command.env("TKI_FAULT_KILL_AT", (commit.unwrap() + 1).to_string());
    assert!(was_killed(finish(command, b"").status));
    // The device is gone, and with it what it was about to do.
    std::fs::remove_dir_all(home.path("home/accounts")).unwrap();
    let again = ["create", "--recovery-out", "again.txt"];
    home.run(&[&["--json"], &again[..]].concat())
        .fails(6, "conflict");
    let taken = home.json(&[&["--accept-unverified"], &again[..]].concat());
    assert_eq!(taken["freshness"], "verified");
}

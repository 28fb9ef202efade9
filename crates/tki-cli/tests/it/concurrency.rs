//! Two commands at once.

use std::process::Stdio;

use crate::support::{Home, Run, finish};

#[test]
fn commands_at_once_wait_for_one_another() {
    let home = Home::with(&["device", "provider", "words"], "secp256k1");
    let mut children = Vec::new();
    for _ in 0..4 {
        let mut command = home.command(&["refresh"]);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        children.push(command.spawn().unwrap());
    }
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let opened = home.json(&["open"]);
    assert_eq!(opened["account_version"], 4);
    assert_eq!(opened["epoch"], 4);
}

#[test]
fn a_home_that_stays_busy_is_an_error() {
    let home = Home::with(&["device", "words"], "secp256k1");
    let lock = tki_file::Lock::try_acquire(&home.path("home/lock"))
        .unwrap()
        .unwrap();
    finish(home.command(&["--json", "show"]), b"").fails(5, "busy");
    drop(lock);
    home.run(&["show"]).ok();
}

#[test]
fn two_creations_at_once_make_one_account() {
    let home = Home::new();
    let children: Vec<_> = ["a.txt", "b.txt"]
        .map(|sheet| {
            let mut command = home.command(&["create", "--recovery-out", sheet]);
            command
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            command.spawn().unwrap()
        })
        .into();
    let mut codes: Vec<_> = children
        .into_iter()
        .map(|mut child| child.wait().unwrap().code().unwrap())
        .collect();
    codes.sort_unstable();
    assert_eq!(codes, [0, 6]);
    let sheets = ["a.txt", "b.txt"].map(|sheet| home.path(sheet).exists());
    assert!(sheets[0] != sheets[1]);
}

/// Starts all of them before it waits for any.
fn at_once(commands: Vec<std::process::Command>) -> Vec<Run> {
    let children: Vec<_> = commands
        .into_iter()
        .map(|mut command| {
            command
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped());
            command.spawn().unwrap()
        })
        .collect();
    let ended = children
        .into_iter()
        .map(|child| child.wait_with_output().unwrap());
    ended
        .map(|output| Run {
            status: output.status,
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        })
        .collect()
}

const BOTH: [&str; 4] = ["--use", "device", "--use", "words:words.txt"];

/// What changes the account, and can be done at any time.
const CHANGES: [&[&str]; 4] = [
    &["refresh"],
    &["factor", "add", "words", "--recovery-out", "SHEET"],
    &["factor", "remove", "2", "--yes"],
    &["threshold", "set", "2", "--yes"],
];

/// The command, with a sheet of its own if it writes one.
fn change(home: &Home, arguments: &[&str], sheet: &str) -> std::process::Command {
    let named = |argument: &&str| {
        if *argument == "SHEET" {
            sheet
        } else {
            *argument
        }
        .to_owned()
    };
    let arguments: Vec<String> = arguments.iter().map(named).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    home.command(&[&["--json"], arguments.as_slice(), &BOTH].concat())
}

#[test]
fn any_two_changes_of_one_home_happen_one_after_the_other() {
    let base = Home::with(&["device", "provider", "words"], "secp256k1");
    for one in CHANGES {
        for other in CHANGES {
            let home = base.copy();
            let runs = at_once(vec![
                change(&home, one, "one.txt"),
                change(&home, other, "other.txt"),
                home.command(&["--json", "show"]),
            ]);
            let [first, second, shown] = runs.try_into().ok().unwrap();
            let mut versions = Vec::new();
            for run in [first, second] {
                // The second of two removals finds nothing left to do, or nobody to remove.
                if run.status.success() {
                    versions.push(run.json()["account_version"].as_u64().unwrap());
                } else {
                    assert_eq!(one, other, "{}", run.err);
                    run.fails(2, "invalid-change");
                }
            }
            // Whoever only looked saw one of the versions that there were.
            let newest = versions.iter().copied().max().unwrap();
            let seen = shown.json()["account_version"].as_u64().unwrap();
            assert!(seen <= newest, "{one:?} {other:?}: {seen}");
            let opened = home.json(&[&["open"], &BOTH[..]].concat());
            assert_eq!(opened["account_version"], newest, "{one:?} {other:?}");
            assert!(newest <= 2);
        }
    }
}

/// A second machine of the same account, on the same storage and with the same words.
fn second_machine(first: &Home) -> Home {
    let second = Home::new();
    std::fs::copy(first.path("words.txt"), second.path("words.txt")).unwrap();
    let run = finish(
        elsewhere(
            first,
            &second,
            &["recover", "--use", "provider", "--use", "words:words.txt"],
        ),
        b"",
    );
    run.json();
    second
}

/// A command in a home whose storage and provider are another's.
fn elsewhere(owner: &Home, home: &Home, arguments: &[&str]) -> std::process::Command {
    let mut command = home.command(&[&["--json"], arguments].concat());
    let place = |scheme: &str, name: &str| format!("{scheme}:{}", owner.path(name).display());
    command.args(["--storage", &place("redb", "home/storage.redb")]);
    command.args(["--provider", &place("local", "home/provider.key")]);
    command
}

#[test]
fn two_homes_with_one_storage_lose_nothing() {
    let first = Home::with(&["device", "provider", "words"], "secp256k1");
    let second = second_machine(&first);
    let mut expected = 1;
    for round in 0..12 {
        let one = CHANGES[round % 2];
        let other = CHANGES[round / 2 % 2];
        let (mine, yours) = (format!("{round}a.txt"), format!("{round}b.txt"));
        let mut foreign = change(&second, other, &yours);
        let place = |scheme: &str, name: &str| format!("{scheme}:{}", first.path(name).display());
        foreign.args(["--storage", &place("redb", "home/storage.redb")]);
        foreign.args(["--provider", &place("local", "home/provider.key")]);
        for run in at_once(vec![change(&first, one, &mine), foreign]) {
            if run.status.success() {
                run.json();
                expected += 1;
            } else {
                let busy = run.status.code() == Some(5);
                let (code, kind) = if busy { (5, "busy") } else { (6, "conflict") };
                run.fails(code, kind);
            }
        }
        // Both machines open the one newest version.
        let here = first.json(&[&["open"], &BOTH[..]].concat());
        let there = finish(
            elsewhere(&first, &second, &[&["open"], &BOTH[..]].concat()),
            b"",
        );
        assert_eq!(here["account_version"], expected);
        assert_eq!(there.json()["account_version"], expected);
    }
    assert!(expected >= 13, "{expected}");
}

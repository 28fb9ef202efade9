//! The commands that write a file or a storage and no version: killed at every point, and on a disk
//! that fails there, they change nothing of the account, and finish when they are run again.

use std::process::Command;

use serde_json::Value;

use crate::kill::{DISK_FAULTS, check_failure, was_killed};
use crate::support::{Home, finish};

/// A command that can be run again.
struct Repeatable<'a> {
    home: Home,
    arguments: &'a [&'a str],
    /// Asserts that its effect is there.
    check: fn(&Home),
}

impl Repeatable<'_> {
    fn command(&self, home: &Home) -> Command {
        home.command(&[&["--json"], self.arguments].concat())
    }

    #[expect(clippy::print_stdout, reason = "how many points there were")]
    fn check(&self) {
        let home = self.home.copy();
        let mut command = self.command(&home);
        command.env("TKI_FAULT_COUNT", home.path("points"));
        finish(command, b"").json();
        (self.check)(&home);
        let points = std::fs::read_to_string(home.path("points")).unwrap();
        for (number, point) in (1..).zip(points.lines()) {
            for fault in [None].into_iter().chain(DISK_FAULTS.map(Some)) {
                let home = self.home.copy();
                let before = home.json(&["show"]);
                let mut command = self.command(&home);
                if let Some((fault, kind)) = fault {
                    command
                        .env("TKI_FAULT_FAIL_AT", number.to_string())
                        .env("TKI_FAULT_FAIL_AS", fault);
                    check_failure(finish(command, b""), kind);
                } else {
                    command.env("TKI_FAULT_KILL_AT", number.to_string());
                    let run = finish(command, b"");
                    assert!(was_killed(run.status), "{point}: {}", run.err);
                }
                let after: Value = home.json(&["show"]);
                assert_eq!(after, before, "{point}");
                finish(self.command(&home), b"").json();
                (self.check)(&home);
            }
        }
        println!("{:?}: {} points", self.arguments, points.lines().count());
        assert!(points.lines().count() > 1);
    }
}

#[test]
fn a_backup_survives_a_kill_at_every_point() {
    Repeatable {
        home: Home::with(&["device", "words"], "secp256k1"),
        arguments: &["backup", "account.tki"],
        check: |home| {
            home.json(&["--storage", "bundle:account.tki", "show"]);
        },
    }
    .check();
}

#[test]
fn a_picture_survives_a_kill_at_every_point() {
    Repeatable {
        home: Home::with(&["device", "words"], "secp256k1"),
        arguments: &["custody", "--use", "device", "--svg", "custody.svg"],
        check: |home| {
            let picture = std::fs::read_to_string(home.path("custody.svg")).unwrap();
            assert!(picture.ends_with("</svg>\n"), "{picture}");
        },
    }
    .check();
}

#[test]
fn restoring_survives_a_kill_at_every_point() {
    let home = Home::with(&["device", "words"], "secp256k1");
    home.run(&["backup", "account.tki"]).ok();
    Repeatable {
        home,
        arguments: &["restore", "account.tki", "--storage", "redb:other"],
        check: |home| {
            home.json(&["--storage", "redb:other", "show"]);
        },
    }
    .check();
}

#[test]
fn an_export_survives_a_kill_at_every_point() {
    Repeatable {
        home: Home::with(&["device", "provider"], "secp256k1"),
        arguments: &["export", "--format", "pkcs8", "--output", "key.pem"],
        check: |home| {
            let key = std::fs::read_to_string(home.path("key.pem")).unwrap();
            assert!(key.starts_with("-----BEGIN PRIVATE KEY-----\n"));
            assert!(key.ends_with("-----END PRIVATE KEY-----\n"));
        },
    }
    .check();
}

#[test]
fn an_export_with_random_numbers_in_it_survives_a_kill_at_every_point() {
    Repeatable {
        home: Home::with(&["device", "provider"], "ed25519"),
        arguments: &["export", "--format", "openssh", "--output", "key"],
        check: |home| {
            let key = std::fs::read_to_string(home.path("key")).unwrap();
            assert!(key.starts_with("-----BEGIN OPENSSH PRIVATE KEY-----\n"));
            assert!(key.ends_with("-----END OPENSSH PRIVATE KEY-----\n"));
        },
    }
    .check();
}

#[test]
fn the_export_of_a_tree_survives_a_kill_at_every_point() {
    Repeatable {
        home: Home::with(&["device", "provider"], "secp256k1"),
        arguments: &["export", "--format", "xprv", "--output", "tree"],
        check: |home| {
            let tree = std::fs::read_to_string(home.path("tree")).unwrap();
            assert!(tree.starts_with("xprv") && tree.trim_end().len() == 111);
        },
    }
    .check();
}

#[test]
fn an_export_of_shares_survives_a_kill_at_every_point() {
    let mut arguments = vec!["export", "--format", "slip39", "--threshold", "2"];
    arguments.extend(["--shares", "2", "--output", "shares"]);
    Repeatable {
        home: Home::with(&["device", "provider"], "secp256k1"),
        arguments: &arguments,
        check: |home| {
            let files = std::fs::read_dir(home.path("shares")).unwrap();
            assert_eq!(files.count(), 2);
            assert!(!home.path("shares.unfinished").exists());
        },
    }
    .check();
}

#[test]
fn shares_that_could_not_be_finished_are_removed_again() {
    let original = Home::with(&["device", "provider"], "secp256k1");
    let mut arguments = vec!["--json", "export", "--format", "slip39", "--threshold", "2"];
    arguments.extend(["--shares", "2", "--output", "shares/"]);
    let home = original.copy();
    let mut command = home.command(&arguments);
    command.env("TKI_FAULT_COUNT", home.path("points"));
    finish(command, b"").json();
    let points = std::fs::read_to_string(home.path("points")).unwrap();
    let mut renames = 0;
    for (number, point) in (1..).zip(points.lines()) {
        let home = original.copy();
        let mut command = home.command(&arguments);
        command.env("TKI_FAULT_FAIL_AT", number.to_string());
        let run = finish(command, b"");
        assert!(!home.path("shares.unfinished").exists(), "{point}");
        if point.ends_with("folder: before its name") {
            renames += 1;
            assert!(!home.path("shares").exists());
            let said = run.fails(5, "disk-full");
            assert!(said.contains("the shares are removed again"), "{said}");
        }
    }
    assert_eq!(renames, 1);
}

//! A factor of answers, added and changed, killed at every numbered file write and commit, those of
//! its evaluator too: the account opens, the same command goes on, and the answers then open.

use crate::kill::{DISK_FAULTS, check_failure, was_killed};
use crate::support::{Home, finish};

const EVALUATOR: [&str; 2] = ["--evaluator", "local:evaluator.key"];
const OWNER: [&str; 4] = ["--use", "device", "--use", "words:words.txt"];

/// Runs a command at whose points everything goes wrong once, then again without; then these answers
/// open the account, as it is after one change.
#[expect(clippy::print_stdout, reason = "how many points there were")]
fn check(before: &Home, arguments: &[&str], answers: &str) {
    let arguments = [&["--json"], arguments, &EVALUATOR, &OWNER].concat();
    let undisturbed = before.copy();
    let mut command = undisturbed.command(&arguments);
    command.env("TKI_FAULT_COUNT", undisturbed.path("points"));
    finish(command, b"").ok();
    let version = undisturbed.json(&["show"])["account_version"].clone();
    let points = std::fs::read_to_string(undisturbed.path("points")).unwrap();
    let names: Vec<&str> = points.lines().collect();
    assert!(names.iter().any(|name| name.ends_with("commit: before")));
    for (number, point) in (1..).zip(&names) {
        let faults = DISK_FAULTS.map(Some).into_iter();
        for fault in faults.chain([None]) {
            let home = before.copy();
            let mut command = home.command(&arguments);
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
            home.run(&["--json", "open", OWNER[0], OWNER[1], OWNER[2], OWNER[3]])
                .json();
            let shown = home.json(&["show"])["account_version"].clone();
            if shown != version {
                home.run(&arguments).ok();
            }
            let answers = format!("answers:{answers}");
            let uses = ["open", "--use", "words:words.txt", "--use", &answers];
            let opened = home.json(&[&uses[..], &EVALUATOR].concat());
            assert_eq!(opened["account_version"], version, "{point}, {fault:?}");
        }
    }
    println!("{arguments:?}: {} points", names.len());
}

#[test]
fn adding_answers_survives_a_kill_at_every_point() {
    let home = Home::with(&["device", "words"], "secp256k1");
    std::fs::write(home.path("pin.txt"), "pin = 8305\n").unwrap();
    check(&home, &["factor", "add", "answers:pin.txt"], "pin.txt");
}

#[test]
fn changing_answers_survives_a_kill_at_every_point() {
    let home = Home::with(&["device", "words"], "secp256k1");
    std::fs::write(home.path("pin.txt"), "pin = 8305\n").unwrap();
    std::fs::write(home.path("new.txt"), "pin = 6194\n").unwrap();
    let add = ["factor", "add", "answers:pin.txt"];
    home.json(&[&add[..], &EVALUATOR, &OWNER].concat());
    let replace = ["factor", "replace", "3", "--with", "answers:new.txt"];
    check(&home, &replace, "new.txt");
}

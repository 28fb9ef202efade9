//! A move to a new key, killed at every write and commit of each of its three commands: afterwards the
//! account opens, and the same command finishes what it finds, with one new key and not two.

use serde_json::Value;

use crate::kill::{Operation, existing};

const BOTH: [&str; 4] = ["--use", "device", "--use", "words:words.txt"];

/// An account that is moving already, and the command that ends that.
fn moving(option: &'static str) -> (Operation, Value) {
    let mut operation = existing(&["rotate", option, "--yes"]);
    let begun = operation.home.json(&[&["rotate"], &BOTH[..]].concat());
    operation.before = Some(1);
    let next = begun["next_key"]["addresses"]["evm"].as_str().unwrap();
    operation.arguments.insert(2, next.to_owned().leak());
    (operation, begun)
}

#[test]
fn beginning_a_move_survives_a_kill_at_every_point() {
    let mut operation = existing(&["rotate"]);
    operation.has_effect = |value| value["next_key"]["since"] == 1 && value["epoch"] == 1;
    operation.check();
}

#[test]
fn confirming_a_move_survives_a_kill_at_every_point() {
    let (mut operation, begun) = moving("--confirm");
    assert!(begun.get("next_key").is_some());
    operation.has_effect = |value| {
        value.get("next_key").is_none()
            && value["receipt"]["moved"]["to"]["verifying_key"] == value["verifying_key"]
    };
    operation.check();
}

#[test]
fn cancelling_a_move_survives_a_kill_at_every_point() {
    let (mut operation, _) = moving("--cancel");
    operation.has_effect = |value| {
        value.get("next_key").is_none()
            && value["receipt"]["moved"]["from"]["verifying_key"] == value["verifying_key"]
    };
    operation.check();
}

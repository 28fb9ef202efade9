//! An account with several devices: one joins, one is lost, one sleeps, one is removed.

use serde_json::Value;

use crate::joining::{OWNER, Pair};
use crate::support::{Home, Run};

/// Two devices and words.
struct Devices {
    pair: Pair,
    storage: String,
}

impl Devices {
    fn new() -> Self {
        let pair = Pair::new();
        let code = pair.until_the_digits();
        pair.owner.run(&pair.approval("device", &code)).json();
        let storage = pair.storage();
        pair.other
            .json(&["device", "finish", "--storage", &storage]);
        std::fs::copy(pair.owner.path("words.txt"), pair.other.path("words.txt")).unwrap();
        Self { pair, storage }
    }

    fn laptop(&self, command: &[&str]) -> Value {
        self.pair.owner.json(&[command, &OWNER].concat())
    }

    fn phone(&self, command: &[&str]) -> Run {
        let storage = ["--json", "--storage", &self.storage];
        self.pair.other.run(&[&storage, command, &OWNER].concat())
    }
}

#[test]
fn devices_are_added_and_the_threshold_raised_with_the_address_kept() {
    let devices = Devices::new();
    let before = devices.laptop(&["show"]);
    // A third one joins through the second.
    let tablet = Home::new();
    let carry = |from: &Home, to: &Home, file: &str| {
        std::fs::copy(from.path(file), to.path(file)).unwrap();
    };
    tablet.json(&[
        "device", "request", "--label", "tablet", "--output", "3.req",
    ]);
    let phone = &devices.pair.other;
    carry(&tablet, phone, "3.req");
    let approve = ["device", "approve", "3.req", "--output", "3.inv"];
    devices.phone(&approve).json();
    carry(phone, &tablet, "3.inv");
    let reply = ["device", "reply", "3.inv", "--output", "3.rep"];
    let code = tablet.json(&reply)["code"].as_str().unwrap().to_owned();
    carry(&tablet, phone, "3.rep");
    let approve = ["device", "approve", "3.rep", "--code", &code];
    devices
        .phone(&[&approve[..], &["--accept-unverified"]].concat())
        .json();
    let finish = ["device", "finish", "--storage", &devices.storage];
    tablet.json(&finish);

    let raised = devices.laptop(&["threshold", "set", "3", "--yes"]);
    assert_eq!(raised["threshold"], 3);
    assert_eq!(raised["factors"].as_array().unwrap().len(), 4);
    assert_eq!(raised["addresses"], before["addresses"]);
    // Two are too few now.
    devices.phone(&["open"]).fails(3, "need-more-shares");
}

#[test]
fn a_lost_laptop_is_replaced_with_a_phone_and_words() {
    let devices = Devices::new();
    let before = devices.laptop(&["show"]);
    let storage = devices.pair.owner.path("storage.redb");
    std::fs::rename(devices.pair.owner.path("home/storage.redb"), &storage).unwrap();
    std::fs::remove_dir_all(devices.pair.owner.path("home")).unwrap();
    let storage = format!("redb:{}", storage.display());
    let at_storage = |command: &[&str]| {
        let place = ["--json", "--storage", &storage];
        devices
            .pair
            .other
            .run(&[&place[..], command, &OWNER].concat())
    };
    let opened = at_storage(&["open"]).json();
    assert_eq!(opened["addresses"], before["addresses"]);
    let removed = at_storage(&["factor", "remove", "1", "--yes", "--accept-unverified"]).json();
    assert_eq!(removed["addresses"], before["addresses"]);
    let left: Vec<&str> = removed["factors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|factor| factor["label"].as_str().unwrap())
        .collect();
    assert_eq!(left.last(), Some(&"phone"));
    assert_eq!(left.len(), 2);
}

#[test]
fn a_device_that_slept_through_refreshes_catches_up() {
    let devices = Devices::new();
    let before = devices.phone(&["open"]).json();
    for epoch in 1..=6 {
        assert_eq!(devices.laptop(&["refresh"])["epoch"], epoch);
    }
    let after = devices.phone(&["open"]).json();
    assert_eq!(after["epoch"], 6);
    assert_eq!(after["addresses"], before["addresses"]);
    // And without the storage, from what it keeps.
    let offline = ["--json", "--offline", "open"];
    let offline = devices.pair.other.run(&[&offline[..], &OWNER].concat());
    assert_eq!(offline.json()["epoch"], 6);
}

#[test]
fn a_device_that_was_removed_is_told_so() {
    let devices = Devices::new();
    devices.phone(&["open"]).json();
    devices.laptop(&["factor", "remove", "3", "--yes"]);
    let show = ["--json", "--storage", &devices.storage, "show"];
    let message = devices.pair.other.run(&show).fails(4, "removed");
    assert!(message.contains("version 2"), "{message}");
    // Not with words either: two factors, one of which is none any more.
    devices.phone(&["open"]).fails(3, "need-more-shares");
    // It may ask to join again, as a device that has never been one.
    let again = ["device", "request", "--account", "again"];
    devices.pair.other.json(&again);
}

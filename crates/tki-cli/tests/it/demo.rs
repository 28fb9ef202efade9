//! The first thing that anybody types.

use crate::support::{bare, finish};

#[test]
fn the_demo_ends_well_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = bare(&["demo", "--seed", "7"]);
    command
        .env("TMPDIR", folder.path())
        .env("HOME", folder.path());
    let told = finish(command, b"");
    assert_eq!(told.err, "");
    let text = told.ok();
    for word in [
        "Created",
        "Used",
        "Lost and recovered",
        "Revoked",
        "Said and shown",
        "Offline",
        "Approved",
        "Raised",
        "Refreshed",
        "secp256k1",
        "Ed25519",
        "no reads, no writes",
    ] {
        assert!(text.contains(word), "{word}");
    }
    assert!(!text.contains('\u{1b}'), "colours without a terminal");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn the_demo_tells_the_same_story_for_the_same_seed() {
    let told = |seed| {
        let text = finish(bare(&["demo", "--seed", seed]), b"").ok();
        let untimed = text
            .lines()
            .filter(|line| !line.contains(" ms,") && !line.contains(" s."));
        untimed.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(told("1"), told("1"));
    assert_ne!(told("1"), told("2"));
}

#[test]
fn the_demo_as_json_counts_reads_and_writes() {
    let value = finish(bare(&["--json", "demo"]), b"").json();
    let steps = value["steps"].as_array().unwrap();
    assert!(steps.len() >= 10);
    assert_eq!(steps[0]["records_written"], 4);
    assert_eq!(steps[1]["reads"], 3);
}

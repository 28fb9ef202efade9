//! What a receipt says of earlier structures is so, and each command that it names does what it says.

use alloc::collections::BTreeMap;

use serde_json::Value;

use crate::support::{Home, words_on};

/// Device 1, provider 2, words 3 and 4, file 5: any two.
fn five() -> Home {
    let home = Home::new();
    let plain = ["create", "--recovery-out", "a3.txt"];
    home.run(&plain).ok();
    home.run(&["factor", "add", "words", "--recovery-out", "a4.txt"])
        .ok();
    home.run(&["factor", "add", "file:a5.tki"]).ok();
    home
}

const NESTED: &str = "2 of (1, 2, 2 of (3, 4, 5))";

fn sentences<'v>(receipt: &'v Value, name: &str) -> Vec<&'v str> {
    let all = receipt[name].as_array().unwrap().iter();
    all.map(|text| text.as_str().unwrap()).collect()
}

#[test]
fn a_removal_after_a_raise_says_how_few_were_enough_before() {
    let home = five();
    std::fs::copy(home.path("home/storage.redb"), home.path("old.redb")).unwrap();
    home.run(&["structure", "set", NESTED, "--yes"]).ok();
    let removed = home.json(&["factor", "remove", "4", "--yes"]);
    let residuals = sentences(&removed["receipt"], "residuals");
    let said = "words 4 together with 1 of device 1";
    let before = "somebody's archive of version 2 can still use the key";
    assert!(
        residuals
            .iter()
            .any(|text| text.starts_with(said) && text.contains(before)),
        "{residuals:?}"
    );
    // No set is named that needs nobody.
    let now = residuals
        .iter()
        .find(|text| text.contains("the old records"));
    assert!(!now.unwrap().contains("device 1 and provider 2"), "{now:?}");
    // And so it is, on an empty machine.
    let thief = Home::new();
    std::fs::copy(home.path("old.redb"), thief.path("old.redb")).unwrap();
    for sheet in ["a3.txt", "a4.txt"] {
        let words = words_on(&home.path(sheet)).join(" ");
        std::fs::write(thief.path(sheet), words).unwrap();
    }
    let open = ["--json", "open", "--storage", "redb:old.redb"];
    let words = ["--use", "words:a4.txt", "--use", "words:a3.txt"];
    let opened = thief.run(&[&open[..], &words].concat()).json();
    assert_eq!(opened["verifying_key"], removed["verifying_key"]);
    thief
        .run(&[&open[..], &words[..2]].concat())
        .fails(3, "need-more-shares");
}

/// Runs every command that a receipt names, with the files where they are.
fn run_all(home: &Home, advice: &[&str]) {
    let mut files = BTreeMap::from([
        ("words:FILE".to_owned(), "words:a3.txt".to_owned()),
        ("file:FILE".to_owned(), "file:a5.tki".to_owned()),
        ("local:NEW-KEY".to_owned(), "local:new.key".to_owned()),
    ]);
    for (number, line) in advice.iter().enumerate() {
        let (whom, command) = line.split_once(": tki ").unwrap();
        assert!(
            !command.contains(';') && !command.contains(" or "),
            "{line}"
        );
        let new = format!("new{number}");
        let arguments: Vec<String> = command
            .split(' ')
            .map(|argument| match files.get(argument) {
                _ if argument == "NEW-FILE" => new.clone(),
                Some(file) => file.clone(),
                None => argument.replace("local:NEW-KEY", "local:new.key"),
            })
            .collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        home.run(&arguments).ok();
        // Where its secret is from now on.
        for kind in ["words", "file"] {
            if whom.starts_with(kind) {
                files.insert(format!("{kind}:FILE"), format!("{kind}:{new}"));
            }
        }
    }
}

fn has_old_secrets(home: &Home) -> bool {
    let health = home.json(&["health"]);
    let mut findings = health["findings"].as_array().unwrap().iter();
    findings.any(|finding| finding["id"] == "old-secrets")
}

fn mended(home: &Home) {
    let removed = home.json(&["factor", "remove", "4", "--yes"]);
    assert!(has_old_secrets(home));
    let advice = sentences(&removed["receipt"], "advice");
    let whom: Vec<&str> = advice
        .iter()
        .map(|line| line.split_once(": tki ").unwrap().0)
        .collect();
    // Each of them once, by a command that is right for its kind.
    let factors = removed["factors"].as_array().unwrap();
    for factor in factors {
        let name = format!("{} {}", factor["kind"], factor["identifier"]).replace('"', "");
        let of_it = whom.iter().filter(|whom| whom.starts_with(&name));
        assert_eq!(of_it.count(), 1, "{name}: {advice:?}");
    }
    let verbs = [
        "factor replace 2",
        "renew 1",
        "renew 3",
        "renew 5",
        "rotate",
    ];
    assert_eq!(advice.len(), verbs.len(), "{advice:?}");
    for (line, verb) in advice.iter().zip(verbs) {
        assert!(line.contains(&format!(": tki {verb}")), "{line}");
    }
    run_all(home, &advice);
    assert!(!has_old_secrets(home));
}

#[test]
fn what_ends_it_can_be_pasted_where_any_so_many_suffice() {
    mended(&five());
}

#[test]
fn what_ends_it_can_be_pasted_under_a_nested_structure() {
    let home = five();
    home.run(&["structure", "set", NESTED, "--yes"]).ok();
    mended(&home);
}

#[test]
fn what_ends_it_can_be_pasted_where_three_are_needed() {
    let home = five();
    home.run(&["threshold", "set", "3", "--yes"]).ok();
    let uses = [
        "--use",
        "device",
        "--use",
        "provider",
        "--use",
        "words:a3.txt",
    ];
    let remove = [&["factor", "remove", "4", "--yes"][..], &uses].concat();
    let removed = home.json(&remove);
    let advice = sentences(&removed["receipt"], "advice");
    run_all(&home, &advice);
    assert!(!has_old_secrets(&home));
}

//! Guarding, killed at every numbered file write and commit, on either side: the account opens, and
//! whoever was killed goes on with the same command. Where an invite was used up, a new offer does it.

use std::path::Path;

use crate::joining::Pair;
use crate::kill_joining::{Killed, at_every_point};
use crate::support::Home;

const OFFER: [&str; 9] = [
    "guardian",
    "offer",
    "alice",
    "--label",
    "Bob",
    "--output",
    "request.txt",
    "--passphrase-file",
    "passphrase",
];
const INVITE: [&str; 5] = [
    "guardian",
    "approve",
    "request.txt",
    "--output",
    "invite.txt",
];
const ACCEPT: [&str; 8] = [
    "guardian",
    "accept",
    "alice",
    "invite.txt",
    "--output",
    "reply.txt",
    "--passphrase-file",
    "passphrase",
];
const ASK: [&str; 4] = ["guardian", "ask", "--output", "help.txt"];
const OWNER: [&str; 4] = ["--use", "device", "--use", "words:words.txt"];

fn from_the_offer(pair: &Pair, point: &str) {
    pair.other.json(&OFFER);
    pair.to_owner("request.txt");
    from_the_invite(pair, point);
}

fn from_the_invite(pair: &Pair, point: &str) {
    pair.owner.json(&INVITE);
    pair.to_other("invite.txt");
    from_the_acceptance(pair, point);
}

fn from_the_acceptance(pair: &Pair, point: &str) {
    let code = pair.other.json(&ACCEPT)["code"]
        .as_str()
        .unwrap()
        .to_owned();
    pair.to_owner("reply.txt");
    let approve = ["guardian", "approve", "reply.txt", "--code", &code];
    let approved = pair.owner.json(&[&approve[..], &OWNER].concat());
    assert_eq!(approved["account_version"], 1, "{point}");
    is_guarded(pair, point);
}

/// Words and the guardian, and nothing else, open the account.
fn is_guarded(pair: &Pair, point: &str) {
    let new = without_the_machine(pair);
    let digits = new.json(&ASK)["code"].as_str().unwrap().to_owned();
    copy(&new, &pair.other, "help.txt");
    let storage = pair.storage();
    pair.other.json(&help(&digits, &storage, "answer.txt"));
    copy(&pair.other, &new, "answer.txt");
    let shown = new.json(&open(&storage));
    assert_eq!(shown["factors"].as_array().unwrap().len(), 3, "{point}");
}

/// A home that has the words alone.
fn without_the_machine(pair: &Pair) -> Home {
    let new = Home::new();
    copy(&pair.owner, &new, "words.txt");
    new
}

fn copy(from: &Home, to: &Home, file: &str) {
    std::fs::copy(from.path(file), to.path(file)).unwrap();
}

fn help<'a>(digits: &'a str, storage: &'a str, answer: &'a str) -> [&'a str; 12] {
    [
        "guardian",
        "help",
        "alice",
        "help.txt",
        "--code",
        digits,
        "--output",
        answer,
        "--storage",
        storage,
        "--passphrase-file",
        "passphrase",
    ]
}

fn open(storage: &str) -> [&str; 7] {
    let [words, guardian] = ["words:words.txt", "guardian:answer.txt"];
    [
        "open",
        "--storage",
        storage,
        "--use",
        words,
        "--use",
        guardian,
    ]
}

/// The storage, as a copy of the owner's home has it.
fn storage_in(home: &Path) -> String {
    format!("redb:{}", home.join("home/storage.redb").display())
}

#[test]
fn an_offer_survives_a_kill_at_every_point() {
    at_every_point(
        &Pair::new(),
        |pair| &pair.other,
        &OFFER,
        |left| {
            from_the_offer(left.pair, left.point);
        },
    );
}

#[test]
fn an_acceptance_survives_a_kill_at_every_point() {
    let pair = Pair::new();
    pair.other.json(&OFFER);
    pair.to_owner("request.txt");
    pair.owner.json(&INVITE);
    pair.to_other("invite.txt");
    at_every_point(
        &pair,
        |pair| &pair.other,
        &ACCEPT,
        |left| {
            from_the_acceptance(left.pair, left.point);
        },
    );
}

#[test]
fn the_approval_of_a_guardian_survives_a_kill_at_every_point() {
    let pair = Pair::new();
    let code = pair.until_a_guardians_digits();
    std::fs::write(pair.owner.path("code"), &code).unwrap();
    let approve = ["guardian", "approve", "reply.txt", "--code", &code];
    let arguments = [&approve[..], &OWNER].concat();
    at_every_point(
        &pair,
        |pair| &pair.owner,
        &arguments,
        |Killed {
             pair,
             point,
             printed,
         }| {
            pair.owner.json(&[&["open"], &OWNER[..]].concat());
            if !printed.is_empty() {
                return is_guarded(pair, point);
            }
            let code = std::fs::read_to_string(pair.owner.path("code")).unwrap();
            let approve = [
                "--json",
                "guardian",
                "approve",
                "reply.txt",
                "--code",
                &code,
            ];
            let again = pair.owner.run(&[&approve[..], &OWNER].concat());
            if again.status.success() {
                assert_eq!(again.json()["account_version"], 1, "{point}");
                return is_guarded(pair, point);
            }
            // The one try was used up before the change was made.
            let message = again.fails(4, "refused");
            assert!(message.contains("no open invite"), "{point}: {message}");
            assert_eq!(pair.owner.json(&["show"])["account_version"], 0, "{point}");
            for file in ["request.txt", "invite.txt", "reply.txt"] {
                std::fs::remove_file(pair.owner.path(file)).ok();
                std::fs::remove_file(pair.other.path(file)).ok();
            }
            pair.other.json(&["guardian", "forget", "alice", "--yes"]);
            from_the_offer(pair, point);
        },
    );
}

#[test]
fn a_request_for_help_survives_a_kill_at_every_point() {
    let pair = Pair::guarded();
    let new = without_the_machine(&pair);
    let asking = Pair {
        owner: new,
        other: pair.other.copy(),
    };
    let storage = storage_in(&pair.owner.path(""));
    std::fs::write(asking.owner.path("storage"), storage).unwrap();
    at_every_point(
        &asking,
        |pair| &pair.owner,
        &ASK,
        |Killed {
             pair: asking,
             point,
             ..
         }| {
            let digits = asking.owner.json(&ASK)["code"].as_str().unwrap().to_owned();
            asking.to_other("help.txt");
            is_helped(asking, &digits, point);
        },
    );
}

/// With the digits of the request that both have.
fn is_helped(asking: &Pair, digits: &str, point: &str) {
    let storage = std::fs::read_to_string(asking.owner.path("storage")).unwrap();
    let run = asking
        .other
        .run(&[&["--json"], &help(digits, &storage, "answer.txt")[..]].concat());
    if !run.status.success() {
        // The file of before is there, and whole.
        run.fails(6, "exists");
    }
    asking.to_owner("answer.txt");
    let shown = asking.owner.json(&open(&storage));
    assert_eq!(shown["factors"].as_array().unwrap().len(), 3, "{point}");
}

#[test]
fn a_guardians_help_survives_a_kill_at_every_point() {
    let pair = Pair::guarded();
    let asking = Pair {
        owner: without_the_machine(&pair),
        other: pair.other.copy(),
    };
    let storage = storage_in(&pair.owner.path(""));
    std::fs::write(asking.owner.path("storage"), &storage).unwrap();
    let digits = asking.owner.json(&ASK)["code"].as_str().unwrap().to_owned();
    std::fs::write(asking.owner.path("digits"), &digits).unwrap();
    asking.to_other("help.txt");
    let arguments = help(&digits, &storage, "answer.txt");
    at_every_point(
        &asking,
        |pair| &pair.other,
        &arguments,
        |Killed {
             pair: asking,
             point,
             ..
         }| {
            let digits = std::fs::read_to_string(asking.owner.path("digits")).unwrap();
            is_helped(asking, &digits, point);
        },
    );
}

#[test]
fn recovering_with_a_guardian_survives_a_kill_at_every_point() {
    let pair = Pair::guarded();
    let new = without_the_machine(&pair);
    let digits = new.json(&ASK)["code"].as_str().unwrap().to_owned();
    copy(&new, &pair.other, "help.txt");
    let storage = pair.storage();
    pair.other.json(&help(&digits, &storage, "answer.txt"));
    copy(&pair.other, &new, "answer.txt");
    // The storage of a copy is the copy's own.
    std::fs::create_dir_all(new.path("home")).unwrap();
    copy(&pair.owner, &new, "home/storage.redb");
    let recover = [
        "recover",
        "--use",
        "words:words.txt",
        "--use",
        "guardian:answer.txt",
        "--accept-unverified",
        "--replace",
        "1",
    ];
    let recovering = Pair {
        owner: new,
        other: Home::new(),
    };
    at_every_point(
        &recovering,
        |pair| &pair.owner,
        &recover,
        |Killed {
             pair,
             point,
             printed,
         }| {
            let uses = [
                "--json",
                "recover",
                "--use",
                "words:words.txt",
                "--use",
                "guardian:answer.txt",
                "--accept-unverified",
                "--replace",
                "1",
            ];
            if printed.is_empty() {
                let again = pair.owner.run(&uses);
                if !again.status.success() {
                    // It was done, and the answer was for the account as it was before.
                    let message = again.fails(4, "refused");
                    assert!(message.contains("used for a change"), "{point}: {message}");
                }
            }
            // Wherever it was killed: what opens the answer is forgotten. On a disk that refuses
            // that, it expires.
            if point.ends_with("killed") {
                let kept = std::fs::read_dir(pair.owner.path("home/asked")).unwrap();
                assert_eq!(kept.count(), 0, "{point}");
            }
            let opened = pair.owner.json(&[&["open"], &OWNER[..]].concat());
            assert_eq!(opened["account_version"], 2, "{point}");
            assert_eq!(opened["factors"].as_array().unwrap().len(), 3, "{point}");
        },
    );
}

#[test]
fn forgetting_survives_a_kill_at_every_point() {
    let pair = Pair {
        owner: Home::new(),
        other: Home::new(),
    };
    pair.other.json(&OFFER);
    at_every_point(
        &pair,
        |pair| &pair.other,
        &["guardian", "forget", "alice", "--yes"],
        |Killed { pair, point, .. }| {
            // There may be nothing left to forget.
            let again = pair.other.run(&["guardian", "forget", "alice", "--yes"]);
            let code = again.status.code();
            assert!(matches!(code, Some(0 | 4)), "{point}: {}", again.err);
            let kept = pair.other.json(&["guardian", "list"]);
            assert_eq!(kept["guarded"], serde_json::json!([]), "{point}");
        },
    );
}

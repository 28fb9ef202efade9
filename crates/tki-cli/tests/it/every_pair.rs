//! Every pair of kinds of factors: an account over all of them, the first device wiped, and on a new
//! machine recovered with exactly that pair, at the same address, which signs.
//!
//! One account serves all pairs: each begins with a copy of what is there after the wipe. A new kind
//! is one row in [`KINDS`], with how it is made and how it is brought to a new machine.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::Home;

/// How a kind becomes a factor of the account.
enum Made {
    /// By `tki create --factor …`.
    Created(&'static str),
    /// By an invite, afterwards.
    Invited(fn(&Family)),
}

/// Where somebody stands who uses a pair.
enum Place {
    /// On a new machine.
    New,
    /// On a machine that is itself one of the two: the first device, or the second.
    First,
    Second,
}

struct Kind {
    name: &'static str,
    made: Made,
    place: Place,
    /// What one types for it.
    uses: &'static [&'static str],
    /// What has to be done before, at the place where it is used.
    prepare: fn(&Family, &Home),
}

/// One row for each kind. A second login is a kind of its own, for the sake of pairs of logins.
const KINDS: &[Kind] = &[
    Kind {
        name: "device",
        made: Made::Created("device"),
        place: Place::First,
        uses: &["--use", "device"],
        prepare: nothing,
    },
    Kind {
        name: "provider",
        made: Made::Created("provider:local:one.key"),
        place: Place::New,
        uses: &["--use", "provider:local:one.key"],
        prepare: nothing,
    },
    Kind {
        name: "second provider",
        made: Made::Created("provider:local:two.key"),
        place: Place::New,
        uses: &["--use", "provider:local:two.key"],
        prepare: nothing,
    },
    Kind {
        name: "words",
        made: Made::Created("words:words.txt"),
        place: Place::New,
        uses: &["--use", "words:words.txt"],
        prepare: nothing,
    },
    Kind {
        name: "answers",
        made: Made::Created("answers:answers.txt"),
        place: Place::New,
        uses: &["--use", "answers:answers.txt"],
        prepare: nothing,
    },
    Kind {
        name: "file",
        made: Made::Created("file:factor.tki"),
        place: Place::New,
        uses: &["--use", "file:factor.tki"],
        prepare: nothing,
    },
    Kind {
        name: "passkey",
        made: Made::Created("passkey:software:keys"),
        place: Place::New,
        uses: &["--use", "passkey:software:keys"],
        prepare: nothing,
    },
    Kind {
        name: "second passkey",
        made: Made::Created("passkey:software:other-keys"),
        place: Place::New,
        uses: &["--use", "passkey:software:other-keys"],
        prepare: nothing,
    },
    Kind {
        name: "guardian",
        made: Made::Invited(invite_bob),
        place: Place::New,
        uses: &["--use", "guardian:answer.txt"],
        prepare: ask_bob,
    },
    Kind {
        name: "second device",
        made: Made::Invited(invite_phone),
        place: Place::Second,
        uses: &["--use", "device"],
        prepare: nothing,
    },
];

/// Pairs that no machine can use, each with the reason.
const IMPOSSIBLE: &[(&str, &str, &str)] = &[(
    "device",
    "second device",
    "one machine is one device of an account",
)];

/// The files that their owner has beside a machine: papers, key files, authenticators.
const CARRIED: &[&str] = &[
    "passphrase",
    "one.key",
    "one.key.anchors",
    "two.key",
    "two.key.anchors",
    "words.txt",
    "answers.txt",
    "factor.tki",
    "keys",
    "other-keys",
    "storage.redb",
    "message",
];

/// What opens by itself, so that an account can be changed after it was created.
const OWNER: [&str; 4] = ["--use", "device", "--use", "words:words.txt"];

const STORAGE: [&str; 2] = ["--storage", "redb:storage.redb"];

/// A password that needs no evaluator.
const ANSWERS: &str = "password = vQ7;rT2.xB9-mK4,zW8!pL5\n";

fn nothing(_: &Family, _: &Home) {}

/// The owner's first machine, and those who joined later.
struct Family {
    first: Home,
    second: Home,
    bob: Home,
}

impl Family {
    /// An account over every kind, any two of which are enough.
    fn new() -> Self {
        let family = Self {
            first: Home::new(),
            second: Home::new(),
            bob: Home::new(),
        };
        fs::write(family.first.path("answers.txt"), ANSWERS).unwrap();
        fs::write(family.first.path("message"), "hello").unwrap();
        let mut create = [&STORAGE[..], &["create", "--threshold", "2"]].concat();
        for kind in KINDS {
            if let Made::Created(new) = kind.made {
                create.extend(["--factor", new]);
            }
        }
        family.first.json(&create);
        for kind in KINDS {
            if let Made::Invited(invite) = kind.made {
                invite(&family);
            }
        }
        family
    }

    /// On the owner's first machine, opened there.
    fn owner(&self, command: &[&str]) -> Value {
        self.first.json(&[&STORAGE, command, &OWNER].concat())
    }

    /// Somebody elsewhere asks, is invited, replies, and is added by the digits.
    fn join(&self, who: &Home, group: &str, asks: &[&str], replies: &[&str]) {
        who.json(&[asks, &["--output", "request.txt"]].concat());
        carry(who, &self.first, "request.txt");
        let approve = [group, "approve", "request.txt", "--output", "invite.txt"];
        self.first.json(&[&STORAGE[..], &approve].concat());
        carry(&self.first, who, "invite.txt");
        let replied = who.json(&[replies, &["invite.txt", "--output", "reply.txt"]].concat());
        carry(who, &self.first, "reply.txt");
        let code = replied["code"].as_str().unwrap();
        self.owner(&[group, "approve", "reply.txt", "--code", code]);
        for message in ["request.txt", "invite.txt", "reply.txt"] {
            fs::remove_file(self.first.path(message)).unwrap();
            fs::remove_file(who.path(message)).unwrap();
        }
    }
}

const BOB: [&str; 2] = ["--passphrase-file", "passphrase"];

fn invite_bob(family: &Family) {
    let offer = [&["guardian", "offer", "alice", "--label", "Bob"], &BOB[..]].concat();
    let accept = [&BOB[..], &["guardian", "accept", "alice"]].concat();
    family.join(&family.bob, "guardian", &offer, &accept);
}

fn invite_phone(family: &Family) {
    let request = ["device", "request", "--label", "phone"];
    family.join(&family.second, "device", &request, &["device", "reply"]);
    carry(&family.first, &family.second, "storage.redb");
    let finish = [&STORAGE[..], &["device", "finish"]].concat();
    family.second.json(&finish);
}

/// Bob helps whoever stands here and reads the digits to him.
fn ask_bob(family: &Family, place: &Home) {
    let bob = family.bob.copy();
    let ask = [
        "guardian", "ask", "--label", "Alice", "--output", "help.txt",
    ];
    let asked = place.json(&[&STORAGE[..], &ask].concat());
    carry(place, &bob, "help.txt");
    carry(place, &bob, "storage.redb");
    let code = asked["code"].as_str().unwrap();
    let help = ["guardian", "help", "alice", "help.txt", "--code", code];
    let answer = bob.json(&[&STORAGE[..], &BOB, &help].concat());
    let answer = answer["message"].as_str().unwrap();
    fs::write(place.path("answer.txt"), answer).unwrap();
}

fn carry(from: &Home, to: &Home, file: &str) {
    fs::copy(from.path(file), to.path(file)).unwrap();
}

/// Where a pair is used: a new machine with what its owner has, or the one that is part of it.
fn place(family: &Family, pair: [&Kind; 2]) -> Home {
    let is_at = |wanted: fn(&Place) -> bool| pair.iter().any(|kind| wanted(&kind.place));
    let home = if is_at(|place| matches!(place, Place::First)) {
        family.first.copy()
    } else if is_at(|place| matches!(place, Place::Second)) {
        family.second.copy()
    } else {
        Home::new()
    };
    for file in CARRIED
        .iter()
        .filter(|file| family.first.path(file).exists())
    {
        carry(&family.first, &home, file);
    }
    home
}

/// Uses the pair, and nothing else: opens, or recovers on a new machine; signs; the address stays.
fn check(family: &Family, pair: [&Kind; 2], address: &Value) {
    let names = format!("{} and {}", pair[0].name, pair[1].name);
    let home = place(family, pair);
    for kind in pair {
        (kind.prepare)(family, &home);
    }
    let is_new = pair.iter().all(|kind| matches!(kind.place, Place::New));
    let uses = [&STORAGE[..], pair[0].uses, pair[1].uses].concat();
    // An anchor may vouch or not: no other factor of the account is asked.
    let command = if is_new {
        ["recover", "--accept-unverified"].as_slice()
    } else {
        &["open"]
    };
    let drilled = home.json(&[&uses[..], &["drill"]].concat());
    assert_eq!(drilled["passed"], true, "{names}");
    let addresses = address.as_object().unwrap();
    assert!(
        addresses.values().any(|known| *known == drilled["address"]),
        "{names}"
    );
    let sign = ["sign", "message", "message", "--scheme", "bip340"];
    // Before it: a guardian's answer is for the account as it is now.
    let signed = home.run(&[&uses[..], &sign].concat()).ok();
    assert_eq!(signed.trim().len(), 128, "{names}: {signed}");
    let seen = home.json(&[&uses[..], command].concat());
    assert_eq!(seen["addresses"], *address, "{names}");
    let key = seen["verifying_key"].as_str().unwrap();
    let verify = [
        "verify", "message", "message", "--scheme", "bip340", "--key",
    ];
    let verify = [&verify[..], &[key, "--signature", signed.trim()]].concat();
    assert_eq!(home.run(&verify).ok().trim(), "valid", "{names}");
    if is_new {
        // The new device is a factor: with one of the two it opens.
        let own = [&STORAGE[..], &["show", "--use", "device"]].concat();
        assert_eq!(home.json(&own)["addresses"], *address, "{names}");
    }
}

fn is_impossible(pair: [&Kind; 2]) -> bool {
    let names = [pair[0].name, pair[1].name];
    IMPOSSIBLE.iter().any(|(one, two, _)| names == [*one, *two])
}

#[test]
#[expect(clippy::print_stdout, reason = "which pairs there were")]
fn every_pair_of_kinds_brings_the_account_back() {
    let family = Family::new();
    let account = family.owner(&["show"]);
    assert_eq!(account["factors"].as_array().unwrap().len(), KINDS.len());
    let address = &account["addresses"];
    let mut pairs = 0;
    for (position, one) in KINDS.iter().enumerate() {
        for two in &KINDS[position + 1..] {
            if !is_impossible([one, two]) {
                check(&family, [one, two], address);
                pairs += 1;
            }
        }
    }
    println!("{pairs} pairs of {} kinds", KINDS.len());
    assert_eq!(
        pairs,
        KINDS.len() * (KINDS.len() - 1) / 2 - IMPOSSIBLE.len()
    );
}

#[test]
fn no_kind_alone_opens() {
    let family = Family::new();
    for kind in KINDS {
        let home = place(&family, [kind, kind]);
        (kind.prepare)(&family, &home);
        let open = [&STORAGE[..], &["--json", "open"], kind.uses].concat();
        home.run(&open).fails(3, "need-more-shares");
        let drill = [&STORAGE[..], &["--json", "drill"], kind.uses].concat();
        home.run(&drill).fails(3, "need-more-shares");
    }
}

/// The first machine is gone for good: what is carried from it are its owner's things beside it.
#[test]
fn nothing_is_carried_out_of_a_home() {
    for file in CARRIED {
        assert_eq!(Path::new(file).components().count(), 1, "{file}");
    }
}

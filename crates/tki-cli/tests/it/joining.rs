//! Another device, and a guardian, join from homes of their own; and a guardian helps.

use serde_json::Value;
use tki::formats::armour;
use tki::formats::qr::QrCode;

use crate::support::Home;

/// The owner's home, and the other one: a new device's or a guardian's.
pub(crate) struct Pair {
    pub(crate) owner: Home,
    pub(crate) other: Home,
}

const BOB: [&str; 2] = ["--passphrase-file", "passphrase"];
pub(crate) const OWNER: [&str; 4] = ["--use", "device", "--use", "words:words.txt"];

impl Pair {
    pub(crate) fn new() -> Self {
        Self {
            owner: Home::with(&["device", "words"], "secp256k1"),
            other: Home::new(),
        }
    }

    pub(crate) fn copy(&self) -> Self {
        Self {
            owner: self.owner.copy(),
            other: self.other.copy(),
        }
    }

    /// Where the owner's records are.
    pub(crate) fn storage(&self) -> String {
        let path = self.owner.path("home/storage.redb");
        format!("redb:{}", path.display())
    }

    pub(crate) fn to_owner(&self, file: &str) {
        std::fs::copy(self.other.path(file), self.owner.path(file)).unwrap();
    }

    pub(crate) fn to_other(&self, file: &str) {
        std::fs::copy(self.owner.path(file), self.other.path(file)).unwrap();
    }

    /// The other one asks, by this command and its operands.
    pub(crate) fn asked(&self, command: &[&str]) {
        let arguments = [command, &["--output", "request.txt"]].concat();
        self.other.json(&arguments);
        self.to_owner("request.txt");
    }

    pub(crate) fn invited(&self, group: &str) {
        let arguments = [group, "approve", "request.txt", "--output", "invite.txt"];
        self.owner.json(&arguments);
        self.to_other("invite.txt");
    }

    /// The other one replies; the digits on its screen.
    pub(crate) fn replied(&self, command: &[&str]) -> String {
        let arguments = [command, &["invite.txt", "--output", "reply.txt"]].concat();
        let code = self.other.json(&arguments)["code"].clone();
        self.to_owner("reply.txt");
        code.as_str().unwrap().to_owned()
    }

    pub(crate) fn approval<'a>(&self, group: &'a str, code: &'a str) -> Vec<&'a str> {
        let command = ["--json", group, "approve", "reply.txt", "--code", code];
        [&command[..], &OWNER].concat()
    }

    /// Everything up to the digits, for a new device.
    pub(crate) fn until_the_digits(&self) -> String {
        self.asked(&["device", "request", "--label", "phone"]);
        self.invited("device");
        self.replied(&["device", "reply"])
    }

    /// The same for a guardian, Bob.
    pub(crate) fn until_a_guardians_digits(&self) -> String {
        let offer = ["guardian", "offer", "alice", "--label", "Bob"];
        self.asked(&[&offer[..], &BOB].concat());
        self.invited("guardian");
        let accept = ["guardian", "accept", "alice"];
        self.replied(&[&BOB[..], &accept].concat())
    }

    /// An account that Bob guards already.
    pub(crate) fn guarded() -> Self {
        let pair = Self::new();
        let code = pair.until_a_guardians_digits();
        pair.owner.run(&pair.approval("guardian", &code)).json();
        pair
    }

    pub(crate) fn shown(&self) -> Value {
        self.owner.json(&["show"])
    }
}

pub(crate) fn other_digits(code: &str) -> String {
    let number: u32 = code.replace(' ', "").parse().unwrap();
    format!("{:06}", (number + 1) % 1_000_000)
}

fn labels(account: &Value) -> Vec<&str> {
    let factors = account["factors"].as_array().unwrap();
    let labels = factors.iter().map(|factor| factor["label"].as_str());
    labels.map(Option::unwrap).collect()
}

#[test]
fn a_new_device_joins_and_opens_with_the_words() {
    let pair = Pair::new();
    let before = pair.shown();
    let code = pair.until_the_digits();
    assert_eq!(code.len(), "123 456".len());
    let approved = pair.owner.run(&pair.approval("device", &code)).json();
    assert_eq!(labels(&approved).last(), Some(&"phone"));
    assert_eq!(approved["account_version"], 1);
    let storage = pair.storage();
    let finish = ["device", "finish", "--storage", &storage];
    let member = pair.other.json(&finish);
    assert_eq!(member["addresses"], before["addresses"]);
    // Asked for again, it is shown again.
    assert_eq!(pair.other.json(&finish)["addresses"], before["addresses"]);
    let words = format!("words:{}", pair.owner.path("words.txt").display());
    let open = [
        "open",
        "--storage",
        &storage,
        "--use",
        "device",
        "--use",
        &words,
    ];
    assert_eq!(pair.other.json(&open)["addresses"], before["addresses"]);
    // A member neither asks nor replies.
    for command in [
        &["device", "request"][..],
        &["device", "reply", "invite.txt"],
    ] {
        let refused = pair.other.run(&[&["--json"], command].concat());
        assert!(!refused.status.success());
    }
}

#[test]
pub(crate) fn other_digits_add_nobody_and_use_up_the_invite() {
    let pair = Pair::new();
    let before = pair.shown();
    let code = pair.until_the_digits();
    let wrong = other_digits(&code);
    let again = "tki device request --again";
    let run = pair.owner.run(&pair.approval("device", &wrong));
    assert!(run.next().contains(again), "{}", run.err);
    let message = run.fails(4, "refused");
    assert!(message.contains("nothing was added"), "{message}");
    let run = pair.owner.run(&pair.approval("device", &code));
    assert!(run.next().contains(again), "{}", run.err);
    let message = run.fails(4, "refused");
    assert!(message.contains("no open invite"), "{message}");
    assert_eq!(pair.shown(), before);
    let storage = pair.storage();
    let finish = ["--json", "device", "finish", "--storage", &storage];
    let run = pair.other.run(&finish);
    assert!(run.next().contains(again), "{}", run.err);
    run.fails(4, "not-found");
    // A new request is a new try.
    pair.other.json(&[
        "device", "request", "--again", "--label", "phone", "--output", "2.txt",
    ]);
    pair.to_owner("2.txt");
    pair.owner
        .json(&["device", "approve", "2.txt", "--output", "invite2.txt"]);
    pair.to_other("invite2.txt");
    let reply = ["device", "reply", "invite2.txt", "--output", "reply2.txt"];
    let code = pair.other.json(&reply)["code"].as_str().unwrap().to_owned();
    pair.to_owner("reply2.txt");
    let approve = ["device", "approve", "reply2.txt", "--code", &code];
    pair.owner.json(&[&approve[..], &OWNER].concat());
    pair.other
        .json(&["device", "finish", "--storage", &storage]);
}

#[test]
fn what_cannot_be_typed_uses_up_nothing() {
    let pair = Pair::new();
    let code = pair.until_the_digits();
    for wrong in ["12345", "1234567", "twelve"] {
        pair.owner
            .run(&pair.approval("device", wrong))
            .fails(2, "usage");
    }
    // Nor does asking for too few factors, or for none of the digits.
    let alone = [
        "--json",
        "device",
        "approve",
        "reply.txt",
        "--code",
        &code,
        "--use",
        "device",
    ];
    pair.owner.run(&alone).fails(3, "need-more-shares");
    let silent = ["--json", "device", "approve", "reply.txt"];
    pair.owner
        .run(&[&silent[..], &OWNER].concat())
        .fails(2, "usage");
    // Nor the command of the other kind, which takes no message of a device.
    pair.owner
        .run(&["--json", "guardian", "approve", "request.txt"])
        .fails(2, "usage");
    // An invite belongs to another command, which is named.
    let run = pair
        .owner
        .run(&["--json", "device", "approve", "invite.txt"]);
    assert!(run.next().contains("tki device reply FILE"), "{}", run.err);
    run.fails(2, "usage");
    pair.owner.run(&pair.approval("device", &code)).json();
}

#[test]
fn the_command_of_the_other_kind_uses_up_no_invite() {
    let pair = Pair::new();
    let code = pair.until_the_digits();
    let message = pair
        .owner
        .run(&pair.approval("guardian", &code))
        .fails(2, "usage");
    assert!(message.contains("device"), "{message}");
    pair.owner.run(&pair.approval("device", &code)).json();
    let pair = Pair::new();
    let code = pair.until_a_guardians_digits();
    let message = pair
        .owner
        .run(&pair.approval("device", &code))
        .fails(2, "usage");
    assert!(message.contains("guardian"), "{message}");
    pair.owner.run(&pair.approval("guardian", &code)).json();
}

/// The open invites of the owner's account.
fn open_invites(home: &Home) -> usize {
    let folder = home.path("home/accounts/main/invites");
    std::fs::read_dir(folder).unwrap().count()
}

/// Requests of this many machines, each answered by an invite.
fn invite_many(owner: &Home, count: usize) {
    for number in 0..count {
        let name = format!("many{number}.txt");
        let other = Home::new();
        other.json(&["device", "request", "--output", &name]);
        std::fs::copy(other.path(&name), owner.path(&name)).unwrap();
        owner.json(&["device", "approve", &name]);
    }
}

#[test]
fn other_digits_drop_every_open_invite() {
    let pair = Pair::new();
    invite_many(&pair.owner, 2);
    let code = pair.until_the_digits();
    assert_eq!(open_invites(&pair.owner), 3);
    let wrong = other_digits(&code);
    pair.owner
        .run(&pair.approval("device", &wrong))
        .fails(4, "refused");
    assert_eq!(open_invites(&pair.owner), 0);
}

#[test]
fn four_invites_are_open_at_most() {
    let pair = Pair::new();
    invite_many(&pair.owner, 4);
    pair.asked(&["device", "request"]);
    let fifth = ["--json", "device", "approve", "request.txt"];
    let message = pair.owner.run(&fifth).fails(4, "refused");
    assert!(message.contains("4 invites"), "{message}");
    // The same request again is no other invite.
    pair.owner.json(&["device", "approve", "many0.txt"]);
    assert_eq!(open_invites(&pair.owner), 4);
    let dropping = [&fifth[1..], &["--drop-invites", "--output", "invite.txt"]].concat();
    pair.owner.json(&dropping);
    assert_eq!(open_invites(&pair.owner), 1);
    pair.to_other("invite.txt");
    let code = pair.replied(&["device", "reply"]);
    // It says nothing about a reply.
    let approval = pair.approval("device", &code);
    pair.owner
        .run(&[&approval[..], &["--drop-invites"]].concat())
        .fails(2, "usage");
    pair.owner.run(&approval).json();
}

#[test]
fn two_devices_ask_at_once() {
    let owner = Home::with(&["device", "words"], "ed25519");
    let others = [Home::new(), Home::new()];
    let mut codes = Vec::new();
    for (number, other) in others.iter().enumerate() {
        let file = |name: &str| format!("{name}{number}.txt");
        let label = format!("device {number}");
        other.json(&[
            "device",
            "request",
            "--label",
            &label,
            "--output",
            &file("request"),
        ]);
        std::fs::copy(other.path(&file("request")), owner.path(&file("request"))).unwrap();
        owner.json(&[
            "device",
            "approve",
            &file("request"),
            "--output",
            &file("invite"),
        ]);
        std::fs::copy(owner.path(&file("invite")), other.path(&file("invite"))).unwrap();
        let reply = [
            "device",
            "reply",
            &file("invite"),
            "--output",
            &file("reply"),
        ];
        codes.push(other.json(&reply)["code"].as_str().unwrap().to_owned());
        std::fs::copy(other.path(&file("reply")), owner.path(&file("reply"))).unwrap();
    }
    for (number, code) in codes.iter().enumerate().rev() {
        let reply = format!("reply{number}.txt");
        let approve = ["device", "approve", &reply, "--code", code];
        owner.json(&[&approve[..], &OWNER].concat());
    }
    assert_eq!(
        owner.json(&["show"])["factors"].as_array().unwrap().len(),
        4
    );
}

#[test]
fn a_message_goes_to_standard_output_and_its_digits_do_not() {
    let pair = Pair::new();
    pair.asked(&["device", "request"]);
    pair.invited("device");
    let run = pair
        .other
        .run(&["--quiet", "device", "reply", "invite.txt"]);
    assert!(
        run.out.starts_with("-----BEGIN TKI REPLY-----\n"),
        "{}",
        run.out
    );
    assert!(armour::decode(&run.out).is_ok());
    assert!(run.err.starts_with("code  "), "{}", run.err);
    let piped = pair.other.run_with_input(
        &["device", "reply", "-"],
        &std::fs::read(pair.other.path("invite.txt")).unwrap(),
    );
    assert_eq!(piped.ok(), run.out);
}

#[test]
fn messages_that_are_damaged_or_others_change_nothing() {
    let pair = Pair::new();
    let code = pair.until_the_digits();
    let read = |home: &Home, name: &str| std::fs::read_to_string(home.path(name)).unwrap();
    let reply = read(&pair.owner, "reply.txt");
    let content = armour::decode(&reply).unwrap().content;
    let future = {
        let mut content = content.to_vec();
        content[0] = 2;
        armour::encode("REPLY", &content).to_string()
    };
    let cases = [
        (reply[..reply.len() / 2].to_owned(), 4, "corrupt-file"),
        (reply.replacen('A', "B", 1), 4, "corrupt-file"),
        ("hello".to_owned(), 4, "corrupt-file"),
        (
            armour::encode("REPLY", &content[..50]).to_string(),
            4,
            "corrupt-file",
        ),
        (future, 1, "unsupported"),
        (read(&pair.other, "invite.txt"), 2, "usage"),
        ("x".repeat(1_100_000), 2, "usage"),
    ];
    for (text, exit, kind) in cases {
        std::fs::write(pair.owner.path("bad.txt"), text).unwrap();
        let approve = ["--json", "device", "approve", "bad.txt", "--code", &code];
        pair.owner
            .run(&[&approve[..], &OWNER].concat())
            .fails(exit, kind);
    }
    // The other side takes an invite, to its own request, and no other message.
    for (file, exit, kind) in [("reply.txt", 2, "usage"), ("none.txt", 2, "usage")] {
        pair.other
            .run(&["--json", "device", "reply", file])
            .fails(exit, kind);
    }
    let elsewhere = Pair::new();
    elsewhere.until_the_digits();
    std::fs::copy(
        elsewhere.other.path("invite.txt"),
        pair.other.path("foreign.txt"),
    )
    .unwrap();
    pair.other
        .run(&["--json", "device", "reply", "foreign.txt"])
        .fails(4, "refused");
    // After all of that the true one still counts.
    pair.owner.run(&pair.approval("device", &code)).json();
}

#[test]
fn a_guardian_joins_and_brings_the_account_back() {
    let pair = Pair::new();
    let before = pair.shown();
    let code = pair.until_a_guardians_digits();
    let approved = pair.owner.run(&pair.approval("guardian", &code)).json();
    assert_eq!(labels(&approved).last(), Some(&"Bob"));
    assert_eq!(
        pair.other.json(&["guardian", "list"])["guarded"][0],
        "alice"
    );

    // The laptop is gone; a new home has the words, and asks Bob.
    let new = Home::new();
    std::fs::copy(pair.owner.path("words.txt"), new.path("words.txt")).unwrap();
    let asked = new.json(&[
        "guardian", "ask", "--label", "Alice", "--output", "help.txt",
    ]);
    let digits = asked["code"].as_str().unwrap().to_owned();
    std::fs::copy(new.path("help.txt"), pair.other.path("help.txt")).unwrap();
    let storage = pair.storage();
    let help = |code: &'_ str| -> Vec<String> {
        let help = [
            "--json", "guardian", "help", "alice", "help.txt", "--code", code,
        ];
        let rest = ["--storage", &storage, "--passphrase-file", "passphrase"];
        help.iter()
            .chain(&rest)
            .map(|text| (*text).to_owned())
            .collect()
    };
    let run = |arguments: &[String]| {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        pair.other.run(&arguments)
    };
    let wrong = "1".repeat(24);
    let message = run(&help(&wrong)).fails(4, "refused");
    assert!(message.contains("nothing was handed out"), "{message}");
    let answer = run(&help(&digits)).json();
    std::fs::write(new.path("answer.txt"), answer["message"].as_str().unwrap()).unwrap();
    let recover = [
        "recover",
        "--storage",
        &storage,
        "--use",
        "words:words.txt",
        "--use",
        "guardian:answer.txt",
        "--accept-unverified",
        "--replace",
        "1",
    ];
    // To open it uses up nothing: the answer may be used again.
    let open = ["--json", "open", "--storage", &storage];
    let uses = ["--use", "words:words.txt", "--use", "guardian:answer.txt"];
    let open = [&open[..], &uses].concat();
    new.run(&open).json();
    new.run(&open).json();
    let recovered = new.json(&recover);
    assert_eq!(recovered["addresses"], before["addresses"]);
    // The answer was for the account as it was, and what opens it is forgotten.
    let kept = std::fs::read_dir(new.path("home/asked")).unwrap();
    assert_eq!(kept.count(), 0);
    let message = new.run(&open).fails(4, "refused");
    assert!(message.contains("used for a change"), "{message}");
}

#[test]
fn a_guardian_forgets_when_he_says_so() {
    let pair = Pair::guarded();
    let run = pair.other.run(&["--json", "guardian", "forget", "alice"]);
    assert!(run.next().contains("forget alice --yes"), "{}", run.err);
    run.fails(2, "usage");
    let forget = ["--json", "guardian", "forget", "alice", "--yes"];
    assert_eq!(pair.other.run(&forget).json()["forgotten"], "alice");
    pair.other.run(&forget).fails(4, "not-found");
    assert_eq!(
        pair.other.json(&["guardian", "list"])["guarded"],
        serde_json::json!([])
    );
}

#[test]
fn a_guardians_file_is_under_his_passphrase() {
    let bob = Home::new();
    std::fs::write(bob.path("other"), "battery staple\n").unwrap();
    let offer = ["--json", "guardian", "offer", "alice"];
    bob.run(&offer).fails(2, "usage");
    let run = bob.run(&["--json", "guardian", "offer", "../x"]);
    assert!(run.next().contains("tki guardian offer NAME"));
    run.fails(2, "usage");
    let offer = |passphrase| [&offer[..], &["--passphrase-file", passphrase]].concat();
    let first = bob.run(&offer("passphrase")).json();
    // Asked for again, the same offer; under another passphrase, nothing.
    assert_eq!(bob.run(&offer("passphrase")).json(), first);
    bob.run(&offer("other")).fails(4, "wrong-passphrase");
    let file = bob.path("home/guardian/alice.tki");
    let mut content = std::fs::read(&file).unwrap();
    let last = content.len() - 1;
    content[last] ^= 1;
    std::fs::write(&file, content).unwrap();
    bob.run(&offer("passphrase")).fails(4, "corrupt-file");
    for name in ["../alice", "a/b", ""] {
        let offer = [
            "--json",
            "guardian",
            "offer",
            name,
            "--passphrase-file",
            "passphrase",
        ];
        bob.run(&offer).fails(2, "usage");
    }
}

#[test]
fn a_message_is_shown_to_a_camera() {
    let home = Home::new();
    let request = ["device", "request"];
    let text = home.run(&request).ok();
    // Drawn where people look, and the text stays what is printed.
    let drawn = home.run(&["device", "request", "--qr", "--quiet"]);
    assert_eq!(drawn.out, text);
    let code = QrCode::new(&text).unwrap();
    assert_eq!(drawn.err, *code.to_terminal());
    assert!(code.size() < 100, "{}", code.size());
    for (file, bytes) in [
        ("code.svg", code.to_svg().as_bytes().to_vec()),
        ("code.png", code.to_png(8).to_vec()),
    ] {
        let printed = home.json(&[&request[..], &["--qr-output", file]].concat());
        assert_eq!(printed["qr_file"], file);
        assert_eq!(std::fs::read(home.path(file)).unwrap(), bytes);
    }
    // Another picture is not written over, another ending is none, and JSON is for machines.
    std::fs::write(home.path("other.svg"), "other").unwrap();
    for (wrong, exit, kind) in [
        (&["--qr-output", "other.svg"][..], 6, "exists"),
        (&["--qr-output", "code.gif"], 2, "usage"),
        (&["--qr"], 2, "usage"),
    ] {
        home.run(&[&["--json"], &request[..], wrong].concat())
            .fails(exit, kind);
    }
}

#[test]
fn every_message_but_a_long_answer_fits_into_a_code() {
    let pair = Pair::new();
    let code = pair.until_a_guardians_digits();
    for (home, file) in [
        (&pair.owner, "request.txt"),
        (&pair.other, "invite.txt"),
        (&pair.owner, "reply.txt"),
    ] {
        let text = std::fs::read_to_string(home.path(file)).unwrap();
        assert!(QrCode::new(&text).unwrap().size() < 100, "{file}");
    }
    pair.owner.run(&pair.approval("guardian", &code)).json();
    let asked = Home::new().json(&["guardian", "ask"]);
    let text = asked["message"].as_str().unwrap();
    assert!(QrCode::new(text).unwrap().size() < 100);
}

#[test]
fn a_forgotten_account_leaves_no_invite() {
    let pair = Pair::new();
    pair.asked(&["device", "request"]);
    pair.invited("device");
    let invites = pair.owner.path("home/accounts/main/invites");
    assert_eq!(std::fs::read_dir(&invites).unwrap().count(), 1);
    pair.owner.json(&["accounts", "remove", "main", "--yes"]);
    assert!(!pair.owner.path("home/accounts/main").exists());
    // Nor does a machine that asked and then forgets it.
    let listed = pair.other.json(&["accounts"]);
    assert_eq!(listed["accounts"][0]["name"], "main");
    let problem = listed["accounts"][0]["problem"].as_str().unwrap();
    assert!(problem.contains("has asked to join"), "{problem}");
    pair.other.json(&["accounts", "remove", "main", "--yes"]);
    assert!(!pair.other.path("home/accounts/main").exists());
}

#[test]
fn a_machine_that_asked_to_join_makes_no_account_in_its_place() {
    let home = Home::new();
    let request = home.json(&["device", "request"]);
    let create = ["create", "--factor", "device", "--factor", "words"];
    let create = [&["--json"], &create[..], &["--recovery-out", "words.txt"]].concat();
    let message = home.run(&create).fails(6, "exists");
    assert!(message.contains("join"), "{message}");
    assert!(!home.path("words.txt").exists());
    assert_eq!(home.json(&["device", "request"]), request);
    let recover = ["--json", "recover", "--use", "words:words.txt"];
    let storage = format!("redb:{}", home.path("none.redb").display());
    let elsewhere = Home::with(&["device", "words"], "secp256k1");
    std::fs::copy(elsewhere.path("home/storage.redb"), home.path("none.redb")).unwrap();
    std::fs::copy(elsewhere.path("words.txt"), home.path("words.txt")).unwrap();
    let message = home
        .run(&[&recover[..], &["--storage", &storage]].concat())
        .fails(6, "exists");
    assert!(message.contains("join"), "{message}");
    // It is no device of anything.
    for command in ["show", "open", "refresh"] {
        let run = home.run(&["--json", command, "--storage", &storage]);
        let message = run.fails(4, "not-found");
        assert!(message.contains("join"), "{message}");
    }
}

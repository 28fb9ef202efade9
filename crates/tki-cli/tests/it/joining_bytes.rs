//! Hostile bytes in every message that people carry, and in what is kept of a joining: each is refused
//! by its documented exit code, with nothing changed on disk.
//!
//! A request and an invite are not signed: what is changed in them decodes, and the digits tell. Those
//! are in `joining_attacks`.

use tki::formats::armour;

use crate::hostile_bytes::{assert_unchanged, tree};
use crate::joining::{OWNER, Pair};
use crate::support::{Home, Run};

type Answer = (i32, &'static str);

const CORRUPT: Answer = (4, "corrupt-file");
const REFUSED: Answer = (4, "refused");
const UNSUPPORTED: Answer = (1, "unsupported");
const USAGE: Answer = (2, "usage");

/// A message, who reads it, and by which command.
struct Carried<'a> {
    home: &'a Home,
    file: &'a str,
    /// What its armour is called.
    kind: &'a str,
    command: Vec<&'a str>,
    /// Another message that is whole.
    other: &'a str,
}

impl Carried<'_> {
    fn run(&self, text: &str) -> Run {
        std::fs::write(self.home.path(self.file), text).unwrap();
        let before = tree(&self.home.path(""));
        let run = self.home.run(&[&["--json"], &self.command[..]].concat());
        if !run.status.success() {
            assert_unchanged(&before, &tree(&self.home.path("")), self.kind);
        }
        run
    }

    /// Everything that is no message of this kind, and then the message itself.
    fn check(&self) {
        let whole = std::fs::read_to_string(self.home.path(self.file)).unwrap();
        let content = armour::decode(&whole).unwrap().content;
        let armoured = |content: &[u8]| armour::encode(self.kind, content).to_string();
        for (what, text) in damaged(&whole) {
            let message = self.run(&text).fails(CORRUPT.0, CORRUPT.1);
            assert!(!message.is_empty(), "{what}");
        }
        // The checksum is right, and what it is of is not.
        for length in (0..content.len()).step_by(7) {
            let run = self.run(&armoured(&content[..length]));
            is_one_of(run, &[CORRUPT, USAGE], length);
        }
        let longer = [&content[..], &[0]].concat();
        self.run(&armoured(&longer)).fails(CORRUPT.0, CORRUPT.1);
        let huge = [&content[..], &vec![0; 300_000]].concat();
        self.run(&armoured(&huge)).fails(CORRUPT.0, CORRUPT.1);
        // Versions to come, and one that never was.
        for version in [2, 255] {
            let mut content = content.to_vec();
            content[0] = version;
            let run = self.run(&armoured(&content));
            run.fails(UNSUPPORTED.0, UNSUPPORTED.1);
        }
        // Another message, whatever its armour calls it.
        self.run(self.other).fails(USAGE.0, USAGE.1);
        let other = armour::decode(self.other).unwrap().content;
        self.run(&armoured(&other)).fails(USAGE.0, USAGE.1);
        // Far too large.
        let large = "x".repeat(armour::MAX_TEXT + 1);
        self.run(&large).fails(USAGE.0, USAGE.1);
        self.run(&whole).ok();
    }
}

/// Text that was damaged on its way.
fn damaged(whole: &str) -> Vec<(String, String)> {
    let cut = (0..whole.len() - 1)
        .step_by(41)
        .map(|length| (format!("cut to {length}"), whole[..length].to_owned()));
    let body = whole.find('\n').unwrap()..whole.rfind("-----END").unwrap();
    let flipped = body.step_by(23).map(|at| {
        let mut bytes = whole.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        (format!("{at} changed"), String::from_utf8(bytes).unwrap())
    });
    let others = ["", "hello", "\u{0}\u{1}"];
    let others = others.map(|text| (format!("{text:?}"), text.to_owned()));
    cut.chain(flipped).chain(others).collect()
}

#[track_caller]
fn is_one_of(run: Run, answers: &[Answer], what: usize) {
    let code = run.status.code();
    let answer = answers
        .iter()
        .find(|(exit, kind)| code == Some(*exit) && run.err.contains(kind));
    let (exit, kind) = answer.unwrap_or_else(|| panic!("{what}: {code:?} {}", run.err));
    run.fails(*exit, kind);
}

fn read(home: &Home, file: &str) -> String {
    std::fs::read_to_string(home.path(file)).unwrap()
}

#[test]
fn a_damaged_request_to_join_is_named() {
    let pair = Pair::new();
    pair.until_the_digits();
    let other = read(&pair.other, "invite.txt");
    Carried {
        home: &pair.owner,
        file: "request.txt",
        kind: "JOIN REQUEST",
        command: vec!["device", "approve", "request.txt"],
        other: &other,
    }
    .check();
}

#[test]
fn a_damaged_invite_is_named() {
    let pair = Pair::new();
    pair.until_the_digits();
    let other = read(&pair.other, "reply.txt");
    Carried {
        home: &pair.other,
        file: "invite.txt",
        kind: "INVITE",
        command: vec!["device", "reply", "invite.txt"],
        other: &other,
    }
    .check();
}

#[test]
fn a_damaged_invite_to_a_guardian_is_named() {
    let pair = Pair::new();
    pair.until_a_guardians_digits();
    let other = read(&pair.other, "reply.txt");
    Carried {
        home: &pair.other,
        file: "invite.txt",
        kind: "INVITE",
        command: vec![
            "guardian",
            "accept",
            "alice",
            "invite.txt",
            "--passphrase-file",
            "passphrase",
        ],
        other: &other,
    }
    .check();
}

#[test]
fn a_damaged_reply_is_named() {
    let pair = Pair::new();
    let code = pair.until_the_digits();
    let other = read(&pair.other, "invite.txt");
    let approve = ["device", "approve", "reply.txt", "--code", &code];
    Carried {
        home: &pair.owner,
        file: "reply.txt",
        kind: "REPLY",
        command: [&approve[..], &OWNER].concat(),
        other: &other,
    }
    .check();
}

#[test]
fn a_damaged_request_for_help_is_named() {
    let stage = Helped::new();
    let storage = stage.pair.storage();
    let other = read(&stage.new, "answer.txt");
    let help = ["guardian", "help", "alice", "help.txt", "--code"];
    let rest = ["--storage", &storage, "--passphrase-file", "passphrase"];
    Carried {
        home: &stage.pair.other,
        file: "help.txt",
        kind: "HELP REQUEST",
        command: [&help[..], &[&stage.digits], &rest].concat(),
        other: &other,
    }
    .check();
}

#[test]
fn a_damaged_answer_of_a_guardian_is_named() {
    let stage = Helped::new();
    let storage = stage.pair.storage();
    let other = read(&stage.new, "help.txt");
    let open = ["open", "--storage", &storage, "--use", "words:words.txt"];
    Carried {
        home: &stage.new,
        file: "answer.txt",
        kind: "HELP ANSWER",
        command: [&open[..], &["--use", "guardian:answer.txt"]].concat(),
        other: &other,
    }
    .check();
}

/// A guardian has answered.
struct Helped {
    pair: Pair,
    new: Home,
    digits: String,
}

impl Helped {
    fn new() -> Self {
        let pair = Pair::guarded();
        let new = Home::new();
        std::fs::copy(pair.owner.path("words.txt"), new.path("words.txt")).unwrap();
        let ask = ["guardian", "ask", "--output", "help.txt"];
        let digits = new.json(&ask)["code"].as_str().unwrap().to_owned();
        std::fs::copy(new.path("help.txt"), pair.other.path("help.txt")).unwrap();
        let storage = pair.storage();
        let help = ["guardian", "help", "alice", "help.txt", "--code", &digits];
        let rest = ["--storage", &storage, "--passphrase-file", "passphrase"];
        let answer = pair.other.json(&[&help[..], &rest].concat());
        let answer = answer["message"].as_str().unwrap();
        std::fs::write(new.path("answer.txt"), answer).unwrap();
        Self { pair, new, digits }
    }

    fn open(&self, storage: &str) -> Run {
        let open = ["--json", "open", "--storage", storage];
        let uses = ["--use", "words:words.txt", "--use", "guardian:answer.txt"];
        self.new.run(&[&open[..], &uses].concat())
    }
}

#[test]
fn every_byte_of_an_answer_is_checked() {
    let stage = Helped::new();
    let storage = stage.pair.storage();
    let content = armour::decode(&read(&stage.new, "answer.txt"))
        .unwrap()
        .content;
    for at in (0..content.len()).step_by(content.len() / 60) {
        let mut content = content.to_vec();
        content[at] ^= 1 << (at % 8);
        let text = armour::encode("HELP ANSWER", &content);
        std::fs::write(stage.new.path("answer.txt"), text.as_bytes()).unwrap();
        let before = tree(&stage.new.path(""));
        let run = stage.open(&storage);
        is_one_of(run, &[CORRUPT, REFUSED, UNSUPPORTED, USAGE], at);
        assert_unchanged(&before, &tree(&stage.new.path("")), "answer");
    }
}

#[test]
fn a_reply_that_was_changed_uses_up_its_invite_and_nothing_else() {
    let pair = Pair::new();
    let code = pair.until_the_digits();
    let before = pair.shown();
    let content = armour::decode(&read(&pair.owner, "reply.txt"))
        .unwrap()
        .content;
    for at in (0..content.len()).step_by(11) {
        let mut content = content.to_vec();
        content[at] ^= 1 << (at % 8);
        let home = pair.owner.copy();
        let text = armour::encode("REPLY", &content);
        std::fs::write(home.path("reply.txt"), text.as_bytes()).unwrap();
        let files = tree(&home.path(""));
        let run = home.run(&pair.approval("device", &code));
        is_one_of(run, &[CORRUPT, REFUSED, UNSUPPORTED, USAGE], at);
        let mut after = tree(&home.path(""));
        let gone = files.keys().filter(|path| !after.contains_key(*path));
        let gone: Vec<_> = gone.cloned().collect();
        for path in gone {
            let folder = path.parent().unwrap();
            assert!(folder.ends_with("invites"), "{at}: {}", path.display());
            after.insert(path.clone(), files[&path].clone());
        }
        assert_unchanged(&files, &after, "reply");
        assert_eq!(home.json(&["show"]), before, "{at}");
    }
}

#[test]
fn an_answer_of_another_accounts_guardian_opens_nothing() {
    let (one, other) = (Helped::new(), Helped::new());
    std::fs::copy(other.new.path("answer.txt"), one.new.path("answer.txt")).unwrap();
    let message = one.open(&one.pair.storage()).fails(4, "refused");
    assert!(message.contains("not made in this home"), "{message}");
    // Nor does another guardian's, to the very request of this home.
    std::fs::copy(one.new.path("help.txt"), other.pair.other.path("help.txt")).unwrap();
    let storage = other.pair.storage();
    let help = [
        "guardian",
        "help",
        "alice",
        "help.txt",
        "--code",
        &one.digits,
    ];
    let rest = ["--storage", &storage, "--passphrase-file", "passphrase"];
    let answer = other.pair.other.json(&[&help[..], &rest].concat());
    let answer = answer["message"].as_str().unwrap();
    std::fs::write(one.new.path("answer.txt"), answer).unwrap();
    let before = tree(&one.new.path(""));
    let run = one.open(&one.pair.storage());
    is_one_of(run, &[(3, "need-more-shares"), REFUSED], 0);
    assert_unchanged(&before, &tree(&one.new.path("")), "answer");
}

#[test]
fn a_reply_for_another_account_of_the_same_home_is_refused() {
    let pair = Pair::new();
    let second = [
        "create",
        "--account",
        "second",
        "--factor",
        "device",
        "--factor",
        "words",
    ];
    pair.owner
        .json(&[&second[..], &["--recovery-out", "second.txt"]].concat());
    let code = pair.until_the_digits();
    let before = tree(&pair.owner.path(""));
    let approve = ["device", "approve", "reply.txt", "--code", &code];
    let uses = ["--use", "device", "--use", "words:second.txt"];
    let account = ["--json", "--account", "second"];
    let message = pair
        .owner
        .run(&[&account[..], &approve, &uses].concat())
        .fails(4, "refused");
    assert!(message.contains("another account"), "{message}");
    assert_unchanged(&before, &tree(&pair.owner.path("")), "reply");
    // Where it was asked for, it counts.
    pair.owner.run(&pair.approval("device", &code)).json();
}

#[test]
fn a_damaged_invite_that_was_kept_is_named() {
    let pair = Pair::new();
    let code = pair.until_the_digits();
    let folder = pair.owner.path("home/accounts/main/invites");
    let file = std::fs::read_dir(folder).unwrap().next().unwrap();
    let file = file.unwrap().path();
    let whole = std::fs::read(&file).unwrap();
    let name = file.strip_prefix(pair.owner.path("")).unwrap();
    let damages = [
        (whole[..whole.len() / 2].to_vec(), CORRUPT),
        (Vec::new(), CORRUPT),
        ([&[2], &whole[1..]].concat(), UNSUPPORTED),
        (vec![0; 100_000], CORRUPT),
    ];
    for (damaged, answer) in damages {
        let home = pair.owner.copy();
        std::fs::write(home.path(&name.display().to_string()), damaged).unwrap();
        let before = home.json(&["show"]);
        let run = home.run(&pair.approval("device", &code));
        run.fails(answer.0, answer.1);
        assert_eq!(home.json(&["show"]), before);
    }
}

//! Somebody between the two who join, whose messages he reads, withholds and changes; and whoever
//! comes too late or twice.

use serde_json::Value;
use tki::formats::armour;
use tki::metadata::{
    Error, HelpRequest, HolderKind, JoinInvite, JoinReply, JoinRequest, PendingHelp, PendingJoin,
};
use tki_testkit::rng;

use crate::joining::{OWNER, Pair};
use crate::support::{Home, Run};

/// Reads a message as somebody on the way does.
fn caught<T>(home: &Home, file: &str, decode: fn(&[u8]) -> Result<T, Error>) -> T {
    let text = std::fs::read_to_string(home.path(file)).unwrap();
    decode(&armour::decode(&text).unwrap().content).unwrap()
}

/// Puts a message of his own in its place.
fn put(home: &Home, file: &str, kind: &str, content: Result<Vec<u8>, Error>) {
    let text = armour::encode(kind, &content.unwrap());
    std::fs::write(home.path(file), text.as_bytes()).unwrap();
}

/// What he has of his own: he could be a device himself.
fn attacker() -> PendingJoin {
    PendingJoin::new(HolderKind::Device, "phone", &mut rng("on the way"))
}

fn false_bob() -> PendingJoin {
    PendingJoin::new(HolderKind::Guardian, "Bob", &mut rng("not Bob"))
}

/// His reply to an invite that is for him, or that was meant for somebody else.
fn his_reply(mut his: PendingJoin, invite: &JoinInvite) -> JoinReply {
    let mut to_him = invite.clone();
    to_him.request = his.request().hash();
    his.invite = Some(to_him);
    let mut reply = his.reply().unwrap();
    reply.invite = invite.hash();
    reply
}

/// The owner types the digits of the phone's screen, and nobody is added.
#[track_caller]
fn nobody_joins(pair: &Pair, before: &Value, digits: &str, says: &str) {
    let message = pair
        .owner
        .run(&pair.approval("device", digits))
        .fails(4, "refused");
    assert!(message.contains(says), "{message}");
    assert_eq!(&pair.shown(), before);
    let storage = pair.storage();
    let finish = ["--json", "device", "finish", "--storage", &storage];
    pair.other.run(&finish).fails(4, "not-found");
    // There is one try.
    let message = pair
        .owner
        .run(&pair.approval("device", digits))
        .fails(4, "refused");
    assert!(message.contains("no open invite"), "{message}");
}

#[test]
fn whoever_swaps_request_and_reply_changes_the_digits() {
    let pair = Pair::new();
    let before = pair.shown();
    pair.asked(&["device", "request", "--label", "phone"]);
    let his = attacker().request();
    put(&pair.owner, "request.txt", "JOIN REQUEST", his.encode());
    pair.invited("device");
    // The owner's invite is to his request; he makes it one to the phone's.
    let to_him = caught(&pair.owner, "invite.txt", JoinInvite::decode);
    let mut to_phone = to_him.clone();
    to_phone.request = caught(&pair.other, "request.txt", JoinRequest::decode).hash();
    put(&pair.other, "invite.txt", "INVITE", to_phone.encode());
    let digits = pair.replied(&["device", "reply"]);
    put(
        &pair.owner,
        "reply.txt",
        "REPLY",
        his_reply(attacker(), &to_him).encode(),
    );
    nobody_joins(&pair, &before, &digits, "nothing was added");
}

#[test]
fn an_account_in_between_changes_the_digits() {
    // With no tool but the command line: he has an account that the phone is to join, and a device
    // that is to join the owner's.
    let pair = Pair::new();
    let before = pair.shown();
    let between = Pair::new();
    pair.other
        .json(&["device", "request", "--output", "request.txt"]);
    let carry = |from: &Home, to: &Home, file: &str| {
        std::fs::copy(from.path(file), to.path(file)).unwrap();
    };
    carry(&pair.other, &between.owner, "request.txt");
    between.invited("device");
    carry(&between.other, &pair.other, "invite.txt");
    std::fs::remove_file(between.other.path("invite.txt")).unwrap();
    between
        .other
        .json(&["device", "request", "--output", "request.txt"]);
    carry(&between.other, &pair.owner, "request.txt");
    pair.owner
        .json(&["device", "approve", "request.txt", "--output", "invite.txt"]);
    carry(&pair.owner, &between.other, "invite.txt");
    let reply = ["device", "reply", "invite.txt", "--output", "reply.txt"];
    let digits = pair.other.json(&reply)["code"].as_str().unwrap().to_owned();
    let his = between.other.json(&reply)["code"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_ne!(digits, his);
    carry(&between.other, &pair.owner, "reply.txt");
    nobody_joins(&pair, &before, &digits, "nothing was added");
}

#[test]
fn whoever_swaps_the_reply_alone_does_not_open_the_request() {
    let pair = Pair::new();
    let before = pair.shown();
    let digits = pair.until_the_digits();
    let invite = caught(&pair.owner, "invite.txt", JoinInvite::decode);
    put(
        &pair.owner,
        "reply.txt",
        "REPLY",
        his_reply(attacker(), &invite).encode(),
    );
    nobody_joins(&pair, &before, &digits, "not by whoever made the request");
}

#[test]
fn whatever_he_changes_of_the_invite_is_noticed() {
    type Change = fn(&mut JoinInvite);
    let changes: [(Change, &str); 4] = [
        (
            |invite| invite.account = "other".into(),
            "nothing was added",
        ),
        (|invite| invite.expires += 1, "nothing was added"),
        (|invite| invite.nonce[0] ^= 1, "nothing was added"),
        // The claim is over the binding, and then verifies for another one.
        (|invite| invite.binding[0] ^= 1, "claim"),
    ];
    for (change, says) in changes {
        let pair = Pair::new();
        let before = pair.shown();
        pair.asked(&["device", "request", "--label", "phone"]);
        pair.invited("device");
        let sent = caught(&pair.owner, "invite.txt", JoinInvite::decode);
        let mut changed = sent.clone();
        change(&mut changed);
        put(&pair.other, "invite.txt", "INVITE", changed.encode());
        let digits = pair.replied(&["device", "reply"]);
        // As it is, the reply names an invite that the owner never made; he mends that.
        let mut reply = caught(&pair.owner, "reply.txt", JoinReply::decode);
        pair.owner
            .run(&pair.approval("device", &digits))
            .fails(4, "refused");
        reply.invite = sent.hash();
        put(&pair.owner, "reply.txt", "REPLY", reply.encode());
        nobody_joins(&pair, &before, &digits, says);
    }
}

#[test]
fn whatever_he_changes_of_the_request_is_noticed() {
    type Change = fn(&mut JoinRequest);
    let changes: [Change; 4] = [
        |request| request.label = "my phone".into(),
        |request| request.commitment[0] ^= 1,
        |request| request.kind = HolderKind::Guardian,
        |request| request.address = attacker().request().address,
    ];
    for change in changes {
        let pair = Pair::new();
        let before = pair.shown();
        pair.asked(&["device", "request", "--label", "phone"]);
        let mut changed = caught(&pair.owner, "request.txt", JoinRequest::decode);
        change(&mut changed);
        put(&pair.owner, "request.txt", "JOIN REQUEST", changed.encode());
        let group = if changed.kind == HolderKind::Device {
            "device"
        } else {
            "guardian"
        };
        pair.invited(group);
        let reply = ["--json", "device", "reply", "invite.txt"];
        let message = pair.other.run(&reply).fails(4, "refused");
        assert!(message.contains("another request"), "{message}");
        assert_eq!(pair.shown(), before);
    }
}

#[test]
fn a_second_reply_is_not_looked_at() {
    let pair = Pair::new();
    let digits = pair.until_the_digits();
    let first = pair.owner.run(&pair.approval("device", &digits)).json();
    assert_eq!(first["account_version"], 1);
    // The very same, and another one to the same invite.
    let invite = caught(&pair.owner, "invite.txt", JoinInvite::decode);
    for reply in [
        caught(&pair.owner, "reply.txt", JoinReply::decode),
        his_reply(attacker(), &invite),
    ] {
        put(&pair.owner, "reply.txt", "REPLY", reply.encode());
        let message = pair
            .owner
            .run(&pair.approval("device", &digits))
            .fails(4, "refused");
        assert!(message.contains("no open invite"), "{message}");
    }
    assert_eq!(pair.shown()["account_version"], 1);
}

#[test]
fn a_second_invite_is_not_answered() {
    let pair = Pair::new();
    let digits = pair.until_the_digits();
    let mut second = caught(&pair.other, "invite.txt", JoinInvite::decode);
    second.nonce = [7; 32];
    put(&pair.other, "second.txt", "INVITE", second.encode());
    let reply = ["--json", "device", "reply", "second.txt"];
    let message = pair.other.run(&reply).fails(4, "refused");
    assert!(message.contains("invite"), "{message}");
    // The first one still stands.
    pair.owner.run(&pair.approval("device", &digits)).json();
}

#[test]
fn a_guardian_who_is_swapped_on_the_way_is_not_added() {
    let pair = Pair::new();
    let before = pair.shown();
    let offer = ["guardian", "offer", "alice", "--label", "Bob"];
    pair.asked(&[&offer[..], &["--passphrase-file", "passphrase"]].concat());
    let his = false_bob().request();
    put(&pair.owner, "request.txt", "JOIN REQUEST", his.encode());
    pair.invited("guardian");
    let to_him = caught(&pair.owner, "invite.txt", JoinInvite::decode);
    let mut to_bob = to_him.clone();
    to_bob.request = caught(&pair.other, "request.txt", JoinRequest::decode).hash();
    put(&pair.other, "invite.txt", "INVITE", to_bob.encode());
    let accept = [
        "guardian",
        "accept",
        "alice",
        "--passphrase-file",
        "passphrase",
    ];
    let digits = pair.replied(&accept);
    put(
        &pair.owner,
        "reply.txt",
        "REPLY",
        his_reply(false_bob(), &to_him).encode(),
    );
    let message = pair
        .owner
        .run(&pair.approval("guardian", &digits))
        .fails(4, "refused");
    assert!(message.contains("nothing was added"), "{message}");
    assert_eq!(pair.shown(), before);
}

#[test]
fn help_for_somebody_in_between_has_other_digits() {
    let pair = Pair::guarded();
    let new = Home::new();
    let ask = ["guardian", "ask", "--output", "help.txt"];
    let digits = new.json(&ask)["code"].as_str().unwrap().to_owned();
    let honest = caught(&new, "help.txt", HelpRequest::decode);
    let his = PendingHelp::new("Alice", honest.expires, &mut rng("not Alice"));
    let mut relabelled = honest.clone();
    relabelled.label = "Alice".into();
    for swapped in [his.request, relabelled] {
        put(&pair.other, "help.txt", "HELP REQUEST", swapped.encode());
        let message = helped(&pair, &digits).fails(4, "refused");
        assert!(message.contains("nothing was handed out"), "{message}");
        assert!(!pair.other.path("answer.txt").exists());
    }
    put(&pair.other, "help.txt", "HELP REQUEST", honest.encode());
    helped(&pair, &digits).json();
}

fn help<'a>(storage: &'a str, digits: &'a str) -> Vec<&'a str> {
    let help = ["--json", "guardian", "help", "alice", "help.txt"];
    let rest = ["--passphrase-file", "passphrase", "--output", "answer.txt"];
    let mut all = [&help[..], &rest].concat();
    all.extend(["--storage", storage, "--code", digits]);
    all
}

fn helped(pair: &Pair, digits: &str) -> Run {
    pair.other.run(&help(&pair.storage(), digits))
}

#[cfg(feature = "faults")]
mod late {
    use super::*;
    use crate::support::finish;

    /// A run by a clock that is ahead.
    fn later(home: &Home, arguments: &[&str], seconds: u64) -> Run {
        let mut command = home.command(arguments);
        command.env("TKI_FAULT_CLOCK_AHEAD", seconds.to_string());
        finish(command, b"")
    }

    #[test]
    fn an_invite_expires_for_who_is_invited() {
        let pair = Pair::new();
        pair.asked(&["device", "request", "--label", "phone"]);
        pair.invited("device");
        let reply = ["--json", "device", "reply", "invite.txt"];
        let message = later(&pair.other, &reply, 3700).fails(4, "refused");
        assert!(message.contains("expired"), "{message}");
        // A minute before, it does not.
        later(&pair.other, &reply, 3500).json();
    }

    #[test]
    fn an_invite_expires_for_who_made_it() {
        let pair = Pair::new();
        let before = pair.shown();
        let digits = pair.until_the_digits();
        let approval = pair.approval("device", &digits);
        let message = later(&pair.owner, &approval, 3700).fails(4, "refused");
        assert!(message.contains("expired"), "{message}");
        // It is used up, whatever the clock says then.
        pair.owner.run(&approval).fails(4, "refused");
        assert_eq!(pair.shown(), before);
    }

    #[test]
    fn an_invite_is_good_for_as_long_as_was_said() {
        let pair = Pair::new();
        pair.asked(&["device", "request", "--label", "phone"]);
        let approve = ["device", "approve", "request.txt", "--expires", "1440"];
        pair.owner
            .json(&[&approve[..], &["--output", "invite.txt"]].concat());
        pair.to_other("invite.txt");
        let digits = pair.replied(&["device", "reply"]);
        let approval = pair.approval("device", &digits);
        later(&pair.owner, &approval, 86_000).json();
    }

    #[test]
    fn a_request_that_comes_again_after_the_expiry_has_a_new_invite() {
        let pair = Pair::new();
        pair.asked(&["device", "request", "--label", "phone"]);
        pair.invited("device");
        let first = caught(&pair.owner, "invite.txt", JoinInvite::decode);
        // Until then it is the same.
        pair.invited("device");
        let approve = ["--json", "device", "approve", "request.txt"];
        let run = later(&pair.owner, &approve, 3700).json();
        let text = run["message"].as_str().unwrap();
        let second = JoinInvite::decode(&armour::decode(text).unwrap().content).unwrap();
        assert_ne!(first.hash(), second.hash());
        assert!(second.expires > first.expires);
        // What has expired is not kept.
        let kept = pair.owner.path("home/accounts/main/invites");
        assert_eq!(std::fs::read_dir(kept).unwrap().count(), 1);
    }

    #[test]
    fn an_answer_is_of_no_use_after_its_request_expired() {
        let pair = Pair::guarded();
        let new = Home::new();
        std::fs::copy(pair.owner.path("words.txt"), new.path("words.txt")).unwrap();
        let digits = new.json(&["guardian", "ask", "--output", "help.txt"])["code"].clone();
        std::fs::copy(new.path("help.txt"), pair.other.path("help.txt")).unwrap();
        helped(&pair, digits.as_str().unwrap()).json();
        std::fs::copy(pair.other.path("answer.txt"), new.path("answer.txt")).unwrap();
        let storage = pair.storage();
        let open = ["--json", "open", "--storage", &storage];
        let uses = ["--use", "words:words.txt", "--use", "guardian:answer.txt"];
        let open = [&open[..], &uses].concat();
        later(&new, &open, 80_000).json();
        let message = later(&new, &open, 90_000).fails(4, "refused");
        assert!(message.contains("expired"), "{message}");
        // The one-time secret is gone, whatever the clock says then.
        let kept = std::fs::read_dir(new.path("home/asked")).unwrap();
        assert_eq!(kept.count(), 0);
        new.run(&open).fails(4, "refused");
    }

    #[test]
    fn what_has_expired_is_forgotten_by_the_next_command() {
        let pair = Pair::new();
        pair.asked(&["device", "request", "--label", "phone"]);
        pair.invited("device");
        pair.owner
            .json(&["guardian", "ask", "--output", "help.txt"]);
        let folders = ["home/accounts/main/invites", "home/asked"];
        let left = || {
            let count = |folder| std::fs::read_dir(pair.owner.path(folder)).unwrap().count();
            folders.map(count)
        };
        // What a killed command left of a write may be half a secret.
        std::fs::write(pair.owner.path("home/asked/.half"), [1, 2, 3]).unwrap();
        pair.owner.json(&["show"]);
        assert_eq!(left(), [1, 1]);
        // Offline nothing is written.
        later(&pair.owner, &["--json", "show", "--offline"], 90_000).json();
        assert_eq!(left(), [1, 1]);
        later(&pair.owner, &["--json", "show"], 90_000).json();
        assert_eq!(left(), [0, 0]);
    }

    #[test]
    fn a_request_for_help_expires() {
        let pair = Pair::guarded();
        let new = Home::new();
        let ask = ["guardian", "ask", "--output", "help.txt", "--expires", "60"];
        let digits = new.json(&ask)["code"].as_str().unwrap().to_owned();
        std::fs::copy(new.path("help.txt"), pair.other.path("help.txt")).unwrap();
        let storage = pair.storage();
        let message = later(&pair.other, &help(&storage, &digits), 3700).fails(4, "refused");
        assert!(message.contains("expired"), "{message}");
        later(&pair.other, &help(&storage, &digits), 3500).json();
    }
}

#[test]
fn one_machine_offers_to_guard_two_accounts_at_once() {
    let pairs = [Pair::new(), Pair::new()];
    let bob = &pairs[0].other;
    let run = |arguments: &[&str]| {
        let passphrase = ["--passphrase-file", "passphrase"];
        bob.json(&[arguments, &passphrase].concat())
    };
    let carry = |from: &Home, to: &Home, file: &str| {
        std::fs::copy(from.path(file), to.path(file)).unwrap();
    };
    let names = ["alice", "carol"];
    for (name, pair) in names.iter().zip(&pairs) {
        let request = format!("{name}.request");
        run(&["guardian", "offer", name, "--output", &request]);
        carry(bob, &pair.owner, &request);
        let invite = format!("{name}.invite");
        pair.owner
            .json(&["guardian", "approve", &request, "--output", &invite]);
        carry(&pair.owner, bob, &invite);
    }
    // The invite of one is no invite of the other.
    let crossed = ["--json", "guardian", "accept", "alice", "carol.invite"];
    let passphrase = ["--passphrase-file", "passphrase"];
    let message = bob
        .run(&[&crossed[..], &passphrase].concat())
        .fails(4, "refused");
    assert!(message.contains("another request"), "{message}");
    for (name, pair) in names.iter().zip(&pairs) {
        let (invite, reply) = (format!("{name}.invite"), format!("{name}.reply"));
        let replied = run(&["guardian", "accept", name, &invite, "--output", &reply]);
        carry(bob, &pair.owner, &reply);
        let digits = replied["code"].as_str().unwrap();
        let approve = ["guardian", "approve", &reply, "--code", digits];
        pair.owner.json(&[&approve[..], &OWNER].concat());
    }
    let list = bob.json(&["guardian", "list"]);
    assert_eq!(list["guarded"], serde_json::json!(names));
}

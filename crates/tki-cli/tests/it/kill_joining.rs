//! Joining, killed at every numbered file write and commit, on either side: the account opens, and
//! whoever was killed goes on with the same command. Where an invite was used up, a new request does
//! it.

use crate::joining::Pair;
use crate::kill::{check_failure, was_killed};
use crate::support::{Home, finish};

/// What is left of a command that was killed, or had no room on the disk.
pub(crate) struct Killed<'a> {
    pub(crate) pair: &'a Pair,
    pub(crate) point: &'a str,
    /// Its result, if it had come to that.
    pub(crate) printed: &'a str,
}

/// Runs a command in a home, killed at each of its points, and on a disk that is full there; `after`
/// sees what is left.
#[expect(clippy::print_stdout, reason = "how many points there were")]
pub(crate) fn at_every_point(
    pair: &Pair,
    side: fn(&Pair) -> &Home,
    arguments: &[&str],
    after: fn(&Killed<'_>),
) {
    let arguments = [&["--json"], arguments].concat();
    let undisturbed = pair.copy();
    let home = side(&undisturbed);
    let mut command = home.command(&arguments);
    command.env("TKI_FAULT_COUNT", home.path("points"));
    finish(command, b"").ok();
    let points = std::fs::read_to_string(home.path("points")).unwrap();
    for (number, point) in (1..).zip(points.lines()) {
        for fault in ["killed", "full"] {
            let left = pair.copy();
            let mut command = side(&left).command(&arguments);
            let printed = if fault == "full" {
                command
                    .env("TKI_FAULT_FAIL_AT", number.to_string())
                    .env("TKI_FAULT_FAIL_AS", fault);
                let run = finish(command, b"");
                let printed = run.out.clone();
                check_failure(run, "disk-full");
                printed
            } else {
                command.env("TKI_FAULT_KILL_AT", number.to_string());
                let run = finish(command, b"");
                assert!(was_killed(run.status), "{point}: {}", run.err);
                run.out
            };
            after(&Killed {
                pair: &left,
                point: &format!("{point}, {fault}"),
                printed: &printed,
            });
        }
    }
    println!("{arguments:?}: {} points", points.lines().count());
    assert!(points.lines().count() > 1);
}

const REQUEST: [&str; 8] = [
    "device",
    "request",
    "--label",
    "phone",
    "--output",
    "request.txt",
    "--qr-output",
    "request.svg",
];
const INVITE: [&str; 5] = ["device", "approve", "request.txt", "--output", "invite.txt"];
const REPLY: [&str; 5] = ["device", "reply", "invite.txt", "--output", "reply.txt"];
const OWNER: [&str; 4] = ["--use", "device", "--use", "words:words.txt"];

/// The rest of it, from the request on; every step may have been made before.
fn from_the_request(pair: &Pair, point: &str) {
    pair.other.json(&REQUEST);
    pair.to_owner("request.txt");
    from_the_invite(pair, point);
}

fn from_the_invite(pair: &Pair, point: &str) {
    pair.owner.json(&INVITE);
    pair.to_other("invite.txt");
    from_the_reply(pair, point);
}

fn from_the_reply(pair: &Pair, point: &str) {
    let code = pair.other.json(&REPLY)["code"].as_str().unwrap().to_owned();
    pair.to_owner("reply.txt");
    let approve = ["device", "approve", "reply.txt", "--code", &code];
    pair.owner.json(&[&approve[..], &OWNER].concat());
    from_the_end(pair, point);
}

fn from_the_end(pair: &Pair, point: &str) {
    let storage = pair.storage();
    let member = pair
        .other
        .json(&["device", "finish", "--storage", &storage]);
    let factors = member["factors"].as_array().unwrap();
    assert_eq!(factors.len(), 3, "{point}");
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
    pair.other.json(&open);
}

#[test]
fn a_request_survives_a_kill_at_every_point() {
    at_every_point(
        &Pair::new(),
        |pair| &pair.other,
        &REQUEST,
        |killed| from_the_request(killed.pair, killed.point),
    );
}

#[test]
fn an_invite_survives_a_kill_at_every_point() {
    let pair = Pair::new();
    pair.other.json(&REQUEST);
    pair.to_owner("request.txt");
    at_every_point(
        &pair,
        |pair| &pair.owner,
        &INVITE,
        |killed| from_the_invite(killed.pair, killed.point),
    );
}

#[test]
fn a_reply_survives_a_kill_at_every_point() {
    let pair = Pair::new();
    pair.other.json(&REQUEST);
    pair.to_owner("request.txt");
    pair.owner.json(&INVITE);
    pair.to_other("invite.txt");
    at_every_point(
        &pair,
        |pair| &pair.other,
        &REPLY,
        |killed| from_the_reply(killed.pair, killed.point),
    );
}

#[test]
fn an_approval_survives_a_kill_at_every_point() {
    let pair = Pair::new();
    let code = pair.until_the_digits();
    let approve = ["device", "approve", "reply.txt", "--code", &code];
    let arguments = [&approve[..], &OWNER].concat();
    std::fs::write(pair.owner.path("code"), &code).unwrap();
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
                return from_the_end(pair, point);
            }
            let code = std::fs::read_to_string(pair.owner.path("code")).unwrap();
            let approve = ["--json", "device", "approve", "reply.txt", "--code", &code];
            let again = pair.owner.run(&[&approve[..], &OWNER].concat());
            if again.status.success() {
                assert_eq!(again.json()["account_version"], 1, "{point}");
                return from_the_end(pair, point);
            }
            // The one try was used up before the change was made.
            let message = again.fails(4, "refused");
            assert!(message.contains("no open invite"), "{point}: {message}");
            assert_eq!(pair.owner.json(&["show"])["account_version"], 0, "{point}");
            for file in ["request.txt", "request.svg", "invite.txt", "reply.txt"] {
                std::fs::remove_file(pair.owner.path(file)).ok();
                std::fs::remove_file(pair.other.path(file)).ok();
            }
            pair.other.json(&[&REQUEST[..], &["--again"]].concat());
            pair.to_owner("request.txt");
            from_the_invite(pair, point);
        },
    );
}

#[test]
fn finishing_survives_a_kill_at_every_point() {
    let pair = Pair::new();
    let code = pair.until_the_digits();
    let approve = ["device", "approve", "reply.txt", "--code", &code];
    pair.owner.json(&[&approve[..], &OWNER].concat());
    // The storage of a copy is the copy's own: its path is that of the other home.
    std::fs::copy(
        pair.owner.path("home/storage.redb"),
        pair.other.path("home/storage.redb"),
    )
    .unwrap();
    at_every_point(
        &pair,
        |pair| &pair.other,
        &["device", "finish"],
        |killed| from_the_end(killed.pair, killed.point),
    );
}

//! `docs/recovery/recover.py`, plain Python written from the specification, against what `tki` makes:
//! backups of every curve and of changed accounts, every kind of factor that it takes, and damage.
//!
//! Without `python3` each test says that it is skipped.

use alloc::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::{Home, Run, finish, has};

/// Enough for no evaluator, so that nothing is insisted on.
const PASSWORD: &str = "password = vQ7;rT2.xB9-mK4,zW8!pL5\n";

const FIVE: &str = "\
first-seat-neighbour = Ottilie von Hagenbruck
childhood-phone = 0 83 05-274 961
first-teacher = Frau Krzyzanowski
\"What stood on the gate?\" = a blue heron
\"On which day did we leave?\" (date) = 7 March 1984
";

/// Three right answers, written in another way, and a wrong one.
const THREE: &str = "\
first-seat-neighbour = somebody else
childhood-phone = 083052-74961
first-teacher = FRAU KRZYŻANOWSKI
\"What stood on the gate?\" = A blue heron!
";

const DEVICE: &[&str] = &["--device", "home/accounts/main/device.tki"];
const WORDS: &[&str] = &["--words", "words.txt"];
const ANSWERS: &[&str] = &["--answers", "answers.txt"];
const FILE: &[&str] = &["--file", "factor.txt"];
const PASSKEY: &[&str] = &["--passkey", "passkeys"];
const LOGIN: &[&str] = &[
    "--provider",
    "home/provider.key",
    "--passphrase-file",
    "passphrase",
];

/// Every kind of factor that an account is created with, and how the program takes it.
const KINDS: &[(&str, &[&str])] = &[
    ("device", DEVICE),
    ("provider", LOGIN),
    ("words", WORDS),
    ("answers:answers.txt", ANSWERS),
    ("file:factor.txt", FILE),
    ("passkey:software:passkeys", PASSKEY),
];

pub(crate) fn has_python() -> bool {
    has("python3", "--version")
}

/// Runs the program in the folder of a home.
fn recover(home: &Home, arguments: &[&str]) -> Run {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/recovery/recover.py");
    let mut command = Command::new("python3");
    command
        .args(["-I", "-B"])
        .arg(script)
        .args(arguments)
        .current_dir(home.path(""));
    finish(command, b"")
}

/// The same with `--json`.
pub(crate) fn recover_json(home: &Home, arguments: &[&[&str]]) -> Run {
    recover(home, &[&["--json"], &arguments.concat()[..]].concat())
}

/// The key that the program shows.
fn key(home: &Home, arguments: &[&[&str]]) -> String {
    let shown = recover_json(home, &[&["--show-key"], &arguments.concat()[..]]).json();
    assert_eq!(shown["opened"], true);
    assert_eq!(shown["notes"], Value::Array(Vec::new()));
    shown["secret_key"]["value"].as_str().unwrap().to_owned()
}

/// The key that `tki` exports.
fn exported(home: &Home, uses: &[&str]) -> String {
    let uses = uses.iter().flat_map(|factor| ["--use", factor]);
    let mut arguments = vec!["export", "--format", "hex", "--output", "-"];
    arguments.extend(uses);
    home.run(&arguments).ok().trim().to_owned()
}

fn backed_up(kinds: &[&str], curve: &str, threshold: &str) -> Home {
    let home = Home::new();
    fs::write(home.path("answers.txt"), PASSWORD).unwrap();
    let mut arguments = vec!["create", "--curve", curve, "--threshold", threshold];
    arguments.extend(kinds.iter().flat_map(|kind| ["--factor", kind]));
    arguments.extend(["--recovery-out", "words.txt"]);
    home.run(&arguments).ok();
    home.run(&["backup", "account.tki"]).ok();
    home
}

/// Every choice of so many of the kinds but answers alone, which find no account.
fn quorums(size: usize) -> Vec<Vec<&'static [&'static str]>> {
    let all = 0..1_usize << KINDS.len();
    let chosen = all.map(|bits| {
        let kinds = KINDS.iter().enumerate();
        let kinds = kinds.filter(move |(place, _)| bits >> place & 1 == 1);
        kinds.map(|(_, (_, arguments))| *arguments).collect()
    });
    chosen
        .filter(|quorum: &Vec<_>| quorum.len() == size && quorum != &[ANSWERS])
        .collect()
}

fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                BTreeSet::from([path])
            }
        })
        .collect()
}

#[test]
fn the_program_computes_the_vectors_of_others() {
    if !has_python() {
        return;
    }
    let home = Home::new();
    let printed = recover(&home, &["--self-test"]).ok();
    assert!(printed.lines().count() >= 15, "{printed}");
    assert!(
        printed.lines().all(|line| line.starts_with("ok ")),
        "{printed}"
    );
}

#[test]
fn every_quorum_on_every_curve_gives_the_key_back() {
    if !has_python() {
        return;
    }
    let kinds: Vec<&str> = KINDS.iter().map(|(kind, _)| *kind).collect();
    for curve in ["secp256k1", "ed25519", "p256"] {
        for (threshold, size) in [("2", 2), ("3", 3)] {
            let home = backed_up(&kinds, curve, threshold);
            let right = exported(&home, &["device", "words:words.txt", "provider"]);
            for quorum in quorums(size) {
                let given = quorum.concat();
                assert_eq!(key(&home, &[&["account.tki"], &given]), right, "{given:?}");
            }
            for few in quorums(size - 1) {
                let given = few.concat();
                let run = recover_json(&home, &[&["--show-key", "account.tki"], &given]);
                assert_eq!(run.status.code(), Some(3), "{given:?}: {}", run.err);
                assert!(!run.out.contains("secret_key"));
            }
        }
    }
}

#[test]
fn it_says_what_tki_says_and_shows_no_key_unasked() {
    if !has_python() {
        return;
    }
    let home = backed_up(&["device", "provider", "words"], "secp256k1", "2");
    let before = files(&home.path(""));
    let told = home.json(&["show"]);
    let shown = recover_json(&home, &[&["account.tki"], WORDS, DEVICE]).json();
    for field in [
        "account",
        "account_version",
        "addresses",
        "curve",
        "epoch",
        "freshness",
        "threshold",
        "verifying_key",
    ] {
        assert_eq!(shown[field], told[field], "{field}");
    }
    assert_eq!(shown["records_verified"], 4);
    let right = exported(&home, &["device", "words:words.txt"]);
    let run = recover(
        &home,
        &["account.tki", "--words", "words.txt", DEVICE[0], DEVICE[1]],
    );
    assert!(!run.err.contains(&right));
    assert!(!run.ok().contains(&right));
    assert!(recover(&home, &["--help"]).ok().contains("--show-key"));
    assert_eq!(files(&home.path("")), before, "it writes nothing");
}

#[test]
fn an_account_is_given_back_through_its_changes() {
    if !has_python() {
        return;
    }
    for curve in ["secp256k1", "ed25519", "p256"] {
        let home = backed_up(&["device", "provider", "words"], curve, "2");
        let right = exported(&home, &["device", "words:words.txt"]);
        let both = ["--use", "device", "--use", "words:words.txt"];
        let change = |command: &[&str], bundle: &str| {
            home.run(&[command, &both].concat()).ok();
            home.run(&["backup", bundle]).ok();
        };
        change(&["refresh"], "refreshed.tki");
        assert_eq!(key(&home, &[&["refreshed.tki"], DEVICE, WORDS]), right);
        assert_eq!(key(&home, &[&["refreshed.tki"], LOGIN, WORDS]), right);

        change(&["renew", "--recovery-out", "renewed.txt"], "renewed.tki");
        let renewed = &["--words", "renewed.txt"][..];
        assert_eq!(key(&home, &[&["renewed.tki"], DEVICE, renewed]), right);
        let old = recover_json(&home, &[&["renewed.tki"], DEVICE, WORDS]);
        assert_eq!(old.status.code(), Some(3), "{}", old.err);

        let both = ["--use", "device", "--use", "words:renewed.txt"];
        home.run(&[&["factor", "remove", "2", "--yes"], &both[..]].concat())
            .ok();
        home.run(&["backup", "removed.tki"]).ok();
        assert_eq!(key(&home, &[&["removed.tki"], DEVICE, renewed]), right);
        let old = recover_json(&home, &[&["removed.tki"], LOGIN, renewed]);
        assert_eq!(old.status.code(), Some(3), "{}", old.err);

        // Old factors open the backup of their time, unless somebody at hand saw a newer version.
        assert_eq!(key(&home, &[&["account.tki"], LOGIN, WORDS]), right);
        let run = recover_json(&home, &[&["refreshed.tki"], LOGIN, DEVICE, WORDS]);
        run.fails(4, "refused");

        // The device's own copies, without any backup.
        assert_eq!(key(&home, &[DEVICE, renewed]), right);
    }
}

#[test]
fn an_account_that_moves_to_another_key_gives_both_back() {
    if !has_python() {
        return;
    }
    for curve in ["secp256k1", "ed25519", "p256"] {
        let home = backed_up(&["device", "provider", "words"], curve, "2");
        let both = ["--use", "device", "--use", "words:words.txt"];
        let right = exported(&home, &["device", "words:words.txt"]);
        let change = |command: &[&str], bundle: &str| {
            let changed = home.json(&[command, &both].concat());
            home.run(&["backup", bundle]).ok();
            changed
        };
        let begun = change(&["rotate"], "moving.tki");
        let next = ["export", "--format", "hex", "--output", "-", "--next"];
        let next = home.run(&[&next[..], &both].concat()).ok();
        let show = ["moving.tki", "--show-key"];
        for quorum in [[DEVICE, WORDS], [LOGIN, WORDS], [LOGIN, DEVICE]] {
            let shown = recover_json(&home, &[&show, quorum[0], quorum[1]]).json();
            assert_eq!(shown["secret_key"]["value"], right);
            assert_eq!(shown["next_key"]["secret_key"]["value"], next.trim());
            assert_eq!(shown["notes"], Value::Array(Vec::new()));
            for field in ["verifying_key", "addresses"] {
                assert_eq!(shown["next_key"][field], begun["next_key"][field]);
            }
        }
        change(&["refresh"], "refreshed.tki");
        let shown = recover_json(&home, &[&["refreshed.tki", "--show-key"], LOGIN, WORDS]);
        assert_eq!(shown.json()["secret_key"]["value"], right);
        let address = begun["next_key"]["verifying_key"].as_str().unwrap();
        change(&["rotate", "--confirm", address, "--yes"], "moved.tki");
        for quorum in [[DEVICE, WORDS], [LOGIN, WORDS]] {
            let moved = [&["moved.tki"], quorum[0], quorum[1]];
            assert_eq!(key(&home, &moved), next.trim());
        }
        // The device has seen the new key, and so says that the old backup is an old one.
        let old = [&["account.tki"], DEVICE, WORDS];
        recover_json(&home, &old).fails(4, "refused");
        assert_eq!(key(&home, &[&["account.tki"], LOGIN, WORDS]), right);
    }
}

type Sets = &'static [&'static [usize]];

/// Of device 1, words 2, the login 3 and files 4 and 5: structures with what suffices and what does
/// not, by their numbers.
const STRUCTURES: &[(&str, Sets, Sets)] = &[
    (
        "2 of (1, 3, 2 of (2, 4, 5))",
        &[&[1, 3], &[1, 2, 5], &[3, 4, 5], &[4, 2, 3]],
        &[&[2, 4, 5], &[1, 4], &[3]],
    ),
    (
        "all(1, any(3, 2), any(4, 5))",
        &[&[1, 3, 4], &[5, 2, 1]],
        &[&[2, 3, 4, 5], &[1, 2, 3]],
    ),
    (
        "4 of (1*2, 2*2, 3, 4, 5)",
        &[&[1, 2], &[1, 3, 5], &[5, 4, 3, 2]],
        &[&[3, 4, 5], &[1, 4]],
    ),
    (
        "any(all(1, 2), all(3, any(4, all(1, 5))))",
        &[&[1, 2], &[3, 4], &[5, 1, 3]],
        &[&[1, 3], &[2, 4, 5], &[3, 5]],
    ),
];

#[test]
fn nested_structures_and_weights_give_the_key_back_and_fewer_do_not() {
    if !has_python() {
        return;
    }
    let kinds = ["device", "words", "provider", "file:a.txt", "file:b.txt"];
    let taken = [
        DEVICE,
        WORDS,
        LOGIN,
        &["--file", "a.txt"],
        &["--file", "b.txt"],
    ];
    let all = [
        "device",
        "words:words.txt",
        "provider",
        "file:a.txt",
        "file:b.txt",
    ];
    for curve in ["secp256k1", "ed25519"] {
        let home = backed_up(&kinds, curve, "2");
        let right = exported(&home, &all);
        for (number, (structure, quorums, blind)) in STRUCTURES.iter().enumerate() {
            let set = ["structure", "set", structure, "--yes"];
            let uses: Vec<_> = all.iter().flat_map(|factor| ["--use", factor]).collect();
            let told = home.json(&[&set[..], &uses].concat());
            let bundle = format!("{number}.tki");
            home.run(&["backup", &bundle]).ok();
            let given = |numbers: &[usize]| {
                let factors = numbers.iter().map(|number| taken[number - 1]);
                let factors: Vec<&[&str]> = factors.collect();
                [&[bundle.as_str(), "--show-key"], &factors.concat()[..]].concat()
            };
            for quorum in *quorums {
                let shown = recover_json(&home, &[&given(quorum)]).json();
                assert_eq!(
                    shown["secret_key"]["value"], right,
                    "{structure} {quorum:?}"
                );
                assert_eq!(shown["structure"], told["structure"]);
            }
            for few in *blind {
                let run = recover_json(&home, &[&given(few)]);
                assert_eq!(
                    run.status.code(),
                    Some(3),
                    "{structure} {few:?}: {}",
                    run.err
                );
                assert!(!run.out.contains("secret_key"));
            }
        }
    }
}

#[test]
fn too_few_of_a_nested_structure_are_told_which_would_do() {
    if !has_python() {
        return;
    }
    let home = backed_up(
        &["device", "words", "provider", "file:factor.txt"],
        "p256",
        "2",
    );
    let uses = ["device", "words:words.txt", "provider", "file:factor.txt"];
    let uses = uses.iter().flat_map(|factor| ["--use", factor]);
    let set = ["structure", "set", "2 of (1, 2, all(3, 4))", "--yes"];
    home.json(&[&set[..], &uses.collect::<Vec<_>>()].concat());
    home.run(&["backup", "nested.tki"]).ok();
    let run = recover_json(&home, &[&["nested.tki"], FILE]);
    let next = run.next();
    let parts: Vec<_> = next.trim_start_matches("bring ").split(", or ").collect();
    assert_eq!(parts.len(), 3, "{next}");
    for part in parts {
        assert_eq!(part.matches(" and ").count(), 1, "{next}");
    }
    assert_eq!(run.status.code(), Some(3), "{}", run.err);
    let run = recover_json(&home, &[&["nested.tki"], WORDS]);
    let next = run.next();
    assert!(next.starts_with("bring device 1"), "{next}");
    assert!(next.contains(", or provider 3"), "{next}");
    assert!(next.contains(" and file 4"), "{next}");
    assert_eq!(run.status.code(), Some(3), "{}", run.err);
}

#[test]
fn an_ed25519_key_comes_back_as_the_seed_that_it_was() {
    if !has_python() {
        return;
    }
    let home = Home::new();
    let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    fs::write(home.path("key"), seed).unwrap();
    let import = ["import", "key", "--curve", "ed25519", "--format", "hex"];
    let words = ["--recovery-out", "words.txt"];
    home.run(&[&import[..], &words].concat()).ok();
    home.run(&["backup", "account.tki"]).ok();
    assert_eq!(key(&home, &[&["account.tki"], DEVICE, WORDS]), seed);
}

#[test]
fn a_printed_page_of_words_opens_and_says_how_old_the_backup_may_be() {
    if !has_python() {
        return;
    }
    let home = Home::new();
    let create = ["create", "--factor", "device", "--factor", "words"];
    home.run(&[&create[..], &["--recovery-out", "sheet.html"]].concat())
        .ok();
    home.run(&["backup", "old.tki"]).ok();
    let page = ["--words", "sheet.html"];
    let right = exported(&home, &["device", "words:sheet.html"]);
    assert_eq!(key(&home, &[&["old.tki"], DEVICE, &page]), right);
    // Each sheet is a witness of the version that it was printed in.
    let both = ["--use", "device", "--use", "words:sheet.html"];
    let renew = ["renew", "--recovery-out", "newer.html"];
    home.run(&[&renew[..], &both].concat()).ok();
    home.run(&["backup", "new.tki"]).ok();
    let newer = ["--words", "newer.html"];
    assert_eq!(key(&home, &[&["new.tki"], DEVICE, &newer]), right);
    let text = fs::read_to_string(home.path("newer.html")).unwrap();
    let torn = text.split("<!-- end of words -->").next().unwrap();
    let torn = torn.replace("</li>", "").replace("<!-- words -->", "");
    fs::write(home.path("torn.html"), &torn[..torn.len() / 2]).unwrap();
    recover_json(&home, &[&["new.tki", "--words", "torn.html"], DEVICE]).fails(4, "wrong-words");
}

#[test]
fn a_file_under_a_passphrase_opens_with_it_alone() {
    if !has_python() {
        return;
    }
    let home = Home::new();
    fs::write(home.path("secret"), "open sesame\n").unwrap();
    let create = ["create", "--factor", "device", "--factor", "words"];
    let file = [
        "--factor",
        "file:factor.txt",
        "--file-passphrase-file",
        "secret",
    ];
    let words = ["--recovery-out", "words.txt"];
    home.run(&[&create[..], &file, &words].concat()).ok();
    home.run(&["backup", "account.tki"]).ok();
    let right = exported(&home, &["device", "words:words.txt"]);
    let given = [&["account.tki"], FILE, WORDS].concat();
    let secret = ["--passphrase-file", "secret"];
    assert_eq!(key(&home, &[&given, &secret]), right);
    recover_json(&home, &[&given]).fails(4, "wrong-passphrase");
    recover_json(&home, &[&given, &["--passphrase-file", "passphrase"]])
        .fails(4, "wrong-passphrase");
}

#[test]
fn answers_whose_share_follows_from_them_open_too() {
    if !has_python() {
        return;
    }
    let home = Home::new();
    fs::write(home.path("answers.txt"), PASSWORD).unwrap();
    let create = ["create", "--factor", "device", "--factor", "words"];
    let answers = ["--factor", "answers:answers.txt", "--pegged"];
    let words = ["--recovery-out", "words.txt", "--threshold", "3"];
    home.run(&[&create[..], &answers, &words].concat()).ok();
    let both = ["--use", "device", "--use", "words:words.txt", "--use"];
    let all = [&both[..], &["answers:answers.txt"]].concat();
    home.run(&[&["refresh"], &all[..]].concat()).ok();
    home.run(&["backup", "account.tki"]).ok();
    let right = exported(&home, &["device", "words:words.txt", "answers:answers.txt"]);
    assert_eq!(
        key(&home, &[&["account.tki"], DEVICE, WORDS, ANSWERS]),
        right
    );
}

#[test]
fn whatever_one_place_is_lost_the_key_comes_back() {
    if !has_python() {
        return;
    }
    let home = backed_up(&["device", "provider", "words"], "secp256k1", "2");
    let right = exported(&home, &["device", "words:words.txt"]);
    let backup = &["account.tki"][..];
    let lost = |place: &str, left: &[&[&str]]| {
        let less = home.copy();
        let path = less.path(place);
        if path.is_dir() {
            fs::remove_dir_all(path).unwrap();
        } else {
            fs::remove_file(path).unwrap();
        }
        assert_eq!(key(&less, left), right, "without {place}");
    };
    lost("home/accounts", &[backup, LOGIN, WORDS]);
    lost("home/storage.redb", &[backup, DEVICE, LOGIN]);
    lost("home/provider.key", &[backup, DEVICE, WORDS]);
    lost("words.txt", &[backup, DEVICE, LOGIN]);
    lost("account.tki", &[DEVICE, WORDS]);
    // The backup is no place of which all depends: `tki` opens from the storage without it, and
    // from the device alone without both.
    let both = ["--use", "device", "--use", "words:words.txt"];
    fs::remove_file(home.path("account.tki")).unwrap();
    home.json(&[&["open"], &both[..]].concat());
    fs::remove_file(home.path("home/storage.redb")).unwrap();
    home.json(&[&["--offline", "open"], &both[..]].concat());
}

#[test]
fn three_of_five_answers_and_a_wrong_one_are_enough() {
    if !has_python() {
        return;
    }
    let home = Home::new();
    for (name, text) in [
        ("five.txt", FIVE),
        ("three.txt", THREE),
        (
            "wrong.txt",
            "first-teacher = x\nchildhood-phone = 1\n\"What stood on the gate?\" = y\n",
        ),
        ("other.txt", "nothing = x\n"),
    ] {
        fs::write(home.path(name), text).unwrap();
    }
    let create = [
        "create",
        "--factor",
        "device",
        "--factor",
        "words",
        "--factor",
        "answers:five.txt",
    ];
    let options = ["--recovery-out", "words.txt", "--accept-guessable-answers"];
    home.run(&[&create[..], &options].concat()).ok();
    home.run(&["backup", "account.tki"]).ok();
    let right = exported(&home, &["device", "words:words.txt"]);
    let with = |file| {
        recover_json(
            &home,
            &[&["account.tki", "--answers", file, "--show-key"], WORDS],
        )
    };
    assert_eq!(with("three.txt").json()["secret_key"]["value"], right);
    with("wrong.txt").fails(4, "wrong-answers");
    with("other.txt").fails(2, "usage");
    recover_json(&home, &[&["account.tki", "--answers", "five.txt"]]).fails(3, "no-factors");
}

#[test]
fn counted_answers_need_the_file_of_their_evaluator_and_leave_it_alone() {
    if !has_python() {
        return;
    }
    let home = Home::new();
    fs::write(home.path("answers.txt"), FIVE).unwrap();
    let create = ["create", "--factor", "device", "--factor", "words"];
    let answers = [
        "--factor",
        "answers:answers.txt",
        "--evaluator",
        "local:evaluator",
    ];
    let words = ["--recovery-out", "words.txt"];
    home.run(&[&create[..], &answers, &words].concat()).ok();
    home.run(&["backup", "account.tki"]).ok();
    let right = exported(&home, &["device", "words:words.txt"]);
    let before = fs::read(home.path("evaluator")).unwrap();
    recover_json(&home, &[&["account.tki"], WORDS, ANSWERS]).fails(5, "unavailable");
    let evaluator = ["--evaluator", "evaluator"];
    assert_eq!(
        key(&home, &[&["account.tki"], WORDS, ANSWERS, &evaluator]),
        right
    );
    assert_eq!(fs::read(home.path("evaluator")).unwrap(), before);
}

#[test]
fn a_device_under_a_passphrase_opens_with_it_alone() {
    if !has_python() {
        return;
    }
    let home = Home::new();
    fs::write(home.path("other"), "battery staple\n").unwrap();
    let sealed = ["--passphrase-file", "passphrase"];
    let mut command = crate::support::bare(&["create", "--recovery-out", "words.txt"]);
    command
        .current_dir(home.path(""))
        .env("TKI_HOME", home.path("home"))
        .args(["--provider-passphrase-file", "passphrase"])
        .args(sealed);
    finish(command, b"").ok();
    home.run(&[&["backup", "account.tki"], &sealed[..]].concat())
        .ok();
    let given = [&["account.tki"], DEVICE, WORDS].concat();
    let right = exported(&home, &["provider", "words:words.txt"]);
    assert_eq!(key(&home, &[&given, &sealed]), right);
    recover_json(&home, &[&given]).fails(4, "wrong-passphrase");
    recover_json(&home, &[&given, &["--passphrase-file", "other"]]).fails(4, "wrong-passphrase");
}

#[test]
fn a_device_that_joined_opens_too() {
    if !has_python() {
        return;
    }
    let home = backed_up(&["device", "provider", "words"], "secp256k1", "2");
    let storage = ["--storage", "redb:home/storage.redb"];
    let new = |command: &[&str]| home.json(&[&["--home", "new"], &storage[..], command].concat());
    new(&["device", "request", "--output", "request"]);
    home.run(&["device", "approve", "request", "--output", "invite"])
        .ok();
    let reply = new(&["device", "reply", "invite", "--output", "reply"]);
    let code = reply["code"].as_str().unwrap();
    home.run(&["device", "approve", "reply", "--code", code])
        .ok();
    let joined = ["--device", "new/accounts/main/device.tki"];
    home.run(&["backup", "unfinished.tki"]).ok();
    let unfinished = key(&home, &[&["unfinished.tki"], &joined, WORDS]);
    new(&["device", "finish"]);
    home.run(&["refresh"]).ok();
    home.run(&["backup", "joined.tki"]).ok();
    let right = exported(&home, &["device", "words:words.txt"]);
    assert_eq!(unfinished, right);
    assert_eq!(key(&home, &[&["joined.tki"], &joined, WORDS]), right);
    assert_eq!(key(&home, &[&["joined.tki"], &joined, DEVICE]), right);
}

#[test]
fn a_guardians_file_opens_with_his_passphrase() {
    if !has_python() {
        return;
    }
    let home = backed_up(&["device", "provider", "words"], "p256", "2");
    let sealed = ["--passphrase-file", "passphrase"];
    let guardian = |command: &[&str]| {
        let place = ["--home", "guardians", "guardian"];
        home.json(&[&sealed[..], &place, command].concat())
    };
    guardian(&["offer", "ann", "--output", "request"]);
    let approve = |message: &[&str]| {
        home.run(&[&["guardian", "approve"], message].concat()).ok();
    };
    approve(&["request", "--output", "invite"]);
    let reply = guardian(&["accept", "ann", "invite", "--output", "reply"]);
    approve(&["reply", "--code", reply["code"].as_str().unwrap()]);
    home.run(&["backup", "guarded.tki"]).ok();
    let right = exported(&home, &["device", "words:words.txt"]);
    let ann = ["--guardian", "guardians/guardian/ann.tki"];
    assert_eq!(key(&home, &[&["guarded.tki"], &ann, &sealed, WORDS]), right);
    recover_json(&home, &[&["guarded.tki"], &ann, WORDS]).fails(4, "wrong-passphrase");
}

#[test]
fn a_login_that_came_back_opens_at_its_next_slot() {
    if !has_python() {
        return;
    }
    let home = backed_up(&["device", "words", "provider"], "secp256k1", "2");
    let both = ["--use", "device", "--use", "words:words.txt"];
    home.run(&[&["factor", "remove", "3", "--yes"], &both[..]].concat())
        .ok();
    home.run(&[&["factor", "add", "provider"], &both[..]].concat())
        .ok();
    home.run(&["backup", "back.tki"]).ok();
    let right = exported(&home, &["device", "words:words.txt"]);
    assert_eq!(key(&home, &[&["back.tki"], LOGIN, WORDS]), right);
    // At a far slot, beyond accounts that are in no bundle of this one.
    for name in ["second", "third"] {
        let sheet = format!("{name}.txt");
        let create = ["--account", name, "create", "--another", "--factor"];
        let factors = ["provider", "--factor", "words", "--recovery-out", &sheet];
        home.run(&[&create[..], &factors].concat()).ok();
    }
    let words = ["--use", "words:third.txt", "--use", "provider"];
    home.run(&[&["backup", "third.tki"], &words[..]].concat())
        .ok();
    let right = exported(&home, &["words:third.txt", "provider"]);
    let third = ["--words", "third.txt"];
    assert_eq!(key(&home, &[&["third.tki"], LOGIN, &third]), right);
}

#[test]
fn damage_is_named_and_what_is_whole_can_be_salvaged() {
    if !has_python() {
        return;
    }
    let home = backed_up(&["device", "provider", "words"], "secp256k1", "2");
    let right = exported(&home, &["device", "words:words.txt"]);
    let bundle = fs::read(home.path("account.tki")).unwrap();
    let damaged = |bytes: &[u8]| {
        fs::write(home.path("damaged.tki"), bytes).unwrap();
        recover_json(&home, &[&["damaged.tki", "--show-key"], DEVICE, WORDS])
    };
    for place in (0..bundle.len())
        .step_by(97)
        .chain([8, 9, bundle.len() - 1])
    {
        let mut bytes = bundle.clone();
        bytes[place] ^= 0x10;
        let run = damaged(&bytes);
        assert!(
            matches!(run.status.code(), Some(1 | 4)),
            "{place}: {}",
            run.err
        );
        assert_eq!(run.out, "", "{place}");
        // Whatever is left, no other key than the right one is shown.
        let salvage = ["damaged.tki", "--show-key", "--salvage"];
        let run = recover_json(&home, &[&salvage, DEVICE, WORDS]);
        if run.status.success() {
            assert_eq!(run.json()["secret_key"]["value"], right, "{place}");
        }
    }
    for length in [0, 7, 8, 16, 17, 100, bundle.len() - 1] {
        damaged(&bundle[..length]).fails(4, "corrupt-file");
    }
    damaged(&[&bundle[..], &[0]].concat()).fails(4, "corrupt-file");
    // The end is missing, and with it no factor at hand but the device's own mailbox perhaps.
    let salvaged = ["damaged.tki", "--show-key", "--salvage"];
    damaged(&bundle[..bundle.len() - 1]).fails(4, "corrupt-file");
    let run = recover_json(&home, &[&salvaged, LOGIN, DEVICE, WORDS]);
    assert_eq!(run.json()["secret_key"]["value"], right);
}

#[test]
fn what_is_something_else_is_named() {
    if !has_python() {
        return;
    }
    let home = backed_up(&["device", "provider", "words"], "secp256k1", "2");
    let other = backed_up(&["device", "provider", "words"], "secp256k1", "2");
    fs::copy(other.path("words.txt"), home.path("other.txt")).unwrap();
    fs::write(home.path("typo.txt"), "abandon ".repeat(24)).unwrap();
    fs::write(home.path("few.txt"), "abandon ".repeat(23)).unwrap();
    fs::write(home.path("unknown.txt"), "abandom ".repeat(24)).unwrap();
    let fails = |arguments: &[&str], code, kind| {
        let message = recover_json(&home, &[arguments]).fails(code, kind);
        assert!(!message.contains("abandom"), "{message}");
        message
    };
    let device = DEVICE[1];
    for file in ["typo.txt", "few.txt", "unknown.txt"] {
        fails(&["account.tki", "--words", file], 4, "wrong-words");
    }
    fails(&["account.tki", "--words", "other.txt"], 4, "not-found");
    fails(
        &["account.tki", "--words", "account.tki"],
        4,
        "corrupt-file",
    );
    fails(&["account.tki", "--device", "words.txt"], 4, "corrupt-file");
    let said = fails(&[device, "--words", "words.txt"], 4, "corrupt-file");
    assert!(said.contains("a device's package"), "{said}");
    fails(&["nowhere.tki", "--words", "words.txt"], 5, "unavailable");
    fails(&["home", "--words", "words.txt"], 2, "usage");
    fails(&["account.tki"], 3, "no-factors");
    fails(&[], 2, "usage");
    fails(&["account.tki", "--word", "words.txt"], 2, "usage");
    // A factor of another account beside enough of this one is noted.
    let given = [&["account.tki", "--words", "other.txt"], DEVICE, WORDS];
    let shown = recover_json(&home, &given).json();
    assert_eq!(shown["opened"], true);
    assert_eq!(shown["notes"].as_array().unwrap().len(), 1);
}

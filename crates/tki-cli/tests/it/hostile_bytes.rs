//! Hostile bytes in every file that the real binary reads: flipped, cut off, made longer, raised to
//! a version to come, blown up, and put in the place of another's.
//!
//! Every answer is one that `docs/cli.md` knows for it, says what to do, and leaves everything on the
//! disk as it was. A process per byte takes long, so larger files are damaged with a stride here; the
//! calls that the binary reads them with meet every byte and every length in-process, in the tests of
//! their crates (`check_damage` of `tki-device`, the tests of `tki-provider`, `tki-metadata` and
//! `tki-formats`), or at the end of this file.

use alloc::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Home, Run, bare, finish, words_on};

/// What a failing command may say: exit code and kind.
pub(crate) type Answer = (i32, &'static str);

const CORRUPT: Answer = (4, "corrupt-file");
/// One factor is not of this account, and the others are too few.
const STRANGE: Answer = (3, "need-more-shares");
const NOT_FOUND: Answer = (4, "not-found");
const REFUSED: Answer = (4, "refused");
pub(crate) const USAGE: Answer = (2, "usage");
const WRONG_WORDS: Answer = (4, "wrong-words");
const UNSUPPORTED: Answer = (1, "unsupported");

/// Files and their content.
pub(crate) type Tree = BTreeMap<PathBuf, Vec<u8>>;

/// All files below a folder, with their content, but locks and the storage. redb notes in its file
/// that it was open, also for reading; that nothing was committed is seen by what is shown later.
pub(crate) fn tree(folder: &Path) -> Tree {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(tree(&path));
            files.insert(path, Vec::new());
        } else if !["lock", ".redb"]
            .iter()
            .any(|end| path.to_string_lossy().ends_with(end))
        {
            let content = std::fs::read(&path).unwrap();
            files.insert(path, content);
        }
    }
    files
}

#[track_caller]
pub(crate) fn assert_unchanged(before: &Tree, after: &Tree, what: &str) {
    let differ = |path: &&PathBuf| before.get(*path) != after.get(*path);
    let changed: Vec<&PathBuf> = before.keys().chain(after.keys()).filter(differ).collect();
    assert!(changed.is_empty(), "{what}: changed {changed:?}");
}

/// A file, commands that read it, and what they may answer when it is damaged.
struct Target<'a> {
    home: &'a Home,
    file: &'a str,
    commands: &'a [&'a [&'a str]],
    answers: &'a [Answer],
    /// Whether some damage goes unnoticed because it changes nothing that is read.
    may_pass: bool,
    /// Every which byte is flipped, and every which length is cut to.
    stride: usize,
}

impl Target<'_> {
    /// Flips, truncations and additions.
    fn check(&self) {
        let whole = std::fs::read(self.home.path(self.file)).unwrap();
        let flipped = (0..whole.len()).step_by(self.stride).map(|at| {
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << (at % 8);
            (format!("byte {at} flipped"), damaged)
        });
        let cut = (0..whole.len())
            .step_by(self.stride)
            .map(|length| (format!("cut to {length}"), whole[..length].to_vec()));
        let added = [1, 100, 5000].map(|more| {
            let longer = [whole.as_slice(), &vec![0xa5; more]].concat();
            (format!("{more} bytes more"), longer)
        });
        let all: Vec<(String, Vec<u8>)> = flipped.chain(cut).chain(added).collect();
        self.check_each(&all);
    }

    /// Puts each in the file's place, and asks.
    #[expect(clippy::print_stdout, reason = "what came of it, for the record")]
    fn check_each(&self, damages: &[(String, Vec<u8>)]) {
        let half = damages.len().div_ceil(2);
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        std::thread::scope(|scope| {
            let workers: Vec<_> = damages
                .chunks(half)
                .map(|part| scope.spawn(|| self.check_part(part)))
                .collect();
            for worker in workers {
                for answer in worker.join().unwrap() {
                    *counts.entry(answer).or_default() += 1;
                }
            }
        });
        println!("{}: {} damages: {counts:?}", self.file, damages.len());
    }

    fn check_part(&self, damages: &[(String, Vec<u8>)]) -> Vec<String> {
        let home = self.home.copy();
        let path = home.path(self.file);
        let whole = std::fs::read(&path).unwrap();
        let sound: Vec<Value> = self.commands.iter().map(|c| sound(&home, c)).collect();
        let mut answers = Vec::new();
        for (number, (what, damaged)) in damages.iter().enumerate() {
            let command = number % self.commands.len();
            std::fs::write(&path, damaged).unwrap();
            let before = tree(&home.path(""));
            let run = run(&home, self.commands[command]);
            assert_unchanged(&before, &tree(&home.path("")), what);
            answers.push(self.judge(what, run, &sound[command]));
            std::fs::write(&path, &whole).unwrap();
        }
        for (command, sound) in self.commands.iter().zip(&sound) {
            if command.contains(&"show") {
                assert_eq!(&json(&home, command), sound, "{} has changed", self.file);
            }
        }
        answers
    }

    fn judge(&self, what: &str, run: Run, sound: &Value) -> String {
        if run.status.success() {
            assert!(self.may_pass, "{}, {what}: not noticed", self.file);
            let mut printed = run.json();
            // Beside what vouches for it, the answer is the one of the sound file.
            printed["freshness"] = sound["freshness"].clone();
            assert_eq!(&printed, sound, "{}, {what}", self.file);
            return "same".into();
        }
        let answer = judge(&format!("{}, {what}", self.file), run, self.answers);
        format!("{answer:?}")
    }
}

/// Asserts that a run failed with one of these answers, and says what to do.
#[track_caller]
pub(crate) fn judge(what: &str, run: Run, answers: &[Answer]) -> Answer {
    let code = run.status.code();
    let value: Value = serde_json::from_str(&run.err).unwrap_or_default();
    let kind = value["error"]["kind"].as_str().unwrap_or_default();
    let answer = answers
        .iter()
        .find(|(c, k)| code == Some(*c) && kind == *k)
        .unwrap_or_else(|| panic!("{what}: {code:?} {} {}", run.out, run.err));
    // The object is whole, and has what mends it.
    run.fails(answer.0, answer.1);
    *answer
}

fn run(home: &Home, arguments: &[&str]) -> Run {
    home.run(&[&["--json"], arguments].concat())
}

fn json(home: &Home, arguments: &[&str]) -> Value {
    run(home, arguments).json()
}

/// What a command prints where nothing is damaged; nothing for one that would change the account.
fn sound(home: &Home, arguments: &[&str]) -> Value {
    if arguments.contains(&"refresh") || arguments.contains(&"restore") {
        return Value::Null;
    }
    json(home, arguments)
}

const BASE: &[&str] = &["device", "provider", "words"];
const SHOW: &[&str] = &["show"];
const WORDS: &[&str] = &["open", "--use", "device", "--use", "words:words.txt"];
const PROVIDER: &[&str] = &["open", "--use", "device", "--use", "provider"];

#[test]
fn a_damaged_plain_package_is_named() {
    Target {
        home: &Home::with(BASE, "secp256k1"),
        file: "home/accounts/main/device.tki",
        commands: &[
            SHOW,
            WORDS,
            &["refresh", "--use", "provider", "--use", "words:words.txt"],
            &["--offline", "show"],
        ],
        answers: &[CORRUPT, UNSUPPORTED],
        may_pass: false,
        stride: 7,
    }
    .check();
}

#[test]
fn a_damaged_provider_file_is_named() {
    Target {
        home: &Home::with(BASE, "secp256k1"),
        file: "home/provider.key",
        commands: &[
            PROVIDER,
            &["refresh", "--use", "device", "--use", "provider"],
        ],
        answers: &[CORRUPT, UNSUPPORTED],
        may_pass: false,
        stride: 1,
    }
    .check();
}

#[test]
fn a_damaged_anchor_is_named() {
    Target {
        home: &Home::with(BASE, "secp256k1"),
        file: "home/provider.key.anchors",
        commands: &[
            PROVIDER,
            &["refresh", "--use", "device", "--use", "provider"],
        ],
        answers: &[CORRUPT, UNSUPPORTED],
        may_pass: false,
        stride: 2,
    }
    .check();
}

#[test]
fn a_damaged_storage_is_named() {
    Target {
        home: &Home::with(BASE, "secp256k1"),
        file: "home/storage.redb",
        commands: &[SHOW, WORDS, PROVIDER],
        // A record whose signature is damaged is a record that nobody signed.
        answers: &[CORRUPT, REFUSED],
        may_pass: true,
        stride: 61,
    }
    .check();
}

#[test]
fn a_damaged_sheet_is_named() {
    Target {
        home: &Home::with(BASE, "secp256k1"),
        file: "words.txt",
        commands: &[WORDS],
        answers: &[WRONG_WORDS, REFUSED, NOT_FOUND],
        may_pass: true,
        stride: 1,
    }
    .check();
}

#[test]
fn a_damaged_backup_is_named() {
    let home = Home::with(BASE, "secp256k1");
    home.run(&["backup", "b.tki"]).ok();
    Target {
        home: &home,
        file: "b.tki",
        commands: &[
            &["--storage", "bundle:b.tki", "show"],
            &["restore", "b.tki"],
        ],
        answers: &[CORRUPT, UNSUPPORTED],
        may_pass: false,
        stride: 7,
    }
    .check();
}

/// A home whose device's package is under a passphrase.
fn under_passphrase() -> Home {
    let home = Home::new();
    let factors = ["--factor", "device", "--factor", "words"];
    let secrets = [
        "--recovery-out",
        "words.txt",
        "--passphrase-file",
        "passphrase",
    ];
    let mut create = bare(&[&["create"], &factors[..], &secrets[..]].concat());
    create
        .current_dir(home.path(""))
        .env("TKI_HOME", home.path("home"));
    finish(create, b"").ok();
    home
}

const PASSPHRASE: &[&str] = &["show", "--passphrase-file", "passphrase"];

#[test]
fn a_damaged_sealed_package_is_named() {
    Target {
        home: &under_passphrase(),
        file: "home/accounts/main/device.tki",
        commands: &[
            PASSPHRASE,
            &[
                "refresh",
                "--use",
                "words:words.txt",
                "--use",
                "device",
                "--passphrase-file",
                "passphrase",
            ],
        ],
        answers: &[CORRUPT, UNSUPPORTED],
        may_pass: false,
        stride: 7,
    }
    .check();
}

#[test]
fn a_version_to_come_is_called_so() {
    let home = Home::with(BASE, "secp256k1");
    home.run(&["backup", "b.tki"]).ok();
    let sealed = under_passphrase();
    let package = "home/accounts/main/device.tki";
    let cases: [(&Home, &str, &[&str]); 5] = [
        (&home, package, SHOW),
        (&sealed, package, PASSPHRASE),
        (&home, "home/provider.key", PROVIDER),
        (&home, "home/provider.key.anchors", PROVIDER),
        (&home, "b.tki", &["--storage", "bundle:b.tki", "show"]),
    ];
    for (home, file, command) in cases {
        let whole = std::fs::read(home.path(file)).unwrap();
        for version in [2, 3, 255] {
            let mut later = whole.clone();
            // After eight bytes that name the kind of file.
            later[8] = version;
            asked_in_place(home, file, &later, command, &[UNSUPPORTED]);
        }
        std::fs::write(home.path(file), whole).unwrap();
    }
}

/// Puts these bytes in the place of a file, runs the command, and puts the file back.
fn asked_in_place(home: &Home, file: &str, bytes: &[u8], command: &[&str], answers: &[Answer]) {
    let path = home.path(file);
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, bytes).unwrap();
    let before = tree(&home.path(""));
    judge(file, run(home, command), answers);
    assert_unchanged(&before, &tree(&home.path("")), file);
    std::fs::write(path, whole).unwrap();
}

#[test]
fn what_is_far_too_large_is_not_taken_in() {
    const LARGE: usize = 64 << 20;
    let home = Home::with(BASE, "secp256k1");
    home.run(&["backup", "b.tki"]).ok();
    let cases: [(&str, &[&str], &[Answer]); 7] = [
        ("home/accounts/main/device.tki", SHOW, &[CORRUPT]),
        ("home/provider.key", PROVIDER, &[CORRUPT]),
        ("home/provider.key.anchors", PROVIDER, &[CORRUPT]),
        ("home/storage.redb", SHOW, &[CORRUPT]),
        ("b.tki", &["--storage", "bundle:b.tki", "show"], &[CORRUPT]),
        ("words.txt", WORDS, &[USAGE]),
        ("passphrase", PROVIDER, &[USAGE]),
    ];
    for (file, command, answers) in cases {
        let whole = std::fs::read(home.path(file)).unwrap();
        let mut longer = whole.clone();
        longer.resize(LARGE, 0);
        if file != "home/storage.redb" {
            asked_in_place(&home, file, &longer, command, answers);
        }
        asked_in_place(&home, file, &vec![0; LARGE], command, answers);
    }
    let words = words_on(&home.path("words.txt"));
    let many: Vec<&str> = words
        .iter()
        .map(String::as_str)
        .cycle()
        .take(10_000)
        .collect();
    let few = ["abandon"; 10_000];
    for words in [many.join(" "), few.join("\n")] {
        asked_in_place(
            &home,
            "words.txt",
            words.as_bytes(),
            WORDS,
            &[WRONG_WORDS, USAGE],
        );
    }
}

#[test]
fn a_folder_in_the_place_of_a_file_is_named() {
    let home = Home::with(BASE, "secp256k1");
    home.run(&["backup", "b.tki"]).ok();
    let cases: [(&str, &[&str]); 6] = [
        ("home/accounts/main/device.tki", SHOW),
        ("home/provider.key", PROVIDER),
        ("home/storage.redb", SHOW),
        ("b.tki", &["--storage", "bundle:b.tki", "show"]),
        ("words.txt", WORDS),
        ("passphrase", PROVIDER),
    ];
    for (file, command) in cases {
        let path = home.path(file);
        let whole = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        let before = tree(&home.path(""));
        judge(file, run(&home, command), &[USAGE, (5, "unavailable")]);
        assert_unchanged(&before, &tree(&home.path("")), file);
        std::fs::remove_dir(&path).unwrap();
        std::fs::write(path, whole).unwrap();
    }
    // An anchor that cannot be reached vouches for nothing, and is in nobody's way.
    let anchors = home.path("home/provider.key.anchors");
    std::fs::remove_file(&anchors).unwrap();
    std::fs::create_dir(&anchors).unwrap();
    assert_eq!(json(&home, PROVIDER)["freshness"], "at-least");
}

/// Exchanges a file of two homes.
fn swap(one: &Home, other: &Home, file: &str) {
    let (first, second) = (one.path(file), other.path(file));
    let content = std::fs::read(&first).unwrap();
    std::fs::copy(&second, &first).unwrap();
    std::fs::write(second, content).unwrap();
}

#[test]
fn files_of_two_homes_do_not_mix() {
    let homes = [Home::with(BASE, "secp256k1"), Home::with(BASE, "secp256k1")];
    let accounts = homes.each_ref().map(|home| {
        home.run(&["backup", "b.tki"]).ok();
        json(home, SHOW)["account"].clone()
    });
    assert_ne!(accounts[0], accounts[1]);
    let bundle: &[&str] = &["--storage", "bundle:b.tki", "show"];
    let both: &[&str] = &["open", "--use", "words:words.txt", "--use", "provider"];
    let cases: [(&[&str], &[&str], &[Answer]); 9] = [
        (
            &["home/accounts/main/device.tki"],
            SHOW,
            &[NOT_FOUND, REFUSED],
        ),
        (
            &["home/accounts/main/device.tki"],
            WORDS,
            &[NOT_FOUND, REFUSED],
        ),
        (&["home/provider.key"], PROVIDER, &[STRANGE]),
        (&["home/provider.key.anchors"], PROVIDER, &[REFUSED]),
        (
            &["home/provider.key", "home/provider.key.anchors"],
            PROVIDER,
            &[STRANGE],
        ),
        (&["home/storage.redb"], WORDS, &[NOT_FOUND, REFUSED]),
        (&["home/storage.redb"], both, &[NOT_FOUND, REFUSED]),
        (&["words.txt"], WORDS, &[STRANGE]),
        (&["b.tki"], bundle, &[NOT_FOUND, REFUSED]),
    ];
    let [one, other] = &homes;
    for (files, command, answers) in cases {
        files.iter().for_each(|file| swap(one, other, file));
        for home in &homes {
            let before = tree(&home.path(""));
            judge(&format!("{files:?}"), run(home, command), answers);
            assert_unchanged(&before, &tree(&home.path("")), files[0]);
        }
        files.iter().for_each(|file| swap(one, other, file));
    }
    // Everything of the other is the other.
    for (home, account) in homes.iter().zip(&accounts) {
        assert_eq!(&json(home, WORDS)["account"], account);
    }
}

#[test]
fn two_accounts_of_one_home_do_not_mix() {
    let home = Home::with(&["device", "words"], "secp256k1");
    let second = [
        "--account",
        "second",
        "create",
        "--factor",
        "device",
        "--factor",
        "words",
        "--recovery-out",
        "second.txt",
    ];
    home.run(&second).ok();
    let first = json(&home, SHOW);
    let second = json(&home, &["--account", "second", "show"]);
    assert_ne!(first["account"], second["account"]);
    let folder = |name: &str| home.path("home/accounts").join(name);
    std::fs::rename(folder("main"), folder("away")).unwrap();
    std::fs::rename(folder("second"), folder("main")).unwrap();
    std::fs::rename(folder("away"), folder("second")).unwrap();
    // A name is what its owner calls it; what is behind it says which account it is.
    assert_eq!(json(&home, SHOW)["account"], second["account"]);
    assert_eq!(json(&home, SHOW)["addresses"], second["addresses"]);
    let before = tree(&home.path(""));
    judge("accounts", run(&home, WORDS), &[NOT_FOUND, REFUSED]);
    judge(
        "accounts",
        run(
            &home,
            &["refresh", "--use", "device", "--use", "words:words.txt"],
        ),
        &[NOT_FOUND, REFUSED],
    );
    assert_unchanged(&before, &tree(&home.path("")), "accounts");
    assert_eq!(
        json(
            &home,
            &[
                "--account",
                "second",
                "open",
                "--use",
                "device",
                "--use",
                "words:words.txt"
            ]
        )["account"],
        first["account"]
    );
}

#[test]
fn older_files_of_the_same_home_are_caught_up_with_or_refused() {
    let home = Home::with(BASE, "secp256k1");
    let old = home.copy();
    let change: &[&str] = &[
        "refresh",
        "--use",
        "device",
        "--use",
        "words:words.txt",
        "--use",
        "provider",
    ];
    assert_eq!(json(&home, change)["account_version"], 1);
    let put_back = |to: &Home, file: &str| {
        std::fs::copy(old.path(file), to.path(file))
            .map(drop)
            .unwrap();
    };
    // The device and the provider learn what is new.
    for file in ["home/accounts/main/device.tki", "home/provider.key.anchors"] {
        let copy = home.copy();
        put_back(&copy, file);
        assert_eq!(json(&copy, PROVIDER)["account_version"], 1, "{file}");
        assert_eq!(json(&copy, PROVIDER)["freshness"], "verified", "{file}");
    }
    // An old storage is refused by whoever has seen more.
    for command in [SHOW, WORDS, PROVIDER] {
        let copy = home.copy();
        put_back(&copy, "home/storage.redb");
        let before = tree(&copy.path(""));
        judge("storage", run(&copy, command), &[REFUSED]);
        assert_unchanged(&before, &tree(&copy.path("")), "storage");
    }
}

#[test]
fn damaged_receipts_are_named_and_the_others_listed() {
    let home = Home::with(&["device", "words"], "secp256k1");
    let change: &[&str] = &["refresh", "--use", "device", "--use", "words:words.txt"];
    json(&home, change);
    let folder = home.path("home/accounts/main/receipts");
    let path = std::fs::read_dir(&folder)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let whole = std::fs::read(&path).unwrap();
    let list: &[&str] = &["receipts"];
    let all = json(&home, list);
    assert_eq!(all["receipts"].as_array().unwrap().len(), 2);
    let cut = (0..whole.len())
        .step_by(5)
        .map(|length| whole[..length].to_vec());
    let flipped = (0..whole.len()).step_by(5).map(|at| {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x80 >> (at % 8);
        damaged
    });
    let large = vec![b'{'; 64 << 20];
    for damaged in cut.chain(flipped).chain([large]) {
        std::fs::write(&path, &damaged).unwrap();
        let before = tree(&home.path(""));
        let listed = json(&home, list);
        let count = |name: &str| listed[name].as_array().unwrap().len();
        assert_eq!(count("receipts") + count("damaged"), 2, "{listed}");
        assert!(count("receipts") >= 1);
        assert_unchanged(&before, &tree(&home.path("")), "receipts");
    }
}

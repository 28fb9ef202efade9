//! The faults, one after the other.

use std::fs;

use tki::metadata::Bundle;
use tki::provider::{BlindEvaluator as _, LocalBlindEvaluator};
use tki::record::Record;
use tki::storage::Storage as _;
use tki::storage_redb::RedbStorage;

use super::{BASE, Case, Mend, Ward, forged, protect, set_mode};
use crate::support::{Home, bare, finish};

/// Every fault.
pub(super) fn all() -> Vec<Case> {
    let mut all = Vec::new();
    all.extend(of_the_home());
    all.extend(of_the_package());
    all.extend(of_the_storage());
    all.extend(of_the_records());
    all.extend(forged::all());
    all.extend(of_the_login());
    all.extend(of_what_vouches());
    all.extend(of_what_was_named());
    all.extend(of_backups());
    all.extend(of_the_machine());
    all
}

pub(super) const fn case(id: &'static str, plant: fn() -> Ward, mend: Mend) -> Case {
    Case { id, plant, mend }
}

fn with_mode(name: &str, mode: u32) -> Ward {
    let ward = Ward::new();
    set_mode(&ward.path(name), mode);
    ward
}

fn with_file(name: &str, content: &str) -> Ward {
    let ward = Ward::new();
    fs::write(ward.path(name), content).unwrap();
    protect(&ward.path(name));
    ward
}

fn without(name: &str) -> Ward {
    let ward = Ward::new();
    fs::remove_file(ward.path(name)).unwrap();
    ward
}

fn of_the_home() -> Vec<Case> {
    let missing = || {
        let ward = Ward::new();
        fs::remove_dir_all(ward.path("home")).unwrap();
        ward
    };
    let empty = || {
        let ward = Ward::new();
        fs::remove_dir_all(ward.path("home")).unwrap();
        fs::create_dir(ward.path("home")).unwrap();
        ward
    };
    vec![
        case("home-empty", empty, Mend::Never),
        case("home-missing", missing, Mend::Never),
        case("folder-open", || with_mode("home", 0o755), Mend::Advice),
        case(
            "file-open",
            || with_mode("home/storage.redb", 0o644),
            Mend::Advice,
        ),
        case(
            "folder-closed",
            || with_mode("home/accounts/main", 0o500),
            Mend::Advice,
        ),
        case(
            "file-closed",
            || with_mode("home/provider.key", 0o400),
            Mend::Advice,
        ),
        case(
            "temporary-left",
            || with_file("home/accounts/main/.device.tki.77-0.tmp", "half"),
            Mend::Advice,
        ),
        case(
            "receipt-damaged",
            || with_file("home/accounts/main/receipts/9-ab.json", "{"),
            Mend::Advice,
        ),
    ]
}

const LEFT: &[&str] = &["--use", "provider", "--use", "words:words.txt"];

fn under_a_passphrase(options: &[&str]) -> Ward {
    let home = Home::new();
    let mut command = bare(&[
        "create",
        "--passphrase-file",
        "passphrase",
        "--factor",
        "device",
        "--factor",
        "words",
        "--recovery-out",
        "words.txt",
    ]);
    command
        .current_dir(home.path(""))
        .env("TKI_HOME", home.path("home"));
    finish(command, b"").ok();
    for name in ["passphrase", "wrong"] {
        if name == "wrong" {
            fs::write(home.path(name), "another\n").unwrap();
        }
        protect(&home.path(name));
    }
    let ward = Ward {
        home,
        options: Vec::new(),
        environment: Vec::new(),
    };
    ward.with(options)
}

fn joining() -> Ward {
    let ward = Ward::new();
    let request = [
        "--account",
        "second",
        "device",
        "request",
        "--output",
        "request.txt",
    ];
    ward.home.run(&request).ok();
    ward.with(&["--account", "second"])
}

fn of_the_package() -> Vec<Case> {
    let damaged = || {
        let ward = Ward::new();
        ward.flip("home/accounts/main/device.tki", usize::MAX);
        ward
    };
    let later = || {
        let ward = Ward::new();
        ward.set_byte("home/accounts/main/device.tki", 8, 99);
        ward
    };
    let recover: &[&[&str]] = &[&["recover", "--use", "provider", "--use", "words:words.txt"]];
    let anew: &[&[&str]] = &[
        &["accounts", "remove", "main", "--yes"],
        &["recover", "--use", "provider", "--use", "words:words.txt"],
    ];
    vec![
        case(
            "package-missing",
            || without("home/accounts/main/device.tki"),
            Mend::Run(recover),
        ),
        case("package-damaged", damaged, Mend::Run(anew)),
        case("package-unsupported", later, Mend::Never),
        case(
            "package-locked",
            || under_a_passphrase(&[]),
            Mend::ByHand(give_the_passphrase),
        ),
        case(
            "package-passphrase",
            || under_a_passphrase(&["--passphrase-file", "wrong"]),
            Mend::ByHand(give_the_passphrase),
        ),
        case("joining", joining, Mend::Never),
    ]
}

fn give_the_passphrase(ward: &mut Ward) {
    ward.options = vec!["--passphrase-file".into(), "passphrase".into()];
}

/// Another account, whose files are put in the place of this one's.
fn stranger() -> Home {
    Home::with(BASE, "secp256k1")
}

fn put_storage(ward: &Ward, from: &Home) {
    fs::copy(
        from.path("home/storage.redb"),
        ward.path("home/storage.redb"),
    )
    .unwrap();
}

fn of_the_storage() -> Vec<Case> {
    let damaged = || {
        let ward = Ward::new();
        let path = ward.path("home/storage.redb");
        let mut bytes = fs::read(&path).unwrap();
        // Which pages are in use is the database's business: a byte in each.
        bytes
            .iter_mut()
            .skip(4100)
            .step_by(512)
            .for_each(|b| *b = !*b);
        fs::write(path, bytes).unwrap();
        ward
    };
    let restored: fn(&mut Ward) = |ward| {
        fs::remove_file(ward.path("home/storage.redb")).unwrap();
        ward.home.run(&["restore", "account.tki"]).ok();
    };
    let restore: &[&[&str]] = &[&["restore", "account.tki"]];
    vec![
        case(
            "storage-missing",
            || without("home/storage.redb"),
            Mend::Run(restore),
        ),
        case("storage-damaged", damaged, Mend::ByHand(restored)),
        case(
            "storage-is-folder",
            || Ward::new().with(&["--storage", "redb:home"]),
            Mend::ByHand(|ward| {
                ward.options = vec!["--storage".into(), "redb:home/storage.redb".into()];
            }),
        ),
        case(
            "storage-is-backup",
            || Ward::new().with(&["--storage", "bundle:account.tki"]),
            Mend::ByHand(|ward| ward.options = vec!["--backup".into(), "account.tki".into()]),
        ),
    ]
}

/// A storage of these records of a backup alone.
fn only(ward: &Ward, keep: impl Fn(usize) -> bool) {
    let bundle = Bundle::decode(&fs::read(ward.path("account.tki")).unwrap()).unwrap();
    let records = bundle.records.into_iter().enumerate();
    let kept: Vec<_> = records
        .filter(|(at, _)| keep(*at))
        .map(|(_, r)| r)
        .collect();
    store(ward, &kept);
}

/// A storage of these records alone.
pub(super) fn store(ward: &Ward, records: &[Record]) {
    fs::remove_file(ward.path("home/storage.redb")).unwrap();
    let storage = RedbStorage::open(&ward.path("home/storage.redb")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(storage.restore(records)).unwrap();
    drop(storage);
    protect(&ward.path("home/storage.redb"));
}

/// The storage is that which was put aside.
pub(super) fn restored(ward: &mut Ward) {
    fs::copy(ward.path("true.redb"), ward.path("home/storage.redb")).unwrap();
}

/// The storage is rolled back behind what this device saw.
fn rolled_back() -> Ward {
    let ward = Ward::new();
    let old = fs::read(ward.path("home/storage.redb")).unwrap();
    ward.home.run(&["refresh"]).ok();
    fs::remove_file(ward.path("account.tki")).unwrap();
    ward.home.run(&["backup", "account.tki"]).ok();
    fs::write(ward.path("home/storage.redb"), old).unwrap();
    ward
}

/// The storage goes on from a state before what this device saw.
fn forked() -> Ward {
    let ward = Ward::new();
    let other = ward.home.copy();
    ward.home.run(&["refresh"]).ok();
    other.run(&["refresh"]).ok();
    fs::copy(ward.path("home/storage.redb"), ward.path("true.redb")).unwrap();
    put_storage(&ward, &other);
    ward
}

/// The storage of a home in which this device was removed.
fn removed() -> Ward {
    let ward = Ward::new();
    let other = ward.home.copy();
    fs::remove_dir_all(other.path("home/accounts")).unwrap();
    other
        .run(&[&["factor", "remove", "1", "--yes"], LEFT].concat())
        .ok();
    put_storage(&ward, &other);
    let anchors = "home/provider.key.anchors";
    fs::copy(other.path(anchors), ward.path(anchors)).unwrap();
    ward
}

/// Somebody else made a change.
fn behind() -> Ward {
    let ward = Ward::new();
    let other = ward.home.copy();
    fs::remove_dir_all(other.path("home/accounts")).unwrap();
    other.run(&[&["refresh"], LEFT].concat()).ok();
    put_storage(&ward, &other);
    let anchors = "home/provider.key.anchors";
    fs::copy(other.path(anchors), ward.path(anchors)).unwrap();
    ward
}

/// One mailbox is from before the last change.
fn one_old_mailbox() -> Ward {
    let ward = Ward::new();
    let old = Bundle::decode(&fs::read(ward.path("account.tki")).unwrap()).unwrap();
    ward.home.run(&["refresh"]).ok();
    fs::remove_file(ward.path("account.tki")).unwrap();
    ward.home.run(&["backup", "account.tki"]).ok();
    let words = address_of(&ward, "words:words.txt");
    let bundle = Bundle::decode(&fs::read(ward.path("account.tki")).unwrap()).unwrap();
    let of_words = |record: &&Record| hex::encode(record.address().as_bytes()) == words;
    let mut records: Vec<_> = bundle
        .records
        .iter()
        .filter(|r| !of_words(r))
        .cloned()
        .collect();
    records.extend(old.records.iter().filter(of_words).cloned());
    store(&ward, &records);
    ward
}

fn address_of(ward: &Ward, factor: &str) -> String {
    let shown = ward.home.json(&["show", "--explain", "--use", factor]);
    let mailbox = &shown["explanation"]["factors"][0]["mailbox"];
    mailbox.as_str().unwrap().to_owned()
}

fn of_the_records() -> Vec<Case> {
    let foreign = || {
        let ward = Ward::new();
        put_storage(&ward, &stranger());
        ward
    };
    let missing_mailbox = || {
        let ward = Ward::new();
        let words = address_of(&ward, "words:words.txt");
        let bundle = Bundle::decode(&fs::read(ward.path("account.tki")).unwrap()).unwrap();
        let addresses = bundle
            .records
            .iter()
            .map(|r| hex::encode(r.address().as_bytes()));
        let at = addresses.into_iter().position(|address| address == words);
        only(&ward, |position| Some(position) != at);
        ward
    };
    let recover: &[&[&str]] = &[&["recover", "--use", "provider", "--use", "words:words.txt"]];
    let restore: &[&[&str]] = &[&["restore", "account.tki"]];
    vec![
        case("storage-rolled-back", rolled_back, Mend::Run(restore)),
        case("storage-forked", forked, Mend::ByHand(restored)),
        case("record-missing", foreign, Mend::Run(restore)),
        case("mailbox-damaged", missing_mailbox, Mend::Run(restore)),
        case("mailbox-old", one_old_mailbox, Mend::Run(&[&["refresh"]])),
        case("device-removed", removed, Mend::Run(recover)),
        case("device-behind", behind, Mend::Run(&[&["open"]])),
    ]
}

fn of_the_login() -> Vec<Case> {
    let cut = || {
        let ward = Ward::new();
        let path = ward.path("home/provider.key");
        let bytes = fs::read(&path).unwrap();
        fs::write(path, &bytes[..bytes.len() / 4]).unwrap();
        ward
    };
    let later = || {
        let ward = Ward::new();
        ward.set_byte("home/provider.key", 8, 99);
        ward
    };
    let foreign = || {
        let (ward, other) = (Ward::new(), stranger());
        for name in ["home/provider.key", "home/provider.key.anchors"] {
            fs::copy(ward.path(name), ward.path(&name.replace("home/", "own-"))).unwrap();
            fs::copy(other.path(name), ward.path(name)).unwrap();
        }
        ward
    };
    let own: fn(&mut Ward) =
        |ward| ward.options = vec!["--provider".into(), "local:own-provider.key".into()];
    let wrong_passphrase = || {
        let ward = Ward::new();
        fs::write(ward.path("passphrase"), "another\n").unwrap();
        ward
    };
    vec![
        case(
            "login-missing",
            || {
                let ward = Ward::new();
                fs::rename(ward.path("home/provider.key"), ward.path("own.key")).unwrap();
                ward
            },
            Mend::ByHand(|ward| {
                ward.options = vec!["--provider".into(), "local:own.key".into()];
            }),
        ),
        case("login-damaged", cut, Mend::Never),
        case("login-unsupported", later, Mend::Never),
        case("login-foreign", foreign, Mend::ByHand(own)),
        case(
            "login-passphrase",
            wrong_passphrase,
            Mend::ByHand(|ward| fs::write(ward.path("passphrase"), "correct horse\n").unwrap()),
        ),
    ]
}

/// An evaluator that has granted all that it grants.
fn spent() -> Ward {
    let ward = Ward::new().with(&["--evaluator", "local:evaluator.key"]);
    let mut rng = tki_testkit::rng("an evaluator");
    let path = ward.path("evaluator.key");
    let evaluator = LocalBlindEvaluator::create(&path, 1, &mut rng).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let key = evaluator.public_key().await.unwrap();
        evaluator.blind_evaluate(&key).await.unwrap();
    });
    ward
}

fn of_what_vouches() -> Vec<Case> {
    let anchors_damaged = || {
        let ward = Ward::new();
        ward.flip("home/provider.key.anchors", usize::MAX);
        ward
    };
    let anchors_later = || {
        let ward = Ward::new();
        ward.set_byte("home/provider.key.anchors", 8, 99);
        ward
    };
    let anchors_behind = || {
        let ward = Ward::new();
        let path = ward.path("home/provider.key.anchors");
        let old = fs::read(&path).unwrap();
        ward.home.run(&["refresh"]).ok();
        fs::write(path, old).unwrap();
        ward
    };
    let open: &[&[&str]] = &[&["open", "--use", "device", "--use", "provider"]];
    let refilled: fn(&mut Ward) = |ward| {
        let evaluator = LocalBlindEvaluator::open(&ward.path("evaluator.key")).unwrap();
        evaluator.refill().unwrap();
    };
    vec![
        case("anchors-damaged", anchors_damaged, Mend::Advice),
        case("anchors-unsupported", anchors_later, Mend::Never),
        case(
            "anchors-missing",
            || without("home/provider.key.anchors"),
            Mend::Run(open),
        ),
        case("anchors-behind", anchors_behind, Mend::Run(open)),
        case(
            "evaluator-missing",
            || Ward::new().with(&["--evaluator", "local:nowhere.key"]),
            Mend::Never,
        ),
        case("evaluator-spent", spent, Mend::ByHand(refilled)),
        case(
            "evaluator-damaged",
            || with_file("evaluator.key", "none").with(&["--evaluator", "local:evaluator.key"]),
            Mend::Never,
        ),
    ]
}

fn of_what_was_named() -> Vec<Case> {
    let open_words = || {
        let ward = Ward::new().with(&["--use", "words:words.txt"]);
        set_mode(&ward.path("words.txt"), 0o644);
        ward
    };
    let typo = || {
        let ward = Ward::new().with(&["--use", "words:words.txt"]);
        let path = ward.path("words.txt");
        let words = crate::support::words_on(&path);
        let sheet = fs::read_to_string(&path).unwrap();
        fs::write(&path, sheet.replacen(&words[4], "zzz", 1)).unwrap();
        ward
    };
    let foreign = || {
        let ward = Ward::new().with(&["--use", "words:words.txt"]);
        fs::copy(stranger().path("words.txt"), ward.path("words.txt")).unwrap();
        ward
    };
    let missing = || Ward::new().with(&["--use", "file:nowhere.txt"]);
    vec![
        case("secret-open", open_words, Mend::Advice),
        case("factor-damaged", typo, Mend::Never),
        case("factor-foreign", foreign, Mend::Never),
        case("factor-unreadable", missing, Mend::Never),
        case(
            "factor-fails",
            || one_old_mailbox().with(&["--use", "words:words.txt"]),
            Mend::Run(&[&["refresh"]]),
        ),
    ]
}

fn of_backups() -> Vec<Case> {
    let old = || {
        let ward = Ward::new().with(&["--backup", "account.tki"]);
        ward.home.run(&["refresh"]).ok();
        ward
    };
    let of_another = || {
        let ward = Ward::new().with(&["--backup", "account.tki"]);
        let other = stranger();
        other.run(&["backup", "account.tki"]).ok();
        fs::copy(other.path("account.tki"), ward.path("account.tki")).unwrap();
        ward
    };
    let damaged = || {
        let ward = Ward::new().with(&["--backup", "account.tki"]);
        ward.flip("account.tki", usize::MAX);
        ward
    };
    let later = || {
        let ward = Ward::new().with(&["--backup", "account.tki"]);
        ward.set_byte("account.tki", 8, 99);
        ward
    };
    let anew: fn(&mut Ward) = |ward| {
        ward.home.run(&["backup", "new.tki"]).ok();
        ward.options = vec!["--backup".into(), "new.tki".into()];
    };
    vec![
        case("backup-old", old, Mend::ByHand(anew)),
        case("backup-foreign", of_another, Mend::ByHand(anew)),
        case("backup-damaged", damaged, Mend::ByHand(anew)),
        case("backup-unsupported", later, Mend::ByHand(anew)),
        case(
            "backup-missing",
            || Ward::new().with(&["--backup", "new.tki"]),
            Mend::Run(&[&["backup", "new.tki"]]),
        ),
    ]
}

const AHEAD: &str = "TKI_FAULT_CLOCK_AHEAD";

fn of_the_machine() -> Vec<Case> {
    let unfinished = || {
        let ward = Ward::new();
        let mut command = ward.home.command(&["--json", "refresh"]);
        command.env("TKI_FAULT_COMMIT", "lost");
        finish(command, b"").fails(5, "outcome-unknown");
        ward
    };
    let created = || {
        let ward = Ward::around(Home::new());
        let mut command = ward
            .home
            .command(&["create", "--recovery-out", "words.txt"]);
        command.env("TKI_FAULT_COMMIT", "lost");
        assert!(!finish(command, b"").status.success());
        ward
    };
    let behind = || {
        let home = Home::new();
        let mut command = home.command(&["create", "--recovery-out", "words.txt"]);
        command.env(AHEAD, "4000000");
        finish(command, b"").ok();
        Ward::around(home)
    };
    let full = || {
        let mut ward = Ward::new();
        ward.environment
            .push(("TKI_FAULT_DISK_LEFT", "4096".into()));
        ward
    };
    vec![
        case("change-unfinished", unfinished, Mend::Run(&[&["refresh"]])),
        case(
            "creation-unfinished",
            created,
            Mend::Run(&[&["create", "--recovery-out", "words.txt"]]),
        ),
        case(
            "clock-behind",
            behind,
            Mend::ByHand(|ward| ward.environment.push((AHEAD, "4000001".into()))),
        ),
        case(
            "disk-full",
            full,
            Mend::ByHand(|ward| ward.environment.clear()),
        ),
    ]
}

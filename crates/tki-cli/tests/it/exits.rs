//! Every exit code, with the kind that scripts read and the command that mends it.

use crate::support::{Home, bare, finish};

const BASE: &[&str] = &["device", "provider", "words"];

#[test]
fn help_names_every_exit_code_and_every_command_has_an_example() {
    let help = finish(bare(&["--help"]), b"").ok();
    for code in (0..=7).chain([130]) {
        assert!(help.contains(&format!("\n  {code}  ")), "{code}");
    }
    for command in [
        &["demo"][..],
        &["create"],
        &["open"],
        &["show"],
        &["recover"],
        &["refresh"],
        &["sign"],
        &["verify"],
        &["factor"],
        &["factor", "list"],
        &["factor", "add"],
        &["factor", "remove"],
        &["factor", "replace"],
        &["threshold"],
        &["threshold", "set"],
        &["import"],
        &["export"],
        &["address"],
        &["renew"],
        &["factor", "rename"],
        &["storage", "check"],
        &["backup"],
        &["restore"],
        &["accounts"],
        &["receipts"],
        &["health"],
        &["drill"],
        &["doctor"],
        &["completions"],
        &["man"],
    ] {
        let mut arguments = command.to_vec();
        arguments.push("--help");
        let help = finish(bare(&arguments), b"").ok();
        assert!(
            help.contains("Example") && help.contains("tki "),
            "{command:?}"
        );
    }
    assert!(finish(bare(&["--version"]), b"").ok().starts_with("tki "));
}

#[test]
fn one_is_what_has_no_code_of_its_own() {
    let home = Home::with(&["device", "words"], "secp256k1");
    // A package of a format to come.
    let package = home.path("home/accounts/main/device.tki");
    let mut bytes = std::fs::read(&package).unwrap();
    bytes[8] = 99;
    std::fs::write(&package, bytes).unwrap();
    home.run(&["--json", "show"]).fails(1, "unsupported");
}

#[test]
fn two_is_wrong_usage_and_impossible_changes() {
    let home = Home::new();
    home.run(&["--json", "nonsense"]).fails(2, "usage");
    home.run(&["--json", "create"]).fails(2, "usage");
    home.run(&[
        "--json",
        "create",
        "--threshold",
        "4",
        "--recovery-out",
        "w",
    ])
    .fails(2, "invalid-change");
    home.run(&["--json", "--account", "../x", "show"])
        .fails(2, "usage");
    let message = home
        .run(&["--json", "--storage", "ftp:x", "show"])
        .fails(2, "usage");
    assert!(message.contains("redb:PATH"), "{message}");
    let message = home
        .run(&[
            "--json",
            "--provider",
            "ftp:x",
            "create",
            "--recovery-out",
            "w",
        ])
        .fails(2, "usage");
    assert!(message.contains("local:PATH"), "{message}");
    let message = home
        .run(&["--json", "--provider", "ftp:x", "show"])
        .fails(2, "usage");
    assert!(message.contains("local:PATH"), "{message}");
    let message = finish(bare(&["--json", "factor"]), b"").fails(2, "usage");
    assert_eq!(message, "a subcommand is missing");
    let home = Home::with(BASE, "secp256k1");
    home.run(&["--json", "threshold", "set", "9", "--yes"])
        .fails(2, "invalid-change");
    home.run(&["--json", "factor", "remove", "77", "--yes"])
        .fails(2, "invalid-change");
    let run = home.run(&["--json", "factor", "add", "device"]);
    assert!(run.next().contains("tki device request"), "{}", run.err);
    run.fails(2, "usage");
    home.run_with_input(
        &["--json", "sign", "message", "-", "--scheme", "ed25519"],
        b"x",
    )
    .fails(2, "usage");
    let twice = ["--json", "open", "--use", "words:-", "--use", "words:-"];
    let sheet = std::fs::read(home.path("words.txt")).unwrap();
    let message = home.run_with_input(&twice, &sheet).fails(2, "usage");
    assert!(message.contains("not both"), "{message}");
}

#[test]
fn two_is_a_new_file_that_is_standard_output() {
    let home = Home::with(BASE, "secp256k1");
    for new in [
        &["file:-"][..],
        &["words:-"],
        &["passkey:software:-"],
        &["words", "--recovery-out", "-"],
    ] {
        let run = home.run(&[&["--json", "factor", "add"], new].concat());
        let said = run.fails(2, "usage");
        assert!(said.contains("a new file is named, not -"), "{said}");
        assert!(!home.path("-").exists());
    }
}

#[test]
fn help_names_every_kind_of_factor() {
    let help = |command: &[&str]| finish(bare(&[command, &["--help"]].concat()), b"").ok();
    let add = help(&["factor", "add"]);
    for named in [
        "words",
        "file",
        "provider",
        "answers",
        "passkey",
        "device request",
        "guardian approve",
    ] {
        assert!(add.contains(named), "{named}: {add}");
    }
    for command in [&["create"][..], &["factor", "add"], &["factor", "replace"]] {
        let help = help(command);
        let (_, examples) = help.split_once("Example").unwrap();
        assert!(
            examples.contains("passkey:") && examples.contains("file:"),
            "{help}"
        );
    }
}

#[test]
fn two_is_a_place_where_no_file_can_be() {
    let home = Home::with(BASE, "secp256k1");
    home.run(&["--json", "--storage", "redb:home", "show"])
        .fails(2, "usage");
    home.run(&["--json", "--home", "passphrase", "show"])
        .fails(2, "usage");
    home.run(&["--json", "sign", "message", "home", "--scheme", "bip340"])
        .fails(2, "usage");
    home.run(&["--json", "factor", "add", "words", "--recovery-out", "no/w"])
        .fails(2, "usage");
    home.run(&["--json", "--offline", "open", "--use", "provider"])
        .fails(2, "usage");
}

#[test]
fn three_is_too_few_factors() {
    let home = Home::new();
    home.run(&["--json", "show"]).fails(3, "no-factors");
    let home = Home::with(&["device", "words"], "secp256k1");
    let run = home.run(&["--json", "open"]);
    for kind in [
        "file:FILE",
        "answers:FILE",
        "passkey:WHERE",
        "guardian:FILE",
    ] {
        assert!(run.next().contains(kind), "{}", run.err);
    }
    run.fails(3, "need-more-shares");
    home.run(&["--json", "refresh"])
        .fails(3, "need-more-shares");
}

#[test]
fn four_is_what_is_refused() {
    let home = Home::with(BASE, "secp256k1");
    let open = [
        "--json",
        "open",
        "--use",
        "device",
        "--use",
        "words:typed.txt",
    ];
    let words = crate::support::words_on(&home.path("words.txt"));
    let mut typed = words.clone();
    typed[6] = "zzz".into();
    std::fs::write(home.path("typed.txt"), typed.join(" ")).unwrap();
    let message = home.run(&open).fails(4, "wrong-words");
    assert!(message.contains("word 7"), "{message}");
    assert!(
        words
            .iter()
            .filter(|word| word.len() > 4)
            .all(|word| !message.contains(&**word))
    );

    let other = Home::with(&["device", "words"], "secp256k1");
    std::fs::copy(other.path("words.txt"), home.path("typed.txt")).unwrap();
    let strange = ["--json", "open", "--use", "words:typed.txt"];
    home.run(&strange).fails(4, "not-found");

    std::fs::write(home.path("wrong"), "wrong").unwrap();
    let mut command = bare(&["--json", "open"]);
    command
        .current_dir(home.path(""))
        .env("TKI_HOME", home.path("home"));
    command.args(["--provider-passphrase-file", "wrong"]);
    finish(command, b"").fails(4, "wrong-passphrase");

    // An old state of the storage: the device remembers more.
    std::fs::copy(home.path("home/storage.redb"), home.path("old")).unwrap();
    home.run(&["refresh"]).ok();
    std::fs::copy(home.path("old"), home.path("home/storage.redb")).unwrap();
    let message = home.run(&["--json", "open"]).fails(4, "refused");
    assert!(message.contains("version"), "{message}");

    let package = home.path("home/accounts/main/device.tki");
    std::fs::write(&package, b"nothing that we wrote").unwrap();
    home.run(&["--json", "open"]).fails(4, "corrupt-file");
}

#[test]
fn four_is_a_damaged_storage_and_nothing_but_the_answer_is_printed() {
    let home = Home::with(&["device", "words"], "secp256k1");
    let storage = home.path("home/storage.redb");
    let whole = std::fs::read(&storage).unwrap();
    // Where redb panics, and where it notices.
    for position in [0, 4200] {
        let mut damaged = whole.clone();
        for byte in damaged.iter_mut().skip(position).take(200) {
            *byte = !*byte;
        }
        std::fs::write(&storage, damaged).unwrap();
        home.run(&["--json", "show"]).fails(4, "corrupt-file");
        assert_eq!(
            home.json(&["--offline", "show"])["account_version"],
            0,
            "{position}"
        );
    }
}

#[test]
fn four_is_a_change_to_what_nothing_vouches_for() {
    let home = Home::with(&["provider", "words"], "secp256k1");
    std::fs::remove_file(home.path("home/provider.key.anchors")).unwrap();
    // Words without the version that is printed beside them.
    let words = crate::support::words_on(&home.path("words.txt")).join(" ");
    std::fs::write(home.path("bare.txt"), words).unwrap();
    let with = |arguments: &[&str]| {
        let mut all = vec!["--json", "--use", "words:bare.txt", "--use", "provider"];
        all.extend(arguments);
        home.run(&all)
    };
    assert_eq!(with(&["show"]).json()["freshness"], "unverified");
    with(&["refresh"]).fails(4, "unverified");
    with(&["refresh", "--at-least-version", "5"]).fails(4, "refused");
    assert_eq!(
        with(&["refresh", "--at-least-version", "0"]).json()["account_version"],
        1
    );
}

#[test]
fn five_is_what_is_not_available() {
    let home = Home::with(BASE, "secp256k1");
    let missing = ["--json", "open", "--use", "provider:local:nowhere"];
    home.run(&missing).fails(5, "no-provider");
    home.run(&["--json", "--provider", "local:nowhere", "open"])
        .fails(5, "no-provider");
    home.run(&["--json", "--storage", "redb:nowhere", "show"])
        .fails(5, "unavailable");
    assert!(!home.path("nowhere").exists());
}

#[cfg(feature = "faults")]
#[test]
fn one_and_five_are_what_only_a_broken_machine_answers() {
    let home = Home::with(BASE, "secp256k1");
    for (instead, code, kind) in [
        ("panic", 1, "internal"),
        ("lost", 5, "outcome-unknown"),
        ("read-only", 5, "read-only"),
    ] {
        let mut command = home.command(&["--json", "refresh"]);
        command.env("TKI_FAULT_COMMIT", instead);
        finish(command, b"").fails(code, kind);
        assert_eq!(home.json(&["open"])["account_version"], 0, "{instead}");
    }
    // The same command finds out and finishes.
    assert_eq!(home.json(&["refresh"])["account_version"], 1);
}

#[cfg(unix)]
#[test]
fn five_is_a_home_that_cannot_be_written() {
    use std::os::unix::fs::PermissionsExt;

    let home = Home::with(BASE, "secp256k1");
    let folder = home.path("home/accounts/main");
    let set = |mode| std::fs::set_permissions(&folder, PermissionsExt::from_mode(mode)).unwrap();
    set(0o500);
    let can_write = std::fs::write(folder.join("probe"), b"").is_ok();
    if !can_write {
        home.run(&["--json", "refresh"]).fails(5, "read-only");
    }
    set(0o700);
    assert_eq!(home.json(&["open"])["account_version"], 0);
}

#[test]
fn four_is_a_damaged_file_of_anchors_which_is_named() {
    let home = Home::with(BASE, "secp256k1");
    let anchors = home.path("home/provider.key.anchors");
    let mut bytes = std::fs::read(&anchors).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&anchors, &bytes).unwrap();
    let message = home.run(&["--json", "open"]).fails(4, "corrupt-file");
    assert!(message.contains("provider.key.anchors"), "{message}");
    bytes[8] = 99;
    std::fs::write(&anchors, bytes).unwrap();
    home.run(&["--json", "open"]).fails(1, "unsupported");
    // What is said to do mends it.
    std::fs::remove_file(&anchors).unwrap();
    home.json(&["open"]);
    assert_eq!(home.json(&["open"])["freshness"], "verified");
}

#[test]
fn a_provider_is_not_made_for_an_account_that_does_not_open() {
    let home = Home::with(&["device", "words"], "secp256k1");
    let add = ["--json", "factor", "add", "provider", "--use", "device"];
    home.run(&add).fails(3, "need-more-shares");
    assert!(!home.path("home/provider.key").exists());
}

#[test]
fn six_is_what_exists() {
    let home = Home::with(BASE, "secp256k1");
    home.run(&["--json", "create", "--recovery-out", "other.txt"])
        .fails(6, "exists");
    assert!(!home.path("other.txt").exists());
    home.run(&["--json", "factor", "add", "provider"])
        .fails(6, "exists");
    let add = [
        "--json",
        "factor",
        "add",
        "words",
        "--recovery-out",
        "words.txt",
    ];
    home.run(&add).fails(6, "exists");
    let second = [
        "--json",
        "--account",
        "b",
        "create",
        "--recovery-out",
        "other.txt",
    ];
    home.run(&second).fails(6, "exists");
}

//! Passkeys as factors: made, used, lost, absent, damaged.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use tki::passkey::{CredentialId, Prf, SoftwareAuthenticator};

use crate::support::{Home, Run};

const KEY: &str = "passkey:software:key";
const WORDS: &str = "words:words.txt";

/// An account over words and a passkey beside this device.
fn account() -> Home {
    Home::with(&["device", "words", KEY], "secp256k1")
}

fn using<'a>(command: &[&'a str], uses: &[&'a str]) -> Vec<&'a str> {
    let uses = uses.iter().flat_map(|kind| ["--use", kind]);
    command.iter().copied().chain(uses).collect()
}

/// The storage as it is found elsewhere, and nothing else of the home.
fn wipe(home: &Home) {
    fs::rename(home.path("home/storage.redb"), home.path("storage.redb")).unwrap();
    fs::remove_dir_all(home.path("home")).unwrap();
}

fn credentials(value: &Value) -> Vec<String> {
    let factors = value["factors"].as_array().unwrap().iter();
    let credentials = factors.filter_map(|factor| factor["credential"].as_str());
    credentials.map(str::to_owned).collect()
}

/// Neither an account nor a login.
#[track_caller]
fn nothing_was_made(home: &Home) {
    for name in ["home/accounts/main", "home/provider.key"] {
        assert!(!home.path(name).exists(), "{name}");
    }
}

/// What a failure says to do.
fn next(run: &Run) -> String {
    run.next()
}

#[test]
fn a_wiped_device_is_recovered_with_a_passkey() {
    for curve in ["secp256k1", "ed25519"] {
        let home = Home::with(&["device", "words", KEY], curve);
        let before = home.json(&["show"]);
        wipe(&home);

        let storage = ["--storage", "redb:storage.redb"];
        // The passkey alone finds the account.
        let shown = home.json(&[&storage[..], &using(&["show"], &[KEY])].concat());
        assert_eq!(shown["addresses"], before["addresses"]);
        for uses in [[KEY, WORDS], [WORDS, KEY]] {
            let home = home.copy();
            let recover = using(&["recover", "--accept-unverified"], &uses);
            let recovered = home.json(&[&storage[..], &recover].concat());
            assert_eq!(recovered["addresses"], before["addresses"]);
            // The new device and the passkey sign.
            fs::write(home.path("message"), "hello").unwrap();
            let scheme = if curve == "ed25519" {
                "ed25519"
            } else {
                "bip340"
            };
            let sign = ["sign", "message", "message", "--scheme", scheme];
            let sign = using(&sign, &["device", KEY]);
            home.run(&[&storage[..], &sign].concat()).ok();
        }
    }
}

#[test]
fn an_account_has_several_passkeys() {
    let home = account();
    // One more on the same authenticator, and one on another.
    let add = ["factor", "add", KEY, "--label", "second"];
    let run = home.run(&using(&add, &["device", WORDS]));
    let said = "both passkeys are on software:";
    assert!(run.err.contains(said), "{}", run.err);
    let other = "passkey:software:other";
    let run = home.run(&using(&["factor", "add", other], &["device", KEY]));
    assert!(!run.err.contains(said), "{}", run.err);
    run.ok();
    let added = home.json(&["show", "--use", "device"]);
    let ids = credentials(&added);
    assert_eq!(ids.len(), 3);
    assert!(ids[0] != ids[1] && ids[1] != ids[2]);

    // The two on one authenticator open the account together, as do one there and one elsewhere.
    let opened = home.json(&using(&["open"], &[KEY]));
    assert_eq!(opened["addresses"], added["addresses"]);
    let opened = home.json(&using(&["open"], &[other, KEY]));
    assert_eq!(opened["addresses"], added["addresses"]);
    home.run(&using(&["--json", "open"], &[other]))
        .fails(3, "need-more-shares");

    // One of them is removed; the others stay.
    home.json(&using(
        &["factor", "remove", "3", "--yes"],
        &["device", WORDS],
    ));
    let opened = home.json(&using(&["open"], &[other, KEY]));
    assert_eq!(credentials(&opened), ids[1..]);
}

#[test]
fn two_of_three_become_three_of_four_with_a_passkey() {
    let home = Home::with(&["device", "provider", "words"], "secp256k1");
    let before = home.json(&["show"]);
    home.json(&using(&["factor", "add", KEY], &["device", WORDS]));
    let raised = home.json(&using(
        &["threshold", "set", "3", "--yes"],
        &["device", WORDS],
    ));
    assert_eq!(raised["threshold"], 3);
    assert_eq!(raised["addresses"], before["addresses"]);
    for two in [["device", WORDS], [WORDS, KEY], ["device", KEY]] {
        home.run(&using(&["--json", "open"], &two))
            .fails(3, "need-more-shares");
    }
    for three in [["device", WORDS, KEY], ["provider", WORDS, KEY]] {
        let opened = home.json(&using(&["open"], &three));
        assert_eq!(opened["addresses"], before["addresses"]);
    }
}

#[test]
fn credentials_are_shown_with_their_factors() {
    let home = account();
    let shown = home.json(&["show"]);
    let ids = credentials(&shown);
    assert_eq!(credentials(&home.json(&["factor", "list"])), ids);
    let text = home.run(&["factor", "list"]).ok();
    let line = text.lines().find(|line| line.contains("passkey")).unwrap();
    assert!(line.ends_with(&format!("credential {}", ids[0])), "{line}");
    assert!(home.run(&["show"]).ok().contains(&ids[0]));
    let explained = home.json(&using(&["show", "--explain"], &[KEY]));
    let input = &explained["explanation"]["factors"][0]["input"];
    assert_eq!(input, "passkey software:key");
}

#[test]
fn a_deleted_credential_is_named_with_what_opens_without_it() {
    let home = account();
    let id = credentials(&home.json(&["show"])).remove(0);
    let keys = SoftwareAuthenticator::open(&home.path("key"), None).unwrap();
    let credential: CredentialId = id.parse().unwrap();
    keys.delete(&credential, &mut tki_testkit::rng("delete"))
        .unwrap();

    for other in ["device", WORDS] {
        let run = home.run(&using(&["--json", "open"], &[other, KEY]));
        let next = next(&run);
        let message = run.fails(4, "not-found");
        assert!(
            message.contains(&id) && message.contains("passkey 3 (key)"),
            "{message}"
        );
        assert!(
            next.contains("device 1") && next.contains("words 2"),
            "{next}"
        );
        assert!(next.contains("tki factor replace 3 --with"), "{next}");
    }
    // Alone it says nothing of any account.
    let run = home.run(&using(&["--json", "show"], &[KEY]));
    assert!(next(&run).contains("use other factors"));
    run.fails(4, "not-found");

    // As it is told: a new one in its place.
    let replace = ["factor", "replace", "3", "--with", KEY];
    let replaced = home.json(&using(&replace, &["device", WORDS]));
    let new = credentials(&replaced);
    assert!(new.len() == 1 && new[0] != id);
    home.json(&using(&["open"], &[KEY, WORDS]));
}

#[test]
fn without_a_prf_nothing_is_made() {
    let home = Home::new();
    let mut rng = tki_testkit::rng("no prf");
    SoftwareAuthenticator::create(&home.path("key"), None, Prf::Absent, &mut rng).unwrap();
    let before = fs::read(home.path("key")).unwrap();
    let factors = [
        "--factor", "device", "--factor", "provider", "--factor", KEY,
    ];
    let run = home.run(&[&["--json", "create"], &factors[..]].concat());
    let next = next(&run);
    let message = run.fails(2, "invalid-change");
    assert!(message.contains("hmac-secret"), "{message}");
    assert!(next.contains("nothing was made"), "{next}");
    nothing_was_made(&home);
    assert_eq!(fs::read(home.path("key")).unwrap(), before);

    // The same where it is to be added.
    home.json(&["create", "--recovery-out", "words.txt"]);
    let version = home.json(&["show"])["account_version"].clone();
    let run = home.run(&using(
        &["--json", "factor", "add", KEY],
        &["device", WORDS],
    ));
    run.fails(2, "invalid-change");
    assert_eq!(home.json(&["show"])["account_version"], version);
    assert_eq!(fs::read(home.path("key")).unwrap(), before);
    let kept = home.path("home/accounts/main/receipts");
    assert_eq!(fs::read_dir(kept).unwrap().count(), 1);
}

#[test]
fn an_authenticator_may_have_a_passphrase() {
    let home = Home::new();
    fs::write(home.path("phrase"), "horse\n").unwrap();
    fs::write(home.path("wrong"), "mule\n").unwrap();
    let sealed = ["--passkey-passphrase-file", "phrase"];
    let create = ["create", "--factor", "device", "--factor", KEY];
    let created = home.run(&[&create[..], &sealed].concat());
    assert!(
        !created.err.contains("without a passphrase"),
        "{}",
        created.err
    );
    created.ok();
    assert!(SoftwareAuthenticator::has_passphrase(&home.path("key")).unwrap());

    let open = using(&["--json", "open"], &["device", KEY]);
    let run = home.run(&open);
    assert!(next(&run).contains("--passkey-passphrase-file"));
    run.fails(2, "usage");
    let wrong = [&open[..], &["--passkey-passphrase-file", "wrong"]].concat();
    home.run(&wrong).fails(4, "wrong-passphrase");
    home.run(&[&open[..], &sealed].concat()).json();
    // Without one it is said.
    let open = [
        "create",
        "--account",
        "open",
        "--factor",
        "device",
        "--factor",
    ];
    let run = home.run(&[&open[..], &["passkey:software:plain"]].concat());
    assert!(run.err.contains("without a passphrase"), "{}", run.err);
    run.ok();
}

#[test]
fn damaged_authenticators_are_named_and_left_alone() {
    let home = account();
    let file = fs::read(home.path("key")).unwrap();
    let flipped = |at: usize| {
        let mut file = file.clone();
        file[at] ^= 1;
        file
    };
    let mut later = file.clone();
    later[8] = 2;
    let mut oversized = file.clone();
    oversized.resize(1 << 20, 0);
    let cases = [
        (Vec::new(), 4, "corrupt-file"),
        (file[..file.len() / 2].to_vec(), 4, "corrupt-file"),
        (flipped(0), 4, "corrupt-file"),
        (flipped(20), 4, "corrupt-file"),
        (flipped(file.len() - 1), 4, "corrupt-file"),
        (oversized, 4, "corrupt-file"),
        (fs::read(home.path("words.txt")).unwrap(), 4, "corrupt-file"),
        (later, 1, "unsupported"),
    ];
    let before = home.json(&["show"]);
    for (bytes, code, kind) in cases {
        fs::write(home.path("key"), &bytes).unwrap();
        for command in [
            using(&["--json", "open"], &["device", KEY]),
            using(&["--json", "show"], &[KEY]),
            using(&["--json", "factor", "add", KEY], &["device", WORDS]),
        ] {
            home.run(&command).fails(code, kind);
            assert_eq!(fs::read(home.path("key")).unwrap(), bytes);
        }
    }
    fs::remove_file(home.path("key")).unwrap();
    home.run(&using(&["--json", "open"], &["device", KEY]))
        .fails(5, "unavailable");
    assert_eq!(home.json(&["show"]), before);
    fs::write(home.path("key"), &file).unwrap();
    home.json(&using(&["open"], &["device", KEY]));
}

#[test]
fn one_authenticator_serves_several_accounts() {
    let home = account();
    let second = [
        "--account",
        "second",
        "create",
        "--factor",
        "device",
        "--factor",
    ];
    let second = home.json(&[&second[..], &[KEY]].concat());
    let first = home.json(&["show"]);
    assert_ne!(first["addresses"], second["addresses"]);

    // Whoever has another factor of an account is not asked which.
    let opened = home.json(&using(&["open"], &["device", KEY]));
    assert_eq!(opened["addresses"], first["addresses"]);
    let open = using(&["--account", "second", "open"], &["device", KEY]);
    assert_eq!(home.json(&open)["addresses"], second["addresses"]);
    // With passkeys alone one has to say.
    let run = home.run(&using(&["--json", "show"], &[KEY]));
    let ids = [&first, &second].map(|account| account["account"].as_str().unwrap());
    assert!(ids.iter().all(|id| next(&run).contains(id)));
    run.fails(2, "usage");
    for account in [&first, &second] {
        let id = account["account"].as_str().unwrap();
        let shown = home.json(&using(&["show", "--account-id", id], &[KEY]));
        assert_eq!(shown["addresses"], account["addresses"]);
    }
}

#[test]
fn passkeys_are_not_where_they_are_looked_for() {
    let home = Home::with(&["device", "words"], "secp256k1");
    // The account has none, or the authenticator is of somebody else.
    let mut rng = tki_testkit::rng("stranger");
    SoftwareAuthenticator::create(&home.path("key"), None, Prf::Available, &mut rng).unwrap();
    home.run(&using(&["--json", "open"], &["device", KEY]))
        .fails(4, "not-found");
    home.run(&using(&["--json", "show"], &[KEY]))
        .fails(4, "not-found");
    for wrong in ["passkey", "passkey:usb", "passkey:software:"] {
        let run = home.run(&using(&["--json", "show"], &[wrong]));
        run.fails(2, "usage");
    }
}

/// A security key, by programs that speak as those of libfido2.
#[cfg(unix)]
struct SecurityKey(PathBuf);

#[cfg(unix)]
impl SecurityKey {
    fn plug_in(home: &Home, about: &str) -> Self {
        let folder = home.path("bin");
        fs::create_dir(&folder).unwrap();
        let script = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../tki-provider-passkey/tests/fido2_stand_in.sh"
        );
        for name in ["fido2-token", "fido2-cred", "fido2-assert"] {
            std::os::unix::fs::symlink(script, folder.join(name)).unwrap();
        }
        for (name, text) in [
            (
                "devices",
                "/dev/hidraw5: vendor=0x1050, product=0x0407 (a key)\n",
            ),
            ("about", about),
            ("credentials", ""),
            ("behaves", ""),
        ] {
            fs::write(folder.join(name), text).unwrap();
        }
        Self(folder)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the stand-in is a script, and its programs are this machine's"
    )]
    fn run(&self, home: &Home, arguments: &[&str]) -> Run {
        let path = std::env::var("PATH").unwrap();
        let mut command = home.command(arguments);
        command.env("PATH", format!("{}:{path}", self.0.display()));
        crate::support::finish(command, b"")
    }
}

#[cfg(unix)]
const ABOUT: &str = "extension strings: hmac-secret\noptions: rk, clientPin\n";

#[cfg(unix)]
#[test]
fn a_security_key_is_used_through_the_programs_of_libfido2() {
    let home = Home::new();
    let key = SecurityKey::plug_in(&home, ABOUT);
    let create = ["create", "--factor", "device", "--factor", "passkey:fido2"];
    let created = key.run(&home, &create);
    assert!(
        created.err.contains("touch the security key"),
        "{}",
        created.err
    );
    created.ok();
    let before = home.json(&["show"]);

    let named = "passkey:fido2:/dev/hidraw5";
    let open = using(&["--json", "open"], &["device", named]);
    assert_eq!(
        key.run(&home, &open).json()["addresses"],
        before["addresses"]
    );
    let words = ["--json", "factor", "add", "words:words.txt"];
    key.run(&home, &using(&words, &["device", "passkey:fido2"]))
        .json();
    wipe(&home);
    let recover = ["--json", "--storage", "redb:storage.redb", "recover"];
    let recover = using(&recover, &["passkey:fido2", WORDS]);
    let recover = [&recover[..], &["--accept-unverified"]].concat();
    assert_eq!(
        key.run(&home, &recover).json()["addresses"],
        before["addresses"]
    );
}

#[cfg(unix)]
#[test]
fn a_security_key_that_cannot_help_says_why() {
    let home = Home::new();
    let key = SecurityKey::plug_in(&home, &ABOUT.replace("hmac-secret", "credProtect"));
    let create = ["--json", "create", "--factor", "device", "--factor"];
    let create = [&create[..], &["passkey:fido2"]].concat();
    key.run(&home, &create).fails(2, "invalid-change");
    nothing_was_made(&home);
    assert_eq!(fs::read(key.0.join("credentials")).unwrap(), b"");

    fs::write(key.0.join("about"), ABOUT).unwrap();
    for (behaves, code, kind) in [
        ("FIDO_ERR_PIN_INVALID", 4, "wrong-passphrase"),
        ("FIDO_ERR_PIN_AUTH_BLOCKED", 4, "refused"),
        ("FIDO_ERR_OPERATION_DENIED", 4, "refused"),
        ("FIDO_ERR_PIN_REQUIRED", 2, "usage"),
        ("FIDO_ERR_KEY_STORE_FULL", 2, "invalid-change"),
        ("FIDO_ERR_TX", 5, "unavailable"),
        ("unverified", 4, "refused"),
    ] {
        fs::write(key.0.join("behaves"), behaves).unwrap();
        key.run(&home, &create).fails(code, kind);
    }
    fs::write(key.0.join("behaves"), "").unwrap();
    fs::write(key.0.join("devices"), "").unwrap();
    key.run(&home, &create).fails(5, "unavailable");
}

#[cfg(unix)]
#[test]
fn without_the_programs_a_security_key_is_of_no_use() {
    let home = Home::new();
    let mut command = home.command(&["--json", "create", "--factor", "device"]);
    command.args(["--factor", "passkey:fido2"]);
    command.env("PATH", home.path("empty"));
    let run = crate::support::finish(command, b"");
    assert!(next(&run).contains("fido2-tools"));
    run.fails(5, "unavailable");
}

//! Backups that were released: in `docs/recovery/examples`, a folder for each version of the format,
//! with their factors and what they are to give. `tki` and the recovery program open every one, for
//! ever: they are added to, and never made anew.
//!
//! What makes them is here too, and makes them for each run of the tests. For a new version of the
//! format, where `DIR` is not there yet:
//!
//! ```text
//! TKI_EXAMPLES=docs/recovery/examples/DIR cargo test -p tki-cli --features faults --test it released
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::recovery::{has_python, recover_json};
use crate::support::Home;

/// How a factor is used with `tki`, how with the recovery program, and the file that it is.
struct Kind {
    name: &'static str,
    made: &'static str,
    used: &'static [&'static str],
    taken: &'static [&'static str],
    file: &'static str,
}

const KINDS: [Kind; 7] = [
    Kind {
        name: "device",
        made: "device",
        used: &["--use", "device"],
        taken: &["--device", "home/accounts/main/device.tki"],
        file: "home/accounts/main/device.tki",
    },
    Kind {
        name: "words",
        made: "words",
        used: &["--use", "words:words.txt"],
        taken: &["--words", "words.txt"],
        file: "words.txt",
    },
    Kind {
        name: "login",
        made: "provider",
        used: &["--use", "provider"],
        taken: &["--provider", "home/provider.key"],
        file: "home/provider.key",
    },
    Kind {
        name: "file",
        made: "file:factor.txt",
        used: &["--use", "file:factor.txt"],
        taken: &["--file", "factor.txt"],
        file: "factor.txt",
    },
    Kind {
        name: "sealed file",
        made: "file:sealed.txt",
        used: &["--use", "file:sealed.txt"],
        taken: &["--file", "sealed.txt"],
        file: "sealed.txt",
    },
    Kind {
        name: "answers",
        made: "answers:answers.txt",
        used: &["--use", "answers:answers.txt"],
        taken: &["--answers", "answers.txt"],
        file: "answers.txt",
    },
    Kind {
        name: "passkey",
        made: "passkey:software:passkeys",
        used: &["--use", "passkey:software:passkeys"],
        taken: &["--passkey", "passkeys"],
        file: "passkeys",
    },
];

fn kind(name: &str) -> &'static Kind {
    KINDS.iter().find(|kind| kind.name == name).unwrap()
}

/// An example: the curve, what the account is made over, what is done to it, and who suffices.
struct Example {
    name: &'static str,
    curve: &'static str,
    factors: &'static [&'static str],
    changes: &'static [&'static [&'static str]],
    quorums: &'static [&'static [&'static str]],
}

const PAIRS: &[&[&str]] = &[&["words", "file"], &["device", "words"]];
const FEW: &[&str] = &["device", "words", "file"];

const EXAMPLES: [Example; 5] = [
    Example {
        name: "plain",
        curve: "secp256k1",
        factors: &[
            "device",
            "words",
            "login",
            "file",
            "sealed file",
            "answers",
            "passkey",
        ],
        changes: &[],
        quorums: &[
            &["words", "file"],
            &["device", "login"],
            &["sealed file", "answers"],
            &["passkey", "words"],
        ],
    },
    Example {
        name: "ed25519",
        curve: "ed25519",
        factors: FEW,
        changes: &[&["refresh"], &["factor", "rename", "2", "drawer"]],
        quorums: PAIRS,
    },
    Example {
        name: "p256",
        curve: "p256",
        factors: FEW,
        changes: &[],
        quorums: PAIRS,
    },
    Example {
        name: "nested",
        curve: "secp256k1",
        factors: &["device", "words", "login", "file", "sealed file"],
        changes: &[&["structure", "set", "2 of (1, 3, 2 of (2, 4*2, 5))", "--yes"]],
        quorums: &[
            &["device", "login"],
            &["device", "file"],
            &["login", "words", "sealed file"],
        ],
    },
    Example {
        name: "moving",
        curve: "ed25519",
        factors: FEW,
        changes: &[&["rotate"]],
        quorums: PAIRS,
    },
];

const PASSPHRASE: [&str; 2] = ["--file-passphrase-file", "passphrase"];

/// What `tki show` says that the recovery program says too, as far as it is there.
const TOLD: [&str; 8] = [
    "account",
    "account_version",
    "addresses",
    "curve",
    "epoch",
    "next_key",
    "structure",
    "verifying_key",
];

fn uses(names: &[&str]) -> Vec<&'static str> {
    names
        .iter()
        .flat_map(|name| kind(name).used)
        .copied()
        .collect()
}

/// Makes an example in a folder that is not there yet.
fn make(example: &Example, folder: &Path) {
    let home = Home::new();
    fs::write(
        home.path("answers.txt"),
        "password = vQ7;rT2.xB9-mK4,zW8!pL5\n",
    )
    .unwrap();
    let mut create = vec!["create", "--label", "laptop", "--curve", example.curve];
    let first = example
        .factors
        .iter()
        .filter(|name| **name != "sealed file");
    for name in first {
        create.extend(["--factor", kind(name).made]);
    }
    home.json(
        &[
            &create[..],
            &["--recovery-out", "words.txt", "--threshold", "2"],
        ]
        .concat(),
    );
    let everyone = uses(&["device", "words"]);
    if example.factors.contains(&"sealed file") {
        let add = ["factor", "add", "file:sealed.txt"];
        home.json(&[&add[..], &PASSPHRASE, &everyone].concat());
    }
    for change in example.changes {
        home.json(&[change, &everyone[..]].concat());
    }
    home.json(&["backup", "account.tki"]);
    let shown = home.json(&["show"]);
    let quorum = uses(example.quorums[0]);
    let export = ["export", "--format", "hex", "--output", "-"];
    let bundle = ["--storage", "bundle:account.tki"];
    let key = home.run(&[&bundle[..], &export, &quorum].concat()).ok();
    let told = TOLD.iter().filter(|field| !shown[**field].is_null());
    let told: serde_json::Map<_, _> = told
        .map(|field| ((*field).to_owned(), shown[*field].clone()))
        .collect();
    let expected = json!({
        "quorums": example.quorums,
        "secret_key": key.trim(),
        "told": told,
    });
    fs::create_dir_all(folder.join("home/accounts/main")).unwrap();
    let files = example.factors.iter().map(|name| kind(name).file);
    for file in files.chain(["account.tki", "passphrase"]) {
        fs::copy(home.path(file), folder.join(file)).unwrap();
    }
    let mut text = serde_json::to_string_pretty(&expected).unwrap();
    text.push('\n');
    fs::write(folder.join("expected.json"), text).unwrap();
}

/// Opens an example with every quorum that it names, with both programs.
fn opens(folder: &Path) {
    let text = fs::read_to_string(folder.join("expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    let home = Home::holding(folder);
    let name = folder.display();
    for quorum in expected["quorums"].as_array().unwrap() {
        let quorum = quorum.as_array().unwrap().iter();
        let quorum: Vec<&str> = quorum.map(|name| name.as_str().unwrap()).collect();
        let bundle = ["--storage", "bundle:account.tki"];
        let opened = [&bundle[..], &PASSPHRASE, &uses(&quorum)].concat();
        let shown = home.json(&[&["open"], &opened[..]].concat());
        let export = ["export", "--format", "hex", "--output", "-"];
        let key = home.run(&[&export[..], &opened].concat()).ok();
        assert_eq!(expected["secret_key"], key.trim(), "{name} {quorum:?}");
        for (field, told) in expected["told"].as_object().unwrap() {
            agree(told, &shown[field], &format!("{name} {field}"));
        }
        if !has_python() {
            continue;
        }
        let taken: Vec<_> = quorum
            .iter()
            .flat_map(|name| kind(name).taken)
            .copied()
            .collect();
        let program = [
            "account.tki",
            "--show-key",
            "--passphrase-file",
            "passphrase",
        ];
        let shown = recover_json(&home, &[&program, &taken]).json();
        assert_eq!(expected["secret_key"], shown["secret_key"]["value"]);
        for (field, told) in expected["told"].as_object().unwrap() {
            agree(told, &shown[field], &format!("{name} {field}, in Python"));
        }
    }
}

/// What is said of both is the same; each may say more.
fn agree(one: &Value, other: &Value, what: &str) {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            for (field, value) in one {
                if let Some(also) = other.get(field) {
                    agree(value, also, what);
                }
            }
        }
        _ => assert_eq!(one, other, "{what}"),
    }
}

fn folders(of: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(of).unwrap();
    let folders = entries.map(|entry| entry.unwrap().path());
    folders.filter(|path| path.is_dir()).collect()
}

#[test]
fn every_released_backup_opens() {
    let released = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/recovery/examples");
    let examples: Vec<_> = folders(Path::new(released))
        .iter()
        .flat_map(|f| folders(f))
        .collect();
    assert!(examples.len() >= EXAMPLES.len(), "{examples:?}");
    for example in examples {
        opens(&example);
    }
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "where examples are kept is said by whoever makes them to be kept"
)]
fn examples_are_made_as_those_that_were_released() {
    let kept = std::env::var_os("TKI_EXAMPLES").map(PathBuf::from);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let stage = Home::new();
    let folder = kept.map_or_else(|| stage.path("examples"), |kept| root.join(kept));
    for example in &EXAMPLES {
        let folder = folder.join(example.name);
        assert!(!folder.exists(), "they are added, and never made anew");
        make(example, &folder);
        opens(&folder);
    }
}

//! What a storage server has and hears of an account: nothing that opens it, and nothing that says whose
//! it is.

use serde_json::Value;

use crate::canary::Life;
use crate::needles::Needles;
use crate::servers::{Backend, Mishap, Proxy, Server};

/// Bytes as they are, and in both spellings of hexadecimal digits.
fn spelled(digits: &str) -> [Vec<u8>; 3] {
    let bytes = (0..digits.len()).step_by(2);
    let bytes = bytes.map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap());
    let (lower, upper) = (digits.to_lowercase(), digits.to_uppercase());
    [bytes.collect(), lower.into_bytes(), upper.into_bytes()]
}

/// What names an account, beside what opens it.
fn name(needles: &mut Needles, shown: &Value, names: &[&str]) {
    let digits = |value: &Value, from: usize| value.as_str().unwrap()[from..].to_owned();
    for (name, digits) in [
        ("account", digits(&shown["account"], 0)),
        ("verifying key", digits(&shown["verifying_key"], 0)),
        ("x of the verifying key", digits(&shown["verifying_key"], 2)),
        ("address", digits(&shown["addresses"]["evm"], 2)),
    ] {
        for spelling in spelled(&digits) {
            needles.bytes(name, &spelling);
        }
    }
    for name in names {
        needles.bytes(name, name.as_bytes());
    }
}

#[test]
fn a_server_has_and_hears_nothing_that_opens_or_names_an_account() {
    let backend = Backend::redb();
    let file = backend.file().unwrap();
    let server = Server::start(&backend);
    let proxy = Proxy::new(server.address, Mishap::None, 0, || ());
    let label = "Zaphod's own laptop";
    let mut life = Life::begin_on(&proxy.url, file.clone(), label);
    let shown = life.run_json(&["show"]);

    // A life: used, another sheet, a removal, renewed shares, by login and words alone.
    let both = ["--use", "device", "--use", "words:words.txt"];
    life.run(&[&["sign", "message", "-", "--scheme", "bip340"][..], &both].concat());
    let add = [
        "factor",
        "add",
        "words",
        "--label",
        "Trillian's drawer",
        "--recovery-out",
    ];
    life.run(&[&add[..], &["second.txt"], &both].concat());
    life.learn(&["words.txt", "second.txt"]);
    life.run(&[&["factor", "remove", "4"], &both[..]].concat());
    life.run(&[&["refresh"], &both[..]].concat());
    life.learn(&["words.txt"]);
    life.run(&["open", "--use", "provider", "--use", "words:words.txt"]);

    let mut needles = life.needles();
    let names = [
        label,
        "Trillian's drawer",
        "secp256k1",
        "words.txt",
        "provider",
    ];
    name(&mut needles, &shown, &names);
    let (has, heard) = (std::fs::read(&file).unwrap(), proxy.heard());
    assert!(has.len() > 10_000 && heard.len() > 10_000);
    for (what, bytes) in [("has", &has), ("hears", &heard)] {
        assert!(
            needles.found_in(bytes).is_empty(),
            "{what} {:?}",
            needles.found_in(bytes)
        );
        assert!(needles.phrases_in(bytes).is_empty(), "{what}");
    }
    // The search finds what is there.
    let key = &spelled(shown["verifying_key"].as_str().unwrap())[0];
    let planted = [&heard[..], key].concat();
    assert_eq!(needles.found_in(&planted).len(), 2);
    // Of headers, none that tells one client from another but by what it asks for.
    let said = String::from_utf8_lossy(&heard).to_ascii_lowercase();
    for header in [
        "cookie:",
        "authorization:",
        "referer:",
        "x-forwarded-for:",
        "from:",
    ] {
        assert!(!said.contains(&format!("\r\n{header}")), "{header}");
    }
}

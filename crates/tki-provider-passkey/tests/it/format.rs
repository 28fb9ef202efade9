//! Files of every released version are opened by today's code. Fixtures are added, never made anew.

use std::fs;
use std::path::PathBuf;

use tki_provider_passkey::{Passkey, SoftwareAuthenticator};

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

#[tokio::test]
async fn authenticators_of_version_1_open() {
    let files: [(&str, Option<&[u8]>); 2] = [
        ("open-1", None),
        ("sealed-1", Some(b"correct horse battery staple")),
    ];
    for (name, passphrase) in files {
        let before = fs::read(fixture(name)).unwrap();
        let keys = SoftwareAuthenticator::open(&fixture(name), passphrase).unwrap();
        let all = Passkey::all(&keys).await.unwrap();
        let all: Vec<(String, String)> = all
            .iter()
            .map(|passkey| {
                let seed = hex::encode(passkey.seed.expose_secret());
                (passkey.credential.to_string(), seed)
            })
            .collect();
        assert_eq!(all, expected(name));
        assert_eq!(fs::read(fixture(name)).unwrap(), before);
    }
}

fn expected(name: &str) -> Vec<(String, String)> {
    let text = fs::read_to_string(fixture(name).with_extension("txt")).unwrap();
    let lines = text.lines().map(|line| line.split_once(' ').unwrap());
    lines
        .map(|(id, seed)| (id.to_owned(), seed.to_owned()))
        .collect()
}

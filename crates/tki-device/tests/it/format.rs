//! Files of every released version are opened by today's code. Fixtures are added, never made anew.

use std::path::PathBuf;

use tki_device::{DeviceStore as _, KeyringFile, PassphraseFile, PlainFile};
use tki_seal::password::Argon2Params;
use tki_seal::symmetric::{self, SymmetricKey};
use tki_seal::transcript::{Tag, Transcript};

use crate::fake_keyring::FakeKeyring;

const PACKAGE: &[u8] = b"device package of version 1";
const PASSPHRASE: &[u8] = b"correct horse battery staple";

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

#[test]
fn sealed_file_of_version_1_opens() {
    let params = Argon2Params::insecure_for_tests();
    let store = PassphraseFile::new(fixture("passphrase-1.bin"), PASSPHRASE, params);
    assert_eq!(store.load().unwrap().unwrap().as_slice(), PACKAGE);
}

#[test]
fn plain_file_of_version_1_opens() {
    let store = PlainFile::new(fixture("plain-1.bin"));
    assert_eq!(store.load().unwrap().unwrap().as_slice(), PACKAGE);
}

#[test]
fn plain_file_is_what_the_specification_says() {
    let hash = Transcript::new(Tag::DeviceFile)
        .bytes(b"plain")
        .bytes(PACKAGE)
        .digest();
    let expected = [b"TKI-DEVP\x01".as_slice(), &hash, PACKAGE].concat();
    assert_eq!(std::fs::read(fixture("plain-1.bin")).unwrap(), expected);
}

#[test]
fn keyring_file_of_version_1_opens() {
    let keyring = FakeKeyring::with(KEYRING_NAME, &KEYRING_KEY);
    let store = KeyringFile::new(fixture("keyring-1.bin"), keyring);
    assert_eq!(store.load().unwrap().unwrap().as_slice(), PACKAGE);
}

#[test]
fn keyring_file_is_what_the_specification_says() {
    let file = std::fs::read(fixture("keyring-1.bin")).unwrap();
    let (header, rest) = file.split_at(25);
    let (hash, sealed) = rest.split_at(32);
    let id = KEYRING_NAME
        .as_bytes()
        .chunks(2)
        .map(|digits| u8::from_str_radix(core::str::from_utf8(digits).unwrap(), 16).unwrap());
    let expected = b"TKI-DEVK\x01".iter().copied().chain(id);
    assert_eq!(header, expected.collect::<Vec<u8>>());
    let transcript = |label| Transcript::new(Tag::DeviceFile).bytes(label).bytes(header);
    let digest = transcript(b"keyring sealed").bytes(sealed).digest();
    assert_eq!(hash, digest);
    let key = SymmetricKey::from_bytes(KEYRING_KEY.into());
    let opened = symmetric::open(&key, transcript(b"keyring"), sealed).unwrap();
    assert_eq!(opened.as_slice(), PACKAGE);
}

/// What the keyring held when the fixture was made.
const KEYRING_NAME: &str = "5945f12800bdbfb5d42c62d7e16cc940";
const KEYRING_KEY: [u8; 32] = [
    0x62, 0x0d, 0xa2, 0x23, 0xab, 0xca, 0xe4, 0x2e, 0x9d, 0xbf, 0xdc, 0xf8, 0x26, 0xf6, 0xdf, 0x15,
    0x86, 0xc5, 0xbc, 0x58, 0x3d, 0x14, 0xe6, 0x3d, 0xe9, 0x11, 0xdf, 0xb8, 0x10, 0xbe, 0xd6, 0x0f,
];

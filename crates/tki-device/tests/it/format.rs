//! Files of every released version are opened by today's code. Fixtures are added, never made anew.

use std::path::PathBuf;

use tki_device::{DeviceStore as _, PassphraseFile, PlainFile};
use tki_seal::password::Argon2Params;
use tki_seal::transcript::{Tag, Transcript};

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

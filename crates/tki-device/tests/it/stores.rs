//! The suite, for each store.

use std::path::PathBuf;

use static_assertions::assert_not_impl_any;
use tempfile::TempDir;
use tki_device::conformance::{Place, check_all};
use tki_device::{DeviceStore, KeyringFile, MemoryStore, PassphraseFile, PlainFile};
use tki_seal::password::Argon2Params;

use crate::fake_keyring::FakeKeyring;

/// A file in a folder of its own, opened by one of the stores.
struct InFolder {
    folder: TempDir,
    open: Opener,
}

type Opener = Box<dyn Fn(PathBuf) -> Box<dyn DeviceStore> + Sync>;

impl InFolder {
    fn new(open: impl Fn(PathBuf) -> Box<dyn DeviceStore> + Sync + 'static) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            open: Box::new(open),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("package")
    }
}

impl Place for InFolder {
    fn open(&self) -> Box<dyn DeviceStore> {
        (self.open)(self.path())
    }

    fn bytes(&self) -> Option<Vec<u8>> {
        std::fs::read(self.path()).ok()
    }

    fn set_bytes(&self, bytes: &[u8]) {
        std::fs::write(self.path(), bytes).unwrap();
    }
}

struct InMemory(MemoryStore);

impl Place for InMemory {
    fn open(&self) -> Box<dyn DeviceStore> {
        Box::new(self.0.clone())
    }

    fn bytes(&self) -> Option<Vec<u8>> {
        None
    }

    fn set_bytes(&self, _bytes: &[u8]) {}
}

#[test]
fn passphrase_file_conforms() {
    let place = || {
        InFolder::new(|path| {
            let params = Argon2Params::insecure_for_tests();
            Box::new(PassphraseFile::new(path, b"correct horse", params))
        })
    };
    check_all(place, &mut tki_testkit::rng("passphrase file conforms"));
}

#[test]
fn plain_file_conforms() {
    let place = || InFolder::new(|path| Box::new(PlainFile::new(path)));
    check_all(place, &mut tki_testkit::rng("plain file conforms"));
}

#[test]
fn keyring_file_conforms() {
    let place = || {
        let keyring = FakeKeyring::new();
        InFolder::new(move |path| Box::new(KeyringFile::new(path, keyring.clone())))
    };
    check_all(place, &mut tki_testkit::rng("keyring file conforms"));
}

#[test]
fn memory_store_conforms() {
    check_all(
        || InMemory(MemoryStore::new()),
        &mut tki_testkit::rng("memory store conforms"),
    );
}

#[test]
fn stores_are_neither_compared_nor_defaulted() {
    assert_not_impl_any!(PassphraseFile: Clone, Default, PartialEq, Eq);
    assert_not_impl_any!(KeyringFile: Clone, Default, PartialEq, Eq);
    assert_not_impl_any!(MemoryStore: Default, PartialEq, Eq);
}

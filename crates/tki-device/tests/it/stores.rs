//! The suite, for each store.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::path::PathBuf;

use static_assertions::assert_not_impl_any;
use tempfile::TempDir;
use tki_device::conformance::{Place, check_all};
use tki_device::{
    DeviceStore, Error, KeyringFile, MemoryStore, PassphraseFile, PlainFile, PresenceStore,
};
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
fn a_store_that_asks_conforms() {
    let place =
        || InFolder::new(|path| Box::new(PresenceStore::new(PlainFile::new(path), || true)));
    check_all(place, &mut tki_testkit::rng("a store that asks conforms"));
}

#[test]
fn without_somebody_who_confirms_nothing_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("package");
    let is_there = Arc::new(AtomicBool::new(true));
    let asked = Arc::new(AtomicUsize::new(0));
    let (there, count) = (is_there.clone(), asked.clone());
    let store = PresenceStore::new(PlainFile::new(&path), move || {
        count.fetch_add(1, Ordering::Relaxed);
        there.load(Ordering::Relaxed)
    });
    let mut rng = tki_testkit::rng("without somebody who confirms");
    store.save(b"package", &mut rng).unwrap();
    assert_eq!(store.load().unwrap().unwrap().as_slice(), b"package");
    is_there.store(false, Ordering::Relaxed);
    let refused = store.load().unwrap_err();
    assert!(matches!(refused, Error::NotConfirmed));
    assert!(refused.is_unavailable() && !refused.is_outcome_unknown());
    assert_eq!(asked.load(Ordering::Relaxed), 2);
    // Each load asks again.
    is_there.store(true, Ordering::Relaxed);
    assert!(store.load().unwrap().is_some());
    assert_eq!(asked.load(Ordering::Relaxed), 3);
}

#[test]
fn stores_are_neither_compared_nor_defaulted() {
    assert_not_impl_any!(PassphraseFile: Clone, Default, PartialEq, Eq);
    assert_not_impl_any!(KeyringFile: Clone, Default, PartialEq, Eq);
    assert_not_impl_any!(MemoryStore: Default, PartialEq, Eq);
    assert_not_impl_any!(PresenceStore<PlainFile>: Clone, Default, PartialEq, Eq);
}

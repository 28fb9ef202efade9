//! What is particular to a package under a key in a keyring: two places that must agree.

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tki_device::{DeviceStore as _, Error, KeyringError, KeyringFile, PlainFile, StoreKind};
use tki_seal::transcript::{Tag, Transcript};

use crate::fake_keyring::{Behaviour, FakeKeyring};

const PACKAGE: &[u8] = b"a package with a secret in it";

struct Home {
    folder: TempDir,
    keyring: FakeKeyring,
}

impl Home {
    fn new() -> Self {
        Self::beside(&FakeKeyring::new())
    }

    /// Another home of the same user.
    fn beside(keyring: &FakeKeyring) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            keyring: keyring.clone(),
        }
    }

    /// A home with a package.
    fn with_package() -> Self {
        let home = Self::new();
        home.save(PACKAGE).unwrap();
        home
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("package")
    }

    /// The store, as every process opens it.
    fn store(&self) -> KeyringFile {
        KeyringFile::new(self.path(), self.keyring.clone())
    }

    fn save(&self, package: &[u8]) -> Result<(), Error> {
        self.store().save(package, &mut tki_testkit::rng("keyring"))
    }

    fn bytes(&self) -> Vec<u8> {
        std::fs::read(self.path()).unwrap()
    }

    #[track_caller]
    fn assert_holds(&self, package: &[u8]) {
        assert_eq!(self.store().load().unwrap().unwrap().as_slice(), package);
    }
}

#[test]
fn the_key_is_there_before_the_file_and_goes_after_it() {
    let home = Home::new();
    home.keyring.watch(home.path());
    home.save(PACKAGE).unwrap();
    assert_eq!(
        home.keyring.calls(),
        ["set without file", "get without file"]
    );
    home.store().remove().unwrap();
    assert_eq!(
        home.keyring.calls(),
        ["get with file", "remove without file"]
    );
    assert!(home.keyring.secrets().is_empty());
}

#[test]
fn a_save_keeps_name_and_key() {
    let home = Home::with_package();
    let (keys, first) = (home.keyring.secrets(), home.bytes());
    home.save(b"another package").unwrap();
    home.assert_holds(b"another package");
    assert_eq!(home.keyring.secrets(), keys);
    assert_eq!(home.bytes()[..25], first[..25]);
    assert_ne!(home.bytes()[25..57], first[25..57]);
}

#[test]
fn a_process_asks_the_keyring_once() {
    let home = Home::with_package();
    home.keyring.calls();
    let store = home.store();
    let mut rng = tki_testkit::rng("asks once");
    for package in [b"one".as_slice(), b"two", b"three"] {
        store.save(package, &mut rng).unwrap();
        assert_eq!(store.load().unwrap().unwrap().as_slice(), package);
    }
    assert_eq!(home.keyring.calls().len(), 1);
}

#[test]
fn two_homes_have_two_keys() {
    let one = Home::new();
    let other = Home::beside(&one.keyring);
    let mut rng = tki_testkit::rng("two homes");
    one.store().save(b"one", &mut rng).unwrap();
    other.store().save(b"other", &mut rng).unwrap();
    let keys: Vec<_> = one.keyring.secrets().into_values().collect();
    assert!(keys.len() == 2 && keys[0] != keys[1]);
    other.store().remove().unwrap();
    one.assert_holds(b"one");

    // And a home that is made anew has another one.
    let before = one.keyring.secrets();
    one.store().remove().unwrap();
    one.store().save(b"anew", &mut rng).unwrap();
    assert!(
        one.keyring
            .secrets()
            .keys()
            .all(|name| !before.contains_key(name))
    );
}

#[test]
fn a_file_without_its_keyring_is_worth_nothing() {
    let home = Home::with_package();
    let thief = Home::new();
    std::fs::copy(home.path(), thief.path()).unwrap();
    let error = thief.store().load().unwrap_err();
    assert!(matches!(error, Error::NoKey), "{error:?}");
    assert!(error.is_unavailable() && !error.is_outcome_unknown());
    let keys = home.keyring.secrets();
    let hidden = [PACKAGE, keys.first_key_value().unwrap().1.as_slice()];
    for part in hidden.into_iter().flat_map(|secret| secret.windows(8)) {
        assert!(!home.bytes().windows(8).any(|bytes| bytes == part));
    }
}

type IsNamed = fn(&KeyringError) -> bool;

#[test]
fn a_keyring_without_an_answer_is_unavailable_and_costs_nothing() {
    let home = Home::with_package();
    let before = home.bytes();
    let cases: [(_, IsNamed); 3] = [
        (Behaviour::IsLocked, |e| {
            matches!(e, KeyringError::Locked(_))
        }),
        (Behaviour::IsMissing, |e| {
            matches!(e, KeyringError::Missing(_))
        }),
        (Behaviour::Fails, |e| matches!(e, KeyringError::Failed(_))),
    ];
    for (behaviour, is_named) in cases {
        home.keyring.behave(behaviour);
        for result in [home.store().load().map(drop), home.save(b"other")] {
            let Err(Error::Keyring(error)) = &result else {
                panic!("{behaviour:?}: {result:?}")
            };
            assert!(is_named(error), "{behaviour:?}: {error:?}");
            assert!(result.unwrap_err().is_unavailable(), "{behaviour:?}");
        }
        assert_eq!(home.bytes(), before, "{behaviour:?}");
        // Nothing is begun where there is no keyring.
        let new = Home::beside(&home.keyring);
        assert!(matches!(new.save(PACKAGE), Err(Error::Keyring(_))));
        assert!(!new.path().exists(), "{behaviour:?}");
    }
    home.keyring.behave(Behaviour::Works);
    home.assert_holds(PACKAGE);
}

#[test]
fn a_keyring_that_does_not_keep_the_key_gets_no_file() {
    for behaviour in [Behaviour::Forgets, Behaviour::Confuses] {
        let home = Home::new();
        home.keyring.behave(behaviour);
        let error = home.save(PACKAGE).unwrap_err();
        assert!(
            matches!(error, Error::Keyring(KeyringError::Failed(_))),
            "{error:?}"
        );
        assert!(!home.path().exists(), "{behaviour:?}");
    }
}

#[test]
fn another_key_of_the_same_name_opens_nothing_and_changes_nothing() {
    let home = Home::with_package();
    let (before, keys) = (home.bytes(), home.keyring.secrets());
    let (name, key) = keys.first_key_value().unwrap();
    let mut other = key.clone();
    other[31] ^= 0x80;
    let longer = [key.as_slice(), &[0]].concat();
    for damaged in [&other, &key[..31], &longer, &[][..]] {
        home.keyring.put(name, damaged);
        assert!(
            matches!(home.store().load(), Err(Error::NoKey)),
            "{damaged:?}"
        );
        assert!(
            matches!(home.save(b"other"), Err(Error::NoKey)),
            "{damaged:?}"
        );
        assert_eq!(home.bytes(), before);
    }
    home.keyring.put(name, key);
    home.assert_holds(PACKAGE);
}

#[test]
fn a_write_that_fails_leaves_no_key() {
    let home = Home::new();
    let path = home.folder.path().join("no folder/package");
    let store = KeyringFile::new(path, home.keyring.clone());
    let error = store
        .save(PACKAGE, &mut tki_testkit::rng("no folder"))
        .unwrap_err();
    assert!(matches!(error, Error::File(_)), "{error:?}");
    assert_eq!(home.keyring.secrets().len(), 0);
}

#[test]
fn removing_takes_no_key_of_another_file() {
    let home = Home::with_package();
    let other = Home::beside(&home.keyring);
    // A file of another home's name that its key does not open, as damage and as forgery.
    let mut damaged = home.bytes();
    *damaged.last_mut().unwrap() ^= 1;
    let forged = forge(&home.bytes());
    for bytes in [damaged.as_slice(), &forged, &home.bytes()[..60], b"nothing"] {
        std::fs::write(other.path(), bytes).unwrap();
        other.store().remove().unwrap();
        assert!(!other.path().exists());
        home.assert_holds(PACKAGE);
    }
}

/// The same header, other content, and the hash of that.
fn forge(file: &[u8]) -> Vec<u8> {
    let sealed = [7; 120];
    let hash = Transcript::new(Tag::DeviceFile)
        .bytes(b"keyring sealed")
        .bytes(&file[..25])
        .bytes(&sealed)
        .digest();
    [&file[..25], &hash, &sealed].concat()
}

#[test]
fn what_cannot_be_opened_can_be_removed() {
    let home = Home::with_package();
    home.keyring.behave(Behaviour::IsLocked);
    home.store().remove().unwrap();
    assert!(!home.path().exists());
    // A key without a file: nobody asks for it again.
    home.keyring.behave(Behaviour::Works);
    assert!(home.store().load().unwrap().is_none());
    home.save(PACKAGE).unwrap();
    home.assert_holds(PACKAGE);
}

#[test]
fn no_kind_of_file_is_mistaken_for_it() {
    let home = Home::with_package();
    assert!(matches!(
        PlainFile::new(home.path()).load(),
        Err(Error::OtherStore {
            found: StoreKind::Keyring
        })
    ));
    let mut later = home.bytes();
    later[8] = 2;
    std::fs::write(home.path(), later).unwrap();
    assert!(matches!(
        home.store().load(),
        Err(Error::Unsupported { version: 2 })
    ));
    let plain = Home::new();
    PlainFile::new(plain.path())
        .save(PACKAGE, &mut tki_testkit::rng("plain"))
        .unwrap();
    let error = plain.store().load().unwrap_err();
    assert!(matches!(
        error,
        Error::OtherStore {
            found: StoreKind::Plain
        }
    ));
    assert!(
        plain.keyring.calls().is_empty(),
        "asked for a key that never was"
    );
}

#[test]
fn nothing_secret_is_printed() {
    let home = Home::with_package();
    let printed = format!("{:?}", home.store());
    assert!(printed.starts_with("KeyringFile"), "{printed}");
    assert_eq!(home.store().path(), Path::new(&home.path()));
    for name in home.keyring.secrets().keys() {
        assert!(!printed.contains(name.as_str()), "{printed}");
    }
}

//! What is particular to packages in files: passphrases, kinds, permissions.

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tki_device::{DeviceStore, Error, PassphraseFile, PlainFile, StoreKind};
use tki_seal::password::Argon2Params;

const PACKAGE: &[u8] = b"a package with a secret in it";

struct Home {
    folder: TempDir,
}

impl Home {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("package")
    }

    fn sealed(&self, passphrase: &str) -> PassphraseFile {
        let params = Argon2Params::insecure_for_tests();
        PassphraseFile::new(self.path(), passphrase.as_bytes(), params)
    }

    fn plain(&self) -> PlainFile {
        PlainFile::new(self.path())
    }

    fn bytes(&self) -> Vec<u8> {
        std::fs::read(self.path()).unwrap()
    }

    fn files(&self) -> usize {
        std::fs::read_dir(self.folder.path()).unwrap().count()
    }
}

#[test]
fn another_passphrase_is_called_wrong_and_changes_nothing() {
    let (home, mut rng) = (Home::new(), tki_testkit::rng("another passphrase"));
    home.sealed("right").save(PACKAGE, &mut rng).unwrap();
    let before = home.bytes();
    for wrong in ["", "Right", "right ", "wrong"] {
        let store = home.sealed(wrong);
        assert!(
            matches!(store.load(), Err(Error::WrongPassphrase)),
            "{wrong:?}"
        );
        assert!(
            matches!(store.save(b"other", &mut rng), Err(Error::WrongPassphrase)),
            "{wrong:?}"
        );
    }
    assert_eq!(home.bytes(), before);
    assert_eq!(
        home.sealed("right").load().unwrap().unwrap().as_slice(),
        PACKAGE
    );
}

#[test]
fn damage_is_not_called_a_wrong_passphrase() {
    let (home, mut rng) = (Home::new(), tki_testkit::rng("damage"));
    home.sealed("right").save(PACKAGE, &mut rng).unwrap();
    let mut damaged = home.bytes();
    *damaged.last_mut().unwrap() ^= 1;
    std::fs::write(home.path(), &damaged).unwrap();
    for passphrase in ["right", "wrong"] {
        let loaded = home.sealed(passphrase).load();
        assert!(matches!(loaded, Err(Error::Corrupt)), "{passphrase}");
    }
}

#[test]
fn no_kind_of_file_is_mistaken_for_the_other() {
    let mut rng = tki_testkit::rng("kinds");
    let home = Home::new();
    home.sealed("right").save(PACKAGE, &mut rng).unwrap();
    assert_other_store(&home.plain(), StoreKind::Passphrase);

    let home = Home::new();
    home.plain().save(PACKAGE, &mut rng).unwrap();
    assert_other_store(&home.sealed("right"), StoreKind::Plain);
    assert_eq!(home.plain().load().unwrap().unwrap().as_slice(), PACKAGE);
}

#[track_caller]
fn assert_other_store(store: &dyn DeviceStore, expected: StoreKind) {
    let mut rng = tki_testkit::rng("other store");
    for result in [store.load().map(drop), store.save(PACKAGE, &mut rng)] {
        let Err(Error::OtherStore { found }) = &result else {
            panic!("{result:?}")
        };
        assert_eq!(*found, expected);
        assert!(result.unwrap_err().to_string().contains(expected.name()));
    }
}

#[test]
fn a_later_format_is_called_so() {
    let mut rng = tki_testkit::rng("later format");
    for sealed in [true, false] {
        let home = Home::new();
        let store: Box<dyn DeviceStore> = if sealed {
            Box::new(home.sealed("right"))
        } else {
            Box::new(home.plain())
        };
        store.save(PACKAGE, &mut rng).unwrap();
        let mut later = home.bytes();
        later[8] = 2;
        std::fs::write(home.path(), later).unwrap();
        assert!(matches!(
            store.load(),
            Err(Error::Unsupported { version: 2 })
        ));
        assert!(matches!(
            store.save(PACKAGE, &mut rng),
            Err(Error::Unsupported { version: 2 })
        ));
    }
}

#[test]
fn a_file_of_something_else_is_no_package() {
    let home = Home::new();
    for content in [b"".as_slice(), b"TKI", b"TKI-DEVX\x01", &[0; 4096]] {
        std::fs::write(home.path(), content).unwrap();
        assert!(matches!(home.sealed("right").load(), Err(Error::Corrupt)));
        assert!(matches!(home.plain().load(), Err(Error::Corrupt)));
    }
}

#[test]
fn a_file_beyond_the_limit_is_not_read() {
    let home = Home::new();
    let file = std::fs::File::create(home.path()).unwrap();
    // Sparse: a terabyte that nobody could hold.
    file.set_len(1 << 40).unwrap();
    assert!(matches!(home.sealed("right").load(), Err(Error::TooLarge)));
    assert!(matches!(home.plain().load(), Err(Error::TooLarge)));
}

#[test]
fn a_sealed_file_does_not_hold_the_package() {
    let (home, mut rng) = (Home::new(), tki_testkit::rng("sealed"));
    home.sealed("right").save(PACKAGE, &mut rng).unwrap();
    assert!(
        !home
            .bytes()
            .windows(8)
            .any(|bytes| PACKAGE.windows(8).any(|own| own == bytes))
    );
}

#[test]
fn the_same_package_is_never_the_same_file() {
    let (home, mut rng) = (Home::new(), tki_testkit::rng("same package"));
    let store = home.sealed("right");
    store.save(PACKAGE, &mut rng).unwrap();
    let first = home.bytes();
    store.save(PACKAGE, &mut rng).unwrap();
    let second = home.bytes();
    // Salt and parameters stay, so that the key does; hash, and everything sealed, differ.
    assert_eq!(first[..53], second[..53]);
    assert_ne!(first[53..85], second[53..85]);
    assert_ne!(first[85..], second[85..]);
}

#[test]
fn a_new_file_has_a_new_salt() {
    let (home, mut rng) = (Home::new(), tki_testkit::rng("new salt"));
    let store = home.sealed("right");
    store.save(PACKAGE, &mut rng).unwrap();
    let first = home.bytes();
    store.remove().unwrap();
    store.save(PACKAGE, &mut rng).unwrap();
    assert_ne!(first[21..53], home.bytes()[21..53]);
    assert_eq!(store.load().unwrap().unwrap().as_slice(), PACKAGE);
}

#[test]
fn an_existing_file_keeps_its_parameters() {
    let (home, mut rng) = (Home::new(), tki_testkit::rng("parameters"));
    home.sealed("right").save(PACKAGE, &mut rng).unwrap();
    let first = home.bytes();
    let others = Argon2Params::new(16, 2, 1).unwrap();
    let store = PassphraseFile::new(home.path(), b"right", others);
    store.save(PACKAGE, &mut rng).unwrap();
    assert_eq!(home.bytes()[..53], first[..53]);
    store.remove().unwrap();
    store.save(PACKAGE, &mut rng).unwrap();
    assert_eq!(home.bytes()[9..21], others.to_bytes());
}

#[test]
fn a_save_leaves_one_file() {
    let (home, mut rng) = (Home::new(), tki_testkit::rng("one file"));
    home.sealed("right").save(PACKAGE, &mut rng).unwrap();
    home.sealed("right").save(PACKAGE, &mut rng).unwrap();
    assert_eq!(home.files(), 1);
    home.sealed("right").remove().unwrap();
    assert_eq!(home.files(), 0);
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_a_package() {
    use std::os::unix::fs::PermissionsExt as _;

    let mut rng = tki_testkit::rng("permissions");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let home = Home::new();
    home.plain().save(PACKAGE, &mut rng).unwrap();
    assert_eq!(mode(&home.path()), 0o600);
    // Whatever the mode was: the next save mends it.
    std::fs::set_permissions(home.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
    home.plain().save(PACKAGE, &mut rng).unwrap();
    assert_eq!(mode(&home.path()), 0o600);

    let home = Home::new();
    home.sealed("right").save(PACKAGE, &mut rng).unwrap();
    assert_eq!(mode(&home.path()), 0o600);
}

#[test]
fn a_folder_that_is_not_there_is_unavailable() {
    let mut rng = tki_testkit::rng("no folder");
    let path = Path::new("/nonexistent/folder/package");
    let error = PlainFile::new(path).save(PACKAGE, &mut rng).unwrap_err();
    assert!(matches!(error, Error::File(_)), "{error:?}");
    assert!(error.is_unavailable() && !error.is_outcome_unknown());
    assert!(!Error::WrongPassphrase.is_unavailable());
}

#[test]
fn nothing_secret_is_printed() {
    let home = Home::new();
    let store = home.sealed("correct horse");
    store
        .save(PACKAGE, &mut tki_testkit::rng("printing"))
        .unwrap();
    let printed = format!("{store:?}");
    assert!(printed.starts_with("PassphraseFile"), "{printed}");
    assert!(
        !printed.contains("horse") && !printed.contains("key"),
        "{printed}"
    );
}

//! The key file of a local provider.

use std::path::PathBuf;

use tempfile::TempDir;
use tki_provider::{Evaluator as _, LocalError, LocalProvider, ServiceProvider as _};
use tki_seal::passphrase_file::{FileKey, FileKind};
use tki_seal::password::Argon2Params;
use tki_seal::transcript::Tag;

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
        self.folder.path().join("provider")
    }

    fn create(&self, passphrase: &str) -> Result<LocalProvider, LocalError> {
        // Two homes have two secrets.
        let rng = tki_testkit::rng(&format!("create {}", self.path().display()));
        let params = Argon2Params::insecure_for_tests();
        LocalProvider::create(&self.path(), passphrase.as_bytes(), params, rng)
    }

    fn open(&self, passphrase: &str) -> Result<LocalProvider, LocalError> {
        let rng = tki_testkit::rng("open");
        LocalProvider::open(&self.path(), passphrase.as_bytes(), rng)
    }

    fn bytes(&self) -> Vec<u8> {
        std::fs::read(self.path()).unwrap()
    }
}

#[tokio::test]
async fn two_providers_have_nothing_in_common() {
    let providers = [Home::new(), Home::new()].map(|home| home.create("same").unwrap());
    let [one, other] = &providers;
    assert_ne!(
        one.public_key().await.unwrap(),
        other.public_key().await.unwrap()
    );
    let keys = (
        one.sign(&[0; 32]).await.unwrap().key,
        other.sign(&[0; 32]).await.unwrap().key,
    );
    assert_ne!(keys.0, keys.1);
    assert_ne!(
        *one.evaluate("opening").await.unwrap(),
        *other.evaluate("opening").await.unwrap()
    );
}

#[test]
fn an_existing_file_is_never_replaced() {
    let home = Home::new();
    home.create("right").unwrap();
    let before = home.bytes();
    for passphrase in ["right", "wrong"] {
        assert!(matches!(
            home.create(passphrase),
            Err(LocalError::AlreadyExists)
        ));
    }
    assert_eq!(home.bytes(), before);
}

#[test]
fn what_is_not_there_is_missing() {
    assert!(matches!(
        Home::new().open("right"),
        Err(LocalError::Missing)
    ));
}

#[test]
fn another_passphrase_is_called_wrong() {
    let home = Home::new();
    home.create("right").unwrap();
    for wrong in ["", "Right", "right "] {
        assert!(
            matches!(home.open(wrong), Err(LocalError::WrongPassphrase)),
            "{wrong:?}"
        );
    }
    home.open("right").unwrap();
}

#[test]
fn damage_is_called_so_whatever_the_passphrase() {
    let home = Home::new();
    home.create("right").unwrap();
    let bytes = home.bytes();
    // Another kind of file, a changed seal, less, more, and more than is read.
    let (mut other_kind, mut changed) = (bytes.clone(), bytes.clone());
    other_kind[7] ^= 1;
    *changed.last_mut().unwrap() ^= 1;
    let shorter = bytes[..bytes.len() - 1].to_vec();
    let longer = [bytes.as_slice(), &[0]].concat();
    for damaged in [
        other_kind,
        changed,
        shorter,
        longer,
        vec![0; 1 << 20],
        vec![],
    ] {
        std::fs::write(home.path(), &damaged).unwrap();
        for passphrase in ["right", "wrong"] {
            let opened = home.open(passphrase);
            assert!(matches!(opened, Err(LocalError::Corrupt)), "{opened:?}");
        }
    }
}

#[test]
fn a_secret_of_another_length_is_damage() {
    let (home, mut rng) = (Home::new(), tki_testkit::rng("another length"));
    let kind = FileKind::new(*b"TKI-PROV", Tag::ProviderFile);
    let params = Argon2Params::insecure_for_tests();
    let key = FileKey::create(kind, b"right", params, &mut rng).unwrap();
    for length in [0, 31, 33] {
        std::fs::write(home.path(), key.seal(&vec![7; length], &mut rng)).unwrap();
        let opened = home.open("right");
        assert!(matches!(opened, Err(LocalError::Corrupt)), "{opened:?}");
    }
}

#[test]
fn a_later_format_is_called_so() {
    let home = Home::new();
    home.create("right").unwrap();
    let mut later = home.bytes();
    later[8] = 2;
    std::fs::write(home.path(), later).unwrap();
    assert!(matches!(
        home.open("right"),
        Err(LocalError::Unsupported { version: 2 })
    ));
}

#[test]
fn a_folder_that_is_not_there_is_unavailable() {
    let (path, rng) = (
        PathBuf::from("/nonexistent/folder/provider"),
        tki_testkit::rng("no folder"),
    );
    let params = Argon2Params::insecure_for_tests();
    let error = LocalProvider::create(&path, b"right", params, rng).unwrap_err();
    assert!(matches!(error, LocalError::File(_)), "{error:?}");
    assert!(error.is_unavailable());
    assert!(!LocalError::WrongPassphrase.is_unavailable());
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt as _;

    let home = Home::new();
    home.create("right").unwrap();
    let mode = std::fs::metadata(home.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn randomness_that_repeats_makes_no_box_twice_for_two_messages() {
    let home = Home::new();
    home.create("right").unwrap();
    // Both draw the same bytes, as a machine does that was restored.
    let (one, other) = (home.open("right").unwrap(), home.open("right").unwrap());
    let sealed = one.encrypt(b"context", b"message 1").await.unwrap();
    let restored = other.encrypt(b"context", b"message 2").await.unwrap();
    assert_ne!(sealed[..33], restored[..33]);
}

#[test]
fn nothing_secret_is_printed() {
    let provider = Home::new().create("correct horse").unwrap();
    let printed = format!("{provider:?}");
    assert!(printed.starts_with("LocalProvider { anchor"), "{printed}");
    assert!(
        !printed.contains("horse") && !printed.contains("keys"),
        "{printed}"
    );
}

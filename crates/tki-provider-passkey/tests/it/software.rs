//! The authenticator in a file.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;
use tki_provider_passkey::{Error, Passkey, Prf, PrfAuthenticator as _, SoftwareAuthenticator};
use tki_seal::password::Argon2Params;

const PASSPHRASE: &[u8] = b"correct horse battery staple";

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("passkeys");
    (folder, path)
}

#[tokio::test]
async fn what_was_made_is_there_after_opening_again() {
    let mut rng = tki_testkit::rng("again");
    for passphrase in [None, Some(PASSPHRASE)] {
        let (_folder, path) = place();
        let sealed = passphrase.map(|phrase| (phrase, Argon2Params::insecure_for_tests()));
        let keys = SoftwareAuthenticator::create(&path, sealed, Prf::Available, &mut rng).unwrap();
        let made = Passkey::make(&keys, "laptop", &mut rng).await.unwrap();
        drop(keys);

        assert_eq!(
            SoftwareAuthenticator::has_passphrase(&path).unwrap(),
            passphrase.is_some()
        );
        let keys = SoftwareAuthenticator::open(&path, passphrase).unwrap();
        let listed = keys.credentials().await.unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].label.as_deref(), Some("laptop"));
        let found = Passkey::find(&keys, &listed[0].id).await.unwrap();
        assert!(found.seed.ct_eq(&made.seed));
    }
}

#[test]
fn nothing_replaces_an_authenticator() {
    let mut rng = tki_testkit::rng("replace");
    let (_folder, path) = place();
    SoftwareAuthenticator::create(&path, None, Prf::Available, &mut rng).unwrap();
    let before = fs::read(&path).unwrap();
    let again = SoftwareAuthenticator::create(&path, None, Prf::Absent, &mut rng);
    assert!(matches!(again, Err(Error::AlreadyExists)));
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn passphrases_are_asked_for_and_checked() {
    let mut rng = tki_testkit::rng("passphrases");
    let (_folder, path) = place();
    assert!(matches!(
        SoftwareAuthenticator::open(&path, None),
        Err(Error::NoAuthenticator)
    ));
    let sealed = Some((PASSPHRASE, Argon2Params::insecure_for_tests()));
    SoftwareAuthenticator::create(&path, sealed, Prf::Available, &mut rng).unwrap();
    let error = SoftwareAuthenticator::open(&path, None).unwrap_err();
    assert!(matches!(error, Error::PassphraseNeeded));
    let error = SoftwareAuthenticator::open(&path, Some(b"wrong")).unwrap_err();
    assert!(matches!(error, Error::WrongPassphrase));

    let open = path.with_file_name("open");
    SoftwareAuthenticator::create(&open, None, Prf::Available, &mut rng).unwrap();
    let error = SoftwareAuthenticator::open(&open, Some(PASSPHRASE)).unwrap_err();
    assert!(matches!(error, Error::WrongPassphrase));
}

#[tokio::test]
async fn without_a_prf_nothing_is_made() {
    let mut rng = tki_testkit::rng("no prf");
    let (folder, path) = place();
    let keys = SoftwareAuthenticator::create(&path, None, Prf::Absent, &mut rng).unwrap();
    let before = fs::read(&path).unwrap();
    let error = Passkey::make(&keys, "laptop", &mut rng).await.unwrap_err();
    assert!(matches!(error, Error::NoPrf));
    assert!(keys.credentials().await.unwrap().is_empty());
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn names_are_short_and_plain() {
    let mut rng = tki_testkit::rng("names");
    let (_folder, path) = place();
    let keys = SoftwareAuthenticator::create(&path, None, Prf::Available, &mut rng).unwrap();
    for wrong in ["a\nb", "\u{7f}", &"x".repeat(65)] {
        let error = keys.make_credential(wrong, &mut rng).await.unwrap_err();
        assert!(matches!(error, Error::Label));
    }
    for right in ["", "Schlüssel", &"x".repeat(64)] {
        keys.make_credential(right, &mut rng).await.unwrap();
    }
}

#[tokio::test]
async fn there_is_room_for_a_hundred() {
    let mut rng = tki_testkit::rng("room");
    let (_folder, path) = place();
    let keys = SoftwareAuthenticator::create(&path, None, Prf::Available, &mut rng).unwrap();
    let label = "x".repeat(64);
    for _ in 0..100 {
        keys.make_credential(&label, &mut rng).await.unwrap();
    }
    let before = fs::read(&path).unwrap();
    let error = keys.make_credential(&label, &mut rng).await.unwrap_err();
    assert!(matches!(error, Error::Full));
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(keys.credentials().await.unwrap().len(), 100);
}

#[tokio::test]
async fn a_change_while_another_changes_is_busy() {
    let mut rng = tki_testkit::rng("busy");
    let (_folder, path) = place();
    let keys = SoftwareAuthenticator::create(&path, None, Prf::Available, &mut rng).unwrap();
    let lock = tki_file::Lock::try_acquire(&path.with_file_name("passkeys.lock"));
    let lock = lock.unwrap().unwrap();
    let error = keys.make_credential("one", &mut rng).await.unwrap_err();
    assert!(matches!(error, Error::Busy) && error.is_unavailable());
    drop(lock);
    keys.make_credential("one", &mut rng).await.unwrap();
}

#[tokio::test]
async fn two_instances_are_one_authenticator() {
    let mut rng = tki_testkit::rng("two instances");
    let (_folder, path) = place();
    let one = SoftwareAuthenticator::create(&path, None, Prf::Available, &mut rng).unwrap();
    let two = SoftwareAuthenticator::open(&path, None).unwrap();
    let first = one.make_credential("first", &mut rng).await.unwrap();
    let second = two.make_credential("second", &mut rng).await.unwrap();
    let listed = one.credentials().await.unwrap();
    let ids: Vec<_> = listed.into_iter().map(|credential| credential.id).collect();
    assert_eq!(ids, [first.clone(), second]);
    two.delete(&first, &mut rng).unwrap();
    let error = one.evaluate(&first, b"").await.unwrap_err();
    assert!(matches!(error, Error::Deleted { .. }));
}

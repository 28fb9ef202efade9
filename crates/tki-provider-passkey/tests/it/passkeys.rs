//! Passkeys as factors: which credential is meant, and what the document says of it.

use tki_metadata::{Extensions, Holder, HolderKind, OpeningSeed};
use tki_provider_passkey::{
    CredentialId, Error, InvalidCredentialId, Passkey, Prf, SoftwareAuthenticator,
};

fn holder(extensions: Extensions) -> Holder {
    let seed = OpeningSeed::from_bytes(&[1; 32]);
    Holder {
        identifiers: Vec::new(),
        kind: HolderKind::Passkey,
        label: "key".into(),
        added: 0,
        box_key: seed.box_key().public_key(),
        mailbox: seed.mailbox_address(0),
        offline: false,
        extensions,
    }
}

#[tokio::test]
async fn the_document_names_the_credential() {
    let mut rng = tki_testkit::rng("named");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("passkeys");
    let keys = SoftwareAuthenticator::create(&path, None, Prf::Available, &mut rng).unwrap();
    let made = Passkey::make(&keys, "one", &mut rng).await.unwrap();

    let mut extensions = Extensions::new();
    let (tag, value) = made.extension();
    extensions.insert(tag, value);
    let named = Passkey::named_by(&holder(extensions)).unwrap();
    assert_eq!(named, made.credential);
    let found = Passkey::find(&keys, &named).await.unwrap();
    assert!(found.seed.ct_eq(&made.seed));
    assert_eq!(Passkey::named_by(&holder(Extensions::new())), None);
}

#[tokio::test]
async fn without_a_document_every_credential_is_a_candidate() {
    let mut rng = tki_testkit::rng("candidates");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("passkeys");
    let keys = SoftwareAuthenticator::create(&path, None, Prf::Available, &mut rng).unwrap();
    assert!(Passkey::all(&keys).await.unwrap().is_empty());
    let one = Passkey::make(&keys, "one", &mut rng).await.unwrap();
    let two = Passkey::make(&keys, "two", &mut rng).await.unwrap();

    let all = Passkey::all(&keys).await.unwrap();
    assert_eq!(all.len(), 2);
    assert!(all[0].seed.ct_eq(&one.seed) && all[1].seed.ct_eq(&two.seed));
    assert!(!one.seed.ct_eq(&two.seed));
    assert_eq!(all[1].label.as_deref(), Some("two"));
}

#[tokio::test]
async fn a_deleted_credential_is_named() {
    let mut rng = tki_testkit::rng("deleted");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("passkeys");
    let keys = SoftwareAuthenticator::create(&path, None, Prf::Available, &mut rng).unwrap();
    let made = Passkey::make(&keys, "one", &mut rng).await.unwrap();
    let other = Passkey::make(&keys, "two", &mut rng).await.unwrap();
    keys.delete(&made.credential, &mut rng).unwrap();

    let error = Passkey::find(&keys, &made.credential).await.unwrap_err();
    assert!(error.to_string().contains(&made.credential.to_string()));
    assert!(matches!(error, Error::Deleted { credential } if credential == made.credential));
    let again = keys.delete(&made.credential, &mut rng).unwrap_err();
    assert!(matches!(again, Error::Deleted { .. }));
    // The other is as it was.
    let found = Passkey::find(&keys, &other.credential).await.unwrap();
    assert!(found.seed.ct_eq(&other.seed));
}

#[test]
fn an_id_is_written_and_read_as_base64url() {
    let id = CredentialId::from_bytes(&[0xfb, 0xff, 0xbe, 0x01]).unwrap();
    assert_eq!(id.to_string(), "-_--AQ");
    assert_eq!("-_--AQ".parse(), Ok(id.clone()));
    assert_eq!(format!("{id:?}"), "CredentialId(-_--AQ)");
    for wrong in ["", "+/++AQ", "-_--AQ==", "-_--A", "ä", "-_-- AQ"] {
        assert_eq!(wrong.parse::<CredentialId>(), Err(InvalidCredentialId));
    }
}

#[test]
fn an_id_is_neither_empty_nor_too_long() {
    assert!(CredentialId::from_bytes(&[]).is_err());
    assert!(CredentialId::from_bytes(&[7; CredentialId::MAX_BYTES]).is_ok());
    assert!(CredentialId::from_bytes(&[7; CredentialId::MAX_BYTES + 1]).is_err());
}

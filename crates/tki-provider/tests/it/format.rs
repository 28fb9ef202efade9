//! Files of every released version are opened by today's code. Fixtures are added, never made anew.

use std::path::PathBuf;

use tki_provider::{
    Anchor as _, Evaluator as _, LocalAnchor, LocalProvider, ServiceProvider as _, box_context,
};
use tki_seal::kdf;
use tki_seal::passphrase_file::{FileKind, SealedFile};
use tki_seal::transcript::{Tag, Transcript};
use tki_seal::{bip340, curve::Secp256k1, sealed_box};

const PASSPHRASE: &[u8] = b"correct horse battery staple";

fn fixture() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/provider-1")
}

#[tokio::test]
async fn provider_of_version_1_opens() {
    let rng = tki_testkit::rng("fixture");
    let provider = LocalProvider::open(&fixture(), PASSPHRASE, rng).unwrap();
    let key = hex(&provider.public_key().await.unwrap().to_bytes());
    assert_eq!(
        key,
        "033b21f469fdecefc88a0657e8406fc92812c202ecf7dc0d59b82659329465ef98"
    );
    let signer = hex(&provider.sign(&[0; 32]).await.unwrap().key.to_bytes());
    assert_eq!(
        signer,
        "097695f1cbaae8d9ada13fbb879df4d37740c8e5c91a1f7725543bbf8b800daa"
    );
    let opening = hex(provider.evaluate("opening").await.unwrap().as_slice());
    assert_eq!(
        opening,
        "fa4fc1ea89817027704499da66a1495980926a4250f6431d929ee03430841041"
    );
}

#[tokio::test]
async fn anchors_of_version_1_are_read() {
    let anchor = LocalAnchor::open(&fixture());
    assert!(anchor.read(0).await.unwrap().unwrap().header.is_none());
    assert!(anchor.read(1).await.unwrap().is_none());
    let entry = anchor.read(7).await.unwrap().unwrap();
    let header = entry.header.unwrap();
    assert_eq!((header.version(), header.hand_overs().len()), (2, 1));
}

/// The specification once more, step by step, over the fixture.
#[tokio::test]
async fn key_file_is_what_the_specification_says() {
    let file = std::fs::read(fixture()).unwrap();
    let kind = FileKind::new(*b"TKI-PROV", Tag::ProviderFile);
    let sealed = SealedFile::parse(kind, &file).unwrap();
    let secret = sealed
        .open(&sealed.derive_key(PASSPHRASE).unwrap())
        .unwrap();
    assert_eq!(secret.len(), 32);

    let provider = LocalProvider::open(&fixture(), PASSPHRASE, tki_testkit::rng("steps")).unwrap();
    let key = |purpose: &[u8]| Transcript::new(Tag::ProviderKey).bytes(purpose);
    let scalar = |purpose| kdf::derive_scalar::<Secp256k1>(&secret, &[], key(purpose));

    let decryption = sealed_box::BoxSecretKey::from_scalar(scalar(b"decrypt")).unwrap();
    assert_eq!(
        provider.public_key().await.unwrap(),
        decryption.public_key()
    );
    let sealed = provider.encrypt(b"context", b"message").await.unwrap();
    let opened = sealed_box::open(&decryption, box_context(b"context"), &sealed).unwrap();
    assert_eq!(*opened, b"message");

    let signing = bip340::SigningKey::from_scalar(scalar(b"sign")).unwrap();
    let signed = provider.sign(&[3; 32]).await.unwrap();
    assert_eq!(
        (signed.key, signed.signature),
        (signing.public_key(), signing.sign(&[3; 32]))
    );

    let evaluation = kdf::derive_key(&secret, &[], key(b"evaluate"));
    let label = Transcript::new(Tag::ProviderEvaluate).bytes(b"opening");
    let expected = kdf::derive_key(evaluation.as_slice(), &[], label);
    assert_eq!(*provider.evaluate("opening").await.unwrap(), *expected);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

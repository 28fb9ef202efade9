//! Keys that existed before their account, and keys that leave it.

use rand_chacha::ChaCha20Rng;
use tki_engine::{
    Another, ErrorKind, Factor, OfflineCopies, Plan, Residual, Unverified, create, with_causes,
};
use tki_formats::{PrivateKey, PrivateKeyError};
use tki_math::SecretScalar;
use tki_metadata::{Origin, Step};
use tki_provider::fake::FakeProvider;
use tki_seal::{
    curve::{CurveId, Ed25519},
    signature::{Input, Scheme},
};
use tki_storage::MemoryStorage;
use tki_testkit::rng;

use crate::support::{CURVES, NOW, Person, commit, create_over, login, open, refresh, words};

/// A key of another program.
fn foreign(curve: CurveId, rng: &mut ChaCha20Rng) -> PrivateKey {
    let mut bytes = [0; 32];
    rand_core::Rng::fill_bytes(rng, &mut bytes);
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    PrivateKey::from_hex(curve, &digits).unwrap()
}

#[tokio::test]
async fn an_imported_key_is_the_accounts_and_comes_out_as_it_was() {
    let mut rng = rng("import and export");
    for curve in CURVES {
        let storage = MemoryStorage::new();
        let (one, two) = (words("one", &mut rng), words("two", &mut rng));
        let key = foreign(curve, &mut rng);
        let (digits, verifying_key) = (key.to_hex(), key.verifying_key());
        let plan = Plan::importing(key, 2, NOW);
        assert_eq!(plan.curve(), curve);
        let prepared = create(&storage, &plan, &[&one, &two], &mut rng)
            .await
            .unwrap();
        assert_eq!(
            prepared.steps().first(),
            Some(&Step::Import {
                curve,
                verifying_key: verifying_key.clone()
            })
        );
        let created = prepared.commit(&storage).await.unwrap();
        assert_eq!(created.account.verifying_key(), verifying_key);
        assert_eq!(created.account.core().origin, Origin::Imported);
        assert_eq!(created.receipt.residuals, [Residual::OldCopies]);
        assert!(!created.receipt.scalar_only);
        // It comes out the same, and still does after new shares.
        for _ in 0..2 {
            let opened = open(&storage, &[&one, &two]).await.unwrap();
            assert!(!opened.account().is_scalar_only());
            let exported = opened.export().unwrap();
            assert_eq!(exported.to_hex(), digits);
            assert_eq!(exported.verifying_key(), verifying_key);
            refresh(&storage, &[&one, &two], &mut rng).await;
        }
    }
}

#[tokio::test]
async fn a_created_key_can_be_exported_and_imported_elsewhere() {
    let mut rng = rng("export and import");
    for curve in CURVES {
        let storage = MemoryStorage::new();
        let person = Person::create_on(curve, &storage, OfflineCopies::Keep, &mut rng).await;
        let login = login(&person.provider).await;
        let opened = open(&storage, &[&login, &person.words]).await.unwrap();
        let exported = opened.export().unwrap();
        let file = exported.to_pkcs8().unwrap();
        let read = PrivateKey::from_pkcs8(file.as_bytes()).unwrap();
        assert_eq!(read.verifying_key(), opened.account().verifying_key());
        // The account elsewhere signs with the same key.
        let elsewhere = MemoryStorage::new();
        let (one, two) = (words("one", &mut rng), words("two", &mut rng));
        let plan = Plan::importing(read, 2, NOW);
        create_over(&elsewhere, &plan, &[&one, &two], &mut rng)
            .await
            .unwrap();
        let other = open(&elsewhere, &[&one, &two]).await.unwrap();
        assert_ne!(other.account().id(), opened.account().id());
        let scheme = match curve {
            CurveId::Ed25519 => Scheme::Ed25519,
            CurveId::P256 => Scheme::EcdsaP256Sha256,
            CurveId::Secp256k1 => Scheme::EcdsaSha256,
        };
        let message = Input::Message(b"the same");
        let signatures = [
            opened.sign(scheme, message).unwrap(),
            other.sign(scheme, message).unwrap(),
        ];
        assert_eq!(signatures[0].to_bytes(), signatures[1].to_bytes());
    }
}

#[tokio::test]
async fn a_key_without_its_seed_says_so_and_leaves_as_a_scalar() {
    let mut rng = rng("scalar only");
    let storage = MemoryStorage::new();
    let (one, two) = (words("one", &mut rng), words("two", &mut rng));
    let seeded = foreign(CurveId::Ed25519, &mut rng);
    let scalar = SecretScalar::<Ed25519>::from_canonical_bytes(seeded.expose_secret().scalar);
    let bare = PrivateKey::from_scalar(&scalar.unwrap()).unwrap();
    let plan = Plan::importing(bare, 2, NOW);
    let created = create_over(&storage, &plan, &[&one, &two], &mut rng)
        .await
        .unwrap();
    assert!(created.receipt.scalar_only);
    let opened = open(&storage, &[&one, &two]).await.unwrap();
    assert!(opened.account().is_scalar_only());
    let exported = opened.export().unwrap();
    assert!(exported.is_scalar_only());
    assert_eq!(exported.verifying_key(), seeded.verifying_key());
    assert!(matches!(exported.to_pkcs8(), Err(PrivateKeyError::NoSeed)));
    let again = PrivateKey::from_hex(CurveId::Ed25519, &exported.to_hex()).unwrap();
    assert_eq!(again.verifying_key(), seeded.verifying_key());
}

#[tokio::test]
async fn an_import_over_factors_that_hold_an_account_is_refused() {
    let mut rng = rng("import twice");
    let storage = MemoryStorage::new();
    let provider = FakeProvider::new([3; 32]);
    let (login, paper) = (login(&provider).await, words("paper", &mut rng));
    let key = foreign(CurveId::Secp256k1, &mut rng);
    let digits = key.to_hex();
    let same = || PrivateKey::from_hex(CurveId::Secp256k1, &digits).unwrap();
    let plan = Plan::importing(key, 2, NOW);
    create_over(&storage, &plan, &[&login, &paper], &mut rng)
        .await
        .unwrap();
    // The same key, under the same login and other words; and with the same words alone.
    let (other, third) = (words("other", &mut rng), words("third", &mut rng));
    let with_login: [&dyn Factor; 2] = [&login, &other];
    let with_words: [&dyn Factor; 2] = [&paper, &third];
    for factors in [&with_login, &with_words] {
        let plan = Plan::importing(same(), 2, NOW);
        let refused = create_over(&storage, &plan, factors, &mut rng).await;
        assert_eq!(refused.err().unwrap().kind(), ErrorKind::Exists);
    }
    // Who asks for it gets a second account of the same key.
    let mut plan = Plan::importing(same(), 2, NOW);
    plan.another = Another::Beside;
    let second = create_over(&storage, &plan, &with_login, &mut rng)
        .await
        .unwrap();
    let first = open(&storage, &[&login, &paper]).await.unwrap();
    assert_eq!(
        first.account().verifying_key(),
        second.account.verifying_key()
    );
    assert_ne!(first.account().id(), second.account.id());
}

#[tokio::test]
async fn an_import_and_a_creation_are_different_operations() {
    let mut rng = rng("operations");
    let (one, two) = (
        foreign(CurveId::Ed25519, &mut rng),
        foreign(CurveId::Ed25519, &mut rng),
    );
    let steps = [
        Plan::new(CurveId::Ed25519, 2, NOW).step(),
        Plan::importing(one, 2, NOW).step(),
        Plan::importing(two, 2, NOW).step(),
    ];
    assert_ne!(steps[0], steps[1]);
    assert_ne!(steps[1], steps[2]);
}

#[tokio::test]
async fn no_text_about_an_export_shows_the_key() {
    let mut rng = rng("export canary");
    let storage = MemoryStorage::new();
    let (one, two) = (words("one", &mut rng), words("two", &mut rng));
    let key = foreign(CurveId::Secp256k1, &mut rng);
    let digits = key.to_hex();
    let plan = Plan::importing(key, 2, NOW);
    let mut texts = vec![format!("{plan:?}")];
    let created = create_over(&storage, &plan, &[&one, &two], &mut rng)
        .await
        .unwrap();
    texts.push(format!("{:?} {}", created.receipt, Residual::OldCopies));
    texts.push(format!("{:?}", created.account.core()));
    let opened = open(&storage, &[&one, &two]).await.unwrap();
    texts.push(format!("{:?}", opened.export().unwrap()));
    let error = commit(
        opened.change().unverified(Unverified::Accept),
        &storage,
        &mut rng,
    )
    .await
    .err()
    .unwrap();
    texts.push(with_causes(&error));
    for text in texts {
        assert!(!text.to_lowercase().contains(digits.as_str()), "{text}");
    }
}

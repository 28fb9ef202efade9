//! Keys that follow from the account's.

use tki_engine::{Branch, ErrorKind, Opened, Plan, create};
use tki_formats::chain::Chain;
use tki_formats::derivation::DerivationPath;
use tki_formats::{Network, PrivateKey};
use tki_metadata::{app_scalar, app_seed};
use tki_seal::{
    curve::{CurveId, Secp256k1},
    signature::{self, Input, Scheme},
};
use tki_storage::MemoryStorage;
use tki_testkit::rng;

use crate::support::{CURVES, NOW, open, refresh, words};

fn path(text: &str) -> DerivationPath {
    text.parse().unwrap()
}

const fn scheme(curve: CurveId) -> Scheme {
    match curve {
        CurveId::Ed25519 => Scheme::Ed25519,
        CurveId::P256 => Scheme::EcdsaP256Sha256,
        CurveId::Secp256k1 => Scheme::EcdsaSha256,
    }
}

fn kind(opened: &Opened<'_>, branch: Branch<'_>) -> ErrorKind {
    opened.derived(branch).err().unwrap().kind()
}

#[tokio::test]
async fn a_derived_key_signs_is_the_same_in_every_epoch_and_is_that_of_the_tree() {
    let mut rng = rng("deriving");
    for curve in CURVES {
        let storage = MemoryStorage::new();
        let (one, two) = (words("one", &mut rng), words("two", &mut rng));
        let plan = Plan::new(curve, 2, NOW);
        let prepared = create(&storage, &plan, &[&one, &two], &mut rng).await;
        prepared.unwrap().commit(&storage).await.unwrap();
        let at = path("m/44'/501'/0'/0'");
        let branches = [Branch::Path(&at), Branch::App("mail"), Branch::App("chat")];
        let mut keys = Vec::new();
        for _ in 0..2 {
            let opened = open(&storage, &[&one, &two]).await.unwrap();
            for branch in branches {
                let derived = opened.derived(branch).unwrap();
                let input = Input::Message(b"hello");
                let signed = derived.sign(scheme(curve), input).unwrap().to_bytes();
                let key = derived.verifying_key().to_vec();
                assert!(signature::verify(scheme(curve), &key, input, &signed).is_ok());
                assert_eq!(derived.export().unwrap().verifying_key(), key);
                keys.push(key);
            }
            // A wallet that is given the top finds the same.
            let tree = opened.export_tree().unwrap();
            assert_eq!(tree.key().verifying_key(), opened.account().verifying_key());
            let found = tree.derive(&at).unwrap().into_key();
            assert_eq!(Some(&found.verifying_key()), keys.iter().rev().nth(2));
            refresh(&storage, &[&one, &two], &mut rng).await;
        }
        let (before, after) = keys.split_at(3);
        assert_eq!(before, after);
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), 3);
    }
}

#[tokio::test]
async fn an_applications_key_is_that_of_the_specification() {
    let mut rng = rng("application");
    for curve in [CurveId::Ed25519, CurveId::Secp256k1] {
        let storage = MemoryStorage::new();
        let (one, two) = (words("one", &mut rng), words("two", &mut rng));
        let plan = Plan::new(curve, 2, NOW);
        let prepared = create(&storage, &plan, &[&one, &two], &mut rng).await;
        prepared.unwrap().commit(&storage).await.unwrap();
        let opened = open(&storage, &[&one, &two]).await.unwrap();
        let (whole, account) = (opened.export().unwrap(), opened.account().id());
        let scalar = whole.expose_secret().scalar;
        let expected = if curve == CurveId::Ed25519 {
            PrivateKey::from_ed25519_seed(&app_seed(scalar, &account, "mail"))
        } else {
            PrivateKey::from_scalar(&app_scalar::<Secp256k1>(scalar, &account, "mail")).unwrap()
        };
        let derived = opened.derived(Branch::App("mail")).unwrap();
        assert_eq!(derived.export().unwrap().to_hex(), expected.to_hex());
    }
}

#[tokio::test]
async fn each_chain_signs_with_the_key_of_its_address() {
    let mut rng = rng("chains");
    let storage = MemoryStorage::new();
    let (one, two) = (words("one", &mut rng), words("two", &mut rng));
    let plan = Plan::new(CurveId::Secp256k1, 2, NOW);
    let prepared = create(&storage, &plan, &[&one, &two], &mut rng).await;
    prepared.unwrap().commit(&storage).await.unwrap();
    let opened = open(&storage, &[&one, &two]).await.unwrap();
    for chain in [
        Chain::Bitcoin(Network::Main),
        Chain::BitcoinTaproot(Network::Main),
        Chain::Evm,
    ] {
        let derived = opened.derived(Branch::Chain(chain, 3)).unwrap();
        let key = opened.export_tree().unwrap();
        let key = key.derive(&chain.path(3).unwrap()).unwrap().into_key();
        let key = chain.signing_key(key).unwrap();
        assert_eq!(derived.verifying_key(), key.verifying_key());
        assert!(chain.address(derived.verifying_key()).is_ok());
        let signed = derived
            .sign(Scheme::Bip340, Input::Digest([7; 32]))
            .unwrap();
        let verified = signature::verify(
            Scheme::Bip340,
            derived.verifying_key(),
            Input::Digest([7; 32]),
            &signed.to_bytes(),
        );
        assert!(verified.is_ok());
    }
    let solana = Branch::Chain(Chain::Solana, 0);
    assert_eq!(kind(&opened, solana), ErrorKind::Unsupported);
}

#[tokio::test]
async fn what_would_give_the_accounts_key_away_is_refused() {
    let mut rng = rng("unprotected");
    let storage = MemoryStorage::new();
    let (one, two) = (words("one", &mut rng), words("two", &mut rng));
    let plan = Plan::new(CurveId::Secp256k1, 2, NOW);
    let prepared = create(&storage, &plan, &[&one, &two], &mut rng).await;
    prepared.unwrap().commit(&storage).await.unwrap();
    let opened = open(&storage, &[&one, &two]).await.unwrap();
    for text in ["m", "m/0", "m/44/60'/0'"] {
        let at = path(text);
        let refused = kind(&opened, Branch::Path(&at));
        assert_eq!(refused, ErrorKind::Unsupported, "{text}");
    }
    assert_eq!(kind(&opened, Branch::App("")), ErrorKind::Unsupported);
    let derived = opened.derived(Branch::App("mail")).unwrap();
    let wrong = derived.sign(Scheme::Ed25519, Input::Message(b"hello"));
    assert_eq!(wrong.err().unwrap().kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn a_bare_scalar_has_keys_for_applications_and_no_tree() {
    let mut rng = rng("bare scalar");
    let storage = MemoryStorage::new();
    let (one, two) = (words("one", &mut rng), words("two", &mut rng));
    let digits = format!("scalar:01{}", "00".repeat(31));
    let key = PrivateKey::from_hex(CurveId::Ed25519, &digits).unwrap();
    let plan = Plan::importing(key, 2, NOW);
    let prepared = create(&storage, &plan, &[&one, &two], &mut rng).await;
    prepared.unwrap().commit(&storage).await.unwrap();
    let opened = open(&storage, &[&one, &two]).await.unwrap();
    let at = path("m/44'/501'/0'/0'");
    assert_eq!(kind(&opened, Branch::Path(&at)), ErrorKind::Unsupported);
    assert_eq!(
        opened.export_tree().err().unwrap().kind(),
        ErrorKind::Unsupported
    );
    let app = opened.derived(Branch::App("mail")).unwrap();
    assert!(!app.export().unwrap().is_scalar_only());
}

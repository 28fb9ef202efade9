//! The suite, for each provider.

use static_assertions::{assert_impl_all, assert_not_impl_any, assert_obj_safe};
use tki_provider::conformance::{check_anchor, check_evaluator, check_service};
use tki_provider::fake::FakeProvider;
use tki_provider::{Anchor, Evaluator, LocalAnchor, LocalProvider, ServiceProvider};
use tki_seal::password::Argon2Params;

const PASSPHRASE: &[u8] = b"correct horse";

#[tokio::test]
async fn local_provider_conforms() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("provider");
    let rng = |name: &str| tki_testkit::rng(&format!("local provider conforms: {name}"));
    let params = Argon2Params::insecure_for_tests();
    let provider = LocalProvider::create(&path, PASSPHRASE, params, rng("created")).unwrap();
    let reopened = LocalProvider::open(&path, PASSPHRASE, rng("opened")).unwrap();

    check_service(&provider, &reopened, &mut rng("service")).await;
    check_evaluator(&provider, &reopened).await;
    let open = || LocalProvider::open(&path, PASSPHRASE, rng("anchor")).unwrap();
    check_anchor(open, &mut rng("anchor suite")).await;
}

#[tokio::test]
async fn local_anchor_conforms_without_a_provider() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("provider");
    let mut rng = tki_testkit::rng("local anchor conforms");
    check_anchor(|| LocalAnchor::open(&path), &mut rng).await;
    assert!(!path.exists());
}

#[tokio::test]
async fn fake_provider_conforms() {
    let (provider, mut rng) = (
        FakeProvider::new([1; 32]),
        tki_testkit::rng("fake conforms"),
    );
    // The same seed gives the same login.
    check_service(&provider, &FakeProvider::new([1; 32]), &mut rng).await;
    check_evaluator(&provider, &FakeProvider::new([1; 32])).await;
    check_anchor(|| provider.clone(), &mut rng).await;
}

#[test]
fn traits_are_for_objects_and_threads() {
    assert_obj_safe!(Anchor, Evaluator, ServiceProvider);
    assert_impl_all!(LocalProvider: Send, Sync, ServiceProvider, Evaluator, Anchor);
    assert_impl_all!(FakeProvider: Send, Sync, Clone, ServiceProvider, Evaluator, Anchor);
    assert_not_impl_any!(LocalProvider: Clone, Default, PartialEq, Eq);
}

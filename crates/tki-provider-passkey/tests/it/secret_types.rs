//! Secret types have no trait through which a secret leaves unnoticed.

use core::fmt::Display;
use core::hash::Hash;
use core::ops::{Deref, DerefMut};

use static_assertions::{assert_impl_all, assert_not_impl_any};
use tki_provider_passkey::{Passkey, Prf, SoftwareAuthenticator};
use zeroize::ZeroizeOnDrop;

assert_not_impl_any!(
    Passkey: Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Display, Default, Deref, DerefMut,
    AsRef<[u8]>
);
assert_impl_all!(Passkey: ZeroizeOnDrop);
assert_not_impl_any!(SoftwareAuthenticator: Clone, PartialEq, Hash, Display, Default);

#[tokio::test]
async fn debug_shows_no_secret() {
    let mut rng = tki_testkit::rng("debug");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("passkeys");
    let keys = SoftwareAuthenticator::create(&path, None, Prf::Available, &mut rng).unwrap();
    let made = Passkey::make(&keys, "one", &mut rng).await.unwrap();
    let shown = format!("{keys:?} {made:?}");
    let secret = made.seed.expose_secret();
    let decimal: Vec<_> = secret[..8].iter().map(u8::to_string).collect();
    assert!(!shown.contains(&decimal.join(", ")));
    assert!(!shown.contains(&hex::encode(&secret[..8])));
    assert!(shown.contains(&made.credential.to_string()));
}

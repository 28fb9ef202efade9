//! No secret type has a trait by which its secret could leak.

use core::fmt::{Debug, Display};
use core::hash::Hash;
use core::ops::Deref;

use static_assertions::{assert_impl_all, assert_not_impl_any};
use tki_seal::bip340::SigningKey;
use tki_seal::oprf::{BlindedInput, EvaluationKey};
use tki_seal::passphrase_file::{FileKey, FileKind};
use tki_seal::password::Argon2Params;
use tki_seal::sealed_box::BoxSecretKey;
use tki_seal::symmetric::SymmetricKey;
use tki_seal::transcript::Tag;
use zeroize::ZeroizeOnDrop;

assert_not_impl_any!(BlindedInput: Clone, Copy, PartialEq, Ord, Hash, Display, Default, Deref, AsRef<[u8]>);
assert_not_impl_any!(BoxSecretKey: Clone, Copy, PartialEq, Ord, Hash, Display, Default, Deref, AsRef<[u8]>);
assert_not_impl_any!(EvaluationKey: Clone, Copy, PartialEq, Ord, Hash, Display, Default, Deref, AsRef<[u8]>);
assert_not_impl_any!(FileKey: Clone, Copy, PartialEq, Ord, Hash, Display, Default, Deref, AsRef<[u8]>);
assert_not_impl_any!(SigningKey: Clone, Copy, PartialEq, Ord, Hash, Display, Default, Deref, AsRef<[u8]>);
assert_not_impl_any!(SymmetricKey: Clone, Copy, PartialEq, Ord, Hash, Display, Default, Deref, AsRef<[u8]>);

assert_impl_all!(BlindedInput: Debug, ZeroizeOnDrop, Send, Sync);
assert_impl_all!(BoxSecretKey: Debug, ZeroizeOnDrop, Send, Sync);
assert_impl_all!(EvaluationKey: Debug, ZeroizeOnDrop, Send, Sync);
assert_impl_all!(FileKey: Debug, ZeroizeOnDrop, Send, Sync);
assert_impl_all!(SigningKey: Debug, ZeroizeOnDrop, Send, Sync);
assert_impl_all!(SymmetricKey: Debug, ZeroizeOnDrop, Send, Sync);

/// `Debug` of a secret key shows its public half at most.
#[test]
fn debug_prints_no_secret() {
    let secret = "11".repeat(32);
    let box_key = crate::support::box_key(&secret);
    let signing_key = SigningKey::from_scalar(crate::support::scalar(&secret)).unwrap();
    let symmetric_key = SymmetricKey::from_bytes([0x11; 32].into());
    let evaluation_key = EvaluationKey::derive(&[0x11; 32], b"").unwrap();
    let blind = crate::support::scalar(&secret);
    let blinded = BlindedInput::with_blind(&[0x11; 32], blind).unwrap();
    let transcript = crate::support::context(&[0x11; 32]);
    for shown in [
        format!("{box_key:?}"),
        format!("{signing_key:?}"),
        format!("{symmetric_key:?}"),
        format!("{transcript:?}"),
        format!("{evaluation_key:?}"),
        format!("{blinded:?}"),
    ] {
        assert!(!shown.contains("1111"), "{shown}");
        assert!(!shown.contains("17, 17"), "{shown}");
    }
    let kind = FileKind::new(*b"EXAMPLE.", Tag::Example);
    let params = Argon2Params::insecure_for_tests();
    let file_key = FileKey::create(kind, b"", params, &mut tki_testkit::rng("file key")).unwrap();
    assert_eq!(format!("{file_key:?}"), "FileKey { .. }");
}

//! A private key has no trait through which it leaves unnoticed.

use core::{
    fmt::Display,
    hash::Hash,
    ops::{Deref, DerefMut},
};

use static_assertions::{assert_impl_all, assert_not_impl_any};
use tki_formats::answers::{Answer, AnswerKind};
use tki_formats::derivation::{ChainCode, ExtendedKey};
use tki_formats::factor_file::FactorSeed;
use tki_formats::qr::QrCode;
use tki_formats::slip39::WordShare;
use tki_formats::{ExposedKey, PrivateKey};
use tki_seal::curve::CurveId;
use zeroize::ZeroizeOnDrop;

assert_impl_all!(Answer: Send, Sync, ZeroizeOnDrop);
assert_not_impl_any!(
    Answer: Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Display, Default, Deref, DerefMut,
    AsRef<str>, AsRef<[u8]>
);
assert_impl_all!(PrivateKey: Send, Sync, ZeroizeOnDrop);
assert_not_impl_any!(
    PrivateKey: Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Display, Default, Deref,
    DerefMut, AsRef<[u8]>
);
assert_impl_all!(ChainCode: Send, Sync, ZeroizeOnDrop);
assert_not_impl_any!(
    ChainCode: Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Display, Default, Deref, DerefMut,
    AsRef<[u8]>
);
assert_impl_all!(ExtendedKey: Send, Sync, ZeroizeOnDrop);
assert_not_impl_any!(
    ExtendedKey: Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Display, Default, Deref,
    DerefMut, AsRef<[u8]>
);
assert_impl_all!(FactorSeed: Send, Sync, ZeroizeOnDrop);
assert_not_impl_any!(
    FactorSeed: Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Display, Default, Deref,
    DerefMut, AsRef<[u8]>
);
assert_impl_all!(QrCode: Send, Sync, ZeroizeOnDrop);
assert_not_impl_any!(
    QrCode: Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Display, Default, Deref, DerefMut,
    AsRef<[u8]>
);
assert_impl_all!(WordShare: Send, Sync, ZeroizeOnDrop);
assert_not_impl_any!(
    WordShare: Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Display, Default, Deref, DerefMut,
    AsRef<[u8]>
);
assert_not_impl_any!(
    ExposedKey<'static>: PartialEq, Eq, PartialOrd, Ord, Hash, Display, Default, Deref, AsRef<[u8]>
);

#[test]
fn debug_shows_no_secret() {
    for curve in CurveId::ALL {
        let key = PrivateKey::from_hex(*curve, &"77".repeat(32)).unwrap();
        let shown = format!("{key:?} {:?}", key.expose_secret());
        assert_eq!(shown, format!("PrivateKey<{curve}>(..) ExposedKey(..)"));
    }
    let master = ExtendedKey::from_seed(CurveId::P256, &[7; 32]).unwrap();
    let shown = format!("{master:?} {:?}", master.chain_code());
    assert_eq!(shown, "ExtendedKey<p256>(..) ChainCode(..)");
}

#[test]
fn debug_shows_no_answer() {
    let answer = Answer::read(AnswerKind::Text, "wolfeschlegel").unwrap();
    assert_eq!(format!("{answer:?}"), "Answer { kind: Text, .. }");
}

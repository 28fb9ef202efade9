//! No secret type can be copied, compared, ordered, hashed, printed or made of zeros by accident.

use core::{
    fmt::Display,
    hash::Hash,
    ops::{Deref, Index},
};

use static_assertions::{assert_impl_all, assert_not_impl_any};
use subtle::ConstantTimeEq;
use tki_math::{
    Dealing, Identifier, Pegs, RefreshPolynomial, RefreshShare, RepairDealing, SecretPolynomial,
    SecretScalar, Share, SubDealing, SubShare, Threshold, split,
};
use zeroize::{Zeroize as _, ZeroizeOnDrop};

use crate::{curves::Secp256k1 as C, random::rng};

assert_impl_all!(SecretScalar<C>: Clone, ConstantTimeEq, Send, Sync, ZeroizeOnDrop);
assert_impl_all!(Share<C>: Send, Sync, ZeroizeOnDrop);
assert_impl_all!(SecretPolynomial<C>: Send, Sync, ZeroizeOnDrop);
assert_impl_all!(Pegs<C>: Send, Sync, ZeroizeOnDrop);
assert_impl_all!(RefreshPolynomial<C>: Send, Sync, ZeroizeOnDrop);
assert_impl_all!(RefreshShare<C>: Send, Sync, ZeroizeOnDrop);

assert_impl_all!(SubShare<C>: Send, Sync, ZeroizeOnDrop);

assert_not_impl_any!(
    SecretScalar<C>: AsRef<[u8]>, Copy, Default, Deref, Display, Eq, Hash, Index<usize>, Ord,
    PartialEq, PartialOrd
);
assert_not_impl_any!(
    Share<C>: Clone, Copy, Default, Deref, Display, Eq, Hash, Ord, PartialEq, PartialOrd
);
assert_not_impl_any!(
    SecretPolynomial<C>: Clone, Copy, Default, Deref, Display, Eq, Hash, Index<usize>, Ord,
    PartialEq, PartialOrd
);
assert_not_impl_any!(
    Pegs<C>: Clone, Copy, Default, Deref, Display, Eq, Hash, Index<usize>, Ord, PartialEq,
    PartialOrd
);
assert_not_impl_any!(
    RefreshPolynomial<C>: Clone, Copy, Default, Deref, Display, Eq, Hash, Index<usize>, Ord,
    PartialEq, PartialOrd
);
assert_not_impl_any!(
    RefreshShare<C>: Clone, Copy, Default, Deref, Display, Eq, Hash, Ord, PartialEq, PartialOrd
);
assert_not_impl_any!(
    SubShare<C>: Clone, Copy, Default, Deref, Display, Eq, Hash, Ord, PartialEq, PartialOrd
);
assert_not_impl_any!(
    SubDealing<C>: Clone, Copy, Default, Deref, Display, Eq, Hash, Ord, PartialEq, PartialOrd
);
assert_not_impl_any!(
    RepairDealing<C>: Clone, Copy, Default, Deref, Display, Eq, Hash, Ord, PartialEq, PartialOrd
);
assert_not_impl_any!(
    Dealing<C>: Clone, Copy, Default, Deref, Display, Eq, Hash, Ord, PartialEq, PartialOrd
);

#[test]
fn debug_shows_public_fields_only() {
    let rng = &mut rng("debug_shows_public_fields_only");
    let threshold = Threshold::new(1).unwrap();
    let secret = SecretScalar::<C>::random(rng);
    let polynomial = SecretPolynomial::random(&secret, threshold, rng).unwrap();
    let share = polynomial.evaluate(Identifier::FIRST).unwrap();
    let refresh = RefreshPolynomial::<C>::random(Threshold::new(2).unwrap(), rng).unwrap();
    let refresh_share = refresh.evaluate(Identifier::FIRST).unwrap();
    assert_eq!(format!("{secret:?}"), "SecretScalar<secp256k1>(..)");
    assert_eq!(
        format!("{polynomial:?}"),
        "SecretPolynomial { structure: Threshold(Threshold(1)), .. }"
    );
    assert_eq!(
        format!("{share:?}"),
        "Share { identifier: Identifier(1), .. }"
    );
    assert_eq!(
        format!("{refresh:?}"),
        "RefreshPolynomial { structure: Threshold(Threshold(2)), .. }"
    );
    assert_eq!(
        format!("{refresh_share:?}"),
        "RefreshShare { identifier: Identifier(1), .. }"
    );

    let mut pegs = Pegs::<C>::new(Threshold::new(2).unwrap());
    pegs.add_secret(&secret).unwrap();
    pegs.add_share(&share).unwrap();
    assert_eq!(
        format!("{pegs:?}"),
        "Pegs { threshold: Threshold(2), secret: Some(SecretScalar<secp256k1>(..)), \
         shares: [Share { identifier: Identifier(1), .. }] }"
    );

    let dealing = split(&secret, threshold, &[Identifier::FIRST], rng).unwrap();
    let shown = format!("{dealing:?}");
    assert!(shown.contains(&hex::encode(
        dealing.commitment().verifying_key().to_bytes()
    )));
    assert!(!shown.contains(&hex::encode(*secret.to_bytes())));
}

#[test]
fn a_wiped_scalar_is_zero() {
    let mut secret = SecretScalar::<C>::random(&mut rng("a_wiped_scalar_is_zero"));
    assert!(!bool::from(secret.is_zero()));
    secret.zeroize();
    assert!(bool::from(secret.is_zero()));
}

#[test]
fn a_scalar_is_written_as_it_is_read() {
    let bytes: [u8; 32] = core::array::from_fn(|i| u8::try_from(i).unwrap());
    let scalar = SecretScalar::<C>::from_canonical_bytes(&bytes).unwrap();
    assert_eq!(*scalar.to_bytes(), bytes);
}

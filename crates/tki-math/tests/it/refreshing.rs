//! What a refresh refuses.

use tki_math::{
    Error, Identifier, RefreshCommitment, RefreshPolynomial, SecretPolynomial, SecretScalar,
    Threshold,
};

use crate::{
    curves::{Ed25519, Secp256k1},
    random::rng,
};

#[test]
fn a_threshold_of_one_leaves_nothing_to_refresh() {
    let rng = &mut rng("a_threshold_of_one_leaves_nothing_to_refresh");
    let one = Threshold::new(1).unwrap();
    let refresh = RefreshPolynomial::<Ed25519>::random(one, rng);
    assert_eq!(refresh.map(drop), Err(Error::NothingToRefresh));
    let identity = <<Ed25519 as tki_math::Curve>::Point as group::Group>::identity();
    let commitment = RefreshCommitment::<Ed25519>::from_points(vec![identity], one);
    assert_eq!(commitment, Err(Error::NothingToRefresh));
}

#[test]
fn a_refresh_is_for_one_holder_and_one_threshold() {
    let rng = &mut rng("a_refresh_is_for_one_holder_and_one_threshold");
    let (two, three) = (Threshold::new(2).unwrap(), Threshold::new(3).unwrap());
    let (a, b) = (Identifier::FIRST, Identifier::new(2).unwrap());
    let secret = SecretScalar::<Secp256k1>::random(rng);
    let polynomial = SecretPolynomial::random(&secret, two, rng).unwrap();
    let refresh = RefreshPolynomial::random(three, rng).unwrap();
    let refreshed = polynomial
        .evaluate(a)
        .unwrap()
        .refresh(&refresh.evaluate(b).unwrap());
    assert_eq!(
        refreshed.map(drop),
        Err(Error::IdentifierMismatch {
            expected: a,
            found: b
        })
    );
    let refreshed = polynomial.commit().refresh(&refresh.commit());
    assert_eq!(refreshed, Err(Error::StructureMismatch));
}

#[test]
fn a_wrong_refresh_share_is_named() {
    let rng = &mut rng("a_wrong_refresh_share_is_named");
    let two = Threshold::new(2).unwrap();
    let refresh = RefreshPolynomial::<Secp256k1>::random(two, rng).unwrap();
    let other = RefreshPolynomial::<Secp256k1>::random(two, rng).unwrap();
    let wrong = other.evaluate(Identifier::FIRST).unwrap();
    let error = Error::InvalidShare {
        identifier: Identifier::FIRST,
    };
    assert_eq!(refresh.commit().verify(&wrong), Err(error));
}

#[test]
fn a_commitment_shows_its_curve_and_points() {
    let rng = &mut rng("a_commitment_shows_its_curve_and_points");
    let refresh = RefreshPolynomial::<Secp256k1>::random(Threshold::new(2).unwrap(), rng);
    let commitment = refresh.unwrap().commit();
    let shown = format!("{commitment:?}");
    assert!(shown.starts_with("RefreshCommitment<secp256k1>"), "{shown}");
    for point in commitment.to_bytes() {
        assert!(shown.contains(&hex::encode(point)), "{shown}");
    }
}

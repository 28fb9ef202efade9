//! The trusted dealer's sharings of RFC 9591, appendices E.1, E.4 and E.5.

use serde_json::Value;
use tki_math::{SecretPolynomial, Share, combine};

use super::values::{
    Scripted, hexed, identifiers, list, scalar, script, text, texts, threshold, values,
};
use crate::curves::{Ed25519, P256, Secp256k1};

#[test]
fn dealings_are_those_of_rfc_9591() {
    let file: Value = serde_json::from_str(include_str!("../../vectors/rfc9591.json")).unwrap();
    let sharings = list(&file["sharings"]);
    check_rfc_sharing::<Ed25519>(&sharings[0]);
    check_rfc_sharing::<P256>(&sharings[1]);
    check_rfc_sharing::<Secp256k1>(&sharings[2]);
}

fn check_rfc_sharing<C: Scripted>(case: &Value) {
    assert_eq!(case["curve"], C::NAME);
    let polynomial = polynomial::<C>(case);
    let key = polynomial.commit().verifying_key().to_bytes();
    assert_eq!(hex::encode(key), text(&case["verifying_key"]));
    let shares: Vec<_> = identifiers(&case["identifiers"])
        .iter()
        .map(|x| polynomial.evaluate(*x).unwrap())
        .collect();
    assert_eq!(values(&shares), texts(&case["shares"]));
    for quorum in [[0, 1], [2, 0], [1, 2]] {
        let quorum = quorum.map(|i| Share::new(shares[i].identifier(), shares[i].value().clone()));
        let secret = combine(&quorum, threshold(case)).unwrap();
        assert_eq!(hexed(&secret), text(&case["coefficients"][0]));
    }
}

fn polynomial<C: Scripted>(case: &Value) -> SecretPolynomial<C> {
    let coefficients = list(&case["coefficients"]);
    let secret = scalar::<C>(&coefficients[0]);
    let script = &mut script::<C>(&coefficients[1..]);
    SecretPolynomial::random(&secret, threshold(case), script).unwrap()
}

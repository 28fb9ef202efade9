//! Wycheproof's signatures against `verify`.
//!
//! On secp256k1 ours is stricter than ECDSA: of the two valid s it takes the lower one alone.
//! Wycheproof has a set with that rule, "bitcoin". In the other sets a valid signature with a high s is expected to
//! be refused here, and its twin with the low s to be accepted.

use tki_math::Curve as _;
use tki_seal::curve::Secp256k1;
use tki_seal::signature::{Input, Scheme, SignatureError, verify};
use wycheproof::{TestResult, ecdsa, eddsa};

/// The compressed key of 65 uncompressed bytes.
fn compressed(uncompressed: &[u8]) -> Vec<u8> {
    assert_eq!((uncompressed.len(), uncompressed[0]), (65, 4));
    [&[2 + uncompressed[64] % 2], &uncompressed[1..33]].concat()
}

/// r ‖ s, or nothing: the length is a matter of the type.
fn p1363(signature: &[u8]) -> Option<[u8; 64]> {
    signature.try_into().ok()
}

/// r ‖ s of a DER signature, or nothing.
fn der_secp256k1(signature: &[u8]) -> Option<[u8; 64]> {
    let signature = k256::ecdsa::Signature::from_der(signature).ok()?;
    Some(signature.to_bytes().into())
}

/// The same, of a signature on P-256.
fn der_p256(signature: &[u8]) -> Option<[u8; 64]> {
    let signature = p256::ecdsa::Signature::from_der(signature).ok()?;
    Some(signature.to_bytes().into())
}

/// Checks a set, and says how many were valid and refused, which is for a high s alone.
fn check_ecdsa(
    scheme: Scheme,
    name: ecdsa::TestName,
    parse: fn(&[u8]) -> Option<[u8; 64]>,
) -> usize {
    let mut high = 0;
    let mut accepted = 0;
    for group in ecdsa::TestSet::load(name).unwrap().test_groups {
        let key = compressed(&group.key.key);
        for test in &group.tests {
            let input = Input::Message(&test.msg);
            let Some(signature) = parse(&test.sig) else {
                assert_eq!(test.result, TestResult::Invalid, "{name:?} {}", test.tc_id);
                continue;
            };
            let found = verify(scheme, &key, input, &signature);
            if found.is_ok() {
                assert_eq!(test.result, TestResult::Valid, "{name:?} {}", test.tc_id);
                accepted += 1;
                continue;
            }
            assert_eq!(
                found,
                Err(SignatureError::InvalidSignature),
                "{name:?} {}",
                test.tc_id
            );
            if test.result == TestResult::Valid {
                let twin = negated(&signature);
                assert!(signature[32..] > twin[32..], "{name:?} {}", test.tc_id);
                let found = verify(scheme, &key, input, &twin);
                assert_eq!(found, Ok(()), "{name:?} {}", test.tc_id);
                high += 1;
            }
        }
    }
    assert!(accepted > 50, "{name:?}: only {accepted} were accepted");
    high
}

/// r ‖ (q − s), on secp256k1.
fn negated(signature: &[u8; 64]) -> [u8; 64] {
    let s = Secp256k1::scalar_from_bytes(signature[32..].try_into().unwrap()).unwrap();
    let mut negated = *signature;
    negated[32..].copy_from_slice(&Secp256k1::scalar_to_bytes(&-s));
    negated
}

#[test]
fn ecdsa_with_the_low_s_rule() {
    let bitcoin = ecdsa::TestName::EcdsaSecp256k1Sha256Bitcoin;
    assert_eq!(check_ecdsa(Scheme::EcdsaSha256, bitcoin, der_secp256k1), 0);
}

#[test]
fn ecdsa_without_the_low_s_rule() {
    let check = |name, parse| check_ecdsa(Scheme::EcdsaSha256, name, parse);
    assert!(check(ecdsa::TestName::EcdsaSecp256k1Sha256P1363, p1363) > 0);
    assert!(check(ecdsa::TestName::EcdsaSecp256k1Sha256, der_secp256k1) > 0);
}

#[test]
fn ecdsa_on_p256() {
    let check = |name, parse| check_ecdsa(Scheme::EcdsaP256Sha256, name, parse);
    assert_eq!(check(ecdsa::TestName::EcdsaSecp256r1Sha256P1363, p1363), 0);
    assert_eq!(check(ecdsa::TestName::EcdsaSecp256r1Sha256, der_p256), 0);
}

#[test]
fn ed25519() {
    let mut accepted = 0;
    for group in eddsa::TestSet::load(eddsa::TestName::Ed25519)
        .unwrap()
        .test_groups
    {
        for test in &group.tests {
            let Some(signature) = p1363(&test.sig) else {
                assert_eq!(test.result, TestResult::Invalid, "{}", test.tc_id);
                continue;
            };
            let input = Input::Message(&test.msg);
            let found = verify(Scheme::Ed25519, &group.key.pk, input, &signature);
            let expected = match test.result {
                TestResult::Valid => Ok(()),
                TestResult::Acceptable | TestResult::Invalid => {
                    Err(SignatureError::InvalidSignature)
                }
            };
            assert_eq!(found, expected, "{}: {}", test.tc_id, test.comment);
            accepted += usize::from(found.is_ok());
        }
    }
    assert!(accepted > 50, "only {accepted} were accepted");
}

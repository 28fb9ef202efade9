//! Wycheproof's vectors: signatures, the multiples of points that ECDH is made of, and the cipher
//! under every seal.
//!
//! On secp256k1 `verify` is stricter than ECDSA: of the two valid s it takes the lower one alone.
//! Wycheproof has a set with that rule, "bitcoin". In the other sets a valid signature with a high s
//! is expected to be refused here, and its twin with the low s to be accepted.

use chacha20poly1305::aead::inout::InOutBuf;
use chacha20poly1305::{AeadInOut as _, ChaCha20Poly1305, KeyInit as _, Nonce, Tag};
use group::{Group as _, GroupEncoding as _};
use tki_math::Curve as _;
use tki_seal::curve::{P256, SealCurve, Secp256k1};
use tki_seal::signature::{Input, Scheme, SignatureError, verify};
use wycheproof::{TestResult, aead, ecdh, ecdsa, eddsa};

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

/// The point of a `SubjectPublicKeyInfo` that names the curve: after its header, SEC 1 in either
/// form. None for what no strict reader takes, and for what is on another curve or on none.
fn point_of<C: SealCurve>(info: &[u8], curve_name: &[u8]) -> Option<C::Point> {
    const EC: [u8; 9] = [6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
    let algorithm = [&EC[..], curve_name].concat();
    let length = |bytes: &[u8]| u8::try_from(bytes.len()).unwrap();
    let algorithm = [&[0x30, length(&algorithm)], &algorithm[..]].concat();
    [33, 65].iter().find_map(|point_bytes| {
        let (header, point) = info.split_at_checked(info.len().checked_sub(*point_bytes)?)?;
        let string = [3, u8::try_from(point_bytes + 1).unwrap(), 0];
        let all = u8::try_from(algorithm.len() + string.len() + point_bytes).unwrap();
        if header != [&[0x30, all], &algorithm[..], &string].concat() {
            return None;
        }
        if *point_bytes == 33 {
            return C::decode_point(point);
        }
        let compressed = compressed(point);
        // The y that was given is that of the point, or there is no such point.
        let same = C::uncompressed(&compressed).is_some_and(|long| long == point);
        same.then(|| C::decode_point(&compressed))?
    })
}

/// The scalar of a private key, big-endian; none for one of another curve, which may be longer.
fn scalar_of<C: SealCurve>(private_key: &[u8]) -> Option<C::Scalar> {
    let zeros = private_key.iter().take_while(|byte| **byte == 0).count();
    let digits = &private_key[zeros..];
    let mut scalar = [0; 32];
    scalar[32_usize.checked_sub(digits.len())?..].copy_from_slice(digits);
    C::scalar_from_bytes(&scalar).into()
}

/// Checks r·E of a set, and says how many agreed.
fn check_ecdh<C: SealCurve>(name: ecdh::TestName, curve_name: &[u8]) -> usize {
    let mut agreed = 0;
    for group in ecdh::TestSet::load(name).unwrap().test_groups {
        for test in &group.tests {
            let point = point_of::<C>(&test.public_key, curve_name);
            let shared = point.zip(scalar_of::<C>(&test.private_key));
            let shared = shared.map(|(point, scalar)| point * scalar);
            let shared = shared.filter(|shared| !bool::from(shared.is_identity()));
            let Some(shared) = shared else {
                assert_ne!(test.result, TestResult::Valid, "{name:?} {}", test.tc_id);
                continue;
            };
            // Acceptable are, for example, points in their compressed form.
            assert_ne!(test.result, TestResult::Invalid, "{name:?} {}", test.tc_id);
            let shared = shared.to_bytes();
            let x = &shared.as_ref()[1..];
            assert_eq!(x, test.shared_secret.as_slice(), "{name:?} {}", test.tc_id);
            agreed += 1;
        }
    }
    agreed
}

#[test]
fn ecdh_on_secp256k1() {
    let name = [6, 5, 0x2b, 0x81, 4, 0, 10];
    let agreed = check_ecdh::<Secp256k1>(ecdh::TestName::EcdhSecp256k1, &name);
    assert!(agreed > 400, "only {agreed} agreed");
}

#[test]
fn ecdh_on_p256() {
    let name = [6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
    let agreed = check_ecdh::<P256>(ecdh::TestName::EcdhSecp256r1, &name);
    assert!(agreed > 300, "only {agreed} agreed");
}

/// The cipher of every seal, called as seals call it.
#[test]
fn chacha20_poly1305() {
    let mut opened = 0;
    let set = aead::TestSet::load(aead::TestName::ChaCha20Poly1305).unwrap();
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let cipher = ChaCha20Poly1305::new_from_slice(&test.key).unwrap();
        let (Ok(nonce), Ok(tag)) = (
            Nonce::try_from(test.nonce.as_slice()),
            Tag::try_from(test.tag.as_slice()),
        ) else {
            assert_eq!(test.result, TestResult::Invalid, "{}", test.tc_id);
            continue;
        };
        let mut text = test.ct.to_vec();
        let buffer = InOutBuf::from(text.as_mut_slice());
        let found = cipher.decrypt_inout_detached(&nonce, &test.aad, buffer, &tag);
        assert_eq!(
            found.is_ok(),
            test.result == TestResult::Valid,
            "{}",
            test.tc_id
        );
        if found.is_err() {
            continue;
        }
        opened += 1;
        assert_eq!(text, test.pt.as_slice(), "{}", test.tc_id);
        let buffer = InOutBuf::from(text.as_mut_slice());
        let made = cipher
            .encrypt_inout_detached(&nonce, &test.aad, buffer)
            .unwrap();
        assert_eq!(
            (text.as_slice(), made),
            (test.ct.as_slice(), tag),
            "{}",
            test.tc_id
        );
    }
    assert!(opened > 200, "only {opened} opened");
}

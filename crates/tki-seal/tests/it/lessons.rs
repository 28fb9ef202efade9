//! What the attacks on the design taught: `docs/spec/seal.md`, section 2, and the points of Ed25519.

use curve25519_dalek::EdwardsPoint;
use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::CompressedEdwardsY;
use curve25519_dalek::scalar::Scalar;
use serde_json::Value;
use tki_math::Curve as _;
use tki_seal::curve::Ed25519;
use tki_seal::sealed_box::{self, OpenError};
use tki_seal::signature::{Input, Scheme, SignatureError, verify};
use tki_seal::symmetric::{self, SymmetricKey};

use crate::support::{array, box_key, bytes, context};

/// ChaCha20-Poly1305 accepts one ciphertext and tag under two keys. Each key's own commitment lets
/// it through; there are no sealed bytes that both open.
#[test]
fn lesson_8_sealed_bytes_open_under_one_key_only() {
    let vectors: Vec<Value> =
        serde_json::from_str(include_str!("../vectors/collision.json")).unwrap();
    assert_eq!(vectors.len(), 2);
    for vector in vectors {
        let text = |list: &str, position: usize| vector[list][position].as_str().unwrap();
        let open = |key: usize, sealed: &[u8]| {
            let key = text("keys", key);
            let context = context(b"collision");
            match vector["kind"].as_str().unwrap() {
                "symmetric" => {
                    let key = SymmetricKey::from_bytes(array(key).into());
                    symmetric::open(&key, context, sealed)
                }
                "sealed box" => sealed_box::open(&box_key(key), context, sealed),
                other => panic!("{other}"),
            }
        };
        let sealed = [0, 1].map(|position| bytes(text("sealed", position)));

        // All but the commitment is the same, and opens under either key, to different plaintexts.
        let [header, _, body] = parts(&sealed[0]);
        let [other_header, _, other_body] = parts(&sealed[1]);
        assert_eq!((header, body), (other_header, other_body));
        let plaintexts = [0, 1].map(|key| open(key, &sealed[key]).expect("its own commitment"));
        assert_ne!(plaintexts[0], plaintexts[1]);

        // The commitment alone tells them apart.
        assert_eq!(open(0, &sealed[1]), Err(OpenError));
        assert_eq!(open(1, &sealed[0]), Err(OpenError));
    }
}

/// Header, commitment, and the rest; the rest of a collision is 48 bytes and a tag.
fn parts(sealed: &[u8]) -> [&[u8]; 3] {
    let (rest, body) = sealed.split_at(sealed.len() - 64);
    let (header, commitment) = rest.split_at(rest.len() - 32);
    [header, commitment, body]
}

/// Every box has its own ephemeral key, for the same recipient too.
#[test]
fn lesson_8_every_box_has_its_own_ephemeral_key() {
    let mut rng = tki_testkit::rng("ephemeral keys");
    let recipient = box_key(&"42".repeat(32)).public_key();
    let mut ephemerals: Vec<Vec<u8>> = (0..16)
        .map(|_| sealed_box::seal(&recipient, context(b""), b"same", &mut rng)[..33].to_vec())
        .collect();
    ephemerals.sort();
    ephemerals.dedup();
    assert_eq!(ephemerals.len(), 16);
}

/// The eight points whose order divides eight; only the identity is in the prime-order group.
#[test]
fn lesson_10_torsion_points_are_refused() {
    for (position, torsion) in EIGHT_TORSION.iter().enumerate() {
        let bytes = torsion.compress().to_bytes();
        assert_eq!(Ed25519::decode_point(&bytes).is_some(), position == 0);
        // As a key, the identity is refused too.
        assert_eq!(
            verify(Scheme::Ed25519, &bytes, Input::Message(b""), &[0; 64]),
            Err(SignatureError::InvalidKey)
        );
    }
}

/// A prime-order point with a torsion part, which would leak a secret modulo eight.
#[test]
fn lesson_10_points_with_a_torsion_part_are_refused() {
    let mut rng = tki_testkit::rng("torsion parts");
    for _ in 0..16 {
        let point = EdwardsPoint::mul_base(&Scalar::random(&mut rng));
        assert!(Ed25519::decode_point(point.compress().as_bytes()).is_some());
        for torsion in &EIGHT_TORSION[1..] {
            let bytes = (point + torsion).compress().to_bytes();
            assert!(
                CompressedEdwardsY(bytes).decompress().is_some(),
                "is on the curve"
            );
            assert!(Ed25519::decode_point(&bytes).is_none());
        }
    }
}

/// y = p + 1 is y = 1, the identity, encoded a second time; so is x = 0 with a sign.
#[test]
fn lesson_10_second_encodings_are_refused() {
    let mut y_is_p_plus_one = [0xff; 32];
    y_is_p_plus_one[0] = 0xee;
    y_is_p_plus_one[31] = 0x7f;
    let mut negative_zero = [0; 32];
    negative_zero[0] = 1;
    negative_zero[31] = 0x80;
    let mut both = y_is_p_plus_one;
    both[31] = 0xff;
    for bytes in [y_is_p_plus_one, negative_zero, both] {
        // What the check is for: the library's decoder lets it through.
        let accepted = group::GroupEncoding::from_bytes(&bytes);
        let accepted: Option<<Ed25519 as tki_math::Curve>::Point> = accepted.into();
        assert!(accepted.is_some());
        assert!(Ed25519::decode_point(&bytes).is_none());
        assert_eq!(
            verify(Scheme::Ed25519, &bytes, Input::Message(b""), &[0; 64]),
            Err(SignatureError::InvalidKey)
        );
    }
    // All y from p to 2²⁵⁵ − 1, with either sign.
    for low in 0xed..=0xff {
        for sign in [0x7f, 0xff] {
            let mut bytes = [0xff; 32];
            bytes[0] = low;
            bytes[31] = sign;
            assert!(Ed25519::decode_point(&bytes).is_none(), "{low:x} {sign:x}");
        }
    }
}

/// A randomised scalar times the generator, by table and without.
#[test]
fn lesson_10_the_table_stays_in_the_prime_order_group() {
    use group::Group as _;

    type Point = <Ed25519 as tki_math::Curve>::Point;
    let mut rng = tki_testkit::rng("table");
    let mut scalars = vec![Scalar::ZERO, Scalar::ONE, -Scalar::ONE, Scalar::from(8_u8)];
    scalars.extend((0..16).map(|_| Scalar::random(&mut rng)));
    for scalar in scalars {
        let point = Ed25519::mul_by_generator(&scalar);
        assert_eq!(point, Point::generator() * scalar);
        assert!(EdwardsPoint::from(point).is_torsion_free());
    }
}

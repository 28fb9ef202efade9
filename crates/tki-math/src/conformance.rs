//! The checks that every curve passes, as functions that panic where one fails.
//!
//! An implementation of [`Curve`] calls [`check_all`] from a test, with a generator whose seed the
//! test prints. Each check takes one sentence of the trait's documentation, or one property of the
//! sharing built on it.
//!
//! The curve's order must exceed 2¹²⁸.

#![expect(
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a check fails by panicking, which is said once, above"
)]

mod dealings;
mod structures;

pub use dealings::{check_pegs, check_redistribution, check_refused_identifiers, check_repair};
pub use structures::{check_structure_refresh, check_structures};

use alloc::{vec, vec::Vec};

use ff::{Field, PrimeField};
use group::{Group, GroupEncoding};
use rand_core::CryptoRng;
use subtle::ConstantTimeEq;

use crate::{
    Curve, Error, Identifier, PolynomialCommitment, RefreshCommitment, RefreshPolynomial,
    SecretPolynomial, SecretScalar, Share, Threshold, VerifyingKey, VerifyingShare, combine,
    interpolate_at, multi_scalar_mul_in_buckets_vartime, split,
};

/// How often a check with random inputs is repeated.
const REPETITIONS: usize = 16;

/// The number of holders up to which every quorum of every threshold is tried.
const MOST_HOLDERS: u16 = 6;

/// Every check of this module, one after another.
pub fn check_all<C: Curve>(rng: &mut (impl CryptoRng + ?Sized)) {
    check_scalar_encoding::<C>(rng);
    check_point_encoding::<C>(rng);
    check_identifiers::<C>();
    check_mul_by_generator::<C>(rng);
    check_multi_scalar_mul::<C>(rng);
    check_limbs::<C>(rng);
    check_evaluation::<C>(rng);
    check_every_quorum::<C>(rng);
    check_further_holder::<C>(rng);
    check_commitment_encoding::<C>(rng);
    check_wrong_share_is_named::<C>(rng);
    check_refresh::<C>(rng);
    check_epochs_do_not_mix::<C>(rng);
    check_structures::<C>(rng);
    check_structure_refresh::<C>(rng);
    check_refused_identifiers::<C>(rng);
    check_pegs::<C>(rng);
    check_redistribution::<C>(rng);
    check_repair::<C>(rng);
}

/// Scalars survive their encoding, and no other bytes are accepted.
pub fn check_scalar_encoding<C: Curve>(rng: &mut (impl CryptoRng + ?Sized)) {
    let mut scalars = vec![C::Scalar::ZERO, C::Scalar::ONE, -C::Scalar::ONE];
    scalars.extend((0..REPETITIONS).map(|_| C::Scalar::random(&mut *rng)));
    for scalar in scalars {
        let bytes = C::scalar_to_bytes(&scalar);
        let decoded: Option<_> = C::scalar_from_bytes(&bytes).into();
        assert!(
            decoded == Some(scalar),
            "{}: a scalar did not survive its encoding",
            C::NAME
        );
        let secret = SecretScalar::<C>::from_canonical_bytes(&bytes).unwrap();
        assert_eq!(*secret.to_bytes(), bytes);
        assert!(bool::from(secret.ct_eq(&SecretScalar::new(scalar))));
    }
    for_each_order_byte::<C>(|bytes| {
        assert!(
            bool::from(C::scalar_from_bytes(bytes).is_none()),
            "{}: accepted q",
            C::NAME
        );
        assert!(SecretScalar::<C>::from_canonical_bytes(bytes).is_err());
    });
}

/// Encodings of q and above: the canonical bytes of q − 1, one more, and all ones.
fn for_each_order_byte<C: Curve>(check: impl Fn(&[u8; 32])) {
    let mut q = C::scalar_to_bytes(&-C::Scalar::ONE);
    // q is odd for every curve in use, so that the last bit of q − 1 is 0 and no carry occurs.
    let little_endian = C::scalar_to_bytes(&C::Scalar::ONE)[0] == 1;
    q[if little_endian { 0 } else { 31 }] += 1;
    check(&q);
    check(&[0xff; 32]);
}

/// Points survive their encoding; the bytes of a decoded point are the bytes it was decoded from;
/// wrong lengths are refused; keys and verifying shares refuse the identity.
pub fn check_point_encoding<C: Curve>(rng: &mut (impl CryptoRng + ?Sized)) {
    let mut points = vec![
        C::Point::identity(),
        C::Point::generator(),
        -C::Point::generator(),
    ];
    points.extend((0..REPETITIONS).map(|_| C::Point::random(&mut *rng)));
    for point in points {
        let bytes = point.to_bytes().as_ref().to_vec();
        assert_eq!(bytes.len(), C::POINT_BYTES);
        assert_eq!(C::decode_point(&bytes), Some(point));
        assert_eq!(C::decode_point(&bytes[1..]), None);
        assert_eq!(C::decode_point(&[bytes.as_slice(), &[0]].concat()), None);
        for bit in 0..8 * bytes.len() {
            let mut mutated = bytes.clone();
            mutated[bit / 8] ^= 1 << (bit % 8);
            check_decoded_is_canonical::<C>(&mutated);
        }
    }
    assert_eq!(C::decode_point(&[]), None);
    let identity = C::Point::identity().to_bytes();
    assert!(VerifyingKey::<C>::from_bytes(identity.as_ref()).is_err());
    assert!(VerifyingShare::<C>::from_bytes(identity.as_ref()).is_err());
    let key = VerifyingKey::<C>::from_point(C::Point::generator()).unwrap();
    assert_eq!(VerifyingKey::<C>::from_bytes(&key.to_bytes()), Ok(key));
}

fn check_decoded_is_canonical<C: Curve>(bytes: &[u8]) {
    if let Some(point) = C::decode_point(bytes) {
        assert_eq!(
            point.to_bytes().as_ref(),
            bytes,
            "{}: a second encoding",
            C::NAME
        );
    }
}

/// Identifiers are the integers that they look like, up to 2¹²⁸ − 1, and `From<u64>` agrees.
pub fn check_identifiers<C: Curve>() {
    for x in [
        0,
        1,
        2,
        255,
        u128::from(u64::MAX),
        1 << 64,
        u128::MAX - 1,
        u128::MAX,
    ] {
        assert_eq!(C::scalar_from_identifier(x), Some(C::Scalar::from_u128(x)));
    }
    for x in [0, 1, 2, u64::MAX] {
        assert_eq!(
            C::scalar_from_identifier(u128::from(x)),
            Some(C::Scalar::from(x))
        );
    }
}

/// `mul_by_generator` is the multiplication of the generator.
pub fn check_mul_by_generator<C: Curve>(rng: &mut (impl CryptoRng + ?Sized)) {
    let mut scalars = vec![C::Scalar::ZERO, C::Scalar::ONE, -C::Scalar::ONE];
    scalars.extend((0..REPETITIONS).map(|_| C::Scalar::random(&mut *rng)));
    for scalar in scalars {
        assert_eq!(C::mul_by_generator(&scalar), C::Point::generator() * scalar);
    }
}

/// `multi_scalar_mul_vartime` is the sum of the multiples, from no terms to many, with zeros,
/// identities and repeated points among them.
pub fn check_multi_scalar_mul<C: Curve>(rng: &mut (impl CryptoRng + ?Sized)) {
    let mut terms = Vec::new();
    let mut sum = C::Point::identity();
    assert_eq!(C::multi_scalar_mul_vartime(&terms), sum);
    for count in 0..REPETITIONS {
        let term = match count % 5 {
            0 => (C::Scalar::ZERO, C::Point::random(&mut *rng)),
            1 => (C::Scalar::random(&mut *rng), C::Point::identity()),
            2 => (-C::Scalar::ONE, C::Point::generator()),
            _ => (C::Scalar::random(&mut *rng), C::Point::random(&mut *rng)),
        };
        terms.push(term);
        sum += term.1 * term.0;
        assert_eq!(C::multi_scalar_mul_vartime(&terms), sum);
        assert_eq!(multi_scalar_mul_in_buckets_vartime::<C>(&terms), sum);
    }
    // Whatever an implementation does with hundreds.
    let many: Vec<_> = terms
        .iter()
        .copied()
        .cycle()
        .take(16 * REPETITIONS)
        .collect();
    let sixteen = C::Scalar::from_u128(16);
    assert_eq!(C::multi_scalar_mul_vartime(&many), sum * sixteen);
}

/// Limbs stand for the scalar's integer, and wide ones for any integer below 2⁵¹² modulo q.
pub fn check_limbs<C: Curve>(rng: &mut (impl CryptoRng + ?Sized)) {
    let two_to_64 = C::Scalar::from_u128(1 << 64);
    let value = |limbs: &[u64]| {
        let horner = |sum, limb: &u64| sum * two_to_64 + C::Scalar::from(*limb);
        limbs.iter().rev().fold(C::Scalar::ZERO, horner)
    };
    assert_eq!(C::scalar_to_limbs(&C::Scalar::ZERO), [0; 4]);
    assert_eq!(C::scalar_to_limbs(&C::Scalar::ONE), [1, 0, 0, 0]);
    let mut below_q = C::scalar_to_limbs(&-C::Scalar::ONE);
    assert_eq!(value(&below_q) + C::Scalar::ONE, C::Scalar::ZERO);
    for _ in 0..REPETITIONS {
        let scalar = C::Scalar::random(&mut *rng);
        assert_eq!(value(&C::scalar_to_limbs(&scalar)), scalar);
    }

    // q is odd: q − 1 and one more is q.
    below_q[0] += 1;
    let mut q = [0; 8];
    q[..4].copy_from_slice(&below_q);
    assert_eq!(C::scalar_from_wide_limbs(&q), C::Scalar::ZERO);
    let mut wide = [[0; 8], [u64::MAX; 8], [u64::MAX, 0, 0, 0, 0, 0, 0, 1]].to_vec();
    wide.extend((0..REPETITIONS).map(|_| core::array::from_fn(|_| rng.next_u64())));
    for limbs in wide {
        assert_eq!(C::scalar_from_wide_limbs(&limbs), value(&limbs));
    }
}

/// `evaluate` is Σ a_k·x^k for small and large x, from no coefficients on.
pub fn check_evaluation<C: Curve>(rng: &mut (impl CryptoRng + ?Sized)) {
    for x in [
        1,
        2,
        100,
        255,
        u128::from(u16::MAX),
        u128::from(u32::MAX),
        1 << 32,
        u128::from(u64::MAX),
        1 << 64,
        u128::MAX,
    ] {
        let identifier = Identifier::new(x).unwrap();
        let mut coefficients = Vec::new();
        let (mut sum, mut power) = (C::Scalar::ZERO, C::Scalar::ONE);
        assert_eq!(C::evaluate(&coefficients, identifier), Some(sum));
        for k in 0..2 * REPETITIONS {
            // The largest coefficients too, where carries are.
            let a_k = match k % 8 {
                0 => -C::Scalar::ONE,
                _ => C::Scalar::random(&mut *rng),
            };
            coefficients.push(a_k);
            sum += a_k * power;
            power *= C::Scalar::from_u128(x);
            assert_eq!(C::evaluate(&coefficients, identifier), Some(sum));
        }
    }
}

/// Every quorum of every (t, n) up to six holders gives the secret back and every smaller set is
/// told how many are missing; all shares and their images fit the commitment.
pub fn check_every_quorum<C: Curve>(rng: &mut (impl CryptoRng + ?Sized)) {
    for n in 1..=MOST_HOLDERS {
        for t in 1..=n {
            let threshold = Threshold::new(t).unwrap();
            let secret = SecretScalar::<C>::random(rng);
            let dealing = split(&secret, threshold, &first_identifiers(n), rng).unwrap();
            let commitment = dealing.commitment();
            let key = VerifyingKey::from_secret(&secret).unwrap();
            assert_eq!(*commitment.verifying_key(), key);
            for share in dealing.shares() {
                assert_eq!(commitment.verify(share), Ok(()));
                let image = commitment.verifying_share(share.identifier());
                assert_eq!(image, share.verifying_share());
            }
            for_each_subset(dealing.shares(), |subset| {
                check_subset(&secret, threshold, subset);
            });
        }
    }
}

fn check_subset<C: Curve>(secret: &SecretScalar<C>, threshold: Threshold, subset: &[Share<C>]) {
    let (have, need) = (subset.len(), threshold.len());
    match combine(subset, threshold) {
        Ok(combined) => assert!(have >= need && bool::from(combined.ct_eq(secret))),
        Err(error) => {
            assert!(have < need);
            assert_eq!(error, Error::NotEnoughShares { have, need });
        }
    }
}

/// A share interpolated for a further holder, or for one who lost theirs, is the dealer's.
pub fn check_further_holder<C: Curve>(rng: &mut (impl CryptoRng + ?Sized)) {
    let threshold = Threshold::new(3).unwrap();
    let polynomial = SecretPolynomial::<C>::random(&SecretScalar::random(rng), threshold, rng);
    let polynomial = polynomial.unwrap();
    let quorum: Vec<_> = first_identifiers(3)
        .into_iter()
        .map(|x_i| polynomial.evaluate(x_i).unwrap())
        .collect();
    for x in [1, 2, 3, 4, 5, 1 << 64, u128::MAX] {
        let x = Identifier::new(x).unwrap();
        let interpolated = interpolate_at(&quorum, threshold, x).unwrap();
        let dealt = polynomial.evaluate(x).unwrap();
        assert_eq!(interpolated.identifier(), x);
        assert!(bool::from(interpolated.value().ct_eq(dealt.value())));
        assert_eq!(polynomial.commit().verify(&interpolated), Ok(()));
    }
}

/// A commitment survives its encoding, and is refused with no point, one too few, one too many, the
/// identity first, or bytes that are no point.
pub fn check_commitment_encoding<C: Curve>(rng: &mut (impl CryptoRng + ?Sized)) {
    let threshold = Threshold::new(3).unwrap();
    let secret = SecretScalar::<C>::random(rng);
    let polynomial = SecretPolynomial::<C>::random(&secret, threshold, rng).unwrap();
    let commitment = polynomial.commit();
    let encoded = commitment.to_bytes();
    let decode = |bytes: &[Vec<u8>]| PolynomialCommitment::<C>::from_bytes(bytes, threshold);
    assert_eq!(decode(&encoded), Ok(commitment.clone()));
    let points = commitment.as_points().to_vec();
    assert_eq!(
        PolynomialCommitment::from_points(points, threshold),
        Ok(commitment)
    );

    let longer = [encoded.as_slice(), &encoded[..1]].concat();
    for wrong in [&encoded[..0], &encoded[..2], &longer] {
        let error = Error::WrongCommitmentLength {
            expected: 3,
            found: wrong.len(),
        };
        assert_eq!(decode(wrong), Err(error));
    }
    let mut identity_first = encoded.clone();
    identity_first[0] = C::Point::identity().to_bytes().as_ref().to_vec();
    assert_eq!(decode(&identity_first), Err(Error::IdentityVerifyingKey));
    let mut identity_later = encoded.clone();
    identity_later[2] = C::Point::identity().to_bytes().as_ref().to_vec();
    assert!(
        decode(&identity_later).is_ok(),
        "zero is a coefficient like any other"
    );
    for position in 0..3 {
        let mut cut = encoded.clone();
        cut[position].pop();
        assert_eq!(
            decode(&cut),
            Err(Error::InvalidCoefficientCommitment { position })
        );
    }
}

/// A share of a wrong value or a wrong holder is refused, and the error names the holder.
pub fn check_wrong_share_is_named<C: Curve>(rng: &mut (impl CryptoRng + ?Sized)) {
    let threshold = Threshold::new(2).unwrap();
    let identifiers = first_identifiers(3);
    let dealing = split(
        &SecretScalar::<C>::random(rng),
        threshold,
        &identifiers,
        rng,
    )
    .unwrap();
    for (share, other) in dealing
        .shares()
        .iter()
        .zip(dealing.shares().iter().cycle().skip(1))
    {
        let identifier = share.identifier();
        let off_by_one = *share.value().expose_secret() + C::Scalar::ONE;
        let off_by_one = Share::new(identifier, SecretScalar::new(off_by_one));
        let others_value = Share::new(identifier, other.value().clone());
        for wrong in [off_by_one, others_value] {
            let error = dealing.commitment().verify(&wrong).unwrap_err();
            assert_eq!(error, Error::InvalidShare { identifier });
            assert_eq!(error.culprits(), [identifier]);
        }
    }
}

/// A refresh keeps the verifying key, changes every share, and its parts fit their commitment;
/// a refresh commitment with a constant term is refused.
pub fn check_refresh<C: Curve>(rng: &mut (impl CryptoRng + ?Sized)) {
    let threshold = Threshold::new(3).unwrap();
    let secret = SecretScalar::<C>::random(rng);
    let (shares, commitment) = split(&secret, threshold, &first_identifiers(5), rng)
        .unwrap()
        .into_parts();
    let refresh = RefreshPolynomial::<C>::random(threshold, rng).unwrap();
    let encoded = refresh.commit().to_bytes();
    let refresh_commitment = RefreshCommitment::<C>::from_bytes(&encoded, threshold).unwrap();
    assert_eq!(refresh_commitment, refresh.commit());
    let refreshed_commitment = commitment.refresh(&refresh_commitment).unwrap();
    assert_eq!(
        refreshed_commitment.verifying_key(),
        commitment.verifying_key()
    );
    let refreshed: Vec<_> = shares
        .into_iter()
        .map(|share| {
            let delta = refresh.evaluate(share.identifier()).unwrap();
            assert_eq!(refresh_commitment.verify(&delta), Ok(()));
            let before = share.value().clone();
            let after = share.refresh(&delta).unwrap();
            assert!(
                !bool::from(before.ct_eq(after.value())),
                "a share did not change"
            );
            assert_eq!(refreshed_commitment.verify(&after), Ok(()));
            assert!(commitment.verify(&after).is_err());
            after
        })
        .collect();
    for_each_subset(&refreshed, |subset| {
        check_subset(&secret, threshold, subset);
    });

    let key_change = RefreshCommitment::<C>::from_bytes(&commitment.to_bytes(), threshold);
    assert_eq!(key_change, Err(Error::RefreshChangesKey));
}

/// No quorum of shares of several epochs gives the secret.
pub fn check_epochs_do_not_mix<C: Curve>(rng: &mut (impl CryptoRng + ?Sized)) {
    for t in 2..=4_u16 {
        let threshold = Threshold::new(t).unwrap();
        let secret = SecretScalar::<C>::random(rng);
        let old = split(&secret, threshold, &first_identifiers(t), rng).unwrap();
        let refresh = RefreshPolynomial::<C>::random(threshold, rng).unwrap();
        let new: Vec<_> = old
            .shares()
            .iter()
            .map(|share| {
                let delta = refresh.evaluate(share.identifier()).unwrap();
                copy(share).refresh(&delta).unwrap()
            })
            .collect();
        for mask in 0_u32..1 << t {
            let pick = |i: usize| {
                if mask >> i & 1 == 1 {
                    &new[i]
                } else {
                    &old.shares()[i]
                }
            };
            let mixed: Vec<_> = (0..threshold.len()).map(|i| copy(pick(i))).collect();
            let combined = combine(&mixed, threshold).unwrap();
            let one_epoch = mask == 0 || mask == (1 << t) - 1;
            assert_eq!(bool::from(combined.ct_eq(&secret)), one_epoch);
        }
    }
}

/// The identifiers 1 … n.
fn first_identifiers(n: u16) -> Vec<Identifier> {
    (1..=n)
        .map(|x| Identifier::new(u128::from(x)).unwrap())
        .collect()
}

fn copy<C: Curve>(share: &Share<C>) -> Share<C> {
    Share::new(share.identifier(), share.value().clone())
}

/// Calls `check` with every subset of the shares, in rotated order, the empty one included.
fn for_each_subset<C: Curve>(shares: &[Share<C>], mut check: impl FnMut(&[Share<C>])) {
    for mask in 0_usize..1 << shares.len() {
        let members = (0..shares.len()).filter(|i| mask >> i & 1 == 1);
        let mut subset: Vec<_> = members.map(|i| copy(&shares[i])).collect();
        let length = subset.len();
        subset.rotate_left(mask.checked_rem(length).unwrap_or(0));
        check(&subset);
    }
}

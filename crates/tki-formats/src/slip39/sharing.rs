//! Shamir's sharing of SLIP-0039, byte by byte, with a digest that tells wrong shares.
//!
//! ```text
//! f(255) = secret;  f(254) = digest ‖ r, digest = HMAC-SHA256(r, secret)[0 … 4)
//! share i = f(i),  i = 0 … count − 1;  a threshold of 1: every share is the secret
//! ```
//! f is of degree threshold − 1 over the field with 256 elements, one polynomial for each byte.
//!
//! Reference: SLIP-0039, "Shamir's secret sharing". Specification: `docs/spec/slip39.md`, steps 1.2,
//! 3.3 and 3.4.

use alloc::vec::Vec;

use hmac::{Hmac, KeyInit as _, Mac as _};
use rand_core::CryptoRng;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::field;

/// A string of bytes that is wiped.
pub(super) type Value = Zeroizing<Vec<u8>>;

/// Where a polynomial was evaluated, and the result.
pub(super) struct Point {
    pub(super) x: u8,
    pub(super) value: Value,
}

const SECRET: u8 = 255;
const DIGEST: u8 = 254;
const DIGEST_LENGTH: usize = 4;

/// `count` points, any `threshold` of which give the secret; 1 ≤ threshold ≤ count ≤ 16.
pub(super) fn split(
    secret: &[u8],
    threshold: u8,
    count: u8,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Vec<Point> {
    if threshold == 1 {
        let same = |x| Point {
            x,
            value: Zeroizing::new(secret.to_vec()),
        };
        return (0..count).map(same).collect();
    }
    // The first threshold − 2 shares are random; digest and secret fix the polynomial.
    let mut fixed: Vec<Point> = (0..threshold.saturating_sub(2))
        .map(|x| Point {
            x,
            value: random(secret.len(), rng),
        })
        .collect();
    let given = fixed.len();
    let mut digest = random(secret.len(), rng);
    let (_, r) = digest.split_at(DIGEST_LENGTH.min(secret.len()));
    let start = digest_of(r, secret);
    for (place, byte) in digest.iter_mut().zip(start) {
        *place = byte;
    }
    fixed.push(Point {
        x: DIGEST,
        value: digest,
    });
    fixed.push(Point {
        x: SECRET,
        value: Zeroizing::new(secret.to_vec()),
    });
    let others: Vec<Point> = (threshold.saturating_sub(2)..count)
        .map(|x| Point {
            x,
            value: interpolate(&fixed, x),
        })
        .collect();
    fixed.truncate(given);
    fixed.extend(others);
    fixed
}

/// The secret of so many points with different x, if they fit together.
pub(super) fn open(points: &[Point], threshold: u8) -> Option<Value> {
    let (used, others) = points.split_at_checked(threshold.into())?;
    if threshold == 1 {
        let secret = &used.first()?.value;
        let same = others.iter().all(|other| equal(&other.value, secret));
        return same.then(|| secret.clone());
    }
    // What is more than needed must lie on the same polynomial.
    let lies = |other: &Point| equal(&interpolate(used, other.x), &other.value);
    let secret = interpolate(used, SECRET);
    let digest = interpolate(used, DIGEST);
    let (start, r) = digest.split_at_checked(DIGEST_LENGTH)?;
    (equal(start, &digest_of(r, &secret)) && others.iter().all(lies)).then_some(secret)
}

/// The value at `x` of the polynomials of least degree through points with different x.
///
/// ```text
/// f(x) = Σ_i f(x_i) · Π_{j ≠ i} (x − x_j) / (x_i − x_j)
/// ```
/// Constant time in the values; `x` and the `x_i` are public.
fn interpolate(points: &[Point], x: u8) -> Value {
    let length = points.first().map_or(0, |point| point.value.len());
    let mut result = Zeroizing::new(alloc::vec![0; length]);
    for point in points {
        let mut weight = 1;
        for other in points.iter().filter(|other| other.x != point.x) {
            let quotient = field::multiply(x ^ other.x, field::invert(point.x ^ other.x));
            weight = field::multiply(weight, quotient);
        }
        for (sum, byte) in result.iter_mut().zip(point.value.iter()) {
            *sum ^= field::multiply(weight, *byte);
        }
    }
    result
}

fn digest_of(r: &[u8], secret: &[u8]) -> [u8; DIGEST_LENGTH] {
    let mut digest = [0; DIGEST_LENGTH];
    // Correctness: HMAC takes keys of any length.
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(r) {
        mac.update(secret);
        for (place, byte) in digest.iter_mut().zip(mac.finalize().into_bytes()) {
            *place = byte;
        }
    }
    digest
}

fn random(length: usize, rng: &mut (impl CryptoRng + ?Sized)) -> Value {
    let mut value = Zeroizing::new(alloc::vec![0; length]);
    rng.fill_bytes(&mut value);
    value
}

fn equal(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

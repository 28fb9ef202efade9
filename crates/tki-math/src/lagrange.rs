//! Interpolation weights: what turns shares into the polynomial's value somewhere else.
//!
//! For different x_1 … x_m and any polynomial f of degree below m,
//!
//! f(x) = Σ λ_i(x)·f(x_i), λ_i(x) = Π_{j≠i} (x − x_j)/(x_i − x_j).
//!
//! | letter | name | |
//! |---|---|---|
//! | x_i | `identifiers` | public |
//! | x | `x`; zero is where the secret is | public |
//! | λ_i(x) | `lagrange_coefficient` | public |
//!
//! Specification: `docs/spec/sharing.md`, section "Weights".
//!
//! Reference: Shamir 1979; Berrut and Trefethen, "Barycentric Lagrange interpolation", SIAM Review
//! 46 (3), 2004, for the form used here, with D_i = (x_i − x)·Π_{j≠i} (x_j − x_i):
//!
//! λ_i(x) = Π_j (x_j − x) / D_i.
//!
//! Deviation: differences of identifiers are multiplied as machine words as long as they fit, and
//! only full words become scalars; all D_i are inverted together (Montgomery 1987, §10.3.1).

use alloc::vec::Vec;

use ff::Field;

use crate::{Curve, Error, Identifier};

/// The weights that give f(0) from the values at these identifiers.
///
/// λ_i = Π_{j≠i} x_j/(x_j − x_i).
///
/// Reference: Shamir 1979.
///
/// # Errors
/// [`Error::NotEnoughShares`] for no identifiers, [`Error::DuplicateIdentifier`],
/// [`Error::IdentifierOutOfRange`] when one is ≥ q.
///
/// # Security
/// No secret input; variable time in the identifiers.
///
/// # Examples
/// ```
/// # mod curve { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/curves/secp256k1.rs")); }
/// # use curve::Secp256k1;
/// # use tki_math::{Identifier, lagrange_coefficients_at_zero};
/// // Over 1 and 2: f(0) = 2·f(1) − f(2).
/// let identifiers = [Identifier::new(1)?, Identifier::new(2)?];
/// let weights = lagrange_coefficients_at_zero::<Secp256k1>(&identifiers)?;
/// assert_eq!(weights, [k256::Scalar::from(2_u64), -k256::Scalar::ONE]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn lagrange_coefficients_at_zero<C: Curve>(
    identifiers: &[Identifier],
) -> Result<Vec<C::Scalar>, Error> {
    check_identifiers::<C>(identifiers)?;
    Ok(coefficients_vartime::<C>(identifiers, 0))
}

/// The weights that give f(x) from the values at these identifiers.
///
/// λ_i(x) = Π_{j≠i} (x_j − x)/(x_j − x_i). When x is one of the x_i its weight is 1 and the others
/// are 0.
///
/// Reference: Shamir 1979.
///
/// # Errors
/// [`Error::NotEnoughShares`] for no identifiers, [`Error::DuplicateIdentifier`],
/// [`Error::IdentifierOutOfRange`] when one of them or x is ≥ q.
///
/// # Security
/// No secret input; variable time in the identifiers.
///
/// # Examples
/// ```
/// # mod curve { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/curves/secp256k1.rs")); }
/// # use curve::Secp256k1;
/// # use tki_math::{Identifier, lagrange_coefficients_at};
/// // Over 1 and 2: f(3) = 2·f(2) − f(1).
/// let identifiers = [Identifier::new(1)?, Identifier::new(2)?];
/// let weights = lagrange_coefficients_at::<Secp256k1>(&identifiers, Identifier::new(3)?)?;
/// assert_eq!(weights, [-k256::Scalar::ONE, k256::Scalar::from(2_u64)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn lagrange_coefficients_at<C: Curve>(
    identifiers: &[Identifier],
    x: Identifier,
) -> Result<Vec<C::Scalar>, Error> {
    check_identifiers::<C>(identifiers)?;
    check_range::<C>(x)?;
    // Where x is one of the x_i, f(x) is its value.
    if identifiers.contains(&x) {
        let weight = |x_i: &Identifier| {
            if *x_i == x {
                C::Scalar::ONE
            } else {
                C::Scalar::ZERO
            }
        };
        return Ok(identifiers.iter().map(weight).collect());
    }
    Ok(coefficients_vartime::<C>(identifiers, x.get()))
}

/// Identifiers that can be interpolated over: at least one, all below q, no two equal.
pub(crate) fn check_identifiers<C: Curve>(identifiers: &[Identifier]) -> Result<(), Error> {
    if identifiers.is_empty() {
        return Err(Error::NotEnoughShares { have: 0, need: 1 });
    }
    identifiers
        .iter()
        .try_for_each(|x_i| check_range::<C>(*x_i))?;
    check_distinct(identifiers)
}

/// No identifier occurs twice.
pub(crate) fn check_distinct(identifiers: &[Identifier]) -> Result<(), Error> {
    let mut sorted = identifiers.to_vec();
    sorted.sort_unstable();
    let mut neighbours = sorted.iter().zip(sorted.iter().skip(1));
    match neighbours.find(|(x_i, x_j)| x_i == x_j) {
        Some((&identifier, _)) => Err(Error::DuplicateIdentifier { identifier }),
        None => Ok(()),
    }
}

fn check_range<C: Curve>(identifier: Identifier) -> Result<(), Error> {
    C::scalar_from_identifier(identifier.get())
        .map(|_| ())
        .ok_or(Error::IdentifierOutOfRange { identifier })
}

/// λ_i(x) for different identifiers below q, and x below q and none of them.
fn coefficients_vartime<C: Curve>(identifiers: &[Identifier], x: u128) -> Vec<C::Scalar> {
    // Step 4.1: D_i = (x_i − x)·Π_{j≠i} (x_j − x_i) and N = Π_j (x_j − x).
    let mut N = DifferenceProduct::<C>::new();
    identifiers.iter().for_each(|x_j| N.multiply(x_j.get(), x));
    let mut coefficients: Vec<C::Scalar> = identifiers
        .iter()
        .map(|x_i| {
            let mut D_i = DifferenceProduct::<C>::new();
            D_i.multiply(x_i.get(), x);
            let others = identifiers.iter().filter(|x_j| *x_j != x_i);
            others.for_each(|x_j| D_i.multiply(x_j.get(), x_i.get()));
            D_i.finish()
        })
        .collect();
    // Step 4.2: λ_i(x) = N/D_i.
    divide_by_each::<C>(N.finish(), &mut coefficients);
    coefficients
}

/// Replaces each d_i ≠ 0 by n/d_i with one inversion.
///
/// With the running products p_i = d_1·…·d_{i−1} and r = n/(d_1·…·d_m): n/d_m = r·p_m, and r·d_m
/// is the r of the first m − 1.
pub(crate) fn divide_by_each<C: Curve>(n: C::Scalar, d: &mut [C::Scalar]) {
    let mut product = C::Scalar::ONE;
    let mut running = Vec::with_capacity(d.len());
    for d_i in d.iter() {
        running.push(product);
        product *= d_i;
    }
    // Correctness: a product of non-zero scalars is not zero, so that the inverse exists.
    let mut r = n * product.invert().unwrap_or(C::Scalar::ZERO);
    for (d_i, p_i) in d.iter_mut().zip(&running).rev() {
        let quotient = r * p_i;
        r *= *d_i;
        *d_i = quotient;
    }
}

/// A product of differences of public integers, as a scalar: small factors are gathered in a
/// machine word and become a scalar when it is full.
pub(crate) struct DifferenceProduct<C: Curve> {
    /// Invariant: the product so far is ± `scalar`·`word`.
    scalar: C::Scalar,
    word: u64,
    negative: bool,
}

impl<C: Curve> DifferenceProduct<C> {
    pub(crate) const fn new() -> Self {
        Self {
            scalar: C::Scalar::ONE,
            word: 1,
            negative: false,
        }
    }

    /// Multiplies by a − b, for different a and b below q.
    pub(crate) fn multiply(&mut self, a: u128, b: u128) {
        self.negative ^= a < b;
        let difference = a.abs_diff(b);
        match u64::try_from(difference) {
            Ok(small) => match self.word.checked_mul(small) {
                Some(word) => self.word = word,
                None => {
                    self.scalar *= C::Scalar::from(self.word);
                    self.word = small;
                }
            },
            // Correctness: the difference of two numbers below q is below q.
            Err(_) => {
                let factor = C::scalar_from_identifier(difference);
                self.scalar *= factor.unwrap_or(C::Scalar::ZERO);
            }
        }
    }

    pub(crate) fn finish(self) -> C::Scalar {
        let product = self.scalar * C::Scalar::from(self.word);
        if self.negative { -product } else { product }
    }
}

//! Pegs: a polynomial that is fixed at up to t points and otherwise uniform.
//!
//! Let f be fixed at m ≤ t different points (x_j, v_j), where x = 0 is the secret. With the
//! interpolant P of degree below m, P(x_j) = v_j, and Z(x) = Π_j (x − x_j),
//!
//! f = P + Z·r for a uniform r of t − m coefficients
//!
//! is uniform among the polynomials of t coefficients that take the fixed values: Z is zero at each
//! x_j, and f ↦ r = (f − P)/Z is one to one.
//!
//! | letter | name | |
//! |---|---|---|
//! | t | `threshold` | public |
//! | m | how many pegs, the secret's among them | public |
//! | x_j | 0, or the identifier of a pegged share | public |
//! | v_j | the secret, or the value of a pegged share | secret |
//! | Z_j(x) = Π_{i<j} (x − x_i) | `Z` | public |
//! | t − m | `Pegs::freedom` | public |
//!
//! Specification: `docs/spec/pegs.md`.
//!
//! Reference: Shamir 1979, where any t values fix f; Newton's interpolation, Knuth, "The art of
//! computer programming", vol. 2, §4.6.4.
//!
//! Assumption: who knows a peg knows that point of f for ever. A refresh that keeps it renews only
//! what the freedom left covers.

use alloc::vec::Vec;
use core::fmt;

use ff::Field;
use rand_core::CryptoRng;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::{
    Curve, Error, Identifier, RefreshPolynomial, SecretPolynomial, SecretScalar, Share, Threshold,
    access::term::scalar_of,
    lagrange::{check_distinct, divide_by_each},
    polynomial::Coefficients,
};

/// The points at which a polynomial is fixed before it is drawn.
///
/// f(0) = s for a pegged secret, f(x_j) = v_j for each pegged share; all else is uniform.
///
/// Reference: Shamir 1979.
///
/// # Security
/// Holds the pegged values and wipes them on drop. Who knows some of them needs as many shares fewer.
/// A value that can be guessed is no peg: the commitment shows f(x_j)·G, by which guesses are tried.
///
/// # Examples
/// ```
/// # mod curve { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/curves/secp256k1.rs")); }
/// # use curve::Secp256k1;
/// # use rand_chacha::ChaCha20Rng;
/// # use rand_core::SeedableRng;
/// # use subtle::ConstantTimeEq;
/// # use tki_math::{Error, Identifier, Pegs, SecretScalar, Share, Threshold};
/// # let mut rng = ChaCha20Rng::seed_from_u64(1);
/// # let secret = SecretScalar::<Secp256k1>::random(&mut rng);
/// # let value = SecretScalar::<Secp256k1>::random(&mut rng);
/// // The holder 7 has its value already, from elsewhere.
/// let theirs = Share::new(Identifier::new(7)?, value);
/// let mut pegs = Pegs::new(Threshold::new(3)?);
/// pegs.add_secret(&secret)?;
/// pegs.add_share(&theirs)?;
/// assert_eq!(pegs.freedom(), 1);
///
/// let polynomial = pegs.draw(&mut rng)?;
/// polynomial.commit().verify(&theirs)?;
/// assert!(matches!(pegs.add_share(&theirs), Err(Error::DuplicateIdentifier { .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Pegs<C: Curve> {
    threshold: Threshold,
    /// Invariant: not zero.
    secret: Option<SecretScalar<C>>,
    /// Invariants: 1. identifiers differ and are below q; 2. no more than t with the secret.
    shares: Vec<Share<C>>,
}

impl<C: Curve> Pegs<C> {
    /// No pegs yet, for a polynomial of t coefficients.
    #[must_use]
    pub const fn new(threshold: Threshold) -> Self {
        Self {
            threshold,
            secret: None,
            shares: Vec::new(),
        }
    }

    /// Fixes f(0) = s.
    ///
    /// # Errors
    /// [`Error::ZeroSecret`] when s is zero, [`Error::SecretPeggedTwice`],
    /// [`Error::TooManyPegs`] when no freedom is left. The pegs are then as they were.
    ///
    /// # Security
    /// Constant time in s, but for whether it is zero. Keeps a copy.
    pub fn add_secret(&mut self, secret: &SecretScalar<C>) -> Result<(), Error> {
        // Step 1.1: s ≠ 0, at most once, and at most t pegs.
        if bool::from(secret.is_zero()) {
            return Err(Error::ZeroSecret);
        }
        if self.secret.is_some() {
            return Err(Error::SecretPeggedTwice);
        }
        self.check_freedom()?;
        self.secret = Some(secret.clone());
        Ok(())
    }

    /// Fixes f(x_j) = v_j. Any value is allowed, zero included.
    ///
    /// # Errors
    /// [`Error::IdentifierOutOfRange`] when x_j ≥ q, [`Error::DuplicateIdentifier`],
    /// [`Error::TooManyPegs`] when no freedom is left. The pegs are then as they were.
    ///
    /// # Security
    /// Constant time in the value; variable time in the identifiers. Keeps a copy.
    pub fn add_share(&mut self, share: &Share<C>) -> Result<(), Error> {
        // Step 1.2: an identifier below q, at most once, and at most t pegs.
        let identifier = share.identifier();
        scalar_of::<C>(identifier)?;
        if self.shares.iter().any(|peg| peg.identifier() == identifier) {
            return Err(Error::DuplicateIdentifier { identifier });
        }
        self.check_freedom()?;
        self.shares
            .push(Share::new(identifier, share.value().clone()));
        Ok(())
    }

    /// The number t of coefficients of the polynomial.
    #[must_use]
    pub const fn threshold(&self) -> Threshold {
        self.threshold
    }

    /// How many more points could be fixed: t − m, the number of coefficients of r.
    ///
    /// At 0 the polynomial is determined, and drawing it takes no randomness.
    #[must_use]
    pub const fn freedom(&self) -> usize {
        let pegged = self.shares.len() + if self.secret.is_some() { 1 } else { 0 };
        self.threshold.len().saturating_sub(pegged)
    }

    /// Draws a polynomial with the pegged values, uniform among all of them.
    ///
    /// f = P + Z·r.
    ///
    /// Reference: Shamir 1979; Knuth, vol. 2, §4.6.4 for P.
    ///
    /// # Errors
    /// [`Error::ZeroSecret`] when the secret is not pegged and f(0) comes out as zero: by chance,
    /// with probability 1/q, or because t pegged shares determine it.
    ///
    /// # Security
    /// Constant time in the values, but for whether f(0) is zero; variable time in the identifiers,
    /// their number and t. `rng` is trusted: who predicts it needs only the pegged values to know f.
    pub fn draw(&self, rng: &mut (impl CryptoRng + ?Sized)) -> Result<SecretPolynomial<C>, Error> {
        // Step 2.1: the pegged points, the secret's first, at x = 0.
        let secret = self.secret.iter().map(|s| Ok((C::Scalar::ZERO, s)));
        let shares = self
            .shares
            .iter()
            .map(|peg| scalar_of::<C>(peg.identifier()).map(|x_j| (x_j, peg.value())));
        let points: Vec<_> = secret.chain(shares).collect::<Result<_, Error>>()?;
        // Step 2.2: P, and Z over all x_j.
        let mut f = zeros::<C>(self.threshold);
        let Z = interpolate::<C>(&points, &mut f);
        // Step 2.3: f = P + Z·r.
        add_uniform_multiple::<C>(&mut f, &Z, rng);
        // Step 2.4: f(0) ≠ 0.
        SecretPolynomial::from_coefficients(Coefficients::from_values(f, self.threshold.into()))
    }

    fn check_freedom(&self) -> Result<(), Error> {
        if self.freedom() == 0 {
            return Err(Error::TooManyPegs {
                threshold: self.threshold,
            });
        }
        Ok(())
    }
}

impl<C: Curve> ZeroizeOnDrop for Pegs<C> {}

/// The threshold and where the pegs are; no value.
impl<C: Curve> fmt::Debug for Pegs<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pegs")
            .field("threshold", &self.threshold)
            .field("secret", &self.secret)
            .field("shares", &self.shares)
            .finish()
    }
}

impl<C: Curve> RefreshPolynomial<C> {
    /// Draws a refresh that leaves the shares of these holders as they are.
    ///
    /// g(0) = 0 and g(x_j) = 0 for each of them: g = Z·r with Z(x) = x·Π_j (x − x_j) and a uniform
    /// r of t − 1 − m coefficients. For nobody it is [`random`](Self::random).
    ///
    /// Reference: Herzberg et al. 1995, and f = P + Z·r with P = 0.
    ///
    /// # Errors
    /// [`Error::NothingToRefresh`] when t is 1; [`Error::TooManyPegs`] for t − 1 holders or more,
    /// when g would be zero and the refresh change nothing; [`Error::DuplicateIdentifier`];
    /// [`Error::IdentifierOutOfRange`] when one is ≥ q.
    ///
    /// # Security
    /// `rng` is trusted: who predicts it undoes the refresh. The shares of the pegged holders stay
    /// what they were: together with t − m shares of others, of one epoch, they give the secret.
    ///
    /// # Examples
    /// ```
    /// # mod curve { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/curves/secp256k1.rs")); }
    /// # use curve::Secp256k1;
    /// # use rand_chacha::ChaCha20Rng;
    /// # use rand_core::SeedableRng;
    /// # use tki_math::{Identifier, RefreshPolynomial, Threshold};
    /// # let mut rng = ChaCha20Rng::seed_from_u64(1);
    /// let (kept, other) = (Identifier::new(1)?, Identifier::new(2)?);
    /// let threshold = Threshold::new(3)?;
    /// let g = RefreshPolynomial::<Secp256k1>::random_pegged(threshold, &[kept], &mut rng)?;
    /// assert!(bool::from(g.evaluate(kept)?.value().is_zero()));
    /// assert!(!bool::from(g.evaluate(other)?.value().is_zero()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn random_pegged(
        threshold: Threshold,
        pegged: &[Identifier],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Self, Error> {
        // Step 3.1: t > 1, different identifiers below q, and at least one coefficient in r.
        if threshold.get() == 1 {
            return Err(Error::NothingToRefresh);
        }
        check_distinct(pegged)?;
        if pegged.len() >= usize::from(threshold.degree()) {
            return Err(Error::TooManyPegs { threshold });
        }
        // Step 3.2: Z = x·Π_j (x − x_j).
        let mut Z = Vec::from([C::Scalar::ONE]);
        multiply_by_root::<C>(&mut Z, C::Scalar::ZERO);
        for identifier in pegged {
            multiply_by_root::<C>(&mut Z, scalar_of::<C>(*identifier)?);
        }
        // Step 3.3: g = Z·r.
        let mut g = zeros::<C>(threshold);
        add_uniform_multiple::<C>(&mut g, &Z, rng);
        // Correctness: Z has the root 0, and with it g.
        Ok(Self::from_coefficients_unchecked(
            Coefficients::from_values(g, threshold.into()),
        ))
    }
}

/// Writes P, of degree below m with P(x_j) = v_j, into the zeros `f`, and gives Z = Π_j (x − x_j).
///
/// Newton: P_j = P_{j−1} + c_j·Z_j with c_j = (v_j − P_{j−1}(x_j))/Z_j(x_j). Z_j is zero at every
/// x_i before x_j, so that P_j keeps the values there.
///
/// Constant time in the v_j. The x_j differ, and there are at most as many as `f` is long.
fn interpolate<C: Curve>(
    points: &[(C::Scalar, &SecretScalar<C>)],
    f: &mut [C::Scalar],
) -> Vec<C::Scalar> {
    // Z_j(x_j) = Π_{i<j} (x_j − x_i), all inverted at once.
    let before = |(j, (x_j, _)): (usize, &(C::Scalar, _))| {
        let earlier = points.iter().take(j);
        earlier.map(|(x_i, _)| *x_j - x_i).product()
    };
    let mut inverses: Vec<C::Scalar> = points.iter().enumerate().map(before).collect();
    divide_by_each::<C>(C::Scalar::ONE, &mut inverses);
    let mut Z = Vec::with_capacity(points.len() + 1);
    Z.push(C::Scalar::ONE);
    for ((x_j, v_j), inverse) in points.iter().zip(&inverses) {
        // c_j = (v_j − P_{j−1}(x_j))/Z_j(x_j), Horner first.
        let mut c_j = Zeroizing::new(C::Scalar::ZERO);
        for a_k in f.iter().take(Z.len()).rev() {
            *c_j = *c_j * x_j + a_k;
        }
        *c_j = (*v_j.expose_secret() - *c_j) * inverse;
        // P_j = P_{j−1} + c_j·Z_j.
        add_multiple::<C>(f, 0, &c_j, &Z);
        multiply_by_root::<C>(&mut Z, *x_j);
    }
    Z
}

/// f + Z·r, for a uniform r of as many coefficients as let Z·r fit into f.
fn add_uniform_multiple<C: Curve>(
    f: &mut [C::Scalar],
    Z: &[C::Scalar],
    rng: &mut (impl CryptoRng + ?Sized),
) {
    let freedom = (f.len() + 1).saturating_sub(Z.len());
    for k in 0..freedom {
        let r_k = Zeroizing::new(C::Scalar::random(rng));
        add_multiple::<C>(f, k, &r_k, Z);
    }
}

/// f + c·x^k·Z, constant time in c and f.
fn add_multiple<C: Curve>(f: &mut [C::Scalar], k: usize, c: &C::Scalar, Z: &[C::Scalar]) {
    for (a_k, z_k) in f.iter_mut().skip(k).zip(Z) {
        *a_k += *z_k * c;
    }
}

/// Z·(x − x_j).
fn multiply_by_root<C: Curve>(Z: &mut Vec<C::Scalar>, x_j: C::Scalar) {
    let mut lower = C::Scalar::ZERO;
    for z_k in Z.iter_mut() {
        let this = *z_k;
        *z_k = lower - this * x_j;
        lower = this;
    }
    Z.push(lower);
}

/// t coefficients, all zero.
fn zeros<C: Curve>(threshold: Threshold) -> Zeroizing<Vec<C::Scalar>> {
    Zeroizing::new(alloc::vec![C::Scalar::ZERO; threshold.len()])
}

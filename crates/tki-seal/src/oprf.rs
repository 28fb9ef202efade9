//! An oblivious pseudorandom function: the owner of a key computes F(k, x) without seeing x, and who
//! has x learns nothing of k.
//!
//! A weak input, such as a PIN, is worth as many guesses as an attacker can make. With F between the
//! input and the key, each guess needs the owner of k once more, who may count and refuse.
//!
//! ```text
//! F(k, x)  = SHA-256(len(x) ‖ x ‖ len(Z) ‖ Z ‖ "Finalize"),   Z = k·H(x)
//! blind      B = r·H(x)     by who has x, with a fresh r
//! evaluate   E = k·B        by who has k
//! finalize   Z = r⁻¹·E
//! ```
//!
//! B is uniform whatever x is, so the owner of k learns nothing of it, not even whether two calls had
//! the same input. H hashes to the group of P-256 (RFC 9380, P256_XMD:SHA-256_SSWU_RO_).
//!
//! | letter | here | |
//! |---|---|---|
//! | k, K = k·G | [`EvaluationKey`], its [`public_key`](EvaluationKey::public_key) | of the evaluator |
//! | x, r | in [`BlindedInput`] | secret |
//! | B, E | [`Element`] | travel |
//!
//! Reference: RFC 9497, mode 0x00 (OPRF), suite P256-SHA256. In this mode an answer proves nothing of
//! the key that was used; [`HonestyCheck`] does, for one evaluation more.
//! Specification: `docs/spec/oprf.md`.

use alloc::vec::Vec;
use core::fmt;

use group::Group as _;
use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};
use tki_math::SecretScalar;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::curve::{
    InvalidKey, P256, hash_to_p256, hash_to_p256_scalar, nonidentity_point, random_nonzero_scalar,
};

mod honesty;

pub use honesty::HonestyCheck;

/// A point of P-256 that is not the identity: what travels between the two sides.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Element {
    /// Invariant: the canonical encoding of a point that is not the identity.
    bytes: [u8; Self::BYTES],
}

type Point = <P256 as tki_math::Curve>::Point;
type Scalar = <P256 as tki_math::Curve>::Scalar;

impl Element {
    /// Bytes of an encoding: SEC 1, compressed.
    pub const BYTES: usize = 33;

    /// The element of this encoding.
    ///
    /// # Errors
    /// [`InvalidKey`] unless it is the canonical one of a point that is not the identity.
    ///
    /// # Examples
    /// ```
    /// use tki_seal::oprf::Element;
    ///
    /// assert!(Element::from_bytes(&[0; 33]).is_err(), "the identity");
    /// ```
    pub fn from_bytes(bytes: &[u8; Self::BYTES]) -> Result<Self, InvalidKey> {
        nonidentity_point::<P256>(bytes).ok_or(InvalidKey)?;
        Ok(Self { bytes: *bytes })
    }

    /// Its encoding.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; Self::BYTES] {
        self.bytes
    }

    /// `None` for the identity.
    fn of_point(point: &Point) -> Option<Self> {
        let bytes = P256::point_to_bytes(point);
        (!bool::from(point.is_identity())).then_some(Self { bytes })
    }

    fn to_point(self) -> Point {
        // Correctness: `bytes` encodes a point, by the invariant.
        nonidentity_point::<P256>(&self.bytes).unwrap_or_default()
    }
}

impl fmt::Debug for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Element(")?;
        for byte in self.bytes {
            write!(f, "{byte:02x}")?;
        }
        f.write_str(")")
    }
}

/// The key k of an evaluator, for this purpose alone.
#[derive(ZeroizeOnDrop)]
pub struct EvaluationKey {
    /// Not zero.
    scalar: SecretScalar<P256>,
    #[zeroize(skip)]
    public_key: Element,
}

impl EvaluationKey {
    /// The key that follows from a secret seed and a public description.
    ///
    /// # Errors
    /// [`OprfError::InfoTooLong`] beyond 65535 bytes of description; [`OprfError::Degenerate`] with
    /// negligible probability.
    ///
    /// # Examples
    /// ```
    /// use tki_seal::oprf::EvaluationKey;
    ///
    /// let key = EvaluationKey::derive(&[7; 32], b"answers")?;
    /// let other = EvaluationKey::derive(&[7; 32], b"something else")?;
    /// assert_ne!(key.public_key(), other.public_key());
    /// # Ok::<(), tki_seal::oprf::OprfError>(())
    /// ```
    pub fn derive(seed: &[u8; 32], info: &[u8]) -> Result<Self, OprfError> {
        // Step 1.1: seed ‖ len(info) ‖ info, then a counter, until the scalar is not zero.
        let length = length(info).ok_or(OprfError::InfoTooLong)?;
        for counter in 0..=u8::MAX {
            let input = [seed.as_slice(), &length, info, &[counter]];
            let scalar = hash_to_p256_scalar(&input, &[b"DeriveKeyPair", SUITE])
                .map(SecretScalar::<P256>::new)
                .ok_or(OprfError::Degenerate)?;
            if let Some(public_key) = Element::of_point(&scalar.public_point()) {
                return Ok(Self { scalar, public_key });
            }
        }
        Err(OprfError::Degenerate)
    }

    /// K = k·G, by which the key is known.
    #[must_use]
    pub const fn public_key(&self) -> Element {
        self.public_key
    }

    /// E = k·B.
    ///
    /// # Security
    /// Constant time. Whoever may ask this at will can guess at will: the caller counts.
    #[must_use]
    pub fn evaluate(&self, blinded: &Element) -> Element {
        // Step 1.3: E = k·B.
        let point = blinded.to_point() * self.scalar.expose_secret();
        // Correctness: neither k nor B is zero and the order is prime, so the product is not either.
        Element::of_point(&point).unwrap_or(*blinded)
    }
}

impl fmt::Debug for EvaluationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EvaluationKey")
            .field("public_key", &self.public_key)
            .finish_non_exhaustive()
    }
}

/// An input x, blinded by r, between blinding and finalizing.
#[derive(ZeroizeOnDrop)]
pub struct BlindedInput {
    input: Zeroizing<Vec<u8>>,
    blind: SecretScalar<P256>,
    #[zeroize(skip)]
    element: Element,
}

impl BlindedInput {
    /// Blinds an input with a fresh r.
    ///
    /// # Errors
    /// [`OprfError::InputTooLong`] beyond 65535 bytes; [`OprfError::Degenerate`] with negligible
    /// probability.
    ///
    /// # Security
    /// Constant time in the input up to its length. The element says nothing of the input.
    ///
    /// # Examples
    /// ```
    /// use tki_seal::oprf::{BlindedInput, EvaluationKey};
    /// # use rand_core::SeedableRng as _;
    /// # let mut rng = rand_chacha::ChaCha20Rng::from_seed([7; 32]);
    ///
    /// let key = EvaluationKey::derive(&[7; 32], b"")?;
    /// let (one, two) = (BlindedInput::new(b"1234", &mut rng)?, BlindedInput::new(b"1234", &mut rng)?);
    /// assert_ne!(one.element(), two.element());
    /// let outputs = [one, two].map(|blinded| {
    ///     let evaluated = key.evaluate(&blinded.element());
    ///     blinded.finalize(&evaluated)
    /// });
    /// assert_eq!(outputs[0], outputs[1]);
    /// # Ok::<(), tki_seal::oprf::OprfError>(())
    /// ```
    pub fn new(input: &[u8], rng: &mut (impl CryptoRng + ?Sized)) -> Result<Self, OprfError> {
        Self::with_blind(input, random_nonzero_scalar(rng))
    }

    /// Blinds an input with this r: for test vectors. With an r that is known, the element tells
    /// everything.
    ///
    /// # Errors
    /// Those of [`new`](Self::new); [`OprfError::Degenerate`] if r = 0.
    pub fn with_blind(input: &[u8], blind: SecretScalar<P256>) -> Result<Self, OprfError> {
        length(input).ok_or(OprfError::InputTooLong)?;
        // Step 1.2: B = r·H(x), refused if it is the identity.
        let point =
            hash_to_p256(&[input], &[b"HashToGroup-", SUITE]).ok_or(OprfError::Degenerate)?;
        let element = Element::of_point(&(point * blind.expose_secret()));
        Ok(Self {
            input: Zeroizing::new(input.to_vec()),
            blind,
            element: element.ok_or(OprfError::Degenerate)?,
        })
    }

    /// B, for the evaluator.
    #[must_use]
    pub const fn element(&self) -> Element {
        self.element
    }

    /// F(k, x), from the evaluator's answer.
    ///
    /// # Security
    /// The result is secret if the input is. An answer under another key gives another result, and
    /// nothing here tells. Constant time.
    #[must_use]
    pub fn finalize(&self, evaluated: &Element) -> Zeroizing<[u8; 32]> {
        // Step 1.4: Z = r⁻¹·E.
        let inverse = self.blind.expose_secret().invert();
        // Correctness: r is not zero, or blinding had refused the identity.
        let inverse = SecretScalar::<P256>::new(inverse.unwrap_or(Scalar::ZERO));
        let unblinded = evaluated.to_point() * inverse.expose_secret();
        let unblinded = Zeroizing::new(P256::point_to_bytes(&unblinded));

        // Step 1.5: SHA-256(len(x) ‖ x ‖ len(Z) ‖ Z ‖ "Finalize").
        let mut hash = Sha256::new();
        for part in [self.input.as_slice(), unblinded.as_slice()] {
            // Correctness: both lengths were bounded when the input was blinded.
            hash.update(length(part).unwrap_or_default());
            hash.update(part);
        }
        hash.update(b"Finalize");
        Zeroizing::new(hash.finalize().into())
    }
}

impl fmt::Debug for BlindedInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlindedInput")
            .field("element", &self.element)
            .finish_non_exhaustive()
    }
}

/// Why nothing was blinded, derived or checked.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OprfError {
    /// An input that nobody can use; whoever finds one has broken the hash.
    Degenerate,
    /// The description of a key is longer than 65535 bytes.
    InfoTooLong,
    /// The input is longer than 65535 bytes.
    InputTooLong,
}

impl fmt::Display for OprfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Degenerate => "input hashes to nothing usable",
            Self::InfoTooLong => "description of the key is too long",
            Self::InputTooLong => "input is too long",
        })
    }
}

impl core::error::Error for OprfError {}

/// contextString of RFC 9497: version, mode 0x00, suite.
const SUITE: &[u8] = b"OPRFV1-\x00-P256-SHA256";

/// I2OSP(len, 2).
fn length(bytes: &[u8]) -> Option<[u8; 2]> {
    u16::try_from(bytes.len()).ok().map(u16::to_be_bytes)
}

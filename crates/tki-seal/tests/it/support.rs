//! Shared by the tests: hexadecimal, and a generator that gives what it was told to.

use core::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};
use tki_math::SecretScalar;
use tki_seal::curve::{SealCurve, Secp256k1};
use tki_seal::sealed_box::BoxSecretKey;
use tki_seal::transcript::{Tag, Transcript};

/// The bytes of a hexadecimal string.
pub(crate) fn bytes(hexadecimal: &str) -> Vec<u8> {
    hex::decode(hexadecimal).expect("hexadecimal")
}

/// As [`bytes`], of known length.
pub(crate) fn array<const N: usize>(hexadecimal: &str) -> [u8; N] {
    bytes(hexadecimal).try_into().expect("the right length")
}

/// A scalar from the curve's own encoding.
pub(crate) fn scalar<C: SealCurve>(hexadecimal: &str) -> SecretScalar<C> {
    SecretScalar::from_canonical_bytes(&array(hexadecimal)).expect("a canonical scalar")
}

/// The context that the vectors use: one field.
pub(crate) fn context(field: &[u8]) -> Transcript {
    Transcript::new(Tag::Example).bytes(field)
}

/// A box key from a secp256k1 scalar.
pub(crate) fn box_key(hexadecimal: &str) -> BoxSecretKey {
    BoxSecretKey::from_scalar(scalar::<Secp256k1>(hexadecimal)).expect("not zero")
}

/// A "generator" that gives out the bytes it was told to, and fails the test when asked for more.
pub(crate) struct Fixed {
    bytes: std::vec::IntoIter<u8>,
}

impl Fixed {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self {
            bytes: bytes.into_iter(),
        }
    }

    fn next_array<const N: usize>(&mut self) -> [u8; N] {
        core::array::from_fn(|_| self.bytes.next().expect("enough bytes were given"))
    }
}

impl TryRng for Fixed {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(self.next_array()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(self.next_array()))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.fill_with(|| self.bytes.next().expect("enough bytes were given"));
        Ok(())
    }
}

impl TryCryptoRng for Fixed {}

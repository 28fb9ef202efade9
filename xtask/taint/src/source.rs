//! Where secrets come from.

use core::convert::Infallible;

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _, TryCryptoRng, TryRng};
use tki_math::{Curve, SecretScalar};

use crate::requests::Place;

/// A generator that anyone may know.
pub(crate) fn public_rng(number: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([number; 32])
}

/// A generator each byte of which is secret.
pub(crate) struct SecretRng(ChaCha20Rng);

impl SecretRng {
    pub(crate) fn new(number: u8) -> Self {
        Self(public_rng(number))
    }
}

impl TryRng for SecretRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let word = self.0.next_u32();
        Place::of(&word).is_secret();
        Ok(word)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let word = self.0.next_u64();
        Place::of(&word).is_secret();
        Ok(word)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill_bytes(bytes);
        Place::of(bytes).is_secret();
        Ok(())
    }
}

impl TryCryptoRng for SecretRng {}

/// A scalar that is secret.
pub(crate) fn secret_scalar<C: Curve>(number: u8) -> SecretScalar<C> {
    let scalar = SecretScalar::random(&mut public_rng(number));
    Place::of(scalar.expose_secret()).is_secret();
    scalar
}

/// 32 bytes that are secret.
pub(crate) fn secret_bytes(number: u8) -> zeroize::Zeroizing<[u8; 32]> {
    let bytes = zeroize::Zeroizing::new([number; 32]);
    Place::of(&*bytes).is_secret();
    bytes
}

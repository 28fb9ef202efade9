//! What keeps passkeys.

use alloc::{boxed::Box, vec::Vec};

use async_trait::async_trait;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::credential::{Credential, CredentialId};
use crate::error::Error;

/// What keeps passkeys, each with a pseudorandom function of its own.
///
/// The function is the one that WebAuthn level 3 gives out as the extension `prf` (section 10.1.4
/// there): that of a credential whose user was verified, by PIN, fingerprint or passphrase. One
/// credential gives one input the same output for ever, and tells nobody else.
///
/// All credentials are of the relying party [`RELYING_PARTY`](crate::RELYING_PARTY) and are
/// discoverable: an authenticator that was moved to a new machine can say which it keeps.
#[async_trait]
pub trait PrfAuthenticator: Send + Sync {
    /// Whether a credential with a PRF could be made now. Makes nothing.
    ///
    /// # Errors
    /// [`Error::NoPrf`] if the authenticator has none, [`Error::Full`], [`Error::PinNotSet`]; those of every call.
    async fn check(&self) -> Result<(), Error>;

    /// Makes a new credential that has a PRF, under a name for people of at most 64 bytes without
    /// control characters. `rng` gives the user id, and all else that is random and not the
    /// authenticator's own.
    ///
    /// # Errors
    /// [`Error::NoPrf`] before anything is made, if the authenticator has none. [`Error::Label`],
    /// [`Error::Full`]; those of every call.
    async fn make_credential(
        &self,
        label: &str,
        rng: &mut (dyn CryptoRng + Send),
    ) -> Result<CredentialId, Error>;

    /// The credentials that are there, in no order that means anything; possibly none.
    ///
    /// # Errors
    /// Those of every call: [`Error::NoAuthenticator`], [`Error::Busy`], [`Error::Refused`],
    /// [`Error::Protocol`], [`Error::Backend`], and what an implementation adds.
    async fn credentials(&self) -> Result<Vec<Credential>, Error>;

    /// The PRF of a credential at an input: 32 bytes, always the same for both, and independent for
    /// other inputs and other credentials.
    ///
    /// # Errors
    /// [`Error::Deleted`] if there is no such credential, [`Error::NoPrf`] if it was made without
    /// one; those of every call.
    async fn evaluate(
        &self,
        credential: &CredentialId,
        input: &[u8],
    ) -> Result<Zeroizing<[u8; 32]>, Error>;
}

//! A passkey as a factor: its opening seed.
//!
//! ```text
//! o_i = HKDF(PRF(credential, "tki/v1/opening"), –, T(passkey seed))
//! ```
//!
//! Nobody keeps the seed: it is computed anew whenever it is used. What an account's document keeps
//! is the id of the credential, as the extension [`Holder::PASSKEY`], so that whoever opened the
//! account otherwise can say which passkey is meant. Where the passkey itself is what opens the
//! account, there is no document to ask yet: then every credential on the authenticator is a
//! candidate.
//!
//! Specification: `docs/spec/passkey.md`, section 1.

use alloc::{string::String, vec::Vec};

use rand_core::CryptoRng;
use tki_metadata::{Holder, OpeningSeed};
use tki_seal::kdf;
use tki_seal::transcript::{Tag, Transcript};
use zeroize::ZeroizeOnDrop;

use crate::authenticator::PrfAuthenticator;
use crate::credential::{Credential, CredentialId};
use crate::error::Error;

/// The input at which the PRF of a passkey gives what its opening seed is derived from.
pub const OPENING_INPUT: &[u8] = b"tki/v1/opening";

/// A passkey that was evaluated: all that a factor needs of it.
#[non_exhaustive]
#[derive(Debug)]
pub struct Passkey {
    /// Its credential.
    pub credential: CredentialId,
    /// The name it was made under, if the authenticator tells.
    pub label: Option<String>,
    /// The opening seed: what opens its mailbox.
    pub seed: OpeningSeed,
}

// Its seed wipes itself, and the rest is public.
impl ZeroizeOnDrop for Passkey {}

impl Passkey {
    /// Makes a new credential and evaluates it: what could not be used later fails now.
    ///
    /// # Errors
    /// [`Error::NoPrf`] before anything is made; those of the authenticator.
    pub async fn make(
        authenticator: &dyn PrfAuthenticator,
        label: &str,
        rng: &mut (dyn CryptoRng + Send),
    ) -> Result<Self, Error> {
        let id = authenticator.make_credential(label, rng).await?;
        let label = Some(label.into());
        Self::evaluate(authenticator, Credential { id, label }).await
    }

    /// The passkey with this id: the one that a document names.
    ///
    /// # Errors
    /// [`Error::Deleted`] if it is not on this authenticator; those of the authenticator.
    pub async fn find(
        authenticator: &dyn PrfAuthenticator,
        id: &CredentialId,
    ) -> Result<Self, Error> {
        let (id, label) = (id.clone(), None);
        Self::evaluate(authenticator, Credential { id, label }).await
    }

    /// Every passkey on the authenticator, for where nothing says yet which of them is meant.
    ///
    /// An authenticator that wants to be touched is touched once for each. Credentials without a PRF
    /// are left out.
    ///
    /// # Errors
    /// Those of the authenticator.
    pub async fn all(authenticator: &dyn PrfAuthenticator) -> Result<Vec<Self>, Error> {
        let mut passkeys = Vec::new();
        for credential in authenticator.credentials().await? {
            match Self::evaluate(authenticator, credential).await {
                Ok(passkey) => passkeys.push(passkey),
                // Nothing of ours, or deleted since the list was made.
                Err(Error::NoPrf | Error::Deleted { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(passkeys)
    }

    /// What the document says of its holder: the tag, and the credential's id.
    #[must_use]
    pub fn extension(&self) -> (u16, Vec<u8>) {
        (Holder::PASSKEY, self.credential.as_bytes().into())
    }

    /// The id of the credential that a document names for this holder, if it is a passkey.
    #[must_use]
    pub fn named_by(holder: &Holder) -> Option<CredentialId> {
        let id = holder.extensions.get(Holder::PASSKEY)?;
        CredentialId::from_bytes(id).ok()
    }

    async fn evaluate(
        authenticator: &dyn PrfAuthenticator,
        credential: Credential,
    ) -> Result<Self, Error> {
        // Step 1.3: the input is the same for every account.
        let output = authenticator
            .evaluate(&credential.id, OPENING_INPUT)
            .await?;
        // Step 1.4: o_i = HKDF(output, –, T(passkey seed)).
        let info = Transcript::new(Tag::PasskeySeed);
        let seed = kdf::derive_key(output.as_slice(), &[], info);
        Ok(Self {
            credential: credential.id,
            label: credential.label,
            seed: OpeningSeed::from_bytes(&seed),
        })
    }
}

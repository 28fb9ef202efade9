//! What one 32-byte secret gives: the whole of a provider that is not a network.
//!
//! ```text
//! encKey     = HKDF-scalar(p, ProviderKey ‖ "decrypt")·G
//! signing    = HKDF-scalar(p, ProviderKey ‖ "sign")
//! e          = HKDF(p, ProviderKey ‖ "evaluate")
//! evaluate(label) = HKDF(e, ProviderEvaluate ‖ label)
//! ```
//!
//! Specification: `docs/spec/provider.md`, section 1.

use alloc::vec::Vec;

use tki_seal::bip340::SigningKey;
use tki_seal::curve::Secp256k1;
use tki_seal::kdf;
use tki_seal::sealed_box::{self, BoxPublicKey, BoxSecretKey};
use tki_seal::transcript::{Tag, Transcript};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::service::{ProviderSignature, box_context};

/// A provider's three keys.
pub(crate) struct Keys {
    decryption: BoxSecretKey,
    signing: SigningKey,
    evaluation: Zeroizing<[u8; 32]>,
}

impl Keys {
    #[expect(
        clippy::expect_used,
        reason = "a derived scalar is never zero, and no other is refused"
    )]
    pub(crate) fn derive(secret: &[u8; 32]) -> Self {
        // Step 1.1: three keys that say nothing of one another.
        let scalar = |purpose| kdf::derive_scalar::<Secp256k1>(secret, &[], key(purpose));
        Self {
            decryption: BoxSecretKey::from_scalar(scalar(b"decrypt")).expect("not zero"),
            signing: SigningKey::from_scalar(scalar(b"sign")).expect("not zero"),
            evaluation: kdf::derive_key(secret, &[], key(b"evaluate")),
        }
    }

    pub(crate) const fn public_key(&self) -> BoxPublicKey {
        self.decryption.public_key()
    }

    pub(crate) fn decrypt(
        &self,
        context: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        // Step 1.2: a sealed box in the provider's context.
        sealed_box::open(&self.decryption, box_context(context), sealed).map_err(|_| Error::Denied)
    }

    pub(crate) fn sign(&self, digest: &[u8; 32]) -> ProviderSignature {
        // Step 1.3: BIP-340 over the digest as it is.
        ProviderSignature {
            key: self.signing.public_key(),
            signature: self.signing.sign(digest),
        }
    }

    pub(crate) fn evaluate(&self, label: &str) -> Zeroizing<[u8; 32]> {
        // Step 1.4: the label, under a key of its own.
        let info = Transcript::new(Tag::ProviderEvaluate).bytes(label.as_bytes());
        kdf::derive_key(self.evaluation.as_slice(), &[], info)
    }
}

fn key(purpose: &[u8]) -> Transcript {
    Transcript::new(Tag::ProviderKey).bytes(purpose)
}

//! One writer naming the next.

use tki_seal::bip340::{InvalidSignature, PublicKey, Signature, SigningKey, Statement};
use tki_seal::transcript::{Tag, Transcript};

use crate::address::Address;

/// A writer's signed statement who writes after it, announced in one version and in force from the
/// next: a signature over `H(HandOver, address, version, next)`.
///
/// A record keeps all of its hand-overs, so that a copy of it proves by itself who may write it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HandOver {
    version: u64,
    next: PublicKey,
    signature: Signature,
}

impl HandOver {
    /// The writer of `version` names the writer of `version + 1` and later.
    #[must_use]
    pub fn sign(address: &Address, version: u64, next: PublicKey, writer: &SigningKey) -> Self {
        let signature = writer.sign(&digest(address, version, &next));
        Self {
            version,
            next,
            signature,
        }
    }

    /// A hand-over as found in an encoding; nothing is verified.
    #[must_use]
    pub const fn from_parts(version: u64, next: PublicKey, signature: Signature) -> Self {
        Self {
            version,
            next,
            signature,
        }
    }

    /// Checks that `writer` signed this hand-over for this address.
    ///
    /// # Errors
    /// [`InvalidSignature`] if not.
    pub fn verify(&self, address: &Address, writer: &PublicKey) -> Result<(), InvalidSignature> {
        self.statement(address, writer).verify()
    }

    /// What [`verify`](Self::verify) verifies.
    pub(crate) fn statement(&self, address: &Address, writer: &PublicKey) -> Statement {
        Statement {
            key: *writer,
            digest: digest(address, self.version, &self.next),
            signature: self.signature,
        }
    }

    /// The version that announced it.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Who writes from the version after that.
    #[must_use]
    pub const fn next(&self) -> &PublicKey {
        &self.next
    }

    /// The signature of the writer before.
    #[must_use]
    pub const fn signature(&self) -> &Signature {
        &self.signature
    }
}

fn digest(address: &Address, version: u64, next: &PublicKey) -> [u8; 32] {
    // Step 3: a hand-over is signed over H("hand-over", address, version, next writer).
    Transcript::new(Tag::HandOver)
        .bytes(address.as_bytes())
        .u64(version)
        .bytes(&next.to_bytes())
        .digest()
}

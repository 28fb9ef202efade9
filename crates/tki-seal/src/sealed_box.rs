//! Sealing to a public key: anyone can seal, only the holder of the secret key opens.
//!
//! The one who seals makes a key pair for this box alone, e and E = e·G. With the recipient's R = r·G
//! both can compute one point: e·R = e·r·G = r·E. Others know E and R, from which nobody knows how
//! to find it. The key of the box is derived from that point, and E stands in front.
//!
//! `sealed = E (33) ‖ commitment (32) ‖ ChaCha20-Poly1305(plaintext)` with a fresh ephemeral pair
//! (e, E = e·G) on secp256k1 for every box, and key and commitment from HKDF of the shared point
//! e·R over both points and the context.
//!
//! | letter | here | |
//! |---|---|---|
//! | r, R = r·G | [`BoxSecretKey`], [`BoxPublicKey`] | of the recipient |
//! | e, E = e·G | `ephemeral`, `ephemeral_public` | of the box |
//! | Z = e·R = r·E | `shared` | secret |
//!
//! # Commitments to shares as encryption keys
//!
//! The commitment `Y_i = s_i·G` to a holder's share is a point, so that something can be sealed to
//! whoever has `s_i`. Here a secret is shared among a, b and c of whom two suffice; each is sent a
//! note to its `Y_i`, and nobody else opens it.
//!
//! An example that goes around gives the holders the indices {1a, 2b, 2c}: b and c have one and the
//! same share. Then c reads what was sealed to b, and the two of them, who should suffice, have one
//! share together. So here every holder has an identifier of its own, and the literal form is
//! refused where it is dealt and where it is combined.
//!
//! ```
//! use tki_math::{Identifier, SecretScalar, Share, Threshold, combine, split};
//! use tki_seal::curve::Secp256k1;
//! use tki_seal::sealed_box::{self, BoxPublicKey, BoxSecretKey};
//! use tki_seal::transcript::{Tag, Transcript};
//! # use group::GroupEncoding as _;
//! # use rand_core::SeedableRng as _;
//! # let mut rng = rand_chacha::ChaCha20Rng::from_seed([7; 32]);
//!
//! let secret = SecretScalar::<Secp256k1>::random(&mut rng);
//! let two = Threshold::new(2)?;
//! let [a, b, c] = [Identifier::new(1)?, Identifier::new(2)?, Identifier::new(3)?];
//! let note = |x: Identifier| Transcript::new(Tag::Example).bytes(&x.get().to_le_bytes());
//!
//! // Distinct identifiers: three shares, three commitments, three encryption keys.
//! let dealing = split(&secret, two, &[a, b, c], &mut rng)?;
//! let mut notes = Vec::new();
//! for share in dealing.shares() {
//!     // Everybody computes Y_i from the commitment to the polynomial alone.
//!     let Y_i = dealing.commitment().verifying_share(share.identifier())?;
//!     let bytes = Y_i.to_bytes().try_into().expect("33 bytes");
//!     let recipient = BoxPublicKey::from_bytes(&bytes)?;
//!     let context = note(share.identifier());
//!     notes.push(sealed_box::seal(&recipient, context, b"for you", &mut rng));
//! }
//! for share in dealing.shares() {
//!     let key = BoxSecretKey::from_scalar(share.value().clone())?;
//!     for (sealed, x) in notes.iter().zip([a, b, c]) {
//!         let opened = sealed_box::open(&key, note(x), sealed);
//!         assert_eq!(opened.is_ok(), x == share.identifier());
//!     }
//! }
//! // Any two of them have the secret.
//! let held = |place: usize| {
//!     let share = &dealing.shares()[place];
//!     Share::new(share.identifier(), share.value().clone())
//! };
//! for (i, j) in [(0, 1), (0, 2), (1, 2)] {
//!     let combined = combine(&[held(i), held(j)], two)?;
//!     assert_eq!(combined.public_point(), secret.public_point());
//! }
//!
//! // The literal form: b and c at index 2. Nobody deals it.
//! assert!(split(&secret, two, &[a, b, b], &mut rng).is_err());
//! // And who gives c a copy of b's share has made one key of two, and a pair that cannot.
//! let (of_b, of_c) = (held(1), held(1));
//! let key_of_c = BoxSecretKey::from_scalar(of_c.value().clone())?;
//! assert!(sealed_box::open(&key_of_c, note(b), &notes[1]).is_ok());
//! assert!(combine(&[of_b, of_c], two).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! An account does not do this: what opens its mailboxes is a seed that is independent of every
//! share, so that shares can be renewed (`docs/spec/keys.md`, section 1).
//!
//! Specification: `docs/spec/seal.md`, section 3.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use tki_math::SecretScalar;
use zeroize::{Zeroize as _, Zeroizing};

use crate::aead::{self, MessageKey};
use crate::curve::{InvalidKey, Secp256k1};
use crate::kdf;
use crate::transcript::{Tag, Transcript};

mod keys;

pub use keys::{BoxPublicKey, BoxSecretKey};

/// Bytes that sealing adds to a plaintext: ephemeral key, commitment, tag.
pub const OVERHEAD: usize = BoxPublicKey::BYTES + aead::COMMITMENT_BYTES + aead::TAG_BYTES;

/// Wrong key, wrong context or damaged bytes: which of them is not said.
#[expect(clippy::exhaustive_structs, reason = "says nothing, by design")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct OpenError;

impl core::fmt::Display for OpenError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("sealed bytes do not open with this key and context")
    }
}

impl core::error::Error for OpenError {}

/// Seals `plaintext` to `recipient`; only its secret key opens it, and only in the same context.
///
/// Every call makes a fresh ephemeral key: to seal to several recipients, call it for each.
///
/// # Security
///
/// Says nothing about the sender. Constant time in the plaintext up to its length, which shows.
/// Randomness that repeats (a restored machine) repeats an ephemeral key only for the same
/// recipient, context and plaintext.
#[must_use]
pub fn seal(
    recipient: &BoxPublicKey,
    context: Transcript,
    plaintext: &[u8],
    rng: &mut (impl CryptoRng + ?Sized),
) -> Vec<u8> {
    // Step 3.1: e from 32 random bytes, R, context and plaintext; E = e·G.
    let context = context.into_bytes();
    let mut fresh = Zeroizing::new([0; 32]);
    rng.fill_bytes(fresh.as_mut_slice());
    let mixed = Transcript::new(Tag::BoxEphemeral)
        .bytes(&recipient.to_bytes())
        .bytes(&context)
        .bytes(plaintext);
    let mixed = Zeroizing::new(mixed.digest());
    let info = Transcript::new(Tag::BoxEphemeral).bytes(mixed.as_slice());
    let ephemeral: SecretScalar<Secp256k1> = kdf::derive_scalar(fresh.as_slice(), &[], info);
    let ephemeral_public = BoxPublicKey::from_nonzero_scalar(&ephemeral);

    // Step 3.2: Z = e·R.
    let message_key = message_key(
        &ephemeral,
        recipient,
        &ephemeral_public,
        recipient,
        &context,
    );

    // Step 3.4: E ‖ commitment ‖ ciphertext ‖ tag.
    aead::seal(&message_key, &ephemeral_public.to_bytes(), plaintext)
}

/// Opens what [`seal`] made for this key and context.
///
/// # Errors
///
/// [`OpenError`] for anything else, without saying what was wrong.
pub fn open(
    secret: &BoxSecretKey,
    context: Transcript,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    // Step 3.5: E is a canonical point and not the identity.
    let (ephemeral_public, body) = sealed.split_first_chunk().ok_or(OpenError)?;
    let ephemeral_public =
        BoxPublicKey::from_bytes(ephemeral_public).map_err(|InvalidKey| OpenError)?;

    // Step 3.6: Z = r·E.
    let message_key = message_key(
        secret.expose_scalar(),
        &ephemeral_public,
        &ephemeral_public,
        &secret.public_key(),
        &context.into_bytes(),
    );
    aead::open(&message_key, body).ok_or(OpenError)
}

/// Step 3.3: key ‖ commitment = HKDF(Z, no salt, E, R, context).
fn message_key(
    own: &SecretScalar<Secp256k1>,
    other: &BoxPublicKey,
    ephemeral_public: &BoxPublicKey,
    recipient: &BoxPublicKey,
    context: &[u8],
) -> MessageKey {
    let mut shared = *other.as_point() * own.expose_secret();
    let shared_bytes = Zeroizing::new(Secp256k1::point_to_bytes(&shared));
    shared.zeroize();
    let info = Transcript::new(Tag::SealedBox)
        .bytes(&ephemeral_public.to_bytes())
        .bytes(&recipient.to_bytes())
        .bytes(context);
    MessageKey::derive(shared_bytes.as_slice(), &[], info)
}

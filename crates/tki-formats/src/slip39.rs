//! Shares of a key as words, by SLIP-0039: the static alternative to an account.
//!
//! Any `threshold` of them give the key, without a record, a login or this program; what they open
//! is never renewed, and a share that was given away is never taken back.
//!
//! Written is one group, extendable; read is whatever the standard has, groups of shares too.
//! These words are not those of BIP-39, though the lists overlap: each reader recognises the other's
//! and says so.
//!
//! Reference: SLIP-0039. Specification: `docs/spec/slip39.md`.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use tki_seal::curve::CurveId;
use zeroize::Zeroizing;

use crate::derivation::{DerivationPath, ExtendedKey};
use crate::private_key::{PrivateKey, PrivateKeyError};
use crate::word_lists;

mod checksum;
mod cipher;
mod error;
mod field;
mod share;
mod sharing;
mod word_list;

pub use error::Slip39Error;
pub use share::WordShare;
pub(crate) use word_list::WORDS;

use share::SetId;
use sharing::{Point, Value};

/// Most shares of a group, and most groups.
const MOST: u8 = 16;
/// Written exponent: 20 000 rounds of PBKDF2, as wallets write.
const EXPONENT: u8 = 1;

/// Splits a secret of 16 to 64 bytes into `count` shares, any `threshold` of which give it back.
///
/// The passphrase may be empty. No share and no error ever tells a wrong passphrase: it gives
/// another secret.
///
/// # Errors
/// [`Slip39Error::Sharing`] unless 2 ≤ threshold ≤ count ≤ 16, or both are 1;
/// [`Slip39Error::SecretLength`], [`Slip39Error::Passphrase`].
///
/// # Security
/// Fewer than `threshold` shares say nothing of a secret that cannot be guessed. Whoever has
/// `threshold` − 1 of them can check a guess, passphrase included, by the digest inside: this is for
/// keys, not for passwords. The field's arithmetic is constant time.
///
/// # Examples
/// ```
/// use tki_formats::slip39::{self, WordShare};
/// # use tki_testkit::rng;
///
/// let shares = slip39::split(&[7; 32], "", 2, 3, &mut rng("shares"))?;
/// let words: Vec<_> = shares.iter().map(WordShare::encode).collect();
/// assert_eq!(words[0].split(' ').count(), 33);
///
/// let found = [WordShare::decode(&words[2])?, WordShare::decode(&words[0])?];
/// assert_eq!(*slip39::open(&found, "")?, [7; 32]);
/// # Ok::<(), slip39::Slip39Error>(())
/// ```
pub fn split(
    secret: &[u8],
    passphrase: &str,
    threshold: u8,
    count: u8,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Vec<WordShare>, Slip39Error> {
    let plain = threshold == 1 && count == 1;
    if !plain && !(2..=MOST).contains(&threshold) || threshold > count || count > MOST {
        return Err(Slip39Error::Sharing);
    }
    if !(16..=64).contains(&secret.len()) || !secret.len().is_multiple_of(2) {
        return Err(Slip39Error::SecretLength);
    }
    check_passphrase(passphrase)?;
    let mut identifier = [0; 2];
    rng.fill_bytes(&mut identifier);
    let set = SetId {
        identifier: u16::from_be_bytes(identifier) & 0x7fff,
        extendable: true,
        exponent: EXPONENT,
        group_threshold: 1,
        group_count: 1,
    };
    // Step 1.1: under the passphrase.
    let encrypted = cipher::encrypt(secret, passphrase, set);
    // Step 1.2: shared.
    let points = sharing::split(&encrypted, threshold, count, rng);
    let share = |Point { x, value }| WordShare {
        set,
        group: 0,
        member: x,
        member_threshold: threshold,
        value,
    };
    Ok(points.into_iter().map(share).collect())
}

/// The secret of these shares, in any order. The same share given twice counts once; shares beyond
/// the threshold must fit too.
///
/// # Errors
/// [`Slip39Error::OtherSet`], [`Slip39Error::Conflict`], [`Slip39Error::TooFewShares`],
/// [`Slip39Error::TooFewGroups`], [`Slip39Error::SharesDiffer`], [`Slip39Error::Passphrase`].
///
/// # Security
/// A wrong passphrase gives another secret, and no error: compare what follows from it.
pub fn open(shares: &[WordShare], passphrase: &str) -> Result<Zeroizing<Vec<u8>>, Slip39Error> {
    check_passphrase(passphrase)?;
    let Some(first) = shares.first() else {
        return Err(Slip39Error::TooFewShares {
            found: 0,
            needed: 1,
        });
    };
    // Step 3.1: all of the same sharing.
    for (share, position) in shares.iter().zip(1..) {
        let same = share.set == first.set && share.value.len() == first.value.len();
        let threshold = |other: &&WordShare| other.group == share.group;
        let threshold = shares.iter().find(threshold).map(WordShare::threshold);
        if !same || threshold != Some(share.member_threshold) {
            return Err(Slip39Error::OtherSet { position });
        }
    }
    // Steps 3.2 and 3.3: the groups that are whole.
    let mut groups = Vec::with_capacity(MOST.into());
    let mut missing = None;
    for x in 0..MOST {
        let members: Vec<&WordShare> = shares.iter().filter(|share| share.group == x).collect();
        match group(&members) {
            Ok(Some(value)) => groups.push(Point { x, value }),
            Ok(None) => {}
            Err(error @ Slip39Error::TooFewShares { .. }) => missing = Some(error),
            Err(error) => return Err(error),
        }
    }
    let needed = usize::from(first.set.group_threshold);
    if groups.len() < needed {
        return Err(match missing {
            Some(error) if first.set.group_count == 1 => error,
            _ => Slip39Error::TooFewGroups {
                whole: groups.len(),
                needed,
            },
        });
    }
    // Step 3.4: the groups' secret.
    let encrypted = sharing::open(&groups, first.set.group_threshold);
    let encrypted = encrypted.ok_or(Slip39Error::SharesDiffer)?;
    // Step 3.5: opened with the passphrase.
    Ok(cipher::decrypt(&encrypted, passphrase, first.set))
}

/// Whether a text looks like a share rather than like a phrase of BIP-39 or anything else. It may be
/// damaged all the same; [`WordShare::decode`] tells.
#[must_use]
pub fn is_like(text: &str) -> bool {
    word_lists::is_slip39(text)
}

/// The secret of one group, if any share of it is there.
fn group(members: &[&WordShare]) -> Result<Option<Value>, Slip39Error> {
    let Some(first) = members.first() else {
        return Ok(None);
    };
    // Step 3.2: each number once.
    let mut points: Vec<Point> = Vec::with_capacity(MOST.into());
    for share in members {
        match points.iter().find(|point| point.x == share.member) {
            Some(point) if point.value == share.value => {}
            Some(_) => return Err(Slip39Error::Conflict),
            None => points.push(Point {
                x: share.member,
                value: share.value.clone(),
            }),
        }
    }
    let needed = usize::from(first.member_threshold);
    if points.len() < needed {
        return Err(Slip39Error::TooFewShares {
            found: points.len(),
            needed,
        });
    }
    // Step 3.3: their polynomial at 255.
    let secret = sharing::open(&points, first.member_threshold);
    secret.map(Some).ok_or(Slip39Error::SharesDiffer)
}

fn check_passphrase(passphrase: &str) -> Result<(), Slip39Error> {
    let known = |byte: u8| (b' '..=b'~').contains(&byte);
    if passphrase.bytes().all(known) {
        Ok(())
    } else {
        Err(Slip39Error::Passphrase)
    }
}

impl PrivateKey {
    /// The key that shares of SLIP-0039 hold: [`open`] gives its 32 bytes, big-endian, or on
    /// Ed25519 its seed. With a path they are a wallet's, and the key is the one at the path of the
    /// tree over the secret.
    ///
    /// # Errors
    /// [`Slip39Length`](PrivateKeyError::Slip39Length), [`OutOfRange`](PrivateKeyError::OutOfRange),
    /// [`Derivation`](PrivateKeyError::Derivation).
    pub fn from_slip39(
        curve: CurveId,
        secret: &[u8],
        path: Option<&DerivationPath>,
    ) -> Result<Self, PrivateKeyError> {
        // Step 4.2: a wallet's.
        if let Some(path) = path {
            let master = ExtendedKey::from_seed(curve, secret)?;
            return Ok(master.derive(path)?.into_key());
        }
        // Step 4.1: the key itself.
        let mut bytes = Zeroizing::new([0; 32]);
        if secret.len() != bytes.len() {
            return Err(PrivateKeyError::Slip39Length);
        }
        bytes.copy_from_slice(secret);
        match curve {
            CurveId::Ed25519 => Ok(Self::from_ed25519_seed(&bytes)),
            CurveId::P256 | CurveId::Secp256k1 => Self::from_scalar_bytes(curve, &bytes),
        }
    }

    /// The 32 bytes of the key that are split: the scalar, or on Ed25519 the seed.
    ///
    /// # Errors
    /// [`NoSeed`](PrivateKeyError::NoSeed) where the seed of an Ed25519 key is not known.
    pub fn to_slip39(&self) -> Result<Zeroizing<[u8; 32]>, PrivateKeyError> {
        // Step 4.1: what is split.
        let exposed = self.expose_secret();
        match (self.curve(), exposed.seed) {
            (CurveId::Ed25519, None) => Err(PrivateKeyError::NoSeed),
            (CurveId::Ed25519, Some(seed)) => Ok(Zeroizing::new(*seed)),
            (CurveId::P256 | CurveId::Secp256k1, _) => Ok(Zeroizing::new(*exposed.scalar)),
        }
    }
}

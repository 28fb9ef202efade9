//! Where a record lives: a hash that only the holder of its claim key can compute.

use core::fmt;
use core::str::FromStr;

use thiserror::Error;
use tki_seal::bip340::PublicKey;
use tki_seal::transcript::{Tag, Transcript};

/// The name of a record: `H(Address, kind, slot, claim key)`.
///
/// The claim key is not public before the record is, so nobody else can compute the address,
/// create a record there first, or tell whose it is.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Address([u8; 32]);

impl Address {
    /// The address that this claim key has for this kind and slot.
    #[must_use]
    pub fn derive(kind: RecordKind, slot: u32, claim_key: &PublicKey) -> Self {
        // Step 1: the address is H("address", kind, slot, claim key).
        Self(
            Transcript::new(Tag::Address)
                .u64(u64::from(kind.code()))
                .u64(u64::from(slot))
                .bytes(&claim_key.to_bytes())
                .digest(),
        )
    }

    /// An address that was written down before; any 32 bytes are one.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 32] {
        self.0
    }
}

impl FromStr for Address {
    type Err = InvalidAddress;

    /// Reads 64 hexadecimal digits of either case.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| InvalidAddress)?;
        Ok(Self(bytes))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = [0; 64];
        hex::encode_to_slice(self.0, &mut digits).map_err(|_| fmt::Error)?;
        f.write_str(core::str::from_utf8(&digits).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

/// The text is not 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("address is not 64 hexadecimal digits")]
#[expect(clippy::exhaustive_structs, reason = "there is nothing more to say")]
pub struct InvalidAddress;

/// What a record is for. Part of its address, so that one key has no two meanings.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum RecordKind {
    /// The account document.
    Document,
    /// One holder's mailbox.
    Mailbox,
}

impl RecordKind {
    /// The number that stands for the kind in encodings and hashes.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Document => 1,
            Self::Mailbox => 2,
        }
    }

    /// The kind that this number stands for.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Document),
            2 => Some(Self::Mailbox),
            _ => None,
        }
    }
}

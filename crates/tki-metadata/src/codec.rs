//! The only file that knows how stored types become bytes: one version byte, then bincode with
//! fixed-width little-endian integers.
//!
//! Rules, all of them checked here for every type:
//! 1. the version byte is known, before anything else is looked at;
//! 2. no encoding is longer than its type allows, before anything is allocated;
//! 3. every byte is consumed;
//! 4. the value read, encoded again, gives the same bytes.
//!
//! Stored types have no elements of size zero, so that a length never asks for work that the
//! input does not pay for. Bytes are wiped on both sides, since most of what is stored is secret.

use alloc::{vec, vec::Vec};

use bincode::{
    config::{self, Configuration, Fixint, Limit, LittleEndian},
    enc::write::SizeWriter,
    serde::{decode_from_slice, encode_into_slice, encode_into_writer},
};
use serde::{Serialize, de::DeserializeOwned};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::{error::Error, limits};

/// The version that is written, and the only one that is read.
const VERSION: u8 = 1;

/// A type that is stored by itself.
pub(crate) trait Stored: DeserializeOwned + Serialize {
    /// The longest encoding, version byte included.
    const LIMIT: usize;
}

/// Version byte and encoding.
pub(crate) fn encode<W: Stored>(wire: &W) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut counter = SizeWriter::default();
    encode_into_writer(wire, &mut counter, LARGE).map_err(|_| Error::Malformed)?;
    let size = counter.bytes_written.saturating_add(1);
    if size > W::LIMIT {
        return Err(Error::TooLarge { limit: W::LIMIT });
    }
    // Sized up front: growing would leave unwiped copies.
    let mut bytes = Zeroizing::new(vec![0; size]);
    let (version, body) = bytes.split_first_mut().ok_or(Error::Malformed)?;
    *version = VERSION;
    encode_into_slice(wire, body, LARGE).map_err(|_| Error::Malformed)?;
    Ok(bytes)
}

/// Reads what [`encode`] writes and nothing else.
pub(crate) fn decode<W: Stored>(bytes: &[u8]) -> Result<W, Error> {
    let (version, body) = bytes.split_first().ok_or(Error::Malformed)?;
    if *version != VERSION {
        return Err(Error::UnsupportedVersion { version: *version });
    }
    if bytes.len() > W::LIMIT {
        return Err(Error::TooLarge { limit: W::LIMIT });
    }
    // No length is believed beyond what a type may have: the limit is of the decoder's own kind.
    let read = if W::LIMIT > limits::PACKAGE_BYTES {
        decode_from_slice(body, LARGE)
    } else {
        decode_from_slice(body, CONFIG)
    };
    let (wire, consumed): (W, usize) = read.map_err(|_| Error::Malformed)?;
    if consumed != body.len() {
        return Err(Error::Malformed);
    }
    if !bool::from(encode(&wire)?.ct_eq(bytes)) {
        return Err(Error::Malformed);
    }
    Ok(wire)
}

const CONFIG: Configuration<LittleEndian, Fixint, Limit<{ limits::PACKAGE_BYTES }>> =
    config::legacy().with_limit::<{ limits::PACKAGE_BYTES }>();

/// For the bundle alone.
const LARGE: Configuration<LittleEndian, Fixint, Limit<{ limits::BUNDLE_BYTES }>> =
    config::legacy().with_limit::<{ limits::BUNDLE_BYTES }>();

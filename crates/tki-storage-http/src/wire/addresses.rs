//! The question for many records: their addresses, 32 bytes each, and nothing else.

use alloc::vec::Vec;

use tki_record::Address;

use super::MAX_ADDRESSES;
use super::error::WireError;

/// The addresses one after the other.
///
/// # Examples
/// ```
/// use tki_record::Address;
/// use tki_storage_http::wire::addresses;
///
/// let asked = [Address::from_bytes([1; 32]), Address::from_bytes([2; 32])];
/// assert_eq!(addresses::decode(&addresses::encode(&asked))?, asked);
/// # Ok::<(), tki_storage_http::wire::WireError>(())
/// ```
#[must_use]
pub fn encode(addresses: &[Address]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(addresses.len().saturating_mul(32));
    for address in addresses {
        bytes.extend_from_slice(address.as_bytes());
    }
    bytes
}

/// Reads from 1 to [`MAX_ADDRESSES`] addresses; one may occur twice.
///
/// # Errors
/// [`WireError::Addresses`].
pub fn decode(bytes: &[u8]) -> Result<Vec<Address>, WireError> {
    // Step 2.1: n × 32 bytes with 1 ≤ n ≤ 1024.
    let (addresses, rest) = bytes.as_chunks::<32>();
    let count = addresses.len();
    if !rest.is_empty() || count == 0 || count > MAX_ADDRESSES {
        return Err(WireError::Addresses);
    }
    Ok(addresses.iter().copied().map(Address::from_bytes).collect())
}

//! Texts of stored types.

use alloc::string::String;

use serde::{Deserialize as _, Deserializer};

/// Reads a text where it stands, and copies it only then: the codec makes room for what an owned
/// text says is its length, up to the limit of all types, before it looks whether it is there.
pub(super) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    <&str>::deserialize(deserializer).map(String::from)
}

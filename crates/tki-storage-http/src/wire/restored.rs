//! The answer to a restore.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use tki_record::{Address, Restored};

use super::MAX_JSON;
use super::error::WireError;

/// What became of the copies: addresses of 64 hexadecimal digits.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct RestoredAnswer {
    /// Nothing was stored here before.
    pub created: Vec<String>,
    /// An earlier version was stored here before.
    pub advanced: Vec<String>,
    /// The same was stored here already, and was left alone.
    pub kept: Vec<String>,
}

impl RestoredAnswer {
    /// What the storage said.
    #[must_use]
    pub fn of(restored: &Restored) -> Self {
        let all = |addresses: &alloc::collections::BTreeSet<Address>| {
            addresses.iter().map(ToString::to_string).collect()
        };
        Self {
            created: all(&restored.created),
            advanced: all(&restored.advanced),
            kept: all(&restored.kept),
        }
    }

    /// The JSON of the answer.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        // Correctness: strings, numbers and flags have a JSON form.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads the answer of a server.
    ///
    /// # Errors
    /// [`WireError::Json`].
    pub fn decode(bytes: &[u8]) -> Result<Restored, WireError> {
        if bytes.len() > MAX_JSON {
            return Err(WireError::Json);
        }
        let answer: Self = serde_json::from_slice(bytes).map_err(|_| WireError::Json)?;
        let all = |texts: Vec<String>| {
            let addresses = texts.iter().map(|text| text.parse::<Address>());
            addresses
                .collect::<Result<_, _>>()
                .map_err(|_| WireError::Json)
        };
        let mut restored = Restored::default();
        restored.created = all(answer.created)?;
        restored.advanced = all(answer.advanced)?;
        restored.kept = all(answer.kept)?;
        Ok(restored)
    }
}

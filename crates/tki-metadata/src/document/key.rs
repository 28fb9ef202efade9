//! A key of the account as the document lists it.

use alloc::vec::Vec;

use tki_seal::{curve::CurveId, transcript::Transcript};

use crate::{
    error::{Error, Rule},
    extensions::Extensions,
    limits,
};

/// A verifying key and the commitments to the polynomial that shares its secret.
#[expect(
    clippy::exhaustive_structs,
    reason = "built by literal: a new field is decided there"
)]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Key {
    /// Y, in the curve's canonical encoding.
    pub verifying_key: Vec<u8>,
    /// A_0 = Y to A_{t−1}, in the curve's canonical encoding.
    pub commitments: Vec<Vec<u8>>,
    /// The seed from which an Ed25519 key was made, under [`crate::SeedKey`].
    pub sealed_seed: Option<Vec<u8>>,
    /// What later versions add.
    pub extensions: Extensions,
}

impl Key {
    /// Tag of the extension of a key that the account moved or moves to: the version in which it was
    /// first listed, 8 bytes little-endian. Who was removed before that never had a share of it.
    pub const SINCE: u16 = 1;

    /// The version in which the account took this key up; none for the one that it was created with.
    #[must_use]
    pub fn since(&self) -> Option<u64> {
        let bytes = self.extensions.get(Self::SINCE)?;
        Some(u64::from_le_bytes(bytes.try_into().ok()?))
    }

    /// The same key, taken up in this version.
    #[must_use]
    pub fn taken_up_in(mut self, version: u64) -> Self {
        let bytes = version.to_le_bytes().to_vec();
        self.extensions.insert(Self::SINCE, bytes);
        self
    }

    /// A key without extensions.
    #[must_use]
    pub const fn new(
        verifying_key: Vec<u8>,
        commitments: Vec<Vec<u8>>,
        sealed_seed: Option<Vec<u8>>,
    ) -> Self {
        Self {
            verifying_key,
            commitments,
            sealed_seed,
            extensions: Extensions::new(),
        }
    }

    /// Lengths and counts. Whether the points are on the curve is seen when they are used.
    pub(crate) fn check(&self, curve: CurveId, coefficients: usize) -> Result<(), Error> {
        let point_bytes = curve.point_bytes();
        let mut points = self.commitments.iter().chain([&self.verifying_key]);
        if !points.all(|point| point.len() == point_bytes) {
            return Err(Rule::PointLength.into());
        }
        if self.commitments.len() != coefficients {
            return Err(Rule::CommitmentCount.into());
        }
        if self.commitments.first() != Some(&self.verifying_key) {
            return Err(Rule::CommitmentFirst.into());
        }
        if self
            .sealed_seed
            .as_ref()
            .is_some_and(|seed| seed.len() > limits::SEALED_SEED_BYTES)
        {
            return Err(Rule::SealedLength.into());
        }
        self.extensions.check()
    }

    /// Its fields, in the order of their declaration; an absent seed is an empty list.
    pub(crate) fn absorb(&self, transcript: Transcript) -> Transcript {
        let transcript = transcript
            .bytes(&self.verifying_key)
            .list(&self.commitments)
            .list(&self.sealed_seed);
        self.extensions.absorb(transcript)
    }
}

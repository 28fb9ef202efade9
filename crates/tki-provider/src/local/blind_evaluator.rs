//! A blind evaluator in a file: for development, and for people who run their own.
//!
//! ```text
//! body = seed (32) ‖ budget (4) ‖ left (4)
//! file = "TKI-EVAL" ‖ version 1 (1) ‖ H(BlindEvaluatorFile, body) (32) ‖ body
//! k    = DeriveKeyPair(seed, "tki/v1/blind evaluator")
//! ```
//!
//! Numbers are little-endian. Specification: `docs/spec/provider.md`, section 5.

use alloc::{boxed::Box, vec::Vec};
use core::fmt;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use rand_core::CryptoRng;
use tki_seal::oprf::{Element, EvaluationKey};
use tki_seal::transcript::{Tag, Transcript};
use zeroize::Zeroizing;

use super::error::LocalError;
use crate::blind_evaluator::BlindEvaluator;
use crate::error::Error;

/// A blind evaluator whose key and count are in a file, readable by its owner alone.
///
/// It is worth what keeps the file from whoever has the sheet: on the same machine it is worth
/// nothing, and nothing seals the file. Each evaluation is counted, on the disk, before its answer
/// leaves; any number of instances in any number of processes count together.
pub struct LocalBlindEvaluator {
    path: PathBuf,
    lock: PathBuf,
    public_key: Element,
}

impl LocalBlindEvaluator {
    /// Makes a new evaluator at this path, in a folder that exists, which grants this many
    /// evaluations.
    ///
    /// # Errors
    /// [`LocalError::AlreadyExists`] if there is a file; [`LocalError::File`].
    pub fn create(
        path: &Path,
        budget: u32,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Self, LocalError> {
        // Step 5.1: a random seed, and the whole budget.
        let mut seed = Zeroizing::new([0; SEED_BYTES]);
        rng.fill_bytes(seed.as_mut_slice());
        let state = State {
            seed,
            budget,
            left: budget,
        };
        tki_file::write_new(path, &state.encode()).map_err(|error| {
            if matches!(error, tki_file::Error::AlreadyExists) {
                LocalError::AlreadyExists
            } else {
                LocalError::File(error)
            }
        })?;
        Self::of(path, &state)
    }

    /// Opens the evaluator at this path.
    ///
    /// # Errors
    /// [`LocalError::Missing`], [`LocalError::Corrupt`], [`LocalError::Unsupported`],
    /// [`LocalError::File`].
    pub fn open(path: &Path) -> Result<Self, LocalError> {
        Self::of(path, &load(path)?)
    }

    fn of(path: &Path, state: &State) -> Result<Self, LocalError> {
        let mut lock = OsString::from(path);
        lock.push(".lock");
        Ok(Self {
            path: path.to_owned(),
            lock: PathBuf::from(lock),
            public_key: state.key().ok_or(LocalError::Corrupt)?.public_key(),
        })
    }

    /// How many evaluations are left.
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    pub fn left(&self) -> Result<u32, LocalError> {
        Ok(load(&self.path)?.left)
    }

    /// Grants the whole budget again: for the owner, after the right answers were given.
    ///
    /// # Errors
    /// [`Error::Busy`] while another process evaluates; [`Error::Backend`].
    pub fn refill(&self) -> Result<(), Error> {
        self.change(|state| {
            state.left = state.budget;
            Ok(())
        })
    }

    /// Changes the state, durably, and returns what `change` makes of it.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> Result<T, Error>) -> Result<T, Error> {
        // Threads of one process wait for one another; other processes are kept out by the file.
        static WRITER: Mutex<()> = Mutex::new(());
        let _writer = WRITER.lock().unwrap_or_else(PoisonError::into_inner);
        let _lock = tki_file::Lock::try_acquire(&self.lock)?.ok_or(Error::Busy)?;

        let mut state = load(&self.path).map_err(|error| Error::Backend(Box::new(error)))?;
        let result = change(&mut state)?;
        tki_file::write(&self.path, &state.encode())?;
        Ok(result)
    }
}

#[async_trait]
impl BlindEvaluator for LocalBlindEvaluator {
    async fn public_key(&self) -> Result<Element, Error> {
        Ok(self.public_key)
    }

    async fn blind_evaluate(&self, blinded: &Element) -> Result<Element, Error> {
        self.change(|state| {
            // Step 5.4: one less, on the disk, before the answer leaves.
            state.left = state.left.checked_sub(1).ok_or(Error::BudgetSpent)?;
            let key = state.key().ok_or(Error::Protocol)?;
            if key.public_key() != self.public_key {
                return Err(Error::Protocol);
            }
            Ok(key.evaluate(blinded))
        })
    }
}

impl fmt::Debug for LocalBlindEvaluator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalBlindEvaluator")
            .field("path", &self.path)
            .field("public_key", &self.public_key)
            .finish_non_exhaustive()
    }
}

/// What the file says.
struct State {
    seed: Zeroizing<[u8; SEED_BYTES]>,
    budget: u32,
    /// At most `budget`.
    left: u32,
}

impl State {
    fn key(&self) -> Option<EvaluationKey> {
        EvaluationKey::derive(&self.seed, KEY_INFO).ok()
    }

    fn encode(&self) -> Zeroizing<Vec<u8>> {
        // Step 5.2: magic ‖ version ‖ hash ‖ seed ‖ budget ‖ left.
        let mut body = Zeroizing::new([0; BODY_BYTES]);
        let (seed, numbers) = body.split_at_mut(SEED_BYTES);
        seed.copy_from_slice(self.seed.as_slice());
        let numbers = numbers.as_chunks_mut().0.iter_mut();
        for (place, number) in numbers.zip([self.budget, self.left]) {
            *place = number.to_le_bytes();
        }
        let mut file = Zeroizing::new(Vec::with_capacity(FILE_BYTES));
        file.extend_from_slice(&MAGIC);
        file.push(VERSION);
        file.extend_from_slice(&body_hash(body.as_slice()));
        file.extend_from_slice(body.as_slice());
        file
    }

    /// `None` unless the bytes are exactly what [`encode`](Self::encode) makes of some state.
    fn decode(file: &[u8]) -> Option<Self> {
        // Step 5.3: magic, version, hash, length; no more left than was granted.
        let rest = file.strip_prefix(&MAGIC)?.strip_prefix(&[VERSION])?;
        let (hash, body) = rest.split_first_chunk::<HASH_BYTES>()?;
        if *hash != body_hash(body) {
            return None;
        }
        let (seed, numbers) = body.split_first_chunk::<SEED_BYTES>()?;
        let (budget, left) = numbers.split_first_chunk()?;
        let state = Self {
            seed: Zeroizing::new(*seed),
            budget: u32::from_le_bytes(*budget),
            left: u32::from_le_bytes(left.try_into().ok()?),
        };
        (state.left <= state.budget).then_some(state)
    }
}

fn load(path: &Path) -> Result<State, LocalError> {
    let file = match tki_file::read(path, MAX_FILE) {
        Ok(file) => Zeroizing::new(file.ok_or(LocalError::Missing)?),
        Err(tki_file::Error::TooLarge { .. }) => return Err(LocalError::Corrupt),
        Err(error) => return Err(LocalError::File(error)),
    };
    State::decode(&file).ok_or_else(|| match file.strip_prefix(&MAGIC).and_then(<[u8]>::first) {
        Some(version) if *version > VERSION => LocalError::Unsupported { version: *version },
        Some(_) | None => LocalError::Corrupt,
    })
}

fn body_hash(body: &[u8]) -> [u8; HASH_BYTES] {
    Transcript::new(Tag::BlindEvaluatorFile)
        .bytes(body)
        .digest()
}

const MAGIC: [u8; 8] = *b"TKI-EVAL";
const VERSION: u8 = 1;
const KEY_INFO: &[u8] = b"tki/v1/blind evaluator";
const SEED_BYTES: usize = 32;
const HASH_BYTES: usize = 32;
const BODY_BYTES: usize = SEED_BYTES + 8;
const FILE_BYTES: usize = MAGIC.len() + 1 + HASH_BYTES + BODY_BYTES;
/// No file of any version is larger.
const MAX_FILE: u64 = 1024;

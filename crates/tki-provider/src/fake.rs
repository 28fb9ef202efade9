//! A provider that answers from a script: for tests of whoever uses one.

use alloc::{
    boxed::Box,
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    vec::Vec,
};
use core::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use tki_record::{Claim, RecordHeader};
use tki_seal::sealed_box::{self, BoxPublicKey};
use zeroize::Zeroizing;

use crate::anchor::{Anchor, AnchorEntry, Takeover};
use crate::error::Error;
use crate::evaluator::Evaluator;
use crate::keys::Keys;
use crate::service::{ProviderSignature, ServiceProvider, box_context};

mod blind_evaluator;

pub use blind_evaluator::FakeBlindEvaluator;

/// The calls of the three traits.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Call {
    /// [`Anchor::advance`].
    Advance,
    /// [`ServiceProvider::decrypt`].
    Decrypt,
    /// [`ServiceProvider::encrypt`].
    Encrypt,
    /// [`Evaluator::evaluate`].
    Evaluate,
    /// [`ServiceProvider::public_key`].
    PublicKey,
    /// [`Anchor::read`].
    Read,
    /// [`Anchor::reserve`].
    Reserve,
    /// [`ServiceProvider::sign`].
    Sign,
}

impl Call {
    /// Every call.
    pub const ALL: &'static [Self] = &[
        Self::Advance,
        Self::Decrypt,
        Self::Encrypt,
        Self::Evaluate,
        Self::PublicKey,
        Self::Read,
        Self::Reserve,
        Self::Sign,
    ];
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// It is answered.
    Answer,
    /// [`Error::Denied`].
    Denied,
    /// It is carried out, and [`Error::Unavailable`] is all that comes back.
    LostAnswer,
    /// [`Error::RateLimited`].
    RateLimited {
        /// When to ask again.
        after_seconds: u64,
    },
    /// [`Error::Unavailable`], and nothing was done.
    Unavailable,
}

/// A provider in memory, all of it from a seed, which does to each call what its script says.
///
/// Clones are one login seen from several machines: keys, anchors, script and counts are the same.
#[derive(Clone)]
pub struct FakeProvider {
    keys: Arc<Keys>,
    state: Arc<Mutex<State>>,
}

impl FakeProvider {
    /// The provider of this seed; it answers every call.
    #[must_use]
    pub fn new(seed: [u8; 32]) -> Self {
        let state = State {
            anchors: BTreeMap::new(),
            counts: BTreeMap::new(),
            rng: ChaCha20Rng::from_seed(seed),
            rule: BTreeMap::new(),
            script: BTreeMap::new(),
        };
        Self {
            keys: Arc::new(Keys::derive(&seed)),
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// What becomes of the next calls of this kind, after those already in the script.
    pub fn script(&self, call: Call, outcomes: impl IntoIterator<Item = Outcome>) {
        self.state()
            .script
            .entry(call)
            .or_default()
            .extend(outcomes);
    }

    /// What becomes of calls of this kind that no script is left for, from now on.
    pub fn always(&self, call: Call, outcome: Outcome) {
        self.state().rule.insert(call, outcome);
    }

    /// What becomes of every call that no script is left for, from now on.
    pub fn always_all(&self, outcome: Outcome) {
        for call in Call::ALL {
            self.always(*call, outcome);
        }
    }

    /// How many calls of this kind there were, whatever became of them.
    #[must_use]
    pub fn count(&self, call: Call) -> usize {
        self.state().counts.get(&call).copied().unwrap_or(0)
    }

    /// Loses every anchor, as a provider restored from nothing would.
    pub fn forget_anchors(&self) {
        self.state().anchors.clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts the call and does to it what the script says.
    fn answer<T>(
        &self,
        call: Call,
        carry_out: impl FnOnce(&mut State) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut state = self.state();
        let count = state.counts.entry(call).or_default();
        *count = count.saturating_add(1);
        let scripted = state.script.get_mut(&call).and_then(VecDeque::pop_front);
        match scripted
            .or_else(|| state.rule.get(&call).copied())
            .unwrap_or(Outcome::Answer)
        {
            Outcome::Answer => carry_out(&mut state),
            Outcome::Denied => Err(Error::Denied),
            Outcome::LostAnswer => {
                drop(carry_out(&mut state));
                Err(Error::Unavailable)
            }
            Outcome::RateLimited { after_seconds } => Err(Error::RateLimited { after_seconds }),
            Outcome::Unavailable => Err(Error::Unavailable),
        }
    }
}

struct State {
    anchors: BTreeMap<u32, AnchorEntry>,
    counts: BTreeMap<Call, usize>,
    rng: ChaCha20Rng,
    rule: BTreeMap<Call, Outcome>,
    script: BTreeMap<Call, VecDeque<Outcome>>,
}

#[async_trait]
impl ServiceProvider for FakeProvider {
    async fn public_key(&self) -> Result<BoxPublicKey, Error> {
        self.answer(Call::PublicKey, |_| Ok(self.keys.public_key()))
    }

    async fn encrypt(&self, context: &[u8], message: &[u8]) -> Result<Vec<u8>, Error> {
        self.answer(Call::Encrypt, |state| {
            let context = box_context(context);
            Ok(sealed_box::seal(
                &self.keys.public_key(),
                context,
                message,
                &mut state.rng,
            ))
        })
    }

    async fn decrypt(&self, context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        self.answer(Call::Decrypt, |_| self.keys.decrypt(context, sealed))
    }

    async fn sign(&self, digest: &[u8; 32]) -> Result<ProviderSignature, Error> {
        self.answer(Call::Sign, |_| Ok(self.keys.sign(digest)))
    }
}

#[async_trait]
impl Evaluator for FakeProvider {
    async fn evaluate(&self, label: &str) -> Result<Zeroizing<[u8; 32]>, Error> {
        self.answer(Call::Evaluate, |_| Ok(self.keys.evaluate(label)))
    }
}

#[async_trait]
impl Anchor for FakeProvider {
    async fn read(&self, slot: u32) -> Result<Option<AnchorEntry>, Error> {
        self.answer(Call::Read, |state| Ok(state.anchors.get(&slot).cloned()))
    }

    async fn reserve(&self, slot: u32, claim: &Claim, takeover: Takeover) -> Result<(), Error> {
        self.answer(Call::Reserve, |state| {
            let entry = AnchorEntry::reserved(state.anchors.get(&slot), claim, takeover)?;
            state.anchors.insert(slot, entry);
            Ok(())
        })
    }

    async fn advance(&self, slot: u32, header: &RecordHeader) -> Result<(), Error> {
        self.answer(Call::Advance, |state| {
            let entry = AnchorEntry::advanced(state.anchors.get(&slot), header)?;
            state.anchors.insert(slot, entry);
            Ok(())
        })
    }
}

impl fmt::Debug for FakeProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("FakeProvider")
            .field("counts", &state.counts)
            .field("script", &state.script)
            .finish_non_exhaustive()
    }
}

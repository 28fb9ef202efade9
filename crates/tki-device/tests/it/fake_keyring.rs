//! A keyring in memory that does as it is told.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};

use tki_device::{Keyring, KeyringError};
use zeroize::Zeroizing;

/// What the keyring does when it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behaviour {
    Works,
    IsLocked,
    IsMissing,
    Fails,
    /// Says that it kept what it did not keep.
    Forgets,
    /// Gives another secret than it was given.
    Confuses,
}

struct State {
    secrets: BTreeMap<String, Vec<u8>>,
    behaviour: Behaviour,
    watched: Option<PathBuf>,
    calls: Vec<String>,
}

/// Clones are the same keyring.
#[derive(Clone)]
pub(crate) struct FakeKeyring(Arc<Mutex<State>>);

impl FakeKeyring {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            secrets: BTreeMap::new(),
            behaviour: Behaviour::Works,
            watched: None,
            calls: Vec::new(),
        })))
    }

    pub(crate) fn with(name: &str, secret: &[u8]) -> Self {
        let keyring = Self::new();
        keyring.put(name, secret);
        keyring
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(crate) fn behave(&self, behaviour: Behaviour) {
        self.state().behaviour = behaviour;
    }

    /// Notes at every call whether there is a file at this path.
    pub(crate) fn watch(&self, path: PathBuf) {
        self.state().watched = Some(path);
    }

    pub(crate) fn calls(&self) -> Vec<String> {
        core::mem::take(&mut self.state().calls)
    }

    pub(crate) fn secrets(&self) -> BTreeMap<String, Vec<u8>> {
        self.state().secrets.clone()
    }

    pub(crate) fn put(&self, name: &str, secret: &[u8]) {
        self.state()
            .secrets
            .insert(name.to_owned(), secret.to_vec());
    }

    /// Does what every call does: notes it, and fails if it is to fail.
    fn call(
        &self,
        what: &str,
        work: impl FnOnce(&mut State) -> Option<Vec<u8>>,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, KeyringError> {
        let state = &mut *self.state();
        let there = state.watched.as_ref().is_some_and(|path| path.exists());
        let file = if there { "with file" } else { "without file" };
        state.calls.push(format!("{what} {file}"));
        match state.behaviour {
            Behaviour::IsLocked => Err(KeyringError::Locked("nobody unlocked it".into())),
            Behaviour::IsMissing => Err(KeyringError::Missing("no bus".into())),
            Behaviour::Fails => Err(KeyringError::Failed("out of order".into())),
            Behaviour::Works | Behaviour::Forgets | Behaviour::Confuses => {
                Ok(work(state).map(Zeroizing::new))
            }
        }
    }
}

impl Keyring for FakeKeyring {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyringError> {
        self.call("get", |state| {
            let mut secret = state.secrets.get(name).cloned()?;
            if state.behaviour == Behaviour::Confuses {
                secret[0] ^= 1;
            }
            Some(secret)
        })
    }

    fn set(&self, name: &str, secret: &[u8]) -> Result<(), KeyringError> {
        self.call("set", |state| {
            if state.behaviour != Behaviour::Forgets {
                state.secrets.insert(name.to_owned(), secret.to_vec());
            }
            None
        })
        .map(drop)
    }

    fn remove(&self, name: &str) -> Result<(), KeyringError> {
        self.call("remove", |state| state.secrets.remove(name))
            .map(drop)
    }
}

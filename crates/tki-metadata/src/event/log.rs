//! The log: the newest events of an account, each following on the one before.

use alloc::vec::Vec;

use super::{Event, EventError};
use crate::{
    codec,
    document::core::Core,
    error::{Error, Rule},
    extensions::Extensions,
    limits, wire,
};

/// The newest events of an account, oldest first: at most [`limits::EVENTS`].
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct EventLog {
    events: Vec<Event>,
    extensions: Extensions,
}

impl EventLog {
    /// The log of a document; `None` if it has none, because nothing was changed since there are
    /// logs.
    ///
    /// # Errors
    /// Those of [`EventLog::decode`].
    pub fn of(core: &Core) -> Result<Option<Self>, Error> {
        let stored = core.extensions.get(Core::EVENTS);
        stored.map(Self::decode).transpose()
    }

    /// Puts the log into a document.
    ///
    /// # Errors
    /// The rule that the log breaks.
    pub fn put(&self, core: &mut Core) -> Result<(), Error> {
        core.extensions.insert(Core::EVENTS, self.encode()?);
        Ok(())
    }

    /// The stored form.
    ///
    /// # Errors
    /// The rule that the log breaks.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        self.check()?;
        Ok(codec::encode(&wire::event::EventLog::from(self))?.to_vec())
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// `UnsupportedVersion` and `CriticalExtension` for what a newer version wrote, `Malformed` for
    /// what is no encoding, `TooLarge`, `Refused` with the rule that the content breaks.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let log = Self::try_from(codec::decode::<wire::event::EventLog>(bytes)?)?;
        log.check()?;
        Ok(log)
    }

    /// The events, oldest first.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The number and the `previous` of the event that comes next.
    #[must_use]
    pub fn next(&self) -> (u64, [u8; 32]) {
        let next = self.events.last();
        next.map_or((0, [0; 32]), |last| {
            (last.number.saturating_add(1), last.hash())
        })
    }

    /// Appends an event, and forgets the oldest until the log keeps to [`limits::EVENTS`] and
    /// [`limits::EVENT_LOG_BYTES`].
    pub fn push(&mut self, event: Event) {
        self.events.push(event);
        let surplus = self.events.len().saturating_sub(limits::EVENTS);
        self.events.drain(..surplus);
        while self.events.len() > 1 && self.is_too_long() {
            self.events.remove(0);
        }
    }

    fn is_too_long(&self) -> bool {
        codec::encode(&wire::event::EventLog::from(self)).is_err()
    }

    /// Verifies every event: that each follows on the one before, none missing, and was signed with
    /// the key that the account had. Gives for each event, oldest first, the key that signed it.
    ///
    /// What it cannot show: events before the oldest that is kept; changes by versions of this
    /// software that keep no log, between two events or after the last; and whoever can use the key
    /// can write another log.
    ///
    /// # Errors
    /// [`EventError`].
    pub fn verify<'l>(&'l self, core: &'l Core) -> Result<Vec<&'l [u8]>, EventError> {
        // Step 4.3: the newest is of this version, by its operation, or of one before.
        if let Some(last) = self.events.last() {
            let is_newest = last.version == core.version;
            if last.version > core.version || (is_newest && last.operation != core.operation) {
                return Err(EventError::Version);
            }
        }
        // Step 4.4: each follows on the one before.
        for (before, after) in self.events.iter().zip(self.events.iter().skip(1)) {
            let number = before.number.checked_add(1);
            let follows = number == Some(after.number) && before.version < after.version;
            if !follows || after.previous != before.hash() {
                return Err(EventError::Chain);
            }
        }
        // Step 4.5: from the newest to the oldest, each is signed by the key in force.
        let mut key = core.keys.first().map_or(&[][..], |key| &key.verifying_key);
        let mut keys = Vec::with_capacity(self.events.len());
        for event in self.events.iter().rev() {
            key = event.verify(&core.account, core.curve, key)?;
            keys.push(key);
        }
        keys.reverse();
        Ok(keys)
    }

    fn check(&self) -> Result<(), Error> {
        if self.events.is_empty() || self.events.len() > limits::EVENTS {
            return Err(Rule::Event.into());
        }
        self.events.iter().try_for_each(Event::check_form)?;
        self.extensions.check()
    }

    pub(crate) const fn from_parts(events: Vec<Event>, extensions: Extensions) -> Self {
        Self { events, extensions }
    }

    pub(crate) const fn extensions(&self) -> &Extensions {
        &self.extensions
    }
}

//! What the model knows of an account: who holds it, and how many are needed. No cryptography.

use std::collections::BTreeMap;

use tki_metadata::Core;
use tki_record::Address;

use crate::owner::Ask;

/// One version of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    pub(super) version: u64,
    pub(super) epoch: u64,
    pub(super) threshold: u16,
    /// The mailbox of each holder.
    pub(super) holders: BTreeMap<u128, Address>,
    next: u128,
}

impl State {
    /// What is stored.
    pub(super) fn of(core: &Core) -> Self {
        let holders = core.holders.iter().map(|holder| {
            let identifier = holder.identifier().unwrap().get();
            (identifier, holder.mailbox)
        });
        Self {
            version: core.version,
            epoch: core.epoch.get(),
            threshold: core.structure.threshold().get(),
            holders: holders.collect(),
            next: core.next_identifier.get(),
        }
    }

    /// The version that is created over these, in this order.
    pub(super) fn created(addresses: &[Address]) -> Self {
        Self {
            version: 0,
            epoch: 0,
            threshold: 2,
            holders: (1..).zip(addresses.iter().copied()).collect(),
            next: 1 + addresses.len() as u128,
        }
    }

    /// The next version, if what is asked for leaves an account that works. The newcomers come in
    /// the order of the engine: device, words, login.
    pub(super) fn after(
        &self,
        ask: &Ask,
        newcomers: &[Address],
        renewed: Option<Address>,
    ) -> Option<Self> {
        let mut next = self.clone();
        next.version += 1;
        if let Some(identifier) = ask.remove {
            next.holders.remove(&identifier.get())?;
        }
        if let Some(identifier) = ask.renew {
            *next.holders.get_mut(&identifier.get())? = renewed?;
        }
        if let Some((identifier, _)) = &ask.rename {
            next.holders.get(&identifier.get())?;
        }
        for address in newcomers {
            next.holders.insert(next.next, *address);
            next.next += 1;
        }
        next.threshold = ask.threshold.unwrap_or(self.threshold);
        let is_new = ask.remove.is_some()
            || ask.renew.is_some()
            || ask.refresh
            || next.threshold != self.threshold;
        next.epoch += u64::from(is_new);
        let works = next.threshold >= 2 && usize::from(next.threshold) <= next.holders.len();
        works.then_some(next)
    }

    pub(super) fn holds(&self, address: &Address) -> bool {
        self.holders.values().any(|held| held == address)
    }
}

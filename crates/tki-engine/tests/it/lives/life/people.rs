//! Who is at hand, what they remember, and whether that is so.

use tki_engine::{Device, Factor, SeedFactor};
use tki_math::Identifier;
use tki_metadata::HolderKind;
use tki_provider::Anchor as _;
use tki_record::Address;

use super::{Hand, Life, Note, again, below, connect};
use crate::owner::Ask;

impl Life {
    /// Everybody who ever was a factor.
    pub(super) fn everybody(&self) -> Vec<Address> {
        let devices = self.device_addresses.iter().flatten();
        let others = self.login_addresses.iter().chain(&self.sheet_addresses);
        devices.chain(others).copied().collect()
    }

    /// Whose mailbox this is, with nothing that it remembers.
    pub(super) async fn factor_at(&self, address: &Address) -> Box<dyn Factor + '_> {
        if let Some(seed) = self.device_seeds.get(address) {
            return Box::new(SeedFactor::new(HolderKind::Device, "", seed.clone()));
        }
        if let Some(login) = self.login_addresses.iter().position(|held| held == address) {
            return Box::new(connect(&self.logins[login], false).await);
        }
        let sheet = self.sheet_addresses.iter().position(|held| held == address);
        Box::new(again(&self.sheets[sheet.unwrap()]))
    }

    pub(super) async fn factors_at(&self, addresses: &[Address]) -> Vec<Box<dyn Factor + '_>> {
        let mut factors = Vec::new();
        for address in addresses {
            factors.push(self.factor_at(address).await);
        }
        factors
    }

    pub(super) fn device_at(&self, address: &Address) -> Option<usize> {
        let mut devices = self.device_addresses.iter();
        devices.position(|held| held.contains(address))
    }

    /// These, with everything that they remember.
    pub(super) async fn hand(&self, picked: &[Address]) -> Hand<'_> {
        let mut hand = Hand {
            devices: Vec::new(),
            logins: Vec::new(),
            sheets: Vec::new(),
        };
        for address in picked {
            if let Some(device) = self.device_at(address) {
                hand.devices
                    .push(Device::load(&self.disks[device]).unwrap().unwrap());
            }
            if let Some(login) = self.login_addresses.iter().position(|held| held == address) {
                hand.logins.push(connect(&self.logins[login], true).await);
            }
            if let Some(sheet) = self.sheet_addresses.iter().position(|held| held == address) {
                hand.sheets.push(again(&self.sheets[sheet]));
            }
        }
        hand
    }

    /// Where a device is a holder, or where it would be.
    pub(super) fn device_address(&self, device: usize) -> Option<Address> {
        let addresses = self.device_addresses.get(device)?;
        let held = addresses.iter().find(|address| self.state.holds(address));
        held.or(addresses.first()).copied()
    }

    /// Whether whoever has its mailbox here can open it. A device that renewed itself without seeing
    /// the end, and then built upon a lie about it, gave up the seed that the truth knows.
    pub(super) fn has_seat(&self, address: &Address) -> bool {
        let Some(device) = self.device_at(address) else {
            return true;
        };
        let device = Device::load(&self.disks[device]).unwrap().unwrap();
        let pending = device.pending().map_or(&[][..], |pending| &pending.seeds);
        let own = device.factor("").expose_seed().mailbox_address(0);
        own == *address
            || pending
                .iter()
                .any(|new| new.seed.mailbox_address(0) == *address)
    }

    /// The holders that can open their mailboxes.
    pub(super) fn seats(&self) -> Vec<Address> {
        let mut seats = Vec::new();
        for address in self.state.holders.values() {
            let device = self.device_at(address);
            let is_misled = device.is_some_and(|device| self.is_misled(device));
            let has_seat = self.has_seat(address);
            assert!(has_seat || is_misled, "a device lost its seat to no lie");
            if has_seat {
                seats.push(*address);
            }
        }
        seats
    }

    /// Whether a device believes what is not so.
    pub(super) fn is_misled(&self, device: usize) -> bool {
        let seen = self.seen.get(&device);
        seen.is_some_and(|(version, hash)| self.hashes.get(version) != Some(hash))
    }

    /// The version that an anchor vouches for, and whether that is not so.
    pub(super) async fn anchored(&self, login: usize) -> Option<(u64, bool)> {
        let entry = self.logins[login].read(0).await.unwrap();
        let header = entry.and_then(|entry| entry.header)?;
        let hash = self.hashes.get(&header.version());
        Some((header.version(), hash != Some(header.body_hash())))
    }

    pub(super) async fn misled_of(&self, picked: &[Address]) -> bool {
        let mut devices = picked.iter().filter_map(|address| self.device_at(address));
        let mut misled = devices.any(|device| self.is_misled(device));
        for (login, address) in self.login_addresses.iter().enumerate() {
            if picked.contains(address) {
                misled |= self.anchored(login).await.is_some_and(|(_, misled)| misled);
            }
        }
        misled
    }

    /// The newest version that somebody of these saw.
    pub(super) async fn floor(&self, picked: &[Address]) -> u64 {
        let devices = picked.iter().filter_map(|address| self.device_at(address));
        let seen = devices.filter_map(|device| self.seen.get(&device));
        let mut floor = seen.map(|(version, _)| *version).max().unwrap_or(0);
        for (login, address) in self.login_addresses.iter().enumerate() {
            if picked.contains(address) {
                floor = floor.max(self.anchored(login).await.map_or(0, |(version, _)| version));
            }
        }
        floor
    }

    /// Whether a device that is a member, or a login whose anchor knows the account, is among them.
    pub(super) async fn is_vouched_for(&self, picked: &[Address]) -> bool {
        let mut devices = picked.iter().filter_map(|address| self.device_at(address));
        if devices.any(|device| self.seen.contains_key(&device)) {
            return true;
        }
        for (login, address) in self.login_addresses.iter().enumerate() {
            if picked.contains(address) && self.anchored(login).await.is_some() {
                return true;
            }
        }
        false
    }

    /// The holders that can be used: nothing that they believe is not so.
    pub(super) async fn fit(&self) -> Vec<Address> {
        let mut fit = Vec::new();
        for address in self.state.holders.values() {
            if !self.misled_of(&[*address]).await {
                fit.push(*address);
            }
        }
        fit
    }

    /// Devices that are members, know it, and are not misled.
    pub(super) fn fit_devices(&self) -> Vec<usize> {
        let members = self.seen.keys().copied().filter(|device| {
            let address = self.device_address(*device);
            address.is_some_and(|a| self.state.holds(&a)) && !self.is_misled(*device)
        });
        members.collect()
    }

    /// A login that is no holder and has no anchor for any account.
    pub(super) async fn free_login(&self) -> Option<usize> {
        for (login, address) in self.login_addresses.iter().enumerate() {
            let known = self.state.holds(address) || self.gone.contains(address);
            if !known && self.anchored(login).await.is_none() {
                return Some(login);
            }
        }
        None
    }

    /// A holder to be removed: one that is misled, if there is one.
    pub(super) fn somebody(&mut self, but: Option<Address>) -> Option<Identifier> {
        let misled: Vec<Address> = (0..self.disks.len())
            .filter(|device| self.is_misled(*device))
            .filter_map(|device| self.device_address(device))
            .collect();
        let holders = self
            .state
            .holders
            .iter()
            .filter(|(_, held)| Some(**held) != but);
        let holders: Vec<(u128, Address)> = holders.map(|(x, held)| (*x, *held)).collect();
        let chosen = holders.iter().find(|(_, held)| misled.contains(held));
        let random = holders[below(&mut self.rng, holders.len())];
        Identifier::new(chosen.copied().unwrap_or(random).0).ok()
    }

    /// Enough holders beside this device, at random.
    pub(super) async fn quorum_beside(&mut self, device: usize) -> Option<Vec<Address>> {
        let fit = self.fit().await;
        let own = self.device_address(device);
        let is_member =
            own.is_some_and(|own| fit.contains(&own)) && self.seen.contains_key(&device);
        let others: Vec<Address> = fit.into_iter().filter(|a| Some(*a) != own).collect();
        let need = usize::from(self.state.threshold) - usize::from(is_member);
        (others.len() >= need).then(|| self.pick(others, need))
    }

    pub(super) fn pick(&mut self, mut from: Vec<Address>, count: usize) -> Vec<Address> {
        let mut picked = Vec::new();
        while picked.len() < count && !from.is_empty() {
            picked.push(from.swap_remove(below(&mut self.rng, from.len())));
        }
        picked
    }

    /// The mailbox that a renewed holder gets, if its seed was prepared.
    pub(super) fn renewed(
        &self,
        device: usize,
        ask: &Ask,
        sheets: &[SeedFactor<'static>],
    ) -> Option<Address> {
        let loaded = Device::load(&self.disks[device]).unwrap()?;
        if !ask.renews(&loaded) {
            return Some(sheets.last()?.address(0));
        }
        let pending = loaded.pending().map_or(&[][..], |pending| &pending.seeds);
        let mut next = pending.iter().filter(|new| new.kind == HolderKind::Device);
        let seed = next.next().map(|new| new.seed.clone());
        let seed = seed.unwrap_or_else(|| loaded.factor("").expose_seed().clone());
        Some(seed.mailbox_address(0))
    }

    /// Words among the holders.
    pub(super) fn some_words(&mut self) -> Option<Identifier> {
        let holders = self.state.holders.iter();
        let words = holders.filter(|(_, held)| self.sheet_addresses.contains(held));
        let words: Vec<u128> = words.map(|(x, _)| *x).collect();
        if words.is_empty() {
            return None;
        }
        Identifier::new(words[below(&mut self.rng, words.len())]).ok()
    }

    /// The mailboxes of newcomers in the order of the engine, if all of them were prepared.
    pub(super) fn newcomers(
        &self,
        device: usize,
        note: &Note,
        sheets: &[SeedFactor<'static>],
    ) -> Option<Vec<Address>> {
        let mut new = Vec::new();
        if note.ask.device.is_some() {
            new.push(self.device_address(device)?);
        }
        if note.ask.words.is_some() {
            new.push(sheets.last()?.address(0));
        }
        new.extend(note.login.map(|login| self.login_addresses[login]));
        Some(new)
    }
}

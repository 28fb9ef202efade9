//! What changes nothing: opening, catching up, backing up. A restore may bring back what a liar lost.

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use tki_engine::{Account, Device, ErrorKind, Factor, Opened, with_causes};
use tki_record::{Address, Record};
use tki_seal::curve::CurveId;
use tki_seal::signature::{Input, Scheme, verify};
use tki_storage::{MemoryStorage, Storage as _};

use super::expected::{Ended, kind, text};
use super::{Life, below, listed};
use crate::lives::state::State;
use crate::lives::weather::Weather;
use crate::support::{open, read, until_it_stalls};

impl Life {
    pub(super) async fn open(&mut self, weather: Weather) {
        let all: Vec<Address> = self.state.holders.values().copied().collect();
        let count = 1 + below(&mut self.rng, all.len());
        let picked = self.pick(all, count);
        let signs = below(&mut self.rng, 2) == 0;
        self.enter(if signs { "sign" } else { "open" }, weather);
        self.tally.note("export");
        let misled = self.misled_of(&picked).await;
        let floor = self.floor(&picked).await;
        let view = self.view();
        self.arm(&view, weather, 0);
        let ended = {
            let hand = self.hand(&picked).await;
            let devices = hand.devices();
            let ended = until_it_stalls(open(&*view, &hand.list(&devices)));
            if let Some(Ok(opened)) = &ended {
                assert!(
                    opened.account().version() >= floor,
                    "older than a witness saw"
                );
                self.check_opened(opened, signs);
            }
            ended.map(|ended| ended.map(drop))
        };
        self.disarm(&view, weather, 0, &ended);
        if self.lies > 0 || matches!(weather, Weather::Stalls(..) | Weather::CallFails(_)) {
            assert!(kind(&ended) != Some(ErrorKind::Bug));
            return;
        }
        let need = usize::from(self.state.threshold);
        match ended.unwrap() {
            Ok(()) => assert!(!misled && picked.len() >= need),
            Err(error) if misled => {
                let refused = [ErrorKind::Refused, ErrorKind::Removed];
                assert!(refused.contains(&error.kind()), "{error}");
            }
            Err(error) => {
                let have = picked.len();
                assert_eq!(
                    error.kind(),
                    ErrorKind::NeedMoreShares { have, need },
                    "{error}"
                );
            }
        }
    }

    pub(super) fn check_opened(&self, opened: &Opened<'_>, signs: bool) {
        assert_eq!(opened.account().verifying_key(), self.key);
        if signs {
            let scheme = match self.curve {
                CurveId::Ed25519 => Scheme::Ed25519,
                CurveId::P256 => Scheme::EcdsaP256Sha256,
                CurveId::Secp256k1 => Scheme::EcdsaKeccak256,
            };
            let input = || Input::Message(b"alive");
            let signature = opened.sign(scheme, input()).unwrap();
            verify(scheme, &self.key, input(), &signature.to_bytes()).unwrap();
            let exported = opened.export().unwrap();
            assert_eq!(exported.verifying_key(), self.key);
            if let Some(imported) = &self.imported {
                assert_eq!(*exported.to_hex(), *imported);
            }
        }
    }

    /// Every device that was ever part of the account opens what it has, if that is enough.
    pub(super) async fn open_offline(&mut self, weather: Weather) {
        self.enter("open offline", weather);
        self.open_what_devices_keep().await;
    }

    /// Returns how many devices open offline what they keep of this account's present holders.
    pub(super) async fn open_what_devices_keep(&self) -> usize {
        let mut count = 0;
        for disk in &self.disks {
            let Some(device) = Device::load(disk).unwrap() else {
                continue;
            };
            let Some(membership) = device.membership() else {
                continue;
            };
            let copies: Vec<Address> = membership
                .offline_mailboxes
                .iter()
                .map(|copy| copy.address)
                .collect();
            let core = &membership.document.core;
            let factor = device.factor("device");
            let mut factors: Vec<&dyn Factor> = vec![&factor];
            for (sheet, address) in self.sheets.iter().zip(&self.sheet_addresses) {
                if copies.contains(address) {
                    factors.push(sheet);
                }
            }
            let account = Account::read_offline(&factors).await.unwrap();
            if factors.len() >= usize::from(core.structure.threshold().get()) {
                let opened = account.open().unwrap();
                assert_eq!(opened.account().verifying_key(), self.key);
                assert_eq!(opened.account().version(), membership.seen.version);
                count += usize::from(!self.gone.contains(&membership.mailbox.address));
            }
        }
        count
    }

    /// A device opens the account with others and keeps what it sees.
    pub(super) async fn catch_up(&mut self, weather: Weather) {
        let devices = self.fit_devices();
        if devices.is_empty() {
            return;
        }
        let device = devices[below(&mut self.rng, devices.len())];
        let Some(picked) = self.quorum_beside(device).await else {
            return;
        };
        self.enter("catch up", weather);
        let view = self.view();
        self.arm(&view, weather, device);
        let mut rng = ChaCha20Rng::from_rng(&mut self.rng);
        let ended = {
            let hand = self.hand(&picked).await;
            let devices = hand.devices();
            let own = Device::load(&self.disks[device]).unwrap().unwrap();
            let factor = own.factor("device");
            let mut factors: Vec<&dyn Factor> = vec![&factor];
            factors.extend(hand.list(&devices));
            until_it_stalls(async {
                let opened = open(&*view, &factors).await?;
                own.catch_up(&*view, opened.account(), &mut rng).await?;
                Ok(())
            })
        };
        self.disarm(&view, weather, device, &ended);
        if self.lies == 0 && matches!(weather, Weather::Fair) {
            assert!(matches!(ended, Some(Ok(()))), "{}", text(&ended));
        }
        self.remember();
        if self.lies == 0 && matches!(weather, Weather::Fair) {
            assert_eq!(self.seen[&device].0, self.state.version);
        }
    }

    pub(super) async fn back_up(&mut self, weather: Weather) {
        let fit = self.fit().await;
        if fit.is_empty() {
            return;
        }
        let picked = self.pick(fit, 1);
        self.enter("back up", weather);
        let view = self.view();
        self.arm(&view, weather, 0);
        let ended: Ended<(State, Vec<Record>)> = {
            let hand = self.hand(&picked).await;
            let devices = hand.devices();
            let factors = hand.list(&devices);
            until_it_stalls(async {
                let account = read(&*view, &factors).await?;
                let bundle = account.backup(&*view).await?;
                Ok((State::of(account.core()), bundle.records))
            })
        };
        let told = ended.as_ref().map(|ended| match ended {
            Ok(_) => String::from("done"),
            Err(error) => with_causes(error),
        });
        let is_fair = self.lies == 0 && matches!(weather, Weather::Fair);
        match ended {
            Some(Ok((state, records))) => self.bundle = Some((state, records)),
            _ => assert!(!is_fair, "{told:?}"),
        }
        self.disarm(&view, weather, 0, &Some(Ok(())));
    }

    /// The last backup, in an empty storage and in this one.
    pub(super) async fn restore(&mut self, weather: Weather) {
        let Some((state, records)) = self.bundle.clone() else {
            return;
        };
        self.enter("restore", weather);
        let elsewhere = MemoryStorage::new();
        elsewhere.restore(&records).await.unwrap();
        let holders: Vec<Address> = state.holders.values().copied().collect();
        let picked = self.pick(holders, usize::from(state.threshold));
        {
            let factors = self.factors_at(&picked).await;
            let opened = open(&elsewhere, &listed(&factors)).await.unwrap();
            assert_eq!(opened.account().verifying_key(), self.key);
            assert_eq!(opened.account().version(), state.version);
        }
        let answer = self.storage.inner().restore(&records).await;
        let (truth, hashes) = self.truth().await;
        if answer.is_ok() && state.version > self.state.version {
            // What was committed to a liar and copied from there is not lost.
            assert_eq!(truth, state);
            self.absorb(truth, hashes);
        } else {
            assert_eq!(truth, self.state);
            assert!(answer.is_err() || state == self.state);
        }
    }
}

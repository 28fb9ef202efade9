//! What owners ask for, and what became of it.

use core::fmt::Write as _;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use tki_engine::{Device, ErrorKind, SeedFactor};
use tki_math::Identifier;
use tki_metadata::{HolderKind, Step};
use tki_record::Address;
use tki_testkit::Outcome;

use super::expected::{Ended, Expected, kind, text};
use super::{Late, Life, MOST_HOLDERS, Note, below, connect};
use crate::lives::disk::Disk;
use crate::lives::state::State;
use crate::lives::weather::Weather;
use crate::owner::{Ask, Desk};
use crate::support::until_it_stalls;

impl Life {
    /// A member asks for something, or a new device for a place.
    pub(super) async fn ask(&mut self, weather: Weather) {
        let members: Vec<usize> = self.fit_devices();
        let joins = members.is_empty() || below(&mut self.rng, 14) < 3;
        let mut note = Note {
            ask: Ask::default(),
            login: None,
            happened: Some(false),
        };
        let (device, kind) = if joins {
            self.disks.push(Disk::new());
            (self.disks.len() - 1, self.ask_to_join(&mut note.ask))
        } else {
            let device = members[below(&mut self.rng, members.len())];
            (device, self.ask_for_change(device, &mut note).await)
        };
        self.carry_out(kind, device, note, weather).await;
    }

    fn ask_to_join(&mut self, ask: &mut Ask) -> &'static str {
        ask.device = Some(format!("device {}", self.disks.len()));
        if self.state.holders.len() < MOST_HOLDERS && below(&mut self.rng, 3) > 0 {
            return "add device";
        }
        ask.remove = self.somebody(None);
        "recover"
    }

    async fn ask_for_change(&mut self, device: usize, note: &mut Note) -> &'static str {
        let count = self.state.holders.len();
        let has_room = count < MOST_HOLDERS;
        let sheet = || Some(format!("sheet {}", self.sheets.len()));
        let ask = &mut note.ask;
        match below(&mut self.rng, 10) {
            0 if has_room => {
                ask.words = sheet();
                return "add words";
            }
            1 if has_room => {
                note.login = self.free_login().await;
                ask.login = note.login.is_some();
                if ask.login {
                    return "add login";
                }
            }
            2 => {
                let wanted = 1 + below(&mut self.rng, count + 1);
                ask.threshold = u16::try_from(wanted).ok();
                return "threshold";
            }
            3 => {
                let label = format!("name {}", self.tally.operations);
                ask.rename = self.somebody(None).map(|x| (x, label));
                return "rename";
            }
            4 | 5 => {
                ask.renew = self.own_identifier(device);
                return "renew itself";
            }
            6 => {
                ask.renew = self.some_words();
                if ask.renew.is_some() {
                    return "renew words";
                }
            }
            7 => {
                ask.words = sheet();
                ask.remove = self.somebody(self.device_address(device));
                return "replace";
            }
            8 => {
                ask.remove = self.somebody(self.device_address(device));
                return "remove";
            }
            _ => {}
        }
        ask.refresh = true;
        "refresh"
    }

    /// The same as before, by whoever did not see the end of it.
    pub(super) async fn ask_again(&mut self, weather: Weather) {
        let devices: Vec<usize> = self.notes.keys().copied().collect();
        if devices.is_empty() {
            return self.ask(weather).await;
        }
        let device = devices[below(&mut self.rng, devices.len())];
        let address = self.device_address(device).unwrap();
        if self.gone.contains(&address) || self.is_misled(device) {
            self.notes.remove(&device);
            return;
        }
        let note = self.notes[&device].clone();
        self.carry_out("ask again", device, note, weather).await;
    }

    pub(super) async fn carry_out(
        &mut self,
        kind: &str,
        device: usize,
        note: Note,
        weather: Weather,
    ) {
        // The same as it asked for before is the same operation.
        let before = self
            .notes
            .get(&device)
            .filter(|before| before.ask == note.ask);
        let note = before.cloned().unwrap_or(note);
        if let Some(login) = note.login {
            // Somebody else may have brought it in meanwhile.
            let address = self.login_addresses[login];
            let is_taken = self.state.holds(&address) && note.happened == Some(false);
            if is_taken || self.gone.contains(&address) {
                return;
            }
        }
        let Some(picked) = self.quorum_beside(device).await else {
            return;
        };
        self.enter(kind, weather);
        writeln!(self.trace.text, "    device {device}: {:?}", note.ask).unwrap();
        let view = self.view();
        let expected = self.expected(device, &note, &picked).await;
        let mut rng = ChaCha20Rng::from_rng(&mut self.rng);
        let mut sheets: Vec<SeedFactor<'static>> = Vec::new();
        self.arm(&view, weather, device);
        let ended = {
            let mut hand = self.hand(&picked).await;
            if let Some(login) = note.login {
                hand.logins.push(connect(&self.logins[login], true).await);
            }
            let devices = hand.devices();
            let mut desk = Desk {
                store: &self.disks[device],
                sheets: &mut sheets,
            };
            let hand = hand.list(&devices);
            until_it_stalls(desk.change(&*view, &hand, &note.ask, &mut rng))
        };
        self.disarm(&view, weather, device, &ended);
        self.remember();
        let newcomers = self.newcomers(device, &note, &sheets);
        let renewed = self.renewed(device, &note.ask, &sheets);
        self.take_sheets(sheets);
        let after = newcomers.and_then(|new| self.state.after(&note.ask, &new, renewed));
        self.settle_up(device, note, weather, after, expected, &ended)
            .await;
    }

    /// Holds what happened against what was expected, and keeps what is true now.
    pub(super) async fn settle_up(
        &mut self,
        device: usize,
        note: Note,
        weather: Weather,
        after: Option<State>,
        expected: Expected,
        ended: &Ended<()>,
    ) {
        let before = self.state.clone();
        let (truth, hashes) = self.truth().await;
        let moved = truth != before;
        let title = format!("{expected:?}, and it was {}", text(ended));
        if moved {
            assert_eq!(Some(&truth), after.as_ref(), "{title}");
        }
        if matches!(weather, Weather::Commit(Outcome::HeldBack))
            && kind(ended) == Some(ErrorKind::OutcomeUnknown)
        {
            // What another storage holds back goes with it.
            if self.fork.is_none() {
                let (after, lied) = (after.unwrap(), self.lies > 0);
                self.late.push(Late {
                    device,
                    after,
                    lied,
                });
            }
        } else if self.lies == 0 {
            let is_fair = matches!(weather, Weather::Fair);
            expected.check(is_fair, moved, ended);
        }
        assert!(kind(ended) != Some(ErrorKind::Bug), "{title}");
        self.absorb(truth, hashes);
        self.keep_note(device, note, moved);
    }

    fn own_identifier(&self, device: usize) -> Option<Identifier> {
        let own = self.device_address(device)?;
        let mut holders = self.state.holders.iter();
        let (x, _) = holders.find(|(_, held)| **held == own)?;
        Identifier::new(*x).ok()
    }

    /// A device keeps a note of what is pending; so does the model.
    pub(super) fn keep_note(&mut self, device: usize, note: Note, moved: bool) {
        let loaded = Device::load(&self.disks[device]).unwrap();
        let pending = loaded.as_ref().and_then(Device::pending);
        let Some(pending) = pending else {
            self.notes.remove(&device);
            return;
        };
        if pending.steps != note.ask.steps() {
            let known = self.notes.get(&device);
            if known.is_none_or(|known| known.ask.steps() != pending.steps) {
                self.note_leftover(device, &pending.steps.clone());
            }
            return;
        }
        let happened = match (self.lies, note.happened) {
            (0, Some(happened)) => Some(happened || moved),
            _ => None,
        };
        self.notes.insert(device, Note { happened, ..note });
    }

    /// A device may still have to learn whether it was renewed, whatever else it did since.
    fn note_leftover(&mut self, device: usize, steps: &[Step]) {
        self.notes.remove(&device);
        if let [Step::Renew { identifier }] = steps {
            let ask = Ask {
                renew: Some(*identifier),
                ..Ask::default()
            };
            let note = Note {
                ask,
                login: None,
                happened: None,
            };
            self.notes.insert(device, note);
        }
    }

    /// What the model says of an operation on a storage that tells the truth.
    pub(super) async fn expected(
        &self,
        device: usize,
        note: &Note,
        picked: &[Address],
    ) -> Expected {
        let own = self.device_address(device);
        let loaded = Device::load(&self.disks[device]).unwrap();
        let pending = loaded.as_ref().and_then(Device::pending);
        let is_again = pending.is_some_and(|pending| pending.steps == note.ask.steps());
        if let (true, Some(pending)) = (is_again, pending) {
            let renews = loaded
                .as_ref()
                .is_some_and(|device| note.ask.renews(device));
            let seeds = pending.seeds.iter();
            let seeds = seeds.filter(|new| renews || new.kind != HolderKind::Device);
            let mut new: Vec<Address> = seeds.map(|s| s.seed.mailbox_address(s.slot)).collect();
            let is_member = loaded
                .as_ref()
                .is_some_and(|device| device.membership().is_some());
            new.extend(own.filter(|_| !is_member));
            let is_holder = new.iter().any(|address| self.state.holds(address));
            match note.happened {
                Some(true) => return Expected::Finished,
                None if is_holder => return Expected::Finished,
                None if new.iter().any(|address| self.gone.contains(address)) => {
                    return Expected::Either;
                }
                None if new.is_empty() => return Expected::Either,
                Some(false) | None => {}
            }
        }
        if loaded.as_ref().is_some_and(|device| {
            let seeds = device.pending().map_or(&[][..], |pending| &pending.seeds);
            let mut next = seeds.iter().filter(|new| new.kind == HolderKind::Device);
            let is_held = next.any(|new| self.state.holds(&new.seed.mailbox_address(0)));
            note.ask.renews(device) && is_held
        }) {
            return Expected::Renewed;
        }
        let placeholders = usize::from(note.ask.device.is_some())
            + usize::from(note.ask.words.is_some())
            + usize::from(note.ask.login);
        let placeholders: Vec<Address> =
            (0..placeholders).map(|_| self.login_addresses[0]).collect();
        if self.state.after(&note.ask, &placeholders, own).is_none() {
            return Expected::Invalid;
        }
        let is_member = own.is_some_and(|own| self.state.holds(&own));
        if is_member || self.is_vouched_for(picked).await {
            Expected::Done
        } else {
            Expected::Unvouched
        }
    }
}

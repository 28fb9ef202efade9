//! What owners ask for, and what became of it.

use core::fmt::Write as _;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use tki_engine::{Device, ErrorKind, SeedFactor};
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
        let count = self.state.holders.len();
        let choice = below(&mut self.rng, 9);
        let joins = members.is_empty() || choice < 3;
        let mut ask = Ask::default();
        let mut login = None;
        let kind = if joins {
            ask.device = Some(format!("device {}", self.disks.len()));
            if choice == 0 || count >= MOST_HOLDERS {
                ask.remove = self.somebody(None);
                "recover"
            } else {
                "add device"
            }
        } else {
            match choice {
                3 if count < MOST_HOLDERS => {
                    ask.words = Some(format!("sheet {}", self.sheets.len()));
                    "add words"
                }
                4 if count < MOST_HOLDERS => {
                    login = self.free_login().await;
                    ask.login = login.is_some();
                    ask.refresh = login.is_none();
                    if ask.login { "add login" } else { "refresh" }
                }
                5 => {
                    let wanted = 1 + below(&mut self.rng, count + 1);
                    ask.threshold = u16::try_from(wanted).ok();
                    "threshold"
                }
                6 => {
                    ask.refresh = true;
                    "refresh"
                }
                _ => "remove",
            }
        };
        let device = if joins {
            self.disks.push(Disk::new());
            self.disks.len() - 1
        } else {
            members[below(&mut self.rng, members.len())]
        };
        if kind == "remove" {
            ask.remove = self.somebody(self.device_address(device));
        }
        self.carry_out(
            kind,
            device,
            Note {
                ask,
                login,
                happened: Some(false),
            },
            weather,
        )
        .await;
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
        self.take_sheets(sheets);
        let after = newcomers.and_then(|new| self.state.after(&note.ask, &new));
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
            let after = after.unwrap();
            let lied = self.lies > 0;
            self.late.push(Late {
                device,
                after,
                lied,
            });
        } else if self.lies == 0 {
            let is_fair = matches!(weather, Weather::Fair);
            expected.check(is_fair, moved, ended);
        }
        assert!(kind(ended) != Some(ErrorKind::Bug), "{title}");
        self.absorb(truth, hashes);
        self.keep_note(device, note, moved);
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
            return;
        }
        let happened = match (self.lies, note.happened) {
            (0, Some(happened)) => Some(happened || moved),
            _ => None,
        };
        self.notes.insert(device, Note { happened, ..note });
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
            let seeds = pending.seeds.iter();
            let mut new: Vec<Address> = seeds.map(|s| s.seed.mailbox_address(s.slot)).collect();
            let is_member = loaded
                .as_ref()
                .is_some_and(|device| device.membership().is_some());
            new.extend(own.filter(|_| !is_member));
            let is_holder = new.iter().any(|address| self.state.holds(address));
            match note.happened {
                Some(true) => return Expected::Finished,
                None if is_holder => return Expected::Finished,
                None if new.is_empty() => return Expected::Either,
                Some(false) | None => {}
            }
        }
        let placeholders = usize::from(note.ask.device.is_some())
            + usize::from(note.ask.words.is_some())
            + usize::from(note.ask.login);
        let placeholders: Vec<Address> =
            (0..placeholders).map(|_| self.login_addresses[0]).collect();
        if self.state.after(&note.ask, &placeholders).is_none() {
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

//! What happens to an operation besides what its owner wants.

use rand_chacha::ChaCha20Rng;
use tki_record::Address;
use tki_storage::Storage as _;
use tki_testkit::{Checkpoint, HostileStorage, Outcome, Stall};

use super::disk::Death;
use super::life::{Inner, below};

/// All of it, by name; each must happen in a run that is long enough.
pub(super) const KINDS: &[&str] = &[
    "fair",
    "a call fails",
    "dies at a call",
    "dies at a write",
    "commit held back",
    "commit made, answer lost",
    "commit and answer lost",
    "commit unavailable",
    "rolled back",
    "one record rolled back",
    "one record withheld",
    "one record damaged",
    "two records swapped",
    "forked",
];

/// What happens during one operation.
#[derive(Clone, Copy, Debug)]
pub(super) enum Weather {
    Fair,
    CallFails(u64),
    /// The machine dies at a call.
    Stalls(u64, Stall),
    /// The machine dies at a write of its own.
    Dies(Death),
    Commit(Outcome),
    /// From now on, for some operations.
    Lies(Lie),
}

/// What a storage says that is not so.
#[derive(Clone, Copy, Debug)]
pub(super) enum Lie {
    RolledBack(Checkpoint),
    RecordRolledBack,
    Withheld,
    Damaged,
    Swapped,
    Forked,
}

impl Weather {
    /// Mostly fair. Machines that are yet to make their account meet outages only.
    pub(super) fn choose(checkpoints: &[Checkpoint], rng: &mut ChaCha20Rng) -> Self {
        match below(rng, 20) {
            0 => Self::CallFails(1 + below(rng, 8) as u64),
            1 | 2 => Self::Stalls(1 + below(rng, 9) as u64, Stall::Before),
            3 | 4 => Self::Stalls(1 + below(rng, 9) as u64, Stall::After),
            5 | 6 => Self::Dies(Death {
                left: 1 + below(rng, 3) as u64,
                after: below(rng, 2) == 0,
            }),
            7 => Self::Commit(Outcome::HeldBack),
            8 => Self::Commit(match below(rng, 3) {
                0 => Outcome::LandedButUnknown,
                1 => Outcome::LostButUnknown,
                _ => Outcome::Unavailable,
            }),
            9 | 10 if !checkpoints.is_empty() => Self::Lies(match below(rng, 7) {
                0 | 1 => Lie::RolledBack(checkpoints[below(rng, checkpoints.len())]),
                2 => Lie::RecordRolledBack,
                3 => Lie::Withheld,
                4 => Lie::Damaged,
                5 => Lie::Swapped,
                _ => Lie::Forked,
            }),
            _ => Self::Fair,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Fair => "fair",
            Self::CallFails(_) => "a call fails",
            Self::Stalls(..) => "dies at a call",
            Self::Dies(_) => "dies at a write",
            Self::Commit(Outcome::HeldBack) => "commit held back",
            Self::Commit(Outcome::LandedButUnknown) => "commit made, answer lost",
            Self::Commit(Outcome::LostButUnknown) => "commit and answer lost",
            Self::Commit(_) => "commit unavailable",
            Self::Lies(Lie::RolledBack(_)) => "rolled back",
            Self::Lies(Lie::RecordRolledBack) => "one record rolled back",
            Self::Lies(Lie::Withheld) => "one record withheld",
            Self::Lies(Lie::Damaged) => "one record damaged",
            Self::Lies(Lie::Swapped) => "two records swapped",
            Self::Lies(Lie::Forked) => "forked",
        }
    }

    /// Whether a machine dies in it.
    pub(super) const fn is_deadly(self) -> bool {
        matches!(self, Self::Stalls(..) | Self::Dies(_))
    }
}

impl Lie {
    /// Begins, for records of this account. A fork is another storage.
    pub(super) async fn begin(
        self,
        storage: &HostileStorage<Inner>,
        addresses: &[Address],
        rng: &mut ChaCha20Rng,
    ) -> Option<HostileStorage<Inner>> {
        let [one, other] = [(); 2].map(|()| addresses[below(rng, addresses.len())]);
        match self {
            Self::RolledBack(checkpoint) => storage.roll_back_to(checkpoint),
            Self::RecordRolledBack => {
                let newest = storage.get(&one).await.unwrap().unwrap().version();
                let version = below(rng, usize::try_from(newest).unwrap() + 1) as u64;
                storage.roll_back(&one, version);
            }
            Self::Withheld => storage.withhold(&one),
            Self::Damaged => storage.damage(&one),
            Self::Swapped => storage.swap(&one, &other),
            Self::Forked => return Some(storage.fork()),
        }
        None
    }
}

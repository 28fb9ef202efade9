//! What the document does not say: who keeps what, and behind what lock.

use alloc::{
    collections::{BTreeMap, BTreeSet},
    string::String,
    vec::Vec,
};
use core::fmt;

use tki_math::Identifier;
use tki_metadata::HolderKind;

use super::listed::Listed;

/// Somebody, or a place of the owner's. Two things with the same keeper are lost, stolen and used
/// together.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_enums, reason = "whoever names them names all")]
pub enum PartyId {
    /// Where the owner keeps this factor, when nobody said more: a place of its own.
    PlaceOf(Identifier),
    /// A place of the owner's with a name, such as home.
    Place(String),
    /// Who keeps this factor, when nobody said more: the provider of a login, a guardian.
    KeeperOf(Identifier),
    /// Somebody else with a name, such as a bank, or an operator of several services.
    Keeper(String),
    /// Who runs the storage.
    Storage,
    /// Who runs the evaluator of answers.
    Evaluator,
    /// Who runs this node of a network of providers.
    Node(u16),
    /// Where the owner keeps this backup: a place of its own.
    Backup(u16),
    /// Who kept old records: a former storage, or whoever found a backup.
    Archive,
    /// Who has a copy of a key that existed before its account.
    OldCopies,
    /// Who guesses the passphrase or the answers of this factor.
    Guesser(Identifier),
    /// The owner himself: passphrases, PINs and answers.
    Memory,
}

impl PartyId {
    /// Whether it is a place of the owner's, out of which something must be taken.
    #[must_use]
    pub const fn is_place(&self) -> bool {
        matches!(self, Self::PlaceOf(_) | Self::Place(_) | Self::Backup(_))
    }

    /// Whether it can keep something.
    const fn is_keeper(&self) -> bool {
        !matches!(self, Self::Guesser(_) | Self::Memory)
    }
}

/// One word, as in JSON: `place-of:3`, `keeper:bank`, `storage`.
impl fmt::Display for PartyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PlaceOf(x) => write!(f, "place-of:{x}"),
            Self::Place(name) => write!(f, "place:{name}"),
            Self::KeeperOf(x) => write!(f, "keeper-of:{x}"),
            Self::Keeper(name) => write!(f, "keeper:{name}"),
            Self::Storage => f.write_str("storage"),
            Self::Evaluator => f.write_str("evaluator"),
            Self::Node(number) => write!(f, "node:{number}"),
            Self::Backup(number) => write!(f, "backup:{number}"),
            Self::Archive => f.write_str("archive"),
            Self::OldCopies => f.write_str("old-copies"),
            Self::Guesser(x) => write!(f, "guesser:{x}"),
            Self::Memory => f.write_str("memory"),
        }
    }
}

/// Something that is kept.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_enums, reason = "whoever names them names all")]
pub enum Thing {
    /// What a factor is: a device package, a sheet of words, the keys behind a login.
    Factor(Identifier),
    /// The records that are current.
    Storage,
    /// The key of the evaluator of answers.
    Evaluator,
    /// The share of this node of a network of providers.
    Node(u16),
    /// A backup of the records, of the version that is current or any before it.
    Backup(u16),
    /// Records that somebody kept.
    Archive,
    /// The key itself, from before it was imported.
    OldCopies,
}

/// One word, as in JSON and on the command line.
impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Factor(x) => write!(f, "{x}"),
            Self::Storage => f.write_str("storage"),
            Self::Evaluator => f.write_str("evaluator"),
            Self::Node(number) => write!(f, "node:{number}"),
            Self::Backup(number) => write!(f, "backup:{number}"),
            Self::Archive => f.write_str("archive"),
            Self::OldCopies => f.write_str("old-copies"),
        }
    }
}

/// What stands between having a factor and its seed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "whoever weighs them weighs all")]
pub enum Lock {
    /// Nothing: whoever has it can read it.
    Open,
    /// A passphrase of the owner's of which nobody vouches that it cannot be guessed.
    Passphrase,
    /// A passphrase that cannot be guessed, or a PIN that can be tried a few times only.
    Sealed,
}

/// Providers that are one network: so many of so many nodes do together what the login does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "t of n")]
pub struct Network {
    /// How many nodes it takes.
    pub threshold: u16,
    /// How many there are.
    pub nodes: u16,
}

/// What is known beside the document. Without anything: every factor where its kind usually is, a
/// storage that answers whoever knows an address, somebody who may have kept old records.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Facts {
    kept: BTreeMap<Thing, BTreeSet<PartyId>>,
    /// Pairs (a, b): b is where a is.
    together: Vec<(Thing, Thing)>,
    locks: BTreeMap<Identifier, Lock>,
    /// Pairs (device, factor): the device's package has the factor's seed.
    noted: BTreeSet<(Identifier, Identifier)>,
    /// Whether the storage gives its records to whoever knows their addresses, as a server does;
    /// if not, they are with its keepers alone.
    pub is_storage_open: bool,
    /// The network that all logins are logins of.
    pub network: Option<Network>,
    /// How many backups the owner has.
    pub backups: u16,
    /// Whether somebody may have kept old records.
    pub has_archive: bool,
    /// Whether somebody may have a copy of the key from before its account. Unsaid: for an imported
    /// key yes.
    pub old_copies: Option<bool>,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            kept: BTreeMap::new(),
            together: Vec::new(),
            locks: BTreeMap::new(),
            noted: BTreeSet::new(),
            is_storage_open: true,
            network: None,
            backups: 0,
            has_archive: true,
            old_copies: None,
        }
    }
}

impl Facts {
    /// Adds a keeper of a thing, in the place of the usual one; several have a copy each. A guesser
    /// and the owner's memory keep nothing.
    pub fn keep(&mut self, thing: Thing, keeper: PartyId) {
        if keeper.is_keeper() {
            self.kept.entry(thing).or_default().insert(keeper);
        }
    }

    /// The second is where the first is: in the same place, behind the same login, with the same
    /// person.
    pub fn keep_together(&mut self, first: Thing, second: Thing) {
        self.together.push((first, second));
    }

    /// What stands between having a factor and its seed.
    pub fn lock(&mut self, factor: Identifier, lock: Lock) {
        self.locks.insert(factor, lock);
    }

    /// Step 1.5: the package of this device has the seed of that factor: it was noted there with a change
    /// whose end the device did not see.
    pub fn note(&mut self, device: Identifier, factor: Identifier) {
        self.noted.insert((device, factor));
    }

    /// The devices that noted the seed of this factor.
    pub(super) fn noted_by(&self, factor: Identifier) -> Vec<Identifier> {
        let noted = self.noted.iter().filter(|(_, x)| *x == factor);
        noted.map(|(device, _)| *device).collect()
    }

    /// The lock of a factor: as said, or as is usual for its kind.
    pub(super) fn lock_of(&self, factor: &Listed) -> Lock {
        // Step 1.3: the usual locks.
        let usual = if factor.kind == HolderKind::Device {
            Lock::Passphrase
        } else if factor.kind == HolderKind::Passkey {
            Lock::Sealed
        } else {
            Lock::Open
        };
        let said = self.locks.get(&factor.identifier());
        said.copied().unwrap_or(usual)
    }

    /// Who keeps each of the things that there are.
    pub(super) fn keepers(&self, factors: &[Listed]) -> BTreeMap<Thing, BTreeSet<PartyId>> {
        let mut keepers = BTreeMap::new();
        for (thing, usual) in self.things(factors) {
            let said = self.kept.get(&thing).cloned();
            keepers.insert(thing, said.unwrap_or_else(|| BTreeSet::from([usual])));
        }
        // Step 1.2: what is together, in the order in which it was said.
        for (first, second) in &self.together {
            if let (Some(place), true) = (keepers.get(first).cloned(), keepers.contains_key(second))
            {
                keepers.insert(*second, place);
            }
        }
        keepers
    }

    /// Step 1.1: the things that there are, and where each usually is.
    fn things(&self, factors: &[Listed]) -> Vec<(Thing, PartyId)> {
        let mut things = Vec::new();
        for factor in factors.iter().filter(|factor| factor.answers().is_none()) {
            let x = factor.identifier();
            let is_owners = matches!(
                factor.kind,
                HolderKind::Device | HolderKind::Words | HolderKind::File | HolderKind::Passkey
            );
            let usual = if is_owners {
                PartyId::PlaceOf(x)
            } else {
                PartyId::KeeperOf(x)
            };
            things.push((Thing::Factor(x), usual));
        }
        things.push((Thing::Storage, PartyId::Storage));
        let sheets = factors.iter().filter_map(Listed::answers);
        if sheets.clone().any(|sheet| sheet.has_evaluator) {
            things.push((Thing::Evaluator, PartyId::Evaluator));
        }
        let nodes = 1..=self.network.map_or(0, |network| network.nodes);
        things.extend(nodes.map(|number| (Thing::Node(number), PartyId::Node(number))));
        let backups = 1..=self.backups;
        things.extend(backups.map(|number| (Thing::Backup(number), PartyId::Backup(number))));
        if self.has_archive {
            things.push((Thing::Archive, PartyId::Archive));
        }
        if self.old_copies == Some(true) {
            things.push((Thing::OldCopies, PartyId::OldCopies));
        }
        things
    }
}

//! Residuals as receipts store them: a kind, whom it is about, who else, how many.
//!
//! The kinds are those of `docs/spec/history.md`, section 5.

use alloc::{vec, vec::Vec};

use tki_metadata::{HolderName, Statement};

use super::residual::{Gone, Residual};

/// About: the removed. Others: those whose mailboxes it copied.
const COPIES: u16 = 1;
/// About: the removed.
const MAY_KNOW_KEY: u16 = 2;
/// About: the renewed. Others: the unchanged. Numbers: how many of the renewed, how many others;
/// then sets, of both.
const NOT_RENEWED: u16 = 3;
/// Of nobody in particular.
const OLD_COPIES: u16 = 4;
/// About: the removed. Others: the pegged. Numbers: how many of the others.
const PEGGED: u16 = 5;
/// About: the pegged. Numbers: how many shares of each epoch.
const PEGS_WEAKEN: u16 = 6;
/// About: the removed.
const TOGETHER: u16 = 7;
/// About: the removed. Others: the unchanged. Numbers: how many of the others; then sets of them.
const UNCHANGED_SEEDS: u16 = 8;
/// Of nobody in particular. Numbers: the version in which the new key was made.
const OLD_KEY: u16 = 9;
/// Of nobody in particular.
const DROPPED_KEY: u16 = 10;
/// About: the removed.
const HAD_NEXT_KEY: u16 = 11;
/// Others: the unchanged. Numbers: how many of the others; then sets of them.
const OLD_STRUCTURE: u16 = 12;
/// About: the removed or renewed. Others: the unchanged. Numbers: 1 if it was renewed, else 0; the first
/// version and the last; how many of the others, or 0 if nobody knows; then sets of them.
const EARLIER_STRUCTURE: u16 = 13;

impl Residual {
    /// The stored form.
    #[must_use]
    pub fn to_statement(&self) -> Statement {
        match self {
            Self::Copies { removed, copied } => of(COPIES, one(removed), copied, &[]),
            Self::MayKnowKey { removed } => of(MAY_KNOW_KEY, one(removed), &[], &[]),
            Self::NotRenewed {
                renewed,
                old,
                unchanged,
                needed,
                sets,
            } => {
                let all = [renewed.as_slice(), unchanged].concat();
                let numbers = [&[*old, *needed], places(sets, &all).as_slice()].concat();
                of(NOT_RENEWED, renewed, unchanged, &numbers)
            }
            Self::OldCopies => of(OLD_COPIES, &[], &[], &[]),
            Self::Pegged {
                removed,
                pegged,
                needed,
            } => of(PEGGED, removed, pegged, &[*needed]),
            Self::PegsWeaken { pegged, enough } => of(PEGS_WEAKEN, pegged, &[], &[*enough]),
            Self::Together { removed } => of(TOGETHER, removed, &[], &[]),
            Self::UnchangedSeeds {
                removed,
                unchanged,
                needed,
                sets,
            } => {
                let numbers = [&[*needed], places(sets, unchanged).as_slice()].concat();
                of(UNCHANGED_SEEDS, one(removed), unchanged, &numbers)
            }
            Self::OldStructure {
                unchanged,
                needed,
                sets,
            } => {
                let numbers = [&[*needed], places(sets, unchanged).as_slice()].concat();
                of(OLD_STRUCTURE, &[], unchanged, &numbers)
            }
            Self::OldKey { since } => {
                let since = usize::try_from(*since).unwrap_or(usize::MAX);
                of(OLD_KEY, &[], &[], &[since])
            }
            Self::EarlierStructure { .. } => self.of_earlier(),
            Self::DroppedKey => of(DROPPED_KEY, &[], &[], &[]),
            Self::HadNextKey { removed } => of(HAD_NEXT_KEY, removed, &[], &[]),
            Self::Unknown(statement) => statement.clone(),
        }
    }

    /// Reads the stored form. One of a kind, or of a shape, that this version does not know is
    /// [`Residual::Unknown`].
    #[must_use]
    pub fn from_statement(statement: &Statement) -> Self {
        let about = statement.about.clone();
        let others = statement.others.clone();
        let numbers: Vec<usize> = statement
            .numbers
            .iter()
            .map(|number| usize::try_from(*number).unwrap_or(usize::MAX))
            .collect();
        let read = match (statement.kind, about.as_slice(), numbers.as_slice()) {
            (COPIES, [removed], []) => Self::Copies {
                removed: removed.clone(),
                copied: others,
            },
            (MAY_KNOW_KEY, [removed], []) => Self::MayKnowKey {
                removed: removed.clone(),
            },
            (NOT_RENEWED, _, [old, needed, places @ ..]) => Self::NotRenewed {
                sets: sets(places, &[about.as_slice(), &others].concat()),
                renewed: about,
                old: *old,
                unchanged: others,
                needed: *needed,
            },
            (OLD_COPIES, [], []) => Self::OldCopies,
            (PEGGED, _, [needed]) => Self::Pegged {
                removed: about,
                pegged: others,
                needed: *needed,
            },
            (PEGS_WEAKEN, _, [enough]) => Self::PegsWeaken {
                pegged: about,
                enough: *enough,
            },
            (TOGETHER, _, []) => Self::Together { removed: about },
            (OLD_STRUCTURE, [], [needed, places @ ..]) => Self::OldStructure {
                sets: sets(places, &others),
                unchanged: others,
                needed: *needed,
            },
            (UNCHANGED_SEEDS, [removed], [needed, places @ ..]) => Self::UnchangedSeeds {
                removed: removed.clone(),
                sets: sets(places, &others),
                unchanged: others,
                needed: *needed,
            },
            (OLD_KEY, [], [since]) => Self::OldKey {
                since: version(*since),
            },
            (EARLIER_STRUCTURE, [gone], [how, first, last, needed, places @ ..]) => {
                let sets = sets(places, &others);
                Self::from_earlier(gone.clone(), [*how, *first, *last, *needed], others, sets)
            }
            (DROPPED_KEY, [], []) => Self::DroppedKey,
            (HAD_NEXT_KEY, _, []) => Self::HadNextKey { removed: about },
            _ => Self::Unknown(statement.clone()),
        };
        // What it would be stored as is what was stored, or it is not what it seems.
        if read.to_statement() == *statement {
            read
        } else {
            Self::Unknown(statement.clone())
        }
    }
}

impl Residual {
    /// What earlier structures leave, read from its stored form.
    fn from_earlier(
        gone: HolderName,
        [how, first, last, needed]: [usize; 4],
        unchanged: Vec<HolderName>,
        sets: Vec<Vec<HolderName>>,
    ) -> Self {
        let how = match how {
            0 => Gone::Removed,
            _ => Gone::Renewed,
        };
        Self::EarlierStructure {
            gone,
            how,
            versions: (version(first), version(last)),
            unchanged,
            needed: (needed > 0).then_some(needed),
            sets,
        }
    }

    /// The stored form of what earlier structures leave.
    fn of_earlier(&self) -> Statement {
        let Self::EarlierStructure {
            gone,
            how,
            versions: (first, last),
            unchanged,
            needed,
            sets,
        } = self
        else {
            return of(EARLIER_STRUCTURE, &[], &[], &[]);
        };
        let [first, last] = [*first, *last].map(|v| usize::try_from(v).unwrap_or(usize::MAX));
        let how = usize::from(*how == Gone::Renewed);
        let numbers = [how, first, last, needed.unwrap_or(0)];
        let numbers = [&numbers, places(sets, unchanged).as_slice()].concat();
        of(EARLIER_STRUCTURE, one(gone), unchanged, &numbers)
    }
}

fn version(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// Sets of these: of each how many they are, and at which places, counted from 0.
fn places(sets: &[Vec<HolderName>], of: &[HolderName]) -> Vec<usize> {
    let mut places = Vec::new();
    for set in sets {
        places.push(set.len());
        let place = |name| of.iter().position(|other| other == name);
        places.extend(set.iter().filter_map(place));
    }
    places
}

/// Reads them; what is no such list is read as something that it is not the stored form of.
fn sets(mut places: &[usize], of: &[HolderName]) -> Vec<Vec<HolderName>> {
    let mut sets = Vec::new();
    while let Some((length, rest)) = places.split_first() {
        let Some((set, rest)) = rest.split_at_checked(*length) else {
            break;
        };
        sets.push(
            set.iter()
                .filter_map(|place| of.get(*place))
                .cloned()
                .collect(),
        );
        places = rest;
    }
    sets
}

const fn one(name: &HolderName) -> &[HolderName] {
    core::slice::from_ref(name)
}

fn of(kind: u16, about: &[HolderName], others: &[HolderName], numbers: &[usize]) -> Statement {
    let mut stored = vec![0; numbers.len()];
    for (place, number) in stored.iter_mut().zip(numbers) {
        *place = u32::try_from(*number).unwrap_or(u32::MAX);
    }
    Statement {
        kind,
        about: about.to_vec(),
        others: others.to_vec(),
        numbers: stored,
    }
}

//! Whether what clients did and saw can have come from a storage that keeps its word.
//!
//! Each version of a record shows the numbers of all commits up to it. So the last state tells which
//! commits happened, and everything is held against it:
//!
//! - **One line.** Of two reads of a record one shows a beginning of what the other shows: nothing was
//!   forked or taken back. (Held against each other as they come, in the history.)
//! - **Linearisable.** Whoever begins after another has ended sees at least what that one saw or
//!   wrote; nothing is seen before somebody began to write it. For a record whose versions are in one
//!   line, and each written once, this is all of linearisability (Herlihy and Wing 1990).
//! - **All or nothing.** A commit is in the lists of all of its records or of none, for every reader:
//!   whoever asks for one of them after somebody has seen it in another, sees it there, too.
//! - **Nothing lost.** What was acknowledged is there, and what was said not to be is not.

use alloc::collections::{BTreeMap, BTreeSet};
use core::fmt;

use tki_record::Address;

use super::history::{CommitId, Moment, Operation, Outcome, What};

/// A promise that was broken.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Violation {
    /// A commit is in some of its records.
    InPart { commit: CommitId },
    /// What was acknowledged is not there.
    Lost { commit: CommitId },
    /// A read shows less than what was known to be there before it began.
    Stale {
        address: Address,
        known: u64,
        seen: u64,
    },
    /// What was said not to have happened did.
    Denied { commit: CommitId },
    /// A commit was accepted at a version that was known to be taken before it began.
    Overwritten { address: Address, commit: CommitId },
    /// A read showed what no honest storage can show.
    Nonsense { address: Address, why: &'static str },
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InPart { commit } => write!(f, "commit {commit} is stored in part"),
            Self::Lost { commit } => write!(f, "commit {commit} was acknowledged and is lost"),
            Self::Stale {
                address,
                known,
                seen,
            } => write!(
                f,
                "{address} showed {seen} versions after {known} were known"
            ),
            Self::Denied { commit } => {
                write!(f, "commit {commit} was said not to be stored and is")
            }
            Self::Overwritten { address, commit } => {
                write!(
                    f,
                    "commit {commit} wrote a version of {address} that was taken"
                )
            }
            Self::Nonsense { address, why } => write!(f, "at {address}: {why}"),
        }
    }
}

/// Everything in this history, and in the lists at its end, that an honest storage cannot show.
pub(crate) fn violations(
    operations: &[Operation],
    last: &BTreeMap<Address, Vec<CommitId>>,
) -> BTreeSet<Violation> {
    let mut found = BTreeSet::new();
    for operation in operations {
        match &operation.what {
            What::Nonsense { address, why } => {
                let (address, why) = (*address, *why);
                found.insert(Violation::Nonsense { address, why });
            }
            What::Commit {
                id,
                writes,
                outcome,
            } => check_outcome(*id, writes, *outcome, last, &mut found),
            What::Read { .. } => {}
        }
    }
    check_order(operations, last, &mut found);
    found
}

fn check_outcome(
    commit: CommitId,
    writes: &[(Address, u64)],
    outcome: Outcome,
    last: &BTreeMap<Address, Vec<CommitId>>,
    found: &mut BTreeSet<Violation>,
) {
    let is_there = |(address, version): &(Address, u64)| {
        let position = usize::try_from(*version).unwrap_or(usize::MAX);
        let list = last.get(address);
        list.and_then(|list| list.get(position)) == Some(&commit)
    };
    let stored = writes.iter().filter(|write| is_there(write)).count();
    if stored != 0 && stored != writes.len() {
        found.insert(Violation::InPart { commit });
    }
    match outcome {
        Outcome::Acknowledged if stored < writes.len() => {
            found.insert(Violation::Lost { commit });
        }
        Outcome::Conflict(..) | Outcome::Nothing if stored > 0 => {
            found.insert(Violation::Denied { commit });
        }
        Outcome::Acknowledged | Outcome::Conflict(..) | Outcome::Nothing | Outcome::Unknown => {}
    }
}

/// What an operation says about one record: that it shows a number of versions, or makes one.
struct Say {
    address: Address,
    /// How many versions there are after it.
    versions: u64,
    /// The commit that made the last of them, where it was one.
    made_by: Option<CommitId>,
}

/// Goes through all beginnings and ends in their order. What an operation says is held against what
/// anybody knew who had ended before it began.
fn check_order(
    operations: &[Operation],
    last: &BTreeMap<Address, Vec<CommitId>>,
    found: &mut BTreeSet<Violation>,
) {
    let mut known = Known::new(operations, last);
    let begins = operations.iter().map(|one| (one.began, Turn::Begins, one));
    let ends = operations.iter().map(|one| (one.ended, Turn::Ends, one));
    let mut turns: Vec<(Moment, Turn, &Operation)> = begins.chain(ends).collect();
    turns.sort_by_key(|(moment, turn, _)| (*moment, *turn));
    for (_, turn, operation) in turns {
        for say in says(operation) {
            match turn {
                Turn::Begins => known.check(&say, found),
                Turn::Ends => known.learn(say.address, say.versions),
            }
        }
    }
}

#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
enum Turn {
    Begins,
    Ends,
}

/// How many versions of each record somebody knew of.
struct Known<'a> {
    versions: BTreeMap<Address, u64>,
    /// The commit of each version.
    last: &'a BTreeMap<Address, Vec<CommitId>>,
    /// The versions of each commit.
    writes: BTreeMap<CommitId, &'a [(Address, u64)]>,
}

impl<'a> Known<'a> {
    fn new(operations: &'a [Operation], last: &'a BTreeMap<Address, Vec<CommitId>>) -> Self {
        let writes = operations.iter().filter_map(|one| match &one.what {
            What::Commit { id, writes, .. } => Some((*id, writes.as_slice())),
            What::Read { .. } | What::Nonsense { .. } => None,
        });
        Self {
            versions: BTreeMap::new(),
            last,
            writes: writes.collect(),
        }
    }

    fn check(&self, say: &Say, found: &mut BTreeSet<Violation>) {
        let (address, seen) = (say.address, say.versions);
        let known = self.versions.get(&address).copied().unwrap_or(0);
        match say.made_by {
            Some(commit) if seen <= known => {
                found.insert(Violation::Overwritten { address, commit });
            }
            None if seen < known => {
                found.insert(Violation::Stale {
                    address,
                    known,
                    seen,
                });
            }
            Some(_) | None => {}
        }
    }

    /// Whoever knows a version knows all of the commits that made it and those before it, and so what
    /// these made of other records.
    fn learn(&mut self, address: Address, versions: u64) {
        let mut learned = vec![(address, versions)];
        while let Some((address, versions)) = learned.pop() {
            let known = self.versions.entry(address).or_default();
            let new = *known..versions;
            *known = versions.max(*known);
            let line = self.last.get(&address).map_or(&[][..], Vec::as_slice);
            let commits = new.filter_map(|version| line.get(usize::try_from(version).ok()?));
            for writes in commits.filter_map(|commit| self.writes.get(commit)) {
                let made = writes.iter();
                learned
                    .extend(made.map(|(address, version)| (*address, version.saturating_add(1))));
            }
        }
    }
}

fn says(operation: &Operation) -> Vec<Say> {
    let say = |address, versions, made_by| Say {
        address,
        versions,
        made_by,
    };
    match &operation.what {
        What::Read { address, versions } => vec![say(*address, *versions, None)],
        What::Commit {
            id,
            writes,
            outcome,
        } => match outcome {
            Outcome::Acknowledged => writes
                .iter()
                .map(|(address, version)| say(*address, version.saturating_add(1), Some(*id)))
                .collect(),
            Outcome::Conflict(address, found) => {
                let versions = found.map_or(0, |version| version.saturating_add(1));
                vec![say(*address, versions, None)]
            }
            Outcome::Nothing | Outcome::Unknown => vec![],
        },
        What::Nonsense { .. } => vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Address = Address::from_bytes([1; 32]);
    const TWO: Address = Address::from_bytes([2; 32]);

    /// A commit of the next version of both records.
    fn commit(
        began: Moment,
        ended: Moment,
        id: CommitId,
        version: u64,
        outcome: Outcome,
    ) -> Operation {
        let writes = vec![(ONE, version), (TWO, version)];
        let what = What::Commit {
            id,
            writes,
            outcome,
        };
        Operation { began, ended, what }
    }

    fn read(began: Moment, ended: Moment, versions: u64) -> Operation {
        let what = What::Read {
            address: ONE,
            versions,
        };
        Operation { began, ended, what }
    }

    fn found(operations: &[Operation], one: &[CommitId], two: &[CommitId]) -> Vec<Violation> {
        let last = BTreeMap::from([(ONE, one.to_vec()), (TWO, two.to_vec())]);
        violations(operations, &last).into_iter().collect()
    }

    #[test]
    fn an_honest_history_has_no_violation() {
        let conflict = Outcome::Conflict(ONE, Some(0));
        let operations = [
            read(0, 1, 0),
            commit(2, 5, 1, 0, Outcome::Acknowledged),
            // While it goes on, either state may be read.
            read(3, 4, 0),
            read(3, 4, 1),
            commit(6, 7, 2, 0, conflict),
            commit(8, 11, 3, 1, Outcome::Unknown),
            commit(9, 10, 4, 1, Outcome::Nothing),
            // Of an unknown outcome both are right, one after the other.
            read(12, 13, 1),
            read(14, 15, 2),
            commit(16, 17, 5, 2, Outcome::Acknowledged),
        ];
        assert_eq!(found(&operations, &[1, 3, 5], &[1, 3, 5]), []);
        assert_eq!(found(&operations[..8], &[1], &[1]), []);
    }

    #[test]
    fn what_was_acknowledged_and_is_not_there_is_lost() {
        let operations = [commit(0, 1, 1, 0, Outcome::Acknowledged)];
        assert_eq!(
            found(&operations, &[], &[]),
            [Violation::Lost { commit: 1 }]
        );
        // Also where another one took its place.
        assert_eq!(
            found(&operations, &[2], &[2]),
            [Violation::Lost { commit: 1 }]
        );
    }

    #[test]
    fn a_part_of_a_commit_is_found_whatever_was_said_of_it() {
        let in_part = Violation::InPart { commit: 1 };
        for (outcome, others) in [
            (Outcome::Unknown, None),
            (Outcome::Nothing, Some(Violation::Denied { commit: 1 })),
            (Outcome::Acknowledged, Some(Violation::Lost { commit: 1 })),
        ] {
            let operations = [commit(0, 1, 1, 0, outcome)];
            let mut expected = vec![in_part.clone()];
            expected.extend(others);
            assert_eq!(found(&operations, &[1], &[]), expected);
        }
    }

    #[test]
    fn what_was_denied_and_is_there_is_found() {
        for outcome in [Outcome::Nothing, Outcome::Conflict(TWO, None)] {
            let operations = [commit(0, 1, 1, 0, outcome)];
            assert_eq!(
                found(&operations, &[1], &[1]),
                [Violation::Denied { commit: 1 }]
            );
        }
    }

    #[test]
    fn a_read_that_goes_back_is_stale() {
        let stale = |known, seen| Violation::Stale {
            address: ONE,
            known,
            seen,
        };
        // After an acknowledgement, after another read, and after a conflict.
        let acknowledged = [commit(0, 1, 1, 0, Outcome::Acknowledged), read(2, 3, 0)];
        assert_eq!(found(&acknowledged, &[1], &[1]), [stale(1, 0)]);
        let unknown = commit(0, 9, 1, 0, Outcome::Unknown);
        let seen = [unknown.clone(), read(1, 2, 1), read(3, 4, 0)];
        assert_eq!(found(&seen, &[1], &[1]), [stale(1, 0)]);
        let lost_race = commit(1, 2, 2, 0, Outcome::Conflict(ONE, Some(0)));
        assert_eq!(
            found(&[unknown, lost_race, read(3, 4, 0)], &[1], &[1]),
            [stale(1, 0)]
        );
    }

    /// Nothing is missing at the end, and nobody had to be killed for it.
    #[test]
    fn a_commit_that_is_seen_in_one_record_and_then_not_in_another_is_found() {
        let other = |began, ended, versions| {
            let what = What::Read {
                address: TWO,
                versions,
            };
            Operation { began, ended, what }
        };
        let slow = [
            commit(0, 5, 1, 0, Outcome::Acknowledged),
            commit(6, 20, 2, 1, Outcome::Unknown),
        ];
        let torn = [&slow[..], &[read(7, 8, 2), other(9, 10, 1)]].concat();
        let stale = Violation::Stale {
            address: TWO,
            known: 2,
            seen: 1,
        };
        assert_eq!(found(&torn, &[1, 2], &[1, 2]), [stale]);
        // One question for both is no promise, nor is the other order.
        let together = [&slow[..], &[read(7, 8, 2), other(7, 10, 1)]].concat();
        assert_eq!(found(&together, &[1, 2], &[1, 2]), []);
        let before = [&slow[..], &[other(7, 8, 1), read(9, 10, 2)]].concat();
        assert_eq!(found(&before, &[1, 2], &[1, 2]), []);
    }

    #[test]
    fn a_version_is_written_once() {
        let operations = [
            commit(0, 1, 1, 0, Outcome::Acknowledged),
            commit(2, 3, 2, 0, Outcome::Acknowledged),
        ];
        let found = found(&operations, &[2], &[2]);
        assert_eq!(
            found,
            [
                Violation::Lost { commit: 1 },
                Violation::Overwritten {
                    address: ONE,
                    commit: 2
                },
                Violation::Overwritten {
                    address: TWO,
                    commit: 2
                },
            ]
        );
    }
}

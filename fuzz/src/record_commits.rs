//! Any sequence of commits, against a model of who may write: what the rules accept keeps their
//! invariants, and what they refuse had a reason.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use tki_record::{
    Address, Claim, Commit, Record, RecordHeader, RecordKind, Rejection, Restored, check,
    check_commit, check_restore,
};
use tki_seal::bip340::{PublicKey, SigningKey};

use crate::Target;
use crate::inputs::{flipped, rng};

pub(crate) const COMMITS: Target = Target {
    name: "record_commits",
    run,
    seeds,
};

/// Most steps of one input: every step may sign, which is what an input costs.
const STEPS: usize = 16;
const KEYS: usize = 3;

struct Cast {
    writers: Vec<SigningKey>,
    /// One claim for each writer, at an address of its own, and one that is not signed by it.
    claims: Vec<Claim>,
}

fn cast() -> &'static Cast {
    static CAST: OnceLock<Cast> = OnceLock::new();
    CAST.get_or_init(|| {
        let mut rng = rng(9);
        let mut fresh = || SigningKey::random(&mut rng);
        let writers: Vec<SigningKey> = (0..KEYS).map(|_| fresh()).collect();
        let sign = |kind, key: &SigningKey, writer: &SigningKey| {
            Claim::sign(kind, 0, key, writer.public_key(), [1; 32])
        };
        let mut claims: Vec<Claim> = writers
            .iter()
            .map(|writer| sign(RecordKind::Mailbox, &fresh(), writer))
            .collect();
        let [stolen, other] = [fresh(), fresh()];
        let true_claim = sign(RecordKind::Document, &stolen, &writers[0]);
        let elsewhere = sign(RecordKind::Document, &other, &writers[0]);
        claims.push(Claim::from_parts(
            RecordKind::Document,
            0,
            *true_claim.key(),
            *true_claim.first_writer(),
            *true_claim.binding(),
            *elsewhere.signature(),
        ));
        Cast { writers, claims }
    })
}

/// What is stored, and who may write next, by a reckoning of its own.
#[derive(Default)]
struct World {
    stored: BTreeMap<Address, Record>,
    next_writer: BTreeMap<Address, PublicKey>,
}

/// A step is four bytes: what, which claim and which writers, a number, a place.
fn run(data: &[u8]) {
    let mut world = World::default();
    let mut pending: Vec<Record> = Vec::new();
    for step in data.chunks_exact(4).take(STEPS) {
        let &[what, who, number, place] = step else {
            continue;
        };
        if let Some(record) = record(&world, what, who, number, place) {
            pending.push(record);
        }
        if what & 0x80 != 0 {
            let records = std::mem::take(&mut pending);
            if what & 0x40 == 0 {
                world.commit(records);
            } else {
                world.restore(records);
            }
        }
    }
    world.commit(pending);
}

fn record(world: &World, what: u8, who: u8, number: u8, place: u8) -> Option<Record> {
    let Cast { writers, claims } = cast();
    let claim = claims.get(usize::from(who & 3))?;
    let writer = writers.get(usize::from(who >> 2 & 3) % KEYS)?;
    let next = writers.get(usize::from(who >> 4 & 3) % KEYS)?.public_key();
    let body = vec![number; usize::from(number)];
    let stored = world.stored.get(&claim.address());
    match what & 7 {
        0 => Record::first(claim.clone(), body, writer).ok(),
        1 => Record::first_handing_over(claim.clone(), body, writer, next).ok(),
        2 => stored?.next(body, writer, None).ok(),
        3 => stored?.next(body, writer, Some(next)).ok(),
        4 => stored?.close(body, writer).ok(),
        // What is stored, or what would follow it, with one bit changed.
        5 => Record::decode(&flipped(&stored?.encode(), number.into(), place)?).ok(),
        6 => {
            let honest = stored?.next(body, writer, Some(next)).ok()?;
            let place = usize::from(number) + usize::from(place >> 3);
            Record::decode(&flipped(&honest.encode(), place, place as u8)?).ok()
        }
        // Parts of two records, signed as one of them.
        _ => {
            let honest = stored?.next(body, writer, None).ok()?;
            let header = honest.header();
            let mut handed = header.hand_overs().to_vec();
            if place & 1 == 0 {
                handed.pop();
            }
            let mixed = RecordHeader::from_parts(
                claims.get(usize::from(place >> 1 & 3))?.clone(),
                header.version().wrapping_add(u64::from(number & 3)),
                place & 8 != 0,
                *header.body_hash(),
                handed,
                *header.signature(),
            );
            Record::from_parts(mixed.ok()?, honest.body().to_vec()).ok()
        }
    }
}

impl World {
    fn commit(&mut self, records: Vec<Record>) {
        let Ok(commit) = Commit::new(records) else {
            return;
        };
        let current = |record: &Record| self.stored.get(&record.address()).map(Record::header);
        let each: Vec<Result<(), Rejection>> = commit
            .records()
            .iter()
            .map(|record| check(current(record), record.header()))
            .collect();
        match check_commit(&self.stored, &commit) {
            Ok(()) => {
                assert!(each.iter().all(Result::is_ok));
                for record in commit.into_records() {
                    self.accept(record);
                }
            }
            Err(rejection) => {
                assert!(each.contains(&Err(rejection)));
                let lost = each
                    .iter()
                    .any(|one| matches!(one, Err(Rejection::Conflict { .. })));
                assert_eq!(matches!(rejection, Rejection::Conflict { .. }), lost);
                if let Rejection::Conflict { address, found } = rejection {
                    assert_eq!(found, self.stored.get(&address).map(Record::version));
                }
            }
        }
    }

    /// Copies are taken in all or not at all, and never go back.
    fn restore(&mut self, copies: Vec<Record>) {
        let Ok(restored) = check_restore(&self.stored, &copies) else {
            return;
        };
        let Restored {
            created,
            advanced,
            kept,
            ..
        } = restored;
        assert_eq!(created.len() + advanced.len() + kept.len(), copies.len());
        for copy in copies {
            let address = copy.address();
            assert_eq!(copy.verify(), Ok(()));
            match self.stored.get(&address) {
                None => assert!(created.contains(&address)),
                Some(stored) if copy.version() == stored.version() => {
                    assert!(kept.contains(&address));
                    assert_eq!(copy.header().digest(), stored.header().digest());
                    continue;
                }
                Some(stored) => {
                    assert!(advanced.contains(&address));
                    assert!(copy.version() > stored.version() && !stored.is_closed());
                    assert_eq!(copy.claim(), stored.claim());
                    let handed = stored.header().hand_overs();
                    assert!(copy.header().hand_overs().starts_with(handed));
                }
            }
            self.next_writer.insert(address, *copy.header().successor());
            self.stored.insert(address, copy);
        }
    }

    /// The invariants of everything that is ever stored.
    fn accept(&mut self, record: Record) {
        let address = record.address();
        assert_eq!(record.verify(), Ok(()));
        assert_eq!(record.claim().verify(), Ok(()));
        assert_eq!(Record::decode(&record.encode()).as_ref(), Ok(&record));
        match self.stored.get(&address) {
            None => assert_eq!(record.version(), 0),
            Some(before) => {
                assert!(!before.is_closed());
                assert_eq!(record.version(), before.version() + 1);
                assert_eq!(record.claim(), before.claim());
                let handed = before.header().hand_overs();
                assert!(record.header().hand_overs().starts_with(handed));
                assert!(record.header().follows(before.header()));
                assert!(!before.header().follows(record.header()));
            }
        }
        let first = *record.claim().first_writer();
        let writer = *self.next_writer.entry(address).or_insert(first);
        assert_eq!(*record.writer(), writer);
        let digest = record.header().digest();
        assert_eq!(writer.verify(&digest, record.header().signature()), Ok(()));
        if let Some(next) = record.next_writer() {
            assert!(!record.is_closed());
            self.next_writer.insert(address, *next);
        }
        assert_eq!(
            Some(record.header().successor()),
            self.next_writer.get(&address)
        );
        self.stored.insert(address, record);
    }
}

fn seeds() -> Vec<Vec<u8>> {
    // Claim c is first written by writer c: `who` = next ‖ writer ‖ claim.
    let life = [
        [0x80, 0b00_00_00, 5, 0],
        [0x83, 0b01_00_00, 6, 0],
        [0x82, 0b00_01_00, 7, 0],
        [0x84, 0b00_01_00, 8, 0],
        [0x82, 0b00_01_00, 9, 0],
    ];
    let together = [
        [0x00, 0b00_00_00, 1, 0],
        [0x00, 0b00_01_01, 1, 0],
        [0x81, 0b00_10_10, 1, 0],
        [0x02, 0b00_00_00, 2, 0],
        [0x82, 0b00_00_01, 2, 0],
        [0x86, 0b01_00_00, 200, 40],
        [0x87, 0b00_00_00, 1, 3],
        [0x80, 0b00_00_11, 1, 0],
        [0x85, 0b00_00_00, 160, 3],
    ];
    // Copies: of what is stored, and of what would follow it.
    let copies = [
        [0x80, 0b00_00_00, 1, 0],
        [0xc2, 0b00_00_00, 2, 0],
        [0xc3, 0b01_00_00, 3, 0],
        [0x00, 0b00_01_01, 4, 0],
        [0xc2, 0b00_01_00, 5, 0],
        [0xc4, 0b00_01_00, 6, 0],
    ];
    vec![life.concat(), together.concat(), copies.concat()]
}

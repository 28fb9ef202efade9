//! Drills: what is sound passes, what is damaged in any way does not, nothing is written, and the
//! key is not put together.

use core::future::Future;
use core::pin::Pin;

use rand_chacha::ChaCha20Rng;
use tki_device::{DeviceStore as _, MemoryStore};
use tki_engine::{
    Culprit, Device, Drill, DrillFrom, ErrorKind, Factor, Freshness, OfflineCopies, ReadOptions,
    SeedFactor, Verdict, drill,
};
use tki_math::{Epoch, Identifier};
use tki_metadata::{Core, Mailbox, Membership, OpeningSeed};
use tki_provider::fake::FakeProvider;
use tki_record::Address;
use tki_seal::signature::{Input, Scheme};
use tki_storage::{CountingStorage, MemoryStorage, ReadOnly, Storage};
use tki_testkit::{Call, HostileStorage, rng};

use crate::attacks::{Hostile, Loot, stage_of_fork};
use crate::support::{CURVES, NOW, Person, commit, login, open, read, refresh, settle, words};

async fn stage(test: &str) -> (Hostile, Person, ChaCha20Rng) {
    let mut rng = rng(test);
    let storage = HostileStorage::new(MemoryStorage::new());
    let person = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    (storage, person, rng)
}

fn x(number: u128) -> Identifier {
    Identifier::new(number).unwrap()
}

/// A drill with the storage, with what the device remembers as a witness.
async fn of<'f>(
    storage: &dyn Storage,
    factors: &[&'f dyn Factor],
    witness: Option<&Membership>,
) -> Drill<'f> {
    let from = DrillFrom::Storage(storage, ReadOptions::default());
    drill(from, factors, witness).await
}

fn proven(drill: &Drill<'_>) -> Vec<u128> {
    let names = drill
        .tried
        .iter()
        .filter_map(|tried| tried.result.as_ref().ok());
    names.map(|name| name.identifier.get()).collect()
}

#[tokio::test]
async fn every_quorum_passes_on_every_curve_and_writes_nothing() {
    for curve in CURVES {
        let mut rng = rng("drill, every quorum");
        let storage = CountingStorage::new(MemoryStorage::new());
        let offline = OfflineCopies::Keep;
        let person = Person::create_on(curve, &storage, offline, &mut rng).await;
        let login = login(&person.provider).await;
        let device = person.device();
        let laptop = device.factor("laptop");
        let package = person.store.load().unwrap().unwrap().to_vec();
        let before = storage.take();
        assert!(before.commits > 0);
        let factors: [&dyn Factor; 3] = [&laptop, &login, &person.words];
        for set in [&[0, 1][..], &[0, 2], &[1, 2], &[0, 1, 2]] {
            let chosen: Vec<&dyn Factor> = set.iter().map(|at| factors[*at]).collect();
            let drill = of(&storage, &chosen, device.membership()).await;
            assert!(drill.is_passed() && drill.is_each_proven(), "{set:?}");
            let expected: Vec<u128> = set.iter().map(|at| *at as u128 + 1).collect();
            assert_eq!(proven(&drill), expected);
            assert_eq!(drill.account.unwrap().curve(), curve);
        }
        let counters = storage.take();
        assert!(counters.reads > 0);
        assert_eq!(counters.commits + counters.commits_failed, 0);
        assert_eq!(counters.restores + counters.restores_failed, 0);
        assert_eq!(person.store.load().unwrap().unwrap().to_vec(), package);
        // A storage that could not be written is enough.
        let only = ReadOnly::new(storage);
        assert!(of(&only, &factors, None).await.is_passed());
    }
}

#[test]
fn what_a_drill_is_made_of_cannot_put_a_key_together() {
    let sources = [
        include_str!("../../src/drill.rs"),
        include_str!("../../src/shares.rs"),
        include_str!("../../src/standing.rs"),
        include_str!("../../src/health.rs"),
    ];
    for source in sources {
        let code = source
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let code: String = code.collect();
        for word in [
            "quorum",
            "Quorum",
            "combine",
            "interpolate",
            ".open()",
            "Opened<",
        ] {
            assert!(!code.contains(word), "{word}");
        }
    }
}

#[tokio::test]
async fn a_factor_alone_is_proven_and_is_too_few() {
    let (storage, person, _) = stage("drill, alone").await;
    let drill = of(&storage, &[&person.words], None).await;
    assert!(matches!(
        drill.verdict,
        Verdict::TooFew {
            have: 1,
            need: 2,
            ..
        }
    ));
    assert!(!drill.is_passed() && drill.is_each_proven());
    assert_eq!(proven(&drill), [3]);
    // The same sheet twice is one factor.
    let drill = of(&storage, &[&person.words, &person.words], None).await;
    assert!(matches!(
        drill.verdict,
        Verdict::TooFew {
            have: 1,
            need: 2,
            ..
        }
    ));
}

#[tokio::test]
async fn what_no_witness_vouches_for_is_said() {
    let (storage, person, mut rng) = stage("drill, freshness").await;
    let paper = words("second", &mut rng);
    let device = person.device();
    let laptop = device.factor("laptop");
    let opened = open(&storage, &[&laptop, &person.words]).await.unwrap();
    let change = opened.change().add(&paper, OfflineCopies::Never);
    let committed = commit(change, &storage, &mut rng).await.unwrap();
    device
        .settle(&storage, &committed.account, &mut rng)
        .await
        .unwrap();
    let both: [&dyn Factor; 2] = [&person.words, &paper];
    let drill = of(&storage, &both, None).await;
    assert!(drill.is_passed());
    assert_eq!(drill.account.unwrap().freshness(), Freshness::Unverified);
    let device = person.device();
    let drill = of(&storage, &both, device.membership()).await;
    assert!(drill.is_passed());
    assert_eq!(drill.account.unwrap().freshness(), Freshness::AtLeast(1));
}

/// Everything that a kind of damage is done to.
struct Scene {
    storage: Hostile,
    person: Person,
    rng: ChaCha20Rng,
}

impl Scene {
    fn words(&self) -> Address {
        self.person.words.address(0)
    }

    /// Somebody who had every factor at hand once, and controls the storage.
    async fn spoil(&mut self, core: impl FnOnce(&mut Core), mailbox: impl Fn(usize, &mut Mailbox)) {
        let login = login(&self.person.provider).await;
        let device = self.person.device();
        let laptop = device.factor("laptop");
        let factors: [&dyn Factor; 3] = [&laptop, &login, &self.person.words];
        let loot = Loot::take(&self.storage, &factors).await;
        loot.plant_spoiled(&self.storage, core, mailbox, &mut self.rng);
    }

    async fn document(&self) -> Address {
        let account = read(&self.storage, &[&self.person.words]).await.unwrap();
        account.document_address()
    }

    /// A change that the device has seen.
    async fn refresh(&mut self) {
        let device = self.person.device();
        let laptop = device.factor("laptop");
        refresh(&self.storage, &[&laptop, &self.person.words], &mut self.rng).await;
        let opened = open(&self.storage, &[&laptop, &self.person.words])
            .await
            .unwrap();
        let account = opened.account();
        device
            .settle(&self.storage, account, &mut self.rng)
            .await
            .unwrap();
    }
}

type Damage = for<'s> fn(&'s mut Scene) -> Pin<Box<dyn Future<Output = ()> + 's>>;

/// Words that are one's own, one of whose shares is wrong, and so on: what is done to the words.
const DAMAGE: &[(&str, Damage)] = &[
    ("flipped bit in the mailbox", |s| {
        Box::pin(async { s.storage.damage(&s.words()) })
    }),
    ("flipped bit in the document", |s| {
        Box::pin(async {
            let document = s.document().await;
            s.storage.damage(&document);
        })
    }),
    ("an old mailbox", |s| {
        Box::pin(async {
            s.refresh().await;
            s.storage.roll_back(&s.words(), 0);
        })
    }),
    ("an old document", |s| {
        Box::pin(async {
            let document = s.document().await;
            s.refresh().await;
            s.storage.roll_back(&document, 0);
        })
    }),
    ("an old storage", |s| {
        Box::pin(async {
            let before = s.storage.checkpoint();
            s.refresh().await;
            s.storage.roll_back_to(before);
        })
    }),
    ("a forked storage", |s| {
        Box::pin(async {
            let other = s.storage.fork();
            s.refresh().await;
            let login = login(&s.person.provider).await;
            refresh(&other, &[&s.person.words, &login], &mut s.rng).await;
            drop(login);
            s.storage = other;
        })
    }),
    ("a missing mailbox", |s| {
        Box::pin(async { s.storage.withhold(&s.words()) })
    }),
    ("a missing document", |s| {
        Box::pin(async {
            let document = s.document().await;
            s.storage.withhold(&document);
        })
    }),
    ("mailboxes swapped", |s| {
        Box::pin(async {
            let other = login(&s.person.provider).await.address(0);
            s.storage.swap(&s.words(), &other);
        })
    }),
    ("words of nobody", |s| {
        Box::pin(async { s.person.words = words("stranger", &mut s.rng) })
    }),
    ("words of another account", |s| {
        Box::pin(async {
            let other = Person::create(&s.storage, OfflineCopies::Keep, &mut s.rng).await;
            s.person.words = other.words;
        })
    }),
    ("words that were removed", |s| {
        Box::pin(async {
            let login = login(&s.person.provider).await;
            let device = s.person.device();
            let laptop = device.factor("laptop");
            let opened = open(&s.storage, &[&laptop, &login]).await.unwrap();
            let change = opened.change().remove(x(3));
            commit(change, &s.storage, &mut s.rng).await.unwrap();
        })
    }),
    ("words that were renewed", |s| {
        Box::pin(async {
            let login = login(&s.person.provider).await;
            let device = s.person.device();
            let laptop = device.factor("laptop");
            let renewed = words("new", &mut s.rng);
            let opened = open(&s.storage, &[&laptop, &login]).await.unwrap();
            let change = opened.change().renew(x(3), &renewed);
            commit(change, &s.storage, &mut s.rng).await.unwrap();
        })
    }),
    ("a wrong share", |s| {
        Box::pin(s.spoil(
            |_| {},
            |at, mailbox| {
                if at == 2 {
                    mailbox.keys[0].shares[0].1[31] ^= 1;
                }
            },
        ))
    }),
    ("a share that is no number", |s| {
        Box::pin(s.spoil(
            |_| {},
            |at, mailbox| {
                if at == 2 {
                    mailbox.keys[0].shares[0].1.fill(0xff);
                }
            },
        ))
    }),
    ("somebody else's share", |s| {
        Box::pin(s.spoil(
            |_| {},
            |at, mailbox| {
                if at == 2 {
                    mailbox.keys[0].shares[0].0 = x(2);
                }
            },
        ))
    }),
    ("another epoch", |s| {
        Box::pin(s.spoil(
            |_| {},
            |at, mailbox| {
                if at == 2 {
                    mailbox.epoch = Epoch::new(9);
                }
            },
        ))
    }),
    ("another core", |s| {
        Box::pin(s.spoil(
            |_| {},
            |at, mailbox| {
                if at == 2 {
                    mailbox.core_hash[0] ^= 1;
                }
            },
        ))
    }),
    ("commitments of another polynomial", |s| {
        Box::pin(s.spoil(
            |core| core.keys[0].commitments[1] = core.keys[0].verifying_key.clone(),
            |_, _| {},
        ))
    }),
    ("a threshold that nobody meets", |s| {
        Box::pin(s.spoil(
            |core| {
                let three = tki_math::Threshold::new(3).unwrap();
                core.structure = tki_math::AccessStructure::Threshold(three);
                let again = core.keys[0].commitments[1].clone();
                core.keys[0].commitments.push(again);
            },
            |_, _| {},
        ))
    }),
];

/// Every set of factors in which the words are.
const SETS: &[&[usize]] = &[&[2], &[0, 2], &[1, 2], &[0, 1, 2]];

#[tokio::test]
async fn no_kind_of_damage_passes() {
    for (name, damage) in DAMAGE {
        let (storage, person, rng) = stage(name).await;
        let mut scene = Scene {
            storage,
            person,
            rng,
        };
        damage(&mut scene).await;
        let device = scene.person.device();
        let laptop = device.factor("laptop");
        let login = login(&scene.person.provider).await;
        let factors: [&dyn Factor; 3] = [&laptop, &login, &scene.person.words];
        for set in SETS {
            let chosen: Vec<&dyn Factor> = set.iter().map(|at| factors[*at]).collect();
            let drill = of(&scene.storage, &chosen, device.membership()).await;
            assert!(!drill.is_passed(), "{name}, {set:?}");
            assert!(!drill.is_each_proven(), "{name}, {set:?}");
            let last = &drill.tried.last().unwrap().result;
            assert!(last.is_err(), "{name}, {set:?}: {last:?}");
            assert_eq!(drill.tried.len(), set.len());
            // Nothing of it is noted as proof of the words.
            let note = device.note_drill(&drill, NOW, &mut scene.rng).unwrap();
            let standing = scene.person.device().standing();
            assert_eq!(standing.of(x(3)).drilled, None, "{name}, {note}");
        }
    }
}

#[tokio::test]
async fn the_same_scenes_pass_while_nothing_is_damaged() {
    let (storage, person, rng) = stage("undamaged").await;
    let mut scene = Scene {
        storage,
        person,
        rng,
    };
    scene.refresh().await;
    let device = scene.person.device();
    let laptop = device.factor("laptop");
    let login = login(&scene.person.provider).await;
    let factors: [&dyn Factor; 3] = [&laptop, &login, &scene.person.words];
    for set in SETS {
        let chosen: Vec<&dyn Factor> = set.iter().map(|at| factors[*at]).collect();
        let drill = of(&scene.storage, &chosen, device.membership()).await;
        assert!(drill.is_each_proven(), "{set:?}");
        assert_eq!(drill.is_passed(), set.len() > 1, "{set:?}");
    }
}

#[tokio::test]
async fn what_whoever_knows_the_key_writes_as_it_should_be_is_no_damage() {
    let (storage, person, rng) = stage("not spoiled").await;
    let mut scene = Scene {
        storage,
        person,
        rng,
    };
    scene.spoil(|_| {}, |_, _| {}).await;
    let login = login(&scene.person.provider).await;
    let device = scene.person.device();
    let factors: [&dyn Factor; 2] = [&login, &scene.person.words];
    let drill = of(&scene.storage, &factors, device.membership()).await;
    assert!(drill.is_passed());
}

#[tokio::test]
async fn a_fork_by_a_former_writer_does_not_pass_where_a_device_saw_the_truth() {
    let (storage, person) = stage_of_fork("drill, fork").await;
    let provider = &person.provider;
    let no_anchor = tki_engine::ProviderFactor::connect("login", provider, Some(provider), None);
    let login = no_anchor.await.unwrap();
    let device = person.device();
    let laptop = device.factor("laptop");
    for chosen in [
        &[&laptop as &dyn Factor, &login][..],
        &[&login, &person.words],
        &[&login],
    ] {
        let drill = of(&storage, chosen, device.membership()).await;
        assert!(!drill.is_passed() && !drill.is_each_proven());
        let Verdict::Refused(error) = drill.verdict else {
            panic!("not refused");
        };
        assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    }
}

#[tokio::test]
async fn a_backup_and_the_copies_of_a_device_are_drilled_too() {
    let (storage, person, mut rng) = stage("drill, copies").await;
    let login = login(&person.provider).await;
    let account = read(&storage, &[&login]).await.unwrap();
    let bundle = account.backup(&storage).await.unwrap();
    let view = MemoryStorage::from_records(bundle.records.clone()).unwrap();
    let device = person.device();
    let laptop = device.factor("laptop");
    let pair: [&dyn Factor; 2] = [&laptop, &person.words];
    assert!(of(&view, &pair, device.membership()).await.is_passed());
    let offline = drill(DrillFrom::Offline, &pair, device.membership()).await;
    assert!(offline.is_passed());
    assert_eq!(proven(&offline), [1, 3]);
    // A login is in no copy, and strange words are not.
    for other in [&login as &dyn Factor, &words("strange", &mut rng)] {
        let factors = [&laptop as &dyn Factor, other];
        let offline = drill(DrillFrom::Offline, &factors, device.membership()).await;
        assert!(!offline.is_passed() && !offline.is_each_proven());
        assert_eq!(proven(&offline), [1]);
    }
    // A backup is old as soon as the device has seen a change.
    refresh(&storage, &pair, &mut rng).await;
    let opened = open(&storage, &pair).await.unwrap();
    device
        .settle(&storage, opened.account(), &mut rng)
        .await
        .unwrap();
    let device = person.device();
    let stale = of(&view, &[&login, &person.words], device.membership()).await;
    assert!(!stale.is_passed() && !stale.is_each_proven());
}

#[tokio::test]
async fn a_damaged_copy_of_a_device_does_not_pass() {
    let (_, person, _) = stage("drill, damaged copy").await;
    let device = person.device();
    let good = device.membership().unwrap();
    for spoil in [
        |m: &mut Membership| m.offline_mailboxes[0].sealed[40] ^= 1,
        |m: &mut Membership| m.mailbox.sealed[40] ^= 1,
        |m: &mut Membership| m.offline_mailboxes.clear(),
        |m: &mut Membership| m.document.mailbox_hashes[2][0] ^= 1,
    ] {
        let mut membership = good.clone();
        spoil(&mut membership);
        let seed = OpeningSeed::from_bytes(seed_of(&person.store).expose_secret());
        let laptop = SeedFactor::of_device("laptop", seed, Some(&membership));
        let factors: [&dyn Factor; 2] = [&laptop, &person.words];
        let offline = drill(DrillFrom::Offline, &factors, Some(&membership)).await;
        assert!(!offline.is_passed() && !offline.is_each_proven());
    }
}

fn seed_of(store: &MemoryStore) -> OpeningSeed {
    let bytes = store.load().unwrap().unwrap();
    tki_metadata::DevicePackage::decode(&bytes)
        .unwrap()
        .opening_seed
}

#[tokio::test]
async fn dates_are_kept_through_changes_and_forgotten_with_their_factor() {
    let (storage, person, mut rng) = stage("drill, dates").await;
    let login = login(&person.provider).await;
    let device = person.device();
    let laptop = device.factor("laptop");
    let all: [&dyn Factor; 3] = [&laptop, &login, &person.words];
    let passed = of(&storage, &all, device.membership()).await;
    assert!(device.note_drill(&passed, NOW + 5, &mut rng).unwrap());
    let drilled = |person: &Person| -> Vec<(u128, Option<u64>)> {
        let standing = person.device().standing();
        let factors = standing.factors.iter();
        factors.map(|f| (f.identifier.get(), f.drilled)).collect()
    };
    let date = Some(NOW + 5);
    assert_eq!(drilled(&person), [(1, date), (2, date), (3, date)]);
    // What the device keeps else is as it was.
    let again = person.device();
    let (before, after) = (device.membership().unwrap(), again.membership().unwrap());
    assert_eq!(before.document, after.document);
    assert_eq!(before.offline_mailboxes, after.offline_mailboxes);
    assert_eq!(before.seen, after.seen);

    // A refresh keeps them, a renewal forgets the renewed, a removal the removed.
    let device = person.device();
    let laptop = device.factor("laptop");
    let opened = open(&storage, &[&laptop, &login]).await.unwrap();
    let prepared = opened.change().refresh().prepare(&storage, NOW, &mut rng);
    settle(prepared.await.unwrap(), &storage, &device, &mut rng)
        .await
        .unwrap();
    assert_eq!(drilled(&person), [(1, date), (2, date), (3, date)]);
    let renewed = words("new paper", &mut rng);
    let device = person.device();
    let laptop = device.factor("laptop");
    let opened = open(&storage, &[&laptop, &login]).await.unwrap();
    let change = opened.change().renew(x(3), &renewed);
    let prepared = change.prepare(&storage, NOW, &mut rng).await.unwrap();
    settle(prepared, &storage, &device, &mut rng).await.unwrap();
    assert_eq!(drilled(&person), [(1, date), (2, date)]);
    let device = person.device();
    let laptop = device.factor("laptop");
    let opened = open(&storage, &[&laptop, &login]).await.unwrap();
    let change = opened.change().remove(x(2));
    let prepared = change.prepare(&storage, NOW, &mut rng).await.unwrap();
    settle(prepared, &storage, &device, &mut rng).await.unwrap();
    assert_eq!(drilled(&person), [(1, date)]);
}

#[tokio::test]
async fn dates_survive_catching_up_and_a_renewed_device() {
    let (storage, person, mut rng) = stage("drill, catching up").await;
    let login = login(&person.provider).await;
    let device = person.device();
    let laptop = device.factor("laptop");
    let passed = of(&storage, &[&laptop, &person.words], device.membership()).await;
    assert!(device.note_drill(&passed, NOW, &mut rng).unwrap());
    refresh(&storage, &[&login, &person.words], &mut rng).await;
    let device = person.device();
    let laptop = device.factor("laptop");
    let opened = open(&storage, &[&laptop, &login]).await.unwrap();
    let account = opened.account();
    let device = device.catch_up(&storage, account, &mut rng).await.unwrap();
    assert_eq!(device.standing().of(x(3)).drilled, Some(NOW));
    let renewal = device.renewal(&mut rng);
    let laptop = device.factor("laptop");
    let opened = open(&storage, &[&laptop, &login]).await.unwrap();
    let change = opened.change().renew(x(1), &renewal);
    let prepared = change.prepare(&storage, NOW, &mut rng).await.unwrap();
    settle(prepared, &storage, &device, &mut rng).await.unwrap();
    let standing = person.device().standing();
    assert_eq!(standing.of(x(3)).drilled, Some(NOW));
    assert_eq!(standing.of(x(1)).drilled, None);
}

#[tokio::test]
async fn a_use_is_noted_once_a_week_and_finds_what_was_lost() {
    const WEEK: u64 = 7 * 24 * 60 * 60;
    let (storage, person, mut rng) = stage("use").await;
    let note = |now| {
        let (storage, person) = (&storage, &person);
        async move {
            let mut rng = tki_testkit::rng("note");
            let device = person.device();
            let laptop = device.factor("laptop");
            let opened = open(storage, &[&laptop, &person.words]).await.unwrap();
            device.note_use(opened.account(), now, &mut rng).unwrap()
        }
    };
    // It was made just now, with everything at hand.
    assert!(!note(NOW + WEEK - 1).await);
    assert!(note(NOW + WEEK).await);
    assert!(!note(NOW + WEEK + 1).await);
    assert!(
        !note(NOW - 1).await,
        "a clock that was set back writes nothing"
    );
    let device = person.device();
    assert_eq!(device.standing().of(x(3)).used, Some(NOW + WEEK));
    assert_eq!(device.standing().of(x(1)).used, None, "the device itself");
    assert!(device.note_lost(x(3), Some(NOW), &mut rng).unwrap());
    assert_eq!(person.device().standing().of(x(3)).lost, Some(NOW));
    assert!(note(NOW + 2 * WEEK).await);
    assert_eq!(person.device().standing().of(x(3)).lost, None);
    let unknown = person.device().note_lost(x(9), Some(NOW), &mut rng);
    assert_eq!(unknown.unwrap_err().kind(), ErrorKind::InvalidChange);
}

#[tokio::test]
async fn the_paper_is_read_by_a_recovery_and_by_no_ordinary_use() {
    let (storage, person, _) = stage("paper at rest").await;
    let login = login(&person.provider).await;
    let device = person.device();
    let laptop = device.factor("laptop");
    let paper = person.words.address(0);
    storage.fail_when(move |call| {
        matches!(call, Call::Get(address) if *address == paper)
            || matches!(call, Call::GetMany(addresses) if addresses.contains(&paper))
    });
    let pair: [&dyn Factor; 2] = [&laptop, &login];
    let opened = open(&storage, &pair).await.unwrap();
    opened
        .sign(Scheme::Bip340, Input::Message(b"ordinary"))
        .unwrap();
    assert!(of(&storage, &pair, device.membership()).await.is_passed());
    // Whoever recovers reads it.
    let recovering: [&dyn Factor; 2] = [&login, &person.words];
    let error = open(&storage, &recovering).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    storage.bring_up();
    open(&storage, &recovering).await.unwrap();
}

#[tokio::test]
async fn a_wrong_share_is_refused_before_the_key_is_used() {
    let (storage, person, rng) = stage("wrong share").await;
    let mut scene = Scene {
        storage,
        person,
        rng,
    };
    let spoil = |at, mailbox: &mut Mailbox| {
        if at == 2 {
            mailbox.keys[0].shares[0].1[31] ^= 1;
        }
    };
    scene.spoil(|_| {}, spoil).await;
    let login = login(&scene.person.provider).await;
    let error = open(&scene.storage, &[&login, &scene.person.words]).await;
    let error = error.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(error.culprits(), [Culprit::Mailbox(x(3))]);
}

#[tokio::test]
async fn a_drill_of_another_account_is_not_noted() {
    let (storage, person, mut rng) = stage("drill, another account").await;
    let other = Person::create(&storage, OfflineCopies::Keep, &mut rng).await;
    let provider: &FakeProvider = &other.provider;
    let login = login(provider).await;
    let theirs = of(&storage, &[&login, &other.words], None).await;
    assert!(theirs.is_passed());
    let device: Device<'_> = person.device();
    assert!(!device.note_drill(&theirs, NOW, &mut rng).unwrap());
    assert!(device.standing().factors.is_empty());
    let with_witness = of(&storage, &[&login, &other.words], device.membership()).await;
    assert!(!with_witness.is_passed() && !with_witness.is_each_proven());
}

#[tokio::test]
async fn a_drill_of_copies_is_not_noted() {
    let (storage, person, mut rng) = stage("drill, copies").await;
    let device = person.device();
    let laptop = device.factor("laptop");
    let pair: [&dyn Factor; 2] = [&laptop, &person.words];
    let copy = DrillFrom::Copy(&storage, ReadOptions::default());
    for from in [copy, DrillFrom::Offline] {
        let drill = drill(from, &pair, device.membership()).await;
        assert!(drill.is_passed() && !drill.is_of_storage);
        assert!(!device.note_drill(&drill, NOW, &mut rng).unwrap());
    }
    let drill = of(&storage, &pair, device.membership()).await;
    assert!(device.note_drill(&drill, NOW, &mut rng).unwrap());
}

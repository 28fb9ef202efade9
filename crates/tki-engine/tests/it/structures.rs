//! Nested structures in the life of an account: who opens, what changes do to them, what is told.

use rand_chacha::ChaCha20Rng;
use rand_core::Rng as _;
use tki_engine::{
    ErrorKind, Factor, HolderName, InvalidChange, OfflineCopies, Plan, Residual, SeedFactor, Spare,
    Unverified, create, fewest_missing, minimal_quorums, read_structure, spare,
};
use tki_math::{AccessStructure, Identifier, Share, Threshold, combine};
use tki_metadata::{Arrangement, Core, HolderKind, Mailbox, Step, WhoSuffices};
use tki_seal::{
    curve::{CurveId, Secp256k1},
    signature::{Input, Scheme, verify},
};
use tki_storage::{MemoryStorage, Storage};
use tki_testkit::{HostileStorage, rng};

use crate::support::{CURVES, NOW, commit, create_over, open, read, words};

fn id(x: u128) -> Identifier {
    Identifier::new(x).unwrap()
}

/// A structure over holders by their identifiers.
fn structure(text: &str) -> Arrangement {
    let names: Vec<_> = (1..40)
        .map(|x| HolderName::new(id(x), HolderKind::Words, ""))
        .collect();
    read_structure(text, &names).unwrap()
}

/// Whether these holders satisfy the formula, written down without any of the code under test.
fn satisfies(arrangement: &Arrangement, present: &[Identifier]) -> bool {
    match arrangement {
        Arrangement::Holder(x) => present.contains(x),
        Arrangement::Gate { threshold, members } => {
            let satisfied = members.iter().filter(|member| satisfies(member, present));
            satisfied.count() >= usize::from(threshold.get())
        }
    }
}

fn papers(count: usize, rng: &mut ChaCha20Rng) -> Vec<SeedFactor<'static>> {
    (0..count).map(|_| words("", rng)).collect()
}

fn list<'a>(factors: &'a [SeedFactor<'static>]) -> Vec<&'a dyn Factor> {
    factors.iter().map(|factor| factor as &dyn Factor).collect()
}

/// The factors at the positions of the bits that are set, and their positions counted from 1.
fn subset<'a>(
    factors: &'a [SeedFactor<'static>],
    bits: usize,
) -> (Vec<&'a dyn Factor>, Vec<Identifier>) {
    let chosen = factors.iter().zip(0_u32..);
    let chosen = chosen.filter(|(_, position)| bits >> position & 1 == 1);
    chosen
        .map(|(factor, position)| (factor as &dyn Factor, id(u128::from(position) + 1)))
        .unzip()
}

fn plan(curve: CurveId, text: &str) -> Plan {
    let mut plan = Plan::new(curve, 2, NOW);
    plan.structure = Some(structure(text));
    plan
}

async fn account_over(
    storage: &dyn Storage,
    text: &str,
    factors: &[SeedFactor<'static>],
    rng: &mut ChaCha20Rng,
) -> Vec<u8> {
    let plan = plan(CurveId::Secp256k1, text);
    let committed = create_over(storage, &plan, &list(factors), rng)
        .await
        .unwrap();
    committed.account.verifying_key().to_vec()
}

/// Why an account over so many factors is not made.
async fn refused(text: &str, count: usize, rng: &mut ChaCha20Rng) -> String {
    let factors = papers(count, rng);
    let storage = MemoryStorage::new();
    let plan = plan(CurveId::Secp256k1, text);
    let error = create(&storage, &plan, &list(&factors), rng)
        .await
        .err()
        .unwrap();
    assert_eq!(error.kind(), ErrorKind::InvalidChange, "{error}");
    error.to_string()
}

const STRUCTURES: [(&str, usize); 7] = [
    ("2 of (1, 2, all(3, 4))", 4),
    ("2 of (1, 3, 2 of (2, 4, 5))", 5),
    ("any(all(1, 2), all(3, 4), 3 of (1, 3, 5))", 5),
    ("3 of (1*2, 2, 3, 4)", 4),
    ("all(1, any(2, 3), 2 of (4, 5, 6))", 6),
    ("2 of (any(1, 2), any(3, 4), any(5, 6, all(1, 3)))", 6),
    ("all(1, any(2, all(3, any(4, all(5, 2)))))", 5),
];

#[tokio::test]
async fn every_set_of_holders_opens_or_not_as_the_formula_says() {
    let mut rng = rng("formula");
    for (text, count) in STRUCTURES {
        let formula = structure(text);
        for curve in CURVES {
            let storage = MemoryStorage::new();
            let factors = papers(count, &mut rng);
            let plan = plan(curve, text);
            let all = list(&factors);
            let committed = create_over(&storage, &plan, &all, &mut rng).await.unwrap();
            let key = committed.account.verifying_key().to_vec();
            let mut quorums = 0;
            for bits in 1..1_usize << count {
                let (chosen, holders) = subset(&factors, bits);
                match open(&storage, &chosen).await {
                    Ok(opened) => {
                        assert!(satisfies(&formula, &holders), "{text}: {holders:?} opened");
                        assert_eq!(opened.account().verifying_key(), key);
                        check_signature(&opened, curve, &key);
                        let core = opened.account().core();
                        assert_eq!(fewest_missing(core, &holders), 0);
                        quorums += usize::from(is_minimal(&formula, &holders));
                    }
                    Err(error) => {
                        assert!(
                            !satisfies(&formula, &holders),
                            "{text}: {holders:?} {error}"
                        );
                        assert!(matches!(error.kind(), ErrorKind::NeedMoreShares { .. }));
                        let account = read(&storage, &chosen).await.unwrap();
                        let fewest = fewest_by_hand(&formula, &holders, count);
                        assert_eq!(fewest_missing(account.core(), &holders), fewest, "{text}");
                    }
                }
            }
            let account = read(&storage, &list(&factors)).await.unwrap();
            let listed = minimal_quorums(account.core(), 100).unwrap();
            assert_eq!(listed.len(), quorums, "{text}");
            assert_eq!(
                spare(account.core()),
                spare_by_hand(&formula, count),
                "{text}"
            );
            assert_eq!(Arrangement::of(account.core()), formula);
        }
    }
}

fn check_signature(opened: &tki_engine::Opened<'_>, curve: CurveId, key: &[u8]) {
    let scheme = match curve {
        CurveId::Ed25519 => Scheme::Ed25519,
        CurveId::P256 => Scheme::EcdsaP256Sha256,
        CurveId::Secp256k1 => Scheme::Bip340,
    };
    let input = Input::Message(b"the same key");
    let signature = opened.sign(scheme, input).unwrap();
    verify(scheme, key, input, &signature.to_bytes()).unwrap();
}

fn is_minimal(formula: &Arrangement, holders: &[Identifier]) -> bool {
    holders.iter().all(|left_out| {
        let rest: Vec<_> = holders.iter().copied().filter(|x| x != left_out).collect();
        !satisfies(formula, &rest)
    })
}

fn sets(count: usize) -> impl Iterator<Item = Vec<Identifier>> {
    (0..1_usize << count).map(move |bits| {
        let all = (0..count).filter(|position| bits >> position & 1 == 1);
        all.map(|position| id(position as u128 + 1)).collect()
    })
}

fn fewest_by_hand(formula: &Arrangement, present: &[Identifier], count: usize) -> usize {
    let joined = sets(count).filter(|set| satisfies(formula, set));
    let joined = joined.filter(|set| present.iter().all(|x| set.contains(x)));
    joined.map(|set| set.len() - present.len()).min().unwrap()
}

fn spare_by_hand(formula: &Arrangement, count: usize) -> usize {
    let blocked = sets(count).filter(|set| !satisfies(formula, set));
    let most_left = blocked.map(|set| set.len()).max().unwrap();
    count - most_left - 1
}

/// Some arrangement of holders that are all named, some of them more than once.
fn random_arrangement(count: usize, rng: &mut ChaCha20Rng) -> Arrangement {
    let mut parts: Vec<Arrangement> = (1..=count as u128)
        .map(|x| Arrangement::Holder(id(x)))
        .collect();
    let below = |limit: usize, rng: &mut ChaCha20Rng| rng.next_u32() as usize % limit;
    for _ in 0..below(3, rng) {
        parts.push(Arrangement::Holder(id(below(count, rng) as u128 + 1)));
    }
    let gate = |members: Vec<Arrangement>, rng: &mut ChaCha20Rng| {
        let threshold = u16::try_from(below(members.len(), rng) + 1).unwrap();
        Arrangement::gate(Threshold::new(threshold).unwrap(), members)
    };
    for _ in 0..below(4, rng) {
        let size = 1 + below(parts.len(), rng);
        let members: Vec<_> = (0..size)
            .map(|_| parts.swap_remove(below(parts.len(), rng)))
            .collect();
        let inner = gate(members, rng);
        parts.push(inner);
    }
    gate(parts, rng)
}

#[tokio::test]
async fn random_structures_are_what_they_say_or_refused_for_a_reason() {
    let mut rng = rng("random structures");
    let storage = MemoryStorage::new();
    let factors = papers(6, &mut rng);
    let (mut made, mut alone) = (0, 0);
    for _ in 0..150 {
        let count = 2 + rng.next_u32() as usize % 5;
        let formula = random_arrangement(count, &mut rng);
        let mut plan = Plan::new(CurveId::Ed25519, 2, NOW);
        plan.structure = Some(formula.clone());
        let suffices_alone = |x: u128| satisfies(&formula, &[id(x)]);
        match create(&storage, &plan, &list(&factors[..count]), &mut rng).await {
            Err(error) => {
                assert!(
                    (1..=count as u128).any(suffices_alone),
                    "{formula}: {error}"
                );
                alone += 1;
            }
            Ok(prepared) => {
                assert!(!(1..=count as u128).any(suffices_alone), "{formula}");
                let core = prepared.core();
                assert_eq!(spare(core), spare_by_hand(&formula, count), "{formula}");
                // With the first of them lost, the others have so many to spare.
                let mut left = core.clone();
                left.holders.remove(0);
                let others = sets(count).filter(|set| !set.contains(&id(1)));
                let blocked = others.filter(|set| !satisfies(&formula, set));
                let most_left = blocked.map(|set| set.len()).max().unwrap();
                let expected = (count - 1 - most_left).saturating_sub(1);
                assert_eq!(spare(&left), expected, "{formula} without 1");
                let minimal = sets(count).filter(|set| satisfies(&formula, set));
                let minimal = minimal.filter(|set| is_minimal(&formula, set)).count();
                assert_eq!(
                    minimal_quorums(core, 1000).unwrap().len(),
                    minimal,
                    "{formula}"
                );
                made += 1;
            }
        }
    }
    assert!(made > 50 && alone > 10, "{made} {alone}");
}

#[tokio::test]
async fn what_takes_too_long_to_find_out_is_said_to_be_a_lower_bound() {
    let mut rng = rng("lower bounds");
    let storage = MemoryStorage::new();
    let factors = papers(13, &mut rng);
    let all = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12";
    for (text, least, most, is_exact) in [
        // Every holder has a place in one gate, or few have several.
        (
            "2 of (2 of (1, 2, 3), 2 of (4, 5, 6), 7)".into(),
            2,
            2,
            true,
        ),
        ("2 of (all(1, 2), all(2, 3), 4)".into(), 0, 0, true),
        (
            format!("2 of (4 of ({all}), 5 of ({all}), 13)"),
            1,
            8,
            false,
        ),
    ] {
        let mut plan = Plan::new(CurveId::Ed25519, 2, NOW);
        plan.structure = Some(structure(&text));
        let holders = plan.structure.iter().flat_map(Arrangement::holders);
        let count = holders.collect::<std::collections::BTreeSet<_>>().len();
        let prepared = create(&storage, &plan, &list(&factors[..count]), &mut rng)
            .await
            .unwrap();
        let spare = Spare::of(prepared.core());
        assert_eq!(spare.is_exact, is_exact, "{text}");
        let facts = prepared.receipt().facts();
        assert_eq!(facts.can_lose_is_exact(), is_exact, "{text}");
        assert_eq!(facts.who_suffices(), Some(WhoSuffices::of(prepared.core())));
        assert!(
            (least..=most).contains(&spare.count),
            "{text}: {}",
            spare.count
        );
    }
}

/// One holder for each step of the life below.
#[tokio::test]
async fn an_account_steps_up_and_down_and_keeps_its_address() {
    let mut rng = rng("steps");
    for curve in CURVES {
        let storage = MemoryStorage::new();
        let factors = papers(5, &mut rng);
        let plan = Plan::new(curve, 2, NOW);
        let first = list(&factors[..2]);
        let committed = create_over(&storage, &plan, &first, &mut rng)
            .await
            .unwrap();
        let key = committed.account.verifying_key().to_vec();
        // 2/2 -> 2/3: nobody's share changes. 2/3 -> 3/5.
        let opened = open(&storage, &first).await.unwrap();
        let change = accepted(&opened).add(&factors[2], OfflineCopies::Keep);
        let committed = commit(change, &storage, &mut rng).await.unwrap();
        assert_eq!(committed.receipt.epoch.get(), 0);
        let opened = open(&storage, &first).await.unwrap();
        let change = accepted(&opened)
            .add(&factors[3], OfflineCopies::Keep)
            .add(&factors[4], OfflineCopies::Keep)
            .threshold(3);
        let committed = commit(change, &storage, &mut rng).await.unwrap();
        assert_eq!(committed.receipt.can_lose, 2);
        // Nested, with weights, and a plain threshold again.
        let steps = [
            ("2 of (1, 3, 2 of (2, 4, 5))", 1),
            ("4 of (1*2, 2*2, 3, 4, 5)", 1),
            ("all(1, any(2, 3), any(4, 5))", 0),
            ("2 of (1, 2, 3, 4, 5)", 3),
        ];
        for (text, can_lose) in steps {
            let opened = open(&storage, &list(&factors)).await.unwrap();
            let change = accepted(&opened).structure(structure(text));
            let step = Step::SetStructure {
                arrangement: structure(text),
            };
            assert_eq!(change.steps(), [step]);
            let committed = commit(change, &storage, &mut rng).await.unwrap();
            assert_eq!(committed.receipt.can_lose, can_lose, "{text}");
            for bits in 1..1_usize << factors.len() {
                let (chosen, holders) = subset(&factors, bits);
                let opens = open(&storage, &chosen).await;
                assert_eq!(
                    opens.is_ok(),
                    satisfies(&structure(text), &holders),
                    "{text}"
                );
            }
            let opened = open(&storage, &list(&factors)).await.unwrap();
            assert_eq!(opened.account().verifying_key(), key);
            check_signature(&opened, curve, &key);
        }
        step_down(&storage, &factors, curve, &key, &mut rng).await;
    }
}

/// A plain threshold over all five, and then over three of them.
async fn step_down(
    storage: &dyn Storage,
    factors: &[SeedFactor<'static>],
    curve: CurveId,
    key: &[u8],
    rng: &mut ChaCha20Rng,
) {
    let opened = open(storage, &list(factors)).await.unwrap();
    let core = opened.account().core();
    let plain = AccessStructure::Threshold(Threshold::new(2).unwrap());
    assert_eq!(core.structure, plain);
    assert!(
        core.holders
            .iter()
            .all(|holder| holder.identifiers.len() == 1)
    );
    // 2/5 -> 2/3.
    let change = accepted(&opened).remove(id(4)).remove(id(5));
    let committed = commit(change, storage, rng).await.unwrap();
    assert_eq!(committed.account.verifying_key(), key);
    let opened = open(storage, &list(&factors[1..3])).await.unwrap();
    check_signature(&opened, curve, key);
}

fn accepted<'o, 'f>(opened: &'o tki_engine::Opened<'f>) -> tki_engine::Change<'o, 'f> {
    opened.change().unverified(Unverified::Accept)
}

#[tokio::test]
async fn whoever_is_added_to_a_nested_structure_is_one_more_member_of_its_root() {
    let mut rng = rng("adding");
    let text = "2 of (1, 2, all(3, 4))";
    // Those at hand show every share, or not: then everybody gets a new one.
    for (at_hand, epoch) in [(vec![0, 2, 3], 0), (vec![0, 1], 1)] {
        let storage = MemoryStorage::new();
        let factors = papers(4, &mut rng);
        let key = account_over(&storage, text, &factors, &mut rng).await;
        let present: Vec<&dyn Factor> = at_hand.iter().map(|place| &factors[*place] as _).collect();
        let newcomer = words("new", &mut rng);
        let opened = open(&storage, &present).await.unwrap();
        let change = accepted(&opened).add(&newcomer, OfflineCopies::Keep);
        let committed = commit(change, &storage, &mut rng).await.unwrap();
        assert_eq!(committed.receipt.epoch.get(), epoch);
        // 5 is the inner gate.
        assert_eq!(committed.receipt.added[0].identifier, id(6));
        let arrangement = Arrangement::of(committed.account.core());
        assert_eq!(arrangement.to_string(), "2 of (1, 2, all(3, 4), 6)");
        for pair in [
            [&factors[0] as &dyn Factor, &newcomer],
            [&factors[1], &newcomer],
        ] {
            let opened = open(&storage, &pair).await.unwrap();
            assert_eq!(opened.account().verifying_key(), key);
        }
        let too_few: [&dyn Factor; 2] = [&factors[2], &newcomer];
        open(&storage, &too_few).await.err().unwrap();
    }
}

#[tokio::test]
async fn a_rename_works_with_whoever_suffices() {
    let mut rng = rng("renaming");
    let storage = MemoryStorage::new();
    let factors = papers(4, &mut rng);
    account_over(&storage, "2 of (1, 2, all(3, 4))", &factors, &mut rng).await;
    let opened = open(&storage, &list(&factors[..2])).await.unwrap();
    let change = accepted(&opened).rename(id(3), "safe");
    commit(change, &storage, &mut rng).await.unwrap();
    for quorum in [[0, 1], [0, 1]] {
        let present: Vec<&dyn Factor> = quorum.iter().map(|place| &factors[*place] as _).collect();
        open(&storage, &present).await.unwrap();
    }
    let present: [&dyn Factor; 3] = [&factors[1], &factors[2], &factors[3]];
    let opened = open(&storage, &present).await.unwrap();
    assert_eq!(opened.account().holders()[2].label, "safe");
}

#[tokio::test]
async fn a_replacement_takes_the_place_and_the_weight_of_whom_it_replaces() {
    let mut rng = rng("replacing");
    let storage = MemoryStorage::new();
    let factors = papers(4, &mut rng);
    let key = account_over(&storage, "3 of (1*2, 2, all(3, 4))", &factors, &mut rng).await;
    let newcomer = words("new", &mut rng);
    let opened = open(&storage, &list(&factors)).await.unwrap();
    let change = accepted(&opened)
        .remove(id(1))
        .add(&newcomer, OfflineCopies::Keep);
    let committed = commit(change, &storage, &mut rng).await.unwrap();
    let core = committed.account.core();
    let arrangement = Arrangement::of(core);
    let new = committed.receipt.added[0].identifier;
    assert_eq!(
        arrangement.to_string(),
        format!("3 of ({new}*2, 2, all(3, 4))")
    );
    let two: [&dyn Factor; 2] = [&newcomer, &factors[1]];
    let opened = open(&storage, &two).await.unwrap();
    assert_eq!(opened.account().verifying_key(), key);
    let without: Vec<&dyn Factor> = list(&factors[1..]);
    open(&storage, &without).await.err().unwrap();
}

#[tokio::test]
async fn removing_is_refused_where_a_gate_could_never_be_satisfied() {
    let mut rng = rng("removing");
    let storage = MemoryStorage::new();
    let factors = papers(5, &mut rng);
    let key = account_over(&storage, "2 of (1, 2, 2 of (3, 4, 5))", &factors, &mut rng).await;
    let opened = open(&storage, &list(&factors[..2])).await.unwrap();
    let change = accepted(&opened).remove(id(3));
    let committed = commit(change, &storage, &mut rng).await.unwrap();
    let arrangement = Arrangement::of(committed.account.core());
    assert_eq!(arrangement.to_string(), "2 of (1, 2, all(4, 5))");
    let opened = open(&storage, &list(&factors[..2])).await.unwrap();
    let change = accepted(&opened).remove(id(4));
    let error = commit(change, &storage, &mut rng).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::InvalidChange);
    assert_eq!(
        error.to_string(),
        InvalidChange::LeavesTooFew(id(4)).to_string()
    );
    // With another structure in the same change it goes.
    let change = accepted(&opened)
        .remove(id(4))
        .structure(structure("2 of (1, 2, 5)"));
    let committed = commit(change, &storage, &mut rng).await.unwrap();
    assert_eq!(committed.account.verifying_key(), key);
    let pair: [&dyn Factor; 2] = [&factors[1], &factors[4]];
    open(&storage, &pair).await.unwrap();
}

async fn shares(storage: &dyn Storage, factor: &dyn Factor) -> Vec<Share<Secp256k1>> {
    let address = factor.address(0);
    let record = storage.get(&address).await.unwrap().unwrap();
    let context = Mailbox::context(&address);
    let plain = factor.open_sealed(&context, record.body()).await.unwrap();
    let mailbox = Mailbox::decode(&plain).unwrap();
    let shares = mailbox.keys[0].shares.iter();
    let share = |(x, value): &(Identifier, zeroize::Zeroizing<[u8; 32]>)| {
        Share::new(
            *x,
            tki_math::SecretScalar::from_canonical_bytes(value).unwrap(),
        )
    };
    shares.map(share).collect()
}

#[tokio::test]
async fn old_shares_of_the_removed_give_nothing_with_new_ones() {
    let mut rng = rng("old shares");
    let storage = HostileStorage::new(MemoryStorage::new());
    let factors = papers(5, &mut rng);
    let text = "2 of (1, 2, 2 of (3, 4, 5))";
    let key = account_over(&storage, text, &factors, &mut rng).await;
    let old = shares(&storage, &factors[1]).await;
    let archive = storage.checkpoint();
    let opened = open(&storage, &list(&factors)).await.unwrap();
    let before = opened.account().core().structure.clone();
    let change = accepted(&opened).remove(id(2));
    let committed = commit(change, &storage, &mut rng).await.unwrap();
    // With each one of the others, and with all of the inner gate.
    for others in [vec![0], vec![2, 3], vec![3, 4], vec![2, 3, 4]] {
        let mut mixed: Vec<_> = old
            .iter()
            .map(|s| Share::new(s.identifier(), s.value().clone()))
            .collect();
        for place in others {
            mixed.extend(shares(&storage, &factors[place]).await);
        }
        let combined = combine(&mixed, &before).unwrap();
        let found = tki_math::VerifyingKey::from_secret(&combined).unwrap();
        assert_ne!(found.to_bytes(), key);
    }
    // What it says is stored and read back as it is.
    for residual in &committed.receipt.residuals {
        assert_eq!(
            Residual::from_statement(&residual.to_statement()),
            *residual
        );
    }
    // The receipt says with whom they do where somebody kept the old records, and is right.
    let told = committed.receipt.residuals.iter().find_map(|residual| {
        if let Residual::UnchangedSeeds { needed, sets, .. } = residual {
            Some((*needed, sets.clone()))
        } else {
            None
        }
    });
    let (needed, sets) = told.unwrap();
    assert_eq!(needed, 1);
    let sets: Vec<Vec<u128>> = sets
        .iter()
        .map(|set| set.iter().map(|name| name.identifier.get()).collect())
        .collect();
    assert_eq!(sets, [vec![1], vec![3, 4], vec![3, 5], vec![4, 5]]);
    storage.roll_back_to(archive);
    for set in sets {
        let mut present: Vec<&dyn Factor> = vec![&factors[1]];
        present.extend(
            set.iter()
                .map(|x| &factors[usize::try_from(*x).unwrap() - 1] as &dyn Factor),
        );
        open(&storage, &present).await.unwrap();
    }
}

#[tokio::test]
async fn who_sufficed_before_is_told_and_does_with_an_archive_alone() {
    let mut rng = rng("old structure");
    let storage = HostileStorage::new(MemoryStorage::new());
    let factors = papers(4, &mut rng);
    let plan = Plan::new(CurveId::Secp256k1, 2, NOW);
    create_over(&storage, &plan, &list(&factors), &mut rng)
        .await
        .unwrap();
    let archive = storage.checkpoint();
    let opened = open(&storage, &list(&factors)).await.unwrap();
    let change = accepted(&opened).structure(structure("2 of (1, 2, all(3, 4))"));
    let committed = commit(change, &storage, &mut rng).await.unwrap();
    let [
        Residual::OldStructure {
            needed: 2, sets, ..
        },
    ] = committed.receipt.residuals.as_slice()
    else {
        panic!("{:?}", committed.receipt.residuals);
    };
    assert_eq!(sets.len(), 5);
    let text = committed.receipt.residuals[0].to_string();
    assert!(
        text.starts_with("words 1 and words 3, or words 1 and words 4, or "),
        "{text}"
    );
    let lost: [&dyn Factor; 2] = [&factors[2], &factors[3]];
    assert!(open(&storage, &lost).await.is_err());
    storage.roll_back_to(archive);
    assert!(open(&storage, &lost).await.is_ok());
    // A raised threshold is the same; a lowered one leaves nothing to tell.
    let opened = open(&storage, &list(&factors)).await.unwrap();
    let raised = accepted(&opened).threshold(3);
    let raised = raised.prepare(&storage, NOW, &mut rng).await.unwrap();
    let [
        Residual::OldStructure {
            needed: 2, sets, ..
        },
    ] = raised.receipt().residuals.as_slice()
    else {
        panic!("{:?}", raised.receipt().residuals);
    };
    assert!(sets.is_empty());
    let same = accepted(&opened).refresh();
    let same = same.prepare(&storage, NOW, &mut rng).await.unwrap();
    assert_eq!(same.receipt().residuals, []);
}

#[tokio::test]
async fn too_few_are_told_whom_they_need() {
    let mut rng = rng("whom");
    let storage = MemoryStorage::new();
    let mut factors = papers(4, &mut rng);
    factors.push(words("safe", &mut rng));
    account_over(
        &storage,
        "2 of (1, 2, all(3, any(4, 5)))",
        &factors,
        &mut rng,
    )
    .await;
    let message = |places: &'static [usize]| {
        let present: Vec<&dyn Factor> = places.iter().map(|place| &factors[*place] as _).collect();
        let storage = &storage;
        async move { open(storage, &present).await.err().unwrap().to_string() }
    };
    assert_eq!(
        message(&[0]).await,
        "the factors at hand do not suffice; missing: words 2, or words 3 and words 4, or words 3 \
         and words 5 (safe)"
    );
    assert_eq!(
        message(&[2, 3]).await,
        "the factors at hand do not suffice; missing: words 1, or words 2"
    );
}

#[tokio::test]
async fn structures_that_are_none_are_refused() {
    let mut rng = rng("refused");
    for (text, count, said) in [
        (
            "2 of (1, 2)",
            3,
            "the structure does not name factor 3: name it, or remove it first",
        ),
        ("2 of (1, 2, 3, 4)", 3, "no factor has the identifier 4"),
        (
            "2 of (1, 2, any(3, 7))",
            3,
            "no factor has the identifier 7",
        ),
        ("any(1, 2, 3)", 3, "the threshold must be at least 2"),
        (
            "any(1, all(2, 3))",
            3,
            "factor 1 would suffice alone: whoever has it would have the key",
        ),
        (
            "2 of (1, 2*2, 3)",
            3,
            "factor 2 would suffice alone: whoever has it would have the key",
        ),
    ] {
        assert_eq!(refused(text, count, &mut rng).await, said, "{text}");
    }
    let storage = MemoryStorage::new();
    let factors = papers(2, &mut rng);
    let never = Arrangement::gate(
        Threshold::new(3).unwrap(),
        vec![Arrangement::Holder(id(1)); 2],
    );
    let mut plan = Plan::new(CurveId::Ed25519, 2, NOW);
    plan.structure = Some(never);
    let error = create(&storage, &plan, &list(&factors), &mut rng)
        .await
        .err()
        .unwrap();
    assert_eq!(error.to_string(), InvalidChange::NeverSatisfied.to_string());
    let many = vec![Arrangement::Holder(id(1)); 1001];
    plan.structure = Some(Arrangement::gate(Threshold::new(3).unwrap(), many));
    let error = create(&storage, &plan, &list(&factors), &mut rng)
        .await
        .err()
        .unwrap();
    assert_eq!(
        error.to_string(),
        InvalidChange::StructureTooLarge.to_string()
    );
}

#[tokio::test]
async fn whoever_would_suffice_alone_is_not_added() {
    let mut rng = rng("alone");
    let storage = MemoryStorage::new();
    let factors = papers(4, &mut rng);
    account_over(&storage, "any(all(1, 2), all(3, 4))", &factors, &mut rng).await;
    let newcomer = words("", &mut rng);
    let opened = open(&storage, &list(&factors)).await.unwrap();
    let change = accepted(&opened).add(&newcomer, OfflineCopies::Keep);
    let error = commit(change, &storage, &mut rng).await.err().unwrap();
    assert_eq!(
        error.to_string(),
        InvalidChange::OneSuffices(id(7)).to_string()
    );
    let wanted = structure("any(all(1, 2), all(3, 4, 7))");
    let change = accepted(&opened)
        .add(&newcomer, OfflineCopies::Keep)
        .structure(wanted);
    commit(change, &storage, &mut rng).await.unwrap();
}

/// Identifiers are given out once, and the same wish is the same step whenever it is asked for.
#[tokio::test]
async fn places_have_identifiers_that_nobody_had() {
    let mut rng = rng("places");
    let storage = MemoryStorage::new();
    let factors = papers(4, &mut rng);
    account_over(&storage, "3 of (1*2, 2, all(3, 4))", &factors, &mut rng).await;
    let mut seen: Vec<Core> = Vec::new();
    for text in [
        "2 of (1, 2, all(3, 4))",
        "3 of (1*2, 2, all(3, 4))",
        "4 of (1*3, 2*2, 3, 4)",
    ] {
        let opened = open(&storage, &list(&factors)).await.unwrap();
        let change = accepted(&opened).structure(structure(text));
        let committed = commit(change, &storage, &mut rng).await.unwrap();
        seen.push(committed.account.core().clone());
    }
    let numbers: Vec<Vec<u128>> = seen
        .iter()
        .map(|core| core.identifiers().iter().map(|x| x.get()).collect())
        .collect();
    assert_eq!(numbers[0], [1, 2, 3, 4]);
    assert_eq!(numbers[1], [1, 8, 2, 3, 4]);
    assert_eq!(numbers[2], [1, 8, 10, 2, 11, 3, 4]);
    assert_eq!(seen[2].next_identifier, id(12));
}

#[tokio::test]
async fn a_nested_account_moves_to_a_new_key() {
    let mut rng = rng("nested and moving");
    let storage = MemoryStorage::new();
    let factors = papers(4, &mut rng);
    let text = "2 of (1, 2, all(3, 4))";
    let before = account_over(&storage, text, &factors, &mut rng).await;
    let opened = open(&storage, &list(&factors[..2])).await.unwrap();
    let change = accepted(&opened).rotate();
    commit(change, &storage, &mut rng).await.unwrap();
    // Both keys follow every change meanwhile, and every quorum has both.
    let opened = open(&storage, &list(&factors[..2])).await.unwrap();
    let change = accepted(&opened).structure(structure("2 of (1*2, any(2, 3), 4, 4)"));
    let refused = commit(change, &storage, &mut rng).await.err().unwrap();
    assert_eq!(
        refused.to_string(),
        InvalidChange::OneSuffices(id(1)).to_string()
    );
    let text = "all(any(1, 2), any(3, 4))";
    let change = accepted(&opened).structure(structure(text));
    commit(change, &storage, &mut rng).await.unwrap();
    let pair: [&dyn Factor; 2] = [&factors[1], &factors[3]];
    let opened = open(&storage, &pair).await.unwrap();
    let next = opened.account().next_verifying_key().unwrap().to_vec();
    assert_ne!(next, before);
    let opened = opened.use_next_key().unwrap();
    let input = Input::Message(b"with the next one");
    let signature = opened.sign(Scheme::Bip340, input).unwrap();
    verify(Scheme::Bip340, &next, input, &signature.to_bytes()).unwrap();
    let change = accepted(&opened).confirm_rotation(&next);
    commit(change, &storage, &mut rng).await.unwrap();
    for bits in 1..1_usize << factors.len() {
        let (chosen, holders) = subset(&factors, bits);
        match open(&storage, &chosen).await {
            Ok(opened) => assert_eq!(opened.account().verifying_key(), next),
            Err(_) => assert!(!satisfies(&structure(text), &holders)),
        }
    }
}

#[tokio::test]
async fn a_pegged_share_and_a_nested_structure_exclude_each_other() {
    let mut rng = rng("pegged and nested");
    let storage = MemoryStorage::new();
    let mut seed = [0; 32];
    rng.fill_bytes(&mut seed);
    let seed = tki_metadata::OpeningSeed::from_bytes(&seed);
    let pegged = SeedFactor::new(HolderKind::Words, "", seed).pegged();
    let others = papers(3, &mut rng);
    let mut all: Vec<&dyn Factor> = list(&others);
    all.push(&pegged);
    let said = InvalidChange::PegsNeedThreshold.to_string();
    let nested = plan(CurveId::Secp256k1, "2 of (1, 2, all(3, 4))");
    let error = create(&storage, &nested, &all, &mut rng)
        .await
        .err()
        .unwrap();
    assert_eq!(error.to_string(), said);
    let plain = Plan::new(CurveId::Secp256k1, 3, NOW);
    create_over(&storage, &plain, &all, &mut rng).await.unwrap();
    let opened = open(&storage, &list(&others)).await.unwrap();
    let change = accepted(&opened).structure(structure("2 of (1, 2, all(3, 4))"));
    let error = commit(change, &storage, &mut rng).await.err().unwrap();
    assert_eq!(error.to_string(), said);
    // A flat one over all of them is a plain threshold.
    let change = accepted(&opened).structure(structure("all(1, 2, 3, 4)"));
    commit(change, &storage, &mut rng).await.unwrap();
    let other = MemoryStorage::new();
    account_over(&other, "all(1, any(2, 3))", &others, &mut rng).await;
    let opened = open(&other, &list(&others)).await.unwrap();
    let change = accepted(&opened).add(&pegged, OfflineCopies::Keep);
    let error = commit(change, &other, &mut rng).await.err().unwrap();
    assert_eq!(error.to_string(), said);
}

#[test]
fn what_is_printed_is_read_and_no_text_does_harm() {
    let mut rng = rng("texts");
    for _ in 0..500 {
        let count = 1 + rng.next_u32() as usize % 7;
        let arrangement = random_arrangement(count, &mut rng);
        assert_eq!(structure(&arrangement.to_string()), arrangement);
    }
    let names = [
        HolderName::new(id(1), HolderKind::Device, "my phone"),
        HolderName::new(id(2), HolderKind::Words, ""),
    ];
    let parts = [
        "2",
        " of ",
        "of",
        "any",
        "all",
        "ranked",
        "(",
        ")",
        ",",
        "*",
        "#",
        "\"",
        "1",
        "0",
        "99999",
        "device",
        "words",
        "\"my phone\"",
        " ",
        "é",
        "\u{0}",
        "-",
    ];
    let mut read = 0;
    for _ in 0..20_000 {
        let length = rng.next_u32() % 12;
        let text: String = (0..length)
            .map(|_| parts[rng.next_u32() as usize % parts.len()])
            .collect();
        match read_structure(&text, &names) {
            Ok(arrangement) => {
                assert!(arrangement.check().is_ok(), "{text}");
                read += 1;
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
    assert!(read > 20, "{read}");
    let deep = "any(".repeat(100_000);
    assert!(read_structure(&deep, &names).is_err());
    let wide = format!("any({}1)", "1*65535,".repeat(100));
    assert!(read_structure(&wide, &names).is_err());
}

//! What a receipt says of structures that were in force before: each set that it names gives the key with
//! records of then, and nothing less does.

use rand_chacha::ChaCha20Rng;
use tki_engine::{
    Change, Factor, Finding, Freshness, Gone, HolderName, Opened, Plan, Receipt, Residual,
    SeedFactor, Standpoint, Unverified, health, read_structure,
};
use tki_math::Identifier;
use tki_metadata::{Arrangement, HolderKind};
use tki_seal::curve::CurveId;
use tki_storage::MemoryStorage;
use tki_testkit::{HostileStorage, rng};

use crate::rotating::{begin, confirm};
use crate::support::{NOW, commit, create_over, open, words};

type Archive = HostileStorage<MemoryStorage>;

fn id(number: usize) -> Identifier {
    Identifier::new(u128::try_from(number).unwrap()).unwrap()
}

fn structure(text: &str) -> Arrangement {
    let names: Vec<_> = (1..9)
        .map(|number| HolderName::new(id(number), HolderKind::Words, ""))
        .collect();
    read_structure(text, &names).unwrap()
}

/// Five sheets of words.
struct Sheets(Vec<SeedFactor<'static>>);

impl Sheets {
    fn new(rng: &mut ChaCha20Rng) -> Self {
        Self((0..5).map(|_| words("", rng)).collect())
    }

    fn all(&self) -> Vec<&dyn Factor> {
        self.0.iter().map(|sheet| sheet as &dyn Factor).collect()
    }

    /// Those with these numbers.
    fn some(&self, numbers: &[usize]) -> Vec<&dyn Factor> {
        let sheets = self.0.iter().zip(1..);
        let named = sheets.filter(|(_, number)| numbers.contains(number));
        named.map(|(sheet, _)| sheet as &dyn Factor).collect()
    }
}

async fn change<'f>(
    storage: &Archive,
    factors: &[&'f dyn Factor],
    rng: &mut ChaCha20Rng,
    with: impl for<'o> FnOnce(Change<'o, 'f>) -> Change<'o, 'f>,
) -> (Receipt, usize) {
    let opened = open(storage, factors).await.unwrap();
    let change = with(opened.change().unverified(Unverified::Accept));
    let committed = commit(change, storage, rng).await.unwrap();
    let core = committed.account.core();
    let standpoint = Standpoint {
        core,
        standing: None,
        own: None,
        freshness: Freshness::Verified,
        together: &[],
        remembered: &[],
        are_records_here: false,
        now: NOW,
    };
    let findings = health(&standpoint).findings;
    let is_old = |finding: &&Finding| matches!(finding, Finding::OldSecrets { .. });
    let old = findings.iter().find(is_old).map(Finding::holders);
    (committed.receipt, old.map_or(0, |holders| holders.len()))
}

fn anew<'o, 'f>(change: Change<'o, 'f>) -> Change<'o, 'f> {
    change.refresh()
}

async fn gives_the_key(storage: &Archive, factors: &[&dyn Factor], key: &[u8]) -> bool {
    let opened: Option<Opened<'_>> = open(storage, factors).await.ok();
    let opened = opened.filter(|opened| opened.verifying_key() == key);
    opened.is_some_and(|opened| opened.export().unwrap().verifying_key() == key)
}

fn numbers(names: &[HolderName]) -> Vec<usize> {
    let numbers = names.iter().map(|name| name.identifier.get());
    numbers.map(|x| usize::try_from(x).unwrap()).collect()
}

/// The sets that a statement names: those that are listed, or any so many.
fn sets_of(needed: usize, unchanged: &[HolderName], sets: &[Vec<HolderName>]) -> Vec<Vec<usize>> {
    if !sets.is_empty() {
        return sets.iter().map(|set| numbers(set)).collect();
    }
    let all = numbers(unchanged);
    let subsets = (0..1_usize << all.len()).map(|bits| {
        let chosen = all.iter().enumerate();
        let chosen = chosen.filter(|(place, _)| bits >> place & 1 == 1);
        chosen.map(|(_, number)| *number).collect::<Vec<_>>()
    });
    subsets.filter(|set| set.len() == needed).collect()
}

/// Each of these sets gives the key with the secret of who is gone, and what is smaller, or without
/// that secret, does not.
async fn check(storage: &Archive, sheets: &Sheets, gone: usize, sets: &[Vec<usize>], key: &[u8]) {
    assert!(!sets.is_empty());
    for set in sets {
        let with = [&[gone][..], set].concat();
        assert!(
            gives_the_key(storage, &sheets.some(&with), key).await,
            "{with:?}"
        );
        for left_out in &with {
            let fewer: Vec<usize> = with.iter().copied().filter(|x| x != left_out).collect();
            assert!(
                !gives_the_key(storage, &sheets.some(&fewer), key).await,
                "{fewer:?}"
            );
        }
    }
}

async fn created(
    storage: &Archive,
    plan: &Plan,
    sheets: &Sheets,
    rng: &mut ChaCha20Rng,
) -> Vec<u8> {
    let made = create_over(storage, plan, &sheets.all(), rng)
        .await
        .unwrap();
    made.account.verifying_key().to_vec()
}

fn stored(receipt: &Receipt) {
    for residual in &receipt.residuals {
        let statement = residual.to_statement();
        assert_eq!(Residual::from_statement(&statement), *residual);
    }
}

fn of_earlier(receipt: &Receipt) -> Vec<&Residual> {
    let is_earlier = |residual: &&Residual| matches!(residual, Residual::EarlierStructure { .. });
    receipt.residuals.iter().filter(is_earlier).collect()
}

fn unchanged_seeds(receipt: &Receipt) -> Vec<Vec<usize>> {
    let sets = receipt.residuals.iter().filter_map(|residual| {
        let Residual::UnchangedSeeds {
            unchanged,
            needed,
            sets,
            ..
        } = residual
        else {
            return None;
        };
        Some(sets_of(*needed, unchanged, sets))
    });
    let all: Vec<_> = sets.collect();
    all[0].clone()
}

#[tokio::test]
async fn after_a_raise_a_removal_says_how_few_were_enough_before() {
    let mut rng = rng("raised, then removed");
    for raised in ["4 of (1, 2, 3, 4, 5)", "2 of (1, 2, 2 of (3, 4, 5))"] {
        let storage = HostileStorage::new(MemoryStorage::new());
        let sheets = Sheets::new(&mut rng);
        let plan = Plan::new(CurveId::Secp256k1, 2, NOW);
        let key = created(&storage, &plan, &sheets, &mut rng).await;
        let hand = sheets.all();
        change(&storage, &hand, &mut rng, anew).await;
        let low = storage.checkpoint();
        let wanted = structure(raised);
        change(&storage, &hand, &mut rng, |c| c.structure(wanted)).await;
        let high = storage.checkpoint();
        let (receipt, old) = change(&storage, &hand, &mut rng, |c| c.remove(id(4))).await;
        stored(&receipt);
        // Everybody who kept his secrets is one too many, and health says so.
        assert_eq!(old, 4);
        let [earlier] = of_earlier(&receipt)[..] else {
            panic!("{:?}", receipt.residuals);
        };
        let Residual::EarlierStructure {
            gone,
            how: Gone::Removed,
            versions: (0, 1),
            unchanged,
            needed: Some(1),
            sets,
        } = earlier
        else {
            panic!("{earlier:?}");
        };
        assert_eq!(gone.identifier, id(4));
        let text = earlier.to_string();
        let said = "words 4 together with 1 of words 1, words 2, words 3, words 5 and somebody's \
                    archive of a version from 0 to 1 can still use the key";
        assert!(text.starts_with(said), "{text}");
        // With records of the newer structure it takes what is said of that one.
        storage.roll_back_to(high);
        check(&storage, &sheets, 4, &unchanged_seeds(&receipt), &key).await;
        storage.roll_back_to(low);
        let sets = sets_of(1, unchanged, sets);
        assert_eq!(sets.len(), 4);
        check(&storage, &sheets, 4, &sets, &key).await;
    }
}

#[tokio::test]
async fn sets_of_an_earlier_nested_structure_are_named_unless_they_suffice_anyway() {
    let mut rng = rng("nested, then raised, then removed");
    let storage = HostileStorage::new(MemoryStorage::new());
    let sheets = Sheets::new(&mut rng);
    let mut plan = Plan::new(CurveId::Secp256k1, 2, NOW);
    plan.structure = Some(structure("2 of (1, all(2, 3), all(3, 4), 5)"));
    let key = created(&storage, &plan, &sheets, &mut rng).await;
    let low = storage.checkpoint();
    let hand = sheets.all();
    change(&storage, &hand, &mut rng, |c| c.threshold(4)).await;
    let (receipt, _) = change(&storage, &hand, &mut rng, |c| c.remove(id(4))).await;
    stored(&receipt);
    let [
        Residual::EarlierStructure {
            needed: Some(2),
            sets,
            ..
        },
    ] = of_earlier(&receipt)[..]
    else {
        panic!("{:?}", receipt.residuals);
    };
    let sets: Vec<_> = sets.iter().map(|set| numbers(set)).collect();
    // With 2 and 3 it sufficed as well; with 1 and 5 these suffice alone.
    assert_eq!(sets, [[1, 3], [2, 3], [3, 5]]);
    storage.roll_back_to(low);
    check(&storage, &sheets, 4, &sets, &key).await;
}

#[tokio::test]
async fn companions_who_suffice_alone_are_not_named() {
    let mut rng = rng("alone");
    let storage = HostileStorage::new(MemoryStorage::new());
    let sheets = Sheets::new(&mut rng);
    let mut plan = Plan::new(CurveId::Secp256k1, 2, NOW);
    plan.structure = Some(structure("2 of (1, 2, 2 of (3, 4, 5))"));
    let key = created(&storage, &plan, &sheets, &mut rng).await;
    let archive = storage.checkpoint();
    let (receipt, _) = change(&storage, &sheets.all(), &mut rng, |c| c.remove(id(4))).await;
    assert!(of_earlier(&receipt).is_empty());
    // 1 and 2 need nobody: they are no companions of 4.
    let sets = unchanged_seeds(&receipt);
    assert_eq!(sets, [[1, 3], [1, 5], [2, 3], [2, 5]]);
    storage.roll_back_to(archive);
    check(&storage, &sheets, 4, &sets, &key).await;
}

#[tokio::test]
async fn after_a_raise_a_renewal_says_what_the_old_seed_is_worth_with_older_records() {
    let mut rng = rng("raised, then renewed");
    let storage = HostileStorage::new(MemoryStorage::new());
    let sheets = Sheets::new(&mut rng);
    let fresh = words("", &mut rng);
    let plan = Plan::new(CurveId::Secp256k1, 2, NOW);
    let key = created(&storage, &plan, &sheets, &mut rng).await;
    let low = storage.checkpoint();
    let hand = sheets.all();
    change(&storage, &hand, &mut rng, |c| c.threshold(4)).await;
    let (receipt, _) = change(&storage, &hand, &mut rng, |c| c.renew(id(2), &fresh)).await;
    stored(&receipt);
    let [earlier] = of_earlier(&receipt)[..] else {
        panic!("{:?}", receipt.residuals);
    };
    let text = earlier.to_string();
    let said = "whoever copied the old seed of words 2 and gets at 1 of words 1, words 3, words 4, \
                words 5 can use the key with somebody's archive of version 0";
    assert!(text.starts_with(said), "{text}");
    storage.roll_back_to(low);
    check(
        &storage,
        &sheets,
        2,
        &[vec![1], vec![3], vec![4], vec![5]],
        &key,
    )
    .await;
    // Her new seed is worth nothing there.
    let new: [&dyn Factor; 2] = [&fresh, &sheets.0[0]];
    assert!(!gives_the_key(&storage, &new, &key).await);
}

#[tokio::test]
async fn who_came_after_the_raise_is_not_said_to_have_sufficed_before() {
    let mut rng = rng("came later");
    let storage = HostileStorage::new(MemoryStorage::new());
    let sheets = Sheets::new(&mut rng);
    let plan = Plan::new(CurveId::Secp256k1, 2, NOW);
    created(&storage, &plan, &sheets, &mut rng).await;
    let hand = sheets.all();
    change(&storage, &hand, &mut rng, |c| c.threshold(4)).await;
    let late = words("late", &mut rng);
    let keep = tki_engine::OfflineCopies::Never;
    change(&storage, &hand, &mut rng, |c| c.add(&late, keep)).await;
    let (receipt, _) = change(&storage, &hand, &mut rng, |c| c.remove(id(6))).await;
    assert!(of_earlier(&receipt).is_empty(), "{:?}", receipt.residuals);
    // A move to another key leaves the old structures behind.
    let (begun, _) = change(&storage, &hand, &mut rng, begin).await;
    assert!(of_earlier(&begun).is_empty());
    change(&storage, &hand, &mut rng, confirm).await;
    let (receipt, _) = change(&storage, &hand, &mut rng, |c| c.remove(id(4))).await;
    assert!(of_earlier(&receipt).is_empty(), "{:?}", receipt.residuals);
}

//! What the table says, held against real accounts: every set of what there is, given to the engine.

use std::collections::BTreeSet;

use rand_chacha::ChaCha20Rng;
use tki_device::MemoryStore;
use tki_engine::answers::{Answered, Attempt, NewSheet, Sealing};
use tki_engine::custody::{Ability, Custody, Facts, Lock, PartyId};
use tki_engine::{
    Account, Device, Factor, OfflineCopies, Opened, Plan, ReadOptions, SeedFactor, create,
};
use tki_formats::answers::{Answer, AnswerKind};
use tki_metadata::{Asked, HolderKind, OpeningSeed, SheetQuestion};
use tki_provider::fake::{FakeBlindEvaluator, FakeProvider};
use tki_seal::curve::CurveId;
use tki_seal::password::Argon2Params;
use tki_seal::signature::{Input, Scheme};
use tki_storage::MemoryStorage;
use tki_testkit::rng;

use super::x;
use crate::support::{NOW, login, settle};

/// An account over a device, a login, words and a file, and everything that belongs to it.
struct Stage {
    storage: MemoryStorage,
    store: MemoryStore,
    provider: FakeProvider,
    words: OpeningSeed,
    file: OpeningSeed,
}

fn parties() -> [PartyId; 5] {
    [
        PartyId::PlaceOf(x(1)),
        PartyId::PlaceOf(x(3)),
        PartyId::PlaceOf(x(4)),
        PartyId::KeeperOf(x(2)),
        PartyId::Storage,
    ]
}

impl Stage {
    async fn new(threshold: u16, offline: OfflineCopies, rng: &mut ChaCha20Rng) -> Self {
        let stage = Self {
            storage: MemoryStorage::new(),
            store: MemoryStore::new(),
            provider: FakeProvider::new([7; 32]),
            words: OpeningSeed::random(rng),
            file: OpeningSeed::random(rng),
        };
        let device = Device::new(&stage.store, rng);
        let laptop = device.factor("laptop");
        let login = login(&stage.provider).await;
        let (words, file) = (stage.words(), stage.file());
        let factors: [&dyn Factor; 4] = [&laptop, &login, &words, &file];
        let mut plan = Plan::new(CurveId::Secp256k1, threshold, NOW);
        plan.offline = offline;
        let prepared = create(&stage.storage, &plan, &factors, rng).await.unwrap();
        settle(prepared, &stage.storage, &device, rng)
            .await
            .unwrap();
        drop(laptop);
        drop(login);
        stage
    }

    fn words(&self) -> SeedFactor<'static> {
        SeedFactor::new(HolderKind::Words, "paper", self.words.clone())
    }

    fn file(&self) -> SeedFactor<'static> {
        SeedFactor::new(HolderKind::File, "stick", self.file.clone())
    }

    async fn custody(&self) -> Custody {
        let words = self.words();
        let account = Account::read(&self.storage, &[&words], ReadOptions::default()).await;
        let mut facts = Facts::default();
        // The store of these tests asks for nothing.
        facts.lock(x(1), Lock::Open);
        Custody::of(account.unwrap().core(), &facts)
    }

    /// Whether these parties can sign: online where the storage answers, else with a device's copies.
    async fn can_sign(&self, there: &BTreeSet<PartyId>, storage_answers: bool) -> bool {
        let device = Device::load(&self.store).unwrap().unwrap();
        let laptop = device.factor("laptop");
        let login = login(&self.provider).await;
        let (words, file) = (self.words(), self.file());
        let all: [&dyn Factor; 4] = [&laptop, &login, &words, &file];
        let ids = [
            PartyId::PlaceOf(x(1)),
            PartyId::KeeperOf(x(2)),
            PartyId::PlaceOf(x(3)),
            PartyId::PlaceOf(x(4)),
        ];
        let mine = all
            .into_iter()
            .zip(ids)
            .filter(|(_, id)| there.contains(id));
        let mine: Vec<&dyn Factor> = mine.map(|(factor, _)| factor).collect();
        if mine.is_empty() {
            return false;
        }
        let opened = if storage_answers {
            Opened::open(&self.storage, &mine, ReadOptions::default()).await
        } else {
            let read = Account::read_offline(&mine).await;
            read.and_then(Account::open)
        };
        opened.is_ok_and(|opened| {
            let message = Input::Message(b"held against the table");
            opened.sign(Scheme::Bip340, message).is_ok()
        })
    }
}

fn has(custody: &Custody, ability: Ability, there: &BTreeSet<PartyId>) -> bool {
    let all = custody.coalitions(ability).listed().expect("few");
    all.iter()
        .any(|some| some.iter().all(|id| there.contains(id)))
}

/// Every set of parties.
fn subsets(parties: &[PartyId]) -> impl Iterator<Item = BTreeSet<PartyId>> {
    (0..1_usize << parties.len()).map(move |number| {
        let those = parties.iter().enumerate();
        let those = those.filter(|(bit, _)| number >> bit & 1 == 1);
        those.map(|(_, id)| id.clone()).collect()
    })
}

#[tokio::test]
async fn every_set_of_factors_signs_exactly_where_the_table_says_so() {
    let mut rng = rng("custody and reality");
    for offline in [OfflineCopies::Keep, OfflineCopies::Never] {
        for threshold in 2..=4 {
            let stage = Stage::new(threshold, offline, &mut rng).await;
            let custody = stage.custody().await;
            let (mut can, mut cannot) = (0, 0);
            for there in subsets(&parties()) {
                // Others: a storage of a server answers whoever knows an address.
                let uses = stage.can_sign(&there, true).await;
                assert_eq!(uses, has(&custody, Ability::Use, &there), "use: {there:?}");
                // The owner: all that is not there is gone.
                let answers = there.contains(&PartyId::Storage);
                let opens = stage.can_sign(&there, answers).await;
                let told = has(&custody, Ability::Recover, &there);
                assert_eq!(
                    opens, told,
                    "recover: {there:?} of {threshold}, {offline:?}"
                );
                // And what is gone for good destroys exactly where nothing opens any more.
                let gone = parties().into_iter().filter(|id| !there.contains(id));
                let destroyed = has(&custody, Ability::Destroy, &gone.collect());
                assert_eq!(opens, !destroyed, "destroy: all but {there:?}");
                can += usize::from(opens);
                cannot += usize::from(!opens);
            }
            assert!(can > 0 && cannot > 0);
        }
    }
}

#[tokio::test]
async fn what_others_withhold_blocks_exactly_where_the_table_says_so() {
    let mut rng = rng("custody and refusal");
    for offline in [OfflineCopies::Keep, OfflineCopies::Never] {
        for threshold in 2..=4 {
            let stage = Stage::new(threshold, offline, &mut rng).await;
            let custody = stage.custody().await;
            for refusing in subsets(&[PartyId::KeeperOf(x(2)), PartyId::Storage]) {
                let helping = parties().into_iter().filter(|id| !refusing.contains(id));
                let helping: BTreeSet<PartyId> = helping.collect();
                let answers = helping.contains(&PartyId::Storage);
                let opens = stage.can_sign(&helping, answers).await;
                let told = has(&custody, Ability::Block, &refusing);
                assert_eq!(opens, !told, "{refusing:?} of {threshold}, {offline:?}");
            }
        }
    }
}

#[tokio::test]
async fn an_evaluator_stands_between_the_login_and_a_pin() {
    let mut rng = rng("custody and a pin");
    let (storage, provider) = (MemoryStorage::new(), FakeProvider::new([3; 32]));
    let evaluator = FakeBlindEvaluator::new([7; 32]);
    let asked = Asked::Own("What is the number?".into());
    let kind = AnswerKind::Digits.code();
    let pin = || Answer::read(AnswerKind::Digits, "482915").unwrap();
    let sheet = NewSheet {
        answered: vec![Answered {
            question: SheetQuestion { asked, kind },
            answer: pin(),
            typical_bits: 20,
        }],
        threshold: 1,
        params: Argon2Params::insecure_for_tests(),
        evaluator: Some(&evaluator),
        sealing: Sealing::Each,
        insist: Some(NOW),
    };
    let answers = sheet.make("pin", &mut |_| (), &mut rng).await.unwrap();
    let login = login(&provider).await;
    let factors: [&dyn Factor; 2] = [&login, &answers];
    let plan = Plan::new(CurveId::Ed25519, 2, NOW);
    let prepared = create(&storage, &plan, &factors, &mut rng).await.unwrap();
    prepared.commit(&storage).await.unwrap();

    // The table: provider, evaluator and a guesser together; nobody with one less.
    let account = Account::read(&storage, &[&login], ReadOptions::default())
        .await
        .unwrap();
    let custody = Custody::of(account.core(), &Facts::default());
    let listed = [[
        PartyId::KeeperOf(x(1)),
        PartyId::Evaluator,
        PartyId::Guesser(x(2)),
    ]];
    assert_eq!(custody.coalitions(Ability::Use).listed().unwrap(), listed);
    assert!(!custody.is_self_custodial);

    // They do: the document that the login opens has the sheet, and the evaluator answers a guess.
    let holder = account.core().holders[1].clone();
    let attempt = |evaluator| Attempt {
        holder: &holder,
        given: vec![Some(pin())],
        evaluator: Some(evaluator),
    };
    let solved = attempt(&evaluator).solve(&mut |_| (), &mut rng).await;
    let guessed = solved.unwrap();
    let both: [&dyn Factor; 2] = [&login, &guessed];
    Opened::open(&storage, &both, ReadOptions::default())
        .await
        .unwrap();
    // With the right guess and another evaluator they do not.
    let other = FakeBlindEvaluator::new([8; 32]);
    let solved = attempt(&other).solve(&mut |_| (), &mut rng).await;
    assert!(solved.is_err());
}

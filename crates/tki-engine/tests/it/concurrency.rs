//! Several at once over one storage: exactly one new version per success.

use std::sync::Arc;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use tki_engine::{
    Error, ErrorKind, Factor, Freshness, OfflineCopies, Plan, ProviderFactor, Unverified,
};
use tki_math::Identifier;
use tki_metadata::AccountId;
use tki_provider::{Anchor, AnchorEntry, Takeover, fake::FakeProvider};
use tki_record::{Claim, RecordHeader};
use tki_seal::curve::CurveId;
use tki_storage::MemoryStorage;
use tki_testkit::{HostileStorage, rng};

use crate::support::{NOW, Person, commit, create_over, login, open, read, refresh, words};

type Shared<T> = Arc<T>;

/// A first login on a new machine: creates an account with this login and a new paper.
async fn first_login(
    storage: Shared<HostileStorage<MemoryStorage>>,
    provider: Shared<FakeProvider>,
    with_anchor: bool,
    mut rng: ChaCha20Rng,
) -> Result<AccountId, ErrorKind> {
    let paper = words("paper", &mut rng);
    let provider = &*provider;
    let anchor: Option<&dyn Anchor> = if with_anchor { Some(provider) } else { None };
    let login = ProviderFactor::connect("login", provider, Some(provider), anchor)
        .await
        .unwrap();
    let plan = Plan::new(CurveId::Secp256k1, 2, NOW);
    let made = create_over(&*storage, &plan, &[&login, &paper], &mut rng).await;
    made.map(|committed| committed.account.id())
        .map_err(|error| error.kind())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_concurrent_first_logins_end_with_one_key() {
    let mut rng = rng("two first logins");
    for with_anchor in [true, false] {
        for round in 0..16u8 {
            let storage = Arc::new(HostileStorage::new(MemoryStorage::new()));
            let provider = Arc::new(FakeProvider::new([round; 32]));
            if !with_anchor {
                // Both have found the slot free before either commits.
                storage.gather_commits(2);
            }
            let tasks = [(); 2].map(|()| {
                let (storage, provider) = (Arc::clone(&storage), Arc::clone(&provider));
                let rng = ChaCha20Rng::from_rng(&mut rng);
                tokio::spawn(first_login(storage, provider, with_anchor, rng))
            });
            let mut made = Vec::new();
            for task in tasks {
                match task.await.unwrap() {
                    Ok(account) => made.push(account),
                    Err(kind) => {
                        assert!(
                            matches!(kind, ErrorKind::Conflict | ErrorKind::Exists),
                            "{kind:?}"
                        );
                    }
                }
            }
            assert_eq!(made.len(), 1, "one of two first logins makes the key");
            let login = login(&provider).await;
            assert_eq!(read(&*storage, &[&login]).await.unwrap().id(), made[0]);
        }
    }
}

/// What a task does to the account, over and over until it succeeds.
#[derive(Clone, Copy)]
enum Aim {
    Add,
    Refresh,
    Remove(Identifier),
    SetThreshold,
}

/// Opens, changes and commits until a commit succeeds. Returns how often it lost a race.
async fn change_until_done(
    storage: &MemoryStorage,
    factors: &[&dyn Factor],
    aim: Aim,
    mut rng: ChaCha20Rng,
) -> u64 {
    let mut conflicts = 0;
    loop {
        match change_once(storage, factors, aim, &mut rng).await {
            Ok(()) => return conflicts,
            Err(error) => assert_eq!(error.kind(), ErrorKind::Conflict, "{error}"),
        }
        conflicts += 1;
    }
}

async fn change_once(
    storage: &MemoryStorage,
    factors: &[&dyn Factor],
    aim: Aim,
    rng: &mut ChaCha20Rng,
) -> Result<(), Error> {
    let added = words("new", rng);
    let opened = open(storage, factors).await?;
    let change = opened.change().unverified(Unverified::Accept);
    let change = match aim {
        Aim::Add => change.add(&added, OfflineCopies::Never),
        Aim::Refresh => change.refresh(),
        Aim::Remove(identifier) => change.remove(identifier),
        Aim::SetThreshold => change.threshold(2),
    };
    commit(change, storage, rng).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn thirty_two_tasks_change_one_account_and_each_success_is_one_version() {
    const TASKS: usize = 32;
    let mut rng = rng("thirty-two tasks");
    let storage = Arc::new(MemoryStorage::new());
    let kept: Arc<Vec<_>> = Arc::new((0..3).map(|_| words("kept", &mut rng)).collect());
    let spare: Vec<_> = (0..TASKS / 4).map(|_| words("spare", &mut rng)).collect();
    let all: Vec<&dyn Factor> = kept
        .iter()
        .chain(&spare)
        .map(|factor| factor as &dyn Factor)
        .collect();
    let plan = Plan::new(CurveId::Secp256k1, 2, NOW);
    let created = create_over(&*storage, &plan, &all, &mut rng)
        .await
        .unwrap()
        .account;
    let removable: Vec<Identifier> = created.core().identifiers().split_off(3);

    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let (storage, kept) = (Arc::clone(&storage), Arc::clone(&kept));
            let aim = match task % 4 {
                0 => Aim::Refresh,
                1 => Aim::Remove(removable[task / 4]),
                2 => Aim::Add,
                _ => Aim::SetThreshold,
            };
            let rng = ChaCha20Rng::from_rng(&mut rng);
            tokio::spawn(async move {
                let factors: [&dyn Factor; 2] = [&kept[task % 3], &kept[(task + 1) % 3]];
                change_until_done(&storage, &factors, aim, rng).await
            })
        })
        .collect();
    let mut conflicts = 0;
    for task in tasks {
        conflicts += task.await.unwrap();
    }
    assert!(conflicts > 0, "no two tasks met: nothing was tested");
    let opened = open(&*storage, &[&kept[0], &kept[2]]).await.unwrap();
    assert_eq!(opened.account().version(), TASKS as u64);
    assert_eq!(opened.account().verifying_key(), created.verifying_key());
    assert_eq!(opened.account().holders().len(), 3 + TASKS / 4);
}

/// An anchor that, before it first answers, sees somebody else change the account.
struct Overtaken<'a> {
    storage: &'a MemoryStorage,
    provider: &'a FakeProvider,
    /// Who changes it, and with what randomness; taken by the first read.
    other: tokio::sync::Mutex<Option<(&'a dyn Factor, ChaCha20Rng)>>,
}

#[async_trait::async_trait]
impl Anchor for Overtaken<'_> {
    async fn read(&self, slot: u32) -> Result<Option<AnchorEntry>, tki_provider::Error> {
        if let Some((paper, mut rng)) = self.other.lock().await.take() {
            let login = login(self.provider).await;
            refresh(self.storage, &[&login, paper], &mut rng).await;
        }
        self.provider.read(slot).await
    }

    async fn reserve(
        &self,
        slot: u32,
        claim: &Claim,
        takeover: Takeover,
    ) -> Result<(), tki_provider::Error> {
        self.provider.reserve(slot, claim, takeover).await
    }

    async fn advance(&self, slot: u32, header: &RecordHeader) -> Result<(), tki_provider::Error> {
        self.provider.advance(slot, header).await
    }
}

#[tokio::test]
async fn a_change_between_reading_the_account_and_its_anchor_is_no_rollback() {
    let mut rng = rng("overtaken");
    let storage = MemoryStorage::new();
    let person = Person::create(&storage, OfflineCopies::Never, &mut rng).await;
    let provider = &person.provider;
    let anchor = Overtaken {
        storage: &storage,
        provider,
        other: tokio::sync::Mutex::new(Some((&person.words, rng))),
    };
    let login = ProviderFactor::connect("login", provider, Some(provider), Some(&anchor))
        .await
        .unwrap();
    let account = read(&storage, &[&login]).await.unwrap();
    assert_eq!(account.version(), 1);
    assert_eq!(account.freshness(), Freshness::Verified);
}

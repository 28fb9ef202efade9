//! Several at once over one storage: exactly one new version per success.

use std::sync::Arc;

use tki_engine::{ErrorKind, Factor, OfflineCopies, Plan, Unverified};
use tki_metadata::HolderKind;
use tki_provider::fake::FakeProvider;
use tki_seal::curve::CurveId;
use tki_storage::MemoryStorage;
use tki_testkit::rng;

use crate::support::{NOW, create_over, login, open, read, words};

#[tokio::test(flavor = "multi_thread")]
async fn two_concurrent_first_logins_end_with_one_key() {
    let mut rng = rng("two first logins");
    for with_anchor in [true, false] {
        for round in 0..16u8 {
            let storage = Arc::new(MemoryStorage::new());
            let provider = Arc::new(FakeProvider::new([round; 32]));
            let mut tasks = Vec::new();
            for _ in 0..2 {
                let (storage, provider) = (Arc::clone(&storage), Arc::clone(&provider));
                let mut rng =
                    <rand_chacha::ChaCha20Rng as rand_core::SeedableRng>::from_rng(&mut rng);
                tasks.push(tokio::spawn(async move {
                    let paper = words("paper", &mut rng);
                    let anchor = with_anchor.then_some(&*provider as &dyn tki_provider::Anchor);
                    let login = tki_engine::ProviderFactor::connect(
                        "login",
                        &*provider,
                        Some(&*provider),
                        anchor,
                    )
                    .await
                    .unwrap();
                    let factors: [&dyn Factor; 2] = [&login, &paper];
                    let plan = Plan::new(CurveId::Secp256k1, 2, NOW);
                    let made = create_over(&*storage, &plan, &factors, &mut rng).await;
                    made.map(|committed| committed.account.id())
                        .map_err(|error| error.kind())
                }));
            }
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
            let login = login(&provider).await;
            match (made.as_slice(), read(&*storage, &[&login]).await) {
                ([account], Ok(found)) => assert_eq!(found.id(), *account),
                // Each saw the other's reservation and stepped back: no key, and a rerun makes one.
                ([], Err(error)) => assert_eq!(error.kind(), ErrorKind::NotFound),
                (made, found) => panic!("{} keys, {:?}", made.len(), found.map(|a| a.id())),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn thirty_two_tasks_change_one_account_and_each_success_is_one_version() {
    const TASKS: usize = 32;
    let mut rng = rng("thirty-two tasks");
    let storage = Arc::new(MemoryStorage::new());
    let kept: Arc<Vec<_>> = Arc::new((0..3).map(|_| words("kept", &mut rng)).collect());
    let spare: Vec<_> = (0..TASKS / 4).map(|_| words("spare", &mut rng)).collect();
    let mut all: Vec<&dyn Factor> = kept.iter().map(|factor| factor as &dyn Factor).collect();
    all.extend(spare.iter().map(|factor| factor as &dyn Factor));
    let plan = Plan::new(CurveId::Secp256k1, 2, NOW);
    let created = create_over(&*storage, &plan, &all, &mut rng).await.unwrap();
    let key = created.account.verifying_key().to_vec();
    let removable: Vec<_> = created
        .account
        .holders()
        .iter()
        .skip(3)
        .filter_map(tki_metadata::Holder::identifier)
        .collect();

    let mut tasks = Vec::new();
    for task in 0..TASKS {
        let (storage, kept) = (Arc::clone(&storage), Arc::clone(&kept));
        let target = removable.get(task / 4).copied();
        let mut rng = <rand_chacha::ChaCha20Rng as rand_core::SeedableRng>::from_rng(&mut rng);
        tasks.push(tokio::spawn(async move {
            let added = tki_engine::SeedFactor::generate(HolderKind::Words, "new", &mut rng);
            let factors: [&dyn Factor; 2] = [&kept[task % 3], &kept[(task + 1) % 3]];
            let mut outcomes = (0u64, 0u64);
            // Every task tries until it succeeds, so that every kind of change occurs.
            loop {
                let opened = match open(&*storage, &factors).await {
                    Ok(opened) => opened,
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
                        outcomes.1 += 1;
                        continue;
                    }
                };
                let change = opened.change().unverified(Unverified::Accept);
                let change = match (task % 4, target) {
                    (0, _) => change.refresh(),
                    (1, Some(identifier)) => change.remove(identifier),
                    (2, _) => change.add(&added, OfflineCopies::Never),
                    _ => change.threshold(2),
                };
                let prepared = match change.prepare(&*storage, NOW, &mut rng).await {
                    Ok(prepared) => prepared,
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
                        outcomes.1 += 1;
                        continue;
                    }
                };
                match prepared.commit(&*storage).await {
                    Ok(_) => {
                        outcomes.0 += 1;
                        break outcomes;
                    }
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
                        outcomes.1 += 1;
                    }
                }
            }
        }));
    }
    let (mut successes, mut conflicts) = (0, 0);
    for task in tasks {
        let (won, lost) = task.await.unwrap();
        successes += won;
        conflicts += lost;
    }
    println!("{successes} new versions, {conflicts} conflicts");
    let opened = open(&*storage, &[&kept[0], &kept[2]]).await.unwrap();
    assert_eq!(opened.account().version(), successes);
    assert_eq!(opened.account().verifying_key(), key);
    assert_eq!(opened.account().holders().len(), 3 + TASKS / 4);
}

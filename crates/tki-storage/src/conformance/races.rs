//! Many writers at once.

use alloc::sync::Arc;
use alloc::vec::Vec;

use rand_core::CryptoRng;
use tki_record::Record;
use tokio::sync::Barrier;
use tokio::task::JoinHandle;

use super::owner::{Owner, put, put_all};
use crate::error::Error;
use crate::storage::Storage;

const WRITERS: usize = 64;
const ROUNDS: u64 = 4;

/// Compare-and-swap under 64 concurrent writers of one record, in rounds: all have read the same
/// version, exactly one replaces it, all others are in conflict with exactly the winner's version.
pub async fn check_writers_in_rounds(storage: Arc<dyn Storage>, rng: &mut impl CryptoRng) {
    let owner = Arc::new(Owner::new(rng));
    let first = owner.first(b"0");
    put(storage.as_ref(), &first).await.unwrap();

    let barrier = Arc::new(Barrier::new(WRITERS));
    let writers = (0..WRITERS).map(|writer| {
        let (storage, owner, barrier) = (
            Arc::clone(&storage),
            Arc::clone(&owner),
            Arc::clone(&barrier),
        );
        tokio::spawn(async move {
            let mut wins = Vec::new();
            for round in 0..ROUNDS {
                let current = storage.get(&owner.address()).await.unwrap().unwrap();
                assert_eq!(current.version(), round);
                let mine = owner.next(&current, &writer.to_le_bytes());
                barrier.wait().await;
                if is_win(put(storage.as_ref(), &mine).await, round.checked_add(1)) {
                    wins.push(mine);
                }
                barrier.wait().await;
            }
            wins
        })
    });
    let mut wins = join(writers.collect()).await;
    wins.sort_by_key(Record::version);
    let versions: Vec<u64> = wins.iter().map(Record::version).collect();
    assert_eq!(
        versions,
        (1..=ROUNDS).collect::<Vec<_>>(),
        "one winner per version"
    );
    let stored = storage.get(&owner.address()).await.unwrap();
    assert_eq!(
        stored.as_ref(),
        wins.last(),
        "the stored record is the last winner's"
    );
}

/// Compare-and-swap under 64 concurrent writers who try again until they win: every success is a
/// version of its own, and the version at the end counts them.
pub async fn check_writers_at_will(storage: Arc<dyn Storage>, rng: &mut impl CryptoRng) {
    let owner = Arc::new(Owner::new(rng));
    put(storage.as_ref(), &owner.first(b"0")).await.unwrap();
    let writers = (0..WRITERS).map(|writer| {
        let (storage, owner) = (Arc::clone(&storage), Arc::clone(&owner));
        tokio::spawn(async move {
            loop {
                let current = storage.get(&owner.address()).await.unwrap().unwrap();
                let mine = owner.next(&current, &writer.to_le_bytes());
                match put(storage.as_ref(), &mine).await {
                    Ok(()) => return Vec::from([mine]),
                    Err(Error::Conflict {
                        found: Some(found), ..
                    }) => {
                        assert!(found > current.version(), "a conflict without a winner");
                    }
                    other => other.unwrap(),
                }
                tokio::task::yield_now().await;
            }
        })
    });
    let mut wins = join(writers.collect()).await;
    wins.sort_by_key(Record::version);
    let versions: Vec<u64> = wins.iter().map(Record::version).collect();
    let count = u64::try_from(WRITERS).unwrap();
    assert_eq!(
        versions,
        (1..=count).collect::<Vec<_>>(),
        "one winner per version"
    );
    let stored = storage.get(&owner.address()).await.unwrap();
    assert_eq!(
        stored.as_ref(),
        wins.last(),
        "the stored record is the last winner's"
    );
}

/// Commits of two records, in either order, by 64 writers: none waits for another for ever, and
/// both records always have one version.
pub async fn check_overlapping_commits(storage: Arc<dyn Storage>, rng: &mut impl CryptoRng) {
    let owners = Arc::new([Owner::new(rng), Owner::new(rng)]);
    let firsts: Vec<Record> = owners.iter().map(|owner| owner.first(b"0")).collect();
    put_all(storage.as_ref(), &firsts).await.unwrap();
    let firsts = Arc::new(firsts);
    let barrier = Arc::new(Barrier::new(WRITERS));
    let writers = (0..WRITERS).map(|writer| {
        let (storage, owners) = (Arc::clone(&storage), Arc::clone(&owners));
        let (firsts, barrier) = (Arc::clone(&firsts), Arc::clone(&barrier));
        tokio::spawn(async move {
            let body = writer.to_le_bytes();
            let mut records: Vec<Record> = owners
                .iter()
                .zip(firsts.iter())
                .map(|(owner, first)| owner.next(first, &body))
                .collect();
            if writer % 2 == 1 {
                records.reverse();
            }
            barrier.wait().await;
            if is_win(put_all(storage.as_ref(), &records).await, Some(1)) {
                Vec::from([body])
            } else {
                Vec::new()
            }
        })
    });
    let wins = join(writers.collect()).await;
    assert_eq!(wins.len(), 1, "exactly one commit is accepted");
    for owner in owners.iter() {
        let stored = storage.get(&owner.address()).await.unwrap().unwrap();
        assert_eq!(stored.version(), 1);
        assert_eq!(wins.first().map(<[u8; 8]>::as_slice), Some(stored.body()));
    }
}

/// Whether a commit was accepted; if not it must be a conflict with this version.
fn is_win(answer: Result<(), Error>, expected: Option<u64>) -> bool {
    match answer {
        Ok(()) => true,
        Err(Error::Conflict { found, .. }) => {
            assert_eq!(found, expected);
            false
        }
        other => {
            other.unwrap();
            false
        }
    }
}

async fn join<T>(tasks: Vec<JoinHandle<Vec<T>>>) -> Vec<T> {
    let mut results = Vec::new();
    for task in tasks {
        results.extend(task.await.unwrap());
    }
    results
}

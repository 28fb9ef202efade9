//! Commits whose answer, or which themselves, are lost, late, or made together.

use std::sync::Arc;

use tki_storage::{Error, Outage};
use tki_testkit::Outcome;

use crate::owner::{Owner, hostile, put, version};

#[tokio::test]
async fn an_unknown_outcome_is_either() {
    let owner = Owner::new("unknown");
    let storage = hostile();
    storage.fail_next_commit(Outcome::LostButUnknown);
    storage.pass_next_commit();
    storage.fail_next_commit(Outcome::LandedButUnknown);
    storage.fail_next_commit(Outcome::Unavailable);

    let lost = put(&storage, &owner.first).await;
    assert!(matches!(lost, Err(Error::OutcomeUnknown { .. })));
    assert_eq!(version(&storage, &owner.address()).await, None);

    put(&storage, &owner.first).await.unwrap();
    let second = owner.next(&owner.first, "second");
    let landed = put(&storage, &second).await;
    assert!(matches!(landed, Err(Error::OutcomeUnknown { .. })));
    assert_eq!(version(&storage, &owner.address()).await, Some(1));

    let third = owner.next(&second, "third");
    let unavailable = put(&storage, &third).await;
    assert!(matches!(
        unavailable,
        Err(Error::Unavailable(Outage::Unreachable))
    ));
    assert_eq!(version(&storage, &owner.address()).await, Some(1));
    put(&storage, &third).await.unwrap();
}

#[tokio::test]
async fn a_commit_that_is_held_back_lands_later_or_loses() {
    let owner = Owner::new("held back");
    let storage = hostile();
    put(&storage, &owner.first).await.unwrap();
    storage.fail_next_commit(Outcome::HeldBack);
    let held = put(&storage, &owner.next(&owner.first, "held")).await;
    assert!(matches!(held, Err(Error::OutcomeUnknown { .. })));
    assert_eq!(version(&storage, &owner.address()).await, Some(0));
    assert!(matches!(storage.release().await.as_slice(), [Ok(())]));
    let stored = storage.newest_seen(&owner.address()).unwrap();
    assert_eq!(stored.body(), b"held");

    storage.fail_next_commit(Outcome::HeldBack);
    put(&storage, &owner.next(&stored, "too late"))
        .await
        .unwrap_err();
    put(&storage, &owner.next(&stored, "faster")).await.unwrap();
    let released = storage.release().await;
    assert!(matches!(
        released.as_slice(),
        [Err(Error::Conflict { found: Some(2), .. })]
    ));
    assert!(storage.release().await.is_empty());
}

#[tokio::test]
async fn gathered_commits_wait_for_one_another() {
    let owner = Arc::new(Owner::new("gathered"));
    let storage = Arc::new(hostile());
    put(storage.as_ref(), &owner.first).await.unwrap();
    storage.gather_commits(3);
    let tasks: Vec<_> = (0..3)
        .map(|_| {
            let (owner, storage) = (Arc::clone(&owner), Arc::clone(&storage));
            tokio::spawn(async move {
                put(storage.as_ref(), &owner.next(&owner.first, "mine"))
                    .await
                    .is_ok()
            })
        })
        .collect();
    let mut wins = 0;
    for task in tasks {
        wins += u8::from(task.await.unwrap());
    }
    assert_eq!(wins, 1);
    // The next commit does not wait.
    let stored = storage.newest_seen(&owner.address()).unwrap();
    put(storage.as_ref(), &owner.next(&stored, "alone"))
        .await
        .unwrap();
}

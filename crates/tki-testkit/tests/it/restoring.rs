//! Restores under a test's control.

use tki_storage::{Error, Outage, Storage};
use tki_testkit::{Call, Outcome};

use crate::owner::{Owner, hostile, put, version};

#[tokio::test]
async fn a_restore_fails_as_a_commit_does() {
    let owner = Owner::new("failing restore");
    let copies = [owner.first.clone()];
    let storage = hostile();
    storage.fail_when(|call| matches!(call, Call::Restore(_)));
    for _ in 0..2 {
        let down = storage.restore(&copies).await;
        assert!(matches!(down, Err(Error::Unavailable(Outage::Unreachable))));
        storage.bring_up();
        storage.fail_next_commit(Outcome::Unavailable);
    }
    storage.fail_next_commit(Outcome::LostButUnknown);
    storage.fail_next_commit(Outcome::LandedButUnknown);
    storage.fail_next_commit(Outcome::HeldBack);
    storage.restore(&copies).await.unwrap_err();
    let lost = storage.restore(&copies).await;
    assert!(matches!(lost, Err(Error::OutcomeUnknown { .. })));
    assert_eq!(version(&storage, &owner.address()).await, None);
    let landed = storage.restore(&copies).await;
    assert!(matches!(landed, Err(Error::OutcomeUnknown { .. })));
    assert_eq!(version(&storage, &owner.address()).await, Some(0));

    let second = owner.next(&owner.first, "second");
    storage.restore(&[second]).await.unwrap_err();
    assert_eq!(version(&storage, &owner.address()).await, Some(0));
    assert!(matches!(storage.release().await.as_slice(), [Ok(())]));
    assert_eq!(version(&storage, &owner.address()).await, Some(1));
}

#[tokio::test]
async fn a_restore_is_judged_by_what_the_view_claims() {
    let owner = Owner::new("restore upon a lie");
    let storage = hostile();
    put(&storage, &owner.first).await.unwrap();
    let second = owner.next(&owner.first, "second");
    put(&storage, &second).await.unwrap();

    storage.withhold(&owner.address());
    let restored = storage
        .restore(core::slice::from_ref(&owner.first))
        .await
        .unwrap();
    assert!(restored.created.contains(&owner.address()));
    assert_eq!(version(&storage, &owner.address()).await, Some(0));
    storage.be_honest();
    assert_eq!(version(&storage, &owner.address()).await, Some(1));
    let older = storage.restore(core::slice::from_ref(&owner.first)).await;
    assert!(matches!(older, Err(Error::Conflict { found: Some(1), .. })));
}

#[tokio::test]
async fn a_storage_is_rolled_back_to_before_a_restore() {
    let owner = Owner::new("rolled back restore");
    let other = Owner::new("restored beside");
    let storage = hostile();
    let empty = storage.checkpoint();
    put(&storage, &owner.first).await.unwrap();
    let before = storage.checkpoint();
    let fourth = (2..5).fold(owner.first.clone(), |record, _| owner.next(&record, "on"));
    let restored = storage
        .restore(&[fourth.clone(), other.first.clone()])
        .await
        .unwrap();
    assert!(restored.advanced.contains(&owner.address()));
    assert_eq!(version(&storage, &owner.address()).await, Some(3));
    let after = storage.checkpoint();
    let kept = storage.restore(&[fourth]).await.unwrap();
    assert!(kept.kept.contains(&owner.address()));

    for (checkpoint, expected) in [
        (before, (Some(0), None)),
        (empty, (None, None)),
        (after, (Some(3), Some(0))),
    ] {
        storage.roll_back_to(checkpoint);
        assert_eq!(version(&storage, &owner.address()).await, expected.0);
        assert_eq!(version(&storage, &other.address()).await, expected.1);
    }
}

//! Rolled back, forked, withheld, swapped, damaged, squatted.

use tki_record::{RecordKind, Rule};
use tki_storage::{Error, Storage};
use tki_testkit::forge;

use crate::owner::{Owner, hostile, put, version};

#[tokio::test]
async fn one_record_rolls_back_and_goes_on_from_there() {
    let (owner, other) = (Owner::new("rolled back"), Owner::new("beside"));
    let storage = hostile();
    let second = owner.next(&owner.first, "second");
    for record in [
        &owner.first,
        &second,
        &other.first,
        &other.next(&other.first, "1"),
    ] {
        put(&storage, record).await.unwrap();
    }
    storage.roll_back(&owner.address(), 0);
    assert_eq!(
        storage.get(&owner.address()).await.unwrap().unwrap(),
        owner.first
    );
    assert_eq!(version(&storage, &other.address()).await, Some(1));

    let late = put(&storage, &owner.next(&second, "third")).await;
    assert!(matches!(late, Err(Error::Conflict { found: Some(0), .. })));
    let another_second = owner.next(&owner.first, "another second");
    put(&storage, &another_second).await.unwrap();
    assert_eq!(
        storage.get(&owner.address()).await.unwrap().unwrap(),
        another_second
    );

    storage.be_honest();
    assert_eq!(
        storage.get(&owner.address()).await.unwrap().unwrap(),
        second
    );
}

#[tokio::test]
async fn the_whole_storage_rolls_back() {
    let (old, new) = (Owner::new("old"), Owner::new("new"));
    let storage = hostile();
    put(&storage, &old.first).await.unwrap();
    let checkpoint = storage.checkpoint();
    put(&storage, &old.next(&old.first, "later")).await.unwrap();
    put(&storage, &new.first).await.unwrap();
    storage.roll_back_to(checkpoint);
    let addresses = [old.address(), new.address()];
    assert_eq!(
        storage.get_many(&addresses).await.unwrap(),
        [Some(old.first.clone()), None]
    );
    // What was created since can be created again.
    put(&storage, &new.first).await.unwrap();
    assert_eq!(version(&storage, &new.address()).await, Some(0));
}

#[tokio::test]
async fn two_views_of_a_fork_do_not_see_each_other() {
    let (owner, later) = (Owner::new("forked"), Owner::new("later"));
    let storage = hostile();
    put(&storage, &owner.first).await.unwrap();
    let fork = storage.fork();
    put(&storage, &owner.next(&owner.first, "here"))
        .await
        .unwrap();
    put(&fork, &owner.next(&owner.first, "there"))
        .await
        .unwrap();
    put(&storage, &later.first).await.unwrap();
    assert_eq!(
        storage.get(&owner.address()).await.unwrap().unwrap().body(),
        b"here"
    );
    assert_eq!(
        fork.get(&owner.address()).await.unwrap().unwrap().body(),
        b"there"
    );
    assert_eq!(version(&fork, &later.address()).await, None);
    put(&fork, &later.first).await.unwrap();
}

#[tokio::test]
async fn a_withheld_record_is_absent_and_can_be_created() {
    let owner = Owner::new("withheld");
    let storage = hostile();
    put(&storage, &owner.first).await.unwrap();
    put(&storage, &owner.next(&owner.first, "second"))
        .await
        .unwrap();
    storage.withhold(&owner.address());
    assert_eq!(version(&storage, &owner.address()).await, None);
    put(&storage, &owner.first).await.unwrap();
    assert_eq!(version(&storage, &owner.address()).await, Some(0));
}

#[tokio::test]
async fn swapped_addresses_answer_with_each_other() {
    let (one, other) = (Owner::new("one"), Owner::new("other"));
    let storage = hostile();
    put(&storage, &one.first).await.unwrap();
    put(&storage, &other.first).await.unwrap();
    storage.swap(&one.address(), &other.address());
    let answer = storage
        .get_many(&[one.address(), other.address()])
        .await
        .unwrap();
    assert_eq!(answer, [Some(other.first.clone()), Some(one.first.clone())]);
    storage.be_honest();
    assert_eq!(storage.get(&one.address()).await.unwrap(), Some(one.first));
}

#[tokio::test]
async fn a_damaged_record_comes_back_unsigned_and_a_planted_one_as_it_is() {
    let owner = Owner::new("damaged");
    let storage = hostile();
    put(&storage, &owner.first).await.unwrap();
    storage.damage(&owner.address());
    let damaged = storage.get(&owner.address()).await.unwrap().unwrap();
    assert_ne!(damaged.body(), owner.first.body());
    assert_eq!(damaged.verify(), Err(Rule::Signature));

    storage.plant(forge::damaged_and_signed(&owner.first, &owner.writer));
    let signed = storage.get(&owner.address()).await.unwrap().unwrap();
    assert_ne!(signed.body(), owner.first.body());
    assert_eq!(signed.verify(), Ok(()));
}

#[tokio::test]
async fn a_squatter_without_the_claim_key_needs_a_hostile_storage() {
    let (owner, attacker) = (Owner::new("owner"), Owner::new("attacker"));
    let claim_key = owner.key.public_key();
    let squatting = forge::squatting(
        RecordKind::Mailbox,
        0,
        &claim_key,
        &attacker.writer,
        b"mine".to_vec(),
    );
    assert_eq!(squatting.address(), owner.address());
    let storage = hostile();
    let refused = put(&storage, &squatting).await;
    assert!(matches!(
        refused,
        Err(Error::Refused {
            rule: Rule::ClaimSignature,
            ..
        })
    ));

    storage.plant(squatting);
    let found = storage.get(&owner.address()).await.unwrap().unwrap();
    assert_eq!(found.verify(), Err(Rule::ClaimSignature));
    let locked_out = put(&storage, &owner.first).await;
    assert!(matches!(
        locked_out,
        Err(Error::Conflict { found: Some(0), .. })
    ));
}

#[tokio::test]
async fn a_squatter_with_the_claim_key_is_accepted() {
    let (owner, attacker) = (Owner::new("owner"), Owner::new("attacker"));
    let squatting = forge::squatting_with_claim_key(
        RecordKind::Mailbox,
        0,
        &owner.key,
        &attacker.writer,
        b"mine".to_vec(),
    );
    let storage = hostile();
    put(&storage, &squatting).await.unwrap();
    assert_eq!(squatting.verify(), Ok(()));
    assert_ne!(squatting.claim().binding(), owner.first.claim().binding());
}

//! Outages.

use core::pin::pin;
use core::task::{Context, Waker};
use std::sync::Arc;

use tki_storage::{Error, Outage, Storage, conformance};
use tki_testkit::{Call, Stall};

use crate::owner::{Owner, hostile, put};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn without_a_script_it_passes_the_suite() {
    let mut rng = tki_testkit::rng("honest");
    conformance::check_all(Arc::new(hostile()), &mut rng).await;
}

#[tokio::test]
async fn taken_down_it_passes_the_suite_of_outages() {
    let storage = hostile();
    storage.take_down();
    conformance::check_outage(&storage, &mut tki_testkit::rng("outage")).await;
    storage.bring_up();
    conformance::check_absent(&storage, &mut tki_testkit::rng("outage")).await;
}

#[tokio::test]
async fn exactly_the_nth_call_fails() {
    let owner = Owner::new("nth");
    let storage = hostile();
    storage.fail_call(3);
    storage.get(&owner.address()).await.unwrap();
    put(&storage, &owner.first).await.unwrap();
    let third = storage.get_many(&[owner.address()]).await;
    assert!(matches!(
        third,
        Err(Error::Unavailable(Outage::Unreachable))
    ));
    storage.get(&owner.address()).await.unwrap();
}

#[tokio::test]
async fn a_predicate_chooses_calls() {
    let owner = Owner::new("predicate");
    let storage = hostile();
    let address = owner.address();
    storage.fail_when(move |call| matches!(call, Call::Get(asked) if *asked == address));
    put(&storage, &owner.first).await.unwrap();
    assert!(storage.get(&address).await.is_err());
    assert!(storage.get_many(&[address]).await.is_ok());
    storage.bring_up();
    assert!(storage.get(&address).await.is_ok());
}

#[tokio::test]
async fn exactly_the_nth_call_stalls_before_or_after_it_is_done() {
    for (when, is_done) in [(Stall::Before, false), (Stall::After, true)] {
        let owner = Owner::new("stall");
        let storage = hostile();
        storage.stall_call(2, when);
        storage.get(&owner.address()).await.unwrap();
        let mut stalled = pin!(put(&storage, &owner.first));
        let mut context = Context::from_waker(Waker::noop());
        assert!(stalled.as_mut().poll(&mut context).is_pending());
        let there = storage.get(&owner.address()).await.unwrap();
        assert_eq!(there.is_some(), is_done);
        assert_eq!(storage.calls(), 3);
    }
}

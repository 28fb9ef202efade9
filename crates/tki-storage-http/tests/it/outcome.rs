//! An answer that is cut says nothing about the commit: reading back does.

use alloc::sync::Arc;

use tki_record::Commit;
use tki_storage::{Error, MemoryStorage, Storage as _};
use tki_storage_http::HttpStorage;

use crate::proxy::{Cut, Proxy};
use crate::script::record;
use crate::served::Server;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_is_cut_happened_and_is_not_sent_again() {
    for cut in [Cut::Everything, Cut::AfterSome] {
        let server = Server::start(Arc::new(MemoryStorage::new())).await;
        let proxy = Proxy::start(server.address.clone(), cut, 1).await;
        let client = HttpStorage::builder(&proxy.url).build().unwrap();
        let record = record("cut");
        let commit = Commit::new(vec![record.clone()]).unwrap();
        let answer = client.commit(&commit).await;
        assert!(
            matches!(answer, Err(Error::OutcomeUnknown { .. })),
            "{answer:?}"
        );
        // The proxy counts every commit that passes: there was one.
        assert_eq!(proxy.cuts(), 1);
        let stored = client.get(&record.address()).await.unwrap();
        assert_eq!(stored, Some(record));
        let again = client.commit(&commit).await;
        assert!(
            matches!(again, Err(Error::Conflict { found: Some(0), .. })),
            "{again:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_did_not_arrive_whole_did_not_happen_and_is_not_called_so() {
    let server = Server::start(Arc::new(MemoryStorage::new())).await;
    let proxy = Proxy::start(server.address.clone(), Cut::Request, 1).await;
    let client = HttpStorage::builder(&proxy.url).build().unwrap();
    let record = record("cut");
    let commit = Commit::new(vec![record.clone()]).unwrap();
    let answer = client.commit(&commit).await;
    assert!(
        matches!(answer, Err(Error::OutcomeUnknown { .. })),
        "{answer:?}"
    );
    assert_eq!(client.get(&record.address()).await.unwrap(), None);
    client.commit(&commit).await.unwrap();
    assert_eq!(client.get(&record.address()).await.unwrap(), Some(record));
}

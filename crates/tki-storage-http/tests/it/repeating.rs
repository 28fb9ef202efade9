//! Reads are repeated a few times where no answer came; everything has an end.

use core::time::Duration;

use tki_record::Address;
use tki_storage::{Error, Outage, Storage as _, conformance};
use tki_storage_http::wire::{self, Kind, Problem};
use tki_storage_http::{HttpError, HttpStorage};
use tokio::net::TcpListener;

use crate::script::{Reply, Script, answer, content, page, problem, record, records};

/// A server that answers so often with the first, and then with the second.
async fn after(times: usize, first: Reply, second: Reply) -> Script {
    Script::start(move |number, _| {
        if number < times {
            first.clone()
        } else {
            second.clone()
        }
    })
    .await
}

#[tokio::test]
async fn a_read_is_repeated_where_no_answer_came() {
    let record = record("asked for");
    let busy = Problem::of(&Error::Unavailable(Outage::Busy));
    let slowly = Problem::new(Kind::TooManyRequests, "slowly").encode();
    let slowly = answer(429, &["retry-after: 0", &content(wire::PROBLEM)], &slowly);
    let cut = b"HTTP/1.1 200 OK\r\ncontent-type: application/vnd.tki.records\r\ncontent-length: 9\r\n\r\nx";
    for nothing in [
        Reply::Bytes(Vec::new()),
        Reply::Bytes(cut.to_vec()),
        Reply::Bytes(slowly),
        problem(&busy),
        page(502),
        page(503),
        page(504),
    ] {
        let server = after(2, nothing.clone(), records(&record.encode())).await;
        let found = server.client().get(&record.address()).await.unwrap();
        assert_eq!(found.as_ref(), Some(&record));
        assert_eq!(server.asked().len(), 3);

        let server = after(3, nothing, records(&record.encode())).await;
        let found = server.client().get(&record.address()).await;
        assert!(matches!(found, Err(Error::Unavailable(_))), "{found:?}");
        assert_eq!(server.asked().len(), 3);
    }
}

#[tokio::test]
async fn a_server_that_asks_for_too_long_a_pause_is_not_waited_for() {
    let slowly = Problem::new(Kind::TooManyRequests, "slowly").encode();
    for (pause, times) in [
        ("3600", 1),
        ("18446744073709551615", 1),
        ("tomorrow", 3),
        ("-1", 3),
    ] {
        let line = format!("retry-after: {pause}");
        let lines = [line.as_str(), &content(wire::PROBLEM)];
        let server = Script::always(Reply::Bytes(answer(429, &lines, &slowly))).await;
        let found = server.client().get(&Address::from_bytes([1; 32])).await;
        assert!(
            matches!(found, Err(Error::Unavailable(Outage::Busy))),
            "{found:?}"
        );
        assert_eq!(server.asked().len(), times, "{pause}");
    }
}

#[tokio::test]
async fn where_nobody_listens_every_call_is_an_outage_and_a_commit_did_not_happen() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let client = HttpStorage::builder(&url).build().unwrap();
    conformance::check_outage(&client, &mut tki_testkit::rng("outage")).await;
    let error = client.clone().connect().await.unwrap_err();
    assert!(matches!(error, HttpError::Connect(_)), "{error:?}");
    // It says the same as one that could be asked and was not.
    assert_eq!(client.retention(), tki_storage::Retention::unknown());
}

#[tokio::test]
async fn a_connection_that_is_not_made_in_time_is_an_outage() {
    // Nobody answers the first word of TLS.
    let server = Script::always(Reply::Silence(Vec::new())).await;
    let url = server.url.replace("http://", "https://");
    let client = HttpStorage::builder(&url)
        .connect_within(Duration::from_millis(50))
        .build()
        .unwrap();
    let commit = tki_record::Commit::new(vec![record("one")]).unwrap();
    let ended = client.commit(&commit).await;
    assert!(
        matches!(ended, Err(Error::Unavailable(Outage::Unreachable))),
        "{ended:?}"
    );
}

#[tokio::test]
async fn what_is_left_out_is_asked_for_again_and_many_are_asked_for_in_parts() {
    // Whatever is asked, the first is absent and the rest is left out.
    let server = Script::start(|_, asked| {
        let count = asked.body.len() / 32;
        let body = [vec![0], vec![2; count - 1]].concat();
        records(&body)
    })
    .await;
    let addresses: Vec<Address> = (0..5).map(|byte| Address::from_bytes([byte; 32])).collect();
    let found = server.client().get_many(&addresses).await.unwrap();
    assert_eq!(found, vec![None; 5]);
    let asked: Vec<usize> = server.asked().iter().map(|a| a.body.len() / 32).collect();
    assert_eq!(asked, [5, 4, 3, 2, 1]);

    let server = Script::start(|_, asked| records(&vec![0; asked.body.len() / 32])).await;
    let addresses: Vec<Address> = (0..2500_u32)
        .map(|number| {
            let mut bytes = [0; 32];
            bytes[..4].copy_from_slice(&number.to_be_bytes());
            Address::from_bytes(bytes)
        })
        .collect();
    let found = server.client().get_many(&addresses).await.unwrap();
    assert_eq!(found, vec![None; 2500]);
    let asked: Vec<usize> = server.asked().iter().map(|a| a.body.len() / 32).collect();
    assert_eq!(asked, [1024, 1024, 452]);
    assert_eq!(server.client().get_many(&[]).await.unwrap(), []);
    assert_eq!(server.asked().len(), 3);
}

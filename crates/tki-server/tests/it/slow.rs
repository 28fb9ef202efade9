//! Clients that take their time: each is cut off, and keeps nobody else waiting.
#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]

use core::time::Duration;
use std::sync::Arc;

use hyper_util::rt::{TokioExecutor, TokioIo};
use tki_record::MAX_BODY;
use tki_server::{App, Config};
use tki_storage::MemoryStorage;
use tki_storage_http::wire;

use crate::asking::{Owner, app, commit, config, path};
use crate::loopback::{Running, request, status};

/// A server that waits for nothing long.
fn hasty(change: impl FnOnce(&mut Config)) -> Arc<App> {
    let mut settings = config();
    settings.header_timeout = Duration::from_millis(100);
    settings.body_grace = Duration::from_millis(100);
    settings.write_timeout = Duration::from_millis(100);
    change(&mut settings);
    app(settings, Arc::new(MemoryStorage::new()))
}

#[tokio::test]
async fn who_says_nothing_is_cut_off() {
    let server = Running::start(hasty(|_| {})).await;
    assert_eq!(server.connect().await.rest().await, "");
}

#[tokio::test]
async fn who_never_ends_a_head_is_cut_off() {
    let server = Running::start(hasty(|_| {})).await;
    for beginning in [
        "G",
        "GET / HT",
        "GET / HTTP/1.1\r\nhost: x\r\nx-a: ",
        "PRI * HTTP/2.0\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let mut client = server.connect().await;
        client.send(beginning).await;
        // An answer in HTTP/2 is its settings, and not one of a request.
        let said = client.rest().await;
        assert!(!said.contains("200"), "{said:?}");
    }
}

/// One byte at a time, for as long as the server listens: a head is timed as a whole.
#[tokio::test]
async fn who_spells_out_a_head_is_cut_off() {
    let server = Running::start(hasty(|_| {})).await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nhost: x\r\n").await;
    let (mut read, mut write) = client.0.split();
    let spelling = async {
        use tokio::io::AsyncWriteExt as _;
        let mut step = tokio::time::interval(Duration::from_millis(5));
        while write.write_all(b"x-a: b\r\n").await.is_ok() {
            step.tick().await;
        }
    };
    let listening = async {
        use tokio::io::AsyncReadExt as _;
        let mut said = Vec::new();
        drop(read.read_to_end(&mut said).await);
    };
    let cut = async { tokio::join!(spelling, listening) };
    tokio::time::timeout(crate::loopback::FOREVER, cut)
        .await
        .expect("cut off");
}

#[tokio::test]
async fn who_sends_half_a_body_is_told_so_and_cut_off() {
    let server = Running::start(hasty(|_| {})).await;
    let typed = "content-type: application/vnd.tki.records\r\n";
    for length in ["content-length: 1000", "transfer-encoding: chunked"] {
        let mut client = server.connect().await;
        let head = format!(
            "POST {} HTTP/1.1\r\nhost: x\r\n{typed}{length}\r\n\r\n",
            wire::COMMITS_PATH
        );
        client.send(head).await;
        client.send("4\r\n").await;
        let answer = client.rest().await;
        assert_eq!(status(&answer), 408, "{answer}");
        assert!(answer.contains("\"kind\":\"timeout\""));
    }
}

/// Over HTTP/2 a client can live on answering whether it lives.
#[tokio::test]
async fn who_asks_nothing_more_over_http2_is_cut_off() {
    let server = Running::start(hasty(|_| {})).await;
    let stream = server.connect().await.0;
    let executor = TokioExecutor::new();
    let handshake = hyper::client::conn::http2::handshake(executor, TokioIo::new(stream));
    let (mut sender, connection) = handshake.await.unwrap();
    let ended = tokio::spawn(connection);
    for _ in 0..2 {
        let request = http::Request::get("http://x/health/live");
        let request = request.body(http_body_util::Empty::<bytes::Bytes>::new());
        let answer = sender.send_request(request.unwrap()).await.unwrap();
        assert_eq!(answer.status(), 200);
    }
    let ended = tokio::time::timeout(crate::loopback::FOREVER, ended).await;
    drop(ended.expect("cut off"));
    drop(sender);
}

/// With one connection for all, whoever comes second is served only once the first is gone.
#[tokio::test]
async fn who_takes_no_answers_is_cut_off() {
    let mut rng = tki_testkit::rng("no answers");
    let app = hasty(|settings| settings.max_connections = 1);
    let record = Owner::new(&mut rng).first(&vec![1; MAX_BODY]);
    commit(&app, core::slice::from_ref(&record)).await;
    let server = Running::start(app).await;
    let mut deaf = server.connect().await;
    let question = format!("GET {} HTTP/1.1\r\nhost: x\r\n\r\n", path(&record));
    deaf.send(question.repeat(40)).await;
    let mut second = server.connect().await;
    second.send(request("GET", "/health/live", "", b"")).await;
    assert_eq!(status(&second.rest().await), 200);
}

#[tokio::test]
async fn many_idle_connections_keep_nobody_waiting_for_long() {
    let app = hasty(|settings| settings.max_connections = 4);
    let server = Running::start(app).await;
    let mut idle = Vec::new();
    for _ in 0..40 {
        idle.push(server.connect().await);
    }
    let mut client = server.connect().await;
    client.send(request("GET", "/health/live", "", b"")).await;
    assert_eq!(status(&client.rest().await), 200);
    drop(idle);
}

#[tokio::test]
async fn a_client_with_too_many_connections_is_not_heard_on_more() {
    let mut settings = config();
    settings.client_connections = 2;
    let server = Running::start(app(settings, Arc::new(MemoryStorage::new()))).await;
    let alive = "GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n";
    let (mut one, mut two) = (server.connect().await, server.connect().await);
    for client in [&mut one, &mut two] {
        client.send(alive).await;
        assert_eq!(status(&client.head().await), 200);
    }
    let mut three = server.connect().await;
    three.send(alive).await;
    assert_eq!(three.rest().await, "");
    drop(one);
    // The place is free once the server has seen that it was left.
    loop {
        let mut four = server.connect().await;
        four.send(request("GET", "/health/live", "", b"")).await;
        if four.rest().await.starts_with("HTTP/1.1 200") {
            break;
        }
    }
}

/// A byte now and then is progress to whoever writes, and too little all the same.
#[tokio::test]
async fn who_sips_an_answer_is_cut_off() {
    let mut rng = tki_testkit::rng("sips");
    let app = hasty(|settings| settings.body_rate = 1 << 30);
    let record = Owner::new(&mut rng).first(&vec![1; MAX_BODY]);
    commit(&app, core::slice::from_ref(&record)).await;
    let server = Running::start(app).await;
    let mut client = server.connect().await;
    let question = format!("GET {} HTTP/1.1\r\nhost: x\r\n\r\n", path(&record));
    client.send(question.repeat(40)).await;
    let sipping = async {
        use tokio::io::AsyncReadExt as _;
        let mut step = tokio::time::interval(Duration::from_millis(1));
        let mut sip = vec![0; 4000];
        let mut all = 0;
        while let Ok(count @ 1..) = client.0.read(&mut sip).await {
            all += count;
            step.tick().await;
        }
        all
    };
    let all = tokio::time::timeout(crate::loopback::FOREVER, sipping).await;
    assert!(all.expect("cut off") < 40 * MAX_BODY);
}

/// Over HTTP/2 a client can let nothing more of an answer come, and answer all else.
#[tokio::test]
async fn who_lets_no_answer_come_over_http2_is_cut_off() {
    let mut rng = tki_testkit::rng("no window");
    let app = hasty(|settings| settings.body_rate = 1 << 30);
    let record = Owner::new(&mut rng).first(&vec![1; MAX_BODY]);
    commit(&app, core::slice::from_ref(&record)).await;
    let server = Running::start(app).await;
    let stream = server.connect().await.0;
    let mut builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
    let builder = builder.initial_stream_window_size(10);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.unwrap();
    let request = http::Request::get(format!("http://x{}", path(&record)));
    let request = request
        .body(http_body_util::Empty::<bytes::Bytes>::new())
        .unwrap();
    let asked = async {
        let answer = sender.send_request(request).await.unwrap();
        assert_eq!(answer.status(), 200);
        // Never read.
        core::future::pending::<()>().await;
        drop(answer);
    };
    let cut = async {
        tokio::select! {
            ended = connection => drop(ended),
            () = asked => {}
        }
    };
    tokio::time::timeout(crate::loopback::FOREVER, cut)
        .await
        .expect("cut off");
}

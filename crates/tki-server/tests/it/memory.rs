//! The memory of bodies and answers has an end, and who finds none left is told so.
#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]

use core::time::Duration;
use std::sync::Arc;

use http::StatusCode;
use tki_record::MAX_BODY;
use tki_storage::MemoryStorage;
use tki_storage_http::wire::{self, Kind, records};

use crate::asking::{Owner, app, bytes, commit, config, get, is, of_kind, path, post, problem};
use crate::gate::Gate;

const MEBIBYTE: usize = 1 << 20;

#[tokio::test(start_paused = true)]
async fn answers_that_nobody_takes_fill_the_memory_and_no_more() {
    let mut rng = tki_testkit::rng("answers in memory");
    let mut settings = config();
    settings.memory = 16 * MEBIBYTE;
    settings.max_body = 4 * MEBIBYTE;
    let app = app(settings, Arc::new(MemoryStorage::new()));
    let record = Owner::new(&mut rng).first(&vec![1; MAX_BODY]);
    is(
        &commit(&app, core::slice::from_ref(&record)).await,
        StatusCode::NO_CONTENT,
    );
    let mut held = Vec::new();
    let refused = loop {
        let answer = get(&app, &path(&record)).await;
        if answer.status() != StatusCode::OK {
            break answer;
        }
        held.push(answer);
        assert!(held.len() < 16, "more than fits");
    };
    assert!(refused.headers().contains_key(http::header::RETRY_AFTER));
    let refusal = of_kind(problem(refused).await, Kind::Unavailable);
    assert_eq!(refusal.outage.as_deref(), Some("busy"));
    assert!(held.len() > 8, "{}", held.len());
    // What is taken, or given up, is free again.
    assert_eq!(bytes(held.pop().unwrap()).await, record.encode());
    held.clear();
    is(&get(&app, &path(&record)).await, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn bodies_that_are_worked_on_fill_the_memory_and_no_more() {
    let mut rng = tki_testkit::rng("bodies in memory");
    let gate = Gate::closed();
    let mut settings = config();
    settings.memory = 8 * MEBIBYTE;
    settings.max_body = 2 * MEBIBYTE;
    settings.memory_wait = Duration::from_millis(1);
    settings.storage_timeout = Duration::from_secs(3600);
    let app = app(settings, gate.clone());
    // Each takes three times its size, and a little.
    let bodies: Vec<Vec<u8>> = (0..10)
        .map(|_| records::encode(&[Owner::new(&mut rng).first(&vec![1; MEBIBYTE / 2])]))
        .collect();
    let mut asked = Vec::new();
    for body in bodies {
        let app = Arc::clone(&app);
        asked.push(tokio::spawn(async move {
            post(&app, wire::COMMITS_PATH, body).await
        }));
    }
    gate.arrived(4).await;
    let mut refused = 0;
    let mut accepted = 0;
    // Those that found no room have their answer while the others still wait.
    let mut waiting = Vec::new();
    for mut one in asked {
        match tokio::time::timeout(Duration::from_secs(1), &mut one).await {
            Ok(answer) => {
                of_kind(problem(answer.unwrap()).await, Kind::Unavailable);
                refused += 1;
            }
            Err(_) => waiting.push(one),
        }
    }
    gate.open();
    for one in waiting {
        is(&one.await.unwrap(), StatusCode::NO_CONTENT);
        accepted += 1;
    }
    assert_eq!((accepted, refused), (4, 6));
    assert_eq!(gate.storage.records().len(), 4);
}

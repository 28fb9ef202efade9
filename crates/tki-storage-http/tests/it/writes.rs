//! What a write that was not answered as it should be is taken for: only a server that says that it
//! changed nothing, in the words of the interface and about what it was sent, is believed.

use tki_record::{Commit, Record, Restored, Rule};
use tki_storage::{Error, Outage, Storage as _};
use tki_storage_http::wire::{self, Kind, Problem, RestoredAnswer};

use crate::script::{Reply, Script, answer, content, page, problem, record};

fn commit() -> Commit {
    Commit::new(vec![record("one"), record("two")]).unwrap()
}

/// What a commit ends with where the server answers so, and how often it was sent.
async fn commits(reply: Reply) -> (Result<(), Error>, usize) {
    let server = Script::always(reply).await;
    let answer = server.client().commit(&commit()).await;
    (answer, server.asked().len())
}

async fn is_unknown(reply: Reply) {
    let (answer, sent) = commits(reply).await;
    assert!(
        matches!(answer, Err(Error::OutcomeUnknown { .. })),
        "{answer:?}"
    );
    // It may have happened: it is not sent again.
    assert_eq!(sent, 1);
}

#[tokio::test]
async fn a_commit_is_sent_as_the_interface_says() {
    let server = Script::always(Reply::Bytes(answer(204, &[], b""))).await;
    server.client().commit(&commit()).await.unwrap();
    let asked = server.asked();
    assert_eq!(asked[0].line, "POST /v1/commits HTTP/1.1");
    let sent = wire::records::decode(&asked[0].body).unwrap();
    assert_eq!(sent, commit().records());
    let head = asked[0].head.to_ascii_lowercase();
    assert!(head.contains(&content(wire::RECORDS)));
    for never in [
        "cookie",
        "authorization",
        "accept-encoding",
        "referer",
        "origin",
    ] {
        assert!(!head.contains(never), "{head}");
    }
}

#[tokio::test]
async fn what_the_server_says_is_what_the_caller_gets() {
    let address = record("two").address();
    let refused = Error::Refused {
        address,
        rule: Rule::Closed,
    };
    let (answer, _) = commits(problem(&Problem::of(&refused))).await;
    assert!(
        matches!(&answer, Err(Error::Refused { address: at, rule: Rule::Closed }) if *at == address),
        "{answer:?}"
    );
    for version in [None, Some(0), Some(u64::MAX)] {
        let conflict = Error::Conflict {
            address,
            found: version,
        };
        let (answer, _) = commits(problem(&Problem::of(&conflict))).await;
        assert!(
            matches!(&answer, Err(Error::Conflict { address: at, found })
                if *at == address && *found == version),
            "{answer:?}"
        );
    }
    for outage in [
        Outage::Busy,
        Outage::DiskFull,
        Outage::ReadOnly,
        Outage::Unreachable,
    ] {
        let (answer, sent) = commits(problem(&Problem::of(&Error::Unavailable(outage)))).await;
        assert!(
            matches!(&answer, Err(Error::Unavailable(found)) if *found == outage),
            "{answer:?}"
        );
        assert_eq!(sent, 1);
    }
    for kind in [
        Kind::Malformed,
        Kind::TooLarge,
        Kind::Backend,
        Kind::Timeout,
    ] {
        let (answer, _) = commits(problem(&Problem::new(kind, "so it is"))).await;
        assert!(matches!(answer, Err(Error::Backend(_))), "{answer:?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_or_makes_no_sense_leaves_the_outcome_open() {
    for status in [
        200, 201, 301, 400, 403, 404, 409, 413, 422, 429, 500, 502, 503, 504,
    ] {
        is_unknown(page(status)).await;
    }
    is_unknown(Reply::Bytes(Vec::new())).await;
    is_unknown(Reply::Bytes(b"HTTP/1.1 20".to_vec())).await;
    let cut = b"HTTP/1.1 409 What\r\ncontent-type: application/problem+json\r\ncontent-length: 99\r\n\r\n{";
    is_unknown(Reply::Bytes(cut.to_vec())).await;
    is_unknown(problem(&Problem::new(Kind::OutcomeUnknown, "no idea"))).await;
}

#[tokio::test]
async fn a_problem_about_something_else_settles_nothing() {
    let stranger = record("stranger").address();
    let conflict = Error::Conflict {
        address: stranger,
        found: Some(7),
    };
    is_unknown(problem(&Problem::of(&conflict))).await;
    let refused = Error::Refused {
        address: stranger,
        rule: Rule::Signature,
    };
    is_unknown(problem(&Problem::of(&refused))).await;
    is_unknown(problem(&Problem::absent(&record("one").address()))).await;
    let at = record("one").address();
    let conflict = Problem::of(&Error::Conflict {
        address: at,
        found: None,
    });
    // A status that is not that of its kind; garbage; another type.
    let wrong = answer(422, &[&content(wire::PROBLEM)], &conflict.encode());
    let garbage = answer(409, &[&content(wire::PROBLEM)], b"\xFF\xFE{]");
    let typed = answer(409, &[&content(wire::JSON)], &conflict.encode());
    let new =
        br#"{"type":"urn:tki:problem:new","title":"t","status":500,"detail":"d","kind":"new"}"#;
    let new = answer(500, &[&content(wire::PROBLEM)], new);
    for bytes in [wrong, garbage, typed, new] {
        is_unknown(Reply::Bytes(bytes)).await;
    }
}

#[tokio::test]
async fn whoever_is_turned_away_comes_again_a_few_times() {
    let busy = Problem::new(Kind::TooManyRequests, "slowly");
    let (answer, sent) = commits(problem(&busy)).await;
    assert!(
        matches!(answer, Err(Error::Unavailable(Outage::Busy))),
        "{answer:?}"
    );
    assert_eq!(sent, 3);

    let reply = problem(&busy);
    let server = Script::start(move |number, _| match number {
        0 => reply.clone(),
        _ => Reply::Bytes(crate::script::answer(204, &[], b"")),
    })
    .await;
    server.client().commit(&commit()).await.unwrap();
    assert_eq!(server.asked().len(), 2);

    // An hour is too long to wait, and is said at once.
    let body = busy.encode();
    let lines = ["retry-after: 3600", &content(wire::PROBLEM)];
    let (answer, sent) = commits(Reply::Bytes(crate::script::answer(429, &lines, &body))).await;
    assert!(
        matches!(answer, Err(Error::Unavailable(Outage::Busy))),
        "{answer:?}"
    );
    assert_eq!(sent, 1);
}

#[tokio::test]
async fn a_restore_says_what_became_of_each_copy_and_of_nothing_else() {
    let copies = [record("one"), record("two"), record("three")];
    let [one, two, three] = &copies;
    let mut right = Restored::default();
    right.created.insert(one.address());
    right.advanced.insert(two.address());
    right.kept.insert(three.address());
    assert_eq!(restores(&right, &copies).await.unwrap(), right);

    let mut fewer = right.clone();
    fewer.kept.clear();
    let mut more = right.clone();
    more.kept.insert(record("four").address());
    let mut other = fewer.clone();
    other.kept.insert(record("four").address());
    let mut twice = right.clone();
    twice.created.insert(three.address());
    for wrong in [fewer, more, other, twice] {
        let answer = restores(&wrong, &copies).await;
        assert!(
            matches!(answer, Err(Error::OutcomeUnknown { .. })),
            "{answer:?}"
        );
    }
    let server = Script::always(problem(&Problem::of(&Error::Unsupported))).await;
    let answer = server.client().restore(&copies).await;
    assert!(matches!(answer, Err(Error::Unsupported)), "{answer:?}");
    for reply in [
        page(200),
        page(501),
        Reply::Bytes(crate::script::answer(204, &[], b"")),
    ] {
        let server = Script::always(reply).await;
        let answer = server.client().restore(&copies).await;
        assert!(
            matches!(answer, Err(Error::OutcomeUnknown { .. })),
            "{answer:?}"
        );
    }
}

/// What a restore is said to be where the server says so.
async fn restores(said: &Restored, copies: &[Record]) -> Result<Restored, Error> {
    let body = serde_json::to_vec(&RestoredAnswer::of(said)).unwrap();
    let reply = Reply::Bytes(answer(200, &[&content(wire::JSON)], &body));
    Script::always(reply).await.client().restore(copies).await
}

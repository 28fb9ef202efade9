//! Whatever a server answers to a read, no record is believed that was not asked for, and no absence
//! that was not said.

use core::time::Duration;

use tki_record::{Address, Record};
use tki_storage::{Error, Outage, Storage as _};
use tki_storage_http::wire::{self, Kind, Problem};
use tki_storage_http::{HttpError, HttpStorage};

use crate::script::{Reply, Script, answer, content, page, problem, record, records};

/// What a server that answers so is taken for, for one record and for several.
async fn reads(reply: Reply) -> [Error; 2] {
    let server = Script::always(reply).await;
    let (client, address) = (server.client(), record("asked for").address());
    [
        client.get(&address).await.unwrap_err(),
        client.get_many(&[address, address]).await.unwrap_err(),
    ]
}

fn is_foreign(error: &Error) -> bool {
    let Error::Backend(source) = error else {
        return false;
    };
    let source = source.downcast_ref::<HttpError>();
    matches!(source, Some(HttpError::Foreign { .. }))
}

fn is_outage(error: &Error) -> bool {
    matches!(error, Error::Unavailable(Outage::Unreachable))
}

/// The answer to many addresses that holds these records.
fn batch(found: &[&Record]) -> Vec<u8> {
    let mut answers = wire::answers::Answers::default();
    for record in found {
        answers.push(Some(record));
    }
    answers.into_bytes()
}

#[tokio::test]
async fn another_record_than_the_one_asked_for_is_corrupt() {
    let (asked, other) = (record("asked for"), record("another"));
    let body = other.encode();
    let server = Script::always(records(&body)).await;
    let found = server.client().get(&asked.address()).await;
    assert!(
        matches!(&found, Err(Error::Corrupt { address: Some(at), .. }) if *at == asked.address()),
        "{found:?}"
    );
    // Nor is one believed in another's place.
    let server = Script::always(records(&batch(&[&other, &asked]))).await;
    let addresses = [asked.address(), other.address()];
    let found = server.client().get_many(&addresses).await;
    assert!(matches!(found, Err(Error::Corrupt { .. })), "{found:?}");
    let addresses = [other.address(), asked.address()];
    let found = server.client().get_many(&addresses).await.unwrap();
    assert_eq!(found, [Some(other), Some(asked)]);
}

#[tokio::test]
async fn what_is_no_record_is_corrupt() {
    let whole = record("asked for").encode();
    let longer = [whole.as_slice(), &[0]].concat();
    for body in [
        b"".as_slice(),
        &whole[..whole.len() - 1],
        &longer,
        &[0xFF; 500],
    ] {
        for error in reads(records(body)).await {
            assert!(matches!(error, Error::Corrupt { .. }), "{error:?}");
        }
    }
    // A record of which nobody says how long it is, and an answer that leaves out its first record.
    for body in [[1_u8, 0xFF, 0xFF, 0xFF, 0xFF].as_slice(), &[2, 2]] {
        let [_, many] = reads(records(body)).await;
        assert!(matches!(many, Error::Corrupt { .. }), "{many:?}");
    }
}

#[tokio::test]
async fn only_a_server_that_says_so_says_that_a_record_is_absent() {
    let address = record("asked for").address();
    let absent = Problem::absent(&address);
    let server = Script::always(problem(&absent)).await;
    assert_eq!(server.client().get(&address).await.unwrap(), None);

    let other = Problem::absent(&record("another").address());
    let no_path = Problem::new(Kind::NoSuchPath, "there is no such path");
    let html = answer(404, &["content-type: text/html"], &absent.encode());
    let json = answer(404, &["content-type: application/json"], &absent.encode());
    let untyped = answer(404, &[], &absent.encode());
    let gone = answer(410, &[&content(wire::PROBLEM)], &absent.encode());
    let good = answer(200, &[&content(wire::PROBLEM)], &absent.encode());
    let empty = answer(204, &[], b"");
    let unchanged = answer(304, &[], b"");
    let garbage = answer(404, &[&content(wire::PROBLEM)], b"{\"kind\":\"absent\"");
    let replies = [html, json, untyped, gone, good, empty, unchanged, garbage].map(Reply::Bytes);
    for reply in replies
        .into_iter()
        .chain([problem(&other), problem(&no_path), page(404)])
    {
        for error in reads(reply).await {
            assert!(matches!(error, Error::Backend(_)), "{error:?}");
        }
    }
}

#[tokio::test]
async fn a_page_is_no_answer() {
    for reply in [page(200), page(403), page(404), page(500), page(511)] {
        for error in reads(reply).await {
            assert!(is_foreign(&error), "{error:?}");
        }
    }
    // A record under another type is none.
    let body = record("asked for").encode();
    for kind in ["text/html", "application/octet-stream", "application/json"] {
        let reply = Reply::Bytes(answer(200, &[&content(kind)], &body));
        for error in reads(reply).await {
            assert!(is_foreign(&error), "{error:?}");
        }
    }
}

#[tokio::test]
async fn nobody_is_followed_elsewhere() {
    let elsewhere = Script::always(page(200)).await;
    for status in [301, 302, 303, 307, 308] {
        let line = format!("location: {}/v1/records/get", elsewhere.url);
        for error in reads(Reply::Bytes(answer(status, &[&line], b""))).await {
            let Error::Backend(source) = error else {
                panic!("{error:?}");
            };
            let said = source.to_string();
            assert!(said.contains(&elsewhere.url), "{said}");
        }
    }
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn an_endless_answer_is_read_up_to_its_limit() {
    let head = format!("HTTP/1.1 200 OK\r\n{}\r\n\r\n", content(wire::RECORDS));
    let endless = [head.as_bytes(), &[0x55; 1 << 16]].concat();
    for error in reads(Reply::Endless(endless)).await {
        let Error::Backend(source) = error else {
            panic!("{error:?}");
        };
        let source = source.downcast_ref::<HttpError>();
        assert!(
            matches!(source, Some(HttpError::TooLarge { .. })),
            "{source:?}"
        );
    }
    // Nor is an error read for ever.
    let endless = b"HTTP/1.1 500 What\r\ncontent-type: application/problem+json\r\n\r\n{\"a\":\"";
    let endless = [endless.as_slice(), &[b'a'; 1 << 16]].concat();
    for error in reads(Reply::Endless(endless)).await {
        assert!(matches!(error, Error::Backend(_)), "{error:?}");
    }
}

#[tokio::test]
async fn a_length_that_is_not_kept_is_an_outage() {
    let body = record("asked for").encode();
    for length in ["1099511627776", "4096", "18446744073709551616"] {
        let lines = format!(
            "HTTP/1.1 200 OK\r\n{}\r\ncontent-length: {length}\r\n\r\n",
            content(wire::RECORDS)
        );
        let cut = [lines.as_bytes(), &body[..100]].concat();
        for error in reads(Reply::Bytes(cut)).await {
            assert!(is_outage(&error), "{error:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_drips_is_not_waited_for() {
    let head = format!(
        "HTTP/1.1 200 OK\r\n{}\r\ncontent-length: 400\r\n\r\nsome",
        content(wire::RECORDS)
    );
    for begun in [head.as_bytes(), b"HTTP/1.1 2", b""] {
        let server = Script::always(Reply::Silence(begun.to_vec())).await;
        let client = HttpStorage::builder(&server.url)
            .answer_within(Duration::from_millis(50))
            .build()
            .unwrap();
        let error = client.get(&Address::from_bytes([1; 32])).await.unwrap_err();
        assert!(is_outage(&error), "{error:?}");
        // Whoever is that slow is not asked again.
        assert_eq!(server.asked().len(), 1);
    }
}

#[tokio::test]
async fn headers_that_make_no_sense_are_no_answer() {
    let many = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "a".repeat(1 << 20));
    for bytes in [
        many.as_bytes(),
        b"220 mail.example ESMTP\r\n",
        b"\x00\x01\x02\x03",
        b"",
    ] {
        for error in reads(Reply::Bytes(bytes.to_vec())).await {
            assert!(is_outage(&error), "{error:?}");
        }
    }
}

#[tokio::test]
async fn an_entity_tag_means_nothing_to_whoever_has_no_cache() {
    let record = record("asked for");
    let body = record.encode();
    for tags in [
        ["etag: \"one\"", "etag: \"two\""],
        ["etag: W/\"", "etag: \\"],
        ["etag:", "if-none-match: *"],
    ] {
        let lines = [tags[0], tags[1], &content(wire::RECORDS)];
        let server = Script::always(Reply::Bytes(answer(200, &lines, &body))).await;
        let found = server.client().get(&record.address()).await.unwrap();
        assert_eq!(found, Some(record.clone()));
        assert!(!server.asked()[0].head.contains("if-none-match"));
    }
}

#[tokio::test]
async fn a_problem_is_what_it_says_where_that_makes_sense() {
    let corrupt = Problem::of(&Error::Corrupt {
        address: None,
        source: None,
    });
    for error in reads(problem(&corrupt)).await {
        assert!(matches!(error, Error::Corrupt { .. }), "{error:?}");
    }
    let unsupported = Problem::of(&Error::Unsupported);
    for error in reads(problem(&unsupported)).await {
        assert!(matches!(error, Error::Unsupported), "{error:?}");
    }
    for outage in [Outage::DiskFull, Outage::ReadOnly] {
        for error in reads(problem(&Problem::of(&Error::Unavailable(outage)))).await {
            assert!(
                matches!(&error, Error::Unavailable(found) if *found == outage),
                "{error:?}"
            );
        }
    }
    // A read cannot lose a race, and cannot have an unknown outcome.
    let conflict = Problem::of(&Error::Conflict {
        address: record("asked for").address(),
        found: Some(3),
    });
    let unknown = Problem::of(&Error::OutcomeUnknown { source: None });
    for nonsense in [conflict, unknown] {
        for error in reads(problem(&nonsense)).await {
            assert!(matches!(error, Error::Backend(_)), "{error:?}");
        }
    }
}

#[tokio::test]
async fn a_server_that_describes_itself_wrongly_is_none() {
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let other = r#"{"name":"x","version":"1","api":"v9","backend":"b","limits":{"addresses":1,
        "records":1,"records_body":1,"answers":1,"restores":false},
        "retention":{"keeps":"no","note":"n"}}"#;
    for body in [deep.as_str(), other, "", "{}", "null", "\"v1\""] {
        let reply = Reply::Bytes(answer(200, &[&content(wire::JSON)], body.as_bytes()));
        let server = Script::always(reply).await;
        let error = server.client().connect().await.unwrap_err();
        let is_said = matches!(
            error,
            HttpError::Malformed { .. } | HttpError::OtherVersion { .. }
        );
        assert!(is_said, "{body}: {error:?}");
    }
    for reply in [page(200), page(404)] {
        let server = Script::always(reply).await;
        let error = server.client().connect().await.unwrap_err();
        assert!(matches!(error, HttpError::Foreign { .. }), "{error:?}");
    }
}

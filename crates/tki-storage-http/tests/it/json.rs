//! Problems, and what a server says of itself.

use alloc::collections::BTreeSet;

use tki_record::{Address, Restored, Rule};
use tki_storage::{Error, KeepsHistory, Outage, Retention};
use tki_storage_http::wire::{Kind, Limits, Problem, RestoredAnswer, Version, WireError};

const ADDRESS: Address = Address::from_bytes([0xAB; 32]);

/// What the error becomes at the other end.
fn sent(error: &Error) -> (Problem, Error) {
    let problem = Problem::decode(&Problem::of(error).encode()).unwrap();
    (problem.clone(), problem.into_error())
}

#[test]
fn a_conflict_is_the_same_conflict_at_the_other_end() {
    for found in [None, Some(0), Some(u64::MAX)] {
        let address = ADDRESS;
        let (problem, read) = sent(&Error::Conflict { address, found });
        assert_eq!((problem.kind, problem.status), (Kind::Conflict, 409));
        assert!(matches!(read, Error::Conflict { address, found: version }
            if address == ADDRESS && version == found));
    }
}

#[test]
fn every_rule_is_the_same_rule_at_the_other_end() {
    let rules = [
        Rule::ClaimChanged,
        Rule::ClaimSignature,
        Rule::Closed,
        Rule::HandOverBackdated,
        Rule::HandOverSignature,
        Rule::HandOverWhenClosing,
        Rule::HandOversChanged,
        Rule::Signature,
    ];
    for rule in rules {
        let address = ADDRESS;
        let (problem, read) = sent(&Error::Refused { address, rule });
        assert_eq!((problem.kind, problem.status), (Kind::Refused, 422));
        assert!(matches!(read, Error::Refused { address, rule: broken }
            if address == ADDRESS && broken == rule));
    }
}

#[test]
fn every_outage_is_the_same_outage_at_the_other_end() {
    let outages = [
        Outage::Busy,
        Outage::DiskFull,
        Outage::ReadOnly,
        Outage::Unreachable,
    ];
    for outage in outages {
        let (problem, read) = sent(&Error::Unavailable(outage));
        assert_eq!((problem.kind, problem.status), (Kind::Unavailable, 503));
        assert!(matches!(read, Error::Unavailable(read) if read == outage));
    }
}

#[test]
fn other_errors_keep_their_kind_and_not_their_cause() {
    let cause = || -> tki_storage::BoxError { "host db7, password hunter2".into() };
    let address = Some(ADDRESS);
    let corrupt = Error::Corrupt {
        address,
        source: Some(cause()),
    };
    let unknown = Error::OutcomeUnknown {
        source: Some(cause()),
    };
    for (error, kind, status) in [
        (corrupt, Kind::Corrupt, 500),
        (unknown, Kind::OutcomeUnknown, 500),
        (Error::Backend(cause()), Kind::Backend, 500),
        (Error::Unsupported, Kind::Unsupported, 501),
    ] {
        let (problem, read) = sent(&error);
        assert_eq!((problem.kind, problem.status), (kind, status));
        assert_eq!(Kind::of(&read), kind);
        assert!(!format!("{problem:?}").contains("hunter2"));
    }
}

#[test]
fn too_many_requests_is_busy_and_what_is_not_known_is_no_outcome() {
    let many = Problem::new(Kind::TooManyRequests, "slowly").into_error();
    assert!(matches!(many, Error::Unavailable(Outage::Busy)));
    let json = br#"{"type":"x","title":"x","status":500,"detail":"x","kind":"made-up"}"#;
    let problem = Problem::decode(json).unwrap();
    assert_eq!(problem.kind, Kind::Other);
    assert!(matches!(problem.into_error(), Error::Backend(_)));
    // A refusal by a rule that this version does not know is no refusal by another.
    let mut unknown = Problem::of(&Error::Refused {
        address: ADDRESS,
        rule: Rule::Closed,
    });
    unknown.rule = Some("new-rule".to_owned());
    assert!(matches!(unknown.into_error(), Error::Backend(_)));
}

#[test]
fn every_kind_has_a_name_of_its_own_that_json_uses() {
    let mut names = BTreeSet::new();
    for kind in Kind::ALL {
        let problem = Problem::new(kind, "detail");
        assert_eq!(problem.uri, format!("urn:tki:problem:{}", kind.name()));
        let text = String::from_utf8(problem.encode()).unwrap();
        assert!(
            text.contains(&format!("\"kind\":\"{}\"", kind.name())),
            "{text}"
        );
        assert_eq!(Problem::decode(text.as_bytes()).unwrap().kind, kind);
        assert!(names.insert(kind.name()));
        assert!((400..600).contains(&kind.status()));
    }
}

#[test]
fn json_of_strangers_is_bounded() {
    let deep = vec![b'['; 100_000];
    let long = vec![b' '; (256 << 10) + 1];
    for json in [deep, long, Vec::new(), b"null".to_vec(), b"{}".to_vec()] {
        assert_eq!(Problem::decode(&json), Err(WireError::Json));
        assert_eq!(Version::decode(&json), Err(WireError::Json));
        assert_eq!(RestoredAnswer::decode(&json), Err(WireError::Json));
    }
}

#[test]
fn a_server_says_what_its_storage_keeps() {
    for (keeps, note) in [
        (KeepsHistory::No, "nothing"),
        (KeepsHistory::Possibly, "perhaps"),
        (KeepsHistory::Yes, "everything"),
    ] {
        let retention = Retention::new(keeps, note);
        let limits = Limits::new(1 << 20, false);
        let version = Version::new("tki-server", "1.2.3", "memory", limits, &retention);
        let read = Version::decode(&version.encode()).unwrap();
        assert_eq!(read, version);
        assert_eq!(read.retention.to_retention(), retention);
    }
}

#[test]
fn a_note_that_is_no_line_of_text_is_not_passed_on() {
    let limits = Limits::new(1, true);
    let version = Version::new("x", "x", "x", limits, &Retention::unknown());
    for note in [
        "\u{1b}[2J".to_owned(),
        "two\nlines".to_owned(),
        "x".repeat(1025),
    ] {
        let mut answer = version.retention.clone();
        answer.note = note;
        answer.keeps = "maybe".to_owned();
        assert_eq!(answer.to_retention(), Retention::unknown());
    }
}

#[test]
fn what_was_restored_is_the_same_at_the_other_end() {
    let mut restored = Restored::default();
    restored.created.insert(ADDRESS);
    restored.kept.insert(Address::from_bytes([1; 32]));
    let answer = RestoredAnswer::of(&restored);
    assert_eq!(RestoredAnswer::decode(&answer.encode()), Ok(restored));
    let wrong = br#"{"created":["ab"],"advanced":[],"kept":[]}"#;
    assert_eq!(RestoredAnswer::decode(wrong), Err(WireError::Json));
}

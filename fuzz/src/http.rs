//! What client and server of records send to each other.

use tki_record::{Address, Record};
use tki_storage::{Error, Outage};
use tki_storage_http::wire::answers::{self, Answer, Answers};
use tki_storage_http::wire::{
    Kind, Limits, MAX_ADDRESSES, Problem, RestoredAnswer, Version, addresses, records,
};

use crate::Target;
use crate::inputs::{choice, chosen};
use crate::memory::{bounded, bounded_stored};
use crate::record::life;

pub(crate) const RECORDS: Target = Target {
    name: "http_records",
    run: run_records,
    seeds: record_seeds,
};

pub(crate) const QUESTIONS: Target = Target {
    name: "http_questions",
    run: run_questions,
    seeds: question_seeds,
};

pub(crate) const JSON: Target = Target {
    name: "http_json",
    run: run_json,
    seeds: json_seeds,
};

fn run_records(data: &[u8]) {
    if let Ok(read) = bounded(data.len(), || records::decode(data)) {
        assert_eq!(records::encode(&read), data);
        assert_eq!(records::encoded_length(&read), data.len());
    }
}

/// The first byte says how many of the known addresses an answer is for.
fn run_questions(data: &[u8]) {
    if let Ok(read) = bounded(data.len(), || addresses::decode(data)) {
        assert_eq!(addresses::encode(&read), data);
        assert!((1..=MAX_ADDRESSES).contains(&read.len()));
    }
    let (count, data) = choice(data);
    let asked: Vec<Address> = life()
        .iter()
        .map(Record::address)
        .cycle()
        .take(count.into())
        .collect();
    // Who asks for much pays for room for as many answers.
    let paid = data.len() + asked.len() * 8;
    let Ok(read) = bounded(paid, || answers::decode(data, &asked)) else {
        return;
    };
    assert_eq!(read.len(), asked.len());
    assert!(!matches!(read.first(), Some(Answer::LeftOut)));
    let fits = |answer: &Answer| !matches!(answer, Answer::LeftOut);
    if read.iter().all(fits) {
        let mut again = Answers::default();
        for answer in &read {
            again.push(match answer {
                Answer::Present(record) => Some(record),
                Answer::Absent | Answer::LeftOut => None,
            });
        }
        if !again.is_full() {
            assert_eq!(again.into_bytes(), data);
        }
    }
}

fn run_json(data: &[u8]) {
    if let Ok(problem) = bounded_stored(data.len(), || Problem::decode(data)) {
        assert_eq!(Problem::decode(&problem.encode()).as_ref(), Ok(&problem));
        let known = problem.kind == Kind::OutcomeUnknown;
        let error = problem.into_error();
        assert_eq!(matches!(error, Error::OutcomeUnknown { .. }), known);
    }
    if let Ok(version) = bounded_stored(data.len(), || Version::decode(data)) {
        let retention = version.retention.to_retention();
        assert!(retention.note.len() <= 1024);
        assert!(!retention.note.chars().any(char::is_control));
    }
    if let Ok(restored) = bounded_stored(data.len(), || RestoredAnswer::decode(data)) {
        let again = RestoredAnswer::of(&restored);
        assert_eq!(again.created.len(), restored.created.len());
    }
}

fn record_seeds() -> Vec<Vec<u8>> {
    vec![
        records::encode(&[]),
        records::encode(&life()[..1]),
        records::encode(life()),
    ]
}

fn question_seeds() -> Vec<Vec<u8>> {
    let asked: Vec<Address> = life().iter().map(Record::address).collect();
    let mut answer = Answers::default();
    answer.push(life().first());
    answer.push(None);
    answer.push(life().last());
    let mut seeds = chosen(3, [answer.into_bytes()]);
    seeds.push(addresses::encode(&asked));
    seeds
}

fn json_seeds() -> Vec<Vec<u8>> {
    let address = life()[0].address();
    let conflict = Error::Conflict {
        address,
        found: Some(3),
    };
    let version = Version::new(
        "tki-server",
        "0.1.0",
        "memory",
        Limits::new(1 << 24, true),
        &tki_storage::Retention::unknown(),
    );
    let restored = br#"{"created":[],"advanced":[],"kept":["00"]}"#;
    vec![
        Problem::of(&conflict).encode(),
        Problem::of(&Error::Unavailable(Outage::Busy)).encode(),
        version.encode(),
        restored.to_vec(),
    ]
}

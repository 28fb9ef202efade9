//! Bodies of addresses and records.

use tki_record::{Address, DecodeError, MAX_BODY, MAX_ENCODED, Record};
use tki_storage_http::wire::answers::{self, Answer, Answers};
use tki_storage_http::wire::{MAX_ANSWERS, WireError, addresses, entity_tag, records};

use crate::owner::record;

fn address(byte: u8) -> Address {
    Address::from_bytes([byte; 32])
}

#[test]
fn addresses_are_one_to_a_thousand_and_twenty_four() {
    let most: Vec<Address> = (0..1024).map(|_| address(1)).collect();
    assert_eq!(addresses::decode(&addresses::encode(&most)), Ok(most));
    for length in [0, 1, 31, 33, 1025 * 32] {
        let read = addresses::decode(&vec![0; length]);
        assert_eq!(read, Err(WireError::Addresses), "{length}");
    }
}

#[test]
fn numbers_are_big_endian() {
    let mut rng = tki_testkit::rng("big endian");
    let record = record(&mut rng, vec![7; 300]);
    let bytes = records::encode(core::slice::from_ref(&record));
    assert_eq!(bytes[..4], [0, 0, 0, 1]);
    let length = u32::try_from(record.encoded_length()).unwrap();
    assert_eq!(bytes[4..8], length.to_be_bytes());
    assert_eq!(bytes[8..], record.encode());
    let mut answer = Answers::default();
    answer.push(Some(&record));
    let bytes = answer.into_bytes();
    assert_eq!(bytes[0], 1);
    assert_eq!(bytes[1..5], length.to_be_bytes());
}

#[test]
fn records_are_what_was_sent_or_an_error() {
    let mut rng = tki_testkit::rng("records");
    let sent: Vec<Record> = (0..3).map(|n| record(&mut rng, vec![n; 40])).collect();
    let bytes = records::encode(&sent);
    assert_eq!(bytes.len(), records::encoded_length(&sent));
    assert_eq!(records::decode(&bytes), Ok(sent));
    for end in 0..bytes.len() {
        assert_eq!(records::decode(&bytes[..end]), Err(WireError::Truncated));
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert_eq!(records::decode(&longer), Err(WireError::TrailingBytes));
    let mut damaged = bytes;
    damaged[8] = 9;
    let source = DecodeError::UnknownFormat { found: 9 };
    let expected = WireError::Record {
        position: 0,
        source,
    };
    assert_eq!(records::decode(&damaged), Err(expected));
}

#[test]
fn counts_and_lengths_have_limits_before_anything_is_read() {
    let found = 1025;
    let many = 1025_u32.to_be_bytes();
    assert_eq!(
        records::decode(&many),
        Err(WireError::TooManyRecords { found })
    );
    let found = u32::try_from(MAX_ENCODED).unwrap() + 1;
    let long = [[0, 0, 0, 1], found.to_be_bytes()].concat();
    assert_eq!(records::decode(&long), Err(WireError::Length { found }));
    assert_eq!(records::decode(&[0, 0, 4, 0]), Err(WireError::Truncated));
}

#[test]
fn an_answer_says_what_is_at_each_address() {
    let mut rng = tki_testkit::rng("answers");
    let there = record(&mut rng, b"body".to_vec());
    let asked = [address(1), there.address(), there.address()];
    let mut answer = Answers::default();
    answer.push(None);
    answer.push(Some(&there));
    answer.push(Some(&there));
    let bytes = answer.into_bytes();
    let expected = [
        Answer::Absent,
        Answer::Present(there.clone()),
        Answer::Present(there),
    ];
    assert_eq!(answers::decode(&bytes, &asked), Ok(expected.to_vec()));

    // Another record than the one that was asked for is no answer.
    let swapped = [asked[1], asked[0], asked[1]];
    assert_eq!(
        answers::decode(&bytes, &swapped),
        Err(WireError::OtherRecord { asked: asked[0] })
    );
    let fewer = answers::decode(&bytes, &asked[..2]);
    assert_eq!(fewer, Err(WireError::TrailingBytes));
    let more = answers::decode(&bytes, &[&asked[..], &asked[..1]].concat());
    assert_eq!(more, Err(WireError::Truncated));
    let unknown = answers::decode(&[3], &asked[..1]);
    assert_eq!(unknown, Err(WireError::Status { found: 3 }));
}

#[test]
fn a_full_answer_leaves_out_the_rest_and_never_the_first() {
    let mut rng = tki_testkit::rng("full answers");
    let large = record(&mut rng, vec![1; MAX_BODY]);
    let mut answer = Answers::default();
    let mut written = 0;
    while !answer.is_full() {
        answer.push(Some(&large));
        written += 1;
    }
    answer.push(None);
    assert!(answer.length() <= MAX_ANSWERS + 2);
    let asked = vec![large.address(); written + 1];
    let read = answers::decode(&answer.into_bytes(), &asked).unwrap();
    let left_out = read.iter().filter(|answer| **answer == Answer::LeftOut);
    assert_eq!(left_out.count(), 2);
    assert_eq!(read[0], Answer::Present(large.clone()));
    assert_eq!(
        answers::decode(&[2], &asked[..1]),
        Err(WireError::FirstLeftOut)
    );
}

#[test]
fn an_entity_tag_is_another_for_every_version() {
    let mut rng = tki_testkit::rng("tags");
    let first = record(&mut rng, b"body".to_vec());
    let other = record(&mut rng, b"body".to_vec());
    let digest = Address::from_bytes(first.header().digest());
    assert_eq!(entity_tag(&first), format!("\"{digest}\""));
    assert_ne!(entity_tag(&first), entity_tag(&other));
}

//! Transcripts are injective, and no two tags are equal.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use tki_seal::transcript::{Tag, Transcript};

#[test]
fn all_tags_are_distinct_and_versioned() {
    let names: BTreeSet<&str> = Tag::ALL.iter().map(|tag| tag.as_str()).collect();
    assert_eq!(names.len(), Tag::ALL.len());
    for name in names {
        let name = name.strip_prefix("tki/v1/").expect("a version");
        assert!(!name.is_empty());
        assert!(
            name.bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b' ' | b'-'))
        );
    }
}

/// Every tag, spelled out: renaming one changes every digest made with it.
#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn tags_are_spelled_as_ever() {
    let names: Vec<&str> = Tag::ALL
        .iter()
        .map(|tag| tag.as_str().trim_start_matches("tki/v1/"))
        .collect();
    assert_eq!(
        names,
        [
            "address",
            "anchor advance",
            "anchor reserve",
            "answer combination",
            "app key",
            "binding key",
            "blind evaluator file",
            "box ephemeral",
            "box key",
            "chain code",
            "claim",
            "claim binding",
            "claim key",
            "control key",
            "core hash",
            "device file",
            "device package",
            "document",
            "document claim key",
            "document key",
            "ed25519 nonce",
            "event",
            "event hash",
            "event key",
            "example",
            "factor file",
            "guardian file",
            "hand-over",
            "help answer",
            "help code",
            "help key",
            "help request",
            "join code",
            "join commitment",
            "join invite",
            "join request",
            "join writer",
            "mailbox",
            "mailbox hash",
            "notice",
            "operation",
            "passkey file",
            "passkey seed",
            "passphrase key",
            "pegged share",
            "provider decrypt",
            "provider evaluate",
            "provider file",
            "provider key",
            "provider sign",
            "receipt",
            "record",
            "record body",
            "recovery file",
            "sealed box",
            "seed seal",
            "signature batch",
            "symmetric salt",
            "symmetric seal",
            "writer key",
        ]
    );
}

#[test]
fn different_tags_give_different_digests() {
    let digests: BTreeSet<[u8; 32]> = Tag::ALL
        .iter()
        .map(|tag| Transcript::new(*tag).bytes(b"same").digest())
        .collect();
    assert_eq!(digests.len(), Tag::ALL.len());
}

/// The ambiguity that a plain concatenation has.
#[test]
fn joined_and_split_fields_differ() {
    let new = || Transcript::new(Tag::Example);
    let encodings: Vec<Vec<u8>> = [
        new(),
        new().bytes(b""),
        new().bytes(b"").bytes(b""),
        new().bytes(b"ab"),
        new().bytes(b"a").bytes(b"b"),
        new().bytes(b"ab").bytes(b""),
        new().bytes(b"").bytes(b"ab"),
        new().list([b"ab"]),
        new().list([b"a", b"b"]),
        new().list([b"a"]).list([b"b"]),
        new().list(["ab", ""]),
        new().list::<[&[u8]; 0]>([]),
        new().u64(7),
        new().u128(7),
        new().bytes(&7_u64.to_le_bytes()),
        new().bytes(&7_u128.to_le_bytes()),
        new().flag(true),
        new().flag(false),
        new().bytes(&[1]),
        new().bytes(&[0]),
    ]
    .into_iter()
    .map(|transcript| transcript.into_bytes().to_vec())
    .collect();
    let distinct: BTreeSet<&Vec<u8>> = encodings.iter().collect();
    assert_eq!(distinct.len(), encodings.len());
}

/// A field, so that a random transcript can be compared with what it was made from.
#[derive(Clone, Debug, PartialEq)]
enum Field {
    Bytes(Vec<u8>),
    Flag(bool),
    List(Vec<Vec<u8>>),
    U128(u128),
    U64(u64),
}

fn field() -> impl Strategy<Value = Field> {
    // Few short values, so that equal encodings of different fields would be found.
    let short = || vec(prop_oneof![Just(0_u8), Just(1), any::<u8>()], 0..4);
    prop_oneof![
        short().prop_map(Field::Bytes),
        vec(any::<u8>(), 0..600).prop_map(Field::Bytes),
        any::<bool>().prop_map(Field::Flag),
        vec(short(), 0..4).prop_map(Field::List),
        (0..3_u128).prop_map(Field::U128),
        any::<u128>().prop_map(Field::U128),
        (0..3_u64).prop_map(Field::U64),
        any::<u64>().prop_map(Field::U64),
    ]
}

fn transcript(tag: Tag, fields: &[Field]) -> Transcript {
    fields
        .iter()
        .fold(Transcript::new(tag), |transcript, field| match field {
            Field::Bytes(value) => transcript.bytes(value),
            Field::Flag(value) => transcript.flag(*value),
            Field::List(items) => transcript.list(items),
            Field::U128(value) => transcript.u128(*value),
            Field::U64(value) => transcript.u64(*value),
        })
}

/// Reads an encoding back, by the specification: what can be read back is injective.
fn parse(mut encoding: &[u8]) -> (Vec<u8>, Vec<Field>) {
    fn take<'a>(from: &mut &'a [u8], length: usize) -> &'a [u8] {
        let (taken, rest) = from.split_at(length);
        *from = rest;
        taken
    }
    fn number(from: &mut &[u8]) -> usize {
        let bytes = take(from, 8).try_into().unwrap();
        usize::try_from(u64::from_le_bytes(bytes)).unwrap()
    }
    let length = number(&mut encoding);
    let tag = take(&mut encoding, length).to_vec();
    let mut fields = Vec::new();
    while !encoding.is_empty() {
        let kind = take(&mut encoding, 1)[0];
        let length = number(&mut encoding);
        let mut body = take(&mut encoding, length);
        fields.push(match kind {
            1 => Field::Bytes(body.to_vec()),
            2 => Field::U64(u64::from_le_bytes(body.try_into().unwrap())),
            3 => Field::U128(u128::from_le_bytes(body.try_into().unwrap())),
            4 => Field::Flag(body == [1]),
            5 => {
                let count = number(&mut body);
                let items = (0..count)
                    .map(|_| {
                        let length = number(&mut body);
                        take(&mut body, length).to_vec()
                    })
                    .collect();
                assert!(body.is_empty());
                Field::List(items)
            }
            other => panic!("no such type: {other}"),
        });
    }
    (tag, fields)
}

proptest! {
    #[test]
    fn encodings_are_equal_only_for_equal_fields(
        one in vec(field(), 0..6),
        other in vec(field(), 0..6),
    ) {
        let encodings = [&one, &other].map(|fields| transcript(Tag::Example, fields).into_bytes());
        assert_eq!(encodings[0] == encodings[1], one == other);
    }

    #[test]
    fn an_encoding_can_be_read_back(fields in vec(field(), 0..6)) {
        let encoding = transcript(Tag::Claim, &fields).into_bytes();
        assert_eq!(parse(&encoding), (b"tki/v1/claim".to_vec(), fields));
    }
}

//! The bytes: one encoding per record, nothing accepted that is not exactly that.

use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use tki_record::{
    Claim, DecodeError, HandOver, MAX_BODY, MAX_HAND_OVERS, Record, RecordHeader, RecordKind,
    ShapeError,
};
use tki_seal::bip340::SigningKey;

use crate::keys::Owner;

/// Where the fields of a record without hand-overs begin.
mod at {
    pub(crate) const FORMAT: usize = 0;
    pub(crate) const KIND: usize = 1;
    pub(crate) const VERSION: usize = 166;
    pub(crate) const CLOSED: usize = 174;
    pub(crate) const BODY_HASH: usize = 175;
    pub(crate) const COUNT: usize = 207;
    pub(crate) const BODY_LENGTH: usize = 275;
    pub(crate) const BODY: usize = 279;
}

/// A record with a history: as many versions as there are flags, handing over where one is set.
fn record(seed: u64, hands_over: &[bool], body: Vec<u8>, closed: bool) -> Record {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let owner = Owner::new(&mut rng);
    let mut writer = owner.writer;
    let slot = u32::try_from(seed & 0xFFFF).unwrap();
    let public = writer.public_key();
    let claim = Claim::sign(RecordKind::Mailbox, slot, &owner.claim_key, public, [3; 32]);
    let mut record = Record::first(claim, body.clone(), &writer).unwrap();
    for hands_over in hands_over {
        let next = hands_over.then(|| SigningKey::random(&mut rng));
        let public = next.as_ref().map(SigningKey::public_key);
        record = record.next(body.clone(), &writer, public).unwrap();
        writer = next.unwrap_or(writer);
    }
    if closed {
        record.close(body, &writer).unwrap()
    } else {
        record
    }
}

fn any_record() -> impl Strategy<Value = Record> {
    let history = proptest::collection::vec(any::<bool>(), 0..5);
    let body = proptest::collection::vec(any::<u8>(), 0..200);
    (any::<u64>(), history, body, any::<bool>())
        .prop_map(|(seed, history, body, closed)| record(seed, &history, body, closed))
}

fn is_accepted(bytes: &[u8]) -> bool {
    Record::decode(bytes).is_ok_and(|record| record.verify().is_ok())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn decoding_undoes_encoding(record in any_record()) {
        let encoded = record.encode();
        prop_assert_eq!(encoded.len(), record.encoded_length());
        let decoded = Record::decode(&encoded).unwrap();
        prop_assert_eq!(decoded.verify(), Ok(()));
        prop_assert_eq!(Record::encoded_address(&encoded), Ok(record.address()));
        prop_assert_eq!(&decoded, &record);

        let header = RecordHeader::decode(&record.header().encode()).unwrap();
        prop_assert_eq!(&header, record.header());
        let claim = Claim::decode(&record.claim().encode()).unwrap();
        prop_assert_eq!(&claim, record.claim());
    }

    #[test]
    fn what_decodes_encodes_to_the_same_bytes(
        record in any_record(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = record.encode();
        for (index, byte) in changes {
            *index.get_mut(&mut bytes) = byte;
        }
        if let Ok(decoded) = Record::decode(&bytes) {
            prop_assert_eq!(decoded.encode(), bytes);
        }
    }

    #[test]
    fn arbitrary_bytes_decode_to_themselves_or_not_at_all(
        mut bytes in proptest::collection::vec(any::<u8>(), 0..600),
        kind in 0..4u8,
    ) {
        if let Some(first) = bytes.first_mut() {
            *first = kind;
        }
        let claim = bytes.get(..165).unwrap_or(&bytes);
        if let Ok(decoded) = Claim::decode(claim) {
            prop_assert_eq!(decoded.encode(), claim);
        }
        if let Ok(decoded) = RecordHeader::decode(&bytes) {
            prop_assert_eq!(decoded.encode(), bytes.as_slice());
        }
        if let Ok(decoded) = Record::decode(&bytes) {
            prop_assert_eq!(decoded.encode(), bytes);
        }
    }
}

#[test]
fn every_flipped_byte_is_noticed() {
    let bytes = record(1, &[true, false, true], b"body".to_vec(), false).encode();
    assert!(is_accepted(&bytes));
    for position in 0..bytes.len() {
        for mask in [1, 0x80, 0xFF] {
            let mut damaged = bytes.clone();
            damaged[position] ^= mask;
            assert!(!is_accepted(&damaged), "byte {position} ^ {mask:#x}");
        }
    }
}

#[test]
fn every_truncation_and_every_addition_is_refused() {
    let record = record(2, &[true, false], b"body".to_vec(), true);
    let bytes = record.encode();
    for length in 0..bytes.len() {
        assert!(Record::decode(&bytes[..length]).is_err(), "{length} bytes");
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert_eq!(Record::decode(&longer), Err(DecodeError::TrailingBytes));
    assert_eq!(
        Record::decode(&bytes[..bytes.len() - 1]),
        Err(DecodeError::Truncated)
    );
    // A header is not a record, nor the other way round.
    assert_eq!(
        Record::decode(&record.header().encode()),
        Err(DecodeError::Truncated)
    );
    assert_eq!(
        RecordHeader::decode(&bytes),
        Err(DecodeError::TrailingBytes)
    );
}

#[test]
fn every_error_of_decoding_is_told_apart() {
    let bytes = record(3, &[], b"body".to_vec(), false).encode();
    let with = |position: usize, new: &[u8]| {
        let mut changed = bytes.clone();
        changed[position..position + new.len()].copy_from_slice(new);
        Record::decode(&changed).unwrap_err()
    };
    assert_eq!(
        with(at::FORMAT, &[0]),
        DecodeError::UnknownFormat { found: 0 }
    );
    assert_eq!(
        with(at::FORMAT, &[2]),
        DecodeError::UnknownFormat { found: 2 }
    );
    assert_eq!(with(at::KIND, &[9]), DecodeError::UnknownKind { found: 9 });
    assert_eq!(with(at::CLOSED, &[2]), DecodeError::NotCanonical);
    assert_eq!(
        with(at::BODY_HASH, &[0; 32]),
        DecodeError::Shape(ShapeError::BodyHash)
    );
    assert_eq!(
        with(at::BODY, b"mody"),
        DecodeError::Shape(ShapeError::BodyHash)
    );
    // Lengths beyond the limit are refused as such, within it as truncated.
    let over = u32::try_from(MAX_HAND_OVERS + 1).unwrap().to_le_bytes();
    assert_eq!(
        with(at::COUNT, &over),
        DecodeError::Shape(ShapeError::TooManyHandOvers)
    );
    assert_eq!(
        with(at::COUNT, &[255; 4]),
        DecodeError::Shape(ShapeError::TooManyHandOvers)
    );
    assert_eq!(with(at::COUNT, &[1, 0, 0, 0]), DecodeError::Truncated);
    let over = u32::try_from(MAX_BODY + 1).unwrap().to_le_bytes();
    assert_eq!(
        with(at::BODY_LENGTH, &over),
        DecodeError::Shape(ShapeError::BodyTooLarge)
    );
    assert_eq!(with(at::BODY_LENGTH, &[5, 0, 0, 0]), DecodeError::Truncated);

    // A hand-over of a version to come: the version of the record is set back below it.
    let handed_over = record(3, &[false, true], b"body".to_vec(), false).encode();
    let mut changed = handed_over;
    changed[at::VERSION..at::VERSION + 8].copy_from_slice(&[0; 8]);
    assert_eq!(
        Record::decode(&changed),
        Err(DecodeError::Shape(ShapeError::HandOverOrder))
    );
}

/// Written by format 1 at its first day; files are added here, never regenerated.
#[test]
fn the_first_format_is_still_read() {
    let stored = include_bytes!("../vectors/record-1.bin");
    let record = Record::decode(stored).unwrap();
    assert_eq!(record.encode(), stored);
    assert_eq!(record.verify(), Ok(()));
    assert_eq!(
        (record.claim().kind(), record.claim().slot()),
        (RecordKind::Mailbox, 1)
    );
    assert_eq!(
        (record.version(), record.is_closed(), record.body()),
        (3, false, &b"body"[..])
    );
    let versions: Vec<u64> = record
        .header()
        .hand_overs()
        .iter()
        .map(HandOver::version)
        .collect();
    assert_eq!(versions, [1, 3]);
    assert_eq!(*record.claim().binding(), [3; 32]);
    assert_eq!(
        record.address().to_string(),
        "7742e11f6d2a56daf052907099d19569430bfafa0816dce15ecc44fa6b2defa1"
    );
}

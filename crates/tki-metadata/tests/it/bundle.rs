//! The bundle: what it is made of, and that damage is refused or means exactly what it says.

use tki_metadata::{Bundle, CRITICAL, Error, Extensions, Rule, limits};
use tki_record::{Claim, Record, RecordKind};

use crate::{
    raw::{extensions, string},
    samples,
};

const MAGIC: &[u8] = b"TKI-BNDL";

fn file() -> Vec<u8> {
    samples::bundle().encode().expect("valid")
}

/// A file written by hand after `docs/spec/bundle.md`.
fn raw(records: &[Vec<u8>]) -> Vec<u8> {
    let mut file = [MAGIC, &[1]].concat();
    file.extend(u64::try_from(records.len()).expect("small").to_le_bytes());
    file.extend(records.iter().flat_map(|record| string(record)));
    file.extend(extensions(&[]));
    file
}

fn refused(rule: Rule) -> Option<Error> {
    Some(Error::Refused { rule })
}

#[test]
fn a_bundle_survives_and_its_records_verify() {
    let bundle = samples::bundle();
    let decoded = Bundle::decode(&file()).expect("just encoded");
    assert_eq!(decoded, bundle);
    assert_eq!(decoded.encode(), Ok(file()));
    for record in &decoded.records {
        record.verify().expect("signed");
    }
}

#[test]
fn the_order_of_the_records_says_nothing() {
    let records = samples::bundle().records;
    let mut reversed = records.clone();
    reversed.reverse();
    assert_eq!(Bundle::new(reversed), Bundle::new(records.clone()));
    let encoded: Vec<_> = records.iter().map(Record::encode).collect();
    assert_eq!(Bundle::new(records).encode(), Ok(raw(&encoded)));
}

#[test]
fn a_bundle_has_one_document_and_each_mailbox_once_in_order() {
    let records: Vec<Vec<u8>> = samples::bundle()
        .records
        .iter()
        .map(Record::encode)
        .collect();
    let of = |positions: &[usize]| {
        let chosen: Vec<_> = positions.iter().map(|p| records[*p].clone()).collect();
        Bundle::decode(&raw(&chosen)).err()
    };
    assert_eq!(of(&[0, 1, 2, 3]), None);
    assert_eq!(of(&[0]), None);
    for count in [&[][..], &[1], &[1, 2, 3], &[0, 0, 1]] {
        assert_eq!(of(count), refused(Rule::RecordCount), "{count:?}");
    }
    for order in [&[1, 0, 2][..], &[0, 2, 1], &[0, 1, 1], &[1, 2, 0]] {
        assert_eq!(of(order), refused(Rule::RecordOrder), "{order:?}");
    }
    let mut bundle = samples::bundle();
    bundle.records.swap(1, 2);
    assert_eq!(bundle.encode().err(), refused(Rule::RecordOrder));
    bundle.records.remove(0);
    assert_eq!(bundle.encode().err(), refused(Rule::RecordCount));
}

#[test]
fn a_bundle_has_no_more_records_than_a_storage_takes_in() {
    let key = samples::seed(0).claim_key(0);
    let record = |kind, slot| {
        let claim = Claim::sign(kind, slot, &key, key.public_key(), [0; 32]);
        Record::first(claim, vec![], &key).expect("small")
    };
    let mut records = vec![record(RecordKind::Document, 0)];
    let last = u32::try_from(limits::BUNDLE_RECORDS).expect("small");
    records.extend((1..last).map(|slot| record(RecordKind::Mailbox, slot)));
    assert_eq!(records.len(), tki_record::MAX_COMMIT_RECORDS);
    let file = Bundle::new(records.clone()).encode().expect("just fits");
    assert_eq!(Bundle::decode(&file).expect("fits").records.len(), 1024);
    records.push(record(RecordKind::Mailbox, last));
    let one_too_many = Bundle::new(records).encode();
    assert_eq!(one_too_many.err(), refused(Rule::RecordCount));
}

#[test]
fn extensions_are_kept_unless_they_must_be_understood() {
    let mut bundle = samples::bundle();
    bundle.extensions.insert(77, b"kept".to_vec());
    let decoded = Bundle::decode(&bundle.encode().expect("valid")).expect("valid");
    assert_eq!(decoded.extensions.get(77), Some(b"kept".as_slice()));
    bundle.extensions.insert(CRITICAL | 1, vec![]);
    let critical = Some(Error::CriticalExtension { tag: CRITICAL | 1 });
    assert_eq!(bundle.encode().err(), critical);

    let records: Vec<Vec<u8>> = samples::bundle()
        .records
        .iter()
        .map(Record::encode)
        .collect();
    let mut file = raw(&records);
    file.truncate(file.len() - 8);
    file.extend(extensions(&[(CRITICAL | 1, b"")]));
    assert_eq!(Bundle::decode(&file).err(), critical);
    assert_eq!(Bundle::new(vec![]).extensions, Extensions::new());
}

#[test]
fn what_is_no_bundle_is_called_so() {
    let package = samples::package().encode().expect("valid");
    for other in [&b""[..], b"TKI-BND", b"TKI-DEVS\x01", b"{}", &package] {
        assert_eq!(Bundle::decode(other).err(), Some(Error::NotABundle));
    }
    let mut file = file();
    for position in 0..MAGIC.len() {
        file[position] ^= 0x20;
        assert_eq!(Bundle::decode(&file).err(), Some(Error::NotABundle));
        file[position] ^= 0x20;
    }
    assert!(!Error::NotABundle.is_unsupported());
}

#[test]
fn other_versions_and_records_of_other_formats_and_kinds_are_unsupported() {
    let mut other = file();
    for version in (0..=u8::MAX).filter(|version| *version != 1) {
        other[MAGIC.len()] = version;
        let expected = Error::UnsupportedVersion { version };
        assert!(expected.is_unsupported());
        assert_eq!(Bundle::decode(&other), Err(expected));
        assert_eq!(Bundle::decode(&[MAGIC, &[version]].concat()), Err(expected));
    }
    let record = samples::bundle().records.remove(0).encode();
    for (position, value, expected) in [
        (0, 2, Error::UnsupportedVersion { version: 2 }),
        (1, 3, Error::UnsupportedRecord { kind: 3 }),
    ] {
        let mut record = record.clone();
        record[position] = value;
        assert!(expected.is_unsupported());
        assert_eq!(Bundle::decode(&raw(&[record])), Err(expected));
    }
}

#[test]
fn every_truncation_and_every_addition_is_malformed() {
    let mut file = file();
    for length in MAGIC.len()..file.len() {
        let cut = Bundle::decode(&file[..length]);
        assert_eq!(cut, Err(Error::Malformed), "{length}");
    }
    file.push(0);
    assert_eq!(Bundle::decode(&file), Err(Error::Malformed));
}

/// What is not refused here is another signature or key: it is refused by whoever takes the record
/// in, or it is an extension that nobody knows.
#[test]
fn a_changed_byte_is_refused_or_means_itself() {
    let intact = samples::bundle();
    let file = file();
    let mut refused = 0;
    for position in 0..file.len() {
        for change in [0x01, 0x80, 0xff] {
            let mut damaged = file.clone();
            damaged[position] ^= change;
            let Ok(bundle) = Bundle::decode(&damaged) else {
                refused += 1;
                continue;
            };
            assert_eq!(bundle.encode(), Ok(damaged), "at {position}");
            let verifies = bundle.records.iter().all(|record| record.verify().is_ok());
            if verifies {
                assert_eq!(bundle.records, intact.records, "at {position}");
                assert_ne!(bundle.extensions, intact.extensions, "at {position}");
            }
        }
    }
    // Every byte of the bodies is vouched for by its header.
    let bodies: usize = intact
        .records
        .iter()
        .map(|record| record.body().len())
        .sum();
    assert!(refused > bodies * 3, "{refused} of {}", file.len() * 3);
}

#[test]
fn a_length_that_the_file_does_not_pay_for_is_malformed() {
    let file = file();
    for huge in [u64::MAX, 1 << 62, 1 << 40, 1 << 28] {
        for position in MAGIC.len() + 1..file.len().saturating_sub(8) {
            let mut damaged = file.clone();
            damaged[position..position + 8].copy_from_slice(&huge.to_le_bytes());
            if let Ok(bundle) = Bundle::decode(&damaged) {
                assert_eq!(bundle.encode(), Ok(damaged), "at {position}");
            }
        }
    }
    let mut endless = [MAGIC, &[1]].concat();
    endless.resize(MAGIC.len() + limits::BUNDLE_BYTES + 1, 0);
    let limit = limits::BUNDLE_BYTES;
    assert_eq!(Bundle::decode(&endless), Err(Error::TooLarge { limit }));
}

//! What a device remembers of how its account stands.

use proptest::prelude::*;
use tki_metadata::{
    CRITICAL, Error, Extensions, FactorStanding, KnownWriter, Membership, Rule, Standing, limits,
};
use tki_record::Address;
use tki_seal::bip340::PublicKey;

use crate::samples;

fn sample() -> Standing {
    let factor = |x, used, drilled, lost| FactorStanding {
        identifier: samples::identifier(x),
        used,
        drilled,
        lost,
    };
    let writer = |address, version| KnownWriter {
        address: Address::from_bytes([address; 32]),
        version,
        next: PublicKey::from_bytes([0x77; 32]),
    };
    Standing {
        factors: vec![
            factor(1, None, None, None),
            factor(2, Some(7), Some(8), None),
            factor(1 << 100, None, Some(9), Some(10)),
        ],
        writers: vec![writer(0x0a, 3), writer(0x0b, 0)],
        extensions: samples::extensions(&[(5, b"later")]),
    }
}

/// The form of the specification, written down without the crate's codec.
fn by_hand(standing: &Standing) -> Vec<u8> {
    let optional = |date: Option<u64>| match date {
        None => vec![0],
        Some(date) => [&[1], date.to_le_bytes().as_slice()].concat(),
    };
    let count = |count: usize| u64::try_from(count).unwrap().to_le_bytes().to_vec();
    let mut bytes = vec![1];
    bytes.extend(count(standing.factors.len()));
    for factor in &standing.factors {
        bytes.extend(factor.identifier.get().to_le_bytes());
        bytes.extend(optional(factor.used));
        bytes.extend(optional(factor.drilled));
        bytes.extend(optional(factor.lost));
    }
    bytes.extend(count(standing.writers.len()));
    for writer in &standing.writers {
        bytes.extend(writer.address.as_bytes());
        bytes.extend(writer.version.to_le_bytes());
        bytes.extend(writer.next.as_bytes());
    }
    bytes.extend(count(standing.extensions.len()));
    for (tag, value) in standing.extensions.iter() {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(count(value.len()));
        bytes.extend(value);
    }
    bytes
}

#[test]
fn it_is_stored_as_the_specification_says() {
    for standing in [sample(), Standing::default()] {
        let bytes = standing.encode().unwrap();
        assert_eq!(bytes, by_hand(&standing));
        assert_eq!(Standing::decode(&bytes), Ok(standing));
    }
    // As version 1 wrote it, for ever.
    let mut one = Standing::default();
    one.set(FactorStanding {
        drilled: Some(1_790_000_000),
        ..FactorStanding::new(samples::identifier(3))
    });
    let golden = "01 0100000000000000 03000000000000000000000000000000 00 01803bb16a00000000 00 \
                  0000000000000000 0000000000000000";
    let golden: String = golden.split_whitespace().collect();
    assert_eq!(hex::encode(one.encode().unwrap()), golden);
}

type Case = (&'static str, fn(&mut Standing));

const CASES: &[Case] = &[
    ("factors out of order", |s| s.factors.swap(0, 1)),
    ("a factor twice", |s| s.factors[1] = s.factors[0]),
    ("writers out of order", |s| s.writers.swap(0, 1)),
    ("a writer twice", |s| s.writers[1] = s.writers[0]),
    ("too many factors", |s| {
        let numbers = 1..=u128::try_from(limits::HOLDERS + 1).unwrap();
        let factors = numbers.map(|x| FactorStanding::new(samples::identifier(x)));
        s.factors = factors.collect();
    }),
    ("too many writers", |s| {
        let numbers = 0..=u16::try_from(limits::KNOWN_WRITERS).unwrap();
        let writer = s.writers[0];
        s.writers = numbers.map(|number| at(number, writer)).collect();
    }),
];

/// The same writer of another record.
fn at(number: u16, writer: KnownWriter) -> KnownWriter {
    let mut address = [0; 32];
    address[..2].copy_from_slice(&number.to_be_bytes());
    KnownWriter {
        address: Address::from_bytes(address),
        ..writer
    }
}

#[test]
fn what_breaks_a_rule_is_neither_written_nor_read() {
    for (name, change) in CASES {
        let mut standing = sample();
        change(&mut standing);
        let rule = Rule::StandingOrder;
        let expected = Error::Refused { rule };
        assert_eq!(standing.encode(), Err(expected), "writing: {name}");
        let read = Standing::decode(&by_hand(&standing));
        assert_eq!(read, Err(expected), "reading: {name}");
    }
}

#[test]
fn damage_and_later_versions_are_told_apart() {
    let bytes = sample().encode().unwrap();
    for at in 0..bytes.len() {
        assert_eq!(
            Standing::decode(&bytes[..at]),
            Err(Error::Malformed),
            "{at}"
        );
    }
    let mut later = bytes.clone();
    later[0] = 2;
    assert_eq!(
        Standing::decode(&later),
        Err(Error::UnsupportedVersion { version: 2 })
    );
    let limit = limits::STANDING_BYTES;
    let long = vec![1; limit + 1];
    assert_eq!(Standing::decode(&long), Err(Error::TooLarge { limit }));
    let mut critical = sample();
    critical.extensions.insert(CRITICAL | 1, vec![]);
    let tag = CRITICAL | 1;
    assert_eq!(critical.encode(), Err(Error::CriticalExtension { tag }));
}

#[test]
fn the_largest_fits() {
    let mut standing = sample();
    let numbers = 1..=u128::try_from(limits::HOLDERS).unwrap();
    let factors = numbers.map(|x| FactorStanding {
        identifier: samples::identifier(x),
        used: Some(u64::MAX),
        drilled: Some(u64::MAX),
        lost: Some(u64::MAX),
    });
    standing.factors = factors.collect();
    let numbers = 0..u16::try_from(limits::KNOWN_WRITERS).unwrap();
    let writer = standing.writers[0];
    standing.writers = numbers.map(|number| at(number, writer)).collect();
    let bytes = standing.encode().unwrap();
    assert_eq!(Standing::decode(&bytes), Ok(standing));
}

fn membership() -> Membership {
    samples::package().membership.unwrap()
}

#[test]
fn a_membership_keeps_it_beside_what_later_versions_keep() {
    let mut membership = membership();
    assert_eq!(membership.standing(), Standing::default());
    let others = membership.extensions.len();
    membership.set_standing(&sample()).unwrap();
    assert_eq!(membership.standing(), sample());
    assert_eq!(membership.extensions.len(), others + 1);
    let mut package = samples::package();
    package.membership = Some(membership.clone());
    let bytes = package.encode().unwrap();
    let read = tki_metadata::DevicePackage::decode(&bytes).unwrap();
    assert_eq!(read.membership, Some(membership));
}

#[test]
fn what_a_later_version_wrote_is_left_as_it_is() {
    let mut membership = membership();
    let later = vec![2, 3, 4];
    membership
        .extensions
        .insert(Membership::STANDING, later.clone());
    assert_eq!(membership.standing(), Standing::default());
    membership.set_standing(&sample()).unwrap();
    let kept = membership.extensions.get(Membership::STANDING);
    assert_eq!(kept, Some(later.as_slice()));
}

#[test]
fn a_factor_is_remembered_once() {
    let mut standing = Standing {
        factors: Vec::new(),
        writers: Vec::new(),
        extensions: Extensions::new(),
    };
    for (x, date) in [(5, 1), (2, 2), (5, 3)] {
        let mut factor = standing.of(samples::identifier(x));
        factor.used = Some(date);
        standing.set(factor);
    }
    let dates: Vec<_> = standing
        .factors
        .iter()
        .map(|f| (f.identifier.get(), f.used))
        .collect();
    assert_eq!(dates, [(2, Some(2)), (5, Some(3))]);
    assert_eq!(standing.of(samples::identifier(5)).proven(), Some(3));
    assert_eq!(standing.of(samples::identifier(9)).proven(), None);
}

proptest! {
    #[test]
    fn no_bytes_are_too_strange(bytes in any::<Vec<u8>>()) {
        if let Ok(standing) = Standing::decode(&bytes) {
            prop_assert_eq!(standing.encode().unwrap(), bytes);
        }
    }
}

//! Identifiers, thresholds, epochs and access structures are what they say.

use tki_math::{
    AccessStructure, Epoch, Identifier, InvalidIdentifier, Threshold, ZeroIdentifier, ZeroThreshold,
};

use crate::random::Script;

fn identifiers(numbers: &[u128]) -> Vec<Identifier> {
    numbers
        .iter()
        .map(|x| Identifier::new(*x).unwrap())
        .collect()
}

#[test]
fn zero_is_neither_identifier_nor_threshold() {
    assert_eq!(Identifier::new(0), Err(ZeroIdentifier));
    assert_eq!(Identifier::try_from(0), Err(ZeroIdentifier));
    assert_eq!(Threshold::new(0), Err(ZeroThreshold));
    assert_eq!(Threshold::try_from(0), Err(ZeroThreshold));
}

#[test]
fn identifiers_count_up_from_one_to_the_end() {
    assert_eq!(Identifier::FIRST.get(), 1);
    assert_eq!(Identifier::FIRST.next(), Some(identifiers(&[2])[0]));
    assert_eq!(identifiers(&[u128::MAX])[0].next(), None);
}

#[test]
fn a_random_identifier_is_none_of_the_small_ones() {
    let (small, least) = (u128::from(u64::MAX), 1 << 64);
    let drawn = [0, 1, small, least, u128::MAX].map(u128::to_le_bytes);
    let mut script = Script::new(drawn.concat());
    assert_eq!(Identifier::random(&mut script).get(), least);
    assert_eq!(Identifier::random(&mut script).get(), u128::MAX);
    assert!(script.is_used_up());
}

#[test]
fn an_identifier_has_one_text() {
    for x in [1, 9, 10, 1 << 64, u128::MAX] {
        let identifier = Identifier::new(x).unwrap();
        assert_eq!(identifier.to_string(), x.to_string());
        assert_eq!(identifier.to_string().parse(), Ok(identifier));
    }
    for text in [
        "",
        "0",
        "01",
        "+1",
        "-1",
        " 1",
        "1 ",
        "340282366920938463463374607431768211456",
    ] {
        assert_eq!(text.parse::<Identifier>(), Err(InvalidIdentifier), "{text}");
    }
}

#[test]
fn identifiers_are_ordered_as_numbers() {
    let mut sorted = identifiers(&[u128::MAX, 10, 9, 1]);
    sorted.sort_unstable();
    assert_eq!(sorted, identifiers(&[1, 9, 10, u128::MAX]));
}

#[test]
fn a_threshold_is_one_above_the_degree() {
    for t in [1, 2, u16::MAX] {
        let threshold = Threshold::new(t).unwrap();
        assert_eq!(threshold.get(), t);
        assert_eq!(threshold.degree(), t - 1);
        assert_eq!(threshold.to_string(), t.to_string());
    }
}

#[test]
fn epochs_count_up_from_zero_to_the_end() {
    assert_eq!(Epoch::ZERO, Epoch::new(0));
    assert_eq!(Epoch::ZERO.next(), Some(Epoch::new(1)));
    assert_eq!(Epoch::new(u64::MAX).next(), None);
    assert_eq!(Epoch::new(7).get(), 7);
    assert_eq!(Epoch::new(7).to_string(), "7");
}

#[test]
fn a_threshold_structure_counts_different_holders() {
    let structure = AccessStructure::Threshold(Threshold::new(2).unwrap());
    assert_eq!(structure.threshold().get(), 2);
    for (holders, have) in [
        (&[][..], 0),
        (&[1], 1),
        (&[1, 1], 1),
        (&[1, 2], 2),
        (&[2, 1, 2, 3, 1], 3),
    ] {
        let holders = identifiers(holders);
        assert_eq!(structure.shares_needed(&holders), (have, 2));
        assert_eq!(structure.is_satisfied_by(&holders), have >= 2);
    }
}

/// The first page of the documentation names everything that is public, by a link.
#[test]
fn every_public_item_is_told_of_from_first_principles() {
    let text = include_str!("../../src/lib.rs");
    let (page, code) = text.split_once("#![no_std]").unwrap();
    let (_, list) = code.split_once("pub use crate::{").unwrap();
    let (list, _) = list.split_once("\n};").unwrap();
    // A name ends at a comma or a closing brace; what ends in two colons is a module.
    let names: Vec<_> = list
        .split([',', '}', '{', '\n', ' '])
        .map(|path| path.rsplit("::").next().unwrap())
        .filter(|name| !name.is_empty())
        .collect();
    assert!(names.contains(&"Curve") && names.contains(&"split"));
    for name in names {
        let whole = page.contains(&format!("[`{name}`]"));
        assert!(whole || page.contains(&format!("[`{name}::")), "{name}");
    }
}

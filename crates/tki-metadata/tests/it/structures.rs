//! Nested access structures: their stored form, what is refused of it, and what cannot hurt.

use proptest::prelude::*;
use tki_math::{AccessStructure, Gate, Level, Member, Threshold};
use tki_metadata::{Arrangement, Document, Error, Rule, limits};

use crate::{
    raw,
    samples::{self, identifier},
    strategies,
};

fn threshold(t: u16) -> Threshold {
    Threshold::new(t).expect("not zero")
}

/// `0x00` and an identifier.
fn holder(x: u128) -> Vec<u8> {
    [&[0][..], &x.to_le_bytes()].concat()
}

/// `0x01`, an identifier, and a gate.
fn inner(x: u128, gate: &[u8]) -> Vec<u8> {
    [&[1][..], &x.to_le_bytes(), gate].concat()
}

fn gate(threshold: u16, members: &[Vec<u8>]) -> Vec<u8> {
    let count = u16::try_from(members.len()).expect("small");
    let head = [threshold, count].map(u16::to_le_bytes).concat();
    [head, members.concat()].concat()
}

/// The nested sample with another body of its structure.
fn with_body(body: &[u8]) -> Result<Document, Error> {
    let raw = raw::document(&samples::document_nested());
    Document::decode(&raw.with("structure_body", raw::string(body)))
}

#[test]
fn the_stored_form_is_what_the_specification_says() {
    let body = gate(
        2,
        &[
            holder(1),
            holder(2),
            inner(5, &gate(2, &[holder(3), holder(4)])),
        ],
    );
    assert_eq!(raw::gate(&samples::nested()), body);
    assert_eq!(with_body(&body), Ok(samples::document_nested()));
    // As docs/spec/metadata.md prints it.
    let printed = "0200030000010000000000000000000000000000000002000000000000000000000000000000\
                   010500000000000000000000000000000002000200000300000000000000000000000000000000\
                   04000000000000000000000000000000";
    assert_eq!(hex::encode(body), printed);
}

#[test]
fn bodies_that_no_structure_has_are_refused() {
    let good = gate(2, &[holder(1), holder(2), holder(3), holder(4)]);
    let cases: &[(&str, Vec<u8>, Error)] = &[
        ("empty", vec![], Error::Malformed),
        ("only a threshold", vec![2, 0], Error::Malformed),
        ("cut off", good[..good.len() - 1].to_vec(), Error::Malformed),
        ("a byte more", [&good[..], &[0]].concat(), Error::Malformed),
        (
            "a member that is neither",
            gate(2, &[holder(1), [&[2][..], &[0; 16]].concat()]),
            Error::Malformed,
        ),
        (
            "more members announced than there are",
            [
                &2_u16.to_le_bytes()[..],
                &u16::MAX.to_le_bytes(),
                &holder(1),
            ]
            .concat(),
            Error::Malformed,
        ),
        ("no members", gate(1, &[]), Rule::Structure.into()),
        ("none needed", gate(0, &[holder(1)]), Rule::Structure.into()),
        (
            "more needed than there are",
            gate(5, &[holder(1), holder(2), holder(3), holder(4)]),
            Rule::Structure.into(),
        ),
        (
            "an inner gate of nobody",
            gate(2, &[holder(1), holder(2), inner(5, &gate(1, &[]))]),
            Rule::Structure.into(),
        ),
        (
            "holder 0",
            gate(2, &[holder(0), holder(1)]),
            Rule::IdentifierZero.into(),
        ),
        (
            "a holder twice",
            gate(2, &[holder(1), holder(1), holder(2), holder(3), holder(4)]),
            Rule::IdentifierTwice.into(),
        ),
        (
            "a holder that is a gate",
            gate(
                2,
                &[
                    holder(1),
                    holder(2),
                    inner(4, &gate(2, &[holder(3), holder(4)])),
                ],
            ),
            Rule::IdentifierTwice.into(),
        ),
    ];
    for (name, body, error) in cases {
        assert_eq!(with_body(body), Err(*error), "{name}");
    }
}

#[test]
fn a_structure_names_the_holders_and_nobody_else() {
    // Three coefficients each, as the sample has.
    let cases: &[(&str, Vec<u8>, Rule)] = &[
        (
            "one left out",
            gate(3, &[holder(1), holder(2), holder(3)]),
            Rule::StructureHolders,
        ),
        (
            "one that is nobody's",
            gate(3, &[holder(1), holder(2), holder(3), holder(5)]),
            Rule::StructureHolders,
        ),
        (
            "one more",
            gate(3, &[holder(1), holder(2), holder(3), holder(4), holder(5)]),
            Rule::StructureHolders,
        ),
        (
            "a gate that is not below the next identifier",
            gate(
                2,
                &[
                    holder(1),
                    holder(2),
                    inner(6, &gate(2, &[holder(3), holder(4)])),
                ],
            ),
            Rule::NextIdentifier,
        ),
    ];
    for (name, body, rule) in cases {
        assert_eq!(with_body(body), Err((*rule).into()), "{name}");
    }
    let mut document = samples::document_nested();
    document.core.holders[0].identifiers.push(identifier(5));
    document.core.next_identifier = identifier(7);
    let refused = Some(Rule::StructureHolders.into());
    assert_eq!(document.encode().err(), refused);
}

#[test]
fn commitments_are_as_many_as_the_structure_has_coefficients() {
    let mut document = samples::document_nested();
    assert_eq!(document.core.keys[0].commitments.len(), 3);
    document.core.keys[0].commitments.pop();
    let refused = Some(Rule::CommitmentCount.into());
    assert_eq!(document.encode().err(), refused);
}

#[test]
fn ranks_have_no_stored_form() {
    let mut document = samples::document_nested();
    let levels = [1, 3].map(|t| {
        let members = [1, 2].map(|x| Member::Holder(identifier(u128::from(t) + x - 1)));
        Level::new(threshold(t), members.to_vec())
    });
    let ranked = Gate::ranked(levels.to_vec()).expect("one of two, three of four");
    document.core.structure = ranked.into();
    let error = document.encode().err();
    assert_eq!(error, Some(Error::UnsupportedStructure { kind: 0 }));
}

/// A gate of one gate of one gate …, with the holders of the sample in the innermost.
fn deep(depth: u128) -> Vec<u8> {
    let mut body = gate(3, &[holder(1), holder(2), holder(3), holder(4)]);
    for x in (0..depth.saturating_sub(1)).rev() {
        body = gate(1, &[inner(5 + x, &body)]);
    }
    body
}

#[test]
fn structures_may_be_so_deep_and_no_deeper() {
    let limit = u128::try_from(limits::STRUCTURE_DEPTH).expect("small");
    let raw = raw::document(&samples::document_nested());
    let mut document = samples::document_nested();
    document.core.next_identifier = identifier(100);
    let raw_deep = raw::document(&document);
    let body = raw::string(&deep(limit));
    let deepest = Document::decode(&raw_deep.with("structure_body", body)).expect("at its limit");
    assert_eq!(
        deepest.encode().map(|bytes| bytes.len() > 31 * 21),
        Ok(true)
    );
    let too_deep = raw::string(&deep(limit + 1));
    let refused = Err(Rule::StructureSize.into());
    assert_eq!(
        Document::decode(&raw_deep.with("structure_body", too_deep)),
        refused
    );
    // As deep as a document has room for, whether it ends or not.
    let mut bomb = Vec::new();
    for x in 0_u128..40_000 {
        bomb.extend([1, 0, 1, 0, 1]);
        bomb.extend(x.to_le_bytes());
    }
    assert_eq!(
        Document::decode(&raw.with("structure_body", raw::string(&bomb))),
        refused
    );
    let short = &bomb[..21 * 3000];
    assert!(Document::decode(&raw.with("structure_body", raw::string(short))).is_err());
}

#[test]
fn a_structure_is_no_longer_than_its_limit() {
    let members = (1..=4000).map(holder).collect::<Vec<_>>();
    let long = gate(3, &members);
    assert!(long.len() > limits::STRUCTURE_BYTES);
    assert_eq!(with_body(&long), Err(Rule::StructureSize.into()));
    let many = gate(3, &members[..=limits::STRUCTURE_PLACES]);
    assert_eq!(with_body(&many), Err(Rule::StructureSize.into()));
}

#[test]
fn an_arrangement_is_checked_without_recursion() {
    let two = threshold(2);
    let holder = |x| Arrangement::Holder(identifier(x));
    let refused = |rule: Rule| Err(Error::from(rule));
    assert_eq!(holder(1).check(), refused(Rule::Structure));
    let alone = Arrangement::gate(two, vec![holder(1)]);
    assert_eq!(alone.check(), refused(Rule::Structure));
    let nested = Arrangement::gate(threshold(1), vec![holder(2), alone]);
    assert_eq!(nested.check(), refused(Rule::Structure));
    let many = Arrangement::gate(two, vec![holder(1); limits::STRUCTURE_PLACES]);
    assert_eq!(many.check(), Ok(()));
    let more = Arrangement::gate(two, vec![holder(1); limits::STRUCTURE_PLACES + 1]);
    assert_eq!(more.check(), refused(Rule::StructureSize));
    let mut deep = holder(1);
    for _ in 0..=limits::STRUCTURE_DEPTH {
        deep = Arrangement::gate(threshold(1), vec![deep]);
    }
    assert_eq!(deep.check(), refused(Rule::StructureSize));
}

#[test]
fn an_account_shows_its_arrangement_by_first_identifiers() {
    let mut document = samples::document_nested();
    assert_eq!(Arrangement::of(&document.core), samples::arrangements()[0]);
    assert_eq!(
        Arrangement::of(&document.core).to_string(),
        "2 of (1, 2, all(2, 4))"
    );
    assert_eq!(samples::arrangements()[1].to_string(), "3 of (1*2, 2, 4)");
    document.core.structure = AccessStructure::Threshold(threshold(3));
    let plain = Arrangement::of(&document.core);
    assert_eq!(plain.to_string(), "3 of (1, 2*2, 4)");
}

proptest! {
    #[test]
    fn arrangements_round_trip_as_steps(arrangement in strategies::arrangement()) {
        prop_assert!(arrangement.check().is_ok());
        let mut package = samples::package_structures();
        let pending = package.pending.as_mut().expect("pending");
        pending.steps = vec![tki_metadata::Step::SetStructure { arrangement }];
        let bytes = package.encode().expect("valid");
        let again = tki_metadata::DevicePackage::decode(&bytes).expect("just encoded");
        let steps = |package: &tki_metadata::DevicePackage| {
            package.pending.as_ref().map(|pending| pending.steps.clone())
        };
        prop_assert_eq!(steps(&again), steps(&package));
    }

    #[test]
    fn no_body_of_a_structure_panics(body in proptest::collection::vec(0_u8..4, 0..400)) {
        if let Ok(document) = with_body(&body) {
            prop_assert!(document.encode().is_ok());
        }
    }
}

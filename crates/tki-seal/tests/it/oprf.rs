//! The oblivious function: the standard's own cases, and what each side may rely on.

use proptest::prelude::{any, prop_assert_eq, proptest};
use tki_seal::oprf::{BlindedInput, Element, EvaluationKey, HonestyCheck, OprfError};

use crate::support::{array, bytes, scalar};

/// A case of RFC 9497, appendix A.3.1 (P256-SHA256, mode OPRF).
pub(crate) struct Case<'a> {
    pub(crate) input: &'a str,
    pub(crate) blind: &'a str,
    pub(crate) blinded: &'a str,
    pub(crate) evaluated: &'a str,
    pub(crate) output: &'a str,
}

/// Both sides of a case, each from what it is given.
pub(crate) fn check(key: &EvaluationKey, case: &Case<'_>) {
    let blinded = BlindedInput::with_blind(&bytes(case.input), scalar(case.blind)).unwrap();
    assert_eq!(blinded.element().to_bytes(), array(case.blinded));
    let evaluated = key.evaluate(&Element::from_bytes(&array(case.blinded)).unwrap());
    assert_eq!(evaluated.to_bytes(), array(case.evaluated));
    assert_eq!(*blinded.finalize(&evaluated), array(case.output));
}

#[test]
fn the_cases_of_rfc_9497() {
    let key = EvaluationKey::derive(&[0xa3; 32], b"test key").unwrap();
    let sk = scalar("159749d750713afe245d2d39ccfaae8381c53ce92d098a9375ee70739c7ac0bf");
    let generator = scalar(&format!("{:064x}", 1));
    assert_eq!(
        key.evaluate(&of_scalar(&generator)),
        of_scalar(&sk),
        "another key than the standard's"
    );
    assert_eq!(key.public_key(), of_scalar(&sk));
    for case in [
        Case {
            input: "00",
            blind: "3338fa65ec36e0290022b48eb562889d89dbfa691d1cde91517fa222ed7ad364",
            blinded: "03723a1e5c09b8b9c18d1dcbca29e8007e95f14f4732d9346d490ffc195110368d",
            evaluated: "030de02ffec47a1fd53efcdd1c6faf5bdc270912b8749e783c7ca75bb412958832",
            output: "a0b34de5fa4c5b6da07e72af73cc507cceeb48981b97b7285fc375345fe495dd",
        },
        Case {
            input: "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a",
            blind: "3338fa65ec36e0290022b48eb562889d89dbfa691d1cde91517fa222ed7ad364",
            blinded: "03cc1df781f1c2240a64d1c297b3f3d16262ef5d4cf102734882675c26231b0838",
            evaluated: "03a0395fe3828f2476ffcd1f4fe540e5a8489322d398be3c4e5a869db7fcb7c52c",
            output: "c748ca6dd327f0ce85f4ae3a8cd6d4d5390bbb804c9e12dcf94f853fece3dcce",
        },
    ] {
        check(&key, &case);
    }
}

/// The element s·G.
fn of_scalar(s: &tki_math::SecretScalar<tki_seal::curve::P256>) -> Element {
    let point = group::GroupEncoding::to_bytes(&s.public_point());
    Element::from_bytes(&point.into()).unwrap()
}

proptest! {
    #[test]
    fn the_blind_does_not_matter_to_the_output(seed: [u8; 32], input in any::<Vec<u8>>()) {
        let mut rng = tki_testkit::rng("oprf");
        let key = EvaluationKey::derive(&seed, b"").unwrap();
        let output = |blinded: BlindedInput| *blinded.finalize(&key.evaluate(&blinded.element()));
        let one = output(BlindedInput::new(&input, &mut rng).unwrap());
        let two = output(BlindedInput::new(&input, &mut rng).unwrap());
        prop_assert_eq!(one, two);
    }
}

#[test]
fn another_key_another_input_another_output() {
    let mut rng = tki_testkit::rng("oprf outputs");
    let mut outputs = std::collections::BTreeSet::new();
    for (seed, info, input) in [
        ([1; 32], b"".as_slice(), b"1234".as_slice()),
        ([2; 32], b"", b"1234"),
        ([1; 32], b"answers", b"1234"),
        ([1; 32], b"", b"1235"),
        ([1; 32], b"", b""),
    ] {
        let key = EvaluationKey::derive(&seed, info).unwrap();
        let blinded = BlindedInput::new(input, &mut rng).unwrap();
        outputs.insert(*blinded.finalize(&key.evaluate(&blinded.element())));
    }
    assert_eq!(outputs.len(), 5);
}

#[test]
fn lengths_beyond_two_bytes_are_refused() {
    let mut rng = tki_testkit::rng("oprf lengths");
    let long = vec![0; 0x1_0000];
    assert!(BlindedInput::new(&long[1..], &mut rng).is_ok());
    assert_eq!(
        BlindedInput::new(&long, &mut rng).err(),
        Some(OprfError::InputTooLong)
    );
    assert!(EvaluationKey::derive(&[0; 32], &long[1..]).is_ok());
    assert_eq!(
        EvaluationKey::derive(&[0; 32], &long).err(),
        Some(OprfError::InfoTooLong)
    );
}

#[test]
fn a_blind_of_zero_is_refused() {
    let zero = scalar(&"00".repeat(32));
    assert_eq!(
        BlindedInput::with_blind(b"x", zero).err(),
        Some(OprfError::Degenerate)
    );
}

/// 33 bytes are an element if they are the one encoding of a point; nothing else is.
#[test]
fn elements_are_decoded_strictly() {
    let mut rng = tki_testkit::rng("oprf elements");
    let element = BlindedInput::new(b"x", &mut rng).unwrap().element();
    assert_eq!(Element::from_bytes(&element.to_bytes()), Ok(element));
    for first in (0..=255).filter(|first| ![2, 3].contains(first)) {
        let mut other = element.to_bytes();
        other[0] = first;
        assert!(Element::from_bytes(&other).is_err(), "{first}");
    }
    let mut beyond_the_field = [0xff; 33];
    beyond_the_field[0] = 2;
    assert!(Element::from_bytes(&beyond_the_field).is_err());
}

#[test]
fn one_wrong_answer_among_many_is_noticed() {
    let mut rng = tki_testkit::rng("oprf honesty");
    let key = EvaluationKey::derive(&[7; 32], b"").unwrap();
    let other = EvaluationKey::derive(&[8; 32], b"").unwrap();
    let asked: Vec<Element> = (0..10_u8)
        .map(|input| BlindedInput::new(&[input], &mut rng).unwrap().element())
        .collect();
    let honest: Vec<_> = asked
        .iter()
        .map(|asked| (*asked, key.evaluate(asked)))
        .collect();
    let holds = |pairs: &[(Element, Element)], rng: &mut _| {
        let check = HonestyCheck::new(pairs, rng);
        [&key, &other].map(|by| check.holds(&key.public_key(), &by.evaluate(&check.element())))
    };
    assert_eq!(holds(&honest, &mut rng), [true, false]);
    assert_eq!(holds(&[], &mut rng), [true, false]);
    for wrong in 0..asked.len() {
        let mut pairs = honest.clone();
        pairs[wrong].1 = other.evaluate(&asked[wrong]);
        assert_eq!(holds(&pairs, &mut rng), [false, false], "{wrong}");
    }
    // Two wrong answers whose errors would cancel if the weights were equal.
    let mut swapped = honest.clone();
    (swapped[0].1, swapped[1].1) = (honest[1].1, honest[0].1);
    assert_eq!(holds(&swapped, &mut rng), [false, false]);
    // All answers by another key, which answers the question too.
    let all: Vec<_> = asked
        .iter()
        .map(|asked| (*asked, other.evaluate(asked)))
        .collect();
    assert_eq!(holds(&all, &mut rng), [false, false]);
}

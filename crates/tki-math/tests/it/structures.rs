//! Nested thresholds, weights and ranks: every small one against its boolean formula, and what they
//! refuse.

mod formula;
mod silence;

use std::collections::BTreeSet;

use ff::Field as _;
use formula::{Formula, all_formulas};
use subtle::ConstantTimeEq as _;
use tki_math::{
    AccessStructure, Assurance, Compiled, Error, Expression, Gate, Identifier, Level, MOST_DEPTH,
    Member, PolynomialCommitment, Quorum, QuorumCache, SecretPolynomial, SecretScalar, Share,
    Threshold, combine, interpolate_at, split,
};

use crate::{
    curves::{Secp256k1, Tiny},
    random::rng,
};

pub(super) fn threshold(t: u16) -> Threshold {
    Threshold::new(t).unwrap()
}

pub(super) fn identifier(x: u128) -> Identifier {
    Identifier::new(x).unwrap()
}

pub(super) fn holders(range: core::ops::RangeInclusive<u128>) -> Vec<Member> {
    range.map(|x| Member::Holder(identifier(x))).collect()
}

fn compiled(text: &str) -> Compiled {
    let expression: Expression = text.parse().unwrap();
    expression.compile(&mut rng(text)).unwrap()
}

/// The members of a set given as bits.
fn chosen<T: Clone>(set: usize, all: &[T]) -> Vec<T> {
    let members = all.iter().enumerate();
    let members = members.filter(|(i, _)| set >> i & 1 == 1);
    members.map(|(_, member)| member.clone()).collect()
}

#[test]
fn every_structure_of_six_holders_is_its_boolean_formula() {
    let rng = &mut rng("every_structure_of_six_holders_is_its_boolean_formula");
    let mut count = 0;
    for n in 1..=6 {
        for formula in all_formulas(n) {
            let text = formula.text();
            let expression: Expression = text.parse().unwrap();
            assert_eq!(
                expression.to_string().parse(),
                Ok(expression.clone()),
                "{text}"
            );
            let compiled = expression.compile(rng).unwrap();
            let structure = compiled.structure();
            let holders = structure.holders().unwrap();
            assert_eq!(holders.len(), n);
            check_formula(&formula, structure, &holders);
            count += 1;
        }
    }
    assert_eq!(count, 19_364);
}

/// On every set of holders; and the minimal quorums are the minimal sets.
fn check_formula(formula: &Formula, structure: &AccessStructure, holders: &[Identifier]) {
    let sets = 0_usize..1 << holders.len();
    let satisfied: Vec<bool> = sets
        .clone()
        .map(|set| formula.is_satisfied_by(set))
        .collect();
    let mut minimal = BTreeSet::new();
    for set in sets.clone() {
        let present = chosen(set, holders);
        assert_eq!(
            structure.is_satisfied_by(&present),
            satisfied[set],
            "{formula:?} {set:b}"
        );
        let (have, need) = structure.shares_needed(&present);
        assert_eq!(have, present.len());
        // As many as are missing are enough, and fewer are not.
        let larger = sets
            .clone()
            .filter(|larger| larger & set == set && satisfied[*larger]);
        let missing = larger.map(|larger| (larger & !set).count_ones()).min();
        assert_eq!(u32::try_from(need - have).ok(), missing);
        let mut members = (0..holders.len()).filter(|i| set >> i & 1 == 1);
        if satisfied[set] && members.all(|i| !satisfied[set & !(1 << i)]) {
            minimal.insert(present.into_iter().collect::<BTreeSet<_>>());
        }
    }
    let found = structure.minimal_quorums(holders, 1000).unwrap();
    assert_eq!(found.len(), minimal.len());
    let found: BTreeSet<BTreeSet<_>> = found.into_iter().map(BTreeSet::from_iter).collect();
    assert_eq!(found, minimal, "{formula:?}");
}

#[test]
fn exactly_the_satisfying_sets_of_every_structure_of_five_holders_combine() {
    let rng = &mut rng("exactly_the_satisfying_sets_of_every_structure_of_five_holders_combine");
    for n in 1..=5 {
        for formula in all_formulas(n) {
            let expression: Expression = formula.text().parse().unwrap();
            let structure = expression.compile(rng).unwrap().structure().clone();
            assert!(structure.check::<Secp256k1>().is_ok());
            let secret = SecretScalar::<Secp256k1>::random(rng);
            let f = SecretPolynomial::random(&secret, &structure, rng).unwrap();
            let holders = structure.holders().unwrap();
            let values = holders
                .iter()
                .map(|x| f.evaluate(*x).unwrap().value().clone());
            let values: Vec<_> = values.collect();
            for set in 0_usize..1 << n {
                let shares = chosen(set, &holders).into_iter().zip(chosen(set, &values));
                let shares: Vec<_> = shares.map(|(x, value)| Share::new(x, value)).collect();
                match combine(&shares, &structure) {
                    Ok(combined) => {
                        assert!(formula.is_satisfied_by(set));
                        assert!(bool::from(combined.ct_eq(&secret)), "{formula:?} {set:b}");
                    }
                    Err(error) => {
                        assert!(!formula.is_satisfied_by(set));
                        assert!(matches!(error, Error::NotEnoughShares { .. }), "{error}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_name_has_a_share_for_each_place_and_each_unit_of_weight() {
    let twice = compiled("2 of (ann, any(ann, bob))");
    assert_eq!(twice.identifiers_of("ann").len(), 2);
    assert!(
        twice
            .structure()
            .is_satisfied_by(twice.identifiers_of("ann"))
    );
    assert!(
        !twice
            .structure()
            .is_satisfied_by(twice.identifiers_of("bob"))
    );

    let heavy = compiled("3 of (device*2, google, email)");
    assert_eq!(heavy.identifiers_of("device").len(), 2);
    let with = |name: &str| [heavy.identifiers_of("device"), heavy.identifiers_of(name)].concat();
    assert!(heavy.structure().is_satisfied_by(&with("email")));
    assert!(
        !heavy
            .structure()
            .is_satisfied_by(heavy.identifiers_of("device"))
    );
    assert_eq!(heavy.identifiers_of("nobody"), []);
    assert_eq!(heavy.holders().len(), 3);
}

#[test]
fn expressions_have_one_printed_form() {
    for (text, printed) in [
        ("a", "a"),
        (" 1 of(a) ", "any(a)"),
        ("2 of (a,b)", "all(a, b)"),
        ("1 of (a,b)", "any(a, b)"),
        ("all(a*2)", "all(a*2)"),
        ("2 of (a*2)", "all(a*2)"),
        ("a*1", "a"),
        ("ranked(2 of (a, b, c))", "2 of (a, b, c)"),
        (
            "ranked ( 1 of ( a , b ) , 2 of ( c ) )",
            "ranked(1 of (a, b), 2 of (c))",
        ),
        (
            "2 of (device, any(google, email), 2 of (ann, bob, eve))",
            "2 of (device, any(google, email), 2 of (ann, bob, eve))",
        ),
    ] {
        assert_eq!(text.parse::<Expression>().unwrap().to_string(), printed);
        assert_eq!(printed.parse::<Expression>(), text.parse());
    }
}

#[test]
fn what_is_no_expression_says_where_and_why() {
    for (text, message) in [
        ("", "at 1: a name or a number expected"),
        ("Ann", "at 1: a name or a number expected"),
        ("of", "at 1: a name or a number expected"),
        ("a b", "at 3: the end expected"),
        ("2 (a, b)", "at 3: `of` expected"),
        ("2 of a", "at 6: `(` expected"),
        ("2 of (a, b", "at 11: `,` or `)` expected"),
        ("2 of (a; b)", "at 8: `,` or `)` expected"),
        ("2 of ()", "at 7: a name or a number expected"),
        ("0 of (a)", "at 1: numbers are from 1 to 65535"),
        ("any(a*0)", "at 7: numbers are from 1 to 65535"),
        ("65536 of (a)", "at 1: numbers are from 1 to 65535"),
        (
            "99999999999999999999999 of (a)",
            "at 1: numbers are from 1 to 65535",
        ),
        ("all(a*65535, b)", "at 1: numbers are from 1 to 65535"),
        ("any(3 of (a, b))", "at 5: 3 of 2 members can never be"),
        ("4 of (a*2, b)", "at 1: 4 of 3 members can never be"),
        ("ranked(a)", "at 8: a number expected"),
        (
            "ranked(2 of (a, b), 2 of (c))",
            "at 1: the numbers of the ranks must rise",
        ),
        (
            "ranked(2 of (a), 3 of (b, c))",
            "at 1: 2 of 1 members can never be",
        ),
    ] {
        let error = text.parse::<Expression>().unwrap_err();
        assert_eq!(error.to_string(), message, "{text}");
        // People count from 1.
        let place = format!("at {}: ", error.position() + 1);
        assert!(message.starts_with(&place), "{text}");
    }
    // What stands side by side is not nested.
    let beside: Vec<_> = (0..=MOST_DEPTH).map(|n| format!("any(a{n})")).collect();
    assert!(
        format!("any({})", beside.join(", "))
            .parse::<Expression>()
            .is_ok()
    );
    let nested = |depth| format!("{}a{}", "any(".repeat(depth), ")".repeat(depth));
    assert!(
        nested(MOST_DEPTH)
            .parse::<Expression>()
            .unwrap()
            .compile(&mut rng("deep"))
            .is_ok()
    );
    let error = nested(MOST_DEPTH + 1).parse::<Expression>().unwrap_err();
    assert_eq!(error.to_string(), "at 133: nested too deeply");
}

#[test]
fn gates_refuse_what_cannot_be() {
    let gate = |t, members| Gate::new(threshold(t), members);
    let too_few = Error::TooFewHolders {
        share_count: 2,
        need: 3,
    };
    assert_eq!(gate(3, holders(1..=2)), Err(too_few));
    assert_eq!(Gate::ranked(Vec::new()), Err(Error::LevelsDoNotRise));
    let level = |t, range| Level::new(threshold(t), holders(range));
    let equal = Gate::ranked(vec![level(1, 1..=2), level(1, 3..=4)]);
    assert_eq!(equal, Err(Error::LevelsDoNotRise));
    let falling = Gate::ranked(vec![level(2, 1..=2), level(1, 3..=4)]);
    assert_eq!(falling, Err(Error::LevelsDoNotRise));
    let first_too_small = Gate::ranked(vec![level(2, 1..=1), level(3, 2..=9)]);
    let too_few = Error::TooFewHolders {
        share_count: 1,
        need: 2,
    };
    assert_eq!(first_too_small, Err(too_few));

    let inner = gate(1, holders(1..=2)).unwrap();
    for clash in [1, 2, 3] {
        // With a holder inside, or with the gate beside.
        let members = vec![
            Member::Gate(identifier(3), inner.clone()),
            holders(clash..=clash)[0].clone(),
        ];
        let identifier = identifier(clash);
        assert_eq!(
            gate(1, members),
            Err(Error::DuplicateIdentifier { identifier })
        );
    }
    assert!(gate(1, holders(1..=1000)).is_ok());
    assert_eq!(
        gate(1, holders(1..=1001)),
        Err(Error::TooManyHolders { share_count: 1001 })
    );
    let mut deep = gate(1, holders(1..=1)).unwrap();
    for x in 2..=MOST_DEPTH as u128 {
        deep = gate(1, vec![Member::Gate(identifier(x), deep)]).unwrap();
    }
    let deeper = gate(1, vec![Member::Gate(identifier(99), deep.clone())]);
    assert_eq!(deeper, Err(Error::TooDeep));
    let secret = SecretScalar::<Secp256k1>::random(&mut rng("deep"));
    let dealing = split(&secret, deep, &[identifier(1)], &mut rng("deep")).unwrap();
    assert!(bool::from(dealing.shares()[0].value().ct_eq(&secret)));
}

#[test]
fn ranks_that_determine_nothing_are_not_dealt() {
    let rng = &mut rng("ranks_that_determine_nothing_are_not_dealt");
    // f(1), f′(2) and f(3): the slope in the middle follows from the two ends.
    let gate = |low: &[u128], high: &[u128]| {
        let members = |xs: &[u128]| xs.iter().map(|x| Member::Holder(identifier(*x))).collect();
        let (first, second) = (members(low), members(high));
        let levels = vec![
            Level::new(threshold(1), first),
            Level::new(threshold(3), second),
        ];
        AccessStructure::from(Gate::ranked(levels).unwrap())
    };
    let singular = gate(&[1, 3], &[2]);
    assert_eq!(singular.check::<Secp256k1>(), Err(Error::SingularQuorum));
    let secret = SecretScalar::<Secp256k1>::random(rng);
    let everyone = [1, 2, 3].map(identifier);
    let refused = split(&secret, &singular, &everyone, rng).map(drop);
    assert_eq!(refused, Err(Error::SingularQuorum));
    let quorum = singular.quorum::<Secp256k1>(&everyone).map(drop);
    assert_eq!(quorum, Err(Error::SingularQuorum));
    // Nor can anyone join so.
    let before = split(
        &secret,
        gate(&[1, 3], &[4]),
        &[1, 3, 4].map(identifier),
        rng,
    )
    .unwrap();
    let joined = interpolate_at(before.shares(), gate(&[1, 3], &[2, 4]), identifier(2)).map(drop);
    assert_eq!(joined, Err(Error::SingularQuorum));
    let joined = interpolate_at(before.shares(), gate(&[1, 3], &[4, 5]), identifier(5)).unwrap();
    let polynomial = before.commitment().as_points().to_vec();
    let after = PolynomialCommitment::from_points(polynomial, gate(&[1, 3], &[4, 5])).unwrap();
    assert_eq!(after.verify(&joined), Ok(()));

    assert_eq!(
        gate(&[1, 3], &[4]).check::<Secp256k1>(),
        Ok(Assurance::Tried)
    );
}

#[test]
fn large_ranked_gates_take_random_identifiers() {
    let rng = &mut rng("large_ranked_gates_take_random_identifiers");
    let level = |t, range| Level::new(threshold(t), holders(range));
    let small = Gate::ranked(vec![level(1, 1..=2), level(5, 3..=12)]).unwrap();
    let error = Error::RankedIdentifierTooSmall {
        identifier: identifier(1),
    };
    assert_eq!(
        AccessStructure::from(small).check::<Secp256k1>(),
        Err(error)
    );

    let text = "ranked(3 of (a*10), 20 of (b*30), 67 of (c*60))";
    let expression: Expression = text.parse().unwrap();
    let compiled = expression.compile(rng).unwrap();
    let structure = compiled.structure();
    let assurance = structure.check::<Secp256k1>().unwrap();
    assert_eq!(
        assurance,
        Assurance::Random {
            set_bits: 115,
            all_bits: 14
        }
    );
    let secret = SecretScalar::<Secp256k1>::random(rng);
    let everyone = structure.holders().unwrap();
    let (shares, commitment) = split(&secret, structure, &everyone, rng)
        .unwrap()
        .into_parts();
    for share in [&shares[0], &shares[10], &shares[99]] {
        assert_eq!(commitment.verify(share), Ok(()));
    }
    let of = |name: &str, count| compiled.identifiers_of(name)[..count].to_vec();
    // Each rank in its own places, and higher ranks in those of lower ones.
    for (a, b, c) in [
        (3, 17, 47),
        (10, 30, 27),
        (5, 15, 47),
        (7, 20, 40),
        (3, 30, 34),
    ] {
        let quorum = [of("a", a), of("b", b), of("c", c)].concat();
        let quorum: Quorum<Secp256k1> = structure.quorum(&quorum).unwrap();
        assert_eq!(quorum.weights().len(), 67);
        assert!(
            quorum
                .weights()
                .iter()
                .all(|(_, c_i)| !c_i.is_zero_vartime())
        );
        assert!(bool::from(quorum.combine(&shares).unwrap().ct_eq(&secret)));
    }
    for (a, b, c) in [(2, 30, 60), (3, 16, 60), (3, 17, 46)] {
        let fewer = [of("a", a), of("b", b), of("c", c)].concat();
        let (have, need) = (fewer.len(), fewer.len() + 1);
        let refused = structure.quorum::<Secp256k1>(&fewer).map(drop);
        assert_eq!(refused, Err(Error::NotEnoughShares { have, need }));
    }
}

#[test]
fn the_least_random_identifier_is_a_power_of_two_and_the_bound_that_of_the_specification() {
    let gate = |first: u128| {
        let level = |t, range| Level::new(threshold(t), holders(range));
        let levels = vec![level(1, first..=first + 1), level(4, first + 2..=first + 8)];
        AccessStructure::from(Gate::ranked(levels).unwrap())
    };
    // (t − 1)·(t − 2) = 6 < 2³, and C(10, 4) < 2¹⁰.
    let (set_bits, all_bits) = (125, 115);
    let assurance = gate(1 << 64).check::<Secp256k1>();
    assert_eq!(assurance, Ok(Assurance::Random { set_bits, all_bits }));
    let identifier = identifier((1 << 64) - 1);
    let error = Error::RankedIdentifierTooSmall { identifier };
    assert_eq!(gate((1 << 64) - 1).check::<Secp256k1>(), Err(error));
    // 37·36 < 2¹¹, and C(40, 38) = C(40, 2) < (2⁶)²: there are few sets that leave out few.
    let first = 1 << 64;
    let level = |t, range| Level::new(threshold(t), holders(range));
    let levels = vec![
        level(1, first..=first + 1),
        level(38, first + 2..=first + 38),
    ];
    let nearly_all = AccessStructure::from(Gate::ranked(levels).unwrap());
    let (set_bits, all_bits) = (117, 105);
    let assurance = nearly_all.check::<Secp256k1>();
    assert_eq!(assurance, Ok(Assurance::Random { set_bits, all_bits }));
}

#[test]
fn quorums_are_listed_up_to_a_limit() {
    let structure = AccessStructure::from(threshold(10));
    let everyone: Vec<_> = (1..=20).map(identifier).collect();
    let error = Error::TooManyQuorums { limit: 1000 };
    assert_eq!(structure.minimal_quorums(&everyone, 1000), Err(error));
    let ten = &everyone[..10];
    assert_eq!(structure.minimal_quorums(ten, 1), Ok(vec![ten.to_vec()]));
    assert_eq!(structure.minimal_quorums(&everyone[..9], 1), Ok(Vec::new()));
    let all = compiled("all(a*200)");
    let everyone = all.structure().holders().unwrap();
    assert_eq!(
        all.structure().minimal_quorums(&everyone, 1),
        Ok(vec![everyone])
    );
}

#[test]
fn a_quorum_takes_few_holders_and_of_equals_the_first() {
    let compiled = compiled("2 of (a, all(b, c), d, all(e, any(f, g)), h)");
    let everyone = compiled.structure().holders().unwrap();
    let names = |without: &[&str]| {
        let is_there = |x: &Identifier| {
            without
                .iter()
                .all(|name| !compiled.identifiers_of(name).contains(x))
        };
        let present: Vec<_> = everyone.iter().copied().filter(is_there).collect();
        let quorum: Quorum<Secp256k1> = compiled.structure().quorum(&present).unwrap();
        let holders: BTreeSet<_> = quorum.holders().collect();
        let named = compiled
            .holders()
            .iter()
            .filter(|(_, ids)| holders.contains(&ids[0]));
        named.map(|(name, _)| name.as_str()).collect::<String>()
    };
    // A gate of two costs two, wherever it stands.
    assert_eq!(names(&[]), "ad");
    assert_eq!(names(&["a"]), "dh");
    assert_eq!(names(&["a", "d"]), "bch");
    assert_eq!(names(&["a", "d", "h"]), "bcef");
    assert_eq!(names(&["b", "d", "h", "f"]), "aeg");
}

#[test]
fn a_cache_keeps_a_bounded_number_of_quorums() {
    let mut cache = QuorumCache::<Secp256k1>::new(threshold(2));
    assert!(cache.is_empty());
    let pair = |x| [identifier(1), identifier(x)];
    for x in 2..=65 {
        let kept = usize::try_from(x).unwrap() - 1;
        assert_eq!(cache.quorum(&pair(x)).unwrap().weights().len(), 2);
        assert_eq!(cache.len(), kept);
        // Once more, it is there already; and what fails is not kept and drops nothing.
        assert_eq!(
            cache.quorum(&pair(x)).cloned(),
            AccessStructure::from(threshold(2)).quorum(&pair(x))
        );
        assert!(cache.quorum(&pair(x)[..1]).is_err());
        assert_eq!(cache.len(), kept);
    }
    assert!(cache.quorum(&pair(66)).is_ok());
    assert_eq!(cache.len(), 1);
    assert!(!cache.is_empty());
}

#[test]
fn an_identifier_above_the_order_is_refused_in_any_gate() {
    let gate = |x| {
        let members = vec![Member::Holder(identifier(1)), Member::Holder(identifier(x))];
        AccessStructure::from(Gate::new(threshold(2), members).unwrap())
    };
    assert_eq!(gate(126).check::<Tiny<127>>(), Ok(Assurance::Always));
    for x in [127, 128, u128::MAX] {
        let identifier = identifier(x);
        let error = Error::IdentifierOutOfRange { identifier };
        assert_eq!(gate(x).check::<Tiny<127>>(), Err(error));
    }
}

#[test]
fn unfinished_quorums_are_kept_up_to_64_for_each_that_is_asked_for() {
    // The last rank is absent: nothing that the first begins is finished.
    let gate = |t: u16, n: u128, all: u16| {
        let first = Level::new(threshold(t), holders(1..=n));
        let last = Level::new(threshold(all), holders(n + 1..=n + 1));
        AccessStructure::from(Gate::ranked(vec![first, last]).unwrap())
    };
    let present = |n: u128| -> Vec<Identifier> { (1..=n).map(identifier).collect() };
    // 62 or 63 of 63, which is 64 of them.
    let found = gate(62, 63, 64).minimal_quorums(&present(63), 1);
    assert_eq!(found, Ok(Vec::new()));
    // 2 to 8 of 8, which is 247 of them, and 192 may be kept.
    let found = gate(2, 8, 9).minimal_quorums(&present(8), 3);
    assert_eq!(found, Err(Error::TooManyQuorums { limit: 3 }));
}

#[test]
fn quorums_that_are_too_many_are_refused_before_they_are_put_together() {
    let large = [
        ("3 of (2 of (a*19), 2 of (b*19), 2 of (c*32), d)", 4096),
        // A thousand million of the unfinished ones.
        ("3 of (2 of (a*32), 2 of (b*32), 3 of (c*30))", 4096),
        (
            "all(2 of (a*32), 2 of (b*32), 2 of (c*32), 2 of (d*32))",
            4096,
        ),
    ];
    for (text, limit) in large {
        let compiled = compiled(text);
        let everyone = compiled.structure().holders().unwrap();
        let found = compiled.structure().minimal_quorums(&everyone, limit);
        assert_eq!(found, Err(Error::TooManyQuorums { limit }), "{text}");
    }
}

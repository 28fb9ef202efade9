//! Who does not suffice learns nothing: shown by going through every polynomial of a tiny field.

use std::collections::BTreeMap;

use ff::Field as _;
use tki_math::{
    AccessStructure, Error, Gate, Identifier, Level, Member, SecretPolynomial, SecretScalar,
};

use super::{chosen, holders, identifier, threshold};
use crate::{
    curves::{Tiny, tiny::TinyScalar},
    random::Script,
};

/// Whether the shares of these holders are distributed alike for every secret, by counting.
fn learn_nothing<const Q: u64>(structure: &AccessStructure, set: &[Identifier]) -> bool {
    let mut seen = BTreeMap::<Vec<u64>, Vec<u32>>::new();
    let free = structure.coefficient_count() - 1;
    for s in 1..Q {
        let secret = SecretScalar::<Tiny<Q>>::new(TinyScalar::new(s));
        for number in 0..Q.pow(u32::try_from(free).unwrap()) {
            let digit = |k: usize| u32::try_from(number / Q.pow(u32::try_from(k).unwrap()) % Q);
            let script = (0..free).flat_map(|k| digit(k).unwrap().to_le_bytes());
            let mut script = Script::new(script.collect());
            let f = SecretPolynomial::random(&secret, structure, &mut script).unwrap();
            assert!(script.is_used_up());
            let share = |x: &Identifier| f.evaluate(*x).unwrap().value().expose_secret().get();
            let counts = seen.entry(set.iter().map(share).collect());
            let counts = counts.or_insert_with(|| vec![0; usize::try_from(Q).unwrap()]);
            counts[usize::try_from(s).unwrap()] += 1;
        }
    }
    seen.values()
        .all(|counts| counts[1..].iter().all(|count| *count == counts[1]))
}

/// Every set that does not suffice learns nothing, and no other set does.
fn check_silence<const Q: u64>(structure: impl Into<AccessStructure>) {
    let structure = structure.into();
    assert!(structure.check::<Tiny<Q>>().is_ok());
    let everyone = structure.holders().unwrap();
    for set in 0_usize..1 << everyone.len() {
        let set = chosen(set, &everyone);
        let silent = learn_nothing::<Q>(&structure, &set);
        assert_eq!(silent, !structure.is_satisfied_by(&set), "{set:?}");
    }
}

fn nested(x: u128, gate: Gate) -> Member {
    Member::Gate(identifier(x), gate)
}

#[test]
fn nested_thresholds_tell_nobody_too_much_in_the_field_of_127() {
    let any = Gate::new(threshold(1), holders(2..=3)).unwrap();
    let members = vec![holders(1..=1)[0].clone(), nested(4, any)];
    check_silence::<127>(Gate::new(threshold(2), members).unwrap());
}

#[test]
fn ranks_tell_nobody_too_much_in_the_field_of_127() {
    let level = |t, range| Level::new(threshold(t), holders(range));
    check_silence::<127>(Gate::ranked(vec![level(1, 1..=2), level(2, 3..=4)]).unwrap());
}

#[test]
fn three_coefficients_tell_nobody_too_much_in_the_field_of_7() {
    let two = |range| Gate::new(threshold(2), holders(range)).unwrap();
    let members = vec![holders(1..=1)[0].clone(), nested(6, two(2..=4))];
    check_silence::<7>(Gate::new(threshold(2), members).unwrap());
    // A gate within ranks, and ranks within a gate.
    let level = |t, members| Level::new(threshold(t), members);
    let gate = nested(5, two(2..=3));
    check_silence::<7>(Gate::ranked(vec![level(1, holders(1..=1)), level(2, vec![gate])]).unwrap());
    let ranked = Gate::ranked(vec![level(1, holders(1..=1)), level(2, holders(2..=3))]).unwrap();
    let members = vec![nested(4, ranked), holders(5..=5)[0].clone()];
    check_silence::<7>(Gate::new(threshold(2), members).unwrap());
}

/// For all identifiers of ranked gates in the field of 7: `check` accepts exactly those where
/// everyone who suffices finds the secret and nobody else learns anything.
#[test]
fn the_check_of_ranks_is_right_for_all_identifiers_of_a_tiny_field() {
    let mut verdicts = BTreeMap::<&str, u32>::new();
    for first in 1..=6 {
        for second in (1..=6).filter(|x| *x != first) {
            for third in (1..=6).filter(|x| ![first, second].contains(x)) {
                for two_above in [false, true] {
                    let [a, b, c] = [first, second, third].map(|x| Member::Holder(identifier(x)));
                    let levels = if two_above {
                        vec![
                            Level::new(threshold(1), vec![a, b]),
                            Level::new(threshold(3), vec![c]),
                        ]
                    } else {
                        vec![
                            Level::new(threshold(1), vec![a]),
                            Level::new(threshold(2), vec![b, c]),
                        ]
                    };
                    let structure = Gate::ranked(levels).unwrap().into();
                    *verdicts.entry(verdict(&structure)).or_default() += 1;
                }
            }
        }
    }
    assert!(
        verdicts
            .keys()
            .copied()
            .eq(["right", "singular", "unauthorised"]),
        "{verdicts:?}"
    );
}

/// What `check` says, held against the counts.
fn verdict(structure: &AccessStructure) -> &'static str {
    let everyone = structure.holders().unwrap();
    let sets = (0_usize..1 << everyone.len()).map(|set| chosen(set, &everyone));
    let (enough, few): (Vec<_>, Vec<_>) = sets.partition(|set| structure.is_satisfied_by(set));
    let determined = enough.iter().all(|set| determine::<7>(structure, set));
    let silent = few.iter().all(|set| learn_nothing::<7>(structure, set));
    match structure.check::<Tiny<7>>() {
        Ok(_) => {
            assert!(determined && silent, "{structure:?}");
            "right"
        }
        Err(Error::SingularQuorum) => {
            assert!(!determined, "{structure:?}");
            "singular"
        }
        Err(Error::UnauthorisedSet { identifiers }) => {
            assert!(!learn_nothing::<7>(structure, &identifiers));
            assert!(!structure.is_satisfied_by(&identifiers));
            "unauthorised"
        }
        Err(other) => panic!("{other}"),
    }
}

/// Whether the shares of these holders belong to one secret only, whatever they are.
fn determine<const Q: u64>(structure: &AccessStructure, set: &[Identifier]) -> bool {
    structure.quorum::<Tiny<Q>>(set).is_ok_and(|quorum| {
        quorum
            .weights()
            .iter()
            .all(|(_, c_i)| !c_i.is_zero_vartime())
    })
}

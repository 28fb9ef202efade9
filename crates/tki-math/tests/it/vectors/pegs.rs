//! `docs/spec/pegs.md`: polynomials that are fixed at some points, and refreshes with pegs.

use ff::Field;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use serde_json::{Value, json};
use tki_math::{Error, Identifier, Pegs, RefreshPolynomial, SecretPolynomial, Share};

use super::{
    check_committed,
    values::{
        Outcome, Scripted, Shown, below, decimals, encoded, hexed, identifiers, list, one_in,
        random_identifiers, random_scalar, random_secret, scalar, scalars, script, text, texts,
        threshold,
    },
};
use crate::random::Script;

pub(super) const NAME: &str = "pegs";

#[test]
fn pegged_polynomials_are_those_of_the_reference() {
    check_committed(NAME);
}

pub(super) fn check<C: Scripted>(file: &Value) {
    for case in list(&file["draws"]) {
        let _shown = Shown::of::<C>(case);
        let (pegs, polynomial) = drawn::<C>(case).unwrap();
        assert_eq!(json!(pegs.freedom()), case["freedom"]);
        let commitment = polynomial.commit();
        assert_eq!(encoded(&commitment.to_bytes()), texts(&case["commitment"]));
        for expected in list(&case["shares"]).iter().chain(list(&case["pegs"])) {
            let identifier = text(&expected["identifier"]).parse().unwrap();
            let share = polynomial.evaluate(identifier).unwrap();
            assert_eq!(hexed(share.value()), text(&expected["value"]));
        }
    }
    for case in list(&file["refreshes"]) {
        let _shown = Shown::of::<C>(case);
        let polynomial = refreshed::<C>(case);
        let commitment = polynomial.commit();
        assert_eq!(encoded(&commitment.to_bytes()), texts(&case["commitment"]));
        for expected in list(&case["shares"]) {
            let identifier = text(&expected["identifier"]).parse().unwrap();
            let share = polynomial.evaluate(identifier).unwrap();
            assert_eq!(hexed(share.value()), text(&expected["value"]));
        }
    }
    for case in list(&file["refusals"]) {
        let _shown = Shown::of::<C>(case);
        assert_eq!(outcome::<C>(case), Outcome::expected(case));
    }
}

/// The pegs of a case, and what is drawn with its randomness.
fn drawn<C: Scripted>(case: &Value) -> Option<(Pegs<C>, SecretPolynomial<C>)> {
    let mut pegs = Pegs::new(threshold(case));
    if !case["secret"].is_null() {
        pegs.add_secret(&scalar::<C>(&case["secret"])).ok()?;
    }
    for peg in list(&case["pegs"]) {
        pegs.add_share(&share::<C>(peg)).ok()?;
    }
    let mut script = script::<C>(list(&case["random"]));
    let polynomial = pegs.draw(&mut script).ok()?;
    assert!(script.is_used_up());
    Some((pegs, polynomial))
}

fn refreshed<C: Scripted>(case: &Value) -> RefreshPolynomial<C> {
    let mut script = script::<C>(list(&case["random"]));
    let pegged = identifiers(&case["pegged"]);
    let polynomial = RefreshPolynomial::random_pegged(threshold(case), &pegged, &mut script);
    assert!(script.is_used_up());
    polynomial.unwrap()
}

fn share<C: Scripted>(peg: &Value) -> Share<C> {
    let identifier = text(&peg["identifier"]).parse().unwrap();
    Share::new(identifier, scalar::<C>(&peg["value"]))
}

fn outcome<C: Scripted>(case: &Value) -> Outcome {
    match text(&case["call"]) {
        "draw" => Outcome::blaming(draw::<C>(case)),
        "refresh" => {
            let pegged = identifiers(&case["pegged"]);
            let rng = &mut ChaCha20Rng::from_seed([1; 32]);
            let t = threshold(case);
            Outcome::blaming(RefreshPolynomial::<C>::random_pegged(t, &pegged, rng))
        }
        call => panic!("no call {call}"),
    }
}

/// The pegs in their order; one with identifier 0 is the secret's.
fn draw<C: Scripted>(case: &Value) -> Result<SecretPolynomial<C>, Error> {
    let mut pegs = Pegs::new(threshold(case));
    for peg in list(&case["pegs"]) {
        if peg["identifier"] == "0" {
            pegs.add_secret(&scalar::<C>(&peg["value"]))?;
        } else {
            pegs.add_share(&share::<C>(peg))?;
        }
    }
    let mut script: Script = script::<C>(list(&case["random"]));
    pegs.draw(&mut script)
}

/// Random cases for the reference: the crate does not show the coefficients, so that they, the
/// interpolant and what vanishes at the pegs are left to it.
pub(super) fn write<C: Scripted>(rng: &mut ChaCha20Rng) -> Value {
    let mut draws = Vec::new();
    while draws.len() < 8 {
        draws.extend(random_draw::<C>(rng, draws.len() + 1));
    }
    let refreshes: Vec<_> = (1..=5).map(|i| random_refresh::<C>(rng, i)).collect();
    let refusals: Vec<_> = (1..=20).map(|i| random_call::<C>(rng, i)).collect();
    json!({ "curve": C::NAME, "draws": draws, "refreshes": refreshes, "refusals": refusals })
}

fn shown(identifier: &Identifier, value: &str) -> Value {
    json!({ "identifier": identifier.to_string(), "value": value })
}

/// `None` where the secret comes out as zero.
fn random_draw<C: Scripted>(rng: &mut ChaCha20Rng, i: usize) -> Option<Value> {
    let t = 1 + below(rng, 6);
    let pegged = below(rng, t + 1);
    let secret = pegged < t && one_in(rng, 2);
    let values: Vec<_> = (0..t).map(|_| random_scalar::<C>(rng)).collect();
    let values = scalars::<C>(&values);
    let (values, random) = values.split_at(pegged);
    let all = random_identifiers(rng, pegged + 2);
    let (identifiers, further) = all.split_at(pegged);
    let secret = secret.then(|| scalars::<C>(&[random_secret::<C>(rng)]).remove(0));
    let random = &random[usize::from(secret.is_some())..];
    let mut case = json!({
        "name": format!("random {i}"),
        "threshold": t,
        "secret": secret,
        "pegs": identifiers.iter().zip(values).map(|(x, v)| shown(x, v)).collect::<Vec<_>>(),
        "random": random,
    });
    let (pegs, polynomial) = drawn::<C>(&case)?;
    case["freedom"] = json!(pegs.freedom());
    case["commitment"] = json!(encoded(&polynomial.commit().to_bytes()));
    let value = |x: &Identifier| hexed(polynomial.evaluate(*x).unwrap().value());
    case["shares"] = further.iter().map(|x| shown(x, &value(x))).collect();
    Some(case)
}

fn random_refresh<C: Scripted>(rng: &mut ChaCha20Rng, i: usize) -> Value {
    let t = 2 + below(rng, 5);
    let pegged = below(rng, t - 1);
    let random: Vec<_> = (0..t - 1 - pegged)
        .map(|_| random_scalar::<C>(rng))
        .collect();
    let all = random_identifiers(rng, pegged + 2);
    let mut case = json!({
        "name": format!("random {i}"),
        "threshold": t,
        "pegged": decimals(&all[..pegged]),
        "random": scalars::<C>(&random),
    });
    let polynomial = refreshed::<C>(&case);
    case["commitment"] = json!(encoded(&polynomial.commit().to_bytes()));
    let value = |x: &Identifier| hexed(polynomial.evaluate(*x).unwrap().value());
    case["shares"] = all.iter().map(|x| shown(x, &value(x))).collect();
    case
}

fn random_call<C: Scripted>(rng: &mut ChaCha20Rng, i: usize) -> Value {
    let t = 1 + below(rng, 5);
    let mut chosen = random_identifiers(rng, 5);
    if one_in(rng, 3) {
        chosen[below(rng, 2)] = chosen[2];
    }
    chosen.truncate(below(rng, 6));
    let case = if one_in(rng, 2) {
        json!({ "call": "refresh", "threshold": t, "pegged": decimals(&chosen) })
    } else {
        let mut pegs: Vec<Value> = Vec::new();
        for x in chosen {
            let value = scalars::<C>(&[random_scalar::<C>(rng)]).remove(0);
            let mut peg = shown(&x, &value);
            if one_in(rng, 3) {
                peg["identifier"] = json!("0");
            }
            pegs.push(peg);
        }
        let random: Vec<_> = (0..t).map(|_| C::Scalar::random(&mut *rng)).collect();
        json!({ "call": "draw", "threshold": t, "pegs": pegs, "random": scalars::<C>(&random) })
    };
    let mut case = outcome::<C>(&case).into_case(case);
    case["name"] = json!(format!("random {i}"));
    case
}

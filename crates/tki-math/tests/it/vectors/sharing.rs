//! `docs/spec/sharing.md`: split, verify, combine, weights, refresh, and what each refuses.

use ff::Field;
use group::GroupEncoding as _;
use rand_chacha::ChaCha20Rng;
use rand_core::{CryptoRng, SeedableRng as _};
use serde_json::{Value, json};
use tki_math::{
    Curve, Error, Identifier, PolynomialCommitment, RefreshCommitment, RefreshPolynomial,
    SecretScalar, Share, Threshold, VerifyingKey, combine, interpolate_at,
    lagrange_coefficients_at, lagrange_coefficients_at_zero, split,
};

use super::{
    check_committed,
    values::{
        Outcome, Scripted, Shown, below, bytes, commitment, decimals, encoded, evaluate, hexed,
        identifiers, list, one_in, point_of, random_bytes, random_choice, random_identifiers,
        random_point, random_scalar, random_secret, scalar, scalars, script, text, texts,
        threshold, values,
    },
};

pub(super) const NAME: &str = "sharing";

#[test]
fn sharings_are_those_of_the_reference() {
    check_committed(NAME);
}

pub(super) fn check<C: Scripted>(file: &Value) {
    for case in list(&file["sharings"]) {
        let _shown = Shown::of::<C>(case);
        check_dealing::<C>(case);
        check_interpolation::<C>(case);
        if !case["refresh"].is_null() {
            check_refresh::<C>(case);
        }
    }
    let refusals = list(&file["refusals"]);
    assert!(!refusals.is_empty());
    for case in refusals {
        let _shown = Shown::of::<C>(case);
        assert_eq!(outcome::<C>(case), Outcome::expected(case));
    }
}

fn check_dealing<C: Scripted>(case: &Value) {
    let secret = scalar::<C>(&case["coefficients"][0]);
    let mut script = script::<C>(&list(&case["coefficients"])[1..]);
    let identifiers = identifiers(&case["identifiers"]);
    let dealing = split(&secret, threshold(case), &identifiers, &mut script).unwrap();
    assert!(script.is_used_up());
    assert_eq!(values(dealing.shares()), texts(&case["shares"]));
    assert_eq!(
        encoded(&dealing.commitment().to_bytes()),
        texts(&case["commitment"])
    );
    let read = commitment::<C>(&case["commitment"], threshold(case)).unwrap();
    assert_eq!(read, *dealing.commitment());

    let identity = hex::encode(<C::Point as group::Group>::identity().to_bytes());
    for (share, image) in dealing
        .shares()
        .iter()
        .zip(texts(&case["verifying_shares"]))
    {
        assert_eq!(dealing.commitment().verify(share), Ok(()));
        let identifier = share.identifier();
        let expected = dealing.commitment().verifying_share(identifier);
        assert_eq!(share.verifying_share(), expected);
        match expected {
            Ok(expected) => assert_eq!(hex::encode(expected.to_bytes()), image),
            Err(error) => {
                assert_eq!(image, identity);
                assert_eq!(error, Error::IdentityVerifyingShare { identifier });
            }
        }
    }
}

fn check_interpolation<C: Scripted>(case: &Value) {
    for quorum in list(&case["quorums"]) {
        let identifiers = identifiers(&quorum["identifiers"]);
        let weights = lagrange_coefficients_at_zero::<C>(&identifiers).unwrap();
        assert_eq!(
            scalars::<C>(&weights),
            texts(&quorum["lagrange_coefficients"])
        );
        let secret = combine(&pick::<C>(case, &identifiers), threshold(case)).unwrap();
        assert_eq!(hexed(&secret), text(&case["coefficients"][0]));
    }
    for interpolation in list(&case["interpolations"]) {
        let identifiers = identifiers(&interpolation["identifiers"]);
        let at = text(&interpolation["at"]).parse().unwrap();
        let weights = lagrange_coefficients_at::<C>(&identifiers, at).unwrap();
        assert_eq!(
            scalars::<C>(&weights),
            texts(&interpolation["lagrange_coefficients"])
        );
        let share = interpolate_at(&pick::<C>(case, &identifiers), threshold(case), at).unwrap();
        assert_eq!(share.identifier(), at);
        assert_eq!(hexed(share.value()), text(&interpolation["share"]));
    }
}

fn check_refresh<C: Scripted>(case: &Value) {
    let refresh = &case["refresh"];
    let mut script = script::<C>(&list(&refresh["coefficients"])[1..]);
    let polynomial = RefreshPolynomial::<C>::random(threshold(case), &mut script).unwrap();
    assert!(script.is_used_up());
    let published = polynomial.commit();
    assert_eq!(
        encoded(&published.to_bytes()),
        texts(&refresh["commitment"])
    );
    let after = commitment::<C>(&case["commitment"], threshold(case)).unwrap();
    let after = after.refresh(&published).unwrap();
    assert_eq!(
        encoded(&after.to_bytes()),
        texts(&refresh["refreshed_commitment"])
    );

    let identifiers = identifiers(&case["identifiers"]);
    let deltas: Vec<_> = identifiers
        .iter()
        .map(|x| polynomial.evaluate(*x).unwrap())
        .collect();
    let delta_values = deltas.iter().map(|delta| hexed(delta.value()));
    assert_eq!(delta_values.collect::<Vec<_>>(), texts(&refresh["shares"]));
    let refreshed: Vec<_> = pick::<C>(case, &identifiers)
        .into_iter()
        .zip(&deltas)
        .map(|(share, delta)| share.refresh(delta).unwrap())
        .collect();
    assert_eq!(values(&refreshed), texts(&refresh["refreshed_shares"]));
    refreshed
        .iter()
        .for_each(|share| assert_eq!(after.verify(share), Ok(())));
}

/// Makes the call of a case.
fn outcome<C: Curve>(case: &Value) -> Outcome {
    match text(&case["call"]) {
        "scalar" => {
            let bytes = <[u8; 32]>::try_from(bytes(&case["bytes"])).unwrap();
            Outcome::of(SecretScalar::<C>::from_canonical_bytes(&bytes))
        }
        "key" => Outcome::of(VerifyingKey::<C>::from_bytes(&bytes(&case["bytes"]))),
        "commitment" => Outcome::blaming(commitment::<C>(&case["points"], threshold(case))),
        "refresh" => {
            let points: Vec<_> = list(&case["points"]).iter().map(bytes).collect();
            let read = RefreshCommitment::<C>::from_bytes(&points, threshold(case));
            Outcome::blaming(read)
        }
        "verify" => {
            let t = Threshold::new(u16::try_from(list(&case["points"]).len()).unwrap()).unwrap();
            let identifier = text(&case["identifier"]).parse().unwrap();
            let share = Share::new(identifier, scalar::<C>(&case["share"]));
            let commitment = commitment::<C>(&case["points"], t).unwrap();
            Outcome::blaming(commitment.verify(&share))
        }
        "combine" => {
            let shares = pick::<C>(case, &identifiers(&case["identifiers"]));
            Outcome::blaming(combine(&shares, threshold(case)))
        }
        "combine checked" => {
            let t = Threshold::new(u16::try_from(list(&case["points"]).len()).unwrap()).unwrap();
            let commitment = commitment::<C>(&case["points"], t).unwrap();
            let identifiers = identifiers(&case["identifiers"]).into_iter();
            let values = list(&case["shares"]).iter().map(scalar::<C>);
            let shares: Vec<_> = identifiers
                .zip(values)
                .map(|(x, s)| Share::new(x, s))
                .collect();
            Outcome::blaming(commitment.combine(&shares))
        }
        "split" => {
            let secret = scalar::<C>(&case["secret"]);
            let identifiers = identifiers(&case["identifiers"]);
            let rng = &mut ChaCha20Rng::from_seed([1; 32]);
            Outcome::blaming(split(&secret, threshold(case), &identifiers, rng))
        }
        "identifier" => Outcome::of(text(&case["text"]).parse::<Identifier>()),
        call => panic!("no call {call}"),
    }
}

/// The shares of a case that belong to these identifiers.
fn pick<C: Curve>(case: &Value, wanted: &[Identifier]) -> Vec<Share<C>> {
    let all = identifiers(&case["identifiers"]);
    let position = |x: &Identifier| all.iter().position(|x_i| x_i == x).unwrap();
    let share = |x: &Identifier| Share::new(*x, scalar::<C>(&case["shares"][position(x)]));
    wanted.iter().map(share).collect()
}

/// Random cases for the reference.
pub(super) fn write<C: Scripted>(rng: &mut ChaCha20Rng) -> Value {
    let sharings: Vec<_> = (1..=8).map(|i| random_sharing::<C>(rng, i)).collect();
    let mut refusals = Vec::new();
    for i in 1..=24 {
        for call in random_calls::<C>(rng) {
            let mut case = call;
            case["name"] = json!(format!("random {i}"));
            refusals.push(outcome::<C>(&case).into_case(case));
        }
    }
    json!({ "curve": C::NAME, "sharings": sharings, "refusals": refusals })
}

fn random_sharing<C: Scripted>(rng: &mut ChaCha20Rng, i: usize) -> Value {
    let t = 1 + below(rng, 6);
    let n = t + below(rng, 4);
    let identifiers = random_identifiers(rng, n);
    let mut a: Vec<_> = (0..t).map(|_| random_scalar::<C>(rng)).collect();
    a[0] = random_secret::<C>(rng);
    let mut case = json!({
        "name": format!("random {i}"),
        "threshold": t,
        "identifiers": decimals(&identifiers),
        "coefficients": scalars::<C>(&a),
        "refresh": null,
    });
    let secret = SecretScalar::<C>::new(a[0]);
    let mut script = script::<C>(&list(&case["coefficients"])[1..]);
    let dealing = split(&secret, threshold(&case), &identifiers, &mut script).unwrap();
    let images = dealing
        .shares()
        .iter()
        .map(|share| share.value().expose_secret());
    case["verifying_shares"] = images.map(point_of::<C>).collect();
    case["shares"] = json!(values(dealing.shares()));
    case["commitment"] = json!(encoded(&dealing.commitment().to_bytes()));
    let quorums: Vec<_> = (0..2)
        .map(|_| random_choice(rng, &identifiers, t))
        .collect();
    case["quorums"] = quorums
        .iter()
        .map(|quorum| of_quorum::<C>(quorum))
        .collect();
    let x = random_identifiers(rng, 1)[0];
    let interpolated = quorums
        .iter()
        .map(|quorum| interpolated::<C>(&case, quorum, x));
    case["interpolations"] = interpolated.collect();
    if t > 1 {
        case["refresh"] = random_refresh(rng, dealing.shares(), dealing.commitment());
    }
    case
}

fn of_quorum<C: Curve>(quorum: &[Identifier]) -> Value {
    let weights = lagrange_coefficients_at_zero::<C>(quorum).unwrap();
    json!({
        "identifiers": decimals(quorum),
        "lagrange_coefficients": scalars::<C>(&weights),
    })
}

fn interpolated<C: Curve>(case: &Value, quorum: &[Identifier], x: Identifier) -> Value {
    let weights = lagrange_coefficients_at::<C>(quorum, x).unwrap();
    let share = interpolate_at(&pick::<C>(case, quorum), threshold(case), x).unwrap();
    json!({
        "identifiers": decimals(quorum),
        "at": x.to_string(),
        "lagrange_coefficients": scalars::<C>(&weights),
        "share": hexed(share.value()),
    })
}

fn random_refresh<C: Scripted>(
    rng: &mut ChaCha20Rng,
    shares: &[Share<C>],
    commitment: &PolynomialCommitment<C>,
) -> Value {
    let t = commitment.as_points().len();
    let mut b: Vec<_> = (0..t).map(|_| random_scalar::<C>(rng)).collect();
    b[0] = C::Scalar::ZERO;
    let mut refresh = json!({ "coefficients": scalars::<C>(&b) });
    let mut script = script::<C>(&list(&refresh["coefficients"])[1..]);
    let t = Threshold::new(u16::try_from(t).unwrap()).unwrap();
    let polynomial = RefreshPolynomial::<C>::random(t, &mut script).unwrap();
    let (mut deltas, mut refreshed) = (Vec::new(), Vec::new());
    for share in shares {
        let delta = polynomial.evaluate(share.identifier()).unwrap();
        let before = Share::new(share.identifier(), share.value().clone());
        deltas.push(hexed(delta.value()));
        refreshed.push(hexed(before.refresh(&delta).unwrap().value()));
    }
    let published = polynomial.commit();
    let after = commitment.refresh(&published).unwrap();
    refresh["shares"] = json!(deltas);
    refresh["commitment"] = json!(encoded(&published.to_bytes()));
    refresh["refreshed_shares"] = json!(refreshed);
    refresh["refreshed_commitment"] = json!(encoded(&after.to_bytes()));
    refresh
}

/// One call of each kind, on what may or may not be refused.
fn random_calls<C: Curve>(rng: &mut ChaCha20Rng) -> Vec<Value> {
    let t = 1 + below(rng, 3);
    let a: Vec<_> = (0..t).map(|_| random_secret::<C>(rng)).collect();
    let share = random_scalar::<C>(rng);
    let mut chosen = random_identifiers(rng, 4);
    if one_in(rng, 2) {
        chosen[3] = chosen[below(rng, 3)];
    }
    chosen.truncate(below(rng, 5));
    let shares: Vec<_> = chosen.iter().map(|_| random_scalar::<C>(rng)).collect();
    let mut maybe_right: Vec<_> = chosen.iter().map(|x| evaluate::<C>(&a, *x)).collect();
    if let Some(first) = maybe_right.first_mut().filter(|_| one_in(rng, 2)) {
        *first += C::Scalar::ONE;
    }
    let secret = random_scalar::<C>(rng);
    let points = |rng: &mut ChaCha20Rng| -> Vec<_> {
        let length = if one_in(rng, 3) { below(rng, 4) } else { t };
        (0..length).map(|_| random_point::<C>(rng)).collect()
    };
    let mut refresh = points(rng);
    if let Some(first) = refresh.first_mut().filter(|_| one_in(rng, 2)) {
        *first = point_of::<C>(&C::Scalar::ZERO);
    }
    // At degree 0 every share is the secret.
    let right = if one_in(rng, 2) { a[0] } else { share };
    vec![
        json!({ "call": "scalar", "bytes": hex::encode(random_bytes(rng, 32)) }),
        json!({ "call": "key", "bytes": random_point::<C>(rng) }),
        json!({ "call": "commitment", "threshold": t, "points": points(rng) }),
        json!({ "call": "refresh", "threshold": t, "points": refresh }),
        json!({
            "call": "verify",
            "points": a.iter().map(point_of::<C>).collect::<Vec<_>>(),
            "identifier": random_identifiers(rng, 1)[0].to_string(),
            "share": scalars::<C>(&[right])[0],
        }),
        json!({
            "call": "combine",
            "threshold": t,
            "identifiers": decimals(&chosen),
            "shares": scalars::<C>(&shares),
        }),
        json!({
            "call": "split",
            "secret": scalars::<C>(&[secret])[0],
            "threshold": t,
            "identifiers": decimals(&chosen),
        }),
        json!({
            "call": "combine checked",
            "points": a.iter().map(point_of::<C>).collect::<Vec<_>>(),
            "identifiers": decimals(&chosen),
            "shares": scalars::<C>(&maybe_right),
        }),
        json!({ "call": "identifier", "text": random_text(rng) }),
    ]
}

/// Digits, mostly.
fn random_text(rng: &mut impl CryptoRng) -> String {
    let letters: Vec<char> = "0123456789012345678901234567890123456789 +-_x"
        .chars()
        .collect();
    let length = if one_in(rng, 3) { 39 } else { below(rng, 5) };
    (0..length)
        .map(|_| letters[below(rng, letters.len())])
        .collect()
}

//! The crate agrees with an independent script and with RFC 9591 on every value of a sharing, and
//! refuses what the script says must be refused. `tests/vectors/README.md` tells the origin.

#![expect(clippy::print_stdout, reason = "a failing test shows its case")]

use core::fmt::Debug;

use group::GroupEncoding;
use serde_json::Value;
use tki_math::{
    Curve, Error, Identifier, PolynomialCommitment, RefreshCommitment, RefreshPolynomial,
    SecretPolynomial, SecretScalar, Share, Threshold, VerifyingKey, combine, interpolate_at,
    lagrange_coefficients_at, lagrange_coefficients_at_zero, split,
};

use crate::{
    curves::{Ed25519, Secp256k1},
    random::{Script, rng},
};

/// A curve whose uniform scalars a test can choose.
trait Scripted: Curve {
    /// The bytes from which `Field::random` makes this scalar.
    fn random_bytes(scalar: [u8; 32]) -> Vec<u8>;
}

impl Scripted for Secp256k1 {
    fn random_bytes(scalar: [u8; 32]) -> Vec<u8> {
        scalar.to_vec()
    }
}

impl Scripted for Ed25519 {
    /// 64 bytes are reduced modulo the order: the scalar and 32 zeros.
    fn random_bytes(scalar: [u8; 32]) -> Vec<u8> {
        [scalar, [0; 32]].concat()
    }
}

#[test]
fn secp256k1_values_are_those_of_the_script() {
    check_sharings::<Secp256k1>(include_str!("../vectors/secp256k1.json"));
}

#[test]
fn ed25519_values_are_those_of_the_script() {
    check_sharings::<Ed25519>(include_str!("../vectors/ed25519.json"));
}

#[test]
fn secp256k1_refuses_what_must_be_refused() {
    check_refusals::<Secp256k1>(include_str!("../vectors/secp256k1.json"));
}

#[test]
fn ed25519_refuses_what_must_be_refused() {
    check_refusals::<Ed25519>(include_str!("../vectors/ed25519.json"));
}

#[test]
fn dealings_are_those_of_rfc_9591() {
    let file: Value = serde_json::from_str(include_str!("../vectors/rfc9591.json")).unwrap();
    let sharings = list(&file["sharings"]);
    check_rfc_sharing::<Ed25519>(&sharings[0]);
    check_rfc_sharing::<Secp256k1>(&sharings[1]);
}

fn check_rfc_sharing<C: Scripted>(case: &Value) {
    assert_eq!(case["curve"], C::NAME);
    let polynomial = polynomial::<C>(case);
    let key = polynomial.commit().verifying_key().to_bytes();
    assert_eq!(hex::encode(key), text(&case["verifying_key"]));
    let shares: Vec<_> = identifiers(&case["identifiers"])
        .iter()
        .map(|x| polynomial.evaluate(*x).unwrap())
        .collect();
    assert_eq!(values(&shares), texts(&case["shares"]));
    for quorum in [[0, 1], [2, 0], [1, 2]] {
        let quorum = quorum.map(|i| Share::new(shares[i].identifier(), shares[i].value().clone()));
        let secret = combine(&quorum, threshold(case)).unwrap();
        assert_eq!(
            hex::encode(*secret.to_bytes()),
            text(&case["coefficients"][0])
        );
    }
}

fn check_sharings<C: Scripted>(file: &str) {
    let file: Value = serde_json::from_str(file).unwrap();
    assert_eq!(file["curve"], C::NAME);
    for case in list(&file["sharings"]) {
        println!("{}: {}", C::NAME, text(&case["name"]));
        check_dealing::<C>(case);
        check_interpolation::<C>(case);
        if !case["refresh"].is_null() {
            check_refresh::<C>(case);
        }
    }
}

fn check_dealing<C: Scripted>(case: &Value) {
    let secret = scalar::<C>(&case["coefficients"][0]);
    let mut script = script::<C>(&case["coefficients"]);
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
        assert_eq!(
            hex::encode(*secret.to_bytes()),
            text(&case["coefficients"][0])
        );
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
        assert_eq!(
            hex::encode(*share.value().to_bytes()),
            text(&interpolation["share"])
        );
    }
}

fn check_refresh<C: Scripted>(case: &Value) {
    let refresh = &case["refresh"];
    let mut script = script::<C>(&refresh["coefficients"]);
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
    let delta_values = deltas
        .iter()
        .map(|delta| hex::encode(*delta.value().to_bytes()));
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

fn check_refusals<C: Curve>(file: &str) {
    let file: Value = serde_json::from_str(file).unwrap();
    let cases = list(&file["refusals"]);
    assert!(!cases.is_empty());
    for case in cases {
        println!(
            "{}: {}: {}",
            C::NAME,
            text(&case["call"]),
            text(&case["name"])
        );
        let (error, culprits) = refusal::<C>(case);
        assert_eq!(error, text(&case["error"]));
        assert_eq!(
            culprits,
            case.get("culprits").map(texts).unwrap_or_default()
        );
    }
}

/// Makes the call of a case, and gives the name of its error and the culprits.
fn refusal<C: Curve>(case: &Value) -> (String, Vec<String>) {
    match text(&case["call"]) {
        "scalar" => {
            let bytes = <[u8; 32]>::try_from(bytes(&case["bytes"])).unwrap();
            named(&SecretScalar::<C>::from_canonical_bytes(&bytes).unwrap_err())
        }
        "key" => named(&VerifyingKey::<C>::from_bytes(&bytes(&case["bytes"])).unwrap_err()),
        "commitment" => blamed(&commitment::<C>(&case["points"], threshold(case)).unwrap_err()),
        "refresh" => {
            let points: Vec<_> = list(&case["points"]).iter().map(bytes).collect();
            blamed(&RefreshCommitment::<C>::from_bytes(&points, threshold(case)).unwrap_err())
        }
        "verify" => {
            let t = Threshold::new(u16::try_from(list(&case["points"]).len()).unwrap()).unwrap();
            let identifier = text(&case["identifier"]).parse().unwrap();
            let share = Share::new(identifier, scalar::<C>(&case["share"]));
            blamed(
                &commitment::<C>(&case["points"], t)
                    .unwrap()
                    .verify(&share)
                    .unwrap_err(),
            )
        }
        "combine" => {
            let shares = pick::<C>(case, &identifiers(&case["identifiers"]));
            blamed(&combine(&shares, threshold(case)).unwrap_err())
        }
        "split" => {
            let secret = scalar::<C>(&case["secret"]);
            let identifiers = identifiers(&case["identifiers"]);
            let rng = &mut rng("split");
            blamed(&split(&secret, threshold(case), &identifiers, rng).unwrap_err())
        }
        "identifier" => named(&text(&case["text"]).parse::<Identifier>().unwrap_err()),
        call => panic!("no call {call}"),
    }
}

fn named(error: &impl Debug) -> (String, Vec<String>) {
    (format!("{error:?}"), Vec::new())
}

fn blamed(error: &Error) -> (String, Vec<String>) {
    let shown = format!("{error:?}");
    let name = shown.split(' ').next().unwrap().to_owned();
    (
        name,
        error.culprits().iter().map(ToString::to_string).collect(),
    )
}

/// The shares of a case that belong to these identifiers.
fn pick<C: Curve>(case: &Value, wanted: &[Identifier]) -> Vec<Share<C>> {
    let all = identifiers(&case["identifiers"]);
    let position = |x: &Identifier| all.iter().position(|x_i| x_i == x).unwrap();
    let share = |x: &Identifier| Share::new(*x, scalar::<C>(&case["shares"][position(x)]));
    wanted.iter().map(share).collect()
}

/// A generator that gives the coefficients of a case but the constant one.
fn script<C: Scripted>(coefficients: &Value) -> Script {
    let drawn = list(coefficients).iter().skip(1);
    Script::new(
        drawn
            .flat_map(|a_k| C::random_bytes(bytes(a_k).try_into().unwrap()))
            .collect(),
    )
}

fn polynomial<C: Scripted>(case: &Value) -> SecretPolynomial<C> {
    let secret = scalar::<C>(&case["coefficients"][0]);
    let script = &mut script::<C>(&case["coefficients"]);
    SecretPolynomial::random(&secret, threshold(case), script).unwrap()
}

fn commitment<C: Curve>(points: &Value, t: Threshold) -> Result<PolynomialCommitment<C>, Error> {
    let points: Vec<_> = list(points).iter().map(bytes).collect();
    PolynomialCommitment::from_bytes(&points, t)
}

fn threshold(case: &Value) -> Threshold {
    Threshold::new(u16::try_from(case["threshold"].as_u64().unwrap()).unwrap()).unwrap()
}

fn identifiers(value: &Value) -> Vec<Identifier> {
    list(value)
        .iter()
        .map(|x| text(x).parse().unwrap())
        .collect()
}

fn scalar<C: Curve>(value: &Value) -> SecretScalar<C> {
    SecretScalar::from_canonical_bytes(&bytes(value).try_into().unwrap()).unwrap()
}

fn values<C: Curve>(shares: &[Share<C>]) -> Vec<String> {
    shares
        .iter()
        .map(|share| hex::encode(*share.value().to_bytes()))
        .collect()
}

fn scalars<C: Curve>(scalars: &[C::Scalar]) -> Vec<String> {
    scalars
        .iter()
        .map(|a| hex::encode(C::scalar_to_bytes(a)))
        .collect()
}

fn encoded(points: &[Vec<u8>]) -> Vec<String> {
    points.iter().map(hex::encode).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn texts(value: &Value) -> Vec<String> {
    list(value)
        .iter()
        .map(|value| text(value).to_owned())
        .collect()
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(text(value)).expect("hexadecimal")
}

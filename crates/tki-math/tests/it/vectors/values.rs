//! How scalars, points and identifiers stand in files, and random ones of them.

use core::fmt::Debug;

use ff::Field;
use rand_core::CryptoRng;
use serde_json::{Value, json};
use tki_math::{
    Curve, Error, Identifier, PolynomialCommitment, SecretScalar, Share, SubShare, Threshold,
};

use crate::{
    curves::{Ed25519, P256, Secp256k1},
    random::Script,
};

/// A curve whose uniform scalars a test can choose.
pub(super) trait Scripted: Curve {
    /// The bytes from which `Field::random` makes this scalar.
    fn random_bytes(scalar: [u8; 32]) -> Vec<u8>;
}

impl Scripted for Secp256k1 {
    fn random_bytes(scalar: [u8; 32]) -> Vec<u8> {
        scalar.to_vec()
    }
}

impl Scripted for P256 {
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

/// A generator that gives these scalars.
pub(super) fn script<C: Scripted>(scalars: &[Value]) -> Script {
    let bytes = scalars
        .iter()
        .flat_map(|a_k| C::random_bytes(bytes(a_k).try_into().unwrap()));
    Script::new(bytes.collect())
}

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

pub(super) fn texts(value: &Value) -> Vec<String> {
    list(value)
        .iter()
        .map(|value| text(value).to_owned())
        .collect()
}

pub(super) fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(text(value)).expect("hexadecimal")
}

pub(super) fn threshold(case: &Value) -> Threshold {
    Threshold::new(u16::try_from(case["threshold"].as_u64().unwrap()).unwrap()).unwrap()
}

pub(super) fn identifier(value: &Value) -> Identifier {
    text(value).parse().unwrap()
}

pub(super) fn identifiers(value: &Value) -> Vec<Identifier> {
    list(value)
        .iter()
        .map(|x| text(x).parse().unwrap())
        .collect()
}

pub(super) fn decimals(identifiers: &[Identifier]) -> Vec<String> {
    identifiers.iter().map(ToString::to_string).collect()
}

pub(super) fn scalar<C: Curve>(value: &Value) -> SecretScalar<C> {
    SecretScalar::from_canonical_bytes(&bytes(value).try_into().unwrap()).unwrap()
}

pub(super) fn hexed<C: Curve>(value: &SecretScalar<C>) -> String {
    hex::encode(*value.to_bytes())
}

pub(super) fn values<C: Curve>(shares: &[Share<C>]) -> Vec<String> {
    shares.iter().map(|share| hexed(share.value())).collect()
}

pub(super) fn scalars<C: Curve>(scalars: &[C::Scalar]) -> Vec<String> {
    scalars
        .iter()
        .map(|a| hex::encode(C::scalar_to_bytes(a)))
        .collect()
}

pub(super) fn encoded(points: &[Vec<u8>]) -> Vec<String> {
    points.iter().map(hex::encode).collect()
}

pub(super) fn point_of<C: Curve>(scalar: &C::Scalar) -> String {
    use group::GroupEncoding as _;
    hex::encode(C::mul_by_generator(scalar).to_bytes())
}

/// Σ a_k·x^k.
pub(super) fn evaluate<C: Curve>(a: &[C::Scalar], x: Identifier) -> C::Scalar {
    let x = C::scalar_from_identifier(x.get()).unwrap();
    let step = |value: C::Scalar, a_k: &C::Scalar| value * x + a_k;
    a.iter().rev().fold(C::Scalar::ZERO, step)
}

pub(super) fn commitment<C: Curve>(
    points: &Value,
    t: Threshold,
) -> Result<PolynomialCommitment<C>, Error> {
    let points: Vec<_> = list(points).iter().map(bytes).collect();
    PolynomialCommitment::from_bytes(&points, t)
}

/// Prints which case it is when the test fails in it.
pub(super) struct Shown(String);

impl Shown {
    pub(super) fn of<C: Curve>(case: &Value) -> Self {
        let call = case.get("call").map(text).unwrap_or_default();
        Self(format!("{}: {call} {}", C::NAME, text(&case["name"])))
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("{}", self.0);
        }
    }
}

/// What holders sent each other, as it stands in a file.
pub(super) fn sent<C: Curve>(messages: &Value) -> Vec<SubShare<C>> {
    let message = |each: &Value| {
        let (from, to) = (identifier(&each["from"]), identifier(&each["to"]));
        SubShare::new(from, to, scalar::<C>(&each["value"]))
    };
    list(messages).iter().map(message).collect()
}

/// What a call said: the name of its error, if it refused, and the culprits.
#[derive(Debug, Default, Eq, PartialEq)]
pub(super) struct Outcome {
    error: Option<String>,
    culprits: Vec<String>,
}

impl Outcome {
    /// Of a call whose error names nobody.
    pub(super) fn of<T>(result: Result<T, impl Debug>) -> Self {
        Self {
            error: result.err().map(|error| name(&error)),
            culprits: Vec::new(),
        }
    }

    pub(super) fn blaming<T>(result: Result<T, Error>) -> Self {
        let error = result.err();
        let culprits = error.as_ref().map(Error::culprits).unwrap_or_default();
        Self {
            culprits: decimals(culprits),
            error: error.map(|error| name(&error)),
        }
    }

    /// What the file says.
    pub(super) fn expected(case: &Value) -> Self {
        Self {
            error: case["error"].as_str().map(str::to_owned),
            culprits: case.get("culprits").map(texts).unwrap_or_default(),
        }
    }

    /// The case with what was said.
    pub(super) fn into_case(self, mut case: Value) -> Value {
        case["error"] = json!(self.error);
        if !self.culprits.is_empty() {
            case["culprits"] = json!(self.culprits);
        }
        case
    }
}

fn name(error: &impl Debug) -> String {
    let shown = format!("{error:?}");
    shown.split([' ', '(']).next().unwrap().to_owned()
}

// Random ones.

/// A number below n.
pub(super) fn below(rng: &mut impl CryptoRng, n: usize) -> usize {
    usize::try_from(rng.next_u32()).unwrap() % n
}

pub(super) fn one_in(rng: &mut impl CryptoRng, n: usize) -> bool {
    below(rng, n) == 0
}

pub(super) fn random_bytes(rng: &mut impl CryptoRng, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    rng.fill_bytes(&mut bytes);
    bytes
}

/// Scalars: mostly uniform, now and then 0, 1 or −1.
pub(super) fn random_scalar<C: Curve>(rng: &mut impl CryptoRng) -> C::Scalar {
    match below(rng, 20) {
        0 => C::Scalar::ZERO,
        1 => C::Scalar::ONE,
        2 => -C::Scalar::ONE,
        _ => C::Scalar::random(rng),
    }
}

pub(super) fn random_secret<C: Curve>(rng: &mut impl CryptoRng) -> C::Scalar {
    loop {
        let scalar = random_scalar::<C>(rng);
        if !bool::from(scalar.is_zero()) {
            return scalar;
        }
    }
}

/// Different identifiers of all sizes.
pub(super) fn random_identifiers(rng: &mut impl CryptoRng, count: usize) -> Vec<Identifier> {
    let mut found: Vec<Identifier> = Vec::new();
    while found.len() < count {
        let bytes: [u8; 16] = random_bytes(rng, 16).try_into().unwrap();
        let bits = [3, 8, 16, 32, 64, 65, 128][below(rng, 7)];
        let x = u128::from_be_bytes(bytes) >> (128 - bits);
        let x = Identifier::new(x).ok().filter(|x| !found.contains(x));
        found.extend(x);
    }
    found
}

/// Some of a list, in any order.
pub(super) fn random_choice<T: Clone>(rng: &mut impl CryptoRng, of: &[T], count: usize) -> Vec<T> {
    let mut left = of.to_vec();
    (0..count)
        .map(|_| left.swap_remove(below(rng, left.len())))
        .collect()
}

/// The encoding of a point, or of none.
pub(super) fn random_point<C: Curve>(rng: &mut impl CryptoRng) -> String {
    let point = point_of::<C>(&random_scalar::<C>(rng));
    let mut bytes = hex::decode(&point).unwrap();
    match below(rng, 8) {
        // Half of these are on the curve, in prime-order groups.
        0 => bytes.iter_mut().skip(1).for_each(|byte| *byte ^= 0x5a),
        1 => bytes[0] ^= 1,
        2 => bytes[C::POINT_BYTES - 1] ^= 0x80,
        3 => bytes = random_bytes(rng, C::POINT_BYTES),
        4 if one_in(rng, 2) => bytes.truncate(below(rng, C::POINT_BYTES)),
        _ => {}
    }
    hex::encode(bytes)
}

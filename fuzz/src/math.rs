//! Points, scalars, commitments, identifiers, thresholds.

use tki_math::{
    Curve, Expression, Identifier, PolynomialCommitment, RefreshCommitment, RefreshPolynomial,
    Repair, RepairCommitment, SecretPolynomial, SecretScalar, Share, SubCommitment, Threshold,
    VerifyingKey, VerifyingShare,
};
use tki_seal::curve::{CurveId, Ed25519, P256, SealCurve, Secp256k1};

use crate::Target;
use crate::inputs::{array, choice, rng};
use crate::memory::bounded;

pub(crate) const POINTS: Target = Target {
    name: "math_points",
    run: points,
    seeds: point_seeds,
};

pub(crate) const COMMITMENTS: Target = Target {
    name: "math_commitments",
    run: commitments,
    seeds: commitment_seeds,
};

pub(crate) const NAMES: Target = Target {
    name: "math_names",
    run: names,
    seeds: name_seeds,
};

/// Any bytes as a point and as a scalar of each curve.
fn points(data: &[u8]) {
    check_point::<Secp256k1>(data);
    check_point::<P256>(data);
    check_point::<Ed25519>(data);
    check_scalar::<Secp256k1>(&array(data));
    check_scalar::<P256>(&array(data));
    check_scalar::<Ed25519>(&array(data));
}

fn check_point<C: SealCurve>(data: &[u8]) {
    let point = bounded(data.len(), || C::decode_point(data));
    let key = VerifyingKey::<C>::from_bytes(data);
    let share = VerifyingShare::<C>::from_bytes(data);
    // The two say the same, and refuse the identity, which is a point.
    assert_eq!(key.is_ok(), share.is_ok());
    assert!(point.is_some() || key.is_err());
    if let (Ok(key), Ok(share)) = (key, share) {
        assert_eq!(key.to_bytes(), data);
        assert_eq!(share.to_bytes(), data);
        assert_eq!(data.len(), C::POINT_BYTES);
    }
}

fn check_scalar<C: Curve>(bytes: &[u8; 32]) {
    let Ok(scalar) = SecretScalar::<C>::from_canonical_bytes(bytes) else {
        assert!(!bool::from(C::scalar_from_bytes(bytes).is_some()));
        return;
    };
    assert_eq!(*scalar.to_bytes(), *bytes);
    // A share with this value has a public image exactly if the value is not zero.
    let is_zero = bool::from(scalar.is_zero());
    let share = Share::new(Identifier::FIRST, scalar);
    assert_eq!(share.verifying_share().is_err(), is_zero);
}

fn point_seeds() -> Vec<Vec<u8>> {
    fn of<C: SealCurve>() -> Vec<Vec<u8>> {
        let secret = SecretScalar::<C>::random(&mut rng(1));
        let key = VerifyingKey::from_secret(&secret).expect("not zero");
        vec![key.to_bytes(), secret.to_bytes().to_vec()]
    }
    [
        of::<Secp256k1>(),
        of::<P256>(),
        of::<Ed25519>(),
        vec![vec![0; 33]],
    ]
    .concat()
}

/// Choice of curve and kind, threshold, then points one after the other.
fn commitments(data: &[u8]) {
    let (choice, rest) = choice(data);
    let Some((threshold, points)) = rest.split_first_chunk() else {
        return;
    };
    let Ok(threshold) = Threshold::try_from(u16::from_le_bytes(*threshold)) else {
        return;
    };
    if choice.is_multiple_of(2) {
        check_commitments::<Secp256k1>(points, threshold);
    } else {
        check_commitments::<Ed25519>(points, threshold);
    }
}

fn check_commitments<C: Curve>(points: &[u8], threshold: Threshold) {
    let encoded: Vec<&[u8]> = points.chunks(C::POINT_BYTES).collect();
    let length = points.len();
    let read = bounded(length, || {
        PolynomialCommitment::<C>::from_bytes(&encoded, threshold)
    });
    if let Ok(read) = read {
        assert_eq!(read.to_bytes(), encoded);
        assert_eq!(*read.structure(), threshold.into());
        assert_eq!(read.as_points().len(), usize::from(threshold.get()));
        drop(read.verifying_share(Identifier::FIRST));
        check_repair_commitment(&read, &encoded);
    }
    let read = bounded(length, || {
        RefreshCommitment::<C>::from_bytes(&encoded, threshold)
    });
    if let Ok(read) = read {
        assert_eq!(read.to_bytes(), encoded);
    }
    let read = bounded(length, || {
        SubCommitment::<C>::from_bytes(Identifier::FIRST, &encoded, threshold)
    });
    if let Ok(read) = read {
        assert_eq!(read.to_bytes(), encoded);
    }
}

/// The same points as what a helper commits to, one for each of t helpers.
fn check_repair_commitment<C: Curve>(commitment: &PolynomialCommitment<C>, encoded: &[&[u8]]) {
    let all = std::iter::successors(Some(Identifier::FIRST), |x_i| x_i.next());
    let mut helpers: Vec<_> = all.take(encoded.len() + 1).collect();
    let lost = helpers.pop().expect("one more than helpers");
    let plan = Repair::new(commitment, &helpers, lost).expect("as many as it takes");
    let read = bounded(encoded.concat().len(), || {
        RepairCommitment::<C>::from_bytes(Identifier::FIRST, encoded, &plan)
    });
    let read = read.expect("points, as many as helpers");
    assert_eq!(read.to_bytes(), encoded);
    let right = plan.check(&[read]).is_ok();
    assert!(!right || encoded.len() == 1);
}

fn commitment_seeds() -> Vec<Vec<u8>> {
    fn of<C: SealCurve>(curve: u8) -> Vec<Vec<u8>> {
        let mut rng = rng(2);
        let threshold = Threshold::new(3).expect("not zero");
        let secret = SecretScalar::<C>::random(&mut rng);
        let polynomial =
            SecretPolynomial::random(&secret, threshold, &mut rng).expect("t is small");
        let refresh = RefreshPolynomial::<C>::random(threshold, &mut rng).expect("t is small");
        let encode = |points: Vec<Vec<u8>>| {
            let mut seed = vec![curve, 3, 0];
            seed.extend(points.concat());
            seed
        };
        vec![
            encode(polynomial.commit().to_bytes()),
            encode(refresh.commit().to_bytes()),
        ]
    }
    [of::<Secp256k1>(0), of::<Ed25519>(1)].concat()
}

/// Texts and numbers that name something.
fn names(data: &[u8]) {
    let number = u128::from_le_bytes(array(data));
    let identifier = Identifier::try_from(number);
    assert_eq!(identifier.is_err(), number == 0);
    let threshold = Threshold::try_from(u16::from_le_bytes(array(data)));
    assert!(threshold.map_or(true, |threshold| threshold.degree() < threshold.get()));

    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(identifier) = bounded(text.len(), || text.parse::<Identifier>()) {
        // One way to write each.
        assert_eq!(identifier.to_string(), text);
    }
    // A node is larger than the two letters that it can be written with.
    if let Ok(expression) = bounded(64 * text.len(), || text.parse::<Expression>()) {
        let printed = expression.to_string();
        assert_eq!(printed.parse(), Ok(expression.clone()));
        if let Ok(compiled) = expression.compile(&mut rng(4)) {
            let holders = compiled
                .structure()
                .holders()
                .expect("an expression names them");
            assert!(compiled.structure().is_satisfied_by(&holders));
        }
    }
    if let Some(curve) = CurveId::from_name(text) {
        assert_eq!(curve.name(), text);
        assert_eq!(CurveId::from_code(curve.code()), Some(curve));
    }
    let code = choice(data).0;
    if let Some(curve) = CurveId::from_code(code) {
        assert_eq!(curve.code(), code);
    }
}

fn name_seeds() -> Vec<Vec<u8>> {
    [
        "1",
        "340282366920938463463374607431768211455",
        "secp256k1",
        "ed25519",
        "2 of (device*2, any(a, b-1), ranked(1 of (c), 3 of (d, all(e, f))))",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}

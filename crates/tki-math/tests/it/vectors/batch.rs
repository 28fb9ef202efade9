//! `docs/spec/batch.md`: many shares at once.

use ff::Field;
use group::GroupEncoding as _;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use serde_json::{Value, json};
use tki_math::{
    AccessStructure, Curve, Error, Identifier, PolynomialCommitment, SecretScalar, Share,
    Threshold, split, verify_batch,
};

use super::{
    check_committed,
    structures::{random_gate, shown_structure, structure},
    values::{
        Scripted, Shown, below, bytes, encoded, hexed, list, one_in, random_bytes, random_scalar,
        random_secret, scalar, scalars, text,
    },
};
use crate::random::Script;

pub(super) const NAME: &str = "batch";

#[test]
fn batches_are_those_of_the_reference() {
    check_committed(NAME);
}

pub(super) fn check<C: Scripted>(file: &Value) {
    for case in list(&file["batches"]) {
        let _shown = Shown::of::<C>(case);
        let worked_out = equation::<C>(case);
        for (name, value) in worked_out.as_object().unwrap() {
            assert_eq!(*value, case[name], "{name}");
        }
        check_verdict::<C>(case);
    }
}

struct Batch<C: Curve> {
    commitments: Vec<PolynomialCommitment<C>>,
    shares: Vec<(usize, Share<C>)>,
    weights: Vec<u128>,
}

impl<C: Curve> Batch<C> {
    fn of(case: &Value) -> Self {
        let structures = list(&case["structures"]).iter().map(structure);
        let commitments = structures
            .zip(list(&case["commitments"]))
            .map(|(of, points)| {
                let points: Vec<_> = list(points).iter().map(bytes).collect();
                PolynomialCommitment::from_bytes(&points, of).unwrap()
            });
        let shares = list(&case["items"]).iter().map(|item| {
            let identifier = text(&item["identifier"]).parse().unwrap();
            let share = Share::new(identifier, scalar::<C>(&item["share"]));
            let position = usize::try_from(item["commitment"].as_u64().unwrap()).unwrap();
            (position, share)
        });
        let weights = list(&case["weights"]).iter();
        Self {
            commitments: commitments.collect(),
            shares: shares.collect(),
            weights: weights
                .map(|weight| text(weight).parse().unwrap())
                .collect(),
        }
    }

    fn items(&self) -> Vec<(&PolynomialCommitment<C>, &Share<C>)> {
        self.shares
            .iter()
            .map(|(i, share)| (&self.commitments[*i], share))
            .collect()
    }
}

/// The equation with the weights of a case, in the crate's own arithmetic: the right side is the sum
/// of the verifying shares.
fn equation<C: Scripted>(case: &Value) -> Value {
    let batch = Batch::<C>::of(case);
    let mut combined = C::Scalar::ZERO;
    let (mut terms, mut positions, mut culprits) = (Vec::new(), Vec::new(), Vec::new());
    for (position, ((i, share), weight)) in batch.shares.iter().zip(&batch.weights).enumerate() {
        let (A, identifier) = (&batch.commitments[*i], share.identifier());
        let weight = C::scalar_from_identifier(*weight).unwrap();
        combined += weight * share.value().expose_secret();
        // The identity adds nothing.
        let image = A.verifying_share(identifier).ok();
        terms.extend(image.map(|image| (weight, *image.as_point())));
        if A.verify(share).is_err() {
            positions.push(position);
            culprits.push(identifier.to_string());
        }
    }
    let left = C::mul_by_generator(&combined);
    let right = C::multi_scalar_mul_vartime(&terms);
    let mut equation = json!({
        "combined_share": scalars::<C>(&[combined])[0],
        "left": hex::encode(left.to_bytes()),
        "right": hex::encode(right.to_bytes()),
        "holds": left == right,
        "wrong": positions,
        "culprits": culprits,
    });
    // Those of a gate the crate keeps to itself.
    let is_plain =
        |A: &PolynomialCommitment<C>| matches!(A.structure(), AccessStructure::Threshold(_));
    if batch.commitments.iter().all(is_plain) {
        equation["combined_factors"] = json!(factors::<C>(&batch));
    }
    equation
}

/// γ_k = Σ ω_j·x_j^k for each commitment, where all are of plain thresholds.
fn factors<C: Curve>(batch: &Batch<C>) -> Vec<Vec<String>> {
    let zeros = |A: &PolynomialCommitment<C>| vec![C::Scalar::ZERO; A.as_points().len()];
    let mut factors: Vec<_> = batch.commitments.iter().map(zeros).collect();
    for ((i, share), weight) in batch.shares.iter().zip(&batch.weights) {
        let x = C::scalar_from_identifier(share.identifier().get()).unwrap();
        let mut power = C::scalar_from_identifier(*weight).unwrap();
        for factor in &mut factors[*i] {
            *factor += power;
            power *= x;
        }
    }
    factors.iter().map(|row| scalars::<C>(row)).collect()
}

/// With the weights of the case the batch is accepted exactly when the equation holds; with any
/// others, when no share is wrong.
fn check_verdict<C: Scripted>(case: &Value) {
    let batch = Batch::<C>::of(case);
    let wrong = list(&case["wrong"]).iter();
    let wrong: Vec<_> = wrong
        .map(|i| usize::try_from(i.as_u64().unwrap()).unwrap())
        .collect();
    let named: Vec<Identifier> = wrong
        .iter()
        .map(|i| batch.shares[*i].1.identifier())
        .collect();
    let refused = Err(Error::InvalidShares {
        positions: wrong.clone(),
        identifiers: named,
    });
    let found = verify_batch(&batch.items(), &mut ChaCha20Rng::from_seed([7; 32]));
    assert_eq!(
        found,
        if wrong.is_empty() {
            Ok(())
        } else {
            refused.clone()
        }
    );

    let first: Vec<u8> = batch.weights.iter().flat_map(|w| w.to_le_bytes()).collect();
    // The halves of a list that does not hold draw weights of their own.
    let rest = random_bytes(&mut ChaCha20Rng::from_seed([8; 32]), 1 << 14);
    let found = verify_batch(&batch.items(), &mut Script::new([first, rest].concat()));
    assert_eq!(
        found,
        if case["holds"] == true {
            Ok(())
        } else {
            refused
        }
    );
}

/// Random cases for the reference.
pub(super) fn write<C: Scripted>(rng: &mut ChaCha20Rng) -> Value {
    let batches: Vec<_> = (1..=5).map(|i| random_batch::<C>(rng, i)).collect();
    json!({ "curve": C::NAME, "batches": batches })
}

fn random_batch<C: Scripted>(rng: &mut ChaCha20Rng, i: usize) -> Value {
    let (mut commitments, mut items, mut weights) = (Vec::new(), Vec::new(), Vec::new());
    let mut structures = Vec::new();
    for position in 0..=below(rng, 2) {
        // Long identifiers, so that one by one is not quicker.
        let (of, identifiers) = if one_in(rng, 2) {
            let of = AccessStructure::from(random_gate(rng, 1));
            let holders = of.holders().unwrap();
            (of, holders)
        } else {
            let t = Threshold::new(u16::try_from(1 + below(rng, 3)).unwrap()).unwrap();
            let identifiers = (0..8).map(|_| Identifier::new(wide(rng) | 1 << 127).unwrap());
            (t.into(), identifiers.collect())
        };
        structures.push(shown_structure(&of));
        let secret = SecretScalar::<C>::new(random_secret::<C>(rng));
        let dealing = split(&secret, of, &identifiers, rng).unwrap();
        commitments.push(encoded(&dealing.commitment().to_bytes()));
        for share in dealing.shares() {
            let mut value = hexed(share.value());
            if one_in(rng, 10) {
                value = scalars::<C>(&[random_scalar::<C>(rng)]).remove(0);
            }
            items.push(json!({
                "commitment": position,
                "identifier": share.identifier().to_string(),
                "share": value,
            }));
            weights.push(wide(rng).to_string());
        }
    }
    let mut case = json!({
        "name": format!("random {i}"),
        "structures": structures,
        "commitments": commitments,
        "items": items,
        "weights": weights,
    });
    for (name, value) in equation::<C>(&case).as_object().unwrap() {
        case[name] = value.clone();
    }
    case
}

fn wide(rng: &mut ChaCha20Rng) -> u128 {
    u128::from_be_bytes(random_bytes(rng, 16).try_into().unwrap())
}

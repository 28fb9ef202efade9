//! What travels between the two sides of a blind evaluation.

use std::sync::OnceLock;

use tki_seal::oprf::{BlindedInput, Element, EvaluationKey, HonestyCheck};

use crate::Target;
use crate::inputs::{array, rng};
use crate::memory::bounded;

pub(crate) const OPRF: Target = Target {
    name: "seal_oprf",
    run: oprf,
    seeds,
};

fn key() -> &'static EvaluationKey {
    static KEY: OnceLock<EvaluationKey> = OnceLock::new();
    KEY.get_or_init(|| EvaluationKey::derive(&[7; 32], b"fuzz").expect("a key"))
}

fn oprf(data: &[u8]) {
    let bytes: [u8; Element::BYTES] = array(data);
    let Ok(element) = bounded(data.len(), || Element::from_bytes(&bytes)) else {
        return;
    };
    assert_eq!(element.to_bytes(), bytes);

    // As a question to an evaluator, whose answer is an element again and passes the check.
    let evaluated = key().evaluate(&element);
    assert_eq!(Element::from_bytes(&evaluated.to_bytes()), Ok(evaluated));
    let mut rng = rng(9);
    let check = HonestyCheck::new(&[(element, evaluated)], &mut rng);
    assert!(check.holds(&key().public_key(), &key().evaluate(&check.element())));

    // As an answer: it gives the output of the key only if it is that key's.
    let blinded = BlindedInput::new(data, &mut rng).expect("short enough");
    let honest = key().evaluate(&blinded.element());
    let same = *blinded.finalize(&element) == *blinded.finalize(&honest);
    assert_eq!(same, element == honest);
}

fn seeds() -> Vec<Vec<u8>> {
    let inputs: [&[u8]; 3] = [b"", b"1234", &[0xa5; 64]];
    let blinded = inputs.map(|input| BlindedInput::new(input, &mut rng(8)).expect("short enough"));
    let mut seeds = Vec::new();
    for blinded in &blinded {
        seeds.push(blinded.element().to_bytes().to_vec());
        seeds.push(key().evaluate(&blinded.element()).to_bytes().to_vec());
    }
    seeds
}

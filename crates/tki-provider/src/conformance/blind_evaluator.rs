//! The checks of a [`BlindEvaluator`].

use rand_core::CryptoRng;
use tki_seal::oprf::{BlindedInput, HonestyCheck};

use crate::blind_evaluator::BlindEvaluator;

/// Every check of a [`BlindEvaluator`]. `reopened` is the same one, asked anew. Costs some twenty
/// evaluations.
pub async fn check_blind_evaluator(
    evaluator: &dyn BlindEvaluator,
    reopened: &dyn BlindEvaluator,
    rng: &mut (dyn CryptoRng + Send),
) {
    check_evaluation_is_stable(evaluator, reopened, rng).await;
    check_outputs_do_not_depend_on_the_blind(evaluator, reopened, rng).await;
    check_evaluations_are_those_of_the_key(evaluator, reopened, rng).await;
}

/// The public key is always the same, and so is the answer to one element.
pub async fn check_evaluation_is_stable(
    evaluator: &dyn BlindEvaluator,
    reopened: &dyn BlindEvaluator,
    rng: &mut (dyn CryptoRng + Send),
) {
    let key = evaluator.public_key().await.expect("the public key");
    let again = reopened.public_key().await.expect("the public key");
    assert_eq!(again, key, "another key");
    let blinded = BlindedInput::new(b"stable", rng)
        .expect("blinding")
        .element();
    let one = evaluator.blind_evaluate(&blinded).await.expect("an answer");
    for asked in [evaluator, reopened] {
        let again = asked.blind_evaluate(&blinded).await.expect("an answer");
        assert_eq!(again, one, "another answer to the same element");
    }
}

/// One input gives one output, however it is blinded and whenever it is asked; others give others.
pub async fn check_outputs_do_not_depend_on_the_blind(
    evaluator: &dyn BlindEvaluator,
    reopened: &dyn BlindEvaluator,
    rng: &mut (dyn CryptoRng + Send),
) {
    let mut last = None;
    for input in [b"".as_slice(), b"1234", b"1235"] {
        let mut outputs = [[0; 32]; 2];
        for (output, asked) in outputs.iter_mut().zip([evaluator, reopened]) {
            let blinded = BlindedInput::new(input, rng).expect("blinding");
            let evaluated = asked.blind_evaluate(&blinded.element()).await;
            *output = *blinded.finalize(&evaluated.expect("an answer"));
        }
        let [one, again] = outputs;
        assert_eq!(one, again, "the blind shows in the output");
        assert_ne!(last, Some(one), "one output for two inputs");
        last = Some(one);
    }
}

/// What is answered was made with the key that the evaluator is known by.
pub async fn check_evaluations_are_those_of_the_key(
    evaluator: &dyn BlindEvaluator,
    reopened: &dyn BlindEvaluator,
    rng: &mut (dyn CryptoRng + Send),
) {
    let mut pairs = [None; 3];
    for (pair, input) in pairs.iter_mut().zip(0_u8..) {
        let blinded = BlindedInput::new(&[input], rng)
            .expect("blinding")
            .element();
        let answer = evaluator.blind_evaluate(&blinded).await.expect("an answer");
        *pair = Some((blinded, answer));
    }
    let pairs = pairs.map(|pair| pair.expect("three answers"));
    let check = HonestyCheck::new(&pairs, rng);
    let answer = reopened.blind_evaluate(&check.element()).await;
    let key = evaluator.public_key().await.expect("the public key");
    let answer = answer.expect("an answer");
    assert!(check.holds(&key, &answer), "made with another key");
}

//! Whoever guesses at answers: with everything that is stored, with and without an evaluator's key.

use std::collections::BTreeMap;

use tki_engine::answers::{Answered, AnswersError, Attempt, NewSheet, Sealing, sheet_of};
use tki_engine::{Factor, Plan, SeedFactor};
use tki_formats::answers::{Answer, AnswerKind};
use tki_math::{Identifier, SecretScalar, Threshold, split};
use tki_metadata::{AnswerSheet, Asked, Holder, HolderKind, OpeningSeed, SheetQuestion};
use tki_provider::BlindEvaluator;
use tki_provider::fake::{FakeBlindEvaluator, FakeProvider};
use tki_seal::curve::{CurveId, Secp256k1};
use tki_seal::kdf;
use tki_seal::oprf::{BlindedInput, EvaluationKey};
use tki_seal::password::{self, Argon2Params};
use tki_seal::transcript::{Tag, Transcript};
use tki_storage::MemoryStorage;
use tki_testkit::rng;

use crate::support::{NOW, create_over, login, read};

const PIN: &str = "8305";

fn pin_sheet(evaluator: Option<&dyn BlindEvaluator>, insist: Option<u64>) -> NewSheet<'_> {
    let asked = Asked::Catalogue("pin".to_owned());
    let kind = AnswerKind::Digits.code();
    NewSheet {
        answered: vec![Answered {
            question: SheetQuestion { asked, kind },
            answer: Answer::read(AnswerKind::Digits, PIN).unwrap(),
            typical_bits: 20,
        }],
        threshold: 1,
        params: Argon2Params::insecure_for_tests(),
        evaluator,
        sealing: Sealing::Each,
        insist,
    }
}

/// Everything that an attacker has: the document, read with the login of an account of the login
/// and this factor.
async fn stolen(factor: &SeedFactor<'static>) -> Holder {
    let mut rng = rng("stolen");
    let storage = MemoryStorage::new();
    let provider = FakeProvider::new([3; 32]);
    let login = login(&provider).await;
    let factors: [&dyn Factor; 2] = [&login, factor];
    let plan = Plan::new(CurveId::Secp256k1, 2, NOW);
    create_over(&storage, &plan, &factors, &mut rng)
        .await
        .unwrap();
    let account = read(&storage, &[&login]).await.unwrap();
    let holders = account.holders().iter();
    let mut answers = holders.filter(|holder| holder.kind == HolderKind::Answers);
    answers.next().unwrap().clone()
}

fn pins() -> impl Iterator<Item = String> {
    (0..10_000).map(|pin| format!("{pin:04}"))
}

/// The PINs that open, when each is tried by the whole of solving.
async fn found(holder: &Holder, evaluator: Option<&dyn BlindEvaluator>) -> Vec<String> {
    let mut rng = rng("guesses");
    let mut found = Vec::new();
    for pin in pins() {
        let given = vec![Some(Answer::read(AnswerKind::Digits, &pin).unwrap())];
        let attempt = Attempt {
            holder,
            given,
            evaluator,
        };
        match attempt.solve(&mut |_| (), &mut rng).await {
            Ok(_) => found.push(pin),
            Err(AnswersError::NotSolved) => {}
            Err(other) => panic!("{other}"),
        }
    }
    found
}

#[tokio::test]
async fn without_an_evaluator_a_pin_is_found_and_making_the_sheet_had_said_so() {
    let mut rng = rng("plain pin");
    let refused = pin_sheet(None, None).make("", &mut |_| (), &mut rng).await;
    let Err(AnswersError::BelowFloor { strength, .. }) = refused else {
        panic!("nobody was warned")
    };
    assert!(strength.bits <= 13 && strength.floor >= 30);
    let insisting = pin_sheet(None, Some(NOW));
    let factor = insisting.make("", &mut |_| (), &mut rng).await.unwrap();
    let holder = stolen(&factor).await;
    assert_eq!(sheet_of(&holder).unwrap().insisted, Some(NOW));
    assert_eq!(found(&holder, None).await, [PIN]);
}

/// The attacker has every stored byte and the login, and not the evaluator's key. He claims the
/// right public key for an evaluator with a key of his own, so that the whole of solving runs.
#[tokio::test]
async fn with_an_evaluator_no_pin_stands_out() {
    let mut rng = rng("guarded pin");
    let evaluator = FakeBlindEvaluator::new([7; 32]);
    let sheet = pin_sheet(Some(&evaluator), None);
    let factor = sheet.make("", &mut |_| (), &mut rng).await.unwrap();
    let holder = stolen(&factor).await;
    let own = FakeBlindEvaluator::new([7; 32]).lying_from(0);
    assert_eq!(found(&holder, Some(&own)).await, Vec::<String>::new());

    // With the key, and as many evaluations as there are PINs, one stands out: the key is what he
    // would need. A budget of a hundred is a hundred PINs.
    let budget = FakeBlindEvaluator::new([7; 32]).with_budget(100);
    let mut tried = 0;
    for pin in pins() {
        let given = vec![Some(Answer::read(AnswerKind::Digits, &pin).unwrap())];
        let attempt = Attempt {
            holder: &holder,
            given,
            evaluator: Some(&budget),
        };
        match attempt.solve(&mut |_| (), &mut rng).await {
            Err(AnswersError::NotSolved) => tried += 1,
            Err(AnswersError::Evaluator(_)) => break,
            other => panic!("{:?}", other.map(|_| "opened")),
        }
    }
    assert_eq!(tried, 100);
    let right = Answer::read(AnswerKind::Digits, PIN).unwrap();
    let attempt = Attempt {
        holder: &holder,
        given: vec![Some(right)],
        evaluator: Some(&evaluator),
    };
    attempt.solve(&mut |_| (), &mut rng).await.unwrap();
}

/// For every PIN there is a world in which it is the right one and everything stored is the same
/// but for the evaluator's key, which is not stored: F of that PIN under another function. So
/// nothing that is stored says more for one PIN than for another.
#[tokio::test]
async fn every_pin_fits_what_is_stored() {
    let mut rng = rng("every pin");
    let evaluator = FakeBlindEvaluator::new([7; 32]);
    let sheet = pin_sheet(Some(&evaluator), None);
    let factor = sheet.make("", &mut |_| (), &mut rng).await.unwrap();
    let holder = stolen(&factor).await;
    let stored = sheet_of(&holder).unwrap();
    let key = EvaluationKey::derive(&[7; 32], b"fake").unwrap();
    let output = |pin: &str| {
        let input = stored.combination_input(&[(0, pin)]).unwrap();
        let blinded = BlindedInput::new(&input, &mut tki_testkit::rng(pin)).unwrap();
        *blinded.finalize(&key.evaluate(&blinded.element()))
    };
    let right = output(PIN);
    for pin in ["0000", "1234", "8304", "9999"] {
        // The function that has the values of F at these two PINs exchanged.
        let exchanged = |asked: &str| match asked {
            PIN => output(pin),
            asked if asked == pin => right,
            asked => output(asked),
        };
        let opens = |weak: [u8; 32]| {
            let key = password::derive(&weak, &stored.salt, stored.params).unwrap();
            stored.unseal(0, &key).unwrap().ct_eq(factor.expose_seed())
        };
        assert!(opens(output(PIN)) && !opens(output(pin)));
        assert!(opens(exchanged(pin)) && !opens(exchanged(PIN)), "{pin}");
    }
}

/// Five answers of which three are enough, each one of 32.
const ANSWERS: [u8; 5] = [3, 17, 30, 8, 22];
const VALUES: u8 = 32;

fn mask(position: usize, answer: u8) -> SecretScalar<Secp256k1> {
    let info = Transcript::new(Tag::Example)
        .u64(position as u64)
        .u64(answer.into());
    kdf::derive_scalar(b"salt", &[], info)
}

/// The formula that suggests itself: Shamir shares of the secret, each masked by one answer. Four
/// guesses check one another, by halves, without one derivation and without an address.
#[test]
fn masked_shares_of_answers_fall_to_a_meeting_in_the_middle() {
    type Scalar = <Secp256k1 as tki_math::Curve>::Scalar;
    let mut rng = rng("masked shares");
    let secret = SecretScalar::<Secp256k1>::random(&mut rng);
    let identifiers: Vec<_> = (1..=5).map(|x| Identifier::new(x).unwrap()).collect();
    let dealing = split(&secret, Threshold::new(3).unwrap(), &identifiers, &mut rng).unwrap();
    let stored: Vec<Scalar> = dealing
        .shares()
        .iter()
        .zip(ANSWERS)
        .enumerate()
        .map(|(place, (share, answer))| {
            *share.value().expose_secret() + mask(place, answer).expose_secret()
        })
        .collect();

    // The third difference of a polynomial of degree two is nothing: s₁ − 3 s₂ + 3 s₃ − s₄ = 0.
    let weights = [1_u64, 3, 3, 1].map(Scalar::from);
    let term = |place: usize, answer: u8| {
        weights[place] * (stored[place] - mask(place, answer).expose_secret())
    };
    let terms: Vec<Vec<Scalar>> = (0..4)
        .map(|place| (0..VALUES).map(|answer| term(place, answer)).collect())
        .collect();
    let pairs = || (0..VALUES).flat_map(|a| (0..VALUES).map(move |b| (a, b)));
    let at = |place: usize, answer: u8| terms[place][usize::from(answer)];
    let bytes = |scalar: Scalar| <Secp256k1 as tki_math::Curve>::scalar_to_bytes(&scalar);
    let left: BTreeMap<[u8; 32], (u8, u8)> = pairs()
        .map(|(a, b)| (bytes(at(0, a) - at(1, b)), (a, b)))
        .collect();
    let found: Vec<_> = pairs()
        .filter_map(|(c, d)| Some((left.get(&bytes(at(3, d) - at(2, c)))?, (c, d))))
        .collect();
    assert_eq!(
        found,
        [(&(3, 17), (30, 8))],
        "2 · 32² steps for 32⁴ guesses"
    );
}

/// Ours: what is stored for two combinations agrees on the seed only through two whole derivations,
/// of all answers of both. A guess at three costs one derivation, and then the box key tells.
#[test]
fn sealed_combinations_give_no_cheaper_check_than_the_box_key() {
    let mut rng = rng("sealed combinations");
    let seed = OpeningSeed::random(&mut rng);
    let combinations = AnswerSheet::combinations(5, 3);
    let key = |positions: &[usize], answers: &[u8; 5]| {
        let input = positions
            .iter()
            .fold(Transcript::new(Tag::Example), |input, position| {
                input.u64(*position as u64).u64(answers[*position].into())
            });
        let params = Argon2Params::insecure_for_tests();
        password::derive(&input.into_bytes(), &[7; 32], params).unwrap()
    };
    let sealed: Vec<[u8; 32]> = combinations
        .iter()
        .map(|positions| AnswerSheet::seal(&seed, &key(positions, &ANSWERS)))
        .collect();

    // One wrong answer of a combination changes all that it gives, whichever it is, and what two
    // combinations with that answer in common give still differs: no part is checked by itself.
    for wrong in 0..5 {
        let mut answers = ANSWERS;
        answers[wrong] += 1;
        let mut given = Vec::new();
        for (positions, sealed) in combinations.iter().zip(&sealed) {
            let sealed = OpeningSeed::from_bytes(sealed);
            let opened = AnswerSheet::seal(&sealed, &key(positions, &answers));
            let is_right = opened == *seed.expose_secret();
            assert_eq!(is_right, !positions.contains(&wrong));
            if !is_right {
                given.push(opened);
            }
        }
        assert_eq!(given.len(), 6, "combinations that hold it");
        given.sort_unstable();
        given.dedup();
        assert_eq!(given.len(), 6, "and each gives something else");
    }
}

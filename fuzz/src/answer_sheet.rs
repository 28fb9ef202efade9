//! Answer sheets, and what they do with answers of anybody's.

use tki_metadata::{AnswerSheet, Asked, Extensions, Seals, SheetQuestion, limits};
use tki_seal::oprf::EvaluationKey;
use tki_seal::password::Argon2Params;

use crate::Target;
use crate::inputs::{array, choice};
use crate::memory::bounded_stored;

pub(crate) const ANSWER_SHEET: Target = Target {
    name: "metadata_answer_sheet",
    run: sheet,
    seeds,
};

fn sheet(data: &[u8]) {
    let Ok(sheet) = bounded_stored(data.len(), || AnswerSheet::decode(data)) else {
        return;
    };
    assert_eq!(sheet.encode().as_deref(), Ok(data));
    let questions = sheet.questions.len();
    let combinations = AnswerSheet::combinations(questions, sheet.threshold.into());
    assert!((1..=limits::COMBINATIONS).contains(&combinations.len()));
    // Each combination has a seed, whatever is answered, and there is none behind the last.
    let key: [u8; 32] = array(data);
    for (place, positions) in combinations.iter().enumerate() {
        let answers: Vec<_> = positions.iter().map(|position| (*position, "x")).collect();
        assert!(sheet.combination_input(&answers).is_ok());
        assert!(sheet.unseal(place, &key).is_some());
    }
    assert!(sheet.unseal(combinations.len(), &key).is_none());
    let (choice, _) = choice(data);
    let beyond = [(questions + usize::from(choice), "x")];
    assert!(sheet.combination_input(&beyond).is_err());
}

fn seeds() -> Vec<Vec<u8>> {
    let question = |asked, kind| SheetQuestion { asked, kind };
    let questions = vec![
        question(Asked::Catalogue("pin".to_owned()), 3),
        question(Asked::Own("Where was the key?".to_owned()), 1),
        question(Asked::Own("When?".to_owned()), 2),
    ];
    let key = EvaluationKey::derive(&[7; 32], b"fuzz").expect("a key");
    let mut sheet = AnswerSheet {
        questions,
        threshold: 2,
        salt: [0x5a; 32],
        params: Argon2Params::DEFAULT,
        evaluator: Some(key.public_key()),
        seals: Seals::Each(vec![[1; 32], [2; 32], [3; 32]]),
        estimated_bits: 18,
        insisted: Some(1),
        extensions: Extensions::new(),
    };
    let mut seeds = vec![sheet.encode().expect("a sheet")];
    (sheet.threshold, sheet.seals) = (3, Seals::Pegged);
    (sheet.evaluator, sheet.insisted) = (None, None);
    seeds.push(sheet.encode().expect("a sheet"));
    seeds
}

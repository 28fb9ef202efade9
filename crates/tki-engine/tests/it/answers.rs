//! Answers as a factor: which combinations open, what a wrong one tells, and who can guess.

use core::time::Duration;
use std::collections::BTreeSet;

use rand_chacha::ChaCha20Rng;
use tki_engine::answers::{
    Answered, AnswersError, Attempt, NewSheet, Progress, Sealing, Strength, sheet_of, tune,
};
use tki_engine::{Account, Factor, Plan, SeedFactor};
use tki_formats::answers::{Answer, AnswerKind};
use tki_math::Identifier;
use tki_metadata::{Asked, Holder, HolderKind, Seals, SheetQuestion};
use tki_provider::fake::{FakeBlindEvaluator, FakeProvider};
use tki_provider::{BlindEvaluator, Error as ProviderError};
use tki_seal::curve::CurveId;
use tki_seal::password::{self, Argon2Params};
use tki_storage::{CountingStorage, MemoryStorage};
use tki_testkit::rng;

use crate::support::{NOW, commit, create_over, login, open, read, words};

const RIGHT: [&str; 5] = ["Müller", "Hafenstraße", "Dr. Weiß", "Venedig", "Brandt"];

fn answer(text: &str) -> Answer {
    Answer::read(AnswerKind::Text, text).unwrap()
}

fn answered(text: &str, typical_bits: u16) -> Answered {
    let asked = Asked::Own(format!("What did they say of {typical_bits}?"));
    let kind = AnswerKind::Text.code();
    Answered {
        question: SheetQuestion { asked, kind },
        answer: answer(text),
        typical_bits,
    }
}

/// 3 of the five answers above, with an evaluator or without, at no cost.
fn of_five(evaluator: Option<&dyn BlindEvaluator>) -> NewSheet<'_> {
    NewSheet {
        answered: RIGHT.map(|text| answered(text, 10)).into(),
        threshold: 3,
        params: Argon2Params::insecure_for_tests(),
        evaluator,
        sealing: Sealing::Each,
        insist: Some(NOW),
    }
}

async fn make(sheet: &NewSheet<'_>, rng: &mut ChaCha20Rng) -> SeedFactor<'static> {
    sheet.make("answers", &mut |_| (), rng).await.unwrap()
}

/// A holder of this factor, as a document lists it.
fn holder_of(factor: &SeedFactor<'_>) -> Holder {
    Holder {
        identifiers: vec![Identifier::new(2).unwrap()],
        kind: factor.kind(),
        label: factor.label().to_owned(),
        added: NOW,
        box_key: factor.box_key(),
        mailbox: factor.address(0),
        offline: false,
        extensions: factor.extensions(),
    }
}

/// Solves with these answers, and says how many combinations were tried.
async fn solve(
    holder: &Holder,
    given: &[Option<&str>],
    evaluator: Option<&dyn BlindEvaluator>,
) -> (Result<SeedFactor<'static>, AnswersError>, Vec<Progress>) {
    let given = given.iter().map(|text| text.map(answer)).collect();
    let attempt = Attempt {
        holder,
        given,
        evaluator,
    };
    let mut seen = Vec::new();
    let mut on_progress = |progress| seen.push(progress);
    let solved = attempt.solve(&mut on_progress, &mut rng("solve")).await;
    (solved, seen)
}

fn is_same(solved: &SeedFactor<'_>, factor: &SeedFactor<'_>) -> bool {
    solved.expose_seed().ct_eq(factor.expose_seed())
}

#[tokio::test]
async fn every_three_of_five_open_and_no_two_do() {
    let mut rng = rng("three of five");
    let evaluator = FakeBlindEvaluator::new([7; 32]);
    for evaluator in [None, Some(&evaluator as &dyn BlindEvaluator)] {
        let factor = make(&of_five(evaluator), &mut rng).await;
        let holder = holder_of(&factor);
        for set in 0_u32..32 {
            let chosen = |wrong: Option<&'static str>| -> Vec<Option<&str>> {
                let of = |i: usize| {
                    if set >> i & 1 == 1 {
                        Some(RIGHT[i])
                    } else {
                        wrong
                    }
                };
                (0..5).map(of).collect()
            };
            // Those that are not in the set are not given, or wrong.
            let (alone, _) = solve(&holder, &chosen(None), evaluator).await;
            let (among_wrong, _) = solve(&holder, &chosen(Some("wrong")), evaluator).await;
            if set.count_ones() >= 3 {
                assert!(is_same(&alone.unwrap(), &factor), "{set:05b}");
                assert!(is_same(&among_wrong.unwrap(), &factor), "{set:05b}");
            } else {
                let given = set.count_ones() as usize;
                let Err(AnswersError::TooFew {
                    given: found,
                    needed: 3,
                }) = alone
                else {
                    panic!("{set:05b}")
                };
                assert_eq!(found, given);
                assert!(
                    matches!(among_wrong, Err(AnswersError::NotSolved)),
                    "{set:05b}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_failure_says_the_same_whatever_was_wrong() {
    let mut rng = rng("same failure");
    let evaluator = FakeBlindEvaluator::new([7; 32]);
    let factor = make(&of_five(Some(&evaluator)), &mut rng).await;
    let holder = holder_of(&factor);
    let mut failures = BTreeSet::new();
    for wrong in [[0, 1, 2], [0, 1, 4], [2, 3, 4], [1, 2, 3]] {
        let given: Vec<_> = (0..5)
            .map(|i| {
                Some(if wrong.contains(&i) {
                    "wrong"
                } else {
                    RIGHT[i]
                })
            })
            .collect();
        let before = evaluator.count();
        let (solved, progress) = solve(&holder, &given, Some(&evaluator)).await;
        let error = solved.err().unwrap();
        let asked = evaluator.count() - before;
        failures.insert(format!("{error} {error:?} {} {asked}", progress.len()));
        // The bound: every combination once.
        let all: Vec<_> = (1..=10).map(|done| Progress { done, of: 10 }).collect();
        assert_eq!(progress, all);
    }
    assert_eq!(failures.len(), 1, "{failures:?}");
}

#[tokio::test]
async fn answers_are_tolerant_of_notation_and_of_nothing_else() {
    let mut rng = rng("notation");
    let factor = make(&of_five(None), &mut rng).await;
    let holder = holder_of(&factor);
    let given = [
        Some("MU\u{308}LLER "),
        Some("hafen-strasse"),
        Some("DrWeiss"),
        None,
        None,
    ];
    assert!(is_same(
        &solve(&holder, &given, None).await.0.unwrap(),
        &factor
    ));
    // The right answers at other questions are wrong answers.
    let swapped = [Some(RIGHT[1]), Some(RIGHT[0]), Some(RIGHT[2]), None, None];
    assert!(matches!(
        solve(&holder, &swapped, None).await.0,
        Err(AnswersError::NotSolved)
    ));
}

#[tokio::test]
async fn what_cannot_be_solved_is_refused_before_anything_is_computed() {
    let mut rng = rng("refused");
    let evaluator = FakeBlindEvaluator::new([7; 32]);
    let other = FakeBlindEvaluator::new([8; 32]);
    let factor = make(&of_five(Some(&evaluator)), &mut rng).await;
    let holder = holder_of(&factor);
    let right = RIGHT.map(Some);
    let (refused, progress) = solve(&holder, &right, None).await;
    assert!(matches!(refused, Err(AnswersError::EvaluatorMissing)) && progress.is_empty());
    let (refused, _) = solve(&holder, &right, Some(&other)).await;
    assert!(matches!(refused, Err(AnswersError::OtherEvaluator)));
    assert_eq!(other.count(), 0);

    let before = evaluator.count();
    let mut given: Vec<_> = RIGHT.map(|text| Some(answer(text))).into();
    given[3] = Some(Answer::read(AnswerKind::Digits, "7").unwrap());
    let attempt = Attempt {
        holder: &holder,
        given,
        evaluator: Some(&evaluator),
    };
    let refused = attempt.solve(&mut |_| (), &mut rng).await;
    assert!(matches!(
        refused,
        Err(AnswersError::WrongKind { position: 3 })
    ));
    assert_eq!(evaluator.count(), before);

    let spent = FakeBlindEvaluator::new([7; 32]).with_budget(0);
    let (refused, _) = solve(&holder, &right, Some(&spent)).await;
    let Err(AnswersError::Evaluator(ProviderError::BudgetSpent)) = refused else {
        panic!("a budget of none")
    };
    let mut plain = holder.clone();
    plain.extensions.remove(Holder::ANSWER_SHEET);
    assert!(matches!(sheet_of(&plain), Err(AnswersError::NoSheet)));
    plain.extensions.insert(Holder::ANSWER_SHEET, vec![2]);
    assert!(matches!(sheet_of(&plain), Err(AnswersError::Sheet(_))));
}

#[tokio::test]
async fn an_evaluator_that_lies_once_makes_no_sheet() {
    let mut rng = rng("lies");
    for call in 0..=10 {
        let liar = FakeBlindEvaluator::new([7; 32]).lying_from(call);
        let made = of_five(Some(&liar)).make("", &mut |_| (), &mut rng).await;
        assert!(
            matches!(made, Err(AnswersError::DishonestEvaluator)),
            "{call}"
        );
        assert_eq!(liar.count(), 11, "ten combinations and one question");
    }
    let honest = FakeBlindEvaluator::new([7; 32]).lying_from(11);
    make(&of_five(Some(&honest)), &mut rng).await;
}

#[tokio::test]
async fn weak_answers_are_refused_unless_the_owner_insists_which_is_recorded() {
    let mut rng = rng("floor");
    let evaluator = FakeBlindEvaluator::new([7; 32]);
    let mut plain = of_five(None);
    plain.insist = None;
    // Three answers of ten bits at most, and a derivation that costs next to nothing.
    let refused = plain.make("", &mut |_| (), &mut rng).await;
    let Err(AnswersError::BelowFloor {
        strength,
        needed: 3,
    }) = refused
    else {
        panic!("below the floor")
    };
    assert!(strength.bits <= 30 && strength.floor == 56 && !strength.is_enough());
    plain.params = Argon2Params::DEFAULT;
    assert_eq!(plain.strength().floor, 40);
    plain.params = Argon2Params::insecure_for_tests();
    plain.insist = Some(NOW);
    let holder = holder_of(&make(&plain, &mut rng).await);
    let sheet = sheet_of(&holder).unwrap();
    assert_eq!(
        (sheet.insisted, sheet.estimated_bits),
        (Some(NOW), strength.bits)
    );

    // With an evaluator they are enough, and there is nothing to insist on.
    let behind = of_five(Some(&evaluator));
    assert!(behind.strength().is_enough());
    let sheet = sheet_of(&holder_of(&make(&behind, &mut rng).await)).unwrap();
    assert_eq!(sheet.insisted, None);
}

#[tokio::test]
async fn a_sheet_that_cannot_be_is_refused() {
    let mut rng = rng("no sheet");
    for (questions, threshold) in [(0, 1), (5, 0), (5, 6), (9, 4)] {
        let mut sheet = of_five(None);
        sheet.answered = (0..questions).map(|_| answered("x", 10)).collect();
        sheet.threshold = threshold;
        let refused = sheet.make("", &mut |_| (), &mut rng).await;
        assert!(
            matches!(refused, Err(AnswersError::Sheet(_))),
            "{questions} {threshold}"
        );
    }
    let mut pegged = of_five(None);
    pegged.sealing = Sealing::Pegged;
    let refused = pegged.make("", &mut |_| (), &mut rng).await;
    assert!(matches!(refused, Err(AnswersError::Sheet(_))));
}

#[tokio::test]
async fn pegged_answers_give_the_seed_itself() {
    let mut rng = rng("pegged");
    let mut sheet = of_five(None);
    (sheet.threshold, sheet.sealing) = (5, Sealing::Pegged);
    let factor = make(&sheet, &mut rng).await;
    let holder = holder_of(&factor);
    assert!(holder.is_pegged() && factor.peg().is_some());
    assert_eq!(sheet_of(&holder).unwrap().seals, Seals::Pegged);
    let (solved, progress) = solve(&holder, &RIGHT.map(Some), None).await;
    assert!(is_same(&solved.unwrap(), &factor));
    assert_eq!(progress.len(), 1);
    // Nothing but the answers and what stands in the sheet.
    let stored = sheet_of(&holder).unwrap();
    let normal = RIGHT.map(answer);
    let answers: Vec<_> = normal
        .iter()
        .map(Answer::expose_secret)
        .enumerate()
        .collect();
    let input = stored.combination_input(&answers).unwrap();
    let key = password::derive(&input, &stored.salt, stored.params).unwrap();
    assert_eq!(factor.expose_seed().expose_secret(), &*key);
}

/// The holder of an account that is opened by answers.
fn answered_by(account: &Account<'_>) -> Holder {
    let mut holders = account.holders().iter();
    let holder = holders.find(|holder| holder.kind == HolderKind::Answers);
    holder.unwrap().clone()
}

/// Create with a login and answers, lose everything else, and come back by both; then change the
/// questions: the old answers open no more.
#[tokio::test]
async fn an_account_opens_by_login_and_answers_until_the_questions_change() {
    let mut rng = rng("account");
    let storage = CountingStorage::new(MemoryStorage::new());
    let provider = FakeProvider::new([3; 32]);
    let evaluator = FakeBlindEvaluator::new([7; 32]);
    let paper = words("paper", &mut rng);
    let factor = make(&of_five(Some(&evaluator)), &mut rng).await;
    {
        let login = login(&provider).await;
        let factors: [&dyn Factor; 3] = [&login, &factor, &paper];
        let plan = Plan::new(CurveId::Secp256k1, 2, NOW);
        create_over(&storage, &plan, &factors, &mut rng)
            .await
            .unwrap();
    }
    // Another machine: the login alone reads the questions, in their order.
    let login = login(&provider).await;
    let account = read(&storage, &[&login]).await.unwrap();
    let holder = answered_by(&account);
    let questions = of_five(None)
        .answered
        .into_iter()
        .map(|answered| answered.question);
    assert_eq!(
        sheet_of(&holder).unwrap().questions,
        questions.collect::<Vec<_>>()
    );
    let mut given = RIGHT.map(Some);
    given[1] = Some("wrong");
    let reads = storage.counters().reads;
    let (solved, _) = solve(&holder, &given, Some(&evaluator)).await;
    let solved = solved.unwrap();
    assert_eq!(
        storage.counters().reads,
        reads,
        "guessed addresses are not fetched"
    );
    let opened = open(&storage, &[&login, &solved]).await.unwrap();

    // Other questions: another seed in the same place.
    let mut other = of_five(Some(&evaluator));
    let texts = ["a1", "b2", "c3", "d4", "e5"];
    for (answered, text) in other.answered.iter_mut().zip(texts) {
        answered.answer = answer(text);
    }
    let renewed = make(&other, &mut rng).await;
    let identifier = holder.identifier().unwrap();
    let change = opened.change().renew(identifier, &renewed);
    commit(change, &storage, &mut rng).await.unwrap();
    let holder = answered_by(&read(&storage, &[&login]).await.unwrap());
    let (old, _) = solve(&holder, &RIGHT.map(Some), Some(&evaluator)).await;
    assert!(matches!(old, Err(AnswersError::NotSolved)));
    let (new, _) = solve(
        &holder,
        &[Some("A1"), None, Some("C3"), None, Some("E5")],
        Some(&evaluator),
    )
    .await;
    open(&storage, &[&login, &new.unwrap()]).await.unwrap();
    assert!(open(&storage, &[&login, &solved]).await.is_err());
}

#[test]
fn parameters_are_tuned_to_the_machine_within_bounds() {
    let machine = |micros_per_mib: u64| {
        move |params: Argon2Params| {
            let mib = u64::from(params.memory_kib() / 1024);
            Duration::from_micros(mib * u64::from(params.iterations()) * micros_per_mib)
        }
    };
    let half = Duration::from_millis(500);
    for (micros_per_mib, memory_mib, passes) in [
        (1_000, 64, 7),
        (970, 64, 8),
        (1, 64, 64),
        (0, 64, 64),
        (10_000, 32, 1),
        (20_000, 16, 1),
        (1_000_000, 16, 1),
    ] {
        let params = tune(half, machine(micros_per_mib));
        let found = (params.memory_kib() / 1024, params.iterations());
        assert_eq!(found, (memory_mib, passes), "{micros_per_mib}");
    }
}

#[test]
fn an_answer_that_is_given_twice_counts_once() {
    let params = Argon2Params::insecure_for_tests();
    let bits = |texts: &[&str]| {
        let answered: Vec<_> = texts.iter().map(|text| answered(text, 14)).collect();
        let needed = u16::try_from(texts.len()).unwrap();
        Strength::of(&answered, needed, params, true).bits
    };
    let once = bits(&["Löwenherz"]);
    assert!(once > 0);
    assert_eq!(bits(&["Löwenherz", "loewenherz"]), 2 * once);
    assert_eq!(bits(&["Löwenherz", "LÖWENHERZ", "Löwenherz"]), once);
}

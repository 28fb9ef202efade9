//! The step of the story in which somebody remembers: answers, most of them right, and a login.

use rand_chacha::ChaCha20Rng;
use tki::engine::answers::{Answered, AnswersError, Attempt, NewSheet, Progress, Sealing};
use tki::formats::answers::{Answer, AnswerKind};
use tki::formats::questions::Question;
use tki::metadata::{Asked, HolderKind, SheetQuestion};
use tki::provider::{BlindEvaluator, LocalBlindEvaluator};
use tki::{Account, OfflineCopies, ProviderFactor, ReadOptions, SeedFactor};

use crate::demo::story::{Cast, Machine, address, open, wrong};
use crate::demo::teller::Teller;
use crate::demo::{Stage, quick};
use crate::error::{Failure, Kind};

/// Questions of the catalogue, what was answered, and what is remembered years later.
const ASKED: [(&str, &str, &str); 5] = [
    ("first-seat-neighbour", "Jörg Löwenherz", "jorg lowenherz"),
    ("first-school-street", "Hafenstraße", "HAFENSTRASSE"),
    ("childhood-doctor", "Abendroth", "Morgenroth"),
    ("first-journey-alone", "Ravenna", " ravenna"),
    ("first-work-street", "Kanalweg", "at the canal"),
];

/// How many have to be right.
const NEEDED: u16 = 3;

/// Answers are added, and open the account with the login; two of them are wrong by then.
pub(super) async fn remember(
    stage: &Stage,
    teller: &mut Teller,
    rng: &mut ChaCha20Rng,
    (phone, login, _): Cast<'_>,
) -> Result<(), Failure> {
    teller.begin(&stage.storage);
    let path = stage.home.path().join("evaluator.key");
    let evaluator = LocalBlindEvaluator::create(&path, 100, rng)
        .map_err(|error| Failure::new(Kind::Unavailable, tki::with_causes(&error)))?;
    let answers = sheet(&evaluator)?;
    let answers = answers.make("answers", &mut |_| (), rng).await;
    let answers = answers.map_err(|error| unlike(&error))?;
    let before = add(stage, rng, phone, login, &answers).await?;

    // Years later, with the login alone.
    let given = remembered(|_, then| then)?;
    let (found, tried) = solve(stage, &evaluator, rng, login, given).await?;
    let found = found.map_err(|error| unlike(&error))?;
    let opened = open(stage, &[login, &found]).await?;
    if address(opened.account()) != before {
        return Err(wrong("the address changed"));
    }
    let signature = stage.try_key(&opened)?;
    let mut given = remembered(|_, then| then)?;
    if let Some(first) = given.first_mut() {
        *first = None;
    }
    if let (Some(second), Ok(wrong)) = (given.get_mut(1), Answer::read(AnswerKind::Text, "a quay"))
    {
        *second = Some(wrong);
    }
    let (refused, _) = solve(stage, &evaluator, rng, login, given).await?;
    let Err(refused @ AnswersError::NotSolved) = refused else {
        return Err(wrong("one right answer opened the account"));
    };
    let lines = vec![
        "five questions; HAFENSTRASSE answers as Hafenstraße does, and jorg as Jörg".into(),
        format!("three right, two wrong, and the login: {signature}"),
        format!("found with combination {tried} of 10; one right, three wrong: {refused}"),
        "Each guess is a question to the evaluator, which counts and sees nothing; here it is \
         stretched hardly at all, and for half a second where it matters."
            .into(),
    ];
    let title = "Remembered: three of five answers stand in for words";
    teller.step(&stage.storage, title, lines)
}

/// The questions with the answers of the first day.
fn sheet(evaluator: &dyn BlindEvaluator) -> Result<NewSheet<'_>, Failure> {
    let answers = remembered(|first, _| first)?;
    let mut answered = Vec::with_capacity(answers.len());
    for ((id, ..), answer) in ASKED.iter().zip(answers.into_iter().flatten()) {
        let question = Question::find(id).ok_or_else(|| wrong("a question is missing"))?;
        answered.push(Answered {
            question: SheetQuestion {
                asked: Asked::Catalogue((*id).into()),
                kind: question.kind.code(),
            },
            answer,
            typical_bits: question.typical_bits,
        });
    }
    Ok(NewSheet {
        answered,
        threshold: NEEDED,
        params: quick()?,
        evaluator: Some(evaluator),
        sealing: Sealing::Each,
        insist: None,
    })
}

/// An answer to each question, as it was first given or as it is remembered.
fn remembered(
    which: impl Fn(&'static str, &'static str) -> &'static str,
) -> Result<Vec<Option<Answer>>, Failure> {
    let answers = ASKED.iter().map(|(id, first, then)| {
        let question = Question::find(id).ok_or_else(|| wrong("a question is missing"))?;
        let answer = Answer::read(question.kind, which(first, then));
        answer
            .map(Some)
            .map_err(|error| Failure::new(Kind::Internal, error.to_string()))
    });
    answers.collect()
}

/// Adds the answers with phone and login, and gives the address.
async fn add(
    stage: &Stage,
    rng: &mut ChaCha20Rng,
    phone: &Machine,
    login: &ProviderFactor<'_>,
    answers: &SeedFactor<'static>,
) -> Result<String, Failure> {
    let device = phone.device()?;
    let factor = device.factor("");
    let opened = open(stage, &[&factor, login]).await?;
    let change = opened.change().add(answers, OfflineCopies::Never);
    let prepared = change.prepare(&stage.storage, stage.now, rng).await?;
    prepared.announce(&device, None, rng)?;
    let committed = prepared.commit(&stage.storage).await?;
    let settled = device.settle(&stage.storage, &committed.account, rng);
    settled.await?;
    Ok(address(&committed.account))
}

/// Tries these answers, with the login alone, and counts the combinations that were tried.
async fn solve(
    stage: &Stage,
    evaluator: &dyn BlindEvaluator,
    rng: &mut ChaCha20Rng,
    login: &ProviderFactor<'_>,
    given: Vec<Option<Answer>>,
) -> Result<(Result<SeedFactor<'static>, AnswersError>, usize), Failure> {
    let account = Account::read(&stage.storage, &[login], ReadOptions::default()).await?;
    let mut holders = account.holders().iter();
    let holder = holders.find(|holder| holder.kind == HolderKind::Answers);
    let attempt = Attempt {
        holder: holder.ok_or_else(|| wrong("the answers are missing"))?,
        given,
        evaluator: Some(evaluator),
    };
    let mut tried = 0;
    let mut count = |progress: Progress| tried = progress.done;
    let found = attempt.solve(&mut count, rng).await;
    Ok((found, tried))
}

fn unlike(error: &AnswersError) -> Failure {
    Failure::new(Kind::Internal, tki::with_causes(error))
}

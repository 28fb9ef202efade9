//! Answers as a factor at hand. Their questions are in the account's document, so that another
//! factor has to find the account first.

use std::path::Path;

use tki::engine::answers::{Attempt, Progress as Step, sheet_of};
use tki::formats::answers::Answer;
use tki::formats::questions::{Language, Question};
use tki::metadata::{AnswerSheet, Asked, Holder, HolderKind, SheetQuestion};
use tki::provider::{BlindEvaluator, LocalBlindEvaluator};
use tki::{Account, SeedFactor};

use crate::answer_file::{self, AnswerFile};
use crate::asking::{self, Choice};
use crate::error::{Failure, Kind};
use crate::machine;
use crate::new_factors::answers;
use crate::output;
use crate::progress::Progress;
use crate::secret_input;
use crate::session::{Purpose, Session};

/// How often answers may be typed.
const TRIES: usize = 3;

/// A holder of answers, with its sheet.
pub(crate) struct Asking {
    holder: Holder,
    sheet: AnswerSheet,
}

impl Asking {
    /// Whether the account's devices keep a copy of what it opens.
    pub(crate) const fn is_kept_offline(&self) -> bool {
        self.holder.offline
    }
}

/// The holders of an account that are opened by answers which this program can ask for.
pub(crate) fn askings(account: &Account<'_>) -> Result<Vec<Asking>, Failure> {
    let holders = account.holders().iter();
    let holders: Vec<&Holder> = holders
        .filter(|holder| holder.kind == HolderKind::Answers)
        .collect();
    let sheets = holders.iter().map(|holder| {
        let sheet = sheet_of(holder)?;
        let holder = (*holder).clone();
        Ok(Asking { holder, sheet })
    });
    let (readable, unreadable): (Vec<_>, Vec<_>) = sheets.partition(Result::is_ok);
    match unreadable.into_iter().find_map(Result::err) {
        Some(error) if readable.is_empty() => Err(answers::failure(&error)),
        _ => Ok(readable.into_iter().flatten().collect()),
    }
}

/// The factor that the answers of a file open.
pub(crate) async fn from_file(
    session: &Session,
    askings: Vec<Asking>,
    path: &Path,
) -> Result<SeedFactor<'static>, Failure> {
    let file = AnswerFile::read(session, path)?;
    if askings.is_empty() {
        return Err(no_answers());
    }
    let strangers = askings.iter().map(|asking| file.stranger(&asking.sheet));
    let stranger = strangers.min_by_key(Option::is_some).flatten();
    if let Some(number) = stranger {
        let message = format!("line {number} of the answers: the account does not ask this");
        return Err(Failure::usage(message).next("tki show lists the questions of the account"));
    }
    let mut unsolved = None;
    for asking in askings {
        if file.stranger(&asking.sheet).is_none() {
            let given = file.given(&asking.sheet)?;
            let evaluator = evaluator(session, &asking, None)?;
            match solve(session, &asking, given, evaluator.as_ref()).await {
                Err(failure) if failure.kind == Kind::WrongAnswers => unsolved = Some(failure),
                other => return other,
            }
        }
    }
    Err(unsolved.unwrap_or_else(|| Failure::new(Kind::Internal, "no answers were tried")))
}

/// The factor that the answers open which somebody types.
pub(crate) async fn from_terminal(
    session: &Session,
    askings: Vec<Asking>,
) -> Result<SeedFactor<'static>, Failure> {
    if !output::is_interactive() {
        return Err(
            Failure::usage("there is no terminal to ask the questions on")
                .next("give the answers in a file: --use answers:FILE"),
        );
    }
    let Some(asking) = choose(&askings)? else {
        return Err(no_answers());
    };
    let place = ask_evaluator(session, asking)?;
    let evaluator = evaluator(session, asking, place.as_deref())?;
    let mut tries = 1..TRIES;
    loop {
        say_what_is_left(evaluator.as_ref());
        let given = ask_all(&asking.sheet)?;
        match solve(session, asking, given, evaluator.as_ref()).await {
            Err(failure)
                if tries.next().is_some()
                    && matches!(failure.kind, Kind::WrongAnswers | Kind::NeedMoreShares) =>
            {
                output::complain(&failure.message);
            }
            other => return other,
        }
    }
}

/// Which of them somebody will answer.
fn choose(askings: &[Asking]) -> Result<Option<&Asking>, Failure> {
    if askings.len() < 2 {
        return Ok(askings.first());
    }
    let options = askings.iter().map(|asking| {
        let count = asking.sheet.questions.len();
        let what = if count == 1 { "question" } else { "questions" };
        format!("{count} {what} {}", asking.holder.label)
    });
    let choice = Choice {
        question: "Which questions will you answer?",
        options: &options.collect::<Vec<_>>(),
        instead: "give the answers in a file: --use answers:FILE",
    };
    Ok(askings.get(choice.one()?))
}

fn no_answers() -> Failure {
    let message = "no factor of the account is opened by answers";
    Failure::new(Kind::InvalidChange, message)
        .next("name other factors; tki factor list shows what there is")
}

/// Where the evaluator is that counts the attempts, if nobody named it.
fn ask_evaluator(session: &Session, asking: &Asking) -> Result<Option<String>, Failure> {
    if asking.sheet.evaluator.is_none() || session.global.evaluator.is_some() {
        return Ok(None);
    }
    let typed = asking::ask("The file of the evaluator that counts the attempts:")?;
    Ok(Some(format!("local:{typed}")))
}

/// The evaluator without which these answers open nothing.
fn evaluator(
    session: &Session,
    asking: &Asking,
    typed: Option<&str>,
) -> Result<Option<LocalBlindEvaluator>, Failure> {
    match asking.sheet.evaluator {
        Some(_) => session.evaluator_at(typed, Purpose::Use),
        None => Ok(None),
    }
}

/// Each combination that is tried costs one evaluation; right answers give all of them back.
fn say_what_is_left(evaluator: Option<&LocalBlindEvaluator>) {
    if let Some(Ok(left)) = evaluator.map(LocalBlindEvaluator::left) {
        output::complain(&format!(
            "The evaluator allows {left} more combinations until the right answers are given."
        ));
    }
}

/// Tries the combinations of the answers, and says how far it is.
async fn solve(
    session: &Session,
    asking: &Asking,
    given: Vec<Option<Answer>>,
    evaluator: Option<&LocalBlindEvaluator>,
) -> Result<SeedFactor<'static>, Failure> {
    let attempt = Attempt {
        holder: &asking.holder,
        given,
        evaluator: evaluator.map(as_evaluator),
    };
    let progress = Progress::start(session.output, "trying the answers");
    let output = session.output;
    let mut on_progress = |Step { done, of }| {
        let next = done.saturating_add(1).min(of);
        progress.show(format!("trying combination {next} of {of}"));
        output.detail(&format!("tried combination {done} of {of}"));
    };
    let mut rng = machine::random()?;
    let solved = attempt.solve(&mut on_progress, &mut rng);
    let solved = solved.await.map_err(|error| answers::failure(&error))?;
    drop(progress);
    answers::refill(session.output, evaluator);
    Ok(solved)
}

fn as_evaluator(evaluator: &LocalBlindEvaluator) -> &dyn BlindEvaluator {
    evaluator
}

/// How many answers of a sheet are needed.
pub(crate) fn how_many(needed: u16, count: usize) -> String {
    if count == 1 {
        return "one answer".into();
    }
    format!("{needed} of {count} answers")
}

/// Asks every question of a sheet; whoever does not know an answer leaves it out.
fn ask_all(sheet: &AnswerSheet) -> Result<Vec<Option<Answer>>, Failure> {
    let count = sheet.questions.len();
    let needed = sheet.threshold;
    let is = if count == 1 { "is" } else { "are" };
    output::complain(&format!(
        "{} {is} needed. What is typed is not shown; Enter leaves one out.",
        how_many(needed, count)
    ));
    let questions = (1..).zip(&sheet.questions);
    let given = questions.map(|(number, question)| {
        let kind = answer_file::kind_of(question)?;
        output::complain(&format!(
            "{number}. {}",
            text(question, machine::language())
        ));
        loop {
            let typed = secret_input::prompt("answer")?;
            if typed.trim().is_empty() {
                return Ok(None);
            }
            match Answer::read(kind, &typed) {
                Ok(answer) => return Ok(Some(answer)),
                Err(error) => output::complain(&error.to_string()),
            }
        }
    });
    given.collect()
}

/// A question as it is asked. One of a newer catalogue is known by its id alone.
pub(crate) fn text(question: &SheetQuestion, language: Language) -> &str {
    match &question.asked {
        Asked::Catalogue(id) => Question::find(id).map_or(id, |known| known.text(language)),
        Asked::Own(text) => text,
    }
}

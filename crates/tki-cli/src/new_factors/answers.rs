//! A factor of answers: the sheet is made here, and what it is worth is said.

use core::time::Duration;
use std::path::Path;

use tki::SeedFactor;
use tki::engine::answers::{self, Answered, AnswersError, NewSheet, Sealing, Strength};
use tki::metadata::AnswerSheet;
use tki::provider::{BlindEvaluator, LocalBlindEvaluator, LocalError};
use tki::seal::password::Argon2Params;

use crate::answer_file::AnswerFile;
use crate::args::{AnswerOptions, New};
use crate::error::{Failure, Kind};
use crate::machine;
use crate::output::Output;
use crate::progress::Progress;
use crate::session::{Purpose, Session};

/// How long one combination of answers takes on this machine.
const TARGET: Duration = Duration::from_millis(500);

/// How often it is measured what one derivation takes.
const MEASUREMENTS: usize = 3;

/// How many right answers are enough, if nobody says otherwise and there are as many.
const USUAL_NEEDED: u16 = 3;

/// A sheet that is to be made. Everything that can be refused was.
pub(crate) struct NewAnswers {
    answered: Vec<Answered>,
    needed: u16,
    params: Argon2Params,
    sealing: Sealing,
    insists: bool,
}

impl NewAnswers {
    /// Those of the factors that are to be made, in their order.
    pub(crate) fn read_all(
        session: &Session,
        news: &[New],
        options: AnswerOptions,
    ) -> Result<Vec<Self>, Failure> {
        let files = news.iter().filter_map(|new| match new {
            New::Answers(file) => Some(file),
            New::Device | New::File(_) | New::Passkey(_) | New::Provider(_) | New::Words(_) => None,
        });
        let sealing = if options.pegged {
            Sealing::Pegged
        } else {
            Sealing::Each
        };
        files
            .map(|file| Self::read(session, file, options, sealing))
            .collect()
    }

    /// Reads the answers, and refuses what is too easy to guess. Nothing is written.
    fn read(
        session: &Session,
        file: &Path,
        options: AnswerOptions,
        sealing: Sealing,
    ) -> Result<Self, Failure> {
        let file = AnswerFile::read(session, file)?;
        let answered = file.answered()?;
        let needed = needed(answered.len(), options, sealing)?;
        for warning in file.warnings() {
            session.output.say(&warning);
        }
        let new = Self {
            answered,
            needed,
            params: params(session.output),
            sealing,
            insists: options.accept_guessable,
        };
        new.check(session.global.evaluator.is_some(), session.output)?;
        Ok(new)
    }

    /// Makes the sheet, with the evaluator if one is named.
    pub(crate) async fn make(
        self,
        session: &Session,
        label: &str,
    ) -> Result<SeedFactor<'static>, Failure> {
        let evaluator = session.evaluator(Purpose::Create)?;
        let sheet = NewSheet {
            answered: self.answered,
            threshold: self.needed,
            params: self.params,
            evaluator: evaluator.as_ref().map(|one| -> &dyn BlindEvaluator { one }),
            sealing: self.sealing,
            insist: self.insists.then(machine::now),
        };
        let progress = Progress::start(session.output, "sealing under the answers");
        let mut on_progress = |answers::Progress { done, of }| {
            progress.show(format!("sealed under combination {done} of {of}"));
        };
        let mut rng = machine::random()?;
        let made = sheet.make(label, &mut on_progress, &mut rng);
        let factor = made.await.map_err(|error| failure(&error))?;
        drop(progress);
        refill(session.output, evaluator.as_ref());
        Ok(factor)
    }

    /// Says what the answers are worth, and refuses what is too little.
    fn check(&self, is_evaluated: bool, output: Output) -> Result<(), Failure> {
        let strength = Strength::of(&self.answered, self.needed, self.params, is_evaluated);
        let Strength { bits, floor } = strength;
        let needed = self.needed;
        if strength.is_enough() {
            let any = if needed == 1 {
                "any one of the answers is".into()
            } else {
                format!("any {needed} of the answers are")
            };
            output.say(&format!(
                "{any} worth {bits} bits or more; {floor} are asked for"
            ));
            return Ok(());
        }
        let weakest = if needed == 1 {
            "the weakest answer is".into()
        } else {
            format!("the {needed} weakest answers are")
        };
        let weak = format!(
            "{weakest} worth {bits} bits, and {floor} are asked for: {}",
            if is_evaluated {
                "what the evaluator allows is enough to guess them"
            } else {
                "without an evaluator, whoever opens the account's document with one factor can \
                 guess them offline"
            }
        );
        if self.insists {
            output.say(&format!("{weak}; that you accept it is recorded"));
            return Ok(());
        }
        Err(Failure::new(Kind::InvalidChange, weak).next(self.what_is_enough(is_evaluated)))
    }

    /// What would reach the floor.
    fn what_is_enough(&self, is_evaluated: bool) -> String {
        let enough = |needed: u16, is_evaluated: bool| {
            Strength::of(&self.answered, needed, self.params, is_evaluated).is_enough()
        };
        let count = u16::try_from(self.answered.len()).unwrap_or(u16::MAX);
        let mut ways = Vec::new();
        if let Some(more) = (self.needed..=count).find(|needed| enough(*needed, is_evaluated)) {
            ways.push(format!("--answers-needed {more}"));
        } else {
            ways.push("give more answers, or longer ones, or a password".into());
        }
        if !is_evaluated && enough(self.needed, true) {
            ways.push(
                "an evaluator that counts: --evaluator local:PATH, on another machine's disk"
                    .into(),
            );
        }
        ways.push("or, if it shall be guessable: --accept-guessable-answers".into());
        ways.join("; ")
    }
}

/// How many right answers are enough.
fn needed(count: usize, options: AnswerOptions, sealing: Sealing) -> Result<u16, Failure> {
    let all = u16::try_from(count).unwrap_or(u16::MAX);
    let usual = match sealing {
        Sealing::Each => USUAL_NEEDED.min(all),
        Sealing::Pegged => all,
    };
    let needed = options.needed.unwrap_or(usual);
    if sealing == Sealing::Pegged && needed != all {
        let message = "where the share follows from the answers, all of them are needed";
        return Err(Failure::usage(message).next("leave out --answers-needed, or --pegged"));
    }
    if AnswerSheet::combinations(count, needed.into()).is_empty() {
        let message = format!("{needed} of {count} answers cannot be what is needed");
        return Err(Failure::usage(message).next(
            "as many as there are, or fewer, at least 1; at most 16 questions, and at most 70 \
             combinations",
        ));
    }
    Ok(needed)
}

/// What one combination costs: measured once, and stored in the sheet.
fn params(output: Output) -> Argon2Params {
    #[cfg(feature = "faults")]
    if crate::faults::wants_fast_passphrases() {
        return Argon2Params::insecure_for_tests();
    }
    let _progress = Progress::start(output, "measuring this machine");
    let measure = |params| {
        let start = machine::instant();
        // What cannot be derived here takes for ever.
        match tki::seal::password::derive(b"measured", &[0; 32], params) {
            Ok(_) => start.elapsed(),
            Err(_) => Duration::MAX,
        }
    };
    // The least of several: what else the machine does makes nothing cheaper to guess.
    answers::tune(TARGET, |params| {
        let measured = (0..MEASUREMENTS).map(|_| measure(params));
        measured.min().unwrap_or(Duration::MAX)
    })
}

/// Grants the owner the whole budget again: the answers were right, or are his new ones.
pub(crate) fn refill(output: Output, evaluator: Option<&LocalBlindEvaluator>) {
    if let Some(Err(_)) = evaluator.map(LocalBlindEvaluator::refill) {
        output.detail("the evaluator's budget could not be filled up again");
    }
}

/// What went wrong with answers.
pub(crate) fn failure(error: &AnswersError) -> Failure {
    let message = tki::with_causes(error);
    let (kind, next) = match error {
        AnswersError::NotSolved => return Failure::new(Kind::WrongAnswers, message),
        AnswersError::EvaluatorMissing => (
            Kind::Unavailable,
            "say where the evaluator is: --evaluator local:PATH; or use other factors",
        ),
        AnswersError::OtherEvaluator => (
            Kind::Refused,
            "name the one that the answers were given with: --evaluator local:PATH",
        ),
        AnswersError::DishonestEvaluator => (
            Kind::Refused,
            "do not use this evaluator before you know why",
        ),
        AnswersError::Evaluator(error) => return evaluator_failure(error, message),
        AnswersError::TooFew { .. } => (
            Kind::NeedMoreShares,
            "answer more of the questions, which tki show lists; or use other factors",
        ),
        AnswersError::Sheet(_) => (Kind::Unsupported, "use a newer tki, or other factors"),
        AnswersError::BelowFloor { .. } => (Kind::InvalidChange, "give more answers"),
        AnswersError::WrongKind { .. } => (Kind::Usage, "correct it and run the command again"),
        AnswersError::KeyDerivation(_) => (
            Kind::Unavailable,
            "free some memory, and run the same command again",
        ),
        AnswersError::NoSheet | AnswersError::Oprf(_) | _ => {
            return Failure::new(Kind::Internal, message);
        }
    };
    Failure::new(kind, message).next(next)
}

/// What went wrong with an evaluator; a disk that fails is named as such.
fn evaluator_failure(error: &tki::provider::Error, message: String) -> Failure {
    use tki::provider::Error;

    let next = if let Error::Backend(source) = error {
        let local = source.downcast_ref::<LocalError>();
        let file = local.and_then(|local| {
            let LocalError::File(file) = local else {
                return None;
            };
            Some(file)
        });
        if let Some(file) = file.or_else(|| source.downcast_ref()) {
            return Failure::file("the evaluator's file", file);
        }
        "check the evaluator's file, and run the same command again"
    } else if matches!(error, Error::BudgetSpent) {
        "use other factors, and with them: tki factor replace ID --with answers:FILE --evaluator \
         local:NEW"
    } else {
        "run the same command again, or use other factors"
    };
    Failure::new(Kind::Unavailable, message).next(next)
}

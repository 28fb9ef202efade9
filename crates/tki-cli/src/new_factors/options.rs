//! Options for a kind of factor, where none of that kind is made or used: refused, because whoever
//! gave them expects what would not happen.

use crate::args::{AnswerOptions, Global, New, Use};
use crate::error::Failure;

/// Refuses what would be ignored when these factors are made.
pub(crate) fn check(global: &Global, news: &[New], answers: AnswerOptions) -> Result<(), Failure> {
    check_answers(global, news, answers)?;
    if news.iter().any(|new| matches!(new, New::File(_))) {
        return Ok(());
    }
    let uses_file = global.uses.iter().any(|one| matches!(one, Use::File(_)));
    if global.age_recipient.is_some() || (global.file_passphrase_file.is_some() && !uses_file) {
        return Err(
            Failure::usage("the options are for a factor's file, and none is made").next(
                "name the file: file:OUT; or leave out --file-passphrase-file and --age-recipient",
            ),
        );
    }
    Ok(())
}

/// The same for answers alone.
pub(crate) fn check_answers(
    global: &Global,
    news: &[New],
    options: AnswerOptions,
) -> Result<(), Failure> {
    if news.iter().any(|new| matches!(new, New::Answers(_))) {
        return Ok(());
    }
    if options.pegged {
        return Err(
            Failure::usage("only a share that belongs to answers is pegged")
                .next("name the answers: answers:FILE; or leave out --pegged"),
        );
    }
    if options.needed.is_some() || options.accept_guessable {
        return Err(
            Failure::usage("the options are for answers, and none are given").next(
                "name the answers: answers:FILE; or leave out --answers-needed and \
                 --accept-guessable-answers",
            ),
        );
    }
    let uses_answers = global.uses.iter().any(|one| matches!(one, Use::Answers(_)));
    if global.evaluator.is_some() && !uses_answers {
        return Err(
            Failure::usage("an evaluator is for answers, and none are given")
                .next("name the answers: answers:FILE; or leave out --evaluator"),
        );
    }
    Ok(())
}

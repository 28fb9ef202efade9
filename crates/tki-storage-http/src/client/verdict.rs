//! What an answer means to the caller of a storage.

use alloc::boxed::Box;

use http::StatusCode;
use tki_record::{Address, Record, Restored};
use tki_storage::{BoxError, Error, Outage};

use crate::wire::{self, Kind, Problem, RestoredAnswer};

use super::connection::{Answer, Failed};
use super::error::HttpError;

/// The problem of a server of ours, if that is what the answer is: its type, its status and its kind
/// agree.
pub(super) fn problem(answer: &Answer) -> Option<Problem> {
    if answer.content_type != wire::PROBLEM {
        return None;
    }
    let problem = Problem::decode(&answer.body).ok()?;
    let status = answer.status.as_u16();
    (problem.kind.status() == status && problem.status == status).then_some(problem)
}

/// Whether the server says that there is no such record. No other 404 says so: it may come from
/// whatever stands in front of the server.
pub(super) fn is_absent(answer: &Answer, address: &Address) -> bool {
    let Some(problem) = problem(answer) else {
        return false;
    };
    // Step 7.3: absent is what is said to be, about this address.
    let about = problem.address.as_deref().map(str::parse::<Address>);
    problem.kind == Kind::Absent && about.is_none_or(|about| about.as_ref() == Ok(address))
}

/// Whether a read may succeed when it is repeated.
pub(super) fn is_passing(answer: &Answer) -> bool {
    match problem(answer) {
        Some(problem) => problem.into_error().is_retryable(),
        None => [
            StatusCode::BAD_GATEWAY,
            StatusCode::GATEWAY_TIMEOUT,
            StatusCode::SERVICE_UNAVAILABLE,
            StatusCode::TOO_MANY_REQUESTS,
        ]
        .contains(&answer.status),
    }
}

/// Whether the server itself says that it has not looked at a write, and that it may be repeated.
pub(super) fn is_turned_away(answer: &Answer) -> bool {
    problem(answer).is_some_and(|problem| problem.kind == Kind::TooManyRequests)
}

/// Why an answer is not the one that was asked for.
pub(super) fn refusal(answer: &Answer) -> HttpError {
    match problem(answer) {
        Some(problem) => HttpError::Problem(Box::new(problem)),
        None => HttpError::foreign(answer),
    }
}

/// A read to which no answer came.
pub(super) fn of_a_read(error: HttpError) -> Error {
    if error.is_outage() {
        Error::Unavailable(Outage::Unreachable)
    } else {
        Error::Backend(Box::new(error))
    }
}

/// A read whose answer is no record; `None` where it was for several.
pub(super) fn read_refused(answer: &Answer, address: Option<Address>) -> Error {
    let Some(problem) = problem(answer) else {
        if is_passing(answer) {
            return Error::Unavailable(Outage::Unreachable);
        }
        return Error::Backend(Box::new(HttpError::foreign(answer)));
    };
    match (problem.kind, problem.clone().into_error()) {
        (
            Kind::Corrupt,
            Error::Corrupt {
                address: said,
                source,
            },
        ) => Error::Corrupt {
            address: said.or(address),
            source,
        },
        (Kind::Unavailable | Kind::TooManyRequests | Kind::Unsupported, error) => error,
        // Nothing else is an answer to a read.
        _ => Error::Backend(Box::new(HttpError::Problem(Box::new(problem)))),
    }
}

/// What was sent as a record, and is not the one that was asked for.
pub(super) fn corrupt(address: Option<Address>, error: impl Into<BoxError>) -> Error {
    Error::Corrupt {
        address,
        source: Some(error.into()),
    }
}

/// A write to which no answer came.
pub(super) fn of_a_write(failed: Failed) -> Error {
    match failed {
        Failed::Unsent(error) => of_a_read(error),
        Failed::Unanswered(error) => Error::OutcomeUnknown {
            source: Some(Box::new(error)),
        },
    }
}

/// A write whose answer is not that it was done. That nothing was changed is believed only of a server
/// that says so in the words of the interface, about a record that was sent.
pub(super) fn write_refused(answer: &Answer, sent: &[Record]) -> Error {
    let unknown = |error| Error::OutcomeUnknown {
        source: Some(Box::new(error)),
    };
    let Some(problem) = problem(answer) else {
        return unknown(HttpError::foreign(answer));
    };
    let was_sent = |address: &Address| sent.iter().any(|record| record.address() == *address);
    // Step 7.5: nothing was changed, says a problem about a record that was sent.
    let error = problem.clone().into_error();
    let is_settled = match &error {
        Error::Conflict { address, .. } | Error::Refused { address, .. } => was_sent(address),
        Error::OutcomeUnknown { .. } => return error,
        Error::Backend(_)
        | Error::Corrupt { .. }
        | Error::Unavailable(_)
        | Error::Unsupported
        | _ => !matches!(problem.kind, Kind::Absent | Kind::Other),
    };
    if is_settled {
        return error;
    }
    unknown(HttpError::Problem(Box::new(problem)))
}

/// What became of copies: each of them is in one list, and nothing else.
pub(super) fn restored(answer: &Answer, copies: &[Record]) -> Result<Restored, Error> {
    let unknown = || Error::OutcomeUnknown {
        source: Some(Box::new(HttpError::Malformed {
            what: "it does not say what became of each copy",
        })),
    };
    let restored = RestoredAnswer::decode(&answer.body).map_err(|_| unknown())?;
    let lists = [&restored.created, &restored.advanced, &restored.kept];
    let count: usize = lists.iter().map(|list| list.len()).sum();
    let is_said = |copy: &Record| lists.iter().any(|list| list.contains(&copy.address()));
    if count == copies.len() && copies.iter().all(is_said) {
        return Ok(restored);
    }
    Err(unknown())
}

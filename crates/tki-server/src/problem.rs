//! Problems as answers.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use tki_storage::{Error, Outage};
use tki_storage_http::wire::{self, Kind, Problem};

use crate::described::described;
use crate::limits::memory::NoRoom;
use crate::limits::rates::Exceeded;

/// Why a request has no other answer.
#[derive(Debug)]
pub(crate) struct Refusal {
    problem: Box<Problem>,
    /// After how many seconds the same question may be asked again.
    retry_after: Option<u64>,
    /// The rate that is the reason.
    exceeded: Option<Exceeded>,
}

impl Refusal {
    /// A problem of this kind.
    pub(crate) fn new(kind: Kind, detail: &str) -> Self {
        Problem::new(kind, detail).into()
    }

    /// What cannot be understood, and why.
    pub(crate) fn malformed(error: &dyn core::error::Error) -> Self {
        Self::new(Kind::Malformed, &described(error))
    }

    /// With the time after which it may be asked again.
    pub(crate) const fn after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// With the rate that is the reason, for whoever counts.
    pub(crate) const fn because_of(mut self, rate: Exceeded) -> Self {
        self.exceeded = Some(rate);
        self
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self {
            problem: Box::new(problem),
            retry_after: None,
            exceeded: None,
        }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let refusal = Self::from(Problem::of(&error));
        if error.is_retryable() {
            refusal.after(1)
        } else {
            refusal
        }
    }
}

impl From<NoRoom> for Refusal {
    fn from(_: NoRoom) -> Self {
        let mut problem = Problem::of(&Error::Unavailable(Outage::Busy));
        problem.detail = "the server has no memory left for another request".to_owned();
        Self::from(problem).after(1)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = Response::new(Body::from(self.problem.encode()));
        *response.status_mut() = status;
        if let Some(rate) = self.exceeded {
            response.extensions_mut().insert(rate);
        }
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static(wire::PROBLEM),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

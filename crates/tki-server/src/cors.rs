//! Which pages a browser lets ask (the Fetch standard, "CORS protocol").
//!
//! Nothing is protected by it: there are no cookies and no logins, so a page gets and does what
//! anybody can who reaches the server. Whoever relies on who can reach it, names the origins.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
    VARY,
};
use http::{HeaderMap, HeaderValue, Method};

use crate::config::Cors;

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST");
const ASKED: HeaderValue = HeaderValue::from_static("content-type, if-none-match, x-request-id");
const TOLD: HeaderValue = HeaderValue::from_static("etag, retry-after, x-request-id");
/// Seconds for which a browser remembers the answer.
const DAY: HeaderValue = HeaderValue::from_static("86400");

/// Whether a browser asks what it may ask.
pub(crate) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// What a browser is told of this origin; `None` if its pages may not ask.
pub(crate) fn allowed(cors: &Cors, origin: Option<&HeaderValue>) -> Option<HeaderValue> {
    let origin = origin?;
    match cors {
        Cors::Any => Some(HeaderValue::from_static("*")),
        Cors::None => None,
        Cors::Only(origins) => {
            let named = |one: &String| one.as_bytes() == origin.as_bytes();
            origins.iter().any(named).then(|| origin.clone())
        }
    }
}

/// Says so in an answer.
pub(crate) fn say(cors: &Cors, allowed: Option<HeaderValue>, headers: &mut HeaderMap) {
    // Step 1.6: pages of the named origins may ask; without a name, all may.
    if matches!(cors, Cors::Only(_)) {
        headers.append(VARY, HeaderValue::from_static("origin"));
    }
    if let Some(allowed) = allowed {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, TOLD);
    }
}

/// Answers what a browser may ask.
pub(crate) fn say_what(headers: &mut HeaderMap) {
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, ASKED);
    headers.insert(ACCESS_CONTROL_MAX_AGE, DAY);
}

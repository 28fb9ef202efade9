//! The page at `/`, for people: what this is, whether it works, what it did.
//!
//! It needs no script and nothing from elsewhere, and its policy forbids both: a page that a stranger
//! puts something into shows it as text, and loads nothing.

use alloc::sync::Arc;
use core::sync::atomic::Ordering;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use base64ct::{Base64, Encoding as _};
use http::{HeaderValue, StatusCode, header};
use sha2::{Digest as _, Sha256};

use crate::app::App;

const PAGE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/style.css");

/// The page.
#[utoipa::path(
    get,
    path = "/",
    operation_id = "page",
    tag = "server",
    responses(
        (status = 200, description = "A page for people", body = String, content_type = "text/html"),
        (
            status = 503,
            description = "The same, where the storage does not answer",
            body = String,
            content_type = "text/html"
        ),
    )
)]
pub(crate) async fn page(State(app): State<Arc<App>>) -> Response {
    let is_ready = is_ready(&app).await;
    let mut response = Response::new(Body::from(filled(&app, is_ready)));
    if !is_ready {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Correctness: the policy is made of letters that a header may have.
    if let Ok(policy) = HeaderValue::try_from(policy()) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Nothing may be loaded, sent, framed or run; the one style is named by its hash.
fn policy() -> String {
    let hash = Base64::encode_string(&Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    )
}

async fn is_ready(app: &App) -> bool {
    !app.ending.load(Ordering::Relaxed) && app.readiness.ask(app).await.is_ok()
}

fn filled(app: &App, is_ready: bool) -> String {
    let summary = app.metrics.summary();
    let retention = app.storage.retention();
    let (class, state) = if is_ready {
        ("well", "ready")
    } else {
        ("ill", "not ready")
    };
    let values = [
        ("style", STYLE.to_owned()),
        ("class", class.to_owned()),
        ("state", state.to_owned()),
        ("commits", grouped(summary.commits)),
        ("written", grouped(summary.committed_records)),
        ("read", grouped(summary.read_records)),
        (
            "connections",
            grouped(u64::try_from(summary.connections).unwrap_or(0)),
        ),
        ("storage", app.config.storage.kind().to_owned()),
        ("scrub", scrub(app)),
        ("retention", sentence(&retention.note)),
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
    ];
    let mut page = PAGE.to_owned();
    for (name, value) in &values {
        // The style is the project's own; the rest is text.
        let value = if *name == "style" {
            value.clone()
        } else {
            escaped(value)
        };
        page = page.replace(&format!("{{{{{name}}}}}"), &value);
    }
    page
}

/// What the background check has to say.
fn scrub(app: &App) -> String {
    let scrub = &app.metrics.scrub;
    let (passes, findings) = (scrub.passes.get(), scrub.all_findings());
    if app.config.operations.scrub_rate.is_none() {
        "not of this server".to_owned()
    } else if findings > 0 {
        let findings = u64::try_from(findings).unwrap_or(0);
        format!("found {} things wrong: see its log", grouped(findings))
    } else if passes == 0 {
        "on its first pass over all records".to_owned()
    } else {
        format!("{} passes over all records, nothing wrong", grouped(passes))
    }
}

/// A number with its thousands apart.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (position, digit) in digits.chars().enumerate() {
        let left = digits.len().saturating_sub(position);
        if position > 0 && left.is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// With a capital and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}

/// Text that is nothing but text.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_only_text() {
        let hostile = "<script>'a' & \"b\"</script>";
        let expected = "&lt;script&gt;&#39;a&#39; &amp; &quot;b&quot;&lt;/script&gt;";
        assert_eq!(escaped(hostile), expected);
    }

    #[test]
    fn thousands_stand_apart() {
        for (number, shown) in [
            (0, "0"),
            (999, "999"),
            (1000, "1 000"),
            (1_234_567, "1 234 567"),
        ] {
            assert_eq!(grouped(number).replace('\u{202f}', " "), shown);
        }
    }

    #[test]
    fn the_page_names_nothing_from_elsewhere() {
        for text in [PAGE, STYLE] {
            for foreign in ["http:", "//", "url(", "@import", "<script", "<img", "<link"] {
                let found = text.replace("https://this.server", "");
                assert!(!found.contains(foreign), "{foreign}");
            }
        }
    }
}

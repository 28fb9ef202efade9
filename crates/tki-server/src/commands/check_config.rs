//! `tki-server check-config`: whether the settings can be followed, and what they are.

use core::num::NonZeroU32;

use crate::config::{Config, Cors, Operations, Size, Span};
use crate::tls::{Tls, TlsError};

/// Reads the certificate, if there is one; nothing is opened or listened to.
///
/// # Errors
/// Any [`TlsError`].
pub fn check(config: &Config) -> Result<(), TlsError> {
    config.tls.clone().map(Tls::load).transpose().map(drop)
}

/// Each setting on a line of its own, as a file of settings would have it. A password of the storage
/// is left out.
#[must_use]
pub fn shown(config: &Config) -> String {
    let lines = lines(config).into_iter();
    lines
        .map(|(name, value)| format!("{name} = {value}\n"))
        .collect()
}

fn lines(config: &Config) -> Vec<(&'static str, String)> {
    let quoted = |value: &dyn core::fmt::Display| format!("\"{value}\"");
    let size = |bytes: usize| quoted(&Size(u64::try_from(bytes).unwrap_or(u64::MAX)));
    let rate = |rate: Option<u32>| rate.unwrap_or(0).to_string();
    let proxies = config.trusted_proxies.iter();
    let proxies: Vec<String> = proxies.map(|net| quoted(net)).collect();
    let mut lines = vec![
        ("listen", quoted(&config.listen)),
        ("storage", quoted(&config.storage)),
        (
            "restores",
            quoted(&if config.restores { "on" } else { "off" }),
        ),
        ("cors-origin", origins(&config.cors)),
        ("trusted-proxy", format!("[{}]", proxies.join(", "))),
        ("client-reads", rate(config.rates.client_reads)),
        ("client-writes", rate(config.rates.client_writes)),
        ("writer-writes", rate(config.rates.writer_writes)),
        ("client-new-records", rate(config.rates.client_new_records)),
        ("max-body", size(config.max_body)),
        ("memory", size(config.memory)),
        ("max-connections", config.max_connections.to_string()),
        ("client-connections", config.client_connections.to_string()),
        ("memory-wait", quoted(&Span(config.memory_wait))),
        ("header-timeout", quoted(&Span(config.header_timeout))),
        ("body-grace", quoted(&Span(config.body_grace))),
        ("body-rate", quoted(&Size(config.body_rate))),
        ("body-timeout", quoted(&Span(config.body_timeout))),
        ("write-timeout", quoted(&Span(config.write_timeout))),
        ("storage-timeout", quoted(&Span(config.storage_timeout))),
        ("shutdown-timeout", quoted(&Span(config.shutdown_timeout))),
    ];
    lines.extend(operations(&config.operations));
    if let Some(most) = config.max_storage {
        lines.push(("max-storage", quoted(&Size(most))));
    }
    if let Some(files) = &config.tls {
        lines.push(("tls-cert", quoted(&files.certificate.display())));
        lines.push(("tls-key", quoted(&files.key.display())));
    }
    lines
}

fn operations(operations: &Operations) -> Vec<(&'static str, String)> {
    let mut lines = vec![
        ("log", format!("\"{}\"", operations.log)),
        ("log-format", format!("\"{}\"", operations.log_format)),
        (
            "scrub-rate",
            operations.scrub_rate.map_or(0, NonZeroU32::get).to_string(),
        ),
        ("scrub-rest", format!("\"{}\"", Span(operations.scrub_rest))),
    ];
    if let Some(data) = &operations.data {
        lines.push(("data", format!("\"{}\"", data.display())));
    }
    if let Some(listen) = operations.metrics_listen {
        lines.push(("metrics-listen", format!("\"{listen}\"")));
    }
    lines
}

fn origins(cors: &Cors) -> String {
    match cors {
        Cors::Any => "[\"*\"]".to_owned(),
        Cors::None => "[\"none\"]".to_owned(),
        Cors::Only(origins) => format!("[\"{}\"]", origins.join("\", \"")),
    }
}

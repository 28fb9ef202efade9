//! Where settings come from, and which of them cannot be followed.

use core::time::Duration;
use std::path::Path;

use tki_server::backend::StorageUrl;
use tki_server::commands::check_config;
use tki_server::config::{ConfigError, Cors, FileError, Rates, Settings, Span};

#[expect(clippy::unwrap_in_result, reason = "the error is that of the settings")]
fn file(text: &str) -> Result<Settings, FileError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.toml");
    std::fs::write(&path, text).unwrap();
    Settings::read(&path)
}

#[test]
fn a_file_sets_what_flags_do() {
    let text = r#"
        listen = "[::1]:9000"
        storage = "memory:"
        restores = "off"
        cors-origin = ["https://example.org", "http://localhost:8080"]
        trusted-proxy = ["10.0.0.0/8", "::1"]
        client-reads = 0
        max-storage = "2GiB"
        max-body = 1000000
        header-timeout = 5
        body-timeout = "2m"
    "#;
    let config = file(text).unwrap().config().unwrap();
    assert_eq!(config.listen, "[::1]:9000".parse().unwrap());
    assert_eq!(config.storage, StorageUrl::Memory);
    assert!(!config.restores);
    assert!(matches!(&config.cors, Cors::Only(origins) if origins.len() == 2));
    assert_eq!(config.trusted_proxies.len(), 2);
    assert_eq!(config.rates.client_reads, None);
    assert_eq!(config.rates.client_writes, Rates::usual().client_writes);
    assert_eq!(config.max_storage, Some(2 << 30));
    assert_eq!(config.max_body, 1_000_000);
    assert_eq!(config.header_timeout, Duration::from_secs(5));
    assert_eq!(config.body_timeout, Duration::from_secs(120));
}

#[test]
fn what_is_said_first_wins_and_the_rest_is_filled_in() {
    let mut flags = Settings::default();
    flags.header_timeout = Some(Span(Duration::from_secs(1)));
    let settings = flags.or(file("header-timeout = \"9s\"\nbody-grace = \"8s\"").unwrap());
    let config = settings.config().unwrap();
    assert_eq!(config.header_timeout, Duration::from_secs(1));
    assert_eq!(config.body_grace, Duration::from_secs(8));
    assert_eq!(config.write_timeout, Duration::from_secs(30));
    let embedded = Path::new("tki-data/records.redb").to_owned();
    assert_eq!(config.storage, StorageUrl::Redb(embedded));
}

#[test]
fn a_file_that_means_nothing_says_which_line() {
    for text in [
        "max-boddy = 3",
        "max-body = \"16 MB\"",
        "trusted-proxy = [\"10.0.0.0/99\"]",
        "storage = \"mysql://user:secret@host/db\"",
        "listen = 3",
        "header-timeout = \"soon\"",
        "not toml",
    ] {
        let error = file(&format!("restores = \"on\"\n{text}")).unwrap_err();
        assert!(matches!(error, FileError::Parse { line: 2, .. }), "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    let missing = Settings::read(Path::new("/nonexistent/settings.toml"));
    assert!(matches!(missing, Err(FileError::Read { .. })));
}

#[test]
fn settings_that_contradict_each_other_are_named() {
    let of = |text: &str| file(text).unwrap().config().unwrap_err();
    assert!(matches!(of("tls-cert = \"a.pem\""), ConfigError::HalfTls));
    assert!(matches!(of("tls-key = \"a.pem\""), ConfigError::HalfTls));
    let memory = of("memory = \"8MiB\"");
    assert!(matches!(memory, ConfigError::Memory { least } if least == 64 << 20));
    assert!(matches!(
        of("max-connections = 0"),
        ConfigError::Zero { .. }
    ));
    for origin in ["example.org", "https://a/", "https://A.b", "*, https://a"] {
        let error = of(&format!("cors-origin = [\"{origin}\"]"));
        assert!(matches!(error, ConfigError::Origin { .. }), "{origin}");
    }
}

#[test]
fn rates_are_on_and_can_be_switched_off() {
    let none = |text: &str| file(text).unwrap().config().unwrap().rates == Rates::none();
    assert!(none("rates = \"off\"\nclient-reads = 5"));
    assert!(!none(""));
    let usual = file("").unwrap().config().unwrap().rates;
    assert_eq!(usual, Rates::usual());
}

#[test]
fn what_is_shown_is_a_file_of_settings() {
    let text = "client-writes = 7\nmax-body = \"3MiB\"\ncors-origin = [\"none\"]\nmax-storage = \"5GiB\"\n\
                trusted-proxy = [\"10.0.0.0/8\"]\nshutdown-timeout = \"90s\"";
    let config = file(text).unwrap().config().unwrap();
    let shown = check_config::shown(&config);
    let again = file(&shown).unwrap().config().unwrap();
    assert_eq!(check_config::shown(&again), shown);
    assert_eq!(again.rates.client_writes, Some(7));
    assert_eq!(again.max_storage, Some(5 << 30));
    assert_eq!(again.cors, Cors::None);
}

#[test]
fn a_storage_is_named_by_its_url_and_its_password_by_nobody() {
    for text in [
        "memory:",
        "redb:records.redb",
        "redb:/var/lib/tki/records.redb",
    ] {
        assert_eq!(text.parse::<StorageUrl>().unwrap().to_string(), text);
    }
    for text in ["", "memory", "redb:", "memory:x", "mysql://u:hunter2@h/db"] {
        let error = text.parse::<StorageUrl>().unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}

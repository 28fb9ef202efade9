//! URLs.

use tki_storage_postgres::{OptionsError, PostgresOptions};

fn error(url: &str) -> OptionsError {
    PostgresOptions::parse(url).expect_err(url)
}

#[test]
fn databases_of_this_machine_need_no_certificates() {
    for url in [
        "postgres://tki@localhost/tki",
        "postgresql://tki:secret@127.0.0.1:5433/tki?application_name=x",
        "postgres://tki@%2Frun%2Fpostgresql/tki",
        "postgres://[::1]/tki?replica=localhost&replica=[::1]:5434",
        "postgres://tki@db.example.org/tki?hostaddr=127.0.0.1",
        "postgres://tki@localhost/tki?sslmode=verify-full&sslrootcert=%2Fca.pem",
        "postgres://db.example.org/tki?sslmode=disable&connections=4&acquire_timeout=1",
        "postgres://db.example.org,other.example.org/tki?sslrootcert=/ca.pem",
    ] {
        PostgresOptions::parse(url).unwrap_or_else(|error| panic!("{url}: {error:?}"));
    }
}

#[test]
fn databases_elsewhere_are_verified_unless_told_otherwise() {
    for url in [
        "postgres://db.example.org/tki",
        "postgres://10.0.0.1/tki",
        "postgres://localhost/tki?replica=db.example.org",
        "postgres://localhost,db.example.org/tki",
        "postgres://localhost/tki?sslmode=verify-full",
    ] {
        assert!(matches!(error(url), OptionsError::RootsMissing), "{url}");
    }
}

#[test]
fn modes_that_do_not_verify_are_refused() {
    for mode in ["allow", "prefer", "require", "verify-ca", ""] {
        let url = format!("postgres://localhost/tki?sslmode={mode}");
        assert!(matches!(error(&url), OptionsError::Mode), "{mode}");
    }
}

#[test]
fn values_are_in_their_bounds() {
    for (parameter, name) in [
        ("connections=0", "connections"),
        ("connections=many", "connections"),
        ("connections=10001", "connections"),
        ("acquire_timeout=0", "acquire_timeout"),
        ("statement_timeout=-1", "statement_timeout"),
        ("lock_timeout=1.5", "lock_timeout"),
        (
            "idle_in_transaction_timeout=100000",
            "idle_in_transaction_timeout",
        ),
        ("replica=", "replica"),
        ("replica=host:port", "replica"),
        ("sslrootcert=%FF", "sslrootcert"),
    ] {
        let found = error(&format!("postgres://localhost/tki?{parameter}"));
        assert!(
            matches!(&found, OptionsError::Value(found) if *found == name),
            "{parameter}: {found:?}"
        );
    }
}

#[test]
fn what_is_no_url_of_a_database_is_refused() {
    for url in [
        "",
        "localhost",
        "mysql://localhost/tki",
        "host=localhost user=tki",
        "postgres://localhost:port/tki",
        "postgres://localhost/tki?unheard=of",
    ] {
        assert!(matches!(error(url), OptionsError::Url(_)), "{url}");
    }
}

#[test]
fn a_password_is_not_shown() {
    let url = "postgres://tki:hunter2@localhost/tki?replica=localhost:5433";
    let options = PostgresOptions::parse(url).unwrap();
    assert!(!format!("{options:?}").contains("hunter2"));
    assert_eq!(options.to_string(), "postgres://localhost/tki");
}

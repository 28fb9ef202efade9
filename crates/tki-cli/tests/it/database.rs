//! Accounts in a PostgreSQL database, without a server between, through the real binary.

use tokio_postgres::NoTls;

use crate::server::{recover, second_machine};
use crate::servers::{Backend, Server};
use crate::support::Home;

const CREATE: &[&str] = &["create", "--recovery-out", "words.txt", "--storage"];

/// The URL of a new database of this name; `None`, said aloud, where there is none to be had.
#[expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "the cluster is named by the environment, and a test that is skipped says why"
)]
fn database(name: &str) -> Option<String> {
    if cfg!(not(feature = "postgres")) {
        println!("skipped, because this tki is built without the feature postgres");
        return None;
    }
    let Ok(url) = std::env::var("TKI_TEST_POSTGRES") else {
        println!("skipped, because TKI_TEST_POSTGRES names nothing: see xtask/setup/postgres.sh");
        return None;
    };
    Some(make(
        &url,
        &format!("tki_cli_{name}_{}", std::process::id()),
    ))
}

/// The URL of a new database in the cluster of this one.
fn make(url: &str, name: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
        tokio::spawn(connection);
        for statement in ["DROP DATABASE IF EXISTS", "CREATE DATABASE"] {
            let statement = format!("{statement} {name}");
            client.batch_execute(&statement).await.unwrap();
        }
    });
    format!("{}/{name}", url.strip_suffix("/postgres").unwrap())
}

#[test]
fn an_account_is_made_in_a_database_and_comes_back_on_a_second_machine() {
    let Some(url) = database("account") else {
        return;
    };
    let first = Home::new();
    // A database without tables is no storage, until an account is made in it.
    let message = first
        .run(&["--json", "storage", "stat", &url])
        .fails(5, "unavailable");
    assert!(message.contains("there is no storage in"), "{message}");
    let run = first.run(&[&["--json"], CREATE, &[&url]].concat());
    // Neither output says the password of the database.
    assert!(!run.out.contains("tests@") && !run.err.contains("tests@"));
    let created = run.json();
    assert!(!first.path("home/storage.redb").exists());
    let storage = ["--storage", &url];
    let opened = first.json(&[&["open"], &storage[..]].concat());
    assert_eq!(opened["account"], created["account"]);

    let second = second_machine(&first);
    let login = first.path("home/provider.key");
    let recovered = recover(&second, &url, login.to_str().unwrap());
    assert_eq!(recovered["account_version"], 1);
    let open = ["open", "--use", "device", "--use", "words:words.txt"];
    let here = second.json(&[&open, &storage[..]].concat());
    assert_eq!(here["addresses"], created["addresses"]);
    assert_eq!(here["factors"].as_array().unwrap().len(), 4);
    // The first machine sees it, and its change reaches the second.
    first.json(&[&["refresh"], &storage[..]].concat());
    let seen = second.json(&[&["show", "--use", "device"], &storage[..]].concat());
    assert_eq!(
        (&seen["account_version"], &seen["epoch"]),
        (&2.into(), &1.into())
    );
    let counted = first.json(&["storage", "check", &url]);
    assert_eq!(counted["closed"], 0);
}

#[test]
fn records_are_copied_into_a_database_and_out_of_it() {
    let Some(url) = database("copies") else {
        return;
    };
    let home = Home::with(&["device", "provider", "words"], "secp256k1");
    home.run(&["backup", "account.tki"]).ok();
    let (file, backend) = ("redb:home/storage.redb", Backend::redb());
    let server = Server::start(&backend);
    let counts = |from: &str, to: &str| {
        let copied = home.json(&["storage", "copy", from, to]);
        let count = |name: &str| copied[name].as_u64().unwrap();
        (count("created"), count("kept"))
    };
    // One document, and the mailbox of each factor.
    assert_eq!(counts(file, &url), (4, 0));
    assert_eq!(counts("bundle:account.tki", &url), (0, 4));
    assert_eq!(counts(&url, "redb:copy.redb"), (4, 0));
    assert_eq!(counts(&url, &server.url()), (4, 0));
    assert_eq!(counts(&url, file), (0, 4));
    assert_eq!(home.json(&["storage", "verify", &url])["records"], 4);
    for place in [&url, "redb:copy.redb", &server.url()] {
        let opened = home.json(&["open", "--storage", place]);
        assert_eq!(opened["account_version"], 0, "{place}");
    }
}

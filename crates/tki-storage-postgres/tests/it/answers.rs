//! What the server says, and what is made of it.

use tki_record::Record;
use tki_storage::{Error, Outage, Storage};
use tki_storage_postgres::PostgresStorage;

use crate::cluster::{Cluster, Database, open, options, skipped};
use crate::owner::{Owner, commit};

/// Raises this state at each write, or in the last step of a commit, as long as the counter is
/// below a number. Sequences count what is rolled back, too.
fn raising(state: &str, times: u32, is_last: bool) -> String {
    let when = if is_last {
        "CREATE CONSTRAINT TRIGGER raises AFTER INSERT OR UPDATE ON tki_records \
         DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
    } else {
        "CREATE TRIGGER raises BEFORE INSERT OR UPDATE ON tki_records FOR EACH ROW"
    };
    format!(
        "DROP TRIGGER IF EXISTS raises ON tki_records; \
         CREATE SEQUENCE IF NOT EXISTS raised MINVALUE 0; \
         SELECT setval('raised', 0, false); \
         CREATE OR REPLACE FUNCTION raises() RETURNS trigger LANGUAGE plpgsql AS $$ \
         BEGIN \
             IF nextval('raised') < {times} THEN \
                 RAISE EXCEPTION USING ERRCODE = '{state}', MESSAGE = 'told to'; \
             END IF; \
             RETURN new; \
         END $$; \
         {when} EXECUTE FUNCTION raises();"
    )
}

async fn attempts(database: &Database) -> i64 {
    let row = database.client().await;
    let row = row.query_one("SELECT last_value + is_called::int FROM raised", &[]);
    row.await.unwrap().get(0)
}

async fn put(storage: &PostgresStorage, record: &Record) -> Result<(), Error> {
    storage.commit(&commit(core::slice::from_ref(record))).await
}

#[tokio::test]
async fn what_passes_is_tried_again_and_not_for_ever() {
    let Some(database) = Database::new("passing").await else {
        return;
    };
    let storage = database.storage("").await;
    let owner = Owner::new("passing");
    let mut record = owner.first(0);
    put(&storage, &record).await.unwrap();
    for is_last in [false, true] {
        for state in ["40001", "40P01"] {
            database.execute(&raising(state, 2, is_last)).await;
            let next = record.next(vec![1], &owner.writer, None).unwrap();
            put(&storage, &next).await.unwrap();
            assert_eq!(attempts(&database).await, 3);
            record = next;

            database.execute(&raising(state, 1000, is_last)).await;
            let next = record.next(vec![2], &owner.writer, None).unwrap();
            let error = put(&storage, &next).await.unwrap_err();
            assert!(
                matches!(error, Error::Unavailable(Outage::Busy)),
                "{error:?}"
            );
            assert_eq!(attempts(&database).await, 4);
            let found = storage.get(&record.address()).await.unwrap();
            assert_eq!(found.as_ref(), Some(&record));
        }
    }
}

#[tokio::test]
async fn what_lasts_is_said_at_once_and_changes_nothing() {
    let Some(database) = Database::new("lasting").await else {
        return;
    };
    let storage = database.storage("").await;
    let owner = Owner::new("lasting");
    let record = owner.first(0);
    put(&storage, &record).await.unwrap();
    let next = record.next(vec![1], &owner.writer, None).unwrap();
    for is_last in [false, true] {
        for (state, outage) in [
            ("53100", Some(Outage::DiskFull)),
            ("25006", Some(Outage::ReadOnly)),
            ("55P03", Some(Outage::Busy)),
            ("53200", Some(Outage::Busy)),
            ("58030", None),
            ("P0001", None),
        ] {
            database.execute(&raising(state, 1000, is_last)).await;
            let error = put(&storage, &next).await.unwrap_err();
            let is_right = match (&error, outage) {
                (Error::Unavailable(found), Some(outage)) => *found == outage,
                (Error::Backend(_), None) => true,
                _ => false,
            };
            assert!(is_right, "{state}: {error:?}");
            assert_eq!(attempts(&database).await, 1);
            let found = storage.get(&record.address()).await.unwrap();
            assert_eq!(found.as_ref(), Some(&record));
        }
    }
}

#[tokio::test]
async fn a_database_that_may_not_be_written_is_read() {
    let Some(database) = Database::new("read_only").await else {
        return;
    };
    let storage = database.storage("").await;
    let owner = Owner::new("read only");
    let record = owner.first(0);
    put(&storage, &record).await.unwrap();
    let set = "SET default_transaction_read_only = on";
    database
        .execute(&format!("ALTER DATABASE {} {set}", database.name))
        .await;
    let storage = open(&database.url("")).await;
    assert_eq!(
        storage.get(&record.address()).await.unwrap(),
        Some(record.clone())
    );
    for record in [
        record.next(vec![1], &owner.writer, None).unwrap(),
        owner.first(1),
    ] {
        let error = put(&storage, &record).await.unwrap_err();
        assert!(
            matches!(error, Error::Unavailable(Outage::ReadOnly)),
            "{error:?}"
        );
    }
}

/// A disk that really is full.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_named_and_costs_nothing_that_was_accepted() {
    let Some(cluster) = Cluster::new() else {
        return;
    };
    let Some(folder) = cluster.small() else {
        skipped("no small disk can be mounted here");
        return;
    };
    let database = Database::of(&cluster.url, "full").await;
    let place = format!("CREATE TABLESPACE small LOCATION '{}'", folder.display());
    database.execute(&place).await;
    let set = format!(
        "ALTER DATABASE {} SET default_tablespace = small",
        database.name
    );
    database.execute(&set).await;
    let storage = database.storage("").await;
    let owner = Owner::new("full");
    let mut stored = Vec::new();
    let error = loop {
        let first = owner.first(u32::try_from(stored.len()).unwrap());
        match put(&storage, &first).await {
            Ok(()) => {}
            Err(error) => break error,
        }
        let large = first.next(vec![7; 500_000], &owner.writer, None).unwrap();
        match put(&storage, &large).await {
            Ok(()) => stored.push(large),
            Err(error) => {
                stored.push(first);
                break error;
            }
        }
        assert!(stored.len() < 100);
    };
    assert!(
        matches!(error, Error::Unavailable(Outage::DiskFull)),
        "{error:?}"
    );
    assert!(stored.len() > 3);
    for record in stored {
        assert_eq!(storage.get(&record.address()).await.unwrap(), Some(record));
    }
    drop(storage);
}

/// What a server needs, and no more.
#[tokio::test]
async fn rights_to_select_insert_and_update_suffice() {
    let Some(database) = Database::new("rights").await else {
        return;
    };
    database.migrated().await;
    let user = format!("{}_user", database.name);
    database
        .execute(&format!(
            "DROP ROLE IF EXISTS {user}; CREATE ROLE {user} LOGIN PASSWORD 'user'; \
             GRANT SELECT, INSERT, UPDATE ON tki_records TO {user}; \
             GRANT SELECT ON tki_migrations TO {user};"
        ))
        .await;
    let url = database
        .url("")
        .replace("tki:tests@", &format!("{user}:user@"));
    let storage = open(&url).await;
    let owner = Owner::new("rights");
    let first = owner.first(0);
    put(&storage, &first).await.unwrap();
    let next = first.next(vec![1], &owner.writer, None).unwrap();
    put(&storage, &next).await.unwrap();
    storage.restore(&[next]).await.unwrap();
    // The password is wrong: no outage.
    let wrong = url.replace(":user@", ":other@");
    let error = PostgresStorage::open(&options(&wrong)).await.unwrap_err();
    assert!(matches!(error, Error::Backend(_)), "{error:?}");
    assert!(!format!("{:?}", options(&wrong)).contains("other"));
}

//! Tables that are not there, are there, or are those of a newer program.

use core::error::Error as _;

use tki_storage::{Error, Storage};
use tki_storage_postgres::{PostgresStorage, SchemaError};

use crate::cluster::{Database, open, options};
use crate::owner::{Owner, commit};

fn schema(error: &Error) -> SchemaError {
    let source = error.source().and_then(|source| source.downcast_ref());
    *source.unwrap_or_else(|| panic!("{error:?}"))
}

#[tokio::test]
async fn an_empty_database_is_migrated_once_and_by_nobody_else() {
    let Some(database) = Database::new("empty").await else {
        return;
    };
    let options = options(&database.url(""));
    let error = PostgresStorage::open(&options).await.unwrap_err();
    assert_eq!(schema(&error), SchemaError::Missing);
    assert!(!error.is_retryable());

    let migrations: Vec<_> = (0..6)
        .map(|_| {
            let options = options.clone();
            tokio::spawn(async move { PostgresStorage::migrate(&options).await })
        })
        .collect();
    let mut from = Vec::new();
    for migrated in migrations {
        let migrated = migrated.await.unwrap().unwrap();
        assert_eq!(migrated.to, 1);
        from.push(migrated.from);
    }
    from.sort_unstable();
    assert_eq!(from, [0, 1, 1, 1, 1, 1]);

    let storage = open(&database.url("")).await;
    let record = Owner::new("empty").first(0);
    storage
        .commit(&commit(core::slice::from_ref(&record)))
        .await
        .unwrap();
    PostgresStorage::migrate(&options).await.unwrap();
    assert_eq!(storage.get(&record.address()).await.unwrap(), Some(record));
}

#[tokio::test]
async fn an_older_database_is_migrated_and_keeps_its_records() {
    let Some(database) = Database::new("older").await else {
        return;
    };
    let storage = database.storage("").await;
    let record = Owner::new("older").first(0);
    storage
        .commit(&commit(core::slice::from_ref(&record)))
        .await
        .unwrap();
    database.execute("DELETE FROM tki_migrations").await;
    let options = options(&database.url(""));
    let error = PostgresStorage::open(&options).await.unwrap_err();
    assert_eq!(schema(&error), SchemaError::Missing);
    let migrated = PostgresStorage::migrate(&options).await.unwrap();
    assert_eq!((migrated.from, migrated.to), (0, 1));
    let storage = open(&database.url("")).await;
    assert_eq!(storage.get(&record.address()).await.unwrap(), Some(record));
}

#[tokio::test]
async fn a_newer_database_is_left_alone() {
    let Some(database) = Database::new("newer").await else {
        return;
    };
    database.migrated().await;
    let newer = "INSERT INTO tki_migrations (number, name) VALUES (7, 'of the future')";
    database.execute(newer).await;
    let options = options(&database.url(""));
    let expected = SchemaError::Newer { found: 7, known: 1 };
    let error = PostgresStorage::open(&options).await.unwrap_err();
    assert_eq!(schema(&error), expected);
    let error = PostgresStorage::migrate(&options).await.unwrap_err();
    assert_eq!(schema(&error), expected);
}

#[tokio::test]
async fn tables_are_made_where_there_are_none_and_nowhere_else() {
    let Some(database) = Database::new("made").await else {
        return;
    };
    let options = options(&database.url(""));
    for _ in 0..2 {
        PostgresStorage::open_or_make(&options).await.unwrap();
    }
    let newer = "INSERT INTO tki_migrations (number, name) VALUES (7, 'of the future')";
    database.execute(newer).await;
    let error = PostgresStorage::open_or_make(&options).await.unwrap_err();
    assert_eq!(schema(&error), SchemaError::Newer { found: 7, known: 1 });
}

/// A migration that fails leaves the database as it was.
#[tokio::test]
async fn a_migration_is_whole_or_nothing() {
    let Some(database) = Database::new("whole").await else {
        return;
    };
    database
        .execute("CREATE TABLE tki_records (something_else text)")
        .await;
    let options = options(&database.url(""));
    PostgresStorage::migrate(&options).await.unwrap_err();
    let tables = "SELECT count(*) FROM pg_tables WHERE tablename = 'tki_migrations'";
    let row = database
        .client()
        .await
        .query_one(tables, &[])
        .await
        .unwrap();
    assert_eq!(row.get::<_, i64>(0), 0);
}

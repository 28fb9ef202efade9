//! A connection that is lost in the last step of a commit: what became of it is found out.

use tki_record::Record;
use tki_storage::{Error, Storage};
use tki_storage_postgres::PostgresStorage;

use crate::cluster::{Cluster, Database, connect, open};
use crate::owner::{Owner, commit};
use crate::proxy::{Cut, Proxy};

/// A database behind a proxy, a storage through it, and two records, of which one is there.
struct Scene {
    database: Database,
    proxy: Proxy,
    storage: PostgresStorage,
    owner: Owner,
    stored: Record,
    next: Vec<Record>,
}

impl Scene {
    async fn of(database: Database, test: &str) -> Self {
        database.migrated().await;
        let proxy = Proxy::to(database.port()).await;
        let storage = open(&database.url_at(proxy.port, "acquire_timeout=20")).await;
        let owner = Owner::new(test);
        let stored = owner.first(0);
        let first = commit(core::slice::from_ref(&stored));
        storage.commit(&first).await.unwrap();
        let changed = stored.next(vec![1], &owner.writer, None).unwrap();
        let next = vec![changed, owner.first(1)];
        Self {
            database,
            proxy,
            storage,
            owner,
            stored,
            next,
        }
    }

    async fn new(test: &str) -> Option<Self> {
        Some(Self::of(Database::new(test).await?, test).await)
    }

    /// Seen by somebody who is not behind the proxy.
    async fn is_committed(&self) -> bool {
        let addresses: Vec<_> = self.next.iter().map(Record::address).collect();
        let found = open(&self.database.url(""))
            .await
            .get_many(&addresses)
            .await;
        let found = found.unwrap();
        let after: Vec<_> = self.next.iter().cloned().map(Some).collect();
        assert!(found == after || found == [Some(self.stored.clone()), None]);
        found == after
    }

    /// The commit with its connection cut.
    async fn commit(&self, cut: Cut, then: impl FnOnce() + Send + 'static) -> Result<(), Error> {
        self.proxy.cut(cut, then);
        self.storage.commit(&commit(&self.next)).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_the_server_never_got_is_made_again() {
    for (cut, test) in [
        (Cut::Before, "cut_before"),
        (Cut::BeforeAndNotNoticed, "cut_unnoticed"),
    ] {
        let Some(scene) = Scene::new(test).await else {
            return;
        };
        scene.commit(cut, || ()).await.unwrap();
        assert!(scene.is_committed().await);
        // The first, the one that was cut, and that one again.
        assert_eq!(scene.proxy.commits(), 3);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_was_lost_is_accepted_once() {
    let Some(scene) = Scene::new("cut_after").await else {
        return;
    };
    scene.commit(Cut::After, || ()).await.unwrap();
    assert!(scene.is_committed().await);
    assert_eq!(scene.proxy.commits(), 2);
}

/// Whose records have moved on since: its number tells all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_was_lost_is_accepted_even_when_others_followed() {
    let Some(scene) = Scene::new("cut_and_followed").await else {
        return;
    };
    let follow = follow(&scene);
    scene.commit(Cut::After, follow).await.unwrap();
    assert_eq!(scene.proxy.commits(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nobody_can_be_asked_the_outcome_is_unknown() {
    for (cut, test) in [(Cut::Before, "dark_before"), (Cut::After, "dark_after")] {
        let Some(mut scene) = Scene::new(test).await else {
            return;
        };
        let url = scene.database.url_at(scene.proxy.port, "acquire_timeout=1");
        scene.storage = open(&url).await;
        let proxy = scene.proxy.clone();
        let error = scene.commit(cut, move || proxy.close()).await.unwrap_err();
        assert!(matches!(error, Error::OutcomeUnknown { .. }), "{error:?}");
        assert!(!error.is_retryable());
        assert_eq!(scene.is_committed().await, cut == Cut::After);
    }
}

/// Another server than the one that was asked: the records tell.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_crash_of_the_server_the_records_tell() {
    let Some(cluster) = Cluster::new() else {
        return;
    };
    let cluster = std::sync::Arc::new(cluster);
    for (cut, test) in [(Cut::Before, "crash_before"), (Cut::After, "crash_after")] {
        let database = Database::of(&cluster.url, test).await;
        let scene = Scene::of(database, test).await;
        let crashing = std::sync::Arc::clone(&cluster);
        let crash = move || {
            crashing.kill();
            crashing.start_again();
        };
        scene.commit(cut, crash).await.unwrap();
        assert!(scene.is_committed().await);
        let expected = if cut == Cut::After { 2 } else { 3 };
        assert_eq!(scene.proxy.commits(), expected, "{cut:?}");
    }
    // Unless others have changed them since.
    let database = Database::of(&cluster.url, "crash_followed").await;
    let scene = Scene::of(database, "crash_followed").await;
    let follow = follow(&scene);
    let crash = move || {
        follow();
        cluster.kill();
        cluster.start_again();
    };
    let error = scene.commit(Cut::After, crash).await.unwrap_err();
    assert!(matches!(error, Error::OutcomeUnknown { .. }), "{error:?}");
}

/// A server that recovers without being started again gives the numbers of transactions that it forgot
/// to others, which commit: a number says nothing then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_that_another_transaction_got_after_a_crash_is_not_believed() {
    let Some(cluster) = Cluster::new() else {
        return;
    };
    let cluster = std::sync::Arc::new(cluster);
    let database = Database::of(&cluster.url, "reused").await;
    // What is not committed stays out of the log.
    let lazy = "ALTER SYSTEM SET wal_writer_delay = '10s'";
    database.execute(lazy).await;
    database.execute("SELECT pg_reload_conf()").await;
    let scene = Scene::of(database, "reused").await;
    let url = scene.database.url("");
    let crashing = std::sync::Arc::clone(&cluster);
    let crash = move || {
        // That of the commit, the only one that is not over.
        let first_open = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint";
        let lost = waited_for(number(&url, first_open));
        crashing.crash();
        let given = "SELECT pg_current_xact_id()::text::bigint";
        assert_eq!(waited_for(number(&url, given)), lost);
    };
    let answer = scene.commit(Cut::BeforeAndNotNoticed, crash).await;
    answer.unwrap();
    assert!(scene.is_committed().await);
    assert_eq!(scene.proxy.commits(), 3);
}

async fn number(url: &str, question: &str) -> i64 {
    let client = connect(url).await;
    client.query_one(question, &[]).await.unwrap().get(0)
}

/// Whoever waits for a standby that does not answer has not committed, as far as anybody may say.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_no_standby_confirms_is_not_acknowledged() {
    let Some(cluster) = Cluster::new() else {
        return;
    };
    let database = Database::of(&cluster.url, "unconfirmed").await;
    let scene = Scene::of(database, "unconfirmed").await;
    let nobody = "ALTER SYSTEM SET synchronous_standby_names = 'nobody'";
    scene.database.execute(nobody).await;
    cluster.kill();
    cluster.start_again();
    let limits = "statement_timeout=1&connect_timeout=1&acquire_timeout=1";
    let storage = open(&scene.database.url(limits)).await;
    let error = storage.commit(&commit(&scene.next)).await.unwrap_err();
    assert!(matches!(error, Error::OutcomeUnknown { .. }), "{error:?}");
}

/// Somebody else writes the version after that of the commit.
fn follow(scene: &Scene) -> impl FnOnce() + Send + 'static + use<> {
    let url = scene.database.url("");
    let changed = scene.next[0]
        .next(vec![2], &scene.owner.writer, None)
        .unwrap();
    move || {
        waited_for(async {
            let following = commit(&[changed]);
            open(&url).await.commit(&following).await.unwrap();
        });
    }
}

/// Of what happens while a connection is cut, where nothing else goes on.
fn waited_for<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(work)
}

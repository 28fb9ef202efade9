//! What operators do, over a real database: backups, taking them in, checking.
#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]

use core::num::NonZeroU32;
use std::collections::BTreeMap;
use std::process::Output;
use std::sync::Arc;

use tki_record::{Address, Commit, Record};
use tki_server::admin::{Place, Socket};
use tki_server::backend::StorageUrl;
use tki_server::commands::{OnDamage, backup};
use tki_server::metrics::Metrics;
use tki_server::scrub::{Finding, Scrub, ScrubSettings};
use tki_storage::Browse;

use crate::asking::Owner;
use crate::backups::{check_accounts, command, json, quiet, text};
use crate::databases::{client, database};

/// The storage in a new database.
async fn open(url: &str) -> Arc<dyn Browse> {
    let url: StorageUrl = url.parse().unwrap();
    url.open().await.unwrap().storage
}

/// So many records, which are stored.
async fn filled(storage: &dyn Browse, test: &str, count: u8) -> Vec<(Owner, Record)> {
    let mut rng = tki_testkit::rng(test);
    let mut all: Vec<(Owner, Record)> = Vec::new();
    for body in 0..count {
        let owner = Owner::new(&mut rng);
        let first = owner.first(&[body]);
        all.push((owner, first));
    }
    let records: Vec<Record> = all.iter().map(|(_, record)| record.clone()).collect();
    storage.restore(&records).await.unwrap();
    all
}

/// Everything that is stored, in the order of addresses.
async fn everything(storage: &dyn Browse) -> Vec<Record> {
    let mut snapshot = storage.snapshot().await.unwrap();
    let mut all = Vec::new();
    loop {
        let page = snapshot.next(100).await.unwrap();
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

#[track_caller]
fn ran(arguments: &[&str], code: i32) -> Output {
    let output = command(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    output
}

#[tokio::test]
async fn a_backup_of_one_database_is_taken_in_by_another_and_by_a_file() {
    let (Some(from), Some(to)) = (database("from").await, database("to").await) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let storage = open(&from).await;
    filled(&*storage, "a backup of a database", 120).await;
    let made = ran(&["backup", "--json", "--storage", &from, text(&out)], 0);
    assert_eq!(json(&made)["totals"]["records"], 120);
    let said = String::from_utf8(made.stdout.clone()).unwrap();
    assert!(!said.contains("postgres:"), "{said}");
    let verified = ran(&["verify", "--json", text(&out)], 0);
    assert_eq!(json(&verified)["sha256"], json(&made)["sha256"]);
    let verified = ran(&["verify", "--json", "--storage", &from], 0);
    assert_eq!(json(&verified)["totals"]["records"], 120);

    // The tables are made where there are none; and a second time nothing changes.
    for (created, kept) in [(120, 0), (0, 120)] {
        let taken = ran(&["restore", "--json", "--storage", &to, text(&out)], 0);
        let totals = &json(&taken)["totals"];
        assert_eq!(
            (&totals["created"], &totals["kept"]),
            (&created.into(), &kept.into())
        );
    }
    let file = format!("redb:{}", text(&folder.path().join("records.redb")));
    ran(&["restore", "--storage", &file, text(&out)], 0);
    let all = everything(&*storage).await;
    for other in [&to, &file] {
        assert_eq!(everything(&*open(other).await).await, all);
    }
}

/// Of every commit that is made meanwhile, all or nothing is in the backup that a server makes, by
/// its socket.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_backup_of_a_running_server_is_of_one_moment_of_the_database() {
    let Some(url) = database("moment").await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let storage = open(&url).await;
    let socket = Socket::open(folder.path()).await.unwrap();
    let server = tokio::spawn(socket.serve(Arc::clone(&storage)));
    // An account of three records each, of which every change writes all.
    let all = filled(&*storage, "of one moment", 90).await;
    let addresses = all
        .chunks(3)
        .map(|three| three.iter().map(|(_, record)| record.address()));
    let addresses: Vec<Vec<Address>> = addresses.map(Iterator::collect).collect();
    let writes = Arc::clone(&storage);
    let writer = tokio::spawn(async move {
        let mut all = all;
        for round in 0..5_u8 {
            for account in all.chunks_mut(3) {
                for (owner, record) in &mut *account {
                    *record = owner.next(record, &[round]);
                }
                let records = account.iter().map(|(_, record)| record.clone()).collect();
                writes.commit(&Commit::new(records).unwrap()).await.unwrap();
            }
        }
    });
    let mut backups = 0;
    loop {
        let is_last = writer.is_finished();
        let place = Place::running(folder.path()).await.unwrap().unwrap();
        let out = folder.path().join("backup");
        backup(place, &out, OnDamage::Stop, &mut quiet)
            .await
            .unwrap();
        check_accounts(&out, &addresses).await;
        backups += 1;
        if is_last {
            break;
        }
    }
    writer.await.unwrap();
    assert!(backups > 1);
    server.abort();
}

/// What a pass of the background check finds.
async fn found(storage: &Arc<dyn Browse>, notes: &std::path::Path) -> BTreeMap<Finding, u64> {
    let mut settings = ScrubSettings::new(Some(notes.to_owned()));
    settings.rate = NonZeroU32::MAX;
    let metrics = Arc::new(Metrics::new("postgres"));
    let scrub = Scrub::new(Arc::clone(storage), metrics, settings, || 1_800_000_000);
    scrub.pass().await.unwrap().findings
}

#[tokio::test]
async fn the_check_and_the_commands_find_what_is_wrong_in_a_database() {
    let Some(url) = database("wrong").await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (notes, out) = (folder.path().join("scrub.notes"), folder.path().join("out"));
    let storage = open(&url).await;
    let all = filled(&*storage, "wrong in a database", 40).await;
    let (owner, changed) = &all[5];
    let next = Commit::new(vec![owner.next(changed, b"next")]).unwrap();
    storage.commit(&next).await.unwrap();
    assert_eq!(found(&storage, &notes).await, BTreeMap::new());

    // Somebody changes a body, removes a record, and puts an older one back.
    let client = client(&url).await;
    let of = |place: usize| all[place].1.address().to_bytes().to_vec();
    let statement = "UPDATE tki_records SET body = 'another'::bytea WHERE address = $1";
    client.execute(statement, &[&of(3)]).await.unwrap();
    let statement = "DELETE FROM tki_records WHERE address = $1";
    client.execute(statement, &[&of(4)]).await.unwrap();
    client.execute(statement, &[&of(5)]).await.unwrap();
    storage
        .restore(core::slice::from_ref(changed))
        .await
        .unwrap();
    let expected = [
        (Finding::Damaged, 1),
        (Finding::Missing, 1),
        (Finding::WentBack, 1),
    ];
    assert_eq!(found(&storage, &notes).await, BTreeMap::from(expected));

    let damaged = all[3].1.address().to_string();
    let verified = ran(&["verify", "--json", "--storage", &url], 4);
    assert_eq!(json(&verified)["damaged"][0]["address"], damaged);
    ran(&["backup", "--storage", &url, text(&out)], 4);
    assert!(!out.exists());
    let leave_out = [
        "backup",
        "--json",
        "--leave-out-damaged",
        "--storage",
        &url,
        text(&out),
    ];
    let made = ran(&leave_out, 0);
    assert_eq!(json(&made)["totals"]["records"], 38);
    assert_eq!(json(&made)["damaged"][0]["address"], damaged);
}

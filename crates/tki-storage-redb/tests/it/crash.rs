//! A process killed while it commits leaves every commit whole or absent, and what it was told to
//! be committed stays.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::tempdir;
use tki_record::Record;
use tki_storage::Storage;
use tki_storage_redb::RedbStorage;

use crate::owner::{Owner, commit};

const PATH_VARIABLE: &str = "TKI_REDB_TEST_PATH";
const RECORDS: u32 = 3;

/// The child: changes its records together until it is killed, and prints each version that was
/// accepted. Run by itself it has nothing to do.
#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "a child process is told what to do by variables"
)]
async fn child() {
    let Some(path) = std::env::var_os(PATH_VARIABLE) else {
        return;
    };
    let storage = RedbStorage::open(Path::new(&path)).unwrap();
    let owner = Owner::new("crash");
    let mut records: Vec<Record> = (0..RECORDS).map(|slot| owner.first(slot)).collect();
    for record in &mut records {
        if let Some(stored) = storage.get(&record.address()).await.unwrap() {
            *record = stored.next(vec![7; 20_000], &owner.writer, None).unwrap();
        }
    }
    let mut out = std::io::stdout();
    loop {
        storage.commit(&commit(&records)).await.unwrap();
        writeln!(out, "accepted {}", records[0].version()).unwrap();
        out.flush().unwrap();
        for record in &mut records {
            *record = record.next(vec![7; 20_000], &owner.writer, None).unwrap();
        }
    }
}

#[tokio::test]
async fn a_killed_process_leaves_whole_commits() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("records");
    let owner = Owner::new("crash");
    let addresses: Vec<_> = (0..RECORDS)
        .map(|slot| owner.first(slot).address())
        .collect();
    let mut rng = tki_testkit::rng("crash");
    for _ in 0..8 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::child", "--nocapture"])
            .env(PATH_VARIABLE, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // After so many accepted commits, which falls anywhere in the next one.
        let after = 1 + usize::try_from(rand_core::Rng::next_u32(&mut rng) % 12).unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let accepted = lines
            .map_while(Result::ok)
            .filter_map(|line| line.split_once("accepted ")?.1.parse::<u64>().ok())
            .nth(after)
            .unwrap();
        child.kill().unwrap();
        child.wait().unwrap();

        let storage = RedbStorage::open(&path).unwrap();
        let versions: Vec<u64> = storage
            .get_many(&addresses)
            .await
            .unwrap()
            .into_iter()
            .map(|record| {
                let record = record.unwrap();
                record.verify().unwrap();
                record.version()
            })
            .collect();
        assert!(
            versions[0] >= accepted,
            "version {accepted} was accepted and is gone"
        );
        assert_eq!(versions, [versions[0]; 3], "a commit is there in part");
    }
}

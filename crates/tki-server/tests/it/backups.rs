//! Backups: of a running server, while others commit; damaged ones; taking them in.
#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

use async_trait::async_trait;
use tempfile::TempDir;
use tki_record::{Address, Commit, Record, Restored};
use tki_server::admin::{Place, SOCKET, Socket, Totals};
use tki_server::commands::{
    Failure, FailureKind, OnDamage, backup, restore, verify_file, verify_storage,
};
use tki_storage::backup::BackupWriter;
use tki_storage::{Browse, Error, MemoryStorage, Snapshot, Storage};
use tki_storage_redb::RedbStorage;
use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixListener;

use crate::asking::Owner;

/// Whoever is not told anything.
pub(crate) fn quiet(_: &Totals) {}

/// What is stored, and the folder of the test.
struct Kept {
    folder: TempDir,
    storage: Arc<MemoryStorage>,
    records: Vec<Record>,
}

impl Kept {
    /// So many records in memory.
    async fn new(test: &str, count: usize) -> Self {
        let mut rng = tki_testkit::rng(test);
        let mut records: Vec<Record> = (0..count)
            .map(|_| Owner::new(&mut rng).first(b"body"))
            .collect();
        records.sort_by_key(Record::address);
        let storage = Arc::new(MemoryStorage::new());
        storage.restore(&records).await.unwrap();
        Self {
            folder: tempfile::tempdir().unwrap(),
            storage,
            records,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn place(&self) -> Place {
        opened(&self.storage)
    }

    /// A backup of what is stored.
    async fn backup(&self) -> PathBuf {
        let out = self.path("backup");
        let made = backup(self.place(), &out, OnDamage::Stop, &mut quiet).await;
        assert_eq!(made.unwrap().totals.records, self.records.len() as u64);
        out
    }
}

fn opened<S: Browse + 'static>(storage: &Arc<S>) -> Place {
    let storage: Arc<dyn Browse> = Arc::<S>::clone(storage);
    Place::Opened(storage)
}

/// A backup of these records, written without looking at them.
fn file_of(path: &Path, records: &[Record]) {
    let (mut writer, mut bytes) = BackupWriter::begin();
    for record in records {
        writer.record(record, &mut bytes).unwrap();
    }
    bytes.extend(writer.end());
    std::fs::write(path, bytes).unwrap();
}

/// The record with a signature that is none, which its encoding does not show.
fn forged(record: &Record) -> Record {
    let mut bytes = record.encode();
    let signature = 1 + 165 + 8 + 1 + 32 + 4;
    bytes[signature + 40] ^= 1;
    Record::decode(&bytes).unwrap()
}

#[tokio::test]
async fn a_backup_is_taken_in_elsewhere_and_is_the_same() {
    let kept = Kept::new("backup", 200).await;
    let file = kept.backup().await;
    let verified = verify_file(&file, &mut quiet).unwrap();
    assert!(verified.is_sound());
    assert_eq!(verified.totals.records, 200);
    assert_eq!(verified.hash.len(), 64);

    let elsewhere = Arc::new(MemoryStorage::new());
    let taken = restore(&file, opened(&elsewhere), &mut quiet)
        .await
        .unwrap();
    assert_eq!((taken.totals.created, taken.totals.kept), (200, 0));
    assert_eq!(elsewhere.records(), kept.records);
    // Again, nothing changes.
    let again = restore(&file, opened(&elsewhere), &mut quiet)
        .await
        .unwrap();
    assert_eq!((again.totals.created, again.totals.kept), (0, 200));
}

/// Accounts of three records each, of which every change writes all: in every backup that is made
/// meanwhile, the three have one version.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_backup_of_a_running_server_has_of_every_commit_all_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Arc::new(RedbStorage::open(&folder.path().join("records.redb")).unwrap());
    let socket = Socket::open(folder.path()).await.unwrap();
    let server = tokio::spawn(socket.serve(Arc::<RedbStorage>::clone(&storage)));

    let mut rng = tki_testkit::rng("meanwhile");
    let owners: Vec<[Owner; 3]> = (0..40)
        .map(|_| core::array::from_fn(|_| Owner::new(&mut rng)))
        .collect();
    let mut accounts: Vec<Vec<Record>> = owners
        .iter()
        .map(|account| account.iter().map(|owner| owner.first(b"0")).collect())
        .collect();
    for account in &accounts {
        storage
            .commit(&Commit::new(account.clone()).unwrap())
            .await
            .unwrap();
    }
    let addresses: Vec<Vec<Address>> = accounts
        .iter()
        .map(|account| account.iter().map(Record::address).collect())
        .collect();
    let writes = Arc::clone(&storage);
    let writer = tokio::spawn(async move {
        for round in 0..10_u8 {
            for (account, owners) in accounts.iter_mut().zip(&owners) {
                for (record, owner) in account.iter_mut().zip(owners) {
                    *record = owner.next(record, &[round]);
                }
                let commit = Commit::new(account.clone()).unwrap();
                writes.commit(&commit).await.unwrap();
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

/// In this backup the records of each account are of one version.
pub(crate) async fn check_accounts(file: &Path, accounts: &[Vec<Address>]) {
    let copy = Arc::new(MemoryStorage::new());
    restore(file, opened(&copy), &mut quiet).await.unwrap();
    for account in accounts {
        let records = copy.get_many(account).await.unwrap();
        let versions: Vec<u64> = records.iter().flatten().map(Record::version).collect();
        assert_eq!(versions.len(), 3);
        assert!(
            versions.iter().all(|version| *version == versions[0]),
            "{versions:?}"
        );
    }
}

#[tokio::test]
async fn a_file_that_is_damaged_anywhere_is_not_taken_in() {
    let kept = Kept::new("damaged", 3).await;
    let whole = std::fs::read(kept.backup().await).unwrap();
    let damaged = kept.path("damaged");
    // Every byte of the beginning and the end, and of each record some.
    let places =
        (0..whole.len()).filter(|place| *place < 32 || *place > whole.len() - 64 || place % 7 == 0);
    for place in places {
        let mut bytes = whole.clone();
        bytes[place] ^= 0x10;
        std::fs::write(&damaged, &bytes).unwrap();
        refused(&damaged, FailureKind::Corrupt).await;
    }
    for length in [0, 8, 9, 12, 100, whole.len() - 44, whole.len() - 1] {
        std::fs::write(&damaged, &whole[..length]).unwrap();
        refused(&damaged, FailureKind::Corrupt).await;
    }
    let mut longer = whole.clone();
    longer.push(0);
    std::fs::write(&damaged, &longer).unwrap();
    refused(&damaged, FailureKind::Corrupt).await;
}

/// Panics unless the file is refused, and nothing of it is stored.
async fn refused(file: &Path, kind: FailureKind) -> Failure {
    let storage = Arc::new(MemoryStorage::new());
    let failure = restore(file, opened(&storage), &mut quiet)
        .await
        .unwrap_err();
    assert_eq!(failure.kind, kind, "{failure}");
    assert_eq!(storage.records(), []);
    failure
}

/// Somebody who makes the hash anew can put in what he likes, and is found out by the signatures.
#[tokio::test]
async fn a_record_that_nobody_signed_is_not_taken_in_though_the_hash_is_right() {
    let kept = Kept::new("forged", 5).await;
    let mut records = kept.records.clone();
    records[3] = forged(&records[3]);
    let file = kept.path("forged");
    file_of(&file, &records);
    let verified = verify_file(&file, &mut quiet).unwrap();
    assert_eq!(verified.damaged.len(), 1);
    assert_eq!(
        verified.damaged[0].address,
        Some(records[3].address().to_string())
    );
    let failure = refused(&file, FailureKind::Corrupt).await;
    assert!(failure.message.contains(&records[3].address().to_string()));
}

#[tokio::test]
async fn what_is_stored_never_goes_backwards() {
    let kept = Kept::new("forwards", 2).await;
    let mut rng = tki_testkit::rng("forwards too");
    let owners: Vec<Owner> = (0..4).map(|_| Owner::new(&mut rng)).collect();
    let firsts: Vec<Record> = owners.iter().map(|owner| owner.first(b"1")).collect();
    let mut of_backup = firsts.clone();
    // One is newer in the backup, one newer in the storage, one went another way.
    of_backup[1] = owners[1].next(&firsts[1], b"2");
    of_backup[3] = owners[3].next(&firsts[3], b"here");
    of_backup.sort_by_key(Record::address);
    let file = kept.path("mixed");
    file_of(&file, &of_backup);
    let mut stored = firsts.clone();
    stored[2] = owners[2].next(&firsts[2], b"2");
    stored[3] = owners[3].next(&firsts[3], b"there");
    let storage = Arc::new(MemoryStorage::from_records(stored.clone()).unwrap());

    let taken = restore(&file, opened(&storage), &mut quiet).await.unwrap();
    let totals = taken.totals;
    let counts = [totals.kept, totals.advanced, totals.newer, totals.conflicts];
    assert_eq!(counts, [1, 1, 1, 1]);
    assert_eq!(taken.conflicts.len(), 1);
    assert_eq!(taken.conflicts[0].address, stored[3].address().to_string());
    assert_eq!(taken.conflicts[0].found, 1);
    stored[1] = owners[1].next(&firsts[1], b"2");
    for record in &stored {
        assert_eq!(
            storage.get(&record.address()).await.unwrap().as_ref(),
            Some(record)
        );
    }
}

/// A storage that takes in so many times, and then fails as one does whose disk is gone.
struct Fails {
    inner: Arc<MemoryStorage>,
    left: std::sync::Mutex<usize>,
}

#[async_trait]
impl Storage for Fails {
    async fn get(&self, address: &Address) -> Result<Option<Record>, Error> {
        self.inner.get(address).await
    }

    async fn commit(&self, commit: &Commit) -> Result<(), Error> {
        self.inner.commit(commit).await
    }

    async fn restore(&self, copies: &[Record]) -> Result<Restored, Error> {
        {
            let mut left = self.left.lock().unwrap();
            *left = left.checked_sub(1).ok_or(Error::Backend("gone".into()))?;
        }
        self.inner.restore(copies).await
    }
}

#[async_trait]
impl Browse for Fails {
    async fn page(&self, after: Option<&Address>, limit: usize) -> Result<Vec<Record>, Error> {
        self.inner.page(after, limit).await
    }
}

#[tokio::test]
async fn taking_in_goes_on_where_it_was_broken_off() {
    let kept = Kept::new("broken off", 300).await;
    let file = kept.backup().await;
    let inner = Arc::new(MemoryStorage::new());
    for left in [0, 1, 2] {
        let left = std::sync::Mutex::new(left);
        let inner = Arc::clone(&inner);
        let place = opened(&Arc::new(Fails { inner, left }));
        let failure = restore(&file, place, &mut quiet).await.unwrap_err();
        assert!(failure.message.contains("gone"), "{failure}");
        assert!(failure.next.contains("run the same command again"));
    }
    let taken = restore(&file, opened(&inner), &mut quiet).await.unwrap();
    assert_eq!(taken.totals.created + taken.totals.kept, 300);
    assert!(taken.totals.kept > 0);
    assert_eq!(inner.records(), kept.records);
}

/// A storage some of whose records are damaged.
struct Damaged {
    inner: MemoryStorage,
    unreadable: Address,
}

struct DamagedSnapshot {
    left: std::collections::VecDeque<Record>,
    unreadable: Address,
}

#[async_trait]
impl Storage for Damaged {
    async fn get(&self, address: &Address) -> Result<Option<Record>, Error> {
        self.inner.get(address).await
    }

    async fn commit(&self, commit: &Commit) -> Result<(), Error> {
        self.inner.commit(commit).await
    }
}

#[async_trait]
impl Browse for Damaged {
    async fn page(&self, after: Option<&Address>, limit: usize) -> Result<Vec<Record>, Error> {
        self.inner.page(after, limit).await
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, Error> {
        let left = self.inner.records().into();
        let unreadable = self.unreadable;
        Ok(Box::new(DamagedSnapshot { left, unreadable }))
    }
}

#[async_trait]
impl Snapshot for DamagedSnapshot {
    async fn next(&mut self, _limit: usize) -> Result<Vec<Record>, Error> {
        match self.left.pop_front() {
            Some(record) if record.address() == self.unreadable => Err(Error::Corrupt {
                address: Some(self.unreadable),
                source: None,
            }),
            record => Ok(record.into_iter().collect()),
        }
    }
}

#[tokio::test]
async fn a_backup_with_damaged_records_is_made_only_if_asked_for_and_names_them() {
    let kept = Kept::new("damaged storage", 5).await;
    let unreadable = kept.records[1].address();
    let inner = MemoryStorage::from_records(kept.records.clone()).unwrap();
    let storage = Arc::new(Damaged { inner, unreadable });
    let out = kept.path("out");
    std::fs::write(&out, "old").unwrap();
    let failure = backup(opened(&storage), &out, OnDamage::Stop, &mut quiet).await;
    let failure = failure.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Corrupt);
    assert!(
        failure.message.contains(&unreadable.to_string()),
        "{failure}"
    );
    assert!(failure.next.contains("--leave-out-damaged"), "{failure}");
    assert_eq!(std::fs::read(&out).unwrap(), b"old");

    let made = backup(opened(&storage), &out, OnDamage::LeaveOut, &mut quiet).await;
    let made = made.unwrap();
    assert_eq!((made.totals.records, made.totals.left_out), (4, 1));
    assert_eq!(made.damaged[0].address, Some(unreadable.to_string()));
    assert!(verify_file(&out, &mut quiet).unwrap().is_sound());
    let verified = verify_storage(opened(&storage), &mut quiet).await.unwrap();
    assert!(!verified.is_sound());
    assert_eq!(verified.totals.records, 4);
}

#[tokio::test]
async fn the_socket_is_its_owners_alone_and_there_is_one() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    assert!(Place::running(folder.path()).await.unwrap().is_none());
    let socket = Socket::open(folder.path()).await.unwrap();
    let path = folder.path().join(SOCKET);
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(
        Socket::open(folder.path()).await.is_err(),
        "a server runs there"
    );
    drop(socket);
    assert!(!path.exists());
    // One that a dead server left is no server, and is replaced.
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    assert!(Place::running(folder.path()).await.unwrap().is_none());
    let socket = Socket::open(folder.path()).await.unwrap();
    drop(socket);
}

#[tokio::test]
async fn who_asks_for_nothing_that_is_known_gets_nothing() {
    let storage = MemoryStorage::new();
    for line in [
        "",
        "\n",
        "{}\n",
        "{\"do\":\"remove\"}\n",
        "GET / HTTP/1.1\r\n\r\n",
    ] {
        let (mut here, there) = tokio::io::duplex(4096);
        here.write_all(line.as_bytes()).await.unwrap();
        here.shutdown().await.unwrap();
        assert!(
            tki_server::admin::answer(there, &storage).await.is_err(),
            "{line}"
        );
    }
}

/// The command, in a process of its own.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tki-server"));
    command.args(arguments).env_remove("TKI_SERVER_STORAGE");
    command.env_remove("TKI_SERVER_DATA").stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

pub(crate) fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Ends the command as nothing that it could prepare for does.
fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A folder with an embedded storage of these records.
async fn data(folder: &Path, records: &[Record]) {
    std::fs::create_dir(folder).unwrap();
    let storage = RedbStorage::open(&folder.join("records.redb")).unwrap();
    for some in records.chunks(100) {
        storage.restore(some).await.unwrap();
    }
}

#[tokio::test]
async fn the_commands_work_where_no_server_runs() {
    let kept = Kept::new("commands", 20).await;
    let (from, to, out) = (kept.path("from"), kept.path("to"), kept.path("out"));
    data(&from, &kept.records).await;
    let run = |arguments: &[&str]| command(arguments).output().unwrap();

    let made = run(&["backup", "--json", "--data", text(&from), text(&out)]);
    assert_eq!(made.status.code(), Some(0), "{made:?}");
    assert_eq!(json(&made)["totals"]["records"], 20);
    let verified = run(&["verify", "--json", text(&out)]);
    assert_eq!(verified.status.code(), Some(0));
    assert_eq!(json(&verified)["sound"], true);
    assert_eq!(json(&verified)["sha256"], json(&made)["sha256"]);
    let taken = run(&["restore", "--data", text(&to), text(&out)]);
    assert_eq!(taken.status.code(), Some(0), "{taken:?}");
    let said = String::from_utf8(taken.stdout).unwrap();
    assert!(said.contains("20 new, 0 brought forward"), "{said}");
    let verified = run(&["verify", "--data", text(&to)]);
    assert!(
        verified.stdout.starts_with(b"sound: 20 records"),
        "{verified:?}"
    );

    // What is not there is not made by looking.
    let nowhere = kept.path("nowhere");
    for arguments in [
        &["verify", "--json", "--data", text(&nowhere)][..],
        &["backup", "--json", "--data", text(&nowhere), text(&out)],
        &["verify", "--json", text(&nowhere)],
    ] {
        let failed = run(arguments);
        assert_eq!(failed.status.code(), Some(4), "{failed:?}");
        let said: serde_json::Value = serde_json::from_slice(&failed.stderr).unwrap();
        assert_eq!(said["error"]["kind"], "not-found");
        assert!(!nowhere.exists());
    }
    std::fs::OpenOptions::new()
        .append(true)
        .open(&out)
        .unwrap()
        .write_all(b"x")
        .unwrap();
    let failed = run(&["restore", "--data", text(&to), text(&out)]);
    assert_eq!(failed.status.code(), Some(4));
    let said = String::from_utf8(failed.stderr).unwrap();
    assert!(
        said.contains("bytes follow the end") && said.contains("next:"),
        "{said}"
    );
}

/// Whenever it is killed, the file is the old one; and what the killed one left goes with the next.
#[tokio::test]
async fn a_backup_that_is_killed_leaves_the_old_one() {
    let kept = Kept::new("killed", 200).await;
    let whole = std::fs::read(kept.backup().await).unwrap();
    let out = kept.path("out");
    std::fs::write(&out, "old").unwrap();
    let listener = UnixListener::bind(kept.path(SOCKET)).unwrap();
    let arguments = ["backup", "--data", text(kept.folder.path()), text(&out)];
    for part in [0, 1, 9, 5000, whole.len() - 1] {
        let child = command(&arguments).spawn().unwrap();
        let (mut stream, _) = listener.accept().await.unwrap();
        // As much of the answer as a server that dies has said.
        let mut frame = vec![1];
        frame.extend(u32::try_from(part).unwrap().to_be_bytes());
        frame.extend(&whole[..part]);
        stream.write_all(&frame).await.unwrap();
        kill(child);
        assert_eq!(std::fs::read(&out).unwrap(), b"old");
    }
    // A server that goes away is not a backup either.
    let child = command(&arguments).spawn().unwrap();
    drop(listener.accept().await.unwrap());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(5), "{output:?}");
    assert_eq!(std::fs::read(&out).unwrap(), b"old");
    let names = std::fs::read_dir(kept.folder.path()).unwrap();
    let left: Vec<_> = names
        .map(|name| name.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains(".tmp"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
}

#[tokio::test]
async fn taking_in_that_is_killed_is_done_by_running_it_again() {
    let kept = Kept::new("killed too", 500).await;
    let file = kept.backup().await;
    let to = kept.path("to");
    let arguments = ["restore", "--json", "--data", text(&to), text(&file)];
    for _ in 0..5 {
        kill(command(&arguments).spawn().unwrap());
    }
    let output = command(&arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let totals = &json(&output)["totals"];
    let count = |name: &str| totals[name].as_u64().unwrap();
    assert_eq!(count("created") + count("kept"), 500);
    let storage = RedbStorage::open(&to.join("records.redb")).unwrap();
    let mut found = BTreeMap::new();
    let mut snapshot = storage.snapshot().await.unwrap();
    loop {
        let page = snapshot.next(100).await.unwrap();
        if page.is_empty() {
            break;
        }
        found.extend(page.into_iter().map(|record| (record.address(), record)));
    }
    assert_eq!(found.into_values().collect::<Vec<_>>(), kept.records);
}

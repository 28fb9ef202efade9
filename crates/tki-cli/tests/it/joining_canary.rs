//! Somebody joins and a guardian helps, and their secrets are looked for: in every file of every
//! machine, in what was carried, and in all that was printed.

use alloc::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tki::metadata::{Mailbox, OpeningSeed, PendingJoin};
use tki::seal::passphrase_file::{FileKind, SealedFile};
use tki::seal::transcript::Tag;
use tki::storage::Storage as _;
use tki::storage_redb::RedbStorage;
use tki::{Factor, SeedFactor};

use crate::needles::Needles;
use crate::support::{Home, bare, finish};

/// Three machines, and everything that was printed on any of them.
struct Scene {
    owner: Home,
    guardian: Home,
    new: Home,
    printed: Vec<u8>,
}

/// Whose home.
type Side = fn(&Scene) -> &Home;

impl Scene {
    /// Runs a command with its passphrases, saying as much as it can; gives what was printed.
    fn run(&mut self, home: Side, arguments: &[&str]) -> String {
        let home = home(self);
        let mut command = bare(arguments);
        let passphrases = ["-v", "--passphrase-file", "passphrase"];
        command
            .current_dir(home.path(""))
            .env("TKI_HOME", home.path("home"))
            .args(passphrases);
        let run = finish(command, b"");
        self.printed.extend_from_slice(run.out.as_bytes());
        self.printed.extend_from_slice(run.err.as_bytes());
        run.ok()
    }

    fn carry(from: &Home, to: &Home, file: &str) {
        std::fs::copy(from.path(file), to.path(file)).unwrap();
    }

    /// What a guardian keeps, as he reads it.
    fn guardianship(&self) -> PendingJoin {
        let kind = FileKind::new(*b"TKI-GRDN", Tag::GuardianFile);
        let file = self.guardian.path("home/guardian/alice.tki");
        let file = std::fs::read(file).unwrap();
        let file = SealedFile::parse(kind, &file).unwrap();
        let key = file.derive_key(b"correct horse").unwrap();
        PendingJoin::decode(&file.open(&key).unwrap()).unwrap()
    }
}

/// The digits that were printed beside a message.
fn digits(printed: &str) -> String {
    printed.trim().strip_prefix("code  ").unwrap().to_owned()
}

/// Share and account secret, as the guardian's mailbox holds them.
fn of_mailbox(storage: &Path, seed: &OpeningSeed) -> Vec<(&'static str, [u8; 32])> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let storage = RedbStorage::open(storage).unwrap();
    let factor = SeedFactor::new(tki::metadata::HolderKind::Guardian, "", seed.clone());
    let address = factor.address(0);
    let mailbox = runtime.block_on(async {
        let record = storage.get(&address).await.unwrap().unwrap();
        let context = Mailbox::context(&address);
        let sealed = factor.open_sealed(&context, record.body()).await;
        Mailbox::decode(&sealed.unwrap()).unwrap()
    });
    let share: [u8; 32] = *mailbox.keys[0].shares[0].1;
    vec![
        ("share", share),
        ("account secret", *mailbox.account_secret.expose_secret()),
    ]
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

#[test]
fn no_secret_of_a_guardian_is_in_a_file_a_message_or_an_answer() {
    let mut scene = Scene {
        owner: Home::new(),
        guardian: Home::new(),
        new: Home::new(),
        printed: Vec::new(),
    };
    let [owner, guardian, new]: [Side; 3] = [
        |scene| &scene.owner,
        |scene| &scene.guardian,
        |scene| &scene.new,
    ];
    let create = ["create", "--factor", "device", "--factor", "words"];
    scene.run(
        owner,
        &[&create[..], &["--recovery-out", "words.txt"]].concat(),
    );
    scene.run(guardian, &["guardian", "offer", "alice", "--output", "1"]);
    Scene::carry(&scene.guardian, &scene.owner, "1");
    scene.run(owner, &["guardian", "approve", "1", "--output", "2"]);
    Scene::carry(&scene.owner, &scene.guardian, "2");
    let accept = ["guardian", "accept", "alice", "2", "--output", "3"];
    let code = digits(&scene.run(guardian, &accept));
    Scene::carry(&scene.guardian, &scene.owner, "3");
    let approve = ["guardian", "approve", "3", "--code", &code];
    let uses = ["--use", "device", "--use", "words:words.txt"];
    scene.run(owner, &[&approve[..], &uses].concat());

    let seed = scene.guardianship().seed;
    let storage = scene.owner.path("home/storage.redb");
    let mut secrets = of_mailbox(&storage, &seed);
    secrets.push(("seed", *seed.expose_secret()));
    let url = format!("redb:{}", storage.display());
    let code = digits(&scene.run(new, &["guardian", "ask", "--output", "4"]));
    Scene::carry(&scene.new, &scene.guardian, "4");
    let help = ["guardian", "help", "alice", "4", "--code", &code];
    let rest = ["--storage", url.as_str(), "--output", "5"];
    scene.run(guardian, &[&help[..], &rest].concat());
    Scene::carry(&scene.guardian, &scene.new, "5");
    Scene::carry(&scene.owner, &scene.new, "words.txt");
    let uses = ["--use", "words:words.txt", "--use", "guardian:5"];
    let recover = ["recover", "--storage", &url, "--accept-unverified"];
    scene.run(new, &[&recover[..], &uses].concat());

    let mut needles = Needles::new();
    for (name, secret) in &secrets {
        needles.secret(name, secret);
    }
    // They are what is looked for: the guardian's own reading of his file has the seed.
    let content = scene.guardianship().encode().unwrap();
    assert_eq!(needles.found_in(&content), BTreeSet::from(["seed"]));
    assert!(needles.found_in(&scene.printed).is_empty());
    for home in [&scene.owner, &scene.guardian, &scene.new] {
        for path in files(&home.path("")) {
            let found = needles.found_in(&std::fs::read(&path).unwrap()).len();
            assert_eq!(found, 0, "{}", path.display());
        }
    }
}

//! A scripted life of an account whose secrets the test knows, and a search for them: on the disk and
//! in all that was printed. What a process keeps in its memory is in `canary_memory.rs`.

use alloc::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use rand_core::Rng as _;
use tki::device::{DeviceStore as _, PassphraseFile, PlainFile};
use tki::formats::{PrivateKey, words};
use tki::metadata::{DevicePackage, HolderKind, Mailbox, OpeningSeed};
use tki::provider::LocalProvider;
use tki::seal::passphrase_file::{FileKind, SealedFile};
use tki::seal::password::Argon2Params;
use tki::seal::transcript::Tag;
use tki::storage::Storage as _;
use tki::storage_redb::RedbStorage;
use tki::{Account, Branch, Factor, ProviderFactor, ReadOptions, SeedFactor};

use crate::needles::Needles;
use crate::support::{Home, Run, bare, finish, words_on};

/// An account whose secrets are collected as it lives.
pub(crate) struct Life {
    pub(crate) home: Home,
    /// Everything that was printed.
    printed: Vec<u8>,
    /// Secrets by what they are called.
    secrets: BTreeMap<String, [u8; 32]>,
    phrases: BTreeMap<String, Vec<String>>,
    /// What a person types. Made when the test runs: what is written here is in its own program.
    passphrase: String,
    curve: String,
    /// The file of a server's records, where they are not in the home.
    records: Option<PathBuf>,
}

impl Life {
    /// A home with an account, whose package is kept so.
    pub(crate) fn begin(store: &str, curve: &str) -> Self {
        let mut life = Self::unborn(curve);
        let create = ["create", "--curve", curve, "--recovery-out", "words.txt"];
        life.run(&[&create[..], &["--device-store", store]].concat());
        life.learn(&["words.txt"]);
        life
    }

    /// The same on a server, of whose records this is the file, and whose commands name more.
    #[cfg(feature = "http")]
    pub(crate) fn begin_on(server: &str, records: PathBuf, label: &str) -> Self {
        let mut life = Self::unborn("secp256k1");
        life.records = Some(records);
        let create = ["create", "--recovery-out", "words.txt", "--label", label];
        life.run(&[&create[..], &["--storage", server]].concat());
        life.learn(&["words.txt"]);
        life
    }

    fn unborn(curve: &str) -> Self {
        let life = Self {
            home: Home::new(),
            printed: Vec::new(),
            secrets: BTreeMap::new(),
            phrases: BTreeMap::new(),
            passphrase: format!("{:016x}", tki_testkit::rng("passphrase").next_u64()),
            curve: curve.to_owned(),
            records: None,
        };
        std::fs::write(
            life.home.path("passphrase"),
            format!("{}\n", life.passphrase),
        )
        .unwrap();
        life
    }

    /// A copy of the server's records, which has them to itself.
    fn records(&self) -> PathBuf {
        let Some(records) = &self.records else {
            return self.home.path("home/storage.redb");
        };
        let copy = self.home.path("records.redb");
        std::fs::copy(records, &copy).unwrap();
        copy
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = bare(arguments);
        let passphrases = [
            "--passphrase-file",
            "passphrase",
            "--provider-passphrase-file",
            "passphrase",
        ];
        command
            .current_dir(self.home.path(""))
            .env("TKI_HOME", self.home.path("home"))
            .args(passphrases);
        command
    }

    /// Runs a command, saying as much as it can.
    pub(crate) fn run(&mut self, arguments: &[&str]) {
        let run = finish(self.command(&[&["-v"], arguments].concat()), b"message");
        self.note(run).ok();
    }

    /// The same with `--json`.
    pub(crate) fn run_json(&mut self, arguments: &[&str]) -> serde_json::Value {
        let run = finish(self.command(&[&["--json"], arguments].concat()), b"message");
        self.note(run).json()
    }

    fn note(&mut self, run: Run) -> Run {
        self.printed.extend_from_slice(run.out.as_bytes());
        self.printed.extend_from_slice(run.err.as_bytes());
        run
    }

    pub(crate) fn package(&self) -> PathBuf {
        self.home.path("home/accounts/main/device.tki")
    }

    /// Takes down every secret that there is now.
    pub(crate) fn learn(&mut self, sheets: &[&str]) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(self.collect(sheets));
    }

    async fn collect(&mut self, sheets: &[&str]) {
        let storage = RedbStorage::open(&self.records()).unwrap();
        let package = load(&self.package(), self.passphrase.as_bytes());
        let package = DevicePackage::decode(&package).unwrap();
        let seed = package.opening_seed.clone();
        self.keep("opening seed of the device", seed.expose_secret());
        let device = SeedFactor::of_device("", seed, package.membership.as_ref());
        let mut seeds = Vec::new();
        for sheet in sheets {
            let phrase = words_on(&self.home.path(sheet));
            let seed = words::decode(&phrase.join(" ")).unwrap();
            self.keep(&format!("opening seed of {sheet}"), &seed);
            self.phrases.insert(format!("words of {sheet}"), phrase);
            let seed = OpeningSeed::from_bytes(&seed);
            seeds.push(SeedFactor::new(HolderKind::Words, "", seed));
        }
        let path = self.home.path("home/provider.key");
        self.keep(
            "secret of the provider",
            &provider_secret(&path, self.passphrase.as_bytes()),
        );
        let rng = tki_testkit::rng("canary");
        let provider = LocalProvider::open(&path, self.passphrase.as_bytes(), rng).unwrap();
        let provider = ProviderFactor::connect("", &provider, Some(&provider), Some(&provider))
            .await
            .unwrap();
        let mut factors: Vec<&dyn Factor> = vec![&device, &provider];
        factors.extend(seeds.iter().map(|seed| -> &dyn Factor { seed }));
        for factor in &factors {
            self.keep_mailbox(&storage, *factor).await;
        }
        let account = Account::read(&storage, &factors, ReadOptions::default()).await;
        let account = account.unwrap();
        let opened = account.open().unwrap();
        self.keep_key("s", &opened.export().unwrap());
        let derived = opened.derived(Branch::App("mail")).unwrap();
        self.keep_key("key of mail", &derived.export().unwrap());
        if let Ok(opened) = opened.use_next_key() {
            self.keep_key("next s", &opened.export().unwrap());
        }
    }

    fn keep_key(&mut self, name: &str, key: &PrivateKey) {
        let exposed = key.expose_secret();
        self.keep(name, exposed.scalar);
        if let Some(seed) = exposed.seed {
            self.keep(&format!("seed of {name}"), seed);
        }
    }

    /// What a factor finds in its mailbox.
    async fn keep_mailbox(&mut self, storage: &RedbStorage, factor: &dyn Factor) {
        let address = factor.address(0);
        let record = storage.get(&address).await.unwrap();
        let Some(record) = record.filter(|record| !record.is_closed()) else {
            return;
        };
        let context = Mailbox::context(&address);
        let mailbox = factor.open_sealed(&context, record.body()).await.unwrap();
        let mailbox = Mailbox::decode(&mailbox).unwrap();
        for (place, key) in mailbox.keys.iter().enumerate() {
            let epoch = mailbox.epoch.get();
            for (identifier, share) in &key.shares {
                let next = ["", " of the next key"][place];
                let name = format!("share of {identifier}{next} in epoch {epoch}");
                self.keep(&name, share);
            }
        }
        self.keep("account secret", mailbox.account_secret.expose_secret());
        let epoch = mailbox.epoch.get();
        let (salt, key) = (mailbox.control_salt, mailbox.document_key);
        self.keep(
            &format!("control salt of epoch {epoch}"),
            salt.expose_secret(),
        );
        self.keep(
            &format!("document key of epoch {epoch}"),
            key.expose_secret(),
        );
    }

    /// Notes a secret, beside earlier ones of its name.
    fn keep(&mut self, name: &str, secret: &[u8; 32]) {
        let mut name = name.to_owned();
        while self.secrets.get(&name).is_some_and(|known| known != secret) {
            name.push_str(", later");
        }
        self.secrets.insert(name, *secret);
    }

    pub(crate) fn needles(&self) -> Needles {
        let mut needles = Needles::new();
        for (name, secret) in &self.secrets {
            needles.secret(name, secret);
        }
        for (name, phrase) in &self.phrases {
            needles.phrase(name, phrase);
            for neighbours in phrase.windows(3) {
                needles.bytes(name, neighbours.join(" ").as_bytes());
            }
        }
        needles.bytes("passphrase", self.passphrase.as_bytes());
        needles
    }

    /// Everything that can happen to an account, each told in both ways of speaking.
    fn live(&mut self) {
        let both = ["--use", "device", "--use", "words:words.txt"];
        let sign = ["sign", "message", "-", "--scheme"];
        let scheme = match self.curve.as_str() {
            "ed25519" => "ed25519",
            "p256" => "ecdsa-p256-sha256",
            _ => "bip340",
        };
        for arguments in [
            &["show"][..],
            &["open"],
            &["factor", "list"],
            &["receipts"],
            &["accounts"],
            &[&sign[..], &[scheme], &both].concat(),
            &["open", "--use", "provider", "--use", "words:words.txt"],
            &["--offline", "show"],
        ] {
            self.run(arguments);
            self.run_json(arguments);
        }
        self.change(both);
    }

    /// Everything that changes it.
    fn change(&mut self, both: [&str; 4]) {
        let add = ["factor", "add", "words", "--recovery-out"];
        self.run(&[&add[..], &["second.txt"], &both].concat());
        self.learn(&["words.txt", "second.txt"]);
        self.run_json(&[&add[..], &["third.txt"], &both].concat());
        self.learn(&["words.txt", "second.txt", "third.txt"]);
        self.run(&[&["factor", "remove", "4", "--yes"], &both[..]].concat());
        self.learn(&["words.txt", "third.txt"]);
        self.run_json(&[&["refresh"], &both[..]].concat());
        self.learn(&["words.txt", "third.txt"]);
        self.run(&[&["threshold", "set", "3", "--yes"], &both[..]].concat());
        self.learn(&["words.txt", "third.txt"]);
        self.run(&["backup", "backup.tki"]);
        // The machine is lost; its files are still looked through.
        std::fs::rename(self.home.path("home/accounts"), self.home.path("lost")).unwrap();
        let uses = [
            "--use",
            "words:words.txt",
            "--use",
            "words:third.txt",
            "--use",
            "provider",
        ];
        self.run(&[&["recover", "--replace", "1"], &uses[..]].concat());
        self.learn(&["words.txt", "third.txt"]);
        let all = [
            "--use",
            "device",
            "--use",
            "words:words.txt",
            "--use",
            "words:third.txt",
        ];
        self.run(&[&["renew", "6"], &all[..]].concat());
        self.learn(&["words.txt", "third.txt"]);
        self.run_json(&[&["factor", "rename", "6", "laptop"], &all[..]].concat());
        self.run(&["storage", "check"]);
        let export = ["export", "--format", "hex", "--output"];
        self.run(&[&export[..], &["key.hex"], &all[..]].concat());
        let mail = ["--app", "mail"];
        self.run(&[&export[..], &["mail.hex"], &mail, &all[..]].concat());
        self.run(&[&["address"][..], &mail, &all[..]].concat());
        let begun = self.run_json(&[&["rotate"], &all[..]].concat());
        let next = begun["next_key"]["verifying_key"].as_str().unwrap();
        self.learn(&["words.txt", "third.txt"]);
        self.run_json(&[&["rotate", "--confirm", next, "--yes"], &all[..]].concat());
        self.learn(&["words.txt", "third.txt"]);
        // What fails speaks as well.
        for arguments in [
            &["open", "--use", "device"][..],
            &["factor", "remove", "77", "--yes"],
        ] {
            for speech in ["-v", "--json"] {
                let run = finish(self.command(&[&[speech], arguments].concat()), b"");
                assert!(!run.status.success());
                self.note(run);
            }
        }
    }

    /// What is found in each file, but for files that are to hold it.
    fn on_disk(&self, needles: &Needles) -> BTreeMap<PathBuf, BTreeSet<String>> {
        let mut found = BTreeMap::new();
        for path in files(&self.home.path("")) {
            let bytes = std::fs::read(&path).unwrap();
            let mut names = needles.found_in(&bytes);
            names.extend(needles.phrases_in(&bytes));
            if !names.is_empty() {
                found.insert(path, names.into_iter().map(str::to_owned).collect());
            }
        }
        found
    }
}

fn load(package: &Path, passphrase: &[u8]) -> zeroize::Zeroizing<Vec<u8>> {
    let params = Argon2Params::insecure_for_tests();
    let sealed = PassphraseFile::new(package, passphrase, params).load();
    let package = sealed.or_else(|_| PlainFile::new(package).load());
    package.unwrap().unwrap()
}

fn provider_secret(path: &Path, passphrase: &[u8]) -> [u8; 32] {
    let kind = FileKind::new(*b"TKI-PROV", Tag::ProviderFile);
    let file = std::fs::read(path).unwrap();
    let file = SealedFile::parse(kind, &file).unwrap();
    let key = file.derive_key(passphrase).unwrap();
    file.open(&key).unwrap().as_slice().try_into().unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// The only files that hold a secret by design: sheets and exported keys, for their owner; and
/// where the test put the passphrase.
fn assert_only_sheets(life: &Life, found: &BTreeMap<PathBuf, BTreeSet<String>>) {
    let expected = ["words.txt", "second.txt", "third.txt"].map(|sheet| {
        (
            life.home.path(sheet),
            BTreeSet::from([format!("words of {sheet}")]),
        )
    });
    let passphrase = (
        life.home.path("passphrase"),
        BTreeSet::from(["passphrase".to_owned()]),
    );
    let exported = [("key.hex", "s"), ("mail.hex", "key of mail")].map(|(file, name)| {
        let seed = format!("seed of {name}");
        let has_seed = life.secrets.contains_key(&seed);
        let name = if has_seed { seed } else { name.to_owned() };
        (life.home.path(file), BTreeSet::from([name]))
    });
    let expected = expected.into_iter().chain([passphrase]).chain(exported);
    let expected: BTreeMap<_, _> = expected.collect();
    assert_eq!(found, &expected);
}

#[test]
fn a_life_leaves_no_secret_on_the_disk_or_in_what_is_printed() {
    for curve in ["secp256k1", "ed25519", "p256"] {
        let mut life = Life::begin("passphrase", curve);
        life.live();
        let needles = life.needles();
        // The life had as many secrets as it should have had.
        let shares = life.secrets.keys().filter(|name| name.starts_with("share"));
        assert!(shares.count() >= 20, "{:?}", life.secrets.keys());
        let found = life.on_disk(&needles);
        assert_only_sheets(&life, &found);
        assert!(needles.found_in(&life.printed).is_empty());
        assert!(needles.phrases_in(&life.printed).is_empty());
        assert!(life.printed.len() > 5000);

        // The search finds what is there: in each kind of place, a canary.
        let canary = life.secrets["s"];
        let hex: String = canary.iter().map(|byte| format!("{byte:02x}")).collect();
        life.printed.extend_from_slice(hex.as_bytes());
        assert_eq!(needles.found_in(&life.printed), BTreeSet::from(["s"]));
        for file in [
            "home/storage.redb",
            "home/provider.key.anchors",
            "lost/main/device.tki",
        ] {
            let path = life.home.path(file);
            let whole = std::fs::read(&path).unwrap();
            let mut planted = whole.clone();
            let middle = planted.len() / 2;
            planted.splice(middle..middle, canary);
            std::fs::write(&path, planted).unwrap();
            assert_eq!(
                life.on_disk(&needles)[&path],
                BTreeSet::from(["s".to_owned()])
            );
            std::fs::write(&path, whole).unwrap();
        }
    }
}

#[test]
fn a_plain_package_holds_what_its_name_says_and_no_more() {
    let mut life = Life::begin("plain", "secp256k1");
    let both = ["--use", "device", "--use", "words:words.txt"];
    life.run(&[&["refresh"], &both[..]].concat());
    life.learn(&["words.txt"]);
    let found = life.on_disk(&life.needles());
    // Its owner chose a file that is not encrypted: it has the device's own seed. The share is in
    // the mailbox, of which it has a sealed copy.
    let own = BTreeSet::from(["opening seed of the device".to_owned()]);
    assert_eq!(found[&life.package()], own);
    let others = found.keys().filter(|path| **path != life.package());
    let expected = ["passphrase", "words.txt"].map(|file| life.home.path(file));
    assert_eq!(
        others.collect::<Vec<_>>(),
        expected.iter().collect::<Vec<_>>()
    );
}

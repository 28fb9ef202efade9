//! What a process that uses an account has in its memory when it is idle: a core dump, taken by `gcore`
//! of gdb, is searched for secrets that the test knows.
//!
//! The binary forbids core dumps, and ends as soon as it is done. So the process is this test program
//! itself, as a small host that opens the account through the library, signs, and waits.

use alloc::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use rand_core::Rng as _;
use tki::device::PassphraseFile;
use tki::formats::words;
use tki::metadata::{HolderKind, OpeningSeed};
use tki::seal::curve::CurveId;
use tki::seal::password::Argon2Params;
use tki::seal::signature::{Input, Scheme};
use tki::storage_redb::RedbStorage;
use tki::{Account, Device, ReadOptions, SeedFactor};
use zeroize::Zeroizing;

use crate::canary::Life;
use crate::support::has;

/// Where the host finds what its owner gives it; without it the host is a test that does nothing.
const FOLDER: &str = "TKI_TEST_CANARY_FOLDER";

/// The stations of the host, at each of which it waits.
const STATIONS: [&str; 3] = ["open", "closed", "planted"];

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a child process is told what to do by a variable"
)]
fn host() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let folder = PathBuf::from(folder);
    use_account(&folder);
    wait_at("closed");
    // So that a dump that shows nothing is known to be able to show something.
    let planted = Zeroizing::new(std::fs::read(folder.join("planted")).unwrap());
    wait_at("planted");
    assert_eq!(planted.len(), 32);
}

/// Opens, signs, keeps the handle for a while, and lets go.
#[inline(never)]
fn use_account(folder: &Path) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let passphrase = Zeroizing::new(std::fs::read(folder.join("passphrase")).unwrap());
    let params = Argon2Params::insecure_for_tests();
    let package = folder.join("home/accounts/main/device.tki");
    let store = PassphraseFile::new(package, passphrase.trim_ascii_end(), params);
    drop(passphrase);
    let device = Device::load(&store).unwrap().unwrap();
    let device_factor = device.factor("");
    let words_factor = words_factor(&folder.join("words.txt"));
    let storage = RedbStorage::open(&folder.join("home/storage.redb")).unwrap();
    let opened = runtime.block_on(async {
        let factors: [&dyn tki::Factor; 2] = [&device_factor, &words_factor];
        let account = Account::read(&storage, &factors, ReadOptions::default()).await;
        account.unwrap().open().unwrap()
    });
    drop(storage);
    let scheme = match opened.account().curve() {
        CurveId::Ed25519 => Scheme::Ed25519,
        CurveId::P256 => Scheme::EcdsaP256Sha256,
        CurveId::Secp256k1 => Scheme::Bip340,
    };
    assert!(opened.sign(scheme, Input::Message(b"message")).is_ok());
    wait_at("open");
    drop(opened);
}

#[inline(never)]
fn words_factor(sheet: &Path) -> SeedFactor<'static> {
    let sheet = Zeroizing::new(std::fs::read(sheet).unwrap());
    let text = core::str::from_utf8(&sheet).unwrap();
    let seed = words::decode(text).unwrap();
    SeedFactor::new(HolderKind::Words, "", OpeningSeed::from_bytes(&seed))
}

/// Says where it is, and goes on when it is told to.
#[expect(clippy::print_stdout, reason = "how the host speaks with its test")]
fn wait_at(station: &str) {
    println!("\n{station}");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
}

/// The host as its test sees it.
struct Host {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Host {
    fn start(folder: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "canary_memory::host",
                "--nocapture",
                "--test-threads",
                "1",
            ])
            .env(FOLDER, folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self {
            child,
            input,
            output,
        }
    }

    /// Lets it go on, and waits until it is there.
    fn reach(&mut self, station: &str) {
        if station != STATIONS[0] {
            self.input.write_all(b"\n").unwrap();
        }
        let mut line = String::new();
        while line.trim() != station {
            line.clear();
            assert_ne!(
                self.output.read_line(&mut line).unwrap(),
                0,
                "the host is gone"
            );
        }
    }

    /// An image of its memory and registers; `None` where that is forbidden.
    #[expect(clippy::print_stdout, reason = "a test that is skipped says why")]
    fn dump(&self, folder: &Path) -> Option<Vec<u8>> {
        let core = folder.join("core");
        let id = self.child.id().to_string();
        let made = Command::new("gcore")
            .args(["-o".as_ref(), core.as_os_str(), id.as_ref()])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let path = folder.join(format!("core.{id}"));
        let image = std::fs::read(&path).ok();
        std::fs::remove_file(path).ok();
        if image.is_none() {
            println!(
                "skipped, because no image of a process can be taken: {}",
                String::from_utf8_lossy(&made.stderr)
            );
        }
        image
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// What is in the memory of the host at each station; `None` where nothing can be said.
fn found_at_stations(curve: &str) -> Option<[BTreeSet<String>; 3]> {
    let life = Life::begin("passphrase", curve);
    let folder = life.home.path("");
    let mut needles = life.needles();
    let mut planted = [0; 32];
    tki_testkit::rng("planted").fill_bytes(&mut planted);
    std::fs::write(folder.join("planted"), planted).unwrap();
    needles.secret("planted", &planted);
    for line in std::fs::read(folder.join("words.txt"))
        .unwrap()
        .split(|byte| *byte == b'\n')
    {
        if line.first().is_some_and(|first| *first != b'#') {
            needles.bytes("sheet", line);
        }
    }
    let mut host = Host::start(&folder);
    let mut found = Vec::new();
    for station in STATIONS {
        host.reach(station);
        let image = host.dump(&folder)?;
        let names = needles.found_in(&image);
        found.push(names.into_iter().map(str::to_owned).collect());
    }
    found.try_into().ok()
}

#[test]
fn an_idle_process_keeps_what_its_handle_needs_and_nothing_when_that_is_gone() {
    if !has("gdb", "--version") {
        return;
    }
    for curve in ["secp256k1", "ed25519", "p256"] {
        let Some([open, closed, planted]) = found_at_stations(curve) else {
            return;
        };
        // What lives as long as the handle: t shares, with what every mailbox holds beside them; the
        // factors that the handle was opened with, which it borrows; the store's passphrase, for the
        // next save. Neither s, nor the seed that s was made from, nor any other share; nor words.
        let expected = [
            "account secret",
            "control salt of epoch 0",
            "document key of epoch 0",
            "opening seed of the device",
            "opening seed of words.txt",
            "passphrase",
            "share of 1 in epoch 0",
            "share of 3 in epoch 0",
        ];
        assert_eq!(open, expected.map(str::to_owned).into(), "{curve}");
        assert_eq!(closed, BTreeSet::new(), "{curve}");
        // And what is there is found.
        assert_eq!(planted, ["planted".to_owned()].into(), "{curve}");
    }
}

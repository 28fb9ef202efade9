//! A device package under a key in the system's keyring: the real binary and a real Secret Service,
//! on a session bus of their own.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::support::{Home, Run, finish, has};

/// A desktop session with nothing but a keyring, which ends when it is dropped.
struct Session {
    child: Child,
    input: Option<ChildStdin>,
    bus: String,
}

/// Starts the keyring, unlocked by its passphrase, and waits until it has its name.
const SCRIPT: &str = r#"
gnome-keyring-daemon --foreground --unlock --components=secrets <passphrase >/dev/null 2>&1 &
keyring=$!
trap 'kill $keyring; wait $keyring' EXIT
ask() {
    dbus-send --session --print-reply --dest=org.freedesktop.DBus /org/freedesktop/DBus \
        org.freedesktop.DBus.NameHasOwner string:org.freedesktop.secrets
}
tries=0
until ask | grep -q true; do
    tries=$((tries + 1))
    if [ $tries -gt 2000 ] || ! kill -0 $keyring; then echo failed; exit 1; fi
done
echo "$DBUS_SESSION_BUS_ADDRESS"
cat >/dev/null
"#;

impl Session {
    /// The session of whoever has this folder; `None` where there is nothing to make one of.
    fn begin(folder: &Path) -> Option<Self> {
        let programs = ["dbus-run-session", "gnome-keyring-daemon"];
        let all = programs.iter().all(|program| has(program, "--version"));
        all.then(|| Self::start(folder))
    }

    fn start(folder: &Path) -> Self {
        std::fs::create_dir_all(folder.join("runtime")).unwrap();
        std::fs::write(folder.join("passphrase"), "of the keyring").unwrap();
        let mut child = Command::new("dbus-run-session")
            .args(["--", "sh", "-c", SCRIPT])
            .current_dir(folder)
            .env("HOME", folder)
            .env("XDG_DATA_HOME", folder.join("data"))
            .env("XDG_RUNTIME_DIR", folder.join("runtime"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let input = child.stdin.take();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let session = Self {
            child,
            input,
            bus: line.trim().to_owned(),
        };
        assert!(session.bus.starts_with("unix:"), "no session: {line}");
        session
    }

    /// A command of this session, which keeps new packages in the keyring.
    fn command(&self, home: &Home, arguments: &[&str]) -> Command {
        let mut command = in_no_session(home, arguments);
        command.env("DBUS_SESSION_BUS_ADDRESS", &self.bus);
        command
    }

    fn run(&self, home: &Home, arguments: &[&str]) -> Run {
        finish(self.command(home, arguments), b"")
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Its script waits for this, ends the keyring, and with the script ends the bus.
        drop(self.input.take());
        self.child.wait().unwrap();
    }
}

/// The command, where nobody is logged in.
fn in_no_session(home: &Home, arguments: &[&str]) -> Command {
    let mut command = crate::support::bare(arguments);
    command
        .current_dir(home.path(""))
        .env("TKI_HOME", home.path("home"))
        .env("XDG_RUNTIME_DIR", home.path("no such folder"))
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
        .args(["--device-store", "keyring", "--json"]);
    command
}

const CREATE: &[&str] = &[
    "create",
    "--factor",
    "device",
    "--factor",
    "words",
    "--recovery-out",
    "words.txt",
];
const OPEN: &[&str] = &["open", "--use", "device", "--use", "words:words.txt"];

#[test]
fn a_device_in_the_keyring_lives_as_any_other() {
    let desktop = tempfile::tempdir().unwrap();
    let Some(session) = Session::begin(desktop.path()) else {
        return;
    };
    let home = Home::new();
    session.run(&home, CREATE).json();
    let package = home.path("home/accounts/main/device.tki");
    assert!(
        std::fs::read(&package)
            .unwrap()
            .starts_with(b"TKI-DEVK\x01")
    );
    session.run(&home, OPEN).json();
    let refresh = ["refresh", "--use", "device", "--use", "words:words.txt"];
    assert_eq!(session.run(&home, &refresh).json()["account_version"], 1);
    assert_eq!(session.run(&home, &["show"]).json()["account_version"], 1);

    // Elsewhere, or when nobody is logged in, the file says nothing, and stays.
    let before = std::fs::read(&package).unwrap();
    let message = finish(in_no_session(&home, &["show"]), b"").fails(5, "unavailable");
    assert!(message.contains("keyring"), "{message}");
    let elsewhere = tempfile::tempdir().unwrap();
    let other = Session::begin(elsewhere.path()).unwrap();
    let message = other.run(&home, &["show"]).fails(5, "unavailable");
    assert!(message.contains("no key"), "{message}");
    assert_eq!(std::fs::read(&package).unwrap(), before);

    // What was kept outlives the session.
    drop(session);
    let session = Session::begin(desktop.path()).unwrap();
    session.run(&home, OPEN).json();

    // A second account of the same user has a key of its own; the first is as it was.
    let second = Home::new();
    session.run(&second, CREATE).json();
    session.run(&second, OPEN).json();
    session.run(&home, OPEN).json();
}

#[test]
fn a_damaged_package_is_named_whatever_the_keyring_says() {
    let desktop = tempfile::tempdir().unwrap();
    let Some(session) = Session::begin(desktop.path()) else {
        return;
    };
    let home = Home::new();
    session.run(&home, CREATE).json();
    let package = home.path("home/accounts/main/device.tki");
    let whole = std::fs::read(&package).unwrap();
    let flipped = (0..whole.len()).step_by(13).map(|at| {
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << (at % 8);
        damaged
    });
    let cut = (0..whole.len())
        .step_by(13)
        .map(|length| whole[..length].to_vec());
    for damaged in flipped.chain(cut) {
        std::fs::write(&package, &damaged).unwrap();
        session.run(&home, &["show"]).fails(4, "corrupt-file");
        assert_eq!(std::fs::read(&package).unwrap(), damaged);
    }
    let mut later = whole.clone();
    later[8] = 2;
    std::fs::write(&package, &later).unwrap();
    session.run(&home, &["show"]).fails(1, "unsupported");

    // Sealed under the keys of two homes of one user: each opens its own alone.
    let other = Home::new();
    session.run(&other, CREATE).json();
    std::fs::copy(other.path("home/accounts/main/device.tki"), &package).unwrap();
    session.run(&home, &["show"]).fails(4, "refused");
    std::fs::write(&package, &whole).unwrap();
    session.run(&home, OPEN).json();
}

#[test]
fn without_a_keyring_nothing_is_created() {
    let home = Home::new();
    finish(in_no_session(&home, CREATE), b"").fails(5, "unavailable");
    assert!(!home.path("home/accounts/main/device.tki").exists());
    assert!(!home.path("words.txt").exists());
    // Once there is one, or another store is chosen, the same command makes the account.
    home.run(CREATE).ok();
}

#[test]
fn a_session_leaves_no_process() {
    let desktop = tempfile::tempdir().unwrap();
    let Some(session) = Session::begin(desktop.path()) else {
        return;
    };
    drop(session);
    // The bus was told to go when the script ended, and goes by itself.
    let mark = desktop.path().to_str().unwrap();
    let gone = (0..10_000).any(|_| with_environment(mark) == 0);
    assert!(gone, "a process is left");
}

/// How many processes have this in their environment, as everything has that a session starts.
fn with_environment(mark: &str) -> usize {
    let environment = |process: std::fs::DirEntry| {
        let mut bytes = Vec::new();
        let mut file = std::fs::File::open(process.path().join("environ")).ok()?;
        // A process that ended meanwhile has none.
        file.read_to_end(&mut bytes).ok()?;
        Some(bytes)
    };
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let mark = mark.as_bytes();
    processes
        .filter_map(environment)
        .filter(|bytes| bytes.windows(mark.len()).any(|part| part == mark))
        .count()
}

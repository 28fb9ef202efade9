//! Where the commands of a page run: machines with empty homes, and a folder that all of them see.

use core::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::apart::Apart;
use super::page::{FIRST_MACHINE, Step};
use super::{Found, compare, with_names};
use crate::commands;

/// Makes a terminal and answers what is asked on it.
const TERMINAL: &str = "crates/tki-cli/tests/it/terminal.py";

/// Makes clusters of PostgreSQL.
const DATABASE: &str = "xtask/setup/postgres.sh";

/// How long somebody may wait for a question of a block, and for its end.
const SECONDS: u32 = 60;

/// A folder of the system's that is removed with this.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is left to the system.
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// The machines of one page.
pub(super) struct Machines {
    root: PathBuf,
    folder: Folder,
    network: Network,
    /// The folder of a PostgreSQL, if there is one, and what its programs are told of it.
    database: Option<(Folder, Vec<(String, String)>)>,
    /// What was printed where the page has a name.
    found: RefCell<Found>,
}

/// What a page's commands reach.
pub(super) enum Network {
    /// What this machine does.
    Here,
    /// Each block only itself.
    None,
    /// All blocks each other, and nothing else.
    Shared(Apart),
}

/// How a block ended, and all that it printed.
struct Ended {
    code: i32,
    printed: String,
    /// The first question that did not come.
    unasked: Option<String>,
}

impl Machines {
    /// Machines that have `tki` and what the system has; their homes are made when they are used.
    pub(super) fn new(root: &Path, binaries: &[PathBuf], network: Network) -> Result<Self, String> {
        let folder = Folder(new_folder()?);
        let programs = folder.0.join("bin");
        make_folder(&programs)?;
        for binary in binaries {
            let name = binary.file_name().unwrap_or_default();
            std::os::unix::fs::symlink(binary, programs.join(name))
                .map_err(|error| format!("{}: {error}", binary.display()))?;
        }
        Ok(Self {
            root: root.to_path_buf(),
            folder,
            network,
            database: None,
            found: RefCell::default(),
        })
    }

    /// Starts a PostgreSQL where the blocks run, or says why there is none. It ends with the place.
    pub(super) fn start_database(&mut self) -> Result<(), String> {
        if !matches!(self.network, Network::Shared(_)) {
            return Err("there is no place of its own for it".to_owned());
        }
        let folder = Folder(new_folder()?);
        let script = self.root.join(DATABASE);
        let words = [
            "bash",
            &script.to_string_lossy(),
            "start",
            &folder.0.to_string_lossy(),
        ];
        let output = self
            .program(&self.root, &words)
            .stdin(Stdio::null())
            .output();
        let output = output.map_err(|error| format!("bash: {error}"))?;
        let printed = String::from_utf8_lossy(&output.stdout);
        let variables = variables(&printed).ok_or_else(|| {
            let said = String::from_utf8_lossy(&output.stderr);
            said.lines()
                .last()
                .unwrap_or("it does not start")
                .to_owned()
        })?;
        self.database = Some((folder, variables));
        Ok(())
    }

    /// Runs a block, and holds how it ended and what it printed against the page.
    pub(super) fn carry_out(&self, step: &Step) -> Result<(), String> {
        let (home, commands) = match &step.machine {
            Some(machine) => (self.home(machine)?, step.commands.clone()),
            None => {
                self.home(FIRST_MACHINE)?;
                (self.root.clone(), in_checkout(&step.commands)?)
            }
        };
        let ended = if step.asks.is_empty() {
            self.without_terminal(&home, &commands)?
        } else {
            self.on_terminal(&home, &commands, &step.asks)?
        };
        if let Some(question) = ended.unasked {
            return Err(format!("never asked: {question}\n{}", ended.printed));
        }
        if ended.code != step.code {
            return Err(format!(
                "the commands ended with {} instead of {}\n{}",
                ended.code, step.code, ended.printed
            ));
        }
        let found = compare(step, &ended.printed, &self.found.borrow())?;
        self.found.replace(found);
        Ok(())
    }

    /// The home of a machine. That of the laptop is empty; the others see the folder `share` that it
    /// makes, as somebody does who types all of it.
    fn home(&self, machine: &str) -> Result<PathBuf, String> {
        let home = self.folder.0.join(machine);
        if !home.is_dir() {
            make_folder(&home)?;
            if machine != FIRST_MACHINE {
                let shared = Path::new("..").join(FIRST_MACHINE).join("share");
                std::os::unix::fs::symlink(shared, home.join("share"))
                    .map_err(|error| format!("share: {error}"))?;
            }
        }
        Ok(home)
    }

    /// A program with nothing of this machine's but its programs.
    #[expect(
        clippy::disallowed_methods,
        reason = "the programs of the system are where it says"
    )]
    fn program(&self, home: &Path, words: &[&str]) -> Command {
        let before = match &self.network {
            Network::Here => Vec::new(),
            Network::None => ["unshare", "-rn"].map(str::to_owned).to_vec(),
            Network::Shared(place) => place.words(),
        };
        let before = before.iter().map(String::as_str);
        let mut words = before.chain(words.iter().copied());
        let mut command = Command::new(words.next().unwrap_or("false"));
        let path = std::env::var("PATH").unwrap_or_default();
        let programs = self.folder.0.join("bin");
        let machine = if home == self.root {
            // Whoever built it has the home of the first machine.
            self.folder.0.join(FIRST_MACHINE)
        } else {
            home.to_path_buf()
        };
        command
            .args(words)
            .current_dir(home)
            .env_clear()
            .env("PATH", format!("{}:{path}", programs.display()))
            .env("HOME", machine)
            .env("TMPDIR", &self.folder.0)
            .env("LANG", "C.UTF-8")
            .env("TERM", "xterm")
            .env("NO_COLOR", "1");
        if let Some((_, variables)) = &self.database {
            command.envs(variables.iter().map(|(name, value)| (name, value)));
        }
        command
    }

    fn without_terminal(&self, home: &Path, commands: &str) -> Result<Ended, String> {
        let script = format!("exec 2>&1\nset -eu\n{commands}");
        let output = self
            .program(home, &["sh", "-c", &script])
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("sh: {error}"))?;
        Ok(Ended {
            code: output.status.code().unwrap_or(-1),
            printed: String::from_utf8_lossy(&output.stdout).into_owned(),
            unasked: None,
        })
    }

    fn on_terminal(
        &self,
        home: &Path,
        commands: &str,
        asks: &[(String, String)],
    ) -> Result<Ended, String> {
        let asks = asks.iter();
        let answers = asks.map(|(question, typed)| {
            let typed = with_names(typed, &self.found.borrow());
            json!([question, typed, "as it is asked"])
        });
        let plan = json!({
            "command": ["sh", "-euc", commands],
            "answers": answers.collect::<Vec<_>>(),
            "columns": 100,
            "seconds": SECONDS,
        });
        let file = self.folder.0.join("plan.json");
        std::fs::write(&file, plan.to_string()).map_err(|error| format!("plan: {error}"))?;
        let script = self.root.join(TERMINAL);
        let words = [
            "python3",
            &script.to_string_lossy(),
            &file.to_string_lossy(),
        ];
        let output = self.program(home, &words).stdin(Stdio::null()).output();
        let output = output.map_err(|error| format!("python3: {error}"))?;
        let seen: Value = serde_json::from_slice(&output.stdout).map_err(|_| {
            let said = String::from_utf8_lossy(&output.stderr);
            format!("there was no terminal\n{said}")
        })?;
        let text = |name: &str| seen.get(name).and_then(Value::as_str).map(plain);
        let code = seen.get("code").and_then(Value::as_i64);
        Ok(Ended {
            code: code.and_then(|code| i32::try_from(code).ok()).unwrap_or(-1),
            printed: text("seen").unwrap_or_default(),
            unasked: text("unasked"),
        })
    }
}

/// What the programs of PostgreSQL are told by its administrator: out of the URL that the script prints.
fn variables(printed: &str) -> Option<Vec<(String, String)>> {
    let (_, url) = printed.split_once("postgres://")?;
    let (url, _) = url.split_once('\'')?;
    let (user, place) = url.split_once('@')?;
    let (user, password) = user.split_once(':')?;
    let (host, rest) = place.split_once(':')?;
    let (port, database) = rest.split_once('/')?;
    let all = [
        ("PGHOST", host),
        ("PGPORT", port),
        ("PGUSER", user),
        ("PGPASSWORD", password),
        ("PGDATABASE", database),
    ];
    let all = all.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Some(all.to_vec())
}

/// What is run in the checkout: a command of `cargo xtask` is a step of `ci` by itself, and is not
/// run a second time.
fn in_checkout(lines: &str) -> Result<String, String> {
    let mut left = String::new();
    for line in lines.lines() {
        match line.strip_prefix("cargo xtask ") {
            Some(typed) => commands::check_step_of_ci(typed)?,
            None => {
                left.push_str(line);
                left.push('\n');
            }
        }
    }
    Ok(left)
}

/// What stood on a terminal at the end of each line, without the sequences that move and colour.
fn plain(seen: &str) -> String {
    let mut plain = String::new();
    let mut rest = seen;
    while let Some((before, sequence)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        let end = sequence.find(|c: char| c.is_ascii_alphabetic());
        let after = end.and_then(|end| end.checked_add(1));
        rest = after.and_then(|after| sequence.get(after..)).unwrap_or("");
    }
    plain.push_str(rest);
    let lines = plain.lines().map(|line| {
        let line = line.trim_end_matches('\r');
        line.rsplit('\r').next().unwrap_or(line)
    });
    lines.map(|line| format!("{line}\n")).collect()
}

fn make_folder(path: &Path) -> Result<(), String> {
    std::fs::create_dir_all(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// A folder that nobody else has.
fn new_folder() -> Result<PathBuf, String> {
    use core::sync::atomic::{AtomicU32, Ordering};

    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("tki-guide-{}-{number}", std::process::id());
    let path = std::env::temp_dir().join(name);
    std::fs::create_dir(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(path)
}

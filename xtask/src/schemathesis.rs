//! The server against what its own description allows, and much that it does not.
//!
//! Schemathesis makes requests of the description in OpenAPI that the server prints of itself, and
//! holds each answer against it: no error of the server, no status, header or body that is not
//! described. `xtask/schemathesis/hooks.py` says what real bodies are.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::steps::{Failure, Outcome, Run};

/// The help of `cargo xtask schemathesis`.
pub(crate) const HELP: &str = "Builds the server, starts it on loopback over memory, and asks it for half a minute.\n\
    Needs schemathesis, which `bash xtask/setup/schemathesis.sh` installs; skipped without it.";

/// For how long it asks.
const SECONDS: &str = "30";

/// Which requests are made: the same ones, until somebody chooses others.
const SEED: &str = "1";

const HOOKS: &str = "xtask/schemathesis/hooks.py";
const RECORD: &str = "crates/tki-record/tests/vectors/record-1.bin";

/// `schemathesis`.
pub(crate) fn run(run: &mut Run) -> Result<(), Failure> {
    run.step("schemathesis", "cargo xtask schemathesis", |run| {
        let Some(program) = program(run) else {
            let reason = "schemathesis is not installed: bash xtask/setup/schemathesis.sh";
            return Ok(Outcome::Skipped(reason.to_owned()));
        };
        run.cargo("build --package tki-server", &[])?;
        let server = Server::start(&run.target_folder().join("debug/tki-server"))?;
        ask(run, &program, &server.url)?;
        Ok(Outcome::Done)
    })
}

/// The program, if its script has installed all of it.
fn program(run: &Run) -> Option<PathBuf> {
    let question = r#"printf %s "${XDG_CACHE_HOME:-$HOME/.cache}/tki/schemathesis""#;
    let (_, folder) = run.ask("sh", &["-c", question])?;
    let folder = Path::new(&folder);
    folder
        .join("packages")
        .is_file()
        .then(|| folder.join("bin/schemathesis"))
}

fn ask(run: &mut Run, program: &Path, url: &str) -> Result<(), String> {
    let mut command = Command::new(program);
    command.arg("run").arg(format!("{url}/openapi.json"));
    command.args([
        "--seed",
        SEED,
        "--max-time",
        SECONDS,
        "--max-examples",
        "200",
    ]);
    // Bodies are bytes, and no schema can say which of them are records.
    command.args(["--exclude-checks", "positive_data_acceptance"]);
    let file = |path: &str| run.root().join(path).display().to_string();
    let (hooks, record) = (file(HOOKS), file(RECORD));
    let set = [
        ("SCHEMATHESIS_HOOKS", hooks.as_str()),
        ("TKI_RECORD", record.as_str()),
        ("TKI_SERVER", url),
    ];
    // It writes what it found beside where it runs.
    let folder = run.target_folder().join("schemathesis");
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let said = run.program_in(&folder, command, "schemathesis", &set)?;
    // A run without requests finds nothing wrong.
    if said.contains("generated, ") && !said.contains(" 0 generated") {
        Ok(())
    } else {
        Err("schemathesis asked nothing".to_owned())
    }
}

/// A server that ends with the value.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(program: &Path) -> Result<Self, String> {
        let started = Command::new(program)
            .args(["--storage", "memory:", "--rates", "off"])
            .args(["--listen", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = started.map_err(|error| format!("the server: {error}"))?;
        let mut lines = child.stderr.take().map(BufReader::new).into_iter();
        let mut said = String::new();
        let mut url = None;
        if let Some(reader) = lines.next() {
            for line in reader.lines().map_while(Result::ok) {
                if let Some((_, address)) = line.split_once("listening on ") {
                    url = Some(address.trim().to_owned());
                    break;
                }
                said.push_str(&line);
            }
        }
        match url {
            Some(url) => Ok(Self { child, url }),
            None => {
                drop(child.kill());
                drop(child.wait());
                Err(format!("the server does not listen: {said}"))
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

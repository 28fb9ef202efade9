//! A PostgreSQL of this run's own, made, killed and started again by the setup script.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What the script prints of the cluster.
const VARIABLE: &str = "export TKI_TEST_POSTGRES='";

/// A database server in a folder.
pub(crate) struct Cluster {
    script: PathBuf,
    folder: PathBuf,
    url: String,
}

impl Cluster {
    /// Makes one in this folder and starts it.
    pub(crate) fn start(script: &Path, folder: PathBuf) -> io::Result<Self> {
        let mut cluster = Self {
            script: script.into(),
            folder,
            url: String::new(),
        };
        let said = cluster.ask("start")?;
        let url = said.lines().find_map(|line| line.strip_prefix(VARIABLE));
        let url = url.map(|rest| rest.trim_end_matches('\''));
        cluster.url = url.ok_or(io::ErrorKind::InvalidData)?.into();
        Ok(cluster)
    }

    /// Where it is.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Ends all of its processes with SIGKILL.
    pub(crate) fn kill(&self) -> io::Result<()> {
        self.ask("kill").map(drop)
    }

    /// Ends one of its processes with SIGKILL, and waits until it has recovered.
    pub(crate) fn crash(&self) -> io::Result<()> {
        self.ask("crash").map(drop)
    }

    /// Starts it after that, at the same port; its recovery is part of it.
    pub(crate) fn again(&self) -> io::Result<()> {
        self.ask("again").map(drop)
    }

    fn ask(&self, what: &str) -> io::Result<String> {
        let mut command = Command::new("bash");
        let command = command.arg(&self.script).arg(what).arg(&self.folder);
        let answer = command.stdin(Stdio::null()).output()?;
        if !answer.status.success() {
            let said = String::from_utf8_lossy(&answer.stderr);
            let message = format!("{} {what}: {said}", self.script.display());
            return Err(io::Error::other(message));
        }
        Ok(String::from_utf8_lossy(&answer.stdout).into_owned())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // What is left is in a folder that is removed.
        drop(self.ask("stop"));
    }
}

/// Lets another user, such as the database's, reach what is in a folder.
pub(crate) fn open_to_all(folder: &Path) -> io::Result<()> {
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder, mode)
}

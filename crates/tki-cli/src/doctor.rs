//! What is wrong with a home, its storage and what belongs to it, each with what mends it.
//!
//! Everything is looked at by itself, so that one fault hides no other, and nothing is changed: the
//! storage file is read from a copy in memory, and no lock file is made.

use std::path::Path;

use serde::Serialize;
use tki::Device;
use tki::storage::Storage;

use crate::args;
use crate::describe::line;
use crate::error::Failure;
use crate::output::SCHEMA;
use crate::session::Session;

mod account;
mod backups;
mod factor_files;
mod home;
mod login;
mod package;
mod storage;

/// What was found, and what was looked at.
#[derive(Default)]
pub(crate) struct Examination {
    findings: Vec<Finding>,
    looked_at: Vec<String>,
}

/// Something that is wrong, or worth knowing.
#[derive(Debug, Serialize)]
struct Finding {
    /// A name that stays, for scripts.
    id: &'static str,
    severity: Severity,
    /// What is there.
    what: String,
    /// Why that matters.
    why: &'static str,
    /// What mends it.
    next: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Severity {
    Fault,
    Note,
}

/// What `tki doctor` prints.
#[derive(Serialize)]
struct Shown<'e> {
    schema: u32,
    home: String,
    faults: usize,
    findings: &'e [Finding],
    looked_at: &'e [String],
}

/// What the examination of one part leaves for the next.
struct Patient<'s> {
    session: &'s Session,
    /// This machine's device, if its package opens.
    device: Option<Device<'s>>,
    /// The storage: a file's from a copy, and none to be written to.
    storage: Option<Box<dyn Storage>>,
}

impl Patient<'_> {
    fn storage(&self) -> Option<&dyn Storage> {
        self.storage.as_deref()
    }
}

/// Looks at everything.
pub(crate) async fn examine(
    session: &Session,
    arguments: &args::Doctor,
) -> Result<Examination, Failure> {
    let mut examination = Examination::default();
    if !home::look_at_folder(session, &mut examination) {
        return Ok(examination);
    }
    home::look_at_files(session, &mut examination);
    home::look_at_notes(session, &mut examination);
    home::look_at_disk(session, &mut examination);
    let lock = home::look_at_lock(session, &mut examination);
    let store = package::store(session, &mut examination);
    let device = package::look_at(session, store.as_deref(), &mut examination);
    home::look_at_clock(session, device.as_ref(), &mut examination);
    let storage = storage::look_at(session, device.is_some(), &mut examination).await;
    let patient = Patient {
        session,
        device,
        storage,
    };
    let read = account::look_at(&patient, &mut examination).await;
    login::look_at(&patient, read.as_ref(), &mut examination).await;
    login::look_at_evaluator(session, &mut examination);
    factor_files::look_at(&patient, read.as_ref(), &mut examination).await;
    backups::look_at(&patient, &arguments.backups, &mut examination).await;
    drop(lock);
    Ok(examination)
}

impl Examination {
    fn fault(
        &mut self,
        id: &'static str,
        what: impl Into<String>,
        why: &'static str,
        next: impl Into<String>,
    ) {
        self.find(Severity::Fault, id, what.into(), (why, next.into()));
    }

    fn note(
        &mut self,
        id: &'static str,
        what: impl Into<String>,
        why: &'static str,
        next: impl Into<String>,
    ) {
        self.find(Severity::Note, id, what.into(), (why, next.into()));
    }

    fn find(
        &mut self,
        severity: Severity,
        id: &'static str,
        what: String,
        (why, next): (&'static str, String),
    ) {
        self.findings.push(Finding {
            id,
            severity,
            what,
            why,
            next,
        });
    }

    fn looked_at(&mut self, what: impl Into<String>) {
        self.looked_at.push(what.into());
    }

    /// Whether it was found already.
    fn has(&self, id: &str) -> bool {
        self.findings.iter().any(|finding| finding.id == id)
    }

    /// Whether anything is a fault.
    pub(crate) fn is_faulty(&self) -> bool {
        self.faults() > 0
    }

    fn faults(&self) -> usize {
        let faults = self.findings.iter();
        faults.filter(|f| f.severity == Severity::Fault).count()
    }

    /// Prints it.
    pub(crate) fn print(&self, session: &Session) -> Result<(), Failure> {
        let shown = Shown {
            schema: SCHEMA,
            home: session.home.folder().display().to_string(),
            faults: self.faults(),
            findings: &self.findings,
            looked_at: &self.looked_at,
        };
        session.output.result(&shown, &self.text(session))
    }

    fn text(&self, session: &Session) -> String {
        let mut text = String::new();
        let looked_at = self.looked_at.join(", ");
        match self.faults() {
            0 => line(
                &mut text,
                format_args!("Nothing is wrong with {looked_at}."),
            ),
            1 => line(&mut text, format_args!("One thing is wrong.")),
            count => line(&mut text, format_args!("{count} things are wrong.")),
        }
        for Finding {
            id,
            severity,
            what,
            why,
            next,
        } in &self.findings
        {
            let severity = match severity {
                Severity::Fault => "fault",
                Severity::Note => "note",
            };
            line(&mut text, format_args!("{severity}: {what} ({id})"));
            line(&mut text, format_args!("    why:  {why}"));
            line(&mut text, format_args!("    next: {next}"));
        }
        if self.faults() > 0 {
            session.output.detail(&format!("looked at: {looked_at}"));
        }
        text
    }
}

/// A path in a command, in quotes where a shell would take it apart.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@".contains(c);
    if text.chars().all(is_plain) {
        return text;
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

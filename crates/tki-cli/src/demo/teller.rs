//! How the demo is told: step by step on a terminal, or as one JSON object.

use core::fmt::Write as _;
use std::time::Instant;

use serde::Serialize;
use tki::storage::{Counters, CountingStorage, Storage};

use crate::args::Global;
use crate::colour::{self, Stream, Style};
use crate::error::Failure;
use crate::machine;
use crate::output::{self, Output, SCHEMA};

/// Tells steps as they happen.
pub(super) struct Teller {
    output: Output,
    json: bool,
    began: Instant,
    step_began: Instant,
    steps: Vec<Step>,
}

#[derive(Serialize)]
struct Step {
    title: String,
    lines: Vec<String>,
    milliseconds: f64,
    reads: u64,
    records_read: u64,
    commits: u64,
    commits_refused: u64,
    records_written: u64,
}

impl Teller {
    pub(super) fn new(global: &Global) -> Self {
        let now = machine::instant();
        Self {
            output: Output::new(global),
            json: global.json,
            began: now,
            step_began: now,
            steps: Vec::new(),
        }
    }

    /// A part of the story.
    pub(super) fn chapter(&self, title: &str) -> Result<(), Failure> {
        let before = if self.steps.is_empty() { "" } else { "\n" };
        self.print(&format!("{before}{}\n", paint(Style::Heading, title)))
    }

    /// From here on the next step is measured.
    pub(super) fn begin<S: Storage>(&mut self, storage: &CountingStorage<S>) {
        // What was counted before belongs to no step.
        let _uncounted = storage.take();
        self.step_began = machine::instant();
    }

    /// What happened since, in a title and some lines.
    pub(super) fn step<S: Storage>(
        &mut self,
        storage: &CountingStorage<S>,
        title: &str,
        lines: Vec<String>,
    ) -> Result<(), Failure> {
        let milliseconds = self.step_began.elapsed().as_secs_f64() * 1000.0;
        let counters = storage.take();
        let number = self.steps.len() + 1;
        let mut text = format!(
            "\n{}\n",
            paint(Style::Strong, &format!("{number:>2}  {title}"))
        );
        for line in &lines {
            for row in wrap(line) {
                text.push_str(&format!("    {row}\n"));
            }
        }
        let cost = format!("{milliseconds:.1} ms, {}", cost(&counters));
        text.push_str(&format!("    {}\n", paint(Style::Faint, &cost)));
        self.steps.push(Step {
            title: title.into(),
            lines,
            milliseconds: (milliseconds * 1000.0).round() / 1000.0,
            reads: counters.reads,
            records_read: counters.records_read,
            commits: counters.commits,
            commits_refused: counters.commits_failed,
            records_written: counters.records_written,
        });
        self.print(&text)
    }

    pub(super) fn end(self) -> Result<(), Failure> {
        #[derive(Serialize)]
        struct Object {
            schema: u32,
            steps: Vec<Step>,
        }

        let seconds = self.began.elapsed().as_secs_f64();
        let text = format!(
            "\nAll of it took {seconds:.1} s. Nothing is kept.\n\
             Make a key of your own:  tki create --recovery-out words.txt\n",
        );
        self.output.result(
            &Object {
                schema: SCHEMA,
                steps: self.steps,
            },
            &text,
        )
    }

    fn print(&self, text: &str) -> Result<(), Failure> {
        if self.json {
            Ok(())
        } else {
            output::print(text)
        }
    }
}

fn paint(style: Style, text: &str) -> String {
    colour::paint(Stream::Output, style, text)
}

/// What a step asked of the storage.
fn cost(counters: &Counters) -> String {
    let mut text = match counters.reads {
        0 => "no reads".to_owned(),
        1 => "1 read".to_owned(),
        reads => format!("{reads} reads"),
    };
    if counters.commits > 0 {
        let records = counters.records_written;
        let commits = if counters.commits == 1 {
            "one commit"
        } else {
            "several commits"
        };
        write!(text, ", {commits} of {records} records").ok();
    } else if counters.commits_failed > 0 {
        text.push_str(", a commit that was refused");
    } else {
        text.push_str(", no writes");
    }
    text
}

/// Breaks a line that is too long to read.
fn wrap(line: &str) -> Vec<String> {
    const WIDTH: usize = 92;
    let mut rows = vec![String::new()];
    for word in line.split(' ') {
        if let Some(row) = rows.last_mut() {
            if row.is_empty() {
                row.push_str(word);
                continue;
            }
            if row.chars().count() + 1 + word.chars().count() <= WIDTH {
                row.push(' ');
                row.push_str(word);
                continue;
            }
        }
        rows.push(format!("  {word}"));
    }
    rows
}

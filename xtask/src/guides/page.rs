//! A page of the guides as it is written: blocks of commands, what they ask, what they print.

use crate::text::fences;

/// What a page says is done.
pub(super) struct Page {
    /// In their order.
    pub(super) steps: Vec<Step>,
}

/// A block of commands.
#[derive(Default)]
pub(super) struct Step {
    /// Where it begins.
    pub(super) line: usize,
    /// Lines for a shell.
    pub(super) commands: String,
    /// How it ends.
    pub(super) code: i32,
    /// The machine at which it is typed; in the checkout if that is `None`.
    pub(super) machine: Option<String>,
    /// Whether it takes a PostgreSQL.
    pub(super) needs_database: bool,
    /// What it asks, and what is typed then.
    pub(super) asks: Vec<(String, String)>,
    /// Lines that it prints, with their numbers in the page.
    pub(super) expected: Vec<(usize, String)>,
}

/// The machine at which a block is typed that names none.
pub(super) const FIRST_MACHINE: &str = "laptop";

/// What stands between a question and what is typed.
const TYPED: &str = " → ";

impl Page {
    /// Every block; one that nothing runs is a fault, with its line.
    pub(super) fn read(text: &str) -> Result<Self, (usize, String)> {
        let mut steps: Vec<Step> = Vec::new();
        for (line, info, body) in fences(text) {
            let fault = |message: String| (line, message);
            let mut words = info.split_whitespace();
            match (words.next().unwrap_or(""), steps.last_mut()) {
                ("sh", _) => steps.push(Step::read(line, words, body).map_err(fault)?),
                ("asks", Some(step)) => step.asks = asks(&body).map_err(fault)?,
                ("text", Some(step)) => {
                    let lines = (line.saturating_add(1)..).zip(body.lines());
                    step.expected
                        .extend(lines.map(|(number, line)| (number, line.to_owned())));
                }
                ("asks" | "text", None) => {
                    return Err(fault(
                        "a block that shows what no command printed".to_owned(),
                    ));
                }
                // Examples in Rust are tests of the crate that includes the page.
                (language, _) if language.starts_with("rust") => {}
                (language, _) => {
                    return Err(fault(format!("nothing runs a block of `{language}`")));
                }
            }
        }
        Ok(Self { steps })
    }
}

impl Step {
    fn read<'w>(
        line: usize,
        words: impl Iterator<Item = &'w str>,
        commands: String,
    ) -> Result<Self, String> {
        let mut step = Self {
            line,
            commands,
            machine: Some(FIRST_MACHINE.to_owned()),
            ..Self::default()
        };
        for word in words {
            match word.split_once('=') {
                Some(("fails", code)) => {
                    let code = code.parse();
                    step.code = code.map_err(|_| format!("`{word}` is no exit code"))?;
                }
                Some(("on", machine)) => step.machine = Some(machine.to_owned()),
                Some(("in", "checkout")) => step.machine = None,
                Some(("needs", "postgres")) => step.needs_database = true,
                _ => return Err(format!("`{word}` says nothing about a block")),
            }
        }
        Ok(step)
    }
}

fn asks(body: &str) -> Result<Vec<(String, String)>, String> {
    let pairs = body.lines().map(|line| {
        let (question, typed) = line
            .split_once(TYPED)
            .ok_or_else(|| format!("`{line}` is no `question{TYPED}what is typed`"))?;
        Ok((question.trim().to_owned(), typed.trim().to_owned()))
    });
    pairs.collect()
}

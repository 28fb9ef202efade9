//! Every step that a specification numbers is marked in the code that implements it.
//!
//! A specification in `docs/spec` names its code in a line `Implemented in:` with paths in code
//! spans. A line that begins with `Step 2.1` (in a heading, a list or a table) numbers a step, and a
//! comment of that code that begins with `Step 2.1:` marks it.

use alloc::collections::BTreeSet;

use super::Fault;
use crate::text::{prose, spans};
use crate::tree::{File, Tree};

pub(super) const FOLDER: &str = "docs/spec/";
const IMPLEMENTED: &str = "Implemented in:";

/// Numbered steps and marked steps are the same.
pub(super) fn steps(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut specified = BTreeSet::new();
    for spec in &tree.files {
        if !(spec.path.starts_with(FOLDER) && spec.is_markdown()) {
            continue;
        }
        let code = implementations(tree, spec);
        specified.extend(code.iter().map(|file| file.path.as_str()));
        faults.extend(of_spec(spec, &code));
    }
    for file in tree
        .files
        .iter()
        .filter(|file| file.path.starts_with("crates/"))
    {
        if let Some((line, _)) = marks(file)
            .first()
            .filter(|_| !specified.contains(&*file.path))
        {
            let message = format!("marks steps, and no page of {FOLDER} names this file");
            faults.push(Fault::new(&file.path, *line, message));
        }
    }
    faults
}

/// The numbers of the steps of a specification.
pub(super) fn numbered(spec: &File) -> BTreeSet<String> {
    let steps = prose(&spec.text).filter_map(|(_, text)| step(unmarked(text)));
    steps.collect()
}

/// The numbers of the steps that a file marks.
pub(super) fn marked(file: &File) -> BTreeSet<String> {
    marks(file).into_iter().map(|(_, step)| step).collect()
}

/// Steps of one specification that its code does not mark, and marks of steps it does not have.
fn of_spec(spec: &File, code: &[&File]) -> Vec<Fault> {
    let numbered: Vec<(usize, String)> = prose(&spec.text)
        .filter_map(|(line, text)| Some((line, step(unmarked(text))?)))
        .collect();
    if !numbered.is_empty() && code.is_empty() {
        let message = format!("numbers steps, and has no line `{IMPLEMENTED}` with a path");
        return vec![Fault::new(&spec.path, 1, message)];
    }
    let mut faults = Vec::new();
    let mut marked = BTreeSet::new();
    for file in code {
        for (line, mark) in marks(file) {
            if !numbered.iter().any(|(_, step)| *step == mark) {
                let message = format!("{} has no step {mark}", spec.path);
                faults.push(Fault::new(&file.path, line, message));
            }
            marked.insert(mark);
        }
    }
    for (line, step) in numbered {
        if !marked.contains(&step) {
            let message = format!("step {step} is not marked in the code: `// Step {step}:`");
            faults.push(Fault::new(&spec.path, line, message));
        }
    }
    faults
}

/// The code that a specification names; a folder stands for all files in it.
pub(super) fn implementations<'a>(tree: &'a Tree, spec: &File) -> Vec<&'a File> {
    let lines = prose(&spec.text).filter(|(_, line)| line.starts_with(IMPLEMENTED));
    let paths: Vec<&str> = lines.flat_map(|(_, line)| spans(line).1).collect();
    let inside = |file: &File| {
        paths.iter().any(|path| {
            let rest = file.path.strip_prefix(path.trim_end_matches('/'));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    };
    tree.files
        .iter()
        .filter(|file| file.is_rust() && inside(file))
        .collect()
}

/// The marks of a file, with their lines: comments that begin with `Step N:`.
fn marks(file: &File) -> Vec<(usize, String)> {
    if !file.is_rust() {
        return Vec::new();
    }
    (1_usize..)
        .zip(file.text.lines())
        .filter_map(|(number, line)| {
            let comment = line
                .trim_start()
                .strip_prefix("//")?
                .trim_start_matches(['/', '!', ' ']);
            let step = step(comment)?;
            let rest = comment.strip_prefix("Step ")?.strip_prefix(step.as_str())?;
            rest.starts_with([':', ',']).then_some((number, step))
        })
        .collect()
}

/// A line without the markup at its start.
fn unmarked(line: &str) -> &str {
    line.trim_start_matches(['#', '-', '*', '|', ' '])
}

/// The number of the step that a text begins with: `Step 2.1`.
fn step(text: &str) -> Option<String> {
    let rest = text.strip_prefix("Step ")?;
    let number: String = rest
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '.')
        .collect();
    let number = number.trim_end_matches('.');
    number
        .chars()
        .any(|c| c.is_ascii_digit())
        .then(|| number.to_owned())
}

//! Every step that a specification numbers is marked in the code that implements it.
//!
//! A specification in `docs/spec` names its code in a line `Implemented in:` with paths in code
//! spans. A line that begins with `Step 2.1` (in a heading, a list or a table) numbers a step, and a
//! comment of that code that begins with `Step 2.1:` marks it.

use alloc::collections::BTreeSet;

use super::Fault;
use crate::text::{prose, spans};
use crate::tree::{File, Tree};

const FOLDER: &str = "docs/spec/";
const IMPLEMENTED: &str = "Implemented in:";

/// Numbered steps and marked steps are the same.
pub(super) fn steps(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    let specs = tree
        .files
        .iter()
        .filter(|file| file.path.starts_with(FOLDER) && file.is_markdown());
    for spec in specs {
        let numbered: Vec<(usize, String)> = prose(&spec.text)
            .filter_map(|(line, text)| Some((line, step(unmarked(text))?)))
            .collect();
        let code = implementations(tree, spec);
        if !numbered.is_empty() && code.is_empty() {
            let message = format!("numbers steps, and has no line `{IMPLEMENTED}` with a path");
            faults.push(Fault::new(&spec.path, 1, message));
            continue;
        }
        let marked: Vec<(&File, usize, String)> =
            code.iter().flat_map(|file| marks(file)).collect();
        for (line, step) in &numbered {
            if !marked.iter().any(|(_, _, mark)| mark == step) {
                let message = format!("step {step} is not marked in the code: `// Step {step}:`");
                faults.push(Fault::new(&spec.path, *line, message));
            }
        }
        faults.extend(unknown(spec, &numbered, &marked));
    }
    faults
}

/// Marks of steps that the specification does not have.
fn unknown(
    spec: &File,
    numbered: &[(usize, String)],
    marked: &[(&File, usize, String)],
) -> Vec<Fault> {
    let known: BTreeSet<&String> = numbered.iter().map(|(_, step)| step).collect();
    marked
        .iter()
        .filter(|(_, _, mark)| !known.contains(mark))
        .map(|(file, line, mark)| {
            Fault::new(
                &file.path,
                *line,
                format!("{} has no step {mark}", spec.path),
            )
        })
        .collect()
}

/// The code that a specification names; a folder stands for all files in it.
fn implementations<'a>(tree: &'a Tree, spec: &File) -> Vec<&'a File> {
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

/// The marks of a file: comments that begin with `Step N:`.
fn marks(file: &File) -> Vec<(&File, usize, String)> {
    (1_usize..)
        .zip(file.text.lines())
        .filter_map(|(number, line)| {
            let comment = line
                .trim_start()
                .strip_prefix("//")?
                .trim_start_matches(['/', '!', ' ']);
            let step = step(comment)?;
            let rest = comment.strip_prefix("Step ")?.strip_prefix(step.as_str())?;
            rest.starts_with([':', ',']).then_some((file, number, step))
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

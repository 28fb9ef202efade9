//! The rule that every claim leads to steps, code, tests and vectors that exist.
//!
//! A row of a table that begins with `| claim` has six cells: the claim, its source, a specification
//! with the numbers of its steps, code that marks them, tests as `path::function`, and vectors, where
//! `*` stands for anything and a dash for none.

use alloc::collections::{BTreeMap, BTreeSet};

use super::{Fault, documents, spec};
use crate::text::{prose, spans};
use crate::tree::{File, Tree};

/// The page.
const CLAIMS: &str = "docs/audit/claims.md";

/// The crates all of whose steps are claimed.
const CRATES: &[&str] = &["crates/tki-math/", "crates/tki-seal/"];

/// Rows whose cells lead nowhere, and steps that no row has.
pub(super) fn claims(tree: &Tree) -> Vec<Fault> {
    let Some(page) = tree.file(CLAIMS) else {
        return vec![Fault::new(CLAIMS, 1, "is missing")];
    };
    let mut faults = Vec::new();
    let mut claimed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (number, row) in rows(&page.text) {
        let cells: Vec<&str> = row.trim_matches(['|', ' ']).split('|').collect();
        let [_, _, steps, code, tests, vectors] = cells[..] else {
            faults.push(Fault::new(CLAIMS, number, "a row without six cells"));
            continue;
        };
        let mut wrong = Vec::new();
        let (page, steps) = steps_of(tree, steps, &mut wrong);
        wrong_code(tree, code, &steps, &mut wrong);
        wrong_tests(tree, tests, &mut wrong);
        wrong_vectors(tree, vectors, &mut wrong);
        let wrong = wrong.into_iter();
        faults.extend(wrong.map(|message| Fault::new(CLAIMS, number, message)));
        claimed.entry(page).or_default().extend(steps);
    }
    faults.extend(unclaimed(tree, &claimed));
    faults
}

/// The rows of the tables of claims, with their lines.
fn rows(text: &str) -> Vec<(usize, &str)> {
    let (mut rows, mut of_claims, mut body) = (Vec::new(), false, false);
    for (number, line) in prose(text) {
        if !line.starts_with('|') {
            (of_claims, body) = (false, false);
        } else if line.starts_with("|-") || line.starts_with("| -") {
            body = true;
        } else if !body {
            of_claims = line.starts_with("| claim");
        } else if of_claims {
            rows.push((number, line));
        }
    }
    rows
}

/// The specification of a cell and the steps that it names.
fn steps_of(tree: &Tree, cell: &str, wrong: &mut Vec<String>) -> (String, BTreeSet<String>) {
    let (plain, paths) = spans(cell);
    let named = plain.split(',').map(|step| step.trim().to_owned());
    let steps: BTreeSet<String> = named.collect();
    let path = *paths.first().unwrap_or(&"");
    match tree.file(path).filter(|_| path.starts_with(spec::FOLDER)) {
        None => wrong.push(format!("there is no specification {path}")),
        Some(page) => {
            let numbered = spec::numbered(page);
            let unknown = steps.difference(&numbered);
            wrong.extend(unknown.map(|step| format!("{path} has no step {step}")));
        }
    }
    (path.to_owned(), steps)
}

/// Each file marks one of the steps.
fn wrong_code(tree: &Tree, cell: &str, steps: &BTreeSet<String>, wrong: &mut Vec<String>) {
    let (_, paths) = spans(cell);
    if paths.is_empty() {
        wrong.push("a claim without code".to_owned());
    }
    for path in paths {
        match tree.file(path).filter(|file| file.is_rust()) {
            None => wrong.push(format!("there is no code {path}")),
            Some(file) if spec::marked(file).is_disjoint(steps) => {
                wrong.push(format!("{path} marks none of the steps"));
            }
            Some(_) => {}
        }
    }
}

fn wrong_tests(tree: &Tree, cell: &str, wrong: &mut Vec<String>) {
    let (_, tests) = spans(cell);
    if tests.is_empty() {
        wrong.push("a claim without a test".to_owned());
    }
    let missing = tests.iter().filter(|test| !documents::exists(tree, test));
    wrong.extend(missing.map(|test| format!("there is no test {test}: write `path::function`")));
}

fn wrong_vectors(tree: &Tree, cell: &str, wrong: &mut Vec<String>) {
    let (plain, patterns) = spans(cell);
    if patterns.is_empty() && plain.trim() != "–" {
        wrong.push("neither vectors nor a dash".to_owned());
    }
    for pattern in patterns {
        let (start, end) = pattern.split_once('*').unwrap_or((pattern, ""));
        let mut paths = tree.paths();
        if !paths.any(|path| path.starts_with(start) && path.ends_with(end)) {
            wrong.push(format!("there are no vectors {pattern}"));
        }
    }
}

/// The steps of the crates that no claim names.
fn unclaimed(tree: &Tree, claimed: &BTreeMap<String, BTreeSet<String>>) -> Vec<Fault> {
    let pages = tree
        .files
        .iter()
        .filter(|file| file.path.starts_with(spec::FOLDER) && file.is_markdown());
    let of_crates = pages.filter(|page| {
        let code = spec::implementations(tree, page);
        code.iter().any(|file| is_of_crates(file))
    });
    let mut faults = Vec::new();
    for page in of_crates {
        let named = claimed.get(&page.path).cloned().unwrap_or_default();
        for step in spec::numbered(page).difference(&named) {
            let message = format!("no claim names step {step} of {}", page.path);
            faults.push(Fault::new(CLAIMS, 1, message));
        }
    }
    faults
}

fn is_of_crates(file: &File) -> bool {
    CRATES.iter().any(|folder| file.path.starts_with(folder))
}

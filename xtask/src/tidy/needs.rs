//! The rule that every need is answered by tests that exist, or says that it is not yet.
//!
//! A row of a table that begins with `| id` has the need and, in its last cell, the tests: each as
//! `crate: module::function`, from the `tests/it` of that crate or from its sources, or as
//! `path::function`.

use super::{Fault, documents};
use crate::text::{prose, spans};
use crate::tree::Tree;

/// The page.
const NEEDS: &str = "docs/coverage-of-needs.md";

/// Rows without a test, and tests that there are not.
pub(super) fn needs(tree: &Tree) -> Vec<Fault> {
    let Some(page) = tree.file(NEEDS) else {
        return vec![Fault::new(NEEDS, 1, "is missing")];
    };
    let mut faults = Vec::new();
    for (number, row) in rows(&page.text) {
        let cell = row.trim_matches(['|', ' ']).rsplit('|').next();
        let (plain, spans) = spans(cell.unwrap_or(""));
        // What is no name of a function is an option or a file.
        let tests: Vec<&str> = spans
            .into_iter()
            .filter(|span| span.contains("::"))
            .collect();
        if tests.is_empty() && !plain.contains("not yet") {
            let message = "a need without a test: name one, or say what is not yet";
            faults.push(Fault::new(NEEDS, number, message));
        }
        for test in tests.into_iter().filter(|test| !exists(tree, test)) {
            let message = format!("there is no test {test}: write `crate: module::function`");
            faults.push(Fault::new(NEEDS, number, message));
        }
    }
    faults
}

/// The rows of the tables of needs, with their lines.
fn rows(text: &str) -> Vec<(usize, &str)> {
    let (mut rows, mut of_needs, mut body) = (Vec::new(), false, false);
    for (number, line) in prose(text) {
        if !line.starts_with('|') {
            (of_needs, body) = (false, false);
        } else if line.starts_with("|-") || line.starts_with("| -") {
            body = true;
        } else if !body {
            of_needs = line.starts_with("| id");
        } else if of_needs {
            rows.push((number, line));
        }
    }
    rows
}

/// Whether this names a test of a crate.
fn exists(tree: &Tree, test: &str) -> bool {
    let Some((name, place)) = test.split_once(": ") else {
        return documents::exists(tree, test);
    };
    let Some((module, function)) = place.rsplit_once("::") else {
        return false;
    };
    let folders = [
        format!("crates/{name}/tests/it"),
        format!("crates/{name}/src"),
        format!("{name}/src"),
    ];
    // A module may stand in the file of the one around it.
    let parts: Vec<&str> = module.split("::").collect();
    (1..=parts.len()).any(|count| {
        let module = parts.get(..count).unwrap_or_default().join("/");
        folders.iter().any(|folder| {
            let path = format!("{folder}/{module}.rs::{function}");
            documents::exists(tree, &path)
        })
    })
}

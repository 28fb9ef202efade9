//! Rules about documents, manifests and what they say of the code.

use alloc::collections::BTreeSet;

use super::Fault;
use crate::text::{before, code, fences, line, prose, spans, words};
use crate::tree::{File, Tree, resolve};

/// Every crate is under the workspace's lints, and no dependency is patched.
pub(super) fn crate_manifest(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for package in tree.packages() {
        let path = format!("{package}/Cargo.toml");
        let Some(manifest) = tree.file(&path) else {
            continue;
        };
        let lints = manifest
            .text
            .split("[lints]")
            .nth(1)
            .unwrap_or("")
            .trim_start();
        if !lints.starts_with("workspace = true") {
            let message = "the crate is not under the workspace's lints";
            faults.push(Fault::new(&path, 1, message));
        }
    }
    for file in tree
        .files
        .iter()
        .filter(|file| file.path.ends_with(".toml"))
    {
        for (number, line) in (1_usize..).zip(file.text.lines()) {
            if line.trim_start().starts_with("[patch") {
                faults.push(Fault::new(&file.path, number, "a patched dependency"));
            }
        }
    }
    faults
}

/// Every crate has a README, and its documentation is that README.
pub(super) fn crate_readme(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for package in tree.packages() {
        // Not a crate that anybody uses: its help is its documentation.
        if package == "xtask" {
            continue;
        }
        if !tree.holds(&format!("{package}/README.md")) {
            faults.push(Fault::new(&format!("{package}/README.md"), 1, "is missing"));
        }
        let roots = [
            format!("{package}/src/lib.rs"),
            format!("{package}/src/main.rs"),
        ];
        let included = roots.iter().filter_map(|path| tree.file(path)).any(|root| {
            root.text
                .contains("#![doc = include_str!(\"../README.md\")]")
        });
        if !included {
            let message = "the crate's documentation is not its README.md";
            faults.push(Fault::new(&format!("{package}/src"), 1, message));
        }
    }
    faults
}

/// The README whose examples are doctests.
const TESTED: &str = "crates/tki/README.md";

/// The root README shows only Rust that is tested elsewhere; `cargo xtask readme` sees to the rest.
pub(super) fn root_readme(tree: &Tree) -> Vec<Fault> {
    let Some(readme) = tree.file("README.md") else {
        return vec![Fault::new("README.md", 1, "is missing")];
    };
    let mut faults = Vec::new();
    let tested = tree
        .file(TESTED)
        .map_or_else(Vec::new, |file| fences(&file.text));
    for (number, language, body) in fences(&readme.text) {
        let found = tested.iter().any(|(_, _, text)| text.contains(&body));
        if language.starts_with("rust") && !found {
            let message = format!("Rust that is not, line by line, in an example of {TESTED}");
            faults.push(Fault::new("README.md", number, message));
        }
    }
    faults
}

/// Folders of machines, cut so that this file holds none of them.
const MACHINE: &[&str] = &[
    concat!("/ro", "ot/"),
    concat!("/tmp/ba", "sh_jobs"),
    concat!("/wo", "rk/"),
    concat!("/fa", "rm/"),
];

/// Nothing in the project speaks of the machine it was written on.
pub(super) fn machine_path(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in tree
        .files
        .iter()
        .filter(|file| !file.path.ends_with(".lock"))
    {
        for path in MACHINE {
            for (at, _) in file.text.match_indices(path) {
                let message = format!("a path of one machine: {path}");
                faults.push(Fault::new(&file.path, line(&file.text, at), message));
            }
        }
    }
    faults
}

/// A link to a file of the project leads to one.
pub(super) fn local_link(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in tree.files.iter().filter(|file| file.is_markdown()) {
        for (number, target) in links(file) {
            let Some(path) = resolve(&file.path, &target) else {
                let message = format!("the link {target} leaves the project");
                faults.push(Fault::new(&file.path, number, message));
                continue;
            };
            if !tree.holds(&path) {
                let message = format!("the link {target} leads nowhere");
                faults.push(Fault::new(&file.path, number, message));
            }
        }
    }
    faults
}

/// A link to a heading leads to one.
pub(super) fn anchors(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in tree.files.iter().filter(|file| file.is_markdown()) {
        for (number, line) in prose(&file.text) {
            let (plain, _) = spans(line);
            for rest in plain.split("](").skip(1) {
                let target = rest.split([')', ' ']).next().unwrap_or("");
                let Some((path, name)) = target.split_once('#') else {
                    continue;
                };
                let path = match path {
                    "" => Some(file.path.clone()),
                    path if path.contains(':') => None,
                    path => resolve(&file.path, path),
                };
                let page = path.and_then(|path| tree.file(&path));
                if page.is_some_and(|page| page.is_markdown() && !headings(page).contains(name)) {
                    let message = format!("the link {target} leads to no heading");
                    faults.push(Fault::new(&file.path, number, message));
                }
            }
        }
    }
    faults
}

/// The names by which a page's headings are linked to.
fn headings(page: &File) -> BTreeSet<String> {
    let lines = prose(&page.text).filter(|(_, line)| line.starts_with('#'));
    let names = lines.map(|(_, line)| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let title = title.replace(' ', "-");
        let kept = |c: &char| c.is_alphanumeric() || *c == '-' || *c == '_';
        title.chars().filter(kept).collect()
    });
    names.collect()
}

/// The book's table of contents.
const INDEX: &str = "docs/README.md";

/// Every page of the book is in its index, or in that of its folder.
pub(super) fn book_index(tree: &Tree) -> Vec<Fault> {
    let listed = |index: &File| -> BTreeSet<String> {
        let targets = links(index).into_iter();
        targets
            .filter_map(|(_, target)| resolve(&index.path, &target))
            .collect()
    };
    let mut all = tree.file(INDEX).map_or_else(BTreeSet::new, listed);
    let of_folders = all.iter().filter(|path| path.ends_with("/README.md"));
    let of_folders: Vec<&File> = of_folders.filter_map(|path| tree.file(path)).collect();
    all.extend(of_folders.into_iter().flat_map(listed));
    let pages = tree
        .files
        .iter()
        .filter(|file| file.path.starts_with("docs/") && file.is_markdown());
    pages
        .filter(|page| page.path != INDEX && !all.contains(&page.path))
        .map(|page| {
            let message = format!("is neither in {INDEX} nor in the README.md of its folder");
            Fault::new(&page.path, 1, message)
        })
        .collect()
}

/// The threat model.
const THREATS: &str = "docs/threat-model.md";

/// Every threat names its tests, and every test that it names exists. A table of threats begins with
/// that word; there is at least one.
pub(super) fn threat_tests(tree: &Tree) -> Vec<Fault> {
    let Some(model) = tree.file(THREATS) else {
        return vec![Fault::new(THREATS, 1, "is missing")];
    };
    let mut faults = Vec::new();
    let mut body = false;
    let (mut of_threats, mut any) = (false, false);
    for (number, line) in prose(&model.text) {
        let row = line.starts_with('|');
        if row && !body {
            of_threats |= line.starts_with("| threat");
        } else if !row {
            of_threats = false;
        }
        if row && body && of_threats {
            let cells: Vec<&str> = line.trim_matches(['|', ' ']).split('|').collect();
            let (_, tests) = spans(cells.last().unwrap_or(&""));
            if tests.is_empty() {
                faults.push(Fault::new(THREATS, number, "a threat without a test"));
            }
            for test in tests.into_iter().filter(|test| !exists(tree, test)) {
                let message = format!("there is no test {test}: write `path::function`");
                faults.push(Fault::new(THREATS, number, message));
            }
        }
        // The body of a table begins after the line of dashes.
        body = row && (body || line.starts_with("|-") || line.starts_with("| -"));
        any |= body && of_threats;
    }
    if !any {
        faults.push(Fault::new(THREATS, 1, "there is no table of threats"));
    }
    faults
}

/// Whether `path::function` names a test of that file, or a check of a suite.
pub(super) fn exists(tree: &Tree, test: &str) -> bool {
    let Some((path, function)) = test.rsplit_once("::") else {
        return false;
    };
    let Some(file) = tree.file(path).filter(|file| file.is_rust()) else {
        return false;
    };
    let code = code(&file.text);
    let declaration = format!("fn {function}");
    let mut declared = words(&code, &declaration);
    declared.any(|at| {
        let attributes = before(&code, at).rsplit(['}', ';']).next().unwrap_or("");
        attributes.contains("test]")
            || attributes.contains("::test(")
            || function.starts_with("check_")
    })
}

/// The links of a document to files: their lines and targets. Not links to the web, to a place on
/// the same page, or to an item of the documentation.
fn links(file: &File) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    for (number, line) in prose(&file.text) {
        let (plain, _) = spans(line);
        for rest in plain.split("](").skip(1) {
            let target = rest.split([')', ' ']).next().unwrap_or("");
            let path = target.split('#').next().unwrap_or("");
            let elsewhere = path.is_empty() || path.contains(':');
            if !elsewhere {
                links.push((number, path.to_owned()));
            }
        }
    }
    links
}

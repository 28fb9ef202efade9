//! The pages of a bundle: those that speak of its crates, cut to what it holds.

use alloc::collections::BTreeSet;

use crate::tree::{Tree, resolve};

/// Pages that every bundle has.
const ALWAYS: &[&str] = &["docs/notation.md", "docs/glossary.md", THREATS];

const THREATS: &str = "docs/threat-model.md";

/// The pages for these crates: notation, glossary, threats, what an audit is told, every
/// specification that says one of the crates implements or proves it, and the decisions that these
/// pages point to.
pub(super) fn pages(tree: &Tree, crates: &[&str]) -> BTreeSet<String> {
    let mut pages = BTreeSet::new();
    for file in tree.files.iter().filter(|file| file.is_markdown()) {
        let head = file.text.split("\n## ").next().unwrap_or("");
        let specifies = file.path.starts_with("docs/spec/") && names(head, crates);
        let audit = file.path.starts_with("docs/audit/");
        if specifies || audit || ALWAYS.contains(&file.path.as_str()) {
            pages.insert(file.path.clone());
        }
    }
    let texts = pages.iter().filter_map(|path| tree.file(path));
    let linked = texts.flat_map(|file| {
        let targets = targets(&file.text);
        targets.filter_map(|target| resolve(&file.path, target))
    });
    let decisions: Vec<String> = linked
        .filter(|path| path.starts_with("docs/decisions/0") && tree.holds(path))
        .collect();
    pages.extend(decisions);
    pages
}

/// Whether a text names a file of one of these crates.
fn names(text: &str, crates: &[&str]) -> bool {
    crates
        .iter()
        .any(|name| text.contains(&format!("crates/{name}/")))
}

/// What the links of a text point to.
fn targets(text: &str) -> impl Iterator<Item = &str> {
    let ends = text.split("](").skip(1);
    ends.filter_map(|rest| rest.split([')', ' ', '#']).next())
}

/// A page as it stands in the bundle: rows of threats that are none of these crates' are left out,
/// and a link to what the bundle does not hold becomes its text.
pub(super) fn page(path: &str, text: &str, crates: &[&str], held: &BTreeSet<String>) -> String {
    let text = if path == THREATS {
        rows(text, crates)
    } else {
        text.to_owned()
    };
    unlinked(path, &text, held)
}

/// The threat model with those rows of its tables that name a test of these crates. A section that
/// has tables, and no row of them left, is left out.
fn rows(text: &str, crates: &[&str]) -> String {
    let mut kept = String::new();
    for (number, section) in text.split("\n## ").enumerate() {
        let (section, lost, left) = rows_of_section(section, crates);
        if lost == 0 || left > 0 {
            kept.push_str(if number == 0 { "" } else { "\n## " });
            kept.push_str(&section);
        }
    }
    kept
}

/// A section with its kept rows, and how many of its rows were left out and kept.
fn rows_of_section(text: &str, crates: &[&str]) -> (String, usize, usize) {
    let (mut lost, mut left) = (0, 0);
    let mut kept = String::new();
    let mut body = false;
    for line in text.split_inclusive('\n') {
        let row = line.starts_with('|');
        if !(row && body) {
            kept.push_str(line);
        } else if names(line, crates) {
            kept.push_str(line);
            left += 1;
        } else {
            lost += 1;
        }
        body = row && (body || line.starts_with("|-") || line.starts_with("| -"));
    }
    (kept, lost, left)
}

fn unlinked(path: &str, text: &str, held: &BTreeSet<String>) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, target, after)) = next_link(rest) {
        let file = target.split('#').next().unwrap_or("");
        let elsewhere = file.is_empty() || file.contains(':');
        let there = resolve(path, file)
            .is_some_and(|file| held.contains(&file) || holds_folder(held, &file));
        match before.rsplit_once('[') {
            Some((prose, label)) if !(elsewhere || there) => {
                kept.push_str(prose);
                kept.push_str(label);
            }
            _ => {
                kept.push_str(before);
                kept.push_str("](");
                kept.push_str(target);
                kept.push(')');
            }
        }
        rest = after;
    }
    kept.push_str(rest);
    kept
}

/// What stands before the next link's target, the target, and what follows it.
fn next_link(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("](")?;
    let (target, after) = rest.split_once(')')?;
    Some((before, target, after))
}

fn holds_folder(held: &BTreeSet<String>, folder: &str) -> bool {
    let folder = format!("{folder}/");
    held.iter().any(|path| path.starts_with(&folder))
}

/// The first page of a bundle.
pub(super) fn first_page(name: &str, version: &str, commit: &str, crates: &[&str]) -> String {
    let others = match crates.get(1..).unwrap_or_default() {
        [] => "It needs no other crate of the project.".to_owned(),
        others => format!(
            "The other crates are what it, or its tests, are built with: `{}`.",
            others.join("`, `")
        ),
    };
    format!(
        "# {name} {version}, for an auditor\n\n\
        **Nothing has been audited.**\n\
        This archive holds the crate `{name}` of the project `tki` at commit `{commit}`, and what is needed to judge it alone.\n\
        {others}\n\n\
        ```text\n\
        cargo test --locked --all-features     builds it, and runs its tests, vectors and examples\n\
        cargo doc --locked --no-deps --open    its documentation\n\
        ```\n\n\
        Both need a network once, for the crates of others that `Cargo.lock` names with their hashes.\n\
        The compiler is that of `rust-toolchain.toml`.\n\n\
        ## Where to begin\n\n\
        | place | what |\n\
        |---|---|\n\
        | `crates/{name}/README.md` | what the crate does, what it does not, where each formula is |\n\
        | `docs/spec` | every algorithm in numbered steps with its source; the code marks the same steps |\n\
        | `docs/notation.md`, `docs/glossary.md` | letters, words, and the list of secret types |\n\
        | `docs/threat-model.md` | the threats whose defence is tested in these crates |\n\
        | `docs/audit` | what an audit would look at, and what tools have said so far |\n\
        | `crates/{name}/tests/vectors` | vectors, with their origin |\n\
        | `xtask/vectors` | where it is here: the slow reference in Python that wrote them |\n\n\
        Everything has the place that it has in the project.\n\
        Links to what is not here are plain text; `xtask` commands that pages name run in the project only.\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(paths: &[&str]) -> BTreeSet<String> {
        paths.iter().map(|path| (*path).to_owned()).collect()
    }

    #[test]
    fn pages_are_those_that_name_the_crate_and_decisions_they_point_to() {
        let tree = Tree::of(&[
            ("docs/notation.md", ""),
            (
                "docs/spec/a.md",
                "Implemented in: `crates/a/src`, [why](../decisions/0001-a.md).",
            ),
            (
                "docs/spec/b.md",
                "Implemented in: `crates/b/src`.\n\n## One\n\nSee `crates/a/src`.",
            ),
            ("docs/decisions/0001-a.md", ""),
            ("docs/decisions/0002-b.md", ""),
            ("docs/audit/scope.md", ""),
        ]);
        let expected = [
            "docs/audit/scope.md",
            "docs/decisions/0001-a.md",
            "docs/notation.md",
            "docs/spec/a.md",
        ];
        assert_eq!(pages(&tree, &["a"]), held(&expected));
    }

    #[test]
    fn a_threat_of_another_crate_is_left_out() {
        let text = "One.\n\n| threat | tests |\n|---|---|\n| a | `crates/a/x` |\n| b | `crates/b/x` |\n\n\
            ## Two\n\n| c |\n|---|\n| `crates/b/x` |\n\n## Three\n\nNone.\n";
        let kept = page(THREATS, text, &["a"], &held(&[]));
        assert!(
            kept.contains("crates/a/x") && !kept.contains("crates/b/x"),
            "{kept}"
        );
        assert!(!kept.contains("## Two"), "{kept}");
        assert!(kept.ends_with("\n\n## Three\n\nNone.\n"), "{kept}");
    }

    #[test]
    fn a_link_to_what_is_missing_becomes_its_text() {
        let text = "[a](b.md), [c](d.md#e), [f](#g), [h](https://i), [j](k/l).";
        let kept = page(
            "docs/x.md",
            text,
            &[],
            &held(&["docs/b.md", "docs/k/l/m.md"]),
        );
        assert_eq!(kept, "[a](b.md), c, [f](#g), [h](https://i), [j](k/l).");
    }
}

//! Every secret type is proven to lack the traits that leak, and is in the glossary.

use alloc::collections::BTreeSet;

use super::Fault;
use crate::text::{
    after, before, bracketed, code, is_word, leading_word, line, prose, spans, words,
};
use crate::tree::{File, Tree};

/// What marks a type as secret.
const MARK: &str = "ZeroizeOnDrop";

/// Where the secret types are listed, under a heading of that name.
const GLOSSARY: &str = "docs/glossary.md";
const HEADING: &str = "secret types";

/// A public secret type.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Secret<'a> {
    package: &'a str,
    name: String,
    path: &'a str,
    line: usize,
}

/// Each crate's `tests/it/secret_types.rs` names every public secret type of the crate.
pub(super) fn secret_types(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for secret in secrets(tree) {
        let proofs = format!("{}/tests/it/secret_types.rs", secret.package);
        let named = tree
            .file(&proofs)
            .is_some_and(|file| proves(file, &secret.name));
        if !named {
            let message = format!("`{}` is a secret that {proofs} does not name", secret.name);
            faults.push(Fault::new(secret.path, secret.line, message));
        }
    }
    faults
}

/// The glossary's list of secret types is the list of the secret types.
pub(super) fn glossary(tree: &Tree) -> Vec<Fault> {
    let secrets = secrets(tree);
    let listed = listed(tree);
    let mut faults = Vec::new();
    for secret in &secrets {
        if !listed.iter().any(|(_, name)| *name == secret.name) {
            let message = format!(
                "`{}` is not among the secret types of {GLOSSARY}",
                secret.name
            );
            faults.push(Fault::new(secret.path, secret.line, message));
        }
    }
    for (line, name) in listed {
        if !secrets.iter().any(|secret| secret.name == name) {
            let message = format!("`{name}` is no public type that wipes itself ({MARK})");
            faults.push(Fault::new(GLOSSARY, line, message));
        }
    }
    faults
}

/// The names in the glossary's section: the first `code` span of each line of a list or table.
fn listed(tree: &Tree) -> Vec<(usize, &str)> {
    let Some(file) = tree.file(GLOSSARY) else {
        return Vec::new();
    };
    let mut names = Vec::new();
    let mut inside = false;
    for (number, line) in prose(&file.text) {
        if line.starts_with('#') {
            inside = line.to_lowercase().contains(HEADING);
        } else if inside && line.starts_with(['|', '-', '*']) {
            let (_, spans) = spans(line);
            names.extend(spans.first().map(|name| (number, *name)));
        }
    }
    names
}

/// Whether a test file uses a type, beyond importing it.
fn proves(file: &File, name: &str) -> bool {
    let code = code(&file.text);
    words(&code, name).any(|at| {
        let code = before(&code, at);
        // An import is a statement that begins with `use` and has not ended yet.
        words(code, "use")
            .last()
            .is_none_or(|from| after(code, from, 0).contains(';'))
    })
}

/// Every public type of the crates that wipes itself, by derive or by implementation.
fn secrets(tree: &Tree) -> BTreeSet<Secret<'_>> {
    let mut secrets = BTreeSet::new();
    let marked = |file: &&File| file.is_source() && file.text.contains(MARK);
    for file in tree.files.iter().filter(marked) {
        let Some(package) = file.package() else {
            continue;
        };
        let code = code(&file.text);
        for at in words(&code, MARK) {
            let Some(declared) = marked_type(&code, at) else {
                continue;
            };
            // A type and what wipes it stand in one file.
            if !declares_public(&file.text, &declared) {
                continue;
            }
            let line = line(&code, at);
            let names = if declared.starts_with('$') {
                generated(&code, at)
            } else {
                vec![declared]
            };
            let path = &file.path;
            secrets.extend(names.into_iter().map(|name| Secret {
                package,
                name,
                path,
                line,
            }));
        }
    }
    secrets
}

/// The type that the mark at this position belongs to, `$name` in a macro; `None` for an import.
fn marked_type(code: &str, at: usize) -> Option<String> {
    let rest = after(code, at, MARK.len());
    if let Some(target) = rest.trim_start().strip_prefix("for ") {
        let path = target.split(['<', '{', ' ']).next().unwrap_or("");
        return path.rsplit("::").next().map(str::to_owned);
    }
    let attribute = before(code, at).rfind("#[")?;
    if code.get(attribute..at).unwrap_or("").contains(']') {
        return None;
    }
    let kinds = ["struct", "enum"];
    let declared = kinds
        .iter()
        .filter_map(|kind| Some((words(rest, kind).next()?, kind.len())));
    let (found, length) = declared.min()?;
    let declared = after(rest, found, length).trim_start();
    let sigil = if declared.starts_with('$') { "$" } else { "" };
    Some(format!(
        "{sigil}{}",
        leading_word(declared.trim_start_matches('$'))
    ))
}

/// The types that the macro around this position makes: of each call, the first name that begins
/// with a capital.
fn generated(code: &str, at: usize) -> Vec<String> {
    let Some(defined) = before(code, at).rfind("macro_rules!") else {
        return Vec::new();
    };
    let name = leading_word(after(code, defined, "macro_rules!".len()));
    let calls = words(code, name).filter_map(|at| {
        let call = after(code, at, name.len()).strip_prefix('!')?.trim_start();
        let body = call.get(..bracketed(call)?)?;
        let mut names = body.split(|character| !is_word(character));
        names
            .find(|name| name.starts_with(char::is_uppercase))
            .map(str::to_owned)
    });
    calls.collect()
}

/// Whether a text declares this type for everyone.
fn declares_public(text: &str, name: &str) -> bool {
    ["struct", "enum"].into_iter().any(|kind| {
        let declaration = format!("pub {kind} {name}");
        words(text, &declaration).next().is_some()
    })
}

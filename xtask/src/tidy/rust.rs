//! Rules about Rust text.

use super::Fault;
use crate::build::BARE_CRATES;
use crate::text::{after, before, bracketed, code, line, without_tests, words};
use crate::tree::{File, Tree};
use crate::vectors;

/// Every source file begins by saying what it is: `//!`, or a crate's README in its place.
pub(super) fn file_header(tree: &Tree) -> Vec<Fault> {
    let sources = tree.files.iter().filter(|file| file.is_source());
    sources
        .filter(|file| {
            let first = file.text.lines().next().unwrap_or("");
            let readme = first.starts_with("#![doc = include_str!(\"../README.md\")]");
            let library = file.path.ends_with("/src/lib.rs");
            !(first.starts_with("//! ") || (readme && library))
        })
        .map(|file| Fault::new(&file.path, 1, "the first line is not `//! `"))
        .collect()
}

/// A `matches!` whose result is dropped checks nothing.
pub(super) fn bare_matches(tree: &Tree) -> Vec<Fault> {
    in_code(tree, "matches", |_, code, at| {
        let statement = before(code, at).trim_end().ends_with([';', '{', '}']);
        let call = after(code, at, "matches".len()).strip_prefix('!')?;
        let rest = call.get(bracketed(call)?..)?;
        let dropped = statement && rest.trim_start().starts_with(';');
        dropped.then(|| "a `matches!` whose result is dropped: write `assert!(…)`".to_owned())
    })
}

/// A test runs, and passes for one reason.
pub(super) fn tests_that_test(tree: &Tree) -> Vec<Fault> {
    let panics = in_code(tree, "should_panic", |_, code, at| {
        in_attribute(code, at).then(|| "a test that passes on any panic".to_owned())
    });
    let ignored = in_code(tree, "ignore", |_, code, at| {
        in_attribute(code, at).then(|| "a test that does not run".to_owned())
    });
    let mut faults: Vec<Fault> = panics.into_iter().chain(ignored).collect();
    for file in tree
        .files
        .iter()
        .filter(|file| file.is_rust() || file.is_markdown())
    {
        for (number, line) in (1_usize..).zip(file.text.lines()) {
            let line = line.trim_start_matches(['/', '!', ' ']);
            let fence = line.strip_prefix("```").unwrap_or("");
            if fence.split(',').any(|word| word.trim() == "ignore") {
                faults.push(Fault::new(
                    &file.path,
                    number,
                    "an example that does not run",
                ));
            }
        }
    }
    faults
}

/// A test that sleeps is slow on every machine and wrong on some.
pub(super) fn tests_that_sleep(tree: &Tree) -> Vec<Fault> {
    in_code(tree, "sleep", |file, code, at| {
        let in_test = !file.is_source() || at >= without_tests(code).len();
        let before = before(code, at);
        let sleeps = before.ends_with("thread::") || before.ends_with("time::");
        (in_test && sleeps).then(|| "a test that sleeps".to_owned())
    })
}

/// A lint is expected, with a reason, or obeyed.
pub(super) fn allow(tree: &Tree) -> Vec<Fault> {
    in_code(tree, "allow", |_, code, at| {
        in_attribute(code, at).then(|| "write `#[expect(…, reason = \"…\")]`".to_owned())
    })
}

/// What is left for later has an issue; what is left open has no place.
pub(super) fn unfinished(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for macro_name in ["todo", "unimplemented"] {
        faults.extend(in_code(tree, macro_name, |_, code, at| {
            let called = after(code, at, macro_name.len()).starts_with('!');
            called.then(|| format!("`{macro_name}!` is left"))
        }));
    }
    for file in tree.files.iter().filter(|file| file.is_rust()) {
        for mark in [
            concat!("TO", "DO"),
            concat!("FIX", "ME"),
            concat!("X", "XX"),
        ] {
            for at in words(&file.text, mark) {
                let issue = after(&file.text, at, mark.len()).strip_prefix("(#");
                if !issue.is_some_and(|issue| issue.starts_with(|c: char| c.is_ascii_digit())) {
                    let message = format!("{mark} without the number of an issue: {mark}(#12)");
                    faults.push(Fault::new(&file.path, line(&file.text, at), message));
                }
            }
        }
    }
    faults
}

/// A crate that says it needs no standard library is built without one.
pub(super) fn bare_crates(tree: &Tree) -> Vec<Fault> {
    let roots = tree
        .files
        .iter()
        .filter(|file| file.path.ends_with("/src/lib.rs"));
    let bare = roots.filter(|file| file.text.lines().any(|line| line == "#![no_std]"));
    bare.filter(|file| {
        let name = file
            .package()
            .and_then(|package| package.rsplit('/').next());
        !name.is_some_and(|name| BARE_CRATES.contains(&name))
    })
    .map(|file| {
        Fault::new(
            &file.path,
            1,
            "`cargo xtask no-std` does not build this crate",
        )
    })
    .collect()
}

/// The one file that knows bincode.
const CODEC: &str = "crates/tki-metadata/src/codec.rs";

/// One file knows how stored bytes are encoded, so that one file need be read to know it.
pub(super) fn one_codec(tree: &Tree) -> Vec<Fault> {
    in_code(tree, "bincode", |file, _, _| {
        let elsewhere = file.path != CODEC;
        elsewhere.then(|| format!("only {CODEC} knows bincode"))
    })
}

/// The one file of the account's life where a key may be whole.
const QUORUM: &str = "crates/tki-engine/src/quorum.rs";

/// The crates that define and test what puts a key together.
const COMBINING: &[&str] = &["crates/tki-math", "crates/tki-seal"];

/// A key is whole in one file.
pub(super) fn one_quorum(tree: &Tree) -> Vec<Fault> {
    in_code(tree, "combine", |file, code, at| {
        let rest = after(code, at, "combine".len()).trim_start();
        let called = rest.starts_with('(') || rest.starts_with("::<");
        let own = before(code, at).trim_end().ends_with("fn");
        let open = file.path == QUORUM
            || file.path.starts_with("xtask/peers/")
            || file
                .package()
                .is_some_and(|package| COMBINING.contains(&package));
        let inside = file.is_source() && !file.is_test_code();
        let found = called && !own && !open && inside && at < without_tests(code).len();
        found.then(|| format!("only {QUORUM} puts a key together"))
    })
}

/// The one file that speaks to valgrind.
const REQUESTS: &str = "xtask/taint/src/requests.rs";

/// What no compiler checks is in one file, in every workspace of the project.
pub(super) fn one_unsafe(tree: &Tree) -> Vec<Fault> {
    in_code(tree, "unsafe", |file, _, _| {
        let elsewhere = file.path != REQUESTS;
        elsewhere.then(|| format!("only {REQUESTS} has unsafe code"))
    })
}

/// The tests of foreign vectors are those that `vectors check` runs.
pub(super) fn vector_readers(tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in tree
        .files
        .iter()
        .filter(|file| file.path.contains("/tests/") && file.is_rust())
    {
        let reader = file
            .package()
            .and_then(|package| package.strip_prefix("crates/"));
        if reader.is_some_and(|reader| vectors::READERS.contains(&reader)) {
            continue;
        }
        for at in words(&file.text, vectors::VARIABLE) {
            let message = "reads foreign vectors, but its crate is not in xtask/src/vectors.rs";
            faults.push(Fault::new(&file.path, line(&file.text, at), message));
        }
    }
    faults
}

/// The faults at every place where a word stands in code.
fn in_code(
    tree: &Tree,
    word: &str,
    fault: impl Fn(&File, &str, usize) -> Option<String>,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in tree
        .files
        .iter()
        .filter(|file| file.is_rust() && file.text.contains(word))
    {
        let code = code(&file.text);
        for at in words(&code, word) {
            if let Some(message) = fault(file, &code, at) {
                faults.push(Fault::new(&file.path, line(&code, at), message));
            }
        }
    }
    faults
}

/// Whether a word begins an attribute, or stands in a conditional one.
fn in_attribute(code: &str, at: usize) -> bool {
    let before = before(code, at);
    let opened = before.rfind("#[").max(before.rfind("#!["));
    opened.is_some_and(|opened| {
        let inside = before.get(opened..).unwrap_or("");
        let body = inside.trim_start_matches(['#', '!', '[']);
        !inside.contains(']') && (body.trim().is_empty() || body.starts_with("cfg_attr"))
    })
}

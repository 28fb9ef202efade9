//! The version of the specifications, and one hash of every vector that holds the code to them.
//!
//! Whoever has the page and the vectors knows whether they belong together; and no vector changes
//! without the page.

use core::fmt::Write as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::made;
use crate::steps::{Failure, Run};

/// The help of `cargo xtask spec-version`.
pub(crate) const HELP: &str = "Compares docs/spec/version.md with the version of the stored formats in\n\
    crates/tki-metadata/src/codec.rs, and with the SHA-256 of all vectors, fixtures and golden files\n\
    of the crates' tests; with --write it writes it. A vector that is added is a new hash; one that\n\
    changes is a new version.";

const FILE: &str = "docs/spec/version.md";

/// Where the version of what is stored stands, and before what.
const CODE: (&str, &str) = ("crates/tki-metadata/src/codec.rs", "const VERSION: u8 = ");

/// `spec-version [--write]`.
pub(crate) fn run(run: &mut Run, operands: &[String]) -> Result<(), Failure> {
    run.step("spec-version", "cargo xtask spec-version", |run| {
        let write = made::writes(operands)?;
        let patterns = ["vectors", "fixtures", "golden"];
        let patterns = patterns.map(|folder| format!(":(glob)crates/*/tests/**/{folder}/**"));
        let mut arguments = vec![
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ];
        arguments.extend(patterns.iter().map(String::as_str));
        let (ok, listed) = run.ask("git", &arguments).ok_or("there is no git")?;
        if !ok {
            return Err(format!("git ls-files failed: {listed}"));
        }
        let code = std::fs::read_to_string(run.root().join(CODE.0));
        let code = code.map_err(|error| format!("{}: {error}", CODE.0))?;
        let files = vectors(run.root(), listed.split('\0'))?;
        let page = page(version(&code)?, &files);
        let command = "cargo xtask spec-version --write";
        made::keep(run.root(), FILE, &page, write, command)
    })
}

/// The version that the code gives what it stores.
fn version(code: &str) -> Result<u32, String> {
    let after = code.split_once(CODE.1).map(|(_, after)| after);
    let number = after.and_then(|after| after.split(';').next()?.parse().ok());
    number.ok_or_else(|| format!("{} has no `{}N;`", CODE.0, CODE.1))
}

/// Every vector with its hash, by path. What explains or reads vectors is none.
fn vectors<'n>(
    root: &Path,
    names: impl Iterator<Item = &'n str>,
) -> Result<Vec<(&'n str, String)>, String> {
    let is_about = |name: &str| [".md", ".py", ".rs"].iter().any(|end| name.ends_with(end));
    let mut files: Vec<&str> = names
        .filter(|name| !name.is_empty() && !is_about(name))
        .collect();
    files.sort_unstable();
    files.dedup();
    let mut vectors = Vec::new();
    for name in files {
        // A file that git lists and that is gone was deleted a moment ago.
        if let Ok(content) = std::fs::read(root.join(name)) {
            vectors.push((name, hash(&content)));
        }
    }
    if vectors.is_empty() {
        return Err("there are no vectors".to_owned());
    }
    Ok(vectors)
}

fn hash(content: &[u8]) -> String {
    let mut text = String::new();
    for byte in Sha256::digest(content) {
        // Writing into a string does not fail.
        write!(text, "{byte:02x}").ok();
    }
    text
}

fn page(version: u32, files: &[(&str, String)]) -> String {
    let lines = files.iter().map(|(name, hash)| format!("{hash}  {name}\n"));
    let list: String = lines.collect();
    format!(
        "# Version of the specifications\n\n\
         | version | vectors | SHA-256 |\n|---|---|---|\n\
         | {version} | {} | `{}` |\n\n\
         The version is the one that the code writes into what it stores.\n\
         The hash is that of a list in the form of `sha256sum`, sorted by path: a line for each file in a folder \
         `vectors`, `fixtures` or `golden` of the crates' tests, but for those that explain (`.md`) or read (`.py`) \
         them.\n\
         A vector that is added changes the hash; one that changes is a new version, because what exists is stored \
         somewhere.\n\n\
         `cargo xtask spec-version` compares this page with the code and the files, with every change, and with \
         `--write` writes it; `cargo xtask tidy` holds the numbered steps of each specification against the marks in \
         the code.\n",
        files.len(),
        hash(list.as_bytes())
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_that_of_the_standard() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash(b"abc"), abc);
    }

    #[test]
    fn the_page_changes_with_version_and_vectors() {
        let one = page(1, &[("a", hash(b"a"))]);
        assert_ne!(one, page(2, &[("a", hash(b"a"))]));
        assert_ne!(one, page(1, &[("a", hash(b"b"))]));
        assert_ne!(one, page(1, &[("b", hash(b"a"))]));
        assert_eq!(version("x\npub const VERSION: u8 = 3;\n"), Ok(3));
        assert!(version("const OTHER: u8 = 3;").is_err());
    }

    #[test]
    fn what_explains_vectors_is_none() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let found = vectors(root, ["src/main.rs", "Cargo.toml", "", "gone"].into_iter());
        let found = found.expect("one is there");
        assert_eq!(found.len(), 1);
        assert!(vectors(root, ["README.md"].into_iter()).is_err());
    }
}

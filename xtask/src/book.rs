//! The documents as one book: its contents are those of docs/README.md, and `mdbook` makes the pages.
//!
//! The book is made in the target folder, from copies: pages there are called `index.md` where they
//! are `README.md` here, because that is what a browser looks for.

use alloc::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::steps::{Failure, Outcome, Run};
use crate::text::{prose, spans};
use crate::tree::{Tree, resolve};

/// The help of `cargo xtask book`.
pub(crate) const HELP: &str = "Makes target/book/html from the documents, in the order of docs/README.md, and finds links\n\
    of the made pages that lead nowhere. Needs mdbook, which `bash xtask/setup/mdbook.sh` installs;\n\
    without it only the contents are made and the rest is skipped.";

/// The list that the contents are made of.
const INDEX: &str = "docs/README.md";

const SETTINGS: &str = "[book]\ntitle = \"tki\"\nlanguage = \"en\"\nsrc = \"src\"\n\n\
    [build]\nbuild-dir = \"html\"\ncreate-missing = false\nuse-default-preprocessors = false\n\n\
    [output.html]\nno-section-label = true\n\n[output.html.playground]\nrunnable = false\n";

/// `book`.
pub(crate) fn run(run: &mut Run) -> Result<(), Failure> {
    run.step("book", "cargo xtask book", |run| {
        let tree = Tree::read(run)?;
        let book = Book::of(&tree)?;
        let folder = run.target_folder().join("book");
        book.write(run.root(), &folder)?;
        println!("{} pages in {}", book.pages.len(), folder.display());
        if !matches!(run.ask("mdbook", &["--version"]), Some((true, _))) {
            let reason = "mdbook is not installed: bash xtask/setup/mdbook.sh";
            return Ok(Outcome::Skipped(reason.to_owned()));
        }
        let place = folder.to_string_lossy();
        let (ok, said) = run.ask("mdbook", &["build", &place]).ok_or("no mdbook")?;
        if !ok || said.contains("ERROR") || said.contains("WARN") {
            return Err(format!("mdbook build {place}: {said}"));
        }
        let faults = dead_links(&folder.join("html"))?;
        for fault in &faults {
            println!("{fault}");
        }
        if faults.is_empty() {
            Ok(Outcome::Done)
        } else {
            Err(format!("{} links of the book lead nowhere", faults.len()))
        }
    })
}

/// What the book is made of.
struct Book {
    /// Its contents, as mdbook reads them.
    summary: String,
    /// Pages, by their paths in the project.
    pages: BTreeMap<String, String>,
    /// What pages link to and is none: pictures, programs.
    others: BTreeSet<String>,
}

impl Book {
    fn of(tree: &Tree) -> Result<Self, String> {
        let index = tree.file(INDEX).ok_or(format!("there is no {INDEX}"))?;
        let mut book = Self {
            summary: "# Summary\n\n".to_owned(),
            pages: BTreeMap::new(),
            others: BTreeSet::new(),
        };
        // The first page is the one that a browser shows at the top: it stands in no folder.
        book.add(tree, 0, "tki", "README.md");
        book.add(tree, 0, "The book", INDEX);
        book.add(tree, 0, "Architecture", "ARCHITECTURE.md");
        for (_, line) in prose(&index.text) {
            if let Some(part) = line.strip_prefix("## ") {
                book.summary.push_str(&format!("\n# {part}\n\n"));
                continue;
            }
            let mut depth = if line.starts_with("- ") { 1 } else { 2 };
            for (title, path) in links(INDEX, line) {
                if line.starts_with(['-', ' ']) && book.add(tree, depth, &title, &path) {
                    depth = 2;
                    book.add_folder(tree, &path);
                }
            }
        }
        book.add_what_is_linked(tree);
        Ok(book)
    }

    /// Adds a page; false when it is none, or there already.
    fn add(&mut self, tree: &Tree, depth: usize, title: &str, path: &str) -> bool {
        let Some(page) = tree.file(path).filter(|file| file.is_markdown()) else {
            return false;
        };
        if self.pages.contains_key(path) {
            return false;
        }
        let text = with_index_links(&page.text);
        self.pages.insert(path.to_owned(), text);
        let indent = "  ".repeat(depth.saturating_sub(1));
        let item = if depth == 0 { "" } else { "- " };
        let path = as_index(path);
        self.summary
            .push_str(&format!("{indent}{item}[{title}]({path})\n"));
        true
    }

    /// What the index of a folder lists, under it.
    fn add_folder(&mut self, tree: &Tree, index: &str) {
        let Some(page) = tree.file(index).filter(|_| index.ends_with("/README.md")) else {
            return;
        };
        let folder = index.trim_end_matches("README.md");
        for (_, line) in prose(&page.text) {
            for (title, path) in links(index, line) {
                if path.starts_with(folder) {
                    self.add(tree, 2, &title, &path);
                }
            }
        }
    }

    /// What pages link to and the index does not: at the end.
    fn add_what_is_linked(&mut self, tree: &Tree) {
        self.summary.push_str("\n# Beside the book\n\n");
        let mut left: Vec<String> = self.pages.keys().cloned().collect();
        while let Some(path) = left.pop() {
            let Some(page) = tree.file(&path) else {
                continue;
            };
            for (_, line) in prose(&page.text) {
                for (_, target) in links(&path, line) {
                    let Some(file) = tree.file(&target).filter(|file| file.is_markdown()) else {
                        self.others.extend(files(tree, &target));
                        continue;
                    };
                    let title = file.text.lines().find_map(|line| line.strip_prefix("# "));
                    let title = title.unwrap_or(&target).to_owned();
                    if self.add(tree, 1, &title, &target) {
                        left.push(target);
                    }
                }
            }
        }
    }

    fn write(&self, root: &Path, folder: &Path) -> Result<(), String> {
        let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
        if folder.exists() {
            std::fs::remove_dir_all(folder).map_err(failed)?;
        }
        let source = folder.join("src");
        let put = |path: &str, content: &[u8]| {
            let place = source.join(path);
            let parent = place.parent().unwrap_or(&source);
            std::fs::create_dir_all(parent)
                .and_then(|()| std::fs::write(&place, content))
                .map_err(failed)
        };
        put("SUMMARY.md", self.summary.as_bytes())?;
        for (path, text) in &self.pages {
            put(&as_index(path), text.as_bytes())?;
        }
        for path in &self.others {
            put(path, &std::fs::read(root.join(path)).map_err(failed)?)?;
        }
        std::fs::write(folder.join("book.toml"), SETTINGS).map_err(failed)
    }
}

/// What is linked to and is no page: a file, or every file of a folder.
fn files(tree: &Tree, target: &str) -> Vec<String> {
    let folder = format!("{target}/");
    let paths: Vec<&str> = tree.paths().collect();
    let is_folder = |path: &str| {
        let begin = format!("{path}/");
        paths.iter().any(|other| other.starts_with(&begin))
    };
    let wanted = paths
        .iter()
        .filter(|path| **path == target || path.starts_with(&folder));
    let files = wanted.filter(|path| !path.ends_with(".md") && !is_folder(path));
    files.map(|path| (*path).to_owned()).collect()
}

/// The links of a line to files of the project: their texts and targets from the root.
fn links(page: &str, line: &str) -> Vec<(String, String)> {
    let (plain, _) = spans(line);
    let mut links = Vec::new();
    for part in plain.split("](").skip(1) {
        let target = part.split([')', ' ']).next().unwrap_or("");
        let path = target.split('#').next().unwrap_or("");
        if path.is_empty() || path.contains(':') {
            continue;
        }
        let before = line.split(&format!("]({target}")).next().unwrap_or("");
        let title = before.rsplit('[').next().unwrap_or("");
        let resolved = resolve(page, path).unwrap_or_default();
        links.push((title.to_owned(), resolved));
    }
    links
}

/// Where a page stands in the book.
fn as_index(path: &str) -> String {
    match path.strip_suffix("README.md") {
        Some(folder) => format!("{folder}index.md"),
        None => path.to_owned(),
    }
}

fn with_index_links(text: &str) -> String {
    text.replace("README.md)", "index.md)")
        .replace("README.md#", "index.md#")
}

/// Links of pages to pages and pictures that are not there.
fn dead_links(folder: &Path) -> Result<Vec<String>, String> {
    let mut faults = Vec::new();
    let mut left = vec![folder.to_path_buf()];
    while let Some(path) = left.pop() {
        let entries = std::fs::read_dir(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                left.push(path);
            } else if path.extension().is_some_and(|end| end == "html") {
                let text = std::fs::read_to_string(&path);
                let text = text.map_err(|e| format!("{}: {e}", path.display()))?;
                faults.extend(dead_links_of(&path, &text));
            }
        }
    }
    faults.sort();
    Ok(faults)
}

fn dead_links_of(page: &Path, html: &str) -> Vec<String> {
    let folder = page.parent().unwrap_or(page);
    let mut faults = Vec::new();
    for attribute in [" href=\"", " src=\""] {
        for rest in html.split(attribute).skip(1) {
            let target = rest.split('"').next().unwrap_or("");
            let path = target.split(['#', '?']).next().unwrap_or("");
            let elsewhere = path.is_empty() || path.contains(':') || path.starts_with("//");
            let place: PathBuf = folder.join(path);
            if !elsewhere && !place.exists() {
                faults.push(format!("{}: {target} leads nowhere", page.display()));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book() -> Book {
        let index = "# The book\n\n## Words\n\n- [Glossary](glossary.md): one.\n\
                     - [Pages](a/README.md)\n- [Three](b/3.md), with\n  [`four`](b/4.md).\n\
                     - [Program](a/p.py), [more](a/more)\n";
        let tree = Tree::of(&[
            ("README.md", "# tki\n"),
            ("docs/README.md", index),
            (
                "ARCHITECTURE.md",
                "See [the list](docs/a/README.md#x) and [it](STYLE.md).\n",
            ),
            ("STYLE.md", "# How it is written\n"),
            ("docs/glossary.md", "# G\n"),
            (
                "docs/a/README.md",
                "# A\n[up](../README.md)\n- [one](1.md)\n- [two](2.md)\n",
            ),
            ("docs/b/3.md", "# Three\n"),
            ("docs/b/4.md", "# Four\n"),
            ("docs/a/1.md", "# One\n"),
            ("docs/a/2.md", "# Two\n[one](1.md) [web](https://e.org)\n"),
            ("docs/a/p.py", ""),
            ("docs/a/more/1", ""),
            ("docs/a/more/README.md", ""),
        ]);
        Book::of(&tree).expect("it has an index")
    }

    #[test]
    fn the_contents_are_those_of_the_index() {
        let expected = "# Summary\n\n[tki](index.md)\n[The book](docs/index.md)\n[Architecture](ARCHITECTURE.md)\n\
             \n# Words\n\n- [Glossary](docs/glossary.md)\n- [Pages](docs/a/index.md)\n  \
             - [one](docs/a/1.md)\n  - [two](docs/a/2.md)\n- [Three](docs/b/3.md)\n  - [`four`](docs/b/4.md)\n\
             \n# Beside the book\n\n- [How it is written](STYLE.md)\n";
        let book = book();
        assert_eq!(book.summary, expected);
        assert_eq!(
            book.others.into_iter().collect::<Vec<_>>(),
            ["docs/a/more/1", "docs/a/p.py"]
        );
        let architecture = book.pages.get("ARCHITECTURE.md").expect("it is there");
        assert!(
            architecture.contains("(docs/a/index.md#x)"),
            "{architecture}"
        );
    }

    #[test]
    fn a_link_that_leads_nowhere_is_found() {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("page.html");
        let html = "<a href=\"Cargo.toml#x\"> <a href=\"#y\"> <a href=\"https://e.org\"> <img src=\"no.svg\">";
        let faults = dead_links_of(&page, html);
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults.concat().contains("no.svg leads nowhere"));
    }
}

//! The files of the project, as the checks see them.

use alloc::collections::BTreeSet;

use crate::steps::Run;

/// One text file.
pub(crate) struct File {
    /// From the root, with `/` between folders.
    pub(crate) path: String,
    /// What is in it.
    pub(crate) text: String,
}

impl File {
    /// Whether this is Rust code.
    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether this is a document.
    pub(crate) fn is_markdown(&self) -> bool {
        self.path.ends_with(".md")
    }

    /// Whether this is Rust code outside `tests/`, `benches/` and `examples/`.
    pub(crate) fn is_source(&self) -> bool {
        self.is_rust() && self.path.contains("/src/")
    }

    /// Whether this is what tests are made of, although it stands in `src`: conformance suites,
    /// fakes, numbered faults, and all of the testkit, of the fuzz targets and of what valgrind watches.
    pub(crate) fn is_test_code(&self) -> bool {
        is_test_code(&self.path)
    }

    /// The folder of the crate that this file belongs to: `crates/NAME` or `xtask`.
    pub(crate) fn package(&self) -> Option<&str> {
        if self.path.starts_with("xtask/") {
            return Some("xtask");
        }
        let name = self.path.strip_prefix("crates/")?.split_once('/')?.0;
        self.path.get(.."crates/".len().saturating_add(name.len()))
    }
}

/// See [`File::is_test_code`].
pub(crate) fn is_test_code(path: &str) -> bool {
    let folders = [
        "fuzz/",
        "xtask/taint/",
        "crates/tki-load/",
        "crates/tki-testkit/",
    ];
    let files = ["conformance", "fake", "faults"];
    let mut parts = path.trim_end_matches(".rs").split('/');
    folders.iter().any(|folder| path.starts_with(folder)) || parts.any(|part| files.contains(&part))
}

/// All files that are in the project, or would be if they were added now.
pub(crate) struct Tree {
    /// The text files, sorted by path.
    pub(crate) files: Vec<File>,
    /// Every file, and every folder that holds one.
    paths: BTreeSet<String>,
}

impl Tree {
    /// What git tracks and what it would track: everything but the ignored.
    pub(crate) fn read(run: &Run) -> Result<Self, String> {
        let arguments = [
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ];
        let (ok, listed) = run.ask("git", &arguments).ok_or("there is no git")?;
        if !ok {
            return Err(format!("git ls-files failed: {listed}"));
        }
        let names: BTreeSet<&str> = listed.split('\0').filter(|name| !name.is_empty()).collect();
        let mut all = Vec::new();
        for name in names {
            // A file that git lists and that is gone was deleted a moment ago.
            if let Ok(bytes) = std::fs::read(run.root().join(name)) {
                all.push((name.to_owned(), String::from_utf8(bytes).ok()));
            }
        }
        Ok(Self::new(all))
    }

    /// A tree of these files; those without text only exist.
    fn new(all: Vec<(String, Option<String>)>) -> Self {
        let mut paths = BTreeSet::new();
        let mut files = Vec::new();
        for (path, text) in all {
            for (end, _) in path.match_indices('/') {
                paths.extend(path.get(..end).map(str::to_owned));
            }
            paths.insert(path.clone());
            files.extend(text.map(|text| File { path, text }));
        }
        Self { files, paths }
    }

    /// Whether there is such a file or folder.
    pub(crate) fn holds(&self, path: &str) -> bool {
        self.paths.contains(path)
    }

    /// Every file, and every folder that holds one.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.paths.iter().map(String::as_str)
    }

    /// The text file at this path.
    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// The folders of all crates, `xtask` among them.
    pub(crate) fn packages(&self) -> BTreeSet<&str> {
        let manifests = self
            .files
            .iter()
            .filter(|file| file.path.ends_with("/Cargo.toml"));
        manifests.filter_map(File::package).collect()
    }
}

/// The path from the root that a link in a file leads to; `None` when it leaves the project.
pub(crate) fn resolve(from: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
impl Tree {
    /// A tree for tests.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let texts = files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), Some((*text).to_owned())));
        Self::new(texts.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_holds_files_and_their_folders() {
        let tree = Tree::of(&[("crates/tki-math/src/lib.rs", "")]);
        assert!(tree.holds("crates/tki-math/src/lib.rs"));
        assert!(tree.holds("crates/tki-math"));
        assert!(!tree.holds("crates/tki-math/src/lib"));
    }

    #[test]
    fn a_file_knows_its_crate() {
        let tree = Tree::of(&[("crates/tki-math/src/lib.rs", ""), ("docs/README.md", "")]);
        let packages: Vec<_> = tree.files.iter().map(File::package).collect();
        assert_eq!(packages, [Some("crates/tki-math"), None]);
    }
}

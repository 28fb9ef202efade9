//! What an auditor of one crate gets: a tar.gz that builds, tests and documents itself elsewhere.

mod archive;
mod documents;
mod manifest;

use alloc::collections::BTreeSet;
use core::hash::{Hash as _, Hasher as _};
use std::hash::DefaultHasher;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use self::archive::Files;
pub(crate) use self::manifest::locked;
use crate::steps::{Failure, Outcome, Run};
use crate::tree::Tree;

/// The help of `cargo xtask audit-bundle`.
pub(crate) const HELP: &str = "Packs a crate (tki-math if nothing is said), the crates of ours that it needs, the pages that\n\
    speak of them, vectors, licences, lock file and a manifest of their own into a tar.gz in the\n\
    target folder, under `audit-bundle`. The same files make the same bytes. With --check it is\n\
    then unpacked in the system's temporary folder, and tests and documents itself there.";

/// What is taken along unchanged, where it is there.
const ALONG: &[&str] = &[
    ".gitignore",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "SECURITY.md",
    "clippy.toml",
    "deny.toml",
    "rust-toolchain.toml",
    "rustfmt.toml",
];

/// The slow reference that vectors are written by.
const REFERENCE: &str = "xtask/vectors/";

/// `audit-bundle [CRATE] [--check]`.
pub(crate) fn run(run: &mut Run, operands: &[String]) -> Result<(), Failure> {
    let check = operands.iter().any(|word| word == "--check");
    let mut names = operands.iter().filter(|word| *word != "--check");
    let name = names.next().map_or("tki-math", String::as_str);
    let again = format!("cargo xtask audit-bundle {name} --check");
    let mut made = None;
    run.step(&format!("audit-bundle {name}"), &again, |run| {
        made = Some(make(run, name)?);
        Ok(Outcome::Done)
    })?;
    match made {
        Some(bundle) if check => {
            run.step(&format!("audit-bundle {name} elsewhere"), &again, |run| {
                bundle.prove(run).map(|()| Outcome::Done)
            })
        }
        _ => Ok(()),
    }
}

/// A bundle that was made.
struct Bundle {
    /// Its folder inside the archive, and the archive's name without the ending.
    folder: String,
    bytes: Vec<u8>,
}

fn make(run: &Run, name: &str) -> Result<Bundle, String> {
    let packages = Packages::read(run)?;
    let crates = packages.needed(name)?;
    let crates: Vec<&str> = crates.iter().map(String::as_str).collect();
    let version = packages.version(name)?;
    let folder = format!("{name}-{version}-audit");
    let place = run.target_folder().join("audit-bundle");

    // Its own, should another run make a bundle now.
    let stage = format!("stage-{}", std::process::id());
    let mut files = gathered(run, &packages, &crates)?;
    let (_, commit) = run
        .ask("git", &["describe", "--always", "--dirty", "--abbrev=12"])
        .ok_or("there is no git")?;
    let first = documents::first_page(name, &version, commit.trim(), &crates);
    files.insert("README.md".to_owned(), first.into_bytes());
    files.insert(
        "Cargo.lock".to_owned(),
        lock(run, &place.join(stage), &files)?,
    );

    let bytes = archive::pack(&folder, &files)?;
    let path = place.join(format!("{folder}.tar.gz"));
    write(&path, &bytes)?;
    println!(
        "{}: {} files, {} bytes",
        path.display(),
        files.len(),
        bytes.len()
    );
    Ok(Bundle { folder, bytes })
}

impl Bundle {
    /// Unpacks far from the workspace; there, tests and documents the crate.
    fn prove(&self, run: &mut Run) -> Result<(), String> {
        let folder = self.unpack(run, "audit")?;
        for line in [
            "test --locked --all-features",
            "doc --locked --no-deps --all-features",
        ] {
            let mut command = Command::new("cargo");
            command.args(line.split_whitespace());
            let target = target(run);
            let set = [
                ("CARGO_TARGET_DIR", target.as_str()),
                ("RUSTDOCFLAGS", "-D warnings"),
            ];
            run.program_in(&folder, command, &format!("cargo {line}"), &set)?;
        }
        remove(&folder)
    }

    fn unpack(&self, run: &Run, purpose: &str) -> Result<PathBuf, String> {
        let mut hasher = DefaultHasher::new();
        run.root().hash(&mut hasher);
        // The place is the same in every run, so that what was built before is still of use.
        let name = format!("tki-{purpose}-{:016x}", hasher.finish());
        let place = std::env::temp_dir().join(name);
        let folder = place.join(&self.folder);
        remove(&folder)?;
        archive::unpack(&self.bytes, &place)?;
        Ok(folder)
    }
}

/// A crate with what it needs, far from the workspace, for something that changes its files.
pub(crate) fn copy(run: &Run, name: &str, purpose: &str) -> Result<PathBuf, String> {
    make(run, name)?.unpack(run, purpose)
}

/// Where bundles are built that were unpacked.
pub(crate) fn target(run: &Run) -> String {
    let target = run.target_folder().join("audit-bundle/target");
    target.display().to_string()
}

/// Everything but the first page and the lock file.
fn gathered(run: &Run, packages: &Packages, crates: &[&str]) -> Result<Files, String> {
    let tree = Tree::read(run)?;
    let folders: Vec<String> = crates
        .iter()
        .map(|name| format!("crates/{name}/"))
        .collect();
    let pages = documents::pages(&tree, &packages.built(crates)?);
    let mut held: BTreeSet<String> = pages.clone();
    for path in tree.paths() {
        let ours = folders
            .iter()
            .any(|folder| path.starts_with(folder.as_str()));
        if ours || ALONG.contains(&path) || path.starts_with(REFERENCE) {
            held.insert(path.to_owned());
        }
    }
    let mut files = Files::new();
    for path in &held {
        let source = run.root().join(path);
        if source.is_dir() {
            continue;
        }
        let mut bytes = std::fs::read(&source).map_err(|error| said(&source, &error))?;
        if pages.contains(path) {
            let text = String::from_utf8_lossy(&bytes);
            bytes = documents::page(path, &text, crates, &held).into_bytes();
        }
        files.insert(path.clone(), bytes);
    }
    let root = run.root().join("Cargo.toml");
    let text = std::fs::read_to_string(&root).map_err(|error| said(&root, &error))?;
    let narrowed = manifest::narrowed(&text, crates, &packages.used(crates));
    files.insert("Cargo.toml".to_owned(), narrowed.into_bytes());
    Ok(files)
}

/// The workspace's lock file less what these files do not need. Cargo leaves out; that it changed
/// nothing is checked here.
fn lock(run: &Run, stage: &Path, files: &Files) -> Result<Vec<u8>, String> {
    remove(stage)?;
    for (path, bytes) in files {
        write(&stage.join(path), bytes)?;
    }
    let whole = run.root().join("Cargo.lock");
    let whole = std::fs::read(&whole).map_err(|error| said(&whole, &error))?;
    let path = stage.join("Cargo.lock");
    write(&path, &whole)?;
    let manifest = stage.join("Cargo.toml").display().to_string();
    let arguments = [
        "update",
        "--workspace",
        "--offline",
        "--manifest-path",
        &manifest,
    ];
    let (ok, what) = run.ask("cargo", &arguments).ok_or("there is no cargo")?;
    if !ok {
        return Err(format!("the lock file cannot be cut: {what}"));
    }
    let cut = std::fs::read(&path).map_err(|error| said(&path, &error))?;
    remove(stage)?;
    let [all, some] = [&whole, &cut].map(|bytes| locked(&String::from_utf8_lossy(bytes)));
    match some.difference(&all).next() {
        None => Ok(cut),
        Some(new) => Err(format!("{new} is not in Cargo.lock")),
    }
}

/// The crates of the workspace, from `cargo metadata`.
struct Packages(Vec<Value>);

impl Packages {
    fn read(run: &Run) -> Result<Self, String> {
        let arguments = [
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ];
        let (_, said) = run.ask("cargo", &arguments).ok_or("there is no cargo")?;
        Self::parse(
            said.lines()
                .find(|line| line.starts_with('{'))
                .unwrap_or(""),
        )
    }

    fn parse(json: &str) -> Result<Self, String> {
        let json: Value = serde_json::from_str(json).map_err(|error| error.to_string())?;
        let packages = json.pointer("/packages").and_then(Value::as_array);
        packages
            .map(|packages| Self(packages.clone()))
            .ok_or_else(|| "cargo metadata names no packages".to_owned())
    }

    fn find(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|package| text(package, "name") == name)
    }

    fn version(&self, name: &str) -> Result<String, String> {
        let package = self.find(name).ok_or_else(|| format!("no crate {name}"))?;
        Ok(text(package, "version").to_owned())
    }

    /// The dependencies of a crate, those of its tests only if they are asked for.
    fn dependencies(&self, name: &str, tests: bool) -> impl Iterator<Item = &Value> {
        let package = self.find(name);
        let list = package.and_then(|package| package.pointer("/dependencies")?.as_array());
        list.into_iter()
            .flatten()
            .filter(move |dependency| tests || text(dependency, "kind") != "dev")
    }

    /// The crate, and the crates of ours that it, its tests, or one of these needs.
    fn needed(&self, name: &str) -> Result<Vec<String>, String> {
        self.closure(&[name], true)
    }

    /// The same less what only tests need.
    fn built<'a>(&'a self, crates: &[&'a str]) -> Result<Vec<&'a str>, String> {
        let first = crates.get(..1).unwrap_or_default();
        let built = self.closure(first, false)?;
        Ok(crates
            .iter()
            .copied()
            .filter(|name| built.iter().any(|b| b == name))
            .collect())
    }

    fn closure(&self, from: &[&str], tests: bool) -> Result<Vec<String>, String> {
        let mut found: Vec<String> = from.iter().map(|name| (*name).to_owned()).collect();
        let mut next = 0;
        while let Some(name) = found.get(next).cloned() {
            self.version(&name)?;
            for dependency in self.dependencies(&name, tests) {
                let name = text(dependency, "name");
                if self.find(name).is_some() && !found.iter().any(|found| found == name) {
                    found.push(name.to_owned());
                }
            }
            next += 1;
        }
        Ok(found)
    }

    /// The keys of `workspace.dependencies` that these crates take.
    fn used(&self, crates: &[&str]) -> BTreeSet<String> {
        let all = crates.iter().flat_map(|name| self.dependencies(name, true));
        all.map(|dependency| match text(dependency, "rename") {
            "" => text(dependency, "name").to_owned(),
            key => key.to_owned(),
        })
        .collect()
    }
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or("")
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let folder = path.parent().map_or_else(PathBuf::new, Path::to_path_buf);
    std::fs::create_dir_all(&folder).map_err(|error| said(&folder, &error))?;
    std::fs::write(path, bytes).map_err(|error| said(path, &error))
}

fn remove(folder: &Path) -> Result<(), String> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).map_err(|error| said(folder, &error))?;
    }
    Ok(())
}

fn said(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packages() -> Packages {
        let json = r#"{"packages":[
            {"name":"a","version":"1","dependencies":[
                {"name":"b","kind":null,"rename":null},{"name":"z","kind":null,"rename":"y"},
                {"name":"kit","kind":"dev","rename":null}]},
            {"name":"b","version":"1","dependencies":[]},
            {"name":"kit","version":"1","dependencies":[{"name":"c","kind":null,"rename":null}]},
            {"name":"c","version":"1","dependencies":[]},
            {"name":"d","version":"1","dependencies":[{"name":"a","kind":null,"rename":null}]}]}"#;
        Packages::parse(json).expect("metadata")
    }

    #[test]
    fn a_bundle_has_the_crates_that_its_crate_and_tests_need() {
        let packages = packages();
        assert_eq!(
            packages.needed("a").expect("a crate"),
            ["a", "b", "kit", "c"]
        );
        assert_eq!(packages.needed("b").expect("a crate"), ["b"]);
        assert!(packages.needed("e").is_err());
    }

    #[test]
    fn pages_are_asked_for_by_what_is_built_and_dependencies_by_their_keys() {
        let packages = packages();
        let crates = ["a", "b", "kit", "c"];
        assert_eq!(packages.built(&crates).expect("crates"), ["a", "b"]);
        let used: Vec<String> = packages.used(&["a", "b"]).into_iter().collect();
        assert_eq!(used, ["b", "kit", "y"]);
    }
}

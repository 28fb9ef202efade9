//! Files that released versions wrote, opened by today's code.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tki_metadata::{Bundle, DevicePackage, Document, DocumentKey, Mailbox, Notice};
use tki_record::Address;

use crate::text;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// Every stored file of every version, sorted.
pub(crate) fn all() -> Vec<PathBuf> {
    let mut files = Vec::new();
    for version in fs::read_dir(folder()).expect("the folder of fixtures") {
        let version = version.expect("an entry").path();
        if version.is_dir() {
            let entries = fs::read_dir(version).expect("a version's folder");
            let paths = entries.map(|entry| entry.expect("an entry").path());
            files.extend(paths.filter(|path| path.extension().is_some_and(|e| e == "bin")));
        }
    }
    files.sort();
    files
}

/// What is in the file, by its name.
pub(crate) fn kind(path: &Path) -> &'static str {
    let name = path
        .file_stem()
        .and_then(|name| name.to_str())
        .expect("a name");
    let kinds = [
        "bundle",
        "document",
        "mailbox",
        "notice",
        "package",
        "sealed-document",
    ];
    let kind = kinds.into_iter().find(|kind| name.starts_with(kind));
    kind.unwrap_or_else(|| panic!("{name} is of no kind"))
}

/// The text that stands beside a stored file.
pub(crate) fn expected(path: &Path) -> String {
    let text = path.with_extension("txt");
    fs::read_to_string(&text).unwrap_or_else(|_| panic!("{} is missing", text.display()))
}

fn value(lines: &str, name: &str) -> [u8; 32] {
    let prefix = format!("{name} = ");
    let line = lines
        .lines()
        .find_map(|line| line.strip_prefix(&prefix))
        .expect(name);
    hex::decode(line).expect(name).try_into().expect(name)
}

fn open_document(path: &Path, sealed: &[u8]) -> Document {
    let key = fs::read_to_string(path.with_extension("key")).expect("a key beside it");
    let document_key = DocumentKey::from_bytes(&value(&key, "document_key"));
    let address = Address::from_bytes(value(&key, "address"));
    Document::open(&document_key, &address, sealed).expect("opens for ever")
}

#[test]
fn files_of_every_version_open() {
    let files = all();
    assert!(files.len() >= 9, "{} files", files.len());
    for path in files {
        let bytes = fs::read(&path).expect("a file");
        let name = path.display();
        let found = match kind(&path) {
            "bundle" => text::bundle(&Bundle::decode(&bytes).expect("opens for ever")),
            "document" => text::document(&Document::decode(&bytes).expect("opens for ever")),
            "mailbox" => text::mailbox(&Mailbox::decode(&bytes).expect("opens for ever")),
            "notice" => text::notice(&Notice::decode(&bytes).expect("opens for ever")),
            "package" => text::package(&DevicePackage::decode(&bytes).expect("opens for ever")),
            _ => text::document(&open_document(&path, &bytes)),
        };
        assert_eq!(found, expected(&path), "{name}");
    }
}

#[test]
fn files_of_this_version_are_what_this_version_writes() {
    for path in all()
        .iter()
        .filter(|path| path.parent().is_some_and(|p| p.ends_with("v1")))
    {
        let bytes = fs::read(path).expect("a file");
        let again = match kind(path) {
            "bundle" => Bundle::decode(&bytes)
                .expect("opens")
                .encode()
                .map(Into::into),
            "document" => Document::decode(&bytes).expect("opens").encode(),
            "mailbox" => Mailbox::decode(&bytes).expect("opens").encode(),
            "notice" => Notice::decode(&bytes).expect("opens").encode(),
            "package" => DevicePackage::decode(&bytes).expect("opens").encode(),
            _ => continue,
        };
        assert_eq!(*again.expect("valid"), bytes, "{}", path.display());
    }
}

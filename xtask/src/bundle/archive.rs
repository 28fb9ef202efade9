//! A tar.gz whose bytes follow from what is in it, and nothing else.

use alloc::collections::BTreeMap;
use std::io::{Cursor, Write as _};
use std::path::Path;

use flate2::read::GzDecoder;
use flate2::{Compression, GzBuilder};

/// Paths, with `/` between folders, and what is in each file.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// The time of every file: 2020-01-01. A time of zero confuses tools that compare times.
const TIME: u64 = 1_577_836_800;

/// All files below one folder, sorted, of one time, of nobody.
pub(super) fn pack(folder: &str, files: &Files) -> Result<Vec<u8>, String> {
    let told = |error: std::io::Error| format!("cannot pack: {error}");
    let gzip = GzBuilder::new().write(Vec::new(), Compression::best());
    let mut tar = tar::Builder::new(gzip);
    for (path, bytes) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        header.set_mode(if bytes.starts_with(b"#!") {
            0o755
        } else {
            0o644
        });
        header.set_mtime(TIME);
        header.set_uid(0);
        header.set_gid(0);
        let path = format!("{folder}/{path}");
        tar.append_data(&mut header, path, bytes.as_slice())
            .map_err(told)?;
    }
    let mut gzip = tar.into_inner().map_err(told)?;
    gzip.flush().map_err(told)?;
    gzip.finish().map_err(told)
}

/// Unpacks into a folder. The times are those of now: cargo takes a file as unchanged that is older
/// than what was built.
pub(super) fn unpack(bytes: &[u8], folder: &Path) -> Result<(), String> {
    let mut tar = tar::Archive::new(GzDecoder::new(Cursor::new(bytes)));
    tar.set_preserve_mtime(false);
    tar.unpack(folder)
        .map_err(|error| format!("cannot unpack: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &[&str]) -> Files {
        let file = |name: &&str| ((*name).to_owned(), name.as_bytes().to_vec());
        names.iter().map(file).collect()
    }

    #[test]
    fn the_same_files_in_any_order_make_the_same_bytes() {
        let one = pack("a", &files(&["b", "c/d"])).expect("packs");
        let other = pack("a", &files(&["c/d", "b"])).expect("packs");
        assert_eq!(one, other);
        assert_ne!(one, pack("a", &files(&["b", "c/e"])).expect("packs"));
    }

    #[test]
    fn an_archive_holds_what_was_packed() {
        let packed = pack("a", &files(&["b", "c/d"])).expect("packs");
        let mut tar = tar::Archive::new(GzDecoder::new(Cursor::new(packed)));
        let entries = tar.entries().expect("an archive");
        let paths: Vec<String> = entries
            .map(|entry| {
                let entry = entry.expect("an entry");
                assert_eq!(entry.header().mtime().expect("a time"), TIME);
                entry.path().expect("a path").display().to_string()
            })
            .collect();
        assert_eq!(paths, ["a/b", "a/c/d"]);
    }
}

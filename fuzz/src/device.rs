//! A device's file, in each of its two layouts.

use std::path::Path;
use std::sync::OnceLock;

use tki_device::{DeviceStore, PassphraseFile, PlainFile, StoreKind};
use tki_seal::passphrase_file::FileKind;
use tki_seal::password::Argon2Params;
use tki_seal::transcript::{Tag, Transcript};

use crate::Target;
use crate::inputs::{choice, chosen, rng};
use crate::provider::scratch;
use crate::seal_files::{self, PASSPHRASE, is_cheap, repaired};

pub(crate) const FILES: Target = Target {
    name: "device_files",
    run: files,
    seeds,
};

const PLAIN_MAGIC: &[u8] = b"TKI-DEVP\x01";
const KIND: FileKind = FileKind::new(*b"TKI-DEVS", Tag::DeviceFile);

fn plain_file(package: &[u8]) -> Vec<u8> {
    let transcript = Transcript::new(Tag::DeviceFile).bytes(b"plain");
    let hash = transcript.bytes(package).digest();
    [PLAIN_MAGIC, &hash, package].concat()
}

/// The choice says what the rest is: a file, a sealed file to be repaired, a plain file's content.
fn files(data: &[u8]) {
    let (choice, data) = choice(data);
    let file = match choice % 3 {
        0 => data.to_vec(),
        1 => repaired(data, Tag::DeviceFile),
        _ => plain_file(data),
    };
    if !is_cheap(&file) {
        return;
    }
    let path = scratch("device");
    std::fs::write(&path, &file).expect("a temporary file");

    let plain = PlainFile::new(path.clone());
    let loaded = plain.load();
    if let Ok(package) = &loaded {
        let package = package.as_ref().expect("there is a file");
        assert_eq!(plain_file(package), file);
    }
    check_that_a_refused_file_is_kept(&plain, loaded.is_err(), &path, &file);

    let sealed = PassphraseFile::new(path.clone(), PASSPHRASE, Argon2Params::insecure_for_tests());
    let loaded = sealed.load();
    assert_eq!(loaded.is_ok(), known().contains(&file));
    check_that_a_refused_file_is_kept(&sealed, loaded.is_err(), &path, &file);
}

/// A store replaces only what it could load.
pub(crate) fn check_that_a_refused_file_is_kept(
    store: &dyn DeviceStore,
    refused: bool,
    path: &Path,
    file: &[u8],
) {
    if refused {
        let saved = store.save(b"package", &mut rng(13));
        saved.expect_err("not its own file");
        assert_eq!(std::fs::read(path).expect("a temporary file"), file);
    }
}

fn known() -> &'static [Vec<u8>] {
    static KNOWN: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let packages: [&[u8]; 2] = [b"", b"a package"];
        packages
            .map(|package| seal_files::file(KIND, package))
            .to_vec()
    })
}

fn seeds() -> Vec<Vec<u8>> {
    assert_eq!(StoreKind::Plain.name(), "plain");
    [
        chosen(0, known().to_vec()),
        chosen(0, [plain_file(b"a package")]),
        chosen(1, known().to_vec()),
        chosen(2, [b"a package".to_vec()]),
    ]
    .concat()
}

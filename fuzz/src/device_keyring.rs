//! A device's file under a key that a keyring holds.

use std::sync::OnceLock;

use tki_device::{DeviceStore as _, Keyring, KeyringError, KeyringFile};
use tki_seal::symmetric::{self, SymmetricKey};
use tki_seal::transcript::{Tag, Transcript};
use zeroize::Zeroizing;

use crate::Target;
use crate::device::check_that_a_refused_file_is_kept;
use crate::inputs::{choice, chosen, rng};
use crate::provider::scratch;

pub(crate) const KEYRING_FILE: Target = Target {
    name: "device_keyring_file",
    run,
    seeds,
};

const MAGIC: &[u8] = b"TKI-DEVK\x01";
const HEADER: usize = MAGIC.len() + 16;
const KEY: [u8; 32] = [8; 32];

/// A keyring that has the same key under every name, which is more than any has.
struct OneKey;

impl Keyring for OneKey {
    fn get(&self, _: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyringError> {
        Ok(Some(Zeroizing::new(KEY.to_vec())))
    }

    fn set(&self, _: &str, _: &[u8]) -> Result<(), KeyringError> {
        Ok(())
    }

    fn remove(&self, _: &str) -> Result<(), KeyringError> {
        Ok(())
    }
}

fn transcript(label: &[u8], header: &[u8]) -> Transcript {
    let transcript = Transcript::new(Tag::DeviceFile);
    transcript.bytes(label).bytes(header)
}

/// The file with the hash that belongs to it.
fn repaired(file: &[u8]) -> Vec<u8> {
    let mut file = file.to_vec();
    if let Some((header, rest)) = file.split_at_mut_checked(HEADER)
        && let Some((hash, sealed)) = rest.split_first_chunk_mut::<32>()
    {
        *hash = transcript(b"keyring sealed", header).bytes(sealed).digest();
    }
    file
}

fn known() -> &'static [Vec<u8>] {
    static KNOWN: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let key = SymmetricKey::from_bytes(Zeroizing::new(KEY));
        let header = [MAGIC, &[3; 16]].concat();
        let packages: [&[u8]; 2] = [b"", b"a package"];
        let files = packages.map(|package| {
            let context = transcript(b"keyring", &header);
            let sealed = symmetric::seal(&key, context, package, &mut rng(15));
            repaired(&[header.as_slice(), &[0; 32], &sealed].concat())
        });
        files.to_vec()
    })
}

/// Even choices are a whole file, odd ones one whose hash is made right.
fn run(data: &[u8]) {
    let (choice, data) = choice(data);
    let file = if choice.is_multiple_of(2) {
        data.to_vec()
    } else {
        repaired(data)
    };
    let path = scratch("keyring");
    std::fs::write(&path, &file).expect("a temporary file");
    let store = KeyringFile::new(path.clone(), OneKey);
    let loaded = store.load();
    assert_eq!(loaded.is_ok(), known().contains(&file));
    check_that_a_refused_file_is_kept(&store, loaded.is_err(), &path, &file);
}

fn seeds() -> Vec<Vec<u8>> {
    [chosen(0, known().to_vec()), chosen(1, known().to_vec())].concat()
}

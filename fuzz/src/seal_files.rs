//! Files under a passphrase, and what repairs a changed one as far as a stranger could.

use std::sync::OnceLock;

use tki_seal::passphrase_file::{FileKey, FileKind, MAGIC_BYTES, OVERHEAD, SealedFile};
use tki_seal::password::Argon2Params;
use tki_seal::transcript::{Tag, Transcript};

use crate::Target;
use crate::inputs::{array, choice, chosen, rng};
use crate::memory::bounded;

pub(crate) const PASSPHRASE_FILE: Target = Target {
    name: "seal_passphrase_file",
    run: passphrase_file,
    seeds,
};

const MAGIC: [u8; MAGIC_BYTES] = *b"TKI-FUZZ";
const KIND: FileKind = FileKind::new(MAGIC, Tag::Example);
pub(crate) const PASSPHRASE: &[u8] = b"passphrase";

const PARAMS: core::ops::Range<usize> = MAGIC_BYTES + 1..MAGIC_BYTES + 1 + Argon2Params::BYTES;
const HEADER: usize = PARAMS.end + 32;

/// The file with parameters that cost nothing and the hash that belongs to it: whoever changes a
/// file on purpose can do the same. A file that is too short stays as it is.
pub(crate) fn repaired(file: &[u8], tag: Tag) -> Vec<u8> {
    let mut file = file.to_vec();
    if let Some(params) = file.get_mut(PARAMS)
        && is_expensive(&array(params))
    {
        params.copy_from_slice(&Argon2Params::insecure_for_tests().to_bytes());
    }
    if let Some((header, rest)) = file.split_at_mut_checked(HEADER)
        && let Some((hash, sealed)) = rest.split_first_chunk_mut::<32>()
    {
        let transcript = Transcript::new(tag).bytes(b"sealed");
        *hash = transcript.bytes(header).bytes(sealed).digest();
    }
    file
}

/// Whether deriving a key with these parameters takes longer than an input may; parameters that
/// are out of bounds cost nothing, because they are refused.
fn is_expensive(params: &[u8; Argon2Params::BYTES]) -> bool {
    Argon2Params::from_bytes(params).is_ok_and(|params| {
        params.memory_kib() > 64 || params.iterations() > 2 || params.parallelism() > 4
    })
}

/// Whether a file with these bytes may be given to something that derives its key.
pub(crate) fn is_cheap(file: &[u8]) -> bool {
    file.get(PARAMS)
        .is_none_or(|params| !is_expensive(&array(params)))
}

/// A file of this kind, under [`PASSPHRASE`].
pub(crate) fn file(kind: FileKind, content: &[u8]) -> Vec<u8> {
    let mut rng = rng(7);
    let params = Argon2Params::insecure_for_tests();
    let key = FileKey::create(kind, PASSPHRASE, params, &mut rng).expect("little memory");
    key.seal(content, &mut rng)
}

fn known() -> &'static [Vec<u8>] {
    static KNOWN: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let contents: [&[u8]; 2] = [b"", b"what a file under a passphrase holds"];
        contents.map(|content| file(KIND, content)).to_vec()
    })
}

fn passphrase_file(data: &[u8]) {
    let (choice, data) = choice(data);
    let data = if choice.is_multiple_of(2) {
        data.to_vec()
    } else {
        repaired(data, Tag::Example)
    };
    if let Some(params) = data.get(PARAMS)
        && let Ok(params) = Argon2Params::from_bytes(&array(params))
    {
        assert_eq!(Some(params.to_bytes().as_slice()), data.get(PARAMS));
        assert!(params.memory_kib() <= Argon2Params::MAX_MEMORY_KIB);
    }
    let Ok(parsed) = bounded(data.len(), || SealedFile::parse(KIND, &data)) else {
        return;
    };
    assert!(data.starts_with(&MAGIC) && data.len() >= OVERHEAD - 80);
    if !is_cheap(&data) {
        return;
    }
    let key = parsed.derive_key(PASSPHRASE).expect("little memory");
    assert!(parsed.is_for(&key));
    assert_eq!(parsed.open(&key).is_ok(), known().contains(&data));
}

fn seeds() -> Vec<Vec<u8>> {
    [chosen(0, known().to_vec()), chosen(1, known().to_vec())].concat()
}

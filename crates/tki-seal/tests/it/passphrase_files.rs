//! Files under a passphrase: what is damaged, what has another passphrase, what is something else.

use tki_seal::passphrase_file::{FileError, FileKey, FileKind, OVERHEAD, SealedFile};
use tki_seal::password::{Argon2Params, PasswordError};
use tki_seal::transcript::{Tag, Transcript};

const KIND: FileKind = FileKind::new(*b"EXAMPLE.", Tag::Example);
const CONTENT: &[u8] = b"what the file holds";
/// Where the version is, and where the hash begins: between header and seal.
const VERSION_AT: usize = 8;
const HASH_AT: usize = 53;

fn new_key(passphrase: &[u8]) -> FileKey {
    let mut rng = tki_testkit::rng("a new file");
    FileKey::create(
        KIND,
        passphrase,
        Argon2Params::insecure_for_tests(),
        &mut rng,
    )
    .unwrap()
}

fn new_file() -> Vec<u8> {
    new_key(b"right").seal(CONTENT, &mut tki_testkit::rng("a seal"))
}

/// Opens a file as one does who knows nothing yet.
fn open(kind: FileKind, file: &[u8], passphrase: &[u8]) -> Result<Vec<u8>, FileError> {
    let file = SealedFile::parse(kind, file)?;
    let content = file.open(&file.derive_key(passphrase)?)?;
    Ok(content.to_vec())
}

#[test]
fn a_file_opens_with_its_passphrase() {
    for length in [0, 1, 32, 5000] {
        let content = vec![7; length];
        let file = new_key(b"right").seal(&content, &mut tki_testkit::rng("lengths"));
        assert_eq!(file.len(), OVERHEAD + length);
        assert_eq!(open(KIND, &file, b"right"), Ok(content));
    }
}

#[test]
fn another_passphrase_is_called_wrong() {
    let file = new_file();
    for wrong in [b"".as_slice(), b"Right", b"right ", b"right\0", b"wrong"] {
        assert_eq!(open(KIND, &file, wrong), Err(FileError::WrongPassphrase));
    }
}

#[test]
fn every_changed_byte_is_told_by_where_it_is() {
    let file = new_file();
    for at in 0..file.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut changed = file.clone();
            changed[at] ^= flip;
            let expected = match at {
                0..VERSION_AT => FileError::OtherKind {
                    magic: changed[..8].try_into().unwrap(),
                },
                VERSION_AT => FileError::Unsupported {
                    version: changed[at],
                },
                _ => FileError::Corrupt,
            };
            // Before any key is derived, and so whatever the passphrase.
            let parsed = SealedFile::parse(KIND, &changed).map(drop);
            assert_eq!(parsed, Err(expected), "byte {at}");
        }
    }
}

#[test]
fn a_truncated_or_longer_file_is_damaged() {
    let file = new_file();
    let truncated = (0..file.len()).map(|length| file[..length].to_vec());
    let longer = [0, 1, 0xff].map(|last| [file.as_slice(), &[last]].concat());
    for damaged in truncated.chain(longer) {
        let parsed = SealedFile::parse(KIND, &damaged).map(drop);
        assert_eq!(parsed, Err(FileError::Corrupt), "{} bytes", damaged.len());
    }
}

/// Whoever can compute the hash still cannot make a file that opens, nor ask for more memory than
/// the bounds allow.
#[test]
fn a_file_with_a_hash_of_its_own_seems_to_have_another_passphrase() {
    let file = new_file();
    for at in (VERSION_AT + 1..HASH_AT).chain(HASH_AT + 32..file.len()) {
        let mut forged = file.clone();
        forged[at] ^= 1;
        let (header, rest) = forged.split_at(HASH_AT);
        let hash = Transcript::new(Tag::Example)
            .bytes(b"sealed")
            .bytes(header)
            .bytes(&rest[32..])
            .digest();
        forged[HASH_AT..HASH_AT + 32].copy_from_slice(&hash);
        let params = Argon2Params::from_bytes(forged[9..21].try_into().unwrap());
        let expected = if params.is_ok() {
            FileError::WrongPassphrase
        } else {
            FileError::Corrupt
        };
        assert_eq!(open(KIND, &forged, b"right"), Err(expected), "byte {at}");
    }
}

#[test]
fn kinds_with_one_magic_or_one_tag_do_not_open_each_other() {
    let file = new_file();
    let other_tag = FileKind::new(*b"EXAMPLE.", Tag::Document);
    assert_eq!(open(other_tag, &file, b"right"), Err(FileError::Corrupt));
    let other_magic = FileKind::new(*b"EXAMPLE!", Tag::Example);
    let magic = *b"EXAMPLE.";
    assert_eq!(
        open(other_magic, &file, b"right"),
        Err(FileError::OtherKind { magic })
    );
}

#[test]
fn a_key_seals_and_opens_many_files_of_its_salt() {
    let (key, mut rng) = (new_key(b"right"), tki_testkit::rng("many files"));
    let files = [(); 2].map(|()| key.seal(CONTENT, &mut rng));
    assert_eq!(files[0][..HASH_AT], files[1][..HASH_AT]);
    assert_ne!(files[0][HASH_AT..], files[1][HASH_AT..]);
    for file in &files {
        let file = SealedFile::parse(KIND, file).unwrap();
        assert!(file.is_for(&key));
        assert_eq!(*file.open(&key).unwrap(), CONTENT);
    }
}

#[test]
fn a_key_of_another_salt_or_other_parameters_is_not_for_a_file() {
    let (file, mut rng) = (new_file(), tki_testkit::rng("another salt"));
    let file = SealedFile::parse(KIND, &file).unwrap();
    let params = Argon2Params::insecure_for_tests();
    let other_salt = FileKey::create(KIND, b"right", params, &mut rng).unwrap();
    let more = Argon2Params::new(16, 1, 1).unwrap();
    let mut same_salt = tki_testkit::rng("a new file");
    let other_params = FileKey::create(KIND, b"right", more, &mut same_salt).unwrap();
    for key in [other_salt, other_params] {
        assert!(!file.is_for(&key));
        assert_eq!(file.open(&key).err(), Some(FileError::WrongPassphrase));
    }
    // The right salt, and the wrong passphrase: for the file, and of no use.
    let wrong = file.derive_key(b"wrong").unwrap();
    assert!(file.is_for(&wrong));
    assert_eq!(file.open(&wrong).err(), Some(FileError::WrongPassphrase));
}

#[test]
fn every_error_says_what_it_is() {
    use core::error::Error as _;

    let derivation = FileError::KeyDerivation(PasswordError::OutOfMemory);
    assert!(derivation.source().is_some());
    let errors = [
        FileError::Corrupt,
        derivation,
        FileError::OtherKind { magic: [0; 8] },
        FileError::Unsupported { version: 2 },
        FileError::WrongPassphrase,
    ];
    let mut said: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert!(said[3].contains('2'));
    said.sort();
    said.dedup();
    assert_eq!(said.len(), errors.len());
}

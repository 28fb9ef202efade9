//! Files that are none: cut off, changed, oversized, of another time.

use std::fs;
use std::path::Path;

use tki_provider_passkey::{Error, Passkey, Prf, SoftwareAuthenticator};
use tki_seal::passphrase_file::{FileKey, FileKind};
use tki_seal::password::Argon2Params;
use tki_seal::transcript::{Tag, Transcript};

const PASSPHRASE: &[u8] = b"passphrase";

/// Opens a file with these bytes, which stay as they are.
#[expect(
    clippy::unwrap_in_result,
    reason = "what is unwrapped is not the result"
)]
fn open(bytes: &[u8], passphrase: Option<&[u8]>) -> Result<(), Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("passkeys");
    fs::write(&path, bytes).unwrap();
    let opened = SoftwareAuthenticator::open(&path, passphrase).map(|_| ());
    assert_eq!(fs::read(&path).unwrap(), bytes);
    opened
}

async fn real(path: &Path, passphrase: Option<&[u8]>) -> Vec<u8> {
    let mut rng = tki_testkit::rng("hostile");
    let sealed = passphrase.map(|phrase| (phrase, Argon2Params::insecure_for_tests()));
    let keys = SoftwareAuthenticator::create(path, sealed, Prf::Available, &mut rng).unwrap();
    Passkey::make(&keys, "laptop", &mut rng).await.unwrap();
    Passkey::make(&keys, "phone", &mut rng).await.unwrap();
    fs::read(path).unwrap()
}

#[tokio::test]
async fn every_cut_and_every_flipped_bit_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    for (name, passphrase) in [("open", None), ("sealed", Some(PASSPHRASE))] {
        let file = real(&folder.path().join(name), passphrase).await;
        open(&file, passphrase).unwrap();
        for length in 0..file.len() {
            let error = open(&file[..length], passphrase).unwrap_err();
            assert!(matches!(error, Error::Corrupt), "{length}: {error:?}");
        }
        for bit in 0..file.len() * 8 {
            let mut changed = file.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let error = open(&changed, passphrase).unwrap_err();
            let noticed = match bit / 8 {
                8 => matches!(error, Error::Unsupported { .. }),
                _ => matches!(error, Error::Corrupt),
            };
            assert!(noticed, "bit {bit}: {error:?}");
        }
    }
}

#[tokio::test]
async fn a_later_version_is_named_and_an_oversized_file_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    for (name, passphrase) in [("open", None), ("sealed", Some(PASSPHRASE))] {
        let mut file = real(&folder.path().join(name), passphrase).await;
        file[8] = 2;
        let error = open(&file, passphrase).unwrap_err();
        assert!(matches!(error, Error::Unsupported { version: 2 }));
        file[8] = 1;
        file.resize(16 * 1024 + 1, 0);
        assert!(matches!(open(&file, passphrase), Err(Error::Corrupt)));
    }
}

/// A file without a passphrase that holds this content, as whoever changes one on purpose writes it.
fn open_file(content: &[u8]) -> Vec<u8> {
    let hash = Transcript::new(Tag::PasskeyFile).bytes(b"open");
    let hash = hash.bytes(content).digest();
    [b"TKI-PKEY\x01", &hash[..], content].concat()
}

#[test]
fn a_content_that_nobody_writes_is_refused() {
    let entry = |id: u8, label: &[u8]| {
        let length = [u8::try_from(label.len()).unwrap()];
        [&[id; 16][..], &[9; 32], &length, label].concat()
    };
    let content = |count: u16, entries: &[Vec<u8>]| {
        [&[1][..], &count.to_le_bytes(), &entries.concat()].concat()
    };
    let (one, two) = (entry(1, b"one"), entry(2, b"two"));
    let right = content(2, &[one.clone(), two.clone()]);
    open(&open_file(&right), None).unwrap();

    let wrong = [
        Vec::new(),
        vec![1, 0],
        vec![2, 0, 0],
        content(1, &[one.clone(), two.clone()]),
        content(3, &[one.clone(), two]),
        content(2, &[one.clone(), one.clone()]),
        content(1, &[entry(1, b"a\nb")]),
        content(1, &[entry(1, &[0xff])]),
        content(1, &[entry(1, &[b'x'; 65])]),
        content(101, &(0..101).map(|id| entry(id, b"")).collect::<Vec<_>>()),
        content(u16::MAX, &[one]),
    ];
    for wrong in wrong {
        let error = open(&open_file(&wrong), None).unwrap_err();
        assert!(matches!(error, Error::Corrupt), "{wrong:?}");
        let mut rng = tki_testkit::rng("wrong content");
        let kind = FileKind::new(*b"TKI-PKYS", Tag::PasskeyFile);
        let params = Argon2Params::insecure_for_tests();
        let key = FileKey::create(kind, PASSPHRASE, params, &mut rng).unwrap();
        let error = open(&key.seal(&wrong, &mut rng), Some(PASSPHRASE)).unwrap_err();
        assert!(matches!(error, Error::Corrupt), "{wrong:?}");
    }
}

#[test]
fn a_folder_is_no_damaged_file() {
    let folder = tempfile::tempdir().unwrap();
    let error = SoftwareAuthenticator::open(folder.path(), None).unwrap_err();
    assert!(matches!(error, Error::Backend(_)) && error.is_unavailable());
}

//! A software authenticator's file, and ids of credentials.

use core::str::FromStr as _;
use std::sync::OnceLock;

use tki_provider_passkey::{CredentialId, PrfAuthenticator as _, SoftwareAuthenticator};
use tki_seal::passphrase_file::FileKind;
use tki_seal::transcript::{Tag, Transcript};

use crate::Target;
use crate::inputs::{choice, chosen};
use crate::memory::bounded;
use crate::provider::{ready, scratch};
use crate::seal_files::{self, PASSPHRASE, is_cheap, repaired};

pub(crate) const FILES: Target = Target {
    name: "passkey_files",
    run,
    seeds,
};

const OPEN_MAGIC: &[u8] = b"TKI-PKEY\x01";
const KIND: FileKind = FileKind::new(*b"TKI-PKYS", Tag::PasskeyFile);

/// The file without a passphrase that holds this content, as whoever changes one on purpose would
/// write it.
fn open_file(content: &[u8]) -> Vec<u8> {
    let transcript = Transcript::new(Tag::PasskeyFile).bytes(b"open");
    [OPEN_MAGIC, &transcript.bytes(content).digest(), content].concat()
}

/// By the choice: a whole file; the content of one without a passphrase; one under a passphrase,
/// repaired; the id of a credential.
fn run(data: &[u8]) {
    let (choice, data) = choice(data);
    match choice % 4 {
        0 => file(data),
        1 => file(&open_file(data)),
        2 => file(&repaired(data, Tag::PasskeyFile)),
        _ => id(data),
    }
}

fn file(bytes: &[u8]) {
    if bytes.starts_with(b"TKI-PKYS") && !is_cheap(bytes) {
        return;
    }
    let path = scratch("passkeys");
    std::fs::write(&path, bytes).expect("a temporary file");
    let passphrase = SoftwareAuthenticator::has_passphrase(&path)
        .is_ok_and(|sealed| sealed)
        .then_some(PASSPHRASE);
    let opened = SoftwareAuthenticator::open(&path, passphrase);
    assert_eq!(std::fs::read(&path).expect("a temporary file"), bytes);
    let Ok(opened) = opened else { return };
    // What opens under the passphrase was sealed under it, and these are all that were.
    if passphrase.is_some() {
        assert!(known().contains(&bytes.to_vec()));
        return;
    }
    // The credentials that are listed account for every byte.
    let listed = ready(opened.credentials()).expect("it opened");
    let labels: usize = listed
        .iter()
        .map(|credential| credential.label.as_ref().expect("a file tells").len())
        .sum();
    let header = OPEN_MAGIC.len() + 32 + 3;
    assert_eq!(bytes.len(), header + listed.len() * 49 + labels);
    for credential in &listed {
        let has_prf = bytes.get(header - 3) == Some(&1);
        assert_eq!(ready(opened.evaluate(&credential.id, b"")).is_ok(), has_prf);
    }
}

fn id(data: &[u8]) {
    let read = bounded(data.len(), || CredentialId::from_bytes(data));
    assert_eq!(read.is_ok(), (1..=1023).contains(&data.len()));
    if let Ok(id) = read {
        assert_eq!(id.as_bytes(), data);
        assert_eq!(CredentialId::from_str(&id.to_string()), Ok(id));
    }
    let Ok(text) = core::str::from_utf8(data) else {
        return;
    };
    if let Ok(id) = CredentialId::from_str(text) {
        assert_eq!(id.to_string(), text);
    }
}

/// Contents: PRF, count, entries.
fn contents() -> [Vec<u8>; 3] {
    let entry = |byte: u8, label: &[u8]| {
        let length = u8::try_from(label.len()).expect("short");
        [&[byte; 16][..], &[9; 32], &[length], label].concat()
    };
    [
        vec![1, 0, 0],
        [&[1, 1, 0][..], &entry(1, b"laptop")].concat(),
        [
            &[0, 2, 0][..],
            &entry(1, b""),
            &entry(2, "Schlüssel".as_bytes()),
        ]
        .concat(),
    ]
}

fn known() -> &'static [Vec<u8>] {
    static KNOWN: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let files = contents().map(|content| seal_files::file(KIND, &content));
        files.to_vec()
    })
}

fn seeds() -> Vec<Vec<u8>> {
    let open = contents().map(|content| open_file(&content));
    let ids = [vec![7; 16], b"-_--AQ".to_vec()];
    [
        chosen(0, open),
        chosen(0, known().to_vec()),
        chosen(1, contents()),
        chosen(2, known().to_vec()),
        chosen(3, ids),
    ]
    .concat()
}

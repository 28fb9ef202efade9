//! A local provider's files: the anchors and the key file, through the files themselves.

use std::path::PathBuf;
use std::pin::pin;
use std::sync::OnceLock;
use std::task::{Context, Poll, Waker};

use tki_provider::{Anchor as _, AnchorEntry, LocalAnchor, LocalProvider};
use tki_record::{Record, RecordHeader};
use tki_seal::passphrase_file::FileKind;
use tki_seal::transcript::{Tag, Transcript};

use crate::Target;
use crate::inputs::{choice, chosen, rng};
use crate::memory::bounded;
use crate::record::life;
use crate::seal_files::{self, PASSPHRASE, is_cheap, repaired};

pub(crate) const ANCHORS: Target = Target {
    name: "provider_anchors",
    run: anchors,
    seeds: anchor_seeds,
};

pub(crate) const KEY_FILE: Target = Target {
    name: "provider_key_file",
    run: key_file,
    seeds: key_file_seeds,
};

const ANCHOR_MAGIC: &[u8] = b"TKI-ANCH\x01";

/// A file of this process's own.
pub(crate) fn scratch(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("tki-fuzz-{}-{name}", std::process::id()))
}

/// The anchors file with this body, as whoever changes one on purpose would write it.
fn anchors_file(body: &[u8]) -> Vec<u8> {
    let transcript = Transcript::new(Tag::ProviderFile).bytes(b"anchors");
    let hash = transcript.bytes(body).digest();
    [ANCHOR_MAGIC, &hash, body].concat()
}

/// Even choices are a whole file, odd ones the body of one whose hash is right.
fn anchors(data: &[u8]) {
    let (choice, data) = choice(data);
    let file = if choice.is_multiple_of(2) {
        data.to_vec()
    } else {
        anchors_file(data)
    };
    let provider = scratch("provider");
    let anchor = LocalAnchor::open(&provider);
    std::fs::write(anchor.path(), &file).expect("a temporary file");

    let slots = slots(&file);
    let read = |slot: u32| {
        // The path and the file are not the input's to pay for.
        bounded(file.len() + 256, || ready(anchor.read(slot)))
    };
    let entries: Vec<_> = slots.iter().map(|slot| read(*slot)).collect();
    let absent = (0..).find(|slot| !slots.contains(slot)).expect("few slots");
    if read(absent).is_err() {
        // What cannot be read is read for no slot.
        assert!(entries.iter().all(Result::is_err));
        return;
    }
    // The whole file was read, so that these bytes are the only way to write it.
    let body = file.get(ANCHOR_MAGIC.len() + 32..).unwrap_or_default();
    assert_eq!(anchors_file(body), file);
    let mut again = u32::try_from(slots.len())
        .expect("few slots")
        .to_le_bytes()
        .to_vec();
    for (slot, entry) in slots.iter().zip(&entries) {
        let Ok(entry) = entry else { return };
        let entry = entry.as_ref().expect("the file has the slot");
        entry.verify().expect("what is given out was verified");
        let remade = AnchorEntry::from_parts(entry.claim.clone(), entry.header.clone());
        assert!(remade.is_ok_and(|remade| remade == *entry));
        again.extend(encode(*slot, entry));
    }
    assert_eq!(again, body);
}

/// The slots that a file seems to have, by an own reading that checks nothing.
fn slots(file: &[u8]) -> Vec<u32> {
    let mut rest = file.get(ANCHOR_MAGIC.len() + 32 + 4..).unwrap_or_default();
    let mut slots = Vec::new();
    while let Some((slot, after)) = rest.split_first_chunk()
        && let Some(after) = after.get(1..)
        && let Some((length, after)) = after.split_first_chunk()
        && slots.len() < 64
    {
        slots.push(u32::from_le_bytes(*slot));
        let length = u32::from_le_bytes(*length) as usize;
        rest = after.get(length..).unwrap_or_default();
    }
    slots
}

fn encode(slot: u32, entry: &AnchorEntry) -> Vec<u8> {
    let (state, bytes) = match &entry.header {
        None => (0, entry.claim.encode()),
        Some(header) => (1, RecordHeader::encode(header)),
    };
    let length = u32::try_from(bytes.len()).expect("small").to_le_bytes();
    [&slot.to_le_bytes()[..], &[state], &length, &bytes].concat()
}

fn anchor_seeds() -> Vec<Vec<u8>> {
    let entry = |record: &Record, header: bool| {
        let header = header.then(|| record.header().clone());
        AnchorEntry::from_parts(record.claim().clone(), header).expect("its own claim")
    };
    let body = |entries: &[AnchorEntry]| {
        let mut body = u32::try_from(entries.len())
            .expect("few")
            .to_le_bytes()
            .to_vec();
        for (entry, slot) in entries.iter().zip(0..) {
            body.extend(encode(slot, entry));
        }
        body
    };
    let life = life();
    let all: Vec<AnchorEntry> = life.iter().map(|record| entry(record, true)).collect();
    let bodies = [
        body(&[]),
        body(&[entry(&life[0], false)]),
        body(&[entry(&life[0], false), entry(&life[1], true)]),
        body(&all),
    ];
    let files = bodies.iter().map(|body| anchors_file(body));
    [chosen(0, files), chosen(1, bodies.clone())].concat()
}

fn key_file(data: &[u8]) {
    let (choice, data) = choice(data);
    let file = if choice.is_multiple_of(2) {
        data.to_vec()
    } else {
        repaired(data, Tag::ProviderFile)
    };
    if !is_cheap(&file) {
        return;
    }
    let path = scratch("key");
    std::fs::write(&path, &file).expect("a temporary file");
    let opened = LocalProvider::open(&path, PASSPHRASE, rng(12));
    assert_eq!(opened.is_ok(), file == *known_key_file());
    assert_eq!(std::fs::read(&path).expect("a temporary file"), file);
}

fn known_key_file() -> &'static Vec<u8> {
    static KNOWN: OnceLock<Vec<u8>> = OnceLock::new();
    KNOWN.get_or_init(|| seal_files::file(KIND, &[6; 32]))
}

const KIND: FileKind = FileKind::new(*b"TKI-PROV", Tag::ProviderFile);

fn key_file_seeds() -> Vec<Vec<u8>> {
    let short = seal_files::file(KIND, &[6; 31]);
    let files = [known_key_file().clone(), short];
    [chosen(0, files.clone()), chosen(1, files)].concat()
}

/// The result of a function that is async only because others of its trait are.
pub(crate) fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a local file is not waited for"),
    }
}

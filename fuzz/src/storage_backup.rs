//! Backups of a whole storage, in pieces of any length.

use std::sync::OnceLock;

use tki_record::{Claim, Record, RecordKind};
use tki_seal::bip340::SigningKey;
use tki_storage::backup::{BackupError, BackupReader, BackupWriter, Piece};

use crate::Target;
use crate::inputs::rng;
use crate::memory::bounded;

pub(crate) const BACKUP: Target = Target {
    name: "storage_backup",
    run,
    seeds,
};

/// The first byte says how long the pieces are; the rest is the file.
fn run(data: &[u8]) {
    let Some((length, file)) = data.split_first() else {
        return;
    };
    let piece = usize::from(*length).saturating_add(1);
    let read = bounded(data.len(), || read(file, piece));
    // However it comes, it is the same.
    assert_eq!(read, self::read(file, file.len().max(1)));
    if let Ok(records) = read {
        assert_eq!(written(&records), file);
        let addresses: Vec<_> = records.iter().map(Record::address).collect();
        assert!(addresses.is_sorted_by(|one, next| one < next));
    }
}

fn read(file: &[u8], piece: usize) -> Result<Vec<Record>, BackupError> {
    let mut reader = BackupReader::new();
    let mut records = Vec::new();
    for bytes in file.chunks(piece) {
        reader.push(bytes);
        while let Some(piece) = reader.next_piece()? {
            match piece {
                Piece::Record(record) => records.push(record),
                Piece::End { records: count } => {
                    assert_eq!(usize::try_from(count), Ok(records.len()));
                }
            }
        }
    }
    assert_eq!(usize::try_from(reader.finish()?), Ok(records.len()));
    Ok(records)
}

fn written(records: &[Record]) -> Vec<u8> {
    let (mut writer, mut file) = BackupWriter::begin();
    for record in records {
        let written = writer.record(record, &mut file);
        assert_eq!(written, Ok(()), "what was read in order is written in order");
    }
    file.extend(writer.end());
    file
}

fn records() -> &'static [Record] {
    static RECORDS: OnceLock<Vec<Record>> = OnceLock::new();
    RECORDS.get_or_init(|| {
        let mut rng = rng(11);
        let mut records: Vec<Record> = (0..3_u8)
            .filter_map(|number| {
                let key = SigningKey::random(&mut rng);
                let writer = SigningKey::random(&mut rng);
                let next = writer.public_key();
                let claim = Claim::sign(RecordKind::Mailbox, 0, &key, next, [number; 32]);
                Record::first(claim, vec![number; 20], &writer).ok()
            })
            .collect();
        records.sort_by_key(Record::address);
        records
    })
}

fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for count in 0..=records().len() {
        for piece in [0, 63, 255] {
            let mut seed = vec![piece];
            seed.extend(written(records().get(..count).unwrap_or_default()));
            seeds.push(seed);
        }
    }
    seeds
}

//! Backups as bytes: what is written is read, and nothing else is.
#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]

use std::collections::BTreeMap;

use tki_record::{Address, Record};
use tki_storage::backup::{BACKUP_MAGIC, BackupError, BackupReader, BackupWriter, Piece};

use crate::owner::Owner;

/// Records of as many owners, in the order of their addresses.
fn records(count: usize) -> Vec<Record> {
    let owners = (0..count).map(|number| Owner::new(&format!("backups {number}")).first);
    let sorted: BTreeMap<Address, Record> = owners.map(|first| (first.address(), first)).collect();
    sorted.into_values().collect()
}

/// A backup of these records.
fn written(records: &[Record]) -> Vec<u8> {
    let (mut writer, mut file) = BackupWriter::begin();
    for record in records {
        writer.record(record, &mut file).unwrap();
    }
    file.extend(writer.end());
    file
}

/// What a reader makes of a file that comes in pieces of this length.
fn read(file: &[u8], piece: usize) -> Result<Vec<Record>, BackupError> {
    let mut reader = BackupReader::new();
    let mut records = Vec::new();
    for bytes in file.chunks(piece) {
        reader.push(bytes);
        while let Some(piece) = reader.next_piece()? {
            match piece {
                Piece::Record(record) => records.push(record),
                Piece::End { records: count } => assert_eq!(count, records.len() as u64),
            }
        }
    }
    reader.finish()?;
    Ok(records)
}

/// The last 32 bytes made right again, as somebody does who means it.
fn with_hash(mut file: Vec<u8>) -> Vec<u8> {
    use sha2::{Digest as _, Sha256};

    file.truncate(file.len() - 32);
    let hash = Sha256::digest(&file);
    file.extend_from_slice(&hash);
    file
}

#[test]
fn what_is_written_is_read_whatever_the_pieces() {
    for count in [0, 1, 3] {
        let records = records(count);
        let file = written(&records);
        for piece in [1, 7, 4096, file.len()] {
            assert_eq!(read(&file, piece).as_ref(), Ok(&records), "{count} {piece}");
        }
    }
}

#[test]
fn a_backup_that_is_cut_anywhere_is_not_whole() {
    let file = written(&records(2));
    for length in 0..file.len() {
        assert!(
            matches!(
                read(&file[..length], 4096),
                Err(BackupError::Truncated { .. })
            ),
            "{length}"
        );
    }
}

#[test]
fn a_bit_that_flips_anywhere_is_noticed() {
    let file = written(&records(2));
    for position in 0..file.len() {
        for bit in 0..8 {
            let mut changed = file.clone();
            changed[position] ^= 1 << bit;
            assert!(read(&changed, 4096).is_err(), "byte {position}, bit {bit}");
        }
    }
}

#[test]
fn each_region_has_its_own_error() {
    let records = records(2);
    let file = written(&records);
    let first = records[0].encoded_length();
    let end = file.len() - 44;
    let changed = |position: usize, value: u8| {
        let mut file = file.clone();
        file[position] ^= value;
        read(&file, 4096).unwrap_err()
    };
    assert_eq!(changed(0, 1), BackupError::Magic);
    assert_eq!(changed(8, 2), BackupError::UnknownVersion { found: 3 });
    assert_eq!(changed(12, 0xFF), BackupError::TooLong { number: 1 });
    assert!(matches!(
        changed(13 + first - 1, 1),
        BackupError::NotARecord { number: 1, .. }
    ));
    // A signature is no matter of the encoding: the hash at the end finds it.
    assert_eq!(changed(13 + 165, 1), BackupError::Hash);
    assert_eq!(
        changed(end + 4, 1),
        BackupError::Count {
            expected: 3,
            found: 2
        }
    );
    assert_eq!(changed(file.len() - 1, 1), BackupError::Hash);
}

#[test]
fn what_follows_the_end_is_refused() {
    let mut file = written(&records(1));
    file.push(0);
    for piece in [1, file.len()] {
        assert_eq!(read(&file, piece), Err(BackupError::TrailingBytes));
    }
}

#[test]
fn a_record_is_there_once_and_in_order_even_if_the_hash_is_right() {
    let records = records(2);
    let [first, second] = [&records[0], &records[1]];
    for (order, wrong) in [([first, first], first), ([second, first], first)] {
        let mut file = BACKUP_MAGIC.to_vec();
        file.push(1);
        for record in order {
            let encoded = record.encode();
            file.extend(u32::try_from(encoded.len()).unwrap().to_le_bytes());
            file.extend(encoded);
        }
        file.extend(0_u32.to_le_bytes());
        file.extend(2_u64.to_le_bytes());
        file.extend([0; 32]);
        let address = wrong.address();
        assert_eq!(
            read(&with_hash(file), 4096),
            Err(BackupError::Order { address })
        );
    }
    let (mut writer, mut file) = BackupWriter::begin();
    writer.record(second, &mut file).unwrap();
    let address = first.address();
    assert_eq!(
        writer.record(first, &mut file),
        Err(BackupError::Order { address })
    );
}

#[test]
fn a_length_beyond_every_record_is_refused_before_it_is_waited_for() {
    let mut reader = BackupReader::new();
    reader.push(&BACKUP_MAGIC);
    reader.push(&[1]);
    reader.push(&u32::MAX.to_le_bytes());
    assert_eq!(reader.next_piece(), Err(BackupError::TooLong { number: 1 }));
}

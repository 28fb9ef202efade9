//! Records, headers, claims, addresses.

use std::sync::OnceLock;

use tki_record::{Address, Claim, HandOver, MAX_ENCODED, Record, RecordHeader, RecordKind};
use tki_seal::bip340::SigningKey;

use crate::Target;
use crate::inputs::{array, choice, rng};
use crate::memory::bounded;

pub(crate) const RECORD: Target = Target {
    name: "record",
    run: record,
    seeds: record_seeds,
};

pub(crate) const HEADER: Target = Target {
    name: "record_header",
    run: header,
    seeds: header_seeds,
};

fn record(data: &[u8]) {
    let address = bounded(data.len(), || Record::encoded_address(data));
    let Ok(record) = bounded(data.len(), || Record::decode(data)) else {
        return;
    };
    assert_eq!(record.encode(), data);
    assert_eq!(record.encoded_length(), data.len());
    assert!(data.len() <= MAX_ENCODED);
    assert_eq!(address, Ok(record.address()));
    assert_eq!(record.verify().is_ok(), life().contains(&record));
    let (header, body) = record.clone().into_parts();
    assert_eq!(Record::from_parts(header, body), Ok(record));
}

fn header(data: &[u8]) {
    if let Ok(claim) = bounded(data.len(), || Claim::decode(data)) {
        assert_eq!(claim.encode(), data);
        let again = Address::derive(claim.kind(), claim.slot(), claim.key());
        assert_eq!(claim.address(), again);
        // Nobody who changes bytes makes a signature.
        let known = life().iter().any(|record| record.claim() == &claim);
        assert_eq!(claim.verify().is_ok(), known);
        let signed = Claim::from_signature(
            claim.kind(),
            claim.slot(),
            *claim.key(),
            *claim.first_writer(),
            *claim.binding(),
            *claim.signature(),
        );
        assert_eq!(signed.is_ok(), known);
    }
    if let Ok(header) = bounded(data.len(), || RecordHeader::decode(data)) {
        assert_eq!(header.encode(), data);
        assert!(header.follows(&header));
        let handed: Vec<u64> = header.hand_overs().iter().map(HandOver::version).collect();
        assert!(handed.is_sorted_by(|one, next| one < next));
        assert!(handed.iter().all(|version| *version <= header.version()));
        assert_eq!(header.writer(), header.writer_of(header.version()));
        let known = life().iter().any(|record| record.header() == &header);
        assert_eq!(header.verify().is_ok(), known);
    }
    let code = choice(data).0;
    assert!(RecordKind::from_code(code).is_none_or(|kind| kind.code() == code));
    let address = Address::from_bytes(array(data));
    assert_eq!(address.to_string().parse(), Ok(address));
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(address) = text.parse::<Address>()
    {
        assert_eq!(address.to_string(), text.to_lowercase());
    }
}

/// A record that was handed over and closed: all of its versions.
pub(crate) fn life() -> &'static [Record] {
    static LIFE: OnceLock<Vec<Record>> = OnceLock::new();
    LIFE.get_or_init(live)
}

fn live() -> Vec<Record> {
    let mut rng = rng(8);
    let [key, first, second] = [(); 3].map(|()| SigningKey::random(&mut rng));
    let claim = Claim::sign(RecordKind::Document, 3, &key, first.public_key(), [5; 32]);
    let created = Record::first(claim, b"body".to_vec(), &first).expect("small");
    let to = Some(second.public_key());
    let handed = created.next(b"next".to_vec(), &first, to).expect("small");
    let kept = handed.next(Vec::new(), &second, None).expect("small");
    let closed = kept.close(b"notice".to_vec(), &second).expect("small");
    vec![created, handed, kept, closed]
}

fn record_seeds() -> Vec<Vec<u8>> {
    life().iter().map(Record::encode).collect()
}

fn header_seeds() -> Vec<Vec<u8>> {
    let life = life();
    let mut seeds: Vec<Vec<u8>> = life.iter().map(|record| record.header().encode()).collect();
    seeds.extend(life.iter().map(|record| record.claim().encode()));
    seeds.extend(
        life.iter()
            .map(|record| record.address().to_string().into_bytes()),
    );
    seeds
}

//! What an account's members read of one another: documents, mailboxes, notices, packages.

use std::sync::OnceLock;

use tki_metadata::{
    AccountId, Bundle, DevicePackage, Document, DocumentKey, Error, HolderKind, Mailbox, Notice,
    Origin, SeedKey,
};
use tki_record::{Address, Claim, Record, RecordKind};
use tki_seal::bip340::SigningKey;

use crate::Target;
use crate::inputs::{array, choice, chosen, rng};
use crate::memory::bounded_stored;

pub(crate) const BUNDLE: Target = Target {
    name: "metadata_bundle",
    run: bundle,
    seeds: bundle_seeds,
};

pub(crate) const DOCUMENT: Target = Target {
    name: "metadata_document",
    run: document,
    seeds: document_seeds,
};

pub(crate) const MAILBOX: Target = Target {
    name: "metadata_mailbox",
    run: mailbox,
    seeds: mailbox_seeds,
};

pub(crate) const NOTICE: Target = Target {
    name: "metadata_notice",
    run: notice,
    seeds: notice_seeds,
};

pub(crate) const PACKAGE: Target = Target {
    name: "metadata_package",
    run: package,
    seeds: package_seeds,
};

/// A stored form of a released version.
macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!(
            "../../crates/tki-metadata/tests/fixtures/v1/",
            $name,
            ".bin"
        ))
        .to_vec()
    };
}

const ADDRESS: Address = Address::from_bytes([2; 32]);

fn document_key() -> DocumentKey {
    DocumentKey::from_bytes(&[1; 32])
}

/// A document that is sealed under the key above, the only one there is.
fn sealed_document() -> &'static [u8] {
    static SEALED: OnceLock<Vec<u8>> = OnceLock::new();
    SEALED.get_or_init(|| {
        let document = Document::decode(&fixture!("document-secp256k1")).expect("a fixture");
        let sealed = document.seal(&document_key(), &ADDRESS, &mut rng(10));
        sealed.expect("what is read is written")
    })
}

fn seed_key() -> SeedKey {
    SeedKey::derive(&[3; 32], &AccountId::from_bytes([4; 32]), b"verifying key")
}

/// The choice says how the rest is read: as a document, or as something sealed.
fn document(data: &[u8]) {
    let (choice, data) = choice(data);
    match choice % 4 {
        0 => {
            let opened = bounded_stored(data.len(), || {
                Document::open(&document_key(), &ADDRESS, data)
            });
            assert_eq!(opened.is_ok(), data == sealed_document());
        }
        1 => {
            // Only what was sealed opens, and no seed was.
            assert_eq!(
                SeedKey::open(&seed_key(), data).err(),
                Some(Error::Unsealed)
            );
            assert!(Origin::from_code(choice).is_none_or(|origin| origin.code() == choice));
            let kind = u16::from_le_bytes(array(data));
            assert_eq!(HolderKind::from_code(kind).code(), kind);
            let text = String::from_utf8_lossy(data);
            if let Some(id) = AccountId::from_hex(&text) {
                assert_eq!(id.to_string(), text.to_lowercase());
            }
        }
        _ => plain_document(data),
    }
}

fn plain_document(data: &[u8]) {
    let Ok(document) = bounded_stored(data.len(), || Document::decode(data)) else {
        return;
    };
    assert_eq!(
        document
            .encode()
            .expect("what is read is written")
            .as_slice(),
        data
    );
    let core = &document.core;
    let hash = core.hash();
    assert_eq!(core.hash(), hash);
    assert_eq!(document.mailbox_hashes.len(), core.holders.len());
    for identifier in core.identifiers() {
        assert!(core.holder(identifier).is_some());
    }
    drop(core.next_history(hash));
}

fn mailbox(data: &[u8]) {
    if let Ok(mailbox) = bounded_stored(data.len(), || Mailbox::decode(data)) {
        assert_eq!(
            mailbox
                .encode()
                .expect("what is read is written")
                .as_slice(),
            data
        );
        for key in &mailbox.keys {
            assert!(key.identifiers().is_sorted_by(|one, next| one < next));
        }
    }
}

fn notice(data: &[u8]) {
    if let Ok(notice) = bounded_stored(data.len(), || Notice::decode(data)) {
        assert_eq!(
            notice.encode().expect("what is read is written").as_slice(),
            data
        );
    }
}

fn package(data: &[u8]) {
    let Ok(package) = bounded_stored(data.len(), || DevicePackage::decode(data)) else {
        return;
    };
    assert_eq!(
        package
            .encode()
            .expect("what is read is written")
            .as_slice(),
        data
    );
    if let Some(membership) = &package.membership {
        assert!(membership.holder().is_some());
    }
}

fn bundle(data: &[u8]) {
    let Ok(bundle) = bounded_stored(data.len(), || Bundle::decode(data)) else {
        return;
    };
    assert_eq!(bundle.encode().expect("what is read is written"), data);
    let again = Bundle {
        extensions: bundle.extensions.clone(),
        ..Bundle::new(bundle.records.clone())
    };
    assert_eq!(again, bundle);
    let document = bundle.records.first().expect("a document");
    assert_eq!(document.claim().kind(), RecordKind::Document);
}

fn bundle_seeds() -> Vec<Vec<u8>> {
    let encode = |records: Vec<Record>| {
        let bundle = Bundle::new(records).encode();
        bundle.expect("one document")
    };
    let document = &crate::record::life()[1];
    let key = SigningKey::random(&mut rng(14));
    let claim = Claim::sign(RecordKind::Mailbox, 0, &key, key.public_key(), [7; 32]);
    let mailbox = Record::first(claim, b"sealed".to_vec(), &key).expect("small");
    vec![
        encode(vec![document.clone()]),
        encode(vec![document.clone(), mailbox]),
    ]
}

fn document_seeds() -> Vec<Vec<u8>> {
    [
        chosen(0, [sealed_document().to_vec()]),
        chosen(1, [seed_key().seal(&[5; 32], &mut rng(11))[1..].to_vec()]),
        chosen(
            2,
            [
                fixture!("document-ed25519"),
                fixture!("document-nested"),
                fixture!("document-secp256k1"),
            ],
        ),
    ]
    .concat()
}

fn mailbox_seeds() -> Vec<Vec<u8>> {
    vec![
        fixture!("mailbox-device"),
        fixture!("mailbox-provider"),
        fixture!("mailbox-words"),
    ]
}

fn notice_seeds() -> Vec<Vec<u8>> {
    vec![fixture!("notice")]
}

fn package_seeds() -> Vec<Vec<u8>> {
    vec![
        fixture!("package"),
        fixture!("package-changing"),
        fixture!("package-creating"),
        fixture!("package-structures"),
    ]
}

//! Records that keep to every rule of a storage, and are not what the account wrote.

use std::fs;

use tki::device::{DeviceStore as _, PlainFile};
use tki::metadata::{Bundle, DevicePackage, DocumentKey, Mailbox};
use tki::record::{Address, Claim, Record, RecordKind};
use tki::seal::bip340::SigningKey;
use tki::seal::transcript::{Tag, Transcript};
use tki::seal::{sealed_box, symmetric};
use tki_testkit::rng;

use super::cases::{case, restored, store};
use super::{Case, Mend, Ward};

/// What stands in the place of the document's second version.
struct Forgery {
    binding: [u8; 32],
    body: Vec<u8>,
}

/// A home whose storage has the second version of the account, with this in the place of its
/// document.
fn forged(forge: fn(&mut Forgery, &DocumentKey, &Address)) -> Ward {
    let ward = Ward::new();
    let other = ward.home.copy();
    other.run(&["refresh"]).ok();
    other.run(&["backup", "second.tki"]).ok();
    fs::copy(other.path("home/storage.redb"), ward.path("true.redb")).unwrap();
    let bundle = Bundle::decode(&fs::read(other.path("second.tki")).unwrap()).unwrap();
    let package = PlainFile::new(ward.path("home/accounts/main/device.tki"))
        .load()
        .unwrap();
    let package = DevicePackage::decode(&package.unwrap()).unwrap();
    let mailbox = opened(&package, &bundle.records);

    let (kept, document): (Vec<Record>, Vec<Record>) = bundle
        .records
        .into_iter()
        .partition(|record| record.claim().kind() == RecordKind::Mailbox);
    let [document] = document.as_slice() else {
        panic!("one document: {}", document.len());
    };
    let address = document.address();
    let mut forgery = Forgery {
        binding: *document.claim().binding(),
        body: document.body().to_vec(),
    };
    forge(&mut forgery, &mailbox.document_key, &address);
    // Whoever has the account secret can make a claim of that address.
    let claim_key = mailbox.account_secret.document_claim_key();
    let writer = SigningKey::random(&mut rng("a forger"));
    let claim = Claim::sign(
        RecordKind::Document,
        0,
        &claim_key,
        writer.public_key(),
        forgery.binding,
    );
    let first = Record::first(claim, b"the first".to_vec(), &writer).unwrap();
    assert_eq!(first.address(), address);
    let second = first.next(forgery.body, &writer, None).unwrap();
    store(&ward, &[kept, vec![second]].concat());
    ward
}

/// This device's mailbox, opened.
fn opened(package: &DevicePackage, records: &[Record]) -> Mailbox {
    let own = package.membership.as_ref().unwrap().mailbox.address;
    let record = records.iter().find(|record| record.address() == own);
    let context = tki::provider::box_context(&Mailbox::context(&own));
    let sealed = record.unwrap().body();
    let plain = sealed_box::open(&package.opening_seed.box_key(), context, sealed);
    Mailbox::decode(&plain.unwrap()).unwrap()
}

/// Another claim than that of the account.
fn of_another(forgery: &mut Forgery, _: &DocumentKey, _: &Address) {
    forgery.binding = [7; 32];
}

/// No document at all.
fn damaged(forgery: &mut Forgery, _: &DocumentKey, _: &Address) {
    let middle = forgery.body.len() / 2;
    forgery.body[middle] ^= 1;
}

/// A document in a form that is not known yet.
fn of_a_later_version(forgery: &mut Forgery, key: &DocumentKey, address: &Address) {
    let context = || Transcript::new(Tag::Document).bytes(address.as_bytes());
    let key = key.to_symmetric_key();
    let mut plain = symmetric::open(&key, context(), &forgery.body).unwrap();
    plain[0] = 99;
    forgery.body = symmetric::seal(&key, context(), &plain, &mut rng("of a later version"));
}

pub(super) fn all() -> Vec<Case> {
    vec![
        case(
            "record-foreign",
            || forged(of_another),
            Mend::ByHand(restored),
        ),
        case("record-damaged", || forged(damaged), Mend::ByHand(restored)),
        case(
            "record-unsupported",
            || forged(of_a_later_version),
            Mend::ByHand(restored),
        ),
    ]
}

//! What is encoded is decoded as it was, and there is one encoding of each value.

use proptest::prelude::*;
use tki_metadata::{DevicePackage, Document, Error, Mailbox, Notice};

use crate::{samples, strategies, text};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn documents_survive(document in strategies::document()) {
        let bytes = document.encode().expect("valid");
        let decoded = Document::decode(&bytes).expect("just encoded");
        prop_assert_eq!(&decoded, &document);
        prop_assert_eq!(decoded.core.hash(), document.core.hash());
        prop_assert_eq!(decoded.encode().expect("valid"), bytes);
    }

    #[test]
    fn mailboxes_survive(mailbox in strategies::mailbox()) {
        let bytes = mailbox.encode().expect("valid");
        let decoded = Mailbox::decode(&bytes).expect("just encoded");
        prop_assert_eq!(text::mailbox(&decoded), text::mailbox(&mailbox));
        prop_assert_eq!(decoded.encode().expect("valid"), bytes);
    }

    #[test]
    fn notices_survive(notice in strategies::notice()) {
        let bytes = notice.encode().expect("valid");
        prop_assert_eq!(Notice::decode(&bytes).expect("just encoded"), notice);
    }

    #[test]
    fn packages_survive(package in strategies::package()) {
        let bytes = package.encode().expect("valid");
        let decoded = DevicePackage::decode(&bytes).expect("just encoded");
        prop_assert_eq!(text::package(&decoded), text::package(&package));
        prop_assert_eq!(&decoded.membership, &package.membership);
        prop_assert_eq!(decoded.encode().expect("valid"), bytes);
    }
}

#[test]
fn a_sealed_document_opens_at_its_address_with_its_key_alone() {
    let document = samples::document();
    let address = samples::account_secret().document_address();
    let elsewhere = samples::seed(0).mailbox_address(0);
    let other_key = tki_metadata::DocumentKey::from_bytes(&[1; 32]);
    let sealed = document
        .seal(&samples::document_key(), &address, &mut samples::rng(7))
        .expect("valid");

    let opened = Document::open(&samples::document_key(), &address, &sealed).expect("sealed so");
    assert_eq!(opened, document);
    for (key, address) in [
        (&other_key, &address),
        (&samples::document_key(), &elsewhere),
    ] {
        assert_eq!(Document::open(key, address, &sealed), Err(Error::Unsealed));
    }
    assert!(Error::Unsealed.is_unsealed());
}

#[test]
fn two_seals_of_one_document_share_nothing() {
    let document = samples::document();
    let address = samples::account_secret().document_address();
    let mut rng = samples::rng(7);
    let key = samples::document_key();
    let first = document.seal(&key, &address, &mut rng).expect("valid");
    let second = document.seal(&key, &address, &mut rng).expect("valid");
    assert_eq!(first.len(), second.len());
    let equal = first
        .iter()
        .zip(&second)
        .filter(|(left, right)| left == right)
        .count();
    assert!(
        equal < first.len() / 32,
        "{equal} of {} bytes are equal",
        first.len()
    );
}

#[test]
fn history_grows_to_its_limit_and_stays_there() {
    let mut core = samples::core();
    core.version = 0;
    core.history.clear();
    for version in 0..600_u64 {
        assert_eq!(core.version, version);
        let document = Document::new(core.clone(), vec![[0; 32]; 3]);
        document.encode().expect("valid at every version");
        let hash = [u8::try_from(version % 251).expect("small"); 32];
        let history = core.next_history(hash);
        core.version += 1;
        core.history = history;
        assert_eq!(core.hash_of_version(version), Some(&hash));
        assert_eq!(core.hash_of_version(core.version), None);
    }
    assert_eq!(core.history.len(), 256);
    assert_eq!(core.hash_of_version(343), None);
    assert!(core.hash_of_version(344).is_some());
}

#[test]
fn contexts_of_mailbox_and_notice_differ() {
    let address = samples::seed(0).mailbox_address(0);
    let other = samples::seed(0).mailbox_address(1);
    assert_ne!(Mailbox::context(&address), Notice::context(&address));
    assert_ne!(Mailbox::context(&address), Mailbox::context(&other));
}

//! A device's package and one factor whose mailbox it copies are enough, with every server gone.

use tki_math::{SecretScalar, Share, VerifyingKey, combine};
use tki_metadata::{Core, DevicePackage, Mailbox, MailboxCopy, Membership, OpeningSeed};
use tki_seal::{curve::Secp256k1, sealed_box};

use crate::samples;

/// Opens a copy and holds it against the document, as an online open does.
fn open(membership: &Membership, copy: &MailboxCopy, seed: &OpeningSeed) -> Mailbox {
    let core = &membership.document.core;
    let position = core
        .holders
        .iter()
        .position(|holder| holder.mailbox == copy.address);
    let listed = membership.document.mailbox_hashes[position.expect("a holder")];
    assert_eq!(Mailbox::hash(&copy.sealed), listed);

    let context = samples::box_context(&Mailbox::context(&copy.address));
    let plaintext = sealed_box::open(&seed.box_key(), context, &copy.sealed).expect("its own");
    let mailbox = Mailbox::decode(&plaintext).expect("valid");
    assert_eq!(mailbox.account, core.account);
    assert_eq!(mailbox.version, core.version);
    assert_eq!(mailbox.core_hash, core.hash());
    assert_eq!(mailbox.epoch, core.epoch);
    assert_eq!(mailbox.keys[0].verifying_key, core.keys[0].verifying_key);
    mailbox
}

fn share(mailbox: &Mailbox) -> Share<Secp256k1> {
    let (identifier, value) = &mailbox.keys[0].shares[0];
    Share::new(
        *identifier,
        SecretScalar::from_canonical_bytes(value).expect("canonical"),
    )
}

#[test]
fn device_and_words_open_with_every_server_gone() {
    let stored = samples::package().encode().expect("valid");
    let package = DevicePackage::decode(&stored).expect("just encoded");
    let membership = package.membership.as_ref().expect("a member");
    assert_eq!(
        membership.holder().map(|holder| holder.label.as_str()),
        Some("laptop")
    );

    // The device finds its own mailbox by its seed.
    let own = open(membership, &membership.mailbox, &package.opening_seed);
    assert_eq!(
        package.opening_seed.mailbox_address(membership.slot),
        membership.mailbox.address
    );
    // The words find theirs by the seed that they spell.
    let words = samples::seed(2);
    let mut copies = membership.offline_mailboxes.iter();
    let copy = copies.find(|copy| copy.address == words.mailbox_address(0));
    let other = open(membership, copy.expect("marked offline"), &words);
    assert!(own.account_secret.ct_eq(&other.account_secret));

    let core: &Core = &membership.document.core;
    let secret = combine(&[share(&own), share(&other)], core.structure.threshold());
    let verifying_key = VerifyingKey::from_secret(&secret.expect("two of three"));
    assert_eq!(
        verifying_key.expect("not zero").to_bytes(),
        core.keys[0].verifying_key
    );
}

#[test]
fn a_mailbox_does_not_open_elsewhere_or_as_a_notice() {
    let copy = samples::sealed_mailbox(0);
    let key = samples::seed(0).box_key();
    let contexts = [
        Mailbox::context(&samples::seed(0).mailbox_address(1)),
        tki_metadata::Notice::context(&copy.address),
    ];
    for context in contexts {
        let context = samples::box_context(&context);
        assert!(sealed_box::open(&key, context, &copy.sealed).is_err());
    }
}

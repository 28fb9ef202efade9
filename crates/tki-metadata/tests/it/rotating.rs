//! An account that is moving to another key, as it is stored.

use tki_metadata::{DevicePackage, Mailbox, Membership, Step};

use crate::samples;

#[test]
fn two_keys_are_stored_with_the_version_of_the_second() {
    let package = samples::package_rotating();
    let read = DevicePackage::decode(&package.encode().unwrap()).unwrap();
    let membership = read.membership.unwrap();
    assert_eq!(Some(&membership), package.membership.as_ref());
    let keys = &membership.document.core.keys;
    let since: Vec<_> = keys.iter().map(tki_metadata::Key::since).collect();
    assert_eq!(since, [None, Some(samples::VERSION)]);
    let steps = [Step::Rotate, Step::ConfirmRotation, Step::CancelRotation];
    assert_eq!(read.pending.unwrap().steps, steps);
    let mailbox = samples::mailbox_rotating();
    let read = Mailbox::decode(&mailbox.encode().unwrap()).unwrap();
    assert_eq!(read.keys.len(), 2);
    assert_eq!(read.keys[1].verifying_key, keys[1].verifying_key);
}

#[test]
fn a_noted_writer_is_read_back_and_one_of_another_length_is_none() {
    let mut membership = samples::package_rotating().membership.unwrap();
    let writer = membership.writer().unwrap();
    membership.set_writer(&writer);
    assert_eq!(membership.writer(), Some(writer));
    let cut = writer.to_bytes()[1..].to_vec();
    membership.extensions.insert(Membership::WRITER, cut);
    assert_eq!(membership.writer(), None);
}

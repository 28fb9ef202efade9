//! Addresses: what they depend on and how they are written.

use tki_record::{Address, InvalidAddress, RecordKind};
use tki_seal::bip340::SigningKey;

#[test]
fn an_address_depends_on_kind_slot_and_key() {
    let mut rng = tki_testkit::rng("address");
    let keys = [
        SigningKey::random(&mut rng).public_key(),
        SigningKey::random(&mut rng).public_key(),
    ];
    let mut addresses = std::collections::BTreeSet::new();
    for kind in [RecordKind::Document, RecordKind::Mailbox] {
        assert_eq!(RecordKind::from_code(kind.code()), Some(kind));
        for slot in [0, 1, u32::MAX] {
            for key in &keys {
                addresses.insert(Address::derive(kind, slot, key));
            }
        }
    }
    assert_eq!(addresses.len(), 12);
    assert_eq!(RecordKind::from_code(0), None);
    assert_eq!(RecordKind::from_code(3), None);
}

#[test]
fn an_address_is_written_as_64_hexadecimal_digits() {
    let address = Address::from_bytes(core::array::from_fn(|position| {
        u8::try_from(position).unwrap() << 3
    }));
    let text = address.to_string();
    assert_eq!(
        text,
        "0008101820283038404850586068707880889098a0a8b0b8c0c8d0d8e0e8f0f8"
    );
    assert_eq!(text.parse(), Ok(address));
    assert_eq!(text.to_uppercase().parse(), Ok(address));
    assert_eq!(format!("{address:?}"), format!("Address({text})"));
    for wrong in [
        "",
        "00",
        &text[1..],
        &format!("{text}0"),
        &text.replace('f', "g"),
    ] {
        assert_eq!(wrong.parse::<Address>(), Err(InvalidAddress));
    }
}

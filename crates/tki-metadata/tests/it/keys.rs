//! Derivations give what `docs/spec/keys.md` says, as computed by another implementation.

use std::fmt::Write as _;

use tki_metadata::{
    AccountId, AccountSecret, BindingKey, ControlKey, ControlSalt, Error, OpeningSeed, SeedKey,
    app_scalar, app_seed,
};
use tki_record::Address;
use tki_seal::curve::Secp256k1;

use crate::samples;

/// The same lines as `reader.py keys`.
fn derived() -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &[u8]| {
        writeln!(text, "{name} = {}", hex::encode(value)).expect("writing to a string");
    };
    let seed = OpeningSeed::from_bytes(&[0x11; 32]);
    line("opening_seed", seed.expose_secret());
    line("box_key", &seed.box_key().public_key().to_bytes());
    for slot in [0, 1, u32::MAX] {
        let key = seed.claim_key(slot).public_key();
        line(&format!("claim_key.{slot}"), key.as_bytes());
        line(
            &format!("mailbox_address.{slot}"),
            seed.mailbox_address(slot).as_bytes(),
        );
    }
    let secret = AccountSecret::from_bytes(&[0xa5; 32]);
    line("account_secret", secret.expose_secret());
    line(
        "document_claim_key",
        secret.document_claim_key().public_key().as_bytes(),
    );
    line("document_address", secret.document_address().as_bytes());
    let account = AccountId::from_bytes([0xac; 32]);
    let verifying_key = [2; 33];
    line("account", account.as_bytes());
    line("verifying_key", &verifying_key);
    line("chain_code", &*secret.chain_code());
    let binding_key = secret.binding_key(&account, &verifying_key);
    line("binding_key", binding_key.expose_secret());
    for byte in [0, 0xff] {
        let binding = binding_key.binding(&Address::from_bytes([byte; 32]));
        line(&format!("binding.{byte}"), &binding);
    }
    let scalar = [0x77; 32];
    let salt = ControlSalt::from_bytes(&[0xc5; 32]);
    line("secret", &scalar);
    line("control_salt", salt.expose_secret());
    let control = ControlKey::derive(&scalar, &salt);
    for byte in [0, 0xff] {
        let writer = control
            .writer(&Address::from_bytes([byte; 32]))
            .public_key();
        line(&format!("writer.{byte}"), writer.as_bytes());
    }
    for name in ["", "mail"] {
        let key = app_scalar::<Secp256k1>(&scalar, &account, name);
        line(&format!("app_scalar.{name}"), &*key.to_bytes());
        let seed = app_seed(&scalar, &account, name);
        line(&format!("app_seed.{name}"), &*seed);
    }
    text
}

#[test]
fn derivations_are_those_of_the_specification() {
    assert_eq!(derived(), include_str!("../vectors/keys.txt"));
}

#[test]
fn derived_keys_differ_from_each_other_and_with_every_input() {
    let (first, second) = (samples::seed(0), samples::seed(1));
    let mut keys = vec![
        first.claim_key(0).public_key(),
        first.claim_key(1).public_key(),
        second.claim_key(0).public_key(),
        // The same 32 bytes in another role.
        AccountSecret::from_bytes(first.expose_secret())
            .document_claim_key()
            .public_key(),
    ];
    let salts = [[1; 32], [2; 32]].map(|bytes| ControlSalt::from_bytes(&bytes));
    for (scalar, salt) in [
        (&[3; 32], &salts[0]),
        (&[3; 32], &salts[1]),
        (&[4; 32], &salts[0]),
    ] {
        for address in [[5; 32], [6; 32]] {
            let control = ControlKey::derive(scalar, salt);
            keys.push(control.writer(&Address::from_bytes(address)).public_key());
        }
    }
    let count = keys.len();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), count);
    assert_ne!(
        first.box_key().public_key().to_bytes()[1..],
        first.claim_key(0).public_key().to_bytes()
    );
}

#[test]
fn the_binding_depends_on_every_input() {
    let secret = samples::account_secret();
    let account = AccountId::from_bytes([1; 32]);
    let other_secret = AccountSecret::from_bytes(&[4; 32]);
    let keys = [
        secret.binding_key(&account, &[2; 33]),
        secret.binding_key(&AccountId::from_bytes([3; 32]), &[2; 33]),
        secret.binding_key(&account, &[3; 33]),
        secret.binding_key(&account, &[2; 32]),
        other_secret.binding_key(&account, &[2; 33]),
    ];
    let addresses = [[5; 32], [6; 32]].map(Address::from_bytes);
    let mut bindings: Vec<_> = keys
        .iter()
        .flat_map(|key| addresses.iter().map(|address| key.binding(address)))
        .collect();
    let count = bindings.len();
    bindings.sort_unstable();
    bindings.dedup();
    assert_eq!(bindings.len(), count);
}

#[test]
fn a_binding_key_that_was_sent_binds_alike() {
    let account = AccountId::from_bytes([1; 32]);
    let key = samples::account_secret().binding_key(&account, &[2; 33]);
    let sent = BindingKey::from_bytes(key.expose_secret());
    let address = samples::seed(0).mailbox_address(0);
    assert_eq!(key.binding(&address), sent.binding(&address));
}

#[test]
fn a_sealed_seed_opens_for_its_account_and_key_alone() {
    let account = AccountId::from_bytes([1; 32]);
    let key = SeedKey::derive(&[2; 32], &account, &[3; 32]);
    let sealed = key.seal(&[4; 32], &mut samples::rng(5));
    assert_eq!(*key.open(&sealed).expect("just sealed"), [4; 32]);

    let others = [
        SeedKey::derive(&[9; 32], &account, &[3; 32]),
        SeedKey::derive(&[2; 32], &AccountId::from_bytes([9; 32]), &[3; 32]),
        SeedKey::derive(&[2; 32], &account, &[9; 32]),
    ];
    for other in others {
        assert_eq!(other.open(&sealed).err(), Some(Error::Unsealed));
    }
    let mut damaged = sealed;
    damaged[50] ^= 1;
    assert_eq!(key.open(&damaged).err(), Some(Error::Unsealed));
    assert_eq!(key.open(&[]).err(), Some(Error::Unsealed));
}

#[test]
fn secrets_are_compared_by_their_content() {
    let mut rng = samples::rng(6);
    let secret = AccountSecret::random(&mut rng);
    let copy = AccountSecret::from_bytes(secret.expose_secret());
    let other = AccountSecret::random(&mut rng);
    assert!(secret.ct_eq(&copy));
    assert!(!secret.ct_eq(&other));
}

//! Secret types have no trait through which a secret leaves unnoticed.

use std::{
    fmt::Display,
    hash::Hash,
    ops::{Deref, DerefMut},
};

use serde::{Serialize, de::DeserializeOwned};
use static_assertions::{assert_impl_all, assert_not_impl_any};
use tki_metadata::{
    AccountSecret, BindingKey, ControlKey, ControlSalt, DevicePackage, DocumentKey, HelpSecret,
    HelpedMailbox, InviteSecret, JoinNonce, Mailbox, MailboxKey, OpeningSeed, Pending, PendingHelp,
    PendingInvite, PendingJoin, PendingSeed, SeedKey,
};
use zeroize::ZeroizeOnDrop;

use crate::{joining_samples, samples};

macro_rules! assert_secret {
    ($($secret:ty),* $(,)?) => {$(
        assert_not_impl_any!(
            $secret: Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Display, Default, Deref,
            DerefMut, Serialize, DeserializeOwned, AsRef<[u8]>
        );
    )*};
}

assert_secret!(OpeningSeed);
assert_secret!(AccountSecret);
assert_secret!(ControlSalt);
assert_secret!(DocumentKey);
assert_secret!(BindingKey);
assert_secret!(ControlKey);
assert_secret!(SeedKey);
assert_secret!(Mailbox);
assert_secret!(MailboxKey);
assert_secret!(DevicePackage);
assert_secret!(Pending);
assert_secret!(PendingSeed);
assert_secret!(HelpSecret);
assert_secret!(HelpedMailbox);
assert_secret!(InviteSecret);
assert_secret!(JoinNonce);
assert_secret!(PendingHelp);
assert_secret!(PendingInvite);
assert_secret!(PendingJoin);

assert_impl_all!(OpeningSeed: ZeroizeOnDrop);
assert_impl_all!(AccountSecret: ZeroizeOnDrop);
assert_impl_all!(ControlSalt: ZeroizeOnDrop);
assert_impl_all!(DocumentKey: ZeroizeOnDrop);
assert_impl_all!(BindingKey: ZeroizeOnDrop);
assert_impl_all!(ControlKey: ZeroizeOnDrop);
assert_impl_all!(HelpSecret: ZeroizeOnDrop);
assert_impl_all!(InviteSecret: ZeroizeOnDrop);
assert_impl_all!(JoinNonce: ZeroizeOnDrop);

assert_not_impl_any!(BindingKey: Clone);
assert_not_impl_any!(ControlKey: Clone);
assert_not_impl_any!(HelpedMailbox: Clone);
assert_not_impl_any!(Mailbox: Clone);
assert_not_impl_any!(PendingHelp: Clone);
assert_not_impl_any!(PendingInvite: Clone);
assert_not_impl_any!(PendingJoin: Clone);

#[test]
fn debug_shows_no_secret() {
    let package = samples::package_changing();
    let mailbox = samples::mailbox(0);
    let control = ControlKey::derive(&[0x77; 32], &mailbox.control_salt);
    let account = mailbox.account;
    let binding_key = mailbox.account_secret.binding_key(&account, b"key");
    let seed_key = SeedKey::derive(&[0x77; 32], &account, b"key");
    let joining = joining_samples::pending_join();
    let invite = joining_samples::pending_invite();
    let help = joining_samples::pending_help();
    let shown = format!(
        "{package:?} {mailbox:?} {binding_key:?} {control:?} {seed_key:?} {joining:?} {invite:?} \
         {help:?} {:?}",
        joining_samples::helped_mailbox()
    );

    let mut secrets = vec![
        *package.opening_seed.expose_secret(),
        *mailbox.account_secret.expose_secret(),
        *mailbox.control_salt.expose_secret(),
        *binding_key.expose_secret(),
        *mailbox.document_key.expose_secret(),
        *mailbox.keys[0].shares[0].1,
        *joining.seed.expose_secret(),
        *joining.nonce.expose_secret(),
        *invite.secret.expose_secret(),
        *help.secret.expose_secret(),
    ];
    let pending = package.pending.as_ref().expect("pending");
    secrets.extend(pending.seeds.iter().map(|seed| *seed.seed.expose_secret()));
    for secret in secrets {
        let decimal = secret[..8]
            .iter()
            .map(u8::to_string)
            .collect::<Vec<_>>()
            .join(", ");
        assert!(!shown.contains(&decimal), "a secret is shown in decimal");
        assert!(
            !shown.contains(&hex::encode(&secret[..8])),
            "a secret is shown in hex"
        );
    }
}

#[test]
fn debug_shows_no_value_of_an_extension() {
    let extensions = samples::extensions(&[(5, b"\x2a\x2b\x2c")]);
    let shown = format!("{extensions:?}");
    assert_eq!(shown, "{5}");
}

#[test]
fn errors_name_no_byte() {
    // Damage to a secret is reported without saying where.
    let plaintext = samples::mailbox(0).encode().expect("valid");
    for length in 1..plaintext.len() {
        let error = Mailbox::decode(&plaintext[..length]).expect_err("cut off");
        assert_eq!(error, tki_metadata::Error::Malformed);
    }
}

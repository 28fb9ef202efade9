//! The 32-byte secrets of an account. The field is private to this file, so that every use of the
//! bytes outside goes through `expose_secret`.
//!
//! They are kept on the heap: a mailbox or a package that holds them is moved about a good deal, and
//! a move leaves what it moved behind, unwiped.
//!
//! `Clone` is there because one secret goes into many places: the account secret, the salt and the
//! document key into every mailbox, an opening seed into the pending package and to its holder.

use alloc::boxed::Box;
use core::fmt;

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(Box<[u8; 32]>);

        impl $name {
            /// A new secret.
            #[must_use]
            pub fn random(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
                let mut secret = Self(Box::new([0; 32]));
                rng.fill_bytes(secret.0.as_mut_slice());
                secret
            }

            /// The secret with these bytes; wiping them is left to the caller.
            #[must_use]
            pub fn from_bytes(bytes: &[u8; 32]) -> Self {
                // Not `Box::new(*bytes)`, which may pass by the stack.
                let mut secret = Self(Box::new([0; 32]));
                secret.0.copy_from_slice(bytes);
                secret
            }

            /// The bytes.
            #[must_use]
            pub fn expose_secret(&self) -> &[u8; 32] {
                &self.0
            }

            /// Whether both are equal, in constant time.
            #[must_use]
            pub fn ct_eq(&self, other: &Self) -> bool {
                self.0.as_slice().ct_eq(other.0.as_slice()).into()
            }
        }

        impl Zeroize for $name {
            fn zeroize(&mut self) {
                self.0.as_mut_slice().zeroize();
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                self.zeroize();
            }
        }

        impl ZeroizeOnDrop for $name {}

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}

secret! {
    /// o_i: what a factor keeps. Independent of every share: it opens the mailbox in which the
    /// share lies, at whatever epoch.
    OpeningSeed
}

secret! {
    /// Known to every holder of the account and to nobody else: finds the document, and binds
    /// every record to the account.
    AccountSecret
}

secret! {
    /// Salt of the control key, in every mailbox and renewed at each removal: whoever has s but no
    /// mailbox since the last removal cannot write.
    ControlSalt
}

secret! {
    /// Key of the document, in every mailbox and renewed with the epoch.
    DocumentKey
}

secret! {
    /// Gives the one-time box key of somebody who asks a guardian for help: whoever has it reads
    /// the answer.
    HelpSecret
}

secret! {
    /// Gives the first writer of an invited holder's mailbox. Whoever has it and the holder's claim
    /// can put something in the place of that mailbox before the account does, and nothing else.
    InviteSecret
}

secret! {
    /// N_a: what keeps the digits of a joining unpredictable until the invite is chosen. Public from
    /// the reply on.
    JoinNonce
}

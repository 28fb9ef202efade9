#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), warn(unused_crate_dependencies))]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

mod authenticator;
mod credential;
mod error;
mod fido2;
mod passkey;
mod prf;
mod software;

pub use authenticator::PrfAuthenticator;
pub use credential::{Credential, CredentialId, InvalidCredentialId};
pub use error::Error;
pub use fido2::Fido2Tools;
pub use passkey::{OPENING_INPUT, Passkey};
pub use prf::{hmac_secret, prf_salt};
pub use software::{Prf, SoftwareAuthenticator};

/// The relying party that every credential is made for.
pub const RELYING_PARTY: &str = "tki";

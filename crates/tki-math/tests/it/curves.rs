//! The curves that the tests run on, each from a development dependency, and two tiny groups.

pub(crate) mod ed25519;
pub(crate) mod p256;
pub(crate) mod secp256k1;
pub(crate) mod tiny;

pub(crate) use ed25519::Ed25519;
pub(crate) use p256::P256;
pub(crate) use secp256k1::Secp256k1;
pub(crate) use tiny::Tiny;

//! What is stored, field by field, apart from what the rest of the code works with.
//!
//! `docs/spec/metadata.md` describes these structs byte by byte, `docs/spec/bundle.md` the bundle. Fields are never reordered,
//! changed or removed: what comes later comes as an extension or with a new version byte.
//! Conversions *to* a domain type refuse what the domain type cannot express; what only the
//! whole can tell is checked by the domain type, in both directions.

pub(crate) mod answer_sheet;
pub(crate) mod bundle;
pub(crate) mod document;
pub(crate) mod event;
pub(crate) mod extensions;
pub(crate) mod help;
pub(crate) mod join;
pub(crate) mod mailbox;
pub(crate) mod notice;
pub(crate) mod package;
pub(crate) mod receipt;
pub(crate) mod standing;
pub(crate) mod step;
pub(crate) mod structure;
mod text;

use alloc::{boxed::Box, vec::Vec};

use tki_math::Identifier;

use crate::error::{Error, Rule};

/// Identifiers as numbers.
fn numbers(identifiers: &[Identifier]) -> Vec<u128> {
    identifiers
        .iter()
        .map(|identifier| identifier.get())
        .collect()
}

/// A number as an identifier.
fn identifier(number: u128) -> Result<Identifier, Error> {
    Identifier::new(number).map_err(|_| Error::from(Rule::IdentifierZero))
}

/// A copy of a secret on the heap, which never was on the stack.
fn boxed(secret: &[u8; 32]) -> Box<[u8; 32]> {
    let mut copy = Box::new([0; 32]);
    copy.copy_from_slice(secret);
    copy
}

//! What the sharing of a secret promises, on real curves and, exhaustively, on tiny groups.
#![expect(
    clippy::doc_markdown,
    reason = "formulas are plain text that reads in the editor"
)]
#![expect(
    non_snake_case,
    reason = "points are upper case as in docs/notation.md"
)]
#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]

#[cfg(test)]
mod batch;
#[cfg(test)]
mod checked;
#[cfg(test)]
#[cfg(feature = "conformance")]
mod conformance;
#[cfg(test)]
mod curves;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod names;
#[cfg(test)]
mod pegs;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod random;
#[cfg(test)]
mod redistribution;
#[cfg(test)]
mod refreshing;
#[cfg(test)]
mod repair;
#[cfg(test)]
mod secret_types;
#[cfg(test)]
mod structures;
#[cfg(test)]
mod tiny;
#[cfg(test)]
mod vectors;

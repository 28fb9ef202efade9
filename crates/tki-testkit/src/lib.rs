//! Seeded randomness and adversarial storage for the tests of every crate.

pub mod random;

pub use random::{rng, seed};

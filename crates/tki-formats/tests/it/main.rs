//! Tests through the public interface alone.

#![cfg(test)]

mod address;
mod answers;
mod private_key;
mod questions;
mod secret_types;
mod vectors;
mod words;

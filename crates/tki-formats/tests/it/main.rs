//! Tests through the public interface alone.

#![cfg(test)]

mod address;
mod private_key;
mod secret_types;
mod vectors;
mod words;

//! Tests through the public interface alone.

#![cfg(test)]

mod address;
mod vectors;
mod words;

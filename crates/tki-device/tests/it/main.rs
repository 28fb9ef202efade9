//! What a device may rely on: the suite for each store, and what is the files' own.

#![cfg(test)]
mod files;
mod format;
mod stores;

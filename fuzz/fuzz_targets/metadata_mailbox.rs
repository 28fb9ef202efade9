//! Fuzzes the target `metadata_mailbox`.
#![no_main]

tki_fuzz::fuzz!("metadata_mailbox");

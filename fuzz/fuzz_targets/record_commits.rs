//! Fuzzes the target `record_commits`.
#![no_main]

tki_fuzz::fuzz!("record_commits");

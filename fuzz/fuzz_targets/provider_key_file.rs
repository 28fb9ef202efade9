//! Fuzzes the target `provider_key_file`.
#![no_main]

tki_fuzz::fuzz!("provider_key_file");

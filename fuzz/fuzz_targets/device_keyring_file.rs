//! Fuzzes the target `device_keyring_file`.
#![no_main]

tki_fuzz::fuzz!("device_keyring_file");

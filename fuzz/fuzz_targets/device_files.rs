//! Fuzzes the target `device_files`.
#![no_main]

tki_fuzz::fuzz!("device_files");

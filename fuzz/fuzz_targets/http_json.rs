//! Fuzzes the target `http_json`.
#![no_main]

tki_fuzz::fuzz!("http_json");

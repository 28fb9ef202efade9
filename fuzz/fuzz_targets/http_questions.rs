//! Fuzzes the target `http_questions`.
#![no_main]

tki_fuzz::fuzz!("http_questions");

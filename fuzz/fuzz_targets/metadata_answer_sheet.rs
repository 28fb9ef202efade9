//! Fuzzes the target `metadata_answer_sheet`.
#![no_main]

tki_fuzz::fuzz!("metadata_answer_sheet");

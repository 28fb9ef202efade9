//! Fuzzes the target `seal_boxes`.
#![no_main]

tki_fuzz::fuzz!("seal_boxes");

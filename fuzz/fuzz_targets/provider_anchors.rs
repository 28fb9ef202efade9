//! Fuzzes the target `provider_anchors`.
#![no_main]

tki_fuzz::fuzz!("provider_anchors");

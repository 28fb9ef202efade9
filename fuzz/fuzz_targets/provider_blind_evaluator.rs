//! Fuzzes the target `provider_blind_evaluator`.
#![no_main]

tki_fuzz::fuzz!("provider_blind_evaluator");

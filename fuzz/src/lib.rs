//! What must hold for bytes that a stranger may have written: one function for each target, the
//! same for libFuzzer and for ordinary tests.
//!
//! No target is satisfied with "does not panic". Where it can be said, it asserts that
//! 1. what decodes, encodes to the same bytes again;
//! 2. decoding allocates no more than the input pays for;
//! 3. nothing opens that was not sealed, and nothing verifies that was not signed.
//!
//! The targets `math_calls` and `seal_calls` read no encoding: their input says which public
//! functions are called, in which order, with what.

mod answer_sheet;
mod blind_evaluator;
mod calls;
mod device;
mod device_keyring;
mod events;
mod formats;
mod formats_answers;
mod formats_factor_file;
mod formats_keys;
mod formats_slip39;
mod http;
mod inputs;
mod joining;
mod math;
mod math_calls;
mod memory;
mod metadata;
mod passkey;
mod provider;
mod record;
mod record_commits;
mod seal;
mod seal_calls;
mod seal_files;
mod seal_oprf;
mod seeds;
mod standing;
mod storage_backup;

pub use seeds::plant;

/// One target.
#[derive(Debug)]
pub struct Target {
    /// What it is called, here and as a file in `fuzz_targets`.
    pub name: &'static str,
    /// Panics if something does not hold that must.
    pub run: fn(&[u8]),
    /// Real encodings to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// Every target, in alphabetical order.
pub const TARGETS: &[Target] = &[
    device::FILES,
    device_keyring::KEYRING_FILE,
    formats::ADDRESSES,
    formats_answers::ANSWERS,
    formats::ARMOUR,
    formats_factor_file::FACTOR_FILE,
    formats_keys::KEY_FILES,
    formats::PRIVATE_KEYS,
    formats_slip39::SLIP39,
    formats_keys::TREES,
    formats::WORDS,
    http::JSON,
    http::QUESTIONS,
    http::RECORDS,
    math_calls::CALLS,
    math::COMMITMENTS,
    math::NAMES,
    math::POINTS,
    answer_sheet::ANSWER_SHEET,
    metadata::BUNDLE,
    metadata::DOCUMENT,
    events::EVENTS,
    joining::KEPT,
    metadata::MAILBOX,
    joining::MESSAGES,
    metadata::NOTICE,
    metadata::PACKAGE,
    events::RECEIPT,
    standing::STANDING,
    passkey::FILES,
    provider::ANCHORS,
    blind_evaluator::BLIND_EVALUATOR,
    provider::KEY_FILE,
    record::RECORD,
    record_commits::COMMITS,
    record::HEADER,
    seal::BOXES,
    seal_calls::CALLS,
    seal::KEYS,
    seal_oprf::OPRF,
    seal_files::PASSPHRASE_FILE,
    storage_backup::BACKUP,
];

/// The target of this name.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn target(name: &str) -> &'static Target {
    TARGETS
        .iter()
        .find(|target| target.name == name)
        .unwrap_or_else(|| panic!("no target {name}"))
}

/// The whole of a file in `fuzz_targets`: seeds first, if they are asked for, then inputs.
#[macro_export]
macro_rules! fuzz {
    ($name:literal) => {
        libfuzzer_sys::fuzz_target!(
            init: $crate::plant($crate::target($name)),
            |data: &[u8]| ($crate::target($name).run)(data)
        );
    };
}

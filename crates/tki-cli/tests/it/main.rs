//! The real binary, in temporary homes.

extern crate alloc;

#[cfg(test)]
mod accounts;
#[cfg(test)]
#[cfg(feature = "faults")]
mod answers;
#[cfg(test)]
mod backup;
#[cfg(test)]
#[cfg(feature = "faults")]
mod canary;
#[cfg(test)]
#[cfg(all(target_os = "linux", feature = "faults"))]
mod canary_memory;
#[cfg(test)]
mod concurrency;
#[cfg(test)]
mod custody;
#[cfg(test)]
mod database;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod derived;
#[cfg(test)]
#[cfg(all(unix, feature = "faults"))]
mod doctor;
#[cfg(test)]
mod every_pair;
#[cfg(test)]
mod exits;
#[cfg(test)]
mod factor_files;
#[cfg(test)]
mod flows;
#[cfg(test)]
mod foreign;
#[cfg(test)]
mod history;
#[cfg(test)]
#[cfg(feature = "faults")]
mod hostile_bytes;
#[cfg(test)]
#[cfg(feature = "faults")]
mod hostile_keys;
#[cfg(test)]
mod joining;
#[cfg(test)]
mod joining_attacks;
#[cfg(test)]
#[cfg(feature = "faults")]
mod joining_bytes;
#[cfg(test)]
#[cfg(feature = "faults")]
mod joining_canary;
#[cfg(test)]
mod json;
#[cfg(test)]
#[cfg(all(target_os = "linux", feature = "keyring"))]
mod keyring;
#[cfg(test)]
mod keys;
#[cfg(test)]
#[cfg(feature = "faults")]
mod kill;
#[cfg(test)]
#[cfg(feature = "faults")]
mod kill_answers;
#[cfg(test)]
#[cfg(feature = "faults")]
mod kill_files;
#[cfg(test)]
#[cfg(feature = "faults")]
mod kill_guarding;
#[cfg(test)]
#[cfg(feature = "faults")]
mod kill_joining;
#[cfg(test)]
#[cfg(feature = "faults")]
mod kill_rotating;
#[cfg(test)]
#[cfg(unix)]
mod manners;
#[cfg(test)]
mod manual;
#[cfg(test)]
#[cfg(feature = "faults")]
mod needles;
#[cfg(test)]
mod paper;
#[cfg(test)]
mod passkey;
#[cfg(test)]
mod receipts;
#[cfg(test)]
#[cfg(feature = "faults")]
mod recovering;
#[cfg(test)]
#[cfg(feature = "faults")]
mod recovery;
#[cfg(test)]
#[cfg(feature = "faults")]
mod released;
#[cfg(test)]
mod renewing;
#[cfg(test)]
mod rotating;
#[cfg(test)]
#[cfg(feature = "http")]
mod server;
#[cfg(test)]
#[cfg(all(feature = "http", feature = "faults"))]
mod server_canary;
#[cfg(test)]
#[cfg(feature = "http")]
mod servers;
#[cfg(test)]
mod several_devices;
#[cfg(test)]
mod standing;
#[cfg(test)]
mod storage;
#[cfg(test)]
#[cfg(feature = "http")]
mod storages;
#[cfg(test)]
mod structure;
#[cfg(test)]
mod support;
#[cfg(test)]
#[cfg(unix)]
mod terminal;
#[cfg(test)]
mod wallets;
#[cfg(test)]
mod what_ends_it;
#[cfg(test)]
mod words;

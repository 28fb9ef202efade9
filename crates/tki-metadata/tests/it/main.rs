//! Tests of the public interface: stored forms, rules, derivations.
#![expect(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "tests have the standard library"
)]

#[cfg(test)]
mod answer_sheet;
#[cfg(test)]
mod bundle;
#[cfg(test)]
mod damage;
#[cfg(test)]
mod event_samples;
#[cfg(test)]
mod events;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod foreign;
#[cfg(test)]
mod hash;
#[cfg(test)]
mod joining;
#[cfg(test)]
mod joining_samples;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod offline;
#[cfg(test)]
mod raw;
#[cfg(test)]
mod rotating;
#[cfg(test)]
mod roundtrip;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod secret_types;
#[cfg(test)]
mod standing;
#[cfg(test)]
mod strategies;
#[cfg(test)]
mod structures;
#[cfg(test)]
mod text;

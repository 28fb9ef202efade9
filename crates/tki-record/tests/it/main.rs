//! What the rules accept and refuse, and what the bytes are.
#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]

#[cfg(test)]
mod chain;
#[cfg(test)]
mod commits;
#[cfg(test)]
mod encoding;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod names;
#[cfg(test)]
mod restoring;
#[cfg(test)]
mod rules;

//! What seals, keys and signatures promise, on every curve and against a second implementation.

#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]

#[cfg(test)]
mod bip340;
#[cfg(test)]
mod curves;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod lessons;
#[cfg(test)]
mod oprf;
#[cfg(test)]
mod passphrase_files;
#[cfg(test)]
mod password;
#[cfg(test)]
mod seals;
#[cfg(test)]
mod secret_types;
#[cfg(test)]
mod shown;
#[cfg(test)]
mod signatures;
#[cfg(test)]
mod support;
#[cfg(test)]
mod transcripts;
#[cfg(test)]
mod vectors;
#[cfg(test)]
mod written;
#[cfg(test)]
mod wycheproof_vectors;

//! Each lie is told as said, and the storage is honest otherwise.
#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]

#[cfg(test)]
mod failing;
#[cfg(test)]
mod forging;
#[cfg(test)]
mod losing;
#[cfg(test)]
mod lying;
#[cfg(test)]
mod owner;
#[cfg(test)]
mod restoring;
#[cfg(test)]
mod seeds;

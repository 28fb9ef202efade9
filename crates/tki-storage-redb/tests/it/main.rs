//! The embedded file: the suite of every backend, and what is its own.
#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]

#[cfg(test)]
mod checking;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod damage;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod file;
#[cfg(test)]
mod grouping;
#[cfg(test)]
mod owner;

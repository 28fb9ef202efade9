//! What a home may rely on when it reads and writes its files.
#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]

#[cfg(test)]
#[cfg(feature = "faults")]
mod faults;
#[cfg(test)]
mod folders;
#[cfg(test)]
mod locking;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod writing;

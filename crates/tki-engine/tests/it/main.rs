//! The life of an account, with everything that can go wrong in it.

#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]
#![expect(trivial_casts, reason = "factors of several types stand in one list")]

#[cfg(test)]
mod adversary;
#[cfg(test)]
mod answers;
#[cfg(test)]
mod attacks;
#[cfg(test)]
mod bundles;
#[cfg(test)]
mod concurrency;
#[cfg(test)]
mod custody;
#[cfg(test)]
mod deriving;
#[cfg(test)]
mod drilling;
#[cfg(test)]
mod earlier_structures;
#[cfg(test)]
mod flows;
#[cfg(test)]
mod guessing;
#[cfg(test)]
mod health;
#[cfg(test)]
mod helping;
#[cfg(test)]
mod history;
#[cfg(test)]
mod importing;
#[cfg(test)]
mod joining;
#[cfg(test)]
mod lessons;
#[cfg(test)]
mod lives;
#[cfg(test)]
mod matrix;
#[cfg(test)]
mod model;
#[cfg(test)]
mod owner;
#[cfg(test)]
mod pegging;
#[cfg(test)]
mod quorums;
#[cfg(test)]
mod renewing;
#[cfg(test)]
mod rotating;
#[cfg(test)]
mod rotating_attacks;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod slots;
#[cfg(test)]
mod structures;
#[cfg(test)]
mod support;
#[cfg(test)]
mod worked_example;

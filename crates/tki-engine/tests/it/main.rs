//! The life of an account, with everything that can go wrong in it.

#![expect(trivial_casts, reason = "factors of several types stand in one list")]

mod adversary;
mod concurrency;
mod flows;
mod lessons;
mod model;
mod quorums;
mod support;

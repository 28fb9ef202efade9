//! The life of an account, with everything that can go wrong in it.

mod adversary;
mod concurrency;
mod flows;
mod lessons;
mod model;
mod quorums;
mod support;

//! What keeps one client from being everybody's problem.

pub(crate) mod buckets;
pub(crate) mod clients;
pub(crate) mod connections;
pub(crate) mod memory;
pub(crate) mod rates;
pub(crate) mod sending;

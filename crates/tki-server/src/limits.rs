//! What keeps one client from being everybody's problem.

pub(crate) mod memory;

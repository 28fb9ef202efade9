//! The backend in memory, the counter, and the suite itself.

#[cfg(test)]
mod backups;
#[cfg(test)]
#[cfg(feature = "conformance")]
mod conformance;
#[cfg(test)]
mod counting;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod memory;
#[cfg(test)]
mod owner;
#[cfg(test)]
mod read_only;

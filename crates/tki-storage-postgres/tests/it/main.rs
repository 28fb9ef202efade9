//! PostgreSQL: the suite of every backend, and what is its own.
//!
//! Most tests make a database in the cluster that `TKI_TEST_POSTGRES` names; those that end a
//! server make a cluster of their own. Without the variable they say that they are skipped:
//! `eval "$(bash xtask/setup/postgres.sh start DIR)"`.
#![expect(
    clippy::std_instead_of_alloc,
    reason = "tests have the standard library"
)]

#[cfg(test)]
mod answers;
#[cfg(test)]
mod cluster;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod damage;
#[cfg(test)]
mod locks;
#[cfg(test)]
mod lost;
#[cfg(test)]
mod migrations;
#[cfg(test)]
mod options;
#[cfg(test)]
mod outages;
#[cfg(test)]
mod owner;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod replicas;
#[cfg(test)]
mod tls;

//! The suite that every backend passes: each sentence of [`Storage`]'s contract as a function.
//!
//! Every check makes its own records at addresses of its own, so that all can run against one
//! storage, one after the other or together. A storage that is kept between runs needs another
//! random stream each time.
//!
//! [`check_all`] runs all that need nothing but a storage. [`check_restart`] needs to open it again,
//! [`check_outage`] needs one that cannot be reached, [`check_browse`] one that can be looked
//! through, [`check_snapshot`] one that has snapshots.
#![expect(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a check panics when the storage fails it, and says so nowhere else"
)]

mod browse;
mod claims;
mod commits;
mod owner;
mod races;
mod reads;
mod restart;
mod restores;
mod writers;

use alloc::sync::Arc;

use rand_core::CryptoRng;

use crate::storage::Storage;

pub use browse::{check_browse, check_snapshot};
pub use claims::{check_claims, check_claims_stay};
pub use commits::{check_all_or_nothing, check_sizes, check_versions, check_versions_come_first};
pub use races::{check_overlapping_commits, check_writers_at_will, check_writers_in_rounds};
pub use reads::{check_absent, check_get_many, check_outage, check_stored};
pub use restart::check_restart;
pub use restores::{check_restores, check_restores_are_whole, check_restores_go_forward};
pub use writers::{check_closing, check_hand_overs, check_new_hand_overs, check_signatures};

/// Runs every check that needs nothing but a storage; those of restoring only if it says that it
/// takes in copies. Needs a tokio runtime; with several threads
/// the races are real.
pub async fn check_all(storage: Arc<dyn Storage>, rng: &mut impl CryptoRng) {
    let shared = storage.as_ref();
    check_absent(shared, rng).await;
    check_stored(shared, rng).await;
    check_get_many(shared, rng).await;
    check_versions(shared, rng).await;
    check_versions_come_first(shared, rng).await;
    check_all_or_nothing(shared, rng).await;
    check_sizes(shared, rng).await;
    check_claims(shared, rng).await;
    check_claims_stay(shared, rng).await;
    check_signatures(shared, rng).await;
    check_new_hand_overs(shared, rng).await;
    check_hand_overs(shared, rng).await;
    check_closing(shared, rng).await;
    if restores::is_supported(shared).await {
        check_restores(shared, rng).await;
        check_restores_go_forward(shared, rng).await;
        check_restores_are_whole(shared, rng).await;
    }
    check_writers_in_rounds(Arc::clone(&storage), rng).await;
    check_writers_at_will(Arc::clone(&storage), rng).await;
    check_overlapping_commits(storage, rng).await;
}

//! What is asked of one kind of storage alone: its size, how it writes, its connections.

use alloc::sync::Arc;
use core::sync::atomic::Ordering;
use core::time::Duration;
use std::path::PathBuf;

#[cfg(feature = "postgres")]
use tki_storage_postgres::PostgresStorage;
use tki_storage_redb::RedbStorage;

use super::Backend;
use crate::app::App;
use crate::metrics::Metrics;
use crate::notice::Notice;

/// How often the size of the storage is compared with its limit.
const MEASURE: Duration = Duration::from_secs(5);

/// A storage as what it is.
#[derive(Clone)]
pub(super) enum Own {
    Memory,
    #[cfg(feature = "postgres")]
    Postgres(Arc<PostgresStorage>),
    /// With the file whose length is its size.
    Redb(Arc<RedbStorage>, PathBuf),
}

impl Own {
    fn count(&self, metrics: &Metrics) {
        match self {
            Self::Memory => {}
            #[cfg(feature = "postgres")]
            Self::Postgres(storage) => {
                let now = storage.connections();
                let used = now.open.saturating_sub(now.idle);
                metrics.backend.set_connections("idle", now.idle);
                metrics.backend.set_connections("used", used);
                metrics.backend.set_demand(now.limit, now.waiting);
            }
            Self::Redb(storage, _) => {
                let writes = storage.writes();
                let (calls, transactions) = (writes.calls, writes.transactions);
                metrics.backend.set_writes(calls, transactions);
            }
        }
    }
}

impl Backend {
    /// Has the storage asked, whenever somebody asks for the metrics.
    pub fn count(&self, metrics: &Metrics) {
        let own = self.own.clone();
        metrics.on_scrape(move |metrics| own.count(metrics));
    }

    /// How many bytes the storage has; `None` where that cannot be asked.
    ///
    /// # Errors
    /// What the system says of the file.
    pub fn size(&self) -> Result<Option<u64>, std::io::Error> {
        match &self.own {
            Own::Redb(_, path) => std::fs::metadata(path).map(|file| Some(file.len())),
            Own::Memory => Ok(None),
            #[cfg(feature = "postgres")]
            Own::Postgres(_) => Ok(None),
        }
    }

    /// Compares the size with its limit, again and again, without an end.
    pub(crate) async fn measure(&self, app: &App) {
        let mut said = false;
        loop {
            match (app.config.max_storage, self.size()) {
                (Some(most), Ok(Some(size))) => app.full.store(size >= most, Ordering::Relaxed),
                (Some(_), Err(error)) if !said => {
                    said = true;
                    let reason = error.to_string();
                    app.tell(&Notice::SizeUnknown { reason });
                }
                _ => {}
            }
            tokio::time::sleep(MEASURE).await;
        }
    }
}

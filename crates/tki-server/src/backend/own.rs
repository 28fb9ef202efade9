//! What is asked of one kind of storage alone: its size, how it writes, its connections.

use alloc::sync::Arc;
use core::sync::atomic::Ordering;
use core::time::Duration;
use std::path::PathBuf;

use tki_storage::Error;
#[cfg(feature = "postgres")]
use tki_storage_postgres::PostgresStorage;
use tki_storage_redb::RedbStorage;
use tokio::time::sleep;

use super::Backend;
use crate::app::App;
use crate::described::described;
use crate::logs::redacted;
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
    /// What the system says of the file, or the database.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(clippy::unused_async, reason = "a database is asked over a network")
    )]
    pub async fn size(&self) -> Result<Option<u64>, Error> {
        match &self.own {
            Own::Memory => Ok(None),
            #[cfg(feature = "postgres")]
            Own::Postgres(storage) => storage.size().await.map(Some),
            Own::Redb(_, path) => {
                let file = std::fs::metadata(path);
                let file = file.map_err(|error| Error::Backend(Box::new(error)))?;
                Ok(Some(file.len()))
            }
        }
    }

    /// Compares the size with its limit, if there is one: from then on commits are refused, or no
    /// longer. What cannot be asked now is as it was.
    ///
    /// # Errors
    /// Those of [`size`](Self::size).
    pub async fn check_size(&self, app: &App) -> Result<(), Error> {
        if let Some(most) = app.config.max_storage
            && let Some(size) = self.size().await?
        {
            app.full.store(size >= most, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Does so again and again, without an end.
    pub(crate) async fn measure(&self, app: &App) {
        let mut said = String::new();
        loop {
            let reason = self.check_size(app).await.err();
            let reason = reason.map(|error| described(&error)).unwrap_or_default();
            // What is wrong is said once.
            if !reason.is_empty() && reason != said {
                app.tell(&Notice::SizeUnknown {
                    reason: redacted(&reason),
                });
            }
            said = reason;
            sleep(MEASURE).await;
        }
    }
}

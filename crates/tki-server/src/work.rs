//! Calls of the storage that go on when nobody waits for them any more.
//!
//! A client that goes away in the middle of a commit does not stop it half-way, and a server that
//! ends waits for it. One that takes too long is answered, and goes on.

use core::time::Duration;

use tki_storage::{Error, Outage};
use tokio::sync::watch;
use tokio::time::timeout;

/// How many calls go on, and how long each is waited for.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    limit: Duration,
    going_on: watch::Sender<usize>,
}

/// Counts a call as long as it goes on, however it ends.
struct Counted(watch::Sender<usize>);

impl Work {
    /// Calls that are waited for so long.
    pub(crate) fn new(limit: Duration) -> Self {
        Self {
            limit,
            going_on: watch::Sender::new(0),
        }
    }

    /// A read: who waits too long learns nothing.
    pub(crate) async fn read<T>(
        &self,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let answered = timeout(self.limit, call).await;
        answered.unwrap_or(Err(Error::Unavailable(Outage::Unreachable)))
    }

    /// A write: it goes on whatever happens to who asked for it. Who waits too long does not know
    /// its outcome.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        call: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        self.going_on
            .send_modify(|count| *count = count.saturating_add(1));
        let counted = Counted(self.going_on.clone());
        let task = tokio::spawn(async move {
            let result = call.await;
            drop(counted);
            result
        });
        match timeout(self.limit, task).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) | Err(_) => Err(Error::OutcomeUnknown { source: None }),
        }
    }

    /// Returns when no write goes on.
    pub(crate) async fn finished(&self) {
        // Correctness: the sender is there as long as this is, so the wait has an end.
        drop(
            self.going_on
                .subscribe()
                .wait_for(|count| *count == 0)
                .await,
        );
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

//! The pool of connections, and the one that a commit has for itself.

use alloc::boxed::Box;
use core::time::Duration;

use deadpool_postgres::{
    Client, ClientWrapper, Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime,
    Timeouts,
};
use tki_storage::Error;
use tokio::time::timeout;
use tokio_postgres::{Config, NoTls};

use crate::error::{Failure, Impossible, no_answer};
use crate::options::PostgresOptions;
use crate::tls::Verified;

/// Who is asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Role {
    /// The one who is always right.
    Primary,
    /// Somebody who may be behind.
    Replica,
}

/// The connections to the primary, at one moment.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Connections {
    /// How many there may be.
    pub limit: usize,
    /// How many are open.
    pub open: usize,
    /// How many of these nobody uses.
    pub idle: usize,
    /// How many calls wait for one.
    pub waiting: usize,
}

impl Connections {
    pub(crate) fn of(pool: &Pool) -> Self {
        let status = pool.status();
        Self {
            limit: status.max_size,
            open: status.size,
            idle: status.available,
            waiting: status.waiting,
        }
    }
}

/// A pool without any connection yet.
pub(crate) fn pool(options: &PostgresOptions, config: &Config, role: Role) -> Result<Pool, Error> {
    let how = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    let manager = match &options.roots {
        None => Manager::from_config(config.clone(), NoTls, how),
        Some(file) => {
            let tls = Verified::trusting(file).map_err(Error::Backend)?;
            Manager::from_config(config.clone(), tls, how)
        }
    };
    let builder = Pool::builder(manager)
        .max_size(options.connections)
        .runtime(Runtime::Tokio1)
        .timeouts(Timeouts {
            wait: Some(options.limits.acquire),
            create: Some(options.limits.connect),
            recycle: Some(options.limits.connect),
        });
    let builder = match role {
        Role::Primary => builder.post_create(Hook::async_fn(|client, _| Box::pin(admit(client)))),
        Role::Replica => builder,
    };
    let pool = builder.build();
    pool.map_err(|error| Error::Backend(Box::new(error)))
}

/// Notes in the session which life of the server it belongs to: from one start to the next, or to the
/// next recovery from a crash, after which the server counts anew what it did, in microseconds.
const ADMISSION: &str = "SELECT pg_is_in_recovery(), \
    current_setting('synchronous_commit') IN ('off', 'local'), \
    set_config('tki.life', concat_ws(' ', \
        (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint, \
        (extract(epoch FROM pg_stat_get_bgwriter_stat_reset_time()) * 1000000)::bigint), false)";

/// A standby is behind, and does not know what was just committed. And a commit is acknowledged
/// when it lasts, whatever the server does otherwise.
async fn admit(client: &mut ClientWrapper) -> Result<(), HookError> {
    let row = client.query_one(ADMISSION, &[]).await;
    let row = row.map_err(HookError::Backend)?;
    if row.try_get(0).map_err(HookError::Backend)? {
        return Err(HookError::message("a standby"));
    }
    if row.try_get(1).map_err(HookError::Backend)? {
        let set = client.batch_execute("SET synchronous_commit = on").await;
        set.map_err(HookError::Backend)?;
    }
    Ok(())
}

/// Lets go of the connections that nobody uses: they may have ended with the one that did.
pub(crate) fn forget_idle(pool: &Pool) {
    drop(pool.retain(|_, _| false));
}

/// Waits for an answer of the server, not for ever.
pub(crate) async fn limited<T, E: Into<Failure>>(
    limit: Duration,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, Failure> {
    match timeout(limit, work).await {
        Ok(answer) => answer.map_err(Into::into),
        Err(_) => Err(no_answer().into()),
    }
}

/// A connection for one transaction. Unless it is given back it is closed, so that nobody ever gets
/// one in the middle of another's transaction; the server then forgets what was not committed.
pub(crate) struct Session {
    /// There until it is given back.
    client: Option<Client>,
}

impl Session {
    pub(crate) async fn begin(pool: &Pool) -> Result<Self, Failure> {
        let client = Some(pool.get().await?);
        Ok(Self { client })
    }

    pub(crate) fn client(&self) -> Result<&Client, Failure> {
        self.client
            .as_ref()
            .ok_or_else(|| Impossible::ConnectionGone.into())
    }

    /// The transaction is over: the next one can have the connection.
    pub(crate) fn give_back(mut self) {
        drop(self.client.take());
    }

    /// Undoes what was not committed.
    pub(crate) async fn roll_back(self, limit: Duration) {
        let Ok(client) = self.client() else { return };
        let undone = limited(limit, client.batch_execute("ROLLBACK")).await;
        if undone.is_ok() {
            self.give_back();
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            drop(Client::take(client));
        }
    }
}

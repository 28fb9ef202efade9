//! What the system tells a process.

use core::convert::Infallible;

use tokio::sync::Notify;

/// Returns when the process is told to end.
#[cfg(unix)]
pub(crate) async fn end() {
    use tokio::signal::unix::{SignalKind, signal};

    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return interrupted().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        () = interrupted() => {}
    }
}

/// Returns when the process is told to end.
#[cfg(not(unix))]
pub(crate) async fn end() {
    interrupted().await;
}

/// Ctrl-C; without a way to hear of it, never.
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        core::future::pending::<()>().await;
    }
}

/// Passes on that the certificate shall be read again.
#[cfg(unix)]
pub(crate) async fn reload(reload: &Notify) -> Infallible {
    use tokio::signal::unix::{SignalKind, signal};

    if let Ok(mut hangup) = signal(SignalKind::hangup()) {
        while hangup.recv().await.is_some() {
            reload.notify_one();
        }
    }
    core::future::pending().await
}

/// There is no such signal here: changed files are noticed all the same.
#[cfg(not(unix))]
pub(crate) async fn reload(_: &Notify) -> Infallible {
    core::future::pending().await
}

//! Whether the storage answers: asked at most once a second, however many want to know.
//!
//! Nobody pays for this question, so it must not become work for the storage.

use core::time::Duration;
use std::time::Instant;

use tki_record::Address;
use tki_storage_http::wire::Problem;
use tokio::sync::Mutex;

use crate::app::App;

/// How long an answer is good.
const FRESH: Duration = Duration::from_secs(1);

/// What the storage last answered, and when.
#[derive(Debug, Default)]
pub(crate) struct Readiness(Mutex<Option<(Instant, Result<(), Problem>)>>);

impl Readiness {
    /// What the storage says, or said a moment ago. Whoever asks meanwhile waits for the same answer.
    pub(crate) async fn ask(&self, app: &App) -> Result<(), Problem> {
        let mut last = self.0.lock().await;
        if let Some((when, answer)) = &*last
            && app.now().saturating_duration_since(*when) < FRESH
        {
            return answer.clone();
        }
        let anywhere = Address::from_bytes([0; 32]);
        let read = app.work.read(app.storage.get(&anywhere)).await;
        let answer = read.map(drop).map_err(|error| Problem::of(&error));
        *last = Some((app.now(), answer.clone()));
        answer
    }
}

//! Something that moves while the machine works, on a terminal only.

use core::time::Duration;

use indicatif::ProgressBar;

use crate::output::Output;

/// Shows what is being waited for until it is dropped.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    pub(crate) fn start(output: Output, what: &'static str) -> Self {
        if !output.shows_progress() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::new_spinner();
        bar.set_message(what);
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(bar)
    }

    /// Says something else from now on.
    pub(crate) fn show(&self, what: String) {
        self.0.set_message(what);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

//! Numbered places where a test may kill the process or make it fail.
//!
//! Every place that calls [`point`] gets the next number, from 1 on, over the whole process. What
//! happens there is set from outside, so that the real binary is what is tested:
//!
//! | variable | effect |
//! |---|---|
//! | `TKI_FAULT_COUNT=FILE` | every point reached adds the line `number name` to the file |
//! | `TKI_FAULT_FAIL_AT=N` | point N returns an error like that of a full disk |
//! | `TKI_FAULT_FAIL_AS=KIND` | what error instead: `full`, `io` (the disk is broken), `read-only` |
//! | `TKI_FAULT_KILL_AT=N` | at point N the process is killed as by `kill -9` |
//!
//! For tests alone: no release may contain this module.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};

/// The variable that names the file in which points are counted.
pub const COUNT_VARIABLE: &str = "TKI_FAULT_COUNT";
/// The variable that holds the number of the point that fails.
pub const FAIL_VARIABLE: &str = "TKI_FAULT_FAIL_AT";
/// The variable that says which error the point gives that fails.
pub const FAIL_AS_VARIABLE: &str = "TKI_FAULT_FAIL_AS";
/// The variable that holds the number of the point that kills.
pub const KILL_VARIABLE: &str = "TKI_FAULT_KILL_AT";

/// Marks a place where a crash or a failure is worth a test. The name is for people.
///
/// # Errors
/// [`ErrorKind::StorageFull`], or as [`FAIL_AS_VARIABLE`] says, at the point that [`FAIL_VARIABLE`]
/// names; whatever the system says if the count cannot be written.
pub fn point(name: &str) -> io::Result<()> {
    static PLAN: OnceLock<Plan> = OnceLock::new();
    static REACHED: Mutex<u64> = Mutex::new(0);

    let plan = PLAN.get_or_init(Plan::from_environment);
    // Held while the line is written, so that numbers and lines have one order.
    let mut reached = REACHED.lock().unwrap_or_else(PoisonError::into_inner);
    *reached = reached.saturating_add(1);
    let number = *reached;

    if let Some(path) = &plan.count {
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        writeln!(file, "{number} {name}")?;
    }
    if plan.kill_at == Some(number) {
        kill()?;
    }
    if plan.fail_at == Some(number) {
        return Err(io::Error::new(
            plan.fail_as,
            format!("fault {number} at {name}"),
        ));
    }
    Ok(())
}

struct Plan {
    count: Option<PathBuf>,
    fail_at: Option<u64>,
    fail_as: ErrorKind,
    kill_at: Option<u64>,
}

impl Plan {
    #[expect(
        clippy::disallowed_methods,
        reason = "the only way to reach into a real binary"
    )]
    fn from_environment() -> Self {
        let number = |name| std::env::var(name).ok().and_then(|text| text.parse().ok());
        Self {
            count: std::env::var_os(COUNT_VARIABLE).map(PathBuf::from),
            fail_at: number(FAIL_VARIABLE),
            fail_as: match std::env::var(FAIL_AS_VARIABLE).as_deref() {
                // What the standard library makes of EIO has no name.
                Ok("io") => ErrorKind::Other,
                Ok("read-only") => ErrorKind::ReadOnlyFilesystem,
                _ => ErrorKind::StorageFull,
            },
            kill_at: number(KILL_VARIABLE),
        }
    }
}

/// Dies without any destructor or buffer flush. The signal comes from another program because
/// sending it oneself would need unsafe code.
#[cfg(unix)]
fn kill() -> io::Result<()> {
    std::process::Command::new("kill")
        .args(["-9", &std::process::id().to_string()])
        .status()?;
    loop {
        std::thread::park();
    }
}

#[cfg(not(unix))]
fn kill() -> io::Result<()> {
    std::process::abort()
}

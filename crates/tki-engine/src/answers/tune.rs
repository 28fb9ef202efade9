//! What Argon2id may cost on this machine.

use core::time::Duration;

use tki_seal::password::Argon2Params;

/// Parameters of which one derivation takes about `target`, half a second being usual.
///
/// `measure` derives a key once and says how long it took: the clock is the caller's. It is asked
/// once with 64 MiB and one pass, and again with half the memory while that takes too long, down to
/// 16 MiB; the passes follow. Meant to be called once: the parameters are stored in the sheet.
///
/// # Examples
/// ```
/// use core::time::Duration;
/// use tki_engine::answers::tune;
///
/// // A machine that fills a MiB in a millisecond.
/// let measure = |params: tki_seal::password::Argon2Params| {
///     Duration::from_millis(u64::from(params.memory_kib() / 1024 * params.iterations()))
/// };
/// let params = tune(Duration::from_millis(500), measure);
/// assert_eq!((params.memory_kib(), params.iterations()), (64 * 1024, 7));
/// ```
pub fn tune(target: Duration, mut measure: impl FnMut(Argon2Params) -> Duration) -> Argon2Params {
    let mut memory_kib = MOST_MEMORY_KIB;
    loop {
        let Ok(one) = Argon2Params::new(memory_kib, 1, 1) else {
            return Argon2Params::DEFAULT;
        };
        let took = measure(one).as_micros().max(1);
        if took > target.as_micros() && memory_kib > LEAST_MEMORY_KIB {
            memory_kib /= 2;
            continue;
        }
        let passes = target.as_micros().checked_div(took).unwrap_or(1);
        let most = Argon2Params::MAX_ITERATIONS;
        let passes = u32::try_from(passes).unwrap_or(most).clamp(1, most);
        return Argon2Params::new(memory_kib, passes, 1).unwrap_or(Argon2Params::DEFAULT);
    }
}

/// What a small machine can spare.
const MOST_MEMORY_KIB: u32 = 64 * 1024;
/// Less would cost an attacker's hardware nothing.
const LEAST_MEMORY_KIB: u32 = 16 * 1024;

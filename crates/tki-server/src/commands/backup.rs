//! `tki-server backup`: every record of one moment into one file.

use std::path::Path;

use tki_file::Replacement;

use super::failure::{Failure, FailureKind};
use super::talk::{Ended, Progress, Said, ask};
use super::verify::Checker;
use crate::admin::{Damaged, Place, Request, Totals};

/// How much of the file is written at once, in bytes.
const AT_ONCE: usize = 1024 * 1024;

/// What becomes of a backup of a storage with damaged records.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "there is no third way")]
pub enum OnDamage {
    /// There is none: the file stays what it was.
    Stop,
    /// It is made of the others.
    LeaveOut,
}

/// A backup that was made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BackedUp {
    /// How much is in it.
    pub totals: Totals,
    /// What is not.
    pub damaged: Vec<Damaged>,
    /// The hash at its end, in hexadecimal digits.
    pub hash: String,
}

/// Makes a backup. The file is replaced when all of it is on the disk; until then, and if anything
/// fails, it is what it was.
///
/// # Errors
/// A [`Failure`] that says what; of damage with every damaged record in its message.
pub async fn backup(
    place: Place,
    out: &Path,
    on_damage: OnDamage,
    progress: Progress<'_>,
) -> Result<BackedUp, Failure> {
    let failed = |error: tki_file::Error| Failure::writing(out, &error);
    let mut file = Replacement::begin(out).map_err(failed)?;
    let leave_out_damaged = on_damage == OnDamage::LeaveOut;
    let request = Request::Backup { leave_out_damaged };
    let (mut from, _out) = ask(place, request).await?;

    let mut said = Said::default();
    let mut checker = Checker::default();
    let mut pending = Vec::new();
    let mut seen = Totals::default();
    let bytes = |data: &[u8]| {
        checker.read(data, &mut |totals| {
            seen = *totals;
            progress(totals);
        })?;
        pending.extend_from_slice(data);
        if pending.len() >= AT_ONCE {
            file.append(&pending).map_err(failed)?;
            pending.clear();
        }
        Ok(())
    };
    let totals = match said.hear(&mut from, bytes, &mut |_| {}).await? {
        Ended::Done(totals) => totals,
        Ended::Failed(failure) => return Err(with_damage(failure, &said.damaged)),
    };
    // What arrived is whole, proves itself, and is written only then.
    let checked = checker.finish()?;
    file.append(&pending).map_err(failed)?;
    file.finish().map_err(failed)?;
    Ok(BackedUp {
        totals,
        damaged: said.damaged,
        hash: checked.hash,
    })
}

/// The failure with the records that are to blame.
fn with_damage(mut failure: Failure, damaged: &[Damaged]) -> Failure {
    for damaged in damaged {
        let address = damaged.address.as_deref().unwrap_or("somewhere");
        failure.message = format!("{}\n  {address}: {}", failure.message, damaged.what);
    }
    if failure.kind == FailureKind::Corrupt && !damaged.is_empty() {
        failure.next =
            "make a backup of the others with --leave-out-damaged, and bring these back \
                        from an older one"
                .to_owned();
    }
    failure
}

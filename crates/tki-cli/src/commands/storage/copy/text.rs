//! What became of the copies, for people.

use super::Copied;
use crate::describe::line;

/// How many addresses are named.
const NAMED: usize = 5;

pub(super) fn of(copied: &Copied) -> String {
    let mut text = String::new();
    let Copied {
        from,
        to,
        records,
        bytes,
        ..
    } = copied;
    let what = if copied.whole {
        ""
    } else {
        " of the account of this home"
    };
    line(
        &mut text,
        format_args!("copied {records} records{what}, {bytes} bytes, from {from} to {to}"),
    );
    for (count, what) in [
        (copied.created, "were not there"),
        (copied.advanced, "replaced an older version"),
        (copied.kept, "were there already"),
        (copied.newer, "are there in a later version, which stays"),
    ] {
        if count > 0 {
            line(&mut text, format_args!("  {count:>4} {what}"));
        }
    }
    for (list, what) in [
        (&copied.conflicts, "are something else there, which stays"),
        (
            &copied.unproven,
            "cannot be read or do not prove who wrote them, and were not copied",
        ),
        (
            &copied.missing,
            "changed while they were copied: run the same command again",
        ),
    ] {
        if !list.is_empty() {
            line(&mut text, format_args!("  {:>4} {what}:", list.len()));
            for named in list.iter().take(NAMED) {
                line(&mut text, format_args!("         {named}"));
            }
        }
    }
    if copied.is_complete() {
        text.push_str("Every record was compared.\n");
    }
    text
}

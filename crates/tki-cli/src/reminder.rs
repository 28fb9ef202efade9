//! One line for whoever has not tried his factors for long.

use tki::metadata::{HolderKind, Membership};
use tki::{Device, HolderName};

use crate::machine;
use crate::session::Session;

/// Seconds of a month, as people count.
const MONTH: u64 = 30 * 24 * 60 * 60;

/// Says, to somebody at a terminal, that a factor was not tried for more than half a year.
pub(crate) fn remind(session: &Session, device: &Device<'_>) {
    if !session.output.is_watched() {
        return;
    }
    let Some(core) = device.membership().map(|known| &known.document.core) else {
        return;
    };
    let standing = device.membership().map(Membership::standing);
    let (standing, now) = (standing.unwrap_or_default(), machine::now());
    if let Some((holder, since)) = tki::overdue(core, &standing, device.identifier(), now) {
        let months = now.saturating_sub(since) / MONTH;
        let command = command(&holder);
        session.output.say(&format!(
            "For {months} months nobody has tried whether {holder} still opens anything: {command}"
        ));
    }
}

/// How a factor is tried.
pub(crate) fn command(holder: &HolderName) -> String {
    let named = match holder.kind {
        HolderKind::Words => "words:FILE",
        HolderKind::File => "file:FILE",
        HolderKind::Answers => "answers:FILE",
        HolderKind::Passkey => "passkey:WHERE",
        HolderKind::Provider => "provider",
        HolderKind::Guardian => "guardian:FILE",
        HolderKind::Device => return "on that device: tki open".into(),
        // One of a later version.
        HolderKind::Other(_) | _ => return "with a newer tki: tki drill".into(),
    };
    format!("tki drill --use device --use {named}")
}

//! One line for whoever has not tried his factors for long.

use tki::math::Identifier;
use tki::metadata::{Core, HolderKind, Membership, WhoSuffices};
use tki::{Device, HolderName};

use crate::advice;
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
        let command = command(&holder, core, device.identifier());
        session.output.say(&format!(
            "For {months} months nobody has tried whether {holder} still opens anything: {command}"
        ));
    }
}

/// How a factor is tried, with others beside it if this machine can name a quorum of it.
pub(crate) fn command(holder: &HolderName, core: &Core, own: Option<Identifier>) -> String {
    if holder.kind == HolderKind::Device {
        return "on that device: tki open".into();
    }
    if name_of(holder.kind).is_none() {
        return "with a newer tki: tki drill".into();
    }
    let wanted = [holder.identifier];
    let who = WhoSuffices::of(core);
    match advice::quorum_with(&who, own, &wanted, &[]) {
        Some(set) => format!("tki drill {}", advice::uses(&set, &[])),
        None => format!("tki drill --alone {}", advice::uses(&[holder], &[])),
    }
}

/// What `--use` takes for a factor of this kind.
pub(crate) fn name_of(kind: HolderKind) -> Option<&'static str> {
    Some(match kind {
        HolderKind::Words => "words:FILE",
        HolderKind::File => "file:FILE",
        HolderKind::Answers => "answers:FILE",
        HolderKind::Passkey => "passkey:WHERE",
        HolderKind::Provider => "provider",
        HolderKind::Guardian => "guardian:FILE",
        HolderKind::Device => "device",
        // One of a later version.
        HolderKind::Other(_) | _ => return None,
    })
}

//! What to do about a change that cannot be.

use tki::InvalidChange;

/// The command that mends it, where there is one to name.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the others have nothing to name, nor have those of a later version"
)]
pub(super) fn next(invalid: InvalidChange) -> Option<String> {
    let next = match invalid {
        InvalidChange::LeavesTooFew(x) => format!(
            "set a structure that can do without factor {x}, then remove it: tki structure show, \
             tki structure set STRUCTURE; or put another in its place: tki factor replace {x}"
        ),
        InvalidChange::LeftOut(x) => {
            format!("name it in the structure, or first: tki factor remove {x}")
        }
        InvalidChange::NeverSatisfied | InvalidChange::ThresholdTooHigh => {
            "a lower number; or first one more factor: tki factor add KIND".into()
        }
        InvalidChange::NoFreedom { .. } | InvalidChange::TooManyPegs { .. } => {
            "tki factor list shows whose share follows from answers; give that up with \
             tki factor replace ID, or ask for more: tki threshold set N"
                .into()
        }
        InvalidChange::OneSuffices(x) => format!(
            "ask for somebody beside factor {x}: tki structure set --help shows how structures are \
             written"
        ),
        InvalidChange::PegsNeedThreshold => {
            "tki factor list shows whose share follows from answers: tki factor replace ID; or \
             keep any so many: tki threshold set N"
                .into()
        }
        InvalidChange::ThresholdTooLow => "name a number from 2 up".into(),
        InvalidChange::UnknownHolder(_) => "tki factor list shows them".into(),
        _ => return None,
    };
    Some(next)
}

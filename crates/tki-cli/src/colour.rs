//! Colours, for people at terminals who want them; nothing else knows an escape sequence for one.

use core::sync::atomic::{AtomicBool, Ordering};
use std::io::IsTerminal as _;

use crate::machine::{self, ColourVariables};

/// Where a text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Output,
    Error,
}

/// What a text is, and so how it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// What is about to be chosen.
    Chosen,
    /// Less important than what surrounds it.
    Faint,
    /// A heading.
    Heading,
    /// Something failed.
    Failure,
    /// Dark on light, whatever the terminal's own colours are.
    Paper,
    /// More important than what surrounds it.
    Strong,
}

impl Style {
    const fn code(self) -> &'static str {
        match self {
            Self::Chosen => "36",
            Self::Faint => "2",
            Self::Heading => "1;36",
            Self::Failure => "1;31",
            Self::Paper => "30;107",
            Self::Strong => "1",
        }
    }
}

/// Whether the output is for programs.
static FORBIDDEN: AtomicBool = AtomicBool::new(false);

/// From now on nothing is coloured: the output is for programs.
pub(crate) fn forbid() {
    FORBIDDEN.store(true, Ordering::Relaxed);
}

/// The text as it looks there.
pub(crate) fn paint(stream: Stream, style: Style, text: &str) -> String {
    if is_wanted(stream) {
        format!("\u{1b}[{}m{text}\u{1b}[0m", style.code())
    } else {
        text.to_owned()
    }
}

/// Whether colours are to be printed there.
pub(crate) fn is_wanted(stream: Stream) -> bool {
    let is_terminal = match stream {
        Stream::Output => std::io::stdout().is_terminal(),
        Stream::Error => std::io::stderr().is_terminal(),
    };
    !FORBIDDEN.load(Ordering::Relaxed) && decide(machine::colour_variables(), is_terminal)
}

/// `NO_COLOR` forbids, `CLICOLOR_FORCE` demands; otherwise a terminal that can gets them, unless
/// `CLICOLOR` is 0.
fn decide(variables: ColourVariables, is_terminal: bool) -> bool {
    let ColourVariables {
        forbidden,
        forced,
        declined,
        dumb,
    } = variables;
    !forbidden && (forced || (is_terminal && !declined && !dumb))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: ColourVariables = ColourVariables {
        forbidden: false,
        forced: false,
        declined: false,
        dumb: false,
    };

    #[test]
    fn colours_are_for_terminals() {
        assert!(decide(NONE, true));
        assert!(!decide(NONE, false));
    }

    #[test]
    fn variables_decide_in_their_order() {
        let dumb = ColourVariables { dumb: true, ..NONE };
        let declined = ColourVariables {
            declined: true,
            ..NONE
        };
        assert!(!decide(dumb, true) && !decide(declined, true));
        for weaker in [NONE, dumb, declined] {
            let forced = ColourVariables {
                forced: true,
                ..weaker
            };
            assert!(decide(forced, true) && decide(forced, false));
            let forbidden = ColourVariables {
                forbidden: true,
                ..forced
            };
            assert!(!decide(forbidden, true) && !decide(forbidden, false));
        }
    }
}

//! Custody as the tables of a document.

use tki::custody::{Ability, Coalitions, Custody, Preset};

use super::{MOST_SHOWN, heading, nobody};
use crate::describe::line;

/// One account, or one preset.
pub(crate) fn table(custody: &Custody) -> String {
    let mut text = String::new();
    for sentence in custody.sentences() {
        line(&mut text, format_args!("{}", escaped(&sentence)));
    }
    line(&mut text, format_args!("\n| | |\n|---|---|"));
    for ability in Ability::ALL {
        let ways = match custody.coalitions(ability) {
            Coalitions::TooMany => "more than can be listed".to_owned(),
            Coalitions::All(all) if all.is_empty() => nobody(ability).to_owned(),
            Coalitions::All(all) => {
                let shown = all.iter().take(MOST_SHOWN);
                let ways = shown.map(|some| escaped(&custody.phrase(ability, some)));
                let mut ways: Vec<String> = ways.collect();
                let more = all.len().saturating_sub(MOST_SHOWN);
                if more > 0 {
                    ways.push(format!("and {more} more"));
                }
                ways.join("<br>")
            }
        };
        line(&mut text, format_args!("| {} | {ways} |", heading(ability)));
    }
    text
}

/// All presets: what each is, what it survives, and its own table.
pub(crate) fn presets() -> String {
    let mut text = String::from(
        "| preset | structure | losses survived, whichever | to steal or guess, if all others help | \
         to steal or guess, if nobody helps | self-custodial |\n|---|---|---|---|---|---|\n",
    );
    for preset in Preset::ALL {
        let custody = custody_of(preset);
        let number = |number: Option<usize>| number.map_or("–".to_owned(), |n| n.to_string());
        let is_own = if custody.is_self_custodial {
            "yes"
        } else {
            "no"
        };
        line(
            &mut text,
            format_args!(
                "| `{}` | {} | {} | {} | {} | {is_own} |",
                preset.name(),
                preset.expression(),
                number(custody.losses_survived()),
                number(custody.efforts_with_help()),
                number(custody.efforts_alone()),
            ),
        );
    }
    for preset in Preset::ALL {
        line(&mut text, format_args!("\n### `{}`\n", preset.name()));
        line(&mut text, format_args!("{}.\n", capital(preset.summary())));
        text.push_str(&table(&custody_of(preset)));
    }
    text
}

pub(crate) fn custody_of(preset: Preset) -> Custody {
    Custody::over(&preset.structure(), &preset.factors(), &preset.facts())
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// Labels are anybody's text.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(
            letter,
            '\\' | '|' | '*' | '_' | '`' | '[' | ']' | '<' | '>' | '&'
        ) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

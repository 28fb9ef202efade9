//! Custody as a picture: a row for each party, a column for each minimal coalition.
//!
//! A column is a way, and its dots are who or what it takes.

use core::fmt::Write as _;

use tki::custody::{Ability, Coalition, Coalitions, Custody, Party, PartyId};

use super::heading;

/// Columns of one ability.
const MOST_COLUMNS: usize = 24;

const ROW: usize = 22;
const COLUMN: usize = 18;
const GAP: usize = 26;
const TOP: usize = 92;
const LETTER: usize = 7;

/// Letters of a name.
const MOST_LETTERS: usize = 56;

/// The columns of one ability.
struct Block<'a> {
    ability: Ability,
    coalitions: Vec<&'a Coalition>,
    /// What is said instead of columns, or beside them.
    note: Option<String>,
}

impl<'a> Block<'a> {
    fn of(custody: &'a Custody, ability: Ability) -> Self {
        let (coalitions, note) = match custody.coalitions(ability) {
            Coalitions::TooMany => (Vec::new(), Some("too many".to_owned())),
            Coalitions::All(all) => {
                let more = all.len().saturating_sub(MOST_COLUMNS);
                let note = match (all.len(), more) {
                    (0, _) => Some(super::nobody(ability).to_owned()),
                    (_, 0) => None,
                    (_, more) => Some(format!("+ {more}")),
                };
                (all.iter().take(MOST_COLUMNS).collect(), note)
            }
        };
        Self {
            ability,
            coalitions,
            note,
        }
    }

    const fn colour(&self) -> &'static str {
        match self.ability {
            Ability::Use => "#b3261e",
            Ability::Recover => "#1b6e3c",
            Ability::Block => "#9a6700",
            Ability::Destroy => "#3b3b8f",
        }
    }

    fn width(&self) -> usize {
        let columns = self.coalitions.len() * COLUMN;
        let note = self
            .note
            .as_ref()
            .map_or(0, |note| (note.len() + 1) * LETTER);
        (columns + note).max(self.ability.name().len() * LETTER + 10)
    }
}

/// The picture, as SVG.
pub(crate) fn svg(custody: &Custody, title: &str) -> String {
    let blocks = Ability::ALL.map(|ability| Block::of(custody, ability));
    let letters = custody
        .parties
        .iter()
        .map(|party| row_name(party).chars().count());
    let left = 20 + letters.max().unwrap_or(0) * LETTER;
    let across: usize = blocks.iter().map(|block| block.width() + GAP).sum();
    let width = (left + across + 8).max(640);
    let rows = custody.parties.len() * ROW;
    let height = TOP + rows + 24 + ROW * blocks.len();
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <title>{title}</title>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n",
        title = escaped(title)
    );
    text(
        &mut svg,
        8,
        24,
        "font-size=\"16\" font-weight=\"bold\"",
        title,
    );
    let verdict = if custody.is_self_custodial {
        "self-custodial: nobody without the owner can, unless something of the owner's is taken"
    } else {
        "not self-custodial: somebody without the owner can use the key"
    };
    text(&mut svg, 8, 46, "fill=\"#444444\"", verdict);
    names(&mut svg, custody, left + across);
    let mut x = left;
    for block in &blocks {
        columns(&mut svg, custody, block, x);
        x += block.width() + GAP;
    }
    for (number, block) in blocks.iter().enumerate() {
        let y = TOP + rows + 28 + number * ROW;
        let words = format!(
            "{}: a column {}",
            block.ability.name(),
            heading(block.ability)
        );
        text(
            &mut svg,
            8,
            y,
            &format!("fill=\"{}\"", block.colour()),
            &words,
        );
    }
    svg.push_str("</svg>\n");
    svg
}

/// What stands before a row.
fn row_name(party: &Party) -> String {
    let name = if matches!(party.id, PartyId::Guesser(_)) {
        format!("guessing {}", party.name)
    } else {
        party.full_name()
    };
    if name.chars().count() <= MOST_LETTERS {
        return name;
    }
    let head: String = name.chars().take(MOST_LETTERS - 1).collect();
    format!("{head}…")
}

/// The rows: a name each, and a band behind every second.
fn names(svg: &mut String, custody: &Custody, width: usize) {
    for (row, party) in custody.parties.iter().enumerate() {
        let y = TOP + row * ROW;
        if row % 2 == 0 {
            writeln!(
                svg,
                "<rect x=\"0\" y=\"{y}\" width=\"{width}\" height=\"{ROW}\" fill=\"#f3f3f3\"/>"
            )
            .ok();
        }
        text(svg, 8, y + 15, "fill=\"#000000\"", &row_name(party));
    }
}

fn columns(svg: &mut String, custody: &Custody, block: &Block<'_>, left: usize) {
    let colour = block.colour();
    let style = format!("fill=\"{colour}\" font-weight=\"bold\"");
    text(svg, left, TOP - 10, &style, block.ability.name());
    for (column, coalition) in block.coalitions.iter().enumerate() {
        let x = left + column * COLUMN + COLUMN / 2;
        let rows: Vec<usize> = coalition
            .iter()
            .filter_map(|id| custody.parties.iter().position(|party| party.id == *id))
            .collect();
        let middle = |row: &usize| TOP + row * ROW + ROW / 2;
        if let (Some(first), Some(last)) = (rows.first(), rows.last()) {
            writeln!(
                svg,
                "<line x1=\"{x}\" y1=\"{}\" x2=\"{x}\" y2=\"{}\" stroke=\"{colour}\" \
                 stroke-width=\"1\"/>",
                middle(first),
                middle(last)
            )
            .ok();
        }
        for row in &rows {
            writeln!(
                svg,
                "<circle cx=\"{x}\" cy=\"{}\" r=\"5\" fill=\"{colour}\"/>",
                middle(row)
            )
            .ok();
        }
    }
    if let Some(note) = &block.note {
        let x = left + block.coalitions.len() * COLUMN + 4;
        text(svg, x, TOP + 15, "fill=\"#444444\"", note);
    }
}

fn text(svg: &mut String, x: usize, y: usize, style: &str, words: &str) {
    let words = escaped(words);
    writeln!(svg, "<text x=\"{x}\" y=\"{y}\" {style}>{words}</text>").ok();
}

/// Labels are anybody's text.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // No control character has a place in XML.
            letter if letter.is_control() => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

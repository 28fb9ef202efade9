//! Long lines of text for people, folded at the width of a terminal.
//!
//! What continues a line stands under where its text began, so that a list stays a list. Only spaces
//! become ends of lines: an address, a path or a signature stays whole, and so does every line that
//! is a command to be pasted, or a drawing.

use console::measure_text_width as width_of;

/// No text is squeezed into less than this beside its indent.
const LEAST: usize = 30;

/// How far right a column of text may begin that the rest of its line is put under.
const FARTHEST: usize = 24;

/// The same text, with lines of at most `width` columns where that can be.
pub(crate) fn lines(text: &str, width: usize) -> String {
    let mut folded = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let content = line.strip_suffix('\n').unwrap_or(line);
        if width_of(content) <= width || is_whole(content) {
            folded.push_str(line);
            continue;
        }
        fold(&mut folded, content, width);
        folded.push_str(line.get(content.len()..).unwrap_or_default());
    }
    folded
}

/// Whether a line is to be taken as it is: a command, alone or after a colon, or a drawing.
fn is_whole(line: &str) -> bool {
    let start = line.trim_start();
    start.starts_with("tki ")
        || line.contains(": tki ")
        || start.starts_with(['#', '|', '{', '<'])
        || line.contains(['█', '▀', '▄'])
}

fn fold(folded: &mut String, line: &str, width: usize) {
    let hang = hang(line);
    let hang = if hang.saturating_add(LEAST) > width {
        2
    } else {
        hang
    };
    let indent = line.len().saturating_sub(line.trim_start().len());
    let mut column = 0_usize;
    // Spaces that are written only if another word follows on the same line.
    let mut gap = indent;
    for (place, word) in line.trim_start().split(' ').enumerate() {
        if word.is_empty() {
            gap = gap.saturating_add(1);
            continue;
        }
        let length = width_of(word);
        let end = column.saturating_add(gap).saturating_add(length);
        if place > 0 && end > width {
            folded.push('\n');
            column = 0;
            gap = hang;
        }
        folded.extend(core::iter::repeat_n(' ', gap));
        folded.push_str(word);
        column = column.saturating_add(gap).saturating_add(length);
        gap = 1;
    }
}

/// Where the text of a line begins: after its indent, its bullet, and its short columns.
fn hang(line: &str) -> usize {
    let start = line.trim_start();
    let indent = line.len().saturating_sub(start.len());
    let mut hang = indent.saturating_add(2);
    let mut column = 0_usize;
    let mut spaces = 0_usize;
    for character in console::strip_ansi_codes(line).chars() {
        if character == ' ' {
            spaces = spaces.saturating_add(1);
        } else {
            if spaces >= 2 && column <= FARTHEST {
                hang = hang.max(column);
            }
            spaces = 0;
        }
        column = column.saturating_add(1);
    }
    hang
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: &str) {
        assert_eq!(lines(line, 50), expected);
    }

    #[test]
    fn what_continues_a_line_stands_under_its_text() {
        check(
            "    5  2026-11-22  added words 4; the structure is now 2 of (1, 2)\n",
            "    5  2026-11-22  added words 4; the structure is\n                   now 2 of (1, 2)\n",
        );
        check(
            "  - device 1 with provider 2 and the records of version 3 opens it.\n",
            "  - device 1 with provider 2 and the records of\n    version 3 opens it.\n",
        );
        check(
            "You can use the key with any two of the factors that are here.",
            "You can use the key with any two of the factors\n  that are here.",
        );
    }

    #[test]
    fn what_is_to_be_pasted_or_seen_as_it_is_stays_whole() {
        for whole in [
            "What ends it: tki renew 1 --use device --use words:a-long-name-of-a-file",
            "  tki renew 1 --use device --use words:a-long-name-of-a-file --recovery-out b",
            "██▀▀▄▄ ██▀▀▄▄ ██▀▀▄▄ ██▀▀▄▄ ██▀▀▄▄ ██▀▀▄▄ ██▀▀▄▄ ██▀▀▄▄",
            "04a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd",
        ] {
            check(whole, whole);
        }
    }

    #[test]
    fn short_lines_and_the_spaces_in_them_stay() {
        check("a   b\n\n  c\n", "a   b\n\n  c\n");
    }
}

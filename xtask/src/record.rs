//! The demo as a moving picture: what `tki demo --seed 1` prints to a terminal, step by step.
//!
//! The picture holds text and a stylesheet, no script and no font; whoever asks his system for less
//! motion sees its first steps stand still.

use core::fmt::Write as _;

use crate::made::{self, escaped};
use crate::steps::{Failure, Run};

/// The help of `cargo xtask record`.
pub(crate) const HELP: &str = "Runs `tki demo --seed 1` as it is on a terminal and compares docs/demo.svg with what it\n\
    prints, without the times; with --write it writes it. Builds the release binary; with --dev,\n\
    the one of the tests.";

const FILE: &str = "docs/demo.svg";

/// What is typed.
const TYPED: &str = "tki demo --seed 1";

/// `record [--write]`.
pub(crate) fn run(run: &mut Run, operands: &[String]) -> Result<(), Failure> {
    run.step("record", "cargo xtask record", |run| {
        let (dev, rest): (Vec<String>, Vec<String>) = operands
            .iter()
            .cloned()
            .partition(|operand| operand == "--dev");
        let write = made::writes(&rest)?;
        let (profile, option) = if dev.is_empty() {
            ("release", "--release")
        } else {
            ("debug", "")
        };
        run.cargo(&format!("build {option} --package tki-cli"), &[])?;
        let binary = run.target_folder().join(profile).join("tki");
        let binary = binary.to_string_lossy();
        let mut words = vec!["CLICOLOR_FORCE=1", &*binary];
        words.extend(TYPED.split(' ').skip(1));
        let unset = ["-u", "NO_COLOR"];
        let (ok, said) = run
            .ask("env", &[&unset[..], &words].concat())
            .ok_or("no env")?;
        if !ok {
            return Err(format!("{TYPED}: {said}"));
        }
        let picture = draw(&scenes(&said));
        made::keep(
            run.root(),
            FILE,
            &picture,
            write,
            "cargo xtask record --write",
        )
    })
}

/// A run of characters of one look: the name of its class, or nothing.
type Span = (&'static str, String);

/// Lines that appear together.
type Scene = Vec<Vec<Span>>;

/// What the demo prints, a scene for each step; a step begins with a bold line and its number.
fn scenes(said: &str) -> Vec<Scene> {
    let typed = vec![("s", "$ ".to_owned()), ("h", TYPED.to_owned())];
    let mut scenes = vec![vec![typed]];
    for line in said.lines() {
        let spans = spans(&without_times(line));
        let is_step = spans.first().is_some_and(|(look, _)| *look == "h");
        if is_step {
            scenes.push(Vec::new());
        }
        if let Some(scene) = scenes.last_mut() {
            scene.push(spans);
        }
    }
    scenes
}

/// A line without what differs from run to run: how long it took.
fn without_times(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let mut kept = Vec::new();
    let mut position = 0_usize;
    while let Some(word) = words.get(position) {
        let number = word.rsplit('m').next().unwrap_or(word);
        let unit = words.get(position.saturating_add(1)).copied().unwrap_or("");
        if number.parse::<f64>().is_ok() && unit == "ms," {
            // What stands before the number is the sequence that begins a colour.
            let (sequence, _) = word.split_at(word.len().saturating_sub(number.len()));
            let next = words.get(position.saturating_add(2)).unwrap_or(&"");
            kept.push(format!("{sequence}{next}"));
            position = position.saturating_add(3);
        } else if number.parse::<f64>().is_ok() && unit == "s." {
            kept.push("… s.".to_owned());
            position = position.saturating_add(2);
        } else {
            kept.push((*word).to_owned());
            position = position.saturating_add(1);
        }
    }
    kept.join(" ")
}

/// The looks of a line.
fn spans(line: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut look = "";
    for (position, part) in line.split("\u{1b}[").enumerate() {
        let text = match part.split_once('m').filter(|_| position > 0) {
            Some((code, text)) => {
                look = class(code);
                text
            }
            None => part,
        };
        if !text.is_empty() {
            spans.push((look, text.to_owned()));
        }
    }
    spans
}

/// The look of a sequence: chapter, heading, small print, or that of everything else.
fn class(code: &str) -> &'static str {
    match code {
        "1;36" => "c",
        "1" => "h",
        "2" => "s",
        _ => "",
    }
}

/// How many rows are seen.
const ROWS: usize = 26;
/// How far apart they are.
const ROW: usize = 19;
const WIDTH: usize = 880;
const MARGIN: usize = 16;
/// The bar above the terminal.
const BAR: usize = 28;
/// How long a scene is seen.
const SECONDS: usize = 4;

fn draw(scenes: &[Scene]) -> String {
    let height = BAR
        .saturating_add(ROWS.saturating_mul(ROW))
        .saturating_add(MARGIN.saturating_mul(2));
    let mut svg = head(height, &ends(scenes));
    let mut row = 0_usize;
    for line in scenes.iter().flatten() {
        row = row.saturating_add(1);
        let y = row.saturating_mul(ROW);
        if line.is_empty() {
            continue;
        }
        write!(svg, "<text y=\"{y}\">").ok();
        for (look, text) in line {
            let text = escaped(text);
            if look.is_empty() {
                svg.push_str(&text);
            } else {
                write!(svg, "<tspan class=\"{look}\">{text}</tspan>").ok();
            }
        }
        svg.push_str("</text>\n");
    }
    svg.push_str("</g></svg></svg>\n");
    svg
}

/// The last row of each scene.
fn ends(scenes: &[Scene]) -> Vec<usize> {
    let mut end = 0_usize;
    let ends = scenes.iter().map(|scene| {
        end = end.saturating_add(scene.len());
        end
    });
    ends.collect()
}

/// How far the rows are moved, so that this one is the lowest that is seen.
fn moved(end: usize) -> i64 {
    let rows = |rows: usize| i64::try_from(rows.saturating_mul(ROW)).unwrap_or(0);
    rows(ROWS).saturating_sub(rows(end))
}

fn head(height: usize, ends: &[usize]) -> String {
    let seconds = ends.len().saturating_mul(SECONDS);
    let mut frames = String::new();
    for (position, end) in ends.iter().enumerate() {
        // Thousandths, so that no rounding of another machine enters.
        let share = position.saturating_mul(100_000) / ends.len().max(1);
        let (whole, part) = (share / 1000, share % 1000);
        writeln!(
            frames,
            "{whole}.{part:03}% {{ transform: translateY({}px) }}",
            moved(*end)
        )
        .ok();
    }
    let first = ends.iter().rfind(|end| **end <= ROWS);
    let still = moved(first.copied().unwrap_or(ROWS));
    let inside = WIDTH.saturating_sub(MARGIN.saturating_mul(2));
    let rows = ROWS.saturating_mul(ROW).saturating_add(6);
    let top = BAR.saturating_add(MARGIN);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"What tki demo prints, step by step\">\n\
         <title>tki demo: the life of a key</title>\n\
         <style>\n\
         .window {{ fill: #0f1720 }}\n\
         .bar {{ fill: #25313d }}\n\
         .dot {{ fill: #6b7a89 }}\n\
         text {{ font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: #d7e0e8; \
         white-space: pre }}\n\
         .c {{ fill: #62d0d0; font-weight: bold }}\n\
         .h {{ fill: #ffffff; font-weight: bold }}\n\
         .s {{ fill: #8c9aa8 }}\n\
         .rows {{ transform: translateY({still}px); animation: told {seconds}s step-end infinite }}\n\
         @keyframes told {{\n{frames}}}\n\
         @media (prefers-reduced-motion: reduce) {{ .rows {{ animation: none }} }}\n\
         </style>\n\
         <rect class=\"window\" width=\"{WIDTH}\" height=\"{height}\" rx=\"8\"/>\n\
         <path class=\"bar\" d=\"M0 {BAR} V8 A8 8 0 0 1 8 0 H{} A8 8 0 0 1 {WIDTH} 8 V{BAR} z\"/>\n\
         <circle class=\"dot\" cx=\"18\" cy=\"14\" r=\"5\"/><circle class=\"dot\" cx=\"36\" cy=\"14\" r=\"5\"/>\
         <circle class=\"dot\" cx=\"54\" cy=\"14\" r=\"5\"/>\n\
         <svg x=\"{MARGIN}\" y=\"{top}\" width=\"{inside}\" height=\"{rows}\" overflow=\"hidden\">\
         <g class=\"rows\" xml:space=\"preserve\">\n",
        WIDTH.saturating_sub(8)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "\u{1b}[1;36mA key\u{1b}[0m\n\n\u{1b}[1m 1  Created: a < b\u{1b}[0m\n    \
        address 0x1\n    \u{1b}[2m4.7 ms, 3 reads\u{1b}[0m\n\n\u{1b}[1m 2  Used\u{1b}[0m\n    \
        \u{1b}[2m15.0 ms, 3 reads\u{1b}[0m\n\nAll of it took 0.4 s. Nothing\n";

    #[test]
    fn the_picture_is_well_formed_and_has_neither_script_nor_font_nor_link() {
        let svg = draw(&scenes(SAID));
        assert!(made::is_well_formed(&svg), "{svg}");
        for part in ["<script", "@font-face", "href", "url("] {
            assert!(!svg.contains(part), "{part}");
        }
        for part in [
            "a &lt; b",
            "class=\"c\">A key",
            "class=\"s\">3 reads",
            "… s. Nothing",
        ] {
            assert!(svg.contains(part), "{part}: {svg}");
        }
        assert!(!svg.contains('\u{1b}'));
    }

    #[test]
    fn how_long_it_took_is_no_difference_and_other_numbers_are() {
        let picture = |said: &str| draw(&scenes(said));
        let later = SAID.replace("4.7", "104.25").replace("0.4 s", "12 s");
        assert_eq!(picture(SAID), picture(&later));
        assert_ne!(picture(SAID), picture(&SAID.replace("0x1", "0x2")));
        assert_ne!(picture(SAID), picture(&SAID.replace("7 ms, 3", "7 ms, 4")));
    }

    #[test]
    fn each_step_is_a_scene() {
        let scenes = scenes(SAID);
        let rows: Vec<usize> = scenes.iter().map(Vec::len).collect();
        assert_eq!(rows, [3, 4, 4]);
        assert_eq!(ends(&scenes), [3, 7, 11]);
    }
}

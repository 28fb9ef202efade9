//! The house as a picture: the crates by floors, and the arrows between them.
//!
//! The floors are those of `layering.rs`; arrows and descriptions are what `cargo metadata` says.

use alloc::collections::{BTreeMap, BTreeSet};
use core::fmt::Write as _;

use crate::layering::{self, Graph};
use crate::made::{self, escaped};
use crate::steps::{Failure, Run};

/// The help of `cargo xtask house`.
pub(crate) const HELP: &str = "Draws docs/house.svg from `cargo metadata` and the floors of xtask/src/layering.rs, and\n\
    compares it with the file; with --write it writes it. An arrow that follows from others is left\n\
    out.";

const FILE: &str = "docs/house.svg";

/// `house [--write]`.
pub(crate) fn run(run: &mut Run, operands: &[String]) -> Result<(), Failure> {
    run.step("house", "cargo xtask house", |run| {
        let write = made::writes(operands)?;
        let picture = draw(&Graph::read(run)?);
        made::keep(
            run.root(),
            FILE,
            &picture,
            write,
            "cargo xtask house --write",
        )
    })
}

const WIDTH: usize = 1120;
const BOX_HEIGHT: usize = 36;
const FLOOR_HEIGHT: usize = 92;
const ROOF: usize = 70;
const MARGIN: usize = 20;

/// Where a crate stands: its left and upper edge, and how wide it is.
struct Place {
    x: usize,
    y: usize,
    width: usize,
}

impl Place {
    fn middle(&self) -> usize {
        self.x.saturating_add(self.width / 2)
    }

    fn foot(&self) -> usize {
        self.y.saturating_add(BOX_HEIGHT)
    }
}

fn draw(graph: &Graph) -> String {
    let floors = layering::floors();
    let top = floors.keys().next_back().copied().unwrap_or(0);
    let places = places(&floors, top);
    let ground = level(0, top).saturating_add(FLOOR_HEIGHT);
    let height = ground.saturating_add(MARGIN);
    let mut svg = head(height);
    walls(&mut svg, top, ground);
    for (from, to) in arrows(graph) {
        if let (Some(from), Some(to)) = (places.get(&*from), places.get(&*to)) {
            arrow(&mut svg, from, to);
        }
    }
    for (name, place) in &places {
        let what = graph.description(name).unwrap_or("");
        room(&mut svg, name, what, place);
    }
    svg.push_str("</svg>\n");
    svg
}

/// The upper edge of a floor; the ground floor is the lowest.
fn level(floor: u8, top: u8) -> usize {
    let above = usize::from(top.saturating_sub(floor));
    ROOF.saturating_add(MARGIN)
        .saturating_add(above.saturating_mul(FLOOR_HEIGHT))
}

fn places(floors: &BTreeMap<u8, Vec<&'static str>>, top: u8) -> BTreeMap<&'static str, Place> {
    let mut places = BTreeMap::new();
    for (floor, names) in floors {
        let widths: Vec<usize> = names
            .iter()
            .map(|name| name.len().saturating_mul(8).saturating_add(26))
            .collect();
        let used: usize = widths.iter().sum();
        let room = WIDTH.saturating_sub(MARGIN.saturating_mul(2));
        let gap = room.saturating_sub(used) / names.len().saturating_add(1);
        let mut x = MARGIN.saturating_add(gap);
        for (name, width) in names.iter().zip(widths) {
            let y = level(*floor, top).saturating_add((FLOOR_HEIGHT - BOX_HEIGHT) / 2);
            places.insert(*name, Place { x, y, width });
            x = x.saturating_add(width).saturating_add(gap);
        }
    }
    places
}

/// The arrows between crates of the house that do not follow from others.
fn arrows(graph: &Graph) -> BTreeSet<(String, String)> {
    let inside: BTreeSet<&str> = layering::floors().into_values().flatten().collect();
    let all: BTreeSet<(String, String)> = graph
        .arrows()
        .filter(|(from, to)| inside.contains(from) && inside.contains(to))
        .map(|(from, to)| (from.to_owned(), to.to_owned()))
        .collect();
    let follows = |from: &str, to: &str| {
        all.iter()
            .filter(|(other, middle)| other == from && middle != to)
            .any(|(_, middle)| graph.reaches(middle, to))
    };
    let kept = all.iter().filter(|(from, to)| !follows(from, to));
    kept.cloned().collect()
}

fn head(height: usize) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"The crates by floors; a crate uses crates of lower floors\">\n\
         <title>The house: a crate uses crates of lower floors</title>\n\
         <style>\n\
         .wall {{ fill: #f6f1e7; stroke: #7a6a52 }}\n\
         .floor {{ stroke: #d8cdb8 }}\n\
         .number {{ fill: #7a6a52 }}\n\
         .room {{ fill: #ffffff; stroke: #35526e; stroke-width: 1.5 }}\n\
         .name {{ fill: #1c2b39; text-anchor: middle }}\n\
         .arrow {{ fill: none; stroke: #5b7fa3; stroke-width: 1.3 }}\n\
         .tip {{ fill: #5b7fa3 }}\n\
         text {{ font: 13px ui-monospace, Menlo, Consolas, monospace }}\n\
         @media (prefers-color-scheme: dark) {{\n\
         .wall {{ fill: #1d232a; stroke: #8a7f6d }}\n\
         .floor {{ stroke: #39424c }}\n\
         .number {{ fill: #a99c86 }}\n\
         .room {{ fill: #10161c; stroke: #8fb4d8 }}\n\
         .name {{ fill: #e6edf3 }}\n\
         .arrow {{ stroke: #6f96bd }}\n\
         .tip {{ fill: #6f96bd }}\n\
         }}\n\
         </style>\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" \
         markerHeight=\"7\" orient=\"auto\"><path class=\"tip\" d=\"M0 0 L8 4 L0 8 z\"/></marker></defs>\n"
    )
}

/// The outside, the roof, and a line under each floor with its number.
fn walls(svg: &mut String, top: u8, ground: usize) {
    let right = WIDTH.saturating_sub(MARGIN);
    let eaves = level(top, top);
    let middle = WIDTH / 2;
    // Writing into a string does not fail.
    writeln!(
        svg,
        "<path class=\"wall\" d=\"M{MARGIN} {ground} V{eaves} L{middle} {MARGIN} L{right} {eaves} V{ground} z\"/>"
    )
    .ok();
    for floor in 0..=top {
        let y = level(floor, top).saturating_add(FLOOR_HEIGHT);
        let x = MARGIN.saturating_add(8);
        let text = y.saturating_sub(10);
        if floor > 0 {
            writeln!(svg, "<path class=\"floor\" d=\"M{MARGIN} {y} H{right}\"/>").ok();
        }
        writeln!(
            svg,
            "<text class=\"number\" x=\"{x}\" y=\"{text}\">{floor}</text>"
        )
        .ok();
    }
}

/// From the foot of a room to the head of one below, or along the feet of one floor.
fn arrow(svg: &mut String, from: &Place, to: &Place) {
    let (x, y) = (from.middle(), from.foot());
    let path = if from.y == to.y {
        let low = y.saturating_add(26);
        let (end, foot) = (to.middle(), to.foot().saturating_add(2));
        format!("M{x} {y} C{x} {low} {end} {low} {end} {foot}")
    } else {
        let (end, head) = (to.middle(), to.y.saturating_sub(2));
        let half = y.midpoint(head);
        format!("M{x} {y} C{x} {half} {end} {half} {end} {head}")
    };
    writeln!(
        svg,
        "<path class=\"arrow\" marker-end=\"url(#tip)\" d=\"{path}\"/>"
    )
    .ok();
}

fn room(svg: &mut String, name: &str, what: &str, place: &Place) {
    let Place { x, y, width } = place;
    let (middle, text) = (place.middle(), y.saturating_add(23));
    writeln!(
        svg,
        "<g><title>{}: {}</title><rect class=\"room\" x=\"{x}\" y=\"{y}\" width=\"{width}\" \
         height=\"{BOX_HEIGHT}\" rx=\"5\"/><text class=\"name\" x=\"{middle}\" y=\"{text}\">{}</text></g>",
        escaped(name),
        escaped(what),
        escaped(name)
    )
    .ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph() -> Graph {
        let json = r#"{"packages":[
            {"name":"tki-math","description":"a < b & \"c\"","dependencies":[]},
            {"name":"tki-seal","dependencies":[{"name":"tki-math"}]},
            {"name":"tki-storage","dependencies":[]},
            {"name":"tki-storage-redb","dependencies":[{"name":"tki-storage"}]},
            {"name":"tki-metadata","dependencies":[{"name":"tki-math"},{"name":"tki-seal"}]}]}"#;
        Graph::parse(json).expect("this is metadata")
    }

    #[test]
    fn the_picture_is_well_formed_and_has_every_room() {
        let svg = draw(&graph());
        assert!(made::is_well_formed(&svg), "{svg}");
        for name in layering::floors().into_values().flatten() {
            assert!(svg.contains(&format!(">{name}</text>")), "{name}");
        }
        assert_eq!(svg, draw(&graph()));
        assert!(!made::is_well_formed(&svg.replace("</g>", "")));
        assert!(!made::is_well_formed(&svg.replace("&amp;", "&")));
    }

    #[test]
    fn an_arrow_that_follows_from_others_is_left_out() {
        let pair = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        let expected = [
            pair("tki-metadata", "tki-seal"),
            pair("tki-seal", "tki-math"),
            pair("tki-storage-redb", "tki-storage"),
        ];
        assert_eq!(arrows(&graph()).into_iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn no_room_stands_in_another() {
        let floors = layering::floors();
        let top = floors
            .keys()
            .next_back()
            .copied()
            .expect("there are floors");
        let places = places(&floors, top);
        for (name, place) in &places {
            assert!(
                place.x >= MARGIN && place.x + place.width <= WIDTH - MARGIN,
                "{name}"
            );
            let inside = |other: &Place| {
                other.y == place.y && other.x > place.x && other.x < place.x + place.width
            };
            assert!(!places.values().any(inside), "{name}");
        }
    }
}

//! Plots: time against the number of holders, or of accounts, both in powers of ten.

use alloc::collections::{BTreeMap, BTreeSet};

/// Where the plot of `bench math --plot` is written.
pub(super) const FILE: &str = "docs/performance-math.svg";

/// What is drawn, and in which colour; ours solid, theirs dashed.
const WORKS: [(&str, &str); 4] = [
    ("split", "#0072b2"),
    ("combine", "#009e73"),
    ("feldman", "#d55e00"),
    ("verify-all", "#cc79a7"),
];
const OURS: &str = "tki";
const SIDES: [(&str, &str); 2] = [(OURS, ""), ("vsss-rs", " stroke-dasharray=\"5 4\"")];

/// The drawing's size, and the room around its field.
const SIZE: (f64, f64) = (720.0, 440.0);
const FIELD: (f64, f64, f64, f64) = (70.0, 20.0, 560.0, 390.0);

/// The height of a label.
const LABEL: f64 = 14.0;

/// One measured point: a number and microseconds.
pub(super) type Point = (f64, f64);

/// One line of a plot.
pub(super) struct Line {
    /// What stands at its end.
    pub(super) name: String,
    pub(super) colour: &'static str,
    /// Attributes of how it is drawn.
    pub(super) dashes: &'static str,
    pub(super) points: Vec<Point>,
}

/// What is drawn: time, in microseconds, against some number.
pub(super) struct Plot {
    pub(super) title: &'static str,
    /// What the number is.
    pub(super) across: &'static str,
    pub(super) lines: Vec<Line>,
}

/// The plot of rows `work-t-n-who`.
pub(super) fn draw(measured: &BTreeMap<String, f64>) -> Result<String, String> {
    let mut lines = Vec::new();
    for (work, colour) in WORKS {
        for (who, dashes) in SIDES {
            lines.push(Line {
                name: format!("{work}, {who}"),
                colour,
                dashes,
                points: points(measured, work, who),
            });
        }
    }
    let plot = Plot {
        title: "Time against the number of holders, t two thirds of n",
        across: "holders n, threshold two thirds of them",
        lines,
    };
    plot.draw()
}

impl Plot {
    /// The picture, with both axes in powers of ten.
    pub(super) fn draw(&self) -> Result<String, String> {
        if let Some(short) = self.lines.iter().find(|line| line.points.len() < 2) {
            return Err(format!("there is nothing to draw of {}", short.name));
        }
        let all = || self.lines.iter().flat_map(|line| &line.points);
        let field = Field {
            x: range(all().map(|point| point.0)),
            y: range(all().map(|point| point.1)),
        };
        let (width, height) = SIZE;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             font-family=\"sans-serif\" font-size=\"12\">\n\
             <title>{}</title>\n\
             <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n",
            self.title
        );
        let numbers = all().map(|point| point.0.to_string()).collect();
        field.axes(&mut svg, &numbers, self.across);
        for line in &self.lines {
            let path: Vec<String> = line
                .points
                .iter()
                .map(|point| field.place(*point))
                .collect();
            svg.push_str(&format!(
                "<polyline fill=\"none\" stroke=\"{}\" stroke-width=\"2\"{} points=\"{}\"/>\n",
                line.colour,
                line.dashes,
                path.join(" ")
            ));
        }
        let ends = self.lines.iter().filter_map(|line| {
            let y = field.at(*line.points.last()?).1;
            Some((y, line.name.as_str(), line.colour))
        });
        labels(&mut svg, ends.collect());
        svg.push_str("</svg>\n");
        Ok(svg)
    }
}

/// The name of each line at its end, none upon another.
fn labels(svg: &mut String, mut ends: Vec<(f64, &str, &str)>) {
    ends.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut lowest = f64::NEG_INFINITY;
    for (y, name, colour) in ends {
        lowest = y.max(lowest + LABEL);
        let (x, y) = (FIELD.2 + 6.0, lowest + 4.0);
        svg.push_str(&format!(
            "<text x=\"{x}\" y=\"{y:.1}\" fill=\"{colour}\">{name}</text>\n"
        ));
    }
}

/// The points of one line, by the number of holders.
fn points(measured: &BTreeMap<String, f64>, work: &str, who: &str) -> Vec<Point> {
    let of_row = |(row, time): (&String, &f64)| {
        let size = row.strip_prefix(work)?.strip_suffix(who)?;
        let size = size.strip_prefix('-')?.strip_suffix('-')?;
        let (_, n) = size.split_once('-')?;
        Some((n.parse().ok()?, *time))
    };
    let mut points: Vec<Point> = measured.iter().filter_map(of_row).collect();
    points.sort_by(|one, other| one.0.total_cmp(&other.0));
    points
}

/// The powers of ten around all of these.
fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let start = (f64::INFINITY, f64::NEG_INFINITY);
    let (low, high) = values.map(f64::log10).fold(start, |(low, high), value| {
        (value.min(low), value.max(high))
    });
    (low, high)
}

/// The logarithms at the edges.
struct Field {
    x: (f64, f64),
    y: (f64, f64),
}

impl Field {
    fn at(&self, (n, time): Point) -> Point {
        let part = |value: f64, (low, high): (f64, f64)| (value.log10() - low) / (high - low);
        let (left, top, right, bottom) = FIELD;
        let x = left + (right - left) * part(n, self.x);
        let y = bottom - (bottom - top) * part(time, self.y);
        (x, y)
    }

    fn place(&self, point: Point) -> String {
        let (x, y) = self.at(point);
        format!("{x:.1},{y:.1}")
    }

    /// The frame, a mark for each number, and one for each power of ten of time.
    fn axes(&self, svg: &mut String, numbers: &BTreeSet<String>, across: &str) {
        let (left, top, right, bottom) = FIELD;
        for n in numbers {
            let (x, _) = self.at((n.parse().unwrap_or(1.0), 1.0));
            svg.push_str(&format!(
                "<line x1=\"{x:.1}\" y1=\"{top}\" x2=\"{x:.1}\" y2=\"{bottom}\" stroke=\"#eeeeee\"/>\n\
                 <text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{n}</text>\n",
                bottom + 16.0
            ));
        }
        let names = [
            "1 µs", "10 µs", "100 µs", "1 ms", "10 ms", "100 ms", "1 s", "10 s",
        ];
        for (name, time) in names.iter().zip([1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7]) {
            let (_, y) = self.at((1.0, time));
            if (top..=bottom).contains(&y) {
                svg.push_str(&format!(
                    "<line x1=\"{left}\" y1=\"{y:.1}\" x2=\"{right}\" y2=\"{y:.1}\" stroke=\"#dddddd\"/>\n\
                     <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{name}</text>\n",
                    left - 6.0,
                    y + 4.0
                ));
            }
        }
        svg.push_str(&format!(
            "<rect x=\"{left}\" y=\"{top}\" width=\"{}\" height=\"{}\" fill=\"none\" stroke=\"#888888\"/>\n\
             <text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{across}</text>\n",
            right - left,
            bottom - top,
            f64::midpoint(left, right),
            bottom + 36.0
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_work_is_drawn_by_both_sides() {
        let mut measured = BTreeMap::new();
        for (work, _) in WORKS {
            for (who, _) in SIDES {
                measured.insert(format!("{work}-2-3-{who}"), 1.0);
                measured.insert(format!("{work}-20-30-{who}"), 1000.0);
            }
        }
        let svg = draw(&measured).expect("a plot");
        assert_eq!(svg.matches("<polyline").count(), 8);
        assert!(svg.contains("points=\"70.0,390.0 560.0,20.0\""));
        assert!(svg.contains("1 ms"));
        measured.remove("split-2-3-vsss-rs");
        assert!(draw(&measured).is_err());
    }
}

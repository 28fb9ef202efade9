//! `bench core`: what the engine measures, held against the targets of `docs/performance.md`.

use alloc::collections::BTreeMap;

use crate::steps::{Failure, Outcome, Run};

/// The page with the targets, and with the rows that are missed and why.
const PAGE: &str = "docs/performance.md";
/// The table of targets follows this line.
const MARK: &str = "<!-- core targets -->";
/// The list of missed rows follows this line.
const MISSED: &str = "### Rows that are missed";
/// The measurement that tells the speed of the machine, and what it takes on the one that the
/// targets were set for.
const UNIT: (&str, f64) = ("verify", 59.0);

/// `bench core`.
pub(crate) fn run(run: &mut Run, operands: &[String]) -> Result<(), Failure> {
    let what = operands.first().cloned().unwrap_or_default();
    run.step("bench core", "cargo xtask bench core", |run| {
        if what != "core" {
            return Err(format!("no such bench: {what}; there is `core`"));
        }
        let path = run.root().join(PAGE);
        let page = std::fs::read_to_string(path).map_err(|error| format!("{PAGE}: {error}"))?;
        let targets = targets(&page)?;
        let listed = missed(&page);
        let mut best = measure(run)?;
        let mut report = Report::new(&targets, &best, &listed)?;
        if !report.unexplained.is_empty() {
            println!(
                "missed: {}; measured once more",
                report.unexplained.join(", ")
            );
            for (row, value) in measure(run)? {
                best.entry(row)
                    .and_modify(|old| *old = value.min(*old))
                    .or_insert(value);
            }
            report = Report::new(&targets, &best, &listed)?;
        }
        println!("\n{}", report.text);
        if report.unexplained.is_empty() {
            return Ok(Outcome::Done);
        }
        Err(format!(
            "missed and not explained in {PAGE}: {}",
            report.unexplained.join(", ")
        ))
    })
}

fn measure(run: &mut Run) -> Result<BTreeMap<String, f64>, String> {
    let output = run.cargo("bench --quiet --package tki-engine --bench core", &[])?;
    Ok(measured(&output))
}

/// What a row must reach.
#[derive(Clone, Debug, PartialEq)]
enum Bound {
    /// At most so much, in this unit.
    AtMost(f64, String),
    /// Exactly what another row measured.
    SameAs(String),
}

/// One row of the page.
#[derive(Clone, Debug, PartialEq)]
struct Target {
    row: String,
    work: String,
    bound: Bound,
    peer: String,
}

/// The table of the page.
fn targets(page: &str) -> Result<Vec<Target>, String> {
    let (_, after) = page
        .split_once(MARK)
        .ok_or(format!("{PAGE} has no {MARK}"))?;
    let lines = after.lines().skip_while(|line| !line.starts_with('|'));
    let rows = lines.take_while(|line| line.starts_with('|')).skip(2);
    let targets: Result<Vec<Target>, String> = rows.map(target).collect();
    match targets {
        Ok(targets) if targets.is_empty() => Err(format!("{PAGE} has no targets")),
        targets => targets,
    }
}

fn target(line: &str) -> Result<Target, String> {
    let wrong = || format!("{PAGE}: not a row of `row`, work, target, peer: {line}");
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    let [row, work, bound, peer] = cells.as_slice() else {
        return Err(wrong());
    };
    let bound = match bound.strip_prefix('=') {
        Some(other) => Bound::SameAs(other.trim().trim_matches('`').to_owned()),
        None => {
            let (number, unit) = bound.split_once(' ').ok_or_else(wrong)?;
            Bound::AtMost(number.parse().map_err(|_| wrong())?, unit.to_owned())
        }
    };
    Ok(Target {
        row: row.trim_matches('`').to_owned(),
        work: (*work).to_owned(),
        bound,
        peer: (*peer).to_owned(),
    })
}

/// Rows that the page lists as missed, each with its reason: `` - `row`: reason``.
fn missed(page: &str) -> Vec<String> {
    let after = page.split_once(MISSED).map_or("", |(_, after)| after);
    let section = after.split("\n#").next().unwrap_or("");
    let items = section.lines().filter_map(|line| line.strip_prefix("- `"));
    items
        .filter_map(|item| item.split_once("`: "))
        .filter(|(_, reason)| !reason.trim().is_empty())
        .map(|(row, _)| row.to_owned())
        .collect()
}

/// The lines `row value unit` of the bench.
fn measured(output: &str) -> BTreeMap<String, f64> {
    let rows = output.lines().filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [row, value, _unit] = words.as_slice() else {
            return None;
        };
        Some(((*row).to_owned(), value.parse().ok()?))
    });
    rows.collect()
}

struct Report {
    text: String,
    /// Rows that are missed and not listed.
    unexplained: Vec<String>,
}

impl Report {
    fn new(
        targets: &[Target],
        measured: &BTreeMap<String, f64>,
        listed: &[String],
    ) -> Result<Self, String> {
        let get = |row: &str| {
            let value = measured.get(row).copied();
            value.ok_or_else(|| format!("the bench measured no row {row}"))
        };
        let (unit, usual) = UNIT;
        let took = get(unit)?;
        let slowness = (took / usual).max(1.0);
        let mut text = format!(
            "one BIP-340 verification takes {took:.1} µs here; times may be {slowness:.2} of their \
             targets\n\n{:<18} {:>13} {:>13}  {:<55} peer\n",
            "row", "measured", "target", "work"
        );
        let (mut met, mut unexplained) = (0_usize, Vec::new());
        for target in targets {
            let value = get(&target.row)?;
            let (limit, unit) = match &target.bound {
                Bound::AtMost(limit, unit) if unit == "ms" => (limit * slowness, unit.as_str()),
                Bound::AtMost(limit, unit) => (*limit, unit.as_str()),
                Bound::SameAs(other) => (get(other)?, ""),
            };
            let is_met = match target.bound {
                Bound::AtMost(..) => value <= limit,
                Bound::SameAs(_) => value.total_cmp(&limit).is_eq(),
            };
            let note = if is_met {
                met += 1;
                ""
            } else if listed.contains(&target.row) {
                "  MISSED, as the page says"
            } else {
                unexplained.push(target.row.clone());
                "  MISSED"
            };
            let [value, limit] = [value, limit].map(|number| shown(number, unit));
            text.push_str(&format!(
                "{:<18} {value:>13} {limit:>13}  {:<55} {}{note}\n",
                target.row, target.work, target.peer
            ));
        }
        text.push_str(&format!("\ncore: {met} of {} targets met", targets.len()));
        Ok(Self { text, unexplained })
    }
}

fn shown(number: f64, unit: &str) -> String {
    let digits = if unit == "ms" { 2 } else { 0 };
    format!("{number:.digits$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = "# Page\n<!-- core targets -->\n\n| row | work | target | peer |\n|---|---|---|---|\n\
        | `a` | this | 1.5 ms | x |\n| `b` | that | 10 bytes | – |\n| `c` | both | = `b` | – |\n\n\
        ### Rows that are missed\n\n- `b`: it is large.\n\n## Next\n\n- `c`: not a row.\n";

    fn report(a: f64, b: f64, c: f64) -> Report {
        let output = format!("noise\nverify 118 us\na {a} ms\nb {b} bytes\nc {c} bytes\n");
        let targets = targets(EXAMPLE).expect("a table");
        Report::new(&targets, &measured(&output), &missed(EXAMPLE)).expect("all rows")
    }

    #[test]
    fn a_row_is_met_at_its_target_on_a_machine_half_as_fast() {
        let report = report(3.0, 10.0, 10.0);
        assert!(report.unexplained.is_empty());
        assert!(report.text.ends_with("core: 3 of 3 targets met"));
    }

    #[test]
    fn a_missed_row_fails_unless_it_is_listed() {
        assert_eq!(report(3.1, 10.0, 10.0).unexplained, ["a"]);
        assert!(report(3.0, 11.0, 11.0).unexplained.is_empty());
        assert!(
            report(3.0, 11.0, 11.0)
                .text
                .ends_with("core: 2 of 3 targets met")
        );
        assert_eq!(report(3.0, 10.0, 9.0).unexplained, ["c"]);
    }

    #[test]
    fn a_row_that_is_not_measured_is_an_error() {
        let targets = targets(EXAMPLE).expect("a table");
        let measured = measured("verify 59 us\na 1 ms\n");
        assert!(Report::new(&targets, &measured, &[]).is_err());
        assert!(super::targets("no table").is_err());
    }
}

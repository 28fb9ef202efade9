//! `bench core`, `bench math`, `bench storage`: what is measured, held against the targets of `docs/performance.md`.

use alloc::collections::BTreeMap;

use crate::steps::{Failure, Outcome, Run};

mod plot;
mod storage;

pub(crate) use storage::smoke;

/// The page with the targets, and with the rows that are missed and why.
const PAGE: &str = "docs/performance.md";
/// The measurement that tells the speed of the machine, and what it takes on the one that the
/// targets were set for.
const UNIT: (&str, f64) = ("verify", 59.0);

/// One program that measures, and where the page says what it must reach.
struct Bench {
    /// What is typed.
    name: &'static str,
    /// How it is measured.
    how: How,
    /// Whether it is measured once more when a row is missed.
    is_short: bool,
    /// The table of targets follows this line.
    mark: &'static str,
    /// The list of missed rows follows this line.
    missed: &'static str,
}

/// How something is measured.
enum How {
    /// By this cargo command.
    Cargo(&'static str),
    /// By `tki-load bench` of the release build, with these words: see `storage`.
    Load(&'static str),
}

const BENCHES: [Bench; 2] = [
    Bench {
        name: "core",
        how: How::Cargo("bench --quiet --package tki-engine --bench core"),
        is_short: true,
        mark: "<!-- core targets -->",
        missed: "### Rows that are missed\n",
    },
    Bench {
        name: "math",
        how: How::Cargo("run --quiet --release --manifest-path xtask/peers/Cargo.toml"),
        is_short: true,
        mark: "<!-- math targets -->",
        missed: "### Rows of the mathematics that are missed\n",
    },
];

/// `bench core`, `bench math`, `bench math --plot`, and those of `storage`.
pub(crate) fn run(run: &mut Run, operands: &[String]) -> Result<(), Failure> {
    let line = operands.join(" ");
    let step = format!("bench {line}");
    run.step(&step, &format!("cargo xtask {step}"), |run| {
        if line == "math --plot" {
            return plot(run);
        }
        if let Some(words) = line.strip_prefix("storage") {
            return storage::run(run, words.trim_start());
        }
        let named = BENCHES.iter().find(|bench| bench.name == line);
        judge(
            run,
            named.ok_or("there is `core`, `math`, `math --plot` and `storage`")?,
            "",
        )
    })
}

/// Measures, with `more` words, and once more when a row is missed.
fn judge(run: &mut Run, bench: &Bench, more: &str) -> Result<Outcome, String> {
    let page = read(run)?;
    let targets = targets(&page, bench)?;
    let listed = missed(&page, bench);
    let mut best = measure(run, bench, more)?;
    let report = Report::new(bench, &targets, &best, &listed)?;
    if !report.unexplained.is_empty() && bench.is_short {
        println!(
            "missed: {}; measured once more",
            report.unexplained.join(", ")
        );
        let rises = |row: &str| {
            let mut all = targets.iter().filter(|target| target.row == row);
            all.any(|target| matches!(target.bound, Bound::AtLeast(..)))
        };
        for (row, value) in measure(run, bench, more)? {
            let better = if rises(&row) { f64::max } else { f64::min };
            best.entry(row)
                .and_modify(|old| *old = better(value, *old))
                .or_insert(value);
        }
    }
    hold(run, bench, &best)
}

/// Holds what was measured against the page.
fn hold(run: &Run, bench: &Bench, rows: &BTreeMap<String, f64>) -> Result<Outcome, String> {
    let page = read(run)?;
    let report = Report::new(bench, &targets(&page, bench)?, rows, &missed(&page, bench))?;
    println!("\n{}", report.text);
    if report.unexplained.is_empty() {
        return Ok(Outcome::Done);
    }
    Err(format!(
        "missed and not explained in {PAGE}: {}",
        report.unexplained.join(", ")
    ))
}

/// Draws the cost of the mathematics against the number of holders.
fn plot(run: &mut Run) -> Result<Outcome, String> {
    let [_, bench] = &BENCHES;
    let drawing = plot::draw(&measure(run, bench, " -- plot")?)?;
    let path = run.root().join(plot::FILE);
    std::fs::write(path, drawing).map_err(|error| format!("{}: {error}", plot::FILE))?;
    println!("written: {}", plot::FILE);
    Ok(Outcome::Done)
}

fn read(run: &Run) -> Result<String, String> {
    std::fs::read_to_string(run.root().join(PAGE)).map_err(|error| format!("{PAGE}: {error}"))
}

fn measure(run: &mut Run, bench: &Bench, more: &str) -> Result<BTreeMap<String, f64>, String> {
    let output = match bench.how {
        How::Cargo(line) => {
            let folder = run.target_folder();
            let folder = folder.display();
            run.cargo(&format!("{line} --target-dir {folder}{more}"), &[])?
        }
        How::Load(words) => storage::load(run, &format!("{words}{more}"))?,
    };
    Ok(measured(&output))
}

/// What a row must reach.
#[derive(Clone, Debug, PartialEq)]
enum Bound {
    /// At least so much, in this unit.
    AtLeast(f64, String),
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
fn targets(page: &str, bench: &Bench) -> Result<Vec<Target>, String> {
    let (_, after) = page
        .split_once(bench.mark)
        .ok_or(format!("{PAGE} has no {}", bench.mark))?;
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
            let least = bound.strip_prefix("at least ");
            let (number, unit) = least.unwrap_or(bound).split_once(' ').ok_or_else(wrong)?;
            let (number, unit) = (number.parse().map_err(|_| wrong())?, unit.to_owned());
            match least {
                Some(_) => Bound::AtLeast(number, unit),
                None => Bound::AtMost(number, unit),
            }
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
fn missed(page: &str, bench: &Bench) -> Vec<String> {
    let after = page.split_once(bench.missed).map_or("", |(_, after)| after);
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
        bench: &Bench,
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
                Bound::AtLeast(limit, unit) | Bound::AtMost(limit, unit) => (*limit, unit.as_str()),
                Bound::SameAs(other) => (get(other)?, ""),
            };
            let is_met = match target.bound {
                Bound::AtLeast(..) => value >= limit,
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
            text.push_str(&sides(&target.row, measured));
        }
        text.push_str(&format!(
            "\n{}: {met} of {} targets met",
            bench.name,
            targets.len()
        ));
        Ok(Self { text, unexplained })
    }
}

fn shown(number: f64, unit: &str) -> String {
    let digits = match unit {
        "x" | "syncs" => 3,
        "ms" => 2,
        _ => 0,
    };
    format!("{number:.digits$} {unit}")
}

/// What each side took for a row that is a ratio: the rows `row-who`, in microseconds.
fn sides(row: &str, measured: &BTreeMap<String, f64>) -> String {
    let prefix = format!("{row}-");
    let all = measured.iter().filter_map(|(name, time)| {
        let who = name.strip_prefix(&prefix)?;
        Some(format!("{who} {time:.1} µs"))
    });
    let all: Vec<String> = all.collect();
    if all.is_empty() {
        return String::new();
    }
    format!("{:<18} {}\n", "", all.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = "# Page\n<!-- core targets -->\n\n| row | work | target | peer |\n|---|---|---|---|\n\
        | `a` | this | 1.5 ms | x |\n| `b` | that | 10 bytes | – |\n| `c` | both | = `b` | – |\n\n\
        ### Rows that are missed\n\n- `b`: it is large.\n\n## Next\n\n- `c`: not a row.\n";

    const CORE: &Bench = &BENCHES[0];
    const MATH: &Bench = &BENCHES[1];

    fn report(a: f64, b: f64, c: f64) -> Report {
        let output = format!("noise\nverify 118 us\na {a} ms\nb {b} bytes\nc {c} bytes\n");
        let targets = targets(EXAMPLE, CORE).expect("a table");
        Report::new(CORE, &targets, &measured(&output), &missed(EXAMPLE, CORE)).expect("all rows")
    }

    #[test]
    fn a_ratio_is_the_same_on_every_machine_and_shows_its_sides() {
        let page = "<!-- math targets -->\n| row | work | target | peer |\n|---|---|---|---|\n\
            | `a` | this | 0.5 x | x |\n";
        let targets = targets(page, MATH).expect("a table");
        let report = |ratio: f64| {
            let output = format!("verify 118 us\na-tki 3 us\na-x 6 us\na {ratio} x\n");
            Report::new(MATH, &targets, &measured(&output), &[]).expect("all rows")
        };
        assert!(report(0.5).unexplained.is_empty());
        assert!(report(0.5).text.contains("tki 3.0 µs, x 6.0 µs"));
        assert!(report(0.5).text.ends_with("math: 1 of 1 targets met"));
        assert_eq!(report(0.51).unexplained, ["a"]);
    }

    #[test]
    fn a_rate_must_not_fall_below_its_target() {
        let page = "<!-- math targets -->\n| row | work | target | peer |\n|---|---|---|---|\n\
            | `a` | this | at least 0.8 x | x |\n";
        let targets = targets(page, MATH).expect("a table");
        let report = |ratio: f64| {
            let output = format!("verify 59 us\na {ratio} x\n");
            Report::new(MATH, &targets, &measured(&output), &[]).expect("all rows")
        };
        assert!(report(0.8).unexplained.is_empty());
        assert!(report(3.0).text.ends_with("math: 1 of 1 targets met"));
        assert_eq!(report(0.79).unexplained, ["a"]);
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
        let targets = targets(EXAMPLE, CORE).expect("a table");
        let measured = measured("verify 59 us\na 1 ms\n");
        assert!(Report::new(CORE, &targets, &measured, &[]).is_err());
        assert!(super::targets("no table", CORE).is_err());
    }
}

//! `bench storage`: the server of the release build under load, by `tki-load bench`.

use alloc::collections::BTreeMap;

use super::plot::{Line, Plot, Point};
use super::{Bench, How, hold, judge, measure, measured, read, targets};
use crate::build::TEST_FEATURES;
use crate::steps::{Failure, Outcome, Run};

/// Where the plot is written.
const PLOT: &str = "docs/performance-storage.svg";
/// The script without which half of it cannot be measured.
const POSTGRES: &str = "xtask/setup/postgres.sh";
const MISSED: &str = "### Rows of the storage that are missed\n";

const SPEED: Bench = Bench {
    name: "storage",
    how: How::Load(""),
    is_short: true,
    mark: "<!-- storage targets -->",
    missed: MISSED,
};
const GROWTH: Bench = Bench {
    name: "storage --plot",
    how: How::Load("--growth 1000000"),
    is_short: false,
    mark: "<!-- storage growth targets -->",
    missed: MISSED,
};
const MEMORY: Bench = Bench {
    name: "storage --minutes",
    how: How::Load("--minutes"),
    is_short: false,
    mark: "<!-- storage memory targets -->",
    missed: MISSED,
};

/// What is drawn of the plot's rows, and in which colour; the file solid, the database dashed.
const WORKS: [(&str, &str); 2] = [("open", "#0072b2"), ("login", "#d55e00")];
const BACKENDS: [(&str, &str); 2] = [("redb", ""), ("postgres", " stroke-dasharray=\"5 4\"")];

/// `bench storage` with the words after it.
pub(super) fn run(run: &mut Run, words: &str) -> Result<Outcome, String> {
    match words.split_once(' ').unwrap_or((words, "")) {
        ("", _) => judge(run, &SPEED, ""),
        ("--plot", "") => {
            let rows = measure(run, &GROWTH, "")?;
            std::fs::write(run.root().join(PLOT), draw(&rows)?)
                .map_err(|error| format!("{PLOT}: {error}"))?;
            println!("written: {PLOT}");
            hold(run, &GROWTH, &rows)
        }
        ("--minutes", minutes) => judge(run, &MEMORY, &format!(" {minutes}")),
        ("--quick", "") => quick(run),
        _ => Err("`storage` takes --quick, --plot or --minutes M".to_owned()),
    }
}

/// What the release build measures, with PostgreSQL.
pub(super) fn load(run: &mut Run, words: &str) -> Result<String, String> {
    if !has_postgres(run) {
        return Err(format!("there is no PostgreSQL: bash {POSTGRES}"));
    }
    run.cargo(
        "build --quiet --release -p tki-cli -p tki-server -p tki-load",
        &[],
    )?;
    bench(run, "release", words)
}

/// A moment of `bench storage`, for `ci`.
pub(crate) fn smoke(run: &mut Run) -> Result<(), Failure> {
    let line = "bench storage --quick";
    run.step(line, &format!("cargo xtask {line}"), quick)
}

/// Whether everything can be measured. It is not judged: the build is not the release's, the machine has
/// other things to do, and a moment says nothing.
fn quick(run: &mut Run) -> Result<Outcome, String> {
    // With the features of `test`, so that little is compiled once more.
    let build = format!("build --quiet --workspace --bins --features {TEST_FEATURES}");
    run.cargo(&build, &[])?;
    let (words, without) = if has_postgres(run) {
        ("--quick", "")
    } else {
        ("--quick --without-postgres", "postgres")
    };
    let rows = measured(&bench(run, "debug", words)?);
    let targets = targets(&read(run)?, &SPEED)?;
    let rows_of_page = targets.iter().map(|target| target.row.as_str());
    match lacking(&rows, rows_of_page, without) {
        None if without.is_empty() => Ok(Outcome::Done),
        None => Ok(Outcome::Skipped(format!(
            "there is no PostgreSQL, all else was measured: bash {POSTGRES}"
        ))),
        Some(row) => Err(format!("the bench measured no row {row}")),
    }
}

/// A row of the page that was not measured, of those without this word, if there is one.
fn lacking<'a>(
    rows: &BTreeMap<String, f64>,
    mut rows_of_page: impl Iterator<Item = &'a str>,
    without: &str,
) -> Option<&'a str> {
    rows_of_page.find(|row| {
        let is_left_out = !without.is_empty() && row.contains(without);
        !is_left_out && !rows.contains_key(*row)
    })
}

fn has_postgres(run: &Run) -> bool {
    let found = run.ask("bash", &[POSTGRES, "where"]);
    found.is_some_and(|(is_there, _)| is_there)
}

fn bench(run: &mut Run, build: &str, words: &str) -> Result<String, String> {
    let program = run.target_folder().join(build).join("tki-load");
    let mut command = std::process::Command::new(program);
    command.arg("bench").args(words.split_whitespace());
    run.program(command, &format!("tki-load bench {words}"), &[])
}

/// The plot of rows `work-backend-accounts`.
fn draw(rows: &BTreeMap<String, f64>) -> Result<String, String> {
    let mut lines = Vec::new();
    for (work, colour) in WORKS {
        for (backend, dashes) in BACKENDS {
            lines.push(Line {
                name: format!("{work}, {backend}"),
                colour,
                dashes,
                points: points(rows, &format!("{work}-{backend}-")),
            });
        }
    }
    let plot = Plot {
        title: "Time against the number of accounts",
        across: "accounts in the storage",
        lines,
    };
    plot.draw()
}

fn points(rows: &BTreeMap<String, f64>, prefix: &str) -> Vec<Point> {
    let of_row = |(row, time): (&String, &f64)| {
        let accounts = row.strip_prefix(prefix)?;
        Some((accounts.parse().ok()?, *time))
    };
    let mut points: Vec<Point> = rows.iter().filter_map(of_row).collect();
    points.sort_by(|one, other| one.0.total_cmp(&other.0));
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_plot_has_the_rows_of_its_work_and_storage() {
        let mut rows = BTreeMap::new();
        for (work, _) in WORKS {
            for (backend, _) in BACKENDS {
                rows.insert(format!("{work}-{backend}-1000"), 100.0);
                rows.insert(format!("{work}-{backend}-10000"), 200.0);
                rows.insert(format!("{work}-growth-{backend}"), 2.0);
            }
        }
        assert_eq!(points(&rows, "open-redb-"), [(1e3, 100.0), (1e4, 200.0)]);
        let svg = draw(&rows).expect("a plot");
        assert_eq!(svg.matches("<polyline").count(), 4);
        rows.remove("login-postgres-1000");
        assert!(draw(&rows).is_err());
    }

    #[test]
    fn a_smoke_wants_every_row_that_can_be_measured() {
        let rows = BTreeMap::from([("a-redb".to_owned(), 1.0)]);
        let page = ["a-redb", "a-postgres"];
        assert_eq!(lacking(&rows, page.into_iter(), "postgres"), None);
        assert_eq!(lacking(&rows, page.into_iter(), ""), Some("a-postgres"));
        assert_eq!(lacking(&rows, ["b"].into_iter(), "postgres"), Some("b"));
    }
}

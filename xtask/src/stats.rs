//! Numbers about the code, read from its text: no parser, so each is what it says and no more.

use alloc::collections::BTreeMap;

use serde_json::json;

use crate::steps::{Failure, Outcome, Run};
use crate::text::{after, before, code, is_word, leading_word, without_tests, words};
use crate::tree::{File, Tree};

/// The help of `cargo xtask stats`.
pub(crate) const HELP: &str = "For each crate: source files; lines of code (neither empty nor comment, without the test\n\
    module that stands last); functions; public items, and how many of them have documentation;\n\
    lines of documentation for each hundred of code; tests; and what may stop a program or leave\n\
    the rules of the language in library code (not in conformance suites, fakes, faults and\n\
    fuzz targets): unwrap, expect, panics and assertions, indexing, unsafe.\n\
    Reads text: what a macro makes is counted where it is written. --json prints JSON.";

/// `stats [--json]`.
pub(crate) fn run(run: &mut Run, operands: &[String]) -> Result<(), Failure> {
    run.step("stats", "cargo xtask stats", |run| {
        let tree = Tree::read(run)?;
        let stats = of(&tree);
        match operands {
            [] => println!("{}", table(&stats)),
            [flag] if flag == "--json" => println!("{}", json(&stats)),
            _ => return Err("usage: cargo xtask stats [--json]".to_owned()),
        }
        Ok(Outcome::Done)
    })
}

/// The columns, in order.
const COLUMNS: [&str; 12] = [
    "files",
    "code",
    "fns",
    "public",
    "documented",
    "docs",
    "tests",
    "unwrap",
    "expect",
    "panic",
    "index",
    "unsafe",
];

/// One crate's numbers, in the order of the columns.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Stats([usize; 12]);

impl Stats {
    fn add(&mut self, other: Self) {
        for (sum, number) in self.0.iter_mut().zip(other.0) {
            *sum = sum.saturating_add(number);
        }
    }

    fn of(file: &File) -> Self {
        let code = code(&file.text);
        let tests = tests(&code);
        if !file.is_source() {
            let mut stats = Self::default();
            stats.set("tests", tests);
            return stats;
        }
        let library = without_tests(&code);
        let text = before(&file.text, library.len());
        let (public, documented) = items(library, text);
        let mut stats = Self::default();
        stats.set("files", 1);
        stats.set(
            "code",
            library
                .lines()
                .filter(|line| !line.trim().is_empty())
                .count(),
        );
        stats.set("fns", functions(library));
        stats.set("public", public);
        stats.set("documented", documented);
        stats.set("docs", text.lines().filter(|line| is_doc(line)).count());
        stats.set("tests", tests);
        if file.is_test_code() {
            return stats;
        }
        stats.set("unwrap", called(library, "unwrap"));
        stats.set("expect", called(library, "expect"));
        stats.set("panic", panics(library));
        stats.set("index", indexing(library));
        stats.set("unsafe", words(library, "unsafe").count());
        stats
    }

    fn set(&mut self, column: &str, number: usize) {
        for (place, name) in self.0.iter_mut().zip(COLUMNS) {
            if name == column {
                *place = number;
            }
        }
    }

    fn get(&self, column: &str) -> usize {
        let mut places = self.0.iter().zip(COLUMNS);
        places
            .find(|(_, name)| *name == column)
            .map_or(0, |(number, _)| *number)
    }

    /// Lines of documentation for each hundred lines of code.
    fn ratio(&self) -> usize {
        let docs = self.get("docs").saturating_mul(100);
        docs.checked_div(self.get("code")).unwrap_or(0)
    }
}

fn of(tree: &Tree) -> BTreeMap<String, Stats> {
    let mut stats: BTreeMap<String, Stats> = BTreeMap::new();
    for file in tree.files.iter().filter(|file| file.is_rust()) {
        let package = file.package().unwrap_or("fuzz");
        let name = package.rsplit('/').next().unwrap_or(package);
        stats
            .entry(name.to_owned())
            .or_default()
            .add(Stats::of(file));
    }
    stats
}

fn is_doc(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("///") || line.starts_with("//!")
}

fn functions(code: &str) -> usize {
    words(code, "fn")
        .filter(|at| !leading_word(after(code, *at, 2)).is_empty())
        .count()
}

fn tests(code: &str) -> usize {
    code.lines()
        .map(str::trim)
        .filter(|line| *line == "#[test]" || line.starts_with("#[tokio::test"))
        .count()
}

/// Calls of this method.
fn called(code: &str, method: &str) -> usize {
    words(code, method)
        .filter(|at| before(code, *at).ends_with('.'))
        .filter(|at| after(code, *at, method.len()).starts_with('('))
        .count()
}

fn panics(code: &str) -> usize {
    let names = ["panic", "unreachable", "assert", "assert_eq", "assert_ne"];
    let macros = names.map(|name| {
        words(code, name)
            .filter(|at| after(code, *at, name.len()).starts_with('!'))
            .count()
    });
    macros.iter().sum()
}

/// A bracket that follows a value: `a[i]`, `f()[i]`, `a[i][j]`.
fn indexing(code: &str) -> usize {
    let brackets = code.match_indices('[');
    brackets
        .filter(|(at, _)| {
            let before = before(code, *at);
            before.ends_with(|c: char| is_word(c) || c == ')' || c == ']')
        })
        .count()
}

/// Public items, and how many of them have documentation above them.
fn items(code: &str, text: &str) -> (usize, usize) {
    let kinds = [
        "fn", "struct", "enum", "trait", "const", "type", "mod", "static", "async",
    ];
    let (mut public, mut documented) = (0_usize, 0_usize);
    let lines: Vec<&str> = text.lines().collect();
    for (number, line) in code.lines().enumerate() {
        let Some(rest) = line.trim_start().strip_prefix("pub ") else {
            continue;
        };
        if !kinds.contains(&leading_word(rest)) {
            continue;
        }
        public = public.saturating_add(1);
        let mut above = lines.get(..number).unwrap_or_default().iter().rev();
        // Attributes stand between an item and its documentation; where an item or an empty line
        // comes first, there is none.
        let above = above.find(|line| ends_search(line)).copied().unwrap_or("");
        // A module's documentation may be its own file's first line.
        let documents_itself = leading_word(rest) == "mod" && rest.trim_end().ends_with(';');
        if documents_itself || is_doc(above) {
            documented = documented.saturating_add(1);
        }
    }
    (public, documented)
}

/// Whether the search for an item's documentation ends at this line.
fn ends_search(line: &str) -> bool {
    let line = line.trim();
    is_doc(line) || line.is_empty() || line.ends_with([';', '{', '}'])
}

fn table(stats: &BTreeMap<String, Stats>) -> String {
    let mut text = format!("{:<18}", "crate");
    for column in COLUMNS {
        text.push_str(&format!("{:>7}", short(column)));
    }
    text.push_str("  docs/100\n");
    let mut total = Stats::default();
    for (name, stats) in stats {
        text.push_str(&row(name, stats));
        total.add(*stats);
    }
    text.push_str(&row("all", &total));
    text
}

fn short(column: &str) -> &str {
    if column == "documented" {
        "with"
    } else {
        column
    }
}

fn row(name: &str, stats: &Stats) -> String {
    let mut text = format!("{name:<18}");
    for number in stats.0 {
        text.push_str(&format!("{number:>7}"));
    }
    text.push_str(&format!("{:>10}\n", stats.ratio()));
    text
}

fn json(stats: &BTreeMap<String, Stats>) -> String {
    let crates: BTreeMap<&str, BTreeMap<&str, usize>> = stats
        .iter()
        .map(|(name, stats)| {
            let numbers = COLUMNS.into_iter().zip(stats.0).collect();
            (name.as_str(), numbers)
        })
        .collect();
    json!(crates).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stats(path: &str, text: &str) -> Stats {
        Stats::of(&File {
            path: path.to_owned(),
            text: text.to_owned(),
        })
    }

    const SOURCE: &str = "//! A file.\n\n/// Does it.\n#[must_use]\npub fn a(b: &[u8]) -> u8 {\n\
        \x20   // b[0].unwrap() is in a comment\n    let c = \"panic!()\";\n    b[0] + c.d().unwrap()\n}\n\n\
        pub struct E;\n\nfn f() { g().expect(\"\")[1][2]; unreachable!() }\n\n\
        #[cfg(test)]\nmod tests {\n    #[test]\n    fn h() { i().unwrap(); }\n}\n";

    #[test]
    fn library_code_is_counted_without_its_tests() {
        let stats = stats("crates/a/src/b.rs", SOURCE);
        let numbers: Vec<usize> = COLUMNS.iter().map(|column| stats.get(column)).collect();
        // files code fns public documented docs tests unwrap expect panic index unsafe
        assert_eq!(numbers, [1, 8, 2, 2, 1, 2, 1, 1, 1, 1, 3, 0]);
        assert_eq!(stats.ratio(), 25);
    }

    #[test]
    fn a_file_of_tests_has_tests_only() {
        let stats = stats("crates/a/tests/it/b.rs", SOURCE);
        assert_eq!(stats.0.iter().sum::<usize>(), 1);
        assert_eq!(stats.get("tests"), 1);
    }

    #[test]
    fn what_is_no_index_is_not_counted() {
        assert_eq!(
            indexing("#[a] fn f<'a>(x: &'a [u8; 2]) { vec![1]; [0; 3]; }"),
            0
        );
        assert_eq!(indexing("a[0]; f()[1]; b[0][1]"), 4);
    }

    #[test]
    fn attributes_of_several_lines_do_not_hide_documentation() {
        let text = "/// A.\n#[expect(\n    clippy::a,\n    reason = \"b\"\n)]\npub struct A;\n";
        assert_eq!(items(text, text), (1, 1));
    }

    #[test]
    fn the_sum_stands_last_and_json_has_every_column() {
        let tree = Tree::of(&[("crates/a/src/b.rs", SOURCE), ("xtask/src/c.rs", SOURCE)]);
        let stats = of(&tree);
        let table = table(&stats);
        assert!(
            table
                .lines()
                .last()
                .is_some_and(|line| line.starts_with("all "))
        );
        assert!(json(&stats).contains("\"xtask\":{\"code\":8"));
    }
}

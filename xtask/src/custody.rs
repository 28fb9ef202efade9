//! The tables of docs/custody.md and its picture: what `tki custody` says of the structures to begin
//! with.

use std::fs;

use crate::made;
use crate::steps::{Failure, Run};

/// The help of `cargo xtask custody`.
pub(crate) const HELP: &str = "Compares the tables between the marks in docs/custody.md with what `tki custody --presets`\n\
    prints, and docs/custody-balanced.svg with the picture of `tki custody --preset balanced`.\n\
    With --write it writes both. Builds the release binary.";

const PAGE: &str = "docs/custody.md";
const COMMAND: &str = "cargo xtask custody --write";
const PICTURE: &str = "docs/custody-balanced.svg";
const BEGIN: &str = "<!-- presets -->\n";
const END: &str = "<!-- end of presets -->\n";

/// `custody [--write]`.
pub(crate) fn run(run: &mut Run, operands: &[String]) -> Result<(), Failure> {
    run.step("custody", "cargo xtask custody", |run| {
        let write = made::writes(operands)?;
        run.cargo("build --release --package tki-cli", &[])?;
        let page = fs::read_to_string(run.root().join(PAGE));
        let page = page.map_err(|error| format!("{PAGE}: {error}"))?;
        let tables = said(run, &["custody", "--presets"])?;
        made::keep(run.root(), PAGE, &put(&page, &tables)?, write, COMMAND)?;
        made::keep(run.root(), PICTURE, &drawn(run)?, write, COMMAND)
    })
}

/// What the release binary prints.
fn said(run: &Run, arguments: &[&str]) -> Result<String, String> {
    let binary = run.target_folder().join("release").join("tki");
    match run.ask(&binary.to_string_lossy(), arguments) {
        Some((true, text)) => Ok(text),
        Some((false, text)) => Err(format!("tki {} failed: {text}", arguments.join(" "))),
        None => Err(format!("there is no {}", binary.display())),
    }
}

/// The picture that the release binary draws.
fn drawn(run: &Run) -> Result<String, String> {
    let path = run.target_folder().join("custody.svg");
    // It names a new file.
    if path.exists() {
        fs::remove_file(&path).map_err(|error| error.to_string())?;
    }
    let name = path.to_string_lossy();
    said(
        run,
        &["custody", "--quiet", "--preset", "balanced", "--svg", &name],
    )?;
    fs::read_to_string(&path).map_err(|error| format!("{name}: {error}"))
}

/// The page with these tables between its marks.
fn put(page: &str, tables: &str) -> Result<String, String> {
    let missing = || format!("{PAGE} has no line {} or {}", BEGIN.trim(), END.trim());
    let (before, rest) = page.split_once(BEGIN).ok_or_else(missing)?;
    let (_, after) = rest.split_once(END).ok_or_else(missing)?;
    let tables = tables.trim_matches('\n');
    Ok(format!("{before}{BEGIN}\n{tables}\n\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_put_between_the_marks() {
        let page = "a\n<!-- presets -->\n\nold\n\n<!-- end of presets -->\nb\n";
        let expected = "a\n<!-- presets -->\n\nnew\n\n<!-- end of presets -->\nb\n";
        assert_eq!(put(page, "\nnew\n").as_deref(), Ok(expected));
        assert!(put("a\nb\n", "new").is_err());
    }
}

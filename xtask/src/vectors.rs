//! Test vectors of others, kept outside the project: the tests that read them, with the folder set.

use std::path::Path;

use crate::steps::{Failure, Outcome, Run, Totals};

/// Names the folder for the tests. Never set while other tests run.
pub(crate) const VARIABLE: &str = "TKI_VECTORS";

/// The crates whose integration tests have a module `vectors` that reads the folder. `tidy` checks
/// that no other crate reads it.
pub(crate) const READERS: &[&str] = &["tki-formats", "tki-seal"];

/// Where the folder stands beside the project, when it does.
const BESIDE: &str = "../shared/vectors";

/// `vectors check DIR`.
pub(crate) fn run(run: &mut Run, operands: &[String]) -> Result<(), Failure> {
    let folder = match operands {
        [verb, folder] if verb == "check" => folder.clone(),
        _ => String::new(),
    };
    check(run, &folder)
}

/// The folder beside the project, when it is there.
pub(crate) fn beside(run: &mut Run) -> Result<(), Failure> {
    if run.root().join(BESIDE).is_dir() {
        return check(run, BESIDE);
    }
    run.step("vectors", "cargo xtask vectors check DIR", |_| {
        Ok(Outcome::Skipped(format!("there is no folder {BESIDE}")))
    })
}

fn check(run: &mut Run, folder: &str) -> Result<(), Failure> {
    let rerun = format!("cargo xtask vectors check {folder}");
    run.step("vectors", &rerun, |run| {
        // The tests run in their crates' folders, so they get the whole path.
        let path = run.root().join(folder).canonicalize();
        let path = path.map_err(|error| format!("usage: vectors check DIR: {folder}: {error}"))?;
        for reader in READERS {
            let output = run.cargo(
                &format!("test --package {reader} --test it -- vectors --nocapture"),
                &[(VARIABLE, &path_text(&path))],
            )?;
            verdict(reader, &output)?;
        }
        Ok(Outcome::Done)
    })
}

fn path_text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// A run of a reader proves something only if it ran tests and none of them skipped.
fn verdict(reader: &str, output: &str) -> Result<(), String> {
    if let Some(line) = output
        .lines()
        .find(|line| line.to_lowercase().contains("skipped"))
    {
        return Err(format!(
            "{reader} skipped although the vectors are there: {}",
            line.trim()
        ));
    }
    if Totals::of(output).passed == 0 {
        return Err(format!("{reader} ran no test named `vectors`"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAN: &str =
        "test vectors::bip340 ... ok\n\ntest result: ok. 1 passed; 0 failed; 0 ignored";

    #[test]
    fn a_reader_that_ran_is_accepted() {
        assert_eq!(verdict("tki-seal", RAN), Ok(()));
    }

    #[test]
    fn a_reader_that_skips_fails() {
        let output = format!("skipped: no bip340 folder\n{RAN}");
        assert!(verdict("tki-seal", &output).is_err());
    }

    #[test]
    fn a_reader_that_runs_nothing_fails() {
        let output = "test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 31 filtered out";
        assert!(verdict("tki-seal", output).is_err());
    }

    #[test]
    fn a_folder_that_is_not_there_fails() {
        let mut run = Run::new(Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf());
        let failure = check(&mut run, "no/such/folder").expect_err("there is none");
        assert!(failure.to_string().contains("no/such/folder"));
    }
}

//! Test vectors: those of the independent reference in `xtask/vectors`, in both directions, and those
//! of others, kept outside the project.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::steps::{Failure, Outcome, Run, Totals};

/// Names the folder for the tests that read. Never set while other tests run.
pub(crate) const VARIABLE: &str = "TKI_VECTORS";

/// Names the folder for the tests that write. Never set while other tests run.
pub(crate) const WRITE_VARIABLE: &str = "TKI_VECTORS_WRITE";

/// The crates whose integration tests have a module `vectors` that reads the folder. `tidy` checks
/// that no other crate reads it.
pub(crate) const READERS: &[&str] = &["tki-formats", "tki-math", "tki-seal"];

/// A folder of vectors and the tests that read it: crates, and their tests.
struct Source {
    folder: &'static str,
    tests: &'static [(&'static str, &'static str)],
}

/// What `vectors check` looks for.
const SOURCES: &[Source] = &[
    Source {
        folder: "bip340",
        tests: &[("tki-seal", "vectors::bip340_vectors")],
    },
    Source {
        folder: "hkdf-rfc5869",
        tests: &[("tki-seal", "vectors::hkdf_vectors")],
    },
    Source {
        folder: "voprf-rfc9497",
        tests: &[("tki-seal", "vectors::oprf_vectors")],
    },
    Source {
        folder: "bip39",
        tests: &[("tki-formats", "vectors::words_of_bip_39_are_ours")],
    },
    Source {
        folder: "slip39",
        tests: &[("tki-formats", "vectors::shares_of_slip_39_open")],
    },
    Source {
        folder: "python",
        tests: &[
            ("tki-math", "vectors::what_the_reference_wrote_agrees"),
            ("tki-seal", "vectors::what_the_reference_wrote_agrees"),
        ],
    },
];

/// The crates that write cases for the reference, and whose committed vectors it wrote.
const WRITERS: &[&str] = &["tki-math", "tki-seal"];

/// The test that writes.
const WRITING: &str = "vectors::cases_for_the_reference_are_written";

/// Where the folder of foreign vectors stands beside the project, when it does.
const BESIDE: &str = "../shared/vectors";

/// The reference, and its folder of cases written by the crates.
const REFERENCE: &str = "xtask/vectors";
const WRITTEN: &str = "rust";

/// The help of `cargo xtask vectors`.
pub(crate) const HELP: &str = "generate: the reference in xtask/vectors (Python 3.9 or later, standard library only) writes\n\
    its files to DIR/python, and the crates write random cases to DIR/rust. Without a seed the\n\
    former are the committed ones, which is checked; with one, both draw other cases.\n\
    check: the crates read DIR/python, the reference works out DIR/rust again, and the published\n\
    vectors are read where DIR holds their folder (bip340, bip39, hkdf-rfc5869, slip39,\n\
    voprf-rfc9497). Fails when DIR holds none, or when a reader skips or runs no test, so that a moved file is not a passed test.\n\
    What needs Python is skipped without it.";

/// `vectors generate DIR [--seed N]`, `vectors check DIR`.
pub(crate) fn run(run: &mut Run, operands: &[String]) -> Result<(), Failure> {
    let words: Vec<&str> = operands.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["generate", folder] => generate(run, folder, None),
        ["generate", folder, "--seed", seed] => generate(run, folder, Some(seed)),
        ["check", folder] => check(run, folder),
        _ => run.step("vectors", "cargo xtask help vectors", |_| {
            Err("usage: cargo xtask vectors (generate DIR [--seed N] | check DIR)".to_owned())
        }),
    }
}

/// What `ci` runs: the project's own vectors in both directions, and those beside the project.
pub(crate) fn all(run: &mut Run) -> Result<(), Failure> {
    let own = run.target_folder().join("vectors");
    let own = path_text(&own);
    generate(run, &own, None)?;
    check(run, &own)?;
    if run.root().join(BESIDE).is_dir() {
        return check(run, BESIDE);
    }
    run.step("vectors of others", "cargo xtask vectors check DIR", |_| {
        Ok(Outcome::Skipped(format!("there is no folder {BESIDE}")))
    })
}

fn generate(run: &mut Run, folder: &str, seed: Option<&str>) -> Result<(), Failure> {
    let folder = path_text(&run.root().join(folder));
    let given = seed.map_or_else(String::new, |seed| format!(" --seed {seed}"));
    let rerun = format!("cargo xtask vectors generate {folder}{given}");
    run.step("vectors by the reference", &rerun, |run| {
        if let Some(reason) = no_python(run) {
            return Ok(Outcome::Skipped(reason));
        }
        let python = format!("{folder}/python");
        let mut words = vec!["write", &python];
        words.extend(seed.map(|seed| ["--seed", seed]).iter().flatten());
        reference(run, &words)?;
        if seed.is_none() {
            committed(run, Path::new(&python))?;
        }
        Ok(Outcome::Done)
    })?;
    run.step("vectors by the crates", &rerun, |run| {
        let written = format!("{folder}/{WRITTEN}");
        for writer in WRITERS {
            let set = [
                (WRITE_VARIABLE, written.as_str()),
                ("TKI_TEST_SEED", seed.unwrap_or("1")),
            ];
            test(run, writer, &[WRITING], &set)?;
        }
        Ok(Outcome::Done)
    })
}

/// Whether the committed files are what the reference writes, and all that it writes.
fn committed(run: &Run, made: &Path) -> Result<(), String> {
    let mut count = 0_usize;
    for writer in WRITERS {
        let folder = made.join(writer);
        let entries = fs::read_dir(&folder);
        let entries = entries.map_err(|error| format!("{}: {error}", folder.display()))?;
        for entry in entries {
            let made = entry.map_err(|error| error.to_string())?.path();
            let name = made.file_name().unwrap_or_default();
            let kept = run.root().join("crates").join(writer);
            let kept = kept.join("tests/vectors").join(name);
            if fs::read(&made).ok() != fs::read(&kept).ok() {
                let (kept, made) = (kept.display(), made.display());
                return Err(format!("{kept} is not what the reference writes: {made}"));
            }
            count = count.saturating_add(1);
        }
    }
    println!("{count} committed files are what the reference writes");
    Ok(())
}

fn check(run: &mut Run, folder: &str) -> Result<(), Failure> {
    let rerun = format!("cargo xtask vectors check {folder}");
    // The tests run in their crates' folders, so they get the whole path.
    let path = run.root().join(folder);
    let path = path.canonicalize().unwrap_or(path);
    let found = |folder: &str| path.join(folder).is_dir();
    let sources: Vec<&Source> = SOURCES.iter().filter(|each| found(each.folder)).collect();
    let written = found(WRITTEN);
    run.step("vectors read by the crates", &rerun, |run| {
        if sources.is_empty() && !written {
            return Err(format!("no vectors in {}", path.display()));
        }
        for reader in READERS {
            let all = sources.iter().flat_map(|source| source.tests);
            let own = all.filter(|(package, _)| package == reader);
            let tests: Vec<&str> = own.map(|(_, test)| *test).collect();
            if !tests.is_empty() {
                test(run, reader, &tests, &[(VARIABLE, &path_text(&path))])?;
            }
        }
        let read: Vec<&str> = sources.iter().map(|source| source.folder).collect();
        println!("read: {}", read.join(", "));
        Ok(Outcome::Done)
    })?;
    if !written {
        return Ok(());
    }
    run.step("vectors read by the reference", &rerun, |run| {
        if let Some(reason) = no_python(run) {
            return Ok(Outcome::Skipped(reason));
        }
        reference(run, &["check", &path_text(&path.join(WRITTEN))])?;
        Ok(Outcome::Done)
    })
}

/// Runs these tests of a crate, and nothing else.
fn test(run: &mut Run, package: &str, tests: &[&str], set: &[(&str, &str)]) -> Result<(), String> {
    let names = tests.join(" ");
    let line = format!("test --package {package} --test it -- --exact {names} --nocapture");
    let output = run.cargo(&line, set)?;
    verdict(package, tests.len() as u64, &output)
}

fn reference(run: &mut Run, words: &[&str]) -> Result<String, String> {
    let mut command = Command::new("python3");
    // No compiled files beside the sources.
    command.args(["-B", REFERENCE]).args(words);
    let shown = format!("python3 -B {REFERENCE} {}", words.join(" "));
    run.program(command, &shown, &[])
}

/// Why the reference cannot run here, if it cannot.
fn no_python(run: &Run) -> Option<String> {
    let asked = "import sys; sys.exit(sys.version_info < (3, 9))";
    match run.ask("python3", &["-c", asked]) {
        Some((true, _)) => None,
        Some((false, _)) => Some("python3 is older than 3.9".to_owned()),
        None => Some("there is no python3".to_owned()),
    }
}

fn path_text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// A run proves something only if it ran the tests and none of them skipped.
fn verdict(package: &str, expected: u64, output: &str) -> Result<(), String> {
    if let Some(line) = output
        .lines()
        .find(|line| line.to_lowercase().contains("skipped"))
    {
        return Err(format!(
            "{package} skipped although the vectors are there: {}",
            line.trim()
        ));
    }
    let passed = Totals::of(output).passed;
    if passed != expected {
        return Err(format!(
            "{package} ran {passed} of its {expected} tests of vectors"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAN: &str =
        "test vectors::bip340 ... ok\n\ntest result: ok. 1 passed; 0 failed; 0 ignored";

    fn run() -> Run {
        Run::new(Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf())
    }

    #[test]
    fn a_reader_that_ran_is_accepted() {
        assert_eq!(verdict("tki-seal", 1, RAN), Ok(()));
    }

    #[test]
    fn a_reader_that_skips_fails() {
        let output = format!("skipped: no bip340 folder\n{RAN}");
        assert!(verdict("tki-seal", 1, &output).is_err());
    }

    #[test]
    fn a_reader_that_lacks_a_test_fails() {
        assert!(verdict("tki-seal", 2, RAN).is_err());
        let output = "test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 31 filtered out";
        assert!(verdict("tki-seal", 1, output).is_err());
    }

    #[test]
    fn a_folder_without_vectors_fails() {
        for folder in ["no/such/folder", "src"] {
            let failure = check(&mut run(), folder).expect_err("there are none");
            assert!(failure.to_string().contains(folder));
        }
    }

    #[test]
    fn readers_are_those_of_the_sources() {
        for (package, _) in SOURCES.iter().flat_map(|source| source.tests) {
            assert!(READERS.contains(package), "{package}");
        }
    }
}

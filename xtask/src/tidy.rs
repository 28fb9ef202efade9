//! What can be checked by reading the files: one table of rules, each with a bad and a good sample
//! among the tests, so that no rule is there that cannot fail.

mod claims;
mod decoders;
mod documents;
mod needs;
mod rust;
#[cfg(test)]
mod samples;
mod secrets;
mod spec;

use core::fmt;

use crate::steps::{Failure, Outcome, Run};
use crate::tree::Tree;

/// The help of `cargo xtask tidy`.
pub(crate) const HELP: &str = "Reads every file that git tracks or would track, and compiles none.\n\
    CONTRIBUTING.md says what the rules are for; a fault names its rule, file and line.";

/// Something that breaks a rule.
#[derive(Debug)]
pub(crate) struct Fault {
    path: String,
    line: usize,
    message: String,
}

impl Fault {
    fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            message: message.into(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// One rule: its name, and what breaks it in a tree.
type Rule = (&'static str, fn(&Tree) -> Vec<Fault>);

const RULES: &[Rule] = &[
    ("file-header", rust::file_header),
    ("bare-matches", rust::bare_matches),
    ("tests-that-test", rust::tests_that_test),
    ("tests-that-sleep", rust::tests_that_sleep),
    ("allow", rust::allow),
    ("unfinished", rust::unfinished),
    ("bare-crates", rust::bare_crates),
    ("one-codec", rust::one_codec),
    ("one-quorum", rust::one_quorum),
    ("one-unsafe", rust::one_unsafe),
    ("vector-readers", rust::vector_readers),
    ("fuzzed", decoders::decoders),
    ("secret-types", secrets::secret_types),
    ("glossary", secrets::glossary),
    ("spec-steps", spec::steps),
    ("crate-manifest", documents::crate_manifest),
    ("crate-readme", documents::crate_readme),
    ("root-readme", documents::root_readme),
    ("machine-path", documents::machine_path),
    ("local-link", documents::local_link),
    ("anchors", documents::anchors),
    ("book-index", documents::book_index),
    ("threat-tests", documents::threat_tests),
    ("claims", claims::claims),
    ("needs", needs::needs),
];

/// `cargo xtask tidy`.
pub(crate) fn run(run: &mut Run) -> Result<(), Failure> {
    run.step("tidy", "cargo xtask tidy", |run| {
        let tree = Tree::read(run)?;
        let mut count = 0_usize;
        for (name, faults) in RULES {
            for fault in faults(&tree) {
                println!("{fault} [{name}]");
                count = count.saturating_add(1);
            }
        }
        println!(
            "{} text files, {} rules, {count} faults",
            tree.files.len(),
            RULES.len()
        );
        if count == 0 {
            Ok(Outcome::Done)
        } else {
            Err(format!("{count} faults"))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::samples::samples;
    use super::*;

    fn faults(rule: &str, files: &[(&str, &str)]) -> Vec<Fault> {
        let (_, faults) = RULES.iter().find(|(name, _)| *name == rule).expect(rule);
        faults(&Tree::of(files))
    }

    #[test]
    fn every_rule_has_a_sample_that_it_refuses_and_one_that_it_accepts() {
        for (name, _) in RULES {
            let refused = samples()
                .iter()
                .any(|sample| sample.rule == *name && sample.faults > 0);
            let accepted = samples()
                .iter()
                .any(|sample| sample.rule == *name && sample.faults == 0);
            assert!(refused && accepted, "{name}");
        }
    }

    #[test]
    fn every_sample_has_as_many_faults_as_it_says() {
        for sample in samples() {
            let found = faults(sample.rule, sample.files);
            assert_eq!(
                found.len(),
                sample.faults,
                "{}: {:?}: {found:?}",
                sample.rule,
                sample.files
            );
        }
    }

    #[test]
    fn a_fault_names_its_file_and_line() {
        let text = "//! Text.\nfn f() {\n    matches!(1, 2);\n}\n";
        let fault = faults("bare-matches", &[("xtask/src/a.rs", text)])
            .pop()
            .expect("one fault");
        assert!(
            fault.to_string().starts_with("xtask/src/a.rs:3: "),
            "{fault}"
        );
    }
}

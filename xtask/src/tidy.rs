//! What can be checked by reading the files: one table of rules, each with a bad and a good sample
//! among the tests, so that no rule is there that cannot fail.

mod documents;
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

/// One rule.
struct Rule {
    name: &'static str,
    faults: fn(&Tree) -> Vec<Fault>,
}

const RULES: &[Rule] = &[
    Rule {
        name: "file-header",
        faults: rust::file_header,
    },
    Rule {
        name: "bare-matches",
        faults: rust::bare_matches,
    },
    Rule {
        name: "tests-that-test",
        faults: rust::tests_that_test,
    },
    Rule {
        name: "tests-that-sleep",
        faults: rust::tests_that_sleep,
    },
    Rule {
        name: "allow",
        faults: rust::allow,
    },
    Rule {
        name: "unfinished",
        faults: rust::unfinished,
    },
    Rule {
        name: "one-codec",
        faults: rust::one_codec,
    },
    Rule {
        name: "one-quorum",
        faults: rust::one_quorum,
    },
    Rule {
        name: "vector-readers",
        faults: rust::vector_readers,
    },
    Rule {
        name: "secret-types",
        faults: secrets::secret_types,
    },
    Rule {
        name: "glossary",
        faults: secrets::glossary,
    },
    Rule {
        name: "spec-steps",
        faults: spec::steps,
    },
    Rule {
        name: "crate-manifest",
        faults: documents::crate_manifest,
    },
    Rule {
        name: "crate-readme",
        faults: documents::crate_readme,
    },
    Rule {
        name: "root-readme",
        faults: documents::root_readme,
    },
    Rule {
        name: "machine-path",
        faults: documents::machine_path,
    },
    Rule {
        name: "local-link",
        faults: documents::local_link,
    },
    Rule {
        name: "book-index",
        faults: documents::book_index,
    },
    Rule {
        name: "threat-tests",
        faults: documents::threat_tests,
    },
];

/// `cargo xtask tidy`.
pub(crate) fn run(run: &mut Run) -> Result<(), Failure> {
    run.step("tidy", "cargo xtask tidy", |run| {
        let tree = Tree::read(run)?;
        let mut count = 0_usize;
        for rule in RULES {
            for fault in (rule.faults)(&tree) {
                println!("{fault} [{}]", rule.name);
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
    use super::samples::{Sample, samples};
    use super::*;

    fn faults(rule: &Rule, files: &[(&str, &str)]) -> Vec<Fault> {
        (rule.faults)(&Tree::of(files))
    }

    #[test]
    fn every_rule_has_a_sample_that_it_refuses_and_one_that_it_accepts() {
        for rule in RULES {
            let of_rule: Vec<Sample> = samples()
                .into_iter()
                .filter(|sample| sample.rule == rule.name)
                .collect();
            assert!(
                of_rule.iter().any(|sample| sample.faults > 0),
                "{}: no bad one",
                rule.name
            );
            assert!(
                of_rule.iter().any(|sample| sample.faults == 0),
                "{}: no good one",
                rule.name
            );
        }
    }

    #[test]
    fn every_sample_has_as_many_faults_as_it_says() {
        for sample in samples() {
            let rule = RULES
                .iter()
                .find(|rule| rule.name == sample.rule)
                .expect(sample.rule);
            let found = faults(rule, sample.files);
            assert_eq!(
                found.len(),
                sample.faults,
                "{}: {:?}: {found:?}",
                rule.name,
                sample.files
            );
        }
    }

    #[test]
    fn a_fault_names_its_file_and_line() {
        let rule = RULES
            .iter()
            .find(|rule| rule.name == "bare-matches")
            .expect("it is there");
        let text = "//! Text.\nfn f() {\n    matches!(1, 2);\n}\n";
        let fault = faults(rule, &[("xtask/src/a.rs", text)])
            .pop()
            .expect("one fault");
        assert!(
            fault.to_string().starts_with("xtask/src/a.rs:3: "),
            "{fault}"
        );
    }
}

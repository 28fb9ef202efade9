//! Every behaviour of an adversarial storage against every flow. The answers are a table of
//! `docs/threat-model.md`, which is read here; after every cell the account must be whole.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "what one flow or behaviour of many does differently"
)]

mod behaviour;
mod cell;
mod flow;
mod stage;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use behaviour::Behaviour;
use cell::Answer;
use flow::Flow;

/// The table between the two marks: behaviour, flow, answer.
fn table() -> BTreeMap<(String, String), String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/threat-model.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, rest) = text.split_once("<!-- matrix -->").unwrap();
    let (table, _) = rest.split_once("<!-- end of matrix -->").unwrap();
    let mut rows = table
        .lines()
        .filter(|line| line.starts_with('|'))
        .map(|line| {
            let cells = line.trim_matches('|').split('|');
            cells.map(|cell| cell.trim().to_owned()).collect::<Vec<_>>()
        });
    let flows = rows.next().unwrap();
    let mut cells = BTreeMap::new();
    for row in rows.skip(1) {
        assert_eq!(row.len(), flows.len(), "{row:?}");
        for (flow, answer) in flows.iter().zip(&row).skip(1) {
            let before = cells.insert((row[0].clone(), flow.clone()), answer.clone());
            assert_eq!(before, None, "twice: {} against {flow}", row[0]);
        }
    }
    cells
}

/// Runs the column of a flow and compares it with the table.
fn check(flow: Flow) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let table = table();
    let mut differences = Vec::new();
    for behaviour in Behaviour::ALL {
        let written = &table[&(behaviour.name().to_owned(), flow.name().to_owned())];
        let answer = match behaviour.applies_to(flow) {
            true => Some(runtime.block_on(cell::run(*behaviour, flow))),
            false => None,
        };
        let found = answer.map_or("–", Answer::name);
        if found != written {
            differences.push(format!(
                "{}: `{written}`, but it is `{found}`",
                behaviour.name()
            ));
        }
    }
    assert!(
        differences.is_empty(),
        "{}:\n{}",
        flow.name(),
        differences.join("\n")
    );
}

/// One test for each flow, so that a failure names it and they run beside each other.
macro_rules! columns {
    ($($test:ident => $flow:ident),* $(,)?) => {
        $(#[test] fn $test() { check(Flow::$flow); })*

        #[test]
        fn every_flow_has_a_test() {
            assert_eq!([$(Flow::$flow),*].as_slice(), Flow::ALL);
        }
    };
}

columns! {
    creating_answers_as_the_table_says => Create,
    importing_answers_as_the_table_says => Import,
    creating_again_answers_as_the_table_says => CreateAgain,
    reading_answers_as_the_table_says => Read,
    reading_with_words_alone_answers_as_the_table_says => ReadWords,
    opening_answers_as_the_table_says => Open,
    opening_on_a_fresh_machine_answers_as_the_table_says => OpenFresh,
    opening_offline_answers_as_the_table_says => OpenOffline,
    signing_answers_as_the_table_says => Sign,
    exporting_answers_as_the_table_says => Export,
    adding_answers_as_the_table_says => Add,
    removing_answers_as_the_table_says => Remove,
    refreshing_answers_as_the_table_says => Refresh,
    setting_the_threshold_answers_as_the_table_says => Threshold,
    renaming_answers_as_the_table_says => Rename,
    renewing_answers_as_the_table_says => Renew,
    a_device_that_renews_itself_gets_the_answers_that_the_table_says => RenewItself,
    recovering_answers_as_the_table_says => Recover,
    finishing_what_happened_answers_as_the_table_says => Finish,
    repeating_what_did_not_happen_answers_as_the_table_says => Repeat,
    catching_up_answers_as_the_table_says => CatchUp,
    backing_up_answers_as_the_table_says => BackUp,
    restoring_answers_as_the_table_says => Restore,
    a_removed_holder_gets_the_answers_that_the_table_says => Removed,
}

#[test]
fn the_table_and_the_code_list_the_same() {
    let mut expected = BTreeSet::new();
    for behaviour in Behaviour::ALL {
        for flow in Flow::ALL {
            expected.insert((behaviour.name().to_owned(), flow.name().to_owned()));
        }
    }
    let table = table();
    let written: BTreeSet<(String, String)> = table.keys().cloned().collect();
    let missing: Vec<_> = expected.difference(&written).take(3).collect();
    let unknown: Vec<_> = written.difference(&expected).take(3).collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "missing {missing:?}, unknown {unknown:?}"
    );
    for (cell, answer) in &table {
        let known = Answer::ALL.iter().any(|known| known.name() == answer);
        assert!(known || answer == "–", "{cell:?}: {answer}");
    }
}

/// What the storage of the testkit can do is here, and what is here it can do.
#[test]
fn every_behaviour_of_the_testkit_has_a_row() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tki-testkit/src");
    let read = |file: &str| std::fs::read_to_string(source.join(file)).unwrap();
    let mut names: Vec<String> = Vec::new();
    for line in (read("hostile.rs") + &read("forge.rs")).lines() {
        let declared = line.trim_start();
        let declared = declared.strip_prefix("pub ").unwrap_or_default();
        let declared = declared.strip_prefix("async ").unwrap_or(declared);
        if let Some(name) = declared.strip_prefix("fn ") {
            names.push(name.split('(').next().unwrap().to_owned());
        }
    }
    let outcomes = read("hostile.rs");
    let (_, outcomes) = outcomes.split_once("pub enum Outcome {").unwrap();
    let (outcomes, _) = outcomes.split_once("\n}").unwrap();
    let variants = outcomes.lines().filter(|line| line.ends_with(','));
    names.extend(variants.map(|line| line.trim().trim_end_matches(',').to_owned()));
    // What a test looks at, or ends a behaviour with.
    let harness = [
        "new",
        "inner",
        "bring_up",
        "pass_next_commit",
        "be_honest",
        "checkpoint",
        "newest_seen",
        "addresses",
        "fail_next_commit",
        "calls",
    ];
    names.retain(|name| !harness.contains(&name.as_str()));
    names.sort();
    let mut used: Vec<String> = Vec::new();
    for behaviour in Behaviour::ALL {
        used.extend(behaviour.uses().iter().map(|name| (*name).to_owned()));
    }
    used.sort();
    used.dedup();
    assert_eq!(used, names);
}

//! Every command, as the help lists them, answers in JSON when asked to: with an object on standard
//! output, or with an error on standard error and nothing else.

use std::process::Command;

use serde_json::Value;

use crate::support::{Home, bare, finish};

/// The commands of `tki` and of those of its commands that have some, by what is typed.
fn commands(prefix: &[String]) -> Vec<Vec<String>> {
    let mut arguments = prefix.to_vec();
    arguments.push("--help".into());
    let help = finish(bare(&arguments), b"").ok();
    let Some((_, list)) = help.split_once("\nCommands:\n") else {
        return vec![prefix.to_vec()];
    };
    let rows = list.lines().take_while(|line| !line.is_empty());
    // A summary that goes on is indented further than a name.
    let names = rows.filter_map(|row| row.strip_prefix("  ").filter(|row| !row.starts_with(' ')));
    let names = names.filter_map(|row| row.split(' ').next());
    // The help of the help is made by the library of arguments; a guardian's help is a command.
    let is_guardian = prefix.first().is_some_and(|first| first == "guardian");
    let names = names.filter(|name| is_guardian || *name != "help");
    let mut all: Vec<_> = names
        .flat_map(|name| commands(&[prefix, &[name.to_owned()]].concat()))
        .collect();
    // Some do something by themselves, too.
    all.push(prefix.to_vec());
    all
}

/// In an empty folder, without anything of this machine's.
fn answer(home: &Home, arguments: &[String]) -> (bool, Value) {
    let mut command: Command = bare(arguments);
    command
        .arg("--json")
        .current_dir(home.path(""))
        .env("TKI_HOME", home.path("home"));
    let run = finish(command, b"");
    // What was found is a result, too.
    let is_result = run.status.success() || run.status.code() == Some(7);
    let (object, other) = if is_result {
        (&run.out, &run.err)
    } else {
        (&run.err, &run.out)
    };
    assert_eq!(other, "", "{arguments:?}");
    let object: Value = serde_json::from_str(object)
        .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {object}"));
    assert_eq!(object["schema"], 1, "{arguments:?}");
    (is_result, object)
}

#[test]
fn every_command_answers_in_json_with_operands_and_without() {
    let home = Home::new();
    let all = commands(&[]);
    assert!(all.len() > 40, "{}", all.len());
    let mut answered = Vec::new();
    for command in all {
        // Operands that fit nothing make a command fail later than no operands do.
        for operands in [0, 1, 2] {
            let operands = vec!["7".to_owned(); operands];
            let typed = [&command[..], &operands].concat();
            let (success, object) = answer(&home, &typed);
            if success {
                answered.push(command.join(" "));
            } else {
                let error = &object["error"];
                for member in ["kind", "message", "next"] {
                    let text = error[member].as_str();
                    assert!(
                        text.is_some_and(|text| !text.is_empty()),
                        "{typed:?}: {error}"
                    );
                }
            }
        }
    }
    answered.dedup();
    // What needs neither a home nor an operand.
    for command in ["accounts", "demo", "guardian list", "man", "questions"] {
        assert!(
            answered.iter().any(|found| found == command),
            "{answered:?}"
        );
    }
}

#[test]
fn what_needs_no_home_answers_in_json_with_its_operands() {
    let home = Home::new();
    for line in ["completions bash", "man sign", "questions --language de"] {
        let words: Vec<_> = line.split(' ').map(str::to_owned).collect();
        let (success, object) = answer(&home, &words);
        assert!(success, "{line}: {object}");
    }
}

#[test]
fn a_line_that_makes_no_sense_is_told_whole_and_whose_help_to_see() {
    let home = Home::new();
    for (line, message, next) in [
        (
            "backup",
            "the following required arguments were not provided: <FILE>",
            "see tki backup --help",
        ),
        (
            "factor remove",
            "the following required arguments were not provided: <ID>",
            "see tki factor remove --help",
        ),
        ("bogus", "unrecognized subcommand 'bogus'", "see tki --help"),
    ] {
        let words: Vec<_> = line.split(' ').map(str::to_owned).collect();
        let (success, object) = answer(&home, &words);
        assert!(!success, "{line}: {object}");
        assert_eq!(object["error"]["message"], message, "{line}");
        assert_eq!(object["error"]["next"], next, "{line}");
    }
}

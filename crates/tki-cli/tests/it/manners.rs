//! How the command behaves on a terminal: choices by keys, a terminal that is put back as it was,
//! colours only for those who want them.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Home, bare, has};
use crate::terminal::{Seen, command, run};

const DOWN: &str = "\u{1b}[B";
const UP: &str = "\u{1b}[A";
const ESCAPE: &str = "\u{1b}";
const CTRL_C: &str = "\u{3}";

const ASKED: &str = "What do you still have?";
const LOGIN: &str = "The login's key file, or Enter for";
const PROVIDER: &str = "passphrase of the provider";
const ADDRESS: &str = "Is this the address that you know";

/// An account whose device is gone.
fn lost() -> Home {
    let home = Home::with(&["device", "provider", "words"], "secp256k1");
    std::fs::remove_dir_all(home.path("home/accounts")).unwrap();
    home
}

/// The same command between two that print every setting of the terminal.
fn with_settings(command: &Command) -> Command {
    let script = "stty -g; \"$@\"; code=$?; stty -g; exit $code";
    let mut outer = Command::new("sh");
    outer.args(["-c", script, "sh"]);
    outer.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => outer.env(name, value),
            None => outer.env_remove(name),
        };
    }
    outer
}

fn recover(home: &Home) -> Command {
    command(home, &["recover"])
}

/// Whether there is Python, which makes the terminal.
fn can() -> bool {
    has("python3", "--version")
}

#[track_caller]
fn check_settings(seen: &Seen) {
    let mut lines = seen.text.lines().map(str::trim);
    let before = lines.next().unwrap();
    assert!(before.contains(':'), "{}", seen.text);
    assert_eq!(lines.next_back().unwrap(), before, "{}", seen.text);
}

#[test]
fn arrows_and_numbers_choose_what_is_still_there() {
    if !can() {
        return;
    }
    let home = lost();
    // The same factor on three ways.
    let up = UP.repeat(7);
    for keys in [format!("{DOWN}{DOWN}\r"), "3".to_owned(), format!("{up}\r")] {
        let answers = json!([
            [ASKED, keys, "keys"],
            [LOGIN, "", "line"],
            [PROVIDER, "correct horse", "secret"],
            [ADDRESS, "n", "line"],
            [ASKED, "9", "keys"],
        ]);
        let seen = run(&home, &with_settings(&recover(&home)), &answers, 80);
        assert_eq!(seen.code, 130, "{}", seen.text);
        assert!(seen.text.contains("> 3. a login"), "{}", seen.text);
        check_settings(&seen);
    }
}

#[test]
fn escape_and_ctrl_c_cancel_and_leave_the_terminal_as_it_was() {
    if !can() {
        return;
    }
    let home = lost();
    let chosen = [ASKED, "3", "keys"];
    for answers in [
        json!([[ASKED, ESCAPE, "keys"]]),
        json!([[ASKED, format!("{DOWN}{CTRL_C}"), "keys"]]),
        json!([
            chosen,
            [LOGIN, "", "line"],
            [PROVIDER, format!("corr{CTRL_C}"), "secret"]
        ]),
    ] {
        let seen = run(&home, &with_settings(&recover(&home)), &answers, 80);
        assert_eq!(seen.code, 130, "{}", seen.text);
        assert!(seen.text.contains("cancelled"), "{}", seen.text);
        assert!(!seen.text.contains("corr"), "{}", seen.text);
        check_settings(&seen);
    }
    assert!(!home.path("home/accounts").exists());
}

#[test]
#[cfg(feature = "faults")]
fn a_panic_at_a_choice_leaves_the_terminal_as_it_was() {
    if !can() {
        return;
    }
    let home = lost();
    let mut command = recover(&home);
    command.env("TKI_FAULT_CHOICE", "panic");
    let seen = run(&home, &with_settings(&command), &json!([]), 80);
    assert_eq!(seen.code, 1, "{}", seen.text);
    assert!(seen.text.contains("internal error"), "{}", seen.text);
    check_settings(&seen);
}

/// Without a terminal nobody is asked: what to type instead is said.
#[test]
fn without_a_terminal_the_option_is_named() {
    let home = lost();
    let run = home.run(&["--json", "recover"]);
    assert!(run.next().contains("--use"), "{}", run.err);
    run.fails(3, "need-more-shares");
}

/// Everything between an escape and the letter that ends its sequence.
fn sequences(text: &str) -> Vec<&str> {
    let begins = text.match_indices("\u{1b}[").map(|(at, _)| &text[at..]);
    begins
        .map(|rest| {
            let end = rest.find(|c: char| c.is_ascii_alphabetic()).unwrap();
            &rest[..=end]
        })
        .collect()
}

/// The sequences that colour.
fn colours(text: &str) -> usize {
    let sequences = sequences(text).into_iter();
    sequences.filter(|sequence| sequence.ends_with('m')).count()
}

#[test]
fn colours_are_for_terminals_whose_owner_wants_them() {
    if !can() {
        return;
    }
    let home = lost();
    let cancel = json!([[ASKED, ESCAPE, "keys"]]);
    let look = |name: &str, value: &str| {
        let mut command = recover(&home);
        command.env(name, value);
        run(&home, &command, &cancel, 80).text
    };
    assert!(colours(&look("TERM", "xterm")) > 2);
    assert_eq!(colours(&look("NO_COLOR", "1")), 0);
    assert_eq!(colours(&look("CLICOLOR", "0")), 0);
    // Who wants JSON is asked all the same, in no colour.
    let mut json = command(&home, &["--json", "show"]);
    json.env("CLICOLOR_FORCE", "1");
    let seen = run(&home, &json, &cancel, 80);
    assert_eq!(colours(&seen.text), 0, "{}", seen.text);
    assert!(seen.text.contains(r#""kind":"cancelled""#), "{}", seen.text);
    // Where nothing is a terminal, only who insists gets colours.
    let failed = |variables: &[(&str, &str)]| {
        let mut command = bare(&["--home", "nowhere", "show"]);
        command.env("TERM", "xterm").env_remove("NO_COLOR");
        command.envs(variables.iter().copied());
        crate::support::finish(command, b"").err
    };
    assert_eq!(colours(&failed(&[])), 0);
    assert!(colours(&failed(&[("CLICOLOR_FORCE", "1")])) > 0);
    assert_eq!(
        colours(&failed(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")])),
        0
    );
}

#[test]
fn a_narrow_terminal_gets_one_row_for_each_option() {
    if !can() {
        return;
    }
    let home = lost();
    let columns = 24;
    let answers = json!([[ASKED, format!("{DOWN}{DOWN}{ESCAPE}"), "keys"]]);
    let mut command = recover(&home);
    command.env("NO_COLOR", "1");
    let seen = run(&home, &command, &answers, columns);
    assert_eq!(seen.code, 130, "{}", seen.text);
    let (_, drawn) = seen.text.split_once("Esc cancels)").unwrap();
    let (drawn, _) = drawn.split_once("tki:").unwrap();
    for row in drawn.split(['\r', '\n']) {
        let shown = sequences(row)
            .iter()
            .fold(row.to_owned(), |row, found| row.replace(found, ""));
        assert!(shown.chars().count() < usize::from(columns), "{shown:?}");
    }
    assert!(drawn.contains("> 3. a login: its key"), "{drawn}");
    // Too low for a row each: the number is typed.
    let value: Value = json!([
        ["Its number, 1 to 9:", "10", "line"],
        ["Its number, 1 to 9:", "9", "line"]
    ]);
    let mut command = self::command(&home, &["recover"]);
    command.env("TERM", "");
    let seen = run(&home, &command, &value, columns);
    assert!(
        seen.text.contains("that is none of the numbers above"),
        "{}",
        seen.text
    );
}

/// The recording in README.md is made where colours are forced: it is what a terminal gets.
#[test]
fn the_demo_is_on_a_terminal_what_its_recording_shows() {
    if !can() {
        return;
    }
    let home = Home::new();
    let demo = ["demo", "--seed", "1"];
    let seen = run(&home, &command(&home, &demo), &json!([]), 100).text;
    let mut forced = bare(&demo);
    forced.env("CLICOLOR_FORCE", "1").env_remove("NO_COLOR");
    let forced = crate::support::finish(forced, b"").ok();
    let untimed = |text: &str| {
        let lines = text
            .lines()
            .map(|line| line.trim_end_matches('\r').to_owned());
        let untimed = lines.filter(|line| !line.contains(" ms,") && !line.contains(" s."));
        untimed.collect::<Vec<_>>()
    };
    assert_eq!(untimed(&seen), untimed(&forced));
    assert!(colours(&seen) > 20);
}

/// Passkeys of two accounts in one authenticator: the account is chosen by its address.
#[test]
fn an_account_is_chosen_by_its_address() {
    if !can() {
        return;
    }
    let home = Home::new();
    let passkeys = ["--passkey-passphrase-file", "passphrase"];
    let storage = ["--storage", "redb:records.redb"];
    let addresses = ["one", "two"].map(|name| {
        let create = [
            "--account",
            name,
            "create",
            "--factor",
            "device",
            "--factor",
        ];
        let create = [&create[..], &["passkey:software:keys"], &passkeys, &storage].concat();
        home.json(&create)["addresses"]["evm"]
            .as_str()
            .unwrap()
            .to_owned()
    });
    let show = ["show", "--use", "passkey:software:keys"];
    let show = [&show[..], &passkeys, &storage].concat();
    let refused = home.run(&[&["--json", "--account", "new"], &show[..]].concat());
    assert!(refused.next().contains("--account-id"), "{}", refused.err);
    let all = [&["--account", "new"], &show[..]].concat();
    let asked = "Which one is meant?";
    let seen = run(
        &home,
        &command(&home, &all),
        &json!([[asked, ESCAPE, "keys"]]),
        80,
    );
    assert_eq!(seen.code, 130, "{}", seen.text);
    let listed = |number: usize| {
        let rows = seen
            .text
            .lines()
            .map(|row| row.trim_start_matches(['>', ' ', '\u{1b}', '[', '3', '6', 'm']));
        let begin = format!("{number}. ");
        let mut rows = rows.filter_map(|row| row.strip_prefix(&begin).map(str::to_owned));
        rows.next().unwrap()
    };
    for number in [1, 2] {
        let pressed = json!([[asked, number.to_string(), "keys"]]);
        let shown = run(&home, &command(&home, &all), &pressed, 80);
        assert_eq!(shown.code, 0, "{}", shown.text);
        let address = addresses
            .iter()
            .find(|address| listed(number).contains(*address));
        assert!(
            shown
                .text
                .contains(&format!("address  {}", address.unwrap())),
            "{}",
            shown.text
        );
    }
}

#[test]
fn text_is_folded_where_it_goes_to_no_terminal() {
    let home = Home::with(&["device", "provider", "words"], "secp256k1");
    let run = |width: Option<&str>, arguments: &[&str]| {
        let mut command = home.command(arguments);
        match width {
            Some(width) => command.env("COLUMNS", width),
            None => command.env_remove("COLUMNS"),
        };
        crate::support::finish(command, b"")
    };
    let widest = |text: &str| {
        let sentences = text.lines().filter(|line| !line.contains("tki "));
        sentences.map(|line| line.chars().count()).max().unwrap()
    };
    let custody = ["custody", "--use", "device"];
    assert!(widest(&run(None, &custody).ok()) <= 80);
    assert!(widest(&run(Some("60"), &custody).ok()) <= 60);
    assert!(widest(&run(Some("100000"), &custody).ok()) > 80);
    // What went wrong, too; and JSON is one line.
    let few = ["drill", "--use", "words:words.txt"];
    let failed = run(None, &few).err;
    assert!(
        failed.starts_with("tki: ") && widest(&failed) <= 80,
        "{failed}"
    );
    let json = [&["--json"], &custody[..]].concat();
    assert_eq!(run(None, &json).ok().lines().count(), 1);
}

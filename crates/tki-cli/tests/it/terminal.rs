//! What is asked on a terminal, on one that a script of Python's standard library makes.

use std::process::Command;

use serde_json::{Value, json};

use crate::joining::{OWNER, Pair};
use crate::support::{Home, bare, finish, has};

/// A question, the answer, and whether the answer is not to be seen.
type Answer<'a> = (&'a str, &'a str, bool);

/// How a command ended, and all that stood on its terminal.
pub(crate) struct Seen {
    pub(crate) code: i64,
    pub(crate) text: String,
}

/// Without the options that keep a test from being asked.
pub(crate) fn command(home: &Home, arguments: &[&str]) -> Command {
    let mut command = bare(arguments);
    command
        .current_dir(home.path(""))
        .env("TKI_HOME", home.path("home"))
        .env("TERM", "xterm")
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR")
        .env_remove("CLICOLOR_FORCE");
    command
}

/// `None` where there is no Python.
fn on_terminal(home: &Home, arguments: &[&str], answers: &[Answer<'_>]) -> Option<Seen> {
    typed(home, &command(home, arguments), answers)
}

/// The same when this machine's clock is ahead by some seconds, and nothing is asked.
#[cfg(feature = "faults")]
pub(crate) fn on_terminal_later(home: &Home, seconds: u64, arguments: &[&str]) -> Option<Seen> {
    let mut command = command(home, arguments);
    command.env("TKI_FAULT_CLOCK_AHEAD", seconds.to_string());
    typed(home, &command, &[])
}

fn typed(home: &Home, command: &Command, answers: &[Answer<'_>]) -> Option<Seen> {
    let how = |secret| if secret { "secret" } else { "line" };
    let answers = answers.iter();
    let answers = answers.map(|(question, answer, secret)| json!([question, answer, how(*secret)]));
    has("python3", "--version").then(|| run(home, command, &answers.collect(), 80))
}

pub(crate) fn run(home: &Home, command: &Command, answers: &Value, columns: u16) -> Seen {
    let mut words = vec![command.get_program().to_str().unwrap()];
    words.extend(command.get_args().map(|word| word.to_str().unwrap()));
    let plan = json!({ "command": words, "answers": answers, "columns": columns });
    std::fs::write(home.path("plan.json"), plan.to_string()).unwrap();
    let mut python = Command::new("python3");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/terminal.py");
    python.arg(script).arg(home.path("plan.json"));
    python.current_dir(home.path(""));
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => python.env(name, value),
            None => python.env_remove(name),
        };
    }
    let seen: Value = serde_json::from_str(&finish(python, b"").ok()).unwrap();
    Seen {
        code: seen["code"].as_i64().unwrap(),
        text: seen["seen"].as_str().unwrap().to_owned(),
    }
}

/// The words of a sheet that stood on a terminal, each after its number.
fn words_in(text: &str) -> Vec<String> {
    let mut tokens = text.split_whitespace();
    let mut words = Vec::new();
    while let Some(token) = tokens.next() {
        if token == (words.len() + 1).to_string() {
            let Some(word) = tokens.next() else { break };
            if word.chars().all(|c| c.is_ascii_lowercase()) {
                words.push(word.to_owned());
            }
        }
    }
    words
}

const NEW: &str = "new passphrase for this device";
const AGAIN: &str = "the same again";
const DEVICE: &str = "passphrase of this device";
const WORDS: &str = "the 24 words (not shown)";

/// An account over a device and words, made on a terminal; its words.
fn create(home: &Home) -> Option<Vec<String>> {
    let arguments = ["create", "--factor", "device", "--factor", "words"];
    let seen = on_terminal(
        home,
        &arguments,
        &[
            (NEW, "", true),
            (NEW, "horse battery", true),
            (AGAIN, "horse buttery", true),
            (NEW, "horse battery", true),
            (AGAIN, "horse battery", true),
            ("Press Enter when you have written them down.", "", false),
        ],
    )?;
    assert_eq!(seen.code, 0, "{}", seen.text);
    assert!(seen.text.contains("an empty passphrase protects nothing"));
    assert!(seen.text.contains("they differ"), "{}", seen.text);
    assert!(!seen.text.contains("battery"), "{}", seen.text);
    assert_eq!(seen.text.matches("# tki recovery words").count(), 1);
    let words = words_in(&seen.text);
    assert_eq!(words.len(), 24, "{}", seen.text);
    Some(words)
}

#[test]
fn a_new_passphrase_is_asked_for_twice_and_words_are_shown_once() {
    let home = Home::new();
    let Some(words) = create(&home) else { return };
    let mut typed = words.clone();
    typed[6].push_str("zz");
    let (wrong, right) = (typed.join(" "), words.join(" "));
    let seen = on_terminal(
        &home,
        &["open"],
        &[
            (DEVICE, "horse battery", true),
            ("The file with the words", "", false),
            (WORDS, &wrong, true),
            (WORDS, &right, true),
        ],
    );
    let seen = seen.unwrap();
    assert_eq!(seen.code, 0, "{}", seen.text);
    // The typo is answered with the word that was meant, and nothing typed is shown.
    let hint = seen.text.lines().find(|line| line.contains("word 7"));
    assert!(hint.unwrap().contains(words[6].as_str()), "{}", seen.text);
    assert!(!seen.text.contains(&words[..3].join(" ")), "{}", seen.text);
}

#[test]
fn near_words_of_a_file_are_shown_to_whoever_looks_and_to_no_log() {
    let home = Home::with(&["device", "words"], "secp256k1");
    let mut words = crate::support::words_on(&home.path("words.txt"));
    let meant = words[6].clone();
    words[6].push_str("zz");
    std::fs::write(home.path("typed.txt"), words.join(" ")).unwrap();
    let open = ["open", "--use", "words:typed.txt"];
    let Some(seen) = on_terminal(&home, &open, &[]) else {
        return;
    };
    assert_eq!(seen.code, 4, "{}", seen.text);
    assert!(seen.text.contains(meant.as_str()), "{}", seen.text);
    let logged = finish(command(&home, &open), b"");
    assert!(
        logged.err.contains("word 7") && !logged.err.contains("near"),
        "{}",
        logged.err
    );
}

#[test]
fn recovery_asks_what_is_left_and_for_the_address_before_it_changes_anything() {
    let home = Home::with(&["device", "provider", "words"], "secp256k1");
    let words = crate::support::words_on(&home.path("words.txt")).join(" ");
    let address = home.json(&["show"])["addresses"]["evm"].clone();
    std::fs::remove_dir_all(home.path("home/accounts")).unwrap();
    let mut answers = vec![
        ("Its number, 1 to 9:", "3", false),
        ("The login's key file, or Enter for", "", false),
        ("passphrase of the provider", "correct horse", true),
        ("Is this the address that you know", "n", false),
        ("Its number, 1 to 9:", "9", false),
    ];
    // A terminal that cannot draw anew gets a line to type on.
    let recover = ["recover"];
    let on_dumb_terminal = |answers: &[Answer<'_>]| {
        let mut command = command(&home, &recover);
        command.env("TERM", "dumb");
        typed(&home, &command, answers)
    };
    let Some(refused) = on_dumb_terminal(&answers) else {
        return;
    };
    assert_eq!(refused.code, 130, "{}", refused.text);
    assert!(refused.text.contains(address.as_str().unwrap()));
    assert!(!home.path("home/accounts").exists());
    answers.truncate(4);
    answers[3].1 = "y";
    answers.extend([
        ("The file with the words", "", false),
        (WORDS, words.as_str(), true),
        (NEW, "new horse", true),
        (AGAIN, "new horse", true),
    ]);
    // Words by themselves do not say that nothing newer exists; the provider does.
    let recovered = on_dumb_terminal(&answers).unwrap();
    assert_eq!(recovered.code, 0, "{}", recovered.text);
    assert!(!recovered.text.contains('\u{1b}'), "{}", recovered.text);
    assert!(home.path("home/accounts/main/device.tki").exists());
}

#[test]
fn a_removal_is_asked_about_by_name() {
    let home = Home::with(&["device", "provider", "words"], "secp256k1");
    let remove = [
        "factor",
        "remove",
        "2",
        "--use",
        "device",
        "--use",
        "words:words.txt",
    ];
    let question = "Remove factor 2, provider (local)? [y/n]";
    let answers = [(question, "what", false), (question, "n", false)];
    let Some(seen) = on_terminal(&home, &remove, &answers) else {
        return;
    };
    assert_eq!(seen.code, 2, "{}", seen.text);
    assert_eq!(home.json(&["show"])["account_version"], 0);
}

#[test]
fn a_structure_is_shown_as_it_is_and_would_be_before_it_is_set() {
    let home = Home::with(&["device", "provider", "words"], "secp256k1");
    let text = "all(words, any(device, provider))";
    let uses = ["--use", "device", "--use", "words:words.txt"];
    let set = [&["structure", "set", text][..], &uses].concat();
    let Some(seen) = on_terminal(&home, &set, &[("Set it? [y/n]", "n", false)]) else {
        return;
    };
    assert_eq!(seen.code, 2, "{}", seen.text);
    for shown in [
        "now   2 of (device 1 (",
        "Any one of the factors can be lost.",
        "then  all(words 3, any(device 1 (",
        "provider 2 (local) and words 3",
        "No factor can be lost.",
        "custody now",
        "custody then",
    ] {
        assert!(seen.text.contains(shown), "{shown}: {}", seen.text);
    }
    assert_eq!(home.json(&["show"])["account_version"], 0);
    // Whoever says so beforehand is not asked, and sees it all the same.
    let set = [&set[..], &["--yes"]].concat();
    let seen = on_terminal(&home, &set, &[]).unwrap();
    assert_eq!(seen.code, 0, "{}", seen.text);
    assert!(seen.text.contains("then  all("), "{}", seen.text);
    assert_eq!(home.json(&["show"])["structure"], "all(3, any(1, 2))");
}

#[test]
fn an_export_asks_and_an_import_shows_the_address() {
    let home = Home::with(&["device", "provider"], "secp256k1");
    let export = ["export", "--format", "hex", "--output", "key"];
    let provider = ["--provider-passphrase-file", "passphrase"];
    let export = [&export[..], &provider].concat();
    let question = "Whoever gets this key has it";
    let Some(refused) = on_terminal(&home, &export, &[(question, "n", false)]) else {
        return;
    };
    assert_eq!(refused.code, 2, "{}", refused.text);
    assert!(!home.path("key").exists());
    let exported = on_terminal(&home, &export, &[(question, "y", false)]).unwrap();
    assert_eq!(exported.code, 0, "{}", exported.text);
    let address = home.json(&["show"])["addresses"]["evm"].clone();
    assert!(exported.text.contains(address.as_str().unwrap()));
    let import = [
        "--home",
        "other",
        "--device-store",
        "plain",
        "import",
        "key",
    ];
    let factors = [
        "--factor",
        "device",
        "--factor",
        "words",
        "--recovery-out",
        "w",
    ];
    let import = [&import[..], &factors].concat();
    let answer = [("Is this the address of the key that you mean?", "n", false)];
    let refused = on_terminal(&home, &import, &answer).unwrap();
    assert_eq!(refused.code, 4, "{}", refused.text);
    assert!(refused.text.contains(address.as_str().unwrap()));
    assert!(!home.path("other/accounts").exists() && !home.path("w").exists());
}

#[test]
fn the_digits_of_whoever_joins_are_asked_for() {
    let pair = Pair::new();
    let code = pair.until_the_digits();
    let approve = [&["device", "approve", "reply.txt"], &OWNER[..]].concat();
    let question = "The six digits on the new machine's screen:";
    let answers = [(question, "12345", false), (question, &code, false)];
    let Some(seen) = on_terminal(&pair.owner, &approve, &answers) else {
        return;
    };
    assert_eq!(seen.code, 0, "{}", seen.text);
    assert!(
        seen.text.contains("these are not 6 digits"),
        "{}",
        seen.text
    );
    assert!(seen.text.contains("phone"), "{}", seen.text);
}

#[test]
fn a_guardian_types_what_he_hears_and_forgets_when_he_says_yes() {
    let pair = Pair::guarded();
    let new = Home::new();
    let ask = [
        "guardian", "ask", "--label", "Alice", "--output", "help.txt",
    ];
    let code = new.json(&ask)["code"].as_str().unwrap().to_owned();
    std::fs::copy(new.path("help.txt"), pair.other.path("help.txt")).unwrap();
    let storage = pair.storage();
    let help = [
        "guardian",
        "help",
        "alice",
        "help.txt",
        "--storage",
        &storage,
    ];
    let passphrase = "passphrase of the guardian's file";
    let question = "The 24 digits that the owner reads aloud:";
    let answers = [
        (question, code.as_str(), false),
        (passphrase, "correct horse", true),
    ];
    let Some(seen) = on_terminal(&pair.other, &help, &answers) else {
        return;
    };
    assert_eq!(seen.code, 0, "{}", seen.text);
    assert!(
        seen.text.contains("help is asked for by \"Alice\""),
        "{}",
        seen.text
    );
    assert!(seen.text.contains("BEGIN TKI HELP ANSWER"), "{}", seen.text);
    let next = "Now, as the owner: tki recover --use guardian:FILE";
    assert!(seen.text.contains(next), "{}", seen.text);
    let forget = ["guardian", "forget", "alice"];
    let question = "Destroy what makes this machine the guardian of alice?";
    for (answer, left) in [("no", 1), ("yes", 0)] {
        let seen = on_terminal(&pair.other, &forget, &[(question, answer, false)]).unwrap();
        assert_eq!(seen.code == 0, left == 0, "{}", seen.text);
        let kept = pair.other.json(&["guardian", "list"]);
        assert_eq!(kept["guarded"].as_array().unwrap().len(), left);
    }
}

#[test]
fn the_questions_are_asked_and_what_was_mistyped_is_asked_again() {
    let home = Home::new();
    let answers = "first-teacher = Krzyzanowski\npin = 8305\n";
    std::fs::write(home.path("two.txt"), answers).unwrap();
    let create = [
        "create",
        "--factor",
        "provider",
        "--factor",
        "answers:two.txt",
        "--accept-guessable-answers",
    ];
    home.json(&create);
    let open = [
        "open",
        "--use",
        "provider",
        "--use",
        "answers",
        "--provider-passphrase-file",
        "passphrase",
    ];
    let answers = [
        ("answer", "Krzyzanovski", true),
        ("answer", "no digits", true),
        ("answer", "8305", true),
        ("answer", "KRZYZANOWSKI", true),
        ("answer", "8305", true),
    ];
    let Some(seen) = on_terminal(&home, &open, &answers) else {
        return;
    };
    assert_eq!(seen.code, 0, "{}", seen.text);
    for part in [
        "2 of 2 answers are needed",
        "1. What was the surname of your first teacher?",
        "the answer is to be digits",
        "nothing tells which of them is wrong",
    ] {
        assert!(seen.text.contains(part), "{part}: {}", seen.text);
    }
}

#[test]
fn it_is_asked_before_a_key_is_out_of_reach() {
    let home = Home::with(&["device", "words"], "secp256k1");
    let begun = home.json(&[&["rotate"], &OWNER[..]].concat());
    let addresses = [&begun["addresses"], &begun["next_key"]["addresses"]];
    let confirm = [&["rotate", "--confirm"], &OWNER[..]].concat();
    for (answer, code, version) in [("n", 2, 1), ("y", 0, 2)] {
        let answers = [("the only address?", answer, false)];
        let Some(seen) = on_terminal(&home, &confirm, &answers) else {
            return;
        };
        assert_eq!(seen.code, code, "{}", seen.text);
        for address in addresses {
            let address = address["evm"].as_str().unwrap();
            assert!(seen.text.contains(address), "{}", seen.text);
        }
        assert_eq!(home.json(&["show"])["account_version"], version);
    }
}

/// Ctrl-C at a question whose answer is shown: how the command ended, and the terminal after it.
fn interrupted(home: &Home, arguments: &[&str], answers: &Value) -> Option<Seen> {
    let asked = command(home, arguments);
    let script = "\"$0\" \"$@\"; echo \"ended with $?\"; stty -a";
    let mut shell = Command::new("sh");
    shell.args(["-c", script]).arg(asked.get_program());
    shell.args(asked.get_args());
    for (name, value) in asked.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    has("python3", "--version").then(|| run(home, &shell, answers, 80))
}

#[track_caller]
fn check_cancelled(seen: &Seen, message: &str) {
    let terminal = ["ended with 130", "intr = ^C", "eol = <undef>", " echo "];
    for shown in terminal.iter().chain(&[message]) {
        assert!(seen.text.contains(shown), "{shown}: {}", seen.text);
    }
}

#[test]
fn ctrl_c_at_a_question_cancels_and_leaves_the_terminal_as_it_was() {
    let home = Home::with(&["device", "provider", "words"], "secp256k1");
    let uses = ["--use", "device", "--use", "words:words.txt"];
    let set = [
        &["structure", "set", "all(words, any(device, provider))"][..],
        &uses,
    ]
    .concat();
    let answers = json!([["Set it? [y/n]", "ye\u{3}", "as it is"]]);
    let Some(seen) = interrupted(&home, &set, &answers) else {
        return;
    };
    check_cancelled(&seen, "cancelled, and nothing was changed");
    assert_eq!(home.json(&["show"])["account_version"], 0);
}

#[test]
fn ctrl_c_at_new_words_makes_no_account_and_the_next_words_are_others() {
    let home = Home::new();
    let create = [
        "--device-store",
        "plain",
        "create",
        "--factor",
        "device",
        "--factor",
        "words",
    ];
    let enter = "Press Enter when you have written them down.";
    let answers = json!([[enter, "\u{3}", "as it is"]]);
    let Some(seen) = interrupted(&home, &create, &answers) else {
        return;
    };
    check_cancelled(&seen, "the account was begun, and is not made");
    assert!(seen.text.contains("The words above are void."));
    assert!(seen.text.contains("run tki create again"));
    let again = on_terminal(&home, &create, &[(enter, "", false)]).unwrap();
    assert_eq!(again.code, 0, "{}", again.text);
    assert_eq!(words_in(&again.text).len(), 24, "{}", again.text);
    assert_ne!(words_in(&seen.text), words_in(&again.text));
}

#[test]
fn long_lines_are_folded_on_a_terminal_and_nowhere_else() {
    let home = Home::with(&["device", "provider", "words"], "secp256k1");
    let mut custody = command(&home, &["custody", "--use", "device"]);
    custody.env("NO_COLOR", "1");
    if !has("python3", "--version") {
        return;
    }
    let seen = run(&home, &custody, &json!([]), 60);
    assert_eq!(seen.code, 0, "{}", seen.text);
    let is_narrow = |line: &str| line.trim_end().chars().count() <= 60;
    // What was shown while it worked is wiped before.
    let result = seen.text.rsplit("\u{1b}[2K").next().unwrap();
    assert!(result.lines().all(is_narrow), "{}", seen.text);
    assert!(result.contains("\n  "), "{}", seen.text);
    let piped = home.run(&["custody", "--use", "device"]).ok();
    assert!(!piped.lines().all(is_narrow), "{piped}");
}

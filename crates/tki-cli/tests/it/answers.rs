//! Answers to questions as a factor: made, shown, given right and wrong, and changed.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{Home, bare, finish, keys};

/// Five questions, two of them the owner's, whose answers are worth something.
const FIVE: &str = "\
# Mine.
first-seat-neighbour = Ottilie von Hagenbruck
childhood-phone = 0 83 05-274 961
first-teacher = Frau Krzyzanowski
\"What stood on the gate?\" = a blue heron
\"On which day did we leave?\" (date) = 7 March 1984
";

/// A password that needs no evaluator.
const PASSWORD: &str = "password = vQ7;rT2.xB9-mK4,zW8!pL5\n";

fn write(home: &Home, name: &str, text: &str) {
    std::fs::write(home.path(name), text).unwrap();
}

/// An account over this device, a login and five answers, three of which are enough.
fn with_five() -> Home {
    let home = Home::new();
    write(&home, "five.txt", FIVE);
    home.run(&[
        "create",
        "--factor",
        "device",
        "--factor",
        "provider",
        "--factor",
        "answers:five.txt",
        "--evaluator",
        "local:evaluator.key",
    ])
    .ok();
    home
}

/// What is there when the machine with the device is gone: records, key files, what is known.
fn without_device(home: &Home) -> Home {
    let copy = home.copy();
    std::fs::remove_dir_all(copy.path("home/accounts")).unwrap();
    copy
}

/// What one types to open with a login and answers.
fn uses(file: &str) -> Vec<String> {
    let file = format!("answers:{file}");
    [
        "--use",
        "provider",
        "--use",
        &file,
        "--evaluator",
        "local:evaluator.key",
    ]
    .map(str::to_owned)
    .to_vec()
}

fn with<'a>(command: &[&'a str], uses: &'a [String]) -> Vec<&'a str> {
    let mut all = vec!["--json"];
    all.extend(command);
    all.extend(uses.iter().map(String::as_str));
    all
}

/// The answers factor as the account is shown.
fn shown(home: &Home, uses: &[&str]) -> Value {
    let mut arguments = vec!["show"];
    arguments.extend(uses);
    let shown = home.json(&arguments);
    let factors = shown["factors"].as_array().unwrap();
    let mut answers = factors.iter().filter(|factor| factor["kind"] == "answers");
    answers.next().unwrap()["answers"].clone()
}

#[test]
fn a_new_device_joins_with_a_login_and_answers() {
    let home = with_five();
    let before = home.json(&["open", "--use", "device", "--use", "provider"]);
    let new = without_device(&home);
    let uses = uses("five.txt");
    let recovered = new.run(&with(&["recover", "--replace", "1"], &uses)).json();
    assert_eq!(recovered["addresses"], before["addresses"]);
    assert_eq!(recovered["verifying_key"], before["verifying_key"]);
    // The answers hold for the changed account, with the new device as with the login.
    let opened = new.run(&with(&["open"], &uses)).json();
    assert_eq!(opened["addresses"], before["addresses"]);
    let device = ["--use", "device", "--use", "answers:five.txt"];
    let mut open = vec!["open", "--evaluator", "local:evaluator.key"];
    open.extend(device);
    assert_eq!(new.json(&open)["addresses"], before["addresses"]);
}

#[test]
fn the_same_questions_are_asked_in_the_same_order() {
    let home = with_five();
    let answers = shown(&without_device(&home), &["--use", "provider"]);
    let questions = answers["questions"].as_array().unwrap();
    let ids: Vec<&Value> = questions.iter().map(|question| &question["id"]).collect();
    assert_eq!(
        ids,
        [
            &json!("first-seat-neighbour"),
            &json!("childhood-phone"),
            &json!("first-teacher"),
            &Value::Null,
            &Value::Null
        ]
    );
    assert_eq!(questions[3]["text"], "What stood on the gate?");
    let kinds: Vec<&Value> = questions.iter().map(|question| &question["kind"]).collect();
    assert_eq!(kinds, ["text", "digits", "text", "text", "date"]);
    assert_eq!(answers["needed"], 3);
    assert_eq!(answers["accepted_guessable"], Value::Null);
    assert_eq!(answers["evaluator"].as_str().unwrap().len(), 66);
    let text = home.run(&["factor", "list"]).ok();
    assert!(text.contains("3 of 5 answers, worth "), "{text}");
    assert!(
        text.contains("4. What stood on the gate? (your own)"),
        "{text}"
    );
}

#[test]
fn wrong_and_missing_answers_do_no_harm_as_long_as_enough_are_right() {
    let home = without_device(&with_five());
    // In another order, in another spelling, one wrong, one left out.
    write(
        &home,
        "some.txt",
        "\"On which day did we leave?\" = 1984-03-07\n\
         first-teacher = Frau Muller\n\
         first-seat-neighbour = ottilie VON hagenbruck\n\
         childhood-phone = 08305274961\n",
    );
    home.run(&with(&["open"], &uses("some.txt"))).json();
    let said = home.run(&with(&["-v", "open"], &uses("some.txt"))[1..]).err;
    assert!(said.contains("tried combination 2 of 4"), "{said}");
}

#[test]
fn a_failure_says_nothing_of_which_answer_was_wrong() {
    let home = without_device(&with_five());
    let mut said = Vec::new();
    for right in [[0, 1], [1, 2], [3, 4]] {
        let lines = FIVE.lines().skip(1).enumerate().map(|(place, line)| {
            let (question, answer) = line.split_once('=').unwrap();
            if right.contains(&place) {
                format!("{question}={answer}\n")
            } else if line.contains("date") {
                format!("{question}= 8 March 1984\n")
            } else {
                format!("{question}= 777\n")
            }
        });
        write(&home, "wrong.txt", &lines.collect::<String>());
        let run = home.run(&with(&["open"], &uses("wrong.txt")));
        said.push(run.err.clone());
        run.fails(4, "wrong-answers");
    }
    assert!(said.iter().all(|one| *one == said[0]), "{said:?}");
    // The right ones still open: nothing was used up that they need.
    home.run(&with(&["open"], &uses("five.txt"))).json();
}

#[test]
fn what_is_too_easy_to_guess_is_refused_and_nothing_is_made() {
    let home = Home::new();
    write(&home, "pin.txt", "pin = 8305\n");
    let create = [
        "--json",
        "create",
        "--factor",
        "device",
        "--factor",
        "provider",
        "--factor",
        "answers:pin.txt",
    ];
    let run = home.run(&create);
    let next = serde_json::from_str::<Value>(&run.err).unwrap()["error"]["next"].clone();
    let message = run.fails(2, "invalid-change");
    assert!(
        message.contains("the weakest answer is worth 10 bits") && message.contains("offline"),
        "{message}"
    );
    let next = next.as_str().unwrap();
    assert!(next.contains("--evaluator local:PATH"), "{next}");
    assert!(next.contains("--accept-guessable-answers"), "{next}");
    assert!(!home.path("home/accounts").exists());
    assert!(!home.path("home/provider.key").exists());
    assert_eq!(home.json(&["accounts"])["accounts"], json!([]));
}

#[test]
fn a_pin_is_enough_where_an_evaluator_counts() {
    let home = Home::new();
    write(&home, "pin.txt", "pin = 8305\n");
    let mut create = vec![
        "create",
        "--factor",
        "provider",
        "--factor",
        "answers:pin.txt",
    ];
    create.extend(["--evaluator", "local:evaluator.key"]);
    home.run(&create).ok();
    assert_eq!(shown(&home, &["--use", "provider"])["needed"], 1);
    home.run(&with(&["open"], &uses("pin.txt"))).json();
    // Without it, or with another one, nothing is tried.
    let missing = [
        "--json",
        "open",
        "--use",
        "provider",
        "--use",
        "answers:pin.txt",
    ];
    let message = home.run(&missing).fails(5, "unavailable");
    assert!(message.contains("evaluator"), "{message}");
    write(&home, "strong.txt", PASSWORD);
    let other = Home::new();
    write(&other, "pin.txt", "pin = 8305\n");
    other.run(&create).ok();
    std::fs::copy(other.path("evaluator.key"), home.path("other.key")).unwrap();
    let mut open = missing.to_vec();
    open.extend(["--evaluator", "local:other.key"]);
    home.run(&open).fails(4, "refused");
    open.pop();
    open.push("local:nothing.key");
    let message = home.run(&open).fails(5, "unavailable");
    assert_eq!(message, "there is no evaluator at nothing.key");
}

#[test]
fn an_evaluator_stops_answering_after_its_budget() {
    let home = Home::new();
    write(&home, "pin.txt", "pin = 8305\n");
    let mut create = vec![
        "create",
        "--factor",
        "provider",
        "--factor",
        "answers:pin.txt",
    ];
    create.extend(["--evaluator", "local:evaluator.key"]);
    home.run(&create).ok();
    write(&home, "wrong.txt", "pin = 8306\n");
    for attempt in 0..100 {
        let run = home.run(&with(&["open"], &uses("wrong.txt")));
        assert_eq!(run.status.code(), Some(4), "{attempt}: {}", run.err);
    }
    let run = home.run(&with(&["open"], &uses("pin.txt")));
    let next = run.next();
    assert!(next.contains("--evaluator local:NEW"), "{next}");
    let message = run.fails(5, "unavailable");
    assert!(message.contains("no evaluation is left"), "{message}");
}

#[test]
fn that_guessing_was_accepted_is_recorded_and_shown() {
    let home = Home::new();
    write(&home, "pin.txt", "pin = 8305\n");
    let mut create = vec![
        "create",
        "--factor",
        "provider",
        "--factor",
        "answers:pin.txt",
    ];
    create.push("--accept-guessable-answers");
    let said = home.run(&create).err;
    assert!(said.contains("that you accept it is recorded"), "{said}");
    let answers = shown(&home, &["--use", "provider"]);
    assert_eq!(answers["estimated_bits"], 10);
    assert_eq!(answers["evaluator"], Value::Null);
    assert_eq!(answers["accepted_guessable"].as_str().unwrap().len(), 10);
    let text = home.run(&["show", "--use", "provider"]).ok();
    assert!(
        text.contains("too easy to guess, which was accepted on 2"),
        "{text}"
    );
    home.run(&["open", "--use", "provider", "--use", "answers:pin.txt"])
        .ok();
}

#[test]
fn strong_answers_need_no_evaluator_and_can_be_added_later() {
    let home = Home::with(&["device", "words"], "ed25519");
    let before = home.json(&["show"]);
    write(&home, "strong.txt", PASSWORD);
    let added = home
        .run_with_input(
            &[
                "--json",
                "factor",
                "add",
                "answers:-",
                "--label",
                "mine",
                "--use",
                "device",
                "--use",
                "words:words.txt",
                "--accept-unverified",
            ],
            PASSWORD.as_bytes(),
        )
        .json();
    assert_eq!(added["factors"][2]["kind"], "answers");
    assert_eq!(added["factors"][2]["label"], "mine");
    assert_eq!(
        added["factors"][2]["answers"]["accepted_guessable"],
        Value::Null
    );
    let open = [
        "open",
        "--use",
        "words:words.txt",
        "--use",
        "answers:strong.txt",
    ];
    assert_eq!(home.json(&open)["addresses"], before["addresses"]);
    let offline = ["--json", "open", "--offline", "--use", "device"];
    let message = home
        .run(&[&offline[..], &open[3..]].concat())
        .fails(3, "need-more-shares");
    assert!(message.contains("keeps no copy"), "{message}");
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

#[test]
fn no_answer_is_left_on_the_disk_or_in_what_is_printed() {
    let home = with_five();
    let right = home.run(&with(&["-v", "open"], &uses("five.txt"))[1..]);
    write(
        &home,
        "wrong.txt",
        &FIVE.replace("= ", "= 19").replace("197 March", "8 March"),
    );
    let wrong = home.run(&with(&["-v", "open"], &uses("wrong.txt"))[1..]);
    let shown = home.run(&["-v", "show", "--explain"]);
    let mut all: Vec<Vec<u8>> = [right, wrong, shown]
        .into_iter()
        .flat_map(|run| [run.out.into_bytes(), run.err.into_bytes()])
        .collect();
    let kept = files(&home.path("home"));
    assert!(kept.len() > 3);
    all.extend(kept.iter().map(|path| std::fs::read(path).unwrap()));
    all.push(std::fs::read(home.path("evaluator.key")).unwrap());
    for answer in [
        "hagenbruck",
        "08305274961",
        "83 05-274",
        "krzyzanowski",
        "blue heron",
        "ablueheron",
        "1984-03-07",
        "7 march 1984",
        "198 march",
    ] {
        for text in &all {
            let lower = text.to_ascii_lowercase();
            let found = lower
                .windows(answer.len())
                .any(|part| part == answer.as_bytes());
            assert!(!found, "{answer}");
        }
    }
}

#[test]
fn changed_answers_open_and_the_old_ones_no_longer_do() {
    let home = with_five();
    write(&home, "new.txt", PASSWORD);
    let mut replace = vec!["factor", "replace", "3", "--with", "answers:new.txt"];
    replace.extend(["--use", "device", "--use", "provider"]);
    let replaced = home.json(&replace);
    assert_eq!(replaced["epoch"], 1);
    let answers = shown(&home, &["--use", "provider"]);
    assert_eq!(answers["questions"][0]["id"], "password");
    home.run(&with(&["open"], &uses("new.txt"))).json();
    let message = home
        .run(&with(&["open"], &uses("five.txt")))
        .fails(2, "usage");
    assert!(
        message.contains("the account does not ask this"),
        "{message}"
    );
    // The same question, answered anew: the old answer is wrong.
    write(&home, "newer.txt", &PASSWORD.replace('v', "w"));
    replace[2] = "4";
    replace[4] = "answers:newer.txt";
    home.json(&replace);
    home.run(&with(&["open"], &uses("newer.txt"))).json();
    home.run(&with(&["open"], &uses("new.txt")))
        .fails(4, "wrong-answers");
}

#[test]
fn answers_of_another_account_do_not_open() {
    let home = with_five();
    let before = home.json(&["show"]);
    let other = with_five();
    // The other's evaluator is known not to be this account's before it is asked.
    let evaluator = std::fs::read(home.path("evaluator.key")).unwrap();
    std::fs::copy(other.path("evaluator.key"), home.path("evaluator.key")).unwrap();
    home.run(&with(&["open"], &uses("five.txt")))
        .fails(4, "refused");
    std::fs::write(home.path("evaluator.key"), evaluator).unwrap();
    // The same questions, answered by somebody else: everything is tried, and nothing opens.
    let strange = FIVE.replace("= ", "= 19").replace("197 March", "8 March");
    write(&home, "five.txt", &strange);
    home.run(&with(&["open"], &uses("five.txt")))
        .fails(4, "wrong-answers");
    assert_eq!(home.json(&["show"]), before);
}

#[test]
fn answers_alone_find_no_account() {
    let home = with_five();
    let alone = ["--json", "open", "--use", "answers:five.txt"];
    let message = home.run(&alone).fails(3, "need-more-shares");
    assert!(message.contains("another factor"), "{message}");
    let words = Home::with(&["device", "words"], "secp256k1");
    write(&words, "five.txt", FIVE);
    let none = [
        "--json",
        "open",
        "--use",
        "device",
        "--use",
        "answers:five.txt",
    ];
    words.run(&none).fails(2, "invalid-change");
    let typed = ["--json", "open", "--use", "device", "--use", "answers"];
    words.run(&typed).fails(2, "usage");
}

#[test]
fn bad_files_are_refused_by_the_line_and_change_nothing() {
    let home = with_five();
    let before = home.json(&["show"]);
    let long = "x".repeat(2000);
    for (text, message) in [
        ("first-teacher", "line 1 of the answers: there is no ="),
        (
            "# x\nnobody = Miller",
            "line 2 of the answers: the account does not ask",
        ),
        (
            "first-teacher = ",
            "line 1 of the answers: the answer is empty",
        ),
        (
            "childhood-phone = none",
            "line 1 of the answers: the answer is to be digits",
        ),
        (
            "\"On which day did we leave?\" = 7/3/1984",
            "day and month could be",
        ),
        (&format!("first-teacher = {long}"), "longer than 1024 bytes"),
        (&long.repeat(40), "longer than 65536 bytes"),
        ("", "there is no answer in the file"),
    ] {
        write(&home, "bad.txt", text);
        let said = home
            .run(&with(&["open"], &uses("bad.txt")))
            .fails(2, "usage");
        assert!(said.contains(message), "{said}");
        assert!(!said.contains("Miller"), "{said}");
    }
    std::fs::write(home.path("bad.txt"), [0xff, 0xfe]).unwrap();
    home.run(&with(&["open"], &uses("bad.txt")))
        .fails(2, "usage");
    write(&home, "bad.txt", "first-teacher = x\npin = 1");
    home.run(&with(&["open"], &uses("bad.txt")))
        .fails(2, "usage");
    write(&home, "bad.txt", "first-teacher = x\nchildhood-phone = 1");
    home.run(&with(&["open"], &uses("bad.txt")))
        .fails(3, "need-more-shares");
    assert_eq!(home.json(&["show"]), before);
}

#[test]
fn a_damaged_evaluator_is_named_and_left_alone() {
    let home = with_five();
    let path = home.path("evaluator.key");
    let whole = std::fs::read(&path).unwrap();
    let mut later = whole.clone();
    later[8] = 2;
    let mut flipped = whole.clone();
    flipped[60] ^= 1;
    for (damaged, code, kind) in [
        (whole[..40].to_vec(), 4, "corrupt-file"),
        (Vec::new(), 4, "corrupt-file"),
        (flipped, 4, "corrupt-file"),
        ([whole.as_slice(), &[0; 2000]].concat(), 4, "corrupt-file"),
        (later, 1, "unsupported"),
    ] {
        std::fs::write(&path, &damaged).unwrap();
        let run = home.run(&with(&["open"], &uses("five.txt")));
        assert!(!run.next().contains("recover"), "{}", run.err);
        let message = run.fails(code, kind);
        assert!(!message.contains("provider"), "{message}");
        assert_eq!(std::fs::read(&path).unwrap(), damaged);
    }
    std::fs::write(&path, &whole).unwrap();
    home.run(&with(&["open"], &uses("five.txt"))).json();
}

#[test]
fn a_share_can_follow_from_answers_and_what_that_leaves_is_shown() {
    let home = Home::new();
    write(&home, "strong.txt", PASSWORD);
    let mut create = vec!["create", "--threshold", "3", "--recovery-out", "words.txt"];
    for factor in ["device", "provider", "words", "answers:strong.txt"] {
        create.extend(["--factor", factor]);
    }
    create.push("--pegged");
    let created = home.json(&create);
    assert_eq!(created["factors"][3]["answers"]["pegged"], true);
    assert_eq!(created["freedom"], 1);
    let text = home.run(&["show", "--use", "provider"]).ok();
    assert!(text.contains("has one coefficient to draw"), "{text}");
    // It opens as it is, after a change of all other shares, and on a new device.
    let all = [
        "--use",
        "device",
        "--use",
        "provider",
        "--use",
        "words:words.txt",
    ];
    let refreshed = home.json(&[&["refresh"][..], &all].concat());
    assert_eq!(refreshed["epoch"], 1);
    let new = without_device(&home);
    let left = [
        "--use",
        "provider",
        "--use",
        "words:words.txt",
        "--use",
        "answers:strong.txt",
    ];
    let recovered = new.json(&[&["recover", "--replace", "1"][..], &left].concat());
    assert_eq!(recovered["addresses"], created["addresses"]);
    // Where two are needed nothing is left to draw, and it says what would help.
    let tight = Home::new();
    write(&tight, "strong.txt", PASSWORD);
    let mut two = create.clone();
    two[2] = "2";
    assert_eq!(tight.json(&two)["freedom"], 0);
    let run = tight.run(&[&["--json", "refresh"][..], &all].concat());
    assert!(run.next().contains("tki threshold set N"), "{}", run.err);
    run.fails(2, "invalid-change");
    // All of the answers are needed, and only answers are pegged.
    create[4] = "other.txt";
    create.extend(["--answers-needed", "1", "--account", "other"]);
    write(&home, "strong.txt", &format!("{PASSWORD}{FIVE}"));
    home.run(&[&["--json"][..], &create].concat())
        .fails(2, "usage");
    let words = ["--json", "factor", "add", "words:x.txt", "--pegged"];
    home.run(&words).fails(2, "usage");
}

#[test]
fn the_catalogue_is_listed_in_every_language_without_a_home() {
    let mut first = Vec::new();
    for language in ["de", "en", "es", "fr"] {
        let mut command = bare(&["--json", "questions", "--language", language]);
        command.env("HOME", "/nonexistent");
        let listed = finish(command, b"").json();
        assert_eq!(listed["language"], language);
        let questions = listed["questions"].as_array().unwrap();
        assert!(questions.len() >= 10);
        for question in questions {
            assert_eq!(
                keys(question),
                ["bits", "flaws", "id", "kind", "text", "why"]
            );
        }
        let flawed = questions.iter().find(|one| one["id"] == "favourite-colour");
        assert!(!flawed.unwrap()["flaws"].as_array().unwrap().is_empty());
        first.push(questions[0]["text"].clone());
    }
    first.dedup();
    assert_eq!(first.len(), 4);
    let mut german = bare(&["questions"]);
    german.env("LC_ALL", "de_DE.UTF-8");
    let german = finish(german, b"").ok();
    assert!(
        german.contains("first-teacher (text, 10 bits)\n  Wie hieß "),
        "{german}"
    );
    assert!(german.contains("not a good question: "), "{german}");
}

#[test]
fn a_question_of_ones_own_is_looked_at() {
    let check =
        |question: &str| finish(bare(&["--json", "questions", "--check", question]), b"").json();
    let bad = check("What is your favourite film?");
    assert_eq!(bad["flaws"].as_array().unwrap().len(), 1);
    assert_eq!(bad["bits"], 4);
    let good = check("What stood on the gate?");
    assert_eq!(good["flaws"], json!([]));
    assert_eq!(good["bits"], 8);
}

#[test]
fn options_for_answers_belong_to_answers() {
    let home = Home::new();
    let create = ["--json", "create", "--recovery-out", "words.txt"];
    for options in [
        &["--answers-needed", "2"][..],
        &["--accept-guessable-answers"],
        &["--evaluator", "local:evaluator.key"],
        &["--pegged"],
    ] {
        let run = home.run(&[&create[..], options].concat());
        assert!(run.err.contains("name the answers"), "{}", run.err);
        run.fails(2, "usage");
        assert!(!home.path("home").exists() && !home.path("words.txt").exists());
    }
    home.run(&create).ok();
    let add = ["--json", "factor", "add", "words:second.txt"];
    let needed = ["--answers-needed", "2"];
    home.run(&[&add[..], &needed].concat()).fails(2, "usage");
    let replace = ["--json", "factor", "replace", "3"];
    home.run(&[&replace[..], &needed].concat())
        .fails(2, "usage");
}

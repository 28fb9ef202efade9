//! `tki structure` and `tki threshold`: who suffices is shown and changed, and the address stays.

use serde_json::{Value, json};

use crate::support::{Home, Run, keys};

/// Device 1, words 2, and, with `grown`, the login 3 and two files, 4 and 5.
fn home() -> Home {
    Home::with(&["device", "words"], "secp256k1")
}

fn grown() -> Home {
    let home = home();
    home.json(&with(&["factor", "add", "provider"], &["device", WORDS]));
    for file in ["a", "b"] {
        let new = format!("file:{file}");
        let add = ["factor", "add", &new, "--label", file];
        home.json(&with(&add, &["device", WORDS]));
    }
    home
}

const WORDS: &str = "words:words.txt";
const ALL: [&str; 5] = ["device", WORDS, "provider", "file:a", "file:b"];

/// A command with exactly these factors.
fn with<'a>(command: &[&'a str], uses: &[&'a str]) -> Vec<&'a str> {
    let mut all = command.to_vec();
    for factor in uses {
        all.extend(["--use", factor]);
    }
    all
}

#[test]
fn where_nobody_can_be_asked_it_has_to_be_said_that_it_is_meant() {
    let home = Home::with(&["device", "provider", "words"], "secp256k1");
    let add = ["factor", "add", "words", "--recovery-out", "four.txt"];
    home.run(&add).ok();
    // One can still be lost afterwards: nobody needs to be asked.
    home.run(&["factor", "remove", "4"]).ok();
    for command in [
        &["threshold", "set", "3"][..],
        &["structure", "set", "all(1, any(2, 3))"],
        &["factor", "remove", "3"],
    ] {
        let run = home.run(&[&["--json"][..], command].concat());
        assert!(run.next().contains("--yes"), "{}", run.err);
        run.fails(2, "usage");
        let said = home.run(command);
        assert_eq!(said.status.code(), Some(2));
        assert!(said.err.contains("now   2 of (device 1"), "{}", said.err);
        assert!(said.err.contains("then  "), "{}", said.err);
        assert_eq!(home.json(&["show"])["account_version"], 2);
    }
    let meant = ["structure", "set", "2 of (1, 2, 2 of (1, 2, 3))", "--yes"];
    home.run(&meant).ok();
    // Of its inner part each would be needed then.
    home.run(&["--json", "factor", "remove", "3"])
        .fails(2, "usage");
    let removed = home.run(&["factor", "remove", "3", "--yes"]);
    assert!(
        removed.status.success() || removed.err.contains("suffice"),
        "{}",
        removed.err
    );
}

fn fails(home: &Home, command: &[&str], uses: &[&str]) -> (String, String) {
    let run: Run = home.run(&[&["--json"][..], &with(command, uses)].concat());
    let next = run.next();
    (run.fails(2, "invalid-change"), next)
}

#[test]
fn thresholds_and_structures_change_and_the_address_does_not() {
    let home = home();
    let created = home.json(&["show"]);
    assert_eq!(
        (&created["structure"], &created["can_lose"]),
        (&json!("all(1, 2)"), &json!(0))
    );
    // 2/2 -> 2/3 -> 3/5.
    let two = ["device", WORDS];
    let added = home.json(&with(&["factor", "add", "provider"], &two));
    assert_eq!(
        (&added["epoch"], &added["structure"]),
        (&json!(0), &json!("2 of (1, 2, 3)"))
    );
    for file in ["file:a", "file:b"] {
        home.json(&with(&["factor", "add", file, "--label", &file[5..]], &two));
    }
    let raised = home.json(&with(&["threshold", "set", "3", "--yes"], &two));
    assert_eq!(
        (&raised["threshold"], &raised["can_lose"]),
        (&json!(3), &json!(2))
    );
    // Nested, by numbers and by names; with weights; and a plain threshold again.
    let steps = [
        (
            "2 of (1, 3, 2 of (2, 4, 5))",
            "2 of (1, 3, 2 of (2, 4, 5))",
            1,
        ),
        (
            "all(device, any(provider, words), any(a, #5))",
            "all(1, any(3, 2), any(4, 5))",
            0,
        ),
        (
            "4 of (device*2, words*2, provider, a, \"b\")",
            "4 of (1*2, 2*2, 3, 4, 5)",
            1,
        ),
    ];
    for (typed, structure, can_lose) in steps {
        let set = home.json(&with(&["structure", "set", typed, "--yes"], &ALL));
        assert_eq!(set["structure"], structure);
        assert_eq!(set["can_lose"], can_lose, "{typed}");
        assert_eq!(set["addresses"], created["addresses"]);
        assert_eq!(
            set["receipt"]["done"],
            json!([format!("these suffice: {structure}")])
        );
        // Asked for again, there is nothing to do.
        let again = home.json(&with(&["structure", "set", structure, "--yes"], &ALL));
        assert_eq!(again["account_version"], set["account_version"]);
        assert_eq!(again.get("receipt"), None);
    }
    step_down(&home, &created["addresses"]);
}

/// To a plain threshold again, and to three factors.
fn step_down(home: &Home, addresses: &Value) {
    let plain = home.json(&with(&["threshold", "set", "2", "--yes"], &ALL));
    assert_eq!(plain["structure"], "2 of (1, 2, 3, 4, 5)");
    for gone in ["4", "5"] {
        home.json(&with(&["factor", "remove", gone, "--yes"], &ALL[..3]));
    }
    let last = home.json(&with(&["open"], &ALL[1..3]));
    assert_eq!(
        (&last["structure"], &last["can_lose"]),
        (&json!("2 of (1, 2, 3)"), &json!(1))
    );
    assert_eq!(last["addresses"], *addresses);
}

#[test]
fn who_suffices_is_shown_with_one_factor() {
    let home = grown();
    let plain = home.run(&["structure", "show"]).ok();
    assert_eq!(
        plain,
        "structure  2 of (1, 2, 3, 4, 5)\n\
         in words   2 of (device 1 (LABEL), words 2, provider 3 (local), file 4 (a), file 5 (b))\n\
         Any 3 of the factors can be lost.\n"
            .replace("LABEL", &label(&home))
    );
    home.json(&with(
        &[
            "structure",
            "set",
            "2 of (device, 2, all(3, any(a, b)))",
            "--yes",
        ],
        &ALL,
    ));
    let shown = home.json(&with(&["structure", "show"], &["provider"]));
    assert_eq!(keys(&shown), ["can_lose", "quorums", "schema", "structure"]);
    assert_eq!(
        shown["quorums"],
        json!([
            ["1", "2"],
            ["1", "3", "4"],
            ["1", "3", "5"],
            ["2", "3", "4"],
            ["2", "3", "5"]
        ])
    );
    assert_eq!(shown["can_lose"], 1);
    let text = home.run(&["structure", "show"]).ok();
    let quorum = "\n  words 2 and provider 3 (local) and file 4 (a)\n";
    assert!(text.contains(quorum), "{text}");
    // It is part of what the account is; a factor list has the numbers.
    let text = home.run(&["show"]).ok();
    assert!(
        text.contains("needed   2 of (1, 2, all(3, any(4, 5)))\n"),
        "{text}"
    );
    assert!(text.contains("You can lose 1 of them."), "{text}");
}

#[test]
fn custody_stays_as_it_is_only_if_everybody_can_do_what_he_could() {
    let home = grown();
    let nested = ["structure", "set", "2 of (1, 2, 2 of (3, 4, 5))", "--yes"];
    let run = home.run(&with(&nested, &["device", WORDS]));
    let said = run.err.clone();
    run.ok();
    assert!(!said.contains("Custody stays as it is"), "{said}");
    assert!(
        said.contains("custody now") && said.contains("custody then"),
        "{said}"
    );
}

fn label(home: &Home) -> String {
    let shown = home.json(&["show"]);
    shown["factors"][0]["label"].as_str().unwrap().to_owned()
}

#[test]
fn too_few_are_told_by_name_who_is_missing() {
    let home = grown();
    home.json(&with(
        &[
            "structure",
            "set",
            "2 of (1, 2, all(3, any(4, 5)))",
            "--yes",
        ],
        &ALL,
    ));
    let run = home.run(&[&["--json"][..], &with(&["open"], &["provider", "file:a"])].concat());
    let message = run.fails(3, "need-more-shares");
    let missing = format!("missing: device 1 ({}), or words 2", label(&home));
    assert!(message.ends_with(&missing), "{message}");
    for enough in [&["provider", "file:a", "device"][..], &["device", WORDS]] {
        home.json(&with(&["open"], enough));
    }
}

#[test]
fn whoever_comes_and_goes_has_a_place_in_the_structure() {
    let home = grown();
    home.json(&with(
        &["structure", "set", "2 of (1, 2, 2 of (3, 4, 5))", "--yes"],
        &ALL,
    ));
    let added = home.json(&with(
        &["factor", "add", "file:c", "--label", "c"],
        &["device", WORDS],
    ));
    // 6 is the inner gate.
    assert_eq!(added["structure"], "2 of (1, 2, 2 of (3, 4, 5), 7)");
    let replaced = home.json(&with(
        &["factor", "replace", "4", "--with", "file:d"],
        &["device", WORDS],
    ));
    assert_eq!(replaced["structure"], "2 of (1, 2, 2 of (3, 8, 5), 7)");
    let removed = home.json(&with(
        &["factor", "remove", "8", "--yes"],
        &["device", WORDS],
    ));
    assert_eq!(removed["structure"], "2 of (1, 2, all(3, 5), 7)");
    let (message, next) = fails(
        &home,
        &["factor", "remove", "5", "--yes"],
        &["device", WORDS],
    );
    assert!(message.contains("could never be satisfied"), "{message}");
    assert!(next.contains("tki factor replace 5"), "{next}");
}

#[test]
fn structures_that_cannot_be_are_refused_with_what_to_do() {
    let home = grown();
    let set = |text| {
        fails(
            &home,
            &["structure", "set", text, "--yes"],
            &["device", WORDS],
        )
    };
    for (text, message, next) in [
        (
            "2 of (1, 2, 3, 4)",
            "does not name factor 5",
            "tki factor remove 5",
        ),
        (
            "any(1, all(2, 3, 4, 5))",
            "factor 1 would suffice alone",
            "beside factor 1",
        ),
        ("any(1, 2, 3, 4, 5)", "at least 2", "from 2 up"),
        (
            "2 of (1, 2, 3, 4, 9)",
            "no factor is called 9",
            "tki factor list",
        ),
        (
            "2 of (1, 2, 3, 4, file)",
            "called file: file 4 (a), file 5 (b)",
            "by its number",
        ),
        (
            "9 of (1, 2, 3, 4, 5)",
            "at 1: 9 of 5 members can never be",
            "tki structure set --help",
        ),
        (
            "2 of (1, 2, 3, 4, 5",
            "at 20: `,` or `)` expected",
            "tki structure set --help",
        ),
        (
            "ranked(1 of (1), 2 of (2, 3, 4, 5))",
            "at 1: an account stores no ranks",
            "--help",
        ),
    ] {
        let (said, what) = set(text);
        assert!(said.contains(message), "{said}");
        assert!(what.contains(next), "{what}");
    }
    let (message, next) = fails(
        &home,
        &["threshold", "set", "6", "--yes"],
        &["device", WORDS],
    );
    assert!(
        message.contains("higher than the number of factors"),
        "{message}"
    );
    assert!(next.contains("tki factor add"), "{next}");
}

#[test]
fn a_threshold_that_leaves_nothing_to_draw_says_what_would_help() {
    let home = Home::new();
    let line = "\"What unlocks it?\" (secret) = correct-horse-battery-staple-and-then-some-more\n";
    std::fs::write(home.path("strong.txt"), line).unwrap();
    let mut create = vec![
        "create",
        "--threshold",
        "3",
        "--recovery-out",
        "words.txt",
        "--pegged",
    ];
    for factor in ["device", "provider", "words", "answers:strong.txt"] {
        create.extend(["--factor", factor]);
    }
    home.json(&create);
    let (_, next) = fails(
        &home,
        &["threshold", "set", "2", "--yes"],
        &["device", "provider", WORDS],
    );
    assert!(next.contains("tki factor replace ID"), "{next}");
    let structure = ["structure", "set", "2 of (1, 2, all(3, 4))", "--yes"];
    let (message, next) = fails(&home, &structure, &["device", "provider", WORDS]);
    assert!(message.contains("needs a plain threshold"), "{message}");
    assert!(next.contains("tki factor replace ID"), "{next}");
}

#[test]
fn an_account_is_created_with_a_structure() {
    let home = Home::new();
    let mut create = vec!["create", "--recovery-out", "words.txt"];
    create.extend(["--structure", "all(device, any(words, provider))"]);
    let created = home.json(&create);
    // The usual three factors are device 1, provider 2, words 3.
    assert_eq!(created["structure"], "all(1, any(3, 2))");
    assert_eq!(created["can_lose"], 0);
    home.json(&with(&["open"], &["device", WORDS]));
    let run = home.run(&[&["--json"][..], &with(&["open"], &["provider", WORDS])].concat());
    run.fails(3, "need-more-shares");
    // Run again, it is the same command.
    let other = Home::new();
    let mut wrong = create.clone();
    wrong[4] = "all(device, any(words, guardian))";
    let run = other.run(&[&["--json"][..], &wrong].concat());
    assert!(run.next().contains("tki factor list"), "{}", run.err);
    run.fails(2, "invalid-change");
    let shown: Value = home.json(&["show"]);
    assert_eq!(shown["threshold"], 2);
}

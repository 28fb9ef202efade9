//! How an account stands, and drills: by the real binary.

use serde_json::Value;

use crate::support::{Home, Run, keys};

const BASE: &[&str] = &["device", "provider", "words"];
const DAY: u64 = 24 * 60 * 60;

fn findings(health: &Value) -> Vec<&str> {
    let findings = health["findings"].as_array().unwrap();
    findings.iter().map(|f| f["id"].as_str().unwrap()).collect()
}

fn finding<'v>(health: &'v Value, id: &str) -> &'v Value {
    let findings = health["findings"].as_array().unwrap();
    let mut found = findings.iter().filter(|finding| finding["id"] == id);
    found
        .next()
        .unwrap_or_else(|| panic!("no {id} in {health}"))
}

/// Where sheets are kept elsewhere, as they should be.
fn with_paper_elsewhere() -> (Home, Home) {
    let (home, elsewhere) = (Home::with(BASE, "secp256k1"), Home::new());
    std::fs::rename(home.path("words.txt"), elsewhere.path("words.txt")).unwrap();
    (home, elsewhere)
}

fn drill(home: &Home, uses: &[&str]) -> Run {
    let mut arguments = vec!["--json", "drill"];
    for factor in uses {
        arguments.extend(["--use", factor]);
    }
    home.run(&arguments)
}

/// The same on a later day.
#[cfg(feature = "faults")]
fn later(home: &Home, days: u64, arguments: &[&str]) -> Run {
    let mut command = home.command(arguments);
    command.env("TKI_FAULT_CLOCK_AHEAD", (days * DAY).to_string());
    crate::support::finish(command, b"")
}

#[test]
fn every_quorum_passes_and_the_date_is_noted() {
    let home = Home::with(BASE, "secp256k1");
    home.run(&["backup", "before.tki"]).ok();
    let shown = home.json(&["show"]);
    for uses in [
        &["device", "provider"][..],
        &["device", "words:words.txt"],
        &["provider", "words:words.txt"],
        &["device", "provider", "words:words.txt"],
    ] {
        let passed = drill(&home, uses).json();
        assert_eq!(
            keys(&passed),
            [
                "account",
                "account_version",
                "address",
                "factors",
                "freshness",
                "noted",
                "passed",
                "schema",
                "verdict"
            ]
        );
        assert_eq!(passed["verdict"], "passed");
        assert_eq!(
            (&passed["passed"], &passed["noted"]),
            (&true.into(), &true.into())
        );
        assert_eq!(passed["address"], shown["addresses"]["evm"]);
        assert_eq!(passed["factors"].as_array().unwrap().len(), uses.len());
    }
    home.run(&["backup", "after.tki"]).ok();
    let [before, after] =
        ["before.tki", "after.tki"].map(|name| std::fs::read(home.path(name)).unwrap());
    assert!(before == after, "a record was written");
    assert_eq!(home.json(&["show"]), shown);
    let health = home.json(&["health"]);
    for factor in health["factors"].as_array().unwrap() {
        assert_ne!(factor["drilled"], Value::Null, "{factor}");
    }
    assert!(!findings(&health).contains(&"never-proven"));
    let text = home
        .run(&["drill", "--use", "device", "--use", "words:words.txt"])
        .ok();
    assert!(text.starts_with("Passed: device 1"), "{text}");
    assert!(text.contains(" + words 3"), "{text}");
    assert!(text.contains("the key was not put together"), "{text}");
    // Without --use it takes what this machine has.
    assert_eq!(
        drill(&home, &[]).json()["factors"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn a_sheet_alone_is_tried_too() {
    let home = Home::with(BASE, "secp256k1");
    let few = drill(&home, &["words:words.txt"]);
    assert!(few.next().contains("tki drill --alone"), "{}", few.err);
    let said = few.fails(3, "need-more-shares");
    assert!(said.contains("words 3"), "{said}");
    let arguments = ["drill", "--alone", "--use", "words:words.txt"];
    let alone = home.json(&arguments);
    assert_eq!(
        (&alone["passed"], &alone["needed"]),
        (&false.into(), &2.into())
    );
    assert_eq!(alone["factors"][0]["identifier"], "3");
    let text = home.run(&arguments).ok();
    assert!(text.starts_with("Sound: words 3"), "{text}");
    assert!(text.contains("2 factors are needed"), "{text}");
    let health = home.json(&["health"]);
    assert_ne!(health["factors"][2]["drilled"], Value::Null);
    assert_eq!(health["factors"][1]["drilled"], Value::Null);
}

#[test]
fn a_drill_works_offline_against_a_backup_and_where_no_device_is() {
    let home = Home::with(BASE, "secp256k1");
    home.run(&["backup", "account.tki"]).ok();
    let uses = ["--use", "device", "--use", "words:words.txt"];
    let with = |before: &[&str]| home.json(&[before, &uses].concat());
    // What copies show is not noted as shown by the account.
    for from in [
        &["drill", "--offline"][..],
        &["drill", "--storage", "bundle:account.tki"],
    ] {
        let drill = with(from);
        assert_eq!(
            (&drill["passed"], &drill["noted"]),
            (&true.into(), &false.into())
        );
    }
    assert_eq!(home.json(&["health"])["factors"][2]["drilled"], Value::Null);
    let text = home
        .run(&[&["drill", "--offline"][..], &uses].concat())
        .ok();
    assert!(text.contains("copies were tried"), "{text}");
    // A machine that only has the backup and the sheets.
    let other = Home::new();
    for file in ["account.tki", "words.txt"] {
        std::fs::copy(home.path(file), other.path(file)).unwrap();
    }
    for file in ["provider.key", "provider.key.anchors"] {
        std::fs::copy(home.path("home").join(file), other.path(file)).unwrap();
    }
    let elsewhere = [
        "drill",
        "--storage",
        "bundle:account.tki",
        "--use",
        "words:words.txt",
        "--use",
        "provider:local:provider.key",
    ];
    let passed = other.json(&elsewhere);
    assert_eq!(
        (&passed["passed"], &passed["noted"]),
        (&true.into(), &false.into())
    );
    let text = other.run(&elsewhere).ok();
    assert!(text.contains("No date was noted"), "{text}");
    // A backup from before a change is no backup of the account any more.
    home.run(&["refresh"]).ok();
    let stale = ["--json", "drill", "--storage", "bundle:account.tki"];
    let said = home.run(&[&stale[..], &uses].concat()).fails(4, "refused");
    assert!(said.contains("version 1"), "{said}");
}

#[test]
fn what_is_damaged_does_not_pass_and_is_named() {
    let home = Home::with(BASE, "secp256k1");
    let other = Home::with(BASE, "secp256k1");
    std::fs::copy(other.path("words.txt"), home.path("other.txt")).unwrap();
    std::fs::copy(home.path("home/storage.redb"), home.path("old.redb")).unwrap();
    std::fs::copy(other.path("home/storage.redb"), home.path("foreign.redb")).unwrap();
    let drill = |uses: &[&str], storage: &str| {
        let mut arguments = vec!["--json", "drill", "--storage", storage];
        uses.iter()
            .for_each(|factor| arguments.extend(["--use", factor]));
        home.run(&arguments)
    };
    let own = "redb:home/storage.redb";
    let pair = ["device", "words:words.txt"];
    // Words of another account.
    let run = drill(&["device", "words:other.txt"], own);
    assert!(run.next().contains("tki factor list"), "{}", run.err);
    let said = run.fails(4, "not-found");
    assert!(
        said.contains("words other.txt") && said.contains("sound by itself: device 1"),
        "{said}"
    );
    // Another account's storage.
    drill(&pair, "redb:foreign.redb").fails(4, "refused");
    // Words with a letter that is another.
    let sheet = std::fs::read_to_string(home.path("words.txt")).unwrap();
    let words = crate::support::words_on(&home.path("words.txt"));
    std::fs::write(
        home.path("typo.txt"),
        sheet.replacen(&words[4], &words[5], 1),
    )
    .unwrap();
    drill(&["device", "words:typo.txt"], own).fails(4, "wrong-words");
    // A storage that was put back.
    home.run(&["refresh"]).ok();
    let said = drill(&pair, "redb:old.redb").fails(4, "refused");
    assert!(said.contains("version 1"), "{said}");
    // A sheet that was replaced.
    home.run(&["factor", "replace", "3", "--recovery-out", "new.txt"])
        .ok();
    let said = drill(&["device", "words:words.txt"], own).fails(4, "removed");
    assert!(said.contains("words words.txt"), "{said}");
    drill(&["device", "words:new.txt"], own).json();
    // A login whose key file is another's.
    std::fs::copy(other.path("home/provider.key"), home.path("other.key")).unwrap();
    drill(&["device", "provider:local:other.key"], own).fails(4, "not-found");
}

#[test]
fn health_says_what_can_be_lost_and_what_to_do() {
    let (home, elsewhere) = with_paper_elsewhere();
    let health = home.json(&["health"]);
    assert_eq!(
        keys(&health),
        [
            "account",
            "address",
            "can_lose",
            "factors",
            "findings",
            "freshness",
            "kept_elsewhere",
            "schema",
            "threshold"
        ]
    );
    assert_eq!(health["can_lose"], 1);
    assert_eq!(health["kept_elsewhere"], serde_json::json!(["3"]));
    // The login's key file is in the home, beside the device.
    let together = finding(&health, "same-machine");
    assert_eq!(together["severity"], "danger");
    assert_eq!(together["factors"], serde_json::json!(["1", "2"]));
    assert_eq!(finding(&health, "never-proven")["severity"], "note");
    for found in health["findings"].as_array().unwrap() {
        assert_eq!(keys(found), ["factors", "id", "next", "severity", "text"]);
        assert_ne!(found["next"], "");
    }
    let text = home.run(&["health"]).ok();
    assert!(
        text.starts_with("You can lose 1 more of 3 factors; something must be done."),
        "{text}"
    );
    assert!(
        text.contains("this device") && text.contains("never tried since"),
        "{text}"
    );
    assert!(
        text.contains("next: tki drill --use device --use words:FILE"),
        "{text}"
    );
    assert!(text.contains("Not known here: where 3 are kept"), "{text}");
    // Findings are no failure, unless it is asked for.
    let strict = home.run(&["--json", "health", "--strict"]);
    assert_eq!(strict.status.code(), Some(7), "{}", strict.err);
    assert_eq!(strict.err, "");
    assert_eq!(
        serde_json::from_str::<Value>(&strict.out).unwrap()["can_lose"],
        1
    );
    drop(elsewhere);
}

#[test]
fn a_sheet_that_lies_in_the_home_or_on_its_disk_is_found() {
    let home = Home::with(&["device", "words"], "secp256k1");
    let health = home.json(&["health"]);
    assert!(!findings(&health).contains(&"same-machine"), "{health}");
    assert_eq!(health["can_lose"], 0);
    assert_eq!(finding(&health, "no-spare")["severity"], "danger");
    let text = home.run(&["health"]).ok();
    assert!(text.starts_with("No factor can be lost"), "{text}");
    let health = home.json(&["health", "--use", "words:words.txt", "--use", "device"]);
    let expected = serde_json::json!(["1", "2"]);
    assert_eq!(finding(&health, "same-machine")["factors"], expected);
    std::fs::rename(home.path("words.txt"), home.path("home/paper.txt")).unwrap();
    let health = home.json(&["health"]);
    assert_eq!(finding(&health, "same-machine")["factors"], expected);
    assert_eq!(health["kept_elsewhere"], serde_json::json!([]));
}

#[test]
fn a_loss_is_warned_of_until_the_factor_is_replaced() {
    let (home, elsewhere) = with_paper_elsewhere();
    let sheet = elsewhere.path("words.txt");
    let words = format!("words:{}", sheet.display());
    assert_eq!(home.json(&["health"])["can_lose"], 1);
    let lost = home.json(&["health", "--lost", "3"]);
    assert_eq!(lost["can_lose"], 0);
    assert!(
        finding(&lost, "lost")["next"]
            .as_str()
            .unwrap()
            .contains("tki factor replace 3")
    );
    assert_eq!(finding(&lost, "no-spare")["severity"], "danger");
    let text = home.run(&["health"]).ok();
    assert!(
        text.starts_with("No factor can be lost: something must be done."),
        "{text}"
    );
    assert!(text.contains("lost since "), "{text}");
    // A refresh gives new shares to all, also to whoever found the sheet.
    home.run(&["refresh"]).ok();
    assert_eq!(home.json(&["health"])["can_lose"], 0);
    // It is found, or tried, or a second one is lost.
    assert_eq!(home.json(&["health", "--found", "3"])["can_lose"], 1);
    home.json(&["health", "--lost", "3"]);
    drill(&home, &["device", &words]).json();
    assert_eq!(home.json(&["health"])["can_lose"], 1);
    home.json(&["health", "--lost", "3"]);
    let two = home.json(&["health", "--lost", "2"]);
    assert_eq!(two["can_lose"], Value::Null);
    finding(&two, "blocked");
    let text = home.run(&["health"]).ok();
    assert!(text.starts_with("Too few factors are left"), "{text}");
    home.json(&["health", "--found", "2"]);
    // What it says to do ends it.
    home.run(&["factor", "replace", "3", "--recovery-out", "new.txt"])
        .ok();
    let health = home.json(&["health"]);
    assert_eq!(health["can_lose"], 1);
    assert!(!findings(&health).contains(&"lost"));
    home.run(&["--json", "health", "--lost", "9"])
        .fails(2, "invalid-change");
    let stranger = Home::new();
    stranger
        .run(&["--json", "health", "--lost", "1"])
        .fails(3, "no-factors");
}

/// Each place where something is kept may be gone.
#[test]
fn any_one_place_can_be_lost() {
    let made = Home::with(BASE, "secp256k1");
    let address = made.json(&["show"])["addresses"].clone();
    made.run(&["backup", "account.tki"]).ok();
    type Loss = (&'static [&'static str], &'static [&'static str]);
    let losses: [Loss; 5] = [
        (
            &["home/accounts"],
            &["--use", "provider", "--use", "words:words.txt"],
        ),
        (
            &["home/provider.key", "home/provider.key.anchors"],
            &["--use", "device", "--use", "words:words.txt"],
        ),
        (&["words.txt"], &["--use", "device", "--use", "provider"]),
        (
            &["home/storage.redb"],
            &["--offline", "--use", "device", "--use", "words:words.txt"],
        ),
        (
            &["home/storage.redb", "home/accounts"],
            &[
                "--storage",
                "bundle:account.tki",
                "--use",
                "provider",
                "--use",
                "words:words.txt",
            ],
        ),
    ];
    for (gone, left) in losses {
        let home = made.copy();
        for path in gone {
            let path = home.path(path);
            if path.is_dir() {
                std::fs::remove_dir_all(path).unwrap();
            } else {
                std::fs::remove_file(path).unwrap();
            }
        }
        let passed = home.json(&[&["drill"][..], left].concat());
        assert_eq!(passed["passed"], true, "{gone:?}");
        let opened = home.json(&[&["open"][..], left].concat());
        assert_eq!(opened["addresses"], address, "{gone:?}");
    }
}

#[cfg(feature = "faults")]
#[test]
fn what_was_not_tried_for_long_is_found() {
    let (home, elsewhere) = with_paper_elsewhere();
    let words = format!("words:{}", elsewhere.path("words.txt").display());
    let health = later(&home, 31, &["--json", "health"]).json();
    assert_eq!(finding(&health, "never-proven")["severity"], "warning");
    drill(&home, &["device", "provider", &words]).json();
    let health = later(&home, 179, &["--json", "health"]).json();
    assert!(!findings(&health).contains(&"stale"));
    let health = later(&home, 181, &["--json", "health"]).json();
    assert_eq!(finding(&health, "stale")["severity"], "warning");
    // A login that opens is tried by that.
    later(&home, 181, &["--json", "open"]).json();
    let health = later(&home, 182, &["--json", "health"]).json();
    let stale: Vec<&Value> = health["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|found| found["id"] == "stale")
        .map(|found| &found["factors"][0])
        .collect();
    assert_eq!(stale, ["3"]);
    // The clock was set back.
    let health = home.json(&["health"]);
    finding(&health, "clock-behind");
}

#[cfg(all(unix, feature = "faults"))]
#[test]
fn somebody_at_a_terminal_is_reminded_in_one_line() {
    use crate::terminal::on_terminal_later;

    const REMINDER: &str = "nobody has tried whether";
    let (home, elsewhere) = with_paper_elsewhere();
    let words = format!("words:{}", elsewhere.path("words.txt").display());
    let seen = |days: u64, options: &[&str]| {
        let arguments = [&["--provider-passphrase-file", "passphrase"], options].concat();
        let seen = on_terminal_later(&home, days * DAY, &arguments)?;
        assert_eq!(seen.code, 0, "{}", seen.text);
        Some(seen.text)
    };
    let Some(early) = seen(170, &["open"]) else {
        return;
    };
    assert!(!early.contains(REMINDER), "{early}");
    let late = seen(200, &["open"]).unwrap();
    assert_eq!(late.matches(REMINDER).count(), 1, "{late}");
    assert!(
        late.contains("For 6 months") && late.contains("words 3"),
        "{late}"
    );
    assert!(
        late.contains("tki drill --use device --use words:FILE"),
        "{late}"
    );
    for silent in [&["open", "--quiet"][..], &["--json", "open"]] {
        let text = seen(200, silent).unwrap();
        assert!(!text.contains(REMINDER), "{text}");
    }
    // Whoever does not look is not told.
    let run = later(&home, 200, &["open"]);
    assert!(!run.err.contains(REMINDER), "{}", run.err);
    run.ok();
    later(&home, 200, &["drill", "--use", "device", "--use", &words]).ok();
    let after = seen(201, &["open"]).unwrap();
    assert!(!after.contains(REMINDER), "{after}");
}

#[cfg(feature = "faults")]
#[test]
fn a_drill_that_is_killed_or_cannot_note_its_date_changes_nothing_else() {
    let made = Home::with(BASE, "secp256k1");
    let arguments = [
        "--json",
        "drill",
        "--use",
        "device",
        "--use",
        "words:words.txt",
    ];
    let count = made.copy();
    let mut command = count.command(&arguments);
    command.env("TKI_FAULT_COUNT", count.path("points"));
    crate::support::finish(command, b"").json();
    let points = std::fs::read_to_string(count.path("points")).unwrap();
    assert!(points.lines().count() > 1, "{points}");
    assert!(!points.contains("commit"), "{points}");
    let before = made.json(&["show"]);
    for (number, point) in (1..).zip(points.lines()) {
        let home = made.copy();
        let mut command = home.command(&arguments);
        command.env("TKI_FAULT_KILL_AT", number.to_string());
        let run = crate::support::finish(command, b"");
        assert!(crate::kill::was_killed(run.status), "{point}");
        assert_eq!(home.json(&["show"]), before, "{point}");
        assert_eq!(home.run(&arguments).json()["noted"], true, "{point}");
        let home = made.copy();
        let mut command = home.command(&arguments);
        command
            .env("TKI_FAULT_FAIL_AT", number.to_string())
            .env("TKI_FAULT_FAIL_AS", "full");
        let passed = crate::support::finish(command, b"");
        if passed.status.success() {
            assert_eq!(passed.json()["passed"], true, "{point}");
        }
        assert_eq!(home.json(&["show"]), before, "{point}");
    }
}

#[test]
fn records_that_are_only_here_are_warned_of_until_there_is_a_backup() {
    let home = Home::new();
    let created = home.run(&[
        "create",
        "--factor",
        "device",
        "--factor",
        "words:a.txt",
        "--factor",
        "words:b.txt",
    ]);
    assert!(created.err.contains("tki backup FILE"), "{}", created.err);
    created.ok();
    drill(&home, &["device", "words:a.txt", "words:b.txt"]).json();
    let text = home.run(&["health"]).ok();
    assert!(text.contains("something should be done"), "{text}");
    let health = home.json(&["health"]);
    assert_eq!(findings(&health), ["records-here"]);
    let next = finding(&health, "records-here")["next"].as_str().unwrap();
    assert!(next.contains("tki backup FILE"), "{next}");
    home.run(&["backup", "account.tki"]).ok();
    let text = home.run(&["health"]).ok();
    assert!(text.contains("nothing has to be done"), "{text}");
    // A backup of another version is none.
    home.run(&["refresh", "--use", "device", "--use", "words:a.txt"])
        .ok();
    assert_eq!(findings(&home.json(&["health"])), ["records-here"]);
}

#[test]
fn counts_and_commands_are_right_where_not_any_so_many_suffice() {
    let home = Home::with(&["device", "provider", "words"], "secp256k1");
    for (factor, file) in [("words", "a4.txt"), ("words", "a5.txt")] {
        home.run(&["factor", "add", factor, "--recovery-out", file])
            .ok();
    }
    home.run(&["structure", "set", "2 of (1, 2, 2 of (3, 4, 5))", "--yes"])
        .ok();
    let few = drill(&home, &["device", "words:a4.txt"]);
    let said = few.fails(3, "need-more-shares");
    assert!(said.contains("missing: provider 2"), "{said}");
    assert!(!said.contains("factors are needed"), "{said}");
    let alone = home
        .run(&["drill", "--alone", "--use", "words:a4.txt"])
        .ok();
    assert!(
        alone.contains("missing: ") && alone.contains(", or "),
        "{alone}"
    );
    // What health says to run is a quorum with the factor that it is about.
    let health = home.json(&["health"]);
    let untried = health["findings"].as_array().unwrap().iter();
    let untried: Vec<&Value> = untried.filter(|f| f["id"] == "never-proven").collect();
    // All but this device and the one that was just tried.
    assert_eq!(untried.len(), 3);
    let sheets = [("3", "words.txt"), ("4", "a4.txt"), ("5", "a5.txt")];
    for found in untried {
        let mut command = found["next"].as_str().unwrap().to_owned();
        for (number, sheet) in sheets {
            command = command.replace(&format!("FILE-{number}"), sheet);
        }
        let arguments: Vec<&str> = command.split(' ').skip(1).collect();
        let passed = home.json(&arguments);
        assert_eq!(passed["passed"], true, "{command}");
        let factors = passed["factors"].as_array().unwrap().iter();
        let mut names = factors.map(|factor| &factor["identifier"]);
        assert!(names.any(|name| *name == found["factors"][0]), "{command}");
    }
    // Only what is needed is named.
    home.run(&["structure", "set", "all(1, any(2, 3, 4, 5))", "--yes"])
        .ok();
    let health = home.json(&["health"]);
    assert_eq!(
        finding(&health, "no-spare")["factors"],
        serde_json::json!(["1"])
    );
}

#[test]
fn old_secrets_are_mended_by_the_commands_that_are_named() {
    let home = Home::with(BASE, "secp256k1");
    home.run(&["factor", "add", "words", "--recovery-out", "a4.txt"])
        .ok();
    home.run(&["factor", "remove", "3", "--yes"]).ok();
    let health = home.json(&["health"]);
    let next = finding(&health, "old-secrets")["next"].as_str().unwrap();
    assert!(next.contains("tki renew 1 --use device"), "{next}");
    assert!(
        next.contains("tki renew 4 --use device --use words:FILE"),
        "{next}"
    );
    for (number, command) in next.split("; ").enumerate() {
        let command = command.replace("NEW-FILE", &format!("new{number}.txt"));
        let command = command.replace("words:FILE", "words:a4.txt");
        let arguments: Vec<&str> = command.split(' ').skip(1).collect();
        home.run(&arguments).ok();
    }
    assert!(!findings(&home.json(&["health"])).contains(&"old-secrets"));
}

#[test]
fn an_unfinished_move_is_found() {
    let home = Home::with(BASE, "secp256k1");
    home.run(&["rotate"]).ok();
    let health = home.json(&["health"]);
    let next = finding(&health, "moving")["next"].as_str().unwrap();
    let shown = home.json(&["show"]);
    let address = shown["next_key"]["addresses"]["evm"].as_str();
    let address = address.or_else(|| shown["next_key"]["address"].as_str());
    let address = address.unwrap();
    assert!(
        next.contains(&format!("tki rotate --cancel {address}")),
        "{next}"
    );
    let (_, confirm) = next.split_once(": tki ").unwrap();
    let (confirm, _) = confirm.split_once(';').unwrap();
    let arguments: Vec<&str> = confirm.split(' ').chain(["--yes"]).collect();
    home.run(&arguments).ok();
    assert!(!findings(&home.json(&["health"])).contains(&"moving"));
}

#[test]
fn a_drill_that_nothing_vouches_for_says_so() {
    let home = Home::new();
    home.run(&[
        "create",
        "--factor",
        "device",
        "--factor",
        "words:a.txt",
        "--factor",
        "words:b.txt",
    ])
    .ok();
    home.run(&["backup", "account.tki"]).ok();
    let other = Home::new();
    std::fs::copy(home.path("account.tki"), other.path("account.tki")).unwrap();
    // The words alone, without the version that is printed beside them.
    for file in ["a.txt", "b.txt"] {
        let words = crate::support::words_on(&home.path(file)).join(" ");
        std::fs::write(other.path(file), words).unwrap();
    }
    let arguments = [
        "drill",
        "--storage",
        "bundle:account.tki",
        "--use",
        "words:a.txt",
        "--use",
        "words:b.txt",
    ];
    assert_eq!(other.json(&arguments)["verdict"], "passed-unverified");
    let fresh = [&arguments[..], &["--require-fresh"]].concat();
    let run = other.run(&[&["--json"][..], &fresh].concat());
    assert_eq!(run.status.code(), Some(4), "{}", run.err);
    assert!(
        run.out.contains("\"verdict\":\"passed-unverified\""),
        "{}",
        run.out
    );
    assert!(run.err.contains("\"kind\":\"unverified\""), "{}", run.err);
    let known = [&fresh[..], &["--at-least-version", "0"]].concat();
    assert_eq!(other.json(&known)["verdict"], "passed");
    let text = other.run(&arguments).ok();
    assert!(
        text.starts_with("Passed as of version 0, which may be an old one"),
        "{text}"
    );
}

#[test]
fn a_drill_that_is_refused_leaves_the_dates_as_they_were() {
    let (home, other) = (Home::with(BASE, "secp256k1"), Home::with(BASE, "secp256k1"));
    std::fs::copy(home.path("home/storage.redb"), home.path("old.redb")).unwrap();
    std::fs::copy(other.path("home/storage.redb"), home.path("foreign.redb")).unwrap();
    home.run(&["refresh"]).ok();
    drill(&home, &["device", "words:words.txt"]).json();
    let package = || std::fs::read(home.path("home/accounts/main/device.tki")).unwrap();
    let (dates, noted) = (home.json(&["health"])["factors"].clone(), package());
    assert!(dates[2]["drilled"].is_u64(), "{dates}");
    let uses = ["--use", "device", "--use", "words:words.txt"];
    // A storage that was put back, another account's, and a sheet that is not there.
    for storage in ["redb:old.redb", "redb:foreign.redb"] {
        let refused = [&["--json", "drill", "--storage", storage], &uses[..]].concat();
        home.run(&refused).fails(4, "refused");
    }
    let missing = drill(&home, &["device", "words:nowhere.txt"]);
    assert_ne!(missing.status.code(), Some(0));
    assert_eq!(package(), noted);
    assert_eq!(home.json(&["health"])["factors"], dates);
}

#[test]
fn one_memory_for_everything_is_noted() {
    let home = Home::new();
    let with = |arguments: &[&str]| {
        let mut command = crate::support::bare(arguments);
        command
            .current_dir(home.path(""))
            .env("TKI_HOME", home.path("home"))
            .args(["--passphrase-file", "passphrase"])
            .args(["--provider-passphrase-file", "passphrase"]);
        crate::support::finish(command, b"")
    };
    with(&["create", "--recovery-out", "words.txt"]).ok();
    let health = with(&["--json", "health"]).json();
    let found = finding(&health, "one-memory");
    assert_eq!(found["severity"], "note");
    assert_eq!(found["factors"], serde_json::json!(["1", "2"]));
    // A second sheet makes up for it.
    with(&["factor", "add", "words", "--recovery-out", "more.txt"]).ok();
    let health = with(&["--json", "health"]).json();
    assert!(!findings(&health).contains(&"one-memory"), "{health}");
}

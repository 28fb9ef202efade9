//! `tki custody`, and accounts that are made over a structure to begin with.

use std::process::Command;

use serde_json::Value;

use crate::support::{Home, bare, finish, has};

/// The coalitions of an ability, each with its parties joined by plus signs.
fn ways(report: &Value, ability: &str) -> Vec<String> {
    let ways = report[ability].as_array().unwrap().iter();
    let parties = |way: &Value| -> Vec<String> {
        let parties = way.as_array().unwrap().iter();
        parties.map(|id| id.as_str().unwrap().to_owned()).collect()
    };
    ways.map(|way| parties(way).join("+")).collect()
}

fn base() -> Home {
    Home::with(&["device", "provider", "words"], "secp256k1")
}

#[test]
fn what_is_in_this_home_is_taken_with_this_machine() {
    let home = base();
    // A plain package, a local login under a passphrase and a storage file, all on one disk.
    let report = home.json(&["custody", "--use", "device"]);
    assert_eq!(
        ways(&report, "use"),
        ["place-of:1+place-of:3", "place-of:1+guesser:2"]
    );
    // One theft, and a passphrase that would have to be guessed, are one accident.
    assert_eq!(report["self_custodial"], false);
    assert_eq!(ways(&report, "block"), [""; 0]);
    assert_eq!(ways(&report, "destroy")[0], "place-of:1");
    let text = home.run(&["custody", "--use", "device"]).ok();
    assert!(!text.contains("self-custodial"), "{text}");
    assert!(text.starts_with("Whoever steals device 1"), "{text}");
    assert!(text.contains("and guesses the passphrase of"), "{text}");
    assert!(text.contains("--lock 1=sealed"), "{text}");
    // What is kept together is said in the sentences once, and in no row.
    assert_eq!(text.matches("[with").count(), 1, "{text}");
    assert!(text.contains("\n  with device 1"), "{text}");
    // Unless it is one that nobody guesses.
    let strong = home.json(&["custody", "--use", "device", "--lock", "2=sealed"]);
    assert_eq!(strong["self_custodial"], true);
    assert!(
        text.contains("One loss for good is enough to destroy the key: device 1"),
        "{text}"
    );
}

#[test]
fn a_login_and_a_storage_of_others_cannot_use_it_and_a_second_factor_of_theirs_can() {
    let home = base();
    let others = [
        "custody",
        "--use",
        "device",
        "--keeper",
        "2=acme",
        "--keeper",
        "storage=acme",
        "--lock",
        "2=open",
        "--open-storage",
    ];
    let report = home.json(&others);
    assert_eq!(report["self_custodial"], true);
    assert_eq!(
        ways(&report, "use"),
        [
            "place-of:1+place-of:3",
            "place-of:1+keeper:acme",
            "place-of:3+keeper:acme"
        ]
    );
    // The words are behind the login of acme as well.
    let together = [&others[..], &["--together", "2,3"]].concat();
    let report = home.json(&together);
    assert_eq!(report["self_custodial"], false);
    assert_eq!(ways(&report, "use"), ["keeper:acme"]);
    let text = home.run(&together).ok();
    assert!(
        text.starts_with("Acme alone can use the key without you."),
        "{text}"
    );
    assert!(!text.contains("self-custodial"), "{text}");
    assert!(text.contains("acme: factor 2, factor 3, storage"), "{text}");
}

#[test]
fn an_imported_key_is_self_custodial_only_without_old_copies() {
    let home = Home::new();
    let key = "1".repeat(64);
    let import = [
        "import",
        "-",
        "--format",
        "hex",
        "--recovery-out",
        "words.txt",
    ];
    home.run_with_input(&import, key.as_bytes()).ok();
    let report = home.json(&["custody", "--use", "device"]);
    assert_eq!(ways(&report, "use")[0], "old-copies");
    assert_eq!(report["self_custodial"], false);
    let none_left = ["custody", "--use", "device", "--no-old-copies"];
    let report = home.json(&[&none_left[..], &["--lock", "2=sealed"]].concat());
    assert_eq!(report["self_custodial"], true);
}

#[test]
fn the_picture_is_xml_and_the_same_each_time() {
    let home = Home::new();
    let name = "<nobody> & \"sons\"";
    for file in ["one.svg", "two.svg"] {
        let keeper = format!("2={name}");
        let draw = [
            "custody", "--preset", "balanced", "--keeper", &keeper, "--svg", file,
        ];
        home.run(&draw).ok();
    }
    let [one, two] = ["one.svg", "two.svg"].map(|file| std::fs::read(home.path(file)).unwrap());
    assert_eq!(one, two);
    let text = String::from_utf8(one).unwrap();
    assert!(
        text.contains("&lt;nobody&gt; &amp; &quot;sons&quot;"),
        "{text}"
    );
    // A picture is never written over.
    let again = ["--json", "custody", "--preset", "easy", "--svg", "one.svg"];
    home.run(&again).fails(6, "exists");
    if !has("python3", "--version") {
        return;
    }
    let parse = "import sys, xml.dom.minidom as x; x.parse(sys.argv[1])";
    let mut command = Command::new("python3");
    command.args(["-I", "-c", parse]).arg(home.path("one.svg"));
    assert!(command.status().unwrap().success());
}

#[test]
fn what_is_said_of_nothing_that_is_there_is_refused() {
    let home = base();
    for said in [
        ["--keeper", "9=bank"],
        ["--at", "backup:1=home"],
        ["--together", "2,9"],
        ["--lock", "9=open"],
    ] {
        let arguments = [&["--json", "custody", "--use", "device"][..], &said].concat();
        let message = home.run(&arguments).fails(2, "usage");
        assert!(message.contains("nothing is called"), "{message}");
    }
    for said in [
        ["--keeper", "bank"],
        ["--together", "2"],
        ["--lock", "1=good"],
    ] {
        let arguments = [&["--json", "custody"][..], &said].concat();
        home.run(&arguments).fails(2, "usage");
    }
}

#[test]
fn presets_are_looked_at_without_a_home() {
    let report = |preset: &str| -> Value {
        let command = bare(&["--json", "custody", "--preset", preset]);
        finish(command, b"").json()
    };
    let told = |preset: &str| report(preset)["self_custodial"] == true;
    assert!(told("easy") && told("balanced") && told("strong"));
    assert!(!told("institution"));
    // The login and the storage together cannot, nor with the paper or the file alone.
    let balanced = ways(&report("balanced"), "use");
    assert_eq!(
        balanced,
        [
            "place-of:1+keeper-of:2+guesser:1",
            "place-of:3+place-of:4+keeper-of:2",
            "place-of:1+place-of:3+place-of:4+guesser:1"
        ]
    );
    let tables = finish(bare(&["custody", "--presets"]), b"").ok();
    for preset in ["easy", "balanced", "strong", "institution"] {
        assert!(tables.contains(&format!("### `{preset}`")), "{tables}");
    }
}

#[test]
fn accounts_are_made_over_presets_and_are_worth_what_the_table_says() {
    for (preset, extra) in [
        ("easy", &["--recovery-out", "words.txt"][..]),
        (
            "balanced",
            &["--recovery-out", "words.txt", "--factor", "file:file.txt"],
        ),
        (
            "strong",
            &[
                "--factor",
                "words:words.txt",
                "--factor",
                "words:elsewhere.txt",
                "--factor",
                "file:file.txt",
                "--factor",
                "file:other.txt",
            ],
        ),
        (
            "institution",
            &[
                "--factor",
                "file:officer1.txt",
                "--factor",
                "file:officer2.txt",
                "--factor",
                "file:officer3.txt",
                "--factor",
                "file:auditor1.txt",
                "--factor",
                "file:auditor2.txt",
            ],
        ),
    ] {
        let home = Home::new();
        let create = [&["create", "--preset", preset][..], extra].concat();
        home.run(&create).ok();
        check_preset(&home, preset);
    }
}

/// The account, with everything where the preset says it is, has the preset's own table.
fn check_preset(home: &Home, preset: &str) {
    let uses: &[&str] = if preset == "institution" {
        &["--use", "file:officer1.txt"]
    } else {
        &["--use", "device"]
    };
    let mut arguments = vec!["custody", "--open-storage", "--keeper", "storage=server"];
    arguments.extend(uses);
    match preset {
        "easy" | "balanced" => {
            arguments.extend([
                "--lock",
                "1=passphrase",
                "--lock",
                "2=open",
                "--keeper",
                "2=login",
            ]);
        }
        "strong" => arguments.extend(["--lock", "1=passphrase", "--backups", "1"]),
        _ => {
            arguments.extend(["--backups", "1"]);
            for keeper in [
                "1=officer 1",
                "2=officer 2",
                "3=officer 3",
                "4=auditor 1",
                "5=auditor 2",
            ] {
                arguments.extend(["--keeper", keeper]);
            }
        }
    }
    let here = home.json(&arguments);
    let there = home.json(&["custody", "--preset", preset]);
    let same = |ability: &str| {
        let rename = |way: String| {
            let way = way.replace("keeper:login", "keeper-of:2");
            let mut parties: Vec<String> = way
                .replace("keeper:server", "storage")
                .split('+')
                .map(str::to_owned)
                .collect();
            parties.sort();
            parties.join("+")
        };
        let sorted = |report: &Value| {
            let mut ways: Vec<String> = ways(report, ability).into_iter().map(rename).collect();
            ways.sort();
            ways
        };
        assert_eq!(sorted(&here), sorted(&there), "{preset}: {ability}");
    };
    ["use", "recover", "block", "destroy"]
        .into_iter()
        .for_each(same);
    assert_eq!(here["self_custodial"], there["self_custodial"]);
}

#[test]
fn balanced_is_opened_by_what_the_table_lists_and_by_nothing_less() {
    let home = Home::new();
    let create = [
        "create",
        "--preset",
        "balanced",
        "--recovery-out",
        "words.txt",
        "--factor",
        "file:file.txt",
    ];
    home.run(&create).ok();
    let (device, login) = ("device", "provider");
    let (words, file) = ("words:words.txt", "file:file.txt");
    let opens = |uses: &[&str]| {
        let mut arguments = vec!["open"];
        uses.iter()
            .for_each(|factor| arguments.extend(["--use", factor]));
        home.run(&arguments).status.success()
    };
    assert!(opens(&[device, login]));
    assert!(opens(&[device, words, file]));
    assert!(opens(&[login, words, file]));
    for few in [
        &[login, words][..],
        &[login, file],
        &[words, file],
        &[device, words],
        &[device, file],
    ] {
        assert!(!opens(few), "{few:?}");
    }
}

#[test]
fn a_preset_says_what_it_lacks() {
    let home = Home::new();
    let create = |more: &[&str]| {
        let arguments = [&["--json", "create"][..], more].concat();
        home.run(&arguments).fails(2, "usage")
    };
    let message = create(&["--preset", "balanced", "--recovery-out", "words.txt"]);
    assert!(message.contains("balanced has a file"), "{message}");
    let message = create(&["--preset", "easy", "--factor", "file:file.txt"]);
    assert!(message.contains("easy has no place for"), "{message}");
    create(&["--preset", "easy", "--threshold", "3"]);
    assert!(!home.path("home").exists());
}

#[test]
fn a_structure_of_before_and_old_records_take_the_word_away() {
    let home = base();
    let custody = [
        "custody", "--use", "device", "--keeper", "2=bank", "--keeper", "3=notary", "--lock",
        "2=open",
    ];
    home.run(&[
        "threshold",
        "set",
        "3",
        "--yes",
        "--use",
        "device",
        "--use",
        "words:words.txt",
    ])
    .ok();
    assert_eq!(home.json(&custody)["self_custodial"], false);
    let text = home.run(&custody).ok();
    assert!(text.contains("tki rotate"), "{text}");
    let kept = [&custody[..], &["--no-archive"]].concat();
    assert_eq!(home.json(&kept)["self_custodial"], true);
}

#[test]
fn a_sheet_in_the_home_is_taken_with_this_machine() {
    let home = base();
    let custody = ["custody", "--use", "device", "--lock", "2=sealed"];
    assert_eq!(home.json(&custody)["self_custodial"], true);
    std::fs::copy(home.path("words.txt"), home.path("home/words.txt")).unwrap();
    let report = home.json(&custody);
    assert!(
        !ways(&report, "use").contains(&"place-of:1+place-of:3".to_owned()),
        "{report}"
    );
}

#[test]
fn two_passphrases_on_one_machine_are_guessed_by_one_thief() {
    let home = base();
    let machine = [
        "custody",
        "--use",
        "device",
        "--together",
        "1,2",
        "--lock",
        "1=passphrase",
        "--lock",
        "2=passphrase",
    ];
    let report = home.json(&machine);
    assert_eq!(report["self_custodial"], false);
    let stolen = "place-of:1+guesser:1+guesser:2".to_owned();
    assert!(ways(&report, "use").contains(&stolen), "{report}");
    let sealed = home.json(&[&machine[..7], &["--lock", "2=sealed"]].concat());
    assert_eq!(sealed["self_custodial"], true);
}

/// A renewal of the words that happened, and whose end this device did not see.
#[cfg(feature = "faults")]
#[test]
fn new_words_that_a_device_noted_are_taken_with_it() {
    use crate::kill::kill_at;

    let home = base();
    let custody = ["custody", "--use", "device", "--lock", "2=sealed"];
    assert_eq!(home.json(&custody)["self_custodial"], true);
    let renew = [
        "renew",
        "3",
        "--use",
        "device",
        "--use",
        "words:words.txt",
        "--recovery-out",
        "new.txt",
    ];
    kill_at(&home, &renew, "commit: after");
    let report = home.json(&custody);
    assert_eq!(ways(&report, "use")[0], "place-of:1");
    assert_eq!(report["self_custodial"], false);
    // Once the device has seen the end, it has them no more.
    home.run(&["open"]).ok();
    assert_eq!(home.json(&custody)["self_custodial"], true);
}

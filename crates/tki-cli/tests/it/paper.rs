//! Words as a page to print, and a key as words of SLIP-39.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Home, Run, has};

const BASE: &[&str] = &["device", "provider"];

/// A home whose words are on a page.
fn home() -> Home {
    let home = Home::new();
    home.json(&["create", "--recovery-out", "sheet.html"]);
    home
}

#[test]
fn words_are_read_back_from_the_page_and_it_needs_nothing_else() {
    let home = home();
    let page = std::fs::read_to_string(home.path("sheet.html")).unwrap();
    let created = home.json(&["show"]);
    assert!(page.contains(created["addresses"]["evm"].as_str().unwrap()));
    assert_eq!(page.matches("<li>").count(), 24 + 4 + 5);
    for outside in [
        "<script", "http:", "https:", "url(", "<link", "<img", " src=", " href=",
    ] {
        let page = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!page.contains(outside), "{outside}");
    }
    let opened = home.json(&["open", "--use", "words:sheet.html", "--use", "device"]);
    assert_eq!(opened["addresses"], created["addresses"]);
    // The version on it is a witness, as that of the sheet of text is.
    let later = page.replace("<td id=\"version\">0<", "<td id=\"version\">7<");
    assert_ne!(later, page);
    std::fs::write(home.path("later.html"), later).unwrap();
    let run = home.run(&[
        "--json",
        "open",
        "--use",
        "words:later.html",
        "--use",
        "device",
    ]);
    assert_eq!(run.status.code(), Some(4), "{}", run.err);
    // A page that lost some of itself says so, and opens nothing.
    for length in (0..page.len()).step_by(499) {
        std::fs::write(home.path("torn.html"), &page.as_bytes()[..length]).unwrap();
        let run = home.run(&[
            "--json",
            "open",
            "--use",
            "words:torn.html",
            "--use",
            "device",
        ]);
        let whole = page[..length].contains("<!-- end of words -->");
        assert_eq!(
            run.status.code(),
            Some(if whole { 0 } else { 4 }),
            "{length}: {}",
            run.err
        );
    }
}

/// The Python that reads codes, where `xtask/setup/paper.sh` put it; says so if it is not.
#[expect(
    clippy::disallowed_methods,
    reason = "where caches are is said by the environment"
)]
#[expect(clippy::print_stdout, reason = "a test that is skipped says why")]
fn python() -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache"));
    let folder = cache.or(home)?.join("tki/paper");
    if !folder.join("packages").exists() {
        println!("skipped, because there are no readers of paper: bash xtask/setup/paper.sh");
        return None;
    }
    Some(folder.join("bin/python"))
}

fn chromium(home: &Home, arguments: &[&str]) {
    let mut command = Command::new("chromium");
    command
        .current_dir(home.path(""))
        .env("HOME", home.path(""));
    command.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
    ]);
    let output = command.args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

#[test]
fn the_page_is_one_sheet_of_paper_and_a_foreign_reader_reads_its_code() {
    let Some(python) = python() else { return };
    if !has("chromium", "--version") {
        return;
    }
    let home = home();
    chromium(
        &home,
        &[
            "--no-pdf-header-footer",
            "--print-to-pdf=sheet.pdf",
            "sheet.html",
        ],
    );
    let pdf = std::fs::read(home.path("sheet.pdf")).unwrap();
    let pages = String::from_utf8_lossy(&pdf)
        .matches("/Type /Page\n")
        .count();
    assert_eq!(pages, 1, "pages");
    let picture = [
        "--window-size=900,1270",
        "--screenshot=sheet.png",
        "sheet.html",
    ];
    chromium(&home, &picture);
    let script =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../tki-formats/tests/foreign/paper.py");
    let mut command = Command::new(python);
    command.arg(script).arg("png").arg(home.path("sheet.png"));
    let output = command.output().unwrap();
    assert!(output.status.success());
    std::fs::write(home.path("scanned.txt"), output.stdout).unwrap();
    home.json(&["open", "--use", "words:scanned.txt", "--use", "device"]);
}

#[test]
fn shares_of_a_key_give_it_back_without_the_account() {
    for curve in ["secp256k1", "ed25519", "p256"] {
        let home = Home::with(BASE, curve);
        let export = [
            "export",
            "--format",
            "slip39",
            "--threshold",
            "2",
            "--shares",
            "3",
        ];
        let exported = home.json(&[&export[..], &["--output", "shares"]].concat());
        assert_eq!(exported["files"].as_array().unwrap().len(), 3);
        assert_eq!(
            (&exported["threshold"], &exported["shares"]),
            (&2.into(), &3.into())
        );
        std::fs::remove_dir_all(home.path("home")).unwrap();
        let import = [
            "--account",
            "again",
            "import",
            "--format",
            "slip39",
            "--curve",
            curve,
        ];
        let files = ["shares/share-3-of-3.txt", "shares/share-1-of-3.txt"];
        let mut all = [&import[..], &files[..]].concat();
        all.extend(["--factor", "device", "--factor", "provider"]);
        let again = home.json(&all);
        assert_eq!(again["addresses"], exported["addresses"]);
    }
}

#[test]
fn shares_that_are_too_few_wrong_or_something_else_make_nothing() {
    let home = Home::with(&["device", "provider", "words"], "secp256k1");
    let export = [
        "export",
        "--format",
        "slip39",
        "--threshold",
        "2",
        "--shares",
        "3",
    ];
    home.json(&[&export[..], &["--output", "one"]].concat());
    home.json(&[&export[..], &["--output", "two"]].concat());
    let import = |files: &[&str]| {
        let mut all = vec![
            "--json",
            "--account",
            "again",
            "import",
            "--format",
            "slip39",
        ];
        all.extend(files);
        all.extend(["--factor", "device", "--factor", "provider:local:other.key"]);
        home.run(&all)
    };
    let first = "one/share-1-of-3.txt";
    import(&[first]).fails(2, "usage");
    import(&[first, first]).fails(2, "usage");
    import(&[first, "two/share-2-of-3.txt"]).fails(4, "wrong-words");
    let said = import(&["words.txt", first]).fails(4, "wrong-words");
    assert!(said.contains("BIP-39"), "{said}");
    let share = std::fs::read_to_string(home.path(first)).unwrap();
    std::fs::write(home.path("torn"), &share[..share.len() - 12]).unwrap();
    import(&[first, "torn"]).fails(4, "wrong-words");
    // And a share is no words, and no single file of a key.
    let uses = format!("words:{first}");
    let said = home.run(&["--json", "open", "--use", &uses, "--use", "device"]);
    assert!(said.fails(4, "wrong-words").contains("SLIP-39"));
    let bare = ["--json", "--account", "again", "import", first];
    home.run(&bare).fails(2, "usage");
    // How many, and where to.
    let few = [
        "--json", "export", "--format", "slip39", "--output", "three",
    ];
    home.run(&few).fails(2, "usage");
    let all = [&["--json"], &export[..], &["--output", "home"]].concat();
    home.run(&all).fails(6, "exists");
}

const TO_SHARES: &[&str] = &[
    "export",
    "--format",
    "slip39",
    "--threshold",
    "2",
    "--shares",
    "3",
    "--output",
];

/// Exports shares into a folder.
fn to_shares(home: &Home, folder: &str) -> Run {
    home.run(&[&["--json"], TO_SHARES, &[folder]].concat())
}

#[test]
fn shares_clear_away_their_own_leftovers_and_nothing_else() {
    let home = Home::with(BASE, "secp256k1");
    let unfinished = home.path("shares.unfinished");
    std::fs::create_dir(&unfinished).unwrap();
    let kept = ["notes.txt", "share-1-of-5.txt", "share-9-of-5.txt"];
    for name in kept {
        std::fs::write(unfinished.join(name), "x").unwrap();
    }
    let said = to_shares(&home, "shares").fails(6, "exists");
    assert!(said.contains("shares.unfinished"), "{said}");
    assert!(kept.iter().all(|name| unfinished.join(name).exists()));
    assert!(!home.path("shares").exists());
    // What runs that were killed leave.
    for name in ["notes.txt", "share-9-of-5.txt"] {
        std::fs::remove_file(unfinished.join(name)).unwrap();
    }
    std::fs::write(unfinished.join(".share-2-of-5.txt.12-0.tmp"), "x").unwrap();
    to_shares(&home, "shares").json();
    assert!(!unfinished.exists());
    assert_eq!(std::fs::read_dir(home.path("shares")).unwrap().count(), 3);
    // No folder at all.
    std::fs::write(home.path("other.unfinished"), "x").unwrap();
    to_shares(&home, "other").fails(6, "exists");
    assert!(home.path("other.unfinished").exists());
}

#[cfg(unix)]
#[test]
fn shares_go_through_no_link_and_into_no_folder_that_was_there() {
    use std::os::unix::fs::{PermissionsExt, chown, symlink};

    let home = Home::with(BASE, "secp256k1");
    std::fs::create_dir(home.path("precious")).unwrap();
    let share = home.path("precious/share-1-of-3.txt");
    std::fs::write(&share, "x").unwrap();
    for target in ["precious", "nowhere"] {
        symlink(target, home.path("shares.unfinished")).unwrap();
        to_shares(&home, "shares").fails(6, "exists");
        assert!(share.exists() && !home.path("nowhere").exists());
        std::fs::remove_file(home.path("shares.unfinished")).unwrap();
    }
    // One that is open to others is not used, but made anew.
    let unfinished = home.path("shares.unfinished");
    std::fs::create_dir(&unfinished).unwrap();
    std::fs::set_permissions(&unfinished, PermissionsExt::from_mode(0o777)).unwrap();
    // Only the system's administrator can give one away.
    if chown(&unfinished, Some(4242), None).is_ok() {
        to_shares(&home, "shares").fails(6, "exists");
        assert!(unfinished.exists());
        chown(&unfinished, Some(0), None).unwrap();
    }
    to_shares(&home, "shares").json();
    let mode = std::fs::metadata(home.path("shares"))
        .unwrap()
        .permissions();
    assert_eq!(mode.mode() & 0o777, 0o700);
}

#[test]
fn a_slash_after_the_folder_of_shares_changes_nothing() {
    let home = Home::with(BASE, "secp256k1");
    let exported = to_shares(&home, "out/").json();
    assert_eq!(exported["folder"], "out");
    assert_eq!(std::fs::read_dir(home.path("out")).unwrap().count(), 3);
    assert!(!home.path("out.unfinished").exists());
    to_shares(&home, "..").fails(2, "usage");
    // Only the folder itself is made, none above it.
    to_shares(&home, "none/out").fails(2, "usage");
    assert!(!home.path("none").exists());
}

//! Codes and shares through programs of others: a reader of QR codes, and SLIP-39's own program.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tki_formats::qr::QrCode;
use tki_formats::slip39::{self, WordShare};
use tki_formats::words;
use tki_testkit::rng;

/// The Python that has the programs, where `xtask/setup/paper.sh` put it; says so if it is not.
#[expect(
    clippy::disallowed_methods,
    reason = "where caches are is said by the environment"
)]
#[expect(clippy::print_stdout, reason = "a test that is skipped says why")]
fn python() -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache"));
    let folder = cache.or(home)?.join("tki/paper");
    // The list is written when all of them are there.
    if !folder.join("packages").exists() {
        println!("skipped, because there are no readers of paper: bash xtask/setup/paper.sh");
        return None;
    }
    Some(folder.join("bin/python"))
}

/// What the script says, for these arguments and this input.
fn run(python: &Path, arguments: &[&str], input: &str) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign/paper.py");
    let mut command = Command::new(python);
    command.arg(script).args(arguments).env("PYTHONUTF8", "1");
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_foreign_reader_reads_every_form_of_a_code() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut texts = vec![
        "7".to_owned(),
        words::encode(&[7; 32]).to_uppercase(),
        "Grüße, 鍵 und ein Zeilen\numbruch".to_owned(),
        "A".repeat(3391),
        "a".repeat(2331),
    ];
    let made = slip39::split(&[9; 32], "", 2, 3, &mut rng("codes")).unwrap();
    texts.extend(made.iter().map(|share| share.encode().to_uppercase()));
    for text in &texts {
        let code = QrCode::new(text).unwrap();
        let forms = [
            ("svg", code.to_svg().as_bytes().to_vec()),
            ("terminal", code.to_terminal().as_bytes().to_vec()),
            ("png", code.to_png(5).to_vec()),
        ];
        for (form, bytes) in forms {
            let path = folder.path().join(form);
            std::fs::write(&path, bytes).unwrap();
            let read = run(&python, &[form, path.to_str().unwrap()], "");
            assert_eq!(read, *text, "{form} of {} bytes", text.len());
        }
    }
}

#[test]
fn slip_39s_own_program_opens_our_shares_and_we_open_its() {
    let Some(python) = python() else { return };
    let secret: Vec<u8> = (1..=32).collect();
    for (threshold, count) in [(1, 1), (2, 3), (5, 16)] {
        let mut rng = rng("shares");
        let made = slip39::split(&secret, "TREZOR", threshold, count, &mut rng).unwrap();
        let used = made.iter().rev().take(threshold.into());
        let lines: Vec<String> = used.map(|share| share.encode().to_string()).collect();
        let opened = run(&python, &["open"], &lines.join("\n"));
        assert_eq!(opened.trim(), hex::encode(&secret));
    }
    let lines = run(&python, &["split"], &hex::encode(&secret));
    let read = lines.lines().map(|line| WordShare::decode(line).unwrap());
    let shares: Vec<WordShare> = read.collect();
    assert_eq!(shares.len(), 3);
    assert_eq!(*slip39::open(&shares[1..], "TREZOR").unwrap(), secret);
}

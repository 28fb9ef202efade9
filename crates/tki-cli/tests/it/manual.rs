//! What is generated from the command line's own declaration.

use crate::support::{Home, bare, finish, has};

#[test]
fn every_shell_has_a_script_that_names_the_commands() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = finish(bare(&["completions", shell]), b"").ok();
        for command in ["create", "recover", "receipts", "threshold"] {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
    finish(bare(&["--json", "completions", "tcsh"]), b"").fails(2, "usage");
}

#[test]
fn the_script_for_bash_completes_a_command() {
    if !has("bash", "--version") {
        return;
    }
    let script = finish(bare(&["completions", "bash"]), b"").ok();
    let mut command = std::process::Command::new("bash");
    let ask = "COMP_WORDS=(tki rec); COMP_CWORD=1; _tki tki rec tki; echo \"${COMPREPLY[@]}\"";
    command.args(["--norc", "-s"]);
    let reply = finish(command, format!("{script}\n{ask}\n").as_bytes()).ok();
    assert!(reply.contains("recover"), "{reply}");
}

#[test]
fn there_is_a_page_for_every_command() {
    let home = Home::new();
    let written = home.json(&["man", "--output", "man"]);
    let names: Vec<String> = std::fs::read_dir(home.path("man"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(written["files"].as_array().unwrap().len(), names.len());
    for name in [
        "tki.1",
        "tki-address.1",
        "tki-create.1",
        "tki-device-approve.1",
        "tki-export.1",
        "tki-import.1",
        "tki-sign.1",
        "tki-factor-add.1",
        "tki-guardian-help.1",
        "tki-threshold-set.1",
    ] {
        assert!(names.iter().any(|found| found == name), "{name}");
        let page = std::fs::read_to_string(home.path("man").join(name)).unwrap();
        assert!(
            page.contains(".TH") && page.contains("Example") || name == "tki.1",
            "{name}"
        );
    }
    let page = std::fs::read_to_string(home.path("man/tki-factor-add.1")).unwrap();
    assert_eq!(home.run(&["man", "factor", "add"]).ok(), page);
    assert!(!home.path("home").exists());
    home.run(&["--json", "man", "nonsense"]).fails(2, "usage");
}

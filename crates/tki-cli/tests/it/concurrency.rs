//! Two commands at once.

use std::process::Stdio;

use crate::support::{Home, finish};

#[test]
fn commands_at_once_wait_for_one_another() {
    let home = Home::with(&["device", "provider", "words"], "secp256k1");
    let mut children = Vec::new();
    for _ in 0..4 {
        let mut command = home.command(&["refresh"]);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        children.push(command.spawn().unwrap());
    }
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let opened = home.json(&["open"]);
    assert_eq!(opened["account_version"], 4);
    assert_eq!(opened["epoch"], 4);
}

#[test]
fn a_home_that_stays_busy_is_an_error() {
    let home = Home::with(&["device", "words"], "secp256k1");
    let lock = tki_file::Lock::try_acquire(&home.path("home/lock"))
        .unwrap()
        .unwrap();
    finish(home.command(&["--json", "show"]), b"").fails(5, "busy");
    drop(lock);
    home.run(&["show"]).ok();
}

#[test]
fn two_creations_at_once_make_one_account() {
    let home = Home::new();
    let children: Vec<_> = ["a.txt", "b.txt"]
        .map(|sheet| {
            let mut command = home.command(&["create", "--recovery-out", sheet]);
            command
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            command.spawn().unwrap()
        })
        .into();
    let mut codes: Vec<_> = children
        .into_iter()
        .map(|mut child| child.wait().unwrap().code().unwrap())
        .collect();
    codes.sort_unstable();
    assert_eq!(codes, [0, 6]);
    let sheets = ["a.txt", "b.txt"].map(|sheet| home.path(sheet).exists());
    assert!(sheets[0] != sheets[1]);
}

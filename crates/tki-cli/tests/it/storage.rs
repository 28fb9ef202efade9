//! Looking through a storage.

use crate::support::{Home, keys};

#[test]
fn a_sound_storage_is_counted() {
    let home = Home::with(&["device", "provider", "words"], "secp256k1");
    home.run(&["factor", "remove", "2", "--yes"]).ok();
    let checked = home.json(&["storage", "check"]);
    assert_eq!(
        keys(&checked),
        [
            "bytes",
            "closed",
            "file_bytes",
            "records",
            "schema",
            "storage"
        ]
    );
    assert_eq!(
        (&checked["records"], &checked["closed"]),
        (&4.into(), &1.into())
    );
}

#[test]
fn a_damaged_storage_is_named_and_not_touched() {
    let home = Home::with(&["device", "words"], "secp256k1");
    let path = home.path("home/storage.redb");
    let mut bytes = std::fs::read(&path).unwrap();
    for byte in bytes.iter_mut().skip(4200).take(200) {
        *byte = !*byte;
    }
    std::fs::write(&path, &bytes).unwrap();
    home.run(&["--json", "storage", "check"])
        .fails(4, "corrupt-file");
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
    home.run(&["--json", "storage", "check", "--storage", "redb:nowhere"])
        .fails(5, "unavailable");
}

#[test]
fn a_folder_that_is_not_there_is_named_with_the_command_that_makes_it() {
    let home = Home::new();
    let create = ["--json", "create", "--factor", "device", "--factor"];
    let where_to = ["file:factor.txt", "--storage", "redb:share/records.redb"];
    let run = home.run(&[&create[..], &where_to].concat());
    assert!(run.next().contains("mkdir -p share"), "{}", run.err);
    let message = run.fails(5, "unavailable");
    assert!(message.contains("there is no folder share"), "{message}");
    assert!(!home.path("factor.txt").exists());
    std::fs::create_dir(home.path("share")).unwrap();
    home.json(&[&create[1..], &where_to].concat());
}

//! Armoured text comes through what people do to it, and nothing else passes for it.

use proptest::prelude::*;
use tki_formats::armour::{self, ArmourError};

/// What `base64`, `sha256sum` and a hand make of it.
const INVITE: &str = "-----BEGIN TKI INVITE-----\n\
    Y29udGVudLk8C4g=\n\
    -----END TKI INVITE-----\n";

#[test]
fn text_is_written_as_the_specification_says() {
    assert_eq!(armour::encode("INVITE", b"content").as_str(), INVITE);
    let long = armour::encode("JOIN REQUEST", &[0; 100]);
    let lines: Vec<usize> = long.lines().map(str::len).collect();
    assert_eq!(lines, [32, 64, 64, 12, 30]);
    assert_eq!(armour::encode("x\nINVITE-", b"content").as_str(), INVITE);
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        kind in "[A-Z]{1,12}( [A-Z0-9]{1,9})?",
        content in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let text = armour::encode(&kind, &content);
        let read = armour::decode(&text).expect("just written");
        prop_assert_eq!(read.kind, kind);
        prop_assert_eq!(read.content.as_slice(), content.as_slice());
    }
}

#[test]
fn what_chats_and_mails_do_to_text_does_not_matter() {
    let content: Vec<u8> = (0..=255).collect();
    let text = armour::encode("INVITE", &content);
    let changed = [
        text.replace('\n', "\r\n"),
        text.replace('\n', " "),
        text.replace('\n', "\n\n\t"),
        text.replace('\n', ""),
        format!("Hello,\nhere it is:\n\n> {}", text.replace('\n', "\n> ")),
        format!("{}\n-- \nsent from my phone", text.trim_end()),
    ];
    for changed in changed {
        let read = armour::decode(&changed).expect("the same content");
        assert_eq!(read.content.as_slice(), content);
    }
}

#[test]
fn damage_is_refused_without_saying_where() {
    let text = armour::encode("INVITE", b"some content of an invite").to_string();
    for (position, _) in text.char_indices() {
        let mut damaged = text.clone();
        damaged.replace_range(position..=position, "#");
        if let Ok(read) = armour::decode(&damaged) {
            // Only what does not matter can have been hit: a line break.
            assert_eq!(read.content.as_slice(), b"some content of an invite");
        }
        let mut swapped = text.clone();
        swapped.replace_range(position..=position, "B");
        if swapped != text && position + 1 < text.len() {
            assert!(armour::decode(&swapped).is_err(), "{position}");
        }
    }
    for length in 0..text.trim_end().len() {
        assert!(armour::decode(&text[..length]).is_err(), "{length}");
    }
}

#[test]
fn every_fault_has_its_name() {
    let end = "-----END TKI INVITE-----\n";
    let cases = [
        (String::new(), ArmourError::NoArmour),
        (INVITE.repeat(2), ArmourError::Several),
        (INVITE.replace(end, ""), ArmourError::CutOff),
        (
            INVITE.replace("END TKI INVITE-----", "END TKI INVITE"),
            ArmourError::CutOff,
        ),
        (
            INVITE.replace("END TKI INVITE", "END TKI REPLY"),
            ArmourError::Damaged,
        ),
        (INVITE.replace("INVITE", "REPLY"), ArmourError::Damaged),
        (INVITE.replace("INVITE", "invite"), ArmourError::Damaged),
        (INVITE.replace("Y29udGVudLk8C4g=", ""), ArmourError::Damaged),
        (
            INVITE.replace("Y29udGVudLk8C4g=", "Y29udGVudLk8C4h="),
            ArmourError::Damaged,
        ),
        (" ".repeat(armour::MAX_TEXT + 1), ArmourError::TooLong),
    ];
    for (text, expected) in cases {
        assert_eq!(armour::decode(&text).err(), Some(expected), "{text:.80}");
    }
}

//! Every rule of the format is refused by name, when written and (where a value can hold it at
//! all) when read.

use tki_math::{AccessStructure, Epoch, Identifier, Threshold};
use tki_metadata::{
    Core, DevicePackage, Document, Error, HistoryEntry, Holder, HolderKind, Mailbox, MailboxKey,
    Membership, Rule, Step, limits,
};
use zeroize::Zeroizing;

use crate::{
    raw,
    samples::{self, identifier},
};

/// A change to the sample and the rule that it breaks.
type Case<T> = (&'static str, fn(&mut T), Rule);

/// Many holders, each with so many identifiers.
fn holders(count: usize, weight: usize) -> Vec<Holder> {
    let sample = samples::core().holders.remove(0);
    let mut next = Identifier::FIRST;
    let holder = |position: usize| {
        let mut holder = sample.clone();
        let mut address = [0; 32];
        address[..8].copy_from_slice(&position.to_le_bytes());
        holder.mailbox = tki_record::Address::from_bytes(address);
        holder.identifiers.clear();
        for _ in 0..weight {
            holder.identifiers.push(next);
            next = next.next().expect("small");
        }
        holder
    };
    (0..count).map(holder).collect()
}

fn set_holders(core: &mut Core, holders: Vec<Holder>) {
    let highest = holders
        .iter()
        .flat_map(|holder| &holder.identifiers)
        .max()
        .copied();
    core.next_identifier = highest
        .and_then(Identifier::next)
        .unwrap_or(Identifier::FIRST);
    core.holders = holders;
}

const CORE_CASES: &[Case<Core>] = &[
    (
        "no first key",
        |core| core.first_verifying_key.clear(),
        Rule::PointLength,
    ),
    (
        "short first key",
        |core| core.first_verifying_key.truncate(32),
        Rule::PointLength,
    ),
    (
        "long first key",
        |core| core.first_verifying_key.push(0),
        Rule::PointLength,
    ),
    ("no key", |core| core.keys.clear(), Rule::KeyCount),
    (
        "three keys",
        |core| {
            core.keys = vec![
                core.keys[0].clone(),
                core.keys[0].clone(),
                core.keys[0].clone(),
            ];
        },
        Rule::KeyCount,
    ),
    (
        "one key twice",
        |core| core.keys.push(core.keys[0].clone()),
        Rule::KeyTwice,
    ),
    (
        "long key",
        |core| core.keys[0].verifying_key.push(0),
        Rule::PointLength,
    ),
    (
        "short commitment",
        |core| core.keys[0].commitments[1].truncate(32),
        Rule::PointLength,
    ),
    (
        "no commitments",
        |core| core.keys[0].commitments.clear(),
        Rule::CommitmentCount,
    ),
    (
        "t − 1 commitments",
        |core| core.keys[0].commitments.truncate(1),
        Rule::CommitmentCount,
    ),
    (
        "t + 1 commitments",
        |core| core.keys[0].commitments.push(vec![2; 33]),
        Rule::CommitmentCount,
    ),
    (
        "commitments swapped",
        |core| core.keys[0].commitments.swap(0, 1),
        Rule::CommitmentFirst,
    ),
    (
        "long seed",
        |core| core.keys[0].sealed_seed = Some(vec![0; 1025]),
        Rule::SealedLength,
    ),
    ("no holder", |core| core.holders.clear(), Rule::HolderCount),
    (
        "257 holders",
        |core| set_holders(core, holders(limits::HOLDERS + 1, 1)),
        Rule::HolderCount,
    ),
    (
        "no identifier",
        |core| core.holders[0].identifiers.clear(),
        Rule::IdentifierCount,
    ),
    (
        "1025 identifiers of all",
        |core| set_holders(core, holders(41, 25)),
        Rule::IdentifierCount,
    ),
    (
        "1025 identifiers of one",
        |core| set_holders(core, holders(1, limits::IDENTIFIERS + 1)),
        Rule::IdentifierCount,
    ),
    (
        "identifiers descend",
        |core| core.holders[2].identifiers = vec![identifier(4), identifier(3)],
        Rule::IdentifierOrder,
    ),
    (
        "an identifier repeats",
        |core| core.holders[2].identifiers = vec![identifier(4), identifier(4)],
        Rule::IdentifierOrder,
    ),
    (
        "two holders have one identifier",
        |core| core.holders[0].identifiers = vec![identifier(1), identifier(2)],
        Rule::IdentifierTwice,
    ),
    (
        "holders swapped",
        |core| core.holders.swap(0, 1),
        Rule::HolderOrder,
    ),
    (
        "two holders have one mailbox",
        |core| core.holders[0].mailbox = core.holders[1].mailbox,
        Rule::AddressTwice,
    ),
    (
        "long label",
        |core| core.holders[0].label = "ä".repeat(33),
        Rule::LabelLength,
    ),
    (
        "label with escape",
        |core| core.holders[0].label = "\u{1b}[2J".to_owned(),
        Rule::LabelText,
    ),
    (
        "label with newline",
        |core| core.holders[0].label = "a\nb".to_owned(),
        Rule::LabelText,
    ),
    (
        "label with C1",
        |core| core.holders[0].label = "\u{9b}2J".to_owned(),
        Rule::LabelText,
    ),
    (
        "known kind as unknown",
        |core| core.holders[0].kind = HolderKind::Other(1),
        Rule::HolderKind,
    ),
    (
        "next identifier in use",
        |core| core.next_identifier = identifier(4),
        Rule::NextIdentifier,
    ),
    (
        "threshold above the number of identifiers",
        |core| {
            core.structure = AccessStructure::Threshold(Threshold::new(4).expect("not zero"));
            let verifying_key = core.keys[0].verifying_key.clone();
            core.keys[0].commitments = vec![verifying_key; 4];
        },
        Rule::Structure,
    ),
    (
        "history too short",
        |core| {
            core.history.remove(0);
        },
        Rule::History,
    ),
    (
        "history with a gap",
        |core| {
            core.history.remove(1);
        },
        Rule::History,
    ),
    (
        "history without the last",
        |core| {
            core.history.pop();
        },
        Rule::History,
    ),
    (
        "history backwards",
        |core| core.history.reverse(),
        Rule::History,
    ),
    (
        "history with this version",
        |core| {
            core.history.push(HistoryEntry {
                version: 3,
                hash: [0; 32],
            });
        },
        Rule::History,
    ),
    (
        "history of 257",
        |core| {
            core.version = 257;
            let entry = |version| HistoryEntry {
                version,
                hash: [0; 32],
            };
            core.history = (0..257).map(entry).collect();
        },
        Rule::History,
    ),
];

#[test]
fn a_core_that_breaks_a_rule_is_neither_written_nor_read() {
    for (name, change, rule) in CORE_CASES {
        let mut document = samples::document();
        change(&mut document.core);
        document
            .mailbox_hashes
            .resize(document.core.holders.len(), [0; 32]);
        let expected = Error::Refused { rule: *rule };
        assert_eq!(document.encode().err(), Some(expected), "writing: {name}");
        let bytes = raw::document(&document).bytes();
        if *rule == Rule::HolderKind {
            // Read, it is the known kind.
            assert!(Document::decode(&bytes).is_ok(), "reading: {name}");
        } else {
            assert_eq!(
                Document::decode(&bytes).err(),
                Some(expected),
                "reading: {name}"
            );
        }
        let mut package = samples::package();
        package.membership.as_mut().expect("a member").document = document;
        assert_eq!(
            package.encode().err(),
            Some(expected),
            "in a package: {name}"
        );
    }
}

#[test]
fn the_first_key_may_be_the_current_one_or_another() {
    let mut document = samples::document();
    let [key] = document.core.keys.as_slice() else {
        panic!("one key");
    };
    let current = key.verifying_key.clone();
    assert_ne!(document.core.first_verifying_key, current);
    assert!(document.encode().is_ok());
    document.core.first_verifying_key = current;
    assert!(document.encode().is_ok());
}

#[test]
fn limits_can_be_reached() {
    let mut document = samples::document();
    set_holders(&mut document.core, holders(limits::HOLDERS, 4));
    for holder in &mut document.core.holders {
        holder.label = "ä".repeat(32);
    }
    let verifying_key = document.core.keys[0].verifying_key.clone();
    let threshold = u16::try_from(limits::IDENTIFIERS).expect("small");
    document.core.structure =
        AccessStructure::Threshold(Threshold::new(threshold).expect("not zero"));
    let mut next = document.core.keys[0].clone();
    next.verifying_key = vec![3; 33];
    document.core.keys.push(next);
    for key in &mut document.core.keys {
        key.sealed_seed = Some(vec![0; limits::SEALED_SEED_BYTES]);
        key.commitments = vec![key.verifying_key.clone(); limits::IDENTIFIERS];
    }
    assert_eq!(verifying_key, document.core.keys[0].verifying_key);
    document.core.version = 1000;
    let entry = |version| HistoryEntry {
        version,
        hash: [0; 32],
    };
    document.core.history = (1000 - 256..1000).map(entry).collect();
    document.mailbox_hashes = vec![[0; 32]; limits::HOLDERS];

    let bytes = document.encode().expect("everything at its limit");
    assert!(
        bytes.len() < limits::DOCUMENT_BYTES,
        "{} bytes",
        bytes.len()
    );
    assert_eq!(Document::decode(&bytes).expect("just encoded"), document);
}

#[test]
fn a_document_lists_a_hash_for_each_mailbox() {
    for count in [0, 2, 4] {
        let mut document = samples::document();
        document.mailbox_hashes.resize(count, [0; 32]);
        let expected = Some(Error::from(Rule::MailboxHashCount));
        assert_eq!(document.encode().err(), expected);
        assert_eq!(
            Document::decode(&raw::document(&document).bytes()).err(),
            expected
        );
    }
}

#[test]
fn nothing_is_longer_than_its_limit() {
    let mut document = samples::document();
    document
        .extensions
        .insert(1, vec![0; limits::DOCUMENT_BYTES]);
    let expected = Some(Error::TooLarge {
        limit: limits::DOCUMENT_BYTES,
    });
    assert_eq!(document.encode().err(), expected);
    assert_eq!(
        Document::decode(&raw::document(&document).bytes()).err(),
        expected
    );

    let mut mailbox = samples::mailbox(0);
    mailbox.extensions.insert(1, vec![0; limits::MAILBOX_BYTES]);
    let expected = Some(Error::TooLarge {
        limit: limits::MAILBOX_BYTES,
    });
    assert_eq!(mailbox.encode().err(), expected);
    assert_eq!(
        Mailbox::decode(&raw::mailbox(&mailbox).bytes()).err(),
        expected
    );

    let mut notice = samples::notice();
    notice.extensions.insert(1, vec![0; limits::NOTICE_BYTES]);
    assert_eq!(
        notice.encode().err(),
        Some(Error::TooLarge {
            limit: limits::NOTICE_BYTES
        })
    );

    let mut package = samples::package();
    package.extensions.insert(1, vec![0; limits::PACKAGE_BYTES]);
    assert_eq!(
        package.encode().err(),
        Some(Error::TooLarge {
            limit: limits::PACKAGE_BYTES
        })
    );
    let mut bytes = vec![0; limits::PACKAGE_BYTES + 1];
    bytes[0] = 1;
    let expected = Some(Error::TooLarge {
        limit: limits::PACKAGE_BYTES,
    });
    assert_eq!(DevicePackage::decode(&bytes).err(), expected);
}

#[test]
fn a_document_exactly_as_long_as_allowed_is_stored() {
    let mut document = samples::document();
    document.extensions.insert(1, Vec::new());
    let rest = limits::DOCUMENT_BYTES - document.encode().expect("valid").len();
    document.extensions.insert(1, vec![0; rest]);
    let bytes = document.encode().expect("at the limit");
    assert_eq!(bytes.len(), limits::DOCUMENT_BYTES);
    assert_eq!(Document::decode(&bytes), Ok(document.clone()));
    document.extensions.insert(1, vec![0; rest + 1]);
    assert_eq!(
        document.encode().err(),
        Some(Error::TooLarge {
            limit: limits::DOCUMENT_BYTES
        })
    );
}

const MAILBOX_CASES: &[Case<Mailbox>] = &[
    ("no key", |mailbox| mailbox.keys.clear(), Rule::KeyCount),
    (
        "three keys",
        |mailbox| {
            for first in [7, 8] {
                let shares = mailbox.keys[0].shares.clone();
                mailbox.keys.push(MailboxKey::new(vec![first; 33], shares));
            }
        },
        Rule::KeyCount,
    ),
    (
        "one key twice",
        |mailbox| {
            let key = &mailbox.keys[0];
            let again = MailboxKey::new(key.verifying_key.clone(), key.shares.clone());
            mailbox.keys.push(again);
        },
        Rule::KeyTwice,
    ),
    (
        "keys with different identifiers",
        |mailbox| {
            let shares = vec![(identifier(9), Zeroizing::new([1; 32]))];
            mailbox.keys.push(MailboxKey::new(vec![7; 33], shares));
        },
        Rule::KeyIdentifiers,
    ),
    (
        "no share",
        |mailbox| mailbox.keys[0].shares.clear(),
        Rule::IdentifierCount,
    ),
    (
        "a share twice",
        |mailbox| {
            let share = mailbox.keys[0].shares[0].clone();
            mailbox.keys[0].shares.push(share);
        },
        Rule::IdentifierOrder,
    ),
    (
        "no verifying key",
        |mailbox| mailbox.keys[0].verifying_key.clear(),
        Rule::PointLength,
    ),
];

#[test]
fn a_mailbox_that_breaks_a_rule_is_neither_written_nor_read() {
    for (name, change, rule) in MAILBOX_CASES {
        let mut mailbox = samples::mailbox(0);
        change(&mut mailbox);
        let expected = Some(Error::Refused { rule: *rule });
        assert_eq!(mailbox.encode().err(), expected, "writing: {name}");
        let bytes = raw::mailbox(&mailbox).bytes();
        assert_eq!(Mailbox::decode(&bytes).err(), expected, "reading: {name}");
    }
}

const MEMBERSHIP_CASES: &[Case<Membership>] = &[
    (
        "the device is no holder",
        |membership| membership.mailbox.address = samples::seed(0).mailbox_address(9),
        Rule::NotAHolder,
    ),
    (
        "copy of a holder that is not offline",
        |membership| {
            membership
                .offline_mailboxes
                .push(samples::sealed_mailbox(1));
        },
        Rule::NotOffline,
    ),
    (
        "copy of nobody's mailbox",
        |membership| {
            membership.offline_mailboxes[0].address = samples::seed(2).mailbox_address(9);
        },
        Rule::NotOffline,
    ),
    (
        "a copy twice",
        |membership| {
            membership
                .offline_mailboxes
                .push(samples::sealed_mailbox(2));
        },
        Rule::MailboxOrder,
    ),
    (
        "copies not in the order of the holders",
        |membership| {
            membership.document.core.holders[1].offline = true;
            membership
                .offline_mailboxes
                .push(samples::sealed_mailbox(1));
        },
        Rule::MailboxOrder,
    ),
    (
        "sealed mailbox too long",
        |membership| membership.mailbox.sealed = vec![0; limits::SEALED_MAILBOX_BYTES + 1],
        Rule::SealedLength,
    ),
    (
        "seen an older version",
        |membership| membership.seen.version = 2,
        Rule::SeenOlder,
    ),
    (
        "seen an older epoch",
        |membership| membership.seen.epoch = Epoch::ZERO,
        Rule::SeenOlder,
    ),
];

#[test]
fn a_membership_that_breaks_a_rule_is_neither_written_nor_read() {
    let steps = raw::sample_steps();
    let steps: Vec<_> = steps
        .iter()
        .map(|(kind, body)| (*kind, body.as_slice()))
        .collect();
    for (name, change, rule) in MEMBERSHIP_CASES {
        let mut package = samples::package_changing();
        change(package.membership.as_mut().expect("a member"));
        let expected = Some(Error::Refused { rule: *rule });
        assert_eq!(package.encode().err(), expected, "writing: {name}");
        let bytes = raw::package(&package, &steps).bytes();
        assert_eq!(
            DevicePackage::decode(&bytes).err(),
            expected,
            "reading: {name}"
        );
    }
}

#[test]
fn a_pending_operation_that_breaks_a_rule_is_not_written() {
    let encode = |change: &dyn Fn(&mut tki_metadata::Pending)| {
        let mut package = samples::package_changing();
        change(package.pending.as_mut().expect("pending"));
        package.encode().err()
    };
    assert_eq!(encode(&|_| {}), None);
    let steps = Some(Error::from(Rule::Steps));
    assert_eq!(encode(&|pending| pending.steps.clear()), steps);
    assert_eq!(
        encode(&|pending| pending.steps = vec![Step::Refresh; limits::STEPS]),
        None
    );
    assert_eq!(
        encode(&|pending| pending.steps = vec![Step::Refresh; limits::STEPS + 1]),
        steps
    );
    let add = |kind, label: &str| Step::Add {
        kind,
        label: label.to_owned(),
        offline: false,
    };
    assert_eq!(
        encode(&|pending| pending.steps = vec![add(HolderKind::Words, "a\0")]),
        Some(Rule::LabelText.into())
    );
    assert_eq!(
        encode(&|pending| pending.steps = vec![add(HolderKind::Other(3), "")]),
        Some(Rule::HolderKind.into())
    );
    assert_eq!(
        encode(&|pending| pending.seeds[0].kind = HolderKind::Other(2)),
        Some(Rule::HolderKind.into())
    );
    let seeds = |pending: &mut tki_metadata::Pending| {
        pending.seeds = vec![pending.seeds[0].clone(); limits::STEPS + 1];
    };
    assert_eq!(encode(&seeds), steps);
}

#[test]
fn critical_extensions_are_not_written() {
    let mut notice = samples::notice();
    notice
        .extensions
        .insert(tki_metadata::CRITICAL | 5, Vec::new());
    assert_eq!(
        notice.encode().err(),
        Some(Error::CriticalExtension { tag: 0x8005 })
    );
    let mut document = samples::document();
    document.core.settings.insert(0x9000, Vec::new());
    assert_eq!(
        document.encode().err(),
        Some(Error::CriticalExtension { tag: 0x9000 })
    );
    assert!(Error::CriticalExtension { tag: 0x9000 }.is_unsupported());
}

#[test]
fn every_error_has_a_text_of_its_own() {
    let mut texts = std::collections::BTreeSet::new();
    for (_, _, rule) in CORE_CASES {
        texts.insert(rule.to_string());
    }
    for (_, _, rule) in MAILBOX_CASES {
        texts.insert(rule.to_string());
    }
    for text in &texts {
        assert!(!text.ends_with('.'), "{text}");
        assert_eq!(
            text.chars().next().map(char::is_uppercase),
            Some(false),
            "{text}"
        );
    }
    let rules: std::collections::BTreeSet<_> = CORE_CASES
        .iter()
        .map(|case| case.2)
        .chain(MAILBOX_CASES.iter().map(|case| case.2))
        .map(|rule| format!("{rule:?}"))
        .collect();
    assert_eq!(texts.len(), rules.len());
}

//! Encodings written by hand after `docs/spec/metadata.md`, part by part, so that a test can
//! replace one part by something that no value has.

use tki_math::{AccessStructure, Gate, Member};
use tki_metadata::{DevicePackage, Document, Error, Extensions, Mailbox, Rule};

use crate::samples;

/// Named parts, in the order in which they are stored.
pub(crate) struct Raw {
    parts: Vec<(String, Vec<u8>)>,
}

impl Raw {
    fn new() -> Self {
        Self {
            parts: vec![("format".to_owned(), vec![1])],
        }
    }

    fn part(&mut self, name: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.parts.push((name.into(), bytes.into()));
    }

    /// The encoding with one part replaced.
    pub(crate) fn with(&self, name: &str, bytes: impl Into<Vec<u8>>) -> Vec<u8> {
        let position = self.parts.iter().position(|part| part.0 == name);
        let position = position.unwrap_or_else(|| panic!("there is no part {name}"));
        let mut parts: Vec<_> = self.parts.iter().map(|part| part.1.clone()).collect();
        parts[position] = bytes.into();
        parts.concat()
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.parts.iter().flat_map(|part| part.1.clone()).collect()
    }
}

fn length(items: usize) -> [u8; 8] {
    u64::try_from(items).expect("small").to_le_bytes()
}

/// A byte string.
pub(crate) fn string(bytes: &[u8]) -> Vec<u8> {
    [&length(bytes.len()), bytes].concat()
}

/// A list of extensions.
pub(crate) fn extensions(entries: &[(u16, &[u8])]) -> Vec<u8> {
    let entry = |(tag, value): &(u16, &[u8])| [&tag.to_le_bytes(), &*string(value)].concat();
    [
        length(entries.len()).to_vec(),
        entries.iter().flat_map(entry).collect(),
    ]
    .concat()
}

fn stored(list: &Extensions) -> Vec<u8> {
    extensions(&list.iter().collect::<Vec<_>>())
}

fn add_document(raw: &mut Raw, document: &Document) {
    let core = &document.core;
    raw.part("account", *core.account.as_bytes());
    raw.part("version", core.version.to_le_bytes());
    raw.part("operation", *core.operation.as_bytes());
    raw.part("curve", [core.curve.code()]);
    raw.part("origin", [core.origin.code()]);
    raw.part("first_key", string(&core.first_verifying_key));
    raw.part("keys", length(core.keys.len()));
    for key in &core.keys {
        raw.part("key", string(&key.verifying_key));
        raw.part("commitments", length(key.commitments.len()));
        for commitment in &key.commitments {
            raw.part("commitment", string(commitment));
        }
        let seed = key.sealed_seed.as_ref();
        raw.part(
            "sealed_seed",
            seed.map_or(vec![0], |seed| [vec![1], string(seed)].concat()),
        );
        raw.part("key_extensions", stored(&key.extensions));
    }
    raw.part("epoch", core.epoch.get().to_le_bytes());
    let (kind, body) = structure(&core.structure);
    raw.part("structure_kind", [kind, 0]);
    raw.part("structure_body", string(&body));
    raw.part("holders", length(core.holders.len()));
    for (position, holder) in core.holders.iter().enumerate() {
        let name = |part: &str| format!("holder{position}_{part}");
        raw.part(name("identifiers"), length(holder.identifiers.len()));
        for identifier in &holder.identifiers {
            raw.part(name("identifier"), identifier.get().to_le_bytes());
        }
        raw.part(name("kind"), holder.kind.code().to_le_bytes());
        raw.part(name("label"), string(holder.label.as_bytes()));
        raw.part(name("added"), holder.added.to_le_bytes());
        raw.part(name("box_key"), string(&holder.box_key.to_bytes()));
        raw.part(name("mailbox"), *holder.mailbox.as_bytes());
        raw.part(name("offline"), [u8::from(holder.offline)]);
        raw.part(name("extensions"), stored(&holder.extensions));
    }
    raw.part("next_identifier", core.next_identifier.get().to_le_bytes());
    raw.part("history", length(core.history.len()));
    for entry in &core.history {
        raw.part("history_version", entry.version.to_le_bytes());
        raw.part("history_hash", entry.hash);
    }
    raw.part("settings", stored(&core.settings));
    raw.part("core_extensions", stored(&core.extensions));
    raw.part("mailbox_hashes", length(document.mailbox_hashes.len()));
    raw.part("mailbox_hash", document.mailbox_hashes.concat());
    raw.part("extensions", stored(&document.extensions));
}

/// Kind and body of a structure without ranks.
fn structure(structure: &AccessStructure) -> (u8, Vec<u8>) {
    if let AccessStructure::Gate(root) = structure {
        return (2, gate(root));
    }
    (1, structure.threshold().get().to_le_bytes().to_vec())
}

pub(crate) fn gate(gate: &Gate) -> Vec<u8> {
    let [level] = gate.levels() else {
        panic!("ranks are not stored");
    };
    let member = |member: &Member| match member {
        Member::Holder(x) => [&[0][..], &x.get().to_le_bytes()].concat(),
        Member::Gate(x, inner) => [&[1][..], &x.get().to_le_bytes(), &self::gate(inner)].concat(),
    };
    let count = u16::try_from(level.members().len()).expect("small");
    let mut body = [level.threshold().get(), count]
        .map(u16::to_le_bytes)
        .concat();
    body.extend(level.members().iter().flat_map(member));
    body
}

pub(crate) fn document(document: &Document) -> Raw {
    let mut raw = Raw::new();
    add_document(&mut raw, document);
    raw
}

pub(crate) fn mailbox(mailbox: &Mailbox) -> Raw {
    let mut raw = Raw::new();
    raw.part("account", *mailbox.account.as_bytes());
    raw.part("account_secret", *mailbox.account_secret.expose_secret());
    raw.part("version", mailbox.version.to_le_bytes());
    raw.part("core_hash", mailbox.core_hash);
    raw.part("keys", length(mailbox.keys.len()));
    for key in &mailbox.keys {
        raw.part("key", string(&key.verifying_key));
        raw.part("shares", length(key.shares.len()));
        for (identifier, value) in &key.shares {
            raw.part("identifier", identifier.get().to_le_bytes());
            raw.part("value", **value);
        }
        raw.part("key_extensions", stored(&key.extensions));
    }
    raw.part("epoch", mailbox.epoch.get().to_le_bytes());
    raw.part("control_salt", *mailbox.control_salt.expose_secret());
    raw.part("document_key", *mailbox.document_key.expose_secret());
    raw.part("extensions", stored(&mailbox.extensions));
    raw
}

/// The package of a device that changes its account, with the steps given as they are stored.
pub(crate) fn package(package: &DevicePackage, steps: &[(u16, &[u8])]) -> Raw {
    let membership = package.membership.as_ref().expect("a member");
    let pending = package.pending.as_ref().expect("pending");
    let mut raw = Raw::new();
    raw.part("opening_seed", *package.opening_seed.expose_secret());
    raw.part("membership", [1]);
    raw.part("slot", membership.slot.to_le_bytes());
    add_document(&mut raw, &membership.document);
    raw.part("own_address", *membership.mailbox.address.as_bytes());
    raw.part("own_sealed", string(&membership.mailbox.sealed));
    raw.part("copies", length(membership.offline_mailboxes.len()));
    for copy in &membership.offline_mailboxes {
        raw.part("copy_address", *copy.address.as_bytes());
        raw.part("copy_sealed", string(&copy.sealed));
    }
    raw.part("seen_epoch", membership.seen.epoch.get().to_le_bytes());
    raw.part("seen_version", membership.seen.version.to_le_bytes());
    raw.part("seen_hash", membership.seen.hash);
    raw.part("membership_extensions", stored(&membership.extensions));
    raw.part("pending", [1]);
    raw.part("pending_operation", *pending.operation.as_bytes());
    let base = pending.base_version.expect("a change");
    raw.part("base_version", [&[1][..], &base.to_le_bytes()].concat());
    let address = pending.document.expect("an address");
    raw.part("pending_document", [&[1], &address.as_bytes()[..]].concat());
    raw.part("pending_document_hash", pending.document_hash);
    // A step is stored as an extension is: a number, and a body that only the number explains.
    raw.part("steps", extensions(steps));
    raw.part("seeds", length(pending.seeds.len()));
    for seed in &pending.seeds {
        raw.part("seed_kind", seed.kind.code().to_le_bytes());
        raw.part("seed_slot", seed.slot.to_le_bytes());
        raw.part("seed", *seed.seed.expose_secret());
    }
    let hash = pending.recovery_hash.expect("a hash");
    raw.part("recovery_hash", [&[1], &hash[..]].concat());
    raw.part("pending_extensions", stored(&pending.extensions));
    raw.part("package_extensions", stored(&package.extensions));
    raw
}

/// The steps of [`samples::pending`] as they are stored.
pub(crate) fn sample_steps() -> Vec<(u16, Vec<u8>)> {
    vec![
        (1, vec![2]),
        (2, b"\x03\x00\x01safe".to_vec()),
        (2, b"\x34\x12\x00later".to_vec()),
        (3, 1_u128.to_le_bytes().to_vec()),
        (4, vec![3, 0]),
        (5, vec![]),
    ]
}

/// The steps of [`samples::pending_later`] as they are stored.
pub(crate) fn later_steps() -> Vec<(u16, Vec<u8>)> {
    let labelled = [&3_u128.to_le_bytes()[..], "bank, 2º".as_bytes()].concat();
    vec![
        (6, [&[1][..], &[2; 33]].concat()),
        (6, [&[2][..], &[3; 32]].concat()),
        (7, labelled),
        (7, 1_u128.to_le_bytes().to_vec()),
        (8, 1_u128.to_le_bytes().to_vec()),
    ]
}

fn sample_package(steps: &[(u16, Vec<u8>)]) -> Raw {
    let steps: Vec<_> = steps
        .iter()
        .map(|(kind, body)| (*kind, body.as_slice()))
        .collect();
    package(&samples::package_changing(), &steps)
}

#[test]
fn encodings_are_what_the_specification_says() {
    let sample = samples::document();
    assert_eq!(document(&sample).bytes(), *sample.encode().expect("valid"));
    let ed25519 = samples::document_on(tki_seal::curve::CurveId::Ed25519);
    assert_eq!(
        document(&ed25519).bytes(),
        *ed25519.encode().expect("valid")
    );
    let nested = samples::document_nested();
    assert_eq!(document(&nested).bytes(), *nested.encode().expect("valid"));
    let sample = samples::mailbox(2);
    assert_eq!(mailbox(&sample).bytes(), *sample.encode().expect("valid"));
    let sample = samples::package_changing();
    let written = sample_package(&sample_steps()).bytes();
    assert_eq!(written, *sample.encode().expect("valid"));
    let sample = samples::package_renewing();
    let steps = later_steps();
    let steps: Vec<_> = steps
        .iter()
        .map(|(kind, body)| (*kind, body.as_slice()))
        .collect();
    let written = package(&sample, &steps).bytes();
    assert_eq!(written, *sample.encode().expect("valid"));
}

#[test]
fn parts_that_no_document_has_are_refused() {
    let raw = document(&samples::document());
    let cases: &[(&str, Vec<u8>, Error)] = &[
        ("curve", vec![9], Error::UnsupportedCurve { code: 9 }),
        ("curve", vec![0], Error::UnsupportedCurve { code: 0 }),
        ("origin", vec![3], Error::UnsupportedOrigin { code: 3 }),
        ("first_key", string(b""), Rule::PointLength.into()),
        ("first_key", vec![0xff; 8], Error::Malformed),
        (
            "structure_kind",
            vec![3, 0],
            Error::UnsupportedStructure { kind: 3 },
        ),
        (
            "structure_kind",
            vec![0, 0],
            Error::UnsupportedStructure { kind: 0 },
        ),
        ("structure_body", string(&[2]), Error::Malformed),
        ("structure_body", string(&[2, 0, 0]), Error::Malformed),
        ("structure_body", string(&[0, 0]), Rule::Structure.into()),
        ("sealed_seed", vec![2], Error::Malformed),
        (
            "holder0_identifier",
            vec![0; 16],
            Rule::IdentifierZero.into(),
        ),
        ("next_identifier", vec![0; 16], Rule::IdentifierZero.into()),
        ("holder0_offline", vec![2], Error::Malformed),
        ("holder0_label", string(&[0xff]), Error::Malformed),
        ("holder0_box_key", string(&[2; 32]), Rule::BoxKey.into()),
        ("holder0_box_key", string(&[0; 33]), Rule::BoxKey.into()),
        ("holder0_box_key", string(&[0xff; 33]), Rule::BoxKey.into()),
        ("holder0_box_key", string(&[2; 34]), Rule::BoxKey.into()),
        ("holders", length(2).to_vec(), Error::Malformed),
        ("mailbox_hashes", length(4).to_vec(), Error::Malformed),
    ];
    for (part, bytes, error) in cases {
        assert_eq!(
            Document::decode(&raw.with(part, bytes.clone())),
            Err(*error),
            "{part}"
        );
    }
}

#[test]
fn unknown_kinds_of_holder_are_kept() {
    let raw = document(&samples::document());
    let bytes = raw.with("holder0_kind", [0x39, 0x30]);
    let document = Document::decode(&bytes).expect("a later version wrote it");
    assert_eq!(
        document.core.holders[0].kind,
        tki_metadata::HolderKind::Other(12345)
    );
    assert_eq!(*document.encode().expect("valid"), bytes);
}

#[test]
fn extensions_are_sorted_kept_and_refused_when_critical() {
    let document_raw = document(&samples::document());
    let decode_document = |bytes: &[u8]| Document::decode(bytes).map(|document| document.encode());
    let parts = [
        "key_extensions",
        "holder0_extensions",
        "settings",
        "core_extensions",
        "extensions",
    ];
    for part in parts {
        check_extensions(
            part,
            &|list| document_raw.with(part, list),
            &decode_document,
        );
    }
    let mailbox_raw = mailbox(&samples::mailbox(0));
    let decode_mailbox = |bytes: &[u8]| Mailbox::decode(bytes).map(|mailbox| mailbox.encode());
    for part in ["key_extensions", "extensions"] {
        check_extensions(part, &|list| mailbox_raw.with(part, list), &decode_mailbox);
    }
    let package_raw = sample_package(&sample_steps());
    let decode_package =
        |bytes: &[u8]| DevicePackage::decode(bytes).map(|package| package.encode());
    let parts = [
        "extensions",
        "membership_extensions",
        "pending_extensions",
        "package_extensions",
    ];
    for part in parts {
        check_extensions(part, &|list| package_raw.with(part, list), &decode_package);
    }
}

type List<'a> = &'a [(u16, &'a [u8])];
type Encoded = Result<zeroize::Zeroizing<Vec<u8>>, Error>;

fn check_extensions(
    part: &str,
    with: &dyn Fn(Vec<u8>) -> Vec<u8>,
    decode: &dyn Fn(&[u8]) -> Result<Encoded, Error>,
) {
    // Unknown ones are kept as they are.
    let kept = with(extensions(&[(0, b""), (1, b"one"), (0x7fff, b"last")]));
    assert_eq!(
        decode(&kept).expect(part).expect(part).as_slice(),
        kept,
        "{part}"
    );

    let many: Vec<(u16, &[u8])> = (0..257).map(|tag| (tag, &b""[..])).collect();
    assert!(decode(&with(extensions(&many[..256]))).is_ok(), "{part}");
    let order = Error::from(Rule::ExtensionOrder);
    let cases: &[(List<'_>, Error)] = &[
        (&[(2, b""), (1, b"")], order),
        (&[(1, b"a"), (1, b"a")], order),
        (&many, order),
        (&[(0x8000, b"")], Error::CriticalExtension { tag: 0x8000 }),
        (
            &[(1, b""), (0xffff, b"")],
            Error::CriticalExtension { tag: 0xffff },
        ),
    ];
    for (list, error) in cases {
        assert_eq!(
            decode(&with(extensions(list))).err(),
            Some(*error),
            "{part}"
        );
    }
}

#[test]
fn parts_that_no_mailbox_has_are_refused() {
    let raw = mailbox(&samples::mailbox(0));
    let cases: &[(&str, Vec<u8>, Error)] = &[
        ("identifier", vec![0; 16], Rule::IdentifierZero.into()),
        ("keys", length(0).to_vec(), Error::Malformed),
        ("keys", length(2).to_vec(), Error::Malformed),
        ("shares", length(0).to_vec(), Error::Malformed),
        ("key", string(b""), Rule::PointLength.into()),
        ("key", string(&[2; 129]), Rule::PointLength.into()),
    ];
    for (part, bytes, error) in cases {
        assert_eq!(
            Mailbox::decode(&raw.with(part, bytes.clone())).err(),
            Some(*error),
            "{part}"
        );
    }
}

#[test]
fn steps_that_do_not_exist_are_refused() {
    let damaged = Error::from(Rule::Steps);
    let label = [&b"\x01\x00\x00"[..], &[b'a'; 65]].concat();
    let renamed = |label: &[u8]| [&[1; 16], label].concat();
    let cases: &[(u16, &[u8], Error)] = &[
        (0, b"", Error::UnsupportedStep { kind: 0 }),
        (9, b"", Error::Malformed),
        (9, b"\x01\x00\x00\x00", Rule::Structure.into()),
        (9, b"\x01\x00\x01\x00\x02", Error::Malformed),
        (13, b"", Error::UnsupportedStep { kind: 13 }),
        (1, b"", damaged),
        (1, b"\x01\x00", damaged),
        (1, b"\x09", Error::UnsupportedCurve { code: 9 }),
        (2, b"\x01\x00", damaged),
        (2, b"\x01\x00\x02", damaged),
        (2, b"\x01\x00\x00\xff", damaged),
        (2, b"\x01\x00\x00\x1b", Rule::LabelText.into()),
        (2, &label, Rule::LabelLength.into()),
        (3, b"\x01", damaged),
        (3, &[0; 16], Rule::IdentifierZero.into()),
        (4, b"\x00\x00", damaged),
        (4, b"\x01", damaged),
        (5, b"\x00", damaged),
        (6, b"", damaged),
        (6, b"\x09", Error::UnsupportedCurve { code: 9 }),
        (6, &[1; 33], Rule::PointLength.into()),
        (6, &[2; 34], Rule::PointLength.into()),
        (7, &[1; 15], damaged),
        (7, &[0; 16], Rule::IdentifierZero.into()),
        (7, &[0xff; 17], damaged),
        (7, &renamed(b"\x7f"), Rule::LabelText.into()),
        (7, &renamed(&[b'a'; 65]), Rule::LabelLength.into()),
        (8, &[1; 15], damaged),
        (8, &[1; 17], damaged),
        (8, &[0; 16], Rule::IdentifierZero.into()),
    ];
    for (kind, body, error) in cases {
        let bytes = sample_package(&[(*kind, body.to_vec())]).bytes();
        assert_eq!(
            DevicePackage::decode(&bytes).err(),
            Some(*error),
            "step {kind} {body:?}"
        );
    }
    let none = sample_package(&[]).bytes();
    assert_eq!(DevicePackage::decode(&none).err(), Some(damaged));
}

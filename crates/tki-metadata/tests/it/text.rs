//! Every field of a value as text, one line each, secrets of the samples included: what the
//! fixtures' `.txt` files hold and what the reader in Python prints.

use std::fmt::{Display, Write as _};

use tki_math::{AccessStructure, Gate, Level, Member};
use tki_metadata::{
    Bundle, Core, DevicePackage, Document, Extensions, Holder, Key, Mailbox, MailboxCopy,
    MailboxKey, Membership, Notice, Pending, Step,
};
use tki_record::Address;

/// Lines `name = value`.
#[derive(Default)]
pub(crate) struct Text {
    lines: String,
}

impl Text {
    fn line(&mut self, name: &str, value: impl Display) {
        writeln!(self.lines, "{name} = {value}").expect("writing to a string");
    }

    fn bytes(&mut self, name: &str, value: impl AsRef<[u8]>) {
        self.line(name, hex::encode(value));
    }

    fn optional(&mut self, name: &str, value: Option<impl AsRef<[u8]>>) {
        self.line(name, value.map_or_else(|| "none".to_owned(), hex::encode));
    }

    fn extensions(&mut self, name: &str, extensions: &Extensions) {
        self.line(&format!("{name}.count"), extensions.len());
        for (tag, value) in extensions.iter() {
            self.bytes(&format!("{name}.{tag:#06x}"), value);
        }
    }

    fn key(&mut self, name: &str, key: &Key) {
        self.bytes(&format!("{name}.verifying_key"), &key.verifying_key);
        self.line(&format!("{name}.commitments.count"), key.commitments.len());
        for (position, commitment) in key.commitments.iter().enumerate() {
            self.bytes(&format!("{name}.commitments.{position}"), commitment);
        }
        self.optional(&format!("{name}.sealed_seed"), key.sealed_seed.as_ref());
        self.extensions(&format!("{name}.extensions"), &key.extensions);
    }

    fn holder(&mut self, name: &str, holder: &Holder) {
        self.line(
            &format!("{name}.identifiers.count"),
            holder.identifiers.len(),
        );
        for (position, identifier) in holder.identifiers.iter().enumerate() {
            self.line(&format!("{name}.identifiers.{position}"), identifier);
        }
        self.line(&format!("{name}.kind"), holder.kind.code());
        self.line(&format!("{name}.label"), &holder.label);
        self.line(&format!("{name}.added"), holder.added);
        self.bytes(&format!("{name}.box_key"), holder.box_key.to_bytes());
        self.bytes(&format!("{name}.mailbox"), holder.mailbox.as_bytes());
        self.line(&format!("{name}.offline"), holder.offline);
        self.extensions(&format!("{name}.extensions"), &holder.extensions);
    }

    fn core(&mut self, core: &Core) {
        self.bytes("core.account", core.account.as_bytes());
        self.line("core.version", core.version);
        self.bytes("core.operation", core.operation.as_bytes());
        self.line("core.curve", core.curve.code());
        self.line("core.origin", core.origin.code());
        self.bytes("core.first_verifying_key", &core.first_verifying_key);
        self.line("core.keys.count", core.keys.len());
        for (position, key) in core.keys.iter().enumerate() {
            self.key(&format!("core.keys.{position}"), key);
        }
        self.line("core.epoch", core.epoch);
        match &core.structure {
            AccessStructure::Threshold(threshold) => {
                self.line("core.structure.threshold", threshold);
            }
            AccessStructure::Gate(gate) => self.line("core.structure.gate", gate_text(gate)),
            _ => panic!("no text for this structure"),
        }
        self.line("core.holders.count", core.holders.len());
        for (position, holder) in core.holders.iter().enumerate() {
            self.holder(&format!("core.holders.{position}"), holder);
        }
        self.line("core.next_identifier", core.next_identifier);
        self.line("core.history.count", core.history.len());
        for entry in &core.history {
            self.bytes(&format!("core.history.{}", entry.version), entry.hash);
        }
        self.extensions("core.settings", &core.settings);
        self.extensions("core.extensions", &core.extensions);
        // Not stored; follows from what is.
        self.bytes("core.hash", core.hash());
    }

    fn mailbox_key(&mut self, name: &str, key: &MailboxKey) {
        self.bytes(&format!("{name}.verifying_key"), &key.verifying_key);
        self.line(&format!("{name}.shares.count"), key.shares.len());
        for (identifier, value) in &key.shares {
            self.bytes(&format!("{name}.shares.{identifier}"), value.as_slice());
        }
        self.extensions(&format!("{name}.extensions"), &key.extensions);
    }

    fn copy(&mut self, name: &str, copy: &MailboxCopy) {
        self.bytes(&format!("{name}.address"), copy.address.as_bytes());
        self.bytes(&format!("{name}.sealed"), &copy.sealed);
    }

    fn membership(&mut self, membership: &Membership) {
        self.line("membership.slot", membership.slot);
        self.document(&membership.document);
        self.copy("membership.mailbox", &membership.mailbox);
        let copies = &membership.offline_mailboxes;
        self.line("membership.offline_mailboxes.count", copies.len());
        for (position, copy) in copies.iter().enumerate() {
            self.copy(&format!("membership.offline_mailboxes.{position}"), copy);
        }
        self.line("membership.seen.epoch", membership.seen.epoch);
        self.line("membership.seen.version", membership.seen.version);
        self.bytes("membership.seen.hash", membership.seen.hash);
        self.extensions("membership.extensions", &membership.extensions);
    }

    fn pending(&mut self, pending: &Pending) {
        self.bytes("pending.operation", pending.operation.as_bytes());
        let base = pending.base_version;
        self.line(
            "pending.base_version",
            base.map_or("none".to_owned(), |v| v.to_string()),
        );
        self.optional("pending.document", pending.document.map(Address::to_bytes));
        self.bytes("pending.document_hash", pending.document_hash);
        self.line("pending.steps.count", pending.steps.len());
        for (position, step) in pending.steps.iter().enumerate() {
            self.line(&format!("pending.steps.{position}"), step_text(step));
        }
        self.line("pending.seeds.count", pending.seeds.len());
        for (position, seed) in pending.seeds.iter().enumerate() {
            let name = format!("pending.seeds.{position}");
            self.line(&format!("{name}.kind"), seed.kind.code());
            self.line(&format!("{name}.slot"), seed.slot);
            self.bytes(&format!("{name}.seed"), seed.seed.expose_secret());
        }
        self.optional("pending.recovery_hash", pending.recovery_hash);
        self.extensions("pending.extensions", &pending.extensions);
    }

    fn document(&mut self, document: &Document) {
        self.core(&document.core);
        self.line("mailbox_hashes.count", document.mailbox_hashes.len());
        for (position, hash) in document.mailbox_hashes.iter().enumerate() {
            self.bytes(&format!("mailbox_hashes.{position}"), hash);
        }
        self.extensions("extensions", &document.extensions);
    }
}

fn step_text(step: &Step) -> String {
    match step {
        Step::Add {
            kind,
            label,
            offline,
        } => {
            format!("add kind {} offline {offline} label {label}", kind.code())
        }
        Step::CancelRotation => "cancel rotation".to_owned(),
        Step::ConfirmRotation => "confirm rotation".to_owned(),
        Step::Create { curve } => format!("create curve {}", curve.code()),
        Step::Import {
            curve,
            verifying_key,
        } => format!(
            "import curve {} key {}",
            curve.code(),
            hex::encode(verifying_key)
        ),
        Step::Refresh => "refresh".to_owned(),
        Step::Remove { identifier } => format!("remove {identifier}"),
        Step::Rename { identifier, label } => format!("rename {identifier} label {label}"),
        Step::Renew { identifier } => format!("renew {identifier}"),
        Step::Rotate => "rotate".to_owned(),
        Step::SetStructure { arrangement } => format!("structure {arrangement}"),
        Step::SetThreshold { threshold } => format!("threshold {threshold}"),
        other => panic!("no text for {other:?}"),
    }
}

pub(crate) fn document(document: &Document) -> String {
    let mut text = Text::default();
    text.document(document);
    text.lines
}

pub(crate) fn mailbox(mailbox: &Mailbox) -> String {
    let mut text = Text::default();
    text.bytes("account", mailbox.account.as_bytes());
    text.bytes("account_secret", mailbox.account_secret.expose_secret());
    text.line("version", mailbox.version);
    text.bytes("core_hash", mailbox.core_hash);
    text.line("keys.count", mailbox.keys.len());
    for (position, key) in mailbox.keys.iter().enumerate() {
        text.mailbox_key(&format!("keys.{position}"), key);
    }
    text.line("epoch", mailbox.epoch);
    text.bytes("control_salt", mailbox.control_salt.expose_secret());
    text.bytes("document_key", mailbox.document_key.expose_secret());
    text.extensions("extensions", &mailbox.extensions);
    text.lines
}

pub(crate) fn notice(notice: &Notice) -> String {
    let mut text = Text::default();
    text.bytes("account", notice.account.as_bytes());
    text.line("version", notice.version);
    text.line("removed", notice.removed);
    text.extensions("extensions", &notice.extensions);
    text.lines
}

pub(crate) fn package(package: &DevicePackage) -> String {
    let mut text = Text::default();
    text.bytes("opening_seed", package.opening_seed.expose_secret());
    match &package.membership {
        Some(membership) => text.membership(membership),
        None => text.line("membership", "none"),
    }
    match &package.pending {
        Some(pending) => text.pending(pending),
        None => text.line("pending", "none"),
    }
    text.extensions("package.extensions", &package.extensions);
    text.lines
}

pub(crate) fn bundle(bundle: &Bundle) -> String {
    let mut text = Text::default();
    text.line("records.count", bundle.records.len());
    for (position, record) in bundle.records.iter().enumerate() {
        let name = |field: &str| format!("records.{position}.{field}");
        let claim = record.claim();
        text.line(&name("address"), record.address());
        text.line(&name("claim.kind"), claim.kind().code());
        text.line(&name("claim.slot"), claim.slot());
        text.bytes(&name("claim.key"), claim.key().to_bytes());
        text.bytes(&name("claim.first_writer"), claim.first_writer().to_bytes());
        text.bytes(&name("claim.binding"), claim.binding());
        text.bytes(&name("claim.signature"), claim.signature().to_bytes());
        text.line(&name("version"), record.version());
        text.line(&name("closed"), record.is_closed());
        let header = record.header();
        text.line(&name("hand_overs.count"), header.hand_overs().len());
        for (number, hand_over) in header.hand_overs().iter().enumerate() {
            let name = |field: &str| format!("records.{position}.hand_overs.{number}.{field}");
            text.line(&name("version"), hand_over.version());
            text.bytes(&name("next"), hand_over.next().to_bytes());
            text.bytes(&name("signature"), hand_over.signature().to_bytes());
        }
        text.bytes(&name("signature"), header.signature().to_bytes());
        text.bytes(&name("body"), record.body());
    }
    text.extensions("extensions", &bundle.extensions);
    text.lines
}

/// Every member, a gate with its identifier before it.
fn gate_text(gate: &Gate) -> String {
    let members = gate.levels().iter().flat_map(Level::members);
    let members = members.map(|member| match member {
        Member::Gate(x, inner) => format!("{x}: {}", gate_text(inner)),
        Member::Holder(x) => x.to_string(),
    });
    let members: Vec<_> = members.collect();
    format!("{} of ({})", gate.threshold(), members.join(", "))
}

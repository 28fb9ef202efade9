//! One account as it may be, made the same way every time: two of a device, a login and words.
//!
//! The generator of the fixtures uses this file too.

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use tki_math::{
    AccessStructure, Epoch, Gate, Identifier, Member, SecretScalar, Threshold, VerifyingKey, split,
};
use tki_metadata::{
    AccountId, AccountSecret, Arrangement, Bundle, ControlKey, ControlSalt, Core, DevicePackage,
    Document, DocumentKey, Extensions, HistoryEntry, Holder, HolderKind, Key, Mailbox, MailboxCopy,
    MailboxKey, Membership, Notice, OpeningSeed, OperationId, Origin, Pending, PendingSeed,
    SeedKey, Seen, Step,
};
use tki_record::{Claim, Record, RecordKind};
use tki_seal::{
    bip340::SigningKey,
    curve::{CurveId, Ed25519, P256, SealCurve, Secp256k1},
    ed25519_seed, sealed_box,
    transcript::{Tag, Transcript},
};

/// Seed of the device, the login and the words.
pub(crate) const SEEDS: [[u8; 32]; 3] = [[0x11; 32], [0x22; 32], [0x33; 32]];
/// The version of the sample.
pub(crate) const VERSION: u64 = 3;

const ACCOUNT: [u8; 32] = [0xac; 32];
const ACCOUNT_SECRET: [u8; 32] = [0xa5; 32];
const CONTROL_SALT: [u8; 32] = [0xc5; 32];
const DOCUMENT_KEY: [u8; 32] = [0xd0; 32];

pub(crate) fn rng(stream: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([stream; 32])
}

pub(crate) fn seed(position: usize) -> OpeningSeed {
    OpeningSeed::from_bytes(&SEEDS[position])
}

pub(crate) fn account_secret() -> AccountSecret {
    AccountSecret::from_bytes(&ACCOUNT_SECRET)
}

pub(crate) fn document_key() -> DocumentKey {
    DocumentKey::from_bytes(&DOCUMENT_KEY)
}

pub(crate) fn identifier(x: u128) -> Identifier {
    Identifier::new(x).expect("not zero")
}

pub(crate) fn extensions(entries: &[(u16, &[u8])]) -> Extensions {
    let mut extensions = Extensions::new();
    for (tag, value) in entries {
        extensions.insert(*tag, value.to_vec());
    }
    extensions
}

/// The key of a sample, and the share of each holder.
pub(crate) struct Shared {
    pub key: Key,
    pub shares: Vec<(Identifier, zeroize::Zeroizing<[u8; 32]>)>,
}

fn shared<C: SealCurve>(secret: &SecretScalar<C>, sealed_seed: Option<Vec<u8>>) -> Shared {
    let identifiers = [1, 2, 4].map(identifier);
    let threshold = Threshold::new(2).expect("not zero");
    let (shares, commitment) = split(secret, threshold, &identifiers, &mut rng(1))
        .expect("three holders")
        .into_parts();
    let commitments = commitment.to_bytes();
    Shared {
        key: Key::new(commitments[0].clone(), commitments, sealed_seed),
        shares: shares
            .iter()
            .map(|s| (s.identifier(), s.value().to_bytes()))
            .collect(),
    }
}

/// A key on this curve, shared among the three holders.
pub(crate) fn shared_on(curve: CurveId) -> Shared {
    match curve {
        CurveId::P256 => shared(&SecretScalar::<P256>::random(&mut rng(2)), None),
        CurveId::Secp256k1 => shared(&SecretScalar::<Secp256k1>::random(&mut rng(2)), None),
        CurveId::Ed25519 => {
            let seed = [0x5e; 32];
            let secret: SecretScalar<Ed25519> = ed25519_seed::scalar_from_seed(&seed);
            let verifying_key = shared(&secret, None).key.verifying_key;
            let account = AccountId::from_bytes(ACCOUNT);
            let key = SeedKey::derive(&secret.to_bytes(), &account, &verifying_key);
            shared(&secret, Some(key.seal(&seed, &mut rng(3))))
        }
    }
}

fn first_verifying_key_of<C: SealCurve>() -> Vec<u8> {
    let secret = SecretScalar::<C>::random(&mut rng(4));
    VerifyingKey::from_secret(&secret)
        .expect("not zero")
        .to_bytes()
}

/// The key that the samples were created with: they have moved to another one since.
fn first_verifying_key(curve: CurveId) -> Vec<u8> {
    match curve {
        CurveId::P256 => first_verifying_key_of::<P256>(),
        CurveId::Secp256k1 => first_verifying_key_of::<Secp256k1>(),
        CurveId::Ed25519 => first_verifying_key_of::<Ed25519>(),
    }
}

fn holder(position: usize, identifier: Identifier, kind: HolderKind, label: &str) -> Holder {
    let seed = seed(position);
    Holder {
        identifiers: vec![identifier],
        kind,
        label: label.to_owned(),
        added: 1_700_000_000 + u64::try_from(position).expect("small"),
        box_key: seed.box_key().public_key(),
        mailbox: seed.mailbox_address(0),
        offline: kind.is_offline_by_default(),
        extensions: Extensions::new(),
    }
}

pub(crate) fn core_on(curve: CurveId) -> Core {
    let mut words = holder(2, identifier(4), HolderKind::Words, "paper, grün");
    words.extensions = extensions(&[(7, b"kept")]);
    let history = (0..VERSION).map(|version| HistoryEntry {
        version,
        hash: [u8::try_from(version).expect("small") + 1; 32],
    });
    Core {
        account: AccountId::from_bytes(ACCOUNT),
        version: VERSION,
        operation: OperationId::from_bytes([0x0b; 16]),
        curve,
        origin: Origin::Created,
        first_verifying_key: first_verifying_key(curve),
        keys: vec![shared_on(curve).key],
        epoch: Epoch::new(1),
        structure: AccessStructure::Threshold(Threshold::new(2).expect("not zero")),
        holders: vec![
            holder(0, identifier(1), HolderKind::Device, "laptop"),
            holder(1, identifier(2), HolderKind::Provider, ""),
            words,
        ],
        next_identifier: identifier(5),
        history: history.collect(),
        settings: extensions(&[(1, b""), (2, b"two")]),
        extensions: extensions(&[(0x7fff, b"\x00\x01")]),
    }
}

pub(crate) fn core() -> Core {
    core_on(CurveId::Secp256k1)
}

/// The mailbox of a holder of the sample on secp256k1.
pub(crate) fn mailbox(position: usize) -> Mailbox {
    let core = core();
    let shared = shared_on(core.curve);
    Mailbox {
        account: core.account,
        account_secret: account_secret(),
        version: core.version,
        core_hash: core.hash(),
        keys: vec![MailboxKey::new(
            shared.key.verifying_key.clone(),
            vec![shared.shares[position].clone()],
        )],
        epoch: core.epoch,
        control_salt: ControlSalt::from_bytes(&CONTROL_SALT),
        document_key: document_key(),
        extensions: extensions(&[(3, b"three")]),
    }
}

/// The key that an account on secp256k1 is moving to, since the version of the sample.
fn next_shared() -> Shared {
    let secret = SecretScalar::<Secp256k1>::random(&mut rng(5));
    let mut next = shared(&secret, None);
    next.key = next.key.taken_up_in(VERSION);
    next
}

/// The core of the sample while it moves to another key.
fn core_rotating() -> Core {
    let mut core = core();
    core.keys.push(next_shared().key);
    core
}

/// The device's mailbox meanwhile: a share of each key.
pub(crate) fn mailbox_rotating() -> Mailbox {
    let next = next_shared();
    let mut mailbox = mailbox(0);
    mailbox.core_hash = core_rotating().hash();
    let key = MailboxKey::new(next.key.verifying_key, vec![next.shares[0].clone()]);
    mailbox.keys.push(key);
    mailbox
}

/// The context of the box around what is at a place: what a provider makes of the context it is
/// given, the same for every holder.
pub(crate) fn box_context(context: &[u8]) -> Transcript {
    Transcript::new(Tag::ProviderDecrypt).bytes(context)
}

/// A mailbox as it is stored.
pub(crate) fn sealed_mailbox(position: usize) -> MailboxCopy {
    let holder = &core().holders[position];
    let context = box_context(&Mailbox::context(&holder.mailbox));
    let plaintext = mailbox(position).encode().expect("valid");
    let mut rng = rng(10 + u8::try_from(position).expect("small"));
    MailboxCopy {
        address: holder.mailbox,
        sealed: sealed_box::seal(&holder.box_key, context, &plaintext, &mut rng),
    }
}

pub(crate) fn document_on(curve: CurveId) -> Document {
    let hashes = (0..3).map(|position| Mailbox::hash(&sealed_mailbox(position).sealed));
    Document::new(core_on(curve), hashes.collect())
}

pub(crate) fn document() -> Document {
    document_on(CurveId::Secp256k1)
}

/// Two of: the device, the login, and the login with the words.
pub(crate) fn nested() -> Gate {
    let two = Threshold::new(2).expect("not zero");
    let holder = |x| Member::Holder(identifier(x));
    let both = Gate::new(two, vec![holder(3), holder(4)]).expect("two of two");
    let members = vec![holder(1), holder(2), Member::Gate(identifier(5), both)];
    Gate::new(two, members).expect("two of three")
}

/// The account of the sample with that structure: the login has two identifiers.
pub(crate) fn document_nested() -> Document {
    let mut document = document();
    let core = &mut document.core;
    core.structure = nested().into();
    core.holders[1].identifiers = vec![identifier(2), identifier(3)];
    core.next_identifier = identifier(6);
    let secret = SecretScalar::<Secp256k1>::random(&mut rng(2));
    let identifiers = core.identifiers();
    let (_, commitment) = split(&secret, &core.structure, &identifiers, &mut rng(5))
        .expect("four identifiers")
        .into_parts();
    core.keys[0].commitments = commitment.to_bytes();
    document
}

pub(crate) fn notice() -> Notice {
    Notice {
        account: AccountId::from_bytes(ACCOUNT),
        version: VERSION,
        removed: 1_700_000_100,
        extensions: Extensions::new(),
    }
}

pub(crate) fn membership() -> Membership {
    let document = document();
    Membership {
        slot: 0,
        seen: Seen {
            epoch: document.core.epoch,
            version: VERSION,
            hash: [0x5a; 32],
        },
        document,
        mailbox: sealed_mailbox(0),
        offline_mailboxes: vec![sealed_mailbox(2)],
        extensions: Extensions::new(),
    }
}

/// An operation with a step of each kind.
pub(crate) fn pending() -> Pending {
    let add = |kind, label: &str, offline| Step::Add {
        kind,
        label: label.to_owned(),
        offline,
    };
    Pending {
        operation: OperationId::from_bytes([0x0c; 16]),
        base_version: Some(VERSION),
        document: Some(account_secret().document_address()),
        document_hash: [0xdf; 32],
        steps: vec![
            Step::Create {
                curve: CurveId::Ed25519,
            },
            add(HolderKind::Words, "safe", true),
            add(HolderKind::Other(0x1234), "later", false),
            Step::Remove {
                identifier: identifier(1),
            },
            Step::SetThreshold {
                threshold: Threshold::new(3).expect("not zero"),
            },
            Step::Refresh,
        ],
        seeds: vec![
            PendingSeed {
                kind: HolderKind::Words,
                slot: 0,
                seed: OpeningSeed::from_bytes(&[0x44; 32]),
            },
            PendingSeed {
                kind: HolderKind::Other(0x1234),
                slot: 2,
                seed: OpeningSeed::from_bytes(&[0x55; 32]),
            },
        ],
        recovery_hash: Some([0xee; 32]),
        extensions: Extensions::new(),
    }
}

/// An operation with the steps that came later, which gives this device a new seed.
pub(crate) fn pending_later() -> Pending {
    let import = |curve: CurveId, byte| Step::Import {
        curve,
        verifying_key: vec![byte; curve.point_bytes()],
    };
    let rename = |number, label: &str| Step::Rename {
        identifier: identifier(number),
        label: label.to_owned(),
    };
    let mut pending = pending();
    pending.steps = vec![
        import(CurveId::Secp256k1, 2),
        import(CurveId::Ed25519, 3),
        rename(3, "bank, 2º"),
        rename(1, ""),
        Step::Renew {
            identifier: identifier(1),
        },
    ];
    pending.seeds = vec![PendingSeed {
        kind: HolderKind::Device,
        slot: 1,
        seed: OpeningSeed::from_bytes(&[0x66; 32]),
    }];
    pending
}

/// The arrangement of the nested sample, and one in which a holder counts twice.
pub(crate) fn arrangements() -> [Arrangement; 2] {
    let [two, three] = [2, 3].map(|t| Threshold::new(t).expect("not zero"));
    let holder = |x| Arrangement::Holder(identifier(x));
    let both = Arrangement::gate(two, vec![holder(2), holder(4)]);
    let weighted = [1, 1, 2, 4].map(holder).to_vec();
    [
        Arrangement::gate(two, vec![holder(1), holder(2), both]),
        Arrangement::gate(three, weighted),
    ]
}

/// An operation that sets access structures.
pub(crate) fn pending_structures() -> Pending {
    let mut pending = pending_later();
    let steps = arrangements().map(|arrangement| Step::SetStructure { arrangement });
    pending.steps = steps.to_vec();
    pending.seeds.clear();
    pending
}

/// What a device keeps between operations.
pub(crate) fn package() -> DevicePackage {
    let mut package = DevicePackage::new(seed(0));
    package.membership = Some(membership());
    package.extensions = extensions(&[(9, b"nine")]);
    package
}

/// What a device keeps while it changes its account.
pub(crate) fn package_changing() -> DevicePackage {
    let mut package = package();
    package.pending = Some(pending());
    package
}

/// What a device keeps while it renews itself.
pub(crate) fn package_renewing() -> DevicePackage {
    let mut package = package();
    package.pending = Some(pending_later());
    package
}

/// What a device keeps while the access structure is changed.
pub(crate) fn package_structures() -> DevicePackage {
    let mut package = package();
    package.pending = Some(pending_structures());
    package
}

/// What a device keeps while its account moves to another key: who writes next is noted.
pub(crate) fn package_rotating() -> DevicePackage {
    let mut package = package();
    let mut membership = membership();
    membership.document.core = core_rotating();
    let control = ControlKey::derive(&[0x77; 32], &ControlSalt::from_bytes(&CONTROL_SALT));
    let address = account_secret().document_address();
    membership.set_writer(&control.writer(&address).public_key());
    package.membership = Some(membership);
    let mut pending = pending();
    pending.steps = vec![Step::Rotate, Step::ConfirmRotation, Step::CancelRotation];
    pending.seeds.clear();
    pending.recovery_hash = None;
    package.pending = Some(pending);
    package
}

/// What a device keeps while it creates its account.
pub(crate) fn package_creating() -> DevicePackage {
    let mut package = DevicePackage::new(seed(0));
    let mut pending = pending();
    pending.base_version = None;
    pending.recovery_hash = None;
    package.pending = Some(pending);
    package
}

/// Version 3 of a record that changed hands in version 1.
fn record(kind: RecordKind, claim_key: &SigningKey, body: Vec<u8>) -> Record {
    let secret = [0x77; 32];
    let before = ControlKey::derive(&secret, &ControlSalt::from_bytes(&[0xb5; 32]));
    let control = ControlKey::derive(&secret, &ControlSalt::from_bytes(&CONTROL_SALT));
    let core = core();
    let address = tki_record::Address::derive(kind, 0, &claim_key.public_key());
    let binding = account_secret()
        .binding_key(&core.account, &core.first_verifying_key)
        .binding(&address);
    let (old, writer) = (before.writer(&address), control.writer(&address));
    let claim = Claim::sign(kind, 0, claim_key, old.public_key(), binding);
    let first = Record::first(claim, vec![0], &old).expect("small");
    let second = first.next(vec![1], &old, Some(writer.public_key()));
    let third = second.and_then(|second| second.next(vec![2], &writer, None));
    third
        .and_then(|third| third.next(body, &writer, None))
        .expect("small")
}

/// The account of the sample as a storage has it.
pub(crate) fn bundle() -> Bundle {
    let address = account_secret().document_address();
    let document = document()
        .seal(&document_key(), &address, &mut rng(20))
        .expect("valid");
    let claim_key = account_secret().document_claim_key();
    let mut records = vec![record(RecordKind::Document, &claim_key, document)];
    for position in 0..SEEDS.len() {
        let claim_key = seed(position).claim_key(0);
        let body = sealed_mailbox(position).sealed;
        records.push(record(RecordKind::Mailbox, &claim_key, body));
    }
    let mut bundle = Bundle::new(records);
    bundle.extensions = extensions(&[(5, b"five")]);
    bundle
}

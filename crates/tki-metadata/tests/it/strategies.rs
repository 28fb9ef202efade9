//! Arbitrary valid values of every stored type.

use proptest::{
    collection::{btree_map, btree_set, vec},
    option,
    prelude::*,
};
use tki_math::{AccessStructure, Epoch, Identifier, Threshold};
use tki_metadata::{
    AccountId, AccountSecret, Arrangement, ControlSalt, Core, DevicePackage, Document, DocumentKey,
    Extensions, HistoryEntry, Holder, HolderKind, Key, Mailbox, MailboxCopy, MailboxKey,
    Membership, Notice, OpeningSeed, OperationId, Origin, Pending, PendingSeed, Seen, Step, limits,
};
use tki_record::Address;
use tki_seal::{curve::CurveId, sealed_box::BoxPublicKey};
use zeroize::Zeroizing;

fn bytes32() -> impl Strategy<Value = [u8; 32]> {
    any::<[u8; 32]>()
}

fn extensions() -> impl Strategy<Value = Extensions> {
    btree_map(0..tki_metadata::CRITICAL, vec(any::<u8>(), 0..20), 0..4).prop_map(|entries| {
        let mut extensions = Extensions::new();
        for (tag, value) in entries {
            extensions.insert(tag, value);
        }
        extensions
    })
}

fn kind() -> impl Strategy<Value = HolderKind> {
    any::<u16>().prop_map(|code| HolderKind::from_code(code % 300))
}

fn label() -> impl Strategy<Value = String> {
    // At most 16 characters of at most 4 bytes.
    "[^\\p{Cc}]{0,16}"
}

fn curve() -> impl Strategy<Value = CurveId> {
    proptest::sample::select(CurveId::ALL)
}

fn box_key() -> impl Strategy<Value = BoxPublicKey> {
    (0_u8..4).prop_map(|n| OpeningSeed::from_bytes(&[n; 32]).box_key().public_key())
}

fn identifier() -> impl Strategy<Value = Identifier> {
    (1..=u128::MAX).prop_map(|x| Identifier::new(x).expect("not zero"))
}

fn key(curve: CurveId, coefficients: usize) -> impl Strategy<Value = Key> {
    let point = vec(any::<u8>(), curve.point_bytes());
    let seed = option::of(vec(any::<u8>(), 0..200));
    (vec(point, coefficients), seed, extensions()).prop_map(|(commitments, sealed_seed, added)| {
        let mut key = Key::new(commitments[0].clone(), commitments, sealed_seed);
        key.extensions = added;
        key
    })
}

type Description = (HolderKind, String, u64, BoxPublicKey, bool, Extensions);

fn description() -> impl Strategy<Value = Description> {
    (
        kind(),
        label(),
        any::<u64>(),
        box_key(),
        any::<bool>(),
        extensions(),
    )
}

fn holders() -> impl Strategy<Value = Vec<Holder>> {
    let weights = vec(1..=3_usize, 1..=6);
    weights
        .prop_flat_map(move |weights| {
            let total: usize = weights.iter().sum();
            let identifiers = btree_set(1..u128::MAX, total);
            let addresses = btree_set(bytes32(), weights.len());
            let descriptions = vec(description(), weights.len());
            (Just(weights), identifiers, addresses, descriptions)
        })
        .prop_map(|(weights, identifiers, addresses, descriptions)| {
            let mut identifiers = identifiers.into_iter();
            let parts = weights.into_iter().zip(addresses).zip(descriptions);
            let holder = |((weight, address), description)| {
                let (kind, label, added, box_key, offline, extensions) = description;
                let own = identifiers.by_ref().take(weight);
                Holder {
                    identifiers: own.map(|x| Identifier::new(x).expect("not zero")).collect(),
                    kind,
                    label,
                    added,
                    box_key,
                    mailbox: Address::from_bytes(address),
                    offline,
                    extensions,
                }
            };
            parts.map(holder).collect()
        })
}

/// What depends on each other: holders, threshold, keys and history.
type Parts = (Vec<Holder>, CurveId, u64, u16, Vec<[u8; 32]>, Vec<Key>);

fn core_parts() -> impl Strategy<Value = Parts> {
    let sized = (holders(), curve(), 0_u64..400).prop_flat_map(|(holders, curve, version)| {
        let thresholds = 1..=u16::try_from(count(&holders)).expect("small");
        let length = usize::try_from(version)
            .expect("small")
            .min(limits::HISTORY);
        (
            Just(holders),
            Just(curve),
            Just(version),
            thresholds,
            vec(bytes32(), length),
        )
    });
    sized.prop_flat_map(|(holders, curve, version, threshold, history)| {
        let keys = vec(key(curve, usize::from(threshold)), 1..=2);
        (
            Just(holders),
            Just(curve),
            Just(version),
            Just(threshold),
            Just(history),
            keys,
        )
    })
}

fn count(holders: &[Holder]) -> usize {
    holders.iter().map(|holder| holder.identifiers.len()).sum()
}

prop_compose! {
    pub fn core()(
        (holders, curve, version, threshold, history, keys) in core_parts(),
        account in bytes32(),
        operation in any::<[u8; 16]>(),
        imported in any::<bool>(),
        first_point in vec(any::<u8>(), 33),
        epoch in any::<u64>(),
        settings in extensions(),
        extensions in extensions(),
    ) -> Core {
        let first = version - u64::try_from(history.len()).expect("small");
        let highest = holders.iter().flat_map(|holder| &holder.identifiers).max().expect("some");
        let first_verifying_key = first_point[..curve.point_bytes()].to_vec();
        let next_identifier = highest.next().expect("below the maximum");
        Core {
            account: AccountId::from_bytes(account),
            version,
            operation: OperationId::from_bytes(operation),
            curve,
            origin: if imported { Origin::Imported } else { Origin::Created },
            first_verifying_key,
            keys,
            epoch: Epoch::new(epoch),
            structure: AccessStructure::Threshold(Threshold::new(threshold).expect("not zero")),
            holders,
            next_identifier,
            history: (first..).zip(history).map(|(version, hash)| HistoryEntry { version, hash })
                .collect(),
            settings,
            extensions,
        }
    }
}

pub(crate) fn document() -> impl Strategy<Value = Document> {
    let with_hashes = |core: Core| {
        let hashes = vec(bytes32(), core.holders.len());
        (Just(core), hashes, extensions())
    };
    core()
        .prop_flat_map(with_hashes)
        .prop_map(|(core, mailbox_hashes, extensions)| Document {
            core,
            mailbox_hashes,
            extensions,
        })
}

pub(crate) fn mailbox() -> impl Strategy<Value = Mailbox> {
    let identifiers = btree_set(identifier(), 1..4);
    let points = btree_set(vec(any::<u8>(), 32..34), 1..=2);
    let keys = (identifiers, points, vec(bytes32(), 8), extensions());
    let secrets = (bytes32(), bytes32(), bytes32());
    let rest = (
        bytes32(),
        any::<u64>(),
        bytes32(),
        any::<u64>(),
        extensions(),
    );
    (keys, secrets, rest).prop_map(|(keys, secrets, rest)| {
        let (identifiers, points, values, key_extensions) = keys;
        let (account, version, core_hash, epoch, extensions) = rest;
        let mut values = values.into_iter().map(Zeroizing::new);
        let keys = points.into_iter().map(|point| {
            let shares = identifiers.iter().copied().zip(values.by_ref()).collect();
            let mut key = MailboxKey::new(point, shares);
            key.extensions = key_extensions.clone();
            key
        });
        Mailbox {
            account: AccountId::from_bytes(account),
            account_secret: AccountSecret::from_bytes(&secrets.0),
            version,
            core_hash,
            keys: keys.collect(),
            epoch: Epoch::new(epoch),
            control_salt: ControlSalt::from_bytes(&secrets.1),
            document_key: DocumentKey::from_bytes(&secrets.2),
            extensions,
        }
    })
}

pub(crate) fn notice() -> impl Strategy<Value = Notice> {
    (bytes32(), any::<u64>(), any::<u64>(), extensions()).prop_map(
        |(account, version, removed, extensions)| Notice {
            account: AccountId::from_bytes(account),
            version,
            removed,
            extensions,
        },
    )
}

/// An arrangement that can be stored; a holder may be named several times.
pub(crate) fn arrangement() -> impl Strategy<Value = Arrangement> {
    let holder = identifier().prop_map(Arrangement::Holder).boxed();
    let gate = |members: BoxedStrategy<Arrangement>| {
        let sized = (vec(members, 1..5), any::<proptest::sample::Index>());
        let gate = sized.prop_map(|(members, index)| {
            let threshold = u16::try_from(index.index(members.len()) + 1).expect("small");
            Arrangement::gate(Threshold::new(threshold).expect("not zero"), members)
        });
        gate.boxed()
    };
    let inner = holder.prop_recursive(4, 64, 5, move |members| gate(members.boxed()));
    gate(inner.boxed())
}

fn step() -> impl Strategy<Value = Step> {
    let threshold = (1..=u16::MAX).prop_map(|t| Threshold::new(t).expect("not zero"));
    prop_oneof![
        (kind(), label(), any::<bool>()).prop_map(|(kind, label, offline)| Step::Add {
            kind,
            label,
            offline
        }),
        curve().prop_map(|curve| Step::Create { curve }),
        (curve(), any::<u8>()).prop_map(|(curve, byte)| Step::Import {
            curve,
            verifying_key: [byte].repeat(curve.point_bytes()),
        }),
        (identifier(), label()).prop_map(|(identifier, label)| Step::Rename { identifier, label }),
        identifier().prop_map(|identifier| Step::Renew { identifier }),
        Just(Step::Refresh),
        Just(Step::Rotate),
        Just(Step::ConfirmRotation),
        Just(Step::CancelRotation),
        identifier().prop_map(|identifier| Step::Remove { identifier }),
        arrangement().prop_map(|arrangement| Step::SetStructure { arrangement }),
        threshold.prop_map(|threshold| Step::SetThreshold { threshold }),
    ]
}

fn pending_seed() -> impl Strategy<Value = PendingSeed> {
    (kind(), any::<u32>(), bytes32()).prop_map(|(kind, slot, seed)| PendingSeed {
        kind,
        slot,
        seed: OpeningSeed::from_bytes(&seed),
    })
}

prop_compose! {
    fn pending()(
        operation in any::<[u8; 16]>(),
        base_version in any::<Option<u64>>(),
        document in any::<Option<[u8; 32]>>(),
        document_hash in bytes32(),
        steps in vec(step(), 1..5),
        seeds in vec(pending_seed(), 0..3),
        recovery_hash in any::<Option<[u8; 32]>>(),
        extensions in extensions(),
    ) -> Pending {
        Pending {
            operation: OperationId::from_bytes(operation),
            base_version,
            document: document.map(Address::from_bytes),
            document_hash,
            steps,
            seeds,
            recovery_hash,
            extensions,
        }
    }
}

prop_compose! {
    fn membership()(
        document in document(),
        slot in any::<u32>(),
        own in any::<proptest::sample::Index>(),
        sealed in vec(vec(any::<u8>(), 0..300), 8),
        later in 0_u64..3,
        hash in bytes32(),
        extensions in extensions(),
    ) -> Membership {
        let holders = &document.core.holders;
        let mut sealed = sealed.into_iter();
        let mut copy = |holder: &Holder| MailboxCopy {
            address: holder.mailbox,
            sealed: sealed.next().expect("more than holders"),
        };
        let mailbox = copy(own.get(holders));
        let offline = holders.iter().filter(|holder| holder.offline);
        let offline_mailboxes = offline.map(&mut copy).collect();
        let core = &document.core;
        let seen = Seen { epoch: core.epoch, version: core.version + later, hash };
        Membership { slot, document, mailbox, offline_mailboxes, seen, extensions }
    }
}

prop_compose! {
    pub fn package()(
        seed in bytes32(),
        membership in option::of(membership()),
        pending in option::of(pending()),
        extensions in extensions(),
    ) -> DevicePackage {
        DevicePackage { opening_seed: OpeningSeed::from_bytes(&seed), membership, pending, extensions }
    }
}

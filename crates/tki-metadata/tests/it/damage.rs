//! Damaged encodings are refused or mean exactly what they say; nothing panics.

use tki_metadata::{
    DevicePackage, Document, Error, EventLog, HelpAnswer, HelpRequest, JoinInvite, JoinReply,
    JoinRequest, Mailbox, Notice, PendingHelp, PendingInvite, PendingJoin, SignedReceipt,
};
use tki_seal::curve::CurveId;
use zeroize::Zeroizing;

use crate::{event_samples, joining_samples, samples};

type Decode = fn(&[u8]) -> Result<Zeroizing<Vec<u8>>, Error>;

/// A kind of encoding, one of its kind, and what decodes and encodes again.
type Case = (&'static str, Zeroizing<Vec<u8>>, Decode);

fn all() -> Vec<Case> {
    [stored(), messages(), kept()].concat()
}

/// What an account and its devices store.
fn stored() -> Vec<Case> {
    vec![
        (
            "document",
            samples::document().encode().expect("valid"),
            |bytes| Document::decode(bytes)?.encode(),
        ),
        (
            "mailbox",
            samples::mailbox(1).encode().expect("valid"),
            |bytes| Mailbox::decode(bytes)?.encode(),
        ),
        (
            "notice",
            samples::notice().encode().expect("valid"),
            |bytes| Notice::decode(bytes)?.encode(),
        ),
        (
            "package",
            samples::package_changing().encode().expect("valid"),
            |bytes| DevicePackage::decode(bytes)?.encode(),
        ),
        (
            "log of events",
            event_samples::account(CurveId::Secp256k1)
                .1
                .encode()
                .expect("valid")
                .into(),
            |bytes| Ok(EventLog::decode(bytes)?.encode()?.into()),
        ),
        (
            "signed receipt",
            event_samples::receipt(CurveId::P256)
                .encode()
                .expect("valid")
                .into(),
            |bytes| Ok(SignedReceipt::decode(bytes)?.encode()?.into()),
        ),
        (
            "package of a device that creates",
            samples::package_creating().encode().expect("valid"),
            |bytes| DevicePackage::decode(bytes)?.encode(),
        ),
        (
            "package with the later steps",
            {
                let mut package = samples::package_creating();
                package.pending = Some(samples::pending_later());
                package.encode().expect("valid")
            },
            |bytes| DevicePackage::decode(bytes)?.encode(),
        ),
    ]
}

/// What people carry from one machine to another.
fn messages() -> Vec<Case> {
    let reply = joining_samples::pending_join()
        .reply()
        .expect("there is an invite");
    vec![
        (
            "request",
            joining_samples::join_request()
                .encode()
                .expect("valid")
                .into(),
            |bytes| Ok(JoinRequest::decode(bytes)?.encode()?.into()),
        ),
        (
            "invite",
            joining_samples::join_invite()
                .encode()
                .expect("valid")
                .into(),
            |bytes| Ok(JoinInvite::decode(bytes)?.encode()?.into()),
        ),
        ("reply", reply.encode().expect("valid").into(), |bytes| {
            Ok(JoinReply::decode(bytes)?.encode()?.into())
        }),
        (
            "request for help",
            joining_samples::pending_help()
                .request
                .encode()
                .expect("valid")
                .into(),
            |bytes| Ok(HelpRequest::decode(bytes)?.encode()?.into()),
        ),
        (
            "answer of a guardian",
            joining_samples::help_answer()
                .encode()
                .expect("valid")
                .into(),
            |bytes| Ok(HelpAnswer::decode(bytes)?.encode()?.into()),
        ),
    ]
}

/// What is kept between the messages.
fn kept() -> Vec<Case> {
    vec![
        (
            "joining",
            joining_samples::pending_join().encode().expect("valid"),
            |bytes| PendingJoin::decode(bytes)?.encode(),
        ),
        (
            "open invite",
            joining_samples::pending_invite().encode().expect("valid"),
            |bytes| PendingInvite::decode(bytes)?.encode(),
        ),
        (
            "help that was asked for",
            joining_samples::pending_help().encode().expect("valid"),
            |bytes| PendingHelp::decode(bytes)?.encode(),
        ),
    ]
}

#[test]
fn a_changed_byte_is_refused_or_means_itself() {
    for (name, bytes, decode) in all() {
        let mut refused = 0;
        for position in 0..bytes.len() {
            for change in [0x01, 0x80, 0xff] {
                let mut damaged = bytes.clone();
                damaged[position] ^= change;
                match decode(&damaged) {
                    Ok(again) => assert_eq!(again, damaged, "{name} at {position}"),
                    Err(_) => refused += 1,
                }
            }
        }
        assert!(refused > 0, "{name}: nothing was refused");
    }
}

#[test]
fn every_truncation_is_malformed() {
    for (name, bytes, decode) in all() {
        for length in 0..bytes.len() {
            assert_eq!(
                decode(&bytes[..length]).err(),
                Some(Error::Malformed),
                "{name} {length}"
            );
        }
    }
}

#[test]
fn a_byte_too_many_is_malformed() {
    for (name, bytes, decode) in all() {
        for byte in [0, 1, 0xff] {
            let mut longer = bytes.to_vec();
            longer.push(byte);
            assert_eq!(decode(&longer).err(), Some(Error::Malformed), "{name}");
        }
    }
}

#[test]
fn a_length_that_the_input_does_not_pay_for_is_malformed() {
    // Wherever eight bytes are overwritten by a huge number, nothing is allocated for it.
    for (name, bytes, decode) in all() {
        for huge in [u64::MAX, 1 << 62, 1 << 40, 1 << 24] {
            for position in 1..bytes.len().saturating_sub(8) {
                let mut damaged = bytes.to_vec();
                damaged[position..position + 8].copy_from_slice(&huge.to_le_bytes());
                if let Ok(again) = decode(&damaged) {
                    assert_eq!(*again, damaged, "{name} at {position}");
                }
            }
        }
    }
}

#[test]
fn other_versions_are_unsupported_whatever_follows() {
    for (name, bytes, decode) in all() {
        for version in (0..=u8::MAX).filter(|version| *version != 1) {
            let mut other = bytes.to_vec();
            other[0] = version;
            let expected = Some(Error::UnsupportedVersion { version });
            assert_eq!(decode(&other).err(), expected, "{name}");
            assert_eq!(decode(&[version]).err(), expected, "{name}");
        }
    }
    assert!(Error::UnsupportedVersion { version: 2 }.is_unsupported());
}

#[test]
fn one_kind_does_not_pass_for_another() {
    for (from, bytes, _) in all() {
        for (to, _, decode) in all() {
            let alike = from == to || (from.starts_with("package") && to.starts_with("package"));
            assert_eq!(decode(&bytes).is_ok(), alike, "{from} as {to}");
        }
    }
}

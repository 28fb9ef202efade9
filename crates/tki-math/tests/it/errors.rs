//! Errors name who is to blame, and read as one line without a full stop.

use core::error::Error as _;

use tki_math::{Error, Identifier, Threshold};

#[test]
fn only_a_wrong_message_of_a_holder_has_a_culprit() {
    let (a, b) = (Identifier::FIRST, Identifier::new(2).unwrap());
    let t = Threshold::new(2).unwrap();
    let errors: [(Error, &[Identifier]); 26] = [
        (Error::DuplicateIdentifier { identifier: a }, &[]),
        (
            Error::IdentifierMismatch {
                expected: a,
                found: b,
            },
            &[],
        ),
        (Error::IdentifierOutOfRange { identifier: a }, &[]),
        (Error::IdentityVerifyingKey, &[]),
        (Error::IdentityVerifyingShare { identifier: a }, &[a]),
        (Error::InvalidCoefficientCommitment { position: 1 }, &[]),
        (Error::InvalidShare { identifier: b }, &[b]),
        (Error::KeyChanged, &[]),
        (Error::MissingMessage { identifier: a }, &[]),
        (Error::NotEnoughShares { have: 1, need: 2 }, &[]),
        (Error::NothingToRefresh, &[]),
        (Error::RefreshChangesKey, &[]),
        (Error::LevelsDoNotRise, &[]),
        (Error::RankedIdentifierTooSmall { identifier: a }, &[]),
        (Error::SingularQuorum, &[]),
        (Error::StructureMismatch, &[]),
        (Error::TooDeep, &[]),
        (
            Error::TooFewHolders {
                share_count: 1,
                need: 2,
            },
            &[],
        ),
        (Error::TooManyQuorums { limit: 9 }, &[]),
        (
            Error::UnauthorisedSet {
                identifiers: vec![a, b],
            },
            &[],
        ),
        (Error::UnknownHolder { identifier: b }, &[]),
        (
            Error::WrongCommitmentLength {
                expected: 2,
                found: 3,
            },
            &[],
        ),
        (Error::SecretPeggedTwice, &[]),
        (Error::TooManyHolders { share_count: 1001 }, &[]),
        (Error::TooManyPegs { threshold: t }, &[]),
        (Error::ZeroSecret, &[]),
    ];
    for (error, culprits) in errors {
        check(&error, culprits);
    }
}

#[test]
fn every_wrong_share_of_a_list_has_a_culprit() {
    let identifiers = vec![Identifier::new(2).unwrap(), Identifier::FIRST];
    let named = identifiers.as_slice();
    let wrong = Error::WrongShares {
        identifiers: identifiers.clone(),
    };
    check(&wrong, named);
    let invalid = Error::InvalidShares {
        positions: vec![0, 3],
        identifiers: identifiers.clone(),
    };
    check(&invalid, named);
    let dealt = Error::WrongDealings {
        identifiers: identifiers.clone(),
    };
    check(&dealt, named);
}

/// Whom the error names, and how it reads.
fn check(error: &Error, culprits: &[Identifier]) {
    assert_eq!(error.culprits(), culprits);
    assert!(error.source().is_none());
    let message = error.to_string();
    assert!(!message.is_empty() && !message.ends_with('.') && !message.contains('\n'));
    assert!(message.starts_with(|first: char| first.is_lowercase() || first.is_ascii_digit()));
}

#[test]
fn what_names_nothing_says_what_is_wrong() {
    for (error, message) in [
        (
            Error::IdentityVerifyingKey,
            "the verifying key is the identity",
        ),
        (Error::KeyChanged, "the dealings do not give the key"),
        (
            Error::LevelsDoNotRise,
            "the thresholds of the ranks do not rise",
        ),
        (
            Error::NothingToRefresh,
            "a threshold of 1 leaves nothing to refresh",
        ),
        (Error::RefreshChangesKey, "the refresh has a constant term"),
        (Error::SecretPeggedTwice, "the secret is pegged already"),
        (
            Error::SingularQuorum,
            "the ranks of these holders do not determine it",
        ),
        (
            Error::StructureMismatch,
            "the sharings have different structures",
        ),
        (Error::TooDeep, "the gates are nested too deeply"),
        (Error::ZeroSecret, "the secret is zero"),
    ] {
        assert_eq!(error.to_string(), message);
    }
}

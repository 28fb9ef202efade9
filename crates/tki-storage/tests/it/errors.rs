//! What errors say to a caller.

use core::error::Error as _;

use tki_record::{Address, Rejection, Rule};
use tki_storage::{Error, Outage};

#[test]
fn only_what_may_pass_by_itself_is_retryable() {
    let address = Address::from_bytes([0; 32]);
    for (error, retryable) in [
        (Error::Unavailable(Outage::Busy), true),
        (Error::Unavailable(Outage::Unreachable), true),
        (Error::Unavailable(Outage::DiskFull), false),
        (Error::Unavailable(Outage::ReadOnly), false),
        (
            Error::Conflict {
                address,
                found: None,
            },
            false,
        ),
        (
            Error::Refused {
                address,
                rule: Rule::Closed,
            },
            false,
        ),
        (
            Error::Corrupt {
                address: None,
                source: None,
            },
            false,
        ),
        (Error::OutcomeUnknown { source: None }, false),
        (Error::Unsupported, false),
        (Error::Backend("broken".into()), false),
    ] {
        assert_eq!(error.is_retryable(), retryable, "{error}");
    }
}

#[test]
fn a_rejection_becomes_the_error_of_its_name() {
    let address = Address::from_bytes([7; 32]);
    let conflict = Error::from(Rejection::Conflict {
        address,
        found: Some(3),
    });
    assert!(matches!(conflict, Error::Conflict { address: a, found: Some(3) } if a == address));
    let refused = Error::from(Rejection::Refused {
        address,
        rule: Rule::ClaimChanged,
    });
    assert!(matches!(
        refused,
        Error::Refused { address: a, rule: Rule::ClaimChanged } if a == address
    ));
    // The rule is the cause, not part of the message.
    assert_eq!(
        refused.source().unwrap().to_string(),
        "claim differs from the stored one"
    );
}

//! Forged records are what they claim to be.

use tki_record::{Record, Rule};
use tki_testkit::forge;

use crate::owner::Owner;

#[test]
fn one_bit_differs_and_nothing_else() {
    let owner = Owner::new("one bit");
    let damaged = forge::damaged(&owner.first);
    let differing: u32 = owner
        .first
        .body()
        .iter()
        .zip(damaged.body())
        .map(|(one, other)| (one ^ other).count_ones())
        .sum();
    assert_eq!(differing, 1);
    assert_eq!(damaged.body().len(), owner.first.body().len());
    assert_eq!(damaged.claim(), owner.first.claim());
    assert_eq!(damaged.verify(), Err(Rule::Signature));
    assert_eq!(Record::decode(&damaged.encode()).unwrap(), damaged);
}

#[test]
fn an_empty_body_gets_a_byte() {
    let owner = Owner::new("empty");
    let empty = owner.next(&owner.first, "");
    assert_eq!(forge::damaged(&empty).body(), [0]);
}

#[test]
fn a_replaced_body_is_signed_by_whom_it_is_said() {
    let (owner, attacker) = (Owner::new("replaced"), Owner::new("attacker"));
    let by_owner = forge::replaced_body(&owner.first, b"new".to_vec(), &owner.writer);
    assert_eq!((by_owner.body(), by_owner.verify()), (&b"new"[..], Ok(())));
    let by_attacker = forge::replaced_body(&owner.first, b"new".to_vec(), &attacker.writer);
    assert_eq!(by_attacker.verify(), Err(Rule::Signature));
}

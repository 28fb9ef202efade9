//! Several records at once.

use std::collections::BTreeMap;

use tki_record::{Commit, CommitError, MAX_COMMIT_RECORDS, Record, Rejection, Rule};

use crate::keys::Owner;

fn stored(records: &[Record]) -> BTreeMap<tki_record::Address, Record> {
    records
        .iter()
        .map(|record| (record.address(), record.clone()))
        .collect()
}

/// What the headers alone say is the same.
#[track_caller]
fn check_commit(
    current: &BTreeMap<tki_record::Address, Record>,
    commit: &Commit,
) -> Result<(), Rejection> {
    let answer = tki_record::check_commit(current, commit);
    let headers = current.iter();
    let headers = headers
        .map(|(address, record)| (*address, record.header().clone()))
        .collect();
    assert_eq!(
        tki_record::check_commit_by_headers(&headers, commit),
        answer
    );
    answer
}

#[test]
fn a_commit_has_between_one_and_the_limit_of_distinct_records() {
    let mut rng = tki_testkit::rng("commit shape");
    let owner = Owner::new(&mut rng);
    let first = owner.first();
    assert_eq!(Commit::new(vec![]), Err(CommitError::Empty));
    let second = first.next(vec![], &owner.writer, None).unwrap();
    assert_eq!(
        Commit::new(vec![first.clone(), second]),
        Err(CommitError::DuplicateAddress {
            address: first.address()
        })
    );
    let too_many = vec![first.clone(); MAX_COMMIT_RECORDS + 1];
    assert_eq!(Commit::new(too_many), Err(CommitError::TooManyRecords));
    assert_eq!(
        Commit::new(vec![first.clone()]).unwrap().into_records(),
        [first]
    );
}

/// Whoever lost a race learns that, even when another of its records breaks a rule by now.
#[test]
fn a_conflict_anywhere_comes_before_a_refusal_anywhere() {
    let mut rng = tki_testkit::rng("commit order");
    let (one, other) = (Owner::new(&mut rng), Owner::new(&mut rng));
    let (one_first, other_first) = (one.first(), other.first());
    let refused = one_first.next(vec![], &one.stranger, None).unwrap();
    let conflict = other_first.clone();
    let current = stored(&[one_first.clone(), other_first]);
    let commit = Commit::new(vec![refused.clone(), conflict.clone()]).unwrap();
    assert_eq!(
        check_commit(&current, &commit),
        Err(Rejection::Conflict {
            address: conflict.address(),
            found: Some(0)
        })
    );
    let commit = Commit::new(vec![refused]).unwrap();
    assert_eq!(
        check_commit(&current, &commit),
        Err(Rejection::Refused {
            address: one_first.address(),
            rule: Rule::Signature
        })
    );
}

#[test]
fn every_record_of_a_commit_is_checked() {
    let mut rng = tki_testkit::rng("every record");
    let owners: Vec<Owner> = (0..5).map(|_| Owner::new(&mut rng)).collect();
    let current: Vec<Record> = owners.iter().map(Owner::first).collect();
    let current = stored(&current);
    for bad in 0..owners.len() {
        let records = owners
            .iter()
            .enumerate()
            .map(|(position, owner)| {
                let writer = if position == bad {
                    &owner.stranger
                } else {
                    &owner.writer
                };
                owner.first().next(vec![1], writer, None).unwrap()
            })
            .collect();
        let address = owners[bad].claim().address();
        assert_eq!(
            check_commit(&current, &Commit::new(records).unwrap()),
            Err(Rejection::Refused {
                address,
                rule: Rule::Signature
            })
        );
    }
}

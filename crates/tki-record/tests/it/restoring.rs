//! What becomes of copies: one test per line of the rule.

use std::collections::{BTreeMap, BTreeSet};

use tki_record::{Address, Claim, HandOver, Record, RecordKind, Rejection, Restored, Rule};

use crate::keys::{Owner, Parts};

fn owner(test: &str) -> Owner {
    Owner::new(&mut tki_testkit::rng(test))
}

fn stored(records: &[&Record]) -> BTreeMap<Address, Record> {
    records
        .iter()
        .map(|record| (record.address(), (*record).clone()))
        .collect()
}

#[track_caller]
fn check_restore(
    current: &BTreeMap<Address, Record>,
    copies: &[&Record],
) -> Result<Restored, Rejection> {
    let copies: Vec<Record> = copies.iter().copied().cloned().collect();
    let answer = tki_record::check_restore(current, &copies);
    let headers = current.iter();
    let headers = headers
        .map(|(address, record)| (*address, record.header().clone()))
        .collect();
    // What the headers alone say is the same.
    assert_eq!(
        tki_record::check_restore_by_headers(&headers, &copies),
        answer
    );
    answer
}

fn next(record: &Record, body: &[u8], owner: &Owner) -> Record {
    record.next(body.to_vec(), &owner.writer, None).unwrap()
}

fn at(record: &Record) -> BTreeSet<Address> {
    BTreeSet::from([record.address()])
}

fn created(record: &Record) -> Restored {
    let mut restored = Restored::default();
    restored.created = at(record);
    restored
}

fn advanced(record: &Record) -> Restored {
    let mut restored = Restored::default();
    restored.advanced = at(record);
    restored
}

fn kept(record: &Record) -> Restored {
    let mut restored = Restored::default();
    restored.kept = at(record);
    restored
}

#[track_caller]
fn conflict(current: &Record, copy: &Record) {
    assert_eq!(copy.verify(), Ok(()));
    assert_eq!(
        check_restore(&stored(&[current]), &[copy]),
        Err(Rejection::Conflict {
            address: copy.address(),
            found: Some(current.version())
        })
    );
}

#[track_caller]
fn refused(copy: &Record, rule: Rule) {
    let refused = Err(Rejection::Refused {
        address: copy.address(),
        rule,
    });
    assert_eq!(check_restore(&stored(&[]), &[copy]), refused);
    assert_eq!(check_restore(&stored(&[copy]), &[copy]), refused);
}

#[test]
fn a_copy_of_any_version_is_created_where_nothing_is() {
    let owner = owner("created");
    let first = owner.first();
    let to = Some(owner.successor.public_key());
    let second = first.next(b"2".to_vec(), &owner.writer, to).unwrap();
    let third = second.next(b"3".to_vec(), &owner.successor, None).unwrap();
    let closed = third.close(b"notice".to_vec(), &owner.successor).unwrap();
    for copy in [&first, &second, &third, &closed] {
        assert_eq!(check_restore(&stored(&[]), &[copy]), Ok(created(copy)));
    }
    assert_eq!(check_restore(&stored(&[]), &[]), Ok(Restored::default()));
}

#[test]
fn the_same_is_kept() {
    let owner = owner("kept");
    let second = next(&owner.first(), b"2", &owner);
    assert_eq!(
        check_restore(&stored(&[&second]), &[&second]),
        Ok(kept(&second))
    );
    let closed = second.close(b"notice".to_vec(), &owner.writer).unwrap();
    assert_eq!(
        check_restore(&stored(&[&closed]), &[&closed]),
        Ok(kept(&closed))
    );
}

#[test]
fn a_later_version_moves_forward_over_gaps_and_hand_overs() {
    let owner = owner("forward");
    let first = owner.first();
    let second = next(&first, b"2", &owner);
    let to = Some(owner.successor.public_key());
    let third = second.next(b"3".to_vec(), &owner.writer, to).unwrap();
    let fourth = third.next(b"4".to_vec(), &owner.successor, None).unwrap();
    let closed = fourth.close(b"notice".to_vec(), &owner.successor).unwrap();
    let life = [&first, &second, &third, &fourth, &closed];
    for (position, earlier) in life.iter().enumerate() {
        for later in life.iter().skip(position + 1) {
            assert_eq!(
                check_restore(&stored(&[earlier]), &[*later]),
                Ok(advanced(later))
            );
            conflict(later, earlier);
        }
    }
}

#[test]
fn another_record_of_the_same_version_is_a_conflict() {
    let owner = owner("same version");
    let first = owner.first();
    conflict(
        &next(&first, b"mine", &owner),
        &next(&first, b"theirs", &owner),
    );
    let to = Some(owner.successor.public_key());
    let handing_over = first.next(b"mine".to_vec(), &owner.writer, to).unwrap();
    conflict(&next(&first, b"mine", &owner), &handing_over);
    conflict(&handing_over, &next(&first, b"mine", &owner));
}

#[test]
fn another_claim_is_a_conflict() {
    let owner = owner("another claim");
    let first = owner.first();
    let writer = owner.writer.public_key();
    let claim = Claim::sign(RecordKind::Mailbox, 0, &owner.claim_key, writer, [8; 32]);
    let other = Record::first(claim, b"first".to_vec(), &owner.writer).unwrap();
    conflict(&first, &other);
    conflict(&first, &next(&other, b"2", &owner));
}

/// Who once could write cannot take over: neither by leaving out the hand-over that replaced it, nor
/// by one that it dates back.
#[test]
fn writers_who_do_not_follow_from_the_stored_are_a_conflict() {
    let owner = owner("old writers");
    let first = owner.first();
    let to = Some(owner.successor.public_key());
    let second = next(&first, b"2", &owner);
    let handed_over = second.next(b"3".to_vec(), &owner.writer, to).unwrap();
    let mut old = next(&second, b"3", &owner);
    for _ in 0..3 {
        old = next(&old, b"more", &owner);
        conflict(&handed_over, &old);
    }

    let address = first.address();
    let stranger = owner.stranger.public_key();
    let mut parts = Parts::of(&old);
    parts.hand_overs = vec![HandOver::sign(&address, 1, stranger, &owner.writer)];
    let header = parts.signed(&owner.stranger);
    let backdated = Record::from_parts(header, old.body().to_vec()).unwrap();
    conflict(&handed_over, &backdated);
    conflict(&second, &backdated);
    // Before the version in which it claims to have been announced nothing speaks against it.
    assert_eq!(
        check_restore(&stored(&[&first]), &[&backdated]),
        Ok(advanced(&backdated))
    );
}

#[test]
fn nothing_replaces_a_closed_record() {
    let owner = owner("closed");
    let first = owner.first();
    let closed = first.close(b"notice".to_vec(), &owner.writer).unwrap();
    let open = next(&next(&first, b"2", &owner), b"3", &owner);
    conflict(&closed, &open);
    conflict(&closed, &first);
    let again = open
        .close(b"another notice".to_vec(), &owner.writer)
        .unwrap();
    conflict(&closed, &again);
}

/// Even where the very same is stored: a bad copy gets one answer everywhere.
#[test]
fn a_copy_that_does_not_verify_is_refused() {
    let owner = owner("refused");
    let first = owner.first();
    let claim = owner.claim();
    let forged = Claim::from_parts(
        claim.kind(),
        claim.slot(),
        *claim.key(),
        *claim.first_writer(),
        *claim.binding(),
        owner.stranger.sign(&[7; 32]),
    );
    refused(
        &Record::first(forged, b"x".to_vec(), &owner.writer).unwrap(),
        Rule::ClaimSignature,
    );
    refused(
        &first.next(b"2".to_vec(), &owner.stranger, None).unwrap(),
        Rule::Signature,
    );

    let to = owner.successor.public_key();
    let by_stranger = HandOver::sign(&first.address(), 0, to, &owner.stranger);
    let mut parts = Parts::of(&next(&first, b"2", &owner));
    parts.hand_overs = vec![by_stranger];
    let header = parts.signed(&owner.successor);
    refused(
        &Record::from_parts(header, b"2".to_vec()).unwrap(),
        Rule::HandOverSignature,
    );

    let mut parts = Parts::of(&first.next(b"2".to_vec(), &owner.writer, Some(to)).unwrap());
    parts.closed = true;
    let header = parts.signed(&owner.writer);
    refused(
        &Record::from_parts(header, b"2".to_vec()).unwrap(),
        Rule::HandOverWhenClosing,
    );
}

#[test]
fn two_copies_for_one_address_are_a_conflict() {
    let owner = owner("twice");
    let first = owner.first();
    let second = next(&first, b"2", &owner);
    for (one, two) in [(&first, &second), (&second, &first), (&first, &first)] {
        assert_eq!(
            check_restore(&stored(&[]), &[one, two]),
            Err(Rejection::Conflict {
                address: first.address(),
                found: Some(one.version())
            })
        );
    }
}

#[test]
fn of_several_a_bad_copy_is_named_before_a_conflict() {
    let owners: Vec<Owner> = (0..3)
        .map(|number| owner(&format!("several {number}")))
        .collect();
    let firsts: Vec<Record> = owners.iter().map(Owner::first).collect();
    let newer = next(&firsts[0], b"2", &owners[0]);
    let current = stored(&[&newer, &firsts[1]]);
    let unsigned = firsts[2]
        .next(b"2".to_vec(), &owners[2].stranger, None)
        .unwrap();
    assert_eq!(
        check_restore(&current, &[&firsts[0], &firsts[1], &unsigned]),
        Err(Rejection::Refused {
            address: unsigned.address(),
            rule: Rule::Signature
        })
    );
    assert_eq!(
        check_restore(&current, &[&firsts[2], &firsts[1], &firsts[0]]),
        Err(Rejection::Conflict {
            address: newer.address(),
            found: Some(1)
        })
    );
    let advancing = next(&newer, b"3", &owners[0]);
    let mut expected = Restored::default();
    expected.created = at(&firsts[2]);
    expected.kept = at(&firsts[1]);
    expected.advanced = at(&newer);
    assert_eq!(
        check_restore(&current, &[&firsts[2], &firsts[1], &advancing]),
        Ok(expected)
    );
}

//! One test per rule, each with everything else in order, and the order of the rules.

use tki_record::{Claim, HandOver, Record, RecordHeader, RecordKind, Rejection, Rule, check};

use crate::keys::{Owner, Parts};

#[track_caller]
fn refused(current: Option<&Record>, new: &RecordHeader, rule: Rule) {
    let address = new.address();
    assert_eq!(
        check(current.map(Record::header), new),
        Err(Rejection::Refused { address, rule })
    );
}

#[track_caller]
fn conflict(current: Option<&Record>, new: &RecordHeader, found: Option<u64>) {
    let address = new.address();
    assert_eq!(
        check(current.map(Record::header), new),
        Err(Rejection::Conflict { address, found })
    );
}

#[track_caller]
fn accepted(current: Option<&Record>, new: &Record) {
    assert_eq!(check(current.map(Record::header), new.header()), Ok(()));
    assert_eq!(new.verify(), Ok(()));
}

fn owner(test: &str) -> Owner {
    Owner::new(&mut tki_testkit::rng(test))
}

#[test]
fn a_life_from_creation_to_closing_is_accepted() {
    let owner = owner("a life");
    let first = owner.first();
    accepted(None, &first);
    let second = first.next(b"2".to_vec(), &owner.writer, None).unwrap();
    accepted(Some(&first), &second);
    let to = Some(owner.successor.public_key());
    let third = second.next(b"3".to_vec(), &owner.writer, to).unwrap();
    accepted(Some(&second), &third);
    let fourth = third.next(Vec::new(), &owner.successor, None).unwrap();
    accepted(Some(&third), &fourth);
    let closed = fourth.close(b"notice".to_vec(), &owner.successor).unwrap();
    accepted(Some(&fourth), &closed);
    assert!(closed.is_closed());
}

#[test]
fn version_must_follow_the_stored_one() {
    let owner = owner("version");
    let first = owner.first();
    let second = first.next(b"2".to_vec(), &owner.writer, None).unwrap();
    let third = second.next(b"3".to_vec(), &owner.writer, None).unwrap();
    conflict(None, second.header(), None);
    conflict(Some(&first), first.header(), Some(0));
    conflict(Some(&first), third.header(), Some(0));
    conflict(Some(&second), first.header(), Some(1));
    conflict(Some(&second), second.header(), Some(1));
}

#[test]
fn nothing_follows_the_last_version() {
    let owner = owner("last version");
    let first = owner.first();
    let mut parts = Parts::of(&first);
    parts.version = u64::MAX;
    let last = Record::from_parts(parts.signed(&owner.writer), first.body().to_vec()).unwrap();
    conflict(Some(&last), first.header(), Some(u64::MAX));
    conflict(Some(&last), last.header(), Some(u64::MAX));
}

/// The loser of a race with a removal is told that it lost, not that it may not write.
#[test]
fn version_is_checked_before_everything_else() {
    let owner = owner("version first");
    let first = owner.first();
    let to = Some(owner.successor.public_key());
    let handed_over = first.next(b"2".to_vec(), &owner.writer, to).unwrap();
    let loser = first.next(b"mine".to_vec(), &owner.writer, None).unwrap();
    conflict(Some(&handed_over), loser.header(), Some(1));

    let closed = first.close(Vec::new(), &owner.writer).unwrap();
    conflict(Some(&closed), loser.header(), Some(1));

    let unsigned = first.next(b"mine".to_vec(), &owner.stranger, None).unwrap();
    conflict(Some(&handed_over), unsigned.header(), Some(1));
    conflict(None, unsigned.header(), None);
}

#[test]
fn closed_is_final_even_for_the_writer() {
    let owner = owner("closed");
    let closed = owner
        .first()
        .close(b"notice".to_vec(), &owner.writer)
        .unwrap();
    let after = closed.next(b"more".to_vec(), &owner.writer, None).unwrap();
    refused(Some(&closed), after.header(), Rule::Closed);
    let again = closed.close(b"again".to_vec(), &owner.writer).unwrap();
    refused(Some(&closed), again.header(), Rule::Closed);
}

#[test]
fn a_claim_must_be_signed_by_its_own_key() {
    let owner = owner("claim signature");
    let claim = owner.claim();
    let forged = Claim::from_parts(
        claim.kind(),
        claim.slot(),
        *claim.key(),
        *claim.first_writer(),
        *claim.binding(),
        owner.stranger.sign(&[7; 32]),
    );
    let first = Record::first(forged, b"x".to_vec(), &owner.writer).unwrap();
    refused(None, first.header(), Rule::ClaimSignature);
    assert_eq!(first.verify(), Err(Rule::ClaimSignature));
}

/// The signature of a claim does not fit another slot, kind, writer or account.
#[test]
fn a_claim_is_good_for_one_address_writer_and_account_only() {
    let owner = owner("claim fields");
    let claim = owner.claim();
    let (key, writer) = (*claim.key(), *claim.first_writer());
    let signature = *claim.signature();
    let (mailbox, document) = (RecordKind::Mailbox, RecordKind::Document);
    let successor = owner.successor.public_key();
    assert_eq!(
        Claim::from_signature(mailbox, 0, key, writer, [9; 32], signature).unwrap(),
        claim
    );
    for forged in [
        Claim::from_parts(document, 0, key, writer, [9; 32], signature),
        Claim::from_parts(mailbox, 1, key, writer, [9; 32], signature),
        Claim::from_parts(mailbox, 0, successor, writer, [9; 32], signature),
        Claim::from_parts(mailbox, 0, key, successor, [9; 32], signature),
        Claim::from_parts(mailbox, 0, key, writer, [8; 32], signature),
    ] {
        assert!(forged.verify().is_err());
    }
    assert!(Claim::from_signature(mailbox, 1, key, writer, [9; 32], signature).is_err());
}

#[test]
fn the_claim_stays_for_ever() {
    let owner = owner("claim changed");
    let first = owner.first();
    let mut parts = Parts::of(&first.next(b"2".to_vec(), &owner.writer, None).unwrap());
    // Signed by the right key, for another account.
    let writer = owner.writer.public_key();
    parts.claim = Claim::sign(RecordKind::Mailbox, 0, &owner.claim_key, writer, [8; 32]);
    refused(
        Some(&first),
        &parts.signed(&owner.writer),
        Rule::ClaimChanged,
    );
    // For another first writer, who then signs.
    let successor = owner.successor.public_key();
    parts.claim = Claim::sign(RecordKind::Mailbox, 0, &owner.claim_key, successor, [9; 32]);
    refused(
        Some(&first),
        &parts.signed(&owner.successor),
        Rule::ClaimChanged,
    );
}

#[test]
fn stored_hand_overs_stay() {
    let owner = owner("hand-overs changed");
    let first = owner.first();
    let to = Some(owner.successor.public_key());
    let second = first.next(b"2".to_vec(), &owner.writer, to).unwrap();
    let third = second.next(b"3".to_vec(), &owner.successor, None).unwrap();

    let mut parts = Parts::of(&third);
    parts.hand_overs.clear();
    refused(
        Some(&second),
        &parts.signed(&owner.writer),
        Rule::HandOversChanged,
    );

    // The old writer rewrites history in its favour.
    let address = first.address();
    let stranger = owner.stranger.public_key();
    parts.hand_overs = vec![HandOver::sign(&address, 1, stranger, &owner.writer)];
    refused(
        Some(&second),
        &parts.signed(&owner.stranger),
        Rule::HandOversChanged,
    );

    parts = Parts::of(&third);
    parts
        .hand_overs
        .insert(0, HandOver::sign(&address, 0, stranger, &owner.writer));
    refused(
        Some(&second),
        &parts.signed(&owner.successor),
        Rule::HandOversChanged,
    );
}

/// Otherwise a writer could hand over and use the successor's key in one step.
#[test]
fn a_hand_over_is_announced_in_its_own_version() {
    let owner = owner("backdated");
    let first = owner.first();
    let second = first.next(b"2".to_vec(), &owner.writer, None).unwrap();
    let mut parts = Parts::of(&first.next(b"2".to_vec(), &owner.writer, None).unwrap());
    let successor = owner.successor.public_key();
    parts.hand_overs = vec![HandOver::sign(
        &first.address(),
        0,
        successor,
        &owner.writer,
    )];
    refused(
        Some(&first),
        &parts.signed(&owner.successor),
        Rule::HandOverBackdated,
    );

    parts = Parts::of(&second.next(b"3".to_vec(), &owner.writer, None).unwrap());
    parts.hand_overs = vec![
        HandOver::sign(&first.address(), 0, successor, &owner.writer),
        HandOver::sign(
            &first.address(),
            2,
            owner.stranger.public_key(),
            &owner.successor,
        ),
    ];
    refused(
        Some(&second),
        &parts.signed(&owner.successor),
        Rule::HandOverBackdated,
    );
}

#[test]
fn a_hand_over_takes_effect_with_the_next_version() {
    let owner = owner("takes effect");
    let to = owner.successor.public_key();
    let first = owner.first();
    let early = first
        .next(b"2".to_vec(), &owner.successor, Some(to))
        .unwrap();
    refused(Some(&first), early.header(), Rule::HandOverSignature);

    let second = first.next(b"2".to_vec(), &owner.writer, Some(to)).unwrap();
    assert_eq!(*second.writer(), owner.writer.public_key());
    assert_eq!(second.next_writer(), Some(&to));
    assert_eq!(*second.header().successor(), to);
    accepted(Some(&first), &second);

    let stale = second.next(b"3".to_vec(), &owner.writer, None).unwrap();
    refused(Some(&second), stale.header(), Rule::Signature);
    let third = second.next(b"3".to_vec(), &owner.successor, None).unwrap();
    assert_eq!(*third.writer(), to);
    assert_eq!(third.next_writer(), None);
    accepted(Some(&second), &third);
}

#[test]
fn the_first_version_may_hand_over() {
    let owner = owner("first hands over");
    let to = owner.successor.public_key();
    let first =
        Record::first_handing_over(owner.claim(), b"x".to_vec(), &owner.writer, to).unwrap();
    accepted(None, &first);
    let second = first.next(b"y".to_vec(), &owner.successor, None).unwrap();
    accepted(Some(&first), &second);
}

#[test]
fn a_hand_over_must_be_signed_by_the_writer() {
    let owner = owner("hand-over signature");
    let first = owner.first();
    let address = first.address();
    let to = owner.successor.public_key();
    let mut parts = Parts::of(&first.next(b"2".to_vec(), &owner.writer, None).unwrap());

    let by_stranger = HandOver::sign(&address, 1, to, &owner.stranger);
    let other_version = HandOver::sign(&address, 2, to, &owner.writer);
    let other_next = HandOver::sign(&address, 1, owner.stranger.public_key(), &owner.writer);
    let elsewhere = Claim::sign(RecordKind::Mailbox, 1, &owner.claim_key, to, [0; 32]).address();
    let other_address = HandOver::sign(&elsewhere, 1, to, &owner.writer);
    for forged in [by_stranger, other_version, other_next, other_address] {
        parts.hand_overs = vec![HandOver::from_parts(1, to, *forged.signature())];
        refused(
            Some(&first),
            &parts.signed(&owner.writer),
            Rule::HandOverSignature,
        );
    }
    parts.hand_overs = vec![HandOver::sign(&address, 1, to, &owner.writer)];
    assert_eq!(
        check(Some(first.header()), &parts.signed(&owner.writer)),
        Ok(())
    );
}

#[test]
fn closing_does_not_hand_over() {
    let owner = owner("closing hand-over");
    let first = owner.first();
    let to = Some(owner.successor.public_key());
    let mut parts = Parts::of(&first.next(b"2".to_vec(), &owner.writer, to).unwrap());
    parts.closed = true;
    let header = parts.signed(&owner.writer);
    refused(Some(&first), &header, Rule::HandOverWhenClosing);
    assert_eq!(header.verify(), Err(Rule::HandOverWhenClosing));
}

#[test]
fn a_record_must_be_signed_by_its_writer() {
    let owner = owner("signature");
    let first = owner.first();
    let by_stranger = first.next(b"2".to_vec(), &owner.stranger, None).unwrap();
    refused(Some(&first), by_stranger.header(), Rule::Signature);
    let by_claim_key = first.next(b"2".to_vec(), &owner.claim_key, None).unwrap();
    refused(Some(&first), by_claim_key.header(), Rule::Signature);
    let created_by_stranger = Record::first(owner.claim(), b"x".to_vec(), &owner.stranger).unwrap();
    refused(None, created_by_stranger.header(), Rule::Signature);
    assert_eq!(created_by_stranger.verify(), Err(Rule::Signature));
}

/// A signature is good for one version, body, finality and chain of writers.
#[test]
fn a_signature_covers_every_field() {
    let owner = owner("signature fields");
    let first = owner.first();
    let second = first.next(b"2".to_vec(), &owner.writer, None).unwrap();
    let signature = *second.header().signature();
    let original = Parts::of(&second);
    let address = first.address();
    let hand_over = HandOver::sign(&address, 1, owner.successor.public_key(), &owner.writer);
    let changes: [fn(&mut Parts, HandOver); 4] = [
        |parts, _| parts.version = 2,
        |parts, _| parts.closed = true,
        |parts, _| parts.body_hash[0] ^= 1,
        |parts, hand_over| parts.hand_overs.push(hand_over),
    ];
    for change in changes {
        let mut parts = Parts {
            claim: original.claim.clone(),
            ..Parts::of(&second)
        };
        change(&mut parts, hand_over.clone());
        let Parts {
            claim,
            version,
            closed,
            body_hash,
            hand_overs,
        } = parts;
        let header =
            RecordHeader::from_parts(claim, version, closed, body_hash, hand_overs, signature)
                .unwrap();
        assert_eq!(header.verify(), Err(Rule::Signature));
    }
}

/// An update costs one signature: what is stored was verified when it was stored. Shown by a stored
/// record that is bad all over, and is followed all the same.
#[test]
fn what_is_stored_is_compared_and_not_verified_again() {
    let owner = owner("stored");
    let junk = owner.stranger.sign(&[7; 32]);
    let claim = owner.claim();
    let mut parts = Parts::of(&owner.first());
    parts.claim = Claim::from_parts(
        claim.kind(),
        claim.slot(),
        *claim.key(),
        *claim.first_writer(),
        *claim.binding(),
        junk,
    );
    let successor = owner.successor.public_key();
    parts.hand_overs = vec![HandOver::from_parts(0, successor, junk)];
    let stored = Record::from_parts(parts.signed(&owner.stranger), b"first".to_vec()).unwrap();
    assert_eq!(stored.verify(), Err(Rule::ClaimSignature));

    let next = stored.next(vec![], &owner.successor, None).unwrap();
    assert_eq!(check(Some(stored.header()), next.header()), Ok(()));
    let by_first_writer = stored.next(vec![], &owner.writer, None).unwrap();
    refused(Some(&stored), by_first_writer.header(), Rule::Signature);
}

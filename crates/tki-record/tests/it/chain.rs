//! A record proves by itself who may write it, however often the writer changed.

use tki_record::{
    HandOver, MAX_BODY, MAX_HAND_OVERS, Record, RecordHeader, Rule, ShapeError, check,
};
use tki_seal::bip340::SigningKey;

use crate::keys::{Owner, Parts};

#[test]
fn every_version_of_a_long_chain_verifies_alone() {
    let mut rng = tki_testkit::rng("long chain");
    let owner = Owner::new(&mut rng);
    let mut writer = owner.writer;
    let claim = tki_record::Claim::sign(
        owner_kind(),
        0,
        &owner.claim_key,
        writer.public_key(),
        [0; 32],
    );
    let mut record = Record::first(claim, vec![0], &writer).unwrap();
    for step in 1..40u8 {
        // Two hand-overs of three versions, so that gaps occur.
        let next = (step % 3 != 0).then(|| SigningKey::random(&mut rng));
        let public = next.as_ref().map(SigningKey::public_key);
        let following = record.next(vec![step], &writer, public).unwrap();
        assert_eq!(check(Some(record.header()), following.header()), Ok(()));
        assert_eq!(
            Record::decode(&following.encode()).unwrap().verify(),
            Ok(())
        );
        assert_eq!(
            following.header().successor(),
            public.as_ref().unwrap_or(&writer.public_key())
        );
        record = following;
        writer = next.unwrap_or(writer);
    }
    assert_eq!(record.header().hand_overs().len(), 26);
}

fn owner_kind() -> tki_record::RecordKind {
    tki_record::RecordKind::Document
}

#[test]
fn a_missing_link_breaks_the_chain() {
    let mut rng = tki_testkit::rng("missing link");
    let owner = Owner::new(&mut rng);
    let middle = SigningKey::random(&mut rng);
    let record = owner
        .first()
        .next(vec![], &owner.writer, Some(middle.public_key()))
        .unwrap()
        .next(vec![], &middle, Some(owner.successor.public_key()))
        .unwrap()
        .next(vec![], &owner.successor, None)
        .unwrap();
    assert_eq!(record.verify(), Ok(()));
    for position in 0..2 {
        let mut parts = Parts::of(&record);
        parts.hand_overs.remove(position);
        let header = parts.signed(&owner.successor);
        let expected = if position == 0 {
            Rule::HandOverSignature
        } else {
            Rule::Signature
        };
        assert_eq!(header.verify(), Err(expected));
    }
}

#[test]
fn hand_overs_must_be_in_order_and_not_of_the_future() {
    let owner = Owner::new(&mut tki_testkit::rng("order"));
    let record = owner.first().next(vec![], &owner.writer, None).unwrap();
    let header = record.header();
    let hand_over = |version| {
        HandOver::sign(
            &record.address(),
            version,
            owner.successor.public_key(),
            &owner.writer,
        )
    };
    let build = |versions: &[u64]| {
        RecordHeader::from_parts(
            header.claim().clone(),
            header.version(),
            false,
            *header.body_hash(),
            versions.iter().map(|version| hand_over(*version)).collect(),
            *header.signature(),
        )
        .map(drop)
    };
    assert_eq!(build(&[]), Ok(()));
    assert_eq!(build(&[0]), Ok(()));
    assert_eq!(build(&[0, 1]), Ok(()));
    for versions in [&[2][..], &[0, 0], &[1, 0], &[0, 1, 2], &[1, 1]] {
        assert_eq!(
            build(versions),
            Err(ShapeError::HandOverOrder),
            "{versions:?}"
        );
    }
}

#[test]
fn the_largest_record_is_accepted_and_anything_larger_is_not() {
    let owner = Owner::new(&mut tki_testkit::rng("largest"));
    let first = owner.first();
    let hand_over = HandOver::sign(
        &first.address(),
        0,
        owner.writer.public_key(),
        &owner.writer,
    );
    let chain = |count: usize| {
        (0..count)
            .map(|version| {
                let version = u64::try_from(version).unwrap();
                HandOver::from_parts(version, *hand_over.next(), *hand_over.signature())
            })
            .collect::<Vec<_>>()
    };
    let body = vec![7; MAX_BODY];
    let largest = Record::first(owner.claim(), body.clone(), &owner.writer).unwrap();
    let header = |count| {
        RecordHeader::from_parts(
            owner.claim(),
            u64::from(u16::MAX),
            false,
            *largest.body_hash(),
            chain(count),
            *largest.header().signature(),
        )
    };
    assert_eq!(
        header(MAX_HAND_OVERS + 1),
        Err(ShapeError::TooManyHandOvers)
    );
    let record = Record::from_parts(header(MAX_HAND_OVERS).unwrap(), body.clone()).unwrap();
    let encoded = record.encode();
    assert_eq!(encoded.len(), tki_record::MAX_ENCODED);
    assert_eq!(Record::decode(&encoded).unwrap(), record);
    assert_eq!(
        record.next(vec![], &owner.writer, Some(owner.successor.public_key())),
        Err(ShapeError::TooManyHandOvers)
    );

    let mut larger = body;
    larger.push(0);
    let too_large = Err(ShapeError::BodyTooLarge);
    assert_eq!(
        Record::first(owner.claim(), larger.clone(), &owner.writer),
        too_large
    );
    assert_eq!(first.next(larger.clone(), &owner.writer, None), too_large);
    assert_eq!(first.close(larger.clone(), &owner.writer), too_large);
    assert_eq!(
        Record::from_parts(first.header().clone(), larger),
        too_large
    );
}

#[test]
fn a_body_belongs_to_its_header() {
    let owner = Owner::new(&mut tki_testkit::rng("body"));
    let (header, mut body) = owner.first().into_parts();
    assert_eq!(
        Record::from_parts(header.clone(), body.clone()).unwrap(),
        owner.first()
    );
    body.push(0);
    assert_eq!(Record::from_parts(header, body), Err(ShapeError::BodyHash));
}

#[test]
fn there_is_no_version_after_the_last() {
    let owner = Owner::new(&mut tki_testkit::rng("exhausted"));
    let first = owner.first();
    let mut parts = Parts::of(&first);
    parts.version = u64::MAX;
    let last = Record::from_parts(parts.signed(&owner.writer), first.body().to_vec()).unwrap();
    assert_eq!(
        last.next(vec![], &owner.writer, None),
        Err(ShapeError::VersionExhausted)
    );
    assert_eq!(
        last.close(vec![], &owner.writer),
        Err(ShapeError::VersionExhausted)
    );
}

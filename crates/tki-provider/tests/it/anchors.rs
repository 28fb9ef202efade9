//! The file of a local anchor: damage, locks, races.

use tki_provider::{Anchor as _, Error, LocalAnchor, Takeover};
use tki_seal::transcript::{Tag, Transcript};

use crate::document;

#[tokio::test]
async fn damage_is_neither_absence_nor_another_entry() {
    let folder = tempfile::tempdir().unwrap();
    let mut rng = tki_testkit::rng("damaged anchors");
    let anchor = LocalAnchor::open(&folder.path().join("provider"));
    let ((one, _), (other, _)) = (document(&mut rng), document(&mut rng));
    anchor
        .reserve(0, one.claim(), Takeover::Refuse)
        .await
        .unwrap();
    anchor.advance(0, one.header()).await.unwrap();
    anchor
        .reserve(1, other.claim(), Takeover::Refuse)
        .await
        .unwrap();

    let bytes = std::fs::read(anchor.path()).unwrap();
    let flipped = (0..bytes.len()).map(|at| {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        damaged
    });
    let truncated = (0..bytes.len()).map(|length| bytes[..length].to_vec());
    for damaged in flipped
        .chain(truncated)
        .chain([[bytes.as_slice(), &[0]].concat()])
    {
        std::fs::write(anchor.path(), &damaged).unwrap();
        for slot in [0, 1, 2] {
            assert!(matches!(anchor.read(slot).await, Err(Error::Protocol)));
        }
        let reserved = anchor.reserve(2, one.claim(), Takeover::Refuse).await;
        assert!(matches!(reserved, Err(Error::Protocol)));
        assert_eq!(std::fs::read(anchor.path()).unwrap(), damaged);
    }
}

/// A file whose hash is right, with these entries: slot, state, bytes.
fn forged(count: u32, entries: &[(u32, u8, Vec<u8>)]) -> Vec<u8> {
    let mut body = count.to_le_bytes().to_vec();
    for (slot, state, bytes) in entries {
        body.extend_from_slice(&slot.to_le_bytes());
        body.push(*state);
        body.extend_from_slice(&u32::try_from(bytes.len()).unwrap().to_le_bytes());
        body.extend_from_slice(bytes);
    }
    let hash = Transcript::new(Tag::ProviderFile)
        .bytes(b"anchors")
        .bytes(&body)
        .digest();
    [b"TKI-ANCH\x01".as_slice(), &hash, &body].concat()
}

#[tokio::test]
async fn forged_files_are_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let mut rng = tki_testkit::rng("forged anchors");
    let anchor = LocalAnchor::open(&folder.path().join("provider"));
    let (record, _) = document(&mut rng);
    let (claim, header) = (record.claim().encode(), record.header().encode());

    // The layout is what this test thinks it is.
    std::fs::write(
        anchor.path(),
        forged(2, &[(0, 1, header.clone()), (3, 0, claim.clone())]),
    )
    .unwrap();
    assert_eq!(
        anchor.read(0).await.unwrap().unwrap().header.as_ref(),
        Some(record.header())
    );
    assert_eq!(anchor.read(3).await.unwrap().unwrap().header, None);

    let mut unsigned_header = header.clone();
    *unsigned_header.last_mut().unwrap() ^= 1;
    let mut unsigned_claim = claim.clone();
    *unsigned_claim.last_mut().unwrap() ^= 1;
    for file in [
        forged(1, &[(0, 1, unsigned_header)]),
        forged(1, &[(0, 0, unsigned_claim)]),
        forged(1, &[(0, 2, claim.clone())]),
        forged(1, &[(0, 1, claim.clone())]),
        forged(1, &[(0, 0, header)]),
        forged(2, &[(0, 0, claim.clone())]),
        forged(0, &[(0, 0, claim.clone())]),
        forged(2, &[(0, 0, claim.clone()), (0, 0, claim.clone())]),
        forged(2, &[(1, 0, claim.clone()), (0, 0, claim)]),
        forged(u32::MAX, &[]),
    ] {
        std::fs::write(anchor.path(), &file).unwrap();
        assert!(
            matches!(anchor.read(0).await, Err(Error::Protocol)),
            "{file:?}"
        );
        let advanced = anchor.advance(0, record.header()).await;
        assert!(matches!(advanced, Err(Error::Protocol)), "{file:?}");
    }
}

#[tokio::test]
async fn a_file_beyond_the_limit_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let anchor = LocalAnchor::open(&folder.path().join("provider"));
    std::fs::File::create(anchor.path())
        .unwrap()
        .set_len(1 << 40)
        .unwrap();
    assert!(matches!(anchor.read(0).await, Err(Error::Protocol)));
}

#[tokio::test]
async fn while_another_process_writes_only_reading_is_possible() {
    let folder = tempfile::tempdir().unwrap();
    let mut rng = tki_testkit::rng("busy anchor");
    let anchor = LocalAnchor::open(&folder.path().join("provider"));
    let (record, _) = document(&mut rng);
    anchor
        .reserve(0, record.claim(), Takeover::Refuse)
        .await
        .unwrap();

    let lock = tki_file::Lock::try_acquire(&folder.path().join("provider.anchors.lock"));
    let lock = lock.unwrap().expect("nobody else");
    let busy = anchor.advance(0, record.header()).await.unwrap_err();
    assert!(matches!(busy, Error::Busy) && busy.is_unavailable());
    assert_eq!(anchor.read(0).await.unwrap().unwrap().header, None);
    drop(lock);
    anchor.advance(0, record.header()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_first_logins_one_reserves() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("provider");
    let mut rng = tki_testkit::rng("first logins");
    let tasks = Vec::from_iter((0..32).map(|_| {
        let (path, (record, _)) = (path.clone(), document(&mut rng));
        tokio::spawn(async move {
            let anchor = LocalAnchor::open(&path);
            let reserved = anchor.reserve(0, record.claim(), Takeover::Refuse).await;
            (record, reserved)
        })
    }));

    let mut winners = Vec::new();
    for task in tasks {
        match task.await.unwrap() {
            (record, Ok(())) => winners.push(record),
            (_, result) => assert!(matches!(result, Err(Error::Conflict)), "{result:?}"),
        }
    }
    let [winner] = winners.as_slice() else {
        panic!("{} winners", winners.len())
    };
    let entry = LocalAnchor::open(&path).read(0).await.unwrap().unwrap();
    assert_eq!(entry.claim, *winner.claim());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn changes_at_once_are_all_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("provider");
    let mut rng = tki_testkit::rng("changes at once");
    let tasks = Vec::from_iter((0..32).map(|slot| {
        let (path, (record, _)) = (path.clone(), document(&mut rng));
        tokio::spawn(async move {
            let anchor = LocalAnchor::open(&path);
            anchor
                .reserve(slot, record.claim(), Takeover::Refuse)
                .await
                .unwrap();
            anchor.advance(slot, record.header()).await.unwrap();
            (slot, record)
        })
    }));
    let anchor = LocalAnchor::open(&path);
    for task in tasks {
        let (slot, record) = task.await.unwrap();
        let entry = anchor.read(slot).await.unwrap().unwrap();
        assert_eq!(entry.header.as_ref(), Some(record.header()));
    }
}

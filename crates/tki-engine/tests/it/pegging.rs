//! Shares that follow from an input: what they keep, what they cost, and what is refused.

use tki_engine::{
    Committed, Error, ErrorKind, Factor, OfflineCopies, Opened, Plan, Residual, SeedFactor,
    Unverified, freedom,
};
use tki_math::{Identifier, PolynomialCommitment, Share};
use tki_metadata::{Core, HolderKind, OpeningSeed};
use tki_seal::{curve::CurveId, on_curve};
use tki_storage::MemoryStorage;
use tki_testkit::rng;

use crate::support::{CURVES, NOW, commit, create_over, open, words};

/// The seed that some input gives.
fn input(byte: u8) -> OpeningSeed {
    OpeningSeed::from_bytes(&[byte; 32])
}

fn pegged(byte: u8) -> SeedFactor<'static> {
    SeedFactor::new(HolderKind::Answers, "input", input(byte)).pegged()
}

fn id(number: u128) -> Identifier {
    Identifier::new(number).unwrap()
}

/// Whether the share of a holder is the one that this seed gives, by the public commitments.
fn is_at(core: &Core, identifier: Identifier, seed: &OpeningSeed) -> bool {
    on_curve!(core.curve, C => {
        let points = &core.keys[0].commitments;
        let commitment = PolynomialCommitment::<C>::from_bytes(points, &core.structure).unwrap();
        commitment.verify(&Share::new(identifier, seed.pegged_share())).is_ok()
    })
}

fn refusal<T>(result: Result<T, Error>) -> String {
    let error = result.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::InvalidChange);
    error.to_string()
}

fn changed<'o, 'f>(opened: &'o Opened<'f>) -> tki_engine::Change<'o, 'f> {
    opened.change().unverified(Unverified::Accept)
}

#[tokio::test]
async fn the_same_input_gives_the_same_share_of_any_account() {
    let mut rng = rng("peg create");
    for curve in CURVES {
        for _ in 0..2 {
            let storage = MemoryStorage::new();
            let (one, two) = (words("one", &mut rng), words("two", &mut rng));
            let three = pegged(7);
            let factors: [&dyn Factor; 3] = [&one, &two, &three];
            let plan = Plan::new(curve, 2, NOW);
            let made = create_over(&storage, &plan, &factors, &mut rng)
                .await
                .unwrap();
            let core = made.account.core();
            assert!(core.holders[2].is_pegged() && !core.holders[0].is_pegged());
            assert!(is_at(core, id(3), &input(7)));
            assert!(!is_at(core, id(3), &input(8)));
            assert!(!is_at(core, id(1), &input(7)));
            assert_eq!(freedom(core), 0);
            // Any two open it, the input among them or not; the plain seed is enough to open.
            let typed = SeedFactor::new(HolderKind::Answers, "", input(7));
            open(&storage, &[&one, &typed]).await.unwrap();
            open(&storage, &[&one, &two]).await.unwrap();
        }
    }
}

/// 3 of (one, two, three, input), at version 0.
async fn of_four<'f>(
    storage: &MemoryStorage,
    factors: &[&'f dyn Factor; 4],
    rng: &mut rand_chacha::ChaCha20Rng,
) -> Committed<'f> {
    let plan = Plan::new(CurveId::Secp256k1, 3, NOW);
    create_over(storage, &plan, factors, rng).await.unwrap()
}

#[tokio::test]
async fn old_inputs_open_and_peg_the_account_through_every_change() {
    let mut rng = rng("peg changes");
    let storage = MemoryStorage::new();
    let (one, two) = (words("one", &mut rng), words("two", &mut rng));
    let (three, four) = (words("three", &mut rng), words("four", &mut rng));
    let peg = pegged(7);
    let factors: [&dyn Factor; 4] = [&one, &two, &three, &peg];
    let made = of_four(&storage, &factors, &mut rng).await;
    let key = made.account.verifying_key().to_vec();
    assert_eq!(freedom(made.account.core()), 1);
    // Refresh, addition, removal, a higher and a lower threshold: the address and the peg stay,
    // the other shares move.
    for step in 0..5 {
        let opened = open(&storage, &[&one, &two, &peg, &four]).await;
        let opened = match opened {
            Ok(opened) => opened,
            Err(_) => open(&storage, &[&one, &two, &peg]).await.unwrap(),
        };
        let change = match step {
            0 => changed(&opened).refresh(),
            1 => changed(&opened).add(&four, OfflineCopies::Never),
            2 => changed(&opened).threshold(4),
            3 => changed(&opened).threshold(3),
            _ => changed(&opened).remove(id(3)),
        };
        let before = opened.account().core().keys[0].commitments.clone();
        let committed = commit(change, &storage, &mut rng).await.unwrap();
        let core = committed.account.core();
        assert_eq!(core.keys[0].verifying_key, key);
        assert!(is_at(core, id(4), &input(7)), "step {step}");
        assert_eq!(core.keys[0].commitments != before, step != 1, "step {step}");
    }
    let opened = open(&storage, &[&peg, &four, &one]).await.unwrap();
    assert_eq!(opened.account().verifying_key(), key);
}

#[tokio::test]
async fn a_change_that_would_change_nothing_is_refused() {
    let mut rng = rng("peg freedom");
    let storage = MemoryStorage::new();
    let (one, two) = (words("one", &mut rng), words("two", &mut rng));
    let peg = pegged(7);
    let factors: [&dyn Factor; 3] = [&one, &two, &peg];
    let plan = Plan::new(CurveId::Secp256k1, 2, NOW);
    create_over(&storage, &plan, &factors, &mut rng)
        .await
        .unwrap();
    let opened = open(&storage, &[&one, &two]).await.unwrap();
    let other = words("one", &mut rng);
    for change in [
        changed(&opened).refresh(),
        changed(&opened).remove(id(1)),
        changed(&opened).renew(id(1), &other),
    ] {
        let text = refusal(commit(change, &storage, &mut rng).await);
        assert!(text.contains("nothing would be revoked"), "{text}");
    }
    // Without the peg, or with a higher threshold, there is something to draw.
    let higher = changed(&opened).threshold(3);
    let raised = commit(higher, &storage, &mut rng).await.unwrap();
    assert_eq!(freedom(raised.account.core()), 1);
    let opened = open(&storage, &[&one, &two, &peg]).await.unwrap();
    let lower = changed(&opened).threshold(2);
    refusal(commit(lower, &storage, &mut rng).await);
    let without = changed(&opened).threshold(2).remove(id(3));
    let removed = commit(without, &storage, &mut rng).await.unwrap();
    assert!(!is_at(removed.account.core(), id(3), &input(7)));
    let opened = open(&storage, &[&one, &two]).await.unwrap();
    commit(changed(&opened).refresh(), &storage, &mut rng)
        .await
        .unwrap();
}

#[tokio::test]
async fn there_are_fewer_pegs_than_the_threshold() {
    let mut rng = rng("peg count");
    let storage = MemoryStorage::new();
    let one = words("one", &mut rng);
    let (first, second) = (pegged(1), pegged(2));
    let factors: [&dyn Factor; 3] = [&one, &first, &second];
    let plan = Plan::new(CurveId::Secp256k1, 2, NOW);
    let text = refusal(create_over(&storage, &plan, &factors, &mut rng).await);
    assert!(text.contains("at most 1"), "{text}");
    let plan = Plan::new(CurveId::Secp256k1, 3, NOW);
    let made = create_over(&storage, &plan, &factors, &mut rng)
        .await
        .unwrap();
    let core = made.account.core();
    assert!(is_at(core, id(2), &input(1)) && is_at(core, id(3), &input(2)));
    assert_eq!(freedom(core), 0);
    let opened = open(&storage, &factors).await.unwrap();
    let third = pegged(3);
    let added = changed(&opened).add(&third, OfflineCopies::Never);
    refusal(commit(added, &storage, &mut rng).await);
}

#[tokio::test]
async fn an_input_is_pegged_later_and_changed() {
    let mut rng = rng("peg later");
    let storage = MemoryStorage::new();
    let (one, two) = (words("one", &mut rng), words("two", &mut rng));
    let factors: [&dyn Factor; 2] = [&one, &two];
    let plan = Plan::new(CurveId::Ed25519, 2, NOW);
    create_over(&storage, &plan, &factors, &mut rng)
        .await
        .unwrap();
    let opened = open(&storage, &factors).await.unwrap();
    let epoch = opened.account().epoch();
    let peg = pegged(7);
    let change = changed(&opened).add(&peg, OfflineCopies::Never);
    let added = commit(change, &storage, &mut rng).await.unwrap();
    assert!(added.account.epoch() > epoch);
    assert!(is_at(added.account.core(), id(3), &input(7)));
    // Another input in its place: the old one opens nothing any more.
    let opened = open(&storage, &[&one, &peg]).await.unwrap();
    let other = pegged(8);
    let change = changed(&opened).renew(id(3), &other);
    let renewed = commit(change, &storage, &mut rng).await.unwrap();
    assert!(is_at(renewed.account.core(), id(3), &input(8)));
    assert!(!is_at(renewed.account.core(), id(3), &input(7)));
    let old = open(&storage, &[&one, &peg]).await.err().unwrap();
    assert_ne!(old.kind(), ErrorKind::Bug);
    let opened = open(&storage, &[&one, &other]).await.unwrap();
    // The same input pegged no more.
    let plain = SeedFactor::new(HolderKind::Answers, "", input(9));
    let change = changed(&opened).renew(id(3), &plain);
    let renewed = commit(change, &storage, &mut rng).await.unwrap();
    assert!(!renewed.account.core().holders[2].is_pegged());
    assert_eq!(freedom(renewed.account.core()), 1);
}

#[tokio::test]
async fn a_receipt_counts_what_the_inputs_still_give() {
    let mut rng = rng("peg receipt");
    let storage = MemoryStorage::new();
    let (one, two) = (words("one", &mut rng), words("two", &mut rng));
    let three = words("three", &mut rng);
    let peg = pegged(7);
    let factors: [&dyn Factor; 4] = [&one, &two, &three, &peg];
    let plan = Plan::new(CurveId::Secp256k1, 2, NOW);
    create_over(&storage, &plan, &factors, &mut rng)
        .await
        .unwrap();
    let opened = open(&storage, &factors).await.unwrap();
    let change = changed(&opened).remove(id(1)).threshold(3);
    let committed = commit(change, &storage, &mut rng).await.unwrap();
    let mut residuals = committed.receipt.residuals.iter();
    let counted = residuals.find_map(|residual| {
        let Residual::Pegged {
            removed,
            pegged,
            needed,
        } = residual
        else {
            return None;
        };
        Some((removed[0].identifier, pegged[0].identifier, *needed))
    });
    assert_eq!(counted, Some((id(1), id(4), 1)));
}

#[tokio::test]
async fn a_receipt_counts_all_the_removed_and_what_epochs_together_give() {
    let mut rng = rng("peg receipt of several");
    let storage = MemoryStorage::new();
    let sheets = ["one", "two", "three", "four"].map(|name| words(name, &mut rng));
    let peg = pegged(7);
    let mut factors: Vec<&dyn Factor> = sheets
        .iter()
        .map(|sheet| -> &dyn Factor { sheet })
        .collect();
    factors.push(&peg);
    let plan = Plan::new(CurveId::Secp256k1, 3, NOW);
    create_over(&storage, &plan, &factors, &mut rng)
        .await
        .unwrap();
    let opened = open(&storage, &factors).await.unwrap();
    let change = changed(&opened).remove(id(1)).remove(id(2));
    let committed = commit(change, &storage, &mut rng).await.unwrap();
    let residuals = &committed.receipt.residuals;
    let pegged_residual = residuals.iter().find_map(|residual| {
        let Residual::Pegged {
            removed, needed, ..
        } = residual
        else {
            return None;
        };
        Some((removed.len(), *needed))
    });
    assert_eq!(pegged_residual, Some((2, 1)));
    let weaker = residuals.iter().find_map(|residual| {
        let Residual::PegsWeaken { enough, .. } = residual else {
            return None;
        };
        Some(*enough)
    });
    assert_eq!(weaker, Some(2));
}

//! Blind evaluators: the suite for each, and what the local one counts and keeps.

use std::path::PathBuf;

use static_assertions::{assert_impl_all, assert_not_impl_any, assert_obj_safe};
use tempfile::TempDir;
use tki_provider::conformance::check_blind_evaluator;
use tki_provider::fake::FakeBlindEvaluator;
use tki_provider::{BlindEvaluator, Error, LocalBlindEvaluator, LocalError};
use tki_seal::oprf::{BlindedInput, Element};
use tki_seal::transcript::{Tag, Transcript};

assert_obj_safe!(BlindEvaluator);
assert_impl_all!(LocalBlindEvaluator: Send, Sync, BlindEvaluator);
assert_not_impl_any!(LocalBlindEvaluator: Clone, Default, PartialEq, Eq);

fn home(budget: u32) -> (TempDir, PathBuf, LocalBlindEvaluator) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("evaluator");
    let mut rng = tki_testkit::rng(&format!("evaluator {}", path.display()));
    let made = LocalBlindEvaluator::create(&path, budget, &mut rng).unwrap();
    (folder, path, made)
}

fn element() -> Element {
    let mut rng = tki_testkit::rng("element");
    BlindedInput::new(b"x", &mut rng).unwrap().element()
}

#[tokio::test]
async fn local_blind_evaluator_conforms() {
    let (_folder, path, made) = home(100);
    let reopened = LocalBlindEvaluator::open(&path).unwrap();
    let mut rng = tki_testkit::rng("local blind evaluator conforms");
    check_blind_evaluator(&made, &reopened, &mut rng).await;
}

#[tokio::test]
async fn fake_blind_evaluator_conforms() {
    let [one, two] = [(); 2].map(|()| FakeBlindEvaluator::new([1; 32]));
    let mut rng = tki_testkit::rng("fake blind evaluator conforms");
    check_blind_evaluator(&one, &two, &mut rng).await;
    assert!(one.count() > two.count() && two.count() > 0);
}

#[tokio::test]
async fn two_evaluators_have_two_keys() {
    let ((_one, _, one), (_two, _, two)) = (home(1), home(1));
    assert_ne!(
        one.public_key().await.unwrap(),
        two.public_key().await.unwrap()
    );
}

#[tokio::test]
async fn every_evaluation_is_counted_and_the_last_one_is_the_last() {
    let (_folder, path, made) = home(3);
    let reopened = LocalBlindEvaluator::open(&path).unwrap();
    for left in [2, 1, 0] {
        let evaluator = [&made, &reopened][left % 2];
        evaluator.blind_evaluate(&element()).await.unwrap();
        assert_eq!(made.left().unwrap() as usize, left);
    }
    for evaluator in [&made, &reopened] {
        let refused = evaluator.blind_evaluate(&element()).await;
        assert!(matches!(refused, Err(Error::BudgetSpent)));
        assert!(!refused.unwrap_err().is_unavailable());
        evaluator.public_key().await.unwrap();
    }
    reopened.refill().unwrap();
    assert_eq!(made.left().unwrap(), 3);
    made.blind_evaluate(&element()).await.unwrap();
}

#[tokio::test]
async fn a_count_that_cannot_be_written_grants_nothing() {
    let (folder, _, made) = home(3);
    drop(folder);
    assert!(matches!(
        made.blind_evaluate(&element()).await,
        Err(Error::Backend(_))
    ));
}

#[test]
fn a_file_that_is_there_is_not_replaced() {
    let (_folder, path, _made) = home(3);
    let before = std::fs::read(&path).unwrap();
    let again = LocalBlindEvaluator::create(&path, 9, &mut tki_testkit::rng("again"));
    assert!(matches!(again, Err(LocalError::AlreadyExists)));
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[cfg(unix)]
#[test]
fn the_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_folder, path, _made) = home(3);
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn no_damaged_file_opens() {
    let (_folder, path, _made) = home(3);
    let file = std::fs::read(&path).unwrap();
    let opens = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        LocalBlindEvaluator::open(&path).err()
    };
    for at in 0..file.len() {
        let mut flipped = file.clone();
        flipped[at] ^= 1;
        // Version 1 with its lowest bit flipped is version 0.
        assert!(matches!(opens(&flipped), Some(LocalError::Corrupt)), "{at}");
        assert!(
            matches!(opens(&file[..at]), Some(LocalError::Corrupt)),
            "{at}"
        );
    }
    let longer = [file.as_slice(), &[0]].concat();
    assert!(matches!(opens(&longer), Some(LocalError::Corrupt)));
    assert!(matches!(opens(&vec![0; 5000]), Some(LocalError::Corrupt)));
    let mut later = file.clone();
    later[8] = 2;
    assert!(matches!(
        opens(&later),
        Some(LocalError::Unsupported { version: 2 })
    ));
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(
        LocalBlindEvaluator::open(&path),
        Err(LocalError::Missing)
    ));
}

/// The specification once more, with numbers of its own; and a count that nobody grants.
#[tokio::test]
async fn the_file_is_what_the_specification_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("evaluator");
    let write = |budget: u32, left: u32| {
        let numbers = [budget.to_le_bytes(), left.to_le_bytes()].concat();
        let body = [[7; 32].as_slice(), &numbers].concat();
        let hash = Transcript::new(Tag::BlindEvaluatorFile)
            .bytes(&body)
            .digest();
        let file = [b"TKI-EVAL\x01".as_slice(), &hash, &body].concat();
        std::fs::write(&path, file).unwrap();
        LocalBlindEvaluator::open(&path)
    };
    assert!(matches!(write(1, 2), Err(LocalError::Corrupt)));
    let evaluator = write(5, 2).unwrap();
    assert_eq!(evaluator.left().unwrap(), 2);
    let key = tki_seal::oprf::EvaluationKey::derive(&[7; 32], b"tki/v1/blind evaluator").unwrap();
    assert_eq!(evaluator.public_key().await.unwrap(), key.public_key());
    let answer = evaluator.blind_evaluate(&element()).await.unwrap();
    assert_eq!(answer, key.evaluate(&element()));
    assert!(!format!("{evaluator:?}").contains("7, 7"));
}

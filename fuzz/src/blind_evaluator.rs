//! The file of a local blind evaluator.

use tki_provider::{LocalBlindEvaluator, LocalError};
use tki_seal::transcript::{Tag, Transcript};

use crate::Target;
use crate::inputs::choice;
use crate::provider::scratch;

pub(crate) const BLIND_EVALUATOR: Target = Target {
    name: "provider_blind_evaluator",
    run: file,
    seeds,
};

const MAGIC: &[u8] = b"TKI-EVAL\x01";

/// The file with this body, as whoever changes one on purpose would write it.
fn whole(body: &[u8]) -> Vec<u8> {
    let hash = Transcript::new(Tag::BlindEvaluatorFile)
        .bytes(body)
        .digest();
    [MAGIC, &hash, body].concat()
}

/// Even choices are a whole file, odd ones the body of one whose hash is right.
fn file(data: &[u8]) {
    let (choice, data) = choice(data);
    let file = if choice.is_multiple_of(2) {
        data.to_vec()
    } else {
        whole(data)
    };
    let path = scratch("evaluator");
    std::fs::write(&path, &file).expect("a temporary file");
    match LocalBlindEvaluator::open(&path) {
        Ok(evaluator) => {
            assert_eq!(file.len(), MAGIC.len() + 32 + 40);
            let left = evaluator.left().expect("what was just read");
            let last = file.last_chunk().copied().map(u32::from_le_bytes);
            assert_eq!(Some(left), last);
            evaluator.refill().expect("a file that opens");
            assert!(evaluator.left().expect("what was just written") >= left);
        }
        Err(LocalError::Unsupported { version }) => assert!(version > 1),
        Err(error) => assert!(matches!(error, LocalError::Corrupt), "{error}"),
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let numbers = [100_u32.to_le_bytes(), 7_u32.to_le_bytes()].concat();
    let body = [[7; 32].as_slice(), &numbers].concat();
    vec![
        [[0].as_slice(), &whole(&body)].concat(),
        [[1].as_slice(), &body].concat(),
    ]
}

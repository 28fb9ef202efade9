//! The stored answer sheet.

use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Serialize};
use tki_seal::{oprf::Element, password::Argon2Params};

use super::extensions::Extensions;
use crate::{
    answer_sheet::{self, Asked, Seals},
    codec::Stored,
    error::{Error, Rule},
    limits,
};

#[derive(Deserialize, Serialize)]
pub(crate) struct AnswerSheet {
    questions: Vec<Question>,
    threshold: u16,
    salt: [u8; 32],
    memory_kib: u32,
    iterations: u32,
    parallelism: u32,
    /// Empty for none.
    evaluator: Vec<u8>,
    is_pegged: bool,
    sealed: Vec<[u8; 32]>,
    estimated_bits: u32,
    insisted: Option<u64>,
    extensions: Extensions,
}

#[derive(Deserialize, Serialize)]
struct Question {
    is_own: bool,
    #[serde(deserialize_with = "super::text::read")]
    asked: String,
    kind: u8,
}

impl Stored for AnswerSheet {
    const LIMIT: usize = limits::ANSWER_SHEET_BYTES;
}

impl From<&answer_sheet::AnswerSheet> for AnswerSheet {
    fn from(sheet: &answer_sheet::AnswerSheet) -> Self {
        let questions = sheet.questions.iter().map(|question| {
            let (is_own, asked) = match &question.asked {
                Asked::Catalogue(id) => (false, id),
                Asked::Own(text) => (true, text),
            };
            Question {
                is_own,
                asked: asked.clone(),
                kind: question.kind,
            }
        });
        let (is_pegged, sealed) = match &sheet.seals {
            Seals::Each(sealed) => (false, sealed.clone()),
            Seals::Pegged => (true, Vec::new()),
        };
        Self {
            questions: questions.collect(),
            threshold: sheet.threshold,
            salt: sheet.salt,
            memory_kib: sheet.params.memory_kib(),
            iterations: sheet.params.iterations(),
            parallelism: sheet.params.parallelism(),
            evaluator: sheet
                .evaluator
                .iter()
                .flat_map(|key| key.to_bytes())
                .collect(),
            is_pegged,
            sealed,
            estimated_bits: sheet.estimated_bits,
            insisted: sheet.insisted,
            extensions: Extensions::from(&sheet.extensions),
        }
    }
}

impl TryFrom<AnswerSheet> for answer_sheet::AnswerSheet {
    type Error = Error;

    fn try_from(wire: AnswerSheet) -> Result<Self, Error> {
        let questions = wire.questions.into_iter().map(|question| {
            let asked = if question.is_own {
                Asked::Own(question.asked)
            } else {
                Asked::Catalogue(question.asked)
            };
            answer_sheet::SheetQuestion {
                asked,
                kind: question.kind,
            }
        });
        let params = Argon2Params::new(wire.memory_kib, wire.iterations, wire.parallelism);
        let evaluator = match wire.evaluator.as_slice() {
            [] => None,
            bytes => {
                let bytes = bytes.try_into().map_err(|_| Rule::EvaluatorKey)?;
                Some(Element::from_bytes(bytes).map_err(|_| Rule::EvaluatorKey)?)
            }
        };
        let seals = match (wire.is_pegged, wire.sealed.is_empty()) {
            (false, _) => Seals::Each(wire.sealed),
            (true, true) => Seals::Pegged,
            (true, false) => return Err(Rule::CombinationCount.into()),
        };
        Ok(Self {
            questions: questions.collect(),
            threshold: wire.threshold,
            salt: wire.salt,
            params: params.map_err(|_| Rule::AnswerParameters)?,
            evaluator,
            seals,
            estimated_bits: wire.estimated_bits,
            insisted: wire.insisted,
            extensions: wire.extensions.try_into()?,
        })
    }
}

#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), warn(unused_crate_dependencies))]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

mod anchor;
mod blind_evaluator;
#[cfg(feature = "conformance")]
pub mod conformance;
mod error;
mod evaluator;
#[cfg(feature = "fake")]
pub mod fake;
mod keys;
mod local;
mod service;

pub use anchor::{Anchor, AnchorEntry, Takeover};
pub use blind_evaluator::BlindEvaluator;
pub use error::Error;
pub use evaluator::Evaluator;
pub use local::{LocalAnchor, LocalBlindEvaluator, LocalError, LocalProvider};
pub use service::{ProviderSignature, ServiceProvider, box_context};

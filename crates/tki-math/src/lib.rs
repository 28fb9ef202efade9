#![doc = include_str!("../README.md")]
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(test), warn(unused_crate_dependencies))]
#![expect(
    clippy::doc_markdown,
    reason = "formulas are plain text that reads in the editor"
)]
#![expect(
    non_snake_case,
    reason = "points are upper case as in docs/notation.md"
)]

extern crate alloc;

mod access;
mod batch;
mod birkhoff;
mod checked;
mod commitment;
#[cfg(feature = "conformance")]
#[cfg_attr(docsrs, doc(cfg(feature = "conformance")))]
pub mod conformance;
mod curve;
mod encoding;
mod epoch;
mod error;
mod evaluation;
mod identifier;
mod lagrange;
mod linear;
mod pegs;
mod polynomial;
mod quorum;
mod redistribution;
mod refresh;
mod repair;
mod secret_scalar;
mod shamir;
mod share;
mod sub_share;
mod threshold;
mod vartime;
mod verifying;

pub use crate::{
    access::{
        AccessStructure,
        assurance::Assurance,
        expression::{Compiled, Expression, InvalidExpression, Refusal},
        gate::{Gate, Level, MOST_DEPTH, Member},
    },
    batch::{verify_batch, verify_refresh_batch},
    commitment::PolynomialCommitment,
    curve::Curve,
    epoch::Epoch,
    error::{Error, InvalidIdentifier, InvalidPoint, InvalidScalar, ZeroIdentifier, ZeroThreshold},
    identifier::Identifier,
    lagrange::{lagrange_coefficients_at, lagrange_coefficients_at_zero},
    pegs::Pegs,
    polynomial::SecretPolynomial,
    quorum::{Quorum, QuorumCache},
    redistribution::{CheckedRedistribution, Redistribution, SubCommitment, SubDealing},
    refresh::{RefreshCommitment, RefreshPolynomial, RefreshShare},
    repair::{CheckedRepair, Repair, RepairCommitment, RepairDealing},
    secret_scalar::SecretScalar,
    shamir::{Dealing, combine, interpolate_at, split},
    share::Share,
    sub_share::SubShare,
    threshold::{MOST_HOLDERS, Threshold},
    vartime::multi_scalar_mul_in_buckets_vartime,
    verifying::{VerifyingKey, VerifyingShare},
};

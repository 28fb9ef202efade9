#![doc = include_str!("../README.md")]
//! # From first principles
//!
//! What follows names every public item of the crate, each resting on those before it.
//!
//! **Field and group.** Let q be a prime. Numbers modulo q can be added, multiplied, and divided
//! by all but zero: the *scalars*. A group of q *points* with generator G has a multiple a·G for
//! each scalar a, and from a·G nobody finds a. A [`Curve`] is such a pair with its encodings. A
//! scalar that nobody may see is a [`SecretScalar`]; its public image is s·G, the [`VerifyingKey`]
//! Y.
//!
//! **A polynomial hides its constant term.** f(x) = a_0 + a_1·x + … + a_{t−1}·x^{t−1} with a_0 = s
//! and the other coefficients uniform is a [`SecretPolynomial`]. Its value at a holder's
//! [`Identifier`], x_i ≠ 0, is the holder's [`Share`]. For any values at t − 1 such places and any
//! s there is exactly one f, so that t − 1 shares fit every secret equally well and say nothing; t
//! is the [`Threshold`]. [`split`] deals all shares at once, a [`Dealing`], to [`MOST_HOLDERS`] at
//! most.
//!
//! **Any t shares give it back.** f(x) is a sum Σ λ_i(x)·f(x_i) whose weights depend on the
//! identifiers only: [`lagrange_coefficients_at_zero`], [`lagrange_coefficients_at`]. So
//! [`combine`] gives s = f(0), and [`interpolate_at`] any other share.
//!
//! **Commitments make shares checkable.** Multiples of G add up as scalars do: from A_k = a_k·G,
//! the [`PolynomialCommitment`], everyone computes f(x_i)·G = Σ x_i^k·A_k, the [`VerifyingShare`]
//! Y_i. A share is right exactly when s_i·G = Y_i: [`PolynomialCommitment::verify`], for many at
//! once [`verify_batch`]. [`PolynomialCommitment::combine`] gives the right secret or names who is
//! wrong. All of this is public, and sums of many points may be made by
//! [`multi_scalar_mul_in_buckets_vartime`].
//!
//! **Whatever is linear can be shared so.** A share may be any sum of public multiples of the
//! coefficients. An [`AccessStructure`] says which: t of any holders, or a [`Gate`] whose members
//! are holders and further gates ([`Member`]), at most [`MOST_DEPTH`] deep, of equal rank or of
//! several ([`Level`]), where a lower rank gets derivatives of f. An [`Expression`] writes it down
//! in words, or is an [`InvalidExpression`] with its [`Refusal`]; [`Compiled`] is what becomes of
//! it. A [`Quorum`] has public weights c_i with s = Σ c_i·s_i; a [`QuorumCache`] keeps them.
//! [`AccessStructure::check`] tells with which [`Assurance`] ranks do what they say.
//!
//! **Sharings add up.** A sharing of zero, a [`RefreshPolynomial`], gives each holder something to
//! add to its share, a [`RefreshShare`], under a [`RefreshCommitment`] ([`verify_refresh_batch`]
//! for many): the secret stays, and old shares do not fit new ones. [`Epoch`]s count the times.
//!
//! **Values can be given.** Any m ≤ t values fix a polynomial in as many places and leave it
//! uniform otherwise: [`Pegs`]; and a refresh can leave some shares alone,
//! [`RefreshPolynomial::random_pegged`].
//!
//! **A share can be shared.** When each holder of a quorum deals its own share under another
//! structure, whoever is dealt to adds up with the weights c_i, and has a share of s there: a
//! [`Redistribution`], of [`SubDealing`]s with [`SubCommitment`]s and [`SubShare`]s, once checked
//! a [`CheckedRedistribution`]. When each splits its summand of another holder's share among all
//! of them, and they send their sums, that holder has its share back, and nobody else anything: a
//! [`Repair`], of [`RepairDealing`]s with [`RepairCommitment`]s, once checked a [`CheckedRepair`].
//!
//! Whatever goes wrong is an [`Error`], which names the [culprits](Error::culprits) where there
//! are any; what cannot be read is an [`InvalidScalar`], [`InvalidPoint`], [`InvalidIdentifier`],
//! [`ZeroIdentifier`] or [`ZeroThreshold`]. With the feature `conformance`, a curve proves itself
//! by the module of that name.
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

//! How somebody who is elsewhere becomes a holder: another device of the owner, or a guardian.
//!
//! ```text
//! Joining::new ── request ──▶ Account::invite
//! Joining::answer ◀── invite ──
//! Joining::reply ── reply ──▶ Invitation::receive ▶ Candidate::confirm ▶ RemoteFactor
//! ```
//!
//! Whoever can change messages on their way can put a holder of his own in the place of the right
//! one, unless somebody compares the digits. So the only way to a [`RemoteFactor`] is
//! [`Candidate::confirm`], which wants the digits that the new holder shows.
//!
//! | who | may do | at most |
//! |---|---|---|
//! | the new holder | answer | one invite for each request |
//! | the account | receive | one reply for each invite |
//!
//! Both are what makes six digits enough: an attacker has one try for each request that a person
//! answers. A [`Joining`] is kept before its reply leaves, and an [`Invitation`] is forgotten before
//! its reply is looked at. This module keeps nothing itself.
//!
//! Specification: `docs/spec/invite.md`.

mod account_side;
mod device;
mod error;
mod holder_side;
mod remote;

pub use account_side::{Candidate, Invitation};
pub use error::JoinError;
pub use holder_side::Joining;
pub use remote::RemoteFactor;

//! How a device or a guardian joins an account from afar: three messages and six digits.
//!
//! ```text
//! new holder                                             account
//! request: kind, label, address, c   ──────────────▶
//!                                    ◀──────────────   invite: r, w₀, b, N_b, label, expiry
//! reply: i, B, N_a, claim            ──────────────▶
//!                 both: six digits of H(join code; i, B, C, N_a)
//! ```
//!
//! | letter | name | |
//! |---|---|---|
//! | o | opening seed of the new holder | secret |
//! | B, C, addr | its box key, claim key and address | public from the reply on, addr from the request |
//! | N_a, N_b | nonces of the new holder and of the account | public once sent |
//! | c | commitment H(join commitment; B, C, N_a) | public |
//! | w₀ | first writer of the new mailbox | secret half with the account |
//! | b | binding b(addr) of the claim, see [`BindingKey`](crate::BindingKey) | public |
//! | r, i | hash of the request, hash of the invite | public |
//!
//! The digits cover what c fixed before N_b was chosen, and what the invite fixed before N_a was
//! shown. They do not cover the claim's signature, which its maker could make anew until the digits
//! suit him: a claim is checked against C, which is covered.
//!
//! Specification: `docs/spec/invite.md`, sections 1 to 4.

mod invite;
mod pending;
mod reply;
mod request;

pub use invite::JoinInvite;
pub use pending::{PendingInvite, PendingJoin};
pub use reply::{JoinCode, JoinReply};
pub use request::JoinRequest;

#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![no_std]
#![warn(clippy::arithmetic_side_effects)]
#![cfg_attr(not(test), warn(unused_crate_dependencies))]
#![expect(
    clippy::doc_markdown,
    reason = "formulas are plain text that reads in the editor"
)]

extern crate alloc;

mod account;
mod answer_sheet;
mod arrangement;
mod bundle;
mod codec;
mod digits;
mod document;
mod error;
mod event;
mod extensions;
mod help;
mod holder;
mod join;
mod keys;
pub mod limits;
mod mailbox;
mod message;
mod notice;
mod package;
mod receipt;
mod secrets;
mod wire;

pub use account::{AccountId, OperationId};
pub use answer_sheet::{AnswerSheet, Asked, Seals, SheetQuestion};
pub use arrangement::Arrangement;
pub use bundle::Bundle;
pub use digits::Digits;
pub use document::{
    Document,
    core::{Core, Origin},
    history::HistoryEntry,
    key::Key,
};
pub use error::{Error, Rule};
pub use event::{
    Event, EventError, EventSignature, event_key, event_scheme, event_verifying_key,
    happened::Happened, log::EventLog, name::HolderName,
};
pub use extensions::{CRITICAL, Extensions};
pub use help::{HelpAnswer, HelpCode, HelpRequest, HelpedMailbox, PendingHelp};
pub use holder::{Holder, HolderKind};
pub use join::{JoinCode, JoinInvite, JoinReply, JoinRequest, PendingInvite, PendingJoin};
pub use keys::{BindingKey, ControlKey, SeedKey, app_scalar, app_seed};
pub use mailbox::{Mailbox, MailboxKey};
pub use message::Message;
pub use notice::Notice;
pub use package::{
    DevicePackage,
    membership::{MailboxCopy, Membership, Seen},
    pending::{Pending, PendingSeed, Step},
    standing::{FactorStanding, KnownWriter, Standing},
};
pub use receipt::{ReceiptFacts, SignedReceipt, Statement, WhoSuffices};
pub use secrets::{
    AccountSecret, ControlSalt, DocumentKey, HelpSecret, InviteSecret, JoinNonce, OpeningSeed,
};

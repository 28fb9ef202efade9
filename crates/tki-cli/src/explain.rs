//! `tki show --explain`: which inputs led to an account.
//!
//! Who sees another account than the one expected finds here which login, file, slot or storage is
//! another than it was.

use serde::Serialize;
use tki::Account;

use crate::describe::line;
use crate::session::Session;

/// What led to an account.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Explanation {
    home: String,
    /// What the account is called on this machine; it decides which device package is used, and
    /// nothing else.
    name: String,
    storage: String,
    factors: Vec<Trace>,
    document: String,
}

/// What led from one factor to its mailbox.
#[derive(Clone, Debug, Serialize)]
struct Trace {
    /// What was given: a file, a login.
    input: String,
    /// The identifier of its holder.
    identifier: Option<String>,
    slot: u32,
    mailbox: String,
}

impl Explanation {
    /// `inputs` name the factors that the account was read with, in their order.
    pub(crate) fn of(session: &Session, account: &Account<'_>, inputs: &[String]) -> Self {
        let factors = account.found().map(|found| Trace {
            input: inputs.get(found.factor).cloned().unwrap_or_default(),
            identifier: found
                .holder
                .and_then(tki::metadata::Holder::identifier)
                .map(|identifier| identifier.to_string()),
            slot: found.slot,
            mailbox: hex::encode(found.address.as_bytes()),
        });
        Self {
            home: session.home.folder().display().to_string(),
            name: session.home.account().to_owned(),
            storage: session.place_name(),
            factors: factors.collect(),
            document: hex::encode(account.document_address().as_bytes()),
        }
    }

    /// The same for people.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        line(&mut text, format_args!("what led here"));
        line(&mut text, format_args!("  home      {}", self.home));
        line(&mut text, format_args!("  storage   {}", self.storage));
        for factor in &self.factors {
            let identifier = factor.identifier.as_deref().unwrap_or("?");
            line(
                &mut text,
                format_args!("  factor {identifier:<2} {}", factor.input),
            );
            line(
                &mut text,
                format_args!(
                    "            mailbox {}, slot {}",
                    factor.mailbox, factor.slot
                ),
            );
        }
        line(&mut text, format_args!("  document  {}", self.document));
        line(
            &mut text,
            format_args!(
                "Another login, words, slot or storage leads to another account or to none; the \
                 name ({}) only chooses the device package of this machine.",
                self.name
            ),
        );
        text
    }
}

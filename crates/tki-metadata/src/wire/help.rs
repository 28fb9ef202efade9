//! The messages by which a guardian helps, and what is kept between them.

use alloc::{boxed::Box, string::String, vec::Vec};
use core::mem;

use serde::{Deserialize, Serialize};
use tki_record::Address;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::{
    boxed,
    extensions::Extensions,
    join::{box_key, check_message},
};
use crate::{codec::Stored, error::Error, help, limits, message::Message, secrets::HelpSecret};

#[derive(Default, Deserialize, Serialize)]
pub(crate) struct Request {
    message: u8,
    box_key: Vec<u8>,
    #[serde(deserialize_with = "super::text::read")]
    label: String,
    expires: u64,
    extensions: Extensions,
}

impl Stored for Request {
    const LIMIT: usize = limits::HELP_REQUEST_BYTES;
}

#[derive(Deserialize, Serialize)]
pub(crate) struct Answer {
    message: u8,
    request: [u8; 32],
    sealed: Vec<u8>,
    extensions: Extensions,
}

impl Stored for Answer {
    const LIMIT: usize = limits::HELP_ANSWER_BYTES;
}

// Parts that are public are skipped.
#[derive(Deserialize, Serialize, ZeroizeOnDrop)]
pub(crate) struct HelpedMailbox {
    #[zeroize(skip)]
    address: [u8; 32],
    #[zeroize(skip)]
    box_key: Vec<u8>,
    #[zeroize(skip)]
    hash: [u8; 32],
    plaintext: Vec<u8>,
    #[zeroize(skip)]
    extensions: Extensions,
}

impl Stored for HelpedMailbox {
    const LIMIT: usize = limits::HELPED_MAILBOX_BYTES;
}

// Parts that are public are skipped.
#[derive(Deserialize, Serialize, ZeroizeOnDrop)]
pub(crate) struct Pending {
    secret: Box<[u8; 32]>,
    #[zeroize(skip)]
    request: Request,
    #[zeroize(skip)]
    extensions: Extensions,
}

impl Stored for Pending {
    const LIMIT: usize = 2 * limits::HELP_REQUEST_BYTES;
}

impl From<&help::HelpRequest> for Request {
    fn from(request: &help::HelpRequest) -> Self {
        Self {
            message: Message::HelpRequest.code(),
            box_key: request.box_key.to_bytes().to_vec(),
            label: request.label.clone(),
            expires: request.expires,
            extensions: Extensions::from(&request.extensions),
        }
    }
}

impl TryFrom<Request> for help::HelpRequest {
    type Error = Error;

    fn try_from(wire: Request) -> Result<Self, Error> {
        check_message(wire.message, Message::HelpRequest)?;
        Ok(Self {
            box_key: box_key(&wire.box_key)?,
            label: wire.label,
            expires: wire.expires,
            extensions: wire.extensions.try_into()?,
        })
    }
}

impl From<&help::HelpAnswer> for Answer {
    fn from(answer: &help::HelpAnswer) -> Self {
        Self {
            message: Message::HelpAnswer.code(),
            request: answer.request,
            sealed: answer.sealed.clone(),
            extensions: Extensions::from(&answer.extensions),
        }
    }
}

impl TryFrom<Answer> for help::HelpAnswer {
    type Error = Error;

    fn try_from(wire: Answer) -> Result<Self, Error> {
        check_message(wire.message, Message::HelpAnswer)?;
        Ok(Self {
            request: wire.request,
            sealed: wire.sealed,
            extensions: wire.extensions.try_into()?,
        })
    }
}

impl From<&help::HelpedMailbox> for HelpedMailbox {
    fn from(mailbox: &help::HelpedMailbox) -> Self {
        Self {
            address: *mailbox.address.as_bytes(),
            box_key: mailbox.box_key.to_bytes().to_vec(),
            hash: mailbox.hash,
            plaintext: mailbox.plaintext.to_vec(),
            extensions: Extensions::from(&mailbox.extensions),
        }
    }
}

impl TryFrom<HelpedMailbox> for help::HelpedMailbox {
    type Error = Error;

    fn try_from(mut wire: HelpedMailbox) -> Result<Self, Error> {
        Ok(Self {
            address: Address::from_bytes(wire.address),
            box_key: box_key(&wire.box_key)?,
            hash: wire.hash,
            plaintext: Zeroizing::new(mem::take(&mut wire.plaintext)),
            extensions: mem::take(&mut wire.extensions).try_into()?,
        })
    }
}

impl From<&help::PendingHelp> for Pending {
    fn from(pending: &help::PendingHelp) -> Self {
        Self {
            secret: boxed(pending.secret.expose_secret()),
            request: Request::from(&pending.request),
            extensions: Extensions::from(&pending.extensions),
        }
    }
}

impl TryFrom<Pending> for help::PendingHelp {
    type Error = Error;

    fn try_from(mut wire: Pending) -> Result<Self, Error> {
        Ok(Self {
            secret: HelpSecret::from_bytes(&wire.secret),
            request: mem::take(&mut wire.request).try_into()?,
            extensions: mem::take(&mut wire.extensions).try_into()?,
        })
    }
}

//! The messages by which somebody joins, and what either side keeps between them.

use alloc::{boxed::Box, string::String, vec::Vec};
use core::mem;

use serde::{Deserialize, Serialize};
use tki_record::Address;
use tki_seal::{
    bip340::{PublicKey, Signature},
    sealed_box::BoxPublicKey,
};
use zeroize::ZeroizeOnDrop;

use super::{boxed, extensions::Extensions};
use crate::{
    codec::Stored,
    error::{Error, Rule},
    holder::HolderKind,
    join, limits,
    message::Message,
    secrets::{InviteSecret, JoinNonce, OpeningSeed},
};

#[derive(Default, Deserialize, Serialize)]
pub(crate) struct Request {
    message: u8,
    kind: u16,
    #[serde(deserialize_with = "super::text::read")]
    label: String,
    address: [u8; 32],
    commitment: [u8; 32],
    extensions: Extensions,
}

impl Stored for Request {
    const LIMIT: usize = limits::JOIN_BYTES;
}

#[derive(Default, Deserialize, Serialize)]
pub(crate) struct Invite {
    message: u8,
    request: [u8; 32],
    first_writer: [u8; 32],
    binding: [u8; 32],
    nonce: [u8; 32],
    #[serde(deserialize_with = "super::text::read")]
    account: String,
    expires: u64,
    extensions: Extensions,
}

impl Stored for Invite {
    const LIMIT: usize = limits::JOIN_BYTES;
}

#[derive(Deserialize, Serialize)]
pub(crate) struct Reply {
    message: u8,
    invite: [u8; 32],
    box_key: Vec<u8>,
    claim_key: [u8; 32],
    nonce: [u8; 32],
    signature: [[u8; 32]; 2],
}

impl Stored for Reply {
    const LIMIT: usize = limits::JOIN_BYTES;
}

// Parts that are public are skipped.
#[derive(Deserialize, Serialize, ZeroizeOnDrop)]
pub(crate) struct PendingJoin {
    #[zeroize(skip)]
    kind: u16,
    #[zeroize(skip)]
    #[serde(deserialize_with = "super::text::read")]
    label: String,
    seed: Box<[u8; 32]>,
    nonce: Box<[u8; 32]>,
    #[zeroize(skip)]
    invite: Option<Invite>,
    #[zeroize(skip)]
    request_extensions: Extensions,
    #[zeroize(skip)]
    extensions: Extensions,
}

impl Stored for PendingJoin {
    const LIMIT: usize = 2 * limits::JOIN_BYTES;
}

// Parts that are public are skipped.
#[derive(Deserialize, Serialize, ZeroizeOnDrop)]
pub(crate) struct PendingInvite {
    #[zeroize(skip)]
    request: Request,
    #[zeroize(skip)]
    invite: Invite,
    secret: Box<[u8; 32]>,
    #[zeroize(skip)]
    extensions: Extensions,
}

impl Stored for PendingInvite {
    const LIMIT: usize = 3 * limits::JOIN_BYTES;
}

impl From<&join::JoinRequest> for Request {
    fn from(request: &join::JoinRequest) -> Self {
        Self {
            message: Message::JoinRequest.code(),
            kind: request.kind.code(),
            label: request.label.clone(),
            address: *request.address.as_bytes(),
            commitment: request.commitment,
            extensions: Extensions::from(&request.extensions),
        }
    }
}

impl TryFrom<Request> for join::JoinRequest {
    type Error = Error;

    fn try_from(wire: Request) -> Result<Self, Error> {
        check_message(wire.message, Message::JoinRequest)?;
        Ok(Self {
            kind: HolderKind::from_code(wire.kind),
            label: wire.label,
            address: Address::from_bytes(wire.address),
            commitment: wire.commitment,
            extensions: wire.extensions.try_into()?,
        })
    }
}

impl From<&join::JoinInvite> for Invite {
    fn from(invite: &join::JoinInvite) -> Self {
        Self {
            message: Message::JoinInvite.code(),
            request: invite.request,
            first_writer: invite.first_writer.to_bytes(),
            binding: invite.binding,
            nonce: invite.nonce,
            account: invite.account.clone(),
            expires: invite.expires,
            extensions: Extensions::from(&invite.extensions),
        }
    }
}

impl TryFrom<Invite> for join::JoinInvite {
    type Error = Error;

    fn try_from(wire: Invite) -> Result<Self, Error> {
        check_message(wire.message, Message::JoinInvite)?;
        Ok(Self {
            request: wire.request,
            first_writer: PublicKey::from_bytes(wire.first_writer),
            binding: wire.binding,
            nonce: wire.nonce,
            account: wire.account,
            expires: wire.expires,
            extensions: wire.extensions.try_into()?,
        })
    }
}

impl From<&join::JoinReply> for Reply {
    fn from(reply: &join::JoinReply) -> Self {
        let signature = reply.signature.to_bytes();
        let mut halves = [[0; 32]; 2];
        for (half, bytes) in halves.iter_mut().zip(signature.chunks_exact(32)) {
            half.copy_from_slice(bytes);
        }
        Self {
            message: Message::JoinReply.code(),
            invite: reply.invite,
            box_key: reply.box_key.to_bytes().to_vec(),
            claim_key: reply.claim_key.to_bytes(),
            nonce: *reply.nonce.expose_secret(),
            signature: halves,
        }
    }
}

impl TryFrom<Reply> for join::JoinReply {
    type Error = Error;

    fn try_from(wire: Reply) -> Result<Self, Error> {
        check_message(wire.message, Message::JoinReply)?;
        let mut signature = [0; 64];
        for (bytes, half) in signature.chunks_exact_mut(32).zip(&wire.signature) {
            bytes.copy_from_slice(half);
        }
        Ok(Self {
            invite: wire.invite,
            box_key: box_key(&wire.box_key)?,
            claim_key: PublicKey::from_bytes(wire.claim_key),
            nonce: JoinNonce::from_bytes(&wire.nonce),
            signature: Signature::from_bytes(signature),
        })
    }
}

impl From<&join::PendingJoin> for PendingJoin {
    fn from(pending: &join::PendingJoin) -> Self {
        Self {
            kind: pending.kind.code(),
            label: pending.label.clone(),
            seed: boxed(pending.seed.expose_secret()),
            nonce: boxed(pending.nonce.expose_secret()),
            invite: pending.invite.as_ref().map(Invite::from),
            request_extensions: Extensions::from(&pending.request_extensions),
            extensions: Extensions::from(&pending.extensions),
        }
    }
}

impl TryFrom<PendingJoin> for join::PendingJoin {
    type Error = Error;

    fn try_from(mut wire: PendingJoin) -> Result<Self, Error> {
        Ok(Self {
            kind: HolderKind::from_code(wire.kind),
            label: mem::take(&mut wire.label),
            seed: OpeningSeed::from_bytes(&wire.seed),
            nonce: JoinNonce::from_bytes(&wire.nonce),
            invite: wire.invite.take().map(TryInto::try_into).transpose()?,
            request_extensions: mem::take(&mut wire.request_extensions).try_into()?,
            extensions: mem::take(&mut wire.extensions).try_into()?,
        })
    }
}

impl From<&join::PendingInvite> for PendingInvite {
    fn from(pending: &join::PendingInvite) -> Self {
        Self {
            request: Request::from(&pending.request),
            invite: Invite::from(&pending.invite),
            secret: boxed(pending.secret.expose_secret()),
            extensions: Extensions::from(&pending.extensions),
        }
    }
}

impl TryFrom<PendingInvite> for join::PendingInvite {
    type Error = Error;

    fn try_from(mut wire: PendingInvite) -> Result<Self, Error> {
        Ok(Self {
            secret: InviteSecret::from_bytes(&wire.secret),
            request: mem::take(&mut wire.request).try_into()?,
            invite: mem::take(&mut wire.invite).try_into()?,
            extensions: mem::take(&mut wire.extensions).try_into()?,
        })
    }
}

/// Refuses another message than this.
pub(super) fn check_message(code: u8, wanted: Message) -> Result<(), Error> {
    if code == wanted.code() {
        Ok(())
    } else {
        Err(Error::Malformed)
    }
}

/// A point of secp256k1 in its one encoding.
pub(super) fn box_key(bytes: &[u8]) -> Result<BoxPublicKey, Error> {
    let bytes = bytes.try_into().map_err(|_| Rule::BoxKey)?;
    BoxPublicKey::from_bytes(bytes).map_err(|_| Rule::BoxKey.into())
}

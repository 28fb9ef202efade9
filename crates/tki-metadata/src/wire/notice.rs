//! The stored notice.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{
    event::{Name, names},
    extensions::Extensions,
};
use crate::{
    account::AccountId, codec::Stored, error::Error, event::name::HolderName, limits, notice,
};

#[derive(Deserialize, Serialize)]
pub(crate) struct Notice {
    account: [u8; 32],
    version: u64,
    removed: u64,
    extensions: Extensions,
}

/// Who was at hand.
#[derive(Deserialize, Serialize)]
pub(crate) struct By(Vec<Name>);

impl Stored for By {
    const LIMIT: usize = limits::NOTICE_BYTES;
}

impl From<&[HolderName]> for By {
    fn from(by: &[HolderName]) -> Self {
        Self(by.iter().map(Name::from).collect())
    }
}

impl TryFrom<By> for Vec<HolderName> {
    type Error = Error;

    fn try_from(By(by): By) -> Result<Self, Error> {
        names(by)
    }
}

impl Stored for Notice {
    const LIMIT: usize = limits::NOTICE_BYTES;
}

impl From<&notice::Notice> for Notice {
    fn from(notice: &notice::Notice) -> Self {
        Self {
            account: *notice.account.as_bytes(),
            version: notice.version,
            removed: notice.removed,
            extensions: Extensions::from(&notice.extensions),
        }
    }
}

impl TryFrom<Notice> for notice::Notice {
    type Error = Error;

    fn try_from(wire: Notice) -> Result<Self, Error> {
        Ok(Self {
            account: AccountId::from_bytes(wire.account),
            version: wire.version,
            removed: wire.removed,
            extensions: wire.extensions.try_into()?,
        })
    }
}

//! Stored extensions: a list of tag and value.

use alloc::vec::Vec;
use core::mem;

use serde::{Deserialize, Serialize};
use zeroize::ZeroizeOnDrop;

use crate::{
    error::{Error, Rule},
    extensions,
};

/// Ascending by tag.
#[derive(Default, Deserialize, Serialize)]
pub(crate) struct Extensions(Vec<Extension>);

#[derive(Deserialize, Serialize, ZeroizeOnDrop)]
struct Extension {
    #[zeroize(skip)]
    tag: u16,
    value: Vec<u8>,
}

impl From<&extensions::Extensions> for Extensions {
    fn from(extensions: &extensions::Extensions) -> Self {
        let list = extensions.iter().map(|(tag, value)| Extension {
            tag,
            value: value.to_vec(),
        });
        Self(list.collect())
    }
}

impl TryFrom<Extensions> for extensions::Extensions {
    type Error = Error;

    fn try_from(Extensions(list): Extensions) -> Result<Self, Error> {
        if !list.is_sorted_by(|left, right| left.tag < right.tag) {
            return Err(Rule::ExtensionOrder.into());
        }
        let mut extensions = Self::new();
        for mut extension in list {
            extensions.insert(extension.tag, mem::take(&mut extension.value));
        }
        Ok(extensions)
    }
}

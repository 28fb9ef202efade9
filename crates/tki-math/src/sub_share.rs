//! What one holder sends another in a redistribution or a repair, and who has sent it.

use alloc::{collections::BTreeMap, vec::Vec};
use core::fmt;

use zeroize::ZeroizeOnDrop;

use crate::{Curve, Error, Identifier, SecretScalar};

/// A value that one holder deals to another: a part of what the one has, worth nothing by itself.
///
/// Who deals and who receives is public, the value secret and wiped on drop. It travels over a
/// channel that only the two can read and that shows who sends.
#[derive(ZeroizeOnDrop)]
pub struct SubShare<C: Curve> {
    #[zeroize(skip)]
    from: Identifier,
    #[zeroize(skip)]
    to: Identifier,
    value: SecretScalar<C>,
}

impl<C: Curve> SubShare<C> {
    /// The sub-share of these parts. Any value is allowed, zero included.
    #[must_use]
    pub const fn new(from: Identifier, to: Identifier, value: SecretScalar<C>) -> Self {
        Self { from, to, value }
    }

    /// Who deals it, public.
    #[must_use]
    pub const fn from(&self) -> Identifier {
        self.from
    }

    /// Whom it is for, public.
    #[must_use]
    pub const fn to(&self) -> Identifier {
        self.to
    }

    /// The value, secret.
    #[must_use]
    pub const fn value(&self) -> &SecretScalar<C> {
        &self.value
    }
}

impl<C: Curve> fmt::Debug for SubShare<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubShare")
            .field("from", &self.from)
            .field("to", &self.to)
            .finish_non_exhaustive()
    }
}

/// The sub-share of each of these dealers, in their order, all for this receiver.
pub(crate) fn received<C: Curve>(
    dealers: impl Iterator<Item = Identifier>,
    to: Identifier,
    sub_shares: &[SubShare<C>],
) -> Result<Vec<&SubShare<C>>, Error> {
    if let Some(other) = sub_shares.iter().find(|sub_share| sub_share.to != to) {
        return Err(Error::IdentifierMismatch {
            expected: to,
            found: other.to,
        });
    }
    let messages = sub_shares
        .iter()
        .map(|sub_share| (sub_share.from, sub_share));
    one_of_each(dealers, messages)
}

/// The one message of each of these senders, in the senders' order.
///
/// # Errors
/// [`Error::DuplicateIdentifier`] when one has sent two, [`Error::MissingMessage`] when one has
/// sent none, [`Error::UnknownHolder`] when somebody else has.
pub(crate) fn one_of_each<M>(
    senders: impl Iterator<Item = Identifier>,
    messages: impl Iterator<Item = (Identifier, M)>,
) -> Result<Vec<M>, Error> {
    let mut by_sender = BTreeMap::new();
    for (identifier, message) in messages {
        if by_sender.insert(identifier, message).is_some() {
            return Err(Error::DuplicateIdentifier { identifier });
        }
    }
    let mut take = |identifier| {
        let message = by_sender.remove(&identifier);
        message.ok_or(Error::MissingMessage { identifier })
    };
    let in_order = senders.map(&mut take).collect::<Result<_, _>>()?;
    match by_sender.into_keys().next() {
        Some(identifier) => Err(Error::UnknownHolder { identifier }),
        None => Ok(in_order),
    }
}

/// An error that names those for whom `is_wrong`, if there are any.
pub(crate) fn name_wrong(senders: impl Iterator<Item = (Identifier, bool)>) -> Result<(), Error> {
    let wrong = senders.filter(|(_, is_wrong)| *is_wrong);
    let identifiers: Vec<_> = wrong.map(|(identifier, _)| identifier).collect();
    if identifiers.is_empty() {
        return Ok(());
    }
    Err(Error::WrongDealings { identifiers })
}

//! The side of the device or guardian that is to become a holder.

use rand_core::CryptoRng;
use tki_metadata::{HolderKind, JoinInvite, JoinReply, JoinRequest, PendingJoin};

use super::JoinError;
use crate::{
    commit,
    error::{Error, InvalidChange},
    factor::SeedFactor,
};

/// A device or guardian on its way to become a holder.
///
/// A device keeps it in its package, with [`Device::join`](crate::Device::join); a guardian keeps it
/// under a passphrase, and goes on needing it for as long as he is one.
///
/// # Examples
/// ```
/// use tki_engine::Joining;
/// use tki_metadata::{HolderKind, JoinRequest};
/// # use rand_core::SeedableRng as _;
/// # let mut rng = rand_chacha::ChaCha20Rng::from_seed([7; 32]);
///
/// let joining = Joining::new(HolderKind::Device, "phone", &mut rng)?;
/// // Kept first, then sent.
/// let kept = joining.pending().encode()?;
/// let message = joining.request().encode()?;
/// assert_eq!(JoinRequest::decode(&message)?, joining.request());
/// # drop(kept);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Joining {
    pending: PendingJoin,
}

impl Joining {
    /// With a new seed.
    ///
    /// # Errors
    /// `InvalidChange` if nothing of this kind joins by an invite, or the label is none.
    pub fn new(
        kind: HolderKind,
        label: &str,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Self, Error> {
        crate::label::check(label)?;
        if !matches!(kind, HolderKind::Device | HolderKind::Guardian) {
            return Err(InvalidChange::NotInvited(kind).into());
        }
        let pending = PendingJoin::new(kind, label, rng);
        // What cannot be written must not come to light when it has to be kept.
        commit::encoded(pending.encode())?;
        Ok(Self { pending })
    }

    /// As it was kept.
    #[must_use]
    pub const fn from_pending(pending: PendingJoin) -> Self {
        Self { pending }
    }

    /// What is to be kept.
    #[must_use]
    pub const fn pending(&self) -> &PendingJoin {
        &self.pending
    }

    /// The first message.
    #[must_use]
    pub fn request(&self) -> JoinRequest {
        self.pending.request()
    }

    /// Takes an invite. From then on there is a [`Joining::reply`], which must not leave before this
    /// is kept.
    ///
    /// # Errors
    /// `OtherRequest`, `AlreadyAnswered`, `Expired`. Nothing is changed then.
    ///
    /// # Security
    /// A second invite to the same request is refused: its maker knows `N_a` from the first reply, and
    /// could choose it so that the digits fit.
    pub fn answer(&mut self, invite: &JoinInvite, now: u64) -> Result<(), JoinError> {
        // Step 3.1: it is the answer to this request.
        if invite.request != self.request().hash() {
            return Err(JoinError::OtherRequest);
        }
        // Step 3.2: the first one that is answered, or the same again.
        match &self.pending.invite {
            Some(answered) if answered == invite => return Ok(()),
            Some(_) => return Err(JoinError::AlreadyAnswered),
            None => {}
        }
        // Step 3.3: not too late.
        if now >= invite.expires {
            return Err(JoinError::Expired);
        }
        self.pending.invite = Some(invite.clone());
        Ok(())
    }

    /// The third message, once an invite was taken; its
    /// [`code`](JoinReply::code) is what people compare.
    #[must_use]
    pub fn reply(&self) -> Option<JoinReply> {
        self.pending.reply()
    }

    /// What the holder opens its mailbox with.
    #[must_use]
    pub fn factor(&self) -> SeedFactor<'static> {
        let PendingJoin {
            kind, label, seed, ..
        } = &self.pending;
        SeedFactor::new(*kind, label, seed.clone())
    }
}

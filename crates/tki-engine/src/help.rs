//! How a guardian stands in for the person he guards.
//!
//! A guardian keeps an opening seed and reads his own mailbox with it. Somebody who recovers an
//! account asks him with a one-time key; he compares digits, and seals to that key what his mailbox
//! holds at that moment. With it the account opens as if the guardian were there: until it changes.
//!
//! Specification: `docs/spec/invite.md`, section 6.

use alloc::{boxed::Box, string::String, vec::Vec};

use async_trait::async_trait;
use rand_core::CryptoRng;
use tki_metadata::{
    Extensions, HelpAnswer, HelpCode, HelpRequest, HelpedMailbox, HolderKind, Mailbox, PendingHelp,
};
use tki_record::{Address, Claim};
use tki_seal::{bip340::PublicKey, sealed_box::BoxPublicKey};
use tki_storage::Storage;
use zeroize::Zeroizing;

use crate::{
    account::{Account, ReadOptions},
    commit,
    error::{Culprit, Error, Reason},
    factor::Factor,
    join::Joining,
};

/// Why a guardian's help is not given, or is of no use.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HelpError {
    /// The digits are not those that whoever asks for help reads aloud.
    #[error(
        "the digits are not those of this request: it may be somebody else's; nothing was handed \
         out"
    )]
    CodeDiffers,
    /// It came too late, by the clock of whoever looked.
    #[error("the request for help has expired")]
    Expired,
    /// The answer is to another request, or is damaged.
    #[error("the answer is not to this request for help, or it is damaged")]
    OtherRequest,
    /// The account was changed after the guardian answered.
    #[error("the account was changed after the guardian answered: ask again")]
    Outdated,
}

/// Answers a request for help, given the digits that whoever asks reads aloud.
///
/// The guardian's own mailbox is read and checked as for any opening.
///
/// # Errors
/// `Refused` for other digits or a request that has expired; `Removed` for somebody who is no
/// guardian any more; those of [`Account::read`].
///
/// # Security
/// What is handed out is the guardian's share, and what every holder knows of the account. Whether
/// the voice is that of the person he guards, only the guardian can tell.
pub async fn help(
    storage: &dyn Storage,
    guardian: &Joining,
    (request, heard): (&HelpRequest, HelpCode),
    now: u64,
    rng: &mut (dyn CryptoRng + Send),
) -> Result<HelpAnswer, Error> {
    // Step 6.4: the digits are those of this request, which is not too old.
    if heard != request.code() {
        return Err(Reason::Help(HelpError::CodeDiffers).into());
    }
    if now >= request.expires {
        return Err(Reason::Help(HelpError::Expired).into());
    }
    let factor = guardian.factor();
    // Step 6.5: the guardian's own mailbox, checked as for any opening.
    let account = Account::read(storage, &[&factor], ReadOptions::default()).await?;
    let found = account.snapshot.mailboxes.first();
    let found = found.ok_or(Reason::Bug("a snapshot without mailboxes"))?;
    let mailbox = HelpedMailbox {
        address: found.address,
        box_key: factor.box_key(),
        hash: Mailbox::hash(&found.sealed),
        plaintext: commit::encoded(found.mailbox.encode())?,
        extensions: Extensions::new(),
    };
    commit::encoded(HelpAnswer::seal(request, &mailbox, rng))
}

/// A guardian who is not there, as his answer lets the account be opened.
pub struct HelpedFactor {
    label: String,
    mailbox: HelpedMailbox,
}

impl HelpedFactor {
    /// Opens a guardian's answer. The one-time key has then done what it was for.
    ///
    /// # Errors
    /// `Refused` if the answer is not to this request, or holds no mailbox.
    ///
    /// # Security
    /// Anybody can seal something to the request's key. What is in the answer counts no more than
    /// what a storage says: it is checked against the other factors' mailboxes and the document.
    pub fn open(pending: &PendingHelp, answer: &HelpAnswer) -> Result<Self, Error> {
        let refused = || Error::from(Reason::Help(HelpError::OtherRequest));
        if answer.request != pending.request.hash() {
            return Err(refused());
        }
        let mailbox = answer.open(&pending.secret).map_err(|error| {
            if error.is_unsupported() {
                let culprit = Culprit::MailboxOf(HolderKind::Guardian);
                Reason::MalformedRecord(culprit, error).into()
            } else {
                refused()
            }
        })?;
        Ok(Self {
            label: String::new(),
            mailbox,
        })
    }
}

#[async_trait]
impl Factor for HelpedFactor {
    fn kind(&self) -> HolderKind {
        HolderKind::Guardian
    }

    fn label(&self) -> &str {
        &self.label
    }

    fn box_key(&self) -> BoxPublicKey {
        self.mailbox.box_key
    }

    fn address(&self, _slot: u32) -> Address {
        self.mailbox.address
    }

    fn slots(&self) -> u32 {
        1
    }

    async fn claim(&self, _: u32, _: PublicKey, _: [u8; 32]) -> Result<Claim, Error> {
        // He is a holder already.
        Err(Reason::Exists.into())
    }

    async fn open_sealed(
        &self,
        context: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        // Step 6.8: only what he opened, as it was stored then.
        if context != Mailbox::context(&self.mailbox.address) {
            let culprit = Culprit::MailboxOf(HolderKind::Guardian);
            return Err(Reason::NotSealedToFactor(culprit).into());
        }
        if Mailbox::hash(sealed) != self.mailbox.hash {
            return Err(Reason::Help(HelpError::Outdated).into());
        }
        Ok(self.mailbox.plaintext.clone())
    }
}

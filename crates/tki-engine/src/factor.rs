//! What a person has: every factor an account can be opened with implements [`Factor`].
//!
//! A factor keeps no share. It opens the one mailbox that is sealed to it, and can claim the
//! address of that mailbox. Seeds at hand (device, words) do both by themselves; a provider does
//! them under its login.

use alloc::{boxed::Box, string::String, vec::Vec};

use async_trait::async_trait;
use rand_core::CryptoRng;
use tki_metadata::{Extensions, Holder, HolderKind, Membership, OpeningSeed};
use tki_provider::{Anchor, Evaluator, ServiceProvider};
use tki_record::{Address, Claim, RecordKind};
use tki_seal::{
    bip340::{PublicKey, SigningKey},
    sealed_box::{self, BoxPublicKey, BoxSecretKey},
};
use zeroize::Zeroizing;

use crate::{
    error::{Culprit, Error, Reason},
    read,
};

/// A way to one share of an account.
#[async_trait]
pub trait Factor: Send + Sync {
    /// What it is.
    fn kind(&self) -> HolderKind;

    /// The name its owner gave it.
    fn label(&self) -> &str;

    /// The key that its mailboxes are sealed to.
    fn box_key(&self) -> BoxPublicKey;

    /// The address of its mailbox at a slot.
    fn address(&self, slot: u32) -> Address;

    /// Claims the address of a slot.
    ///
    /// # Errors
    /// The provider's, where a provider has to sign.
    async fn claim(
        &self,
        slot: u32,
        first_writer: PublicKey,
        binding: [u8; 32],
    ) -> Result<Claim, Error>;

    /// Opens what was sealed to [`Factor::box_key`] in this context.
    ///
    /// # Errors
    /// `Refused` if it was not sealed to this factor in this context; the provider's errors.
    async fn open_sealed(&self, context: &[u8], sealed: &[u8])
    -> Result<Zeroizing<Vec<u8>>, Error>;

    /// What the document says of its holder beyond what it says of every holder.
    fn extensions(&self) -> Extensions {
        Extensions::new()
    }

    /// How many addresses it has: slots from 0 on.
    fn slots(&self) -> u32 {
        read::MAX_SLOTS
    }

    /// The key that its mailbox is claimed for already, where whoever claims it is not at hand: it
    /// writes version 0, and hands over to the account's own writer there.
    fn first_writer(&self) -> Option<SigningKey> {
        None
    }

    /// The seed that its share follows from, if the share is to be pegged to it.
    fn peg(&self) -> Option<&OpeningSeed> {
        None
    }

    /// The seed of a factor that its owner is still to be given, such as words: until the account
    /// holds it, the device keeps it with what is pending, so that a second attempt hands out the
    /// same.
    fn undelivered_seed(&self) -> Option<&OpeningSeed> {
        None
    }

    /// What a device remembers of its account.
    fn membership(&self) -> Option<&Membership> {
        None
    }

    /// The same device as an operation that was not seen to end would have renewed it, and the
    /// address of its mailbox then.
    fn renewal(&self) -> Option<(Address, &dyn Factor)> {
        None
    }

    /// What the login remembers of its accounts.
    fn anchor(&self) -> Option<&dyn Anchor> {
        None
    }
}

/// A factor whose opening seed is at hand: words, a device.
pub struct SeedFactor<'a> {
    kind: HolderKind,
    label: String,
    seed: OpeningSeed,
    box_key: BoxSecretKey,
    extensions: Extensions,
    is_pegged: bool,
    membership: Option<&'a Membership>,
    /// The owner is still to be given the seed.
    undelivered: bool,
    /// What a renewed device's older copies are sealed to.
    previous: Option<BoxSecretKey>,
    renewal: Option<Renewal<'a>>,
}

/// A device as a pending operation renews it.
struct Renewal<'a> {
    address: Address,
    factor: Box<SeedFactor<'a>>,
}

impl SeedFactor<'static> {
    /// A factor of this kind from its seed.
    #[must_use]
    pub fn new(kind: HolderKind, label: &str, seed: OpeningSeed) -> Self {
        let box_key = seed.box_key();
        Self {
            kind,
            label: label.into(),
            seed,
            box_key,
            extensions: Extensions::new(),
            is_pegged: false,
            membership: None,
            undelivered: matches!(kind, HolderKind::Words | HolderKind::File),
            previous: None,
            renewal: None,
        }
    }

    /// What a device becomes when it is renewed. Until it has, the seed is among what is pending.
    pub(crate) fn for_renewal(label: &str, seed: OpeningSeed) -> Self {
        let mut factor = Self::new(HolderKind::Device, label, seed);
        factor.undelivered = true;
        factor
    }

    /// A factor of this kind with a new seed.
    #[must_use]
    pub fn generate(kind: HolderKind, label: &str, rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        Self::new(kind, label, OpeningSeed::random(rng))
    }

    /// The same with something that the document is to say of its holder, by its tag.
    #[must_use]
    pub fn with_extension(mut self, tag: u16, value: Vec<u8>) -> Self {
        self.extensions.insert(tag, value);
        self
    }

    /// The same with its share pegged to its seed: `f(x_i) = HKDF*(o_i, –, T(pegged share))`.
    ///
    /// For a seed that is computed from an input, so that the input gives the share. The share is
    /// then the same for ever: a permanent point of every polynomial while the factor is a holder.
    #[must_use]
    pub fn pegged(mut self) -> Self {
        self.is_pegged = true;
        self.with_extension(Holder::PEGGED, Vec::new())
    }
}

impl<'a> SeedFactor<'a> {
    /// The device that keeps this seed and remembers this account.
    #[must_use]
    pub fn of_device(label: &str, seed: OpeningSeed, membership: Option<&'a Membership>) -> Self {
        let box_key = seed.box_key();
        Self {
            kind: HolderKind::Device,
            label: label.into(),
            seed,
            box_key,
            extensions: Extensions::new(),
            is_pegged: false,
            membership,
            undelivered: false,
            previous: None,
            renewal: None,
        }
    }

    /// The device that keeps this seed, of which an operation that was not seen to end may have
    /// made the one with the next seed, at this slot.
    pub(crate) fn renewing(mut self, next: &OpeningSeed, slot: u32) -> Self {
        let mut factor = Self::of_device(&self.label, next.clone(), self.membership);
        factor.previous = Some(self.seed.box_key());
        self.renewal = Some(Renewal {
            address: next.mailbox_address(slot),
            factor: Box::new(factor),
        });
        self
    }

    /// The seed, to be written down by its owner.
    #[must_use]
    pub const fn expose_seed(&self) -> &OpeningSeed {
        &self.seed
    }
}

#[async_trait]
impl Factor for SeedFactor<'_> {
    fn kind(&self) -> HolderKind {
        self.kind
    }

    fn label(&self) -> &str {
        &self.label
    }

    fn box_key(&self) -> BoxPublicKey {
        self.box_key.public_key()
    }

    fn address(&self, slot: u32) -> Address {
        self.seed.mailbox_address(slot)
    }

    async fn claim(
        &self,
        slot: u32,
        first_writer: PublicKey,
        binding: [u8; 32],
    ) -> Result<Claim, Error> {
        let key = self.seed.claim_key(slot);
        Ok(Claim::sign(
            RecordKind::Mailbox,
            0,
            &key,
            first_writer,
            binding,
        ))
    }

    async fn open_sealed(
        &self,
        context: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let context = tki_provider::box_context(context);
        let mut opened = sealed_box::open(&self.box_key, context.clone(), sealed);
        if let (Err(_), Some(previous)) = (&opened, &self.previous) {
            opened = sealed_box::open(previous, context, sealed);
        }
        opened.map_err(|_| Reason::NotSealedToFactor(Culprit::MailboxOf(self.kind)).into())
    }

    fn extensions(&self) -> Extensions {
        self.extensions.clone()
    }

    fn peg(&self) -> Option<&OpeningSeed> {
        self.is_pegged.then_some(&self.seed)
    }

    fn undelivered_seed(&self) -> Option<&OpeningSeed> {
        self.undelivered.then_some(&self.seed)
    }

    fn membership(&self) -> Option<&Membership> {
        self.membership
    }

    fn renewal(&self) -> Option<(Address, &dyn Factor)> {
        let renewal = self.renewal.as_ref()?;
        Some((renewal.address, renewal.factor.as_ref()))
    }
}

/// A login at a provider.
pub struct ProviderFactor<'a> {
    label: String,
    service: &'a dyn ServiceProvider,
    anchor: Option<&'a dyn Anchor>,
    box_key: BoxPublicKey,
    claims: ClaimKeys,
}

/// How a provider claims addresses.
enum ClaimKeys {
    /// Through the opening seed that its evaluator gives: not linkable to the login.
    Seed(OpeningSeed),
    /// With its one signing key: linkable, still not squattable.
    Signing(PublicKey),
}

/// The label at which a provider evaluates its opening seed.
const OPENING_LABEL: &str = "opening";

impl<'a> ProviderFactor<'a> {
    /// Asks the provider for its keys. Without an evaluator it claims by its signing key, which
    /// links its accounts to its login; without an anchor it cannot vouch for freshness.
    ///
    /// # Errors
    /// The provider's.
    pub async fn connect(
        label: &str,
        service: &'a dyn ServiceProvider,
        evaluator: Option<&dyn Evaluator>,
        anchor: Option<&'a dyn Anchor>,
    ) -> Result<Self, Error> {
        let box_key = service.public_key().await?;
        let claims = match evaluator {
            Some(evaluator) => {
                let seed = evaluator.evaluate(OPENING_LABEL).await?;
                ClaimKeys::Seed(OpeningSeed::from_bytes(&seed))
            }
            None => ClaimKeys::Signing(service.sign(&[0; 32]).await?.key),
        };
        Ok(Self {
            label: label.into(),
            service,
            anchor,
            box_key,
            claims,
        })
    }
}

#[async_trait]
impl Factor for ProviderFactor<'_> {
    fn kind(&self) -> HolderKind {
        HolderKind::Provider
    }

    fn label(&self) -> &str {
        &self.label
    }

    fn box_key(&self) -> BoxPublicKey {
        self.box_key
    }

    fn address(&self, slot: u32) -> Address {
        match &self.claims {
            ClaimKeys::Seed(seed) => seed.mailbox_address(slot),
            ClaimKeys::Signing(key) => Address::derive(RecordKind::Mailbox, slot, key),
        }
    }

    async fn claim(
        &self,
        slot: u32,
        first_writer: PublicKey,
        binding: [u8; 32],
    ) -> Result<Claim, Error> {
        match &self.claims {
            ClaimKeys::Seed(seed) => {
                let key = seed.claim_key(slot);
                Ok(Claim::sign(
                    RecordKind::Mailbox,
                    0,
                    &key,
                    first_writer,
                    binding,
                ))
            }
            ClaimKeys::Signing(key) => {
                let kind = RecordKind::Mailbox;
                let digest = Claim::digest(kind, slot, key, &first_writer, &binding);
                let signed = self.service.sign(&digest).await?;
                if signed.key != *key {
                    return Err(tki_provider::Error::Protocol.into());
                }
                Claim::from_signature(kind, slot, *key, first_writer, binding, signed.signature)
                    .map_err(|_| tki_provider::Error::Protocol.into())
            }
        }
    }

    async fn open_sealed(
        &self,
        context: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        match self.service.decrypt(context, sealed).await {
            Ok(plaintext) => Ok(plaintext),
            Err(tki_provider::Error::Denied) => {
                Err(Reason::NotSealedToFactor(Culprit::MailboxOf(HolderKind::Provider)).into())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn anchor(&self) -> Option<&dyn Anchor> {
        self.anchor
    }
}

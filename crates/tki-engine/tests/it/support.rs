//! One person with factors over a storage, as the tests need them.

use core::pin::pin;
use core::task::{Context, Poll, Waker};

use rand_chacha::ChaCha20Rng;
use tki_device::MemoryStore;
use tki_engine::{
    Account, Change, Committed, Device, Error, Factor, OfflineCopies, Opened, Plan, Prepared,
    ProviderFactor, ReadOptions, SeedFactor, Unverified, create,
};
use tki_metadata::HolderKind;
use tki_provider::fake::FakeProvider;
use tki_seal::curve::CurveId;
use tki_storage::Storage;

/// A date for every holder.
pub(crate) const NOW: u64 = 1_790_000_000;

pub(crate) const CURVES: [CurveId; 3] = [CurveId::Secp256k1, CurveId::Ed25519, CurveId::P256];

pub(crate) fn words(label: &str, rng: &mut ChaCha20Rng) -> SeedFactor<'static> {
    SeedFactor::generate(HolderKind::Words, label, rng)
}

/// A login with all three traits.
pub(crate) async fn login(provider: &FakeProvider) -> ProviderFactor<'_> {
    ProviderFactor::connect("login", provider, Some(provider), Some(provider))
        .await
        .unwrap()
}

/// Creates an account over these factors and returns it committed.
pub(crate) async fn create_over<'f>(
    storage: &dyn Storage,
    plan: &Plan,
    factors: &[&'f dyn Factor],
    rng: &mut ChaCha20Rng,
) -> Result<Committed<'f>, Error> {
    create(storage, plan, factors, rng)
        .await?
        .commit(storage)
        .await
}

/// The three factors of the base flow and the device's store.
pub(crate) struct Person {
    pub(crate) store: MemoryStore,
    pub(crate) provider: FakeProvider,
    pub(crate) words: SeedFactor<'static>,
}

impl Person {
    /// Creates the account of the base flow: 2 of (device, provider, words).
    pub(crate) async fn create(
        storage: &dyn Storage,
        offline: OfflineCopies,
        rng: &mut ChaCha20Rng,
    ) -> Self {
        Self::create_on(CurveId::Secp256k1, storage, offline, rng).await
    }

    pub(crate) async fn create_on(
        curve: CurveId,
        storage: &dyn Storage,
        offline: OfflineCopies,
        rng: &mut ChaCha20Rng,
    ) -> Self {
        let mut seed = [0; 32];
        rand_core::Rng::fill_bytes(rng, &mut seed);
        let person = Self {
            store: MemoryStore::new(),
            provider: FakeProvider::new(seed),
            words: words("paper", rng),
        };
        let device = Device::new(&person.store, rng);
        let factor = device.factor("laptop");
        let login = login(&person.provider).await;
        let mut plan = Plan::new(curve, 2, NOW);
        plan.offline = offline;
        let factors: [&dyn Factor; 3] = [&factor, &login, &person.words];
        let prepared = create(storage, &plan, &factors, rng).await.unwrap();
        settle(prepared, storage, &device, rng).await.unwrap();
        drop(login);
        drop(factor);
        person
    }

    pub(crate) fn device(&self) -> Device<'_> {
        Device::load(&self.store).unwrap().unwrap()
    }
}

/// Announces, commits, and keeps the new package, as a device does.
pub(crate) async fn settle<'f>(
    prepared: Prepared<'f>,
    storage: &dyn Storage,
    device: &Device<'_>,
    rng: &mut ChaCha20Rng,
) -> Result<Committed<'f>, Error> {
    prepared.announce(device, None, rng)?;
    let committed = prepared.commit(storage).await?;
    device.settle(storage, &committed.account, rng).await?;
    Ok(committed)
}

/// Nobody waits for anything in these tests but for a call that stalls: a future that is not ready
/// is then dropped, as a machine that dies drops it.
pub(crate) fn until_it_stalls<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    match future.as_mut().poll(&mut context) {
        Poll::Ready(done) => Some(done),
        Poll::Pending => None,
    }
}

/// Reads and opens with these factors.
pub(crate) async fn open<'f>(
    storage: &dyn Storage,
    factors: &[&'f dyn Factor],
) -> Result<Opened<'f>, Error> {
    Opened::open(storage, factors, ReadOptions::default()).await
}

/// Reads with these factors.
pub(crate) async fn read<'f>(
    storage: &dyn Storage,
    factors: &[&'f dyn Factor],
) -> Result<Account<'f>, Error> {
    Account::read(storage, factors, ReadOptions::default()).await
}

/// Prepares and commits a change.
pub(crate) async fn commit<'f>(
    change: Change<'_, 'f>,
    storage: &dyn Storage,
    rng: &mut ChaCha20Rng,
) -> Result<Committed<'f>, Error> {
    change
        .prepare(storage, NOW, rng)
        .await?
        .commit(storage)
        .await
}

/// Opens with these factors and gives everybody a new share.
pub(crate) async fn refresh(storage: &dyn Storage, factors: &[&dyn Factor], rng: &mut ChaCha20Rng) {
    let opened = open(storage, factors).await.unwrap();
    let change = opened.change().unverified(Unverified::Accept).refresh();
    commit(change, storage, rng).await.unwrap();
}

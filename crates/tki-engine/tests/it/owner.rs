//! An owner at a device, who carries out changes as the command line does: announced, handed out,
//! committed, settled; and who asks for the same again after a crash or an unknown outcome.

use rand_chacha::ChaCha20Rng;
use tki_device::DeviceStore;
use tki_engine::{
    Change, Committed, Device, Error, ErrorKind, Factor, OfflineCopies, Opened, Outcome, Plan,
    Prepared, SeedFactor, Unverified, create,
};
use tki_math::{Identifier, Threshold};
use tki_metadata::{Holder, HolderKind, Membership, Step};
use tki_provider::Takeover;
use tki_storage::Storage;

use crate::support::{NOW, open, read, words};

/// What is asked for. The same again is the same operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ask {
    /// New words with this label.
    pub(crate) words: Option<String>,
    /// The device at which the owner sits, if it is none of the account's yet.
    pub(crate) device: Option<String>,
    /// The last of the factors at hand joins.
    pub(crate) login: bool,
    pub(crate) remove: Option<Identifier>,
    pub(crate) threshold: Option<u16>,
    pub(crate) refresh: bool,
    pub(crate) rename: Option<(Identifier, String)>,
    /// A new seed for this holder: the device itself, or words.
    pub(crate) renew: Option<Identifier>,
}

impl Ask {
    /// As it is written down: the order is the engine's.
    pub(crate) fn steps(&self) -> Vec<Step> {
        let added = |kind: HolderKind, label: &String| Step::Add {
            kind,
            label: label.clone(),
            offline: kind.is_offline_by_default(),
        };
        let device = self.device.iter().map(|l| added(HolderKind::Device, l));
        let words = self.words.iter().map(|l| added(HolderKind::Words, l));
        let label = String::from("login");
        let login = self.login.then(|| added(HolderKind::Provider, &label));
        let removed = self.remove.iter().map(|x| Step::Remove { identifier: *x });
        let threshold = self.threshold.and_then(|t| Threshold::new(t).ok());
        let threshold = threshold.map(|threshold| Step::SetThreshold { threshold });
        let refresh = self.refresh.then_some(Step::Refresh);
        let steps = device
            .chain(words)
            .chain(login)
            .chain(removed)
            .chain(threshold);
        let renamed = self.rename.iter().map(|(x, label)| Step::Rename {
            identifier: *x,
            label: label.clone(),
        });
        let renewed = self.renew.iter().map(|x| Step::Renew { identifier: *x });
        steps.chain(refresh).chain(renamed).chain(renewed).collect()
    }

    /// Whether it gives this device a new seed.
    pub(crate) fn renews(&self, device: &Device<'_>) -> bool {
        let own = device.membership().and_then(Membership::holder);
        self.renew.is_some() && own.and_then(Holder::identifier) == self.renew
    }

    /// The label of new words, if there are to be any.
    fn sheet(&self, device: &Device<'_>) -> Option<&str> {
        let renewed = self.renew.filter(|_| !self.renews(device));
        self.words.as_deref().or(renewed.map(|_| "renewed"))
    }
}

/// The steps of making an account, of which two factors are enough, over a device, a login and words.
fn creation(plan: &Plan) -> Vec<Step> {
    let kinds = [HolderKind::Device, HolderKind::Provider, HolderKind::Words];
    let labels = ["device", "login", "paper"];
    let mut steps = vec![plan.step()];
    steps.extend(
        kinds
            .into_iter()
            .zip(labels)
            .map(|(kind, label)| Step::Add {
                kind,
                label: label.into(),
                offline: kind.is_offline_by_default(),
            }),
    );
    let threshold = Threshold::new(2).unwrap();
    steps.push(Step::SetThreshold { threshold });
    steps
}

/// A machine, and the sheets of words that were handed out there and not taken back.
pub(crate) struct Desk<'a> {
    pub(crate) store: &'a dyn DeviceStore,
    pub(crate) sheets: &'a mut Vec<SeedFactor<'static>>,
}

/// What became of what the device had begun before.
enum Resolved {
    Nothing,
    /// It happened, and was this.
    Finished(Vec<Step>),
    Undone,
}

impl<'a> Desk<'a> {
    fn device(&self, rng: &mut ChaCha20Rng) -> Result<Device<'a>, Error> {
        let device = Device::load(self.store)?;
        Ok(device.unwrap_or_else(|| Device::new(self.store, rng)))
    }

    /// Looks at the account with the device alone.
    async fn resolve(
        &self,
        storage: &dyn Storage,
        device: &Device<'_>,
        rng: &mut ChaCha20Rng,
    ) -> Result<Resolved, Error> {
        let Some(pending) = device.pending() else {
            return Ok(Resolved::Nothing);
        };
        let steps = pending.steps.clone();
        let factor = device.factor("");
        match read(storage, &[&factor]).await {
            Ok(account) if device.outcome(&account) == Some(Outcome::Happened) => {
                if device.membership().is_none() {
                    device.settle(storage, &account, rng).await?;
                } else {
                    device.forget_pending(rng)?;
                }
                Ok(Resolved::Finished(steps))
            }
            Ok(_) => Ok(Resolved::Undone),
            Err(error) if error.kind() == ErrorKind::NotFound && device.membership().is_none() => {
                Ok(Resolved::Undone)
            }
            Err(error) => Err(error),
        }
    }

    /// The words of an earlier attempt that did not happen, or new ones.
    fn words(
        &self,
        device: &Device<'_>,
        steps: &[Step],
        label: &str,
        rng: &mut ChaCha20Rng,
    ) -> SeedFactor<'static> {
        let pending = device.pending().filter(|pending| pending.steps == steps);
        let mut seeds = pending.iter().flat_map(|pending| &pending.seeds);
        match seeds.find(|seed| seed.kind == HolderKind::Words) {
            Some(known) => SeedFactor::new(HolderKind::Words, label, known.seed.clone()),
            None => words(label, rng),
        }
    }

    /// Makes an account over this device, this login and new words.
    pub(crate) async fn create(
        &mut self,
        storage: &dyn Storage,
        mut plan: Plan,
        login: &dyn Factor,
        rng: &mut ChaCha20Rng,
    ) -> Result<(), Error> {
        let steps = creation(&plan);
        let device = self.device(rng)?;
        let resolved = self.resolve(storage, &device, rng).await?;
        if matches!(&resolved, Resolved::Finished(done) if *done == steps) {
            return Ok(());
        }
        let paper = self.words(&device, &steps, "paper", rng);
        let factor = device.factor("device");
        if matches!(resolved, Resolved::Undone) {
            plan.unfinished = Takeover::Unconfirmed;
        }
        let factors: [&dyn Factor; 3] = [&factor, login, &paper];
        let prepared = create(storage, &plan, &factors, rng).await?;
        assert_eq!(prepared.steps(), steps);
        let sheet = SeedFactor::new(HolderKind::Words, "paper", paper.expose_seed().clone());
        carry_out(prepared, storage, &device, rng, || self.sheets.push(sheet)).await?;
        Ok(())
    }

    /// Changes the account with the device, if it is one of the account's, and what is at hand. A
    /// login that joins is the last.
    pub(crate) async fn change(
        &mut self,
        storage: &dyn Storage,
        hand: &[&dyn Factor],
        ask: &Ask,
        rng: &mut ChaCha20Rng,
    ) -> Result<(), Error> {
        let steps = ask.steps();
        let device = self.device(rng)?;
        let resolved = self.resolve(storage, &device, rng).await?;
        if matches!(&resolved, Resolved::Finished(done) if *done == steps) {
            return Ok(());
        }
        let device = self.device_after(&resolved, device, rng)?;
        let label = ask.sheet(&device);
        let paper = self.words(&device, &steps, label.unwrap_or_default(), rng);
        let renewed = device.renewal(rng);
        let factor = device.factor(ask.device.as_deref().unwrap_or_default());
        let mut factors: Vec<&dyn Factor> = Vec::new();
        if device.membership().is_some() {
            factors.push(&factor);
        }
        let (joining, hand) = match hand.split_last() {
            Some((login, hand)) if ask.login => (Some(*login), hand),
            _ => (None, hand),
        };
        factors.extend(hand);
        let opened = open(storage, &factors).await?;
        let change = ask.apply(&opened, &device, [&factor, &paper, &renewed], joining);
        assert_eq!(change.steps(), steps);
        let prepared = change.prepare(storage, NOW, rng).await?;
        let seed = paper.expose_seed();
        let sheet = label.map(|label| SeedFactor::new(HolderKind::Words, label, seed.clone()));
        let sheets = &mut *self.sheets;
        carry_out(prepared, storage, &device, rng, || sheets.extend(sheet)).await?;
        Ok(())
    }

    /// The device as it is after another operation of its own turned out to be done.
    fn device_after(
        &self,
        resolved: &Resolved,
        device: Device<'a>,
        rng: &mut ChaCha20Rng,
    ) -> Result<Device<'a>, Error> {
        match resolved {
            Resolved::Finished(_) => self.device(rng),
            Resolved::Nothing | Resolved::Undone => Ok(device),
        }
    }
}

impl Ask {
    /// The change to an opened account.
    fn apply<'o, 'f>(
        &self,
        opened: &'o Opened<'f>,
        at: &Device<'_>,
        [device, paper, renewed]: [&'f dyn Factor; 3],
        login: Option<&'f dyn Factor>,
    ) -> Change<'o, 'f> {
        let mut change = opened.change().unverified(Unverified::Refuse);
        if self.device.is_some() {
            change = change.add(device, OfflineCopies::Keep);
        }
        if self.words.is_some() {
            change = change.add(paper, OfflineCopies::Keep);
        }
        if let Some(login) = login {
            change = change.add(login, OfflineCopies::Keep);
        }
        if let Some(identifier) = self.remove {
            change = change.remove(identifier);
        }
        if let Some(threshold) = self.threshold {
            change = change.threshold(threshold);
        }
        if self.refresh {
            change = change.refresh();
        }
        if let Some((identifier, label)) = &self.rename {
            change = change.rename(*identifier, label);
        }
        if let Some(identifier) = self.renew {
            let new = if self.renews(at) { renewed } else { paper };
            change = change.renew(identifier, new);
        }
        change
    }
}

/// The four parts of a change. After a failure that left nothing behind, the device forgets it.
async fn carry_out<'f>(
    prepared: Prepared<'f>,
    storage: &dyn Storage,
    device: &Device<'_>,
    rng: &mut ChaCha20Rng,
    hand_out: impl FnOnce(),
) -> Result<Committed<'f>, Error> {
    prepared.announce(device, None, rng)?;
    hand_out();
    match prepared.commit(storage).await {
        Ok(committed) => {
            device.settle(storage, &committed.account, rng).await?;
            Ok(committed)
        }
        Err(error) => {
            let left = [
                ErrorKind::OutcomeUnknown,
                ErrorKind::Unavailable,
                ErrorKind::Bug,
            ];
            if !left.contains(&error.kind()) {
                device.forget_pending(rng)?;
            }
            Err(error)
        }
    }
}

//! What happens in the demo. Each function is one or two steps; each refusal that the story tells
//! of is checked: if something that must not work does, the demo fails.

use rand_chacha::ChaCha20Rng;
use rand_core::Rng as _;
use tki::device::PassphraseFile;
use tki::formats::words;
use tki::math::Identifier;
use tki::metadata::{Holder, HolderKind};
use tki::seal::curve::CurveId;
use tki::seal::signature::{Input, Scheme, verify};
use tki::{
    Account, Device, ErrorKind, Factor, OfflineCopies, Opened, Plan, Prepared, ProviderFactor,
    ReadOptions, SeedFactor,
};

use crate::demo::teller::Teller;
use crate::demo::{Stage, answering, joining, quick};
use crate::describe::Addresses;
use crate::error::{Failure, Kind};
use crate::factors;

const MESSAGE: &[u8] = b"one key that nobody holds";

/// Creation to refresh.
pub(super) async fn whole_life(
    stage: &Stage,
    teller: &mut Teller,
    rng: &mut ChaCha20Rng,
) -> Result<(), Failure> {
    let laptop = stage.machine("laptop", rng)?;
    let paper = SeedFactor::generate(HolderKind::Words, "paper", rng);
    let login = factors::connect(&stage.login, "login").await?;
    let address = create(stage, teller, rng, (&laptop, &login, &paper)).await?;
    sign(stage, teller, &laptop, &login).await?;
    // While it is a factor, and with the login, the laptop prepares a change and keeps it.
    let device = laptop.device()?;
    let factor = device.factor("");
    let opened = open(stage, &[&factor, &login]).await?;
    let kept = opened
        .change()
        .refresh()
        .prepare(&stage.storage, stage.now, rng)
        .await?;
    let phone = stage.machine("phone", rng)?;
    recover(stage, teller, rng, (&phone, &login, &paper)).await?;
    lost_device_is_shut_out(stage, teller, &factor, kept).await?;
    archived_copies(stage, teller, &laptop, &paper).await?;
    offline(stage, teller, &phone, &paper).await?;
    joining::join(stage, teller, rng, (&phone, &login, &paper)).await?;
    answering::remember(stage, teller, rng, (&phone, &login, &paper)).await?;
    let vault = SeedFactor::generate(HolderKind::Words, "vault", rng);
    raise(stage, teller, rng, (&phone, &login, &vault)).await?;
    refresh(stage, teller, rng, (&phone, &login, &vault), &address).await
}

/// The same in short, for another curve.
pub(super) async fn short_life(
    stage: &Stage,
    teller: &mut Teller,
    rng: &mut ChaCha20Rng,
) -> Result<(), Failure> {
    let laptop = stage.machine("laptop", rng)?;
    let paper = SeedFactor::generate(HolderKind::Words, "paper", rng);
    let login = factors::connect(&stage.login, "login").await?;
    create(stage, teller, rng, (&laptop, &login, &paper)).await?;
    sign(stage, teller, &laptop, &login).await?;
    let phone = stage.machine("phone", rng)?;
    recover(stage, teller, rng, (&phone, &login, &paper)).await
}

/// A device of the story, the login, and words.
pub(super) type Cast<'a> = (&'a Machine, &'a ProviderFactor<'a>, &'a SeedFactor<'static>);

/// A machine with a package of its own.
pub(super) struct Machine {
    pub(super) name: &'static str,
    pub(super) store: PassphraseFile,
}

impl Stage {
    pub(super) fn machine(
        &self,
        name: &'static str,
        rng: &mut ChaCha20Rng,
    ) -> Result<Machine, Failure> {
        let mut passphrase = [0; 16];
        rng.fill_bytes(&mut passphrase);
        let path = self.home.path().join(format!("{name}.tki"));
        Ok(Machine {
            name,
            store: PassphraseFile::new(path, &passphrase, quick()?),
        })
    }

    /// The scheme that the story signs with.
    const fn scheme(&self) -> Scheme {
        match self.curve {
            CurveId::Ed25519 => Scheme::Ed25519,
            CurveId::P256 => Scheme::EcdsaP256Sha256,
            CurveId::Secp256k1 => Scheme::EcdsaKeccak256,
        }
    }

    /// Signs and verifies.
    pub(super) fn try_key(&self, opened: &Opened<'_>) -> Result<String, Failure> {
        let signature = opened.sign(self.scheme(), Input::Message(MESSAGE))?;
        let key = opened.account().verifying_key();
        verify(
            self.scheme(),
            key,
            Input::Message(MESSAGE),
            &signature.to_bytes(),
        )
        .map_err(|error| Failure::new(Kind::Internal, error.to_string()))?;
        let hex = hex::encode(signature.to_bytes());
        Ok(format!(
            "{} {}…",
            self.scheme(),
            hex.get(..32).unwrap_or_default()
        ))
    }
}

impl Machine {
    pub(super) fn device(&self) -> Result<Device<'_>, Failure> {
        Device::load(&self.store)?.ok_or_else(|| wrong("a device has no package"))
    }
}

pub(super) fn wrong(what: &str) -> Failure {
    Failure::new(Kind::Internal, what)
}

pub(super) fn address(account: &Account<'_>) -> String {
    let address = Addresses::of(account.curve(), account.verifying_key());
    address.map_or_else(String::new, |address| address.to_string())
}

async fn create(
    stage: &Stage,
    teller: &mut Teller,
    rng: &mut ChaCha20Rng,
    (laptop, login, paper): Cast<'_>,
) -> Result<String, Failure> {
    teller.begin(&stage.storage);
    let device = Device::new(&laptop.store, rng);
    let factor = device.factor(laptop.name);
    let factors: [&dyn Factor; 3] = [&factor, login, paper];
    let plan = Plan::new(stage.curve, 2, stage.now);
    let prepared = tki::create(&stage.storage, &plan, &factors, rng).await?;
    prepared.announce(&device, None, rng)?;
    let committed = prepared.commit(&stage.storage).await?;
    device
        .settle(&stage.storage, &committed.account, rng)
        .await?;
    let phrase = words::encode(paper.expose_seed().expose_secret());
    let first: Vec<&str> = phrase.split_whitespace().take(3).collect();
    let address = address(&committed.account);
    let lines = vec![
        format!("address  {address}"),
        format!("words    {} … (24 of them, on paper)", first.join(" ")),
        "No one has the key: each factor opens one sealed share, and one share says nothing."
            .into(),
    ];
    let title = "Created: a key shared over a laptop, a login and words; any 2 of the 3 use it";
    teller.step(&stage.storage, title, lines)?;
    Ok(address)
}

async fn sign(
    stage: &Stage,
    teller: &mut Teller,
    laptop: &Machine,
    login: &ProviderFactor<'_>,
) -> Result<(), Failure> {
    teller.begin(&stage.storage);
    let device = laptop.device()?;
    let factor = device.factor("");
    let opened = open(stage, &[&factor, login]).await?;
    let signature = stage.try_key(&opened)?;
    let lines = vec![
        signature,
        "Verified with the public key alone. The key was whole for that moment, then wiped.".into(),
    ];
    teller.step(&stage.storage, "Used: laptop and login sign", lines)
}

async fn recover(
    stage: &Stage,
    teller: &mut Teller,
    rng: &mut ChaCha20Rng,
    (phone, login, paper): Cast<'_>,
) -> Result<(), Failure> {
    teller.begin(&stage.storage);
    let opened = open(stage, &[login, paper]).await?;
    let before = address(opened.account());
    let lost = identifier_of(opened.account(), HolderKind::Device)?;
    let device = Device::new(&phone.store, rng);
    let factor = device.factor(phone.name);
    let change = opened
        .change()
        .add(&factor, OfflineCopies::Never)
        .remove(lost);
    let prepared = change.prepare(&stage.storage, stage.now, rng).await?;
    prepared.announce(&device, None, rng)?;
    let committed = prepared.commit(&stage.storage).await?;
    device
        .settle(&stage.storage, &committed.account, rng)
        .await?;
    if address(&committed.account) != before {
        return Err(wrong("the address changed"));
    }
    let mut lines = vec![
        format!("address  {before}, shown before anything else"),
        "The laptop is replaced by a phone: one change, one commit, every share new.".into(),
        "The receipt says what the laptop can still do:".into(),
    ];
    lines.extend(
        committed
            .receipt
            .residuals
            .iter()
            .map(|residual| format!("- {residual}")),
    );
    let title = "Lost and recovered: the laptop is gone; words and login still open the account";
    teller.step(&stage.storage, title, lines)
}

async fn lost_device_is_shut_out(
    stage: &Stage,
    teller: &mut Teller,
    laptop: &SeedFactor<'_>,
    kept: Prepared<'_>,
) -> Result<(), Failure> {
    teller.begin(&stage.storage);
    let read = Account::read(&stage.storage, &[laptop], ReadOptions::default()).await;
    let Err(opening) = read else {
        return Err(wrong("a removed device opened the account"));
    };
    if opening.kind() != ErrorKind::Removed {
        return Err(opening.into());
    }
    let lines = vec![format!("refused: {opening}")];
    teller.step(
        &stage.storage,
        "Revoked: the lost laptop asks the storage to open",
        lines,
    )?;

    teller.begin(&stage.storage);
    let Err(writing) = kept.commit(&stage.storage).await else {
        return Err(wrong("a removed device wrote to the account"));
    };
    let lines = vec![
        "It sends a change that it had prepared, and signed, while it was a factor.".into(),
        format!("refused: {writing}"),
        "For any later version it lacks the writer keys: they are new since its removal.".into(),
    ];
    teller.step(
        &stage.storage,
        "Revoked: the lost laptop tries to write",
        lines,
    )
}

async fn archived_copies(
    stage: &Stage,
    teller: &mut Teller,
    laptop: &Machine,
    paper: &SeedFactor<'static>,
) -> Result<(), Failure> {
    teller.begin(&stage.storage);
    let device = laptop.device()?;
    let factor = device.factor("");
    let alone = Account::read_offline(&[&factor]).await?.open();
    let Err(alone) = alone else {
        return Err(wrong("one factor of two opened the account"));
    };
    let opened = Account::read_offline(&[&factor, paper]).await?.open()?;
    let signature = stage.try_key(&opened)?;
    let lines = vec![
        format!("alone: {alone}"),
        format!("with the words, offline: {signature} (valid!)"),
        "The words were marked for offline use, so the laptop had kept a copy of their mailbox. \
         Removing a device cannot reach into it. The receipt said so: whoever finds both has the \
         key. Keep words and devices apart."
            .into(),
    ];
    let title = "Said and shown: what the lost laptop's archived copies still allow";
    teller.step(&stage.storage, title, lines)
}

async fn offline(
    stage: &Stage,
    teller: &mut Teller,
    phone: &Machine,
    paper: &SeedFactor<'static>,
) -> Result<(), Failure> {
    teller.begin(&stage.storage);
    let device = phone.device()?;
    let factor = device.factor("");
    let opened = Account::read_offline(&[&factor, paper]).await?.open()?;
    let signature = stage.try_key(&opened)?;
    let lines = vec![
        format!("phone and words: {signature}"),
        "Storage and login were not asked: the phone's package is enough, with the words.".into(),
    ];
    teller.step(
        &stage.storage,
        "Offline: the account opens with every server gone",
        lines,
    )
}

async fn raise(
    stage: &Stage,
    teller: &mut Teller,
    rng: &mut ChaCha20Rng,
    (phone, login, vault): Cast<'_>,
) -> Result<(), Failure> {
    teller.begin(&stage.storage);
    let device = phone.device()?;
    let factor = device.factor("");
    let opened = open(stage, &[&factor, login]).await?;
    let change = opened
        .change()
        .add(vault, OfflineCopies::Never)
        .threshold(3);
    let prepared = change.prepare(&stage.storage, stage.now, rng).await?;
    prepared.announce(&device, None, rng)?;
    let committed = prepared.commit(&stage.storage).await?;
    device
        .settle(&stage.storage, &committed.account, rng)
        .await?;
    let two = open(stage, &[&factor, login]).await;
    let Err(two) = two else {
        return Err(wrong("two factors of three opened the account"));
    };
    let three = open(stage, &[&factor, login, vault]).await?;
    stage.try_key(&three)?;
    let lines = vec![
        format!("phone and login: {}", two.message),
        "phone, login and vault: open, same address".into(),
    ];
    teller.step(
        &stage.storage,
        "Raised: words in a vault are added, and 3 of 6 are needed",
        lines,
    )
}

async fn refresh(
    stage: &Stage,
    teller: &mut Teller,
    rng: &mut ChaCha20Rng,
    (phone, login, vault): Cast<'_>,
    before: &str,
) -> Result<(), Failure> {
    teller.begin(&stage.storage);
    let device = phone.device()?;
    let factor = device.factor("");
    let opened = open(stage, &[&factor, login, vault]).await?;
    let prepared = opened
        .change()
        .refresh()
        .prepare(&stage.storage, stage.now, rng)
        .await?;
    prepared.announce(&device, None, rng)?;
    let committed = prepared.commit(&stage.storage).await?;
    device
        .settle(&stage.storage, &committed.account, rng)
        .await?;
    if address(&committed.account) != before {
        return Err(wrong("the address changed"));
    }
    let core = committed.account.core();
    let lines = vec![
        format!("address  {before}, as on the first day"),
        format!(
            "version {}, shares of epoch {}",
            core.version,
            core.epoch.get()
        ),
    ];
    teller.step(
        &stage.storage,
        "Refreshed: new shares for all; old ones fit nothing",
        lines,
    )
}

pub(super) async fn open<'f>(
    stage: &Stage,
    factors: &[&'f dyn Factor],
) -> Result<Opened<'f>, Failure> {
    Ok(Opened::open(&stage.storage, factors, ReadOptions::default()).await?)
}

fn identifier_of(account: &Account<'_>, kind: HolderKind) -> Result<Identifier, Failure> {
    let holder = account.holders().iter().find(|holder| holder.kind == kind);
    holder
        .and_then(Holder::identifier)
        .ok_or_else(|| wrong("a factor is missing"))
}

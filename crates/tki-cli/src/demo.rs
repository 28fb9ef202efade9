//! `tki demo`: the life of a key in a temporary home, which is removed at the end.
//!
//! Everything is real (the storage is the embedded one, the packages are files) but for one thing:
//! passphrases are stretched hardly at all, because the files do not outlive the command.

mod answering;
mod joining;
mod story;
mod teller;

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use tempfile::TempDir;
use tki::provider::LocalProvider;
use tki::seal::curve::CurveId;
use tki::seal::password::Argon2Params;
use tki::storage::CountingStorage;
use tki::storage_redb::RedbStorage;

use crate::args::{Demo, Global};
use crate::demo::teller::Teller;
use crate::error::{Failure, Kind};
use crate::machine;

/// Where a story takes place.
struct Stage {
    home: TempDir,
    storage: CountingStorage<RedbStorage>,
    login: LocalProvider,
    curve: CurveId,
    now: u64,
}

/// `tki demo`
pub(crate) async fn run(global: &Global, arguments: &Demo) -> Result<(), Failure> {
    let mut rng = match arguments.seed {
        Some(seed) => ChaCha20Rng::seed_from_u64(seed),
        None => machine::random()?,
    };
    let mut teller = Teller::new(global);
    teller.chapter("A secp256k1 key: Ethereum, Bitcoin")?;
    let stage = Stage::build(CurveId::Secp256k1, &mut rng)?;
    story::whole_life(&stage, &mut teller, &mut rng).await?;
    teller.chapter("An Ed25519 key: Solana")?;
    let stage = Stage::build(CurveId::Ed25519, &mut rng)?;
    story::short_life(&stage, &mut teller, &mut rng).await?;
    teller.end()
}

impl Stage {
    fn build(curve: CurveId, rng: &mut ChaCha20Rng) -> Result<Self, Failure> {
        let home = TempDir::with_prefix("tki-demo-")
            .map_err(|error| Failure::io("could not make a temporary home", &error))?;
        let storage = RedbStorage::open(&home.path().join("storage.redb"))?;
        let mut passphrase = [0; 16];
        rng.fill_bytes(&mut passphrase);
        let login = LocalProvider::create(
            &home.path().join("provider.key"),
            &passphrase,
            quick()?,
            ChaCha20Rng::from_rng(rng),
        )
        .map_err(|error| Failure::new(Kind::Unavailable, tki::with_causes(&error)))?;
        let storage = CountingStorage::new(storage);
        Ok(Self {
            home,
            storage,
            login,
            curve,
            now: machine::now(),
        })
    }
}

/// Hardly any stretching: the files protect nothing that lasts.
fn quick() -> Result<Argon2Params, Failure> {
    Argon2Params::new(1024, 1, 1).map_err(|error| Failure::new(Kind::Internal, error.to_string()))
}

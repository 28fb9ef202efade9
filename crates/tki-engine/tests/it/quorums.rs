//! Every quorum opens, nothing smaller does.

use tki_engine::{ErrorKind, Factor, Plan, SeedFactor};
use tki_seal::{
    curve::CurveId,
    signature::{Input, Scheme, verify},
};
use tki_storage::MemoryStorage;
use tki_testkit::rng;

use crate::support::{CURVES, NOW, create_over, open, words};

/// The factors at the positions of the bits that are set.
fn subset<'a>(factors: &'a [SeedFactor<'static>], bits: u32) -> Vec<&'a dyn Factor> {
    let chosen = factors
        .iter()
        .enumerate()
        .filter(|(position, _)| bits >> position & 1 == 1);
    chosen.map(|(_, factor)| factor as &dyn Factor).collect()
}

#[tokio::test]
async fn every_quorum_opens_and_every_smaller_set_is_told_how_many_are_missing() {
    let mut rng = rng("every quorum");
    for curve in CURVES {
        for n in 2..=6u16 {
            for t in 2..=n {
                let storage = MemoryStorage::new();
                let factors: Vec<_> = (0..n).map(|_| words("", &mut rng)).collect();
                let all = subset(&factors, u32::MAX);
                let plan = Plan::new(curve, t, NOW);
                let committed = create_over(&storage, &plan, &all, &mut rng).await.unwrap();
                let key = committed.account.verifying_key().to_vec();
                for bits in 1..1u32 << n {
                    let chosen = subset(&factors, bits);
                    let have = chosen.len();
                    match open(&storage, &chosen).await {
                        Ok(opened) => {
                            assert!(have >= usize::from(t), "{have} of {t} opened");
                            assert_eq!(opened.account().verifying_key(), key);
                            let scheme = match curve {
                                CurveId::Ed25519 => Scheme::Ed25519,
                                CurveId::P256 => Scheme::EcdsaP256Sha256,
                                CurveId::Secp256k1 => Scheme::Bip340,
                            };
                            let message = b"any t of them";
                            let signature = opened.sign(scheme, Input::Message(message)).unwrap();
                            verify(scheme, &key, Input::Message(message), &signature.to_bytes())
                                .unwrap();
                        }
                        Err(error) => {
                            let need = usize::from(t);
                            assert!(have < need, "{have} of {t}: {error}");
                            assert_eq!(error.kind(), ErrorKind::NeedMoreShares { have, need });
                        }
                    }
                }
            }
        }
    }
}

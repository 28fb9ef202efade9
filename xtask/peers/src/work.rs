//! What is compared with what: each function gives the jobs of one implementation.
//!
//! | work | ours | vsss-rs | blahaj |
//! |---|---|---|---|
//! | split | n shares, no commitment | the same | 32 bytes, in the field of 256 elements |
//! | combine | the secret from t shares | the same | the same 32 bytes |
//! | feldman | n shares and a commitment | the same | – |
//! | verify-one | a share against the commitment | the same | – |
//! | verify-all | n shares against it, together | one after another | – |
//!
//! `vsss-rs` verifies shares one by one, so that of many shares only some are verified and the time
//! is multiplied. Who wipes what differs: all are taken as a user gets them.

use std::hint::black_box;

use blahaj::Sharks;
use ff::Field as _;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use tki_math::{
    AccessStructure, Curve, Gate, Identifier, Level, Member, PolynomialCommitment,
    SecretPolynomial, SecretScalar, Share, Threshold, combine, split, verify_batch,
};
use tki_seal::curve::Secp256k1;
use vsss_rs::{
    FeldmanVerifierSet as _, IdentifierPrimeField, PrimeFieldShare, ReadableShareSet as _,
    ShareVerifierGroup, feldman, shamir,
};

use crate::clock::Job;

/// What is done with a sharing, in the order of the page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Work {
    /// Shares without commitment.
    Split,
    /// The secret from shares.
    Combine,
    /// Shares and a commitment.
    Feldman,
    /// One share against the commitment.
    VerifyOne,
    /// All shares against it.
    VerifyAll,
}

impl Work {
    /// All of it.
    pub(crate) const ALL: [Self; 5] = [
        Self::Split,
        Self::Combine,
        Self::Feldman,
        Self::VerifyOne,
        Self::VerifyAll,
    ];

    /// The name in a row.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Split => "split",
            Self::Combine => "combine",
            Self::Feldman => "feldman",
            Self::VerifyOne => "verify-one",
            Self::VerifyAll => "verify-all",
        }
    }
}

/// A threshold and a number of holders.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// The threshold.
    pub(crate) t: u16,
    /// The number of holders.
    pub(crate) n: u16,
}

/// So many shares are verified by who verifies one after another.
const SAMPLE: u16 = 10;

/// Our job, on one curve.
pub(crate) fn ours<C: Curve>(who: &'static str, work: Work, Size { t, n }: Size) -> Job {
    let mut rng = rng();
    let threshold = Threshold::new(t).expect("t is not zero");
    let holders: Vec<_> = (1..=u128::from(n))
        .map(|x| Identifier::new(x).expect("x is not zero"))
        .collect();
    let secret = SecretScalar::<C>::random(&mut rng);
    let dealing = split(&secret, threshold, &holders, &mut rng).expect("a dealing");
    let (shares, commitment) = dealing.into_parts();
    match work {
        Work::Split => Job::new(who, move || {
            let polynomial = SecretPolynomial::random(&secret, threshold, &mut rng).expect("f");
            let shares = holders.iter().map(|x_i| polynomial.evaluate(*x_i));
            black_box(shares.collect::<Result<Vec<_>, _>>().expect("shares"));
        }),
        Work::Combine => Job::new(who, move || {
            let quorum = &shares[..usize::from(t)];
            black_box(combine(black_box(quorum), threshold).expect("the secret"));
        }),
        Work::Feldman => Job::new(who, move || {
            black_box(split(&secret, threshold, &holders, &mut rng).expect("a dealing"));
        }),
        Work::VerifyOne => Job::new(who, move || {
            verify(&commitment, shares.last().expect("n is not zero"));
        }),
        Work::VerifyAll => Job::new(who, move || {
            let all: Vec<_> = shares.iter().map(|share| (&commitment, share)).collect();
            verify_batch(black_box(&all), &mut rng).expect("honest shares");
        }),
    }
}

fn verify<C: Curve>(commitment: &PolynomialCommitment<C>, share: &Share<C>) {
    black_box(commitment)
        .verify(black_box(share))
        .expect("an honest share");
}

type VsssShare = PrimeFieldShare<k256::Scalar>;
type VsssVerifier = ShareVerifierGroup<k256::ProjectivePoint>;

/// The job of `vsss-rs`, on secp256k1.
pub(crate) fn vsss(work: Work, Size { t, n }: Size) -> Job {
    let mut rng = rng();
    let (who, limit) = ("vsss-rs", usize::from(n));
    let t = usize::from(t);
    let secret = IdentifierPrimeField(k256::Scalar::random(&mut rng));
    let (shares, verifiers): (Vec<VsssShare>, Vec<VsssVerifier>) =
        feldman::split_secret(t, limit, &secret, None, &mut rng).expect("a dealing");
    match work {
        Work::Split => Job::new(who, move || {
            let shares = shamir::split_secret::<VsssShare>(t, limit, &secret, &mut rng);
            black_box(shares.expect("shares"));
        }),
        Work::Combine => {
            let quorum = shares[..t].to_vec();
            Job::new(who, move || {
                black_box(black_box(&quorum).combine().expect("the secret"));
            })
        }
        Work::Feldman => Job::new(who, move || {
            let dealing =
                feldman::split_secret::<VsssShare, VsssVerifier>(t, limit, &secret, None, &mut rng);
            black_box(dealing.expect("a dealing"));
        }),
        Work::VerifyOne => Job::new(who, move || {
            let last = shares.last().expect("n is not zero");
            black_box(&verifiers).verify_share(last).expect("honest");
        }),
        Work::VerifyAll => {
            let sample = n.min(SAMPLE);
            let step = usize::from(n / sample);
            let scale = f64::from(n) / f64::from(sample);
            Job::part(who, scale, move || {
                for share in shares.iter().rev().step_by(step).take(sample.into()) {
                    black_box(&verifiers).verify_share(share).expect("honest");
                }
            })
        }
    }
}

/// The job of `blahaj`, if it has one: 32 bytes among at most 255 holders, without commitments.
pub(crate) fn blahaj(work: Work, Size { t, n }: Size) -> Option<Job> {
    let (who, holders) = ("blahaj", usize::from(n));
    let mut rng = rng();
    let sharks = Sharks(u8::try_from(t).ok()?);
    u8::try_from(n).ok()?;
    match work {
        Work::Split => Some(Job::new(who, move || {
            let shares = sharks.dealer_rng(&[7; 32], &mut rng).take(holders);
            black_box(shares.collect::<Vec<_>>());
        })),
        Work::Combine => {
            let shares = sharks.dealer_rng(&[7; 32], &mut rng).take(t.into());
            let quorum: Vec<_> = shares.collect();
            Some(Job::new(who, move || {
                black_box(sharks.recover(black_box(&quorum)).expect("the secret"));
            }))
        }
        Work::Feldman | Work::VerifyOne | Work::VerifyAll => None,
    }
}

/// Our weights of a quorum of 67 of 100 ranked holders, on secp256k1: 7 of the first 20, 27 of the
/// first 50, 67 of all. So many of each rank are there: where that is 7, 20 and 40 each rank fills
/// its own places.
pub(crate) fn ranked(present: [usize; 3]) -> Job {
    let mut rng = rng();
    let mut identifier = || {
        let [low, high] = [rng.next_u64(), rng.next_u64()].map(u128::from);
        Identifier::new(high << 64 | low).expect("x is not zero")
    };
    let ranks = [(7, 20), (27, 30), (67, 50)].map(|(k, holders)| {
        let holders: Vec<Identifier> = (0..holders).map(|_| identifier()).collect();
        (Threshold::new(k).expect("k is not zero"), holders)
    });
    let there = ranks.iter().zip(present);
    let there: Vec<Identifier> = there
        .flat_map(|((_, holders), present)| holders.iter().copied().take(present))
        .collect();
    let levels = ranks.into_iter().map(|(k, holders)| {
        let members = holders.into_iter().map(Member::Holder).collect();
        Level::new(k, members)
    });
    let structure = AccessStructure::from(Gate::ranked(levels.collect()).expect("a gate"));
    Job::new("tki", move || {
        let quorum = structure.quorum::<Secp256k1>(black_box(&there));
        black_box(quorum.expect("a quorum"));
    })
}

/// The same randomness for everybody.
pub(crate) fn rng() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([7; 32])
}

//! The worked example of the papers this design grew out of, with its letters: two of four become
//! two of three on the same secret σ, the new shares are sealed to the commitments to the old ones,
//! and d is left out.
//!
//! | letter | here |
//! |---|---|
//! | a, b, c, d | a node, device B, a recovery share, and the one that is given up |
//! | `s_v`, `g^{s_v}` | the old share of v, and the commitment to it, which is an encryption key |
//! | `c_nv` | new share n, sealed to `g^{s_v}` |
//!
//! The papers' index set {1a, 2b, 2c} gives b and c one share; here it is {1a, 2b, 3c}, each its own
//! (lesson 5).

use rand_chacha::ChaCha20Rng;
use tki_math::{Identifier, PolynomialCommitment, Share, Threshold, combine, split};
use tki_seal::{
    curve::Secp256k1,
    sealed_box::{self, BoxPublicKey, BoxSecretKey},
    transcript::{Tag, Transcript},
};
use tki_testkit::rng;

type Scalar = tki_math::SecretScalar<Secp256k1>;

const TWO: u16 = 2;

/// Places of the holders in the old sharing.
const A: usize = 0;
const B: usize = 1;
const C: usize = 2;
const D: usize = 3;

struct Example {
    /// σ.
    secret: Scalar,
    /// `s_a`, `s_b`, `s_c`, `s_d`.
    old: Vec<Share<Secp256k1>>,
    /// What anybody can see of the old sharing.
    old_commitment: PolynomialCommitment<Secp256k1>,
    new_commitment: PolynomialCommitment<Secp256k1>,
    /// The new shares of a, b and c, which only who seals them sees.
    new: Vec<Share<Secp256k1>>,
    /// `c_1a`, `c_2b`, `c_3c`.
    sealed: Vec<Vec<u8>>,
}

fn id(x: u128) -> Identifier {
    Identifier::new(x).unwrap()
}

fn two() -> Threshold {
    Threshold::new(TWO).unwrap()
}

/// What `c_nv` is for.
fn context(n: Identifier) -> Transcript {
    Transcript::new(Tag::Example).bytes(&n.get().to_le_bytes())
}

fn copy(share: &Share<Secp256k1>) -> Share<Secp256k1> {
    Share::new(share.identifier(), share.value().clone())
}

impl Example {
    fn new(rng: &mut ChaCha20Rng) -> Self {
        // 2/4: σ over a, b, c and d.
        let secret = Scalar::random(rng);
        let four = [1, 2, 3, 4].map(id);
        let (old, old_commitment) = split(&secret, two(), &four, rng).unwrap().into_parts();
        // 2/3 on the same σ, whom two of the four put together.
        let together = combine(&[copy(&old[A]), copy(&old[C])], two()).unwrap();
        let three = [1, 2, 3].map(id);
        let (new, new_commitment) = split(&together, two(), &three, rng).unwrap().into_parts();
        // c_nv: new share n to g^{s_v}, for v = a, b, c and not d.
        let seal = |share: &Share<Secp256k1>| {
            let commitment = old_commitment.verifying_share(share.identifier()).unwrap();
            let key = commitment.to_bytes().try_into().unwrap();
            let key = BoxPublicKey::from_bytes(&key).unwrap();
            let plain = share.value().to_bytes();
            sealed_box::seal(&key, context(share.identifier()), plain.as_slice(), rng)
        };
        let sealed = new.iter().map(seal).collect();
        Self {
            secret,
            old,
            old_commitment,
            new_commitment,
            new,
            sealed,
        }
    }

    /// What the holder of this old share makes of `c_nv`.
    fn open(&self, v: usize, n: usize) -> Option<Share<Secp256k1>> {
        let key = BoxSecretKey::from_scalar(self.old[v].value().clone()).unwrap();
        let x = self.new[n].identifier();
        let plain = sealed_box::open(&key, context(x), &self.sealed[n]).ok()?;
        let value: [u8; 32] = plain.as_slice().try_into().unwrap();
        Some(Share::new(x, Scalar::from_canonical_bytes(&value).unwrap()))
    }

    fn is_secret(&self, shares: &[Share<Secp256k1>]) -> bool {
        let combined = combine(shares, two()).unwrap();
        combined.public_point() == self.secret.public_point()
    }
}

#[test]
fn two_of_four_become_two_of_three_on_the_same_secret() {
    let example = Example::new(&mut rng("worked example"));
    // σ is the same, and anybody sees it: both sharings commit to one verifying key.
    let key = example.old_commitment.to_bytes()[0].clone();
    assert_eq!(example.new_commitment.to_bytes()[0], key);
    // Everything else is another.
    assert_ne!(
        example.new_commitment.to_bytes()[1],
        example.old_commitment.to_bytes()[1]
    );
    // Each c_nv is for its v alone, and nobody's is for d.
    for v in [A, B, C, D] {
        for n in [A, B, C] {
            assert_eq!(example.open(v, n).is_some(), v == n, "c of {n} by {v}");
        }
    }
}

#[test]
fn device_b_opens_its_ciphertext_and_joins_with_the_share_of_the_node() {
    let example = Example::new(&mut rng("worked example"));
    // B opens c_2b with s_b, and checks it against what everybody sees.
    let own = example.open(B, B).unwrap();
    example.new_commitment.verify(&own).unwrap();
    // The node gives its new share s_1, which a opened in the same way.
    let of_node = example.open(A, A).unwrap();
    assert_eq!(of_node.identifier(), id(1));
    assert!(example.is_secret(&[own, of_node]));
    // And so do the others, two by two.
    for (v, w) in [(A, C), (B, C)] {
        assert!(example.is_secret(&[example.open(v, v).unwrap(), example.open(w, w).unwrap()]));
    }
}

#[test]
fn the_share_of_d_gives_nothing_with_a_new_one_and_the_secret_with_an_old_one() {
    let example = Example::new(&mut rng("worked example"));
    // s_d with any one new share: some number, and not σ; it is no share of the new sharing.
    for n in [A, B, C] {
        assert!(!example.is_secret(&[copy(&example.old[D]), copy(&example.new[n])]));
    }
    assert!(example.new_commitment.verify(&example.old[D]).is_err());
    // Even as the share of another holder.
    for x in [1, 2, 3, 4] {
        let as_other = Share::new(id(x), example.old[D].value().clone());
        assert!(example.new_commitment.verify(&as_other).is_err());
    }
    // s_d with an old share that somebody kept: σ, for ever. So receipts say it, and an account
    // seals to seeds that are independent of shares, which can be renewed.
    for v in [A, B, C] {
        assert!(example.is_secret(&[copy(&example.old[D]), copy(&example.old[v])]));
    }
}

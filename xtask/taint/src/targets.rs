//! What handles secrets, called as the project calls it. Inputs that are secret are marked; results
//! that are public are unmarked before they are compared, so that a wrong run is noticed.

use core::hint::black_box;

use tki_math::{
    AccessStructure, Curve, Gate, Identifier, Level, Member, Pegs, PolynomialCommitment,
    Redistribution, RefreshPolynomial, Repair, SecretPolynomial, SecretScalar, Share, Threshold,
    combine, interpolate_at, split,
};
use tki_seal::bip340::SigningKey;
use tki_seal::curve::SealCurve;
use tki_seal::ed25519_seed::scalar_from_seed;
use tki_seal::sealed_box::{self, BoxSecretKey};
use tki_seal::symmetric::{self, SymmetricKey};
use tki_seal::transcript::{Tag, Transcript};
use tki_seal::{bip340, kdf};

use crate::requests::Place;
use crate::source::{SecretRng, public_rng, secret_bytes, secret_scalar};

/// Holders with identifiers of each kind: small ones, and one of 128 bits.
fn holders() -> [Identifier; 5] {
    [1, 2, 3, 500, u128::MAX].map(|x| Identifier::new(x).expect("not zero"))
}

fn three() -> Threshold {
    Threshold::new(3).expect("not zero")
}

/// A public polynomial's shares, whose values are then secret.
fn shares<C: Curve>() -> (SecretScalar<C>, Vec<Share<C>>) {
    let secret = SecretScalar::random(&mut public_rng(4));
    let dealt = split(&secret, three(), &holders(), &mut public_rng(5));
    let (shares, _) = dealt.expect("the identifiers differ").into_parts();
    for share in &shares {
        Place::of(share.value().expose_secret()).is_secret();
    }
    (secret, shares)
}

/// The scalar is public now, and is this one.
fn expect_equal<C: Curve>(result: &SecretScalar<C>, expected: &SecretScalar<C>) {
    Place::of(result.expose_secret()).is_public();
    Place::of(expected.expose_secret()).is_public();
    assert_eq!(*result.to_bytes(), *expected.to_bytes());
}

pub(crate) fn math_combine<C: Curve>() {
    let (secret, shares) = shares::<C>();
    for quorum in shares.windows(3) {
        expect_equal(&combine(quorum, three()).expect("three of five"), &secret);
    }
}

pub(crate) fn math_interpolate<C: Curve>() {
    let (_, shares) = shares::<C>();
    let [rest @ .., last] = shares.as_slice() else {
        unreachable!("five shares")
    };
    let found = interpolate_at(rest, three(), last.identifier()).expect("four of five");
    expect_equal(found.value(), last.value());
}

/// Drawing a polynomial and evaluating it.
pub(crate) fn math_evaluate<C: Curve>() {
    let secret = secret_scalar::<C>(6);
    let polynomial = SecretPolynomial::random(&secret, three(), &mut SecretRng::new(7));
    let polynomial = polynomial.expect("a small threshold");
    let shares = holders().map(|x| polynomial.evaluate(x).expect("below the order"));
    expect_equal(&combine(&shares[1..4], three()).expect("three"), &secret);
}

/// The commitment, whose points are public.
pub(crate) fn math_commit<C: Curve>() {
    let secret = secret_scalar::<C>(8);
    let polynomial = SecretPolynomial::random(&secret, three(), &mut SecretRng::new(9));
    black_box(polynomial.expect("a small threshold").commit());
}

/// A quorum of a ranked gate, with a gate among its members: weights that are kept, and combined
/// with shares that are secret.
pub(crate) fn math_quorum<C: Curve>() {
    let [a, b, c, d, e] = holders();
    let two = Threshold::new(2).expect("not zero");
    let [member, f, g] = [601, 602, 603].map(|x| Identifier::new(x).expect("not zero"));
    let inner = Gate::new(two, vec![Member::Holder(f), Member::Holder(g)]).expect("two of two");
    let first = Level::new(Threshold::ONE, [a, b].map(Member::Holder).to_vec());
    let others = [c, d, e].map(Member::Holder).into_iter();
    let others = others.chain([Member::Gate(member, inner)]).collect();
    let gate = Gate::ranked(vec![first, Level::new(three(), others)]).expect("they rise");
    let structure = AccessStructure::from(gate);

    let secret = secret_scalar::<C>(26);
    let polynomial = SecretPolynomial::random(&secret, &structure, &mut SecretRng::new(27));
    let polynomial = polynomial.expect("not zero");
    let quorum = [a, c, f, g];
    let shares = quorum.map(|x| polynomial.evaluate(x).expect("a holder"));
    let quorum = structure.quorum::<C>(&quorum).expect("they suffice");
    expect_equal(&quorum.combine(&shares).expect("all of them"), &secret);
}

/// A polynomial through the secret and a share.
pub(crate) fn math_pegs<C: Curve>() {
    let secret = secret_scalar::<C>(28);
    let peg = Share::new(holders()[1], secret_scalar(29));
    let mut pegs = Pegs::new(three());
    pegs.add_secret(&secret).expect("the first");
    pegs.add_share(&peg).expect("the second");
    let polynomial = pegs.draw(&mut SecretRng::new(30)).expect("one is free");
    let again = polynomial.evaluate(peg.identifier()).expect("a holder");
    expect_equal(again.value(), peg.value());
}

pub(crate) fn math_refresh<C: Curve>() {
    let (secret, shares) = shares::<C>();
    let refresh = RefreshPolynomial::random(three(), &mut SecretRng::new(10));
    let refresh = refresh.expect("more than one");
    let refreshed: Vec<Share<C>> = shares
        .into_iter()
        .map(|share| {
            let change = refresh.evaluate(share.identifier()).expect("a holder");
            share.refresh(&change).expect("the same holder")
        })
        .collect();
    expect_equal(&combine(&refreshed, three()).expect("five"), &secret);
}

/// A sharing and its commitment, with shares that are secret.
fn committed<C: Curve>() -> (Vec<Share<C>>, PolynomialCommitment<C>) {
    let secret = SecretScalar::random(&mut public_rng(31));
    let dealt = split(&secret, three(), &holders(), &mut public_rng(32));
    let (shares, commitment) = dealt.expect("the identifiers differ").into_parts();
    for share in &shares {
        Place::of(share.value().expose_secret()).is_secret();
    }
    (shares, commitment)
}

/// Three of five deal to others under another threshold; what one of these receives.
pub(crate) fn math_redistribute<C: Curve>() {
    let (shares, commitment) = committed::<C>();
    let two = Threshold::new(2).expect("not zero");
    let plan = Redistribution::new(&commitment, &holders()[..3], two).expect("three of five");
    let new = [7, 8].map(|x| Identifier::new(x).expect("not zero"));
    let mut rng = SecretRng::new(33);
    let (mut commitments, mut received) = (Vec::new(), Vec::new());
    for share in shares.iter().take(3) {
        let dealt = plan.deal(share, &new, &mut rng).expect("a dealer");
        let (commitment, sub_shares) = dealt.into_parts();
        // It is published.
        Place::of(commitment.as_points()).is_public();
        commitments.push(commitment);
        received.extend(
            sub_shares
                .into_iter()
                .filter(|sub_share| sub_share.to() == new[0]),
        );
    }
    let checked = plan.check(&commitments).expect("they are right");
    black_box(checked.receive(new[0], &received).expect("they are right"));
}

/// Three of five rebuild the share of a fourth.
pub(crate) fn math_repair<C: Curve>() {
    let (shares, commitment) = committed::<C>();
    let [helpers @ .., _, lost] = holders();
    let plan = Repair::new(&commitment, &helpers, lost).expect("three of five");
    let mut rng = SecretRng::new(34);
    let (mut commitments, mut parts) = (Vec::new(), Vec::new());
    for share in shares.iter().take(3) {
        let (commitment, dealt) = plan.deal(share, &mut rng).expect("a helper").into_parts();
        // It is published.
        Place::of(commitment.as_points()).is_public();
        commitments.push(commitment);
        parts.extend(dealt);
    }
    let checked = plan.check(&commitments).expect("they are right");
    let sums = helpers.map(|helper| {
        let own: Vec<_> = parts.extract_if(.., |part| part.to() == helper).collect();
        checked.add_up(helper, &own).expect("they are right")
    });
    let repaired = checked.finish(&sums).expect("they are right");
    expect_equal(repaired.value(), shares[4].value());
}

fn context() -> Transcript {
    Transcript::new(Tag::Example).bytes(b"taint")
}

fn expect_opened(opened: &[u8], expected: &[u8]) {
    Place::of(opened).is_public();
    assert_eq!(opened, expected);
}

pub(crate) fn seal_box_open() {
    let scalar = SecretScalar::random(&mut public_rng(11));
    let place = Place::of(scalar.expose_secret());
    let key = BoxSecretKey::from_scalar(scalar).expect("not zero");
    let sealed = sealed_box::seal(&key.public_key(), context(), b"plain", &mut public_rng(12));
    place.is_secret();
    let opened = sealed_box::open(&key, context(), &sealed).expect("its own key");
    expect_opened(&opened, b"plain");
}

pub(crate) fn seal_box_seal() {
    let key = BoxSecretKey::random(&mut public_rng(13));
    let plaintext = secret_bytes(14);
    let mut rng = SecretRng::new(15);
    let sealed = sealed_box::seal(&key.public_key(), context(), &*plaintext, &mut rng);
    Place::of(sealed.as_slice()).is_public();
    Place::of(&*plaintext).is_public();
    let opened = sealed_box::open(&key, context(), &sealed).expect("its own key");
    expect_opened(&opened, &*plaintext);
}

pub(crate) fn seal_symmetric_seal() {
    let key = SymmetricKey::from_bytes(secret_bytes(16));
    let plaintext = secret_bytes(17);
    let mut rng = SecretRng::new(18);
    black_box(symmetric::seal(&key, context(), &*plaintext, &mut rng));
}

pub(crate) fn seal_symmetric_open() {
    let public = zeroize::Zeroizing::new([19; 32]);
    let key = SymmetricKey::from_bytes(public);
    let sealed = symmetric::seal(&key, context(), b"plain", &mut public_rng(20));
    let key = SymmetricKey::from_bytes(secret_bytes(19));
    let opened = symmetric::open(&key, context(), &sealed).expect("its own key");
    expect_opened(&opened, b"plain");
}

pub(crate) fn bip340_sign() {
    let key = SigningKey::from_scalar(secret_scalar(21)).expect("not zero");
    let signature = key.sign(&[22; 32]).to_bytes();
    let public = key.public_key().to_bytes();
    Place::of(&signature).is_public();
    Place::of(&public).is_public();
    let signature = bip340::Signature::from_bytes(signature);
    let verified = bip340::PublicKey::from_bytes(public).verify(&[22; 32], &signature);
    assert_eq!(verified, Ok(()));
}

pub(crate) fn kdf_key() {
    black_box(kdf::derive_key(&*secret_bytes(23), b"salt", context()));
}

pub(crate) fn kdf_scalar<C: SealCurve>() {
    black_box(kdf::derive_scalar::<C>(
        &*secret_bytes(24),
        b"salt",
        context(),
    ));
}

pub(crate) fn ed25519_seed() {
    black_box(scalar_from_seed(&secret_bytes(25)));
}

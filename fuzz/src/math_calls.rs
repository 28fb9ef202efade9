//! Any sequence of calls to `tki-math`, on a group of 127 elements, where zeroes, identities and
//! identifiers beyond the order are met all the time, and on real curves.
//!
//! Shares, commitments and polynomials of different sharings are mixed at will. What is asserted:
//! nothing panics; an error can be shown, and names nobody twice; what was dealt, refreshed or
//! pegged is what it should be; and a batch says what its items say one by one.

mod protocols;

use rand_chacha::ChaCha20Rng;
use subtle::ConstantTimeEq as _;
use tki_math::{
    AccessStructure, Curve, Error, Expression, Gate, Identifier, Level, Member, Pegs,
    PolynomialCommitment, QuorumCache, RefreshCommitment, RefreshPolynomial, RefreshShare,
    SecretPolynomial, SecretScalar, Share, Threshold, VerifyingKey, combine, interpolate_at,
    lagrange_coefficients_at, lagrange_coefficients_at_zero, split, verify_batch,
};
use tki_seal::curve::{Ed25519, P256, Secp256k1};

use crate::Target;
use crate::calls::{Program, keep};
use crate::inputs::{array, rng};

#[expect(dead_code, reason = "the tests of the mathematics need more of it")]
#[path = "../../crates/tki-math/tests/it/curves/tiny.rs"]
mod tiny;

pub(crate) const CALLS: Target = Target {
    name: "math_calls",
    run,
    seeds,
};

/// Choice of curve, then calls.
fn run(data: &[u8]) {
    let mut program = Program::new(data);
    match program.byte() % 8 {
        0 => Machine::<Secp256k1>::run(program, 12),
        1 => Machine::<Ed25519>::run(program, 12),
        2 => Machine::<P256>::run(program, 12),
        _ => Machine::<tiny::Tiny<127>>::run(program, 64),
    }
}

/// What calls gave up to now.
struct Machine<'a, C: Curve> {
    program: Program<'a>,
    rng: ChaCha20Rng,
    structures: Vec<AccessStructure>,
    fresh: u128,
    secrets: Vec<SecretScalar<C>>,
    shares: Vec<Share<C>>,
    polynomials: Vec<SecretPolynomial<C>>,
    commitments: Vec<PolynomialCommitment<C>>,
    refreshes: Vec<RefreshPolynomial<C>>,
    refresh_shares: Vec<RefreshShare<C>>,
    refresh_commitments: Vec<RefreshCommitment<C>>,
}

/// The result; an error is looked at first.
fn told<T>(result: Result<T, Error>) -> Option<T> {
    if let Err(error) = &result {
        assert!(!error.to_string().is_empty());
        let mut culprits = error.culprits().to_vec();
        let count = culprits.len();
        culprits.sort_unstable();
        culprits.dedup();
        assert_eq!(culprits.len(), count, "{error:?} names somebody twice");
    }
    result.ok()
}

impl<'a, C: Curve> Machine<'a, C> {
    fn run(program: Program<'a>, most: usize) {
        let mut machine = Self {
            program,
            rng: rng(10),
            structures: Vec::new(),
            fresh: 0,
            secrets: Vec::new(),
            shares: Vec::new(),
            polynomials: Vec::new(),
            commitments: Vec::new(),
            refreshes: Vec::new(),
            refresh_shares: Vec::new(),
            refresh_commitments: Vec::new(),
        };
        for _ in 0..most {
            let Some(call) = machine.program.next_call() else {
                return;
            };
            match call % 19 {
                0 => machine.secret(),
                1 => machine.split(),
                2 => machine.draw(),
                3 => machine.evaluate(),
                4 => machine.combine(),
                5 => machine.interpolate(),
                6 => machine.weigh(),
                7 => machine.verify(),
                8 => machine.verify_batch(),
                9 => machine.draw_refresh(),
                10 => machine.refresh(),
                11 => machine.peg(),
                12 => machine.decode(),
                13 => machine.gate(),
                14 => machine.express(),
                15 => machine.quorum(),
                16 => machine.redistribute(),
                17 => machine.repair(),
                _ => machine.share(),
            }
        }
    }

    /// Small as a rule; now and then up to 128 bits.
    fn identifier(&mut self) -> Identifier {
        let byte = self.program.byte();
        let number = match byte {
            0..200 => u128::from(byte) % 20 + 1,
            200..250 => u128::from(byte),
            _ => u128::from_le_bytes(array(self.program.bytes())).max(1),
        };
        Identifier::new(number).expect("not zero")
    }

    fn identifiers(&mut self) -> Vec<Identifier> {
        let count = self.program.byte() % 12;
        if self.program.byte() & 1 == 0 {
            return (1..=u128::from(count))
                .map(|x| Identifier::new(x).expect("not zero"))
                .collect();
        }
        (0..count).map(|_| self.identifier()).collect()
    }

    fn threshold(&mut self) -> Threshold {
        let number = u16::from(self.program.byte()) % 8 + 1;
        Threshold::new(number).expect("not zero")
    }

    /// A plain threshold, or one of the structures that were made.
    fn structure(&mut self) -> AccessStructure {
        let plain = self.threshold().into();
        if self.program.byte() & 1 == 0 {
            return plain;
        }
        self.program
            .pick(&self.structures)
            .cloned()
            .unwrap_or(plain)
    }

    /// The holders that a structure names, or any.
    fn holders(&mut self, structure: &AccessStructure) -> Vec<Identifier> {
        let any = self.identifiers();
        match structure.holders() {
            Some(holders) if self.program.byte() & 1 == 0 => holders,
            _ => any,
        }
    }

    /// A gate of any levels over anybody, other gates among them.
    fn gate(&mut self) {
        let levels: Vec<Level> = (0..self.program.byte() % 4).map(|_| self.level()).collect();
        if let Some(gate) = told(Gate::ranked(levels)) {
            let _ = told(AccessStructure::from(gate.clone()).check::<C>());
            keep(&mut self.structures, gate.into());
        }
    }

    fn level(&mut self) -> Level {
        let threshold = self.threshold();
        let members = (0..self.program.byte() % 6).map(|_| {
            let number = self.program.byte();
            // New ones as a rule, or nobody would make a tree.
            let x = if number < 200 {
                self.fresh += 1;
                Identifier::new(self.fresh).expect("not zero")
            } else {
                self.identifier()
            };
            match self.program.pick(&self.structures) {
                Some(AccessStructure::Gate(gate)) if number.is_multiple_of(4) => {
                    Member::Gate(x, gate.clone())
                }
                _ => Member::Holder(x),
            }
        });
        let members = members.collect();
        Level::new(threshold, members)
    }

    fn express(&mut self) {
        let bytes = self.program.bytes();
        let Ok(text) = core::str::from_utf8(bytes) else {
            return;
        };
        let Ok(expression) = text.parse::<Expression>() else {
            return;
        };
        assert_eq!(expression.to_string().parse(), Ok(expression.clone()));
        if let Some(compiled) = told(expression.compile(&mut self.rng)) {
            keep(&mut self.structures, compiled.structure().clone());
        }
    }

    /// Quorums, and what they are to the structure.
    fn quorum(&mut self) {
        let structure = self.structure();
        let (holders, x) = (self.holders(&structure), self.identifier());
        let shares = self.picked_shares();
        let mut cache = QuorumCache::<C>::new(&structure);
        let quorum = told(structure.quorum::<C>(&holders));
        let cached = told(cache.quorum(&holders).cloned());
        assert_eq!(quorum, cached);
        if let Some(quorum) = quorum {
            assert!(structure.is_satisfied_by(&holders));
            assert!(quorum.holders().all(|holder| holders.contains(&holder)));
            if let Some(secret) = told(quorum.combine(&shares)) {
                keep(&mut self.secrets, secret);
            }
        }
        if let Some(quorum) = told(structure.quorum_at::<C>(&holders, x)) {
            let _ = told(quorum.combine(&shares));
        }
        for quorum in told(structure.minimal_quorums(&holders, 50)).unwrap_or_default() {
            assert!(structure.is_satisfied_by(&quorum));
            for left_out in &quorum {
                let others: Vec<_> = quorum.iter().copied().filter(|x| x != left_out).collect();
                assert!(!structure.is_satisfied_by(&others));
            }
        }
    }

    /// A secret, which may be zero, from bytes or by chance.
    fn secret(&mut self) {
        let bytes = array(self.program.bytes());
        let secret = SecretScalar::from_canonical_bytes(&bytes)
            .unwrap_or_else(|_| SecretScalar::random(&mut self.rng));
        keep(&mut self.secrets, secret);
    }

    fn picked_secret(&mut self) -> SecretScalar<C> {
        let picked = self.program.pick(&self.secrets).cloned();
        picked.unwrap_or_else(|| SecretScalar::random(&mut self.rng))
    }

    /// Shares copied, so that they can be handed over.
    fn picked_shares(&mut self) -> Vec<Share<C>> {
        let picked = self.program.some(&self.shares, 12);
        picked.into_iter().map(copied).collect()
    }

    fn split(&mut self) {
        let (secret, structure) = (self.picked_secret(), self.structure());
        let identifiers = self.holders(&structure);
        let Some(dealt) = told(split(&secret, &structure, &identifiers, &mut self.rng)) else {
            return;
        };
        assert!(structure.is_satisfied_by(&identifiers));
        let (shares, commitment) = dealt.into_parts();
        assert_eq!(shares.len(), identifiers.len());
        let combined = combine(&shares, &structure).expect("all of them");
        assert!(bool::from(combined.ct_eq(&secret)));
        for quorum in structure
            .minimal_quorums(&identifiers, 20)
            .unwrap_or_default()
        {
            let quorum = structure.quorum::<C>(&quorum).expect("it was checked");
            let combined = quorum.combine(&shares).expect("all of them");
            assert!(bool::from(combined.ct_eq(&secret)));
        }
        for share in shares {
            assert_eq!(commitment.verify(&share), Ok(()));
            keep(&mut self.shares, share);
        }
        keep(&mut self.commitments, commitment);
    }

    fn draw(&mut self) {
        let (secret, structure) = (self.picked_secret(), self.structure());
        let drawn = SecretPolynomial::random(&secret, structure, &mut self.rng);
        assert!(drawn.is_ok() || bool::from(secret.is_zero()));
        if let Some(polynomial) = told(drawn) {
            keep(&mut self.commitments, polynomial.commit());
            keep(&mut self.polynomials, polynomial);
        }
    }

    fn evaluate(&mut self) {
        let x = self.identifier();
        let Some(polynomial) = self.program.pick(&self.polynomials) else {
            return;
        };
        if let Some(share) = told(polynomial.evaluate(x)) {
            assert_eq!(polynomial.commit().verify(&share), Ok(()));
            keep(&mut self.shares, share);
        }
    }

    /// Any shares together, with a commitment or without.
    fn combine(&mut self) {
        let shares = self.picked_shares();
        let structure = self.structure();
        if let Some(secret) = told(combine(&shares, structure)) {
            keep(&mut self.secrets, secret);
        }
        let Some(commitment) = self.program.pick(&self.commitments) else {
            return;
        };
        if let Some(secret) = told(commitment.combine(&shares)) {
            let key = VerifyingKey::from_secret(&secret).expect("as the commitment's");
            assert_eq!(key, *commitment.verifying_key());
        }
    }

    fn interpolate(&mut self) {
        let shares = self.picked_shares();
        let (structure, x) = (self.structure(), self.identifier());
        if let Some(share) = told(interpolate_at(&shares, structure, x)) {
            assert_eq!(share.identifier(), x);
            keep(&mut self.shares, share);
        }
    }

    fn weigh(&mut self) {
        let (identifiers, x) = (self.identifiers(), self.identifier());
        if let Some(weights) = told(lagrange_coefficients_at_zero::<C>(&identifiers)) {
            assert_eq!(weights.len(), identifiers.len());
        }
        drop(told(lagrange_coefficients_at::<C>(&identifiers, x)));
    }

    fn verify(&mut self) {
        let x = self.identifier();
        let Some(commitment) = self.program.pick(&self.commitments) else {
            return;
        };
        let _ = told(commitment.verifying_share(x));
        let Some(share) = self.program.pick(&self.shares) else {
            return;
        };
        let verified = told(commitment.verify(share)).is_some();
        // The two ways to say what a share's image is.
        let own = told(share.verifying_share());
        let public = told(commitment.verifying_share(share.identifier()));
        if let (Some(own), Some(public)) = (own, public) {
            assert_eq!(verified, own == public);
        }
    }

    /// What a batch says of its items is what they say one by one; in a group of 127 elements the
    /// weights are no use, and only that nothing right is refused can be asked.
    fn verify_batch(&mut self) {
        let count = self.program.byte() % 10;
        let mut items = Vec::new();
        for _ in 0..count {
            let commitment = self.program.pick(&self.commitments);
            let share = self.program.pick(&self.shares);
            items.extend(commitment.zip(share));
        }
        let wrong = |(commitment, share): &(&PolynomialCommitment<C>, &Share<C>)| {
            commitment.verify(share).is_err()
        };
        let each: Vec<usize> = (0..items.len())
            .filter(|place| wrong(&items[*place]))
            .collect();
        let together = verify_batch(&items, &mut self.rng);
        match &together {
            Err(Error::InvalidShares { positions, .. }) => {
                assert!(positions.iter().all(|place| each.contains(place)));
                assert!(C::POINT_BYTES == 1 || *positions == each);
            }
            // A holder that a structure does not name, an identifier beyond the order.
            Err(other) => assert!(
                items
                    .iter()
                    .any(|(commitment, share)| commitment.verify(share).as_ref() == Err(other))
            ),
            Ok(()) => assert!(C::POINT_BYTES == 1 || each.is_empty()),
        }
    }

    fn draw_refresh(&mut self) {
        let pegged = self.identifiers();
        let drawn = if self.program.byte() & 1 == 0 {
            RefreshPolynomial::random(self.structure(), &mut self.rng)
        } else {
            RefreshPolynomial::random_pegged(self.threshold(), &pegged, &mut self.rng)
        };
        if let Some(refresh) = told(drawn) {
            keep(&mut self.refresh_commitments, refresh.commit());
            keep(&mut self.refreshes, refresh);
        }
    }

    /// Any share and commitment by any refresh.
    fn refresh(&mut self) {
        let x = self.identifier();
        if let Some(refresh) = self.program.pick(&self.refreshes)
            && let Some(share) = told(refresh.evaluate(x))
        {
            assert_eq!(refresh.commit().verify(&share), Ok(()));
            keep(&mut self.refresh_shares, share);
        }
        let (Some(commitment), Some(by)) = (
            self.program.pick(&self.commitments),
            self.program.pick(&self.refresh_commitments),
        ) else {
            return;
        };
        let Some(refreshed) = told(commitment.refresh(by)) else {
            return;
        };
        assert_eq!(refreshed.verifying_key(), commitment.verifying_key());
        if let (Some(share), Some(by_share)) = (
            self.program.pick(&self.shares),
            self.program.pick(&self.refresh_shares),
        ) {
            let right = commitment.verify(share).is_ok() && by.verify(by_share).is_ok();
            if let Some(share) = told(copied(share).refresh(by_share)) {
                assert!(!right || refreshed.verify(&share) == Ok(()));
                keep(&mut self.shares, share);
            }
        }
        keep(&mut self.commitments, refreshed);
    }

    /// A polynomial through whatever points there are.
    fn peg(&mut self) {
        let mut pegs = Pegs::<C>::new(self.threshold());
        let (shares, secret) = (self.picked_shares(), self.picked_secret());
        let mut taken = Vec::new();
        let with_secret = self.program.byte() & 1 == 0 && told(pegs.add_secret(&secret)).is_some();
        for share in &shares {
            let freedom = pegs.freedom();
            if told(pegs.add_share(share)).is_some() {
                assert_eq!(pegs.freedom() + 1, freedom);
                taken.push(share);
            }
        }
        let Some(polynomial) = told(pegs.draw(&mut self.rng)) else {
            return;
        };
        for share in taken {
            let again = polynomial.evaluate(share.identifier()).expect("a peg");
            assert!(bool::from(again.value().ct_eq(share.value())));
        }
        if with_secret {
            let key = VerifyingKey::from_secret(&secret).expect("not zero");
            assert_eq!(*polynomial.commit().verifying_key(), key);
        }
        keep(&mut self.commitments, polynomial.commit());
        keep(&mut self.polynomials, polynomial);
    }

    /// Commitments of one kind read as the other, and of another length.
    fn decode(&mut self) {
        let structure = self.structure();
        if let Some(commitment) = self.program.pick(&self.commitments) {
            let bytes = commitment.to_bytes();
            drop(told(RefreshCommitment::<C>::from_bytes(&bytes, &structure)));
            if let Some(again) = told(PolynomialCommitment::<C>::from_bytes(&bytes, &structure)) {
                assert_eq!(again.as_points(), commitment.as_points());
            }
        }
        if let Some(commitment) = self.program.pick(&self.refresh_commitments) {
            let bytes = commitment.to_bytes();
            drop(told(PolynomialCommitment::<C>::from_bytes(
                &bytes, &structure,
            )));
            drop(told(RefreshCommitment::<C>::from_bytes(&bytes, &structure)));
        }
    }

    /// A share that nobody dealt.
    fn share(&mut self) {
        let (x, value) = (self.identifier(), self.picked_secret());
        keep(&mut self.shares, Share::new(x, value));
    }
}

fn copied<C: Curve>(share: &Share<C>) -> Share<C> {
    Share::new(share.identifier(), share.value().clone())
}

/// Each call once, in an order that leaves it something to do, on each curve.
fn seeds() -> Vec<Vec<u8>> {
    let calls: &[&[u8]] = &[
        &[0, 1, 5],
        &[1, 0, 1, 5, 0],
        &[2, 0, 2],
        &[3, 4, 0],
        &[4, 3, 0, 1, 2, 1, 0],
        &[5, 3, 0, 1, 2, 1, 9],
        &[6, 5, 0, 7],
        &[7, 3, 0, 0],
        &[8, 4, 0, 0, 0, 1, 0, 2, 0, 3],
        &[9, 1, 0, 0, 0],
        &[10, 1, 0, 0, 0, 0, 0],
        &[11, 3, 3, 0, 1, 2, 0, 0],
        &[12, 1, 0, 0],
        &[13, 2, 0, 0, 2, 1, 0, 1, 0, 1, 1, 0, 3, 1, 0, 1, 0, 1, 0],
        b"\x0e\x182 of (a, any(b, c), d*2)",
        &[1, 0, 1, 1, 0, 5, 0, 0],
        &[1, 0, 1, 1, 1, 5, 0, 0],
        &[15, 1, 1, 1, 5, 0, 0, 4, 3, 0, 1, 2],
        &[16, 1, 5, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        &[1, 0, 1, 0, 5, 0],
        &[17, 2, 3, 0, 0, 0, 0, 0, 0, 0],
        &[18, 8, 0],
    ];
    let of_curve = |curve: u8| [&[curve][..], &calls.concat()].concat();
    (0..4).map(of_curve).collect()
}

//! Redistribution and repair, among holders of whatever was dealt, with messages that are left out,
//! doubled, or of somebody else.

use tki_math::{
    Curve, Identifier, PolynomialCommitment, Redistribution, Repair, RepairCommitment, Share,
    SubCommitment, SubShare,
};

use super::{Machine, copied, told};
use crate::calls::{Program, keep};

impl<C: Curve> Machine<'_, C> {
    /// A commitment, and the shares in hand that lie on it, each holder once.
    fn sharing(&mut self) -> Option<(PolynomialCommitment<C>, Vec<Share<C>>)> {
        let commitment = self.program.pick(&self.commitments)?.clone();
        let mut held: Vec<Share<C>> = Vec::new();
        for share in &self.shares {
            let again = held
                .iter()
                .any(|known| known.identifier() == share.identifier());
            if !again && commitment.verify(share).is_ok() {
                held.push(copied(share));
            }
        }
        Some((commitment, held))
    }

    /// A right share as a rule, and sometimes another.
    fn given(&mut self, right: &Share<C>) -> Share<C> {
        let other = if self.program.byte() % 8 == 7 {
            self.program.pick(&self.shares)
        } else {
            None
        };
        copied(other.unwrap_or(right))
    }

    pub(super) fn redistribute(&mut self) {
        let Some((commitment, held)) = self.sharing() else {
            return;
        };
        let structure = self.structure();
        let holders = self.holders(&structure);
        let participants: Vec<Identifier> = held.iter().map(Share::identifier).collect();
        let Some(plan) = told(Redistribution::new(&commitment, &participants, &structure)) else {
            return;
        };
        let mut mixed = false;
        let (mut commitments, mut sub_shares) = (Vec::new(), Vec::new());
        for share in &held {
            let given = self.given(share);
            mixed |= given.identifier() != share.identifier();
            if let Some(dealt) = told(plan.deal(&given, &holders, &mut self.rng)) {
                let (commitment, dealt) = dealt.into_parts();
                assert!(
                    dealt
                        .iter()
                        .all(|sub_share| commitment.verify(sub_share).is_ok())
                );
                commitments.push(commitment);
                sub_shares.extend(dealt);
            }
        }
        mixed |= disturb(&mut self.program, &mut commitments);
        let read = |from: &SubCommitment<C>| {
            SubCommitment::<C>::from_bytes(from.from(), &from.to_bytes(), &structure)
        };
        let again: Vec<_> = commitments
            .iter()
            .filter_map(|from| told(read(from)))
            .collect();
        assert_eq!(again.len(), commitments.len());
        let Some(checked) = told(plan.check(&again)) else {
            return;
        };
        assert_eq!(
            checked.commitment().verifying_key(),
            commitment.verifying_key()
        );
        mixed |= disturb(&mut self.program, &mut sub_shares);
        for holder in holders {
            let own: Vec<SubShare<C>> = of(&sub_shares, holder);
            let received = told(checked.receive(holder, &own));
            assert!(received.is_some() || mixed, "nobody did anything wrong");
            if let Some(share) = received {
                assert_eq!(checked.commitment().verify(&share), Ok(()));
                keep(&mut self.shares, share);
            }
        }
        keep(&mut self.commitments, checked.commitment().clone());
    }

    pub(super) fn repair(&mut self) {
        let Some((commitment, held)) = self.sharing() else {
            return;
        };
        let lost = self.identifier();
        let helpers: Vec<Identifier> = held.iter().map(Share::identifier).collect();
        let helpers: Vec<Identifier> = helpers.into_iter().filter(|x| *x != lost).collect();
        let Some(plan) = told(Repair::new(&commitment, &helpers, lost)) else {
            return;
        };
        let mut mixed = false;
        let (mut commitments, mut parts) = (Vec::new(), Vec::new());
        for share in &held {
            let given = self.given(share);
            mixed |= given.identifier() != share.identifier();
            if let Some(dealt) = told(plan.deal(&given, &mut self.rng)) {
                let (commitment, dealt) = dealt.into_parts();
                let bytes = commitment.to_bytes();
                let read = RepairCommitment::<C>::from_bytes(commitment.from(), &bytes, &plan);
                commitments.extend(told(read));
                parts.extend(dealt);
            }
        }
        mixed |= disturb(&mut self.program, &mut commitments);
        let Some(checked) = told(plan.check(&commitments)) else {
            return;
        };
        mixed |= disturb(&mut self.program, &mut parts);
        let mut sums = Vec::new();
        for helper in plan.helpers() {
            let sum = told(checked.add_up(helper, &of(&parts, helper)));
            assert!(sum.is_some() || mixed, "nobody did anything wrong");
            sums.extend(sum);
        }
        mixed |= disturb(&mut self.program, &mut sums);
        let repaired = told(checked.finish(&sums));
        assert!(repaired.is_some() || mixed, "nobody did anything wrong");
        if let Some(share) = repaired {
            assert_eq!(commitment.verify(&share), Ok(()));
            keep(&mut self.shares, share);
        }
    }
}

/// The messages to one holder.
fn of<C: Curve>(messages: &[SubShare<C>], to: Identifier) -> Vec<SubShare<C>> {
    let own = messages.iter().filter(|message| message.to() == to);
    own.map(|it| SubShare::new(it.from(), it.to(), it.value().clone()))
        .collect()
}

/// Leaves one out, or changes their order. Says whether anything was left out.
fn disturb<T>(program: &mut Program<'_>, messages: &mut Vec<T>) -> bool {
    let byte = program.byte();
    let place = usize::from(byte) / 8;
    match byte % 8 {
        6 if place < messages.len() => {
            drop(messages.swap_remove(place));
            true
        }
        7 => {
            messages.reverse();
            false
        }
        _ => false,
    }
}

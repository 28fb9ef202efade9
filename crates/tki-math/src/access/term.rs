//! What a share is made of: values of polynomials, one for each gate between the root and the
//! holder.
//!
//! The coefficients of a sharing are one list: those of the root, a_0 … a_{t−1}, then those of the
//! inner gates in the order in which they are written, each before the gates in it, without its
//! constant term, which is what the gate above gives it. With f_g the polynomial of the gate g, v_g
//! its constant term and r the order at which x is a member,
//!
//! share of x = f_g⁽ʳ⁾(x) = \[r = 0\]·v_g + Σ_{k ≥ max(1, r)} (k)_r·x^{k−r}·a_{g,k},
//!
//! (k)_r = k·(k − 1)·…·(k − r + 1). So a derivative ends the sum, and a value goes on with the gate
//! above.
//!
//! Specification: `docs/spec/access.md`, section "Shares".

use alloc::{vec, vec::Vec};
use core::ops::Range;

use ff::Field;

use crate::{
    Curve, Error, Identifier, Threshold,
    access::gate::{Gate, Member},
    lagrange::DifferenceProduct,
};

/// The derivative of order r at x of one gate's polynomial, without its constant term if that is
/// another gate's.
#[derive(Clone, Debug)]
pub(crate) struct Term {
    /// Where the coefficients are in the list of all.
    pub(crate) range: Range<usize>,
    /// The power of x that the first of them is multiplied by: 0 for the root, 1 for others.
    pub(crate) first_power: usize,
    pub(crate) x: Identifier,
    /// The order r of the derivative.
    pub(crate) order: usize,
}

impl Term {
    /// f(x) for a polynomial of t coefficients.
    pub(crate) const fn plain(threshold: Threshold, x: Identifier) -> Self {
        Self {
            range: 0..threshold.len(),
            first_power: 0,
            x,
            order: 0,
        }
    }

    /// The public factor of each coefficient: (k)_r·x^{k−r}.
    ///
    /// # Errors
    /// [`Error::IdentifierOutOfRange`] when x ≥ q.
    pub(crate) fn row<C: Curve>(&self) -> Result<Vec<C::Scalar>, Error> {
        // Step 2.2: (k)_r·x^{k−r} for each coefficient a_k, which is 0 for k < r.
        let x = scalar_of::<C>(self.x)?;
        let zeros = self.order.saturating_sub(self.first_power);
        let mut row = vec![C::Scalar::ZERO; zeros.min(self.range.len())];
        let first = self.first_power.max(self.order);
        let lowest = x.pow_vartime([(first - self.order) as u64]);
        let powers = core::iter::successors(Some(lowest), |power| Some(*power * x));
        let rest = self.range.len() - row.len();
        for (k, power) in (first..).zip(powers).take(rest) {
            row.push(match self.order {
                0 => power,
                order => power * falling_factorial::<C>(k, order),
            });
        }
        Ok(row)
    }
}

/// The scalar of an identifier.
///
/// # Errors
/// [`Error::IdentifierOutOfRange`] when it is ≥ q.
pub(crate) fn scalar_of<C: Curve>(identifier: Identifier) -> Result<C::Scalar, Error> {
    C::scalar_from_identifier(identifier.get()).ok_or(Error::IdentifierOutOfRange { identifier })
}

/// (k)_r = k·(k − 1)·…·(k − r + 1), for r ≤ k, as a scalar: there is nothing to overflow.
pub(crate) fn falling_factorial<C: Curve>(k: usize, order: usize) -> C::Scalar {
    let mut product = DifferenceProduct::<C>::new();
    (0..order).for_each(|i| product.multiply(k as u128, i as u128));
    product.finish()
}

/// The terms of the share of x, the innermost gate first; none when the gate does not name x.
pub(crate) fn of_gate(gate: &Gate, x: Identifier) -> Option<Vec<Term>> {
    let own = 0..gate.threshold().len();
    let mut next = own.end;
    find(gate, own, 0, &mut next, x)
}

/// `own` is the range of this gate's coefficients, `next` where the next inner gate's begin.
fn find(
    gate: &Gate,
    own: Range<usize>,
    first_power: usize,
    next: &mut usize,
    holder: Identifier,
) -> Option<Vec<Term>> {
    for (order, member) in gate.members() {
        let term = |x| Term {
            range: own.clone(),
            first_power,
            x,
            order,
        };
        match member {
            // Step 2.1: the innermost gate first.
            Member::Holder(x) if *x == holder => return Some(vec![term(*x)]),
            Member::Holder(_) => {}
            Member::Gate(x, inner) => {
                let coefficients = *next..*next + inner.threshold().len() - 1;
                *next = coefficients.end;
                if let Some(mut terms) = find(inner, coefficients, 1, next, holder) {
                    // Step 2.1: a value, not a derivative, goes on with the constant term.
                    if terms.last().is_some_and(|term| term.order == 0) {
                        terms.push(term(*x));
                    }
                    return Some(terms);
                }
            }
        }
    }
    None
}

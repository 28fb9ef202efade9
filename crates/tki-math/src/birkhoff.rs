//! Interpolation weights where some of the values are those of derivatives.
//!
//! For nodes (x_i, r_i), t of them, and any polynomial f of degree below t,
//!
//! f⁽ʳ⁾(x) = Σ c_i·f⁽ʳⁱ⁾(x_i),
//!
//! if such weights c_i exist: not always (f(1), f′(2) and f(3) do not give f(0)), which is why ranked
//! holders have random identifiers.
//!
//! | letter | name | |
//! |---|---|---|
//! | (x_i, r_i) | `Node`: where, and which derivative | public |
//! | (x, r) | `target` | public |
//! | c_i | weights | public |
//!
//! Specification: `docs/spec/access.md`, section "Weights by rank".
//!
//! Reference: Birkhoff, "General mean value and remainder theorems", Transactions of the AMS 7,
//! 1906; Tassa 2007, §3. The staircase: for each order r_u let b_u nodes have it. When as many nodes
//! have a smaller order as r_u says, x^m for m < r_u is decided by those alone, so that the weights
//! are found order by order, each time over b_u values at different points, which is a Vandermonde
//! system: t² steps for all instead of t³, and always solvable. This is how a quorum looks whose
//! ranks fill their own places. All others are solved by elimination.

use alloc::vec::Vec;

use ff::Field;

use crate::{
    Curve, Error, Identifier,
    access::term::{Term, falling_factorial, scalar_of},
    lagrange::{
        DifferenceProduct, divide_by_each, lagrange_coefficients_at, lagrange_coefficients_at_zero,
    },
    linear::solve_vartime,
};

/// A condition on a polynomial: the value of its derivative of this order at x.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Node {
    pub(crate) x: Identifier,
    pub(crate) order: usize,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Target {
    /// f(0).
    Constant,
    /// f⁽ʳ⁾(x).
    Node(Node),
}

impl Target {
    /// The derivative at x of each power: (m)_r·x^{m−r}, for m < count.
    pub(crate) fn row<C: Curve>(self, count: usize) -> Result<Vec<C::Scalar>, Error> {
        match self {
            Self::Constant => {
                let mut row = alloc::vec![C::Scalar::ZERO; count];
                row.iter_mut()
                    .take(1)
                    .for_each(|first| *first = C::Scalar::ONE);
                Ok(row)
            }
            Self::Node(node) => node.row::<C>(count),
        }
    }
}

impl Node {
    pub(crate) fn row<C: Curve>(self, count: usize) -> Result<Vec<C::Scalar>, Error> {
        let term = Term {
            range: 0..count,
            first_power: 0,
            x: self.x,
            order: self.order,
        };
        term.row::<C>()
    }
}

/// The weights that give the target from the values at these nodes, for every polynomial with as
/// many coefficients as there are nodes.
///
/// # Errors
/// [`Error::SingularQuorum`] when there are none; [`Error::IdentifierOutOfRange`],
/// [`Error::DuplicateIdentifier`], [`Error::NotEnoughShares`] for no nodes.
pub(crate) fn weights_vartime<C: Curve>(
    nodes: &[Node],
    target: Target,
) -> Result<Vec<C::Scalar>, Error> {
    if nodes.iter().all(|node| node.order == 0) {
        let identifiers: Vec<_> = nodes.iter().map(|node| node.x).collect();
        match target {
            Target::Constant => return lagrange_coefficients_at_zero::<C>(&identifiers),
            Target::Node(Node { x, order: 0 }) => {
                return lagrange_coefficients_at::<C>(&identifiers, x);
            }
            Target::Node(_) => {}
        }
    }
    let mut orders: Vec<_> = nodes.iter().map(|node| node.order).collect();
    orders.sort_unstable();
    // Step 4.1: whether each order r has as many nodes below it as r says.
    let below = |r: &usize| orders.partition_point(|order| order < r);
    if orders.iter().all(|r| below(r) == *r) {
        orders.dedup();
        staircase::<C>(nodes, &orders, target)
    } else {
        eliminated::<C>(nodes, target)
    }
}

/// The weights by elimination: Σ c_i·(m)_{r_i}·x_i^{m−r_i} is the target's row, for every m < t.
fn eliminated<C: Curve>(nodes: &[Node], target: Target) -> Result<Vec<C::Scalar>, Error> {
    // Step 4.3: one equation for each power of x.
    let count = nodes.len();
    let columns = nodes.iter().map(|node| node.row::<C>(count));
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    let rows = target.row::<C>(count)?.into_iter().enumerate();
    let rows = rows.map(|(m, right)| {
        let left = columns.iter().filter_map(|column| column.get(m).copied());
        left.chain([right]).collect()
    });
    solve_vartime(rows.collect()).ok_or(Error::SingularQuorum)
}

/// The nodes of one order, whose weights are known.
struct Step<S> {
    order: usize,
    /// x_i, and c_i·x_i^{m−r_i} for the power m at hand.
    nodes: Vec<(S, S)>,
}

/// The weights order by order, the smallest first.
fn staircase<C: Curve>(
    nodes: &[Node],
    orders: &[usize],
    target: Target,
) -> Result<Vec<C::Scalar>, Error> {
    let target = target.row::<C>(nodes.len())?;
    let mut weights = alloc::vec![C::Scalar::ZERO; nodes.len()];
    let mut steps: Vec<Step<C::Scalar>> = Vec::with_capacity(orders.len());
    for &order in orders {
        let members = nodes.iter().zip(&mut weights);
        let members: Vec<_> = members.filter(|(node, _)| node.order == order).collect();
        let identifiers: Vec<_> = members.iter().map(|(node, _)| node.x).collect();
        // Step 4.2: what this order must add to each power x^m from m = r on, over (m)_r.
        let powers = order..order + members.len();
        let rest = powers.clone().zip(target.iter().skip(order));
        let rest: Vec<_> = rest
            .map(|(m, right)| *right - sum_at::<C>(&mut steps, m))
            .collect();
        let mut moments: Vec<_> = powers.map(|m| falling_factorial::<C>(m, order)).collect();
        divide_by_each::<C>(C::Scalar::ONE, &mut moments);
        moments
            .iter_mut()
            .zip(&rest)
            .for_each(|(moment, rest)| *moment *= rest);
        let mut step = Step {
            order,
            nodes: Vec::with_capacity(members.len()),
        };
        let found = vandermonde::<C>(&identifiers, &moments)?;
        for ((node, weight), c_i) in members.into_iter().zip(found) {
            *weight = c_i;
            let x_i = scalar_of::<C>(node.x)?;
            step.nodes
                .push((x_i, c_i * x_i.pow_vartime([moments.len() as u64])));
        }
        steps.push(step);
    }
    Ok(weights)
}

/// Σ c_i·(m)_{r_i}·x_i^{m−r_i} over all nodes with weights; the next call is for m + 1.
fn sum_at<C: Curve>(steps: &mut [Step<C::Scalar>], m: usize) -> C::Scalar {
    let of_step = |step: &mut Step<C::Scalar>| {
        let mut sum = C::Scalar::ZERO;
        for (x_i, term) in &mut step.nodes {
            sum += &*term;
            *term *= &*x_i;
        }
        sum * falling_factorial::<C>(m, step.order)
    };
    steps.iter_mut().map(of_step).sum()
}

/// The d_j with Σ d_j·x_j^k = μ_k for every k below their number.
///
/// With W(x) = Π (x − x_j) = Σ w_l·x^l, the Lagrange basis is W(x)/((x − x_j)·W′(x_j)), and the
/// functional x^k ↦ μ_k takes it to d_j = H(x_j)/W′(x_j), H(x) = Σ_e x^e·Σ_k μ_k·w_{k+e+1}.
fn vandermonde<C: Curve>(
    identifiers: &[Identifier],
    moments: &[C::Scalar],
) -> Result<Vec<C::Scalar>, Error> {
    // Step 4.2, solved.
    let points = identifiers.iter().map(|x_j| scalar_of::<C>(*x_j));
    let points = points.collect::<Result<Vec<_>, _>>()?;
    let W = roots_to_coefficients(&points);
    let H: Vec<_> = (1..W.len())
        .map(|from| {
            moments
                .iter()
                .zip(W.iter().skip(from))
                .map(|(mu_k, w)| *mu_k * w)
                .sum()
        })
        .collect();
    let mut derivatives: Vec<_> = identifiers
        .iter()
        .map(|x_j| {
            let mut product = DifferenceProduct::<C>::new();
            let others = identifiers.iter().filter(|x_i| *x_i != x_j);
            others.for_each(|x_i| product.multiply(x_j.get(), x_i.get()));
            product.finish()
        })
        .collect();
    divide_by_each::<C>(C::Scalar::ONE, &mut derivatives);
    let values = points.iter().map(|x_j| horner(&H, x_j));
    Ok(values
        .zip(derivatives)
        .map(|(H_j, inverse)| H_j * inverse)
        .collect())
}

/// The coefficients of Π (x − x_j), the constant one first.
fn roots_to_coefficients<F: Field>(roots: &[F]) -> Vec<F> {
    let mut W = Vec::with_capacity(roots.len() + 1);
    W.push(F::ONE);
    for x_j in roots {
        // x·W − x_j·W, from the highest coefficient down.
        W.push(F::ZERO);
        let mut above = F::ZERO;
        for w in W.iter_mut() {
            let old = *w;
            *w = above - old * x_j;
            above = old;
        }
    }
    W
}

fn horner<F: Field>(coefficients: &[F], x: &F) -> F {
    coefficients
        .iter()
        .rev()
        .fold(F::ZERO, |sum, a_k| sum * x + a_k)
}

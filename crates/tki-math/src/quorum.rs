//! Quorums: holders that suffice, with the public weights that put the secret together.
//!
//! s = Σ c_i·s_i over the holders of a minimal quorum. In a plain threshold c_i is Lagrange's λ_i; in
//! a gate it is the weight of the member in its gate, times that of the gate in the gate above, up to
//! the root.
//!
//! | letter | name | |
//! |---|---|---|
//! | c_i | `weights` | public |
//! | s_i | `Share::value` | secret |
//!
//! Weights are computed once for a quorum and can be kept: they depend on who takes part and on
//! nothing that a refresh changes.
//!
//! Specification: `docs/spec/access.md`, sections "Quorums" and "Weights".

use alloc::{collections::BTreeMap, vec::Vec};
use core::fmt;

use ff::Field;
use zeroize::Zeroizing;

use crate::{
    AccessStructure, Curve, Error, Identifier, SecretScalar, Share,
    access::{gate::Gate, selection::Selection, term::scalar_of},
    birkhoff::{Node, Target, weights_vartime},
    lagrange::check_distinct,
};

/// A minimal quorum and its weights.
///
/// s = Σ c_i·s_i, or f(x) = Σ c_i·s_i for the share of another holder x.
///
/// # Examples
/// ```
/// # mod curve { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/curves/secp256k1.rs")); }
/// # use curve::Secp256k1;
/// # use rand_chacha::ChaCha20Rng;
/// # use rand_core::SeedableRng;
/// # use subtle::ConstantTimeEq;
/// # use tki_math::{AccessStructure, Gate, Identifier, Level, Member, SecretScalar, Threshold, split};
/// # let mut rng = ChaCha20Rng::seed_from_u64(1);
/// # let secret = SecretScalar::<Secp256k1>::random(&mut rng);
/// # let (one, two) = (Threshold::new(1)?, Threshold::new(2)?);
/// # let ids = [Identifier::new(1)?, Identifier::new(2)?, Identifier::new(3)?];
/// # let holder = Member::Holder;
/// // One of rank 0, and one more of either rank.
/// let structure: AccessStructure = Gate::ranked(vec![
///     Level::new(one, vec![holder(ids[0])]),
///     Level::new(two, vec![holder(ids[1]), holder(ids[2])]),
/// ])?
/// .into();
/// let (shares, _) = split(&secret, &structure, &ids, &mut rng)?.into_parts();
///
/// let quorum = structure.quorum::<Secp256k1>(&[ids[0], ids[2]])?;
/// assert!(bool::from(quorum.combine(&shares)?.ct_eq(&secret)));
/// assert!(structure.quorum::<Secp256k1>(&[ids[1], ids[2]]).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Eq, PartialEq)]
pub struct Quorum<C: Curve> {
    /// Invariant: no holder twice.
    weights: Vec<(Identifier, C::Scalar)>,
}

impl AccessStructure {
    /// A minimal quorum among these holders, and its weights for the secret.
    ///
    /// Of a plain threshold it is the first t. Of a gate it is one that lets each rank fill its own
    /// places if it can, and that takes few holders.
    ///
    /// # Errors
    /// [`Error::NotEnoughShares`] when they do not suffice; [`Error::DuplicateIdentifier`];
    /// [`Error::IdentifierOutOfRange`]; [`Error::SingularQuorum`] when the ranks' equations have no
    /// solution, which [`check`](Self::check) excludes.
    ///
    /// # Security
    /// No secret input; variable time in the identifiers.
    pub fn quorum<C: Curve>(&self, identifiers: &[Identifier]) -> Result<Quorum<C>, Error> {
        // Step 3.1, and for a plain threshold the first t.
        check_distinct(identifiers)?;
        let selection = self.select(identifiers)?;
        Quorum::weigh(&selection, Target::Constant)
    }

    /// A minimal quorum among these holders, and its weights for the share of x: for one who joins,
    /// or who lost theirs.
    ///
    /// In a gate it takes members of the gate that x is a member of.
    ///
    /// # Errors
    /// As [`quorum`](Self::quorum), and [`Error::UnknownHolder`] when the structure does not name x.
    ///
    /// # Security
    /// No secret input; variable time in the identifiers.
    pub fn quorum_at<C: Curve>(
        &self,
        identifiers: &[Identifier],
        x: Identifier,
    ) -> Result<Quorum<C>, Error> {
        check_distinct(identifiers)?;
        scalar_of::<C>(x)?;
        let (selection, order) = match self {
            Self::Threshold(_) => (self.select(identifiers)?, 0),
            Self::Gate(gate) => {
                let (gate, order) =
                    around(gate, x).ok_or(Error::UnknownHolder { identifier: x })?;
                let structure = Self::Gate(gate.clone());
                (structure.select(identifiers)?, order)
            }
        };
        // Step 3.3: x has its share itself.
        if identifiers.contains(&x) {
            let weights = Vec::from([(x, C::Scalar::ONE)]);
            return Ok(Quorum { weights });
        }
        Quorum::weigh(&selection, Target::Node(Node { x, order }))
    }
}

/// The gate that x is a member of, and the order of the derivative that x has.
fn around(gate: &Gate, x: Identifier) -> Option<(&Gate, usize)> {
    let mut members = gate.members();
    if let Some((order, _)) = members.find(|(_, member)| member.is_holder(x)) {
        return Some((gate, order));
    }
    gate.inner_gates().find_map(|inner| around(inner, x))
}

impl<C: Curve> Quorum<C> {
    /// The weights of a selection.
    fn weigh(selection: &Selection, target: Target) -> Result<Self, Error> {
        // Step 3.2: the members' weights in their gate; those of an inner gate times its own.
        let nodes = selection.members.iter().map(|member| Node {
            x: member.x,
            order: member.order,
        });
        let nodes: Vec<_> = nodes.collect();
        let found = weights_vartime::<C>(&nodes, target)?;
        let mut weights = Vec::with_capacity(found.len());
        for (member, c_i) in selection.members.iter().zip(found) {
            match &member.inner {
                None => weights.push((member.x, c_i)),
                Some(inner) => {
                    let inner = Self::weigh(inner, Target::Constant)?;
                    weights.extend(inner.weights.into_iter().map(|(x, c)| (x, c_i * c)));
                }
            }
        }
        Ok(Self { weights })
    }

    /// Each holder with its weight c_i.
    #[must_use]
    pub fn weights(&self) -> &[(Identifier, C::Scalar)] {
        &self.weights
    }

    /// The holders.
    pub fn holders(&self) -> impl Iterator<Item = Identifier> {
        self.weights.iter().map(|(x_i, _)| *x_i)
    }

    /// Puts the secret together, or the share that the weights are for.
    ///
    /// Σ c_i·s_i over the quorum; shares of others are not used.
    ///
    /// # Errors
    /// [`Error::NotEnoughShares`] when one of the quorum has no share here.
    ///
    /// # Security
    /// Constant time in the values; variable time in the identifiers. A wrong share gives a wrong
    /// result without an error.
    pub fn combine(&self, shares: &[Share<C>]) -> Result<SecretScalar<C>, Error> {
        // Step 3.4: Σ c_i·s_i.
        let mut sum = Zeroizing::new(C::Scalar::ZERO);
        let mut have = 0;
        for ((x_i, c_i), position) in self.weights.iter().zip(0..) {
            // In the order of the quorum, as a rule.
            let expected = shares
                .get(position)
                .filter(|share| share.identifier() == *x_i);
            let found = expected.or_else(|| shares.iter().find(|share| share.identifier() == *x_i));
            if let Some(share) = found {
                let term = Zeroizing::new(*share.value().expose_secret() * c_i);
                *sum += &*term;
                have += 1;
            }
        }
        let need = self.weights.len();
        if have < need {
            return Err(Error::NotEnoughShares { have, need });
        }
        Ok(SecretScalar::new(*sum))
    }
}

/// The curve and the holders.
impl<C: Curve> fmt::Debug for Quorum<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Quorum<{}>", C::NAME)?;
        f.debug_list().entries(self.holders()).finish()
    }
}

/// The quorums that a structure was asked for, so that their weights are computed once.
///
/// # Examples
/// ```
/// # mod curve { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/curves/secp256k1.rs")); }
/// # use curve::Secp256k1;
/// # use tki_math::{Identifier, QuorumCache, Threshold};
/// let mut cache = QuorumCache::<Secp256k1>::new(Threshold::new(2)?);
/// let holders = [Identifier::new(1)?, Identifier::new(3)?];
/// let first = cache.quorum(&holders)?.clone();
/// assert_eq!(*cache.quorum(&holders)?, first);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct QuorumCache<C: Curve> {
    structure: AccessStructure,
    /// Invariant: at most `MOST_CACHED`, each under exactly the holders that it was asked for with.
    quorums: BTreeMap<Vec<Identifier>, Quorum<C>>,
}

impl<C: Curve> QuorumCache<C> {
    /// An empty one for this structure.
    #[must_use]
    pub fn new(structure: impl Into<AccessStructure>) -> Self {
        Self {
            structure: structure.into(),
            quorums: BTreeMap::new(),
        }
    }

    /// As [`AccessStructure::quorum`]; computed when it is asked for first.
    ///
    /// # Errors
    /// As [`AccessStructure::quorum`].
    pub fn quorum(&mut self, identifiers: &[Identifier]) -> Result<&Quorum<C>, Error> {
        let quorum = match self.quorums.remove(identifiers) {
            Some(known) => known,
            None => self.structure.quorum(identifiers)?,
        };
        if self.quorums.len() == MOST_CACHED {
            self.quorums.clear();
        }
        Ok(self.quorums.entry(identifiers.to_vec()).or_insert(quorum))
    }

    /// How many quorums are kept: at most 64; when there would be more, all others are dropped.
    #[must_use]
    pub fn len(&self) -> usize {
        self.quorums.len()
    }

    /// Whether none is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.quorums.is_empty()
    }
}

/// The most quorums that are kept.
const MOST_CACHED: usize = 64;

//! Structures as people write them, such as `2 of (device, any(google, email), 2 of (ann, bob))`.
//!
//! | text | meaning |
//! |---|---|
//! | `device` | this holder |
//! | `device*2` | this holder, who counts for two members |
//! | `2 of (a, b, c)` | any two of them |
//! | `any(a, b)`, `all(a, b)` | one of them, each of them |
//! | `ranked(1 of (ceo, cfo), 3 of (ann, bob, eve))` | three of all, one of the first rank among them |
//!
//! A name starts with a lower-case letter and goes on with these, digits, `-` and `_`; `of`, `any`,
//! `all` and `ranked` are none. White space is free. A name may occur several times: its holder then
//! gets a share for each.
//!
//! Specification: `docs/spec/access.md`, section "Expressions".

use alloc::{collections::BTreeMap, string::String, vec::Vec};
use core::{fmt, str::FromStr};

use rand_core::CryptoRng;

use crate::{AccessStructure, Error, Gate, Identifier, Level, Member, Threshold};

mod parser;

pub use parser::{InvalidExpression, Refusal};

/// A structure over names.
///
/// # Examples
/// ```
/// # use rand_chacha::ChaCha20Rng;
/// # use rand_core::SeedableRng;
/// # use tki_math::Expression;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let mut rng = ChaCha20Rng::seed_from_u64(1);
/// let expression: Expression = "2 of (device, 1 of (google,email), 2 of (ann, bob, eve))".parse()?;
/// assert_eq!(expression.to_string(), "2 of (device, any(google, email), 2 of (ann, bob, eve))");
///
/// let compiled = expression.compile(&mut rng)?;
/// let of = |name: &str| compiled.identifiers_of(name).to_vec();
/// let friends = [of("google"), of("ann"), of("eve")].concat();
/// assert!(compiled.structure().is_satisfied_by(&friends));
///
/// let error = "3 of (ann, bob)".parse::<Expression>().unwrap_err();
/// assert_eq!(error.to_string(), "at 1: 3 of 2 members can never be");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Expression {
    /// Invariant: thresholds are positive, rise from rank to rank, and can be reached.
    node: Node,
}

/// A part of an expression.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Node {
    Holder { name: String, weight: u16 },
    Gate { ranks: Vec<Rank> },
}

/// So many of these and of the ranks before.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Rank {
    threshold: Threshold,
    members: Vec<Node>,
}

impl Rank {
    /// The number of members, each by its weight.
    fn member_count(&self) -> usize {
        let weight = |node: &Node| match node {
            Node::Holder { weight, .. } => usize::from(*weight),
            Node::Gate { .. } => 1,
        };
        self.members.iter().map(weight).sum()
    }
}

/// An expression's structure, and which identifiers each name has in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Compiled {
    structure: AccessStructure,
    holders: BTreeMap<String, Vec<Identifier>>,
}

impl Compiled {
    /// The structure.
    #[must_use]
    pub const fn structure(&self) -> &AccessStructure {
        &self.structure
    }

    /// The names with their identifiers, one for each place and each unit of weight.
    #[must_use]
    pub const fn holders(&self) -> &BTreeMap<String, Vec<Identifier>> {
        &self.holders
    }

    /// The identifiers of this name; none when it does not occur.
    #[must_use]
    pub fn identifiers_of(&self, name: &str) -> &[Identifier] {
        self.holders.get(name).map_or(&[], Vec::as_slice)
    }
}

impl Expression {
    /// The structure of this expression, with fresh identifiers: 1, 2, 3, … in the order of the
    /// text, and random ones in ranked gates.
    ///
    /// # Errors
    /// [`Error::TooManyHolders`]; [`Error::TooDeep`].
    pub fn compile(&self, rng: &mut (impl CryptoRng + ?Sized)) -> Result<Compiled, Error> {
        let mut compiler = Compiler {
            next: Some(Identifier::FIRST),
            holders: BTreeMap::new(),
            rng,
        };
        let gate = match &self.node {
            Node::Gate { ranks } => compiler.gate(ranks)?,
            // A single holder is one of one.
            Node::Holder { .. } => {
                let members = compiler.members(&self.node, Order::Plain)?;
                Gate::new(Threshold::ONE, members)?
            }
        };
        Ok(Compiled {
            structure: gate.into(),
            holders: compiler.holders,
        })
    }
}

/// Which identifiers members get.
#[derive(Clone, Copy)]
enum Order {
    Plain,
    Ranked,
}

struct Compiler<'a, R: ?Sized> {
    /// The next identifier of a member that is not ranked.
    next: Option<Identifier>,
    holders: BTreeMap<String, Vec<Identifier>>,
    rng: &'a mut R,
}

impl<R: CryptoRng + ?Sized> Compiler<'_, R> {
    // Step 6.2: identifiers in the order of the text, random ones below ranks.
    fn identifier(&mut self, order: Order) -> Result<Identifier, Error> {
        match order {
            Order::Plain => {
                let identifier = self.next.ok_or(Error::TooManyHolders {
                    share_count: usize::MAX,
                })?;
                self.next = identifier.next();
                Ok(identifier)
            }
            Order::Ranked => Ok(Identifier::random(&mut *self.rng)),
        }
    }

    fn gate(&mut self, ranks: &[Rank]) -> Result<Gate, Error> {
        let order = match ranks {
            [_] => Order::Plain,
            _ => Order::Ranked,
        };
        let mut levels = Vec::with_capacity(ranks.len());
        for rank in ranks {
            let mut members = Vec::new();
            for node in &rank.members {
                members.extend(self.members(node, order)?);
            }
            levels.push(Level::new(rank.threshold, members));
        }
        Gate::ranked(levels)
    }

    fn members(&mut self, node: &Node, order: Order) -> Result<Vec<Member>, Error> {
        match node {
            Node::Gate { ranks } => {
                let identifier = self.identifier(order)?;
                Ok(Vec::from([Member::Gate(identifier, self.gate(ranks)?)]))
            }
            Node::Holder { name, weight } => {
                let identifiers = (0..*weight).map(|_| self.identifier(order));
                let identifiers = identifiers.collect::<Result<Vec<_>, _>>()?;
                let known = self.holders.entry(name.clone()).or_default();
                known.extend(&identifiers);
                Ok(identifiers.into_iter().map(Member::Holder).collect())
            }
        }
    }
}

impl FromStr for Expression {
    type Err = InvalidExpression;

    /// Reads an expression.
    fn from_str(text: &str) -> Result<Self, InvalidExpression> {
        parser::parse(text).map(|node| Self { node })
    }
}

/// The one form that an expression is printed in; it reads as the same expression.
impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.node.fmt(f)
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Holder { name, weight: 1 } => f.write_str(name),
            Self::Holder { name, weight } => write!(f, "{name}*{weight}"),
            Self::Gate { ranks } => match ranks.as_slice() {
                [rank] => rank.fmt(f),
                ranks => {
                    f.write_str("ranked(")?;
                    for (position, rank) in ranks.iter().enumerate() {
                        f.write_str(if position == 0 { "" } else { ", " })?;
                        write!(f, "{} of ", rank.threshold)?;
                        write_list(&rank.members, f)?;
                    }
                    f.write_str(")")
                }
            },
        }
    }
}

impl fmt::Display for Rank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.threshold.len(), self.member_count()) {
            (1, _) => f.write_str("any")?,
            (need, have) if need == have => f.write_str("all")?,
            (need, _) => write!(f, "{need} of ")?,
        }
        write_list(&self.members, f)
    }
}

fn write_list(members: &[Node], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("(")?;
    for (position, member) in members.iter().enumerate() {
        f.write_str(if position == 0 { "" } else { ", " })?;
        fmt::Display::fmt(member, f)?;
    }
    f.write_str(")")
}

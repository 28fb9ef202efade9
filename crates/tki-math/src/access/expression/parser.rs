//! Reading expressions: one function for each form, by recursive descent.

use alloc::{string::String, vec, vec::Vec};
use core::{error, fmt};

use super::{Node, Rank};
use crate::{MOST_DEPTH, Threshold};

/// Why a text is no expression, and where.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InvalidExpression {
    position: usize,
    refusal: Refusal,
}

impl InvalidExpression {
    /// The byte where it was noticed, counted from 0.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.position
    }

    /// What is wrong there.
    #[must_use]
    pub const fn refusal(&self) -> &Refusal {
        &self.refusal
    }
}

/// What is wrong with an expression.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Refusal {
    /// Something else was expected.
    Expected(&'static str),
    /// The threshold of a rank is not above that of the rank before.
    LevelsDoNotRise,
    /// A number that is 0 or above 65535.
    Number,
    /// More parentheses within one another than [`MOST_DEPTH`](crate::MOST_DEPTH).
    TooDeep,
    /// The threshold is above the number of members, so that nobody could ever satisfy it.
    TooFewMembers {
        /// The threshold.
        need: usize,
        /// The number of members, each by its weight.
        have: usize,
    },
}

impl fmt::Display for InvalidExpression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // People count from 1.
        write!(f, "at {}: {}", self.position + 1, self.refusal)
    }
}

impl error::Error for InvalidExpression {}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expected(what) => write!(f, "{what} expected"),
            Self::LevelsDoNotRise => f.write_str("the numbers of the ranks must rise"),
            Self::Number => f.write_str("numbers are from 1 to 65535"),
            Self::TooDeep => f.write_str("nested too deeply"),
            Self::TooFewMembers { need, have } => {
                write!(f, "{need} of {have} members can never be")
            }
        }
    }
}

/// Reads a whole text.
pub(super) fn parse(text: &str) -> Result<Node, InvalidExpression> {
    let mut parser = Parser {
        text,
        position: 0,
        depth: 0,
    };
    let node = parser.node()?;
    parser.skip_space();
    match parser.rest() {
        "" => Ok(node),
        _ => Err(parser.expected("the end")),
    }
}

struct Parser<'a> {
    text: &'a str,
    /// Invariant: at most the text's length, and between two characters.
    position: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    /// A holder or a gate.
    fn node(&mut self) -> Result<Node, InvalidExpression> {
        self.skip_space();
        let start = self.position;
        if self.rest().starts_with(|c: char| c.is_ascii_digit()) {
            let rank = self.rank()?;
            return self.gate(vec![rank], start);
        }
        match self.word() {
            "" => Err(self.expected("a name or a number")),
            "any" => self.all_of(|_| 1, start),
            "all" => self.all_of(|have| have, start),
            "ranked" => self.ranked(start),
            "of" => Err(self.refused(start, Refusal::Expected("a name or a number"))),
            name => self.holder(name),
        }
    }

    /// `name` or `name*weight`.
    fn holder(&mut self, name: &str) -> Result<Node, InvalidExpression> {
        self.skip_space();
        let weight = if self.eat('*') {
            self.number()?.get()
        } else {
            1
        };
        Ok(Node::Holder {
            name: String::from(name),
            weight,
        })
    }

    /// `any(…)` and `all(…)`, whose threshold the number of members decides.
    fn all_of(
        &mut self,
        threshold: impl Fn(usize) -> usize,
        start: usize,
    ) -> Result<Node, InvalidExpression> {
        let members = self.list()?;
        let mut rank = Rank {
            threshold: Threshold::ONE,
            members,
        };
        let number = u16::try_from(threshold(rank.member_count()));
        let number = number.ok().and_then(|number| Threshold::new(number).ok());
        rank.threshold = number.ok_or_else(|| self.refused(start, Refusal::Number))?;
        self.gate(vec![rank], start)
    }

    /// `ranked(2 of (…), 3 of (…), …)`.
    fn ranked(&mut self, start: usize) -> Result<Node, InvalidExpression> {
        self.open()?;
        let mut ranks = vec![self.rank()?];
        while self.comma()? {
            ranks.push(self.rank()?);
        }
        self.gate(ranks, start)
    }

    /// `2 of (…)`.
    fn rank(&mut self) -> Result<Rank, InvalidExpression> {
        let threshold = self.number()?;
        self.skip_space();
        let start = self.position;
        if self.word() != "of" {
            return Err(self.refused(start, Refusal::Expected("`of`")));
        }
        let members = self.list()?;
        Ok(Rank { threshold, members })
    }

    /// `(a, b, …)`.
    fn list(&mut self) -> Result<Vec<Node>, InvalidExpression> {
        self.open()?;
        let mut members = vec![self.node()?];
        while self.comma()? {
            members.push(self.node()?);
        }
        Ok(members)
    }

    // Step 6.1: thresholds rise, and can be reached.
    fn gate(&self, ranks: Vec<Rank>, start: usize) -> Result<Node, InvalidExpression> {
        let (mut before, mut have) = (0, 0);
        for rank in &ranks {
            let need = rank.threshold.len();
            have += rank.member_count();
            if need <= before {
                return Err(self.refused(start, Refusal::LevelsDoNotRise));
            }
            if have < need {
                return Err(self.refused(start, Refusal::TooFewMembers { need, have }));
            }
            before = need;
        }
        Ok(Node::Gate { ranks })
    }

    fn open(&mut self) -> Result<(), InvalidExpression> {
        self.skip_space();
        if !self.eat('(') {
            return Err(self.expected("`(`"));
        }
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return Err(self.refused(self.position, Refusal::TooDeep));
        }
        Ok(())
    }

    /// Whether the list goes on; it ends with a closing parenthesis.
    fn comma(&mut self) -> Result<bool, InvalidExpression> {
        self.skip_space();
        if self.eat(',') {
            return Ok(true);
        }
        if !self.eat(')') {
            return Err(self.expected("`,` or `)`"));
        }
        self.depth -= 1;
        Ok(false)
    }

    fn number(&mut self) -> Result<Threshold, InvalidExpression> {
        self.skip_space();
        let start = self.position;
        let digits = self.take_while(|c| c.is_ascii_digit());
        if digits.is_empty() {
            return Err(self.expected("a number"));
        }
        let number = digits
            .parse()
            .ok()
            .and_then(|number| Threshold::new(number).ok());
        number.ok_or_else(|| self.refused(start, Refusal::Number))
    }

    /// A name or a word of the language; empty where there is none.
    fn word(&mut self) -> &'a str {
        if !self.rest().starts_with(|c: char| c.is_ascii_lowercase()) {
            return "";
        }
        let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
        self.take_while(is_part)
    }

    fn skip_space(&mut self) {
        self.take_while(char::is_whitespace);
    }

    fn eat(&mut self, expected: char) -> bool {
        let found = self.rest().starts_with(expected);
        self.position += if found { expected.len_utf8() } else { 0 };
        found
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
        self.position += length;
        rest.get(..length).unwrap_or_default()
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.position..).unwrap_or_default()
    }

    const fn expected(&self, what: &'static str) -> InvalidExpression {
        self.refused(self.position, Refusal::Expected(what))
    }

    const fn refused(&self, position: usize, refusal: Refusal) -> InvalidExpression {
        InvalidExpression { position, refusal }
    }
}

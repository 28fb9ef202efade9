//! A structure read from text, with the names of factors.
//!
//! The language is that of [`tki_math::Expression`] without ranks, which no account stores. A name is
//! a factor's identifier, `3` or `#3`; its label, in quotes where it is more than one word; or its
//! kind, where there is one of that kind.
//!
//! | text | meaning |
//! |---|---|
//! | `2 of (device, words, 4)` | any two of them |
//! | `any(a, b)`, `all(a, b)` | one of them, each of them |
//! | `3 of (device*2, words, "my phone")` | the device counts for two |

use alloc::{
    string::{String, ToString as _},
    vec,
    vec::Vec,
};
use core::fmt;

use tki_math::{Identifier, Threshold};
use tki_metadata::{Arrangement, HolderName, limits};

/// Why a text is no structure over these factors. Positions are of characters, counted from 1.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidStructure {
    /// Several factors have this name.
    AmbiguousName {
        /// The name.
        name: String,
        /// Whom it may mean.
        candidates: Vec<HolderName>,
    },
    /// Something else was expected.
    Expected {
        /// Where.
        position: usize,
        /// What.
        what: &'static str,
    },
    /// A number that is 0 or above 65535.
    Number {
        /// Where.
        position: usize,
    },
    /// Ranks are not stored.
    Ranked {
        /// Where.
        position: usize,
    },
    /// More members are asked for than there are.
    TooFewMembers {
        /// Where.
        position: usize,
        /// How many are asked for.
        need: usize,
        /// How many there are, each by its weight.
        have: usize,
    },
    /// Nested too deeply, or with too many places.
    TooLarge {
        /// Where.
        position: usize,
    },
    /// No factor has this name.
    UnknownName {
        /// The name.
        name: String,
    },
}

impl fmt::Display for InvalidStructure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AmbiguousName { name, candidates } => {
                write!(f, "several factors are called {name}:")?;
                for (position, candidate) in candidates.iter().enumerate() {
                    write!(f, "{} {candidate}", if position == 0 { "" } else { "," })?;
                }
                Ok(())
            }
            Self::Expected { position, what } => write!(f, "at {position}: {what} expected"),
            Self::Number { position } => write!(f, "at {position}: numbers are from 1 to 65535"),
            Self::Ranked { position } => write!(f, "at {position}: an account stores no ranks"),
            Self::TooFewMembers {
                position,
                need,
                have,
            } => write!(f, "at {position}: {need} of {have} members can never be"),
            Self::TooLarge { position } => {
                write!(f, "at {position}: nested too deeply, or too large")
            }
            Self::UnknownName { name } => write!(f, "no factor is called {name}"),
        }
    }
}

impl core::error::Error for InvalidStructure {}

/// Reads a structure over these factors.
///
/// # Errors
/// [`InvalidStructure`]. Whether everybody is named, and nobody suffices alone, is seen when the
/// change is prepared.
///
/// # Examples
/// ```
/// use tki_engine::{HolderName, read_structure};
/// use tki_math::Identifier;
/// use tki_metadata::HolderKind;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let name = |x, kind, label| Identifier::new(x).map(|x| HolderName::new(x, kind, label));
/// let names = [
///     name(1, HolderKind::Device, "laptop")?,
///     name(2, HolderKind::Words, "")?,
///     name(3, HolderKind::Guardian, "Ann B.")?,
///     name(4, HolderKind::Guardian, "Bob")?,
/// ];
/// let structure = read_structure("2 of (laptop, words, any(\"Ann B.\", #4))", &names)?;
/// assert_eq!(structure.to_string(), "2 of (1, 2, any(3, 4))");
///
/// let error = read_structure("2 of (laptop, guardian)", &names).unwrap_err();
/// let said = "several factors are called guardian: guardian 3 (Ann B.), guardian 4 (Bob)";
/// assert_eq!(error.to_string(), said);
/// # Ok(())
/// # }
/// ```
pub fn read_structure(text: &str, names: &[HolderName]) -> Result<Arrangement, InvalidStructure> {
    let mut reader = Reader {
        text: text.chars().collect(),
        position: 0,
        depth: 0,
        places: 0,
        names,
    };
    let mut members = Vec::new();
    reader.members(&mut members)?;
    reader.skip_space();
    if reader.peek().is_some() {
        return Err(reader.expected("the end"));
    }
    match members.as_slice() {
        // A factor alone is one of one.
        [gate @ Arrangement::Gate { .. }] => Ok(gate.clone()),
        _ => reader.gate(members.len(), members, 0),
    }
}

struct Reader<'a> {
    text: Vec<char>,
    position: usize,
    depth: usize,
    places: usize,
    names: &'a [HolderName],
}

impl Reader<'_> {
    /// A gate, or a factor as often as it counts.
    fn members(&mut self, members: &mut Vec<Arrangement>) -> Result<(), InvalidStructure> {
        self.skip_space();
        let start = self.position;
        let Some(first) = self.peek() else {
            return Err(self.expected("a factor or a number"));
        };
        let name = match first {
            '"' => self.quoted()?,
            '#' => {
                self.position += 1;
                let digits = self.take_while(|c| c.is_ascii_digit());
                return self.holder(&digits, true, members);
            }
            _ => self.take_while(|c| c.is_alphanumeric() || "-_".contains(c)),
        };
        if first != '"' {
            match name.as_str() {
                "" | "of" => return Err(self.expected_at(start, "a factor or a number")),
                "ranked" => {
                    return Err(InvalidStructure::Ranked {
                        position: start + 1,
                    });
                }
                "any" | "all" => {
                    let inner = self.list()?;
                    let threshold = if name == "any" { 1 } else { inner.len() };
                    members.push(self.gate(threshold, inner, start)?);
                    return Ok(());
                }
                _ => {}
            }
            if first.is_ascii_digit() && self.eat_of() {
                let threshold = self.number(&name, start)?;
                let inner = self.list()?;
                members.push(self.gate(usize::from(threshold), inner, start)?);
                return Ok(());
            }
        }
        self.holder(&name, false, members)
    }

    /// A factor, and how often it counts.
    fn holder(
        &mut self,
        name: &str,
        is_number: bool,
        members: &mut Vec<Arrangement>,
    ) -> Result<(), InvalidStructure> {
        let identifier = self.resolve(name, is_number)?;
        self.skip_space();
        let mut weight = 1;
        if self.eat('*') {
            self.skip_space();
            let start = self.position;
            let digits = self.take_while(|c| c.is_ascii_digit());
            weight = self.number(&digits, start)?;
        }
        self.places = self.places.saturating_add(usize::from(weight));
        if self.places > limits::STRUCTURE_PLACES {
            return Err(self.too_large());
        }
        members.extend(vec![Arrangement::Holder(identifier); usize::from(weight)]);
        Ok(())
    }

    /// `(a, b, …)`
    fn list(&mut self) -> Result<Vec<Arrangement>, InvalidStructure> {
        self.skip_space();
        if !self.eat('(') {
            return Err(self.expected("`(`"));
        }
        self.depth += 1;
        if self.depth > limits::STRUCTURE_DEPTH {
            return Err(self.too_large());
        }
        let mut members = Vec::new();
        loop {
            self.members(&mut members)?;
            self.skip_space();
            if self.eat(')') {
                break;
            }
            if !self.eat(',') {
                return Err(self.expected("`,` or `)`"));
            }
        }
        self.depth -= 1;
        Ok(members)
    }

    fn gate(
        &self,
        need: usize,
        members: Vec<Arrangement>,
        start: usize,
    ) -> Result<Arrangement, InvalidStructure> {
        let (position, have) = (start + 1, members.len());
        let threshold = u16::try_from(need).ok();
        let threshold = threshold.and_then(|number| Threshold::new(number).ok());
        let threshold = threshold.ok_or(InvalidStructure::Number { position })?;
        if need > have {
            return Err(InvalidStructure::TooFewMembers {
                position,
                need,
                have,
            });
        }
        Ok(Arrangement::gate(threshold, members))
    }

    /// Whom a name means: a number is an identifier; a label or a kind must be one factor's alone.
    fn resolve(&self, name: &str, is_number: bool) -> Result<Identifier, InvalidStructure> {
        let mut names = self.names.iter();
        let unknown = || InvalidStructure::UnknownName { name: name.into() };
        if let Ok(identifier) = name.parse::<Identifier>()
            && let Some(found) = names.find(|name| name.identifier == identifier)
        {
            return Ok(found.identifier);
        }
        if is_number {
            return Err(unknown());
        }
        let is_called = |holder: &&HolderName| {
            (!name.is_empty() && holder.label == name) || holder.kind.to_string() == name
        };
        let called: Vec<&HolderName> = self.names.iter().filter(is_called).collect();
        match called.as_slice() {
            [] => Err(unknown()),
            [one] => Ok(one.identifier),
            several => Err(InvalidStructure::AmbiguousName {
                name: name.into(),
                candidates: several.iter().map(|name| (*name).clone()).collect(),
            }),
        }
    }

    fn number(&self, digits: &str, start: usize) -> Result<u16, InvalidStructure> {
        if !digits.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(self.expected_at(start, "a number"));
        }
        let number = digits.parse().ok().filter(|number| *number > 0);
        number.ok_or(InvalidStructure::Number {
            position: start + 1,
        })
    }

    fn quoted(&mut self) -> Result<String, InvalidStructure> {
        self.position += 1;
        let name = self.take_while(|c| c != '"');
        if self.eat('"') {
            return Ok(name);
        }
        Err(self.expected("`\"`"))
    }

    /// `of`, as a word of its own.
    fn eat_of(&mut self) -> bool {
        let before = self.position;
        self.skip_space();
        if self.take_while(char::is_alphanumeric) == "of" {
            return true;
        }
        self.position = before;
        false
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.position).copied()
    }

    fn eat(&mut self, expected: char) -> bool {
        let found = self.peek() == Some(expected);
        self.position += usize::from(found);
        found
    }

    fn skip_space(&mut self) {
        self.take_while(char::is_whitespace);
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> String {
        let rest = self.text.get(self.position..).unwrap_or_default();
        let taken: String = rest.iter().copied().take_while(|c| belongs(*c)).collect();
        self.position += taken.chars().count();
        taken
    }

    const fn expected(&self, what: &'static str) -> InvalidStructure {
        self.expected_at(self.position, what)
    }

    #[expect(clippy::unused_self, reason = "reads as its siblings do")]
    const fn expected_at(&self, position: usize, what: &'static str) -> InvalidStructure {
        InvalidStructure::Expected {
            position: position + 1,
            what,
        }
    }

    const fn too_large(&self) -> InvalidStructure {
        InvalidStructure::TooLarge {
            position: self.position + 1,
        }
    }
}

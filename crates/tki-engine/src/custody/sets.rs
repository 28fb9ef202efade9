//! Monotone functions of sets of parties, each as the list of the minimal sets for which it holds.

use alloc::{vec, vec::Vec};

use super::{MOST_COALITIONS, MOST_PARTIES};

const WORDS: usize = MOST_PARTIES / 64;

/// The most sets that are compared with one another at once.
const MOST_PARTIAL: usize = 8 * MOST_COALITIONS;

/// Parties by their position.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Set([u64; WORDS]);

/// There are more minimal sets than are listed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct TooMany;

impl Set {
    pub(super) const EMPTY: Self = Self([0; WORDS]);

    pub(super) fn of(party: usize) -> Self {
        let mut set = Self::EMPTY;
        set.insert(party);
        set
    }

    pub(super) fn insert(&mut self, party: usize) {
        if let Some(word) = self.0.get_mut(party / 64) {
            *word |= 1 << (party % 64);
        }
    }

    pub(super) fn contains(&self, party: usize) -> bool {
        let word = self.0.get(party / 64);
        word.is_some_and(|word| word & (1 << (party % 64)) != 0)
    }

    /// Its parties, ascending.
    pub(super) fn parties(&self) -> impl Iterator<Item = usize> {
        (0..MOST_PARTIES).filter(|party| self.contains(*party))
    }

    fn len(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    fn is_within(&self, other: &Self) -> bool {
        self.0
            .iter()
            .zip(&other.0)
            .all(|(one, two)| one & !two == 0)
    }

    pub(super) fn union(mut self, other: &Self) -> Self {
        for (one, two) in self.0.iter_mut().zip(&other.0) {
            *one |= two;
        }
        self
    }

    /// The smaller first; of equal ones the one that has the first party in which they differ.
    fn order(&self, other: &Self) -> core::cmp::Ordering {
        let reversed = |set: &Self| set.0.map(|word| core::cmp::Reverse(word.reverse_bits()));
        let by_size = self.len().cmp(&other.len());
        by_size.then_with(|| reversed(self).cmp(&reversed(other)))
    }
}

/// The minimal sets for which a function holds, the smaller first; none within another.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Sets(Vec<Set>);

impl Sets {
    /// Of the function that never holds.
    pub(super) const fn never() -> Self {
        Self(Vec::new())
    }

    /// Of the function that always holds.
    pub(super) fn always() -> Self {
        Self(vec![Set::EMPTY])
    }

    /// Of the function that holds where this party is.
    pub(super) fn party(party: usize) -> Self {
        Self(vec![Set::of(party)])
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Set> {
        self.0.iter()
    }

    /// Keeps the minimal ones.
    pub(super) fn minimal(mut sets: Vec<Set>) -> Result<Self, TooMany> {
        if sets.len() > MOST_PARTIAL {
            return Err(TooMany);
        }
        sets.sort_by(Set::order);
        let mut kept: Vec<Set> = Vec::new();
        for set in sets {
            if !kept.iter().any(|smaller| smaller.is_within(&set)) {
                kept.push(set);
            }
            if kept.len() > MOST_COALITIONS {
                return Err(TooMany);
            }
        }
        Ok(Self(kept))
    }

    /// Of the function that holds where either does.
    pub(super) fn or(&self, other: &Self) -> Result<Self, TooMany> {
        Self::minimal([self.0.as_slice(), &other.0].concat())
    }

    /// Of the function that holds where both do.
    pub(super) fn and(&self, other: &Self) -> Result<Self, TooMany> {
        if self.0.len().saturating_mul(other.0.len()) > MOST_PARTIAL {
            return Err(TooMany);
        }
        let pairs = self.0.iter().flat_map(|one| {
            let join = |two: &Set| one.union(two);
            other.0.iter().map(join)
        });
        Self::minimal(pairs.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets(lists: &[&[usize]]) -> Sets {
        let set = |list: &&[usize]| {
            let mut set = Set::EMPTY;
            list.iter().for_each(|party| set.insert(*party));
            set
        };
        Sets::minimal(lists.iter().map(set).collect()).expect("few")
    }

    #[test]
    fn what_contains_another_goes_and_the_order_is_fixed() {
        assert_eq!(
            sets(&[&[1, 2], &[0, 70], &[1], &[1, 2, 3], &[0, 70]]),
            sets(&[&[1], &[0, 70]])
        );
        let listed: Vec<Vec<usize>> = sets(&[&[2, 3], &[0, 3], &[1]])
            .iter()
            .map(|set| set.parties().collect())
            .collect();
        assert_eq!(listed, [vec![1], vec![0, 3], vec![2, 3]]);
    }

    #[test]
    fn too_many_is_said() {
        let many = (0..=MOST_COALITIONS).map(|number| {
            let mut set = Set::EMPTY;
            (0..13).for_each(|bit| set.insert(2 * bit + (number >> bit & 1)));
            set
        });
        assert_eq!(Sets::minimal(many.collect()), Err(TooMany));
    }
}

//! The ways in which the formulas of custody are worked out: for one set of parties, for all sets at
//! once, and for all sets by what is missing.

use alloc::{vec, vec::Vec};

use super::sets::{Set, Sets, TooMany};

/// A monotone function of sets of parties.
pub(super) trait Logic {
    type Value: Clone;

    fn always(&self) -> Self::Value;

    /// Whether this party is there.
    fn party(&self, party: usize) -> Self::Value;

    /// Whether any of these holds.
    fn any(&self, values: Vec<Self::Value>) -> Result<Self::Value, TooMany>;

    /// Whether each of these holds.
    fn all(&self, values: Vec<Self::Value>) -> Result<Self::Value, TooMany>;

    /// Whether so many of these hold.
    fn at_least(&self, count: usize, values: Vec<Self::Value>) -> Result<Self::Value, TooMany>;
}

/// For these parties alone.
pub(super) struct Truth {
    pub(super) present: Set,
}

impl Logic for Truth {
    type Value = bool;

    fn always(&self) -> bool {
        true
    }

    fn party(&self, party: usize) -> bool {
        self.present.contains(party)
    }

    fn any(&self, values: Vec<bool>) -> Result<bool, TooMany> {
        Ok(values.contains(&true))
    }

    fn all(&self, values: Vec<bool>) -> Result<bool, TooMany> {
        Ok(!values.contains(&false))
    }

    fn at_least(&self, count: usize, values: Vec<bool>) -> Result<bool, TooMany> {
        Ok(values.into_iter().filter(|value| *value).count() >= count)
    }
}

/// The minimal sets for which a function holds, where these parties are there anyway.
pub(super) struct Minimal {
    pub(super) present: Set,
}

impl Logic for Minimal {
    type Value = Sets;

    fn always(&self) -> Sets {
        Sets::always()
    }

    fn party(&self, party: usize) -> Sets {
        if self.present.contains(party) {
            Sets::always()
        } else {
            Sets::party(party)
        }
    }

    fn any(&self, values: Vec<Sets>) -> Result<Sets, TooMany> {
        any(&values)
    }

    fn all(&self, values: Vec<Sets>) -> Result<Sets, TooMany> {
        all(values)
    }

    fn at_least(&self, count: usize, values: Vec<Sets>) -> Result<Sets, TooMany> {
        at_least(count, &values)
    }
}

/// The minimal sets without which a function does not hold: those of its dual, in which *any* and
/// *all* have changed places. These parties are never missing.
pub(super) struct Missing {
    pub(super) present: Set,
}

impl Logic for Missing {
    type Value = Sets;

    fn always(&self) -> Sets {
        Sets::never()
    }

    fn party(&self, party: usize) -> Sets {
        if self.present.contains(party) {
            Sets::never()
        } else {
            Sets::party(party)
        }
    }

    fn any(&self, values: Vec<Sets>) -> Result<Sets, TooMany> {
        all(values)
    }

    fn all(&self, values: Vec<Sets>) -> Result<Sets, TooMany> {
        any(&values)
    }

    /// Fewer than k of n hold where n − k + 1 do not.
    fn at_least(&self, count: usize, values: Vec<Sets>) -> Result<Sets, TooMany> {
        match count {
            0 => Ok(Sets::never()),
            count => at_least((values.len() + 1).saturating_sub(count), &values),
        }
    }
}

fn any(values: &[Sets]) -> Result<Sets, TooMany> {
    let sets = values.iter().flat_map(Sets::iter);
    Sets::minimal(sets.copied().collect())
}

fn all(values: Vec<Sets>) -> Result<Sets, TooMany> {
    let mut values = values.into_iter();
    values.try_fold(Sets::always(), |all, value| all.and(&value))
}

fn at_least(count: usize, values: &[Sets]) -> Result<Sets, TooMany> {
    // reached[j]: at least j of the values so far.
    let mut reached = vec![Sets::always()];
    reached.resize(count.saturating_add(1), Sets::never());
    for (value, rest) in values.iter().zip((0..values.len()).rev()) {
        let longer = reached.iter().map(|sets| sets.and(value));
        let longer: Vec<_> = longer.collect::<Result<_, _>>()?;
        for (sets, longer) in reached.iter_mut().skip(1).zip(&longer) {
            *sets = sets.or(longer)?;
        }
        // What all the rest together do not complete is of no use any more.
        let useless = count.saturating_sub(rest);
        for sets in reached.iter_mut().take(useless) {
            *sets = Sets::never();
        }
    }
    Ok(reached.pop().unwrap_or_else(Sets::always))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(sets: &Sets) -> Vec<Vec<usize>> {
        sets.iter().map(|set| set.parties().collect()).collect()
    }

    #[test]
    fn what_is_missing_meets_whatever_holds() {
        let (holds, fails) = (
            Minimal {
                present: Set::EMPTY,
            },
            Missing {
                present: Set::EMPTY,
            },
        );
        // (0 and 1) or 2.
        fn formula<L: Logic>(logic: &L) -> Result<L::Value, TooMany> {
            let both = logic.all(vec![logic.party(0), logic.party(1)])?;
            logic.any(vec![both, logic.party(2)])
        }
        assert_eq!(listed(&formula(&holds).unwrap()), [vec![2], vec![0, 1]]);
        assert_eq!(listed(&formula(&fails).unwrap()), [[0, 2], [1, 2]]);
    }

    #[test]
    fn so_many_of_some_are_counted_from_either_side() {
        let parties = || (0..4).map(Sets::party).collect::<Vec<_>>();
        let holds = Minimal {
            present: Set::of(0),
        };
        let fails = Missing {
            present: Set::EMPTY,
        };
        let three = holds.at_least(3, (0..4).map(|p| holds.party(p)).collect());
        assert_eq!(listed(&three.unwrap()), [[1, 2], [1, 3], [2, 3]]);
        let fewer = fails.at_least(3, parties()).unwrap();
        assert_eq!(fewer.iter().count(), 6);
        assert_eq!(fails.at_least(0, parties()), Ok(Sets::never()));
        assert_eq!(fails.at_least(5, parties()), Ok(Sets::always()));
        assert_eq!(holds.at_least(5, parties()), Ok(Sets::never()));
    }
}

//! Structures as boolean formulas, evaluated by counting alone, and all of them for few holders.

/// A holder by its number, or a rule over others.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Formula {
    Holder(usize),
    /// For each rank, how many of it and those before it must be satisfied, and its members.
    Gate(Vec<(usize, Vec<Self>)>),
}

impl Formula {
    /// Whether the holders of this set, given as bits, satisfy it.
    pub(super) fn is_satisfied_by(&self, set: usize) -> bool {
        match self {
            Self::Holder(i) => set >> i & 1 == 1,
            Self::Gate(ranks) => {
                let mut satisfied = 0;
                ranks.iter().all(|(need, members)| {
                    satisfied += members
                        .iter()
                        .filter(|member| member.is_satisfied_by(set))
                        .count();
                    satisfied >= *need
                })
            }
        }
    }

    /// As an expression, with the names a, b, c, ….
    pub(super) fn text(&self) -> String {
        match self {
            Self::Holder(i) => String::from_utf8(vec![b'a' + u8::try_from(*i).unwrap()]).unwrap(),
            Self::Gate(ranks) => {
                let rank = |(need, members): &(usize, Vec<Self>)| {
                    let members: Vec<_> = members.iter().map(Self::text).collect();
                    format!("{need} of ({})", members.join(", "))
                };
                let texts: Vec<_> = ranks.iter().map(rank).collect();
                match texts.as_slice() {
                    [only] => only.clone(),
                    texts => format!("ranked({})", texts.join(", ")),
                }
            }
        }
    }

    /// The same with the holders numbered from `first` on, in their order.
    fn numbered(&self, first: &mut usize) -> Self {
        match self {
            Self::Holder(_) => {
                *first += 1;
                Self::Holder(*first - 1)
            }
            Self::Gate(ranks) => {
                let mut rank = |(need, members): &(usize, Vec<Self>)| {
                    let members = members.iter().map(|member| member.numbered(first));
                    (*need, members.collect())
                };
                Self::Gate(ranks.iter().map(&mut rank).collect())
            }
        }
    }
}

/// Every structure of n holders up to their names: every tree whose gates have two members or more,
/// every division of the members into ranks, every choice of thresholds that can be reached.
pub(super) fn all_formulas(n: usize) -> Vec<Formula> {
    let number = |shape: &Formula| shape.numbered(&mut 0);
    shapes(n).iter().map(number).collect()
}

/// The structures with every holder called 0.
fn shapes(n: usize) -> Vec<Formula> {
    if n == 1 {
        return vec![Formula::Holder(0)];
    }
    let smaller: Vec<(usize, Formula)> = (1..n)
        .flat_map(|size| shapes(size).into_iter().map(move |shape| (size, shape)))
        .collect();
    let mut found = Vec::new();
    // The members of each rank are in the order of `smaller`, so that none is listed twice.
    rank_by_rank(&smaller, n, 0, 0, &[], &mut found);
    found
}

/// Adds every gate that begins with these ranks and has so many holders left.
fn rank_by_rank(
    smaller: &[(usize, Formula)],
    left: usize,
    members_before: usize,
    need_before: usize,
    ranks: &[(usize, Vec<Formula>)],
    found: &mut Vec<Formula>,
) {
    if left == 0 {
        found.push(Formula::Gate(ranks.to_vec()));
        return;
    }
    for (size, members) in sets(smaller, left) {
        let count = members_before + members.len();
        // A rule over a single member is that member.
        if left == size && ranks.is_empty() && members.len() < 2 {
            continue;
        }
        for need in need_before + 1..=count {
            let ranks = [ranks, &[(need, members.clone())]].concat();
            rank_by_rank(smaller, left - size, count, need, &ranks, found);
        }
    }
}

/// Every list of members, in order, of at most so many holders and at least one.
fn sets(smaller: &[(usize, Formula)], left: usize) -> Vec<(usize, Vec<Formula>)> {
    let mut found = Vec::new();
    for (position, (size, member)) in smaller.iter().enumerate() {
        if *size > left {
            continue;
        }
        found.push((*size, vec![member.clone()]));
        for (rest_size, rest) in sets(&smaller[position..], left - size) {
            found.push((size + rest_size, [vec![member.clone()], rest].concat()));
        }
    }
    found
}

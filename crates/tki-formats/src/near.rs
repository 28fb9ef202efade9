//! Words of a list that someone who typed something else may have meant.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::word_lists::LONGEST_WORD;

/// At most five words at a distance of one or two, nearest first, then in alphabetical order.
/// What is long enough to begin only one word of the list comes before them.
///
/// Distance counts letters that are missing, too many, wrong, or swapped with their neighbour.
pub(crate) fn to(typed: &str, list: &[&'static str]) -> Vec<&'static str> {
    let mut letters = Zeroizing::new([0_u8; LONGEST_WORD + FARTHEST]);
    let mut count = 0;
    for letter in typed.chars() {
        // Too long to be near anything, and no reason to look further.
        let Some(place) = letters.get_mut(count) else {
            return Vec::new();
        };
        // What is no ASCII letter is unlike any letter of the list.
        *place = u8::try_from(letter).unwrap_or(0).to_ascii_lowercase();
        count += 1;
    }
    let typed = letters.get(..count).unwrap_or_default();

    let mut candidates: Vec<(usize, &'static str)> = list
        .iter()
        .filter_map(|&word| {
            let begins = typed.len() >= UNIQUE_LETTERS && word.as_bytes().starts_with(typed);
            let distance = if begins {
                0
            } else {
                distance(typed, word.as_bytes())
            };
            // Two wrong letters of three are no likeness.
            let farthest = if typed.len() > 3 { FARTHEST } else { 1 };
            (distance <= farthest).then_some((distance, word))
        })
        .collect();
    candidates.sort_unstable();
    candidates.truncate(MOST);
    candidates.into_iter().map(|(_, word)| word).collect()
}

/// Optimal string alignment: the least number of insertions, deletions, substitutions and swaps of
/// neighbours, no letter being touched twice.
///
/// ```text
/// d(i, j) = min( d(i−1, j) + 1, d(i, j−1) + 1, d(i−1, j−1) + [a_i ≠ b_j],
///                d(i−2, j−2) + 1  if a_i = b_{j−1} and a_{i−1} = b_j )
/// ```
fn distance(a: &[u8], b: &[u8]) -> usize {
    // Rows i−2, i−1 and i of d; they are what is left of a secret, so they are wiped.
    let mut rows = Zeroizing::new([[0_usize; LONGEST_WORD + 1]; 3]);
    let [before_last, last, row] = &mut *rows;
    for (j, d) in last.iter_mut().enumerate() {
        *d = j;
    }
    let mut previous_a = None;
    for (&a_i, i) in a.iter().zip(1..) {
        let mut left = i;
        let mut previous_b = None;
        set(row, 0, left);
        for (&b_j, j) in b.iter().zip(1..) {
            let mut best = (get(last, j) + 1)
                .min(left + 1)
                .min(get(last, j - 1) + usize::from(a_i != b_j));
            if Some(a_i) == previous_b && previous_a == Some(b_j) {
                best = best.min(get(before_last, j - 2) + 1);
            }
            set(row, j, best);
            left = best;
            previous_b = Some(b_j);
        }
        *before_last = *last;
        *last = *row;
        previous_a = Some(a_i);
    }
    get(last, b.len())
}

/// No word of the list is longer than a row.
fn get(row: &[usize], place: usize) -> usize {
    row.get(place).copied().unwrap_or(usize::MAX / 2)
}

fn set(row: &mut [usize], place: usize, distance: usize) {
    if let Some(d) = row.get_mut(place) {
        *d = distance;
    }
}

/// Most words given.
const MOST: usize = 5;
/// Greatest distance that is still near.
const FARTHEST: usize = 2;
/// So many letters tell every word of the list apart.
const UNIQUE_LETTERS: usize = 4;

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn distance_counts_insertions_deletions_substitutions_and_swaps() {
        for (a, b, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("zoo", "zoo", 0),
            ("zo", "zoo", 1),
            ("zooo", "zoo", 1),
            ("zpo", "zoo", 1),
            ("ozo", "zoo", 1),
            ("ca", "abc", 3),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(a.as_bytes(), b.as_bytes()), expected, "{a} {b}");
        }
    }
}

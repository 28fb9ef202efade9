//! Systems of linear equations over the scalars, in variable time, on public data only.
//!
//! Gauss's elimination. To solve, each pivot is made 1 by one inversion, and entries of the pivot's
//! row that are zero are left alone: equations of derivatives have many, when the columns come by
//! rising order. To decide a span nothing is divided: there the matrices are small and many.

use alloc::vec::Vec;

use ff::Field;

/// The x with Σ_j a_{i,j}·x_j = b_i for every row i; none when the square matrix is singular.
///
/// Each row of `rows` is a_{i,0} … a_{i,m−1}, b_i.
pub(crate) fn solve_vartime<F: Field>(mut rows: Vec<Vec<F>>) -> Option<Vec<F>> {
    let size = rows.len();
    for column in 0..size {
        let below = rows.iter().skip(column);
        let pivot = below.take_while(|row| is_zero(row, column)).count() + column;
        if pivot == size {
            return None;
        }
        rows.swap(column, pivot);
        let (above, below) = rows.split_at_mut(column + 1);
        let pivot = above.last_mut()?;
        let inverse = Option::<F>::from(pivot.get(column)?.invert())?;
        pivot.iter_mut().for_each(|a| *a *= inverse);
        // Which entries are zero is looked at once, and not again for each row.
        let entries = pivot.iter().copied().enumerate().skip(column);
        let entries: Vec<_> = entries.filter(|(_, c)| !c.is_zero_vartime()).collect();
        for row in below {
            let b = *row.get(column)?;
            for (j, c) in &entries {
                *row.get_mut(*j)? -= *c * b;
            }
        }
    }
    // From the last row up: x_i = b_i − Σ_{j>i} a_{i,j}·x_j.
    let mut x: Vec<F> = Vec::with_capacity(size);
    for (i, row) in rows.iter().enumerate().rev() {
        let known = row.get(i + 1..size)?.iter().zip(x.iter().rev());
        x.push(known.fold(*row.get(size)?, |sum, (a, x_j)| sum - *a * x_j));
    }
    x.reverse();
    Some(x)
}

/// Whether `target` is a sum of multiples of these rows, all of one length.
pub(crate) fn spans_vartime<F: Field>(mut rows: Vec<Vec<F>>, target: Vec<F>) -> bool {
    let columns = target.len();
    let mut target = alloc::vec![target];
    let mut rank = 0;
    for column in 0..columns {
        let below = rows.iter().skip(rank);
        let pivot = below.take_while(|row| is_zero(row, column)).count() + rank;
        if pivot >= rows.len() {
            continue;
        }
        rows.swap(rank, pivot);
        clear_below(&mut rows, rank, column);
        if let (Some(row), Some(target)) = (rows.get(rank), target.first_mut()) {
            clear(target, row, column);
        }
        rank += 1;
    }
    target.iter().flatten().all(F::is_zero_vartime)
}

fn is_zero<F: Field>(row: &[F], column: usize) -> bool {
    row.get(column).is_none_or(F::is_zero_vartime)
}

/// Makes the column zero in every row below the pivot's.
fn clear_below<F: Field>(rows: &mut [Vec<F>], pivot: usize, column: usize) {
    let (above, below) = rows.split_at_mut(pivot + 1);
    if let Some(pivot) = above.last() {
        below.iter_mut().for_each(|row| clear(row, pivot, column));
    }
}

/// row ← p·row − b·pivot with p the pivot's entry in the column and b the row's.
fn clear<F: Field>(row: &mut [F], pivot: &[F], column: usize) {
    let (Some(&p), Some(&b)) = (pivot.get(column), row.get(column)) else {
        return;
    };
    if b.is_zero_vartime() {
        return;
    }
    let entries = row.iter_mut().zip(pivot).skip(column);
    entries.for_each(|(a, c)| *a = *a * p - *c * b);
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use k256::Scalar;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng as _;

    use super::*;

    fn random_rows(rng: &mut ChaCha20Rng, rows: usize, columns: usize) -> Vec<Vec<Scalar>> {
        let row = |_| (0..columns).map(|_| Scalar::random(&mut *rng)).collect();
        (0..rows).map(row).collect()
    }

    /// Σ a_i·row_i.
    fn combination(rows: &[Vec<Scalar>], factors: &[Scalar]) -> Vec<Scalar> {
        let entry = |column: usize| {
            let terms = rows.iter().zip(factors);
            terms.map(|(row, factor)| row[column] * factor).sum()
        };
        (0..rows[0].len()).map(entry).collect()
    }

    #[test]
    fn exactly_the_combinations_of_rows_are_spanned() {
        let rng = &mut ChaCha20Rng::seed_from_u64(1);
        for columns in 1..=6 {
            for count in 1..=columns {
                let mut rows = random_rows(rng, count, columns);
                let factors: Vec<_> = (0..count).map(|_| Scalar::random(&mut *rng)).collect();
                let spanned = combination(&rows, &factors);
                let other: Vec<_> = (0..columns).map(|_| Scalar::random(&mut *rng)).collect();
                // Random rows are independent, so that only as many as columns span everything.
                assert!(spans_vartime(rows.clone(), spanned.clone()));
                assert_eq!(spans_vartime(rows.clone(), other.clone()), count == columns);
                // A row that adds nothing, in front, and a column of zeros.
                rows.insert(0, spanned.clone());
                assert_eq!(spans_vartime(rows.clone(), other.clone()), count == columns);
                let padded = |row: &Vec<Scalar>| [vec![Scalar::ZERO], row.clone()].concat();
                let mut rows: Vec<_> = rows.iter().map(padded).collect();
                rows.reverse();
                assert!(spans_vartime(rows.clone(), padded(&spanned)));
                let outside = [vec![Scalar::ONE], spanned].concat();
                assert!(!spans_vartime(rows, outside));
            }
        }
        assert!(!spans_vartime(Vec::new(), vec![Scalar::ONE]));
        assert!(spans_vartime(Vec::new(), vec![Scalar::ZERO]));
    }

    #[test]
    fn regular_systems_are_solved_and_singular_ones_refused() {
        let rng = &mut ChaCha20Rng::seed_from_u64(2);
        for size in 1..=6 {
            let left = random_rows(rng, size, size);
            let x: Vec<_> = (0..size).map(|_| Scalar::random(&mut *rng)).collect();
            let system = |left: &[Vec<Scalar>]| -> Vec<Vec<Scalar>> {
                let right = |row: &Vec<Scalar>| row.iter().zip(&x).map(|(a, x_j)| *a * x_j).sum();
                let whole = |row: &Vec<Scalar>| [row.clone(), vec![right(row)]].concat();
                left.iter().map(whole).collect()
            };
            assert_eq!(solve_vartime(system(&left)), Some(x.clone()));
            // With a zero where the first pivot is looked for.
            let mut turned = left.clone();
            turned[0][0] = Scalar::ZERO;
            let solution = (size > 1).then(|| x.clone());
            assert_eq!(solve_vartime(system(&turned)), solution);
            // With a row that follows from the others.
            let mut singular = left;
            let factors: Vec<_> = (1..size).map(|_| Scalar::random(&mut *rng)).collect();
            let last = match size {
                1 => vec![Scalar::ZERO],
                _ => combination(&singular[1..], &factors),
            };
            singular[0] = last;
            assert_eq!(solve_vartime(system(&singular)), None);
        }
    }
}

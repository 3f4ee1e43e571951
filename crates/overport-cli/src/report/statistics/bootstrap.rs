//! The bootstrap's distribution of a median, exactly.
//!
//! Drawing n of n values with replacement again and again only estimates a distribution that
//! for a median can be calculated: which order statistics of a draw are in its middle follows from
//! binomial counts (Efron, 1979; Maritz and Jarrett, 1978). The result needs no seed, and an
//! interval does not depend on how often was drawn.

/// A value that the median of a draw may have, and how probable that is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Atom {
    pub(super) value: f64,
    pub(super) part: f64,
}

/// With many values most pairs are hardly ever in the middle of a draw; all of them together are
/// less than a millionth.
const NEGLIGIBLE: f64 = 1e-13;

/// The medians of all draws from `sorted`, in ascending order.
pub(super) fn medians(sorted: &[f64]) -> Vec<Atom> {
    let mut atoms = if sorted.len() % 2 == 1 {
        of_odd(sorted)
    } else {
        of_even(sorted)
    };
    atoms.sort_by(|a, b| a.value.total_cmp(&b.value));
    atoms
}

/// The value that a part `part` of the distribution does not exceed.
pub(super) fn quantile(atoms: &[Atom], part: f64) -> f64 {
    let mut below = 0.0;
    for atom in atoms {
        below += atom.part;
        // Sums of many parts are off by a few last digits.
        if below >= part - 1e-12 {
            return atom.value;
        }
    }
    atoms.last().map_or(f64::NAN, |atom| atom.value)
}

fn of_odd(sorted: &[f64]) -> Vec<Atom> {
    let middle = sorted.len() / 2 + 1;
    middle_parts(sorted.len(), middle)
        .into_iter()
        .zip(sorted)
        .map(|(part, &value)| Atom { value, part })
        .collect()
}

/// The two in the middle of a draw are the i-th and the j-th of the values: half of the draw is
/// from the first i with the i-th among them, the other half from the j-th on with that among them.
fn of_even(sorted: &[f64]) -> Vec<Atom> {
    let n = sorted.len();
    let half = n / 2;
    let ways = Binomials::new(n).ln(half);
    // As logarithms, since the binomial exceeds any float where there are many values. By
    // symmetry the upper half's are the same, from the end.
    let ends_at: Vec<f64> = (1..=n)
        .map(|i| {
            let share = |i: usize| (i as f64 / n as f64).powf(half as f64);
            (share(i) - share(i - 1)).ln()
        })
        .collect();
    let mut atoms = Vec::with_capacity(n * (n + 1) / 2);
    for (i, lower_part) in middle_parts(n, half).into_iter().enumerate() {
        let mut both_part = lower_part;
        for j in i + 1..n {
            let part = (ways + ends_at[i] + ends_at[n - 1 - j]).exp();
            if part < NEGLIGIBLE {
                break;
            }
            both_part -= part;
            atoms.push(Atom {
                value: f64::midpoint(sorted[i], sorted[j]),
                part,
            });
        }
        atoms.push(Atom {
            value: sorted[i],
            part: both_part.max(0.0),
        });
    }
    atoms
}

/// For each of n values how probable it is that it is the `rank`-th (from 1) of a draw.
fn middle_parts(n: usize, rank: usize) -> Vec<f64> {
    let binomials = Binomials::new(n);
    // The rank-th is at most the i-th value when at least so many of the draw are.
    let at_most: Vec<f64> = (0..=n)
        .map(|i| (rank..=n).map(|count| binomials.part(count, i)).sum())
        .collect();
    at_most.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

/// Of n values, n drawn.
struct Binomials {
    /// Of 0 to n.
    ln_factorials: Vec<f64>,
}

impl Binomials {
    fn new(n: usize) -> Self {
        let mut ln_factorials = vec![0.0];
        let mut sum = 0.0;
        for i in 1..=n {
            sum += (i as f64).ln();
            ln_factorials.push(sum);
        }
        Self { ln_factorials }
    }

    /// The logarithm of n over `k`.
    fn ln(&self, k: usize) -> f64 {
        let n = self.ln_factorials.len() - 1;
        self.ln_factorials[n] - self.ln_factorials[k] - self.ln_factorials[n - k]
    }

    /// How probable it is that `count` of a draw are among the first `favourable` values.
    fn part(&self, count: usize, favourable: usize) -> f64 {
        let n = self.ln_factorials.len() - 1;
        let share = favourable as f64 / n as f64;
        (self.ln(count) + ln_power(share, count) + ln_power(1.0 - share, n - count)).exp()
    }
}

/// The logarithm of a power, where 0 to the power of 0 is 1.
fn ln_power(base: f64, exponent: usize) -> f64 {
    if exponent == 0 {
        return 0.0;
    }
    exponent as f64 * base.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All draws of four from four, counted.
    #[test]
    fn the_parts_are_those_of_all_draws() {
        let values = [1.0, 2.0, 4.0, 8.0];
        let mut counted: Vec<(f64, u32)> = Vec::new();
        for draw in 0..256_usize {
            let mut drawn: Vec<f64> = (0..4).map(|i| values[draw >> (2 * i) & 3]).collect();
            drawn.sort_by(f64::total_cmp);
            let median = f64::midpoint(drawn[1], drawn[2]);
            match counted.iter_mut().find(|(value, _)| *value == median) {
                Some((_, count)) => *count += 1,
                None => counted.push((median, 1)),
            }
        }
        let atoms = medians(&values);
        for (value, count) in counted {
            let part: f64 = atoms
                .iter()
                .filter(|atom| atom.value == value)
                .map(|atom| atom.part)
                .sum();
            assert!((part - f64::from(count) / 256.0).abs() < 1e-12, "{value}");
        }
    }

    #[test]
    fn the_parts_sum_to_one_for_few_values_and_for_many() {
        for n in [2_usize, 5, 8, 41, 300] {
            let values: Vec<f64> = (0..n).map(|i| i as f64).collect();
            let sum: f64 = medians(&values).iter().map(|atom| atom.part).sum();
            assert!((sum - 1.0).abs() < 1e-9, "{n}: {sum}");
        }
    }

    #[test]
    fn a_quantile_is_the_first_value_that_reaches_it() {
        let atoms = medians(&[1.0, 2.0, 3.0]);
        // 7, 13 and 7 of 27 draws.
        assert_eq!(quantile(&atoms, 0.25), 1.0);
        assert_eq!(quantile(&atoms, 0.5), 2.0);
        assert_eq!(quantile(&atoms, 0.75), 3.0);
        assert_eq!(quantile(&atoms, 1.0), 3.0);
    }
}

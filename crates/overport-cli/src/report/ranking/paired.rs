//! Servers by their values in the same rounds.

use super::Ratio;
use crate::report::statistics::{Interval, geometric_mean, median_interval};

/// How much wider than 95 % the intervals are made. Intervals of 95 % that touch tell two equal
/// servers apart in up to 1.4 of 100 comparisons; so wide, in fewer than 1, and nine equal
/// servers come out with a difference somewhere in fewer than 5 of 100.
const WIDENED: f64 = 1.15;

/// Where each server stands to the common level of the rounds, by the logarithm of its ratio to it.
///
/// `values` holds one server's values after the other, each above 0, one a round and the same
/// rounds for all. A round's level is the geometric mean of its values, so that what disturbed the
/// whole round is in both and cancels.
///
/// The level holds a server's own value too, which hides a part of its noise: all of
/// two servers' would be shared. So the intervals are widened by sqrt(k/(k-1)) for k servers
/// (Morey, Confidence Intervals from Normalized Data, 2008, of Cousineau's intervals for
/// measurements that are paired). Then a server's interval is that of its own noise, and
/// intervals that don't overlap mean the same among two servers as among nine. What they
/// mean is set by [`WIDENED`].
pub(super) fn levels(values: &[Vec<f64>]) -> Vec<Interval> {
    if values.len() == 1 {
        // Alone, it is the level.
        return vec![Interval {
            low: 0.0,
            centre: 0.0,
            high: 0.0,
        }];
    }
    let rounds = values.first().map_or(0, Vec::len);
    let common: Vec<f64> = (0..rounds)
        .filter_map(|round| {
            let of_round: Vec<f64> = values.iter().map(|server| server[round]).collect();
            geometric_mean(&of_round)
        })
        .collect();
    let servers = values.len() as f64;
    let factor = WIDENED * (servers / (servers - 1.0)).sqrt();
    values
        .iter()
        .filter_map(|server| {
            let levels: Vec<f64> = server
                .iter()
                .zip(&common)
                .map(|(value, common)| (value / common).ln())
                .collect();
            median_interval(&levels)
        })
        .map(|interval| widened(interval, factor))
        .collect()
}

/// Whether the rounds tell two servers apart.
pub(super) fn told_apart(a: &Interval, b: &Interval) -> bool {
    a.high < b.low || b.high < a.low
}

/// A level by another one's centre.
pub(super) fn ratio(level: &Interval, to: f64) -> Ratio {
    Ratio {
        value: (level.centre - to).exp(),
        low: (level.low - to).exp(),
        high: (level.high - to).exp(),
    }
}

fn widened(interval: Interval, factor: f64) -> Interval {
    Interval {
        low: interval.centre - (interval.centre - interval.low) * factor,
        centre: interval.centre,
        high: interval.centre + (interval.high - interval.centre) * factor,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::statistics::simulated::{Noise, trials};

    /// What scatters, and by how much.
    struct Rounds {
        servers: usize,
        rounds: usize,
        noise: Noise,
        noise_part: f64,
    }

    impl Rounds {
        /// How often the first server, at `planted` times the others, is told apart from the
        /// second, and how often any two are.
        fn told_apart(&self, planted: f64) -> (f64, f64) {
            let mut rng = fastrand::Rng::with_seed(7);
            let trials = trials(200);
            let (mut pair, mut any) = (0, 0);
            for _ in 0..trials {
                let levels = levels(&self.values(planted, &mut rng));
                pair += usize::from(told_apart(&levels[0], &levels[1]));
                any += usize::from(
                    levels
                        .iter()
                        .any(|a| levels.iter().any(|b| told_apart(a, b))),
                );
            }
            let part = |count: usize| count as f64 / trials as f64;
            (part(pair), part(any))
        }

        /// Each round has its own level, ten times as noisy as what is measured in it.
        fn values(&self, planted: f64, rng: &mut fastrand::Rng) -> Vec<Vec<f64>> {
            let common: Vec<f64> = (0..self.rounds)
                .map(|_| 10.0 * self.noise_part * self.noise.value(rng))
                .collect();
            (0..self.servers)
                .map(|server| {
                    let of_all: f64 = if server == 0 { planted } else { 1.0 };
                    common
                        .iter()
                        .map(|common| common + self.noise_part * self.noise.value(rng))
                        .map(|noise| of_all * noise.exp())
                        .collect()
                })
                .collect()
        }
    }

    #[test]
    fn the_same_server_twice_is_not_told_apart_in_99_of_100_comparisons() {
        for noise in [Noise::Normal, Noise::HeavyTailed] {
            for (servers, rounds) in [(2, 5), (2, 8), (2, 20), (9, 5), (9, 8)] {
                let (pair, any) = Rounds {
                    servers,
                    rounds,
                    noise,
                    noise_part: 0.02,
                }
                .told_apart(1.0);
                println!(
                    "{noise:?}, {servers} equal servers, {rounds} rounds: told apart are a pair in \
                     {:.1} %, any pair in {:.1} %",
                    pair * 100.0,
                    any * 100.0
                );
                assert!(pair <= 0.015, "{noise:?}, {servers}, {rounds}: {pair}");
                assert!(any <= 0.06, "{noise:?}, {servers}, {rounds}: {any}");
            }
        }
    }

    /// What is told apart in 90 of 100 comparisons or more of two among three servers; among nine
    /// it is a little more. This table is in the documentation.
    #[test]
    fn a_planted_difference_is_told_apart_at_so_many_rounds() {
        const TOLD_APART: [(f64, usize, f64); 11] = [
            // The noise, the rounds, the difference; 10 % first.
            (0.01, 5, 1.10),
            (0.02, 8, 1.10),
            (0.05, 16, 1.10),
            (0.01, 8, 1.05),
            (0.01, 20, 1.02),
            (0.01, 40, 1.01),
            (0.02, 20, 1.04),
            (0.02, 40, 1.02),
            (0.05, 8, 1.25),
            (0.05, 20, 1.08),
            (0.05, 40, 1.05),
        ];
        for (noise_part, rounds, planted) in TOLD_APART {
            let (pair, _) = Rounds {
                servers: 3,
                rounds,
                noise: Noise::HeavyTailed,
                noise_part,
            }
            .told_apart(planted);
            println!(
                "noise {noise_part}, {rounds} rounds, {planted}: {:.0} %",
                pair * 100.0
            );
            assert!(pair >= 0.87, "{noise_part}, {rounds}, {planted}: {pair}");
        }
    }
}

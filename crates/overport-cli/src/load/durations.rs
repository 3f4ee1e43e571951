//! Durations, counted into a histogram.

use hdrhistogram::Histogram;
use serde::Serialize;

/// Times below the first are not told apart; times above the last count as the last.
const SHORTEST_NS: u64 = 100;
const LONGEST_NS: u64 = 3_600_000_000_000;

/// Durations in nanoseconds, with three significant digits.
#[derive(Debug)]
pub(super) struct Durations(Histogram<u64>);

impl Durations {
    pub(super) fn new() -> Self {
        // INVARIANT: the bounds and the digits are constants that the histogram accepts; the
        // tests construct one.
        Self(
            Histogram::new_with_bounds(SHORTEST_NS, LONGEST_NS, 3)
                .expect("constant histogram bounds"),
        )
    }

    pub(super) fn record_ns(&mut self, duration_ns: u64) {
        self.0.saturating_record(duration_ns);
    }

    pub(super) fn count(&self) -> u64 {
        self.0.len()
    }

    /// The duration that `quantile` of all stay at or below; 0 when there are none.
    fn quantile_us(&self, quantile: f64) -> f64 {
        self.0.value_at_quantile(quantile) as f64 / 1e3
    }

    pub(super) fn quantiles(&self) -> Quantiles {
        Quantiles {
            count: self.count(),
            p50: self.quantile_us(0.5),
            p90: self.quantile_us(0.9),
            p99: self.quantile_us(0.99),
            p99_9: self.quantile_us(0.999),
            max: self.0.max() as f64 / 1e3,
        }
    }

    /// Which part of the durations is above `limit_ns`.
    pub(super) fn part_above(&self, limit_ns: u64) -> f64 {
        if self.0.is_empty() {
            return 0.0;
        }
        1.0 - self.0.quantile_below(limit_ns)
    }

    pub(super) fn merge(&mut self, other: &Self) {
        // INVARIANT: both have the same bounds.
        self.0.add(&other.0).expect("equal histogram bounds");
    }
}

/// The usual quantiles of some durations, in microseconds; all 0 where the count is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Quantiles {
    pub(crate) count: u64,
    pub(crate) p50: f64,
    pub(crate) p90: f64,
    pub(crate) p99: f64,
    pub(crate) p99_9: f64,
    pub(crate) max: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_in_microseconds() {
        let mut durations = Durations::new();
        (1..=100).for_each(|step| durations.record_ns(step * 1_000_000));
        let p99_us = durations.quantile_us(0.99);
        assert!((98_900.0..=99_200.0).contains(&p99_us), "{p99_us}");
        assert!((durations.part_above(50_000_000) - 0.5).abs() < 0.02);
        assert_eq!(Durations::new().quantile_us(0.5), 0.0);
    }
}

//! Medians and what they are worth.

use std::ops::RangeInclusive;

/// Resamples of the bootstrap; more change the third digit of an interval no more.
const RESAMPLES: usize = 10_000;

/// The median of some values, of which there is at least one.
pub(crate) fn median(values: &[f64]) -> f64 {
    quantile(&sorted(values), 0.5)
}

/// The first and the third quartile.
pub(crate) fn quartiles(values: &[f64]) -> RangeInclusive<f64> {
    let sorted = sorted(values);
    quantile(&sorted, 0.25)..=quantile(&sorted, 0.75)
}

/// The 95 % interval of the median by the percentile bootstrap; the same values give the
/// same interval each time.
pub(crate) fn median_interval(values: &[f64]) -> RangeInclusive<f64> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let medians: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let resample: Vec<f64> = values
                .iter()
                .map(|_| values[random.below(values.len())])
                .collect();
            median(&resample)
        })
        .collect();
    let sorted = sorted(&medians);
    quantile(&sorted, 0.025)..=quantile(&sorted, 0.975)
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values
}

/// The quantile of sorted values, between the two that it lies between.
fn quantile(sorted: &[f64], fraction: f64) -> f64 {
    let position = fraction * (sorted.len() - 1) as f64;
    let below = sorted[position.floor() as usize];
    let above = sorted[position.ceil() as usize];
    below + (above - below) * position.fract()
}

/// Marsaglia's xorshift of 64 bits.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_the_values() {
        let values = [4.0, 1.0, 3.0, 2.0];
        assert_eq!(median(&values), 2.5);
        assert_eq!(quartiles(&values), 1.75..=3.25);
        assert_eq!(median(&[7.0]), 7.0);
    }

    #[test]
    fn the_interval_holds_the_median_and_narrows_with_more_values() {
        let few: Vec<f64> = (0..10).map(f64::from).collect();
        let many: Vec<f64> = (0..1000).map(|value| f64::from(value) / 100.0).collect();
        let (wide, narrow) = (median_interval(&few), median_interval(&many));
        assert!(wide.contains(&median(&few)) && narrow.contains(&median(&many)));
        assert!(narrow.end() - narrow.start() < wide.end() - wide.start());
    }

    #[test]
    fn equal_values_have_an_interval_of_one_point() {
        assert_eq!(median_interval(&[2.0; 20]), 2.0..=2.0);
    }
}

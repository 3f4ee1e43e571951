//! What a few rounds tell: medians, and how sure they are.

mod bootstrap;
mod normal;

#[cfg(test)]
pub(crate) mod simulated;

use self::normal::{cumulative, t_97_5};

/// With up to so many values the bootstrap is calculated exactly, which takes time and memory by
/// their square.
const MOST_EXACT: usize = 200;

/// A median with its 95 % interval, which may reach to infinity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Interval {
    pub(crate) low: f64,
    pub(crate) centre: f64,
    pub(crate) high: f64,
}

/// The quarters of some values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Quartiles {
    pub(crate) lower: f64,
    pub(crate) median: f64,
    pub(crate) upper: f64,
}

/// The middle value, or the mean of the two in the middle; none of no values.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    quantile(&sorted(values), 0.5)
}

/// The median and the quartiles about it, linear between two values; none of no values.
pub(crate) fn quartiles(values: &[f64]) -> Option<Quartiles> {
    let sorted = sorted(values);
    Some(Quartiles {
        lower: quantile(&sorted, 0.25)?,
        median: quantile(&sorted, 0.5)?,
        upper: quantile(&sorted, 0.75)?,
    })
}

/// The median with the 95 % interval of what it would be after endless rounds; none of no values.
///
/// It is the expanded percentile interval of the bootstrap (Hesterberg, What Teachers Should Know
/// About the Bootstrap, 2015). The percentiles 2.5 and 97.5 are those of a normal
/// distribution whose deviation is known; of n values the bootstrap sees one that is too small by
/// sqrt((n-1)/n) and that is itself uncertain. So the percentiles are moved outwards to
/// Phi(-sqrt(n/(n-1)) t), with Student's t for n-1 degrees of freedom. Up to 200 values they are
/// those of all draws; with more, the normal approximation of which value they are.
///
/// No percentile reaches beyond the least and the greatest value, and they enclose the median in
/// all but 2^(1-n) of the cases: 97 % with six values, too few with five. With two to five values
/// the interval is therefore Student's about the mean, widened to enclose them all. With fewer than
/// five it is that of 99 %: it rests on normal noise, and so few can't show another. One value says
/// nothing about the next, and its interval is infinite.
pub(crate) fn median_interval(values: &[f64]) -> Option<Interval> {
    let sorted = sorted(values);
    let centre = quantile(&sorted, 0.5)?;
    let (low, high) = match sorted.len() {
        1 => (f64::NEG_INFINITY, f64::INFINITY),
        2 => students(&sorted, 63.657),
        3 => students(&sorted, 9.9248),
        4 => students(&sorted, 5.8409),
        5 => students(&sorted, t_97_5(4)),
        _ => expanded_percentiles(&sorted),
    };
    Some(Interval { low, centre, high })
}

/// The geometric mean; none of no values. They must be above 0.
pub(crate) fn geometric_mean(values: &[f64]) -> Option<f64> {
    let mean = values.iter().map(|value| value.ln()).sum::<f64>() / values.len() as f64;
    (!values.is_empty()).then(|| mean.exp())
}

fn expanded_percentiles(sorted: &[f64]) -> (f64, f64) {
    let n = sorted.len() as f64;
    let deviations = (n / (n - 1.0)).sqrt() * t_97_5(sorted.len() - 1);
    if sorted.len() > MOST_EXACT {
        return approximate_percentiles(sorted, deviations);
    }
    exact_percentiles(sorted, deviations)
}

/// The percentiles of the bootstrap's medians that lie so many deviations of a normal distribution
/// from the middle.
fn exact_percentiles(sorted: &[f64], deviations: f64) -> (f64, f64) {
    let tail = cumulative(-deviations);
    let medians = bootstrap::medians(sorted);
    (
        bootstrap::quantile(&medians, tail),
        bootstrap::quantile(&medians, 1.0 - tail),
    )
}

/// The same of many values, to the next of them outwards. How many of a draw are below the value in
/// the middle is binomial with a deviation of half the root of n, and with many values as good as
/// normal.
fn approximate_percentiles(sorted: &[f64], deviations: f64) -> (f64, f64) {
    let last = sorted.len() - 1;
    let reach = deviations * (sorted.len() as f64).sqrt() / 2.0;
    let low = (last as f64 / 2.0 - reach).floor().max(0.0) as usize;
    (sorted[low], sorted[last - low])
}

fn students(sorted: &[f64], t: f64) -> (f64, f64) {
    let n = sorted.len() as f64;
    let mean = sorted.iter().sum::<f64>() / n;
    let squares: f64 = sorted.iter().map(|value| (value - mean).powi(2)).sum();
    let half = t * (squares / (n - 1.0) / n).sqrt();
    (
        sorted[0].min(mean - half),
        sorted[sorted.len() - 1].max(mean + half),
    )
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

fn quantile(sorted: &[f64], part: f64) -> Option<f64> {
    let position = part * (sorted.len().checked_sub(1)?) as f64;
    let (below, above) = (position.floor() as usize, position.ceil() as usize);
    let weight = position - position.floor();
    Some(sorted[below] + weight * (sorted[above] - sorted[below]))
}

#[cfg(test)]
mod tests {
    use super::simulated::{Noise, coverage};
    use super::*;

    #[test]
    fn medians_and_quartiles_lie_between_the_values() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0]), Some(3.0));
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), Some(2.5));
        let quartiles = quartiles(&[5.0, 1.0, 4.0, 2.0, 3.0]).expect("there are values");
        assert_eq!(
            quartiles,
            Quartiles {
                lower: 2.0,
                median: 3.0,
                upper: 4.0
            }
        );
    }

    #[test]
    fn one_value_tells_nothing_and_two_little() {
        assert_eq!(median_interval(&[]), None);
        let one = median_interval(&[2.0]).expect("there is a value");
        assert_eq!((one.low, one.high), (f64::NEG_INFINITY, f64::INFINITY));
        let two = median_interval(&[1.0, 1.1]).expect("there are values");
        assert!(two.low < 0.5 && two.high > 1.6, "{two:?}");
    }

    #[test]
    fn equal_values_have_an_interval_of_no_width() {
        for n in [2, 5, 8] {
            let interval = median_interval(&vec![1.5; n]).expect("there are values");
            assert_eq!((interval.low, interval.high), (1.5, 1.5));
        }
    }

    /// Those of the exact bootstrap, but for an order statistic.
    #[test]
    fn the_approximate_percentiles_are_about_the_exact_ones() {
        for n in [100_usize, 301, 1000] {
            let values: Vec<f64> = (0..n).map(|i| i as f64).collect();
            let (low, high) = exact_percentiles(&values, 2.0);
            let (approximate_low, approximate_high) = approximate_percentiles(&values, 2.0);
            assert!(
                (0.0..=1.5).contains(&(low - approximate_low)),
                "{n}: {low}, {approximate_low}"
            );
            assert!(
                (0.0..=1.5).contains(&(approximate_high - high)),
                "{n}: {high}"
            );
        }
    }

    /// The exact bootstrap would take minutes and gigabytes.
    #[test]
    fn a_hundred_thousand_values_have_a_narrow_interval() {
        let mut rng = fastrand::Rng::with_seed(1);
        let values: Vec<f64> = (0..100_000)
            .map(|_| Noise::Normal.value(&mut rng))
            .collect();
        let interval = median_interval(&values).expect("there are values");
        let width = interval.high - interval.low;
        assert!(interval.low < interval.centre && interval.centre < interval.high);
        // 3.92 deviations of 1.2533 by the root of n.
        assert!((width - 0.0155).abs() < 0.001, "{width}");
    }

    /// The test prints how often.
    #[test]
    fn the_interval_holds_the_median_in_95_of_100_cases() {
        for noise in [Noise::Normal, Noise::HeavyTailed] {
            for n in [2, 3, 5, 8, 20] {
                let held = coverage(noise, n);
                println!("{noise:?}, {n} values: {:.1} %", held * 100.0);
                assert!(held > 0.945, "{noise:?}, {n} values: {held}");
            }
        }
    }
}

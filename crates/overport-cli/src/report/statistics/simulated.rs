//! Rounds with a known truth, for what the rules promise.

use super::median_interval;

/// How often a case is tried: `quick` times, or as often as OVERPORT_TRIALS says, for the figures
/// of the documentation. The tests print them:
///
///     OVERPORT_TRIALS=10000 cargo test --release --bin overport report -- --nocapture
pub(crate) fn trials(quick: usize) -> usize {
    std::env::var("OVERPORT_TRIALS")
        .ok()
        .and_then(|trials| trials.parse().ok())
        .unwrap_or(quick)
}

/// How values scatter about their median.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Noise {
    Normal,
    /// As on a machine that is disturbed now and then: Student's with three degrees of
    /// freedom, scaled to the same variance.
    HeavyTailed,
}

impl Noise {
    /// A value with a variance of 1 about 0.
    pub(crate) fn value(self, rng: &mut fastrand::Rng) -> f64 {
        match self {
            Self::Normal => normal(rng),
            Self::HeavyTailed => {
                let squares: f64 = (0..3).map(|_| normal(rng).powi(2)).sum();
                normal(rng) / (squares / 3.0).sqrt() / 3.0_f64.sqrt()
            }
        }
    }
}

/// How often the interval of n values holds the median that they scatter about.
pub(crate) fn coverage(noise: Noise, n: usize) -> f64 {
    let mut rng = fastrand::Rng::with_seed(n as u64);
    let trials = trials(1000);
    let held = (0..trials)
        .filter(|_| {
            let values: Vec<f64> = (0..n).map(|_| noise.value(&mut rng)).collect();
            median_interval(&values)
                .is_some_and(|interval| interval.low <= 0.0 && 0.0 <= interval.high)
        })
        .count();
    held as f64 / trials as f64
}

/// By Box and Muller.
fn normal(rng: &mut fastrand::Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.f64()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.f64()).cos()
}

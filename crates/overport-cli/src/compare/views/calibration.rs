//! A short round before the others: who does not work is known early, and how fast the slowest
//! is decides at which rate the answers are timed.

use super::super::comparison::Comparison;
use super::super::trial::Trial;
use crate::failure::Failure;
use crate::report::data::Figure;

/// The part of the slowest server's speed at which all have time to spare.
const EASY: f64 = 0.5;

/// Gives each server a turn. The open loop's rate, if any server with many clients works.
pub(in super::super) fn calibrate(comparison: &mut Comparison<'_>) -> Result<Option<f64>, Failure> {
    let mut trial = Trial::main_load(&comparison.settings);
    trial.time /= 2;
    let mut slowest: Option<f64> = None;
    comparison.round(
        None,
        Figure::Rounds,
        0,
        1,
        |bench, settings, candidate, _run, _turn| {
            let measurement = bench.measure(candidate, &trial.fitting(candidate, settings))?;
            if !candidate.is_one_at_a_time() {
                let speed = measurement.load.messages_per_s;
                slowest = Some(slowest.map_or(speed, |other| other.min(speed)));
            }
            Ok(())
        },
    )?;
    Ok(slowest.map(|speed| two_digits(EASY * speed)))
}

/// Rounds down to two significant digits, so that the rate can be said and asked for.
fn two_digits(number: f64) -> f64 {
    let unit = 10_f64.powf(number.log10().floor() - 1.0);
    (number / unit).floor() * unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_has_two_digits_and_is_not_above_what_was_meant() {
        for (number, rate) in [
            (38_452.0, 38_000.0),
            (999.0, 990.0),
            (12.34, 12.0),
            (7.77, 7.7),
        ] {
            assert!((two_digits(number) - rate).abs() < 1e-9 * rate, "{number}");
        }
    }
}

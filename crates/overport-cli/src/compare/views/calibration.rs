//! A short round before the others: who does not work is known early, and how fast the slowest
//! is decides at which rate the answers are timed.

use super::super::comparison::Comparison;
use super::super::progress::Stage;
use super::super::trial::Trial;
use crate::failure::Failure;
use crate::report::data::Figure;

/// The part of the slowest server's speed at which all have time to spare.
const EASY: f64 = 0.5;

/// Gives each server a turn. Messages a second of the slowest one, if any with many clients works.
pub(in super::super) fn calibrate(comparison: &mut Comparison<'_>) -> Result<Option<f64>, Failure> {
    let mut trial = Trial::main_load(&comparison.settings);
    trial.time /= 2;
    let mut slowest: Option<f64> = None;
    comparison.round(
        Stage::Calibration,
        Figure::Rounds,
        0,
        1,
        |bench, settings, candidate, run, _turn| {
            let measurement = bench.measure(candidate, &trial.fitting(run, settings))?;
            run.backend.clone_from(&measurement.rests_on);
            let load = &measurement.load;
            run.one_at_a_time |= leaves_most_waiting(load.starved, load.clients);
            if !run.one_at_a_time {
                let speed = load.messages_per_s;
                slowest = Some(slowest.map_or(speed, |other| other.min(speed)));
            }
            Ok(())
        },
    )?;
    Ok(slowest.filter(|&speed| speed > 0.0))
}

/// A rate at which a server of that speed has time to spare.
pub(in super::super) fn easy(speed: f64) -> f64 {
    two_digits(EASY * speed)
}

/// Whether so many clients had no answer at all that the server must be one that serves a client, or
/// a few, until they leave.
fn leaves_most_waiting(starved: u64, clients: u64) -> bool {
    // One that had no answer for anybody is slow.
    starved < clients && 4 * starved >= 3 * clients
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
    fn a_server_that_answers_a_few_clients_only_serves_them_until_they_leave() {
        assert!(leaves_most_waiting(63, 64) && leaves_most_waiting(48, 64));
        assert!(!leaves_most_waiting(0, 64) && !leaves_most_waiting(20, 64));
        assert!(!leaves_most_waiting(64, 64) && !leaves_most_waiting(0, 1));
    }

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

//! The load that was asked for, in a closed loop: what a message costs, and how many there are.

use std::time::Instant;

use super::super::comparison::{Comparison, Turn, explain};
use super::super::progress::Stage;
use super::super::trial::{Measurement, Trial};
use crate::failure::Failure;
use crate::report::data::{Figure, Round};

/// How many rounds are made.
#[derive(Clone, Copy, Debug)]
pub(in super::super) enum Rounds {
    Exactly(u64),
    /// As many as are over before this, but so many at least.
    Until {
        deadline: Instant,
        least: u64,
    },
}

pub(in super::super) fn main_load(
    comparison: &mut Comparison<'_>,
    rounds: Rounds,
) -> Result<(), Failure> {
    let trial = Trial::main_load(&comparison.settings);
    let begin = Instant::now();
    let expected = comparison.settings.rounds;
    let mut done = 0;
    while rounds.go_on(done, begin, Instant::now()) {
        comparison.round(
            Stage::MainLoad,
            Figure::Rounds,
            done,
            expected.max(done + 1),
            |bench, settings, candidate, run, turn| {
                let measurement = bench.measure(candidate, &trial.fitting(run, settings))?;
                for (figure, reason) in measurement.missing() {
                    explain(run, figure, true, reason.clone());
                }
                run.rounds.push(round(turn, &measurement));
                run.backend = measurement.rests_on;
                Ok(())
            },
        )?;
        done += 1;
    }
    comparison.settings.rounds = done;
    Ok(())
}

impl Rounds {
    /// Whether there is one more round after `done` of them, which were made from `begin` on.
    fn go_on(self, done: u64, begin: Instant, now: Instant) -> bool {
        match self {
            Self::Exactly(rounds) => done < rounds,
            Self::Until { deadline, least } => {
                let a_round = (now - begin) / u32::try_from(done.max(1)).unwrap_or(u32::MAX);
                done < least || now + a_round <= deadline
            }
        }
    }
}

fn round(turn: Turn, measurement: &Measurement) -> Round {
    let load = &measurement.load;
    let cost = measurement.per_message();
    let after = measurement.after.as_ref();
    Round {
        round: turn.round,
        turn: turn.turn,
        seconds: load.seconds,
        messages: load.messages,
        messages_per_s: load.messages_per_s,
        cpu_us_per_message: cost.cpu_us,
        user_us_per_message: cost.user_us,
        system_us_per_message: cost.system_us,
        context_switches_per_message: measurement.context_switches_per_message(),
        rss_peak_bytes: after.ok().map(|size| size.rss_peak_bytes),
        threads: measurement.threads,
        load_limited: load.generator_limit.is_some(),
        noise: measurement.noise,
        errors: load.errors,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn rounds_end_when_the_next_one_would_be_over_too_late() {
        let begin = Instant::now();
        let after = |seconds| begin + Duration::from_secs(seconds);
        let rounds = Rounds::Until {
            deadline: after(10),
            least: 2,
        };
        assert!(rounds.go_on(0, begin, begin));
        assert!(rounds.go_on(1, begin, after(20)));
        assert!(rounds.go_on(4, begin, after(8)));
        assert!(!rounds.go_on(3, begin, after(8)));
    }
}

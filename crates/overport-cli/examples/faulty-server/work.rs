//! Processor time that is spent for nothing, in a stated amount.

use std::hint::black_box;
use std::time::Duration;

use crate::clock::processor_time;

/// Steps of one trial: some tenths of a millisecond.
const TRIAL_STEPS: u64 = 100_000;
const TRIALS: u32 = 50;

/// An amount of work.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Work {
    steps: u64,
}

impl Work {
    /// As much as takes this machine so many microseconds, measured now: by the thread's own
    /// clock, and by the fastest of the trials, since whatever disturbs one makes it slower.
    pub(crate) fn of_us(us: f64) -> Self {
        if us <= 0.0 {
            return Self { steps: 0 };
        }
        let trial = Self { steps: TRIAL_STEPS };
        let fastest = (0..TRIALS)
            .map(|_| trial.time())
            .min()
            .unwrap_or_default()
            .max(Duration::from_nanos(1));
        let steps_per_us = TRIAL_STEPS as f64 / (fastest.as_secs_f64() * 1e6);
        Self {
            steps: (us * steps_per_us).round() as u64,
        }
    }

    /// Does it.
    pub(crate) fn run(self) {
        for step in 0..self.steps {
            black_box(step);
        }
    }

    fn time(self) -> Duration {
        let before = processor_time();
        self.run();
        processor_time().saturating_sub(before)
    }
}

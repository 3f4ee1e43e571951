//! What a comparison does at the moment, on standard error.

mod line;

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::lang::Lang;
use crate::report::data::View;

/// Drawings a second at most; there are none but between two measurements.
const MOST_PER_S: u8 = 4;

/// What the measurements are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The short round before the others.
    Calibration,
    MainLoad,
    View(View),
}

/// What is measured, and in which of its rounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Phase {
    pub(crate) stage: Stage,
    /// From 1, and how many there are.
    pub(crate) round: u64,
    pub(crate) rounds: u64,
}

/// A bar that shows how far the measurements are, if standard error is a terminal; else nothing.
///
/// It draws in `step` and at no other time, so that it takes nothing of the processors while
/// they are measured. Dropping it takes it off the terminal.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    lang: Lang,
    began: Instant,
    begun: u64,
}

impl Progress {
    /// A bar for so many measurements.
    pub(crate) fn new(steps: u64, lang: Lang) -> Self {
        Self::drawn_to(line::target(MOST_PER_S), steps, lang)
    }

    fn drawn_to(target: ProgressDrawTarget, steps: u64, lang: Lang) -> Self {
        let bar = ProgressBar::with_draw_target(Some(steps), target);
        if let Ok(style) = ProgressStyle::with_template("{bar:16} {pos}/{len}  {wide_msg}") {
            bar.set_style(style.progress_chars("##-"));
        }
        Self {
            bar,
            lang,
            began: Instant::now(),
            begun: 0,
        }
    }

    /// The next measurement begins: of this server, in this phase. The one before is over.
    pub(crate) fn step(&mut self, phase: Phase, server: &str) {
        let done = self.begun;
        self.begun += 1;
        let left = self.bar.length().and_then(|steps| {
            let left = u32::try_from(steps.saturating_sub(done)).ok()?;
            time_left(self.began.elapsed(), done, left)
        });
        let message = self.lang.texts().progress(phase, server, left);
        self.bar.set_position(done);
        self.bar.set_message(message);
        // What was drawn a moment before must not keep this one off.
        self.bar.force_draw();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// As long for each of those that are left as it took for those that are done; none before one
/// is done.
fn time_left(elapsed: Duration, done: u64, left: u32) -> Option<Duration> {
    let done = u32::try_from(done).ok().filter(|&done| done > 0)?;
    Some(elapsed / done * left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_goes_by_the_measurements_that_are_done() {
        assert_eq!(time_left(Duration::from_secs(3), 0, 10), None);
        assert_eq!(
            time_left(Duration::from_secs(3), 2, 4),
            Some(Duration::from_secs(6))
        );
        assert_eq!(
            time_left(Duration::from_secs(3), 2, 0),
            Some(Duration::ZERO)
        );
    }

    #[test]
    fn each_step_counts_those_before_it_as_done() {
        let mut progress = Progress::drawn_to(ProgressDrawTarget::hidden(), 2, Lang::En);
        let phase = Phase {
            stage: Stage::MainLoad,
            round: 1,
            rounds: 2,
        };
        progress.step(phase, "select");
        assert_eq!(progress.bar.position(), 0);
        progress.step(Phase { round: 2, ..phase }, "select");
        assert_eq!(progress.bar.position(), 1);
        let message = progress.bar.message();
        assert!(
            message.contains("select") && message.contains("2 of 2"),
            "{message}"
        );
    }
    #[test]
    fn the_calibration_is_not_called_a_round_of_the_main_load() {
        for lang in [Lang::En, Lang::Ko] {
            let calibration = Phase {
                stage: Stage::Calibration,
                round: 1,
                rounds: 1,
            };
            let main_load = Phase {
                stage: Stage::MainLoad,
                ..calibration
            };
            let texts = lang.texts();
            let message = |phase| texts.progress(phase, "select", None);
            assert!(!message(calibration).contains('1'));
            assert!(message(main_load).contains('1'));
        }
    }
}

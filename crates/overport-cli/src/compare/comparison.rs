//! A comparison while it runs: the servers, what was found so far, and who has a turn.

use super::bench::Bench;
use super::candidate::Candidate;
use super::progress::{Phase, Progress, Stage};
use super::rounds::order;
use super::trial::Trouble;
use crate::failure::Failure;
use crate::report::data::{Figure, Reason, Run, Settings};

pub(super) struct Comparison<'run> {
    pub(super) bench: Bench<'run>,
    pub(super) settings: Settings,
    pub(super) candidates: Vec<Candidate>,
    /// One a candidate, in the same order.
    pub(super) runs: Vec<Run>,
    pub(super) progress: Progress,
}

/// A server's turn in a round; both are counted from 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    pub(super) round: u64,
    pub(super) turn: u64,
}

impl Comparison<'_> {
    /// Leaves those servers out of `figure` whose clients would wait for each other's end.
    pub(super) fn leave_out_one_at_a_time(&mut self, figure: Figure) {
        for run in &mut self.runs {
            explain(run, figure, run.one_at_a_time, Reason::OneClientAtATime);
        }
    }

    /// Gives each server a turn in round `round`, counted from 0. One that has a problem by
    /// then, or can't give `figure` here, has none.
    pub(super) fn round(
        &mut self,
        stage: Stage,
        figure: Figure,
        round: u64,
        rounds: u64,
        mut measure: impl FnMut(
            &Bench<'_>,
            &Settings,
            &Candidate,
            &mut Run,
            Turn,
        ) -> Result<(), Trouble>,
    ) -> Result<(), Failure> {
        let phase = Phase {
            stage,
            round: round + 1,
            rounds,
        };
        for (turn, index) in (1..).zip(order(round, self.candidates.len())) {
            let (candidate, run) = (&self.candidates[index], &mut self.runs[index]);
            self.progress.step(phase, candidate.name());
            if run.problem.is_some() || is_out(run, figure) {
                continue;
            }
            let turn = Turn {
                round: round + 1,
                turn,
            };
            let result = self
                .bench
                .go_on()
                .and_then(|()| measure(&self.bench, &self.settings, candidate, run, turn));
            settle(run, figure, result)?;
        }
        Ok(())
    }
}

/// Whether the figure can't be had. One turn without a message says nothing of the next.
fn is_out(run: &Run, figure: Figure) -> bool {
    let reason = run.unavailable.get(&figure);
    reason.is_some_and(|reason| *reason != Reason::TooFewMessages)
}

/// Books what came of a turn.
fn settle(run: &mut Run, figure: Figure, result: Result<(), Trouble>) -> Result<(), Failure> {
    match result {
        Ok(()) => {}
        Err(Trouble::Interrupted) => return Err(Failure::interrupted()),
        Err(Trouble::Own(failure)) => return Err(failure),
        Err(Trouble::Here(reason)) => {
            run.unavailable.insert(figure, reason);
        }
        Err(Trouble::Server { problem, errors }) => {
            run.problem = Some(problem);
            run.errors += errors;
        }
    }
    Ok(())
}

/// Says of every figure that `run` does not have why it is missing: the server's problem, or
/// else `reason`.
pub(super) fn explain(run: &mut Run, figure: Figure, missing: bool, reason: Reason) {
    if missing && !run.unavailable.contains_key(&figure) {
        let reason = match run.problem {
            Some(_) => Reason::Problem,
            None => reason,
        };
        run.unavailable.insert(figure, reason);
    }
}

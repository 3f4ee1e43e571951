//! What all measurements share, and how one of them is made.

use std::cell::Cell;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::candidate::Candidate;
use super::trial::{Measurement, Trial, Trouble, run};
use crate::load::{Bound, Plan};
use crate::measure::command::ServerCommand;
use crate::measure::cpus::Cpus;
use crate::measure::server::{NotStarted, ServerProcess};
use crate::report::data::{Limits, Noise};
use crate::stop::Stop;

/// Of the measurements one in so many may be made again, so that a machine that is never quiet
/// does not double the time.
const MEASUREMENTS_A_REPEAT: u64 = 4;

#[derive(Debug)]
pub(super) struct Bench<'run> {
    pub(super) stop: &'run Stop,
    pub(super) cpus: Cpus,
    pub(super) limits: Limits,
    pub(super) message_size: usize,
    pub(super) in_flight: u64,
    pub(super) patience: Duration,
    pub(super) noise: NoiseTally,
}

/// The noise of all measurements that counted.
#[derive(Debug, Default)]
pub(super) struct NoiseTally(Cell<Counts>);

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    measurements: u64,
    repeated: u64,
    disturbed: u64,
    steal: Mean,
    foreign: Mean,
}

/// A mean of what could be had.
#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    sum: f64,
    count: u64,
}

impl Bench<'_> {
    /// Puts the server to the trial; once more where the machine was not quiet, and then the
    /// quieter one counts.
    pub(super) fn measure(
        &self,
        candidate: &Candidate,
        trial: &Trial,
    ) -> Result<Measurement, Trouble> {
        let mut measurement = run(self, candidate, trial)?;
        if measurement.noise.disturbed && self.noise.may_repeat() {
            match run(self, candidate, trial) {
                Ok(again) if !again.noise.disturbed => measurement = again,
                // The first one stands.
                Ok(_) | Err(Trouble::Here(_)) => {}
                Err(trouble) => return Err(trouble),
            }
        }
        self.noise.count(&measurement);
        Ok(measurement)
    }

    /// Starts a server, and waits until it listens.
    pub(super) fn start(&self, command: &ServerCommand) -> Result<ServerProcess, Trouble> {
        let stopping = || self.stop.is_stopping();
        ServerProcess::start(command, &self.cpus.server, self.patience, &stopping).map_err(
            |error| match error {
                NotStarted::Stopped => Trouble::Interrupted,
                NotStarted::Problem(problem) => Trouble::Server { problem, errors: 1 },
            },
        )
    }

    /// The load of a trial.
    pub(super) fn plan(&self, trial: &Trial, target: SocketAddr) -> Plan {
        let threads = self.cpus.load.len() as u64;
        Plan {
            target,
            connections: trial.connections,
            idle: trial.idle,
            greet_idle: true,
            message_size: self.message_size,
            // A mark is seen where a receive begins with it, and several messages may come at once.
            in_flight: match trial.mark_every {
                Some(_) => 1,
                None => self.in_flight,
            },
            warm_up: trial.warm_up,
            bound: Bound::Time(trial.time),
            messages_per_connection: trial.session_messages,
            rate: trial.rate,
            mark_every: trial.mark_every,
            threads: threads.clamp(1, (trial.connections + trial.idle).max(1)),
            stall_timeout: self.patience,
        }
    }

    /// Waits for `time`; fails when the comparison is ended meanwhile.
    pub(super) fn wait(&self, time: Duration) -> Result<(), Trouble> {
        self.stop.wait_until(Instant::now() + time);
        self.go_on()
    }

    /// Fails when the comparison was ended.
    pub(super) fn go_on(&self) -> Result<(), Trouble> {
        if self.stop.is_stopping() {
            return Err(Trouble::Interrupted);
        }
        Ok(())
    }
}

impl NoiseTally {
    /// How quiet the machine was so far.
    pub(super) fn noise(&self) -> Noise {
        let counts = self.0.get();
        Noise {
            steal_part: counts.steal.value(),
            foreign_part: counts.foreign.value(),
            repeated: counts.repeated,
            disturbed: counts.disturbed,
        }
    }

    /// Whether one more may be made again; counts it if so.
    fn may_repeat(&self) -> bool {
        let mut counts = self.0.get();
        let may = counts.repeated < 1 + counts.measurements / MEASUREMENTS_A_REPEAT;
        counts.repeated += u64::from(may);
        self.0.set(counts);
        may
    }

    fn count(&self, measurement: &Measurement) {
        let noise = measurement.noise;
        let mut counts = self.0.get();
        counts.measurements += 1;
        counts.disturbed += u64::from(noise.disturbed);
        counts.steal.add(noise.steal_part);
        counts.foreign.add(noise.foreign_part);
        self.0.set(counts);
    }
}

impl Mean {
    fn add(&mut self, value: Option<f64>) {
        if let Some(value) = value {
            self.sum += value;
            self.count += 1;
        }
    }

    fn value(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_t_be_had_has_no_mean() {
        let mut mean = Mean::default();
        assert_eq!(mean.value(), None);
        mean.add(None);
        assert_eq!(mean.value(), None);
        mean.add(Some(1.0));
        mean.add(Some(2.0));
        assert_eq!(mean.value(), Some(1.5));
    }

    #[test]
    fn a_machine_that_is_never_quiet_has_a_part_of_the_measurements_repeated() {
        let tally = NoiseTally::default();
        for _ in 0..100 {
            tally.may_repeat();
            let mut counts = tally.0.get();
            counts.measurements += 1;
            tally.0.set(counts);
        }
        assert_eq!(tally.noise().repeated, 25);
    }
}

//! A whole run: the threads, the signals, the sum.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use mio::{Poll, Waker};
use signal_hook::iterator::Signals;

use super::args::Plan;
use super::pattern::Pattern;
use super::tally::Tally;
use super::work::Run;
use super::worker::{WAKE, Worker};
use crate::failure::Failure;

/// What a run came to.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) tally: Tally,
    /// A signal ended it.
    pub(super) interrupted: bool,
}

/// Does what the plan says, a thread for each of its threads. The first of `signals` ends the
/// run at once.
pub(super) fn drive(plan: &Plan, mut signals: Signals) -> Result<Outcome, Failure> {
    let pattern = Pattern::new(plan.message_size);
    let polls = polls(plan.threads).map_err(cannot_start)?;
    let wakers: io::Result<_> = polls
        .iter()
        .map(|poll| Waker::new(poll.registry(), WAKE))
        .collect();
    let run = Run::new(plan, &pattern, wakers.map_err(cannot_start)?);
    let workers: io::Result<Vec<_>> = (0..)
        .zip(polls)
        .map(|(thread, poll)| Worker::new(poll, &run, thread))
        .collect();
    let workers = workers.map_err(cannot_start)?;
    let listening = signals.handle();
    let interrupted = AtomicBool::new(false);

    let tally = thread::scope(|scope| {
        scope.spawn(|| {
            for _signal in signals.forever() {
                interrupted.store(true, Ordering::Relaxed);
                run.end();
            }
        });
        let tally = work_all(&run, workers);
        listening.close();
        tally
    })?;
    Ok(Outcome {
        tally,
        interrupted: interrupted.into_inner(),
    })
}

/// A run that could not begin.
pub(super) fn cannot_start(error: io::Error) -> Failure {
    Failure::failed(format!("cannot start: {error}"))
}

/// Runs every worker on a thread of its own, and adds up what they counted. The first that
/// fails ends the others.
fn work_all<'run>(run: &'run Run<'run>, workers: Vec<Worker<'run>>) -> Result<Tally, Failure> {
    thread::scope(|scope| {
        let threads: Vec<_> = workers
            .into_iter()
            .map(|worker| scope.spawn(|| worker.work().inspect_err(|_| run.end())))
            .collect();
        let mut sum = Ok(Tally::new());
        for thread in threads {
            let tally = thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            match (&mut sum, tally) {
                (Ok(sum), Ok(tally)) => sum.merge(tally),
                (Ok(_), Err(failure)) => sum = Err(failure),
                (Err(_), _) => {}
            }
        }
        sum
    })
}

fn polls(threads: u64) -> io::Result<Vec<Poll>> {
    (0..threads).map(|_| Poll::new()).collect()
}
